/* How good a forecast was: predicted against actual, customer by customer. docs/methods/holdout.md defines each measure. */
#ifndef LEARN_SCORE_H
#define LEARN_SCORE_H

#include <marram/base.h>

#define SCORE_TENTHS 10

typedef struct score {
    size_t n;
    double mae, rmse, msle, correlation; /* of the number of orders; correlation NaN where a side is constant */
    double predicted_total, actual_total;
    double auc, brier, log_loss, top_decile_lift; /* of "orders again"; NaN where nobody or everybody did */
    double calibration_predicted[SCORE_TENTHS];   /* mean chance in each tenth by predicted chance, lowest first */
    double calibration_actual[SCORE_TENTHS];      /* share who ordered again */
    size_t calibration_n[SCORE_TENTHS];
} score;

/* expected[n] orders, chance[n] of at least one, actual[n] orders. MR_EDATA where n is 0 or a forecast is no number. */
mr_status score_forecast(size_t n, const double *expected, const double *chance, const double *actual, score *out,
                         mr_error *err);

/* Paired bootstrap over customers: squared error columns error[m][n] -> se[m] of the root mean square of each, and
 * se_against[m], of the difference of mean squares from column `best`. Poisson(1) weights, `rounds` replicates, seeded. */
mr_status score_bootstrap(size_t n, size_t m, const double *const *error, size_t best, int rounds, uint64_t seed,
                          const mr_context *context, double *se, double *se_against, mr_error *err);

#endif
