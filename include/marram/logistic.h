/* Logistic regression with a ridge: the honest baseline of marram/additive.h, and what calibration is measured with. */
#ifndef MARRAM_LOGISTIC_H
#define MARRAM_LOGISTIC_H

#include <marram/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* coefficient[0] is the constant, coefficient[1 + j] of column j; se, likewise, may be NULL. */
typedef struct mr_logistic_fit {
    double *coefficient, *se; /* [p + 1], the caller's */
    double log_likelihood;    /* without the ridge */
    double log_likelihood_0;  /* of the constant alone */
    int iterations;
    bool converged;
} mr_logistic_fit;

/* log(p / (1 - p)) = c_0 + sum_j c_j x[j][i], by maximum likelihood less ridge / 2 x (sum of squared coefficients of columns scaled to a variance of
 * one; the constant is free). x: p >= 0 columns of n, finite. happened[n] 0 or 1; weight[n] >= 0 or NULL. ridge >= 0.
 * MR_EDATA: bad cells, a constant column ("x<column>" from 1), one outcome only; MR_EFLAT: columns that say the same together; MR_EBOUNDARY: the columns
 * tell the outcomes apart without fail (separation), the column that does most is named; a ridge gives the last two an answer. */
MR_API mr_status mr_logistic_estimate(size_t n, const double *const *x, size_t p, const unsigned char *happened, const double *weight, double ridge,
                                      const mr_context *context, mr_logistic_fit *fit, mr_error *err);

/* score[n]: log-odds. */
MR_API mr_status mr_logistic_score(size_t n, const double *const *x, size_t p, const double *coefficient, const mr_context *context, double *score,
                                   mr_error *err);

#ifdef __cplusplus
}
#endif
#endif
