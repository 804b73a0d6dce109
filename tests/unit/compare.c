/* Comparing models on a small made-up base. */
#include "check.h"

#include <compare.h>
#include <rng.h>

#include <stdlib.h>

enum { CUSTOMERS = 900, MOST = 200, SPAN = 560, OUTER_UNTIL = 420, OUTER_DAYS = 91, INNER_DAYS = 91 };

typedef struct base {
    uint64_t offset[CUSTOMERS + 1], hash[CUSTOMERS];
    int32_t *day;
    mr_orders orders;
} base;

/* Customer i's orders do not depend on whom they stand beside: place[c] is who stands at c. */
static void make(base *b, bool reversed, bool altered) {
    b->day = malloc(sizeof *b->day * CUSTOMERS * MOST);
    size_t at = 0;
    for (size_t c = 0; c < CUSTOMERS; c++) {
        size_t who = reversed ? CUSTOMERS - 1 - c : c;
        rng r;
        rng_seed(&r, 17, who);
        b->offset[c] = at;
        b->hash[c] = rng_mix(who + 1);
        int32_t day = (int32_t)rng_below(&r, SPAN - 60);
        double rate = rng_gamma(&r, 0.8) / 25 + 1e-4, leaves = rng_beta(&r, 0.8, 3);
        for (size_t n = 0; day < SPAN && n < MOST; n++) {
            b->day[at++] = day;
            if (rng_uniform(&r) < leaves) break;
            day += 1 + (int32_t)fmin(1e6, rng_exponential(&r) / rate);
        }
        if (!altered) continue;
        /* Everything after the calibration is another story: everybody orders daily, or nobody at all. */
        while (at > b->offset[c] + 1 && b->day[at - 1] > OUTER_UNTIL) at--;
        for (int32_t d = OUTER_UNTIL + 1; who % 3 == 0 && b->day[at - 1] <= OUTER_UNTIL && d < OUTER_UNTIL + 30; d++) b->day[at++] = d;
    }
    b->offset[CUSTOMERS] = at;
    b->orders = (mr_orders){.n = CUSTOMERS, .offset = b->offset, .day = b->day};
}

static void run(const base *b, int threads, size_t sample, compare *c) {
    mr_pool *pool;
    mr_error err = {0};
    assert_int_equal(mr_pool_new(threads, &pool, &err), MR_OK);
    mr_context context = {.pool = pool};
    compare_options options = {.outer_until = OUTER_UNTIL, .outer_days = OUTER_DAYS, .days_per_unit = 7, .sample = sample, .seed = 1};
    mr_status status = compare_models(&b->orders, b->hash, &options, NULL, &context, c, &err);
    if (status != MR_OK) print_error("%s\n", err.message);
    assert_int_equal(status, MR_OK);
    mr_pool_free(pool);
}

static void assert_same_score(const score *a, const score *b) {
    assert_memory_equal(a, b, sizeof *a);
}

static void assert_same_inner(const compare *a, const compare *b) {
    assert_int_equal(a->chosen, b->chosen);
    assert_string_equal(a->why, b->why);
    assert_int_equal(a->inner_n, b->inner_n);
    for (size_t i = 0; i < a->n; i++) {
        assert_same_score(&a->entry[i].inner, &b->entry[i].inner);
        assert_memory_equal(&a->entry[i].inner_rmse_se, &b->entry[i].inner_rmse_se, sizeof(double));
        assert_memory_equal(a->entry[i].inner_fit.params.value, b->entry[i].inner_fit.params.value, sizeof(double) * MR_MAX_PARAMS);
    }
}

static void test_threads(void **state) {
    (void)state;
    static base b;
    static compare one, three;
    make(&b, false, false);
    run(&b, 1, 0, &one);
    run(&b, 3, 0, &three);
    assert_true(one.has_choice);
    assert_same_inner(&one, &three);
    for (size_t i = 0; i < one.n; i++) {
        assert_int_equal(one.entry[i].fitted, three.entry[i].fitted);
        assert_same_score(&one.entry[i].outer, &three.entry[i].outer);
        assert_memory_equal(&one.entry[i].rmse_se, &three.entry[i].rmse_se, sizeof(double));
        assert_memory_equal(one.entry[i].fit.params.value, three.entry[i].fit.params.value, sizeof(double) * MR_MAX_PARAMS);
    }
    compare_free(&one);
    compare_free(&three);
    free(b.day);
}

/* The outer window has no part in the choice, nor in any fit. */
static void test_outer_is_closed(void **state) {
    (void)state;
    static base b, other;
    static compare c, d;
    make(&b, false, false);
    make(&other, false, true);
    run(&b, 2, 0, &c);
    run(&other, 2, 0, &d);
    assert_same_inner(&c, &d);
    size_t always_zero = c.n - 3;
    assert_true(c.entry[always_zero].outer.actual_total != d.entry[always_zero].outer.actual_total);
    for (size_t i = 0; i < c.n; i++)
        assert_memory_equal(c.entry[i].fit.params.value, d.entry[i].fit.params.value, sizeof(double) * MR_MAX_PARAMS);
    compare_free(&c);
    compare_free(&d);
    free(b.day);
    free(other.day);
}

/* Windows and baselines, counted again here. */
static void test_windows(void **state) {
    (void)state;
    static base b;
    static compare c;
    make(&b, false, false);
    run(&b, 2, 0, &c);
    assert_int_equal(c.inner_days, INNER_DAYS);
    assert_int_equal(c.inner_until, OUTER_UNTIL - INNER_DAYS);
    size_t inner = 0, outer = 0;
    double future = 0, inner_future = 0, last = 0, zero = 0, same = 0, rule = 0;
    for (size_t i = 0; i < CUSTOMERS; i++) {
        double own = 0, past = 0, repeats = 0;
        int32_t first = b.day[b.offset[i]], latest = first;
        for (uint64_t k = b.offset[i]; k < b.offset[i + 1]; k++) {
            int32_t d = b.day[k];
            if (first <= c.inner_until) inner_future += d > c.inner_until && d <= OUTER_UNTIL;
            if (d <= OUTER_UNTIL) latest = d, repeats += k > b.offset[i];
            own += d > OUTER_UNTIL && d <= OUTER_UNTIL + OUTER_DAYS;
            past += d > OUTER_UNTIL - OUTER_DAYS && d <= OUTER_UNTIL;
        }
        inner += first <= c.inner_until;
        if (first > OUTER_UNTIL) continue;
        outer++;
        future += own, last += past;
        zero += own * own, same += (own - past) * (own - past);
        double rate = repeats / fmax(OUTER_UNTIL - first, OUTER_DAYS), go_on = OUTER_UNTIL - latest <= OUTER_DAYS ? rate * OUTER_DAYS : 0;
        rule += (own - go_on) * (own - go_on);
    }
    assert_int_equal(c.inner_n, inner);
    assert_int_equal(c.outer_n, outer);
    assert_true(outer < CUSTOMERS && inner < outer);
    const compare_entry *e = &c.entry[c.n - 3];
    assert_string_equal(e[0].name, "always-zero");
    assert_string_equal(e[1].name, "same-as-last-period");
    assert_string_equal(e[2].name, "recency-rule");
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(e[i].outer.n, outer);
        assert_near(e[i].outer.actual_total, future, 0);
    }
    assert_near(e[1].outer.predicted_total, last, 0);
    assert_near(e[0].outer.rmse, sqrt(zero / (double)outer), 1e-12);
    assert_near(e[1].outer.rmse, sqrt(same / (double)outer), 1e-12);
    assert_near(e[2].outer.rmse, sqrt(rule / (double)outer), 1e-12);
    for (size_t i = 0; i < c.n - 3; i++)
        if (c.entry[i].inner.n) assert_near(c.entry[i].inner.actual_total, inner_future, 0);
    /* The choice is of the inner window: nobody as good there as the best has a smaller log loss. */
    assert_true(c.has_choice && c.entry[c.chosen].model);
    compare_free(&c);
    free(b.day);
}

/* Who is in the sample is a matter of who they are. */
static void test_sample(void **state) {
    (void)state;
    static base b, turned;
    static compare c, d;
    make(&b, false, false);
    make(&turned, true, false);
    run(&b, 2, 300, &c);
    run(&turned, 2, 300, &d);
    assert_non_null(c.sample);
    assert_true(c.sample_n > 230 && c.sample_n < 370);
    assert_int_equal(c.sample_n, d.sample_n);
    for (size_t i = 0; i < c.sample_n; i++) {
        assert_int_equal(c.sample[i], CUSTOMERS - 1 - d.sample[d.sample_n - 1 - i]);
        assert_true(i == 0 || c.sample[i] > c.sample[i - 1]);
    }
    assert_int_equal(c.outer_n, d.outer_n);
    assert_int_equal(c.chosen, d.chosen);
    assert_string_equal(c.why, d.why);
    for (size_t i = 0; i < c.n; i++)
        if (c.entry[i].fitted && d.entry[i].fitted) assert_relative(c.entry[i].outer.rmse, d.entry[i].outer.rmse, 1e-4);
    for (size_t i = 0; i < c.n; i++)
        if (c.entry[i].fitted && d.entry[i].fitted) assert_relative(c.entry[i].rmse_se, d.entry[i].rmse_se, 1e-4);
    compare_free(&c);
    compare_free(&d);
    /* A base hardly larger than the sample is taken whole. */
    run(&b, 2, CUSTOMERS - 50, &c);
    assert_null(c.sample);
    compare_free(&c);
    free(b.day);
    free(turned.day);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_threads), cmocka_unit_test(test_outer_is_closed),
                                       cmocka_unit_test(test_windows), cmocka_unit_test(test_sample)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
