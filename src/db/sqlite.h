/* What the SQLite files share. */
#ifndef DB_SQLITE_H
#define DB_SQLITE_H

#include "impl.h"

#include <sqlite3.h>

/* The failure of the last call on the connection as a fault and a message that names the file and the way out. Returns the status. */
mr_status sqlite_fail(db *d, int rc, mr_error *err);
/* Opens d->url with the settings every connection has. */
mr_status sqlite_open(db *d, mr_error *err);
void sqlite_close(db *d);

/* sqlite_statement.c */
mr_status sqlite_prepare(db_statement *s, mr_error *err);
void sqlite_unprepare(db_statement *s);
mr_status sqlite_start(db_statement *s, mr_error *err);
mr_status sqlite_next(db_statement *s, bool *row, mr_error *err);
int64_t sqlite_changed(const db_statement *s);
void sqlite_reset(db_statement *s);
int64_t sqlite_integer(const db_statement *s, int column);
double sqlite_real(const db_statement *s, int column);
const char *sqlite_text(const db_statement *s, int column, size_t *len);
bool sqlite_only_reads(const db_statement *s);
void sqlite_cost(const db_statement *s, db_cost *out);
bool sqlite_is_null(const db_statement *s, int column);
/* A statement that writes, in a transaction that only reads: refused as PostgreSQL refuses it. */
mr_status sqlite_may_run(db *d, sqlite3_stmt *stmt, mr_error *err);
mr_status sqlite_stream_open(db_stream *s, const char *sql, const int64_t *parameters, size_t n, mr_error *err);
mr_status sqlite_stream_next(db_stream *s, bool *row, mr_error *err);
void sqlite_stream_close(db_stream *s);

/* sqlite_rows.c: the rows an append under way puts in, as the table marram_rows of this connection */
typedef struct sqlite_rows {
    db *db;
    const char *types;
    bool sound; /* db_append_plan.sound */
    size_t n;
    db_append_row row;
    void *ctx;
    mr_status status; /* of a value that is not allowed */
    mr_error *err;
} sqlite_rows;
int sqlite_rows_register(db *d); /* d->rows is freed by sqlite_close */
void sqlite_rows_sql(text_buffer *sql, const db_append_plan *plan, bool overwrite);

/* sqlite_append.c */
mr_status sqlite_append(db *d, const db_append_plan *plan, size_t n, db_append_row row, void *ctx, db_differing *differing,
                        uint64_t *added, mr_error *err);

mr_status sqlite_overwrite(db *d, const db_append_plan *plan, size_t n, db_append_row row, void *ctx, mr_error *err);

/* sqlite_care.c, sqlite_backup.c */
mr_status sqlite_sync(db *d, mr_error *err);
mr_status sqlite_checkpoint(db *d, bool truncate, mr_error *err);
mr_status sqlite_vacuum(db *d, mr_error *err);
mr_status sqlite_analyze(db *d, mr_error *err);
mr_status sqlite_size(db *d, int64_t *bytes, mr_error *err);
mr_status sqlite_integrity(db *d, void (*found)(const char *line, void *ctx), void *ctx, mr_error *err);
mr_status sqlite_backup(const char *url, const char *path, const mr_context *context, mr_error *err);
mr_status sqlite_restore(const char *url, const char *path, const mr_context *context, mr_error *err);

#endif
