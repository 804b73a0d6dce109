/* Forecasts against what simulated customers then did: means by z-score (seed fixed, bound 4.5), intervals
 * and medians by coverage. */
#include "customers.h"

enum { AHEAD = 40 };

static size_t base(void) {
    return SANITIZED ? 10000 : 40000;
}

/* Customers that a fault would treat differently. */
typedef bool (*group)(const customers *c, size_t i);

static bool everyone(const customers *c, size_t i) {
    (void)c, (void)i;
    return true;
}

static bool once(const customers *c, size_t i) {
    return c->x[i] == 0;
}

static bool frequent(const customers *c, size_t i) {
    return c->x[i] >= 4;
}

static bool silent(const customers *c, size_t i) {
    return c->x[i] > 0 && c->T[i] - c->t_x[i] > 20;
}

static bool fresh(const customers *c, size_t i) {
    return c->T[i] - c->t_x[i] < 2;
}

static const struct {
    const char *name;
    group in;
} groups[] = {{"everyone", everyone},
              {"one order", once},
              {"frequent", frequent},
              {"silent", silent},
              {"fresh", fresh}};

static void mean_matches(const char *what, const customers *c, const double *forecast,
                         const double *outcome) {
    bool chance = what[0] == 'P';
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
        double off = 0, spread = 0, sum = 0;
        for (size_t i = 0; i < c->n; i++) {
            if (!groups[g].in(c, i)) continue;
            double d = outcome[i] - forecast[i];
            off += d, sum += forecast[i];
            spread += chance ? forecast[i] * (1 - forecast[i]) : d * d;
        }
        if (sum < 30) continue; /* too few for the normal distribution */
        double z = spread > 1e-9 ? off / sqrt(spread) : 0;
        if (fabs(z) > 3) print_message("%s, %s: %+.2f standard errors\n", what, groups[g].name, z);
        assert_true(fabs(z) < 4.5);
    }
}

/* A share that must be `want`, or (side -1) at most it, among those counted. */
static void share_is(const char *what, double hits, double n, double want, int side) {
    double z = (hits - n * want) / sqrt(n * want * (1 - want));
    print_message("%s: %.4f of %g, wanted %s%.4f (%+.2f)\n", what, hits / n, n, side < 0 ? "at most " : "",
                  want, z);
    assert_true(n > (SANITIZED ? 100 : 500));
    assert_true(z < 4.5);
    if (side == 0) assert_true(z > -4.5);
}

static void coverage(const customers *c, const mr_forecast *f, double tail) {
    double under = 0, over = 0;
    for (size_t i = 0; i < c->n; i++)
        under += c->future[i]<f->expected_low[i], over += c->future[i]> f->expected_high[i];
    share_is("below the interval", under, (double)c->n, tail, -1);
    share_is("above the interval", over, (double)c->n, tail, -1);
}

/* Those still there order again in the models that leave only after an order: half by the median, nine tenths
 * by due_90. */
static void next_order(const customers *c, const mr_forecast *f) {
    double by_median = 0, n_median = 0, by_90 = 0, n_90 = 0;
    for (size_t i = 0; i < c->n; i++) {
        if (!c->alive[i]) continue;
        if (f->due_median[i] < AHEAD) by_median += c->next[i] <= f->due_median[i], n_median++;
        if (f->due_90[i] < AHEAD) by_90 += c->next[i] <= f->due_90[i], n_90++;
    }
    share_is("next order by the median", by_median, n_median, .5, 0);
    share_is("next order by the 90 % date", by_90, n_90, .9, 0);
}

static void residual(const customers *c, const mr_params *p, const double *alive_later) {
    static const double times[2] = {5, AHEAD};
    size_t n = c->n < 20000 ? c->n : 20000;
    double *b = calloc(c->n * 5, sizeof *b), *median = b, *survival = b + c->n, *at_5 = b + 3 * c->n,
           *there_5 = b + 4 * c->n;
    customers some = *c;
    some.n = some.data.n = n;
    assert_int_equal(mr_model_residual(p, &some.data, times, 2, NULL, median, survival, NULL), MR_OK);
    double outlived = 0, counted = 0;
    for (size_t i = 0; i < n; i++) {
        assert_near(survival[2 * i + 1], alive_later[i], 1e-13);
        at_5[i] = survival[2 * i];
        there_5[i] = c->lifetime[i] > 5;
        if (median[i] > 0 && median[i] < AHEAD) outlived += c->lifetime[i] > median[i], counted++;
    }
    mean_matches("P(still a customer in 5)", &some, at_5, there_5);
    share_is("outlived the median lifetime", outlived, counted, .5, 0);
    free(b);
}

static void compare(const char *name, int k, size_t customers_n, double a, double b, double c_, double d) {
    mr_params p = params_of(name, k, a, b, c_, d);
    customers c;
    customers_new(&c, &p, customers_n, 5, 70, AHEAD, test_seed() + (uint64_t)k + (uint64_t)name[0]);
    size_t n = c.n;
    double *block = calloc(n * 10, sizeof *block), *any = block + 9 * n;
    mr_forecast f = {block,         block + n,     block + 2 * n, block + 3 * n, block + 4 * n,
                     block + 5 * n, block + 6 * n, block + 7 * n, block + 8 * n};
    assert_int_equal(mr_model_forecast(&p, &c.data, &(mr_forecast_spec){.horizon = AHEAD}, NULL, &f, NULL),
                     MR_OK);
    for (size_t i = 0; i < n; i++) any[i] = c.future[i] > 0;
    print_message("--- %s, k = %d\n", name, k);
    mean_matches("P(alive)", &c, f.p_alive, c.alive);
    mean_matches("P(alive later)", &c, f.p_alive_later, c.alive_later);
    mean_matches("expected orders", &c, f.expected, c.future);
    mean_matches("P(order)", &c, f.p_order, any);
    coverage(&c, &f, .1);
    if (strstr(name, "bg")) next_order(&c, &f);
    if (strstr(name, "bg") || strstr(name, "pareto")) residual(&c, &p, f.p_alive_later);
    free(block);
    customers_free(&c);
}

static void regular(void **state) {
    (void)state;
    compare("mbg-cnbd-k", 3, base(), 1.2, 2.5, .7, 2);
    compare("bg-cnbd-k", 3, base(), 1.2, 2.5, .7, 2);
}

static void random_rhythm(void **state) {
    (void)state;
    compare("bg-nbd", 1, base(), .6, 5, .8, 2.5);
    compare("mbg-nbd", 1, base(), .9, 6, .7, 1.8);
    compare("nbd", 1, base(), .8, 9, 0, 0);
}

static void pareto(void **state) {
    (void)state;
    compare("pareto-nbd", 1, base(), .8, 9, .6, 11);
    compare("pareto-nbd", 1, base() / 4, 4, .5, 1.5,
            60); /* hundreds of orders ahead, some leaving on the way */
}

static void discrete(void **state) {
    (void)state;
    mr_params p = params_of("bg-bb", 1, 1.2, .75, .66, 2.8);
    customers c;
    customers_new(&c, &p, SANITIZED ? 4000 : 20000, 4, 9, 5, test_seed());
    size_t n = c.n;
    double *b = calloc(n * 7, sizeof *b), *any = b + 6 * n;
    mr_forecast f = {.p_alive = b,
                     .p_alive_later = b + n,
                     .expected = b + 2 * n,
                     .p_order = b + 3 * n,
                     .expected_low = b + 4 * n,
                     .expected_high = b + 5 * n};
    assert_int_equal(mr_model_forecast(&p, &c.data, &(mr_forecast_spec){.horizon = 5}, NULL, &f, NULL),
                     MR_OK);
    for (size_t i = 0; i < n; i++) any[i] = c.future[i] > 0;
    static const char *const what[] = {"P(alive)", "P(alive later)", "expected orders", "P(order)"};
    const double *forecast[] = {f.p_alive, f.p_alive_later, f.expected, f.p_order},
                 *outcome[] = {c.alive, c.alive_later, c.future, any};
    for (int m = 0; m < 4; m++) {
        double off = 0, spread = 0;
        for (size_t i = 0; i < n; i++) {
            double d = outcome[m][i] - forecast[m][i];
            off += d, spread += d * d;
        }
        print_message("%s: %+.2f standard errors\n", what[m], off / sqrt(spread));
        assert_true(fabs(off) < 4.5 * sqrt(spread));
    }
    coverage(&c, &f, .1);
    free(b);
    customers_free(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(regular), cmocka_unit_test(random_rhythm),
                                       cmocka_unit_test(pareto), cmocka_unit_test(discrete)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
