/* Rebuilding. The version a cycle had before its events were read is the guard: it is written only where the version still is that. */
#include "rebuild.h"

#include "events.h"
#include "looks.h"
#include "project.h"
#include "histories.h"

#include <cycle.h>
#include <error.h>
#include <mem.h>

#include <string.h>

#define BATCH 8192

typedef struct rebuilt {
    int64_t customer_id, version; /* version -1: there was no row */
    int64_t recorded_us;          /* of the latest event; 0 where bodies are not read */
    unsigned char *state;         /* in the batch's arena */
    size_t len;
    bool there;
} rebuilt;

typedef struct rebuild {
    ledger *reader, *writer;
    const int64_t *ids;
    const int64_t *versions; /* [n] */
    size_t n, at;            /* ids before `at` are dealt with */
    bool bodies;
    rebuilt batch[BATCH];
    size_t batched;
    arena states;
    upserts rows;
    const mr_context *context;
} rebuild;

/* --- writing a batch --- */

typedef struct batch_list {
    rebuild *r;
    const rebuilt *item[BATCH];
    int64_t changed[BATCH];
    size_t n;
    int64_t redo[BATCH]; /* customers whose cycle has another version by now */
    size_t redo_n;
} batch_list;

static void new_row(void *ctx, size_t row, db_value *values) {
    const rebuilt *b = ((batch_list *)ctx)->item[row];
    values[0].integer = b->customer_id;
    values[1].integer = 1;
    values[2].integer = 0;
    values[3].text.at = (const char *)b->state;
    values[3].text.len = b->len;
}

static mr_status new_differs(void *ctx, size_t row, mr_error *err) {
    batch_list *list = ctx;
    (void)err;
    list->changed[row] = 0;
    return MR_OK;
}

static void bind_old(void *ctx, size_t item, db_statement *s) {
    const rebuilt *b = ((batch_list *)ctx)->item[item];
    db_bind_int(s, 1, b->customer_id);
    db_bind_int(s, 2, b->version);
    db_bind_bytes(s, 3, b->state, b->len);
}

static void note_changed(batch_list *list) {
    for (size_t i = 0; i < list->n; i++)
        if (!list->changed[i]) list->redo[list->redo_n++] = list->item[i]->customer_id;
}

static mr_status write_new(batch_list *list, mr_error *err) {
    static const char *const columns[] = {"customer_id", "version", "stale", "state"};
    static const int compare[] = {1, 2, 3};
    const db_append_plan plan = {.table = "cycle", .columns = columns, .types = "iisb", .key = 1, .compare = compare, .compare_n = 3};
    uint64_t added;
    for (size_t i = 0; i < list->n; i++) list->changed[i] = 1;
    mr_status status = list->n ? db_append(list->r->writer->d, &plan, list->n, new_row, new_differs, list, &added, err) : MR_OK;
    note_changed(list);
    return status;
}

static mr_status write_old(batch_list *list, mr_error *err) {
    db_statement *s;
    mr_status status = db_prepare(list->r->writer->d, "UPDATE cycle SET state = $3, stale = 0, version = cycle.version + 1 "
                                                      "WHERE customer_id = $1 AND version = $2", "iib", &s, err);
    if (status == MR_OK) status = db_each(s, list->n, bind_old, NULL, list, list->changed, err);
    if (status == MR_OK) note_changed(list);
    return status;
}

/* Who has new events is looked at. */
static mr_status ask_looks(rebuild *r, mr_error *err) {
    bool wanted = false;
    mr_status status = looks_wanted(r->writer, &wanted, err);
    if (status != MR_OK || !wanted) return status;
    look_request *wishes = mem_take(NULL, r->batched, sizeof *wishes);
    if (!wishes) return error_memory(err, r->batched * sizeof *wishes);
    for (size_t i = 0; i < r->batched; i++) wishes[i] = (look_request){r->batch[i].customer_id, r->batch[i].recorded_us};
    status = looks_ask(r->writer, wishes, r->batched, err);
    mem_free(NULL, wishes);
    return status;
}

/* Cycles and projected rows in one transaction, or a crash between the two would leave a cycle that is not stale and rows that are: nobody
 * would look for them. Who was changed meanwhile comes last: the rows just written are older than what changed them. */
static mr_status write_batch(db *d, void *ctx, mr_error *err) {
    rebuild *r = ctx;
    batch_list *list = mem_take(NULL, 1, sizeof *list);
    mr_status status = MR_OK;
    (void)d;
    if (!list) return error_memory(err, sizeof *list);
    list->redo_n = 0;
    for (int old = 0; old < 2 && status == MR_OK; old++) {
        list->r = r;
        list->n = 0;
        for (size_t i = 0; i < r->batched; i++)
            if ((r->batch[i].version >= 0) == (old == 1)) list->item[list->n++] = &r->batch[i];
        status = old ? write_old(list, err) : write_new(list, err);
    }
    if (status == MR_OK && r->rows.rows) status = upserts_write(&r->rows, r->writer, err);
    if (status == MR_OK) status = ask_looks(r, err);
    for (size_t i = 0; i < list->redo_n && status == MR_OK; i++) status = ledger_rebuild_customer(r->writer, list->redo[i], err);
    mem_free(NULL, list);
    return status;
}

static mr_status flush(rebuild *r, mr_error *err) {
    mr_status status = MR_OK;
    if (r->batched) status = db_transaction(r->writer->d, DB_WRITE, write_batch, r, err);
    r->batched = 0;
    upserts_clear(&r->rows);
    arena_reset(&r->states);
    if (status == MR_OK && r->context && r->context->progress && r->context->progress(r->at, r->n, r->context->progress_ctx))
        status = error_set(err, MR_ECANCELLED, NULL, -1, "cancelled");
    return status;
}

/* --- reading --- */

static int64_t latest_recorded(const history *h) {
    int64_t latest = 0;
    for (size_t i = 0; h && i < h->n; i++)
        if (h->events[i].recorded_at_us > latest) latest = h->events[i].recorded_at_us;
    return latest;
}

static mr_status add(rebuild *r, int64_t customer_id, int64_t version, const history *h, mr_error *err) {
    unsigned char bytes[CYCLE_BYTES_MAX];
    cycle c;
    cycle_build(&c, h ? h->events : NULL, h ? h->n : 0);
    rebuilt *b = &r->batch[r->batched++];
    *b = (rebuilt){.customer_id = customer_id, .version = version, .recorded_us = latest_recorded(h), .len = cycle_encode(&c, bytes)};
    b->state = (unsigned char *)arena_copy(&r->states, (const char *)bytes, b->len);
    if (!b->state) return error_memory(err, b->len);
    mr_status status = h && r->bodies ? project_history(r->writer, h, 0, &r->rows, err) : MR_OK;
    return status == MR_OK && (r->batched == BATCH || r->rows.rows >= UPSERTS_FULL) ? flush(r, err) : status;
}

/* Histories come in ascending order: wanted ones that were passed over have no events. */
static mr_status on_history(void *ctx, const history *h, mr_error *err) {
    rebuild *r = ctx;
    mr_status status = MR_OK;
    for (; r->at < r->n && r->ids[r->at] < h->customer_id && status == MR_OK; r->at++)
        status = add(r, r->ids[r->at], r->versions[r->at], NULL, err);
    if (status == MR_OK && r->at < r->n && r->ids[r->at] == h->customer_id) {
        status = add(r, h->customer_id, r->versions[r->at], h, err);
        r->at++;
    }
    return status;
}

static mr_status one_by_one(rebuild *r, mr_error *err) {
    history h = {0};
    mr_status status = MR_OK;
    for (; r->at < r->n && status == MR_OK; r->at++) {
        status = history_read(r->reader, r->ids[r->at], &h, err);
        if (status == MR_OK) status = add(r, r->ids[r->at], r->versions[r->at], &h, err);
    }
    history_free(&h);
    return status;
}

/* The versions of ids[n], -1 where there is no row: by one read of all cycles, or one by one. */
static mr_status read_versions(ledger *l, const int64_t *ids, size_t n, bool all, int64_t *versions, mr_error *err) {
    mr_status status = MR_OK;
    for (size_t i = 0; i < n; i++) versions[i] = -1;
    if (!all) {
        db_statement *s;
        status = db_prepare(l->d, "SELECT version FROM cycle WHERE customer_id = $1", "i", &s, err);
        for (size_t i = 0; i < n && status == MR_OK; i++) {
            bool row = false;
            db_bind_int(s, 1, ids[i]);
            status = db_step(s, &row, err);
            if (status == MR_OK && row) versions[i] = db_int(s, 0);
            db_reset(s);
        }
        return status;
    }
    db_stream *stream = NULL;
    const db_value *row = NULL;
    size_t at = 0;
    status = db_stream_range(l->d, &(db_range){.table = "cycle", .columns = "customer_id, version", .types = "ii", .first = ids[0], .last = ids[n - 1]},
                             &stream, err);
    while (status == MR_OK && (status = db_stream_next(stream, &row, err)) == MR_OK && row) {
        while (at < n && ids[at] < row[0].integer) at++;
        if (at < n && ids[at] == row[0].integer) versions[at] = row[1].integer;
    }
    db_stream_close(stream);
    return status;
}

mr_status ledger_rebuild(ledger *reader, ledger *writer, const int64_t *ids, size_t n, bool bodies, const mr_context *context, mr_error *err) {
    if (!n) return MR_OK;
    rebuild *r = mem_new(NULL, 1, sizeof *r);
    int64_t *versions = mem_take(NULL, n, sizeof *versions);
    mr_status status = r && versions ? MR_OK : error_memory(err, n * sizeof *versions);
    /* One customer's read by itself costs about as much as streaming past a hundred others. */
    bool all = n >= 1000;
    if (status == MR_OK && all) {
        db_statement *s;
        bool row = false;
        status = db_prepare(reader->d, "SELECT CAST(COUNT(*) AS BIGINT) FROM customer_ref", "", &s, err);
        if (status == MR_OK) status = db_step(s, &row, err);
        if (status == MR_OK && row) all = db_int(s, 0) / 100 < (int64_t)n;
        if (status == MR_OK) db_reset(s);
    }
    if (status == MR_OK) status = read_versions(reader, ids, n, all, versions, err);
    if (status == MR_OK) {
        *r = (rebuild){.reader = reader, .writer = writer, .ids = ids, .versions = versions, .n = n, .bodies = bodies, .context = context};
        if (all)
            status = ledger_scan(reader, &(scan_options){.whole = bodies, .first = ids[0], .last = ids[n - 1]}, 0, 1, on_history, r, err);
        else
            status = one_by_one(r, err);
        for (; r->at < n && status == MR_OK; r->at++) status = add(r, ids[r->at], versions[r->at], NULL, err);
        if (status == MR_OK) status = flush(r, err);
    }
    if (r) {
        arena_free(&r->states);
        upserts_free(&r->rows);
    }
    mem_free(NULL, versions);
    mem_free(NULL, r);
    return status;
}

/* --- one --- */

mr_status ledger_rebuild_customer(ledger *l, int64_t customer_id, mr_error *err) {
    unsigned char state[CYCLE_BYTES_MAX];
    history h = {0};
    upserts rows = {0};
    cycle c;
    db_statement *s;
    mr_status status = db_prepare(l->d, "INSERT INTO cycle (customer_id, version, stale, state) VALUES ($1, 1, 1, $2) "
                                        "ON CONFLICT (customer_id) DO UPDATE SET version = cycle.version + 1", "ib", &s, err);
    if (status == MR_OK) {
        db_bind_int(s, 1, customer_id);
        db_bind_bytes(s, 2, "", 0);
        status = db_run(s, NULL, err);
    }
    if (status == MR_OK) status = history_read(l, customer_id, &h, err);
    if (status == MR_OK) status = project_history(l, &h, 0, &rows, err);
    if (status == MR_OK) status = upserts_write(&rows, l, err);
    if (status == MR_OK) status = db_prepare(l->d, "UPDATE cycle SET state = $2, stale = 0 WHERE customer_id = $1", "ib", &s, err);
    if (status == MR_OK) {
        cycle_build(&c, h.events, h.n);
        db_bind_int(s, 1, customer_id);
        db_bind_bytes(s, 2, state, cycle_encode(&c, state));
        status = db_run(s, NULL, err);
    }
    bool wanted = false;
    if (status == MR_OK) status = looks_wanted(l, &wanted, err);
    if (status == MR_OK && wanted) status = looks_ask(l, &(look_request){customer_id, latest_recorded(&h)}, 1, err);
    history_free(&h);
    upserts_free(&rows);
    return status;
}

static mr_status run_for(ledger *l, const char *sql, int64_t customer_id, mr_error *err) {
    db_statement *s;
    mr_status status = db_prepare(l->d, sql, "i", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, customer_id);
    return db_run(s, NULL, err);
}

/* contact and due hold more than events say: an import's rows, what was done about what fell due. */
mr_status ledger_rebuild_afresh(ledger *l, int64_t customer_id, mr_error *err) {
    static const char *const clear[] = {
        "DELETE FROM contract WHERE customer_id = $1", "DELETE FROM support_case WHERE customer_id = $1",
        "DELETE FROM promise WHERE customer_id = $1",  "DELETE FROM touch WHERE customer_id = $1",
        "DELETE FROM survey WHERE customer_id = $1",   "DELETE FROM consent WHERE customer_id = $1",
    };
    mr_status status = MR_OK;
    for (size_t i = 0; i < sizeof clear / sizeof *clear && status == MR_OK; i++) status = run_for(l, clear[i], customer_id, err);
    if (status == MR_OK) status = ledger_rebuild_customer(l, customer_id, err);
    return status == MR_OK ? run_for(l, "DELETE FROM due WHERE customer_id = $1 AND kind = 1 AND NOT EXISTS (SELECT p.id FROM promise p "
                                        "WHERE p.customer_id = due.customer_id AND p.id = due.subject_id AND p.due_us IS NOT NULL)", customer_id, err)
                           : status;
}

/* --- what was left --- */

static mr_status collect(ledger *l, const char *sql, int64_t since_us, int64_t **ids, size_t *n, mr_error *err) {
    db_stream *stream = NULL;
    const db_value *row = NULL;
    size_t capacity = 0;
    mr_status status = db_stream_open(l->d, sql, "i", &since_us, 1, &stream, err);
    *ids = NULL;
    *n = 0;
    while (status == MR_OK && (status = db_stream_next(stream, &row, err)) == MR_OK && row) {
        if (*n == capacity) {
            capacity = capacity ? 2 * capacity : 1024;
            int64_t *more = mem_resize(NULL, *ids, capacity, sizeof *more);
            if (!more) {
                status = error_memory(err, capacity * sizeof *more);
                break;
            }
            *ids = more;
        }
        (*ids)[(*n)++] = row[0].integer;
    }
    db_stream_close(stream);
    return status;
}

/* When the earliest import that was not finished began, INT64_MAX: there is none. */
static mr_status unfinished_since(ledger *l, int64_t *since_us, mr_error *err) {
    db_statement *s;
    bool row = false;
    mr_status status = db_prepare(l->d, "SELECT MIN(started_at_us) FROM import_run WHERE state = 1", "", &s, err);
    if (status != MR_OK) return status;
    status = db_step(s, &row, err);
    *since_us = status == MR_OK && row && !db_is_null(s, 0) ? db_int(s, 0) : INT64_MAX;
    db_reset(s);
    return status;
}

/* An import's events are in before their cycles know of them, and not every cycle that does not know is marked: an append or another import that
 * ran beside it, and saw only part of its events, may have made a customer's cycle whole as far as it could see. The import gone over its
 * customers in the end would have seen to that; where it did not come to that, whoever got an event since it began is gone over here. */
mr_status ledger_repair(ledger *reader, ledger *writer, const mr_context *context, uint64_t *repaired, mr_error *err) {
    static const char stale_sql[] =
        "SELECT r.ref FROM customer_ref r LEFT JOIN cycle c ON c.customer_id = r.ref "
        "WHERE r.customer_id = r.ref AND (c.customer_id IS NULL OR c.stale = 1) "
        "UNION SELECT e.customer_id FROM event e WHERE e.recorded_at_us >= $1 ORDER BY 1";
    int64_t *ids = NULL, since_us;
    size_t n = 0;
    mr_status status = unfinished_since(reader, &since_us, err);
    if (status == MR_OK) status = collect(reader, stale_sql, since_us, &ids, &n, err);
    if (status == MR_OK) status = ledger_rebuild(reader, writer, ids, n, true, context, err);
    if (repaired) *repaired = n;
    mem_free(NULL, ids);
    return status;
}

mr_status ledger_is_stale(ledger *l, bool *stale, mr_error *err) {
    static const char *const questions[] = {"SELECT customer_id FROM cycle WHERE stale = 1 LIMIT 1",
                                            "SELECT id FROM import_run WHERE state = 1 LIMIT 1"};
    mr_status status = MR_OK;
    *stale = false;
    for (size_t i = 0; i < 2 && status == MR_OK && !*stale; i++) {
        db_statement *s;
        status = db_prepare(l->d, questions[i], "", &s, err);
        if (status == MR_OK) status = db_step(s, stale, err);
        if (status == MR_OK) db_reset(s);
    }
    return status;
}
