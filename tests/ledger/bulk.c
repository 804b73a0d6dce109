/* Bulk appending: the same as appending one by one, in any cut into runs; resumed, repeated, with identifiers whose hashes collide; scanning. */
#include "fixture.h"

#include <rebuild.h>
#include <rng.h>
#include <histories.h>

#include <stdlib.h>

#define CUSTOMERS 40
#define EVENTS 900

typedef struct made {
    char customer[16], id[24], subject[16], body[128];
    event_kind kind;
    int day;
    int64_t minor;
} made;

/* Events of every kind that shows somewhere; each tenth id comes again, half of those with another body. */
static void make(made *out, size_t n, uint64_t seed) {
    static const event_kind kinds[] = {EVENT_order, EVENT_order, EVENT_order, EVENT_order, EVENT_refund, EVENT_case_open, EVENT_case_resolve, EVENT_case_reopen, EVENT_contract_start,
                                       EVENT_contract_end, EVENT_promise_made, EVENT_promise_kept, EVENT_touch_out, EVENT_touch_in, EVENT_survey, EVENT_consent_given,
                                       EVENT_consent_withdrawn, EVENT_usage, EVENT_leave_intent, EVENT_custom};
    rng r;
    rng_seed(&r, seed, 0);
    print_message("seed %llu\n", (unsigned long long)seed);
    for (size_t i = 0; i < n; i++) {
        made *m = &out[i];
        if (i % 10 == 9) {
            *m = out[rng_below(&r, i)];
            if (i % 20 == 9) m->minor++;
            continue;
        }
        m->kind = kinds[rng_below(&r, sizeof kinds / sizeof *kinds)];
        snprintf(m->customer, sizeof m->customer, "c%d", (int)rng_below(&r, CUSTOMERS));
        snprintf(m->id, sizeof m->id, "e%zu", i);
        snprintf(m->subject, sizeof m->subject, "%s", *event_kind_of(m->kind)->subject ? (const char *[]){"s1", "s2", "s3"}[rng_below(&r, 3)] : "");
        m->day = (int)rng_below(&r, 60);
        m->minor = m->kind == EVENT_order || m->kind == EVENT_refund ? (int64_t)rng_below(&r, 10000) : 0;
        snprintf(m->body, sizeof m->body, "{\"what\":\"w%zu\",\"due\":\"1970-03-01\",\"purpose\":\"marketing\",\"channel\":\"c%d\",\"score\":%d}", i, (int)rng_below(&r, 2),
                 (int)rng_below(&r, 10));
    }
}

static void event_of(const ledger *l, const made *m, history_event *e) {
    *e = (history_event){.kind = (int16_t)m->kind, .at_us = m->day * TEST_DAY_US, .recorded_at_us = TEST_NOW, .day = m->day, .amount_minor = m->minor,
                         .source = ledger_source_number("test"), .source_id = m->id, .source_id_len = strlen(m->id), .body = m->body, .body_len = strlen(m->body)};
    e->id = ledger_hash(l, ledger_domain_of(l, "event", "test"), m->id, strlen(m->id));
    if (m->kind == EVENT_order || m->kind == EVENT_refund) strcpy(e->currency, "EUR");
    if (m->subject[0]) e->subject_id = ledger_subject(l, "test", event_kind_of(m->kind)->subject, m->subject, strlen(m->subject));
}

static bulk_counts import(const store *s, const made *events, size_t n, size_t stop_after, size_t run_rows, unsigned ref_bits) {
    mr_error err = {0};
    bulk *b;
    bulk_counts counts;
    assert_ok(bulk_open(s->url, &(bulk_options){.source = "test", .record = "events", .files = "f", .import_id = 77, .now_us = TEST_NOW, .run_rows = run_rows, .ref_bits = ref_bits},
                        &b, &err), &err);
    for (size_t i = bulk_resume_at(b); i < n && i < stop_after; i++) {
        history_event e;
        uint32_t who;
        event_of(bulk_ledger(b), &events[i], &e);
        assert_ok(bulk_customer(b, events[i].customer, strlen(events[i].customer), &who, &err), &err);
        assert_ok(bulk_event(b, who, &e, &err), &err);
        assert_ok(bulk_record_done(b, i + 1, &err), &err);
    }
    if (stop_after < n)
        bulk_abandon(b, &counts);
    else
        assert_ok(bulk_finish(b, NULL, &counts, &err), &err);
    bulk_close(b);
    return counts;
}

static char *dump_of(const store *s) {
    ledger *l = fixture_open(s);
    fixture_check_cycles(l);
    char *text = fixture_dump(l);
    ledger_close(l);
    return text;
}

static void another_store(const store *like, store *other) {
    store_new(other, like->kind);
    ledger_close(fixture_ledger(other));
}

static void the_same_as_one_by_one(void **state) {
    store *s = store_of(state), other;
    made *events = calloc(EVENTS, sizeof *events);
    make(events, EVENTS, 5);
    ledger *l = fixture_ledger(s);
    for (size_t i = 0; i < EVENTS; i++) {
        append_item item = {.external_id = events[i].customer, .external_id_len = (uint32_t)strlen(events[i].customer)};
        event_of(l, &events[i], &item.event.e);
        fixture_append(l, &item, 1);
    }
    fixture_check_cycles(l);
    char *want = fixture_dump(l);
    ledger_close(l);
    static const size_t runs[] = {1, 7, 100, 5000};
    for (size_t i = 0; i < 4; i++) {
        another_store(s, &other);
        bulk_counts c = import(&other, events, EVENTS, EVENTS, runs[i], 0);
        assert_int_equal(c.added + c.repeated + c.conflicting, EVENTS);
        char *got = dump_of(&other);
        assert_string_equal(want, got);
        free(got);
        store_remove(&other);
    }
    free(want);
    free(events);
}

static void again_adds_nothing(void **state) {
    store *s = store_of(state);
    made *events = calloc(EVENTS, sizeof *events);
    make(events, EVENTS, 6);
    ledger_close(fixture_ledger(s));
    bulk_counts first = import(s, events, EVENTS, EVENTS, 250, 0);
    char *want = dump_of(s);
    bulk_counts second = import(s, events, EVENTS, EVENTS, 333, 0);
    assert_int_equal(second.added, 0);
    assert_int_equal(second.customers, 0);
    assert_int_equal(second.repeated + second.conflicting, first.events);
    char *got = dump_of(s);
    assert_string_equal(want, got);
    free(got);
    free(want);
    free(events);
}

static void broken_off_and_resumed(void **state) {
    store *s = store_of(state), other;
    made *events = calloc(EVENTS, sizeof *events);
    make(events, EVENTS, 7);
    ledger_close(fixture_ledger(s));
    import(s, events, EVENTS, EVENTS, 5000, 0);
    char *want = dump_of(s);
    another_store(s, &other);
    import(&other, events, EVENTS, 301, 100, 0);
    ledger *l = fixture_open(&other);
    bool stale;
    mr_error err = {0};
    assert_ok(ledger_is_stale(l, &stale, &err), &err);
    assert_true(stale);
    ledger_close(l);
    bulk_counts c = import(&other, events, EVENTS, EVENTS, 100, 0);
    assert_true(c.resumed >= 200 && c.resumed <= 301);
    char *got = dump_of(&other);
    assert_string_equal(want, got);
    l = fixture_open(&other);
    assert_ok(ledger_is_stale(l, &stale, &err), &err);
    assert_false(stale);
    ledger_close(l);
    free(got);
    free(want);
    free(events);
    store_remove(&other);
}

/* With hashes of six bits, forty customers cannot all have their own: the next salt has to be taken, and found again. */
static void identifiers_of_one_hash(void **state) {
    store *s = store_of(state);
    made *events = calloc(EVENTS, sizeof *events);
    make(events, EVENTS, 8);
    ledger_close(fixture_ledger(s));
    import(s, events, EVENTS, EVENTS, 50, 7);
    ledger *l = fixture_open(s);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM customer_ref"), CUSTOMERS);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(DISTINCT external_id) AS BIGINT) FROM customer_ref"), CUSTOMERS);
    int64_t before = fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM event");
    ledger_close(l);
    bulk_counts again = import(s, events, EVENTS, EVENTS, 5000, 7);
    assert_int_equal(again.added, 0);
    l = fixture_open(s);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM event"), before);
    l->ref_bits = 7;
    assert_true(fixture_customer(l, 3) != fixture_customer(l, 4));
    fixture_check_cycles(l);
    ledger_close(l);
    free(events);
}

/* Appends between the runs and after a stale mark are not lost. */
static void appends_meanwhile(void **state) {
    store *s = store_of(state);
    made *events = calloc(EVENTS, sizeof *events);
    make(events, EVENTS, 9);
    ledger *l = fixture_ledger(s);
    append_item early = fixture_order(l, 1, 70, 500, "early");
    fixture_append(l, &early, 1);
    import(s, events, EVENTS, 500, 100, 0);
    append_item middle = fixture_order(l, 1, 71, 500, "middle"), fresh = fixture_order(l, 999, 71, 500, "fresh");
    fixture_append(l, &middle, 1);
    fixture_append(l, &fresh, 1);
    import(s, events, EVENTS, EVENTS, 100, 0);
    append_item after = fixture_order(l, 1, 72, 500, "after");
    fixture_append(l, &after, 1);
    fixture_check_cycles(l);
    ledger_close(l);
    free(events);
}

/* --- scanning --- */

typedef struct seen {
    int64_t last_customer;
    uint64_t customers, events, order;
} seen;

static mr_status see(void *ctx, const history *h, mr_error *err) {
    seen *s = ctx;
    (void)err;
    assert_true(h->customer_id > s->last_customer);
    s->last_customer = h->customer_id;
    s->customers++;
    s->events += h->n;
    for (size_t i = 0; i < h->n; i++) {
        if (i) assert_true(event_compare(&h->events[i - 1], &h->events[i]) < 0);
        s->order = s->order * 31 + (uint64_t)h->events[i].id;
    }
    return MR_OK;
}

static void parts_make_the_whole(void **state) {
    store *s = store_of(state);
    mr_error err = {0};
    made *events = calloc(EVENTS, sizeof *events);
    make(events, EVENTS, 10);
    ledger *l = fixture_ledger(s);
    import(s, events, EVENTS, EVENTS, 5000, 0);
    seen whole = {.last_customer = -1};
    assert_ok(ledger_scan(l, NULL, 0, 1, see, &whole, &err), &err);
    assert_int_equal(whole.events, fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM event"));
    for (unsigned of = 1; of <= 9; of++) {
        seen parts = {.last_customer = -1};
        for (unsigned part = 0; part < of; part++) assert_ok(ledger_scan(l, &(scan_options){.whole = part % 2}, part, of, see, &parts, &err), &err);
        assert_int_equal(parts.customers, whole.customers);
        assert_int_equal(parts.events, whole.events);
        assert_int_equal(parts.order, whole.order);
    }
    assert_int_equal(ledger_scan(l, NULL, 3, 3, see, &whole, &err), MR_EINVAL);
    ledger_close(l);
    free(events);
}

static mr_status stop_at_once(void *ctx, const history *h, mr_error *err) {
    (void)ctx;
    (void)h;
    (void)err;
    return MR_ECANCELLED;
}

static void a_scan_can_be_stopped(void **state) {
    store *s = store_of(state);
    mr_error err = {0};
    ledger *l = fixture_ledger(s);
    append_item items[] = {fixture_order(l, 1, 1, 1, "a"), fixture_order(l, 2, 1, 1, "b"), fixture_order(l, 3, 1, 1, "c")};
    fixture_append(l, items, 3);
    assert_int_equal(ledger_scan(l, NULL, 0, 1, stop_at_once, NULL, &err), MR_ECANCELLED);
    fixture_check_cycles(l); /* the connection goes on */
    ledger_close(l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(the_same_as_one_by_one), BOTH(again_adds_nothing), BOTH(broken_off_and_resumed), BOTH(identifiers_of_one_hash), BOTH(appends_meanwhile),
        BOTH(parts_make_the_whole), BOTH(a_scan_can_be_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
