/* Nothing looks ahead: the features of a day, the clocks and the spells as known then do not change by a bit when the future is appended, nor when what
 * happened before is recorded later; and what was recorded late counts, from then on, as if it had been known at once. Random histories of all kinds. And a
 * reader that does look ahead is caught. */
#include "customers.h"

#include <clocks.h>
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

static void clocks_alone(const trace *t, int32_t day, trace_event *copy, bool at_once, clock_state *clocks) {
    uint32_t order[MOST + 1];
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++)
        if (trace_known_day(&t->event[i]) <= day) {
            copy[n] = t->event[i];
            if (at_once) copy[n].known_us = copy[n].at_us;
            n++;
        }
    trace known = {t->customer_id, copy, n};
    trace_order(&known, order);
    clocks_begin(clocks, &(clock_options){.sour_days = 90, .rhythm_days = 30});
    assert_int_equal(clocks_follow(clocks, &known, order, 0, INT32_MAX), n);
}

static uint32_t order_days(const trace *t, int32_t day) {
    uint32_t n = 0;
    int32_t last = TRACE_NO_DAY;
    for (size_t i = 0; i < t->n; i++) {
        const trace_event *e = &t->event[i];
        if (!trace_is_order(e) || trace_known_day(e) > day || e->day <= last) continue;
        last = e->day;
        n++;
    }
    return n;
}

/* The clocks of a walk through the months, against those of what was known alone, as it came and all at once; the orders counted never fall. */
static void test_clocks(void **state) {
    static trace_event events[MOST + 1], copy[MOST + 1];
    (void)state;
    for (size_t h = 0; h < HISTORIES; h++) {
        rng r;
        uint32_t order[MOST + 1], orders = 0;
        clock_state walk, alone_then, at_once;
        rng_seed(&r, test_seed() + 2, h);
        trace t = {1, events, draw(&r, events)};
        trace_order(&t, order);
        clocks_begin(&walk, &(clock_options){.sour_days = 90, .rhythm_days = 30});
        size_t next = 0;
        for (int32_t i = 0; i < LANDMARKS; i++) {
            int32_t day = (i + 1) * SPAN / LANDMARKS;
            uint16_t a[CLOCKS], b[CLOCKS], c[CLOCKS];
            next = clocks_follow(&walk, &t, order, next, day);
            clocks_alone(&t, day, copy, false, &alone_then);
            clocks_alone(&t, day, copy, true, &at_once);
            clocks_at(&walk, day + 1, a);
            clocks_at(&alone_then, day + 1, b);
            clocks_at(&at_once, day + 1, c);
            for (int k = 0; k < CLOCKS; k++) {
                if (a[k] != b[k]) fail_msg("history %zu, day %d: clock %s stands at %u with the future, at %u without", h, day, clock_rows[k].name, a[k], b[k]);
                if (a[k] != c[k]) fail_msg("history %zu, day %d: clock %s stands at %u, at %u had it been known at once", h, day, clock_rows[k].name, a[k], c[k]);
            }
            assert_true(clocks_rhythm(&walk) == clocks_rhythm(&at_once));
            assert_int_equal(walk.orders, order_days(&t, day));
            assert_true(walk.orders >= orders);
            orders = walk.orders;
        }
    }
}

/* The features too: of two histories that differ in when they became known alone. */
static void test_late_counts(void **state) {
    static trace_event events[MOST + 1], copy[MOST + 1];
    static risk_spell got[MOST], wanted[MOST];
    features *walk = features_new(NULL, 0), *once = features_new(NULL, 0);
    (void)state;
    for (size_t h = 0; h < HISTORIES; h++) {
        rng r;
        uint32_t order[MOST + 1];
        double a[FEATURES], b[FEATURES];
        int where = 0;
        rng_seed(&r, test_seed() + 3, h);
        trace t = {1, events, draw(&r, events)};
        trace_order(&t, order);
        features_begin(walk);
        size_t at = 0;
        for (int32_t i = 0; i < LANDMARKS; i++) {
            int32_t day = (i + 1) * SPAN / LANDMARKS;
            while (at < t.n && trace_known_day(&events[order[at]]) <= day) assert_int_equal(features_apply(walk, &events[order[at++]], NULL), MR_OK);
            size_t n = 0, spells, spells_once;
            for (size_t k = 0; k < t.n; k++)
                if (trace_known_day(&events[k]) <= day) copy[n] = events[k], copy[n].known_us = copy[n].at_us, n++;
            trace known = {1, copy, n};
            features_begin(once);
            for (size_t k = 0; k < n; k++) assert_int_equal(features_apply(once, &copy[k], NULL), MR_OK);
            features_at(walk, day, a);
            features_at(once, day, b);
            if (!same(a, b, &where)) fail_msg("history %zu, day %d: %s is %.17g, %.17g had all been known at once", h, day, feature_of(where)->name, a[where], b[where]);
            spells = risk_contract_spells(&t, day, got, MOST);
            spells_once = risk_contract_spells(&known, day, wanted, MOST);
            assert_int_equal(spells, spells_once);
            for (size_t k = 0; k < spells; k++) assert_int_equal(got[k].to_day, wanted[k].to_day);
        }
    }
    features_free(walk);
    features_free(once);
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_no_future), cmocka_unit_test(test_future_caught), cmocka_unit_test(test_counts_grow), cmocka_unit_test(test_clocks),
                                       cmocka_unit_test(test_late_counts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
