/* What a run found, and its four outputs: customers.csv, summary.json, report.html and the terminal. One struct, so that the
 * four say the same. Money is in currency units (double). NaN means not known: printed as an empty cell, a dash, or null. */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <marram/base.h>
#include <marram/decide.h>
#include <marram/model.h>

#include <orders.h>

#include <stdio.h>

typedef struct report_customer {
    uint32_t index;          /* into ids and contacts */
    uint32_t orders;
    int32_t first_day, last_day;
    double spend;            /* net of returns; NaN without amounts */
    double rhythm_days;      /* expected gap between orders */
    uint32_t rhythm_from;    /* gaps of their own it rests on */
    double overdue_ratio;    /* silence / rhythm */
    double p_order;          /* chance of an order within the horizon: the headline */
    double p_alive;
    double expected, expected_low, expected_high; /* orders within the horizon */
    double expected_value;   /* margin x discounted expected spend within the horizon; NaN without amounts */
    double value_at_risk;    /* NaN without amounts */
    double due_day;          /* next order due (median, given alive), days since 1970; may be infinite */
    double due_90_day;
    mr_stage stage;
    mr_step step;
    bool unlisted;           /* objected: counted, and not listed by name */
} report_customer;

/* One month of erosion. "as known then": those who came back are netted in the month they came back; "as known now": those who
 * came back later are not counted as lost at all. */
typedef struct report_month {
    int32_t start;            /* first day of the month */
    uint32_t active;          /* customers active in the twelve months before */
    double active_spend;      /* their trailing-year spend */
    uint32_t passed;          /* silence passed the 95 % next-order date in this month */
    double passed_spend;
    uint32_t came_back;       /* passed in an earlier month, ordered in this one */
    double came_back_spend;
    uint32_t passed_now;      /* of `passed`, those who have not come back by now */
    double passed_now_spend;
    uint32_t late, shrinking; /* early signs: silent past their 90 % date at the month's end; spend halved before it */
    double late_spend, shrinking_spend;
    bool complete;            /* false for a month the data end in */
} report_month;

typedef struct report_model {
    const mr_model *model;    /* NULL: a baseline */
    char name[32], title[32];
    int k;
    bool fitted;              /* false: `problem` says why */
    char problem[160];
    double inner_rmse, inner_log_loss; /* on the inner window, on which the choice was made; NaN for baselines not scored */
    double mae, rmse, msle, correlation, predicted_total, auc, brier, top_decile_lift; /* on the outer holdout */
    double rmse_se;           /* bootstrap standard error of rmse */
    double calibration_predicted[10], calibration_actual[10]; /* mean chance and share who bought, by tenth of predicted chance */
    size_t calibration_n[10];
    double seconds;
    /* P(alive) over the base, from this model fitted to all data (histogram over [0,1] in 20 bins); alive_mean NaN: not known */
    double alive_mean;
    double alive_histogram[20];
} report_model;

#define REPORT_BINS 24  /* of the cycle chart: silence in units of the customer's own rhythm, bin width below */
#define REPORT_BIN_WIDTH .25

typedef struct report_cohort {
    int32_t start;           /* first day of the cohort's period */
    uint32_t customers;
    uint32_t periods;
    double active[24];       /* share of the cohort that ordered in its period 0, 1, ... (period 0 is 1) */
} report_cohort;

typedef struct report_change { /* since an earlier run, one customer */
    uint32_t customer;       /* row in `customers` */
    mr_stage was;
    double p_order_was;
} report_change;

typedef struct report_param { /* one parameter of a fitted model; NaN: not known */
    char name[16];
    double value, se, low, high; /* 95 % interval */
} report_param;

typedef struct report {
    /* where it came from */
    const ingest_orders *input;   /* ids, contacts, what was understood */
    const char *program_version;
    int32_t until;              /* last day of observation */
    double horizon_days;
    double days_per_unit;
    double margin, discount_rate;
    double interval_level;      /* of every prediction interval here, e.g. .8; 0: .8 */
    bool has_money;
    uint64_t seed;
    uint64_t sample;            /* customers the models were compared on */
    bool sampled;               /* sample < n */

    /* customers, highest value at risk first (without amounts: highest expected orders at risk) */
    size_t n;
    const report_customer *customers;
    size_t not_listed;          /* of n: who objected; in all counts, and in no list of names */

    /* headlines */
    double total_spend, total_orders;
    double mean_order_value;
    double repeaters;           /* customers with two or more orders */
    double expected_orders, expected_orders_low, expected_orders_high; /* whole base, within the horizon */
    double expected_customers;  /* sum of p_order */
    double expected_value, value_at_risk;
    double expected_value_low, expected_value_high; /* high <= 0 or NaN: not known, not shown; so too the next */
    double value_at_risk_low, value_at_risk_high;
    uint64_t stage_count[MR_STAGES];
    double stage_spend[MR_STAGES], stage_value_at_risk[MR_STAGES];
    uint64_t step_count[MR_STEPS];

    /* models */
    char chosen_title[32], cycle_title[32], spend_title[32]; /* the fits below, as a reader knows them; "" none */
    size_t chosen_params_n, cycle_params_n, spend_params_n;
    report_param chosen_params[MR_MAX_PARAMS], cycle_params[MR_MAX_PARAMS], spend_params[MR_MAX_PARAMS];
    mr_fit fit;                 /* the chosen one, on all data */
    mr_fit cycle_fit;           /* the one that drives stages and erosion (may be the same) */
    bool has_spend_fit;
    mr_fit spend_fit;
    uint64_t spend_zero;        /* repeaters who spent nothing: set aside */
    double spend_correlation, spend_p_value;
    char spend_problem[200];    /* why money is a plain mean where Gamma-Gamma could not be fitted; "" */
    size_t models_n;
    report_model models[16];    /* candidates, then baselines */
    size_t chosen;              /* index into models */
    char choice_why[240];
    int32_t inner_until, outer_until; double inner_days, outer_days; /* windows */
    uint64_t outer_customers; double outer_actual_total;

    /* charts */
    size_t months_n;   const report_month *months;      /* at most the last 36, oldest first */
    uint64_t one_order_unknown; /* active customers with one order whose 95 % date lies more than a year after that order: erosion cannot see them */
    double cycle_leaving[REPORT_BINS];  /* observed share of the bin's silences with no order in the horizon after the landmark */
    double cycle_leaving_model[REPORT_BINS]; /* the cycle model's mean chance of the same: no order in the horizon */
    uint64_t cycle_n[REPORT_BINS];
    double cycle_steepest;      /* silence in rhythms at which the model's chance of no order rises fastest */
    size_t cohorts_n;  const report_cohort *cohorts;    /* months or quarters, oldest first, at most 24 */
    const char *cohort_period;  /* "month" or "quarter" */
    double concentration[11];   /* share of spend (orders without amounts) held by the top 0, 10, ..., 100 % of customers */
    size_t weeks_n;    const int32_t *week_day; const double *week_actual; const double *week_expected; /* repeat orders a week */
    double weeks_error;         /* total expected / total actual - 1 */

    /* since an earlier run */
    bool has_previous;
    const char *previous_dir;
    int32_t previous_until;
    uint64_t change_new, change_gone, change_same, change_matrix[MR_STAGES][MR_STAGES]; /* [was][is] */
    double previous_value_at_risk, previous_expected_orders, previous_horizon_days, previous_margin, previous_discount_rate;
    size_t changes_n;  const report_change *changes;    /* whose stage moved, largest fall of p_order first */

    /* a base with contracts: then all about orders above is empty (contracts.h) */
    const struct contract_report *contracts;
    const struct report_extras *extras; /* moments, reasons, fix list, reviews (extras.h); NULL: not looked for */
    const char *ledger;         /* which ledger the data come from, as a reader may see it; NULL: files */

    /* seconds by stage */
    struct { const char *name; double seconds; } timing[16];
    size_t timing_n;
    double seconds, peak_memory_mb;
} report;

/* Writes customers.csv, summary.json and report.html (and changes.csv where there was an earlier run) into folder `out`, made
 * where missing: into a temporary folder inside it first, each file synced, then renamed into place; nothing partial is left on
 * an error or a cancel. Other files in the folder are left alone. */
mr_status report_write(const report *r, const char *out, const mr_context *context, mr_error *err);

/* The headline figures for a terminal of `columns` columns (0: 80), with colour if asked. */
void report_terminal(const report *r, const char *out, FILE *to, int columns, bool colour);

/* Erosion alone: the last thirteen months as a table, all of them as JSON. */
void report_erosion_terminal(const report *r, FILE *to, int columns, bool colour);
mr_status report_erosion_json_to(const report *r, FILE *to, mr_error *err);

/* summary.json as text to `to`. */
mr_status report_json(const report *r, FILE *to, mr_error *err);

#endif
