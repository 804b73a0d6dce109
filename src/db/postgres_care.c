/* PostgreSQL: the disk, giving back room, statistics, reading every page. */
#include "postgres.h"

#include "schema.h"

#include <stdio.h>
#include <time.h>

mr_status postgres_sync(db *d, mr_error *err) {
    /* A commit that waits for the disk takes all before it along; it must write something, or it would not
     * wait. */
    mr_status status = postgres_alive(d, err);
    if (!status)
        status = postgres_command(d,
                                  "BEGIN; SET LOCAL synchronous_commit=on; "
                                  "SELECT pg_catalog.pg_logical_emit_message(true, 'marram', 'sync'); COMMIT",
                                  err);
    if (status && PQtransactionStatus(d->of.postgres.conn) != PQTRANS_IDLE)
        postgres_command(d, "ROLLBACK", NULL);
    return status;
}

mr_status postgres_checkpoint(db *d, bool truncate, mr_error *err) {
    (void)truncate; /* the server does that itself */
    return postgres_alive(d, err);
}

enum { SQL_SIZE = 512 }; /* a statement with one of our tables' names in it */

static mr_status is_there(db *d, const char *table, int64_t *there, mr_error *err) {
    char sql[SQL_SIZE];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM pg_catalog.pg_class WHERE oid = to_regclass('%s')",
             table);
    return postgres_number(d, sql, there, err);
}

/* Runs a command for each of our tables that is there, each on its own: none of these runs in a transaction.
 */
static mr_status for_tables(db *d, const char *command, mr_error *err) {
    mr_status status = postgres_alive(d, err);
    for (size_t i = 0; i < db_tables_n && !status; i++) {
        char sql[SQL_SIZE];
        int64_t there = 0;
        snprintf(sql, sizeof sql, "%s %s", command, db_tables[i].name);
        status = is_there(d, db_tables[i].name, &there, err);
        if (!status && there) status = postgres_command(d, sql, err);
    }
    return status;
}

/* What others may still see, be it in a table they have not looked at yet, is written anew with all else. Those are the
 * snapshots of this database (and of processes of none), each of which begins with the oldest transaction that then wrote in any database of
 * the server: so is the one the writing anew itself takes. A vacuum sees nothing. */
static const char still_reading[] =
    "SELECT greatest((SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE (datname = current_database() OR datname IS NULL) AND "
    "pid <> pg_backend_pid() AND ((%lld - CAST(CAST(backend_xmin AS text) AS bigint)) & 4294967295) BETWEEN 1 AND 2147483647 AND "
    "(query NOT LIKE 'autovacuum: VACUUM %%' OR query LIKE 'autovacuum: VACUUM ANALYZE %%')), "
    "CASE WHEN CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint) < %lld THEN 1 ELSE 0 END)";

/* Waits until they are over, six times as long as for a lock. Looks twice: whoever is just connecting is not on the list yet. */
static mr_status wait_for_readers(db *d, mr_error *err) {
    enum { LOOK_EVERY_MS = 20, LOCKS = 6 }; /* reads take longer than locks are held */
    char sql[sizeof still_reading + 48];
    int64_t next = 0, n = 0;
    mr_status status = postgres_number(d, "SELECT CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text) AS bigint)", &next, err);
    snprintf(sql, sizeof sql, still_reading, (long long)next, (long long)next);
    for (int waited = 0, gone = 0; !status; waited += LOOK_EVERY_MS) {
        status = postgres_number(d, sql, &n, err);
        gone = n ? 0 : gone + 1;
        if (status || gone == 2) return status;
        if (n && waited >= LOCKS * d->options.busy_ms) break;
        nanosleep(&(struct timespec){0, LOOK_EVERY_MS * 1000000}, NULL);
    }
    if (status) return status;
    d->fault = DB_FAULT_BUSY;
    return error_set(err, MR_EIO, NULL, -1,
                     "%s: other sessions of this server are still reading or writing as of before (%lld at least): what was deleted can be "
                     "given back once they are done",
                     d->name, (long long)n);
}

mr_status postgres_vacuum(db *d, mr_error *err) {
    /* Both write the table anew: a plain VACUUM leaves the bytes of what was deleted in its pages. CLUSTER puts a
     * customer's rows beside each other by the way; Citus has it not. */
    mr_status status = postgres_alive(d, err);
    if (!status) status = wait_for_readers(d, err);
    for (size_t i = 0; i < db_tables_n && !status; i++) {
        char sql[SQL_SIZE];
        int64_t there = 0;
        const char *name = db_tables[i].name;
        if (db_tables[i].sort == DB_PER_CUSTOMER && !d->distributed)
            snprintf(sql, sizeof sql, "CLUSTER %s USING %s_pkey", name, name);
        else
            snprintf(sql, sizeof sql, "VACUUM (FULL) %s", name);
        status = is_there(d, name, &there, err);
        if (!status && there) status = postgres_command(d, sql, err);
    }
    return status;
}

mr_status postgres_analyze(db *d, mr_error *err) {
    return for_tables(d, "ANALYZE", err);
}

mr_status postgres_size(db *d, int64_t *bytes, mr_error *err) {
    mr_status status = postgres_alive(d, err);
    for (size_t i = 0; i < db_tables_n && !status; i++) {
        char sql[SQL_SIZE];
        int64_t size = 0;
        bool shards = d->distributed && db_tables[i].sort == DB_PER_CUSTOMER;
        snprintf(sql, sizeof sql, "SELECT coalesce(%s(to_regclass('%s')), 0)",
                 shards ? "citus_total_relation_size" : "pg_total_relation_size", db_tables[i].name);
        status = postgres_number(d, sql, &size, err);
        *bytes += size;
    }
    return status;
}

/* --- integrity --- */

typedef struct check {
    db *d;
    void (*found)(const char *line, void *ctx);
    void *ctx;
} check;

/* Runs sql for what it may fail with. A damaged page is a finding, and so is whatever else should not be; a lost connection, a lock somebody
 * holds, a right that is missing are failures. */
static mr_status probe(const check *c, const char *sql, mr_error *err) {
    mr_error why;
    error_clear(&why);
    mr_status status = postgres_command(c->d, sql, &why);
    if (status && (c->d->fault == DB_FAULT_DAMAGED || c->d->fault == DB_FAULT_OTHER)) {
        c->found(why.message, c->ctx);
        c->d->fault = DB_FAULT_NONE;
        return MR_OK;
    }
    if (status && err) *err = why;
    return status;
}

/* Each row's text is made and thrown away on the server: every page of the table, and of what it keeps
 * outside of it, is read. */
static mr_status read_table(const check *c, const char *table, mr_error *err) {
    char sql[SQL_SIZE];
    snprintf(sql, sizeof sql, "SELECT sum(length(CAST(t AS text))) FROM %s AS t", table);
    return probe(c, sql, err);
}

/* The extension amcheck, where it is there and may be used, compares the indexes with the tables. */
static mr_status check_indexes(const check *c, const char *table, mr_error *err) {
    char sql[SQL_SIZE];
    snprintf(
        sql, sizeof sql,
        "SELECT bt_index_check(i.indexrelid, true) FROM pg_catalog.pg_index AS i "
        "JOIN pg_catalog.pg_class AS k ON k.oid = i.indexrelid JOIN pg_catalog.pg_am AS a ON a.oid = k.relam "
        "WHERE i.indrelid = to_regclass('%s') AND a.amname = 'btree'",
        table);
    return probe(c, sql, err);
}

mr_status postgres_integrity(db *d, void (*found)(const char *line, void *ctx), void *ctx, mr_error *err) {
    check c = {d, found, ctx};
    int64_t amcheck = 0;
    mr_status status = postgres_alive(d, err);
    if (!status)
        status = postgres_number(d, "SELECT CASE WHEN has_function_privilege(to_regprocedure('bt_index_check(regclass,boolean)'), 'EXECUTE') "
                                    "THEN 1 ELSE 0 END", &amcheck, err);
    for (size_t i = 0; i < db_tables_n && !status; i++) {
        int64_t there = 0;
        status = is_there(d, db_tables[i].name, &there, err);
        if (!status && there) status = read_table(&c, db_tables[i].name, err);
        if (!status && there && amcheck) status = check_indexes(&c, db_tables[i].name, err);
    }
    return status;
}
