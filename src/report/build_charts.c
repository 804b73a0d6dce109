/* What the report draws: erosion, cohorts, weekly fit, the cycle chart, P(alive) across models. */
#include "build.h"

#include <aggregate.h>
#include <cnbd.h>

#include "calendar.h"
#include "error.h"
#include "mem.h"
#include "pool.h"

#include <math.h>
#include <string.h>

/* --- one pass over all histories; counts are whole numbers, so that a state a worker can be merged in any order --- */

typedef struct base_state {
    daily daily;
    cohort_table cohorts;
    erosion erosion;
    uint64_t *days; /* births, then repeats */
} base_state;

typedef struct pass_job {
    const mr_orders *orders;
    base_state *state; /* [workers] */
} pass_job;

#define PASS_BLOCK 8192

static mr_status pass_block(void *ctx, size_t block, int worker, mr_error *err) {
    (void)err;
    const pass_job *job = ctx;
    const mr_orders *o = job->orders;
    base_state *s = &job->state[worker];
    size_t from = block * PASS_BLOCK, to = from + PASS_BLOCK < o->n ? from + PASS_BLOCK : o->n;
    for (size_t c = from; c < to; c++) {
        const int32_t *day = o->day + o->offset[c];
        const int64_t *money = o->money ? o->money + o->offset[c] : NULL;
        size_t n = o->offset[c + 1] - o->offset[c];
        daily_add(&s->daily, day, n);
        cohort_add(&s->cohorts, day, n);
        erosion_add(&s->erosion, day, money, n);
    }
    return MR_OK;
}

static void state_begin(base_state *s, const report *r, int32_t first, size_t days, const double *ratio, size_t ratio_n) {
    s->daily = (daily){.first_day = first, .days = days, .births = s->days, .repeats = s->days + days};
    cohort_begin(&s->cohorts, first, r->until, days > 2 * 366 ? 3 : 1);
    erosion_begin(&s->erosion, first, r->until, ratio, ratio_n, r->cycle_fit.params.value[1] * r->days_per_unit);
    s->erosion.ratio_90 = ratio + ratio_n;
}

static mr_status copy_months(build *b, const erosion *e, mr_error *err) {
    if (!e->months) return MR_OK;
    b->months = mem_new(NULL, e->months, sizeof *b->months);
    if (!b->months) return error_memory(err, e->months * sizeof *b->months);
    for (size_t i = 0; i < e->months; i++) {
        const erosion_month *m = &e->month[i];
        b->months[i] = (report_month){.start = e->start[i],
                                      .active = (uint32_t)m->active,
                                      .active_spend = (double)m->active_money / MR_MONEY_SCALE,
                                      .passed = (uint32_t)m->passed,
                                      .passed_spend = (double)m->passed_money / MR_MONEY_SCALE,
                                      .came_back = (uint32_t)m->came_back,
                                      .came_back_spend = (double)m->came_back_money / MR_MONEY_SCALE,
                                      .passed_now = (uint32_t)m->passed_now,
                                      .passed_now_spend = (double)m->passed_now_money / MR_MONEY_SCALE,
                                      .late = (uint32_t)m->late,
                                      .shrinking = (uint32_t)m->shrinking,
                                      .late_spend = (double)m->late_money / MR_MONEY_SCALE,
                                      .shrinking_spend = (double)m->shrinking_money / MR_MONEY_SCALE,
                                      .complete = e->start[i + 1] <= b->r.until + 1};
    }
    b->r.months = b->months;
    b->r.months_n = e->months;
    b->r.one_order_unknown = e->beyond_a_year;
    return MR_OK;
}

static mr_status copy_cohorts(build *b, const cohort_table *t, size_t days, mr_error *err) {
    b->r.cohort_period = days > 2 * 366 ? "quarter" : "month";
    b->cohorts = mem_new(NULL, t->periods, sizeof *b->cohorts);
    if (!b->cohorts) return error_memory(err, t->periods * sizeof *b->cohorts);
    for (size_t i = 0; i < t->periods; i++) {
        report_cohort *c = &b->cohorts[i];
        c->start = t->start[i];
        c->customers = (uint32_t)t->active[i][0];
        c->periods = (uint32_t)(t->periods - i);
        for (size_t j = 0; j < c->periods; j++) c->active[j] = c->customers ? (double)t->active[i][j] / c->customers : NAN;
    }
    b->r.cohorts = b->cohorts;
    b->r.cohorts_n = t->periods;
    return MR_OK;
}

#define WEEKS_SHOWN 1043 /* twenty years; earlier weeks are left out of the chart */
#define AGE_WEEKS 2087   /* forty years after their first order nobody is expected to order */

typedef struct age_curve {
    const double *at; /* expected repeat orders by age, at whole weeks: [n + 1] */
    size_t n;
} age_curve;

/* At an age in days: straight lines between the weeks. */
static double expected_at(const age_curve *c, size_t days) {
    size_t week = days / 7;
    return week >= c->n ? c->at[c->n] : c->at[week] + (double)(days % 7) / 7 * (c->at[week + 1] - c->at[week]);
}

/* Actual and expected repeat orders of the week of days [from, from + 7): births by day times what their age brings. */
static void one_week(const daily *d, const age_curve *curve, size_t from, double *actual, double *expected) {
    size_t end = from + 7;
    for (size_t i = from; i < end; i++) *actual += (double)d->repeats[i];
    size_t oldest = end > AGE_WEEKS * 7 ? end - AGE_WEEKS * 7 : 0;
    for (size_t birth = oldest; birth < end; birth++) {
        if (!d->births[birth]) continue;
        size_t old = end - 1 - birth, young = old >= 7 ? old - 7 : 0; /* ages at the week's end and at its start */
        *expected += (double)d->births[birth] * (expected_at(curve, old) - expected_at(curve, young));
    }
}

static mr_status weekly(build *b, const daily *d, const mr_context *context, mr_error *err) {
    size_t all = d->days / 7, weeks = all < WEEKS_SHOWN ? all : WEEKS_SHOWN, skipped = all - weeks;
    if (weeks < 2) return MR_OK;
    age_curve curve = {.n = all < AGE_WEEKS ? all : AGE_WEEKS};
    b->week_day = mem_new(NULL, weeks, sizeof *b->week_day);
    b->week_actual = mem_new(NULL, weeks, sizeof *b->week_actual);
    b->week_expected = mem_new(NULL, weeks, sizeof *b->week_expected);
    double *age = mem_take(NULL, 2 * (curve.n + 1), sizeof *age);
    if (!b->week_day || !b->week_actual || !b->week_expected || !age) {
        mem_free(NULL, age);
        return error_memory(err, weeks * 40);
    }
    double *by_age = age + curve.n + 1;
    curve.at = by_age;
    for (size_t i = 0; i <= curve.n; i++) age[i] = 7.0 * (double)i / b->r.days_per_unit;
    mr_status status = mr_model_expected_by_age(&b->r.fit.params, age, curve.n + 1, context, by_age, err);
    double actual = 0, expected = 0;
    for (size_t w = 0; status == MR_OK && w < weeks; w++) {
        size_t from = 7 * (skipped + w);
        b->week_day[w] = d->first_day + (int32_t)from;
        one_week(d, &curve, from, &b->week_actual[w], &b->week_expected[w]);
        actual += b->week_actual[w];
        expected += b->week_expected[w];
    }
    mem_free(NULL, age);
    b->r.weeks_n = status == MR_OK ? weeks : 0;
    b->r.week_day = b->week_day;
    b->r.week_actual = b->week_actual;
    b->r.week_expected = b->week_expected;
    b->r.weeks_error = actual > 0 ? expected / actual - 1 : NAN;
    return status;
}

static mr_status one_pass(build *b, const ingest_orders *input, const mr_context *context, mr_error *err) {
    int workers = pool_size(context_pool(context));
    int32_t first = input->understood.first_day;
    size_t days = (size_t)(b->r.until - first + 1), ratios = 1;
    for (size_t i = 0; i < b->n; i++)
        if (b->data.x[i] >= (double)ratios) ratios = (size_t)b->data.x[i] + 1;
    double *ratio = mem_take(NULL, 2 * ratios, sizeof *ratio); /* of the 95 % gap, then of the 90 % gap */
    base_state *state = mem_new(NULL, (size_t)workers, sizeof *state);
    uint64_t *counts = mem_new(NULL, (size_t)workers * 2 * days, sizeof *counts);
    mr_status status = ratio && state && counts ? MR_OK : error_memory(err, (size_t)workers * 2 * days * sizeof *counts);
    if (status == MR_OK) {
        /* With t_x = 0 and any alpha the quantile is ratio * alpha: ask for the ratios by themselves. */
        for (size_t x = 0; x < ratios; x++) {
            const mr_params *p = &b->r.cycle_fit.params;
            ratio[x] = cnbd_survival_inverse(log(0.05), p->value[0] + p->k * (double)x, p->k);
            ratio[ratios + x] = cnbd_survival_inverse(log(0.1), p->value[0] + p->k * (double)x, p->k);
        }
        for (int w = 0; w < workers; w++) {
            state[w].days = counts + (size_t)w * 2 * days;
            state_begin(&state[w], &b->r, first, days, ratio, ratios);
        }
        pass_job job = {&input->orders, state};
        status = pool_run(context_pool(context), (b->n + PASS_BLOCK - 1) / PASS_BLOCK, pass_block, &job, err);
    }
    for (int w = 1; status == MR_OK && w < workers; w++) {
        for (size_t i = 0; i < 2 * days; i++) state[0].days[i] += state[w].days[i];
        cohort_merge(&state[0].cohorts, &state[w].cohorts);
        erosion_merge(&state[0].erosion, &state[w].erosion);
    }
    if (status == MR_OK) status = copy_months(b, &state[0].erosion, err);
    if (status == MR_OK) status = copy_cohorts(b, &state[0].cohorts, days, err);
    if (status == MR_OK) status = weekly(b, &state[0].daily, context, err);
    mem_free(NULL, ratio);
    mem_free(NULL, state);
    mem_free(NULL, counts);
    return status;
}

/* --- the cycle chart: from landmark days within the data, who did not order within the horizon, by silence in own rhythms --- */

#define LANDMARKS 6

typedef struct cycle_sums {
    double stopped[REPORT_BINS], model[REPORT_BINS];
} cycle_sums;

static mr_status add_landmark(build *b, const ingest_orders *input, const uint32_t *sample, size_t n, int32_t day,
                              int32_t horizon, double *column, cycle_sums *sums, const mr_context *context, mr_error *err) {
    report *r = &b->r;
    mr_summary s = {.x = column, .t_x = column + n, .T = column + 2 * n, .future = column + 3 * n};
    mr_status status = mr_history_summary(&input->orders, sample, n, day, r->days_per_unit, horizon, context, &s, err);
    if (status != MR_OK || s.n == 0) return status;
    mr_data data = {.n = s.n, .x = s.x, .t_x = s.t_x, .T = s.T};
    double *gap = column + 4 * n, *order = column + 5 * n;
    mr_rhythm rhythm = {.gap = gap};
    mr_forecast f = {.p_order = order};
    mr_forecast_spec spec = {.horizon = horizon / r->days_per_unit};
    if ((status = mr_model_rhythm(&r->cycle_fit.params, &data, context, &rhythm, err))) return status;
    if ((status = mr_model_forecast(&r->cycle_fit.params, &data, &spec, context, &f, err))) return status;
    for (size_t i = 0; i < s.n; i++) {
        double bin = (s.T[i] - s.t_x[i]) / gap[i] / REPORT_BIN_WIDTH;
        if (!(bin < REPORT_BINS)) continue;
        size_t at = (size_t)bin;
        r->cycle_n[at]++;
        sums->stopped[at] += s.future[i] == 0;
        sums->model[at] += 1 - order[i];
    }
    return MR_OK;
}

static mr_status cycle_chart(build *b, const ingest_orders *input, const uint32_t *sample, size_t n,
                             const mr_context *context, mr_error *err) {
    report *r = &b->r;
    int32_t horizon = (int32_t)lround(r->horizon_days), span = r->until - input->understood.first_day;
    if (horizon > span / 3) horizon = span / 3;
    cycle_sums sums = {{0}, {0}};
    double *column = mem_take(NULL, 6 * n, sizeof *column);
    if (!column) return error_memory(err, 6 * n * sizeof *column);
    mr_status status = MR_OK;
    /* Landmarks a month apart, the last a horizon before the end; none in the first third, where rhythms are not yet known. */
    for (int i = 0; i < LANDMARKS && status == MR_OK; i++) {
        int32_t day = r->until - horizon - 30 * i;
        if (horizon < 1 || day < input->understood.first_day + span / 3) break;
        status = add_landmark(b, input, sample, n, day, horizon, column, &sums, context, err);
    }
    mem_free(NULL, column);
    double steepest = 0;
    r->cycle_steepest = NAN;
    for (size_t i = 0; i < REPORT_BINS; i++) {
        double count = (double)r->cycle_n[i];
        r->cycle_leaving[i] = count > 0 ? sums.stopped[i] / count : NAN;
        r->cycle_leaving_model[i] = count > 0 ? sums.model[i] / count : NAN;
        /* The model's line is smooth: differences of the observed one would mostly show noise. */
        if (i == 0 || r->cycle_n[i] < 20 || r->cycle_n[i - 1] < 20) continue;
        double rise = r->cycle_leaving_model[i] - r->cycle_leaving_model[i - 1];
        if (rise > steepest) steepest = rise, r->cycle_steepest = (double)i * REPORT_BIN_WIDTH;
    }
    return status;
}

/* --- P(alive) across models, on the sample, each fitted to all of its data --- */

static mr_status alive_across(build *b, const ingest_orders *input, const uint32_t *sample, size_t n,
                              const mr_context *context, mr_error *err) {
    report *r = &b->r;
    double *column = mem_take(NULL, 5 * n, sizeof *column);
    if (!column) return error_memory(err, 5 * n * sizeof *column);
    mr_summary s = {.x = column, .t_x = column + n, .T = column + 2 * n, .log_gaps = column + 3 * n};
    mr_status status = mr_history_summary(&input->orders, sample, n, r->until, r->days_per_unit, 0, context, &s, err);
    mr_data data = {.n = s.n, .x = s.x, .t_x = s.t_x, .T = s.T, .log_gaps = s.log_gaps};
    double *alive = column + 4 * n;
    for (size_t m = 0; m < r->models_n && status == MR_OK && s.n; m++) {
        const compare_entry *e = &b->comparison.entry[m];
        if (!e->model || !e->fitted) continue;
        mr_fit fit;
        mr_error ignored;
        mr_fit_options options = {.start = &e->fit.params, .hessian = e->fit.hessian, .no_errors = true};
        status = mr_model_fit(e->model, &data, &options, context, &fit, &ignored);
        if (status == MR_ENOMEM || status == MR_ECANCELLED) {
            if (err) *err = ignored;
            break;
        }
        if (status != MR_OK) { /* its picture is left out; the table says it was fitted on the calibration only */
            status = MR_OK;
            continue;
        }
        mr_forecast f = {.p_alive = alive};
        status = mr_model_forecast(&fit.params, &data, &(mr_forecast_spec){.horizon = 1}, context, &f, err);
        if (status != MR_OK) break;
        report_model *out = &r->models[m];
        out->alive_mean = 0;
        for (size_t i = 0; i < s.n; i++) {
            out->alive_mean += alive[i] / (double)s.n;
            out->alive_histogram[alive[i] >= 1 ? 19 : (size_t)(alive[i] * 20)] += 1 / (double)s.n;
        }
    }
    mem_free(NULL, column);
    return status;
}

mr_status build_charts(build *b, const ingest_orders *input, const build_options *o, const mr_context *context,
                       mr_error *err) {
    (void)o;
    const uint32_t *sample = b->comparison.sample;
    size_t n = sample ? b->comparison.sample_n : b->n;
    mr_status status = one_pass(b, input, context, err);
    if (status == MR_OK) status = cycle_chart(b, input, sample, n, context, err);
    if (status == MR_OK && b->comparison.has_choice) status = alive_across(b, input, sample, n, context, err);
    return status;
}
