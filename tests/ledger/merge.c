/* Merging and undoing it: nothing lost, everything back, on both stores. */
#include "people.h"

#include <erase.h>
#include <merge.h>
#include <merge_rows.h>
#include <rebuild.h>
#include <schema.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define WITHOUT " forecast merge_move "

static void forecast(ledger *l, int64_t customer_id) {
    mr_error err = {0};
    db_statement *s;
    assert_ok(db_prepare(l->d, "INSERT INTO forecast (customer_id, model_id, scored_at_us, until_day, horizon_days, orders, p_alive, p_order, expected_orders, "
                               "expected_low, expected_high, rhythm_days, next_order_days, value_minor, value_at_risk_minor, currency, stage) "
                               "VALUES ($1, 1, 0, 0, 91, 1, 0.5, 0.5, 0.5, 0, 1, 30, 20, 100, 50, 'EUR', 'steady')", "i", &s, &err), &err);
    db_bind_int(s, 1, customer_id);
    assert_ok(db_run(s, NULL, &err), &err);
}

static int64_t merge(ledger *l, unsigned kept, unsigned merged, merge_counts *counts) {
    mr_error err = {0};
    int64_t id;
    assert_ok(ledger_merge(l, fixture_customer(l, kept), fixture_customer(l, merged), TEST_NOW + 1, &id, counts, &err), &err);
    fixture_check_cycles(l);
    return id;
}

static void unmerge(ledger *l, int64_t id) {
    mr_error err = {0};
    assert_ok(ledger_unmerge(l, id, TEST_NOW + 2, NULL, &err), &err);
    fixture_check_cycles(l);
}

static void refused(ledger *l, mr_status status, const char *says, const mr_error *err) {
    (void)l;
    assert_int_equal(status, MR_EDATA);
    if (!strstr(err->message, says)) fail_msg("wanted '%s', said '%s'", says, err->message);
}

static int64_t count_of(ledger *l, const char *table, int64_t customer_id) {
    char sql[160];
    snprintf(sql, sizeof sql, "SELECT CAST(COUNT(*) AS BIGINT) FROM %s WHERE customer_id = %lld", table, (long long)customer_id);
    return fixture_number(l, sql);
}

static void there_and_back(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    people_town(s, l);
    people_alias(s, 1, "second-of-1");
    int64_t a = fixture_customer(l, 0), b = fixture_customer(l, 1);
    forecast(l, a);
    forecast(l, b);
    char *before = people_dump(l, WITHOUT);
    merge_counts counts;
    int64_t id = merge(l, 0, 1, &counts);
    assert_int_equal(counts.identifiers, 2);
    assert_int_equal(counts.doublets, 1);
    assert_int_equal(counts.differing, 0);
    assert_int_equal(counts.events, 10);
    assert_true(fixture_customer(l, 1) == a);
    /* Of B there is nothing left but what the merge noted. */
    for (size_t i = 0; i < db_tables_n; i++)
        if (db_tables[i].sort == DB_PER_CUSTOMER) assert_int_equal(count_of(l, db_tables[i].name, b), 0);
    assert_int_equal(count_of(l, "event", a), 17);
    assert_int_equal(count_of(l, "forecast", a), 0);
    assert_int_equal(count_of(l, "contact", a), 2);
    cycle c = fixture_cycle(l, a);
    assert_int_equal(c.orders, 4);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM audit WHERE what = 'merge' AND detail = '{\"merge\":1}'"), 1);
    /* The later word on marketing counts, whichever of the two said it. */
    assert_int_equal(fixture_number(l, "SELECT state FROM consent WHERE at_us = 8812800000000"), 0);
    unmerge(l, id);
    char *after = people_dump(l, WITHOUT);
    people_same("merged and unmerged", before, after);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM merge_move"), 0);
    free(before);
    free(after);
    ledger_close(l);
}

/* Fields the kept customer lacks come from the other; those it has stay. */
static void fields_filled(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    people_town(s, l);
    int64_t a = fixture_customer(l, 0);
    int64_t id = merge(l, 0, 1, NULL);
    char sql[256];
    snprintf(sql, sizeof sql, "SELECT CAST(COUNT(*) AS BIGINT) FROM customer WHERE customer_id = %lld AND name = 'Ada Osei' AND phone = '+44 20 7946 0000' "
                              "AND phone_key <> 0", (long long)a);
    assert_int_equal(fixture_number(l, sql), 1);
    snprintf(sql, sizeof sql, "SELECT CAST(COUNT(*) AS BIGINT) FROM contact WHERE customer_id = %lld AND name = 'Ada Osei' AND role = 'owner'", (long long)a);
    assert_int_equal(fixture_number(l, sql), 1);
    /* What is learnt between merge and undoing stays with whom it was told of. */
    people_customer(s, 0, "Ada Osei-Lind", "", "", "2 Dune Road");
    unmerge(l, id);
    snprintf(sql, sizeof sql, "SELECT CAST(COUNT(*) AS BIGINT) FROM customer WHERE customer_id = %lld AND name = 'Ada Osei-Lind' AND phone = '' "
                              "AND phone_key = 0 AND address = '2 Dune Road'", (long long)a);
    assert_int_equal(fixture_number(l, sql), 1);
    ledger_close(l);
}

/* The kept customer has no row of its own: it takes the other's, and loses it again. */
static void row_made(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    append_item items[] = {fixture_order(l, 7, 100, 100, "x-1"), fixture_order(l, 8, 101, 100, "x-2")};
    fixture_append(l, items, 2);
    people_customer(s, 8, "Only One", "one@example.com", "", "");
    char *before = people_dump(l, WITHOUT);
    int64_t id = merge(l, 7, 8, NULL);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM customer WHERE name = 'Only One'"), 1);
    unmerge(l, id);
    char *after = people_dump(l, WITHOUT);
    people_same("a row that was made", before, after);
    free(before);
    free(after);
    ledger_close(l);
}

/* The same event told differently at the two: the kept one's stands, the other is a conflict until they are parted. */
static void differing(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    append_item items[] = {fixture_order(l, 0, 100, 1000, "o-1"), fixture_order(l, 1, 105, 1200, "o-1"), fixture_order(l, 1, 110, 1, "o-2")};
    fixture_append(l, items, 3);
    append_item repeat = fixture_order(l, 1, 105, 1300, "o-1");
    fixture_append(l, &repeat, 1);
    char *before = people_dump(l, WITHOUT);
    merge_counts counts;
    int64_t id = merge(l, 0, 1, &counts);
    assert_int_equal(counts.differing, 1);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM event WHERE amount_minor = 1000"), 1);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM event_conflict"), 2);
    unmerge(l, id);
    char *after = people_dump(l, WITHOUT);
    people_same("events told differently", before, after);
    free(before);
    free(after);
    ledger_close(l);
}

/* What comes after the merge stays with the kept customer, whatever identifier it came under; the rest goes back. */
static void between(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s), *other;
    store twin;
    store_new(&twin, s->kind);
    other = fixture_ledger(&twin);
    people_town(s, l);
    people_town(&twin, other);
    int64_t id = merge(l, 0, 1, NULL);
    append_item later[] = {
        fixture_order(l, 0, 300, 700, "n-1"),
        fixture_order(l, 1, 301, 800, "n-2"), /* by the other's identifier */
        fixture_event(l, 1, 302, EVENT_case_resolve, "n-3", "T-2", "{\"number\":\"T-2\"}"),
        fixture_order(l, 1, 190, 900, "o-4"), /* a repeat */
        fixture_order(l, 1, 190, 901, "o-4"), /* told differently: goes back with its event */
    };
    fixture_append(l, later, 3);
    fixture_append(l, later + 3, 1);
    assert_int_equal(later[3].outcome, APPEND_REPEATED);
    fixture_append(l, later + 4, 1);
    assert_int_equal(later[4].outcome, APPEND_CONFLICTING);
    unmerge(l, id);
    /* The same in a ledger that never merged. */
    append_item same[] = {fixture_order(other, 0, 300, 700, "n-1"), fixture_order(other, 0, 301, 800, "n-2"),
                          fixture_event(other, 0, 302, EVENT_case_resolve, "n-3", "T-2", "{\"number\":\"T-2\"}"), fixture_order(other, 1, 190, 901, "o-4")};
    fixture_append(other, same, 4);
    char *want = people_dump(other, WITHOUT), *got = people_dump(l, WITHOUT);
    people_same("what came in between", want, got);
    free(want);
    free(got);
    ledger_close(l);
    ledger_close(other);
    store_remove(&twin);
}

static void chains(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    people_town(s, l);
    int64_t b = fixture_customer(l, 1), c = fixture_customer(l, 2);
    char *none = people_dump(l, WITHOUT);
    int64_t first = merge(l, 1, 2, NULL);
    char *one = people_dump(l, WITHOUT);
    int64_t second = merge(l, 0, 1, NULL);
    assert_true(fixture_customer(l, 2) == fixture_customer(l, 0));
    refused(l, ledger_unmerge(l, first, TEST_NOW, NULL, &err), "merged on into another", &err);
    refused(l, ledger_merge(l, fixture_customer(l, 3), b, TEST_NOW, NULL, NULL, &err), "was merged into", &err);
    refused(l, ledger_merge(l, c, fixture_customer(l, 3), TEST_NOW, NULL, NULL, &err), "was merged into", &err);
    int64_t third = merge(l, 0, 3, NULL);
    id_list ids = {0};
    assert_ok(ledger_merged_ids(l, fixture_customer(l, 0), &ids, &err), &err);
    assert_int_equal(ids.n, 4);
    id_list_free(&ids);
    refused(l, ledger_unmerge(l, second, TEST_NOW, NULL, &err), "came later", &err);
    unmerge(l, third);
    unmerge(l, second);
    char *back = people_dump(l, WITHOUT);
    people_same("the second undone", one, back);
    free(back);
    unmerge(l, first);
    back = people_dump(l, WITHOUT);
    people_same("both undone", none, back);
    refused(l, ledger_unmerge(l, first, TEST_NOW, NULL, &err), "undone already", &err);
    refused(l, ledger_unmerge(l, 4711, TEST_NOW, NULL, &err), "there is no merge 4711", &err);
    refused(l, ledger_merge(l, b, b, TEST_NOW, NULL, NULL, &err), "nothing to merge", &err);
    refused(l, ledger_merge(l, b, 12345, TEST_NOW, NULL, NULL, &err), "there is no customer #12345", &err);
    refused(l, ledger_merge(l, 12345, b, TEST_NOW, NULL, NULL, &err), "there is no customer #12345", &err);
    /* What was refused changed nothing. */
    char *same = people_dump(l, WITHOUT);
    people_same("after refusals", back, same);
    /* Again, the other way round. */
    unmerge(l, merge(l, 2, 0, NULL));
    free(same);
    same = people_dump(l, WITHOUT);
    people_same("the other way round", none, same);
    free(none);
    free(one);
    free(back);
    free(same);
    ledger_close(l);
}

/* A timer that has fired does not fire again because its customer was merged. */
static void timers(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    people_town(s, l);
    assert_ok(db_execute(l->d, "UPDATE due SET state = 1", &err), &err);
    int64_t id = merge(l, 1, 0, NULL);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM due WHERE state = 0"), 0);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM due"), 2);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM due WHERE part <> customer_id / 144115188075855872"), 0);
    unmerge(l, id);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM due WHERE state = 0"), 0);
    ledger_close(l);
}

/* A writer that had looked the identifiers up before the merge writes to the right customer after it. */
static void writers_notice(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    refs r;
    append_item first[] = {fixture_order(l, 0, 100, 1000, "o-1"), fixture_order(l, 1, 100, 1000, "o-2")};
    assert_ok(refs_begin(&r, l, "test", &err), &err);
    assert_ok(ledger_append(l, &r, first, 2, &err), &err);
    int64_t b = fixture_customer(l, 1), id = merge(l, 0, 1, NULL);
    append_item later = fixture_order(l, 1, 120, 100, "o-3");
    assert_ok(ledger_append(l, &r, &later, 1, &err), &err);
    assert_int_equal(count_of(l, "event", b), 0);
    unmerge(l, id);
    later = fixture_order(l, 1, 130, 100, "o-4");
    assert_ok(ledger_append(l, &r, &later, 1, &err), &err);
    assert_int_equal(count_of(l, "event", b), 2);
    refs_free(&r);
    ledger_close(l);
}

/* --- a writer and a merger at once --- */

typedef struct busy {
    const store *s;
    atomic_bool stop;
    unsigned written;
    char failed[480];
} busy;

static void *append_all_the_time(void *ctx) {
    busy *b = ctx;
    mr_error err = {0};
    ledger *l = NULL;
    refs r;
    bool ok = ledger_open(b->s->url, NULL, &l, &err) == MR_OK && refs_begin(&r, l, "test", &err) == MR_OK;
    while (ok && !atomic_load(&b->stop)) {
        char id[24];
        snprintf(id, sizeof id, "busy-%u", b->written);
        append_item item = fixture_order(l, 1, 1000 + (int)(b->written % 1000), 1, id);
        item.external_id = "c1";
        item.external_id_len = 2;
        ok = ledger_append(l, &r, &item, 1, &err) == MR_OK;
        b->written += ok;
    }
    if (!ok) snprintf(b->failed, sizeof b->failed, "%s", err.message[0] ? err.message : "?");
    refs_free(&r);
    ledger_close(l);
    return NULL;
}

/* Not one event lands with a customer who was merged away. */
static void writing_meanwhile(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    pthread_t thread;
    busy b = {.s = s};
    append_item first[] = {fixture_order(l, 0, 100, 1000, "o-1"), fixture_order(l, 1, 100, 1000, "o-2")};
    fixture_append(l, first, 2);
    int64_t a = fixture_customer(l, 0), c = fixture_customer(l, 1);
    assert_int_equal(pthread_create(&thread, NULL, append_all_the_time, &b), 0);
    for (int i = 0; i < 60 && !b.failed[0]; i++) {
        int64_t id;
        assert_ok(ledger_merge(l, a, c, TEST_NOW + i, &id, NULL, &err), &err);
        usleep(2000);
        assert_int_equal(count_of(l, "event", c), 0);
        if (i < 59) assert_ok(ledger_unmerge(l, id, TEST_NOW + i, NULL, &err), &err);
    }
    atomic_store(&b.stop, true);
    pthread_join(thread, NULL);
    if (b.failed[0]) fail_msg("the writer: %s", b.failed);
    assert_true(b.written > 10);
    assert_int_equal(count_of(l, "event", a), 2 + b.written);
    fixture_check_cycles(l);
    ledger_close(l);
}

/* An event an import adds to the one who is merged away, in the middle of the merge: it stays with them until the import sees to it, and is not
 * deleted with those that were moved. */
static void arriving_meanwhile(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    char insert[512], trigger[1024];
    append_item first[] = {fixture_order(l, 0, 100, 1000, "o-1"), fixture_order(l, 1, 101, 1000, "o-2")};
    fixture_append(l, first, 2);
    int64_t a = fixture_customer(l, 0), c = fixture_customer(l, 1);
    snprintf(insert, sizeof insert, "INSERT INTO event (customer_id, id, at_us, recorded_at_us, day, kind, source, subject_id, amount_minor, currency, source_id, body) "
             "SELECT customer_id, 4711, at_us, recorded_at_us, day, kind, source, subject_id, 3, currency, 'o-3', body FROM event WHERE customer_id = %lld AND id <> 4711", (long long)c);
    snprintf(trigger, sizeof trigger, s->kind == DB_SQLITE
             ? "CREATE TRIGGER meanwhile AFTER INSERT ON merge_move WHEN NEW.table_name = 'event' BEGIN %s; END"
             : "CREATE FUNCTION meanwhile() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN %s; RETURN NULL; END $$; "
               "CREATE TRIGGER meanwhile AFTER INSERT ON merge_move FOR EACH ROW WHEN (NEW.table_name = 'event') EXECUTE FUNCTION meanwhile()", insert);
    assert_ok(db_execute(l->d, trigger, &err), &err);
    assert_ok(ledger_merge(l, a, c, TEST_NOW, NULL, NULL, &err), &err);
    assert_ok(db_execute(l->d, s->kind == DB_SQLITE ? "DROP TRIGGER meanwhile" : "DROP TRIGGER meanwhile ON merge_move; DROP FUNCTION meanwhile", &err), &err);
    assert_int_equal(count_of(l, "event", a), 2);
    assert_int_equal(count_of(l, "event", c), 1);
    assert_ok(ledger_merge_left_behind(l, c, TEST_NOW, &err), &err);
    assert_int_equal(count_of(l, "event", a), 3);
    assert_int_equal(count_of(l, "event", c), 0);
    fixture_check_cycles(l);
    ledger_close(l);
}

/* Customers merged and erased while an import is under way that had looked them up. */
static void importing_meanwhile(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    bulk *b;
    bulk_counts counts;
    append_item first[] = {fixture_order(l, 0, 100, 1000, "o-1"), fixture_order(l, 1, 100, 1000, "o-2"), fixture_order(l, 2, 100, 1000, "o-3")};
    fixture_append(l, first, 3);
    int64_t a = fixture_customer(l, 0), c = fixture_customer(l, 1), gone = fixture_customer(l, 2);
    /* One run a record, so that all but the last two are handed over by the end of the loop. */
    assert_ok(bulk_open(s->url, &(bulk_options){.source = "test", .record = "orders", .files = "-", .now_us = TEST_NOW, .run_rows = 3}, &b, &err), &err);
    for (int i = 0; i < 40; i++) {
        for (int who = 0; who < 3; who++) {
            char id[24];
            uint32_t number;
            snprintf(id, sizeof id, "c%d", who);
            assert_ok(bulk_customer(b, id, 2, &number, &err), &err);
            history_event e = {.id = 1000 * (who + 1) + i, .at_us = (200 + i) * TEST_DAY_US, .kind = EVENT_order, .source_id = "", .body = "", .amount_minor = 5,
                               .currency = "EUR"};
            assert_ok(bulk_event(b, number, &e, &err), &err);
        }
        assert_ok(bulk_record_done(b, (uint64_t)i + 1, &err), &err);
        if (i == 20) assert_ok(ledger_merge(l, a, c, TEST_NOW, NULL, NULL, &err), &err);
        if (i == 20) assert_ok(ledger_erase(l, gone, 500 * TEST_DAY_US, NULL, &err), &err);
    }
    assert_ok(bulk_finish(b, NULL, &counts, &err), &err);
    bulk_close(b);
    assert_int_equal(count_of(l, "event", c), 0);
    assert_int_equal(count_of(l, "event", a), 82);
    assert_int_equal(count_of(l, "event", gone), 0);
    assert_int_equal(fixture_customer(l, 2), 0);
    fixture_check_cycles(l);
    ledger_close(l);
}

/* --- a number given out twice --- */

typedef struct merging {
    const store *s;
    int64_t kept, merged, id;
    pthread_t thread;
    mr_status status;
    mr_error err;
} merging;

static void *merge_once(void *ctx) {
    merging *m = ctx;
    ledger *l = NULL;
    m->status = ledger_open(m->s->url, NULL, &l, &m->err);
    if (m->status == MR_OK) m->status = ledger_merge(l, m->kept, m->merged, TEST_NOW, &m->id, NULL, &m->err);
    ledger_close(l);
    return NULL;
}

static void wait_for_waiting(ledger *l, int64_t n) {
    for (int tries = 0; fixture_number(l, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") < n; tries++) {
        if (tries > 2000) fail_msg("%d sessions never waited", (int)n);
        usleep(5000);
    }
}

/* A merge that was cut off gives its number back, and another one may take it: doing it again, the first must not take the other's for its own. */
static void number_taken(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s), *holder = fixture_open(s);
    mr_error err = {0};
    append_item items[] = {fixture_order(l, 0, 100, 1000, "o-1"), fixture_order(l, 1, 100, 1000, "o-2"), fixture_order(l, 2, 100, 1000, "o-3"),
                           fixture_order(l, 3, 100, 1000, "o-4")};
    fixture_append(l, items, 4);
    merging first = {.s = s, .kept = fixture_customer(l, 0), .merged = fixture_customer(l, 1)},
            second = {.s = s, .kept = fixture_customer(l, 2), .merged = fixture_customer(l, 3)};
    /* The first has its number and waits for a customer; the second waits for a number. */
    assert_ok(db_begin(holder->d, DB_WRITE, &err), &err);
    char sql[128];
    snprintf(sql, sizeof sql, "UPDATE cycle SET version = version + 1 WHERE customer_id = %lld", (long long)first.kept);
    assert_ok(db_execute(holder->d, sql, &err), &err);
    assert_int_equal(pthread_create(&first.thread, NULL, merge_once, &first), 0);
    wait_for_waiting(l, 1);
    int64_t session = fixture_number(l, "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");
    assert_int_equal(pthread_create(&second.thread, NULL, merge_once, &second), 0);
    wait_for_waiting(l, 2);
    snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(%lld, 5000)", (long long)session);
    assert_ok(db_execute(l->d, sql, &err), &err);
    pthread_join(second.thread, NULL);
    db_rollback(holder->d);
    pthread_join(first.thread, NULL);
    assert_ok(first.status, &first.err);
    assert_ok(second.status, &second.err);
    assert_true(first.id != second.id);
    assert_int_equal(fixture_customer(l, 1), first.kept);
    assert_int_equal(fixture_customer(l, 3), second.kept);
    assert_int_equal(count_of(l, "event", first.kept), 2);
    ledger_close(holder);
    ledger_close(l);
}

static void every_table_is_known(void **state) {
    (void)state;
    for (size_t i = 0; i < db_tables_n; i++) {
        bool known = false;
        for (size_t k = 0; k < merge_tables_n; k++) known |= !strcmp(merge_tables[k].table, db_tables[i].name);
        if (known != (db_tables[i].sort == DB_PER_CUSTOMER)) fail_msg("merge_tables and tables.def disagree on %s", db_tables[i].name);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(there_and_back), BOTH(fields_filled), BOTH(row_made), BOTH(differing), BOTH(between), BOTH(chains), BOTH(timers), BOTH(writers_notice), BOTH(writing_meanwhile), BOTH(arriving_meanwhile), BOTH(importing_meanwhile),
        ON_POSTGRES(number_taken),
        cmocka_unit_test(every_table_is_known),
    };
    return cmocka_run_group_tests_name("ledger_merge", tests, NULL, NULL);
}
