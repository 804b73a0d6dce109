/* Minimising: glue to NLopt (LD_LBFGS: Nocedal 1980, Liu & Nocedal 1989, in Luksan's code) and LAPACKE. */
#include "optimise.h"

#include "error.h"

#include <lapacke.h>
#include <math.h>
#include <nlopt.h>
#include <string.h>

typedef struct watch {
    const optimise_problem *problem;
    optimise_result *best;
    mr_status status;
    mr_error *err;
    nlopt_opt opt;
} watch;

static mr_status evaluate(const optimise_problem *p, optimise_result *r, const double *theta, double *value,
                          double *gradient, mr_error *err) {
    r->evaluations++;
    return p->fn(p->ctx, theta, value, gradient, err);
}

static double objective(unsigned n, const double *theta, double *gradient, void *ctx) {
    watch *w = ctx;
    double value = HUGE_VAL, slope[OPTIMISE_MAX];
    if (w->status != MR_OK) return HUGE_VAL; /* NLopt asks once more after it was told to stop */
    w->status = evaluate(w->problem, w->best, theta, &value, slope, w->err);
    if (w->status != MR_OK) {
        nlopt_force_stop(w->opt);
        return HUGE_VAL;
    }
    if (!isfinite(value)) value = HUGE_VAL;
    if (value < w->best->value) {
        w->best->value = value;
        memcpy(w->best->theta, theta, n * sizeof *theta);
        memcpy(w->best->gradient, slope, n * sizeof *slope);
    }
    if (gradient)
        for (unsigned i = 0; i < n; i++) gradient[i] = isfinite(slope[i]) ? slope[i] : 0;
    return value;
}

mr_status optimise_lbfgs(const optimise_problem *problem, double tolerance, optimise_result *result, mr_error *err) {
    double theta[OPTIMISE_MAX], value;
    memcpy(theta, result->theta, sizeof theta);
    nlopt_opt opt = nlopt_create(NLOPT_LD_LBFGS, (unsigned)problem->n);
    if (!opt) return error_memory(err, 0);
    watch w = {.problem = problem, .best = result, .err = err, .opt = opt};
    result->value = HUGE_VAL;
    result->has_hessian = false;
    nlopt_set_min_objective(opt, objective, &w);
    for (size_t i = 0; i < problem->n; i++) theta[i] = fmin(problem->high[i], fmax(problem->low[i], theta[i]));
    nlopt_set_lower_bounds(opt, problem->low);
    nlopt_set_upper_bounds(opt, problem->high);
    nlopt_set_ftol_rel(opt, tolerance);
    nlopt_set_xtol_abs1(opt, 1e-7);
    nlopt_set_maxeval(opt, 600);
    nlopt_result code = nlopt_optimize(opt, theta, &value);
    nlopt_destroy(opt);
    if (w.status != MR_OK) return w.status;
    if (code == NLOPT_OUT_OF_MEMORY) return error_memory(err, 0);
    if (!(result->value < HUGE_VAL))
        return error_set(err, MR_ENOCONV, NULL, -1, "the likelihood is not finite where the search began");
    /* NLOPT_FAILURE (a line search at the limit of rounding) with a finite best point is as good as convergence: Newton's
     * steps, or their failure, tell. */
    return MR_OK;
}

mr_status optimise_hessian(const optimise_problem *problem, optimise_result *result, mr_error *err) {
    size_t n = problem->n;
    double at[OPTIMISE_MAX], up[OPTIMISE_MAX], value;
    /* Variables are logarithms, gradients analytic to about 1e-13: a step of 3e-6 leaves an error of about 3e-6. The
     * gradient at theta is known, so that one evaluation a variable is enough. */
    const double step = 3e-6;
    for (size_t i = 0; i < n; i++) {
        memcpy(at, result->theta, sizeof at);
        at[i] = result->theta[i] + step;
        mr_status status = evaluate(problem, result, at, &value, up, err);
        if (status != MR_OK) return status;
        for (size_t j = 0; j < n; j++) result->hessian[i * n + j] = (up[j] - result->gradient[j]) / step;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            double mean = 0.5 * (result->hessian[i * n + j] + result->hessian[j * n + i]);
            result->hessian[i * n + j] = result->hessian[j * n + i] = mean;
        }
    result->has_hessian = true;
    return MR_OK;
}

mr_status optimise_invert(size_t n, const double *a, double *inverse, mr_error *err) {
    double scale[OPTIMISE_MAX], scaled[OPTIMISE_MAX * OPTIMISE_MAX];
    lapack_int size = (lapack_int)n;
    for (size_t i = 0; i < n; i++) {
        if (!(a[i * n + i] > 0) || !isfinite(a[i * n + i])) goto flat;
        scale[i] = 1 / sqrt(a[i * n + i]);
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) scaled[i * n + j] = a[i * n + j] * scale[i] * scale[j];
    double norm = LAPACKE_dlansy(LAPACK_ROW_MAJOR, '1', 'L', size, scaled, size), condition = 0;
    if (LAPACKE_dpotrf(LAPACK_ROW_MAJOR, 'L', size, scaled, size) != 0) goto flat;
    if (LAPACKE_dpocon(LAPACK_ROW_MAJOR, 'L', size, scaled, size, norm, &condition) != 0 || condition < 1e-9) goto flat;
    if (LAPACKE_dpotri(LAPACK_ROW_MAJOR, 'L', size, scaled, size) != 0) goto flat;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++)
            inverse[i * n + j] = inverse[j * n + i] = scaled[i * n + j] * scale[i] * scale[j];
    return MR_OK;
flat:
    return error_set(err, MR_EFLAT, NULL, -1,
                     "the likelihood is flat at its maximum: the data do not tell the parameters apart");
}

/* The full step, halved until the value does not rise by more than rounding. */
static mr_status step_from(const optimise_problem *problem, const double *step, optimise_result *r, double *moved,
                           mr_error *err) {
    size_t n = problem->n;
    double at[OPTIMISE_MAX], value, gradient[OPTIMISE_MAX];
    for (double share = 1; share > 1e-3; share /= 2) {
        *moved = 0;
        for (size_t i = 0; i < n; i++) {
            at[i] = fmin(problem->high[i], fmax(problem->low[i], r->theta[i] - share * step[i]));
            *moved = fmax(*moved, fabs(at[i] - r->theta[i]));
        }
        mr_status status = evaluate(problem, r, at, &value, gradient, err);
        if (status != MR_OK) return status;
        if (!isfinite(value) || value > r->value + 1e-13 * fabs(r->value)) continue;
        memcpy(r->theta, at, n * sizeof *at);
        memcpy(r->gradient, gradient, n * sizeof *gradient);
        r->value = value;
        r->has_hessian = false;
        return MR_OK;
    }
    *moved = 0; /* no better point along the step: this is the optimum, to rounding */
    return MR_OK;
}

mr_status optimise_newton(const optimise_problem *problem, const double *hessian, optimise_result *result, mr_error *err) {
    size_t n = problem->n;
    double inverse[OPTIMISE_MAX * OPTIMISE_MAX], step[OPTIMISE_MAX], moved = 0;
    mr_status status = evaluate(problem, result, result->theta, &result->value, result->gradient, err);
    if (status != MR_OK) return status;
    if (!isfinite(result->value)) return error_set(err, MR_ENOCONV, NULL, -1, "the likelihood is not finite at the start");
    if (hessian && (status = optimise_invert(n, hessian, inverse, err)) != MR_OK) return status;
    int most = hessian ? 25 : 12;
    for (int round = 0; round < most; round++) {
        if (!hessian) {
            if ((status = optimise_hessian(problem, result, err)) != MR_OK) return status;
            if ((status = optimise_invert(n, result->hessian, inverse, err)) != MR_OK) return status;
        }
        double longest = 0;
        for (size_t i = 0; i < n; i++) {
            step[i] = 0;
            for (size_t j = 0; j < n; j++) step[i] += inverse[i * n + j] * result->gradient[j];
            longest = fmax(longest, fabs(step[i]));
        }
        /* What is left is at most about this step: in logarithms, a millionth of each parameter. */
        if (longest < 1e-6) return MR_OK;
        if (longest > 2)
            for (size_t i = 0; i < n; i++) step[i] *= 2 / longest;
        if ((status = step_from(problem, step, result, &moved, err)) != MR_OK) return status;
        if (moved < 1e-9) return MR_OK;
    }
    return error_set(err, MR_ENOCONV, NULL, -1, "Newton's steps did not settle");
}
