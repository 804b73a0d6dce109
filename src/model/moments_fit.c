/* The rate of leaving as a product over clocks: log rate = level + sum over clocks of f_c(bin), each f a smooth background and, where moments were
 * found, a free step function around them. Penalised maximum likelihood by backfitting (Hastie & Tibshirani 1990, ch. 6): a clock at a time,
 * one Newton step on its bins' sums of outcome, mean and variance, then one pass over the rows that brings the rates up to date.
 *
 * Rates: events are Poisson around the sum of exposure x rate. Chances: Bernoulli with logit link, rate being the odds.
 *
 * Where it is not known when (spells), each pass shares an event among its rows as likely as they are by the rates so far: the E step of an EM algorithm
 * whose M step is the Newton step of one clock (Dempster, Laird & Rubin 1977; Lange 1995). */
#include "moments.h"

#include "error.h"
#include "mem.h"
#include "pool.h"

#include <math.h>
#include <string.h>

enum { MOST_CYCLES = 16, MOST_BLURRED_CYCLES = 40 };
#define SETTLED 0.004    /* of a log rate: a hundredth of the standard error of a bin with 6 events */

/* --- passes over the rows --- */

typedef struct pass {
    moments_model *m;
    const uint16_t *times; /* the clock whose change is put into the rows; NULL: none */
    const double *factor;  /* [its bins] */
    size_t times_bins;
    double all;            /* every row's factor */
    const moments_clock *sum; /* the clock whose bins are summed; NULL: none */
} pass;

/* mean and events, where it is not known when */
static void sum_spells(const moments_model *m, const moments_clock *c, size_t from, size_t to, double *mean, double *events) {
    const mr_moment_rows *rows = m->rows;
    const double *odds = m->odds;
    for (size_t s = from; s < to; s++) {
        size_t i = rows->first[s], end = rows->first[s + 1];
        if (!rows->event[i]) {
            for (; i < end; i++) mean[c->bin[i] < c->bins ? c->bin[i] : c->bins] += odds[i];
            continue;
        }
        double sum = rows->still[s];
        for (size_t j = i; j < end; j++) sum += odds[j];
        if (!(sum > 0)) continue;
        for (; i < end; i++) events[c->bin[i] < c->bins ? c->bin[i] : c->bins] += odds[i] / sum;
    }
}

/* What the clock does not run on goes to a sum of its own, in a register: rows on which it stands still follow one another, and each would wait for the
 * sum of the one before to be stored. */
static void sum_rates(const moments_clock *c, const double *odds, size_t from, size_t to, double *mean) {
    const uint16_t *bin = c->bin;
    size_t bins = c->bins;
    double others = 0;
    for (size_t i = from; i < to; i++) {
        if (bin[i] < bins) mean[bin[i]] += odds[i];
        else others += odds[i];
    }
    mean[bins] = others;
}

static void sum_chances(const moments_clock *c, const double *odds, size_t from, size_t to, double *mean, double *variance) {
    for (size_t i = from; i < to; i++) {
        size_t b = c->bin[i] < c->bins ? c->bin[i] : c->bins;
        double chance = odds[i] / (1 + odds[i]);
        mean[b] += chance;
        variance[b] += chance / (1 + odds[i]);
    }
}

static mr_status pass_block(void *ctx, size_t block, int worker, mr_error *err) {
    (void)worker, (void)err;
    pass *p = ctx;
    moments_model *m = p->m;
    size_t from = block * MOMENTS_BLOCK, to = from + MOMENTS_BLOCK < m->rows->n ? from + MOMENTS_BLOCK : m->rows->n;
    if (m->bound) {
        from = m->rows->first[m->bound[block]];
        to = m->rows->first[m->bound[block + 1]];
    }
    double *odds = m->odds;
    const uint16_t *times = p->times;
    if (times) {
        const double *factor = p->factor;
        size_t bins = p->times_bins;
        double all = p->all;
        if (all != 1)
            for (size_t i = from; i < to; i++) odds[i] *= times[i] < bins ? factor[times[i]] : all;
        else
            for (size_t i = from; i < to; i++)
                if (times[i] < bins) odds[i] *= factor[times[i]];
    } else if (p->all != 1) {
        for (size_t i = from; i < to; i++) odds[i] *= p->all;
    }
    if (!p->sum) return MR_OK;
    double *mean = m->partial + block * 2 * (m->most_bins + 1), *variance = mean + m->most_bins + 1;
    memset(mean, 0, (p->sum->bins + 1) * sizeof *mean);
    memset(variance, 0, (p->sum->bins + 1) * sizeof *variance);
    if (m->bound) sum_spells(m, p->sum, m->bound[block], m->bound[block + 1], mean, variance);
    else if (m->rows->binary) sum_chances(p->sum, odds, from, to, mean, variance);
    else sum_rates(p->sum, odds, from, to, mean);
    return MR_OK;
}

/* Multiplies the rates of rows by factor[their bin of `times`] (all where that does not run), then sums `sum`'s bins. The mean over all rows. */
static double run_pass(moments_model *m, const moments_clock *times, const double *factor, double all, moments_clock *sum) {
    pass p = {.m = m, .times = times ? times->bin : NULL, .times_bins = times ? times->bins : 0, .factor = factor, .all = all, .sum = sum};
    pool_run(context_pool(m->context), m->blocks, pass_block, &p, NULL);
    double total = 0, events = 0;
    if (!sum) return total;
    memset(sum->mean, 0, sum->bins * sizeof *sum->mean);
    memset(sum->variance, 0, sum->bins * sizeof *sum->variance);
    if (m->bound) memset(sum->events, 0, sum->bins * sizeof *sum->events);
    for (size_t block = 0; block < m->blocks; block++) {
        const double *mean = m->partial + block * 2 * (m->most_bins + 1), *variance = mean + m->most_bins + 1;
        for (size_t b = 0; b < sum->bins; b++) {
            sum->mean[b] += mean[b];
            if (m->rows->binary) sum->variance[b] += variance[b];
            if (m->bound) sum->events[b] += variance[b];
        }
        for (size_t b = 0; b <= sum->bins; b++) total += mean[b];
        for (size_t b = 0; m->bound && b <= sum->bins; b++) events += variance[b];
    }
    if (m->bound) m->events = events;
    if (!m->rows->binary) memcpy(sum->variance, sum->mean, sum->bins * sizeof *sum->mean);
    return total;
}

mr_status moments_tick(const moments_model *m, double share, uint32_t weight, mr_error *err) {
    const mr_context *c = m->context;
    if (!c || !c->progress) return MR_OK;
    uint64_t done = 1000 * (uint64_t)m->way + (uint64_t)(1000 * share * weight);
    uint32_t least = m->way + weight;
    if (!c->progress(done, 1000 * (uint64_t)(m->ways > least ? m->ways : least), c->progress_ctx)) return MR_OK;
    return error_set(err, MR_ECANCELLED, NULL, -1, "cancelled");
}

mr_status moments_fit(moments_model *m, mr_error *err) {
    double *change = m->partial + m->blocks * 2 * (m->most_bins + 1), moved = HUGE_VAL; /* room for one block more */
    double total = run_pass(m, NULL, NULL, 1, &m->clock[0]);
    int most = m->bound ? MOST_BLURRED_CYCLES : MOST_CYCLES;
    for (int cycle = 0; cycle < most && moved > SETTLED; cycle++) {
        moved = 0;
        for (size_t i = 0; i < m->clocks; i++) {
            moments_clock *c = &m->clock[i];
            double seen = 0, shift;
            moved = fmax(moved, moments_step(c, m->work, change));
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
        mr_status status = moments_tick(m, (cycle + 1.0) / most, 1, err);
        if (status != MR_OK) return status;
    }
    m->way++;
    for (size_t i = 0; i < m->clocks; i++) {
        moments_clock *c = &m->clock[i];
        run_pass(m, NULL, NULL, 1, c);
        if (!moments_information(c, m->work)) return error_set(err, MR_EFLAT, c->spec->name, -1, "clock %s cannot be told from the others", c->spec->name);
    }
    if (m->bound) moments_parts(m);
    return MR_OK;
}

/* --- trying a window --- */

static double linear(const moments_model *m, size_t i) {
    double sum = m->level;
    for (size_t j = 0; j < m->clocks; j++)
        if (m->clock[j].bin[i] < m->clock[j].bins) sum += m->clock[j].f[m->clock[j].bin[i]];
    return sum;
}

double moments_likelihood(const moments_model *m) {
    const mr_moment_rows *rows = m->rows;
    double sum = 0;
    if (m->bound) return moments_blurred_likelihood(m);
    for (size_t i = 0; i < rows->n; i++) {
        if (rows->event[i]) sum += linear(m, i);
        sum -= rows->binary ? log1p(m->odds[i]) : m->odds[i];
    }
    return sum;
}

static size_t state_size(const moments_clock *c) {
    return 3 * c->room + 4 * c->bins;
}

mr_status moments_keep(const moments_model *m, double **block, mr_error *err) {
    size_t size = m->rows->n + 1;
    for (size_t j = 0; j < m->clocks; j++) size += state_size(&m->clock[j]) + 1;
    double *to = *block = mem_take(context_alloc(m->context), size, sizeof *to);
    if (!to) return error_memory(err, size * sizeof *to);
    for (size_t j = 0; j < m->clocks; j++) {
        const moments_clock *c = &m->clock[j];
        memcpy(to, c->roughness, state_size(c) * sizeof *to);
        to += state_size(c);
        *to++ = c->lambda;
    }
    memcpy(to, m->odds, m->rows->n * sizeof *to);
    to[m->rows->n] = m->level;
    return MR_OK;
}

void moments_back(moments_model *m, const double *block) {
    for (size_t j = 0; j < m->clocks; j++) {
        moments_clock *c = &m->clock[j];
        memcpy(c->roughness, block, state_size(c) * sizeof *block);
        block += state_size(c);
        c->lambda = *block++;
    }
    memcpy(m->odds, block, m->rows->n * sizeof *block);
    m->level = block[m->rows->n];
    for (size_t j = 0; j < m->clocks; j++) moments_information(&m->clock[j], m->work);
    if (m->bound) moments_parts(m);
}

mr_status moments_try(moments_model *m, size_t clock, size_t from, size_t to, double *log_likelihood, mr_error *err) {
    moments_clock *c = &m->clock[clock];
    size_t k = c->k;
    double *block;
    mr_status status = moments_keep(m, &block, err);
    if (status != MR_OK) return status;
    moments_window(c, from, to);
    status = moments_fit(m, err);
    *log_likelihood = moments_likelihood(m);
    moments_drop(c, k);
    moments_back(m, block);
    mem_free(context_alloc(m->context), block);
    return status;
}

/* --- the model --- */

static void first_rates(moments_model *m) {
    const mr_moment_rows *rows = m->rows;
    double exposure = 0;
    for (size_t i = 0; i < rows->n; i++) {
        double days = rows->exposure && !rows->binary ? rows->exposure[i] : 1;
        m->odds[i] = !rows->binary && rows->event[i] && !rows->spells ? 0 : days;
        if (rows->event[i] && rows->spells) continue;
        exposure += m->odds[i];
        m->events += rows->event[i];
    }
    for (size_t s = 0; s < rows->spells; s++) m->events += rows->event[rows->first[s]];
    double rate = m->events / exposure;
    if (rows->binary) rate = m->events / fmax(exposure - m->events, 0.5);
    m->level = log(rate);
    for (size_t i = 0; i < rows->n; i++) m->odds[i] *= rate;
    for (size_t j = 0; j < m->clocks && !rows->spells; j++)
        for (size_t i = 0; i < rows->n; i++)
            if (rows->event[i] && m->clock[j].bin[i] < m->clock[j].bins) m->clock[j].events[m->clock[j].bin[i]]++;
}

/* Blocks of rows that begin with a spell. */
static mr_status bounds(moments_model *m, const mr_alloc *alloc, mr_error *err) {
    const mr_moment_rows *rows = m->rows;
    m->bound = mem_take(alloc, m->blocks + 1, sizeof *m->bound);
    m->part = mem_new(alloc, rows->n, sizeof *m->part);
    m->silent = mem_new(alloc, rows->spells, sizeof *m->silent);
    if (!m->bound || !m->part || !m->silent) return error_memory(err, rows->n * sizeof *m->part);
    for (size_t block = 0, s = 0; block <= m->blocks; block++) {
        while (s < rows->spells && rows->first[s] < block * MOMENTS_BLOCK) s++;
        m->bound[block] = block == m->blocks ? rows->spells : s;
    }
    return MR_OK;
}

mr_status moments_model_new(moments_model *m, const mr_moment_rows *rows, const mr_clock *clocks, const mr_context *context, mr_error *err) {
    const mr_alloc *alloc = context_alloc(context);
    size_t widest = 1;
    mr_status status = MR_OK;
    *m = (moments_model){.rows = rows, .context = context, .clocks = rows->clocks, .blocks = (rows->n + MOMENTS_BLOCK - 1) / MOMENTS_BLOCK};
    for (size_t j = 0; j < rows->clocks && status == MR_OK; j++) {
        status = moments_clock_new(&m->clock[j], &clocks[j], rows->bin[j], alloc, err);
        m->clock[j].blurred = rows->spells > 0;
        if (m->clock[j].bins > m->most_bins) m->most_bins = m->clock[j].bins;
        if (m->clock[j].room > widest) widest = m->clock[j].room;
    }
    if (status != MR_OK) return status;
    m->odds = mem_take(alloc, rows->n, sizeof *m->odds);
    m->partial = mem_new(alloc, (m->blocks + 1) * 2 * (m->most_bins + 1), sizeof *m->partial);
    m->work = mem_new(alloc, 2 * widest + widest * widest, sizeof *m->work);
    if (!m->odds || !m->partial || !m->work) return error_memory(err, rows->n * sizeof *m->odds);
    status = rows->spells ? bounds(m, alloc, err) : MR_OK;
    if (status == MR_OK) first_rates(m);
    return status;
}

void moments_model_free(moments_model *m) {
    const mr_alloc *alloc = context_alloc(m->context);
    for (size_t j = 0; j < m->clocks; j++) {
        mem_free(alloc, m->clock[j].x);
        mem_free(alloc, m->clock[j].roughness);
        mem_free(alloc, m->clock[j].inverse);
        mem_free(alloc, m->clock[j].taken);
    }
    mem_free(alloc, m->bound);
    mem_free(alloc, m->part);
    mem_free(alloc, m->silent);
    mem_free(alloc, m->odds);
    mem_free(alloc, m->partial);
    mem_free(alloc, m->work);
}
