/* Nothing looks ahead: the features of a day and the spells as known then do not change by a bit when the future is appended, nor when what
 * happened before is recorded later; random histories of all kinds. And a reader that does look ahead is caught. */
#include "customers.h"

#include <feature.h>
#include <risk.h>

#include <stdlib.h>
#include <string.h>

enum { HISTORIES = SANITIZED ? 300 : 3000, MOST = 120, SPAN = 1500, LANDMARKS = 12 };

static int by_time(const void *a, const void *b) {
    const trace_event *x = a, *y = b;
    if (x->at_us != y->at_us) return x->at_us < y->at_us ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static size_t draw(rng *r, trace_event *events) {
    size_t n = 1 + rng_below(r, rng_below(r, 4) ? 40 : MOST);
    bool only_orders = rng_below(r, 4) == 0, zones = rng_below(r, 3) == 0;
    unsigned late = (unsigned)rng_below(r, 4); /* of ten events */
    for (size_t i = 0; i < n; i++) {
        int32_t day = (int32_t)rng_below(r, SPAN);
        int64_t at = day * TRACE_DAY_US + (rng_below(r, 2) ? 0 : (int64_t)rng_below(r, (uint64_t)TRACE_DAY_US));
        events[i] = (trace_event){.at_us = at, .known_us = at, .id = (int64_t)rng_below(r, 1000000), .day = day + (zones ? (int32_t)rng_below(r, 3) - 1 : 0),
                                  .kind = EVENT_order, .subject = (int64_t)rng_below(r, 5), .amount = (int64_t)rng_below(r, 1000000) - 50000, .value = NAN,
                                  .until_day = TRACE_NO_DAY, .notice_days = (int32_t)rng_below(r, 90) - 1, .months = (int32_t)rng_below(r, 13),
                                  .topic = (uint32_t)rng_below(r, 4), .flags = (uint16_t)(rng_below(r, 3) ? 0 : rng_below(r, 2048)),
                                  .tag = (uint8_t)rng_below(r, TRACE_TAGS), .actor = (uint8_t)rng_below(r, 4), .reason = (uint8_t)rng_below(r, 24)};
        if (!only_orders && rng_below(r, 5)) events[i].kind = (int16_t)rng_below(r, EVENT_KINDS + 2);
        if (rng_below(r, 2)) events[i].value = rng_uniform(r) * (rng_below(r, 2) ? 1 : 4);
        if (rng_below(r, 3) == 0) events[i].until_day = day + (int32_t)rng_below(r, 400);
        if (rng_below(r, 10) < late) events[i].known_us += (int64_t)rng_below(r, 300) * TRACE_DAY_US;
    }
    qsort(events, n, sizeof *events, by_time);
    return n;
}

/* Of a copy in which nothing else stands, made at one go. */
static void alone(const trace *t, int32_t day, trace_event *copy, features *f, double *out, size_t *spells, risk_spell *spell) {
    uint32_t order[MOST + 1];
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++)
        if (trace_known_day(&t->event[i]) <= day) copy[n++] = t->event[i];
    trace known = {t->customer_id, copy, n};
    features_begin(f);
    trace_order(&known, order);
    for (size_t i = 0; i < n; i++) assert_int_equal(features_apply(f, &copy[order[i]], NULL), MR_OK);
    features_at(f, day, out);
    *spells = risk_contract_spells(&known, day, spell, MOST);
}

static bool same(const double *a, const double *b, int *where) {
    for (int i = 0; i < FEATURES; i++)
        if (memcmp(&a[i], &b[i], sizeof *a) != 0 && !(a[i] != a[i] && b[i] != b[i])) {
            *where = i;
            return false;
        }
    return true;
}

/* ahead: how many events that are not known yet the reader applies. Returns how often it was found out. */
static size_t compare(uint64_t seed, size_t ahead) {
    static trace_event events[MOST + 1], copy[MOST + 1];
    static risk_spell got[MOST], wanted[MOST];
    features *walk = features_new(NULL, 0), *once = features_new(NULL, 0);
    size_t caught = 0;
    for (size_t h = 0; h < HISTORIES; h++) {
        rng r;
        uint32_t order[MOST + 1];
        double a[FEATURES], b[FEATURES];
        int where = 0;
        rng_seed(&r, seed, h);
        trace t = {1, events, draw(&r, events)};
        trace_order(&t, order);
        features_begin(walk);
        size_t at = 0;
        for (int32_t i = 0; i < LANDMARKS; i++) {
            int32_t day = (i + 1) * SPAN / LANDMARKS + (int32_t)rng_below(&r, 60) - 30;
            while (at < t.n && trace_known_day(&events[order[at]]) <= day) assert_int_equal(features_apply(walk, &events[order[at++]], NULL), MR_OK);
            for (size_t k = 0; k < ahead && at < t.n; k++) assert_int_equal(features_apply(walk, &events[order[at++]], NULL), MR_OK);
            features_at(walk, day, a);
            size_t n, n_once;
            alone(&t, day, copy, once, b, &n_once, wanted);
            if (!same(a, b, &where)) {
                if (!ahead) fail_msg("history %zu, day %d: %s is %.17g with the future, %.17g without", h, day, feature_of(where)->name, a[where], b[where]);
                caught++;
            }
            n = risk_contract_spells(&t, day, got, MOST);
            if (n != n_once || memcmp(got, wanted, n * sizeof *got) != 0) fail_msg("history %zu, day %d: the spells change with the future", h, day);
            for (size_t k = 1; k < n; k++) assert_true(got[k].from_day >= got[k - 1].to_day && got[k - 1].left);
            if (n) assert_true(got[n - 1].to_day >= got[n - 1].from_day || !got[n - 1].left);
        }
    }
    features_free(walk);
    features_free(once);
    return caught;
}

static void test_no_future(void **state) {
    (void)state;
    assert_int_equal(compare(test_seed(), 0), 0);
}

static void test_future_caught(void **state) {
    (void)state;
    assert_true(compare(test_seed(), 1) > HISTORIES);
}

/* More of what may only raise the risk: the flag says so of what the table counts, whatever else happened. */
static void test_counts_grow(void **state) {
    static trace_event events[MOST + 1];
    features *f = features_new(NULL, 0);
    (void)state;
    for (size_t h = 0; h < HISTORIES; h++) {
        rng r;
        double before[FEATURES], after[FEATURES];
        rng_seed(&r, test_seed() + 1, h);
        size_t n = draw(&r, events);
        trace_event more = {.at_us = (SPAN + 3) * TRACE_DAY_US, .known_us = (SPAN + 3) * TRACE_DAY_US, .day = SPAN + 3, .kind = EVENT_payment_failed, .value = NAN, .until_day = TRACE_NO_DAY};
        events[n] = more;
        features_begin(f);
        for (size_t i = 0; i < n; i++) assert_int_equal(features_apply(f, &events[i], NULL), MR_OK);
        features_at(f, SPAN + 310, before);
        features_at(f, SPAN + 10, before);
        assert_int_equal(features_apply(f, &events[n], NULL), MR_OK);
        features_at(f, SPAN + 10, after);
        assert_true(after[FEATURE_payments_failed] == before[FEATURE_payments_failed] + 1 && after[FEATURE_payment_open] == 1);
    }
    features_free(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_no_future), cmocka_unit_test(test_future_caught), cmocka_unit_test(test_counts_grow)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
