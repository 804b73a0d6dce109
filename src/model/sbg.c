/* sBG: shifted beta-geometric. A contract is cancelled at each renewal with probability theta ~ Beta(alpha, beta).
 * Fader & Hardie 2007, "How to project customer retention", eqs. (5), (6):
 *
 *   P(leaves at the end of period t) = B(alpha + 1, beta + t - 1) / B(alpha, beta),   S(t) = B(alpha, beta + t) / B(alpha, beta).
 *
 * Parameters alpha, beta. */
#include "impl.h"

#include "special.h"

#include <math.h>

static size_t starts(const mr_data *data, double scale, int k, double start[4][MR_MAX_PARAMS]) {
    (void)data, (void)scale, (void)k;
    static const double shape[3][2] = {{1, 1}, {0.5, 3}, {3, 10}};
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 2; j++) start[i][j] = shape[i][j];
    return 3;
}

static double likelihood_all(const mr_params *params, const mr_data *data, double *gradient) {
    double a = params->value[0], b = params->value[1], sum = 0;
    double by_a = 0, by_b = 0, whole = special_digamma(a + b), stay = special_digamma(b);
    for (size_t k = 0; k <= 2 * data->n; k++) {
        /* Row i = leaving in period i + 1; one past the rows, those who survived all; then those watched no further than i periods. */
        bool left = k < data->n;
        size_t i = k <= data->n ? k : k - data->n;
        double w = left ? data->lost[i] : k == data->n ? data->survivors : data_at(data->watched, i - 1, 0);
        double renewals = (double)i, tries = left ? renewals + 1 : renewals;
        if (w == 0) continue;
        sum += w * ((left ? log(a) : 0) + special_lrising(b, renewals) - special_lrising(a + b, tries));
        double both = special_digamma(a + b + tries) - whole;
        by_a += w * ((left ? 1 / a : 0) - both);
        by_b += w * (special_digamma(b + renewals) - stay - both);
    }
    if (gradient) gradient[0] = by_a, gradient[1] = by_b;
    return sum;
}

const struct mr_model model_sbg = {
    .name = "sbg",
    .title = "sBG",
    .about = "Shifted beta-geometric: contracts cancelled at a rate that differs between customers (Fader & Hardie 2007)",
    .kind = MR_CONTRACT,
    .params = 2,
    .param = {"alpha", "beta"},
    .leaves_at_once = true,
    .starts = starts,
    .likelihood_all = likelihood_all,
};
