/* The best step of one term: a small regression tree over its bins, fitted to the loss by its second-order expansion (Friedman, Hastie & Tibshirani
 * 2000; Chen & Guestrin 2016, eq. 6, 7). Of the rows of a leaf with sums G of the gradient and H of the second derivative,
 *
 *   step = -rate G / (H + ridge)        gain of a split = G_l^2 / (H_l + ridge) + G_r^2 / (H_r + ridge) - G^2 / (H + ridge)
 *
 * The bin of the missing is a leaf of its own. Categories stand in the order of G / H, in which the best split is one of a row (Fisher 1958). A monotone
 * feature takes splits only that step the right way, and its sum of such steps is monotone. */
#include "additive.h"

#include <math.h>
#include <string.h>

typedef struct leaf {
    size_t from, to; /* bins in order */
    double g, h, w;
    size_t cut;      /* where the best split is: [from, cut) and [cut, to) */
    double gain;     /* 0: none */
    double low, high; /* bounds of its value, of a monotone feature */
} leaf;

typedef struct curve {
    const step_rules *rules;
    size_t bins;
    const double *g, *h, *w;
    int monotone;
    /* Sums before bin i, in order. */
    double sum_g[MR_MOST_BINS + 1], sum_h[MR_MOST_BINS + 1], sum_w[MR_MOST_BINS + 1];
} curve;

static double value_of(const step_rules *rules, double g, double h) {
    return -g / (h + rules->ridge);
}

static double worth(const step_rules *rules, double g, double h) {
    return g * g / (h + rules->ridge);
}

static void best_split(const curve *c, leaf *l) {
    double whole = worth(c->rules, l->g, l->h);
    l->gain = 0;
    for (size_t cut = l->from + 1; cut < l->to; cut++) {
        double w = c->sum_w[cut] - c->sum_w[l->from];
        if (w < c->rules->min_leaf) continue;
        if (l->w - w < c->rules->min_leaf) break;
        double g = c->sum_g[cut] - c->sum_g[l->from], h = c->sum_h[cut] - c->sum_h[l->from];
        double gain = worth(c->rules, g, h) + worth(c->rules, l->g - g, l->h - h) - whole;
        if (!(gain > l->gain)) continue;
        if (c->monotone) {
            double left = value_of(c->rules, g, h), right = value_of(c->rules, l->g - g, l->h - h);
            if (c->monotone * (right - left) < 0 || left < l->low || right < l->low || left > l->high || right > l->high) continue;
        }
        l->gain = gain;
        l->cut = cut;
    }
}

static leaf leaf_of(const curve *c, size_t from, size_t to, double low, double high) {
    leaf l = {.from = from,
              .to = to,
              .g = c->sum_g[to] - c->sum_g[from],
              .h = c->sum_h[to] - c->sum_h[from],
              .w = c->sum_w[to] - c->sum_w[from],
              .low = low,
              .high = high};
    best_split(c, &l);
    return l;
}

/* Both halves keep on their side of the other's value, so that what they are split into later stays in order. */
static void split(const curve *c, leaf *l, leaf *fresh) {
    leaf whole = *l;
    double low = whole.low, high = whole.high, middle = 0;
    if (c->monotone) {
        double g = c->sum_g[whole.cut] - c->sum_g[whole.from], h = c->sum_h[whole.cut] - c->sum_h[whole.from];
        middle = (value_of(c->rules, g, h) + value_of(c->rules, whole.g - g, whole.h - h)) / 2;
    }
    *l = leaf_of(c, whole.from, whole.cut, c->monotone < 0 ? middle : low, c->monotone > 0 ? middle : high);
    *fresh = leaf_of(c, whole.cut, whole.to, c->monotone > 0 ? middle : low, c->monotone < 0 ? middle : high);
}

/* Bins 1 .. in the order of the mean gradient, pulled together where there is little of it; few enough for insertion. */
static size_t order_of(const double *g, const double *h, size_t bins, bool categorical, unsigned char *order) {
    double key[MR_MOST_BINS];
    size_t n = 0;
    for (size_t k = 1; k < bins; k++) {
        if (!(h[k] > 0) && categorical) continue;
        size_t at = n++;
        key[k] = categorical ? g[k] / (h[k] + 1) : (double)k;
        for (; at > 0 && key[order[at - 1]] > key[k]; at--) order[at] = order[at - 1];
        order[at] = (unsigned char)k;
    }
    return n;
}

void step_curve(const step_rules *rules, const double *g, const double *h, const double *w, size_t bins, bool categorical, int monotone, float *step) {
    unsigned char order[MR_MOST_BINS];
    leaf leaves[MOST_LEAVES];
    curve c = {.rules = rules, .bins = bins, .g = g, .h = h, .w = w, .monotone = monotone};
    size_t n = order_of(g, h, bins, categorical, order), count = 1;
    for (size_t i = 0; i < n; i++) {
        c.sum_g[i + 1] = c.sum_g[i] + g[order[i]];
        c.sum_h[i + 1] = c.sum_h[i] + h[order[i]];
        c.sum_w[i + 1] = c.sum_w[i] + w[order[i]];
    }
    leaves[0] = leaf_of(&c, 0, n, -HUGE_VAL, HUGE_VAL);
    while (count < (size_t)rules->leaves) {
        size_t best = 0;
        for (size_t k = 1; k < count; k++)
            if (leaves[k].gain > leaves[best].gain) best = k;
        if (!(leaves[best].gain > 0)) break;
        split(&c, &leaves[best], &leaves[count]);
        count++;
    }
    memset(step, 0, bins * sizeof *step);
    for (size_t k = 0; k < count; k++) {
        float value = (float)(rules->rate * value_of(rules, leaves[k].g, leaves[k].h));
        for (size_t i = leaves[k].from; i < leaves[k].to; i++) step[order[i]] = value;
    }
    /* However few they are, so those fewer than a leaf's rows are held back. */
    if (h[MISSING] > 0) step[MISSING] = (float)(rules->rate * fmin(1, w[MISSING] / rules->min_leaf) * value_of(rules, g[MISSING], h[MISSING]));
}

/* --- tables --- */

typedef struct sums {
    double g, h, w;
} sums;

typedef struct table {
    const step_rules *rules;
    size_t rows, columns;
    sums before[MOST_COARSE + 1][MOST_COARSE + 1]; /* of the cells above and to the left */
} table;

static sums block(const table *t, size_t r0, size_t r1, size_t c0, size_t c1) {
    const sums *a = &t->before[r1][c1], *b = &t->before[r0][c1], *c = &t->before[r1][c0], *d = &t->before[r0][c0];
    return (sums){a->g - b->g - c->g + d->g, a->h - b->h - c->h + d->h, a->w - b->w - c->w + d->w};
}

typedef struct halves {
    size_t cut; /* 0: whole */
    double gain;
} halves;

/* The best cut of a band of rows by column (across false), or of columns by row. */
static halves best_halves(const table *t, size_t from, size_t to, bool across) {
    size_t n = across ? t->rows : t->columns;
    sums whole = across ? block(t, 0, t->rows, from, to) : block(t, from, to, 0, t->columns);
    double alone = worth(t->rules, whole.g, whole.h);
    halves best = {0, alone};
    for (size_t cut = 1; cut < n; cut++) {
        sums part = across ? block(t, 0, cut, from, to) : block(t, from, to, 0, cut);
        if (part.w < t->rules->min_leaf) continue;
        if (whole.w - part.w < t->rules->min_leaf) break;
        double gain = worth(t->rules, part.g, part.h) + worth(t->rules, whole.g - part.g, whole.h - part.h);
        if (gain > best.gain) best = (halves){cut, gain};
    }
    return best;
}

static void paint(const table *t, size_t r0, size_t r1, size_t c0, size_t c1, float *step) {
    sums s = block(t, r0, r1, c0, c1);
    float value = s.h > 0 ? (float)(t->rules->rate * value_of(t->rules, s.g, s.h)) : 0;
    for (size_t r = r0; r < r1; r++)
        for (size_t c = c0; c < c1; c++) step[r * t->columns + c] = value;
}

/* A cut by one feature, then each side by the other: four leaves at most. */
void step_table(const step_rules *rules, const double *g, const double *h, const double *w, size_t rows, size_t columns, float *step) {
    table t;
    size_t best_cut = 0;
    bool best_across = false;
    halves best_one = {0, 0}, best_two = {0, 0};
    double best = -1;
    t.rules = rules, t.rows = rows, t.columns = columns;
    memset(t.before[0], 0, sizeof t.before[0]);
    for (size_t r = 0; r < rows; r++) {
        sums row = {0, 0, 0};
        t.before[r + 1][0] = row;
        for (size_t c = 0; c < columns; c++) {
            size_t k = r * columns + c;
            row.g += g[k], row.h += h[k], row.w += w[k];
            const sums *above = &t.before[r][c + 1];
            t.before[r + 1][c + 1] = (sums){above->g + row.g, above->h + row.h, above->w + row.w};
        }
    }
    for (int across = 0; across < 2; across++) {
        size_t n = across ? columns : rows;
        for (size_t cut = 1; cut < n; cut++) {
            sums part = across ? block(&t, 0, rows, 0, cut) : block(&t, 0, cut, 0, columns), whole = t.before[rows][columns];
            if (part.w < rules->min_leaf) continue;
            if (whole.w - part.w < rules->min_leaf) break;
            halves one = best_halves(&t, 0, cut, across), two = best_halves(&t, cut, n, across);
            if (one.gain + two.gain > best) best = one.gain + two.gain, best_cut = cut, best_across = across, best_one = one, best_two = two;
        }
    }
    memset(step, 0, rows * columns * sizeof *step);
    if (!(best > 0)) return;
    size_t n = best_across ? columns : rows, m = best_across ? rows : columns;
    const struct {
        size_t from, to;
        halves half;
    } band[2] = {{0, best_cut, best_one}, {best_cut, n, best_two}};
    for (int k = 0; k < 2; k++)
        for (int side = 0; side < 2; side++) {
            size_t from = side ? band[k].half.cut : 0, to = side ? m : band[k].half.cut;
            if (from >= to) continue;
            if (best_across) paint(&t, from, to, band[k].from, band[k].to, step);
            else paint(&t, band[k].from, band[k].to, from, to, step);
        }
}
