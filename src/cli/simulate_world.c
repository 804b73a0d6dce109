/* marram simulate --world FILE: a described world as files. */
#include "simulate_world.h"

#include "command.h"

#include "world_write.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define WORLD_MOST 10000000

typedef unsigned long long count;

static void print_words(const simulate_world_options *o, const world *w, const world_written *t) {
    const char *bought = world_mode(w) == RISK_CONTRACTS ? "contracts" : "orders";
    printf("%llu event%s of %llu customer%s; %llu left (%.1f expected), %llu of them at a planted moment; %llu with traces of their reason, "
           "%llu with false ones\n",
           (count)t->events, t->events == 1 ? "" : "s", (count)t->customers, t->customers == 1 ? "" : "s", (count)t->left, t->expected,
           (count)t->moments, (count)t->traces, (count)t->misleading);
    printf("%s/events.ndjson, customers.csv, %s.csv and truth.csv\n", o->out, bought);
}

static int print_json(const simulate_world_options *o, const world *w, uint64_t seed, const world_written *t) {
    json_t *all = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:I, s:I, s:I, s:I, s:s, s:o}", "customers", (json_int_t)t->customers, "events",
                            (json_int_t)t->events, "lines", (json_int_t)t->lines, "orders", (json_int_t)t->orders, "contracts",
                            (json_int_t)t->contracts, "left", (json_int_t)t->left, "expected", t->expected, "at_moments", (json_int_t)t->moments,
                            "with_traces", (json_int_t)t->traces, "misleading", (json_int_t)t->misleading, "seed", (json_int_t)seed, "mode",
                            world_mode(w) == RISK_CONTRACTS ? "contracts" : "orders", "out", json_string(o->out));
    char *text = all ? json_dumps(all, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
    json_decref(all);
    if (!text) {
        fputs("marram simulate: the files are written; their summary cannot be, for want of memory or because the folder's name is not "
              "UTF-8\n",
              stderr);
        return EXIT_INTERNAL;
    }
    puts(text);
    free(text);
    return EXIT_OK;
}

int simulate_world(const simulate_world_options *o) {
    world *w = NULL;
    mr_pool *pool = NULL;
    mr_error err;
    if (o->customers > WORLD_MOST) return command_usage("simulate", "a world has at most %d customers, not %llu", WORLD_MOST, (count)o->customers);
    mr_status status = world_read(o->file, NULL, &w, &err);
    if (status == MR_OK) status = mr_pool_new(o->threads, &pool, &err);
    if (status != MR_OK) {
        world_free(w);
        return command_fail("simulate", &err);
    }
    if (o->customers) world_set_customers(w, o->customers);
    uint64_t seed = o->seed_given ? o->seed : world_seed(w);
    progress_bar bar;
    progress_begin(&bar, "simulating");
    mr_context context = {.pool = pool, .progress = progress_tick, .progress_ctx = &bar};
    world_written written;
    status = world_write(w, seed, o->out, &context, &written, &err);
    progress_end(&bar);
    mr_pool_free(pool);
    int code = status == MR_OK ? EXIT_OK : command_fail("simulate", &err);
    if (status == MR_OK && o->json) code = print_json(o, w, seed, &written);
    if (status == MR_OK && !o->json) print_words(o, w, &written);
    world_free(w);
    if (code == EXIT_OK && (fflush(stdout) != 0 || ferror(stdout))) {
        fputs("marram simulate: the files are written; standard output cannot take their summary\n", stderr);
        code = EXIT_IO;
    }
    return code;
}
