/* What is usual in the base that a customer belongs to. Counts that are added up customer by customer and merged in any order, then settled into
 * quantiles (rows of norms.def) and shares. Quantiles come from bins an eighth of a doubling wide: right within 9 %. */
#ifndef REASON_NORMS_H
#define REASON_NORMS_H

#include <marram/base.h>

#define NORMS_BINS 320
#define NORMS_ENOUGH 40 /* observations for a quantile, customers for a share: below, the default */

typedef enum norm {
#define NORM(name, low, middle, high, unit, meaning) NORM_##name,
#include "norms.def"
#undef NORM
    NORMS
} norm;

/* Shares of customers for whom the base keeps something at all: a rule that reads its absence says nothing where nobody keeps it. */
typedef enum norm_kept {
    KEPT_customers,
    KEPT_usage,     /* of all customers: with use */
    KEPT_touches,   /* with touches of ours */
    KEPT_sales,     /* with a touch of their sales owner */
    KEPT_operations, /* with a touch of their operations owner */
    KEPT_contacts,  /* with people who joined */
    KEPT_decides,   /* with people one of whom decides */
    KEPT_cases,     /* with cases */
    KEPT_answers,   /* with a case that shows when we answered */
    KEPT_things,    /* things bought one after the other (else used), in pairs: not customers */
    KEPT_repeats,   /* of these: the same thing twice. Its share is 1 where there were too few to tell */
    NORMS_KEPT
} norm_kept;

typedef struct norms_count {
    uint64_t bin[NORMS][NORMS_BINS];
    uint64_t kept[NORMS_KEPT];
} norms_count;

typedef struct norms {
    double low[NORMS], middle[NORMS], high[NORMS]; /* 10, 50, 90 % */
    double kept[NORMS_KEPT];                       /* shares; 1 where there were too few customers to tell, and the rule must find out itself */
    bool measured[NORMS];
} norms;

void norms_default(norms *out);
void norms_observe(norms_count *c, norm which, double value); /* value >= 0; NaN: passed over */
void norms_merge(norms_count *into, const norms_count *from);
void norms_settle(const norms_count *c, norms *out);
const char *norms_name(norm which);

struct digest;
/* Everything that the digest (of any day, made with any norms) shows. */
void norms_add(norms_count *c, const struct digest *d);

#endif
