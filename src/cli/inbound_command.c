/* marram inbound: e-mail that came in, into the ledger: replies, bounces, unsubscribes. */
#include "columns_out.h"
#include "settings.h"
#include "store.h"

#include <body.h>
#include <error.h>
#include <maildir.h>
#include <receive.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "marram inbound: e-mail that came in: replies, bounces, unsubscribes (docs/delivery.md)\n"
    "\n"
    "usage: marram inbound --maildir FOLDER [OPTION ...]    all that is unread in a Maildir\n"
    "       marram inbound - [OPTION ...]                   one message on standard input\n"
    "\n" STORE_HELP SETTINGS_HELP
    "  --maildir FOLDER          the Maildir (new/ and cur/); what was dealt with goes to cur/, marked as read\n"
    "  --at TIME                 the time it is taken to be (the clock)\n"
    "  --dry-run                 only say what would be recorded; nothing is written or moved\n"
    "  --json                    print as JSON\n"
    "  --quiet                   print nothing but errors\n"
    "  --help                    this text\n"
    "\n"
    "A reply becomes a touch_in, a failed delivery a bounce, a wish for no more e-mail a withdrawn consent. Machines' answers are dealt with and not kept. What is about no message and\n"
    "no customer of ours stays where it is, for a person. The same e-mail twice adds nothing.\n"
    "\n"
    "examples:\n"
    "  marram inbound --maildir ~/Maildir\n"
    "  marram inbound - <message.eml\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data or settings, 5 input/output, 130 interrupted\n";

typedef struct arguments {
    store_options store;
    settings_options settings;
    const char *maildir;
    int64_t at_us;
    bool standard_input, dry_run, json, quiet, help;
} arguments;

typedef struct counts {
    uint64_t kinds[INBOUND_AUTO + 1], fates[RECEIVE_FATES], unreadable;
} counts;

typedef struct reading {
    const arguments *a;
    ledger *l;
    const char *domain;
    json_t *list;
    counts n;
} reading;

static bool read_option(option_reader *r, const char *name, arguments *a) {
    if (!*name) {
        const char *word = option_value(r);
        if (strcmp(word, "-")) return command_usage("inbound", "'%s' is one argument too many: a folder is named by --maildir, standard input by -", word), false;
        return a->standard_input = true;
    }
    if (option_is(name, "--maildir")) return (a->maildir = option_value(r)) != NULL;
    if (option_is(name, "--dry-run")) return a->dry_run = true;
    if (option_is(name, "--json")) return a->json = true;
    if (option_is(name, "--quiet")) return a->quiet = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    if (option_is(name, "--at")) {
        const char *value = option_value(r);
        if (!value) return false;
        if (time_read(value, strlen(value), &a->at_us)) return true;
        return command_usage("inbound", "--at must be a time such as 2026-11-23T09:00:00Z, not '%s'", value), false;
    }
    int shared = store_option(r, name, &a->store);
    if (shared == 0) shared = settings_option(r, name, &a->settings);
    if (shared == 0) option_unknown(r, name);
    return shared == 1;
}

/* --- saying --- */

static const char *what_came_of(const received *m) {
    switch (m->fate) {
    case RECEIVE_REPEATED: return "was on record already";
    case RECEIVE_NOTHING: return m->arrived ? "not kept; the message it answers has arrived" : "not kept";
    case RECEIVE_LEFT: return m->mail.kind == INBOUND_UNKNOWN ? "left for a person" : "left for a person: it names no message and no customer of ours";
    default: break;
    }
    if (m->mail.kind == INBOUND_BOUNCE) return m->hard ? "recorded; the address is not used again" : "recorded";
    if (m->mail.kind == INBOUND_UNSUBSCRIBE) return m->customers > 1 ? "recorded for all who have the address" : "recorded: no more marketing by e-mail";
    if (m->mail.kind == INBOUND_LEAVE) return "recorded: they want to leave";
    return m->arrived ? "recorded; the message it answers has arrived" : "recorded";
}

static void say(reading *r, const char *name, const received *m) {
    char customer[24] = "", date[40] = "";
    if (m->customer_id) snprintf(customer, sizeof customer, "%" PRId64, m->customer_id);
    if (m->mail.date_us != INT64_MIN) time_text(m->mail.date_us, date);
    if (r->a->json)
        json_array_append_new(r->list, json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:b,s:b,s:s,s:s,s:s}", "message", name, "kind", inbound_kind_text(m->mail.kind), "fate", receive_fate_text(m->fate), "customer_id", customer, "from", m->mail.from, "subject",
                                                 m->mail.subject, "hard", m->mail.hard, "arrived", m->arrived, "reason", m->mail.reason, "date", date, "text", m->mail.text.data));
    else if (!r->a->quiet)
        printf("%-11s %s: %s (%s)\n", inbound_kind_text(m->mail.kind), m->mail.from[0] ? m->mail.from : "nobody", what_came_of(m), m->mail.reason);
}

static void say_all(const reading *r) {
    const counts *n = &r->n;
    uint64_t all = n->unreadable;
    for (int i = 0; i < RECEIVE_FATES; i++) all += n->fates[i];
    if (r->a->json) {
        json_t *o = json_pack("{s:b,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:O}", "dry_run", r->a->dry_run, "messages", (json_int_t)all, "recorded", (json_int_t)n->fates[RECEIVE_RECORDED], "repeated", (json_int_t)n->fates[RECEIVE_REPEATED], "left",
                              (json_int_t)n->fates[RECEIVE_LEFT], "unreadable", (json_int_t)n->unreadable, "replies", (json_int_t)n->kinds[INBOUND_REPLY], "bounces", (json_int_t)n->kinds[INBOUND_BOUNCE], "unsubscribes",
                              (json_int_t)n->kinds[INBOUND_UNSUBSCRIBE], "list", r->list);
        json_dumpf(o, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
        putchar('\n');
        json_decref(o);
    } else if (!r->a->quiet) {
        printf("%" PRIu64 " message%s%s: %" PRIu64 " %s, %" PRIu64 " on record already, %" PRIu64 " not kept, %" PRIu64 " left for a person", all, all == 1 ? "" : "s", r->a->dry_run ? " (nothing was written)" : "", n->fates[RECEIVE_RECORDED],
               r->a->dry_run ? "to be recorded" : "recorded", n->fates[RECEIVE_REPEATED], n->fates[RECEIVE_NOTHING], n->fates[RECEIVE_LEFT]);
        if (n->unreadable) printf(", %" PRIu64 " not readable", n->unreadable);
        putchar('\n');
    }
}

/* --- reading --- */

/* *done: it was dealt with, and need not be read again. */
static mr_status take(reading *r, const char *name, const text_buffer *bytes, bool *done, mr_error *err) {
    received m = {0};
    mr_status status = receive_mail(r->l, r->domain, bytes->data, bytes->len, r->a->at_us, r->a->dry_run, &m, err);
    *done = false;
    if (status == MR_OK) {
        r->n.kinds[m.mail.kind]++;
        r->n.fates[m.fate]++;
        say(r, name, &m);
        *done = m.fate != RECEIVE_LEFT && !r->a->dry_run;
    }
    received_free(&m);
    return status;
}

/* One that cannot be read is reported and stays; the others go on. */
static mr_status pass_over(reading *r, const char *name, mr_status status, mr_error *err) {
    if (status != MR_EDATA) return status;
    fprintf(stderr, "marram inbound: %s: %s; it is left where it is\n", name, err->message);
    error_clear(err);
    r->n.unreadable++;
    return MR_OK;
}

static mr_status read_maildir(reading *r, mr_error *err) {
    maildir m;
    text_buffer bytes = {0};
    mr_status status = maildir_open(r->a->maildir, &m, err);
    if (status != MR_OK) return status;
    for (size_t i = 0; i < m.n && status == MR_OK; i++) {
        bool gone = false, done = false;
        if (interrupted()) {
            status = error_set(err, MR_ECANCELLED, NULL, -1, "interrupted; what was read is on record");
            break;
        }
        status = maildir_read(&m, i, INBOUND_LONGEST, &bytes, &gone, err);
        if (status == MR_OK && !gone) status = take(r, m.path[i], &bytes, &done, err);
        if (status == MR_OK && done) status = maildir_done(&m, i, err);
        if (status != MR_OK) status = pass_over(r, m.path[i], status, err);
    }
    text_free(&bytes);
    maildir_free(&m);
    return status;
}

static mr_status read_input(reading *r, mr_error *err) {
    text_buffer bytes = {0};
    mr_status status = MR_OK;
    bool done;
    while (status == MR_OK && bytes.len <= INBOUND_LONGEST) {
        if (!text_reserve(&bytes, 1 << 16)) status = error_memory(err, 1 << 16);
        ssize_t got = status == MR_OK ? read(STDIN_FILENO, bytes.data + bytes.len, 1 << 16) : 0;
        if (got < 0 && errno == EINTR && !interrupted()) continue;
        if (got < 0) status = error_set(err, MR_EIO, NULL, -1, "standard input: %s", strerror(errno));
        if (got <= 0) break;
        bytes.len += (size_t)got;
    }
    if (status == MR_OK) status = take(r, "-", &bytes, &done, err);
    text_free(&bytes);
    return status;
}

static int run(const arguments *a) {
    config c = {0};
    mr_error err = {0};
    int code = settings_open("inbound", &a->settings, &c);
    if (code != EXIT_OK) return config_free(&c), code;
    const char *at = strrchr(c.company_from_email, '@');
    reading r = {.a = a, .domain = at ? at + 1 : "", .list = json_array()};
    err.code = a->dry_run ? ledger_open_reading(a->store.url, &r.l, &err) : ledger_open(a->store.url, NULL, &r.l, &err);
    if (err.code == MR_OK) err.code = a->maildir ? read_maildir(&r, &err) : read_input(&r, &err);
    if (err.code == MR_OK) say_all(&r);
    ledger_close(r.l);
    config_free(&c);
    json_decref(r.list);
    return err.code == MR_OK ? EXIT_OK : command_fail("inbound", &err);
}

int command_inbound(int argc, char **argv) {
    arguments a = {0};
    option_reader r = option_begin("inbound", argc, argv);
    store_begin(&a.store);
    a.at_us = now_us();
    for (const char *name; (name = option_next(&r));)
        if (!read_option(&r, name, &a)) return EXIT_USAGE;
    if (a.help) return print_help(help), EXIT_OK;
    if (!a.maildir == !a.standard_input) return command_usage("inbound", "say what to read: --maildir FOLDER, or - for one message on standard input");
    return run(&a);
}
