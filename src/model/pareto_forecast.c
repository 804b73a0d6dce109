/* Pareto/NBD: what it says of the time ahead.
 *
 *   Given a customer still there at T, lambda ~ Gamma(r+x, A) and mu ~ Gamma(s, B), independent, A = alpha + T, B = beta + T.
 *   P(alive): Schmittlein, Morrison & Colombo 1987, eq. (11); expected orders: their eq. (22); at least one order within h is
 *   the integral of the chance that an order comes first, of the same form as the likelihood's. The number of orders is a
 *   mixture of negative binomials over the time of leaving. */
#include "pareto.h"

#include "count_interval.h"

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

/* The number of orders is a mixture over the time of leaving: by its quantiles within the horizon (mid-points of equal shares), and
 * finer where the counts are so many that a step between two of them would show. */
static void interval(double R, double s, double A, double B, double h, double alive, double tail, model_forecast *out) {
    enum { FEW = 16, MANY = 48 };
    count_window w[MANY + 1];
    size_t panels = R / A * h < 50 ? FEW : MANY;
    double gone = -expm1(-s * log1p(h / B));
    for (size_t i = 0; i <= panels; i++) {
        double share = gone * ((double)i + 0.5) / (double)panels;
        double length = i == panels ? h : fmin(h, B * expm1(-log1p(-share) / s));
        w[i] = (count_window){.rho = length / (A + length), .share = i == panels ? 1 - gone : gone / (double)panels};
    }
    count_interval(R, w, panels + 1, alive, tail, &out->low, &out->high);
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
