/* marram db: the ledger's store as a whole. */
#include "store.h"

#include <body.h>
#include <error.h>
#include <ledger.h>
#include <schema.h>
#include <status.h>

#include <jansson.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char help[] =
    "marram db: the ledger's store: make it, look after it, keep copies\n"
    "\n"
    "usage: marram db init [--key HEX] [--distributed]   make the ledger (again: nothing changes)\n"
    "       marram db upgrade                            bring its tables to this program's version\n"
    "       marram db status                             what is in it\n"
    "       marram db backup FILE                        a consistent copy, while others go on working\n"
    "       marram db restore FILE --yes                 the ledger becomes what the copy holds\n"
    "       marram db compact                            give back what was deleted, renew statistics\n"
    "\n" STORE_HELP
    "  --key HEX                 32 hexadecimal digits that all identifiers are hashed with (random)\n"
    "  --distributed             distribute the tables over a Citus cluster\n"
    "  --yes                     restore: replace what is there\n"
    "  --json                    print as JSON\n"
    "  --quiet                   print nothing but errors\n"
    "  --help                    this text\n"
    "\n"
    "examples:\n"
    "  marram db init\n"
    "  marram db init --db postgres://marram@db.example.com/marram\n"
    "  marram db backup marram-2026-11-22.backup\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data, 5 input/output, 130 interrupted\n";

typedef struct arguments {
    store_options store;
    ledger_init_options init;
    const char *action, *file;
    bool yes, json, quiet, help;
} arguments;

static bool read_option(option_reader *r, const char *name, arguments *a) {
    if (!*name) {
        const char *word = option_value(r), **place = !a->action ? &a->action : !a->file ? &a->file : NULL;
        if (place) {
            *place = word;
            return true;
        }
        command_usage(r->command, "'%s' is one argument too many", word);
        return false;
    }
    if (option_is(name, "--key")) return (a->init.key = option_value(r)) != NULL;
    if (option_is(name, "--distributed")) return a->init.distributed = true;
    if (option_is(name, "--yes")) return a->yes = true;
    if (option_is(name, "--json")) return a->json = true;
    if (option_is(name, "--quiet")) return a->quiet = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    int shared = store_option(r, name, &a->store);
    if (shared == 0) option_unknown(r, name);
    return shared == 1;
}

/* --- init and upgrade --- */

static mr_status init(arguments *a, mr_error *err) {
    mr_status status = ledger_init(a->store.url, &a->init, err);
    if (status == MR_OK && !a->quiet)
        printf("the ledger is ready; next: marram import orders FILE%s%s\n", strcmp(a->store.url, "marram.db") ? " --db " : "",
               strcmp(a->store.url, "marram.db") ? "..." : "");
    return status;
}

static mr_status upgrade(arguments *a, mr_error *err) {
    db *d = NULL;
    int before = 0, after = 0;
    mr_status status = db_open(a->store.url, NULL, &d, err);
    if (status == MR_OK) status = db_schema_version(d, &before, err);
    if (status == MR_OK && !before)
        status = error_set(err, MR_EDATA, NULL, -1, "%s is no ledger yet: run 'marram db init'", db_name(d));
    if (status == MR_OK) status = db_schema_upgrade(d, 0, a->init.now_us, &before, &after, err);
    db_close(d);
    if (status != MR_OK || a->quiet) return status;
    if (before == after)
        printf("the ledger is of version %d, the newest\n", after);
    else
        printf("the ledger went from version %d to %d\n", before, after);
    return status;
}

/* --- status --- */

static void add_import(void *ctx, const ledger_import_note *n) {
    char time[40];
    json_array_append_new(ctx, json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:b}", "record", n->record, "file", n->file, "at", time_text(n->at_us, time), "records",
                                         (json_int_t)n->records, "events_added", (json_int_t)n->added, "events_repeated", (json_int_t)n->repeated,
                                         "events_conflicting", (json_int_t)n->conflicting, "finished", (int)n->finished));
}

static mr_status gather_status(ledger *l, json_t *out, mr_error *err) {
    json_t *tables = json_object(), *list = json_array();
    ledger_status s;
    char from[40], to[40];
    mr_status status = ledger_status_read(l, &s, err);
    if (status == MR_OK) status = ledger_imports(l, add_import, list, err);
    for (size_t i = 0; i < db_tables_n && i < STATUS_TABLES; i++) json_object_set_new(tables, db_tables[i].name, json_integer(s.rows[i]));
    json_object_set_new(out, "store", json_string(db_store_of(l->d) == DB_SQLITE ? "SQLite" : l->distributed ? "PostgreSQL with Citus" : "PostgreSQL"));
    json_object_set_new(out, "name", json_string(db_name(l->d)));
    json_object_set_new(out, "schema_version", json_integer(s.version));
    json_object_set_new(out, "customers", json_integer(s.customers));
    json_object_set_new(out, "events", json_integer(s.events));
    json_object_set_new(out, "first_event", s.events ? json_string(time_text(s.first_at_us, from)) : json_null());
    json_object_set_new(out, "last_event", s.events ? json_string(time_text(s.last_at_us, to)) : json_null());
    json_object_set_new(out, "stale", json_boolean(s.stale));
    json_object_set_new(out, "tables", tables);
    json_object_set_new(out, "imports", list);
    return status;
}

static void print_status(const json_t *o) {
    const json_t *tables = json_object_get(o, "tables"), *list = json_object_get(o, "imports"), *value;
    size_t i;
    printf("%s, %s, schema version %d\n\n", json_string_value(json_object_get(o, "name")), json_string_value(json_object_get(o, "store")),
           (int)json_integer_value(json_object_get(o, "schema_version")));
    printf("  %12" JSON_INTEGER_FORMAT "  customers\n", json_integer_value(json_object_get(o, "customers")));
    for (i = 0; i < db_tables_n; i++) {
        json_int_t n = json_integer_value(json_object_get(tables, db_tables[i].name));
        if (n && db_tables[i].sort == DB_PER_CUSTOMER) printf("  %12" JSON_INTEGER_FORMAT "  %-15s %s\n", n, db_tables[i].name, db_tables[i].about);
    }
    if (json_is_string(json_object_get(o, "first_event")))
        printf("\n  events from %.10s to %.10s\n", json_string_value(json_object_get(o, "first_event")), json_string_value(json_object_get(o, "last_event")));
    if (json_array_size(list)) puts("\n  imports");
    json_array_foreach(list, i, value)
        printf("  %.16s  %-24s %10" JSON_INTEGER_FORMAT " records  %s%s\n", json_string_value(json_object_get(value, "at")),
               json_string_value(json_object_get(value, "record")), json_integer_value(json_object_get(value, "records")),
               json_string_value(json_object_get(value, "file")), json_is_true(json_object_get(value, "finished")) ? "" : "  NOT FINISHED: run it again");
    if (json_is_true(json_object_get(o, "stale")))
        puts("\n  some cycles are stale: an import was not finished; finishing it, 'marram score' or 'marram db check --repair' mends that");
}

static mr_status status_of(arguments *a, mr_error *err) {
    ledger *l = NULL;
    json_t *o = json_object();
    mr_status status = ledger_open(a->store.url, NULL, &l, err);
    if (status == MR_OK) status = gather_status(l, o, err);
    if (status == MR_OK && a->json) {
        json_dumpf(o, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
        putchar('\n');
    } else if (status == MR_OK) {
        print_status(o);
    }
    json_decref(o);
    ledger_close(l);
    return status;
}

/* --- copies --- */

static mr_status need_file(const arguments *a, mr_error *err) {
    return a->file ? MR_OK : error_set(err, MR_EINVAL, NULL, -1, "%s needs a file; see 'marram db --help'", a->action);
}

static mr_status backup(arguments *a, mr_error *err) {
    progress_bar bar;
    mr_context context = {.progress = progress_tick, .progress_ctx = &bar};
    ledger *l = NULL;
    mr_status status = need_file(a, err);
    if (status == MR_OK) status = ledger_open(a->store.url, NULL, &l, err); /* only a ledger is worth a copy */
    ledger_close(l);
    if (status != MR_OK) return status;
    progress_begin(&bar, "backing up");
    status = db_backup(a->store.url, a->file, &context, err);
    progress_end(&bar);
    if (status == MR_OK && !a->quiet) printf("%s written\n", a->file);
    return status;
}

/* Does the store hold a ledger with customers? */
static bool holds_something(const char *url) {
    ledger *l = NULL;
    ledger_status s = {0};
    mr_error err;
    bool some = ledger_open(url, NULL, &l, &err) == MR_OK && ledger_status_read(l, &s, &err) == MR_OK && s.customers > 0;
    ledger_close(l);
    return some;
}

static mr_status restore(arguments *a, mr_error *err) {
    progress_bar bar;
    mr_context context = {.progress = progress_tick, .progress_ctx = &bar};
    mr_status status = need_file(a, err);
    if (status != MR_OK) return status;
    if (!a->yes && holds_something(a->store.url))
        return error_set(err, MR_EINVAL, NULL, -1, "this replaces the ledger at %s; back it up first if it may still be wanted, and say --yes", a->store.url);
    progress_begin(&bar, "restoring");
    status = db_restore(a->store.url, a->file, &context, err);
    progress_end(&bar);
    if (status == MR_OK && !a->quiet) printf("the ledger is what %s holds\n", a->file);
    return status;
}

static mr_status compact(arguments *a, mr_error *err) {
    ledger *l = NULL;
    mr_status status = ledger_open(a->store.url, NULL, &l, err);
    if (status == MR_OK) status = db_vacuum(l->d, err);
    if (status == MR_OK) status = db_analyze(l->d, err);
    if (status == MR_OK) status = db_checkpoint(l->d, true, err);
    ledger_close(l);
    if (status == MR_OK && !a->quiet) puts("done");
    return status;
}

static const struct {
    const char *name;
    mr_status (*run)(arguments *a, mr_error *err);
} actions[] = {{"init", init}, {"upgrade", upgrade}, {"status", status_of}, {"backup", backup}, {"restore", restore}, {"compact", compact}};

static int run_action(arguments *a) {
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        mr_error err = {0};
        if (strcmp(actions[i].name, a->action)) continue;
        err.code = actions[i].run(a, &err);
        return err.code == MR_OK ? EXIT_OK : command_fail("db", &err);
    }
    return command_usage("db", "there is no '%s'; it must be init, upgrade, status, backup, restore or compact", a->action);
}

int command_db(int argc, char **argv) {
    arguments a = {.init = {.now_us = now_us()}};
    store_begin(&a.store);
    option_reader r = option_begin("db", argc, argv);
    for (const char *name; !a.help && (name = option_next(&r));)
        if (!read_option(&r, name, &a)) return EXIT_USAGE;
    if (a.help) {
        fputs(help, stdout);
        return EXIT_OK;
    }
    return a.action ? run_action(&a) : command_usage("db", "needs what to do: init, upgrade, status, backup, restore or compact");
}
