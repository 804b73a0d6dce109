/* Traces of a ledger: what the bodies say in plain members, whose owner did it, when it was known; and ledgers that last as long as a command. */
#include "fixture.h"

#include <body.h>
#include <calendar.h>
#include <import.h>
#include <leaving_model.h>
#include <models.h>
#include <rng.h>
#include <taxonomy.h>
#include <temporary.h>
#include <traces_shared.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char lines[] =
    "{\"customer\":\"A\",\"kind\":\"contract_start\",\"at\":\"2026-01-01\",\"id\":\"1\",\"subject\":\"K1\",\"amount\":49.5,\"currency\":\"EUR\",\"body\":{\"renewal\":\"2027-01-01\",\"notice_days\":90,\"period_months\":12,\"seats\":20,\"signed\":false}}\n"
    "{\"customer\":\"A\",\"kind\":\"case_open\",\"at\":\"2026-02-01T10:00:00Z\",\"id\":\"2\",\"subject\":\"T-7\",\"body\":{\"category\":\"Login\",\"subject\":\"the app crashes\",\"severity\":\"urgent\"}}\n"
    "{\"customer\":\"A\",\"kind\":\"case_update\",\"at\":\"2026-02-01T11:00:00Z\",\"id\":\"3\",\"subject\":\"T-7\",\"body\":{\"first_response\":true,\"by_whom\":\"Olga Ops\"}}\n"
    "{\"customer\":\"A\",\"kind\":\"case_resolve\",\"at\":\"2026-02-02T11:00:00Z\",\"id\":\"4\",\"subject\":\"T-7\",\"body\":{\"minutes\":35,\"outcome\":\"refused\"}}\n"
    "{\"customer\":\"A\",\"kind\":\"survey\",\"at\":\"2026-02-03\",\"id\":\"5\",\"body\":{\"score\":4,\"scale\":5,\"about\":\"T-7\"}}\n"
    "{\"customer\":\"A\",\"kind\":\"survey\",\"at\":\"2026-02-04\",\"id\":\"6\",\"body\":{\"name\":\"NPS\",\"score\":7}}\n"
    "{\"customer\":\"A\",\"kind\":\"touch_out\",\"at\":\"2026-02-05\",\"id\":\"7\",\"body\":{\"who\":\"SAM SALES\",\"purpose\":\"marketing\",\"minutes\":5}}\n"
    "{\"customer\":\"A\",\"kind\":\"price_change\",\"at\":\"2026-03-01\",\"id\":\"8\",\"subject\":\"K1\",\"amount\":55,\"currency\":\"EUR\",\"body\":{\"old_price\":50,\"effective\":\"2026-06-01\"}}\n"
    "{\"customer\":\"A\",\"kind\":\"promise_made\",\"at\":\"2026-03-02\",\"id\":\"9\",\"subject\":\"P1\",\"body\":{\"what\":\"fix the login\",\"by_whom\":\"sales\",\"due\":\"2026-03-09\"}}\n"
    "{\"customer\":\"A\",\"kind\":\"leave_intent\",\"at\":\"2026-04-01\",\"id\":\"12\",\"body\":{\"reason_code\":\"price_increase\"}}\n"
    "{\"customer\":\"B\",\"kind\":\"order\",\"at\":\"2026-01-10\",\"id\":\"10\",\"amount\":10,\"currency\":\"EUR\",\"body\":{\"quantity\":3,\"coupon\":\"X\",\"product\":\"beans\"}}\n"
    "{\"customer\":\"B\",\"kind\":\"order\",\"at\":\"2026-01-11\",\"id\":\"11\",\"amount\":10,\"currency\":\"USD\",\"body\":{\"quantity\":\"three\"}}\n";
static const char people[] = "customer,name,tier,segment,owner_sales,owner_operations\nA,Adam GmbH,gold,retail,Sam Sales,Olga Ops\n";

static void write_file(const char *path, const char *text) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
}

static void import_at(const store *s, const char *what, const char *text, int64_t now_us) {
    char path[128];
    mr_error err = {0};
    rows *r;
    mapping *m;
    import_result result;
    snprintf(path, sizeof path, "%s/%s.in", s->folder, what);
    write_file(path, text);
    const char *paths[] = {path};
    assert_ok(rows_open(paths, 1, &(rows_options){.header = -1}, NULL, &r, &err), &err);
    assert_ok(mapping_guess((record_kind)record_find(what), r, &(mapping_options){.today = INT32_MAX}, NULL, &m, &err), &err);
    assert_ok(mapping_bind(m, r, paths, 1, &(mapping_options){.today = INT32_MAX}, &err), &err);
    assert_ok(ledger_import(s->url, m, r, &(import_options){.paths = paths, .paths_n = 1, .record = what, .now_us = now_us}, NULL, NULL, &result, &err), &err);
    mapping_free(m);
    rows_close(r);
}

static void import(const store *s, const char *what, const char *text) {
    import_at(s, what, text, TEST_NOW);
}

typedef struct seen {
    size_t customers;
    char ids[8], tier[16], sales[32];
    trace_event event[16];
    size_t n;
} seen;

static mr_status look(void *ctx, const trace *t, const trace_facts *f, mr_error *err) {
    seen *s = ctx;
    (void)err;
    s->ids[s->customers++] = f->external_id[0];
    if (f->external_id[0] != 'A') return MR_OK;
    snprintf(s->tier, sizeof s->tier, "%s", f->tier);
    snprintf(s->sales, sizeof s->sales, "%s", f->owner_sales);
    memcpy(s->event, t->event, t->n * sizeof *t->event);
    s->n = t->n;
    return MR_OK;
}

static void test_bodies(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    seen found = {0};
    import(s, "events", lines);
    import(s, "customers", people);
    currency_rate rate[] = {{"EUR", 0, 1}, {"USD", 0, 0.5}};
    const currency_rates rates = {rate, 2};
    trace_options o = {0};
    assert_ok(ledger_trace_money(l, &rates, &o, &err), &err);
    assert_string_equal(o.currency, "EUR");
    assert_non_null(o.rates);
    assert_ok(ledger_traces(l, &o, 0, 1, look, &found, &err), &err);
    assert_int_equal(found.customers, 2);
    assert_string_equal(found.tier, "gold");
    assert_string_equal(found.sales, "Sam Sales");
    assert_int_equal(found.n, 10);
    const trace_event *e = found.event;
    assert_int_equal(e[0].kind, EVENT_contract_start);
    assert_int_equal(e[0].amount, 495000);
    assert_int_equal(e[0].until_day - e[0].day, 365);
    assert_int_equal(e[0].notice_days, 90);
    assert_int_equal(e[0].months, 12);
    assert_true(e[0].value == 20 && e[0].flags == TRACE_UNSIGNED);
    assert_int_equal(e[1].tag, TRACE_TAG_defect);
    assert_int_equal(e[1].topic, trace_topic("login", 5));
    assert_true(e[1].value == 3);
    assert_int_equal(e[2].flags, TRACE_FIRST_RESPONSE);
    assert_int_equal(e[2].actor, TRACE_OPERATIONS);
    assert_true(e[3].value == 35 && e[3].flags == (TRACE_REFUSED | TRACE_CONFIRMED));
    assert_true(e[4].value == 0.8 && e[4].subject == e[1].subject);
    assert_true(e[5].value == 0.7 && e[5].subject == 0);
    assert_int_equal(e[6].actor, TRACE_SALES);
    assert_int_equal(e[6].flags, TRACE_MARKETING);
    assert_true(fabs(e[7].value - 10) < 1e-12 && e[7].until_day - e[7].day == 92);
    assert_int_equal(e[8].actor, TRACE_SALES);
    assert_int_equal(e[8].until_day - e[8].day, 7);
    assert_int_equal(e[9].reason, REASON_price_increase);
    for (size_t i = 0; i < found.n; i++) assert_int_equal(trace_known_day(&e[i]), e[i].at_us < TEST_NOW ? e[i].day : trace_known_day(&e[i]));
    ledger_close(l);
}

/* Each touch by who owned them then: Old until March, then New, then Newer; the customer's own row says Newer all along. */
static void test_owners(void **state) {
    static const char events[] =
        "{\"customer\":\"A\",\"kind\":\"touch_out\",\"at\":\"2024-01-05\",\"id\":\"1\",\"body\":{\"who\":\"Old\"}}\n"
        "{\"customer\":\"A\",\"kind\":\"touch_out\",\"at\":\"2024-02-05\",\"id\":\"2\",\"body\":{\"who\":\"Newer\"}}\n"
        "{\"customer\":\"A\",\"kind\":\"owner_changed\",\"at\":\"2024-03-01\",\"id\":\"3\",\"body\":{\"sales\":\"New\",\"sales_before\":\"Old\"}}\n"
        "{\"customer\":\"A\",\"kind\":\"touch_out\",\"at\":\"2024-03-05\",\"id\":\"4\",\"body\":{\"who\":\"new\"}}\n"
        "{\"customer\":\"A\",\"kind\":\"owner_changed\",\"at\":\"2024-06-01\",\"id\":\"5\",\"body\":{\"sales\":\"Newer\"}}\n"
        "{\"customer\":\"A\",\"kind\":\"touch_out\",\"at\":\"2024-07-05\",\"id\":\"6\",\"body\":{\"who\":\"Old\"}}\n"
        "{\"customer\":\"A\",\"kind\":\"touch_out\",\"at\":\"2024-08-05\",\"id\":\"7\",\"body\":{\"who\":\"Newer\"}}\n"
        "{\"customer\":\"A\",\"kind\":\"touch_out\",\"at\":\"2024-08-06\",\"id\":\"8\",\"body\":{\"who\":\"Olga\"}}\n";
    static const int wanted[] = {TRACE_SALES, TRACE_ELSE, TRACE_NOBODY, TRACE_SALES, TRACE_NOBODY, TRACE_ELSE, TRACE_SALES, TRACE_OPERATIONS};
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    seen found = {0};
    import(s, "events", events);
    import(s, "customers", "{\"customer\":\"A\",\"owner_sales\":\"Newer\",\"owner_operations\":\"Olga\"}\n");
    assert_ok(ledger_traces(l, NULL, 0, 1, look, &found, &err), &err);
    assert_int_equal(found.n, sizeof wanted / sizeof *wanted);
    for (size_t i = 0; i < found.n; i++) assert_int_equal(found.event[i].actor, wanted[i]);
    ledger_close(l);
}

static void test_rates_missing(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    const currency_rates none = {0};
    trace_options o = {0};
    assert_ok(ledger_trace_money(l, &none, &o, &err), &err);
    assert_string_equal(o.currency, "");
    import(s, "events", lines);
    assert_int_equal(ledger_trace_money(l, &none, &o, &err), MR_EDATA);
    assert_non_null(strstr(err.message, "--rates"));
    ledger_close(l);
}

/* However the base is cut. */
static mr_status add_up(void *ctx, const trace *t, const trace_facts *f, mr_error *err) {
    uint64_t *sum = ctx;
    (void)err;
    (void)f;
    for (size_t i = 0; i < t->n; i++) *sum = *sum * 31 + (uint64_t)t->event[i].id;
    return MR_OK;
}

static void test_parts(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    uint64_t whole = 0, parts = 0;
    import(s, "events", lines);
    assert_ok(ledger_traces(l, NULL, 0, 1, add_up, &whole, &err), &err);
    for (unsigned i = 0; i < 100; i++) assert_ok(ledger_traces(l, NULL, i, 100, add_up, &parts, &err), &err);
    assert_true(whole == parts && whole);
    assert_int_equal(ledger_traces(l, NULL, 3, 3, add_up, &parts, &err), MR_EINVAL);
    ledger_close(l);
}

/* --- by several threads --- */

typedef struct in_order {
    uint64_t sum;
    size_t n, stop_at; /* stop_at: 0 never */
    int64_t last;
} in_order;

static mr_status take_in_order(void *ctx, const trace *t, const trace_facts *f, mr_error *err) {
    in_order *o = ctx;
    assert_true(t->customer_id > o->last);
    o->last = t->customer_id;
    for (const char *c = f->external_id; *c; c++) o->sum = o->sum * 31 + (unsigned char)*c;
    for (size_t i = 0; i < t->n; i++) o->sum = o->sum * 31 + (uint64_t)t->event[i].id + (uint64_t)t->event[i].day * 7 + t->event[i].topic;
    if (++o->n != o->stop_at) return MR_OK;
    snprintf(err->message, sizeof err->message, "enough");
    return err->code = MR_EDATA;
}

static bool every_other(void *ctx, int64_t customer_id, const trace_facts *f) {
    (void)ctx, (void)f;
    return customer_id % 2 == 0;
}

static void test_shared(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    static char text[400 * 400];
    size_t len = 0;
    for (int i = 0; i < 900; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "{\"customer\":\"c%d\",\"kind\":\"order\",\"at\":\"2024-01-%02d\",\"id\":\"%d\",\"body\":{\"product\":\"p%d\"}}\n", i % 300, 1 + i % 28, i, i % 7);
    import(s, "events", text);
    for (int picked = 0; picked < 2; picked++) {
        trace_options o = {.wanted = picked ? every_other : NULL};
        in_order one = {0};
        assert_ok(ledger_traces(l, &o, 0, 1, take_in_order, &one, &err), &err);
        assert_true(one.n > 100 && one.n <= 300);
        for (int threads = 1; threads < 6; threads++) {
            mr_pool *pool;
            in_order all = {0}, some = {.stop_at = one.n / 2};
            assert_ok(mr_pool_new(threads, &pool, &err), &err);
            assert_ok(ledger_traces_shared(l, pool, &o, take_in_order, &all, &err), &err);
            assert_true(all.n == one.n && all.sum == one.sum);
            assert_int_equal(ledger_traces_shared(l, pool, &o, take_in_order, &some, &err), MR_EDATA);
            assert_string_equal(err.message, "enough");
            assert_true(some.n == some.stop_at);
            mr_pool_free(pool);
        }
    }
    ledger_close(l);
}

/* --- fields without a tree --- */

static void same_fields(body_fields *b, const char *body, size_t len) {
    json_t *object, *value;
    const char *name;
    size_t n = 0;
    assert_true(body_read(body, len, &object));
    assert_true(body_fields_read(b, body, len));
    json_object_foreach(object, name, value) {
        const char *text = body_text(object, name), *its = fields_text(b, name);
        double number = -1, its_number = -1;
        n++;
        assert_true(!text == !its && (!text || !strcmp(text, its)));
        assert_true(body_number(object, name, &number) == fields_number(b, name, &its_number) && !memcmp(&number, &its_number, sizeof number));
        assert_true(body_flag(object, name) == fields_flag(b, name));
        assert_true(json_is_true(value) == fields_is(b, name, BODY_TRUE) && json_is_false(value) == fields_is(b, name, BODY_FALSE));
    }
    if (n != b->n) fail_msg("%zu fields, not %zu: %.*s", b->n, n, (int)len, body);
    json_decref(object);
}

/* The plain reader and Jansson agree on what is one and what is not: fixed oddities, then bodies broken and mended by chance. */
static void test_fields(void **state) {
    static const char *const bodies[] = {
        "", "{}", " { } ", "{\"a\":1}", "{\"a\" : -0 , \"b\":-0.0}", "{\"a\":01}", "{\"a\":1.}", "{\"a\":.5}", "{\"a\":1e3}", "{\"a\":12345678901234567890}",
        "{\"a\":123456789012345678}", "{\"a\":0.1,\"b\":12345.678901234,\"c\":0.30000000000000004}", "{\"a\":true,\"b\":false,\"c\":null}", "{\"a\":tru}", "{\"a\":1,}", "{,}",
        "{\"a\":1,\"a\":2}", "{\"a\":\"x\\n\"}", "{\"a\":\"\\u00e4\"}", "{\"a\":\"\303\244\"}", "{\"a\":\"\303\"}", "{\"a\":[1,2],\"b\":{\"c\":1}}", "{\"a\":1}x", "{\"a\":1", "{\"a\"",
        "[1]", "\"x\"", "1", "{\"\":\"\"}", "{\"a\":\"\t\"}", "{\"a\":1}\n", "{\"a\":truex}", "{\"a\":1-}", "{\"a\":-}", "{\"reason\":\"gone\",\"n\":1,\"m\":1.5,\"due\":\"2026-01-01\"}"};
    static const char letters[] = "{}[]\",:0123456789.-eE+ \t\ntrufalsn\\\303\244";
    body_fields b = {0};
    rng r;
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) same_fields(&b, bodies[i], strlen(bodies[i]));
    same_fields(&b, "{\"a\":\"\0\"}", 9);
    same_fields(&b, "{\"a\":1}\0", 8);
    for (uint64_t seed = 0; seed < 40000; seed++) {
        char body[256];
        rng_seed(&r, 71, seed);
        const char *from = bodies[rng_next(&r) % (sizeof bodies / sizeof *bodies)];
        size_t len = strlen(from);
        memcpy(body, from, len);
        for (uint64_t changes = rng_next(&r) % 4; changes && len; changes--) {
            size_t at = rng_next(&r) % len;
            if (rng_next(&r) % 3 == 0) memmove(body + at, body + at + 1, --len - at);
            else body[at] = letters[rng_next(&r) % (sizeof letters - 1)];
        }
        same_fields(&b, body, len);
    }
    char many[2048];
    size_t len = 1;
    many[0] = '{';
    for (int i = 0; i < 60; i++) len += (size_t)snprintf(many + len, sizeof many - len, "%s\"f%d\":%d", i ? "," : "", i, i);
    many[len++] = '}';
    same_fields(&b, many, len);
    body_fields_free(&b);
}

static int64_t on(int month, int day) {
    return calendar_day(2024, month, day) * TEST_DAY_US;
}

/* An order that was recorded seven months late: as known then they had left, as known now they had not; and its day is in no feature before. */
static void test_late(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    landmarks m;
    size_t found = 0;
    import_at(s, "events", "{\"customer\":\"a\",\"kind\":\"order\",\"at\":\"2024-01-05\",\"id\":\"1\"}\n", on(1, 6));
    import_at(s, "events", "{\"customer\":\"a\",\"kind\":\"order\",\"at\":\"2024-02-20\",\"id\":\"2\"}\n", on(10, 1));
    import_at(s, "events", "{\"customer\":\"b\",\"kind\":\"order\",\"at\":\"2024-12-01\",\"id\":\"3\"}\n", on(12, 2));
    assert_ok(landmarks_read(l, &(landmarks_options){.horizon_days = 60, .until = INT32_MAX, .only_day = INT32_MIN}, NULL, &m, &err), &err);
    assert_int_equal(m.mode, RISK_ORDERS);
    for (size_t i = 0; i < m.n; i++) {
        if (m.day[i] == calendar_day(2024, 1, 31)) {
            assert_int_equal(m.then[i], LANDMARK_LEFT);
            assert_int_equal(m.now[i], LANDMARK_STAYED);
            found++;
        }
        if (m.day[i] == calendar_day(2024, 2, 29)) {
            assert_true(landmark_value(&m, FEATURE_silence, i) == 55 && landmark_value(&m, FEATURE_orders, i) == 1);
            assert_int_equal(m.now[i], LANDMARK_LEFT);
            assert_int_equal(m.gone[i], calendar_day(2024, 2, 20) + 60);
            assert_int_equal(m.gone_then[i], calendar_day(2024, 1, 5) + 60); /* nobody knew of the other */
            found++;
        }
        if (m.day[i] == calendar_day(2024, 3, 31)) fail_msg("on that day nobody knew of an order in the last 60 days");
    }
    assert_int_equal(found, 2);
    landmarks_free(&m);
    ledger_close(l);
}

/* The same model on both stores, and kept there. */
static char *document_there;

static void test_model(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    text_buffer text = {0};
    landmarks m;
    leaving_model model;
    char *document;
    for (unsigned c = 0; c < 300; c++) {
        rng r;
        rng_seed(&r, 17, c);
        int32_t day = 14610 + (int32_t)rng_below(&r, 200);
        for (unsigned n = 0; day < 14610 + 700; n++) {
            char date[11];
            text_printf(&text, "{\"customer\":\"c%u\",\"kind\":\"order\",\"at\":\"%s\",\"id\":\"o%u-%u\"}\n", c, calendar_text(day, date), c, n);
            if (rng_uniform(&r) < 0.1) break;
            day += 1 + (int32_t)(40 * rng_exponential(&r));
        }
    }
    import(s, "events", text_terminate(&text));
    assert_ok(landmarks_read(l, &(landmarks_options){.horizon_days = 60, .until = INT32_MAX, .only_day = INT32_MIN}, NULL, &m, &err), &err);
    assert_ok(leaving_model_train(&m, 90, 1, NULL, &model, &err), &err);
    assert_ok(leaving_model_write(&model, &document, &err), &err);
    ledger_model stored = {.fitted_at_us = TEST_NOW, .until_day = model.as_of, .version = 1, .document = document, .name = LEDGER_LEAVING}, found = {0};
    assert_ok(ledger_model_leaving(l, &found, &err), &err);
    assert_int_equal(found.id, 0);
    assert_ok(ledger_model_add(l, &stored, &err), &err);
    assert_ok(ledger_model_leaving(l, &found, &err), &err);
    assert_string_equal(found.document, document);
    ledger_model_free(&found);
    /* No model of buying: score must not take it for one. */
    assert_ok(ledger_model_current(l, true, &found, &err), &err);
    assert_int_equal(found.id, 0);
    if (document_there) assert_string_equal(document, document_there);
    else document_there = strdup(document);
    leaving_model_text_free(document);
    leaving_model_free(&model);
    landmarks_free(&m);
    text_free(&text);
    ledger_close(l);
}

static void test_temporary(void **state) {
    store *s = store_of(state);
    char events[160], orders[160], named[200], room[64];
    mr_error err = {0};
    temporary t;
    struct stat there;
    seen found = {0};
    ledger *l;
    snprintf(events, sizeof events, "%s/log.ndjson", s->folder);
    snprintf(orders, sizeof orders, "%s/shop.csv", s->folder);
    write_file(events, lines);
    write_file(orders, "customer,date,amount\nC,2026-01-05,10\nC,2026-02-05,12\n");
    snprintf(named, sizeof named, "orders:%s", orders);
    temporary_file files[] = {temporary_file_of(events, NULL, room), temporary_file_of(named, NULL, room)};
    assert_null(files[0].what);
    assert_string_equal(files[1].path, orders);
    temporary_options o = {.today = INT32_MAX, .now_us = TEST_NOW + 1000000 * INT64_C(86400000000)};
    setenv("TMPDIR", s->folder, 1);
    assert_ok(temporary_make(files, 2, &o, NULL, &t, &err), &err);
    assert_int_equal(t.events, 14);
    assert_ok(ledger_open(t.url, NULL, &l, &err), &err);
    assert_ok(ledger_traces(l, NULL, 0, 1, look, &found, &err), &err);
    assert_int_equal(found.customers, 3);
    ledger_close(l);
    char folder[256];
    strcpy(folder, t.folder);
    temporary_remove(&t);
    assert_int_not_equal(stat(folder, &there), 0);
    /* Bad lines leave nothing behind. */
    write_file(orders, "customer,date,amount\nC,2026-01-05,10\nC,2026-02-31,12\n");
    assert_int_equal(temporary_make(files, 2, &o, NULL, &t, &err), MR_EDATA);
    assert_string_equal(t.folder, "");
    o.today = 0;
    setenv("TMPDIR", "/nowhere/at/all", 1);
    assert_int_equal(temporary_make(files, 2, &o, NULL, &t, &err), MR_EIO);
    unsetenv("TMPDIR");
    temporary_remove(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {BOTH(test_bodies), BOTH(test_owners), BOTH(test_rates_missing), BOTH(test_parts), BOTH(test_shared), cmocka_unit_test(test_fields), BOTH(test_late), BOTH(test_model), ON_SQLITE(test_temporary)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
