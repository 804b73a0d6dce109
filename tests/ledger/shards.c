/* What is so on a cluster alone: scans read the workers' shards, wherever these are moved meanwhile; a transaction is one customer's. The tests that
 * move shards and lose workers need the stand-in (tests/cluster.sql), whose metadata may be written. */
#include "fixture.h"

#include <histories.h>
#include <shards.h>
#include <writer.h>

#include <pthread.h>
#include <time.h>

enum { CUSTOMERS = 200, ORDERS = 3 };

static ledger *town(store *s) {
    ledger *l = fixture_ledger(s);
    append_item items[ORDERS];
    char ids[ORDERS][24];
    assert_true(l->distributed);
    for (unsigned i = 0; i < CUSTOMERS; i++) {
        for (int k = 0; k < ORDERS; k++) {
            snprintf(ids[k], sizeof ids[k], "o%u/%d", i, k);
            items[k] = fixture_order(l, i, 100 + 7 * k, 100 + (int64_t)i, ids[k]);
        }
        fixture_append(l, items, ORDERS);
    }
    return l;
}

typedef struct seen {
    int64_t last, customers, events, amount;
} seen;

static mr_status on_history(void *ctx, const history *h, mr_error *err) {
    seen *s = ctx;
    (void)err;
    assert_true(h->customer_id > s->last);
    s->last = h->customer_id;
    s->customers++;
    s->events += (int64_t)h->n;
    for (size_t i = 0; i < h->n; i++) s->amount += h->events[i].amount_minor;
    return MR_OK;
}

static seen scan(ledger *l) {
    seen s = {.last = -1};
    mr_error err = {0};
    assert_ok(ledger_scan(l, NULL, 0, 1, on_history, &s, &err), &err);
    return s;
}

static void assert_whole(const seen *s) {
    assert_int_equal(s->customers, CUSTOMERS);
    assert_int_equal(s->events, CUSTOMERS * ORDERS);
    assert_int_equal(s->amount, ORDERS * (100 * CUSTOMERS + CUSTOMERS * (CUSTOMERS - 1) / 2));
}

static size_t workers_of(const ledger *l) {
    return l->d->nodes ? shard_nodes_connected(l->d->nodes) : 0;
}

static void needs_stand_in(ledger *l) {
    int64_t n = fixture_number(l, "SELECT count(*) FROM pg_extension WHERE extname = 'citus' AND extversion = 'stand-in'");
    if (n) return;
    ledger_close(l);
    skip();
}

static void from_their_workers(void **state) {
    store *s = store_of(state);
    ledger *l = town(s);
    seen all = scan(l), parts = {.last = -1};
    mr_error err = {0};
    assert_whole(&all);
    assert_true(workers_of(l) > 0);
    for (unsigned part = 0; part < 5; part++) assert_ok(ledger_scan(l, NULL, part, 5, on_history, &parts, &err), &err);
    assert_whole(&parts);
    /* A range of one, and of nobody. */
    int64_t one = fixture_customer(l, 17);
    seen alone = {.last = -1};
    assert_ok(ledger_scan(l, &(scan_options){.whole = true, .first = one, .last = one}, 0, 1, on_history, &alone, &err), &err);
    assert_int_equal(alone.events, ORDERS);
    assert_ok(ledger_scan(l, &(scan_options){.first = one + 1, .last = one + 1}, 0, 1, on_history, &alone, &err), &err);
    assert_int_equal(alone.customers, 1);
    ledger_close(l);
}

/* Ends a scan early; the next one is whole. */
static mr_status enough(void *ctx, const history *h, mr_error *err) {
    (void)h;
    return ++*(int *)ctx == 10 ? error_set(err, MR_ECANCELLED, NULL, -1, "enough") : MR_OK;
}

static void ended_early(void **state) {
    store *s = store_of(state);
    ledger *l = town(s);
    mr_error err = {0};
    int n = 0;
    assert_int_equal(ledger_scan(l, NULL, 0, 1, enough, &n, &err), MR_ECANCELLED);
    seen all = scan(l);
    assert_whole(&all);
    ledger_close(l);
}

typedef struct mover {
    const char *url;
    pthread_barrier_t locked;
} mover;

/* Holds a shard, so that the read of it waits, and moves it meanwhile. */
static void *moving(void *ctx) {
    mover *m = ctx;
    db *d;
    mr_error err = {0};
    assert_ok(db_open(m->url, NULL, &d, &err), &err);
    assert_ok(db_begin(d, DB_WRITE, &err), &err);
    assert_ok(db_execute(d, "DO $$ BEGIN EXECUTE 'LOCK TABLE ' || (SELECT shard_name(logicalrelid, min(shardid)) FROM pg_dist_shard "
                            "WHERE logicalrelid = to_regclass('event') GROUP BY logicalrelid); END $$", &err), &err);
    pthread_barrier_wait(&m->locked);
    nanosleep(&(struct timespec){0, 300000000}, NULL);
    assert_ok(db_execute(d, "UPDATE pg_dist_placement SET groupid = 3 - groupid WHERE shardid = (SELECT min(shardid) FROM pg_dist_shard "
                            "WHERE logicalrelid = to_regclass('event'))", &err), &err);
    assert_ok(db_commit(d, &err), &err);
    db_close(d);
    return NULL;
}

static void moved_meanwhile(void **state) {
    store *s = store_of(state);
    ledger *l = town(s);
    mover m = {.url = s->url};
    pthread_t thread;
    needs_stand_in(l);
    scan(l); /* connected */
    int64_t before = fixture_number(l, "SELECT nextval('stand_in_looks')");
    scan(l);
    int64_t calm = fixture_number(l, "SELECT nextval('stand_in_looks')") - before;
    pthread_barrier_init(&m.locked, NULL, 2);
    assert_int_equal(pthread_create(&thread, NULL, moving, &m), 0);
    pthread_barrier_wait(&m.locked);
    before = fixture_number(l, "SELECT nextval('stand_in_looks')");
    seen all = scan(l);
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&m.locked);
    assert_whole(&all);
    assert_true(fixture_number(l, "SELECT nextval('stand_in_looks')") - before > calm); /* looked at again, and read again */
    ledger_close(l);
}

/* A shard that was moved while the read of it went on: what is read is what was there. */
static void moved_behind(void **state) {
    store *s = store_of(state);
    ledger *l = town(s);
    const db_value *row;
    db_stream *stream;
    mr_error err = {0};
    size_t n = 0;
    needs_stand_in(l);
    ledger *other = fixture_open(s);
    assert_ok(db_stream_range(l->d, &(db_range){.table = "cycle", .columns = "customer_id, state", .types = "ib", .last = INT64_MAX}, &stream, &err), &err);
    assert_ok(db_execute(other->d, "UPDATE pg_dist_placement SET groupid = 3 - groupid WHERE shardid IN (SELECT shardid FROM pg_dist_shard "
                                   "WHERE logicalrelid = to_regclass('cycle')); DELETE FROM cycle", &err), &err);
    while (!db_stream_next(stream, &row, &err) && row) n++;
    assert_int_equal(n, CUSTOMERS);
    db_stream_close(stream);
    ledger_close(other);
    ledger_close(l);
}

/* From where a worker cannot be reached, through the coordinator. */
static void out_of_reach(void **state) {
    store *s = store_of(state);
    ledger *l = town(s);
    mr_error err = {0};
    needs_stand_in(l);
    assert_ok(db_execute(l->d, "UPDATE pg_dist_node SET nodename = nodename || '/nobody' WHERE groupid = 2 AND noderole = 'primary'", &err), &err);
    seen all = scan(l);
    assert_ok(db_execute(l->d, "UPDATE pg_dist_node SET nodename = replace(nodename, '/nobody', '')", &err), &err);
    assert_whole(&all);
    assert_int_equal(workers_of(l), 1);
    all = scan(l);
    assert_whole(&all);
    assert_int_equal(workers_of(l), 2);
    ledger_close(l);
}

/* --- writing --- */

enum { THREADS = 16, EACH = 12 };

typedef struct typist {
    ledger_writer *w;
    ledger *l;
    int number;
    bool failed;
} typist;

static void *typing(void *ctx) {
    typist *t = ctx;
    for (int i = 0; i < EACH; i++) {
        char id[24], who[24];
        mr_error err = {0};
        snprintf(id, sizeof id, "t%d/%d", t->number, i);
        snprintf(who, sizeof who, "w%d", (t->number + i) % 7); /* several at once of one customer */
        append_item item = {.external_id = who, .external_id_len = (uint32_t)strlen(who)};
        item.event.e = (history_event){.kind = EVENT_order, .at_us = (int64_t)(200 + i) * TEST_DAY_US, .recorded_at_us = TEST_NOW, .day = 200 + i,
                                       .amount_minor = 1, .currency = "EUR", .source = 1, .source_id = id, .source_id_len = strlen(id), .body = ""};
        item.event.e.id = ledger_hash(t->l, ledger_domain_of(t->l, "event", "test"), id, strlen(id));
        if (ledger_write(t->w, &item, &err) != MR_OK || item.outcome != APPEND_ADDED) t->failed = true;
    }
    return NULL;
}

static void one_customer_a_transaction(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    ledger_writer *w;
    pthread_t threads[THREADS];
    typist typists[THREADS];
    mr_error err = {0};
    assert_ok(ledger_writer_new(s->url, &(writer_options){.source = "test"}, &w, &err), &err);
    for (int i = 0; i < THREADS; i++) {
        typists[i] = (typist){w, l, i, false};
        assert_int_equal(pthread_create(&threads[i], NULL, typing, &typists[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_false(typists[i].failed);
    }
    writer_counts counts = ledger_writer_counts(w);
    ledger_writer_free(w);
    assert_int_equal(counts.appends, THREADS * EACH);
    assert_int_equal(fixture_number(l, "SELECT count(*) FROM event"), THREADS * EACH);
    print_message("%d appends of 7 customers in %llu transactions\n", THREADS * EACH, (unsigned long long)counts.commits);
    /* Each shard numbers its transactions by itself, so: within one. */
    needs_stand_in(l);
    assert_int_equal(fixture_number(l, "SELECT count(*) FROM (SELECT 1 FROM event GROUP BY CAST(xmin AS text) HAVING count(DISTINCT customer_id) > 1) AS several"), 0);
    fixture_check_cycles(l);
    ledger_close(l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_POSTGRES(from_their_workers), ON_POSTGRES(ended_early), ON_POSTGRES(moved_meanwhile), ON_POSTGRES(moved_behind), ON_POSTGRES(out_of_reach),
        ON_POSTGRES(one_customer_a_transaction),
    };
    return cmocka_run_group_tests_name("shards", tests, NULL, NULL);
}
