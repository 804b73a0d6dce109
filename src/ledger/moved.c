#include "moved.h"

mr_status moved_customer(ledger *l, int64_t customer_id, int64_t *now, mr_error *err) {
    db_statement *s;
    bool row = false;
    *now = customer_id;
    mr_status status = db_prepare(l->d, "SELECT customer_id FROM customer_ref WHERE ref = $1", "i", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, customer_id);
    status = db_step(s, &row, err);
    if (status == MR_OK && row) *now = db_int(s, 0);
    db_reset(s);
    return status;
}

static mr_status update(moved_row *row, const char *sql, const char *types, const db_value *values, bool *changed, mr_error *err) {
    db_statement *s;
    mr_status status = db_prepare(row->l->d, sql, types, &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, row->customer_id);
    db_bind_int(s, 2, row->id);
    for (int i = 2; types[i]; i++) {
        if (types[i] == 't') db_bind_text(s, i + 1, values[i - 2].text.at, values[i - 2].text.len);
        else db_bind_int(s, i + 1, values[i - 2].integer);
    }
    status = db_step(s, changed, err);
    if (status == MR_OK && *changed) row->returned = db_int(s, 0);
    db_reset(s);
    return status;
}

mr_status moved_update(moved_row *row, const char *sql, const char *types, const db_value *values, bool *changed, mr_error *err) {
    int64_t now = 0;
    *changed = false;
    mr_status status = update(row, sql, types, values, changed, err);
    if (status != MR_OK || *changed) return status;
    status = moved_customer(row->l, row->customer_id, &now, err);
    if (status != MR_OK || now == row->customer_id) return status;
    row->customer_id = now;
    return update(row, sql, types, values, changed, err);
}
