/* The nth allocation fails, for every n, in a small import and in a few appends on SQLite: MR_ENOMEM or success, never a crash, never half of
 * anything; afterwards the same import goes on to the same end. Ours fail (the linker puts __wrap_malloc in malloc's place, so under the
 * sanitizers as well), and SQLite's and Jansson's through their own hooks.
 *
 * STRIDE=1: every n; without it the first 60 and then so that it takes some seconds. */
#include "heap_wrap.h"
#include "process.h"
#include "sound.h"

#include <import.h>
#include <mapping.h>
#include <rows.h>
#include <writer.h>

#include <fcntl.h>
#include <jansson.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>

/* --- a heap that runs out --- */

static atomic_long taken, fail_at; /* 0: never */
static atomic_bool for_good;       /* all behind the nth fail, too */

static bool refuse(void) {
    long at = atomic_load_explicit(&fail_at, memory_order_relaxed), n = atomic_fetch_add_explicit(&taken, 1, memory_order_relaxed) + 1;
    return at && (n == at || (n > at && atomic_load_explicit(&for_good, memory_order_relaxed)));
}

static sqlite3_mem_methods usual;

static void *sqlite_malloc(int size) {
    return refuse() ? NULL : usual.xMalloc(size);
}

static void *sqlite_realloc(void *block, int size) {
    return refuse() ? NULL : usual.xRealloc(block, size);
}

/* Jansson's lexer gathers a token in a buffer that doubles, and does not look whether it could: text would be lost without a word. Those
 * are let alone: they are what has a power of two for a size. */
static void *jansson_malloc(size_t size) {
    return (size & (size - 1)) && refuse() ? NULL : __real_malloc(size);
}

/* Before anything is opened. */
static int hook(void **state) {
    (void)state;
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &usual), SQLITE_OK);
    sqlite3_mem_methods ours = usual;
    ours.xMalloc = sqlite_malloc;
    ours.xRealloc = sqlite_realloc;
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &ours), SQLITE_OK);
    json_set_alloc_funcs(jansson_malloc, free);
    return 0;
}

static void starve(long n, bool good) {
    atomic_store(&taken, 0);
    atomic_store(&for_good, good);
    atomic_store(&fail_at, n);
}

static void feed(void) {
    atomic_store(&fail_at, 0);
}

/* --- the work --- */

static const char file_text[] =
    "{\"customer\":\"a\",\"kind\":\"order\",\"at\":\"2022-01-08T10:00:00Z\",\"id\":\"1\",\"amount\":12.34,\"currency\":\"EUR\"}\n"
    "{\"customer\":\"b\",\"kind\":\"case_open\",\"at\":\"2022-01-09\",\"id\":\"2\",\"subject\":\"T-1\",\"body\":\"{\\\"severity\\\":\\\"high\\\"}\"}\n"
    "{\"customer\":\"a\",\"kind\":\"promise_made\",\"at\":\"2022-01-09\",\"id\":\"3\",\"subject\":\"P-1\",\"body\":\"{\\\"what\\\":\\\"call\\\",\\\"due\\\":\\\"2022-02-01\\\"}\"}\n"
    "{\"customer\":\"known\",\"kind\":\"consent_given\",\"at\":\"2022-01-10\",\"body\":\"{\\\"purpose\\\":\\\"marketing\\\",\\\"channel\\\":\\\"c1\\\"}\"}\n"
    "{\"customer\":\"b\",\"kind\":\"order\",\"at\":\"2022-01-11\",\"id\":\"1\",\"amount\":1}\n";

static mr_status import(const char *url, const char *file, mr_error *err) {
    rows *r = NULL;
    mapping *m = NULL;
    import_result result = {0};
    import_options o = {.paths = &file, .paths_n = 1, .record = "events", .currency = "EUR", .now_us = TEST_NOW, .run_rows = 2};
    mapping_options how = {.source = "test", .today = 25000};
    *err = (mr_error){0};
    mr_status status = rows_open(&file, 1, &(rows_options){.header = -1}, NULL, &r, err);
    if (status == MR_OK) status = mapping_guess(RECORD_events, r, &how, NULL, &m, err);
    if (status == MR_OK) status = mapping_bind(m, r, &file, 1, &how, err);
    if (status == MR_OK) status = ledger_import(url, m, r, &o, NULL, NULL, &result, err);
    mapping_free(m);
    rows_close(r);
    return status;
}

static mr_status append(const char *url, const char *file, mr_error *err) {
    ledger_writer *w = NULL;
    (void)file;
    *err = (mr_error){0};
    mr_status status = ledger_writer_new(url, &(writer_options){.source = "test"}, &w, err);
    for (unsigned k = 0; status == MR_OK && k < 8; k++) {
        load_event e;
        load_make(ledger_writer_ledger(w), 5, 0, k, 3, &e);
        status = ledger_write(w, &e.item, err);
    }
    ledger_writer_free(w);
    return status;
}

static mr_status begin(const char *url, const char *file, mr_error *err) {
    (void)file;
    *err = (mr_error){0};
    return ledger_init(url, &(ledger_init_options){.key = TEST_KEY, .now_us = TEST_NOW}, err);
}

typedef mr_status (*work_fn)(const char *url, const char *file, mr_error *err);

/* --- starving it --- */

static void copy_file(const char *from, const char *to) {
    static char bytes[1 << 20];
    int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ssize_t n = in < 0 ? 0 : read(in, bytes, sizeof bytes); /* none: an empty file */
    assert_true(out >= 0 && n >= 0 && n < (ssize_t)sizeof bytes);
    assert_int_equal(write(out, bytes, (size_t)n), n);
    close(in);
    close(out);
}

static void anew(const char *template, const char *path) {
    static const char *const suffixes[] = {"-wal", "-shm", "-erasures"};
    char name[160];
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        unlink(name);
    }
    if (template)
        copy_file(template, path);
    else
        unlink(path);
}

static char *dump_of(const char *url) {
    mr_error err = {0};
    ledger *l;
    assert_ok(ledger_open(url, NULL, &l, &err), &err);
    sound_ledger(l, false);
    sound_projections(l);
    char *dump = sound_dump(l);
    ledger_close(l);
    return dump;
}

static void starved(store *s, const char *what, work_fn fn, const char *template) {
    char path[128], file[128];
    mr_error err;
    /* In memory where that can be had: a thousand ledgers are made and synced. */
    snprintf(path, sizeof path, "%s/marram-starve-%ld.db", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : s->folder, (long)getpid());
    snprintf(file, sizeof file, "%s/events.ndjson", s->folder);
    FILE *f = fopen(file, "w");
    fputs(file_text, f);
    fclose(f);
    anew(template, path);
    atomic_store(&taken, 0);
    assert_ok(fn(path, file, &err), &err);
    long all = atomic_load(&taken), tried = 0, survived = 0;
    char *want = dump_of(path);
    long stride = (long)number_of("STRIDE", 1 + (unsigned long)all / (SANITIZED ? 60 : 250));
    double began = clock_seconds();
    for (long n = 1; n <= all + all / 8; n += n < 60 ? 1 : stride, tried++) {
        anew(template, path);
        starve(n, tried % 2);
        mr_status status = fn(path, file, &err);
        feed();
        if (status != MR_OK && (status != MR_ENOMEM || !err.message[0]))
            fail_msg("%s: allocation %ld of %ld failed%s: %s: %s", what, n, all, tried % 2 ? ", and all behind it" : "", mr_status_text(status), err.message);
        survived += status == MR_OK;
        if (status == MR_OK) { /* said to be done: then it is */
            char *got = dump_of(path);
            sound_same(want, got);
            free(got);
        }
        assert_ok(fn(path, file, &err), &err);
        char *got = dump_of(path);
        sound_same(want, got);
        free(got);
    }
    print_message("%s: %ld allocations, %ld of them refused in turn, %ld without harm, %.1f s\n", what, all, tried, survived, clock_seconds() - began);
    free(want);
    anew(NULL, path);
}

static void allocations(void **state) {
    store *s = store_of(state);
    char template[128];
    mr_error err;
    /* A ledger that holds a customer of the file's, closed: one file. */
    ledger *l = fixture_ledger(s);
    append_item item = fixture_order(l, 1, 18000, 500, "before");
    item.external_id = "known";
    item.external_id_len = 5;
    fixture_append(l, &item, 1);
    ledger_close(l);
    snprintf(template, sizeof template, "%s", s->file);
    starved(s, "db init", begin, NULL);
    starved(s, "import", import, template);
    starved(s, "append", append, template);
    (void)err;
}

int main(void) {
    const struct CMUnitTest tests[] = {ON_SQLITE(allocations)};
    return cmocka_run_group_tests(tests, hook, NULL);
}
