/* The nth write or sync fails, for every n, in `marram import` and in appends on SQLite: an error or success, never a crash, never half of
 * anything; what was acknowledged is there, and the same import goes on to the same end. The failures come from fail_io.c, preloaded.
 *
 * STRIDE=1: every n; without it so that it takes some seconds. */
#include "import_file.h"
#include "process.h"
#include "sound.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { POOL = 12, APPENDS = 6 };

typedef struct way {
    const char *name, *environment[3];
} way;

static const way ways[] = {
    {"EIO once", {"FAIL_IO_ERRNO=5", NULL}},
    {"EIO from then on", {"FAIL_IO_ERRNO=5", "FAIL_IO_FOR_GOOD=1", NULL}},
    {"ENOSPC once", {"FAIL_IO_ERRNO=28", NULL}},
    {"ENOSPC from then on", {"FAIL_IO_ERRNO=28", "FAIL_IO_FOR_GOOD=1", NULL}},
    {"half a write", {"FAIL_IO_ERRNO=0", NULL}},
};

typedef struct torture {
    store s;                        /* the ledger at hand: its url and file in memory where that can be had */
    char template[128], file[128], output[128], acks[128], count[128];
    unsigned failed, succeeded;
} torture;

/* --- ledgers made anew --- */

static void copy_file(const char *from, const char *to) {
    static char bytes[1 << 20];
    int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ssize_t n = read(in, bytes, sizeof bytes);
    assert_true(in >= 0 && out >= 0 && n > 0 && n < (ssize_t)sizeof bytes);
    assert_int_equal(write(out, bytes, (size_t)n), n);
    close(in);
    close(out);
}

static void gone(const torture *t) {
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    char name[160];
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", t->s.file, suffixes[i]);
        unlink(name);
    }
    unlink(t->acks);
}

static void anew(const torture *t) {
    gone(t);
    copy_file(t->template, t->s.file);
}

static void prepare(torture *t, const store *spare) {
    snprintf(t->template, sizeof t->template, "%s", spare->file);
    snprintf(t->file, sizeof t->file, "%s/events.ndjson", spare->folder);
    snprintf(t->output, sizeof t->output, "%s/said", spare->folder);
    snprintf(t->acks, sizeof t->acks, "%s/acks", spare->folder);
    snprintf(t->count, sizeof t->count, "%s/count", spare->folder);
    t->s.kind = DB_SQLITE;
    snprintf(t->s.file, sizeof t->s.file, "%s/marram-disk-%ld.db", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : spare->folder, (long)getpid());
    snprintf(t->s.url, sizeof t->s.url, "%s", t->s.file);
    ledger *l = fixture_ledger(spare);
    append_item item = fixture_order(l, 3, 18000, 500, "before");
    fixture_append(l, &item, 1);
    ledger_close(l);
    import_file(t->file, 60, POOL);
}

static char *dump_of(const torture *t, bool grown) {
    ledger *l = fixture_open(&t->s);
    sound_ledger(l, grown);
    sound_projections(l);
    sound_pages(l);
    char *dump = sound_dump(l);
    ledger_close(l);
    return dump;
}

/* --- the work --- */

static process run(torture *t, bool import, long n, const way *w) {
    char at[40], count[160];
    const char *environment[10] = {"MARRAM_NOW=2023-11-14T22:13:20Z", "MARRAM_TODAY=2033-11-14", NULL};
    size_t e = 2;
    snprintf(at, sizeof at, "FAIL_IO_AT=%ld", n);
    snprintf(count, sizeof count, "FAIL_IO_COUNT=%s", t->count);
    if (w) {
        environment[e++] = "LD_PRELOAD=" FAIL_IO;
        environment[e++] = at;
        environment[e++] = count;
        for (const char *const *more = w->environment; *more; more++) environment[e++] = *more;
    }
    environment[e] = NULL;
    if (import)
        return process_start(t->output, (const char *[]){MARRAM_PROGRAM, "import", "events", t->file, "--db", t->s.url, "--source", "test", "--currency", "EUR", "--yes", NULL},
                             environment);
    return process_start(t->output, (const char *[]){LOAD_PROGRAM, "append", t->s.url, t->acks, "count=6", "threads=1", "pool=12", NULL}, environment);
}

static long count_of(const torture *t) {
    long n = 0;
    FILE *f = fopen(t->count, "r");
    if (!f || fscanf(f, "%ld", &n) != 1) n = 0;
    if (f) fclose(f);
    return n;
}

static void import_with_failures(torture *t, const way *w, const char *want, long n) {
    anew(t);
    process p = run(t, true, n, w);
    int code = process_wait(&p, 60);
    const char *said = process_said(&p);
    if (code != 0 && (code != 5 || !strstr(said, t->s.file))) fail_msg("call %ld, %s: ended with %d, said: %s", n, w->name, code, said);
    if (!code) { /* said to be done: then it is */
        char *got = dump_of(t, false);
        sound_same(want, got);
        free(got);
    }
    t->failed += code != 0;
    t->succeeded += code == 0;
    p = run(t, true, 0, NULL);
    process_ended(&p, 60, 0, "added");
    char *got = dump_of(t, false);
    sound_same(want, got);
    free(got);
}

static void append_with_failures(torture *t, const way *w, const char *want, long n) {
    load_acks acks = {0};
    anew(t);
    process p = run(t, false, n, w);
    int code = process_wait(&p, 60);
    const char *said = process_said(&p);
    if (code != 0 && code != 3 && (code != 1 || !strstr(said, t->s.file))) fail_msg("call %ld, %s: ended with %d, said: %s", n, w->name, code, said);
    assert_true(load_acks_read(&acks, t->acks, 1));
    t->failed += code != 0;
    t->succeeded += code == 0;
    ledger *l = fixture_open(&t->s);
    sound_acks(l, &acks, 0, POOL);
    ledger_close(l);
    char *got = dump_of(t, true); /* what failed is there or not, but whole */
    free(got);
    load_acks_free(&acks);
    unlink(t->acks);
    p = run(t, false, 0, NULL);
    process_ended(&p, 60, 0, "");
    got = dump_of(t, true);
    sound_same(want, got);
    free(got);
}

static void tortured(store *spare, bool import) {
    torture t = {0};
#if SANITIZED
    print_message("[  SKIPPED ] the sanitizers must be loaded first\n");
    skip();
#endif
    prepare(&t, spare);
    anew(&t);
    process p = run(&t, import, 0, &ways[0]);
    process_ended(&p, 60, 0, "");
    long all = count_of(&t), tried = 0;
    assert_true(all > 20);
    char *want = dump_of(&t, !import);
    long stride = (long)number_of("STRIDE", 1 + (unsigned long)all / 25);
    double began = clock_seconds();
    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++)
        for (long n = 1 + (long)w % stride; n <= all + 2; n += stride, tried++) (import ? import_with_failures : append_with_failures)(&t, &ways[w], want, n);
    print_message("%s: %ld writes and syncs, %ld runs with failures, of which %u said so and %u did their work, %.1f s\n", import ? "import" : "append", all, tried, t.failed,
                  t.succeeded, clock_seconds() - began);
    assert_true(t.failed > 20);
    free(want);
    gone(&t);
}

static void under_an_import(void **state) {
    tortured(store_of(state), true);
}

static void under_appends(void **state) {
    tortured(store_of(state), false);
}

/* Kill -9 leaves what the system has taken to be written; a power cut does not. So: nothing is acknowledged before its sync. */
static void promises_are_synced(void **state) {
    static const way kept = {"", {"FAIL_IO_PROMISES=acks", NULL}}, broken = {"", {"FAIL_IO_PROMISES=2acks", NULL}};
    torture t = {0};
#if SANITIZED
    print_message("[  SKIPPED ] the sanitizers must be loaded first\n");
    skip();
#endif
    prepare(&t, store_of(state));
    for (int import = 0; import < 2; import++) {
        anew(&t);
        process p = run(&t, import, 0, &kept);
        process_ended(&p, 60, 0, "");
        anew(&t);
        p = run(&t, import, 0, &broken);
        process_ended(&p, 60, 128 + SIGABRT, import ? "ended well before the log was synced" : "acknowledged before the log was synced");
    }
    gone(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {ON_SQLITE(under_an_import), ON_SQLITE(under_appends), ON_SQLITE(promises_are_synced)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
