/* Large bases: the fit by way of a sample against the fit of every row; weighted rows against repeated ones;
 * order of rows. */
#include "customers.h"

static void same_fit(const mr_fit *a, const mr_fit *b, double tolerance) {
    assert_near(a->log_likelihood, b->log_likelihood, 1e-9);
    assert_int_equal(a->params.k, b->params.k);
    for (size_t j = 0; j < mr_model_params(a->params.model); j++) {
        assert_relative(a->params.value[j], b->params.value[j], tolerance);
        assert_relative(a->se[j], b->se[j], 1e-3);
    }
}

/* More rows than are fitted at once (48,000): a warm start at the truth goes straight to all rows. */
static void sampled(const char *name, int k, double a, double b, double c_, double d) {
    mr_params truth = params_of(name, k, a, b, c_, d);
    customers c;
    customers_new(&c, &truth, SANITIZED ? 49000 : 60000, 5, 60, 0, test_seed());
    mr_fit sample, direct;
    mr_fit_options from_truth = {.start = &truth};
    fit_well(name, &c.data, NULL, NULL, &sample);
    fit_well(name, &c.data, &from_truth, NULL, &direct);
    print_message("%-12s log-likelihood %.6f by sample (%d evaluations), %.6f direct (%d)\n", name,
                  sample.log_likelihood, sample.evaluations, direct.log_likelihood, direct.evaluations);
    assert_true(sample.n == (double)c.n);
    same_fit(&sample, &direct, 1e-5);
    customers_free(&c);
}

static void by_sample(void **state) {
    (void)state;
    sampled("mbg-nbd", 1, .9, 6, .7, 1.8);
    sampled("mbg-cnbd-k", 2, 1.5, 3, .6, 2);
    sampled("nbd", 1, .8, 9, 0, 0);
    if (SANITIZED) return;
    sampled("bg-nbd", 1, .6, 5, .8, 2.5);
    sampled("pareto-nbd", 1, .8, 9, .6, 11);
    sampled("gamma-gamma", 1, 6, 4, 15, 0);
}

/* A file in order of first purchase has its cohorts one after another: the sample must see all of them, and
 * sums must not care. */
static void any_order(void **state) {
    (void)state;
    mr_params truth = params_of("mbg-nbd", 1, .9, 6, .7, 1.8);
    customers c;
    customers_new(&c, &truth, 50000, 5, 60, 0, test_seed());
    size_t n = c.n;
    double *sorted = calloc(3 * n, sizeof *sorted), *start = calloc(65, sizeof *start);
    /* a counting sort by T in 64 cohorts */
    for (size_t i = 0; i < n; i++) start[(int)(c.T[i] * 64 / 60) + 1]++;
    for (int b = 0; b < 64; b++) start[b + 1] += start[b];
    for (size_t i = 0; i < n; i++) {
        size_t to = (size_t)start[(int)(c.T[i] * 64 / 60)]++;
        sorted[to] = c.x[i], sorted[n + to] = c.t_x[i], sorted[2 * n + to] = c.T[i];
    }
    mr_data other = {.n = n, .x = sorted, .t_x = sorted + n, .T = sorted + 2 * n};
    mr_fit drawn, in_order;
    fit_well("mbg-nbd", &c.data, NULL, NULL, &drawn);
    fit_well("mbg-nbd", &other, NULL, NULL, &in_order);
    same_fit(&drawn, &in_order, 1e-5);
    free(sorted);
    free(start);
    customers_free(&c);
}

/* Rows of weight 1 .. 3 against the same rows written out. */
static void weights_of(const char *name, int k, double a, double b, double c_, double d) {
    enum { ROWS = 2500 };
    mr_params truth = params_of(name, k, a, b, c_, d);
    bool discrete = mr_model_kind(truth.model) == MR_DISCRETE;
    customers c;
    customers_new(&c, &truth, ROWS, discrete ? 5 : 10, discrete ? 9 : 60, 0, test_seed());
    double weight[ROWS], *columns[5] = {c.x, c.t_x, c.T, c.log_gaps, c.mean_spend},
                         *out = calloc(5 * 3 * ROWS, sizeof *out);
    size_t rows = 0;
    for (size_t i = 0; i < ROWS; i++) {
        weight[i] = (double)(1 + i % 3);
        for (int w = 0; w < weight[i]; w++, rows++)
            for (size_t j = 0; j < 5; j++) out[j * 3 * ROWS + rows] = columns[j][i];
    }
    mr_data weighted = c.data, repeated = {.n = rows,
                                           .x = out,
                                           .t_x = out + 3 * ROWS,
                                           .T = out + 6 * ROWS,
                                           .log_gaps = out + 9 * ROWS,
                                           .mean_spend = out + 12 * ROWS};
    weighted.weight = weight;
    double one, other, by[MR_MAX_PARAMS], other_by[MR_MAX_PARAMS];
    assert_int_equal(mr_model_log_likelihood(&truth, &weighted, NULL, &one, by, NULL), MR_OK);
    assert_int_equal(mr_model_log_likelihood(&truth, &repeated, NULL, &other, other_by, NULL), MR_OK);
    assert_relative(one, other, 1e-12);
    for (size_t j = 0; j < mr_model_params(truth.model); j++) assert_near(by[j], other_by[j], 1e-9);
    mr_fit fit_weighted, fit_repeated;
    fit_well(name, &weighted, NULL, NULL, &fit_weighted);
    fit_well(name, &repeated, NULL, NULL, &fit_repeated);
    assert_true(fit_weighted.n == (double)rows && fit_repeated.n == (double)rows);
    same_fit(&fit_weighted, &fit_repeated, 1e-5);
    free(out);
    customers_free(&c);
}

static void weighted(void **state) {
    (void)state;
    weights_of("nbd", 1, .8, 9, 0, 0);
    weights_of("mbg-nbd", 1, .9, 6, .7, 1.8);
    weights_of("mbg-cnbd-k", 3, 1.5, 3, .6, 2);
    weights_of("bg-bb", 1, 1.2, .75, .66, 2.8);
    weights_of("gamma-gamma", 1, 6, 4, 15, 0);
    if (!SANITIZED) weights_of("pareto-nbd", 1, .8, 9, .6, 11);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(by_sample), cmocka_unit_test(any_order),
                                       cmocka_unit_test(weighted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
