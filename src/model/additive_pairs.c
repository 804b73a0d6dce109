/* Which pairs of features say more together than their sum: FAST (Lou, Caruana, Gehrke & Hooker 2013, section 4.2), with a statistic that the
 * features' own effects do not move. For each cut of the one and of the other feature the rows fall into four quadrants, in which one Newton step has
 * the mean m = -G / H and the variance 1 / H, and
 *
 *   chi^2 = (m_00 - m_01 - m_10 + m_11)^2 / (1 / H_00 + 1 / H_01 + 1 / H_10 + 1 / H_11)
 *
 * has about one degree of freedom where there is no interaction. A pair's strength is the largest over all cuts, among quadrants of at least 1 % of H.
 * G and H are taken at scores by models that did not see the row, over at most 200,000 rows, evenly taken. Rows that the caller wants judged by do not take part. */
#include "additive.h"

#include "error.h"
#include "mem.h"
#include "pool.h"
#include "sort.h"

#include <math.h>
#include <string.h>

enum { SAMPLE = 200000, MOST_CANDIDATES = 64 };
#define LEAST_SHARE 0.01
#define NOISE 2.0 /* a pair must be stronger than NOISE x log(how many quadrants are looked at): what the best of as many noises comes to */

typedef struct search {
    const additive_plan *plan;
    const additive_bins *bins;
    size_t rows, candidates, pairs;
    size_t *candidate;      /* features */
    unsigned char *coarse;  /* [candidates][rows] */
    float *g, *h;           /* [rows] */
    double *strength;       /* [pairs] */
} search;

typedef struct cell {
    double g, h;
} cell;

static double strongest(cell sum[MOST_COARSE + 1][MOST_COARSE + 1], size_t rows, size_t columns) {
    const cell *all = &sum[rows][columns];
    double best = 0, least = LEAST_SHARE * all->h;
    for (size_t r = 1; r < rows; r++)
        for (size_t c = 1; c < columns; c++) {
            const cell *a = &sum[r][c], *top = &sum[r][columns], *left = &sum[rows][c];
            double h[4] = {a->h, top->h - a->h, left->h - a->h, all->h - top->h - left->h + a->h};
            double g[4] = {a->g, top->g - a->g, left->g - a->g, all->g - top->g - left->g + a->g};
            if (h[0] < least || h[1] < least || h[2] < least || h[3] < least) continue;
            double contrast = g[0] / h[0] - g[1] / h[1] - g[2] / h[2] + g[3] / h[3];
            double chi = contrast * contrast / (1 / h[0] + 1 / h[1] + 1 / h[2] + 1 / h[3]);
            if (chi > best) best = chi;
        }
    return best;
}

/* Pair number k of all with a < b: (0,1), (0,2), (1,2), (0,3), ... */
static void pair_of(size_t k, size_t *a, size_t *b) {
    *b = 1;
    while (k >= *b) k -= (*b)++;
    *a = k;
}

static mr_status measure(void *ctx, size_t k, int worker, mr_error *err) {
    search *s = ctx;
    size_t a, b;
    cell sum[MOST_COARSE + 1][MOST_COARSE + 1];
    (void)worker, (void)err;
    pair_of(k, &a, &b);
    const unsigned char *first = s->coarse + a * s->rows, *second = s->coarse + b * s->rows;
    size_t rows = s->bins->coarse_width[s->candidate[a]], columns = s->bins->coarse_width[s->candidate[b]];
    memset(sum, 0, sizeof sum);
    for (size_t i = 0; i < s->rows; i++) {
        cell *at = &sum[first[i] + 1][second[i] + 1];
        at->g += (double)s->g[i];
        at->h += (double)s->h[i];
    }
    for (size_t r = 1; r <= rows; r++)
        for (size_t c = 1; c <= columns; c++) {
            sum[r][c].g += sum[r - 1][c].g + sum[r][c - 1].g - sum[r - 1][c - 1].g;
            sum[r][c].h += sum[r - 1][c].h + sum[r][c - 1].h - sum[r - 1][c - 1].h;
        }
    s->strength[k] = strongest(sum, rows, columns);
    return MR_OK;
}

/* Features that may be in a pair; where they are many, those whose bins differ most in the outcome. */
static mr_status choose_candidates(search *s, const double *spread, mr_error *err) {
    const additive_bins *bins = s->bins;
    uint32_t *order = mem_take(s->plan->context.alloc, bins->p, sizeof *order);
    if (!order || sort_doubles(bins->p, spread, order, true) != MR_OK) {
        mem_free(s->plan->context.alloc, order);
        return error_memory(err, bins->p * sizeof *order);
    }
    for (size_t k = 0; k < bins->p && s->candidates < MOST_CANDIDATES; k++)
        if (spread[order[k]] > 0) s->candidate[s->candidates++] = order[k];
    mem_free(s->plan->context.alloc, order);
    return MR_OK;
}

/* How much of the outcome's variance lies between a feature's bins; 0 for those that may be in no pair. */
static void spread_of(const search *s, double *spread) {
    const additive_bins *bins = s->bins;
    const mr_outcomes *o = s->plan->outcomes;
    for (size_t j = 0; j < bins->p; j++) {
        double happened[MR_MOST_BINS] = {0}, weight[MR_MOST_BINS] = {0}, all = 0, sum = 0;
        spread[j] = 0;
        if (!bins->used[j] || bins->monotone[j]) continue;
        for (size_t i = 0; i < bins->n; i++) {
            double w = o->weight ? o->weight[i] : 1;
            if (o->judge && o->judge[i]) continue;
            weight[bins->column[j][i]] += w;
            if (o->happened[i]) happened[bins->column[j][i]] += w;
        }
        for (size_t k = 0; k < additive_bins_of(bins, j); k++) all += weight[k], sum += happened[k];
        for (size_t k = 0; k < additive_bins_of(bins, j); k++)
            if (weight[k] > 0) spread[j] += (happened[k] - weight[k] * sum / all) * (happened[k] - weight[k] * sum / all) / weight[k];
        if (!(spread[j] > 0)) spread[j] = 1e-300;
    }
}

static void take_rows(search *s, const float *score, size_t stride) {
    const mr_outcomes *o = s->plan->outcomes;
    size_t at = 0;
    for (size_t i = 0; i < s->bins->n; i += stride, at++) {
        float e = expf(-fabsf(score[i])), chance = score[i] >= 0 ? 1 / (1 + e) : e / (1 + e), w = o->weight ? (float)o->weight[i] : 1;
        if (o->judge && o->judge[i]) w = 0;
        s->g[at] = w * (chance - o->happened[i]);
        s->h[at] = w * fmaxf(chance * (1 - chance), 1e-6f);
        for (size_t k = 0; k < s->candidates; k++) {
            size_t j = s->candidate[k];
            s->coarse[k * s->rows + at] = s->bins->coarse[s->bins->bin_offset[j] + s->bins->column[j][i]];
        }
    }
}

static mr_status pick(const search *s, size_t most, additive_pair *out, size_t *found, mr_error *err) {
    uint32_t *order = mem_take(s->plan->context.alloc, s->pairs, sizeof *order);
    if (!order || sort_doubles(s->pairs, s->strength, order, true) != MR_OK) {
        mem_free(s->plan->context.alloc, order);
        return error_memory(err, s->pairs * sizeof *order);
    }
    double looks = (double)s->pairs * (MOST_COARSE - 1) * (MOST_COARSE - 1) / 4;
    for (size_t k = 0; k < s->pairs && *found < most; k++) {
        size_t a, b;
        if (!(s->strength[order[k]] > NOISE * log(looks))) break;
        pair_of(order[k], &a, &b);
        size_t first = s->candidate[a], second = s->candidate[b];
        out[(*found)++] = (additive_pair){first < second ? first : second, first < second ? second : first, s->strength[order[k]]};
    }
    mem_free(s->plan->context.alloc, order);
    return MR_OK;
}

mr_status additive_pairs_find(const additive_plan *plan, const additive_bins *bins, const float *score, size_t most, additive_pair *out, size_t *found,
                              mr_error *err) {
    const mr_alloc *alloc = plan->context.alloc;
    size_t stride = (bins->n + SAMPLE - 1) / SAMPLE;
    search s = {.plan = plan, .bins = bins, .rows = (bins->n + stride - 1) / stride};
    double *spread = mem_take(alloc, bins->p, sizeof *spread);
    *found = 0;
    s.candidate = mem_take(alloc, bins->p, sizeof *s.candidate);
    mr_status status = spread && s.candidate ? MR_OK : error_memory(err, bins->p * sizeof *spread);
    if (status == MR_OK) {
        spread_of(&s, spread);
        status = choose_candidates(&s, spread, err);
    }
    if (status == MR_OK && s.candidates > 1) {
        s.pairs = s.candidates * (s.candidates - 1) / 2;
        s.coarse = mem_take(alloc, s.candidates * s.rows, 1);
        s.g = mem_take(alloc, s.rows, sizeof *s.g);
        s.h = mem_take(alloc, s.rows, sizeof *s.h);
        s.strength = mem_take(alloc, s.pairs, sizeof *s.strength);
        if (s.coarse && s.g && s.h && s.strength) {
            take_rows(&s, score, stride);
            status = pool_run(plan->context.pool, s.pairs, measure, &s, err);
            if (status == MR_OK) status = pick(&s, most, out, found, err);
        } else {
            status = error_memory(err, s.candidates * s.rows);
        }
    }
    mem_free(alloc, s.strength);
    mem_free(alloc, s.h);
    mem_free(alloc, s.g);
    mem_free(alloc, s.coarse);
    mem_free(alloc, s.candidate);
    mem_free(alloc, spread);
    return status;
}

void additive_pair_cells(const additive_bins *bins, const additive_pair *pair, uint16_t *cells) {
    const unsigned char *a = bins->column[pair->first], *b = bins->column[pair->second];
    const unsigned char *coarse_a = bins->coarse + bins->bin_offset[pair->first], *coarse_b = bins->coarse + bins->bin_offset[pair->second];
    unsigned width = bins->coarse_width[pair->second];
    for (size_t i = 0; i < bins->n; i++) cells[i] = (uint16_t)(coarse_a[a[i]] * width + coarse_b[b[i]]);
}
