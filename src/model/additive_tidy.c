/* Boosted tables into a model.
 *
 * The mean over bags; pairs made pure (Lengerich, Tan, Chang, Hooker & Caruana 2020): what a pair's table says of one of its features alone is moved to
 * that feature's curve, until all its rows and columns have a weighted mean of 0, which leaves the sum as it is; curves centred, so that 0 is an average
 * row; all stretched by the calibration; every value rounded to a multiple of 2^-32.
 *
 * Standard errors are the jackknife's over bags (Shao & Wu 1989): bags left out a share d of the rows, so the variance of a value is
 * (1 - d) / d x the mean squared deviation over bags. */
#include "additive.h"

#include "error.h"
#include "mem.h"

#include <math.h>
#include <string.h>

enum { PURE_ROUNDS = 200 };
#define PURE 1e-10

typedef struct arrays {
    int32_t *first, *second;
    size_t *value_offset;
    double *value, *error, *importance;
} arrays;

static double on_grid(double value) {
    return nearbyint(fmin(fmax(value, -LARGEST), LARGEST) / GRID) * GRID;
}

static double mean_of(const double *value, const double *weight, size_t n) {
    double sum = 0, all = 0;
    for (size_t k = 0; k < n; k++) sum += weight[k] * value[k], all += weight[k];
    return all > 0 ? sum / all : 0;
}

/* Mean over bags, and the error of it. Each bag's table is centred for its error; bags [stride] apart. */
static void over_bags(const boosted *b, const double *table, size_t stride, const double *weight, size_t n, double *value, double *error) {
    double scale = b->left_out > 0 && b->bags > 1 ? (1 - b->left_out) / b->left_out / (double)b->bags : 0, middle = 0;
    for (size_t k = 0; k < n; k++) {
        value[k] = 0;
        for (size_t bag = 0; bag < b->bags; bag++) value[k] += table[bag * stride + k] / (double)b->bags;
        error[k] = 0;
    }
    middle = mean_of(value, weight, n);
    for (size_t bag = 0; bag < b->bags; bag++) {
        double own = mean_of(table + bag * stride, weight, n);
        for (size_t k = 0; k < n; k++) {
            double off = (table[bag * stride + k] - own) - (value[k] - middle);
            error[k] += off * off;
        }
    }
    for (size_t k = 0; k < n; k++) error[k] = b->slope * sqrt(scale * error[k]);
}

/* One side of a pair: means of its rows (or columns) to that feature's curve. Returns the largest that was moved. */
static double move_means(const boosted *b, size_t feature, size_t width, size_t other, bool by_row, double *table, const double *weight, double *curve) {
    double largest = 0, mean[MOST_COARSE] = {0};
    for (size_t r = 0; r < width; r++) {
        double sum = 0, all = 0;
        for (size_t c = 0; c < other; c++) {
            size_t k = by_row ? r * other + c : c * width + r;
            sum += weight[k] * table[k];
            all += weight[k];
        }
        if (!(all > 0)) continue;
        mean[r] = sum / all;
        for (size_t c = 0; c < other; c++) table[by_row ? r * other + c : c * width + r] -= mean[r];
        largest = fmax(largest, fabs(mean[r]));
    }
    const unsigned char *coarse = b->bins->coarse + b->bins->bin_offset[feature];
    for (size_t k = 0; k < additive_bins_of(b->bins, feature); k++) curve[k] += mean[coarse[k]];
    return largest;
}

static void purify(const boosted *b, size_t pair, double *table, const double *weight, double *curve) {
    const additive_pair *q = &b->pair[pair];
    size_t rows = b->bins->coarse_width[q->first], columns = b->bins->coarse_width[q->second];
    for (int round = 0; round < PURE_ROUNDS; round++) {
        double moved = move_means(b, q->first, rows, columns, true, table, weight, curve + b->bins->bin_offset[q->first]);
        moved = fmax(moved, move_means(b, q->second, columns, rows, false, table, weight, curve + b->bins->bin_offset[q->second]));
        if (moved < PURE) break;
    }
    /* What was never seen together with anything says nothing. */
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++) {
            bool seen = false;
            if (r == MISSING)
                for (size_t k = 0; k < columns; k++) seen |= weight[k] > 0;
            else if (c == MISSING)
                for (size_t k = 0; k < rows; k++) seen |= weight[k * columns] > 0;
            else
                seen = true;
            if (!seen) table[r * columns + c] = 0;
        }
}

/* Weighted mean 0; bins nobody was in that have no neighbours (missing, categories) are an average row's. Returns what went to the base. */
static double centre(const additive_bins *bins, size_t j, double *curve) {
    const double *weight = bins->bin_weight + bins->bin_offset[j];
    size_t n = additive_bins_of(bins, j);
    double mean = mean_of(curve, weight, n);
    for (size_t k = 0; k < n; k++) {
        bool alone = k == MISSING || bins->categorical[j];
        curve[k] = alone && !(weight[k] > 0) ? 0 : curve[k] - mean;
    }
    return mean;
}

static double importance_of(const double *value, const double *weight, size_t n) {
    double sum = 0, all = 0;
    for (size_t k = 0; k < n; k++) sum += weight[k] * fabs(value[k]), all += weight[k];
    return all > 0 ? sum / all : 0;
}

static bool take_arrays(const boosted *b, arena *memory, mr_additive_parts *parts, arrays *a) {
    const additive_bins *bins = b->bins;
    size_t terms = 0, values = 0;
    for (size_t j = 0; j < bins->p; j++) terms += bins->used[j];
    terms += b->pairs;
    a->first = arena_take(memory, terms * sizeof *a->first);
    a->second = arena_take(memory, terms * sizeof *a->second);
    a->value_offset = arena_take(memory, (terms + 1) * sizeof *a->value_offset);
    a->importance = arena_take(memory, terms * sizeof *a->importance);
    if (memory->failed) return false;
    size_t t = 0;
    for (size_t j = 0; j < bins->p; j++) {
        if (!bins->used[j]) continue;
        a->first[t] = (int32_t)j;
        a->second[t] = -1;
        a->value_offset[t++] = values;
        values += additive_bins_of(bins, j);
    }
    for (size_t q = 0; q < b->pairs; q++) {
        a->first[t] = (int32_t)b->pair[q].first;
        a->second[t] = (int32_t)b->pair[q].second;
        a->value_offset[t++] = values;
        values += b->pair_offset[q + 1] - b->pair_offset[q];
    }
    a->value_offset[terms] = values;
    a->value = arena_take(memory, values * sizeof *a->value);
    a->error = arena_take(memory, values * sizeof *a->error);
    *parts = (mr_additive_parts){.features = bins->p,
                                 .terms = terms,
                                 .used = bins->used,
                                 .categorical = bins->categorical,
                                 .monotone = bins->monotone,
                                 .cut_offset = bins->cut_offset,
                                 .cut = bins->cut,
                                 .category_offset = bins->category_offset,
                                 .category_bin = bins->category_bin,
                                 .bin_offset = bins->bin_offset,
                                 .coarse = bins->coarse,
                                 .bin_weight = bins->bin_weight,
                                 .first = a->first,
                                 .second = a->second,
                                 .value_offset = a->value_offset,
                                 .value = a->value,
                                 .error = a->error,
                                 .importance = a->importance};
    return !memory->failed;
}

static void weigh_cells(const boosted *b, size_t pair, double *weight) {
    const uint16_t *cell = b->cells[pair];
    const double *w = b->plan->outcomes->weight;
    memset(weight, 0, (b->pair_offset[pair + 1] - b->pair_offset[pair]) * sizeof *weight);
    for (size_t i = 0; i < b->bins->n; i++) weight[cell[i]] += w ? w[i] : 1;
}

static void finish(double *value, size_t n, double slope) {
    for (size_t k = 0; k < n; k++) value[k] = on_grid(slope * value[k]);
}

mr_status additive_tidy(const boosted *b, mr_additive *model, mr_error *err) {
    const additive_bins *bins = b->bins;
    size_t cells = bins->bin_offset[bins->p], pair_cells = b->pairs ? b->pair_offset[b->pairs] : 0;
    const mr_alloc *alloc = b->plan->context.alloc;
    arrays a;
    double base = 0, weight[MOST_CELLS];
    double *curve = mem_take(alloc, cells, 2 * sizeof *curve), *error = curve ? curve + cells : NULL;
    if (!curve || !take_arrays(b, &model->memory, &model->parts, &a)) {
        mem_free(alloc, curve);
        return error_memory(err, cells * sizeof *curve);
    }
    const mr_additive_parts *parts = &model->parts;
    for (size_t bag = 0; bag < b->bags; bag++) base += b->base[bag] / (double)b->bags;
    for (size_t j = 0; j < bins->p; j++)
        over_bags(b, b->curve + bins->bin_offset[j], cells, bins->bin_weight + bins->bin_offset[j], additive_bins_of(bins, j),
                  curve + bins->bin_offset[j], error + bins->bin_offset[j]);
    for (size_t q = 0, t = parts->terms - b->pairs; q < b->pairs; q++, t++) {
        size_t n = b->pair_offset[q + 1] - b->pair_offset[q];
        double *value = a.value + a.value_offset[t];
        weigh_cells(b, q, weight);
        over_bags(b, b->table + b->pair_offset[q], pair_cells, weight, n, value, a.error + a.value_offset[t]);
        purify(b, q, value, weight, curve);
        finish(value, n, b->slope);
        a.importance[t] = importance_of(value, weight, n);
    }
    for (size_t t = 0; t < parts->terms - b->pairs; t++) {
        size_t j = (size_t)a.first[t], n = additive_bins_of(bins, j);
        double *value = a.value + a.value_offset[t];
        base += centre(bins, j, curve + bins->bin_offset[j]);
        memcpy(value, curve + bins->bin_offset[j], n * sizeof *value);
        memcpy(a.error + a.value_offset[t], error + bins->bin_offset[j], n * sizeof *value);
        finish(value, n, b->slope);
        a.importance[t] = importance_of(value, bins->bin_weight + bins->bin_offset[j], n);
    }
    model->parts.base = on_grid(b->intercept + b->slope * base);
    mem_free(alloc, curve);
    return MR_OK;
}
