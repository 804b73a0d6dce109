/* Clocks of a customer: what each reads on a day, from what was known before; and when a reading is reached. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#include "check.h"

#include <clocks.h>

#include <calendar.h>

static trace_event event(int kind, int32_t day, int64_t subject, int32_t until, int32_t notice) {
    return (trace_event){.kind = (int16_t)kind, .day = day, .at_us = day * TRACE_DAY_US, .known_us = day * TRACE_DAY_US, .subject = subject, .until_day = until, .notice_days = notice, .value = NAN};
}

static void begin(clock_state *s) {
    clocks_begin(s, &(clock_options){.sour_days = 90, .rhythm_days = 30, .first_day = 0});
}

static void hear(clock_state *s, int kind, int32_t day) {
    trace_event e = event(kind, day, 1, TRACE_NO_DAY, -1);
    clocks_hear(s, &e);
}

/* The reading of a clock, NAN where it does not run. */
static double reading(clock_state *s, clock_id clock, int32_t day) {
    uint16_t bin[CLOCKS];
    clocks_at(s, day, bin);
    return bin[clock] == CLOCK_NO_BIN ? NAN : clock_reading(clock, bin[clock]);
}

static void since(void **state) {
    (void)state;
    clock_state s;
    begin(&s);
    for (int c = 0; c < CLOCKS; c++)
        if (clock_rows[c].role == CLOCK_IS_CYCLE) assert_true(isnan(reading(&s, (clock_id)c, 100)));
    hear(&s, EVENT_case_open, 100);
    assert_near(reading(&s, CLOCK_days_since_case_opened, 110), 10.0, 0);
    assert_true(isnan(reading(&s, CLOCK_days_since_second_problem, 110)));
    hear(&s, EVENT_complaint, 190);
    assert_near(reading(&s, CLOCK_days_since_second_problem, 195), 5.0, 0);
    assert_near(reading(&s, CLOCK_days_since_case_opened, 195), 95.0, 0);
    hear(&s, EVENT_case_open, 300); /* 110 days behind: no second one */
    assert_near(reading(&s, CLOCK_days_since_second_problem, 301), 111.0, 0);
    assert_true(isnan(reading(&s, CLOCK_days_since_case_opened, 300 + 180)));
    hear(&s, EVENT_touch_out, 310);
    hear(&s, EVENT_touch_out, 305); /* known late */
    assert_near(reading(&s, CLOCK_days_since_touch, 311), 1.0, 0);
}

static void terms(void **state) {
    (void)state;
    clock_state s;
    begin(&s);
    trace_event e = event(EVENT_contract_start, 0, 1, 365, 60);
    clocks_hear(&s, &e);
    assert_true(isnan(reading(&s, CLOCK_days_to_renewal, 100)));
    assert_near(reading(&s, CLOCK_days_to_renewal, 200), 165.0, 0);
    assert_near(reading(&s, CLOCK_days_to_notice, 305), 0.0, 0);
    assert_near(reading(&s, CLOCK_days_to_notice, 310), -5.0, 0);
    assert_near(reading(&s, CLOCK_days_to_renewal, 365), 0.0, 0);
    int32_t first, last;
    assert_true(clocks_next(&s, CLOCK_days_to_renewal, 200, 180 - 30, 180 + 1, &first, &last)); /* 30 to 0 days before */
    assert_int_equal(first, 335);
    assert_int_equal(last, 365);
    e = event(EVENT_contract_renew, 350, 1, 730, -1); /* early: its end stays a renewal */
    clocks_hear(&s, &e);
    assert_near(reading(&s, CLOCK_days_to_renewal, 360), 5.0, 0);
    assert_near(reading(&s, CLOCK_days_to_renewal, 380), -15.0, 0);
    assert_true(isnan(reading(&s, CLOCK_days_to_renewal, 430)));
    assert_near(reading(&s, CLOCK_days_to_renewal, 700), 30.0, 0);
    e = event(EVENT_contract_start, 700, 2, 720, -1); /* another: the nearer one counts */
    clocks_hear(&s, &e);
    assert_near(reading(&s, CLOCK_days_to_renewal, 701), 19.0, 0);
    e = event(EVENT_contract_end, 702, 2, TRACE_NO_DAY, -1);
    clocks_hear(&s, &e);
    assert_near(reading(&s, CLOCK_days_to_renewal, 703), 27.0, 0);
    for (int i = 0; i < 100; i++) { /* more contracts than are watched */
        e = event(EVENT_contract_start, 704, 10 + i, 800 + i, 0);
        clocks_hear(&s, &e);
    }
    assert_near(reading(&s, CLOCK_days_to_renewal, 890), 2.0, 0);
}

static void years(void **state) {
    (void)state;
    clock_state s;
    int32_t leap = calendar_day(2024, 2, 29), first, last;
    begin(&s);
    hear(&s, EVENT_order, leap);
    assert_true(isnan(reading(&s, CLOCK_anniversary, leap + 5)));
    assert_near(reading(&s, CLOCK_anniversary, calendar_day(2025, 2, 18)), -10.0, 0);
    assert_near(reading(&s, CLOCK_anniversary, calendar_day(2025, 3, 1)), 1.0, 0);
    assert_near(reading(&s, CLOCK_anniversary, calendar_day(2028, 2, 28)), -1.0, 0);
    assert_true(clocks_next(&s, CLOCK_anniversary, calendar_day(2026, 6, 1), 80, 90, &first, &last)); /* the ten days before */
    assert_int_equal(first, calendar_day(2027, 2, 18));
    assert_int_equal(last, calendar_day(2027, 2, 27));
    assert_near(reading(&s, CLOCK_days_since_start, calendar_day(2026, 1, 31)), 702.0, 0);
}

/* Months counted from the start; those that are too short end on their last day. */
static void months(void **state) {
    (void)state;
    clock_state s;
    begin(&s);
    hear(&s, EVENT_order, calendar_day(2024, 1, 31));
    assert_near(reading(&s, CLOCK_contract_month, calendar_day(2024, 2, 1)), 1.0, 0);
    assert_near(reading(&s, CLOCK_contract_month, calendar_day(2024, 2, 28)), -1.0, 0);
    assert_near(reading(&s, CLOCK_contract_month, calendar_day(2024, 2, 29)), 0.0, 0);
    assert_near(reading(&s, CLOCK_contract_month, calendar_day(2024, 3, 1)), 1.0, 0);
    assert_near(reading(&s, CLOCK_contract_month, calendar_day(2024, 4, 30)), 0.0, 0);
    assert_near(reading(&s, CLOCK_contract_month, calendar_day(2025, 2, 27)), -1.0, 0);
    assert_near(reading(&s, CLOCK_contract_month, calendar_day(2025, 12, 31)), 0.0, 0);
    for (int32_t day = calendar_day(2024, 1, 31); day < calendar_day(2032, 1, 1); day++) assert_true(fabs(reading(&s, CLOCK_contract_month, day)) <= 15);
}

static void orders(void **state) {
    (void)state;
    clock_state s;
    int32_t first, last;
    begin(&s);
    hear(&s, EVENT_order, 100);
    assert_near(clocks_rhythm(&s), 30.0, 1e-12);
    hear(&s, EVENT_order, 100);
    hear(&s, EVENT_order, 110);
    hear(&s, EVENT_order, 120);
    assert_near(clocks_rhythm(&s), 20.0, 1e-12); /* (2 x 30 + 20) / 4 */
    assert_near(reading(&s, CLOCK_order_number, 121), 3.0, 0);
    assert_near(reading(&s, CLOCK_silence, 130), 0.5, 1e-9);
    assert_true(isnan(reading(&s, CLOCK_silence, 201)));
    assert_true(clocks_next(&s, CLOCK_silence, 121, 20, 40, &first, &last)); /* 1 to 2 rhythms */
    assert_int_equal(first, 140);
    assert_int_equal(last, 159);
    assert_true(clocks_next(&s, CLOCK_order_number, 121, 5, 6, &first, &last));
    assert_int_equal(first, 160);
    assert_false(clocks_next(&s, CLOCK_order_number, 121, 1, 3, &first, &last));
    trace_event refund = event(EVENT_order, 125, 0, TRACE_NO_DAY, -1);
    refund.amount = -5;
    clocks_hear(&s, &refund);
    assert_near(reading(&s, CLOCK_order_number, 126), 3.0, 0);
}

static void as_it_became_known(void **state) {
    (void)state;
    trace_event e[6];
    uint32_t order[6];
    static const int32_t known[6] = {5, 3, 9, 4, 4, 1};
    for (int i = 0; i < 6; i++) {
        e[i] = event(EVENT_order, i < 5 ? 1 : 0, 0, TRACE_NO_DAY, -1);
        e[i].known_us = known[i] * TRACE_DAY_US;
    }
    trace t = {1, e, 6};
    trace_order(&t, order);
    static const uint32_t want[6] = {5, 1, 3, 4, 0, 2};
    assert_memory_equal(order, want, sizeof want);
    trace none = {1, NULL, 0};
    trace_order(&none, order);
}

static void names(void **state) {
    (void)state;
    for (int c = 0; c < CLOCKS; c++) {
        assert_int_equal(clock_find(clock_rows[c].name), c);
        assert_true(clock_rows[c].wide < clock_rows[c].bins && clock_rows[c].narrow <= clock_rows[c].wide);
    }
    assert_int_equal(clock_find("tea_time"), -1);
}

/* Days of any size: nothing overflows (the sanitizer looks on). */
static void extremes(void **state) {
    (void)state;
    clock_state s;
    uint16_t bin[CLOCKS];
    int32_t first, last;
    begin(&s);
    trace_event e = event(EVENT_contract_start, calendar_day(1, 1, 1), 1, INT32_MAX, INT32_MAX);
    clocks_hear(&s, &e);
    hear(&s, EVENT_order, calendar_day(1, 1, 1));
    hear(&s, EVENT_case_open, calendar_day(9990, 12, 31));
    clocks_at(&s, calendar_day(2000, 1, 1), bin);
    clocks_at(&s, calendar_day(9990, 12, 31), bin);
    for (int c = 0; c < CLOCKS; c++) clocks_next(&s, (clock_id)c, calendar_day(9990, 12, 31), 0, clock_rows[c].bins, &first, &last);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(since), cmocka_unit_test(terms), cmocka_unit_test(years), cmocka_unit_test(months), cmocka_unit_test(orders), cmocka_unit_test(as_it_became_known),
                                       cmocka_unit_test(names), cmocka_unit_test(extremes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
