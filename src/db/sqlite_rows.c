/* SQLite: the rows of an append as a table that SQLite reads by itself.
 *
 *     INSERT INTO table (...) SELECT c0, c1, ... FROM marram_rows ...
 *
 * One statement for all rows in place of one each: a third less work under the lock than binding and stepping a prepared INSERT row by
 * row, which is what two processes that write to one file wait for. The table is of the connection alone and holds what sqlite_rows
 * points to while such a statement runs. */
#include "sqlite.h"

#include <string.h>

typedef struct cursor {
    sqlite3_vtab_cursor base; /* first: SQLite knows it by this */
    size_t at;
    db_value values[DB_MAX_COLUMNS];
} cursor;

typedef struct rows_table {
    sqlite3_vtab base;
    sqlite_rows *rows;
} rows_table;

static int connect(sqlite3 *sqlite, void *rows, int argc, const char *const *argv, sqlite3_vtab **out, char **message) {
    (void)argc, (void)argv, (void)message;
    text_buffer sql = {0};
    text_puts(&sql, "CREATE TABLE x(");
    for (int i = 0; i < DB_MAX_COLUMNS; i++) text_printf(&sql, "%sc%d", i ? "," : "", i);
    text_puts(&sql, ")");
    rows_table *table = sql.failed ? NULL : sqlite3_malloc(sizeof *table);
    int rc = table ? sqlite3_declare_vtab(sqlite, text_terminate(&sql)) : SQLITE_NOMEM;
    text_free(&sql);
    if (rc) {
        sqlite3_free(table);
        return rc;
    }
    *table = (rows_table){.rows = rows};
    *out = &table->base;
    return SQLITE_OK;
}

static int disconnect(sqlite3_vtab *table) {
    sqlite3_free(table);
    return SQLITE_OK;
}

static int best_index(sqlite3_vtab *table, sqlite3_index_info *about) {
    (void)table;
    about->estimatedCost = 1;
    about->estimatedRows = 10000;
    return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *table, sqlite3_vtab_cursor **out) {
    (void)table;
    cursor *c = sqlite3_malloc(sizeof *c);
    if (!c) return SQLITE_NOMEM;
    memset(&c->base, 0, sizeof c->base);
    c->at = 0;
    *out = &c->base;
    return SQLITE_OK;
}

static int close_cursor(sqlite3_vtab_cursor *c) {
    sqlite3_free(c);
    return SQLITE_OK;
}

static sqlite_rows *rows_of(const sqlite3_vtab_cursor *c) {
    return ((rows_table *)c->pVtab)->rows;
}

/* The row at hand, checked as the values of every statement are. */
static int fetch(cursor *c) {
    sqlite_rows *r = rows_of(&c->base);
    if (c->at >= r->n) return SQLITE_OK;
    r->row(r->ctx, c->at, c->values);
    for (size_t i = 0; !r->sound && r->types[i] && !r->status; i++)
        r->status = db_check_value(r->db, r->types[i], &c->values[i], i, (int64_t)c->at, r->err);
    return r->status ? SQLITE_ERROR : SQLITE_OK;
}

static int filter(sqlite3_vtab_cursor *base, int number, const char *text, int argc, sqlite3_value **argv) {
    (void)number, (void)text, (void)argc, (void)argv;
    cursor *c = (cursor *)base;
    c->at = 0;
    return fetch(c);
}

static int next(sqlite3_vtab_cursor *base) {
    cursor *c = (cursor *)base;
    c->at++;
    return fetch(c);
}

static int at_end(sqlite3_vtab_cursor *base) {
    return ((cursor *)base)->at >= rows_of(base)->n;
}

/* Texts are used before the next row: SQLite need not copy them. */
static int column(sqlite3_vtab_cursor *base, sqlite3_context *out, int i) {
    const db_value *value = &((cursor *)base)->values[i];
    switch (rows_of(base)->types[i]) {
    case 'r':
        sqlite3_result_double(out, value->real);
        break;
    case 't':
        sqlite3_result_text64(out, value->text.at, value->text.len, SQLITE_STATIC, SQLITE_UTF8); /* NULL: NULL */
        break;
    case 'b':
        sqlite3_result_blob64(out, value->text.at, value->text.len, SQLITE_STATIC);
        break;
    default:
        sqlite3_result_int64(out, value->integer);
    }
    return SQLITE_OK;
}

static int row_number(sqlite3_vtab_cursor *base, sqlite3_int64 *out) {
    *out = (sqlite3_int64)((cursor *)base)->at;
    return SQLITE_OK;
}

/* Without xCreate the table is there by its name alone, and is not in the file. */
static const sqlite3_module module = {.xConnect = connect, .xDisconnect = disconnect, .xBestIndex = best_index, .xOpen = open_cursor,
                                      .xClose = close_cursor, .xFilter = filter, .xNext = next, .xEof = at_end, .xColumn = column,
                                      .xRowid = row_number};

int sqlite_rows_register(db *d) {
    d->rows = mem_new(NULL, 1, sizeof *d->rows);
    if (!d->rows) return SQLITE_NOMEM;
    d->rows->db = d;
    return sqlite3_create_module(d->of.sqlite, "marram_rows", &module, d->rows);
}

void sqlite_rows_sql(text_buffer *sql, const db_append_plan *plan, bool overwrite) {
    text_printf(sql, "INSERT %sINTO %s (", overwrite ? "OR REPLACE " : "", plan->table);
    db_append_columns(sql, plan, strlen(plan->types), "");
    text_puts(sql, ") SELECT ");
    for (size_t i = 0; plan->types[i]; i++) text_printf(sql, "%sc%zu", i ? ", " : "", i);
    text_puts(sql, " FROM marram_rows");
    if (overwrite) return;
    text_puts(sql, " WHERE 1=1 ON CONFLICT ("); /* WHERE: so that ON cannot be that of a join */
    db_append_columns(sql, plan, plan->key, "");
    text_puts(sql, ") DO NOTHING");
}
