/* marram task: what there is to do, for people. */
#include "columns_out.h"
#include "json_text.h"
#include "store.h"

#include <body.h>
#include <calendar.h>
#include <error.h>
#include <person.h>
#include <tasks.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "marram task: what there is to do: tasks, and drafts of messages to approve\n"
    "\n"
    "usage: marram task list [OPTION ...]           what is open, by value at risk times the assumed effect, the urgent first\n"
    "       marram task show ID                     why, by when, what to say, on what evidence\n"
    "       marram task done ID [--set FIELD=TEXT]  it is done; what happened becomes an event\n"
    "       marram task approve ID...               drafts: they go when the gate lets them\n"
    "       marram task drop ID...                  not to be done; it is not proposed again\n"
    "       marram task snooze ID --until DATE      not before that day\n"
    "       marram task assign ID --to NAME         to somebody else\n"
    "\n"
    "ID is the number 'list' shows, or its first four digits or more.\n"
    "\n" STORE_HELP
    "  --owner NAME              list: of that person\n"
    "  --customer ID             list: of that customer\n"
    "  --source NAME             of which source that ID is an identifier, where several have it\n"
    "  --programme NAME          list: of that programme\n"
    "  --drafts                  list: the messages to approve\n"
    "  --all                     list: what is over, too\n"
    "  --due DATE                list: what is due by the end of that day\n"
    "  --limit N                 list: at most so many (50)\n"
    "  --by NAME                 done, drop, approve: who (the task's owner)\n"
    "  --note TEXT               done, drop: what happened\n"
    "  --set FIELD=TEXT          done: a field of the event it becomes, as often as needed\n"
    "  --until DATE              snooze\n"
    "  --to NAME                 assign\n"
    "  --watcher NAME            assign: who else sees it\n"
    "  --json                    print as JSON\n"
    "  --help                    this text\n"
    "\n"
    "examples:\n"
    "  marram task list --owner \"Mara Adler\" --db shop.db\n"
    "  marram task done 3f2a --note \"called; all is well\" --by \"Mara Adler\"\n"
    "  marram task approve 91c0 77be\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data, 5 input/output\n";

enum { SETS = 32 };

typedef struct arguments {
    store_options store;
    const char *action, **operand, *owner, *customer, *source, *programme, *by, *note, *to, *watcher, *set[SETS];
    size_t operands, sets;
    int32_t due, until;
    int64_t limit, now_us;
    bool drafts, all, json, help;
} arguments;

static bool read_option(option_reader *r, const char *name, arguments *a) {
    const struct {
        const char *name, **text;
    } texts[] = {{"--owner", &a->owner}, {"--customer", &a->customer}, {"--source", &a->source}, {"--programme", &a->programme}, {"--by", &a->by}, {"--note", &a->note}, {"--to", &a->to}, {"--watcher", &a->watcher}};
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {{"--drafts", &a->drafts}, {"--all", &a->all}, {"--json", &a->json}, {"--help", &a->help}, {"-h", &a->help}};
    if (!*name) {
        const char *word = option_value(r);
        if (!a->action) a->action = word;
        else a->operand[a->operands++] = word;
        return true;
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (option_is(name, texts[i].name)) return (*texts[i].text = option_value(r)) != NULL;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (option_is(name, flags[i].name)) return *flags[i].flag = true;
    if (option_is(name, "--due")) return option_date(r, &a->due);
    if (option_is(name, "--until")) return option_date(r, &a->until);
    if (option_is(name, "--limit")) return option_integer(r, 1, 1000000, &a->limit);
    if (option_is(name, "--set")) {
        if (a->sets == SETS) return command_usage("task", "--set may be given %d times at most", SETS), false;
        return (a->set[a->sets++] = option_value(r)) != NULL;
    }
    int shared = store_option(r, name, &a->store);
    if (shared == 0) option_unknown(r, name);
    return shared == 1;
}

/* --- showing --- */

static void print_json(const json_t *o) {
    json_dumpf(o, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    putchar('\n');
}

static void print_line(const json_t *o) {
    bool urgent = json_is_true(json_object_get(o, "urgent"));
    const char *name = *json_text(o, "customer_name") ? json_text(o, "customer_name") : *json_text(o, "customer") ? json_text(o, "customer") : json_text(o, "customer_id");
    printf("%.8s %s %.10s  %-14.14s %-20.20s %-18.18s ", json_text(o, "id"), urgent ? "!" : " ", json_text(o, "due"), json_text(o, "programme"), name, json_text(o, "owner"));
    const char *state = json_text(o, "state");
    printf("%s%s%s%s\n", json_text(o, "what"), !strcmp(state, "open") ? "" : " (", !strcmp(state, "open") ? "" : state, !strcmp(state, "open") ? "" : ")");
}

static mr_status list(const arguments *a, ledger *l, mr_error *err) {
    json_t *out = NULL, *o;
    size_t i;
    actions_query q = {.owner = a->owner, .programme = a->programme, .ranked = true, .limit = (size_t)a->limit};
    q.kind = a->drafts ? ACTION_MESSAGE : a->all ? 0 : ACTION_TASK;
    q.states = a->all ? ACTION_ANY : a->drafts ? ACTION_IN(ACTION_PROPOSED) : ACTION_IN(ACTION_OPEN);
    if (a->due != INT32_MIN) q.due_by_us = (a->due + INT64_C(1)) * INT64_C(86400000000) - 1;
    mr_status status = a->customer ? person_find(l, a->customer, a->source, &q.customer_id, err) : MR_OK;
    if (status == MR_OK) status = actions_list(l, &q, &out, err);
    if (status != MR_OK) return status;
    if (a->json) {
        print_json(out);
    } else if (!json_array_size(out)) {
        puts(a->drafts ? "No message waits for approval." : "Nothing is open.");
    } else {
        json_array_foreach(out, i, o) print_line(o);
        printf("%zu in all%s; 'marram task show ID' says why and what to say. Ranked by value at risk times the share of it that the programme is assumed to save\n", json_array_size(out),
               json_array_size(out) == (size_t)a->limit ? " (--limit)" : "");
    }
    json_decref(out);
    return MR_OK;
}

static void print_texts(const char *label, const json_t *list) {
    size_t i;
    const json_t *text;
    json_array_foreach(list, i, text) {
        printf("%-10s", i ? "" : label);
        print_wrapped(json_string_value(text), strlen(json_string_value(text)), 10, 10);
    }
}

static mr_status show(const arguments *a, ledger *l, mr_error *err) {
    int64_t customer_id, id;
    json_t *out = NULL, *o;
    size_t i;
    char text[17];
    mr_status status = action_find(l, a->operand[0], &customer_id, &id, err);
    actions_query q = {.customer_id = customer_id, .states = ACTION_ANY, .limit = 100000};
    if (status == MR_OK) status = actions_list(l, &q, &out, err);
    if (status != MR_OK) return status;
    action_id_text(id, text);
    json_array_foreach(out, i, o) {
        if (strcmp(json_text(o, "id"), text)) continue;
        if (a->json) {
            print_json(o);
            break;
        }
        const json_t *document = json_object_get(o, "document"), *e, *outcome = json_object_get(o, "outcome");
        size_t n;
        printf("%s\n", json_text(o, "what"));
        printf("%-10s%s, %s of %s, %s\n", "what", text, json_text(o, "kind"), json_text(o, "programme"), json_text(o, "state"));
        printf("%-10s%s%s%s\n", "customer", json_text(o, "customer_name"), *json_text(o, "customer_name") ? ", " : "", json_text(o, "customer"));
        printf("%-10s%s%s%s\n", "who", *json_text(o, "owner") ? json_text(o, "owner") : "nobody", *json_text(o, "watcher") ? "; sees it: " : "", json_text(o, "watcher"));
        printf("%-10s%s%s\n", "by", json_text(o, "due"), json_is_true(json_object_get(o, "urgent")) ? ", urgent" : "");
        double effect = json_real_value(json_object_get(o, "effect"));
        json_int_t value = json_integer_value(json_object_get(o, "value_minor"));
        printf("%-10s%.2f %s at risk; assumed to save %.0f %% of it (an assumption, until it has been measured)\n", "worth", (double)value / 100, json_text(o, "currency"), 100 * effect);
        print_texts("why", json_object_get(document, "why"));
        if (*json_text(document, "say")) {
            printf("%-10s", "say");
            print_wrapped(json_text(document, "say"), strlen(json_text(document, "say")), 10, 10);
        }
        if (*json_text(document, "template")) printf("%-10s%s ('marram template preview %s --customer %s')\n", "words", json_text(document, "template"), json_text(document, "template"), json_text(o, "customer"));
        json_array_foreach(json_object_get(document, "evidence"), n, e) printf("%-10s%s %s\n", n ? "" : "evidence", json_text(e, "day"), json_text(e, "kind"));
        if (json_is_object(outcome)) printf("%-10s%s%s%s%s%s\n", "outcome", json_text(outcome, "result"), *json_text(outcome, "by") ? ", by " : "", json_text(outcome, "by"), *json_text(outcome, "note") ? ": " : "", json_text(outcome, "note"));
        break;
    }
    json_decref(out);
    return MR_OK;
}

/* --- doing --- */

static void said(const arguments *a, const char *id, const char *what, const char *event) {
    if (a->json) printf("{\"id\": \"%s\", \"result\": \"%s\", \"event\": \"%s\"}\n", id, what, event);
    else printf("%s is %s%s%s\n", id, what, *event ? "; recorded: " : "", event);
}

static mr_status decide(const arguments *a, ledger *l, mr_error *err) {
    const task_answer answer = {.by = a->by ? a->by : "", .note = a->note ? a->note : "", .field = a->set, .fields = a->sets, .now_us = a->now_us};
    mr_status status = MR_OK;
    for (size_t i = 0; i < a->operands && status == MR_OK; i++) {
        const char *event = "", *id = a->operand[i];
        if (!strcmp(a->action, "done")) status = task_done(l, id, &answer, &event, err);
        else if (!strcmp(a->action, "drop")) status = task_drop(l, id, &answer, err);
        else status = task_approve(l, id, &answer, err);
        if (status == MR_OK) said(a, id, !strcmp(a->action, "drop") ? "dropped" : !strcmp(a->action, "done") ? "done" : "approved", event);
    }
    return status;
}

static mr_status snooze(const arguments *a, ledger *l, mr_error *err) {
    mr_status status = task_snooze(l, a->operand[0], a->until * INT64_C(86400000000), a->now_us, err);
    if (status == MR_OK) said(a, a->operand[0], "put off", "");
    return status;
}

static mr_status assign(const arguments *a, ledger *l, mr_error *err) {
    mr_status status = task_assign(l, a->operand[0], a->to, a->watcher, a->now_us, err);
    if (status == MR_OK) said(a, a->operand[0], "assigned", "");
    return status;
}

static const struct {
    const char *name;
    mr_status (*run)(const arguments *a, ledger *l, mr_error *err);
    size_t least, most;
    bool reads;
} actions[] = {{"list", list, 0, 0, true},        {"show", show, 1, 1, true},       {"done", decide, 1, 1, false}, {"approve", decide, 1, SIZE_MAX, false},
               {"drop", decide, 1, SIZE_MAX, false}, {"snooze", snooze, 1, 1, false}, {"assign", assign, 1, 1, false}};

static int run(const arguments *a) {
    mr_error err = {0};
    ledger *l = NULL;
    size_t i = 0;
    while (i < sizeof actions / sizeof *actions && strcmp(actions[i].name, a->action)) i++;
    if (i == sizeof actions / sizeof *actions) return command_usage("task", "'%s' is not known: list, show, done, approve, drop, snooze or assign", a->action);
    if (a->operands < actions[i].least) return command_usage("task", "%s needs an ID, as 'marram task list' shows it", a->action);
    if (a->operands > actions[i].most) return command_usage("task", "'%s' is one argument too many", a->operand[actions[i].most]);
    if (!strcmp(a->action, "snooze") && a->until == INT32_MIN) return command_usage("task", "snooze needs --until: the day before which it is not to be seen");
    if (!strcmp(a->action, "assign") && !a->to) return command_usage("task", "assign needs --to: to whom");
    err.code = actions[i].reads ? ledger_open_reading(a->store.url, &l, &err) : ledger_open(a->store.url, NULL, &l, &err);
    if (err.code == MR_OK) err.code = actions[i].run(a, l, &err);
    ledger_close(l);
    return err.code == MR_OK ? EXIT_OK : command_fail("task", &err);
}

int command_task(int argc, char **argv) {
    arguments a = {.due = INT32_MIN, .until = INT32_MIN, .limit = 50, .now_us = now_us()};
    option_reader r = option_begin("task", argc, argv);
    int code = EXIT_USAGE;
    a.operand = calloc((size_t)argc + 1, sizeof *a.operand);
    if (!a.operand) return EXIT_INTERNAL;
    store_begin(&a.store);
    bool read = true;
    for (const char *name; read && (name = option_next(&r));) read = read_option(&r, name, &a);
    if (read && a.help) print_help(help), code = EXIT_OK;
    else if (read && !a.action) code = command_usage("task", "say what: list, show, done, approve, drop, snooze or assign");
    else if (read) code = run(&a);
    free(a.operand);
    return code;
}
