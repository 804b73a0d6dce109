/* marram explain: what one row's chance is made of; or, without a row, what the model goes by. */
#include "columns_out.h"
#include "leaving_ledger.h"
#include "trained_out.h"

#include <additive_document.h>
#include <json_number.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <table_frame.h>
#include <unicode.h>

static const char help[] =
    "marram explain: what one chance is made of, exactly; without a customer or row, what the model goes by\n"
    "\n"
    "usage: marram explain [ID] [--db URL] [OPTION ...]\n"
    "       marram explain [ID FILE] --model MODEL [OPTION ...]\n"
    "\n"
    "a customer of a ledger:\n"
    "  --db URL        a path, sqlite:PATH or postgres://... (MARRAM_DB, else marram.db)\n"
    "  --model MODEL   a file that 'marram train --db' wrote (the ledger's newest model)\n"
    "  --until DATE    as of the end of this day (the last day there is)\n"
    "  --top N         the largest contributions, the others as one; 0: each (12)\n"
    "  --rates FILE    CSV of currency,rate or currency,day,rate\n"
    "  --today DATE    nothing after this day is looked at (the clock's day)\n"
    "\n"
    "a row of a table:\n"
    "  --model MODEL   what 'marram train' wrote\n"
    "  --id COLUMN     names the rows (the column it was in training, where FILE has it; else ID is their number)\n"
    "\n"
    "either:\n"
    "  --json          print JSON (without ID: the figures; the whole model is MODEL itself)\n"
    "  --help          this text\n"
    "\n"
    "examples:\n"
    "  marram explain C-1042 --db shop.db\n"
    "  marram explain 7590-VHVEG telco.csv --model churn.json\n"
    "  marram explain --model churn.json\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data (no such row, too), 5 input/output\n";

typedef struct arguments {
    const char *row, *path, *model, *id;
    bool json, help;
} arguments;

static bool read_option(option_reader *r, const char *name, arguments *a) {
    if (option_is(name, "--model")) return (a->model = option_value(r)) != NULL;
    if (option_is(name, "--id")) return (a->id = option_value(r)) != NULL;
    if (option_is(name, "--json")) return a->json = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    if (!*name && !a->row) return (a->row = option_value(r)) != NULL;
    if (!*name && !a->path) return (a->path = option_value(r)) != NULL;
    if (!*name) return command_usage(r->command, "one row of one file at a time, not '%s' too", option_value(r)), false;
    return option_unknown(r, name), false;
}

typedef struct explained {
    const trained *model;
    const table_frame *table;
    size_t row, terms;
    double score;
    double *contribution; /* [terms] */
    size_t *order;        /* [terms] the largest first */
} explained;

static void value_of(const explained *e, size_t term, char out[256]) {
    const trained *t = e->model;
    char name[256];
    trained_term_name(t, term, name);
    const char *first = name, *second = NULL;
    if (t->kind == TRAINED_ADDITIVE) {
        mr_additive_parts m;
        mr_additive_take_apart(t->additive, &m);
        first = t->feature[m.first[term]].name;
        if (m.second[term] >= 0) second = t->feature[m.second[term]].name;
    }
    const char *cell = table_frame_cell(e->table, e->row, first);
    if (!second) snprintf(out, 256, "%.255s", *cell ? cell : "(missing)");
    else snprintf(out, 256, "%.120s x %.120s", cell, table_frame_cell(e->table, e->row, second));
    unicode_mend(out);
}

static void print_text(const explained *e, const char *id) {
    const trained *t = e->model;
    double sum = trained_base(t);
    printf("%s: %s = %s with a chance of %.1f %%\n\n", id, t->outcome, t->positive, 100 / (1 + exp(-e->score)));
    columns_out c = columns_begin(4, "", "value", "log-odds", t->kind == TRAINED_ADDITIVE ? "+-" : "");
    char text[32], error[32];
    snprintf(text, sizeof text, "%+.6f", sum);
    columns_row(&c, t->kind == TRAINED_ADDITIVE ? "an average row" : "the constant", "", text, "");
    for (size_t k = 0; k < e->terms; k++) {
        char name[256], value[256];
        size_t term = e->order[k];
        trained_term_name(t, term, name);
        value_of(e, term, value);
        snprintf(text, sizeof text, "%+.6f", e->contribution[term]);
        sum += e->contribution[term];
        double known = trained_error(t, term, e->contribution[term]);
        *error = 0;
        if (known > 0) snprintf(error, sizeof error, "%.3f", known);
        columns_row(&c, name, value, text, error);
    }
    snprintf(text, sizeof text, "%+.6f", e->score);
    columns_row(&c, "score, their sum", "", text, "");
    columns_end(&c);
    if (t->kind == TRAINED_ADDITIVE && (sum < e->score || sum > e->score)) printf("\nthe sum is off by %g, which is a bug\n", sum - e->score);
}

static void print_json(const explained *e, const char *id) {
    const trained *t = e->model;
    json_t *out = json_pack("{s:s, s:s, s:s, s:f, s:f, s:f}", "id", id, "target", t->outcome, "positive", t->positive, "probability", 1 / (1 + exp(-e->score)),
                            "score", e->score, "base", trained_base(t)),
           *list = json_array();
    for (size_t k = 0; k < e->terms; k++) {
        char name[256], value[256];
        trained_term_name(t, e->order[k], name);
        value_of(e, e->order[k], value);
        double part = e->contribution[e->order[k]];
        json_array_append_new(list, json_pack("{s:s, s:s, s:f, s:o}", "feature", name, "value", value, "contribution", part, "standard_error", json_number(trained_error(t, e->order[k], part))));
    }
    json_object_set_new(out, "contributions", list);
    json_dumpf(out, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
    putchar('\n');
    json_decref(out);
}

/* The first row of that id; -1: none. */
static int64_t find_row(const table_frame *t, const char *id, size_t *rows) {
    char number[24];
    int64_t first = -1;
    *rows = 0;
    for (size_t i = 0; i < t->frame.n; i++) {
        snprintf(number, sizeof number, "%zu", i + 1);
        if (strcmp(t->frame.id ? t->frame.id[i] : number, id) != 0) continue;
        if (!(*rows)++) first = (int64_t)i;
    }
    return first;
}

static mr_status explain(const arguments *a, const trained *model, table_frame *table, mr_error *err) {
    mr_status status = table_frame_match(a->path, model, a->id, table, err);
    if (status != MR_OK) return status;
    size_t rows;
    int64_t row = find_row(table, a->row, &rows);
    if (rows > 1) fprintf(stderr, "marram explain: note: %zu rows are '%.80s': this is the first of them\n", rows, a->row);
    if (row < 0) {
        *err = (mr_error){.code = MR_EDATA, .row = -1};
        snprintf(err->message, sizeof err->message, "%.200s: there is no row '%.80s'%s", a->path, a->row,
                 table->frame.id ? "" : " (rows go by their number; --id COLUMN says which column names them)");
        return MR_EDATA;
    }
    explained e = {.model = model, .table = table, .row = (size_t)row, .terms = trained_terms(model)};
    frame_feature *feature = malloc((table->frame.p + 1) * sizeof *feature);
    e.contribution = malloc((e.terms + 1) * sizeof *e.contribution);
    e.order = malloc((e.terms + 1) * sizeof *e.order);
    if (feature && e.contribution && e.order) {
        frame one = table->frame;
        for (size_t j = 0; j < one.p; j++) {
            feature[j] = one.feature[j];
            if (feature[j].number) feature[j].number += row;
            if (feature[j].category) feature[j].category += row;
        }
        one.feature = feature;
        one.n = 1;
        status = trained_score(model, &one, NULL, &e.score, e.contribution, err);
        if (status == MR_OK) {
            trained_largest(e.contribution, e.terms, e.terms, e.order);
            (a->json ? print_json : print_text)(&e, a->row);
        }
    } else {
        *err = (mr_error){.code = status = MR_ENOMEM};
    }
    free(e.order);
    free(e.contribution);
    free(feature);
    return status;
}

int command_explain(int argc, char **argv) {
    if (asks_for_ledger(argc, argv, (const char *const[]){"--id", NULL})) return explain_ledger(argc, argv);
    arguments a = {0};
    option_reader r = option_begin("explain", argc, argv);
    for (const char *name; !a.help && (name = option_next(&r));)
        if (!read_option(&r, name, &a)) return EXIT_USAGE;
    if (a.help) return print_help(help), EXIT_OK;
    if (!a.model) return command_usage("explain", "needs --model MODEL, which 'marram train' writes");
    if (a.row && !a.path) return command_usage("explain", "needs the file that row '%s' stands in", a.row);
    mr_error err = {0};
    trained model = {0};
    table_frame table = {0};
    mr_status status = additive_document_load(a.model, &model, &err);
    if (status == MR_OK && a.row) status = explain(&a, &model, &table, &err);
    else if (status == MR_OK) a.json ? trained_json_print(&model, NULL) : trained_steps_print(&model);
    int code = status == MR_OK ? EXIT_OK : command_fail("explain", &err);
    table_frame_free(&table);
    trained_free(&model);
    return code;
}
