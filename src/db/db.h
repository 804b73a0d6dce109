/* One small SQL interface over SQLite and PostgreSQL. Nothing above this room knows which store it talks to.
 *
 *     open -> begin -> prepare / bind / step ... -> commit
 *                      each    one statement over many items (a pipeline on PostgreSQL)
 *                      append  many rows sorted by key (COPY on PostgreSQL)
 *                      stream  one large read (COPY on PostgreSQL)
 *
 * The dialect (docs/ledger.md): parameters are $1, $2, ...; every parameter has a type, and none is NULL but where the
 * column may be. A db is used by one thread at a time; open another for another thread. */
#ifndef DB_H
#define DB_H

#include <marram/base.h>

typedef struct db db;
typedef struct db_statement db_statement;
typedef struct db_stream db_stream;

typedef enum db_store { DB_SQLITE, DB_POSTGRES } db_store;

/* Why the last call failed, where that decides what to do next. */
typedef enum db_fault {
    DB_FAULT_NONE,
    DB_FAULT_OTHER,      /* a bug, or SQL the store refuses */
    DB_FAULT_BUSY,       /* another process holds the lock; waited db_options.busy_ms */
    DB_FAULT_SERIALIZE,  /* 40001, 40P01: run the transaction again */
    DB_FAULT_LOST,       /* the connection went away */
    DB_FAULT_CONSTRAINT, /* a key that is there already */
    DB_FAULT_FULL,       /* no room on the disk */
    DB_FAULT_READ_ONLY,  /* file, folder or server does not take writes */
    DB_FAULT_DAMAGED,    /* not a database, or a page that cannot be true */
    DB_FAULT_LOGIN,      /* user, password, host or database name */
    DB_FAULT_MISSING     /* no such file, or no such table: not initialised */
} db_fault;

typedef struct db_options {
    bool read_only;
    bool create;        /* SQLite: make the file where it is not there; else DB_FAULT_MISSING */
    bool bulk;          /* commits need not wait for the disk; db_sync makes all before it durable. Without it each commit is durable */
    bool no_checkpoint; /* SQLite: the WAL is checkpointed by someone else (db_checkpoint on another connection) */
    bool by_key;        /* rows are fetched by their keys, many times: PostgreSQL makes no plan that reads a table from end to end because it was small at that moment */
    int cache_kb;       /* SQLite: how much of the file is kept in memory; 0: 64 MB. Who reads or writes from one end to the other needs little */
    int busy_ms;        /* how long to wait for another process's lock; 0: 10,000 */
    int lost_ms;        /* how long db_transaction waits for a server that went away; 0: 60,000 */
} db_options;

/* url: "path", "sqlite:path", "postgres://..." or "postgresql://...". options NULL: all zero. *out is freed by db_close.
 * MR_EIO with the way out in the message (never the password); MR_EINVAL for a URL of neither kind. A new SQLite file is its owner's
 * alone (0600). PostgreSQL must be 13 or newer, the database in UTF8; one that is starting up is waited for (busy_ms). */
mr_status db_open(const char *url, const db_options *options, db **out, mr_error *err);
void db_close(db *d); /* rolls back what is open */

db_store db_store_of(const db *d);
const char *db_name(const db *d); /* for messages: the path, or host:port/database without user and password */
db_fault db_last_fault(const db *d);
bool db_distributed(const db *d); /* Citus is there and the tables are distributed */
/* How often this db was connected: more than before where a connection was lost and made again. With db_options.bulk that may mean that the
 * server crashed and that what was committed since the last db_sync is gone: it must be written again. */
unsigned db_connections(const db *d);

bool db_in_transaction(const db *d);

typedef enum db_mode {
    DB_READ, /* one snapshot for all that is read until db_commit */
    DB_WRITE /* takes the write lock at once on SQLite (BEGIN IMMEDIATE) */
} db_mode;

/* Statuses, here and below: MR_EIO where the store or the way to it failed (db_last_fault says how), MR_EDATA for values and keys,
 * MR_EINVAL for SQL the store refuses and for what may not be called now, MR_ENOMEM.
 *
 * A statement that fails in the store breaks the transaction: until db_rollback (or db_commit, which then fails and rolls back) every
 * call fails with the same fault. What is refused before it reaches the store (a NaN, a parameter never bound) does not break it. A
 * DB_READ transaction refuses to write (DB_FAULT_READ_ONLY). Commit and rollback give up what is left of any statement's rows.
 * A lost connection is made again by the next call outside a transaction, with its statements. */
mr_status db_begin(db *d, db_mode mode, mr_error *err);
mr_status db_commit(db *d, mr_error *err);
void db_rollback(db *d);

/* Begins, runs fn, commits. Runs all of it again after DB_FAULT_SERIALIZE (up to 20 times, waiting a little longer each
 * time), and after DB_FAULT_LOST once connected again (for up to lost_ms). So fn must be idempotent: a commit whose answer
 * was lost may have happened. Where fn fails otherwise: rolled back, its error. */
typedef mr_status (*db_work)(db *d, void *ctx, mr_error *err);
mr_status db_transaction(db *d, db_mode mode, db_work fn, void *ctx, mr_error *err);

/* Statements without parameters, separated by ';'; what they return is thrown away. Outside a transaction each commits by itself on SQLite,
 * all of them together on PostgreSQL. */
mr_status db_execute(db *d, const char *sql, mr_error *err);

/* --- one statement ---
 * types: one letter a parameter: s SMALLINT, d INTEGER, i BIGINT, r DOUBLE PRECISION, t TEXT, b bytes. The statement is
 * kept by the db under its text and prepared once; never freed by the caller. Asking again for one that is being stepped
 * through is an error. A parameter left unbound since the last bind keeps its value; one never bound is an error. Text and bytes
 * are borrowed until the step that runs it. MR_EDATA at db_step: text with a NUL inside or that is not UTF-8, NaN, an integer too large for
 * its type, more than 512 MB. The parameters are $1 .. $n, each used; result columns of PostgreSQL are of these types, boolean or
 * varchar (CAST anything else). */
mr_status db_prepare(db *d, const char *sql, const char *types, db_statement **out, mr_error *err);
void db_bind_int(db_statement *s, int n, int64_t value); /* s, d, i; n from 1 */
void db_bind_real(db_statement *s, int n, double value);
void db_bind_text(db_statement *s, int n, const char *text, size_t len);
void db_bind_string(db_statement *s, int n, const char *text); /* to its NUL */
void db_bind_bytes(db_statement *s, int n, const void *bytes, size_t len);
void db_bind_null(db_statement *s, int n);
/* The first call runs it; *row false at the end, after which the next call runs it again. */
mr_status db_step(db_statement *s, bool *row, mr_error *err);
/* Runs to the end; *changed (may be NULL): rows inserted, updated or deleted, or returned by RETURNING. */
mr_status db_run(db_statement *s, int64_t *changed, mr_error *err);
void db_reset(db_statement *s); /* gives up what is left of the rows */
/* Of the row at hand; column from 0. NULL reads as 0, 0.0, "" . Text is terminated; both live until the next step. */
int64_t db_int(const db_statement *s, int column);
double db_real(const db_statement *s, int column);
const char *db_text(const db_statement *s, int column, size_t *len); /* len may be NULL */
const void *db_bytes(const db_statement *s, int column, size_t *len);
bool db_is_null(const db_statement *s, int column);

/* --- the same statement for items 0 .. n - 1 ---
 * bind sets the parameters of an item; row (may be NULL) is called for each row an item returns, items in order; changed[n] (may be
 * NULL) gets each item's rows changed. On PostgreSQL the items are pipelined: bind runs ahead of row by up to 512 items; what it binds is
 * borrowed until it is called again. Neither may use the db. Outside a transaction all items are one. An item that fails, in bind or
 * row or in the store, ends it and breaks the transaction: items behind it may have run. */
typedef void (*db_item_bind)(void *ctx, size_t item, db_statement *s);
typedef mr_status (*db_item_row)(void *ctx, size_t item, db_statement *s, mr_error *err);
mr_status db_each(db_statement *s, size_t n, db_item_bind bind, db_item_row row, void *ctx, int64_t *changed, mr_error *err);

/* --- values, as append takes and stream gives them --- */
typedef union db_value {
    int64_t integer;
    double real; /* numbers are never NULL going in; coming out NULL reads as 0 */
    struct {
        const char *at; /* borrowed; NULL: the column is NULL */
        size_t len;
    } text; /* and bytes */
} db_value;

/* --- many rows at once ---
 * Rows 0 .. n - 1, ascending by the first `key` columns (BIGINT each; they are the table's primary key), no key twice. A row whose key
 * is already in the table is left out; where one of its columns compare[...] (indices into columns, compare_n of them)
 * differs from what is stored, differs(row) is called: after all rows are in, in ascending order, free to use the db. row may be called
 * more than once for a row; what it gives is borrowed until it is called again. differs may be NULL. Inside a transaction (db_begin).
 * On PostgreSQL: binary COPY inside a savepoint; only where that meets a key already there, COPY into a temporary table and
 * INSERT ... SELECT ... ON CONFLICT DO NOTHING; fewer than 64 rows: a pipeline of INSERTs. */
typedef struct db_append_plan {
    const char *table;
    const char *const *columns;
    const char *types; /* one letter a column */
    size_t key;
    const int *compare;
    size_t compare_n;
    bool sound; /* the rows have gone through db_append_check and are not looked at again: less to do under the lock */
} db_append_plan;
typedef void (*db_append_row)(void *ctx, size_t row, db_value *values); /* values[columns] */
/* Are all values such as the columns may have? Needs no transaction. MR_EDATA as from db_append. */
mr_status db_append_check(db *d, const db_append_plan *plan, size_t n, db_append_row row, void *ctx, mr_error *err);
typedef mr_status (*db_append_differs)(void *ctx, size_t row, mr_error *err);
mr_status db_append(db *d, const db_append_plan *plan, size_t n, db_append_row row, db_append_differs differs, void *ctx,
                    uint64_t *added, mr_error *err);

/* The rows become all that the table holds in a range of its key: first <= column 0 <= last, the key's other columns as in rest[plan->key - 1].
 * Rows as for db_append, all of them in that range; compare is not looked at. Inside a transaction. On SQLite what is there is
 * overwritten in place; on PostgreSQL deleted, and the rows copied. */
mr_status db_replace(db *d, const db_append_plan *plan, int64_t first, int64_t last, const int64_t *rest, size_t n, db_append_row row,
                     void *ctx, mr_error *err);

/* --- one large read ---
 * sql: a SELECT; types: one letter a result column; integer parameters $1 .. $n only. On PostgreSQL: COPY (SELECT ...) TO STDOUT in binary, so no
 * other statement runs on this db until the stream is closed (on SQLite neither, so that both are alike). *row: values[columns], until the
 * next call; NULL at the end. Closing it early leaves the transaction as it was. */
mr_status db_stream_open(db *d, const char *sql, const char *types, const int64_t *parameters, size_t n, db_stream **out, mr_error *err);
mr_status db_stream_next(db_stream *s, const db_value **row, mr_error *err);
/* One table by customer, in ascending order of its distribution column: SELECT columns FROM table WHERE first <= that <= last [AND where] ORDER
 * BY that [, then]. columns begin with that column. On Citus the rows come from the workers, each of whose reads is a snapshot of its own. */
typedef struct db_range {
    const char *table, *columns, *types;
    const char *where, *then; /* NULL: nothing */
    int64_t first, last;
} db_range;
mr_status db_stream_range(db *d, const db_range *range, db_stream **out, mr_error *err);
void db_stream_close(db_stream *s); /* NULL is fine; before its end: the rest is given up */

/* --- what it cost ---
 * Of one text since db_open: how often it ran, the instructions of SQLite's machine, and the steps of those that went through a table or an index from
 * end to end. Each row visited takes some instructions, so what takes no more of them visits no more rows. */
typedef struct db_cost {
    const char *sql;
    int64_t runs, steps, scanned;
} db_cost;
/* found(cost, ctx) for each statement prepared so far, in no order; SQLite counts anyway, so that asking is all it takes. false: the store does not count
 * for each connection (PostgreSQL counts rows in pg_stat_user_tables). Left out: streams, db_append, db_execute. */
bool db_costs(const db *d, void (*found)(const db_cost *cost, void *ctx), void *ctx);

/* --- care --- */
mr_status db_sync(db *d, mr_error *err);       /* everything committed is on the disk (for db_options.bulk) */
mr_status db_checkpoint(db *d, bool truncate, mr_error *err); /* SQLite: the WAL into the file; PostgreSQL: nothing */
mr_status db_vacuum(db *d, mr_error *err);     /* gives back and overwrites what was deleted; not in a transaction */
mr_status db_analyze(db *d, mr_error *err);    /* statistics after a bulk load */
mr_status db_size(db *d, int64_t *bytes, mr_error *err); /* what the tables and their indexes take up */
/* Is every page and index of the store sound? found(line, ctx) for each fault. PostgreSQL: every row of Marram's tables is read; indexes
 * are compared with them where the extension amcheck is installed and may be used. */
mr_status db_integrity(db *d, void (*found)(const char *line, void *ctx), void *ctx, mr_error *err);
/* Online and consistent, to a file that is not there yet: SQLite's backup API, pg_dump -Fc. progress may be NULL. Written under a
 * passing name, synced and renamed, for its owner alone. Marram's tables only. MR_EIO where path is there; MR_ECANCELLED. */
mr_status db_backup(const char *url, const char *path, const mr_context *context, mr_error *err);
/* The store at url becomes what the backup holds: the SQLite file is replaced (atomically), PostgreSQL's Marram tables by pg_restore
 * --clean --single-transaction. A backup that is damaged, not Marram's or of a newer schema is refused and nothing changed; so is a SQLite
 * file another connection has open, and PostgreSQL's tables while a transaction uses them. A damaged SQLite file is replaced as well. */
mr_status db_restore(const char *url, const char *path, const mr_context *context, mr_error *err);

#endif
