/* SQLite: statements and streams. */
#include "sqlite.h"

#include <stdio.h>
#include <string.h>

mr_status sqlite_prepare(db_statement *s, mr_error *err) {
    db *d = s->db;
    const char *tail;
    int rc =
        sqlite3_prepare_v3(d->of.sqlite, s->sql, -1, SQLITE_PREPARE_PERSISTENT, &s->of.sqlite.stmt, &tail);
    if (rc) return sqlite_fail(d, rc, err);
    if (!s->of.sqlite.stmt || tail[strspn(tail, " \t\r\n;")])
        return db_fail(d, DB_FAULT_OTHER,
                       error_set(err, MR_EINVAL, NULL, -1, "not one statement: %s", s->sql), err);
    s->of.sqlite.columns = sqlite3_column_count(s->of.sqlite.stmt);
    s->of.sqlite.index = mem_new(NULL, (size_t)s->n, sizeof *s->of.sqlite.index);
    if (!s->of.sqlite.index) return error_memory(err, (size_t)s->n * sizeof(int));
    for (int i = 0; i < s->n; i++) {
        char name[16];
        snprintf(name, sizeof name, "$%d", i + 1);
        s->of.sqlite.index[i] = sqlite3_bind_parameter_index(s->of.sqlite.stmt, name);
    }
    /* A parameter by another name (?1, $1::bigint) would be NULL and nobody the wiser. */
    bool all = sqlite3_bind_parameter_count(s->of.sqlite.stmt) == s->n;
    for (int i = 0; i < s->n; i++) all = all && s->of.sqlite.index[i] > 0;
    if (!all)
        return db_fail(
            d, DB_FAULT_OTHER,
            error_set(err, MR_EINVAL, NULL, -1, "the parameters are not $1 to $%d: %s", s->n, s->sql), err);
    return MR_OK;
}

void sqlite_unprepare(db_statement *s) {
    sqlite3_finalize(s->of.sqlite.stmt);
    mem_free(NULL, s->of.sqlite.index);
}

mr_status sqlite_may_run(db *d, sqlite3_stmt *stmt, mr_error *err) {
    if ((!d->in_transaction || d->mode == DB_WRITE) && !d->options.read_only) return MR_OK;
    if (sqlite3_stmt_readonly(stmt)) return MR_OK;
    error_set(err, MR_EIO, NULL, -1, "%s: a statement that writes, where only reading was asked for: %s",
              d->name, sqlite3_sql(stmt));
    return db_fail(d, DB_FAULT_READ_ONLY, MR_EIO, err);
}

static int bind(sqlite3_stmt *stmt, int index, const db_parameter *p) {
    switch (p->kind) {
    case 'i':
        return sqlite3_bind_int64(stmt, index, p->value.integer);
    case 'r':
        return sqlite3_bind_double(stmt, index, p->value.real);
    case 't':
        return sqlite3_bind_text64(stmt, index, p->value.text.at, p->value.text.len, SQLITE_STATIC,
                                   SQLITE_UTF8);
    case 'b':
        return sqlite3_bind_blob64(stmt, index, p->value.text.at, p->value.text.len, SQLITE_STATIC);
    default:
        return sqlite3_bind_null(stmt, index);
    }
}

mr_status sqlite_start(db_statement *s, mr_error *err) {
    sqlite3_stmt *stmt = s->of.sqlite.stmt;
    mr_status status = sqlite_may_run(s->db, stmt, err);
    if (status) return status;
    int rc = SQLITE_OK;
    for (int i = 0; i < s->n && !rc; i++) rc = bind(stmt, s->of.sqlite.index[i], &s->parameters[i]);
    s->of.sqlite.rows = 0;
    s->of.sqlite.before = sqlite3_total_changes64(s->db->of.sqlite);
    return rc ? sqlite_fail(s->db, rc, err) : MR_OK;
}

mr_status sqlite_next(db_statement *s, bool *row, mr_error *err) {
    int rc = sqlite3_step(s->of.sqlite.stmt);
    *row = rc == SQLITE_ROW;
    s->of.sqlite.rows += *row;
    if (*row || rc == SQLITE_DONE) return MR_OK;
    return sqlite_fail(s->db, rc, err);
}

int64_t sqlite_changed(const db_statement *s) {
    return s->of.sqlite.columns ? s->of.sqlite.rows
                                : sqlite3_total_changes64(s->db->of.sqlite) - s->of.sqlite.before;
}

void sqlite_reset(db_statement *s) {
    sqlite3_reset(s->of.sqlite.stmt);
}

int64_t sqlite_integer(const db_statement *s, int column) {
    return sqlite3_column_int64(s->of.sqlite.stmt, column);
}

double sqlite_real(const db_statement *s, int column) {
    return sqlite3_column_double(s->of.sqlite.stmt, column);
}

const char *sqlite_text(const db_statement *s, int column, size_t *len) {
    sqlite3_stmt *stmt = s->of.sqlite.stmt;
    int type = sqlite3_column_type(stmt, column);
    const char *text = NULL;
    if (type != SQLITE_NULL)
        text = type == SQLITE_BLOB ? sqlite3_column_blob(stmt, column)
                                   : (const char *)sqlite3_column_text(stmt, column);
    *len = text ? (size_t)sqlite3_column_bytes(stmt, column) : 0;
    return text;
}

bool sqlite_is_null(const db_statement *s, int column) {
    return sqlite3_column_type(s->of.sqlite.stmt, column) == SQLITE_NULL;
}

bool sqlite_only_reads(const db_statement *s) {
    return sqlite3_stmt_readonly(s->of.sqlite.stmt);
}

void sqlite_cost(const db_statement *s, db_cost *out) {
    sqlite3_stmt *stmt = s->of.sqlite.stmt;
    out->runs = sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_RUN, 0);
    out->steps = sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_VM_STEP, 0);
    out->scanned = sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_FULLSCAN_STEP, 0);
}

/* --- streams --- */

mr_status sqlite_stream_open(db_stream *s, const char *sql, const int64_t *parameters, size_t n,
                             mr_error *err) {
    db *d = s->db;
    sqlite3_stmt *stmt;
    int rc = sqlite3_prepare_v2(d->of.sqlite, sql, -1, &stmt, NULL);
    if (rc) return sqlite_fail(d, rc, err);
    s->of.sqlite = stmt;
    bool fits = sqlite3_column_count(stmt) == s->columns && sqlite3_bind_parameter_count(stmt) == (int)n &&
                sqlite3_stmt_readonly(stmt);
    for (size_t i = 0; fits && i < n; i++) {
        char name[24];
        snprintf(name, sizeof name, "$%zu", i + 1);
        int index = sqlite3_bind_parameter_index(stmt, name);
        fits = index > 0 && !sqlite3_bind_int64(stmt, index, parameters[i]);
    }
    if (fits) return MR_OK;
    sqlite3_finalize(stmt);
    error_set(err, MR_EINVAL, NULL, -1, "not a SELECT of %d columns with the parameters $1 to $%zu: %s",
              s->columns, n, sql);
    return db_fail(d, DB_FAULT_OTHER, MR_EINVAL, err);
}

mr_status sqlite_stream_next(db_stream *s, bool *row, mr_error *err) {
    sqlite3_stmt *stmt = s->of.sqlite;
    int rc = sqlite3_step(stmt);
    *row = rc == SQLITE_ROW;
    if (!*row) return rc == SQLITE_DONE ? MR_OK : sqlite_fail(s->db, rc, err);
    for (int i = 0; i < s->columns; i++) {
        db_value *value = &s->values[i];
        char type = s->types[i];
        if (type == 't') {
            value->text.at = (const char *)sqlite3_column_text(stmt, i);
            value->text.len = (size_t)sqlite3_column_bytes(stmt, i);
        } else if (type == 'r') {
            value->real = sqlite3_column_double(stmt, i);
        } else if (type != 'b') {
            value->integer = sqlite3_column_int64(stmt, i);
        } else {
            value->text.at = sqlite3_column_blob(stmt, i);
            value->text.len = (size_t)sqlite3_column_bytes(stmt, i);
            /* SQLite gives NULL for no bytes, too. */
            if (!value->text.at && sqlite3_column_type(stmt, i) != SQLITE_NULL) value->text.at = "";
        }
    }
    return MR_OK;
}

void sqlite_stream_close(db_stream *s) {
    sqlite3_finalize(s->of.sqlite);
}
