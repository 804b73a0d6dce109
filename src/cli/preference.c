/* marram preference: what each contact wants, where that was learnt, and saying it for them. */
#include "columns_out.h"
#include "settings.h"
#include "store.h"

#include <error.h>
#include <knowledge.h>
#include <person.h>
#include <signed_link.h>
#include <preference_list.h>
#include <whole.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "marram preference: how, when and about what each contact wants to hear; where it was learnt, and when it was last confirmed\n"
    "\n"
    "usage: marram preference show ID                 what is known\n"
    "       marram preference set ID WORD ...         what they said, on the telephone for instance\n"
    "       marram preference link ID                 the signed link by which they say it themselves\n"
    "       marram preference read LINK               whose link that is; with WORDs: what they said by it\n"
    "\n" STORE_HELP SETTINGS_HELP
    "  --contact ID              of which of their contacts, by its identifier (the whole account)\n"
    "  --source NAME             of which source ID is an identifier, where several have it\n"
    "  --at TIME                 when they said it (the clock)\n"
    "  --json                    print as JSON\n"
    "  --help                    this text\n"
    "\n"
    "words (set, read), each as often as needed:\n"
    "  --channel NAME=yes|no     email, sms, phone, letter or visit\n"
    "  --topic NAME=yes|no       what they want to hear about\n"
    "  --hours HOURS             as in 14:00-18:00 mon-fri, in their own time\n"
    "  --time-zone ZONE          an IANA name, as in Europe/Berlin\n"
    "  --language TAG            a BCP 47 tag, as in de\n"
    "  --everything yes|no       no: they do not want to be contacted at all\n"
    "\n"
    "Each word is a preference_changed event: the newest counts, and the same again confirms it. Consent is an event of its own (docs/contact.md).\n"
    "\n"
    "examples:\n"
    "  marram preference show C-1042 --db shop.db\n"
    "  marram preference set C-1042 --contact ann --channel phone=no --topic news=yes --hours '14:00-18:00 mon-fri' --db shop.db\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data or settings, 5 input/output\n";

#define WORDS 64

typedef struct arguments {
    store_options store;
    settings_options settings;
    const char *verb, *who, *source, *contact;
    preference_word words[WORDS];
    size_t words_n;
    int64_t at_us;
    bool given, json, help;
} arguments;

static bool read_word(option_reader *r, const char *name, arguments *a) {
    static const char *const names[] = {"--channel", "--topic", "--hours", "--time-zone", "--language", "--everything"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!option_is(name, names[i])) continue;
        const char *value = option_value(r);
        if (!value) return false;
        if (a->words_n == WORDS) return command_usage("preference", "at most %d words at once", WORDS), false;
        a->words[a->words_n++] = (preference_word){names[i] + 2, value};
        return true;
    }
    option_unknown(r, name);
    return false;
}

static bool read_option(option_reader *r, const char *name, arguments *a) {
    if (!*name) {
        const char *word = option_value(r), **into = a->verb ? &a->who : &a->verb;
        if (*into) return command_usage("preference", "'%s' is one argument too many", word), false;
        return (*into = word) != NULL;
    }
    if (option_is(name, "--contact")) return (a->contact = option_value(r)) != NULL;
    if (option_is(name, "--source")) return (a->source = option_value(r)) != NULL;
    if (option_is(name, "--at")) return a->given = option_time(r, &a->at_us);
    if (option_is(name, "--json")) return a->json = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    int shared = store_option(r, name, &a->store);
    if (shared == 0) shared = settings_option(r, name, &a->settings);
    return shared == 0 ? read_word(r, name, a) : shared == 1;
}

static const char *text(const json_t *o, const char *name) {
    const char *t = json_string_value(json_object_get(o, name));
    return t ? t : "";
}

static int print_json(json_t *o) {
    json_dumpf(o, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(o);
    return EXIT_OK;
}

static const char *name_of(const whole *w, const char *contact) {
    for (size_t i = 0; i < w->contacts_n; i++)
        if (!strcmp(w->contacts[i].external_id, contact) && *w->contacts[i].name) return w->contacts[i].name;
    return *contact ? contact : "the account";
}

static void print_table(const json_t *list, const whole *w) {
    size_t i;
    const json_t *row;
    columns_out t = columns_begin(6, "who", "about", "says", "learnt", "confirmed", "where");
    json_array_foreach(list, i, row) {
        char where[160], learnt[16], confirmed[16];
        snprintf(where, sizeof where, "%s%s%s%s", text(row, "where"), *text(row, "source") ? " (" : "", text(row, "source"), *text(row, "source") ? ")" : "");
        snprintf(learnt, sizeof learnt, "%.10s", text(row, "learnt"));
        snprintf(confirmed, sizeof confirmed, "%.10s", text(row, "confirmed"));
        columns_row(&t, name_of(w, text(row, "contact")), text(row, "about"), text(row, "says"), *learnt ? learnt : "-", *confirmed ? confirmed : "-", where);
    }
    columns_end(&t);
}

static mr_status show(ledger *l, const arguments *a, int64_t id, whole *w, mr_error *err) {
    json_t *person = NULL, *list;
    mr_status status = person_read(l, id, 1u << 30, &person, err);
    if (status != MR_OK) return status;
    list = preference_list(person, w);
    json_decref(person);
    if (!list) return error_memory(err, 4096);
    for (size_t i = json_array_size(list); a->contact && i > 0; i--)
        if (*text(json_array_get(list, i - 1), "contact") && strcmp(text(json_array_get(list, i - 1), "contact"), a->contact)) json_array_remove(list, i - 1);
    if (a->json) return print_json(list) == EXIT_OK ? MR_OK : MR_EIO;
    if (json_array_size(list)) print_table(list, w);
    else puts("Nothing is known of how they want to be spoken to.");
    json_decref(list);
    return MR_OK;
}

static mr_status link_of(ledger *l, const arguments *a, const config *c, int64_t id, int64_t contact_id, mr_error *err) {
    knowledge known = {.learnt_day = 0};
    char link[SIGNED_LINK];
    mr_status status = knowledge_read(l, &known, err);
    if (status == MR_OK && !*signed_link(known.link_key, SIGNED_PREFERENCES, c->preferences_link, id, contact_id, link))
        status = error_set(err, MR_EDATA, "link", -1, "the settings name no page for it: preferences.link, as in https://example.com/preferences");
    if (status == MR_OK && a->json) print_json(json_pack("{s:s}", "link", link));
    else if (status == MR_OK) puts(link);
    knowledge_free(&known);
    return status;
}

static mr_status read_link(ledger *l, const arguments *a, int64_t *id, int64_t *contact_id, mr_error *err) {
    knowledge known = {.learnt_day = 0};
    mr_status status = knowledge_read(l, &known, err);
    if (status == MR_OK && !signed_link_read(known.link_key, SIGNED_PREFERENCES, a->who, id, contact_id))
        status = error_set(err, MR_EDATA, "link", -1, "that is no link of this ledger's: it was cut or changed, or another ledger made it");
    knowledge_free(&known);
    return status;
}

static void told(const arguments *a, const whole *w, const char *contact) {
    char number[24];
    snprintf(number, sizeof number, "%" PRId64, w->customer_id);
    if (a->json) print_json(json_pack("{s:s,s:s,s:s,s:I}", "customer_id", number, "customer", w->external_id, "contact", contact, "recorded", (json_int_t)a->words_n));
    else if (a->words_n) printf("%zu preference%s of %s recorded\n", a->words_n, a->words_n == 1 ? "" : "s", name_of(w, contact));
    else printf("%s%s%s\n", *w->name ? w->name : w->external_id, *contact ? ", " : "", *contact ? name_of(w, contact) : "");
}

static mr_status act(ledger *l, const arguments *a, const config *c, mr_error *err) {
    int64_t id = 0, contact_id = 0;
    whole w = {0};
    const char *contact = a->contact;
    bool reads = !strcmp(a->verb, "read");
    mr_status status = reads ? read_link(l, a, &id, &contact_id, err) : person_find(l, a->who, a->source, &id, err);
    if (status == MR_OK) status = whole_read(l, id, &w, err);
    for (size_t i = 0; status == MR_OK && i < w.contacts_n; i++) {
        if (contact && !strcmp(w.contacts[i].external_id, contact)) contact_id = w.contacts[i].id;
        if (reads && w.contacts[i].id == contact_id) contact = w.contacts[i].external_id;
    }
    if (status == MR_OK && contact && !contact_id) status = error_set(err, MR_EDATA, "contact", -1, "they have no contact '%.80s'; 'marram customer show %.80s' names those they have", contact, a->who);
    if (status == MR_OK && reads && contact_id && !contact) status = error_set(err, MR_EDATA, "link", -1, "the contact whose link that is is not there any more");
    if (status == MR_OK && !strcmp(a->verb, "show")) status = show(l, a, id, &w, err);
    if (status == MR_OK && !strcmp(a->verb, "link")) status = link_of(l, a, c, id, contact_id, err);
    if (status == MR_OK && a->words_n) status = preference_say(l, w.customer_id, contact, a->words, a->words_n, a->at_us, err);
    if (status == MR_OK && (reads || !strcmp(a->verb, "set"))) told(a, &w, contact ? contact : "");
    whole_free(&w);
    return status;
}

static int run(const arguments *a) {
    mr_error err = {0};
    ledger *l = NULL;
    config c = {0};
    int code = settings_open("preference", &a->settings, &c);
    if (code == EXIT_OK) {
        err.code = a->words_n ? ledger_open(a->store.url, NULL, &l, &err) : ledger_open_reading(a->store.url, &l, &err);
        if (err.code == MR_OK) err.code = act(l, a, &c, &err);
        ledger_close(l);
        code = err.code == MR_OK ? EXIT_OK : command_fail("preference", &err);
    }
    config_free(&c);
    return code;
}

int command_preference(int argc, char **argv) {
    static const char *const verbs[] = {"show", "set", "link", "read"};
    arguments a = {0};
    bool known = false;
    option_reader r = option_begin("preference", argc, argv);
    store_begin(&a.store);
    for (const char *name; (name = option_next(&r));)
        if (!read_option(&r, name, &a)) return EXIT_USAGE;
    if (a.help) return print_help(help), EXIT_OK;
    for (size_t i = 0; a.verb && i < sizeof verbs / sizeof *verbs; i++) known = known || !strcmp(a.verb, verbs[i]);
    if (!a.verb) return command_usage("preference", "needs what to do: show, set, link or read");
    if (!known) return command_usage("preference", "there is no '%s'; it must be show, set, link or read", a.verb);
    if (!a.who) return command_usage("preference", "%s", !strcmp(a.verb, "read") ? "say which link" : "say who: an identifier, or #NUMBER");
    if (!strcmp(a.verb, "set") && !a.words_n) return command_usage("preference", "say what they want: --channel, --topic, --hours, --time-zone, --language or --everything");
    if (a.words_n && (!strcmp(a.verb, "show") || !strcmp(a.verb, "link"))) return command_usage("preference", "%s changes nothing: --%s is of set and read", a.verb, a.words[0].name);
    if (!a.given) a.at_us = now_us();
    return run(&a);
}
