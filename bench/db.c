/* bench_db URL ROWS [BATCH [ROUNDS]]: rows a second of db_append and db_stream on the event table of an empty
 * ledger at URL, beside a bare loop over sqlite3 or libpq that does the same and no more (no checks, no
 * repeats, no interface). Prints one line a measurement. */
#include "schema.h"

#include <endian.h>
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void must(mr_status status, const mr_error *err) {
    if (!status) return;
    fprintf(stderr, "bench_db: %s\n", err->message);
    exit(1);
}

static void said(const char *what, double n, double start) {
    printf("%-28s %10.0f rows/s  %.2f s\n", what, n / (now() - start), now() - start);
}

/* --- the rows: 10 events a customer, sorted by (customer_id, id), as an importer writes them --- */

static const char *const columns[] = {"customer_id",  "id",       "at_us",     "recorded_at_us",
                                      "day",          "kind",     "source",    "subject_id",
                                      "amount_minor", "currency", "source_id", "body"};
static const char types[] = "iiiidsdiittt";
static const int compare[] = {2, 5, 8, 9, 11};
static const db_append_plan plan = {.table = "event", .columns = columns, .types = types, .key = 2, .compare = compare, .compare_n = 5};

typedef struct rows {
    size_t first, all;
    char text[32];
} rows;

static void make(void *ctx, size_t row, db_value *v) {
    rows *r = ctx;
    int64_t n = (int64_t)(r->first + row), gap = INT64_MAX / (int64_t)(r->all / 10 + 1);
    v[0].integer = n / 10 * gap + n / 10 % 1000;
    v[1].integer = (n % 10 - 5) * 1000000007000 + n % 7919;
    v[2].integer = 1600000000000000 + n * 1000003 % 100000000000000;
    v[3].integer = 1700000000000000;
    v[4].integer = v[2].integer / 86400000000;
    v[5].integer = 1;
    v[6].integer = 12345;
    v[7].integer = 0;
    v[8].integer = n * 37 % 100000;
    v[9].text.at = "EUR", v[9].text.len = 3;
    v[10].text.at = r->text,
    v[10].text.len = (size_t)snprintf(r->text, sizeof r->text, "order-%lld", (long long)n);
    v[11].text.at = "", v[11].text.len = 0;
}

static void append(db *d, size_t n, size_t batch, const char *what) {
    mr_error err;
    double start = now();
    uint64_t all = 0;
    for (size_t first = 0; first < n; first += batch) {
        rows r = {first, n, ""};
        uint64_t added;
        must(db_begin(d, DB_WRITE, &err), &err);
        must(db_append(d, &plan, first + batch < n ? batch : n - first, make, NULL, &r, &added, &err), &err);
        must(db_commit(d, &err), &err);
        all += added;
    }
    said(what, (double)n, start);
    fprintf(stderr, "%llu added\n", (unsigned long long)all);
}

static const char select_all[] =
    "SELECT customer_id, id, at_us, day, kind, amount_minor, currency FROM event ORDER BY customer_id, id";

static void stream(db *d) {
    mr_error err;
    db_stream *s;
    const db_value *row;
    double start = now();
    size_t n = 0;
    int64_t sum = 0;
    must(db_begin(d, DB_READ, &err), &err);
    must(db_stream_open(d, select_all, "iiidsit", NULL, 0, &s, &err), &err);
    for (;;) {
        must(db_stream_next(s, &row, &err), &err);
        if (!row) break;
        sum += row[0].integer + row[1].integer + row[2].integer + row[3].integer + row[4].integer +
               row[5].integer + (int64_t)row[6].text.len;
        n++;
    }
    db_stream_close(s);
    must(db_commit(d, &err), &err);
    said("stream", (double)n, start);
    fprintf(stderr, "sum %lld\n", (long long)sum);
}

static void bind(void *ctx, size_t item, db_statement *s) {
    const rows *r = ctx;
    int64_t n = (int64_t)item * 7919 % (int64_t)(r->all / 10);
    db_bind_int(s, 1, n * (INT64_MAX / (int64_t)(r->all / 10 + 1)) + n % 1000);
}

static mr_status see(void *ctx, size_t item, db_statement *s, mr_error *err) {
    (void)item, (void)err;
    *(int64_t *)((rows *)ctx)->text += db_int(s, 0);
    return MR_OK;
}

/* Whole histories, ten rows each, of 20,000 customers here and there. */
static void each(db *d, size_t n) {
    mr_error err;
    db_statement *s;
    rows r = {0, n, ""};
    double start = now();
    must(db_prepare(d, "SELECT at_us, kind, amount_minor FROM event WHERE customer_id = $1", "i", &s, &err),
         &err);
    must(db_each(s, 20000, bind, see, &r, NULL, &err), &err);
    said("each (histories of 10)", 20000, start);
}

/* --- bare SQLite --- */

static void bare_sqlite(const char *path, size_t n, size_t batch) {
    sqlite3 *d;
    sqlite3_stmt *s;
    sqlite3_open_v2(path, &d, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    sqlite3_exec(d,
                 "PRAGMA secure_delete=ON; PRAGMA cache_size=-65536; PRAGMA synchronous=NORMAL; PRAGMA "
                 "wal_autocheckpoint=4096; DELETE FROM event; VACUUM",
                 NULL, NULL, NULL);
    double start = now();
    sqlite3_prepare_v2(d,
                       "INSERT INTO event VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON "
                       "CONFLICT (customer_id, id) DO NOTHING",
                       -1, &s, NULL);
    for (size_t first = 0; first < n; first += batch) {
        rows r = {first, n, ""};
        sqlite3_exec(d, "BEGIN IMMEDIATE", NULL, NULL, NULL);
        for (size_t i = 0; i < batch && first + i < n; i++) {
            db_value v[12];
            make(&r, i, v);
            for (int c = 0; c < 9; c++) sqlite3_bind_int64(s, c + 1, v[c].integer);
            for (int c = 9; c < 12; c++)
                sqlite3_bind_text(s, c + 1, v[c].text.at, (int)v[c].text.len, SQLITE_STATIC);
            sqlite3_step(s);
            sqlite3_reset(s);
        }
        sqlite3_exec(d, "COMMIT", NULL, NULL, NULL);
    }
    said("bare append", (double)n, start);
    sqlite3_finalize(s);
    start = now();
    size_t seen = 0;
    int64_t sum = 0;
    sqlite3_prepare_v2(d, select_all, -1, &s, NULL);
    for (; sqlite3_step(s) == SQLITE_ROW; seen++) {
        for (int c = 0; c < 6; c++) sum += sqlite3_column_int64(s, c);
        const unsigned char *text = sqlite3_column_text(s, 6);
        sum += text ? sqlite3_column_bytes(s, 6) : 0;
    }
    said("bare stream", (double)seen, start);
    fprintf(stderr, "sum %lld\n", (long long)sum);
    sqlite3_finalize(s);
    sqlite3_close(d);
}

/* --- bare libpq --- */

static char *put(char *at, const void *bytes, int32_t len) {
    uint32_t wire = htobe32((uint32_t)len);
    memcpy(at, &wire, 4);
    memcpy(at + 4, bytes, (size_t)len);
    return at + 4 + len;
}

static char *put_row(char *at, const db_value *v) {
    uint16_t n = htobe16(12);
    memcpy(at, &n, 2);
    at += 2;
    for (int c = 0; c < 12; c++) {
        uint64_t v8 = htobe64((uint64_t)v[c].integer);
        uint32_t v4 = htobe32((uint32_t)v[c].integer);
        uint16_t v2 = htobe16((uint16_t)v[c].integer);
        at = types[c] == 't'   ? put(at, v[c].text.at, (int32_t)v[c].text.len)
             : types[c] == 'i' ? put(at, &v8, 8)
             : types[c] == 'd' ? put(at, &v4, 4)
                               : put(at, &v2, 2);
    }
    return at;
}

static void bare_postgres(const char *url, size_t n, size_t batch) {
    PGconn *d = PQconnectdb(url);
    PQclear(PQexec(d, "SET synchronous_commit=off; TRUNCATE event"));
    static char buffer[200000];
    double start = now();
    for (size_t first = 0; first < n; first += batch) {
        rows r = {first, n, ""};
        PQclear(PQexec(d, "BEGIN"));
        PQclear(PQexec(d, "COPY event FROM STDIN (FORMAT binary)"));
        char *at = buffer + 19;
        memcpy(buffer, "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
        for (size_t i = 0; i < batch && first + i < n; i++) {
            db_value v[12];
            make(&r, i, v);
            at = put_row(at, v);
            if (at - buffer < 131072) continue;
            PQputCopyData(d, buffer, (int)(at - buffer));
            at = buffer;
        }
        memcpy(at, "\377\377", 2);
        PQputCopyData(d, buffer, (int)(at + 2 - buffer));
        PQputCopyEnd(d, NULL);
        for (PGresult *result; (result = PQgetResult(d));) PQclear(result);
        PQclear(PQexec(d, "COMMIT"));
    }
    said("bare append", (double)n, start);
    start = now();
    char sql[512], *message;
    snprintf(sql, sizeof sql, "COPY (%s) TO STDOUT (FORMAT binary)", select_all);
    PQclear(PQexec(d, sql));
    size_t seen = 0;
    uint64_t sum = 0;
    for (int len; (len = PQgetCopyData(d, &message, 0)) > 0; seen++) {
        const char *at = message + (seen ? 2 : 21), *end = message + len;
        while (at < end) {
            uint32_t size;
            uint64_t v8 = 0;
            memcpy(&size, at, 4);
            size = be32toh(size);
            if (size <= 8) memcpy(&v8, at + 4, size);
            sum += be64toh(v8);
            at += 4 + size;
        }
        PQfreemem(message);
    }
    said("bare stream", (double)seen, start);
    fprintf(stderr, "sum %llu\n", (unsigned long long)sum);
    for (PGresult *result; (result = PQgetResult(d));) PQclear(result);
    PQfinish(d);
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: bench_db URL ROWS [BATCH [ROUNDS]]\n");
        return 2;
    }
    size_t n = strtoull(argv[2], NULL, 10), batch = argc > 3 ? strtoull(argv[3], NULL, 10) : 500000;
    for (long round = argc > 4 ? atol(argv[4]) : 1; round > 0; round--) {
        mr_error err;
        db *d;
        must(db_open(argv[1], &(db_options){.create = true, .bulk = true}, &d, &err), &err);
        must(db_schema_upgrade(d, 0, 1, NULL, NULL, &err), &err);
        db_store kind = db_store_of(d);
        must(db_execute(d, kind == DB_SQLITE ? "DELETE FROM event; VACUUM" : "TRUNCATE event", &err), &err);
        append(d, n, batch, "append");
        append(d, n, batch, "append, all repeats");
        stream(d);
        each(d, n);
        db_close(d);
        if (kind == DB_SQLITE)
            bare_sqlite(argv[1], n, batch);
        else
            bare_postgres(argv[1], n, batch);
    }
    return 0;
}
