#include "measures.h"

#include <error.h>
#include <mem.h>

#include <stdio.h>

#define COLUMNS "id, cause, owner, remedy, from_day, done_day, created_at_us"

static void take(db_statement *s, measure *m) {
    *m = (measure){.id = db_int(s, 0), .from_day = (int32_t)db_int(s, 4), .done_day = (int32_t)db_int(s, 5), .created_at_us = db_int(s, 6)};
    snprintf(m->cause, sizeof m->cause, "%s", db_text(s, 1, NULL));
    snprintf(m->owner, sizeof m->owner, "%s", db_text(s, 2, NULL));
    snprintf(m->remedy, sizeof m->remedy, "%s", db_text(s, 3, NULL));
}

mr_status ledger_measures_read(ledger *l, measures *out, mr_error *err) {
    db_statement *s;
    size_t capacity = 0;
    *out = (measures){0};
    mr_status status = db_prepare(l->d, "SELECT " COLUMNS " FROM measure ORDER BY id", "", &s, err);
    if (status != MR_OK) return status;
    for (bool row = true; status == MR_OK;) {
        status = db_step(s, &row, err);
        if (status != MR_OK || !row) break;
        if (out->n == capacity) {
            capacity = capacity ? 2 * capacity : 16;
            measure *more = mem_resize(NULL, out->row, capacity, sizeof *more);
            if (!more) {
                status = error_memory(err, capacity * sizeof *more);
                break;
            }
            out->row = more;
        }
        take(s, &out->row[out->n++]);
    }
    db_reset(s);
    if (status != MR_OK) ledger_measures_free(out);
    return status;
}

void ledger_measures_free(measures *m) {
    mem_free(NULL, m->row);
    *m = (measures){0};
}

typedef struct work {
    ledger *l;
    measure *m;
    int64_t now_us;
} work;

static mr_status add(db *d, void *ctx, mr_error *err) {
    work *w = ctx;
    db_statement *s;
    bool row;
    char detail[64];
    mr_status status = db_prepare(d, "SELECT CAST(COALESCE(MAX(id), 0) + 1 AS BIGINT) FROM measure", "", &s, err);
    if (status == MR_OK) status = db_step(s, &row, err);
    if (status != MR_OK) return status;
    w->m->id = db_int(s, 0);
    db_reset(s);
    status = db_prepare(d, "INSERT INTO measure (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7)", "itttddi", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, w->m->id);
    db_bind_string(s, 2, w->m->cause);
    db_bind_string(s, 3, w->m->owner);
    db_bind_string(s, 4, w->m->remedy);
    db_bind_int(s, 5, w->m->from_day);
    db_bind_int(s, 6, w->m->done_day);
    db_bind_int(s, 7, w->m->created_at_us);
    status = db_run(s, NULL, err);
    snprintf(detail, sizeof detail, "{\"measure\":%lld}", (long long)w->m->id);
    return status == MR_OK ? ledger_audit(w->l, w->m->created_at_us, "measure", detail, err) : status;
}

mr_status ledger_measure_add(ledger *l, measure *m, mr_error *err) {
    work w = {l, m, m->created_at_us};
    return db_transaction(l->d, DB_WRITE, add, &w, err);
}

static mr_status finish(db *d, void *ctx, mr_error *err) {
    work *w = ctx;
    db_statement *s;
    bool row;
    measure found = {0};
    char detail[64];
    mr_status status = db_prepare(d, "SELECT " COLUMNS " FROM measure WHERE id = $1", "i", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, w->m->id);
    status = db_step(s, &row, err);
    if (status == MR_OK && row) take(s, &found);
    db_reset(s);
    if (status != MR_OK) return status;
    if (!row) return error_set(err, MR_EDATA, "id", -1, "there is no measure %lld; 'marram measures list' shows them", (long long)w->m->id);
    if (found.done_day != MEASURE_OPEN) return error_set(err, MR_EDATA, "id", -1, "measure %lld is finished already", (long long)w->m->id);
    if (w->m->done_day < found.from_day) return error_set(err, MR_EDATA, "date", -1, "measure %lld begins later than that day", (long long)w->m->id);
    status = db_prepare(d, "UPDATE measure SET done_day = $2 WHERE id = $1", "id", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, w->m->id);
    db_bind_int(s, 2, w->m->done_day);
    status = db_run(s, NULL, err);
    snprintf(detail, sizeof detail, "{\"measure\":%lld}", (long long)w->m->id);
    return status == MR_OK ? ledger_audit(w->l, w->now_us, "measure done", detail, err) : status;
}

mr_status ledger_measure_done(ledger *l, int64_t id, int32_t day, int64_t now_us, mr_error *err) {
    measure m = {.id = id, .done_day = day};
    work w = {l, &m, now_us};
    return db_transaction(l->d, DB_WRITE, finish, &w, err);
}
