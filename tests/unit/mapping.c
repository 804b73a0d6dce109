/* mapping: what a file says and what is wrong with it, binding, guesses, lookups, memory that runs short, and
 * back to YAML. */
#include "mapping_fixture.h"

/* --- what is wrong with a file --- */

static void refused(void **state) {
    (void)state;
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
        {"records:\n- record: events\n  fields: {customer: a, kind: b, at: c, body: d}\n  attributes: [e]\n",
         {"not both"}},
        {"a: [", {"m.yaml:", "no YAML"}},
        {"a: \xFF", {"no YAML"}},
        {"a: b\n---\nc: d\n", {"m.yaml:2", "a second document"}},
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
            if (!strstr(err.message, list[i].parts[k]))
                print_error("no '%s' in '%s'\n", list[i].parts[k], err.message);
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

static void bind_refused(const char *yaml, const char *text, const mapping_options *o, mr_status code,
                         const char *part, const char *other) {
    mapping *m = must_parse(yaml);
    rows *r = must_open(text);
    mr_error err = {0};
    assert_int_equal(mapping_bind(m, r, NULL, 0, o ? o : &plain, &err), code);
    if (!strstr(err.message, part) || (other && !strstr(err.message, other)))
        print_error("%s\n", err.message);
    assert_non_null(strstr(err.message, part));
    if (other) assert_non_null(strstr(err.message, other));
    rows_close(r);
    mapping_free(m);
}

static void unbound(void **state) {
    (void)state;
    bind_refused(BOTH, "customer,d\n1,2024-01-01\n", NULL, MR_EDATA,
                 "m.yaml:4: memory has no column 'c' (for customer)", "its columns are customer, d");
    bind_refused(ORDERS "    customer: custoner\n    date: d\n", "customer,d\n1,2024-01-01\n", NULL, MR_EDATA,
                 "did you mean 'customer'", NULL);
    bind_refused(ORDERS "    customer: [x, y]\n    date: d\n", "customer,d\n1,2024-01-01\n", NULL, MR_EDATA,
                 "no column 'x'", NULL);
    bind_refused(BOTH "  when: {kind: x}\n", "c,d\n1,2024-01-01\n", NULL, MR_EDATA,
                 "no column 'kind' (for when)", NULL);
    bind_refused(BOTH "  attributes: [e]\n", "c,d\n1,2024-01-01\n", NULL, MR_EDATA,
                 "no column 'e' (for attributes)", NULL);
    bind_refused(BOTH "    product: {join: [c, e]}\n", "c,d\n1,2024-01-01\n", NULL, MR_EDATA,
                 "no column 'e' (for product)", NULL);
    bind_refused(BOTH "    amount: {column: c, times: e}\n", "c,d\n1,2024-01-01\n", NULL, MR_EDATA,
                 "no column 'e' (for times)", NULL);
    bind_refused(BOTH, "c,d\na,04/03/2024\nb,05/03/2024\n", NULL, MR_EDATA, "memory:2: '04/03/2024'",
                 "--date-format dmy");
    bind_refused(BOTH "    amount: a\n", "c;d;a\na;2024-03-04;1,234\nb;2024-03-04;2\n", NULL, MR_EDATA,
                 "memory:2: '1,234'", "--decimal");
    bind_refused(BOTH, "c,d\na,2024-03-04\n", &(mapping_options){.date_format = "roman", .today = INT32_MAX},
                 MR_EINVAL, "--date-format roman", "mdy");
    bind_refused(BOTH, "c,d\na,2024-03-04\n", &(mapping_options){.decimal = ";", .today = INT32_MAX},
                 MR_EINVAL, "--decimal ;", "comma");
    bind_refused(BOTH "    product: {column: c, lookup: {file: no-such.csv, key: a, value: b}}\n",
                 "c,d\na,2024-03-04\n", NULL, MR_EIO, "no-such.csv", NULL);
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
    check_guess(RECORD_orders,
                "Order ID,Customer ID,Order Date,Total,Currency,Note\n7,1,2024-01-02,5.5,EUR,x\n", NULL,
                "      customer: Customer ID\n      date: {column: Order Date, format: iso}\n      id: Order "
                "ID\n      amount: Total\n      currency: Currency\n# not used: Note\n");
    check_guess(RECORD_orders, "Kundennummer;Bestelldatum;Betrag\n1;31.12.2024;5,50\n", NULL,
                "      customer: Kundennummer\n      date: {column: Bestelldatum, format: dmy}\n      "
                "amount: {column: Betrag, decimal: comma}\n");
    check_guess(
        RECORD_orders, "a1 20240102 5.50\na2 20240103 6.50\n", NULL,
        "      customer: \"1\"\n      date: {column: \"2\", format: yyyymmdd}\n      amount: \"3\"\n");
    check_guess(RECORD_orders, "x,y,z\na,2024-01-02,5\n", NULL, "no column is seen to be the customer");
    check_guess(RECORD_orders, "x,y,z\na,2024-01-02,5\n", "customer,date,amount",
                "      customer: x\n      date: {column: \"y\", format: iso}\n      amount: z\n");
    check_guess(RECORD_orders, "x,y,z\na,2024-01-02,5\n", "customer,date,-",
                "      customer: x\n      date: {column: \"y\", format: iso}\n# not used: z\n");
    check_guess(RECORD_orders, "x,y,z\na,2024-01-02,5\n", "customer,date",
                "--columns names 2 columns; memory has 3");
    check_guess(RECORD_orders, "x,y,z\na,2024-01-02,5\n", "customer,dat,-",
                "'dat' is no field; the fields of orders are customer, date, id");
    check_guess(RECORD_orders, "x,y,z\na,2024-01-02,5\n", "customer,date,date", "'date' stands there twice");
    check_guess(RECORD_orders, "x,y,z\na,2024-01-02,5\n", "customer,-,amount", "seen to be the date");
    check_guess(
        RECORD_orders,
        "{\"customer\":{\"id\":\"a\"},\"order\":{\"id\":5,\"created_at\":\"2024-01-02\"},\"total\":3}\n",
        NULL,
        "      customer: customer.id\n      date: {column: order.created_at, format: iso}\n      id: "
        "order.id\n      amount: total\n");
    check_guess(RECORD_orders, "{\"a\":1}\n", "customer", "mapping file");
    check_guess(RECORD_customers, "id,Full Name,E-Mail,Plan,Seats\n1,Ann,a@x.org,gold,3\n", NULL,
                "      customer: id\n      name: Full Name\n      email: E-Mail\n      tier: Plan\n# not "
                "used: Seats\n");
    check_guess(RECORD_customers, "Name,Email\nAnn,a@x.org\n", NULL,
                "      customer: Email\n      name: Name\n      email: Email\n");
    check_guess(RECORD_cases, "ticket_id,account_id,created_at,priority,closed\n1,a,2024-01-02,high,no\n",
                NULL,
                "      customer: account_id\n      id: ticket_id\n      opened: {column: created_at, format: "
                "iso}\n      severity: priority\n# not used: closed\n");
    check_guess(RECORD_cases, "account_id,created_at\na,2024-01-02\n", NULL,
                "no column is seen to be the id of cases among: account_id, created_at");
    check_guess(RECORD_events, "user_id,event,timestamp,properties\n1,x,1704067200,{}\n", NULL,
                "      customer: user_id\n      kind: event\n      at: {column: timestamp, format: unix}\n   "
                "   body: properties\n");
    check_guess(RECORD_events,
                "{\"userId\":1,\"event\":\"x\",\"at\":\"2024-01-02\",\"properties\":{\"id\":5,\"total\":3,\"subject\":\"s\"}}\n", NULL,
                "      customer: userId\n      kind: event\n      at: {column: at, format: iso}\n      body: properties\n");
    check_guess(RECORD_contacts, "company_id,person_id,name\n1,2,x\n", NULL,
                "      customer: company_id\n      id: person_id\n      name: name\n");
    check_guess(RECORD_promises, "customer_id,promise,made_at,due_date\n1,call,2024-01-02,2024-02-03\n", NULL,
                "      customer: customer_id\n      what: promise\n      made: {column: made_at, format: "
                "iso}\n      due: {column: due_date, format: iso}\n");
    check_guess(
        RECORD_touches, "customer,sent_at,channel\n1,2024-01-02,mail\n", NULL,
        "      customer: customer\n      at: {column: sent_at, format: iso}\n      channel: channel\n");
    check_guess(RECORD_surveys, "customer,answered_at,nps score,rating\n1,2024-01-02,x,9\n", NULL,
                "      customer: customer\n      at: {column: answered_at, format: iso}\n      score: "
                "rating\n# not used: nps score\n");
    check_guess(
        RECORD_contracts, "customer_id,start_date,MRR\n1,2024-01-02,9\n", NULL,
        "      customer: customer_id\n      start: {column: start_date, format: iso}\n      price: MRR\n");
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
    static const char yaml[] = BOTH
        "    product: {column: p, lookup: {file: mapping-look.csv, key: code, value: name}, default: \"\"}\n"
        "    id: {column: p, lookup: {file: mapping-look.csv, key: code, value: name}, values: {apple: "
        "fruit}}\n";
    write_file("mapping-look.csv", "code,name,odd\nA,apple,1\nB,bean,2\nB,bean,3\n,x,4\n");
    check_apply(yaml, "c,d,p\n1,2024-01-01,A\n2,2024-01-02,B\n3,2024-01-03,C\n4,2024-01-04,\n", NULL,
                "2: orders customer='1' date=2024-01-01 id='fruit' product='apple'\n"
                "3: orders customer='2' date=2024-01-02 id='bean' product='bean'\n"
                "4! id 'C' is not among the code of mapping-look.csv\n"
                "5: orders customer='4' date=2024-01-04\n");
    bind_refused(BOTH "    product: {column: c, lookup: {file: mapping-look.csv, key: code, value: nam}}\n",
                 "c,d\na,2024-03-04\n", NULL, MR_EDATA, "no column 'nam'", "did you mean 'name'");
    bind_refused(BOTH "    product: {column: c, lookup: {file: mapping-look.csv, key: code, value: odd}}\n",
                 "c,d\na,2024-03-04\n", NULL, MR_EDATA, "mapping-look.csv:4",
                 "'B' stands there a second time");
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

static mr_status whole(const mr_alloc *alloc, const char *yaml, const char *text, size_t *made,
                       size_t *rejected) {
    rows *r = NULL;
    mapping *m = NULL;
    mr_error err = {0};
    static record out[MAPPING_ROOM];
    *made = *rejected = 0;
    mr_status status = rows_open_memory(text, strlen(text), NULL, alloc, &r, &err);
    if (!status)
        status = yaml ? mapping_parse("m.yaml", yaml, strlen(yaml), alloc, &m, &err)
                      : mapping_guess(RECORD_orders, r, &plain, alloc, &m, &err);
    if (!status)
        status = mapping_bind(m, r, NULL, 0, &(mapping_options){.today = INT32_MAX, .source = "s"}, &err);
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
    static const char yaml[] = "records:\n- {record: events, when: {k: [a, b]}, fields: {customer: {join: "
                               "[c, k]}, kind: k, at: d, amount: m, body: {column: b, optional: yes}}}\n"
                               "- {record: orders, fields: {customer: c, date: {months_before: {column: n, "
                               "of: 2024-01-01}}, amount: m}, attributes: [k, b]}\n";
    static const struct {
        const char *yaml, *text;
    } list[] = {{yaml, "{\"c\":1,\"k\":\"a\",\"d\":\"13/01/"
                       "2024\",\"m\":\"$5.50\",\"b\":{\"x\":\"\\n\"},\"n\":3}\n{\"c\":2,\"k\":\"b\",\"d\":"
                       "\"02/01/2024\",\"n\":4}\n"},
                {NULL, "customer,date,amount,note\n1,02/01/2024,\"1,234\",x\n2,13/01/2024,\"12,5\",y\n"}};
    for (size_t i = 0; i < 2; i++) {
        size_t made, rejected;
        for (fail_at = 0;; fail_at++) {
            taken = 0;
            mr_status status = whole(&alloc, list[i].yaml, list[i].text, &made, &rejected);
            assert_int_equal(live, 0);
            bool failed = fail_at && fail_at <= taken;
            if (status != (failed ? MR_ENOMEM : MR_OK))
                print_error("allocation %ld of %ld: %s\n", fail_at, taken, mr_status_text(status));
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
    static const char *const odd[] = {"plain",
                                      "two words",
                                      "present",
                                      "yes",
                                      "a: b",
                                      "- x",
                                      "#",
                                      "\"q\"",
                                      "\\",
                                      "a\nb\tc",
                                      "\xC2\x85",
                                      "\xE2\x80\xA8",
                                      "\xEF\xBB\xBF",
                                      "\xF0\x9F\x98\x80",
                                      " a ",
                                      "1",
                                      "~",
                                      "{x}",
                                      "'",
                                      "%",
                                      "@",
                                      "a#b",
                                      "?",
                                      "\x01\x7F"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        mapping *m = must_parse(BOTH "    product: {column: p, values: {a: b}, default: z}\n    id: {join: "
                                     "[x, {const: y}]}\n  when: {w: v}\n  attributes: {n: o}\n"),
                *again;
        char *text = (char *)(uintptr_t)odd[i];
        rule_spec *rule = &m->rule[0];
        m->source = m->about = rule->field[2].columns.at[0] = rule->field[2].values[0].from =
            rule->field[2].values[0].to = rule->field[2].otherwise = text;
        rule->field[3].columns.at[0] = rule->field[3].text_part[1] = rule->when[0].column =
            rule->when[0].values.at[0] = text;
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(refused), cmocka_unit_test(unbound),
                                       cmocka_unit_test(guesses), cmocka_unit_test(lookups),
                                       cmocka_unit_test(torture), cmocka_unit_test(round_trip)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
