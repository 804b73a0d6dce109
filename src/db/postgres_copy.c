/* PostgreSQL: rows in the binary format of COPY.
 *
 * Format (PostgreSQL documentation, "COPY", binary format): the signature, 4 bytes of flags, 4 of a header's
 * extension (0); each row a 2-byte count of fields, each field a 4-byte length (-1: NULL) and its bytes; 2
 * bytes of -1 at the end. Big-endian. */
#include "postgres.h"

#include <limits.h>

enum { FULL = 128 << 10 };

static const char head[19] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0";

static void put16(text_buffer *b, int16_t value) {
    uint16_t wire = htobe16((uint16_t)value);
    memcpy(b->data + b->len, &wire, 2);
    b->len += 2;
}

static void put32(text_buffer *b, int32_t value) {
    uint32_t wire = htobe32((uint32_t)value);
    memcpy(b->data + b->len, &wire, 4);
    b->len += 4;
}

static mr_status put_row(db *d, text_buffer *b, const db_append_plan *plan, size_t columns,
                         const db_value *values, size_t row, bool number, mr_error *err) {
    if (!text_reserve(b, 16 + columns * 12)) return error_memory(err, b->len);
    put16(b, (int16_t)(columns + number));
    if (number) {
        put32(b, 8);
        b->len += postgres_store(b->data + b->len, 'i', &(db_value){.integer = (int64_t)row});
    }
    for (size_t i = 0; i < columns; i++) {
        char type = plan->types[i];
        mr_status status = db_check_value(d, type, &values[i], i, (int64_t)row, err);
        if (status) return status;
        if (type != 't' && type != 'b') {
            put32(b, type == 's' ? 2 : type == 'd' ? 4 : 8);
            b->len += postgres_store(b->data + b->len, type, &values[i]);
        } else if (!values[i].text.at) {
            put32(b, -1);
        } else {
            if (!text_reserve(b, values[i].text.len + 16 + (columns - i) * 12))
                return error_memory(err, values[i].text.len);
            put32(b, (int32_t)values[i].text.len);
            memcpy(b->data + b->len, values[i].text.at, values[i].text.len);
            b->len += values[i].text.len;
        }
    }
    return MR_OK;
}

/* All rows into the COPY under way. *refused: the server (or the connection) takes no more; its error comes
 * as the result. */
static mr_status put_rows(db *d, const db_append_plan *plan, size_t n, db_append_row row, void *ctx,
                          bool number, bool *refused, mr_error *err) {
    PGconn *conn = d->of.postgres.conn;
    text_buffer b = {0};
    mr_status status = text_reserve(&b, FULL + 4096) ? MR_OK : error_memory(err, FULL);
    if (!status) text_add(&b, head, sizeof head);
    db_value values[DB_MAX_COLUMNS];
    size_t columns = strlen(plan->types);
    for (size_t i = 0; i < n && !status && !*refused; i++) {
        row(ctx, i, values);
        status = put_row(d, &b, plan, columns, values, i, number, err);
        if (status || b.len < FULL) continue;
        if (b.len > INT_MAX) { /* of its many texts each was short enough */
            status = error_set(err, MR_EDATA, NULL, (int64_t)i, "%s: a row of more than 2 GB", d->name);
            break;
        }
        *refused = PQputCopyData(conn, b.data, (int)b.len) != 1;
        b.len = 0;
    }
    if (!status && !*refused) {
        put16(&b, -1);
        *refused = PQputCopyData(conn, b.data, (int)b.len) != 1;
    }
    text_free(&b);
    return status;
}

mr_status postgres_copy_in(db *d, const char *sql, const db_append_plan *plan, size_t n, db_append_row row,
                           void *ctx, bool number, PGresult **out, mr_error *err) {
    PGconn *conn = d->of.postgres.conn;
    *out = NULL;
    PGresult *result = PQexec(conn, sql);
    if (PQresultStatus(result) != PGRES_COPY_IN) return postgres_fail(d, result, err);
    PQclear(result);
    bool refused = false;
    mr_status status = put_rows(d, plan, n, row, ctx, number, &refused, err);
    /* The server has its say whether the rows ended well or not. Where libpq took no more of them and the connection is there (it had no memory),
     * the server must not take those that went over for all. */
    PQputCopyEnd(conn, status ? "the rows could not be made" : refused ? "there was no memory for the rows" : NULL);
    result = PQgetResult(conn);
    for (PGresult *more; result && (more = PQgetResult(conn));) PQclear(more);
    if (status) {
        PQclear(result);
        return db_fail(d, DB_FAULT_OTHER, status, err);
    }
    *out = result;
    return MR_OK;
}
