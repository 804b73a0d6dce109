/* Checking data and parameters, and a model's state at fixed parameters. */
#include "impl.h"

#include "error.h"
#include "mem.h"
#include "pool.h"

#include <math.h>

#define OPPORTUNITIES_MAX 1e6 /* a row of BG/BB takes as many steps as it has opportunities */

/* Tables hold what depends on x alone; past this many rows x is rare and is computed as it comes. */
#define TABLE_MAX 4096

static mr_status check_column(const double *column, const char *name, size_t from, size_t to, double low, mr_error *err) {
    if (!column) return error_set(err, MR_EINVAL, name, -1, "the model needs the column %s", name);
    for (size_t i = from; i < to; i++)
        if (!(column[i] >= low) || isinf(column[i]))
            return error_set(err, MR_EDATA, name, (int64_t)i, "%s must be a finite number of at least %g; row %zu is %g", name,
                             low, i, column[i]);
    return MR_OK;
}

static mr_status check_whole(const double *column, const char *name, size_t from, size_t to, mr_error *err) {
    for (size_t i = from; i < to; i++)
        if (column[i] != floor(column[i]) || column[i] > 1e9)
            return error_set(err, MR_EDATA, name, (int64_t)i, "%s must be a whole number of at most 1e9; row %zu is %g", name, i,
                             column[i]);
    return MR_OK;
}

static mr_status check_orders(const mr_model *model, const mr_data *d, int k, size_t from, size_t to, mr_error *err) {
    mr_status status;
    if ((status = check_column(d->x, "x", from, to, 0, err)) || (status = check_whole(d->x, "x", from, to, err)) ||
        (status = check_column(d->t_x, "t_x", from, to, 0, err)) || (status = check_column(d->T, "T", from, to, 0, err)))
        return status;
    if (model->kind == MR_DISCRETE &&
        ((status = check_whole(d->t_x, "t_x", from, to, err)) || (status = check_whole(d->T, "T", from, to, err))))
        return status;
    if (model->regular && k != 1 && !d->log_gaps)
        return error_set(err, MR_EINVAL, "log_gaps", -1, "%s needs the column log_gaps", model->title);
    for (size_t i = from; i < to; i++) {
        if (d->t_x[i] > d->T[i])
            return error_set(err, MR_EDATA, "t_x", (int64_t)i, "t_x is after T in row %zu: %g > %g", i, d->t_x[i], d->T[i]);
        if ((d->x[i] == 0) != (d->t_x[i] == 0))
            return error_set(err, MR_EDATA, "t_x", (int64_t)i, "t_x must be 0 where x is 0, and only there; row %zu has %g, %g",
                             i, d->x[i], d->t_x[i]);
        if (model->kind == MR_DISCRETE && d->T[i] > OPPORTUNITIES_MAX)
            return error_set(err, MR_EDATA, "T", (int64_t)i, "at most %g opportunities; row %zu has %g", OPPORTUNITIES_MAX, i, d->T[i]);
        if (model->kind == MR_DISCRETE && d->x[i] > d->t_x[i])
            return error_set(err, MR_EDATA, "x", (int64_t)i, "more orders than opportunities in row %zu: %g > %g", i, d->x[i],
                             d->t_x[i]);
        if (d->log_gaps && model->regular && !isfinite(d->log_gaps[i]))
            return error_set(err, MR_EDATA, "log_gaps", (int64_t)i, "log_gaps is not finite in row %zu", i);
    }
    return MR_OK;
}

static mr_status check_spending(const mr_data *d, size_t from, size_t to, mr_error *err) {
    mr_status status;
    if ((status = check_column(d->x, "x", from, to, 1, err)) || (status = check_whole(d->x, "x", from, to, err)) ||
        (status = check_column(d->mean_spend, "mean_spend", from, to, 0, err)))
        return status;
    for (size_t i = from; i < to; i++)
        if (d->mean_spend[i] <= 0)
            return error_set(err, MR_EDATA, "mean_spend", (int64_t)i,
                             "mean_spend must be above 0: set aside those who spent nothing; row %zu is %g", i, d->mean_spend[i]);
    return MR_OK;
}

typedef struct check_job {
    const mr_model *model;
    const mr_data *data;
    int k;
} check_job;

#define CHECK_BLOCK 32768

static mr_status check_block(void *ctx, size_t block, int worker, mr_error *err) {
    (void)worker;
    const check_job *job = ctx;
    const mr_data *d = job->data;
    size_t from = block * CHECK_BLOCK, to = from + CHECK_BLOCK < d->n ? from + CHECK_BLOCK : d->n;
    mr_status status = d->weight ? check_column(d->weight, "weight", from, to, 0, err) : MR_OK;
    if (status != MR_OK) return status;
    switch (job->model->kind) {
    case MR_BUYING:
    case MR_DISCRETE: return check_orders(job->model, d, job->k, from, to, err);
    case MR_SPENDING: return check_spending(d, from, to, err);
    case MR_CONTRACT:
        status = check_column(d->lost, "lost", from, to, 0, err);
        return status == MR_OK && d->watched ? check_column(d->watched, "watched", from, to, 0, err) : status;
    }
    return error_set(err, MR_EINVAL, "model", -1, "unknown kind of model");
}

mr_status model_check_data(const mr_model *model, const mr_data *d, int k, const mr_context *context, mr_error *err) {
    if (!model || !d) return error_set(err, MR_EINVAL, "data", -1, "model or data is NULL");
    if (d->n == 0) return error_set(err, MR_EDATA, "n", -1, "there are no rows");
    if (model->kind == MR_CONTRACT && (!(d->survivors >= 0) || isinf(d->survivors)))
        return error_set(err, MR_EDATA, "survivors", -1, "survivors must be a number of at least 0");
    check_job job = {model, d, k};
    return pool_run(context_pool(context), (d->n + CHECK_BLOCK - 1) / CHECK_BLOCK, check_block, &job, err);
}

mr_status model_check_params(const mr_params *p, mr_error *err) {
    if (!p || !p->model) return error_set(err, MR_EINVAL, "params", -1, "params or its model is NULL");
    for (size_t i = 0; i < p->model->params; i++)
        if (!(p->value[i] > 0) || isinf(p->value[i]))
            return error_set(err, MR_EINVAL, p->model->param[i], (int64_t)i, "parameter %s must be above 0 and finite, not %g",
                             p->model->param[i], p->value[i]);
    if (p->k < 1 || p->k > MR_MAX_K || (p->k > 1 && !p->model->regular))
        return error_set(err, MR_EINVAL, "k", -1, "k must be 1 to %d (and 1 for %s), not %d", MR_MAX_K, p->model->title, p->k);
    return MR_OK;
}

const double *model_table_row(const model_state *state, double x, double scratch[MODEL_TABLE_COLUMNS]) {
    if (!state->params->model->tabulate) return NULL;
    if (x < (double)state->table_n) return state->table + (size_t)x * MODEL_TABLE_COLUMNS;
    state->params->model->tabulate(state, x, scratch);
    return scratch;
}

mr_status model_state_new(const mr_params *params, const mr_data *data, const mr_alloc *alloc, model_state *state,
                          double **owned, mr_error *err) {
    *owned = NULL;
    *state = (model_state){.params = params};
    if (params->model->prepare) params->model->prepare(state);
    if (!params->model->tabulate || !data->x) return MR_OK;
    double most = 0;
    for (size_t i = 0; i < data->n; i++) most = data->x[i] > most ? data->x[i] : most;
    size_t rows = most < TABLE_MAX ? (size_t)most + 1 : TABLE_MAX;
    /* A table of more rows than there are customers would cost more than it saves. */
    if (rows > 2 * data->n) rows = 0;
    double *table = mem_take(alloc, rows * MODEL_TABLE_COLUMNS, sizeof *table);
    if (!table) return error_memory(err, rows * MODEL_TABLE_COLUMNS * sizeof *table);
    for (size_t x = 0; x < rows; x++) params->model->tabulate(state, (double)x, table + x * MODEL_TABLE_COLUMNS);
    *owned = table;
    state->table = table;
    state->table_n = rows;
    return MR_OK;
}
