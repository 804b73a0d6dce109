/* Many rows at once: the half both stores share, and the plain way (INSERT ... ON CONFLICT DO NOTHING, item
 * by item), which is the quickest for few rows. */
#include "impl.h"

#include <string.h>

mr_status db_differing_add(db_differing *differing, size_t row, mr_error *err) {
    if (differing->n == differing->capacity) {
        size_t capacity = differing->capacity ? differing->capacity * 2 : 64;
        size_t *rows = mem_resize(NULL, differing->rows, capacity, sizeof *rows);
        if (!rows) return error_memory(err, capacity * sizeof *rows);
        differing->rows = rows;
        differing->capacity = capacity;
    }
    differing->rows[differing->n++] = row;
    return MR_OK;
}

static bool sound(const db_append_plan *plan) {
    size_t columns = strlen(plan->types);
    bool ok = columns && columns <= DB_MAX_COLUMNS && strspn(plan->types, "sdirtb") == columns && plan->key &&
              plan->key <= columns;
    for (size_t i = 0; ok && i < plan->compare_n; i++)
        ok = plan->compare[i] >= 0 && (size_t)plan->compare[i] < columns;
    return ok;
}

mr_status db_may_append(db *d, const db_append_plan *plan, mr_error *err) {
    mr_status status = db_ready(d, err);
    if (status) return status;
    if (!d->in_transaction || d->mode == DB_READ || !sound(plan)) {
        d->fault = DB_FAULT_OTHER;
        return error_set(err, MR_EINVAL, NULL, -1, "%s: %s", d->name,
                         sound(plan) ? "append outside a transaction that writes"
                                     : "a plan of append that cannot be");
    }
    return MR_OK;
}

mr_status db_append_check(db *d, const db_append_plan *plan, size_t n, db_append_row row, void *ctx, mr_error *err) {
    db_value values[DB_MAX_COLUMNS];
    mr_status status = MR_OK;
    if (!sound(plan)) return error_set(err, MR_EINVAL, NULL, -1, "%s: a plan of append that cannot be", d->name);
    for (size_t i = 0; i < n && !status; i++) {
        row(ctx, i, values);
        for (size_t k = 0; plan->types[k] && !status; k++) status = db_check_value(d, plan->types[k], &values[k], k, (int64_t)i, err);
    }
    return status;
}

mr_status db_append(db *d, const db_append_plan *plan, size_t n, db_append_row row, db_append_differs differs,
                    void *ctx, uint64_t *added, mr_error *err) {
    uint64_t ignored;
    if (!added) added = &ignored;
    *added = 0;
    mr_status status = db_may_append(d, plan, err);
    if (status || !n) return status;
    db_differing differing = {0};
    status = d->driver->append(d, plan, n, row, ctx, &differing, added, err);
    /* Rows that went in before the failure may stay on one store and not on the other. */
    if (status) db_fail(d, d->fault == DB_FAULT_NONE ? DB_FAULT_OTHER : d->fault, status, err);
    for (size_t i = 0; !status && differs && i < differing.n; i++)
        status = differs(ctx, differing.rows[i], err);
    mem_free(NULL, differing.rows);
    return status;
}

/* --- texts of SQL --- */

void db_append_columns(text_buffer *sql, const db_append_plan *plan, size_t n, const char *prefix) {
    for (size_t i = 0; i < n; i++) text_printf(sql, "%s%s%s", i ? ", " : "", prefix, plan->columns[i]);
}

void db_append_insert_sql(text_buffer *sql, const db_append_plan *plan) {
    text_printf(sql, "INSERT INTO %s (", plan->table);
    db_append_columns(sql, plan, strlen(plan->types), "");
    text_puts(sql, ") VALUES (");
    for (size_t i = 0; plan->types[i]; i++) text_printf(sql, "%s$%zu", i ? ", " : "", i + 1);
    text_puts(sql, ") ON CONFLICT (");
    db_append_columns(sql, plan, plan->key, "");
    text_puts(sql, ") DO NOTHING");
}

void db_append_select_sql(text_buffer *sql, const db_append_plan *plan) {
    text_puts(sql, "SELECT ");
    for (size_t i = 0; i < plan->compare_n; i++)
        text_printf(sql, "%s%s", i ? ", " : "", plan->columns[plan->compare[i]]);
    text_printf(sql, "%s FROM %s WHERE ", plan->compare_n ? "" : "1", plan->table);
    for (size_t i = 0; i < plan->key; i++)
        text_printf(sql, "%s%s = $%zu", i ? " AND " : "", plan->columns[i], i + 1);
}

bool db_append_equal(char type, const db_value *value, const db_statement *s, int column) {
    bool null = db_is_null(s, column);
    if (type == 't' || type == 'b') {
        if (!value->text.at || null) return !value->text.at && null;
        size_t len;
        const char *stored = db_text(s, column, &len);
        return len == value->text.len && !memcmp(stored, value->text.at, len);
    }
    if (null) return false;
    return type == 'r' ? db_real(s, column) == value->real : db_int(s, column) == value->integer;
}

/* --- item by item --- */

typedef struct items {
    const db_append_plan *plan;
    db_append_row row;
    void *ctx;
    size_t *repeats; /* items of the second pass: rows whose key was there */
    db_differing *differing;
    db_value values[DB_MAX_COLUMNS];
    db_value stored[DB_MAX_COLUMNS];
} items;

static void bind_value(db_statement *s, int n, char type, const db_value *value) {
    if (type == 'r') {
        db_bind_real(s, n, value->real);
    } else if (type != 't' && type != 'b') {
        db_bind_int(s, n, value->integer);
    } else if (!value->text.at) {
        db_bind_null(s, n);
    } else if (type == 't') {
        db_bind_text(s, n, value->text.at, value->text.len);
    } else {
        db_bind_bytes(s, n, value->text.at, value->text.len);
    }
}

static void bind_insert(void *ctx, size_t item, db_statement *s) {
    items *all = ctx;
    all->row(all->ctx, item, all->values);
    for (int i = 0; all->plan->types[i]; i++) bind_value(s, i + 1, all->plan->types[i], &all->values[i]);
}

static void bind_select(void *ctx, size_t item, db_statement *s) {
    items *all = ctx;
    all->row(all->ctx, all->repeats[item], all->values);
    for (size_t i = 0; i < all->plan->key; i++)
        bind_value(s, (int)i + 1, all->plan->types[i], &all->values[i]);
}

static mr_status compare(void *ctx, size_t item, db_statement *s, mr_error *err) {
    items *all = ctx;
    const db_append_plan *plan = all->plan;
    all->row(all->ctx, all->repeats[item], all->stored); /* bind may be further on already */
    for (size_t i = 0; i < plan->compare_n; i++) {
        int column = plan->compare[i];
        if (!db_append_equal(plan->types[column], &all->stored[column], s, (int)i))
            return db_differing_add(all->differing, all->repeats[item], err);
    }
    return MR_OK;
}

static mr_status compare_repeats(db *d, items *all, size_t n, mr_error *err) {
    const db_append_plan *plan = all->plan;
    char types[DB_MAX_COLUMNS + 1] = "";
    memcpy(types, plan->types, plan->key);
    types[plan->key] = '\0';
    text_buffer sql = {0};
    db_append_select_sql(&sql, plan);
    db_statement *s = NULL;
    const char *text = text_terminate(&sql);
    mr_status status = sql.failed ? error_memory(err, sql.len) : db_prepare(d, text, types, &s, err);
    if (!status) status = db_each(s, n, bind_select, compare, all, NULL, err);
    text_free(&sql);
    return status;
}

mr_status db_append_each(db *d, const db_append_plan *plan, size_t n, db_append_row row, void *ctx,
                         db_differing *differing, uint64_t *added, mr_error *err) {
    items *all = mem_new(NULL, 1, sizeof *all);
    int64_t *changed = mem_new(NULL, n, sizeof *changed);
    text_buffer sql = {0};
    db_append_insert_sql(&sql, plan);
    const char *text = text_terminate(&sql);
    db_statement *s = NULL;
    mr_status status = MR_OK;
    size_t repeats = 0;
    if (!all || !changed || sql.failed) {
        status = error_memory(err, n * sizeof *changed);
        goto done;
    }
    *all = (items){.plan = plan, .row = row, .ctx = ctx, .differing = differing};
    status = db_prepare(d, text, plan->types, &s, err);
    if (!status) status = db_each(s, n, bind_insert, NULL, all, changed, err);
    if (status) goto done;
    all->repeats = mem_take(NULL, n, sizeof *all->repeats);
    if (!all->repeats) {
        status = error_memory(err, n * sizeof *all->repeats);
        goto done;
    }
    for (size_t i = 0; i < n; i++)
        if (!changed[i]) all->repeats[repeats++] = i;
    *added = n - repeats;
    if (repeats && plan->compare_n) status = compare_repeats(d, all, repeats, err);
done:
    if (all) mem_free(NULL, all->repeats);
    mem_free(NULL, all);
    mem_free(NULL, changed);
    text_free(&sql);
    return status;
}
