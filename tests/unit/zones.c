/* ICU's zones as the gate reads them: the same as those written down by hand, a country's, and what comes of a zone nobody knows. */
#include "check.h"
#include "contact_zones.h"

#include <zones.h>

#define FROM "2026-01-01 00:00"
#define TO "2027-01-01 00:00"

static void test_changes(void **state) {
    (void)state;
    arena a = {0};
    for (size_t i = 0; i < WRITTEN_ZONES; i++) {
        contact_zone want = zone_written(i), got;
        mr_error err = {0};
        bool samoa = strcmp(want.name, "Pacific/Apia") == 0;
        int64_t from = instant(samoa ? "2011-11-01 00:00" : FROM), to = instant(samoa ? "2012-05-01 00:00" : TO);
        if (zone_read(want.name, from, to, &a, &got, &err) != MR_OK) fail_msg("%s", err.message);
        assert_string_equal(got.name, want.name);
        assert_int_equal(got.n, want.n);
        for (size_t j = 0; j < got.n; j++) {
            assert_int_equal(got.shift[j].offset_s, want.shift[j].offset_s);
            if (j) assert_true(got.shift[j].from_us == want.shift[j].from_us);
        }
        for (int64_t at = from; at < to; at += 1234567 * INT64_C(1000)) assert_int_equal(contact_offset(&got, at), contact_offset(&want, at));
    }
    arena_free(&a);
}

static void test_long_span(void **state) { /* more changes than fit without asking twice */
    (void)state;
    arena a = {0};
    contact_zone z;
    assert_int_equal(zone_read("Europe/Berlin", instant("2000-01-01 00:00"), instant("2030-01-01 00:00"), &a, &z, NULL), MR_OK);
    assert_int_equal(z.n, 61);
    for (size_t i = 1; i < z.n; i++) assert_true(z.shift[i].from_us > z.shift[i - 1].from_us && z.shift[i].offset_s != z.shift[i - 1].offset_s);
    arena_free(&a);
}

static void test_nobody_knows(void **state) {
    (void)state;
    static const char *const names[] = {"", "Mars/Olympus", "Europe/Berl\xC3\xADn", "GMT+25:99", "Europe/Berlin ", "............................................................................................................................................"};
    arena a = {0};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        contact_zone z;
        mr_error err = {0};
        assert_false(zone_known(names[i]));
        assert_int_equal(zone_read(names[i], 0, 1, &a, &z, &err), MR_EDATA);
        assert_non_null(strstr(err.message, "Europe/Berlin"));
    }
    assert_true(zone_known("Asia/Kathmandu"));
    arena_free(&a);
}

static bool has(const contact_zone *z, size_t n, int32_t winter_s) {
    for (size_t i = 0; i < n; i++)
        if (contact_offset(&z[i], instant("2026-01-15 00:00")) == winter_s) return true;
    return false;
}

static void test_plausible(void **state) {
    (void)state;
    static const char *const company[] = {"Europe/Berlin", "Asia/Kolkata", "no/where"}, *const none[] = {"no/where"};
    arena a = {0};
    contact_zone *z = NULL;
    size_t n = 0;
    int64_t from = instant(FROM), to = instant("2026-03-01 00:00");
    assert_int_equal(zones_plausible("de-DE", NULL, 0, from, to, &a, &z, &n, NULL), MR_OK);
    assert_int_equal(n, 1);
    assert_true(has(z, n, 3600));
    assert_int_equal(zones_plausible("en_US", company, 3, from, to, &a, &z, &n, NULL), MR_OK);
    assert_true(n >= 6 && n <= 12 && has(z, n, -18000) && has(z, n, -36000) && !has(z, n, 3600));
    assert_int_equal(zones_plausible("en-AU", company, 3, from, to, &a, &z, &n, NULL), MR_OK);
    assert_true(has(z, n, 34200) && has(z, n, 37800) && has(z, n, 28800) && has(z, n, 31500));
    assert_int_equal(zones_plausible("zh-Hant-TW", company, 3, from, to, &a, &z, &n, NULL), MR_OK);
    assert_int_equal(n, 1);
    static const char *const nowhere[] = {"", "de", "no tag at all", "en-ZZ", "x"};
    for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++) {
        assert_int_equal(zones_plausible(nowhere[i], company, 3, from, to, &a, &z, &n, NULL), MR_OK);
        assert_int_equal(n, 2);
        assert_true(has(z, n, 3600) && has(z, n, 19800));
    }
    assert_int_equal(zones_plausible("", none, 1, from, to, &a, &z, &n, NULL), MR_OK);
    assert_true(n > 30 && n < 60 && has(z, n, -39600) && has(z, n, 50400) && has(z, n, 20700));
    /* At no hour is it day everywhere. */
    assert_true(contact_hours(z, n, NULL, 21 * 60, 8 * 60, from, from + 14 * CONTACT_DAY_US) == CONTACT_NEVER);
    arena_free(&a);
}

static void test_country(void **state) {
    (void)state;
    char out[4];
    assert_string_equal(zone_country("de-DE", out), "DE");
    assert_string_equal(zone_country("zh-Hant-TW", out), "TW");
    assert_string_equal(zone_country("de", out), "");
    assert_string_equal(zone_country("", out), "");
    assert_string_equal(zone_country("!!", out), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_changes), cmocka_unit_test(test_long_span), cmocka_unit_test(test_nobody_knows), cmocka_unit_test(test_plausible),
                                       cmocka_unit_test(test_country)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
