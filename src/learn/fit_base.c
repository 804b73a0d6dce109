#include "fit_base.h"

#include "error.h"
#include "mem.h"
#include "rng.h"

#include <stdio.h>
#include <string.h>

static mr_status compare_on(const sample *s, const fit_base_options *o, const mr_context *context, compare *out, mr_error *err) {
    int32_t days = choose_window(s->first_day, o->until, o->horizon_days);
    memset(out, 0, sizeof *out);
    if (days < 1) return MR_OK;
    uint64_t *hash = mem_take(NULL, s->n, sizeof *hash);
    if (!hash) return error_memory(err, s->n * sizeof *hash);
    for (size_t i = 0; i < s->n; i++) hash[i] = rng_mix((uint64_t)s->id[i]);
    compare_options options = {.outer_until = o->until - days, .outer_days = days, .days_per_unit = o->days_per_unit,
                               .sample = o->compare_sample, .seed = o->seed};
    mr_error why = {0};
    mr_status status = compare_models(&s->orders, hash, &options, o->clock, context, out, &why);
    mem_free(NULL, hash);
    if (status == MR_EDATA) return MR_OK; /* too short a history for a holdout: chosen by AIC, which is said */
    if (status != MR_OK && err) *err = why;
    return status;
}

static mr_status fit_sample(const sample *s, const fit_base_options *o, const mr_context *context, model_document *out, mr_error *err) {
    compare *c = mem_new(NULL, 1, sizeof *c);
    mr_data data;
    double *mean_spend, *columns = NULL;
    if (!c) return error_memory(err, sizeof *c);
    mr_status status = compare_on(s, o, context, c, err);
    if (status == MR_OK) status = sample_summarise(s, o->until, o->days_per_unit, context, &data, NULL, &mean_spend, &columns, err);
    if (status == MR_OK) status = choose_models(c, &data, s->orders.money ? mean_spend : NULL, context, &out->fits, err);
    if (status == MR_OK) model_document_compare(out, c);
    mem_free(NULL, columns);
    compare_free(c);
    mem_free(NULL, c);
    return status;
}

static double begin(const fit_base_options *o, const char *what) {
    if (o->begin) o->begin(o->ctx, what);
    return o->clock ? o->clock() : 0;
}

mr_status fit_base(crew *c, const survey *s, const occasions_money *money, const fit_base_options *o, const mr_context *context,
                   model_document *out, fit_base_seconds *seconds, mr_error *err) {
    sample orders = {0};
    double started = begin(o, "reading a sample");
    *seconds = (fit_base_seconds){0};
    mr_status status = sample_read(c, money, sample_limit(s->customers, o->sample), o->until, context, &orders, err);
    if (status != MR_OK) return status;
    if (!orders.n) {
        sample_free(&orders);
        return error_set(err, MR_EDATA, "until", -1, s->customers ? "nobody has an order by the last day: give a later --until"
                                                                  : "there are no orders in the ledger: import some first");
    }
    *out = (model_document){.first_day = orders.first_day, .until = o->until, .days_per_unit = o->days_per_unit, .customers = s->customers,
                            .sample_last = orders.last, .sample = orders.n, .horizon_days = o->horizon_days};
    snprintf(out->program, sizeof out->program, "%s", mr_version());
    memcpy(out->currency, money->currency, sizeof out->currency);
    double read = begin(o, "fitting");
    seconds->reading = read - started;
    status = fit_sample(&orders, o, context, out, err);
    seconds->fitting = o->clock ? o->clock() - read : 0;
    sample_free(&orders);
    return status;
}
