/* From landmarks to a frame with names, and the document. Numbers are written with 17 digits, from which the same double is read again. */
#include "leaving_model.h"

#include "additive_document.h"
#include "leaving.h"
#include "training.h"

#include "calendar.h"
#include "error.h"
#include "mem.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT "marram leaving model"
static const char buying_name[] = "buying_chance";
static const char *const modes[] = {[RISK_ORDERS] = "orders", [RISK_CONTRACTS] = "contracts"};
static const char *const months[] = {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"};

/* --- frames --- */

typedef struct leaving_frame {
    frame frame;
    frame_feature *feature; /* [frame.p] */
    double *block, *chance, *time;
    int32_t *season;
    unsigned char *happened;
    uint64_t *group;
} leaving_frame;

static void frame_free(leaving_frame *f) {
    mem_free(NULL, f->feature);
    mem_free(NULL, f->block);
    mem_free(NULL, f->chance);
    mem_free(NULL, f->time);
    mem_free(NULL, f->season);
    mem_free(NULL, f->happened);
    mem_free(NULL, f->group);
}

static mr_status put_season(leaving_frame *f, frame_feature *to, const landmarks *m, const size_t *row, size_t n, mr_error *err) {
    f->season = mem_take(NULL, n + 1, sizeof *f->season);
    if (!f->season) return error_memory(err, n * sizeof *f->season);
    for (size_t i = 0; i < n; i++) f->season[i] = (int32_t)landmark_value(m, FEATURE_season, row[i]);
    *to = (frame_feature){.name = feature_of(FEATURE_season)->name, .categorical = true, .levels = 12, .level = months, .category = f->season};
    return MR_OK;
}

/* The features feature[p] of some rows, and what the buying model says where there is one. */
static mr_status frame_of(const landmarks *m, const int *feature, size_t p, const mr_params *buying, const size_t *row, size_t n, const mr_context *context,
                          leaving_frame *out, mr_error *err) {
    mr_feature column[FEATURES];
    *out = (leaving_frame){.feature = mem_new(NULL, p + 1, sizeof *out->feature)};
    if (!out->feature) return error_memory(err, p * sizeof *out->feature);
    mr_status status = leaving_columns(m, feature, p, row, n, &out->block, column, err);
    for (size_t j = 0; j < p && status == MR_OK; j++) {
        const feature_row *f = feature_of(feature[j]);
        out->feature[j] = (frame_feature){.name = f->name, .number = column[j].number, .monotone = (signed char)f->monotone};
        if (feature[j] == FEATURE_season) status = put_season(out, &out->feature[j], m, row, n, err);
    }
    if (status == MR_OK && buying) {
        out->chance = mem_take(NULL, n + 1, sizeof *out->chance);
        status = out->chance ? leaving_buying_score(buying, m, row, n, context, out->chance, err) : error_memory(err, n * sizeof *out->chance);
        out->feature[p++] = (frame_feature){.name = buying_name, .number = out->chance, .monotone = 1};
    }
    out->frame = (frame){.n = n, .p = p, .feature = out->feature, .outcome = "leaves", .positive = "yes"};
    return status;
}

/* --- learning --- */

static mr_status put_outcomes(leaving_frame *f, const landmarks *m, const size_t *row, size_t n, double *rate, mr_error *err) {
    double left = 0;
    f->happened = mem_take(NULL, n + 1, 1);
    f->group = mem_take(NULL, n + 1, sizeof *f->group);
    f->time = mem_take(NULL, n + 1, sizeof *f->time);
    if (!f->happened || !f->group || !f->time) return error_memory(err, n * sizeof *f->time);
    bool spread = false;
    for (size_t i = 0; i < n; i++) {
        f->happened[i] = m->then[row[i]] == LANDMARK_LEFT;
        f->group[i] = m->who[row[i]];
        f->time[i] = m->day[row[i]];
        left += f->happened[i];
        spread |= f->time[i] != f->time[0];
    }
    *rate = n ? left / (double)n : NAN;
    f->frame.happened = f->happened;
    f->frame.group = f->group;
    f->frame.time = spread ? f->time : NULL; /* of one day's rows, none is later */
    return MR_OK;
}

/* How good a model is that was learnt before the later landmarks, and drawn to what came true before them. */
static mr_status judge_earlier(leaving_later *l, const landmarks *m, const mr_context *context, trained *out, mr_error *err) {
    char words[160], day[11];
    double *score = mem_take(NULL, l->n, sizeof *score);
    unsigned char *happened = mem_take(NULL, l->n, 1);
    mr_status status = score && happened ? leaving_draw(&l->before, context, err) : error_memory(err, l->n * sizeof *score);
    if (status == MR_OK) status = leaving_log_odds(&l->before, m, l->row, l->n, context, score, err);
    for (size_t i = 0; i < l->n && status == MR_OK; i++) happened[i] = m->then[l->row[i]] == LANDMARK_LEFT;
    if (status == MR_OK) status = figures_of(l->n, score, happened, NULL, &out->holdout, err);
    snprintf(words, sizeof words, l->overlap ? "landmarks from %s on, by a model of those before (whose outcomes reach into that time)" : "landmarks from %s on, by a model of what was known by then",
             calendar_text(l->from, day));
    if (status == MR_OK && !(out->split = arena_copy(&out->memory, words, strlen(words)))) status = error_memory(err, sizeof words);
    mem_free(NULL, happened);
    mem_free(NULL, score);
    return status;
}

static void note_drawn(leaving_model *out) {
    const recalibration *r = &out->drawn;
    char from[11], to[11];
    if (!r->done) {
        trained_note(&out->model, "the history is too short to hold the model against later time: its chances may be too bold");
        return;
    }
    if (!leaving_model_blind(out)) return;
    char why[120] = "told nobody apart";
    if (r->se > 0) snprintf(why, sizeof why, "gave scores that did not go with what followed (slope %.2f +- %.2f, not told from 0)", r->measured, 1.96 * r->se);
    trained_note(&out->model, "what is known does not foretell who leaves: held against the landmarks from %s to %s, an earlier model %s; so everybody is given the rate, %.1f %%, and no feature says anything",
                 calendar_text(r->from_day, from), calendar_text(r->to_day, to), why, 100 / (1 + exp(-trained_base(&out->model))));
}

/* The model of everything, drawn by how the earlier one's scores went with what followed. */
static mr_status draw(const leaving_later *l, const landmarks *m, const mr_context *context, leaving_model *out, mr_error *err) {
    double *now = mem_take(NULL, l->n + 1, sizeof *now);
    mr_status status = now ? leaving_model_score(out, m, l->row, l->n, context, now, NULL, err) : error_memory(err, l->n * sizeof *now);
    if (status == MR_OK) status = recalibration_measure(&(later_rows){m, l->row, l->n}, l->score, now, context, &out->drawn, err);
    if (status == MR_OK && out->drawn.done) status = recalibration_apply(&out->drawn, context, &out->model.additive, err);
    mem_free(NULL, now);
    return status;
}

mr_status leaving_model_train(const landmarks *m, int32_t sour_days, uint64_t seed, const mr_context *context, leaving_model *out, mr_error *err) {
    leaving_models plan;
    leaving_later l = {0};
    leaving_frame f = {0};
    size_t *row = NULL, n;
    *out = (leaving_model){.mode = m->mode, .horizon_days = m->horizon_days, .sour_days = sour_days, .as_of = m->last_day};
    memcpy(out->currency, m->currency, sizeof out->currency);
    mr_status status = leaving_plan(m, m->last_day, context, &plan, &row, &n, err);
    out->has_buying = plan.fitted[LEAVING_buying];
    out->buying = plan.buying;
    if (status == MR_OK) status = frame_of(m, plan.feature, plan.p, out->has_buying ? &out->buying : NULL, row, n, context, &f, err);
    if (status == MR_OK) status = put_outcomes(&f, m, row, n, &out->rate, err);
    if (status == MR_OK) status = leaving_later_make(m, &(leaving_fit_options){.as_of = m->last_day, .seed = seed}, context, &l, err);
    bool measured = status == MR_OK && l.before.rows;
    training_options options = {.kind = TRAINED_ADDITIVE, .seed = seed, .no_leakage_check = true, /* what is known of a day cannot leak what follows */
                                .holdout_share = measured ? -1 : 0};
    if (status == MR_OK) status = training_run(&f.frame, &options, context, &out->model, err);
    if (status == MR_OK && measured) status = draw(&l, m, context, out, err);
    if (status == MR_OK && measured) status = judge_earlier(&l, m, context, &out->model, err);
    if (status == MR_OK) note_drawn(out);
    leaving_later_free(&l);
    mem_free(NULL, row);
    frame_free(&f);
    return status;
}

bool leaving_model_blind(const leaving_model *model) {
    return model->drawn.done && !(model->drawn.slope > 0);
}

void leaving_model_free(leaving_model *model) {
    trained_free(&model->model);
}

/* --- the document --- */

json_t *leaving_model_drawn_json(const leaving_model *model) {
    const recalibration *r = &model->drawn;
    char from[11], to[11];
    if (!r->done) return json_null();
    return json_pack("{s:f, s:f, s:f, s:f, s:I, s:I, s:s, s:s}", "slope", r->slope, "level", r->level, "measured", r->measured, "measured_se", r->se, "rows", (json_int_t)r->rows,
                     "left", (json_int_t)r->left, "from", calendar_text(r->from_day, from), "to", calendar_text(r->to_day, to));
}

static json_t *buying_json(const leaving_model *model) {
    if (!model->has_buying) return json_null();
    json_t *value = json_array();
    for (size_t i = 0; i < mr_model_params(model->buying.model); i++) json_array_append_new(value, json_real(model->buying.value[i]));
    return json_pack("{s:s, s:i, s:o}", "model", mr_model_name(model->buying.model), "k", model->buying.k, "parameters", value);
}

mr_status leaving_model_write(const leaving_model *model, char **text, mr_error *err) {
    char *inner = NULL, day[11];
    mr_status status = additive_document_write(&model->model, &inner, err);
    *text = NULL;
    if (status != MR_OK) return status;
    json_t *root = json_pack("{s:s, s:i, s:s, s:i, s:i, s:s, s:s, s:f, s:o, s:o, s:o}", "format", FORMAT, "version", LEAVING_DOCUMENT_VERSION, "outcome", modes[model->mode],
                             "horizon_days", (int)model->horizon_days, "sour_days", (int)model->sour_days, "as_of", calendar_text(model->as_of, day), "currency", model->currency,
                             "rate", model->rate, "drawn", leaving_model_drawn_json(model), "buying", buying_json(model), "model", json_loads(inner, 0, NULL));
    additive_document_free(inner);
    if (root) *text = json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(17));
    json_decref(root);
    return *text ? MR_OK : error_memory(err, 4096);
}

void leaving_model_text_free(char *text) {
    free(text);
}

static mr_status damaged(mr_error *err, const char *field) {
    return error_set(err, MR_EDATA, field, -1, "the model of leaving is damaged: '%s' is missing or not what it should be; 'marram train --db URL' makes another", field);
}

static mr_status read_buying(const json_t *at, leaving_model *out, mr_error *err) {
    if (json_is_null(at)) return MR_OK;
    const char *name = json_string_value(json_object_get(at, "model"));
    const json_t *value = json_object_get(at, "parameters"), *k = json_object_get(at, "k");
    const mr_model *model = name ? mr_model_find(name) : NULL;
    if (!model || mr_model_kind(model) != MR_BUYING || json_array_size(value) != mr_model_params(model) || !json_is_integer(k)) return damaged(err, "buying");
    out->buying = (mr_params){.model = model, .k = (int)json_integer_value(k)};
    if (out->buying.k < 1 || out->buying.k > MR_MAX_K) return damaged(err, "buying.k");
    for (size_t i = 0; i < mr_model_params(model); i++) {
        out->buying.value[i] = json_number_value(json_array_get(value, i));
        if (!(out->buying.value[i] > 0) || !isfinite(out->buying.value[i])) return damaged(err, "buying.parameters");
    }
    out->has_buying = true;
    return MR_OK;
}

/* Models of before there was such a thing have none. */
static mr_status read_drawn(const json_t *at, recalibration *out, mr_error *err) {
    if (!at || json_is_null(at)) return MR_OK;
    const char *from = json_string_value(json_object_get(at, "from")), *to = json_string_value(json_object_get(at, "to"));
    *out = (recalibration){.done = true,
                           .slope = json_number_value(json_object_get(at, "slope")),
                           .level = json_number_value(json_object_get(at, "level")),
                           .measured = json_number_value(json_object_get(at, "measured")),
                           .se = json_number_value(json_object_get(at, "measured_se")),
                           .rows = (size_t)json_integer_value(json_object_get(at, "rows")),
                           .left = (size_t)json_integer_value(json_object_get(at, "left"))};
    if (!json_is_number(json_object_get(at, "slope")) || !(out->slope >= 0)) return damaged(err, "drawn.slope");
    if (!from || !to || !calendar_parse(from, strlen(from), &out->from_day) || !calendar_parse(to, strlen(to), &out->to_day)) return damaged(err, "drawn.from");
    return MR_OK;
}

static bool read_days(const json_t *root, const char *field, int32_t low, int32_t *out) {
    const json_t *at = json_object_get(root, field);
    json_int_t value = json_integer_value(at);
    if (!json_is_integer(at) || value < low || value > 36500) return false;
    *out = (int32_t)value;
    return true;
}

static mr_status read_root(const json_t *root, leaving_model *out, mr_error *err) {
    const char *format = json_string_value(json_object_get(root, "format")), *outcome = json_string_value(json_object_get(root, "outcome")),
               *as_of = json_string_value(json_object_get(root, "as_of")), *currency = json_string_value(json_object_get(root, "currency"));
    if (!format || strcmp(format, FORMAT) != 0)
        return error_set(err, MR_EDATA, "format", -1, "this is no model of leaving that 'marram train --db' writes%s", format ? " (one learnt from a table goes with a table: marram predict FILE)" : "");
    if (json_integer_value(json_object_get(root, "version")) != LEAVING_DOCUMENT_VERSION)
        return error_set(err, MR_EDATA, "version", -1, "the model of leaving is of another version than %d: train it anew, or use the program that wrote it", LEAVING_DOCUMENT_VERSION);
    if (!outcome || (strcmp(outcome, modes[0]) != 0 && strcmp(outcome, modes[1]) != 0)) return damaged(err, "outcome");
    out->mode = !strcmp(outcome, modes[RISK_CONTRACTS]) ? RISK_CONTRACTS : RISK_ORDERS;
    if (!as_of || !calendar_parse(as_of, strlen(as_of), &out->as_of)) return damaged(err, "as_of");
    if (!currency || strlen(currency) > 3) return damaged(err, "currency");
    strcpy(out->currency, currency);
    if (!read_days(root, "horizon_days", 1, &out->horizon_days)) return damaged(err, "horizon_days");
    if (!read_days(root, "sour_days", 0, &out->sour_days)) return damaged(err, "sour_days");
    out->rate = json_number_value(json_object_get(root, "rate"));
    if (!json_is_number(json_object_get(root, "rate")) || !(out->rate >= 0 && out->rate <= 1)) return damaged(err, "rate");
    mr_status status = read_drawn(json_object_get(root, "drawn"), &out->drawn, err);
    if (status == MR_OK) status = read_buying(json_object_get(root, "buying"), out, err);
    char *inner = status == MR_OK ? json_dumps(json_object_get(root, "model"), JSON_REAL_PRECISION(17)) : NULL;
    if (status == MR_OK) status = inner ? additive_document_read(inner, strlen(inner), &out->model, err) : damaged(err, "model");
    free(inner);
    return status;
}

/* Every feature by name, so that a program whose table of features has grown still knows them. */
static mr_status known_features(const leaving_model *model, mr_error *err) {
    if (model->model.kind != TRAINED_ADDITIVE) return damaged(err, "kind");
    for (size_t j = 0; j < model->model.features; j++) {
        const trained_feature *f = &model->model.feature[j];
        bool last = j + 1 == model->model.features;
        bool ok = last && model->has_buying ? !strcmp(f->name, buying_name) : feature_find(f->name) >= 0 && f->categorical == (feature_find(f->name) == FEATURE_season);
        if (!ok) return error_set(err, MR_EDATA, "features", -1, "the model of leaving knows the feature '%.60s', and this program does not: train it anew", f->name);
    }
    return model->model.features ? MR_OK : damaged(err, "features");
}

mr_status leaving_model_read(const char *text, size_t len, leaving_model *out, mr_error *err) {
    json_error_t where;
    *out = (leaving_model){0};
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &where);
    if (!root) return error_set(err, MR_EDATA, NULL, -1, "the model of leaving is no JSON: line %d, %.100s", where.line, where.text);
    mr_status status = read_root(root, out, err);
    json_decref(root);
    return status == MR_OK ? known_features(out, err) : status;
}

/* --- scoring --- */

mr_status leaving_model_score(const leaving_model *model, const landmarks *m, const size_t *row, size_t n, const mr_context *context, double *score, double *contribution,
                              mr_error *err) {
    int feature[FEATURES];
    leaving_frame f = {0};
    size_t p = model->model.features - model->has_buying;
    if (m->mode != model->mode)
        return error_set(err, MR_EDATA, NULL, -1, "the model was learnt from %s, and this base goes by %s: train it anew", modes[model->mode], modes[m->mode]);
    if (p > FEATURES) return damaged(err, "features");
    for (size_t j = 0; j < p; j++) feature[j] = feature_find(model->model.feature[j].name);
    mr_status status = frame_of(m, feature, p, model->has_buying ? &model->buying : NULL, row, n, context, &f, err);
    if (status == MR_OK) status = trained_score(&model->model, &f.frame, context, score, contribution, err);
    frame_free(&f);
    return status;
}

void leaving_model_value(const leaving_model *model, const landmarks *m, size_t row, const char *name, char out[64]) {
    int feature = feature_find(name);
    double value = NAN;
    if (feature >= 0) value = landmark_value(m, feature, row);
    else if (model->has_buying && !strcmp(name, buying_name)) leaving_buying_score(&model->buying, m, &row, 1, NULL, &value, NULL);
    if (isnan(value)) strcpy(out, "(missing)");
    else if (feature == FEATURE_season) snprintf(out, 64, "%s", months[(int)value]);
    else snprintf(out, 64, "%.4g", value);
}
