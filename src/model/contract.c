/* What the contract models say: survival, retention and discounted expected residual tenure (Fader & Hardie 2010). */
#include "impl.h"

#include "error.h"
#include "special.h"

#include <math.h>

static double survival_at(const mr_params *params, double t) {
    double u = params->model == &model_bdw ? pow(t, params->value[2]) : t;
    return exp(special_lrising(params->value[1], u) - special_lrising(params->value[0] + params->value[1], u));
}

static mr_status check(const mr_params *params, mr_error *err) {
    mr_status status = model_check_params(params, err);
    if (status != MR_OK) return status;
    if (params->model->kind != MR_CONTRACT)
        return error_set(err, MR_EINVAL, "model", -1, "%s is not a contract model", params->model->title);
    return MR_OK;
}

mr_status mr_contract_curve(const mr_params *params, const double *period, size_t n, double *survival, double *retention,
                            mr_error *err) {
    mr_status status = check(params, err);
    if (status != MR_OK) return status;
    for (size_t i = 0; i < n; i++) {
        double t = period[i];
        if (!(t >= 0) || t != floor(t) || isinf(t))
            return error_set(err, MR_EDATA, "period", (int64_t)i, "period must be a whole number of at least 0, not %g", t);
        double now = survival_at(params, t);
        if (survival) survival[i] = now;
        if (retention) retention[i] = t == 0 ? 1 : now / survival_at(params, t - 1);
    }
    return MR_OK;
}

mr_status mr_contract_residual(const mr_params *params, double renewals, double discount_rate, double *out, mr_error *err) {
    mr_status status = check(params, err);
    if (status != MR_OK) return status;
    if (!(renewals >= 0) || renewals != floor(renewals) || renewals > 1e6)
        return error_set(err, MR_EINVAL, "renewals", -1, "renewals must be a whole number of at least 0, not %g", renewals);
    if (!(discount_rate > 1e-6))
        return error_set(err, MR_EINVAL, "discount_rate", -1, "the discount rate per period must be above 1e-6, not %g",
                         discount_rate);
    /* Sum of S(t) / S(renewals) / (1 + d)^(t - renewals - 1) over t > renewals: terms fall at least as the discount does. */
    double log_start = log(survival_at(params, renewals)), sum = 0, discount = 1;
    for (double t = renewals + 1; discount > 1e-16; t++) {
        sum += discount * exp(log(survival_at(params, t)) - log_start);
        discount /= 1 + discount_rate;
    }
    *out = sum;
    return MR_OK;
}
