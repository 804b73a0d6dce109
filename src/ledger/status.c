#include "status.h"

#include "rebuild.h"

#include <schema.h>

#include <stdio.h>
#include <string.h>

static mr_status number(db *d, const char *sql, int64_t *out, mr_error *err) {
    db_statement *s;
    bool row = false;
    mr_status status = db_prepare(d, sql, "", &s, err);
    if (status == MR_OK) status = db_step(s, &row, err);
    if (status != MR_OK) return status;
    *out = row ? db_int(s, 0) : 0;
    db_reset(s);
    return MR_OK;
}

static mr_status audit_times(ledger *l, ledger_status *out, mr_error *err) {
    const struct {
        const char *what;
        int64_t *at_us;
    } times[] = {{"init", &out->made_at_us}, {"backup", &out->backup_at_us}, {"restore", &out->restored_at_us}, {"compact", &out->compacted_at_us},
                 {"erase", &out->erased_at_us}};
    db_statement *s;
    mr_status status = db_prepare(l->d, "SELECT what, MAX(at_us) FROM audit GROUP BY what", "", &s, err);
    for (bool row = status == MR_OK; status == MR_OK && row;) {
        status = db_step(s, &row, err);
        for (size_t i = 0; status == MR_OK && row && i < sizeof times / sizeof *times; i++)
            if (!strcmp(db_text(s, 0, NULL), times[i].what)) *times[i].at_us = db_int(s, 1);
    }
    return status;
}

static mr_status acting(ledger *l, ledger_status *out, mr_error *err) {
    db_statement *s;
    mr_status status = number(l->d, "SELECT CAST(COUNT(*) AS BIGINT) FROM action WHERE kind = 1 AND state = 1", &out->tasks_open, err);
    if (status == MR_OK) status = number(l->d, "SELECT CAST(COUNT(*) AS BIGINT) FROM action WHERE state = 0", &out->drafts, err);
    if (status == MR_OK) status = db_prepare(l->d, "SELECT state, CAST(COUNT(*) AS BIGINT) FROM message GROUP BY state", "", &s, err);
    for (bool row = status == MR_OK; status == MR_OK && row;) {
        status = db_step(s, &row, err);
        if (status == MR_OK && row && db_int(s, 0) >= 0 && db_int(s, 0) < MESSAGE_STATES) out->messages[db_int(s, 0)] = db_int(s, 1);
    }
    return status;
}

mr_status ledger_status_read(ledger *l, ledger_status *out, mr_error *err) {
    *out = (ledger_status){0};
    mr_status status = db_schema_version(l->d, &out->version, err);
    for (size_t i = 0; i < db_tables_n && i < STATUS_TABLES && status == MR_OK; i++) {
        char sql[128];
        snprintf(sql, sizeof sql, "SELECT CAST(COUNT(*) AS BIGINT) FROM %s", db_tables[i].name);
        status = number(l->d, sql, &out->rows[i], err);
    }
    if (status == MR_OK) status = number(l->d, "SELECT CAST(COUNT(*) AS BIGINT) FROM event", &out->events, err);
    if (status == MR_OK) status = number(l->d, "SELECT CAST(COUNT(*) AS BIGINT) FROM customer_ref WHERE customer_id = ref", &out->customers, err);
    if (status == MR_OK) status = number(l->d, "SELECT MIN(at_us) FROM event", &out->first_at_us, err);
    if (status == MR_OK) status = number(l->d, "SELECT MAX(at_us) FROM event", &out->last_at_us, err);
    if (status == MR_OK) status = db_size(l->d, &out->bytes, err);
    if (status == MR_OK) status = acting(l, out, err);
    if (status == MR_OK) status = audit_times(l, out, err);
    return status == MR_OK ? ledger_is_stale(l, &out->stale, err) : status;
}

mr_status ledger_day(ledger *l, int32_t today, int32_t *day, mr_error *err) {
    const int64_t day_us = INT64_C(86400000000);
    db_statement *s;
    bool row = false;
    *day = today;
    mr_status status = db_prepare(l->d, "SELECT MAX(at_us) FROM event WHERE kind <> $1 AND kind <> $2", "ss", &s, err); /* event_shows_reach */
    if (status != MR_OK) return status;
    db_bind_int(s, 1, EVENT_account_review);
    db_bind_int(s, 2, EVENT_owner_changed);
    status = db_step(s, &row, err);
    int64_t last_us = status == MR_OK && row ? db_int(s, 0) : 0, last = last_us / day_us - (last_us % day_us < 0);
    db_reset(s);
    if (status == MR_OK && last_us && last + LEDGER_STALE_DAYS < today) *day = (int32_t)last;
    return status;
}

mr_status ledger_imports(ledger *l, void (*each)(void *ctx, const ledger_import_note *note), void *ctx, mr_error *err) {
    db_statement *s;
    mr_status status = db_prepare(l->d, "SELECT record, files, updated_at_us, records_done, events_added, events_repeated, events_conflicting, state "
                                        "FROM import_run ORDER BY updated_at_us, id", "", &s, err);
    if (status != MR_OK) return status;
    for (bool row = true; status == MR_OK && row;) {
        status = db_step(s, &row, err);
        if (status == MR_OK && row)
            each(ctx, &(ledger_import_note){db_text(s, 0, NULL), db_text(s, 1, NULL), db_int(s, 2), db_int(s, 3), db_int(s, 4), db_int(s, 5), db_int(s, 6),
                                            db_int(s, 7) == 2, db_int(s, 7) == 3});
    }
    db_reset(s);
    return status;
}
