/* The final fits, on all data, as a reader sees them. */
#include "build.h"

#include <choose.h>

#include <stdio.h>

static void describe(const mr_fit *fit, char title[32], size_t *n, report_param *params) {
    const mr_model *model = fit->params.model;
    choose_title(&fit->params, title);
    *n = mr_model_params(model);
    for (size_t i = 0; i < *n; i++) {
        snprintf(params[i].name, sizeof params[i].name, "%s", mr_model_param(model, i));
        params[i].value = fit->params.value[i];
        params[i].se = fit->se[i];
        mr_fit_interval(fit, i, 0.95, &params[i].low, &params[i].high);
    }
}

mr_status build_fits(build *b, const ingest_orders *input, const build_options *o, const mr_context *context, mr_error *err) {
    (void)input, (void)o;
    report *r = &b->r;
    choice c;
    mr_status status = choose_models(&b->comparison, &b->data, r->has_money ? b->mean_spend : NULL, context, &c, err);
    if (status != MR_OK) return status;
    r->fit = c.forecast;
    r->cycle_fit = c.cycle;
    r->chosen = c.chosen;
    snprintf(r->choice_why, sizeof r->choice_why, "%s", c.why);
    describe(&r->fit, r->chosen_title, &r->chosen_params_n, r->chosen_params);
    describe(&r->cycle_fit, r->cycle_title, &r->cycle_params_n, r->cycle_params);
    if (!r->has_money) return MR_OK;
    r->has_spend_fit = c.has_spending;
    r->spend_fit = c.spending;
    r->spend_zero = c.spending_zero;
    r->spend_correlation = c.spending_correlation;
    r->spend_p_value = c.spending_p_value;
    snprintf(r->spend_problem, sizeof r->spend_problem, "%s", c.spending_problem);
    if (r->has_spend_fit) describe(&r->spend_fit, r->spend_title, &r->spend_params_n, r->spend_params);
    return MR_OK;
}
