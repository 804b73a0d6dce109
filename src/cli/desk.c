/* marram desk: the save desk: which customer to call next, with all there is to know of them; the queue; what came of a call; whose record says what. */
#include "columns_out.h"
#include "json_text.h"
#include "settings.h"
#include "store.h"

#include <calendar.h>
#include <currency.h>
#include <desk_card.h>
#include <desk_done.h>
#include <error.h>
#include <knowledge.h>
#include <readable.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
    "marram desk: the save desk: calls to who is about to leave, the one worth most first (docs/programmes/save_desk.md)\n"
    "\n"
    "usage: marram desk next [--as NAME]           the card of the call to make next, with the offer there is for them\n"
    "       marram desk list [--as NAME]           the queue, and what it comes to\n"
    "       marram desk done ID --outcome OUTCOME  what came of a call, on record\n"
    "       marram desk record [--reason CODE]     what each of us is known to keep, and how sure that is\n"
    "\n"
    "OUTCOME is saved (they stay), left (they leave: it is confirmed at once), later or not_reached (they are called again).\n"
    "ID is the number the card shows, or its first four digits or more.\n"
    "\n" STORE_HELP SETTINGS_HELP
    "  --as NAME                 next, list: of that person (of all)\n"
    "  --outcome OUTCOME         done: what came of it\n"
    "  --offer ANSWER            done: accepted or declined, where the card showed an offer\n"
    "  --on DATE                 done: of later, when to call again (after save_desk.again_days)\n"
    "  --note TEXT               done: what was said\n"
    "  --by NAME                 done: who called (whose call it was)\n"
    "  --reason CODE             record: with customers who leave for that reason (docs/reasons.md)\n"
    "  --tier NAME               record: and of that tier\n"
    "  --limit N                 list: at most so many (50)\n"
    "  --at TIME                 as it is then, as in 2026-11-23T09:00:00Z (the clock)\n"
    "  --json                    print as JSON\n"
    "  --help                    this text\n"
    "\n"
    "examples:\n"
    "  marram desk next --as \"Mara Adler\" --db shop.db\n"
    "  marram desk done 3f2a --outcome saved --offer accepted --note \"a pause is all they need\"\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data or settings, 5 input/output\n";

typedef struct arguments {
    store_options store;
    settings_options settings;
    const char *verb, *id, *as, *outcome, *offer, *note, *by, *reason, *tier;
    int32_t on;
    int64_t limit, at_us;
    bool given, json, help;
} arguments;

static bool read_option(option_reader *r, const char *name, arguments *a) {
    const struct {
        const char *name, **into;
    } texts[] = {{"--as", &a->as}, {"--outcome", &a->outcome}, {"--offer", &a->offer}, {"--note", &a->note}, {"--by", &a->by}, {"--reason", &a->reason}, {"--tier", &a->tier}};
    if (!*name) {
        const char *word = option_value(r), **into = !a->verb ? &a->verb : &a->id;
        if (*into) return command_usage("desk", "'%s' is one argument too many", word), false;
        return (*into = word) != NULL;
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (option_is(name, texts[i].name)) return (*texts[i].into = option_value(r)) != NULL;
    if (option_is(name, "--on")) return option_date(r, &a->on);
    if (option_is(name, "--limit")) return option_integer(r, 1, 1000000, &a->limit);
    if (option_is(name, "--at")) return a->given = option_time(r, &a->at_us);
    if (option_is(name, "--json")) return a->json = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    int shared = store_option(r, name, &a->store);
    if (shared == 0) shared = settings_option(r, name, &a->settings);
    if (shared == 0) option_unknown(r, name);
    return shared == 1;
}

static void print_json(const json_t *o) {
    json_dumpf(o, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    putchar('\n');
}

static const char *money(json_int_t minor, const char *currency, char out[64]) {
    text_buffer text = {0};
    const char *shown = currency_shown(currency);
    money_text(&text, minor, currency, strlen(currency));
    text_terminate(&text);
    snprintf(out, 64, "%.48s%s%.8s", text.data ? text.data : "", *shown ? " " : "", shown);
    text_free(&text);
    return out;
}

static const char *name_of(const json_t *o) {
    const char *names[] = {json_text(o, "customer_name"), json_text(o, "customer"), json_text(o, "customer_id")};
    return *names[0] ? names[0] : *names[1] ? names[1] : names[2];
}

static desk_ask ask(const arguments *a, ledger *l, const config *c) {
    return (desk_ask){.l = l, .c = c, .owner = a->as, .now_us = a->at_us};
}

/* --- next --- */

static void put(const char *label, const char *text) {
    if (!*text) return;
    printf("%-10s", label);
    print_wrapped(text, strlen(text), 10, 10);
}

static void put_list(const char *label, const json_t *list) {
    size_t i;
    const json_t *o;
    json_array_foreach(list, i, o) put(i ? "" : label, json_string_value(o));
}

static void put_call(const json_t *o) {
    char text[600];
    const char *verdict = json_text(o, "verdict"), *phone = json_text(o, "phone"), *like = json_text(o, "prefers");
    int len = snprintf(text, sizeof text, "%s%s%s%s, %s", json_text(o, "contact"), *json_text(o, "role") ? ", " : "", json_text(o, "role"), *json_text(o, "language") ? "" : "", *phone ? phone : "no telephone number is on record");
    if (*json_text(o, "language")) len += snprintf(text + len, sizeof text - (size_t)len, "; speaks %.20s", json_text(o, "language"));
    if (*like) snprintf(text + len, sizeof text - (size_t)len, "; likes %.20s best", like);
    put("call", text);
    if (!strcmp(verdict, "now")) snprintf(text, sizeof text, "Now is a good time");
    else if (!strcmp(verdict, "at")) snprintf(text, sizeof text, "Not before %s: %s", json_text(o, "at"), json_text(o, "detail"));
    else snprintf(text, sizeof text, "Not by telephone: %s", json_text(o, "detail"));
    put("", text);
}

static void put_offer(const json_t *o) {
    char text[900];
    if (!json_is_object(o)) {
        put("offer", "none");
        return;
    }
    snprintf(text, sizeof text, "%.200s%s%.400s", json_text(o, "title"), *json_text(o, "text") ? ". " : "", json_text(o, "text"));
    put("offer", text);
    const char *state = json_text(o, "state");
    if (strcmp(state, "open") != 0) snprintf(text, sizeof text, "It has been made, and is %s", state);
    else snprintf(text, sizeof text, "Until %.10s; it costs us %s%s", json_text(o, "expires"), json_text(o, "costs_us"), json_is_true(json_object_get(o, "approval")) ? "; that is above the limit: somebody senior approves it before it is promised" : "");
    put("", text);
}

static void print_card(const json_t *o) {
    char text[400], stake[64], gain[64];
    const char *currency = json_text(o, "currency");
    snprintf(text, sizeof text, "%.160s: %.200s", name_of(o), json_text(o, "what"));
    print_wrapped(text, strlen(text), 0, 0);
    snprintf(text, sizeof text, "%s, of %s%s%s; by %.16s%s", json_text(o, "id"), *json_text(o, "owner") ? json_text(o, "owner") : "nobody", *json_text(o, "watcher") ? "; sees it: " : "", json_text(o, "watcher"), json_text(o, "due"),
             json_is_true(json_object_get(o, "urgent")) ? ", urgent" : "");
    put("case", text);
    snprintf(text, sizeof text, "%s%s%s%s", json_text(o, "customer"), *json_text(o, "tier") ? ", tier " : "", json_text(o, "tier"), "");
    put("customer", text);
    money(json_integer_value(json_object_get(o, "value_minor")), currency, stake);
    money(json_integer_value(json_object_get(o, "gain_minor")), currency, gain);
    snprintf(text, sizeof text, "%s at stake in a year; a call is assumed to save %.0f %% of it, %s, until that has been measured", stake, 100 * json_number_value(json_object_get(o, "effect")), gain);
    put("worth", text);
    put_list("story", json_object_get(o, "story"));
    put_list("why", json_object_get(o, "why"));
    size_t i;
    const json_t *e;
    json_array_foreach(json_object_get(o, "evidence"), i, e) printf("%-10s%s %s\n", i ? "" : "evidence", json_text(e, "day"), json_text(e, "kind"));
    put("say", json_text(o, "say"));
    put_offer(json_object_get(o, "offer"));
    put_call(json_object_get(o, "call"));
    snprintf(text, sizeof text, "marram desk done %.8s --outcome saved|left|later|not_reached%s", json_text(o, "id"), json_is_object(json_object_get(o, "offer")) ? " [--offer accepted|declined]" : "");
    put("then", text);
}

static mr_status next(const arguments *a, ledger *l, const config *c, mr_error *err) {
    json_t *card = NULL;
    const desk_ask q = ask(a, l, c);
    mr_status status = desk_next(&q, &card, err);
    if (status != MR_OK) return status;
    if (a->json) card ? print_json(card) : (void)puts("null");
    else if (card) print_card(card);
    else puts(a->as ? "No call of theirs waits." : "No call waits.");
    json_decref(card);
    return MR_OK;
}

/* --- list --- */

enum { CURRENCIES = 8 };

typedef struct sums {
    const char *currency[CURRENCIES];
    json_int_t stake[CURRENCIES], gain[CURRENCIES];
    size_t n;
} sums;

static void add(json_int_t *to, json_int_t more) {
    if (__builtin_add_overflow(*to, more, to)) *to = INT64_MAX;
}

static void sum(sums *s, const json_t *o) {
    const char *currency = json_text(o, "currency");
    size_t i = 0;
    while (i < s->n && strcmp(s->currency[i], currency)) i++;
    if (i == CURRENCIES) return;
    if (i == s->n) s->currency[s->n++] = currency;
    add(&s->stake[i], json_integer_value(json_object_get(o, "value_minor")));
    add(&s->gain[i], json_integer_value(json_object_get(o, "gain_minor")));
}

static mr_status list(const arguments *a, ledger *l, const config *c, mr_error *err) {
    json_t *queue = NULL, *o, *totals = json_array();
    sums s = {0};
    size_t i;
    const desk_ask q = ask(a, l, c);
    mr_status status = desk_queue(&q, &queue, err);
    if (status != MR_OK) return json_decref(totals), status;
    size_t n = json_array_size(queue), shown = n < (size_t)a->limit ? n : (size_t)a->limit;
    json_array_foreach(queue, i, o) sum(&s, o);
    columns_out table = columns_begin(6, "call", "customer", "gain", "at stake", "whose, by", "what");
    for (i = 0; i < shown && !a->json; i++) {
        char id[9], gain[64], stake[64], whose[160], what[200];
        o = json_array_get(queue, i);
        snprintf(id, sizeof id, "%.8s", json_text(o, "id"));
        snprintf(whose, sizeof whose, "%.100s, %.10s", *json_text(o, "owner") ? json_text(o, "owner") : "nobody", json_text(o, "due"));
        snprintf(what, sizeof what, "%s%.150s%s", json_is_true(json_object_get(o, "urgent")) ? "! " : "", json_text(o, "what"), json_is_true(json_object_get(o, "waits")) ? " (put off)" : "");
        columns_row(&table, id, name_of(o), money(json_integer_value(json_object_get(o, "gain_minor")), json_text(o, "currency"), gain), money(json_integer_value(json_object_get(o, "value_minor")), json_text(o, "currency"), stake), whose, what);
    }
    for (i = 0; i < s.n; i++) json_array_append_new(totals, json_pack("{s:s,s:I,s:I}", "currency", s.currency[i], "value_minor", s.stake[i], "gain_minor", s.gain[i]));
    if (a->json) {
        while (json_array_size(queue) > shown) json_array_remove(queue, json_array_size(queue) - 1);
        json_t *all = json_pack("{s:I,s:O,s:O}", "calls", (json_int_t)n, "sums", totals, "queue", queue);
        print_json(all);
        json_decref(all);
        text_free(&table.cells);
    } else if (!n) {
        text_free(&table.cells);
        puts(a->as ? "No call of theirs waits." : "No call waits.");
    } else {
        char gain[64], stake[64];
        text_buffer text = {0};
        columns_end(&table);
        text_printf(&text, "%zu call%s", n, n == 1 ? "" : "s");
        for (i = 0; i < s.n; i++) text_printf(&text, "%s %s at stake in a year, %s of it assumed to be saved", i ? ";" : ":", money(s.stake[i], s.currency[i], stake), money(s.gain[i], s.currency[i], gain));
        text_puts(&text, shown < n ? "; --limit shows more." : ".");
        putchar('\n');
        print_wrapped(text.data, text.len, 0, 0);
        text_free(&text);
        print_words(0, "Ranked by what is at stake times the share of it that a call is assumed to save ('marram desk next' says why).");
    }
    json_decref(queue);
    json_decref(totals);
    return MR_OK;
}

/* --- done --- */

static mr_status done(const arguments *a, ledger *l, const config *c, mr_error *err) {
    const desk_answer said = {.outcome = (desk_outcome)desk_outcome_find(a->outcome), .offer = !a->offer ? -1 : !strcmp(a->offer, "accepted"), .by = a->by ? a->by : "", .note = a->note ? a->note : "", .again_day = a->on == INT32_MIN ? 0 : a->on,
                              .now_us = a->at_us};
    mr_status status = desk_done(l, c, a->id, &said, err);
    if (status != MR_OK) return status;
    static const char *const what[DESK_OUTCOMES] = {[DESK_SAVED] = "they stay", [DESK_LEFT] = "they leave, which is confirmed: the next tick puts it in writing", [DESK_LATER] = "they are called again", [DESK_NOT_REACHED] = "they are called again"};
    if (a->json) printf("{\"id\": \"%.16s\", \"outcome\": \"%s\"}\n", a->id, a->outcome);
    else printf("%.16s: on record: %s\n", a->id, what[said.outcome]);
    return MR_OK;
}

/* --- record --- */

static desk_tally cases_of(const desk_record *r, uint32_t person) {
    desk_tally t = {0, 0};
    for (size_t i = 0; i < r->n; i++)
        if (r->count[i].person == person) t.cases += r->count[i].cases, t.kept += r->count[i].kept;
    return t;
}

static void print_record(const arguments *a, const desk_record *r, reason why) {
    columns_out table = columns_begin(5, "who", "cases", "kept", "believed", "between (95 %)");
    double share = routing_share(r->model, DESK_LEAVING, (uint32_t)why, desk_record_tier(r, a->tier ? a->tier : ""));
    for (uint32_t i = 0; i < r->people; i++) {
        desk_tally t = cases_of(r, i);
        routing_effect e = routing_effect_of(r->model, i, (uint32_t)why, desk_record_tier(r, a->tier ? a->tier : ""));
        char cases[24], kept[24], believed[24], between[48];
        snprintf(cases, sizeof cases, "%.0f", t.cases);
        snprintf(kept, sizeof kept, "%.0f %%", t.cases > 0 ? 100 * t.kept / t.cases : 0);
        snprintf(believed, sizeof believed, "%.0f %%", 100 * routing_moved(share, e.mean));
        snprintf(between, sizeof between, "%.0f to %.0f %%", 100 * routing_moved(share, e.mean - 1.96 * e.sd), 100 * routing_moved(share, e.mean + 1.96 * e.sd));
        columns_row(&table, r->person[i], cases, kept, believed, between);
    }
    columns_end(&table);
    printf("\n");
    print_words(0, "Cases: those that came to them and are over; kept: with us %d days later, and not about to leave. Believed: of customers who want to leave%s%s%s%s, of whom %.0f %% are kept by anybody, adjusted for the cases they got and shrunken (docs/methods/routing.md).",
                DESK_KEPT_DAYS, why == REASON_unknown ? "" : " for ", why == REASON_unknown ? "" : reason_of((int)why)->code, a->tier ? ", of tier " : "", a->tier ? a->tier : "", 100 * share);
    const desk_tally *t[] = {&r->by_lot, &r->by_record};
    for (int i = 0; i < 2; i++)
        if (t[i]->cases > 0) printf("%s: %.0f of %.0f kept (%.0f %%)\n", i ? "Given out by the record" : "Given out by lot", t[i]->kept, t[i]->cases, 100 * t[i]->kept / t[i]->cases);
}

static json_t *record_json(const arguments *a, const desk_record *r, reason why) {
    json_t *people = json_array();
    uint32_t tier = desk_record_tier(r, a->tier ? a->tier : "");
    double share = routing_share(r ? r->model : NULL, DESK_LEAVING, (uint32_t)why, tier);
    for (uint32_t i = 0; r && i < r->people; i++) {
        desk_tally t = cases_of(r, i);
        routing_effect e = routing_effect_of(r->model, i, (uint32_t)why, tier);
        json_array_append_new(people, json_pack("{s:s,s:f,s:f,s:f,s:f,s:f}", "who", r->person[i], "cases", t.cases, "kept", t.kept, "believed", routing_moved(share, e.mean), "low", routing_moved(share, e.mean - 1.96 * e.sd), "high",
                                                routing_moved(share, e.mean + 1.96 * e.sd)));
    }
    const desk_tally none = {0, 0}, *lot = r ? &r->by_lot : &none, *by = r ? &r->by_record : &none;
    return json_pack("{s:s,s:s,s:f,s:o,s:{s:f,s:f},s:{s:f,s:f}}", "reason", reason_of((int)why)->code, "tier", a->tier ? a->tier : "", "share", share, "people", people, "by_lot", "cases", lot->cases, "kept", lot->kept, "by_record", "cases",
                     by->cases, "kept", by->kept);
}

static mr_status record(const arguments *a, ledger *l, const config *c, mr_error *err) {
    knowledge k;
    reason why = a->reason ? reason_find(a->reason, strlen(a->reason)) : REASON_unknown;
    (void)c;
    if (why == REASON_none) return error_set(err, MR_EDATA, "reason", -1, "'%.60s' is no reason of the taxonomy (docs/reasons.md)", a->reason);
    mr_status status = knowledge_read(l, &k, err);
    if (status != MR_OK) return status;
    if (a->json) {
        json_t *o = record_json(a, k.desk, why);
        print_json(o);
        json_decref(o);
    } else if (k.desk) {
        print_record(a, k.desk, why);
    } else {
        print_words(0, "Nobody has a record yet: a case counts %d days after it came, and 'marram learn' counts them.", DESK_KEPT_DAYS);
    }
    knowledge_free(&k);
    return MR_OK;
}

/* --- all of them --- */

static const struct verb {
    const char *name;
    mr_status (*run)(const arguments *a, ledger *l, const config *c, mr_error *err);
    bool reads;
} verbs[] = {{"next", next, false}, {"list", list, true}, {"done", done, false}, {"record", record, true}};

static int run(const arguments *a, const struct verb *v) {
    mr_error err = {0};
    ledger *l = NULL;
    config c = {0};
    int code = settings_open("desk", &a->settings, &c);
    if (code == EXIT_OK && a->as && c.people_n && !config_person_of(&c, a->as)) print_error("desk: '%.80s' is not among the people of the settings", a->as);
    if (code == EXIT_OK) {
        err.code = v->reads ? ledger_open_reading(a->store.url, &l, &err) : ledger_open(a->store.url, NULL, &l, &err);
        if (err.code == MR_OK) err.code = v->run(a, l, &c, &err);
        code = err.code == MR_OK ? EXIT_OK : command_fail("desk", &err);
    }
    ledger_close(l);
    config_free(&c);
    return code;
}

static int check(const arguments *a, const struct verb *v) {
    if (strcmp(v->name, "done")) return a->id ? command_usage("desk", "'%s' is one argument too many", a->id) : EXIT_OK;
    if (!a->id) return command_usage("desk", "done needs an ID, as 'marram desk next' shows it");
    if (!a->outcome || desk_outcome_find(a->outcome) < 0) return command_usage("desk", "done needs --outcome: saved, left, later or not_reached%s%s", a->outcome ? ", not " : "", a->outcome ? a->outcome : "");
    if (a->offer && strcmp(a->offer, "accepted") && strcmp(a->offer, "declined")) return command_usage("desk", "--offer must be accepted or declined, not '%s'", a->offer);
    if (a->on != INT32_MIN && desk_outcome_find(a->outcome) != DESK_LATER) return command_usage("desk", "--on goes with --outcome later");
    return EXIT_OK;
}

int command_desk(int argc, char **argv) {
    arguments a = {.limit = 50, .on = INT32_MIN};
    option_reader r = option_begin("desk", argc, argv);
    size_t i = 0;
    store_begin(&a.store);
    for (const char *name; (name = option_next(&r));)
        if (!read_option(&r, name, &a)) return EXIT_USAGE;
    if (a.help) return print_help(help), EXIT_OK;
    if (!a.verb) return command_usage("desk", "say what: next, list, done or record");
    while (i < sizeof verbs / sizeof *verbs && strcmp(verbs[i].name, a.verb)) i++;
    if (i == sizeof verbs / sizeof *verbs) return command_usage("desk", "'%s' is not known: next, list, done or record", a.verb);
    int code = check(&a, &verbs[i]);
    if (code != EXIT_OK) return code;
    if (!a.given) a.at_us = now_us();
    return run(&a, &verbs[i]);
}
