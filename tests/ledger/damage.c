/* An SQLite file whose bytes were overwritten somewhere: an error, a finding of `marram db check`, or no harm; never a crash. SQLite keeps no sums
 * over its pages, so a changed letter in a text, say, is nothing anybody could find: those are counted.
 *
 * DAMAGES=240 of them; MARRAM_SEED gives a run back, and DAMAGE=n looks at one of it alone. */
#include "process.h"
#include "sound.h"

#include <ledger_check.h>
#include <rng.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { PAGE = 8192, ERROR = 10, FOUND = 11, HARMLESS = 12, UNSEEN = 13, ASSERTED = 255 };

/* --- looking at a damaged file, in a process of its own --- */

static mr_status found(void *ctx, const check_finding *finding, mr_error *err) {
    unsigned *n = ctx;
    (void)err;
    if ((*n)++ < 3) printf("%s: %s\n", check_name(finding->code), finding->message);
    return MR_OK;
}

static int failed(const char *what, const mr_error *err) {
    printf("%s: %s\n", what, err->message);
    return err->message[0] && err->code != MR_OK ? ERROR : 1;
}

/* Appends, too: they must not crash either. What they do to a damaged file is nothing to rely on. */
static void append_some(const char *url) {
    mr_error err = {0};
    ledger *l;
    refs r;
    if (ledger_open(url, NULL, &l, &err) != MR_OK) return;
    if (refs_begin(&r, l, "test", &err) != MR_OK) return;
    for (unsigned k = 0; k < 20; k++) {
        load_event e;
        load_make(l, 99, 0, k, 30, &e);
        if (ledger_append(l, &r, &e.item, 1, &err) != MR_OK && !err.message[0]) exit(1);
    }
    refs_free(&r);
    ledger_close(l);
}

static int look(const char *url, const char *dump_path) {
    mr_error err = {0};
    ledger *l;
    unsigned findings = 0;
    check_counts counts = {0};
    static char want[4 << 20];
    FILE *f = fopen(dump_path, "r");
    if (!f) return 1;
    want[fread(want, 1, sizeof want - 1, f)] = '\0';
    fclose(f);
    err.code = ledger_check(url, &(check_options){.now_us = TEST_NOW}, NULL, found, &findings, &counts, &err);
    if (err.code != MR_OK) return failed("check", &err);
    if (counts.wrong) return FOUND;
    err.code = ledger_open(url, &(db_options){.read_only = true}, &l, &err);
    if (err.code != MR_OK) return failed("open", &err);
    char *got = sound_dump(l);
    ledger_close(l);
    if (!strcmp(want, got)) {
        free(got);
        return HARMLESS;
    }
    for (const char *w = want, *g = got; *w && *g; w += strcspn(w, "\n") + 1, g += strcspn(g, "\n") + 1)
        if (strcspn(w, "\n") != strcspn(g, "\n") || strncmp(w, g, strcspn(w, "\n")) != 0) {
            printf("wanted %.*s\n   got %.*s\n", (int)strcspn(w, "\n"), w, (int)strcspn(g, "\n"), g);
            break;
        }
    free(got);
    return UNSEEN;
}

/* --- damaging --- */

static void copy_file(const char *from, const char *to, char **bytes, off_t *size) {
    if (!*bytes) {
        int f = open(from, O_RDONLY);
        struct stat about;
        assert_true(f >= 0 && fstat(f, &about) == 0);
        *bytes = malloc((size_t)about.st_size);
        *size = about.st_size;
        assert_int_equal(read(f, *bytes, (size_t)about.st_size), about.st_size);
        close(f);
    }
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(write(out, *bytes, (size_t)*size), *size);
    close(out);
}

static void overwrite(int f, off_t at, const char *bytes, size_t n) {
    assert_int_equal(pwrite(f, bytes, n, at), n);
}

static const char *damage(const char *path, const char *bytes, off_t size, rng *r) {
    static char what[160];
    char patch[PAGE];
    int f = open(path, O_RDWR);
    off_t at = (off_t)rng_below(r, (uint64_t)size), page = at / PAGE * PAGE;
    size_t n = 1;
    for (size_t i = 0; i < sizeof patch; i++) patch[i] = (char)rng_next(r);
    switch (rng_below(r, 7)) {
    case 0:
        patch[0] = (char)(bytes[at] ^ 1 << rng_below(r, 8));
        snprintf(what, sizeof what, "a bit at %lld", (long long)at);
        break;
    case 1:
        n = 1 + rng_below(r, 16);
        snprintf(what, sizeof what, "%zu bytes at %lld", n, (long long)at);
        break;
    case 2:
        memset(patch, 0, sizeof patch);
        n = 512;
        at = at / 512 * 512;
        snprintf(what, sizeof what, "a sector of zeros at %lld", (long long)at);
        break;
    case 3:
        n = PAGE;
        at = page;
        snprintf(what, sizeof what, "a page of rubbish at %lld", (long long)at);
        break;
    case 4: /* another page's content */
        n = PAGE;
        at = page;
        memcpy(patch, bytes + (off_t)rng_below(r, (uint64_t)(size / PAGE)) * PAGE, PAGE);
        snprintf(what, sizeof what, "another page's content at %lld", (long long)at);
        break;
    case 5: /* the head of a page: what its cells are found by */
        n = 1 + rng_below(r, 24);
        at = page + (off_t)rng_below(r, 16);
        snprintf(what, sizeof what, "%zu bytes at %lld, a page's head", n, (long long)at);
        break;
    default:
        n = 0;
        assert_int_equal(ftruncate(f, at), 0);
        snprintf(what, sizeof what, "cut off at %lld", (long long)at);
    }
    if (at + (off_t)n > size) n = (size_t)(size - at);
    if (n) overwrite(f, at, patch, n);
    close(f);
    return what;
}

static void damaged(void **state) {
    store *s = store_of(state);
    char acks[128], output[128], broken[128], dump_path[128], *bytes = NULL;
    off_t size = 0;
    unsigned met[256] = {0}, n = (unsigned)number_of("DAMAGES", SANITIZED ? 50 : 240), only = (unsigned)number_of("DAMAGE", 0);
    snprintf(acks, sizeof acks, "%s/acks", s->folder);
    snprintf(output, sizeof output, "%s/said", s->folder);
    snprintf(broken, sizeof broken, "%s/broken.db", s->folder);
    snprintf(dump_path, sizeof dump_path, "%s/dump", s->folder);
    ledger_close(fixture_ledger(s));
    assert_int_equal(process_run(output, (const char *[]){LOAD_PROGRAM, "append", s->url, acks, "count=120", "pool=60", NULL}, NULL, 60), 0);
    ledger *l = fixture_open(s);
    char *dump = sound_dump(l);
    ledger_close(l); /* the last one out folds the log into the file */
    FILE *f = fopen(dump_path, "w");
    fputs(dump, f);
    fclose(f);
    free(dump);
    for (unsigned i = 1; i <= n; i++) {
        rng r;
        char wal[140];
        rng_seed(&r, process_seed(), i);
        if (only && i != only) continue;
        copy_file(s->file, broken, &bytes, &size);
        snprintf(wal, sizeof wal, "%s-wal", broken);
        unlink(wal);
        snprintf(wal, sizeof wal, "%s-shm", broken);
        unlink(wal);
        const char *what = damage(broken, bytes, size, &r);
        process p = process_start(output, (const char *[]){"/proc/self/exe", "look", broken, dump_path, NULL}, NULL);
        int code = process_wait(&p, 30);
        if (only || code == UNSEEN) print_message("%u: %s: %s", i, what, process_said(&p));
        if (code < ERROR || (code > UNSEEN && code != ASSERTED)) fail_msg("DAMAGE=%u: %s: ended with %d, said: %s", i, what, code, process_said(&p));
        process_said(&p);
        met[code]++;
        p = process_start(output, (const char *[]){"/proc/self/exe", "append", broken, NULL}, NULL);
        code = process_wait(&p, 30);
        if (code) fail_msg("DAMAGE=%u: %s: appending ended with %d, said: %s", i, what, code, process_said(&p));
    }
    print_message("%u damages: %u refused, %u found by the check, %u that hit nothing, %u that nobody could find\n", n, met[ERROR] + met[ASSERTED], met[FOUND], met[HARMLESS],
                  met[UNSEEN]);
    if (!only) assert_true(met[ERROR] + met[ASSERTED] + met[FOUND] > met[UNSEEN] * 2);
    free(bytes);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {ON_SQLITE(damaged)};
    if (argc == 4) return look(argv[2], argv[3]);
    if (argc == 3) {
        append_some(argv[2]);
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
