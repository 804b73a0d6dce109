/* Gaps: a customer's are Gamma(A, rate v), v ~ Gamma(q, b) over customers. After n gaps of s days v is Gamma(q + A n, b + s), and the next gap g is
 *   f(g) = g^(A-1) (b+s)^(q+An) / (B(A, q+An) (b+s+g)^(A+q+An)),   P(gap > g) = I_{(b+s)/(b+s+g)}(q+An, A)
 * a beta of the second kind (the gamma-gamma of Fader & Hardie 2013, of times). Maximum likelihood of completed gaps, each divided by the
 * chance that it would have been seen: P(gap <= longest).
 *
 * Priors, each worth an observation or so: log A is normal around log 1.5 (sd 1), log q around log 4 (sd 1): regular as shops' customers are, unlike as
 * they are. So the law is a law whatever was seen. */
#include "gaps.h"

#include "error.h"
#include "optimise.h"
#include "special.h"

#include <math.h>

#define STEP 1e-4 /* of a logarithm: special_ibeta is good to 1e-9 */

typedef struct gaps {
    const gap_seen *gap;
    size_t n;
} gaps;

static double misfit(const gaps *g, const double theta[3]) {
    double a = exp(theta[0]), q = exp(theta[1]), b = exp(theta[2]), sum = 0;
    for (size_t i = 0; i < g->n; i++) {
        const gap_seen *s = &g->gap[i];
        double own = q + a * s->before, at = b + s->before_days, all = at + s->days;
        double log_density = (a - 1) * log(s->days / all) + own * log(at / all) - log(all) - special_lbeta(a, own);
        double seen = special_ibeta(a, own, s->longest / (at + s->longest));
        sum += log_density - log(fmax(seen, 1e-12));
    }
    double u = theta[0] - log(1.5), v = theta[1] - log(4);
    return -sum + u * u / 2 + v * v / 2;
}

static mr_status value(void *ctx, const double *theta, double *out, double *gradient, mr_error *err) {
    (void)err;
    const gaps *g = ctx;
    *out = misfit(g, theta);
    for (int i = 0; i < 3; i++) {
        double at[3] = {theta[0], theta[1], theta[2]};
        at[i] += STEP;
        gradient[i] = misfit(g, at);
        at[i] -= 2 * STEP;
        gradient[i] = (gradient[i] - misfit(g, at)) / (2 * STEP);
    }
    return MR_OK;
}

mr_status gap_law_fit(const gap_seen *gap, size_t n, gap_law *out, mr_error *err) {
    gaps g = {gap, n};
    double total = 0;
    for (size_t i = 0; i < n; i++) {
        if (!(gap[i].days > 0) || !(gap[i].longest >= gap[i].days) || isinf(gap[i].longest) || !(gap[i].before_days >= 0))
            return error_set(err, MR_EDATA, "days", (int64_t)i, "a gap must be longer than 0 days and no longer than could be seen, not %g of %g", gap[i].days, gap[i].longest);
        total += gap[i].days;
    }
    double mean = n ? total / (double)n : 30;
    optimise_problem problem = {.n = 3, .fn = value, .ctx = &g, .low = {log(0.2), log(0.3), log(mean) - 7}, .high = {log(100), log(300), log(mean) + 10}};
    optimise_result result = {.theta = {log(1.5), log(4), log(mean * 3 / 1.5)}};
    mr_status status = optimise_lbfgs(&problem, 1e-7, &result, err);
    if (status != MR_OK && status != MR_ENOCONV) return status; /* the best point seen will do */
    *out = (gap_law){exp(result.theta[0]), exp(result.theta[1]), exp(result.theta[2])};
    return MR_OK;
}

double gap_law_open(const gap_law *law, uint32_t before, double before_days, double passed, double days) {
    double own = law->own_shape + law->shape * before, at = law->own_days + before_days;
    double open = special_ibeta(own, law->shape, at / (at + days)), given = passed > 0 ? special_ibeta(own, law->shape, at / (at + passed)) : 1;
    return given > 1e-9 ? fmin(open / given, 1) : 0;
}
