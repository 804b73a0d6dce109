/* marram gate: may this customer be contacted, when, and which rule says so. */
#include "columns_out.h"
#include "settings.h"
#include "store.h"

#include <body.h>
#include <error.h>
#include <gate.h>
#include <person.h>

#include <stdio.h>
#include <string.h>

static const char help[] =
    "marram gate: may this customer be contacted, when, and which rule says so (docs/contact.md)\n"
    "\n"
    "usage: marram gate ID --purpose PURPOSE [--at TIME] [OPTION ...]\n"
    "\n" STORE_HELP SETTINGS_HELP
    "  --purpose PURPOSE         reply, legal, service or marketing\n"
    "  --channel CHANNEL         email, sms, phone, letter or visit (the way they like best)\n"
    "  --contact ID              which of their contacts, by its identifier (whoever may be reached soonest)\n"
    "  --topic TOPIC             what it is about\n"
    "  --at TIME                 when, as in 2026-11-23T09:00:00Z (the clock)\n"
    "  --source NAME             of which source ID is an identifier, where several have it\n"
    "  --json                    print as JSON\n"
    "  --help                    this text\n"
    "\n"
    "It only answers: nothing is sent, and nothing is kept.\n"
    "\n"
    "example:\n"
    "  marram gate C-1042 --purpose marketing --channel phone --at 2026-11-23T20:30:00Z\n"
    "\n"
    "exit codes: 0 answered (whatever the answer), 1 internal, 2 usage, 3 bad data or settings, 5 input/output\n";

typedef struct arguments {
    store_options store;
    settings_options settings;
    const char *customer, *source, *contact, *topic;
    int purpose, channel;
    int64_t at_us;
    bool json, help;
} arguments;

static bool read_word(option_reader *r, const char *what, int (*find)(const char *, size_t), const char *known, int *out) {
    const char *value = option_value(r);
    if (!value) return false;
    if ((*out = find(value, strlen(value))) >= 0) return true;
    command_usage("gate", "%s must be %s, not '%s'", what, known, value);
    return false;
}

static bool read_option(option_reader *r, const char *name, arguments *a) {
    if (!*name) {
        const char *word = option_value(r);
        if (a->customer) return command_usage("gate", "'%s' is one argument too many", word), false;
        return (a->customer = word) != NULL;
    }
    if (option_is(name, "--purpose")) return read_word(r, "--purpose", contact_purpose_find, "reply, legal, service or marketing", &a->purpose);
    if (option_is(name, "--channel")) return read_word(r, "--channel", contact_channel_find, "email, sms, phone, letter or visit", &a->channel);
    if (option_is(name, "--contact")) return (a->contact = option_value(r)) != NULL;
    if (option_is(name, "--topic")) return (a->topic = option_value(r)) != NULL;
    if (option_is(name, "--source")) return (a->source = option_value(r)) != NULL;
    if (option_is(name, "--json")) return a->json = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    if (option_is(name, "--at")) return option_time(r, &a->at_us);
    int shared = store_option(r, name, &a->store);
    if (shared == 0) shared = settings_option(r, name, &a->settings);
    if (shared == 0) option_unknown(r, name);
    return shared == 1;
}

static void print_json(const gate_verdict *v, const whole_contact *contact, const contact_finding *finding) {
    json_t *rules = json_array(), *o;
    char at[40], from[40];
    for (int i = 0; i < CONTACT_RULES; i++) {
        if (!finding[i].holds) continue;
        json_array_append_new(rules, json_pack("{s:s,s:s,s:o,s:s}", "rule", contact_rule_name((contact_rule)i), "says", finding[i].from_us <= v->asked.at_us ? "yes" : finding[i].from_us == CONTACT_NEVER ? "no" : "later", "from",
                                               finding[i].from_us == CONTACT_NEVER ? json_null() : json_string(time_text(finding[i].from_us, from)), "detail", finding[i].text));
    }
    o = json_pack("{s:s,s:o,s:s,s:s,s:s,s:s,s:b,s:o}", "verdict", contact_verdict_name(v->verdict), "at", v->at_us == CONTACT_NEVER ? json_null() : json_string(time_text(v->at_us, at)), "contact", contact ? contact->external_id : "",
                  "channel", contact_channel_name(v->channel), "rule", v->rule, "detail", v->text, "for_a_person", v->as_task, "rules", rules);
    json_dumpf(o, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(o);
}

static void print_words_of(const gate_verdict *v, const whole_contact *contact, const contact_finding *finding) {
    char at[40];
    const char *whom = contact ? *contact->name ? contact->name : contact->external_id : "the customer";
    printf("%s to %s for %s: ", contact_channel_words(v->channel), whom, contact_purpose_name(v->asked.purpose));
    if (v->verdict == CONTACT_NO) printf("no. %s\n", v->text);
    else if (v->verdict == CONTACT_AT) printf("not before %s. %s\n", time_text(v->at_us, at), v->text);
    else puts("yes, now.");
    if (v->as_task) printf("It is a person's to do: %s is nothing that goes out by itself%s.\n", contact_channel_words(v->channel), v->asked.channel < 0 ? ", and another channel is not what they prefer" : "");
    for (int i = 0; i < CONTACT_RULES; i++) {
        if (!finding[i].holds) continue;
        const char *says = finding[i].from_us <= v->asked.at_us ? "yes" : finding[i].from_us == CONTACT_NEVER ? "no" : "later";
        printf("  %-10s %-6s %s\n", contact_rule_name((contact_rule)i), says, *finding[i].text ? finding[i].text : contact_rule_sentence((contact_rule)i));
    }
}

static int run(const arguments *a) {
    mr_error err = {0};
    ledger *l = NULL;
    config c = {0};
    zone_cache zones = {0};
    whole w = {0};
    int64_t id = 0;
    gate_verdict v;
    contact_finding finding[CONTACT_RULES] = {0};
    int code = settings_open("gate", &a->settings, &c);
    if (code != EXIT_OK) {
        config_free(&c);
        return code;
    }
    err.code = ledger_open_reading(a->store.url, &l, &err);
    if (err.code == MR_OK) err.code = person_find(l, a->customer, a->source, &id, &err);
    if (err.code == MR_OK) err.code = whole_read(l, id, &w, &err);
    gate_request q = {.purpose = (contact_purpose)a->purpose, .channel = a->channel, .topic = a->topic ? a->topic : "", .content = "", .language = "", .at_us = a->at_us};
    for (size_t i = 0; err.code == MR_OK && a->contact && i < w.contacts_n; i++)
        if (!strcmp(w.contacts[i].external_id, a->contact)) q.contact_id = w.contacts[i].id;
    if (err.code == MR_OK && a->contact && !q.contact_id) err.code = error_set(&err, MR_EDATA, "contact", -1, "they have no contact '%.80s'; 'marram customer show %.80s' names those they have", a->contact, a->customer);
    if (err.code == MR_OK) err.code = gate_ask(&w, &c, &zones, &q, &v, &err);
    if (err.code == MR_OK) err.code = gate_explain(&w, &c, &zones, &v, finding, &err);
    if (err.code == MR_OK) (a->json ? print_json : print_words_of)(&v, v.contact_id ? whole_contact_of(&w, v.contact_id) : NULL, finding);
    whole_free(&w);
    zone_cache_free(&zones);
    ledger_close(l);
    config_free(&c);
    return err.code == MR_OK ? EXIT_OK : command_fail("gate", &err);
}

int command_gate(int argc, char **argv) {
    arguments a = {.purpose = -1, .channel = -1, .at_us = INT64_MIN};
    option_reader r = option_begin("gate", argc, argv);
    store_begin(&a.store);
    for (const char *name; (name = option_next(&r));)
        if (!read_option(&r, name, &a)) return EXIT_USAGE;
    if (a.help) return print_help(help), EXIT_OK;
    if (!a.customer) return command_usage("gate", "say who: an identifier, or #NUMBER");
    if (a.purpose < 0) return command_usage("gate", "say what for: --purpose reply, legal, service or marketing");
    if (a.at_us == INT64_MIN) a.at_us = now_us();
    return run(&a);
}
