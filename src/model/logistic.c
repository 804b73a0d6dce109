/* Logistic regression with a ridge (Hosmer & Lemeshow 1989; le Cessie & van Houwelingen 1992), by Newton's method, which here is iteratively
 * reweighted least squares: with p_i = 1 / (1 + e^{-b'z_i}) and z the columns centred and scaled, behind a constant,
 *
 *   gradient sum w (y - p) z - ridge b        information sum w p (1 - p) z z' + ridge (not of the constant)
 *
 * Steps are halved while the penalised likelihood falls. Sums are over fixed blocks of rows in their order. */
#include <marram/logistic.h>

#include "error.h"
#include "mem.h"
#include "pool.h"
#include "positive.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ROWS = 4096, MOST_STEPS = 60, MOST_HALVINGS = 30, MOST_COLUMNS = 4096 };
#define FAR 30.0 /* a coefficient this far out, of a column of variance one, is running away */

typedef struct logistic {
    size_t n, p, q, blocks; /* q = p + 1 */
    const double *const *x;
    const unsigned char *happened;
    const double *weight;
    double ridge;
    double *mean, *scale;        /* [p] */
    double *b, *step, *gradient; /* [q] */
    double *information, *factor;  /* [q * q] lower triangle */
    double *sums;                /* [workers' blocks][1 + q + q * q] */
    double *row;                 /* [workers][q] */
    size_t wave, done;           /* blocks whose sums are held at a time, and how many are behind */
    double value;
    mr_pool *pool;
} logistic;

static double weight_of(const logistic *l, size_t i) {
    return l->weight ? l->weight[i] : 1;
}

static mr_status columns(logistic *l, mr_error *err) {
    double all = 0, happened = 0;
    for (size_t i = 0; i < l->n; i++) {
        if (l->happened[i] > 1) return error_set(err, MR_EDATA, "happened", (int64_t)i, "happened must be 0 or 1, not %d", l->happened[i]);
        double w = weight_of(l, i);
        if (!isfinite(w) || w < 0) return error_set(err, MR_EDATA, "weight", (int64_t)i, "weight must be at least 0, not %g", w);
        all += w;
        happened += l->happened[i] ? w : 0;
    }
    if (!(happened > 0) || !(happened < all))
        return error_set(err, MR_EDATA, "happened", -1, "it %s in every row: there is nothing to tell apart", happened > 0 ? "happened" : "did not happen");
    for (size_t j = 0; j < l->p; j++) {
        char name[24];
        double sum = 0, squares = 0, largest = 0;
        snprintf(name, sizeof name, "x%zu", j + 1);
        for (size_t i = 0; i < l->n; i++) {
            if (!isfinite(l->x[j][i])) return error_set(err, MR_EDATA, name, (int64_t)i, "%s must be a number, not %g", name, l->x[j][i]);
            sum += weight_of(l, i) * l->x[j][i];
            largest = fmax(largest, fabs(l->x[j][i]));
        }
        l->mean[j] = sum / all;
        for (size_t i = 0; i < l->n; i++) squares += weight_of(l, i) * (l->x[j][i] - l->mean[j]) * (l->x[j][i] - l->mean[j]);
        l->scale[j] = sqrt(squares / all);
        if (!(l->scale[j] > 1e-12 * largest)) return error_set(err, MR_EDATA, name, -1, "%s is the same in all rows, so it tells nothing: leave it out", name);
    }
    l->b[0] = log(happened / (all - happened));
    return MR_OK;
}

static mr_status sum_block(void *ctx, size_t k, int worker, mr_error *err) {
    logistic *l = ctx;
    (void)err;
    size_t q = l->q, block = l->done + k, from = block * ROWS, to = from + ROWS < l->n ? from + ROWS : l->n;
    double *value = l->sums + k * (1 + q + q * q), *gradient = value + 1, *information = gradient + q, *z = l->row + (size_t)worker * q;
    memset(value, 0, (1 + q + q * q) * sizeof *value);
    z[0] = 1;
    for (size_t i = from; i < to; i++) {
        double eta = l->b[0], w = weight_of(l, i), y = l->happened[i];
        for (size_t j = 0; j < l->p; j++) {
            z[j + 1] = (l->x[j][i] - l->mean[j]) / l->scale[j];
            eta += l->b[j + 1] * z[j + 1];
        }
        double e = exp(-fabs(eta)), chance = eta >= 0 ? 1 / (1 + e) : e / (1 + e), off = w * (y - chance), h = w * e / ((1 + e) * (1 + e));
        *value -= w * (log1p(e) + fmax(0, y > 0 ? -eta : eta));
        for (size_t a = 0; a < q; a++) {
            gradient[a] += off * z[a];
            double hz = h * z[a];
            for (size_t b = 0; b <= a; b++) information[a * q + b] += hz * z[b];
        }
    }
    return MR_OK;
}

/* Value, gradient and information at b. */
static mr_status evaluate(logistic *l, mr_error *err) {
    size_t q = l->q, width = 1 + q + q * q;
    mr_status status = MR_OK;
    l->value = 0;
    memset(l->gradient, 0, q * sizeof *l->gradient);
    memset(l->information, 0, q * q * sizeof *l->information);
    for (l->done = 0; status == MR_OK && l->done < l->blocks; l->done += l->wave) {
        size_t blocks = l->blocks - l->done < l->wave ? l->blocks - l->done : l->wave;
        status = pool_run(l->pool, blocks, sum_block, l, err);
        for (size_t k = 0; k < blocks; k++) {
            const double *sums = l->sums + k * width;
            l->value += sums[0];
            for (size_t a = 0; a < q; a++) l->gradient[a] += sums[1 + a];
            for (size_t a = 0; a < q * q; a++) l->information[a] += sums[1 + q + a];
        }
    }
    for (size_t j = 1; j < q; j++) {
        l->value -= l->ridge / 2 * l->b[j] * l->b[j];
        l->gradient[j] -= l->ridge * l->b[j];
        l->information[j * q + j] += l->ridge;
    }
    return status;
}

static mr_status solve(logistic *l, mr_error *err) {
    memcpy(l->factor, l->information, l->q * l->q * sizeof *l->factor);
    memcpy(l->step, l->gradient, l->q * sizeof *l->step);
    bool sound = positive_solve(l->q, l->factor, l->step);
    return sound ? MR_OK : error_set(err, MR_EFLAT, NULL, -1, "columns say the same as others together: leave some out, or use a ridge");
}

static size_t farthest(const logistic *l) {
    size_t at = 0;
    for (size_t j = 1; j < l->q; j++)
        if (fabs(l->b[j]) > fabs(l->b[at])) at = j;
    return at;
}

static mr_status separated(const logistic *l, mr_error *err) {
    size_t at = farthest(l);
    char name[24];
    snprintf(name, sizeof name, "x%zu", at);
    if (at == 0) snprintf(name, sizeof name, "constant");
    return error_set(err, MR_EBOUNDARY, name, -1, "the columns tell the outcomes apart without fail, %s most of all: coefficients have no end; leave it out, or use a ridge", name);
}

static mr_status newton(logistic *l, mr_logistic_fit *fit, double *before_step, const mr_context *context, mr_error *err) {
    mr_status status = evaluate(l, err);
    fit->log_likelihood_0 = l->value;
    if (status == MR_OK) status = solve(l, err);
    for (; status == MR_OK && fit->iterations < MOST_STEPS && !fit->converged; fit->iterations++) {
        double before = l->value, share = 1, moved = 0;
        if (context && context->progress && context->progress((uint64_t)fit->iterations, 0, context->progress_ctx))
            return error_set(err, MR_ECANCELLED, NULL, -1, "cancelled");
        memcpy(before_step, l->b, l->q * sizeof *before_step);
        for (int k = 0; k < MOST_HALVINGS && status == MR_OK; k++, share /= 2) {
            for (size_t j = 0; j < l->q; j++) l->b[j] = before_step[j] + share * l->step[j];
            status = evaluate(l, err);
            if (l->value >= before - 1e-12 * fabs(before)) break;
        }
        for (size_t j = 0; j < l->q; j++) moved = fmax(moved, fabs(l->b[j] - before_step[j]));
        fit->converged = moved < 1e-9;
        bool far = fabs(l->b[farthest(l)]) > FAR;
        if (status == MR_OK) status = far ? MR_EFLAT : solve(l, err);
        /* Coefficients on their way to infinity flatten the likelihood before they are far. */
        if (status == MR_EFLAT && (far || fabs(l->b[farthest(l)]) > FAR / 3 || l->value > -1e-6 * (double)l->n)) status = separated(l, err);
    }
    if (status == MR_OK && !fit->converged) status = error_set(err, MR_ENOCONV, NULL, -1, "Newton's steps did not settle after %d", fit->iterations);
    return status;
}

/* From centred and scaled columns to the caller's: c_j = b_j / s_j, c_0 = b_0 - sum b_j m_j / s_j. */
static void give(const logistic *l, mr_status status, mr_logistic_fit *fit) {
    size_t q = l->q;
    double penalty = 0;
    bool known = status == MR_OK && positive_invert(q, l->factor);
    fit->coefficient[0] = l->b[0];
    for (size_t j = 1; j < q; j++) {
        fit->coefficient[j] = l->b[j] / l->scale[j - 1];
        fit->coefficient[0] -= l->b[j] * l->mean[j - 1] / l->scale[j - 1];
        penalty += l->ridge / 2 * l->b[j] * l->b[j];
    }
    fit->log_likelihood = l->value + penalty;
    if (!fit->se) return;
    double constant = 0;
    for (size_t a = 0; a < q; a++) {
        double left = a ? -l->mean[a - 1] / l->scale[a - 1] : 1;
        for (size_t b = 0; b < q; b++) {
            double right = b ? -l->mean[b - 1] / l->scale[b - 1] : 1;
            constant += left * right * (a >= b ? l->factor[a * q + b] : l->factor[b * q + a]);
        }
        if (a) fit->se[a] = known ? sqrt(l->factor[a * q + a]) / l->scale[a - 1] : NAN;
    }
    fit->se[0] = known ? sqrt(constant) : NAN;
}

mr_status mr_logistic_estimate(size_t n, const double *const *x, size_t p, const unsigned char *happened, const double *weight, double ridge,
                               const mr_context *context, mr_logistic_fit *fit, mr_error *err) {
    const mr_alloc *alloc = context_alloc(context);
    logistic l = {.n = n, .p = p, .q = p + 1, .x = x, .happened = happened, .weight = weight, .ridge = ridge, .pool = context_pool(context)};
    if (!fit || !fit->coefficient) return error_set(err, MR_EINVAL, "fit", -1, "there is nowhere to put the coefficients");
    if ((p && !x) || !happened) return error_set(err, MR_EINVAL, p && !x ? "x" : "happened", -1, "logistic regression needs columns and outcomes");
    if (p > MOST_COLUMNS) return error_set(err, MR_EINVAL, "p", -1, "at most %d columns, not %zu", MOST_COLUMNS, p);
    for (size_t j = 0; j < p; j++)
        if (!x[j]) return error_set(err, MR_EINVAL, "x", -1, "column %zu is NULL", j);
    if (!(ridge >= 0) || !isfinite(ridge)) return error_set(err, MR_EINVAL, "ridge", -1, "the ridge must be at least 0, not %g", ridge);
    if (!n) return error_set(err, MR_EDATA, "n", -1, "there are no rows");
    fit->iterations = 0;
    fit->converged = false;
    l.blocks = (n + ROWS - 1) / ROWS;
    l.wave = l.blocks < 64 ? l.blocks : 64;
    size_t q = l.q, workers = (size_t)pool_size(l.pool);
    double *memory = mem_new(alloc, 2 * p + 4 * q + 2 * q * q + l.wave * (1 + q + q * q) + workers * q, sizeof *memory);
    if (!memory) return error_memory(err, (2 * q * q + l.wave * q * q) * sizeof *memory);
    l.mean = memory;
    l.scale = l.mean + p;
    l.b = l.scale + p;
    l.step = l.b + q;
    l.gradient = l.step + q;
    l.information = l.gradient + q;
    l.factor = l.information + q * q;
    l.sums = l.factor + q * q;
    l.row = l.sums + l.wave * (1 + q + q * q);
    mr_status status = columns(&l, err);
    if (status == MR_OK) {
        status = newton(&l, fit, l.row + workers * q, context, err);
        give(&l, status, fit);
    }
    mem_free(alloc, memory);
    return status;
}

typedef struct scoring {
    size_t n, p;
    const double *const *x;
    const double *coefficient;
    double *score;
} scoring;

static mr_status score_block(void *ctx, size_t block, int worker, mr_error *err) {
    scoring *s = ctx;
    size_t from = block * ROWS, to = from + ROWS < s->n ? from + ROWS : s->n;
    (void)worker, (void)err;
    for (size_t i = from; i < to; i++) s->score[i] = s->coefficient[0];
    for (size_t j = 0; j < s->p; j++)
        for (size_t i = from; i < to; i++) s->score[i] += s->coefficient[j + 1] * s->x[j][i];
    return MR_OK;
}

mr_status mr_logistic_score(size_t n, const double *const *x, size_t p, const double *coefficient, const mr_context *context, double *score,
                            mr_error *err) {
    scoring s = {n, p, x, coefficient, score};
    if ((p && !x) || !coefficient || (n && !score)) return error_set(err, MR_EINVAL, "x", -1, "scoring needs columns, coefficients and room for scores");
    for (size_t j = 0; j < p; j++)
        if (!x[j]) return error_set(err, MR_EINVAL, "x", -1, "column %zu is NULL", j);
    return pool_run(context_pool(context), (n + ROWS - 1) / ROWS, score_block, &s, err);
}
