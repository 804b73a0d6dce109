/* duckdb_summary FORM FILE UNTIL THREADS: DuckDB's recency-frequency summary of a file of orders, timed.
 *
 * In memory, default column types, the result into a temporary table; the time is that of the one statement,
 * without the start of the process or of the library. A customer's orders of one day are one purchase
 * occasion, as `marram run` has it, so frequency is the number of distinct days less one; three correct ways
 * to say so are offered, that the fastest can be the peer. Negative amounts are returns and no occasions.
 * Prints one JSON object; the sums let the caller check that all sides computed the same. */
#include "duckdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What follows "CREATE TEMP TABLE summary AS"; $FILE and $UNTIL stand for quoted texts. */
static const struct {
    const char *name, *sql;
} forms[] = {
    {"distinct", /* merges same-day orders */
     "SELECT customer_id, count(DISTINCT date) - 1 AS frequency, max(date) - min(date) AS recency, "
     "DATE $UNTIL - min(date) AS age, sum(amount) AS spend "
     "FROM read_csv($FILE) WHERE amount >= 0 GROUP BY customer_id"},
    {"two-level", /* merges same-day orders */
     "SELECT customer_id, count(*) - 1 AS frequency, max(date) - min(date) AS recency, "
     "DATE $UNTIL - min(date) AS age, sum(spend) AS spend "
     "FROM (SELECT customer_id, date, sum(amount) AS spend FROM read_csv($FILE) WHERE amount >= 0 "
     "GROUP BY customer_id, date) GROUP BY customer_id"},
    {"list", /* merges same-day orders */
     "SELECT customer_id, len(list_distinct(list(date))) - 1 AS frequency, max(date) - min(date) AS recency, "
     "DATE $UNTIL - min(date) AS age, sum(amount) AS spend "
     "FROM read_csv($FILE) WHERE amount >= 0 GROUP BY customer_id"},
    {"lines", /* does not merge same-day orders: counts lines, for scale only */
     "SELECT customer_id, count(*) - 1 AS frequency, max(date) - min(date) AS recency, "
     "DATE $UNTIL - min(date) AS age, sum(amount) AS spend "
     "FROM read_csv($FILE) WHERE amount >= 0 GROUP BY customer_id"},
};

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static char *put_quoted(char *out, const char *text) {
    *out++ = '\'';
    for (; *text; text++) {
        if (*text == '\'') *out++ = '\'';
        *out++ = *text;
    }
    *out++ = '\'';
    return out;
}

/* The statement with its texts filled in; exits where memory is short. */
static char *statement(const char *sql, const char *file, const char *until) {
    char *all = malloc(strlen(sql) + 2 * (strlen(file) + strlen(until)) + 64);
    if (!all) exit(1);
    char *out = all + sprintf(all, "CREATE TEMP TABLE summary AS ");
    while (*sql) {
        if (!strncmp(sql, "$FILE", 5)) {
            out = put_quoted(out, file);
            sql += 5;
        } else if (!strncmp(sql, "$UNTIL", 6)) {
            out = put_quoted(out, until);
            sql += 6;
        } else {
            *out++ = *sql++;
        }
    }
    *out = 0;
    return all;
}

static int run(duckdb_connection connection, const char *sql, duckdb_result *result) {
    if (duckdb_query(connection, sql, result) == DuckDBSuccess) return 0;
    fprintf(stderr, "duckdb_summary: %s\n", duckdb_result_error(result));
    return 1;
}

int main(int argc, char **argv) {
    size_t form = 0, forms_n = sizeof forms / sizeof *forms;
    while (argc == 5 && form < forms_n && strcmp(argv[1], forms[form].name)) form++;
    if (argc != 5 || form == forms_n) {
        fputs("usage: duckdb_summary distinct|two-level|list|lines FILE UNTIL THREADS\n", stderr);
        return 2;
    }
    duckdb_database database;
    duckdb_connection connection;
    duckdb_result result;
    char settings[64];
    snprintf(settings, sizeof settings, "SET threads = %d", atoi(argv[4]));
    if (duckdb_open(NULL, &database) != DuckDBSuccess ||
        duckdb_connect(database, &connection) != DuckDBSuccess) {
        fputs("duckdb_summary: cannot open a database in memory\n", stderr);
        return 1;
    }
    if (run(connection, settings, &result)) return 1;
    duckdb_destroy_result(&result);
    char *sql = statement(forms[form].sql, argv[2], argv[3]);
    double started = now();
    if (run(connection, sql, &result)) return 1;
    double took = now() - started;
    duckdb_destroy_result(&result);
    free(sql);
    if (run(connection, "SELECT count(*), sum(frequency)::BIGINT, sum(spend)::DOUBLE FROM summary", &result))
        return 1;
    printf("{\"seconds\":%.4f,\"customers\":%lld,\"repeats\":%lld,\"spend\":%.2f,\"version\":\"%s\"}\n", took,
           (long long)duckdb_value_int64(&result, 0, 0), (long long)duckdb_value_int64(&result, 1, 0),
           duckdb_value_double(&result, 2, 0), duckdb_library_version());
    duckdb_destroy_result(&result);
    duckdb_disconnect(&connection);
    duckdb_close(&database);
    return 0;
}
