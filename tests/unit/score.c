/* The measures of a forecast, against values worked out by hand. */
#include "check.h"

#include <rng.h>
#include <score.h>

#include <stdlib.h>

/* Ten customers. By chance, ascending: .1 (0 orders), .2 .2 (0, 1), .3 (0), .4 .4 .4 (1, 0, 2), .6 (0), .9 .9 (3, 0). */
static const double chance[10] = {0.4, 0.9, 0.1, 0.2, 0.4, 0.6, 0.2, 0.3, 0.9, 0.4};
static const double actual[10] = {1, 3, 0, 0, 0, 0, 1, 0, 0, 2};
static const double expected[10] = {1, 2, 0, 0.5, 0.5, 1, 0.5, 0, 1.5, 1};

static void test_by_hand(void **state) {
    (void)state;
    score s;
    assert_int_equal(score_forecast(10, expected, chance, actual, &s, NULL), MR_OK);
    assert_int_equal(s.n, 10);
    /* errors 0 -1 0 .5 .5 1 -.5 0 1.5 -1 */
    assert_near(s.mae, 6.0 / 10, 1e-15);
    assert_near(s.rmse, sqrt((1 + 0.25 + 0.25 + 1 + 0.25 + 2.25 + 1) / 10), 1e-15);
    double l15 = log(1.5), l2 = log(2), l3 = log(3), l4 = log(4), l25 = log(2.5);
    double logs = (l3 - l4) * (l3 - l4) + 2 * l15 * l15 + l2 * l2 + (l15 - l2) * (l15 - l2) + l25 * l25 + (l2 - l3) * (l2 - l3);
    assert_near(s.msle, logs / 10, 1e-15);
    assert_near(s.predicted_total, 8.0, 1e-15);
    assert_near(s.actual_total, 7.0, 1e-15);
    /* sum ea = 1 + 6 + .5 + 2 = 9.5; sums of squares: e 1+4+.25+.25+1+.25+2.25+1 = 10, a 1+9+1+4 = 15 */
    assert_near(s.correlation, (9.5 - 8 * 7 / 10.0) / sqrt((10 - 6.4) * (15 - 4.9)), 1e-14);
    /* Buyers: .2, .4, .4, .9; others: .1, .2, .3, .4, .6, .9. Pairs won: .2: 1 + 1/2; .4: 3 + 1/2, twice; .9: 5 + 1/2. */
    assert_near(s.auc, (1.5 + 3.5 + 3.5 + 5.5) / 24, 1e-15);
    assert_near(s.brier, (0.36 + 0.01 + 0.01 + 0.04 + 0.16 + 0.36 + 0.64 + 0.09 + 0.81 + 0.36) / 10, 1e-15);
    double loss = 3 * log(0.4) - log(0.4) + log(0.9) + log(0.9) + log(0.8) + log(0.6) + log(0.4) + log(0.2) + log(0.7) + log(0.1);
    assert_near(s.log_loss, -loss / 10, 1e-14);
    /* The top tenth is one customer, two are tied for it, one of whom bought: half a buyer against .4. */
    assert_near(s.top_decile_lift, 0.5 / 0.4, 1e-15);
    /* A tenth is one customer; tied customers share their buyers evenly. */
    static const double p[10] = {0.1, 0.2, 0.2, 0.3, 0.4, 0.4, 0.4, 0.6, 0.9, 0.9};
    const double y[10] = {0, 0.5, 0.5, 0, 2 / 3.0, 2 / 3.0, 2 / 3.0, 0, 0.5, 0.5};
    for (size_t t = 0; t < 10; t++) {
        assert_int_equal(s.calibration_n[t], 1);
        assert_near(s.calibration_predicted[t], p[t], 1e-15);
        assert_near(s.calibration_actual[t], y[t], 1e-15);
    }
}

/* 25 customers: the top tenth is two and a half of them. */
static void test_uneven(void **state) {
    (void)state;
    double e[25], p[25], a[25] = {0};
    for (size_t i = 0; i < 25; i++) e[i] = p[i] = (double)(i + 1) / 26;
    a[24] = 1, a[22] = 1, a[3] = 1;
    score s;
    assert_int_equal(score_forecast(25, e, p, a, &s, NULL), MR_OK);
    assert_near(s.top_decile_lift, (1.5 / 2.5) / (3.0 / 25), 1e-14);
    assert_near(s.auc, (22 + 21 + 3) / (3.0 * 22), 1e-14);
    size_t n = 0;
    for (size_t t = 0; t < 10; t++) n += s.calibration_n[t];
    assert_int_equal(n, 25);
    assert_near(s.calibration_actual[9], 2 / 3.0, 1e-15); /* 23, 24, 25 */
}

static void test_limits(void **state) {
    (void)state;
    const double zero[4] = {0}, all[4] = {1, 2, 1, 1}, third[4] = {0.1, 0.1, 0.1, 0.1}, some[4] = {1, 0, 0, 0};
    score s;
    mr_error err = {0};
    assert_int_equal(score_forecast(0, zero, zero, zero, &s, &err), MR_EDATA);
    assert_int_equal(score_forecast(4, zero, zero, all, &s, NULL), MR_OK);
    assert_true(isnan(s.correlation) && isnan(s.auc));
    assert_near(s.top_decile_lift, 1.0, 1e-15);
    assert_near(s.log_loss, -log(1e-6), 1e-12); /* certain and wrong: capped */
    assert_int_equal(score_forecast(4, third, third, zero, &s, NULL), MR_OK);
    assert_true(isnan(s.correlation) && isnan(s.auc) && isnan(s.top_decile_lift));
    const double unknown[4] = {0.1, NAN, 0.2, 0.3};
    assert_int_equal(score_forecast(4, third, unknown, some, &s, &err), MR_EDATA); /* not a loop without end */
    assert_int_equal(score_forecast(4, unknown, third, some, &s, &err), MR_EDATA);
    /* Everybody tied: a coin, and no lift, in any order of the customers. */
    assert_int_equal(score_forecast(4, third, third, some, &s, NULL), MR_OK);
    assert_near(s.auc, 0.5, 1e-15);
    assert_near(s.top_decile_lift, 1.0, 1e-15);
    for (size_t t = 0; t < 10; t++)
        if (s.calibration_n[t]) assert_near(s.calibration_actual[t], 0.25, 1e-15);
    /* A constant is a constant however it is rounded. */
    enum { N = 100000 };
    double *e = malloc(2 * N * sizeof *e), *a = e + N;
    for (size_t i = 0; i < N; i++) e[i] = 0.1, a[i] = (double)(i % 3);
    assert_int_equal(score_forecast(N, e, e, a, &s, NULL), MR_OK);
    assert_true(isnan(s.correlation));
    free(e);
}

/* Neither ties nor rounding make a measure depend on the order of the customers. */
static void test_order(void **state) {
    (void)state;
    enum { N = 997 };
    static double e[2][N], p[2][N], a[2][N];
    rng r;
    rng_seed(&r, 3, 0);
    for (size_t i = 0; i < N; i++) {
        p[0][i] = (double)rng_below(&r, 20) / 20, e[0][i] = 3 * p[0][i];
        a[0][i] = rng_uniform(&r) < p[0][i] ? (double)(1 + rng_below(&r, 4)) : 0;
    }
    for (size_t i = 0; i < N; i++) p[1][i] = p[0][i * 331 % N], e[1][i] = e[0][i * 331 % N], a[1][i] = a[0][i * 331 % N];
    score s[2];
    for (size_t i = 0; i < 2; i++) assert_int_equal(score_forecast(N, e[i], p[i], a[i], &s[i], NULL), MR_OK);
    assert_near(s[0].auc, s[1].auc, 1e-12);
    assert_near(s[0].rmse, s[1].rmse, 1e-12);
    assert_near(s[0].correlation, s[1].correlation, 1e-12);
    assert_near(s[0].top_decile_lift, s[1].top_decile_lift, 1e-12);
    for (size_t t = 0; t < SCORE_TENTHS; t++) assert_near(s[0].calibration_actual[t], s[1].calibration_actual[t], 1e-12);
    /* AUC by its definition. */
    double won = 0, pairs = 0;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++)
            if (a[0][i] > 0 && a[0][j] == 0) pairs++, won += p[0][i] > p[0][j] ? 1 : p[0][i] == p[0][j] ? 0.5 : 0;
    assert_near(s[0].auc, won / pairs, 1e-12);
}

/* The bootstrap's standard errors against the formulas for means, and the same on any number of threads. */
static void test_bootstrap(void **state) {
    (void)state;
    enum { N = 4000, M = 3, ROUNDS = 2000 };
    static double error[M][N];
    const double *column[M] = {error[0], error[1], error[2]};
    rng r;
    rng_seed(&r, 5, 0);
    double mean = 0, gap_mean = 0, spread = 0, gap_spread = 0;
    for (size_t i = 0; i < N; i++) {
        error[0][i] = rng_exponential(&r);
        error[1][i] = error[0][i] + 0.1 * rng_normal(&r);
        error[2][i] = 2;
        mean += error[0][i] / N, gap_mean += (error[1][i] - error[0][i]) / N;
    }
    for (size_t i = 0; i < N; i++) {
        spread += pow(error[0][i] - mean, 2) / N;
        gap_spread += pow(error[1][i] - error[0][i] - gap_mean, 2) / N;
    }
    double se[2][M], against[2][M];
    for (size_t t = 0; t < 2; t++) {
        mr_pool *pool;
        assert_int_equal(mr_pool_new(t ? 3 : 1, &pool, NULL), MR_OK);
        mr_context context = {.pool = pool};
        assert_int_equal(score_bootstrap(N, M, column, 0, ROUNDS, 9, &context, se[t], against[t], NULL), MR_OK);
        mr_pool_free(pool);
    }
    assert_memory_equal(se[0], se[1], sizeof se[0]);
    assert_memory_equal(against[0], against[1], sizeof against[0]);
    assert_relative(se[0][0], sqrt(spread / N) / (2 * sqrt(mean)), 0.06); /* of the root: delta method */
    assert_relative(against[0][1], sqrt(gap_spread / N), 0.06);
    assert_true(against[0][0] == 0);
    assert_true(se[0][2] < 1e-7); /* a constant has no spread: weights are normalised */
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_by_hand), cmocka_unit_test(test_uneven), cmocka_unit_test(test_limits),
                                       cmocka_unit_test(test_order), cmocka_unit_test(test_bootstrap)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
