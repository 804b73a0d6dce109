/* What a model's file provides: a row of the registry. See CONTRIBUTING.md, "Add a model". */
#ifndef MODEL_IMPL_H
#define MODEL_IMPL_H

#include <marram/model.h>

#define MODEL_TABLE_COLUMNS 8

/* A model at fixed parameters, with what depends on x alone tabulated for x = 0 .. table_n - 1. */
typedef struct model_state {
    const mr_params *params;
    const double *table; /* [table_n * MODEL_TABLE_COLUMNS] */
    size_t table_n;
    double constant[4]; /* the same for every row; filled by prepare */
} model_state;

/* A function of T alone as it was for the row before: in a file by date, customers come in runs of the same T. */
typedef struct model_memo {
    double T, value; /* T NaN: nothing kept yet */
} model_memo;

/* One customer. */
typedef struct model_row {
    double x, t_x, T, log_gaps;
    model_memo *memo; /* NULL: none */
} model_row;

/* Which figures of a forecast are wanted: skipping one saves its cost. */
enum {
    WANT_ALIVE = 1,
    WANT_LATER = 2,
    WANT_ORDER = 4,
    WANT_EXPECTED = 8,
    WANT_INTERVAL = 16,
    WANT_STAY = 32,
    WANT_DUE = 64
};

typedef struct model_forecast {
    double alive, later, order, expected, low, high, stay, due_50, due_90;
} model_forecast;

struct mr_model {
    const char *name, *title, *about;
    mr_kind kind;
    size_t params;
    const char *param[MR_MAX_PARAMS];
    unsigned scales; /* bit i: parameter i is a time or a sum of money, so in the data's unit */
    bool leaves_at_once, regular;
    bool after_first; /* dropout is possible only after a repeat order (the BG family without the M) */

    /* Starting points; several are tried. scale is the mean T of the data. Returns how many it has (<= 4); fills start[i]. */
    size_t (*starts)(const mr_data *data, double scale, int k, double start[4][MR_MAX_PARAMS]);
    /* Fills state->constant. May be NULL. */
    void (*prepare)(model_state *state);
    /* Fills row[MODEL_TABLE_COLUMNS] for one x. NULL: the model tabulates nothing. */
    void (*tabulate)(const model_state *state, double x, double *row);
    /* Log-likelihood of one row (weight 1), gradient by (natural) parameter. MR_CONTRACT models have likelihood_all instead. */
    double (*likelihood)(const model_state *state, const double *table, const model_row *row, double *gradient);
    double (*likelihood_all)(const mr_params *params, const mr_data *data, double *gradient);
    /* Forecast of one row. NULL for MR_SPENDING and MR_CONTRACT. */
    void (*forecast)(const model_state *state, const double *table, const model_row *row, double horizon, double level,
                     unsigned want, model_forecast *out);
    /* Expected orders within the horizon, each times e^(-delta t). NULL: by quadrature, for E(t) smooth in t. */
    double (*discounted)(const model_state *state, const model_row *row, double delta, double horizon);
    /* P(next gap > g) at the last order as a share of alpha + t_x: R = r + k x of the gamma posterior and k. MR_BUYING. */
    double (*shape)(const mr_params *params, double x); /* R */
};

extern const struct mr_model model_nbd, model_bg_nbd, model_mbg_nbd, model_bg_cnbd_k, model_mbg_cnbd_k, model_pareto_nbd,
    model_bg_bb, model_gamma_gamma, model_sbg, model_bdw;

/* The table row of x: from the table, or computed into scratch where x is past its end. */
const double *model_table_row(const model_state *state, double x, double scratch[MODEL_TABLE_COLUMNS]);

/* Checks the columns a model needs. MR_EDATA names column and row; MR_EINVAL a missing column. */
mr_status model_check_data(const mr_model *model, const mr_data *data, int k, const mr_context *context, mr_error *err);
mr_status model_check_params(const mr_params *params, mr_error *err);

/* A state with its table for the x of `data`; model_state_free releases it. */
mr_status model_state_new(const mr_params *params, const mr_data *data, const mr_alloc *alloc, model_state *state,
                          double **owned, mr_error *err);

static inline double data_at(const double *column, size_t i, double otherwise) {
    return column ? column[i] : otherwise;
}

#define MODEL_BLOCK 4096 /* rows a block: fixed, so that sums do not depend on the number of threads */

#endif
