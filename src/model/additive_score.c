/* Scores: a row's bins, then a sum of looked-up values, block by block. */
#include "additive.h"

#include "error.h"
#include "mem.h"
#include "pool.h"

#include <math.h>
#include <stdio.h>

enum { ROWS = 2048 };

typedef struct scoring {
    const mr_additive *model;
    const mr_frame *frame;
    double *score, *contribution;
    bool probability;
    unsigned char *bins; /* [workers][features][ROWS] */
} scoring;

static void add_curve(const mr_additive_parts *m, size_t t, const unsigned char *bins, size_t n, double *out, size_t stride, bool sum) {
    const double *value = m->value + m->value_offset[t];
    const unsigned char *bin = bins + (size_t)m->first[t] * ROWS;
    if (sum)
        for (size_t i = 0; i < n; i++) out[i] += value[bin[i]];
    else
        for (size_t i = 0; i < n; i++) out[i * stride] = value[bin[i]];
}

static void add_table(const mr_additive_parts *m, size_t t, const unsigned char *bins, size_t n, double *out, size_t stride, bool sum) {
    size_t a = (size_t)m->first[t], b = (size_t)m->second[t], width = 0;
    const double *value = m->value + m->value_offset[t];
    const unsigned char *first = bins + a * ROWS, *second = bins + b * ROWS, *coarse_a = m->coarse + m->bin_offset[a],
                        *coarse_b = m->coarse + m->bin_offset[b];
    for (size_t k = m->bin_offset[b]; k < m->bin_offset[b + 1]; k++)
        if (m->coarse[k] >= width) width = m->coarse[k] + (size_t)1;
    if (sum)
        for (size_t i = 0; i < n; i++) out[i] += value[coarse_a[first[i]] * width + coarse_b[second[i]]];
    else
        for (size_t i = 0; i < n; i++) out[i * stride] = value[coarse_a[first[i]] * width + coarse_b[second[i]]];
}

static mr_status score_block(void *ctx, size_t block, int worker, mr_error *err) {
    scoring *s = ctx;
    const mr_additive_parts *m = &s->model->parts;
    size_t from = block * ROWS, to = from + ROWS < s->frame->n ? from + ROWS : s->frame->n, n = to - from;
    unsigned char *bins = s->bins + (size_t)worker * m->features * ROWS;
    for (size_t j = 0; j < m->features; j++) {
        if (!m->used[j]) continue;
        mr_status status = additive_bins_look_up(m, s->frame, j, from, to, bins + j * ROWS, err);
        if (status != MR_OK) return status;
    }
    double *score = s->score ? s->score + from : NULL;
    for (size_t i = 0; score && i < n; i++) score[i] = m->base;
    for (size_t t = 0; t < m->terms; t++) {
        double *out = score ? score : s->contribution + from * m->terms + t;
        if (m->second[t] < 0) add_curve(m, t, bins, n, out, m->terms, score != NULL);
        else add_table(m, t, bins, n, out, m->terms, score != NULL);
    }
    for (size_t i = 0; s->probability && i < n; i++) score[i] = 1 / (1 + exp(-score[i]));
    return MR_OK;
}

static mr_status run(scoring *s, const mr_context *context, const void *out, mr_error *err) {
    if (!s->model) return error_set(err, MR_EINVAL, "model", -1, "model is NULL");
    const mr_additive_parts *m = &s->model->parts;
    if (!s->frame || !s->frame->feature) return error_set(err, MR_EINVAL, "frame", -1, "frame needs its features");
    if (!out) return error_set(err, MR_EINVAL, "out", -1, "there is nowhere to put the result");
    if (s->frame->p != m->features)
        return error_set(err, MR_EINVAL, "frame", -1, "the model has %zu features, the frame %zu", m->features, s->frame->p);
    for (size_t j = 0; j < m->features; j++) {
        const mr_feature *f = &s->frame->feature[j];
        char name[32];
        snprintf(name, sizeof name, "x%zu", j + 1);
        if (m->used[j] && (m->categorical[j] ? f->category == NULL : f->number == NULL))
            return error_set(err, MR_EINVAL, name, -1, "%s must be %s, as it was in training", name, m->categorical[j] ? "categories" : "numbers");
    }
    mr_pool *pool = context_pool(context);
    s->bins = mem_take(context_alloc(context), (size_t)pool_size(pool) * m->features, ROWS);
    if (!s->bins) return error_memory(err, (size_t)pool_size(pool) * m->features * ROWS);
    mr_status status = pool_run(pool, (s->frame->n + ROWS - 1) / ROWS, score_block, s, err);
    mem_free(context_alloc(context), s->bins);
    return status;
}

mr_status mr_additive_score(const mr_additive *model, const mr_frame *frame, const mr_context *context, double *score, mr_error *err) {
    scoring s = {.model = model, .frame = frame, .score = score};
    return run(&s, context, score, err);
}

mr_status mr_additive_probability(const mr_additive *model, const mr_frame *frame, const mr_context *context, double *probability, mr_error *err) {
    scoring s = {.model = model, .frame = frame, .score = probability, .probability = true};
    return run(&s, context, probability, err);
}

mr_status mr_additive_contributions(const mr_additive *model, const mr_frame *frame, const mr_context *context, double *contribution,
                                    mr_error *err) {
    scoring s = {.model = model, .frame = frame, .contribution = contribution};
    return run(&s, context, contribution, err);
}
