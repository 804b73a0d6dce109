/* Two runs: the caller fills one while a thread writes the other. */
#include "bulk.h"

#include "bulk_settle.h"
#include "bulk_write.h"
#include "rebuild.h"

#include <error.h>
#include <mem.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUN_ROWS 1000000
#define ANALYZE_FROM 50000 /* events after which the store's statistics are made anew */
#define RUN_BYTES ((size_t)256 << 20)

struct bulk {
    bulk_options options;
    ledger *l; /* of the caller's thread */
    bulk_writer w;
    run runs[2];
    int filling;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool started, closing, busy; /* busy: the run that is not being filled is being written, or waits to be */
    mr_error error;              /* of the writing thread */
    hashmap occurrences;         /* hash of a line without id -> how often it was seen */
    hashmap erased;              /* ref -> when */
    int64_t *who_erased;         /* [requests_capacity] of the run being filled: INT64_MIN: not erased */
    size_t who_erased_n, who_erased_capacity;
    uint64_t left_out, resume_at, records;
    bool unfinished; /* an earlier attempt left stale cycles */
    bool handed_over; /* something was, or may have been, written */
    char epoch[24];  /* of merges and erasures, when it began */
    ledger_domain customers, line;
};

/* --- the writing thread --- */

static void *writing(void *ctx) {
    bulk *b = ctx;
    pthread_mutex_lock(&b->mutex);
    for (;;) {
        while (!b->busy && !b->closing) pthread_cond_wait(&b->changed, &b->mutex);
        if (!b->busy) break;
        run *r = &b->runs[!b->filling];
        mr_error err = {0};
        pthread_mutex_unlock(&b->mutex);
        mr_status status = b->error.code == MR_OK ? bulk_write_run(&b->w, r, &err) : MR_OK;
        run_reset(r);
        pthread_mutex_lock(&b->mutex);
        if (status != MR_OK) {
            b->error = err;
            b->error.code = status;
        }
        b->busy = false;
        pthread_cond_broadcast(&b->changed);
    }
    pthread_mutex_unlock(&b->mutex);
    return NULL;
}

static mr_status writing_error(const bulk *b, mr_error *err) {
    if (b->error.code != MR_OK && err) *err = b->error;
    return b->error.code;
}

/* Waits for the writer, and hands it the run that was filled. */
static mr_status hand_over(bulk *b, uint64_t records, mr_error *err) {
    pthread_mutex_lock(&b->mutex);
    while (b->busy) pthread_cond_wait(&b->changed, &b->mutex);
    mr_status status = writing_error(b, err);
    if (status == MR_OK) {
        b->runs[b->filling].records = records;
        b->filling = !b->filling;
        b->busy = b->handed_over = true;
        b->who_erased_n = 0;
        pthread_cond_broadcast(&b->changed);
    }
    pthread_mutex_unlock(&b->mutex);
    return status;
}

static void stop(bulk *b) {
    if (!b->started) return;
    pthread_mutex_lock(&b->mutex);
    b->closing = true;
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->mutex);
    pthread_join(b->thread, NULL);
    b->started = false;
}

/* --- opening --- */

static mr_status read_erasures(db *d, void *ctx, mr_error *err) {
    bulk *b = ctx;
    db_stream *stream = NULL;
    const db_value *row = NULL;
    bool made;
    mr_status status = db_stream_open(d, "SELECT ref, erased_at_us FROM erasure", "ii", NULL, 0, &stream, err);
    while (status == MR_OK && (status = db_stream_next(stream, &row, err)) == MR_OK && row) {
        uint64_t *at = hashmap_at(&b->erased, (uint64_t)row[0].integer, &made);
        if (!at) status = error_memory(err, sizeof *at);
        if (at) *at = (uint64_t)row[1].integer;
    }
    db_stream_close(stream);
    return status;
}

/* What earlier attempts left: at this import, and at the same files as they were before (they were corrected, say). *again: at this one. */
static mr_status find_unfinished(bulk *b, bool *again, mr_error *err) {
    const bulk_options *o = &b->options;
    db_statement *s;
    bool row = true;
    mr_status status = db_prepare(b->l->d, "SELECT id, records_done FROM import_run WHERE state = 1 AND (id = $1 OR (record = $2 AND files = $3))", "itt", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, o->import_id);
    db_bind_string(s, 2, o->record);
    db_bind_string(s, 3, o->files);
    b->unfinished = *again = false;
    b->resume_at = 0;
    while ((status = db_step(s, &row, err)) == MR_OK && row) {
        b->unfinished = true;
        if (db_int(s, 0) != o->import_id) continue;
        *again = true;
        if (!o->restart) b->resume_at = (uint64_t)db_int(s, 1);
    }
    return status;
}

/* started_at_us stays the first attempt's: what was recorded since may have a cycle that does not know of it. */
static mr_status begin_import(db *d, void *ctx, mr_error *err) {
    bulk *b = ctx;
    const bulk_options *o = &b->options;
    db_statement *s;
    bool again = false;
    mr_status status = ledger_source(b->l, o->source, &b->w.source, err);
    if (status != MR_OK || !o->import_id) return status;
    status = find_unfinished(b, &again, err);
    if (status != MR_OK) return status;
    if (again) {
        status = db_prepare(d, "UPDATE import_run SET started_at_us = $2 WHERE id = $1 AND started_at_us > $2", "ii", &s, err);
        if (status != MR_OK) return status;
        db_bind_int(s, 1, o->import_id);
        db_bind_int(s, 2, o->now_us);
        return db_run(s, NULL, err);
    }
    status = db_prepare(d, "INSERT INTO import_run (id, record, files, started_at_us, updated_at_us, records_done, events_added, "
                           "events_repeated, events_conflicting, rejected, state) VALUES ($1, $2, $3, $4, $4, 0, 0, 0, 0, 0, 1) "
                           "ON CONFLICT (id) DO UPDATE SET started_at_us = excluded.started_at_us, updated_at_us = excluded.updated_at_us, "
                           "records_done = 0, events_added = 0, events_repeated = 0, events_conflicting = 0, rejected = 0, state = 1",
                        "itti", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, o->import_id);
    db_bind_string(s, 2, o->record);
    db_bind_string(s, 3, o->files);
    db_bind_int(s, 4, o->now_us);
    return db_run(s, NULL, err);
}

/* In a transaction, as that waits for a server that is just being restarted. */
static mr_status read_before(db *d, void *ctx, mr_error *err) {
    bulk *b = ctx;
    mr_status status = bulk_epoch(b->l, b->epoch, err);
    return status == MR_OK ? read_erasures(d, b, err) : status;
}

mr_status bulk_open(const char *url, const bulk_options *options, bulk **out, mr_error *err) {
    bulk *b = mem_new(NULL, 1, sizeof *b);
    *out = NULL;
    if (!b) return error_memory(err, sizeof *b);
    b->options = *options;
    if (!b->options.run_rows) b->options.run_rows = RUN_ROWS;
    if (!b->options.run_bytes) b->options.run_bytes = RUN_BYTES;
    pthread_mutex_init(&b->mutex, NULL);
    pthread_cond_init(&b->changed, NULL);
    b->w.now_us = options->now_us;
    b->w.import_id = options->import_id;
    mr_status status = ledger_open(url, &(db_options){.lost_ms = options->lost_ms}, &b->l, err);
    if (status == MR_OK) status = ledger_open(url, &(db_options){.bulk = true, .lost_ms = options->lost_ms}, &b->w.l, err);
    if (status == MR_OK && options->ref_bits) b->l->ref_bits = b->w.l->ref_bits = options->ref_bits;
    if (status == MR_OK) status = refs_begin(&b->w.refs, b->l, options->source, err);
    if (status == MR_OK) status = db_transaction(b->l->d, DB_READ, read_before, b, err);
    if (status == MR_OK) status = db_transaction(b->l->d, DB_WRITE, begin_import, b, err);
    if (status == MR_OK) {
        b->customers = ledger_domain_of(b->l, "customer", options->source);
        b->line = ledger_domain_of(b->l, "line", options->source);
        b->started = pthread_create(&b->thread, NULL, writing, b) == 0;
        if (!b->started) status = error_set(err, MR_EIO, NULL, -1, "no thread could be started");
    }
    if (status == MR_OK)
        *out = b;
    else
        bulk_close(b);
    return status;
}

void bulk_close(bulk *b) {
    if (!b) return;
    stop(b);
    ledger_close(b->l);
    ledger_close(b->w.l);
    refs_free(&b->w.refs);
    hashmap_free(&b->w.touched);
    hashmap_free(&b->occurrences);
    hashmap_free(&b->erased);
    run_free(&b->runs[0]);
    run_free(&b->runs[1]);
    mem_free(NULL, b->who_erased);
    pthread_mutex_destroy(&b->mutex);
    pthread_cond_destroy(&b->changed);
    mem_free(NULL, b);
}

uint64_t bulk_resume_at(const bulk *b) {
    return b->resume_at;
}

const ledger *bulk_ledger(const bulk *b) {
    return b->l;
}

int32_t bulk_source(const bulk *b) {
    return b->w.source;
}

/* --- adding --- */

static int64_t erased_at(const bulk *b, uint32_t who) {
    return who < b->who_erased_n ? b->who_erased[who] : INT64_MIN;
}

static mr_status note_erased(bulk *b, uint32_t who, int64_t ref, mr_error *err) {
    if (who >= b->who_erased_capacity) {
        size_t capacity = 2 * (size_t)who + 1024;
        int64_t *more = mem_resize(NULL, b->who_erased, capacity, sizeof *more);
        if (!more) return error_memory(err, capacity * sizeof *more);
        b->who_erased = more;
        b->who_erased_capacity = capacity;
    }
    const uint64_t *at = hashmap_find(&b->erased, (uint64_t)ref);
    for (; b->who_erased_n <= who; b->who_erased_n++) b->who_erased[b->who_erased_n] = INT64_MIN;
    b->who_erased[who] = at ? (int64_t)*at : INT64_MIN;
    return MR_OK;
}

mr_status bulk_customer(bulk *b, const char *external_id, size_t len, uint32_t *who, mr_error *err) {
    if (!len || len > LEDGER_ID_LIMIT)
        return error_set(err, MR_EDATA, "customer", -1, "an identifier has 1 to %d bytes; this one has %zu", LEDGER_ID_LIMIT, len);
    int64_t ref = ledger_ref(b->l, b->customers, external_id, len, 0);
    mr_status status = run_customer(&b->runs[b->filling], (uint64_t)ref, external_id, len, who, err);
    return status == MR_OK && b->erased.n ? note_erased(b, *who, ref, err) : status;
}

mr_status bulk_event(bulk *b, uint32_t who, const history_event *e, mr_error *err) {
    if (b->erased.n && e->at_us <= erased_at(b, who)) {
        b->left_out++;
        return MR_OK;
    }
    return run_event(&b->runs[b->filling], who, e, err);
}

upserts *bulk_upserts(bulk *b, uint32_t who, bool *erased) {
    run *r = &b->runs[b->filling];
    *erased = b->erased.n && erased_at(b, who) != INT64_MIN;
    if (*erased) {
        b->left_out++;
        return NULL;
    }
    r->used[who] = true;
    return &r->upserts;
}

mr_status bulk_alias(bulk *b, uint32_t who, const char *external_id, size_t len, mr_error *err) {
    if (!len || len > LEDGER_ID_LIMIT)
        return error_set(err, MR_EDATA, "same_as", -1, "an identifier has 1 to %d bytes; this one has %zu", LEDGER_ID_LIMIT, len);
    if (b->erased.n && erased_at(b, who) != INT64_MIN) return MR_OK;
    return run_alias_add(&b->runs[b->filling], who, external_id, len, err);
}

mr_status bulk_line_id(bulk *b, const char *raw, size_t len, uint64_t *hash, uint32_t *occurrence, mr_error *err) {
    bool made;
    *hash = (uint64_t)ledger_hash(b->l, b->line, raw, len);
    uint64_t *count = hashmap_at(&b->occurrences, *hash, &made);
    if (!count) return error_memory(err, sizeof *count);
    *occurrence = (uint32_t)(*count)++;
    return MR_OK;
}

mr_status bulk_record_done(bulk *b, uint64_t records, mr_error *err) {
    run *r = &b->runs[b->filling];
    b->records = records;
    if (r->n < b->options.run_rows && r->upserts.rows < b->options.run_rows / 4 && run_bytes(r) < b->options.run_bytes) return MR_OK;
    return hand_over(b, records, err);
}

/* --- ending --- */

static int by_number(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static mr_status rebuild_touched(bulk *b, const mr_context *context, mr_error *err) {
    hashmap *touched = &b->w.touched;
    int64_t *ids = mem_take(NULL, touched->n, sizeof *ids);
    size_t n = 0;
    if (!ids) return error_memory(err, touched->n * sizeof *ids);
    for (size_t i = 0; i < touched->capacity; i++)
        if (touched->slots[i].key && !touched->slots[i].value) ids[n++] = (int64_t)touched->slots[i].key;
    qsort(ids, n, sizeof *ids, by_number);
    mr_status status = ledger_rebuild(b->l, b->w.l, ids, n, b->w.projecting, context, err);
    mem_free(NULL, ids);
    return status;
}

static mr_status end_import(db *d, void *ctx, mr_error *err) {
    bulk *b = ctx;
    db_statement *s;
    mr_status status = db_prepare(d, "UPDATE import_run SET state = 2, updated_at_us = $2 WHERE id = $1 OR (state = 1 AND record = $3 AND files = $4)",
                                  "iitt", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, b->options.import_id);
    db_bind_int(s, 2, b->options.now_us);
    db_bind_string(s, 3, b->options.record);
    db_bind_string(s, 4, b->options.files);
    return db_run(s, NULL, err);
}

static void count(const bulk *b, bulk_counts *counts) {
    *counts = b->w.counts;
    counts->erased = b->left_out;
    counts->events += b->left_out;
    counts->customers = b->w.touched.n;
    counts->resumed = b->resume_at;
}

static mr_status nothing(db *d, void *ctx, mr_error *err) {
    (void)d, (void)ctx, (void)err;
    return MR_OK;
}

static mr_status make_whole(bulk *b, bool repair, const mr_context *context, mr_error *err) {
    db *d = b->w.l->d;
    mr_status status = bulk_settle(b->l, b->epoch, &b->erased, b->options.now_us, &b->w.touched, err);
    if (status != MR_OK) return status;
    if (repair)
        status = ledger_repair(b->l, b->w.l, context, NULL, err);
    else if (b->w.touched.n)
        status = rebuild_touched(b, context, err);
    if (status == MR_OK && b->options.import_id) status = db_transaction(d, DB_WRITE, end_import, b, err);
    return status == MR_OK ? db_sync(d, err) : status;
}

/* A server that went away meanwhile may have taken cycles with it that were written already: then all is gone over again. */
static mr_status make_whole_for_good(bulk *b, const mr_context *context, mr_error *err) {
    db *d = b->w.l->d;
    for (int attempt = 0;; attempt++) {
        unsigned connections = db_connections(d);
        mr_status status = make_whole(b, attempt > 0 || b->unfinished, context, err);
        bool lost = status == MR_OK ? db_connections(d) != connections : db_last_fault(d) == DB_FAULT_LOST || db_last_fault(b->l->d) == DB_FAULT_LOST;
        if (!lost || (status != MR_OK && attempt == BULK_ATTEMPTS)) return status;
        if (attempt == BULK_ATTEMPTS) return error_set(err, MR_EIO, NULL, -1, "%s went away again and again; its log says more", db_name(d));
        status = db_transaction(d, DB_READ, nothing, NULL, err); /* waits until it is there again */
        if (status == MR_OK) status = db_transaction(b->l->d, DB_READ, nothing, NULL, err);
        if (status != MR_OK) return status;
    }
}

mr_status bulk_finish(bulk *b, const mr_context *context, bulk_counts *counts, mr_error *err) {
    run *r = &b->runs[b->filling];
    mr_status status = MR_OK;
    if (r->n || r->requests_n) status = hand_over(b, b->records, err);
    stop(b);
    if (status == MR_OK) status = writing_error(b, err);
    if (status == MR_OK) status = make_whole_for_good(b, context, err);
    if (status == MR_OK && b->w.counts.added >= ANALYZE_FROM) status = db_analyze(b->w.l->d, err);
    count(b, counts);
    return status;
}

/* An import that ended at a bad line before it wrote anything leaves nothing to be finished. */
static mr_status forget_import(db *d, void *ctx, mr_error *err) {
    const bulk *b = ctx;
    db_statement *s;
    mr_status status = db_prepare(d, "DELETE FROM import_run WHERE id = $1 AND state = 1 AND records_done = 0", "i", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, b->options.import_id);
    return db_run(s, NULL, err);
}

void bulk_abandon(bulk *b, bulk_counts *counts) {
    mr_error err;
    stop(b);
    db_sync(b->w.l->d, &err);
    if (b->options.import_id && !b->handed_over && !b->unfinished) db_transaction(b->l->d, DB_WRITE, forget_import, b, &err);
    count(b, counts);
}
