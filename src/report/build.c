/* The run from orders to report, and the comparison part of it. */
#include "build.h"

#include <choose.h>

#include "error.h"
#include "mem.h"
#include "pool.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void build_timing(report *r, const char *name, double seconds) {
    if (r->timing_n >= sizeof r->timing / sizeof *r->timing) return;
    r->timing[r->timing_n].name = name;
    r->timing[r->timing_n++].seconds = seconds;
}

static void copy_score(report_model *m, const compare_entry *e) {
    m->inner_rmse = e->model && e->inner.n ? e->inner.rmse : NAN;
    m->inner_log_loss = e->model && e->inner.n ? e->inner.log_loss : NAN;
    const score *s = &e->outer;
    bool scored = e->fitted && s->n > 0;
    m->mae = scored ? s->mae : NAN;
    m->rmse = scored ? s->rmse : NAN;
    m->msle = scored ? s->msle : NAN;
    m->correlation = scored ? s->correlation : NAN;
    m->predicted_total = scored ? s->predicted_total : NAN;
    m->auc = scored ? s->auc : NAN;
    m->brier = scored ? s->brier : NAN;
    m->top_decile_lift = scored ? s->top_decile_lift : NAN;
    m->rmse_se = scored ? e->rmse_se : NAN;
    for (size_t t = 0; t < SCORE_TENTHS; t++) {
        m->calibration_predicted[t] = scored ? s->calibration_predicted[t] : NAN;
        m->calibration_actual[t] = scored ? s->calibration_actual[t] : NAN;
        m->calibration_n[t] = scored ? s->calibration_n[t] : 0;
    }
}

static void copy_entries(build *b) {
    report *r = &b->r;
    const compare *c = &b->comparison;
    r->models_n = c->n;
    for (size_t i = 0; i < c->n; i++) {
        const compare_entry *e = &c->entry[i];
        report_model *m = &r->models[i];
        m->model = e->model;
        snprintf(m->name, sizeof m->name, "%s", e->name);
        snprintf(m->title, sizeof m->title, "%s", e->title);
        m->k = e->fit.params.k;
        m->fitted = e->fitted;
        m->seconds = e->seconds;
        m->alive_mean = NAN;
        snprintf(m->problem, sizeof m->problem, "%.159s", e->fitted ? "" : e->problem.message);
        copy_score(m, e);
    }
    r->inner_until = c->inner_until;
    r->inner_days = c->inner_days;
    r->outer_until = c->outer_until;
    r->outer_days = c->outer_days;
    r->outer_customers = c->outer_n;
    for (size_t i = 0; i < c->n; i++)
        if (!c->entry[i].model) r->outer_actual_total = c->entry[i].outer.actual_total;
}

mr_status build_compare(build *b, const ingest_orders *input, const build_options *o, const mr_context *context,
                        mr_error *err) {
    size_t n = input->orders.n;
    uint64_t *hash = NULL;
    mr_status status = MR_OK;
    if (o->sample && n > o->sample + o->sample / 10) {
        hash = ingest_hash_ids(input, context_pool(context));
        if (!hash) return error_memory(err, n * sizeof *hash);
    }
    int32_t days = choose_window(input->understood.first_day, b->r.until, o->horizon_days);
    compare_options options = {.outer_until = b->r.until - days, .outer_days = days, .days_per_unit = o->days_per_unit,
                               .sample = o->sample, .seed = o->seed};
    mr_error why = {0};
    if (status == MR_OK && days >= 1)
        status = compare_models(&input->orders, hash, &options, o->clock, context, &b->comparison, &why);
    mem_free(NULL, hash);
    /* Too little history for a holdout is no reason to stop: build_fits then chooses by AIC and says so. */
    if (status == MR_EDATA) status = MR_OK;
    if (status != MR_OK) {
        if (err) *err = why;
        return status;
    }
    b->r.sample = b->comparison.sample ? b->comparison.sample_n : n;
    b->r.sampled = b->comparison.sample != NULL;
    copy_entries(b);
    return MR_OK;
}

static mr_status summarise(build *b, const ingest_orders *input, const build_options *o, const mr_context *context,
                           mr_error *err) {
    size_t n = b->n = input->orders.n;
    double *c = b->columns = mem_take(context_alloc(context), n * 6, sizeof *c);
    if (!c) return error_memory(err, n * 6 * sizeof *c);
    b->spend = c + 4 * n;
    b->mean_spend = c + 5 * n;
    mr_summary s = {.x = c, .t_x = c + n, .T = c + 2 * n, .log_gaps = c + 3 * n, .spend = b->spend, .mean_spend = b->mean_spend};
    mr_status status = mr_history_summary(&input->orders, NULL, 0, b->r.until, o->days_per_unit, 0, context, &s, err);
    b->data = (mr_data){.n = n, .x = s.x, .t_x = s.t_x, .T = s.T, .log_gaps = s.log_gaps};
    if (status == MR_OK && s.n != n)
        status = error_set(err, MR_EINVAL, "until", -1, "orders after the last day of observation were not left out");
    return status;
}

/* Each part's share of the time, in thousandths, as measured over twenty million orders. A part that cannot say how far it is
 * (a fit counts evaluations) moves ahead by ever smaller steps. */
typedef struct part_progress {
    const mr_context *outer;
    uint64_t before, share, ticks;
} part_progress;

static int part_tick(uint64_t done, uint64_t total, void *ctx) {
    part_progress *p = ctx;
    p->ticks++;
    double way = total ? (double)done / (double)total : (double)p->ticks / (double)(p->ticks + 20);
    return p->outer->progress(p->before + (uint64_t)(fmin(1, way) * (double)p->share), 1000, p->outer->progress_ctx);
}

mr_status build_report(const ingest_orders *input, const build_options *o, const mr_context *context, build *b,
                       mr_error *err) {
    static const struct {
        const char *name;
        uint64_t share;
        mr_status (*part)(build *, const ingest_orders *, const build_options *, const mr_context *, mr_error *);
    } parts[] = {{"summarise", 30, summarise},
                 {"compare models", 220, build_compare},
                 {"fit", 200, build_fits},
                 {"forecast", 350, build_customers},
                 {"charts", 200, build_charts}};
    memset(b, 0, sizeof *b);
    report *r = &b->r;
    *r = (report){.input = input, .program_version = mr_version(), .horizon_days = o->horizon_days,
                  .days_per_unit = o->days_per_unit, .margin = o->margin, .discount_rate = o->discount_rate, .seed = o->seed,
                  .has_money = input->orders.money != NULL, .n = input->orders.n, .interval_level = 0.8};
    r->until = o->until == INT32_MIN ? input->understood.last_day : o->until;
    if (input->orders.n == 0) return error_set(err, MR_EDATA, NULL, -1, "there are no orders in the input");
    build_timing(r, "read", input->understood.seconds_read);
    build_timing(r, "group", input->understood.seconds_group);
    part_progress at = {.outer = context};
    mr_context within = context ? *context : (mr_context){0};
    if (within.progress) within.progress = part_tick, within.progress_ctx = &at;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        double started = o->clock ? o->clock() : 0;
        at.share = parts[i].share;
        at.ticks = 0;
        bool stop = within.progress && context->progress(at.before, 1000, context->progress_ctx);
        mr_status status = stop ? error_set(err, MR_ECANCELLED, NULL, -1, "cancelled")
                                : parts[i].part(b, input, o, &within, err);
        at.before += at.share;
        if (status != MR_OK) {
            build_free(b);
            return status;
        }
        build_timing(r, parts[i].name, o->clock ? o->clock() - started : 0);
    }
    return MR_OK;
}

void build_free(build *b) {
    compare_free(&b->comparison);
    void *owned[] = {b->customers, b->months, b->cohorts, b->week_day, b->week_actual, b->week_expected, b->columns};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) mem_free(NULL, owned[i]);
    b->customers = NULL, b->months = NULL, b->cohorts = NULL, b->week_day = NULL;
    b->week_actual = b->week_expected = b->columns = NULL;
}
