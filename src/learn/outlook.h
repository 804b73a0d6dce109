/* What the chosen models say of each customer: the one place where `run` and `score` get their figures from, so that they agree to the
 * bit. Each customer's figures depend on that customer's row and the models alone. */
#ifndef LEARN_OUTLOOK_H
#define LEARN_OUTLOOK_H

#include <marram/decide.h>
#include <marram/model.h>

typedef struct outlook_spec {
    const mr_params *forecast, *cycle;
    const mr_params *spending; /* Gamma-Gamma; NULL: money per order is the customer's own plain mean */
    bool has_money;
    double days_per_unit, horizon_days;
    double level;              /* of the prediction interval */
    double margin, discount_rate;
} outlook_spec;

/* Caller-owned columns of n customers; times in the models' unit. */
typedef struct outlook_columns {
    double *alive, *later;                         /* the cycle model's */
    double *order, *expected, *low, *high, *stay;  /* the forecast model's, within the horizon */
    double *due, *due_90;                          /* NULL: not wanted */
    double *gap, *gap_50, *gap_90, *gap_95;        /* the cycle model's */
} outlook_columns;

/* data: x, t_x, T of n customers. What mr_model_forecast and mr_model_rhythm return. */
mr_status outlook_forecast(const outlook_spec *spec, const mr_data *data, const mr_context *context, const outlook_columns *out,
                           mr_error *err);
/* Expected money per order out[n]. mean_spend: of the repeat orders; spend: all orders' money. MR_EDATA. */
mr_status outlook_spending(const outlook_spec *spec, size_t n, const double *x, const double *mean_spend, const double *spend, double *out,
                           mr_error *err);

/* Mean discount factor of an order within the horizon, orders spread evenly over it. */
double outlook_discount(const outlook_spec *spec);
/* Profit an order within the horizon brings; 1 without amounts, so that what is at risk is counted in orders. per_order: expected money,
 * discount: outlook_discount. */
static inline double outlook_profit(const outlook_spec *spec, double per_order, double discount) {
    return spec->has_money ? spec->margin * (per_order > 0 ? per_order : 0) * discount : 1;
}
/* Row i as decide reads it, in days; value_rank and return_share are 0. */
mr_standing outlook_standing(const outlook_spec *spec, const mr_data *data, const outlook_columns *c, double profit, size_t i);

/* 80 % interval of a whole base's orders: what the same model missed by on the holdout is the larger part of its error; chance is the
 * rest. predicted and actual: orders of all on the holdout. NaN where there was none. */
void outlook_total(double expected, double predicted, double actual, double *low, double *high);

#endif
