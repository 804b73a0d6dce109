/* PostgreSQL: one statement over many items in libpq's pipeline mode.
 *
 * Items are sent in chunks; the answers of a chunk are read while the next is under way, so that the server
 * never waits for us and the answers kept are bounded. Sending cannot deadlock: libpq in blocking mode reads
 * what has come in whenever it cannot write. One Sync at the end: an item that fails makes the server skip
 * the rest up to it, which leaves the connection usable. */
#include "postgres.h"

#include <stdio.h>

enum { CHUNK = 256 };

typedef struct pipeline {
    db_statement *s;
    size_t n, sent, got;
    db_item_bind bind;
    db_item_row row;
    void *ctx;
    int64_t *changed;
    char name[16];
} pipeline;

static mr_status send_item(pipeline *p, mr_error *err) {
    db_statement *s = p->s;
    p->bind(p->ctx, p->sent, s);
    mr_status status = db_check_parameters(s, err);
    if (status) return status;
    postgres_encode(s);
    if (!PQsendQueryPrepared(s->db->of.postgres.conn, p->name, s->n, s->of.postgres.values,
                             s->of.postgres.lengths, s->of.postgres.formats, 1))
        return postgres_fail(s->db, NULL, err);
    p->sent++;
    return MR_OK;
}

/* The answer of item p->got. */
static mr_status read_item(pipeline *p, mr_error *err) {
    db_statement *s = p->s;
    PGconn *conn = s->db->of.postgres.conn;
    PGresult *result = PQgetResult(conn);
    if (!result) return postgres_fail(s->db, NULL, err);
    mr_status status = postgres_result(s, result, err);
    if (status) return status;
    s->stepping = true;
    for (bool more = true; !status && p->row && !postgres_next(s, &more, err) && more;)
        status = p->row(p->ctx, p->got, s, err);
    if (p->changed) p->changed[p->got] = postgres_changed(s);
    db_reset(s);
    p->got++;
    /* An item's answer ends with NULL. */
    while (!status && (result = PQgetResult(conn))) PQclear(result);
    return status;
}

/* Throws away what is still to come, up to the Sync. False where the connection is past saving. */
static bool drain(PGconn *conn) {
    for (int nothing = 0; nothing < 2;) {
        PGresult *result = PQgetResult(conn);
        ExecStatusType status = PQresultStatus(result);
        nothing = result ? 0 : nothing + 1; /* one NULL stands between items, two mean that nothing comes */
        PQclear(result);
        if (status == PGRES_PIPELINE_SYNC) return PQexitPipelineMode(conn) == 1;
    }
    return false;
}

mr_status postgres_each(db_statement *s, size_t n, db_item_bind bind, db_item_row row, void *ctx,
                        int64_t *changed, mr_error *err) {
    db *d = s->db;
    mr_status status = postgres_prepare_again(s, err);
    if (status) return status;
    PGconn *conn = d->of.postgres.conn;
    pipeline p = {s, n, 0, 0, bind, row, ctx, changed, ""};
    snprintf(p.name, sizeof p.name, "m%u", s->of.postgres.number);
    if (!PQenterPipelineMode(conn)) return postgres_fail(d, NULL, err);
    while (!status && p.got < n) {
        for (size_t end = p.sent + CHUNK; !status && p.sent < n && p.sent < end;) status = send_item(&p, err);
        if (status) break;
        if (p.sent < n && (!PQsendFlushRequest(conn) || PQflush(conn) < 0))
            status = postgres_fail(d, NULL, err);
        if (p.sent == n && !PQpipelineSync(conn)) status = postgres_fail(d, NULL, err);
        /* All but the chunk just sent. */
        while (!status && p.got < n && (p.sent == n || p.got + CHUNK < p.sent)) status = read_item(&p, err);
    }
    if (PQstatus(d->of.postgres.conn) == CONNECTION_OK) {
        db_reset(s);
        if (p.sent < n && !PQpipelineSync(conn))
            status = postgres_fail(d, NULL, err);
        else if (!drain(conn)) {
            postgres_disconnect(d);
            if (!status) status = postgres_fail(d, NULL, err);
        }
    }
    return status;
}
