/* One table in the order of its distribution column: what scans, exports and checks of everybody read. */
#include "shards.h"

#include "schema.h"

#include <string.h>

static const char *key_of(const db_range *range) {
    for (size_t i = 0; i < db_tables_n; i++)
        if (!strcmp(db_tables[i].name, range->table)) return db_tables[i].distribution;
    return "";
}

static void one(text_buffer *sql, const db_range *range, const char *table) {
    const char *key = key_of(range);
    text_printf(sql, "SELECT %s FROM %s WHERE %s >= $1 AND %s <= $2", range->columns, table, key, key);
    if (range->where) text_printf(sql, " AND %s", range->where);
}

void db_range_sql(text_buffer *sql, const db_range *range, const char *const *tables, size_t n) {
    if (n > 1) text_puts(sql, "SELECT * FROM (");
    for (size_t i = 0; i < n; i++) {
        if (i) text_puts(sql, " UNION ALL ");
        one(sql, range, tables[i]);
    }
    if (n > 1) text_puts(sql, ") AS shards");
    text_printf(sql, " ORDER BY %s", key_of(range));
    if (range->then) text_printf(sql, ", %s", range->then);
}

static mr_status open_merged(db *d, const db_range *range, db_stream **out, mr_error *err) {
    struct shard_merge *merge = NULL;
    mr_status status = shards_open(d, range, &merge, err);
    if (status || !merge) return status;
    db_stream *s = mem_new(NULL, 1, sizeof *s);
    if (!s) {
        shards_close(merge);
        return error_memory(err, sizeof *s);
    }
    s->db = d;
    s->merge = merge;
    d->stream = s;
    *out = s;
    return MR_OK;
}

mr_status db_stream_range(db *d, const db_range *range, db_stream **out, mr_error *err) {
    *out = NULL;
    mr_status status = db_ready(d, err);
    if (status) return status;
    if (!*key_of(range)) {
        d->fault = DB_FAULT_OTHER;
        return error_set(err, MR_EINVAL, NULL, -1, "%s: '%s' is no table by customer", d->name, range->table);
    }
    if (d->distributed) status = open_merged(d, range, out, err);
    if (status || *out) return status;
    text_buffer sql = {0};
    db_range_sql(&sql, range, &range->table, 1);
    const char *text = text_terminate(&sql);
    status = sql.failed ? error_memory(err, sql.len)
                        : db_stream_open(d, text, range->types, (int64_t[]){range->first, range->last}, 2, out, err);
    text_free(&sql);
    return status;
}
