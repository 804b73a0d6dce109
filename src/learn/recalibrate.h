/* Draws a model of leaving to what came true: how far the scores of an earlier model, made on landmarks later than all it had learnt from, went with what
 * followed, is how far the model of today is believed. Cox, D. R. (1958), Biometrika 45, 562-565: logit P(left) = a + b x score; Platt, J. (1999).
 *
 * A model fitted anew has another spread than the one that was measured, so not b itself is carried over but the spread that chances ought to have:
 * slope = b sd(measured scores) / sd(new scores), both of the same rows. */
#ifndef LEARN_RECALIBRATE_H
#define LEARN_RECALIBRATE_H

#include "landmarks.h"

#include <marram/additive.h>

typedef struct recalibration {
    bool done;                 /* there was enough later time to measure on */
    double slope, level;       /* score = level + slope x what the fit said; slope 0: nobody is told apart */
    double measured, se;       /* b, and its standard error (rows of one customer go together) */
    size_t rows, left;         /* measured on */
    int32_t from_day, to_day;  /* their landmarks */
} recalibration;

/* Rows to measure on, in the order of customers. */
typedef struct later_rows {
    const landmarks *m;
    const size_t *row;
    size_t n;
} later_rows;

/* score[n] log-odds of rows by the model that had not seen them, now[n] by the model to be drawn. b is held to between 0 and what was measured, over 1 as
 * far as is certain, and is 0 where it may well be chance (one-sided 95 %). Fills all of *out; done is false where the scores cannot be regressed on. MR_ENOMEM. */
mr_status recalibration_measure(const later_rows *r, const double *score, const double *now, const mr_context *context, recalibration *out, mr_error *err);

/* The same model with score level + slope x score; values stay on the grid, so contributions go on adding up to the last bit. *model is replaced. */
mr_status recalibration_apply(const recalibration *r, const mr_context *context, mr_additive **model, mr_error *err);

#endif
