/* The final fits, on all data: the forecast model, the cycle model, the spending model. */
#include "choose.h"

#include "error.h"
#include "mem.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct chooser {
    const compare *comparison;
    const mr_data *data;
    const mr_context *context;
} chooser;

/* A model that could be fitted to the outer calibration only has no inner error: it comes last. */
static double inner_error(const compare_entry *e) {
    return e->inner.n ? e->inner.rmse : INFINITY;
}

/* Candidates in order of preference: the chosen one, then by inner error. */
static size_t preferred(const compare *c, bool at_once, size_t order[COMPARE_MAX]) {
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

static mr_status fit_all(const chooser *w, const mr_model *model, int k, mr_fit *fit, mr_error *err) {
    mr_fit_options options = {.k = w->data->n > LARGE && mr_model_is_regular(model) ? k : 0};
    /* Standard errors of a large base come from the sample's Hessian, scaled: they are tiny there, and cost as much as the fit. */
    options.no_errors = w->data->n > LARGE;
    return mr_model_fit(model, w->data, &options, w->context, fit, err);
}

static mr_status fit_first_that_can(const chooser *w, bool at_once, mr_fit *fit, size_t *which, mr_error *err) {
    size_t order[COMPARE_MAX], n = preferred(w->comparison, at_once, order);
    mr_status status = MR_EFLAT;
    for (size_t i = 0; i < n; i++) {
        const compare_entry *e = &w->comparison->entry[order[i]];
        status = fit_all(w, e->model, e->fit.params.k ? e->fit.params.k : 1, fit, err);
        if (which) *which = order[i];
        if (status == MR_OK || status == MR_ENOMEM || status == MR_ECANCELLED) return status;
    }
    return status;
}

/* Too little history for a holdout: every model on all data, the smallest AIC. */
static mr_status choose_by_aic(const chooser *w, bool at_once, mr_fit *best, mr_error *err) {
    double smallest = INFINITY;
    mr_status result = MR_EFLAT;
    mr_error problem = {0}, first = {0};
    for (size_t i = 0; i < mr_model_count(); i++) {
        const mr_model *model = mr_model_at(i);
        if (mr_model_kind(model) != MR_BUYING || (at_once && !mr_model_leaves_at_once(model))) continue;
        mr_fit fit;
        mr_status status = fit_all(w, model, 0, &fit, &problem);
        if (status == MR_ENOMEM || status == MR_ECANCELLED) {
            if (err) *err = problem;
            return status;
        }
        if (status != MR_OK) {
            if (!first.code) first = problem;
            continue;
        }
        double parameters = (double)mr_model_params(model) + (mr_model_is_regular(model) ? 1 : 0); /* k is one too */
        double aic = 2 * parameters - 2 * fit.log_likelihood;
        if (aic < smallest) smallest = aic, *best = fit, result = MR_OK;
    }
    if (result != MR_OK && err) *err = first;
    return result;
}

static mr_status no_model(const chooser *w, mr_status status, mr_error *err) {
    const mr_data *d = w->data;
    double repeaters = 0;
    for (size_t i = 0; i < d->n; i++) repeaters += d->x[i] > 0;
    if (status == MR_ENOMEM || status == MR_ECANCELLED) return status;
    if (repeaters == 0)
        return error_set(err, status, NULL, -1,
                         d->n == 1 ? "one customer with one order: there is no rhythm to learn from; give more orders"
                                   : "every one of the %zu customers has one order: there is no rhythm to learn from; give a longer "
                                     "history, or check the customer column (--columns)",
                         d->n);
    char why[200];
    snprintf(why, sizeof why, "%.199s", err ? err->message : "");
    return error_set(err, status, NULL, -1, "no model could be fitted to %zu customer%s (%g with a second order): models learn from how "
                     "customers differ, and these are %s for that; give more orders, or a longer history (%s)",
                     d->n, d->n == 1 ? "" : "s", repeaters, d->n < 30 ? "too few" : repeaters < 30 ? "too few with a second order" : "too much alike", why);
}

static mr_status fit_spending(const chooser *w, const double *mean_spend, choice *out, mr_error *err) {
    const mr_alloc *alloc = context_alloc(w->context);
    const mr_data *d = w->data;
    double *x = mem_take(alloc, 2 * d->n, sizeof *x);
    if (!x) return error_memory(err, 2 * d->n * sizeof *x);
    double *m = x + d->n;
    size_t n = 0;
    for (size_t i = 0; i < d->n; i++) {
        if (d->x[i] == 0) continue;
        if (mean_spend[i] <= 0) {
            out->spending_zero++;
            continue;
        }
        x[n] = d->x[i];
        m[n++] = mean_spend[i];
    }
    mr_data data = {.n = n, .x = x, .mean_spend = m};
    mr_error problem = {0};
    mr_fit_options options = {.no_errors = n > LARGE};
    mr_status status = n ? mr_model_fit(mr_model_find("gamma-gamma"), &data, &options, w->context, &out->spending, &problem)
                         : error_set(&problem, MR_EDATA, NULL, -1, "no customer with a second order spent anything");
    if (status == MR_OK && out->spending.params.value[1] <= 1)
        status = error_set(&problem, MR_EDATA, "q", -1, "Gamma-Gamma: q = %.3g is not above 1, so that no mean spend exists",
                           out->spending.params.value[1]);
    if (status == MR_OK) {
        out->has_spending = true;
        mr_error ignored;
        mr_spend_independence(&data, &out->spending_correlation, &out->spending_p_value, &ignored);
    } else if (status != MR_ENOMEM && status != MR_ECANCELLED) {
        snprintf(out->spending_problem, sizeof out->spending_problem, "%.199s", problem.message);
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
static mr_status fit_forecast(const chooser *w, choice *out, mr_error *err) {
    const compare *c = w->comparison;
    mr_status status = MR_EFLAT;
    size_t which = c->chosen;
    if (c->has_choice) status = fit_first_that_can(w, false, &out->forecast, &which, err);
    if (ends_everything(status)) return status;
    if (status == MR_OK) {
        if (which == c->chosen) {
            snprintf(out->why, sizeof out->why, "%s", c->why);
        } else {
            snprintf(out->why, sizeof out->why, "%s was better on the inner window but could not be fitted to all data",
                     c->entry[c->chosen].title);
        }
        out->chosen = which;
        return MR_OK;
    }
    status = choose_by_aic(w, false, &out->forecast, err);
    snprintf(out->why, sizeof out->why,
             "the orders before the holdout are too few, or too short a time: chosen by AIC on all data, untested");
    for (size_t i = 0; status == MR_OK && i < c->n; i++)
        if (c->entry[i].model == out->forecast.params.model) out->chosen = i;
    return status;
}

/* Where no model with leaving can be fitted, nobody can be told to have left: NBD, under which nobody leaves, gives the rhythm. */
static mr_status stand_in(const chooser *w, choice *out, mr_error *err) {
    const mr_model *nbd = mr_model_find("nbd");
    if (out->forecast.params.model == nbd) {
        out->cycle = out->forecast;
        return MR_OK;
    }
    mr_error why = {0};
    mr_status status = fit_all(w, nbd, 0, &out->cycle, &why);
    if (ends_everything(status) && err) *err = why;
    if (status == MR_OK || ends_everything(status)) return status;
    /* NBD with the forecast model's own rates: r and alpha mean the same in the BG family, and k phases make an order. */
    const mr_params *p = &out->forecast.params;
    out->cycle = (mr_fit){.params = {.model = nbd, .value = {p->value[0], p->value[1] * p->k}, .k = 1}, .n = out->forecast.n,
                          .se = {NAN, NAN}, .log_likelihood = NAN};
    return MR_OK;
}

static mr_status fit_cycle(const chooser *w, choice *out, mr_error *err) {
    if (mr_model_leaves_at_once(out->forecast.params.model)) {
        out->cycle = out->forecast;
        return MR_OK;
    }
    mr_status status = w->comparison->has_choice ? fit_first_that_can(w, true, &out->cycle, NULL, err) : MR_EFLAT;
    if (status != MR_OK && !ends_everything(status)) status = choose_by_aic(w, true, &out->cycle, err);
    if (status != MR_OK && !ends_everything(status)) status = stand_in(w, out, err);
    return status;
}

mr_status choose_models(const compare *comparison, const mr_data *data, const double *mean_spend, const mr_context *context,
                        choice *out, mr_error *err) {
    const chooser w = {comparison, data, context};
    *out = (choice){.spending_correlation = NAN, .spending_p_value = NAN};
    mr_status status = fit_forecast(&w, out, err);
    if (status != MR_OK) return no_model(&w, status, err);
    status = fit_cycle(&w, out, err);
    return status == MR_OK && mean_spend ? fit_spending(&w, mean_spend, out, err) : status;
}

int32_t choose_window(int32_t first, int32_t until, double horizon_days) {
    int32_t span = until - first + 1, days = (int32_t)lround(horizon_days);
    if (days > span / 3) days = span / 3;
    return days > 0 ? days : 0;
}

void choose_title(const mr_params *params, char title[32]) {
    if (mr_model_is_regular(params->model)) {
        snprintf(title, 32, "%s, k = %d", mr_model_title(params->model), params->k);
    } else {
        snprintf(title, 32, "%s", mr_model_title(params->model));
    }
}
