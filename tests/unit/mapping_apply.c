/* mapping: every way a value comes about, conditions, forms of dates and decimals decided by the column, and
 * what lies in the future. */
#include "mapping_fixture.h"

static void values(void **state) {
    (void)state;
    /* the first that is not empty; values with and without default; an empty value is absent */
    check_apply(
        ORDERS "    customer: [c, e]\n    date: d\n    product: {column: p, values: {A: apple, B: \"\"}}\n   "
               " id: {column: p, values: {A: one}, default: other}\n",
        "c,d,e,p\n1,2024-01-01,x,A\n,2024-01-02,y,b\n,2024-01-03,z,C\n2,2024-01-04,,\n,2024-01-05,,A\n", NULL,
        "2: orders customer='1' date=2024-01-01 id='one' product='apple'\n"
        "3: orders customer='y' date=2024-01-02 id='other'\n"
        "4: orders customer='z' date=2024-01-03 id='other' product='C'\n"
        "5: orders customer='2' date=2024-01-04 id='other'\n"
        "6! customer '' comes out empty; each of the orders needs it\n");
    check_apply(ORDERS "    customer: {join: [c, {const: x}, e], with: \"-\"}\n    date: d\n    product: "
                       "{const: thing}\n    id: {column: nothing, optional: yes, default: 7}\n",
                "c,d,e\n1,2024-01-01,2\n,2024-01-02,2\n1,2024-01-03,\n,2024-01-04,\n", NULL,
                "2: orders customer='1-x-2' date=2024-01-01 id='7' product='thing'\n"
                "3: orders customer='x-2' date=2024-01-02 id='7' product='thing'\n"
                "4: orders customer='1-x' date=2024-01-03 id='7' product='thing'\n"
                "5! customer '' comes out empty; each of the orders needs it\n");
    /* money: signs and codes, minor units, times; numbers of JSON have a point whatever the column has */
    check_apply(
        BOTH "    amount: {column: a, times: q}\n    currency: {column: u, optional: yes}\n",
        "c,d,a,q\n1,2024-01-01,$1.50,3\n2,2024-01-02,EUR "
        "-2,0.5\n3,2024-01-03,4,\n4,2024-01-04,1,x\n5,2024-01-05,,2\n6,2024-01-06,900000000000000,9\n",
        NULL,
        "2: orders customer='1' date=2024-01-01 amount=4.5($)\n"
        "3: orders customer='2' date=2024-01-02 amount=-1(EUR)\n"
        "4: orders customer='3' date=2024-01-03 amount=4\n"
        "5! amount 'x' is no number to multiply by\n"
        "6: orders customer='5' date=2024-01-05\n"
        "7! amount '900000000000000' is larger than 922,337,203,685,477\n");
    check_apply(
        BOTH "    amount: {column: a, scale: minor}\n    currency: u\n",
        "{\"c\":1,\"d\":\"2024-01-01\",\"a\":1999,\"u\":\"eur\"}\n{\"c\":1,\"d\":\"2024-01-01\",\"a\":\"-"
        "1999\",\"u\":\"JPY\"}\n{\"c\":1,\"d\":\"2024-01-01\",\"a\":1999,\"u\":\"BHD\"}\n{\"c\":1,\"d\":"
        "\"2024-01-01\",\"a\":0.5,\"u\":\"EUR\"}\n{\"c\":1,\"d\":\"2024-01-01\",\"a\":1e3,\"u\":\"EUR\"}\n",
        NULL,
        "1: orders customer='1' date=2024-01-01 amount=19.99 currency='eur'\n"
        "2: orders customer='1' date=2024-01-01 amount=-1999 currency='JPY'\n"
        "3: orders customer='1' date=2024-01-01 amount=1.999 currency='BHD'\n"
        "4: orders customer='1' date=2024-01-01 amount=0.005 currency='EUR'\n"
        "5: orders customer='1' date=2024-01-01 amount=10 currency='EUR'\n");
    check_apply(BOTH "    amount: {column: a, decimal: comma}\n    quantity: q\n",
                "{\"c\":true,\"d\":1704067200,\"a\":1.234,\"q\":\"1,234.5\"}\n{\"c\":\" b "
                "\",\"d\":1704067201.5,\"a\":\"1.234\",\"q\":2}\n{\"c\":{\"x\": 1},\"d\":null}\n",
                NULL,
                "1: orders customer='true' date=2024-01-01 amount=1.234 quantity=1234.5\n"
                "2: orders customer='b' date=2024-01-01T00:00:01.500000Z amount=1234 quantity=2\n"
                "3! date '' is empty; each of the orders needs it\n");
    check_apply("records:\n- record: contracts\n  fields: {customer: c, start: {months_before: {column: t, "
                "of: 2024-03-31}}, notice_days: n, seats: s}\n",
                "c,t,n,s\n1,1,30,12.0\n2,13,0,\n3,0,1.5,\n4,-1,,\n5,x,,\n6,99999,,\n", NULL,
                "2: contracts customer='1' start=2024-02-29 notice_days=30 seats=12\n"
                "3: contracts customer='2' start=2023-02-28 notice_days=0\n"
                "4! notice_days '1.5' is no whole number\n"
                "5! start '-1' is no number of months\n"
                "6! start 'x' is no number of months\n"
                "7! start '99999' is no number of months\n");
}

static void conditions(void **state) {
    (void)state;
    check_apply(
        "records:\n"
        "- {record: orders, when: {k: [o, \"\"], x: present}, fields: {customer: c, date: d}}\n"
        "- {record: orders, when: {k: {not: [o, p]}, x: absent}, fields: {customer: c, date: d, id: {const: "
        "second}}}\n"
        "- {record: touches, when: {k: P}, fields: {customer: c, at: d}, attributes: {a: x, \"b\\\"\": k}}\n"
        "- {record: orders, when: {nothing: absent, k: \"present\"}, fields: {customer: c, date: d, id: "
        "{const: third}}}\n",
        "c,d,k,x\n1,2024-01-01,O,y\n2,2024-01-02,,y\n3,2024-01-03,o,\n4,2024-01-04,q,\n5,2024-01-05,p,\"a "
        "\"\"b\"\"\tc\"\n6,2024-01-06,present,y\n,2024-01-07,,y\n",
        NULL,
        "2: orders customer='1' date=2024-01-01\n"
        "3: orders customer='2' date=2024-01-02\n"
        "4: -\n"
        "5: orders customer='4' date=2024-01-04 id='second'\n"
        "6: touches customer='5' at=2024-01-05 {\"a\":\"a \\\"b\\\"\\u0009c\",\"b\\\"\":\"p\"}\n"
        "7: orders customer='6' date=2024-01-06 id='third'\n"
        "8! customer '' is empty; each of the orders needs it\n");
    check_apply(
        "records:\n- {record: events, fields: {customer: c, kind: k, at: d}, attributes: [p, q, n]}\n",
        "{\"c\":1,\"k\":\"x\",\"d\":\"2024-01-01\",\"p\":{\"a\" : [1, "
        "\"\\u00e9\"]},\"q\":\"s\",\"n\":null}\n",
        NULL, "1: events customer='1' kind='x' at=2024-01-01 {\"p\":{\"a\":[1,\"\\u00e9\"]},\"q\":\"s\"}\n");
    check_apply("records:\n- {record: events, fields: {customer: c, kind: k, at: d, body: b}}\n",
                "c|k|d|b\n1|x|2024-01-01|\"{ \"\"a\"\" : 1 "
                "}\"\n1|x|2024-01-01|[]\n1|x|2024-01-01|\n1|x|2024-01-01|{a}\n",
                NULL,
                "2: events customer='1' kind='x' at=2024-01-01 body='{\"a\":1}'\n"
                "3! body '[]' is no JSON object\n"
                "4: events customer='1' kind='x' at=2024-01-01\n"
                "5! body '{a}' is no JSON object: a key in quotes is missing\n");
}

static void times(void **state) {
    (void)state;
    static const struct {
        const char *text;
        time_form form;
        const char *want; /* NULL: a fault */
        time_fault fault;
    } list[] = {
        {"2024-07-09", TIME_YMD, "2024-07-09", 0},
        {"2024-07-09 3:00", TIME_YMD, "2024-07-09T03:00:00Z", 0},
        {"2024-07-09T03:00:00.123456Z", TIME_YMD, "2024-07-09T03:00:00.123456Z", 0},
        {"2024-07-09T03:00:00.123456789Z", TIME_YMD, "2024-07-09T03:00:00.123456Z", 0},
        {"2024-07-09T03:00:00,5+02:00", TIME_YMD, "2024-07-09T01:00:00.500000Z", 0},
        {"2024-07-09T01:00:00+0200", TIME_YMD, "2024-07-08T23:00:00Z", 0},
        {"2024-07-09 23:30 -05", TIME_YMD, "2024-07-10T04:30:00Z", 0},
        {"2024-07-09 23:30 UTC", TIME_YMD, "2024-07-09T23:30:00Z", 0},
        {"2024-07-09 23:30 UTC+2", TIME_YMD, "2024-07-09T21:30:00Z", 0},
        {"2024-07-09T23:30:00+02:00[Europe/Berlin]", TIME_YMD, "2024-07-09T21:30:00Z", 0},
        {"2024-07-09 12:05 am", TIME_YMD, "2024-07-09T00:05:00Z", 0},
        {"2024-07-09, 12:05PM", TIME_YMD, "2024-07-09T12:05:00Z", 0},
        {"2024-07-09 3 p.m.", TIME_YMD, "2024-07-09T15:00:00Z", 0},
        {"2024-07-09T24:00", TIME_YMD, "2024-07-10", 0},
        {"2024-06-30T23:59:60Z", TIME_YMD, "2024-07-01", 0},
        {"2024-07-09T183000", TIME_YMD, "2024-07-09T18:30:00Z", 0},
        {"2024-07-09T18", TIME_YMD, "2024-07-09T18:00:00Z", 0},
        {"2024/7/9Z", TIME_YMD, "2024-07-09", 0},
        {"2024.07.09 18:30", TIME_YMD, "2024-07-09T18:30:00Z", 0},
        {"20240709", TIME_COMPACT, "2024-07-09", 0},
        {"202407091830", TIME_COMPACT, "2024-07-09T18:30:00Z", 0},
        {"20240709183005.25Z", TIME_COMPACT, "2024-07-09T18:30:05.250000Z", 0},
        {"20240709 18:30", TIME_COMPACT, "2024-07-09T18:30:00Z", 0},
        {"9. 7. 2024 8:05", TIME_DMY, "2024-07-09T08:05:00Z", 0},
        {"07/09/2024 8:05 PM", TIME_MDY, "2024-07-09T20:05:00Z", 0},
        {"31/12/2024", TIME_EITHER, "2024-12-31", 0},
        {"12/31/2024", TIME_EITHER, "2024-12-31", 0},
        {"1720494000", TIME_UNIX, "2024-07-09T03:00:00Z", 0},
        {"1720494000.123456", TIME_UNIX, "2024-07-09T03:00:00.123456Z", 0},
        {"-86400", TIME_UNIX, "1969-12-31", 0},
        {"1720494000123", TIME_UNIX_MS, "2024-07-09T03:00:00.123000Z", 0},
        {"0001-01-01", TIME_YMD, "0001-01-01", 0},
        {"9999-12-31T23:59:59Z", TIME_YMD, "9999-12-31T23:59:59Z", 0},
        {"2024-02-30", TIME_YMD, NULL, TIME_FAULT_DAY},
        {"2024-07-09T", TIME_YMD, NULL, TIME_FAULT_CLOCK},
        {"2024-07-09 25:00", TIME_YMD, NULL, TIME_FAULT_CLOCK},
        {"2024-07-09 24:01", TIME_YMD, NULL, TIME_FAULT_CLOCK},
        {"2024-07-09 13:00 pm", TIME_YMD, NULL, TIME_FAULT_CLOCK},
        {"2024-07-09 3:5", TIME_YMD, NULL, TIME_FAULT_CLOCK},
        {"2024-07-09 03:00:00.", TIME_YMD, NULL, TIME_FAULT_CLOCK},
        {"2024-07-09x", TIME_YMD, NULL, TIME_FAULT_CLOCK},
        {"2024-07-09 03:00 EST", TIME_YMD, NULL, TIME_FAULT_ZONE},
        {"2024-07-09 03:00 +25:00", TIME_YMD, NULL, TIME_FAULT_ZONE},
        {"2024-07-09 03:00Z Z", TIME_YMD, NULL, TIME_FAULT_ZONE},
        {"09/07/24", TIME_DMY, NULL, TIME_FAULT_SHORT_YEAR},
        {"12/31/2024", TIME_DMY, NULL, TIME_FAULT_ORDER},
        {"2024-07-09", TIME_COMPACT, NULL, TIME_FAULT_FORM},
        {"", TIME_YMD, NULL, TIME_FAULT_FORM},
        {"17204940000000000", TIME_UNIX, NULL, TIME_FAULT_FORM},
        {"999999999999999", TIME_UNIX, NULL, TIME_FAULT_DAY},
        {"1720494000x", TIME_UNIX, NULL, TIME_FAULT_FORM},
    };
    date_table *table = calloc(1, sizeof *table);
    date_table_fill(table);
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        int64_t us = 0, fast_us;
        bool clock, fast_clock;
        date_proof proof;
        char text[64] = "";
        snprintf(text, sizeof text, "%s", list[i].text);
        time_fault fault = time_parse(text, strlen(text), list[i].form, &us, &clock, &proof);
        text_buffer b = {0};
        show_time(&b, us);
        if (fault != list[i].fault || (!fault && strcmp(text_terminate(&b), list[i].want) != 0))
            print_error("'%s': fault %d, %s\n", text, fault, text_terminate(&b));
        assert_int_equal(fault, list[i].fault);
        if (!fault) assert_string_equal(text_terminate(&b), list[i].want);
        /* the fast way may give up, never disagree */
        if (list[i].form == TIME_YMD && time_parse_plain(table, text, strlen(text), &fast_us, &fast_clock)) {
            assert_int_equal(fault, TIME_OK);
            assert_true(fast_us == us && fast_clock == clock);
        }
        if (list[i].want && list[i].form != TIME_MDY && list[i].form != TIME_DMY && us > 0 && text[0] != '0')
            assert_int_equal(time_form_of(text, strlen(text)), list[i].form);
        text_free(&b);
    }
    free(table);
    assert_int_equal(time_form_of("12345", 5), TIME_OPEN);
    assert_int_equal(time_form_find("YMD"), TIME_YMD);
    assert_int_equal(time_form_find(""), TIME_OPEN);
}

/* Decided by the column. */
static void settled(void **state) {
    (void)state;
    check_apply(
        BOTH, "c,d\n1,04/03/2024\n2,13/03/2024 08:00\n3,03/14/2024\n4,4.3.24\n", NULL,
        "2: orders customer='1' date=2024-03-04\n"
        "3: orders customer='2' date=2024-03-13T08:00:00Z\n"
        "4! date '03/14/2024' reads M/D/YYYY, but line 3 (13/03/2024 08:00) shows D/M/YYYY; give "
        "--date-format, or correct the file\n"
        "5! date '4.3.24' has a year of two digits; export the dates with four, best as 2021-03-04\n");
    check_apply(BOTH, "c,d\n1,04/03/2024\n", &(mapping_options){.date_format = "mdy", .today = INT32_MAX},
                "2: orders customer='1' date=2024-04-03\n");
}

/* Nothing decides the scores, and they only appear late: each is a reject that says what helps. */
static void late_and_open(void **state) {
    (void)state;
    text_buffer csv = {0}, got = {0};
    text_puts(&csv, "c,d,f,e\n");
    for (int i = 0; i < 20000; i++)
        text_printf(&csv, "c%d,2024-01-02,%s,%s\n", i, i < 18000 ? "" : "\"1.234\"",
                    i < 19000   ? ""
                    : i < 19500 ? "n/a"
                                : "02/03/2024");
    text_terminate(&csv);
    mapping *m = must_parse(
        "records:\n- record: surveys\n  when: {f: present}\n  fields: {customer: c, at: d, score: f}\n"
        "- {record: contracts, fields: {customer: c, start: d, end: e}}\n");
    rows *r = must_open(csv.data);
    mr_error err = {0};
    assert_int_equal(mapping_bind(m, r, NULL, 0, &plain, &err), MR_OK);
    assert_int_equal(show_all(m, r, &got, NULL), 2000);
    assert_non_null(strstr(
        got.data, "18002! score '1.234' can be read two ways; say --decimal point or --decimal comma"));
    text_free(&got);
    rows_close(r);
    r = must_open(csv.data);
    assert_int_equal(
        mapping_bind(m, r, NULL, 0, &(mapping_options){.decimal = "point", .today = INT32_MAX}, &err), MR_OK);
    got = (text_buffer){0};
    assert_int_equal(show_all(m, r, &got, NULL), 1000);
    assert_non_null(strstr(got.data, "19002! end 'n/a' is no date of the column's form (like 04/03/2021)"));
    assert_non_null(
        strstr(got.data,
               "20001! end '02/03/2024' can be read two ways; say --date-format dmy or --date-format mdy"));
    text_free(&got);
    text_free(&csv);
    rows_close(r);
    mapping_free(m);
}

static void far_ahead(void **state) {
    (void)state;
    text_buffer csv = {0}, json = {0};
    text_puts(&csv, "c,d,e,a\n");
    for (int i = 0; i < 20000; i++) {
        bool last = i == 19999;
        text_printf(&csv, "c%d,%s,%s,%s\n", i, last ? "13/01/2024" : "02/01/2024",
                    i < 15000   ? ""
                    : i < 15500 ? "03/02/2024"
                                : "02/28/2024",
                    last ? "\"12,5\"" : "\"1,234\"");
        text_printf(&json, "{\"c\":\"c%d\",\"d\":\"%s\",\"e\":\"%s\",\"a\":\"%s\"}\n", i,
                    last ? "13/01/2024" : "02/01/2024",
                    i < 15000   ? ""
                    : i < 15500 ? "03/02/2024"
                                : "02/28/2024",
                    last ? "12,5" : "1,234");
    }
    text_terminate(&csv);
    text_terminate(&json);
    for (int k = 0; k < 2; k++) {
        mapping *m = must_parse(
            "records:\n- record: contracts\n  fields: {customer: c, start: d, end: e, price: a}\n");
        rows *r = must_open(k ? json.data : csv.data);
        mr_error err = {0};
        text_buffer got = {0}, yaml = {0};
        mr_status status = mapping_bind(m, r, NULL, 0, &plain, &err);
        if (status) print_error("%s\n", err.message);
        assert_int_equal(status, MR_OK);
        size_t rejected = show_all(m, r, &got, NULL);
        assert_non_null(strstr(got.data, ": contracts customer='c0' start=2024-01-02 price=1.234\n"));
        assert_non_null(
            strstr(got.data, ": contracts customer='c15000' start=2024-01-02 end=2024-03-02 price=1.234\n"));
        assert_int_equal(rejected, 0);
        mapping_write(m, &yaml, &err);
        assert_non_null(strstr(text_terminate(&yaml),
                               "start: {column: d, format: dmy}\n      end: {column: e, format: "
                               "mdy}\n      price: {column: a, decimal: comma}"));
        text_free(&yaml);
        text_free(&got);
        rows_close(r);
        mapping_free(m);
    }
    text_free(&csv);
    text_free(&json);
}

static void today(void **state) {
    (void)state;
    mapping_options o = {.today = calendar_day(2024, 7, 9)};
    check_apply(
        BOTH, "c,d\n1,2024-07-09\n2,2024-07-10\n3,2024-07-09T23:59:59-12:00\n4,2024-07-10T14:00:00Z\n", &o,
        "2: orders customer='1' date=2024-07-09\n"
        "3! date '2024-07-10' lies in the future: after 2024-07-09; check the clock, or give --today\n"
        "4: orders customer='3' date=2024-07-10T11:59:59Z\n"
        "5! date '2024-07-10T14:00:00Z' lies in the future: after 2024-07-09; check the clock, or give "
        "--today\n");
    check_apply("records:\n- {record: contracts, fields: {customer: c, start: d, renewal: e}}\n- {record: "
                "promises, fields: {customer: c, what: {const: x}, made: d, due: e}}\n",
                "c,d,e\n1,2024-07-01,2025-01-01\n", &o,
                "2: contracts customer='1' start=2024-07-01 renewal=2025-01-01\n2: promises customer='1' "
                "what='x' made=2024-07-01 due=2025-01-01\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(values),        cmocka_unit_test(conditions),
                                       cmocka_unit_test(times),         cmocka_unit_test(settled),
                                       cmocka_unit_test(late_and_open), cmocka_unit_test(far_ahead),
                                       cmocka_unit_test(today)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
