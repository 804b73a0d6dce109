/* The family of beta-geometric models with Erlang-k gaps. k = 1 gives BG/NBD and MBG/NBD. */
#ifndef MODEL_CNBD_H
#define MODEL_CNBD_H

#include "impl.h"

size_t cnbd_starts(const mr_data *data, double scale, int k, double start[4][MR_MAX_PARAMS]);
void cnbd_tabulate(const model_state *state, double x, double *row);
double cnbd_likelihood(const model_state *state, const double *table, const model_row *row, double *gradient);
void cnbd_forecast(const model_state *state, const double *table, const model_row *row, double horizon, double level,
                   unsigned want, model_forecast *out);
double cnbd_shape(const mr_params *params, double x);

/* Columns of the table of x. R = r + k x, m = 1 for the M models. */
enum {
    CNBD_LOG,     /* log B(a, b + x + m) / B(a, b) + log Gamma(R) / Gamma(r) + r log alpha - x log Gamma(k) */
    CNBD_R,       /* d/dr of it but for log alpha: psi(R) - psi(r) */
    CNBD_A,       /* d/da */
    CNBD_B,       /* d/db */
    CNBD_DEAD,    /* a / (b + x + m - 1): odds of having left at the last order, given x; 0 where that cannot be */
    CNBD_DEAD_B,  /* 1 / (b + x + m - 1) */
};

/* The ratio g / (alpha + t_x) at which log P(next gap > g | last order at t_x) = log_survival (< 0): the gap is Erlang-k at a
 * Gamma(R) rate, R > 0. */
double cnbd_survival_inverse(double log_survival, double R, int k);

#endif
