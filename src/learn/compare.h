/* Comparing the models on time holdouts: choose on an inner window, report on an outer one that is opened once.
 *
 *   |---------------- calibration ----------------|---- outer holdout ----|
 *   |-------- inner calibration --------|- inner -|
 */
#ifndef LEARN_COMPARE_H
#define LEARN_COMPARE_H

#include "score.h"

#include <marram/history.h>
#include <marram/model.h>

#define COMPARE_MAX 12

typedef struct compare_options {
    int32_t outer_until; /* last day of calibration */
    int32_t outer_days;  /* length of the outer holdout, >= 1 */
    double days_per_unit;
    size_t sample;       /* at most about so many customers are looked at (0: all), by a hash of `id` */
    uint64_t seed;       /* of the bootstrap */
} compare_options;

typedef struct compare_entry {
    const mr_model *model; /* NULL: a baseline */
    const char *name, *title;
    bool fitted;           /* false: `problem`; baselines are always fitted */
    mr_error problem;
    mr_fit inner_fit, fit; /* on the inner and on the outer calibration */
    score inner, outer;    /* inner only for models */
    double rmse_se;        /* bootstrap standard error of outer.rmse */
    double inner_rmse_se;
    double seconds;        /* of both fits */
} compare_entry;

typedef struct compare {
    size_t n;
    compare_entry entry[COMPARE_MAX]; /* models in registry order, then always-zero, same-as-last-period, recency-rule */
    bool has_choice;                  /* false: no model could be fitted in the inner window */
    size_t chosen;
    char why[240];
    int32_t inner_until, inner_days, outer_until, outer_days;
    uint32_t *sample;                 /* customers looked at, ascending; NULL: all */
    size_t sample_n;
    size_t inner_n, outer_n;          /* customers with a first order by each window's start */
} compare;

typedef double (*compare_clock)(void); /* seconds; NULL: seconds are not taken */

/* hash[orders->n]: a fixed hash of each customer's identifier, for sampling that no order of rows can change; NULL where
 * sample is 0. MR_EDATA where the windows do not fit into the data: message says what is missing. */
mr_status compare_models(const mr_orders *orders, const uint64_t *hash, const compare_options *options,
                         compare_clock clock, const mr_context *context, compare *out, mr_error *err);
void compare_free(compare *c);

#endif
