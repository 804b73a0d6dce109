/* Learning a model of leaving from a frame: a part of the rows is held out and judged on, then the model is fitted to all. */
#ifndef LEARN_TRAINING_H
#define LEARN_TRAINING_H

#include "trained.h"

typedef struct training_options {
    trained_kind kind;
    uint64_t seed;
    double holdout_share;          /* 0: a fifth; negative: no holdout */
    double ridge;                  /* of a logistic model; 0: 1 */
    mr_additive_options additive;  /* monotone, judged rows and seed are seen to here */
    bool no_leakage_check;
} training_options;

/* *out is freed by trained_free, whatever the status. Notes say what was noticed: features that are the same in all rows, features that nearly tell
 * the outcome by themselves (leakage), too few rows for a holdout. MR_EDATA: one outcome only, too few rows, nothing that varies. */
mr_status training_run(const frame *f, const training_options *options, const mr_context *context, trained *out, mr_error *err);

/* The logistic model's part of it (linear.c): fits out->feature and out->constant to the rows with take[row]. */
mr_status linear_fit(const frame *f, const unsigned char *take, double ridge, const mr_context *context, trained *out, mr_error *err);

/* Features that nearly tell the outcome by themselves: auc[p] of each alone, on the half of at most 40,000 rows it was not learnt from (leakage.c). */
mr_status leakage_of(const frame *f, const mr_context *context, double *auc, mr_error *err);

#endif
