/* Prediction intervals of a number of orders that is a mixture of negative binomials. */
#ifndef MODEL_COUNT_INTERVAL_H
#define MODEL_COUNT_INTERVAL_H

#include <stddef.h>

/* With chance `share` the count is negative binomial, P(n) = Gamma(R+n) / (Gamma(R) n!) (1-rho)^R rho^n. */
typedef struct count_window {
    double rho, share;
    double p, below; /* filled by count_interval: P(n), P(N < n) */
} count_window;

/* *low: the least n with P(N > n) <= 1 - tail, *high: with P(N > n) <= tail, where P(N > n) = alive x the mixture's. Shares add up
 * to 1; R > 0, 0 <= rho < 1. No error beyond rounding for a single window, whatever its mean. */
void count_interval(double R, count_window *w, size_t n, double alive, double tail, double *low, double *high);

#endif
