/* Analytic gradients against five-point differences, for every model, k = 1 .. 4, and rows at the edges of
 * the domain. */
#include "customers.h"

enum { ROWS = 12 };
static const double row_x[ROWS] = {0, 0, 0, 1, 1, 2, 5, 5, 40, 40, 400, 10000};
static const double row_t_x[ROWS] = {0, 0, 0, .5, 30, 12, 20, 39, 39, 20, 500, 1000};
static const double row_T[ROWS] = {0, 1e-9, 39, 39, 30, 12.001, 39, 39, 39, 39, 520, 1003};

/* Of the log-likelihood in parameter j by f(p (1 +- h)), f(p (1 +- 2h)): error of order h^4. */
static double difference(const mr_params *at, const mr_data *data, size_t j) {
    static const double step[4] = {-2, -1, 1, 2}, weight[4] = {1. / 12, -8. / 12, 8. / 12, -1. / 12};
    const double h = 1e-3;
    double sum = 0;
    for (int i = 0; i < 4; i++) {
        mr_params p = *at;
        double value;
        p.value[j] *= 1 + step[i] * h;
        assert_int_equal(mr_model_log_likelihood(&p, data, NULL, &value, NULL, NULL), MR_OK);
        sum += weight[i] * value;
    }
    return sum / (h * at->value[j]);
}

static void check_gradient(const mr_params *p, const mr_data *data, const char *what) {
    double gradient[MR_MAX_PARAMS], value, plain;
    assert_int_equal(mr_model_log_likelihood(p, data, NULL, &value, gradient, NULL), MR_OK);
    assert_int_equal(mr_model_log_likelihood(p, data, NULL, &plain, NULL, NULL), MR_OK);
    assert_true(isfinite(value));
    assert_near(plain, value, 1e-14);
    /* The value is a sum of terms up to m log m for m = k x (p x for money): its rounding, over the step, is
     * in the differences. */
    double m = fabs(value) + 1;
    for (size_t i = 0; data->x && i < data->n; i++)
        m += 12 * data->x[i] * (mr_model_kind(p->model) == MR_SPENDING ? p->value[0] : p->k);
    for (size_t j = 0; j < mr_model_params(p->model); j++) {
        double want = difference(p, data, j);
        /* by log(parameter), so that tiny and huge parameters are measured alike */
        double got = gradient[j] * p->value[j], slack = 2e-9 * fmax(1, fabs(want * p->value[j])) + 4e-13 * m;
        if (!(fabs(got - want * p->value[j]) <= slack)) {
            print_error("%s k=%d, %s at %g, %s: gradient %.12g, differences %.12g\n", mr_model_name(p->model),
                        p->k, mr_model_param(p->model, j), p->value[j], what, gradient[j], want);
            fail();
        }
    }
}

static void check_rows(const mr_params *p, double gap_of_k) {
    for (size_t i = 0; i < ROWS; i++) {
        double log_gaps = row_x[i] > 0 ? row_x[i] * log(row_t_x[i] / row_x[i]) - gap_of_k : 0;
        bool discrete = mr_model_kind(p->model) == MR_DISCRETE;
        double t_x = discrete ? ceil(row_t_x[i]) : row_t_x[i], T = discrete ? ceil(row_T[i]) : row_T[i];
        double x = discrete ? fmin(row_x[i], t_x) : row_x[i], money = .01 * pow(10, (double)i),
               orders = fmax(1, x);
        mr_data one = {.n = 1, .x = &x, .t_x = &t_x, .T = &T, .log_gaps = &log_gaps};
        if (mr_model_kind(p->model) == MR_SPENDING)
            one = (mr_data){.n = 1, .x = &orders, .mean_spend = &money};
        char what[64];
        snprintf(what, sizeof what, "row x %g t_x %g T %g", x, t_x, T);
        check_gradient(p, &one, what);
    }
}

static void orders(void **state) {
    (void)state;
    static const double points[][4] = {
        {.2426, 4.4136, .7929, 2.4259}, {5, .3, .05, .1}, {.01, 40, 3, 1}, {60, 100, 20, 900}, {1, 1, 1, 1}};
    static const char *const names[] = {"nbd",   "bg-nbd",    "mbg-nbd",   "pareto-nbd",
                                        "bg-bb", "bg-cnbd-k", "mbg-cnbd-k"};
    for (size_t m = 0; m < sizeof names / sizeof *names; m++)
        for (size_t i = 0; i < sizeof points / sizeof *points; i++)
            for (int k = 1; k <= (mr_model_is_regular(mr_model_find(names[m])) ? 4 : 1); k++) {
                mr_params p = params_of(names[m], k, points[i][0], points[i][1], points[i][2], points[i][3]);
                check_rows(&p, .1 * k);
            }
    mr_params deep = params_of("mbg-cnbd-k", MR_MAX_K, 2, 3, .5, 2);
    check_rows(&deep, 1);
}

static void spending(void **state) {
    (void)state;
    static const double points[][3] = {{6.25, 3.74, 15.4}, {.05, .2, 1e5}, {300, 1.5, .01}};
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        mr_params p = params_of("gamma-gamma", 1, points[i][0], points[i][1], points[i][2], 0);
        check_rows(&p, 0);
    }
}

static void contracts(void **state) {
    (void)state;
    static const double lost[9] = {369, 163, 0, 56, 37, 27, 21, .5, 0},
                        points[][3] = {{.7, 1.2, 1}, {.67, 3.8, 1.5}, {50, 300, .3}, {.02, .1, 2}};
    static const double watched[9] = {12, 0, 3.5, 40, 0, 1, 7, 0, 2};
    mr_data data = {.n = 9, .lost = lost, .survivors = 241}, censored = {.n = 9, .lost = lost, .survivors = 41, .watched = watched}, nobody = {.n = 9, .lost = lost, .survivors = 0},
            once = {.n = 1, .lost = lost, .survivors = 1};
    for (size_t i = 0; i < sizeof points / sizeof *points; i++)
        for (int m = 0; m < 2; m++) {
            mr_params p = params_of(m ? "bdw" : "sbg", 1, points[i][0], points[i][1], points[i][2], 0);
            check_gradient(&p, &data, "table");
            check_gradient(&p, &censored, "watched no further");
            check_gradient(&p, &nobody, "no survivors");
            check_gradient(&p, &once, "one period");
        }
}

/* Over a simulated base, weights included. */
static void whole_base(void **state) {
    (void)state;
    mr_params truth = params_of("mbg-cnbd-k", 3, 1.2, 6, .8, 2.5);
    customers c;
    customers_new(&c, &truth, 500, 0, 80, 0, test_seed());
    double *weight = c.future;
    for (size_t i = 0; i < c.n; i++) weight[i] = (double)(i % 4);
    c.data.weight = weight;
    static const char *const names[] = {"nbd", "bg-nbd", "mbg-nbd", "pareto-nbd", "bg-cnbd-k", "mbg-cnbd-k"};
    for (size_t m = 0; m < sizeof names / sizeof *names; m++)
        for (int k = 1; k <= (mr_model_is_regular(mr_model_find(names[m])) ? 4 : 1); k++) {
            mr_params p = params_of(names[m], k, .9, 5, .6, 3);
            check_gradient(&p, &c.data, "base");
        }
    customers_free(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(orders), cmocka_unit_test(spending),
                                       cmocka_unit_test(contracts), cmocka_unit_test(whole_base)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
