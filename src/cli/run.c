/* marram run: from files of orders to who is leaving. */
#include "base_report.h"
#include "columns_out.h"
#include "reader.h"

#include <build.h>
#include <mem.h>
#include <previous.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "marram run: who is about to leave, what they are worth, and what to do first\n"
    "\n"
    "usage: marram run ORDERS... [OPTION ...]      ORDERS: files, .gz files, or - for standard input\n"
    "       marram run --contracts FILE [RECORD:FILE ...] [OPTION ...]\n"
    "\n"
    "  --contracts FILE          a base with contracts (customer, start, end, price ...) in place of orders; MAPPING:FILE where a\n"
    "                            mapping reads it; more records as RECORD:FILE, such as cases:tickets.csv (docs/methods/contracts.md)\n"
    "  --rates FILE              with --contracts in several currencies: CSV of currency,rate or currency,day,rate\n"
    "  --out DIR                 where customers.csv, summary.json and report.html go (marram-out)\n"
    "  --horizon LENGTH          how far ahead: 90d, 13w, 6m, 1y (13w)\n"
    "  --margin SHARE            profit as a share of spend, for value (1: value is revenue)\n"
    "  --discount-rate RATE      per year (0.10)\n"
    "  --previous DIR            an earlier run's folder: adds what changed since\n"
    "  --on-error stop|skip      skip writes bad lines to DIR/rejects.csv and goes on (stop)\n"
    "  --sample N                customers the models are compared on; 0: all (6000)\n"
    "  --seed S                  of the bootstrap (1)\n"
    "  --json                    print summary.json instead of the summary\n"
    "  --quiet                   print nothing but errors\n"
    "  --help                    this text\n"
    "\n" READER_HELP "\n"
    "examples:\n"
    "  marram run orders.csv\n"
    "  marram run 2024.csv.gz 2025.csv.gz --margin 0.35 --horizon 6m --out report\n"
    "  marram run --contracts contracts.csv cases:tickets.csv --margin 0.8 --out report\n"
    "  duckdb -c \"COPY (SELECT customer, day, total FROM 'orders.parquet') TO '/dev/stdout' (FORMAT csv)\" | marram run -\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data, 4 no fit, 5 input/output, 130 interrupted\n";

typedef struct arguments {
    reader_options reader;
    build_options build;
    const char *out, *previous, *contracts, *rates;
    rejects_file rejects;
    bool json, quiet, help;
} arguments;

static bool read_on_error(option_reader *r, arguments *a) {
    const char *text = option_value(r);
    if (!text) return false;
    a->reader.ingest.skip_errors = !strcmp(text, "skip");
    if (a->reader.ingest.skip_errors || !strcmp(text, "stop")) return true;
    command_usage(r->command, "--on-error must be stop or skip, not '%s'", text);
    return false;
}

/* One option; false after having reported what is wrong with it. */
static bool read_option(option_reader *r, const char *name, arguments *a) {
    int64_t number;
    if (option_is(name, "--out")) return (a->out = option_value(r)) != NULL;
    if (option_is(name, "--contracts")) return (a->contracts = option_value(r)) != NULL;
    if (option_is(name, "--rates")) return (a->rates = option_value(r)) != NULL;
    if (option_is(name, "--previous")) return (a->previous = option_value(r)) != NULL;
    if (option_is(name, "--horizon")) return option_duration_days(r, &a->build.horizon_days);
    if (option_is(name, "--margin")) {
        if (!option_double(r, 0, 1, &a->build.margin)) return false;
        if (a->build.margin > 0) return true;
        command_usage(r->command, "--margin must be above 0");
        return false;
    }
    if (option_is(name, "--discount-rate")) return option_double(r, 0, 10, &a->build.discount_rate);
    if (option_is(name, "--on-error")) return read_on_error(r, a);
    if (option_is(name, "--sample")) {
        if (!option_integer(r, 0, 1000000000, &number)) return false;
        a->build.sample = (size_t)number;
        return true;
    }
    if (option_is(name, "--seed")) {
        if (!option_integer(r, 0, INT64_MAX, &number)) return false;
        a->build.seed = (uint64_t)number;
        return true;
    }
    if (option_is(name, "--json")) return a->json = true;
    if (option_is(name, "--quiet")) return a->quiet = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    int shared = reader_option(r, name, &a->reader);
    if (shared == 0) option_unknown(r, name);
    return shared == 1;
}

typedef struct work {
    ingest_orders input;
    build b;
    previous before;
    report_change *changes;
} work;

static mr_status build_and_write(const arguments *a, work *w, double started, const mr_context *context, mr_error *err) {
    build_options options = a->build;
    if (a->reader.ingest.until != INT32_MAX) options.until = a->reader.ingest.until;
    options.days_per_unit = a->reader.days_per_unit;
    mr_status status = build_report(&w->input, &options, context, &w->b, err);
    if (status == MR_OK && a->previous) status = previous_join(&w->before, &w->b.r, context, &w->changes, err);
    if (status != MR_OK) return status;
    w->b.r.seconds = monotonic_seconds() - started;
    w->b.r.peak_memory_mb = peak_megabytes();
    progress_bar *bar = context->progress_ctx;
    progress_end(bar);
    progress_begin(bar, "writing");
    status = report_write(&w->b.r, a->out, context, err);
    return status == MR_OK ? rejects_file_place(&a->rejects, a->out, w->input.understood.rejected > 0, err) : status;
}

static int run(arguments *a, mr_pool *pool) {
    double started = monotonic_seconds();
    work *w = calloc(1, sizeof *w);
    mr_error err = {0};
    if (!w) return EXIT_INTERNAL;
    mr_status status = report_out_check(a->out, &err);
    if (status == MR_OK && a->previous) status = previous_read(a->previous, &w->before, &err);
    err.code = status;
    if (status == MR_OK && a->reader.ingest.skip_errors) {
        rejects_file_begin(&a->rejects, a->out);
        a->reader.ingest.rejects_path = a->rejects.path;
    }
    int code = status == MR_OK ? reader_read("run", &a->reader, pool, &w->input) : command_fail("run", &err);
    if (code == EXIT_OK) {
        progress_bar bar;
        mr_context context = {.pool = pool, .progress = progress_tick, .progress_ctx = &bar};
        progress_begin(&bar, "fitting and forecasting");
        err.code = build_and_write(a, w, started, &context, &err);
        progress_end(&bar);
        code = err.code == MR_OK ? report_out_show("run", &w->b.r, a->out, a->json, a->quiet) : command_fail("run", &err);
    }
    if (code != EXIT_OK) rejects_file_drop(&a->rejects);
    mem_free(NULL, w->changes);
    build_free(&w->b);
    previous_free(&w->before);
    ingest_orders_free(&w->input);
    free(w);
    return code;
}

/* What belongs to orders alone would be passed over in silence. */
static int run_contracts(const arguments *a, mr_pool *pool) {
    const struct {
        const char *name;
        bool given;
    } orders[] = {{"--preset", a->reader.ingest.preset != NULL}};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        if (orders[i].given) return command_usage("run", "%s is for orders, not for --contracts", orders[i].name);
    base_options o = {.command = "run", .out = a->out, .previous = a->previous, .rates = a->rates, .build = a->build, .until = a->reader.ingest.until, .today = a->reader.ingest.today,
                      .json = a->json, .quiet = a->quiet};
    return base_from_files(&o, a->contracts, &a->reader, pool);
}

int command_run(int argc, char **argv) {
    const char **paths = calloc((size_t)argc + 1, sizeof *paths);
    if (!paths) return EXIT_INTERNAL;
    arguments a = {.out = "marram-out",
                   .build = {.until = INT32_MIN, .horizon_days = 91, .margin = 1, .discount_rate = 0.1, .sample = 6000, .seed = 1,
                             .clock = monotonic_seconds}};
    reader_begin(&a.reader, paths);
    option_reader r = option_begin("run", argc, argv);
    int code = EXIT_OK;
    for (const char *name; code == EXIT_OK && !a.help && (name = option_next(&r));)
        if (!read_option(&r, name, &a)) code = EXIT_USAGE;
    mr_error err = {0};
    mr_pool *pool = NULL;
    if (code != EXIT_OK) {
    } else if (a.help) {
        print_help(help);
    } else if (a.build.horizon_days < 1) {
        code = command_usage("run", "--horizon must be at least a day");
    } else if (a.rates && !a.contracts) {
        code = command_usage("run", "--rates is for --contracts, not for orders");
    } else if (mr_pool_new((int)a.reader.threads, &pool, &err) != MR_OK) {
        code = command_fail("run", &err);
    } else if (a.contracts) {
        code = run_contracts(&a, pool);
    } else {
        code = run(&a, pool);
    }
    mr_pool_free(pool);
    free(paths);
    return code;
}
