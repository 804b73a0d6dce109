/* Forecasts, vectorised over customers: each row by its model's `forecast`, in fixed blocks over the pool. */
#include "impl.h"

#include "cnbd.h"
#include "error.h"
#include "gauss.h"
#include "mem.h"
#include "pool.h"
#include "special.h"

#include <math.h>

#define DISCRETE_MAX 1e6
#define DISCRETE_INTERVAL_MAX 2000.0 /* its cost is the square of the horizon */

typedef mr_status (*rows_fn)(const model_state *state, const mr_data *data, size_t from, size_t to, void *ctx, mr_error *err);

typedef struct sweep {
    const model_state *state;
    const mr_data *data;
    const mr_context *context;
    rows_fn rows;
    void *ctx;
} sweep;

static mr_status sweep_block(void *ctx, size_t block, int worker, mr_error *err) {
    (void)worker;
    sweep *s = ctx;
    size_t from = block * MODEL_BLOCK, to = from + MODEL_BLOCK < s->data->n ? from + MODEL_BLOCK : s->data->n;
    return s->rows(s->state, s->data, from, to, s->ctx, err);
}

/* Checks, tabulates, and hands blocks of rows to `rows`. */
static mr_status sweep_run(const mr_params *params, const mr_data *data, const mr_context *context, rows_fn rows, void *ctx,
                           mr_error *err) {
    mr_status status = model_check_params(params, err);
    if (status == MR_OK && !params->model->forecast)
        status = error_set(err, MR_EINVAL, "model", -1, "%s does not forecast orders", params->model->title);
    /* k = 1: forecasts read no log_gaps. */
    if (status == MR_OK) status = model_check_data(params->model, data, 1, context, err);
    if (status != MR_OK) return status;
    model_state state;
    double *owned;
    if ((status = model_state_new(params, data, context_alloc(context), &state, &owned, err))) return status;
    sweep s = {&state, data, context, rows, ctx};
    status = pool_run(context_pool(context), (data->n + MODEL_BLOCK - 1) / MODEL_BLOCK, sweep_block, &s, err);
    mem_free(context_alloc(context), owned);
    return status;
}

static inline model_row order_row(const mr_data *d, size_t i) {
    return (model_row){.x = d->x[i], .t_x = d->t_x[i], .T = d->T[i]};
}

static inline void forecast_row(const model_state *state, const model_row *row, double horizon, double level, unsigned want,
                                model_forecast *out) {
    double scratch[MODEL_TABLE_COLUMNS];
    const double *table = model_table_row(state, row->x, scratch);
    *out = (model_forecast){0};
    state->params->model->forecast(state, table, row, horizon, level, want, out);
}

/* --- mr_model_forecast --- */

typedef struct forecast_job {
    const mr_forecast_spec *spec;
    const mr_forecast *out;
    unsigned want;
    double level;
} forecast_job;

static mr_status forecast_rows(const model_state *state, const mr_data *data, size_t from, size_t to, void *ctx,
                               mr_error *err) {
    (void)err;
    const forecast_job *job = ctx;
    const mr_forecast *out = job->out;
    model_memo memo = {NAN, 0};
    for (size_t i = from; i < to; i++) {
        model_row row = order_row(data, i);
        row.memo = &memo; /* the horizon is one for all */
        model_forecast f;
        forecast_row(state, &row, job->spec->horizon, job->level, job->want, &f);
        if (out->p_alive) out->p_alive[i] = f.alive;
        if (out->p_alive_later) out->p_alive_later[i] = f.later;
        if (out->p_order) out->p_order[i] = f.order;
        if (out->expected) out->expected[i] = f.expected;
        if (out->expected_low) out->expected_low[i] = f.low;
        if (out->expected_high) out->expected_high[i] = f.high;
        if (out->expected_if_stay) out->expected_if_stay[i] = f.stay;
        if (out->due_median) out->due_median[i] = f.due_50;
        if (out->due_90) out->due_90[i] = f.due_90;
    }
    return MR_OK;
}

mr_status mr_model_forecast(const mr_params *params, const mr_data *data, const mr_forecast_spec *spec,
                            const mr_context *context, mr_forecast *out, mr_error *err) {
    if (!spec || !out) return error_set(err, MR_EINVAL, "spec", -1, "spec or out is NULL");
    if (!(spec->horizon > 0) || isinf(spec->horizon))
        return error_set(err, MR_EINVAL, "horizon", -1, "the horizon must be above 0 and finite, not %g", spec->horizon);
    double level = spec->level == 0 ? 0.8 : spec->level;
    if (!(level > 0) || !(level < 1))
        return error_set(err, MR_EINVAL, "level", -1, "the level of the interval must be between 0 and 1, not %g", level);
    forecast_job job = {.spec = spec, .out = out, .level = level};
    job.want = (out->p_alive ? WANT_ALIVE : 0u) | (out->p_alive_later ? WANT_LATER : 0u) | (out->p_order ? WANT_ORDER : 0u) |
               (out->expected ? WANT_EXPECTED : 0u) | (out->expected_if_stay ? WANT_STAY : 0u) |
               (out->expected_low || out->expected_high ? WANT_INTERVAL : 0u) |
               (out->due_median || out->due_90 ? WANT_DUE : 0u);
    if (params && params->model && params->model->kind == MR_DISCRETE &&
        spec->horizon > (job.want & WANT_INTERVAL ? DISCRETE_INTERVAL_MAX : DISCRETE_MAX))
        return error_set(err, MR_EINVAL, "horizon", -1, "%s counts opportunities one by one: at most %g, or %g for an interval, not %g",
                         params->model->title, DISCRETE_MAX, DISCRETE_INTERVAL_MAX, spec->horizon);
    return sweep_run(params, data, context, forecast_rows, &job, err);
}

/* --- rhythm --- */

typedef struct rhythm_job {
    const mr_rhythm *out;
    const double *table; /* [table_n * 4]: gap, gap_50, gap_90, gap_95, all as shares of alpha + t_x */
    size_t table_n;
} rhythm_job;

static void rhythm_ratios(const mr_params *params, double x, double ratio[4]) {
    double R = params->model->shape(params, x);
    ratio[0] = params->k / R;
    ratio[1] = cnbd_survival_inverse(log(0.5), R, params->k);
    ratio[2] = cnbd_survival_inverse(log(0.1), R, params->k);
    ratio[3] = cnbd_survival_inverse(log(0.05), R, params->k);
}

static mr_status rhythm_rows(const model_state *state, const mr_data *data, size_t from, size_t to, void *ctx, mr_error *err) {
    (void)err;
    const rhythm_job *job = ctx;
    const mr_rhythm *out = job->out;
    for (size_t i = from; i < to; i++) {
        double last = state->params->value[1] + data->t_x[i], own[4];
        const double *ratio = own;
        if (data->x[i] < (double)job->table_n) {
            ratio = job->table + (size_t)data->x[i] * 4;
        } else {
            rhythm_ratios(state->params, data->x[i], own);
        }
        if (out->gap) out->gap[i] = ratio[0] * last;
        if (out->gap_50) out->gap_50[i] = ratio[1] * last;
        if (out->gap_90) out->gap_90[i] = ratio[2] * last;
        if (out->gap_95) out->gap_95[i] = ratio[3] * last;
    }
    return MR_OK;
}

mr_status mr_model_rhythm(const mr_params *params, const mr_data *data, const mr_context *context, mr_rhythm *out,
                          mr_error *err) {
    if (!out || !data) return error_set(err, MR_EINVAL, "out", -1, "out or data is NULL");
    if (!params || !params->model || !params->model->shape)
        return error_set(err, MR_EINVAL, "model", -1, "the model has no rhythm in continuous time");
    mr_status status = model_check_params(params, err);
    if (status != MR_OK) return status;
    /* Quantiles depend on x alone, up to the factor alpha + t_x. */
    enum { ROWS = 512 };
    size_t rows = data->n < ROWS / 2 ? 0 : ROWS;
    double *table = mem_take(context_alloc(context), rows * 4, sizeof *table);
    if (!table) return error_memory(err, rows * 4 * sizeof *table);
    for (size_t x = 0; x < rows; x++) rhythm_ratios(params, (double)x, table + 4 * x);
    rhythm_job job = {.out = out, .table = table, .table_n = rows};
    status = sweep_run(params, data, context, rhythm_rows, &job, err);
    mem_free(context_alloc(context), table);
    return status;
}

/* --- residual lifetime --- */

typedef struct residual_job {
    const double *times;
    size_t times_n;
    double *median, *survival;
} residual_job;

static double survival_after(const model_state *state, const model_row *row, double time) {
    model_forecast f;
    if (time <= 0) {
        forecast_row(state, row, 1, 0.8, WANT_ALIVE, &f);
        return f.alive;
    }
    forecast_row(state, row, time, 0.8, WANT_LATER, &f);
    return f.later;
}

static double median_of(const model_state *state, const model_row *row) {
    if (survival_after(state, row, 0) < 0.5) return 0;
    double low = 0, high = 1;
    while (survival_after(state, row, high) >= 0.5) {
        low = high;
        high *= 2;
        if (high > 1e6) return INFINITY;
    }
    /* Discrete opportunities step; in continuous time 60 halvings are exact to rounding. */
    for (int i = 0; i < 60 && high - low > 1e-9 * high; i++) {
        double middle = 0.5 * (low + high);
        if (survival_after(state, row, middle) >= 0.5) low = middle;
        else high = middle;
    }
    return high;
}

static mr_status residual_rows(const model_state *state, const mr_data *data, size_t from, size_t to, void *ctx,
                               mr_error *err) {
    (void)err;
    const residual_job *job = ctx;
    for (size_t i = from; i < to; i++) {
        model_row row = order_row(data, i);
        for (size_t j = 0; job->survival && j < job->times_n; j++)
            job->survival[i * job->times_n + j] = survival_after(state, &row, job->times[j]);
        if (job->median) job->median[i] = median_of(state, &row);
    }
    return MR_OK;
}

mr_status mr_model_residual(const mr_params *params, const mr_data *data, const double *times, size_t times_n,
                            const mr_context *context, double *median, double *survival, mr_error *err) {
    if (survival && times_n && !times) return error_set(err, MR_EINVAL, "times", -1, "times is NULL");
    for (size_t i = 0; survival && i < times_n; i++)
        if (!(times[i] >= 0) || isinf(times[i]))
            return error_set(err, MR_EINVAL, "times", (int64_t)i, "times must be finite and at least 0, not %g", times[i]);
    residual_job job = {times, times_n, median, survival};
    return sweep_run(params, data, context, residual_rows, &job, err);
}

/* --- value --- */

typedef struct value_job {
    const double *spend;
    const mr_value_spec *spec;
    double delta; /* continuously compounded rate per time unit */
    double *out;
} value_job;

/* Expected discounted orders: e^(-delta h) E(h) + delta integral_0^h e^(-delta t) E(t) dt, E(t) the expected orders by t, by
 * parts, so that only E is needed. E would be a straight line if nobody left; the share of that line it reaches tells how early it
 * bends, so how wide the first panel of 8 points may be; the next are twice as wide each. Relative error under 1e-7; with a regular
 * rhythm under 1e-4, for E then comes in waves (tests/property/value.c). */
static double discounted(const model_state *state, const model_row *row, double delta, double h) {
    model_forecast f;
    forecast_row(state, row, h, 0.8, WANT_EXPECTED | WANT_STAY, &f);
    if (delta == 0 || !(f.expected > 0)) return f.expected;
    double total = exp(-delta * h) * f.expected, bend = f.expected / (f.alive * f.stay);
    size_t n;
    const gauss_point *rule = gauss_rule(8, &n);
    double from = 0, width = fmin(0.25 / delta, bend < 0.6 ? bend * h : h);
    while (from < h * (1 - 1e-12)) {
        double to = fmin(h, from + width);
        for (size_t i = 0; i < n; i++) {
            double t = from + rule[i].node * (to - from);
            forecast_row(state, row, t, 0.8, WANT_EXPECTED, &f);
            total += delta * (to - from) * rule[i].weight * exp(-delta * t) * f.expected;
        }
        from = to;
        width = fmin(2 * width, 4 / delta);
    }
    return total;
}

/* DERT of the Pareto/NBD: Fader, Hardie & Lee 2005b, eq. (3); their Tricomi function is the scaled exponential integral. */
static double pareto_dert(const model_state *state, const model_row *row, double delta) {
    const double *p = state->params->value;
    model_forecast f;
    forecast_row(state, row, 1, 0.8, WANT_ALIVE, &f);
    double A = p[1] + row->T, B = p[3] + row->T;
    return f.alive * (p[0] + row->x) / A * B * special_expint_scaled(p[2], delta * B);
}

static mr_status value_rows(const model_state *state, const mr_data *data, size_t from, size_t to, void *ctx, mr_error *err) {
    (void)err;
    const value_job *job = ctx;
    for (size_t i = from; i < to; i++) {
        model_row row = order_row(data, i);
        double orders;
        if (state->params->model->discounted) {
            orders = state->params->model->discounted(state, &row, job->delta, job->spec->horizon);
        } else if (!isinf(job->spec->horizon)) {
            orders = discounted(state, &row, job->delta, job->spec->horizon);
        } else if (state->params->model == &model_pareto_nbd) {
            orders = pareto_dert(state, &row, job->delta);
        } else {
            orders = discounted(state, &row, job->delta, 32 / job->delta); /* e^-32 of it lies beyond */
        }
        job->out[i] = job->spec->margin * data_at(job->spend, i, 1) * orders;
    }
    return MR_OK;
}

mr_status mr_model_value(const mr_params *params, const mr_data *data, const double *spend, const mr_value_spec *spec,
                         const mr_context *context, double *out, mr_error *err) {
    if (!spec || !out) return error_set(err, MR_EINVAL, "spec", -1, "spec or out is NULL");
    if (!(spec->margin > 0) || spec->margin > 1)
        return error_set(err, MR_EINVAL, "margin", -1, "the margin must be above 0 and at most 1, not %g", spec->margin);
    if (!(spec->discount_rate >= 0) || !(spec->units_per_year > 0) || isinf(spec->discount_rate))
        return error_set(err, MR_EINVAL, "discount_rate", -1, "the yearly discount rate must be at least 0, not %g",
                         spec->discount_rate);
    if (!(spec->horizon > 0) || (isinf(spec->horizon) && spec->discount_rate == 0))
        return error_set(err, MR_EINVAL, "horizon", -1, "the horizon must be above 0, and finite where nothing is discounted");
    if (params && params->model && params->model->kind == MR_DISCRETE && spec->horizon > DISCRETE_MAX)
        return error_set(err, MR_EINVAL, "horizon", -1, "%s needs a horizon of at most %g", params->model->title, DISCRETE_MAX);
    value_job job = {.spend = spend, .spec = spec, .out = out, .delta = log1p(spec->discount_rate) / spec->units_per_year};
    return sweep_run(params, data, context, value_rows, &job, err);
}

/* --- a customer's expected repeat orders by age --- */

static mr_status age_rows(const model_state *state, const mr_data *data, size_t from, size_t to, void *ctx, mr_error *err) {
    (void)data, (void)err;
    double **columns = ctx; /* ages, out */
    model_row fresh = {0};
    for (size_t i = from; i < to; i++) {
        model_forecast f = {0};
        if (columns[0][i] > 0) forecast_row(state, &fresh, columns[0][i], 0.8, WANT_EXPECTED, &f);
        columns[1][i] = f.expected;
    }
    return MR_OK;
}

mr_status mr_model_expected_by_age(const mr_params *params, const double *age, size_t n, const mr_context *context,
                                   double *out, mr_error *err) {
    if (!age || !out) return error_set(err, MR_EINVAL, "age", -1, "age or out is NULL");
    for (size_t i = 0; i < n; i++)
        if (!(age[i] >= 0) || isinf(age[i]))
            return error_set(err, MR_EDATA, "age", (int64_t)i, "age must be finite and at least 0; row %zu is %g", i, age[i]);
    if (n == 0) return MR_OK;
    double *zero = mem_new(context_alloc(context), n, sizeof *zero);
    if (!zero) return error_memory(err, n * sizeof *zero);
    mr_data data = {.n = n, .x = zero, .t_x = zero, .T = zero};
    double *columns[2] = {(double *)(uintptr_t)age, out};
    mr_status status = sweep_run(params, &data, context, age_rows, columns, err);
    mem_free(context_alloc(context), zero);
    return status;
}
