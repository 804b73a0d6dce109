#include "reasons_learned.h"

#include "json_number.h"
#include "leaving_model.h"

#include <calendar.h>
#include <error.h>
#include <feature.h>
#include <mem.h>
#include <models.h>

#include <stdlib.h>
#include <string.h>

typedef struct learned {
    leaving_model model;
    landmarks m;
    bool there;
    size_t terms, n, *row;
    double *score, *contribution;
    uint8_t (*of)[2]; /* [terms]: reasons of a term's one or two features, 0 none */
} learned;

static void learned_free(learned *s) {
    mem_free(NULL, s->row);
    mem_free(NULL, s->score);
    mem_free(NULL, s->contribution);
    mem_free(NULL, s->of);
    landmarks_free(&s->m);
    if (s->there) leaving_model_free(&s->model);
}

static mr_status load(ledger *l, learned *s, mr_error *err) {
    ledger_model stored = {0};
    mr_status status = ledger_model_leaving(l, &stored, err);
    if (status == MR_OK && stored.id) {
        status = leaving_model_read(stored.document, strlen(stored.document), &s->model, err);
        s->there = status == MR_OK;
    }
    ledger_model_free(&stored);
    return status;
}

static uint8_t reason_of_feature(const char *name) {
    int feature = feature_find(name);
    const char *code = feature < 0 ? "" : feature_of(feature)->reason;
    return (uint8_t)reason_find(code, strlen(code));
}

static void name_terms(learned *s) {
    for (size_t t = 0; t < s->terms; t++) {
        char name[256];
        trained_term_name(&s->model.model, t, name);
        char *second = strstr(name, " x ");
        if (second) *second = 0;
        s->of[t][0] = reason_of_feature(name);
        s->of[t][1] = second ? reason_of_feature(second + 3) : s->of[t][0];
    }
}

static mr_status score(learned *s, const mr_context *context, mr_error *err) {
    s->n = s->m.n;
    s->terms = trained_terms(&s->model.model);
    s->row = mem_take(NULL, s->n + 1, sizeof *s->row);
    s->score = mem_take(NULL, s->n + 1, sizeof *s->score);
    s->contribution = mem_take(NULL, s->n * s->terms + 1, sizeof *s->contribution);
    s->of = mem_new(NULL, s->terms + 1, sizeof *s->of);
    if (!s->row || !s->score || !s->contribution || !s->of) return error_memory(err, s->n * s->terms * sizeof(double));
    for (size_t i = 0; i < s->n; i++) s->row[i] = i;
    name_terms(s);
    return leaving_model_score(&s->model, &s->m, s->row, s->n, context, s->score, s->contribution, err);
}

static void add_row(const learned *s, size_t i, double sum[REASONS]) {
    for (size_t t = 0; t < s->terms; t++)
        for (int k = 0; k < 2; k++) sum[s->of[t][k]] += s->contribution[i * s->terms + t] / 2;
}

typedef struct part {
    int reason;
    double value;
} part;

static int by_value(const void *a, const void *b) {
    const part *x = a, *y = b;
    return x->value != y->value ? x->value > y->value ? -1 : 1 : x->reason - y->reason;
}

static json_t *list_of(const double value[REASONS]) {
    part parts[REASONS];
    size_t n = 0;
    json_t *list = json_array();
    for (int r = 1; r < REASON_unknown; r++)
        if (value[r] != 0) parts[n++] = (part){r, value[r]};
    qsort(parts, n, sizeof *parts, by_value);
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_pack("{s:s,s:o}", "reason", reason_of(parts[i].reason)->code, "contribution", json_number(parts[i].value)));
    return list;
}

static landmarks_options options_of(const learned *s, const currency_rates *rates, int32_t until) {
    return (landmarks_options){.horizon_days = s->model.horizon_days, .sour_days = s->model.sour_days, .only_day = INT32_MIN, .until = until, .rates = rates};
}

mr_status reasons_learned(ledger *l, const currency_rates *rates, int32_t until, const mr_context *context, json_t **out, mr_error *err) {
    learned s = {0};
    char day[11];
    double left[REASONS] = {0}, stayed[REASONS] = {0}, n_left = 0, n_stayed = 0;
    *out = NULL;
    mr_status status = load(l, &s, err);
    if (status == MR_OK && !s.there) *out = json_pack("{s:s}", "why", "a ledger keeps one once 'marram train --db URL' has made it");
    if (status == MR_OK && s.there) {
        landmarks_options o = options_of(&s, rates, until);
        o.sample = REASONS_LEARNED_SAMPLE;
        status = landmarks_read(l, &o, context, &s.m, err);
        if (status == MR_OK && s.m.mode != s.model.mode) *out = json_pack("{s:s}", "why", "the one kept is of another kind of base: train again");
        if (status == MR_OK && !*out) status = score(&s, context, err);
    }
    if (status == MR_OK && s.there && !*out) {
        for (size_t i = 0; i < s.n; i++) {
            if (s.m.then[i] == LANDMARK_LEFT) add_row(&s, i, left), n_left++;
            if (s.m.then[i] == LANDMARK_STAYED) add_row(&s, i, stayed), n_stayed++;
        }
        for (int r = 0; r < REASONS; r++) left[r] = n_left > 0 && n_stayed > 0 ? left[r] / n_left - stayed[r] / n_stayed : 0;
        *out = json_pack("{s:s,s:I,s:I,s:o}", "as_of", calendar_text(s.model.as_of, day), "left", (json_int_t)n_left, "stayed", (json_int_t)n_stayed, "reasons", list_of(left));
    }
    learned_free(&s);
    return status != MR_OK ? status : *out ? MR_OK : error_memory(err, 4096);
}

mr_status reasons_learned_customer(ledger *l, const currency_rates *rates, int64_t customer_id, int32_t day, const mr_context *context, json_t **out, mr_error *err) {
    learned s = {0};
    double sum[REASONS] = {0};
    *out = NULL;
    mr_status status = load(l, &s, err);
    if (status == MR_OK && s.there) {
        landmarks_options o = options_of(&s, rates, day);
        o.only_day = day;
        o.customer_id = customer_id;
        status = landmarks_read(l, &o, context, &s.m, err);
        if (status == MR_OK && s.m.n && s.m.mode == s.model.mode) status = score(&s, context, err);
        else if (status == MR_OK || status == MR_EDATA) status = MR_OK, s.n = 0; /* no order or contract by then: not at risk */
    }
    if (status == MR_OK && s.n) add_row(&s, 0, sum);
    if (status == MR_OK) *out = s.n ? list_of(sum) : json_null();
    learned_free(&s);
    return status;
}
