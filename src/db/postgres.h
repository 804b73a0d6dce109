/* What the PostgreSQL files share. */
#ifndef DB_POSTGRES_H
#define DB_POSTGRES_H

#include "impl.h"

#include <endian.h>
#include <libpq-fe.h>
#include <string.h>

/* Fills in the fault and a message for a result that is not what was wanted (NULL: the connection itself). Clears result, returns
 * the status. */
mr_status postgres_fail(db *d, PGresult *result, mr_error *err);
/* Statements without parameters; what they return is thrown away. */
mr_status postgres_command(db *d, const char *sql, mr_error *err);
/* The first column of the first row as an integer (text protocol), 0 where there is no row. */
mr_status postgres_number(db *d, const char *sql, int64_t *out, mr_error *err);
/* Connected, or connected again where that can be done (outside a transaction). */
mr_status postgres_alive(db *d, mr_error *err);

/* postgres_connect.c */
mr_status postgres_connect(db *d, mr_error *err);
void postgres_disconnect(db *d);
bool postgres_url_sound(const char *url, mr_error *err);

/* postgres_statement.c */
mr_status postgres_prepare(db_statement *s, mr_error *err);
void postgres_unprepare(db_statement *s);
mr_status postgres_prepare_again(db_statement *s, mr_error *err); /* after a new connection */
void postgres_encode(db_statement *s);                            /* the parameters into of.postgres.values */
mr_status postgres_result(db_statement *s, PGresult *result, mr_error *err);
mr_status postgres_start(db_statement *s, mr_error *err);
mr_status postgres_next(db_statement *s, bool *row, mr_error *err);
int64_t postgres_changed(const db_statement *s);
void postgres_reset(db_statement *s);
int64_t postgres_integer(const db_statement *s, int column);
double postgres_real(const db_statement *s, int column);
const char *postgres_text(const db_statement *s, int column, size_t *len);
bool postgres_is_null(const db_statement *s, int column);

/* postgres_pipeline.c */
mr_status postgres_each(db_statement *s, size_t n, db_item_bind bind, db_item_row row, void *ctx, int64_t *changed, mr_error *err);

/* postgres_append.c */
mr_status postgres_append(db *d, const db_append_plan *plan, size_t n, db_append_row row, void *ctx, db_differing *differing,
                          uint64_t *added, mr_error *err);

/* postgres_copy.c: rows in PostgreSQL's binary COPY format, into the COPY ... FROM STDIN under way. number: a first column with the
 * row's number. *sent false where the server refused them: its error is the next result. */
mr_status postgres_copy_in(db *d, const char *sql, const db_append_plan *plan, size_t n, db_append_row row, void *ctx, bool number,
                           PGresult **out, mr_error *err);

/* postgres_stream.c */
mr_status postgres_stream_open(db_stream *s, const char *sql, const int64_t *parameters, size_t n, mr_error *err);
mr_status postgres_stream_next(db_stream *s, bool *row, mr_error *err);
void postgres_stream_close(db_stream *s);

/* postgres_care.c, postgres_dump.c */
mr_status postgres_sync(db *d, mr_error *err);
mr_status postgres_checkpoint(db *d, bool truncate, mr_error *err);
mr_status postgres_vacuum(db *d, mr_error *err);
mr_status postgres_analyze(db *d, mr_error *err);
mr_status postgres_size(db *d, int64_t *bytes, mr_error *err);
mr_status postgres_integrity(db *d, void (*found)(const char *line, void *ctx), void *ctx, mr_error *err);
mr_status postgres_backup(const char *url, const char *path, const mr_context *context, mr_error *err);
mr_status postgres_restore(const char *url, const char *path, const mr_context *context, mr_error *err);

/* Integers of the wire: big-endian, of 1, 2, 4 or 8 bytes. */
static inline int64_t postgres_load(const char *at, size_t size) {
    uint64_t v8;
    uint32_t v4;
    uint16_t v2;
    switch (size) {
    case 8: memcpy(&v8, at, 8); return (int64_t)be64toh(v8);
    case 4: memcpy(&v4, at, 4); return (int32_t)be32toh(v4);
    case 2: memcpy(&v2, at, 2); return (int16_t)be16toh(v2);
    case 1: return *at;
    default: return 0;
    }
}

static inline double postgres_load_real(const char *at) {
    int64_t bits = postgres_load(at, 8);
    double value;
    memcpy(&value, &bits, 8);
    return value;
}

/* Writes an s, d, i or r at `at`; returns its size. */
static inline size_t postgres_store(char *at, char type, const db_value *value) {
    if (type == 's') {
        uint16_t v2 = htobe16((uint16_t)value->integer);
        memcpy(at, &v2, 2);
        return 2;
    }
    if (type == 'd') {
        uint32_t v4 = htobe32((uint32_t)value->integer);
        memcpy(at, &v4, 4);
        return 4;
    }
    uint64_t v8; /* a double has the bytes of its bits */
    memcpy(&v8, type == 'r' ? (const void *)&value->real : (const void *)&value->integer, 8);
    v8 = htobe64(v8);
    memcpy(at, &v8, 8);
    return 8;
}

#endif
