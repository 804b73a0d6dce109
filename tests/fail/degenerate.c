/* Data that no model fits well: a status and a message, never a silent number; and every figure that is given
 * is in its range. */
#include "property/customers.h"

enum { MOST = 2100, MODELS = 7 };
static const char *const names[MODELS] = {"nbd",       "bg-nbd",     "mbg-nbd", "pareto-nbd",
                                          "bg-cnbd-k", "mbg-cnbd-k", "bg-bb"};

typedef struct base {
    double x[MOST], t_x[MOST], T[MOST], log_gaps[MOST];
    mr_data data;
} base;

static base *base_new(size_t n) {
    base *b = calloc(1, sizeof *b);
    assert_non_null(b);
    b->data = (mr_data){.n = n, .x = b->x, .t_x = b->t_x, .T = b->T, .log_gaps = b->log_gaps};
    return b;
}

static void put(base *b, size_t i, double x, double t_x, double T) {
    b->x[i] = x, b->t_x[i] = t_x, b->T[i] = T;
    b->log_gaps[i] = x > 0 ? x * log(t_x / x) : 0;
}

/* Whatever a fit reached, forecasts from it stay in their ranges. */
static void in_range(const mr_params *p, const mr_data *data, const char *what) {
    size_t n = data->n;
    double *o = calloc(9 * n, sizeof *o), sum = NAN, by[MR_MAX_PARAMS] = {0};
    mr_error err = {0};
    mr_forecast f = {o, o + n, o + 2 * n, o + 3 * n, o + 4 * n, o + 5 * n, o + 6 * n, o + 7 * n, o + 8 * n};
    bool fine = mr_model_forecast(p, data, &(mr_forecast_spec){.horizon = 13}, NULL, &f, &err) == MR_OK &&
                mr_model_log_likelihood(p, data, NULL, &sum, by, &err) == MR_OK;
    if (!fine) print_error("%s, %s: %s\n", what, mr_model_name(p->model), err.message);
    assert_true(fine);
    assert_true(isfinite(sum));
    for (size_t j = 0; j < mr_model_params(p->model); j++) assert_true(isfinite(by[j]));
    for (size_t i = 0; i < n; i++) {
        fine = f.p_alive[i] >= 0 && f.p_alive[i] <= 1 && f.p_alive_later[i] >= 0 &&
               f.p_alive_later[i] <= f.p_alive[i] * (1 + 1e-9) && f.p_order[i] >= 0 && f.p_order[i] <= 1 &&
               f.expected[i] >= 0 && isfinite(f.expected[i]) && f.expected_low[i] >= 0 &&
               f.expected_low[i] <= f.expected_high[i] && isfinite(f.expected_high[i]) &&
               f.due_median[i] >= 0 && f.due_90[i] >= f.due_median[i];
        if (!fine)
            print_error("%s, %s (%g %g %g %g): row x %g t_x %g T %g gives alive %g later %g order %g "
                        "expected %g [%g, %g] due %g %g\n",
                        what, mr_model_name(p->model), p->value[0], p->value[1], p->value[2], p->value[3],
                        data->x[i], data->t_x[i], data->T[i], f.p_alive[i], f.p_alive_later[i], f.p_order[i],
                        f.expected[i], f.expected_low[i], f.expected_high[i], f.due_median[i], f.due_90[i]);
        assert_true(fine);
    }
    free(o);
}

static bool says_so(mr_status status) {
    return status == MR_EBOUNDARY || status == MR_EFLAT || status == MR_ENOCONV;
}

/* Fits; MR_OK only where `may_fit`, and then with finite errors. Says what each model says. */
static mr_status fit_of(const char *what, const char *name, const mr_data *data, bool may_fit) {
    mr_fit fit;
    mr_error err = {0};
    mr_status status = mr_model_fit(mr_model_find(name), data, NULL, NULL, &fit, &err);
    print_message("%-28s %-11s %s%s%s\n", what, name, mr_status_text(status), status ? ": " : "",
                  status ? err.message : "");
    if (status == MR_OK) {
        assert_true(may_fit && fit.converged);
        for (size_t j = 0; j < mr_model_params(fit.params.model); j++)
            assert_true(isfinite(fit.se[j]) && fit.se[j] > 0);
    } else {
        assert_true(says_so(status));
        assert_int_equal(err.code, status);
        assert_true(strlen(err.message) > 20);
        assert_false(fit.converged);
        assert_true(isnan(fit.se[0]));
    }
    for (size_t j = 0; j < mr_model_params(fit.params.model); j++)
        assert_true(fit.params.value[j] > 0 && isfinite(fit.params.value[j]));
    mr_kind kind = mr_model_kind(fit.params.model);
    if (kind == MR_BUYING || kind == MR_DISCRETE) in_range(&fit.params, data, what);
    return status;
}

static void all_of(const char *what, const mr_data *data, bool may_fit, size_t models) {
    for (size_t m = 0; m < models; m++) fit_of(what, names[m], data, may_fit);
}

static void one_order_each(void **state) {
    (void)state;
    base *b = base_new(500);
    for (size_t i = 0; i < 500; i++) put(b, i, 0, 0, 20 + (double)(i % 40));
    all_of("everyone with one order", &b->data, false, MODELS);
    for (size_t i = 0; i < 500; i++) put(b, i, 0, 0, 0);
    all_of("everyone new today", &b->data, false, MODELS);
    free(b);
}

static void few(void **state) {
    (void)state;
    base *b = base_new(1);
    put(b, 0, 3, 20, 30);
    all_of("one customer", &b->data, false, MODELS);
    put(b, 0, 0, 0, 30);
    all_of("one customer, one order", &b->data, false, MODELS);
    put(b, 0, 3, 20, 30), put(b, 1, 3, 20, 30);
    b->data.n = 2;
    all_of("two identical customers", &b->data, false, MODELS);
    free(b);
}

/* Poisson at one rate for all: r has no upper end. Counts are as even as they can be, so that no sample is
 * uneven by chance. */
static void one_rate(void **state) {
    (void)state;
    base *b = base_new(900);
    for (size_t i = 0; i < 900; i++) {
        double x = 8 + (double)(i % 3), T = 40;
        put(b, i, x, T - 1, T);
    }
    all_of("everyone alike", &b->data, false, 4);
    free(b);
}

/* NBD data: whatever leaving a model knows runs to nothing, and the parameters of the rest are the NBD's. */
static void nobody_leaves(void **state) {
    (void)state;
    mr_params truth = params_of("nbd", 1, .8, 9, 0, 0);
    customers c;
    customers_new(&c, &truth, 2000, 20, 60, 0, test_seed());
    mr_fit nbd, one;
    fit_well("nbd", &c.data, NULL, NULL, &nbd);
    for (size_t m = 1; m < 6; m++) {
        mr_status status = fit_of("nobody leaves", names[m], &c.data, true);
        mr_error err;
        assert_int_equal(mr_model_fit(mr_model_find(names[m]), &c.data, NULL, NULL, &one, &err), status);
        assert_true(one.log_likelihood >= nbd.log_likelihood - 1e-3);
        if (status != MR_OK) assert_near(one.params.value[0], nbd.params.value[0], .05);
    }
    customers_free(&c);
}

static void many_orders(void **state) {
    (void)state;
    base *b = base_new(210);
    for (size_t i = 0; i < 210; i++) {
        double x = i % 7 ? (double)(i % 5) : 10000, t_x = x > 0 ? 100 + (double)(i % 10) : 0;
        put(b, i, x, t_x, 110 + (double)(i % 10));
    }
    all_of("some with 10,000 orders", &b->data, true, 6);
    for (size_t i = 0; i < 210; i++) put(b, i, 10000, 11000 + (double)(i % 100), 11200 + (double)(i % 50));
    all_of("all with 10,000 orders", &b->data, true, 4);
    free(b);
}

static void edges_of_time(void **state) {
    (void)state;
    mr_params truth = params_of("mbg-nbd", 1, .9, 6, .7, 1.8);
    customers c;
    customers_new(&c, &truth, 2000, 0, 40, 0, test_seed());
    /* a tenth came today, a tenth ordered today, some times are a millionth of a unit */
    for (size_t i = 0; i < c.n; i += 10) c.x[i] = c.t_x[i] = c.T[i] = c.log_gaps[i] = 0;
    for (size_t i = 5; i < c.n; i += 10) {
        if (c.x[i] > 0)
            c.T[i] = c.t_x[i];
        else
            c.T[i] = 1e-6;
    }
    for (size_t m = 0; m < 6; m++) assert_int_equal(fit_of("T = 0, t_x = T", names[m], &c.data, true), MR_OK);
    customers_free(&c);
}

/* A fit knows no unit: in seconds and in years the same shapes, and times scale. */
static void units(void **state) {
    (void)state;
    static const char *const kinds[] = {"nbd", "mbg-nbd", "pareto-nbd", "mbg-cnbd-k"};
    static const double scales[] = {604800, 1 / 52.1775};
    mr_params truth = params_of("mbg-nbd", 1, .9, 6, .7, 1.8);
    customers c;
    customers_new(&c, &truth, 2000, 10, 80, 0, test_seed());
    double *scaled = calloc(4 * c.n, sizeof *scaled);
    for (size_t m = 0; m < 4; m++)
        for (size_t s = 0; s < 2; s++) {
            mr_fit weeks, other;
            double unit = scales[s];
            for (size_t i = 0; i < c.n; i++) {
                scaled[i] = c.t_x[i] * unit, scaled[c.n + i] = c.T[i] * unit;
                scaled[2 * c.n + i] = c.log_gaps[i] + c.x[i] * log(unit);
            }
            mr_data d = {.n = c.n, .x = c.x, .t_x = scaled, .T = scaled + c.n, .log_gaps = scaled + 2 * c.n};
            fit_well(kinds[m], &c.data, NULL, NULL, &weeks);
            fit_well(kinds[m], &d, NULL, NULL, &other);
            for (size_t j = 0; j < mr_model_params(weeks.params.model); j++) {
                const char *name = mr_model_param(weeks.params.model, j);
                bool time = strcmp(name, "alpha") == 0 || strcmp(name, "beta") == 0;
                assert_relative(other.params.value[j], weeks.params.value[j] * (time ? unit : 1), 1e-4);
            }
        }
    free(scaled);
    customers_free(&c);
}

static void money(void **state) {
    (void)state;
    mr_params truth = params_of("gamma-gamma", 1, 6, 4, 15, 0);
    customers c;
    customers_new(&c, &truth, 1500, 1, 2, 0, test_seed());
    mr_fit small, large;
    fit_well("gamma-gamma", &c.data, NULL, NULL, &small);
    for (size_t i = 0; i < c.n; i++) c.mean_spend[i] *= 1e9;
    fit_well("gamma-gamma", &c.data, NULL, NULL, &large);
    assert_relative(large.params.value[0], small.params.value[0], 1e-4);
    assert_relative(large.params.value[1], small.params.value[1], 1e-4);
    assert_relative(large.params.value[2], small.params.value[2] * 1e9, 1e-4);
    double *out = calloc(c.n, sizeof *out);
    assert_int_equal(mr_spend_expected(&large.params, &c.data, out, NULL), MR_OK);
    for (size_t i = 0; i < c.n; i++) assert_true(out[i] > 1e8 && out[i] < 1e12);
    for (size_t i = 0; i < c.n; i++) c.mean_spend[i] = 25;
    fit_of("everyone spends the same", "gamma-gamma", &c.data, false);
    c.data.n = 1;
    fit_of("one customer", "gamma-gamma", &c.data, false);
    free(out);
    customers_free(&c);
}

static void contracts(void **state) {
    (void)state;
    static const double some[4] = {10, 5, 3, 2}, lone[1] = {1}, none[4] = {0}, third[4] = {0, 0, 7, 0};
    static const struct {
        const char *what;
        size_t n;
        const double *lost;
        double survivors;
    } rows[] = {{"nobody left", 4, none, 10},
                {"everybody left", 4, some, 0},
                {"all left in the third", 4, third, 0},
                {"one period", 1, some, 5},
                {"one customer left", 1, lone, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int m = 0; m < 2; m++) {
            mr_data d = {.n = rows[i].n, .lost = rows[i].lost, .survivors = rows[i].survivors};
            fit_of(rows[i].what, m ? "bdw" : "sbg", &d, false);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_order_each), cmocka_unit_test(few),         cmocka_unit_test(one_rate),
        cmocka_unit_test(nobody_leaves),  cmocka_unit_test(many_orders), cmocka_unit_test(edges_of_time),
        cmocka_unit_test(units),          cmocka_unit_test(money),       cmocka_unit_test(contracts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
