#include "model_document.h"

#include "calendar.h"
#include "error.h"
#include "json_number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void model_document_compare(model_document *d, const compare *c) {
    d->inner_until = c->inner_until;
    d->inner_days = c->inner_days;
    d->outer_until = c->outer_until;
    d->outer_days = c->outer_days;
    d->outer_customers = c->outer_n;
    d->outer_actual_total = NAN;
    d->entries = c->has_choice ? c->n : 0;
    for (size_t i = 0; i < d->entries; i++) {
        const compare_entry *e = &c->entry[i];
        document_entry *to = &d->entry[i];
        const score *s = &e->outer;
        bool inner = e->model && e->inner.n > 0, outer = e->fitted && s->n > 0;
        *to = (document_entry){.k = e->model && e->fit.params.k ? e->fit.params.k : 1, .fitted = e->fitted};
        snprintf(to->name, sizeof to->name, "%s", e->name);
        snprintf(to->title, sizeof to->title, "%s", e->title);
        snprintf(to->problem, sizeof to->problem, "%.159s", e->fitted ? "" : e->problem.message);
        to->inner_rmse = inner ? e->inner.rmse : NAN;
        to->inner_log_loss = inner ? e->inner.log_loss : NAN;
        to->rmse = outer ? s->rmse : NAN;
        to->rmse_se = outer ? e->rmse_se : NAN;
        to->mae = outer ? s->mae : NAN;
        to->msle = outer ? s->msle : NAN;
        to->correlation = outer ? s->correlation : NAN;
        to->auc = outer ? s->auc : NAN;
        to->brier = outer ? s->brier : NAN;
        to->top_decile_lift = outer ? s->top_decile_lift : NAN;
        to->predicted_total = outer ? s->predicted_total : NAN;
        if (!e->model) d->outer_actual_total = s->actual_total;
    }
}

void model_document_miss(const model_document *d, double *predicted, double *actual) {
    bool known = d->entries && d->fits.chosen < d->entries && d->entry[d->fits.chosen].fitted;
    *predicted = known ? d->entry[d->fits.chosen].predicted_total : NAN;
    *actual = known ? d->outer_actual_total : NAN;
}

/* --- writing --- */

static void put_day(json_t *to, const char *name, int32_t day) {
    char text[11];
    json_object_set_new(to, name, json_string(calendar_text(day, text)));
}

static void put_count(json_t *to, const char *name, uint64_t n) {
    json_object_set_new(to, name, json_integer((json_int_t)n));
}

static void put_number(json_t *to, const char *name, double value) {
    json_object_set_new(to, name, json_number(value));
}

static json_t *fit_out(const mr_fit *fit) {
    const mr_model *model = fit->params.model;
    json_t *out = json_object(), *parameters = json_object(), *errors = json_object();
    for (size_t i = 0; i < mr_model_params(model); i++) {
        put_number(parameters, mr_model_param(model, i), fit->params.value[i]);
        put_number(errors, mr_model_param(model, i), fit->se[i]);
    }
    json_object_set_new(out, "model", json_string(mr_model_name(model)));
    json_object_set_new(out, "k", json_integer(fit->params.k));
    json_object_set_new(out, "parameters", parameters);
    json_object_set_new(out, "standard_errors", errors);
    put_number(out, "log_likelihood", fit->log_likelihood);
    put_number(out, "customers", fit->n);
    return out;
}

/* Numbers of an entry, in the order they are written. */
#define ENTRY_NUMBERS(_) \
    _(inner_rmse) _(inner_log_loss) _(rmse) _(rmse_se) _(mae) _(msle) _(correlation) _(auc) _(brier) _(top_decile_lift) _(predicted_total)

static json_t *holdout_out(const model_document *d) {
    json_t *out = json_object(), *models = json_array();
    put_day(out, "inner_until", d->inner_until);
    put_count(out, "inner_days", (uint64_t)d->inner_days);
    put_day(out, "outer_until", d->outer_until);
    put_count(out, "outer_days", (uint64_t)d->outer_days);
    put_count(out, "customers", d->outer_customers);
    put_number(out, "actual_total", d->outer_actual_total);
    for (size_t i = 0; i < d->entries; i++) {
        const document_entry *e = &d->entry[i];
        json_t *one = json_pack("{s:s, s:s, s:i, s:b, s:s}", "model", e->name, "title", e->title, "k", e->k, "fitted", (int)e->fitted, "problem",
                                e->problem);
#define PUT(name) put_number(one, #name, e->name);
        ENTRY_NUMBERS(PUT)
#undef PUT
        json_array_append_new(models, one);
    }
    json_object_set_new(out, "models", models);
    return out;
}

static json_t *spending_out(const choice *c) {
    if (!c->has_spending) return json_pack("{s:n, s:s}", "model", "problem", c->spending_problem);
    json_t *out = fit_out(&c->spending);
    put_count(out, "spent_nothing", c->spending_zero);
    put_number(out, "correlation", c->spending_correlation);
    put_number(out, "p_value", c->spending_p_value);
    return out;
}

mr_status model_document_write(const model_document *d, char **text, mr_error *err) {
    json_t *root = json_object(), *sample = json_object();
    char last[24];
    json_object_set_new(root, "format", json_integer(MODEL_DOCUMENT_VERSION));
    json_object_set_new(root, "program", json_string(d->program));
    put_day(root, "first_day", d->first_day);
    put_day(root, "until", d->until);
    put_number(root, "days_per_unit", d->days_per_unit);
    json_object_set_new(root, "currency", json_string(d->currency));
    put_count(root, "customers", d->customers);
    json_object_set_new(sample, "rule", json_string("customer_id <= last"));
    snprintf(last, sizeof last, "%lld", (long long)d->sample_last);
    json_object_set_new(sample, "last", json_string(last)); /* more digits than most readers of JSON keep of a number */
    put_count(sample, "customers", d->sample);
    json_object_set_new(root, "sample", sample);
    put_number(root, "horizon_days", d->horizon_days);
    json_object_set_new(root, "forecast", fit_out(&d->fits.forecast));
    json_object_set_new(root, "why", json_string(d->fits.why));
    json_object_set_new(root, "cycle", fit_out(&d->fits.cycle));
    json_object_set_new(root, "spending", d->currency[0] ? spending_out(&d->fits) : json_null());
    json_object_set_new(root, "chosen", json_integer((json_int_t)d->fits.chosen));
    json_object_set_new(root, "holdout", d->entries ? holdout_out(d) : json_null());
    *text = json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(17));
    json_decref(root);
    return *text ? MR_OK : error_memory(err, 4096);
}

void model_document_free(char *text) {
    free(text);
}

/* --- reading --- */

typedef struct reader {
    bool bad;
    char what[48]; /* the field that is missing or wrong */
} reader;

static void wrong(reader *r, const char *what) {
    if (r->bad) return;
    r->bad = true;
    snprintf(r->what, sizeof r->what, "%.40s", what);
}

static const json_t *need(reader *r, const json_t *from, const char *name, int wanted) {
    const json_t *value = json_object_get(from, name);
    bool fits = value && ((int)json_typeof(value) == wanted || (wanted == JSON_REAL && (json_is_number(value) || json_is_null(value))));
    if (!fits) wrong(r, name);
    return fits ? value : NULL;
}

static double need_number(reader *r, const json_t *from, const char *name) {
    const json_t *value = need(r, from, name, JSON_REAL);
    return value && json_is_number(value) ? json_number_value(value) : NAN;
}

static int64_t need_integer(reader *r, const json_t *from, const char *name) {
    return json_integer_value(need(r, from, name, JSON_INTEGER));
}

static void need_text(reader *r, const json_t *from, const char *name, char *out, size_t room) {
    const char *text = json_string_value(need(r, from, name, JSON_STRING));
    snprintf(out, room, "%s", text ? text : "");
}

static int32_t need_day(reader *r, const json_t *from, const char *name) {
    char text[16];
    int32_t day = 0;
    need_text(r, from, name, text, sizeof text);
    if (!calendar_parse(text, strlen(text), &day)) wrong(r, name);
    return day;
}

static void read_fit(reader *r, const json_t *from, mr_fit *fit) {
    char name[32];
    need_text(r, from, "model", name, sizeof name);
    const mr_model *model = mr_model_find(name);
    if (!model) wrong(r, "a model this program does not know");
    *fit = (mr_fit){.params = {.model = model, .k = (int)need_integer(r, from, "k")}, .converged = true};
    bool sound = true;
    const json_t *parameters = need(r, from, "parameters", JSON_OBJECT), *errors = need(r, from, "standard_errors", JSON_OBJECT);
    for (size_t i = 0; i < mr_model_params(model); i++) {
        fit->params.value[i] = need_number(r, parameters, mr_model_param(model, i));
        fit->se[i] = need_number(r, errors, mr_model_param(model, i));
        sound = sound && fit->params.value[i] > 0 && isfinite(fit->params.value[i]);
    }
    if (fit->params.k < 1 || fit->params.k > MR_MAX_K || (fit->params.k > 1 && !mr_model_is_regular(model))) sound = false;
    if (!sound) wrong(r, "parameters");
    fit->log_likelihood = need_number(r, from, "log_likelihood");
    fit->n = need_number(r, from, "customers");
}

static void read_holdout(reader *r, const json_t *from, model_document *d) {
    d->inner_until = need_day(r, from, "inner_until");
    d->inner_days = (int32_t)need_integer(r, from, "inner_days");
    d->outer_until = need_day(r, from, "outer_until");
    d->outer_days = (int32_t)need_integer(r, from, "outer_days");
    d->outer_customers = (uint64_t)need_integer(r, from, "customers");
    d->outer_actual_total = need_number(r, from, "actual_total");
    const json_t *models = need(r, from, "models", JSON_ARRAY);
    d->entries = json_array_size(models);
    if (d->entries > COMPARE_MAX) d->entries = COMPARE_MAX;
    for (size_t i = 0; i < d->entries; i++) {
        const json_t *one = json_array_get(models, i);
        document_entry *e = &d->entry[i];
        need_text(r, one, "model", e->name, sizeof e->name);
        need_text(r, one, "title", e->title, sizeof e->title);
        need_text(r, one, "problem", e->problem, sizeof e->problem);
        e->k = (int)need_integer(r, one, "k");
        e->fitted = json_is_true(json_object_get(one, "fitted"));
#define NEED(name) e->name = need_number(r, one, #name);
        ENTRY_NUMBERS(NEED)
#undef NEED
    }
}

static void read_spending(reader *r, const json_t *from, choice *c) {
    if (json_is_null(json_object_get(from, "model"))) {
        need_text(r, from, "problem", c->spending_problem, sizeof c->spending_problem);
        return;
    }
    read_fit(r, from, &c->spending);
    c->has_spending = true;
    c->spending_zero = (uint64_t)need_integer(r, from, "spent_nothing");
    c->spending_correlation = need_number(r, from, "correlation");
    c->spending_p_value = need_number(r, from, "p_value");
}

static void read_all(reader *r, const json_t *root, model_document *d) {
    char last[24];
    need_text(r, root, "program", d->program, sizeof d->program);
    d->first_day = need_day(r, root, "first_day");
    d->until = need_day(r, root, "until");
    d->days_per_unit = need_number(r, root, "days_per_unit");
    need_text(r, root, "currency", d->currency, sizeof d->currency);
    d->customers = (uint64_t)need_integer(r, root, "customers");
    const json_t *sample = need(r, root, "sample", JSON_OBJECT);
    need_text(r, sample, "last", last, sizeof last);
    d->sample_last = strtoll(last, NULL, 10);
    d->sample = (uint64_t)need_integer(r, sample, "customers");
    d->horizon_days = need_number(r, root, "horizon_days");
    read_fit(r, need(r, root, "forecast", JSON_OBJECT), &d->fits.forecast);
    need_text(r, root, "why", d->fits.why, sizeof d->fits.why);
    read_fit(r, need(r, root, "cycle", JSON_OBJECT), &d->fits.cycle);
    if (d->currency[0]) read_spending(r, need(r, root, "spending", JSON_OBJECT), &d->fits);
    d->fits.chosen = (size_t)need_integer(r, root, "chosen");
    const json_t *holdout = json_object_get(root, "holdout");
    if (json_is_object(holdout)) read_holdout(r, holdout, d);
    if (!(d->days_per_unit > 0)) wrong(r, "days_per_unit");
}

mr_status model_document_read(const char *text, model_document *d, mr_error *err) {
    json_error_t where;
    json_t *root = json_loads(text, 0, &where);
    reader r = {0};
    *d = (model_document){.outer_actual_total = NAN};
    d->fits.spending_correlation = d->fits.spending_p_value = NAN;
    if (!json_is_object(root)) {
        json_decref(root);
        return error_set(err, MR_EDATA, "model", -1, "the stored model is no JSON object (%.100s); fit again with --refit", where.text);
    }
    int64_t version = json_integer_value(json_object_get(root, "format"));
    if (version == MODEL_DOCUMENT_VERSION) read_all(&r, root, d);
    json_decref(root);
    if (version > MODEL_DOCUMENT_VERSION)
        return error_set(err, MR_EDATA, "model", -1, "the stored model is of a newer Marram (format %lld): use that, or fit again with --refit",
                         (long long)version);
    if (version < 1 || r.bad)
        return error_set(err, MR_EDATA, "model", -1, "the stored model is damaged (%.47s); fit again with --refit", version < 1 ? "format" : r.what);
    return MR_OK;
}
