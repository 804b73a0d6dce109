/* Pareto/NBD: what it says of the time ahead.
 *
 *   Given a customer still there at T, lambda ~ Gamma(r+x, A) and mu ~ Gamma(s, B), independent, A = alpha + T, B = beta + T.
 *   P(alive): Schmittlein, Morrison & Colombo 1987, eq. (11); expected orders: their eq. (22); at least one order within h is
 *   the integral of the chance that an order comes first, of the same form as the likelihood's. The number of orders is a
 *   mixture of negative binomials over the time of leaving. */
#include "pareto.h"

#include "special.h"

#include <math.h>

double pareto_shape(const mr_params *params, double x) {
    return params->value[0] + x;
}

typedef struct first_sums {
    double A, B, R, s, order, left;
} first_sums;

static void add_first(const pareto_point *at, void *ctx) {
    first_sums *f = ctx;
    f->order += at->weight * f->R / (f->A + at->t);
    f->left += at->weight * f->s / (f->B + at->t);
}

/* P(N >= n) given alive, n = 1, 2, ...: a mixture over windows w[i] with shares share[i]. */
typedef struct window {
    double rho, p, below, share;
} window;

static void interval(double R, double s, double A, double B, double h, double alive, double tail, model_forecast *out) {
    enum { PANELS = 16 };
    window w[PANELS + 1];
    /* Leaving times by their quantiles within the horizon (mid-points of equal shares): enough for whole numbers. */
    double gone = -expm1(-s * log1p(h / B));
    for (int i = 0; i <= PANELS; i++) {
        double length = i == PANELS ? h : B * expm1(-log1p(-gone * (i + 0.5) / PANELS) / s);
        w[i] = (window){.rho = length / (A + length), .p = exp(-R * log1p(length / A)),
                        .share = i == PANELS ? 1 - gone : gone / PANELS};
        w[i].below = 0;
    }
    out->low = out->high = -1;
    double mean = R / A * h, spread = sqrt(mean * (1 + h / A));
    if (mean > 2000 || R * log1p(h / A) > 600) { /* far from zero: normal within each window */
        double reach = special_normal_quantile(1 - tail) * spread;
        out->low = alive > 1 - tail ? fmax(0, floor(mean - reach)) : 0;
        out->high = ceil(mean + reach);
        return;
    }
    for (double n = 0; out->high < 0 && n < 1e5; n++) {
        double more = 0;
        for (int i = 0; i <= PANELS; i++) {
            w[i].below += w[i].p;
            w[i].p *= w[i].rho * (R + n) / (n + 1);
            more += w[i].share * fmax(0, 1 - w[i].below);
        }
        more *= alive; /* P(N > n) */
        if (out->low < 0 && more <= 1 - tail) out->low = n;
        if (more <= tail) out->high = n;
    }
}

void pareto_forecast(const model_state *state, const double *table, const model_row *row, double horizon, double level,
                     unsigned want, model_forecast *out) {
    (void)table;
    const double *p = state->params->value;
    double R = p[0] + row->x, s = p[2], h = row->T - row->t_x;
    first_sums since = {.A = p[1] + row->t_x, .B = p[3] + row->t_x, .R = R, .s = s};
    double stay = 1;
    if (h > 0) {
        pareto_span span = pareto_span_of(R, s, since.A, since.B, h);
        pareto_integrate(R, s, since.A, since.B, &span, add_first, &since);
        stay = exp(-span.decay);
    }
    double alive = stay / (stay + since.left), A = p[1] + row->T, B = p[3] + row->T;
    out->alive = alive;
    if (want & WANT_DUE) {
        out->due_50 = A * expm1(0.69314718055994530942 / R);
        out->due_90 = A * expm1(2.30258509299404568402 / R);
    }
    double y = log1p(horizon / B);
    out->later = alive * exp(-s * y);
    /* integral of (B/(B+t))^s over the horizon; s = 1 is its limit, not a special case of rounding */
    double time_there = fabs(s - 1) * y < 1e-12 ? B * y : B * -expm1(-(s - 1) * y) / (s - 1);
    out->expected = alive * R / A * time_there;
    out->stay = R / A * horizon;
    if (want & WANT_ORDER) {
        first_sums ahead = {.A = A, .B = B, .R = R, .s = s};
        pareto_span span = pareto_span_of(R, s, A, B, horizon);
        pareto_integrate(R, s, A, B, &span, add_first, &ahead);
        out->order = alive * fmin(1, ahead.order);
    }
    if (want & WANT_INTERVAL) interval(R, s, A, B, horizon, alive, 0.5 * (1 - level), out);
}
