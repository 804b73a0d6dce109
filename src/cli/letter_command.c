/* marram letter: letters on paper, from the draft that a person approves to the batch for the printer. */
#include "json_text.h"
#include "columns_out.h"
#include "settings.h"
#include "store.h"

#include <actions.h>
#include <due.h>
#include <error.h>
#include <letters.h>
#include <outbox.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "marram letter: letters on paper (docs/letters.md)\n"
    "\n"
    "usage: marram letter list                      those that are written: to approve, and to print\n"
    "       marram letter preview ID [--out FILE]   one as it would be printed, as a PDF (letter-ID.pdf)\n"
    "       marram letter approve ID...             they may be printed\n"
    "       marram letter print --out FILE          all that are approved, as one PDF for the printer; they are on record as sent\n"
    "\n"
    "ID is the number 'list' shows, or its first four digits or more. A letter that is not to go: 'marram outbox cancel ID'.\n"
    "\n" STORE_HELP SETTINGS_HELP
    "  --out FILE                preview, print: where the PDF goes; print never writes over a file\n"
    "  --by NAME                 approve: who\n"
    "  --at TIME                 as it is then, and dated so, as in 2026-11-24T09:00:00Z (the clock)\n"
    "  --dry-run                 print: say what would be printed, and what not\n"
    "  --json                    print as JSON\n"
    "  --help                    this text\n"
    "\n"
    "Each is asked of the gate once more. What cannot be printed (no address, an address too long for the window, characters no font here has) is kept, and said.\n"
    "\n"
    "examples:\n"
    "  marram letter preview 3f2a --out look.pdf --db shop.db\n"
    "  marram letter print --out letters-2026-11-24.pdf --db shop.db\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data or settings, 5 input/output, 130 interrupted\n";

#define MOST_IDS 1000

typedef struct arguments {
    store_options store;
    settings_options settings;
    const char *action, *out, *by, *id[MOST_IDS];
    size_t ids;
    int64_t at_us;
    bool dry_run, json, help;
} arguments;

static bool read_operand(option_reader *r, arguments *a) {
    const char *word = option_value(r);
    if (!a->action) return (a->action = word) != NULL;
    if (a->ids == MOST_IDS) return command_usage("letter", "more than %d at once", MOST_IDS), false;
    return (a->id[a->ids++] = word) != NULL;
}

static bool read_option(option_reader *r, const char *name, arguments *a) {
    if (!*name) return read_operand(r, a);
    if (option_is(name, "--out")) return (a->out = option_value(r)) != NULL;
    if (option_is(name, "--by")) return (a->by = option_value(r)) != NULL;
    if (option_is(name, "--at")) return option_time(r, &a->at_us);
    if (option_is(name, "--dry-run")) return a->dry_run = true;
    if (option_is(name, "--json")) return a->json = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    int shared = store_option(r, name, &a->store);
    if (shared == 0) shared = settings_option(r, name, &a->settings);
    if (shared == 0) option_unknown(r, name);
    return shared == 1;
}

static void print_json(json_t *o) {
    json_dumpf(o, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(o);
}

static mr_status list(const arguments *a, ledger *l, const config *c, mr_error *err) {
    json_t *all = NULL;
    const json_t *o;
    size_t i;
    mr_status status = letters_waiting(l, &all, err);
    (void)c;
    if (status != MR_OK) return json_decref(all), status;
    if (a->json) return print_json(all), MR_OK;
    if (!json_array_size(all)) puts("No letter waits.");
    json_array_foreach(all, i, o) {
        const char *said = json_text(o, "said");
        printf("%.8s  %-10s  %.10s  %-12s  %s: %s%s%s\n", json_text(o, "id"), json_text(o, "state"), json_text(o, "written"), json_text(o, "programme"), json_text(o, "to"), json_text(o, "subject"), *said ? "; " : "", said);
    }
    json_decref(all);
    return MR_OK;
}

/* A letter that waits, with its texts. */
static mr_status find(ledger *l, const char *id, message_rows *rows, mr_error *err) {
    int64_t customer_id = 0, number = 0;
    mr_status status = action_find(l, id, &customer_id, &number, err);
    if (status == MR_OK) status = outbox_read(l, customer_id, number, rows, err);
    if (status == MR_OK && (!rows->n || strcmp(rows->row[0].channel, "letter"))) status = error_set(err, MR_EDATA, "id", -1, "%.20s is no letter; 'marram letter list' shows those that wait", id);
    if (status == MR_OK && rows->row[0].state != MESSAGE_WAITING) status = error_set(err, MR_EDATA, "id", -1, "%.20s waits no more: it is %s", id, message_state_name(rows->row[0].state));
    return status;
}

static mr_status write_out(const char *path, const text_buffer *pdf, mr_error *err) {
    FILE *f = fopen(path, "wb");
    bool well = f && fwrite(pdf->data, 1, pdf->len, f) == pdf->len;
    int why = errno;
    if (f && fclose(f) != 0) well = false, why = errno;
    return well ? MR_OK : error_set(err, MR_EIO, "out", -1, "%.300s cannot be written: %s", path, strerror(why));
}

static mr_status preview(const arguments *a, ledger *l, const config *c, mr_error *err) {
    message_rows rows = {0};
    text_buffer pdf = {0};
    char usual[40], id[17];
    int pages = 0;
    if (a->ids != 1) return error_set(err, MR_EINVAL, "id", -1, "preview takes one ID, as 'marram letter list' shows it");
    mr_status status = find(l, a->id[0], &rows, err);
    if (status == MR_OK) status = letters_preview(l, c, &rows.row[0], a->at_us, &pdf, &pages, err);
    snprintf(usual, sizeof usual, "letter-%.8s.pdf", rows.n ? action_id_text(rows.row[0].id, id) : "");
    const char *path = a->out ? a->out : usual;
    if (status == MR_OK) status = write_out(path, &pdf, err);
    if (status == MR_OK && a->json) print_json(json_pack("{s:s,s:i}", "file", path, "pages", pages));
    else if (status == MR_OK) printf("%s: %d page%s\n", path, pages, pages == 1 ? "" : "s");
    text_free(&pdf);
    message_rows_free(&rows);
    return status;
}

static mr_status approve(const arguments *a, ledger *l, const config *c, mr_error *err) {
    json_t *done = json_array();
    mr_status status = MR_OK;
    (void)c;
    if (!a->ids) status = error_set(err, MR_EINVAL, "id", -1, "approve needs an ID or more, as 'marram letter list' shows them");
    for (size_t i = 0; i < a->ids && status == MR_OK; i++) {
        message_rows rows = {0};
        char said[200], id[17];
        bool ours = false;
        status = find(l, a->id[i], &rows, err);
        snprintf(said, sizeof said, "approved by %.150s", a->by ? a->by : rows.n ? rows.row[0].who : "");
        if (status == MR_OK) status = outbox_approve(l, rows.row[0].customer_id, rows.row[0].id, said, &ours, err);
        if (status == MR_OK) {
            json_array_append_new(done, json_pack("{s:s,s:b}", "id", action_id_text(rows.row[0].id, id), "changed", (int)ours));
            if (!a->json) printf("%s is approved%s\n", a->id[i], ours ? "" : " already");
        }
        message_rows_free(&rows);
    }
    if (status == MR_OK && a->json) print_json(json_incref(done));
    json_decref(done);
    return status;
}

static mr_status print(const arguments *a, ledger *l, const config *c, mr_error *err) {
    letters_counts n;
    json_t *problems = json_array();
    const json_t *o;
    size_t i;
    char sender[DUE_OWNER];
    progress_bar bar = {0};
    mr_context context = {.progress = progress_tick, .progress_ctx = &bar};
    if (a->ids || (!a->out && !a->dry_run)) return json_decref(problems), error_set(err, MR_EINVAL, "out", -1, "print takes no ID: it prints all that are approved, into the file that --out names");
    due_owner_here(sender);
    const sending_options send = {.now_us = a->at_us, .sender = sender, .dry_run = a->dry_run, .context = &context};
    progress_begin(&bar, "printing");
    mr_status status = letters_print(l, c, &send, a->out ? a->out : "", &n, problems, err);
    progress_end(&bar);
    if (status == MR_OK && a->json) {
        print_json(json_pack("{s:o,s:I,s:I,s:I,s:I,s:I,s:I,s:O}", "file", n.printed && a->out && !a->dry_run ? json_string(a->out) : json_null(), "approved", (json_int_t)n.approved, "printed", (json_int_t)n.printed, "pages", (json_int_t)n.pages,
                             "kept", (json_int_t)n.kept, "put_off", (json_int_t)n.put_off, "stopped", (json_int_t)n.stopped, "problems", problems));
    } else if (status == MR_OK) {
        if (!n.approved) puts("No letter is approved: 'marram letter list' shows those to approve.");
        else if (!n.printed) puts("No letter was printed.");
        else if (a->dry_run) printf("%" PRIu64 " letter%s would be printed, %" PRIu64 " page%s\n", n.printed, n.printed == 1 ? "" : "s", n.pages, n.pages == 1 ? "" : "s");
        else printf("%s: %" PRIu64 " letter%s, %" PRIu64 " page%s; they are on record as sent\n", a->out, n.printed, n.printed == 1 ? "" : "s", n.pages, n.pages == 1 ? "" : "s");
        json_array_foreach(problems, i, o) printf("not printed: %.8s to %s: %s\n", json_text(o, "id"), json_text(o, "customer"), json_text(o, "why"));
    }
    json_decref(problems);
    return status;
}

static int run(const arguments *a) {
    static const struct {
        const char *name;
        mr_status (*run)(const arguments *a, ledger *l, const config *c, mr_error *err);
        bool reads;
    } actions[] = {{"list", list, true}, {"preview", preview, true}, {"approve", approve, false}, {"print", print, false}};
    mr_error err = {0};
    ledger *l = NULL;
    config c = {0};
    size_t i = 0;
    while (i < sizeof actions / sizeof *actions && strcmp(actions[i].name, a->action)) i++;
    if (i == sizeof actions / sizeof *actions) return command_usage("letter", "'%s' is not known: list, preview, approve or print", a->action);
    int code = settings_open("letter", &a->settings, &c);
    if (code != EXIT_OK) return config_free(&c), code;
    err.code = actions[i].reads || a->dry_run ? ledger_open_reading(a->store.url, &l, &err) : ledger_open(a->store.url, NULL, &l, &err);
    if (err.code == MR_OK) err.code = actions[i].run(a, l, &c, &err);
    ledger_close(l);
    config_free(&c);
    return err.code == MR_OK ? EXIT_OK : command_fail("letter", &err);
}

int command_letter(int argc, char **argv) {
    static arguments a;
    a = (arguments){.action = NULL};
    option_reader r = option_begin("letter", argc, argv);
    store_begin(&a.store);
    a.at_us = now_us();
    for (const char *name; (name = option_next(&r));)
        if (!read_option(&r, name, &a)) return EXIT_USAGE;
    if (a.help) return print_help(help), EXIT_OK;
    if (!a.action) return command_usage("letter", "say what: list, preview, approve or print");
    return run(&a);
}
