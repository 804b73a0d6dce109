#include "people.h"

#include <actions.h>
#include <columns.h>
#include <gate_answers.h>
#include <normal.h>
#include <outbox.h>
#include <schema.h>

#include <stdlib.h>

static void dump_table(ledger *l, const db_table *t, text_buffer *out) {
    table_columns c;
    mr_error err = {0};
    text_buffer sql = {0};
    char types[2 * COLUMNS_MAX + 1];
    db_stream *stream;
    const db_value *row;
    assert_ok(columns_of(t->name, &c, &err), &err);
    text_puts(&sql, "SELECT ");
    columns_list(&c, "", &sql);
    columns_types(&c, types);
    for (size_t i = 0; i < c.n; i++) {
        text_printf(&sql, ", CASE WHEN %s IS NULL THEN 1 ELSE 0 END", c.column[i].name);
        strcat(types, "d");
    }
    text_printf(&sql, " FROM %s ORDER BY ", t->name);
    for (size_t i = 0; i < c.key_n; i++) text_printf(&sql, "%s%s", i ? ", " : "", c.column[c.key[i]].name);
    text_printf(out, "== %s\n", t->name);
    assert_ok(db_stream_open(l->d, text_terminate(&sql), types, NULL, 0, &stream, &err), &err);
    for (;;) {
        assert_ok(db_stream_next(stream, &row, &err), &err);
        if (!row) break;
        for (size_t i = 0; i < c.n; i++) {
            if (!strcmp(t->name, "cycle") && !strcmp(c.column[i].name, "version")) continue;
            if (row[c.n + i].integer)
                text_puts(out, "NULL");
            else if (types[i] == 'i' || types[i] == 'd' || types[i] == 's')
                text_printf(out, "%lld", (long long)row[i].integer);
            else if (types[i] == 'r')
                text_printf(out, "%.17g", row[i].real);
            else if (types[i] == 'b')
                for (size_t k = 0; k < row[i].text.len; k++) text_printf(out, "%02x", (unsigned char)row[i].text.at[k]);
            else
                text_add(out, row[i].text.at, row[i].text.len);
            text_putc(out, '|');
        }
        text_putc(out, '\n');
    }
    db_stream_close(stream);
    text_free(&sql);
}

char *people_dump(ledger *l, const char *without) {
    text_buffer out = {0};
    for (size_t i = 0; i < db_tables_n; i++) {
        char word[64];
        snprintf(word, sizeof word, " %s ", db_tables[i].name);
        if (db_tables[i].sort == DB_PER_CUSTOMER && !(without && strstr(without, word))) dump_table(l, &db_tables[i], &out);
    }
    assert_non_null(text_terminate(&out));
    return out.data;
}

void people_same(const char *what, const char *want, const char *got) {
    if (!strcmp(want, got)) return;
    size_t i = 0, line = 0;
    for (; want[i] && want[i] == got[i]; i++)
        if (want[i] == '\n') line = i + 1;
    fail_msg("%s:\n  wanted %.*s\n  got    %.*s", what, (int)strcspn(want + line, "\n"), want + line, (int)strcspn(got + line, "\n"), got + line);
}

/* --- imports --- */

static bulk *begin(const store *s) {
    mr_error err = {0};
    bulk *b;
    assert_ok(bulk_open(s->url, &(bulk_options){.source = "test", .record = "customers", .files = "-", .now_us = TEST_NOW}, &b, &err), &err);
    return b;
}

static void end(bulk *b) {
    mr_error err = {0};
    bulk_counts counts;
    assert_ok(bulk_record_done(b, 1, &err), &err);
    assert_ok(bulk_finish(b, NULL, &counts, &err), &err);
    bulk_close(b);
}

static uint32_t who(bulk *b, unsigned customer) {
    char id[24];
    uint32_t n;
    mr_error err = {0};
    int len = snprintf(id, sizeof id, "c%u", customer);
    assert_ok(bulk_customer(b, id, (size_t)len, &n, &err), &err);
    return n;
}

static void text(upserts *u, upsert_cell *c, const char *value) {
    if (value && *value) assert_true(upsert_text(u, c, value, strlen(value)));
}

static int64_t key(const bulk *b, normal_form form, const char *value) {
    return normal_key(bulk_ledger(b), form, value ? value : "", value ? strlen(value) : 0);
}

void people_customer(const store *s, unsigned customer, const char *name, const char *email, const char *phone, const char *address) {
    bulk *b = begin(s);
    bool erased;
    uint32_t n = who(b, customer);
    upserts *u = bulk_upserts(b, n, &erased);
    if (u) {
        upsert_cell *c = upserts_row(u, UPSERT_CUSTOMER);
        upsert_int(&c[0], n);
        upsert_int(&c[1], 0);
        text(u, &c[2], name);
        text(u, &c[3], email);
        text(u, &c[4], phone);
        text(u, &c[5], address);
        upsert_int(&c[6], key(b, NORMAL_EMAIL, email));
        upsert_int(&c[7], key(b, NORMAL_PHONE, phone));
        upsert_int(&c[8], key(b, NORMAL_NAME, name));
        upsert_int(&c[16], TEST_NOW);
    } else {
        assert_true(erased);
    }
    end(b);
}

void people_contact(const store *s, unsigned customer, const char *id, const char *name, const char *role, const char *phone) {
    bulk *b = begin(s);
    bool erased;
    uint32_t n = who(b, customer);
    upserts *u = bulk_upserts(b, n, &erased);
    upsert_cell *c = upserts_row(u, UPSERT_CONTACT);
    upsert_int(&c[0], n);
    upsert_int(&c[1], ledger_subject(bulk_ledger(b), "test", "contact", id, strlen(id)));
    text(u, &c[2], id);
    text(u, &c[3], name);
    text(u, &c[5], phone);
    text(u, &c[6], role);
    upsert_int(&c[13], TEST_NOW);
    end(b);
}

void people_alias(const store *s, unsigned customer, const char *external_id) {
    mr_error err = {0};
    bulk *b = begin(s);
    assert_ok(bulk_alias(b, who(b, customer), external_id, strlen(external_id), &err), &err);
    end(b);
}

/* --- a town --- */

/* Something to do, something that waits to go out, and what the gate said of it. */
static void act(ledger *l, unsigned customer) {
    mr_error err = {0};
    int64_t a = fixture_customer(l, customer);
    const action_row rows[] = {
        {.customer_id = a, .id = action_id(l, a, "review", "call", 0, 0), .programme = "review", .step = "call", .kind = ACTION_TASK, .state = ACTION_OPEN, .owner = "kim", .due_us = TEST_NOW,
         .what = "call them"},
        {.customer_id = a, .id = action_id(l, a, "delight", "thanks", 0, 0), .programme = "delight", .step = "thanks", .kind = ACTION_MESSAGE, .state = ACTION_OPEN, .due_us = TEST_NOW}};
    assert_ok(db_begin(l->d, DB_WRITE, &err), &err);
    assert_ok(actions_put(l, rows, 2, &err), &err);
    assert_ok(outbox_put(l, &(message_row){.customer_id = a, .action_id = rows[1].id, .channel = "email", .address = "x@example.com", .next_us = TEST_NOW, .subject = "thanks", .plain = "thank you"},
                         NULL, &err), &err);
    assert_ok(gate_answers_put(l, &(gate_answer){.customer_id = a, .asked_us = TEST_NOW, .verdict = 1, .action_id = rows[1].id}, 1, &err), &err);
    assert_ok(db_commit(l->d, &err), &err);
}

void people_town(const store *s, ledger *l) {
    static const char *const names[] = {"Ada Osei", "Ada Osei", "Ben Ito", "Cleo Marsh", "Dunes & Sons Ltd", "Eva Lind"};
    for (unsigned i = 0; i < 6; i++) {
        char email[40];
        snprintf(email, sizeof email, i < 2 ? "ada@example.com" : "person%u@example.org", i);
        people_customer(s, i, names[i], i == 5 ? "" : email, i % 2 ? "+44 20 7946 0000" : "", i < 2 ? "1 Dune Road" : "");
    }
    people_contact(s, 0, "p-1", "Ada Osei", "", "");
    people_contact(s, 1, "p-1", "A. Osei", "owner", "+44 1");
    people_contact(s, 1, "p-2", "Bo", "buyer", "");
    append_item items[] = {
        fixture_order(l, 0, 100, 1000, "o-1"),
        fixture_order(l, 0, 160, 1500, "o-2"),
        fixture_order(l, 1, 130, 2000, "o-3"),
        fixture_order(l, 1, 160, 1500, "o-2"), /* the same event at both */
        fixture_order(l, 1, 190, 900, "o-4"),
        fixture_order(l, 2, 100, 5000, "o-5"),
        fixture_event(l, 0, 110, EVENT_case_open, "e-1", "T-1", "{\"number\":\"T-1\",\"subject\":\"late\",\"severity\":\"high\"}"),
        fixture_event(l, 0, 112, EVENT_case_resolve, "e-2", "T-1", "{\"number\":\"T-1\"}"),
        fixture_event(l, 1, 140, EVENT_case_open, "e-3", "T-2", "{\"number\":\"T-2\",\"subject\":\"broken\"}"),
        fixture_event(l, 1, 141, EVENT_case_open, "e-3b", "T-1", "{\"number\":\"T-1\",\"subject\":\"the same number\"}"),
        fixture_event(l, 1, 120, EVENT_contract_start, "e-4", "K-1", "{\"number\":\"K-1\",\"product\":\"sand\"}"),
        fixture_event(l, 0, 150, EVENT_promise_made, "e-5", "P-1", "{\"number\":\"P-1\",\"what\":\"call back\",\"due\":\"1970-06-20\"}"),
        fixture_event(l, 1, 151, EVENT_promise_made, "e-6", "P-2", "{\"number\":\"P-2\",\"what\":\"send a spade\",\"due\":\"1970-06-25\"}"),
        fixture_event(l, 1, 152, EVENT_promise_kept, "e-7", "P-2", "{\"number\":\"P-2\"}"),
        fixture_event(l, 1, 153, EVENT_touch_out, "e-8", NULL, "{\"channel\":\"phone\",\"who\":\"Kim\"}"),
        fixture_event(l, 0, 154, EVENT_touch_in, "e-9", NULL, "{\"channel\":\"e-mail\"}"),
        fixture_event(l, 1, 155, EVENT_survey, "e-10", NULL, "{\"name\":\"nps\",\"score\":7,\"scale\":10,\"comment\":\"fine\"}"),
        fixture_event(l, 0, 101, EVENT_consent_given, "e-11", NULL, "{\"purpose\":\"marketing\",\"channel\":\"e-mail\"}"),
        fixture_event(l, 1, 102, EVENT_consent_withdrawn, "e-12", NULL, "{\"purpose\":\"marketing\",\"channel\":\"e-mail\"}"),
        fixture_event(l, 2, 103, EVENT_complaint, "e-13", NULL, "{\"about\":\"sand in the box\"}"),
    };
    fixture_append(l, items, sizeof items / sizeof *items);
    append_item others[] = {fixture_order(l, 0, 100, 1001, "o-1"), fixture_order(l, 1, 130, 2001, "o-3")};
    fixture_append(l, others, 2); /* conflicts */
    assert_int_equal(others[0].outcome, APPEND_CONFLICTING);
    for (unsigned i = 0; i < 2; i++) act(l, i);
}
