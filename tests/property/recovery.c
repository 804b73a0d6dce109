/* Parameters recovered from simulation: within four standard errors, and those errors of the right size. */
#include "customers.h"

typedef struct base {
    const char *model;
    int k; /* of the truth; the fit finds it */
    size_t n;
    double value[4];
} base;

static void within_four_errors(const mr_fit *fit, const mr_params *truth) {
    const char *name = mr_model_name(truth->model);
    for (size_t j = 0; j < mr_model_params(truth->model); j++) {
        double off = (fit->params.value[j] - truth->value[j]) / fit->se[j];
        print_message("%-12s %-6s %9.5f +- %.5f, truth %g (%+.1f errors)\n", name,
                      mr_model_param(truth->model, j), fit->params.value[j], fit->se[j], truth->value[j],
                      off);
        assert_true(fit->se[j] > 0);
        assert_true(fabs(off) < 4);
        double low, high;
        assert_int_equal(mr_fit_interval(fit, j, .95, &low, &high), MR_OK);
        assert_true(0 < low && low < fit->params.value[j] && fit->params.value[j] < high);
    }
}

static void recover(const base *t) {
    customers c;
    mr_params truth = params_of(t->model, t->k, t->value[0], t->value[1], t->value[2], t->value[3]);
    size_t n = SANITIZED ? t->n / 4 : t->n;
    bool discrete = mr_model_kind(truth.model) == MR_DISCRETE;
    customers_new(&c, &truth, n, discrete ? 8 : 20, discrete ? 25 : 90, 0,
                  test_seed() + (uint64_t)(t->k * 1000) + (uint64_t)t->model[0]);
    mr_fit fit;
    double there;
    fit_well(t->model, &c.data, NULL, NULL, &fit);
    assert_int_equal(fit.params.k, t->k);
    assert_true(fit.n == (double)n);
    within_four_errors(&fit, &truth);
    /* The maximum is at least as likely as the truth, and not by more than chance: twice the gap is
     * chi-squared. */
    assert_int_equal(mr_model_log_likelihood(&truth, &c.data, NULL, &there, NULL, NULL), MR_OK);
    assert_true(fit.log_likelihood >= there - 1e-9 * fabs(there));
    assert_true(2 * (fit.log_likelihood - there) < 30);
    customers_free(&c);
}

static void buying(void **state) {
    (void)state;
    static const base rows[] = {
        {"nbd", 1, 8000, {.8, 9}},
        {"bg-nbd", 1, 12000, {.6, 5, .8, 2.5}},
        {"mbg-nbd", 1, 12000, {.9, 6, .7, 1.8}},
        {"pareto-nbd", 1, 12000, {.8, 9, .6, 11}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) recover(&rows[i]);
}

static void regular(void **state) {
    (void)state;
    static const base rows[] = {
        {"mbg-cnbd-k", 3, 8000, {1.2, 2.5, .7, 2}},
        {"bg-cnbd-k", 2, 8000, {1.5, 3, .6, 2}},
        {"mbg-cnbd-k", 1, 8000, {.9, 6, .7, 1.8}},
        {"mbg-cnbd-k", 8, 3000, {3, 1, .3, 2}},
        /* Everyone in nearly the same strict rhythm: at k = 1 the rates' shape runs off to infinity, at k = 4
           it does not. */
        {"mbg-cnbd-k", 4, 3000, {25, 20, .3, 3}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) recover(&rows[i]);
}

static void discrete(void **state) {
    (void)state;
    recover(&(base){"bg-bb", 1, 8000, {1.2, .75, .66, 2.8}});
}

static void spending(void **state) {
    (void)state;
    recover(&(base){"gamma-gamma", 1, 6000, {6, 4, 15}});
}

static void contracts(void **state) {
    (void)state;
    static const base rows[] = {
        {"sbg", 1, 20000, {.7, 1.2}}, {"bdw", 1, 20000, {.8, 3, 1.4}}, {"bdw", 1, 20000, {1.5, 4, .7}}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        mr_params truth =
            params_of(rows[i].model, 1, rows[i].value[0], rows[i].value[1], rows[i].value[2], 0);
        double lost[10];
        mr_data data = {.n = 10, .lost = lost};
        mr_fit fit;
        contracts_draw(&truth, rows[i].n, 10, lost, &data.survivors, test_seed());
        fit_well(rows[i].model, &data, NULL, NULL, &fit);
        within_four_errors(&fit, &truth);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(buying), cmocka_unit_test(regular),
                                       cmocka_unit_test(discrete), cmocka_unit_test(spending),
                                       cmocka_unit_test(contracts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
