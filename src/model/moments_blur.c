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
    c->watched = mem_take(alloc, m->rows->spells, sizeof *c->watched);
    if (!c->spread || !c->band || !c->watched) return error_memory(err, m->rows->spells * sizeof *c->watched);
    for (size_t s = 0; s < m->rows->spells; s++)
        if (m->silent[s] > 0 && runs_on(m, c, s)) c->watched[n++] = (uint32_t)s;
    c->n_watched = n;
    moments_spread(m, c, 0, c->k);
    band_of(m, c);
    return MR_OK;
}

void moments_blur_free(const moments_model *m, moments_clock *c) {
    const mr_alloc *alloc = context_alloc(m->context);
    mem_free(alloc, c->spread);
    mem_free(alloc, c->band);
    mem_free(alloc, c->watched);
    c->spread = c->band = NULL;
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

/* --- spells drawn anew --- */

enum { BATCH = 64 }; /* drawn at once: what one draw waits for, memory far away, the others wait for beside it */

mr_status moments_urn_make(const moments_model *m, const moments_clock *c, moments_urn *out, mr_error *err) {
    const mr_alloc *alloc = context_alloc(m->context);
    const size_t *first = m->rows->first;
    size_t n = c->n_watched, rows = 0;
    *out = (moments_urn){.n = n};
    for (size_t w = 0; w < n; w++)
        for (size_t i = first[c->watched[w]]; i < first[c->watched[w] + 1]; i++) rows += c->bin[i] < c->bins;
    out->upto = mem_take(alloc, n + 1, sizeof *out->upto);
    out->guide = mem_take(alloc, n + 1, sizeof *out->guide);
    out->first = mem_take(alloc, n + 1, sizeof *out->first);
    out->part = mem_take(alloc, rows + 1, sizeof *out->part);
    out->bin = mem_take(alloc, rows + 1, sizeof *out->bin);
    if (!out->upto || !out->guide || !out->first || !out->part || !out->bin) return error_memory(err, rows * sizeof *out->part);
    out->upto[0] = 0;
    rows = 0;
    for (size_t w = 0; w < n; w++) {
        size_t s = c->watched[w];
        out->first[w] = (uint32_t)rows;
        out->upto[w + 1] = out->upto[w] + m->silent[s];
        for (size_t i = first[s]; i < first[s + 1]; i++) {
            if (c->bin[i] >= c->bins) continue;
            out->part[rows] = m->part[i];
            out->bin[rows++] = c->bin[i];
        }
    }
    out->first[n] = (uint32_t)rows;
    for (size_t g = 0, w = 0; n && g < n; g++) {
        while (w + 1 < n && out->upto[w + 1] <= out->upto[n] * ((double)g / (double)n)) w++;
        out->guide[g] = (uint32_t)w;
    }
    return MR_OK;
}

void moments_urn_free(const moments_model *m, moments_urn *u) {
    const mr_alloc *alloc = context_alloc(m->context);
    mem_free(alloc, u->upto);
    mem_free(alloc, u->guide);
    mem_free(alloc, u->first);
    mem_free(alloc, u->part);
    mem_free(alloc, u->bin);
    *u = (moments_urn){0};
}

/* The last spell of those whose running sums before it are at most `at`, from near it (Chen & Asau 1974). */
static size_t find_from(const moments_urn *u, size_t w, double at) {
    while (w && u->upto[w] > at) w--;
    while (w + 1 < u->n && u->upto[w + 1] <= at) w++;
    return w;
}

void moments_draw(const moments_urn *u, size_t bins, size_t n, rng *r, double *count) {
    double at[BATCH], all = u->upto[u->n];
    uint32_t near[BATCH];
    memset(count, 0, bins * sizeof *count);
    for (size_t drawn = 0, batch; drawn < n && u->n; drawn += batch) {
        batch = n - drawn < BATCH ? n - drawn : BATCH;
        for (size_t i = 0; i < batch; i++) {
            double share = rng_uniform(r);
            size_t g = (size_t)(share * (double)u->n);
            at[i] = share * all;
            near[i] = u->guide[g < u->n ? g : u->n - 1];
            __builtin_prefetch(&u->upto[near[i]]);
        }
        for (size_t i = 0; i < batch; i++) {
            size_t w = find_from(u, near[i], at[i]), row = u->first[w];
            near[i] = (uint32_t)w;
            __builtin_prefetch(&u->bin[row]);
            __builtin_prefetch(&u->part[row]);
            __builtin_prefetch(&u->part[row + 8 < u->first[u->n] ? row + 8 : row]);
        }
        for (size_t i = 0; i < batch; i++)
            for (size_t row = u->first[near[i]]; row < u->first[near[i] + 1]; row++) count[u->bin[row]] += u->part[row];
    }
}
