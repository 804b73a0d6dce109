/* ISO 4217 codes, signs, and minor units against 1/10,000 of the unit. */
#include "check.h"

#include <currency.h>

static void test_digits(void **state) {
    (void)state;
    static const struct {
        const char *code;
        int digits;
    } rows[] = {{"EUR", 2}, {"USD", 2}, {"JPY", 0}, {"KWD", 3}, {"CLF", 4}, {"UYW", 4}, {"XXX", 2}, {"AED", 2},
                {"ZWL", 2}, {"CLP", 0}, {"ISK", 0}, {"VND", 0}, {"BHD", 3}, {"XCG", 2}, {"DEM", 2}, {"ITL", 0},
                {"eur", -1}, {"", -1},  {"EU", -1}, {"AAA", -1}, {"ZZZ", -1}, {"EUS", -1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) assert_int_equal(currency_digits(rows[i].code), rows[i].digits);
}

/* The search needs the table sorted; every row finds itself, and no two are one. */
static void test_table(void **state) {
    (void)state;
    static const struct {
        const char *code;
        int digits;
    } rows[] = {
#define CURRENCY(code, digits) {#code, digits},
#include "currencies.def"
#undef CURRENCY
    };
    size_t n = sizeof rows / sizeof *rows;
    assert_true(n > 175);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(strlen(rows[i].code), 3);
        assert_int_equal(strspn(rows[i].code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), 3);
        assert_true(i == 0 || strcmp(rows[i - 1].code, rows[i].code) < 0);
        assert_int_equal(currency_digits(rows[i].code), rows[i].digits);
        assert_true(rows[i].digits >= 0 && rows[i].digits <= 4);
    }
}

static void test_find(void **state) {
    (void)state;
    static const struct {
        const char *text, *code;
    } rows[] = {{"€", "EUR"},    {"£", "GBP"},   {"eur", "EUR"}, {"Eur", "EUR"},  {" CHF ", "CHF"}, {"zł", "PLN"}, {"Zł", "PLN"},
                {"Kč", "CZK"},   {"kč", "CZK"},  {"R$", "BRL"},  {"US$", "USD"},  {"Euro", "EUR"},  {"Ft", "HUF"}, {"xxx", "XXX"},
                {"$", ""},       {"¥", ""},      {"kr", ""},     {"", ""},        {" ", ""},        {"abc", ""},  {"EURO!", ""},
                {"dollar", ""},  {"e", ""},      {"\xe2\x82", ""}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char code[4] = "???";
        bool found = currency_find(rows[i].text, strlen(rows[i].text), code);
        assert_string_equal(code, rows[i].code);
        assert_int_equal(found, rows[i].code[0] != 0);
    }
    char code[4];
    assert_true(currency_find("EURxyz", 3, code)); /* of len bytes, not of a string */
    assert_string_equal(code, "EUR");
}

static void test_money(void **state) {
    (void)state;
    static const struct {
        int64_t minor;
        const char *code;
        int64_t money;
    } to[] = {{1234, "EUR", 123400}, {1234, "JPY", 12340000}, {1234, "KWD", 12340}, {1234, "CLF", 1234}, {-5, "USD", -500},
              {7, "???", 700}, {0, "", 0}, {INT64_MAX, "CLF", INT64_MAX}, {INT64_MAX, "EUR", INT64_MAX},
              {INT64_MIN, "EUR", INT64_MIN}, {INT64_MAX / 100, "EUR", INT64_MAX / 100 * 100}, {INT64_MAX / 100 + 1, "EUR", INT64_MAX}};
    for (size_t i = 0; i < sizeof to / sizeof *to; i++) assert_int_equal(currency_to_money(to[i].minor, to[i].code), to[i].money);
    static const struct {
        int64_t money;
        const char *code;
        int64_t minor;
        bool exact;
    } from[] = {{123400, "EUR", 1234, true}, {123449, "EUR", 1234, false}, {123450, "EUR", 1235, false}, {-123450, "EUR", -1235, false},
                {-123449, "EUR", -1234, false}, {4999, "JPY", 0, false}, {5000, "JPY", 1, false}, {-5000, "JPY", -1, false}, {15, "KWD", 2, false},
                {7, "CLF", 7, true}, {INT64_MAX, "CLF", INT64_MAX, true}, {INT64_MAX, "EUR", INT64_MAX / 100, false},
                {INT64_MIN, "EUR", INT64_MIN / 100, false}, {0, "XXX", 0, true}};
    for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
        bool exact;
        assert_int_equal(currency_from_money(from[i].money, from[i].code, &exact), from[i].minor);
        assert_int_equal(exact, from[i].exact);
        assert_int_equal(currency_from_money(from[i].money, from[i].code, NULL), from[i].minor);
    }
}

static void test_shown(void **state) {
    (void)state;
    assert_string_equal(currency_shown("EUR"), "EUR");
    assert_string_equal(currency_shown("XXX"), "");
    assert_string_equal(currency_shown(""), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_digits), cmocka_unit_test(test_table), cmocka_unit_test(test_find),
                                       cmocka_unit_test(test_money), cmocka_unit_test(test_shown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
