/* Erosion, cohorts and orders by day: small cases worked out by hand, and random histories against the definition taken day by
 * day. */
#include "check.h"

#include <aggregate.h>
#include <calendar.h>
#include <rng.h>

#define GAP_ONE 30 /* the 95 % gap after one order; after more it is 10 + days from first to last order */

static const double ratios[] = {3, 1};
static const double alpha_days = 10;

static double gap_of(const int32_t *day, size_t i) {
    return i == 0 ? GAP_ONE : alpha_days + (day[i] - day[0]);
}

static void assert_month(const erosion *e, size_t at, const erosion_month *want) {
    const erosion_month *m = &e->month[at];
    assert_int_equal(m->active, want->active);
    assert_int_equal(m->passed, want->passed);
    assert_int_equal(m->came_back, want->came_back);
    assert_int_equal(m->passed_now, want->passed_now);
    assert_int_equal(m->active_money, want->active_money);
    assert_int_equal(m->passed_money, want->passed_money);
    assert_int_equal(m->came_back_money, want->came_back_money);
    assert_int_equal(m->passed_now_money, want->passed_now_money);
    assert_int_equal(m->late, want->late);
    assert_int_equal(m->shrinking, want->shrinking);
    assert_int_equal(m->late_money, want->late_money);
    assert_int_equal(m->shrinking_money, want->shrinking_money);
}

#define CUSTOMERS 4

/* a: one order, silent for 30 days on February 9: passes on the 10th. b: the same, back in March, passes again on May 10 (gap 65).
 * c: passes on February 10, back on the 12th, within the month: neither; passes on March 27 (gap 43). d: orders on the last day
 * allowed, twice; passes on June 9 (gap 80). */
static void hand(erosion *e, int32_t until, size_t shown) {
    const int32_t days[CUSTOMERS][4] = {
        {calendar_day(2020, 1, 10)},
        {calendar_day(2020, 1, 10), calendar_day(2020, 3, 5)},
        {calendar_day(2020, 1, 10), calendar_day(2020, 2, 12)},
        {calendar_day(2020, 1, 10), calendar_day(2020, 2, 9), calendar_day(2020, 3, 20)},
    };
    static const int64_t money[CUSTOMERS][4] = {{100}, {100, 50}, {100, 30}, {100, 20, 20}};
    static const size_t n[CUSTOMERS] = {1, 2, 2, 3};
    erosion_begin(e, calendar_day(2020, 1, 1), until, ratios, 2, alpha_days);
    assert_int_equal(e->months, shown);
    for (size_t c = 0; c < CUSTOMERS; c++) {
        size_t known = 0;
        while (known < n[c] && days[c][known] <= until) known++;
        if (known) erosion_add(e, days[c], money[c], known);
    }
}

static void test_by_hand(void **state) {
    (void)state;
    erosion e;
    hand(&e, calendar_day(2020, 6, 30), 5);
    assert_int_equal(e.start[0], calendar_day(2020, 2, 1));
    assert_int_equal(e.start[5], calendar_day(2020, 7, 1));
    static const erosion_month want[5] = {
        {4, 2, 0, 1, 400, 200, 0, 100, 0, 0, 0, 0},   /* a and b pass; b comes back later, so that only a is gone as known now */
        {4, 1, 1, 1, 450, 130, 100, 130, 0, 0, 0, 0}, /* c passes; b is back, netted with what it counted in February */
        {4, 0, 0, 0, 520, 0, 0, 0, 0, 0, 0, 0},
        {4, 1, 0, 1, 520, 150, 0, 150, 0, 0, 0, 0}, /* b */
        {4, 1, 0, 1, 520, 140, 0, 140, 0, 0, 0, 0}, /* d */
    };
    for (size_t m = 0; m < 5; m++) assert_month(&e, m, &want[m]);
    assert_int_equal(e.beyond_a_year, 0);
    /* The day before d passes, nobody has passed in June. */
    hand(&e, calendar_day(2020, 6, 8), 5);
    assert_int_equal(e.month[4].passed, 0);
    hand(&e, calendar_day(2020, 6, 9), 5);
    assert_int_equal(e.month[4].passed, 1);
}

/* As known then: later orders change nothing of a month but passed_now. */
static void test_known_then(void **state) {
    (void)state;
    erosion all, then;
    hand(&all, calendar_day(2020, 6, 30), 5);
    for (int month = 2; month <= 5; month++) {
        hand(&then, calendar_day(2020, month + 1, 1) - 1, (size_t)month - 1);
        for (size_t m = 0; m < then.months; m++) {
            assert_int_equal(then.month[m].active, all.month[m].active);
            assert_int_equal(then.month[m].passed, all.month[m].passed);
            assert_int_equal(then.month[m].came_back, all.month[m].came_back);
            assert_int_equal(then.month[m].passed_money, all.month[m].passed_money);
            assert_true(then.month[m].passed_now >= all.month[m].passed_now);
        }
    }
}

/* Who passed before the first month shown and comes back within those shown is netted all the same. */
static void test_passed_before_the_table(void **state) {
    (void)state;
    const int32_t day[] = {calendar_day(2016, 11, 1), calendar_day(2017, 2, 10)};
    const int64_t money[] = {70, 5};
    erosion e;
    erosion_begin(&e, calendar_day(2015, 1, 1), calendar_day(2019, 12, 31), ratios, 2, alpha_days);
    assert_int_equal(e.months, EROSION_MAX);
    assert_int_equal(e.start[0], calendar_day(2017, 1, 1));
    erosion_add(&e, day, money, 2);
    assert_month(&e, 0, &(erosion_month){.active = 1, .active_money = 70});
    assert_month(&e, 1, &(erosion_month){.active = 1, .active_money = 70, .came_back = 1, .came_back_money = 70});
}

/* --- random histories --- */

typedef struct history {
    size_t n;
    int32_t day[40];
    int64_t money[40];
} history;

static void draw(rng *r, int32_t from, int32_t until, history *h) {
    h->n = 0;
    int32_t day = from + (int32_t)(rng_next(r) % (uint64_t)(until - from + 1));
    while (day <= until && h->n < 40) {
        h->money[h->n] = (int64_t)(rng_next(r) % 1000);
        h->day[h->n++] = day;
        if (rng_next(r) % 6 == 0) break;
        day += 1 + (int32_t)(rng_next(r) % (rng_next(r) % 4 == 0 ? 500 : 50));
    }
}

/* The spell (the order it follows) that is past its 95 % date on a day, or -1. */
static int passed_on(const history *h, int32_t day) {
    int last = -1;
    while (last + 1 < (int)h->n && h->day[last + 1] <= day) last++;
    return last >= 0 && day - h->day[last] > gap_of(h->day, (size_t)last) ? last : -1;
}

static int64_t year_before(const history *h, int32_t start, bool *active) {
    int64_t sum = 0;
    *active = false;
    for (size_t i = 0; i < h->n; i++)
        if (h->day[i] >= start - 365 && h->day[i] < start) sum += h->money[i], *active = true;
    return sum;
}

/* One month by the definition. */
static void by_definition(const history *h, int32_t start, int32_t next, int32_t from, int32_t until, erosion_month *m) {
    bool active;
    int64_t worth = year_before(h, start, &active);
    if (active) m->active++, m->active_money += worth;
    int64_t lately = 0, earlier = 0;
    bool any = false;
    for (size_t i = 0; i < h->n; i++) {
        if (h->day[i] >= start - 182 && h->day[i] < start) lately += h->money[i], any = true;
        if (h->day[i] >= start - 365 && h->day[i] < start - 182) earlier += h->money[i];
    }
    if (any && 2 * lately < earlier) m->shrinking++, m->shrinking_money += worth;
    int last = -1;
    while (last + 1 < (int)h->n && h->day[last + 1] < next) last++;
    if (active && last >= 0 && next - 1 <= until && passed_on(h, next - 1) < 0 && next - 1 - h->day[last] > .6 * gap_of(h->day, (size_t)last))
        m->late++, m->late_money += worth;
    int before = passed_on(h, start - 1), after = passed_on(h, next - 1 < until ? next - 1 : until);
    if (active && after >= 0 && after != before) {
        m->passed++, m->passed_money += worth;
        if (passed_on(h, until) == after) m->passed_now++, m->passed_now_money += worth;
    }
    /* Orders of this month that ended a spell which an earlier month had counted. */
    for (size_t i = 1; i < h->n; i++) {
        if (h->day[i] < start || h->day[i] >= next || passed_on(h, start - 1) != (int)i - 1) continue;
        for (int at = calendar_month_index(from); calendar_month_start(at) < start; at++) {
            int32_t s = calendar_month_start(at), e = calendar_month_start(at + 1);
            int64_t then = year_before(h, s, &active);
            if (active && passed_on(h, e - 1) == (int)i - 1 && passed_on(h, s - 1) != (int)i - 1)
                m->came_back++, m->came_back_money += then;
        }
    }
}

static void against_definition(int32_t from, int32_t until) {
    enum { N = 300 };
    static history all[N];
    rng r;
    rng_seed(&r, 11, (uint64_t)until);
    erosion e, part[3], merged;
    erosion_begin(&e, from, until, ratios, 2, alpha_days);
    for (size_t p = 0; p < 3; p++) erosion_begin(&part[p], from, until, ratios, 2, alpha_days);
    const double sooner[2] = {.6 * ratios[0], .6 * ratios[1]};
    e.ratio_90 = sooner;
    for (size_t p = 0; p < 3; p++) part[p].ratio_90 = sooner;
    for (size_t c = 0; c < N; c++) {
        draw(&r, from, until, &all[c]);
        erosion_add(&e, all[c].day, all[c].money, all[c].n);
        erosion_add(&part[c % 7 % 3], all[c].day, all[c].money, all[c].n);
    }
    uint64_t passed = 0, back = 0, late = 0, shrinking = 0;
    for (size_t m = 0; m < e.months; m++) {
        erosion_month want = {0};
        for (size_t c = 0; c < N; c++) by_definition(&all[c], e.start[m], e.start[m + 1], from, until, &want);
        assert_month(&e, m, &want);
        passed += want.passed, back += want.came_back, late += want.late, shrinking += want.shrinking;
    }
    assert_true(passed > 20 && back > 10 && late > 20 && shrinking > 20);
    /* (a + b) + c and c + (b + a) */
    merged = part[0];
    erosion_merge(&merged, &part[1]);
    erosion_merge(&merged, &part[2]);
    assert_memory_equal(merged.month, e.month, sizeof e.month);
    erosion_merge(&part[1], &part[0]);
    erosion_merge(&part[2], &part[1]);
    assert_memory_equal(part[2].month, e.month, sizeof e.month);
    assert_int_equal(part[2].beyond_a_year, e.beyond_a_year);
}

static void test_against_definition(void **state) {
    (void)state;
    against_definition(calendar_day(2020, 1, 15), calendar_day(2021, 11, 18));
    against_definition(calendar_day(2014, 3, 31), calendar_day(2020, 2, 29)); /* more months than are shown */
}

static void test_short_and_silent(void **state) {
    (void)state;
    erosion e;
    const int32_t day = calendar_day(2020, 1, 3);
    erosion_begin(&e, day, calendar_day(2020, 1, 31), ratios, 2, alpha_days);
    assert_int_equal(e.months, 0);
    erosion_add(&e, &day, NULL, 1);
    /* One order, and a 95 % date beyond the year in which they are active. */
    static const double slow[] = {50};
    erosion_begin(&e, day, calendar_day(2020, 12, 31), slow, 1, alpha_days);
    erosion_add(&e, &day, NULL, 1);
    assert_int_equal(e.beyond_a_year, 1);
    for (size_t m = 0; m < e.months; m++) assert_int_equal(e.month[m].passed, 0);
    assert_int_equal(e.month[10].active, 1);
}

/* Money past what 64 bits hold stops there, in any order of adding and merging. */
static void test_saturation(void **state) {
    (void)state;
    const int32_t once = calendar_day(2020, 1, 10), twice[] = {once, calendar_day(2020, 2, 12)};
    const int64_t much[] = {INT64_MAX - 5, 10};
    erosion a, b;
    for (int turn = 0; turn < 2; turn++) {
        erosion *e = turn ? &b : &a;
        erosion_begin(e, calendar_day(2020, 1, 1), calendar_day(2020, 3, 31), ratios, 2, alpha_days);
        erosion_add(e, turn ? &once : twice, much, turn ? 1 : 2);
        erosion_add(e, turn ? twice : &once, much, turn ? 2 : 1);
    }
    assert_memory_equal(a.month, b.month, sizeof a.month);
    assert_int_equal(a.month[0].passed_money, INT64_MAX - 5); /* who was back within the month took nothing away */
}

/* --- cohorts and orders by day --- */

static void test_cohorts(void **state) {
    (void)state;
    cohort_table t, part;
    cohort_begin(&t, calendar_day(2020, 1, 20), calendar_day(2020, 4, 2), 1);
    assert_int_equal(t.periods, 4);
    assert_int_equal(t.start[0], calendar_day(2020, 1, 1));
    assert_int_equal(t.start[4], calendar_day(2020, 5, 1));
    part = t;
    const int32_t a[] = {calendar_day(2020, 1, 20), calendar_day(2020, 1, 31), calendar_day(2020, 3, 1)},
                  b[] = {calendar_day(2020, 2, 1), calendar_day(2020, 4, 2)}, c[] = {calendar_day(2020, 2, 29)};
    cohort_add(&t, a, 3);
    cohort_add(&part, b, 2);
    cohort_add(&part, c, 1);
    cohort_merge(&t, &part);
    static const uint64_t want[4][4] = {{1, 0, 1, 0}, {2, 0, 1, 0}};
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 4; j++) assert_int_equal(t.active[i][j], want[i][j]);
    /* Quarters; at most COHORT_MAX of them, the last ones; older cohorts are left out. */
    cohort_begin(&t, calendar_day(2010, 2, 1), calendar_day(2020, 5, 2), 3);
    assert_int_equal(t.periods, COHORT_MAX);
    assert_int_equal(t.start[COHORT_MAX - 1], calendar_day(2020, 4, 1));
    const int32_t old[] = {t.start[0] - 1, t.start[0]}, young[] = {t.start[0], t.start[COHORT_MAX] - 1};
    cohort_add(&t, old, 2);
    assert_int_equal(t.active[0][0], 0);
    cohort_add(&t, young, 2);
    assert_int_equal(t.active[0][0], 1);
    assert_int_equal(t.active[0][COHORT_MAX - 1], 1);
}

static void test_daily(void **state) {
    (void)state;
    uint64_t counts[2][5] = {{0}};
    daily d = {.first_day = -2, .days = 5, .births = counts[0], .repeats = counts[1]};
    const int32_t a[] = {-2, 0, 2}, b[] = {0}, c[] = {-9, 1, 3};
    daily_add(&d, a, 3);
    daily_add(&d, b, 1);
    daily_add(&d, c, 3); /* born before, and an order after */
    static const uint64_t want[2][5] = {{1, 0, 1, 0, 0}, {0, 0, 1, 1, 1}};
    assert_memory_equal(counts, want, sizeof want);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),          cmocka_unit_test(test_known_then),
        cmocka_unit_test(test_passed_before_the_table), cmocka_unit_test(test_against_definition),
        cmocka_unit_test(test_short_and_silent), cmocka_unit_test(test_saturation),
        cmocka_unit_test(test_cohorts),          cmocka_unit_test(test_daily)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
