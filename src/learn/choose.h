/* Which models a base is forecast with, and their fits on all of it: the forecast model, the cycle model, the spending model.
 *
 * The forecast model is the one the comparison chose on its inner window, where it can be fitted to all data, else the next best there;
 * without a comparison the smallest AIC. The cycle model is the best of those that may say who has left. docs/methods/holdout.md. */
#ifndef LEARN_CHOOSE_H
#define LEARN_CHOOSE_H

#include "compare.h"

typedef struct choice {
    mr_fit forecast;
    mr_fit cycle;               /* drives rhythm, P(alive), stages and value at risk; may be the same */
    size_t chosen;              /* the forecast model's entry in the comparison */
    char why[240];
    bool has_spending;
    mr_fit spending;            /* Gamma-Gamma */
    uint64_t spending_zero;     /* repeaters who spent nothing: set aside */
    double spending_correlation, spending_p_value;
    char spending_problem[200]; /* why money is a plain mean where Gamma-Gamma could not be fitted; "" */
} choice;

/* comparison: may be empty ({0}, or nothing chosen). data: summaries of all customers, with log_gaps. mean_spend[data->n]: NULL where
 * amounts are not known. MR_EFLAT, MR_EBOUNDARY or MR_ENOCONV where no model at all can be fitted: the message says why. */
mr_status choose_models(const compare *comparison, const mr_data *data, const double *mean_spend, const mr_context *context,
                        choice *out, mr_error *err);

/* Length in days of the holdout at the end of a history of days first .. until: the horizon, or a third of the history where that is
 * less. 0: too short for any. */
int32_t choose_window(int32_t first, int32_t until, double horizon_days);

/* "MBG/CNBD-k, k = 2". */
void choose_title(const mr_params *params, char title[32]);

#endif
