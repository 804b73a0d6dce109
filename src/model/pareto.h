/* The Pareto/NBD integral, shared by its likelihood and its forecasts. */
#ifndef MODEL_PARETO_H
#define MODEL_PARETO_H

#include "impl.h"

#include "gauss.h"

#include <math.h>

/* The range [0, h] of t, cut where phi(t) = (A/(A+t))^R (B/(B+t))^s has decayed away, and how finely to divide it. */
typedef struct pareto_span {
    double u, decay; /* decay = -log phi(h), not cut */
    size_t points, panels;
} pareto_span;

typedef struct pareto_point {
    double t, log_a, log_b; /* log((A+t)/A), log((B+t)/B) */
    double weight;          /* phi(t) dt */
} pareto_point;

#define PARETO_CUT 37 /* e^-37: what lies past it is under rounding */

static inline pareto_span pareto_span_of(double R, double s, double A, double B, double h) {
    /* Points that leave an error under 1e-13: by decay D, of exp(-D y) on [0,1], (D/4)^2n / (2n)!; by the length u, of a function
     * with singularities at +-i pi, rho^-2n with rho the Bernstein ellipse through them. */
    static const struct {
        double decay, u;
        size_t points;
    } rules[] = {{2.5, 0.8, 8}, {8, 2.5, 12}, {16, 4.5, 16}, {36, 8, 24}, {52, 11, 32}};
    double log_a = log1p(h / A), log_b = log1p(h / B), decay = R * log_a + s * log_b;
    pareto_span span = {.u = A <= B ? log_a : log_b, .decay = decay, .panels = 1};
    if (decay > PARETO_CUT) {
        double length = fmin(h, fmin(A * expm1(fmin(PARETO_CUT / R, 700)), B * expm1(fmin(PARETO_CUT / s, 700))));
        span.u = log1p(length / fmin(A, B));
        decay = R * log1p(length / A) + s * log1p(length / B);
    }
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        span.points = rules[i].points;
        if (decay <= rules[i].decay && span.u <= rules[i].u) return span;
    }
    span.panels = (size_t)ceil(fmax(decay / 52, span.u / 11));
    return span;
}

typedef void (*pareto_point_fn)(const pareto_point *at, void *ctx);

/* Hands each point to `each`. Inline, so that `each` is too: this is the inner loop of every Pareto/NBD fit. */
static inline void pareto_integrate(double R, double s, double A, double B, const pareto_span *span, pareto_point_fn each,
                                    void *ctx) {
    size_t n;
    const gauss_point *rule = gauss_rule(span->points, &n);
    bool a_smaller = A <= B;
    double small = a_smaller ? A : B, per_large = 1 / (a_smaller ? B : A);
    double width = span->u / (double)span->panels;
    for (size_t panel = 0; panel < span->panels; panel++)
        for (size_t i = 0; i < n; i++) {
            double u = ((double)panel + rule[i].node) * width, t = small * expm1(u), v = log1p(t * per_large);
            pareto_point at = {.t = t, .log_a = a_smaller ? u : v, .log_b = a_smaller ? v : u};
            at.weight = rule[i].weight * width * (small + t) * exp(-R * at.log_a - s * at.log_b);
            each(&at, ctx);
        }
}

void pareto_forecast(const model_state *state, const double *table, const model_row *row, double horizon, double level,
                     unsigned want, model_forecast *out);
double pareto_shape(const mr_params *params, double x);

#endif
