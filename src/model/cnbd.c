/* Beta-geometric models with regular rhythm: likelihood and gradient.
 *
 *   While a customer, orders come with Erlang-k gaps of rate lambda ~ Gamma(r, alpha); after each order the customer leaves
 *   with probability p ~ Beta(a, b): in the M models ("modified") after the first order too, else only after repeat orders.
 *   With R = r + k x, s = T - t_x, z = s / (alpha + T), m = 1 (M) or 0:
 *
 *   L = exp((k-1) sum log gap) / Gamma(k)^x . B(a, b+x+m) / B(a, b) . Gamma(R) / Gamma(r) . alpha^r / (alpha+T)^R
 *       . [ a / (b+x+m-1) . ((alpha+T) / (alpha+t_x))^R  +  sum_{j<k} Gamma(R+j) / (Gamma(R) j!) z^j ]
 *
 *   The first term in brackets: left at the last order; the second: still there, with j < k hidden arrivals since.
 *
 * Sources: k = 1, m = 0: Fader, Hardie & Lee 2005, eq. (6); k = 1, m = 1: Batislam, Denizel & Filiztekin 2007; k > 1:
 * Reutterer, Platzer & Schroeder 2021, "Leveraging purchase regularity for predicting customer behavior the easy way".
 * Assumes independence of lambda and p. Parameters in the order r, alpha, a, b. */
#include "cnbd.h"

#include "special.h"

#include <math.h>

size_t cnbd_starts(const mr_data *data, double scale, int k, double start[4][MR_MAX_PARAMS]) {
    (void)data;
    /* alpha as a share of the mean observation time; k hidden arrivals an order make rates k times as fast. */
    static const double shape[4][MR_MAX_PARAMS] = {
        {0.5, 0.15, 0.8, 2.5}, {2, 0.5, 0.5, 1}, {0.25, 0.1, 0.3, 3}, {5, 0.5, 1, 5}};
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 4; j++) start[i][j] = shape[i][j];
        start[i][1] *= scale / sqrt((double)k);
    }
    return 4;
}

static double dropouts(const model_state *state) {
    return state->params->model->after_first ? 0 : 1;
}

void cnbd_tabulate(const model_state *state, double x, double *row) {
    const mr_params *p = state->params;
    double r = p->value[0], alpha = p->value[1], a = p->value[2], b = p->value[3], k = p->k;
    double m = dropouts(state), R = r + k * x, fails = x + m;
    /* B(a, b + fails) / B(a, b) as a ratio of rising factorials: no cancellation for large x. */
    row[CNBD_LOG] = special_lrising(b, fails) - special_lrising(a + b, fails) + special_lrising(r, k * x) + r * log(alpha) -
                    x * special_lgamma(k);
    row[CNBD_R] = special_digamma(R) - special_digamma(r);
    double ab = special_digamma(a + b) - special_digamma(a + b + fails);
    row[CNBD_A] = ab;
    row[CNBD_B] = special_digamma(b + fails) - special_digamma(b) + ab;
    bool may = fails >= 1;
    row[CNBD_DEAD_B] = may ? 1 / (b + fails - 1) : 0;
    row[CNBD_DEAD] = a * row[CNBD_DEAD_B];
}

static inline double log_end_of(const model_row *row, double end) {
    model_memo *memo = row->memo;
    if (!memo) return log(end);
    if (memo->T != row->T) *memo = (model_memo){row->T, log(end)};
    return memo->value;
}

double cnbd_likelihood(const model_state *state, const double *table, const model_row *row, double *gradient) {
    const mr_params *p = state->params;
    double r = p->value[0], alpha = p->value[1], a = p->value[2];
    int k = p->k;
    double R = r + k * row->x, end = alpha + row->T, last = alpha + row->t_x;
    double log_end = log_end_of(row, end), log_last = log(last);

    double z = (row->T - row->t_x) / end, term = 1, here = 1, here_r = 0, here_z = 0, harmonic = 0;
    for (int j = 1; j < k; j++) {
        term *= (R + j - 1) / j * z;
        harmonic += 1 / (R + j - 1);
        here += term;
        here_r += term * harmonic;
        here_z += j * term;
    }
    double log_total, dead_share = 0;
    if (table[CNBD_DEAD] > 0) {
        double exponent = R * (log_end - log_last);
        if (exponent < 650) {
            double dead = table[CNBD_DEAD] * exp(exponent);
            log_total = log(here + dead);
            dead_share = dead / (here + dead);
        } else {
            double log_dead = log(table[CNBD_DEAD]) + exponent, log_here = log(here);
            log_total = special_log_add(log_dead, log_here);
            dead_share = exp(log_dead - log_total);
        }
    } else {
        log_total = log(here);
    }
    double alive_share = (1 - dead_share) / here;
    if (gradient) {
        gradient[0] = table[CNBD_R] + log(alpha) - log_end + dead_share * (log_end - log_last) + alive_share * here_r;
        gradient[1] = r / alpha - R / end + dead_share * R * (1 / end - 1 / last) - alive_share * here_z / end;
        gradient[2] = table[CNBD_A] + dead_share / a;
        gradient[3] = table[CNBD_B] - dead_share * table[CNBD_DEAD_B];
    }
    double regular = k > 1 ? (k - 1) * row->log_gaps : 0;
    return table[CNBD_LOG] + regular - R * log_end + log_total;
}

double cnbd_shape(const mr_params *params, double x) {
    return params->value[0] + params->k * x;
}
