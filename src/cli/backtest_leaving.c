/* marram backtest --leaving: who would have been said to leave, month by month, and who left. */
#include "backtest_leaving.h"
#include "base_source.h"
#include "columns_out.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "marram backtest --leaving: how well those who left would have been told from those who stayed, and how long before\n"
    "\n"
    "usage: marram backtest --leaving " BASE_SOURCE_USAGE " [OPTION ...]\n"
    "\n"
    "At the end of each month everyone at risk is scored with what was recorded by then, by models trained on outcomes known by then, and compared with\n"
    "what followed. With contracts, leaving is notice, intent or the end of the last contract; without, no order within the horizon (docs/methods/leaving.md).\n"
    "\n"
    "  --horizon LENGTH          how far ahead: 91d, 13w, 6m, 1y (13w)\n"
    "  --until DATE              nothing after this day is looked at (the last day there is)\n"
    "  --retrain MONTHS          how often models are trained anew (3)\n"
    "  --sour-window LENGTH      how soon a second problem sours (90d)\n"
    "  --sample N                customers, about; 0: all (30000)\n"
    "  --seed S                  of the model and the bootstrap (1)\n"
    "  --threads N               0: one a core; the results do not depend on it (0)\n"
    "  --json                    print JSON\n"
    "  --help                    this text\n"
    "\n" BASE_SOURCE_HELP "\n"
    "examples:\n"
    "  marram backtest --leaving CDNOW_master.txt --mapping cdnow\n"
    "  marram backtest --leaving contracts:contracts.csv cases:tickets.csv --horizon 6m\n"
    "  marram backtest --leaving --db shop.db --json\n"
    "\n"
    "exit codes: 0 done, 2 usage, 3 bad data, 4 no model could be fitted, 5 input/output, 130 interrupted\n";

typedef struct arguments {
    base_source source;
    double horizon_days, sour_days;
    int64_t sample, seed, threads, retrain;
    int32_t until;
    bool json, help;
} arguments;

static bool read_option(option_reader *r, const char *name, void *arguments_) {
    arguments *a = arguments_;
    if (option_is(name, "--leaving")) return true;
    if (option_is(name, "--horizon")) return option_duration_days(r, &a->horizon_days);
    if (option_is(name, "--sour-window")) return option_duration_days(r, &a->sour_days);
    if (option_is(name, "--until")) return option_date(r, &a->until);
    if (option_is(name, "--retrain")) return option_integer(r, 1, 1200, &a->retrain);
    if (option_is(name, "--sample")) return option_integer(r, 0, 1000000000, &a->sample);
    if (option_is(name, "--seed")) return option_integer(r, 0, INT64_MAX, &a->seed);
    if (option_is(name, "--threads")) return option_integer(r, 0, 1024, &a->threads);
    if (option_is(name, "--json")) return a->json = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    int shared = base_source_option(r, name, &a->source);
    if (shared == 0) option_unknown(r, name);
    return shared == 1;
}

static void next_stage(void *ctx, const char *what) {
    progress_bar *bar = ctx;
    progress_end(bar);
    progress_begin(bar, what);
}

static int run(arguments *a) {
    mr_error err = {0};
    mr_pool *pool = NULL;
    leaving_backtest b;
    progress_bar bar = {0};
    int code = base_source_open("backtest", &a->source);
    if (code != EXIT_OK) return code;
    err.code = mr_pool_new((int)a->threads, &pool, &err);
    if (err.code == MR_OK) {
        mr_context context = {.pool = pool, .progress = progress_tick, .progress_ctx = &bar};
        int32_t until = a->until < a->source.files.today ? a->until : a->source.files.today;
        leaving_backtest_options o = {.landmarks = {.horizon_days = (int32_t)lround(a->horizon_days), .until = until, .only_day = INT32_MIN, .sour_days = (int32_t)lround(a->sour_days),
                                                    .sample = (uint64_t)a->sample, .rates = &a->source.rates},
                                      .retrain_months = (int32_t)a->retrain, .seed = (uint64_t)a->seed, .begin = next_stage, .ctx = &bar};
        progress_begin(&bar, "reading");
        err.code = leaving_backtest_run(a->source.l, &o, &context, &b, &err);
        progress_end(&bar);
    }
    mr_pool_free(pool);
    if (err.code != MR_OK) return command_fail("backtest", &err);
    code = EXIT_OK;
    if (a->json) code = backtest_leaving_json(&b);
    else backtest_leaving_print(&b);
    leaving_backtest_free(&b);
    return code;
}

static int checked(void *arguments_) {
    const arguments *a = arguments_;
    if (!(a->horizon_days >= 1 && a->horizon_days <= 36500)) return command_usage("backtest", "--horizon must be a day to a hundred years");
    if (!(a->sour_days >= 1 && a->sour_days <= 3650)) return command_usage("backtest", "--sour-window must be a day to ten years");
    return run(arguments_);
}

int backtest_leaving(int argc, char **argv) {
    arguments a = {.horizon_days = 91, .sour_days = FEATURES_SOUR_DAYS, .sample = 30000, .seed = 1, .retrain = 3, .until = INT32_MAX};
    return base_command_run(&(base_command){"backtest", help, &a.source, &a.help, read_option, checked}, &a, argc, argv);
}
