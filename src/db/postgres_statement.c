/* PostgreSQL: prepared statements, parameters and results in binary. */
#include "postgres.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    OID_BOOL = 16,
    OID_BYTES = 17,
    OID_NAME = 19,
    OID_BIGINT = 20,
    OID_SMALLINT = 21,
    OID_INTEGER = 23,
    OID_TEXT = 25,
    OID_REAL = 701,
    OID_VARCHAR = 1043
};

static const Oid oids[128] = {['s'] = OID_SMALLINT, ['d'] = OID_INTEGER, ['i'] = OID_BIGINT,
                              ['r'] = OID_REAL,     ['t'] = OID_TEXT,    ['b'] = OID_BYTES};

static const char *name_of(const db_statement *s, char name[16]) {
    snprintf(name, 16, "m%u", s->of.postgres.number);
    return name;
}

mr_status postgres_prepare_again(db_statement *s, mr_error *err) {
    db *d = s->db;
    mr_status status = postgres_alive(d, err);
    if (status || s->of.postgres.generation == d->of.postgres.generation) return status;
    Oid types[DB_MAX_COLUMNS];
    for (int i = 0; i < s->n; i++) types[i] = oids[(unsigned char)s->types[i]];
    char name[16];
    PGresult *result = PQprepare(d->of.postgres.conn, name_of(s, name), s->sql, s->n, types);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) return postgres_fail(d, result, err);
    PQclear(result);
    s->of.postgres.generation = d->of.postgres.generation;
    return MR_OK;
}

mr_status postgres_prepare(db_statement *s, mr_error *err) {
    size_t n = (size_t)s->n;
    s->of.postgres.number = ++s->db->of.postgres.statements;
    s->of.postgres.scratch = mem_new(NULL, n, sizeof *s->of.postgres.scratch);
    s->of.postgres.values = mem_new(NULL, n, sizeof *s->of.postgres.values);
    s->of.postgres.lengths = mem_new(NULL, n, sizeof *s->of.postgres.lengths);
    s->of.postgres.formats = mem_new(NULL, n, sizeof *s->of.postgres.formats);
    if (!s->of.postgres.scratch || !s->of.postgres.values || !s->of.postgres.lengths ||
        !s->of.postgres.formats)
        return error_memory(err, n * sizeof(uint64_t));
    for (size_t i = 0; i < n; i++) s->of.postgres.formats[i] = 1;
    return postgres_prepare_again(s, err);
}

void postgres_unprepare(db_statement *s) {
    /* The server forgets it with the connection. */
    PQclear(s->of.postgres.result);
    mem_free(NULL, s->of.postgres.scratch);
    mem_free(NULL, s->of.postgres.values);
    mem_free(NULL, s->of.postgres.lengths);
    mem_free(NULL, s->of.postgres.formats);
}

void postgres_encode(db_statement *s) {
    for (int i = 0; i < s->n; i++) {
        const db_parameter *p = &s->parameters[i];
        if (p->kind == 'n') {
            s->of.postgres.values[i] = NULL;
        } else if (p->kind == 't' || p->kind == 'b') {
            s->of.postgres.values[i] = p->value.text.at;
            s->of.postgres.lengths[i] = (int)p->value.text.len;
        } else {
            char *at = (char *)&s->of.postgres.scratch[i];
            s->of.postgres.values[i] = at;
            s->of.postgres.lengths[i] = (int)postgres_store(at, s->types[i], &p->value);
        }
    }
}

static bool readable(Oid type) {
    return type == OID_BIGINT || type == OID_INTEGER || type == OID_SMALLINT || type == OID_TEXT ||
           type == OID_REAL || type == OID_BYTES || type == OID_BOOL || type == OID_VARCHAR ||
           type == OID_NAME;
}

mr_status postgres_result(db_statement *s, PGresult *result, mr_error *err) {
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) return postgres_fail(s->db, result, err);
    s->of.postgres.result = result;
    s->of.postgres.row = -1;
    s->of.postgres.columns = PQnfields(result);
    for (int i = 0; i < s->of.postgres.columns; i++) {
        if (readable(PQftype(result, i))) continue;
        postgres_reset(s);
        error_set(err, MR_EINVAL, NULL, -1, "column %d has a type this program does not read, CAST it: %s",
                  i + 1, s->sql);
        return db_fail(s->db, DB_FAULT_OTHER, MR_EINVAL, err);
    }
    return MR_OK;
}

mr_status postgres_start(db_statement *s, mr_error *err) {
    mr_status status = postgres_prepare_again(s, err);
    if (status) return status;
    postgres_encode(s);
    char name[16];
    return postgres_result(s,
                           PQexecPrepared(s->db->of.postgres.conn, name_of(s, name), s->n,
                                          s->of.postgres.values, s->of.postgres.lengths,
                                          s->of.postgres.formats, 1),
                           err);
}

mr_status postgres_next(db_statement *s, bool *row, mr_error *err) {
    (void)err;
    *row = ++s->of.postgres.row < PQntuples(s->of.postgres.result);
    return MR_OK;
}

int64_t postgres_changed(const db_statement *s) {
    const char *tuples = PQcmdTuples(s->of.postgres.result);
    return s->of.postgres.columns ? PQntuples(s->of.postgres.result) : strtoll(tuples, NULL, 10);
}

void postgres_reset(db_statement *s) {
    PQclear(s->of.postgres.result);
    s->of.postgres.result = NULL;
    s->of.postgres.columns = 0;
}

/* --- columns --- */

bool postgres_is_null(const db_statement *s, int column) {
    return column < 0 || column >= s->of.postgres.columns ||
           PQgetisnull(s->of.postgres.result, s->of.postgres.row, column);
}

double postgres_real(const db_statement *s, int column) {
    if (postgres_is_null(s, column)) return 0;
    const char *at = PQgetvalue(s->of.postgres.result, s->of.postgres.row, column);
    if (PQftype(s->of.postgres.result, column) == OID_REAL) return postgres_load_real(at);
    return (double)postgres_integer(s, column);
}

int64_t postgres_integer(const db_statement *s, int column) {
    if (postgres_is_null(s, column)) return 0;
    const PGresult *result = s->of.postgres.result;
    Oid type = PQftype(result, column);
    if (type == OID_REAL) return (int64_t)postgres_real(s, column);
    if (type == OID_TEXT || type == OID_BYTES || type == OID_VARCHAR || type == OID_NAME)
        return strtoll(PQgetvalue(result, s->of.postgres.row, column), NULL, 10); /* as SQLite reads text */
    return postgres_load(PQgetvalue(result, s->of.postgres.row, column),
                         (size_t)PQgetlength(result, s->of.postgres.row, column));
}

const char *postgres_text(const db_statement *s, int column, size_t *len) {
    *len = 0;
    if (postgres_is_null(s, column)) return NULL;
    *len = (size_t)PQgetlength(s->of.postgres.result, s->of.postgres.row, column);
    return PQgetvalue(s->of.postgres.result, s->of.postgres.row, column);
}
