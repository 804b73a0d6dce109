/* BdW: beta-discrete-Weibull, the sBG with duration dependence. Fader, Hardie, Liu, Davin & Steenburgh 2018:
 *
 *   S(t) = B(gamma, delta + t^c) / B(gamma, delta);   c > 1: the chance of leaving rises with tenure, c < 1: falls; c = 1: sBG.
 *
 * Parameters gamma, delta, c. */
#include "impl.h"

#include "special.h"

#include <math.h>

static size_t starts(const mr_data *data, double scale, int k, double start[4][MR_MAX_PARAMS]) {
    (void)data, (void)scale, (void)k;
    static const double shape[4][3] = {{1, 1, 1}, {0.5, 3, 1.3}, {3, 10, 0.8}, {0.2, 0.5, 1.8}};
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 3; j++) start[i][j] = shape[i][j];
    return 4;
}

/* log S(t) and its derivatives. */
static double log_survival(const double *p, double t, double by[3]) {
    by[0] = by[1] = by[2] = 0;
    if (t == 0) return 0;
    double g = p[0], d = p[1], u = pow(t, p[2]);
    double here = special_digamma(d + u), whole = special_digamma(g + d + u), whole_0 = special_digamma(g + d);
    by[0] = whole_0 - whole;
    by[1] = here - special_digamma(d) + by[0];
    by[2] = u * log(t) * (here - whole);
    return special_lrising(d, u) - special_lrising(g + d, u);
}

static double likelihood_all(const mr_params *params, const mr_data *data, double *gradient) {
    double sum = 0, total[3] = {0}, before_by[3] = {0}, by[3];
    double before = 0;
    for (size_t i = 0; i < data->n; i++) {
        double after = log_survival(params->value, (double)i + 1, by);
        double w = data->lost[i], fall = -expm1(after - before); /* P(leaves now) = S(t-1) (1 - S(t)/S(t-1)) */
        if (w > 0) {
            sum += w * (before + log(fall));
            double ratio = 1 - fall;
            for (int j = 0; j < 3; j++) total[j] += w * (before_by[j] - ratio * by[j]) / fall;
        }
        before = after;
        for (int j = 0; j < 3; j++) before_by[j] = by[j];
        double watched = data_at(data->watched, i, 0);
        if (watched == 0) continue;
        sum += watched * after;
        for (int j = 0; j < 3; j++) total[j] += watched * by[j];
    }
    if (data->survivors > 0) {
        sum += data->survivors * before;
        for (int j = 0; j < 3; j++) total[j] += data->survivors * before_by[j];
    }
    if (gradient)
        for (int j = 0; j < 3; j++) gradient[j] = total[j];
    return sum;
}

const struct mr_model model_bdw = {
    .name = "bdw",
    .title = "BdW",
    .about = "Beta-discrete-Weibull: sBG with a chance of leaving that rises or falls with tenure (Fader et al. 2018)",
    .kind = MR_CONTRACT,
    .params = 3,
    .param = {"gamma", "delta", "c"},
    .leaves_at_once = true,
    .starts = starts,
    .likelihood_all = likelihood_all,
};
