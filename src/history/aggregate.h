/* States of the whole base that are added up customer by customer and can be merged: any split of the base, merged in any
 * order, gives the same figures (money is counted in whole ten-thousandths). Each _add takes one customer's occasions. */
#ifndef HISTORY_AGGREGATE_H
#define HISTORY_AGGREGATE_H

#include <marram/base.h>

/* --- orders by day: births (first orders) and repeats --- */
typedef struct daily {
    int32_t first_day;
    size_t days;
    uint64_t *births, *repeats; /* [days], owned by the caller */
} daily;

void daily_add(daily *d, const int32_t *day, size_t n);

/* --- cohort retention: share active by period since the cohort's period --- */
#define COHORT_MAX 24

typedef struct cohort_table {
    int32_t start[COHORT_MAX + 1]; /* first day of each period, and of the one after the last */
    size_t periods;
    uint64_t active[COHORT_MAX][COHORT_MAX]; /* [cohort][periods since], counts of customers with an order in that period */
} cohort_table;

/* Periods of `months` months that cover [from, to], the last COHORT_MAX of them. */
void cohort_begin(cohort_table *t, int32_t from, int32_t to, int months);
void cohort_add(cohort_table *t, const int32_t *day, size_t n);
void cohort_merge(cohort_table *into, const cohort_table *other);

/* --- erosion: customers whose silence passed their 95 % next-order date --- */
#define EROSION_MAX 36

typedef struct erosion_month {
    uint64_t active, passed, came_back, passed_now;
    int64_t active_money, passed_money, came_back_money, passed_now_money; /* trailing-year money, ten-thousandths */
    uint64_t late;      /* at the month's end: silent past their 90 % date and not their 95 %; of those active before the month */
    uint64_t shrinking; /* before the month: ordered in the last half-year, for less than half of what they did in the one before it */
    int64_t late_money, shrinking_money;
} erosion_month;

typedef struct erosion {
    int32_t start[EROSION_MAX + 1];
    size_t months;
    int32_t until;
    /* The 95 % next-order gap after x repeat orders is ratio[min(x, ratio_n - 1)] * (alpha_days + days from first to last
     * order). Borrowed. */
    const double *ratio, *ratio_90; /* ratio_90: the same for 90 %; NULL: nobody is counted as late */
    size_t ratio_n;
    double alpha_days;
    erosion_month month[EROSION_MAX];
    uint64_t beyond_a_year; /* one order, still active, whose 95 % date is over a year from that order */
} erosion;

void erosion_begin(erosion *e, int32_t from, int32_t until, const double *ratio, size_t ratio_n, double alpha_days);
void erosion_add(erosion *e, const int32_t *day, const int64_t *money, size_t n);
void erosion_merge(erosion *into, const erosion *other);

#endif
