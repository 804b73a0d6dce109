/* The law of gaps: parameters found again, though slow gaps are cut off; chances that are chances. Signs of life and their days. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#include "check.h"

#include <gaps.h>
#include <moments_signs.h>
#include <rng.h>

#include <stdlib.h>

enum { CUSTOMERS = 3000, ROOM = 40000, WATCHED = 300 };

static void found_again(void **state) {
    (void)state;
    gap_seen *gap = malloc(ROOM * sizeof *gap);
    size_t n = 0;
    const gap_law truth = {3, 5, 5 * 20 / 3.0}; /* 20 days or so, by a rate that differs */
    for (uint64_t i = 0; i < CUSTOMERS; i++) {
        rng r;
        rng_seed(&r, 11, i);
        double rate = rng_gamma(&r, truth.own_shape) / truth.own_days, at = 0;
        for (uint32_t k = 0; k < 10 && n < ROOM; k++) {
            double days = rng_gamma(&r, truth.shape) / rate;
            if (at + days > WATCHED || rng_uniform(&r) < .1) break; /* the last day, or they left */
            gap[n++] = (gap_seen){days, WATCHED - at, at, k};
            at += days;
        }
    }
    gap_law law;
    mr_error err = {0};
    assert_int_equal(gap_law_fit(gap, n, &law, &err), MR_OK);
    assert_true(fabs(law.shape / truth.shape - 1) < .1);
    assert_true(fabs(law.own_shape / truth.own_shape - 1) < .25);
    assert_true(fabs(law.own_days / law.own_shape / (truth.own_days / truth.own_shape) - 1) < .1);
    double before = 1;
    for (double days = 0; days < 200; days += 5) {
        double open = gap_law_open(&law, 2, 40, 0, days);
        assert_true(open <= before && open >= 0);
        assert_true(fabs(gap_law_open(&law, 2, 40, 10, 10 + days) * gap_law_open(&law, 2, 40, 0, 10) - gap_law_open(&law, 2, 40, 0, 10 + days)) < 1e-6);
        before = open;
    }
    assert_int_equal(gap_law_fit(NULL, 0, &law, &err), MR_OK); /* nothing seen: the prior */
    assert_true(law.shape > .5 && law.own_shape > 1 && law.own_days > 0);
    gap[3].longest = gap[3].days / 2;
    assert_int_equal(gap_law_fit(gap, n, &law, &err), MR_EDATA);
    assert_int_equal(err.row, 3);
    free(gap);
}

static trace_event event(int kind, int32_t day) {
    return (trace_event){.kind = (int16_t)kind, .day = day, .at_us = day * TRACE_DAY_US, .known_us = day * TRACE_DAY_US, .until_day = TRACE_NO_DAY};
}

static void signs(void **state) {
    (void)state;
    const gap_law law = {3, 50, 50 * 20 / 3.0};
    const trace_event events[] = {event(EVENT_case_open, 5),   event(EVENT_order, 10),    event(EVENT_order, 10),     event(EVENT_case_open, 20), event(EVENT_touch_out, 25),
                                  event(EVENT_order, 30),      event(EVENT_complaint, 30), event(EVENT_complaint, 300), event(EVENT_order, 400)};
    const trace t = {.event = events, .n = sizeof events / sizeof *events};
    sign s[8];
    /* Not: a case before the first order, the same day twice, what we do, a complaint long after they should have ordered, what is after the last day. */
    assert_int_equal(signs_of(&t, &law, 399, s, 8), 3);
    assert_true(s[0].day == 10 && s[0].before == 0 && s[0].passed == 0);
    assert_true(s[1].day == 20 && s[1].before == 0 && s[1].passed == 10);
    assert_true(s[2].day == 30 && s[2].before == 1 && s[2].before_days == 20 && s[2].passed == 0);
    assert_int_equal(signs_of(&t, &law, 400, s, 8), 4);
    assert_int_equal(signs_of(&t, &law, 400, s, 1), 4);
    rng r;
    rng_seed(&r, 1, 1);
    sign_days days;
    double sum = 0, all = 0;
    for (int i = 0; i < 400; i++) {
        signs_days(&s[0], &law, 400, &r, &days);
        assert_true(days.n >= 15 && days.n <= SIGNS_PARTS && days.still < 1e-3);
        for (uint32_t k = 0; k < days.n; k++) {
            assert_true(days.day[k] > 10 && days.day[k] <= 400 && (!k || days.day[k] >= days.day[k - 1]));
            all += days.exposure;
            sum += days.exposure * (days.day[k] - 10);
        }
    }
    assert_true(fabs(all / 400 - 20) < 1.5);       /* S adds up to the mean gap */
    assert_true(sum / all > 11 && sum / all < 17); /* and its middle is that of the time since the last order: 20 (1 + 1 / 3) / 2 */
    signs_days(&s[0], &law, 20, &r, &days);
    assert_int_equal(days.n, 0); /* too near to the end to tell */
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(found_again), cmocka_unit_test(signs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
