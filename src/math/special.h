/* Special functions the likelihoods need. Arguments are finite; accuracy is relative to max(1, |value|) unless said, and
 * tested against 40-digit tables (tests/golden/special.c). Thread-safe: no state. */
#ifndef MATH_SPECIAL_H
#define MATH_SPECIAL_H

double special_lgamma(double x);             /* log Gamma(x), x > 0; 1e-14 */
double special_digamma(double x);            /* d log Gamma / dx, x > 0; 1e-14 */
double special_lbeta(double a, double b);    /* log B(a, b), a, b > 0; 1e-13, also for one of them very large */
double special_lrising(double x, double n);  /* log Gamma(x + n) - log Gamma(x), x > 0, n >= 0, without cancellation; 1e-13 */
double special_log_add(double a, double b);  /* log(e^a + e^b); -INFINITY stands for 0 */
double special_expint_scaled(double p, double z); /* e^z E_p(z) = integral_0^inf e^(-z u) (1 + u)^(-p) du, z > 0; relative 1e-12 */
double special_normal_cdf(double z);         /* standard normal distribution function */
double special_normal_quantile(double p);    /* its inverse, p in (0,1); 1e-9 */

#endif
