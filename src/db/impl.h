/* What the files of this room share: the db, its statements, and the table of functions a store fills in.
 *
 * The common half (open.c, statement.c, transaction.c, append.c, stream.c) checks what the caller may do and what a value may be,
 * so that both stores refuse the same; the stores' halves (sqlite*.c, postgres*.c) only carry out. */
#ifndef DB_IMPL_H
#define DB_IMPL_H

#include "db.h"
#include "error.h"
#include "mem.h"
#include "text.h"

enum { DB_BUCKETS = 64, DB_BUSY_MS = 10000, DB_LOST_MS = 60000, DB_MAX_COLUMNS = 64 };

typedef struct db_parameter {
    db_value value;
    char kind; /* 0 never bound, i, r, t, b, or n for NULL */
} db_parameter;

struct db_statement {
    db *db;
    db_statement *next; /* in its bucket */
    uint64_t hash;
    char *sql, *types;
    int n;
    db_parameter *parameters; /* [n] */
    db_parameter nowhere;     /* takes what is bound to a parameter that is not there; bound_wrong then says which */
    int bound_wrong;
    bool stepping;
    union {
        struct {
            struct sqlite3_stmt *stmt;
            int *index; /* [n] of $1 .. $n */
            int columns;
            int64_t before, rows; /* changes of the connection before this run; rows given by this run */
        } sqlite;
        struct {
            struct pg_result *result;
            int row, columns;
            unsigned generation, number; /* the connection it was prepared on; its name there */
            uint64_t *scratch;           /* [n] integers and reals in network order */
            const char **values;         /* [n] */
            int *lengths, *formats;      /* [n] */
        } postgres;
    } of;
};

struct db_stream {
    db *db;
    char types[DB_MAX_COLUMNS + 1];
    int columns;
    db_value values[DB_MAX_COLUMNS];
    bool ended;
    mr_status failed; /* why it ended before its end */
    struct shard_merge *merge; /* Citus: not one read but one of each worker (shards.h) */
    union {
        struct sqlite3_stmt *sqlite;
        struct {
            char *message;
            size_t len, at;
            bool begun, over;
        } postgres;
    } of;
};

typedef struct db_differing db_differing;

typedef struct db_driver {
    db_store store;
    mr_status (*open)(db *d, mr_error *err);
    void (*close)(db *d);
    /* Connects again where the connection went away: one attempt. */
    mr_status (*reconnect)(db *d, mr_error *err);
    mr_status (*begin)(db *d, db_mode mode, mr_error *err);
    mr_status (*commit)(db *d, mr_error *err);
    void (*rollback)(db *d);
    mr_status (*execute)(db *d, const char *sql, mr_error *err);

    mr_status (*prepare)(db_statement *s, mr_error *err);
    void (*unprepare)(db_statement *s); /* frees of.*; the statement goes away */
    mr_status (*start)(db_statement *s, mr_error *err); /* the parameters are checked */
    mr_status (*next)(db_statement *s, bool *row, mr_error *err);
    int64_t (*changed)(const db_statement *s); /* after the last row, before reset */
    void (*reset)(db_statement *s);
    int64_t (*integer)(const db_statement *s, int column);
    double (*real)(const db_statement *s, int column);
    const char *(*text)(const db_statement *s, int column, size_t *len); /* NULL: NULL */
    bool (*is_null)(const db_statement *s, int column);
    bool (*only_reads)(const db_statement *s); /* NULL: not known */
    void (*cost)(const db_statement *s, db_cost *out); /* NULL: the store does not count; sql is filled in */
    /* NULL: one after the other is best */
    mr_status (*each)(db_statement *s, size_t n, db_item_bind bind, db_item_row row, void *ctx, int64_t *changed, mr_error *err);

    mr_status (*append)(db *d, const db_append_plan *plan, size_t n, db_append_row row, void *ctx, db_differing *differing,
                        uint64_t *added, mr_error *err);
    /* Overwrites rows whose key is there. NULL: there is no quick way. */
    mr_status (*overwrite)(db *d, const db_append_plan *plan, size_t n, db_append_row row, void *ctx, mr_error *err);
    mr_status (*stream_open)(db_stream *s, const char *sql, const int64_t *parameters, size_t n, mr_error *err);
    mr_status (*stream_next)(db_stream *s, bool *row, mr_error *err);
    void (*stream_close)(db_stream *s);

    mr_status (*sync)(db *d, mr_error *err);
    mr_status (*checkpoint)(db *d, bool truncate, mr_error *err);
    mr_status (*vacuum)(db *d, mr_error *err);
    mr_status (*analyze)(db *d, mr_error *err);
    mr_status (*size)(db *d, int64_t *bytes, mr_error *err);
    mr_status (*integrity)(db *d, void (*found)(const char *line, void *ctx), void *ctx, mr_error *err);
    mr_status (*backup)(const char *url, const char *path, const mr_context *context, mr_error *err);
    mr_status (*restore)(const char *url, const char *path, const mr_context *context, mr_error *err);
} db_driver;

struct db {
    const db_driver *driver;
    db_options options;
    char *url; /* with the password: for connecting, never for a message */
    char *name;
    db_fault fault;
    bool in_transaction;
    db_mode mode;
    db_fault broken; /* not NONE: the transaction under way can only be rolled back, and why */
    char why[160];   /* what broke it */
    db_stream *stream;
    bool pipelining; /* inside db_each: its callbacks must not use the db */
    bool distributed;
    struct shard_nodes *nodes; /* Citus: connections of a read from the workers */
    bool created; /* the file was made by db_open */
    struct sqlite_rows *rows; /* SQLite: those an append puts in */
    double busy_since;        /* SQLite: since when the lock has been waited for, in seconds */
    db_statement *statements[DB_BUCKETS];
    union {
        struct sqlite3 *sqlite;
        struct {
            struct pg_conn *conn;
            unsigned generation, statements;
            bool starting; /* the server said that it is starting up */
            char host[256], port[16]; /* a worker's, in place of the URL's; "" as the URL says */
        } postgres;
    } of;
};

extern const db_driver db_sqlite, db_postgres;

/* The store's table and what stands behind "sqlite:". MR_EINVAL for a URL of neither kind. */
mr_status db_url(const char *url, const db_driver **driver, const char **rest, mr_error *err);

/* May the db run something now: no stream open, no transaction that failed? Clears db_last_fault. */
mr_status db_ready(db *d, mr_error *err);
/* A call failed for `fault`: notes it, and that a transaction under way can only be rolled back. Returns code. */
mr_status db_fail(db *d, db_fault fault, mr_status code, mr_error *err);

/* Is this a value the column may have? `what` says which parameter or column for the message. */
mr_status db_check_value(db *d, char type, const db_value *value, size_t column, int64_t row, mr_error *err);
mr_status db_check_parameters(db_statement *s, mr_error *err);
/* Are the parameters in this text $1 to $n, each of them? SQLite would take $1::bigint for another one, PostgreSQL one too few. */
bool db_parameters_fit(const char *sql, size_t n);
/* The length of the piece of SQL that begins here: a string, a name in quotes, a comment, a parameter ($3; *number 3, else 0), or one byte. */
size_t db_sql_piece(const char *sql, size_t *number);
void db_reset_all(db *d); /* gives up what is left of every statement's rows */

/* The rows append found stored otherwise; told to the caller once all are in. */
struct db_differing {
    size_t *rows;
    size_t n, capacity;
};
/* In a transaction that writes, by a plan that can be? */
mr_status db_may_append(db *d, const db_append_plan *plan, mr_error *err);
mr_status db_differing_add(db_differing *differing, size_t row, mr_error *err);
/* append by INSERT ... ON CONFLICT DO NOTHING through db_each: for few rows, and for stores without a better way. */
mr_status db_append_each(db *d, const db_append_plan *plan, size_t n, db_append_row row, void *ctx, db_differing *differing,
                         uint64_t *added, mr_error *err);
bool db_append_equal(char type, const db_value *value, const db_statement *s, int column);
void db_append_insert_sql(text_buffer *sql, const db_append_plan *plan);
void db_append_select_sql(text_buffer *sql, const db_append_plan *plan);
void db_append_columns(text_buffer *sql, const db_append_plan *plan, size_t n, const char *prefix);

/* The same database as d's, on another host (NULL: the same): a worker of its cluster. */
mr_status db_open_at(const db *d, const char *host, const char *port, db **out, mr_error *err);

char *db_copy_string(const char *text); /* NULL where memory is short */

#endif
