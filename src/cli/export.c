/* marram export: what is in the ledger, for other programs. */
#include "columns_out.h"
#include "store.h"

#include <error.h>
#include <export.h>
#include <out_file.h>
#include <person.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "marram export: what is in the ledger, as CSV or NDJSON\n"
    "\n"
    "usage: marram export TABLE [OPTION ...]\n"
    "\n"
    "  --format csv|ndjson       (csv, or what the name after --out ends with)\n"
    "  --out FILE                write to FILE, for its owner alone (standard output)\n"
    "  --customer ID             one customer's rows alone: an identifier, or #NUMBER\n"
    "  --source NAME             events and orders: of that system alone\n"
    "  --currency CODE           orders: those in that currency alone\n"
    "  --by-risk                 forecast: most value at risk first (in the order of the customers' numbers)\n" STORE_HELP
    "  --quiet                   print nothing but errors\n"
    "  --help                    this text\n"
    "\n"
    "examples:\n"
    "  marram export orders | marram run -\n"
    "  marram export events --source shop --out events.ndjson\n"
    "  marram import events events.ndjson --source shop --db other.db --yes\n"
    "  marram export customer --customer C-1042\n"
    "  marram export forecast --by-risk | head -20\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data, 5 input/output, 130 interrupted\n";

static void print_all_help(void) {
    const char *name, *about;
    print_help(help);
    print_help("\nTABLE is one of:\n");
    for (size_t i = 0; (name = export_name_at(i, &about)); i++) {
        printf("  %-15s ", name);
        print_wrapped(about, strlen(about), 18, 18);
    }
}

typedef struct arguments {
    store_options store;
    export_options export;
    const char *what, *out, *customer;
    bool format_given, quiet, help;
} arguments;

static bool read_format(option_reader *r, arguments *a) {
    const char *text = option_value(r);
    if (!text) return false;
    a->format_given = true;
    a->export.format = !strcmp(text, "ndjson") ? EXPORT_NDJSON : EXPORT_CSV;
    if (a->export.format == EXPORT_NDJSON || !strcmp(text, "csv")) return true;
    command_usage(r->command, "--format must be csv or ndjson, not '%s'", text);
    return false;
}

static bool read_option(option_reader *r, const char *name, arguments *a) {
    if (!*name) {
        const char *word = option_value(r);
        if (!a->what) return (a->what = word) != NULL;
        command_usage(r->command, "'%s' is one argument too many: one table at a time", word);
        return false;
    }
    if (option_is(name, "--format")) return read_format(r, a);
    if (option_is(name, "--out")) return (a->out = option_value(r)) != NULL;
    if (option_is(name, "--customer")) return (a->customer = option_value(r)) != NULL;
    if (option_is(name, "--source")) return (a->export.source = option_value(r)) != NULL;
    if (option_is(name, "--currency")) return (a->export.currency = option_value(r)) != NULL;
    if (option_is(name, "--by-risk")) return a->export.by_risk = true;
    if (option_is(name, "--quiet")) return a->quiet = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    int shared = store_option(r, name, &a->store);
    if (shared == 0) option_unknown(r, name);
    return shared == 1;
}

static bool ends_with(const char *text, const char *end) {
    size_t n = strlen(text), m = strlen(end);
    return n >= m && !strcmp(text + n - m, end);
}

static bool is_events(const arguments *a) {
    return !strcmp(a->what, "events") || !strcmp(a->what, "orders");
}

/* Whose rows: their number. */
static mr_status find_customer(arguments *a, mr_error *err) {
    ledger *l = NULL;
    if (!a->customer) return MR_OK;
    mr_status status = ledger_open_reading(a->store.url, &l, err);
    if (status == MR_OK) status = person_find(l, a->customer, a->export.source, &a->export.customer_id, err);
    ledger_close(l);
    if (!is_events(a)) a->export.source = NULL; /* it said whose identifier this is, and no more */
    return status;
}

/* People's data are for the file's owner alone. */
static mr_status write_file(const arguments *a, const mr_context *context, export_counts *counts, mr_error *err) {
    out_file out;
    mr_error why = {0};
    if (store_is(&a->store, a->out)) return error_set(err, MR_EINVAL, "out", -1, "%.400s is the ledger itself: name another file with --out", a->out);
    mr_status status = out_file_open(a->out, 0600, &out, err);
    if (status != MR_OK) return status;
    status = ledger_export(a->store.url, a->what, &a->export, out.file, context, counts, err);
    if (out_file_close(&out, status == MR_OK, &why) != MR_OK) *err = why, status = why.code;
    return status;
}

static void tell(const arguments *a, const export_counts *counts) {
    if (a->quiet) return;
    if (a->out) printf("%" PRIu64 " row%s of %s in %s\n", counts->rows, counts->rows == 1 ? "" : "s", a->what, a->out);
    if (!counts->rows && !strcmp(a->what, "forecast"))
        fprintf(stderr, "marram export: the ledger keeps no forecast%s yet: 'marram score' makes them\n", a->customer ? " of that customer" : "s");
    if (counts->sources > 1)
        fputs("marram export: these events came from several systems; to import them elsewhere, export and import each by itself with --source "
              "('marram export source' lists them)\n", stderr);
}

static int run(arguments *a) {
    mr_error err = {0};
    export_counts counts = {0};
    progress_bar bar;
    mr_context context = {.progress = progress_tick, .progress_ctx = &bar};
    if (!a->format_given && a->out && (ends_with(a->out, ".ndjson") || ends_with(a->out, ".jsonl"))) a->export.format = EXPORT_NDJSON;
    progress_begin(&bar, "exporting");
    if (!a->out) bar.shown = bar.shown && !isatty(STDOUT_FILENO);
    err.code = find_customer(a, &err);
    if (err.code == MR_OK)
        err.code = a->out ? write_file(a, &context, &counts, &err) : ledger_export(a->store.url, a->what, &a->export, stdout, &context, &counts, &err);
    progress_end(&bar);
    if (err.code != MR_OK) return command_fail("export", &err);
    tell(a, &counts);
    return EXIT_OK;
}

int command_export(int argc, char **argv) {
    arguments a = {.export = {.format = EXPORT_CSV}};
    store_begin(&a.store);
    option_reader r = option_begin("export", argc, argv);
    for (const char *name; !a.help && (name = option_next(&r));)
        if (!read_option(&r, name, &a)) return EXIT_USAGE;
    if (a.help) {
        print_all_help();
        return EXIT_OK;
    }
    return a.what ? run(&a) : command_usage("export", "needs a table; 'marram export --help' lists them");
}
