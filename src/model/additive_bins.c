/* Values into bins. Numbers are cut at quantiles (of up to 200,000 rows, evenly taken), halfway between two neighbouring values, or between all values
 * where they are few. Categories have a bin each, the rare ones share one. For pairs the bins are put together into at most 32 of about equal weight;
 * those of a category in the order of how often it happened (Fisher 1958), so that neighbours are alike. */
#include "additive.h"

#include "error.h"
#include "mem.h"
#include "pool.h"
#include "sort.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SAMPLE = 200000, PRIOR = 10 };

typedef struct learning {
    const additive_plan *plan;
    additive_bins *bins;
    const double *weight;
    size_t stride;      /* of the rows sampled */
    double *cut;        /* [p][MR_MOST_BINS] until it is known how many there are */
    size_t *cuts;       /* [p] */
    mr_additive_parts parts; /* the same arrays, for look-ups */
} learning;

static mr_status infinite(mr_error *err, size_t j, size_t row, double value) {
    char name[32];
    snprintf(name, sizeof name, "x%zu", j + 1);
    return error_set(err, MR_EDATA, name, (int64_t)row, "%s must be a number or missing, not %g", name, value);
}

/* --- cuts --- */

/* Between a < b: the number halfway, or b where there is none between. */
static double between(double a, double b) {
    double middle = a / 2 + b / 2;
    return middle > a && middle <= b ? middle : b;
}

/* Cuts of sorted values: at most `bins` bins of about equal numbers of rows; a value that fills more than one bin has its own. */
static size_t cut_sorted(const double *value, size_t n, size_t bins, double *cut) {
    size_t distinct = n > 0, cuts = 0;
    for (size_t i = 1; i < n; i++) distinct += value[i] > value[i - 1];
    size_t in_bin = 0, left = n, free = bins;
    for (size_t i = 0; i + 1 < n && cuts + 1 < bins; i++) {
        in_bin++;
        if (!(value[i + 1] > value[i])) continue;
        size_t run = 1; /* rows of the next value: a large one is not joined to what is before it */
        if (distinct > bins)
            while (i + 1 + run < n && value[i + 1 + run] == value[i + 1] && run * free <= 2 * left) run++;
        if (distinct > bins && in_bin * free < left && run * free < left) continue;
        cut[cuts++] = between(value[i], value[i + 1]);
        left -= in_bin;
        in_bin = 0;
        free--;
    }
    return cuts;
}

static mr_status learn_numbers(learning *l, size_t j, mr_error *err) {
    const additive_plan *plan = l->plan;
    size_t n = plan->frame->n, taken = 0;
    const double *number = plan->frame->feature[j].number;
    for (size_t i = 0; i < n; i++)
        if (isinf(number[i])) return infinite(err, j, i, number[i]);
    double *value = mem_take(plan->context.alloc, n / l->stride + 1, 2 * sizeof *value), *sorted = value ? value + n / l->stride + 1 : NULL;
    uint32_t *order = mem_take(plan->context.alloc, n / l->stride + 1, sizeof *order);
    mr_status status = value && order ? MR_OK : error_memory(err, n * sizeof *value);
    for (size_t i = 0; status == MR_OK && i < n; i += l->stride)
        if (!isnan(number[i]) && (!l->weight || l->weight[i] > 0)) value[taken++] = number[i];
    if (status == MR_OK && sort_doubles(taken, value, order, false) != MR_OK) status = error_memory(err, taken * sizeof *order);
    if (status == MR_OK) {
        for (size_t i = 0; i < taken; i++) sorted[i] = value[order[i]];
        l->cuts[j] = cut_sorted(sorted, taken, (size_t)plan->options.bins, l->cut + j * MR_MOST_BINS);
    }
    mem_free(plan->context.alloc, order);
    mem_free(plan->context.alloc, value);
    return status;
}

/* The commonest categories, as many as there are bins, each with at least min_leaf rows' weight, get one each. */
static mr_status learn_categories(learning *l, size_t j, mr_error *err) {
    const additive_plan *plan = l->plan;
    const mr_feature *f = &plan->frame->feature[j];
    size_t k = (size_t)f->categories, n = plan->frame->n;
    unsigned char *bin = l->bins->category_bin + l->bins->category_offset[j];
    double *weight = mem_new(plan->context.alloc, k, sizeof *weight);
    uint32_t *order = mem_take(plan->context.alloc, k, sizeof *order);
    mr_status status = weight && order ? MR_OK : error_memory(err, k * sizeof *weight);
    char name[32];
    snprintf(name, sizeof name, "x%zu", j + 1);
    for (size_t i = 0; status == MR_OK && i < n; i++) {
        if (f->category[i] >= f->categories)
            status = error_set(err, MR_EDATA, name, (int64_t)i, "%s has category %d, but there are %d, from 0", name, f->category[i], f->categories);
        else if (f->category[i] >= 0)
            weight[f->category[i]] += l->weight ? l->weight[i] : 1;
    }
    if (status == MR_OK && sort_doubles(k, weight, order, true) != MR_OK) status = error_memory(err, k * sizeof *order);
    if (status == MR_OK) {
        size_t kept = 0;
        memset(bin, OTHERS, k);
        while (kept < k && kept + 2 < (size_t)plan->options.bins && weight[order[kept]] >= plan->options.min_leaf) kept++;
        /* Bins in the order of codes, whichever are kept. */
        for (size_t i = 0; i < kept; i++) bin[order[i]] = 0;
        unsigned char next = OTHERS + 1;
        for (size_t c = 0; c < k; c++)
            if (bin[c] == 0) bin[c] = next++;
        l->cuts[j] = kept;
    }
    mem_free(plan->context.alloc, order);
    mem_free(plan->context.alloc, weight);
    return status;
}

static mr_status learn_feature(void *ctx, size_t j, int worker, mr_error *err) {
    learning *l = ctx;
    (void)worker;
    return l->bins->categorical[j] ? learn_categories(l, j, err) : learn_numbers(l, j, err);
}

/* --- looking up --- */

static inline unsigned char bin_of(double x, size_t cuts_below, double *worst) {
    *worst = fabs(x) > *worst ? fabs(x) : *worst;
    return isnan(x) ? MISSING : (unsigned char)(1 + cuts_below);
}

mr_status additive_bins_look_up(const mr_additive_parts *parts, const mr_frame *frame, size_t j, size_t from, size_t to, unsigned char *out,
                                mr_error *err) {
    const mr_feature *f = &frame->feature[j];
    if (parts->categorical[j]) {
        const unsigned char *bin = parts->category_bin + parts->category_offset[j];
        int64_t known = (int64_t)(parts->category_offset[j + 1] - parts->category_offset[j]);
        for (size_t i = from; i < to; i++) {
            int32_t code = f->category[i];
            out[i - from] = code < 0 ? MISSING : code < known ? bin[code] : OTHERS;
        }
        return MR_OK;
    }
    const double *cut = parts->cut + parts->cut_offset[j];
    size_t cuts = parts->cut_offset[j + 1] - parts->cut_offset[j];
    const double *number = f->number;
    double worst = 0;
    size_t i = from;
    for (; i + 4 <= to; i += 4) { /* four searches side by side hide each other's waiting */
        double a = number[i], b = number[i + 1], c = number[i + 2], d = number[i + 3];
        size_t at[4] = {0, 0, 0, 0};
        for (size_t len = cuts; len > 0; len /= 2) {
            size_t half = (len + 1) / 2;
            at[0] += half & (0 - (size_t)(cut[at[0] + half - 1] <= a));
            at[1] += half & (0 - (size_t)(cut[at[1] + half - 1] <= b));
            at[2] += half & (0 - (size_t)(cut[at[2] + half - 1] <= c));
            at[3] += half & (0 - (size_t)(cut[at[3] + half - 1] <= d));
        }
        for (size_t k = 0; k < 4; k++) out[i + k - from] = bin_of(number[i + k], at[k], &worst);
    }
    for (; i < to; i++) {
        size_t at = 0;
        for (size_t len = cuts; len > 0; len /= 2) {
            size_t half = (len + 1) / 2;
            at += half & (0 - (size_t)(cut[at + half - 1] <= number[i]));
        }
        out[i - from] = bin_of(number[i], at, &worst);
    }
    for (i = from; isinf(worst) && i < to; i++)
        if (isinf(number[i])) return infinite(err, j, i, number[i]);
    return MR_OK;
}

static mr_status look_up_feature(void *ctx, size_t j, int worker, mr_error *err) {
    learning *l = ctx;
    (void)worker;
    size_t n = l->bins->n, offset = l->bins->bin_offset[j], filled = 0;
    unsigned char *column = mem_take(l->plan->context.alloc, n, 1);
    if (!column) return error_memory(err, n);
    l->bins->column[j] = column;
    mr_status status = additive_bins_look_up(&l->parts, l->plan->frame, j, 0, n, column, err);
    if (status != MR_OK) return status;
    for (size_t i = 0; i < n; i++) l->bins->bin_weight[offset + column[i]] += l->weight ? l->weight[i] : 1;
    for (size_t k = 0; k < additive_bins_of(l->bins, j); k++) filled += l->bins->bin_weight[offset + k] > 0;
    l->bins->used[j] = filled > 1;
    return MR_OK;
}

/* --- coarse bins --- */

/* key[count]: how often it happened in each bin, pulled to the rate of all; of the rows fitted to, so that those that judge tell nothing beforehand. */
static void order_categories(const learning *l, size_t j, size_t count, double *key) {
    const mr_outcomes *o = l->plan->outcomes;
    double rate = 0, all = 0, fitted[MR_MOST_BINS] = {0};
    memset(key, 0, count * sizeof *key);
    for (size_t i = 0; i < l->bins->n; i++) {
        if (o->judge && o->judge[i]) continue;
        double w = l->weight ? l->weight[i] : 1;
        fitted[l->bins->column[j][i]] += w;
        if (o->happened[i]) key[l->bins->column[j][i]] += w;
    }
    for (size_t k = 0; k < count; k++) all += fitted[k];
    for (size_t k = 0; k < count; k++) rate += key[k] / all;
    for (size_t k = 1; k < count; k++) key[k] = (key[k] + PRIOR * rate) / (fitted[k] + PRIOR);
}

static mr_status coarsen_feature(void *ctx, size_t j, int worker, mr_error *err) {
    learning *l = ctx;
    (void)worker;
    additive_bins *bins = l->bins;
    if (!bins->used[j]) return MR_OK;
    size_t count = additive_bins_of(bins, j);
    const double *weight = bins->bin_weight + bins->bin_offset[j];
    unsigned char *coarse = bins->coarse + bins->bin_offset[j];
    double key[MR_MOST_BINS] = {0}, total = 0, before = 0;
    uint32_t order[MR_MOST_BINS];
    for (size_t k = 1; k < count; k++) {
        key[k] = (double)k;
        total += weight[k];
    }
    if (bins->categorical[j]) order_categories(l, j, count, key);
    key[MISSING] = -1;
    if (sort_doubles(count, key, order, false) != MR_OK) return error_memory(err, count * sizeof *order);
    /* Bins 1 .. count - 1, in that order, into 1 .. 32 by the weight before their middle. */
    unsigned widest = 0, last = 0;
    for (size_t i = 1; i < count; i++) {
        size_t k = order[i];
        unsigned slot = count - 1 < MOST_COARSE ? (unsigned)i : 1 + (unsigned)((before + weight[k] / 2) / total * (MOST_COARSE - 1) * (1 - 1e-12));
        before += weight[k];
        if (i == 1 || slot != last) widest++;
        last = slot;
        coarse[k] = (unsigned char)widest;
    }
    bins->coarse_width[j] = widest + 1;
    return MR_OK;
}

/* --- all --- */

static bool take_arrays(learning *l, arena *memory) {
    additive_bins *b = l->bins;
    size_t p = b->p, codes = 0;
    b->used = arena_take(memory, p);
    b->categorical = arena_take(memory, p);
    b->monotone = arena_take(memory, p);
    b->cut_offset = arena_take(memory, (p + 1) * sizeof *b->cut_offset);
    b->category_offset = arena_take(memory, (p + 1) * sizeof *b->category_offset);
    b->bin_offset = arena_take(memory, (p + 1) * sizeof *b->bin_offset);
    b->coarse_width = arena_take(memory, p * sizeof *b->coarse_width);
    if (memory->failed) return false;
    for (size_t j = 0; j < p; j++) {
        const mr_feature *f = &l->plan->frame->feature[j];
        b->categorical[j] = f->category != NULL;
        b->monotone[j] = l->plan->options.monotone && !f->category ? l->plan->options.monotone[j] : 0;
        b->category_offset[j] = codes;
        codes += f->category ? (size_t)f->categories : 0;
    }
    b->category_offset[p] = codes;
    b->category_bin = arena_take(memory, codes);
    return !memory->failed;
}

static bool settle_offsets(learning *l, arena *memory) {
    additive_bins *b = l->bins;
    size_t cuts = 0, bins = 0;
    for (size_t j = 0; j < b->p; j++) {
        b->cut_offset[j] = cuts;
        b->bin_offset[j] = bins;
        cuts += b->categorical[j] ? 0 : l->cuts[j];
        bins += l->cuts[j] + 2;
    }
    b->cut_offset[b->p] = cuts;
    b->bin_offset[b->p] = bins;
    b->cut = arena_take(memory, cuts * sizeof *b->cut);
    b->coarse = arena_take(memory, bins);
    b->bin_weight = arena_take(memory, bins * sizeof *b->bin_weight);
    if (memory->failed) return false;
    for (size_t j = 0; j < b->p; j++)
        memcpy(b->cut + b->cut_offset[j], l->cut + j * MR_MOST_BINS, (b->cut_offset[j + 1] - b->cut_offset[j]) * sizeof *b->cut);
    l->parts = (mr_additive_parts){.features = b->p,
                                   .categorical = b->categorical,
                                   .cut_offset = b->cut_offset,
                                   .cut = b->cut,
                                   .category_offset = b->category_offset,
                                   .category_bin = b->category_bin};
    return true;
}

mr_status additive_bins_learn(const additive_plan *plan, arena *memory, additive_bins *out, mr_error *err) {
    size_t n = plan->frame->n, p = plan->frame->p;
    const mr_alloc *alloc = plan->context.alloc;
    *out = (additive_bins){.n = n, .p = p};
    learning l = {.plan = plan, .bins = out, .weight = plan->outcomes->weight, .stride = (n + SAMPLE - 1) / SAMPLE};
    l.cut = mem_take(alloc, p, MR_MOST_BINS * sizeof *l.cut);
    l.cuts = mem_new(alloc, p, sizeof *l.cuts);
    out->column = mem_new(alloc, p, sizeof *out->column);
    mr_status status = l.cut && l.cuts && out->column && take_arrays(&l, memory) ? MR_OK : error_memory(err, p * MR_MOST_BINS * sizeof *l.cut);
    if (status == MR_OK) status = pool_run(plan->context.pool, p, learn_feature, &l, err);
    if (status == MR_OK && !settle_offsets(&l, memory)) status = error_memory(err, p * MR_MOST_BINS * sizeof *l.cut);
    if (status == MR_OK) status = pool_run(plan->context.pool, p, look_up_feature, &l, err);
    if (status == MR_OK) status = pool_run(plan->context.pool, p, coarsen_feature, &l, err);
    mem_free(alloc, l.cuts);
    mem_free(alloc, l.cut);
    return status;
}

void additive_bins_free(additive_bins *bins, const mr_alloc *alloc) {
    for (size_t j = 0; bins->column && j < bins->p; j++) mem_free(alloc, bins->column[j]);
    mem_free(alloc, bins->column);
    bins->column = NULL;
}
