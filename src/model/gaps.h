/* Gaps between a customer's orders: Gamma(shape) at a rate of the customer's own, and rates Gamma(own_shape) over customers. */
#ifndef MODEL_GAPS_H
#define MODEL_GAPS_H

#include <marram/base.h>

/* gap ~ Gamma(shape, rate), rate ~ Gamma(own_shape, own_days) */
typedef struct gap_law {
    double shape, own_shape, own_days; /* > 0 */
} gap_law;

typedef struct gap_seen {
    double days;        /* > 0 */
    double longest;     /* >= days: longer than that it would not have been seen */
    double before_days; /* the customer's earlier gaps, summed up */
    uint32_t before;    /* how many */
} gap_seen;

/* From completed gaps alone, each as likely as it is among those that would have been seen: who left and who is slow need not be told apart. Of a few gaps or
 * none the answer is near the prior (gaps.c). MR_EDATA: days or longest not as above (row). Thread-safe. */
mr_status gap_law_fit(const gap_seen *gap, size_t n, gap_law *out, mr_error *err);

/* The chance that the gap after `before` of the customer's, of before_days in all, is longer than `days` >= 0, given that it is longer than `passed` <= days. */
double gap_law_open(const gap_law *law, uint32_t before, double before_days, double passed, double days);

#endif
