#include "check_customer.h"

#include "merge.h"
#include "merge_rows.h"
#include "project.h"
#include "rebuild.h"

#include <cycle.h>
#include <error.h>
#include <schema.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

mr_status check_report(checker *c, check_code code, int64_t customer_id, bool repaired, mr_error *err, const char *format, ...) {
    check_finding f = {.code = code, .customer_id = customer_id, .repaired = repaired};
    va_list args;
    va_start(args, format);
    vsnprintf(f.message, sizeof f.message, format, args);
    va_end(args);
    if (check_is_note(code))
        c->counts->notes++;
    else
        c->counts->wrong++;
    c->counts->repaired += repaired;
    return c->found(c->ctx, &f, err);
}

mr_status check_label(ledger *l, int64_t customer_id, char *out, size_t room, mr_error *err) {
    db_statement *s;
    bool row = false;
    snprintf(out, room, "#%" PRId64, customer_id);
    mr_status status = db_prepare(l->d, "SELECT external_id FROM customer_ref WHERE ref = $1", "i", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, customer_id);
    status = db_step(s, &row, err);
    if (status == MR_OK && row) snprintf(out, room, "%.80s (#%" PRId64 ")", db_text(s, 0, NULL), customer_id);
    db_reset(s);
    return status;
}

mr_status check_table(checker *c, int64_t customer_id, projected_rows *rows, unsigned table, id_list *strangers, bool *same, mr_error *err) {
    c->stored.len = c->fresh.len = 0;
    mr_status status = projected_stored(rows, customer_id, &c->stored, strangers, err);
    if (status == MR_OK) status = projected_fresh(rows, &c->rows, table, &c->fresh, err);
    *same = c->stored.len == c->fresh.len && (!c->stored.len || !memcmp(c->stored.data, c->fresh.data, c->stored.len));
    return status;
}

/* --- what one snapshot tells --- */

typedef struct look {
    checker *c;
    int64_t customer_id, leads;
    bool has_ref, has_cycle, stale, cycle_same, rows_there;
    unsigned table; /* whose rows differ */
    bool late;
    uint64_t events;
    char left_in[40]; /* a table with rows, where there should be none */
} look;

static mr_status look_at_ref(look *k, mr_error *err) {
    return merge_look(k->c->l, "SELECT customer_id FROM customer_ref WHERE ref = $1", k->customer_id, &k->leads, &k->has_ref, err);
}

static mr_status look_at_cycle(look *k, const history *h, mr_error *err) {
    unsigned char want[CYCLE_BYTES_MAX];
    cycle built;
    db_statement *s;
    mr_status status = db_prepare(k->c->l->d, "SELECT state, stale FROM cycle WHERE customer_id = $1", "i", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, k->customer_id);
    status = db_step(s, &k->has_cycle, err);
    if (status == MR_OK && k->has_cycle) {
        size_t len, n;
        const void *state = db_bytes(s, 0, &len);
        cycle_build(&built, h->events, h->n);
        n = cycle_encode(&built, want);
        k->cycle_same = n == len && !memcmp(want, state, n);
        k->stale = db_int(s, 1) == 1;
    }
    db_reset(s);
    return status;
}

static mr_status look_at_rows(look *k, const history *h, mr_error *err) {
    upserts_clear(&k->c->rows);
    mr_status status = project_history(k->c->l, h, 0, &k->c->rows, err);
    /* One after the other: they share the connection, so that all are of one snapshot. */
    for (unsigned t = 0; t < PROJECTED_TABLES && status == MR_OK; t++) {
        projected_rows rows;
        id_list none = {0};
        bool same = true;
        status = projected_open(&rows, k->c->l, t, k->customer_id, k->customer_id, err);
        if (status == MR_OK) status = check_table(k->c, k->customer_id, &rows, t, &none, &same, err);
        projected_close(&rows);
        if (!same && k->table == PROJECTED_TABLES) k->table = t;
    }
    if (status == MR_OK) {
        int64_t ignored;
        status = merge_look(k->c->l, "SELECT d.id FROM due d JOIN promise p ON p.customer_id = d.customer_id AND p.id = d.subject_id "
                                     "WHERE d.customer_id = $1 AND d.kind = 1 AND d.state = 0 AND p.state = 1 AND d.due_us > p.due_us", k->customer_id,
                            &ignored, &k->late, err);
    }
    return status;
}

/* Of somebody who is no customer: is there a row in any table? */
static mr_status look_for_rows(look *k, mr_error *err) {
    mr_status status = MR_OK;
    for (size_t t = 0; t < db_tables_n && status == MR_OK && !k->rows_there; t++) {
        char sql[128];
        int64_t ignored;
        const char *name = db_tables[t].name;
        /* What a merge noted stays with whom it was noted of. */
        if (db_tables[t].sort != DB_PER_CUSTOMER || !strcmp(name, "customer_ref") || (k->has_ref && !strcmp(name, "merge_move"))) continue;
        snprintf(sql, sizeof sql, "SELECT customer_id FROM %s WHERE customer_id = $1 LIMIT 1", name);
        status = merge_look(k->c->l, sql, k->customer_id, &ignored, &k->rows_there, err);
        if (k->rows_there) snprintf(k->left_in, sizeof k->left_in, "%.39s", name);
    }
    return status;
}

static mr_status look_transaction(db *d, void *ctx, mr_error *err) {
    look *k = ctx;
    history h = {0};
    (void)d;
    *k = (look){.c = k->c, .customer_id = k->customer_id, .table = PROJECTED_TABLES};
    mr_status status = look_at_ref(k, err);
    if (status == MR_OK && (!k->has_ref || k->leads != k->customer_id)) return look_for_rows(k, err);
    if (status == MR_OK) status = history_read(k->c->l, k->customer_id, &h, err);
    k->events = h.n;
    if (status == MR_OK) status = look_at_cycle(k, &h, err);
    if (status == MR_OK) status = look_at_rows(k, &h, err);
    history_free(&h);
    return status;
}

/* --- repairing --- */

static mr_status rebuild_transaction(db *d, void *ctx, mr_error *err) {
    const look *k = ctx;
    (void)d;
    return ledger_rebuild_afresh(k->c->l, k->customer_id, err);
}

static mr_status repair(look *k, bool *done, mr_error *err) {
    ledger *l = k->c->l;
    *done = false;
    if (!k->c->options->repair) return MR_OK;
    mr_status status = MR_OK;
    if (k->has_ref && k->leads != k->customer_id) {
        status = ledger_merge_left_behind(l, k->customer_id, k->c->options->now_us, err);
        k->rows_there = false;
        if (status == MR_OK) status = look_for_rows(k, err);
        *done = status == MR_OK && !k->rows_there;
    } else if (k->has_ref) {
        status = db_transaction(l->d, DB_WRITE, rebuild_transaction, k, err);
        *done = status == MR_OK;
    }
    return status;
}

mr_status check_customer(checker *c, int64_t customer_id, mr_error *err) {
    static const char way_out[] = "'marram db check --repair' makes it again";
    look k = {.c = c, .customer_id = customer_id};
    char who[128];
    bool done = false;
    mr_status status = db_transaction(c->l->d, DB_READ, look_transaction, &k, err);
    if (status == MR_OK) status = check_label(c->l, customer_id, who, sizeof who, err);
    if (status != MR_OK) return status;
    bool stranger = !k.has_ref || k.leads != customer_id, behind = !k.has_cycle || k.stale; /* ledger_check.c tells of those together */
    bool cycle_bad = !stranger && !behind && !k.cycle_same, rows_bad = !stranger && !behind && (k.table < PROJECTED_TABLES || k.late);
    if (stranger ? !k.rows_there : !cycle_bad && !rows_bad) return MR_OK;
    status = repair(&k, &done, err);
    if (status != MR_OK) return status;
    if (!k.has_ref)
        return check_report(c, CHECK_no_customer, customer_id, false, err,
                            "%s has rows in %s and no identifier: nobody can be told from them; look at them with 'marram customer show %s', and "
                            "erase them with 'marram customer erase'", who, k.left_in, who);
    if (stranger)
        return check_report(c, CHECK_left_behind, customer_id, done, err,
                            "customer %s leads to #%" PRId64 " and yet has rows in %s: they came while the two were being merged; "
                            "'marram db check --repair' moves them", who, k.leads, k.left_in);
    if (cycle_bad)
        status = check_report(c, CHECK_cycle_differs, customer_id, done, err, "the cycle of customer %s is not what their events give; %s", who, way_out);
    if (status == MR_OK && k.table < PROJECTED_TABLES)
        status = check_report(c, CHECK_rows_differ, customer_id, done, err, "rows of customer %s in %s are not what their events give; %s", who,
                              projected_names[k.table], way_out);
    if (status == MR_OK && k.late)
        status = check_report(c, CHECK_timer_late, customer_id, done, err, "a promise to customer %s falls due before its timer; %s", who, way_out);
    return status;
}
