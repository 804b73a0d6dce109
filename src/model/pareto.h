/* The Pareto/NBD integral, shared by its likelihood and its forecasts. */
#ifndef MODEL_PARETO_H
#define MODEL_PARETO_H

#include "impl.h"

/* The range [0, h] of t, cut where phi(t) = (A/(A+t))^R (B/(B+t))^s has decayed away, and how finely to divide it. */
typedef struct pareto_span {
    double length, u, decay; /* decay = -log phi(h), not cut */
    size_t points, panels;
} pareto_span;

typedef struct pareto_point {
    double t, log_a, log_b; /* log((A+t)/A), log((B+t)/B) */
    double weight;          /* phi(t) dt */
} pareto_point;

typedef void (*pareto_point_fn)(const pareto_point *at, void *ctx);

pareto_span pareto_span_of(double R, double s, double A, double B, double h);
void pareto_integrate(double R, double s, double A, double B, const pareto_span *span, pareto_point_fn each, void *ctx);

void pareto_forecast(const model_state *state, const double *table, const model_row *row, double horizon, double level,
                     unsigned want, model_forecast *out);
double pareto_shape(const mr_params *params, double x);

#endif
