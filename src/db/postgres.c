/* PostgreSQL: commands, transactions, and what an SQLSTATE means here. */
#include "postgres.h"

#include <stdlib.h>
#include <time.h>

typedef struct meaning {
    const char *sqlstate; /* or its beginning */
    db_fault fault;
    mr_status status;
    const char *way_out;
} meaning;

/* The first row that fits. */
static const meaning meanings[] = {
    {"40001", DB_FAULT_SERIALIZE, MR_EIO, ""},
    {"40P01", DB_FAULT_SERIALIZE, MR_EIO, ""},
    {"55P03", DB_FAULT_BUSY, MR_EIO, "; another process holds the lock: let it finish and try again"},
    {"57P0", DB_FAULT_LOST, MR_EIO, "; is the server running? try again in a moment"},
    {"25P03", DB_FAULT_LOST, MR_EIO, ""},
    {"08", DB_FAULT_LOST, MR_EIO, "; is the server running? try again in a moment"},
    {"53100", DB_FAULT_FULL, MR_EIO, "; free some room on the server's disk and run it again"},
    {"53", DB_FAULT_OTHER, MR_EIO, "; the server is short of something: its log says more"},
    {"25006", DB_FAULT_READ_ONLY, MR_EIO, "; this server or connection only reads"},
    {"42501", DB_FAULT_READ_ONLY, MR_EIO, "; grant this user the right, or use the tables' owner"},
    {"28", DB_FAULT_LOGIN, MR_EIO, "; check user and password"},
    {"3D000", DB_FAULT_LOGIN, MR_EIO, ""},
    {"23", DB_FAULT_CONSTRAINT, MR_EDATA, ""},
    {"42P01", DB_FAULT_MISSING, MR_EINVAL, ""},
    {"XX001", DB_FAULT_DAMAGED, MR_EIO, "; the server's files are damaged: restore a backup"},
    {"XX002", DB_FAULT_DAMAGED, MR_EIO, "; an index of the server is damaged: REINDEX, or restore a backup"},
    {"22", DB_FAULT_OTHER, MR_EDATA, ""},
    {"58", DB_FAULT_OTHER, MR_EIO, "; the server's log says more"},
    {"57", DB_FAULT_OTHER, MR_EIO, ""},
    {"54", DB_FAULT_OTHER, MR_EDATA, ""},
    {"", DB_FAULT_OTHER, MR_EINVAL, ""},
};

mr_status postgres_fail(db *d, PGresult *result, mr_error *err) {
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *said = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    const char *severity = result ? PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED) : NULL;
    db_fault fault = DB_FAULT_LOST;
    mr_status status = MR_EIO;
    if (state) {
        const meaning *m = meanings;
        while (strncmp(state, m->sqlstate, strlen(m->sqlstate))) m++;
        fault = m->fault;
        status = m->status;
        /* Whatever ended the session: there is no going on with it. */
        if (severity && strcmp(severity, "ERROR")) fault = DB_FAULT_LOST;
        error_set(err, status, NULL, -1, "%s: %s%s (%s)", d->name, said ? said : "failed", m->way_out, state);
    } else if (PQstatus(d->of.postgres.conn) == CONNECTION_OK) {
        fault = DB_FAULT_OTHER; /* libpq itself refuses */
        const char *why = PQerrorMessage(d->of.postgres.conn);
        error_set(err, status, NULL, -1, "%s: %.*s", d->name, (int)strcspn(why, "\n"),
                  *why ? why : "an answer that cannot be");
    } else {
        error_set(err, status, NULL, -1, "%s: the connection was lost; is the server running?", d->name);
    }
    PQclear(result);
    if (fault == DB_FAULT_LOST) postgres_disconnect(d);
    return db_fail(d, fault, status, err);
}

mr_status postgres_alive(db *d, mr_error *err) {
    if (PQstatus(d->of.postgres.conn) == CONNECTION_OK) return MR_OK;
    if (d->in_transaction) return postgres_fail(d, NULL, err);
    postgres_disconnect(d);
    return postgres_connect(d, err);
}

static mr_status reconnect(db *d, mr_error *err) {
    return postgres_alive(d, err);
}

mr_status postgres_command(db *d, const char *sql, mr_error *err) {
    PGresult *result = PQexec(d->of.postgres.conn, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) {
        PQclear(result);
        postgres_disconnect(d);
        return db_fail(
            d, DB_FAULT_OTHER,
            error_set(err, MR_EINVAL, NULL, -1, "%s: COPY cannot be executed: %.80s", d->name, sql), err);
    }
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY)
        return postgres_fail(d, result, err);
    PQclear(result);
    return MR_OK;
}

mr_status postgres_number(db *d, const char *sql, int64_t *out, mr_error *err) {
    PGresult *result = PQexec(d->of.postgres.conn, sql);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) return postgres_fail(d, result, err);
    *out = PQntuples(result) && PQnfields(result) ? strtoll(PQgetvalue(result, 0, 0), NULL, 10) : 0;
    PQclear(result);
    return MR_OK;
}

static mr_status execute(db *d, const char *sql, mr_error *err) {
    mr_status status = postgres_alive(d, err);
    return status ? status : postgres_command(d, sql, err);
}

/* --- open --- */

/* A server that is starting up is waited for, as a lock would be. */
static mr_status open(db *d, mr_error *err) {
    for (int waited_ms = 0;; waited_ms += 200) {
        mr_status status = postgres_connect(d, err);
        if (!status || !d->of.postgres.starting || waited_ms >= d->options.busy_ms) return status;
        nanosleep(&(struct timespec){0, 200000000}, NULL);
    }
}

/* --- transactions --- */

static mr_status begin(db *d, db_mode mode, mr_error *err) {
    static const char *const texts[] = {[DB_READ] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                                        [DB_WRITE] = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"};
    mr_status status = postgres_alive(d, err);
    return status ? status : postgres_command(d, texts[mode], err);
}

static mr_status commit(db *d, mr_error *err) {
    if (PQstatus(d->of.postgres.conn) != CONNECTION_OK) return postgres_fail(d, NULL, err);
    PGresult *result = PQexec(d->of.postgres.conn, "COMMIT");
    if (PQresultStatus(result) != PGRES_COMMAND_OK) return postgres_fail(d, result, err);
    bool committed = !strcmp(PQcmdStatus(result), "COMMIT");
    PQclear(result);
    if (committed) return MR_OK;
    /* The server rolls back what failed without calling that an error. */
    return db_fail(
        d, DB_FAULT_OTHER,
        error_set(err, MR_EIO, NULL, -1, "%s: the transaction had failed and was rolled back", d->name), err);
}

static void rollback(db *d) {
    PGconn *conn = d->of.postgres.conn;
    if (PQstatus(conn) != CONNECTION_OK || PQtransactionStatus(conn) == PQTRANS_IDLE) return;
    PGresult *result = PQexec(conn, "ROLLBACK");
    bool done = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    if (!done) postgres_disconnect(d); /* which rolls back, too */
}

const db_driver db_postgres = {
    .store = DB_POSTGRES,
    .open = open,
    .close = postgres_disconnect,
    .reconnect = reconnect,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .execute = execute,
    .prepare = postgres_prepare,
    .unprepare = postgres_unprepare,
    .start = postgres_start,
    .next = postgres_next,
    .changed = postgres_changed,
    .reset = postgres_reset,
    .integer = postgres_integer,
    .real = postgres_real,
    .text = postgres_text,
    .is_null = postgres_is_null,
    .each = postgres_each,
    .append = postgres_append,
    .stream_open = postgres_stream_open,
    .stream_next = postgres_stream_next,
    .stream_close = postgres_stream_close,
    .sync = postgres_sync,
    .checkpoint = postgres_checkpoint,
    .vacuum = postgres_vacuum,
    .analyze = postgres_analyze,
    .size = postgres_size,
    .integrity = postgres_integrity,
    .backup = postgres_backup,
    .restore = postgres_restore,
};
