/* Appending: idempotent, late events, projections, groups; on both stores. */
#include "fixture.h"

#include <writer.h>

#include <pthread.h>

static void once_and_again(void **state) {
    ledger *l = fixture_ledger(store_of(state));
    append_item item = fixture_order(l, 1, 100, 1250, "a");
    fixture_append(l, &item, 1);
    assert_int_equal(item.outcome, APPEND_ADDED);
    int64_t id = fixture_customer(l, 1);
    assert_true(id > 0);
    cycle c = fixture_cycle(l, id);
    assert_int_equal(c.orders, 1);
    assert_int_equal(c.spend, 125000);
    item = fixture_order(l, 1, 100, 1250, "a");
    fixture_append(l, &item, 1);
    assert_int_equal(item.outcome, APPEND_REPEATED);
    for (int twice = 0; twice < 2; twice++) { /* the same conflict is kept once */
        item = fixture_order(l, 1, 100, 9999, "a");
        fixture_append(l, &item, 1);
        assert_int_equal(item.outcome, APPEND_CONFLICTING);
    }
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM event"), 1);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM event_conflict"), 1);
    c = fixture_cycle(l, id);
    assert_int_equal(c.spend, 125000);
    /* The same source id of another customer is another event. */
    item = fixture_order(l, 2, 100, 1250, "a");
    fixture_append(l, &item, 1);
    assert_int_equal(item.outcome, APPEND_ADDED);
    ledger_close(l);
}

static void late_events_rebuild(void **state) {
    ledger *l = fixture_ledger(store_of(state));
    static const int days[] = {100, 130, 90, 130, 110, 160, 95};
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        char id[24];
        snprintf(id, sizeof id, "o%zu", i);
        append_item item = fixture_order(l, 7, days[i], 100, id);
        fixture_append(l, &item, 1);
        fixture_check_cycles(l);
    }
    cycle c = fixture_cycle(l, fixture_customer(l, 7));
    assert_int_equal(c.orders, 6);
    assert_int_equal(c.first_order_day, 90);
    assert_int_equal(c.last_order_day, 160);
    ledger_close(l);
}

static void a_group_of_many(void **state) {
    ledger *l = fixture_ledger(store_of(state));
    append_item items[60];
    char ids[60][8];
    for (int i = 0; i < 60; i++) {
        snprintf(ids[i], sizeof ids[i], "g%d", i % 50); /* ten are repeats, some with another day */
        items[i] = fixture_order(l, (unsigned)(i % 50 % 7), 200 - i % 50 - (i >= 55), 100 + i % 50, ids[i]);
    }
    fixture_append(l, items, 60);
    int added = 0, repeated = 0, conflicting = 0;
    for (int i = 0; i < 60; i++) {
        added += items[i].outcome == APPEND_ADDED;
        repeated += items[i].outcome == APPEND_REPEATED;
        conflicting += items[i].outcome == APPEND_CONFLICTING;
    }
    assert_int_equal(added, 50);
    assert_int_equal(repeated + conflicting, 10);
    assert_int_equal(conflicting, 5);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM event"), 50);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM customer_ref"), 7);
    fixture_check_cycles(l);
    ledger_close(l);
}

static void projections(void **state) {
    ledger *l = fixture_ledger(store_of(state));
    append_item items[] = {
        fixture_event(l, 1, 10, EVENT_case_open, "1", "T1", "{\"number\":\"T1\",\"severity\":\"high\",\"subject\":\"it \\\"broke\\\"\"}"),
        fixture_event(l, 1, 11, EVENT_case_update, "2", "T1", "{\"first_response\":true}"),
        fixture_event(l, 1, 12, EVENT_case_resolve, "3", "T1", NULL),
        fixture_event(l, 1, 10, EVENT_promise_made, "4", "P1", "{\"what\":\"call back\",\"due\":\"1970-02-01T00:00:00Z\"}"),
        fixture_event(l, 1, 10, EVENT_contract_start, "5", "K1", "{\"number\":\"K1\",\"product\":\"Pro\",\"seats\":5}"),
        fixture_event(l, 1, 13, EVENT_touch_out, "6", NULL, "{\"channel\":\"phone\",\"who\":\"Ann\"}"),
        fixture_event(l, 1, 14, EVENT_survey, "7", NULL, "{\"name\":\"nps\",\"score\":9,\"scale\":10}"),
        fixture_event(l, 1, 15, EVENT_consent_given, "8", NULL, "{\"purpose\":\"marketing\",\"channel\":\"e-mail\"}"),
        fixture_event(l, 1, 16, EVENT_consent_withdrawn, "9", NULL, "{\"purpose\":\"marketing\",\"channel\":\"e-mail\"}"),
    };
    fixture_append(l, items, sizeof items / sizeof *items);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM support_case WHERE state = 2 AND severity = 'high' AND reopenings = 0"), 1);
    assert_int_equal(fixture_number(l, "SELECT resolved_at_us FROM support_case"), 12 * TEST_DAY_US);
    assert_int_equal(fixture_number(l, "SELECT first_response_at_us FROM support_case"), 11 * TEST_DAY_US);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM promise WHERE state = 1 AND what = 'call back'"), 1);
    assert_int_equal(fixture_number(l, "SELECT due_us FROM due WHERE state = 0"), 31 * TEST_DAY_US);
    assert_int_equal(fixture_number(l, "SELECT seats FROM contract WHERE product = 'Pro' AND state = 1"), 5);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM touch WHERE outward = 1 AND channel = 'phone'"), 1);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM survey WHERE name = 'nps' AND score = 9"), 1);
    assert_int_equal(fixture_number(l, "SELECT CAST(state AS BIGINT) FROM consent"), 0);
    /* Late news: an older consent changes nothing, a kept promise stops its timer, a reopened case is open again. */
    append_item late[] = {
        fixture_event(l, 1, 12, EVENT_consent_given, "10", NULL, "{\"purpose\":\"marketing\",\"channel\":\"e-mail\"}"),
        fixture_event(l, 1, 20, EVENT_promise_kept, "11", "P1", NULL),
        fixture_event(l, 1, 21, EVENT_case_reopen, "12", "T1", NULL),
        fixture_event(l, 1, 30, EVENT_contract_end, "13", "K1", NULL),
    };
    fixture_append(l, late, sizeof late / sizeof *late);
    assert_int_equal(fixture_number(l, "SELECT CAST(state AS BIGINT) FROM consent"), 0);
    assert_int_equal(fixture_number(l, "SELECT CAST(state AS BIGINT) FROM promise"), 2);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM due WHERE state = 0"), 0);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM support_case WHERE state = 1 AND reopenings = 1 AND resolved_at_us IS NULL"), 1);
    assert_int_equal(fixture_number(l, "SELECT end_day FROM contract WHERE state = 3 AND product = 'Pro'"), 30);
    fixture_check_cycles(l);
    ledger_close(l);
}

/* Given and withdrawn at one time (of which only the day is known, say): withdrawn, whichever we learn of first. */
static void a_withdrawal_wins_a_tie(void **state) {
    ledger *l = fixture_ledger(store_of(state));
    static const char body[] = "{\"purpose\":\"marketing\",\"channel\":\"e-mail\"}";
    for (unsigned first = 0; first < 2; first++) {
        append_item given = fixture_event(l, first, 15, EVENT_consent_given, "g", NULL, body), withdrawn = fixture_event(l, first, 15, EVENT_consent_withdrawn, "w", NULL, body);
        fixture_append(l, first ? &given : &withdrawn, 1);
        fixture_append(l, first ? &withdrawn : &given, 1);
    }
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM consent WHERE state = 0"), 2);
    append_item later = fixture_event(l, 0, 16, EVENT_consent_given, "later", NULL, body);
    fixture_append(l, &later, 1);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM consent WHERE state = 0"), 1);
    ledger_close(l);
}

/* --- many at once --- */

#define THREADS 8
#define EACH 50

typedef struct hammer {
    ledger_writer *w;
    const ledger *l;
    int thread;
    bool failed;
} hammer;

static void *hammering(void *ctx) {
    hammer *h = ctx;
    for (int i = 0; i < EACH; i++) {
        char id[24];
        mr_error err = {0};
        snprintf(id, sizeof id, "h%d/%d", h->thread, i);
        append_item item = {.external_id = "the one", .external_id_len = 7};
        history_event *e = &item.event.e;
        *e = (history_event){.kind = EVENT_order, .at_us = (1000 - i) * TEST_DAY_US, .recorded_at_us = TEST_NOW, .day = 1000 - i, .amount_minor = 1, .currency = "EUR",
                             .source = 1, .source_id = id, .source_id_len = strlen(id), .body = ""};
        e->id = ledger_hash(h->l, ledger_domain_of(h->l, "event", "test"), id, strlen(id));
        if (ledger_write(h->w, &item, &err) != MR_OK || item.outcome != APPEND_ADDED) h->failed = true;
    }
    return NULL;
}

/* writers: 1: all through one; THREADS: each through one of its own, as processes would. */
static void hammer_one(store *s, int writers) {
    mr_error err = {0};
    ledger *l = fixture_ledger(s);
    ledger_writer *w[THREADS] = {0};
    hammer h[THREADS];
    pthread_t threads[THREADS];
    for (int i = 0; i < writers; i++) assert_ok(ledger_writer_new(s->url, &(writer_options){.source = "test"}, &w[i], &err), &err);
    for (int i = 0; i < THREADS; i++) {
        h[i] = (hammer){w[i % writers], ledger_writer_ledger(w[i % writers]), i, false};
        assert_int_equal(pthread_create(&threads[i], NULL, hammering, &h[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_false(h[i].failed);
    }
    for (int i = 0; i < writers; i++) ledger_writer_free(w[i]);
    int64_t id;
    assert_ok(ledger_find(l, "test", "the one", 7, &id, &err), &err);
    cycle c = fixture_cycle(l, id);
    assert_int_equal(c.events, THREADS * EACH);
    assert_int_equal(c.orders, EACH);
    assert_int_equal(c.spend, THREADS * EACH * 100);
    fixture_check_cycles(l);
    ledger_close(l);
}

static void one_writer_loses_nothing(void **state) {
    hammer_one(store_of(state), 1);
}

static void eight_writers_lose_nothing(void **state) {
    hammer_one(store_of(state), THREADS);
}

static void a_bad_item_spoils_none(void **state) {
    store *s = store_of(state);
    mr_error err = {0};
    ledger *l = fixture_ledger(s);
    ledger_writer *w;
    assert_ok(ledger_writer_new(s->url, &(writer_options){.source = "test"}, &w, &err), &err);
    append_item good = fixture_order(l, 1, 100, 1, "x"), bad = fixture_order(l, 2, 100, 1, "y");
    bad.external_id_len = 0;
    assert_int_equal(ledger_write(w, &bad, &err), MR_EDATA);
    assert_ok(ledger_write(w, &good, &err), &err);
    assert_int_equal(good.outcome, APPEND_ADDED);
    ledger_writer_free(w);
    ledger_close(l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(once_and_again), BOTH(late_events_rebuild), BOTH(a_group_of_many), BOTH(projections), BOTH(a_withdrawal_wins_a_tie), BOTH(one_writer_loses_nothing),
        BOTH(eight_writers_lose_nothing), BOTH(a_bad_item_spoils_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
