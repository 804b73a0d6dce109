/* marram reasons: why customers left, and what speaks for leaving among those who are here. */
#include "base_source.h"
#include "columns_out.h"
#include "reasons_print.h"

#include <person.h>
#include <reasons_json.h>
#include <reasons_learned.h>
#include <calendar.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "marram reasons: why customers left: what they said, what was observed, what the model of leaving learnt, side by side\n"
    "\n"
    "usage: marram reasons [ID] " BASE_SOURCE_USAGE " [OPTION ...]\n"
    "\n" BASE_SOURCE_HELP
    "what is shown:\n"
    "  --customer ID             one customer, with the signals, their dates and sentences; in a ledger also without --customer\n"
    "  --source NAME             of which source ID is an identifier, where several have it\n"
    "  --horizon LENGTH          without contracts: silence after which a customer counts as left: 90d, 13w, 6m (13w)\n"
    "  --threads N               0: one a core; what comes out does not depend on it (0)\n"
    "  --json                    print as JSON: also quarters, every signal's weight, the table of stated and observed\n"
    "  --help                    this text\n"
    "\n"
    "examples:\n"
    "  marram reasons --db shop.db\n"
    "  marram reasons C-1042 --db shop.db\n"
    "  marram reasons contracts:contracts.csv events.ndjson --json\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data, 5 input/output, 130 interrupted\n";

typedef struct arguments {
    base_source source;
    const char *customer, *of;
    double horizon_days;
    int64_t threads;
    bool json, help;
} arguments;

static bool read_option(option_reader *r, const char *name, void *arguments_) {
    arguments *a = arguments_;
    if (option_is(name, "--threads")) return option_integer(r, 0, 1024, &a->threads);
    if (option_is(name, "--json")) return a->json = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    if (option_is(name, "--customer")) return (a->customer = option_value(r)) != NULL;
    if (option_is(name, "--source")) return (a->of = option_value(r)) != NULL;
    if (option_is(name, "--horizon")) return option_duration_days(r, &a->horizon_days);
    int shared = base_source_option(r, name, &a->source);
    if (shared == 0) option_unknown(r, name);
    return shared == 1;
}

typedef struct one_customer {
    const reasons_base *b;
    json_t *o;
    bool seen;
} one_customer;

static mr_status look(void *ctx, const trace *t, const trace_facts *f, mr_error *err) {
    one_customer *one = ctx;
    one->seen = true;
    return reasons_json_customer(one->b, t, f, &one->o, err);
}

static mr_status customer(const arguments *a, int64_t id, const reasons_base *b, trace_source traces, json_t **out, mr_error *err) {
    one_customer one = {.b = b};
    mr_status status = traces.scan(traces.self, id, id, look, &one, err);
    if (status == MR_OK && !one.seen) {
        snprintf(err->message, sizeof err->message, "nothing has happened to customer '%.100s' yet", a->customer);
        status = err->code = MR_EDATA;
    }
    *out = one.o;
    if (status == MR_OK) {
        reasons_leaving l = {.day = b->until};
        json_t *learned = NULL;
        /* Of who left: the day before, when they were still at risk; the day they were looked at is in as_of. */
        const char *as_of = json_string_value(json_object_get(one.o, "as_of")), *standing = json_string_value(json_object_get(one.o, "standing"));
        if (as_of) calendar_parse(as_of, 10, &l.day);
        if (standing && !strcmp(standing, "left")) l.day -= b->mode == RISK_CONTRACTS ? 1 : b->horizon_days;
        status = reasons_learned_customer(a->source.l, &a->source.rates, id, l.day, NULL, &learned, err);
        if (learned) json_object_set_new(one.o, "learned", learned);
    }
    return status;
}

static int print(const arguments *a, const json_t *o) {
    if (!o) return EXIT_INTERNAL;
    if (a->json) {
        json_dumpf(o, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(12));
        putchar('\n');
    } else if (a->customer) {
        reasons_print_customer(o);
    } else {
        reasons_print(o);
    }
    return EXIT_OK;
}

static int run(arguments *a) {
    mr_error err = {0};
    progress_bar bar;
    mr_context context = {.progress = progress_tick, .progress_ctx = &bar};
    reasons_base base = {0};
    reasons_options o = {.until = TRACE_NO_DAY, .horizon_days = (int32_t)lround(a->horizon_days)};
    json_t *out = NULL;
    int64_t id = 0;
    int code = base_source_open("reasons", &a->source);
    if (code != EXIT_OK) return code;
    err.code = mr_pool_new((int)a->threads, &context.pool, &err);
    trace_ledger l = {.l = a->source.l, .pool = context.pool, .options = {.profiling = true}};
    o.last_day = a->source.files.today;
    if (err.code == MR_OK) err.code = ledger_trace_money(l.l, &a->source.rates, &l.options, &err);
    if (err.code == MR_OK && a->customer) err.code = person_find(l.l, a->customer, a->of, &id, &err);
    progress_begin(&bar, "looking");
    if (err.code == MR_OK) err.code = reasons_scan(trace_source_of(&l), &o, &context, &base, &err);
    progress_end(&bar);
    l.options.profiling = false; /* one customer's own evidence: to be shown to whoever talks to them */
    if (err.code == MR_OK && a->customer) err.code = customer(a, id, &base, trace_source_of(&l), &out, &err);
    if (err.code == MR_OK && !a->customer) {
        json_t *learned = NULL;
        out = reasons_json(&base, l.options.currency);
        progress_begin(&bar, "scoring");
        err.code = reasons_learned(a->source.l, &a->source.rates, base.until, &context, &learned, &err);
        progress_end(&bar);
        if (learned) json_object_set_new(out, "learned", learned);
    }
    code = err.code == MR_OK ? print(a, out) : command_fail("reasons", &err);
    json_decref(out);
    reasons_free(&base);
    mr_pool_free(context.pool);
    return code;
}

static int checked(void *arguments_) {
    arguments *a = arguments_;
    if (!a->customer) a->customer = base_source_customer(&a->source);
    if (!(a->horizon_days >= 1 && a->horizon_days <= 36500)) return command_usage("reasons", "--horizon must be a day at least, and 36500 at most");
    return run(a);
}

int command_reasons(int argc, char **argv) {
    arguments a = {.horizon_days = REASONS_QUARTER};
    return base_command_run(&(base_command){"reasons", help, &a.source, &a.help, read_option, checked}, &a, argc, argv);
}
