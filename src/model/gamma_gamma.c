/* Gamma-Gamma. An order's money is Gamma(p, nu) with nu ~ Gamma(q, v) between customers, independent of how often they order.
 * Colombo & Jiang 1999; Fader, Hardie & Lee 2005b, "RFM and CLV", eq. (1a). For the mean m of x orders:
 *
 *   log L = log Gamma(p x + q) - log Gamma(p x) - log Gamma(q) + q log v + (p x - 1) log m + p x log x - (p x + q) log(x m + v)
 *
 *   E(mean | x, m) = p (v + x m) / (p x + q - 1),   population mean = p v / (q - 1), q > 1.
 *
 * Parameters p, q, v. */
#include "impl.h"

#include "error.h"
#include "special.h"

#include <math.h>

static size_t starts(const mr_data *data, double scale, int k, double start[4][MR_MAX_PARAMS]) {
    (void)k, (void)scale;
    double sum = 0, weight = 0;
    for (size_t i = 0; i < data->n; i++) {
        double w = data_at(data->weight, i, 1);
        sum += w * data->mean_spend[i];
        weight += w;
    }
    double mean = weight > 0 ? sum / weight : 1;
    static const double shape[3][2] = {{6, 4}, {1.5, 2.5}, {20, 10}};
    for (size_t i = 0; i < 3; i++) {
        start[i][0] = shape[i][0];
        start[i][1] = shape[i][1];
        start[i][2] = mean * (shape[i][1] - 1) / shape[i][0]; /* so that the population mean is right */
    }
    return 3;
}

enum { GG_LOG, GG_P, GG_BOTH };

static void prepare(model_state *state) {
    state->constant[0] = log(state->params->value[2]) - special_digamma(state->params->value[1]);
}

static void tabulate(const model_state *state, double x, double *row) {
    double p = state->params->value[0], q = state->params->value[1], v = state->params->value[2], px = p * x;
    if (x < 1) return; /* no order, no money: the row is never asked for */
    row[GG_BOTH] = special_digamma(px + q);
    row[GG_LOG] = special_lrising(px, q) - special_lgamma(q) + q * log(v);
    row[GG_P] = row[GG_BOTH] - special_digamma(px);
}

/* The row's x is the number of orders, its T their mean money (row_at in fit.c). p x log(x m) - p x log(x m + v) is one log1p: apart
 * the two would cancel for many orders of little spread. */
static double likelihood(const model_state *state, const double *table, const model_row *row, double *gradient) {
    double p = state->params->value[0], q = state->params->value[1], v = state->params->value[2];
    double sum = row->x * row->T, px = p * row->x, short_of = log1p(v / sum), log_total = log(sum + v);
    if (gradient) {
        gradient[0] = row->x * (table[GG_P] - short_of);
        gradient[1] = table[GG_BOTH] + state->constant[0] - log_total;
        gradient[2] = q / v - (px + q) / (sum + v);
    }
    return table[GG_LOG] - log(row->T) - px * short_of - q * log_total;
}

const struct mr_model model_gamma_gamma = {
    .name = "gamma-gamma",
    .title = "Gamma-Gamma",
    .about = "Money per order, gamma within and between customers (Colombo & Jiang 1999; Fader, Hardie & Lee 2005)",
    .kind = MR_SPENDING,
    .params = 3,
    .param = {"p", "q", "v"},
    .scales = 1u << 2,
    .starts = starts,
    .prepare = prepare,
    .tabulate = tabulate,
    .likelihood = likelihood,
};

mr_status mr_spend_expected(const mr_params *params, const mr_data *data, double *out, mr_error *err) {
    mr_status status = model_check_params(params, err);
    if (status != MR_OK) return status;
    if (params->model != &model_gamma_gamma || !data || !data->x || !data->mean_spend || !out)
        return error_set(err, MR_EINVAL, "params", -1, "mr_spend_expected needs Gamma-Gamma parameters, x, mean_spend and out");
    double p = params->value[0], q = params->value[1], v = params->value[2];
    if (q <= 1) return error_set(err, MR_EDATA, "q", -1, "the mean spend does not exist: q = %g is not above 1", q);
    for (size_t i = 0; i < data->n; i++) {
        double x = data->x[i], m = data->mean_spend[i];
        if (!(x >= 0) || !(m >= 0) || isinf(x * m))
            return error_set(err, MR_EDATA, "mean_spend", (int64_t)i, "row %zu has x %g and mean_spend %g", i, x, m);
        /* Nothing spent so far tells nothing under the model (money is above 0 with certainty): the population's mean. */
        out[i] = x == 0 || m == 0 ? p * v / (q - 1) : p * (v + x * m) / (p * x + q - 1);
    }
    return MR_OK;
}

mr_status mr_spend_independence(const mr_data *data, double *correlation, double *p_value, mr_error *err) {
    mr_status status = model_check_data(&model_gamma_gamma, data, 1, NULL, err);
    if (status != MR_OK) return status;
    if (data->n < 4) return error_set(err, MR_EDATA, "n", -1, "a correlation needs at least 4 customers, not %zu", data->n);
    double n = (double)data->n, mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
    for (size_t i = 0; i < data->n; i++) mx += data->x[i] / n, my += data->mean_spend[i] / n;
    for (size_t i = 0; i < data->n; i++) {
        double dx = data->x[i] - mx, dy = data->mean_spend[i] - my;
        xx += dx * dx, yy += dy * dy, xy += dx * dy;
    }
    if (!(xx > 0) || !(yy > 0))
        return error_set(err, MR_EDATA, "x", -1, "everyone has the same number of orders or the same spend: no correlation");
    double rho = xy / sqrt(xx * yy), z = atanh(fmax(-1 + 1e-15, fmin(1 - 1e-15, rho))) * sqrt(n - 3);
    if (correlation) *correlation = rho;
    if (p_value) *p_value = erfc(fabs(z) * 0.70710678118654752440);
    return MR_OK;
}
