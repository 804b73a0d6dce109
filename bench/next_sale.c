/* next_sale WORLD.yaml ... [--seeds N] [--customers N] [--threads N] [--db LEDGER]: hit rates at 3 on orders not seen before, of what is suggested, of bestsellers and of what the
 * customer bought most, over seeds 1 .. N, with their spread; in how many seeds it was said that suggestions are better than bestsellers; and how fast that was.
 * --db: how fast a ledger's orders are read, and what that takes, in place of worlds. docs/methods/next-sale.md has the tables. */
#include <error.h>
#include <next_sale_of.h>
#include <pool.h>
#include <world.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SEEDS = 1000 };

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static mr_status gather(const world *w, uint64_t seed, next_sale_base *b, mr_error *err) {
    static int32_t day[100000];
    static uint32_t product[100000];
    world_room *room = NULL;
    mr_status status = world_room_new(NULL, &room, err);
    for (uint64_t i = 0; i < world_customers(w) && status == MR_OK; i++) {
        world_history h;
        size_t n = 0;
        bool failed = false;
        status = world_customer(w, seed, i, room, &h, err);
        for (size_t k = 0; status == MR_OK && k < h.t.n && n < 100000; k++) {
            const trace_event *e = &h.t.event[k];
            if (!trace_is_order(e) || !h.words[k].note) continue;
            day[n] = e->day;
            product[n++] = next_sale_base_product(b, h.words[k].note, strlen(h.words[k].note), &failed);
        }
        if (status == MR_OK && failed) status = error_memory(err, 1);
        if (status == MR_OK) status = next_sale_base_customer(b, day, product, n, err);
    }
    world_room_free(room);
    return status;
}

typedef struct figure {
    double at[SEEDS];
} figure;

static void spread(const char *what, const figure *f, int n) {
    double sum = 0, squares = 0, low = INFINITY, high = -INFINITY;
    for (int i = 0; i < n; i++) {
        sum += f->at[i];
        low = fmin(low, f->at[i]);
        high = fmax(high, f->at[i]);
    }
    for (int i = 0; i < n; i++) squares += pow(f->at[i] - sum / n, 2);
    printf("  %-28s %6.2f %%   sd %.2f, %.2f to %.2f\n", what, 100 * sum / n, 100 * sqrt(squares / (n > 1 ? n - 1 : 1)), 100 * low, 100 * high);
}

static mr_status run(const char *file, int seeds, uint64_t customers, mr_pool *pool, mr_error *err) {
    static figure ours, best, own, gain;
    world *w = NULL;
    int acts = 0, worse_than_own = 0;
    double cases = 0, spent = 0, lines = 0, mu = 0, kappa = 0, pairs = 0;
    mr_context context = {.pool = pool};
    mr_status status = world_read(file, NULL, &w, err);
    if (status == MR_OK && customers) world_set_customers(w, customers);
    for (int s = 0; s < seeds && status == MR_OK; s++) {
        next_sale_base b = {0};
        next_sale_trial t;
        next_sale_model m = {0};
        status = gather(w, (uint64_t)s + 1, &b, err);
        double began = seconds();
        if (status == MR_OK) status = next_sale_learn(&b, world_until(w), &context, &t, &m, err);
        spent += seconds() - began;
        ours.at[s] = t.ours.rate;
        best.at[s] = t.best.rate;
        own.at[s] = t.own.rate;
        gain.at[s] = t.gain;
        acts += t.verdict == NEXT_SALE_ACTS;
        worse_than_own += t.own_high < 0;
        cases += (double)t.cases;
        lines += (double)t.lines;
        mu += log2(m.mu);
        kappa += log2(m.kappa);
        pairs += (double)t.pairs;
        next_sale_free(&m);
        next_sale_base_free(&b);
    }
    if (status == MR_OK) {
        printf("%s: %d seeds, %.0f lines and %.0f cases each\n", file, seeds, lines / seeds, cases / seeds);
        spread("suggestions", &ours, seeds);
        spread("bestsellers", &best, seeds);
        spread("the customer's own", &own, seeds);
        spread("suggestions - bestsellers", &gain, seeds);
        printf("  better than bestsellers in %d of %d; worse than the customer's own in %d; %.1f pairs to suggest; mu 2^%.1f, kappa 2^%.1f; %.2f s a million lines (two fits and the trial, %d thread%s)\n", acts, seeds, worse_than_own, pairs / seeds, mu / seeds, kappa / seeds,
               1e6 * spent / lines, pool_size(pool), pool_size(pool) == 1 ? "" : "s");
    }
    world_free(w);
    return status;
}

static mr_status run_ledger(const char *url, mr_pool *pool, mr_error *err) {
    ledger *l = NULL;
    next_sale_base b = {0};
    next_sale_trial t;
    next_sale_model m = {0};
    mr_context context = {.pool = pool};
    double began = seconds(), read = 0, learnt = 0;
    mr_status status = ledger_open(url, NULL, &l, err);
    if (status == MR_OK) status = next_sale_base_read(l, INT32_MAX, &context, &b, err);
    read = seconds() - began;
    if (status == MR_OK) status = next_sale_learn(&b, INT32_MAX, &context, &t, &m, err);
    learnt = seconds() - began - read;
    if (status == MR_OK) {
        json_t *o = next_sale_document(&b, &t, &m);
        char *text = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(9));
        printf("%zu lines of %zu customers and %u products: read in %.2f s, learnt in %.2f s (%d threads), a million lines in %.2f s; a document of %zu bytes\n", b.lines, b.customers, b.products, read, learnt, pool_size(pool),
               1e6 * (read + learnt) / (double)b.lines, strlen(text));
        free(text);
        json_decref(o);
    }
    next_sale_free(&m);
    next_sale_base_free(&b);
    ledger_close(l);
    return status;
}

int main(int argc, char **argv) {
    int seeds = 10, threads = 1;
    uint64_t customers = 0;
    const char *url = NULL;
    mr_pool *pool = NULL;
    mr_error err = {0};
    for (int i = 1; i + 1 < argc; i++) {
        if (!strcmp(argv[i], "--seeds")) seeds = atoi(argv[i + 1]);
        if (!strcmp(argv[i], "--customers")) customers = strtoull(argv[i + 1], NULL, 10);
        if (!strcmp(argv[i], "--db")) url = argv[i + 1];
        if (!strcmp(argv[i], "--threads")) threads = atoi(argv[i + 1]);
    }
    if (seeds < 1 || seeds > SEEDS) return fprintf(stderr, "1 to %d seeds\n", SEEDS), 2;
    mr_status status = mr_pool_new(threads, &pool, &err);
    if (status == MR_OK && url) status = run_ledger(url, pool, &err);
    for (int i = 1; i < argc && status == MR_OK; i++)
        if (!strncmp(argv[i], "--", 2)) i++;
        else status = run(argv[i], seeds, customers, pool, &err);
    mr_pool_free(pool);
    if (status != MR_OK) fprintf(stderr, "%s\n", err.message);
    return status != MR_OK;
}
