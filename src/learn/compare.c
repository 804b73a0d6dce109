/* Comparing models on time holdouts.
 *
 * The choice: among the models fitted on the inner calibration, the smallest root mean square error on the inner window; models
 * whose mean square error is within one paired bootstrap standard error of it are as good, and of those the one with the
 * smallest log loss of "orders again" is taken, since that chance is the headline. The outer window has no part in it. */
#include "compare.h"

#include "error.h"
#include "mem.h"
#include "pool.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BOOTSTRAP_ROUNDS 200
#define SAME 1e-6 /* errors that differ by less, relative, differ by how fits end, which the order of rows may touch */

/* One window: the summaries as of its start, and what came after. */
typedef struct window {
    mr_summary s;
    mr_data data;
    double *columns;
    double *last_period; /* orders in the window's length before its start */
    double *expected, *chance;
    double *error[COMPARE_MAX]; /* squared errors by entry */
    uint32_t *customer;
    double horizon;
} window;

static void window_free(window *w) {
    mem_free(NULL, w->columns);
    mem_free(NULL, w->customer);
    for (size_t i = 0; i < COMPARE_MAX; i++) mem_free(NULL, w->error[i]);
    memset(w, 0, sizeof *w);
}

static mr_status window_new(const mr_orders *orders, const compare *c, int32_t until, int32_t days, double days_per_unit,
                            const mr_context *context, window *w, mr_error *err) {
    *w = (window){.horizon = days / days_per_unit};
    size_t most = c->sample ? c->sample_n : orders->n;
    w->columns = mem_take(NULL, most * 8, sizeof *w->columns);
    w->customer = mem_take(NULL, most, sizeof *w->customer);
    if (!w->columns || !w->customer) return error_memory(err, most * 8 * sizeof(double));
    double *column = w->columns;
    w->s = (mr_summary){.customer = w->customer, .x = column, .t_x = column + most, .T = column + 2 * most,
                        .log_gaps = column + 3 * most, .future = column + 4 * most};
    mr_status status = mr_history_summary(orders, c->sample, c->sample_n, until, days_per_unit, days, context, &w->s, err);
    if (status != MR_OK) return status;
    w->data = (mr_data){.n = w->s.n, .x = w->s.x, .t_x = w->s.t_x, .T = w->s.T, .log_gaps = w->s.log_gaps};
    w->last_period = column + 5 * most;
    w->expected = column + 6 * most;
    w->chance = column + 7 * most;
    for (size_t i = 0; i < w->s.n; i++) {
        uint64_t from = orders->offset[w->customer[i]], at = from + (uint64_t)w->s.x[i] + 1;
        double count = 0;
        while (at > from && orders->day[at - 1] > until - days) at--, count++;
        w->last_period[i] = count;
    }
    return MR_OK;
}

static mr_status keep_error(window *w, size_t entry, mr_error *err) {
    double *column = w->error[entry] = mem_take(NULL, w->s.n, sizeof *column);
    if (!column) return error_memory(err, w->s.n * sizeof *column);
    for (size_t i = 0; i < w->s.n; i++) column[i] = (w->expected[i] - w->s.future[i]) * (w->expected[i] - w->s.future[i]);
    return MR_OK;
}

/* A model whose forecasts are no numbers is left out, like one that cannot be fitted. */
static mr_status score_window(window *w, compare *c, size_t entry, bool outer, mr_error *err) {
    compare_entry *e = &c->entry[entry];
    mr_status status = score_forecast(w->s.n, w->expected, w->chance, w->s.future, outer ? &e->outer : &e->inner, &e->problem);
    if (status == MR_OK) return keep_error(w, entry, err);
    if (status != MR_EDATA) {
        if (err) *err = e->problem;
        return status;
    }
    *(outer ? &e->outer : &e->inner) = (score){0};
    e->fitted = false;
    return MR_OK;
}

/* --- baselines: what one would do without a model --- */

static void always_zero(window *w) {
    for (size_t i = 0; i < w->s.n; i++) w->expected[i] = w->chance[i] = 0;
}

static void same_as_last_period(window *w) {
    for (size_t i = 0; i < w->s.n; i++) {
        w->expected[i] = w->last_period[i];
        w->chance[i] = w->last_period[i] > 0;
    }
}

/* Whoever ordered within the last horizon goes on at their own past rate, the others are gone; the chance of ordering again
 * halves with every horizon of silence. */
static void recency_rule(window *w) {
    for (size_t i = 0; i < w->s.n; i++) {
        double silence = w->s.T[i] - w->s.t_x[i];
        w->expected[i] = silence <= w->horizon ? w->s.x[i] / fmax(w->s.T[i], w->horizon) * w->horizon : 0;
        w->chance[i] = exp2(-silence / w->horizon);
    }
}

static const struct {
    const char *name, *title;
    void (*forecast)(window *w);
} baselines[] = {
    {"always-zero", "Nobody orders again", always_zero},
    {"same-as-last-period", "Same as the last period", same_as_last_period},
    {"recency-rule", "Recency rule", recency_rule},
};

static mr_status forecast(const mr_fit *fit, window *w, const mr_context *context, mr_error *err) {
    mr_forecast f = {.expected = w->expected, .p_order = w->chance};
    mr_forecast_spec spec = {.horizon = w->horizon};
    return mr_model_forecast(&fit->params, &w->data, &spec, context, &f, err);
}

/* A model that cannot be fitted is left out with its reason; only lack of memory and a cancel end the comparison. */
static bool fatal(mr_status status) {
    return status == MR_ENOMEM || status == MR_ECANCELLED || status == MR_EINVAL;
}

/* Fits one entry to a window: from scratch (inner), or from the inner fit and, should that fail, from scratch (outer). */
static mr_status fit_entry(compare_entry *e, const window *w, bool outer, compare_clock clock, const mr_context *context) {
    double started = clock ? clock() : 0;
    bool warm = outer && e->fitted;
    mr_fit *fit = outer ? &e->fit : &e->inner_fit;
    mr_fit_options options = {.no_errors = warm, .start = warm ? &e->inner_fit.params : NULL,
                              .hessian = warm ? e->inner_fit.hessian : NULL};
    mr_status status = mr_model_fit(e->model, &w->data, &options, context, fit, &e->problem);
    if (warm && status != MR_OK && !fatal(status))
        status = mr_model_fit(e->model, &w->data, NULL, context, fit, &e->problem);
    e->fitted = status == MR_OK;
    e->seconds += clock ? clock() - started : 0;
    return fatal(status) ? status : MR_OK;
}

typedef struct fit_job {
    compare *c;
    const window *w;
    bool outer;
    compare_clock clock;
    const mr_context *alone; /* no pool: each fit on one thread */
} fit_job;

static mr_status fit_block(void *ctx, size_t block, int worker, mr_error *err) {
    (void)worker;
    fit_job *job = ctx;
    compare_entry *e = &job->c->entry[job->c->n - 1 - block]; /* the dearest models stand last: they start first */
    if (!e->model) return MR_OK;
    mr_status status = fit_entry(e, job->w, job->outer, job->clock, job->alone);
    if (status != MR_OK && err) *err = e->problem;
    return status;
}

/* So few rows that a fit cannot keep two threads busy: then the models share them out. */
#define FEW_ROWS 20000

static mr_status fit_entries(compare *c, const window *w, bool outer, compare_clock clock, const mr_context *context,
                             mr_error *err) {
    mr_context alone = {.alloc = context_alloc(context)};
    if (w->data.n <= FEW_ROWS) {
        fit_job job = {c, w, outer, clock, &alone};
        mr_status status = pool_run(context_pool(context), c->n, fit_block, &job, err);
        if (status == MR_OK && context && context->progress && context->progress(1, 0, context->progress_ctx))
            status = error_set(err, MR_ECANCELLED, NULL, -1, "cancelled");
        return status;
    }
    for (size_t i = 0; i < c->n; i++) {
        compare_entry *e = &c->entry[i];
        mr_status status = e->model ? fit_entry(e, w, outer, clock, context) : MR_OK;
        if (status == MR_OK) continue;
        if (err) *err = e->problem;
        return status;
    }
    return MR_OK;
}

static mr_status inner_scores(compare *c, window *w, compare_clock clock, const mr_context *context, mr_error *err) {
    mr_status status = fit_entries(c, w, false, clock, context, err);
    for (size_t i = 0; i < c->n && status == MR_OK; i++) {
        compare_entry *e = &c->entry[i];
        if (!e->model || !e->fitted) continue;
        status = forecast(&e->inner_fit, w, context, err);
        if (status == MR_OK) status = score_window(w, c, i, false, err);
    }
    return status;
}

typedef struct place {
    double T, t_x, x, future;
    size_t row;
} place;

static int by_place(const void *a, const void *b) {
    const place *p = a, *q = b;
    if (p->T != q->T) return p->T < q->T ? -1 : 1;
    if (p->t_x != q->t_x) return p->t_x < q->t_x ? -1 : 1;
    if (p->x != q->x) return p->x < q->x ? -1 : 1;
    if (p->future != q->future) return p->future < q->future ? -1 : 1;
    return (p->row > q->row) - (p->row < q->row);
}

/* Error columns in an order of what happened, not of the file: the bootstrap's draws then fall on the same customers, or on such as
 * are alike to every model, for the same orders in any order of rows. */
static mr_status settle_order(window *w, mr_error *err) {
    size_t n = w->s.n;
    place *at = mem_take(NULL, n, sizeof *at);
    double *kept = mem_take(NULL, n, sizeof *kept);
    mr_status status = at && kept ? MR_OK : error_memory(err, n * sizeof *at);
    for (size_t i = 0; status == MR_OK && i < n; i++)
        at[i] = (place){w->s.T[i], w->s.t_x[i], w->s.x[i], w->s.future[i], i};
    if (status == MR_OK) qsort(at, n, sizeof *at, by_place);
    for (size_t e = 0; status == MR_OK && e < COMPARE_MAX; e++) {
        if (!w->error[e]) continue;
        for (size_t i = 0; i < n; i++) kept[i] = w->error[e][at[i].row];
        memcpy(w->error[e], kept, n * sizeof *kept);
    }
    mem_free(NULL, at);
    mem_free(NULL, kept);
    return status;
}

/* Standard errors of the entries that have an error column; best: the entry differences are taken from. */
static mr_status bootstrap(const compare *c, window *w, size_t best, uint64_t seed, const mr_context *context,
                           double se[COMPARE_MAX], double against[COMPARE_MAX], mr_error *err) {
    mr_status status = settle_order(w, err);
    if (status != MR_OK) return status;
    const double *column[COMPARE_MAX] = {0};
    size_t index[COMPARE_MAX], m = 0, best_column = 0;
    for (size_t i = 0; i < c->n; i++) {
        se[i] = against[i] = NAN;
        if (!w->error[i]) continue;
        if (i == best) best_column = m;
        index[m] = i;
        column[m++] = w->error[i];
    }
    double se_column[COMPARE_MAX], against_column[COMPARE_MAX];
    status = score_bootstrap(w->s.n, m, column, best_column, BOOTSTRAP_ROUNDS, seed, context, se_column, against_column, err);
    for (size_t i = 0; status == MR_OK && i < m; i++) {
        se[index[i]] = se_column[i];
        against[index[i]] = against_column[i];
    }
    return status;
}

static mr_status choose(compare *c, window *w, uint64_t seed, const mr_context *context, mr_error *err) {
    size_t best = COMPARE_MAX;
    for (size_t i = 0; i < c->n; i++)
        if (c->entry[i].model && c->entry[i].fitted && (best == COMPARE_MAX || c->entry[i].inner.rmse < c->entry[best].inner.rmse))
            best = i;
    if (best == COMPARE_MAX) return MR_OK;
    double se[COMPARE_MAX], against[COMPARE_MAX];
    mr_status status = bootstrap(c, w, best, seed, context, se, against, err);
    if (status != MR_OK) return status;
    size_t chosen = best, as_good = 0;
    double best_square = c->entry[best].inner.rmse * c->entry[best].inner.rmse;
    for (size_t i = 0; i < c->n; i++) {
        compare_entry *e = &c->entry[i];
        e->inner_rmse_se = se[i];
        if (!e->model || !e->fitted) continue;
        if (e->inner.rmse * e->inner.rmse - best_square > against[i] + SAME * best_square) continue;
        as_good++;
        /* Of the same model under two names (a regular rhythm with k = 1) the first, the simpler, is taken. */
        double gain = c->entry[chosen].inner.log_loss - e->inner.log_loss, least = SAME * c->entry[chosen].inner.log_loss;
        if (gain > least || (i < chosen && gain > -least)) chosen = i;
    }
    c->has_choice = true;
    c->chosen = chosen;
    if (as_good > 1) {
        snprintf(c->why, sizeof c->why,
                 "on the inner window %zu models have an error within one standard error of the smallest; of those %s tells best who "
                 "orders again (log loss %.4f)",
                 as_good, c->entry[chosen].title, c->entry[chosen].inner.log_loss);
    } else {
        snprintf(c->why, sizeof c->why, "%s has the smallest error on the inner window (RMSE %.4f), by more than chance",
                 c->entry[chosen].title, c->entry[chosen].inner.rmse);
    }
    return MR_OK;
}

static mr_status outer_scores(compare *c, window *w, uint64_t seed, compare_clock clock, const mr_context *context,
                              mr_error *err) {
    mr_status status = fit_entries(c, w, true, clock, context, err);
    for (size_t i = 0; i < c->n && status == MR_OK; i++) {
        compare_entry *e = &c->entry[i];
        if (!e->model) {
            baselines[i - (c->n - sizeof baselines / sizeof *baselines)].forecast(w);
        } else if (e->fitted) {
            status = forecast(&e->fit, w, context, err);
        }
        if (status == MR_OK && e->fitted) status = score_window(w, c, i, true, err);
    }
    if (status != MR_OK) return status;
    double se[COMPARE_MAX], against[COMPARE_MAX];
    status = bootstrap(c, w, c->chosen, seed, context, se, against, err);
    for (size_t i = 0; status == MR_OK && i < c->n; i++) c->entry[i].rmse_se = se[i];
    return status;
}

static mr_status take_sample(const mr_orders *orders, const uint64_t *hash, size_t wanted, compare *c, mr_error *err) {
    c->sample_n = orders->n;
    if (!wanted || !hash || orders->n <= wanted + wanted / 10) return MR_OK;
    uint64_t limit = (uint64_t)((double)wanted / (double)orders->n * 0x1p64);
    c->sample = mem_take(NULL, orders->n, sizeof *c->sample);
    if (!c->sample) return error_memory(err, orders->n * sizeof *c->sample);
    c->sample_n = 0;
    for (size_t i = 0; i < orders->n; i++)
        if (hash[i] < limit) c->sample[c->sample_n++] = (uint32_t)i;
    return MR_OK;
}

static void list_entries(compare *c) {
    for (size_t i = 0; i < mr_model_count(); i++) {
        const mr_model *model = mr_model_at(i);
        if (mr_model_kind(model) != MR_BUYING) continue;
        c->entry[c->n++] = (compare_entry){.model = model, .name = mr_model_name(model), .title = mr_model_title(model)};
    }
    for (size_t i = 0; i < sizeof baselines / sizeof *baselines; i++)
        c->entry[c->n++] = (compare_entry){.name = baselines[i].name, .title = baselines[i].title, .fitted = true};
}

mr_status compare_models(const mr_orders *orders, const uint64_t *hash, const compare_options *options,
                         compare_clock clock, const mr_context *context, compare *out, mr_error *err) {
    memset(out, 0, sizeof *out);
    list_entries(out);
    int32_t first = INT32_MAX;
    for (size_t i = 0; i < orders->n; i++)
        if (orders->day[orders->offset[i]] < first) first = orders->day[orders->offset[i]];
    int32_t span = options->outer_until - first + 1;
    out->outer_until = options->outer_until;
    out->outer_days = options->outer_days;
    out->inner_days = options->outer_days < span / 3 ? options->outer_days : span / 3;
    out->inner_until = options->outer_until - out->inner_days;
    if (out->inner_days < 1)
        return error_set(err, MR_EDATA, "until", -1, "the orders before the holdout span %d days: too few to compare models on",
                         span > 0 ? span : 0);
    mr_status status = take_sample(orders, hash, options->sample, out, err);
    window w = {0};
    if (status == MR_OK)
        status = window_new(orders, out, out->inner_until, out->inner_days, options->days_per_unit, context, &w, err);
    out->inner_n = w.s.n;
    if (status == MR_OK && w.s.n) status = inner_scores(out, &w, clock, context, err);
    if (status == MR_OK && w.s.n) status = choose(out, &w, options->seed, context, err);
    window_free(&w);
    if (status == MR_OK)
        status = window_new(orders, out, out->outer_until, out->outer_days, options->days_per_unit, context, &w, err);
    out->outer_n = w.s.n;
    if (status == MR_OK && w.s.n) status = outer_scores(out, &w, options->seed, clock, context, err);
    window_free(&w);
    if (status != MR_OK) compare_free(out);
    return status;
}

void compare_free(compare *c) {
    mem_free(NULL, c->sample);
    c->sample = NULL;
}
