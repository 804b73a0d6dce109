/* Cox's proportional hazards (Cox 1972): the hazard of row i at time t is h0(t) exp(b'x_i), h0 left open. Partial likelihood, by one pass back in time
 * for value, gradient and information together; rows enter the sums at their stop and leave them at their start. With d events at a time,
 * R over those under observation and E over those events (weights left out):
 *
 *   Breslow 1974:  sum_E b'x - d log sum_R e^{b'x}
 *   Efron 1977:    sum_E b'x - sum_{l=0}^{d-1} log (sum_R e^{b'x} - l/d sum_E e^{b'x})
 *
 * Columns are centred and scaled, so that neither exp nor the information suffers from units. Newton's steps, halved while the likelihood falls. */
#include "survival.h"

#include "error.h"
#include "mem.h"
#include "positive.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_STEPS = 60, MOST_HALVINGS = 30 };
#define FAR 30.0 /* a coefficient this far out, of a column of variance one, is running away */

/* Sums of weight x e^{b'x} over a set of rows: of 1, of x, of x x' (lower triangle). */
typedef struct sums {
    double zero, *one, *two;
} sums;

typedef struct cox {
    const mr_survival *data;
    mr_cox_options options;
    size_t p;
    survival_order order;
    double *z;    /* [n * p] row-major, centred and scaled */
    double *mean, *scale;
    double *risk; /* [n] weight x e^{b'z}, over the largest */
    double *eta;  /* [n] */
    sums all, tied;
    double *b, *next, *gradient, *step; /* [p] */
    double *information, *factor;       /* [p * p] */
    double value, events;
    const mr_alloc *alloc;
} cox;

static mr_status columns(cox *c, const double *const *x, mr_error *err) {
    size_t n = c->data->n;
    for (size_t j = 0; j < c->p; j++) {
        char name[24];
        double sum = 0, squares = 0, largest = 0;
        snprintf(name, sizeof name, "x%zu", j + 1);
        for (size_t i = 0; i < n; i++) {
            if (!isfinite(x[j][i])) return error_set(err, MR_EDATA, name, (int64_t)i, "%s must be a number, not %g", name, x[j][i]);
            sum += x[j][i];
            largest = fmax(largest, fabs(x[j][i]));
        }
        c->mean[j] = sum / (double)n;
        for (size_t i = 0; i < n; i++) squares += (x[j][i] - c->mean[j]) * (x[j][i] - c->mean[j]);
        c->scale[j] = sqrt(squares / (double)n);
        if (!(c->scale[j] > 1e-12 * largest)) return error_set(err, MR_EDATA, name, -1, "%s is the same in all rows, so it tells nothing: leave it out", name);
        for (size_t i = 0; i < n; i++) c->z[i * c->p + j] = (x[j][i] - c->mean[j]) / c->scale[j];
    }
    return MR_OK;
}

static void add(sums *s, const double *z, size_t p, double risk) {
    s->zero += risk;
    for (size_t j = 0; j < p; j++) {
        double times = risk * z[j];
        s->one[j] += times;
        for (size_t k = 0; k <= j; k++) s->two[j * p + k] += times * z[k];
    }
}

static void empty(sums *s, size_t p) {
    s->zero = 0;
    memset(s->one, 0, p * sizeof *s->one);
    memset(s->two, 0, p * p * sizeof *s->two);
}

/* One time at which weight `gone` left in `rows` rows. */
static void take_time(cox *c, double gone, size_t rows) {
    size_t p = c->p, parts = c->options.ties == MR_EFRON ? rows : 1;
    double each = gone / (double)parts;
    for (size_t l = 0; l < parts; l++) {
        double share = (double)l / (double)parts, zero = c->all.zero - share * c->tied.zero;
        c->value -= each * log(zero);
        for (size_t j = 0; j < p; j++) c->step[j] = (c->all.one[j] - share * c->tied.one[j]) / zero;
        for (size_t j = 0; j < p; j++) {
            c->gradient[j] -= each * c->step[j];
            for (size_t k = 0; k <= j; k++)
                c->information[j * p + k] += each * ((c->all.two[j * p + k] - share * c->tied.two[j * p + k]) / zero - c->step[j] * c->step[k]);
        }
    }
}

/* Value, gradient and information at b, of the likelihood less the ridge. */
static void evaluate(cox *c, const double *b) {
    const mr_survival *d = c->data;
    size_t p = c->p, left = 0, in = 0;
    double largest = -HUGE_VAL;
    for (size_t i = 0; i < d->n; i++) {
        double eta = 0;
        for (size_t j = 0; j < p; j++) eta += b[j] * c->z[i * p + j];
        c->eta[i] = eta;
        largest = fmax(largest, eta);
    }
    for (size_t i = 0; i < d->n; i++) c->risk[i] = survival_weight(d, i) * exp(c->eta[i] - largest);
    c->value = c->events = 0;
    memset(c->gradient, 0, p * sizeof *c->gradient);
    memset(c->information, 0, p * p * sizeof *c->information);
    empty(&c->all, p);
    for (size_t i = 0; i < d->n;) {
        double t = d->stop[c->order.by_stop[i]], gone = 0;
        size_t rows = 0;
        empty(&c->tied, p);
        for (; i < d->n && d->stop[c->order.by_stop[i]] == t; i++, in++) {
            size_t row = c->order.by_stop[i];
            const double *z = c->z + row * p;
            double weight = survival_weight(d, row);
            add(&c->all, z, p, c->risk[row]);
            if (!d->event[row]) continue;
            add(&c->tied, z, p, c->risk[row]);
            c->value += weight * (c->eta[row] - largest);
            for (size_t j = 0; j < p; j++) c->gradient[j] += weight * z[j];
            gone += weight;
            rows++;
        }
        for (; c->order.by_start && left < d->n && d->start[c->order.by_start[left]] >= t; left++, in--) {
            size_t row = c->order.by_start[left];
            add(&c->all, c->z + row * p, p, -c->risk[row]);
        }
        if (!in) empty(&c->all, p); /* no rounding is carried over a time with nobody */
        if (rows) take_time(c, gone, rows);
        c->events += gone;
    }
    for (size_t j = 0; j < p; j++) {
        c->value -= c->options.ridge / 2 * b[j] * b[j];
        c->gradient[j] -= c->options.ridge * b[j];
        c->information[j * p + j] += c->options.ridge;
    }
}

/* step = information^-1 gradient; the factor is kept for the covariance. */
static mr_status solve(cox *c, mr_error *err) {
    memcpy(c->factor, c->information, c->p * c->p * sizeof *c->factor);
    memcpy(c->step, c->gradient, c->p * sizeof *c->step);
    bool sound = positive_solve(c->p, c->factor, c->step);
    return sound ? MR_OK : error_set(err, MR_EFLAT, NULL, -1, "columns say the same as others together, or nothing of who leaves: leave some out, or use a ridge");
}

static size_t farthest(const cox *c) {
    size_t at = 0;
    for (size_t j = 1; j < c->p; j++)
        if (fabs(c->b[j]) > fabs(c->b[at])) at = j;
    return at;
}

/* What is wrong where the information is no more that of a maximum: a coefficient on its way to infinity, or columns alike. */
static mr_status flat(const cox *c, mr_status status, mr_error *err) {
    size_t at = farthest(c);
    char name[24];
    if (status != MR_EFLAT || fabs(c->b[at]) < FAR / 3) return status;
    snprintf(name, sizeof name, "x%zu", at + 1);
    return error_set(err, MR_EBOUNDARY, name, -1, "%s tells without fail who leaves: its coefficient has no end; leave it out, or use a ridge", name);
}

static mr_status newton(cox *c, mr_cox_fit *fit, mr_error *err) {
    evaluate(c, c->b);
    fit->log_likelihood_0 = c->value;
    if (!(c->events > 0)) return error_set(err, MR_EDATA, "event", -1, "nobody left: there is nothing to learn from");
    mr_status status = solve(c, err);
    for (; status == MR_OK && fit->iterations < MOST_STEPS && !fit->converged; fit->iterations++) {
        double before = c->value, share = 1, moved = 0;
        double *step = c->next; /* evaluate uses c->step */
        memcpy(step, c->step, c->p * sizeof *step);
        for (size_t j = 0; j < c->p; j++) c->b[j] += step[j];
        evaluate(c, c->b);
        for (int k = 0; k < MOST_HALVINGS && !(c->value >= before - 1e-12 * fabs(before)); k++) {
            share /= 2;
            for (size_t j = 0; j < c->p; j++) c->b[j] -= share * step[j];
            evaluate(c, c->b);
        }
        for (size_t j = 0; j < c->p; j++) moved = fmax(moved, share * fabs(step[j]));
        fit->converged = moved < 1e-9;
        status = fabs(c->b[farthest(c)]) > FAR ? MR_EFLAT : solve(c, err);
    }
    status = flat(c, status, err);
    if (status == MR_OK && !fit->converged) status = error_set(err, MR_ENOCONV, NULL, -1, "Newton's steps did not settle after %d", fit->iterations);
    return status;
}

static void give(const cox *c, mr_status status, mr_cox_fit *fit) {
    size_t p = c->p;
    double penalty = 0;
    bool known = status == MR_OK;
    if (known) known = positive_invert(p, c->factor);
    for (size_t j = 0; j < p; j++) {
        penalty += c->options.ridge / 2 * c->b[j] * c->b[j];
        fit->coefficient[j] = c->b[j] / c->scale[j];
        for (size_t k = 0; k <= j; k++) {
            double covariance = known ? c->factor[j * p + k] / (c->scale[j] * c->scale[k]) : NAN;
            if (fit->covariance) fit->covariance[j * p + k] = fit->covariance[k * p + j] = covariance;
            if (fit->se && j == k) fit->se[j] = sqrt(covariance);
        }
    }
    fit->log_likelihood = c->value + penalty;
    fit->events = c->events;
}

static mr_status room_for(cox *c, double **block, mr_error *err) {
    size_t n = c->data->n, p = c->p, need = n * p + 2 * n + 2 * p + 2 * (p + p * p) + 4 * p + 2 * p * p;
    if (n > SIZE_MAX / 64 / (p + 8)) return error_memory(err, SIZE_MAX);
    double *at = *block = mem_new(c->alloc, need, sizeof *at);
    if (!at) return error_memory(err, need * sizeof *at);
    struct {
        double **where;
        size_t size;
    } parts[] = {{&c->z, n * p},    {&c->risk, n},        {&c->eta, n},          {&c->mean, p},     {&c->scale, p},           {&c->all.one, p},    {&c->all.two, p * p},
                 {&c->tied.one, p}, {&c->tied.two, p * p}, {&c->b, p},            {&c->next, p},     {&c->gradient, p},        {&c->step, p},       {&c->information, p * p},
                 {&c->factor, p * p}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        *parts[i].where = at;
        at += parts[i].size;
    }
    return MR_OK;
}

mr_status mr_cox_estimate(const mr_survival *data, const double *const *x, size_t p, const mr_cox_options *options, const mr_context *context,
                          mr_cox_fit *fit, mr_error *err) {
    cox c = {.data = data, .p = p, .alloc = context_alloc(context)};
    double *block = NULL;
    if (options) c.options = *options;
    if (!fit || !fit->coefficient || !x || !p) return error_set(err, MR_EINVAL, "x", -1, "Cox's model needs columns, and room for their coefficients");
    if (p > 4096) return error_set(err, MR_EINVAL, "x", -1, "at most 4096 columns, not %zu", p);
    for (size_t j = 0; j < p; j++)
        if (!x[j]) return error_set(err, MR_EINVAL, "x", -1, "column %zu is NULL", j);
    if (!(c.options.ridge >= 0) || isinf(c.options.ridge)) return error_set(err, MR_EINVAL, "ridge", -1, "ridge must be at least 0, not %g", c.options.ridge);
    fit->log_likelihood = fit->log_likelihood_0 = fit->events = 0;
    fit->iterations = 0;
    fit->converged = false;
    mr_status status = survival_check(data, err);
    if (status != MR_OK) return status;
    status = survival_order_new(data, c.alloc, &c.order, err);
    if (status == MR_OK) status = room_for(&c, &block, err);
    if (status == MR_OK) status = columns(&c, x, err);
    if (status == MR_OK) {
        status = newton(&c, fit, err);
        give(&c, status, fit);
    }
    survival_order_free(&c.order, c.alloc);
    mem_free(c.alloc, block);
    return status;
}
