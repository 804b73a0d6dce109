/* The report, a cell at a time: text, numbers and dates of CSV, figures for people, UTF-8. */
#include "check.h"

#include <calendar.h>
#include <cells.h>
#include <figures.h>
#include <rng.h>
#include <utf8.h>

#include <math.h>
#include <stdlib.h>

static void test_text_cells(void **state) {
    (void)state;
    typedef struct text_case {
        const char *text, *want;
        cell_kind kind;
    } text_case;
    static const text_case cases[] = {
        {"", "", CELL_TEXT},
        {"plain", "plain", CELL_TEXT},
        {"a,b", "\"a,b\"", CELL_TEXT},
        {"say \"hi\"", "\"say \"\"hi\"\"\"", CELL_TEXT},
        {"two\nlines", "\"two\nlines\"", CELL_TEXT},
        {" edge", "\" edge\"", CELL_TEXT},
        {"=1+1", "'=1+1", CELL_TEXT},
        {"=A(\"x\")", "\"'=A(\"\"x\"\")\"", CELL_TEXT},
        {"+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0", CELL_TEXT},
        {"-2+3", "'-2+3", CELL_TEXT},
        {"@SUM(A1)", "'@SUM(A1)", CELL_TEXT},
        {"\t=1", "\"'\t=1\"", CELL_TEXT},
        {"-5", "-5", CELL_TEXT},
        {"+1.50", "+1.50", CELL_TEXT},
        {"-", "'-", CELL_TEXT},
        {"1.2.3", "1.2.3", CELL_TEXT},
        {"-1.2.3", "'-1.2.3", CELL_TEXT},
        {"+49 (170) 12-34", "+49 (170) 12-34", CELL_PHONE},
        {"+49 170", "'+49 170", CELL_TEXT},
        {"=49170", "'=49170", CELL_PHONE},
        {"+A1+B2", "'+A1+B2", CELL_PHONE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[128];
        assert_true(cell_text_room(strlen(cases[i].text)) <= sizeof out);
        *cell_text(out, cases[i].text, strlen(cases[i].text), cases[i].kind) = 0;
        assert_string_equal(out, cases[i].want);
    }
}

static void test_number_cells(void **state) {
    (void)state;
    typedef struct number_case {
        double value;
        int decimals;
        const char *want;
    } number_case;
    static const number_case cases[] = {
        {0, 0, "0"},
        {0, 6, "0.000000"},
        {1.5, 0, "2"},
        {0.05, 1, "0.1"},
        {12.345678, 2, "12.35"},
        {12.3456, 3, "12.346"},
        {1e-7, 6, "0.000000"},
        {0.9999999, 6, "1.000000"},
        {0.123456, 6, "0.123456"},
        {-0.001, 2, "0.00"},
        {-12.5, 2, "-12.50"},
        {4294.967295, 6, "4294.967295"},
        {1e9, 2, "1000000000.00"},
        {123456.789, 4, "123456.7890"},
        {NAN, 2, ""},
        {INFINITY, 2, ""},
        {-INFINITY, 1, ""},
        {42949671, 2, "42949671.00"},
        {3999999999.0, 0, "3999999999"},
        {4000000001.0, 0, "4000000001"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[64];
        *cell_number(out, cases[i].value, cases[i].decimals) = 0;
        assert_string_equal(out, cases[i].want);
    }
    /* Against the C library, over many sizes. */
    rng g;
    rng_seed(&g, 42, 0);
    for (int i = 0; i < 20000; i++) {
        static const int decimals[] = {0, 1, 2, 3, 4, 6};
        int d = decimals[rng_below(&g, 6)];
        double value = exp(rng_normal(&g) * 6);
        char got[64];
        *cell_number(got, value, d) = 0;
        assert_near(atof(got), value, 0.50001 * pow(10, -d) + 1e-12 * value);
    }
}

static void test_date_cells(void **state) {
    (void)state;
    char text[11][10], out[16];
    int32_t day = calendar_day(2024, 2, 25);
    cell_dates dates = {.first = day, .last = day + 10, .text = text};
    cell_dates_fill(&dates);
    for (int i = -400; i < 400; i++) {
        char want[11];
        *cell_date(out, &dates, day + i) = 0;
        assert_string_equal(out, calendar_text(day + i, want));
    }
    *cell_date(out, &dates, day + 0.2) = 0;
    assert_string_equal(out, "2024-02-26"); /* by the end of that day */
    assert_ptr_equal(cell_date(out, &dates, NAN), out);
    assert_ptr_equal(cell_date(out, &dates, INFINITY), out);
    assert_ptr_equal(cell_date(out, &dates, 1e12), out);
}

static void test_figures(void **state) {
    (void)state;
    char out[FIGURE];
    assert_string_equal(figure_count(out, 1234567), "1,234,567");
    assert_string_equal(figure_count(out, 999), "999");
    assert_string_equal(figure_number(out, -1234.5, 1), "−1,234.5");
    assert_string_equal(figure_number(out, NAN, 1), "–");
    assert_string_equal(figure_number(out, INFINITY, 1), "∞");
    assert_string_equal(figure_percent(out, 0.1234, 1), "12.3\u00a0%");
    assert_string_equal(figure_money(out, 1234.4, "$"), "$1,234");
    assert_string_equal(figure_money(out, -12, "EUR"), "−EUR\u00a012.00");
    assert_string_equal(figure_money(out, 12345678901, ""), "12.3\u00a0bn");
    assert_string_equal(figure_days(out, 45), "45\u00a0days");
    assert_string_equal(figure_days(out, 1), "1\u00a0day");
    assert_string_equal(figure_days(out, INFINITY), "∞\u00a0years");
    assert_string_equal(figure_date(out, calendar_day(2025, 3, 4)), "4\u00a0Mar\u00a02025");
    for (double v = 1; v < 1e300; v *= 7.3) {
        assert_true(strlen(figure_money(out, v, "EUR")) < FIGURE);
        assert_true(strlen(figure_number(out, -v, 6)) < FIGURE);
    }
}

static void test_utf8(void **state) {
    (void)state;
    char out[64];
    typedef struct utf8_case {
        const char *text, *want;
    } utf8_case;
    static const utf8_case cases[] = {
        {"Zoë 李", "Zoë 李"},         {"a\tb\nc", "a b c"},
        {"\033[31m", "\uFFFD[31m"},   {"\xff\xfe", "\uFFFD\uFFFD"},
        {"\xc0\xaf", "\uFFFD\uFFFD"}, {"\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD"},
        {"\xe2\x80\xae", "\uFFFD"},   {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
        {"\xe2\x82", "\uFFFD\uFFFD"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        utf8_clean(out, cases[i].text, strlen(cases[i].text));
        assert_string_equal(out, cases[i].want);
    }
    size_t bytes;
    assert_int_equal(utf8_width("ab李", 5, 99, NULL), 4);
    assert_int_equal(utf8_width("ab李", 5, 3, &bytes), 2);
    assert_int_equal(bytes, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_cells),
        cmocka_unit_test(test_number_cells),
        cmocka_unit_test(test_date_cells),
        cmocka_unit_test(test_figures),
        cmocka_unit_test(test_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
