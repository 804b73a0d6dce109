/* marram leave: somebody wants to leave. Each step is one command, and `confirm` ends it from everywhere. */
#include "columns_out.h"
#include "settings.h"
#include "store.h"

#include <body.h>
#include <calendar.h>
#include <error.h>
#include <knowledge.h>
#include <leave_step.h>
#include <leave_words.h>
#include <person.h>
#include <signed_link.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "marram leave: somebody wants to leave: easily, and well (docs/programmes/exit.md)\n"
    "\n"
    "usage: marram leave start ID             they said that they want to; both owners hear of it with the next tick\n"
    "       marram leave reason ID [CODE]     why, if they care to say: a code, --words, or both\n"
    "       marram leave decline ID           they do not want the offer they were made\n"
    "       marram leave accept ID            they take it, and stay\n"
    "       marram leave confirm ID           they leave; from wherever they are, without a reason, also without a start\n"
    "       marram leave stay ID              they stay after all, or are with us again\n"
    "       marram leave show ID              where they stand, and every way on\n"
    "       marram leave link ID              the signed link by which they leave themselves\n"
    "\n"
    "ID is an identifier, #NUMBER, or such a link.\n"
    "\n" STORE_HELP SETTINGS_HELP
    "  --contract NUMBER         which contract (the only one that runs)\n"
    "  --words TEXT              in their own words\n"
    "  --channel NAME            how they told us: web, phone, email, letter, visit\n"
    "  --effective DATE          confirm: another last day than the contract's, today or later\n"
    "  --language TAG            reasons in that language (the customer's)\n"
    "  --source NAME             of which source ID is an identifier, where several have it\n"
    "  --at TIME                 when (the clock)\n"
    "  --dry-run                 say what would be, and write nothing\n"
    "  --json                    print as JSON\n"
    "  --help                    this text\n"
    "\n"
    "The same step twice is one. Two screens beyond the intent are the most there may be: one for a reason and one offer, one to confirm; more is an alarm.\n"
    "\n"
    "examples:\n"
    "  marram leave start C-1042 --channel phone --db shop.db\n"
    "  marram leave confirm C-1042 --db shop.db\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data or settings, 5 input/output\n";

typedef enum verb_kind { TAKES, SHOWS, LINKS } verb_kind;

static const struct verb {
    const char *name;
    verb_kind kind;
    exit_step step;
} verbs[] = {{"start", TAKES, EXIT_START},     {"reason", TAKES, EXIT_REASON}, {"decline", TAKES, EXIT_DECLINE}, {"accept", TAKES, EXIT_ACCEPT},
             {"confirm", TAKES, EXIT_CONFIRM}, {"stay", TAKES, EXIT_STAY},     {"show", SHOWS, EXIT_STEPS},      {"link", LINKS, EXIT_STEPS}};

typedef struct arguments {
    store_options store;
    settings_options settings;
    const struct verb *verb;
    const char *verb_name, *who, *code, *source, *contract, *words, *channel, *language;
    int32_t effective;
    int64_t at_us;
    bool given, json, dry_run, help;
} arguments;

static bool read_operand(option_reader *r, arguments *a) {
    const char *word = option_value(r), **into = !a->verb_name ? &a->verb_name : !a->who ? &a->who : &a->code;
    if (*into) return command_usage("leave", "'%s' is one argument too many", word), false;
    return (*into = word) != NULL;
}

static bool read_option(option_reader *r, const char *name, arguments *a) {
    const struct {
        const char *name, **into;
    } texts[] = {{"--contract", &a->contract}, {"--words", &a->words}, {"--channel", &a->channel}, {"--language", &a->language}, {"--source", &a->source}};
    if (!*name) return read_operand(r, a);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (option_is(name, texts[i].name)) return (*texts[i].into = option_value(r)) != NULL;
    if (option_is(name, "--effective")) return option_date(r, &a->effective);
    if (option_is(name, "--at")) return a->given = option_time(r, &a->at_us);
    if (option_is(name, "--dry-run")) return a->dry_run = true;
    if (option_is(name, "--json")) return a->json = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    int shared = store_option(r, name, &a->store);
    if (shared == 0) shared = settings_option(r, name, &a->settings);
    if (shared == 0) option_unknown(r, name);
    return shared == 1;
}

/* --- who, and which contract --- */

static mr_status find(ledger *l, const arguments *a, int64_t *id, mr_error *err) {
    knowledge known = {.learnt_day = 0};
    int64_t contact;
    bool linked = false;
    mr_status status = MR_OK;
    if (strlen(a->who) >= 64) { /* a token's length at least */
        status = knowledge_read(l, &known, err);
        linked = status == MR_OK && signed_link_read(known.link_key, SIGNED_LEAVE, a->who, id, &contact);
        knowledge_free(&known);
        if (status == MR_OK && !linked && strstr(a->who, "://")) status = error_set(err, MR_EDATA, "link", -1, "that is no link to leave of this ledger's: it was cut or changed, or another ledger made it");
    }
    return status == MR_OK && !linked ? person_find(l, a->who, a->source, id, err) : status;
}

static bool said_of(whole *w, int64_t subject) {
    int64_t subjects[64];
    size_t n = leave_subjects(w, LEAVE_ALL, subjects, 64);
    for (size_t i = 0; i < n; i++)
        if (subjects[i] == subject) return true;
    return false;
}

/* The one named; else the only one that has not ended; else what was spoken of last, or all they have with us. */
static mr_status find_contract(const arguments *a, whole *w, int64_t *subject, mr_error *err) {
    char names[200] = "";
    size_t running = 0, len = 0;
    *subject = 0;
    for (size_t i = 0; i < w->contracts_n; i++) {
        const whole_contract *c = &w->contracts[i];
        if (a->contract && !strcmp(c->number, a->contract)) return *subject = c->id, MR_OK;
        if (c->state == WHOLE_CONTRACT_ENDED) continue;
        running++;
        *subject = c->id;
        if (len < sizeof names) len += (size_t)snprintf(names + len, sizeof names - len, "%s%.40s", len ? ", " : "", c->number);
    }
    if (a->contract) return error_set(err, MR_EDATA, "contract", -1, "they have no contract '%.60s'%s%s", a->contract, *names ? "; there is: " : "", names);
    if (running > 1) return error_set(err, MR_EDATA, "contract", -1, "they have %zu contracts that run: say which one with --contract (%s)", running, names);
    if (running == 1) return MR_OK;
    for (size_t i = w->contracts_n; i > 0; i--)
        if (said_of(w, w->contracts[i - 1].id)) return *subject = w->contracts[i - 1].id, MR_OK;
    return MR_OK;
}

/* --- what is printed --- */

static const char *name_of(const whole *w) {
    return *w->name ? w->name : w->external_id;
}

static const char *language_of(const arguments *a, const whole *w, const config *c) {
    return a->language ? a->language : *w->locale ? w->locale : c->company_language;
}

/* As the customer reads it, where the settings still have it. */
static const char *offer_says(const config *c, const leave_flow *f, const char *language, const char **text) {
    *text = "";
    for (size_t i = 0; i < c->offers_n; i++) {
        if (strcmp(c->offers[i].name, f->offer)) continue;
        *text = config_says_in(c, &c->offers[i].text, language);
        return config_says_in(c, &c->offers[i].title, language);
    }
    return f->offer;
}

static json_t *offer_json(const arguments *a, const whole *w, const leave_flow *f, const config *c) {
    char at[40];
    const char *text, *title = offer_says(c, f, language_of(a, w, c), &text);
    if (!f->offer_id) return json_null();
    return json_pack("{s:s,s:s,s:s,s:s,s:o}", "offer", f->offer, "number", f->offer_number, "title", title, "text", text, "expires",
                     f->offer_expires_us == WHOLE_NO_TIME ? json_null() : json_string(time_text(f->offer_expires_us, at)));
}

static json_t *ways(const leave_flow *f) {
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        exit_flow next = f->flow;
        if (verbs[i].kind == TAKES && exit_take(&next, verbs[i].step, 1) == EXIT_TAKEN) json_array_append_new(list, json_string(verbs[i].name));
    }
    return list;
}

static void print_json(const arguments *a, const whole *w, const leave_flow *f, const config *c, bool again) {
    char day[11], number[24], at[40];
    json_t *o = json_object(), *reasons = json_array();
    snprintf(number, sizeof number, "%" PRId64, w->customer_id);
    json_object_set_new(o, "customer_id", json_string(number));
    json_object_set_new(o, "customer", json_string(w->external_id));
    json_object_set_new(o, "contract", f->contract && f->subject_id ? json_string(f->contract->number) : json_null());
    json_object_set_new(o, "state", json_string(*exit_state_name(f->flow.state) ? exit_state_name(f->flow.state) : "with us"));
    json_object_set_new(o, "changed", json_boolean(!again && a->verb->kind == TAKES && !a->dry_run));
    json_object_set_new(o, "last_day", json_string(calendar_text(f->last_day, day)));
    json_object_set_new(o, "too_late_for_this_term", json_boolean(f->late));
    json_object_set_new(o, "reason", *reason_of((int)f->why)->code ? json_string(reason_of((int)f->why)->code) : json_null());
    json_object_set_new(o, "words", *f->words ? json_string(f->words) : json_null());
    json_object_set_new(o, "offer", offer_json(a, w, f, c));
    json_object_set_new(o, "started", f->flow.started_us ? json_string(time_text(f->flow.started_us, at)) : json_null());
    json_object_set_new(o, "ended", f->flow.ended_us ? json_string(time_text(f->flow.ended_us, at)) : json_null());
    json_object_set_new(o, "screens", json_integer(f->flow.screens));
    json_object_set_new(o, "seconds", json_integer((json_int_t)exit_seconds(&f->flow, a->at_us)));
    json_object_set_new(o, "ways", ways(f));
    for (size_t i = 0; i < leave_words_n && f->flow.state == EXIT_INTENT; i++)
        json_array_append_new(reasons, json_pack("{s:s,s:s}", "code", leave_words[i].code, "says", leave_word_in(&leave_words[i], language_of(a, w, c))));
    json_object_set_new(o, "reasons", reasons);
    json_dumpf(o, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(o);
}

/* As the next command has to be told: of several contracts, which one. */
static void who_is(const whole *w, const leave_flow *f, char *out, size_t room) {
    bool which = w->contracts_n > 1 && f->contract && f->subject_id;
    snprintf(out, room, "%.120s%s%.80s", w->external_id, which ? " --contract " : "", which ? f->contract->number : "");
}

static void print_leaving(const arguments *a, const whole *w, const leave_flow *f, const config *c) {
    char day[11], who[240];
    who_is(w, f, who, sizeof who);
    printf("To leave, nothing more is needed than\n  marram leave confirm %s        last day %s%s\n", who, calendar_text(f->last_day, day),
           f->late ? ", the end of the next term: the notice for this one is over" : "");
    const char *text, *title = offer_says(c, f, language_of(a, w, c), &text);
    if (f->offer_id && !f->flow.answered) printf("\nThey may have instead: %s%s%s\n  marram leave accept %s\n  marram leave decline %s\n", title, *text ? ". " : "", text, who, who);
    if (f->flow.reason || f->why != REASON_none) return;
    printf("\nIf they care to say why (they need not): marram leave reason %s CODE\n", who);
    for (size_t i = 0; i < leave_words_n; i++) printf("  %-18s %s\n", leave_words[i].code, leave_word_in(&leave_words[i], language_of(a, w, c)));
}

static void print(const arguments *a, const whole *w, const leave_flow *f, const config *c, bool again) {
    char day[11], of[80] = "";
    if (f->contract && f->subject_id) snprintf(of, sizeof of, " (contract %.60s)", f->contract->number);
    const char *already = again ? " already" : "";
    if (a->dry_run) puts("Dry run: nothing is written. It would then be so:");
    switch (f->flow.state) {
    case EXIT_INTENT:
        printf("%s wants to leave%s%s.\n", name_of(w), of, again ? ", as they had said" : "");
        if (f->why != REASON_none) printf("Because: %s%s%s\n", reason_of((int)f->why)->says, *f->words ? ": " : "", f->words);
        print_leaving(a, w, f, c);
        break;
    case EXIT_LEFT:
        printf("%s has left%s%s. Last day: %s.\n", name_of(w), already, of, calendar_text(f->last_day, day));
        if (f->flow.screens) printf("%d screen%s beyond the intent, %" PRId64 " seconds.\n", f->flow.screens, f->flow.screens == 1 ? "" : "s", exit_seconds(&f->flow, a->at_us));
        printf("All that is held of them: marram customer show %s --json\n", w->external_id);
        break;
    case EXIT_STAYED: printf("%s stays%s%s.\n", name_of(w), already, of); break;
    default: printf("%s has not said that they want to leave%s.\n  marram leave start %s        if they do\n", name_of(w), of, w->external_id); break;
    }
}

/* --- doing it --- */

static mr_status link_of(ledger *l, const arguments *a, const config *c, int64_t id, mr_error *err) {
    char link[SIGNED_LINK];
    if (!*signed_link(l->key, SIGNED_LEAVE, c->exit_link, id, 0, link)) return error_set(err, MR_EDATA, "link", -1, "the settings name no page for it: exit.link, as in https://example.com/leave");
    json_t *o = json_pack("{s:s}", "link", link);
    if (a->json) json_dumpf(o, stdout, JSON_INDENT(2)), putchar('\n');
    else puts(link);
    json_decref(o);
    return MR_OK;
}

static mr_status step(ledger *l, const arguments *a, const config *c, whole *w, leave_flow *f, exit_answer *answer, mr_error *err) {
    const leave_answer said = {.channel = a->channel ? a->channel : "", .code = a->code ? a->code : "", .words = a->words ? a->words : "", .last_day = a->effective, .now_us = a->at_us};
    if (a->code && reason_find(a->code, strlen(a->code)) == REASON_none)
        return error_set(err, MR_EDATA, "reason", -1, "there is no reason '%.60s'; 'marram leave show' lists them, and --words takes what they said", a->code);
    if (!a->dry_run) {
        mr_status status = leave_step(l, w, f, a->verb->step, &said, answer, err);
        return status == MR_OK && a->verb->step == EXIT_REASON ? leave_offer(l, w, c, f, a->at_us, err) : status;
    }
    *answer = exit_take(&f->flow, a->verb->step, a->at_us);
    return *answer == EXIT_NOT_NOW ? error_set(err, MR_EDATA, "step", -1, "%s", exit_words(f->flow.state, a->verb->step)) : MR_OK;
}

static mr_status act(ledger *l, const arguments *a, const config *c, mr_error *err) {
    int64_t id = 0, subject = 0;
    whole w = {0};
    leave_flow f;
    exit_answer answer = EXIT_TAKEN;
    mr_status status = find(l, a, &id, err);
    if (status == MR_OK && a->verb->kind == LINKS) return link_of(l, a, c, id, err);
    if (status == MR_OK) status = whole_read(l, id, &w, err);
    if (status == MR_OK) status = find_contract(a, &w, &subject, err);
    if (status == MR_OK) {
        leave_flow_of(&w, subject, a->verb->kind == TAKES ? LEAVE_ALL : a->at_us, (int32_t)(a->at_us / 86400000000), &f);
        if (a->verb->kind == TAKES) status = step(l, a, c, &w, &f, &answer, err);
    }
    if (status == MR_OK && a->json) print_json(a, &w, &f, c, answer == EXIT_AGAIN);
    else if (status == MR_OK) print(a, &w, &f, c, answer == EXIT_AGAIN);
    whole_free(&w);
    return status;
}

static int run(const arguments *a) {
    mr_error err = {0};
    ledger *l = NULL;
    config c = {0};
    bool writes = a->verb->kind == TAKES && !a->dry_run;
    int code = settings_open("leave", &a->settings, &c);
    if (code == EXIT_OK) {
        err.code = writes ? ledger_open(a->store.url, NULL, &l, &err) : ledger_open_reading(a->store.url, &l, &err);
        if (err.code == MR_OK) err.code = act(l, a, &c, &err);
        ledger_close(l);
        code = err.code == MR_OK ? EXIT_OK : command_fail("leave", &err);
    }
    config_free(&c);
    return code;
}

int command_leave(int argc, char **argv) {
    arguments a = {.effective = INT32_MIN};
    option_reader r = option_begin("leave", argc, argv);
    store_begin(&a.store);
    for (const char *name; (name = option_next(&r));)
        if (!read_option(&r, name, &a)) return EXIT_USAGE;
    if (a.help) return print_help(help), EXIT_OK;
    if (!a.verb_name) return command_usage("leave", "needs what to do: start, reason, decline, accept, confirm, stay, show or link");
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (!strcmp(a.verb_name, verbs[i].name)) a.verb = &verbs[i];
    if (!a.verb) return command_usage("leave", "there is no '%s'; it must be start, reason, decline, accept, confirm, stay, show or link", a.verb_name);
    if (!a.who) return command_usage("leave", "say who: an identifier, #NUMBER, or their link");
    if (a.code && a.verb->step != EXIT_REASON) return command_usage("leave", "'%s' is one argument too many", a.code);
    if (a.effective != INT32_MIN && a.verb->step != EXIT_CONFIRM) return command_usage("leave", "--effective is of confirm");
    if (!a.given) a.at_us = now_us();
    return run(&a);
}
