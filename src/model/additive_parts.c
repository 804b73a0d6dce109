/* The fitted model as arrays: given, and put together again from arrays that may come from anywhere. */
#include "additive.h"

#include "error.h"
#include "mem.h"

#include <math.h>
#include <string.h>

void mr_additive_free(mr_additive *model) {
    if (!model) return;
    const mr_alloc *alloc = model->alloc;
    arena_free(&model->memory);
    mem_free(alloc, model);
}

size_t mr_additive_features(const mr_additive *model) {
    return model ? model->parts.features : 0;
}

size_t mr_additive_terms(const mr_additive *model) {
    return model ? model->parts.terms : 0;
}

void mr_additive_take_apart(const mr_additive *model, mr_additive_parts *out) {
    *out = model->parts;
}

void mr_additive_course_of(const mr_additive *model, mr_additive_course *out) {
    *out = model->course;
}

/* --- checks --- */

static mr_status bad(mr_error *err, const char *field, size_t at, const char *what) {
    return error_set(err, MR_EDATA, field, (int64_t)at, "the model is damaged: %s (%s %zu)", what, field, at);
}

static bool ascends(const size_t *offset, size_t n) {
    if (offset[0]) return false;
    for (size_t i = 0; i < n; i++)
        if (offset[i + 1] < offset[i]) return false;
    return true;
}

static bool plain(double value) {
    return value >= 0 && isfinite(value);
}

static bool on_grid(double value) {
    return fabs(value) <= LARGEST && value / GRID == nearbyint(value / GRID);
}

static mr_status check_feature(const mr_additive_parts *m, size_t j, mr_error *err) {
    size_t cuts = m->cut_offset[j + 1] - m->cut_offset[j], codes = m->category_offset[j + 1] - m->category_offset[j],
           bins = m->bin_offset[j + 1] - m->bin_offset[j];
    if (m->used[j] > 1 || m->categorical[j] > 1 || m->monotone[j] < -1 || m->monotone[j] > 1) return bad(err, "feature", j, "a mark is out of range");
    if (bins < 2 || bins > MR_MOST_BINS || (m->categorical[j] ? cuts != 0 : codes != 0 || bins != cuts + 2))
        return bad(err, "feature", j, "its bins do not fit its cuts or categories");
    for (size_t k = m->cut_offset[j]; k < m->cut_offset[j + 1]; k++)
        if (!isfinite(m->cut[k]) || (k > m->cut_offset[j] && !(m->cut[k] > m->cut[k - 1]))) return bad(err, "feature", j, "its cuts do not ascend");
    for (size_t k = m->category_offset[j]; k < m->category_offset[j + 1]; k++)
        if (m->category_bin[k] < OTHERS || m->category_bin[k] >= bins) return bad(err, "feature", j, "a category is in a bin that is not there");
    for (size_t k = m->bin_offset[j]; k < m->bin_offset[j + 1]; k++)
        if (!plain(m->bin_weight[k]) || m->coarse[k] >= MOST_COARSE) return bad(err, "feature", j, "a bin's weight or coarse bin is out of range");
    return MR_OK;
}

static size_t coarse_width(const mr_additive_parts *m, size_t j) {
    size_t width = 0;
    for (size_t k = m->bin_offset[j]; k < m->bin_offset[j + 1]; k++)
        if (m->coarse[k] >= width) width = m->coarse[k] + (size_t)1;
    return width;
}

static mr_status check_term(const mr_additive_parts *m, size_t t, mr_error *err) {
    int32_t a = m->first[t], b = m->second[t];
    size_t features = m->features, values = m->value_offset[t + 1] - m->value_offset[t];
    if (a < 0 || (size_t)a >= features || b < -1 || (b >= 0 && (size_t)b >= features) || a == b) return bad(err, "term", t, "it has features that are not there");
    if (!m->used[a] || (b >= 0 && !m->used[b])) return bad(err, "term", t, "it has a feature that is marked as not used");
    size_t wanted = b < 0 ? m->bin_offset[a + 1] - m->bin_offset[a] : coarse_width(m, (size_t)a) * coarse_width(m, (size_t)b);
    if (values != wanted) return bad(err, "term", t, "it has too many values, or too few");
    for (size_t k = m->value_offset[t]; k < m->value_offset[t + 1]; k++)
        if (!on_grid(m->value[k]) || !plain(m->error[k])) return bad(err, "term", t, "a value is out of range, or no multiple of 2^-32");
    return plain(m->importance[t]) ? MR_OK : bad(err, "term", t, "its importance is out of range");
}

static mr_status check(const mr_additive_parts *m, mr_error *err) {
    if (!m->used || !m->categorical || !m->monotone || !m->cut_offset || !m->cut || !m->category_offset || !m->category_bin || !m->bin_offset ||
        !m->coarse || !m->bin_weight || !m->first || !m->second || !m->value_offset || !m->value || !m->error || !m->importance)
        return error_set(err, MR_EINVAL, "parts", -1, "an array is NULL");
    if (!m->features || m->features > MOST_FEATURES) return bad(err, "features", m->features, "their number is out of range");
    if (!m->terms || m->terms > MOST_FEATURES + MOST_PAIRS) return bad(err, "terms", m->terms, "their number is out of range");
    if (!on_grid(m->base)) return bad(err, "base", 0, "it is out of range, or no multiple of 2^-32");
    if (!ascends(m->cut_offset, m->features) || !ascends(m->category_offset, m->features) || !ascends(m->bin_offset, m->features) ||
        !ascends(m->value_offset, m->terms))
        return bad(err, "offset", 0, "offsets do not ascend");
    mr_status status = MR_OK;
    for (size_t j = 0; status == MR_OK && j < m->features; j++) status = check_feature(m, j, err);
    for (size_t t = 0; status == MR_OK && t < m->terms; t++) status = check_term(m, t, err);
    return status;
}

/* --- copies --- */

static void *copy(arena *memory, const void *from, size_t count, size_t size) {
    void *to = arena_take(memory, count * size);
    if (to && count) memcpy(to, from, count * size);
    return to;
}

mr_status mr_additive_put_together(const mr_additive_parts *parts, const mr_context *context, mr_additive **out, mr_error *err) {
    const mr_alloc *alloc = context_alloc(context);
    if (!parts || !out) return error_set(err, MR_EINVAL, parts ? "out" : "parts", -1, "%s is NULL", parts ? "out" : "parts");
    *out = NULL;
    mr_status status = check(parts, err);
    if (status != MR_OK) return status;
    mr_additive *model = mem_new(alloc, 1, sizeof *model);
    if (!model) return error_memory(err, sizeof *model);
    model->alloc = model->memory.alloc = alloc;
    arena *a = &model->memory;
    size_t p = parts->features, terms = parts->terms, bins = parts->bin_offset[p], values = parts->value_offset[terms];
    model->parts = (mr_additive_parts){.features = p,
                                       .terms = terms,
                                       .base = parts->base,
                                       .used = copy(a, parts->used, p, 1),
                                       .categorical = copy(a, parts->categorical, p, 1),
                                       .monotone = copy(a, parts->monotone, p, 1),
                                       .cut_offset = copy(a, parts->cut_offset, p + 1, sizeof(size_t)),
                                       .cut = copy(a, parts->cut, parts->cut_offset[p], sizeof(double)),
                                       .category_offset = copy(a, parts->category_offset, p + 1, sizeof(size_t)),
                                       .category_bin = copy(a, parts->category_bin, parts->category_offset[p], 1),
                                       .bin_offset = copy(a, parts->bin_offset, p + 1, sizeof(size_t)),
                                       .coarse = copy(a, parts->coarse, bins, 1),
                                       .bin_weight = copy(a, parts->bin_weight, bins, sizeof(double)),
                                       .first = copy(a, parts->first, terms, sizeof(int32_t)),
                                       .second = copy(a, parts->second, terms, sizeof(int32_t)),
                                       .value_offset = copy(a, parts->value_offset, terms + 1, sizeof(size_t)),
                                       .value = copy(a, parts->value, values, sizeof(double)),
                                       .error = copy(a, parts->error, values, sizeof(double)),
                                       .importance = copy(a, parts->importance, terms, sizeof(double))};
    if (a->failed) {
        mr_additive_free(model);
        return error_memory(err, values * 2 * sizeof(double));
    }
    *out = model;
    return MR_OK;
}
