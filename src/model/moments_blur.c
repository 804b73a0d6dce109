/* Moments where nobody saw when: an event is only known to lie in one of some rows (a spell), or not to have come yet.
 *
 * By the rates r the event of spell s lies in its row i with the chance
 *   p_i = e_i r_i / (still_s + sum over its rows of e r)
 * A bin's residual, the sum of p over spells with an event less the sum of e r over time under observation, is the score of its log rate. A
 * spell under observation ends in silence still_s + sum e r times, so that the covariance of two bins' residuals, by the model, is
 *   C_ab = sum over spells under observation of (still_s + sum e r) P_a P_b,   P_b = sum of p over its rows in bin b
 * which is the information of what was seen; where each spell has one row it is the variance of a count (Thompson & Baker 1981; Louis 1982). */
#include "moments.h"

#include "error.h"
#include "mem.h"
#include "rng.h"

#include <math.h>
#include <string.h>

void moments_parts(moments_model *m) {
    const mr_moment_rows *rows = m->rows;
    for (size_t s = 0; s < rows->spells; s++) {
        size_t from = rows->first[s], to = rows->first[s + 1];
        double sum = rows->still[s];
        for (size_t i = from; i < to; i++) sum += m->odds[i];
        for (size_t i = from; i < to; i++) m->part[i] = sum > 0 ? m->odds[i] / sum : 0;
        m->silent[s] = rows->event[from] ? 0 : sum;
    }
}

double moments_blurred_likelihood(const moments_model *m) {
    const mr_moment_rows *rows = m->rows;
    double likelihood = 0;
    for (size_t s = 0; s < rows->spells; s++) {
        bool event = rows->event[rows->first[s]];
        double sum = event ? rows->still[s] : 0;
        for (size_t i = rows->first[s]; i < rows->first[s + 1]; i++) sum += m->odds[i];
        likelihood += event ? log(fmax(sum, 1e-300)) : -sum;
    }
    return likelihood;
}

static bool runs_on(const moments_model *m, const moments_clock *c, size_t spell) {
    for (size_t i = m->rows->first[spell]; i < m->rows->first[spell + 1]; i++)
        if (c->bin[i] < c->bins && m->part[i] > 0) return true;
    return false;
}

void moments_spread(const moments_model *m, moments_clock *c, size_t from, size_t to) {
    const size_t *first = m->rows->first;
    double sum[256]; /* columns: fewer than 60 waves and the patches of twelve moments */
    for (size_t b = 0; b < c->bins; b++) memset(c->spread + b * c->room + from, 0, (to - from) * sizeof *sum);
    for (size_t w = 0; w < c->n_watched; w++) {
        size_t s = c->watched[w];
        memset(sum, 0, (to - from) * sizeof *sum);
        for (size_t i = first[s]; i < first[s + 1]; i++) {
            if (c->bin[i] >= c->bins) continue;
            const double *x = c->x + c->bin[i] * c->room;
            for (size_t j = from; j < to; j++) sum[j - from] += m->part[i] * x[j];
        }
        for (size_t i = first[s]; i < first[s + 1]; i++) {
            if (c->bin[i] >= c->bins) continue;
            double weight = m->silent[s] * m->part[i], *spread = c->spread + c->bin[i] * c->room;
            for (size_t j = from; j < to; j++) spread[j] += weight * sum[j - from];
        }
    }
}

static void band_of(const moments_model *m, moments_clock *c) {
    const size_t *first = m->rows->first;
    size_t wide = c->spec->wide;
    for (size_t w = 0; w < c->n_watched; w++) {
        size_t s = c->watched[w];
        for (size_t i = first[s]; i < first[s + 1]; i++) {
            if (c->bin[i] >= c->bins) continue;
            double weight = m->silent[s] * m->part[i], *band = c->band + c->bin[i] * wide;
            for (size_t j = first[s]; j < first[s + 1]; j++) {
                size_t ahead = (size_t)c->bin[j] - c->bin[i];
                if (c->bin[j] < c->bins && c->bin[j] >= c->bin[i] && ahead < wide) band[ahead] += weight * m->part[j];
            }
        }
    }
}

mr_status moments_blur(const moments_model *m, moments_clock *c, mr_error *err) {
    const mr_alloc *alloc = context_alloc(m->context);
    size_t n = 0;
    c->spread = mem_new(alloc, c->bins * c->room, sizeof *c->spread);
    c->band = mem_new(alloc, c->bins * c->spec->wide, sizeof *c->band);
    c->upto = mem_take(alloc, m->rows->spells + 1, sizeof *c->upto);
    c->watched = mem_take(alloc, m->rows->spells, sizeof *c->watched);
    if (!c->spread || !c->band || !c->upto || !c->watched) return error_memory(err, m->rows->spells * sizeof *c->upto);
    c->upto[0] = 0;
    for (size_t s = 0; s < m->rows->spells; s++) {
        if (!(m->silent[s] > 0) || !runs_on(m, c, s)) continue;
        c->watched[n] = (uint32_t)s;
        c->upto[n + 1] = c->upto[n] + m->silent[s];
        n++;
    }
    c->n_watched = n;
    moments_spread(m, c, 0, c->k);
    band_of(m, c);
    return MR_OK;
}

void moments_blur_free(const moments_model *m, moments_clock *c) {
    const mr_alloc *alloc = context_alloc(m->context);
    mem_free(alloc, c->spread);
    mem_free(alloc, c->band);
    mem_free(alloc, c->upto);
    mem_free(alloc, c->watched);
    c->spread = c->band = c->upto = NULL;
    c->watched = NULL;
}

double moments_band(const moments_clock *c, size_t from, size_t to) {
    size_t wide = c->spec->wide;
    double sum = 0;
    for (size_t b = from; b < to; b++) {
        const double *band = c->band + b * wide;
        double ahead = 0;
        for (size_t j = 1; j < to - b && j < wide; j++) ahead += band[j];
        sum += band[0] + 2 * ahead;
    }
    return sum;
}

void moments_draw(const moments_model *m, const moments_clock *c, size_t n, rng *r, double *count) {
    const size_t *first = m->rows->first;
    memset(count, 0, c->bins * sizeof *count);
    for (size_t drawn = 0; drawn < n; drawn++) {
        double at = rng_uniform(r) * c->upto[c->n_watched];
        size_t low = 0, high = c->n_watched; /* upto[low] <= at < upto[high] */
        while (high - low > 1) {
            size_t middle = (low + high) / 2;
            if (c->upto[middle] <= at) low = middle;
            else high = middle;
        }
        size_t s = c->watched[low];
        for (size_t i = first[s]; i < first[s + 1]; i++)
            if (c->bin[i] < c->bins) count[c->bin[i]] += m->part[i];
    }
}
