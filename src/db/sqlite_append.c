/* SQLite: many rows at once, by one INSERT that fetches them itself (sqlite_rows.c): nothing is copied on the way to the page. */
#include "sqlite.h"

#include <string.h>

static int bind(sqlite3_stmt *stmt, int index, char type, const db_value *value) {
    switch (type) {
    case 'r':
        return sqlite3_bind_double(stmt, index, value->real);
    case 't':
        return sqlite3_bind_text64(stmt, index, value->text.at, value->text.len, SQLITE_STATIC,
                                   SQLITE_UTF8); /* NULL: NULL */
    case 'b':
        return sqlite3_bind_blob64(stmt, index, value->text.at, value->text.len, SQLITE_STATIC);
    default:
        return sqlite3_bind_int64(stmt, index, value->integer);
    }
}

/* All rows that are not there yet, by one statement. *inserted: how many. */
static mr_status insert(db_statement *s, sqlite_rows *rows, uint64_t *inserted, mr_error *err) {
    sqlite3_stmt *stmt = s->of.sqlite.stmt;
    rows->err = err;
    rows->status = MR_OK;
    int rc = sqlite3_step(stmt);
    *inserted = rc == SQLITE_DONE ? (uint64_t)sqlite3_changes64(s->db->of.sqlite) : 0;
    /* The message is that of the step: taken before the reset. A value that was refused has said so itself. */
    mr_status status = rows->status ? rows->status : rc == SQLITE_DONE ? MR_OK : sqlite_fail(s->db, rc, err);
    sqlite3_reset(stmt);
    return status;
}

static mr_status compare(db_statement *select, const db_append_plan *plan, const db_value *values,
                         bool *equal, mr_error *err) {
    sqlite3_stmt *stmt = select->of.sqlite.stmt;
    int rc = SQLITE_OK;
    for (int i = 0; i < select->n && !rc; i++)
        rc = bind(stmt, select->of.sqlite.index[i], select->types[i], &values[i]);
    if (!rc) rc = sqlite3_step(stmt);
    *equal = rc == SQLITE_ROW;
    for (size_t i = 0; rc == SQLITE_ROW && *equal && i < plan->compare_n; i++) {
        int column = plan->compare[i];
        *equal = db_append_equal(plan->types[column], &values[column], select, (int)i);
    }
    mr_status status = rc == SQLITE_ROW || rc == SQLITE_DONE ? MR_OK : sqlite_fail(select->db, rc, err);
    sqlite3_reset(stmt);
    return status;
}

static mr_status prepare(db *d, const db_append_plan *plan, bool overwrite, db_statement **out, mr_error *err) {
    text_buffer sql = {0};
    sqlite_rows_sql(&sql, plan, overwrite);
    const char *text = text_terminate(&sql);
    mr_status status = sql.failed ? error_memory(err, sql.len) : db_prepare(d, text, "", out, err);
    text_free(&sql);
    return status;
}

static mr_status prepare_select(db *d, const db_append_plan *plan, db_statement **out, mr_error *err) {
    char types[DB_MAX_COLUMNS + 1] = "";
    memcpy(types, plan->types, plan->key);
    text_buffer sql = {0};
    db_append_select_sql(&sql, plan);
    const char *text = text_terminate(&sql);
    mr_status status = sql.failed ? error_memory(err, sql.len) : db_prepare(d, text, types, out, err);
    text_free(&sql);
    return status;
}

/* Which rows were there already is not asked: whoever was put in now equals what is stored. */
static mr_status compare_all(db *d, const db_append_plan *plan, size_t n, db_append_row row, void *ctx,
                             db_differing *differing, mr_error *err) {
    db_value values[DB_MAX_COLUMNS];
    db_statement *select;
    mr_status status = prepare_select(d, plan, &select, err);
    for (size_t i = 0; i < n && !status; i++) {
        bool equal;
        row(ctx, i, values);
        status = compare(select, plan, values, &equal, err);
        if (!status && !equal) status = db_differing_add(differing, i, err);
    }
    return status;
}

static mr_status put(db *d, const db_append_plan *plan, bool overwrite, size_t n, db_append_row row, void *ctx,
                     uint64_t *inserted, mr_error *err) {
    db_statement *insertion;
    mr_status status = prepare(d, plan, overwrite, &insertion, err);
    if (status) return status;
    *d->rows = (sqlite_rows){.db = d, .types = plan->types, .sound = plan->sound, .n = n, .row = row, .ctx = ctx};
    status = insert(insertion, d->rows, inserted, err);
    *d->rows = (sqlite_rows){.db = d, .types = ""};
    return status;
}

mr_status sqlite_append(db *d, const db_append_plan *plan, size_t n, db_append_row row, void *ctx,
                        db_differing *differing, uint64_t *added, mr_error *err) {
    uint64_t inserted;
    mr_status status = put(d, plan, false, n, row, ctx, &inserted, err);
    if (!status && inserted < n && plan->compare_n) status = compare_all(d, plan, n, row, ctx, differing, err);
    if (!status) *added = inserted;
    return status;
}

mr_status sqlite_overwrite(db *d, const db_append_plan *plan, size_t n, db_append_row row, void *ctx, mr_error *err) {
    uint64_t inserted;
    return put(d, plan, true, n, row, ctx, &inserted, err);
}
