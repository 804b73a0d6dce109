/* Value: against a sum over thin slices of time, against closed forms, and its spec's corners. */
#include "customers.h"

static const double weeks = 52.1775;

static double expected_by(const mr_params *p, const mr_data *one, double h) {
    double e = 0;
    mr_forecast f = {.expected = &e};
    if (h > 0)
        assert_int_equal(mr_model_forecast(p, one, &(mr_forecast_spec){.horizon = h}, NULL, &f, NULL), MR_OK);
    return e;
}

/* integral of e^(-delta t) dE(t) over [0, h]: the trapezium rule in slices that grow from thin, with
 * Richardson's step. */
static double slices(const mr_params *p, const mr_data *one, double delta, double h, int n) {
    double sum = 0, before = 0, last = 0;
    for (int i = 1; i <= n; i++) {
        double t = h * pow((double)i / n, 2), e = expected_by(p, one, t);
        sum += .5 * (exp(-delta * last) + exp(-delta * t)) * (e - before);
        before = e, last = t;
    }
    return sum;
}

static double direct(const mr_params *p, const mr_data *one, double delta, double h) {
    int n = SANITIZED ? 200 : 400;
    double coarse = slices(p, one, delta, h, n), fine = slices(p, one, delta, h, 2 * n);
    return fine + (fine - coarse) / 3;
}

static void numeric(void **state) {
    (void)state;
    static const struct {
        const char *model;
        int k;
        double value[4];
    } points[] = {{"nbd", 1, {.8, 9}},
                  {"bg-nbd", 1, {.2426, 4.4136, .7929, 2.4259}},
                  {"mbg-nbd", 1, {.5248, 6.1831, .8914, 1.614}},
                  {"mbg-nbd", 1, {2, .5, 2, 3}},
                  {"mbg-cnbd-k", 3, {1.2, 2.5, .7, 2}},
                  {"pareto-nbd", 1, {.5533, 10.578, .6062, 11.669}},
                  {"pareto-nbd", 1, {.5, 2, 3, .5}},
                  {"bg-nbd", 1, {20, 30, .5, .4}},
                  {"mbg-cnbd-k", 12, {9, 2, .2, .9}}};
    static const double row[][3] = {{0, 0, 0}, {0, 0, 40}, {2, 30.43, 38.86}, {26, 30.86, 31}, {1, 3, 300}};
    static const double horizons[] = {1, 52.1775, 520}, rates[] = {.02, .1, 1};
    double worst[2] = {0}; /* k = 1, k > 1 */
    for (size_t m = 0; m < sizeof points / sizeof *points; m++)
        for (size_t i = 0; i < sizeof row / sizeof *row; i++)
            for (size_t h = 0; h < 3; h++) {
                mr_params p = params_of(points[m].model, points[m].k, points[m].value[0], points[m].value[1],
                                        points[m].value[2], points[m].value[3]);
                mr_data one = {.n = 1, .x = &row[i][0], .t_x = &row[i][1], .T = &row[i][2]};
                double out, rate = rates[(i + h) % 3];
                mr_value_spec spec = {
                    .margin = 1, .discount_rate = rate, .units_per_year = weeks, .horizon = horizons[h]};
                assert_int_equal(mr_model_value(&p, &one, NULL, &spec, NULL, &out, NULL), MR_OK);
                double want = direct(&p, &one, log1p(rate) / weeks, horizons[h]), *w = &worst[p.k > 1];
                *w = fmax(*w, fabs(out / want - 1));
            }
    print_message("worst relative difference from slices: %.1e, regular rhythm %.1e\n", worst[0], worst[1]);
    assert_true(worst[0] < 1e-7);
    assert_true(worst[1] < 1e-4);
}

/* Each opportunity's orders, discounted by its own time. */
static void opportunities(void **state) {
    (void)state;
    mr_params p = params_of("bg-bb", 1, 1.2, .75, .66, 2.8);
    double x = 3, t_x = 4, T = 6, out, want = 0, delta = log1p(.1);
    mr_data one = {.n = 1, .x = &x, .t_x = &t_x, .T = &T};
    for (int i = 1; i <= 12; i++)
        want += exp(-delta * i) * (expected_by(&p, &one, i) - expected_by(&p, &one, i - 1));
    mr_value_spec spec = {.margin = 1, .discount_rate = .1, .units_per_year = 1, .horizon = 12.5};
    assert_int_equal(mr_model_value(&p, &one, NULL, &spec, NULL, &out, NULL), MR_OK);
    assert_relative(out, want, 1e-12);
}

static void closed_forms(void **state) {
    (void)state;
    mr_params p = params_of("nbd", 1, .8, 9, 0, 0);
    double x = 3, t_x = 20, T = 30, out, spend = 12.5, delta = log1p(.1) / weeks;
    mr_data one = {.n = 1, .x = &x, .t_x = &t_x, .T = &T};
    /* NBD: a constant rate of (r + x) / (alpha + T). */
    mr_value_spec spec = {.margin = .3, .discount_rate = .1, .units_per_year = weeks, .horizon = 100};
    assert_int_equal(mr_model_value(&p, &one, &spend, &spec, NULL, &out, NULL), MR_OK);
    assert_relative(out, .3 * 12.5 * 3.8 / 39 * -expm1(-delta * 100) / delta, 1e-8);
    spec.horizon = INFINITY;
    assert_int_equal(mr_model_value(&p, &one, &spend, &spec, NULL, &out, NULL), MR_OK);
    assert_relative(out, .3 * 12.5 * 3.8 / 39 / delta, 1e-8);
    /* Nothing discounted: the expected orders. */
    for (size_t m = 0; m < mr_model_count(); m++) {
        const mr_model *model = mr_model_at(m);
        if (mr_model_kind(model) != MR_BUYING && mr_model_kind(model) != MR_DISCRETE) continue;
        mr_params q = params_of(mr_model_name(model), 1, .8, 9, .6, 3);
        spec = (mr_value_spec){.margin = 1, .discount_rate = 0, .units_per_year = weeks, .horizon = 26};
        assert_int_equal(mr_model_value(&q, &one, NULL, &spec, NULL, &out, NULL), MR_OK);
        assert_relative(out, expected_by(&q, &one, 26), 1e-14);
        double age[3] = {0, 1, 60}, by_age[3], zero = 0;
        mr_data fresh = {.n = 1, .x = &zero, .t_x = &zero, .T = &zero};
        assert_int_equal(mr_model_expected_by_age(&q, age, 3, NULL, by_age, NULL), MR_OK);
        for (int i = 0; i < 3; i++) assert_near(by_age[i], expected_by(&q, &fresh, age[i]), 1e-14);
    }
}

/* An infinite horizon is the limit of long ones; for Pareto/NBD by another formula (DERT). */
static void endless(void **state) {
    (void)state;
    static const char *const names[] = {"bg-nbd", "mbg-nbd", "mbg-cnbd-k", "pareto-nbd"};
    for (size_t m = 0; m < 4; m++) {
        mr_params p = params_of(names[m], strstr(names[m], "-k") ? 3 : 1, .8, 9, .6, 3);
        double x = 3, t_x = 20, T = 30, all, most;
        mr_data one = {.n = 1, .x = &x, .t_x = &t_x, .T = &T};
        mr_value_spec spec = {.margin = 1, .discount_rate = .1, .units_per_year = weeks, .horizon = INFINITY};
        assert_int_equal(mr_model_value(&p, &one, NULL, &spec, NULL, &all, NULL), MR_OK);
        spec.horizon = 24 / (log1p(.1) / weeks);
        assert_int_equal(mr_model_value(&p, &one, NULL, &spec, NULL, &most, NULL), MR_OK);
        assert_relative(most, all, 1e-7);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(numeric), cmocka_unit_test(opportunities),
                                       cmocka_unit_test(closed_forms), cmocka_unit_test(endless)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
