/* What goes out: the columns are the stores', the cells are readable, and events come back as the same events. */
#include "people.h"

#include <body.h>
#include <readable.h>
#include <duplicates.h>
#include <export.h>
#include <import.h>
#include <merge.h>
#include <schema.h>

#include <jansson.h>

#include <stdlib.h>

/* --- columns --- */

/* The migrations' text, as read, against what the store made of it. */
static void columns_agree(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    for (size_t t = 0; t < db_tables_n; t++) {
        table_columns c;
        mr_error err = {0};
        db_statement *q;
        assert_ok(columns_of(db_tables[t].name, &c, &err), &err);
        static const char *const sql[2] = {
            [DB_SQLITE] = "SELECT name, type, CASE WHEN \"notnull\" = 1 THEN 0 ELSE 1 END, pk FROM pragma_table_info($1) ORDER BY cid",
            [DB_POSTGRES] = "SELECT c.column_name, c.data_type, CASE WHEN c.is_nullable = 'NO' THEN 0 ELSE 1 END, COALESCE(k.ordinal_position, 0) "
                            "FROM information_schema.columns c LEFT JOIN information_schema.key_column_usage k ON k.table_name = c.table_name "
                            "AND k.column_name = c.column_name AND k.constraint_name = c.table_name || '_pkey' "
                            "WHERE c.table_name = $1 AND c.table_schema = current_schema() ORDER BY c.ordinal_position"};
        assert_ok(db_prepare(l->d, sql[s->kind], "t", &q, &err), &err);
        db_bind_string(q, 1, db_tables[t].name);
        size_t n = 0;
        for (bool more = true; more; n++) {
            static const char *const types[] = {"sSMALLINT smallint", "dINTEGER integer", "iBIGINT bigint", "rDOUBLE PRECISION double precision", "tTEXT text", "bBLOB bytea"};
            assert_ok(db_step(q, &more, &err), &err);
            if (!more) break;
            if (n >= c.n) fail_msg("%s has a column %s more", c.table, db_text(q, 0, NULL));
            assert_string_equal(db_text(q, 0, NULL), c.column[n].name);
            bool known = false;
            for (size_t k = 0; k < 6; k++) known |= types[k][0] == c.column[n].type && strstr(types[k] + 1, db_text(q, 1, NULL));
            if (!known) fail_msg("%s.%s is %s, read as %c", c.table, c.column[n].name, db_text(q, 1, NULL), c.column[n].type);
            assert_int_equal(db_int(q, 2), c.column[n].null);
            int64_t place = db_int(q, 3);
            if (place) assert_true((size_t)place <= c.key_n && c.key[place - 1] == n);
        }
        if (n != c.n) fail_msg("%s has no column %s", c.table, c.column[n].name);
        assert_true(c.key_n > 0 && c.n < COLUMNS_MAX);
    }
    ledger_close(l);
}

/* --- reading what was written --- */

static char *read_back(FILE *f) {
    long size = ftell(f);
    char *text = calloc((size_t)size + 1, 1);
    rewind(f);
    assert_int_equal(fread(text, 1, (size_t)size, f), size);
    fclose(f);
    return text;
}

static char *export_text(const store *s, const char *what, const export_options *options) {
    mr_error err = {0};
    export_counts counts;
    FILE *f = tmpfile();
    assert_ok(ledger_export(s->url, what, options, f, NULL, &counts, &err), &err);
    char *text = read_back(f);
    size_t lines = 0;
    for (const char *p = text; (p = strchr(p, '\n')); p++) lines++;
    if (!strchr(text, '"')) assert_int_equal(lines, counts.rows + (options->format == EXPORT_CSV)); /* no line breaks inside */
    return text;
}

static void has(const char *text, const char *part) {
    if (!strstr(text, part)) fail_msg("no '%s' in:\n%.2000s", part, text);
}

static void refused(const store *s, const char *what, export_options options, mr_status status, const char *says) {
    mr_error err = {0};
    export_counts counts;
    FILE *f = tmpfile();
    assert_int_equal(ledger_export(s->url, what, &options, f, NULL, &counts, &err), status);
    has(err.message, says);
    fclose(f);
}

static void every_table(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    people_town(s, l);
    people_customer(s, 9, "=1+1", "quote\"d@example.com", "", "two\nlines");
    assert_ok(ledger_merge(l, fixture_customer(l, 0), fixture_customer(l, 1), TEST_NOW, NULL, NULL, &err), &err);
    const char *name, *about;
    for (size_t i = 0; (name = export_name_at(i, &about)); i++) {
        assert_true(about && strlen(about) > 10);
        for (int format = 0; format < 2; format++) {
            char *text = export_text(s, name, &(export_options){.format = (export_format)format});
            if (format == EXPORT_NDJSON) /* every line is an object */
                for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
                    json_t *o = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
                    if (!json_is_object(o)) fail_msg("%s: no object: %s", name, line);
                    json_decref(o);
                }
            free(text);
        }
    }
    char *text = export_text(s, "customer", &(export_options){.format = EXPORT_CSV});
    has(text, "customer,customer_id,kind,name,email,phone,address,tier,segment,time_zone,locale,owner_sales,owner_operations,attributes,updated_at\n");
    has(text, ",,'=1+1,\"quote\"\"d@example.com\",,\"two\nlines\",");
    has(text, "2023-11-14T22:13:20Z\n");
    free(text);
    text = export_text(s, "event", &(export_options){.format = EXPORT_NDJSON, .customer_id = fixture_customer(l, 2)});
    has(text, "{\"customer\":\"c2\",\"customer_id\":\"");
    has(text, "\"at\":\"1970-04-11T00:00:00Z\",\"recorded_at\":\"2023-11-14T22:13:20Z\",\"day\":\"1970-04-11\",\"kind\":\"order\",\"source\":\"test\",");
    has(text, "\"amount\":50.00,\"currency\":\"EUR\",\"source_id\":\"o-5\",\"body\":null}");
    has(text, "\"amount\":null,\"currency\":\"\",\"source_id\":\"e-13\",\"body\":{\"about\":\"sand in the box\"}}");
    assert_null(strstr(text, "c0"));
    free(text);
    text = export_text(s, "promise", &(export_options){.format = EXPORT_CSV});
    has(text, ",P-1,call back,,open,1970-05-31T00:00:00Z,1970-06-20T00:00:00Z,\n");
    has(text, ",kept,");
    free(text);
    text = export_text(s, "cycle", &(export_options){.format = EXPORT_NDJSON, .customer_id = fixture_customer(l, 2)});
    has(text, "\"stale\":false,\"state\":{\"events\":2,\"first\":\"1970-04-11T00:00:00Z\"");
    has(text, "\"spend\":50.0,");
    free(text);
    text = export_text(s, "source", &(export_options){.format = EXPORT_CSV});
    has(text, "id,name\n");
    free(text);
    refused(s, "nothing", (export_options){.format = EXPORT_CSV}, MR_EINVAL, "there is no table 'nothing'");
    refused(s, "audit", (export_options){.customer_id = 1}, MR_EINVAL, "no rows of single customers");
    refused(s, "touch", (export_options){.source = "x"}, MR_EINVAL, "go with events and orders");
    refused(s, "events", (export_options){.currency = "EUR"}, MR_EINVAL, "with orders alone");
    refused(s, "events", (export_options){.source = "elsewhere"}, MR_EDATA, "no events came from a source 'elsewhere'");
    ledger_close(l);
}

/* A body with line ends stays on one line of NDJSON; what is no JSON is a string. */
static void bodies(void **state) {
    (void)state;
    static const char *const cases[][2] = {{"{\n \"a b\": [1.10,\t\"x \\\" y\"]\r\n}", "{\"a b\":[1.10,\"x \\\" y\"]}"}, {"{\"a\":", "\"{\\\"a\\\":\""},
                                           {"{\"a\":1,\"a\":2}", "\"{\\\"a\\\":1,\\\"a\\\":2}\""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        text_buffer out = {0};
        json_object_of(&out, cases[i][0], strlen(cases[i][0]));
        assert_string_equal(text_terminate(&out), cases[i][1]);
        text_free(&out);
    }
}

/* Money of currencies with no, two and three digits, and none. */
static void times(void **state) {
    char text[40];
    (void)state;
    assert_string_equal(time_text(-1, text), "1969-12-31T23:59:59.999999Z");
    assert_string_equal(time_text(INT64_MIN, text), "");
    assert_string_equal(time_text(INT64_MAX, text), "");
}

static void money(void **state) {
    (void)state;
    static const struct {
        int64_t minor;
        const char *currency, *want;
    } cases[] = {{0, "EUR", "0.00"}, {-1, "EUR", "-0.01"}, {123456, "EUR", "1234.56"}, {1500, "JPY", "1500"}, {-1500, "KWD", "-1.500"}, {5, "XXX", "0.05"},
                 {INT64_MIN, "EUR", "-92233720368547758.08"}, {7, "???", "0.07"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        text_buffer out = {0};
        money_text(&out, cases[i].minor, cases[i].currency, 3);
        assert_string_equal(text_terminate(&out), cases[i].want);
        text_free(&out);
    }
}

static void orders(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    append_item items[] = {fixture_order(l, 0, 20000, 1234, "o-1"), fixture_event(l, 0, 20010, EVENT_refund, "r-1", NULL, NULL),
                           fixture_event(l, 0, 20020, EVENT_complaint, "x-1", NULL, NULL), fixture_event(l, 0, 20030, EVENT_return_goods, "g-1", NULL, NULL),
                           fixture_order(l, 1, 20001, 99, "o-2")};
    items[1].event.e.amount_minor = 234;
    strcpy(items[1].event.e.currency, "EUR");
    fixture_append(l, items, 5);
    char *text = export_text(s, "orders", &(export_options){.format = EXPORT_CSV});
    has(text, "customer,date,amount\n");
    has(text, "c0,2024-10-04,12.34\nc0,2024-10-14,-2.34\n");
    has(text, "c1,2024-10-05,0.99\n");
    assert_int_equal(strlen(text), strlen("customer,date,amount\nc0,2024-10-04,12.34\nc0,2024-10-14,-2.34\nc1,2024-10-05,0.99\n"));
    free(text);
    text = export_text(s, "orders", &(export_options){.format = EXPORT_NDJSON, .customer_id = fixture_customer(l, 1)});
    assert_string_equal(text, "{\"customer\":\"c1\",\"date\":\"2024-10-05\",\"amount\":\"0.99\"}\n");
    free(text);
    append_item yen = fixture_order(l, 1, 20005, 500, "o-3");
    strcpy(yen.event.e.currency, "JPY");
    fixture_append(l, &yen, 1);
    refused(s, "orders", (export_options){.format = EXPORT_CSV}, MR_EDATA, "choose one with --currency");
    text = export_text(s, "orders", &(export_options){.format = EXPORT_CSV, .currency = "JPY"});
    assert_string_equal(text, "customer,date,amount\nc1,2024-10-09,500\n");
    free(text);
    /* Two systems with the same identifiers. */
    refs r;
    mr_error err = {0};
    append_item other = fixture_order(l, 0, 20040, 100, "z-1");
    assert_ok(refs_begin(&r, l, "shop", &err), &err);
    assert_ok(ledger_append(l, &r, &other, 1, &err), &err);
    refs_free(&r);
    text = export_text(s, "orders", &(export_options){.format = EXPORT_CSV, .currency = "EUR"});
    has(text, "test:c0,2024-10-04,12.34\n");
    has(text, "shop:c0,2024-11-13,1.00\n");
    free(text);
    ledger_close(l);
}

/* --- there and back --- */

static void import(const store *s, const char *path, const char *source) {
    mr_error err = {0};
    rows *r;
    mapping *m;
    import_result result;
    const char *paths[] = {path};
    mapping_options how = {.today = INT32_MAX, .source = source};
    import_options options = {.paths = paths, .paths_n = 1, .record = "events", .now_us = TEST_NOW};
    assert_ok(rows_open(paths, 1, &(rows_options){.header = -1}, NULL, &r, &err), &err);
    assert_ok(mapping_guess(RECORD_events, r, &how, NULL, &m, &err), &err);
    assert_ok(mapping_bind(m, r, paths, 1, &how, &err), &err);
    assert_ok(ledger_import(s->url, m, r, &options, NULL, NULL, &result, &err), &err);
    assert_int_equal(result.rejected, 0);
    mapping_free(m);
    rows_close(r);
}

/* Events without what another ledger cannot have: recorded_at_us, the ids of those without a source id; by the customers' identifiers. */
static char *events_of(ledger *l) {
    mr_error err = {0};
    text_buffer out = {0};
    db_statement *q;
    assert_ok(db_prepare(l->d, "SELECT r.external_id, e.at_us, e.kind, e.source, e.subject_id, e.amount_minor, e.currency, e.source_id, e.body, "
                               "CASE WHEN e.source_id = '' THEN 0 ELSE e.id END FROM event e JOIN customer_ref r ON r.ref = e.customer_id "
                               "ORDER BY r.external_id, e.at_us, e.kind, e.amount_minor, e.source_id, e.body", "", &q, &err), &err);
    for (bool more = true; more;) {
        assert_ok(db_step(q, &more, &err), &err);
        for (int i = 0; more && i < 10; i++) text_printf(&out, "%s|", db_text(q, i, NULL));
        if (more) text_putc(&out, '\n');
    }
    return (char *)text_terminate(&out);
}

static void round_trip(void **state) {
    store *s = store_of(state), twin;
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    people_town(s, l);
    append_item more[] = {
        fixture_event(l, 3, 50, EVENT_custom, "k-1", NULL, "{\"kind\":\"Spade Sharpened\",\"how\":\"well, \\\"very\\\" well\"}"),
        fixture_event(l, 3, 51, EVENT_custom, "k-2", NULL, "{\"kind\":\"order\",\"odd\":1}"),
        fixture_event(l, 3, 52, EVENT_custom, "k-3", NULL, "{\"without\":\"a kind\"}"),
        fixture_event(l, 3, 53, EVENT_custom, "k-4", NULL, NULL),
        fixture_event(l, 3, 54, EVENT_custom, "k-5", "S-1", "{\"kind\":\"Thing\",\"number\":\"S-1\",\"n\":[1,2.50,3e2]}"),
        fixture_event(l, 3, 55, EVENT_case_open, "c-1", "T-9", "{\"subject\":\"no number here\"}"),
        fixture_event(l, 3, 56, EVENT_case_open, "c-2", "T-10", "{\"number\":\"another\",\"subject\":\"\\u00e9\"}"),
        fixture_event(l, 3, 57, EVENT_case_open, "c-3", "T \"11\",", "{\"number\":\"T \\\"11\\\",\"}"),
        fixture_event(l, 3, 58, EVENT_touch_in, "line\nbreak, and \"quotes\"", NULL, "{\"channel\":\"pho ne\"}"),
        fixture_order(l, 3, 59, -700, "neg"),
        fixture_order(l, 3, 60, 123456789012, "large"),
        fixture_order(l, 3, 61, 1500, "yen"),
        fixture_order(l, 3, 62, 5, "unknown"),
        fixture_order(l, 3, 63, 0, "none"),
        fixture_order(l, 4, 64, 1, ""),
        fixture_order(l, 4, 64, 1, ""),
    };
    strcpy(more[11].event.e.currency, "JPY");
    strcpy(more[12].event.e.currency, "XXX");
    strcpy(more[13].event.e.currency, "");
    more[8].event.e.at_us += 123456; /* a part of a second */
    more[14].event.e.id = 111;       /* two lines alike, without ids */
    more[15].event.e.id = 112;
    fixture_append(l, more, sizeof more / sizeof *more);
    append_item early = fixture_order(l, 4, -20000, 1, "early");
    fixture_append(l, &early, 1);
    assert_ok(ledger_merge(l, fixture_customer(l, 0), fixture_customer(l, 1), TEST_NOW, NULL, NULL, &err), &err);
    char *want = events_of(l);
    for (int format = 0; format < 2; format++) {
        store_new(&twin, s->kind);
        ledger *other = fixture_ledger(&twin);
        char path[160];
        export_counts counts;
        snprintf(path, sizeof path, "%s/events.%s", twin.folder, format ? "ndjson" : "csv");
        FILE *f = fopen(path, "w");
        assert_ok(ledger_export(s->url, "events", &(export_options){.format = (export_format)format, .source = "test"}, f, NULL, &counts, &err), &err);
        fclose(f);
        assert_int_equal(counts.sources, 1);
        assert_int_equal(counts.rows, fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM event"));
        import(&twin, path, "test");
        char *got = events_of(other);
        people_same(format ? "events through NDJSON" : "events through CSV", want, got);
        fixture_check_cycles(other);
        /* A second time: all are repeats. */
        import(&twin, path, "test");
        assert_int_equal(fixture_number(other, "SELECT CAST(COUNT(*) AS BIGINT) FROM event"), (int64_t)counts.rows);
        assert_int_equal(fixture_number(other, "SELECT CAST(COUNT(*) AS BIGINT) FROM event_conflict"), 0);
        free(got);
        ledger_close(other);
        store_remove(&twin);
    }
    free(want);
    ledger_close(l);
}

/* --- one customer --- */

static void file_of_one(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    export_counts counts;
    people_town(s, l);
    people_alias(s, 0, "second-of-0");
    int64_t a = fixture_customer(l, 0), b = fixture_customer(l, 1);
    assert_ok(ledger_merge(l, a, b, TEST_NOW, NULL, NULL, &err), &err);
    FILE *f = tmpfile();
    assert_ok(ledger_export_customer(s->url, a, TEST_NOW, f, &counts, &err), &err);
    char *text = read_back(f), *copy = strdup(text);
    has(text, "{\"table\":\"about\",\"customer_id\":\"");
    has(text, "\"external_id\":\"second-of-0\"");
    has(text, "\"table\":\"customer\",\"customer\":\"c0\"");
    has(text, "A. Osei"); /* kept by the merge */
    has(text, "\"table\":\"event_conflict\"");
    assert_null(strstr(text, "Ben Ito"));
    size_t n = 0;
    for (char *line = strtok(copy, "\n"); line; line = strtok(NULL, "\n"), n++) {
        json_t *o = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        assert_true(json_is_string(json_object_get(o, "table")));
        json_decref(o);
    }
    assert_int_equal(n, counts.rows);
    /* As many rows as there are. */
    int64_t want = 1;
    for (size_t t = 0; t < db_tables_n; t++) {
        char sql[160];
        if (db_tables[t].sort != DB_PER_CUSTOMER) continue;
        snprintf(sql, sizeof sql, "SELECT CAST(COUNT(*) AS BIGINT) FROM %s WHERE customer_id = %lld", db_tables[t].name, (long long)a);
        want += fixture_number(l, sql);
    }
    assert_int_equal(n, want);
    assert_int_equal(ledger_export_customer(s->url, b, TEST_NOW, stderr, &counts, &err), MR_EDATA);
    has(err.message, "was merged into");
    free(text);
    free(copy);
    ledger_close(l);
}

/* --- duplicates --- */

static mr_status note(void *ctx, const duplicate *d, mr_error *err) {
    text_buffer *out = ctx;
    (void)err;
    text_printf(out, "%s<-%s%s%s%s%s%s%s ", d->keep->external_id, d->other->external_id, d->signs & DUPLICATE_SAID ? " said" : "",
                d->signs & DUPLICATE_EMAIL ? " email" : "", d->signs & DUPLICATE_PHONE ? " phone" : "", d->signs & DUPLICATE_NAME ? " name" : "",
                d->signs & DUPLICATE_ADDRESS ? " address" : "", d->weak ? " weak" : "");
    return MR_OK;
}

static char *duplicates(const store *s, bool weak, duplicates_counts *counts) {
    text_buffer out = {0};
    mr_error err = {0};
    assert_ok(ledger_duplicates(s->url, &(duplicates_options){.weak = weak}, note, &out, counts, &err), &err);
    return (char *)text_terminate(&out);
}

static void find_duplicates(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    duplicates_counts counts;
    char *text = duplicates(s, true, &counts);
    assert_int_equal(counts.pairs + counts.weak + counts.shared, 0);
    free(text);
    people_customer(s, 0, "Ada Osei", "Ada.Osei+shop@gmail.com", "", "1 Dune Road");
    people_customer(s, 1, "OSEI, Ada", "adaosei@googlemail.com", "", "Dune Road 1");
    people_customer(s, 2, "Sand & Sons Ltd", "a@example.com", "+44 20 7946 0001", "");
    people_customer(s, 3, "Sand and Sons", "b@example.com", "020 7946 0001", "");
    people_customer(s, 4, "Cleo Marsh", "", "", "");
    people_customer(s, 5, "Marsh Cleo", "", "", "");
    people_customer(s, 6, "Eva Lind", "", "", "3 Cliff Way");
    people_customer(s, 7, "Lind, Eva", "", "", "Cliff Way 3");
    append_item items[] = {fixture_order(l, 1, 100, 1, "o-1"), fixture_order(l, 8, 100, 1, "o-2"), fixture_order(l, 9, 90, 1, "o-3")};
    fixture_append(l, items, 3);
    people_alias(s, 8, "c9");
    people_alias(s, 9, "c8");
    text = duplicates(s, true, &counts);
    has(text, "c9<-c8 said ");
    has(text, "c1<-c0 email name address "); /* c1 has an order */
    has(text, " phone ");
    has(text, " name weak ");
    has(text, " name address ");
    assert_int_equal(counts.pairs, 4);
    assert_int_equal(counts.weak, 1);
    free(text);
    text = duplicates(s, false, &counts);
    assert_null(strstr(text, "weak"));
    assert_int_equal(counts.weak, 1);
    free(text);
    /* What too many share is no sign; what was merged is none either. */
    for (unsigned i = 20; i < 20 + DUPLICATES_SHARED + 1; i++) people_customer(s, i, "", "", "+44 20 7946 9999", "");
    assert_ok(ledger_merge(l, fixture_customer(l, 9), fixture_customer(l, 8), TEST_NOW, NULL, NULL, &err), &err);
    text = duplicates(s, true, &counts);
    assert_int_equal(counts.pairs, 3);
    assert_int_equal(counts.shared, 1);
    assert_null(strstr(text, "said"));
    free(text);
    ledger_close(l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(columns_agree), BOTH(every_table), cmocka_unit_test(times), cmocka_unit_test(money), cmocka_unit_test(bodies), BOTH(orders), BOTH(round_trip), BOTH(file_of_one), BOTH(find_duplicates),
    };
    return cmocka_run_group_tests_name("ledger_export", tests, NULL, NULL);
}
