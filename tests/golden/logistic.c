/* Logistic regression against values computed with 50 digits (Newton's method in Python's decimal, 60 steps: coefficients, standard errors from the
 * inverse information, log-likelihood); its refusals; the discrete-time hazard's cuts. */
#include <check.h>
#include <marram/marram.h>

enum { N = 20 };
static double x1[N], x2[N];
static const unsigned char happened[N] = {0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1, 0, 1, 1, 1, 0, 1};
static const double weight[N] = {1, 2, 1, 1, 3, 1, 1, 2, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1, 2, 1};

static int columns(void **state) {
    (void)state;
    for (int i = 0; i < N; i++) x1[i] = i + 1, x2[i] = i * 7 % 11 / 4.0;
    return 0;
}

static void estimates(void **state) {
    (void)state;
    static const struct {
        const double *weight;
        double ridge, coefficient[3], se[3], log_likelihood;
    } want[] = {{NULL, 0, {0.3083655016196909, 0.2403990812440934, -2.3095865220735026}, {1.3491904778270374, 0.13767186468867393, 1.0489796686980182}, -8.2277034884287445},
                {weight, 0, {0.39303149263556808, 0.18367599509042429, -2.3399361624825752}, {1.3048104581829958, 0.10375013621227594, 0.9420909151838478}, -10.81151399580911},
                {NULL, 2, {0.2473971427563478, 0.10521525869129587, -1.10423758703674}, {1.0465441100933701, 0.072885001991137344, 0.52737127719112353}, -9.3249217253724872}};
    const double *const x[] = {x1, x2};
    for (size_t k = 0; k < sizeof want / sizeof *want; k++) {
        double c[3], se[3], score[N];
        mr_logistic_fit fit = {.coefficient = c, .se = se};
        mr_error err = {0};
        assert_int_equal(mr_logistic_estimate(N, x, 2, happened, want[k].weight, want[k].ridge, NULL, &fit, &err), MR_OK);
        assert_true(fit.converged);
        for (int j = 0; j < 3; j++) {
            assert_relative(c[j], want[k].coefficient[j], 1e-10);
            assert_relative(se[j], want[k].se[j], 1e-8);
        }
        assert_relative(fit.log_likelihood, want[k].log_likelihood, 1e-12);
        assert_int_equal(mr_logistic_score(N, x, 2, c, NULL, score, &err), MR_OK);
        assert_relative(score[4], c[0] + 5 * c[1] + x2[4] * c[2], 1e-12);
    }
}

/* Rows beyond a block, on several threads: the same bits. */
static void threads(void **state) {
    (void)state;
    enum { MANY = 9000 };
    static double x[2][MANY];
    static unsigned char y[MANY];
    uint64_t s = 1;
    for (int i = 0; i < MANY; i++) {
        s = s * 6364136223846793005u + 1442695040888963407u;
        x[0][i] = (double)(s >> 40) * 0x1p-24;
        x[1][i] = (double)(i % 97);
        y[i] = (s >> 20 & 1023) < 300 + 400 * x[0][i];
    }
    const double *const columns_of[] = {x[0], x[1]};
    double first[6], other[6];
    for (int n = 1; n <= 5; n += 2) {
        mr_context context = {0};
        mr_logistic_fit fit = {.coefficient = n == 1 ? first : other, .se = (n == 1 ? first : other) + 3};
        assert_int_equal(mr_pool_new(n, &context.pool, NULL), MR_OK);
        assert_int_equal(mr_logistic_estimate(MANY, columns_of, 2, y, NULL, 1, &context, &fit, NULL), MR_OK);
        mr_pool_free(context.pool);
        if (n > 1) assert_memory_equal(first, other, sizeof first);
    }
}

static void refusals(void **state) {
    (void)state;
    double same[N], told[N], nan[N], c[3];
    unsigned char all[N], odd[N];
    for (int i = 0; i < N; i++) same[i] = 2, told[i] = happened[i] * 3 + i % 2, nan[i] = i, all[i] = 1, odd[i] = (unsigned char)(i % 3);
    nan[7] = NAN;
    const struct {
        const double *x[2];
        const unsigned char *y;
        mr_status status;
        const char *field;
        int64_t row;
        double ridge;
    } bad[] = {{{x1, same}, happened, MR_EDATA, "x2", -1, 0},  {{nan, x2}, happened, MR_EDATA, "x1", 7, 0}, {{x1, x2}, all, MR_EDATA, "happened", -1, 0},
               {{x1, x2}, odd, MR_EDATA, "happened", 2, 0},    {{x1, x1}, happened, MR_EFLAT, "", -1, 0},   {{x2, told}, happened, MR_EBOUNDARY, "x2", -1, 0},
               {{x1, x2}, happened, MR_EINVAL, "ridge", -1, -1}};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        mr_logistic_fit fit = {.coefficient = c};
        mr_error err = {0};
        assert_int_equal(mr_logistic_estimate(N, bad[k].x, 2, bad[k].y, NULL, bad[k].ridge, NULL, &fit, &err), bad[k].status);
        assert_int_equal(err.code, bad[k].status);
        assert_string_equal(err.field, bad[k].field);
        assert_int_equal(err.row, bad[k].row);
        if (bad[k].status == MR_EFLAT || bad[k].status == MR_EBOUNDARY) /* a ridge gives these an answer */
            assert_int_equal(mr_logistic_estimate(N, bad[k].x, 2, bad[k].y, NULL, 1, NULL, &fit, &err), MR_OK);
    }
}

static void hazards(void **state) {
    (void)state;
    /* Left in the third tenth; still there at .35 (the fourth is not over); joined late within the first, so it begins with the second. */
    static const double start[] = {0, 0, .05}, stop[] = {.3, .35, .25};
    static const unsigned char left[] = {1, 0, 1};
    static const struct {
        size_t row;
        double period;
        unsigned char happened;
    } want[] = {{0, 0, 0}, {0, 1, 0}, {0, 2, 1}, {1, 0, 0}, {1, 1, 0}, {1, 2, 0}, {2, 1, 0}, {2, 2, 1}};
    const mr_survival data = {.n = 3, .start = start, .stop = stop, .event = left};
    size_t n = 0, row[8];
    double period[8], chance[3] = {.1, .5, 0};
    unsigned char gone[8];
    mr_error err = {0};
    mr_periods out = {row, period, gone, NULL};
    assert_int_equal(mr_hazard_count(&data, .1, &n, &err), MR_OK);
    assert_int_equal(n, 8);
    assert_int_equal(mr_hazard_cut(&data, .1, &out, &err), MR_OK);
    for (size_t k = 0; k < n; k++) {
        assert_int_equal(row[k], want[k].row);
        assert_true(period[k] == want[k].period);
        assert_int_equal(gone[k], want[k].happened);
    }
    assert_int_equal(mr_hazard_survival(3, chance, chance, &err), MR_OK);
    assert_near(chance[0], .9, 1e-15);
    assert_near(chance[2], .45, 1e-15);
    chance[1] = 1.5;
    assert_int_equal(mr_hazard_survival(3, chance, chance, &err), MR_EDATA);
    assert_int_equal(mr_hazard_count(&data, 0, &n, &err), MR_EINVAL);
    assert_int_equal(mr_hazard_count(&data, 1e-12, &n, &err), MR_EDATA);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(estimates), cmocka_unit_test(threads), cmocka_unit_test(refusals), cmocka_unit_test(hazards)};
    return cmocka_run_group_tests(tests, columns, NULL);
}
