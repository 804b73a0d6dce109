#include "models.h"

#include <error.h>
#include <mem.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MODEL_COLUMNS "id, name, version, fitted_at_us, until_day, pinned, document"

void ledger_model_free(ledger_model *m) {
    mem_free(NULL, m->document);
    *m = (ledger_model){0};
}

void ledger_models_free(ledger_model *models, size_t n) {
    for (size_t i = 0; models && i < n; i++) ledger_model_free(&models[i]);
    mem_free(NULL, models);
}

static mr_status model_row(const db_statement *s, ledger_model *out, mr_error *err) {
    size_t len;
    const char *document = db_text(s, 6, &len);
    *out = (ledger_model){.id = db_int(s, 0), .version = (int32_t)db_int(s, 2), .fitted_at_us = db_int(s, 3),
                          .until_day = (int32_t)db_int(s, 4), .pinned = db_int(s, 5) == 1};
    snprintf(out->name, sizeof out->name, "%s", db_text(s, 1, NULL));
    out->document = mem_take(NULL, len + 1, 1);
    if (!out->document) return error_memory(err, len + 1);
    memcpy(out->document, document, len);
    out->document[len] = 0;
    return MR_OK;
}

/* --- adding --- */

static mr_status write_model(db *d, void *ctx, mr_error *err) {
    const ledger_model *m = ctx;
    db_statement *s;
    mr_status status = db_prepare(d, "INSERT INTO model (id, name, version, fitted_at_us, until_day, pinned, document) "
                                     "VALUES ($1, $2, $3, $4, $5, 0, $6) "
                                     "ON CONFLICT (id) DO UPDATE SET fitted_at_us = $4", "itdidt", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, m->id);
    db_bind_string(s, 2, m->name);
    db_bind_int(s, 3, m->version);
    db_bind_int(s, 4, m->fitted_at_us);
    db_bind_int(s, 5, m->until_day);
    db_bind_string(s, 6, m->document);
    return db_run(s, NULL, err);
}

static int64_t id_of(const ledger *l, const ledger_model *m) {
    int64_t id = ledger_hash(l, ledger_domain_of(l, "model", ""), m->document, strlen(m->document)) & INT64_MAX;
    return id ? id : 1;
}

mr_status ledger_model_add(ledger *l, ledger_model *m, mr_error *err) {
    m->id = id_of(l, m);
    return db_transaction(l->d, DB_WRITE, write_model, m, err);
}

static mr_status drop_others(db *d, void *ctx, mr_error *err) {
    const ledger_model *m = ctx;
    db_statement *s;
    mr_status status = write_model(d, ctx, err);
    if (status == MR_OK) status = db_prepare(d, "DELETE FROM model WHERE name = $1 AND id <> $2", "ti", &s, err);
    if (status != MR_OK) return status;
    db_bind_string(s, 1, m->name);
    db_bind_int(s, 2, m->id);
    return db_run(s, NULL, err);
}

mr_status ledger_model_replace(ledger *l, ledger_model *m, mr_error *err) {
    m->id = id_of(l, m);
    return db_transaction(l->d, DB_WRITE, drop_others, m, err);
}

/* --- reading --- */

mr_status ledger_models(ledger *l, ledger_model **out, size_t *n, mr_error *err) {
    db_statement *s;
    size_t capacity = 0;
    *out = NULL;
    *n = 0;
    mr_status status = db_prepare(l->d, "SELECT " MODEL_COLUMNS " FROM model WHERE name NOT IN ('" LEDGER_LEAVING "', '" LEDGER_ACTING "', '" LEDGER_NEXT_SALE "') ORDER BY fitted_at_us DESC, id DESC", "", &s, err);
    if (status != MR_OK) return status;
    for (bool row = true; status == MR_OK;) {
        status = db_step(s, &row, err);
        if (status != MR_OK || !row) break;
        if (*n == capacity) {
            capacity = capacity ? 2 * capacity : 16;
            ledger_model *more = mem_resize(NULL, *out, capacity, sizeof *more);
            if (!more) {
                status = error_memory(err, capacity * sizeof *more);
                break;
            }
            *out = more;
        }
        status = model_row(s, &(*out)[*n], err);
        if (status == MR_OK) ++*n;
    }
    db_reset(s);
    if (status == MR_OK) return MR_OK;
    ledger_models_free(*out, *n);
    *out = NULL;
    *n = 0;
    return status;
}

mr_status ledger_model_current(ledger *l, bool latest, ledger_model *out, mr_error *err) {
    static const char *const queries[] = {
        "SELECT " MODEL_COLUMNS " FROM model WHERE name NOT IN ('" LEDGER_LEAVING "', '" LEDGER_ACTING "', '" LEDGER_NEXT_SALE "') ORDER BY pinned DESC, fitted_at_us DESC, id DESC LIMIT 1",
        "SELECT " MODEL_COLUMNS " FROM model WHERE name NOT IN ('" LEDGER_LEAVING "', '" LEDGER_ACTING "', '" LEDGER_NEXT_SALE "') ORDER BY fitted_at_us DESC, id DESC LIMIT 1",
    };
    db_statement *s;
    bool row = false;
    *out = (ledger_model){0};
    mr_status status = db_prepare(l->d, queries[latest], "", &s, err);
    if (status == MR_OK) status = db_step(s, &row, err);
    if (status == MR_OK && row) status = model_row(s, out, err);
    if (status == MR_OK) db_reset(s);
    return status;
}

mr_status ledger_model_newest(ledger *l, const char *name, ledger_model *out, mr_error *err) {
    db_statement *s;
    bool row = false;
    *out = (ledger_model){0};
    mr_status status = db_prepare(l->d, "SELECT " MODEL_COLUMNS " FROM model WHERE name = $1 ORDER BY fitted_at_us DESC, id DESC LIMIT 1", "t", &s, err);
    if (status != MR_OK) return status;
    db_bind_string(s, 1, name);
    status = db_step(s, &row, err);
    if (status == MR_OK && row) status = model_row(s, out, err);
    if (status == MR_OK) db_reset(s);
    return status;
}

mr_status ledger_model_leaving(ledger *l, ledger_model *out, mr_error *err) {
    return ledger_model_newest(l, LEDGER_LEAVING, out, err);
}

mr_status ledger_model_find(ledger *l, const char *text, ledger_model *out, mr_error *err) {
    ledger_model *all;
    size_t n, found = 0, which = 0, len = strlen(text);
    *out = (ledger_model){0};
    mr_status status = ledger_models(l, &all, &n, err);
    if (status != MR_OK) return status;
    for (size_t i = 0; i < n && len; i++) {
        char number[24];
        snprintf(number, sizeof number, "%" PRId64, all[i].id);
        if (strncmp(number, text, len) != 0) continue;
        which = i;
        if (strlen(number) == len) {
            found = 1;
            break;
        }
        found++;
    }
    if (found == 1) {
        *out = all[which];
        all[which].document = NULL;
    } else if (found) {
        status = error_set(err, MR_EDATA, "model", -1, "%zu stored models begin with %.24s; give more of the number ('marram models stored')",
                           found, text);
    } else {
        status = error_set(err, MR_EDATA, "model", -1, "there is no stored model %.24s; 'marram models stored' lists them", text);
    }
    ledger_models_free(all, n);
    return status;
}

/* --- pinning --- */

typedef struct pin_work {
    ledger *l;
    int64_t id, now_us;
} pin_work;

static mr_status write_pin(db *d, void *ctx, mr_error *err) {
    const pin_work *work = ctx;
    db_statement *s;
    char detail[64];
    mr_status status = db_prepare(d, "UPDATE model SET pinned = CASE WHEN id = $1 THEN 1 ELSE 0 END WHERE name NOT IN ('" LEDGER_LEAVING "', '" LEDGER_ACTING "', '" LEDGER_NEXT_SALE "')", "i", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, work->id);
    status = db_run(s, NULL, err);
    snprintf(detail, sizeof detail, "{\"model\":%" PRId64 "}", work->id);
    return status == MR_OK ? ledger_audit(work->l, work->now_us, work->id ? "pin" : "unpin", detail, err) : status;
}

mr_status ledger_model_pin(ledger *l, int64_t id, int64_t now_us, mr_error *err) {
    pin_work work = {l, id, now_us};
    return db_transaction(l->d, DB_WRITE, write_pin, &work, err);
}
