/* marram db: the ledger's store as a whole. */
#include "columns_out.h"
#include "db_command.h"

#include <copies.h>
#include <dismiss.h>
#include <error.h>
#include <schema.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
    "marram db: the ledger as a whole: make it, look after it, keep copies\n"
    "\n"
    "usage: marram db init [--key HEX] [--distributed]   make the ledger (again: nothing changes)\n"
    "       marram db upgrade                            bring its tables to this program's version\n"
    "       marram db status                             what is in it\n"
    "       marram db check [--repair]                   is all of it sound?\n"
    "       marram db backup FILE                        a consistent copy, while others go on working\n"
    "       marram db restore FILE --yes                 the ledger becomes what the copy holds\n"
    "       marram db dismiss [FILE]                     an import that was cut short is not to be gone on with\n"
    "       marram db compact                            give back what was deleted, renew statistics\n"
    "\n" STORE_HELP
    "  --key HEX                 init: 32 hexadecimal digits that all identifiers are hashed with (random)\n"
    "  --distributed             init: distribute the tables over a Citus cluster\n"
    "  --repair                  check: make again what can be made from the events\n"
    "  --quick                   check: not the store's own pages and indexes\n"
    "  --erasures FILE           restore: one more list of who was erased since the copy was made; without a copy's FILE\n"
    "                            they are erased again from a ledger that was restored by other means\n"
    "  --yes                     restore: replace what is there\n"
    "  --json                    print as JSON\n"
    "  --quiet                   print nothing but errors and what check finds\n"
    "  --help                    this text\n"
    "\n"
    "examples:\n"
    "  marram db init\n"
    "  marram db init --db postgres://marram@db.example.com/marram\n"
    "  marram db backup marram-2026-11-22.backup\n"
    "  marram db check || marram db check --repair\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data (check: something is wrong), 5 input/output, 130 interrupted\n";

static bool read_option(option_reader *r, const char *name, db_arguments *a) {
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {{"--distributed", &a->init.distributed}, {"--yes", &a->yes}, {"--repair", &a->repair}, {"--quick", &a->quick}, {"--json", &a->json},
                 {"--quiet", &a->quiet}, {"--help", &a->help}, {"-h", &a->help}};
    if (!*name) {
        const char *word = option_value(r), **place = !a->action ? &a->action : !a->file ? &a->file : NULL;
        if (place) return (*place = word) != NULL;
        command_usage(r->command, "'%s' is one argument too many", word);
        return false;
    }
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (option_is(name, flags[i].name)) return *flags[i].flag = true;
    if (option_is(name, "--key")) return (a->init.key = option_value(r)) != NULL;
    if (option_is(name, "--erasures")) return (a->erasures = option_value(r)) != NULL;
    int shared = store_option(r, name, &a->store);
    if (shared == 0) option_unknown(r, name);
    return shared == 1;
}

int db_print_json(json_t *o) {
    bool printed = o && json_dumpf(o, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER) == 0;
    if (printed) putchar('\n');
    json_decref(o);
    return printed ? EXIT_OK : o ? EXIT_IO : EXIT_INTERNAL;
}

static int init(const db_arguments *a) {
    mr_error err = {0};
    if (a->init.distributed && strncmp(a->store.url, "postgres", 8) != 0)
        return command_usage("db", "--distributed needs a PostgreSQL with the extension Citus, and %.200s is a file", a->store.url);
    err.code = ledger_init(a->store.url, &a->init, &err);
    if (err.code != MR_OK) return command_fail("db", &err);
    store_options usual;
    store_begin(&usual);
    bool named = strcmp(a->store.url, usual.url) != 0, server = strncmp(a->store.url, "postgres", 8) == 0; /* whose URL may hold a password */
    if (a->json) return db_print_json(json_pack("{s:b}", "ready", 1));
    if (!a->quiet)
        printf("the ledger is ready; next: marram import orders FILE%s%s\n", named ? " --db " : "", !named ? "" : server ? "..." : a->store.url);
    return EXIT_OK;
}

static int upgrade(const db_arguments *a) {
    mr_error err = {0};
    db *d = NULL;
    int before = 0, after = 0;
    err.code = db_open(a->store.url, NULL, &d, &err);
    if (err.code == MR_OK) err.code = db_schema_version(d, &before, &err);
    if (err.code == MR_OK && !before)
        err.code = error_set(&err, MR_EDATA, NULL, -1, "%s is no ledger yet: run 'marram db init'", db_name(d));
    if (err.code == MR_OK) err.code = db_schema_upgrade(d, 0, a->init.now_us, &before, &after, &err);
    if (err.code == MR_OK && before != after && db_distributed(d)) err.code = db_schema_distribute(d, &err); /* the tables that are new */
    db_close(d);
    if (err.code != MR_OK) return command_fail("db", &err);
    if (a->json) return db_print_json(json_pack("{s:i,s:i}", "version_before", before, "version_after", after));
    if (!a->quiet && before == after) printf("the ledger is of version %d, the newest\n", after);
    if (!a->quiet && before != after) printf("the ledger went from version %d to %d\n", before, after);
    return EXIT_OK;
}

static int compact(const db_arguments *a) {
    mr_error err = {0};
    progress_bar bar;
    progress_begin(&bar, "compacting");
    progress_tick(0, 0, &bar);
    err.code = ledger_compact(a->store.url, a->init.now_us, &err);
    progress_end(&bar);
    if (err.code != MR_OK) return command_fail("db", &err);
    if (a->json) return db_print_json(json_pack("{s:b}", "compacted", 1));
    if (!a->quiet) puts("what was deleted is given back, and of what was erased no byte is left in the database's files");
    return EXIT_OK;
}

/* An import that nobody will go on with. */
static int dismiss(const db_arguments *a) {
    mr_error err = {0};
    dismissed_import d;
    progress_bar bar;
    mr_context context = {.progress = progress_tick, .progress_ctx = &bar};
    progress_begin(&bar, "cycles");
    err.code = ledger_import_dismiss(a->store.url, a->file, a->init.now_us, &context, &d, &err);
    progress_end(&bar);
    if (err.code != MR_OK) return command_fail("db", &err);
    if (a->json)
        return db_print_json(json_pack("{s:s,s:s,s:I,s:I,s:I}", "record", d.record, "file", d.files, "records", (json_int_t)d.records, "events_added", (json_int_t)d.events, "customers_rebuilt",
                                       (json_int_t)d.rebuilt));
    if (!a->quiet)
        print_words(0, "the import of %s from %s is dismissed: what had come of it (%" PRId64 " record%s) stays, and the same import again brings the rest", d.record, d.files, d.records,
                    d.records == 1 ? "" : "s");
    return EXIT_OK;
}

static const struct {
    const char *name;
    int (*run)(const db_arguments *a);
    enum { NO_FILE, MAY_FILE, A_FILE } file;
} actions[] = {{"init", init, NO_FILE}, {"upgrade", upgrade, NO_FILE}, {"status", db_status, NO_FILE}, {"check", db_check, NO_FILE}, {"backup", db_backup_to, A_FILE},
               {"restore", db_restore_from, A_FILE}, {"dismiss", dismiss, MAY_FILE}, {"compact", compact, NO_FILE}};

/* An option that the action has no use for would be passed over in silence. */
static const char *misplaced(const db_arguments *a, const char **with) {
    const struct {
        bool given;
        const char *option, *action;
    } options[] = {{a->init.key != NULL, "--key", "init"}, {a->init.distributed, "--distributed", "init"}, {a->repair, "--repair", "check"},
                   {a->quick, "--quick", "check"}, {a->erasures != NULL, "--erasures", "restore"}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        *with = options[i].action;
        if (options[i].given && strcmp(options[i].action, a->action) != 0) return options[i].option;
    }
    return NULL;
}

static int run_action(const db_arguments *a) {
    const char *with, *option;
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (strcmp(actions[i].name, a->action) != 0) continue;
        if ((option = misplaced(a, &with))) return command_usage("db", "%s goes with %s, not with %s", option, with, a->action);
        bool in_place = !a->file && a->erasures; /* restored by other means */
        if (actions[i].file == A_FILE && !in_place && (!a->file || !*a->file)) return command_usage("db", "%s needs a file", a->action);
        if (actions[i].file == NO_FILE && a->file) return command_usage("db", "%s takes no file, yet '%s' is given", a->action, a->file);
        return actions[i].run(a);
    }
    return command_usage("db", "there is no '%s'; it must be init, upgrade, status, check, backup, restore, dismiss or compact", a->action);
}

int command_db(int argc, char **argv) {
    db_arguments a = {.init = {.now_us = now_us()}};
    store_begin(&a.store);
    option_reader r = option_begin("db", argc, argv);
    for (const char *name; !a.help && (name = option_next(&r));)
        if (!read_option(&r, name, &a)) return EXIT_USAGE;
    if (a.help) {
        print_help(help);
        return EXIT_OK;
    }
    return a.action ? run_action(&a) : command_usage("db", "needs what to do: init, upgrade, status, check, backup, restore, dismiss or compact");
}
