/* Writing one run: its customers, its rows of customer and contact, then the events in slices sorted by key, each slice a transaction that
 * also marks the cycles it makes stale. The last one notes how far the import came. */
#include "bulk_write.h"

#include "events.h"
#include "project.h"

#include <bits.h>
#include <error.h>
#include <mem.h>

#include <string.h>
#include <time.h>

#define DAY_US INT64_C(86400000000)
#define SLICE_SECONDS .04 /* of the 50 ms that others may have to wait */
#define SLICE_FIRST 20000
#define SLICE_SERVER 250000 /* PostgreSQL: nobody waits for a COPY, but one repeat sends its whole slice the long way */
#define AHEAD 8
#define MARK_ONE_BY_ONE 2000

/* --- customers and their rows --- */

typedef struct run_work {
    bulk_writer *w;
    run *r;
    uint64_t aliases, taken;
    bool resolved; /* once, if perhaps in vain */
} run_work;

static mr_status resolve(run_work *work, mr_error *err) {
    run *r = work->r;
    size_t n = 0;
    ref_request *wanted = mem_take(NULL, r->requests_n, sizeof *wanted);
    if (!wanted) return error_memory(err, r->requests_n * sizeof *wanted);
    for (size_t i = 0; i < r->requests_n; i++)
        if (r->used[i]) wanted[n++] = r->requests[i];
    mr_status status = refs_resolve(&work->w->refs, work->w->l, wanted, n, err);
    n = 0;
    for (size_t i = 0; i < r->requests_n && status == MR_OK; i++)
        if (r->used[i]) r->requests[i].customer_id = wanted[n++].customer_id;
    mem_free(NULL, wanted);
    return status;
}

/* A second identifier: a row that leads to the customer; where it already is another customer, whether they are one is for people to say (duplicates.h
 * lists it). */
static mr_status write_alias(run_work *work, const run_alias *a, mr_error *err) {
    ledger *l = work->w->l;
    int64_t customer_id = work->r->requests[a->who].customer_id, there = 0, added = 0;
    db_statement *s;
    mr_status status = ledger_find(l, work->w->refs.source, a->external_id, a->len, &there, err);
    if (status != MR_OK) return status;
    if (there == customer_id) return MR_OK;
    if (there) {
        work->taken++;
        status = db_prepare(l->d, "INSERT INTO same_as (customer_id, id, said_at_us) VALUES ($1, $2, $3) ON CONFLICT (customer_id, id) DO NOTHING", "iii",
                            &s, err);
        if (status != MR_OK) return status;
        db_bind_int(s, 1, customer_id);
        db_bind_int(s, 2, there);
        db_bind_int(s, 3, work->w->now_us);
        return db_run(s, NULL, err);
    }
    status = db_prepare(l->d, "INSERT INTO customer_ref (ref, source, external_id, customer_id) VALUES ($1, $2, $3, $4) "
                              "ON CONFLICT (ref) DO NOTHING", "itti", &s, err);
    for (unsigned salt = 0; status == MR_OK && !added && salt < 32; salt++) {
        db_bind_int(s, 1, ledger_ref(l, work->w->refs.customers, a->external_id, a->len, salt));
        db_bind_string(s, 2, work->w->refs.source);
        db_bind_text(s, 3, a->external_id, a->len);
        db_bind_int(s, 4, customer_id);
        status = db_run(s, &added, err);
    }
    work->aliases++;
    return status;
}

static mr_status resolve_run(db *d, void *ctx, mr_error *err) {
    run_work *work = ctx;
    (void)d;
    if (work->resolved) refs_forget(&work->w->refs); /* what it made may have been rolled back, or be gone with the server */
    work->resolved = true;
    return resolve(work, err);
}

static mr_status write_customers(db *d, void *ctx, mr_error *err) {
    run_work *work = ctx;
    run *r = work->r;
    mr_status status = MR_OK;
    (void)d;
    work->aliases = work->taken = 0;
    for (size_t i = 0; i < r->aliases_n && status == MR_OK; i++) status = write_alias(work, &r->aliases[i], err);
    return status == MR_OK && r->upserts.rows ? upserts_write(&r->upserts, work->w->l, err) : status;
}

/* Whose row it is, once that is known. */
static void name_upserts(run *r) {
    for (unsigned t = 0; t < UPSERT_TABLES; t++)
        for (size_t i = 0; i < r->upserts.table[t].n; i++) {
            db_value *who = &r->upserts.table[t].row[i][0].value;
            who->integer = r->requests[who->integer].customer_id;
        }
}

/* --- a slice of events --- */

typedef struct slice {
    bulk_writer *w;
    run *r;
    const run_key *keys;
    size_t n;
    const uint32_t *clashes; /* rows whose key stands in the run already */
    size_t clashes_n;
    uint32_t *differing;
    size_t differing_n;
    uint64_t added;
    uint64_t records; /* > 0: the run's last slice, the import came so far */
} slice;

static void event_of(const slice *s, uint32_t row, int64_t customer_id, ledger_event *out) {
    const run_row *x = &s->r->rows[row];
    *out = (ledger_event){.customer_id = customer_id,
                          .e = {.id = x->id, .at_us = x->at_us, .recorded_at_us = s->w->now_us, .amount_minor = x->amount_minor,
                                .subject_id = x->subject_id, .day = (int32_t)(x->at_us / DAY_US - (x->at_us % DAY_US < 0)),
                                .source = s->w->source, .kind = x->kind, .source_id = x->text, .source_id_len = x->source_id_len,
                                .body = x->text + x->source_id_len, .body_len = x->body_len}};
    memcpy(out->e.currency, x->currency, sizeof x->currency);
}

static void slice_row(void *ctx, size_t row, db_value *values) {
    const slice *s = ctx;
    const run_row *x = &s->r->rows[s->keys[row].row];
    /* Sorted by key, the rows lie anywhere: fetched ahead, first they, then their texts. */
    if (row + 2 * AHEAD < s->n) {
        bits_prefetch(&s->r->rows[s->keys[row + 2 * AHEAD].row]);
        bits_prefetch(s->r->rows[s->keys[row + AHEAD].row].text);
    }
    values[0].integer = s->keys[row].customer_id;
    values[1].integer = x->id;
    values[2].integer = x->at_us;
    values[3].integer = s->w->now_us;
    values[4].integer = x->at_us / DAY_US - (x->at_us % DAY_US < 0);
    values[5].integer = x->kind;
    values[6].integer = s->w->source;
    values[7].integer = x->subject_id;
    values[8].integer = x->amount_minor;
    values[9].text.at = x->currency;
    values[9].text.len = x->currency[0] ? 3 : 0;
    values[10].text.at = x->text;
    values[10].text.len = x->source_id_len;
    values[11].text.at = x->text + x->source_id_len;
    values[11].text.len = x->body_len;
}

static mr_status slice_differs(void *ctx, size_t row, mr_error *err) {
    slice *s = ctx;
    (void)err;
    s->differing[s->differing_n++] = (uint32_t)row;
    return MR_OK;
}

static mr_status touch(bulk_writer *w, int64_t customer_id, mr_error *err) {
    bool made;
    return hashmap_at(&w->touched, (uint64_t)customer_id, &made) ? MR_OK : error_memory(err, sizeof customer_id);
}

typedef struct customer_list {
    int64_t *ids;
    size_t n;
} customer_list;

static void bind_customer(void *ctx, size_t item, db_statement *s) {
    db_bind_int(s, 1, ((customer_list *)ctx)->ids[item]);
}

/* Cycles that are there become stale; customers without one are stale by that. One statement a customer, or, for a large slice over cycles most of
 * which it touches, one over the whole range. */
static mr_status mark(slice *s, customer_list *list, mr_error *err) {
    db *d = s->w->l->d;
    db_statement *q;
    bool row = false;
    int64_t there = 0, first = list->ids[0], last = list->ids[list->n - 1];
    mr_status status = MR_OK;
    if (list->n > MARK_ONE_BY_ONE) {
        status = db_prepare(d, "SELECT CAST(COUNT(*) AS BIGINT) FROM cycle WHERE customer_id >= $1 AND customer_id <= $2 AND stale = 0", "ii", &q, err);
        if (status != MR_OK) return status;
        db_bind_int(q, 1, first);
        db_bind_int(q, 2, last);
        status = db_step(q, &row, err);
        if (status == MR_OK) there = db_int(q, 0);
        db_reset(q);
        if (status != MR_OK || !there) return status;
    }
    if (list->n <= MARK_ONE_BY_ONE || (uint64_t)there > 3 * list->n) {
        status = db_prepare(d, "UPDATE cycle SET stale = 1, version = cycle.version + 1 WHERE customer_id = $1 AND stale = 0", "i", &q, err);
        return status == MR_OK ? db_each(q, list->n, bind_customer, NULL, list, NULL, err) : status;
    }
    status = db_prepare(d, "UPDATE cycle SET stale = 1, version = cycle.version + 1 WHERE customer_id >= $1 AND customer_id <= $2 AND stale = 0 "
                           "RETURNING customer_id", "ii", &q, err);
    if (status != MR_OK) return status;
    db_bind_int(q, 1, first);
    db_bind_int(q, 2, last);
    for (row = true; status == MR_OK && row;) {
        status = db_step(q, &row, err);
        if (status == MR_OK && row) status = touch(s->w, db_int(q, 0), err);
    }
    db_reset(q);
    return status;
}

static mr_status mark_slice(slice *s, mr_error *err) {
    customer_list list = {mem_take(NULL, s->n, sizeof *list.ids), 0};
    mr_status status = MR_OK;
    if (!list.ids) return error_memory(err, s->n * sizeof *list.ids);
    for (size_t i = 0; i < s->n && status == MR_OK; i++) {
        if (i && s->keys[i].customer_id == s->keys[i - 1].customer_id) continue;
        list.ids[list.n++] = s->keys[i].customer_id;
        status = touch(s->w, s->keys[i].customer_id, err);
    }
    if (status == MR_OK && list.n) status = mark(s, &list, err);
    mem_free(NULL, list.ids);
    return status;
}

static mr_status note_progress(const slice *s, mr_error *err) {
    const bulk_counts *c = &s->w->counts;
    uint64_t repeated = s->n + s->clashes_n - s->added - s->differing_n;
    db_statement *q;
    mr_status status = db_prepare(s->w->l->d, "UPDATE import_run SET updated_at_us = $2, records_done = $3, events_added = $4, "
                                              "events_repeated = $5, events_conflicting = $6, state = 1 WHERE id = $1", "iiiiii", &q, err);
    if (status != MR_OK) return status;
    db_bind_int(q, 1, s->w->import_id);
    db_bind_int(q, 2, s->w->now_us);
    db_bind_int(q, 3, (int64_t)s->records);
    db_bind_int(q, 4, (int64_t)(c->added + s->added));
    db_bind_int(q, 5, (int64_t)(c->repeated + repeated));
    db_bind_int(q, 6, (int64_t)(c->conflicting + s->differing_n));
    return db_run(q, NULL, err);
}

static mr_status write_slice(db *d, void *ctx, mr_error *err) {
    slice *s = ctx;
    const db_append_plan plan = {.table = "event", .columns = event_columns, .types = EVENT_TYPES, .key = 2,
                                 .compare = event_compare_columns, .compare_n = EVENT_COMPARE_N};
    mr_status status = MR_OK;
    ledger_event e;
    s->added = 0;
    s->differing_n = 0;
    if (s->n) status = db_append(d, &plan, s->n, slice_row, slice_differs, s, &s->added, err);
    for (size_t i = 0; i < s->differing_n && status == MR_OK; i++) {
        const run_key *key = &s->keys[s->differing[i]];
        event_of(s, key->row, key->customer_id, &e);
        status = event_conflict(s->w->l, &e, err);
    }
    for (size_t i = 0; i < s->clashes_n && status == MR_OK; i++) {
        event_of(s, s->clashes[i], s->r->requests[s->r->rows[s->clashes[i]].who].customer_id, &e);
        bool same;
        status = event_same(s->w->l, &e, &same, err);
        if (status == MR_OK && !same) {
            status = event_conflict(s->w->l, &e, err);
            s->differing_n++;
        }
    }
    if (status == MR_OK && s->added) status = mark_slice(s, err);
    return status == MR_OK && s->records && s->w->import_id ? note_progress(s, err) : status;
}

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The keys of a run without those that stand there twice, which go to clashes. */
static size_t part_clashes(run *r, uint32_t *clashes, size_t *clashes_n) {
    size_t kept = 0;
    *clashes_n = 0;
    for (size_t i = 0; i < r->n; i++) {
        const run_key *k = &r->keys[i];
        if (kept && r->keys[kept - 1].customer_id == k->customer_id && r->keys[kept - 1].id == k->id)
            clashes[(*clashes_n)++] = k->row;
        else
            r->keys[kept++] = *k;
    }
    return kept;
}

static mr_status write_events(bulk_writer *w, run *r, mr_error *err) {
    bool server = db_store_of(w->l->d) == DB_POSTGRES;
    size_t clashes_n = 0, clashes_max = 0;
    for (size_t i = 1; i < r->n; i++) clashes_max += r->keys[i].customer_id == r->keys[i - 1].customer_id && r->keys[i].id == r->keys[i - 1].id;
    uint32_t *clashes = mem_take(NULL, clashes_max, sizeof *clashes);
    uint32_t *differing = mem_take(NULL, r->n + 1, sizeof *differing);
    mr_status status = clashes && differing ? MR_OK : error_memory(err, r->n * sizeof *differing);
    size_t n = status == MR_OK ? part_clashes(r, clashes, &clashes_n) : 0;
    if (!w->slice) w->slice = server ? SLICE_SERVER : SLICE_FIRST;
    for (size_t at = 0; status == MR_OK;) {
        size_t take = n - at < w->slice ? n - at : w->slice;
        bool last = at + take == n;
        slice s = {.w = w, .r = r, .keys = r->keys + at, .n = take, .differing = differing};
        if (last) {
            s.clashes = clashes;
            s.clashes_n = clashes_n;
            s.records = r->records;
        }
        double before = seconds();
        status = db_transaction(w->l->d, DB_WRITE, write_slice, &s, err);
        if (status != MR_OK) break;
        w->counts.added += s.added;
        w->counts.conflicting += s.differing_n;
        w->counts.repeated += take + s.clashes_n - s.added - s.differing_n;
        double took = seconds() - before;
        if (!server && take == w->slice) {
            double better = (double)take * SLICE_SECONDS / (took > 1e-6 ? took : 1e-6);
            double most = 2 * (double)take, least = 500;
            w->slice = (size_t)(better > most ? most : better < least ? least : better);
        }
        at += take;
        if (last) break;
    }
    mem_free(NULL, clashes);
    mem_free(NULL, differing);
    return status;
}

static mr_status write_run(run_work *work, mr_error *err) {
    bulk_writer *w = work->w;
    run *r = work->r;
    bool first = !work->resolved;
    uint64_t made = w->refs.made;
    mr_status status = db_transaction(w->l->d, DB_WRITE, resolve_run, work, err);
    if (status == MR_OK && (r->upserts.rows || r->aliases_n)) {
        if (first) name_upserts(r); /* a second attempt finds the same customers under the same numbers */
        status = db_transaction(w->l->d, DB_WRITE, write_customers, work, err);
    }
    if (status != MR_OK) return status;
    w->counts.aliases += work->aliases;
    w->counts.aliases_taken += work->taken;
    w->counts.events += r->n;
    for (size_t i = 0; i < r->requests_n && status == MR_OK && w->refs.made > made; i++) /* newcomers without an event get a cycle, too */
        if (r->used[i]) status = touch(w, r->requests[i].customer_id, err);
    for (size_t i = 0; i < r->n && !w->projecting; i++) w->projecting = project_kind(r->rows[i].kind);
    if (status == MR_OK) status = run_sort(r, err);
    return status == MR_OK ? write_events(w, r, err) : status;
}

/* A server that crashed forgets what it had not put on its disk, though it said that it was committed: the run is written again where the
 * connection was lost at any time before all of it was durable. What it then meets is no repeat, so the first attempt's counts stay. */
mr_status bulk_write_run(bulk_writer *w, run *r, mr_error *err) {
    run_work work = {.w = w, .r = r};
    bulk_counts before = w->counts, counts;
    bool server = db_store_of(w->l->d) == DB_POSTGRES;
    for (int attempt = 0;; attempt++) {
        unsigned connections = db_connections(w->l->d);
        w->counts = before;
        mr_status status = write_run(&work, err);
        if (status != MR_OK) return status;
        if (!attempt) counts = w->counts;
        w->counts = counts;
        if (!server) return MR_OK;
        status = db_sync(w->l->d, err);
        if (status == MR_OK && db_connections(w->l->d) == connections) return MR_OK;
        if (status != MR_OK && db_last_fault(w->l->d) != DB_FAULT_LOST) return status;
        if (attempt == BULK_ATTEMPTS)
            return error_set(err, MR_EIO, NULL, -1, "%s went away again and again; its log says more", db_name(w->l->d));
    }
}
