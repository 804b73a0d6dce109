#include "dismiss.h"

#include "rebuild.h"

#include <error.h>

#include <stdio.h>
#include <string.h>

/* The unfinished imports of these files; of the last one what is known of it. */
static mr_status find(ledger *l, const char *files, int64_t *id, int *n, dismissed_import *out, mr_error *err) {
    db_statement *s;
    mr_status status = db_prepare(l->d, "SELECT id, record, files, records_done, events_added FROM import_run WHERE state = 1 ORDER BY id", "", &s, err);
    *n = 0;
    for (bool row = true; status == MR_OK && row;) {
        status = db_step(s, &row, err);
        if (status != MR_OK || !row || (files && strcmp(db_text(s, 2, NULL), files) != 0)) continue;
        *id = db_int(s, 0);
        snprintf(out->record, sizeof out->record, "%s", db_text(s, 1, NULL));
        snprintf(out->files, sizeof out->files, "%s", db_text(s, 2, NULL));
        out->records = db_int(s, 3);
        out->events = db_int(s, 4);
        (*n)++;
    }
    return status;
}

static mr_status none_or_several(const ledger *l, const char *files, int n, mr_error *err) {
    if (n) return error_set(err, MR_EDATA, "file", -1, "%d imports are unfinished: say which by its file, as 'marram db status' shows it", n);
    if (!files) return error_set(err, MR_EDATA, "file", -1, "%s has no unfinished import", db_name(l->d));
    return error_set(err, MR_EDATA, "file", -1, "%s has no unfinished import from %.300s: 'marram db status' shows how each is named", db_name(l->d), files);
}

static mr_status mark(ledger *l, int64_t id, int64_t now_us, mr_error *err) {
    db_statement *s;
    mr_status status = db_prepare(l->d, "UPDATE import_run SET state = 3, updated_at_us = $2 WHERE id = $1 AND state = 1", "ii", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, id);
    db_bind_int(s, 2, now_us);
    return db_run(s, NULL, err);
}

/* Cycles first: they are found by the import's being unfinished. The same files may stand there more than once, as they were before and after they were corrected. */
mr_status ledger_import_dismiss(const char *url, const char *files, int64_t now_us, const mr_context *context, dismissed_import *out, mr_error *err) {
    ledger *reader = NULL, *l = NULL;
    int64_t id = 0;
    int n = 0;
    *out = (dismissed_import){.records = 0};
    mr_status status = ledger_open(url, NULL, &l, err);
    if (status == MR_OK) status = find(l, files, &id, &n, out, err);
    if (status == MR_OK && (files ? n < 1 : n != 1)) status = none_or_several(l, files, n, err);
    if (status == MR_OK) status = ledger_open_reading(url, &reader, err);
    if (status == MR_OK) status = ledger_repair(reader, l, context, &out->rebuilt, err);
    ledger_close(reader);
    while (status == MR_OK && n > 0) {
        dismissed_import another;
        status = mark(l, id, now_us, err);
        n = 0;
        if (status == MR_OK && files) status = find(l, files, &id, &n, &another, err);
    }
    ledger_close(l);
    return status;
}
