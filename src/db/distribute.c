/* Citus: the per-customer tables over the workers, the small ones on each. Tables of the whole ledger stay on
 * the coordinator. */
#include "schema.h"

#include "impl.h"

#include <string.h>

static mr_status count(db *d, const char *sql, const char *name, int64_t *out, mr_error *err) {
    db_statement *s;
    bool row = false;
    mr_status status = db_prepare(d, sql, name ? "t" : "", &s, err);
    if (!status && name) db_bind_string(s, 1, name);
    if (!status) status = db_step(s, &row, err);
    if (!status) *out = row ? db_int(s, 0) : 0;
    if (!status) db_reset(s);
    return status;
}

static mr_status distribute_table(db *d, const db_table *t, mr_error *err) {
    int64_t done = 0;
    mr_status status =
        count(d, "SELECT count(*) FROM pg_catalog.pg_dist_partition WHERE logicalrelid = to_regclass($1)",
              t->name, &done, err);
    if (status || done || t->sort == DB_GLOBAL) return status;
    text_buffer sql = {0};
    if (t->sort == DB_REFERENCE) {
        text_printf(&sql, "SELECT create_reference_table('%s')", t->name);
    } else {
        /* The same hash ranges on the same workers: what is of one customer is in one place. */
        bool first = !strcmp(t->name, "customer");
        text_printf(&sql, "SELECT create_distributed_table('%s', '%s', colocate_with => '%s')", t->name,
                    t->distribution, first ? "none" : "customer");
    }
    const char *text = text_terminate(&sql);
    status = sql.failed ? error_memory(err, sql.len) : db_execute(d, text, err);
    text_free(&sql);
    return status;
}

mr_status db_schema_distribute(db *d, mr_error *err) {
    int64_t citus = 0;
    mr_status status = db_schema_require(d, err);
    if (!status && db_store_of(d) == DB_POSTGRES)
        status = count(d, "SELECT count(*) FROM pg_catalog.pg_extension WHERE extname = 'citus'", NULL,
                       &citus, err);
    if (status) return status;
    if (!citus) {
        d->fault = DB_FAULT_MISSING;
        return error_set(err, MR_EDATA, NULL, -1,
                         "%s has not the extension Citus, which distributes tables: CREATE EXTENSION citus, "
                         "or go on without",
                         db_name(d));
    }
    for (size_t i = 0; i < db_tables_n && !status; i++)
        if (!strcmp(db_tables[i].name, "customer")) status = distribute_table(d, &db_tables[i], err);
    for (size_t i = 0; i < db_tables_n && !status; i++) status = distribute_table(d, &db_tables[i], err);
    if (!status) d->distributed = true;
    return status;
}
