/* marram fit: one model's parameters from orders, grouped data or cohorts. */
#include "columns_out.h"
#include "fit_data.h"

#include <json_number.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "marram fit: one model's parameters with standard errors and log-likelihood\n"
    "\n"
    "usage: marram fit MODEL FILE... [OPTION ...]      'marram models' lists the models\n"
    "\n"
    "  --grouped          FILE has columns frequency, recency, periods and, where a row stands for many, weights\n"
    "  --cohort           FILE has columns cohort, period, lost; one fit a cohort\n"
    "  --cohort-size N    customers a cohort began with, where FILE has no column size (1000)\n"
    "  --k K              regular-rhythm models: this k instead of the likeliest\n"
    "  --json             print JSON\n"
    "  --help             this text\n"
    "\n" READER_HELP "\n"
    "examples:\n"
    "  marram fit mbg-cnbd-k orders.csv\n"
    "  marram fit pareto-nbd CDNOW_sample.txt --until 1997-09-30 --json\n"
    "  marram fit bg-bb donations.csv --grouped --json\n"
    "\n"
    "exit codes: 0 done, 2 usage, 3 bad data, 4 the fit is at a boundary, flat or did not converge,\n            5 input/output, 130 interrupted\n";

typedef struct arguments {
    reader_options reader;
    fit_source source;
    const mr_model *model;
    int64_t k;
    bool json, help;
} arguments;

static bool read_option(option_reader *r, const char *name, arguments *a) {
    int64_t size;
    if (option_is(name, "--grouped")) return a->source.grouped = true;
    if (option_is(name, "--cohort")) return a->source.cohort = true;
    if (option_is(name, "--cohort-size")) {
        if (!option_integer(r, 1, 1000000000000, &size)) return false;
        a->source.cohort_size = (double)size;
        return a->source.cohort_size_given = true;
    }
    if (option_is(name, "--k")) return option_integer(r, 1, MR_MAX_K, &a->k);
    if (option_is(name, "--json")) return a->json = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    if (!*name && !a->model) {
        const char *text = option_value(r);
        a->model = mr_model_find(text);
        if (!a->model) command_usage(r->command, "there is no model '%s'; 'marram models' lists them", text);
        return a->model != NULL;
    }
    int shared = reader_option(r, name, &a->reader);
    if (shared == 0) option_unknown(r, name);
    return shared == 1;
}

static json_t *fit_json(const char *cohort, const mr_fit *fit, double seconds, const char *problem) {
    const mr_model *model = fit->params.model;
    json_t *params = json_object(), *se = json_object(), *low = json_object(), *high = json_object(), *all = json_object();
    for (size_t i = 0; i < mr_model_params(model); i++) {
        const char *name = mr_model_param(model, i);
        double from = NAN, to = NAN;
        mr_fit_interval(fit, i, 0.95, &from, &to);
        json_object_set_new(params, name, json_number(fit->params.value[i]));
        json_object_set_new(se, name, json_number(fit->se[i]));
        json_object_set_new(low, name, json_number(from));
        json_object_set_new(high, name, json_number(to));
    }
    json_object_set_new(all, "model", json_string(mr_model_name(model)));
    if (cohort) json_object_set_new(all, "cohort", json_string(cohort));
    json_object_set_new(all, "n", json_number(fit->n));
    json_object_set_new(all, "params", params);
    if (mr_model_is_regular(model)) json_object_set_new(all, "k", json_integer(fit->params.k));
    json_object_set_new(all, "se", se);
    json_object_set_new(all, "interval_95", json_pack("{s:o, s:o}", "low", low, "high", high));
    json_object_set_new(all, "log_likelihood", json_number(fit->log_likelihood));
    json_object_set_new(all, "converged", json_boolean(fit->converged));
    json_object_set_new(all, "evaluations", json_integer(fit->evaluations));
    json_object_set_new(all, "seconds", json_number(seconds));
    if (problem) json_object_set_new(all, "problem", json_string(problem));
    return all;
}

static void print_fit(const char *cohort, const mr_fit *fit, double seconds) {
    const mr_model *model = fit->params.model;
    if (cohort) printf("cohort %s\n", cohort);
    printf("%s", mr_model_title(model));
    if (mr_model_is_regular(model)) printf(", k = %d", fit->params.k);
    printf(", %.0f customers\n\n  %-8s %14s %14s   %s\n", fit->n, "", "estimate", "std. error", "95 % interval");
    for (size_t i = 0; i < mr_model_params(model); i++) {
        double low = NAN, high = NAN;
        mr_fit_interval(fit, i, 0.95, &low, &high);
        printf("  %-8s %14.7g %14.4g   %.5g to %.5g\n", mr_model_param(model, i), fit->params.value[i], fit->se[i], low, high);
    }
    printf("\n  log-likelihood %.6f, %d evaluations, %.2f s\n", fit->log_likelihood, fit->evaluations, seconds);
}

/* Fits every set; exit code of the first that failed. */
static int fit_all(const arguments *a, const fit_data *data, mr_pool *pool, json_t *results) {
    int code = EXIT_OK;
    for (size_t i = 0; i < data->sets_n; i++) {
        progress_bar bar;
        mr_context context = {.pool = pool, .progress = progress_tick, .progress_ctx = &bar};
        mr_fit_options options = {.k = (int)a->k};
        mr_fit fit = {.params = {.model = a->model, .k = 1}};
        mr_error err = {0};
        progress_begin(&bar, "fitting");
        double started = monotonic_seconds();
        mr_status status = mr_model_fit(a->model, &data->set[i].data, &options, &context, &fit, &err);
        double seconds = monotonic_seconds() - started;
        progress_end(&bar);
        bool reached = status == MR_OK || status == MR_EBOUNDARY || status == MR_EFLAT || status == MR_ENOCONV;
        const char *cohort = data->set[i].name[0] ? data->set[i].name : NULL;
        mr_error said = err;
        said.code = status;
        if (cohort && reached) snprintf(said.message, sizeof said.message, "cohort %s: %.300s", cohort, err.message);
        if (status != MR_OK) {
            int failure = command_fail("fit", &said);
            if (code == EXIT_OK) code = failure;
            if (!reached) break;
        }
        if (results && reached) json_array_append_new(results, fit_json(cohort, &fit, seconds, status ? err.message : NULL));
        if (!results && status == MR_OK) print_fit(cohort, &fit, seconds);
    }
    return code;
}

static int run(const arguments *a) {
    mr_error err = {0};
    mr_pool *pool = NULL;
    if (mr_pool_new((int)a->reader.threads, &pool, &err) != MR_OK) return command_fail("fit", &err);
    fit_data data = {0};
    int code = fit_data_read("fit", a->model, &a->reader, &a->source, pool, &data);
    if (code == EXIT_OK) {
        json_t *results = a->json ? json_array() : NULL;
        code = fit_all(a, &data, pool, results);
        size_t n = results ? json_array_size(results) : 0;
        if (n) {
            json_dumpf(data.sets_n == 1 ? json_array_get(results, 0) : results, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
            putchar('\n');
        }
        json_decref(results);
    }
    fit_data_free(&data);
    mr_pool_free(pool);
    return code;
}

int command_fit(int argc, char **argv) {
    const char **paths = calloc((size_t)argc + 1, sizeof *paths);
    if (!paths) return EXIT_INTERNAL;
    arguments a = {.source = {.cohort_size = 1000}};
    reader_begin(&a.reader, paths);
    option_reader r = option_begin("fit", argc, argv);
    int code = EXIT_OK;
    for (const char *name; code == EXIT_OK && !a.help && (name = option_next(&r));)
        if (!read_option(&r, name, &a)) code = EXIT_USAGE;
    if (code != EXIT_OK) {
    } else if (a.help) {
        print_help(help);
    } else if (!a.model) {
        code = command_usage("fit", "needs a model and a file; 'marram models' lists the models");
    } else if (!a.reader.paths_n) {
        code = command_usage("fit", "needs a file, or - for standard input");
    } else {
        code = run(&a);
    }
    free(paths);
    return code;
}
