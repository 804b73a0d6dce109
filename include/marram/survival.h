/* Survival: when customers leave, of whom many have not left yet (right censoring) and some were seen only from a later day on (left truncation).
 *
 * Times are in any one unit. Arrays are borrowed and const; results go to arrays the caller owns. Every function is thread-safe. */
#ifndef MARRAM_SURVIVAL_H
#define MARRAM_SURVIVAL_H

#include <marram/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Row i was watched in (start[i], stop[i]] and left at stop[i], or was still there. One customer may have several rows, one behind the other,
 * where what is known of them changes with time. */
typedef struct mr_survival {
    size_t n;
    const double *start;        /* >= 0, < stop; NULL: 0 each */
    const double *stop;         /* finite */
    const unsigned char *event; /* 1: left, 0: not */
    const double *weight;       /* > 0; NULL: 1 each */
    const uint64_t *subject;    /* whose row it is, which mr_hazard_cut alone asks (marram/hazard.h); NULL: each its own */
} mr_survival;

/* At the n distinct times somebody left. Columns of [data->n], NULL: not wanted. */
typedef struct mr_survival_curve {
    size_t n;              /* out */
    double *time;
    double *at_risk;       /* weight under observation just before */
    double *events;        /* weight that left */
    double *survival;      /* Kaplan & Meier 1958 */
    double *survival_se;   /* Greenwood 1926 */
    double *survival_low;  /* interval at `level`, on the log(-log) scale, so that it stays within 0 and 1; where survival is 1 or 0 both are that */
    double *survival_high;
    double *hazard;        /* cumulative: Nelson 1972, Aalen 1978 */
    double *hazard_se;     /* by sum events / at_risk^2 */
} mr_survival_curve;

/* level in (0,1). MR_EDATA names column and row. */
MR_API mr_status mr_survival_estimate(const mr_survival *data, double level, const mr_context *context, mr_survival_curve *out, mr_error *err);

typedef enum mr_ties {
    MR_EFRON,  /* Efron 1977: the better one where many leave at one time */
    MR_BRESLOW /* Breslow 1974 */
} mr_ties;

typedef struct mr_cox_options {
    mr_ties ties;
    double ridge; /* >= 0: takes ridge / 2 x (sum of squared coefficients of columns scaled to a variance of one) off the likelihood */
} mr_cox_options;

/* coefficient, se [p], covariance [p * p] row-major: the caller's; se and covariance may be NULL. */
typedef struct mr_cox_fit {
    double *coefficient;
    double *se;              /* from the inverse of the information (of the penalised likelihood, with a ridge) */
    double *covariance;
    double log_likelihood;   /* partial, without the ridge */
    double log_likelihood_0; /* with all coefficients zero */
    double events;           /* weight that left */
    int iterations;
    bool converged;
} mr_cox_fit;

/* Cox's proportional hazards (Cox 1972): the hazard of row i is that of the base x exp(sum coefficient[j] x[j][i]). x: p columns of data->n,
 * finite. MR_EDATA: bad rows, a constant column (named x1, x2, ...), nobody left; MR_EFLAT: columns that say the same; MR_EBOUNDARY: a column
 * that tells who leaves without fail, whose coefficient is infinite. The last two leave in *fit what was reached. */
MR_API mr_status mr_cox_estimate(const mr_survival *data, const double *const *x, size_t p, const mr_cox_options *options,
                                 const mr_context *context, mr_cox_fit *fit, mr_error *err);

#ifdef __cplusplus
}
#endif
#endif
