/* Which tables: those of src/db/tables.def, so that a new one cannot be forgotten. */
#include "erase.h"

#include "history.h"
#include "merge.h"
#include "merge_rows.h"

#include <bits.h>
#include <calendar.h>
#include <error.h>
#include <schema.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct erase_work {
    ledger *l;
    int64_t customer_id, at_us;
    unsigned attempts;
    erase_counts counts;
    id_list ids, refs;
    const erasures *listed; /* already in the file beside the database; NULL: not looked */
} erase_work;

/* --- what is kept: counts without names --- */

typedef struct tally {
    int month, kind;
    char currency[4];
    int64_t events, amount_minor;
} tally;

static int by_cell(const void *a, const void *b) {
    const tally *x = a, *y = b;
    if (x->month != y->month) return x->month < y->month ? -1 : 1;
    if (x->kind != y->kind) return x->kind < y->kind ? -1 : 1;
    return strcmp(x->currency, y->currency);
}

/* Sums stop at the largest number there is, as those of a cycle do: nobody can be kept because they spent too much. */
static mr_status write_tally(ledger *l, const tally *t, mr_error *err) {
    db_statement *s;
    mr_status status = db_prepare(l->d, "INSERT INTO residue (month, kind, currency, events, amount_minor) VALUES ($1, $2, $3, $4, $5) "
                                        "ON CONFLICT (month, kind, currency) DO UPDATE SET events = residue.events + excluded.events, "
                                        "amount_minor = CASE WHEN excluded.amount_minor > 0 AND residue.amount_minor > 9223372036854775807 - excluded.amount_minor "
                                        "THEN 9223372036854775807 "
                                        "WHEN excluded.amount_minor < 0 AND residue.amount_minor < -9223372036854775807 - excluded.amount_minor "
                                        "THEN -9223372036854775807 ELSE residue.amount_minor + excluded.amount_minor END", "dstii", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, t->month);
    db_bind_int(s, 2, t->kind);
    db_bind_string(s, 3, t->currency);
    db_bind_int(s, 4, t->events);
    db_bind_int(s, 5, t->amount_minor);
    return db_run(s, NULL, err);
}

static mr_status keep_residue(erase_work *w, const history *h, mr_error *err) {
    mr_status status = MR_OK;
    tally *cells = calloc(h->n + 1, sizeof *cells);
    size_t n = 0;
    if (!cells) return error_memory(err, h->n * sizeof *cells);
    for (size_t i = 0; i < h->n; i++) {
        const history_event *e = &h->events[i];
        cells[i] = (tally){.month = calendar_month_index(e->day), .kind = e->kind, .events = 1, .amount_minor = e->amount_minor};
        memcpy(cells[i].currency, e->currency, sizeof e->currency);
    }
    qsort(cells, h->n, sizeof *cells, by_cell);
    for (size_t i = 0; i < h->n; i++) {
        if (n && by_cell(&cells[n - 1], &cells[i]) == 0) {
            cells[n - 1].events++;
            cells[n - 1].amount_minor = bits_add_saturating(cells[n - 1].amount_minor, cells[i].amount_minor);
        } else {
            cells[n++] = cells[i];
        }
    }
    for (size_t i = 0; i < n && status == MR_OK; i++) status = write_tally(w->l, &cells[i], err);
    w->counts.events += h->n;
    free(cells);
    return status;
}

/* --- what goes --- */

static mr_status delete_where(erase_work *w, const char *table, const char *column, int64_t value, mr_error *err) {
    char sql[160];
    int64_t changed = 0;
    snprintf(sql, sizeof sql, "DELETE FROM %s WHERE %s = $1", table, column);
    mr_status status = merge_run(w->l, sql, &value, 1, &changed, err);
    w->counts.rows += (uint64_t)changed;
    return status;
}

static mr_status delete_rows(erase_work *w, mr_error *err) {
    mr_status status = MR_OK;
    for (size_t t = 0; t < db_tables_n && status == MR_OK; t++) {
        const db_table *table = &db_tables[t];
        bool refs = !strcmp(table->name, "customer_ref");
        const id_list *list = refs ? &w->refs : &w->ids;
        if (table->sort != DB_PER_CUSTOMER) continue;
        for (size_t i = 0; i < list->n && status == MR_OK; i++) status = delete_where(w, table->name, refs ? "ref" : "customer_id", list->at[i], err);
    }
    for (size_t i = 0; i < w->refs.n && status == MR_OK; i++) status = delete_where(w, "same_as", "id", w->refs.at[i], err);
    for (size_t i = 0; i < w->ids.n && status == MR_OK; i++) {
        status = delete_where(w, "merge", "kept_id", w->ids.at[i], err);
        if (status == MR_OK) status = delete_where(w, "merge", "merged_id", w->ids.at[i], err);
    }
    return status;
}

/* --- what is noted --- */

static mr_status note_file(erase_work *w, mr_error *err) {
    char path[4096];
    erasures list = {0};
    mr_status status = MR_OK;
    if (!erasures_path(w->l->d, path, sizeof path)) return MR_OK;
    for (size_t i = 0; i < w->refs.n && status == MR_OK; i++)
        if (!w->listed || erasures_time(w->listed, w->refs.at[i]) < w->at_us) status = erasures_add(&list, w->refs.at[i], w->at_us, err);
    if (status == MR_OK) status = erasures_append_file(path, &list, err);
    erasures_free(&list);
    return status;
}

static mr_status note_ref(ledger *l, int64_t ref, int64_t at_us, mr_error *err) {
    return merge_run(l, "INSERT INTO erasure (ref, erased_at_us) VALUES ($1, $2) ON CONFLICT (ref) DO UPDATE SET erased_at_us = excluded.erased_at_us "
                        "WHERE erasure.erased_at_us < excluded.erased_at_us", (int64_t[]){ref, at_us}, 2, NULL, err);
}

static mr_status note(erase_work *w, mr_error *err) {
    char detail[96];
    mr_status status = MR_OK;
    for (size_t i = 0; i < w->refs.n && status == MR_OK; i++) status = note_ref(w->l, w->refs.at[i], w->at_us, err);
    snprintf(detail, sizeof detail, "{\"events\":%" PRIu64 ",\"rows\":%" PRIu64 "}", w->counts.events, w->counts.rows);
    return status == MR_OK ? ledger_audit(w->l, w->at_us, "erase", detail, err) : status;
}

/* --- all of it --- */

static mr_status lock_all(erase_work *w, mr_error *err) {
    mr_status status = MR_OK;
    for (size_t i = 0; i < w->ids.n && status == MR_OK; i++)
        status = merge_run(w->l, "UPDATE cycle SET version = cycle.version + 1 WHERE customer_id = $1", &w->ids.at[i], 1, NULL, err);
    return status;
}

/* Everyone the customer is: themselves, who was merged into them, and all their identifiers. */
static mr_status gather(erase_work *w, mr_error *err) {
    w->ids.n = w->refs.n = 0;
    mr_status status = ledger_merged_ids(w->l, w->customer_id, &w->ids, err);
    id_list_sort(&w->ids);
    for (size_t i = 0; i < w->ids.n && status == MR_OK; i++) {
        status = id_list_add(&w->refs, w->ids.at[i], err);
        if (status == MR_OK)
            status = id_list_read(w->l, "SELECT ref FROM customer_ref WHERE customer_id = $1 AND customer_id <> ref", w->ids.at[i], &w->refs, err);
    }
    id_list_sort(&w->refs);
    return status;
}

/* Rows that nobody has an identifier of can be erased by their number, too. */
static mr_status check_there(erase_work *w, mr_error *err) {
    int64_t ignored;
    bool there;
    mr_status status = merge_look(w->l, "SELECT ref FROM customer_ref WHERE ref = $1", w->customer_id, &ignored, &there, err);
    for (size_t t = 0; t < db_tables_n && status == MR_OK && !there; t++) {
        char sql[128];
        bool found = false;
        if (db_tables[t].sort != DB_PER_CUSTOMER || !strcmp(db_tables[t].name, "customer_ref")) continue;
        snprintf(sql, sizeof sql, "SELECT customer_id FROM %s WHERE customer_id = $1 LIMIT 1", db_tables[t].name);
        status = merge_look(w->l, sql, w->customer_id, &ignored, &found, err);
        if (found) return status;
    }
    return status == MR_OK ? ledger_check_customer(w->l, w->customer_id, err) : status;
}

static mr_status erase_transaction(db *d, void *ctx, mr_error *err) {
    erase_work *w = ctx;
    history h = {0};
    int64_t epoch, noted = 0;
    bool found;
    (void)d;
    mr_status status = merge_look(w->l, "SELECT erased_at_us FROM erasure WHERE ref = $1", w->customer_id, &noted, &found, err);
    /* An earlier attempt was committed, its answer lost: what it counted holds. */
    if (status != MR_OK || (w->attempts++ && found && noted == w->at_us)) return status;
    w->counts = (erase_counts){0};
    status = check_there(w, err);
    if (status == MR_OK) status = merge_epoch(w->l, &epoch, err);
    if (status == MR_OK) status = gather(w, err);
    if (status == MR_OK) status = lock_all(w, err);
    if (status == MR_OK) status = note_file(w, err);
    for (size_t i = 0; i < w->ids.n && status == MR_OK; i++) {
        status = history_read(w->l, w->ids.at[i], &h, err);
        if (status == MR_OK) status = keep_residue(w, &h, err);
    }
    history_free(&h);
    if (status == MR_OK) status = delete_rows(w, err);
    w->counts.customers = w->ids.n;
    w->counts.identifiers = w->refs.n;
    return status == MR_OK ? note(w, err) : status;
}

static mr_status erase(ledger *l, int64_t customer_id, int64_t at_us, const erasures *listed, erase_counts *counts, mr_error *err) {
    erase_work w = {.l = l, .customer_id = customer_id, .at_us = at_us, .listed = listed};
    mr_status status = db_transaction(l->d, DB_WRITE, erase_transaction, &w, err);
    if (status == MR_OK && counts) {
        counts->customers += w.counts.customers;
        counts->identifiers += w.counts.identifiers;
        counts->events += w.counts.events;
        counts->rows += w.counts.rows;
    }
    id_list_free(&w.ids);
    id_list_free(&w.refs);
    return status;
}

mr_status ledger_erase(ledger *l, int64_t customer_id, int64_t now_us, erase_counts *counts, mr_error *err) {
    return erase(l, customer_id, now_us, NULL, counts, err);
}

mr_status ledger_erase_finish(ledger *l, mr_error *err) {
    mr_status status = db_vacuum(l->d, err);
    return status == MR_OK ? db_checkpoint(l->d, true, err) : status;
}

/* --- again, after an older backup took the ledger's place --- */

typedef struct replay {
    ledger *l;
    char path[4096];   /* of the file beside the database; "" none */
    erasures listed;   /* what it holds */
    erasures absent;   /* nobody by that identifier here: importers still have to know */
} replay;

static mr_status note_absent(db *d, void *ctx, mr_error *err) {
    const replay *r = ctx;
    mr_status status = MR_OK;
    (void)d;
    for (size_t i = 0; i < r->absent.n && status == MR_OK; i++) status = note_ref(r->l, r->absent.at[i].ref, r->absent.at[i].erased_at_us, err);
    return status;
}

static mr_status note_absent_in_file(const replay *r, mr_error *err) {
    erasures missing = {0};
    mr_status status = MR_OK;
    for (size_t i = 0; i < r->absent.n && status == MR_OK; i++)
        if (erasures_time(&r->listed, r->absent.at[i].ref) < r->absent.at[i].erased_at_us)
            status = erasures_add(&missing, r->absent.at[i].ref, r->absent.at[i].erased_at_us, err);
    if (status == MR_OK && r->path[0]) status = erasures_append_file(r->path, &missing, err);
    erasures_free(&missing);
    return status;
}

static mr_status replay_one(replay *r, const erasure *e, erase_counts *counts, mr_error *err) {
    int64_t noted = INT64_MIN, customer_id = 0;
    bool found, there;
    mr_status status = merge_look(r->l, "SELECT erased_at_us FROM erasure WHERE ref = $1", e->ref, &noted, &found, err);
    if (status != MR_OK || (found && noted >= e->erased_at_us)) return status;
    status = merge_look(r->l, "SELECT customer_id FROM customer_ref WHERE ref = $1", e->ref, &customer_id, &there, err);
    if (status != MR_OK) return status;
    return there ? erase(r->l, customer_id, e->erased_at_us, &r->listed, counts, err) : erasures_add(&r->absent, e->ref, e->erased_at_us, err);
}

mr_status ledger_replay_erasures(ledger *l, const erasures *list, erase_counts *counts, mr_error *err) {
    replay r = {.l = l};
    mr_status status = MR_OK;
    if (erasures_path(l->d, r.path, sizeof r.path)) status = erasures_read_file(r.path, true, &r.listed, err);
    erasures_sort(&r.listed);
    for (size_t i = 0; i < list->n && status == MR_OK; i++) status = replay_one(&r, &list->at[i], counts, err);
    if (status == MR_OK && r.absent.n) status = note_absent_in_file(&r, err);
    if (status == MR_OK && r.absent.n) status = db_transaction(l->d, DB_WRITE, note_absent, &r, err);
    erasures_free(&r.absent);
    erasures_free(&r.listed);
    return status;
}
