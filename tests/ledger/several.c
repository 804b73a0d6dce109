/* Several processes on one ledger at once: nobody's update is lost, nobody is turned away. */
#include "import_file.h"
#include "process.h"
#include "sound.h"

#include <stdlib.h>

typedef struct client {
    process p;
    char acks[128], output[128], seed[40], count[40], pool[40], threads[40];
} client;

static void begin_client(client *c, const store *s, unsigned seed, unsigned threads, unsigned count, unsigned pool) {
    snprintf(c->acks, sizeof c->acks, "%s/acks-%u", s->folder, seed);
    snprintf(c->output, sizeof c->output, "%s/said-%u", s->folder, seed);
    snprintf(c->seed, sizeof c->seed, "seed=%u", seed);
    snprintf(c->count, sizeof c->count, "count=%u", count);
    snprintf(c->pool, sizeof c->pool, "pool=%u", pool);
    snprintf(c->threads, sizeof c->threads, "threads=%u", threads);
    c->p = process_start(c->output, (const char *[]){LOAD_PROGRAM, "append", s->url, c->acks, c->seed, c->count, c->pool, c->threads, NULL}, NULL);
}

static void end_client(client *c, load_acks *acks, unsigned seed) {
    process_ended(&c->p, 120, 0, "");
    assert_true(load_acks_read(acks, c->acks, seed));
}

/* Eight clients, one customer. */
static void one_customer(void **state) {
    enum { CLIENTS = 8 };
    store *s = store_of(state);
    client c[CLIENTS];
    load_acks acks = {0};
    unsigned each = SANITIZED ? 15 : 60;
    ledger_close(fixture_ledger(s));
    for (unsigned i = 0; i < CLIENTS; i++) begin_client(&c[i], s, i + 1, 1, each, 1);
    for (unsigned i = 0; i < CLIENTS; i++) end_client(&c[i], &acks, i + 1);
    assert_int_equal(acks.n, CLIENTS * each);
    ledger *l = fixture_open(s);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM event"), CLIENTS * each);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM customer_ref"), 1);
    assert_int_equal(fixture_number(l, "SELECT version FROM cycle"), CLIENTS * each);
    sound_acks(l, &acks, 0, 1);
    sound_ledger(l, true);
    sound_projections(l);
    ledger_close(l);
    load_acks_free(&acks);
}

/* Two writers and an import of the same customers; then two imports of one file, and a writer. */
static void writers_and_imports(void **state) {
    enum { POOL = 400 };
    store *s = store_of(state);
    client c[2];
    load_acks acks = {0};
    char file[128], output[2][128];
    process p[2];
    unsigned events = SANITIZED ? 1500 : 4000, count = SANITIZED ? 60 : 250;
    ledger_close(fixture_ledger(s));
    snprintf(file, sizeof file, "%s/events.ndjson", s->folder);
    import_file(file, events, POOL);
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 2; i++) begin_client(&c[i], s, 10 * round + i + 1, 3, count, POOL);
        for (unsigned i = 0; i <= round; i++) {
            snprintf(output[i], sizeof output[i], "%s/import-%u", s->folder, i);
            p[i] = process_start(output[i], (const char *[]){LOAD_PROGRAM, "import", s->url, file, i ? "run_rows=300" : "run_rows=170", NULL}, NULL);
        }
        for (unsigned i = 0; i <= round; i++) process_ended(&p[i], 120, 0, "added");
        for (unsigned i = 0; i < 2; i++) end_client(&c[i], &acks, 10 * round + i + 1);
        ledger *l = fixture_open(s);
        sound_acks(l, &acks, 0, POOL);
        sound_ledger(l, true);
        sound_projections(l);
        ledger_close(l);
        if (!round) import_file(file, 2 * events, POOL); /* a longer export of the same */
    }
    print_message("%zu appends beside three imports\n", acks.n);
    load_acks_free(&acks);
}

/* `marram db init` by eight at once: one ledger, one key. */
static void all_begin_it(void **state) {
    enum { CLIENTS = 8 };
    store *s = store_of(state);
    mr_error err = {0};
    process p[CLIENTS];
    char output[CLIENTS][128];
    for (int i = 0; i < CLIENTS; i++) {
        snprintf(output[i], sizeof output[i], "%s/init-%d", s->folder, i);
        p[i] = process_start(output[i], (const char *[]){MARRAM_PROGRAM, "db", "init", "--db", s->url, NULL}, NULL);
    }
    for (int i = 0; i < CLIENTS; i++) process_ended(&p[i], 60, 0, "the ledger is ready");
    ledger *l;
    assert_ok(ledger_open(s->url, NULL, &l, &err), &err);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM setting WHERE name = 'hash_key'"), 1);
    ledger_close(l);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {BOTH(one_customer), BOTH(writers_and_imports), BOTH(all_begin_it)};
    if (argc == 2) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
