#include "outlook.h"

#include "calendar.h"

#include <math.h>

mr_status outlook_forecast(const outlook_spec *spec, const mr_data *data, const mr_context *context, const outlook_columns *out,
                           mr_error *err) {
    bool same = spec->forecast->model == spec->cycle->model;
    mr_forecast f = {.p_order = out->order, .expected = out->expected, .expected_low = out->low, .expected_high = out->high,
                     .expected_if_stay = out->stay, .due_median = out->due, .due_90 = out->due_90};
    if (same) f.p_alive = out->alive, f.p_alive_later = out->later;
    mr_forecast_spec ahead = {.horizon = spec->horizon_days / spec->days_per_unit, .level = spec->level};
    mr_status status = mr_model_forecast(spec->forecast, data, &ahead, context, &f, err);
    if (status == MR_OK && !same) {
        mr_forecast alive = {.p_alive = out->alive, .p_alive_later = out->later};
        status = mr_model_forecast(spec->cycle, data, &ahead, context, &alive, err);
    }
    mr_rhythm rhythm = {out->gap, out->gap_50, out->gap_90, out->gap_95};
    return status == MR_OK ? mr_model_rhythm(spec->cycle, data, context, &rhythm, err) : status;
}

mr_status outlook_spending(const outlook_spec *spec, size_t n, const double *x, const double *mean_spend, const double *spend, double *out,
                           mr_error *err) {
    if (spec->spending) {
        mr_data data = {.n = n, .x = x, .mean_spend = mean_spend};
        return mr_spend_expected(spec->spending, &data, out, err);
    }
    for (size_t i = 0; i < n; i++) out[i] = spend[i] / (x[i] + 1);
    return MR_OK;
}

double outlook_discount(const outlook_spec *spec) {
    double delta = log1p(spec->discount_rate) / DAYS_PER_YEAR * spec->horizon_days;
    return delta > 0 ? -expm1(-delta) / delta : 1;
}

mr_standing outlook_standing(const outlook_spec *spec, const mr_data *data, const outlook_columns *c, double profit, size_t i) {
    double days = spec->days_per_unit;
    return (mr_standing){.orders = data->x[i] + 1, .silence = (data->T[i] - data->t_x[i]) * days, .gap_50 = c->gap_50[i] * days,
                         .gap_90 = c->gap_90[i] * days, .gap_95 = c->gap_95[i] * days, .p_alive = c->alive[i],
                         .p_alive_later = c->later[i], .p_order = c->order[i], .value_if_stay = profit * c->stay[i]};
}

void outlook_total(double expected, double predicted, double actual, double *low, double *high) {
    double miss = actual > 0 && predicted > 0 ? predicted / actual - 1 : NAN;
    *low = *high = NAN;
    if (isnan(miss) || !(expected > 0)) return;
    double reach = 1.2815515655446 * sqrt(miss * miss * expected * expected + expected); /* the normal's 90 % quantile */
    *low = fmax(0, expected - reach);
    *high = expected + reach;
}
