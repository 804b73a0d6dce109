#include "sound.h"

#include "process.h"

#include <columns.h>
#include <histories.h>
#include <project.h>

#include <stdlib.h>

void sound_alone(ledger *l) {
    if (db_store_of(l->d) != DB_POSTGRES) return;
    for (int i = 0; i < 3000; i++) {
        if (!fixture_number(l, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
                               "AND backend_type = 'client backend'"))
            return;
        pause_ms(2);
    }
    fail_msg("someone is still connected");
}

/* --- cycles --- */

typedef struct cycles_read {
    db_stream *stream;
    const db_value *row;
    size_t n;
} cycles_read;

static void next_cycle(cycles_read *r) {
    mr_error err = {0};
    assert_ok(db_stream_next(r->stream, &r->row, &err), &err);
    r->n += r->row != NULL;
}

static void compare_cycle(cycles_read *r, const cycle *c, int64_t customer_id) {
    unsigned char want[CYCLE_BYTES_MAX];
    size_t len = cycle_encode(c, want);
    cycle got;
    mr_error err = {0};
    if (!r->row || r->row[0].integer != customer_id) fail_msg("customer %lld has no cycle", (long long)customer_id);
    const db_value *state = &r->row[1];
    if (state->text.len == len && !memcmp(state->text.at, want, len)) return;
    assert_ok(cycle_decode((const unsigned char *)state->text.at, state->text.len, &got, &err), &err);
    fail_msg("the cycle of customer %lld is not the one its events make: %u events in it, %u in the ledger", (long long)customer_id, got.events, c->events);
}

static mr_status check_cycle(void *ctx, const history *h, mr_error *err) {
    cycles_read *r = ctx;
    cycle c;
    (void)err;
    cycle_begin(&c);
    for (next_cycle(r); r->row && r->row[0].integer < h->customer_id; next_cycle(r)) compare_cycle(r, &c, r->row[0].integer); /* of no events */
    cycle_build(&c, h->events, h->n);
    compare_cycle(r, &c, h->customer_id);
    return MR_OK;
}

static void sound_cycles(ledger *l) {
    mr_error err = {0};
    ledger *other;
    cycles_read r = {0};
    cycle c;
    cycle_begin(&c);
    assert_ok(ledger_open(l->url, NULL, &other, &err), &err);
    assert_ok(db_stream_open(other->d, "SELECT customer_id, state FROM cycle ORDER BY customer_id", "ib", NULL, 0, &r.stream, &err), &err);
    assert_ok(ledger_scan(l, NULL, 0, 1, check_cycle, &r, &err), &err);
    for (next_cycle(&r); r.row; next_cycle(&r)) compare_cycle(&r, &c, r.row[0].integer);
    db_stream_close(r.stream);
    ledger_close(other);
    assert_int_equal(r.n, fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM customer_ref WHERE ref = customer_id"));
}

static void none(ledger *l, const char *what, const char *sql) {
    int64_t n = fixture_number(l, sql);
    if (n) fail_msg("%lld %s", (long long)n, what);
}

void sound_ledger(ledger *l, bool grown) {
    none(l, "events of a customer who is not there",
         "SELECT CAST(COUNT(*) AS BIGINT) FROM event e LEFT JOIN customer_ref r ON r.ref = e.customer_id AND r.customer_id = r.ref WHERE r.ref IS NULL");
    none(l, "cycles of a customer who is not there",
         "SELECT CAST(COUNT(*) AS BIGINT) FROM cycle c LEFT JOIN customer_ref r ON r.ref = c.customer_id AND r.customer_id = r.ref WHERE r.ref IS NULL");
    none(l, "customers twice under one name", "SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 FROM customer_ref GROUP BY source, external_id "
                                              "HAVING COUNT(*) > 1) AS twice");
    none(l, "stale cycles", "SELECT CAST(COUNT(*) AS BIGINT) FROM cycle WHERE stale = 1");
    if (grown)
        none(l, "customers without an event",
             "SELECT CAST(COUNT(*) AS BIGINT) FROM customer_ref r WHERE NOT EXISTS (SELECT 1 FROM event e WHERE e.customer_id = r.ref)");
    sound_cycles(l);
}

static void found(const char *line, void *ctx) {
    (void)ctx;
    fail_msg("the store is damaged: %s", line);
}

void sound_pages(ledger *l) {
    mr_error err = {0};
    assert_ok(db_integrity(l->d, found, NULL, &err), &err);
}

/* --- dumps --- */

static void dump_row(text_buffer *out, const char *types, const db_value *row) {
    for (size_t i = 0; types[i]; i++) {
        bool text = types[i] == 't' || types[i] == 'b';
        if (text && !row[i].text.at)
            text_puts(out, "null");
        else if (types[i] == 'b')
            for (size_t k = 0; k < row[i].text.len; k++) text_printf(out, "%02x", (unsigned char)row[i].text.at[k]);
        else if (text)
            text_printf(out, "%.*s", (int)row[i].text.len, row[i].text.at);
        else if (types[i] == 'r')
            text_printf(out, "%.17g", row[i].real);
        else
            text_printf(out, "%lld", (long long)row[i].integer);
        text_putc(out, '|');
    }
    text_putc(out, '\n');
}

static bool of_the_moment(const char *name) {
    return !strcmp(name, "recorded_at_us") || !strcmp(name, "version");
}

static void dump_table(ledger *l, const char *table, text_buffer *out) {
    mr_error err = {0};
    table_columns all;
    char types[COLUMNS_MAX + 1] = "";
    text_buffer sql = {0};
    db_stream *stream;
    const db_value *row;
    size_t n = 0;
    assert_ok(columns_of(table, &all, &err), &err);
    text_puts(&sql, "SELECT ");
    for (size_t i = 0; i < all.n; i++) {
        const table_column *c = &all.column[i];
        if (of_the_moment(c->name)) continue;
        bool text = c->type == 't' || c->type == 'b';
        text_printf(&sql, c->null && !text ? "%sCOALESCE(%s, -9)" : "%s%s", n ? ", " : "", c->name);
        types[n++] = c->type;
    }
    text_printf(&sql, " FROM %s ORDER BY ", table);
    for (size_t i = 0; i < all.key_n; i++) text_printf(&sql, "%s%s", i ? ", " : "", all.column[all.key[i]].name);
    text_printf(out, "== %s\n", table);
    assert_ok(db_stream_open(l->d, text_terminate(&sql), types, NULL, 0, &stream, &err), &err);
    for (;;) {
        assert_ok(db_stream_next(stream, &row, &err), &err);
        if (!row) break;
        dump_row(out, types, row);
    }
    db_stream_close(stream);
    text_free(&sql);
}

char *sound_dump(ledger *l) {
    static const char *const tables[] = {"source", "customer_ref", "customer", "contact", "contract", "support_case", "promise", "touch", "survey",
                                         "consent", "event", "event_conflict", "cycle", "due"};
    text_buffer out = {0};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) dump_table(l, tables[i], &out);
    assert_false(out.failed);
    text_terminate(&out);
    return out.data;
}

void sound_same(const char *want, const char *got) {
    char table[200] = "";
    if (!strcmp(want, got)) return;
    while (*want || *got) {
        size_t n = strcspn(want, "\n"), m = strcspn(got, "\n");
        if (n != m || memcmp(want, got, n)) fail_msg("%s\nwanted %.*s\n   got %.*s", table, (int)n, want, (int)m, got);
        if (!strncmp(want, "== ", 3)) snprintf(table, sizeof table, "%.*s", (int)n, want);
        want += n + (want[n] == '\n');
        got += m + (got[m] == '\n');
    }
}

/* --- projections --- */

static const char *const projected[] = {"contract", "support_case", "promise", "touch", "survey", "consent", "due"};

static char *dump_projected(ledger *l) {
    text_buffer out = {0};
    for (size_t i = 0; i < sizeof projected / sizeof *projected; i++) dump_table(l, projected[i], &out);
    assert_false(out.failed);
    text_terminate(&out);
    return out.data;
}

typedef struct projecting {
    ledger *l;
    upserts rows;
} projecting;

static mr_status project(void *ctx, const history *h, mr_error *err) {
    projecting *p = ctx;
    return project_history(p->l, h, 0, &p->rows, err);
}

void sound_projections(ledger *l) {
    mr_error err = {0};
    projecting p = {.l = l};
    assert_ok(ledger_scan(l, &(scan_options){.whole = true}, 0, 1, project, &p, &err), &err);
    char *stored = dump_projected(l);
    assert_ok(db_begin(l->d, DB_WRITE, &err), &err);
    for (size_t i = 0; i < sizeof projected / sizeof *projected; i++) {
        char sql[64];
        snprintf(sql, sizeof sql, "DELETE FROM %s", projected[i]);
        assert_ok(db_execute(l->d, sql, &err), &err);
    }
    assert_ok(upserts_write(&p.rows, l, &err), &err);
    char *fresh = dump_projected(l);
    db_rollback(l->d);
    upserts_free(&p.rows);
    sound_same(fresh, stored);
    free(fresh);
    free(stored);
}

/* --- acknowledged --- */

typedef struct looked_up {
    const load_acks *a;
    size_t from, found, differ;
    unsigned pool;
    ledger *l;
    load_event event; /* of the item being bound */
} looked_up;

static void bind_ack(void *ctx, size_t item, db_statement *s) {
    looked_up *w = ctx;
    const load_ack *ack = &w->a->of[w->from + item];
    load_make(w->l, ack->seed, ack->thread, ack->k, w->pool, &w->event);
    const history_event *e = &w->event.item.event.e;
    db_bind_int(s, 1, e->id);
    db_bind_string(s, 2, w->event.customer);
    db_bind_int(s, 3, e->at_us);
    db_bind_int(s, 4, e->kind);
    db_bind_int(s, 5, e->subject_id);
    db_bind_int(s, 6, e->amount_minor);
    db_bind_text(s, 7, e->body, e->body_len);
    db_bind_int(s, 8, ledger_ref(w->l, ledger_domain_of(w->l, "customer", "test"), w->event.customer, strlen(w->event.customer), 0));
}

static mr_status note_ack(void *ctx, size_t item, db_statement *s, mr_error *err) {
    looked_up *w = ctx;
    const load_ack *ack = &w->a->of[w->from + item];
    bool there = db_int(s, 0) == 1 && db_int(s, 1) == 1;
    (void)err;
    if (!there && ack->outcome >= 0) {
        w->differ++;
        print_message("seed %llu, thread %u, event %u was acknowledged (%d): %lld under its number, %lld as it was sent\n",
                      (unsigned long long)ack->seed, ack->thread, ack->k, ack->outcome, (long long)db_int(s, 0), (long long)db_int(s, 1));
    }
    w->found += there;
    return MR_OK;
}

void sound_acks(ledger *l, const load_acks *a, size_t from, unsigned pool) {
    mr_error err = {0};
    db_statement *s;
    looked_up w = {.a = a, .from = from, .pool = pool, .l = l};
    assert_ok(db_prepare(l->d, "SELECT CAST(COUNT(*) AS BIGINT), CAST(SUM(CASE WHEN r.external_id = $2 AND e.at_us = $3 AND e.kind = $4 AND "
                               "e.subject_id = $5 AND e.amount_minor = $6 AND e.body = $7 THEN 1 ELSE 0 END) AS BIGINT) FROM event e "
                               "JOIN customer_ref r ON r.ref = e.customer_id WHERE e.customer_id = $8 AND e.id = $1", "itiiiiti", &s, &err), &err);
    assert_ok(db_each(s, a->n - from, bind_ack, note_ack, &w, NULL, &err), &err);
    if (w.differ) fail_msg("%zu acknowledged events are lost or differ", w.differ);
}
