#include "base_source.h"
#include "columns_out.h"

#include <error.h>
#include <mem.h>
#include <out_file.h>
#include <rates_file.h>
#include <status.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void base_source_begin(base_source *s, const char **operands) {
    *s = (base_source){.operands = operands, .files = {.today = today_utc()}};
}

int base_command_run(const base_command *c, void *arguments, int argc, char **argv) {
    const char **operands = calloc((size_t)argc + 1, sizeof *operands);
    int code = EXIT_OK;
    if (!operands) return EXIT_INTERNAL;
    base_source_begin(c->source, operands);
    option_reader r = option_begin(c->name, argc, argv);
    for (const char *option; code == EXIT_OK && !*c->asked && (option = option_next(&r));)
        if (!c->read(&r, option, arguments)) code = EXIT_USAGE;
    if (code == EXIT_OK && *c->asked) print_help(c->help);
    else if (code == EXIT_OK) code = c->run(arguments);
    base_source_close(c->source);
    free(operands);
    return code;
}

int base_source_option(option_reader *r, const char *option, base_source *s) {
    struct {
        const char *name;
        const char **text;
        bool of_files;
    } texts[] = {{"--db", &s->db, false}, {"--rates", &s->rates_path, false}, {"--mapping", &s->mapping, true}, {"--columns", &s->files.columns, true},
                 {"--currency", &s->files.currency, true}, {"--date-format", &s->files.date_format, true}, {"--decimal", &s->files.decimal, true}};
    if (!*option) {
        s->operands[s->operands_n++] = option_value(r);
        return 1;
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (!option_is(option, texts[i].name)) continue;
        s->file_option |= texts[i].of_files;
        return (*texts[i].text = option_value(r)) ? 1 : -1;
    }
    if (option_is(option, "--today")) return (s->today_given = option_today(r, &s->files.today)) ? 1 : -1;
    return 0;
}

/* What was recorded: all of it, and all at once. Later than anything a file may hold. */
static int64_t recorded(const base_source *s) {
    return ((int64_t)s->files.today + 2) * INT64_C(86400000000);
}

static mr_status import_files(base_source *s, mr_error *err) {
    temporary_file *file = mem_new(NULL, s->operands_n, sizeof *file);
    char (*names)[64] = mem_new(NULL, s->operands_n, sizeof *names);
    mr_status status = file && names ? MR_OK : error_memory(err, s->operands_n * sizeof *file);
    if (status == MR_OK) {
        progress_bar bar;
        mr_context context = {.progress = progress_tick, .progress_ctx = &bar};
        for (size_t i = 0; i < s->operands_n; i++) file[i] = temporary_file_of(s->operands[i], s->mapping, names[i]);
        s->files.now_us = recorded(s);
        progress_begin(&bar, "reading");
        status = temporary_make(file, s->operands_n, &s->files, &context, &s->made, err);
        progress_end(&bar);
    }
    mem_free(NULL, file);
    mem_free(NULL, names);
    s->url = s->made.url;
    return status;
}

static int by_currency(const void *a, const void *b) {
    const currency_rate *x = a, *y = b;
    int order = strcmp(x->currency, y->currency);
    return order ? order : x->day < y->day ? -1 : x->day > y->day;
}

/* Those of the file in place of the ledger's of the same currency; nothing is written. */
static mr_status add_rates(base_source *s, mr_error *err) {
    currency_rate *given = NULL;
    size_t n = 0, kept = 0;
    mr_status status = rates_file_read(s->rates_path, &given, &n, err);
    currency_rate *all = status == MR_OK ? mem_take(NULL, s->rates.n + n + 1, sizeof *all) : NULL;
    if (status == MR_OK && !all) status = error_memory(err, (s->rates.n + n) * sizeof *all);
    for (size_t i = 0; i < s->rates.n && status == MR_OK; i++) {
        bool replaced = false;
        for (size_t k = 0; k < n; k++) replaced |= !strcmp(given[k].currency, s->rates.row[i].currency);
        if (!replaced) all[kept++] = s->rates.row[i];
    }
    if (status == MR_OK) {
        if (n) memcpy(all + kept, given, n * sizeof *all);
        qsort(all, kept + n, sizeof *all, by_currency);
        ledger_rates_free(&s->rates);
        s->rates = (currency_rates){all, kept + n};
    }
    mem_free(NULL, given);
    return status;
}

const char *base_source_usual(void) {
    store_options o;
    const char *named = getenv("MARRAM_DB");
    store_begin(&o);
    return (named && *named) || access(o.url, F_OK) == 0 ? o.url : NULL;
}

const char *base_source_ledger(base_source *s) {
    if (!s->db) s->db = base_source_usual();
    return s->db;
}

const char *base_source_customer(base_source *s) {
    const char *word = s->operands_n == 1 ? s->operands[0] : NULL;
    if (!word || (!s->db && (strchr(word, ':') || !strcmp(word, "-") || access(word, F_OK) == 0 || !base_source_usual()))) return NULL;
    s->operands_n = 0;
    return word;
}

mr_status base_source_day(const base_source *s, int32_t *day, mr_error *err) {
    *day = s->files.today;
    return s->today_given ? MR_OK : ledger_day(s->l, s->files.today, day, err);
}

int base_source_open(const char *command, base_source *s) {
    mr_error err = {0};
    if (!s->operands_n && !s->file_option) base_source_ledger(s);
    if (s->db && s->operands_n) return command_usage(command, "takes files or --db, not both");
    if (!s->db && !s->operands_n) return command_usage(command, "needs a file, or --db URL");
    if (s->db && s->file_option) return command_usage(command, "--mapping, --columns, --currency, --date-format and --decimal are about files, not about --db");
    if (s->mapping && s->files.columns) return command_usage(command, "takes --mapping or --columns, not both");
    s->url = s->db;
    err.code = s->db ? MR_OK : import_files(s, &err);
    if (err.code == MR_OK) err.code = ledger_open_reading(s->url, &s->l, &err);
    if (err.code == MR_OK) err.code = ledger_rates_read(s->l, &s->rates, &err);
    if (err.code == MR_OK && s->rates_path) err.code = add_rates(s, &err);
    return err.code == MR_OK ? EXIT_OK : command_fail(command, &err);
}

bool base_source_is(const base_source *s, const char *path) {
    bool same = s->db && store_is(&(store_options){.url = s->db}, path);
    for (size_t i = 0; i < s->operands_n && !same; i++) {
        const char *colon = strchr(s->operands[i], ':');
        same = out_file_same(s->operands[i], path) || (colon && out_file_same(colon + 1, path));
    }
    return same;
}

void base_source_close(base_source *s) {
    ledger_close(s->l);
    ledger_rates_free(&s->rates);
    temporary_remove(&s->made);
    s->l = NULL;
}
