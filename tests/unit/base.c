/* base: calendar, text, random numbers, the pool. */
#include "check.h"

#include "calendar.h"
#include "error.h"
#include "pool.h"
#include "rng.h"
#include "sort.h"
#include "text.h"

static void calendar(void **state) {
    (void)state;
    static const struct {
        int y, m, d;
        int32_t day;
    } rows[] = {{1970, 1, 1, 0}, {1969, 12, 31, -1}, {2000, 2, 29, 11016}, {2026, 11, 22, 20779}, {1, 1, 1, -719162}, {9999, 12, 31, 2932896}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(calendar_day(rows[i].y, rows[i].m, rows[i].d), rows[i].day);
        calendar_date back = calendar_of(rows[i].day);
        assert_int_equal(back.year, rows[i].y);
        assert_int_equal(back.month, rows[i].m);
        assert_int_equal(back.day, rows[i].d);
    }
    for (int32_t day = -719162; day <= 2932896; day += 37) {
        calendar_date d = calendar_of(day);
        assert_true(calendar_valid(d.year, d.month, d.day));
        assert_int_equal(calendar_day(d.year, d.month, d.day), day);
        assert_true(calendar_month_start(calendar_month_index(day)) <= day);
    }
    int32_t day;
    assert_true(calendar_parse("2024-02-29", 10, &day));
    assert_false(calendar_parse("2023-02-29", 10, &day));
    assert_false(calendar_parse("2023-2-290", 10, &day));
    assert_false(calendar_valid(1900, 2, 29));
}

static void text(void **state) {
    (void)state;
    static const struct {
        double value;
        int decimals;
        const char *want;
    } rows[] = {{0, 2, "0.00"}, {-0.001, 2, "0.00"}, {1.005, 1, "1.0"}, {-12.5, 0, "-13"}, {1234567.891, 2, "1234567.89"},
                {0.999, 2, "1.00"}, {INFINITY, 2, "inf"}, {-INFINITY, 2, "-inf"}, {NAN, 2, ""}, {1e15, 0, "1000000000000000"}, {0.05, 6, "0.050000"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char out[48];
        *text_fixed(out, rows[i].value, rows[i].decimals) = 0;
        assert_string_equal(out, rows[i].want);
    }
    text_buffer b = {0};
    for (int i = 0; i < 300; i++) text_printf(&b, "%d,", i);
    text_puts(&b, "end");
    assert_int_equal(b.len, 10 * 2 + 90 * 3 + 200 * 4 + 3);
    assert_string_equal(text_terminate(&b) + b.len - 3, "end");
    text_free(&b);
    char big[24];
    uint64_t power = 1;
    for (int digits = 1; digits <= 20; digits++, power *= 10)
        for (int under = 0; under < 2; under++) {
            char want[24];
            snprintf(want, sizeof want, "%llu", (unsigned long long)(power - (uint64_t)under));
            *text_unsigned(big, power - (uint64_t)under) = 0;
            assert_string_equal(big, want);
        }
    *text_unsigned(big, UINT64_MAX) = 0;
    assert_string_equal(big, "18446744073709551615");
    *text_signed(big, INT64_MIN) = 0;
    assert_string_equal(big, "-9223372036854775808");
}

static void random_numbers(void **state) {
    (void)state;
    rng r;
    rng_seed(&r, 42, 7);
    double sum = 0, squares = 0;
    for (int i = 0; i < 200000; i++) {
        double g = rng_gamma(&r, 0.5);
        sum += g, squares += g * g;
    }
    double mean = sum / 200000;
    assert_near(mean, 0.5, 0.01);
    assert_near(squares / 200000 - mean * mean, 0.5, 0.02);
    sum = 0;
    for (int i = 0; i < 100000; i++) sum += rng_beta(&r, 2, 3);
    assert_near(sum / 100000, 0.4, 0.005);
    for (int i = 0; i < 1000; i++) assert_true(rng_below(&r, 7) < 7);
    rng a, b;
    rng_seed(&a, 1, 2);
    rng_seed(&b, 1, 3);
    assert_true(rng_next(&a) != rng_next(&b));
}

static mr_status add(void *ctx, size_t block, int worker, mr_error *err) {
    (void)worker;
    uint64_t *cells = ctx;
    cells[block] += block;
    if (block == 1000000) return error_set(err, MR_EDATA, "cell", (int64_t)block, "no");
    return MR_OK;
}

static mr_status fail_from_30(void *ctx, size_t block, int worker, mr_error *err) {
    (void)ctx, (void)worker;
    return block >= 30 ? error_set(err, MR_EDATA, "cell", (int64_t)block, "block %zu", block) : MR_OK;
}

static void pool(void **state) {
    (void)state;
    mr_error err;
    for (int threads = 1; threads <= 5; threads++) {
        mr_pool *p;
        assert_int_equal(mr_pool_new(threads, &p, &err), MR_OK);
        uint64_t cells[500] = {0};
        for (int round = 0; round < 200; round++) assert_int_equal(pool_run(p, 500, add, cells, &err), MR_OK);
        for (size_t i = 0; i < 500; i++) assert_int_equal(cells[i], 200 * i);
        assert_int_equal(pool_run(p, 500, fail_from_30, NULL, &err), MR_EDATA);
        assert_int_equal(err.row, 30);
        mr_pool_free(p);
    }
    mr_pool *p;
    assert_int_equal(mr_pool_new(-1, &p, &err), MR_EINVAL);
    mr_pool_free(NULL);
}

static void sorting(void **state) {
    (void)state;
    enum { N = 5000 };
    static double key[N];
    static uint32_t order[N];
    rng r;
    for (int kind = 0; kind < 5; kind++)
        for (int descending = 0; descending < 2; descending++) {
            rng_seed(&r, 11, (uint64_t)kind);
            for (size_t i = 0; i < N; i++) {
                double u = rng_uniform(&r);
                /* wide, tied, all within one upper half, negative and positive, with NaN and infinities */
                key[i] = kind == 0 ? exp(40 * (u - 0.5)) : kind == 1 ? floor(9 * u) : kind == 2 ? 1 + 1e-12 * u : kind == 3 ? u - 0.5 : u;
                if (kind == 4 && i % 97 == 0) key[i] = i % 2 ? NAN : i % 3 ? INFINITY : -INFINITY;
            }
            assert_int_equal(sort_doubles(N, key, order, descending), MR_OK);
            for (size_t i = 1; i < N; i++) {
                double a = key[order[i - 1]], b = key[order[i]];
                double low = descending ? b : a, high = descending ? a : b;
                assert_true(low <= high || isnan(low));
                if (a == b) assert_true(order[i - 1] < order[i]);
            }
        }
    assert_int_equal(sort_doubles(0, NULL, NULL, false), MR_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(calendar), cmocka_unit_test(text),
                                       cmocka_unit_test(random_numbers), cmocka_unit_test(sorting), cmocka_unit_test(pool)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
