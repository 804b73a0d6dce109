/* marram score: every customer of the ledger forecast, and the forecasts kept in it. */
#include "columns_out.h"
#include "score_print.h"
#include "store.h"

#include <mem.h>
#include <rates_file.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "marram score: forecasts of all customers in the ledger, kept in its table forecast\n"
    "\n"
    "usage: marram score [OPTION ...]\n"
    "\n" STORE_HELP
    "  --part I/N                only the Ith of N parts of the customers: run the others elsewhere, or later\n"
    "  --threads N               parts at once; 0: one a core (0; with --part 1); forecasts do not depend on it\n"
    "  --until DATE              the day to look ahead from (the last day of orders; with --part, that of the newest stored model)\n"
    "  --horizon LENGTH          how far ahead: 90d, 13w, 6m, 1y (13w)\n"
    "  --margin SHARE            profit as a share of spend, for value (1: value is revenue)\n"
    "  --discount-rate RATE      per year (0.10)\n"
    "  --model NUMBER|latest     a stored model, by its number or the beginning of it (the pinned one, else the latest)\n"
    "  --refit                   fit and store a new model first; without a stored one that is done anyway\n"
    "  --fit-only                fit and store a new model, forecast nothing\n"
    "  --sample N                customers to fit to, about; 0: all (200000)\n"
    "  --rates FILE              CSV of currency,rate or currency,day,rate: kept, and used to add amounts of several currencies\n"
    "  --no-repair               refuse where an import left cycles stale, instead of making them anew\n"
    "  --json                    print the figures as JSON\n"
    "  --quiet                   print nothing but errors\n"
    "  --help                    this text\n"
    "\n"
    "examples:\n"
    "  marram score --db shop.db --horizon 6m --margin 0.35\n"
    "  marram score --db postgres:///shop --fit-only\n"
    "  marram score --db postgres:///shop --part 1/2 & marram score --db postgres:///shop --part 2/2; wait\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data, 4 no fit, 5 input/output, 130 interrupted\n";

typedef struct arguments {
    store_options store;
    scoring_options scoring;
    const char *rates;
    int64_t threads;
    bool threads_given, json, quiet, help;
} arguments;

static bool read_part(option_reader *r, scoring_options *o) {
    const char *text = option_value(r);
    unsigned part, of;
    int used = 0;
    if (!text) return false;
    if (sscanf(text, "%u/%u%n", &part, &of, &used) == 2 && !text[used] && *text != '-' && part >= 1 && part <= of && of <= 4096) {
        o->part = part - 1;
        o->of = of;
        return true;
    }
    command_usage(r->command, "--part must be such as 1/2: the number of the part, and of how many (4096 at most), not '%s'", text);
    return false;
}

static bool read_flag(const char *name, arguments *a) {
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {{"--refit", &a->scoring.refit}, {"--fit-only", &a->scoring.fit_only}, {"--no-repair", &a->scoring.no_repair},
                 {"--json", &a->json}, {"--quiet", &a->quiet}, {"--help", &a->help}, {"-h", &a->help}};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (option_is(name, flags[i].name)) return *flags[i].flag = true;
    return false;
}

/* One option; false after having reported what is wrong with it. */
static bool read_option(option_reader *r, const char *name, arguments *a) {
    scoring_options *o = &a->scoring;
    if (read_flag(name, a)) return true;
    if (option_is(name, "--part")) return read_part(r, o);
    if (option_is(name, "--threads")) return a->threads_given = option_integer(r, 0, 1024, &a->threads);
    if (option_is(name, "--until")) return option_date(r, &o->until);
    if (option_is(name, "--horizon")) return option_duration_days(r, &o->horizon_days);
    if (option_is(name, "--discount-rate")) return option_double(r, 0, 10, &o->discount_rate);
    if (option_is(name, "--model")) return (o->model = option_value(r)) != NULL;
    if (option_is(name, "--rates")) return (a->rates = option_value(r)) != NULL;
    if (option_is(name, "--margin")) {
        if (!option_double(r, 0, 1, &o->margin)) return false;
        if (o->margin > 0) return true;
        command_usage(r->command, "--margin must be above 0");
        return false;
    }
    if (option_is(name, "--sample")) {
        int64_t number;
        if (!option_integer(r, 0, 1000000000, &number)) return false;
        o->sample = (uint64_t)number;
        return true;
    }
    int shared = store_option(r, name, &a->store);
    if (shared == 0) option_unknown(r, name);
    return shared == 1;
}

/* What makes no sense together; an exit code. */
static int check(const arguments *a) {
    const scoring_options *o = &a->scoring;
    if (o->horizon_days < 1) return command_usage("score", "--horizon must be at least a day");
    if (o->model && (o->refit || o->fit_only)) return command_usage("score", "--model uses a stored model, %s fits a new one", o->refit ? "--refit" : "--fit-only");
    if (o->of > 1 && (o->refit || o->fit_only))
        return command_usage("score", "a part is scored by a stored model: first --fit-only without --part, then the parts");
    return EXIT_OK;
}

/* --- stages, each with a bar --- */

static void next_stage(void *ctx, const char *what) {
    progress_bar *bar = ctx;
    progress_end(bar);
    progress_begin(bar, what);
}

static int run(arguments *a, mr_pool *pool) {
    mr_error err = {0};
    progress_bar bar;
    mr_context context = {.pool = pool, .progress = progress_tick, .progress_ctx = &bar};
    currency_rate *rates = NULL;
    scoring *result = calloc(1, sizeof *result);
    if (!result) return EXIT_INTERNAL;
    a->scoring.url = a->store.url;
    a->scoring.begin = next_stage;
    a->scoring.ctx = &bar;
    if (a->rates) err.code = rates_file_read(a->rates, &rates, &a->scoring.rates_n, &err);
    a->scoring.rates = rates;
    if (err.code == MR_OK) {
        progress_begin(&bar, "opening");
        err.code = scoring_run(&a->scoring, &context, result, &err);
        progress_end(&bar);
    }
    int code = EXIT_OK;
    if (err.code == MR_ECANCELLED) {
        print_error("marram score: interrupted; forecasts written so far stay, and are replaced by the next score");
        code = EXIT_CANCELLED;
    } else if (err.code != MR_OK) {
        code = command_fail("score", &err);
    } else if (a->json) {
        code = score_print_json(result, &a->scoring);
    } else if (!a->quiet) {
        score_print(result, &a->scoring);
    }
    mem_free(NULL, rates);
    free(result);
    return code;
}

int command_score(int argc, char **argv) {
    arguments a = {.scoring = {.until = INT32_MIN, .today = today_utc(), .horizon_days = 91, .margin = 1, .discount_rate = 0.1, .sample = 200000,
                               .compare_sample = 6000, .seed = 1, .now_us = now_us(), .clock = monotonic_seconds}};
    store_begin(&a.store);
    option_reader r = option_begin("score", argc, argv);
    for (const char *name; !a.help && (name = option_next(&r));)
        if (!read_option(&r, name, &a)) return EXIT_USAGE;
    if (a.help) {
        print_help(help);
        return EXIT_OK;
    }
    int code = check(&a);
    if (code != EXIT_OK) return code;
    mr_error err = {0};
    mr_pool *pool = NULL;
    if (a.scoring.of && !a.threads_given) a.threads = 1;
    if (mr_pool_new((int)a.threads, &pool, &err) != MR_OK) return command_fail("score", &err);
    code = run(&a, pool);
    mr_pool_free(pool);
    return code;
}
