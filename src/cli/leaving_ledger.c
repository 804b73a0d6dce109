/* What the three commands on a ledger share is at the end: the model, from the ledger or a file, and the landmarks of one day. */
#include "leaving_ledger.h"
#include "base_source.h"
#include "columns_out.h"
#include "trained_out.h"

#include <calendar.h>
#include <cells.h>
#include <error.h>
#include <json_number.h>
#include <leaving_model.h>
#include <mem.h>
#include <models.h>
#include <person.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TOP = 20 };

static const char train_help[] =
    "marram train --db: learn who leaves from a ledger's histories, and say how well it can be told\n"
    "\n"
    "usage: marram train --db URL [OPTION ...]\n"
    "\n"
    "Learns from every customer at risk at the end of each month, with what was recorded by then, and from who left within the horizon. The model is\n"
    "kept in the ledger. How good such models are at telling the future: marram backtest --leaving.\n"
    "\n"
    "  --db URL                  the ledger: a path, sqlite:PATH or postgres://...\n"
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
    "usage: marram predict --db URL [OPTION ...]\n"
    "\n"
    "  --db URL        the ledger: a path, sqlite:PATH or postgres://...\n"
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
    "usage: marram explain [ID] --db URL [OPTION ...]\n"
    "\n"
    "  --db URL        the ledger: a path, sqlite:PATH or postgres://...\n"
    "  --model MODEL   a file that 'marram train --db' wrote (the ledger's newest model)\n"
    "  --until DATE    as of the end of this day (the last day there is)\n"
    "  --rates FILE    CSV of currency,rate or currency,day,rate\n"
    "  --today DATE    nothing after this day is looked at (the clock's day)\n"
    "  --json          print JSON\n"
    "  --help          this text\n"
    "\n"
    "example:\n"
    "  marram explain C-1042 --db shop.db\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data (no such customer, or none at risk, too), 5 input/output\n";

typedef struct arguments {
    const char *command;
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

/* Each command takes some of these. */
static bool read_option(option_reader *r, const char *name, arguments *a) {
    bool train = !strcmp(a->command, "train"), predict = !strcmp(a->command, "predict");
    if (train && option_is(name, "--out")) return (a->out = option_value(r)) != NULL;
    if (train && option_is(name, "--horizon")) return option_duration_days(r, &a->horizon_days);
    if (train && option_is(name, "--sour-window")) return option_duration_days(r, &a->sour_days);
    if (train && option_is(name, "--sample")) return option_integer(r, 0, 1000000000, &a->sample);
    if (train && option_is(name, "--seed")) return option_integer(r, 0, INT64_MAX, &a->seed);
    if (train && option_is(name, "--quiet")) return a->quiet = true;
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

static mr_status read_whole(const char *path, char **text, size_t *len, mr_error *err) {
    FILE *f = fopen(path, "rb");
    size_t room = 1 << 16;
    *len = 0;
    *text = NULL;
    if (!f) return error_set(err, MR_EIO, NULL, -1, "%.300s: %s", path, strerror(errno));
    for (size_t got = 1; got;) {
        char *more = mem_resize(NULL, *text, room, 1);
        if (!more) break;
        *text = more;
        got = fread(*text + *len, 1, room - *len, f);
        *len += got;
        if (*len == room) room *= 2;
    }
    bool failed = ferror(f);
    fclose(f);
    if (failed) return error_set(err, MR_EIO, NULL, -1, "%.300s cannot be read: %s", path, strerror(errno));
    return *text ? MR_OK : error_memory(err, room);
}

static mr_status load_model(const arguments *a, leaving_model *out, mr_error *err) {
    if (a->model) {
        char *text;
        size_t len;
        mr_status status = read_whole(a->model, &text, &len, err);
        if (status == MR_OK) status = leaving_model_read(text, len, out, err);
        mem_free(NULL, text);
        return status;
    }
    ledger_model stored = {0};
    mr_status status = ledger_model_leaving(a->source.l, &stored, err);
    if (status == MR_OK && !stored.id)
        status = error_set(err, MR_EDATA, "model", -1, "%s keeps no model of leaving: 'marram train --db URL' makes one", db_name(a->source.l->d));
    if (status == MR_OK) status = leaving_model_read(stored.document, strlen(stored.document), out, err);
    ledger_model_free(&stored);
    return status;
}

/* --- train --- */

static mr_status save(const char *path, const char *text, mr_error *err) {
    FILE *f = fopen(path, "w");
    bool ok = f && fputs(text, f) != EOF && fputc('\n', f) != EOF;
    if (f && fclose(f) != 0) ok = false;
    return ok ? MR_OK : error_set(err, MR_EIO, NULL, -1, "%.300s cannot be written: %s", path, strerror(errno));
}

static mr_status keep(const arguments *a, const leaving_model *model, mr_error *err) {
    char *text = NULL;
    ledger *l = NULL;
    mr_status status = leaving_model_write(model, &text, err);
    ledger_model stored = {.fitted_at_us = now_us(), .until_day = model->as_of, .version = LEAVING_DOCUMENT_VERSION, .document = text};
    strcpy(stored.name, LEDGER_LEAVING);
    if (status == MR_OK && a->out) status = save(a->out, text, err);
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
    printf("\ndrawn to what came true on the landmarks from %s to %s: an earlier model's scores went with it by a slope of %.2f (%.2f to %.2f; 1 is right),\n", calendar_text(r->from_day, from),
           calendar_text(r->to_day, to), r->measured, r->measured - 1.96 * r->se, r->measured + 1.96 * r->se);
    printf("so the contributions of this one, which go on adding up, are %.2f times what the fit said\n", r->slope);
}

static int train(arguments *a) {
    mr_error err = {0};
    mr_context context = {0};
    progress_bar bar;
    landmarks m = {0};
    leaving_model model = {0};
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
            printf("\nkept in the ledger%s%s: marram predict --db URL; how well such models foretell: marram backtest --leaving\n", a->out ? " and in " : "", a->out ? a->out : "");
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
    size_t terms, *row;
    char (*name)[256];    /* [terms] */
    double *score, *contribution, *mean; /* mean: one number, the mean chance */
    uint32_t *order;      /* the likeliest first */
} scored;

static void scored_free(scored *s) {
    mem_free(NULL, s->row);
    mem_free(NULL, s->name);
    mem_free(NULL, s->score);
    mem_free(NULL, s->contribution);
    mem_free(NULL, s->order);
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
    s->contribution = mem_take(NULL, n * s->terms + 1, sizeof *s->contribution);
    s->name = mem_new(NULL, s->terms + 1, sizeof *s->name);
    if (!s->row || !s->score || !s->contribution || !s->name) return error_memory(err, n * s->terms * sizeof *s->contribution);
    for (size_t c = 0, at = 0; c < s->m.customers; c++) s->row[at++] = s->m.customer[c].first; /* one row each */
    for (size_t k = 0; k < s->terms; k++) trained_term_name(&s->model.model, k, s->name[k]);
    return leaving_model_score(&s->model, &s->m, s->row, n, context, s->score, s->contribution, err);
}

static size_t largest(const double *contribution, size_t terms, size_t top, size_t *out) {
    size_t n = 0;
    for (size_t k = 0; k < terms && top; k++) {
        if (n == top && !(fabs(contribution[k]) > fabs(contribution[out[n - 1]]))) continue;
        size_t at = n < top ? n++ : n - 1;
        for (; at > 0 && fabs(contribution[out[at - 1]]) < fabs(contribution[k]); at--) out[at] = out[at - 1];
        out[at] = k;
    }
    return n;
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

static void put_cell(const char *text) {
    char cell[2 * 1024 + 8];
    size_t len = strlen(text);
    *cell_text(cell, text, len < 1000 ? len : 1000, CELL_TEXT) = 0;
    fputs(cell, stdout);
}

static json_t *row_json(const scored *s, size_t i, const char *stage, size_t top) {
    size_t which[512];
    size_t n = leaving_model_blind(&s->model) ? 0 : largest(s->contribution + i * s->terms, s->terms, top < 512 ? top : 512, which);
    json_t *out = json_pack("{s:s, s:f, s:f, s:s}", "id", s->m.customer[s->m.who[s->row[i]]].external_id, "probability", chance_of(s->score[i]), "score", s->score[i], "stage", stage),
           *list = json_array();
    for (size_t k = 0; k < n; k++) {
        char value[160];
        term_value(s, i, which[k], value);
        json_array_append_new(list, json_pack("{s:s, s:s, s:f}", "feature", s->name[which[k]], "value", value, "contribution", s->contribution[i * s->terms + which[k]]));
    }
    json_object_set_new(out, "contributions", list);
    return out;
}

static void row_csv(const arguments *a, const scored *s, size_t i, const char *stage) {
    size_t which[MOST_TOP], n = leaving_model_blind(&s->model) ? 0 : largest(s->contribution + i * s->terms, s->terms, (size_t)a->top, which);
    char value[160];
    put_cell(s->m.customer[s->m.who[s->row[i]]].external_id);
    printf(",%.6f,%.6f,%s", chance_of(s->score[i]), s->score[i], stage);
    for (size_t k = 0; k < (size_t)a->top; k++) {
        if (k >= n) {
            fputs(",,,", stdout);
            continue;
        }
        putchar(',');
        put_cell(s->name[which[k]]);
        putchar(',');
        term_value(s, i, which[k], value);
        put_cell(value);
        printf(",%.6f", s->contribution[i * s->terms + which[k]]);
    }
    putchar('\n');
}

static int by_score(const void *x, const void *y, void *ctx) {
    const double *score = ctx;
    uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
    if (score[a] > score[b] || score[a] < score[b]) return score[a] > score[b] ? -1 : 1;
    return a < b ? -1 : a > b;
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
    if (err.code == MR_OK && !(s.order = mem_take(NULL, s.m.n + 1, sizeof *s.order))) err.code = error_memory(&err, s.m.n * sizeof *s.order);
    if (err.code == MR_OK) {
        for (size_t i = 0; i < s.m.n; i++) s.order[i] = (uint32_t)i;
        qsort_r(s.order, s.m.n, sizeof *s.order, by_score, s.score);
        if (!a->json) {
            fputs("id,probability,score,stage", stdout);
            for (int64_t k = 1; k <= a->top; k++) printf(",feature_%lld,value_%lld,contribution_%lld", (long long)k, (long long)k, (long long)k);
            putchar('\n');
        }
        for (size_t k = 0; k < s.m.n && !ferror(stdout); k++) {
            size_t i = s.order[k];
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

static void explain_text(const scored *s, const char *id) {
    size_t which[512], n = leaving_model_blind(&s->model) ? 0 : largest(s->contribution, s->terms, 512, which);
    char text[32], day[11];
    const landmarks *m = &s->m;
    printf("%s, as of %s: leaves within %d days with a chance of %.1f %% (stage: %s)\n\n", id, calendar_text(m->only_day, day), (int)m->horizon_days,
           100 * chance_of(s->score[0]), stage_name(s, 0));
    columns_out c = columns_begin(3, "", "value", "log-odds");
    snprintf(text, sizeof text, "%+.6f", trained_base(&s->model.model));
    columns_row(&c, "an average customer", "", text);
    for (size_t k = 0; k < n; k++) {
        char value[160];
        term_value(s, 0, which[k], value);
        snprintf(text, sizeof text, "%+.6f", s->contribution[which[k]]);
        columns_row(&c, s->name[which[k]], value, text);
    }
    snprintf(text, sizeof text, "%+.6f", s->score[0]);
    columns_row(&c, "score, their sum", "", text);
    columns_end(&c);
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
        explain_text(&s, who);
    }
    scored_free(&s);
    return err.code == MR_OK ? EXIT_OK : command_fail("explain", &err);
}

/* --- the commands --- */

static int run_with(const char *command, const char *help, int (*body)(arguments *), int argc, char **argv) {
    const char **operands = calloc((size_t)argc + 1, sizeof *operands);
    arguments a = {.command = command, .horizon_days = 91, .sour_days = FEATURES_SOUR_DAYS, .sample = 100000, .seed = 1, .top = 3, .until = INT32_MAX};
    if (!operands) return EXIT_INTERNAL;
    base_source_begin(&a.source, operands);
    option_reader r = option_begin(command, argc, argv);
    int code = EXIT_OK;
    for (const char *name; code == EXIT_OK && !a.help && (name = option_next(&r));)
        if (!read_option(&r, name, &a)) code = EXIT_USAGE;
    if (code == EXIT_OK && a.help) {
        print_help(help);
    } else if (code == EXIT_OK && (!(a.horizon_days >= 1 && a.horizon_days <= 36500) || !(a.sour_days >= 1 && a.sour_days <= 3650))) {
        code = command_usage(command, "--horizon must be a day to a hundred years, --sour-window a day to ten years");
    } else if (code == EXIT_OK) {
        size_t n = a.source.operands_n;
        a.source.operands_n = 0; /* a customer, no file */
        code = base_source_open(command, &a.source);
        a.source.operands_n = n;
        if (code == EXIT_OK) code = body(&a);
        base_source_close(&a.source);
    }
    free(operands);
    return code;
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
