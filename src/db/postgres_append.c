/* PostgreSQL: many rows at once. COPY, the quickest way in, knows no ON CONFLICT: it runs inside a savepoint,
 * and where it meets a key that is there, the rows go to a temporary table and from there by INSERT ... ON
 * CONFLICT DO NOTHING. */
#include "postgres.h"

#include <stdlib.h>

/* Fewer rows than this go item by item: COPY takes three more round trips. */
enum { FEW = 64 };

static mr_status statement(db *d, text_buffer *sql, mr_error *err) {
    const char *text = text_terminate(sql);
    mr_status status = sql->failed ? error_memory(err, sql->len) : postgres_command(d, text, err);
    sql->len = 0;
    return status;
}

/* *repeat: a key was there already, nothing is in. */
static mr_status copy(db *d, const db_append_plan *plan, size_t n, db_append_row row, void *ctx, bool *repeat,
                      mr_error *err) {
    text_buffer sql = {0};
    PGresult *result = NULL;
    text_printf(&sql, "COPY %s (", plan->table);
    db_append_columns(&sql, plan, strlen(plan->types), "");
    text_puts(&sql, ") FROM STDIN (FORMAT binary)");
    const char *text = text_terminate(&sql);
    mr_status status =
        sql.failed ? error_memory(err, sql.len) : postgres_command(d, "SAVEPOINT marram_append", err);
    if (!status) status = postgres_copy_in(d, text, plan, n, row, ctx, false, &result, err);
    text_free(&sql);
    if (status) return status;
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    *repeat = state && !strcmp(state, "23505");
    if (!*repeat && PQresultStatus(result) != PGRES_COMMAND_OK) return postgres_fail(d, result, err);
    PQclear(result);
    return postgres_command(d,
                            *repeat ? "ROLLBACK TO SAVEPOINT marram_append; RELEASE SAVEPOINT marram_append"
                                    : "RELEASE SAVEPOINT marram_append",
                            err);
}

/* The temporary table: the columns of the plan behind the row's number; one for each table and set of
 * columns, kept for the session. */
static void stage_name(text_buffer *name, const db_append_plan *plan) {
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; plan->types[i]; i++)
        for (const char *c = plan->columns[i]; c == plan->columns[i] || c[-1]; c++)
            hash = (hash ^ (unsigned char)*c) * 1099511628211u;
    text_printf(name, "marram_stage_%.20s_%08x", plan->table, (unsigned)(hash ^ hash >> 32));
}

static mr_status stage(db *d, const db_append_plan *plan, const char *name, size_t n, db_append_row row,
                       void *ctx, mr_error *err) {
    text_buffer sql = {0};
    PGresult *result = NULL;
    size_t columns = strlen(plan->types);
    text_printf(&sql,
                "CREATE TEMPORARY TABLE IF NOT EXISTS %s ON COMMIT DELETE ROWS AS SELECT CAST(0 AS BIGINT) "
                "AS marram_row, ",
                name);
    db_append_columns(&sql, plan, columns, "");
    text_printf(&sql, " FROM %s WITH NO DATA; TRUNCATE pg_temp.%s", plan->table, name);
    mr_status status = statement(d, &sql, err);
    text_printf(&sql, "COPY pg_temp.%s (marram_row, ", name);
    db_append_columns(&sql, plan, columns, "");
    text_puts(&sql, ") FROM STDIN (FORMAT binary)");
    const char *text = text_terminate(&sql);
    if (!status && sql.failed) status = error_memory(err, sql.len);
    if (!status) status = postgres_copy_in(d, text, plan, n, row, ctx, true, &result, err);
    if (!status && PQresultStatus(result) != PGRES_COMMAND_OK) {
        status = postgres_fail(d, result, err);
        result = NULL;
    }
    PQclear(result);
    sql.len = 0;
    /* Without statistics the planner takes the new table for a small one, whatever is in it. */
    text_printf(&sql, "ANALYZE pg_temp.%s", name);
    if (!status) status = statement(d, &sql, err);
    text_free(&sql);
    return status;
}

static mr_status insert(db *d, const db_append_plan *plan, const char *name, uint64_t *added, mr_error *err) {
    text_buffer sql = {0};
    size_t columns = strlen(plan->types);
    text_printf(&sql, "INSERT INTO %s (", plan->table);
    db_append_columns(&sql, plan, columns, "");
    text_puts(&sql, ") SELECT ");
    db_append_columns(&sql, plan, columns, "");
    /* In the order of the rows without a sort: a temporary table is scanned as it was filled, by one process.
     * So writers take keys in one order and do not lock each other out for good. */
    text_printf(&sql, " FROM pg_temp.%s ON CONFLICT (", name);
    db_append_columns(&sql, plan, plan->key, "");
    text_puts(&sql, ") DO NOTHING");
    const char *text = text_terminate(&sql);
    PGresult *result = sql.failed ? NULL : PQexec(d->of.postgres.conn, text);
    mr_status status = MR_OK;
    if (sql.failed) {
        status = error_memory(err, sql.len);
    } else if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        status = postgres_fail(d, result, err);
    } else {
        *added = strtoull(PQcmdTuples(result), NULL, 10);
        PQclear(result);
    }
    text_free(&sql);
    return status;
}

/* Which staged rows differ from what is stored. Those just inserted are what is stored, so only repeats can.
 */
static mr_status find_differing(db *d, const db_append_plan *plan, const char *name, db_differing *differing,
                                mr_error *err) {
    text_buffer sql = {0};
    text_printf(&sql, "SELECT s.marram_row FROM pg_temp.%s AS s JOIN %s AS t ON ", name, plan->table);
    for (size_t i = 0; i < plan->key; i++)
        text_printf(&sql, "%st.%s = s.%s", i ? " AND " : "", plan->columns[i], plan->columns[i]);
    text_puts(&sql, " WHERE ");
    for (size_t i = 0; i < plan->compare_n; i++) {
        const char *column = plan->columns[plan->compare[i]];
        text_printf(&sql, "%st.%s IS DISTINCT FROM s.%s", i ? " OR " : "", column, column);
    }
    text_puts(&sql, " ORDER BY s.marram_row");
    const char *text = text_terminate(&sql);
    PGresult *result = sql.failed ? NULL : PQexec(d->of.postgres.conn, text);
    mr_status status = MR_OK;
    if (sql.failed) {
        status = error_memory(err, sql.len);
    } else if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        status = postgres_fail(d, result, err);
    } else {
        for (int i = 0; i < PQntuples(result) && !status; i++)
            status = db_differing_add(differing, strtoull(PQgetvalue(result, i, 0), NULL, 10), err);
        PQclear(result);
    }
    text_free(&sql);
    return status;
}

mr_status postgres_append(db *d, const db_append_plan *plan, size_t n, db_append_row row, void *ctx,
                          db_differing *differing, uint64_t *added, mr_error *err) {
    if (n < FEW) return db_append_each(d, plan, n, row, ctx, differing, added, err);
    bool repeat;
    mr_status status = copy(d, plan, n, row, ctx, &repeat, err);
    if (!status && !repeat) *added = n;
    if (status || !repeat) return status;
    /* Citus does not join a temporary table with a distributed one. */
    if (d->distributed) return db_append_each(d, plan, n, row, ctx, differing, added, err);
    text_buffer name = {0};
    stage_name(&name, plan);
    const char *text = text_terminate(&name);
    status = name.failed ? error_memory(err, name.len) : stage(d, plan, text, n, row, ctx, err);
    if (!status) status = insert(d, plan, text, added, err);
    if (!status && *added < n && plan->compare_n) status = find_differing(d, plan, text, differing, err);
    text_free(&name);
    return status;
}
