/* Special functions against 40-digit tables (make_special.py), at the accuracy src/math/special.h states for
 * each. */
#include "check.h"

#include "special.h"
#include "special_table.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))

typedef double (*function)(double a, double b);

/* Error is relative to `whole` or the value, whichever is the larger; every row is printed before the test
 * fails. */
static void check_rows(const char *name, const special_row *rows, size_t n, function f, double whole,
                       double tolerance) {
    double worst = 0;
    size_t wrong = 0;
    for (size_t i = 0; i < n; i++) {
        double got = f(rows[i].a, rows[i].b),
               off = fabs(got - rows[i].value) / fmax(whole, fabs(rows[i].value));
        if (got == rows[i].value) off = 0;
        if (!(off <= tolerance)) {
            print_error("%s(%g, %g) is %.17g, wanted %.17g (relative %.2g)\n", name, rows[i].a, rows[i].b,
                        got, rows[i].value, off);
            wrong++;
        }
        worst = fmax(worst, off);
    }
    print_message("%-8s %2zu rows, worst error %.2g of %.0e\n", name, n, worst, tolerance);
    assert_int_equal(wrong, 0);
}

static double lgamma_of(double a, double b) {
    (void)b;
    return special_lgamma(a);
}

static double digamma_of(double a, double b) {
    (void)b;
    return special_digamma(a);
}

static double quantile_of(double a, double b) {
    (void)b;
    return special_normal_quantile(a);
}

static void gamma_family(void **state) {
    (void)state;
    check_rows("lgamma", lgamma_rows, ROWS(lgamma_rows), lgamma_of, 1, 1e-14);
    check_rows("digamma", digamma_rows, ROWS(digamma_rows), digamma_of, 1, 1e-14);
    check_rows("lbeta", lbeta_rows, ROWS(lbeta_rows), special_lbeta, 1, 1e-13);
    check_rows("lrising", lrising_rows, ROWS(lrising_rows), special_lrising, 1, 1e-13);
}

static void exponentials(void **state) {
    (void)state;
    check_rows("log_add", log_add_rows, ROWS(log_add_rows), special_log_add, 1, 1e-14);
    check_rows("expint", expint_rows, ROWS(expint_rows), special_expint_scaled, 0, 1e-12);
    assert_true(special_log_add(-INFINITY, -INFINITY) == -INFINITY);
    assert_true(special_log_add(-INFINITY, 3) == 3);
}

static void normal(void **state) {
    (void)state;
    check_rows("quantile", quantile_rows, ROWS(quantile_rows), quantile_of, 1, 1e-12);
    for (size_t i = 0; i < ROWS(quantile_rows); i++)
        assert_relative(special_normal_cdf(quantile_rows[i].value), quantile_rows[i].a, 2e-13);
}

static void incomplete_beta(void **state) {
    (void)state;
    for (size_t i = 0; i < ROWS(ibeta_rows); i++) {
        const double *row = ibeta_rows[i];
        assert_near(special_ibeta(row[0], row[1], row[2]), row[3], 1e-9);
        assert_near(special_ibeta(row[1], row[0], 1 - row[2]), 1 - row[3], 1e-9);
    }
    assert_true(special_ibeta(2, 3, 0) == 0 && special_ibeta(2, 3, 1) == 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gamma_family), cmocka_unit_test(exponentials),
                                       cmocka_unit_test(normal),
                                       cmocka_unit_test(incomplete_beta)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
