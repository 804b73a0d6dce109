/* Pareto/NBD. Orders are Poisson at a rate lambda ~ Gamma(r, alpha) while a customer; lifetimes are exponential at a rate
 * mu ~ Gamma(s, beta). Schmittlein, Morrison & Colombo 1987.
 *
 *   L = Gamma(r+x) / Gamma(r) alpha^r beta^s { (alpha+T)^-(r+x) (beta+T)^-s
 *                                              + integral_{t_x}^T s (beta+t)^-(s+1) (alpha+t)^-(r+x) dt }
 *
 *   The first term: still a customer at T; the second: left at t. The integral is usually written as a difference of two
 *   2F1 (Fader & Hardie 2005, "A note on deriving the Pareto/NBD model"), which cancels where T is near t_x and overflows for
 *   many orders. We integrate it: with A = alpha + t_x, B = beta + t_x and u = log((A+t)/A) for the smaller of A and B the
 *   integrand is analytic within |Im u| < pi, so that Gauss-Legendre converges geometrically, and the same points give the
 *   four derivatives. Points by length and decay of the range; relative error under 1e-12 (tests/golden: the stress table).
 *
 * Parameters r, alpha, s, beta. */
#include "pareto.h"

#include "special.h"

#include <math.h>

typedef struct likelihood_sums {
    double A, B, R, s;
    double left, by_r, by_s, by_a, by_b;
    bool gradient;
} likelihood_sums;

static inline void add_left(const pareto_point *at, void *ctx) {
    likelihood_sums *l = ctx;
    double per_b = 1 / (l->B + at->t), rate = at->weight * per_b, w = l->s * rate;
    l->left += w;
    if (!l->gradient) return;
    l->by_r -= w * at->log_a;
    l->by_s += rate - w * at->log_b;
    l->by_a += w * l->R * (1 / l->A - 1 / (l->A + at->t));
    l->by_b += w * (l->s / l->B - (l->s + 1) * per_b);
}

static size_t starts(const mr_data *data, double scale, int k, double start[4][MR_MAX_PARAMS]) {
    (void)data, (void)k;
    static const double shape[4][MR_MAX_PARAMS] = {
        {0.5, 0.3, 0.5, 0.4}, {1.5, 0.6, 1, 1.5}, {0.3, 0.1, 0.3, 0.1}, {5, 0.5, 2, 5}};
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 4; j++) start[i][j] = shape[i][j] * (j % 2 ? scale : 1);
    return 4;
}

enum { PARETO_LOG, PARETO_R };

static void tabulate(const model_state *state, double x, double *row) {
    const double *p = state->params->value;
    row[PARETO_LOG] = special_lrising(p[0], x) + p[0] * log(p[1]) + p[2] * log(p[3]);
    row[PARETO_R] = special_digamma(p[0] + x) - special_digamma(p[0]) + log(p[1]);
}

static double likelihood(const model_state *state, const double *table, const model_row *row, double *gradient) {
    const double *p = state->params->value;
    double r = p[0], alpha = p[1], s = p[2], beta = p[3], R = r + row->x, h = row->T - row->t_x;
    likelihood_sums l = {.A = alpha + row->t_x, .B = beta + row->t_x, .R = R, .s = s, .gradient = gradient != NULL};
    double stay = 1;
    if (h > 0) {
        pareto_span span = pareto_span_of(R, s, l.A, l.B, h);
        pareto_integrate(R, s, l.A, l.B, &span, add_left, &l);
        stay = exp(-span.decay);
    }
    double total = stay + l.left, log_a = log(l.A), log_b = log(l.B);
    if (gradient) {
        double end_a = l.A + h, end_b = l.B + h;
        gradient[0] = table[PARETO_R] - log_a + (l.by_r - stay * log(end_a / l.A)) / total;
        gradient[1] = r / alpha - R / l.A + (l.by_a + stay * R * (1 / l.A - 1 / end_a)) / total;
        gradient[2] = log(beta) - log_b + (l.by_s - stay * log(end_b / l.B)) / total;
        gradient[3] = s / beta - s / l.B + (l.by_b + stay * s * (1 / l.B - 1 / end_b)) / total;
    }
    return table[PARETO_LOG] - R * log_a - s * log_b + log(total);
}

const struct mr_model model_pareto_nbd = {
    .name = "pareto-nbd",
    .title = "Pareto/NBD",
    .about = "Orders at a gamma rate, exponential lifetimes at a gamma rate (Schmittlein, Morrison & Colombo 1987)",
    .kind = MR_BUYING,
    .params = 4,
    .param = {"r", "alpha", "s", "beta"},
    .scales = 1u << 1 | 1u << 3,
    .leaves_at_once = true,
    .starts = starts,
    .tabulate = tabulate,
    .likelihood = likelihood,
    .forecast = pareto_forecast,
    .shape = pareto_shape,
};
