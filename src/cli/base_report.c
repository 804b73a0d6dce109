#include "base_report.h"

#include "store.h"

#include <accounts.h>
#include <contracts_since.h>
#include <error.h>
#include <extras.h>
#include <ledger_orders.h>
#include <mem.h>
#include <previous.h>
#include <temporary.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct origin {
    const char *ledger; /* as shown; NULL: files */
    size_t files;
    uint64_t rows, rejected, not_begun, repeated, conflicting;
} origin;

/* --- writing and showing --- */

static int finish(const base_options *o, report *r, double started, const mr_context *context) {
    mr_error err = {0};
    progress_bar *bar = context->progress_ctx;
    r->seconds = monotonic_seconds() - started;
    r->peak_memory_mb = peak_megabytes();
    progress_end(bar);
    if (o->out) {
        progress_begin(bar, "writing");
        err.code = report_write(r, o->out, context, &err);
        progress_end(bar);
    }
    if (err.code != MR_OK) return command_fail(o->command, &err);
    return o->show ? o->show(o, r) : report_out_show(o->command, r, o->out, o->json, o->quiet);
}

static int failed(const base_options *o, mr_context *context, mr_error *err, mr_status status) {
    progress_end(context->progress_ctx);
    err->code = status;
    return command_fail(o->command, err);
}

/* --- orders --- */

/* What the ledger carries beyond orders or contracts; not where erosion alone is asked for. */
static mr_status add_extras(const base_options *o, ledger *l, report *r, report_extras *x, const mr_context *context, mr_error *err) {
    if (o->show || !l) return MR_OK;
    extras_options options = {.until = r->until, .horizon_days = (int32_t)lround(r->horizon_days), .seed = o->build.seed};
    progress_end(context->progress_ctx);
    progress_begin(context->progress_ctx, "moments, reasons"); /* the longest part */
    mr_status status = extras_read(l, &options, context, x, err);
    r->extras = x;
    return status;
}

static int orders_report(const base_options *o, ledger *l, const ingest_orders *input, const origin *from, double started, mr_context *context) {
    report_extras extras = {0};
    build b = {0};
    build_options options = o->build;
    previous before = {0};
    report_change *changes = NULL;
    mr_error err = {0};
    options.until = o->until != INT32_MAX ? o->until : INT32_MIN;
    mr_status status = o->previous ? previous_read(o->previous, &before, &err) : MR_OK;
    if (status == MR_OK) status = build_report(input, &options, context, &b, &err);
    if (status == MR_OK && o->previous) status = previous_join(&before, &b.r, context, &changes, &err);
    if (status == MR_OK) b.r.ledger = from ? from->ledger : NULL;
    if (status == MR_OK) status = add_extras(o, l, &b.r, &extras, context, &err);
    int code = status == MR_OK ? finish(o, &b.r, started, context) : failed(o, context, &err, status);
    build_free(&b);
    mem_free(NULL, changes);
    previous_free(&before);
    extras_free(&extras);
    return code;
}

int base_from_orders(const base_options *o, const ingest_orders *input, double started, mr_pool *pool) {
    progress_bar bar;
    mr_context context = {.pool = pool, .progress = progress_tick, .progress_ctx = &bar};
    progress_begin(&bar, "fitting and forecasting");
    return orders_report(o, NULL, input, NULL, started, &context);
}

static int ledger_orders_report(const base_options *o, ledger *l, const origin *from, double started, mr_context *context) {
    ingest_orders input;
    mr_error err = {0};
    mr_status status = ledger_orders(l, o->until, context, &input, &err);
    int code = status == MR_OK ? orders_report(o, l, &input, from, started, context) : failed(o, context, &err, status);
    ingest_orders_free(&input);
    return code;
}

/* --- contracts --- */

static int contracts_report(const base_options *o, ledger *l, const accounts_survey *s, const origin *from, double started, mr_context *context) {
    accounts_reading reading = {0};
    contracts_build b = {0};
    report_extras extras = {0};
    contracts_since since = {0};
    leaving_chances model = {0};
    ingest_orders input = {.understood = {.first_day = s->first_day, .last_day = s->last_day, .date_format = DATE_YMD}};
    mr_error err = {0};
    int32_t until = o->until != INT32_MAX ? o->until : accounts_until(s, o->today);
    int64_t before = (int64_t)until - llround(o->build.horizon_days);
    report r = {.input = &input, .program_version = mr_version(), .until = until, .horizon_days = o->build.horizon_days, .days_per_unit = o->build.days_per_unit,
                .margin = o->build.margin, .discount_rate = o->build.discount_rate, .interval_level = .8, .seed = o->build.seed, .ledger = from->ledger};
    mr_status status = o->previous ? contracts_since_read(o->previous, &since, &err) : MR_OK;
    if (status == MR_OK) status = accounts_read(l, s, until, before > s->first_contract ? (int32_t)before : TRACE_NO_DAY, context, &reading, &err);
    if (strcmp(reading.currency, "XXX")) snprintf(input.understood.currency, sizeof input.understood.currency, "%s", reading.currency);
    if (status == MR_OK && from->ledger)
        status = leaving_chances_read(l, RISK_CONTRACTS, (int32_t)lround(o->build.horizon_days), until, context, &model, &err);
    if (status == MR_OK) status = contracts_build_report(&r, &reading, &model, context, &b, &err);
    if (status == MR_OK && o->previous) {
        b.report.since = &since;
        status = contracts_since_join(&since, &r, &err);
    }
    if (status == MR_OK) status = add_extras(o, l, &r, &extras, context, &err);
    b.report.source = from->ledger;
    b.report.files = from->files;
    b.report.rows_read = from->rows;
    b.report.rejected = from->rejected;
    b.report.not_begun = from->not_begun;
    b.report.repeated = from->repeated;
    b.report.conflicting = from->conflicting;
    b.report.day_given = o->until != INT32_MAX;
    b.report.today = o->today;
    b.report.events = s->events;
    b.report.no_period = s->no_period;
    int code = status == MR_OK ? finish(o, &r, started, context) : failed(o, context, &err, status);
    contracts_free(&b);
    contracts_since_free(&since);
    extras_free(&extras);
    accounts_free(&reading);
    leaving_chances_free(&model);
    return code;
}

/* --- either --- */

static int of_ledger(const base_options *o, const char *url, const origin *from, bool contracts, double started, mr_pool *pool) {
    ledger *l = NULL;
    accounts_survey s;
    mr_error err = {0};
    progress_bar bar;
    mr_context context = {.pool = pool, .progress = progress_tick, .progress_ctx = &bar};
    mr_status status = ledger_open_reading(url, &l, &err);
    progress_begin(&bar, "reading the ledger");
    if (status == MR_OK) status = accounts_look(l, &s, &err);
    int code;
    if (status != MR_OK) code = failed(o, &context, &err, status);
    else if (contracts || s.mode == RISK_CONTRACTS) code = contracts_report(o, l, &s, from, started, &context);
    else code = ledger_orders_report(o, l, from, started, &context);
    ledger_close(l);
    return code;
}

int base_from_ledger(const base_options *o, const char *url, mr_pool *pool) {
    /* What is shown of a ledger never holds its password. */
    const origin from = {.ledger = strncmp(url, "postgres", 8) ? url : "PostgreSQL"};
    return of_ledger(o, url, &from, false, monotonic_seconds(), pool);
}

int base_from_files(const base_options *o, const char *contracts, const reader_options *reader, mr_pool *pool) {
    double started = monotonic_seconds();
    size_t n = reader->paths_n + 1;
    temporary_file *inputs = calloc(n, sizeof *inputs);
    char(*names)[64] = calloc(n, sizeof *names);
    mr_error err = {0};
    temporary t = {0};
    rejects_file bad_lines = {""};
    int code = EXIT_INTERNAL;
    if (!inputs || !names) goto done;
    inputs[0] = temporary_file_of(contracts, "contracts", names[0]);
    for (size_t i = 1; i < n; i++) {
        inputs[i] = temporary_file_of(reader->paths[i - 1], NULL, names[i]);
        if (!inputs[i].what && !strchr(inputs[i].path, '.')) { /* its name says nothing of what it is */
            code = command_usage(o->command, "beside --contracts a file needs what it is before it, such as cases:%s", inputs[i].path);
            goto done;
        }
    }
    err.code = o->out ? report_out_check(o->out, &err) : MR_OK;
    if (err.code == MR_OK) {
        progress_bar bar;
        mr_context context = {.pool = pool, .progress = progress_tick, .progress_ctx = &bar};
        /* The day the report is of is the day the file is of: what begins later has not begun, what ends later renews then. */
        temporary_options how = {.date_format = reader->ingest.date_format, .decimal = reader->ingest.decimal, .columns = reader->ingest.columns,
                                 .today = o->until != INT32_MAX ? o->until : o->today, .now_us = now_us(), .skip_errors = reader->ingest.skip_errors,
                                 .rates = o->rates};
        if (o->out && how.skip_errors) {
            rejects_file_begin(&bad_lines, o->out);
            how.rejects_path = bad_lines.path;
        }
        progress_begin(&bar, "reading");
        bar.bytes = true;
        err.code = temporary_make(inputs, n, &how, &context, &t, &err);
        progress_end(&bar);
    }
    if (err.code != MR_OK) {
        code = command_fail(o->command, &err);
        goto done;
    }
    const origin from = {.files = n, .rows = t.rows, .rejected = t.rejected, .not_begun = t.not_begun, .repeated = t.repeated, .conflicting = t.conflicting};
    code = of_ledger(o, t.url, &from, true, started, pool);
    if (code == EXIT_OK && o->out && (err.code = rejects_file_place(&bad_lines, o->out, t.rejected > 0, &err)) != MR_OK) code = command_fail(o->command, &err);
done:
    if (code != EXIT_OK) rejects_file_drop(&bad_lines);
    temporary_remove(&t);
    free(inputs);
    free(names);
    return code;
}
