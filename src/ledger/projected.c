#include "projected.h"

#include <error.h>

#include <stdlib.h>
#include <string.h>

const char *const projected_names[PROJECTED_TABLES] = {"contract", "support_case", "promise", "touch", "survey", "consent", "due"};

static const upsert_table upserted[PROJECTED_TABLES] = {UPSERT_CONTRACT, UPSERT_CASE, UPSERT_PROMISE, UPSERT_TOUCH, UPSERT_SURVEY, UPSERT_CONSENT, UPSERT_DUE};

/* A timer's time and state are its own: it may be set earlier, and have fired. */
static uint32_t shown_columns(const table_columns *c) {
    uint32_t shown = 0;
    for (size_t i = 0; i < c->n; i++) {
        bool own = !strcmp(c->table, "due") && (!strcmp(c->column[i].name, "due_us") || !strcmp(c->column[i].name, "state"));
        if (!own) shown |= UINT32_C(1) << i;
    }
    return shown;
}

/* --- one cell --- */

static void put(text_buffer *out, char type, bool null, const db_value *value) {
    if (null)
        text_puts(out, type == 't' ? "" : "-");
    else if (type == 't')
        text_add(out, value->text.at, value->text.len);
    else if (type == 'r')
        text_printf(out, "%.17g", value->real);
    else
        text_printf(out, "%lld", (long long)value->integer);
    text_putc(out, 0x1f);
}

/* --- stored --- */

mr_status projected_open(projected_rows *r, ledger *l, unsigned table, int64_t first, int64_t last, mr_error *err) {
    char types[2 * COLUMNS_MAX + 1];
    text_buffer list = {0};
    *r = (projected_rows){.l = l};
    mr_status status = columns_of(projected_names[table], &r->c, err);
    if (status != MR_OK) return status;
    r->shown = shown_columns(&r->c);
    columns_types(&r->c, types);
    columns_list(&r->c, "", &list);
    for (size_t i = 0; i < r->c.n; i++) {
        text_printf(&list, ", CASE WHEN %s IS NULL THEN 1 ELSE 0 END", r->c.column[i].name);
        types[r->c.n + i] = 'd';
    }
    types[2 * r->c.n] = 0;
    /* When programmes look at a customer next is no event's doing. */
    const char *where = strcmp(r->c.table, "due") ? NULL : "kind = 1";
    const db_range range = {.table = r->c.table, .columns = text_terminate(&list), .types = types, .where = where, .then = "id", .first = first, .last = last};
    status = list.failed ? error_memory(err, list.len) : db_stream_range(l->d, &range, &r->stream, err);
    text_free(&list);
    return status == MR_OK ? db_stream_next(r->stream, &r->row, err) : status;
}

void projected_close(projected_rows *r) {
    db_stream_close(r->stream);
    r->stream = NULL;
}

mr_status projected_stored(projected_rows *r, int64_t customer_id, text_buffer *out, id_list *strangers, mr_error *err) {
    mr_status status = MR_OK;
    while (status == MR_OK && r->row && r->row[0].integer <= customer_id) {
        int64_t id = r->row[0].integer;
        if (id < customer_id) {
            if (!strangers->n || strangers->at[strangers->n - 1] != id) status = id_list_add(strangers, id, err);
        } else {
            for (size_t i = 0; i < r->c.n; i++)
                if (r->shown >> i & 1) put(out, r->c.column[i].type, r->row[r->c.n + i].integer != 0, &r->row[i]);
            text_putc(out, '\n');
        }
        if (status == MR_OK) status = db_stream_next(r->stream, &r->row, err);
    }
    return status == MR_OK && out->failed ? error_memory(err, out->len) : status;
}

/* --- fresh --- */

typedef struct fresh_row {
    int64_t id;
    size_t number;
    const upsert_cell *cells;
} fresh_row;

static int by_id(const void *a, const void *b) {
    const fresh_row *x = a, *y = b;
    if (x->id != y->id) return x->id < y->id ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* Which of rows of one id, in the order they come, the store ends up with: a consent's latest (upserts.c); the others have one row an id. */
static const upsert_cell *last_word(unsigned table, const fresh_row *rows, size_t n) {
    const upsert_cell *cells = rows[0].cells;
    for (size_t i = 1; i < n && upserted[table] == UPSERT_CONSENT; i++)
        if (rows[i].cells[5].value.integer >= cells[5].value.integer) cells = rows[i].cells;
    return cells;
}

mr_status projected_fresh(const projected_rows *r, const upserts *u, unsigned table, text_buffer *out, mr_error *err) {
    const struct upsert_rows *t = &u->table[upserted[table]];
    if (!t->n) return MR_OK;
    fresh_row *rows = calloc(t->n, sizeof *rows);
    if (!rows) return error_memory(err, t->n * sizeof *rows);
    for (size_t i = 0; i < t->n; i++) rows[i] = (fresh_row){t->row[i][1].value.integer, i, t->row[i]};
    qsort(rows, t->n, sizeof *rows, by_id);
    for (size_t i = 0, end; i < t->n; i = end) {
        for (end = i + 1; end < t->n && rows[end].id == rows[i].id;) end++;
        const upsert_cell *cells = last_word(table, &rows[i], end - i);
        for (size_t k = 0; k < r->c.n; k++)
            if (r->shown >> k & 1) put(out, r->c.column[k].type, cells[k].null, &cells[k].value);
        text_putc(out, '\n');
    }
    free(rows);
    return out->failed ? error_memory(err, out->len) : MR_OK;
}
