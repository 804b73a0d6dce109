/* Minimising a smooth function of a few variables: NLopt's L-BFGS, then Newton steps with LAPACK. */
#ifndef MATH_OPTIMISE_H
#define MATH_OPTIMISE_H

#include <marram/base.h>

#define OPTIMISE_MAX 8

/* f(theta[n]) into *value and its gradient[n]. A non-finite value is allowed (the step is then shortened). Non-OK stops. */
typedef mr_status (*optimise_fn)(void *ctx, const double *theta, double *value, double *gradient, mr_error *err);

typedef struct optimise_problem {
    size_t n;
    optimise_fn fn;
    void *ctx;
    double low[OPTIMISE_MAX], high[OPTIMISE_MAX]; /* the box */
} optimise_problem;

typedef struct optimise_result {
    double theta[OPTIMISE_MAX];
    double value;
    double gradient[OPTIMISE_MAX];
    double hessian[OPTIMISE_MAX * OPTIMISE_MAX];
    bool has_hessian; /* it is of this theta */
    int evaluations;
} optimise_result;

/* L-BFGS from result->theta until a step changes the value by less than `tolerance` of it. MR_ENOCONV where NLopt gives up;
 * result holds the best point seen whatever the status. */
mr_status optimise_lbfgs(const optimise_problem *problem, double tolerance, optimise_result *result, mr_error *err);

/* Newton steps from result->theta (value and gradient need not be set) until the step is under 1e-6. With `hessian` (n x n) it
 * is used for every step (a chord method: right for a warm start whose Hessian is nearly that of the answer); without, it is
 * formed from differences of the gradient at each step. MR_EFLAT where a Hessian is not positive definite, MR_ENOCONV where steps
 * do not shrink; result then holds the best point. */
mr_status optimise_newton(const optimise_problem *problem, const double *hessian, optimise_result *result, mr_error *err);

/* Hessian at result->theta, where result->gradient is known, by differences of the gradient: n evaluations. */
mr_status optimise_hessian(const optimise_problem *problem, optimise_result *result, mr_error *err);

/* Inverse of a symmetric positive-definite a[n x n] into inverse. MR_EFLAT where it is not, or nearly not (reciprocal condition
 * of the matrix scaled to a unit diagonal under 1e-9): the variables it is about are not told apart by the data. */
mr_status optimise_invert(size_t n, const double *a, double *inverse, mr_error *err);

#endif
