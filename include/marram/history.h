/* Histories: each customer's purchase occasions in time order, and the summaries models read.
 *
 * A day is a count of days since 1970-01-01. Money is in ten-thousandths of the currency's unit. */
#ifndef MARRAM_HISTORY_H
#define MARRAM_HISTORY_H

#include <marram/base.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MR_MONEY_SCALE 10000.0

/* Customer c's occasions are [offset[c], offset[c + 1]): at least one, days strictly increasing. Borrowed. */
typedef struct mr_orders {
    size_t n;               /* customers */
    const uint64_t *offset; /* [n + 1] */
    const int32_t *day;     /* [offset[n]] */
    const int64_t *money;   /* [offset[n]], net of nothing: what was spent that day; NULL where amounts are unknown */
} mr_orders;

/* Summaries as of the end of a day. Columns of the customers whose first order is on or before `until`, in the order asked
 * for. Caller allocates each column [n_which] (or [orders.n] where which is NULL), NULL: not wanted. */
typedef struct mr_summary {
    size_t n;           /* out: rows filled */
    uint32_t *customer; /* index into orders */
    double *x, *t_x, *T, *log_gaps;
    double *mean_spend; /* mean of the repeat orders' money (the first is set aside, as Fader & Hardie do); 0 where x = 0 */
    double *spend;      /* all orders' money up to `until` */
    double *future;     /* orders in (until, until + future_days] */
} mr_summary;

/* which[n_which]: customers to summarise, ascending, or NULL: all. days_per_unit: 7 for weeks. future_days >= 0. */
MR_API mr_status mr_history_summary(const mr_orders *orders, const uint32_t *which, size_t n_which, int32_t until,
                                    double days_per_unit, int32_t future_days, const mr_context *context,
                                    mr_summary *out, mr_error *err);

#ifdef __cplusplus
}
#endif
#endif
