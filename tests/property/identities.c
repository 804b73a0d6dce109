/* What must hold between forecasts of one model, whatever its parameters. */
#include "customers.h"

enum { HORIZONS = 8 };

typedef struct point {
    const char *model;
    int k;
    double value[4];
} point;

static const point points[] = {
    {"nbd", 1, {.8, 9}},
    {"nbd", 1, {.05, .01}},
    {"bg-nbd", 1, {.2426, 4.4136, .7929, 2.4259}},
    {"bg-nbd", 1, {4, .5, 2, .3}},
    {"mbg-nbd", 1, {.5248, 6.1831, .8914, 1.614}},
    {"mbg-nbd", 1, {.02, 50, .1, .05}},
    {"bg-cnbd-k", 2, {1.5, 3, .6, 2}},
    {"mbg-cnbd-k", 3, {1.2, 2.5, .7, 2}},
    {"mbg-cnbd-k", 12, {9, 2, .2, .9}},
    {"pareto-nbd", 1, {.5533, 10.578, .6062, 11.669}},
    {"pareto-nbd", 1, {10.465, .008, 3.05, 2.82}},
    {"bg-bb", 1, {1.2, .75, .66, 2.8}},
};

/* Real histories of the model itself, and the corners. */
static void rows_of(customers *c, const mr_params *p) {
    bool discrete = mr_model_kind(p->model) == MR_DISCRETE;
    mr_params draw = *p;
    if (draw.value[0] / draw.value[1] * p->k > 20) draw.value[1] = draw.value[0]; /* not millions of orders */
    customers_new(c, &draw, SANITIZED ? 80 : 300, discrete ? 0 : 1, 60, 0, test_seed());
    static const double corner[][3] = {{0, 0, 0},       {0, 0, 1000},       {1, 40, 40}, {1, 1, 1000},
                                       {200, 300, 301}, {2000, 2500, 2500}, {3, 3, 200}};
    for (size_t i = 0; i < sizeof corner / sizeof *corner; i++) {
        c->x[i] = corner[i][0], c->t_x[i] = corner[i][1], c->T[i] = corner[i][2];
        c->log_gaps[i] = corner[i][0] > 0 ? corner[i][0] * log(corner[i][1] / corner[i][0]) : 0;
    }
}

static double *column(size_t n) {
    double *c = calloc(n, sizeof *c);
    assert_non_null(c);
    return c;
}

static void share(double p) {
    assert_true(p >= 0 && p <= 1);
}

static void forecasts_agree(const point *at) {
    mr_params p = params_of(at->model, at->k, at->value[0], at->value[1], at->value[2], at->value[3]);
    customers c;
    rows_of(&c, &p);
    size_t n = c.n;
    double *b = column(n * (8 + HORIZONS));
    mr_forecast f = {b, b + n, b + 2 * n, b + 3 * n, b + 4 * n, b + 5 * n, b + 6 * n, b + 7 * n, b + 8 * n};
    /* E(h) at equal steps, from E(0) = 0; the last is the forecast above. */
    double *e = b + 9 * n - n; /* e + h n for h = 1 .. */
    mr_error err = {0};
    double steps[HORIZONS];
    for (int h = 1; h < HORIZONS; h++) {
        steps[h] = 6 * h;
        mr_forecast only = {.expected = e + (size_t)h * n};
        assert_int_equal(
            mr_model_forecast(&p, &c.data, &(mr_forecast_spec){.horizon = steps[h]}, NULL, &only, &err),
            MR_OK);
    }
    assert_int_equal(mr_model_forecast(&p, &c.data, &(mr_forecast_spec){.horizon = 18}, NULL, &f, &err),
                     MR_OK);
    for (size_t i = 0; i < n; i++) {
        share(f.p_alive[i]), share(f.p_alive_later[i]), share(f.p_order[i]);
        double slack = 1e-12 * f.expected_if_stay[i];
        assert_true(f.p_alive_later[i] <= f.p_alive[i] * (1 + 1e-12));
        assert_true(f.p_order[i] <= f.p_alive[i] * (1 + 1e-12));
        assert_true(f.p_order[i] <= f.expected[i] * (1 + 1e-12));
        assert_true(f.expected[i] <= f.p_alive[i] * f.expected_if_stay[i] + slack);
        assert_true(f.p_alive_later[i] * f.expected_if_stay[i] <= f.expected_if_stay[i]);
        assert_near(f.expected[i], e[3 * n + i], 1e-12);
        assert_true(f.expected_low[i] >= 0 && f.expected_low[i] <= f.expected_high[i]);
        assert_true(f.expected_low[i] == floor(f.expected_low[i]) &&
                    f.expected_high[i] == floor(f.expected_high[i]));
        assert_true(f.due_median[i] > 0 && f.due_median[i] <= f.due_90[i]);
        for (int h = 1; h < HORIZONS; h++) { /* increasing and concave in the horizon */
            double before = h > 1 ? e[(size_t)(h - 1) * n + i] : 0, here = e[(size_t)h * n + i];
            assert_true(here >= before);
            if (h + 1 < HORIZONS && p.k == 1)
                assert_true(e[(size_t)(h + 1) * n + i] - here <= (here - before) * (1 + 1e-9) + 1e-13);
        }
    }
    free(b);
    customers_free(&c);
}

static void forecasts(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) forecasts_agree(&points[i]);
}

/* k = 1 is the model without k, to the bit. */
static void without_k(void **state) {
    (void)state;
    static const char *const pairs[][2] = {{"bg-cnbd-k", "bg-nbd"}, {"mbg-cnbd-k", "mbg-nbd"}};
    for (size_t i = 0; i < 2; i++) {
        mr_params with = params_of(pairs[i][0], 1, .6, 5, .8, 2.5),
                  without = params_of(pairs[i][1], 1, .6, 5, .8, 2.5);
        customers c;
        rows_of(&c, &with);
        size_t n = c.n;
        double *b = column(18 * n), one, other;
        for (int j = 0; j < 2; j++) {
            double *at = b + (size_t)j * 9 * n;
            mr_forecast f = {at,         at + n,     at + 2 * n, at + 3 * n, at + 4 * n,
                             at + 5 * n, at + 6 * n, at + 7 * n, at + 8 * n};
            assert_int_equal(mr_model_forecast(j ? &with : &without, &c.data,
                                               &(mr_forecast_spec){.horizon = 10}, NULL, &f, NULL),
                             MR_OK);
        }
        assert_memory_equal(b, b + 9 * n, 9 * n * sizeof *b);
        assert_int_equal(mr_model_log_likelihood(&with, &c.data, NULL, &one, NULL, NULL), MR_OK);
        assert_int_equal(mr_model_log_likelihood(&without, &c.data, NULL, &other, NULL, NULL), MR_OK);
        assert_true(one == other);
        free(b);
        customers_free(&c);
    }
}

/* At the moment of an order the next is due when the rhythm says; and the rhythm's mean is the documented
 * one. */
static void rhythm(void **state) {
    (void)state;
    for (size_t m = 0; m < sizeof points / sizeof *points; m++) {
        mr_params p = params_of(points[m].model, points[m].k, points[m].value[0], points[m].value[1],
                                points[m].value[2], points[m].value[3]);
        if (mr_model_kind(p.model) != MR_BUYING) continue;
        customers c;
        rows_of(&c, &p);
        size_t n = c.n;
        double *b = column(6 * n);
        mr_rhythm r = {b, b + n, b + 2 * n, b + 3 * n};
        mr_forecast f = {.due_median = b + 4 * n, .due_90 = b + 5 * n};
        assert_int_equal(mr_model_rhythm(&p, &c.data, NULL, &r, NULL), MR_OK);
        mr_data fresh = c.data;
        fresh.T = c.t_x;
        assert_int_equal(mr_model_forecast(&p, &fresh, &(mr_forecast_spec){.horizon = 1}, NULL, &f, NULL),
                         MR_OK);
        for (size_t i = 0; i < n; i++) {
            double gap = p.k * (p.value[1] + c.t_x[i]) / (p.value[0] + p.k * c.x[i]);
            assert_relative(r.gap[i], gap, 1e-14);
            assert_true(0 < r.gap_50[i] && r.gap_50[i] < r.gap_90[i] && r.gap_90[i] < r.gap_95[i]);
            assert_relative(f.due_median[i], r.gap_50[i], 1e-9);
            assert_relative(f.due_90[i], r.gap_90[i], 1e-9);
        }
        free(b);
        customers_free(&c);
    }
}

static void residual_agrees(const point *at) {
    static const double times[4] = {0, 4, 30, 400};
    mr_params p = params_of(at->model, at->k, at->value[0], at->value[1], at->value[2], at->value[3]);
    bool discrete = mr_model_kind(p.model) == MR_DISCRETE;
    customers c;
    rows_of(&c, &p);
    size_t n = c.n;
    double *b = column(7 * n), *median = b, *survival = b + n;
    mr_forecast f = {.p_alive = b + 5 * n, .p_alive_later = b + 6 * n};
    assert_int_equal(mr_model_residual(&p, &c.data, times, 4, NULL, median, survival, NULL), MR_OK);
    assert_int_equal(mr_model_forecast(&p, &c.data, &(mr_forecast_spec){.horizon = 30}, NULL, &f, NULL),
                     MR_OK);
    for (size_t i = 0; i < n; i++) {
        const double *s = survival + 4 * i;
        assert_near(s[0], f.p_alive[i], 1e-14);
        assert_near(s[2], f.p_alive_later[i], 1e-14);
        assert_true(s[0] >= s[1] && s[1] >= s[2] && s[2] >= s[3] && s[3] >= 0);
        if (median[i] == 0) {
            assert_true(s[0] < .5);
        } else if (isinf(median[i])) {
            assert_true(s[3] >= .5);
        } else {
            mr_data one = {.n = 1, .x = &c.x[i], .t_x = &c.t_x[i], .T = &c.T[i]};
            double around[2] = {median[i] * (1 - 1e-6), median[i] * (1 + 1e-6)}, there[2];
            assert_int_equal(mr_model_residual(&p, &one, around, 2, NULL, NULL, there, NULL), MR_OK);
            assert_true(there[0] >= .5 && there[1] <= .5);
            if (!discrete) assert_near(there[0], .5, 1e-5);
        }
    }
    free(b);
    customers_free(&c);
}

static void residual(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) residual_agrees(&points[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(forecasts), cmocka_unit_test(without_k),
                                       cmocka_unit_test(rhythm), cmocka_unit_test(residual)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
