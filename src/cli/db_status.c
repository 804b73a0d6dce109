/* marram db status. */
#include "columns_out.h"
#include "db_command.h"
#include "json_text.h"

#include <body.h>
#include <schema.h>
#include <status.h>

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static void add_import(void *ctx, const ledger_import_note *n) {
    char time[40];
    json_array_append_new(ctx, json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:b,s:b}", "record", n->record, "file", n->file, "at", time_text(n->at_us, time), "records",
                                         (json_int_t)n->records, "events_added", (json_int_t)n->added, "events_repeated", (json_int_t)n->repeated,
                                         "events_conflicting", (json_int_t)n->conflicting, "finished", (int)n->finished, "dismissed", (int)n->dismissed));
}

static void put_time(json_t *o, const char *name, int64_t us) {
    char text[40];
    json_object_set_new(o, name, us ? json_string(time_text(us, text)) : json_null());
}

static json_t *acting(const ledger_status *s) {
    json_t *outbox = json_object();
    for (int i = 0; i < MESSAGE_STATES; i++) json_object_set_new(outbox, message_state_name(i), json_integer(s->messages[i]));
    return json_pack("{s:I,s:I,s:o}", "tasks_open", (json_int_t)s->tasks_open, "drafts", (json_int_t)s->drafts, "outbox", outbox);
}

static mr_status gather(ledger *l, json_t *o, mr_error *err) {
    json_t *tables = json_object(), *list = json_array();
    ledger_status s;
    mr_status status = ledger_status_read(l, &s, err);
    if (status == MR_OK) status = ledger_imports(l, add_import, list, err);
    for (size_t i = 0; i < db_tables_n && i < STATUS_TABLES; i++) json_object_set_new(tables, db_tables[i].name, json_integer(s.rows[i]));
    json_object_set_new(o, "store", json_string(db_store_of(l->d) == DB_SQLITE ? "SQLite" : l->distributed ? "PostgreSQL with Citus" : "PostgreSQL"));
    json_object_set_new(o, "name", json_string(db_name(l->d)));
    json_object_set_new(o, "schema_version", json_integer(s.version));
    json_object_set_new(o, "bytes", json_integer(s.bytes));
    json_object_set_new(o, "customers", json_integer(s.customers));
    json_object_set_new(o, "events", json_integer(s.events));
    put_time(o, "first_event", s.events ? s.first_at_us : 0);
    put_time(o, "last_event", s.events ? s.last_at_us : 0);
    json_object_set_new(o, "stale", json_boolean(s.stale));
    put_time(o, "made", s.made_at_us);
    put_time(o, "last_backup", s.backup_at_us);
    put_time(o, "last_restore", s.restored_at_us);
    put_time(o, "last_compact", s.compacted_at_us);
    put_time(o, "last_erasure", s.erased_at_us);
    json_object_set_new(o, "tables", tables);
    json_object_set_new(o, "imports", list);
    json_object_set_new(o, "acting", acting(&s));
    return status;
}

static json_int_t number(const json_t *o, const char *name) {
    return json_integer_value(json_object_get(o, name));
}

/* 1234567 -> "1,234,567" */
static const char *grouped(json_int_t n, char out[32]) {
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%" JSON_INTEGER_FORMAT, n), at = 0;
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0 && digits[i - 1] != '-') out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = 0;
    return out;
}

static void size_words(json_int_t bytes, char out[32]) {
    static const char *const units[] = {"bytes", "KB", "MB", "GB", "TB"};
    double size = (double)bytes;
    int unit = 0;
    for (; size >= 1000 && unit < 4; unit++) size /= 1000;
    snprintf(out, 32, unit && size < 10 ? "%.1f %s" : "%.0f %s", size, units[unit]);
}

static void print_tables(const json_t *o) {
    const json_t *tables = json_object_get(o, "tables");
    char n[32];
    printf("  %13s  customer%s", grouped(number(o, "customers"), n), number(o, "customers") == 1 ? "" : "s");
    if (*json_text(o, "first_event")) printf(", whose events are from %.10s to %.10s", json_text(o, "first_event"), json_text(o, "last_event"));
    puts("");
    for (size_t i = 0; i < db_tables_n; i++) {
        json_int_t rows = number(tables, db_tables[i].name);
        bool shown = db_tables[i].sort == DB_PER_CUSTOMER && strcmp(db_tables[i].name, "customer_ref") != 0 && strcmp(db_tables[i].name, "cycle") != 0;
        if (!rows || !shown) continue;
        printf("  %13s  %-15s ", grouped(rows, n), db_tables[i].name);
        print_wrapped(db_tables[i].about, strlen(db_tables[i].about), 33, 33);
    }
    if (number(tables, "model")) printf("  %13s  model%s\n", grouped(number(tables, "model"), n), number(tables, "model") == 1 ? "" : "s");
    if (number(tables, "erasure")) printf("  %13s  identifier%s of erased customers (the last on %.10s)\n", grouped(number(tables, "erasure"), n), number(tables, "erasure") == 1 ? "" : "s", json_text(o, "last_erasure"));
}

/* Nothing where nobody acts. */
static void print_acting(const json_t *o) {
    const json_t *acting = json_object_get(o, "acting"), *outbox = json_object_get(acting, "outbox");
    const struct {
        json_int_t n;
        const char *one, *many, *way;
    } rows[] = {{number(acting, "tasks_open"), "open task", "open tasks", "marram task list"},
                {number(acting, "drafts"), "draft to approve", "drafts to approve", "marram task list --drafts"},
                {number(outbox, "waiting") + number(outbox, "sending"), "message to go out", "messages to go out", "marram outbox list"},
                {number(outbox, "uncertain"), "message that may have arrived", "messages that may have arrived", "marram outbox settle"}};
    bool any = false;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char n[32];
        if (!rows[i].n) continue;
        if (!any) puts("\nTo do");
        any = true;
        printf("  %13s  %s: %s\n", grouped(rows[i].n, n), rows[i].n == 1 ? rows[i].one : rows[i].many, rows[i].way);
    }
}

static void print_imports(const json_t *list) {
    const json_t *one;
    size_t i;
    char n[32];
    if (!json_array_size(list)) {
        puts("\nNothing was imported yet: marram import orders FILE");
        return;
    }
    puts("\nImports");
    json_array_foreach(list, i, one) {
        char from[512];
        int len = snprintf(from, sizeof from, "%.100s from %.380s", json_text(one, "record"), json_text(one, "file"));
        printf("  %.10s %.5s  %11s record%s  ", json_text(one, "at"), json_text(one, "at") + 11, grouped(number(one, "records"), n), number(one, "records") == 1 ? " " : "s");
        print_wrapped(from, (size_t)len, 41, 41);
        const char *left = json_is_true(json_object_get(one, "dismissed")) ? "dismissed: what had come stays; the same command again brings the rest"
                           : json_is_true(json_object_get(one, "finished")) ? NULL : "not finished: the same command again goes on from there, 'marram db dismiss' leaves it at that";
        if (!left) continue;
        printf("  %16s  ", "");
        print_wrapped(left, strlen(left), 20, 20);
    }
}

static void print_status(const json_t *o) {
    char size[32];
    size_words(number(o, "bytes"), size);
    print_words(2, "%s: %s, %s, schema version %d", json_text(o, "name"), json_text(o, "store"), size, (int)number(o, "schema_version"));
    putchar('\n');
    print_tables(o);
    print_acting(o);
    print_imports(json_object_get(o, "imports"));
    puts("");
    if (*json_text(o, "last_backup"))
        printf("Last backup on %.10s.\n", json_text(o, "last_backup"));
    else if (strstr(json_text(o, "store"), "Citus"))
        puts("A cluster's nodes are backed up by their own means: docs/scale.md");
    else if (number(o, "customers") && !*json_text(o, "last_restore"))
        puts("No backup was made yet: marram db backup FILE");
    if (*json_text(o, "last_restore")) printf("Restored from a backup on %.10s.\n", json_text(o, "last_restore"));
    if (json_is_true(json_object_get(o, "stale")))
        print_words(0, "Some cycles are behind, as an import that was cut short leaves them: finish it, or run 'marram db check --repair'; 'marram score' mends it, too.");
}

int db_status(const db_arguments *a) {
    mr_error err = {0};
    ledger *l = NULL;
    json_t *o = json_object();
    err.code = ledger_open_reading(a->store.url, &l, &err);
    if (err.code == MR_OK) err.code = gather(l, o, &err);
    if (err.code == MR_OK && a->json) {
        json_dumpf(o, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
        putchar('\n');
    } else if (err.code == MR_OK) {
        print_status(o);
    }
    json_decref(o);
    ledger_close(l);
    return err.code == MR_OK ? EXIT_OK : command_fail("db", &err);
}
