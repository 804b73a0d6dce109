/* NBD. Orders are Poisson at a rate lambda ~ Gamma(r, alpha); nobody ever leaves.
 *
 *   L = Gamma(r + x) / Gamma(r) . alpha^r / (alpha + T)^(r + x)
 *
 * of the order times (Ehrenberg 1959 in the timing form of Fader & Hardie). The baseline every model with leaving must beat.
 * Parameters r, alpha. */
#include "cnbd.h"
#include "count_interval.h"

#include "special.h"

#include <math.h>

enum { NBD_LOG, NBD_R };

static size_t starts(const mr_data *data, double scale, int k, double start[4][MR_MAX_PARAMS]) {
    (void)data, (void)k;
    static const double shape[3][2] = {{0.5, 0.3}, {2, 1}, {0.1, 0.1}};
    for (size_t i = 0; i < 3; i++) {
        start[i][0] = shape[i][0];
        start[i][1] = shape[i][1] * scale;
    }
    return 3;
}

static void tabulate(const model_state *state, double x, double *row) {
    double r = state->params->value[0];
    row[NBD_LOG] = special_lrising(r, x) + r * log(state->params->value[1]);
    row[NBD_R] = special_digamma(r + x) - special_digamma(r) + log(state->params->value[1]);
}

static double likelihood(const model_state *state, const double *table, const model_row *row, double *gradient) {
    double r = state->params->value[0], alpha = state->params->value[1], end = alpha + row->T, log_end = log(end);
    if (gradient) {
        gradient[0] = table[NBD_R] - log_end;
        gradient[1] = r / alpha - (r + row->x) / end;
    }
    return table[NBD_LOG] - (r + row->x) * log_end;
}

static void forecast(const model_state *state, const double *table, const model_row *row, double horizon, double level,
                     unsigned want, model_forecast *out) {
    (void)table;
    double R = state->params->value[0] + row->x, end = state->params->value[1] + row->T, tail = 0.5 * (1 - level);
    out->alive = out->later = 1;
    out->order = -expm1(-R * log1p(horizon / end));
    out->expected = out->stay = R * horizon / end;
    if (want & WANT_DUE) {
        out->due_50 = end * expm1(0.69314718055994530942 / R);
        out->due_90 = end * expm1(2.30258509299404568402 / R);
    }
    if (!(want & WANT_INTERVAL)) return;
    count_window whole = {.rho = horizon / (end + horizon), .share = 1};
    count_interval(R, &whole, 1, 1, tail, &out->low, &out->high);
}

const struct mr_model model_nbd = {
    .name = "nbd",
    .title = "NBD",
    .about = "Negative binomial: orders at a gamma-distributed rate, nobody leaves (Ehrenberg 1959)",
    .kind = MR_BUYING,
    .params = 2,
    .param = {"r", "alpha"},
    .scales = 1u << 1,
    .starts = starts,
    .tabulate = tabulate,
    .likelihood = likelihood,
    .forecast = forecast,
    .shape = cnbd_shape,
};
