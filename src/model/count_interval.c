/* Prediction intervals of a number of orders: a walk up from 0 by the ratio of successive terms, which ends soon for nearly every
 * customer; past WALK the incomplete beta, P(N > n) = I_rho(n + 1, R), and bisection over whole numbers. */
#include "count_interval.h"

#include "special.h"

#include <math.h>

#define WALK 256
#define COUNT_MAX 0x1p52

static double more_than(double R, const count_window *w, size_t n, double alive, double count) {
    double more = 0;
    for (size_t i = 0; i < n; i++) more += w[i].share * special_ibeta(count + 1, R, w[i].rho);
    return alive * more;
}

/* The least count above `from` with P(N > count) <= target, P(N > from) being more than that. */
static double search(double R, const count_window *w, size_t n, double alive, double target, double from) {
    double low = from, high = 2 * from + 2;
    while (high < COUNT_MAX && more_than(R, w, n, alive, high) > target) low = high, high *= 2;
    while (high - low > 1) {
        double middle = floor(low + (high - low) / 2);
        if (more_than(R, w, n, alive, middle) > target) low = middle;
        else high = middle;
    }
    return high;
}

void count_interval(double R, count_window *w, size_t n, double alive, double tail, double *low, double *high) {
    for (size_t i = 0; i < n; i++) {
        w[i].p = exp(R * log1p(-w[i].rho));
        w[i].below = 0;
    }
    *low = *high = -1;
    for (double count = 0; count < WALK && *high < 0; count++) {
        double more = 0;
        for (size_t i = 0; i < n; i++) {
            w[i].below += w[i].p;
            w[i].p *= w[i].rho * (R + count) / (count + 1);
            more += w[i].share * fmax(0, 1 - w[i].below);
        }
        more *= alive;
        if (*low < 0 && more <= 1 - tail) *low = count;
        if (more <= tail) *high = count;
    }
    if (*low < 0) *low = search(R, w, n, alive, 1 - tail, WALK - 1);
    if (*high < 0) *high = search(R, w, n, alive, tail, WALK - 1);
}
