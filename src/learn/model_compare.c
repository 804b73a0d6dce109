#include "model_compare.h"

#include "error.h"
#include "mem.h"
#include "outlook.h"
#include "survey.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What one side says of each customer of the sample. */
typedef struct forecasts {
    double *columns, *order;
    uint8_t *stage;
} forecasts;

static mr_status spending_likelihood(const mr_data *data, const double *mean_spend, const mr_params *p, const mr_context *context, double *out,
                                     mr_error *err) {
    double *x = mem_take(NULL, 2 * data->n, sizeof *x), *m = x + data->n;
    size_t n = 0;
    if (!x) return error_memory(err, 2 * data->n * sizeof *x);
    for (size_t i = 0; i < data->n; i++) {
        if (data->x[i] == 0 || mean_spend[i] <= 0) continue;
        x[n] = data->x[i];
        m[n++] = mean_spend[i];
    }
    mr_status status = n ? mr_model_log_likelihood(p, &(mr_data){.n = n, .x = x, .mean_spend = m}, context, out, NULL, err) : MR_OK;
    mem_free(NULL, x);
    return status;
}

static mr_status look(compared_model *s, const mr_data *data, const double *mean_spend, double horizon_days, const mr_context *context,
                      forecasts *f, mr_error *err) {
    enum { COLUMNS = 11 };
    const choice *fits = &s->document.fits;
    size_t n = data->n;
    const outlook_spec spec = {.forecast = &fits->forecast.params, .cycle = &fits->cycle.params, .days_per_unit = s->document.days_per_unit,
                               .horizon_days = horizon_days, .level = 0.8, .margin = 1};
    double *c = f->columns = mem_take(NULL, n * COLUMNS, sizeof *c);
    f->stage = mem_take(NULL, n, 1);
    if (!c || !f->stage) return error_memory(err, n * COLUMNS * sizeof *c);
    const outlook_columns out = {.alive = c, .later = c + n, .order = c + 2 * n, .expected = c + 3 * n, .low = c + 4 * n, .high = c + 5 * n,
                                 .stay = c + 6 * n, .gap = c + 7 * n, .gap_50 = c + 8 * n, .gap_90 = c + 9 * n, .gap_95 = c + 10 * n};
    f->order = out.order;
    mr_status status = mr_model_log_likelihood(spec.forecast, data, context, &s->log_likelihood, NULL, err);
    if (status == MR_OK) status = outlook_forecast(&spec, data, context, &out, err);
    s->spending_log_likelihood = NAN;
    if (status == MR_OK && fits->has_spending)
        status = spending_likelihood(data, mean_spend, &fits->spending.params, context, &s->spending_log_likelihood, err);
    for (size_t i = 0; status == MR_OK && i < n; i++) {
        mr_standing standing = outlook_standing(&spec, data, &out, 1, i);
        mr_stage stage = mr_stage_of(&standing, MR_LEFT_THRESHOLD);
        s->expected += out.expected[i];
        s->ordering += out.order[i];
        s->alive += out.alive[i] / (double)n;
        s->stage[stage]++;
        f->stage[i] = (uint8_t)stage;
    }
    return status;
}

static mr_status load(ledger *l, const char *name, compared_model *s, mr_error *err) {
    ledger_model stored = {0};
    mr_status status = ledger_model_find(l, name, &stored, err);
    if (status == MR_OK) status = model_document_read(stored.document, &s->document, err);
    s->model = stored;
    s->model.document = NULL;
    ledger_model_free(&stored);
    return status;
}

static mr_status alike(const model_comparison *c, const char *currency, mr_error *err) {
    const model_document *a = &c->side[0].document, *b = &c->side[1].document;
    if (a->days_per_unit != b->days_per_unit)
        return error_set(err, MR_EDATA, "model", -1, "one model counts time in units of %g days, the other of %g: their parameters and "
                         "likelihoods cannot be compared", a->days_per_unit, b->days_per_unit);
    if (strcmp(a->currency, b->currency) != 0 || strcmp(a->currency, currency) != 0)
        return error_set(err, MR_EDATA, "currency", -1, "the models count in '%s' and '%s', the ledger in '%s': their spending models cannot be "
                         "compared", a->currency, b->currency, currency);
    return MR_OK;
}

static mr_status read_now(crew *c, const model_compare_options *o, const mr_context *context, model_comparison *out, sample *s, mr_error *err) {
    currency_rates rates = {0};
    occasions_money money = {0};
    survey base;
    bool convert = false;
    mr_status status = ledger_rates_read(c->ledger[0], &rates, err);
    if (status == MR_OK) status = survey_read(c, 0, 1, o->today, context, &base, err);
    if (status == MR_OK) status = survey_currency(c->ledger[0], &base, &rates, money.currency, err);
    if (status == MR_OK) status = survey_convert(c->ledger[0], &base, &rates, money.currency, &convert, err);
    if (status == MR_OK) status = alike(out, money.currency, err);
    if (convert) money.rates = &rates;
    if (status == MR_OK) {
        out->until = base.last_day < o->today ? base.last_day : o->today;
        status = sample_read(c, &money, sample_limit(base.customers, o->sample), out->until, context, s, err);
    }
    if (status == MR_OK && !s->n) status = error_set(err, MR_EDATA, NULL, -1, "%s holds no orders", db_name(c->ledger[0]->d));
    ledger_rates_free(&rates);
    return status;
}

static mr_status look_at_both(const model_compare_options *o, const sample *s, const mr_context *context, model_comparison *out, mr_error *err) {
    mr_data data;
    double *mean_spend, *columns = NULL;
    forecasts f[2] = {{0}};
    mr_status status = sample_summarise(s, out->until, out->side[0].document.days_per_unit, context, &data, NULL, &mean_spend, &columns, err);
    for (int i = 0; i < 2 && status == MR_OK; i++) status = look(&out->side[i], &data, mean_spend, o->horizon_days, context, &f[i], err);
    for (size_t i = 0; i < s->n && status == MR_OK; i++) {
        out->chance_apart += fabs(f[0].order[i] - f[1].order[i]) / (double)s->n;
        out->stage_apart += f[0].stage[i] != f[1].stage[i];
    }
    for (int i = 0; i < 2; i++) {
        mem_free(NULL, f[i].columns);
        mem_free(NULL, f[i].stage);
    }
    mem_free(NULL, columns);
    return status;
}

mr_status model_compare(const model_compare_options *o, const mr_context *context, model_comparison *out, mr_error *err) {
    crew c;
    sample s = {0};
    *out = (model_comparison){.horizon_days = o->horizon_days};
    mr_status status = crew_open(o->url, &(db_options){.read_only = true}, context ? context->pool : NULL, &c, err);
    for (int i = 0; i < 2 && status == MR_OK; i++) status = load(c.ledger[0], o->name[i], &out->side[i], err);
    if (status == MR_OK && o->begin) o->begin(o->ctx, "reading a sample");
    if (status == MR_OK) status = read_now(&c, o, context, out, &s, err);
    if (status == MR_OK && o->begin) o->begin(o->ctx, "comparing");
    if (status == MR_OK) status = look_at_both(o, &s, context, out, err);
    out->customers = s.n;
    sample_free(&s);
    crew_close(&c);
    return status;
}
