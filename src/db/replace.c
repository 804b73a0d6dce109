/* Rows that become all that a range of keys holds: a job that writes its results anew. */
#include "impl.h"

#include <string.h>

typedef struct range {
    db *d;
    const db_append_plan *plan;
    int64_t first, last;
    const int64_t *rest;
} range;

static mr_status range_statement(const range *r, const char *what, const char *end, db_statement **s, mr_error *err) {
    char types[DB_MAX_COLUMNS + 2];
    text_buffer sql = {0};
    text_printf(&sql, "%s FROM %s WHERE %s >= $1 AND %s <= $2", what, r->plan->table, r->plan->columns[0], r->plan->columns[0]);
    for (size_t i = 1; i < r->plan->key; i++) text_printf(&sql, " AND %s = $%zu", r->plan->columns[i], i + 2);
    text_puts(&sql, end);
    memset(types, 'i', r->plan->key + 1);
    types[r->plan->key + 1] = '\0';
    const char *text = text_terminate(&sql);
    mr_status status = sql.failed ? error_memory(err, sql.len) : db_prepare(r->d, text, types, s, err);
    text_free(&sql);
    if (status) return status;
    db_bind_int(*s, 1, r->first);
    db_bind_int(*s, 2, r->last);
    for (size_t i = 1; i < r->plan->key; i++) db_bind_int(*s, (int)i + 2, r->rest[i - 1]);
    return MR_OK;
}

static mr_status delete_range(const range *r, mr_error *err) {
    db_statement *s;
    mr_status status = range_statement(r, "DELETE", "", &s, err);
    return status ? status : db_run(s, NULL, err);
}

/* Overwritten in place: what is left of others is seen by the number of rows, which is rarely another. */
static mr_status overwrite(const range *r, size_t n, db_append_row row, void *ctx, bool *exact, mr_error *err) {
    db_statement *s;
    bool any = false;
    mr_status status = n ? r->d->driver->overwrite(r->d, r->plan, n, row, ctx, err) : MR_OK;
    if (status) db_fail(r->d, r->d->fault == DB_FAULT_NONE ? DB_FAULT_OTHER : r->d->fault, status, err);
    if (!status) status = range_statement(r, "SELECT CAST(COUNT(*) AS BIGINT)", "", &s, err);
    if (!status) status = db_step(s, &any, err);
    *exact = !status && any && db_int(s, 0) == (int64_t)n;
    if (!status) db_reset(s);
    return status;
}

/* Asking for one row costs nothing beside counting them all. */
static mr_status is_empty(const range *r, bool *empty, mr_error *err) {
    db_statement *s;
    bool row = false;
    mr_status status = range_statement(r, "SELECT 1", " LIMIT 1", &s, err);
    if (!status) status = db_step(s, &row, err);
    if (!status) db_reset(s);
    *empty = !status && !row;
    return status;
}

mr_status db_replace(db *d, const db_append_plan *plan, int64_t first, int64_t last, const int64_t *rest, size_t n, db_append_row row,
                     void *ctx, mr_error *err) {
    const range r = {d, plan, first, last, rest};
    bool empty = false, exact = false;
    mr_status status = db_may_append(d, plan, err);
    if (!status) status = is_empty(&r, &empty, err);
    if (!status && !empty && d->driver->overwrite) status = overwrite(&r, n, row, ctx, &exact, err);
    if (!status && !empty && !exact) status = delete_range(&r, err);
    return status || exact ? status : db_append(d, plan, n, row, NULL, ctx, NULL, err);
}
