/* marram tick: what is due, done. */
#include "columns_out.h"
#include "hook_out.h"
#include "outbox_out.h"
#include "settings.h"
#include "store.h"

#include <body.h>
#include <calendar.h>
#include <due.h>
#include <person.h>
#include <plan_list.h>
#include <programme.h>
#include <tick.h>

#include <error.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char help[] =
    "marram tick: looks at every customer who is due, makes the tasks and messages that programmes wish, and sends what may go\n"
    "\n"
    "usage: marram tick [--at TIME] [OPTION ...]\n"
    "\n" STORE_HELP SETTINGS_HELP
    "  --at TIME                 the time it is taken to be, as in 2026-11-23T09:00:00Z (the clock)\n"
    "  --customer ID             this customer alone, due or not\n"
    "  --source NAME             of which source ID is an identifier, where several have it\n"
    "  --no-send                 send nothing: what is in the outbox stays there\n"
    "  --dry-run                 write nothing; print what would be done for whom, and what the gate says\n"
    "  --json                    print as JSON\n"
    "  --quiet                   print nothing but errors\n"
    "  --help                    this text\n"
    "\n"
    "A second tick at the same time changes nothing; one that was killed has done some customers whole and the others not at all, and the next goes on.\n"
    "Programmes begin in propose mode: messages are drafts for a person to approve ('marram task list --drafts'). Run it every few minutes, by cron or a timer.\n"
    "\n"
    "examples:\n"
    "  marram tick --db shop.db\n"
    "  marram tick --db shop.db --dry-run --customer C-1042\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data or settings, 5 input/output, 130 interrupted\n";

typedef struct arguments {
    store_options store;
    settings_options settings;
    const char *customer, *source;
    int64_t at_us;
    bool given, dry_run, no_send, json, quiet, help;
    json_t *looks; /* of a dry run */
} arguments;

static bool read_option(option_reader *r, const char *name, arguments *a) {
    if (option_is(name, "--at")) return a->given = option_time(r, &a->at_us);
    if (option_is(name, "--customer")) return (a->customer = option_value(r)) != NULL;
    if (option_is(name, "--source")) return (a->source = option_value(r)) != NULL;
    if (option_is(name, "--no-send")) return a->no_send = true;
    if (option_is(name, "--dry-run")) return a->dry_run = true;
    if (option_is(name, "--json")) return a->json = true;
    if (option_is(name, "--quiet")) return a->quiet = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    int shared = store_option(r, name, &a->store);
    if (shared == 0) shared = settings_option(r, name, &a->settings);
    if (shared == 0) *name ? option_unknown(r, name) : command_usage("tick", "'%s' is one argument too many; a customer is named by --customer", option_value(r));
    return shared == 1;
}

/* --- a dry run, for people --- */

static const plan_item *planned(const plan *p, const action_row *a) {
    for (size_t i = 0; i < p->n; i++)
        if (p->item[i].action == a) return &p->item[i];
    return NULL;
}

static void seen(void *ctx, const look *k, const reconciled *r, const plan *p) {
    arguments *a = ctx;
    json_t *list = json_array();
    char due[40], id[17], number[24];
    if (!r->put_n && !r->lapse_n) {
        json_decref(list);
        return;
    }
    snprintf(number, sizeof number, "#%" PRId64, k->w->customer_id);
    const char *who = *k->w->name ? k->w->name : *k->w->external_id ? k->w->external_id : number;
    if (!a->json) printf("%s\n", who);
    for (size_t i = 0; i < r->put_n; i++) {
        const action_row *row = &r->put[i];
        const plan_item *item = planned(p, row);
        const char *what = plan_word_name(plan_word_of(p, row));
        bool new = !whole_action_of(k->w, row->id);
        if (a->json) {
            json_t *o = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:b,s:s}", "id", action_id_text(row->id, id), "programme", row->programme, "step", row->step, "fate", what, "what", row->what, "owner", row->owner, "new", new, "due", time_text(row->due_us, due));
            if (item) json_object_update_new(o, json_pack("{s:s,s:s,s:s}", "gate", contact_verdict_name(item->verdict.verdict), "rule", item->verdict.rule, "detail", item->verdict.text));
            json_array_append_new(list, o);
        } else {
            printf("  %-8s %s%s%s%s, by %.10s%s\n", what, row->what, *row->owner ? " (" : "", row->owner, *row->owner ? ")" : "", time_text(row->due_us, due), new ? "" : "; there already");
            if (item) printf("           the gate: %s%s%s\n", contact_verdict_name(item->verdict.verdict), *item->verdict.text ? ": " : "", item->verdict.text);
        }
    }
    for (size_t i = 0; i < r->lapse_n; i++) {
        const action_row *row = whole_action_of(k->w, r->lapse[i]);
        if (a->json) json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:s,s:s}", "id", action_id_text(row->id, id), "programme", row->programme, "step", row->step, "fate", "lapses", "what", row->what));
        else printf("  lapses   %s\n", row->what);
    }
    if (a->json) json_array_append_new(a->looks, json_pack("{s:s,s:s,s:o}", "customer_id", number + 1, "customer", who, "actions", list));
    else json_decref(list);
}

/* --- the tick --- */

static void print(const arguments *a, const tick_counts *n, const sending_counts *out, const hook_sending_counts *hooks, const knowledge *known) {
    char at[40];
    if (a->json) {
        json_t *o = json_pack("{s:s,s:b,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "at", time_text(a->at_us, at), "dry_run", a->dry_run, "due", (json_int_t)n->due, "looked", (json_int_t)n->looked, "made", (json_int_t)n->made, "lapsed",
                              (json_int_t)n->lapsed, "outbox", (json_int_t)n->outbox, "drafts", (json_int_t)n->drafts, "later", (json_int_t)n->later, "refused", (json_int_t)n->refused, "given_up", (json_int_t)n->given_up, "tasks_for_channel",
                              (json_int_t)n->tasks_for_channel, "words_missing", (json_int_t)n->words_missing, "held", (json_int_t)n->held);
        json_object_update_new(o, json_pack("{s:I,s:b}", "cut", (json_int_t)n->cut, "unplanned", n->unplanned));
        json_object_set_new(o, "sending", outbox_json(out));
        json_object_set_new(o, "webhooks", hooks_json(hooks));
        if (a->looks) json_object_set(o, "looks", a->looks);
        json_dumpf(o, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
        putchar('\n');
        json_decref(o);
        return;
    }
    if (a->quiet) return;
    if (n->began) puts("The first tick of this ledger: from now on whatever happens to a customer has programmes look at them.");
    printf("%" PRIu64 " customer%s looked at%s: %" PRIu64 " new, %" PRIu64 " no longer wanted", n->looked, n->looked == 1 ? "" : "s", a->dry_run ? " (nothing was written)" : "", n->made, n->lapsed);
    if (n->outbox) printf(", %" PRIu64 " into the outbox", n->outbox);
    if (n->drafts) printf(", %" PRIu64 " draft%s to approve", n->drafts, n->drafts == 1 ? "" : "s");
    if (n->later) printf(", %" PRIu64 " put off by the gate", n->later);
    if (n->cut) printf(", %" PRIu64 " not today by the day's budgets", n->cut);
    if (n->refused || n->given_up) printf(", %" PRIu64 " refused by it", n->refused + n->given_up);
    putchar('\n');
    outbox_print(out, a->dry_run);
    hooks_print(hooks, a->dry_run);
    if (n->unplanned) puts("There are budgets (section plan), but no plan of today is kept, and so nothing was cut: 'marram plan --keep' makes it.");
    if (n->held) printf("%" PRIu64 " of 64 parts of the customers are being looked at by another tick, and were left to it\n", n->held);
    if (n->words_missing) printf("%" PRIu64 " message%s could not be written: 'marram task list --drafts' says why\n", n->words_missing, n->words_missing == 1 ? "" : "s");
    if (known->learnt_day == TRACE_NO_DAY && n->looked) puts("Nothing is learnt of this base yet: 'marram learn' finds what is usual and its critical moments.");
}

static int64_t wall_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int run(arguments *a) {
    mr_error err = {0};
    ledger *l = NULL;
    config c = {0};
    knowledge known = {.learnt_day = 0};
    tick_counts counts;
    sending_counts sent = {0};
    hook_sending_counts told = {0};
    char owner[DUE_OWNER];
    progress_bar bar = {0};
    mr_context context = {.progress = progress_tick, .progress_ctx = &bar};
    int code = settings_open("tick", &a->settings, &c);
    if (code != EXIT_OK) {
        config_free(&c);
        return code;
    }
    due_owner_here(owner);
    tick_options o = {.now_us = a->at_us, .owner = owner, .wall_us = wall_us(), .dry_run = a->dry_run, .context = &context, .on_look = a->dry_run ? seen : NULL, .ctx = a};
    err.code = a->dry_run ? ledger_open_reading(a->store.url, &l, &err) : ledger_open(a->store.url, &(db_options){.by_key = true}, &l, &err);
    if (err.code == MR_OK && a->customer) err.code = person_find(l, a->customer, a->source, &o.customer_id, &err);
    if (err.code == MR_OK && !a->dry_run) err.code = hooks_follow(l, &c, a->at_us, NULL, &err);
    if (err.code == MR_OK) err.code = knowledge_read(l, &known, &err);
    if (a->dry_run && a->json) a->looks = json_array();
    progress_begin(&bar, "looking");
    if (err.code == MR_OK) err.code = tick_run(l, &c, &known, &o, &counts, &err);
    progress_end(&bar);
    const sending_options so = {.now_us = a->at_us, .sender = owner, .dry_run = a->dry_run, .context = &context};
    progress_begin(&bar, "sending");
    if (err.code == MR_OK && !a->no_send && !a->customer) err.code = sending_run(l, &c, &so, &sent, &err);
    const hook_sending_options ho = {.now_us = a->at_us, .dry_run = a->dry_run, .context = &context};
    if (err.code == MR_OK && !a->no_send && !a->customer) err.code = hook_sending_run(l, &c, &ho, &told, &err);
    progress_end(&bar);
    if (err.code == MR_OK) print(a, &counts, &sent, &told, &known);
    knowledge_free(&known);
    ledger_close(l);
    config_free(&c);
    json_decref(a->looks);
    return err.code == MR_OK ? EXIT_OK : command_fail("tick", &err);
}

int command_tick(int argc, char **argv) {
    arguments a = {.at_us = 0};
    option_reader r = option_begin("tick", argc, argv);
    store_begin(&a.store);
    for (const char *name; (name = option_next(&r));)
        if (!read_option(&r, name, &a)) return EXIT_USAGE;
    if (a.help) return print_help(help), EXIT_OK;
    if (!a.given) a.at_us = now_us();
    return run(&a);
}
