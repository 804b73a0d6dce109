/* marram report: the ledger's report. */
#include "base_report.h"
#include "columns_out.h"
#include "store.h"

#include <string.h>

static const char help[] =
    "marram report: who is about to leave, what they are worth, and what to do first, from the ledger\n"
    "\n"
    "usage: marram report [OPTION ...]\n"
    "\n"
    "The same report as 'marram run' makes from files: of contracts where at least half of the customers have one, else of orders.\n"
    "\n" STORE_HELP
    "  --out DIR                 where customers.csv, summary.json and report.html go (marram-out)\n"
    "  --previous DIR            an earlier run's folder: adds what changed since\n"
    "  --until DATE              the day to look from, as known then (orders: the last day of orders; contracts: today, or the\n"
    "                            last day anything happened where the data are older)\n"
    "  --today DATE              the clock's day\n"
    "  --horizon LENGTH          how far ahead: 90d, 13w, 6m, 1y (13w)\n"
    "  --margin SHARE            profit as a share of spend, for value (1: value is revenue)\n"
    "  --discount-rate RATE      per year (0.10)\n"
    "  --sample N                orders: customers the models are compared on; 0: all (6000)\n"
    "  --seed S                  of the bootstrap (1)\n"
    "  --unit UNIT               orders: day or week, the models' unit of time (week)\n"
    "  --threads N               0: one a core; the results do not depend on it (0)\n"
    "  --json                    print summary.json instead of the summary\n"
    "  --quiet                   print nothing but errors\n"
    "  --help                    this text\n"
    "\n"
    "examples:\n"
    "  marram report --db shop.db --margin 0.35\n"
    "  marram report --db postgres:///shop --horizon 6m --out /srv/report\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data, 4 no fit, 5 input/output, 130 interrupted\n";

typedef struct arguments {
    store_options store;
    base_options base;
    int64_t threads;
    bool help;
} arguments;

static bool read_margin(option_reader *r, double *margin) {
    if (!option_double(r, 0, 1, margin)) return false;
    if (*margin > 0) return true;
    command_usage(r->command, "--margin must be above 0");
    return false;
}

static bool read_unit(option_reader *r, double *days) {
    const char *text = option_value(r);
    if (!text) return false;
    *days = !strcmp(text, "day") ? 1 : 7;
    if (*days == 1 || !strcmp(text, "week")) return true;
    command_usage(r->command, "--unit must be one of day, week, not '%s'", text);
    return false;
}

static bool read_option(option_reader *r, const char *name, arguments *a) {
    base_options *o = &a->base;
    int64_t number = 0;
    if (option_is(name, "--out")) return (o->out = option_value(r)) != NULL;
    if (option_is(name, "--previous")) return (o->previous = option_value(r)) != NULL;
    if (option_is(name, "--until")) return option_date(r, &o->until);
    if (option_is(name, "--today")) return option_today(r, &o->today);
    if (option_is(name, "--horizon")) return option_duration_days(r, &o->build.horizon_days);
    if (option_is(name, "--margin")) return read_margin(r, &o->build.margin);
    if (option_is(name, "--discount-rate")) return option_double(r, 0, 10, &o->build.discount_rate);
    if (option_is(name, "--unit")) return read_unit(r, &o->build.days_per_unit);
    if (option_is(name, "--threads")) return option_integer(r, 0, 1024, &a->threads);
    if (option_is(name, "--sample")) {
        if (!option_integer(r, 0, 1000000000, &number)) return false;
        o->build.sample = (size_t)number;
        return true;
    }
    if (option_is(name, "--seed")) {
        if (!option_integer(r, 0, INT64_MAX, &number)) return false;
        o->build.seed = (uint64_t)number;
        return true;
    }
    if (option_is(name, "--json")) return o->json = true;
    if (option_is(name, "--quiet")) return o->quiet = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    int shared = store_option(r, name, &a->store);
    if (shared == 0) option_unknown(r, name);
    return shared == 1;
}

int command_report(int argc, char **argv) {
    arguments a = {.base = {.command = "report", .out = "marram-out", .until = INT32_MAX, .today = today_utc(),
                            .build = {.horizon_days = 91, .days_per_unit = 7, .margin = 1, .discount_rate = 0.1, .sample = 6000, .seed = 1,
                                      .clock = monotonic_seconds}}};
    option_reader r = option_begin("report", argc, argv);
    mr_error err = {0};
    mr_pool *pool = NULL;
    int code = EXIT_OK;
    store_begin(&a.store);
    for (const char *name; code == EXIT_OK && !a.help && (name = option_next(&r));)
        if (!read_option(&r, name, &a)) code = EXIT_USAGE;
    if (code != EXIT_OK) return code;
    if (a.help) {
        print_help(help);
        return EXIT_OK;
    }
    if (a.base.build.horizon_days < 1) return command_usage("report", "--horizon must be at least a day");
    if (!option_is_past("report", "--until", a.base.until, a.base.today)) return EXIT_USAGE;
    err.code = report_out_check(a.base.out, &err);
    if (err.code == MR_OK) err.code = mr_pool_new((int)a.threads, &pool, &err);
    code = err.code == MR_OK ? base_from_ledger(&a.base, a.store.url, pool) : command_fail("report", &err);
    mr_pool_free(pool);
    return code;
}
