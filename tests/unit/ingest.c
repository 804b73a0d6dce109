/* ingest: dialects, dates, amounts, roles, grouping, thread identity, random CSV read back, bad input refused
 * with the words that help. Bad inputs that are files live in tests/fail/. */
#include "check.h"
#include "heap.h"

#include "amounts.h"
#include "calendar.h"
#include "dates.h"
#include "headings.h"
#include "ids.h"
#include "orders_source.h"
#include "rng.h"
#include "table.h"
#include "text.h"

#include <stdlib.h>
#include <zlib.h>

static ingest_options plain(void) {
    return (ingest_options){.today = INT32_MAX, .until = INT32_MAX};
}

/* Reads a text from memory. block 0: the usual size. */
static mr_status read_text(const char *text, size_t len, size_t block, int threads,
                           const ingest_options *options, ingest_orders *out, mr_error *err) {
    mr_pool *pool = NULL;
    ingest_source *source = NULL;
    memset(err, 0, sizeof *err);
    assert_int_equal(mr_pool_new(threads, &pool, err), MR_OK);
    mr_context context = {.pool = pool};
    assert_int_equal(source_open_memory(text, len, block, 0, NULL, &source, err), MR_OK);
    mr_status status = ingest_orders_from(source, options, &context, out, err);
    source_close(source);
    mr_pool_free(pool);
    return status;
}

static ingest_orders must_read(const char *text, const ingest_options *options) {
    ingest_orders out;
    mr_error err;
    ingest_options o = options ? *options : plain();
    mr_status status = read_text(text, strlen(text), 0, 2, &o, &out, &err);
    if (status) print_error("%s\n", err.message);
    assert_int_equal(status, MR_OK);
    return out;
}

/* "a:2021-03-04=12.5,2021-03-05=1;b:..." */
static char *show(const ingest_orders *o) {
    text_buffer b = {0};
    for (size_t c = 0; c < o->orders.n; c++) {
        if (c) text_putc(&b, ';');
        text_add(&b, o->id_bytes + o->id_offset[c], o->id_offset[c + 1] - o->id_offset[c]);
        for (uint64_t i = o->offset[c]; i < o->offset[c + 1]; i++) {
            char day[11];
            text_printf(&b, "%c%s", i == o->offset[c] ? ':' : ',', calendar_text(o->day[i], day));
            if (o->money) text_printf(&b, "=%.10g", (double)o->money[i] / 10000);
        }
        if (o->returned && o->returned[c]) text_printf(&b, "-%.10g", (double)o->returned[c] / 10000);
    }
    text_terminate(&b);
    return b.data;
}

static void check_read(const char *text, const ingest_options *options, const char *want) {
    ingest_orders o = must_read(text, options);
    char *got = show(&o);
    assert_string_equal(got, want);
    free(got);
    ingest_orders_free(&o);
}

static void check_refused(const char *text, const ingest_options *options, mr_status code,
                          const char *const parts[], size_t n) {
    ingest_orders o;
    mr_error err;
    ingest_options opts = options ? *options : plain();
    for (int threads = 1; threads <= 3; threads += 2) {
        for (size_t block = 0; block <= 64; block += 64) {
            mr_status status = read_text(text, strlen(text), block, threads, &opts, &o, &err);
            if (status != code) print_error("'%s' gave %d: %s\n", text, status, err.message);
            assert_int_equal(status, code);
            assert_int_equal(err.code, code);
            for (size_t i = 0; i < n && parts[i]; i++) {
                if (!strstr(err.message, parts[i])) print_error("no '%s' in '%s'\n", parts[i], err.message);
                assert_non_null(strstr(err.message, parts[i]));
            }
        }
    }
}

/* --- pieces --- */

static void amounts(void **state) {
    (void)state;
    static const struct {
        const char *text;
        char decimal;
        amount_fault fault;
        int64_t money;
        char proves, ambiguous;
        const char *currency;
    } rows[] = {
        {"0", 0, AMOUNT_OK, 0, 0, 0, ""},
        {"23.45", 0, AMOUNT_OK, 234500, '.', 0, ""},
        {"23,45", 0, AMOUNT_OK, 234500, ',', 0, ""},
        {"1.234,56", 0, AMOUNT_OK, 12345600, ',', 0, ""},
        {"1,234.56", 0, AMOUNT_OK, 12345600, '.', 0, ""},
        {"1,234,567", 0, AMOUNT_OK, 12345670000, '.', 0, ""},
        {"1.234.567", 0, AMOUNT_OK, 12345670000, ',', 0, ""},
        {"1 234,56", 0, AMOUNT_OK, 12345600, ',', 0, ""},
        {"1\xC2\xA0"
         "234,56",
         0, AMOUNT_OK, 12345600, ',', 0, ""},
        {"1\xE2\x80\xAF"
         "234,56 \xE2\x82\xAC",
         0, AMOUNT_OK, 12345600, ',', 0, "\xE2\x82\xAC"},
        {"1'234.56", 0, AMOUNT_OK, 12345600, '.', 0, ""},
        {"1'234", 0, AMOUNT_OK, 12340000, 0, 0, ""},
        {"1,234", 0, AMOUNT_OK, 12340000, 0, ',', ""},
        {"1,234", '.', AMOUNT_OK, 12340000, 0, 0, ""},
        {"1,234", ',', AMOUNT_OK, 12340, 0, 0, ""},
        {"0,123", 0, AMOUNT_OK, 1230, ',', 0, ""},
        {"1234.567", 0, AMOUNT_OK, 12345670, '.', 0, ""},
        {"1,23,456.00", 0, AMOUNT_OK, 1234560000, '.', 0, ""},
        {"$5", 0, AMOUNT_OK, 50000, 0, 0, "$"},
        {"-$5.00", 0, AMOUNT_OK, -50000, '.', 0, "$"},
        {"$-5.00", 0, AMOUNT_OK, -50000, '.', 0, "$"},
        {"($5.00)", 0, AMOUNT_OK, -50000, '.', 0, "$"},
        {"5,00-", 0, AMOUNT_OK, -50000, ',', 0, ""},
        {"\xE2\x88\x92"
         "5",
         0, AMOUNT_OK, -50000, 0, 0, ""},
        {"+5", 0, AMOUNT_OK, 50000, 0, 0, ""},
        {"5 EUR", 0, AMOUNT_OK, 50000, 0, 0, "EUR"},
        {"usd 5.10", 0, AMOUNT_OK, 51000, '.', 0, "USD"},
        {"\xC2\xA3"
         "5",
         0, AMOUNT_OK, 50000, 0, 0, "\xC2\xA3"},
        {".5", 0, AMOUNT_OK, 5000, '.', 0, ""},
        {"5.", 0, AMOUNT_OK, 50000, '.', 0, ""},
        {"1.00005", '.', AMOUNT_OK, 10001, '.', 0, ""},
        {"-1.00005", '.', AMOUNT_OK, -10001, '.', 0, ""},
        {"1.00004999", '.', AMOUNT_OK, 10000, '.', 0, ""},
        {"922337203685477", 0, AMOUNT_OK, 9223372036854770000, 0, 0, ""},
        {"922337203685478", 0, AMOUNT_FAULT_LARGE, 0, 0, 0, ""},
        {"9999999999999999999999", 0, AMOUNT_FAULT_LARGE, 0, 0, 0, ""},
        {"000000000000000000000005", 0, AMOUNT_OK, 50000, 0, 0, ""},
        {"", 0, AMOUNT_FAULT_EMPTY, 0, 0, 0, ""},
        {"  ", 0, AMOUNT_FAULT_EMPTY, 0, 0, 0, ""},
        {"-", 0, AMOUNT_FAULT_FORM, 0, 0, 0, ""},
        {".", 0, AMOUNT_FAULT_FORM, 0, 0, 0, ""},
        {"--5", 0, AMOUNT_FAULT_FORM, 0, 0, 0, ""},
        {"(-5)", 0, AMOUNT_FAULT_FORM, 0, 0, 0, ""},
        {"()", 0, AMOUNT_FAULT_FORM, 0, 0, 0, ""},
        {"n/a", 0, AMOUNT_FAULT_FORM, 0, 0, 0, ""},
        {"1e3", 0, AMOUNT_FAULT_FORM, 0, 0, 0, ""},
        {"5 pcs", 0, AMOUNT_FAULT_FORM, 0, 0, 0, ""},
        {"12,34", '.', AMOUNT_FAULT_DECIMAL, 0, ',', 0, ""},
        {"1,2,3", 0, AMOUNT_FAULT_GROUPS, 0, 0, 0, ""},
        {"1.2.3,4", 0, AMOUNT_FAULT_GROUPS, 0, 0, 0, ""},
        {"1,234.567.890", 0, AMOUNT_FAULT_GROUPS, 0, 0, 0, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        amount a;
        amount_fault fault = amount_parse(rows[i].text, strlen(rows[i].text), rows[i].decimal, &a);
        if (fault != rows[i].fault || (!fault && (a.money != rows[i].money || a.proves != rows[i].proves ||
                                                  a.ambiguous != rows[i].ambiguous)))
            print_error("'%s': fault %d money %lld proves %d ambiguous %d\n", rows[i].text, fault,
                        (long long)a.money, a.proves, a.ambiguous);
        assert_int_equal(fault, rows[i].fault);
        if (fault) continue;
        assert_int_equal(a.money, rows[i].money);
        assert_int_equal(a.proves, rows[i].proves);
        assert_int_equal(a.ambiguous, rows[i].ambiguous);
        assert_string_equal(a.currency, rows[i].currency);
    }
}

/* The fast way may give up but never disagree with the careful one. */
static void fast_agrees(void **state) {
    (void)state;
    rng r;
    uint64_t seed = 20261122;
    rng_seed(&r, seed, 1);
    static const char letters[] = "0123456789012345678901234567890123456789..,-$ :/T";
    date_table months;
    date_table_fill(&months);
    size_t taken = 0;
    for (int i = 0; i < 2000000; i++) {
        char text[32] = {0};
        size_t len = 1 + rng_below(&r, 9);
        for (size_t k = 0; k < len; k++) text[k] = letters[rng_below(&r, sizeof letters - 1)];
        char decimal = "\0.,"[rng_below(&r, 3)];
        int64_t money;
        amount a;
        if (amount_parse_plain(text, len, decimal, &money)) {
            taken++;
            if (amount_parse(text, len, decimal, &a) != AMOUNT_OK || a.money != money)
                print_error("seed %llu: '%s'\n", (unsigned long long)seed, text);
            assert_int_equal(amount_parse(text, len, decimal, &a), AMOUNT_OK);
            assert_int_equal(a.money, money);
        }
        snprintf(text, sizeof text, "%04d-%02d-%02d", (int)rng_below(&r, 250) + 1880, (int)rng_below(&r, 14),
                 (int)rng_below(&r, 33));
        if (rng_below(&r, 4) == 0) text[rng_below(&r, 10)] = letters[rng_below(&r, sizeof letters - 1)];
        uint32_t fast, slow;
        date_proof proof;
        if (date_parse_iso(&months, text, &fast)) {
            assert_int_equal(date_parse(text, 10, DATE_YMD, &slow, &proof), DATE_OK);
            assert_int_equal(fast, slow);
        }
    }
    assert_true(taken > 100000);
}

static void dates(void **state) {
    (void)state;
    static const struct {
        const char *text;
        ingest_date_format format;
        date_fault fault;
        const char *day;
    } rows[] = {
        {"2021-03-04", DATE_YMD, DATE_OK, "2021-03-04"},
        {"2021/3/4", DATE_YMD, DATE_OK, "2021-03-04"},
        {"2021.03.04", DATE_YMD, DATE_OK, "2021-03-04"},
        {"2021-03-04T23:59:59.123Z", DATE_YMD, DATE_OK, "2021-03-04"},
        {"2021-03-04 23:59:59 -0500", DATE_YMD, DATE_OK, "2021-03-04"},
        {"2021-03-04 11:59 PM", DATE_YMD, DATE_OK, "2021-03-04"},
        {"2021-03-04T23:59:59+02:00[Europe/Berlin]", DATE_YMD, DATE_OK, "2021-03-04"},
        {"2021-03-04 25:00", DATE_YMD, DATE_FAULT_TIME, ""},
        {"2021-03-04x", DATE_YMD, DATE_FAULT_TIME, ""},
        {"2021-03-04 noon", DATE_YMD, DATE_FAULT_TIME, ""},
        {"2021-02-29", DATE_YMD, DATE_FAULT_DAY, ""},
        {"2024-02-29", DATE_YMD, DATE_OK, "2024-02-29"},
        {"2021-13-01", DATE_YMD, DATE_FAULT_DAY, ""},
        {"2021-03/04", DATE_YMD, DATE_FAULT_FORM, ""},
        {"2021-03-041", DATE_YMD, DATE_FAULT_FORM, ""},
        {"04/03/2021", DATE_YMD, DATE_FAULT_FORM, ""},
        {"", DATE_YMD, DATE_FAULT_EMPTY, ""},
        {"19970101", DATE_COMPACT, DATE_OK, "1997-01-01"},
        {"20210304T1200", DATE_COMPACT, DATE_OK, "2021-03-04"},
        {"20210304120000", DATE_COMPACT, DATE_OK, "2021-03-04"},
        {"1997010", DATE_COMPACT, DATE_FAULT_FORM, ""},
        {"19970132", DATE_COMPACT, DATE_FAULT_DAY, ""},
        {"4.3.2021", DATE_DMY, DATE_OK, "2021-03-04"},
        {"4. 3. 2021", DATE_DMY, DATE_OK, "2021-03-04"},
        {"04-03-2021 10:00", DATE_DMY, DATE_OK, "2021-03-04"},
        {"04/03/2021", DATE_MDY, DATE_OK, "2021-04-03"},
        {"13/03/2021", DATE_MDY, DATE_FAULT_ORDER, ""},
        {"03/13/2021", DATE_DMY, DATE_FAULT_ORDER, ""},
        {"13/13/2021", DATE_DMY, DATE_FAULT_DAY, ""},
        {"31/04/2021", DATE_DMY, DATE_FAULT_DAY, ""},
        {"04/03/21", DATE_DMY, DATE_FAULT_SHORT_YEAR, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t when = 0;
        date_proof proof;
        char day[11] = "";
        date_fault fault = date_parse(rows[i].text, strlen(rows[i].text), rows[i].format, &when, &proof);
        if (fault == DATE_OK) calendar_text(when_day(when), day);
        if (fault != rows[i].fault || strcmp(day, rows[i].day))
            print_error("'%s': fault %d, %s\n", rows[i].text, fault, day);
        assert_int_equal(fault, rows[i].fault);
        assert_string_equal(day, rows[i].day);
    }
}

static void heading_words(void **state) {
    (void)state;
    static const struct {
        const char *heading;
        ingest_role role;
    } rows[] = {
        {"customer_id", ROLE_CUSTOMER},
        {"Customer ID", ROLE_CUSTOMER},
        {"CustomerID", ROLE_CUSTOMER},
        {"Kundennummer", ROLE_CUSTOMER},
        {"N\xC2\xB0 client", ROLE_CUSTOMER},
        {"klant-nr", ROLE_CUSTOMER},
        {"Cliente", ROLE_CUSTOMER},
        {"user", ROLE_CUSTOMER},
        {"OrderDate", ROLE_DATE},
        {"Created at", ROLE_DATE},
        {"Bestelldatum", ROLE_DATE},
        {"fecha de compra", ROLE_DATE},
        {"Date de commande", ROLE_DATE},
        {"besteldatum", ROLE_DATE},
        {"order_purchase_timestamp", ROLE_DATE},
        {"dollar_value", ROLE_AMOUNT},
        {"Total", ROLE_AMOUNT},
        {"Betrag", ROLE_AMOUNT},
        {"Montant", ROLE_AMOUNT},
        {"bedrag", ROLE_AMOUNT},
        {"Amount (USD)", ROLE_AMOUNT},
        {"number_of_cds", ROLE_QUANTITY},
        {"Menge", ROLE_QUANTITY},
        {"E-Mail", ROLE_EMAIL},
        {"Quantit\xC3\xA9", ROLE_QUANTITY},
        {"T\xC3\xA9l\xC3\xA9phone", ROLE_PHONE},
        {"Billing Phone", ROLE_PHONE},
        {"Customer Name", ROLE_NAME},
        {"customer email", ROLE_EMAIL},
        {"Shipping", ROLE_IGNORE},
        {"discount_amount", ROLE_IGNORE},
        {"customer_segment", ROLE_IGNORE},
        {"birth date", ROLE_IGNORE},
        {"", ROLE_IGNORE},
        {"comment", ROLE_IGNORE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int rank;
        ingest_role role = headings_role(rows[i].heading, &rank);
        if (role != rows[i].role) print_error("'%s' is %s\n", rows[i].heading, ingest_role_name(role));
        assert_int_equal(role, rows[i].role);
    }
}

/* Words give back the very bytes, so two identifiers with the same words are the same. */
static void identifiers(void **state) {
    (void)state;
    rng r;
    rng_seed(&r, 5, 5);
    static const char *const fits[] = {
        "7", "007", "12345678", "123456789", "CUST-00012345678", "3f2504e0-4f89-11d3-9a0c-0305e82c3301"};
    static const char *const not [] = {
        "CUST-000123456789", "3F2504E0-4F89-11D3-9A0C-0305E82C3301", "3f2504e0-4f89-11d3-9a0c-0305e82c330g",
        "3f2504e0x4f89-11d3-9a0c-0305e82c3301", "3f2504e0-4f89-11d3-9a0c-0305e82c33011"};
    char text[64], back[ID_LONGEST];
    id_words id = {0};
    for (size_t i = 0; i < sizeof fits / sizeof *fits; i++) {
        memset(text, 'x', sizeof text); /* what stands behind must not matter */
        memcpy(text, fits[i], strlen(fits[i]));
        assert_true(id_of(text, strlen(fits[i]), &id));
        assert_int_equal(id_text(id, back), strlen(fits[i]));
        assert_memory_equal(back, fits[i], strlen(fits[i]));
    }
    for (size_t i = 0; i < sizeof not / sizeof *not ; i++) {
        memset(text, 0, sizeof text);
        memcpy(text, not [i], strlen(not [i]));
        assert_false(id_of(text, strlen(not [i]), &id));
    }
    for (int i = 0; i < 300000; i++) { /* any byte in any place of a UUID: refused, or given back */
        memset(text, 0, sizeof text);
        memcpy(text, fits[5], 36);
        text[rng_below(&r, 36)] = (char)(1 + rng_below(&r, 255));
        if (!id_of(text, 36, &id)) continue;
        assert_int_equal(id_text(id, back), 36);
        assert_memory_equal(back, text, 36);
    }
}

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

/* --- threads and blocks --- */

typedef struct made_order {
    char id[40];
    int32_t day;
    int64_t money;
} made_order;

static void put_field(text_buffer *b, const char *text, rng *r, bool quote) {
    if (!quote) {
        text_puts(b, text);
        return;
    }
    text_putc(b, '"');
    for (const char *p = text; *p; p++) {
        if (*p == '"') text_putc(b, '"');
        text_putc(b, *p);
    }
    text_putc(b, '"');
    (void)r;
}

/* A random file with everything that is allowed; its orders into made. */
static void make_csv(rng *r, text_buffer *b, made_order *made, size_t n) {
    static const char *const notes[] = {"",   "x",    "a,b",      "say \"hi\"", "two\nlines",
                                        "\"", "\n\n", "\r\n,\",", "plain text"};
    static const char *const ids[] = {"%llu", "C%07llu", "long identifier number %llu", "q\"%llu", "a,%llu"};
    bool crlf = rng_below(r, 2), header = rng_below(r, 4) != 0;
    const char *line_end = crlf ? "\r\n" : "\n";
    if (rng_below(r, 3) == 0) text_puts(b, "\xEF\xBB\xBF");
    if (header) text_printf(b, "note,customer,\"order\ndate\",amount%s", line_end);
    for (size_t i = 0; i < n; i++) {
        char text[40];
        made_order *m = &made[i];
        uint64_t kind = rng_below(r, i < 3 ? 2 : 5);
        snprintf(m->id, sizeof m->id, ids[kind], (unsigned long long)rng_below(r, 20));
        m->day = calendar_day(2010, 1, 1) + (int32_t)rng_below(r, 400);
        m->money = (int64_t)rng_below(r, 3000) * 100;
        const char *note = notes[rng_below(r, 9)];
        put_field(b, note, r,
                  note[0] && strcmp(note, "x") && strcmp(note, "plain text") ? true : rng_below(r, 2));
        text_putc(b, ',');
        put_field(b, m->id, r, kind >= 3 || rng_below(r, 3) == 0);
        text_putc(b, ',');
        calendar_text(m->day, text);
        if (rng_below(r, 4) == 0) strcat(text, "T10:11:12Z");
        put_field(b, text, r, rng_below(r, 3) == 0);
        snprintf(text, sizeof text, "%lld.%02d", (long long)(m->money / 10000), (int)(m->money / 100 % 100));
        text_putc(b, ',');
        put_field(b, text, r, rng_below(r, 3) == 0);
        if (i + 1 < n || rng_below(r, 2)) text_puts(b, line_end);
        if (rng_below(r, 30) == 0) text_puts(b, line_end);
    }
}

/* Is o what a simple count over made gives? */
static bool same_as_made(const ingest_orders *o, const made_order *made, size_t n) {
    size_t customers = 0;
    uint64_t occasions = 0;
    for (size_t i = 0; i < n; i++) {
        bool first = true, first_of_day = true;
        int64_t money = 0;
        for (size_t k = 0; k < n; k++) {
            if (strcmp(made[i].id, made[k].id)) continue;
            if (k < i) first = false;
            if (made[k].day != made[i].day) continue;
            if (k < i) first_of_day = false;
            money += made[k].money;
        }
        size_t at = 0;
        if (first) {
            if (customers >= o->orders.n) return false;
            at = customers++;
            if (o->id_offset[at + 1] - o->id_offset[at] != strlen(made[i].id) ||
                memcmp(o->id_bytes + o->id_offset[at], made[i].id, strlen(made[i].id)))
                return false;
        }
        if (!first_of_day) continue;
        occasions++;
        for (at = 0; at < o->orders.n; at++)
            if (o->id_offset[at + 1] - o->id_offset[at] == strlen(made[i].id) &&
                !memcmp(o->id_bytes + o->id_offset[at], made[i].id, strlen(made[i].id)))
                break;
        if (at == o->orders.n) return false;
        bool found = false;
        for (uint64_t k = o->offset[at]; k < o->offset[at + 1]; k++) {
            if (k > o->offset[at] && o->day[k] <= o->day[k - 1]) return false;
            found = found || (o->day[k] == made[i].day && o->money[k] == money);
        }
        if (!found) return false;
    }
    return customers == o->orders.n && occasions == o->offset[o->orders.n];
}

static void random_csv(void **state) {
    (void)state;
    const char *given = getenv("MARRAM_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : 20261122;
    print_message("random_csv: MARRAM_SEED=%llu\n", (unsigned long long)seed);
    for (uint64_t round = 0; round < 150; round++) {
        rng r;
        rng_seed(&r, seed, round);
        size_t n = 3 + rng_below(&r, 120);
        made_order *made = calloc(n, sizeof *made);
        text_buffer b = {0};
        make_csv(&r, &b, made, n);
        ingest_options o = plain();
        o.columns = "-,customer,date,amount";
        static const size_t blocks[] = {0, 16, 37, 200};
        static const int threads[] = {1, 2, 5};
        ingest_orders out;
        mr_error err;
        mr_status status =
            read_text(b.data, b.len, blocks[rng_below(&r, 4)], threads[rng_below(&r, 3)], &o, &out, &err);
        if (status)
            print_error("round %llu: %s\n%.*s\n", (unsigned long long)round, err.message, (int)b.len, b.data);
        assert_int_equal(status, MR_OK);
        assert_int_equal(out.understood.lines, n);
        bool same = same_as_made(&out, made, n);
        if (!same) print_error("round %llu\n%.*s\n", (unsigned long long)round, (int)b.len, b.data);
        assert_true(same);
        /* the checker catches an order that was changed */
        made[n / 2].money += 100;
        assert_false(same_as_made(&out, made, n));
        ingest_orders_free(&out);
        free(made);
        text_free(&b);
    }
}

static bool equal(const ingest_orders *a, const ingest_orders *b) {
    size_t n = a->orders.n;
    return n == b->orders.n && !memcmp(a->offset, b->offset, (n + 1) * sizeof *a->offset) &&
           !memcmp(a->day, b->day, a->offset[n] * sizeof *a->day) &&
           !memcmp(a->money, b->money, a->offset[n] * sizeof *a->money) &&
           !memcmp(a->id_offset, b->id_offset, (n + 1) * sizeof *a->id_offset) &&
           !memcmp(a->id_bytes, b->id_bytes, a->id_offset[n]) &&
           !memcmp(a->returned, b->returned, n * sizeof *a->returned) &&
           a->understood.merged == b->understood.merged;
}

static void thread_identity(void **state) {
    (void)state;
    text_buffer b = {0};
    rng r;
    rng_seed(&r, 7, 7);
    text_puts(&b, "customer,date,amount\n");
    for (int i = 0; i < 60000; i++) {
        static const char *const ids[] = {"%llu", "C%07llu", "3f2504e0-4f89-11d3-9a0c-%012llu"};
        char day[11];
        text_printf(&b, ids[rng_below(&r, 3)], (unsigned long long)rng_below(&r, 3000));
        text_printf(&b, ",%s,%s%d.%02d\n", calendar_text(15000 + (int32_t)rng_below(&r, 900), day),
                    rng_below(&r, 20) ? "" : "-", (int)rng_below(&r, 500), (int)rng_below(&r, 100));
    }
    ingest_options o = plain();
    ingest_orders want, got;
    mr_error err;
    assert_int_equal(read_text(b.data, b.len, 0, 1, &o, &want, &err), MR_OK);
    for (int threads = 1; threads <= 5; threads += threads == 2 ? 3 : 1)
        for (size_t block = 100; block <= 100000; block *= 10) {
            assert_int_equal(read_text(b.data, b.len, block, threads, &o, &got, &err), MR_OK);
            assert_true(equal(&want, &got));
            ingest_orders_free(&got);
        }
    ingest_orders_free(&want);
    text_free(&b);
}

/* --- memory and cancelling --- */

static void torture(void **state) {
    (void)state;
    static const char text[] = "customer,date,amount,name,email\n\"a \"\"long\"\" "
                               "name\",2021-03-04,1,Ann,a@x\nb,2021-03-04,-2,,\nc,2021-03-05,3,Cid,\n"
                               "b,2021-03-05,3,Bo,b@x\nb,x,3,,\n";
    char rejects[] = "/tmp/marram-rejects-XXXXXX";
    int made = mkstemp(rejects);
    assert_true(made >= 0);
    close(made);
    for (long n = 0;; n++) {
        heap h = {.fail_at = n + 1, .for_good = true};
        mr_alloc alloc = heap_alloc(&h);
        mr_context context = {.alloc = &alloc};
        ingest_source *source = NULL;
        ingest_orders out = {0};
        mr_error err = {0};
        ingest_options o = plain();
        o.skip_errors = true;
        o.rejects_path = rejects; /* a file that may go: it is removed where memory runs out */
        mr_status status = source_open_memory(text, sizeof text - 1, 40, 0, &alloc, &source, &err);
        if (!status) status = ingest_orders_from(source, &o, &context, &out, &err);
        source_close(source);
        if (!status) {
            ingest_orders_free(&out);
            assert_int_equal(h.live, 0);
            assert_true(n > 20);
            break;
        }
        assert_int_equal(status, MR_ENOMEM);
        assert_int_equal(h.live, 0);
    }
    unlink(rejects);
}

static int cancel_third(uint64_t done, uint64_t total, void *ctx) {
    int *calls = ctx;
    assert_true(done <= total);
    return ++*calls == 3;
}

static void cancelled(void **state) {
    (void)state;
    text_buffer b = {0};
    text_puts(&b, "customer,date\n");
    for (int i = 0; i < 100000; i++) text_puts(&b, "a,2021-03-04\n");
    int calls = 0;
    mr_pool *pool = NULL;
    mr_error err = {0};
    assert_int_equal(mr_pool_new(2, &pool, &err), MR_OK);
    mr_context context = {.pool = pool, .progress = cancel_third, .progress_ctx = &calls};
    ingest_source *source = NULL;
    ingest_orders out;
    ingest_options o = plain();
    assert_int_equal(source_open_memory(b.data, b.len, 4096, 0, NULL, &source, &err), MR_OK);
    assert_int_equal(ingest_orders_from(source, &o, &context, &out, &err), MR_ECANCELLED);
    assert_int_equal(calls, 3);
    source_close(source);
    mr_pool_free(pool);
    text_free(&b);
}

/* --- tables --- */

static void write_file(const char *path, const char *text) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void tables(void **state) {
    (void)state;
    char path[] = "/tmp/marram-table-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    ingest_table t;
    mr_error err = {0};
    double numbers[4];
    write_file(path, "\xEF\xBB\xBF"
                     "Frequency;Recency;\"note; here\"\r\n2;1,5;\"a\nb\"\r\n\r\n3;1e-3;\r\n");
    assert_int_equal(ingest_table_read(path, &t, &err), MR_OK);
    assert_int_equal(t.rows, 2);
    assert_int_equal(t.columns, 3);
    assert_string_equal(t.heading[2], "note; here");
    assert_string_equal(t.cell[2], "a\nb");
    assert_string_equal(t.cell[5], "");
    assert_int_equal(t.line[1], 5);
    assert_int_equal(ingest_table_column(&t, "FREQUENCY"), 0);
    assert_int_equal(ingest_table_column(&t, "none"), -1);
    assert_int_equal(ingest_table_numbers(&t, "recency", numbers, &err), MR_OK);
    assert_near(numbers[0], 1.5, 1e-15);
    assert_near(numbers[1], 1e-3, 1e-15);
    assert_int_equal(ingest_table_numbers(&t, "note; here", numbers, &err), MR_EDATA);
    assert_non_null(strstr(err.message, ":2: note; here 'a\\x0Ab' is no number"));
    ingest_table_free(&t);
    static const struct {
        const char *text, *part;
    } bad[] = {{"", "empty"},
               {"a,b\n1,2\n1,2,3\n", ":3: the line has 3 fields"},
               {"a,b\n1\n", ":2: the line has 1 field"},
               {"a,b\n\"1,2\n", ":2: a quote is opened"},
               {"\n\n", "empty"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_file(path, bad[i].text);
        assert_int_equal(ingest_table_read(path, &t, &err), MR_EDATA);
        if (!strstr(err.message, bad[i].part)) print_error("%s\n", err.message);
        assert_non_null(strstr(err.message, bad[i].part));
    }
    unlink(path);
    assert_int_equal(ingest_table_read(path, &t, &err), MR_EIO);
}

static void table_of_cohorts(void **state) {
    (void)state;
    need_shared_data("sbg/sbg_cohorts.csv");
    ingest_table t;
    mr_error err = {0};
    assert_int_equal(ingest_table_read(SHARED_DATA "/sbg/sbg_cohorts.csv", &t, &err), MR_OK);
    assert_true(t.rows >= 13);
    ingest_table_free(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amounts),
        cmocka_unit_test(fast_agrees),
        cmocka_unit_test(dates),
        cmocka_unit_test(heading_words),
        cmocka_unit_test(identifiers),
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
        cmocka_unit_test(random_csv),
        cmocka_unit_test(thread_identity),
        cmocka_unit_test(torture),
        cmocka_unit_test(cancelled),
        cmocka_unit_test(tables),
        cmocka_unit_test(table_of_cohorts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
