/* Erosion without contracts (docs/methods/erosion.md).
 *
 *   A customer passes on the day their silence exceeds the 95 % quantile of their next gap as it stood at their last order.
 *   Month m counts, of the customers who ordered in the 365 days before m:
 *     passed      those who pass within m, as known then (with what they spent in the 365 days before m);
 *     came_back   those who had passed in an earlier month, shown or not, and ordered in m (with what they counted in the month
 *                 they passed);
 *     passed_now  of `passed`, those who have not ordered since, as known at `until`;
 *     late        those whose silence at the month's end lies between their 90 % and their 95 % date: an early sign;
 *     shrinking   those who ordered in the half-year before m, for less than half of what they did in the half-year before that: another.
 */
#include "aggregate.h"

#include "bits.h"
#include "calendar.h"

#include <string.h>

#define YEAR 365
#define HALF_YEAR 182

void erosion_begin(erosion *e, int32_t from, int32_t until, const double *ratio, size_t ratio_n, double alpha_days) {
    memset(e, 0, sizeof *e);
    e->until = until;
    e->ratio = ratio;
    e->ratio_n = ratio_n;
    e->alpha_days = alpha_days;
    int last = calendar_month_index(until), first = calendar_month_index(from) + 1;
    if (last - first >= EROSION_MAX) first = last - EROSION_MAX + 1;
    if (first > last) return; /* under a month of data: nobody was active before */
    e->months = (size_t)(last - first + 1);
    for (size_t i = 0; i <= e->months; i++) e->start[i] = calendar_month_start(first + (int)i);
}

/* A base's money can pass what 64 bits hold: 922 trillion. */
static void add_money(int64_t *sum, int64_t more) {
    *sum = bits_add_saturating(*sum, more);
}

/* Money of the orders in [from, to). */
static int64_t money_between(const int32_t *day, const int64_t *money, size_t last, int32_t from, int32_t to) {
    if (!money) return 0;
    int64_t sum = 0;
    for (size_t i = last + 1; i-- > 0 && day[i] >= from;)
        if (day[i] < to) sum = bits_add_saturating(sum, money[i]);
    return sum;
}

static int64_t month_of(const erosion *e, int32_t day) {
    if (!e->months || day < e->start[0] || day >= e->start[e->months]) return -1;
    size_t low = 0, high = e->months - 1;
    while (low < high) {
        size_t middle = (low + high + 1) / 2;
        if (e->start[middle] <= day) low = middle;
        else high = middle - 1;
    }
    return (int64_t)low;
}

/* The trailing year as months go by: money of the orders [low, high), added and taken away as the window moves. */
typedef struct trailing {
    size_t month, low, middle; /* orders from `middle` on lie in the last half-year */
    int64_t money, half;
} trailing;

/* What an order counts where amounts are not known. */
static int64_t worth_of(const int64_t *money, size_t i) {
    return money ? money[i] : 1;
}

static int64_t less(int64_t sum, int64_t what) {
    return sum > what ? sum - what : 0;
}

/* Months whose trailing year's last order is order i: they begin after it, at most a year later, and not after the next. */
static void add_active(erosion *e, const int32_t *day, const int64_t *money, size_t i, size_t n, trailing *t) {
    add_money(&t->money, worth_of(money, i));
    add_money(&t->half, worth_of(money, i));
    while (t->month < e->months && e->start[t->month] <= day[i]) t->month++;
    for (; t->month < e->months && e->start[t->month] <= day[i] + YEAR; t->month++) {
        if (i + 1 < n && e->start[t->month] > day[i + 1]) return;
        for (; day[t->low] < e->start[t->month] - YEAR; t->low++) t->money = less(t->money, worth_of(money, t->low));
        for (; t->middle <= i && day[t->middle] < e->start[t->month] - HALF_YEAR; t->middle++) t->half = less(t->half, worth_of(money, t->middle));
        erosion_month *m = &e->month[t->month];
        int64_t known = money ? t->money : 0;
        m->active++;
        add_money(&m->active_money, known);
        /* Twice what they spent lately is less than what they had spent before. */
        if (t->middle > i || t->half >= t->money || t->half >= t->money - t->half - t->half) continue;
        m->shrinking++;
        add_money(&m->shrinking_money, known);
    }
}

/* Is one of the orders up to the i-th in the year before `start`? */
static bool active_before(const int32_t *day, size_t i, int32_t start) {
    while (i > 0 && day[i] >= start) i--;
    return day[i] < start && day[i] >= start - YEAR;
}

/* Months at whose end the silence after order i stood between the two dates. */
static void add_late(erosion *e, const int32_t *day, const int64_t *money, size_t i, size_t n, double gap, double gap_90) {
    int64_t end = i + 1 < n ? (int64_t)day[i + 1] - 1 : e->until, last = gap < 1e6 ? day[i] + (int64_t)gap : end;
    if (!(gap_90 < 1e6) || !e->months) return;
    int64_t first = day[i] + (int64_t)gap_90 + 1;
    if (last > end) last = end;
    if (first > last || last < e->start[0]) return;
    int64_t m = first < e->start[0] ? 0 : month_of(e, (int32_t)first);
    for (; m >= 0 && (size_t)m < e->months && e->start[m + 1] - 1 <= last; m++) {
        if (e->start[m + 1] - 1 < first || !active_before(day, i, e->start[m])) continue;
        e->month[m].late++;
        add_money(&e->month[m].late_money, money_between(day, money, i, e->start[m] - YEAR, e->start[m]));
    }
}

void erosion_add(erosion *e, const int32_t *day, const int64_t *money, size_t n) {
    trailing t = {0};
    for (size_t i = 0; i < n; i++) {
        add_active(e, day, money, i, n, &t);
        double gap = e->ratio[i < e->ratio_n ? i : e->ratio_n - 1] * (e->alpha_days + (day[i] - day[0]));
        bool ended = i + 1 < n;
        if (n == 1 && gap > YEAR && e->until - day[0] <= YEAR) e->beyond_a_year++;
        int64_t silent = ended ? (int64_t)day[i + 1] - day[i] : (int64_t)e->until - day[i];
        if (e->ratio_90) {
            double gap_90 = e->ratio_90[i < e->ratio_n ? i : e->ratio_n - 1] * (e->alpha_days + (day[i] - day[0]));
            if ((double)silent > gap_90) add_late(e, day, money, i, n, gap, gap_90);
        }
        if ((double)silent <= gap) continue;
        int32_t pass = day[i] + (int32_t)gap + 1; /* the first day past the quantile */
        int64_t at = month_of(e, pass), back = ended ? month_of(e, day[i + 1]) : -1;
        /* Passed and back within one month: neither is seen at its end. Passed before the months shown: only the return is. */
        if (back == at) continue;
        int32_t start = at >= 0 ? e->start[at] : calendar_month_start(calendar_month_index(pass));
        /* Counted in the month only if they were active in the twelve months before it: in its denominator. */
        if (!active_before(day, i, start)) continue;
        int64_t worth = money_between(day, money, i, start - YEAR, start);
        if (at >= 0) {
            erosion_month *m = &e->month[at];
            m->passed++;
            add_money(&m->passed_money, worth);
            if (!ended) {
                m->passed_now++;
                add_money(&m->passed_now_money, worth);
            }
        }
        if (back >= 0) {
            e->month[back].came_back++;
            add_money(&e->month[back].came_back_money, worth);
        }
    }
}

void erosion_merge(erosion *into, const erosion *other) {
    for (size_t i = 0; i < EROSION_MAX; i++) {
        erosion_month *a = &into->month[i];
        const erosion_month *b = &other->month[i];
        a->active += b->active, a->passed += b->passed, a->came_back += b->came_back, a->passed_now += b->passed_now;
        add_money(&a->active_money, b->active_money);
        add_money(&a->passed_money, b->passed_money);
        add_money(&a->came_back_money, b->came_back_money);
        add_money(&a->passed_now_money, b->passed_now_money);
        a->late += b->late, a->shrinking += b->shrinking;
        add_money(&a->late_money, b->late_money);
        add_money(&a->shrinking_money, b->shrinking_money);
    }
    into->beyond_a_year += other->beyond_a_year;
}
