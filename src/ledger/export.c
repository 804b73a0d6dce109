#include "export.h"

#include "body.h"
#include "export_rows.h"
#include "merge.h"
#include "objections.h"

#include <error.h>
#include <schema.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define PROGRESS_EVERY 8192

const char *export_name_at(size_t i, const char **about) {
    static const char *const made[][2] = {{"orders", "orders and refunds as 'marram run' reads them"}, {"events", "events as 'marram import events' takes them"}};
    if (i < 2) {
        *about = made[i][1];
        return made[i][0];
    }
    i -= 2;
    *about = i < db_tables_n ? db_tables[i].about : NULL;
    return i < db_tables_n ? db_tables[i].name : NULL;
}

mr_status export_line(exporter *x, mr_error *err) {
    text_putc(&x->line, '\n');
    if (x->line.failed) return error_memory(err, x->line.len);
    if (x->array) {
        json_t *row = json_loadb(x->line.data, x->line.len, 0, NULL);
        x->line.len = 0;
        return json_array_append_new(x->array, row) == 0 ? MR_OK : error_memory(err, sizeof *row);
    }
    if (fwrite(x->line.data, 1, x->line.len, x->out) != x->line.len)
        return error_set(err, MR_EIO, NULL, -1, "cannot write: %s", strerror(errno));
    x->line.len = 0;
    x->counts->rows++;
    if (x->counts->rows % PROGRESS_EVERY == 0 && x->context && x->context->progress &&
        x->context->progress(x->counts->rows, x->total > x->counts->rows ? x->total : 0, x->context->progress_ctx))
        return error_set(err, MR_ECANCELLED, NULL, -1, "interrupted");
    return MR_OK;
}

/* --- a table --- */

typedef struct table_export {
    const db_table *table;
    table_columns c;
    cell_table cells;
    size_t flag[COLUMNS_MAX]; /* the result column that says whether this one is NULL; 0: it cannot be */
    bool named;               /* the identifier is the first result column */
    char types[2 * COLUMNS_MAX + 2];
} table_export;

/* "SELECT r.external_id, t.a, t.b, ..., CASE WHEN t.b IS NULL ..." */
static mr_status table_sql(const exporter *x, table_export *t, text_buffer *sql, mr_error *err) {
    mr_status status = columns_of(t->table->name, &t->c, err);
    size_t n = 0;
    if (status != MR_OK) return status;
    cells_of(&t->c, &t->cells);
    bool refs = !strcmp(t->table->name, "customer_ref"), owned = t->table->sort == DB_PER_CUSTOMER;
    t->named = owned && !refs;
    text_puts(sql, "SELECT ");
    if (t->named) {
        text_puts(sql, "r.external_id, ");
        t->types[n++] = 't';
    }
    columns_list(&t->c, "t.", sql);
    for (size_t i = 0; i < t->c.n; i++) t->types[n++] = t->c.column[i].type;
    for (size_t i = 0; i < t->c.n; i++) {
        t->flag[i] = 0;
        if (!t->c.column[i].null) continue;
        text_printf(sql, ", CASE WHEN t.%s IS NULL THEN 1 ELSE 0 END", t->c.column[i].name);
        t->flag[i] = n;
        t->types[n++] = 'd';
    }
    t->types[n] = 0;
    text_printf(sql, " FROM %s t", t->table->name);
    if (t->named) text_puts(sql, " LEFT JOIN customer_ref r ON r.ref = t.customer_id");
    if (refs && x->options->customer_id) /* by the two indexes there are */
        text_puts(sql, " WHERE (t.ref = $1 AND t.customer_id = $2) OR (t.customer_id = $2 AND t.customer_id <> t.ref)");
    else if (owned && x->options->customer_id)
        text_puts(sql, " WHERE t.customer_id >= $1 AND t.customer_id <= $2");
    text_puts(sql, " ORDER BY ");
    if (x->options->by_risk) text_puts(sql, "t.value_at_risk_minor DESC, t.p_order, ");
    for (size_t i = 0; i < t->c.key_n; i++) text_printf(sql, "%st.%s", i ? ", " : "", t->c.column[t->c.key[i]].name);
    return sql->failed ? error_memory(err, sql->len) : MR_OK;
}

static void table_heading(exporter *x, const table_export *t) {
    bool first = true;
    if (t->named) {
        text_puts(&x->line, "customer");
        first = false;
    }
    for (size_t i = 0; i < t->cells.n; i++) {
        if (t->cells.column[i].kind == CELL_HIDDEN) continue;
        text_printf(&x->line, "%s%s", first ? "" : ",", t->cells.column[i].heading);
        first = false;
    }
}

static void table_row(exporter *x, const table_export *t, const db_value *row) {
    bool csv = x->options->format == EXPORT_CSV, first = true;
    const db_value *values = row + t->named;
    if (!csv) text_putc(&x->line, '{');
    if (!csv && x->options->label) {
        text_puts(&x->line, "\"table\":");
        json_string_of(&x->line, x->options->label, strlen(x->options->label));
        first = false;
    }
    if (t->named && csv) csv_text(&x->line, row[0].text.at, row[0].text.len, true);
    if (t->named && !csv) {
        text_puts(&x->line, first ? "\"customer\":" : ",\"customer\":");
        if (row[0].text.at)
            json_string_of(&x->line, row[0].text.at, row[0].text.len);
        else
            text_puts(&x->line, "null");
    }
    if (t->named) first = false;
    for (size_t i = 0; i < t->cells.n; i++) {
        const cell_column *c = &t->cells.column[i];
        bool null = t->flag[i] && row[t->flag[i]].integer;
        if (c->kind == CELL_HIDDEN) continue;
        if (!first) text_putc(&x->line, ',');
        first = false;
        if (csv) {
            cell_csv(&x->line, &t->cells, i, values, null, &x->sources, true);
        } else {
            text_printf(&x->line, "\"%s\":", c->heading);
            cell_json(&x->line, &t->cells, i, values, null, &x->sources);
        }
    }
    if (!csv) text_putc(&x->line, '}');
}

static mr_status export_table(exporter *x, const db_table *table, mr_error *err) {
    table_export t = {.table = table};
    text_buffer sql = {0};
    db_stream *stream = NULL;
    const db_value *row = NULL;
    id_list objecting = {0}; /* a ranking leaves them out at once, not from the next score on */
    size_t who = 0;
    int64_t range[2] = {x->options->customer_id, x->options->customer_id};
    bool ranged = table->sort == DB_PER_CUSTOMER && x->options->customer_id;
    mr_status status = x->options->by_risk ? ledger_objections(x->l, &objecting, err) : MR_OK;
    if (status == MR_OK) status = table_sql(x, &t, &sql, err);
    while (who < t.c.n && strcmp(t.c.column[who].name, "customer_id") != 0) who++;
    if (status == MR_OK) status = db_stream_open(x->l->d, text_terminate(&sql), t.types, range, ranged ? 2 : 0, &stream, err);
    if (status == MR_OK && x->options->format == EXPORT_CSV) {
        table_heading(x, &t);
        status = export_line(x, err);
        x->counts->rows = 0;
    }
    while (status == MR_OK && (status = db_stream_next(stream, &row, err)) == MR_OK && row) {
        if (x->options->by_risk && id_list_has(&objecting, row[t.named + who].integer)) continue;
        table_row(x, &t, row);
        status = export_line(x, err);
    }
    db_stream_close(stream);
    id_list_free(&objecting);
    text_free(&sql);
    return status;
}

mr_status export_rows(ledger *l, const char *table, int64_t customer_id, json_t *array, mr_error *err) {
    export_options options = {.format = EXPORT_NDJSON, .customer_id = customer_id};
    export_counts counts = {0};
    exporter x = {.l = l, .options = &options, .counts = &counts, .array = array};
    mr_status status = error_set(err, MR_EINVAL, "table", -1, "there is no table '%.60s' of customers", table);
    for (size_t i = 0; i < db_tables_n; i++) {
        if (strcmp(db_tables[i].name, table) != 0 || db_tables[i].sort != DB_PER_CUSTOMER) continue;
        status = cell_sources_read(l, &x.sources, err);
        if (status == MR_OK) status = export_table(&x, &db_tables[i], err);
    }
    cell_sources_free(&x.sources);
    text_free(&x.line);
    return status;
}

/* --- by name --- */

static mr_status export_named(exporter *x, const char *what, mr_error *err) {
    if (x->options->by_risk && strcmp(what, "forecast") != 0) return error_set(err, MR_EINVAL, NULL, -1, "--by-risk goes with forecast alone");
    if (!strcmp(what, "orders")) return export_orders(x, err);
    if (!strcmp(what, "events")) return export_events(x, err);
    for (size_t i = 0; i < db_tables_n; i++) {
        const db_table *t = &db_tables[i];
        if (strcmp(t->name, what) != 0) continue;
        if (x->options->source || x->options->currency)
            return error_set(err, MR_EINVAL, NULL, -1, "--source and --currency go with events and orders alone");
        if (x->options->customer_id && t->sort != DB_PER_CUSTOMER)
            return error_set(err, MR_EINVAL, NULL, -1, "table %s has no rows of single customers: leave --customer out", what);
        return export_table(x, t, err);
    }
    return error_set(err, MR_EINVAL, "table", -1, "there is no table '%.60s'; 'marram export --help' lists them", what);
}

mr_status ledger_export(const char *url, const char *what, const export_options *options, FILE *out, const mr_context *context, export_counts *counts,
                        mr_error *err) {
    exporter x = {.options = options, .out = out, .context = context, .counts = counts};
    *counts = (export_counts){0};
    mr_status status = ledger_open_reading(url, &x.l, err);
    if (status == MR_OK) status = cell_sources_read(x.l, &x.sources, err);
    if (status == MR_OK) status = export_named(&x, what, err);
    if (status == MR_OK && fflush(out) != 0) status = error_set(err, MR_EIO, NULL, -1, "cannot write: %s", strerror(errno));
    cell_sources_free(&x.sources);
    text_free(&x.line);
    ledger_close(x.l);
    return status;
}

/* --- one customer's file --- */

static mr_status customer_head(exporter *x, int64_t customer_id, int64_t now_us, mr_error *err) {
    char time[40];
    text_printf(&x->line, "{\"table\":\"about\",\"customer_id\":\"%" PRId64 "\",\"exported_at\":\"%s\",\"program\":\"marram %s\"}", customer_id,
                time_text(now_us, time), mr_version());
    return export_line(x, err);
}

static mr_status customer_tables(exporter *x, export_options *options, const id_list *ids, mr_error *err) {
    mr_status status = MR_OK;
    for (size_t t = 0; t < db_tables_n && status == MR_OK; t++) {
        if (db_tables[t].sort != DB_PER_CUSTOMER) continue;
        options->label = db_tables[t].name;
        for (size_t i = 0; i < ids->n && status == MR_OK; i++) {
            options->customer_id = ids->at[i];
            status = export_table(x, &db_tables[t], err);
        }
    }
    return status;
}

mr_status ledger_export_customer(const char *url, int64_t customer_id, int64_t now_us, FILE *out, export_counts *counts, mr_error *err) {
    export_options options = {.format = EXPORT_NDJSON};
    exporter x = {.options = &options, .out = out, .counts = counts};
    id_list ids = {0};
    *counts = (export_counts){0};
    mr_status status = ledger_open_reading(url, &x.l, err);
    if (status == MR_OK) status = ledger_check_customer(x.l, customer_id, err);
    if (status == MR_OK) status = ledger_merged_ids(x.l, customer_id, &ids, err);
    if (status == MR_OK) status = cell_sources_read(x.l, &x.sources, err);
    if (status == MR_OK) status = customer_head(&x, customer_id, now_us, err);
    if (status == MR_OK) status = customer_tables(&x, &options, &ids, err);
    if (status == MR_OK && fflush(out) != 0) status = error_set(err, MR_EIO, NULL, -1, "cannot write: %s", strerror(errno));
    id_list_free(&ids);
    cell_sources_free(&x.sources);
    text_free(&x.line);
    ledger_close(x.l);
    return status;
}
