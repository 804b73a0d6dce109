#include "copies.h"

#include "status.h"

#include <error.h>
#include <schema.h>

#include <stdio.h>
#include <string.h>

typedef struct audit_work {
    ledger *l;
    int64_t now_us;
    const char *what;
    char detail[64];
} audit_work;

static mr_status audit_transaction(db *d, void *ctx, mr_error *err) {
    const audit_work *w = ctx;
    (void)d;
    return ledger_audit(w->l, w->now_us, w->what, w->detail, err);
}

static mr_status note(ledger *l, int64_t now_us, const char *what, const char *detail, mr_error *err) {
    audit_work w = {.l = l, .now_us = now_us, .what = what};
    snprintf(w.detail, sizeof w.detail, "%s", detail);
    return db_transaction(l->d, DB_WRITE, audit_transaction, &w, err);
}

mr_status ledger_backup(const char *url, const char *path, int64_t now_us, const mr_context *context, mr_error *err) {
    ledger *l = NULL;
    mr_error ignored;
    mr_status status = ledger_open_reading(url, &l, err); /* only a ledger is worth a copy */
    ledger_close(l);
    if (status == MR_OK) status = db_backup(url, path, context, err);
    if (status != MR_OK) return status;
    /* The copy is made: that it cannot be noted (a store that takes no writes) is no reason to call it none. */
    if (ledger_open(url, NULL, &l, &ignored) == MR_OK) {
        note(l, now_us, "backup", "{}", &ignored);
        ledger_close(l);
    }
    return MR_OK;
}

mr_status ledger_compact(const char *url, int64_t now_us, mr_error *err) {
    ledger *l = NULL;
    mr_status status = ledger_open(url, NULL, &l, err);
    if (status == MR_OK) status = note(l, now_us, "compact", "{}", err);
    if (status == MR_OK) status = ledger_erase_finish(l, err);
    if (status == MR_OK) status = db_analyze(l->d, err);
    ledger_close(l);
    return status;
}

/* --- restoring --- */

typedef struct restoring {
    const char *url, *path; /* path NULL: it is in place already */
    const restore_options *options;
    restore_result *result;
    erasures list;   /* of the ledger that is replaced */
    erasures given;  /* of the file that was named */
    bool has_key;
    unsigned char key[LEDGER_KEY_BYTES];
} restoring;

/* What is there may be damaged or nothing at all: then only the files tell. */
static mr_status read_replaced(restoring *r, mr_error *err) {
    ledger *l = NULL;
    ledger_status s;
    mr_error ignored;
    if (ledger_open_reading(r->url, &l, &ignored) != MR_OK) return MR_OK;
    mr_status status = ledger_status_read(l, &s, err);
    if (status == MR_OK && r->path && s.customers && !r->options->replace)
        status = error_set(err, MR_EINVAL, NULL, -1, "this replaces the ledger at %s with its %lld customers; back it up first if it may still be wanted, and say --yes",
                           db_name(l->d), (long long)s.customers);
    if (status == MR_OK) status = erasures_read_ledger(l, &r->list, err);
    r->has_key = true;
    memcpy(r->key, l->key, sizeof r->key);
    ledger_close(l);
    return status;
}

static mr_status gather(restoring *r, mr_error *err) {
    char path[4096];
    mr_status status = read_replaced(r, err);
    if (status == MR_OK && erasures_path_of(r->url, path, sizeof path)) status = erasures_read_file(path, true, &r->list, err);
    if (status == MR_OK && r->options->erasures) status = erasures_read_file(r->options->erasures, false, &r->given, err);
    erasures_sort(&r->list);
    erasures_sort(&r->given);
    r->result->listed = r->list.n + r->given.n;
    return status;
}

static mr_status bring_up(restoring *r, mr_error *err) {
    db *d = NULL;
    mr_status status = db_open(r->url, NULL, &d, err);
    if (status == MR_OK) status = db_schema_upgrade(d, 0, r->options->now_us, &r->result->version_before, &r->result->version_after, err);
    db_close(d);
    return status;
}

/* Whoever still reads keeps the bytes alive: the rows are erased all the same. */
static mr_status finish(restoring *r, ledger *l, mr_error *err) {
    mr_status status = ledger_erase_finish(l, err);
    if (status == MR_OK || db_last_fault(l->d) != DB_FAULT_BUSY) return status;
    r->result->to_compact = true;
    snprintf(r->result->unfinished, sizeof r->result->unfinished, "%.299s", err ? err->message : "");
    error_clear(err);
    return MR_OK;
}

static mr_status erase_again(restoring *r, mr_error *err) {
    ledger *l = NULL;
    ledger_status s;
    char detail[64];
    mr_status status = ledger_open(r->url, NULL, &l, err);
    if (status != MR_OK) return status;
    r->result->other_ledger = r->has_key && memcmp(r->key, l->key, sizeof r->key) != 0;
    if (!r->result->other_ledger) status = ledger_replay_erasures(l, &r->list, &r->result->erased, err);
    if (status == MR_OK) status = ledger_replay_erasures(l, &r->given, &r->result->erased, err);
    if (status == MR_OK && r->result->erased.rows) status = finish(r, l, err);
    snprintf(detail, sizeof detail, "{\"erased_again\":%llu}", (unsigned long long)r->result->erased.customers);
    if (status == MR_OK) status = note(l, r->options->now_us, "restore", detail, err);
    if (status == MR_OK) status = ledger_status_read(l, &s, err);
    r->result->customers = status == MR_OK ? s.customers : 0;
    r->result->events = status == MR_OK ? s.events : 0;
    ledger_close(l);
    return status;
}

/* The backup is in place and the erasures are not: the list of the replaced ledger is gone with it, unless it is kept. */
static mr_status keep_list(const restoring *r, const char *path, mr_error *err) {
    char file[4096];
    mr_error why = *err, ignored;
    if (!r->list.n || !path) return err->code;
    bool beside = erasures_path_of(r->url, file, sizeof file);
    if (!beside) snprintf(file, sizeof file, "%s-erasures", path);
    if (!beside && erasures_append_file(file, &r->list, &ignored) != MR_OK) return err->code;
    return error_set(err, why.code, NULL, -1, "%.300s; the backup is in place, but who was erased since is not erased yet: restore again with --erasures %s",
                     why.message, file);
}

mr_status ledger_restore(const char *url, const char *path, const restore_options *options, const mr_context *context,
                         void (*phase)(void *ctx, const char *name), restore_result *result, mr_error *err) {
    restoring r = {.url = url, .path = path, .options = options, .result = result};
    void *ctx = context ? context->progress_ctx : NULL;
    *result = (restore_result){0};
    mr_status status = gather(&r, err);
    if (status == MR_OK && path && phase) phase(ctx, "restoring");
    if (status == MR_OK && path) status = db_restore(url, path, context, err);
    if (status == MR_OK) {
        if (phase && result->listed) phase(ctx, "erasing again");
        status = bring_up(&r, err);
        if (status == MR_OK) status = erase_again(&r, err);
        if (status != MR_OK) {
            err->code = status;
            status = keep_list(&r, path, err);
        }
    }
    erasures_free(&r.list);
    erasures_free(&r.given);
    return status;
}
