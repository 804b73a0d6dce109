/* marram backtest: every model and baseline on a time holdout. */
#include "backtest_leaving.h"
#include "columns_out.h"
#include "leaving_ledger.h"
#include "reader.h"

#include <calendar.h>
#include <error.h>
#include <compare.h>
#include <rng.h>
#include <sample.h>

#include <json_number.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "marram backtest: how well each model, and naive baselines, would have forecast a past period\n"
    "\n"
    "usage: marram backtest FILE... | --db URL --until DATE --horizon LENGTH [OPTION ...]\n"
    "       marram backtest --leaving FILE... | --db URL [OPTION ...]\n"
    "\n"
    "  --db URL           the orders of a ledger in place of files\n"
    "  --until DATE       last day the models see; the holdout begins the day after\n"
    "  --horizon LENGTH   length of the holdout: 39w, 90d, 6m, 1y (13w)\n"
    "  --sample N         customers looked at; 0: all (0)\n"
    "  --seed S           of the bootstrap (1)\n"
    "  --json             print JSON\n"
    "  --help             this text\n"
    "\n" READER_HELP "\n"
    "  --leaving          judge models of leaving instead, month by month: its own options, as 'marram backtest --leaving --help' says, are\n"
    "                     --horizon, --until, --sample, --seed, --threads, --today, --columns, --date-format, --decimal and\n"
    "  --retrain MONTHS   how often models are trained anew (3)\n"
    "  --sour-window LENGTH  how soon a second problem sours (90d)\n"
    "  --mapping NAME-OR-FILE, --currency CODE, --rates FILE  as in 'marram import' and 'marram score'\n"
    "\n"
    "The model is chosen on an inner window before --until, never on the holdout, which is opened once.\n"
    "\n"
    "example:\n"
    "  marram backtest CDNOW_sample.txt --until 1997-09-30 --horizon 39w --json\n"
    "  marram backtest --db shop.db --until 2026-03-31 --horizon 13w\n"
    "\n"
    "exit codes: 0 done, 2 usage, 3 bad data, 4 no model could be fitted, 5 input/output, 130 interrupted\n";

typedef struct arguments {
    reader_options reader;
    double horizon_days;
    int64_t sample, seed;
    const char *db;
    bool json, help;
} arguments;

/* The orders looked at, of files or of a ledger. */
typedef struct base {
    ingest_orders input;
    bool read;
    crew crew;
    sample sample;
    mr_orders orders;
    int32_t first_day, last_day;
    uint64_t *hash;
} base;

static bool read_option(option_reader *r, const char *name, arguments *a) {
    if (option_is(name, "--horizon")) return option_duration_days(r, &a->horizon_days);
    if (option_is(name, "--sample")) return option_integer(r, 0, 1000000000, &a->sample);
    if (option_is(name, "--seed")) return option_integer(r, 0, INT64_MAX, &a->seed);
    if (option_is(name, "--db")) return (a->db = option_value(r)) != NULL;
    if (option_is(name, "--json")) return a->json = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    int shared = reader_option(r, name, &a->reader);
    if (shared == 0) option_unknown(r, name);
    return shared == 1;
}

static json_t *day_json(int32_t day) {
    char text[11];
    return json_string(calendar_text(day, text));
}

static json_t *calibration_json(const score *s) {
    json_t *rows = json_array();
    for (size_t t = 0; t < SCORE_TENTHS; t++)
        json_array_append_new(rows, json_pack("{s:o, s:o, s:I}", "predicted", json_number(s->calibration_predicted[t]), "actual",
                                              json_number(s->calibration_actual[t]), "n", (json_int_t)s->calibration_n[t]));
    return rows;
}

static json_t *entry_json(const compare_entry *e) {
    json_t *m = json_object();
    json_object_set_new(m, "model", json_string(e->name));
    json_object_set_new(m, "title", json_string(e->title));
    json_object_set_new(m, "baseline", json_boolean(!e->model));
    if (!e->fitted) {
        json_object_set_new(m, "problem", json_string(e->problem.message));
        return m;
    }
    const struct {
        const char *name;
        double value;
    } rows[] = {{"mae", e->outer.mae},         {"rmse", e->outer.rmse},
                {"rmse_se", e->rmse_se},       {"msle", e->outer.msle},
                {"correlation", e->outer.correlation}, {"predicted_total", e->outer.predicted_total},
                {"auc", e->outer.auc},         {"brier", e->outer.brier},
                {"log_loss", e->outer.log_loss}, {"top_decile_lift", e->outer.top_decile_lift}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) json_object_set_new(m, rows[i].name, json_number(rows[i].value));
    json_object_set_new(m, "calibration", calibration_json(&e->outer));
    if (e->model) {
        bool scored = e->inner.n > 0; /* fitted to the outer calibration alone, it has no inner figures */
        json_object_set_new(m, "inner", json_pack("{s:o, s:o, s:o}", "rmse", json_number(scored ? e->inner.rmse : NAN), "rmse_se", json_number(scored ? e->inner_rmse_se : NAN),
                                                  "log_loss", json_number(scored ? e->inner.log_loss : NAN)));
        json_t *params = json_object();
        for (size_t i = 0; i < mr_model_params(e->model); i++)
            json_object_set_new(params, mr_model_param(e->model, i), json_number(e->fit.params.value[i]));
        json_object_set_new(m, "params", params);
        if (mr_model_is_regular(e->model)) json_object_set_new(m, "k", json_integer(e->fit.params.k));
        json_object_set_new(m, "seconds", json_number(e->seconds));
    }
    return m;
}

static double actual_total(const compare *c) {
    for (size_t i = 0; i < c->n; i++)
        if (!c->entry[i].model) return c->entry[i].outer.actual_total;
    return NAN;
}

static int print_json(const compare *c) {
    json_t *all = json_object(), *models = json_array();
    for (size_t i = 0; i < c->n; i++) json_array_append_new(models, entry_json(&c->entry[i]));
    json_object_set_new(all, "chosen", json_string(c->entry[c->chosen].name));
    json_object_set_new(all, "why", json_string(c->why));
    json_object_set_new(all, "actual_total", json_number(actual_total(c)));
    json_object_set_new(all, "customers", json_integer((json_int_t)c->outer_n));
    json_object_set_new(all, "sampled", json_boolean(c->sample != NULL));
    json_object_set_new(all, "inner", json_pack("{s:o, s:i, s:I}", "until", day_json(c->inner_until), "days", (int)c->inner_days,
                                                "customers", (json_int_t)c->inner_n));
    json_object_set_new(all, "outer", json_pack("{s:o, s:i}", "until", day_json(c->outer_until), "days", (int)c->outer_days));
    json_object_set_new(all, "models", models);
    int failed = json_dumpf(all, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
    json_decref(all);
    putchar('\n');
    if (failed) fputs("marram backtest: the result could not be printed: standard output is full or closed\n", stderr);
    return failed ? EXIT_IO : EXIT_OK;
}

/* A column of the table: what is not known (no correlation with a constant) is a dash. */
static void print_figure(int width, int decimals, double value) {
    if (isfinite(value)) {
        printf(" %*.*f", width, decimals, value);
    } else {
        printf(" %*s", width, "-");
    }
}

static int print_table(const compare *c) {
    char from[11], to[11], inner[11];
    printf("%zu customer%s%s; holdout %s to %s: %.0f order%s; chosen on the %d day%s after %s\n\n", c->outer_n,
           c->outer_n == 1 ? "" : "s", c->sample ? " (a sample)" : "",
           calendar_text(c->outer_until + 1, from), calendar_text(c->outer_until + c->outer_days, to), actual_total(c),
           actual_total(c) == 1 ? "" : "s", c->inner_days, c->inner_days == 1 ? "" : "s", calendar_text(c->inner_until, inner));
    printf("  %-24s %8s %8s %8s %8s %10s %7s %7s %7s\n", "", "MAE", "RMSE", "MSLE", "corr.", "total", "AUC", "Brier", "lift");
    for (size_t i = 0; i < c->n; i++) {
        const compare_entry *e = &c->entry[i];
        printf("%c %-24s", i == c->chosen ? '>' : ' ', e->title);
        if (!e->fitted) {
            printf(" %s\n", e->problem.message);
            continue;
        }
        const score *s = &e->outer;
        const struct {
            int width, decimals;
            double value;
        } cells[] = {{8, 4, s->mae},   {8, 4, s->rmse},  {8, 4, s->msle}, {8, 4, s->correlation}, {10, 1, s->predicted_total},
                     {7, 3, s->auc},   {7, 4, s->brier}, {7, 2, s->top_decile_lift}};
        for (size_t k = 0; k < sizeof cells / sizeof *cells; k++) print_figure(cells[k].width, cells[k].decimals, cells[k].value);
        putchar('\n');
    }
    printf("\n> %s.\n", c->why);
    return EXIT_OK;
}

/* The reader's --until would leave the holdout out: here it only ends the calibration. */
static int check_windows(const arguments *a, int32_t until, const base *input) {
    char day[11], first[11], last[11];
    if (until == INT32_MAX) return command_usage("backtest", "needs --until DATE, the last day the models see");
    if (until <= input->first_day) {
        fprintf(stderr, "marram backtest: there are no orders up to %s to learn from: the first is of %s, the last of %s; give a later "
                        "--until\n",
                calendar_text(until, day), calendar_text(input->first_day, first),
                calendar_text(input->last_day, last));
        return EXIT_DATA;
    }
    if (until >= input->last_day) {
        fprintf(stderr, "marram backtest: there are no orders after %s to compare with: the last is of %s; give an earlier --until\n",
                calendar_text(until, day), calendar_text(input->last_day, last));
        return EXIT_DATA;
    }
    double covered = input->last_day - until;
    if (covered + 0.5 < a->horizon_days)
        fprintf(stderr, "marram backtest: the data end %.0f days after %s, before the horizon of %.0f days does: the forecasts are for "
                        "more time than was observed\n",
                covered, calendar_text(until, day), a->horizon_days);
    return EXIT_OK;
}

static int read_files(arguments *a, mr_pool *pool, base *b) {
    int code = reader_read("backtest", &a->reader, pool, &b->input);
    b->read = code == EXIT_OK;
    if (!b->read) return code;
    b->orders = b->input.orders;
    b->first_day = b->input.understood.first_day;
    b->last_day = b->input.understood.last_day;
    b->hash = a->sample ? ingest_hash_ids(&b->input, pool) : NULL;
    return EXIT_OK;
}

/* All orders up to today; amounts play no part in the comparison. */
static int read_ledger(arguments *a, mr_pool *pool, base *b) {
    mr_error err = {0};
    const occasions_money none = {0};
    progress_bar bar;
    mr_context context = {.pool = pool, .progress = progress_tick, .progress_ctx = &bar};
    progress_begin(&bar, "reading");
    err.code = crew_open(a->db, NULL, pool, &b->crew, &err);
    if (err.code == MR_OK) err.code = sample_read(&b->crew, &none, INT64_MAX, a->reader.ingest.today, &context, &b->sample, &err);
    if (err.code == MR_OK && !b->sample.n) err.code = error_set(&err, MR_EDATA, NULL, -1, "%s holds no orders", a->db);
    progress_end(&bar);
    if (err.code != MR_OK) return command_fail("backtest", &err);
    b->orders = b->sample.orders;
    b->orders.money = NULL;
    b->first_day = INT32_MAX;
    b->last_day = INT32_MIN;
    for (uint64_t i = 0; i < b->sample.offset[b->sample.n]; i++) {
        if (b->sample.day[i] < b->first_day) b->first_day = b->sample.day[i];
        if (b->sample.day[i] > b->last_day) b->last_day = b->sample.day[i];
    }
    b->hash = a->sample ? malloc(b->sample.n * sizeof *b->hash) : NULL;
    for (size_t i = 0; b->hash && i < b->sample.n; i++) b->hash[i] = rng_mix((uint64_t)b->sample.id[i]);
    return !a->sample || b->hash ? EXIT_OK : EXIT_INTERNAL;
}

static int compare_on(const arguments *a, const base *b, int32_t until, mr_pool *pool) {
    mr_error err = {0};
    progress_bar bar;
    mr_context context = {.pool = pool, .progress = progress_tick, .progress_ctx = &bar};
    compare_options options = {.outer_until = until, .outer_days = (int32_t)lround(a->horizon_days), .days_per_unit = a->reader.days_per_unit,
                               .sample = (size_t)a->sample, .seed = (uint64_t)a->seed};
    compare c;
    progress_begin(&bar, "fitting");
    mr_status status = compare_models(&b->orders, b->hash, &options, monotonic_seconds, &context, &c, &err);
    progress_end(&bar);
    bool made = status == MR_OK;
    if (made && !c.has_choice)
        status = error_set(&err, MR_ENOCONV, NULL, -1, "no model could be fitted to the orders up to %d days before --until: %s", c.inner_days,
                           c.n ? c.entry[0].problem.message : "");
    err.code = status;
    int code = status != MR_OK ? command_fail("backtest", &err) : a->json ? print_json(&c) : print_table(&c);
    if (made) compare_free(&c);
    return code;
}

static int run(arguments *a) {
    int32_t until = a->reader.ingest.until;
    a->reader.ingest.until = INT32_MAX;
    mr_error err = {0};
    mr_pool *pool = NULL;
    base b = {0};
    if (a->db && a->reader.paths_n) return command_usage("backtest", "takes files or --db, not both");
    if (mr_pool_new((int)a->reader.threads, &pool, &err) != MR_OK) return command_fail("backtest", &err);
    int code = a->db ? read_ledger(a, pool, &b) : read_files(a, pool, &b);
    if (code == EXIT_OK) code = check_windows(a, until, &b);
    if (code == EXIT_OK) code = compare_on(a, &b, until, pool);
    free(b.hash);
    if (b.read) ingest_orders_free(&b.input);
    sample_free(&b.sample);
    if (a->db) crew_close(&b.crew);
    mr_pool_free(pool);
    return code;
}

int command_backtest(int argc, char **argv) {
    if (asks_for(argc, argv, "--leaving")) return backtest_leaving(argc, argv);
    const char **paths = calloc((size_t)argc + 1, sizeof *paths);
    if (!paths) return EXIT_INTERNAL;
    arguments a = {.horizon_days = 91, .seed = 1};
    reader_begin(&a.reader, paths);
    option_reader r = option_begin("backtest", argc, argv);
    int code = EXIT_OK;
    for (const char *name; code == EXIT_OK && !a.help && (name = option_next(&r));)
        if (!read_option(&r, name, &a)) code = EXIT_USAGE;
    if (code == EXIT_OK && a.help) {
        print_help(help);
    } else if (code == EXIT_OK && a.horizon_days < 1) {
        code = command_usage("backtest", "--horizon must be at least a day");
    } else if (code == EXIT_OK) {
        code = run(&a);
    }
    free(paths);
    return code;
}
