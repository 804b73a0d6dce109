/* PostgreSQL: from a URL to a connection, and what to say where there is none. No message holds any part of a
 * password. */
#include "postgres.h"

#include <poll.h>
#include <stdio.h>
#include <time.h>

enum { TRY_AGAIN_S = 3, PAUSE_MS = 200 };

static void silent(void *ctx, const PGresult *result) {
    (void)ctx, (void)result;
}

/* libpq cuts the URL at the first '/' or '@' it meets: with such a sign in the password, parts of it would be
 * taken for a host or a port and be named in its messages. */
bool postgres_url_sound(const char *url, mr_error *err) {
    const char *authority = strstr(url, "://") + 3;
    const char *at = strchr(authority, '@'), *path = authority + strcspn(authority, "/?#");
    bool sound = !at || (at < path && !strchr(at + 1, '@'));
    char *why = NULL;
    PQconninfoOption *options = sound ? PQconninfoParse(url, &why) : NULL;
    sound = options != NULL;
    PQconninfoFree(options);
    PQfreemem(why); /* may quote the password */
    if (!sound)
        error_set(err, MR_EINVAL, "url", -1,
                  "this PostgreSQL URL cannot be read; write postgresql://user:password@host:port/database, "
                  "with signs such as "
                  "@ / : %% # ? in the password as %%40 %%2F %%3A %%25 %%23 %%3F, or keep the password in "
                  "~/.pgpass");
    return sound;
}

/* A server whose machine or network is gone says nothing more: noticed after a minute, not after the two hours of the system's default. */
static PGconn *begin_connecting(const db *d, bool whole) {
    const char *keywords[] = {"connect_timeout", "fallback_application_name", "client_encoding", "keepalives_idle", "keepalives_interval",
                              "keepalives_count", "tcp_user_timeout", "dbname", *d->of.postgres.host ? "host" : NULL, "port", NULL};
    /* The URL comes last: what it says holds, but for where a worker is. */
    const char *values[] = {"10", "marram", "UTF8", "30", "10", "3", "60000", d->url, d->of.postgres.host, d->of.postgres.port, NULL};
    return whole ? PQconnectdbParams(keywords, values, 1) : PQconnectStartParams(keywords, values, 1);
}

static void name_it(db *d, const PGconn *conn) {
    const char *host = PQhost(conn), *port = PQport(conn), *database = PQdb(conn);
    size_t size =
        16 + (host ? strlen(host) : 0) + (port ? strlen(port) : 0) + (database ? strlen(database) : 0);
    char *name = mem_take(NULL, size, 1);
    if (!name) return;
    snprintf(name, size, "%s%s%s/%s", host && *host ? host : "localhost", port && *port ? ":" : "",
             port ? port : "", database ? database : "");
    mem_free(NULL, d->name);
    d->name = name;
}

/* The same once more, asking for the SQLSTATE: libpq gives it only in the text, and only when told so before
 * the server answers. */
static PGconn *diagnose(const db *d) {
    PGconn *conn = begin_connecting(d, false);
    if (!conn || PQstatus(conn) == CONNECTION_BAD) return conn;
    PQsetErrorVerbosity(conn, PQERRORS_VERBOSE);
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (PostgresPollingStatusType want = PGRES_POLLING_WRITING;
         want != PGRES_POLLING_OK && want != PGRES_POLLING_FAILED;) {
        struct pollfd wait = {PQsocket(conn), want == PGRES_POLLING_READING ? POLLIN : POLLOUT, 0};
        poll(&wait, 1, 1000);
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec - start.tv_sec > TRY_AGAIN_S) break;
        if (wait.revents) want = PQconnectPoll(conn);
    }
    PQsetErrorVerbosity(conn, PQERRORS_DEFAULT);
    return conn;
}

/* "FATAL:  28P01: password authentication ..." -> the code; *text is what stands behind it. The last one: of
 * several hosts the last. */
static bool sqlstate_in(const char *message, char code[6], const char **text) {
    bool found = false;
    for (const char *at = strchr(message, ':'); at; at = strchr(at + 1, ':')) {
        const char *from = at + 1 + strspn(at + 1, " ");
        if (strspn(from, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 5 || from[5] != ':') continue;
        memcpy(code, from, 5);
        code[5] = '\0';
        *text = from + 6 + strspn(from + 6, " ");
        found = true;
    }
    return found;
}

static mr_status refused(db *d, PGconn *conn, mr_error *err) {
    const char *message = conn ? PQerrorMessage(conn) : "out of memory", *text = message;
    char code[6] = "";
    sqlstate_in(message, code, &text);
    int len = (int)strcspn(text, "\n");
    if (len > 200) len = 200;
    d->of.postgres.starting = !strcmp(code, "57P03");
    db_fault fault = DB_FAULT_LOST;
    const char *way_out = "is it running, and are host and port right?";
    if (!strncmp(code, "28", 2) || (conn && PQconnectionNeedsPassword(conn))) {
        fault = DB_FAULT_LOGIN;
        way_out = "check user and password in the URL, PGPASSWORD or ~/.pgpass";
    } else if (!strcmp(code, "3D000")) {
        fault = DB_FAULT_LOGIN;
        way_out = "make it with createdb, or name another in the URL";
    } else if (!strncmp(code, "57P", 3) || !strncmp(code, "08", 2)) {
        way_out = "try again in a moment";
    } else if (!strcmp(code, "53300")) {
        way_out = "too many are connected: close some, or raise max_connections";
    } else if (*code) {
        fault = DB_FAULT_LOGIN;
        way_out = "the server's log says more";
    }
    error_set(err, MR_EIO, NULL, -1, "cannot connect to PostgreSQL at %s: %.*s; %s", d->name, len, text,
              way_out);
    return db_fail(d, fault, MR_EIO, err);
}

static mr_status settle(db *d, mr_error *err) {
    PGconn *conn = d->of.postgres.conn;
    PQsetNoticeReceiver(conn, silent, NULL);
    const char *encoding = PQparameterStatus(conn, "server_encoding");
    if (PQserverVersion(conn) < 130000 || !encoding || strcmp(encoding, "UTF8")) {
        error_set(err, MR_EIO, NULL, -1,
                  "%s: Marram needs PostgreSQL 13 or newer and a database in UTF8, this is %d in %s; "
                  "createdb --encoding UTF8 "
                  "--template template0 makes one",
                  d->name, PQserverVersion(conn) / 10000, encoding ? encoding : "?");
        return db_fail(d, DB_FAULT_OTHER, MR_EIO, err);
    }
    /* No JIT: compiling a query costs more than all but the largest take. Time limits a role may carry would
     * cut imports short. */
    char sql[512];
    snprintf(sql, sizeof sql,
             "SET client_min_messages=error; SET jit=off; SET statement_timeout=0; SET "
             "idle_in_transaction_session_timeout=0; "
             "SET standard_conforming_strings=on; SET lock_timeout=%d; SET "
             "default_transaction_isolation='read committed'; "
             "SET default_transaction_read_only=%s; SET synchronous_commit=%s; SET enable_seqscan=%s",
             d->options.busy_ms, d->options.read_only ? "on" : "off", d->options.bulk ? "off" : "on", d->options.by_key ? "off" : "on");
    mr_status status = postgres_command(d, sql, err);
    int64_t citus = 0;
    if (!status)
        status = postgres_number(
            d, "SELECT CASE WHEN to_regclass('pg_catalog.pg_dist_partition') IS NULL THEN 0 ELSE 1 END",
            &citus, err);
    if (!status && citus)
        status = postgres_number(
            d, "SELECT count(*) FROM pg_dist_partition WHERE logicalrelid = to_regclass('event')", &citus,
            err);
    d->distributed = citus > 0;
    return status;
}

mr_status postgres_connect(db *d, mr_error *err) {
    if (!postgres_url_sound(d->url, err)) return MR_EINVAL;
    PGconn *conn = begin_connecting(d, true);
    if (conn) name_it(d, conn);
    if (conn && PQstatus(conn) != CONNECTION_OK) {
        PQfinish(conn);
        conn = diagnose(d);
    }
    if (!conn || PQstatus(conn) != CONNECTION_OK) {
        mr_status status = refused(d, conn, err);
        PQfinish(conn);
        return status;
    }
    d->of.postgres.conn = conn;
    d->of.postgres.generation++;
    mr_status status = settle(d, err);
    if (status && d->fault == DB_FAULT_LOST) { /* it went down between the two: for the caller the same as not there */
        error_set(err, status, NULL, -1, "cannot connect to PostgreSQL at %s: it went away at once; try again in a moment", d->name);
        db_fail(d, DB_FAULT_LOST, status, err);
    }
    if (status) postgres_disconnect(d);
    return status;
}

void postgres_disconnect(db *d) {
    PQfinish(d->of.postgres.conn);
    d->of.postgres.conn = NULL;
}
