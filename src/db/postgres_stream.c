/* PostgreSQL: one large read by COPY (SELECT ...) TO STDOUT in binary (the format: postgres_copy.c): the rows
 * come as they are found, and are read where libpq put them. */
#include "postgres.h"

enum { HEAD = 19 };

/* The SELECT with its parameters written in: COPY takes none. Numbers alone, so nothing can be slipped in. */
static void render(text_buffer *out, const char *sql, const int64_t *parameters) {
    while (*sql) {
        size_t number, len = db_sql_piece(sql, &number);
        if (number) {
            text_printf(out, "CAST('%lld' AS BIGINT)", (long long)parameters[number - 1]);
        } else {
            text_add(out, sql, len);
        }
        sql += len;
    }
}

mr_status postgres_stream_open(db_stream *s, const char *sql, const int64_t *parameters, size_t n,
                               mr_error *err) {
    (void)n; /* as many as the text names */
    db *d = s->db;
    mr_status status = postgres_alive(d, err);
    if (status) return status;
    text_buffer text = {0};
    /* A stream closed before its end is cancelled, which is an error: the savepoint keeps it from the
     * transaction. One round trip. */
    text_puts(&text, d->in_transaction ? "SAVEPOINT marram_stream; COPY (" : "COPY (");
    render(&text, sql, parameters);
    text_puts(&text, d->in_transaction ? "\n) TO STDOUT (FORMAT binary); RELEASE SAVEPOINT marram_stream"
                                       : "\n) TO STDOUT (FORMAT binary)");
    const char *whole = text_terminate(&text);
    if (text.failed) {
        status = error_memory(err, text.len);
    } else {
        PGresult *result = PQexec(d->of.postgres.conn, whole);
        if (PQresultStatus(result) != PGRES_COPY_OUT) {
            status = postgres_fail(d, result, err);
        } else if (PQnfields(result) != s->columns) {
            PQclear(result);
            postgres_disconnect(d);
            status = db_fail(
                d, DB_FAULT_OTHER,
                error_set(err, MR_EINVAL, NULL, -1, "not a SELECT of %d columns: %s", s->columns, sql), err);
        } else {
            PQclear(result);
        }
    }
    text_free(&text);
    return status;
}

/* All results that stand behind the COPY; the first that failed decides. */
static mr_status finish(db_stream *s, bool *failed, mr_error *err) {
    db *d = s->db;
    mr_status status = MR_OK;
    for (PGresult *result; !status && (result = PQgetResult(d->of.postgres.conn));) {
        *failed = PQresultStatus(result) != PGRES_COMMAND_OK;
        if (*failed) {
            status = postgres_fail(d, result, err);
            for (PGresult *more; d->of.postgres.conn && (more = PQgetResult(d->of.postgres.conn));)
                PQclear(more);
        } else {
            PQclear(result);
        }
    }
    return status;
}

static mr_status wrong(db_stream *s, int column, mr_error *err) {
    error_set(err, MR_EINVAL, NULL, -1,
              "%s: column %d of a stream has not the type '%c' it was asked for with: CAST it", s->db->name,
              column + 1, s->types[column]);
    return db_fail(s->db, DB_FAULT_OTHER, MR_EINVAL, err);
}

/* One row of the message at s->of.postgres.at into the values. */
static mr_status parse(db_stream *s, mr_error *err) {
    const char *at = s->of.postgres.message + s->of.postgres.at,
               *end = s->of.postgres.message + s->of.postgres.len;
    for (int i = 0; i < s->columns; i++) {
        if (end - at < 4) return wrong(s, i, err);
        int32_t len = (int32_t)postgres_load(at, 4);
        at += 4;
        if (len > end - at) return wrong(s, i, err);
        db_value *value = &s->values[i];
        char type = s->types[i];
        if (type == 't' || type == 'b') {
            value->text.at = len < 0 ? NULL : at;
            value->text.len = len < 0 ? 0 : (size_t)len;
        } else if (len < 0) {
            memset(value, 0, sizeof *value);
        } else if (type == 'r') {
            if (len != 8) return wrong(s, i, err);
            value->real = postgres_load_real(at);
        } else {
            if (len != 8 && len != 4 && len != 2) return wrong(s, i, err);
            value->integer = postgres_load(at, (size_t)len);
        }
        at += len > 0 ? len : 0;
    }
    s->of.postgres.at = (size_t)(at - s->of.postgres.message);
    return MR_OK;
}

mr_status postgres_stream_next(db_stream *s, bool *row, mr_error *err) {
    PGconn *conn = s->db->of.postgres.conn;
    *row = false;
    for (;;) {
        /* A message is a row, but the first has the head before it and the last is the end alone. */
        if (s->of.postgres.message && s->of.postgres.at + 2 <= s->of.postgres.len) {
            int64_t fields = postgres_load(s->of.postgres.message + s->of.postgres.at, 2);
            s->of.postgres.at += 2;
            if (fields == -1) continue;
            if (fields != s->columns) return wrong(s, 0, err);
            *row = true;
            return parse(s, err);
        }
        PQfreemem(s->of.postgres.message);
        s->of.postgres.message = NULL;
        int len = PQgetCopyData(conn, &s->of.postgres.message, 0);
        if (len < 0) break;
        s->of.postgres.len = (size_t)len;
        s->of.postgres.at = s->of.postgres.begun ? 0 : HEAD;
        s->of.postgres.begun = true;
    }
    bool failed = false;
    s->of.postgres.over = true;
    return finish(s, &failed, err);
}

/* Ends the COPY before its end; what the transaction did before stays. */
static void give_up(db_stream *s) {
    db *d = s->db;
    PGconn *conn = d->of.postgres.conn;
    char ignored[256];
    PGcancel *cancel = PQgetCancel(conn);
    if (cancel) PQcancel(cancel, ignored, sizeof ignored);
    PQfreeCancel(cancel);
    for (char *message; PQgetCopyData(conn, &message, 0) > 0;) PQfreemem(message);
    bool failed = false;
    for (PGresult *result; (result = PQgetResult(conn));) {
        failed = failed || PQresultStatus(result) != PGRES_COMMAND_OK;
        PQclear(result);
    }
    if (!failed || !d->in_transaction || d->broken != DB_FAULT_NONE) return;
    if (postgres_command(d, "ROLLBACK TO SAVEPOINT marram_stream; RELEASE SAVEPOINT marram_stream", NULL))
        postgres_disconnect(d);
}

void postgres_stream_close(db_stream *s) {
    PQfreemem(s->of.postgres.message);
    s->of.postgres.message = NULL;
    if (!s->of.postgres.over && PQstatus(s->db->of.postgres.conn) == CONNECTION_OK) give_up(s);
}
