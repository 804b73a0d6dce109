/* bench_fit FILE CUSTOMERS ...: seconds to fit every model for buying, and the one for spending, on a file's
 * customers.
 *
 * For each number asked for, an even spread of that many of the file's customers (all, where it has fewer) is
 * summarised in weeks as of the last day and fitted from scratch: every start, k searched, standard errors.
 * Prints one JSON object a fit; a fit that ends at a boundary is timed like any other and says so. */
#include <marram/history.h>
#include <marram/model.h>

#include "orders.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct columns {
    size_t n;
    uint32_t *which;
    double *x, *t_x, *T, *log_gaps, *mean_spend;
} columns;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int stop(const char *what, const mr_error *err) {
    fprintf(stderr, "bench_fit: %s: %s\n", what, err->message);
    return 1;
}

static void columns_free(columns *c) {
    free(c->which);
    free(c->x);
    free(c->t_x);
    free(c->T);
    free(c->log_gaps);
    free(c->mean_spend);
}

static mr_status summarise(const ingest_orders *in, size_t wanted, const mr_context *context, columns *c,
                           mr_error *err) {
    size_t all = in->orders.n, n = wanted < all ? wanted : all;
    *c = (columns){.n = n, .which = malloc((n + 1) * sizeof *c->which)};
    double **each[] = {&c->x, &c->t_x, &c->T, &c->log_gaps, &c->mean_spend};
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) *each[i] = malloc((n + 1) * sizeof **each[i]);
    if (!c->which || !c->x || !c->t_x || !c->T || !c->log_gaps || !c->mean_spend) {
        err->code = MR_ENOMEM;
        snprintf(err->message, sizeof err->message, "out of memory");
        return MR_ENOMEM;
    }
    for (size_t i = 0; i < n; i++) c->which[i] = (uint32_t)((double)i * (double)all / (double)n);
    mr_summary summary = {
        .x = c->x, .t_x = c->t_x, .T = c->T, .log_gaps = c->log_gaps, .mean_spend = c->mean_spend};
    mr_status status =
        mr_history_summary(&in->orders, c->which, n, in->understood.last_day, 7, 0, context, &summary, err);
    c->n = summary.n;
    return status;
}

/* Gamma-Gamma takes those who came back and spent. */
static size_t spenders(columns *c) {
    size_t kept = 0;
    for (size_t i = 0; i < c->n; i++) {
        if (!(c->x[i] >= 1 && c->mean_spend[i] > 0)) continue;
        c->x[kept] = c->x[i];
        c->mean_spend[kept++] = c->mean_spend[i];
    }
    return kept;
}

static void fit(const mr_model *model, const columns *c, size_t n, const mr_context *context) {
    mr_data data = {
        .n = n, .x = c->x, .t_x = c->t_x, .T = c->T, .log_gaps = c->log_gaps, .mean_spend = c->mean_spend};
    mr_fit_options options = {0};
    mr_fit result = {0};
    mr_error err = {0};
    double started = now();
    mr_status status = mr_model_fit(model, &data, &options, context, &result, &err);
    printf(
        "{\"model\":\"%s\",\"customers\":%zu,\"seconds\":%.4f,\"evaluations\":%d,\"converged\":%s,\"k\":%d,"
        "\"log_likelihood\":%.3f,\"status\":\"%s\"}\n",
        mr_model_name(model), n, now() - started, result.evaluations, result.converged ? "true" : "false",
        result.params.k, result.log_likelihood, status == MR_OK ? "ok" : mr_status_text(status));
    fflush(stdout);
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fputs("usage: bench_fit FILE CUSTOMERS ...\n", stderr);
        return 2;
    }
    mr_error err = {0};
    mr_pool *pool = NULL;
    if (mr_pool_new(0, &pool, &err) != MR_OK) return stop("threads", &err);
    mr_context context = {.pool = pool};
    ingest_options options = {.today = INT32_MAX, .until = INT32_MAX};
    ingest_orders in = {0};
    const char *path = argv[1];
    int code = 0;
    if (ingest_orders_read(&path, 1, &options, &context, &in, &err) != MR_OK) code = stop(path, &err);
    for (int i = 2; i < argc && code == 0; i++) {
        columns c = {0};
        if (summarise(&in, (size_t)strtoull(argv[i], NULL, 10), &context, &c, &err) != MR_OK)
            code = stop(path, &err);
        for (size_t m = 0; m < mr_model_count() && code == 0; m++)
            if (mr_model_kind(mr_model_at(m)) == MR_BUYING) fit(mr_model_at(m), &c, c.n, &context);
        if (code == 0) c.n = spenders(&c); /* last: it overwrites the columns */
        for (size_t m = 0; m < mr_model_count() && code == 0; m++)
            if (mr_model_kind(mr_model_at(m)) == MR_SPENDING) fit(mr_model_at(m), &c, c.n, &context);
        columns_free(&c);
    }
    ingest_orders_free(&in);
    mr_pool_free(pool);
    return code;
}
