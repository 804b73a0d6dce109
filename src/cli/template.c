/* marram template: the templates of messages: which there are, whether they are sound, how they come out. */
#include "columns_out.h"
#include "json_text.h"
#include "store.h"

#include <error.h>
#include <out_file.h>
#include <person.h>
#include <sms.h>
#include <template_customer.h>
#include <template_library.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char help[] =
    "marram template: the templates messages are written from: Markdown with values (docs/templates.md)\n"
    "\n"
    "usage: marram template list [--json]\n"
    "       marram template fields [--json]            what a template may say\n"
    "       marram template show NAME                  its text, to be copied and changed\n"
    "       marram template check [FILE-OR-FOLDER ...] all that is wrong, with line and column\n"
    "       marram template preview NAME [--customer ID] [OPTION ...]\n"
    "\n"
    "NAME is such as follow_up/first-week, or the path of a file.\n"
    "\n" STORE_HELP
    "  --templates FOLDER        your own ones, which go before those built in (templates)\n"
    "  --language TAG            show, preview: en, de ... (en)\n"
    "  --customer ID             preview: for this customer of the ledger; else with the examples of 'fields'\n"
    "  --source NAME             of which source ID is an identifier, where several have it\n"
    "  --set FIELD=TEXT          preview: a value, in place of the ledger's; as often as needed (\\n: a new line)\n"
    "  --channel CHANNEL         preview: email (the usual) or sms: its text, encoding and parts\n"
    "  --out FILE                preview: the HTML into FILE\n"
    "  --today DATE              preview: the day it is written (the clock's day)\n"
    "  --json                    print JSON\n"
    "  --help                    this text\n"
    "\n"
    "examples:\n"
    "  marram template preview recovery/confirm --customer C-1042 --db shop.db --out message.html\n"
    "  marram template show follow_up/first-week --language de > templates/follow_up/first-week.de.md\n"
    "  marram template check templates\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 a template is wrong, 5 input/output\n";

enum { SETS = 64 };

typedef struct arguments {
    store_options store;
    const char **operand, *folder, *language, *customer, *source, *channel, *out, *set[SETS];
    size_t operands, sets;
    int32_t today;
    bool json, help;
} arguments;

static bool read_option(option_reader *r, const char *name, arguments *a) {
    const struct {
        const char *name, **text;
    } texts[] = {{"--templates", &a->folder}, {"--language", &a->language}, {"--customer", &a->customer}, {"--source", &a->source}, {"--channel", &a->channel}, {"--out", &a->out}};
    if (!*name) return a->operand[a->operands++] = option_value(r), true;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (option_is(name, texts[i].name)) return (*texts[i].text = option_value(r)) != NULL;
    if (option_is(name, "--json")) return a->json = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    if (option_is(name, "--today")) return option_today(r, &a->today);
    if (option_is(name, "--set")) {
        const char *value = option_value(r);
        if (!value) return false;
        if (a->sets < SETS && strchr(value, '=')) return a->set[a->sets++] = value, true;
        command_usage("template", a->sets < SETS ? "--set must be such as company.name=Acme, not '%s'" : "too many of --set: '%s'", value);
        return false;
    }
    int shared = store_option(r, name, &a->store);
    if (shared == 0) option_unknown(r, name);
    return shared == 1;
}

static int print_array(json_t *all) {
    int failed = json_dumpf(all, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    json_decref(all);
    putchar('\n');
    return failed ? EXIT_IO : EXIT_OK;
}

/* --- list, fields, show --- */

static int list(const arguments *a, const template_library *l) {
    json_t *all = json_array();
    columns_out table = columns_begin(4, "name", "language", "purpose", "subject");
    for (size_t i = 0; i < l->n; i++) {
        const template_head *h = template_head_of(l->at[i].t);
        columns_row(&table, l->at[i].name, h->language, h->purpose, h->subject);
        json_array_append_new(all, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "name", l->at[i].name, "language", h->language, "purpose", h->purpose, "topic", h->topic, "subject", h->subject,
                                             "sms", h->sms, "path", l->at[i].path));
    }
    if (a->json) {
        text_free(&table.cells);
        return print_array(all);
    }
    columns_end(&table);
    json_decref(all);
    return EXIT_OK;
}

static int fields(const arguments *a) {
    static const char *const types[] = {"text", "lines", "address", "e-mail"};
    json_t *all = json_array();
    for (size_t i = 0; i < TEMPLATE_FIELDS; i++) {
        const template_field *f = &template_fields[i];
        json_array_append_new(all, json_pack("{s:s, s:s, s:s, s:s}", "field", f->name, "type", types[f->type], "meaning", f->meaning, "example", f->example));
        if (!a->json) print_words(28, "%-19s %-8s%s", f->name, types[f->type], f->meaning);
    }
    if (a->json) return print_array(all);
    json_decref(all);
    return EXIT_OK;
}

static mr_status no_template(const template_library *l, const char *name, mr_error *err) {
    text_buffer names = {0};
    for (size_t i = 0; i < l->n; i++)
        if (!i || strcmp(l->at[i].name, l->at[i - 1].name) != 0) text_printf(&names, "%s%s", i ? ", " : "", l->at[i].name);
    mr_status status = error_set(err, MR_EDATA, NULL, -1, "there is no template '%.100s' (nor such a file); known are %.330s", name, text_terminate(&names));
    text_free(&names);
    return status;
}

/* A file's, or one of the library. *own is to be freed. */
static mr_status find(const arguments *a, const template_library *l, const char *name, const template **out, template **own, mr_error *err) {
    struct stat at;
    *own = NULL;
    const template_entry *e = template_library_find(l, name, a->language ? a->language : "en", NULL);
    if (e) return *out = e->t, MR_OK;
    if (stat(name, &at) != 0 || !S_ISREG(at.st_mode)) return no_template(l, name, err);
    text_buffer text = {0};
    FILE *f = fopen(name, "re");
    if (!f) return error_set(err, MR_EIO, NULL, -1, "%.300s cannot be read: %s", name, strerror(errno));
    if (text_reserve(&text, TEMPLATE_LONGEST + 1)) text.len = fread(text.data, 1, TEMPLATE_LONGEST + 1, f);
    fclose(f);
    mr_status status = text.failed ? error_memory(err, TEMPLATE_LONGEST) : template_parse(name, text.data, text.len, own, err);
    text_free(&text);
    *out = *own;
    return status;
}

static int show(const arguments *a, const template_library *l) {
    const template *t;
    template *own;
    mr_error err = {0};
    size_t len;
    err.code = find(a, l, a->operand[1], &t, &own, &err);
    if (err.code == MR_OK) {
        const char *text = template_source(t, &len);
        fwrite(text, 1, len, stdout);
    }
    template_free(own);
    return err.code == MR_OK ? EXIT_OK : command_fail("template", &err);
}

/* --- check --- */

typedef struct checking {
    json_t *all;
    size_t n;
    bool json;
} checking;

static void found(void *ctx, const char *name, int line, int column, const char *message) {
    checking *c = ctx;
    c->n++;
    if (c->json) json_array_append_new(c->all, json_pack("{s:s, s:i, s:i, s:s}", "file", name, "line", line, "column", column, "message", message));
    else print_error("%s:%d:%d: %s", name, line, column, message);
}

/* Worth saying, and no fault: standard error alone. */
static void noted(void *ctx, const char *name, int line, int column, const char *message) {
    (void)ctx;
    print_error("%s:%d:%d: warning: %s", name, line, column, message);
}

static int check(const arguments *a) {
    checking c = {json_array(), 0, a->json};
    const template_findings to = {found, noted, &c};
    mr_error err = {0};
    size_t files = 0;
    const char *usual[] = {a->folder}, **path = a->operands > 1 ? a->operand + 1 : usual;
    for (size_t i = 0; i < (a->operands > 1 ? a->operands - 1 : 1) && err.code == MR_OK; i++) {
        struct stat at;
        size_t n = 1;
        if (stat(path[i], &at) == 0 && S_ISDIR(at.st_mode)) err.code = template_folder_check(path[i], to, &n, &err);
        else err.code = template_file_check(path[i], to, &err);
        files += n;
    }
    if (err.code != MR_OK) {
        json_decref(c.all);
        return command_fail("template", &err);
    }
    if (c.json) print_array(c.all);
    else json_decref(c.all);
    if (!c.json && !c.n) printf("%zu template%s, nothing wrong\n", files, files == 1 ? "" : "s");
    return c.n ? EXIT_DATA : EXIT_OK;
}

/* --- preview --- */

static mr_status set_values(const arguments *a, arena *texts, template_values *v, mr_error *err) {
    for (size_t i = 0; i < a->sets; i++) {
        const char *equals = strchr(a->set[i], '=');
        char *value = arena_copy(texts, equals + 1, strlen(equals + 1)), *name = arena_copy(texts, a->set[i], (size_t)(equals - a->set[i])), *to = value;
        if (!value || !name) return error_memory(err, strlen(a->set[i]));
        for (const char *from = value; *from; from++) {
            bool line = from[0] == '\\' && from[1] == 'n';
            *to++ = line ? '\n' : *from;
            from += line;
        }
        *to = 0;
        if (!template_set(v, name, value)) return error_set(err, MR_EINVAL, name, -1, "--set %.60s: there is no such field; 'marram template fields' lists them", name);
    }
    return MR_OK;
}

static mr_status customer_values(const arguments *a, const char *language, arena *texts, template_values *v, mr_error *err) {
    ledger *l = NULL;
    json_t *person = NULL;
    int64_t id = 0;
    mr_status status = ledger_open_reading(a->store.url, &l, err);
    if (status == MR_OK) status = person_find(l, a->customer, a->source, &id, err);
    if (status == MR_OK) status = person_read(l, id, 1000, &person, err);
    if (status == MR_OK) status = template_of_customer(person, language, a->today, texts, v, err);
    json_decref(person);
    ledger_close(l);
    return status;
}

/* The examples: for all where there is no customer, else for what only a message's writer knows. */
static void add_examples(const arguments *a, const template *t, template_values *v, json_t *used) {
    static const char *const writers[] = {"company.", "content.", "preferences_link", "referral_link", "unsubscribe", "sms_stop"};
    for (int i = 0; i < TEMPLATE_FIELDS; i++) {
        bool wanted = !a->customer;
        for (size_t k = 0; k < sizeof writers / sizeof *writers; k++) wanted |= !strncmp(template_fields[i].name, writers[k], strlen(writers[k]));
        if (!wanted || (v->of[i] && *v->of[i])) continue;
        v->of[i] = template_fields[i].example;
        if (template_uses(t, i)) json_array_append_new(used, json_string(template_fields[i].name));
    }
}

static mr_status write_html(const arguments *a, const template_message *m, mr_error *err) {
    if (store_is(&a->store, a->out)) return error_set(err, MR_EINVAL, "out", -1, "--out %.300s is the ledger", a->out);
    FILE *f = fopen(a->out, "we");
    if (!f) return error_set(err, MR_EIO, NULL, -1, "%.300s cannot be written: %s", a->out, strerror(errno));
    bool fine = fwrite(m->html.data, 1, m->html.len, f) == m->html.len;
    fine &= fclose(f) == 0;
    return fine ? MR_OK : error_set(err, MR_EIO, NULL, -1, "%.300s cannot be written: %s", a->out, strerror(errno));
}

static void print_examples(const json_t *used) {
    text_buffer names = {0};
    const json_t *name;
    size_t i;
    json_array_foreach(used, i, name) text_printf(&names, "%s%s", i ? ", " : "", json_string_value(name));
    if (names.len) print_error("marram template: examples stand for %s: give your own with --set", text_terminate(&names));
    text_free(&names);
}

static int print_sms(const arguments *a, const template *t, const char *text, const json_t *used) {
    const template_head *h = template_head_of(t);
    sms_count n = sms_segments(text);
    if (a->json)
        return print_array(json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:O}", "template", a->operand[1], "language", h->language, "purpose", h->purpose, "channel", "sms", "text", text, "encoding",
                                     n.ucs2 ? "ucs-2" : "gsm-7", "units", n.units, "segments", n.segments, "examples", used));
    printf("%s\n\n%d part%s of SMS: %d units in the %s\n", text, n.segments, n.segments == 1 ? "" : "s", n.units, n.ucs2 ? "16-bit alphabet, since not all is in the GSM one" : "GSM alphabet");
    print_examples(used);
    return EXIT_OK;
}

static int print_preview(const arguments *a, const template *t, const template_message *m, const json_t *used) {
    const template_head *h = template_head_of(t);
    if (a->json)
        return print_array(json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:O}", "template", a->operand[1], "language", h->language, "purpose", h->purpose, "subject", m->subject.data, "plain", m->plain.data,
                                     "html", m->html.data, "examples", used));
    printf("Subject: %s\n\n%s", m->subject.data, m->plain.data);
    print_examples(used);
    return EXIT_OK;
}

static int preview(const arguments *a, const template_library *l) {
    const template *t = NULL;
    template *own = NULL;
    template_values v = {0};
    template_message m = {0};
    text_buffer text = {0};
    bool sms = a->channel && !strcmp(a->channel, "sms");
    arena texts = {0};
    mr_error err = {0};
    json_t *used = json_array();
    int code = EXIT_OK;
    if (a->channel && !sms && strcmp(a->channel, "email") != 0) err.code = error_set(&err, MR_EINVAL, "channel", -1, "--channel must be email or sms, not '%.40s'", a->channel);
    if (sms && a->out) err.code = error_set(&err, MR_EINVAL, "out", -1, "an SMS has no HTML: --out is for e-mail");
    if (err.code == MR_OK) err.code = find(a, l, a->operand[1], &t, &own, &err);
    if (err.code == MR_OK && a->customer) err.code = customer_values(a, template_head_of(t)->language, &texts, &v, &err);
    if (err.code == MR_OK) err.code = set_values(a, &texts, &v, &err);
    text_buffer hello = {0};
    if (err.code == MR_OK && !*template_get(&v, "greeting")) {
        const char *name = template_get(&v, "contact.name");
        template_greeting(template_head_of(t)->language, *name ? name : template_fields[template_field_find("contact.name", 12)].example, &hello);
        template_set(&v, "greeting", text_terminate(&hello));
    }
    if (err.code == MR_OK) add_examples(a, t, &v, used);
    if (err.code == MR_OK) err.code = sms ? template_render_sms(t, &v, &text, &err) : template_render(t, &v, &m, &err);
    if (err.code == MR_OK && a->out) err.code = write_html(a, &m, &err);
    code = err.code != MR_OK ? command_fail("template", &err) : sms ? print_sms(a, t, text.data, used) : print_preview(a, t, &m, used);
    text_free(&text);
    json_decref(used);
    template_message_free(&m);
    template_free(own);
    text_free(&hello);
    arena_free(&texts);
    return code;
}

static int run(const arguments *a) {
    static const struct {
        const char *name;
        int (*run)(const arguments *, const template_library *);
    } of_library[] = {{"list", list}, {"show", show}, {"preview", preview}};
    const char *verb = a->operands ? a->operand[0] : "list";
    if (!strcmp(verb, "check")) return check(a);
    if (!strcmp(verb, "fields")) return fields(a);
    for (size_t i = 0; i < sizeof of_library / sizeof *of_library; i++) {
        if (strcmp(of_library[i].name, verb) != 0) continue;
        if (a->operands != (i ? 2 : a->operands ? 1 : 0)) return command_usage("template", i ? "%s needs the name of one template" : "%s takes no argument", verb);
        template_library l = {0};
        mr_error err = {0};
        err.code = template_library_open(a->folder, &l, &err);
        int code = err.code == MR_OK ? of_library[i].run(a, &l) : command_fail("template", &err);
        template_library_free(&l);
        return code;
    }
    return command_usage("template", "'%s' is none of list, fields, show, check and preview", verb);
}

int command_template(int argc, char **argv) {
    const char **operands = calloc((size_t)argc + 1, sizeof *operands);
    if (!operands) return EXIT_INTERNAL;
    arguments a = {.operand = operands, .folder = "templates", .today = today_utc()};
    int code = EXIT_OK;
    store_begin(&a.store);
    option_reader r = option_begin("template", argc, argv);
    for (const char *name; code == EXIT_OK && !a.help && (name = option_next(&r));)
        if (!read_option(&r, name, &a)) code = EXIT_USAGE;
    if (code == EXIT_OK && a.help) print_help(help);
    else if (code == EXIT_OK) code = run(&a);
    free(operands);
    return code;
}
