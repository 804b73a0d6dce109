#include "leaving_chances.h"

#include "leaving_model.h"

#include <error.h>
#include <mem.h>
#include <models.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_customer(const void *a, const void *b) {
    const leaving_chance *x = a, *y = b;
    return (x->customer_id > y->customer_id) - (x->customer_id < y->customer_id);
}

static mr_status load(ledger *l, leaving_model *model, bool *there, mr_error *err) {
    ledger_model stored = {0};
    mr_status status = ledger_model_leaving(l, &stored, err);
    *there = status == MR_OK && stored.id;
    if (*there) status = leaving_model_read(stored.document, strlen(stored.document), model, err);
    ledger_model_free(&stored);
    return status;
}

static void raised_by(const leaving_model *model, const double *contribution, size_t terms, char out[64]) {
    size_t most = terms;
    char name[256];
    for (size_t k = 0; k < terms; k++)
        if (contribution[k] > 0 && (most == terms || contribution[k] > contribution[most])) most = k;
    out[0] = 0;
    if (most == terms) return;
    trained_term_name(&model->model, most, name);
    snprintf(out, 64, "%.63s", name);
}

/* How far each contribution may be off, as a model of its own: whose parts are the parts' errors (over the model's bags). NULL in *out: nothing is known. */
static mr_status errors_of(const trained *t, const mr_context *context, mr_additive **out, mr_error *err) {
    *out = NULL;
    if (t->kind != TRAINED_ADDITIVE) return MR_OK;
    mr_additive_parts parts;
    mr_additive_take_apart(t->additive, &parts);
    size_t n = parts.value_offset[parts.terms];
    double *value = mem_take(NULL, n + 1, sizeof *value);
    if (!value) return error_memory(err, n * sizeof *value);
    for (size_t i = 0; i < n; i++) value[i] = ldexp(round(ldexp(fmin(parts.error[i], 64), 32)), -32); /* as the parts of a model have to be */
    parts.value = value;
    parts.base = 0;
    mr_status status = mr_additive_put_together(&parts, context, out, err);
    mem_free(NULL, value);
    return status;
}

/* Of the log-odds: the parts' errors as if they were independent, and that of the plain rate, which rests on who left. contribution[n * terms] is written over. */
static mr_status spread(const leaving_model *errors, const landmarks *m, const size_t *row, size_t n, const mr_context *context, double *log_odds, double *contribution,
                        leaving_chance *out, mr_error *err) {
    size_t terms = trained_terms(&errors->model);
    if (!errors->model.additive) return MR_OK;
    mr_status status = leaving_model_score(errors, m, row, n, context, log_odds, contribution, err);
    double rate = errors->model.happened ? 1 / (double)errors->model.happened : 1;
    for (size_t i = 0; i < n && status == MR_OK; i++) {
        double sum = rate, middle = log(out[i].p) - log1p(-out[i].p);
        for (size_t k = 0; k < terms; k++) sum += contribution[i * terms + k] * contribution[i * terms + k];
        out[i].low = 1 / (1 + exp(-(middle - 1.2816 * sqrt(sum))));
        out[i].high = 1 / (1 + exp(-(middle + 1.2816 * sqrt(sum))));
    }
    return status;
}

static mr_status score(const leaving_model *model, const landmarks *m, const mr_context *context, leaving_chances *out, mr_error *err) {
    enum { BLOCK = 4096 }; /* contributions of a whole base would be many times as large as the base */
    size_t n = m->customers, terms = trained_terms(&model->model), row[BLOCK];
    double log_odds[BLOCK], *contribution = mem_take(NULL, BLOCK * terms + 1, sizeof *contribution);
    leaving_model errors = *model;
    out->row = mem_new(NULL, n + 1, sizeof *out->row);
    mr_status status = contribution && out->row ? MR_OK : error_memory(err, n * sizeof *out->row + BLOCK * terms * sizeof *contribution);
    errors.model.additive = NULL;
    if (status == MR_OK) status = errors_of(&model->model, context, &errors.model.additive, err);
    for (size_t from = 0; from < n && status == MR_OK; from += BLOCK) {
        size_t some = n - from < BLOCK ? n - from : BLOCK;
        for (size_t i = 0; i < some; i++) row[i] = m->customer[from + i].first; /* of one day there is one row each */
        status = leaving_model_score(model, m, row, some, context, log_odds, contribution, err);
        for (size_t i = 0; i < some && status == MR_OK; i++) {
            leaving_chance *to = &out->row[from + i];
            *to = (leaving_chance){.customer_id = m->customer[from + i].id, .p = 1 / (1 + exp(-log_odds[i])), .low = NAN, .high = NAN};
            raised_by(model, contribution + i * terms, terms, to->raised_by);
        }
        if (status == MR_OK) status = spread(&errors, m, row, some, context, log_odds, contribution, out->row + from, err);
    }
    if (status == MR_OK && n) qsort(out->row, n, sizeof *out->row, by_customer);
    if (status == MR_OK) out->n = n;
    mr_additive_free(errors.model.additive);
    mem_free(NULL, contribution);
    return status;
}

mr_status leaving_chances_read(ledger *l, risk_mode mode, int32_t horizon_days, int32_t until, const mr_context *context, leaving_chances *out, mr_error *err) {
    leaving_model model = {0};
    landmarks m = {0};
    currency_rates rates = {0};
    bool there = false;
    *out = (leaving_chances){.auc = NAN};
    mr_status status = load(l, &model, &there, err);
    if (status == MR_OK && there && model.mode == mode && model.horizon_days == horizon_days && model.as_of <= until) {
        status = ledger_rates_read(l, &rates, err);
        landmarks_options o = {.horizon_days = horizon_days, .sour_days = model.sour_days, .only_day = until, .until = until, .rates = &rates};
        if (status == MR_OK) status = landmarks_read(l, &o, context, &m, err);
        if (status == MR_OK) status = score(&model, &m, context, out, err);
        out->as_of = model.as_of;
        out->tested = model.model.holdout.rows;
        out->auc = out->tested ? model.model.holdout.auc : NAN;
        ledger_rates_free(&rates);
    }
    landmarks_free(&m);
    leaving_model_free(&model);
    return status;
}

void leaving_chances_free(leaving_chances *c) {
    mem_free(NULL, c->row);
    c->row = NULL;
    c->n = 0;
}

const leaving_chance *leaving_chance_of(const leaving_chances *c, int64_t customer_id) {
    const leaving_chance key = {.customer_id = customer_id};
    return c && c->n ? bsearch(&key, c->row, c->n, sizeof *c->row, by_customer) : NULL;
}
