/* mapping: what a file says and what is wrong with it, guesses, forms of dates and decimals decided by the column, every way a value comes
 * about, and memory that runs short. */
#include "show_records.h"

#include "mapping_impl.h"

static mapping *must_parse(const char *yaml) {
    mapping *m = NULL;
    mr_error err = {0};
    mr_status status = mapping_parse("m.yaml", yaml, strlen(yaml), NULL, &m, &err);
    if (status) print_error("%s\n", err.message);
    assert_int_equal(status, MR_OK);
    return m;
}

static rows *must_open(const char *text) {
    rows *r = NULL;
    mr_error err = {0};
    mr_status status = rows_open_memory(text, strlen(text), NULL, NULL, &r, &err);
    if (status) print_error("%s\n", err.message);
    assert_int_equal(status, MR_OK);
    return r;
}

static const mapping_options plain = {.today = INT32_MAX};

/* --- what is wrong with a file --- */

static void refused(void **state) {
    (void)state;
#define ORDERS "records:\n- record: orders\n  fields:\n"
#define BOTH ORDERS "    customer: c\n    date: d\n"
    static const struct {
        const char *yaml, *parts[3];
    } list[] = {
        {"", {"m.yaml", "empty"}},
        {"records", {"m.yaml:1", "mapping"}},
        {"source: x\n", {"needs 'records'"}},
        {"sorce: x\nrecords: []", {"m.yaml:1: 'sorce'", "did you mean 'source'"}},
        {"zzz: x\n", {"'zzz'", "known are source, about, records"}},
        {"source: a\nsource: b\n" BOTH, {"m.yaml:2", "twice"}},
        {"records: []", {"empty list"}},
        {"records: {a: b}", {"list"}},
        {"records: [x]", {"record: orders"}},
        {"records:\n- fields: {}\n", {"m.yaml:2", "record: orders"}},
        {"records:\n- record: order\n", {"m.yaml:2", "did you mean 'orders'"}},
        {"records:\n- record: nothing\n", {"known are orders, customers"}},
        {"records:\n- record: orders\n  feilds: {}\n", {"m.yaml:3: 'feilds'", "did you mean 'fields'"}},
        {ORDERS "    customer: c\n", {"m.yaml:2", "orders needs the field 'date'"}},
        {ORDERS "    custmer: c\n", {"m.yaml:4: 'custmer' is no field of orders", "did you mean 'customer'"}},
        {ORDERS "    customer: c\n    customer: d\n", {"m.yaml:5", "twice"}},
        {BOTH "    amount: {colum: a}\n", {"m.yaml:6: 'colum'", "did you mean 'column'"}},
        {BOTH "    amount: {column: a, const: 3}\n", {"several"}},
        {BOTH "    amount: {scale: minor}\n", {"none"}},
        {BOTH "    amount: {column: a, scale: minor}\n", {"needs the field 'currency'"}},
        {BOTH "    amount: {column: a, scale: cents}\n", {"'cents' is neither minor nor unit"}},
        {BOTH "    product: {column: a, scale: minor}\n", {"'scale' is for money"}},
        {BOTH "    product: {column: a, format: iso}\n", {"'format' is for dates"}},
        {BOTH "    product: {column: a, decimal: comma}\n", {"'decimal' is for numbers"}},
        {BOTH "    product: {column: a, times: q}\n", {"'times' is for numbers"}},
        {BOTH "    product: {column: a, with: q}\n", {"'with' goes with 'join'"}},
        {BOTH "    product: {join: a}\n", {"list of columns"}},
        {BOTH "    product: {column: a, optional: perhaps}\n", {"neither yes nor no"}},
        {BOTH "    product: {column: a, values: [a]}\n", {"'values' is to be a mapping"}},
        {BOTH "    product: {column: a, values: {x: 1, x: 2}}\n", {"'x' stands there twice"}},
        {BOTH "    product: {column: a, lookup: {file: f}}\n", {"needs 'file', 'key' and 'value'"}},
        {BOTH "    product: {months_before: {column: t, of: 2024-01-01}}\n", {"makes a date"}},
        {BOTH "    product: ~\n", {"'product' is empty"}},
        {BOTH "    product: []\n", {"empty list"}},
        {BOTH "    product: \"a\\0b\"\n", {"NUL"}},
        {ORDERS "    customer: c\n    date: {months_before: {column: t}}\n", {"needs 'column' and 'of'"}},
        {ORDERS "    customer: c\n    date: {months_before: {column: t, of: soon}}\n", {"'soon' is no date"}},
        {ORDERS "    customer: c\n    date: {column: d, format: american}\n", {"'american' is none of iso"}},
        {BOTH "  when: [a]\n", {"'when' is to be a mapping"}},
        {BOTH "  when: {a: {is: b}}\n", {"'is' is no key of a condition"}},
        {BOTH "  when: {a: {}}\n", {"says nothing"}},
        {BOTH "  attributes: x\n", {"list of columns"}},
        {BOTH "  attributes: [x, x]\n", {"'x' stands there twice"}},
        {"records:\n- record: events\n  fields: {customer: a, kind: b, at: c, body: d}\n  attributes: [e]\n", {"not both"}},
        {"a: [", {"m.yaml:", "no YAML"}},
        {"a: \xFF", {"no YAML"}},
        {"a: b: c", {"m.yaml:1", "no YAML"}},
        {"? [a]\n: b\n", {"one value"}},
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        mapping *m = NULL;
        mr_error err = {0};
        mr_status status = mapping_parse("m.yaml", list[i].yaml, strlen(list[i].yaml), NULL, &m, &err);
        if (status != MR_EDATA) print_error("%s\n", list[i].yaml);
        assert_int_equal(status, MR_EDATA);
        assert_null(m);
        for (int k = 0; k < 3 && list[i].parts[k]; k++) {
            if (!strstr(err.message, list[i].parts[k])) print_error("no '%s' in '%s'\n", list[i].parts[k], err.message);
            assert_non_null(strstr(err.message, list[i].parts[k]));
        }
    }
    mapping *m;
    mr_error err = {0};
    assert_int_equal(mapping_read("segmant", NULL, &m, &err), MR_EIO);
    assert_non_null(strstr(err.message, "did you mean 'segment'"));
    assert_int_equal(mapping_read("no/such.yaml", NULL, &m, &err), MR_EIO);
    assert_non_null(strstr(err.message, "no/such.yaml: No such file"));
    assert_int_equal(mapping_read("/", NULL, &m, &err), MR_EIO);
    char *large = calloc(1, (1 << 20) + 2);
    memset(large, '#', (1 << 20) + 1);
    assert_int_equal(mapping_parse("large", large, strlen(large), NULL, &m, &err), MR_EDATA);
    free(large);
}

/* --- binding --- */

static void bind_refused(const char *yaml, const char *text, const mapping_options *o, mr_status code, const char *part, const char *other) {
    mapping *m = must_parse(yaml);
    rows *r = must_open(text);
    mr_error err = {0};
    assert_int_equal(mapping_bind(m, r, NULL, 0, o ? o : &plain, &err), code);
    if (!strstr(err.message, part) || (other && !strstr(err.message, other))) print_error("%s\n", err.message);
    assert_non_null(strstr(err.message, part));
    if (other) assert_non_null(strstr(err.message, other));
    rows_close(r);
    mapping_free(m);
}

static void unbound(void **state) {
    (void)state;
    bind_refused(BOTH, "customer,d\n1,2024-01-01\n", NULL, MR_EDATA, "m.yaml:4: memory has no column 'c' (for customer)", "its columns are customer, d");
    bind_refused(ORDERS "    customer: custoner\n    date: d\n", "customer,d\n1,2024-01-01\n", NULL, MR_EDATA, "did you mean 'customer'", NULL);
    bind_refused(ORDERS "    customer: [x, y]\n    date: d\n", "customer,d\n1,2024-01-01\n", NULL, MR_EDATA, "no column 'x'", NULL);
    bind_refused(BOTH "  when: {kind: x}\n", "c,d\n1,2024-01-01\n", NULL, MR_EDATA, "no column 'kind' (for when)", NULL);
    bind_refused(BOTH "  attributes: [e]\n", "c,d\n1,2024-01-01\n", NULL, MR_EDATA, "no column 'e' (for attributes)", NULL);
    bind_refused(BOTH "    product: {join: [c, e]}\n", "c,d\n1,2024-01-01\n", NULL, MR_EDATA, "no column 'e' (for product)", NULL);
    bind_refused(BOTH "    amount: {column: c, times: e}\n", "c,d\n1,2024-01-01\n", NULL, MR_EDATA, "no column 'e' (for times)", NULL);
    bind_refused(BOTH, "c,d\na,04/03/2024\nb,05/03/2024\n", NULL, MR_EDATA, "memory:2: '04/03/2024'", "--date-format dmy");
    bind_refused(BOTH "    amount: a\n", "c;d;a\na;2024-03-04;1,234\nb;2024-03-04;2\n", NULL, MR_EDATA, "memory:2: '1,234'", "--decimal");
    bind_refused(BOTH, "c,d\na,2024-03-04\n", &(mapping_options){.date_format = "roman", .today = INT32_MAX}, MR_EINVAL, "--date-format roman", "mdy");
    bind_refused(BOTH, "c,d\na,2024-03-04\n", &(mapping_options){.decimal = ";", .today = INT32_MAX}, MR_EINVAL, "--decimal ;", "comma");
    bind_refused(BOTH "    product: {column: c, lookup: {file: no-such.csv, key: a, value: b}}\n", "c,d\na,2024-03-04\n", NULL, MR_EIO, "no-such.csv", NULL);
}

/* --- applying --- */

static void check_apply(const char *yaml, const char *text, const mapping_options *o, const char *want) {
    mapping *m = must_parse(yaml);
    rows *r = must_open(text);
    mr_error err = {0};
    text_buffer got = {0};
    mr_status status = mapping_bind(m, r, NULL, 0, o ? o : &plain, &err);
    if (status) print_error("%s\n", err.message);
    assert_int_equal(status, MR_OK);
    show_all(m, r, &got, NULL);
    if (strcmp(got.data, want) != 0) print_error("%s\n", yaml);
    assert_string_equal(got.data, want);
    text_free(&got);
    rows_close(r);
    mapping_free(m);
}

static void values(void **state) {
    (void)state;
    /* the first that is not empty; values with and without default; an empty value is absent */
    check_apply(ORDERS "    customer: [c, e]\n    date: d\n    product: {column: p, values: {A: apple, B: \"\"}}\n    id: {column: p, values: {A: one}, default: other}\n",
                "c,d,e,p\n1,2024-01-01,x,A\n,2024-01-02,y,b\n,2024-01-03,z,C\n2,2024-01-04,,\n,2024-01-05,,A\n", NULL,
                "2: orders customer='1' date=2024-01-01 id='one' product='apple'\n"
                "3: orders customer='y' date=2024-01-02 id='other'\n"
                "4: orders customer='z' date=2024-01-03 id='other' product='C'\n"
                "5: orders customer='2' date=2024-01-04 id='other'\n"
                "6! customer '' comes out empty; each of the orders needs it\n");
    check_apply(ORDERS "    customer: {join: [c, {const: x}, e], with: \"-\"}\n    date: d\n    product: {const: thing}\n    id: {column: nothing, optional: yes, default: 7}\n",
                "c,d,e\n1,2024-01-01,2\n,2024-01-02,2\n1,2024-01-03,\n,2024-01-04,\n", NULL,
                "2: orders customer='1-x-2' date=2024-01-01 id='7' product='thing'\n"
                "3: orders customer='x-2' date=2024-01-02 id='7' product='thing'\n"
                "4: orders customer='1-x' date=2024-01-03 id='7' product='thing'\n"
                "5! customer '' comes out empty; each of the orders needs it\n");
    /* money: signs and codes, minor units, times; numbers of JSON have a point whatever the column has */
    check_apply(BOTH "    amount: {column: a, times: q}\n    currency: {column: u, optional: yes}\n", "c,d,a,q\n1,2024-01-01,$1.50,3\n2,2024-01-02,EUR -2,0.5\n3,2024-01-03,4,\n4,2024-01-04,1,x\n5,2024-01-05,,2\n6,2024-01-06,900000000000000,9\n",
                NULL,
                "2: orders customer='1' date=2024-01-01 amount=4.5($)\n"
                "3: orders customer='2' date=2024-01-02 amount=-1(EUR)\n"
                "4: orders customer='3' date=2024-01-03 amount=4\n"
                "5! amount 'x' is no number to multiply by\n"
                "6: orders customer='5' date=2024-01-05\n"
                "7! amount '900000000000000' is larger than 922,337,203,685,477\n");
    check_apply(BOTH "    amount: {column: a, scale: minor}\n    currency: u\n", "{\"c\":1,\"d\":\"2024-01-01\",\"a\":1999,\"u\":\"eur\"}\n{\"c\":1,\"d\":\"2024-01-01\",\"a\":\"-1999\",\"u\":\"JPY\"}\n{\"c\":1,\"d\":\"2024-01-01\",\"a\":1999,\"u\":\"BHD\"}\n{\"c\":1,\"d\":\"2024-01-01\",\"a\":0.5,\"u\":\"EUR\"}\n{\"c\":1,\"d\":\"2024-01-01\",\"a\":1e3,\"u\":\"EUR\"}\n",
                NULL,
                "1: orders customer='1' date=2024-01-01 amount=19.99 currency='eur'\n"
                "2: orders customer='1' date=2024-01-01 amount=-1999 currency='JPY'\n"
                "3: orders customer='1' date=2024-01-01 amount=1.999 currency='BHD'\n"
                "4: orders customer='1' date=2024-01-01 amount=0.005 currency='EUR'\n"
                "5: orders customer='1' date=2024-01-01 amount=10 currency='EUR'\n");
    check_apply(BOTH "    amount: {column: a, decimal: comma}\n    quantity: q\n", "{\"c\":true,\"d\":1704067200,\"a\":1.234,\"q\":\"1,234.5\"}\n{\"c\":\" b \",\"d\":1704067201.5,\"a\":\"1.234\",\"q\":2}\n{\"c\":{\"x\": 1},\"d\":null}\n", NULL,
                "1: orders customer='true' date=2024-01-01 amount=1.234 quantity=1234.5\n"
                "2: orders customer='b' date=2024-01-01T00:00:01.500000Z amount=1234 quantity=2\n"
                "3! date '' is empty; each of the orders needs it\n");
    check_apply("records:\n- record: contracts\n  fields: {customer: c, start: {months_before: {column: t, of: 2024-03-31}}, notice_days: n, seats: s}\n",
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
    check_apply("records:\n"
                "- {record: orders, when: {k: [o, \"\"], x: present}, fields: {customer: c, date: d}}\n"
                "- {record: orders, when: {k: {not: [o, p]}, x: absent}, fields: {customer: c, date: d, id: {const: second}}}\n"
                "- {record: touches, when: {k: P}, fields: {customer: c, at: d}, attributes: {a: x, \"b\\\"\": k}}\n"
                "- {record: orders, when: {nothing: absent, k: \"present\"}, fields: {customer: c, date: d, id: {const: third}}}\n",
                "c,d,k,x\n1,2024-01-01,O,y\n2,2024-01-02,,y\n3,2024-01-03,o,\n4,2024-01-04,q,\n5,2024-01-05,p,\"a \"\"b\"\"\tc\"\n6,2024-01-06,present,y\n,2024-01-07,,y\n",
                NULL,
                "2: orders customer='1' date=2024-01-01\n"
                "3: orders customer='2' date=2024-01-02\n"
                "4: -\n"
                "5: orders customer='4' date=2024-01-04 id='second'\n"
                "6: touches customer='5' at=2024-01-05 {\"a\":\"a \\\"b\\\"\\u0009c\",\"b\\\"\":\"p\"}\n"
                "7: orders customer='6' date=2024-01-06 id='third'\n"
                "8! customer '' is empty; each of the orders needs it\n");
    check_apply("records:\n- {record: events, fields: {customer: c, kind: k, at: d}, attributes: [p, q, n]}\n",
                "{\"c\":1,\"k\":\"x\",\"d\":\"2024-01-01\",\"p\":{\"a\" : [1, \"\\u00e9\"]},\"q\":\"s\",\"n\":null}\n", NULL,
                "1: events customer='1' kind='x' at=2024-01-01 {\"p\":{\"a\":[1,\"\\u00e9\"]},\"q\":\"s\"}\n");
    check_apply("records:\n- {record: events, fields: {customer: c, kind: k, at: d, body: b}}\n", "c|k|d|b\n1|x|2024-01-01|\"{ \"\"a\"\" : 1 }\"\n1|x|2024-01-01|[]\n1|x|2024-01-01|\n1|x|2024-01-01|{a}\n", NULL,
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
        if (fault != list[i].fault || (!fault && strcmp(text_terminate(&b), list[i].want) != 0)) print_error("'%s': fault %d, %s\n", text, fault, text_terminate(&b));
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
    check_apply(BOTH, "c,d\n1,04/03/2024\n2,13/03/2024 08:00\n3,03/14/2024\n4,4.3.24\n", NULL,
                "2: orders customer='1' date=2024-03-04\n"
                "3: orders customer='2' date=2024-03-13T08:00:00Z\n"
                "4! date '03/14/2024' reads M/D/YYYY, but line 3 (13/03/2024 08:00) shows D/M/YYYY; give --date-format, or correct the file\n"
                "5! date '4.3.24' has a year of two digits; export the dates with four, best as 2021-03-04\n");
    check_apply(BOTH, "c,d\n1,04/03/2024\n", &(mapping_options){.date_format = "mdy", .today = INT32_MAX}, "2: orders customer='1' date=2024-04-03\n");
}

/* Nothing decides the scores, and they only appear late: each is a reject that says what helps. */
static void late_and_open(void **state) {
    (void)state;
    text_buffer csv = {0}, got = {0};
    text_puts(&csv, "c,d,f,e\n");
    for (int i = 0; i < 20000; i++) text_printf(&csv, "c%d,2024-01-02,%s,%s\n", i, i < 18000 ? "" : "\"1.234\"", i < 19000 ? "" : i < 19500 ? "n/a" : "02/03/2024");
    text_terminate(&csv);
    mapping *m = must_parse("records:\n- record: surveys\n  when: {f: present}\n  fields: {customer: c, at: d, score: f}\n"
                            "- {record: contracts, fields: {customer: c, start: d, end: e}}\n");
    rows *r = must_open(csv.data);
    mr_error err = {0};
    assert_int_equal(mapping_bind(m, r, NULL, 0, &plain, &err), MR_OK);
    assert_int_equal(show_all(m, r, &got, NULL), 2000);
    assert_non_null(strstr(got.data, "18002! score '1.234' can be read two ways; say --decimal point or --decimal comma"));
    text_free(&got);
    rows_close(r);
    r = must_open(csv.data);
    assert_int_equal(mapping_bind(m, r, NULL, 0, &(mapping_options){.decimal = "point", .today = INT32_MAX}, &err), MR_OK);
    got = (text_buffer){0};
    assert_int_equal(show_all(m, r, &got, NULL), 1000);
    assert_non_null(strstr(got.data, "19002! end 'n/a' is no date of the column's form (like 04/03/2021)"));
    assert_non_null(strstr(got.data, "20001! end '02/03/2024' can be read two ways; say --date-format dmy or --date-format mdy"));
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
        text_printf(&csv, "c%d,%s,%s,%s\n", i, last ? "13/01/2024" : "02/01/2024", i < 15000 ? "" : i < 15500 ? "03/02/2024" : "02/28/2024", last ? "\"12,5\"" : "\"1,234\"");
        text_printf(&json, "{\"c\":\"c%d\",\"d\":\"%s\",\"e\":\"%s\",\"a\":\"%s\"}\n", i, last ? "13/01/2024" : "02/01/2024",
                    i < 15000 ? "" : i < 15500 ? "03/02/2024" : "02/28/2024", last ? "12,5" : "1,234");
    }
    text_terminate(&csv);
    text_terminate(&json);
    for (int k = 0; k < 2; k++) {
        mapping *m = must_parse("records:\n- record: contracts\n  fields: {customer: c, start: d, end: e, price: a}\n");
        rows *r = must_open(k ? json.data : csv.data);
        mr_error err = {0};
        text_buffer got = {0}, yaml = {0};
        mr_status status = mapping_bind(m, r, NULL, 0, &plain, &err);
        if (status) print_error("%s\n", err.message);
        assert_int_equal(status, MR_OK);
        size_t rejected = show_all(m, r, &got, NULL);
        assert_non_null(strstr(got.data, ": contracts customer='c0' start=2024-01-02 price=1.234\n"));
        assert_non_null(strstr(got.data, ": contracts customer='c15000' start=2024-01-02 end=2024-03-02 price=1.234\n"));
        assert_int_equal(rejected, 0);
        mapping_write(m, &yaml, &err);
        assert_non_null(strstr(text_terminate(&yaml), "start: {column: d, format: dmy}\n      end: {column: e, format: mdy}\n      price: {column: a, decimal: comma}"));
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
    check_apply(BOTH, "c,d\n1,2024-07-09\n2,2024-07-10\n3,2024-07-09T23:59:59-12:00\n4,2024-07-10T14:00:00Z\n", &o,
                "2: orders customer='1' date=2024-07-09\n"
                "3! date '2024-07-10' lies in the future: after 2024-07-09; check the clock, or give --today\n"
                "4: orders customer='3' date=2024-07-10T11:59:59Z\n"
                "5! date '2024-07-10T14:00:00Z' lies in the future: after 2024-07-09; check the clock, or give --today\n");
    check_apply("records:\n- {record: contracts, fields: {customer: c, start: d, renewal: e}}\n- {record: promises, fields: {customer: c, what: {const: x}, made: d, due: e}}\n",
                "c,d,e\n1,2024-07-01,2025-01-01\n", &o,
                "2: contracts customer='1' start=2024-07-01 renewal=2025-01-01\n2: promises customer='1' what='x' made=2024-07-01 due=2025-01-01\n");
}

/* --- guesses --- */

static void check_guess(record_kind kind, const char *text, const char *columns, const char *want) {
    rows *r = must_open(text);
    mapping *m = NULL;
    mr_error err = {0};
    mapping_options o = {.today = INT32_MAX, .columns = columns};
    text_buffer yaml = {0};
    mr_status status = mapping_guess(kind, r, &o, NULL, &m, &err);
    if (status) {
        if (!strstr(err.message, want)) print_error("'%s', wanted '%s'\n", err.message, want);
        assert_non_null(strstr(err.message, want));
        assert_null(m);
    } else {
        assert_int_equal(mapping_bind(m, r, NULL, 0, &o, &err), MR_OK);
        mapping_write(m, &yaml, &err);
        const char *fields = strstr(text_terminate(&yaml), "fields:\n");
        assert_non_null(fields);
        assert_string_equal(fields + 8, want);
    }
    text_free(&yaml);
    mapping_free(m);
    rows_close(r);
}

static void guesses(void **state) {
    (void)state;
    check_guess(RECORD_orders, "Order ID,Customer ID,Order Date,Total,Currency,Note\n7,1,2024-01-02,5.5,EUR,x\n", NULL,
                "      customer: Customer ID\n      date: {column: Order Date, format: iso}\n      id: Order ID\n      amount: Total\n      currency: Currency\n# not used: Note\n");
    check_guess(RECORD_orders, "Kundennummer;Bestelldatum;Betrag\n1;31.12.2024;5,50\n", NULL,
                "      customer: Kundennummer\n      date: {column: Bestelldatum, format: dmy}\n      amount: {column: Betrag, decimal: comma}\n");
    check_guess(RECORD_orders, "a1 20240102 5.50\na2 20240103 6.50\n", NULL,
                "      customer: \"1\"\n      date: {column: \"2\", format: yyyymmdd}\n      amount: \"3\"\n");
    check_guess(RECORD_orders, "x,y,z\na,2024-01-02,5\n", NULL, "no column is seen to be the customer");
    check_guess(RECORD_orders, "x,y,z\na,2024-01-02,5\n", "customer,date,amount", "      customer: x\n      date: {column: \"y\", format: iso}\n      amount: z\n");
    check_guess(RECORD_orders, "x,y,z\na,2024-01-02,5\n", "customer,date,-", "      customer: x\n      date: {column: \"y\", format: iso}\n# not used: z\n");
    check_guess(RECORD_orders, "x,y,z\na,2024-01-02,5\n", "customer,date", "--columns names 2 columns; memory has 3");
    check_guess(RECORD_orders, "x,y,z\na,2024-01-02,5\n", "customer,dat,-", "'dat' is no field; the fields of orders are customer, date, id");
    check_guess(RECORD_orders, "x,y,z\na,2024-01-02,5\n", "customer,date,date", "'date' stands there twice");
    check_guess(RECORD_orders, "x,y,z\na,2024-01-02,5\n", "customer,-,amount", "seen to be the date");
    check_guess(RECORD_orders, "{\"customer\":{\"id\":\"a\"},\"order\":{\"id\":5,\"created_at\":\"2024-01-02\"},\"total\":3}\n", NULL,
                "      customer: customer.id\n      date: {column: order.created_at, format: iso}\n      id: order.id\n      amount: total\n");
    check_guess(RECORD_orders, "{\"a\":1}\n", "customer", "mapping file");
    check_guess(RECORD_customers, "id,Full Name,E-Mail,Plan,Seats\n1,Ann,a@x.org,gold,3\n", NULL,
                "      customer: id\n      name: Full Name\n      email: E-Mail\n      tier: Plan\n# not used: Seats\n");
    check_guess(RECORD_customers, "Name,Email\nAnn,a@x.org\n", NULL, "      customer: Email\n      name: Name\n      email: Email\n");
    check_guess(RECORD_cases, "ticket_id,account_id,created_at,priority,closed\n1,a,2024-01-02,high,no\n", NULL,
                "      customer: account_id\n      id: ticket_id\n      opened: {column: created_at, format: iso}\n      severity: priority\n# not used: closed\n");
    check_guess(RECORD_cases, "account_id,created_at\na,2024-01-02\n", NULL, "no column is seen to be the id of cases among: account_id, created_at");
    check_guess(RECORD_events, "user_id,event,timestamp,properties\n1,x,1704067200,{}\n", NULL,
                "      customer: user_id\n      kind: event\n      at: {column: timestamp, format: unix}\n      body: properties\n");
    check_guess(RECORD_contacts, "company_id,person_id,name\n1,2,x\n", NULL, "      customer: company_id\n      id: person_id\n      name: name\n");
    check_guess(RECORD_promises, "customer_id,promise,made_at,due_date\n1,call,2024-01-02,2024-02-03\n", NULL,
                "      customer: customer_id\n      what: promise\n      made: {column: made_at, format: iso}\n      due: {column: due_date, format: iso}\n");
    check_guess(RECORD_touches, "customer,sent_at,channel\n1,2024-01-02,mail\n", NULL, "      customer: customer\n      at: {column: sent_at, format: iso}\n      channel: channel\n");
    check_guess(RECORD_surveys, "customer,answered_at,nps score,rating\n1,2024-01-02,x,9\n", NULL,
                "      customer: customer\n      at: {column: answered_at, format: iso}\n      score: rating\n# not used: nps score\n");
    check_guess(RECORD_contracts, "customer_id,start_date,MRR\n1,2024-01-02,9\n", NULL, "      customer: customer_id\n      start: {column: start_date, format: iso}\n      price: MRR\n");
}

/* --- lookup --- */

static void write_file(const char *path, const char *text) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void lookups(void **state) {
    (void)state;
    static const char yaml[] = BOTH "    product: {column: p, lookup: {file: mapping-look.csv, key: code, value: name}, default: \"\"}\n"
                                    "    id: {column: p, lookup: {file: mapping-look.csv, key: code, value: name}, values: {apple: fruit}}\n";
    write_file("mapping-look.csv", "code,name,odd\nA,apple,1\nB,bean,2\nB,bean,3\n,x,4\n");
    check_apply(yaml, "c,d,p\n1,2024-01-01,A\n2,2024-01-02,B\n3,2024-01-03,C\n4,2024-01-04,\n", NULL,
                "2: orders customer='1' date=2024-01-01 id='fruit' product='apple'\n"
                "3: orders customer='2' date=2024-01-02 id='bean' product='bean'\n"
                "4! id 'C' is not among the code of mapping-look.csv\n"
                "5: orders customer='4' date=2024-01-04\n");
    bind_refused(BOTH "    product: {column: c, lookup: {file: mapping-look.csv, key: code, value: nam}}\n", "c,d\na,2024-03-04\n", NULL, MR_EDATA, "no column 'nam'", "did you mean 'name'");
    bind_refused(BOTH "    product: {column: c, lookup: {file: mapping-look.csv, key: code, value: odd}}\n", "c,d\na,2024-03-04\n", NULL, MR_EDATA, "mapping-look.csv:4", "'B' stands there a second time");
}

/* --- memory --- */

static long fail_at, taken, live;

static void *take_or_fail(void *ctx, size_t size) {
    (void)ctx;
    if (++taken == fail_at) return NULL;
    live++;
    return malloc(size);
}

static void *resize_or_fail(void *ctx, void *block, size_t size) {
    (void)ctx;
    if (++taken == fail_at) return NULL;
    if (!block) live++;
    return realloc(block, size);
}

static void release(void *ctx, void *block) {
    (void)ctx;
    if (block) live--;
    free(block);
}

static mr_status whole(const mr_alloc *alloc, const char *yaml, const char *text, size_t *made, size_t *rejected) {
    rows *r = NULL;
    mapping *m = NULL;
    mr_error err = {0};
    static record out[MAPPING_ROOM];
    *made = *rejected = 0;
    mr_status status = rows_open_memory(text, strlen(text), NULL, alloc, &r, &err);
    if (!status) status = yaml ? mapping_parse("m.yaml", yaml, strlen(yaml), alloc, &m, &err) : mapping_guess(RECORD_orders, r, &plain, alloc, &m, &err);
    if (!status) status = mapping_bind(m, r, NULL, 0, &(mapping_options){.today = INT32_MAX, .source = "s"}, &err);
    const row *w = NULL;
    while (!status && (status = rows_next(r, &w, &err)) == MR_OK && w) {
        size_t n;
        mapping_fault fault;
        if (!mapping_apply(m, r, w, out, MAPPING_ROOM, &n, &fault)) {
            (*rejected)++;
            if (mapping_starved(m)) status = MR_ENOMEM;
        }
        *made += n;
    }
    text_buffer yaml_out = {.alloc = alloc};
    if (!status) status = mapping_write(m, &yaml_out, &err);
    text_free(&yaml_out);
    mapping_free(m);
    rows_close(r);
    return status;
}

static void torture(void **state) {
    (void)state;
    const mr_alloc alloc = {take_or_fail, resize_or_fail, release, NULL};
    static const char yaml[] = "records:\n- {record: events, when: {k: [a, b]}, fields: {customer: {join: [c, k]}, kind: k, at: d, amount: m, body: {column: b, optional: yes}}}\n"
                               "- {record: orders, fields: {customer: c, date: {months_before: {column: n, of: 2024-01-01}}, amount: m}, attributes: [k, b]}\n";
    static const struct {
        const char *yaml, *text;
    } list[] = {{yaml, "{\"c\":1,\"k\":\"a\",\"d\":\"13/01/2024\",\"m\":\"$5.50\",\"b\":{\"x\":\"\\n\"},\"n\":3}\n{\"c\":2,\"k\":\"b\",\"d\":\"02/01/2024\",\"n\":4}\n"},
                {NULL, "customer,date,amount,note\n1,02/01/2024,\"1,234\",x\n2,13/01/2024,\"12,5\",y\n"}};
    for (size_t i = 0; i < 2; i++) {
        size_t made, rejected;
        for (fail_at = 0;; fail_at++) {
            taken = 0;
            mr_status status = whole(&alloc, list[i].yaml, list[i].text, &made, &rejected);
            assert_int_equal(live, 0);
            bool failed = fail_at && fail_at <= taken;
            if (status != (failed ? MR_ENOMEM : MR_OK)) print_error("allocation %ld of %ld: %s\n", fail_at, taken, mr_status_text(status));
            assert_int_equal(status, failed ? MR_ENOMEM : MR_OK);
            if (!failed) assert_int_equal(rejected, 0);
            if (fail_at > taken) break;
        }
        assert_int_equal(made, i ? 2 : 4);
        assert_true(fail_at > 20);
    }
}

/* Odd texts survive being written and read again. */
static void round_trip(void **state) {
    (void)state;
    static const char *const odd[] = {"plain", "two words", "present", "yes", "a: b", "- x", "#", "\"q\"", "\\", "a\nb\tc", "\xC2\x85", "\xE2\x80\xA8", "\xEF\xBB\xBF", "\xF0\x9F\x98\x80", " a ", "1", "~", "{x}", "'", "%", "@", "a#b", "?", "\x01\x7F"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        mapping *m = must_parse(BOTH "    product: {column: p, values: {a: b}, default: z}\n    id: {join: [x, {const: y}]}\n  when: {w: v}\n  attributes: {n: o}\n"), *again;
        char *text = (char *)(uintptr_t)odd[i];
        rule_spec *rule = &m->rule[0];
        m->source = m->about = rule->field[2].columns.at[0] = rule->field[2].values[0].from = rule->field[2].values[0].to = rule->field[2].otherwise = text;
        rule->field[3].columns.at[0] = rule->field[3].text_part[1] = rule->when[0].column = rule->when[0].values.at[0] = text;
        rule->attribute[0].name = rule->attribute[0].column = text;
        text_buffer yaml = {0}, second = {0};
        mr_error err = {0};
        assert_int_equal(mapping_write(m, &yaml, &err), MR_OK);
        mr_status status = mapping_parse("again", yaml.data, yaml.len, NULL, &again, &err);
        if (status) print_error("%s\n%s\n", err.message, text_terminate(&yaml));
        assert_int_equal(status, MR_OK);
        rule_spec *got = &again->rule[0];
        assert_string_equal(again->source, text);
        assert_string_equal(again->about, text);
        assert_string_equal(got->field[2].columns.at[0], text);
        assert_string_equal(got->field[2].values[0].from, text);
        assert_string_equal(got->field[2].values[0].to, text);
        assert_string_equal(got->field[2].otherwise, text);
        assert_string_equal(got->field[3].text_part[1], text);
        assert_string_equal(got->when[0].column, text);
        assert_int_equal(got->when[0].test, WHEN_IS);
        assert_string_equal(got->when[0].values.at[0], text);
        assert_string_equal(got->attribute[0].name, text);
        assert_int_equal(mapping_write(again, &second, &err), MR_OK);
        assert_string_equal(text_terminate(&yaml), text_terminate(&second));
        text_free(&yaml);
        text_free(&second);
        mapping_free(m);
        mapping_free(again);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused), cmocka_unit_test(unbound), cmocka_unit_test(values),  cmocka_unit_test(conditions), cmocka_unit_test(times),   cmocka_unit_test(settled),
        cmocka_unit_test(late_and_open), cmocka_unit_test(far_ahead), cmocka_unit_test(today), cmocka_unit_test(guesses), cmocka_unit_test(lookups),    cmocka_unit_test(torture), cmocka_unit_test(round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
