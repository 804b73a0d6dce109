/* marram outbox: messages on their way out: what waits, what may have gone and nobody knows, and sending. */
#include "columns_out.h"
#include "outbox_out.h"
#include "settings.h"
#include "store.h"

#include <actions.h>
#include <body.h>
#include <due.h>
#include <error.h>
#include <outbox.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "marram outbox: messages on their way out (docs/delivery.md)\n"
    "\n"
    "usage: marram outbox list [--state STATE]    what waits, is being sent, is uncertain ... (waiting and uncertain)\n"
    "       marram outbox show ID                 one message, whole\n"
    "       marram outbox send                    what waits and may go, goes; 'marram tick' does the same\n"
    "       marram outbox settle ID --as RESULT   of an uncertain one: sent, again (send it once more) or lost\n"
    "       marram outbox cancel ID               a waiting one does not go\n"
    "\n"
    "ID is the number 'list' shows, or its first four digits or more.\n"
    "\n" STORE_HELP SETTINGS_HELP
    "  --state STATE             waiting, sending, sent, refused, uncertain or cancelled\n"
    "  --as RESULT               settle: sent, again or lost\n"
    "  --note TEXT               settle, cancel: why\n"
    "  --at TIME                 send: the time it is taken to be (the clock)\n"
    "  --limit N                 list: at most so many (50)\n"
    "  --dry-run                 send: only say what would go\n"
    "  --json                    print as JSON\n"
    "  --help                    this text\n"
    "\n"
    "A message is marked as being sent before anything goes out. Where the program is cut off, or no answer comes, it is uncertain, and never sent again by itself.\n"
    "\n"
    "examples:\n"
    "  marram outbox list --state uncertain\n"
    "  marram outbox settle 3f2a --as sent --note \"it is in their mailbox\"\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data or settings, 5 input/output, 130 interrupted\n";

typedef struct arguments {
    store_options store;
    settings_options settings;
    const char *action, *id, *state, *as, *note;
    int64_t limit, at_us;
    bool dry_run, json, help;
} arguments;

static bool read_option(option_reader *r, const char *name, arguments *a) {
    const struct {
        const char *name, **text;
    } texts[] = {{"--state", &a->state}, {"--as", &a->as}, {"--note", &a->note}};
    if (!*name) {
        const char *word = option_value(r);
        if (!a->action) a->action = word;
        else if (!a->id) a->id = word;
        else return command_usage("outbox", "'%s' is one argument too many", word), false;
        return true;
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (option_is(name, texts[i].name)) return (*texts[i].text = option_value(r)) != NULL;
    if (option_is(name, "--limit")) return option_integer(r, 1, 1000000, &a->limit);
    if (option_is(name, "--dry-run")) return a->dry_run = true;
    if (option_is(name, "--json")) return a->json = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    if (option_is(name, "--at")) return option_time(r, &a->at_us);
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

/* --- showing --- */

static json_t *message_json(const message_row *m, bool texts) {
    char id[17], next[40], sent[40], customer[24];
    snprintf(customer, sizeof customer, "%" PRId64, m->customer_id);
    json_t *o = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:i,s:s,s:o,s:s,s:s}", "id", action_id_text(m->id, id), "customer_id", customer, "state", message_state_name(m->state), "channel", m->channel, "purpose", m->purpose, "programme",
                          m->programme, "topic", m->topic, "address", m->address, "attempts", m->attempts, "next", time_text(m->next_us, next), "sent", m->sent_us ? json_string(time_text(m->sent_us, sent)) : json_null(), "said", m->said,
                          "token", m->token);
    if (texts) json_object_update_new(o, json_pack("{s:s,s:s,s:s}", "subject", m->subject, "plain", m->plain, "html", m->html));
    return o;
}

static int state_find(const char *name) {
    for (int i = 0; i < MESSAGE_STATES; i++)
        if (!strcmp(message_state_name(i), name)) return i;
    return -1;
}

static mr_status list(const arguments *a, ledger *l, mr_error *err) {
    static const int usual[] = {MESSAGE_WAITING, MESSAGE_SENDING, MESSAGE_UNCERTAIN};
    const int one[] = {a->state ? state_find(a->state) : 0};
    const int *states = a->state ? one : usual;
    size_t n = a->state ? 1 : sizeof usual / sizeof *usual, shown = 0;
    message_rows rows = {0};
    json_t *out = json_array();
    mr_status status = MR_OK;
    if (a->state && one[0] < 0) status = error_set(err, MR_EINVAL, "state", -1, "--state must be waiting, sending, sent, refused, uncertain or cancelled, not '%.40s'", a->state);
    for (size_t i = 0; i < n && status == MR_OK; i++) {
        status = outbox_in(l, states[i], (size_t)a->limit, &rows, err);
        for (size_t k = 0; k < rows.n && status == MR_OK; k++) {
            const message_row *m = &rows.row[k];
            char id[17], next[40];
            shown++;
            if (a->json) json_array_append_new(out, message_json(m, false));
            else printf("%.8s %-10s %.16s  %-6s %-10s %-14s %s%s%s\n", action_id_text(m->id, id), message_state_name(m->state), time_text(m->state == MESSAGE_SENT ? m->sent_us : m->next_us, next), m->channel, m->purpose, m->programme,
                        m->address, *m->said ? "; " : "", m->said);
        }
    }
    message_rows_free(&rows);
    if (status == MR_OK && a->json) print_json(json_incref(out));
    else if (status == MR_OK && !shown) puts("The outbox holds nothing of the kind.");
    json_decref(out);
    return status;
}

static mr_status find(const arguments *a, ledger *l, message_rows *rows, mr_error *err) {
    int64_t customer_id = 0, id = 0;
    mr_status status = action_find(l, a->id, &customer_id, &id, err);
    if (status == MR_OK) status = outbox_read(l, customer_id, id, rows, err);
    return status == MR_OK && !rows->n ? error_set(err, MR_EDATA, "id", -1, "%.20s is not in the outbox; 'marram task show' says what became of it", a->id) : status;
}

static mr_status show(const arguments *a, ledger *l, mr_error *err) {
    message_rows rows = {0};
    mr_status status = find(a, l, &rows, err);
    if (status == MR_OK && a->json) print_json(message_json(&rows.row[0], true));
    if (status == MR_OK && !a->json) {
        const message_row *m = &rows.row[0];
        printf("to        %s\nstate     %s%s%s\nattempts  %d\nsubject   %s\n\n%s%s", m->address, message_state_name(m->state), *m->said ? ": " : "", m->said, m->attempts, m->subject, m->plain, *m->plain && m->plain[strlen(m->plain) - 1] == '\n' ? "" : "\n");
    }
    message_rows_free(&rows);
    return status;
}

/* --- deciding --- */

typedef struct cancel_work {
    ledger *l;
    const message_row *m;
    const char *note;
    int64_t now_us;
    bool ours;
} cancel_work;

static mr_status cancel_it(db *d, void *ctx, mr_error *err) {
    cancel_work *w = ctx;
    bool changed;
    (void)d;
    mr_status status = outbox_cancel(w->l, w->m->customer_id, w->m->id, w->note, &w->ours, err);
    if (status != MR_OK || !w->ours || !w->m->action_id) return status;
    return action_state(w->l, w->m->customer_id, w->m->action_id, ACTION_IN(ACTION_OUTBOX), ACTION_DROPPED, "{\"result\": \"cancelled\"}", w->now_us, &changed, err);
}

static mr_status decide(const arguments *a, ledger *l, mr_error *err) {
    static const struct {
        const char *name;
        outbox_settlement how;
    } results[] = {{"sent", OUTBOX_WAS_SENT}, {"again", OUTBOX_SEND_AGAIN}, {"lost", OUTBOX_GIVE_UP}};
    message_rows rows = {0};
    bool settle = !strcmp(a->action, "settle"), ours = false;
    size_t i = 0;
    while (settle && i < 3 && strcmp(results[i].name, a->as ? a->as : "")) i++;
    if (settle && i == 3) return error_set(err, MR_EINVAL, "as", -1, "settle needs --as: sent, again or lost");
    mr_status status = find(a, l, &rows, err);
    if (status == MR_OK && settle) status = outbox_settle(l, rows.row[0].customer_id, rows.row[0].id, results[i].how, a->note ? a->note : "a person said so", a->at_us, &ours, err);
    if (status == MR_OK && !settle) {
        cancel_work w = {.l = l, .m = &rows.row[0], .note = a->note ? a->note : "cancelled", .now_us = a->at_us};
        status = db_transaction(l->d, DB_WRITE, cancel_it, &w, err);
        ours = w.ours;
    }
    if (status == MR_OK && !ours)
        status = error_set(err, MR_EDATA, "id", -1, "%.20s is %s: only %s", a->id, message_state_name(rows.row[0].state), settle ? "an uncertain one is settled" : "a waiting one is cancelled");
    message_rows_free(&rows);
    if (status == MR_OK) printf("%s is %s\n", a->id, settle ? "settled" : "cancelled");
    return status;
}

/* --- sending --- */

void outbox_print(const sending_counts *n, bool dry_run) {
    if (n->orphans) printf("%" PRIu64 " message%s whose sender was cut off %s uncertain: 'marram outbox list --state uncertain'\n", n->orphans, n->orphans == 1 ? "" : "s", n->orphans == 1 ? "is" : "are");
    if (!n->waiting) return;
    printf("%" PRIu64 " message%s %s", n->sent, n->sent == 1 ? "" : "s", dry_run ? "would go" : "sent");
    const struct {
        uint64_t n;
        const char *what;
    } rest[] = {{n->later, "to be tried again"}, {n->refused, "refused for good"}, {n->uncertain, "uncertain"}, {n->put_off, "put off by the gate"}, {n->stopped, "stopped by it"}, {n->limited, "held back by the rate of their domain or of SMS"},
                {n->no_way, *n->lacks ? "kept until the settings are better" : "without a way (delivery.smtp_url and company.from_email, or of SMS delivery.sms_url, are not set)"}};
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        if (rest[i].n) printf(", %" PRIu64 " %s", rest[i].n, rest[i].what);
    putchar('\n');
    if (*n->lacks) printf("The settings: %s\n", n->lacks);
    if (*n->said) printf("Nothing more was tried: %s\n", n->said);
}

json_t *outbox_json(const sending_counts *n) {
    return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:s,s:s}", "waiting", (json_int_t)n->waiting, "sent", (json_int_t)n->sent, "later", (json_int_t)n->later, "refused", (json_int_t)n->refused, "uncertain", (json_int_t)n->uncertain,
                     "put_off", (json_int_t)n->put_off, "stopped", (json_int_t)n->stopped, "limited", (json_int_t)n->limited, "no_way", (json_int_t)n->no_way, "orphans", (json_int_t)n->orphans, "lacks", n->lacks, "said", n->said);
}

static int send_all(const arguments *a) {
    mr_error err = {0};
    ledger *l = NULL;
    config c = {0};
    char sender[DUE_OWNER];
    sending_counts counts;
    progress_bar bar = {0};
    mr_context context = {.progress = progress_tick, .progress_ctx = &bar};
    int code = settings_open("outbox", &a->settings, &c);
    if (code != EXIT_OK) return config_free(&c), code;
    due_owner_here(sender);
    const sending_options o = {.now_us = a->at_us, .sender = sender, .dry_run = a->dry_run, .context = &context};
    err.code = a->dry_run ? ledger_open_reading(a->store.url, &l, &err) : ledger_open(a->store.url, &(db_options){.by_key = true}, &l, &err);
    progress_begin(&bar, "sending");
    if (err.code == MR_OK) err.code = sending_run(l, &c, &o, &counts, &err);
    progress_end(&bar);
    ledger_close(l);
    config_free(&c);
    if (err.code != MR_OK) return command_fail("outbox", &err);
    if (a->json) print_json(outbox_json(&counts));
    else if (!counts.waiting && !counts.orphans) puts("Nothing waits.");
    else outbox_print(&counts, a->dry_run);
    return EXIT_OK;
}

static int run(const arguments *a) {
    static const struct {
        const char *name;
        mr_status (*run)(const arguments *a, ledger *l, mr_error *err);
        bool id, reads;
    } actions[] = {{"list", list, false, true}, {"show", show, true, true}, {"settle", decide, true, false}, {"cancel", decide, true, false}};
    mr_error err = {0};
    ledger *l = NULL;
    size_t i = 0;
    if (!strcmp(a->action, "send")) return a->id ? command_usage("outbox", "send takes no ID: what waits and may go, goes") : send_all(a);
    while (i < sizeof actions / sizeof *actions && strcmp(actions[i].name, a->action)) i++;
    if (i == sizeof actions / sizeof *actions) return command_usage("outbox", "'%s' is not known: list, show, send, settle or cancel", a->action);
    if (actions[i].id && !a->id) return command_usage("outbox", "%s needs an ID, as 'marram outbox list' shows it", a->action);
    if (!actions[i].id && a->id) return command_usage("outbox", "'%s' is one argument too many", a->id);
    err.code = actions[i].reads ? ledger_open_reading(a->store.url, &l, &err) : ledger_open(a->store.url, NULL, &l, &err);
    if (err.code == MR_OK) err.code = actions[i].run(a, l, &err);
    ledger_close(l);
    return err.code == MR_OK ? EXIT_OK : command_fail("outbox", &err);
}

int command_outbox(int argc, char **argv) {
    arguments a = {.limit = 50};
    option_reader r = option_begin("outbox", argc, argv);
    store_begin(&a.store);
    a.at_us = now_us();
    for (const char *name; (name = option_next(&r));)
        if (!read_option(&r, name, &a)) return EXIT_USAGE;
    if (a.help) return print_help(help), EXIT_OK;
    if (!a.action) return command_usage("outbox", "say what: list, show, send, settle or cancel");
    return run(&a);
}
