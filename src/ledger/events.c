#include "events.h"

#include <error.h>
#include <text.h>

#include <string.h>

const char *const event_columns[EVENT_COLUMNS_N] = {"customer_id", "id",         "at_us",        "recorded_at_us", "day",       "kind",
                                                    "source",      "subject_id", "amount_minor", "currency",       "source_id", "body"};
const int event_compare_columns[EVENT_COMPARE_N] = {2, 5, 7, 8, 9, 11};

mr_status event_insert_statement(ledger *l, db_statement **s, mr_error *err) {
    return db_prepare(l->d, "INSERT INTO event (" EVENT_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) "
                            "ON CONFLICT (customer_id, id) DO NOTHING", EVENT_TYPES, s, err);
}

void event_bind(db_statement *s, const ledger_event *event) {
    const history_event *e = &event->e;
    db_bind_int(s, 1, event->customer_id);
    db_bind_int(s, 2, e->id);
    db_bind_int(s, 3, e->at_us);
    db_bind_int(s, 4, e->recorded_at_us);
    db_bind_int(s, 5, e->day);
    db_bind_int(s, 6, e->kind);
    db_bind_int(s, 7, e->source);
    db_bind_int(s, 8, e->subject_id);
    db_bind_int(s, 9, e->amount_minor);
    db_bind_text(s, 10, e->currency, strlen(e->currency));
    db_bind_text(s, 11, e->source_id ? e->source_id : "", e->source_id_len);
    db_bind_text(s, 12, e->body ? e->body : "", e->body_len);
}

void event_values(const ledger_event *event, db_value values[EVENT_COLUMNS_N]) {
    const history_event *e = &event->e;
    values[0].integer = event->customer_id;
    values[1].integer = e->id;
    values[2].integer = e->at_us;
    values[3].integer = e->recorded_at_us;
    values[4].integer = e->day;
    values[5].integer = e->kind;
    values[6].integer = e->source;
    values[7].integer = e->subject_id;
    values[8].integer = e->amount_minor;
    values[9].text.at = e->currency;
    values[9].text.len = strlen(e->currency);
    values[10].text.at = e->source_id ? e->source_id : "";
    values[10].text.len = e->source_id_len;
    values[11].text.at = e->body ? e->body : "";
    values[11].text.len = e->body_len;
}

mr_status event_same(ledger *l, const ledger_event *event, bool *same, mr_error *err) {
    const history_event *e = &event->e;
    db_statement *s;
    bool row = false;
    *same = false;
    mr_status status = db_prepare(l->d, "SELECT at_us, kind, subject_id, amount_minor, currency, body FROM event "
                                        "WHERE customer_id = $1 AND id = $2", "ii", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, event->customer_id);
    db_bind_int(s, 2, e->id);
    status = db_step(s, &row, err);
    if (status == MR_OK && row) {
        size_t len;
        const char *body = db_text(s, 5, &len);
        *same = db_int(s, 0) == e->at_us && db_int(s, 1) == e->kind && db_int(s, 2) == e->subject_id && db_int(s, 3) == e->amount_minor &&
                !strcmp(db_text(s, 4, NULL), e->currency) && len == e->body_len && (!len || !memcmp(body, e->body, len));
    }
    db_reset(s);
    return status;
}

static mr_status conflict_hash(ledger *l, const history_event *e, int64_t *hash, mr_error *err) {
    text_buffer all = {0};
    text_printf(&all, "%lld %d %lld %lld %s ", (long long)e->at_us, e->kind, (long long)e->subject_id, (long long)e->amount_minor, e->currency);
    text_add(&all, e->body ? e->body : "", e->body_len);
    bool failed = all.failed;
    if (!failed) *hash = ledger_hash(l, ledger_domain_of(l, "conflict", ""), all.data, all.len);
    text_free(&all);
    return failed ? error_memory(err, e->body_len) : MR_OK;
}

mr_status event_conflict_note(ledger *l, const ledger_event *event, int64_t *hash, bool *added, mr_error *err) {
    const history_event *e = &event->e;
    int64_t changed = 0;
    db_statement *s;
    *added = false;
    mr_status status = conflict_hash(l, e, hash, err);
    if (status == MR_OK)
        status = db_prepare(l->d, "INSERT INTO event_conflict (customer_id, id, body_hash, at_us, recorded_at_us, kind, source, subject_id, "
                                  "amount_minor, currency, source_id, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) "
                                  "ON CONFLICT (customer_id, id, body_hash) DO NOTHING", "iiiiisdiittt", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, event->customer_id);
    db_bind_int(s, 2, e->id);
    db_bind_int(s, 3, *hash);
    db_bind_int(s, 4, e->at_us);
    db_bind_int(s, 5, e->recorded_at_us);
    db_bind_int(s, 6, e->kind);
    db_bind_int(s, 7, e->source);
    db_bind_int(s, 8, e->subject_id);
    db_bind_int(s, 9, e->amount_minor);
    db_bind_text(s, 10, e->currency, strlen(e->currency));
    db_bind_text(s, 11, e->source_id ? e->source_id : "", e->source_id_len);
    db_bind_text(s, 12, e->body ? e->body : "", e->body_len);
    status = db_run(s, &changed, err);
    *added = changed > 0;
    return status;
}

mr_status event_conflict(ledger *l, const ledger_event *event, mr_error *err) {
    int64_t hash;
    bool added;
    return event_conflict_note(l, event, &hash, &added, err);
}
