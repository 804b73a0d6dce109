/* One customer's summary from what was summed over their occasions: the one place of its arithmetic, so that a summary from occasions
 * (summary.c) and one from the cycle (cycle.c) agree to the bit. */
#ifndef HISTORY_SUMMARY_ROW_H
#define HISTORY_SUMMARY_ROW_H

#include <marram/history.h>

/* The unit of time as summaries use it. */
typedef struct summary_unit {
    double per_day; /* 1 / days_per_unit */
    double log;     /* log(days_per_unit) */
} summary_unit;

static inline double summary_time(int32_t from, int32_t to, summary_unit unit) {
    return (double)((int64_t)to - from) * unit.per_day;
}

/* sum log(gap) in units, from the sum of log(days): the sum over days does not depend on the unit and can be stored. */
static inline double summary_log_gaps(double log_days, uint64_t repeats, summary_unit unit) {
    return log_days - (double)repeats * unit.log;
}

static inline double summary_spend(int64_t spend) {
    return (double)spend / MR_MONEY_SCALE;
}

static inline double summary_mean_spend(int64_t spend, int64_t first, uint64_t repeats) {
    return repeats ? (double)(spend - first) / MR_MONEY_SCALE / (double)repeats : 0;
}

#endif
