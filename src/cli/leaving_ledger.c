/* What the three commands on a ledger share is at the end: the model, from the ledger or a file, and the landmarks of one day. */
#include "leaving_ledger.h"
#include "base_source.h"
#include "columns_out.h"
#include "feature_words.h"
#include "trained_out.h"

#include <additive_document.h>
#include <calendar.h>
#include <cells.h>
#include <error.h>
#include <json_number.h>
#include <leaving_model.h>
#include <mem.h>
#include <models.h>
#include <out_file.h>
#include <person.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_TOP = 20, BLOCK = 4096 };

static const char train_help[] =
    "marram train --db: learn who leaves from a ledger's histories, and say how well it can be told\n"
    "\n"
    "usage: marram train [--db URL] [OPTION ...]\n"
    "\n"
    "Learns from every customer at risk at the end of each month, with what was recorded by then, and from who left within the horizon. The model is\n"
    "kept in the ledger. How good such models are at telling the future: marram backtest --leaving.\n"
    "\n"
    "  --db URL                  the ledger: a path, sqlite:PATH or postgres://... (MARRAM_DB, else marram.db)\n"
    "  --out MODEL               the file the model is written to as well, as JSON\n"
    "  --horizon LENGTH          how far ahead: 91d, 13w, 6m, 1y (13w)\n"
    "  --until DATE              nothing after this day is looked at (the last day there is)\n"
    "  --sour-window LENGTH      how soon a second problem sours (90d)\n"
    "  --sample N                customers, about; 0: all (100000)\n"
    "  --rates FILE              CSV of currency,rate or currency,day,rate: to add amounts of several currencies\n"
    "  --seed N                  of every choice by chance (1)\n"
    "  --threads N               0: one a core (0); the model does not depend on it\n"
    "  --today DATE              nothing after this day is looked at (the clock's day)\n"
    "  --json                    print the figures as JSON\n"
    "  --quiet                   print nothing but errors and warnings\n"
    "  --help                    this text\n"
    "\n"
    "example:\n"
    "  marram train --db shop.db --horizon 13w\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data, 4 no fit, 5 input/output, 130 interrupted\n";

static const char predict_help[] =
    "marram predict --db: the chance that each customer of a ledger leaves, with what moves it most\n"
    "\n"
    "usage: marram predict [--db URL] [OPTION ...]\n"
    "\n"
    "  --db URL        the ledger: a path, sqlite:PATH or postgres://... (MARRAM_DB, else marram.db)\n"
    "  --model MODEL   a file that 'marram train --db' wrote (the ledger's newest model)\n"
    "  --until DATE    as of the end of this day (the last day there is)\n"
    "  --top N         how many contributions to show, 0 to 20 (3)\n"
    "  --rates FILE    CSV of currency,rate or currency,day,rate\n"
    "  --today DATE    nothing after this day is looked at (the clock's day)\n"
    "  --threads N     0: one a core (0)\n"
    "  --json          one JSON object a customer instead of CSV\n"
    "  --help          this text\n"
    "\n"
    "CSV on standard output: id, probability, score (its log-odds), stage (docs/cycle.md), then feature_1, value_1, contribution_1, ...: the largest\n"
    "contributions to the score, in log-odds against the average. Only customers at risk, the likeliest to leave first.\n"
    "\n"
    "example:\n"
    "  marram predict --db shop.db > chances.csv\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data, 5 input/output, 130 interrupted\n";

static const char explain_help[] =
    "marram explain --db: what one customer's chance of leaving is made of, exactly; without a customer, what the model goes by\n"
    "\n"
    "usage: marram explain [ID] [--db URL] [OPTION ...]\n"
    "\n"
    "  --db URL        the ledger: a path, sqlite:PATH or postgres://... (MARRAM_DB, else marram.db)\n"
    "  --model MODEL   a file that 'marram train --db' wrote (the ledger's newest model)\n"
    "  --until DATE    as of the end of this day (the last day there is)\n"
    "  --top N         the largest contributions, the others as one; 0: each (12)\n"
    "  --rates FILE    CSV of currency,rate or currency,day,rate\n"
    "  --today DATE    nothing after this day is looked at (the clock's day)\n"
    "  --json          print JSON: every contribution\n"
    "  --help          this text\n"
    "\n"
    "examples:\n"
    "  marram explain C-1042\n"
    "  marram explain C-1042 --db shop.db\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data (no such customer, or none at risk, too), 5 input/output\n";

typedef struct arguments {
    const char *command;
    int (*body)(struct arguments *a);
    base_source source;
    const char *out, *model;
    double horizon_days, sour_days;
    int64_t sample, seed, threads, top;
    int32_t until;
    bool json, quiet, help;
} arguments;

bool asks_for(int argc, char **argv, const char *option) {
    size_t n = strlen(option);
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (!strncmp(argv[i], option, n) && (!argv[i][n] || argv[i][n] == '=')) return true;
    return false;
}

bool asks_for_ledger(int argc, char **argv, const char *const *of_tables) {
    static const char *const flags[] = {"--json", "--quiet", "--help", "-h"};
    if (asks_for(argc, argv, "--db")) return true;
    if (asks_for(argc, argv, "--help") || asks_for(argc, argv, "-h")) return false;
    for (; *of_tables; of_tables++)
        if (asks_for(argc, argv, *of_tables)) return false;
    const char *word = NULL;
    option_reader r = option_begin(argv[0], argc, argv);
    for (const char *name; (name = option_next(&r));) {
        bool flag = false;
        for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) flag |= option_is(name, flags[i]);
        if (!*name && word) return false;
        if (!*name) word = option_value(&r);
        else if (!flag && !r.inline_value && r.at < argc) r.at++; /* its value */
    }
    /* Only explain takes a word that is no file: the customer. With a model in a file and no ledger about, it is a row whose table was forgotten. */
    if (!word) return strcmp(argv[0], "explain") != 0 || !asks_for(argc, argv, "--model");
    return !strcmp(argv[0], "explain") && strcmp(word, "-") != 0 && access(word, F_OK) != 0 && (!asks_for(argc, argv, "--model") || base_source_usual());
}

/* Each command takes some of these. */
static bool read_option(option_reader *r, const char *name, void *arguments_) {
    arguments *a = arguments_;
    bool train = !strcmp(a->command, "train"), predict = !strcmp(a->command, "predict");
    if (train && option_is(name, "--out")) return (a->out = option_value(r)) != NULL;
    if (train && option_is(name, "--horizon")) return option_duration_days(r, &a->horizon_days);
    if (train && option_is(name, "--sour-window")) return option_duration_days(r, &a->sour_days);
    if (train && option_is(name, "--sample")) return option_integer(r, 0, 1000000000, &a->sample);
    if (train && option_is(name, "--seed")) return option_integer(r, 0, INT64_MAX, &a->seed);
    if (train && option_is(name, "--quiet")) return a->quiet = true;
    if (!train && !predict && option_is(name, "--top")) return option_integer(r, 0, 512, &a->top);
    if (predict && option_is(name, "--top")) return option_integer(r, 0, MOST_TOP, &a->top);
    if (!train && option_is(name, "--model")) return (a->model = option_value(r)) != NULL;
    if ((train || predict) && option_is(name, "--threads")) return option_integer(r, 0, 1024, &a->threads);
    if (option_is(name, "--until")) return option_date(r, &a->until);
    if (option_is(name, "--json")) return a->json = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    if (!*name && !strcmp(a->command, "explain") && !a->source.operands_n) return base_source_option(r, name, &a->source) == 1;
    if (!*name) return command_usage(a->command, "takes files or --db, not both"), false;
    int shared = option_is(name, "--db") || option_is(name, "--rates") || option_is(name, "--today") ? base_source_option(r, name, &a->source) : 0;
    if (shared == 0) option_unknown(r, name);
    return shared == 1;
}

/* --- the model --- */

static mr_status load_model(const arguments *a, leaving_model *out, mr_error *err) {
    if (a->model) {
        char *text;
        size_t len;
        mr_status status = additive_document_get(a->model, &text, &len, err);
        mr_error why = {0};
        if (status == MR_OK && (status = leaving_model_read(text, len, out, &why)) != MR_OK)
            status = error_set(err, status, why.field, why.row, "%.200s: %.260s", a->model, why.message);
        mem_free(NULL, text);
        return status;
    }
    ledger_model stored = {0};
    mr_status status = ledger_model_leaving(a->source.l, &stored, err);
    if (status == MR_OK && !stored.id)
        status = error_set(err, MR_EDATA, "model", -1, "%s keeps no model of leaving: 'marram train' with that ledger makes one", db_name(a->source.l->d));
    if (status == MR_OK) status = leaving_model_read(stored.document, strlen(stored.document), out, err);
    ledger_model_free(&stored);
    return status;
}

/* --- train --- */

static mr_status keep(const arguments *a, const leaving_model *model, mr_error *err) {
    char *text = NULL;
    ledger *l = NULL;
    mr_status status = leaving_model_write(model, &text, err);
    ledger_model stored = {.fitted_at_us = now_us(), .until_day = model->as_of, .version = LEAVING_DOCUMENT_VERSION, .document = text};
    strcpy(stored.name, LEDGER_LEAVING);
    if (status == MR_OK && a->out) status = additive_document_put(text, a->out, err);
    if (status == MR_OK) status = ledger_open(a->source.url, NULL, &l, err);
    if (status == MR_OK) status = ledger_model_add(l, &stored, err);
    ledger_close(l);
    leaving_model_text_free(text);
    return status;
}

static void drawn_print(const leaving_model *model) {
    const recalibration *r = &model->drawn;
    char from[11], to[11];
    if (!r->done || leaving_model_blind(model)) return; /* the note has said it */
    putchar('\n');
    print_words(0, "Drawn to what came true on the landmarks from %s to %s: an earlier model's scores went with it by a slope of %.2f (%.2f to %.2f; 1 is right), so the contributions of this one, which go on "
                "adding up, are %.2f times what the fit said.", calendar_text(r->from_day, from), calendar_text(r->to_day, to), r->measured, r->measured - 1.96 * r->se, r->measured + 1.96 * r->se, r->slope);
}

static int train(arguments *a) {
    mr_error err = {0};
    mr_context context = {0};
    progress_bar bar;
    landmarks m = {0};
    leaving_model model = {0};
    if (a->out && base_source_is(&a->source, a->out)) return command_usage("train", "--out %s is the ledger itself: name another file", a->out);
    if (a->out && out_file_check(a->out, &err) != MR_OK) return command_fail("train", &err);
    err.code = mr_pool_new((int)a->threads, &context.pool, &err);
    context.progress = progress_tick;
    context.progress_ctx = &bar;
    landmarks_options o = {.horizon_days = (int32_t)lround(a->horizon_days), .sour_days = (int32_t)lround(a->sour_days), .only_day = INT32_MIN, .sample = (uint64_t)a->sample,
                           .until = a->until < a->source.files.today ? a->until : a->source.files.today, .rates = &a->source.rates};
    progress_begin(&bar, "reading histories");
    if (err.code == MR_OK) err.code = landmarks_read(a->source.l, &o, &context, &m, &err);
    progress_end(&bar);
    progress_begin(&bar, "learning");
    if (err.code == MR_OK) err.code = leaving_model_train(&m, o.sour_days, (uint64_t)a->seed, &context, &model, &err);
    progress_end(&bar);
    if (err.code == MR_OK) err.code = keep(a, &model, &err);
    if (err.code == MR_OK) {
        trained_notes_print("train", &model.model);
        if (a->json) trained_json_print(&model.model, leaving_model_drawn_json(&model));
        else if (!a->quiet) {
            trained_print(&model.model, NULL);
            drawn_print(&model);
            print_words(0, "Kept in the ledger%s%s: marram predict --db URL; how well such models foretell: marram backtest --leaving", a->out ? " and in " : "", a->out ? a->out : "");
        }
    }
    leaving_model_free(&model);
    landmarks_free(&m);
    mr_pool_free(context.pool);
    return err.code == MR_OK ? EXIT_OK : command_fail("train", &err);
}

/* --- predict and explain: rows of one day, scored --- */

typedef struct scored {
    leaving_model model;
    landmarks m;
    size_t terms, *row;   /* the likeliest first */
    char (*name)[256];    /* [terms] */
    double *score;        /* as row */
    double *contribution; /* of BLOCK rows from `from` on: those of a whole base would be many times as large as the base */
    size_t from;
} scored;

static void scored_free(scored *s) {
    mem_free(NULL, s->row);
    mem_free(NULL, s->name);
    mem_free(NULL, s->score);
    mem_free(NULL, s->contribution);
    landmarks_free(&s->m);
    leaving_model_free(&s->model);
}

static void say_blind(const char *command, const leaving_model *model) {
    if (leaving_model_blind(model))
        print_error("marram %s: note: what was known did not foretell who left, when the model was held against later time: everybody is given the rate, %.1f %%, and no feature says anything", command,
                    100 / (1 + exp(-trained_base(&model->model))));
}

static double chance_of(double score) {
    return 1 / (1 + exp(-score));
}

static size_t block_from(const scored *s, size_t from) {
    return s->m.n - from < BLOCK ? s->m.n - from : BLOCK;
}

static mr_status contributions_from(scored *s, size_t from, const mr_context *context, mr_error *err) {
    double score[BLOCK];
    s->from = from;
    return leaving_model_score(&s->model, &s->m, s->row + from, block_from(s, from), context, score, s->contribution, err);
}

static const double *contributions_of(const scored *s, size_t i) {
    return s->contribution + (i - s->from) * s->terms;
}

static int by_score(const void *x, const void *y, void *ctx) {
    const double *score = ctx;
    uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
    if (score[a] > score[b] || score[a] < score[b]) return score[a] > score[b] ? -1 : 1;
    return a < b ? -1 : a > b;
}

/* Of one score, as they came: by a hash of their own identifier. */
static mr_status sort_rows(scored *s, mr_error *err) {
    size_t n = s->m.n, *sorted = mem_take(NULL, n + 1, sizeof *sorted);
    double *score = mem_take(NULL, n + 1, sizeof *score);
    uint32_t *order = mem_take(NULL, n + 1, sizeof *order);
    mr_status status = sorted && score && order ? MR_OK : error_memory(err, n * sizeof *sorted);
    for (size_t i = 0; i < n && status == MR_OK; i++) order[i] = (uint32_t)i;
    if (status == MR_OK) qsort_r(order, n, sizeof *order, by_score, s->score);
    for (size_t i = 0; i < n && status == MR_OK; i++) {
        sorted[i] = s->row[order[i]];
        score[i] = s->score[order[i]];
    }
    mem_free(NULL, order);
    mem_free(NULL, status == MR_OK ? s->row : sorted);
    mem_free(NULL, status == MR_OK ? s->score : score);
    if (status != MR_OK) return status;
    s->row = sorted;
    s->score = score;
    return MR_OK;
}

static mr_status score_all(const arguments *a, int64_t customer_id, const mr_context *context, scored *s, mr_error *err) {
    mr_status status = load_model(a, &s->model, err);
    if (status != MR_OK) return status;
    say_blind(a->command, &s->model);
    landmarks_options o = {.horizon_days = s->model.horizon_days, .sour_days = s->model.sour_days, .only_day = a->until == INT32_MAX ? LANDMARK_LAST_DAY : a->until,
                           .until = a->until < a->source.files.today ? a->until : a->source.files.today, .customer_id = customer_id, .rates = &a->source.rates};
    status = landmarks_read(a->source.l, &o, context, &s->m, err);
    if (status != MR_OK) return status;
    size_t n = s->m.n;
    s->terms = trained_terms(&s->model.model);
    s->row = mem_take(NULL, n + 1, sizeof *s->row);
    s->score = mem_take(NULL, n + 1, sizeof *s->score);
    s->contribution = mem_take(NULL, BLOCK * s->terms + 1, sizeof *s->contribution);
    s->name = mem_new(NULL, s->terms + 1, sizeof *s->name);
    if (!s->row || !s->score || !s->contribution || !s->name) return error_memory(err, (n + BLOCK * s->terms) * sizeof *s->score);
    for (size_t c = 0, at = 0; c < s->m.customers; c++) s->row[at++] = s->m.customer[c].first; /* one row each */
    for (size_t k = 0; k < s->terms; k++) trained_term_name(&s->model.model, k, s->name[k]);
    for (size_t from = 0; from < n && status == MR_OK; from += BLOCK)
        status = leaving_model_score(&s->model, &s->m, s->row + from, block_from(s, from), context, s->score + from, NULL, err);
    if (status == MR_OK) status = sort_rows(s, err);
    return status == MR_OK && n ? contributions_from(s, 0, context, err) : status;
}

/* The value, or both values, of a term's features. */
static void term_value(const scored *s, size_t i, size_t term, char out[160]) {
    mr_additive_parts parts;
    char first[64], second[64];
    mr_additive_take_apart(s->model.model.additive, &parts);
    leaving_model_value(&s->model, &s->m, s->row[i], s->model.model.feature[parts.first[term]].name, first);
    if (parts.second[term] < 0) {
        snprintf(out, 160, "%s", first);
        return;
    }
    leaving_model_value(&s->model, &s->m, s->row[i], s->model.model.feature[parts.second[term]].name, second);
    snprintf(out, 160, "%s x %s", first, second);
}

static json_t *row_json(const scored *s, size_t i, const char *stage, size_t top) {
    size_t which[512];
    size_t n = leaving_model_blind(&s->model) ? 0 : trained_largest(contributions_of(s, i), s->terms, top < 512 ? top : 512, which);
    json_t *out = json_pack("{s:s, s:f, s:f, s:s}", "id", s->m.customer[s->m.who[s->row[i]]].external_id, "probability", chance_of(s->score[i]), "score", s->score[i], "stage", stage),
           *list = json_array();
    for (size_t k = 0; k < n; k++) {
        char value[160];
        term_value(s, i, which[k], value);
        double part = contributions_of(s, i)[which[k]];
        json_array_append_new(list, json_pack("{s:s, s:s, s:f, s:o}", "feature", s->name[which[k]], "value", value, "contribution", part, "standard_error",
                                              json_number(trained_error(&s->model.model, which[k], part))));
    }
    json_object_set_new(out, "contributions", list);
    return out;
}

static void row_csv(const arguments *a, const scored *s, size_t i, const char *stage) {
    size_t which[MOST_TOP], n = leaving_model_blind(&s->model) ? 0 : trained_largest(contributions_of(s, i), s->terms, (size_t)a->top, which);
    char value[160];
    cell_put(stdout, s->m.customer[s->m.who[s->row[i]]].external_id);
    printf(",%.6f,%.6f,%s", chance_of(s->score[i]), s->score[i], stage);
    for (size_t k = 0; k < (size_t)a->top; k++) {
        if (k >= n) {
            fputs(",,,", stdout);
            continue;
        }
        putchar(',');
        cell_put(stdout, s->name[which[k]]);
        putchar(',');
        term_value(s, i, which[k], value);
        cell_put(stdout, value);
        printf(",%.6f", contributions_of(s, i)[which[k]]);
    }
    putchar('\n');
}

static const char *stage_name(const scored *s, size_t i) {
    return cycle_stage_row_of(landmark_stage(&s->m, s->row[i], chance_of(s->score[i]), s->model.rate))->name;
}

static int predict(arguments *a) {
    mr_error err = {0};
    mr_context context = {0};
    progress_bar bar;
    scored s = {0};
    err.code = mr_pool_new((int)a->threads, &context.pool, &err);
    context.progress = progress_tick;
    context.progress_ctx = &bar;
    progress_begin(&bar, "reading histories");
    if (err.code == MR_OK) err.code = score_all(a, 0, &context, &s, &err);
    progress_end(&bar);
    if (err.code == MR_OK) {
        char day[11], last[11];
        if (!s.m.n) print_error("marram predict: note: nobody is at risk on %s; the last day of the data is %s", calendar_text(s.m.only_day, day), calendar_text(s.m.last_day, last));
        if (!a->json) {
            fputs("id,probability,score,stage", stdout);
            for (int64_t k = 1; k <= a->top; k++) printf(",feature_%lld,value_%lld,contribution_%lld", (long long)k, (long long)k, (long long)k);
            putchar('\n');
        }
        context.progress = NULL;
        for (size_t i = 0; i < s.m.n && !ferror(stdout); i++) {
            if (i - s.from == BLOCK) err.code = interrupted() ? MR_ECANCELLED : contributions_from(&s, i, &context, &err);
            if (err.code != MR_OK) break;
            if (!a->json) {
                row_csv(a, &s, i, stage_name(&s, i));
                continue;
            }
            json_t *object = row_json(&s, i, stage_name(&s, i), (size_t)a->top);
            json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(17));
            putchar('\n');
            json_decref(object);
        }
    }
    scored_free(&s);
    mr_pool_free(context.pool);
    return err.code == MR_OK ? EXIT_OK : command_fail("predict", &err);
}

/* How far the chance is to be trusted: what the model was worth on rows it had not seen. */
static void trust_words(const trained *t) {
    const figures *f = &t->holdout;
    char slope[96] = "";
    if (isfinite(f->slope)) snprintf(slope, sizeof slope, ", calibration slope %.2f (1: chances mean what they say)", f->slope);
    if (!f->rows || !isfinite(f->auc + f->auc_low + f->auc_high)) print_words(2, "How good the model is, is not known: too few rows to hold any out.");
    else print_words(2, "How good the model is on %s, not seen by it: AUC %.2f (%.2f to %.2f; .5 is chance)%s.", t->split, f->auc, f->auc_low, f->auc_high, slope);
}

/* The lines as shown add up to the score as shown: what is not shown by itself takes the rounding, too. */
static void explain_text(const scored *s, const char *id, size_t top) {
    size_t which[512], n = leaving_model_blind(&s->model) ? 0 : trained_largest(s->contribution, s->terms, 512, which), shown = top && top < n ? top : n;
    const trained *t = &s->model.model;
    char text[32], error[32], value[160], day[11];
    print_words(2, "%s, as of %s: leaves within %d days with a chance of %.1f %%, where %.1f %% of all did. Stage: %s.", id, calendar_text(s->m.only_day, day), (int)s->m.horizon_days,
                100 * chance_of(s->score[0]), 100 * s->model.rate, stage_name(s, 0));
    trust_words(t);
    putchar('\n');
    columns_out c = columns_begin(4, "", "value", "log-odds", "+-");
    snprintf(text, sizeof text, "%+.3f", trained_base(t));
    columns_row(&c, "an average customer", "", text, "");
    double rest = s->score[0] - strtod(text, NULL);
    for (size_t k = 0; k < shown; k++) {
        double contribution = s->contribution[which[k]], known = trained_error(t, which[k], contribution);
        term_value(s, 0, which[k], value);
        snprintf(text, sizeof text, "%+.3f", contribution);
        *error = 0;
        if (known > 0) snprintf(error, sizeof error, "%.3f", known);
        columns_row(&c, s->name[which[k]], value, text, error);
        rest -= strtod(text, NULL);
    }
    if (shown < n) {
        snprintf(value, sizeof value, "%zu other%s", n - shown, n - shown == 1 ? "" : "s");
        snprintf(text, sizeof text, "%+.3f", rest);
        columns_row(&c, value, "", text, "");
    }
    snprintf(text, sizeof text, "%+.3f", s->score[0]);
    columns_row(&c, "score, their sum", "", text, "");
    columns_end(&c);
    putchar('\n');
    print_words(0, "Above 0 raises the chance, below 0 lowers it; +- is the standard error. What the values are (docs/features.md; lately: in the last 365 days):");
    for (size_t k = 0; k < shown; k++) feature_words_print(s->name[which[k]]);
    if (shown < n) puts("\nAll of it: --top 0");
}

static int explain(arguments *a) {
    mr_error err = {0};
    scored s = {0};
    int64_t id = 0;
    const char *who = a->source.operands_n ? a->source.operands[0] : NULL;
    if (!who) {
        err.code = load_model(a, &s.model, &err);
        if (err.code == MR_OK) say_blind("explain", &s.model);
        if (err.code == MR_OK) a->json ? trained_json_print(&s.model.model, leaving_model_drawn_json(&s.model)) : trained_steps_print(&s.model.model);
        scored_free(&s);
        return err.code == MR_OK ? EXIT_OK : command_fail("explain", &err);
    }
    err.code = person_find(a->source.l, who, NULL, &id, &err);
    if (err.code == MR_OK) err.code = score_all(a, id, NULL, &s, &err);
    if (err.code == MR_OK && !s.m.n) {
        char day[11];
        err.code = error_set(&err, MR_EDATA, "id", -1, "'%.100s' is not at risk of leaving on %s: %s", who, calendar_text(s.m.only_day, day),
                             s.m.mode == RISK_CONTRACTS ? "no contract runs that they have not given up" : "no order within the horizon before it");
    }
    if (err.code == MR_OK && a->json) {
        json_t *out = row_json(&s, 0, stage_name(&s, 0), 512);
        json_object_set_new(out, "base", json_real(trained_base(&s.model.model)));
        json_object_set_new(out, "horizon_days", json_integer(s.m.horizon_days));
        json_dumpf(out, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
        putchar('\n');
        json_decref(out);
    } else if (err.code == MR_OK) {
        explain_text(&s, who, (size_t)a->top);
    }
    scored_free(&s);
    return err.code == MR_OK ? EXIT_OK : command_fail("explain", &err);
}

/* --- the commands --- */

static int run(void *arguments_) {
    arguments *a = arguments_;
    if (!(a->horizon_days >= 1 && a->horizon_days <= 36500) || !(a->sour_days >= 1 && a->sour_days <= 3650))
        return command_usage(a->command, "--horizon must be a day to a hundred years, --sour-window a day to ten years");
    if (!option_is_past(a->command, "--until", a->until, a->source.files.today)) return EXIT_USAGE;
    size_t n = a->source.operands_n;
    a->source.operands_n = 0; /* a customer, no file */
    int code = base_source_open(a->command, &a->source);
    a->source.operands_n = n;
    return code == EXIT_OK ? a->body(a) : code;
}

static int run_with(const char *command, const char *help, int (*body)(arguments *), int argc, char **argv) {
    arguments a = {.command = command, .body = body, .horizon_days = 91, .sour_days = FEATURES_SOUR_DAYS, .sample = 100000, .seed = 1, .top = body == explain ? 12 : 3, .until = INT32_MAX};
    return base_command_run(&(base_command){command, help, &a.source, &a.help, read_option, run}, &a, argc, argv);
}

int train_ledger(int argc, char **argv) {
    return run_with("train", train_help, train, argc, argv);
}

int predict_ledger(int argc, char **argv) {
    return run_with("predict", predict_help, predict, argc, argv);
}

int explain_ledger(int argc, char **argv) {
    return run_with("explain", explain_help, explain, argc, argv);
}
