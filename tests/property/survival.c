/* Survival against the definitions written out, in customers times events steps, on random rows with ties, late entry and weights that are no whole
 * numbers: Kaplan and Meier's curve, Cox's partial likelihood with both ways of ties, its maximum and the curvature there; periods against counting. */
#include "check.h"

#include <marram/marram.h>

#include <rng.h>

#include <stdlib.h>

enum { ROWS = 120, COLUMNS = 2 };

typedef struct rows {
    double start[ROWS], stop[ROWS], weight[ROWS], x[COLUMNS][ROWS];
    unsigned char event[ROWS];
    mr_survival data;
    const double *column[COLUMNS];
} rows;

static uint64_t seed_of(void) {
    const char *text = getenv("MARRAM_SEED");
    uint64_t seed = text ? strtoull(text, NULL, 10) : 11;
    printf("seed %llu\n", (unsigned long long)seed);
    return seed;
}

static void draw(rows *r, rng *random) {
    for (int i = 0; i < ROWS; i++) {
        r->x[0][i] = rng_uniform(random) * 3;
        r->x[1][i] = (double)rng_below(random, 2);
        double time = -log(rng_uniform(random)) * 12 * exp(-0.4 * r->x[0][i] + 0.7 * r->x[1][i]), censored = 4 + rng_uniform(random) * 16;
        r->start[i] = rng_below(random, 3) ? 0 : floor(rng_uniform(random) * 6);
        r->event[i] = time < censored;
        r->stop[i] = r->start[i] + 1 + floor(fmin(time, censored)); /* whole numbers: many leave at one time */
        r->weight[i] = 0.1 + rng_uniform(random);
    }
    r->data = (mr_survival){.n = ROWS, .start = r->start, .stop = r->stop, .event = r->event, .weight = r->weight};
    for (int j = 0; j < COLUMNS; j++) r->column[j] = r->x[j];
}

static bool first_of_its_time(const rows *r, int i) {
    for (int k = 0; k < i; k++)
        if (r->event[k] && r->stop[k] == r->stop[i]) return false;
    return r->event[i];
}

static void curve(void **state) {
    (void)state;
    static rows r;
    rng random;
    rng_seed(&random, seed_of(), 0);
    for (int round = 0; round < 20; round++) {
        double time[ROWS], survival[ROWS], se[ROWS], hazard[ROWS];
        mr_survival_curve c = {.time = time, .survival = survival, .survival_se = se, .hazard = hazard};
        mr_error err = {0};
        draw(&r, &random);
        assert_int_equal(mr_survival_estimate(&r.data, .9, NULL, &c, &err), MR_OK);
        for (size_t at = 0; at < c.n; at++) {
            double s = 1, sum = 0, h = 0;
            for (size_t k = 0; k <= at; k++) {
                double risk = 0, gone = 0;
                for (int i = 0; i < ROWS; i++) {
                    if (r.start[i] < time[k] && r.stop[i] >= time[k]) risk += r.weight[i];
                    if (r.event[i] && r.stop[i] == time[k]) gone += r.weight[i];
                }
                s *= risk - gone > 1e-9 ? 1 - gone / risk : 0;
                sum += risk - gone > 1e-9 ? gone / (risk * (risk - gone)) : 0;
                h += gone / risk;
            }
            assert_near(survival[at], s, 1e-12);
            assert_near(se[at], s > 0 ? s * sqrt(sum) : 0, 1e-11);
            assert_near(hazard[at], h, 1e-11);
        }
    }
}

/* All who are there leave at 5, after others whose weights were added and taken away again: nobody is left, to the last bit. */
static void all_leave(void **state) {
    (void)state;
    const double start[] = {5, 5, 0, 0, 0}, stop[] = {9, 8, 5, 5, 2}, weight[] = {.1, .1, .1, .1, .6};
    const unsigned char event[] = {0, 0, 1, 1, 1};
    double survival[5], se[5], low[5];
    mr_survival_curve c = {.survival = survival, .survival_se = se, .survival_low = low};
    mr_error err = {0};
    assert_int_equal(mr_survival_estimate(&(mr_survival){5, start, stop, event, weight, NULL}, .9, NULL, &c, &err), MR_OK);
    assert_int_equal(c.n, 2);
    assert_true(survival[1] == 0 && se[1] == 0 && low[1] == 0);
}

static double likelihood(const rows *r, const double b[COLUMNS], mr_ties ties) {
    double value = 0;
    for (int i = 0; i < ROWS; i++) {
        if (!first_of_its_time(r, i)) continue;
        double risk = 0, tied = 0, gone = 0;
        int rows_gone = 0;
        for (int k = 0; k < ROWS; k++) {
            double eta = b[0] * r->x[0][k] + b[1] * r->x[1][k], each = r->weight[k] * exp(eta);
            if (r->start[k] < r->stop[i] && r->stop[k] >= r->stop[i]) risk += each;
            if (!r->event[k] || r->stop[k] != r->stop[i]) continue;
            value += r->weight[k] * eta;
            tied += each;
            gone += r->weight[k];
            rows_gone++;
        }
        for (int l = 0; l < rows_gone; l++) value -= gone / rows_gone * log(risk - (ties == MR_EFRON ? (double)l / rows_gone * tied : 0));
    }
    return value;
}

static void cox(void **state) {
    (void)state;
    static rows r;
    rng random;
    rng_seed(&random, seed_of(), 1);
    for (int round = 0; round < 20; round++) {
        mr_ties ties = round % 2 ? MR_BRESLOW : MR_EFRON;
        double b[COLUMNS], covariance[COLUMNS * COLUMNS], curvature[COLUMNS][COLUMNS];
        mr_cox_fit fit = {.coefficient = b, .covariance = covariance};
        mr_error err = {0};
        draw(&r, &random);
        mr_status status = mr_cox_estimate(&r.data, r.column, COLUMNS, &(mr_cox_options){.ties = ties}, NULL, &fit, &err);
        if (status != MR_OK) fail_msg("round %d: %s", round, err.message);
        assert_near(fit.log_likelihood, likelihood(&r, b, ties), 1e-9);
        assert_near(fit.log_likelihood_0, likelihood(&r, (double[]){0, 0}, ties), 1e-9);
        const double e = 1e-3;
        for (int j = 0; j < COLUMNS; j++)
            for (int k = 0; k < COLUMNS; k++) {
                double corner[2][2];
                for (int up = 0; up < 2; up++)
                    for (int right = 0; right < 2; right++) {
                        double at[COLUMNS] = {b[0], b[1]};
                        at[j] += up ? e : -e;
                        at[k] += right ? e : -e;
                        corner[up][right] = likelihood(&r, at, ties);
                    }
                curvature[j][k] = -(corner[1][1] - corner[0][1] - corner[1][0] + corner[0][0]) / (4 * e * e);
                if (j == k) assert_near((corner[1][1] - corner[0][0]) / (4 * e), 0.0, 1e-4); /* flat there */
            }
        double determinant = curvature[0][0] * curvature[1][1] - curvature[0][1] * curvature[1][0];
        assert_near(covariance[0] / (curvature[1][1] / determinant), 1.0, 1e-4);
        assert_near(covariance[3] / (curvature[0][0] / determinant), 1.0, 1e-4);
        assert_near(covariance[1] - -curvature[0][1] / determinant, 0.0, 1e-4 * sqrt(covariance[0] * covariance[3]));
    }
}

/* Of whole periods: their number and who left, and the product over them is Kaplan and Meier's where all are there from 0 on. */
static void periods(void **state) {
    (void)state;
    static rows r;
    rng random;
    rng_seed(&random, seed_of(), 2);
    draw(&r, &random);
    mr_survival data = {.n = ROWS, .stop = r.stop, .event = r.event};
    double survival[ROWS], time[ROWS], there[64] = {0}, gone[64] = {0}, share[64];
    mr_survival_curve c = {.time = time, .survival = survival};
    mr_error err = {0};
    size_t n = 0;
    assert_int_equal(mr_survival_estimate(&data, .9, NULL, &c, &err), MR_OK);
    assert_int_equal(mr_hazard_count(&data, 1, &n, &err), MR_OK);
    mr_periods p = {.row = malloc(n * sizeof *p.row), .period = malloc(n * sizeof *p.period), .happened = malloc(n)};
    assert_non_null(p.row && p.period && p.happened ? p.row : NULL);
    assert_int_equal(mr_hazard_cut(&data, 1, &p, &err), MR_OK);
    for (size_t i = 0; i < n; i++) {
        assert_true(p.period[i] < 64);
        there[(int)p.period[i]]++;
        gone[(int)p.period[i]] += p.happened[i];
    }
    for (int k = 0; k < 64; k++) share[k] = there[k] > 0 ? gone[k] / there[k] : 0;
    assert_int_equal(mr_hazard_survival(64, share, share, &err), MR_OK);
    for (size_t i = 0; i < c.n; i++) assert_near(share[(int)time[i] - 1], survival[i], 1e-12);
    free(p.row);
    free(p.period);
    free(p.happened);
}

/* Rows split where nothing happens, within periods too, tell the same of the same periods. */
static void periods_of_split_rows(void **state) {
    (void)state;
    enum { SUBJECTS = 400, PIECES = 4, CELLS = 40 };
    static double start[SUBJECTS * PIECES], stop[SUBJECTS * PIECES];
    static unsigned char event[SUBJECTS * PIECES];
    static uint64_t subject[SUBJECTS * PIECES];
    static int there[2][SUBJECTS][CELLS], gone[2][SUBJECTS][CELLS];
    rng random;
    rng_seed(&random, seed_of(), 3);
    memset(there, 0, sizeof there);
    memset(gone, 0, sizeof gone);
    for (int split = 0; split < 2; split++) {
        size_t pieces = 0, n = 0;
        rng_seed(&random, seed_of(), 3);
        for (size_t s = 0; s < SUBJECTS; s++) {
            double from = rng_below(&random, 2) ? 0 : 5 * rng_uniform(&random), to = from + .01 + 20 * rng_uniform(&random), cut[PIECES + 1] = {from};
            bool left = rng_below(&random, 2);
            if (rng_below(&random, 2)) to = ceil(to);
            for (int k = 1; k < PIECES; k++) cut[k] = cut[k - 1] + (to - cut[k - 1]) * rng_uniform(&random) * (rng_below(&random, 2) ? 1 : .02);
            cut[PIECES] = to;
            for (int k = split ? 0 : PIECES - 1; k < PIECES; k++) {
                double a = split ? cut[k] : from;
                if (!(cut[k + 1] > a)) continue;
                start[pieces] = a, stop[pieces] = cut[k + 1], event[pieces] = left && k == PIECES - 1, subject[pieces++] = s;
            }
        }
        mr_survival data = {.n = pieces, .start = start, .stop = stop, .event = event, .subject = subject};
        assert_int_equal(mr_hazard_count(&data, 1, &n, NULL), MR_OK);
        mr_periods p = {.row = malloc(n * sizeof *p.row), .period = malloc(n * sizeof *p.period), .happened = malloc(n)};
        assert_non_null(p.row && p.period && p.happened ? p.row : NULL);
        assert_int_equal(mr_hazard_cut(&data, 1, &p, NULL), MR_OK);
        for (size_t i = 0; i < n; i++) {
            there[split][subject[p.row[i]]][(int)p.period[i]]++;
            gone[split][subject[p.row[i]]][(int)p.period[i]] += p.happened[i];
        }
        free(p.row);
        free(p.period);
        free(p.happened);
    }
    assert_memory_equal(there[0], there[1], sizeof there[0]);
    assert_memory_equal(gone[0], gone[1], sizeof gone[0]);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(curve), cmocka_unit_test(all_leave), cmocka_unit_test(cox), cmocka_unit_test(periods),
                                       cmocka_unit_test(periods_of_split_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
