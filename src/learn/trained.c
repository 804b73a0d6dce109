#include "trained.h"

#include <error.h>
#include <math.h>
#include <mem.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unicode.h>

void trained_free(trained *t) {
    if (!t) return;
    mr_additive_free(t->additive);
    arena_free(&t->memory);
    *t = (trained){0};
}

void trained_note(trained *t, const char *format, ...) {
    char text[401];
    va_list args;
    if (t->notes >= TRAINED_MOST_NOTES) return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const char *kept = arena_copy(&t->memory, unicode_mend(text), strlen(text));
    if (kept) t->note[t->notes++] = kept;
}

/* The feature that term k of a logistic model is of: those used, in order. */
static size_t linear_feature(const trained *t, size_t term) {
    for (size_t j = 0; j < t->features; j++)
        if (t->feature[j].used && !term--) return j;
    return t->features;
}

size_t trained_terms(const trained *t) {
    size_t used = 0;
    if (t->kind == TRAINED_ADDITIVE) return mr_additive_terms(t->additive);
    for (size_t j = 0; j < t->features; j++) used += t->feature[j].used;
    return used;
}

void trained_term_name(const trained *t, size_t term, char name[256]) {
    if (t->kind == TRAINED_LOGISTIC) {
        snprintf(name, 256, "%.255s", t->feature[linear_feature(t, term)].name);
        unicode_mend(name);
        return;
    }
    mr_additive_parts parts;
    mr_additive_take_apart(t->additive, &parts);
    const char *first = t->feature[parts.first[term]].name;
    if (parts.second[term] < 0) snprintf(name, 256, "%.255s", first);
    else snprintf(name, 256, "%.125s x %.125s", first, t->feature[parts.second[term]].name);
    unicode_mend(name);
}

double trained_importance(const trained *t, size_t term) {
    mr_additive_parts parts;
    if (t->kind == TRAINED_LOGISTIC) return NAN;
    mr_additive_take_apart(t->additive, &parts);
    return parts.importance[term];
}

double trained_base(const trained *t) {
    mr_additive_parts parts;
    if (t->kind == TRAINED_LOGISTIC) return t->constant;
    mr_additive_take_apart(t->additive, &parts);
    return parts.base;
}

static double linear_part(const trained_feature *f, const frame_feature *from, size_t row) {
    if (f->categorical) {
        int32_t code = from->category[row];
        return code < 0 ? f->missing : (size_t)code < f->levels ? f->value[code] : 0;
    }
    double x = from->number[row];
    return isnan(x) ? f->missing : f->slope * (x - f->mean);
}

static mr_status score_linear(const trained *t, const frame *f, double *score, double *contribution, mr_error *err) {
    size_t terms = trained_terms(t), term = 0;
    for (size_t i = 0; i < f->n; i++) score[i] = t->constant;
    for (size_t j = 0; j < t->features; j++) {
        if (!t->feature[j].used) continue;
        for (size_t i = 0; i < f->n; i++) {
            double part = linear_part(&t->feature[j], &f->feature[j], i);
            if (!isfinite(part))
                return error_set(err, MR_EDATA, t->feature[j].name, (int64_t)i, "%s must be a finite number", t->feature[j].name);
            score[i] += part;
            if (contribution) contribution[i * terms + term] = part;
        }
        term++;
    }
    return MR_OK;
}

mr_status trained_score(const trained *t, const frame *f, const mr_context *context, double *score, double *contribution, mr_error *err) {
    if (f->p != t->features) return error_set(err, MR_EINVAL, "frame", -1, "the model has %zu features, the table %zu", t->features, f->p);
    for (size_t j = 0; j < f->p; j++)
        if (t->feature[j].used && f->feature[j].categorical != t->feature[j].categorical)
            return error_set(err, MR_EINVAL, t->feature[j].name, -1, "%s must be %s, as it was in training", t->feature[j].name,
                             t->feature[j].categorical ? "categories" : "numbers");
    if (t->kind == TRAINED_LOGISTIC) return score_linear(t, f, score, contribution, err);
    mr_feature *feature = mem_take(NULL, f->p, sizeof *feature);
    if (!feature) return error_memory(err, f->p * sizeof *feature);
    mr_frame plain = frame_plain(f, feature);
    mr_status status = mr_additive_score(t->additive, &plain, context, score, err);
    if (status == MR_OK && contribution) status = mr_additive_contributions(t->additive, &plain, context, contribution, err);
    mem_free(NULL, feature);
    return status;
}
