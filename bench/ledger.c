/* The ledger against bare loops over the same store: ledger MODE URL EVENTS [CUSTOMERS].
 *
 * init: an empty ledger. csv: the rows as a file for `marram import orders`. scan: ledger_scan. select: a bare SELECT of the same columns in key order. write: EVENTS durable appends by 16 waiting threads. loop K: a bare loop that
 * does the same statements and commits every K appends.
 *
 * bulk: Marram's bulk append, cycles included. bare: a prepared INSERT (SQLite) or one binary COPY (PostgreSQL) of the same rows in file order into
 * the same table, without cycles. sorted: the same over rows sorted by key beforehand, the sorting not counted. Each prints seconds. */
#include <bulk.h>
#include <events.h>
#include <histories.h>
#include <writer.h>
#include <rng.h>
#include <schema.h>

#include <libpq-fe.h>
#include <sqlite3.h>

#include <arpa/inet.h>
#include <pthread.h>
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

static void csv_mode(const char *path, source *s) {
    FILE *f = fopen(path, "w");
    line x;
    if (!f) exit(1);
    fputs("customer,date,amount,quantity\n", f);
    for (uint64_t i = 0; i < s->n; i++) {
        next_line(s, i, &x);
        time_t at = (time_t)(x.at_us / 1000000);
        struct tm t;
        char text[32];
        gmtime_r(&at, &t);
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &t);
        fprintf(f, "%s,%s,%lld.%02lld,%c\n", x.customer, text, (long long)x.minor / 100, (long long)x.minor % 100, x.body[12]);
    }
    if (fclose(f)) exit(1);
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

/* --- reading --- */

static mr_status add_up(void *ctx, const history *h, mr_error *err) {
    uint64_t *sum = ctx;
    (void)err;
    for (size_t i = 0; i < h->n; i++) *sum += (uint64_t)h->events[i].amount_minor + (uint64_t)h->events[i].day;
    return MR_OK;
}

static void scan_mode(const char *url) {
    mr_error err = {0};
    ledger *l;
    uint64_t sum = 0;
    must(ledger_open(url, NULL, &l, &err), &err);
    double started = seconds();
    must(ledger_scan(l, NULL, 0, 1, add_up, &sum, &err), &err);
    printf("%.3f\n", seconds() - started);
    fprintf(stderr, "  sum %llu\n", (unsigned long long)sum);
    ledger_close(l);
}

#define SELECT_SQL "SELECT customer_id, id, at_us, day, kind, subject_id, amount_minor, currency FROM event ORDER BY customer_id"

static int64_t get(const char *p, int len) {
    int64_t v = 0;
    for (int i = 0; i < len; i++) v = (v << 8) | (unsigned char)p[i];
    return v;
}

static void select_mode(const char *url, db_store store) {
    uint64_t sum = 0;
    double started = seconds();
    if (store == DB_SQLITE) {
        sqlite3 *d;
        sqlite3_stmt *s;
        sqlite_check(sqlite3_open(url, &d), d);
        sqlite_check(sqlite3_exec(d, "PRAGMA cache_size=-65536", NULL, NULL, NULL), d);
        sqlite_check(sqlite3_prepare_v2(d, SELECT_SQL, -1, &s, NULL), d);
        started = seconds();
        while (sqlite3_step(s) == SQLITE_ROW) {
            volatile int64_t unused = sqlite3_column_int64(s, 0) ^ sqlite3_column_int64(s, 1) ^ sqlite3_column_int64(s, 2) ^ sqlite3_column_int64(s, 4) ^ sqlite3_column_int64(s, 5) ^
                                      sqlite3_column_text(s, 7)[0];
            (void)unused;
            sum += (uint64_t)sqlite3_column_int64(s, 6) + (uint64_t)sqlite3_column_int64(s, 3);
        }
        printf("%.3f\n", seconds() - started);
        sqlite3_finalize(s);
        sqlite3_close(d);
    } else {
        PGconn *c = PQconnectdb(url);
        PGresult *r;
        started = seconds();
        PQsendQueryParams(c, SELECT_SQL, 0, NULL, NULL, NULL, NULL, 1);
        PQsetSingleRowMode(c);
        while ((r = PQgetResult(c))) {
            if (PQresultStatus(r) == PGRES_SINGLE_TUPLE) {
                volatile int64_t unused = get(PQgetvalue(r, 0, 0), 8) ^ get(PQgetvalue(r, 0, 1), 8) ^ get(PQgetvalue(r, 0, 2), 8) ^ get(PQgetvalue(r, 0, 4), 2) ^ get(PQgetvalue(r, 0, 5), 8) ^
                                          PQgetvalue(r, 0, 7)[0];
                (void)unused;
                sum += (uint64_t)get(PQgetvalue(r, 0, 6), 8) + (uint64_t)get(PQgetvalue(r, 0, 3), 4);
            } else if (PQresultStatus(r) != PGRES_TUPLES_OK) {
                fprintf(stderr, "%s\n", PQerrorMessage(c)), exit(1);
            }
            PQclear(r);
        }
        printf("%.3f\n", seconds() - started);
        PQfinish(c);
    }
    fprintf(stderr, "  sum %llu\n", (unsigned long long)sum);
}

/* --- durable appends --- */

#define WRITERS 16

typedef struct writing_thread {
    ledger_writer *w;
    uint64_t n, customers, thread;
    double *latency; /* [n] */
} writing_thread;

static void append_of(uint64_t thread, uint64_t i, uint64_t customers, append_item *item, char body[40]) {
    uint64_t mix = rng_mix(thread << 40 | i);
    int len = snprintf(body, 40, "{\"quantity\":%d}", (int)(mix % 9) + 1);
    *item = (append_item){.event = {(int64_t)(rng_mix(mix % customers) >> 1), {.id = (int64_t)mix, .kind = EVENT_order, .at_us = NOW + (int64_t)i * 1000000, .recorded_at_us = NOW,
                          .day = (int32_t)((NOW + (int64_t)i * 1000000) / DAY_US), .source = 1, .amount_minor = 1000, .currency = "EUR", .source_id = "", .body = body, .body_len = (size_t)len}}};
}

static void *write_thread(void *ctx) {
    writing_thread *t = ctx;
    char body[40];
    for (uint64_t i = 0; i < t->n; i++) {
        append_item item;
        mr_error err = {0};
        append_of(t->thread, i, t->customers, &item, body);
        double started = seconds();
        must(ledger_write(t->w, &item, &err), &err);
        t->latency[i] = seconds() - started;
    }
    return NULL;
}

static int by_time(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void write_mode(const char *url, uint64_t n, uint64_t customers) {
    mr_error err = {0};
    ledger_writer *w;
    writing_thread t[WRITERS];
    pthread_t id[WRITERS];
    double *latency = malloc(n * sizeof *latency);
    must(ledger_writer_new(url, &(writer_options){0}, &w, &err), &err);
    double started = seconds();
    for (uint64_t i = 0; i < WRITERS; i++) {
        t[i] = (writing_thread){w, n / WRITERS, customers, i, latency + i * (n / WRITERS)};
        pthread_create(&id[i], NULL, write_thread, &t[i]);
    }
    for (int i = 0; i < WRITERS; i++) pthread_join(id[i], NULL);
    double took = seconds() - started;
    writer_counts c = ledger_writer_counts(w);
    ledger_writer_free(w);
    n = n / WRITERS * WRITERS;
    qsort(latency, n, sizeof *latency, by_time);
    printf("%.3f %.2f %.3f %.3f %.3f\n", took, (double)c.appends / (double)c.commits, 1e3 * latency[n / 2], 1e3 * latency[n * 99 / 100], 1e3 * latency[n * 999 / 1000]);
}

static void loop_sqlite(const char *path, uint64_t n, uint64_t customers, uint64_t every) {
    static const char *const sql[] = {
        "INSERT INTO cycle (customer_id, version, stale, state) VALUES (?1, 1, 0, ?2) ON CONFLICT (customer_id) DO UPDATE SET version = cycle.version + 1 RETURNING state, stale",
        "INSERT INTO event (" EVENT_COLUMNS ") VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12) ON CONFLICT (customer_id, id) DO NOTHING", "UPDATE cycle SET state = ?2 WHERE customer_id = ?1"};
    sqlite3 *d;
    sqlite3_stmt *s[3];
    unsigned char state[54] = {1};
    sqlite_check(sqlite3_open(path, &d), d);
    sqlite_check(sqlite3_exec(d, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA cache_size=-65536", NULL, NULL, NULL), d);
    for (int i = 0; i < 3; i++) sqlite_check(sqlite3_prepare_v2(d, sql[i], -1, &s[i], NULL), d);
    double started = seconds();
    for (uint64_t i = 0; i < n; i++) {
        append_item item;
        char body[40];
        append_of(i % WRITERS, i / WRITERS, customers, &item, body);
        const history_event *e = &item.event.e;
        if (i % every == 0) sqlite_check(sqlite3_exec(d, "BEGIN IMMEDIATE", NULL, NULL, NULL), d);
        sqlite3_bind_int64(s[0], 1, item.event.customer_id);
        sqlite3_bind_blob(s[0], 2, state, 0, SQLITE_STATIC);
        while (sqlite3_step(s[0]) == SQLITE_ROW) memcpy(state, sqlite3_column_blob(s[0], 0) ? sqlite3_column_blob(s[0], 0) : (const void *)state, (size_t)sqlite3_column_bytes(s[0], 0) < sizeof state ? (size_t)sqlite3_column_bytes(s[0], 0) : sizeof state);
        sqlite3_reset(s[0]);
        sqlite3_bind_int64(s[1], 1, item.event.customer_id);
        sqlite3_bind_int64(s[1], 2, e->id);
        sqlite3_bind_int64(s[1], 3, e->at_us);
        sqlite3_bind_int64(s[1], 4, e->recorded_at_us);
        sqlite3_bind_int(s[1], 5, e->day);
        sqlite3_bind_int(s[1], 6, e->kind);
        sqlite3_bind_int(s[1], 7, e->source);
        sqlite3_bind_int64(s[1], 8, 0);
        sqlite3_bind_int64(s[1], 9, e->amount_minor);
        sqlite3_bind_text(s[1], 10, "EUR", 3, SQLITE_STATIC);
        sqlite3_bind_text(s[1], 11, "", 0, SQLITE_STATIC);
        sqlite3_bind_text(s[1], 12, body, (int)e->body_len, SQLITE_STATIC);
        sqlite_check(sqlite3_step(s[1]), d);
        sqlite3_reset(s[1]);
        sqlite3_bind_int64(s[2], 1, item.event.customer_id);
        sqlite3_bind_blob(s[2], 2, state, sizeof state, SQLITE_STATIC);
        sqlite_check(sqlite3_step(s[2]), d);
        sqlite3_reset(s[2]);
        if (i % every == every - 1 || i + 1 == n) sqlite_check(sqlite3_exec(d, "COMMIT", NULL, NULL, NULL), d);
    }
    printf("%.3f\n", seconds() - started);
    for (int i = 0; i < 3; i++) sqlite3_finalize(s[i]);
    sqlite3_close(d);
}

static void loop_postgres(const char *url, uint64_t n, uint64_t customers, uint64_t every) {
    static const char *const sql[] = {
        "INSERT INTO cycle (customer_id, version, stale, state) VALUES ($1, 1, 0, '') ON CONFLICT (customer_id) DO UPDATE SET version = cycle.version + 1 RETURNING state, stale",
        "INSERT INTO event (" EVENT_COLUMNS ") VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12) ON CONFLICT (customer_id, id) DO NOTHING", "UPDATE cycle SET state = $2 WHERE customer_id = $1"};
    static const char *const names[] = {"a", "b", "c"};
    PGconn *c = PQconnectdb(url);
    char text[12][40], state[54] = {1};
    for (int i = 0; i < 3; i++) PQclear(PQprepare(c, names[i], sql[i], 0, NULL));
    double started = seconds();
    for (uint64_t i = 0; i < n; i++) {
        append_item item;
        char body[40];
        append_of(i % WRITERS, i / WRITERS, customers, &item, body);
        const history_event *e = &item.event.e;
        int64_t v[] = {item.event.customer_id, e->id, e->at_us, e->recorded_at_us, e->day, e->kind, e->source, 0, e->amount_minor};
        const char *values[12];
        for (int k = 0; k < 9; k++) snprintf(text[k], 40, "%lld", (long long)v[k]), values[k] = text[k];
        values[9] = "EUR", values[10] = "", values[11] = body;
        if (i % every == 0) PQclear(PQexec(c, "BEGIN"));
        PQclear(PQexecPrepared(c, "a", 1, values, NULL, NULL, 1));
        PQclear(PQexecPrepared(c, "b", 12, values, NULL, NULL, 1));
        const char *update[] = {values[0], state};
        int lengths[] = {0, sizeof state}, formats[] = {0, 1};
        PGresult *r = PQexecPrepared(c, "c", 2, update, lengths, formats, 1);
        if (PQresultStatus(r) != PGRES_COMMAND_OK) fprintf(stderr, "%s\n", PQerrorMessage(c)), exit(1);
        PQclear(r);
        if (i % every == every - 1 || i + 1 == n) PQclear(PQexec(c, "COMMIT"));
    }
    printf("%.3f\n", seconds() - started);
    PQfinish(c);
}

int main(int argc, char **argv) {
    mr_error err = {0};
    if (argc < 4) return 2;
    const char *mode = argv[1], *url = argv[2];
    db_store store = strncmp(url, "postgres", 8) ? DB_SQLITE : DB_POSTGRES;
    source s = {.n = strtoull(argv[3], NULL, 10)};
    s.customers = argc > 4 ? strtoull(argv[4], NULL, 10) : s.n / 10;
    rng_seed(&s.r, 1, 0);
    if (!strcmp(mode, "csv")) return csv_mode(url, &s), 0;
    must(ledger_init(url, &(ledger_init_options){.key = "000102030405060708090a0b0c0d0e0f", .now_us = NOW}, &err), &err);
    if (!strcmp(mode, "init")) return 0;
    if (!strcmp(mode, "bulk")) bulk_mode(url, &s);
    else if (!strcmp(mode, "bare") || !strcmp(mode, "sorted")) bare_mode(url, &s, *mode == 's');
    else if (!strcmp(mode, "scan")) scan_mode(url);
    else if (!strcmp(mode, "select")) select_mode(url, store);
    else if (!strcmp(mode, "write")) write_mode(url, s.n, s.customers);
    else if (!strcmp(mode, "loop") && argc > 5) (store == DB_SQLITE ? loop_sqlite : loop_postgres)(url, s.n, s.customers, strtoull(argv[5], NULL, 10));
    else return 2;
    return 0;
}
