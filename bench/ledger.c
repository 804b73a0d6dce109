/* The ledger against bare loops over the same store: ledger MODE URL EVENTS [CUSTOMERS].
 *
 * bulk: Marram's bulk append, cycles included. bare: a prepared INSERT (SQLite) or one binary COPY (PostgreSQL) of the same rows in file order into
 * the same table, without cycles. sorted: the same over rows sorted by key beforehand, the sorting not counted. Each prints seconds. */
#include <bulk.h>
#include <events.h>
#include <rng.h>
#include <schema.h>

#include <libpq-fe.h>
#include <sqlite3.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NOW INT64_C(1700000000000000)
#define DAY_US INT64_C(86400000000)

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void must(mr_status status, const mr_error *err) {
    if (status == MR_OK) return;
    fprintf(stderr, "bench: %s\n", err->message);
    exit(1);
}

typedef struct source {
    uint64_t n, customers;
    rng r;
} source;

typedef struct line {
    char customer[24], body[40];
    size_t customer_len, body_len;
    uint64_t hash; /* of the line without id */
    int64_t at_us, minor;
} line;

/* Orders in time order, as a shop's export has them; quantity in the body. */
static void next_line(source *s, uint64_t i, line *out) {
    out->customer_len = (size_t)snprintf(out->customer, sizeof out->customer, "C%07llu", (unsigned long long)rng_below(&s->r, s->customers));
    out->at_us = NOW - 700 * DAY_US + (int64_t)(i * (uint64_t)(600 * DAY_US / (int64_t)s->n));
    out->minor = (int64_t)rng_below(&s->r, 20000);
    out->body_len = (size_t)snprintf(out->body, sizeof out->body, "{\"quantity\":%d}", (int)rng_below(&s->r, 9) + 1);
    out->hash = rng_mix(i);
}

static void bulk_mode(const char *url, source *s) {
    mr_error err = {0};
    bulk *b;
    bulk_counts counts;
    double started = seconds();
    must(bulk_open(url, &(bulk_options){.run_rows = getenv("RUN") ? strtoull(getenv("RUN"), NULL, 10) : 0, .run_bytes = (size_t)1 << 30, .source = "bench", .record = "orders", .files = "", .now_us = NOW}, &b, &err), &err);
    line x;
    for (uint64_t i = 0; i < s->n; i++) {
        uint32_t who;
        next_line(s, i, &x);
        history_event e = {.id = (int64_t)x.hash, .kind = EVENT_order, .at_us = x.at_us, .amount_minor = x.minor, .currency = "EUR", .source_id = "", .body = x.body,
                           .body_len = x.body_len};
        must(bulk_customer(b, x.customer, x.customer_len, &who, &err), &err);
        must(bulk_event(b, who, &e, &err), &err);
        must(bulk_record_done(b, i + 1, &err), &err);
    }
    double filled = seconds();
    must(bulk_finish(b, NULL, &counts, &err), &err);
    printf("%.3f\n", seconds() - started);
    fprintf(stderr, "  bulk: %.2f s to the last row, then %.2f s (last run and cycles of %llu customers), %llu added\n", filled - started, seconds() - filled,
            (unsigned long long)counts.customers, (unsigned long long)counts.added);
    bulk_close(b);
}

/* --- bare --- */

typedef struct key {
    int64_t customer_id, id;
    uint64_t row;
} key;

typedef struct rows_held {
    key *keys;
    line *lines;
} rows_held;

static int by_key(const void *a, const void *b) {
    const key *x = a, *y = b;
    if (x->customer_id != y->customer_id) return x->customer_id < y->customer_id ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static rows_held hold(const ledger *l, source *s, bool sorted) {
    rows_held h = {malloc(s->n * sizeof *h.keys), malloc(s->n * sizeof *h.lines)};
    ledger_domain customers = ledger_domain_of(l, "customer", "bench");
    if (!h.keys || !h.lines) exit(1);
    for (uint64_t i = 0; i < s->n; i++) {
        line *x = &h.lines[i];
        next_line(s, i, x);
        h.keys[i] = (key){ledger_ref(l, customers, x->customer, x->customer_len, 0), (int64_t)x->hash, i};
    }
    if (sorted) qsort(h.keys, s->n, sizeof *h.keys, by_key);
    return h;
}

static void event_at(const rows_held *h, uint64_t i, ledger_event *e) {
    const line *x = &h->lines[h->keys[i].row];
    *e = (ledger_event){h->keys[i].customer_id, {.id = h->keys[i].id, .kind = EVENT_order, .at_us = x->at_us, .recorded_at_us = NOW, .day = (int32_t)(x->at_us / DAY_US),
                        .source = 1, .amount_minor = x->minor, .currency = "EUR", .source_id = "", .body = x->body, .body_len = x->body_len}};
}

static void sqlite_check(int code, sqlite3 *d) {
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
    fprintf(stderr, "bench: %s\n", sqlite3_errmsg(d));
    exit(1);
}

static double bare_sqlite(const char *path, const rows_held *h, uint64_t n) {
    sqlite3 *d;
    sqlite3_stmt *s;
    double started = seconds();
    sqlite_check(sqlite3_open(path, &d), d);
    sqlite_check(sqlite3_exec(d, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON; PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY; BEGIN IMMEDIATE",
                              NULL, NULL, NULL), d);
    sqlite_check(sqlite3_prepare_v2(d, "INSERT INTO event (" EVENT_COLUMNS ") VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)", -1, &s, NULL), d);
    for (uint64_t i = 0; i < n; i++) {
        ledger_event e;
        event_at(h, i, &e);
        sqlite3_bind_int64(s, 1, e.customer_id);
        sqlite3_bind_int64(s, 2, e.e.id);
        sqlite3_bind_int64(s, 3, e.e.at_us);
        sqlite3_bind_int64(s, 4, e.e.recorded_at_us);
        sqlite3_bind_int(s, 5, e.e.day);
        sqlite3_bind_int(s, 6, e.e.kind);
        sqlite3_bind_int(s, 7, e.e.source);
        sqlite3_bind_int64(s, 8, 0);
        sqlite3_bind_int64(s, 9, e.e.amount_minor);
        sqlite3_bind_text(s, 10, "EUR", 3, SQLITE_STATIC);
        sqlite3_bind_text(s, 11, "", 0, SQLITE_STATIC);
        sqlite3_bind_text(s, 12, e.e.body, (int)e.e.body_len, SQLITE_STATIC);
        sqlite_check(sqlite3_step(s), d);
        sqlite3_reset(s);
    }
    sqlite3_finalize(s);
    sqlite_check(sqlite3_exec(d, "COMMIT", NULL, NULL, NULL), d);
    double took = seconds() - started;
    sqlite3_close(d);
    return took;
}

static char *put16(char *p, int v) {
    uint16_t x = htons((uint16_t)v);
    memcpy(p, &x, 2);
    return p + 2;
}

static char *put32(char *p, int64_t v) {
    uint32_t x = htonl((uint32_t)v);
    memcpy(p, &x, 4);
    return p + 4;
}

static char *put64(char *p, int64_t v) {
    return put32(put32(p, v >> 32), v & 0xFFFFFFFF);
}

static char *put_text(char *p, const char *text, size_t len) {
    p = put32(p, (int64_t)len);
    memcpy(p, text, len);
    return p + len;
}

static double bare_postgres(const char *url, const rows_held *h, uint64_t n) {
    static char buffer[1 << 16];
    char *p = buffer;
    double started = seconds();
    PGconn *c = PQconnectdb(url);
    PQclear(PQexec(c, "SET synchronous_commit=off"));
    PGresult *r = PQexec(c, "COPY event (" EVENT_COLUMNS ") FROM STDIN (FORMAT binary)");
    if (PQresultStatus(r) != PGRES_COPY_IN) fprintf(stderr, "%s\n", PQerrorMessage(c)), exit(1);
    PQclear(r);
    memcpy(p, "PGCOPY\n\377\r\n\0", 11);
    p = put64(p + 11, 0);
    for (uint64_t i = 0; i < n; i++) {
        ledger_event e;
        event_at(h, i, &e);
        p = put16(p, 12);
        p = put64(put32(p, 8), e.customer_id);
        p = put64(put32(p, 8), e.e.id);
        p = put64(put32(p, 8), e.e.at_us);
        p = put64(put32(p, 8), e.e.recorded_at_us);
        p = put32(put32(p, 4), e.e.day);
        p = put16(put32(p, 2), e.e.kind);
        p = put32(put32(p, 4), e.e.source);
        p = put64(put32(p, 8), 0);
        p = put64(put32(p, 8), e.e.amount_minor);
        p = put_text(p, "EUR", 3);
        p = put_text(p, "", 0);
        p = put_text(p, e.e.body, e.e.body_len);
        if (p - buffer > (long)sizeof buffer - 1024) {
            if (PQputCopyData(c, buffer, (int)(p - buffer)) != 1) fprintf(stderr, "%s\n", PQerrorMessage(c)), exit(1);
            p = buffer;
        }
    }
    p = put16(p, -1);
    PQputCopyData(c, buffer, (int)(p - buffer));
    PQputCopyEnd(c, NULL);
    r = PQgetResult(c);
    if (PQresultStatus(r) != PGRES_COMMAND_OK) fprintf(stderr, "%s\n", PQerrorMessage(c)), exit(1);
    PQclear(r);
    double took = seconds() - started;
    PQfinish(c);
    return took;
}

static void bare_mode(const char *url, source *s, bool sorted) {
    mr_error err = {0};
    ledger *l;
    must(ledger_open(url, NULL, &l, &err), &err);
    db_store store = db_store_of(l->d);
    rows_held h = hold(l, s, sorted);
    ledger_close(l);
    printf("%.3f\n", store == DB_SQLITE ? bare_sqlite(url, &h, s->n) : bare_postgres(url, &h, s->n));
}

int main(int argc, char **argv) {
    mr_error err = {0};
    if (argc < 4) return 2;
    source s = {.n = strtoull(argv[3], NULL, 10)};
    s.customers = argc > 4 ? strtoull(argv[4], NULL, 10) : s.n / 10;
    rng_seed(&s.r, 1, 0);
    must(ledger_init(argv[2], &(ledger_init_options){.key = "000102030405060708090a0b0c0d0e0f", .now_us = NOW}, &err), &err);
    if (!strcmp(argv[1], "bulk")) bulk_mode(argv[2], &s);
    else bare_mode(argv[2], &s, !strcmp(argv[1], "sorted"));
    return 0;
}
