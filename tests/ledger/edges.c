/* Values at the edge of what a column or a sum holds: whoever is once in the ledger can be rebuilt, repaired and erased. */
#include "fixture.h"

#include <erase.h>
#include <rebuild.h>

#include <stdlib.h>

static void import_event(bulk *b, const char *customer, event_kind kind, const char *id, const char *body) {
    mr_error err = {0};
    uint32_t who;
    history_event e = {.kind = (int16_t)kind, .at_us = 100 * TEST_DAY_US, .day = 100, .source_id = id, .source_id_len = strlen(id), .body = body,
                       .body_len = strlen(body)};
    e.id = ledger_hash(bulk_ledger(b), ledger_domain_of(bulk_ledger(b), "event", "test"), id, strlen(id));
    e.subject_id = ledger_subject(bulk_ledger(b), "test", "contract", "K-1", 3);
    assert_ok(bulk_customer(b, customer, strlen(customer), &who, &err), &err);
    assert_ok(bulk_event(b, who, &e, &err), &err);
    assert_ok(bulk_record_done(b, 1, &err), &err);
}

/* A count in a body that its column has no room for is none; an import that brought one ends, and so does every repair after it. */
static void counts_too_large(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    bulk *b;
    bulk_counts counts;
    assert_ok(bulk_open(s->url, &(bulk_options){.source = "test", .record = "events", .files = "f", .import_id = 7, .now_us = TEST_NOW}, &b, &err), &err);
    import_event(b, "c0", EVENT_contract_start, "e-1", "{\"notice_days\":99999999999,\"period_months\":2147483648,\"seats\":99999999999}");
    import_event(b, "c1", EVENT_contract_start, "e-2", "{\"notice_days\":2147483647,\"period_months\":12}");
    assert_ok(bulk_finish(b, NULL, &counts, &err), &err);
    bulk_close(b);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM contract"), 2);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM contract WHERE notice_days IS NULL AND period_months IS NULL"), 1);
    assert_int_equal(fixture_number(l, "SELECT seats FROM contract WHERE notice_days IS NULL"), INT64_C(99999999999));
    assert_int_equal(fixture_number(l, "SELECT notice_days FROM contract WHERE period_months = 12"), INT32_MAX);
    /* One by one, too. */
    append_item one = fixture_event(l, 2, 100, EVENT_contract_start, "e-3", "K-1", "{\"notice_days\":-1e300,\"period_months\":1e300}");
    fixture_append(l, &one, 1);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM contract WHERE notice_days IS NULL AND period_months IS NULL"), 2);
    ledger_close(l);
}

/* What erased customers spent is added up, and stops at the largest number there is: nobody stays because they spent too much. */
static void sums_too_large(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    const int64_t large = INT64_C(9000000000000000000);
    append_item items[] = {fixture_order(l, 0, 100, large, "o-1"),  fixture_order(l, 0, 101, large, "o-2"),  fixture_order(l, 1, 100, large, "o-3"),
                           fixture_order(l, 2, 130, -large, "o-4"), fixture_order(l, 2, 131, -large, "o-5"), fixture_order(l, 3, 130, -large, "o-6"),
                           fixture_order(l, 4, 130, 5, "o-7")};
    fixture_append(l, items, sizeof items / sizeof *items);
    fixture_check_cycles(l);
    for (unsigned who = 0; who < 5; who++) assert_ok(ledger_erase(l, fixture_customer(l, who), TEST_NOW + who, NULL, &err), &err);
    assert_int_equal(fixture_number(l, "SELECT MAX(amount_minor) FROM residue"), INT64_MAX);
    assert_int_equal(fixture_number(l, "SELECT MIN(amount_minor) FROM residue"), -INT64_MAX + 5);
    assert_int_equal(fixture_number(l, "SELECT CAST(SUM(events) AS BIGINT) FROM residue"), 7);
    ledger_close(l);
}

int main(void) {
    const struct CMUnitTest tests[] = {BOTH(counts_too_large), BOTH(sums_too_large)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
