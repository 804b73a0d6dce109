/* Rows over and back. A table is told by its columns alone (columns.h), so the SQL is put together here; its key is customer_id and up to two
 * numbers. */
#include "merge_rows.h"

#include "events.h"

#include <error.h>
#include <mem.h>

#include <stdlib.h>
#include <string.h>

typedef struct row_key {
    int64_t id, hash; /* 0 where the key has no such part */
} row_key;

typedef struct keys {
    row_key *key;
    size_t n, capacity;
} keys;

static int by_key(const void *a, const void *b) {
    const row_key *x = a, *y = b;
    if (x->id != y->id) return x->id < y->id ? -1 : 1;
    return x->hash < y->hash ? -1 : x->hash > y->hash;
}

static mr_status keys_add(keys *k, row_key key, mr_error *err) {
    if (k->n == k->capacity) {
        size_t capacity = k->capacity ? 2 * k->capacity : 64;
        row_key *more = mem_resize(NULL, k->key, capacity, sizeof *more);
        if (!more) return error_memory(err, capacity * sizeof *more);
        k->key = more;
        k->capacity = capacity;
    }
    k->key[k->n++] = key;
    return MR_OK;
}

/* The n-th key column behind customer_id, or "0". */
static const char *key_column(const table_columns *c, size_t n, const char *otherwise) {
    return n + 1 < c->key_n ? c->column[c->key[n + 1]].name : otherwise;
}

static mr_status run_text(merge_work *w, text_buffer *sql, const int64_t *values, size_t n, int64_t *changed, mr_error *err) {
    const char *text = text_terminate(sql);
    mr_status status = sql->failed ? error_memory(err, sql->len) : merge_run(w->l, text, values, n, changed, err);
    text_free(sql);
    return status;
}

static mr_status read_keys(merge_work *w, const table_columns *c, int64_t customer_id, keys *k, mr_error *err) {
    char sql[256];
    db_statement *s;
    k->n = 0;
    snprintf(sql, sizeof sql, "SELECT %s, %s FROM %s WHERE customer_id = $1", key_column(c, 0, "0"), key_column(c, 1, "0"), c->table);
    mr_status status = db_prepare(w->l->d, sql, "i", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, customer_id);
    for (bool row = true; status == MR_OK && row;) {
        status = db_step(s, &row, err);
        if (status == MR_OK && row) status = keys_add(k, (row_key){db_int(s, 0), db_int(s, 1)}, err);
    }
    db_reset(s);
    if (k->n) qsort(k->key, k->n, sizeof *k->key, by_key);
    return status;
}

/* "a, b, ..." of a row on its way to another customer, $1; what is due or to be sent goes to the part their top six bits name. */
static void moved_list(const table_columns *c, const char *prefix, text_buffer *sql) {
    for (size_t i = 0; i < c->n; i++) {
        const char *name = c->column[i].name;
        text_puts(sql, i ? ", " : "");
        if (!strcmp(name, "customer_id"))
            text_puts(sql, "$1");
        else if (!strcmp(name, "part"))
            text_puts(sql, "CAST($1 / 144115188075855872 AS SMALLINT)");
        else
            text_printf(sql, "%s%s", prefix, name);
    }
}

/* --- noting --- */

static mr_status note(merge_work *w, const char *table, row_key key, const char *doublet, mr_error *err) {
    db_statement *s;
    mr_status status = db_prepare(w->l->d, "INSERT INTO merge_move (customer_id, merge_id, table_name, id, body_hash, doublet) "
                                           "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING", "iitiit", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, w->kept);
    db_bind_int(s, 2, w->id);
    db_bind_string(s, 3, table);
    db_bind_int(s, 4, key.id);
    db_bind_int(s, 5, key.hash);
    db_bind_string(s, 6, doublet);
    return db_run(s, NULL, err);
}

static mr_status note_json(merge_work *w, const char *table, row_key key, json_t *doublet, mr_error *err) {
    char *text = json_dumps(doublet, JSON_COMPACT);
    mr_status status = text ? note(w, table, key, text, err) : error_memory(err, sizeof *doublet);
    free(text);
    return status;
}

typedef struct moved_keys {
    merge_work *w;
    const char *table;
    const row_key *key;
} moved_keys;

static void bind_moved(void *ctx, size_t item, db_statement *s) {
    const moved_keys *m = ctx;
    db_bind_int(s, 1, m->w->kept);
    db_bind_int(s, 2, m->w->id);
    db_bind_string(s, 3, m->table);
    db_bind_int(s, 4, m->key[item].id);
    db_bind_int(s, 5, m->key[item].hash);
    db_bind_text(s, 6, "", 0);
}

static mr_status note_moved(merge_work *w, const char *table, const keys *k, mr_error *err) {
    moved_keys m = {w, table, k->key};
    db_statement *s;
    mr_status status = db_prepare(w->l->d, "INSERT INTO merge_move (customer_id, merge_id, table_name, id, body_hash, doublet) "
                                           "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING", "iitiit", &s, err);
    return status == MR_OK ? db_each(s, k->n, bind_moved, NULL, &m, NULL, err) : status;
}

/* --- rows both have --- */

static ledger_event event_of(int64_t customer_id, const json_t *row) {
    ledger_event e = {.customer_id = customer_id};
    const json_t *body = json_object_get(row, "body"), *source_id = json_object_get(row, "source_id"), *currency = json_object_get(row, "currency");
    e.e.id = json_integer_value(json_object_get(row, "id"));
    e.e.at_us = json_integer_value(json_object_get(row, "at_us"));
    e.e.recorded_at_us = json_integer_value(json_object_get(row, "recorded_at_us"));
    e.e.day = (int32_t)json_integer_value(json_object_get(row, "day"));
    e.e.kind = (int16_t)json_integer_value(json_object_get(row, "kind"));
    e.e.source = (int32_t)json_integer_value(json_object_get(row, "source"));
    e.e.subject_id = json_integer_value(json_object_get(row, "subject_id"));
    e.e.amount_minor = json_integer_value(json_object_get(row, "amount_minor"));
    history_currency(&e.e, json_string_value(currency), json_string_length(currency));
    e.e.source_id = json_string_value(source_id);
    e.e.source_id_len = json_string_length(source_id);
    e.e.body = json_string_value(body);
    e.e.body_len = json_string_length(body);
    return e;
}

/* The kept customer's event stays; what the other one says otherwise is a conflict, as if it had been imported here. */
static mr_status event_doublet(merge_work *w, const json_t *row, json_t *doublet, mr_error *err) {
    ledger_event e = event_of(w->kept, row);
    bool same = true, added = false;
    int64_t hash = 0;
    mr_status status = event_same(w->l, &e, &same, err);
    w->counts->doublets++;
    if (status != MR_OK || same) return status;
    w->counts->differing++;
    status = event_conflict_note(w->l, &e, &hash, &added, err);
    if (status == MR_OK && added && json_object_set_new(doublet, "conflict", json_integer(hash)) != 0) status = error_memory(err, sizeof hash);
    return status;
}

/* "email_key" goes with "email". */
static bool filled_with(const json_t *filled, const char *name) {
    size_t len = strlen(name), i;
    const json_t *one;
    if (len < 4 || strcmp(name + len - 4, "_key") != 0) return false;
    json_array_foreach(filled, i, one)
        if (json_string_length(one) == len - 4 && !strncmp(json_string_value(one), name, len - 4)) return true;
    return false;
}

/* Fields the kept row lacks are taken from the other; *filled gets their names. */
static mr_status fill(merge_work *w, const table_columns *c, row_key key, const json_t *row, json_t *filled, mr_error *err) {
    int64_t id[2] = {key.id, key.hash};
    json_t *kept;
    mr_status status = kept_row_read(w->l, c, w->kept, id, &kept, err);
    for (size_t i = c->key_n; i < c->n && status == MR_OK && kept; i++) {
        const char *name = c->column[i].name;
        size_t len = strlen(name);
        const json_t *value = json_object_get(row, name);
        bool hash = len > 4 && !strcmp(name + len - 4, "_key");
        if (!strcmp(name, "updated_at_us") || (hash ? !filled_with(filled, name) : kept_value_empty(value))) continue;
        if (!hash && !kept_value_empty(json_object_get(kept, name))) continue;
        status = kept_row_set(w->l, c, w->kept, id, name, value, err);
        if (status == MR_OK && json_array_append_new(filled, json_string(name)) != 0) status = error_memory(err, len);
    }
    json_decref(kept);
    return status;
}

/* Empties again what fill filled, where it still is what it was filled with. */
static mr_status unfill(merge_work *w, const table_columns *c, row_key key, const json_t *row, const json_t *filled, mr_error *err) {
    int64_t id[2] = {key.id, key.hash};
    const json_t *name;
    size_t i;
    json_t *kept;
    mr_status status = kept_row_read(w->l, c, w->kept, id, &kept, err);
    json_array_foreach(filled, i, name) {
        const char *text = json_string_value(name);
        if (status != MR_OK || !kept || !json_equal(json_object_get(kept, text), json_object_get(row, text))) continue;
        status = kept_row_set(w->l, c, w->kept, id, text, NULL, err);
    }
    json_decref(kept);
    return status;
}

static mr_status move_doublet(merge_work *w, const table_columns *c, row_key key, mr_error *err) {
    int64_t id[2] = {key.id, key.hash};
    json_t *row = NULL, *doublet = json_object(), *filled = json_array();
    mr_status status = doublet && filled ? kept_row_read(w->l, c, w->merged, id, &row, err) : error_memory(err, sizeof key);
    if (status == MR_OK && row && !strcmp(c->table, "event")) status = event_doublet(w, row, doublet, err);
    if (status == MR_OK && row && !strcmp(c->table, "contact")) status = fill(w, c, key, row, filled, err);
    if (status == MR_OK && (json_object_set(doublet, "row", row) != 0 || (json_array_size(filled) && json_object_set(doublet, "filled", filled) != 0)))
        status = error_memory(err, sizeof key);
    if (status == MR_OK) status = note_json(w, c->table, key, doublet, err);
    json_decref(row);
    json_decref(doublet);
    json_decref(filled);
    return status;
}

/* --- over --- */

typedef struct keyed {
    const keys *rows;
    int64_t customer[2];
    size_t customers, parts; /* parameters before, and parts of the key behind customer_id */
} keyed;

static void bind_keyed(void *ctx, size_t item, db_statement *s) {
    const keyed *k = ctx;
    const int64_t part[2] = {k->rows->key[item].id, k->rows->key[item].hash};
    for (size_t i = 0; i < k->customers; i++) db_bind_int(s, (int)i + 1, k->customer[i]);
    for (size_t i = 0; i < k->parts; i++) db_bind_int(s, (int)(k->customers + i) + 1, part[i]);
}

/* sql, which ends in a condition and knows the customers as $1 (and $2), for each of these rows and no others: an import may add some while this
 * goes on, which it sees to itself in the end (bulk_settle.c). */
static mr_status each_row(merge_work *w, const table_columns *c, text_buffer *sql, const char *end, keyed k, mr_error *err) {
    static const char types[] = "iiii";
    db_statement *s;
    k.parts = c->key_n - 1;
    for (size_t i = 0; i < k.parts; i++) text_printf(sql, " AND %s = $%zu", key_column(c, i, ""), k.customers + i + 1);
    text_puts(sql, end);
    const char *text = text_terminate(sql);
    mr_status status = sql->failed ? error_memory(err, sql->len) : db_prepare(w->l->d, text, types + 4 - k.customers - k.parts, &s, err);
    if (status == MR_OK) status = db_each(s, k.rows->n, bind_keyed, NULL, &k, NULL, err);
    text_free(sql);
    return status;
}

mr_status merge_rows_move(merge_work *w, const char *table, mr_error *err) {
    table_columns c;
    keys ours = {0}, theirs = {0}, moved = {0};
    text_buffer sql = {0};
    mr_status status = columns_of(table, &c, err);
    if (status == MR_OK) status = read_keys(w, &c, w->kept, &ours, err);
    if (status == MR_OK) status = read_keys(w, &c, w->merged, &theirs, err);
    for (size_t i = 0; i < theirs.n && status == MR_OK; i++) {
        bool both = ours.n && bsearch(&theirs.key[i], ours.key, ours.n, sizeof *ours.key, by_key);
        status = both ? move_doublet(w, &c, theirs.key[i], err) : keys_add(&moved, theirs.key[i], err);
    }
    if (status == MR_OK && moved.n) status = note_moved(w, table, &moved, err);
    if (status == MR_OK && moved.n) {
        text_printf(&sql, "INSERT INTO %s (", table);
        columns_list(&c, "", &sql);
        text_puts(&sql, ") SELECT ");
        moved_list(&c, "", &sql);
        text_printf(&sql, " FROM %s WHERE customer_id = $2", table);
        status = each_row(w, &c, &sql, " ON CONFLICT DO NOTHING", (keyed){.rows = &moved, .customer = {w->kept, w->merged}, .customers = 2}, err);
    }
    if (status == MR_OK && theirs.n) {
        text_printf(&sql, "DELETE FROM %s WHERE customer_id = $1", table);
        status = each_row(w, &c, &sql, "", (keyed){.rows = &theirs, .customer = {w->merged}, .customers = 1}, err);
    }
    *(!strcmp(table, "event") ? &w->counts->events : &w->counts->rows) += moved.n;
    mem_free(NULL, ours.key);
    mem_free(NULL, theirs.key);
    mem_free(NULL, moved.key);
    return status;
}

/* --- back --- */

/* " AND EXISTS (...)": the row x was noted as moved, under `noted`, by the merge $<merge>. */
static void where_moved(const table_columns *c, const char *noted, int merge, text_buffer *sql) {
    text_printf(sql, " AND EXISTS (SELECT m.id FROM merge_move m WHERE m.customer_id = x.customer_id AND m.merge_id = $%d "
                     "AND m.table_name = '%s' AND m.id = x.%s AND m.doublet = ''", merge, noted, key_column(c, 0, "id"));
    if (c->key_n > 2 && !strcmp(noted, c->table)) text_printf(sql, " AND m.body_hash = x.%s", key_column(c, 1, ""));
    text_putc(sql, ')');
}

static mr_status rows_back(merge_work *w, const table_columns *c, const char *noted, int64_t *changed, mr_error *err) {
    text_buffer sql = {0};
    text_printf(&sql, "INSERT INTO %s (", c->table);
    columns_list(c, "", &sql);
    text_puts(&sql, ") SELECT ");
    moved_list(c, "x.", &sql);
    text_printf(&sql, " FROM %s x WHERE x.customer_id = $2", c->table);
    where_moved(c, noted, 3, &sql);
    text_puts(&sql, " ON CONFLICT DO NOTHING");
    mr_status status = run_text(w, &sql, (int64_t[]){w->merged, w->kept, w->id}, 3, changed, err);
    if (status != MR_OK) return status;
    text_printf(&sql, "DELETE FROM %s AS x WHERE x.customer_id = $1", c->table);
    where_moved(c, noted, 2, &sql);
    return run_text(w, &sql, (int64_t[]){w->kept, w->id}, 2, NULL, err);
}

static mr_status read_doublets(merge_work *w, const char *table, keys *k, json_t *all, mr_error *err) {
    db_statement *s;
    mr_status status = db_prepare(w->l->d, "SELECT id, body_hash, doublet FROM merge_move WHERE customer_id = $1 AND merge_id = $2 AND table_name = $3 "
                                           "AND doublet <> ''", "iit", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, w->kept);
    db_bind_int(s, 2, w->id);
    db_bind_string(s, 3, table);
    for (bool row = true; status == MR_OK && row;) {
        size_t len;
        status = db_step(s, &row, err);
        if (status != MR_OK || !row) break;
        const char *text = db_text(s, 2, &len);
        json_t *doublet = json_loadb(text, len, 0, NULL);
        if (!json_is_object(json_object_get(doublet, "row")))
            status = error_set(err, MR_EDATA, NULL, -1, "merge_move of merge %lld holds a row that cannot be read; run 'marram db check'", (long long)w->id);
        if (status == MR_OK) status = keys_add(k, (row_key){db_int(s, 0), db_int(s, 1)}, err);
        if (status == MR_OK && json_array_append(all, doublet) != 0) status = error_memory(err, len);
        json_decref(doublet);
    }
    db_reset(s);
    return status;
}

static mr_status doublet_back(merge_work *w, const table_columns *c, row_key key, const json_t *doublet, mr_error *err) {
    const json_t *row = json_object_get(doublet, "row"), *conflict = json_object_get(doublet, "conflict");
    mr_status status = kept_row_insert(w->l, c, row, err);
    if (status == MR_OK) status = unfill(w, c, key, row, json_object_get(doublet, "filled"), err);
    if (status == MR_OK && conflict)
        status = merge_run(w->l, "DELETE FROM event_conflict WHERE customer_id = $1 AND id = $2 AND body_hash = $3",
                           (int64_t[]){w->kept, key.id, json_integer_value(conflict)}, 3, NULL, err);
    w->counts->doublets += !strcmp(c->table, "event");
    return status;
}

mr_status merge_rows_back(merge_work *w, const char *table, mr_error *err) {
    table_columns c;
    keys k = {0};
    json_t *all = json_array();
    int64_t back = 0;
    mr_status status = all ? columns_of(table, &c, err) : error_memory(err, sizeof *all);
    if (status == MR_OK) status = rows_back(w, &c, table, &back, err);
    /* Repeats of an event that came after the merge go where the event goes. */
    if (status == MR_OK && !strcmp(table, "event_conflict")) status = rows_back(w, &c, "event", NULL, err);
    if (status == MR_OK) status = read_doublets(w, table, &k, all, err);
    for (size_t i = 0; i < k.n && status == MR_OK; i++) status = doublet_back(w, &c, k.key[i], json_array_get(all, i), err);
    *(!strcmp(table, "event") ? &w->counts->events : &w->counts->rows) += (uint64_t)back;
    json_decref(all);
    mem_free(NULL, k.key);
    return status;
}

/* --- the customer's own row --- */

/* Kept whole, whether the kept customer has one or not: what an import tells later of either must not go to the other. */
mr_status merge_customer_move(merge_work *w, mr_error *err) {
    table_columns c;
    json_t *row = NULL, *kept = NULL, *filled = json_array(), *doublet = NULL, *copy = NULL;
    mr_status status = filled ? columns_of("customer", &c, err) : error_memory(err, sizeof *filled);
    if (status == MR_OK) status = kept_row_read(w->l, &c, w->merged, NULL, &row, err);
    if (status == MR_OK && row) status = kept_row_read(w->l, &c, w->kept, NULL, &kept, err);
    if (status == MR_OK && row && !kept) {
        copy = json_pack("{s:I, s:O}", "customer_id", (json_int_t)w->kept, "updated_at_us", json_object_get(row, "updated_at_us"));
        status = copy ? kept_row_insert(w->l, &c, copy, err) : error_memory(err, sizeof *copy);
    }
    if (status == MR_OK && row) status = fill(w, &c, (row_key){0, 0}, row, filled, err);
    if (status == MR_OK && row) {
        doublet = json_pack("{s:O, s:O, s:b}", "row", row, "filled", filled, "made", kept == NULL);
        status = doublet ? note_json(w, "customer", (row_key){0, 0}, doublet, err) : error_memory(err, sizeof *doublet);
    }
    if (status == MR_OK && row) status = merge_run(w->l, "DELETE FROM customer WHERE customer_id = $1", &w->merged, 1, NULL, err);
    json_decref(row);
    json_decref(kept);
    json_decref(filled);
    json_decref(doublet);
    json_decref(copy);
    return status;
}

/* A row that the merge made and that now says nothing of its own goes. */
static mr_status drop_if_bare(merge_work *w, const table_columns *c, mr_error *err) {
    json_t *kept;
    bool bare = true;
    mr_status status = kept_row_read(w->l, c, w->kept, NULL, &kept, err);
    for (size_t i = c->key_n; i < c->n && kept; i++)
        bare = bare && (!strcmp(c->column[i].name, "updated_at_us") || kept_value_empty(json_object_get(kept, c->column[i].name)));
    if (status == MR_OK && kept && bare) status = merge_run(w->l, "DELETE FROM customer WHERE customer_id = $1", &w->kept, 1, NULL, err);
    json_decref(kept);
    return status;
}

mr_status merge_customer_back(merge_work *w, mr_error *err) {
    table_columns c;
    keys k = {0};
    json_t *all = json_array();
    mr_status status = all ? columns_of("customer", &c, err) : error_memory(err, sizeof *all);
    if (status == MR_OK) status = read_doublets(w, "customer", &k, all, err);
    for (size_t i = 0; i < k.n && status == MR_OK; i++) {
        const json_t *doublet = json_array_get(all, i);
        status = doublet_back(w, &c, k.key[i], doublet, err);
        if (status == MR_OK && json_is_true(json_object_get(doublet, "made"))) status = drop_if_bare(w, &c, err);
    }
    json_decref(all);
    mem_free(NULL, k.key);
    return status;
}
