/* marram train: a model of who leaves, learnt from a table of features. */
#include "columns_out.h"
#include "leaving_ledger.h"
#include "trained_out.h"

#include <additive_document.h>
#include <out_file.h>
#include <table_frame.h>
#include <training.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "marram train: learn who leaves, and say how well it can be told\n"
    "\n"
    "usage: marram train [--db URL] [OPTION ...]\n"
    "       marram train FILE --target COLUMN --out MODEL [OPTION ...]\n"
    "\n"
    "From a ledger, without FILE: every customer at risk at the end of each month,\n"
    "with what was recorded by then, and whether they left within the horizon. The\n"
    "model is kept in the ledger, where predict, explain, changes and reasons look.\n"
    "\n"
    "  --db URL                  a path, sqlite:PATH or postgres://... (MARRAM_DB, else marram.db)\n"
    "  --horizon LENGTH          how far ahead: 91d, 13w, 6m, 1y (13w)\n"
    "  --until DATE              nothing after this day is looked at (the last day there is)\n"
    "  --sour-window LENGTH      how soon a second problem sours (90d)\n"
    "  --sample N                customers, about; 0: all (100000)\n"
    "  --rates FILE              CSV of currency,rate or currency,day,rate: to add amounts of several currencies\n"
    "  --today DATE              nothing after this day is looked at (the clock's day)\n"
    "  --out MODEL               write the model to a file as well, as JSON\n"
    "\n"
    "From FILE, a table of features of your own, a row a customer, or a customer and\n"
    "period:\n"
    "\n"
    "  --target COLUMN           what is to be told: Yes/No, 0/1, True/False, or any two values\n"
    "  --positive VALUE          the value to be told, where it is not plain, or from several others\n"
    "  --id COLUMN               names the rows, tells nothing; rows of one id are kept together\n"
    "  --time COLUMN             when a row was: later rows judge what was learnt from earlier ones; tells nothing itself\n"
    "  --ignore COLUMNS          leave these out, separated by commas\n"
    "  --category COLUMNS        these hold names of things, though they look like numbers\n"
    "  --monotone COLUMN=+1      more of it never lowers the chance (-1: never raises it); may be given again\n"
    "  --model additive|logistic the additive boosted model, or logistic regression (additive)\n"
    "  --pairs N                 pairs of features at most; 0: none (by the number of rows)\n"
    "  --ridge R                 of logistic regression (1)\n"
    "  --out MODEL               the file the model is written to, as JSON\n"
    "\n"
    "From either:\n"
    "\n"
    "  --seed N                  of every choice by chance (1)\n"
    "  --threads N               0: one a core (0); the model does not depend on it\n"
    "  --json                    print the figures as JSON\n"
    "  --quiet                   print nothing but errors and warnings\n"
    "  --help                    this text\n"
    "\n"
    "examples:\n"
    "  marram train --db shop.db\n"
    "  marram train telco.csv --target Churn --id customerID --out churn.json\n"
    "  marram train accounts.csv --target left --positive yes --time month --monotone promises_broken=+1 --out left.json\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data, 4 no fit, 5 input/output, 130 interrupted\n";

enum { MOST_LISTED = 256 };

typedef struct arguments {
    const char *path, *out;
    table_roles roles;
    training_options training;
    int64_t threads;
    const char *ignore[MOST_LISTED + 1], *category[MOST_LISTED + 1], *monotone[MOST_LISTED + 1];
    char *lists[2 * MOST_LISTED]; /* what ignore and category point into */
    size_t lists_n, monotone_n;
    bool json, quiet, help;
} arguments;

/* A list separated by commas, added to what is there. */
static bool read_list(option_reader *r, arguments *a, const char **list) {
    const char *text = option_value(r);
    size_t n = 0;
    if (!text) return false;
    while (list[n]) n++;
    char *copy = a->lists_n < 2 * MOST_LISTED ? strdup(text) : NULL, *rest = NULL;
    if (!copy) {
        command_usage(r->command, "%s is given too often", r->current);
        return false;
    }
    a->lists[a->lists_n++] = copy;
    for (char *name = strtok_r(copy, ",", &rest); name; name = strtok_r(NULL, ",", &rest)) {
        if (n == MOST_LISTED) {
            command_usage(r->command, "%s names more than %d columns", r->current, MOST_LISTED);
            return false;
        }
        list[n++] = name;
    }
    return true;
}

static bool read_text(option_reader *r, const char **out) {
    return (*out = option_value(r)) != NULL;
}

static bool read_kind(option_reader *r, trained_kind *out) {
    const char *text = option_value(r);
    if (!text) return false;
    *out = !strcmp(text, "logistic") ? TRAINED_LOGISTIC : TRAINED_ADDITIVE;
    if (*out == TRAINED_LOGISTIC || !strcmp(text, "additive")) return true;
    command_usage(r->command, "--model is additive or logistic, not '%s'", text);
    return false;
}

static bool read_monotone(option_reader *r, arguments *a) {
    const char *text = option_value(r);
    if (!text) return false;
    if (a->monotone_n == MOST_LISTED) {
        command_usage(r->command, "--monotone is given too often");
        return false;
    }
    a->monotone[a->monotone_n++] = text;
    return true;
}

static bool read_option(option_reader *r, const char *name, arguments *a) {
    int64_t number;
    if (option_is(name, "--target")) return read_text(r, &a->roles.target);
    if (option_is(name, "--positive")) return read_text(r, &a->roles.positive);
    if (option_is(name, "--id")) return read_text(r, &a->roles.id);
    if (option_is(name, "--time")) return read_text(r, &a->roles.time);
    if (option_is(name, "--out")) return read_text(r, &a->out);
    if (option_is(name, "--ignore")) return read_list(r, a, a->ignore);
    if (option_is(name, "--category")) return read_list(r, a, a->category);
    if (option_is(name, "--monotone")) return read_monotone(r, a);
    if (option_is(name, "--model")) return read_kind(r, &a->training.kind);
    if (option_is(name, "--ridge")) return option_double(r, 1e-9, 1e9, &a->training.ridge);
    if (option_is(name, "--threads")) return option_integer(r, 0, 1024, &a->threads);
    if (option_is(name, "--json")) return a->json = true;
    if (option_is(name, "--quiet")) return a->quiet = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    if (option_is(name, "--pairs")) {
        if (!option_integer(r, 0, 256, &number)) return false;
        a->training.additive.pairs = number ? (int)number : -1;
        return true;
    }
    if (option_is(name, "--seed")) {
        if (!option_integer(r, 0, INT64_MAX, &number)) return false;
        a->training.seed = (uint64_t)number;
        return true;
    }
    if (!*name && !a->path) return read_text(r, &a->path);
    if (!*name) return command_usage(r->command, "one file at a time, not '%s' too", option_value(r)), false;
    return option_unknown(r, name), false;
}

static int train(arguments *a, const mr_context *context, table_frame *table, trained *model) {
    mr_error err = {0};
    mr_status status = table_frame_read(a->path, &a->roles, table, &err);
    if (status == MR_OK) status = training_run(&table->frame, &a->training, context, model, &err);
    if (status != MR_OK && err.code == MR_EDATA && !strstr(err.message, a->path)) {
        mr_error named = err;
        snprintf(named.message, sizeof named.message, "%.120s: %.340s", a->path, err.message);
        err = named;
    }
    if (status != MR_OK) return command_fail("train", &err);
    if (a->roles.id) {
        const char *id = table->table.heading[ingest_table_column(&table->table, a->roles.id)];
        model->id = arena_copy(&model->memory, id, strlen(id));
        if (!model->id) return model->id = "", EXIT_INTERNAL;
    }
    for (size_t k = 0; k < table->notes; k++) trained_note(model, "%s", table->note[k]);
    status = additive_document_save(model, a->out, &err);
    return status == MR_OK ? EXIT_OK : command_fail("train", &err);
}

static int run(arguments *a) {
    mr_error err = {0};
    progress_bar bar;
    if (out_file_same(a->path, a->out)) return command_usage("train", "--out %s is the table itself: name another file", a->out);
    if (out_file_check(a->out, &err) != MR_OK) return command_fail("train", &err);
    mr_context context = {.progress = progress_tick, .progress_ctx = &bar};
    if (mr_pool_new((int)a->threads, &context.pool, &err) != MR_OK) return command_fail("train", &err);
    table_frame table = {0};
    trained model = {0};
    progress_begin(&bar, "learning");
    int code = train(a, &context, &table, &model);
    progress_end(&bar);
    if (code == EXIT_OK) {
        trained_notes_print("train", &model);
        if (a->json) trained_json_print(&model, NULL);
        else if (!a->quiet) trained_print(&model, a->out);
    }
    trained_free(&model);
    table_frame_free(&table);
    mr_pool_free(context.pool);
    return code;
}

int command_train(int argc, char **argv) {
    static const char *const of_tables[] = {"--target", "--positive", "--id", "--time", "--ignore", "--category", "--monotone", "--model", "--pairs", "--ridge", NULL};
    if (asks_for_ledger(argc, argv, of_tables)) return train_ledger(argc, argv);
    arguments a = {.training = {.seed = 1}};
    a.roles.ignore = a.ignore;
    a.roles.category = a.category;
    a.roles.monotone = a.monotone;
    option_reader r = option_begin("train", argc, argv);
    int code = EXIT_OK;
    for (const char *name; code == EXIT_OK && !a.help && (name = option_next(&r));)
        if (!read_option(&r, name, &a)) code = EXIT_USAGE;
    if (code != EXIT_OK) {
    } else if (a.help) {
        print_help(help);
    } else if (!a.path) {
        code = command_usage("train", "needs a file, or - for standard input; without --target and its like it learns from a ledger");
    } else if (!a.roles.target) {
        code = command_usage("train", "needs --target COLUMN: what is to be told");
    } else if (!a.out) {
        code = command_usage("train", "needs --out MODEL: where the model goes");
    } else {
        code = run(&a);
    }
    for (size_t i = 0; i < a.lists_n; i++) free(a.lists[i]);
    return code;
}
