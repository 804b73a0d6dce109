/* The same bits on 1, 2, 3 and 5 threads, for everything that runs over a pool; with a pool, without a
 * context, too. */
#include "customers.h"

enum { TIMES = 3, COLUMNS = 20 };
static const int threads[] = {1, 2, 3, 5};

typedef struct outcome {
    mr_fit fit;
    double log_likelihood, gradient[MR_MAX_PARAMS];
    double *column; /* [COLUMNS * n] */
} outcome;

static void run(const char *name, const mr_data *data, const mr_context *context, outcome *o) {
    size_t n = data->n;
    memset(o, 0, sizeof *o);
    double *c = o->column = calloc(COLUMNS * n, sizeof *c);
    mr_fit_options options = {.starts = 1};
    fit_well(name, data, &options, context, &o->fit);
    const mr_params *p = &o->fit.params;
    assert_int_equal(mr_model_log_likelihood(p, data, context, &o->log_likelihood, o->gradient, NULL), MR_OK);
    mr_kind kind = mr_model_kind(p->model);
    if (kind != MR_BUYING && kind != MR_DISCRETE) return;
    mr_forecast f = {c, c + n, c + 2 * n, c + 3 * n, c + 4 * n, c + 5 * n, c + 6 * n, c + 7 * n, c + 8 * n};
    assert_int_equal(mr_model_forecast(p, data, &(mr_forecast_spec){.horizon = 12}, context, &f, NULL),
                     MR_OK);
    if (kind == MR_BUYING) {
        mr_rhythm r = {c + 9 * n, c + 10 * n, c + 11 * n, c + 12 * n};
        assert_int_equal(mr_model_rhythm(p, data, context, &r, NULL), MR_OK);
    }
    mr_value_spec value = {.margin = .3, .discount_rate = .1, .units_per_year = 52.1775, .horizon = 52};
    assert_int_equal(mr_model_value(p, data, NULL, &value, context, c + 13 * n, NULL), MR_OK);
    assert_int_equal(mr_model_expected_by_age(p, data->T, n, context, c + 14 * n, NULL), MR_OK);
    static const double times[TIMES] = {0, 52, 260};
    mr_data some = *data; /* the median is a search for every row */
    some.n = n < 4500 ? n : 4500;
    assert_int_equal(mr_model_residual(p, &some, times, TIMES, context, c + 15 * n, c + 16 * n, NULL), MR_OK);
}

static void same_bits(const char *name, const mr_params *truth, size_t n) {
    customers c;
    bool discrete = mr_model_kind(truth->model) == MR_DISCRETE;
    customers_new(&c, truth, n, discrete ? 6 : 8, discrete ? 14 : 60, 0, test_seed());
    outcome first = {0}, other;
    for (size_t i = 0; i <= sizeof threads / sizeof *threads; i++) {
        mr_context context = {0};
        bool plain = i == sizeof threads / sizeof *threads;
        if (!plain) assert_int_equal(mr_pool_new(threads[i], &context.pool, NULL), MR_OK);
        run(name, &c.data, plain ? NULL : &context, i ? &other : &first);
        mr_pool_free(context.pool);
        if (i == 0) continue;
        assert_memory_equal(&first.fit, &other.fit, sizeof first.fit);
        assert_memory_equal(&first.log_likelihood, &other.log_likelihood, sizeof first.log_likelihood);
        assert_memory_equal(first.gradient, other.gradient, sizeof first.gradient);
        assert_memory_equal(first.column, other.column, COLUMNS * n * sizeof(double));
        free(other.column);
    }
    free(first.column);
    customers_free(&c);
}

static size_t base(void) {
    return SANITIZED ? 5000 : 9000; /* two or three blocks */
}

static void regular_rhythm(void **state) {
    (void)state;
    mr_params truth = params_of("mbg-cnbd-k", 3, 1.2, 2.5, .7, 2);
    same_bits("mbg-cnbd-k", &truth, SANITIZED ? 5000 : 20000);
}

static void beta_geometric(void **state) {
    (void)state;
    mr_params truth = params_of("bg-nbd", 1, .6, 5, .8, 2.5);
    same_bits("bg-nbd", &truth, base());
}

static void pareto(void **state) {
    (void)state;
    mr_params truth = params_of("pareto-nbd", 1, .8, 9, .6, 11);
    same_bits("pareto-nbd", &truth, base());
}

static void nbd(void **state) {
    (void)state;
    mr_params truth = params_of("nbd", 1, .8, 9, 0, 0);
    same_bits("nbd", &truth, base());
}

static void discrete(void **state) {
    (void)state;
    mr_params truth = params_of("bg-bb", 1, 1.2, .75, .66, 2.8);
    same_bits("bg-bb", &truth, SANITIZED ? 4500 : 5000);
}

static void spending(void **state) {
    (void)state;
    mr_params truth = params_of("gamma-gamma", 1, 6, 4, 15, 0);
    same_bits("gamma-gamma", &truth, base());
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(regular_rhythm), cmocka_unit_test(beta_geometric),
                                       cmocka_unit_test(pareto),         cmocka_unit_test(nbd),
                                       cmocka_unit_test(discrete),       cmocka_unit_test(spending)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
