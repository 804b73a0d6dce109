/* kill -9 of the writer at random moments under load, again and again on the same ledger, and now and then on a new one: every acknowledged
 * append is there, none is half there.
 *
 * ROUNDS=100 kills on each store; MARRAM_SEED gives a run back as far as the machine's own timing lets it. */
#include "process.h"
#include "sound.h"

#include <rng.h>

#include <signal.h>
#include <stdlib.h>

enum { THREADS = 6, POOL = 200, FRESH_EVERY = 8, DEEP_EVERY = 5 };

typedef struct story {
    store *s;
    load_acks acks;
    size_t checked;
    rng r;
    unsigned rounds;
} story;

/* One life of the writer: begun, killed. Returns how long it lived. */
static double live_and_die(store *s, uint64_t seed, rng *r) {
    char acks[128], output[128], seed_text[40], threads[24];
    snprintf(acks, sizeof acks, "%s/acks-%llu", s->folder, (unsigned long long)seed);
    snprintf(output, sizeof output, "%s/said-%llu", s->folder, (unsigned long long)seed);
    snprintf(seed_text, sizeof seed_text, "seed=%llu", (unsigned long long)seed);
    snprintf(threads, sizeof threads, "threads=%d", THREADS);
    const char *argv[] = {LOAD_PROGRAM, "append", s->url, acks, seed_text, threads, NULL};
    process p = process_start(output, argv, NULL);
    double began = clock_seconds();
    /* One in eight dies while it begins; the others once the first append was acknowledged and a moment later. */
    if (rng_below(r, 8)) {
        while (access(acks, F_OK) != 0 && process_running(&p) && clock_seconds() < began + 30) pause_ms(1);
        FILE *f = fopen(acks, "r");
        while (f && fgetc(f) == EOF && process_running(&p) && clock_seconds() < began + 30) {
            clearerr(f);
            pause_ms(1);
        }
        if (f) fclose(f);
    }
    pause_ms(rng_uniform(r) * (SANITIZED ? 300 : 150));
    if (!process_running(&p)) fail_msg("it ended by itself: %s", process_said(&p));
    process_signal(&p, SIGKILL);
    assert_int_equal(process_wait(&p, 10), 128 + SIGKILL);
    process_said(&p);
    return clock_seconds() - began;
}

static void look(story *t, uint64_t seed, bool deep) {
    char acks[128];
    snprintf(acks, sizeof acks, "%s/acks-%llu", t->s->folder, (unsigned long long)seed);
    assert_true(load_acks_read(&t->acks, acks, seed));
    assert_int_equal(t->acks.failed, 0);
    ledger *l = fixture_open(t->s);
    sound_alone(l);
    sound_acks(l, &t->acks, deep ? 0 : t->checked, POOL);
    sound_ledger(l, true);
    if (deep) sound_projections(l);
    if (deep) sound_pages(l);
    ledger_close(l);
    t->checked = t->acks.n;
}

static void fresh(store *like, uint64_t seed, rng *r, size_t *acked) {
    store s;
    store_new(&s, like->kind);
    ledger_close(fixture_ledger(&s));
    story t = {.s = &s};
    live_and_die(&s, seed, r);
    look(&t, seed, true);
    *acked += t.acks.n;
    load_acks_free(&t.acks);
    store_remove(&s);
}

static void killed_and_killed_again(void **state) {
    story t = {.s = store_of(state)};
    uint64_t seed = process_seed();
    size_t others = 0;
    double lived = 0;
    unsigned rounds = (unsigned)number_of("ROUNDS", SANITIZED ? 15 : 100);
    rng_seed(&t.r, seed, t.s->kind);
    ledger_close(fixture_ledger(t.s));
    for (unsigned i = 0; i < rounds; i++) {
        if (i % FRESH_EVERY == FRESH_EVERY - 1) {
            fresh(t.s, seed + i, &t.r, &others);
            continue;
        }
        lived += live_and_die(t.s, seed + i, &t.r);
        look(&t, seed + i, i % DEEP_EVERY == DEEP_EVERY - 1);
    }
    ledger *l = fixture_open(t.s);
    sound_acks(l, &t.acks, 0, POOL);
    sound_ledger(l, true);
    sound_projections(l);
    sound_pages(l);
    print_message("%s: %u kills, %zu appends acknowledged and found, %lld events in the ledger killed most often, alive for %.1f s\n",
                  t.s->kind == DB_SQLITE ? "sqlite" : "postgres", rounds, t.acks.n + others,
                  (long long)fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM event"), lived);
    assert_true(t.acks.n + others > rounds);
    ledger_close(l);
    load_acks_free(&t.acks);
}

/* --- the checks bite --- */

/* kill look URL ACKS: what is asked after each kill, of a ledger that someone damaged: this must end with 1. */
static const char *look_url, *look_acks;

static void looking(void **state) {
    mr_error err = {0};
    load_acks acks = {0};
    ledger *l;
    (void)state;
    assert_true(load_acks_read(&acks, look_acks, 1));
    assert_ok(ledger_open(look_url, NULL, &l, &err), &err);
    sound_acks(l, &acks, 0, POOL);
    sound_ledger(l, true);
    sound_projections(l);
    sound_pages(l);
}

typedef struct damage {
    const char *sql, *said;
} damage;

static const damage damages[] = {
    {"SELECT 1", ""}, /* none: the one that must be found sound */
    {"DELETE FROM event WHERE id = (SELECT MIN(id) FROM event)", "was acknowledged"},
    {"UPDATE event SET amount_minor = amount_minor + 1 WHERE id = (SELECT MIN(id) FROM event)", "was acknowledged"},
    {"DELETE FROM cycle WHERE customer_id = (SELECT MIN(customer_id) FROM cycle)", ""},
    {"UPDATE cycle SET stale = 1 WHERE customer_id = (SELECT MIN(customer_id) FROM cycle)", "stale cycles"},
    {"UPDATE cycle SET state = (SELECT state FROM cycle WHERE customer_id = (SELECT MAX(customer_id) FROM cycle)) "
     "WHERE customer_id = (SELECT MIN(customer_id) FROM cycle)", ""},
    {"DELETE FROM customer_ref WHERE ref = (SELECT MIN(ref) FROM customer_ref)", ""},
    {"INSERT INTO customer_ref (ref, source, external_id, customer_id) VALUES (7, 'test', 'nobody', 7)", "without an event"},
    {"DELETE FROM touch WHERE id = (SELECT MIN(id) FROM touch)", "== touch"},
    {"UPDATE promise SET what = 'nothing' WHERE id = (SELECT MIN(id) FROM promise)", "== promise"},
    {"UPDATE consent SET state = 1 - state WHERE id = (SELECT MIN(id) FROM consent)", "== consent"},
    {"INSERT INTO survey (customer_id, id, at_us, name, comment) VALUES (1, 1, 1, '', '')", "== survey"},
};

static void the_checks_bite(void **state) {
    store *like = store_of(state);
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        store s;
        mr_error err = {0};
        char acks[128], output[128];
        store_new(&s, like->kind);
        ledger *l = fixture_ledger(&s);
        snprintf(acks, sizeof acks, "%s/acks", s.folder);
        snprintf(output, sizeof output, "%s/said", s.folder);
        assert_int_equal(process_run(output, (const char *[]){LOAD_PROGRAM, "append", s.url, acks, "seed=1", "count=60", NULL}, NULL, 30), 0);
        assert_ok(db_execute(l->d, damages[i].sql, &err), &err);
        ledger_close(l);
        process p = process_start(output, (const char *[]){"/proc/self/exe", "look", s.url, acks, NULL},
                                  (const char *[]){"ASAN_OPTIONS=detect_leaks=0", NULL}); /* a test that fails, as it should, frees nothing */
        int code = process_wait(&p, 30);
        const char *said = process_said(&p);
        if (code != (i > 0) || !strstr(said, damages[i].said)) fail_msg("after %s: ended with %d, said: %s", damages[i].sql, code, said);
        store_remove(&s);
    }
}

int main(int argc, char **argv) {
    const struct CMUnitTest look_tests[] = {cmocka_unit_test(looking)};
    const struct CMUnitTest tests[] = {BOTH(killed_and_killed_again), BOTH(the_checks_bite)};
    if (argc == 4) {
        look_url = argv[2];
        look_acks = argv[3];
        return cmocka_run_group_tests(look_tests, NULL, NULL);
    }
    if (argc == 2) cmocka_set_test_filter(argv[1]); /* "sqlite*": the stores' halves run side by side */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
