/* Customers of a hundred thousand events: what is found for them is what it would be for a few, worked out by hand. */
#include <check.h>

#include <book.h>
#include <feature.h>
#include <signals.h>

#include <math.h>
#include <stdlib.h>

enum { MANY = 100000, DAYS = 1000, EACH = MANY / DAYS, FIRST = 15000 };

static trace_event event(int64_t i, int kind, int64_t subject) {
    int32_t day = FIRST + (int32_t)(i / EACH);
    int64_t at = day * TRACE_DAY_US + i % EACH * 1000000;
    return (trace_event){.at_us = at, .known_us = at, .id = i + 1, .subject = subject, .amount = 10000, .value = NAN, .day = day, .until_day = TRACE_NO_DAY,
                         .notice_days = -1, .kind = (int16_t)kind};
}

static trace_event *events_of(trace *t) {
    trace_event *events = calloc(MANY, sizeof *events);
    assert_non_null(events);
    *t = (trace){1, events, MANY};
    return events;
}

static void features_on(const trace *t, int32_t day, double *out) {
    features *f = features_new(NULL, 0);
    for (size_t i = 0; i < t->n; i++) assert_int_equal(features_apply(f, &t->event[i], NULL), MR_OK);
    features_at(f, day, out);
    features_free(f);
}

/* Orders for half the time, then everything comes back: what came back within thirty days of the last order is regretted. */
static void test_regrets(void **state) {
    trace t;
    trace_event *events = events_of(&t);
    double out[FEATURES];
    digest_room room = {0};
    norms plain = {0};
    digest d;
    (void)state;
    for (int64_t i = 0; i < MANY; i++) events[i] = event(i, i < MANY / 2 ? EVENT_order : EVENT_return_goods, 0);
    features_on(&t, FIRST + DAYS - 1, out);
    assert_true(out[FEATURE_regrets] == 0); /* all within the last year are too late */
    features_on(&t, FIRST + DAYS / 2 + 100, out);
    assert_true(out[FEATURE_regrets] == 30 * EACH);
    assert_int_equal(digest_make(&room, &t, FIRST + DAYS - 1, &plain, &d, NULL), MR_OK);
    signal_hit hit = {.signal = SIGNAL_regret_refund};
    assert_false(signal_regret_refund(&d, &hit));
    assert_int_equal(digest_make(&room, &t, FIRST + DAYS / 2 + 100, &plain, &d, NULL), MR_OK);
    hit = (signal_hit){.signal = SIGNAL_regret_refund};
    assert_true(signal_regret_refund(&d, &hit));
    assert_int_equal(hit.evidence[0].id, MANY / 2);                  /* the last order ... */
    assert_int_equal(hit.evidence[1].id, MANY / 2 + 30 * EACH); /* ... and the last that came back in time */
    digest_room_free(&room);
    free(events);
}

/* Half begin a contract each, one a month in price; then all of an even number end; then the odd ones are talked of. */
static void test_contracts(void **state) {
    enum { HALF = MANY / 2, QUARTER = MANY / 4 };
    trace t;
    trace_event *events = events_of(&t);
    book_scratch s = {0};
    book_standing b;
    double out[FEATURES];
    (void)state;
    for (int64_t i = 0; i < MANY; i++) {
        int64_t k = i - HALF;
        int kind = i < HALF ? EVENT_contract_start : k < QUARTER ? EVENT_contract_end : EVENT_contract_change;
        events[i] = event(i, kind, i < HALF ? i * 7919 : k < QUARTER ? 2 * k * 7919 : (2 * (k - QUARTER) + 1) * 7919);
        if (kind == EVENT_contract_change) events[i].amount = 30000;
    }
    assert_int_equal(book_standing_at(&t, FIRST + DAYS - 1, FIRST + DAYS - 1, &s, &b, NULL), MR_OK);
    assert_true(b.under);
    assert_int_equal(b.contracts, QUARTER);
    assert_int_equal(b.recurring, (int64_t)QUARTER * 30000);
    features_on(&t, FIRST + DAYS - 1, out);
    assert_true(out[FEATURE_contracts] == QUARTER && out[FEATURE_price] == 3.0 * QUARTER);
    book_scratch_free(&s);
    free(events);
}

/* A word to all contracts, taken back, and a notice to all, of which one is renewed. */
static void test_words_to_all(void **state) {
    enum { HALF = MANY / 2 };
    trace t;
    trace_event *events = events_of(&t);
    book_scratch s = {0};
    book_standing b;
    (void)state;
    for (int64_t i = 0; i < MANY; i++)
        events[i] = event(i, i < HALF ? EVENT_contract_start : i % 2 ? EVENT_offer_accepted : EVENT_leave_intent, i < HALF ? i + 1 : 0);
    assert_int_equal(book_standing_at(&t, FIRST + DAYS - 1, FIRST + DAYS - 1, &s, &b, NULL), MR_OK);
    assert_true(b.under && b.recurring == (int64_t)HALF * 10000 && b.noticed == 0);
    t.n--; /* the last intent stands */
    assert_int_equal(book_standing_at(&t, FIRST + DAYS - 1, FIRST + DAYS - 1, &s, &b, NULL), MR_OK);
    assert_false(b.under);
    t.n++;
    events[MANY - 3].kind = EVENT_leave_confirmed; /* notice: the offers after it take back intents alone */
    events[MANY - 1].kind = EVENT_contract_renew;
    events[MANY - 1].subject = 5;
    assert_int_equal(book_standing_at(&t, FIRST + DAYS - 1, FIRST + DAYS - 1, &s, &b, NULL), MR_OK);
    assert_true(b.under && b.recurring == 10000 && b.noticed == (int64_t)(HALF - 1) * 10000);
    book_scratch_free(&s);
    free(events);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_regrets), cmocka_unit_test(test_contracts), cmocka_unit_test(test_words_to_all)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
