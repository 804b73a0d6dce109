#include "knowledge.h"

#include "knowledge_win_back.h"

#include <calendar.h>
#include <error.h>
#include <models.h>
#include <moments_of.h>
#include <reasons_of.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION 1
#define HORIZON_DAYS 365
#define SOUR_DAYS 90
#define REPLICATES 1000

static void none(const ledger *l, knowledge *k) {
    *k = (knowledge){.clocks = {.sour_days = SOUR_DAYS, .rhythm_days = 30}, .learnt_day = TRACE_NO_DAY, .next = {.trial = {.verdict = NEXT_SALE_NO_PRODUCTS}}};
    norms_default(&k->norms);
    memcpy(k->link_key, l->key, sizeof k->link_key);
}

/* --- as a document --- */

static json_t *numbers(const double *at, size_t n) {
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) json_array_append_new(list, json_real(at[i]));
    return list;
}

static json_t *document(const knowledge *k) {
    json_t *moments = json_array(), *measured = json_array();
    char day[11];
    for (size_t i = 0; i < NORMS; i++) json_array_append_new(measured, json_boolean(k->norms.measured[i]));
    for (size_t i = 0; i < k->moments; i++) {
        const knowledge_moment *m = &k->moment[i];
        json_array_append_new(moments, json_pack("{s:s,s:i,s:i,s:f,s:s}", "clock", clock_rows[m->clock].name, "from", (int)m->from, "to", (int)m->to, "ratio", m->ratio, "words", m->words));
    }
    return json_pack("{s:i,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:f,s:i,s:o}", "version", VERSION, "learnt", calendar_text(k->learnt_day, day), "low", numbers(k->norms.low, NORMS), "middle", numbers(k->norms.middle, NORMS), "high",
                     numbers(k->norms.high, NORMS), "kept", numbers(k->norms.kept, NORMS_KEPT), "measured", measured, "moments", moments, "rhythm_days", k->clocks.rhythm_days, "first_day", (int)k->clocks.first_day, "win_back", knowledge_win_back_document(k->win_back));
}

static bool read_numbers(const json_t *o, const char *name, double *at, size_t n) {
    const json_t *list = json_object_get(o, name);
    if (json_array_size(list) != n) return false;
    for (size_t i = 0; i < n; i++) {
        const json_t *v = json_array_get(list, i);
        if (!json_is_number(v)) return false;
        at[i] = json_number_value(v);
    }
    return true;
}

static bool read_document(const json_t *o, knowledge *k) {
    const json_t *list = json_object_get(o, "moments"), *measured = json_object_get(o, "measured"), *m;
    const char *day = json_string_value(json_object_get(o, "learnt"));
    size_t i;
    if (json_integer_value(json_object_get(o, "version")) != VERSION || !day || !calendar_parse(day, strlen(day), &k->learnt_day)) return false;
    if (!read_numbers(o, "low", k->norms.low, NORMS) || !read_numbers(o, "middle", k->norms.middle, NORMS) || !read_numbers(o, "high", k->norms.high, NORMS) || !read_numbers(o, "kept", k->norms.kept, NORMS_KEPT) ||
        json_array_size(measured) != NORMS)
        return false;
    for (i = 0; i < NORMS; i++) k->norms.measured[i] = json_is_true(json_array_get(measured, i));
    json_array_foreach(list, i, m) {
        const char *clock = json_string_value(json_object_get(m, "clock")), *words = json_string_value(json_object_get(m, "words"));
        int found = clock ? clock_find(clock) : -1;
        if (found < 0 || !words || k->moments == KNOWLEDGE_MOMENTS) continue; /* a clock of another version is no longer watched */
        knowledge_moment *to = &k->moment[k->moments++];
        *to = (knowledge_moment){.clock = (clock_id)found, .from = (uint32_t)json_integer_value(json_object_get(m, "from")), .to = (uint32_t)json_integer_value(json_object_get(m, "to")),
                                 .ratio = json_number_value(json_object_get(m, "ratio"))};
        snprintf(to->words, sizeof to->words, "%s", words);
    }
    knowledge_win_back_read(json_object_get(o, "win_back"), k->win_back);
    k->clocks.rhythm_days = json_number_value(json_object_get(o, "rhythm_days"));
    k->clocks.first_day = (int32_t)json_integer_value(json_object_get(o, "first_day"));
    return desk_record_read(json_object_get(o, "save_desk"), &k->desk, NULL) == MR_OK && k->clocks.rhythm_days > 0;
}

/* The newest of a name, read by `take`. */
static mr_status read_kept(ledger *l, const char *name, knowledge *k, bool (*take)(const json_t *o, knowledge *k), mr_error *err) {
    ledger_model kept = {0};
    mr_status status = ledger_model_newest(l, name, &kept, err);
    if (status != MR_OK || !kept.id) return status;
    json_t *o = json_loads(kept.document, 0, NULL);
    if (!o || !take(o, k)) status = error_set(err, MR_EDATA, NULL, -1, "what was learnt of this base was kept by another version of Marram: run `marram learn` once more");
    json_decref(o);
    ledger_model_free(&kept);
    return status;
}

static bool read_next(const json_t *o, knowledge *k) {
    return next_sale_document_read(o, &k->next);
}

mr_status knowledge_read(ledger *l, knowledge *k, mr_error *err) {
    none(l, k);
    mr_status status = read_kept(l, LEDGER_ACTING, k, read_document, err);
    return status == MR_OK ? read_kept(l, LEDGER_NEXT_SALE, k, read_next, err) : status;
}

void knowledge_free(knowledge *k) {
    next_sale_stored_free(&k->next);
    desk_record_free(k->desk);
    k->desk = NULL;
}

/* --- learning --- */

static mr_status learn_moments(ledger *l, int32_t day, const trace_options *options, const mr_context *context, knowledge *k, mr_error *err) {
    moments_ledger from = {l, options, context->pool};
    moments_source source = {moments_from_ledger, &from};
    const moments_settings settings = {.until = TRACE_NO_DAY, .today = day, .since = TRACE_NO_DAY, .horizon_days = HORIZON_DAYS, .ahead_days = 60, .lead_days = 7, .sour_days = SOUR_DAYS, .mode = -1,
                                       .search = {.level = 0.05, .least_ratio = 1.1, .replicates = REPLICATES, .seed = 1}};
    moments_of found;
    mr_error why = {0};
    mr_status status = moments_of_base(&source, &settings, context, NULL, NULL, &found, &why);
    if (status == MR_OK) {
        k->clocks = (clock_options){.sour_days = SOUR_DAYS, .rhythm_days = found.rhythm_days > 0 ? found.rhythm_days : 30, .first_day = found.first};
        for (uint32_t i = 0; i < found.found.n && k->moments < KNOWLEDGE_MOMENTS; i++) {
            const mr_moment *m = &found.found.moment[i];
            char words[256];
            if (moments_is_date(&found, i)) continue; /* a date that stood out does not come again */
            knowledge_moment *to = &k->moment[k->moments++];
            *to = (knowledge_moment){.clock = found.clock[m->clock], .from = m->from, .to = m->to, .ratio = m->ratio};
            snprintf(to->words, sizeof to->words, "%s", moments_words(words, &found, i));
        }
    } else if (status == MR_EDATA) {
        status = MR_OK; /* too few have left to tell when */
    } else if (err) {
        *err = why;
    }
    moments_of_free(&found);
    return status;
}

/* One more pass over the base, for the names of products. */
static mr_status learn_next(ledger *l, int32_t day, int64_t now_us, const mr_context *context, next_sale_trial *trial, mr_error *err) {
    next_sale_base base = {0};
    next_sale_model model = {0};
    ledger_model kept = {.fitted_at_us = now_us, .until_day = day, .version = VERSION, .name = LEDGER_NEXT_SALE};
    mr_status status = next_sale_base_read(l, day, context, &base, err);
    if (status == MR_OK) status = next_sale_learn(&base, day, context, trial, &model, err);
    if (status == MR_OK) {
        json_t *o = next_sale_document(&base, trial, &model);
        kept.document = o ? json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
        json_decref(o);
        status = kept.document ? ledger_model_replace(l, &kept, err) : error_memory(err, 100 * (size_t)base.products);
    }
    free(kept.document);
    next_sale_free(&model);
    next_sale_base_free(&base);
    return status;
}

mr_status knowledge_learn(ledger *l, int32_t day, int64_t now_us, const mr_context *context, knowledge *k, mr_error *err) {
    currency_rates rates = {0};
    reasons_base base;
    none(l, k);
    trace_ledger t = {.l = l, .pool = context->pool, .options = {.profiling = true}};
    mr_status status = ledger_rates_read(l, &rates, err);
    if (status == MR_OK) status = ledger_trace_money(l, &rates, &t.options, err);
    if (status == MR_OK) {
        const reasons_options o = {.until = day, .horizon_days = HORIZON_DAYS};
        status = reasons_usual(trace_source_of(&t), &o, context, &base, err);
        if (status == MR_OK) k->norms = base.norms;
        reasons_free(&base);
    }
    if (status == MR_OK) status = learn_moments(l, day, &t.options, context, k, err);
    if (status == MR_OK) status = knowledge_win_back_learn(l, &t.options, day, k->win_back, err);
    if (status == MR_OK) status = desk_record_learn(l, day, &k->desk, err);
    ledger_rates_free(&rates);
    if (status != MR_OK) {
        knowledge_free(k);
        return status;
    }
    k->learnt_day = day;
    json_t *o = document(k);
    if (o && k->desk) json_object_set_new(o, "save_desk", desk_record_document(k->desk));
    ledger_model kept = {.fitted_at_us = now_us, .until_day = day, .version = VERSION, .document = o ? json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL};
    json_decref(o);
    snprintf(kept.name, sizeof kept.name, "%s", LEDGER_ACTING);
    status = kept.document ? ledger_model_add(l, &kept, err) : error_memory(err, 4096);
    free(kept.document);
    return status == MR_OK ? learn_next(l, day, now_us, context, &k->next.trial, err) : status;
}
