/* The hazard along a clock, for people to look at: events and exposure smoothed by the same Gaussian kernel, and their quotient (Ramlau-Hansen 1983, in
 * discrete time). With weights w the smoothed count has variance sum w^2 n, which is that of a count of (sum w n)^2 / sum w^2 n events times
 * a constant; the interval is Gamma's for such a count (Garwood 1936), in Wilson & Hilferty's approximation (1931), good from no events on. */
#include "moments.h"

#include <math.h>

#define TWO_SIDED_95 1.959963984540054

double moments_patched(const moments_clock *c, size_t b) {
    double sum = 0;
    for (size_t j = c->smooth; j < c->k; j++) sum += c->x[b * c->room + j] * c->beta[j];
    return sum;
}

/* Quantile of a Gamma of this shape and rate 1. */
static double gamma_quantile(double shape, double z) {
    if (shape <= 0) return 0;
    double root = 1 - 1 / (9 * shape) + z / (3 * sqrt(shape));
    return root <= 0 ? 0 : shape * root * root * root;
}

void moments_curve(const moments_clock *c, const double *exposure, mr_clock_curve *curve) {
    double width = curve->bandwidth > 0 ? curve->bandwidth / 2 : 1; /* the kernel's standard deviation */
    for (size_t b = 0; b < c->bins; b++) {
        double events = 0, squares = 0, under = 0;
        size_t reach = (size_t)ceil(3 * width), from = b > reach ? b - reach : 0, to = b + reach + 1 < c->bins ? b + reach + 1 : c->bins;
        for (size_t i = from; i < to; i++) {
            double away = ((double)i - (double)b) / width, weight = exp(-away * away / 2);
            events += weight * c->events[i];
            squares += weight * weight * c->events[i];
            under += weight * exposure[i];
        }
        bool seen = exposure[b] > 0 && under > 0;
        double count = squares > 0 ? events * events / squares : 0, unit = count > 0 ? events / count : 1;
        if (curve->events) curve->events[b] = c->events[b];
        if (curve->exposure) curve->exposure[b] = exposure[b];
        if (curve->hazard) curve->hazard[b] = seen ? events / under : NAN;
        if (curve->low) curve->low[b] = seen ? unit * gamma_quantile(count, -TWO_SIDED_95) / under : NAN;
        if (curve->high) curve->high[b] = seen ? unit * gamma_quantile(count + 1, TWO_SIDED_95) / under : NAN;
        if (curve->background) curve->background[b] = exposure[b] > 0 ? c->mean[b] * exp(-moments_patched(c, b)) / exposure[b] : NAN;
    }
}
