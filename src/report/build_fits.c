/* The final fits, on all data: the forecast model, the cycle model, the spending model. */
#include "build.h"

#include "error.h"
#include "mem.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A model that could be fitted to the outer calibration only has no inner error: it comes last. */
static double inner_error(const compare_entry *e) {
    return e->inner.n ? e->inner.rmse : INFINITY;
}

/* Candidates in order of preference: the chosen one, then by inner error. */
static size_t preferred(const build *b, bool at_once, size_t order[COMPARE_MAX]) {
    const compare *c = &b->comparison;
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++) {
        const compare_entry *e = &c->entry[i];
        if (!e->model || !e->fitted || (at_once && !mr_model_leaves_at_once(e->model))) continue;
        size_t at = n++;
        order[at] = i;
        while (at > 0 && (order[at] == c->chosen ||
                          (order[at - 1] != c->chosen && inner_error(&c->entry[order[at]]) < inner_error(&c->entry[order[at - 1]])))) {
            size_t swap = order[at];
            order[at] = order[at - 1];
            order[at - 1] = swap;
            at--;
        }
    }
    return n;
}

/* On large data k is the one found on the comparison's sample: the search for k costs more than the fit. */
#define LARGE 48000

static mr_status fit_all(const build *b, const mr_model *model, int k, const mr_context *context, mr_fit *fit, mr_error *err) {
    mr_fit_options options = {.k = b->n > LARGE && mr_model_is_regular(model) ? k : 0};
    /* Standard errors of a large base come from the sample's Hessian, scaled: they are tiny there, and cost as much as the fit. */
    options.no_errors = b->n > LARGE;
    return mr_model_fit(model, &b->data, &options, context, fit, err);
}

static mr_status fit_first_that_can(build *b, bool at_once, const mr_context *context, mr_fit *fit, size_t *which,
                                    mr_error *err) {
    size_t order[COMPARE_MAX], n = preferred(b, at_once, order);
    mr_status status = MR_EFLAT;
    for (size_t i = 0; i < n; i++) {
        const compare_entry *e = &b->comparison.entry[order[i]];
        status = fit_all(b, e->model, e->fit.params.k ? e->fit.params.k : 1, context, fit, err);
        if (which) *which = order[i];
        if (status == MR_OK || status == MR_ENOMEM || status == MR_ECANCELLED) return status;
    }
    return status;
}

/* Too little history for a holdout: every model on all data, the smallest AIC. */
static mr_status choose_by_aic(build *b, bool at_once, const mr_context *context, mr_fit *best, mr_error *err) {
    double smallest = INFINITY;
    mr_status result = MR_EFLAT;
    mr_error problem = {0}, first = {0};
    for (size_t i = 0; i < mr_model_count(); i++) {
        const mr_model *model = mr_model_at(i);
        if (mr_model_kind(model) != MR_BUYING || (at_once && !mr_model_leaves_at_once(model))) continue;
        mr_fit fit;
        mr_status status = fit_all(b, model, 0, context, &fit, &problem);
        if (status == MR_ENOMEM || status == MR_ECANCELLED) {
            if (err) *err = problem;
            return status;
        }
        if (status != MR_OK) {
            if (!first.code) first = problem;
            continue;
        }
        double aic = 2 * (double)mr_model_params(model) - 2 * fit.log_likelihood;
        if (aic < smallest) smallest = aic, *best = fit, result = MR_OK;
    }
    if (result != MR_OK && err) *err = first;
    return result;
}

static mr_status no_model(const build *b, mr_status status, mr_error *err) {
    double repeaters = 0;
    for (size_t i = 0; i < b->n; i++) repeaters += b->data.x[i] > 0;
    if (status == MR_ENOMEM || status == MR_ECANCELLED) return status;
    if (repeaters == 0)
        return error_set(err, status, NULL, -1,
                         b->n == 1 ? "one customer with one order: there is no rhythm to learn from; give more orders"
                                   : "every one of the %zu customers has one order: there is no rhythm to learn from; give a longer "
                                     "history, or check the customer column (--columns)",
                         b->n);
    char why[200];
    snprintf(why, sizeof why, "%.199s", err ? err->message : "");
    return error_set(err, status, NULL, -1, "no model could be fitted to %zu customer%s (%g with a second order): models learn from how "
                     "customers differ, and these are %s for that; give more orders, or a longer history (%s)",
                     b->n, b->n == 1 ? "" : "s", repeaters, b->n < 30 ? "too few" : repeaters < 30 ? "too few with a second order" : "too much alike", why);
}

static void describe(const mr_fit *fit, char title[32], size_t *n, report_param *params) {
    const mr_model *model = fit->params.model;
    if (mr_model_is_regular(model)) {
        snprintf(title, 32, "%s, k = %d", mr_model_title(model), fit->params.k);
    } else {
        snprintf(title, 32, "%s", mr_model_title(model));
    }
    *n = mr_model_params(model);
    for (size_t i = 0; i < *n; i++) {
        snprintf(params[i].name, sizeof params[i].name, "%s", mr_model_param(model, i));
        params[i].value = fit->params.value[i];
        params[i].se = fit->se[i];
        mr_fit_interval(fit, i, 0.95, &params[i].low, &params[i].high);
    }
}

static mr_status fit_spend(build *b, const mr_context *context, mr_error *err) {
    report *r = &b->r;
    const mr_alloc *alloc = context_alloc(context);
    double *x = mem_take(alloc, 2 * b->n, sizeof *x);
    if (!x) return error_memory(err, 2 * b->n * sizeof *x);
    double *m = x + b->n;
    size_t n = 0;
    for (size_t i = 0; i < b->n; i++) {
        if (b->data.x[i] == 0) continue;
        if (b->mean_spend[i] <= 0) {
            r->spend_zero++;
            continue;
        }
        x[n] = b->data.x[i];
        m[n++] = b->mean_spend[i];
    }
    mr_data data = {.n = n, .x = x, .mean_spend = m};
    mr_error problem = {0};
    mr_fit_options options = {.no_errors = n > LARGE};
    r->spend_correlation = r->spend_p_value = NAN;
    mr_status status = n ? mr_model_fit(mr_model_find("gamma-gamma"), &data, &options, context, &r->spend_fit, &problem)
                         : error_set(&problem, MR_EDATA, NULL, -1, "no customer with a second order spent anything");
    if (status == MR_OK && r->spend_fit.params.value[1] <= 1)
        status = error_set(&problem, MR_EDATA, "q", -1, "Gamma-Gamma: q = %.3g is not above 1, so that no mean spend exists",
                           r->spend_fit.params.value[1]);
    if (status == MR_OK) {
        r->has_spend_fit = true;
        describe(&r->spend_fit, r->spend_title, &r->spend_params_n, r->spend_params);
        mr_error ignored;
        mr_spend_independence(&data, &r->spend_correlation, &r->spend_p_value, &ignored);
    } else if (status != MR_ENOMEM && status != MR_ECANCELLED) {
        snprintf(r->spend_problem, sizeof r->spend_problem, "%.199s", problem.message);
        status = MR_OK;
    } else if (err) {
        *err = problem;
    }
    mem_free(alloc, x);
    return status;
}

static bool ends_everything(mr_status status) {
    return status == MR_ENOMEM || status == MR_ECANCELLED;
}

/* The forecast model: the one chosen on the inner window where it can be fitted to all data, else the next best there, else
 * whatever can be fitted. */
static mr_status fit_forecast(build *b, const mr_context *context, mr_error *err) {
    report *r = &b->r;
    const compare *c = &b->comparison;
    mr_status status = MR_EFLAT;
    size_t which = c->chosen;
    if (c->has_choice) status = fit_first_that_can(b, false, context, &r->fit, &which, err);
    if (ends_everything(status)) return status;
    if (status == MR_OK) {
        if (which == c->chosen) {
            snprintf(r->choice_why, sizeof r->choice_why, "%s", c->why);
        } else {
            snprintf(r->choice_why, sizeof r->choice_why, "%s was better on the inner window but could not be fitted to all data",
                     c->entry[c->chosen].title);
        }
        r->chosen = which;
        return MR_OK;
    }
    status = choose_by_aic(b, false, context, &r->fit, err);
    snprintf(r->choice_why, sizeof r->choice_why,
             "the orders before the holdout are too few, or too short a time: chosen by AIC on all data, untested");
    for (size_t i = 0; status == MR_OK && i < r->models_n; i++)
        if (r->models[i].model == r->fit.params.model) r->chosen = i;
    return status;
}

/* Where no model with leaving can be fitted, nobody can be told to have left: NBD, under which nobody leaves, gives the rhythm. */
static mr_status stand_in(build *b, const mr_context *context, mr_error *err) {
    report *r = &b->r;
    const mr_model *nbd = mr_model_find("nbd");
    if (r->fit.params.model == nbd) {
        r->cycle_fit = r->fit;
        return MR_OK;
    }
    mr_error why = {0};
    mr_status status = fit_all(b, nbd, 0, context, &r->cycle_fit, &why);
    if (ends_everything(status) && err) *err = why;
    if (status == MR_OK || ends_everything(status)) return status;
    /* NBD with the forecast model's own rates: r and alpha mean the same in the BG family, and k phases make an order. */
    const mr_params *p = &r->fit.params;
    r->cycle_fit = (mr_fit){.params = {.model = nbd, .value = {p->value[0], p->value[1] * p->k}, .k = 1}, .n = r->fit.n,
                            .se = {NAN, NAN}, .log_likelihood = NAN};
    return MR_OK;
}

mr_status build_fits(build *b, const ingest_orders *input, const build_options *o, const mr_context *context, mr_error *err) {
    (void)input, (void)o;
    report *r = &b->r;
    mr_status status = fit_forecast(b, context, err);
    if (status != MR_OK) return no_model(b, status, err);
    if (mr_model_leaves_at_once(r->fit.params.model)) {
        r->cycle_fit = r->fit;
    } else {
        status = b->comparison.has_choice ? fit_first_that_can(b, true, context, &r->cycle_fit, NULL, err) : MR_EFLAT;
        if (status != MR_OK && !ends_everything(status)) status = choose_by_aic(b, true, context, &r->cycle_fit, err);
        if (ends_everything(status)) return status;
        if (status != MR_OK) status = stand_in(b, context, err);
        if (ends_everything(status)) return status;
    }
    describe(&r->fit, r->chosen_title, &r->chosen_params_n, r->chosen_params);
    describe(&r->cycle_fit, r->cycle_title, &r->cycle_params_n, r->cycle_params);
    return r->has_money ? fit_spend(b, context, err) : MR_OK;
}
