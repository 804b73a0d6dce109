/* tick URL SECONDS: one tick at SECONDS since 1970, with the default settings and nothing sent, as JSON: how many were looked at, seconds from opening the ledger to
 * closing it, and what each statement cost where the store counts (db_costs). bench/tick fills the ledgers and compares. */
#include <ledger.h>
#include <tick.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void note(const db_cost *cost, void *ctx) {
    json_array_append_new(ctx, json_pack("{s:s,s:I,s:I,s:I}", "sql", cost->sql, "runs", (json_int_t)cost->runs, "steps", (json_int_t)cost->steps, "scanned", (json_int_t)cost->scanned));
}

int main(int argc, char **argv) {
    mr_error err = {0};
    ledger *l = NULL;
    config c = {0};
    knowledge known;
    tick_counts n = {0};
    if (argc != 3) {
        fprintf(stderr, "usage: tick URL SECONDS\n");
        return 2;
    }
    const tick_options o = {.now_us = 1000000 * strtoll(argv[2], NULL, 10), .owner = "bench:1", .wall_us = (int64_t)time(NULL) * 1000000};
    json_t *costs = json_array();
    mr_status status = config_load(NULL, NULL, NULL, &c, &err);
    double start = seconds();
    if (status == MR_OK) status = ledger_open(argv[1], &(db_options){.by_key = true}, &l, &err);
    if (status == MR_OK) status = knowledge_read(l, &known, &err);
    if (status == MR_OK) status = tick_run(l, &c, &known, &o, &n, &err);
    if (status == MR_OK) db_costs(l->d, note, costs);
    ledger_close(l);
    double took = seconds() - start;
    if (status != MR_OK) fprintf(stderr, "tick: %s\n", err.message);
    json_t *out = json_pack("{s:I,s:I,s:I,s:f,s:o}", "due", (json_int_t)n.due, "looked", (json_int_t)n.looked, "made", (json_int_t)n.made, "seconds", took, "statements", costs);
    if (status == MR_OK) json_dumpf(out, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER), putchar('\n');
    json_decref(out);
    config_free(&c);
    return status == MR_OK ? 0 : 1;
}
