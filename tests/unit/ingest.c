/* ingest: dialects, roles and presets, bad input refused with the words that help, real data. Bad inputs that are files live in tests/fail/. */
#include "orders_text.h"

#include "headings.h"
#include "ids.h"
#include "table.h"

#include <zlib.h>

/* --- whole texts --- */

static void dialects(void **state) {
    (void)state;
    check_read("customer,date,amount\na,2021-03-04,12.50\nb,2021-03-05,1\na,2021-03-05,2\n", NULL,
               "a:2021-03-04=12.5,2021-03-05=2;b:2021-03-05=1");
    check_read("\xEF\xBB\xBFKunde;Datum;Betrag\r\nM\xC3\xBCller;04.03.2021;1.234,50 "
               "\xE2\x82\xAC\r\nA;13.03.2021;-2,00\r\nA;14.03.2021;1,00",
               NULL, "M\xC3\xBCller:2021-03-04=1234.5;A:2021-03-14=1-2");
    check_read("id\twhen\tordered_at\tprice\n7\tx\t2021-03-04\t5\n007\ty\t2021-03-04\t6\n", NULL,
               "7:2021-03-04=5;007:2021-03-04=6");
    check_read("customer|date\na|2021-03-04\n\n \n\na|2021-03-06\na|2021-03-05\n", NULL,
               "a:2021-03-04,2021-03-05,2021-03-06");
    check_read(" 00004 0001 19970101  2   29.33\r\n 00004 0001 19970118  2   29.73\r\n 00021 0002 19970101 "
               "10  3.00\r\n",
               NULL, "00004:1997-01-01=29.33,1997-01-18=29.73;00021:1997-01-01=3");
    /* same days merge, in any order; returns stand aside; a customer with nothing but returns is no customer
     */
    check_read("cust,date,amount\na,2021-03-05,1\na,2021-03-04,2\na,2021-03-05,4\nz,2021-03-01,-3\na,2021-03-"
               "06,-1\n",
               NULL, "a:2021-03-04=2,2021-03-05=5-1");
    /* quotes: delimiters, line ends, doubled quotes, blanks around */
    check_read("customer,note,date,amount\n\"a, \"\"b\"\"\",\"x\ny\n\",\"2021-03-04\",\"1,234.50\"\nc , , "
               "2021-03-05 , 2\n",
               NULL, "a, \"b\":2021-03-04=1234.5;c:2021-03-05=2");
    check_read("sep=;\r\ncustomer;date\r\na;2021-03-04\r\n", NULL, "a:2021-03-04");
    /* no header */
    check_read("c1,2021-03-04,5.00\nc2,2021-03-05,6.00\n", NULL, "c1:2021-03-04=5;c2:2021-03-05=6");
    /* an amount in ambiguous form is settled by one that is not, before or after */
    check_read("customer;date;amount\na;2021-03-04;1,234\nb;2021-03-04;1,5\n", NULL,
               "a:2021-03-04=1.234;b:2021-03-04=1.5");
    check_read("customer;date;amount\na;2021-03-04;1,234\nb;2021-03-04;1.5\n", NULL,
               "a:2021-03-04=1234;b:2021-03-04=1.5");
    /* dates before 1955 and after 2044, amounts with odd digits and large ones do not fit the short form of a
     * row */
    check_read("customer,date,amount\na,1901-01-01,1.2345\na,2077-01-01,99999999.99\na,2021-01-01,0.00005\n",
               NULL, "a:1901-01-01=1.2345,2021-01-01=0.0001,2077-01-01=99999999.99");
    ingest_options o = plain();
    o.columns = "-,date,customer";
    check_read("x,2021-03-04,5\ny,2021-03-05,6\n", &o, "5:2021-03-04;6:2021-03-05");
    o = plain();
    o.date_format = "mdy";
    check_read("customer,date\na,03/04/2021\n", &o, "a:2021-03-04");
    o = plain();
    o.until = calendar_day(2021, 3, 4);
    check_read("customer,date\na,2021-03-04\nb,2021-03-05\n", &o, "a:2021-03-04");
    check_read("customer,date\na,04/03/2021\nb,13/03/2021\n", &o, "a:2021-03-04");
}

static void many_values_later(void **state) {
    (void)state;
    /* what the sample cannot show is decided by the last line */
    text_buffer b = {0};
    text_puts(&b, "customer;date;amount\n");
    for (int i = 0; i < 30000; i++) text_printf(&b, "c%d;0%d/0%d/2021;1,234\n", i % 7, 1 + i % 9, 1 + i % 5);
    size_t before = b.len;
    ingest_options o = plain();
    ingest_orders out;
    mr_error err;
    assert_int_equal(read_text(b.data, b.len, 4096, 3, &o, &out, &err), MR_EDATA);
    assert_non_null(strstr(err.message, "--date-format"));
    text_puts(&b, "c1;05/13/2021;2,50\n");
    assert_int_equal(read_text(b.data, b.len, 4096, 3, &o, &out, &err), MR_OK);
    assert_int_equal(out.understood.date_format, DATE_MDY);
    assert_true(out.understood.decimal_comma);
    assert_int_equal(out.money[0] % 12340, 0);
    assert_int_equal(calendar_of(out.understood.last_day).month, 9);
    ingest_orders_free(&out);
    text_puts(&b, "c1;13/05/2021;2,50\n");
    assert_int_equal(read_text(b.data, b.len, 4096, 3, &o, &out, &err), MR_EDATA);
    assert_non_null(strstr(err.message, "30002"));
    assert_non_null(strstr(err.message, "30003"));
    b.len = before;
    text_puts(&b, "c1;05/13/2021;2,50\n");
    /* the future, by an order that was open when the line was read */
    o.today = calendar_day(2021, 9, 4);
    assert_int_equal(read_text(b.data, b.len, 4096, 3, &o, &out, &err), MR_EDATA);
    assert_non_null(strstr(err.message, "future"));
    o.skip_errors = true;
    assert_int_equal(read_text(b.data, b.len, 4096, 3, &o, &out, &err), MR_OK);
    assert_true(out.understood.rejected > 0);
    assert_int_equal(out.understood.rejected + out.understood.orders, out.understood.lines);
    assert_true(out.understood.last_day <= o.today);
    ingest_orders_free(&out);
    text_free(&b);
}

static void contacts(void **state) {
    (void)state;
    ingest_orders o = must_read("customer,date,name,email,phone\na,2021-03-04,Ann,,1\nb,2021-03-04,,b@x.org,"
                                "\na,2021-03-05,Anne,a@x.org,\n",
                                NULL);
    assert_true(o.understood.has_name && o.understood.has_email && o.understood.has_phone);
    static const char *const want[3][2] = {{"Anne", ""}, {"a@x.org", "b@x.org"}, {"1", ""}};
    for (int k = 0; k < 3; k++)
        for (size_t c = 0; c < 2; c++) {
            size_t len = o.contact_offset[k][c + 1] - o.contact_offset[k][c];
            assert_int_equal(len, strlen(want[k][c]));
            assert_memory_equal(o.contact_bytes + o.contact_offset[k][c], want[k][c], len);
        }
    ingest_orders_free(&o);
}

static void presets(void **state) {
    (void)state;
    ingest_options o = plain();
    o.preset = "shopify";
    ingest_orders out =
        must_read("Name,Email,Financial Status,Paid at,Fulfillment "
                  "Status,Currency,Subtotal,Shipping,Taxes,Total,Created at,Lineitem quantity,Lineitem name,"
                  "Billing Name,Phone,Refunded Amount,Cancelled at,Id\n"
                  "#1001,ann@x.org,paid,2021-03-04 10:00:00 -0500,fulfilled,USD,20,5,0,25.00,2021-03-04 "
                  "09:59:00 -0500,1,Tea,Ann,+1,0.00,,1\n"
                  "#1001,ann@x.org,,,,,,,,,2021-03-04 09:59:00 -0500,2,Cup,,,,,\n"
                  "#1002,bob@x.org,voided,,,USD,1,0,0,1.00,2021-03-05 09:59:00 -0500,1,Tea,Bob,,0.00,,2\n"
                  "#1003,ann@x.org,refunded,2021-03-06 10:00:00 -0500,,USD,7,0,0,7.00,2021-03-06 09:59:00 "
                  "-0500,1,Tea,Ann,,7.00,,3\n"
                  "#1004,ann@x.org,paid,,,USD,7,0,0,7.00,2021-03-07 09:59:00 -0500,1,Tea,Ann,,0,2021-03-08 "
                  "09:59:00 -0500,4\n",
                  &o);
    char *got = show(&out);
    assert_string_equal(got, "ann@x.org:2021-03-04=25,2021-03-06=7-7");
    free(got);
    assert_int_equal(out.understood.continued, 1);
    assert_int_equal(out.understood.cancelled, 2);
    assert_true(out.understood.has_name && out.understood.has_email && out.understood.has_phone);
    ingest_orders_free(&out);
    o.preset = "woocommerce";
    out = must_read("Order Number,Order Status,Order Date,Customer Email,First Name (Billing),Last Name "
                    "(Billing),Order Total Amount,Item Name\n"
                    "11,Completed,2021-03-04 10:00,ann@x.org,Ann,Lee,25.00,Tea\n11,Completed,2021-03-04 "
                    "10:00,ann@x.org,Ann,Lee,25.00,Cup\n"
                    "12,wc-failed,2021-03-05 10:00,bob@x.org,Bob,Ray,9.00,Tea\n13,Processing,2021-03-06 "
                    "10:00,bob@x.org,Bob,Ray,3.00,Tea\n",
                    &o);
    got = show(&out);
    assert_string_equal(got, "ann@x.org:2021-03-04=25;bob@x.org:2021-03-06=3");
    free(got);
    assert_int_equal(out.contact_offset[0][1], 7);
    assert_memory_equal(out.contact_bytes, "Ann LeeBob Ray", 14);
    ingest_orders_free(&out);
}

/* --- refusals --- */

static void refused(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *parts[5];
    } rows[] = {
        {"", {"empty"}},
        {"\xEF\xBB\xBF", {"empty"}},
        {"\n\n\n", {"memory"}},
        {"customer,date,amount\n", {"header", "no line of data"}},
        {"customer,date\na,2021-03-04\nb,2021-13-04\n",
         {"memory:3", "date", "2021-13-04", "no day", "--on-error skip"}},
        {"customer,date\na,2021-03-04\nb,\n", {":3", "is empty"}},
        {"customer,date\na,2021-03-04\n,2021-03-04\n", {":3", "customer", "is empty"}},
        {"customer,date,amount\na,2021-03-04,1\n\"b\nb\",2021-03-04,x\n", {":3", "amount 'x'", "no amount"}},
        {"customer,date,amount\n\"a\n\n\",2021-03-04,1\nb,2021-03-04,x\n", {":5", "amount 'x'"}},
        {"customer,date,amount\na,2021-03-04,1\nb,2021-03-04\n", {":3", "2 fields where 3"}},
        {"customer,date,amount\na,2021-03-04,1\nb,2021-03-04,1,234\n", {":3", "4 fields where 3", "quoted"}},
        {"customer,date,amount\na,2021-03-04,1\nb,2021-03-04,99999999999999999\n", {":3", "larger"}},
        {"customer,date,amount\na,2021-03-04,1\n\"b\"x,2021-03-04,1\n", {":3", "behind a closing quote"}},
        {"customer,date,amount\na,2021-03-04,1\nb\"x,2021-03-04,1\nc\",2021-03-04,1\n",
         {":3", "quote stands inside"}},
        {"customer,date,amount\na,2021-03-04,1\n\"b,2021-03-04,1\nc,2021-03-04,2\n", {":3", "never closed"}},
        {"customer,date,amount\na,04/03/2021,1\n", {"date", "04/03/2021", "--date-format", "dmy", "mdy"}},
        {"customer,date,amount\na,04/13/2021,1\nb,13/04/2021,1\n",
         {":3", "13/04/2021", "line 2", "04/13/2021"}},
        {"customer,date,amount\na,04/03/21,1\nb,05/03/21,1\n", {"two digits", "04/03/21"}},
        {"customer,date,amount\na,2021-03-04,\"1,234\"\n", {"amount", "1,234", "--decimal"}},
        {"customer,date,amount\na,2021-03-04,1.5\nb,2021-03-04,\"1,50\"\n", {":3", "1,50", "line 2"}},
        {"customer,date,amount\na,2021-03-04,$5\nb,2021-03-05,5\nc,2021-03-05,\xE2\x82\xAC"
         "5\n",
         {"more than one currency", ":2", ":4", "\xE2\x82\xAC"}},
        {"one\ntwo\nthree\n", {"no columns"}},
        {"foo,bar\n1,2\n", {"no column is seen to be the date", "foo, bar", "--columns"}},
        {"thing,date\n1,2021-03-04\n", {"no column is seen to be the customer", "--columns"}},
        {"customer,date,amount\ra,2021-03-04,1\rb,2021-03-05,2\r", {"CR alone"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_refused(rows[i].text, NULL, MR_EDATA, rows[i].parts, 5);
    static const struct {
        const char *columns, *format, *decimal, *preset;
        const char *parts[4];
    } options[] = {
        {"customer,date,money", NULL, NULL, NULL, {"'money' is no role", "quantity"}},
        {"customer,date", NULL, NULL, NULL, {"names 2 columns", "has 3"}},
        {"customer,amount,-", NULL, NULL, NULL, {"a customer and a date are needed"}},
        {"customer,date,date", NULL, NULL, NULL, {"twice"}},
        {NULL, "ydm", NULL, NULL, {"ymd, yyyymmdd, dmy or mdy"}},
        {NULL, NULL, "dot", NULL, {"point or comma"}},
        {NULL, NULL, NULL, "magento", {"shopify, woocommerce"}},
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        ingest_options o = plain();
        o.columns = options[i].columns;
        o.date_format = options[i].format;
        o.decimal = options[i].decimal;
        o.preset = options[i].preset;
        check_refused("customer,date,amount\na,2021-03-04,1\n", &o, MR_EINVAL, options[i].parts, 4);
    }
    ingest_options o = plain();
    o.today = calendar_day(2021, 3, 4);
    static const char *const future[] = {":3", "2021-03-05", "future", "--today"};
    check_refused("customer,date\na,2021-03-04\nb,2021-03-05\n", &o, MR_EDATA, future, 4);
    o = plain();
    o.preset = "shopify";
    static const char *const no_shop[] = {"no shopify order export", "e-mail"};
    check_refused("customer,date,amount\na,2021-03-04,1\n", &o, MR_EDATA, no_shop, 2);
}

static void binary(void **state) {
    (void)state;
    ingest_options o = plain();
    o.skip_errors = true;
    ingest_orders out;
    mr_error err;
    static const char early[] = "customer,date\na,2021-03-04\nb\0,2021-03-04\n";
    assert_int_equal(read_text(early, sizeof early - 1, 0, 1, &o, &out, &err), MR_EDATA);
    assert_non_null(strstr(err.message, "binary"));
    text_buffer b = {0};
    text_puts(&b, "customer,date\n");
    for (int i = 0; i < 200000; i++) text_puts(&b, "a,2021-03-04\n");
    text_add(&b, "b\0,2021-03-04\n", 14);
    assert_int_equal(read_text(b.data, b.len, 0, 2, &o, &out, &err), MR_EDATA);
    assert_non_null(strstr(err.message, ":200002"));
    assert_non_null(strstr(err.message, "binary"));
    text_free(&b);
    static const char wide[] = "\xFF\xFE"
                               "c\0u\0";
    assert_int_equal(read_text(wide, sizeof wide - 1, 0, 1, &o, &out, &err), MR_EDATA);
    assert_non_null(strstr(err.message, "UTF-8"));
}

static void endless_line(void **state) {
    (void)state;
    size_t len = 300000;
    char *text = malloc(len);
    memset(text, 'x', len);
    memcpy(text, "customer,date\na,2021-03-04\n", 27);
    ingest_source *source = NULL;
    ingest_orders out;
    mr_error err = {0};
    assert_int_equal(source_open_memory(text, len, 4096, 100000, NULL, &source, &err), MR_OK);
    ingest_options o = plain();
    assert_int_equal(ingest_orders_from(source, &o, NULL, &out, &err), MR_EDATA);
    assert_non_null(strstr(err.message, "longer than"));
    assert_non_null(strstr(err.message, "memory:3"));
    source_close(source);
    free(text);
}

static void files(void **state) {
    (void)state;
    char dir[] = "/tmp/marram-ingest-XXXXXX", a[64], b[64], c[64], rejects[64];
    assert_non_null(mkdtemp(dir));
    snprintf(a, sizeof a, "%s/a.csv", dir);
    snprintf(b, sizeof b, "%s/b.csv.gz", dir);
    snprintf(c, sizeof c, "%s/c.csv", dir);
    snprintf(rejects, sizeof rejects, "%s/rejects.csv", dir);
    FILE *f = fopen(a, "w");
    fputs("\xEF\xBB\xBF"
          "customer,date,amount\nann,2021-03-04,1\n",
          f);
    fclose(f);
    gzFile z = gzopen(b, "w");
    gzputs(z, "customer,date,amount\nbob,2021-03-05,");
    gzclose(z);
    z = gzopen(b, "a"); /* a second member, in the middle of a line */
    gzputs(z, "2\nann,bad,3\n\"x\ny\",2021-03-06,\"q\"\"\"\n");
    gzclose(z);
    f = fopen(c, "w");
    fputs("customer,when,amount\nann,2021-03-04,1\n", f);
    fclose(f);
    ingest_options o = plain();
    ingest_orders out;
    mr_error err = {0};
    const char *paths[] = {a, b, c};
    assert_int_equal(ingest_orders_read(paths, 2, &o, NULL, &out, &err), MR_EDATA);
    assert_non_null(strstr(err.message, "b.csv.gz:3: date 'bad'"));
    o.skip_errors = true;
    o.rejects_path = rejects;
    assert_int_equal(ingest_orders_read(paths, 2, &o, NULL, &out, &err), MR_OK);
    char *got = show(&out);
    assert_string_equal(got, "ann:2021-03-04=1;bob:2021-03-05=2");
    free(got);
    assert_int_equal(out.understood.rejected, 2);
    assert_int_equal(out.understood.files, 2);
    assert_true(out.understood.gzip && out.understood.bom);
    ingest_orders_free(&out);
    ingest_table t;
    assert_int_equal(ingest_table_read(rejects, &t, &err), MR_OK);
    assert_int_equal(t.rows, 2);
    assert_int_equal(t.columns, 6);
    assert_string_equal(t.cell[0], b);
    assert_string_equal(t.cell[1], "3");
    assert_string_equal(t.cell[2], "date");
    assert_string_equal(t.cell[3], "bad");
    assert_string_equal(t.cell[5], "ann,bad,3");
    assert_string_equal(t.cell[7], "4");
    assert_string_equal(t.cell[9], "q\"");
    assert_string_equal(t.cell[11], "\"x\ny\",2021-03-06,\"q\"\"\"");
    ingest_table_free(&t);
    assert_int_equal(ingest_orders_read(paths, 3, &o, NULL, &out, &err), MR_EDATA);
    assert_non_null(strstr(err.message, "c.csv:1"));
    assert_non_null(strstr(err.message, "'when' where the first file has 'date'"));
    assert_int_equal(ingest_orders_read((const char *[]){dir}, 1, &o, NULL, &out, &err), MR_EIO);
    assert_non_null(strstr(err.message, "directory"));
    unlink(c);
    assert_int_equal(ingest_orders_read(paths, 3, &o, NULL, &out, &err), MR_EIO);
    assert_non_null(strstr(err.message, "No such file"));
    o.rejects_path = "/dev/full"; /* fails, and stays where it is */
    assert_int_equal(ingest_orders_read(paths, 2, &o, NULL, &out, &err), MR_EIO);
    assert_non_null(strstr(err.message, "No space"));
    assert_int_equal(access("/dev/full", F_OK), 0);
    o.rejects_path = "/nowhere/rejects.csv";
    assert_int_equal(ingest_orders_read(paths, 2, &o, NULL, &out, &err), MR_EIO);
    /* a gzip file cut off */
    assert_int_equal(truncate(b, 30), 0);
    assert_int_equal(ingest_orders_read(paths, 2, &o, NULL, &out, &err), MR_EDATA);
    assert_non_null(strstr(err.message, "cut off"));
    unlink(a), unlink(b), unlink(rejects), rmdir(dir);
}

/* --- real data --- */

static void golden(const char *path, uint64_t lines, size_t customers, bool amounts_there) {
    ingest_orders o;
    mr_error err = {0};
    ingest_options options = plain();
    mr_status status = ingest_orders_read(&path, 1, &options, NULL, &o, &err);
    if (status) print_error("%s\n", err.message);
    assert_int_equal(status, MR_OK);
    assert_int_equal(o.understood.lines, lines);
    assert_int_equal(o.understood.orders, lines);
    assert_int_equal(o.orders.n, customers);
    assert_int_equal(o.understood.has_amount, amounts_there);
    assert_int_equal(o.offset[customers] + o.understood.merged, lines);
    ingest_orders_free(&o);
}

static void cdnow_full(void **state) {
    (void)state;
    need_shared_data("cdnow/CDNOW_master.txt");
    golden(SHARED_DATA "/cdnow/CDNOW_master.txt", 69659, 23570, true);
}

static void cdnow_sample(void **state) {
    (void)state;
    need_shared_data("cdnow/CDNOW_sample.txt");
    golden(SHARED_DATA "/cdnow/CDNOW_sample.txt", 6919, 2357, true);
}

static void grocery(void **state) {
    (void)state;
    need_shared_data("grocery/groceryElog.csv");
    golden(SHARED_DATA "/grocery/groceryElog.csv", 10483, 1525, false);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dialects),
        cmocka_unit_test(many_values_later),
        cmocka_unit_test(contacts),
        cmocka_unit_test(presets),
        cmocka_unit_test(refused),
        cmocka_unit_test(binary),
        cmocka_unit_test(endless_line),
        cmocka_unit_test(files),
        cmocka_unit_test(cdnow_full),
        cmocka_unit_test(cdnow_sample),
        cmocka_unit_test(grocery),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
