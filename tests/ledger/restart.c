/* PostgreSQL restarted, crashed and gone under load: the client connects again and does again what was not acknowledged; each acknowledged
 * append is there once; what failed said so. ROUNDS=6 restarts each. */
#include "import_file.h"
#include "process.h"
#include "server.h"
#include "sound.h"

#include <error.h>
#include <rng.h>
#include <scoring.h>

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

enum { POOL = 200, FILE_POOL = 1500 };

static const char *modes[] = {"fast", "immediate"};

static process begin_load(const server *v, const char *acks, const char *seed, const char *lost_ms) {
    char output[128];
    snprintf(output, sizeof output, "%s/load", v->s.folder);
    return process_start(output, (const char *[]){LOAD_PROGRAM, "append", v->s.url, acks, seed, "threads=6", lost_ms, NULL}, NULL);
}

static void end_load(process *p) {
    if (!process_running(p)) fail_msg("the load ended by itself: %s", process_said(p));
    process_signal(p, SIGKILL);
    assert_int_equal(process_wait(p, 10), 128 + SIGKILL);
    process_said(p);
}

static void look(server *v, const load_acks *acks) {
    ledger *l = fixture_open(&v->s);
    sound_alone(l);
    sound_acks(l, acks, 0, POOL);
    sound_ledger(l, true);
    sound_projections(l);
    ledger_close(l);
}

static void restarted(void **state) {
    server v;
    char acks_path[128];
    load_acks acks = {0};
    rng r;
    size_t before = 0;
    (void)state;
    rng_seed(&r, process_seed(), 1);
    server_new(&v, "");
    ledger_close(fixture_ledger(&v.s));
    snprintf(acks_path, sizeof acks_path, "%s/acks", v.s.folder);
    process p = begin_load(&v, acks_path, "seed=1", "lost_ms=60000");
    unsigned rounds = (unsigned)number_of("ROUNDS", 6);
    for (unsigned i = 0; i < rounds; i++) {
        char how[40];
        pause_ms(100 + 500 * rng_uniform(&r));
        snprintf(how, sizeof how, "restart -m %s", modes[i % 2]);
        if (!server_ctl(&v, how)) fail_msg("%s failed: %s", how, server_log(&v));
        for (int wait = 0;; wait++) { /* until it goes on */
            load_acks now = {0};
            assert_true(load_acks_read(&now, acks_path, 1));
            bool further = now.n > before + 20;
            if (further) before = now.n;
            load_acks_free(&now);
            if (further) break;
            if (wait > 3000 || !process_running(&p)) fail_msg("appends did not go on after %s: %s %s", how, process_said(&p), server_log(&v));
            pause_ms(10);
        }
    }
    end_load(&p);
    assert_true(load_acks_read(&acks, acks_path, 1));
    assert_int_equal(acks.failed, 0); /* all of it was safe to do again */
    look(&v, &acks);
    print_message("%u restarts, %zu appends acknowledged and found\n", rounds, acks.n);
    load_acks_free(&acks);
    server_free(&v);
}

/* Away for longer than anybody waits: what failed says so, and with the server back the same writer goes on. */
static void away_for_long(void **state) {
    server v;
    char acks_path[128], line[512];
    load_acks acks = {0};
    size_t said = 0, after = 0;
    bool failed = false;
    (void)state;
    server_new(&v, "");
    ledger_close(fixture_ledger(&v.s));
    snprintf(acks_path, sizeof acks_path, "%s/acks", v.s.folder);
    process p = begin_load(&v, acks_path, "seed=2", "lost_ms=300");
    pause_ms(400);
    assert_true(server_ctl(&v, "stop -m immediate"));
    pause_ms(1500);
    assert_true(server_ctl(&v, "start"));
    pause_ms(1500);
    end_load(&p);
    assert_true(load_acks_read(&acks, acks_path, 2));
    assert_true(acks.failed > 0);
    FILE *f = fopen(acks_path, "r");
    while (fgets(line, sizeof line, f)) {
        unsigned thread, k;
        int outcome;
        if (sscanf(line, "%u %u %d", &thread, &k, &outcome) != 3) continue;
        if (outcome >= 0) {
            after += failed;
            continue;
        }
        failed = true;
        said += strstr(line, "PostgreSQL") || strstr(line, "is the server running") || strstr(line, "is it running");
        if (!said) fail_msg("this does not say what is wrong: %s", line);
    }
    fclose(f);
    assert_int_equal(said, acks.failed);
    assert_true(after > 20);
    look(&v, &acks);
    print_message("%zu appends acknowledged and found, of those %zu after the server came back; %zu failed and said so\n", acks.n - acks.failed, after, acks.failed);
    load_acks_free(&acks);
    server_free(&v);
}

/* --- imports --- */

static process begin_import(const server *v, const char *file, const char *run_rows, const char *lost_ms) {
    char output[128];
    snprintf(output, sizeof output, "%s/import", v->s.folder);
    return process_start(output, (const char *[]){LOAD_PROGRAM, "import", v->s.url, file, run_rows, lost_ms, NULL}, NULL);
}

static char *dump_of(const store *s) {
    ledger *l = fixture_open(s);
    sound_alone(l);
    sound_ledger(l, false);
    sound_projections(l);
    char *dump = sound_dump(l);
    ledger_close(l);
    return dump;
}

static void empty(server *v) {
    mr_error err = {0};
    db *d;
    assert_ok(db_open(v->s.url, NULL, &d, &err), &err);
    assert_ok(db_execute(d, "DROP SCHEMA public CASCADE; CREATE SCHEMA public", &err), &err);
    db_close(d);
    ledger_close(fixture_ledger(&v->s));
}

typedef struct importing {
    server v;
    char file[128];
    double seconds;
    char *want;
} importing;

static void prepare(importing *t) {
    server_new(&t->v, "");
    ledger_close(fixture_ledger(&t->v.s));
    snprintf(t->file, sizeof t->file, "%s/events.ndjson", t->v.s.folder);
    import_file(t->file, SANITIZED ? 4000 : 16000, FILE_POOL);
    double before = clock_seconds();
    process p = begin_import(&t->v, t->file, "run_rows=500", "lost_ms=60000");
    process_ended(&p, 120, 0, "added");
    t->seconds = clock_seconds() - before;
    t->want = dump_of(&t->v.s);
}

static void finish(importing *t) {
    char *got = dump_of(&t->v.s);
    sound_same(t->want, got);
    free(got);
}

/* What the server had said was committed, and had not on its disk when it crashed, is written again. */
static void restarted_under_an_import(void **state) {
    importing t = {0};
    rng r;
    unsigned met = 0, rounds = (unsigned)number_of("ROUNDS", 3);
    (void)state;
    prepare(&t);
    rng_seed(&r, process_seed(), 3);
    for (unsigned i = 0; i < rounds; i++) {
        empty(&t.v);
        process p = begin_import(&t.v, t.file, i % 3 == 2 ? "run_rows=100000" : "run_rows=500", "lost_ms=60000");
        for (int twice = 0; twice < 2; twice++) {
            pause_ms(1000 * t.seconds * .7 * rng_uniform(&r));
            met += process_running(&p);
            if (!server_ctl(&t.v, i % 2 ? "restart -m fast" : "restart -m immediate")) fail_msg("%s", server_log(&t.v));
        }
        /* Who finds no server when they begin is told so at once. */
        if (process_wait(&p, 120) != 0 && strstr(process_said(&p), "cannot connect to PostgreSQL")) p = begin_import(&t.v, t.file, "run_rows=500", "lost_ms=60000");
        process_ended(&p, 120, 0, "added");
        finish(&t);
    }
    print_message("%u imports, %u restarts met one, %.2f s undisturbed\n", rounds, met, t.seconds);
    free(t.want);
    server_free(&t.v);
}

/* Gone for good in the middle: an error that says so within the time that was asked for; the server back, the same command goes on. */
static void gone_for_good(void **state) {
    importing t = {0};
    char output[128];
    rng r;
    (void)state;
    prepare(&t);
    rng_seed(&r, process_seed(), 4);
    snprintf(output, sizeof output, "%s/import", t.v.s.folder);
    const char *command[] = {MARRAM_PROGRAM, "import", "events", t.file, "--db", t.v.s.url, "--source", "test", "--currency", "EUR", "--yes", NULL};
    static const char *const environment[] = {"MARRAM_NOW=2023-11-14T22:13:20Z", "MARRAM_TODAY=2033-11-14", "MARRAM_WAIT=0.7", NULL};
    for (int i = 0; i < 3; i++) {
        empty(&t.v);
        process p = process_start(output, command, environment);
        pause_ms(1000 * t.seconds * .5 * rng_uniform(&r));
        assert_true(server_ctl(&t.v, i % 2 ? "stop -m fast" : "stop -m immediate"));
        double before = clock_seconds();
        int code = process_wait(&p, 20);
        double took = clock_seconds() - before;
        const char *said = process_said(&p);
        if (code && (code != 5 || !strstr(said, "running"))) fail_msg("ended with %d after %.1f s, said: %s", code, took, said);
        if (took > 8) fail_msg("it took %.1f s to give up", took);
        assert_true(server_ctl(&t.v, "start"));
        p = process_start(output, command, environment);
        process_ended(&p, 120, 0, "added");
        finish(&t);
    }
    free(t.want);
    server_free(&t.v);
}

/* Each of an import's connections keeps to the time that was asked for, the first one, which reads the key and numbers the import, too: held
 * up by a lock on what it reads there, it meets the server's end. */
static void gone_as_it_began(void **state) {
    static const char *const tables[] = {"setting", "import_run"};
    server v;
    char output[128], file[128], lock[128];
    mr_error err = {0};
    (void)state;
    server_new(&v, "");
    ledger_close(fixture_ledger(&v.s));
    snprintf(file, sizeof file, "%s/events.ndjson", v.s.folder);
    snprintf(output, sizeof output, "%s/import", v.s.folder);
    import_file(file, 50, 10);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        ledger *holder = fixture_open(&v.s), *looker = fixture_open(&v.s);
        assert_ok(db_begin(holder->d, DB_WRITE, &err), &err);
        snprintf(lock, sizeof lock, "LOCK TABLE %s", tables[i]);
        assert_ok(db_execute(holder->d, lock, &err), &err);
        process p = process_start(output, (const char *[]){MARRAM_PROGRAM, "import", "events", file, "--db", v.s.url, "--source", "test", "--currency",
                                                           "EUR", "--yes", NULL}, (const char *[]){"MARRAM_TODAY=2033-11-14", "MARRAM_WAIT=0.7", NULL});
        snprintf(lock, sizeof lock, "SELECT count(*) FROM pg_locks WHERE relation = CAST('%s' AS regclass) AND NOT granted", tables[i]);
        while (process_running(&p) && !fixture_number(looker, lock)) pause_ms(2);
        ledger_close(looker);
        assert_true(process_running(&p));
        assert_true(server_ctl(&v, "stop -m immediate"));
        process_ended(&p, 20, 5, "running");
        db_rollback(holder->d);
        ledger_close(holder);
        assert_true(server_ctl(&v, "start"));
    }
    server_free(&v);
}

/* --- jobs that commit without waiting for the disk --- */

/* Two ranges of customers and a few more than that. */
enum { SCORED = 17000 };

/* What is committed and not yet on the disk stays in the server's memory until somebody waits for it, and goes with that. */
static const char forgetful[] = "POSTGRES_OPTIONS='-c wal_writer_delay=10000 -c wal_writer_flush_after=131072'";

static void new_base(const server *v) {
    mr_error err = {0};
    bulk *b;
    bulk_counts counts;
    rng r;
    ledger_close(fixture_ledger(&v->s));
    rng_seed(&r, 3, 0);
    assert_ok(bulk_open(v->s.url, &(bulk_options){.source = "test", .record = "orders", .files = "f", .import_id = 3, .now_us = TEST_NOW}, &b, &err), &err);
    for (unsigned c = 0; c < SCORED; c++) {
        char name[24], id[32];
        uint32_t who;
        double rate = rng_gamma(&r, 0.9) / 30 + 1e-4, leaves = rng_beta(&r, 0.8, 3);
        int32_t day = (int32_t)rng_below(&r, 340);
        snprintf(name, sizeof name, "c%u", c);
        assert_ok(bulk_customer(b, name, strlen(name), &who, &err), &err);
        for (unsigned i = 0; i < 10 && day < 400 && (!i || rng_uniform(&r) >= leaves); i++, day += 1 + (int32_t)fmin(1e6, rng_exponential(&r) / rate)) {
            snprintf(id, sizeof id, "o%u-%u", c, i);
            history_event e = {.kind = EVENT_order, .at_us = day * TEST_DAY_US, .day = day, .amount_minor = 1000, .currency = "EUR", .source_id = id,
                               .source_id_len = strlen(id), .body = ""};
            e.id = ledger_hash(bulk_ledger(b), ledger_domain_of(bulk_ledger(b), "event", "test"), id, strlen(id));
            assert_ok(bulk_event(b, who, &e, &err), &err);
        }
    }
    assert_ok(bulk_finish(b, NULL, &counts, &err), &err);
    bulk_close(b);
}

typedef struct crashes {
    const server *v;
    const char *when; /* a SELECT of how many: crashed where it is not 0 */
    int left, done;
} crashes;

static int crash_now_and_then(uint64_t done, uint64_t total, void *ctx) {
    crashes *c = ctx;
    (void)done, (void)total;
    if (!c->left) return 0;
    ledger *l = fixture_open(&c->v->s);
    int64_t n = fixture_number(l, c->when);
    ledger_close(l);
    if (!n) return 0;
    c->left--;
    c->done++;
    assert_true(server_ctl(c->v, "restart -m immediate"));
    return 0;
}

/* Crashes the server under a job's last writing: once some forecasts are there, the rest must wait for the table, and there it happens. */
typedef struct crash_at_the_end {
    const server *v;
    ledger *holder;
    pthread_t thread;
    bool begun;
    int64_t there, after; /* forecasts before and after it */
} crash_at_the_end;

static void *crash_when_it_waits(void *ctx) {
    crash_at_the_end *c = ctx;
    ledger *l = fixture_open(&c->v->s);
    for (int tries = 0; !fixture_number(l, "SELECT count(*) FROM pg_locks WHERE relation = CAST('forecast' AS regclass) AND NOT granted"); tries++) {
        if (tries > 4000) fail_msg("nobody wrote forecasts");
        pause_ms(5);
    }
    ledger_close(l);
    assert_true(server_ctl(c->v, "restart -m immediate"));
    l = fixture_open(&c->v->s);
    c->after = fixture_number(l, "SELECT count(*) FROM forecast");
    ledger_close(l);
    return NULL;
}

static int hold_back(uint64_t done, uint64_t total, void *ctx) {
    crash_at_the_end *c = ctx;
    mr_error err = {0};
    (void)done, (void)total;
    if (c->begun || !(c->there = fixture_number(c->holder, "SELECT count(*) FROM forecast"))) return 0;
    c->begun = true;
    assert_ok(db_begin(c->holder->d, DB_WRITE, &err), &err);
    assert_ok(db_execute(c->holder->d, "LOCK TABLE forecast", &err), &err);
    assert_int_equal(pthread_create(&c->thread, NULL, crash_when_it_waits, c), 0);
    return 0;
}

/* Forecasts that were written and went with the server are written again: whoever was scored has one. */
static void crashed_under_scoring(void **state) {
    server v;
    mr_error err = {0};
    mr_pool *pool;
    scoring out;
    (void)state;
    server_new(&v, forgetful);
    new_base(&v);
    assert_ok(mr_pool_new(1, &pool, &err), &err);
    scoring_options o = {.url = v.s.url, .until = INT32_MIN, .today = 500, .horizon_days = 91, .margin = 0.4, .discount_rate = 0.1, .seed = 1,
                         .sample = 3000, .compare_sample = 1000, .now_us = TEST_NOW};
    crash_at_the_end c = {.v = &v, .holder = fixture_open(&v.s)};
    mr_context context = {.pool = pool, .progress = hold_back, .progress_ctx = &c};
    mr_status status = scoring_run(&o, &context, &out, &err);
    assert_true(c.begun);
    pthread_join(c.thread, NULL);
    ledger_close(c.holder);
    mr_pool_free(pool);
    assert_ok(status, &err);
    assert_int_equal(out.sums.customers, SCORED);
    print_message("%d forecasts were there before the crash, %d after it\n", (int)c.there, (int)c.after);
    ledger *l = fixture_open(&v.s);
    assert_int_equal(fixture_number(l, "SELECT count(*) FROM forecast"), SCORED);
    assert_int_equal(fixture_number(l, "SELECT count(*) FROM forecast f JOIN model m ON m.id = f.model_id"), SCORED);
    ledger_close(l);
    server_free(&v);
}

/* A server that crashes whenever cycles have been written: in the end the import says so, and nothing is called done that is not. */
static void crashed_again_and_again(void **state) {
    server v;
    mr_error err = {0};
    bulk *b;
    bulk_counts counts;
    (void)state;
    server_new(&v, forgetful);
    ledger_close(fixture_ledger(&v.s));
    assert_ok(bulk_open(v.s.url, &(bulk_options){.source = "test", .record = "orders", .files = "f", .import_id = 4, .now_us = TEST_NOW}, &b, &err), &err);
    for (unsigned i = 0; i < 50; i++) {
        char name[24];
        uint32_t who;
        snprintf(name, sizeof name, "c%u", i);
        history_event e = {.kind = EVENT_order, .at_us = TEST_DAY_US, .day = 1, .amount_minor = 1000, .currency = "EUR", .source_id = name,
                           .source_id_len = strlen(name), .body = ""};
        e.id = ledger_hash(bulk_ledger(b), ledger_domain_of(bulk_ledger(b), "event", "test"), name, strlen(name));
        assert_ok(bulk_customer(b, name, strlen(name), &who, &err), &err);
        assert_ok(bulk_event(b, who, &e, &err), &err);
    }
    crashes c = {&v, "SELECT count(*) FROM cycle WHERE stale = 0", 100, 0};
    mr_context context = {.progress = crash_now_and_then, .progress_ctx = &c};
    mr_status status = bulk_finish(b, &context, &counts, &err);
    bulk_close(b);
    assert_int_equal(status, MR_EIO);
    assert_non_null(strstr(err.message, "again and again"));
    assert_true(c.done > 1);
    server_free(&v);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(crashed_under_scoring), cmocka_unit_test(crashed_again_and_again), cmocka_unit_test(restarted), cmocka_unit_test(away_for_long), cmocka_unit_test(restarted_under_an_import),
                                       cmocka_unit_test(gone_for_good), cmocka_unit_test(gone_as_it_began)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
