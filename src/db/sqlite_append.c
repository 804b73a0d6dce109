/* SQLite: many rows at once, straight through the prepared INSERT: nothing is copied on the way to the page.
 */
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

/* One row into the table, or *repeat. */
static mr_status insert(db_statement *s, const db_value *values, size_t row, bool *repeat, mr_error *err) {
    sqlite3_stmt *stmt = s->of.sqlite.stmt;
    int rc = SQLITE_OK;
    for (int i = 0; i < s->n && !rc; i++) {
        mr_status status = db_check_value(s->db, s->types[i], &values[i], (size_t)i, (int64_t)row, err);
        if (status) return status;
        rc = bind(stmt, s->of.sqlite.index[i], s->types[i], &values[i]);
    }
    if (!rc) rc = sqlite3_step(stmt);
    *repeat = rc == SQLITE_DONE && !sqlite3_changes64(s->db->of.sqlite);
    /* The message is that of the step: taken before the reset. */
    mr_status status = rc == SQLITE_DONE ? MR_OK : sqlite_fail(s->db, rc, err);
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

static mr_status prepare(db *d, const db_append_plan *plan, db_statement **insert_out,
                         db_statement **select_out, mr_error *err) {
    char key_types[DB_MAX_COLUMNS + 1] = "";
    memcpy(key_types, plan->types, plan->key);
    text_buffer sql = {0};
    db_append_insert_sql(&sql, plan);
    mr_status status = db_prepare(d, text_terminate(&sql), plan->types, insert_out, err);
    sql.len = 0;
    db_append_select_sql(&sql, plan);
    if (!status) status = db_prepare(d, text_terminate(&sql), key_types, select_out, err);
    if (sql.failed) status = error_memory(err, sql.len);
    text_free(&sql);
    return status;
}

mr_status sqlite_append(db *d, const db_append_plan *plan, size_t n, db_append_row row, void *ctx,
                        db_differing *differing, uint64_t *added, mr_error *err) {
    db_statement *insertion, *selection;
    mr_status status = prepare(d, plan, &insertion, &selection, err);
    db_value values[DB_MAX_COLUMNS];
    uint64_t repeats = 0;
    for (size_t i = 0; i < n && !status; i++) {
        bool repeat, equal = true;
        row(ctx, i, values);
        status = insert(insertion, values, i, &repeat, err);
        if (status || !repeat) continue;
        repeats++;
        if (plan->compare_n) status = compare(selection, plan, values, &equal, err);
        if (!status && !equal) status = db_differing_add(differing, i, err);
    }
    if (!status) *added = n - repeats;
    return status;
}
