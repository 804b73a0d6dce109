/* A sample of the ledger's customers, for fits and comparisons.
 *
 * The rule: customers with a number up to some number. Numbers are keyed hashes (docs/ledger.md), so these are as good as drawn, and one
 * contiguous read; the same customers whatever the store, the partition and the number of threads. */
#ifndef LEARN_SAMPLE_H
#define LEARN_SAMPLE_H

#include "crew.h"
#include "occasions.h"

#include <marram/history.h>
#include <marram/model.h>

typedef struct sample {
    size_t n;            /* customers, by ascending number */
    int64_t last;        /* the rule: numbers up to this one */
    int64_t *id;         /* [n] */
    uint64_t *offset;    /* [n + 1] */
    int32_t *day;
    int64_t *money;
    mr_orders orders;    /* views of the above; money NULL where amounts are not known */
    int32_t first_day;
} sample;

/* The number up to which about `wanted` of `customers` stand; 0 wanted, or nearly as many as there are: all. */
int64_t sample_limit(uint64_t customers, uint64_t wanted);
/* Customers up to number `last` with an order on or before `until`; later orders are left out. */
mr_status sample_read(crew *c, const occasions_money *money, int64_t last, int32_t until, const mr_context *context, sample *out, mr_error *err);
void sample_free(sample *s);

/* Columns for the models, as of the end of `until`. *columns is freed by mem_free(NULL, ...). spend and mean_spend may be NULL. */
mr_status sample_summarise(const sample *s, int32_t until, double days_per_unit, const mr_context *context, mr_data *data, double **spend,
                           double **mean_spend, double **columns, mr_error *err);

#endif
