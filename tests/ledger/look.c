/* When a customer is looked at next: whatever happens to them, and what came while they were looked at is not lost. */
#include "people.h"

#include <erase.h>
#include <ledger_check.h>
#include <looks.h>
#include <merge.h>
#include <rebuild.h>

#define HOUR INT64_C(3600000000)
#define LOOKS "SELECT CAST(COUNT(*) AS BIGINT) FROM due WHERE kind = 2"
#define WAITING LOOKS " AND state = 0"

static due_row at(ledger *l, int64_t customer_id, bool *waiting) {
    mr_error err = {0};
    due_row row;
    assert_ok(due_looks_read(l, &customer_id, 1, &row, waiting, &err), &err);
    return row;
}

static int64_t when(ledger *l, int64_t customer_id) {
    bool waiting;
    due_row row = at(l, customer_id, &waiting);
    return waiting ? row.due_us : -1;
}

static bool done(ledger *l, const due_row *seen, int64_t next_us) {
    mr_error err = {0};
    int64_t ok;
    assert_ok(due_looks_done(l, seen, &next_us, 1, &ok, &err), &err);
    return ok > 0;
}

static void begins(ledger *l, int64_t now_us, bool want) {
    mr_error err = {0};
    bool began;
    assert_ok(due_looks_begin(l, now_us, &began, &err), &err);
    assert_true(began == want);
}

static void order(ledger *l, unsigned customer, int day, const char *id, int64_t recorded_us) {
    append_item item = fixture_order(l, customer, day, 100, id);
    item.event.e.recorded_at_us = recorded_us;
    fixture_append(l, &item, 1);
}

static void nobody_acts(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s), *other;
    people_town(s, l);
    assert_int_equal(fixture_number(l, LOOKS), 0);
    other = fixture_open(s);
    begins(other, TEST_NOW, true);
    begins(other, TEST_NOW + 1, false);
    /* Everybody at once, and who was opened before knows of it. */
    int64_t customers = fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM cycle");
    assert_int_equal(fixture_number(l, WAITING), customers);
    assert_int_equal(when(l, fixture_customer(l, 3)), TEST_NOW);
    order(l, 77, 300, "new", TEST_NOW + HOUR);
    assert_int_equal(fixture_number(l, WAITING), customers + 1);
    assert_int_equal(when(l, fixture_customer(l, 77)), TEST_NOW + HOUR);
    begins(l, TEST_NOW + 2, false);
    ledger_close(other);
    ledger_close(l);
}

static void moves(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    bool waiting;
    people_town(s, l);
    begins(l, TEST_NOW, true);
    int64_t a = fixture_customer(l, 0);
    due_row seen = at(l, a, &waiting);
    assert_true(waiting);
    assert_true(done(l, &seen, TEST_NOW + 9 * HOUR));
    assert_int_equal(when(l, a), TEST_NOW + 9 * HOUR);
    /* Earlier, never later. */
    assert_ok(due_look_at(l, a, TEST_NOW + 5 * HOUR, &err), &err);
    assert_ok(due_look_at(l, a, TEST_NOW + 7 * HOUR, &err), &err);
    assert_int_equal(when(l, a), TEST_NOW + 5 * HOUR);
    order(l, 0, 301, "x-1", TEST_NOW + HOUR);
    assert_int_equal(when(l, a), TEST_NOW + HOUR);
    order(l, 0, 301, "x-1", TEST_NOW); /* a repeat is no news */
    assert_int_equal(when(l, a), TEST_NOW + HOUR);
    /* Done: not before something happens. */
    seen = at(l, a, &waiting);
    assert_true(done(l, &seen, INT64_MAX));
    assert_int_equal(when(l, a), -1);
    order(l, 0, 302, "x-2", TEST_NOW + 2 * HOUR);
    assert_int_equal(when(l, a), TEST_NOW + 2 * HOUR);
    /* What comes between seeing and done keeps them due, though the time is the same. */
    seen = at(l, a, &waiting);
    order(l, 0, 303, "x-3", TEST_NOW + 2 * HOUR);
    assert_false(done(l, &seen, TEST_NOW + 99 * HOUR));
    assert_int_equal(when(l, a), TEST_NOW + 2 * HOUR);
    /* Found by part. */
    int parts[DUE_PARTS];
    size_t n, more;
    due_row rows[8];
    assert_ok(due_look_parts(l, TEST_NOW + 2 * HOUR, parts, &n, &err), &err);
    size_t all = 0;
    for (size_t i = 0; i < n; i++) {
        assert_ok(due_looks_waiting(l, parts[i], TEST_NOW + 2 * HOUR, rows, 8, &more, &err), &err);
        for (size_t k = 0; k < more; k++) assert_true(rows[k].kind == DUE_LOOK && (int)(rows[k].customer_id >> 57) == parts[i]);
        all += more;
    }
    assert_int_equal(all, fixture_number(l, WAITING));
    ledger_close(l);
}

static mr_status none(void *ctx, const check_finding *f, mr_error *err) {
    (void)ctx, (void)err;
    if (!check_is_note(f->code)) fail_msg("%s", f->message);
    return MR_OK;
}

static void check(const store *s) {
    mr_error err = {0};
    assert_ok(ledger_check(s->url, &(check_options){.now_us = TEST_NOW}, NULL, none, NULL, NULL, &err), &err);
}

static void others(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    int64_t merge_id;
    bool waiting;
    people_town(s, l);
    begins(l, TEST_NOW, true);
    int64_t a = fixture_customer(l, 0), b = fixture_customer(l, 1), c = fixture_customer(l, 2), n = fixture_number(l, LOOKS);
    check(s);
    /* An import: each customer it touched. */
    for (unsigned i = 0; i < 6; i++) {
        due_row seen = at(l, fixture_customer(l, i), &waiting);
        if (waiting) assert_true(done(l, &seen, INT64_MAX));
    }
    people_customer(s, 2, "Ben Ito", "ben@example.org", "", "");
    ledger *reader = fixture_open(s);
    assert_ok(ledger_rebuild(reader, l, &c, 1, true, NULL, &err), &err);
    ledger_close(reader);
    assert_int_equal(when(l, c), TEST_NOW);
    assert_int_equal(when(l, a), -1);
    /* Two who become one keep one; parted they have one each. */
    assert_ok(ledger_merge(l, a, b, TEST_NOW, &merge_id, NULL, &err), &err);
    assert_int_equal(fixture_number(l, LOOKS), n - 1);
    assert_int_equal(when(l, a), TEST_NOW); /* their history is another */
    check(s);
    assert_ok(ledger_unmerge(l, merge_id, TEST_NOW, NULL, &err), &err);
    assert_int_equal(fixture_number(l, LOOKS), n);
    assert_true(when(l, a) >= 0 && when(l, b) >= 0);
    check(s);
    assert_ok(ledger_erase(l, c, TEST_NOW, NULL, &err), &err);
    assert_int_equal(fixture_number(l, LOOKS), n - 1);
    check(s);
    ledger_close(l);
}

int main(void) {
    const struct CMUnitTest tests[] = {BOTH(nobody_acts), BOTH(moves), BOTH(others)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
