/* Models: the registry, fitting, and what each model says of a customer.
 *
 * Times are in any one unit (weeks by custom); rates are per that unit. Arrays are columns of n customers, borrowed and
 * const; results go to arrays the caller owns. Every function is thread-safe; results are bit-identical for any
 * number of threads. */
#ifndef MARRAM_MODEL_H
#define MARRAM_MODEL_H

#include <marram/base.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MR_MAX_PARAMS 4
#define MR_MAX_K 12

typedef enum mr_kind {
    MR_BUYING,     /* orders in continuous time, without a contract: x, t_x, T (and log_gaps for regular rhythm) */
    MR_DISCRETE,   /* orders at discrete opportunities: x, t_x, T as whole numbers of opportunities */
    MR_SPENDING,   /* money per order: x, mean_spend */
    MR_CONTRACT    /* a contract renewed each period: lost[period], survivors */
} mr_kind;

/* Columns of data. A model reads those its kind names and ignores the rest; an absent column is NULL. */
typedef struct mr_data {
    size_t n;
    const double *x;          /* repeat orders, whole, >= 0; for MR_SPENDING the orders mean_spend is the mean of, >= 1 */
    const double *t_x;        /* time from first to last order, 0 <= t_x <= T; 0 where x = 0 */
    const double *T;          /* time from first order to the end of observation, >= 0 */
    const double *log_gaps;   /* sum of log(gap between orders); needed for k > 1, else may be NULL */
    const double *mean_spend; /* mean money per order, > 0 */
    const double *lost;       /* MR_CONTRACT: row i = customers who left at the end of period i + 1, >= 0 */
    double survivors;         /* MR_CONTRACT: customers still there after the last period, >= 0 */
    const double *weight;     /* how many customers a row stands for; NULL: one each */
    const double *watched;    /* MR_CONTRACT: row i = customers seen to stay at the end of period i + 1 and not watched any further, >= 0 (those of
                                 the last row count as `survivors` do); NULL: all were watched to their end or to the last period */
} mr_data;

/* A row of the registry. Static, never freed. */
typedef struct mr_model mr_model;

MR_API size_t mr_model_count(void);
MR_API const mr_model *mr_model_at(size_t index);         /* NULL past the end */
MR_API const mr_model *mr_model_find(const char *name);   /* "mbg-nbd"; case and punctuation are ignored; NULL: none */
MR_API const char *mr_model_name(const mr_model *model);  /* "mbg-nbd" */
MR_API const char *mr_model_title(const mr_model *model); /* "MBG/NBD" */
MR_API const char *mr_model_about(const mr_model *model); /* one line and its source */
MR_API mr_kind mr_model_kind(const mr_model *model);
MR_API size_t mr_model_params(const mr_model *model);
MR_API const char *mr_model_param(const mr_model *model, size_t index);
/* May it drive a stage or erosion: does it know leaving, and can a customer leave after their very first order? */
MR_API bool mr_model_leaves_at_once(const mr_model *model);
MR_API bool mr_model_is_regular(const mr_model *model); /* is k chosen from the data? */

/* A model with its parameters, all > 0, in the order of mr_model_param. k is 1 but for the regular-rhythm models. */
typedef struct mr_params {
    const mr_model *model;
    double value[MR_MAX_PARAMS];
    int k;
} mr_params;

typedef struct mr_fit_options {
    int starts;             /* starting points tried; 0: 4 */
    int k;                  /* regular-rhythm models: fixed k, or 0: the likeliest of 1 .. MR_MAX_K; others: 0 or 1 */
    const mr_params *start; /* warm start: the only start, near the answer, finished by Newton steps; NULL: none */
    bool no_errors;         /* leave se and covariance NaN: saves 2 evaluations a parameter */
    const double *hessian;  /* warm start: Hessian per customer at `start`, from a sample (mr_fit.hessian); NULL: none */
} mr_fit_options;

typedef struct mr_fit {
    mr_params params;
    double se[MR_MAX_PARAMS];                     /* standard errors, from the inverse Hessian */
    double hessian[MR_MAX_PARAMS * MR_MAX_PARAMS]; /* of -log-likelihood in log(parameters), divided by n; row-major */
    double log_likelihood;
    double n;        /* customers: the sum of weights */
    bool converged;
    int evaluations; /* of the likelihood with its gradient */
} mr_fit;

/* Maximum likelihood. MR_EBOUNDARY, MR_EFLAT and MR_ENOCONV still leave in *fit what was reached, converged = false.
 * MR_EDATA names column and row. Gradients are analytic; the optimiser is NLopt's L-BFGS over log(parameters), then
 * Newton steps; standard errors by the delta method from the Hessian at the optimum. */
MR_API mr_status mr_model_fit(const mr_model *model, const mr_data *data, const mr_fit_options *options,
                              const mr_context *context, mr_fit *fit, mr_error *err);

/* Log-likelihood at given parameters; gradient[mr_model_params] by parameter, or NULL. */
MR_API mr_status mr_model_log_likelihood(const mr_params *params, const mr_data *data, const mr_context *context,
                                         double *log_likelihood, double *gradient, mr_error *err);

/* Interval of a parameter at `level` in (0,1), normal on the log scale (so it stays positive). */
MR_API mr_status mr_fit_interval(const mr_fit *fit, size_t param, double level, double *low, double *high);

/* What to forecast. */
typedef struct mr_forecast_spec {
    double horizon; /* > 0, time units ahead of T; MR_DISCRETE: at most 1e6, with an interval 2,000 */
    double level;   /* of the prediction interval, in (0,1); 0: 0.8 */
} mr_forecast_spec;

/* Caller-owned columns of n; NULL: not wanted. Kinds MR_BUYING and MR_DISCRETE. */
typedef struct mr_forecast {
    double *p_alive;          /* still a customer at T */
    double *p_alive_later;    /* still a customer at T + horizon */
    double *p_order;          /* at least one order in (T, T + horizon] */
    double *expected;         /* expected orders in (T, T + horizon] */
    double *expected_low;     /* prediction interval of the number of orders, whole numbers */
    double *expected_high;
    double *expected_if_stay; /* expected orders given that they neither left nor leave within the horizon */
    double *due_median;       /* time from T by which the next order has come with chance 1/2, given alive */
    double *due_90;           /* ... with chance 0.9. Infinite where no finite time has that chance (DISCRETE) */
} mr_forecast;

MR_API mr_status mr_model_forecast(const mr_params *params, const mr_data *data, const mr_forecast_spec *spec,
                                   const mr_context *context, mr_forecast *out, mr_error *err);

/* The customer's own rhythm as of their last order (so silence does not stretch it). All in time units. MR_BUYING. */
typedef struct mr_rhythm {
    double *gap;    /* rhythm: 1 / posterior expected rate of orders; k (alpha + t_x) / (r + k x) */
    double *gap_50; /* the next gap is shorter than this with chance .5, given alive */
    double *gap_90;
    double *gap_95;
} mr_rhythm;

MR_API mr_status mr_model_rhythm(const mr_params *params, const mr_data *data, const mr_context *context,
                                 mr_rhythm *out, mr_error *err);

/* Residual lifetime from T: median[n] (time units; 0 where P(alive) < 1/2; INFINITY where the model knows no leaving or
 * it exceeds 1e6 units) and survival[n * times_n], row-major by customer: P(still a customer at T + times[j]). Either may
 * be NULL. Not conditional on being alive at T. */
MR_API mr_status mr_model_residual(const mr_params *params, const mr_data *data, const double *times, size_t times_n,
                                   const mr_context *context, double *median, double *survival, mr_error *err);

/* Value of future orders. */
typedef struct mr_value_spec {
    double margin;         /* share of spend that is profit, in (0,1] */
    double discount_rate;  /* per year, effective (0.10 = ten per cent), >= 0 */
    double units_per_year; /* time units in a year: 52.1775 for weeks */
    double horizon;        /* time units; INFINITY only with discount_rate > 0 */
} mr_value_spec;

/* out[n] = margin x spend[n] x expected discounted orders in (T, T + horizon]. spend: expected money per order, or NULL: 1.
 * Relative accuracy 1e-7; 1e-4 for k > 1. */
MR_API mr_status mr_model_value(const mr_params *params, const mr_data *data, const double *spend,
                                const mr_value_spec *spec, const mr_context *context, double *out, mr_error *err);

/* Expected cumulative repeat orders of a customer `age[n]` after their first order, seen from that first order. */
MR_API mr_status mr_model_expected_by_age(const mr_params *params, const double *age, size_t n,
                                          const mr_context *context, double *out, mr_error *err);

/* Gamma-Gamma: expected money per order of each customer given x orders (>= 0) of mean_spend. Where x = 0 it is the
 * population mean. MR_EDATA where q <= 1 (no mean exists). Fader, Hardie & Lee 2005b. */
MR_API mr_status mr_spend_expected(const mr_params *params, const mr_data *data, double *out, mr_error *err);

/* Pearson correlation of orders and mean spend with its two-sided p-value (Fisher's z): Gamma-Gamma assumes 0. */
MR_API mr_status mr_spend_independence(const mr_data *data, double *correlation, double *p_value, mr_error *err);

/* MR_CONTRACT: survival[n] = S(period[i]), period whole >= 0; retention[n] = S(t)/S(t-1) (1 at 0). Either may be NULL. */
MR_API mr_status mr_contract_curve(const mr_params *params, const double *period, size_t n, double *survival,
                                   double *retention, mr_error *err);
/* Discounted expected residual tenure in periods for a customer about to renew after `renewals` renewals; discount rate
 * per period > 0. Fader & Hardie 2010. */
MR_API mr_status mr_contract_residual(const mr_params *params, double renewals, double discount_rate, double *out,
                                      mr_error *err);

#ifdef __cplusplus
}
#endif
#endif
