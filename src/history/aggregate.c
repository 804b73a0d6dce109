/* Mergeable states: orders by day and cohort retention. */
#include "aggregate.h"

#include "calendar.h"

void daily_add(daily *d, const int32_t *day, size_t n) {
    for (size_t i = 0; i < n; i++) {
        int64_t at = (int64_t)day[i] - d->first_day;
        if (at < 0 || (uint64_t)at >= d->days) continue;
        if (i == 0) {
            d->births[at]++;
        } else {
            d->repeats[at]++;
        }
    }
}

void cohort_begin(cohort_table *t, int32_t from, int32_t to, int months) {
    *t = (cohort_table){0};
    int last = calendar_month_index(to) / months, first = calendar_month_index(from) / months;
    if (last - first >= COHORT_MAX) first = last - COHORT_MAX + 1;
    t->periods = (size_t)(last - first + 1);
    for (size_t i = 0; i <= t->periods; i++) t->start[i] = calendar_month_start((first + (int)i) * months);
}

static size_t period_of(const cohort_table *t, int32_t day, size_t from) {
    while (from < t->periods && day >= t->start[from + 1]) from++;
    return from;
}

void cohort_add(cohort_table *t, const int32_t *day, size_t n) {
    if (day[0] < t->start[0]) return; /* a cohort older than the table */
    size_t cohort = period_of(t, day[0], 0), at = cohort, counted = COHORT_MAX;
    for (size_t i = 0; i < n; i++) {
        at = period_of(t, day[i], at);
        if (at >= t->periods) return;
        if (at != counted) t->active[cohort][at - cohort]++;
        counted = at;
    }
}

void cohort_merge(cohort_table *into, const cohort_table *other) {
    for (size_t i = 0; i < COHORT_MAX; i++)
        for (size_t j = 0; j < COHORT_MAX; j++) into->active[i][j] += other->active[i][j];
}
