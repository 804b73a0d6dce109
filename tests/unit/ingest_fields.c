/* ingest, a field at a time: amounts, dates, headings, identifiers. */
#include "orders_text.h"

#include "amounts.h"
#include "dates.h"
#include "headings.h"
#include "ids.h"
#include "rng.h"

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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amounts),
        cmocka_unit_test(fast_agrees),
        cmocka_unit_test(dates),
        cmocka_unit_test(heading_words),
        cmocka_unit_test(identifiers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
