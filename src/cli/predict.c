/* marram predict: the chance for each row of a table, with what it comes from. */
#include "columns_out.h"
#include "leaving_ledger.h"
#include "trained_out.h"

#include <additive_document.h>
#include <cells.h>
#include <json_number.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <table_frame.h>
#include <unicode.h>

static const char help[] =
    "marram predict: each customer's chance to leave, or each row's chance, with what moves it most\n"
    "\n"
    "usage: marram predict [--db URL] [OPTION ...]\n"
    "       marram predict FILE --model MODEL [OPTION ...]\n"
    "\n"
    "everybody at risk in a ledger, the likeliest to leave first:\n"
    "  --db URL        a path, sqlite:PATH or postgres://... (MARRAM_DB, else marram.db)\n"
    "  --model MODEL   a file that 'marram train --db' wrote (the ledger's newest model)\n"
    "  --until DATE    as of the end of this day (the last day there is)\n"
    "  --rates FILE    CSV of currency,rate or currency,day,rate\n"
    "  --today DATE    nothing after this day is looked at (the clock's day)\n"
    "\n"
    "the rows of a table:\n"
    "  --model MODEL   what 'marram train' wrote\n"
    "  --id COLUMN     names the rows (the column it was in training, where FILE has it; else their number)\n"
    "\n"
    "either:\n"
    "  --top N         how many contributions to show, 0 to 20 (3)\n"
    "  --threads N     0: one a core (0)\n"
    "  --json          one JSON object a row instead of CSV\n"
    "  --quiet         no notes on standard error\n"
    "  --help          this text\n"
    "\n"
    "CSV on standard output: id, probability, score (its log-odds), of a ledger stage\n"
    "(docs/cycle.md), then feature_1, value_1, contribution_1, ...: the largest\n"
    "contributions to the score, in log-odds against the average. The rows of a table\n"
    "stay in its order.\n"
    "\n"
    "examples:\n"
    "  marram predict --db shop.db > chances.csv\n"
    "  marram predict telco.csv --model churn.json > chances.csv\n"
    "  marram predict new.csv --model churn.json --top 5 --json\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data, 5 input/output, 130 interrupted\n";

enum { ROWS = 4096, MOST_TOP = 20 };

typedef struct arguments {
    const char *path, *model, *id;
    int64_t top, threads;
    bool json, quiet, help;
} arguments;

static bool read_option(option_reader *r, const char *name, arguments *a) {
    if (option_is(name, "--model")) return (a->model = option_value(r)) != NULL;
    if (option_is(name, "--id")) return (a->id = option_value(r)) != NULL;
    if (option_is(name, "--top")) return option_integer(r, 0, MOST_TOP, &a->top);
    if (option_is(name, "--threads")) return option_integer(r, 0, 1024, &a->threads);
    if (option_is(name, "--json")) return a->json = true;
    if (option_is(name, "--quiet")) return a->quiet = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    if (!*name && !a->path) return (a->path = option_value(r)) != NULL;
    if (!*name) return command_usage(r->command, "one file at a time, not '%s' too", option_value(r)), false;
    return option_unknown(r, name), false;
}

typedef struct printing {
    const arguments *a;
    const trained *model;
    const table_frame *table;
    size_t terms;
    char (*name)[256];   /* [terms] */
    int *column;         /* [terms][2] of the table; -1: none */
} printing;

/* The cells of a term's feature or features. */
static void term_value(const printing *p, size_t row, size_t term, char out[256]) {
    const ingest_table *t = &p->table->table;
    const char *cell[2] = {"", ""};
    for (size_t side = 0; side < 2; side++)
        if (p->column[2 * term + side] >= 0) cell[side] = t->cell[row * t->columns + (size_t)p->column[2 * term + side]];
    if (p->column[2 * term + 1] < 0) snprintf(out, 256, "%.255s", cell[0]);
    else snprintf(out, 256, "%.120s x %.120s", cell[0], cell[1]);
    unicode_mend(out);
}

static const char *row_id(const printing *p, size_t row, char number[24]) {
    if (p->table->frame.id) return p->table->frame.id[row];
    snprintf(number, 24, "%zu", row + 1);
    return number;
}

static void print_csv(const printing *p, size_t row, double score, const double *contribution) {
    size_t top[MOST_TOP];
    char number[24], value[256];
    cell_put(stdout, row_id(p, row, number));
    printf(",%.6f,%.6f", 1 / (1 + exp(-score)), score);
    size_t n = trained_largest(contribution, p->terms, (size_t)p->a->top, top);
    for (size_t k = 0; k < (size_t)p->a->top; k++) {
        if (k >= n) {
            fputs(",,,", stdout);
            continue;
        }
        putchar(',');
        cell_put(stdout, p->name[top[k]]);
        putchar(',');
        term_value(p, row, top[k], value);
        cell_put(stdout, value);
        printf(",%.6f", contribution[top[k]]);
    }
    putchar('\n');
}

static void print_json(const printing *p, size_t row, double score, const double *contribution) {
    size_t top[MOST_TOP];
    char number[24], value[256];
    json_t *out = json_pack("{s:s, s:f, s:f}", "id", row_id(p, row, number), "probability", 1 / (1 + exp(-score)), "score", score), *list = json_array();
    size_t n = trained_largest(contribution, p->terms, (size_t)p->a->top, top);
    for (size_t k = 0; k < n; k++) {
        term_value(p, row, top[k], value);
        json_array_append_new(list, json_pack("{s:s, s:s, s:f}", "feature", p->name[top[k]], "value", value, "contribution", contribution[top[k]]));
    }
    json_object_set_new(out, "contributions", list);
    json_dumpf(out, stdout, JSON_COMPACT | JSON_REAL_PRECISION(17));
    putchar('\n');
    json_decref(out);
}

/* Which columns of the table a term's values stand in. */
static void find_columns(printing *p) {
    for (size_t k = 0; k < p->terms; k++) {
        trained_term_name(p->model, k, p->name[k]);
        int first = ingest_table_column(&p->table->table, p->name[k]), second = -1;
        if (p->model->kind == TRAINED_ADDITIVE) {
            mr_additive_parts m;
            mr_additive_take_apart(p->model->additive, &m);
            first = ingest_table_column(&p->table->table, p->model->feature[m.first[k]].name);
            if (m.second[k] >= 0) second = ingest_table_column(&p->table->table, p->model->feature[m.second[k]].name);
        }
        p->column[2 * k] = first;
        p->column[2 * k + 1] = second;
    }
}

static void print_head(const printing *p) {
    if (p->a->json) return;
    fputs("id,probability,score", stdout);
    for (int64_t k = 1; k <= p->a->top; k++) printf(",feature_%lld,value_%lld,contribution_%lld", (long long)k, (long long)k, (long long)k);
    putchar('\n');
}

/* Rows from .. of the frame, without copying. */
static frame rows_of(const frame *f, frame_feature *feature, size_t from, size_t n) {
    frame part = *f;
    for (size_t j = 0; j < f->p; j++) {
        feature[j] = f->feature[j];
        if (feature[j].number) feature[j].number += from;
        if (feature[j].category) feature[j].category += from;
    }
    part.n = n;
    part.feature = feature;
    return part;
}

static int predict(printing *p, const mr_context *context) {
    const frame *f = &p->table->frame;
    double *score = malloc(ROWS * sizeof *score), *contribution = malloc((p->terms + 1) * ROWS * sizeof *contribution);
    frame_feature *feature = malloc((f->p + 1) * sizeof *feature);
    mr_error err = {.code = MR_ENOMEM};
    mr_status status = MR_ENOMEM;
    p->name = calloc(p->terms + 1, sizeof *p->name);
    p->column = calloc(2 * (p->terms + 1), sizeof *p->column);
    if (score && contribution && feature && p->name && p->column) {
        status = MR_OK;
        find_columns(p);
        print_head(p);
    }
    for (size_t from = 0; status == MR_OK && from < f->n; from += ROWS) {
        size_t n = f->n - from < ROWS ? f->n - from : ROWS;
        frame part = rows_of(f, feature, from, n);
        if (interrupted()) err.code = status = MR_ECANCELLED;
        if (status == MR_OK) status = trained_score(p->model, &part, context, score, contribution, &err);
        for (size_t i = 0; status == MR_OK && i < n && !ferror(stdout); i++)
            (p->a->json ? print_json : print_csv)(p, from + i, score[i], contribution + i * p->terms);
    }
    free(p->column);
    free(p->name);
    free(feature);
    free(contribution);
    free(score);
    return status == MR_OK ? EXIT_OK : command_fail("predict", &err);
}

static int run(const arguments *a) {
    mr_error err = {0};
    mr_context context = {0};
    trained model = {0};
    table_frame table = {0};
    int code = EXIT_OK;
    mr_status status = mr_pool_new((int)a->threads, &context.pool, &err);
    if (status == MR_OK) status = additive_document_load(a->model, &model, &err);
    if (status == MR_OK) status = table_frame_match(a->path, &model, a->id, &table, &err);
    if (status != MR_OK) code = command_fail("predict", &err);
    for (size_t k = 0; status == MR_OK && !a->quiet && k < table.notes; k++) print_error("marram predict: note: %s", table.note[k]);
    if (status == MR_OK) {
        printing p = {.a = a, .model = &model, .table = &table, .terms = trained_terms(&model)};
        code = predict(&p, &context);
    }
    table_frame_free(&table);
    trained_free(&model);
    mr_pool_free(context.pool);
    return code;
}

int command_predict(int argc, char **argv) {
    if (asks_for_ledger(argc, argv, (const char *const[]){"--id", NULL})) return predict_ledger(argc, argv);
    arguments a = {.top = 3};
    option_reader r = option_begin("predict", argc, argv);
    int code = EXIT_OK;
    for (const char *name; code == EXIT_OK && !a.help && (name = option_next(&r));)
        if (!read_option(&r, name, &a)) code = EXIT_USAGE;
    if (code != EXIT_OK) return code;
    if (a.help) return print_help(help), EXIT_OK;
    if (!a.path) return command_usage("predict", "needs a file, or - for standard input");
    if (!a.model) return command_usage("predict", "needs --model MODEL, which 'marram train' writes");
    return run(&a);
}
