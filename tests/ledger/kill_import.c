/* kill -9 while `marram import` runs, at random moments, and the same command again: what is there in the end is what an import that nobody
 * disturbed leaves, byte for byte. The same with Ctrl-C; with the file through a pipe; and with someone appending to the same customers.
 *
 * ROUNDS=10 imports (5 on PostgreSQL) of each kind, each killed one to three times before it may end. */
#include "import_file.h"
#include "process.h"
#include "sound.h"

#include <rebuild.h>
#include <rng.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { POOL = 1500 };

static unsigned events(void) {
    return SANITIZED ? 2500 : 6000;
}

/* Making a database takes the server as long as two of these imports. */
static unsigned share(const store *s, unsigned of_hundred) {
    unsigned long rounds = number_of("ROUNDS", (SANITIZED ? 3 : s->kind == DB_SQLITE ? 10 : 5));
    return (unsigned)(rounds * of_hundred + 99) / 100;
}

/* --- a story --- */

typedef struct story {
    store *like;
    char file[128];
    bool filled;    /* something is in the ledger before */
    const char *how; /* run_rows of the driver, or "marram", or "pipe": the driver reads from one */
    double seconds; /* an undisturbed one takes */
    char *want;
    unsigned kills, ends;
} story;

static void begin_store(const story *t, store *s) {
    char acks[128], output[128];
    store_new(s, t->like->kind);
    ledger_close(fixture_ledger(s));
    if (!t->filled) return;
    snprintf(acks, sizeof acks, "%s/acks", s->folder);
    snprintf(output, sizeof output, "%s/said", s->folder);
    assert_int_equal(process_run(output, (const char *[]){LOAD_PROGRAM, "append", s->url, acks, "seed=78", "count=60", "threads=1", "pool=1500", NULL}, NULL, 60), 0);
}

static process begin_import(const story *t, const store *s) {
    static const char *const environment[] = {"MARRAM_NOW=2023-11-14T22:13:20Z", "MARRAM_TODAY=2033-11-14", NULL};
    char output[128];
    snprintf(output, sizeof output, "%s/import", s->folder);
    if (!strcmp(t->how, "marram"))
        return process_start(output, (const char *[]){MARRAM_PROGRAM, "import", "events", t->file, "--db", s->url, "--source", "test", "--currency", "EUR", "--yes", NULL},
                             environment);
    if (!strcmp(t->how, "pipe")) { /* a new one each time: the writer of the last one may not have noticed yet that nobody reads any more */
        char pipe[128], script[1200];
        snprintf(pipe, sizeof pipe, "%s/pipe", s->folder);
        unlink(pipe);
        assert_int_equal(mkfifo(pipe, 0600), 0);
        /* Whoever waits for a reader that was killed before it opened the pipe does not wait for ever. */
        snprintf(script, sizeof script, "timeout 60 sh -c 'cat \"$0\" >\"$1\"' '%s' '%s' 2>/dev/null & exec '%s' import '%s' '%s' run_rows=400", t->file, pipe, LOAD_PROGRAM, s->url, pipe);
        return process_start(output, (const char *[]){"/bin/sh", "-c", script, NULL}, environment);
    }
    return process_start(output, (const char *[]){LOAD_PROGRAM, "import", s->url, t->file, t->how, NULL}, environment);
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

static void undisturbed(story *t) {
    store s;
    begin_store(t, &s);
    double before = clock_seconds();
    process p = begin_import(t, &s);
    process_ended(&p, 120, 0, "added");
    t->seconds = clock_seconds() - before;
    t->want = dump_of(&s);
    store_remove(&s);
}

/* Struck up to three times before its end; whether a signal met it. */
static void struck(story *t, store *s, int signal, rng *r) {
    for (unsigned left = 1 + (unsigned)rng_below(r, 3); left; left--) {
        process p = begin_import(t, s);
        pause_ms(1000 * t->seconds * 1.1 * rng_uniform(r));
        process_signal(&p, signal);
        int code = process_wait(&p, 60);
        const char *said = process_said(&p);
        if (!code) {
            t->ends++;
            continue;
        }
        t->kills++;
        if (signal == SIGKILL) {
            assert_int_equal(code, 128 + SIGKILL);
        } else if (p.struck) { /* before it could say what to do with a signal */
            assert_int_equal(code, 130);
            assert_string_equal(said, "");
        } else if (code != 130 || !strstr(said, "interrupted;") || !strstr(said, "the same command goes on from there")) {
            fail_msg("Ctrl-C: ended with %d, said: %s", code, said);
        }
    }
}

static void round_of(story *t, int signal, rng *r) {
    store s;
    begin_store(t, &s);
    struck(t, &s, signal, r);
    process p = begin_import(t, &s);
    process_ended(&p, 120, 0, "added");
    char *got = dump_of(&s);
    sound_same(t->want, got);
    free(got);
    if (t->like->kind == DB_SQLITE) {
        ledger *l = fixture_open(&s);
        sound_pages(l);
        ledger_close(l);
    }
    store_remove(&s);
}

static void story_of(store *like, const char *how, bool filled, int signal, unsigned of_hundred) {
    story t = {.like = like, .how = how, .filled = filled};
    rng r;
    rng_seed(&r, process_seed(), (uint64_t)how[strlen(how) - 1] + filled);
    snprintf(t.file, sizeof t.file, "%s/events.ndjson", like->folder);
    import_file(t.file, events(), POOL);
    undisturbed(&t);
    unsigned rounds = share(like, of_hundred);
    for (unsigned i = 0; i < rounds; i++) round_of(&t, signal, &r);
    print_message("%s, %s%s: %u imports struck %u times (%u were quicker), %.2f s undisturbed\n", like->kind == DB_SQLITE ? "sqlite" : "postgres", how,
                  filled ? ", into a ledger that holds something" : "", rounds, t.kills, t.ends, t.seconds);
    free(t.want);
}

static void killed_in_many_runs(void **state) {
    story_of(store_of(state), "run_rows=150", false, SIGKILL, 100);
}

static void killed_in_many_runs_beside_others(void **state) {
    story_of(store_of(state), "run_rows=400", true, SIGKILL, 100);
}

/* A pipe cannot be read from the middle: the next attempt begins again. */
static void killed_reading_a_pipe(void **state) {
    story_of(store_of(state), "pipe", false, SIGKILL, 40);
}

/* --- while others append --- */

/* Whoever scores first after a crash repairs: without the import's ever being finished, what is there must be whole. */
static void repair(const store *s) {
    mr_error err = {0};
    ledger *reader = fixture_open(s), *writer;
    sound_alone(reader);
    writer = fixture_open(s);
    assert_ok(ledger_repair(reader, writer, NULL, NULL, &err), &err);
    ledger_close(writer);
    sound_ledger(reader, false);
    sound_projections(reader);
    ledger_close(reader);
}

static int64_t of_the_file(const store *s) {
    ledger *l = fixture_open(s);
    int64_t n = fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM event WHERE source_id = '' OR substr(source_id, 1, 3) = '4d/'");
    ledger_close(l);
    return n;
}

static void one_beside_appends(story *t, unsigned number, rng *r, int64_t want, load_acks *acks) {
    store s;
    char path[128], output[128], seed[40];
    uint64_t number_seed = 1000 + number;
    begin_store(t, &s);
    snprintf(path, sizeof path, "%s/acks", s.folder);
    snprintf(output, sizeof output, "%s/said", s.folder);
    snprintf(seed, sizeof seed, "seed=%llu", (unsigned long long)number_seed);
    process others = process_start(output, (const char *[]){LOAD_PROGRAM, "append", s.url, path, seed, "threads=4", "pool=1500", "pause_us=2000", NULL}, NULL);
    struck(t, &s, SIGKILL, r);
    bool resume = number % 2;
    if (resume) {
        process p = begin_import(t, &s);
        process_ended(&p, 120, 0, "added");
    }
    process_signal(&others, SIGKILL);
    assert_int_equal(process_wait(&others, 10), 128 + SIGKILL);
    process_said(&others);
    if (!resume) repair(&s);
    assert_true(load_acks_read(acks, path, number_seed));
    assert_int_equal(acks->failed, 0);
    ledger *l = fixture_open(&s);
    sound_alone(l);
    sound_acks(l, acks, 0, POOL);
    sound_ledger(l, false);
    sound_projections(l);
    ledger_close(l);
    if (resume) assert_int_equal(of_the_file(&s), want);
    store_remove(&s);
}

static void killed_while_others_append(void **state) {
    store *like = store_of(state), s;
    story t = {.like = like, .how = "run_rows=400"};
    size_t acknowledged = 0;
    rng r;
    rng_seed(&r, process_seed(), 5);
    snprintf(t.file, sizeof t.file, "%s/events.ndjson", like->folder);
    import_file(t.file, events(), POOL);
    begin_store(&t, &s);
    double before = clock_seconds();
    process p = begin_import(&t, &s);
    process_ended(&p, 120, 0, "added");
    t.seconds = clock_seconds() - before;
    int64_t want = of_the_file(&s);
    store_remove(&s);
    unsigned rounds = share(like, 80);
    for (unsigned i = 0; i < rounds; i++) {
        load_acks acks = {0};
        one_beside_appends(&t, i, &r, want, &acks);
        acknowledged += acks.n;
        load_acks_free(&acks);
    }
    print_message("%s: %u imports struck %u times while %zu appends to the same customers were acknowledged\n", like->kind == DB_SQLITE ? "sqlite" : "postgres", rounds,
                  t.kills, acknowledged);
}

static void the_command_killed(void **state) {
    story_of(store_of(state), "marram", true, SIGKILL, 60);
}

static void the_command_interrupted(void **state) {
    story_of(store_of(state), "marram", false, SIGINT, 60);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {BOTH(killed_in_many_runs), BOTH(killed_in_many_runs_beside_others), BOTH(killed_reading_a_pipe),
                                       BOTH(killed_while_others_append), BOTH(the_command_killed), BOTH(the_command_interrupted)};
    if (argc == 2) cmocka_set_test_filter(argv[1]); /* "sqlite*": the stores' halves run side by side */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
