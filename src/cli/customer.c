/* marram customer: one customer at a time. */
#include "columns_out.h"
#include "customer.h"

#include <error.h>
#include <person.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "marram customer: one customer at a time\n"
    "\n"
    "usage: marram customer show ID              who they are, what is open, what happened\n"
    "       marram customer find TEXT            by name, e-mail address, phone number or identifier\n"
    "       marram customer duplicates           customers who may be one\n"
    "       marram customer merge KEEP OTHER     the two are one: OTHER's history moves to KEEP\n"
    "       marram customer merge --undo NUMBER  they are two after all\n"
    "       marram customer erase ID... --yes    forget them: every field, every event, every byte\n"
    "       marram customer export ID            all that is known of them, as NDJSON\n"
    "\n"
    "ID is an identifier as it was imported, or '#NUMBER' as these commands print it.\n"
    "\n" STORE_HELP
    "  --source NAME             which system's identifiers these are (any)\n"
    "  --limit N                 show: events at most (20)\n"
    "  --weak                    duplicates: those who share nothing but a name, too\n"
    "  --undo NUMBER             merge: takes that merge back\n"
    "  --yes                     erase: I mean it\n"
    "  --later                   erase: leave their bytes in the files until 'marram db compact'\n"
    "  --out FILE                export: write to FILE, for its owner alone (standard output)\n"
    "  --json                    print as JSON\n"
    "  --quiet                   print nothing but errors\n"
    "  --help                    this text\n"
    "\n"
    "examples:\n"
    "  marram customer show C-1042\n"
    "  marram customer find \"Ann Smith\"\n"
    "  marram customer merge C-1042 C-2077\n"
    "  marram customer export C-1042 --out C-1042.ndjson\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data, 5 input/output, 130 interrupted\n";

static bool read_option(option_reader *r, const char *name, customer_arguments *a) {
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {{"--weak", &a->weak}, {"--yes", &a->yes}, {"--later", &a->later}, {"--json", &a->json}, {"--quiet", &a->quiet}, {"--help", &a->help}, {"-h", &a->help}};
    if (!*name) {
        const char *word = option_value(r);
        if (!a->action)
            a->action = word;
        else
            a->operands[a->operands_n++] = word;
        return true;
    }
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (option_is(name, flags[i].name)) return *flags[i].flag = true;
    if (option_is(name, "--source")) return (a->source = option_value(r)) != NULL;
    if (option_is(name, "--out")) return (a->out = option_value(r)) != NULL;
    if (option_is(name, "--limit")) return option_integer(r, 0, 1000000000, &a->limit);
    if (option_is(name, "--undo")) return option_integer(r, 1, INT64_MAX, &a->undo);
    int shared = store_option(r, name, &a->store);
    if (shared == 0) option_unknown(r, name);
    return shared == 1;
}

void customer_print_json(const json_t *o) {
    json_dumpf(o, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    putchar('\n');
}

#define SHOWN 20 /* events, without --limit */

static mr_status show(const customer_arguments *a, ledger *l, mr_error *err) {
    int64_t id;
    json_t *person = NULL;
    mr_status status = person_find(l, a->operands[0], a->source, &id, err);
    if (status == MR_OK) status = person_read(l, id, a->limit < 0 ? SHOWN : (size_t)a->limit, &person, err);
    if (status == MR_OK && a->json) customer_print_json(person);
    if (status == MR_OK && !a->json) customer_print(person, today_utc());
    json_decref(person);
    return status;
}

/* operands: how many at least and at most; merge has its own mind. */
static const struct {
    const char *name;
    mr_status (*run)(const customer_arguments *a, ledger *l, mr_error *err);
    size_t least, most;
    bool reads;
} actions[] = {{"show", show, 1, 1, true}, {"find", customer_find, 1, 1, true}, {"duplicates", customer_duplicates, 0, 0, true},
               {"merge", customer_merge, 0, 2, false}, {"erase", customer_erase, 1, SIZE_MAX, false}, {"export", customer_export, 1, 1, true}};

/* An option that the action has no use for would be passed over in silence; NULL: none is. */
static const char *misplaced(const customer_arguments *a, const char **with) {
    const struct {
        bool given;
        const char *option, *action;
    } options[] = {{a->limit >= 0, "--limit", "show"}, {a->weak, "--weak", "duplicates"}, {a->undo > 0, "--undo", "merge"},
                   {a->later, "--later", "erase"}, {a->out != NULL, "--out", "export"}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        *with = options[i].action;
        if (options[i].given && strcmp(options[i].action, a->action) != 0) return options[i].option;
    }
    return NULL;
}

static int run_action(const customer_arguments *a) {
    const char *with, *option;
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        mr_error err = {0};
        ledger *l = NULL;
        if (strcmp(actions[i].name, a->action) != 0) continue;
        if ((option = misplaced(a, &with))) return command_usage("customer", "%s goes with %s, not with %s", option, with, a->action);
        if (a->operands_n < actions[i].least) return command_usage("customer", "%s needs %s", a->action, !strcmp(a->action, "find") ? "a text" : "a customer");
        if (a->operands_n > actions[i].most) return command_usage("customer", "'%s' is one argument too many", a->operands[actions[i].most]);
        err.code = actions[i].reads ? ledger_open_reading(a->store.url, &l, &err) : ledger_open(a->store.url, NULL, &l, &err);
        if (err.code == MR_OK) err.code = actions[i].run(a, l, &err);
        ledger_close(l);
        return err.code == MR_OK ? EXIT_OK : command_fail("customer", &err);
    }
    return command_usage("customer", "there is no '%s'; it must be show, find, duplicates, merge, erase or export", a->action);
}

int command_customer(int argc, char **argv) {
    customer_arguments a = {.limit = -1, .operands = calloc((size_t)argc + 1, sizeof(char *))};
    if (!a.operands) return EXIT_INTERNAL;
    store_begin(&a.store);
    option_reader r = option_begin("customer", argc, argv);
    int code = EXIT_OK;
    for (const char *name; code == EXIT_OK && !a.help && (name = option_next(&r));)
        if (!read_option(&r, name, &a)) code = EXIT_USAGE;
    if (a.help)
        print_help(help);
    else if (code == EXIT_OK)
        code = a.action ? run_action(&a) : command_usage("customer", "needs what to do: show, find, duplicates, merge, erase or export");
    free(a.operands);
    return code;
}
