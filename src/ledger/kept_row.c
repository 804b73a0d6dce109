#include "kept_row.h"

#include <error.h>

#include <string.h>

/* " WHERE customer_id = $<first> AND <second key> = $<first + 1> ..." */
static void where_key(text_buffer *sql, const table_columns *c, int first) {
    text_printf(sql, " WHERE customer_id = $%d", first);
    for (size_t i = 1; i < c->key_n; i++) text_printf(sql, " AND %s = $%d", c->column[c->key[i]].name, first + (int)i);
}

static void bind_key(db_statement *s, const table_columns *c, int first, int64_t customer_id, const int64_t *key) {
    db_bind_int(s, first, customer_id);
    for (size_t i = 1; i < c->key_n; i++) db_bind_int(s, first + (int)i, key[i - 1]);
}

static mr_status prepare(ledger *l, text_buffer *sql, const char *types, db_statement **s, mr_error *err) {
    const char *text = text_terminate(sql);
    mr_status status = sql->failed ? error_memory(err, sql->len) : db_prepare(l->d, text, types, s, err);
    text_free(sql);
    return status;
}

json_t *kept_row_of(const table_columns *c, const db_statement *s) {
    json_t *row = json_object();
    for (size_t i = 0; row && i < c->n; i++) {
        int at = (int)i;
        size_t len;
        const char *text;
        json_t *value;
        if (db_is_null(s, at)) {
            value = json_null();
        } else if (c->column[i].type == 't' || c->column[i].type == 'b') {
            text = db_text(s, at, &len);
            value = json_stringn(text, len);
        } else {
            value = c->column[i].type == 'r' ? json_real(db_real(s, at)) : json_integer(db_int(s, at));
        }
        if (json_object_set_new(row, c->column[i].name, value) != 0) {
            json_decref(row);
            row = NULL;
        }
    }
    return row;
}

mr_status kept_row_read(ledger *l, const table_columns *c, int64_t customer_id, const int64_t *key, json_t **row, mr_error *err) {
    text_buffer sql = {0};
    db_statement *s;
    bool there = false;
    *row = NULL;
    text_puts(&sql, "SELECT ");
    columns_list(c, "", &sql);
    text_printf(&sql, " FROM %s", c->table);
    where_key(&sql, c, 1);
    mr_status status = prepare(l, &sql, &"iiiii"[5 - c->key_n], &s, err);
    if (status != MR_OK) return status;
    bind_key(s, c, 1, customer_id, key);
    status = db_step(s, &there, err);
    if (status == MR_OK && there) {
        *row = kept_row_of(c, s);
        if (!*row) status = error_memory(err, sizeof(json_t *));
    }
    db_reset(s);
    return status;
}

/* What is not there is empty, by the column's type. */
static void bind_value(db_statement *s, int n, const table_column *c, const json_t *value) {
    if ((!value || json_is_null(value)) && c->null)
        db_bind_null(s, n);
    else if (c->type == 't')
        db_bind_text(s, n, value ? json_string_value(value) : "", value ? json_string_length(value) : 0);
    else if (c->type == 'b')
        db_bind_bytes(s, n, value ? json_string_value(value) : "", value ? json_string_length(value) : 0);
    else if (c->type == 'r')
        db_bind_real(s, n, json_number_value(value));
    else
        db_bind_int(s, n, json_integer_value(value));
}

mr_status kept_row_insert(ledger *l, const table_columns *c, const json_t *row, mr_error *err) {
    text_buffer sql = {0};
    char types[COLUMNS_MAX + 1];
    db_statement *s;
    text_printf(&sql, "INSERT INTO %s (", c->table);
    columns_list(c, "", &sql);
    text_puts(&sql, ") VALUES (");
    for (size_t i = 0; i < c->n; i++) text_printf(&sql, "%s$%zu", i ? ", " : "", i + 1);
    text_puts(&sql, ") ON CONFLICT (");
    for (size_t i = 0; i < c->key_n; i++) text_printf(&sql, "%s%s", i ? ", " : "", c->column[c->key[i]].name);
    text_puts(&sql, ") DO NOTHING");
    mr_status status = prepare(l, &sql, columns_types(c, types), &s, err);
    if (status != MR_OK) return status;
    for (size_t i = 0; i < c->n; i++) bind_value(s, (int)i + 1, &c->column[i], json_object_get(row, c->column[i].name));
    return db_run(s, NULL, err);
}

bool kept_value_empty(const json_t *value) {
    return !value || json_is_null(value) || (json_is_integer(value) && json_integer_value(value) == 0) ||
           (json_is_string(value) && json_string_length(value) == 0);
}

mr_status kept_row_set(ledger *l, const table_columns *c, int64_t customer_id, const int64_t *key, const char *name, const json_t *value,
                       mr_error *err) {
    text_buffer sql = {0};
    char types[COLUMNS_KEY_MAX + 2];
    db_statement *s;
    int at = columns_find(c, name);
    if (at < 0) return error_set(err, MR_EINVAL, NULL, -1, "table %s has no column %.40s", c->table, name);
    text_printf(&sql, "UPDATE %s SET %s = $1", c->table, name);
    where_key(&sql, c, 2);
    snprintf(types, sizeof types, "%c%s", c->column[at].type, &"iiiii"[5 - c->key_n]);
    mr_status status = prepare(l, &sql, types, &s, err);
    if (status != MR_OK) return status;
    bind_value(s, 1, &c->column[at], value);
    bind_key(s, c, 2, customer_id, key);
    return db_run(s, NULL, err);
}
