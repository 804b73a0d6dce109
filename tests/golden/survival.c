/* Golden values of survival: published tables and the data README. */
#include "check.h"

#include <marram/survival.h>

#include <stdlib.h>

/* Freireich et al. 1963, weeks to relapse under 6-mercaptopurine (0: still in remission); survival and Greenwood's standard error as printed by
 * Kleinbaum & Klein, Survival Analysis, 3rd ed., chapter 2. */
static void remission(void **state) {
    (void)state;
    static const double stop[] = {6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35};
    static const unsigned char event[21] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    static const double want[][4] = {/* time, at risk, survival, se */
                                     {6, 21, .8571, .0764}, {7, 17, .8067, .0869}, {10, 15, .7529, .0963}, {13, 12, .6902, .1068},
                                     {16, 11, .6275, .1141}, {22, 7, .5378, .1282}, {23, 6, .4482, .1346}};
    double time[21], risk[21], survival[21], se[21], low[21], high[21], hazard[21], hazard_se[21], gone[21];
    mr_survival_curve curve = {.time = time, .at_risk = risk, .events = gone, .survival = survival, .survival_se = se, .survival_low = low, .survival_high = high,
                               .hazard = hazard, .hazard_se = hazard_se};
    const mr_survival data = {.n = 21, .stop = stop, .event = event};
    mr_error err = {0};
    assert_int_equal(mr_survival_estimate(&data, .95, NULL, &curve, &err), MR_OK);
    assert_int_equal(curve.n, 7);
    double sum = 0, squares = 0;
    for (size_t i = 0; i < 7; i++) {
        assert_true(time[i] == want[i][0] && risk[i] == want[i][1] && gone[i] == (i ? 1 : 3));
        assert_near(survival[i], want[i][2], 5.1e-5);
        assert_near(se[i], want[i][3], 5.1e-5);
        sum += gone[i] / risk[i];
        squares += gone[i] / (risk[i] * risk[i]);
        assert_near(hazard[i], sum, 1e-15);
        assert_near(hazard_se[i], sqrt(squares), 1e-15);
        assert_true(low[i] < survival[i] && survival[i] < high[i] && low[i] > 0 && high[i] < 1);
    }
    /* R's survfit(conf.type = "log-log") at 10 weeks: the formula by hand. */
    double width = 1.959963984540054 * se[2] / (survival[2] * -log(survival[2]));
    assert_near(low[2], pow(survival[2], exp(width)), 1e-12);
    assert_near(high[2], pow(survival[2], exp(-width)), 1e-12);
}

/* Late entry: by hand. A watched from 0 leaves at 4; B from 3 leaves at 5; C from 4 still there at 8; D from 0 still there at 2. */
static void truncated(void **state) {
    (void)state;
    static const double start[] = {0, 3, 4, 0}, stop[] = {4, 5, 8, 2};
    static const unsigned char event[] = {1, 1, 0, 0};
    double risk[4], survival[4];
    mr_survival_curve curve = {.at_risk = risk, .survival = survival};
    const mr_survival data = {.n = 4, .start = start, .stop = stop, .event = event};
    mr_error err = {0};
    assert_int_equal(mr_survival_estimate(&data, .9, NULL, &curve, &err), MR_OK);
    assert_int_equal(curve.n, 2);
    assert_true(risk[0] == 2 && risk[1] == 2); /* A and B; B and C, who enters at 4 and is at risk only behind it */
    assert_near(survival[0], .5, 1e-15);
    assert_near(survival[1], .25, 1e-15);
}

/* --- Rossi: 432 released prisoners, weeks to arrest --- */

enum { ROWS = 432, COLUMNS = 7 };

typedef struct rossi {
    double week[ROWS], x[COLUMNS][ROWS];
    unsigned char arrest[ROWS];
} rossi;

static void read_rossi(rossi *r) {
    FILE *f = fopen(SHARED_DATA "/rossi/rossi.csv", "r");
    char line[256];
    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f));
    for (size_t i = 0; i < ROWS; i++) {
        assert_non_null(fgets(line, sizeof line, f));
        char *at = line;
        r->week[i] = strtod(at, &at);
        r->arrest[i] = (unsigned char)strtod(at + 1, &at);
        for (size_t j = 0; j < COLUMNS; j++) r->x[j][i] = strtod(at + 1, &at);
    }
    fclose(f);
}

static void cox(const mr_survival *data, const rossi *r, size_t n, mr_cox_options options, double b[COLUMNS], double *se, mr_cox_fit *fit) {
    const double *x[COLUMNS];
    mr_error err = {0};
    (void)n;
    for (size_t j = 0; j < COLUMNS; j++) x[j] = r->x[j];
    *fit = (mr_cox_fit){.coefficient = b, .se = se};
    mr_status status = mr_cox_estimate(data, x, COLUMNS, &options, NULL, fit, &err);
    if (status != MR_OK) fail_msg("%s", err.message);
}

static void arrests(void **state) {
    (void)state;
    static const double efron[COLUMNS] = {-.379422166, -.057437743, .313899788, -.149795698, -.433703878, -.084871083, .091497081};
    /* Standard errors as R's coxph prints them (Fox & Weisberg, appendix on Cox regression). */
    static const double printed[COLUMNS] = {.19138, .02200, .30799, .21222, .38187, .19576, .02865};
    static rossi r;
    need_shared_data("rossi/rossi.csv");
    read_rossi(&r);
    double b[COLUMNS], se[COLUMNS];
    mr_cox_fit fit;
    const mr_survival data = {.n = ROWS, .stop = r.week, .event = r.arrest};
    cox(&data, &r, ROWS, (mr_cox_options){.ties = MR_EFRON}, b, se, &fit);
    print_message("Efron: log-likelihood %.9f after %d steps\n", fit.log_likelihood, fit.iterations);
    for (size_t j = 0; j < COLUMNS; j++) {
        check_close(b[j], efron[j], 1e-6, "Efron", __FILE__, __LINE__);
        check_close(se[j], printed[j], 6e-6, "se", __FILE__, __LINE__);
    }
    check_close(fit.log_likelihood, -658.747659, 1e-6, "log-likelihood", __FILE__, __LINE__);
    assert_true(fit.events == 114 && fit.converged);
    cox(&data, &r, ROWS, (mr_cox_options){.ties = MR_BRESLOW}, b, se, &fit);
    check_close(b[0], -.37902189, 1e-6, "Breslow", __FILE__, __LINE__);
    check_close(fit.log_likelihood, -659.120606, 1e-6, "log-likelihood", __FILE__, __LINE__);
}

/* Each history cut at week 20 into two rows is the same history. */
static void cut_in_two(void **state) {
    (void)state;
    static rossi r;
    static double start[2 * ROWS], stop[2 * ROWS], x[COLUMNS][2 * ROWS];
    static unsigned char event[2 * ROWS];
    need_shared_data("rossi/rossi.csv");
    read_rossi(&r);
    size_t n = 0;
    for (size_t i = 0; i < ROWS; i++) {
        bool cut = r.week[i] > 20;
        for (int part = 0; part <= cut; part++, n++) {
            start[n] = part ? 20 : 0;
            stop[n] = cut && !part ? 20 : r.week[i];
            event[n] = part == cut ? r.arrest[i] : 0;
            for (size_t j = 0; j < COLUMNS; j++) x[j][n] = r.x[j][i];
        }
    }
    double whole[COLUMNS], pieces[COLUMNS], se[COLUMNS], se_pieces[COLUMNS];
    mr_cox_fit a, b;
    cox(&(mr_survival){.n = ROWS, .stop = r.week, .event = r.arrest}, &r, ROWS, (mr_cox_options){0}, whole, se, &a);
    const double *columns[COLUMNS];
    mr_error err = {0};
    for (size_t j = 0; j < COLUMNS; j++) columns[j] = x[j];
    b = (mr_cox_fit){.coefficient = pieces, .se = se_pieces};
    assert_int_equal(mr_cox_estimate(&(mr_survival){.n = n, .start = start, .stop = stop, .event = event}, columns, COLUMNS, NULL, NULL, &b, &err), MR_OK);
    for (size_t j = 0; j < COLUMNS; j++) {
        assert_near(pieces[j], whole[j], 1e-9);
        assert_near(se_pieces[j], se[j], 1e-9);
    }
    assert_near(b.log_likelihood, a.log_likelihood, 1e-10);
    /* A row of weight two is two rows, but for how ties are counted: so by Breslow. */
    static double weight[ROWS], twice[COLUMNS][2 * ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        weight[i] = 2;
        stop[2 * i] = stop[2 * i + 1] = r.week[i];
        event[2 * i] = event[2 * i + 1] = r.arrest[i];
        for (size_t j = 0; j < COLUMNS; j++) twice[j][2 * i] = twice[j][2 * i + 1] = r.x[j][i];
    }
    for (size_t j = 0; j < COLUMNS; j++) columns[j] = twice[j];
    assert_int_equal(mr_cox_estimate(&(mr_survival){.n = 2 * ROWS, .stop = stop, .event = event}, columns, COLUMNS, &(mr_cox_options){.ties = MR_BRESLOW}, NULL, &b, &err), MR_OK);
    cox(&(mr_survival){.n = ROWS, .stop = r.week, .event = r.arrest, .weight = weight}, &r, ROWS, (mr_cox_options){.ties = MR_BRESLOW}, whole, se, &a);
    for (size_t j = 0; j < COLUMNS; j++) assert_near(pieces[j], whole[j], 1e-9);
    assert_near(b.log_likelihood, a.log_likelihood, 1e-10);
    /* A ridge shrinks. */
    cox(&(mr_survival){.n = ROWS, .stop = r.week, .event = r.arrest}, &r, ROWS, (mr_cox_options){.ridge = 50}, whole, se, &a);
    assert_true(fabs(whole[0]) < .38 && a.log_likelihood < -658.747659);
}

/* --- what cannot be fitted --- */

static void refusals(void **state) {
    (void)state;
    static const double stop[] = {1, 2, 3, 4, 5, 6}, same[] = {3, 3, 3, 3, 3, 3}, sure[] = {1, 1, 1, 0, 0, 0}, up[] = {1, 5, 2, 4, 3, 6}, bad[] = {1, 2, NAN, 4, 5, 6};
    static const unsigned char first[] = {1, 1, 1, 0, 0, 0}, none[6] = {0}, wrong[] = {1, 2, 0, 0, 0, 0};
    double b[2];
    mr_cox_fit fit = {.coefficient = b};
    mr_survival data = {.n = 6, .stop = stop, .event = first};
    mr_error err;
    const struct {
        const double *x[2];
        size_t p;
        const unsigned char *event;
        mr_status status;
        const char *says;
    } rows[] = {{{same}, 1, first, MR_EDATA, "x1 is the same"},   {{sure}, 1, first, MR_EBOUNDARY, "x1 tells without fail"},
                {{up, up}, 2, first, MR_EFLAT, "say the same"},  {{up}, 1, none, MR_EDATA, "nobody left"},
                {{up, bad}, 2, first, MR_EDATA, "x2 must be a number"}, {{up}, 1, wrong, MR_EDATA, "event must be 0 or 1"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        data.event = rows[i].event;
        mr_status status = mr_cox_estimate(&data, rows[i].x, rows[i].p, NULL, NULL, &fit, &err);
        if (status != rows[i].status || !strstr(err.message, rows[i].says)) fail_msg("row %zu: %s: %s", i, mr_status_text(status), err.message);
    }
    /* With a ridge the first two have an answer. */
    data.event = first;
    assert_int_equal(mr_cox_estimate(&data, (const double *[]){sure}, 1, &(mr_cox_options){.ridge = 1}, NULL, &fit, &err), MR_OK);
    assert_true(b[0] > 0 && isfinite(b[0]));
    data.stop = same;
    data.start = stop;
    assert_int_equal(mr_cox_estimate(&data, (const double *[]){up}, 1, NULL, NULL, &fit, &err), MR_EDATA);
    assert_int_equal(err.row, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(remission), cmocka_unit_test(truncated), cmocka_unit_test(arrests), cmocka_unit_test(cut_in_two),
                                       cmocka_unit_test(refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
