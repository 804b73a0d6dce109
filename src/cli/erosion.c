/* marram erosion: how much of the base crumbles away each month. */
#include "base_report.h"
#include "columns_out.h"
#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "marram erosion: customers and value lost by month, those at risk, and early signs\n"
    "\n"
    "usage: marram erosion [OPTION ...]                        the ledger\n"
    "       marram erosion ORDERS... [OPTION ...]              files of orders\n"
    "       marram erosion --contracts FILE [RECORD:FILE ...] [OPTION ...]\n"
    "\n"
    "With contracts: customers lost, recurring revenue lost and shrunk (1 - GRR), NRR. Without: customers whose silence passed their\n"
    "own 95 % next-order date. Both as known then and as known now (docs/methods/erosion.md).\n"
    "\n" STORE_HELP
    "  --contracts FILE          a file of contracts, or MAPPING:FILE; more records as RECORD:FILE\n"
    "  --rates FILE              with --contracts in several currencies: CSV of currency,rate or currency,day,rate\n"
    "  --on-error stop|skip      files: skip leaves bad lines out and counts them (stop)\n"
    "  --json                    print all months as JSON\n"
    "  --quiet                   print nothing but errors\n"
    "  --help                    this text\n"
    "\n" READER_HELP "\n"
    "examples:\n"
    "  marram erosion --db shop.db\n"
    "  marram erosion orders.csv --json\n"
    "  marram erosion --contracts contracts.csv cases:tickets.csv\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data, 4 no fit, 5 input/output, 130 interrupted\n";

typedef struct arguments {
    store_options store;
    reader_options reader;
    base_options base;
    const char *contracts;
    bool db_given, help;
} arguments;

static int show(const base_options *o, const report *r) {
    mr_error err = {0};
    if (o->json) {
        err.code = report_erosion_json_to(r, stdout, &err);
        return err.code == MR_OK ? EXIT_OK : command_fail(o->command, &err);
    }
    if (!o->quiet) report_erosion_terminal(r, stdout, terminal_columns(), terminal_colour());
    if (fflush(stdout) == 0 && !ferror(stdout)) return EXIT_OK;
    fprintf(stderr, "marram %s: the table could not be printed\n", o->command);
    return EXIT_IO;
}

static bool read_option(option_reader *r, const char *name, arguments *a) {
    if (option_is(name, "--contracts")) return (a->contracts = option_value(r)) != NULL;
    if (option_is(name, "--rates")) return (a->base.rates = option_value(r)) != NULL;
    if (option_is(name, "--json")) return a->base.json = true;
    if (option_is(name, "--quiet")) return a->base.quiet = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    if (option_is(name, "--on-error")) {
        const char *text = option_value(r);
        if (!text) return false;
        a->reader.ingest.skip_errors = !strcmp(text, "skip");
        if (a->reader.ingest.skip_errors || !strcmp(text, "stop")) return true;
        command_usage(r->command, "--on-error must be stop or skip, not '%s'", text);
        return false;
    }
    int shared = store_option(r, name, &a->store);
    if (shared) {
        a->db_given = true;
        return shared == 1;
    }
    shared = reader_option(r, name, &a->reader);
    if (shared == 0) option_unknown(r, name);
    return shared == 1;
}

static int of_orders(arguments *a, mr_pool *pool) {
    double started = monotonic_seconds();
    ingest_orders input = {0};
    int code = reader_read("erosion", &a->reader, pool, &input);
    if (code == EXIT_OK) code = base_from_orders(&a->base, &input, started, pool);
    ingest_orders_free(&input);
    return code;
}

static int run(arguments *a) {
    mr_error err = {0};
    mr_pool *pool = NULL;
    int code;
    a->base.until = a->reader.ingest.until;
    a->base.today = a->reader.ingest.today;
    a->base.build.days_per_unit = a->reader.days_per_unit;
    if (a->db_given && (a->contracts || a->reader.paths_n)) return command_usage("erosion", "--db and files exclude each other");
    if (a->base.rates && !a->contracts) return command_usage("erosion", "--rates is for --contracts");
    if (mr_pool_new((int)a->reader.threads, &pool, &err) != MR_OK) return command_fail("erosion", &err);
    if (a->contracts) code = base_from_files(&a->base, a->contracts, &a->reader, pool);
    else if (a->reader.paths_n) code = of_orders(a, pool);
    else code = base_from_ledger(&a->base, a->store.url, pool);
    mr_pool_free(pool);
    return code;
}

int command_erosion(int argc, char **argv) {
    const char **paths = calloc((size_t)argc + 1, sizeof *paths);
    if (!paths) return EXIT_INTERNAL;
    arguments a = {.base = {.command = "erosion", .show = show,
                            .build = {.horizon_days = 91, .days_per_unit = 7, .margin = 1, .discount_rate = .1, .sample = 6000, .seed = 1,
                                      .clock = monotonic_seconds}}};
    option_reader r = option_begin("erosion", argc, argv);
    int code = EXIT_OK;
    store_begin(&a.store);
    reader_begin(&a.reader, paths);
    for (const char *name; code == EXIT_OK && !a.help && (name = option_next(&r));)
        if (!read_option(&r, name, &a)) code = EXIT_USAGE;
    if (a.help) print_help(help);
    else if (code == EXIT_OK) code = run(&a);
    free(paths);
    return code;
}
