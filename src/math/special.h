/* Special functions the likelihoods need. Accuracy is stated per function and tested against 50-digit tables. */
#ifndef MATH_SPECIAL_H
#define MATH_SPECIAL_H

double special_lgamma(double x);  /* log Gamma(x), x > 0 */

#endif
