/* Shares of the rows. They are dealt into folds, each outcome for itself and the rows of one group together; bag b fits to all folds but one, which
 * judges it, and when every fold has judged once the rows are dealt anew. Where the caller says which rows judge, these do and no others: without groups
 * all of them (of the others the fold left out does nothing, so that bags differ), with groups those of the fold left out, so that nobody who is fitted to
 * judges by another row. */
#include "additive.h"

#include "error.h"
#include "mem.h"
#include "rng.h"
#include "sort.h"

#include <math.h>
#include <string.h>

/* Order within a class of outcome by a hash of the group (or row); groups in which it happened come first. */
static double key_of(const additive_bags *b, size_t row, uint64_t salt, bool happened) {
    uint64_t id = b->outcomes->group ? b->outcomes->group[row] : row;
    return (double)(rng_mix(id + rng_mix(salt)) >> 12) * 0x1p-52 + (happened ? 0 : 2);
}

/* happened[row]: did it in any row of its group? Rows of a group stand together once sorted by its hash. */
static mr_status any_in_group(const additive_bags *b, double *key, uint32_t *order, unsigned char *happened, mr_error *err) {
    memcpy(happened, b->outcomes->happened, b->n);
    if (!b->outcomes->group) return MR_OK;
    for (size_t i = 0; i < b->n; i++) key[i] = key_of(b, i, 0, true);
    if (sort_doubles(b->n, key, order, false) != MR_OK) return error_memory(err, b->n * sizeof *order);
    for (size_t i = 0; i < b->n;) {
        size_t end = i;
        unsigned char any = 0;
        for (; end < b->n && key[order[end]] == key[order[i]]; end++) any |= b->outcomes->happened[order[end]];
        for (; i < end; i++) happened[order[i]] = any;
    }
    return MR_OK;
}

static bool left_out(const additive_bags *b, size_t bag, size_t row) {
    return b->fold[bag / b->folds * b->n + row] == bag % b->folds;
}

mr_status additive_bags_make(const additive_plan *plan, additive_bags *out, mr_error *err) {
    const mr_alloc *alloc = plan->context.alloc;
    size_t n = plan->frame->n;
    *out = (additive_bags){.n = n, .bags = (size_t)plan->options.bags, .outcomes = plan->outcomes, .fixed = plan->outcomes->judge != NULL};
    out->folds = (size_t)fmax(2, nearbyint(1 / plan->options.judged_share));
    size_t turns = (out->bags + out->folds - 1) / out->folds;
    double *key = mem_take(alloc, n, sizeof *key);
    uint32_t *order = mem_take(alloc, n, sizeof *order);
    unsigned char *happened = mem_take(alloc, n, 1);
    out->fold = mem_take(alloc, turns * n, 1);
    mr_status status = key && order && happened && out->fold ? MR_OK : error_memory(err, n * sizeof *key);
    if (status == MR_OK) status = any_in_group(out, key, order, happened, err);
    for (size_t turn = 0; status == MR_OK && turn < turns; turn++) {
        unsigned char *fold = out->fold + turn * n;
        size_t next = 0;
        for (size_t i = 0; i < n; i++) key[i] = key_of(out, i, plan->options.seed * MOST_BAGS + turn + 1, happened[i]);
        if (sort_doubles(n, key, order, false) != MR_OK) status = error_memory(err, n * sizeof *order);
        for (size_t i = 0; status == MR_OK && i < n; i++) {
            if (i > 0 && key[order[i]] != key[order[i - 1]]) next = (next + 1) % out->folds;
            fold[order[i]] = (unsigned char)(next < MOST_BAGS ? next : MOST_BAGS); /* bags ask for the first ones alone */
        }
    }
    for (size_t bag = 0; status == MR_OK && out->fixed && out->outcomes->group && bag < out->bags; bag++) {
        out->alone[bag] = true;
        for (size_t i = 0; i < n && out->alone[bag]; i++)
            out->alone[bag] = !out->outcomes->judge[i] || (out->outcomes->weight && !(out->outcomes->weight[i] > 0)) || !left_out(out, bag, i);
    }
    mem_free(alloc, happened);
    mem_free(alloc, order);
    mem_free(alloc, key);
    return status;
}

void additive_bags_free(additive_bags *bags, const mr_alloc *alloc) {
    mem_free(alloc, bags->fold);
    bags->fold = NULL;
}

bool additive_bag_judges(const additive_bags *b, size_t bag, size_t row) {
    if (!b->fixed) return left_out(b, bag, row);
    return b->outcomes->judge[row] && (!b->outcomes->group || b->alone[bag] || left_out(b, bag, row));
}

bool additive_bag_fits(const additive_bags *b, size_t bag, size_t row) {
    if (!b->fixed) return !left_out(b, bag, row);
    return !b->outcomes->judge[row] && !((b->bags > 1 || b->outcomes->group) && left_out(b, bag, row));
}

void additive_bag_weights(const additive_bags *b, size_t bag, float *fit, float *judge) {
    const mr_outcomes *o = b->outcomes;
    for (size_t i = 0; i < b->n; i++) {
        float w = o->weight ? (float)o->weight[i] : 1;
        fit[i] = additive_bag_fits(b, bag, i) ? w : 0;
        judge[i] = additive_bag_judges(b, bag, i) ? w : 0;
    }
}
