/* Merging. In one transaction:
 *
 *   1. take a number; lock both customers as an append does
 *   2. lead the identifiers to the kept customer, noting each
 *   3. move the rows, noting each by its key, and those that have no place by their whole content
 *   4. make cycle and projected rows of the kept customer again; those of the merged one are gone
 *
 * customer_id distributes the tables, so no row's is ever updated: rows are copied and deleted. */
#include "merge.h"

#include "merge_rows.h"
#include "rebuild.h"

#include <error.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const merge_table merge_tables[] = {
    {"customer_ref", MERGE_OWN},   {"customer", MERGE_OWN},   {"contact", MERGE_MOVED}, {"contract", MERGE_MADE},
    {"support_case", MERGE_MADE},  {"promise", MERGE_MADE},   {"touch", MERGE_MADE},    {"survey", MERGE_MADE},
    {"consent", MERGE_MADE},       {"event", MERGE_MOVED},    {"event_conflict", MERGE_MOVED}, {"cycle", MERGE_MADE},
    {"due", MERGE_MOVED},          {"forecast", MERGE_DROPPED}, {"merge_move", MERGE_OWN}, {"same_as", MERGE_MOVED},
    {"action", MERGE_MOVED},       {"message", MERGE_MOVED},  {"gate_answer", MERGE_MOVED},
    {"webhook_delivery", MERGE_MOVED}, {"offer_draw", MERGE_MOVED},  {"plan_choice", MERGE_MOVED},
};
const size_t merge_tables_n = sizeof merge_tables / sizeof *merge_tables;

/* --- what both ways share --- */

mr_status merge_run(ledger *l, const char *sql, const int64_t *values, size_t n, int64_t *changed, mr_error *err) {
    db_statement *s;
    mr_status status = db_prepare(l->d, sql, &"iiiiii"[6 - n], &s, err);
    if (status != MR_OK) return status;
    for (size_t i = 0; i < n; i++) db_bind_int(s, (int)i + 1, values[i]);
    return db_run(s, changed, err);
}

mr_status merge_look(ledger *l, const char *sql, int64_t key, int64_t *value, bool *found, mr_error *err) {
    db_statement *s;
    *found = false;
    mr_status status = db_prepare(l->d, sql, "i", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, key);
    status = db_step(s, found, err);
    if (status == MR_OK && *found) *value = db_int(s, 0);
    db_reset(s);
    return status;
}

mr_status merge_epoch(ledger *l, int64_t *epoch, mr_error *err) {
    db_statement *s;
    bool row = false;
    mr_status status = db_prepare(l->d, "INSERT INTO setting (name, value) VALUES ('merge_epoch', '1') ON CONFLICT (name) DO UPDATE SET "
                                        "value = CAST(CAST(setting.value AS BIGINT) + 1 AS TEXT) RETURNING value", "", &s, err);
    if (status == MR_OK) status = db_step(s, &row, err);
    if (status != MR_OK) return status;
    *epoch = row ? strtoll(db_text(s, 0, NULL), NULL, 10) : 0;
    while (status == MR_OK && row) status = db_step(s, &row, err);
    return status;
}

mr_status merge_lock(merge_work *w, mr_error *err) {
    int64_t both[2] = {w->kept < w->merged ? w->kept : w->merged, w->kept < w->merged ? w->merged : w->kept};
    mr_status status = MR_OK;
    for (int i = 0; i < 2 && status == MR_OK; i++) {
        db_statement *s;
        status = db_prepare(w->l->d, "INSERT INTO cycle (customer_id, version, stale, state) VALUES ($1, 1, 1, $2) "
                                     "ON CONFLICT (customer_id) DO UPDATE SET version = cycle.version + 1", "ib", &s, err);
        if (status != MR_OK) return status;
        db_bind_int(s, 1, both[i]);
        db_bind_bytes(s, 2, "", 0);
        status = db_run(s, NULL, err);
    }
    return status;
}

/* --- may they be merged? --- */

mr_status ledger_check_customer(ledger *l, int64_t customer_id, mr_error *err) {
    int64_t leads = 0, merge_id = 0;
    bool there, merged;
    mr_status status = merge_look(l, "SELECT customer_id FROM customer_ref WHERE ref = $1", customer_id, &leads, &there, err);
    if (status != MR_OK) return status;
    if (!there)
        return error_set(err, MR_EDATA, "customer", -1, "there is no customer #%" PRId64 "; 'marram customer find' looks for names", customer_id);
    if (leads == customer_id) return MR_OK;
    status = merge_look(l, "SELECT id FROM merge WHERE merged_id = $1 AND undone_at_us IS NULL", customer_id, &merge_id, &merged, err);
    if (status != MR_OK) return status;
    if (!merged)
        return error_set(err, MR_EDATA, "customer", -1, "#%" PRId64 " is a second identifier of customer #%" PRId64 ": name that one", customer_id, leads);
    return error_set(err, MR_EDATA, "customer", -1,
                     "customer #%" PRId64 " was merged into #%" PRId64 " (merge %" PRId64 "): name that one, or undo the merge first", customer_id,
                     leads, merge_id);
}

/* --- identifiers --- */

static mr_status move_refs(merge_work *w, mr_error *err) {
    id_list refs = {0};
    mr_status status = id_list_add(&refs, w->merged, err);
    if (status == MR_OK) status = id_list_read(w->l, "SELECT ref FROM customer_ref WHERE customer_id = $1 AND customer_id <> ref", w->merged, &refs, err);
    for (size_t i = 0; i < refs.n && status == MR_OK; i++) {
        status = merge_run(w->l, "INSERT INTO merge_move (customer_id, merge_id, table_name, id, body_hash, doublet) "
                                 "VALUES ($1, $2, 'customer_ref', $3, 0, '')", (int64_t[]){w->kept, w->id, refs.at[i]}, 3, NULL, err);
        if (status == MR_OK)
            status = merge_run(w->l, "UPDATE customer_ref SET customer_id = $2 WHERE ref = $1", (int64_t[]){refs.at[i], w->kept}, 2, NULL, err);
    }
    w->counts->identifiers = refs.n;
    id_list_free(&refs);
    return status;
}

static mr_status refs_back(merge_work *w, mr_error *err) {
    id_list refs = {0};
    db_statement *s;
    mr_status status = db_prepare(w->l->d, "SELECT id FROM merge_move WHERE customer_id = $1 AND merge_id = $2 AND table_name = 'customer_ref'", "ii",
                                  &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, w->kept);
    db_bind_int(s, 2, w->id);
    for (bool row = true; status == MR_OK && row;) {
        status = db_step(s, &row, err);
        if (status == MR_OK && row) status = id_list_add(&refs, db_int(s, 0), err);
    }
    db_reset(s);
    for (size_t i = 0; i < refs.n && status == MR_OK; i++)
        status = merge_run(w->l, "UPDATE customer_ref SET customer_id = $2 WHERE ref = $1", (int64_t[]){refs.at[i], w->merged}, 2, NULL, err);
    w->counts->identifiers = refs.n;
    id_list_free(&refs);
    return status;
}

/* --- tables --- */

static mr_status delete_from(ledger *l, const char *table, int64_t customer_id, mr_error *err) {
    char sql[128];
    snprintf(sql, sizeof sql, "DELETE FROM %s WHERE customer_id = $1", table);
    return merge_run(l, sql, &customer_id, 1, NULL, err);
}

static mr_status move_tables(merge_work *w, mr_error *err) {
    mr_status status = merge_customer_move(w, err);
    for (size_t i = 0; i < merge_tables_n && status == MR_OK; i++) {
        const merge_table *t = &merge_tables[i];
        if (t->way == MERGE_MOVED) status = merge_rows_move(w, t->table, err);
        if (t->way == MERGE_MADE || t->way == MERGE_DROPPED) status = delete_from(w->l, t->table, w->merged, err);
        if (t->way == MERGE_DROPPED && status == MR_OK) status = delete_from(w->l, t->table, w->kept, err);
    }
    return status;
}

static mr_status tables_back(merge_work *w, mr_error *err) {
    mr_status status = merge_customer_back(w, err);
    for (size_t i = 0; i < merge_tables_n && status == MR_OK; i++) {
        const merge_table *t = &merge_tables[i];
        if (t->way == MERGE_MOVED) status = merge_rows_back(w, t->table, err);
        if (t->way == MERGE_DROPPED) status = delete_from(w->l, t->table, w->kept, err);
    }
    return status;
}

/* --- merging --- */

static mr_status audit(merge_work *w, const char *what, mr_error *err) {
    char detail[64];
    snprintf(detail, sizeof detail, "{\"merge\":%" PRId64 "}", w->id);
    return ledger_audit(w->l, w->now_us, what, detail, err);
}

/* An earlier attempt may have been committed and its answer lost. That there is a merge of its number says nothing: one that was cut off gave it back. */
static mr_status merged_before(const merge_work *w, bool *done, mr_error *err) {
    int64_t kept = 0, merged = 0;
    bool there = false;
    *done = false;
    mr_status status = w->id ? merge_look(w->l, "SELECT kept_id FROM merge WHERE id = $1", w->id, &kept, &there, err) : MR_OK;
    if (status == MR_OK && there) status = merge_look(w->l, "SELECT merged_id FROM merge WHERE id = $1", w->id, &merged, &there, err);
    *done = status == MR_OK && there && kept == w->kept && merged == w->merged;
    return status;
}

static mr_status merge_transaction(db *d, void *ctx, mr_error *err) {
    merge_work *w = ctx;
    bool done = false;
    (void)d;
    mr_status status = merge_epoch(w->l, &w->epoch, err);
    if (status == MR_OK) status = merged_before(w, &done, err);
    if (status != MR_OK || done) return status;
    *w->counts = (merge_counts){0};
    w->id = w->epoch;
    if (status == MR_OK) status = ledger_check_customer(w->l, w->kept, err);
    if (status == MR_OK) status = ledger_check_customer(w->l, w->merged, err);
    if (status == MR_OK) status = merge_lock(w, err);
    if (status == MR_OK) status = move_refs(w, err);
    if (status == MR_OK) status = move_tables(w, err);
    if (status == MR_OK)
        status = merge_run(w->l, "INSERT INTO merge (id, kept_id, merged_id, at_us, undone_at_us) VALUES ($1, $2, $3, $4, NULL)",
                           (int64_t[]){w->id, w->kept, w->merged, w->now_us}, 4, NULL, err);
    if (status == MR_OK) status = ledger_rebuild_afresh(w->l, w->kept, err);
    return status == MR_OK ? audit(w, "merge", err) : status;
}

mr_status ledger_merge(ledger *l, int64_t kept, int64_t merged, int64_t now_us, int64_t *merge_id, merge_counts *counts, mr_error *err) {
    merge_counts ignored;
    if (counts) *counts = (merge_counts){0};
    merge_work w = {.l = l, .kept = kept, .merged = merged, .now_us = now_us, .counts = counts ? counts : &ignored};
    if (kept == merged)
        return error_set(err, MR_EDATA, "customer", -1, "both are customer #%" PRId64 ": there is nothing to merge", kept);
    mr_status status = db_transaction(l->d, DB_WRITE, merge_transaction, &w, err);
    if (merge_id) *merge_id = w.id;
    return status;
}

/* --- undoing --- */

static mr_status find_merge(merge_work *w, bool *undone_by_us, mr_error *err) {
    db_statement *s;
    bool row = false, undone = false;
    int64_t undone_at_us = 0, later = 0;
    mr_status status = db_prepare(w->l->d, "SELECT kept_id, merged_id, undone_at_us FROM merge WHERE id = $1", "i", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, w->id);
    status = db_step(s, &row, err);
    if (status == MR_OK && row) {
        w->kept = db_int(s, 0);
        w->merged = db_int(s, 1);
        undone = !db_is_null(s, 2);
        undone_at_us = db_int(s, 2);
    }
    db_reset(s);
    if (status != MR_OK) return status;
    if (!row)
        return error_set(err, MR_EDATA, "merge", -1, "there is no merge %" PRId64 "; 'marram customer show' lists a customer's merges", w->id);
    *undone_by_us = undone && undone_at_us == w->now_us && w->epoch > 0;
    if (*undone_by_us) return MR_OK;
    if (undone) return error_set(err, MR_EDATA, "merge", -1, "merge %" PRId64 " was undone already", w->id);
    status = merge_look(w->l, "SELECT MAX(id) FROM merge WHERE kept_id = $1 AND undone_at_us IS NULL", w->kept, &later, &row, err);
    if (status == MR_OK && later > w->id)
        return error_set(err, MR_EDATA, "merge", -1, "merge %" PRId64 " came later, onto the same customer: undo that one first", later);
    if (status == MR_OK) status = merge_look(w->l, "SELECT id FROM merge WHERE merged_id = $1 AND undone_at_us IS NULL", w->kept, &later, &row, err);
    if (status == MR_OK && row)
        return error_set(err, MR_EDATA, "merge", -1, "its customer was merged on into another by merge %" PRId64 ": undo that one first", later);
    return status;
}

static mr_status unmerge_transaction(db *d, void *ctx, mr_error *err) {
    merge_work *w = ctx;
    bool done = false;
    (void)d;
    mr_status status = find_merge(w, &done, err);
    if (status != MR_OK || done) return status; /* what an earlier attempt counted holds */
    *w->counts = (merge_counts){0};
    status = merge_epoch(w->l, &w->epoch, err);
    if (status == MR_OK) status = merge_lock(w, err);
    if (status == MR_OK) status = refs_back(w, err);
    if (status == MR_OK) status = tables_back(w, err);
    if (status == MR_OK)
        status = merge_run(w->l, "DELETE FROM merge_move WHERE customer_id = $1 AND merge_id = $2", (int64_t[]){w->kept, w->id}, 2, NULL, err);
    if (status == MR_OK) status = ledger_rebuild_afresh(w->l, w->kept, err);
    if (status == MR_OK) status = ledger_rebuild_afresh(w->l, w->merged, err);
    if (status == MR_OK)
        status = merge_run(w->l, "UPDATE merge SET undone_at_us = $2 WHERE id = $1", (int64_t[]){w->id, w->now_us}, 2, NULL, err);
    return status == MR_OK ? audit(w, "unmerge", err) : status;
}

mr_status ledger_unmerge(ledger *l, int64_t merge_id, int64_t now_us, merge_counts *counts, mr_error *err) {
    merge_counts ignored;
    if (counts) *counts = (merge_counts){0};
    merge_work w = {.l = l, .id = merge_id, .now_us = now_us, .counts = counts ? counts : &ignored};
    return db_transaction(l->d, DB_WRITE, unmerge_transaction, &w, err);
}

/* --- latecomers --- */

static mr_status left_behind_transaction(db *d, void *ctx, mr_error *err) {
    merge_work *w = ctx;
    int64_t at = w->merged;
    bool merged = true;
    (void)d;
    mr_status status = MR_OK;
    /* Up a chain of merges, one by one, so that each can be undone with what belongs to it. */
    for (w->kept = at; status == MR_OK;) {
        w->merged = w->kept;
        status = merge_look(w->l, "SELECT id FROM merge WHERE merged_id = $1 AND undone_at_us IS NULL", w->merged, &w->id, &merged, err);
        if (status != MR_OK || !merged) break;
        status = merge_look(w->l, "SELECT kept_id FROM merge WHERE id = $1", w->id, &w->kept, &merged, err);
        if (status == MR_OK) status = merge_lock(w, err);
        if (status == MR_OK) status = move_tables(w, err);
    }
    if (status == MR_OK && w->kept != at) status = ledger_rebuild_afresh(w->l, w->kept, err);
    w->merged = at;
    return status;
}

mr_status ledger_merge_left_behind(ledger *l, int64_t merged, int64_t now_us, mr_error *err) {
    merge_counts ignored = {0};
    merge_work w = {.l = l, .merged = merged, .now_us = now_us, .counts = &ignored};
    return db_transaction(l->d, DB_WRITE, left_behind_transaction, &w, err);
}

/* --- asking --- */

mr_status ledger_merges(ledger *l, int64_t kept, merge_each each, void *ctx, mr_error *err) {
    db_statement *s;
    mr_status status = db_prepare(l->d, "SELECT id, kept_id, merged_id, at_us FROM merge WHERE kept_id = $1 AND undone_at_us IS NULL ORDER BY id DESC", "i",
                                  &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, kept);
    for (bool row = true; status == MR_OK && row;) {
        status = db_step(s, &row, err);
        if (status != MR_OK || !row) break;
        merge_record record = {db_int(s, 0), db_int(s, 1), db_int(s, 2), db_int(s, 3)};
        status = each(ctx, &record, err);
    }
    db_reset(s);
    return status;
}

mr_status ledger_merged_ids(ledger *l, int64_t customer_id, id_list *out, mr_error *err) {
    mr_status status = id_list_add(out, customer_id, err);
    /* Whoever was merged may have had others merged into them before; nobody is merged twice at a time, so this ends. */
    for (size_t i = 0; i < out->n && status == MR_OK; i++)
        status = id_list_read(l, "SELECT merged_id FROM merge WHERE kept_id = $1 AND undone_at_us IS NULL ORDER BY id", out->at[i], out, err);
    return status;
}
