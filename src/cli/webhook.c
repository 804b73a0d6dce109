/* marram webhook: who is told of what by webhook, what waits for them, and sending it. */
#include "columns_out.h"
#include "hook_out.h"
#include "settings.h"
#include "store.h"

#include <body.h>
#include <error.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "marram webhook: other programs are told of what happens (docs/webhooks.md)\n"
    "\n"
    "usage: marram webhook list                   who is told, what waits for them, what was given up\n"
    "       marram webhook list NAME              what waits for one of them, and what became of the last attempt\n"
    "       marram webhook send                   what is due goes; 'marram tick' does the same\n"
    "       marram webhook test NAME              one of type marram.test, at once\n"
    "       marram webhook enable NAME [--again]  on again, after 410 Gone or an address that was not allowed\n"
    "       marram webhook kinds                  what can be told\n"
    "\n"
    "NAME is as in the settings.\n"
    "\n" STORE_HELP SETTINGS_HELP
    "  --state STATE             list NAME: waiting, delivered or given-up (waiting)\n"
    "  --again                   enable: what was given up in the last 30 days is tried again, too\n"
    "  --at TIME                 send, test, enable: the time it is taken to be (the clock)\n"
    "  --limit N                 list NAME: at most so many (50)\n"
    "  --dry-run                 send: only say how many are due\n"
    "  --json                    print as JSON\n"
    "  --help                    this text\n"
    "\n"
    "At least once: what the receiver has not confirmed is sent again, with the same webhook-id, up to ten times in three to four days.\n"
    "\n"
    "examples:\n"
    "  marram webhook test crm\n"
    "  marram webhook list crm --state given-up\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data or settings, or a test that was not taken, 5 input/output, 130 interrupted\n";

typedef struct arguments {
    store_options store;
    settings_options settings;
    const char *action, *name, *state;
    int64_t limit, at_us;
    bool again, dry_run, json, help;
} arguments;

static bool read_option(option_reader *r, const char *name, arguments *a) {
    if (!*name) {
        const char *word = option_value(r);
        if (!a->action) a->action = word;
        else if (!a->name) a->name = word;
        else return command_usage("webhook", "'%s' is one argument too many", word), false;
        return true;
    }
    if (option_is(name, "--state")) return (a->state = option_value(r)) != NULL;
    if (option_is(name, "--limit")) return option_integer(r, 1, 1000000, &a->limit);
    if (option_is(name, "--again")) return a->again = true;
    if (option_is(name, "--dry-run")) return a->dry_run = true;
    if (option_is(name, "--json")) return a->json = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    if (option_is(name, "--at")) {
        const char *value = option_value(r);
        if (!value) return false;
        if (time_read(value, strlen(value), &a->at_us)) return true;
        return command_usage("webhook", "--at must be a time such as 2026-11-23T09:00:00Z, not '%s'", value), false;
    }
    int shared = store_option(r, name, &a->store);
    if (shared == 0) shared = settings_option(r, name, &a->settings);
    if (shared == 0) option_unknown(r, name);
    return shared == 1;
}

static void print_json(json_t *o) {
    json_dumpf(o, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(o);
}

static const config_webhook *named(const config *c, const char *name) {
    for (size_t i = 0; i < c->webhooks_n; i++)
        if (!strcmp(c->webhooks[i].name, name)) return &c->webhooks[i];
    return NULL;
}

static mr_status unknown(const arguments *a, const config *c, mr_error *err) {
    if (!c->webhooks_n) return error_set(err, MR_EDATA, "name", -1, "there is no webhook in the settings%s%s: docs/webhooks.md shows how one is written", *c->path ? " " : "", c->path);
    return error_set(err, MR_EDATA, "name", -1, "there is no webhook '%.60s' in %s; the first is '%.60s'", a->name, c->path, c->webhooks[0].name);
}

/* --- showing --- */

static json_t *kinds_json(uint32_t kinds) {
    json_t *list = json_array();
    for (int k = 1; k < HOOK_KINDS; k++)
        if (kinds & HOOK_IN(k)) json_array_append_new(list, json_string(hook_kind_name((hook_kind)k)));
    return list;
}

static mr_status list_all(const arguments *a, const config *c, ledger *l, mr_error *err) {
    hook_endpoints there = {0};
    json_t *out = json_array();
    columns_out table = columns_begin(6, "webhook", "standing", "waiting", "delivered", "given up", "to");
    mr_status status = hooks_endpoints(l, &there, err);
    for (size_t i = 0; i < there.n && status == MR_OK; i++) {
        const hook_endpoint *e = &there.at[i];
        const config_webhook *w = named(c, e->name);
        int64_t n[HOOK_STANDINGS];
        char since[40], standing[300], count[HOOK_STANDINGS][24];
        status = hooks_count(l, e->name, n, err);
        if (status != MR_OK) break;
        for (int k = 0; k < HOOK_STANDINGS; k++) snprintf(count[k], sizeof count[k], "%" PRId64, n[k]);
        if (e->disabled_us) snprintf(standing, sizeof standing, "disabled %.10s: %.200s", time_text(e->disabled_us, since), e->reason);
        else snprintf(standing, sizeof standing, "%s", w ? "on" : "not in the settings");
        columns_row(&table, e->name, standing, count[HOOK_WAITING], count[HOOK_DELIVERED], count[HOOK_GIVEN_UP], w ? w->url : "");
        json_array_append_new(out, json_pack("{s:s,s:s,s:o,s:b,s:s,s:I,s:I,s:I}", "name", e->name, "url", w ? w->url : "", "kinds", kinds_json(e->kinds), "disabled", e->disabled_us != 0, "reason", e->reason, "waiting",
                                             (json_int_t)n[HOOK_WAITING], "delivered", (json_int_t)n[HOOK_DELIVERED], "given_up", (json_int_t)n[HOOK_GIVEN_UP]));
    }
    bool print = status == MR_OK && !a->json;
    if (print && there.n) columns_end(&table);
    else text_free(&table.cells);
    for (size_t i = 0; print && i < c->webhooks_n; i++) {
        bool known = false;
        for (size_t k = 0; k < there.n; k++) known = known || !strcmp(there.at[k].name, c->webhooks[i].name);
        if (!known) printf("%s is in the settings; the next 'marram tick' or 'marram webhook send' begins with it\n", c->webhooks[i].name);
    }
    if (print && !there.n && !c->webhooks_n) puts("Nobody is told of anything: the settings have no webhooks.");
    if (status == MR_OK && a->json) print_json(json_incref(out));
    json_decref(out);
    hook_endpoints_free(&there);
    return status;
}

static mr_status list_one(const arguments *a, ledger *l, mr_error *err) {
    static const char *const words[HOOK_STANDINGS] = {"waiting", "delivered", "given-up"};
    hook_rows rows = {0};
    json_t *out = json_array();
    int state = 0;
    while (a->state && state < HOOK_STANDINGS && strcmp(words[state], a->state)) state++;
    mr_status status = state < HOOK_STANDINGS ? MR_OK : error_set(err, MR_EINVAL, "state", -1, "--state must be waiting, delivered or given-up, not '%.40s'", a->state);
    if (status == MR_OK) status = hooks_in(l, a->name, state, (size_t)a->limit, &rows, err);
    for (size_t i = 0; i < rows.n && status == MR_OK; i++) {
        const hook_row *d = &rows.row[i];
        char id[HOOK_ID], created[40], next[40], customer[24];
        snprintf(customer, sizeof customer, "%" PRId64, d->customer_id);
        if (a->json)
            json_array_append_new(out, json_pack("{s:s,s:s,s:s,s:s,s:s,s:i,s:s,s:s}", "id", hook_id_text(d->id, id), "customer_id", customer, "kind", d->kind, "state", hook_state_name(d->state), "created", time_text(d->created_us, created),
                                                 "attempts", d->attempts, "next", d->state == HOOK_WAITING ? time_text(d->next_us, next) : "", "said", d->said));
        else printf("%s  %-18s %.16s  %d attempt%s%s%.16s%s%s\n", hook_id_text(d->id, id), d->kind, time_text(d->created_us, created), d->attempts, d->attempts == 1 ? "" : "s", d->state == HOOK_WAITING ? ", next " : "",
                    d->state == HOOK_WAITING ? time_text(d->next_us, next) : "", *d->said ? "; " : "", d->said);
    }
    if (status == MR_OK && a->json) print_json(json_incref(out));
    else if (status == MR_OK && !rows.n) printf("Nothing is %s.\n", hook_state_name(state));
    json_decref(out);
    hook_rows_free(&rows);
    return status;
}

static mr_status list(const arguments *a, const config *c, ledger *l, mr_error *err) {
    return a->name ? list_one(a, l, err) : list_all(a, c, l, err);
}

static int kinds(const arguments *a) {
    json_t *out = json_array();
    for (int k = 1; k < HOOK_KINDS; k++) {
        if (a->json) json_array_append_new(out, json_pack("{s:s,s:s}", "kind", hook_kind_name((hook_kind)k), "when", hook_kind_when((hook_kind)k)));
        else printf("%-18s %s\n", hook_kind_name((hook_kind)k), hook_kind_when((hook_kind)k));
    }
    if (a->json) print_json(json_incref(out));
    json_decref(out);
    return EXIT_OK;
}

/* --- sending --- */

void hooks_print(const hook_sending_counts *n, bool dry_run) {
    if (n->due && dry_run) printf("%" PRIu64 " webhook%s would be sent\n", n->due, n->due == 1 ? "" : "s");
    if (n->due && !dry_run) {
        printf("%" PRIu64 " webhook%s delivered", n->delivered, n->delivered == 1 ? "" : "s");
        if (n->later) printf(", %" PRIu64 " to be tried again", n->later);
        if (n->given_up) printf(", %" PRIu64 " given up", n->given_up);
        putchar('\n');
    }
    if (*n->said) print_words(0, "%s", n->said);
}

json_t *hooks_json(const hook_sending_counts *n) {
    return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:s}", "due", (json_int_t)n->due, "delivered", (json_int_t)n->delivered, "later", (json_int_t)n->later, "given_up", (json_int_t)n->given_up, "disabled", (json_int_t)n->disabled, "unready",
                     (json_int_t)n->unready, "said", n->said);
}

static mr_status send_all(const arguments *a, const config *c, ledger *l, mr_error *err) {
    hook_sending_counts counts;
    progress_bar bar = {0};
    mr_context context = {.progress = progress_tick, .progress_ctx = &bar};
    const hook_sending_options o = {.now_us = a->at_us, .dry_run = a->dry_run, .context = &context};
    progress_begin(&bar, "sending");
    mr_status status = hook_sending_run(l, c, &o, &counts, err);
    progress_end(&bar);
    if (status != MR_OK) return status;
    if (a->json) print_json(hooks_json(&counts));
    else if (!counts.due && !*counts.said) puts("Nothing is due.");
    else hooks_print(&counts, a->dry_run);
    return MR_OK;
}

static mr_status test(const arguments *a, const config *c, ledger *l, mr_error *err) {
    const config_webhook *w = named(c, a->name);
    http_answer answer = {0};
    (void)l;
    if (!w) return unknown(a, c, err);
    mr_status status = hook_test(c, w, a->at_us, &answer, err);
    if (status == MR_OK && answer.result != HTTP_OK) status = error_set(err, MR_EDATA, "webhook", -1, "webhook '%.60s' did not take it: %.300s", w->name, answer.said);
    if (status == MR_OK && a->json) print_json(json_pack("{s:s,s:i,s:s}", "result", http_result_name(answer.result), "code", answer.code, "said", answer.said));
    else if (status == MR_OK) printf("%s took it: %s\n", w->name, answer.said);
    http_answer_free(&answer);
    return status;
}

static mr_status enable(const arguments *a, const config *c, ledger *l, mr_error *err) {
    int64_t n = 0;
    if (!named(c, a->name)) return unknown(a, c, err);
    mr_status status = hooks_follow(l, c, a->at_us, NULL, err);
    if (status == MR_OK) status = hooks_enable(l, a->name, a->again, a->at_us, &n, err);
    if (status == MR_OK && a->json) print_json(json_pack("{s:s,s:I}", "name", a->name, "again", (json_int_t)n));
    else if (status == MR_OK) printf("%s is on; %" PRId64 " to be tried again\n", a->name, n);
    return status;
}

static const struct {
    const char *name;
    mr_status (*run)(const arguments *a, const config *c, ledger *l, mr_error *err);
    bool needs, takes, reads, no_ledger; /* a NAME; only reads */
} actions[] = {{"list", list, false, true, true, false}, {"send", send_all, false, false, false, false}, {"test", test, true, true, true, true}, {"enable", enable, true, true, false, false}};

static int run(const arguments *a) {
    mr_error err = {0};
    ledger *l = NULL;
    config c = {0};
    size_t i = 0;
    if (!strcmp(a->action, "kinds")) return a->name ? command_usage("webhook", "kinds takes no NAME") : kinds(a);
    while (i < sizeof actions / sizeof *actions && strcmp(actions[i].name, a->action)) i++;
    if (i == sizeof actions / sizeof *actions) return command_usage("webhook", "'%s' is not known: list, send, test, enable or kinds", a->action);
    if (actions[i].needs && !a->name) return command_usage("webhook", "%s needs the NAME of a webhook, as in the settings", a->action);
    if (!actions[i].takes && a->name) return command_usage("webhook", "'%s' is one argument too many", a->name);
    int code = settings_open("webhook", &a->settings, &c);
    if (code != EXIT_OK) return config_free(&c), code;
    bool reads = actions[i].reads || a->dry_run;
    if (!actions[i].no_ledger) err.code = reads ? ledger_open_reading(a->store.url, &l, &err) : ledger_open(a->store.url, NULL, &l, &err);
    if (err.code == MR_OK) err.code = actions[i].run(a, &c, l, &err);
    ledger_close(l);
    config_free(&c);
    return err.code == MR_OK ? EXIT_OK : command_fail("webhook", &err);
}

int command_webhook(int argc, char **argv) {
    arguments a = {.limit = 50};
    option_reader r = option_begin("webhook", argc, argv);
    store_begin(&a.store);
    a.at_us = now_us();
    for (const char *name; (name = option_next(&r));)
        if (!read_option(&r, name, &a)) return EXIT_USAGE;
    if (a.help) return print_help(help), EXIT_OK;
    if (!a.action) return command_usage("webhook", "say what: list, send, test, enable or kinds");
    return run(&a);
}
