#include "fixture.h"

#include <project.h>
#include <rebuild.h>
#include <histories.h>

#include <stdlib.h>

ledger *fixture_open(const store *s) {
    mr_error err = {0};
    ledger *l;
    assert_ok(ledger_open(s->url, NULL, &l, &err), &err);
    return l;
}

ledger *fixture_ledger(const store *s) {
    mr_error err = {0};
    assert_ok(ledger_init(s->url, &(ledger_init_options){.key = TEST_KEY, .now_us = TEST_NOW, .distributed = s->kind == DB_POSTGRES && store_citus()}, &err), &err);
    return fixture_open(s);
}

append_item fixture_event(ledger *l, unsigned customer, int day, event_kind kind, const char *id, const char *subject, const char *body) {
    static char names[64][24];
    static unsigned at;
    char *name = names[at++ % 64];
    snprintf(name, sizeof names[0], "c%u", customer);
    append_item item = {.external_id = name, .external_id_len = (uint32_t)strlen(name)};
    history_event *e = &item.event.e;
    *e = (history_event){.kind = (int16_t)kind, .at_us = day * TEST_DAY_US, .recorded_at_us = TEST_NOW, .day = day, .source = ledger_source_number("test"),
                         .source_id = id, .source_id_len = strlen(id), .body = body ? body : "", .body_len = body ? strlen(body) : 0};
    e->id = ledger_hash(l, ledger_domain_of(l, "event", "test"), id, strlen(id));
    if (subject) e->subject_id = ledger_subject(l, "test", event_kind_of(kind)->subject, subject, strlen(subject));
    return item;
}

append_item fixture_order(ledger *l, unsigned customer, int day, int64_t minor, const char *id) {
    append_item item = fixture_event(l, customer, day, EVENT_order, id, NULL, NULL);
    item.event.e.amount_minor = minor;
    strcpy(item.event.e.currency, "EUR");
    return item;
}

void fixture_append(ledger *l, append_item *items, size_t n) {
    mr_error err = {0};
    refs r;
    assert_ok(refs_begin(&r, l, "test", &err), &err);
    assert_ok(ledger_append(l, &r, items, n, &err), &err);
    refs_free(&r);
}

int64_t fixture_customer(ledger *l, unsigned customer) {
    char name[24];
    int64_t id;
    mr_error err = {0};
    snprintf(name, sizeof name, "c%u", customer);
    assert_ok(ledger_find(l, "test", name, strlen(name), &id, &err), &err);
    return id;
}

cycle fixture_cycle(ledger *l, int64_t customer_id) {
    mr_error err = {0};
    db_statement *s;
    bool row;
    size_t len;
    cycle c;
    assert_ok(db_prepare(l->d, "SELECT state, stale FROM cycle WHERE customer_id = $1", "i", &s, &err), &err);
    db_bind_int(s, 1, customer_id);
    assert_ok(db_step(s, &row, &err), &err);
    assert_true(row);
    assert_int_equal(db_int(s, 1), 0);
    const void *state = db_bytes(s, 0, &len);
    assert_ok(cycle_decode(state, len, &c, &err), &err);
    db_reset(s);
    return c;
}

int64_t fixture_number(ledger *l, const char *sql) {
    mr_error err = {0};
    db_statement *s;
    bool row;
    assert_ok(db_prepare(l->d, sql, "", &s, &err), &err);
    assert_ok(db_step(s, &row, &err), &err);
    assert_true(row);
    int64_t n = db_int(s, 0);
    db_reset(s);
    return n;
}

void fixture_dump_table(ledger *l, text_buffer *out, const char *table, const char *columns, const char *types, const char *order) {
    char sql[1024];
    mr_error err = {0};
    db_stream *stream;
    const db_value *row;
    snprintf(sql, sizeof sql, "SELECT %s FROM %s ORDER BY %s", columns, table, order);
    text_printf(out, "== %s\n", table);
    assert_ok(db_stream_open(l->d, sql, types, NULL, 0, &stream, &err), &err);
    for (;;) {
        assert_ok(db_stream_next(stream, &row, &err), &err);
        if (!row) break;
        for (size_t i = 0; types[i]; i++) {
            if (types[i] == 'i' || types[i] == 'd' || types[i] == 's')
                text_printf(out, "%lld|", (long long)row[i].integer);
            else if (types[i] == 'r')
                text_printf(out, "%.17g|", row[i].real);
            else if (types[i] == 'b')
                for (size_t k = 0; k < row[i].text.len; k++) text_printf(out, "%02x", (unsigned char)row[i].text.at[k]);
            else
                text_printf(out, "%.*s|", (int)row[i].text.len, row[i].text.at ? row[i].text.at : "");
        }
        text_putc(out, '\n');
    }
    db_stream_close(stream);
}

char *fixture_dump(ledger *l) {
    text_buffer out = {0};
    fixture_dump_table(l, &out, "customer_ref", "ref, source, external_id, customer_id", "itti", "ref");
    fixture_dump_table(l, &out, "customer", "customer_id, kind, name, email, phone, email_key, tier, attributes", "istttitt", "customer_id");
    fixture_dump_table(l, &out, "contact", "customer_id, id, name, email, role", "iittt", "customer_id, id");
    fixture_dump_table(l, &out, "event", "customer_id, id, at_us, day, kind, source, subject_id, amount_minor, currency, source_id, body", "iiidsdiittt", "customer_id, id");
    fixture_dump_table(l, &out, "event_conflict", "customer_id, id, body_hash, at_us, kind, amount_minor, body", "iiiisit", "customer_id, id, body_hash");
    fixture_dump_table(l, &out, "contract", "customer_id, id, external_id, product, state, COALESCE(start_day, -1), COALESCE(end_day, -1), price_minor, currency", "iittsddit", "customer_id, id");
    fixture_dump_table(l, &out, "support_case", "customer_id, id, external_id, severity, state, COALESCE(opened_at_us, -1), COALESCE(resolved_at_us, -1), reopenings", "iittsiii", "customer_id, id");
    fixture_dump_table(l, &out, "promise", "customer_id, id, what, state, COALESCE(due_us, -1)", "iitsi", "customer_id, id");
    fixture_dump_table(l, &out, "touch", "customer_id, id, at_us, outward, channel", "iiist", "customer_id, id");
    fixture_dump_table(l, &out, "survey", "customer_id, id, at_us, name, COALESCE(score, -1)", "iiitr", "customer_id, id");
    fixture_dump_table(l, &out, "consent", "customer_id, id, purpose, channel, state, at_us, contact", "iittsit", "customer_id, id");
    fixture_dump_table(l, &out, "due", "customer_id, id, part, due_us, state", "iisis", "customer_id, id");
    fixture_dump_table(l, &out, "cycle", "customer_id, stale, state", "isb", "customer_id");
    assert_non_null(text_terminate(&out));
    return out.data;
}

static mr_status check_one(void *ctx, const history *h, mr_error *err) {
    unsigned char want[CYCLE_BYTES_MAX], got[CYCLE_BYTES_MAX];
    cycle c, stored = fixture_cycle(ctx, h->customer_id);
    cycle_build(&c, h->events, h->n);
    size_t n = cycle_encode(&c, want), m = cycle_encode(&stored, got);
    (void)err;
    assert_int_equal(n, m);
    assert_memory_equal(want, got, n);
    return MR_OK;
}

void fixture_check_cycles(ledger *l) {
    mr_error err = {0};
    ledger *other;
    assert_ok(ledger_open(l->url, NULL, &other, &err), &err);
    assert_ok(ledger_scan(l, NULL, 0, 1, check_one, other, &err), &err);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM cycle"),
                     fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM customer_ref WHERE ref = customer_id"));
    ledger_close(other);
}
