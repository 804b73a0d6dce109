/* Intervals of shares, against published figures. */
#include "check.h"
#include "shares.h"

static void wilson(void **state) {
    (void)state;
    share s = share_of(81, 263); /* Newcombe 1998, Statistics in Medicine 17:857, table I, method 3 */
    assert_near(s.low, 0.2553, 5e-5);
    assert_near(s.high, 0.3662, 5e-5);
    s = share_of(0, 20);
    assert_true(s.low == 0);
    assert_near(s.high, 0.1611, 5e-5);
    s = share_of(1, 29);
    assert_near(s.low, 0.0061, 5e-5);
    assert_near(s.high, 0.1718, 5e-5);
    assert_true(isnan(share_of(0, 0).value));
    assert_near(share_of(7, 7).high, 1.0, 0);
}

static void newcombe(void **state) {
    (void)state;
    share d = share_difference(56, 70, 48, 80); /* Newcombe 1998, Statistics in Medicine 17:873, table II, method 10 */
    assert_near(d.value, 0.2, 1e-12);
    assert_near(d.low, 0.0524, 5e-5);
    assert_near(d.high, 0.3339, 5e-5);
    d = share_difference(9, 10, 3, 10);
    assert_near(d.low, 0.1705, 5e-5);
    assert_near(d.high, 0.8090, 5e-5);
}

static void kappa(void **state) {
    (void)state;
    const uint64_t table[] = {20, 5, 10, 15}; /* agreement .7, by chance .5 */
    assert_near(share_kappa(table, 2).value, 0.4, 1e-12);
    const uint64_t perfect[] = {3, 0, 0, 4}, one_thing[] = {5, 0, 0, 0}, none[] = {0, 0, 0, 0};
    assert_near(share_kappa(perfect, 2).value, 1.0, 1e-12);
    assert_true(isnan(share_kappa(one_thing, 2).value));
    assert_true(isnan(share_kappa(none, 2).value));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(wilson), cmocka_unit_test(newcombe), cmocka_unit_test(kappa)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
