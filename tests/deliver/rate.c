/* So many messages a minute to a domain, never more, and none kept waiting longer than needed. */
#include "check.h"

#include <rate.h>

#define SECOND INT64_C(1000000)

static bool take(rate *r, const char *domain, int64_t now, int64_t *at) {
    assert_int_equal(rate_take(r, domain, now, at, NULL), MR_OK);
    assert_true(*at >= now);
    return *at == now;
}

static void test_bucket(void **state) {
    (void)state;
    rate *r = NULL;
    int64_t at, now = 1000 * SECOND;
    assert_int_equal(rate_new(30, 3, NULL, &r, NULL), MR_OK); /* one in two seconds */
    for (int i = 0; i < 3; i++) assert_true(take(r, "example.com", now, &at));
    assert_false(take(r, "EXAMPLE.com", now, &at));
    assert_true(at == now + 2 * SECOND);
    assert_false(take(r, "example.com", at - 1, &at)); /* asking takes nothing */
    assert_true(at == now + 2 * SECOND);
    assert_true(take(r, "example.com", at, &at));
    assert_true(take(r, "other.example", now, &at));
    assert_false(take(r, "example.com", now + 2 * SECOND, &at));
    now += 3600 * SECOND; /* full again, not fuller */
    for (int i = 0; i < 3; i++) assert_true(take(r, "example.com", now, &at));
    assert_false(take(r, "example.com", now, &at));
    rate_free(r);
    rate_free(NULL);
}

static void test_clock_set_back(void **state) {
    (void)state;
    rate *r = NULL;
    int64_t at;
    assert_int_equal(rate_new(60, 5, NULL, &r, NULL), MR_OK);
    assert_true(take(r, "example.com", 86400 * SECOND, &at));
    assert_false(take(r, "example.com", 0, &at));
    assert_true(at == 1 * SECOND);
    assert_true(take(r, "example.com", at, &at));
    rate_free(r);
}

/* In an hour of asking as soon as it may: each of many domains gets its number and no more. */
static void test_many(void **state) {
    (void)state;
    rate *r = NULL;
    assert_int_equal(rate_new(7, 1, NULL, &r, NULL), MR_OK);
    for (int d = 0; d < 3000; d++) {
        char domain[40];
        int sent = 0;
        snprintf(domain, sizeof domain, "d%d.example", d);
        for (int64_t now = 0, at; now < 600 * SECOND; now = at == now ? now : at) sent += take(r, domain, now, &at);
        assert_int_equal(sent, 70);
    }
    rate_free(r);
    assert_int_equal(rate_new(0, 1, NULL, &r, NULL), MR_EINVAL);
    assert_int_equal(rate_new(1, 0, NULL, &r, NULL), MR_EINVAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bucket), cmocka_unit_test(test_clock_set_back), cmocka_unit_test(test_many)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
