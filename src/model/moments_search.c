/* Windows of a clock in which more left than the background explains, and how strong an excess chance alone gives.
 *
 * For a window w with U = sum (events - mean) and v = sum variance, what the background's k columns X cannot take up is
 *   I = v - a' A^-1 a,   a = sum over w of V x,   A = X'VX + penalty                        (efficient information; Cox & Hinkley 1974, 9.3)
 * and U / I estimates (ratio - 1). Strength is the signed root of the likelihood ratio of a count with mean I (as good as normal from a few
 * events on, where U / sqrt I is not). The scan statistic is the strongest window of all (Kulldorff 1997). Its distribution without moments by a
 * parametric bootstrap: counts are drawn anew around the fitted means, and the background follows them by one Newton step, linear in the
 * residuals, so that a replicate costs one pass over the bins. Drawing stops once 20 replicates were as strong (Besag & Clifford 1991): p is then
 * 20 / replicates drawn.
 *
 * Where it is not known when, counts of neighbouring bins go together, for an event is shared among all its rows: V is their covariance then
 * (moments_blur.c), and replicates draw spells, not counts. */
#include "moments.h"

#include "error.h"
#include "mem.h"
#include "pool.h"
#include "rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ENOUGH = 20, ROUNDS = 2 };
enum { SEARCH_BLURRED = 4 }; /* how many fits a search takes where it is not known when; else about one */
#define WIDEN 1.3          /* from one width of windows to the next */
#define LEAST_LEFT 0.1     /* share of a window's information that the background must leave */
#define LEAST_EXPECTED 0.3 /* events */
#define LEAST_BLURRED 5    /* events; of fewer, parts of very unlike size are no count */

typedef struct window {
    uint32_t from, to;
    double information, root; /* root: 1 / sqrt information */
    double moved;             /* of its excess, what the backgrounds would still take up */
    double scale;             /* 1 over the share of an event that a bin of it gets: 1 where it is known when */
    double share;             /* of all windows, for the place's posterior: wider steps stand for more */
} window;

typedef struct scan {
    window *w;
    window *drawn; /* the same ones with what the clock's own background leaves: of replicates, which only that background follows */
    size_t n, room;
} scan;

/* A clock that is searched: a copy, with the windows that its own background leaves. */
typedef struct searched {
    moments_clock c;
    double *work; /* what the copy lies in */
    scan windows;
} searched;

typedef struct search {
    moments_model *m;
    const moments_joint *joint; /* NULL: where it is not known when */
    const mr_moment_options *options;
    uint64_t stream;
    moments_peak *peak;
    searched clock[MR_MOST_CLOCKS];
    const mr_alloc *alloc;
} search;

double moments_strength(double excess, double information) {
    double x = excess / information;
    if (x <= -1) return -sqrt(2 * information);
    double half = fabs(x) < 1e-4 ? x * x / 2 * (1 - x / 3) : (1 + x) * log1p(x) - x;
    double root = sqrt(2 * information * fmax(half, 0));
    return x < 0 ? -root : root;
}

/* --- windows --- */

static size_t next_width(size_t width) {
    size_t next = (size_t)(WIDEN * (double)width + 0.5);
    return next > width ? next : width + 1;
}

/* A window's strength: of a count whose events weigh 1 / scale each. */
static double strength_of(const window *w, double excess) {
    return moments_strength(excess * w->scale, w->information * w->scale * w->scale);
}

/* prefix[(bins + 1) * k]: sums of V x. */
static void prefix_columns(const moments_clock *c, double *prefix) {
    size_t k = c->k;
    memset(prefix, 0, k * sizeof *prefix);
    for (size_t b = 0; b < c->bins; b++) {
        const double *x = c->x + b * c->room, *spread = c->spread ? c->spread + b * c->room : NULL;
        for (size_t j = 0; j < k; j++) prefix[(b + 1) * k + j] = prefix[b * k + j] + (spread ? spread[j] : c->variance[b] * x[j]);
    }
}

static double left_over(const moments_clock *c, const double *prefix, double *a, size_t from, size_t to, double v) {
    size_t k = c->k;
    double taken = 0;
    for (size_t j = 0; j < k; j++) a[j] = prefix[to * k + j] - prefix[from * k + j];
    for (size_t i = 0; i < k; i++) {
        if (a[i] == 0) continue;
        double row = 0;
        for (size_t j = 0; j < k; j++) row += c->inverse[i * k + j] * a[j];
        taken += a[i] * row;
    }
    return v - taken;
}

static bool free_of_patches(const moments_clock *c, size_t from, size_t to) {
    for (size_t b = from; b < to; b++)
        if (c->taken[b]) return false;
    return true;
}

static size_t most_windows(const mr_clock *spec) {
    size_t n = 0;
    for (size_t width = spec->narrow; width <= spec->wide; width = next_width(width)) n += spec->bins / (width / 6 ? width / 6 : 1) + 1;
    return n;
}

/* clock: the number of c, a copy, in the model. */
static mr_status windows_of(const moments_model *m, const moments_joint *joint, size_t clock, const moments_clock *c, scan *s, mr_error *err) {
    const mr_alloc *alloc = context_alloc(m->context);
    const mr_clock *spec = c->spec;
    moments_root root = {0};
    mem_free(alloc, s->w);
    *s = (scan){.room = most_windows(spec)};
    s->w = mem_take(alloc, 2 * s->room, sizeof *s->w);
    double *prefix = mem_take(alloc, (c->bins + 1) * c->k + c->k, sizeof *prefix), all = 0;
    mr_status status = s->w && prefix ? MR_OK : error_memory(err, 2 * s->room * sizeof *s->w);
    if (status == MR_OK && joint) status = moments_joint_root(m, joint, clock, c, &root, err);
    if (status != MR_OK) goto done;
    s->drawn = s->w + s->room;
    prefix_columns(c, prefix);
    for (size_t b = 0; b < c->bins; b++) all += c->variance[b];
    for (size_t width = spec->narrow; width <= spec->wide; width = next_width(width)) {
        size_t step = width / 6 ? width / 6 : 1;
        for (size_t from = 0; from + width <= spec->bins && s->n < s->room; from += step) {
            double v = 0;
            for (size_t b = from; b < from + width; b++) v += c->variance[b];
            if (v < (c->spread ? LEAST_BLURRED : LEAST_EXPECTED) || v > all / 2 || !free_of_patches(c, from, from + width)) continue;
            double own = c->spread ? moments_band(c, from, from + width) : v, left = left_over(c, prefix, prefix + (c->bins + 1) * c->k, from, from + width, own);
            double drawn = left;
            double moved = root.columns ? moments_joint_moved(&root, from, from + width) : 0;
            if (root.columns) left = fmin(left, v - moments_joint_taken(&root, from, from + width));
            if (!(left >= LEAST_LEFT * own && left > 0)) continue;
            s->w[s->n] = s->drawn[s->n] = (window){.from = (uint32_t)from, .to = (uint32_t)(from + width), .information = left, .root = 1 / sqrt(left), .moved = moved, .scale = v / own,
                                    .share = (double)step * (double)(next_width(width) - width) / (double)width};
            s->drawn[s->n].information = drawn;
            s->drawn[s->n].moved = 0;
            s->drawn[s->n++].root = 1 / sqrt(drawn);
        }
    }
done:
    mem_free(alloc, root.sums);
    mem_free(alloc, prefix);
    return status;
}

static double excess_of(const window *w, const double *sums) { return sums[w->to] - sums[w->from] - w->moved; }

/* sums[bins + 1]: running sums of residuals. The strongest of n windows; its strength in *most. */
static size_t strongest(const window *windows, size_t n, const double *sums, double *most) {
    size_t at = n;
    *most = 0;
    for (size_t i = 0; i < n; i++) {
        const window *w = &windows[i];
        double excess = excess_of(w, sums);
        if (excess * w->root <= *most) continue; /* the signed root is below the standardised excess */
        double strength = strength_of(w, excess);
        if (strength <= *most) continue;
        *most = strength;
        at = i;
    }
    return at;
}

/* --- replicates --- */

static int by_value(const void *a, const void *b) {
    const double *x = a, *y = b; /* also of pairs, by their first */
    return *x < *y ? -1 : *x > *y;
}

/* Poisson by PTRS (Hoermann 1993) from a mean of 12 on, below by inversion; least: exp(-mean). */
static double draw(rng *r, double mean, double least) {
    if (mean <= 0) return 0;
    if (mean < 12) {
        double u = rng_uniform(r), p = least, k = 0;
        while (u > p && k < 200) {
            u -= p;
            k++;
            p *= mean / k;
        }
        return k;
    }
    double slog = log(mean), b = 0.931 + 2.53 * sqrt(mean), a = -0.059 + 0.02483 * b, inverse = 1.1239 + 1.1328 / (b - 3.4), limit = 0.9277 - 3.6224 / (b - 2);
    for (;;) {
        double u = rng_uniform(r) - 0.5, v = rng_uniform(r), us = 0.5 - fabs(u), k = floor((2 * a / us + b) * u + mean + 0.43);
        if (us >= 0.07 && v <= limit) return k;
        if (k < 0 || (us < 0.013 && v > us)) continue;
        if (log(v) + log(inverse) - log(a / (us * us) + b) <= -mean + k * slog - lgamma_r(k + 1, &(int){0})) return k;
    }
}

typedef struct replica { /* a worker's */
    double *rest, *sums;   /* [bins], [bins + 1] */
    double *right, *delta; /* [k] */
} replica;

/* The replicates of one clock: shared out, and looked at in their order. */
typedef struct replicates {
    const search *s;
    const searched *of;
    size_t clock;
    moments_urn urn;
    uint32_t first; /* of those shared out now */
    double *least;  /* [bins] exp(-variance); with spells one: of the mean number of those that end in silence */
    double *most;   /* [replicates] */
    double *block;  /* [workers * size] */
    size_t size;
} replicates;

/* Counts less their means. */
static void draw_counts(const replicates *all, replica *t, rng *r) {
    const moments_clock *c = &all->of->c, *model = &all->s->m->clock[all->clock];
    if (c->spread) {
        double mean = all->urn.upto[all->urn.n];
        moments_draw(&all->urn, c->bins, (size_t)draw(r, mean, all->least[0]), r, t->rest);
        for (size_t b = 0; b < c->bins; b++) t->rest[b] -= model->mean[b];
        return;
    }
    for (size_t b = 0; b < c->bins; b++) t->rest[b] = c->variance[b] > 0 ? draw(r, c->variance[b], all->least[b]) - c->variance[b] : 0;
}

static double replicate(const replicates *all, replica *t, rng *r) {
    const moments_clock *c = &all->of->c;
    size_t k = c->k;
    double most;
    memset(t->right, 0, k * sizeof *t->right);
    draw_counts(all, t, r);
    for (size_t b = 0; b < c->bins; b++) {
        double rest = t->rest[b];
        if (rest == 0) continue;
        const double *x = c->x + b * c->room;
        for (size_t j = 0; j < k; j++) t->right[j] += x[j] * rest;
    }
    for (size_t i = 0; i < k; i++) {
        t->delta[i] = 0;
        for (size_t j = 0; j < k; j++) t->delta[i] += c->inverse[i * k + j] * t->right[j];
    }
    t->sums[0] = 0;
    for (size_t b = 0; b < c->bins; b++) {
        const double *x = c->spread ? c->spread + b * c->room : c->x + b * c->room;
        double follow = 0;
        for (size_t j = 0; j < k; j++) follow += x[j] * t->delta[j];
        t->sums[b + 1] = t->sums[b] + t->rest[b] - (c->spread ? 1 : c->variance[b]) * follow;
    }
    strongest(all->of->windows.drawn, all->of->windows.n, t->sums, &most);
    return most;
}

static mr_status replicate_block(void *ctx, size_t block, int worker, mr_error *err) {
    (void)err;
    const replicates *all = ctx;
    const moments_clock *c = &all->of->c;
    double *at = all->block + (size_t)worker * all->size;
    replica t = {.rest = at, .sums = at + c->bins, .right = at + 2 * c->bins + 1, .delta = at + 2 * c->bins + 1 + c->k};
    uint32_t number = all->first + (uint32_t)block;
    rng r;
    rng_seed(&r, all->s->options->seed + all->s->stream * 0x9e3779b97f4a7c15u, (uint64_t)all->clock << 32 | number);
    all->most[number] = replicate(all, &t, &r);
    return MR_OK;
}

/* How many to share out next: half of what it may take until ENOUGH were as strong. Those drawn beyond are not looked at. */
static uint32_t share_out(const replicates *all, uint32_t drawn, uint32_t as_strong) {
    double more = as_strong ? (double)(ENOUGH - as_strong) * drawn / as_strong / 2 : fmax(drawn, 2 * ENOUGH), least = 4.0 * pool_size(context_pool(all->s->m->context));
    return (uint32_t)fmin(fmax(more, least), all->s->options->replicates - drawn);
}

static mr_status draw_replicates(replicates *all, moments_peak *peak, mr_error *err) {
    const mr_moment_options *o = all->s->options;
    mr_pool *pool = context_pool(all->s->m->context);
    uint32_t as_strong = 0, drawn = 0;
    while (drawn < o->replicates && as_strong < ENOUGH) {
        uint32_t n = share_out(all, drawn, as_strong), end = drawn + n;
        all->first = drawn;
        mr_status status = pool_run(pool, n, replicate_block, all, err);
        if (status != MR_OK) return status;
        while (drawn < end && as_strong < ENOUGH) as_strong += all->most[drawn++] >= peak->strength;
        double share = as_strong < ENOUGH ? fmax((double)drawn / o->replicates, (double)as_strong / ENOUGH) : 1;
        status = moments_tick(all->s->m, ((double)all->clock + share) / (double)all->s->m->clocks, all->s->m->bound ? SEARCH_BLURRED : 1, err);
        if (status != MR_OK) return status;
    }
    peak->p = as_strong >= ENOUGH ? (double)as_strong / drawn : (as_strong + 1.0) / (drawn + 1.0);
    qsort(all->most, drawn, sizeof *all->most, by_value);
    size_t at = (size_t)((1 - o->level) * drawn);
    peak->threshold = all->most[at < drawn ? at : drawn - 1];
    return MR_OK;
}

static mr_status chance_of(const search *s, size_t clock, moments_peak *peak, mr_error *err) {
    const searched *of = &s->clock[clock];
    const moments_clock *c = &of->c;
    replicates all = {.s = s, .of = of, .clock = clock, .size = 2 * c->bins + 1 + 2 * c->k};
    size_t workers = (size_t)pool_size(context_pool(s->m->context)), need = c->bins + s->options->replicates + workers * all.size;
    mr_status status = c->spread ? moments_urn_make(s->m, c, &all.urn, err) : MR_OK;
    all.least = status == MR_OK ? mem_new(s->alloc, need, sizeof *all.least) : NULL;
    if (status == MR_OK && !all.least) status = error_memory(err, need * sizeof *all.least);
    if (status == MR_OK) {
        all.most = all.least + c->bins;
        all.block = all.most + s->options->replicates;
        for (size_t b = 0; !c->spread && b < c->bins; b++) all.least[b] = exp(-c->variance[b]);
        if (c->spread) all.least[0] = exp(-all.urn.upto[all.urn.n]);
        status = draw_replicates(&all, peak, err);
    }
    moments_urn_free(s->m, &all.urn);
    mem_free(s->alloc, all.least);
    return status;
}

/* --- the peak's place: windows that overlap the strongest, weighted by their likelihood --- */

static double centre_at(const double *pair, size_t n, double total, double share) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        if ((sum += pair[2 * i + 1]) >= share * total) return pair[2 * i];
    return n ? pair[2 * n - 2] : 0;
}

/* Bins nobody was seen in are no part of a window's edge. */
static void trim(const moments_clock *c, moments_peak *peak) {
    uint32_t from = peak->from, to = peak->to;
    while (from + 1 < to && !(c->variance[from] > 0) && !(c->events[from] > 0)) from++;
    while (to > from + 1 && !(c->variance[to - 1] > 0) && !(c->events[to - 1] > 0)) to--;
    double shift = ((double)(from - peak->from) - (double)(peak->to - to)) / 2;
    peak->centre += shift;
    peak->centre_low += shift;
    peak->centre_high += shift;
    peak->from = from;
    peak->to = to;
}

static void place(const scan *s, const double *sums, size_t at, double *pair, moments_peak *peak) {
    const window *best = &s->w[at];
    double total = 0, from = 0, to = 0;
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        const window *w = &s->w[i];
        if (w->to <= best->from || w->from >= best->to) continue;
        double strength = strength_of(w, excess_of(w, sums));
        if (strength <= 0) continue;
        double weight = w->share * exp((strength * strength - peak->strength * peak->strength) / 2);
        if (!(weight > 1e-9)) continue;
        pair[2 * n] = (w->from + w->to) / 2.0;
        pair[2 * n + 1] = weight;
        n++;
        total += weight;
        from += weight * w->from;
        to += weight * w->to;
    }
    qsort(pair, n, 2 * sizeof *pair, by_value);
    peak->centre = (from + to) / 2 / total;
    peak->centre_low = centre_at(pair, n, total, 0.05);
    peak->centre_high = centre_at(pair, n, total, 0.95);
    peak->from = (uint32_t)lround(from / total);
    peak->to = (uint32_t)lround(to / total);
    if (peak->to <= peak->from) peak->to = peak->from + 1;
}

static size_t look(const moments_clock *c, const scan *windows, double *sums, double *most) {
    for (size_t b = 0; b < c->bins; b++) sums[b + 1] = sums[b] + c->events[b] - c->mean[b];
    return strongest(windows->w, windows->n, sums, most);
}

mr_status moments_strongest(const moments_model *m, const moments_joint *joint, size_t clock, moments_peak *peak, double *sum, double *all, mr_error *err) {
    const moments_clock *c = &m->clock[clock];
    const mr_alloc *alloc = context_alloc(m->context);
    scan s = {0};
    double *sums = mem_new(alloc, c->bins + 1, sizeof *sums);
    *peak = (moments_peak){.p = NAN};
    *sum = *all = 0;
    mr_status status = sums ? windows_of(m, joint, clock, c, &s, err) : error_memory(err, c->bins * sizeof *sums);
    if (status == MR_OK) {
        size_t at = look(c, &s, sums, &peak->strength);
        peak->any = at < s.n;
        if (peak->any) {
            peak->from = s.w[at].from;
            peak->to = s.w[at].to;
        }
        for (size_t i = 0; i < s.n; i++) {
            double strength = fmax(strength_of(&s.w[i], excess_of(&s.w[i], sums)), 0);
            *sum += s.w[i].share * exp((strength * strength - peak->strength * peak->strength) / 2);
            *all += s.w[i].share;
        }
    }
    mem_free(alloc, s.w);
    mem_free(alloc, sums);
    return status;
}

static mr_status search_windows(const search *s, size_t clock, searched *of, moments_peak *peak, mr_error *err) {
    const moments_clock *model = &s->m->clock[clock];
    moments_clock *c = &of->c;
    scan *windows = &of->windows;
    double *sums = NULL, *pair = NULL;
    size_t at = 0, before = SIZE_MAX;
    mr_status status = windows_of(s->m, s->joint, clock, c, windows, err);
    if (status != MR_OK || !windows->n) return status;
    sums = mem_new(s->alloc, c->bins + 1, sizeof *sums);
    if (!sums) return error_memory(err, c->bins * sizeof *sums);
    at = look(c, windows, sums, &peak->strength);
    for (int round = 0; round < ROUNDS && at < windows->n && at != before; round++) {
        before = at;
        moments_settle(s->m, model, c, of->work, windows->w[at].from, windows->w[at].to);
        status = windows_of(s->m, s->joint, clock, c, windows, err);
        if (status != MR_OK) goto done;
        at = look(c, windows, sums, &peak->strength);
    }
    peak->p = 1;
    if (at >= windows->n) goto done;
    pair = mem_take(s->alloc, 2 * windows->n, sizeof *pair);
    if (!pair) {
        status = error_memory(err, 2 * windows->n * sizeof *pair);
        goto done;
    }
    peak->any = true;
    peak->information = windows->w[at].information;
    for (size_t b = windows->w[at].from; b < windows->w[at].to; b++) peak->variance += c->variance[b];
    peak->own = peak->variance / windows->w[at].scale;
    peak->ratio = 1 + excess_of(&windows->w[at], sums) / peak->information;
    place(windows, sums, at, pair, peak);
    trim(c, peak);
done:
    mem_free(s->alloc, sums);
    mem_free(s->alloc, pair);
    return status;
}

static mr_status search_block(void *ctx, size_t clock, int worker, mr_error *err) {
    (void)worker;
    search *s = ctx;
    searched *of = &s->clock[clock];
    const moments_clock *model = &s->m->clock[clock];
    s->peak[clock] = (moments_peak){.p = NAN};
    if (model->spec->role == MR_CLOCK_FACTOR) return MR_OK;
    mr_status status = moments_copy(model, s->alloc, &of->c, &of->work, err);
    if (status == MR_OK && s->m->bound) status = moments_blur(s->m, &of->c, err);
    return status == MR_OK ? search_windows(s, clock, of, &s->peak[clock], err) : status;
}

mr_status moments_search(moments_model *m, const mr_moment_options *options, uint64_t stream, moments_peak *peak, mr_error *err) {
    moments_joint joint = {0};
    const mr_alloc *alloc = context_alloc(m->context);
    search *s = mem_new(alloc, 1, sizeof *s);
    if (!s) return error_memory(err, sizeof *s);
    mr_status status = m->bound ? MR_OK : moments_joint_new(m, &joint, err);
    *s = (search){.m = m, .joint = m->bound ? NULL : &joint, .options = options, .stream = stream, .peak = peak, .alloc = alloc};
    if (status == MR_OK) status = pool_run(context_pool(m->context), m->clocks, search_block, s, err);
    for (size_t j = 0; j < m->clocks && status == MR_OK; j++)
        if (peak[j].any) status = chance_of(s, j, &peak[j], err);
    for (size_t j = 0; j < m->clocks; j++) {
        moments_blur_free(m, &s->clock[j].c);
        mem_free(alloc, s->clock[j].work);
        mem_free(alloc, s->clock[j].windows.w);
    }
    mem_free(alloc, s);
    moments_joint_free(m, &joint);
    m->way += m->bound ? SEARCH_BLURRED : 1;
    return status;
}
