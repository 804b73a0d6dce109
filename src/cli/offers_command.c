/* marram offers: the catalogue of save offers, and how each has fared. */
#include "columns_out.h"
#include "settings.h"
#include "store.h"

#include <config.h>
#include <offers.h>

#include <jansson.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
    "marram offers: what may be offered to who wants to leave, and how each offer has fared (docs/offers.md)\n"
    "\n"
    "usage: marram offers list [OPTION ...]    each offer: shown, held out, accepted, room left under its cap\n"
    "       marram offers check [OPTION ...]   what is wrong with the catalogue: offers that nobody could get\n"
    "\n" STORE_HELP SETTINGS_HELP
    "  --at TIME                 as it was then, as in 2026-11-23T09:00:00Z (the clock)\n"
    "  --json                    print as JSON\n"
    "  --help                    this text\n"
    "\n"
    "examples:\n"
    "  marram offers check --settings marram.yaml\n"
    "  marram offers list --db shop.db --settings marram.yaml\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data or settings, 5 input/output\n";

typedef struct arguments {
    store_options store;
    settings_options settings;
    const char *verb;
    int64_t at_us;
    bool json, help;
} arguments;

static bool read_option(option_reader *r, const char *name, arguments *a) {
    if (!*name && !a->verb) return (a->verb = option_value(r)) != NULL;
    if (!*name) return command_usage("offers", "'%s' is one argument too many", option_value(r)), false;
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

/* What settings_open has not said already: offers whose last day is behind us. */
static int check(const arguments *a, const config *c) {
    int32_t day = work_day_of(&c->work, a->at_us);
    json_t *found = json_array();
    size_t wrong = 0;
    for (size_t i = 0; i < c->offers_n; i++) {
        const config_offer *o = &c->offers[i];
        if (o->until >= day) continue;
        wrong++;
        json_array_append_new(found, json_pack("{s:s,s:i,s:s}", "offer", o->name, "line", (int)o->line, "message", "is for nobody: its last day, until, is over"));
        if (!a->json) print_error("marram offers: %s:%u: offer '%s' is for nobody: its last day, until, is over", c->path, (unsigned)o->line, o->name);
    }
    if (a->json) return print_json(found) == EXIT_OK && !wrong ? EXIT_OK : EXIT_DATA;
    json_decref(found);
    if (!wrong) print_words(2, "%zu offer%s, nothing wrong", c->offers_n, c->offers_n == 1 ? "" : "s");
    return wrong ? EXIT_DATA : EXIT_OK;
}

static int list(const arguments *a, const config *c) {
    ledger *l = NULL;
    mr_error err = {0};
    json_t *all = json_array();
    columns_out table = columns_begin(6, "offer", "kind", "shown", "held out", "accepted", "room");
    err.code = ledger_open_reading(a->store.url, &l, &err);
    for (size_t i = 0; i < c->offers_n && err.code == MR_OK; i++) {
        const config_offer *o = &c->offers[i];
        offer_counts n;
        int64_t used = 0;
        char shown[24], held[24], accepted[24], room[48] = "no cap";
        err.code = offer_count(l, o->name, a->at_us, &n, &err);
        if (err.code == MR_OK && o->cap_days) err.code = offer_used(l, o->name, a->at_us - o->cap_days * OFFER_DAY_US, a->at_us, &used, &err);
        if (err.code != MR_OK) break;
        int64_t left = used < o->cap ? o->cap - used : 0;
        snprintf(shown, sizeof shown, "%" PRId64, n.shown);
        snprintf(held, sizeof held, "%" PRId64, n.held);
        snprintf(accepted, sizeof accepted, "%" PRId64, n.accepted);
        if (o->cap_days) snprintf(room, sizeof room, "%" PRId64 " of %" PRId64, left, o->cap);
        columns_row(&table, o->name, config_offer_kind(o->kind), shown, held, accepted, room);
        json_array_append_new(all, json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:f,s:I,s:s,s:o}", "offer", o->name, "kind", config_offer_kind(o->kind), "title", config_says_in(c, &o->title, c->company_language),
                                             "shown", (json_int_t)n.shown, "held_out", (json_int_t)n.held, "accepted", (json_int_t)n.accepted, "declined", (json_int_t)n.declined, "expired", (json_int_t)n.expired, "no_room",
                                             (json_int_t)n.no_room, "holdout", o->holdout, "cost_minor", (json_int_t)o->cost_minor, "currency", o->currency, "room", o->cap_days ? json_integer(left) : json_null()));
    }
    ledger_close(l);
    if (a->json || err.code != MR_OK) text_free(&table.cells);
    if (err.code != MR_OK) return json_decref(all), command_fail("offers", &err);
    if (a->json) return print_json(all);
    json_decref(all);
    columns_end(&table);
    printf("%zu offer%s. Shown: all that were shown, answered or not; room: left in the days of its cap\n", c->offers_n, c->offers_n == 1 ? "" : "s");
    return EXIT_OK;
}

int command_offers(int argc, char **argv) {
    arguments a = {.at_us = INT64_MIN};
    option_reader r = option_begin("offers", argc, argv);
    config c = {0};
    store_begin(&a.store);
    for (const char *name; !a.help && (name = option_next(&r));)
        if (!read_option(&r, name, &a)) return EXIT_USAGE;
    if (a.help) return print_help(help), EXIT_OK;
    if (!a.verb) return command_usage("offers", "say what: list or check");
    if (strcmp(a.verb, "list") && strcmp(a.verb, "check")) return command_usage("offers", "'%s' is none of list and check", a.verb);
    if (a.at_us == INT64_MIN) a.at_us = now_us();
    int code = settings_open("offers", &a.settings, &c);
    if (code == EXIT_OK) code = !strcmp(a.verb, "list") ? list(&a, &c) : check(&a, &c);
    config_free(&c);
    return code;
}
