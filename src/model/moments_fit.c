/* The rate of leaving as a product over clocks: log rate = level + sum over clocks of f_c(bin), each f a smooth background and, where moments were
 * found, a free step function around them. Penalised maximum likelihood by backfitting (Hastie & Tibshirani 1990, ch. 6): a clock at a time,
 * one Newton step on its bins' sums of outcome, mean and variance, then one pass over the rows that brings the rates up to date.
 *
 * Background: cosines of up to bins / knot half waves (of the bin's logarithm, too, where it may be steep at first), penalised by the fourth power of the frequency (the discrete kin of a smoothing spline's
 * squared second derivative), beside a level and a slope that are not. The penalty's weight is estimated: Wood & Fasiolo 2017, eq. (3),
 * lambda = (rank - lambda tr A^-1 S) / beta' S beta, so that a flat background costs the search next to nothing.
 *
 * Rates: events are Poisson around the sum of exposure x rate. Chances: Bernoulli with logit link, rate being the odds. */
#include "moments.h"

#include "error.h"
#include "mem.h"
#include "pool.h"

#include <lapacke.h>
#include <math.h>
#include <string.h>

enum { MOST_CYCLES = 16 };
#define SETTLED 0.004    /* of a log rate: a hundredth of the standard error of a bin with 6 events */
#define FARTHEST 1.5     /* of a log rate, in one step */
#define LEVEL_PRECISION 1e-3
#define PATCH_PRECISION 0.25 /* a moment's steps are within a factor e^2 or so of the background: 1 / 2^2 */

/* --- a clock's columns --- */

/* Half waves along the bins, and along their logarithm: there a half wave is a factor of e^1.5. */
static size_t waves(const mr_clock *spec) {
    return spec->knot > 0 ? (size_t)fmin(fmax(floor(spec->bins / spec->knot), 1), 40) : 0;
}

static size_t log_waves(const mr_clock *spec) {
    return spec->steep > 0 ? (size_t)fmin(fmax(floor(log1p(spec->bins / spec->steep) / 1.5), 1), 12) : 0;
}

static void columns(moments_clock *c) {
    const mr_clock *spec = c->spec;
    bool factor = spec->role == MR_CLOCK_FACTOR, slack = !(spec->knot > 0);
    size_t n = waves(spec), steep = log_waves(spec), slopes = c->smooth - n - steep;
    double end = spec->bins;
    for (size_t b = 0; b < c->bins; b++) {
        double *x = c->x + b * c->room, u = ((double)b + 0.5) / end;
        if (factor) {
            x[b] = 1;
            continue;
        }
        double v = spec->steep > 0 ? log1p(u * end / spec->steep) / log1p(end / spec->steep) : 0;
        x[0] = 1;
        x[1] = 2 * u - 1;
        if (steep) x[2] = 2 * v - 1;
        for (size_t j = 0; j < n; j++) x[slopes + j] = cos(M_PI * (double)(j + 1) * u);
        for (size_t j = 0; j < steep; j++) x[slopes + n + j] = cos(M_PI * (double)(j + 1) * v);
    }
    for (size_t j = 0; j < c->smooth; j++) {
        if (factor || (slack && j < slopes))
            c->roughness[j] = 1;
        else if (j < slopes)
            c->fixed[j] = LEVEL_PRECISION;
        else
            c->roughness[j] = pow((double)(j - slopes < n ? j - slopes + 1 : j - slopes - n + 1), 4);
    }
}

static mr_status clock_new(moments_clock *c, const mr_clock *spec, const uint16_t *bin, const mr_alloc *alloc, mr_error *err) {
    bool factor = spec->role == MR_CLOCK_FACTOR;
    *c = (moments_clock){.spec = spec, .bin = bin, .bins = spec->bins, .lambda = 1};
    c->smooth = c->k = factor ? spec->bins : (spec->steep > 0 ? 3u : 2u) + waves(spec) + log_waves(spec);
    c->room = c->smooth + (factor ? 0 : MR_MOST_MOMENTS * MOMENTS_PATCH);
    c->x = mem_new(alloc, c->bins * c->room, sizeof *c->x);
    c->roughness = mem_new(alloc, 3 * c->room + 4 * c->bins, sizeof *c->roughness);
    c->inverse = mem_new(alloc, c->room * c->room, sizeof *c->inverse);
    c->taken = mem_new(alloc, c->bins, 1);
    if (!c->x || !c->roughness || !c->inverse || !c->taken) return error_memory(err, c->bins * c->room * sizeof *c->x);
    c->fixed = c->roughness + c->room;
    c->beta = c->fixed + c->room;
    c->f = c->beta + c->room;
    c->events = c->f + c->bins;
    c->mean = c->events + c->bins;
    c->variance = c->mean + c->bins;
    columns(c);
    return MR_OK;
}

void moments_patch(moments_clock *c, size_t from, size_t to) {
    size_t wide = to - from, margin = (wide + 1) / 2, inner = wide < 8 ? wide : 8;
    size_t edge[MOMENTS_PATCH + 1], parts = 0;
    edge[0] = from > margin ? from - margin : 0;
    if (edge[0] < from) edge[++parts] = from;
    for (size_t i = 1; i <= inner; i++) edge[++parts] = from + wide * i / inner;
    if (to < c->bins) {
        edge[parts + 1] = to + margin < c->bins ? to + margin : c->bins;
        parts++;
    }
    for (size_t i = 0; i < parts && c->k < c->room; i++) {
        bool any = false;
        for (size_t b = edge[i]; b < edge[i + 1]; b++) {
            if (c->taken[b]) continue;
            c->x[b * c->room + c->k] = 1;
            any = true;
        }
        if (!any) continue;
        c->fixed[c->k] = PATCH_PRECISION;
        c->k++;
    }
    for (size_t b = edge[0]; b < edge[parts]; b++) c->taken[b] = 1;
}

/* --- passes over the rows --- */

typedef struct pass {
    moments_model *m;
    const uint16_t *times; /* the clock whose change is put into the rows; NULL: none */
    const double *factor;  /* [its bins] */
    size_t times_bins;
    double all;            /* every row's factor */
    const moments_clock *sum; /* the clock whose bins are summed; NULL: none */
} pass;

static mr_status pass_block(void *ctx, size_t block, int worker, mr_error *err) {
    (void)worker, (void)err;
    pass *p = ctx;
    moments_model *m = p->m;
    size_t from = block * MOMENTS_BLOCK, to = from + MOMENTS_BLOCK < m->rows->n ? from + MOMENTS_BLOCK : m->rows->n;
    double *odds = m->odds;
    if (p->times || p->all != 1)
        for (size_t i = from; i < to; i++) odds[i] *= p->times && p->times[i] < p->times_bins ? p->factor[p->times[i]] : p->all;
    if (!p->sum) return MR_OK;
    size_t bins = p->sum->bins;
    double *mean = m->partial + block * 2 * (m->most_bins + 1), *variance = mean + m->most_bins + 1;
    const uint16_t *bin = p->sum->bin;
    memset(mean, 0, 2 * (m->most_bins + 1) * sizeof *mean);
    if (m->rows->binary)
        for (size_t i = from; i < to; i++) {
            size_t b = bin[i] < bins ? bin[i] : bins;
            double chance = odds[i] / (1 + odds[i]);
            mean[b] += chance;
            variance[b] += chance / (1 + odds[i]);
        }
    else
        for (size_t i = from; i < to; i++) mean[bin[i] < bins ? bin[i] : bins] += odds[i];
    return MR_OK;
}

/* Multiplies the rates of rows by factor[their bin of `times`] (all where that does not run), then sums `sum`'s bins. The mean over all rows. */
static double run_pass(moments_model *m, const moments_clock *times, const double *factor, double all, moments_clock *sum) {
    pass p = {.m = m, .times = times ? times->bin : NULL, .times_bins = times ? times->bins : 0, .factor = factor, .all = all, .sum = sum};
    pool_run(context_pool(m->context), m->blocks, pass_block, &p, NULL);
    double total = 0;
    if (!sum) return total;
    memset(sum->mean, 0, sum->bins * sizeof *sum->mean);
    memset(sum->variance, 0, sum->bins * sizeof *sum->variance);
    for (size_t block = 0; block < m->blocks; block++) {
        const double *mean = m->partial + block * 2 * (m->most_bins + 1), *variance = mean + m->most_bins + 1;
        for (size_t b = 0; b < sum->bins; b++) {
            sum->mean[b] += mean[b];
            if (m->rows->binary) sum->variance[b] += variance[b];
        }
        for (size_t b = 0; b <= sum->bins; b++) total += mean[b];
    }
    if (!m->rows->binary) memcpy(sum->variance, sum->mean, sum->bins * sizeof *sum->mean);
    return total;
}

/* --- a Newton step of one clock --- */

static void information(const moments_clock *c, double *a) {
    size_t k = c->k;
    memset(a, 0, k * k * sizeof *a);
    for (size_t b = 0; b < c->bins; b++) {
        const double *x = c->x + b * c->room;
        double v = c->variance[b];
        if (!(v > 0)) continue;
        for (size_t i = 0; i < k; i++) {
            if (x[i] == 0) continue;
            double vx = v * x[i];
            for (size_t j = 0; j <= i; j++) a[i * k + j] += vx * x[j];
        }
    }
    for (size_t i = 0; i < k; i++) a[i * k + i] += c->lambda * c->roughness[i] + c->fixed[i] + 1e-9;
}

/* inverse = a^-1, both triangles. */
static bool invert(double *a, double *inverse, size_t k) {
    memcpy(inverse, a, k * k * sizeof *a);
    if (LAPACKE_dpotrf(LAPACK_ROW_MAJOR, 'L', (lapack_int)k, inverse, (lapack_int)k) != 0) return false;
    if (LAPACKE_dpotri(LAPACK_ROW_MAJOR, 'L', (lapack_int)k, inverse, (lapack_int)k) != 0) return false;
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < i; j++) inverse[j * k + i] = inverse[i * k + j];
    return true;
}

static void smoothness(moments_clock *c) {
    double trace = 0, size = 0, rank = 0;
    for (size_t j = 0; j < c->smooth; j++) {
        if (!(c->roughness[j] > 0)) continue;
        rank++;
        trace += c->inverse[j * c->k + j] * c->roughness[j];
        size += c->beta[j] * c->beta[j] * c->roughness[j];
    }
    double next = (rank - c->lambda * trace) / fmax(size, 1e-12);
    next = fmin(fmax(next, c->lambda / 20), c->lambda * 20);
    c->lambda = fmin(fmax(next, 0.02), 1e7);
}

/* change[bins]: what the step adds to f. The farthest it moves a bin that somebody was seen in. */
static double step(moments_model *m, moments_clock *c, double *change) {
    size_t k = c->k;
    double *a = m->work + 2 * c->room, *right = m->work, *delta = m->work + c->room, farthest = 0;
    information(c, a);
    memset(change, 0, c->bins * sizeof *change);
    if (!invert(a, c->inverse, k)) return 0;
    for (size_t j = 0; j < k; j++) right[j] = -(c->lambda * c->roughness[j] + c->fixed[j]) * c->beta[j];
    for (size_t b = 0; b < c->bins; b++) {
        double rest = c->events[b] - c->mean[b];
        if (rest == 0) continue;
        for (size_t j = 0; j < k; j++) right[j] += c->x[b * c->room + j] * rest;
    }
    for (size_t i = 0; i < k; i++) {
        delta[i] = 0;
        for (size_t j = 0; j < k; j++) delta[i] += c->inverse[i * k + j] * right[j];
    }
    for (size_t b = 0; b < c->bins; b++) {
        for (size_t j = 0; j < k; j++) change[b] += c->x[b * c->room + j] * delta[j];
        if (c->variance[b] > 0) farthest = fmax(farthest, fabs(change[b]));
    }
    double share = farthest > FARTHEST ? FARTHEST / farthest : 1;
    for (size_t j = 0; j < k; j++) c->beta[j] += share * delta[j];
    for (size_t b = 0; b < c->bins; b++) {
        change[b] = fmin(fmax(share * change[b], -20), 20); /* bins nobody was seen in may go anywhere */
        c->f[b] += change[b];
    }
    smoothness(c);
    return share * farthest;
}

mr_status moments_fit(moments_model *m, mr_error *err) {
    double *change = m->partial + m->blocks * 2 * (m->most_bins + 1), moved = HUGE_VAL; /* room for one block more */
    double total = run_pass(m, NULL, NULL, 1, &m->clock[0]);
    for (int cycle = 0; cycle < MOST_CYCLES && moved > SETTLED; cycle++) {
        moved = 0;
        for (size_t i = 0; i < m->clocks; i++) {
            moments_clock *c = &m->clock[i];
            double seen = 0, shift;
            moved = fmax(moved, step(m, c, change));
            /* The level goes along: what this clock's step does not settle of the sum. */
            for (size_t b = 0; b < c->bins; b++) {
                seen += c->mean[b] * (exp(change[b]) - 1);
                change[b] = exp(change[b]);
            }
            shift = total + seen > 0 ? m->events / (total + seen) : 1;
            shift = fmin(fmax(shift, 0.2), 5);
            if (fabs(log(shift)) < 1e-4) shift = 1;
            m->level += log(shift);
            for (size_t b = 0; b < c->bins; b++) change[b] *= shift;
            total = run_pass(m, c, change, shift, &m->clock[(i + 1) % m->clocks]);
        }
        if (m->context && m->context->progress && m->context->progress((uint64_t)cycle + 1, MOST_CYCLES, m->context->progress_ctx))
            return error_set(err, MR_ECANCELLED, NULL, -1, "cancelled");
    }
    for (size_t i = 0; i < m->clocks; i++) {
        moments_clock *c = &m->clock[i];
        run_pass(m, NULL, NULL, 1, c);
        double *a = m->work + 2 * c->room;
        information(c, a);
        if (!invert(a, c->inverse, c->k)) return error_set(err, MR_EFLAT, c->spec->name, -1, "clock %s cannot be told from the others", c->spec->name);
    }
    return MR_OK;
}

/* --- the model --- */

static void first_rates(moments_model *m) {
    const mr_moment_rows *rows = m->rows;
    double exposure = 0;
    for (size_t i = 0; i < rows->n; i++) {
        double days = rows->exposure && !rows->binary ? rows->exposure[i] : 1;
        m->odds[i] = !rows->binary && rows->event[i] ? 0 : days;
        exposure += m->odds[i];
        m->events += rows->event[i];
    }
    double rate = m->events / exposure;
    if (rows->binary) rate = m->events / fmax(exposure - m->events, 0.5);
    m->level = log(rate);
    for (size_t i = 0; i < rows->n; i++) m->odds[i] *= rate;
    for (size_t j = 0; j < m->clocks; j++)
        for (size_t i = 0; i < rows->n; i++)
            if (rows->event[i] && m->clock[j].bin[i] < m->clock[j].bins) m->clock[j].events[m->clock[j].bin[i]]++;
}

mr_status moments_model_new(moments_model *m, const mr_moment_rows *rows, const mr_clock *clocks, const mr_context *context, mr_error *err) {
    const mr_alloc *alloc = context_alloc(context);
    size_t widest = 1;
    mr_status status = MR_OK;
    *m = (moments_model){.rows = rows, .context = context, .clocks = rows->clocks, .blocks = (rows->n + MOMENTS_BLOCK - 1) / MOMENTS_BLOCK};
    for (size_t j = 0; j < rows->clocks && status == MR_OK; j++) {
        status = clock_new(&m->clock[j], &clocks[j], rows->bin[j], alloc, err);
        if (m->clock[j].bins > m->most_bins) m->most_bins = m->clock[j].bins;
        if (m->clock[j].room > widest) widest = m->clock[j].room;
    }
    if (status != MR_OK) return status;
    m->odds = mem_take(alloc, rows->n, sizeof *m->odds);
    m->partial = mem_new(alloc, (m->blocks + 1) * 2 * (m->most_bins + 1), sizeof *m->partial);
    m->work = mem_new(alloc, 2 * widest + widest * widest, sizeof *m->work);
    if (!m->odds || !m->partial || !m->work) return error_memory(err, rows->n * sizeof *m->odds);
    first_rates(m);
    return MR_OK;
}

void moments_model_free(moments_model *m) {
    const mr_alloc *alloc = context_alloc(m->context);
    for (size_t j = 0; j < m->clocks; j++) {
        mem_free(alloc, m->clock[j].x);
        mem_free(alloc, m->clock[j].roughness);
        mem_free(alloc, m->clock[j].inverse);
        mem_free(alloc, m->clock[j].taken);
    }
    mem_free(alloc, m->odds);
    mem_free(alloc, m->partial);
    mem_free(alloc, m->work);
}
