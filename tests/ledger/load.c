/* The load of the crash tests, in a process of its own, to be killed.
 *
 *     load init URL                        a new ledger under the key of all tests
 *     load append URL ACKS [NAME=NUMBER]   threads append until they are killed, or `count` each; seed, threads, count, pool (load_events.h),
 *                                          from (the first event's number), lost_ms, pause_us (after each)
 *     load sql URL SQL                     SQL, run as it stands
 *     load hold URL MS FILE                keeps everybody from writing for so long; makes FILE once it does
 *     load import URL FILE [NAME=NUMBER]   what `marram import events FILE` does, with run_rows, lost_ms, restart
 *
 * ACKS gets a line "thread k outcome" by one write(2) once ledger_write has returned: what stands there was acknowledged, whatever happens to
 * this process afterwards. What failed is a line with outcome -1 and why; its thread waits a moment and goes on with the next. */
#include "load_events.h"

#include <import.h>
#include <mapping.h>
#include <rows.h>
#include <writer.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TEST_KEY "000102030405060708090a0b0c0d0e0f"
#define TEST_NOW INT64_C(1700000000000000)

typedef struct load {
    ledger_writer *w;
    int acks;
    uint64_t seed;
    unsigned long threads, count, pool, from, pause_us, lost_ms, run_rows, restart;
} load;

typedef struct load_thread {
    load *l;
    unsigned number;
    bool failed;
    pthread_t id;
} load_thread;

static int fail(const char *what, const mr_error *err) {
    fprintf(stderr, "load %s: %s\n", what, err->message);
    return err->code == MR_ECANCELLED ? 130 : 1;
}

static bool read_numbers(load *l, int argc, char **argv) {
    struct {
        const char *name;
        unsigned long *value;
    } const names[] = {{"threads", &l->threads}, {"count", &l->count}, {"pool", &l->pool}, {"from", &l->from}, {"pause_us", &l->pause_us},
                       {"lost_ms", &l->lost_ms}, {"run_rows", &l->run_rows}, {"restart", &l->restart}};
    for (int i = 0; i < argc; i++) {
        char *equals = strchr(argv[i], '=');
        bool known = false;
        if (!equals) return false;
        size_t len = (size_t)(equals - argv[i]);
        for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
            if (strlen(names[k].name) != len || strncmp(names[k].name, argv[i], len) != 0) continue;
            *names[k].value = strtoul(equals + 1, NULL, 10);
            known = true;
        }
        if (!strncmp(argv[i], "seed=", 5)) {
            l->seed = strtoull(equals + 1, NULL, 10);
            known = true;
        }
        if (!known) return false;
    }
    return true;
}

/* --- appending --- */

static void *appending(void *ctx) {
    load_thread *t = ctx;
    load *l = t->l;
    for (unsigned k = (unsigned)l->from; !l->count || k < l->from + l->count; k++) {
        load_event e;
        mr_error err = {0};
        char line[512];
        load_make(ledger_writer_ledger(l->w), l->seed, t->number, k, (unsigned)l->pool, &e);
        mr_status status = ledger_write(l->w, &e.item, &err);
        int len = status == MR_OK ? snprintf(line, sizeof line, "%u %u %d\n", t->number, k, (int)e.item.outcome)
                                  : snprintf(line, sizeof line, "%u %u -1 %s\n", t->number, k, err.message);
        if (write(l->acks, line, (size_t)len) != len) t->failed = true;
        t->failed = t->failed || status != MR_OK;
        long us = status == MR_OK ? (long)l->pause_us : 20000;
        if (us) nanosleep(&(struct timespec){us / 1000000, us % 1000000 * 1000}, NULL);
    }
    return NULL;
}

static int append(load *l, const char *url, const char *acks) {
    mr_error err = {0};
    load_thread threads[64];
    bool failed = false;
    if (l->threads > 64) l->threads = 64;
    l->acks = open(acks, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (l->acks < 0) {
        perror(acks);
        return 1;
    }
    if (ledger_writer_new(url, &(writer_options){.source = "test", .lost_ms = (int)l->lost_ms}, &l->w, &err) != MR_OK) return fail("append", &err);
    for (unsigned i = 0; i < l->threads; i++) {
        threads[i] = (load_thread){.l = l, .number = i};
        if (pthread_create(&threads[i].id, NULL, appending, &threads[i]) != 0) return 1;
    }
    for (unsigned i = 0; i < l->threads; i++) {
        pthread_join(threads[i].id, NULL);
        failed = failed || threads[i].failed;
    }
    ledger_writer_free(l->w);
    close(l->acks);
    return failed ? 3 : 0;
}

/* --- importing --- */

static int import(load *l, const char *url, const char *file) {
    mr_error err = {0};
    rows *r = NULL;
    mapping *m = NULL;
    import_result result = {0};
    import_options o = {.paths = &file, .paths_n = 1, .record = "events", .currency = "EUR", .now_us = TEST_NOW,
                        .restart = l->restart != 0, .run_rows = l->run_rows, .lost_ms = (int)l->lost_ms};
    mapping_options how = {.source = "test", .today = 25000};
    err.code = rows_open(&file, 1, &(rows_options){.header = -1}, NULL, &r, &err);
    if (err.code == MR_OK) err.code = mapping_guess(RECORD_events, r, &how, NULL, &m, &err);
    if (err.code == MR_OK) err.code = mapping_bind(m, r, &file, 1, &how, &err);
    if (err.code == MR_OK) err.code = ledger_import(url, m, r, &o, NULL, NULL, &result, &err);
    mapping_free(m);
    rows_close(r);
    if (err.code != MR_OK) return fail("import", &err);
    printf("added %llu, repeated %llu, conflicting %llu, resumed %llu\n", (unsigned long long)result.bulk.added,
           (unsigned long long)result.bulk.repeated, (unsigned long long)result.bulk.conflicting, (unsigned long long)result.bulk.resumed);
    return 0;
}

static int sql(const char *url, const char *text) {
    mr_error err = {0};
    db *d;
    err.code = db_open(url, NULL, &d, &err);
    if (err.code == MR_OK) err.code = db_execute(d, text, &err);
    db_close(d);
    return err.code == MR_OK ? 0 : fail("sql", &err);
}

static int hold(const char *url, const char *ms, const char *file) {
    mr_error err = {0};
    db *d;
    long long n = strtoll(ms, NULL, 10);
    err.code = db_open(url, NULL, &d, &err);
    if (err.code == MR_OK) err.code = db_execute(d, db_store_of(d) == DB_SQLITE ? "BEGIN EXCLUSIVE" : "BEGIN; LOCK TABLE cycle, event, customer_ref, import_run", &err);
    if (err.code != MR_OK) return fail("hold", &err);
    FILE *f = fopen(file, "w");
    if (f) fclose(f);
    nanosleep(&(struct timespec){(time_t)(n / 1000), (long)(n % 1000 * 1000000)}, NULL);
    err.code = db_execute(d, "COMMIT", &err);
    db_close(d);
    return err.code == MR_OK ? 0 : fail("hold", &err);
}

static int init(const char *url) {
    mr_error err = {0};
    return ledger_init(url, &(ledger_init_options){.key = TEST_KEY, .now_us = TEST_NOW}, &err) == MR_OK ? 0 : fail("init", &err);
}

int main(int argc, char **argv) {
    load l = {.threads = 6, .pool = 200, .seed = 1};
    signal(SIGXFSZ, SIG_IGN); /* a file over the limit is an error of write like any other */
    if (argc == 3 && !strcmp(argv[1], "init")) return init(argv[2]);
    if (argc == 4 && !strcmp(argv[1], "sql")) return sql(argv[2], argv[3]);
    if (argc == 5 && !strcmp(argv[1], "hold")) return hold(argv[2], argv[3], argv[4]);
    if (argc >= 4 && !strcmp(argv[1], "append") && read_numbers(&l, argc - 4, argv + 4)) return append(&l, argv[2], argv[3]);
    if (argc >= 4 && !strcmp(argv[1], "import") && read_numbers(&l, argc - 4, argv + 4)) return import(&l, argv[2], argv[3]);
    fputs("see the top of tests/ledger/load.c\n", stderr);
    return 2;
}
