/* marram import: files into the ledger. */
#include "columns_out.h"
#include "store.h"

#include <body.h>
#include <error.h>
#include <figures.h>
#include <import.h>

#include <jansson.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "marram import: files into the ledger, as often as you like: what is already there is not added twice\n"
    "\n"
    "usage: marram import RECORD FILE... [OPTION ...]\n"
    "       marram import FILE... --mapping NAME-OR-FILE [OPTION ...]\n"
    "\n"
    "RECORD is one of:\n"
    "  orders      what customers bought                 promises    what we promised, by when\n"
    "  customers   people and companies                  touches     calls, letters, visits, messages\n"
    "  contacts    the people at a customer              surveys     answers to surveys\n"
    "  contracts   contracts and subscriptions           events      any event (docs/events.md)\n"
    "  cases       problems: tickets, complaints\n"
    "FILE is CSV or NDJSON, also .gz, or - for standard input.\n"
    "\n" STORE_HELP
    "  --mapping NAME-OR-FILE    which column is which field: a ready mapping or a YAML file (docs/mapping.md)\n"
    "  --columns FIELD,...       the fields in file order, - to pass over a column\n"
    "  --save-mapping FILE       write the mapping that was guessed, and stop\n"
    "  --source NAME             the system the records come from (the mapping's, else import)\n"
    "  --currency CODE           where neither a column nor a sign tells (XXX: not known)\n"
    "  --date-format FORMAT      ymd, yyyymmdd, dmy or mdy\n"
    "  --decimal SIGN            point or comma\n"
    "  --today DATE              what happened after this day is an error (the clock's day)\n"
    "  --yes                     do not ask whether the guess is right\n"
    "  --dry-run                 read everything, write nothing, say what would be written\n"
    "  --on-error stop|skip      skip leaves bad lines out and writes them to --rejects (stop)\n"
    "  --rejects FILE            where bad lines go (rejects.csv)\n"
    "  --restart                 do not go on where an interrupted import of the same files stopped\n"
    "  --json                    print what was done as JSON\n"
    "  --quiet                   print nothing but errors\n"
    "  --help                    this text\n"
    "\n"
    "Interrupted (Ctrl-C, a crash), the same command goes on where it stopped.\n"
    "\n"
    "examples:\n"
    "  marram import orders orders.csv --dry-run\n"
    "  marram import orders CDNOW_master.txt --mapping cdnow\n"
    "  zcat events.ndjson.gz | marram import - --mapping segment --yes\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data, 5 input/output, 130 interrupted\n";

static void print_all_help(void) {
    print_help(help);
    print_help("\nready mappings:\n");
    for (size_t i = 0; mapping_ready_at(i); i++) {
        printf("  %-24s ", mapping_ready_at(i)->name);
        print_wrapped(mapping_ready_at(i)->about, strlen(mapping_ready_at(i)->about), 27, 27);
    }
}

typedef struct arguments {
    store_options store;
    mapping_options mapping;
    import_options import;
    const char **paths;
    size_t paths_n;
    const char *mapping_name, *save;
    bool yes, json, quiet, help;
} arguments;

static bool read_on_error(option_reader *r, arguments *a) {
    const char *text = option_value(r);
    if (!text) return false;
    a->import.skip_errors = !strcmp(text, "skip");
    if (a->import.skip_errors || !strcmp(text, "stop")) return true;
    command_usage(r->command, "--on-error must be stop or skip, not '%s'", text);
    return false;
}

static bool read_option(option_reader *r, const char *name, arguments *a) {
    struct {
        const char *name;
        const char **text;
    } texts[] = {{"--mapping", &a->mapping_name}, {"--columns", &a->mapping.columns}, {"--save-mapping", &a->save}, {"--source", &a->mapping.source},
                 {"--currency", &a->import.currency}, {"--date-format", &a->mapping.date_format}, {"--decimal", &a->mapping.decimal},
                 {"--rejects", &a->import.rejects_path}};
    struct {
        const char *name;
        bool *flag;
    } flags[] = {{"--yes", &a->yes}, {"--dry-run", &a->import.dry_run}, {"--restart", &a->import.restart}, {"--json", &a->json},
                 {"--quiet", &a->quiet}, {"--help", &a->help}, {"-h", &a->help}};
    if (!*name) {
        a->paths[a->paths_n++] = option_value(r);
        return true;
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (option_is(name, texts[i].name)) return (*texts[i].text = option_value(r)) != NULL;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (option_is(name, flags[i].name)) return *flags[i].flag = true;
    if (option_is(name, "--on-error")) return read_on_error(r, a);
    if (option_is(name, "--today")) return option_today(r, &a->mapping.today);
    int shared = store_option(r, name, &a->store);
    if (shared == 0) option_unknown(r, name);
    return shared == 1;
}

/* --- the mapping --- */

static mr_status find_mapping(const arguments *a, int kind, rows *r, mapping **m, mr_error *err) {
    if (!a->mapping_name) return mapping_guess((record_kind)kind, r, &a->mapping, NULL, m, err);
    return mapping_read(a->mapping_name, NULL, m, err);
}

static mr_status save_mapping(const char *path, const mapping *m, mr_error *err) {
    text_buffer text = {0};
    mr_status status = mapping_write(m, &text, err);
    FILE *f = status == MR_OK ? fopen(path, "wx") : NULL;
    if (status == MR_OK && !f)
        status = error_set(err, MR_EIO, NULL, -1, "%s cannot be written: %s", path, errno == EEXIST ? "it is there already" : strerror(errno));
    if (f && (fwrite(text.data, 1, text.len, f) != text.len || fflush(f) != 0))
        status = error_set(err, MR_EIO, NULL, -1, "%s cannot be written: %s", path, strerror(errno));
    if (f) fclose(f);
    text_free(&text);
    return status;
}

/* Shows what was guessed and asks; false: no. Where nobody can be asked, --yes is what agrees. */
static int confirm(const arguments *a, const mapping *m, mr_error *err) {
    text_buffer text = {0};
    char line[16] = "";
    if (a->mapping_name || a->yes) return EXIT_OK;
    if (mapping_write(m, &text, err) != MR_OK) return EXIT_INTERNAL;
    if (!a->import.dry_run || !(a->quiet || a->json)) fprintf(stderr, "This is how the file would be read:\n\n%.*s\n", (int)text.len, text.data);
    text_free(&text);
    if (a->import.dry_run) return EXIT_OK;
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
        print_error("marram import: nobody is there to ask whether that is right: say so with --yes, look at --dry-run, or correct it with "
                    "--columns or --save-mapping and --mapping");
        return EXIT_USAGE;
    }
    fputs("Import like this? [y/N] ", stderr);
    if (fgets(line, sizeof line, stdin) && (line[0] == 'y' || line[0] == 'Y')) return EXIT_OK;
    fputs("Nothing was imported. --columns or --save-mapping and --mapping correct the guess.\n", stderr);
    return EXIT_USAGE;
}

/* --- what was done --- */

static void print_line(const char *what, uint64_t n) {
    char count[FIGURE];
    printf("  %12s  ", figure_count(count, (double)n));
    print_wrapped(what, strlen(what), 16, 16);
}

static void print_count(const char *what, uint64_t n) {
    if (n) print_line(what, n);
}

static void print_result(const arguments *a, const import_result *r, double seconds) {
    char from[40], to[40], n[FIGURE], rate[FIGURE];
    printf("%s%s record%s in %.1f s (%s a second)\n", a->import.dry_run ? "dry run: " : "", figure_count(n, (double)r->rows), r->rows == 1 ? "" : "s", seconds,
           figure_count(rate, seconds > 0 ? (double)r->rows / seconds : 0));
    for (int k = 0; k < RECORD_KINDS; k++) print_count(record_name((record_kind)k), r->records[k]);
    print_count("passed over: no rule of the mapping fits them", r->unmatched);
    print_count("rejected", r->rejected);
    print_count("already imported by an earlier attempt", r->bulk.resumed);
    if (a->import.dry_run)
        print_count("events would be written", r->bulk.events);
    else {
        print_line("events added", r->bulk.added);
        print_count("events that were there already", r->bulk.repeated);
        print_count("events that were there with another content: kept apart as conflicts (marram export event_conflict)", r->bulk.conflicting);
        print_count("left out: of customers who were erased", r->bulk.erased);
        print_count("customers touched", r->bulk.customers);
        print_count("second identifiers noted", r->bulk.aliases);
        print_count("identifiers said to be the same are two customers: 'marram customer duplicates' has the commands to merge them", r->bulk.aliases_taken);
    }
    print_count("events kept although a field is not as docs/events.md says, the first:", r->odd);
    if (r->odd) printf("%16s", ""), print_wrapped(r->odd_example, strlen(r->odd_example), 16, 16);
    print_count("contracts that begin after today: left out until they have begun", r->not_begun);
    print_count("amounts rounded to the currency's digits", r->rounded);
    if (r->last_at_us >= r->first_at_us)
        printf("  from %.10s to %.10s\n", time_text(r->first_at_us, from), time_text(r->last_at_us, to));
    if (r->rejected && a->import.skip_errors) printf("  rejected lines are in %s\n", a->import.rejects_path);
}

static int print_json(const arguments *a, const import_result *r, double seconds) {
    json_t *records = json_object(), *o;
    for (int k = 0; k < RECORD_KINDS; k++)
        if (r->records[k]) json_object_set_new(records, record_name((record_kind)k), json_integer((json_int_t)r->records[k]));
    o = json_pack("{s:b,s:I,s:o,s:I,s:I,s:I,s:{s:I,s:I,s:I,s:I},s:I,s:I,s:I,s:I,s:I,s:I,s:f}", "dry_run", (int)a->import.dry_run, "rows", (json_int_t)r->rows,
                  "records", records, "passed_over", (json_int_t)r->unmatched, "rejected", (json_int_t)r->rejected, "resumed", (json_int_t)r->bulk.resumed,
                  "events", "added", (json_int_t)r->bulk.added, "repeated", (json_int_t)r->bulk.repeated, "conflicting", (json_int_t)r->bulk.conflicting,
                  "erased", (json_int_t)r->bulk.erased, "customers_touched", (json_int_t)r->bulk.customers, "aliases", (json_int_t)r->bulk.aliases,
                  "aliases_taken", (json_int_t)r->bulk.aliases_taken, "odd", (json_int_t)r->odd, "rounded", (json_int_t)r->rounded, "not_begun", (json_int_t)r->not_begun, "seconds", seconds);
    if (!o) return EXIT_INTERNAL;
    if (a->import.dry_run) json_object_set_new(json_object_get(o, "events"), "would_add", json_integer((json_int_t)r->bulk.events));
    json_dumpf(o, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(o);
    return EXIT_OK;
}

typedef struct phases {
    progress_bar bar; /* first: it is the context of progress_tick, too */
} phases;

static void next_phase(void *ctx, const char *name) {
    phases *p = ctx;
    (void)name;
    progress_end(&p->bar);
    progress_begin(&p->bar, "cycles");
}

/* Says what is in, so that nobody has to wonder. */
static int import_failed(const arguments *a, const import_result *r, mr_error *err) {
    if (err->code != MR_ECANCELLED) {
        int code = command_fail("import", err);
        if (r->bulk.added && !a->import.dry_run)
            print_error("%" PRIu64 " event%s in; once this is mended, the same command goes on from there", r->bulk.added, r->bulk.added == 1 ? " is" : "s are");
        return code;
    }
    print_error("marram import: interrupted; %" PRIu64 " event%s in, and the same command goes on from there", r->bulk.added, r->bulk.added == 1 ? " is" : "s are");
    return EXIT_CANCELLED;
}

static int import_files(arguments *a, rows *r, mapping *m) {
    mr_error err = {0};
    import_result result = {0};
    phases p;
    double started = monotonic_seconds();
    mr_context context = {.progress = progress_tick, .progress_ctx = &p};
    progress_begin(&p.bar, a->import.dry_run ? "reading" : "importing");
    p.bar.bytes = true;
    err.code = ledger_import(a->store.url, m, r, &a->import, &context, next_phase, &result, &err);
    progress_end(&p.bar);
    if (err.code != MR_OK) return import_failed(a, &result, &err);
    if (a->json) return print_json(a, &result, monotonic_seconds() - started);
    if (!a->quiet) print_result(a, &result, monotonic_seconds() - started);
    return EXIT_OK;
}

static int run(arguments *a, int kind) {
    mr_error err = {0};
    rows *r = NULL;
    mapping *m = NULL;
    int code = EXIT_OK;
    err.code = rows_open(a->paths, a->paths_n, &(rows_options){.header = -1}, NULL, &r, &err);
    if (err.code == MR_OK) err.code = find_mapping(a, kind, r, &m, &err);
    if (err.code == MR_OK && kind >= 0 && !mapping_makes(m, (record_kind)kind))
        err.code = error_set(&err, MR_EINVAL, "mapping", -1, "the mapping %.100s makes no %s: leave '%s' out, and it imports what it makes", a->mapping_name,
                             record_name((record_kind)kind), record_name((record_kind)kind));
    if (err.code == MR_OK) err.code = mapping_bind(m, r, a->paths, a->paths_n, &a->mapping, &err);
    if (err.code == MR_OK && a->save) {
        err.code = save_mapping(a->save, m, &err);
        if (err.code == MR_OK && !a->quiet) printf("%s written; use it with --mapping %s\n", a->save, a->save);
    } else if (err.code == MR_OK) {
        code = confirm(a, m, &err);
        if (code == EXIT_OK) code = import_files(a, r, m);
    }
    if (err.code != MR_OK) code = command_fail("import", &err);
    mapping_free(m);
    rows_close(r);
    return code;
}

int command_import(int argc, char **argv) {
    const char **paths = calloc((size_t)argc + 1, sizeof *paths);
    if (!paths) return EXIT_INTERNAL;
    arguments a = {.paths = paths, .mapping = {.today = today_utc()}, .import = {.rejects_path = "rejects.csv", .now_us = now_us(), .lost_ms = wait_ms()}};
    store_begin(&a.store);
    option_reader r = option_begin("import", argc, argv);
    int code = EXIT_OK, kind = -1;
    for (const char *name; code == EXIT_OK && !a.help && (name = option_next(&r));)
        if (!read_option(&r, name, &a)) code = EXIT_USAGE;
    if (code == EXIT_OK && !a.help) {
        /* The first operand is the record, unless a mapping says what the records are. */
        kind = a.paths_n ? record_find(a.paths[0]) : -1;
        a.import.record = kind >= 0 ? a.paths[0] : a.mapping_name;
        if (kind >= 0) {
            a.paths++;
            a.paths_n--;
        } else if (!a.mapping_name) {
            code = a.paths_n ? command_usage("import", "'%s' is no record that can be imported; it must be orders, customers, contacts, contracts, "
                                                       "cases, promises, touches, surveys or events", a.paths[0])
                             : command_usage("import", "needs what to import and a file");
        }
        if (code == EXIT_OK && !a.paths_n) code = command_usage("import", "needs a file, or - for standard input");
    }
    a.import.paths = a.paths;
    a.import.paths_n = a.paths_n;
    if (a.help)
        print_all_help();
    else if (code == EXIT_OK)
        code = run(&a, kind);
    free(paths);
    return code;
}
