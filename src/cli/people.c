/* marram people: who of us is there, what each has to do, and what is nobody's. */
#include "columns_out.h"
#include "settings.h"
#include "store.h"

#include <body.h>
#include <calendar.h>
#include <error.h>
#include <owned.h>

#include <jansson.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "marram people: who of us is there, what each has to do, and what is nobody's (docs/acting.md)\n"
    "\n"
    "usage: marram people [list] [--at TIME] [OPTION ...]\n"
    "\n" STORE_HELP SETTINGS_HELP
    "  --at TIME                 when, as in 2026-11-23T09:00:00Z (the clock)\n"
    "  --json                    print as JSON\n"
    "  --help                    this text\n"
    "\n"
    "Whoever the settings name under 'people', with their open tasks: late (overdue), due today, and the load: open tasks over tasks_per_day, in days of their work.\n"
    "Below: tasks and accounts of names that are not among them, of people who have left, and of nobody.\n"
    "\n"
    "example:\n"
    "  marram people --db shop.db --at 2026-12-28T09:00:00Z\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data or settings, 5 input/output\n";

typedef struct arguments {
    store_options store;
    settings_options settings;
    const char *action;
    int64_t at_us;
    bool given, json, help;
} arguments;

static bool read_option(option_reader *r, const char *name, arguments *a) {
    if (!*name) {
        const char *word = option_value(r);
        if (a->action || strcmp(word, "list") != 0) return command_usage("people", a->action ? "'%s' is one argument too many" : "'%s' is not known: list", word), false;
        return (a->action = word) != NULL;
    }
    if (option_is(name, "--at")) return a->given = option_time(r, &a->at_us);
    if (option_is(name, "--json")) return a->json = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    int shared = store_option(r, name, &a->store);
    if (shared == 0) shared = settings_option(r, name, &a->settings);
    if (shared == 0) option_unknown(r, name);
    return shared == 1;
}

/* --- what is whose --- */

typedef struct counted {
    int64_t open, overdue, today, accounts[2]; /* of sales, of operations */
} counted;

typedef struct people_work {
    const arguments *a;
    const config *c;
    counted *of;        /* [c->people_n] */
    json_t *strangers;  /* tasks of names that are none of ours, or gone: {name, open, overdue} */
    json_t *orphans[2]; /* accounts, of sales, of operations: {owner, customers} */
} people_work;

static const char *const sides[2] = {"sales", "operations"};

/* Among us, and not gone. */
static const config_person *here(const people_work *w, const char *name) {
    const config_person *p = config_person_of(w->c, name);
    return p && work_day_of(&p->work, w->a->at_us) <= p->left_day ? p : NULL;
}

static mr_status note_tasks(void *ctx, const owned_tasks *t, mr_error *err) {
    people_work *w = ctx;
    const config_person *p = config_person_of(w->c, t->owner);
    if (p) {
        counted *of = &w->of[p - w->c->people];
        of->open = t->open;
        of->overdue = t->overdue;
        of->today = t->today;
    }
    if (here(w, t->owner)) return MR_OK;
    json_t *o = json_pack("{s:s,s:I,s:I}", "name", t->owner, "open", (json_int_t)t->open, "overdue", (json_int_t)t->overdue);
    return json_array_append_new(w->strangers, o) ? error_memory(err, 64) : MR_OK;
}

/* Pairs come by name; the same owner of several pairs is one. */
static mr_status add_orphan(json_t *list, const char *owner, int64_t customers, mr_error *err) {
    size_t i;
    json_t *o;
    json_array_foreach(list, i, o) {
        if (strcmp(json_string_value(json_object_get(o, "owner")), owner)) continue;
        json_int_t before = json_integer_value(json_object_get(o, "customers"));
        return json_object_set_new(o, "customers", json_integer(before + (json_int_t)customers)) ? error_memory(err, 64) : MR_OK;
    }
    return json_array_append_new(list, json_pack("{s:s,s:I}", "owner", owner, "customers", (json_int_t)customers)) ? error_memory(err, 64) : MR_OK;
}

static mr_status note_accounts(void *ctx, const owned_accounts *a, mr_error *err) {
    people_work *w = ctx;
    const char *owner[2] = {a->sales, a->operations};
    mr_status status = MR_OK;
    for (int side = 0; side < 2 && status == MR_OK; side++) {
        const config_person *p = config_person_of(w->c, owner[side]);
        if (p) w->of[p - w->c->people].accounts[side] += a->customers;
        if (!here(w, owner[side])) status = add_orphan(w->orphans[side], owner[side], a->customers, err);
    }
    return status;
}

/* --- where they are --- */

/* "2026-11-24 09:00", where they are. */
static const char *local(const config_person *p, int64_t at_us, char out[24]) {
    char day[11];
    int64_t there = at_us + contact_offset(&p->work.zone, at_us) * INT64_C(1000000);
    int32_t number = work_day_of(&p->work, at_us);
    int minute = (int)((there - number * CONTACT_DAY_US) / CONTACT_MINUTE_US);
    snprintf(out, 24, "%s %02d:%02d", calendar_text(number, day), minute / 60, minute % 60);
    return out;
}

typedef struct presence {
    bool now, gone;
    int64_t next_us;          /* at work from then on; WORK_NEVER */
    const work_absence *away; /* NULL: not */
} presence;

static presence presence_of(const people_work *w, const config_person *p) {
    int32_t day = work_day_of(&p->work, w->a->at_us);
    presence out = {.gone = day > p->left_day, .next_us = work_next(&p->work, w->a->at_us), .away = config_person_away(p, day)};
    out.now = out.next_us == w->a->at_us;
    return out;
}

static void say_presence(const config_person *p, const presence *at, char out[96]) {
    char day[11], time[24];
    if (at->gone) snprintf(out, 96, "left on %s", calendar_text(p->left_day, day));
    else if (at->now) snprintf(out, 96, "at work");
    else if (at->away) snprintf(out, 96, "away until %s", calendar_text(at->away->to, day));
    else if (at->next_us == WORK_NEVER) snprintf(out, 96, "not at work any more");
    else snprintf(out, 96, "back %s", local(p, at->next_us, time));
}

/* --- showing --- */

static json_t *person_json(const people_work *w, const config_person *p) {
    const counted *of = &w->of[p - w->c->people];
    presence at = presence_of(w, p);
    char time[40], day[11];
    text_buffer hours = {0};
    work_hours_text(&p->work.hours, &hours);
    json_t *o = json_pack("{s:s,s:s,s:b,s:o,s:o,s:o,s:s,s:s,s:I,s:I,s:I,s:f,s:f,s:o,s:I,s:I}", "name", p->name, "role", config_role_name(p->role), "present", at.now, "next_at_work",
                          at.next_us == WORK_NEVER ? json_null() : json_string(time_text(at.next_us, time)), "away_until", at.away ? json_string(calendar_text(at.away->to, day)) : json_null(), "left",
                          p->left_day == INT32_MAX ? json_null() : json_string(calendar_text(p->left_day, day)), "hours", text_terminate(&hours), "time_zone", *p->time_zone ? p->time_zone : w->c->company_time_zone, "open",
                          (json_int_t)of->open, "overdue", (json_int_t)of->overdue, "due_today", (json_int_t)of->today, "tasks_per_day", config_person_a_day(p), "load_days", (double)of->open / config_person_a_day(p), "most",
                          p->load ? json_integer((json_int_t)p->load) : json_null(), "accounts_sales", (json_int_t)of->accounts[0], "accounts_operations", (json_int_t)of->accounts[1]);
    text_free(&hours);
    return o;
}

static void print_json(const people_work *w) {
    char at[40];
    json_t *list = json_array();
    for (size_t i = 0; i < w->c->people_n; i++) json_array_append_new(list, person_json(w, &w->c->people[i]));
    json_t *o = json_pack("{s:s,s:o,s:O,s:{s:O,s:O}}", "at", time_text(w->a->at_us, at), "people", list, "strangers", w->strangers, "orphaned_accounts", sides[0], w->orphans[0], sides[1], w->orphans[1]);
    json_dumpf(o, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(o);
}

static void print_person(const people_work *w, const config_person *p, columns_out *table) {
    const counted *of = &w->of[p - w->c->people];
    presence at = presence_of(w, p);
    char where[96], open[96], load[64], accounts[64];
    say_presence(p, &at, where);
    int n = snprintf(open, sizeof open, "%lld", (long long)of->open);
    if (of->overdue || of->today) snprintf(open + n, sizeof open - (size_t)n, " (%lld late, %lld today)", (long long)of->overdue, (long long)of->today);
    n = snprintf(load, sizeof load, "%.1f days", (double)of->open / config_person_a_day(p));
    if (p->load) snprintf(load + n, sizeof load - (size_t)n, ", %lld at most", (long long)p->load);
    snprintf(accounts, sizeof accounts, "%lld + %lld", (long long)of->accounts[0], (long long)of->accounts[1]);
    columns_row(table, p->name, config_role_name(p->role), where, open, load, accounts);
}

static const char *whose(const people_work *w, const char *name) {
    return !*name ? "of nobody" : config_person_of(w->c, name) ? "of somebody who has left" : "of a name that is not among the people in the settings";
}

static void print(const people_work *w) {
    size_t i;
    const json_t *o;
    columns_out table = columns_begin(6, "who", "role", "now", "open tasks", "load", "accounts");
    for (i = 0; i < w->c->people_n; i++) print_person(w, &w->c->people[i], &table);
    if (w->c->people_n) {
        columns_end(&table);
        print_words(0, "Load: open tasks over what they can do in a day (tasks_per_day), in days of their work. Accounts: as sales owner + as operations owner.");
    } else {
        columns_end(&table);
        puts("The settings name no people: 'people' in marram.yaml (docs/config.md).");
    }
    json_array_foreach(w->strangers, i, o) {
        const char *name = json_string_value(json_object_get(o, "name"));
        print_words(2, "! %lld open task%s%s%s%s, %s; 'marram task assign ID --to NAME' gives each to somebody", (long long)json_integer_value(json_object_get(o, "open")), json_integer_value(json_object_get(o, "open")) == 1 ? "" : "s", *name ? " of '" : "", name, *name ? "'" : "", whose(w, name));
    }
    for (int side = 0; side < 2; side++)
        json_array_foreach(w->orphans[side], i, o) {
            const char *name = json_string_value(json_object_get(o, "owner"));
            print_words(2, "! %lld account%s whose %s owner is %s%s%s%s", (long long)json_integer_value(json_object_get(o, "customers")), json_integer_value(json_object_get(o, "customers")) == 1 ? "" : "s", sides[side], *name ? "'" : "nobody", name, *name ? "', " : "",
                        !*name ? "" : config_person_of(w->c, name) ? "who has left" : "who is not among the people in the settings");
        }
}

static int run(const arguments *a) {
    mr_error err = {0};
    ledger *l = NULL;
    config c = {0};
    int code = settings_open("people", &a->settings, &c);
    people_work w = {.a = a, .c = &c, .strangers = json_array(), .orphans = {json_array(), json_array()}};
    w.of = calloc(c.people_n + 1, sizeof *w.of);
    if (code == EXIT_OK) {
        int64_t day_end_us = work_local(&c.work, work_day_of(&c.work, a->at_us) + 1, 0);
        if (!w.of || !w.strangers || !w.orphans[0] || !w.orphans[1]) err.code = error_memory(&err, (c.people_n + 1) * sizeof *w.of);
        if (err.code == MR_OK) err.code = ledger_open_reading(a->store.url, &l, &err);
        if (err.code == MR_OK) err.code = owned_tasks_read(l, a->at_us, day_end_us, note_tasks, &w, &err);
        if (err.code == MR_OK) err.code = owned_accounts_read(l, note_accounts, &w, &err);
        if (err.code == MR_OK) a->json ? print_json(&w) : print(&w);
        if (err.code != MR_OK) code = command_fail("people", &err);
    }
    ledger_close(l);
    free(w.of);
    json_decref(w.strangers);
    json_decref(w.orphans[0]);
    json_decref(w.orphans[1]);
    config_free(&c);
    return code;
}

int command_people(int argc, char **argv) {
    arguments a = {.at_us = 0};
    option_reader r = option_begin("people", argc, argv);
    store_begin(&a.store);
    for (const char *name; (name = option_next(&r));)
        if (!read_option(&r, name, &a)) return EXIT_USAGE;
    if (a.help) return print_help(help), EXIT_OK;
    if (!a.given) a.at_us = now_us();
    return run(&a);
}
