/* Maximum likelihood for every model of the registry.
 *
 *   minimise -log L(exp(theta)) / n over theta = log(parameters): L-BFGS from several starts, then Newton steps; standard errors
 *   from the inverse Hessian, by the delta method se(p) = p se(log p).
 *
 * Rows are summed in fixed blocks, and the blocks in order, so that a result has the same bits on any number of threads. Large
 * data are fitted on a sample first (every m-th row), whose answer and Hessian then start the full fit: a handful of full
 * passes instead of a hundred. */
#include "impl.h"

#include "error.h"
#include "mem.h"
#include "optimise.h"
#include "pool.h"
#include "special.h"

#include <math.h>
#include <string.h>

#define LOG_LIMIT 16.0       /* parameters from e^-16 to e^16, of the data's own unit where they have one */
#define LOG_BOUNDARY 15.5    /* nearer than this to the limit is at the boundary */
#define SCREEN_ROWS 1200     /* starts are compared on at most so many rows */
#define SAMPLE_ROWS 12000    /* more rows than 4 of these: fitted on a sample first */
#define MAX_DECIDED 20000    /* k is chosen on at most so many rows */

/* L-BFGS tolerances: to tell starts apart, to come near enough for Newton, and where Newton then fails. */
#define ROUGH 1e-6
#define NEAR 1e-9
#define TIGHT 1e-13

typedef struct objective {
    const mr_model *model;
    const mr_data *data;
    const mr_context *context;
    int k;
    double total_weight;
    double centre[MR_MAX_PARAMS]; /* of each log(parameter)'s range */
    size_t blocks;
    double *sums; /* [blocks * (1 + params)] */
    const model_state *state;
    bool gradient;
    uint64_t done, expected; /* evaluations, for progress */
} objective;

static inline model_row row_at(const mr_data *d, mr_kind kind, size_t i) {
    if (kind == MR_SPENDING) return (model_row){.x = d->x[i], .T = d->mean_spend[i]};
    return (model_row){.x = d->x[i], .t_x = d->t_x[i], .T = d->T[i], .log_gaps = d->log_gaps ? d->log_gaps[i] : 0};
}

static mr_status sum_block(void *ctx, size_t block, int worker, mr_error *err) {
    (void)worker, (void)err;
    objective *o = ctx;
    const mr_data *d = o->data;
    size_t from = block * MODEL_BLOCK, to = from + MODEL_BLOCK < d->n ? from + MODEL_BLOCK : d->n, n = o->model->params;
    double sum = 0, total[MR_MAX_PARAMS] = {0}, scratch[MODEL_TABLE_COLUMNS];
    /* [0]: of any row. [1]: of customers of one order, who differ in T alone, and a file by date has them in runs of the same T. */
    double value[2] = {0}, by[2][MR_MAX_PARAMS] = {{0}}, kept_T = NAN;
    for (size_t i = from; i < to; i++) {
        double w = data_at(d->weight, i, 1);
        if (w == 0) continue;
        model_row row = row_at(d, o->model->kind, i);
        bool one = o->model->kind == MR_BUYING && row.x == 0;
        if (!one || row.T != kept_T) {
            const double *table = model_table_row(o->state, row.x, scratch);
            value[one] = o->model->likelihood(o->state, table, &row, o->gradient ? by[one] : NULL);
            if (one) kept_T = row.T;
        }
        sum += w * value[one];
        if (o->gradient)
            for (size_t j = 0; j < n; j++) total[j] += w * by[one][j];
    }
    double *out = o->sums + block * (1 + n);
    out[0] = sum;
    for (size_t j = 0; j < n; j++) out[1 + j] = total[j];
    return MR_OK;
}

static mr_status likelihood_of(objective *o, const mr_params *params, double *value, double *gradient, mr_error *err) {
    size_t n = o->model->params;
    if (o->model->likelihood_all) {
        *value = o->model->likelihood_all(params, o->data, gradient);
        return MR_OK;
    }
    model_state state;
    double *owned;
    mr_status status = model_state_new(params, o->data, context_alloc(o->context), &state, &owned, err);
    if (status != MR_OK) return status;
    o->state = &state;
    o->gradient = gradient != NULL;
    status = pool_run(context_pool(o->context), o->blocks, sum_block, o, err);
    mem_free(context_alloc(o->context), owned);
    if (status != MR_OK) return status;
    *value = 0;
    if (gradient) memset(gradient, 0, n * sizeof *gradient);
    for (size_t b = 0; b < o->blocks; b++) {
        *value += o->sums[b * (1 + n)];
        if (gradient)
            for (size_t j = 0; j < n; j++) gradient[j] += o->sums[b * (1 + n) + 1 + j];
    }
    return MR_OK;
}

static mr_params params_of(const objective *o, const double *theta) {
    mr_params p = {.model = o->model, .k = o->k};
    for (size_t i = 0; i < o->model->params; i++) p.value[i] = exp(theta[i]);
    return p;
}

static mr_status negative_mean(void *ctx, const double *theta, double *value, double *gradient, mr_error *err) {
    objective *o = ctx;
    mr_params params = params_of(o, theta);
    double sum, by[MR_MAX_PARAMS];
    o->done++;
    if (o->context && o->context->progress && o->context->progress(o->done, 0, o->context->progress_ctx))
        return error_set(err, MR_ECANCELLED, NULL, -1, "cancelled");
    mr_status status = likelihood_of(o, &params, &sum, by, err);
    if (status != MR_OK) return status;
    *value = -sum / o->total_weight;
    for (size_t i = 0; i < o->model->params; i++) gradient[i] = -by[i] * params.value[i] / o->total_weight;
    return MR_OK;
}

/* The unit of the data: the mean time of observation, or the mean spend. */
static double scale_of(const mr_data *data, mr_kind kind) {
    const double *column = kind == MR_CONTRACT ? NULL : kind == MR_SPENDING ? data->mean_spend : data->T;
    if (!column) return 1;
    double sum = 0, weight = 0;
    for (size_t i = 0; i < data->n; i++) {
        double w = data_at(data->weight, i, 1);
        sum += w * column[i];
        weight += w;
    }
    return sum > 0 ? sum / weight : 1;
}

static mr_status objective_new(const mr_model *model, const mr_data *data, int k, const mr_context *context, objective *o,
                               mr_error *err) {
    *o = (objective){.model = model, .data = data, .context = context, .k = k};
    o->blocks = (data->n + MODEL_BLOCK - 1) / MODEL_BLOCK;
    if (model->kind == MR_CONTRACT) {
        for (size_t i = 0; i < data->n; i++) o->total_weight += data->lost[i] + data_at(data->watched, i, 0);
        o->total_weight += data->survivors;
    } else if (data->weight) {
        for (size_t i = 0; i < data->n; i++) o->total_weight += data->weight[i];
    } else {
        o->total_weight = (double)data->n;
    }
    if (!(o->total_weight > 0)) return error_set(err, MR_EDATA, "weight", -1, "the weights add up to nothing");
    double unit = log(scale_of(data, model->kind));
    for (size_t i = 0; i < model->params; i++) o->centre[i] = model->scales >> i & 1 ? unit : 0;
    o->sums = mem_take(context_alloc(context), o->blocks * (1 + model->params), sizeof *o->sums);
    return o->sums ? MR_OK : error_memory(err, o->blocks * (1 + model->params) * sizeof *o->sums);
}

static void objective_free(objective *o) {
    mem_free(context_alloc(o->context), o->sums);
}

static optimise_problem problem_of(objective *o) {
    optimise_problem problem = {.n = o->model->params, .fn = negative_mean, .ctx = o};
    for (size_t i = 0; i < problem.n; i++) {
        problem.low[i] = o->centre[i] - LOG_LIMIT;
        problem.high[i] = o->centre[i] + LOG_LIMIT;
    }
    return problem;
}

/* Every m-th row, so that every cohort of a file in order of first purchase is in it. Columns share one allocation. */
static mr_status thin(const mr_data *data, size_t most, const mr_alloc *alloc, mr_data *out, double **owned, mr_error *err) {
    const double *from[] = {data->x, data->t_x, data->T, data->log_gaps, data->mean_spend, data->weight};
    const double **to[] = {&out->x, &out->t_x, &out->T, &out->log_gaps, &out->mean_spend, &out->weight};
    size_t columns = sizeof from / sizeof *from, n = most < data->n ? most : data->n;
    *out = (mr_data){.n = n};
    double *block = *owned = mem_take(alloc, n * columns, sizeof *block);
    if (!block) return error_memory(err, n * columns * sizeof *block);
    for (size_t c = 0; c < columns; c++) {
        if (!from[c]) continue;
        for (size_t i = 0; i < n; i++) block[c * n + i] = from[c][(size_t)((double)i * (double)data->n / (double)n)];
        *to[c] = block + c * n;
    }
    return MR_OK;
}

/* The best of several starts by L-BFGS each; on large data they are compared on a thinned sample and the best goes on. */
static mr_status search(objective *o, int wanted, optimise_result *result, mr_error *err) {
    double start[4][MR_MAX_PARAMS];
    size_t starts = o->model->starts(o->data, scale_of(o->data, o->model->kind), o->k, start);
    if (wanted > 0 && (size_t)wanted < starts) starts = (size_t)wanted;
    const mr_alloc *alloc = context_alloc(o->context);
    objective screen = *o;
    mr_data few;
    double *few_owned = NULL, *sums = NULL;
    bool screened = o->model->kind != MR_CONTRACT && starts > 1 && o->data->n > 2 * SCREEN_ROWS;
    mr_status status = MR_OK;
    if (screened) {
        if ((status = thin(o->data, SCREEN_ROWS, alloc, &few, &few_owned, err))) return status;
        status = objective_new(o->model, &few, o->k, o->context, &screen, err);
        sums = screen.sums;
        screen.done = o->done;
    }
    optimise_problem problem = problem_of(&screen);
    optimise_result best = {.value = HUGE_VAL};
    int evaluations = 0;
    mr_status last = MR_OK;
    for (size_t i = 0; i < starts && status == MR_OK; i++) {
        optimise_result one = {.value = HUGE_VAL};
        for (size_t j = 0; j < o->model->params; j++) one.theta[j] = log(start[i][j]);
        mr_status each = optimise_lbfgs(&problem, screened ? ROUGH : NEAR, &one, err);
        evaluations += one.evaluations;
        if (each == MR_OK) {
            if (one.value < best.value) best = one;
        } else if (each == MR_ENOCONV) {
            last = each;
        } else {
            status = each;
        }
    }
    if (screened) {
        mem_free(alloc, sums);
        mem_free(alloc, few_owned);
        o->done = screen.done;
    }
    if (status == MR_OK && !(best.value < HUGE_VAL)) status = last ? last : MR_ENOCONV;
    if (status != MR_OK) return status;
    if (screened) {
        problem = problem_of(o);
        status = optimise_lbfgs(&problem, NEAR, &best, err);
    }
    best.evaluations += evaluations;
    *result = best;
    return status;
}

static mr_status at_boundary(const objective *o, const optimise_result *r, mr_error *err) {
    for (size_t i = 0; i < o->model->params; i++)
        if (fabs(r->theta[i] - o->centre[i]) > LOG_BOUNDARY)
            return error_set(err, MR_EBOUNDARY, o->model->param[i], (int64_t)i,
                             "%s: %s ran to %s (%.3g): the data do not need this parameter", o->model->title,
                             o->model->param[i], r->theta[i] > o->centre[i] ? "its upper limit" : "zero", exp(r->theta[i]));
    return MR_OK;
}

static void fill(const objective *o, const optimise_result *r, mr_fit *fit) {
    size_t n = o->model->params;
    *fit = (mr_fit){.params = params_of(o, r->theta), .log_likelihood = -r->value * o->total_weight, .n = o->total_weight,
                    .evaluations = r->evaluations};
    for (size_t i = 0; i < n; i++) fit->se[i] = NAN;
    if (r->has_hessian) memcpy(fit->hessian, r->hessian, n * n * sizeof *r->hessian);
}

static mr_status fill_errors(const double *hessian, mr_fit *fit, mr_error *err) {
    size_t n = fit->params.model->params;
    double inverse[MR_MAX_PARAMS * MR_MAX_PARAMS];
    mr_status status = optimise_invert(n, hessian, inverse, err);
    if (status != MR_OK) return status;
    for (size_t i = 0; i < n; i++) fit->se[i] = fit->params.value[i] * sqrt(inverse[i * n + i] / fit->n);
    return MR_OK;
}

static mr_status finish(const objective *o, const optimise_problem *problem, optimise_result *r, mr_error *err) {
    mr_status status = at_boundary(o, r, err);
    return status == MR_OK ? optimise_newton(problem, NULL, r, err) : status;
}

/* A fit for one k. result->theta is a warm start where `warm`. */
static mr_status fit_k(const mr_model *model, const mr_data *data, int k, const mr_fit_options *options, bool warm,
                       const double *hessian, optimise_result *result, const mr_context *context, mr_fit *fit,
                       mr_error *err) {
    objective o;
    mr_status status = objective_new(model, data, k, context, &o, err);
    if (status != MR_OK) return status;
    optimise_problem problem = problem_of(&o);
    optimise_result r = *result;
    r.evaluations = 0;
    r.value = HUGE_VAL; /* nothing reached yet: a log-likelihood of -infinity */
    status = MR_EFLAT;
    if (warm && hessian) status = optimise_newton(&problem, hessian, &r, err);
    if (status == MR_EFLAT || status == MR_ENOCONV) {
        status = warm ? optimise_lbfgs(&problem, NEAR, &r, err) : search(&o, options->starts, &r, err);
        if (status == MR_OK) status = finish(&o, &problem, &r, err);
        if (status == MR_EFLAT || status == MR_ENOCONV) {
            /* Perhaps on the way along a ridge still: as far as rounding lets L-BFGS go, and again. */
            status = optimise_lbfgs(&problem, TIGHT, &r, err);
            if (status == MR_OK) status = finish(&o, &problem, &r, err);
        }
    }
    fill(&o, &r, fit);
    if (status == MR_OK) status = at_boundary(&o, &r, err);
    if (status == MR_OK && !options->no_errors) {
        if (!r.has_hessian) status = optimise_hessian(&problem, &r, err);
        fill(&o, &r, fit);
        if (status == MR_OK) status = fill_errors(r.hessian, fit, err);
    } else if (status == MR_OK && hessian) {
        memcpy(fit->hessian, hessian, model->params * model->params * sizeof *hessian);
        status = fill_errors(hessian, fit, err);
    }
    fit->converged = status == MR_OK;
    *result = r;
    objective_free(&o);
    return status;
}

/* The likeliest k: each starts where the one before ended; the likelihood over k has one peak, so two falls end the search. A k whose
 * fit is at a boundary is a candidate like any other: customers in one strict rhythm drive k = 1 there and are well fitted by a
 * larger k, and customers at random with one rate for all are at the boundary at k = 1, where they belong. */
static mr_status choose_k(const mr_model *model, const mr_data *data, const mr_fit_options *options,
                          const mr_context *context, optimise_result *result, mr_fit *best, mr_error *err) {
    mr_fit_options quick = *options;
    quick.no_errors = true;
    optimise_result r = {0};
    mr_status found = MR_ENOCONV, before = MR_ENOCONV;
    mr_error its = {0}, best_error = {0};
    int falls = 0, evaluations = 0;
    *best = (mr_fit){.log_likelihood = -HUGE_VAL};
    for (int k = 1; k <= MR_MAX_K && falls < 2; k++) {
        mr_fit one;
        optimise_result at = r;
        bool warm = before == MR_OK;
        if (warm) at.theta[0] += log((double)k / (k - 1)) * 0.5; /* the gamma's shape grows with k about so */
        mr_status status = before = fit_k(model, data, k, &quick, warm, NULL, &at, context, &one, &its);
        if (status == MR_ENOMEM || status == MR_ECANCELLED) {
            if (err) *err = its;
            best->converged = false; /* of an earlier k it may have been true */
            return status;
        }
        evaluations += one.evaluations;
        if (status == MR_OK) r = at;
        if (k == 1 || one.log_likelihood > best->log_likelihood) {
            *best = one;
            *result = at;
            found = status;
            best_error = its;
            falls = 0;
        } else {
            falls++;
        }
    }
    best->evaluations = evaluations;
    if (found != MR_OK && err) *err = best_error;
    return found;
}

/* Fits a model on data small enough to be searched: k where it is free, then the rest. */
static mr_status fit_whole(const mr_model *model, const mr_data *data, const mr_fit_options *options,
                           const mr_context *context, mr_fit *fit, mr_error *err) {
    optimise_result r = {0};
    bool warm = options->start != NULL;
    if (warm)
        for (size_t i = 0; i < model->params; i++) r.theta[i] = log(options->start->value[i]);
    int k = warm ? options->start->k : options->k ? options->k : 1;
    int evaluations = 0;
    if (model->regular && !warm && options->k == 0) {
        mr_data few;
        double *owned;
        mr_status status = thin(data, MAX_DECIDED < data->n ? MAX_DECIDED : data->n, context_alloc(context), &few, &owned, err);
        if (status != MR_OK) return status;
        status = choose_k(model, &few, options, context, &r, fit, err);
        mem_free(context_alloc(context), owned);
        if (status == MR_ENOMEM || status == MR_ECANCELLED || (status != MR_OK && few.n == data->n)) return status;
        k = fit->params.k;
        evaluations = fit->evaluations;
        warm = status == MR_OK; /* a boundary in the sample need not be one in the whole */
    }
    mr_status status = fit_k(model, data, k, options, warm, options->hessian, &r, context, fit, err);
    fit->evaluations += evaluations;
    return status;
}

static mr_status check_start(const mr_model *model, const mr_fit_options *options, mr_error *err) {
    const mr_params *start = options->start;
    if (start->model != model)
        return error_set(err, MR_EINVAL, "start", -1, "the start is of %s, the fit of %s",
                         start->model ? start->model->title : "no model", model->title);
    if (options->k && options->k != start->k)
        return error_set(err, MR_EINVAL, "k", -1, "k is %d and the start's is %d", options->k, start->k);
    return model_check_params(start, err);
}

mr_status mr_model_fit(const mr_model *model, const mr_data *data, const mr_fit_options *options, const mr_context *context,
                       mr_fit *fit, mr_error *err) {
    static const mr_fit_options plain = {0};
    if (!options) options = &plain;
    if (!fit) return error_set(err, MR_EINVAL, "fit", -1, "fit is NULL");
    if (options->k < 0 || options->k > MR_MAX_K)
        return error_set(err, MR_EINVAL, "k", -1, "k must be 0 (from the data) to %d, not %d", MR_MAX_K, options->k);
    if (options->starts < 0) return error_set(err, MR_EINVAL, "starts", -1, "starts must be 0 (all) or more, not %d", options->starts);
    if (model && !model->regular && options->k > 1)
        return error_set(err, MR_EINVAL, "k", -1, "%s knows no k: it must be 0 or 1, not %d", model->title, options->k);
    int k = !model || !model->regular ? 1 : options->start ? options->start->k : options->k;
    mr_status status = model_check_data(model, data, k, context, err);
    if (status == MR_OK && options->start) status = check_start(model, options, err);
    if (status != MR_OK) return status;
    *fit = (mr_fit){.params = {.model = model, .k = 1}};
    bool large = model->kind != MR_CONTRACT && !options->start && data->n > 4 * SAMPLE_ROWS;
    if (!large) return fit_whole(model, data, options, context, fit, err);

    mr_data few;
    double *owned;
    if ((status = thin(data, SAMPLE_ROWS, context_alloc(context), &few, &owned, err))) return status;
    mr_fit sample;
    mr_fit_options with_errors = *options;
    with_errors.no_errors = false;
    status = fit_whole(model, &few, &with_errors, context, &sample, err);
    mem_free(context_alloc(context), owned);
    if (status == MR_ENOMEM || status == MR_ECANCELLED) return status;
    /* A boundary or a flat place in the sample need not be one in the whole. */
    if (status != MR_OK) return fit_whole(model, data, options, context, fit, err);
    mr_fit_options warm = *options;
    warm.start = &sample.params;
    warm.hessian = sample.hessian;
    status = fit_whole(model, data, &warm, context, fit, err);
    fit->evaluations += sample.evaluations;
    return status;
}

mr_status mr_model_log_likelihood(const mr_params *params, const mr_data *data, const mr_context *context,
                                  double *log_likelihood, double *gradient, mr_error *err) {
    mr_status status = model_check_params(params, err);
    if (status == MR_OK && !log_likelihood) status = error_set(err, MR_EINVAL, "log_likelihood", -1, "log_likelihood is NULL");
    if (status == MR_OK) status = model_check_data(params->model, data, params->k, context, err);
    objective o;
    if (status == MR_OK) status = objective_new(params->model, data, params->k, context, &o, err);
    if (status != MR_OK) return status;
    status = likelihood_of(&o, params, log_likelihood, gradient, err);
    objective_free(&o);
    return status;
}

mr_status mr_fit_interval(const mr_fit *fit, size_t param, double level, double *low, double *high) {
    if (!fit || !fit->params.model || param >= fit->params.model->params || !(level > 0) || !(level < 1)) return MR_EINVAL;
    double value = fit->params.value[param];
    double reach = special_normal_quantile(0.5 + level / 2) * fit->se[param] / value;
    if (low) *low = value * exp(-reach);
    if (high) *high = value * exp(reach);
    return MR_OK;
}
