/* marram content: the library of useful content that follow-ups bring along. */
#include "columns_out.h"
#include "settings.h"
#include "store.h"

#include <calendar.h>
#include <content.h>
#include <error.h>
#include <person.h>
#include <taste.h>

#include <jansson.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "marram content: the library of useful content that follow-ups bring along (docs/content.md)\n"
    "\n"
    "usage: marram content check FILE... [--json]    what is wrong with it: line, field, what was expected\n"
    "       marram content list [FILE] [OPTION ...]  the pieces, and which of them are stale or not out yet\n"
    "       marram content match ID [OPTION ...]     what this customer would be sent next, why, and why not the others\n"
    "\n"
    "Without FILE the library is the one the settings name (delivery.content).\n"
    "\n" STORE_HELP SETTINGS_HELP
    "  --file FILE               match: this library, not the settings'\n"
    "  --at TIME                 list, match: the time it is taken to be, as in 2026-11-23T09:00:00Z (the clock)\n"
    "  --source NAME             match: of which source ID is an identifier, where several have it\n"
    "  --json                    print as JSON\n"
    "  --help                    this text\n"
    "\n"
    "examples:\n"
    "  marram content check content.yaml\n"
    "  marram content match C-1042 --db shop.db --settings marram.yaml\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data, settings or content, 5 input/output\n";

typedef struct arguments {
    store_options store;
    settings_options settings;
    const char **operand, *file, *source;
    size_t operands;
    int64_t at_us;
    bool json, help;
} arguments;

static bool read_option(option_reader *r, const char *name, arguments *a) {
    if (!*name) return (a->operand[a->operands++] = option_value(r)) != NULL;
    if (option_is(name, "--file")) return (a->file = option_value(r)) != NULL;
    if (option_is(name, "--source")) return (a->source = option_value(r)) != NULL;
    if (option_is(name, "--at")) return option_time(r, &a->at_us);
    if (option_is(name, "--json")) return a->json = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    int shared = store_option(r, name, &a->store);
    if (shared == 0) shared = settings_option(r, name, &a->settings);
    if (shared == 0) option_unknown(r, name);
    return shared == 1;
}

static int print_json(json_t *o) {
    int failed = json_dumpf(o, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    json_decref(o);
    putchar('\n');
    return failed ? EXIT_IO : EXIT_OK;
}

/* --- check --- */

static int check(const arguments *a) {
    json_t *all = json_array();
    int code = EXIT_OK;
    for (size_t i = 1; i < a->operands; i++) {
        content_library l = {0};
        mr_error err = {0};
        err.code = content_open(a->operand[i], &l, &err);
        if (err.code != MR_OK && err.code != MR_EDATA) code = command_fail("content", &err);
        else if (err.code == MR_EDATA) code = code == EXIT_OK ? EXIT_DATA : code;
        if (a->json) json_array_append_new(all, json_pack("{s:s,s:b,s:I,s:s,s:s}", "file", a->operand[i], "sound", err.code == MR_OK, "pieces", (json_int_t)l.n, "field", err.field, "message", err.message));
        else if (err.code == MR_EDATA) print_error("marram content: %s", err.message);
        else if (err.code == MR_OK) print_words(2, "%s: %zu piece%s, nothing wrong", a->operand[i], l.n, l.n == 1 ? "" : "s");
        content_free(&l);
    }
    if (a->json) return print_json(all) == EXIT_OK ? code : EXIT_IO;
    json_decref(all);
    return code;
}

/* --- list --- */

static const char *state_of(const content_item *c, int32_t day) {
    return c->fresh_until < day ? "stale" : c->published > day ? "not out yet" : "";
}

static const char *day_or(int32_t day, char out[11]) {
    return day == INT32_MIN || day == INT32_MAX ? "" : calendar_text(day, out);
}

static void names_text(text_buffer *out, const char *const *name, size_t n) {
    out->len = 0;
    for (size_t i = 0; i < n; i++) text_printf(out, "%s%s", i ? ", " : "", name[i]);
    text_terminate(out);
}

static json_t *names_json(const char *const *name, size_t n) {
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) json_array_append_new(list, json_string(name[i]));
    return list;
}

static json_t *item_json(const content_item *c) {
    char published[11], fresh[11];
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:o,s:o,s:s,s:s}", "id", c->id, "title", c->title, "url", c->url, "summary", c->summary, "kind", c->kind, "language", c->language, "products",
                     names_json(c->products, c->products_n), "tags", names_json(c->tags, c->tags_n), "published", day_or(c->published, published), "fresh_until", day_or(c->fresh_until, fresh));
}

static mr_status library_open(const arguments *a, const config *c, const char *file, content_library *l, mr_error *err) {
    const char *path = file ? file : c->delivery_content;
    if (!*path) return error_set(err, MR_EDATA, "content", -1, "no library: name a FILE, or one in the settings (delivery.content of %s)", settings_path(&a->settings) ? settings_path(&a->settings) : "marram.yaml");
    return content_open(path, l, err);
}

static int list(const arguments *a, const config *c) {
    content_library l = {0};
    mr_error err = {0};
    text_buffer about = {0};
    int32_t day = work_day_of(&c->work, a->at_us);
    size_t over = 0;
    char fresh[11];
    err.code = library_open(a, c, a->operands > 1 ? a->operand[1] : NULL, &l, &err);
    if (err.code != MR_OK) {
        content_free(&l);
        return command_fail("content", &err);
    }
    json_t *all = json_array();
    columns_out table = columns_begin(6, "id", "kind", "language", "about", "fresh until", "");
    for (size_t i = 0; i < l.n; i++) {
        const content_item *p = &l.item[i];
        json_t *o = item_json(p);
        json_object_set_new(o, "state", json_string(state_of(p, day)));
        json_array_append_new(all, o);
        names_text(&about, p->products_n ? p->products : p->tags, p->products_n ? p->products_n : p->tags_n);
        columns_row(&table, p->id, p->kind, p->language, about.data ? about.data : "", day_or(p->fresh_until, fresh), state_of(p, day));
        over += *state_of(p, day) != 0;
    }
    text_free(&about);
    int code = EXIT_OK;
    if (a->json) {
        text_free(&table.cells);
        code = print_json(all);
    } else {
        columns_end(&table);
        json_decref(all);
        printf("%zu piece%s%s", l.n, l.n == 1 ? "" : "s", over ? "; " : "\n");
        if (over) printf("%zu of them %s sent to nobody now\n", over, over == 1 ? "is" : "are");
    }
    content_free(&l);
    return code;
}

/* --- match --- */

static void print_match(const arguments *a, const content_library *l, const taste *t, const char *who) {
    const char *because;
    const content_item *best = content_match(l, &t->wish, &because);
    json_t *others = json_array();
    if (!a->json) {
        text_buffer had = {0};
        if (best) print_words(2, "%s would be sent '%s' (%s) next%s%s", who, best->title, best->id, *because ? ", because of " : ": it is about nothing in particular", because);
        else print_words(2, "%s would be sent nothing: no piece of %zu fits. A follow-up comes without", who, l->n);
        names_text(&had, t->wish.products, t->wish.products_n);
        if (t->wish.products_n) print_words(2, "they bought (the latest first): %s", had.data);
        names_text(&had, t->wish.topics, t->wish.topics_n);
        if (t->wish.topics_n) print_words(2, "they want to hear about: %s", had.data);
        print_words(2, "their language: %s", t->wish.language);
        text_free(&had);
    }
    columns_out table = columns_begin(4, "id", "title", "worth", "");
    for (size_t i = 0; i < l->n; i++) {
        const char *why;
        char worth_text[12] = "", words[300];
        int worth;
        content_standing s = content_judge(&l->item[i], &t->wish, &worth, &why);
        if (s == CONTENT_FITS) snprintf(worth_text, sizeof worth_text, "%d", worth);
        snprintf(words, sizeof words, "%s%.200s", s != CONTENT_FITS ? content_standing_words(s) : &l->item[i] == best ? "the best for them" : *why ? "because of " : "", s == CONTENT_FITS && &l->item[i] != best ? why : "");
        columns_row(&table, l->item[i].id, l->item[i].title, worth_text, words);
        json_array_append_new(others, json_pack("{s:s,s:s,s:b,s:i,s:s,s:s}", "id", l->item[i].id, "title", l->item[i].title, "fits", s == CONTENT_FITS, "worth", worth, "because", why, "why_not",
                                                s == CONTENT_FITS ? "" : content_standing_words(s)));
    }
    if (!a->json) {
        json_decref(others);
        columns_end(&table);
        print_words(0, "Worth: what they bought last 4, anything else they bought 2, each topic they want 1, nothing in particular 1; among equals the newest (docs/content.md)");
        return;
    }
    text_free(&table.cells);
    print_json(json_pack("{s:s,s:o,s:s,s:s,s:o,s:o,s:o,s:o}", "customer", who, "next", best ? item_json(best) : json_null(), "because", best ? because : "", "language", t->wish.language, "products",
                         names_json(t->wish.products, t->wish.products_n), "topics", names_json(t->wish.topics, t->wish.topics_n), "had", names_json(t->wish.sent, t->wish.sent_n), "pieces", others));
}

static int match(const arguments *a, const config *c) {
    content_library l = {0};
    ledger *d = NULL;
    whole w = {0};
    taste t;
    int64_t customer_id;
    mr_error err = {0};
    err.code = library_open(a, c, a->file, &l, &err);
    if (err.code == MR_OK) err.code = ledger_open_reading(a->store.url, &d, &err);
    if (err.code == MR_OK) err.code = person_find(d, a->operand[1], a->source, &customer_id, &err);
    if (err.code == MR_OK) err.code = whole_read(d, customer_id, &w, &err);
    if (err.code == MR_OK) {
        taste_of(&w, c, work_day_of(&c->work, a->at_us), &t);
        print_match(a, &l, &t, *w.name ? w.name : a->operand[1]);
    }
    whole_free(&w);
    ledger_close(d);
    content_free(&l);
    return err.code == MR_OK ? EXIT_OK : command_fail("content", &err);
}

static int run(const arguments *a) {
    config c = {0};
    const char *verb = a->operands ? a->operand[0] : "";
    int code;
    if (!*verb) return command_usage("content", "say what: check FILE, list or match ID");
    if (!strcmp(verb, "check")) return a->operands > 1 ? check(a) : command_usage("content", "check needs a FILE");
    if (strcmp(verb, "list") && strcmp(verb, "match")) return command_usage("content", "'%s' is none of check, list and match", verb);
    if (!strcmp(verb, "match") && a->operands < 2) return command_usage("content", "match needs a customer's ID");
    if (a->operands > 2) return command_usage("content", "'%s' is one argument too many", a->operand[2]);
    if ((code = settings_open("content", &a->settings, &c)) == EXIT_OK) code = !strcmp(verb, "list") ? list(a, &c) : match(a, &c);
    config_free(&c);
    return code;
}

int command_content(int argc, char **argv) {
    arguments a = {.at_us = INT64_MIN};
    option_reader r = option_begin("content", argc, argv);
    int code = EXIT_OK;
    a.operand = calloc((size_t)argc + 1, sizeof *a.operand);
    if (!a.operand) return EXIT_INTERNAL;
    store_begin(&a.store);
    for (const char *name; code == EXIT_OK && !a.help && (name = option_next(&r));)
        if (!read_option(&r, name, &a)) code = EXIT_USAGE;
    if (a.at_us == INT64_MIN) a.at_us = now_us();
    if (code == EXIT_OK && a.help) print_help(help);
    else if (code == EXIT_OK) code = run(&a);
    free(a.operand);
    return code;
}
