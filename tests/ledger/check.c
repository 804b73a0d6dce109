/* The checker: a sound ledger has nothing to say of; each kind of damage is caught by its name, and what can be repaired is. */
#include "people.h"

#include <dismiss.h>
#include <ledger_check.h>
#include <merge.h>
#include <rebuild.h>
#include <schema.h>

#include <stdlib.h>

typedef struct findings {
    unsigned n[CHECK_CODES], repaired;
    char last[CHECK_CODES][640];
    int64_t customer[CHECK_CODES];
} findings;

static mr_status found(void *ctx, const check_finding *f, mr_error *err) {
    findings *all = ctx;
    (void)err;
    all->n[f->code]++;
    all->repaired += f->repaired;
    all->customer[f->code] = f->customer_id;
    snprintf(all->last[f->code], sizeof all->last[0], "%s", f->message);
    assert_true(strlen(f->message) > 20 && strlen(f->message) < 500);
    return MR_OK;
}

static findings check(const store *s, bool repair, check_counts *counts) {
    findings all = {.repaired = 0};
    check_counts ignored;
    mr_error err = {0};
    check_options options = {.repair = repair, .now_us = TEST_NOW};
    assert_ok(ledger_check(s->url, &options, NULL, found, &all, counts ? counts : &ignored, &err), &err);
    return all;
}

static void sound(const store *s) {
    findings all = check(s, false, NULL);
    for (unsigned k = 0; k < CHECK_CODES; k++)
        if (all.n[k] && !check_is_note((check_code)k)) fail_msg("%s: %s", check_name((check_code)k), all.last[k]);
}

/* Finds `code` n times and no other fault, without repairing and while repairing; afterwards it is gone, where it can be repaired. */
static void caught(const store *s, check_code code, unsigned n, const char *says, bool repairable) {
    for (int repair = 0; repair < 2; repair++) {
        check_counts counts;
        findings all = check(s, repair == 1, &counts);
        for (unsigned k = 0; k < CHECK_CODES; k++) {
            unsigned want = k == code ? n : 0;
            if (all.n[k] != want && !(check_is_note((check_code)k) && k != code))
                fail_msg("%s: %u times, wanted %u: %s", check_name((check_code)k), all.n[k], want, all.last[k]);
        }
        if (!strstr(all.last[code], says)) fail_msg("wanted '%s', said '%s'", says, all.last[code]);
        if (!check_is_note(code)) assert_int_equal(counts.wrong, n);
        assert_int_equal(counts.repaired, repair && repairable ? n : 0);
    }
    if (repairable) sound(s);
}

static void run(ledger *l, const char *sql) {
    mr_error err = {0};
    assert_ok(db_execute(l->d, sql, &err), &err);
}

static void run_for(ledger *l, const char *format, int64_t id) {
    char sql[256];
    snprintf(sql, sizeof sql, format, (long long)id);
    run(l, sql);
}

static void nothing_wrong(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    check_counts counts;
    findings all = check(s, false, &counts);
    assert_int_equal(counts.customers, 0);
    people_town(s, l);
    people_alias(s, 0, "second-of-0");
    all = check(s, false, &counts);
    assert_int_equal(counts.customers, 6);
    assert_int_equal(counts.events, 20);
    assert_int_equal(counts.wrong, 0);
    assert_int_equal(all.n[CHECK_event_twice], 1); /* people_town's o-2 */
    assert_non_null(strstr(all.last[CHECK_event_twice], "event 'o-2' of source test"));
    mr_error err = {0};
    assert_ok(ledger_merge(l, fixture_customer(l, 0), fixture_customer(l, 1), TEST_NOW, NULL, NULL, &err), &err);
    all = check(s, false, &counts);
    assert_int_equal(counts.wrong, 0);
    assert_int_equal(counts.notes, 1);
    assert_int_equal(all.n[CHECK_backwards], 1); /* both had a case T-1: resolved for one before the other opened it */
    assert_int_equal(counts.customers, 5);
    ledger_close(l);
}

static void cycles(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    people_town(s, l);
    char *want = people_dump(l, " ");
    int64_t a = fixture_customer(l, 0), quiet = fixture_customer(l, 5), b = fixture_customer(l, 1);
    run_for(l, "UPDATE cycle SET stale = 1 WHERE customer_id = %lld", a);
    caught(s, CHECK_cycle_stale, 1, "c0 (#", true);
    run_for(l, "DELETE FROM cycle WHERE customer_id = %lld", b);
    caught(s, CHECK_cycle_missing, 1, "1 customer (c1 (#", true);
    run_for(l, "DELETE FROM cycle WHERE customer_id = %lld", quiet);
    caught(s, CHECK_cycle_missing, 1, "have no cycle", true);
    run(l, "UPDATE cycle SET stale = 1");
    caught(s, CHECK_cycle_stale, 1, "6 customers (", true);
    /* One customer's state at another's, with and without events. */
    run_for(l, "UPDATE cycle SET state = (SELECT c.state FROM cycle c WHERE c.customer_id <> cycle.customer_id ORDER BY c.customer_id LIMIT 1) "
               "WHERE customer_id = %lld", a);
    caught(s, CHECK_cycle_differs, 1, "of customer c0", true);
    char sql[256];
    snprintf(sql, sizeof sql, "UPDATE cycle SET state = (SELECT c.state FROM cycle c WHERE c.customer_id = %lld) WHERE customer_id = %lld", (long long)a,
             (long long)quiet);
    run(l, sql);
    caught(s, CHECK_cycle_differs, 1, "of customer c5", true);
    char *got = people_dump(l, " ");
    people_same("all repaired", want, got);
    free(want);
    free(got);
    ledger_close(l);
}

static void rows(void **state) {
    static const char *const damage[][2] = {
        {"DELETE FROM touch WHERE channel = 'phone'", "in touch"},
        {"UPDATE support_case SET severity = 'low' WHERE severity = 'high'", "in support_case"},
        {"UPDATE promise SET due_us = NULL WHERE what = 'call back'", "in promise"},
        {"UPDATE survey SET score = 8", "in survey"},
        {"UPDATE survey SET score = NULL", "in survey"},
        {"UPDATE consent SET state = 1 - state WHERE at_us = 8812800000000", "in consent"},
        {"UPDATE contract SET end_day = 99", "in contract"},
        {"DELETE FROM due WHERE state = 0", "in due"},
    };
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    people_town(s, l);
    char *want = people_dump(l, " ");
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
        run(l, damage[i][0]);
        caught(s, CHECK_rows_differ, 1, damage[i][1], true);
    }
    run(l, "UPDATE due SET due_us = due_us + 1 WHERE state = 0");
    caught(s, CHECK_timer_late, 1, "falls due before its timer", true);
    char *got = people_dump(l, " ");
    people_same("all repaired", want, got);
    /* Rows of somebody without any event. */
    int64_t quiet = fixture_customer(l, 5);
    run_for(l, "INSERT INTO touch (customer_id, id, at_us, outward, channel, who, purpose, subject) VALUES (%lld, 1, 1, 1, '', '', '', '')", quiet);
    caught(s, CHECK_rows_differ, 1, "c5", true);
    free(want);
    free(got);
    ledger_close(l);
}

static void people_lost(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    people_town(s, l);
    int64_t a = fixture_customer(l, 0), b = fixture_customer(l, 1), c = fixture_customer(l, 2);
    /* Identifiers that lead nowhere, or to one that leads on. */
    char sql[256];
    snprintf(sql, sizeof sql, "INSERT INTO customer_ref (ref, source, external_id, customer_id) VALUES (5, 'test', 'astray', 6), (7, 'test', 'on', 5)");
    run(l, sql);
    caught(s, CHECK_ref_astray, 2, "leads to #5, who is another's identifier too", false);
    run(l, "DELETE FROM customer_ref WHERE ref = 5 OR ref = 7");
    /* Rows nobody has an identifier of, in any table. */
    run_for(l, "DELETE FROM customer_ref WHERE ref = %lld", c);
    caught(s, CHECK_no_customer, 1, "has rows in", false);
    snprintf(sql, sizeof sql, "INSERT INTO customer_ref (ref, source, external_id, customer_id) VALUES (%lld, 'test', 'c2', %lld)", (long long)c, (long long)c);
    run(l, sql);
    sound(s);
    for (size_t t = 0; t < db_tables_n; t++) {
        if (strcmp(db_tables[t].name, "customer") && strcmp(db_tables[t].name, "same_as") && strcmp(db_tables[t].name, "cycle")) continue;
        snprintf(sql, sizeof sql, "INSERT INTO %s SELECT 77%s", db_tables[t].name,
                 !strcmp(db_tables[t].name, "customer") ? ", 0, '', '', '', '', 0, 0, 0, '', '', '', '', '', '', '', 0"
                 : !strcmp(db_tables[t].name, "cycle")  ? ", version, 0, state FROM cycle WHERE stale = 0 LIMIT 1"
                                                        : ", 1, 1");
        run(l, sql);
        caught(s, CHECK_no_customer, 1, db_tables[t].name, false);
        snprintf(sql, sizeof sql, "DELETE FROM %s WHERE customer_id = 77", db_tables[t].name);
        run(l, sql);
    }
    /* A writer that had not noticed a merge, also through a second one. */
    assert_ok(ledger_merge(l, a, b, TEST_NOW, NULL, NULL, &err), &err);
    assert_ok(ledger_merge(l, c, a, TEST_NOW, NULL, NULL, &err), &err);
    append_item late[] = {fixture_order(l, 1, 400, 77, "late-1"), fixture_order(l, 1, 190, 900, "o-4"), fixture_order(l, 0, 401, 78, "late-2")};
    for (int i = 0; i < 3; i++) late[i].external_id = NULL;
    late[0].event.customer_id = late[1].event.customer_id = b;
    late[2].event.customer_id = a;
    assert_ok(ledger_append(l, NULL, late, 3, &err), &err);
    findings all = check(s, false, NULL);
    assert_int_equal(all.n[CHECK_left_behind], 2);
    assert_int_equal(all.n[CHECK_no_customer], 0);
    check_counts counts;
    all = check(s, true, &counts);
    assert_true(counts.repaired >= 1);
    sound(s);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(DISTINCT customer_id) AS BIGINT) FROM event WHERE amount_minor = 77 OR amount_minor = 78 "
                                       "OR amount_minor = 900"), 1);
    ledger_close(l);
}

static void imports(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    run(l, "INSERT INTO import_run (id, record, files, started_at_us, updated_at_us, records_done, events_added, events_repeated, events_conflicting, "
           "rejected, state) VALUES (1, 'orders', 'shop.csv', 0, 0, 120000, 0, 0, 0, 0, 1)");
    caught(s, CHECK_import_unfinished, 1, "the import of orders from shop.csv stopped after 120000 records", false);

    /* Dismissed: by its file where there are several, with the cycles it left behind. */
    dismissed_import d;
    mr_error err = {0};
    bool stale = false;
    run(l, "INSERT INTO import_run (id, record, files, started_at_us, updated_at_us, records_done, events_added, events_repeated, events_conflicting, "
           "rejected, state) VALUES (2, 'cases', 'shop.csv', 0, 0, 5, 4, 0, 0, 0, 1), (3, 'events', 'e.csv', 0, 0, 1, 1, 0, 0, 0, 1)");
    append_item order = fixture_order(l, 0, 400, 100, "o-1");
    fixture_append(l, &order, 1);
    run(l, "UPDATE cycle SET stale = 1");
    assert_int_equal(ledger_import_dismiss(s->url, NULL, TEST_NOW, NULL, &d, &err), MR_EDATA);
    assert_non_null(strstr(err.message, "3 imports are unfinished: say which"));
    assert_int_equal(ledger_import_dismiss(s->url, "shop", TEST_NOW, NULL, &d, &err), MR_EDATA);
    assert_non_null(strstr(err.message, "no unfinished import from shop"));
    assert_ok(ledger_import_dismiss(s->url, "shop.csv", TEST_NOW, NULL, &d, &err), &err);
    assert_string_equal(d.files, "shop.csv");
    assert_true(d.rebuilt > 0);
    assert_ok(ledger_is_stale(l, &stale, &err), &err);
    assert_true(stale);
    assert_ok(ledger_import_dismiss(s->url, NULL, TEST_NOW, NULL, &d, &err), &err);
    assert_string_equal(d.record, "events");
    assert_int_equal(d.records, 1);
    assert_ok(ledger_is_stale(l, &stale, &err), &err);
    assert_false(stale);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM import_run WHERE state = 3 AND updated_at_us > 0"), 3);
    assert_int_equal(ledger_import_dismiss(s->url, NULL, TEST_NOW, NULL, &d, &err), MR_EDATA);
    sound(s);
    ledger_close(l);
}

/* Both ends of a thing, the wrong way round; a day without a time may be any time of it. */
static void backwards(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    const struct {
        event_kind kind;
        const char *number;
        int day, hour;
    } ends[] = {
        {EVENT_promise_made, "P-1", 400, 10}, {EVENT_promise_kept, "P-1", 400, 0},   /* that day */
        {EVENT_promise_made, "P-2", 400, 10}, {EVENT_promise_kept, "P-2", 400, 9},   /* wrong */
        {EVENT_promise_made, "P-3", 400, 0},  {EVENT_promise_broken, "P-3", 390, 0}, /* wrong */
        {EVENT_case_open, "T-1", 400, 0},     {EVENT_case_resolve, "T-1", 401, 0},
        {EVENT_contract_start, "K-1", 400, 0}, {EVENT_contract_end, "K-1", 400, 0},
    };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char id[16];
        snprintf(id, sizeof id, "end-%zu", i);
        append_item item = fixture_event(l, 0, ends[i].day, ends[i].kind, id, ends[i].number, "{}");
        item.event.e.at_us += ends[i].hour * INT64_C(3600000000);
        fixture_append(l, &item, 1);
    }
    findings all = check(s, false, NULL);
    assert_int_equal(all.n[CHECK_backwards], 1);
    assert_int_equal(all.customer[CHECK_backwards], fixture_customer(l, 0));
    if (!strstr(all.last[CHECK_backwards], "2 promises were kept or broken before they were made")) fail_msg("%s", all.last[CHECK_backwards]);
    sound(s);
    ledger_close(l);
}

/* A page of the file overwritten. */
static void damaged(void **state) {
    store *s = store_of(state);
    if (s->kind != DB_SQLITE) return; /* the server's files are the server's */
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    people_town(s, l);
    assert_ok(db_checkpoint(l->d, true, &err), &err);
    ledger_close(l);
    FILE *f = fopen(s->file, "r+b");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    long size = ftell(f);
    char junk[512];
    memset(junk, 0x5a, sizeof junk);
    for (long at = 3 * 4096; at < size; at += 4096) { /* not the first pages: it still is a database with our schema */
        fseek(f, at + 100, SEEK_SET);
        fwrite(junk, 1, sizeof junk, f);
    }
    fclose(f);
    findings all = {.repaired = 0};
    check_counts counts;
    check_options options = {.now_us = TEST_NOW};
    mr_status status = ledger_check(s->url, &options, NULL, found, &all, &counts, &err);
    if (status == MR_OK) assert_true(all.n[CHECK_store] > 0);
    assert_true(status == MR_OK || status == MR_EIO);
}

static int stop(uint64_t done, uint64_t total, void *ctx) {
    (void)ctx;
    assert_true(done <= total);
    return 1;
}

static void interrupted(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    bulk *b;
    bulk_counts counts;
    assert_ok(bulk_open(s->url, &(bulk_options){.source = "test", .record = "x", .files = "-", .now_us = TEST_NOW}, &b, &err), &err);
    for (unsigned i = 0; i < 600; i++) {
        char id[24];
        uint32_t who;
        snprintf(id, sizeof id, "many%u", i);
        history_event e = {.id = i, .at_us = TEST_DAY_US, .kind = EVENT_order, .source_id = "", .body = ""};
        assert_ok(bulk_customer(b, id, strlen(id), &who, &err), &err);
        assert_ok(bulk_event(b, who, &e, &err), &err);
    }
    assert_ok(bulk_record_done(b, 600, &err), &err);
    assert_ok(bulk_finish(b, NULL, &counts, &err), &err);
    bulk_close(b);
    findings all = {.repaired = 0};
    mr_context context = {.progress = stop};
    check_options options = {.now_us = TEST_NOW};
    assert_int_equal(ledger_check(s->url, &options, &context, found, &all, NULL, &err), MR_ECANCELLED);
    sound(s);
    ledger_close(l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(nothing_wrong), BOTH(cycles), BOTH(rows), BOTH(people_lost), BOTH(imports), BOTH(backwards), ON_SQLITE(damaged), BOTH(interrupted),
    };
    return cmocka_run_group_tests_name("ledger_check", tests, NULL, NULL);
}
