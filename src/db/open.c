/* From a URL to a store; what may run when; what a failure leaves behind. */
#include "shards.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

char *db_copy_string(const char *text) {
    size_t size = strlen(text) + 1;
    char *copy = mem_take(NULL, size, 1);
    if (copy) memcpy(copy, text, size);
    return copy;
}

mr_status db_url(const char *url, const db_driver **driver, const char **rest, mr_error *err) {
    if (!url || !*url) return error_set(err, MR_EINVAL, "url", -1, "no database was named");
    *rest = url;
    if (!strncmp(url, "postgres://", 11) || !strncmp(url, "postgresql://", 13)) {
        *driver = &db_postgres;
        return MR_OK;
    }
    size_t scheme = strspn(url, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");
    if (!strncmp(url, "sqlite:", 7)) {
        *rest = url + 7;
        if (!strncmp(*rest, "//", 2)) *rest += 2; /* sqlite:///path, as others write it */
    } else if (!strncmp(url + scheme, "://", 3)) {
        /* Of the URL only the scheme: what stands behind may have a password in it. */
        return error_set(err, MR_EINVAL, "url", -1,
                         "no such kind of database: %.*s://; use a file name or postgresql://...",
                         scheme < 40 ? (int)scheme : 40, url);
    }
    if (!**rest || !strcmp(*rest, ":memory:"))
        return error_set(err, MR_EINVAL, "url", -1, "'%s' names no file; use a file name or postgresql://...",
                         url);
    *driver = &db_sqlite;
    return MR_OK;
}

static mr_status open_at(const char *url, const db_options *options, const char *host, const char *port, db **out, mr_error *err) {
    error_clear(err);
    *out = NULL;
    const db_driver *driver;
    const char *rest;
    mr_status status = db_url(url, &driver, &rest, err);
    if (status) return status;
    db *d = mem_new(NULL, 1, sizeof *d);
    if (!d || !(d->url = db_copy_string(rest)) ||
        !(d->name = db_copy_string(driver->store == DB_SQLITE ? rest : "PostgreSQL"))) {
        db_close(d);
        return error_memory(err, sizeof *d);
    }
    if (options) d->options = *options;
    if (d->options.busy_ms <= 0) d->options.busy_ms = DB_BUSY_MS;
    if (d->options.lost_ms <= 0) d->options.lost_ms = DB_LOST_MS;
    d->driver = driver;
    if (host) {
        snprintf(d->of.postgres.host, sizeof d->of.postgres.host, "%s", host);
        snprintf(d->of.postgres.port, sizeof d->of.postgres.port, "%s", port);
    }
    status = driver->open(d, err);
    if (status) {
        db_close(d);
        return status;
    }
    d->fault = DB_FAULT_NONE;
    *out = d;
    return MR_OK;
}

mr_status db_open(const char *url, const db_options *options, db **out, mr_error *err) {
    return open_at(url, options, NULL, NULL, out, err);
}

mr_status db_open_at(const db *d, const char *host, const char *port, db **out, mr_error *err) {
    return open_at(d->url, &d->options, host, port, out, err);
}

static void statement_free(db_statement *s) {
    s->db->driver->unprepare(s);
    mem_free(NULL, s->sql);
    mem_free(NULL, s->types);
    mem_free(NULL, s->parameters);
    mem_free(NULL, s);
}

void db_close(db *d) {
    if (!d) return;
    if (d->driver) {
        db_stream_close(d->stream);
        if (d->in_transaction) db_rollback(d);
        for (size_t i = 0; i < DB_BUCKETS; i++) {
            for (db_statement *s = d->statements[i], *next; s; s = next) {
                next = s->next;
                statement_free(s);
            }
        }
        d->driver->close(d);
    }
    shard_nodes_free(d->nodes);
    if (d->url) explicit_bzero(d->url, strlen(d->url));
    mem_free(NULL, d->url);
    mem_free(NULL, d->name);
    mem_free(NULL, d);
}

db_store db_store_of(const db *d) {
    return d->driver->store;
}

const char *db_name(const db *d) {
    return d->name;
}

db_fault db_last_fault(const db *d) {
    return d->fault;
}

unsigned db_connections(const db *d) {
    return d->driver->store == DB_POSTGRES ? d->of.postgres.generation : 1;
}

bool db_distributed(const db *d) {
    return d->distributed;
}

mr_status db_fail(db *d, db_fault fault, mr_status code, mr_error *err) {
    d->fault = fault;
    if (d->in_transaction && d->broken == DB_FAULT_NONE) {
        d->broken = fault;
        snprintf(d->why, sizeof d->why, "%.*s", (int)sizeof d->why - 1, err ? err->message : "");
    }
    return code;
}

mr_status db_ready(db *d, mr_error *err) {
    d->fault = DB_FAULT_NONE;
    if (d->broken != DB_FAULT_NONE) {
        d->fault = d->broken;
        return error_set(err, MR_EIO, NULL, -1, "%s: the transaction failed and can only be rolled back: %s",
                         d->name, d->why);
    }
    if (d->stream || d->pipelining) {
        d->fault = DB_FAULT_OTHER;
        return error_set(err, MR_EINVAL, NULL, -1, "%s: a %s is under way on this connection", d->name,
                         d->stream ? "stream" : "pipeline");
    }
    return MR_OK;
}

mr_status db_execute(db *d, const char *sql, mr_error *err) {
    mr_status status = db_ready(d, err);
    return status ? status : d->driver->execute(d, sql, err);
}

/* --- care --- */

static mr_status outside(db *d, const char *what, mr_error *err) {
    mr_status status = db_ready(d, err);
    if (!status && d->in_transaction) {
        d->fault = DB_FAULT_OTHER;
        status = error_set(err, MR_EINVAL, NULL, -1, "%s: %s inside a transaction", d->name, what);
    }
    if (!status) db_reset_all(d);
    return status;
}

mr_status db_sync(db *d, mr_error *err) {
    mr_status status = outside(d, "sync", err);
    return status ? status : d->driver->sync(d, err);
}

mr_status db_checkpoint(db *d, bool truncate, mr_error *err) {
    mr_status status = outside(d, "checkpoint", err);
    return status ? status : d->driver->checkpoint(d, truncate, err);
}

mr_status db_vacuum(db *d, mr_error *err) {
    mr_status status = outside(d, "vacuum", err);
    return status ? status : d->driver->vacuum(d, err);
}

mr_status db_size(db *d, int64_t *bytes, mr_error *err) {
    *bytes = 0;
    mr_status status = outside(d, "size", err);
    return status ? status : d->driver->size(d, bytes, err);
}

mr_status db_analyze(db *d, mr_error *err) {
    mr_status status = outside(d, "analyze", err);
    return status ? status : d->driver->analyze(d, err);
}

mr_status db_integrity(db *d, void (*found)(const char *line, void *ctx), void *ctx, mr_error *err) {
    mr_status status = outside(d, "integrity", err);
    return status ? status : d->driver->integrity(d, found, ctx, err);
}

mr_status db_backup(const char *url, const char *path, const mr_context *context, mr_error *err) {
    error_clear(err);
    const db_driver *driver;
    const char *rest;
    mr_status status = db_url(url, &driver, &rest, err);
    return status ? status : driver->backup(rest, path, context, err);
}

mr_status db_restore(const char *url, const char *path, const mr_context *context, mr_error *err) {
    error_clear(err);
    const db_driver *driver;
    const char *rest;
    mr_status status = db_url(url, &driver, &rest, err);
    return status ? status : driver->restore(rest, path, context, err);
}
