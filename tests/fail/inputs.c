/* The kernel's bad inputs, one a row: each must be refused with its status, the column or option at fault,
 * and its row. */
#include "check.h"

#include <marram/marram.h>

enum { N = 4 };

/* A good base of four customers; a row of the table spoils one cell. */
typedef struct cells {
    double x[N], t_x[N], T[N], log_gaps[N], mean_spend[N], weight[N], lost[N], survivors;
} cells;

static const cells good = {{0, 1, 3, 2},     {0, 10, 20, 30}, {40, 40, 40, 30}, {0, 2, 5, 5},
                           {10, 20, 30, 40}, {1, 2, 1, 1},    {5, 4, 3, 2},     10};

typedef enum column { X, T_X, T_END, GAPS, SPEND, WEIGHT, LOST, SURVIVORS } column;

static double *cell(cells *c, column which, size_t row) {
    switch (which) {
    case X:
        return &c->x[row];
    case T_X:
        return &c->t_x[row];
    case T_END:
        return &c->T[row];
    case GAPS:
        return &c->log_gaps[row];
    case SPEND:
        return &c->mean_spend[row];
    case WEIGHT:
        return &c->weight[row];
    case LOST:
        return &c->lost[row];
    default:
        return &c->survivors;
    }
}

static mr_data data_of(const cells *c, mr_kind kind) {
    mr_data d = {.n = N, .x = c->x, .weight = c->weight};
    if (kind == MR_BUYING || kind == MR_DISCRETE) d.t_x = c->t_x, d.T = c->T, d.log_gaps = c->log_gaps;
    if (kind == MR_SPENDING) d.mean_spend = c->mean_spend;
    if (kind == MR_CONTRACT) d = (mr_data){.n = N, .lost = c->lost, .survivors = c->survivors};
    return d;
}

static void refused(const mr_error *err, mr_status got, mr_status want, const char *field, int64_t row) {
    if (got != want || strcmp(err->field, field) != 0 || err->row != row)
        print_error("%s, field %s, row %lld: %s (wanted %s, %s, %lld)\n", mr_status_text(got), err->field,
                    (long long)err->row, err->message, mr_status_text(want), field, (long long)row);
    assert_int_equal(got, want);
    assert_int_equal(err->code, want);
    assert_string_equal(err->field, field);
    assert_int_equal(err->row, row);
    assert_true(strlen(err->message) > 10);
}

static void bad_cells(void **state) {
    (void)state;
    static const struct {
        const char *model;
        column which;
        size_t row;
        double value;
        const char *field;
    } rows[] = {
        {"nbd", X, 1, NAN, "x"},
        {"nbd", X, 2, -1, "x"},
        {"nbd", X, 2, 1.5, "x"},
        {"nbd", X, 0, INFINITY, "x"},
        {"nbd", X, 3, 1e10, "x"},
        {"bg-nbd", T_X, 1, NAN, "t_x"},
        {"bg-nbd", T_X, 1, -3, "t_x"},
        {"bg-nbd", T_X, 2, 40.5, "t_x"},
        {"bg-nbd", T_X, 2, 0, "t_x"},
        {"bg-nbd", X, 2, 0, "t_x"},
        {"mbg-nbd", T_END, 3, NAN, "T"},
        {"mbg-nbd", T_END, 3, INFINITY, "T"},
        {"mbg-nbd", T_END, 3, -1, "T"},
        {"mbg-nbd", T_END, 3, 29, "t_x"},
        {"pareto-nbd", WEIGHT, 1, -1, "weight"},
        {"pareto-nbd", WEIGHT, 1, NAN, "weight"},
        {"mbg-cnbd-k", GAPS, 2, NAN, "log_gaps"},
        {"mbg-cnbd-k", GAPS, 2, -INFINITY, "log_gaps"},
        {"bg-bb", T_X, 2, 20.5, "t_x"},
        {"bg-bb", T_END, 1, 40.5, "T"},
        {"bg-bb", X, 1, 11, "x"},
        {"bg-bb", T_END, 0, 2e6, "T"},
        {"gamma-gamma", X, 2, .5, "x"},
        {"gamma-gamma", X, 2, 1.5, "x"},
        {"gamma-gamma", SPEND, 2, 0, "mean_spend"},
        {"gamma-gamma", SPEND, 2, -5, "mean_spend"},
        {"gamma-gamma", SPEND, 2, NAN, "mean_spend"},
        {"sbg", LOST, 1, -1, "lost"},
        {"bdw", LOST, 1, NAN, "lost"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const mr_model *model = mr_model_find(rows[i].model);
        cells c = good;
        if (mr_model_kind(model) == MR_SPENDING) c.x[0] = 1;
        *cell(&c, rows[i].which, rows[i].row) = rows[i].value;
        mr_data d = data_of(&c, mr_model_kind(model));
        mr_fit fit;
        mr_error err = {0};
        refused(&err, mr_model_fit(model, &d, NULL, NULL, &fit, &err), MR_EDATA, rows[i].field,
                (int64_t)rows[i].row);
        mr_params p = {.model = model, .value = {1, 2, 1, 2}, .k = mr_model_is_regular(model) ? 2 : 1};
        double sum;
        err = (mr_error){0};
        refused(&err, mr_model_log_likelihood(&p, &d, NULL, &sum, NULL, &err), MR_EDATA, rows[i].field,
                (int64_t)rows[i].row);
        assert_int_equal(mr_model_log_likelihood(&p, &d, NULL, &sum, NULL, NULL),
                         MR_EDATA); /* no mr_error, no crash */
    }
    cells c = good;
    mr_data d = data_of(&c, MR_CONTRACT);
    mr_fit fit;
    mr_error err = {0};
    d.survivors = NAN;
    refused(&err, mr_model_fit(mr_model_find("sbg"), &d, NULL, NULL, &fit, &err), MR_EDATA, "survivors", -1);
}

static void missing_and_empty(void **state) {
    (void)state;
    cells c = good;
    mr_fit fit;
    mr_error err = {0};
    const mr_model *mbg = mr_model_find("mbg-nbd"), *regular = mr_model_find("mbg-cnbd-k"),
                   *money = mr_model_find("gamma-gamma");
    mr_data d = data_of(&c, MR_BUYING), without = d;
    without.x = NULL;
    refused(&err, mr_model_fit(mbg, &without, NULL, NULL, &fit, &err), MR_EINVAL, "x", -1);
    without = d, without.t_x = NULL;
    refused(&err, mr_model_fit(mbg, &without, NULL, NULL, &fit, &err), MR_EINVAL, "t_x", -1);
    without = d, without.T = NULL;
    refused(&err, mr_model_fit(mbg, &without, NULL, NULL, &fit, &err), MR_EINVAL, "T", -1);
    without = d, without.log_gaps = NULL;
    refused(&err, mr_model_fit(regular, &without, NULL, NULL, &fit, &err), MR_EINVAL, "log_gaps", -1);
    refused(&err, mr_model_fit(money, &d, NULL, NULL, &fit, &err), MR_EDATA, "x", 0);
    refused(&err, mr_model_fit(mr_model_find("sbg"), &d, NULL, NULL, &fit, &err), MR_EINVAL, "lost", -1);
    without = d, without.n = 0;
    refused(&err, mr_model_fit(mbg, &without, NULL, NULL, &fit, &err), MR_EDATA, "n", -1);
    for (size_t i = 0; i < N; i++) c.weight[i] = 0;
    refused(&err, mr_model_fit(mbg, &d, NULL, NULL, &fit, &err), MR_EDATA, "weight", -1);
    refused(&err, mr_model_fit(NULL, &d, NULL, NULL, &fit, &err), MR_EINVAL, "data", -1);
    refused(&err, mr_model_fit(mbg, NULL, NULL, NULL, &fit, &err), MR_EINVAL, "data", -1);
    refused(&err, mr_model_fit(mbg, &d, NULL, NULL, NULL, &err), MR_EINVAL, "fit", -1);
    assert_null(mr_model_find("no such model"));
    assert_null(mr_model_find(NULL));
    assert_null(mr_model_at(mr_model_count()));
}

static void options(void **state) {
    (void)state;
    cells c = good;
    mr_data d = data_of(&c, MR_BUYING);
    const mr_model *mbg = mr_model_find("mbg-nbd"), *regular = mr_model_find("mbg-cnbd-k");
    mr_params start = {.model = mbg, .value = {1, 5, 1, 2}, .k = 1}, spoilt = start,
              other = {.model = regular, .value = {1, 5, 1, 2}, .k = 3};
    spoilt.value[2] = -1;
    const struct {
        const mr_model *model;
        mr_fit_options options;
        const char *field;
        int64_t row;
    } rows[] = {
        {regular, {.k = -1}, "k", -1},
        {regular, {.k = MR_MAX_K + 1}, "k", -1},
        {mbg, {.k = 3}, "k", -1},
        {mbg, {.starts = -1}, "starts", -1},
        {mbg, {.start = &other}, "start", -1},
        {mbg, {.start = &spoilt}, "a", 2},
        {regular, {.start = &other, .k = 2}, "k", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        mr_fit fit;
        mr_error err = {0};
        refused(&err, mr_model_fit(rows[i].model, &d, &rows[i].options, NULL, &fit, &err), MR_EINVAL,
                rows[i].field, rows[i].row);
    }
    mr_fit fit = {.params = start};
    double low, high;
    assert_int_equal(mr_fit_interval(&fit, 4, .9, &low, &high), MR_EINVAL);
    assert_int_equal(mr_fit_interval(&fit, 0, 1, &low, &high), MR_EINVAL);
    assert_int_equal(mr_fit_interval(NULL, 0, .9, &low, &high), MR_EINVAL);
}

static void forecasts(void **state) {
    (void)state;
    cells c = good;
    mr_data d = data_of(&c, MR_BUYING);
    double out[8 * N];
    mr_forecast all = {.expected = out, .expected_low = out + N};
    mr_params p = {.model = mr_model_find("mbg-nbd"), .value = {1, 5, 1, 2}, .k = 1},
              money = {.model = mr_model_find("gamma-gamma"), .value = {1, 2, 3}, .k = 1}, odd = p,
              steps = {.model = mr_model_find("bg-bb"), .value = {1, 1, 1, 1}, .k = 1};
    odd.k = 2;
    mr_forecast_spec spec = {.horizon = 10};
    mr_error err = {0};
    static const double horizons[] = {0, -1, NAN, INFINITY};
    for (size_t i = 0; i < 4; i++) {
        refused(&err,
                mr_model_forecast(&p, &d, &(mr_forecast_spec){.horizon = horizons[i]}, NULL, &all, &err),
                MR_EINVAL, "horizon", -1);
        mr_value_spec value = {.margin = 1, .units_per_year = 52, .horizon = horizons[i]};
        refused(&err, mr_model_value(&p, &d, NULL, &value, NULL, out, &err), MR_EINVAL, "horizon", -1);
    }
    refused(&err, mr_model_forecast(&p, &d, &(mr_forecast_spec){10, 1}, NULL, &all, &err), MR_EINVAL, "level",
            -1);
    refused(&err, mr_model_forecast(&steps, &d, &(mr_forecast_spec){.horizon = 5000}, NULL, &all, &err),
            MR_EINVAL, "horizon", -1);
    refused(&err, mr_model_forecast(&money, &d, &spec, NULL, &all, &err), MR_EINVAL, "model", -1);
    refused(&err, mr_model_forecast(&odd, &d, &spec, NULL, &all, &err), MR_EINVAL, "k", -1);
    refused(&err, mr_model_forecast(NULL, &d, &spec, NULL, &all, &err), MR_EINVAL, "params", -1);
    refused(&err, mr_model_forecast(&p, &d, NULL, NULL, &all, &err), MR_EINVAL, "spec", -1);
    odd = p, odd.value[1] = NAN;
    refused(&err, mr_model_forecast(&odd, &d, &spec, NULL, &all, &err), MR_EINVAL, "alpha", 1);
    mr_rhythm r = {.gap = out};
    refused(&err, mr_model_rhythm(&money, &d, NULL, &r, &err), MR_EINVAL, "model", -1);
    static const double times[2] = {1, -1};
    refused(&err, mr_model_residual(&p, &d, times, 2, NULL, NULL, out, &err), MR_EINVAL, "times", 1);
    refused(&err, mr_model_residual(&p, &d, NULL, 2, NULL, NULL, out, &err), MR_EINVAL, "times", -1);
    static const double ages[2] = {NAN, 3};
    refused(&err, mr_model_expected_by_age(&p, ages, 2, NULL, out, &err), MR_EDATA, "age", 0);
    mr_value_spec value = {.margin = 0, .units_per_year = 52, .horizon = 10};
    refused(&err, mr_model_value(&p, &d, NULL, &value, NULL, out, &err), MR_EINVAL, "margin", -1);
    value = (mr_value_spec){.margin = .5, .discount_rate = -1, .units_per_year = 52, .horizon = 10};
    refused(&err, mr_model_value(&p, &d, NULL, &value, NULL, out, &err), MR_EINVAL, "discount_rate", -1);
    d.n = 0;
    refused(&err, mr_model_forecast(&p, &d, &spec, NULL, &all, &err), MR_EDATA, "n", -1);
}

static void money_and_contracts(void **state) {
    (void)state;
    cells c = good;
    c.x[0] = 1;
    mr_data d = data_of(&c, MR_SPENDING);
    double out[N], rho, chance, period[2] = {1, 1.5};
    mr_error err = {0};
    mr_params p = {.model = mr_model_find("gamma-gamma"), .value = {6, .9, 15}, .k = 1},
              s = {.model = mr_model_find("sbg"), .value = {1, 2}, .k = 1};
    refused(&err, mr_spend_expected(&p, &d, out, &err), MR_EDATA, "q", -1);
    p.value[1] = 4, c.mean_spend[2] = NAN;
    refused(&err, mr_spend_expected(&p, &d, out, &err), MR_EDATA, "mean_spend", 2);
    c.mean_spend[2] = 5;
    assert_int_equal(mr_spend_expected(&p, &d, out, &err), MR_OK);
    d.n = 3;
    refused(&err, mr_spend_independence(&d, &rho, &chance, &err), MR_EDATA, "n", -1);
    d.n = 4, c.x[0] = c.x[1] = c.x[2] = c.x[3] = 2;
    refused(&err, mr_spend_independence(&d, &rho, &chance, &err), MR_EDATA, "x", -1);
    refused(&err, mr_contract_curve(&s, period, 2, out, NULL, &err), MR_EDATA, "period", 1);
    refused(&err, mr_contract_curve(&p, period, 2, out, NULL, &err), MR_EINVAL, "model", -1);
    refused(&err, mr_contract_residual(&s, 1.5, .1, out, &err), MR_EINVAL, "renewals", -1);
    refused(&err, mr_contract_residual(&s, 1, 0, out, &err), MR_EINVAL, "discount_rate", -1);
}

static void histories(void **state) {
    (void)state;
    const uint64_t offset[2] = {0, 2};
    const int32_t day[2] = {10, 20};
    const uint32_t beyond[1] = {7};
    mr_orders orders = {1, offset, day, NULL}, none = {0, offset, NULL, NULL}, broken = {1, NULL, day, NULL};
    double x[1];
    mr_summary s = {.x = x};
    mr_error err = {0};
    refused(&err, mr_history_summary(NULL, NULL, 0, 30, 7, 0, NULL, &s, &err), MR_EINVAL, "orders", -1);
    refused(&err, mr_history_summary(&broken, NULL, 0, 30, 7, 0, NULL, &s, &err), MR_EINVAL, "orders", -1);
    refused(&err, mr_history_summary(&orders, NULL, 0, 30, 0, 0, NULL, &s, &err), MR_EINVAL, "days_per_unit",
            -1);
    refused(&err, mr_history_summary(&orders, NULL, 0, 30, 7, -1, NULL, &s, &err), MR_EINVAL, "days_per_unit",
            -1);
    refused(&err, mr_history_summary(&orders, beyond, 1, 30, 7, 0, NULL, &s, &err), MR_EINVAL, "which", 0);
    assert_int_equal(mr_history_summary(&none, NULL, 0, 30, 7, 0, NULL, &s, &err), MR_OK);
    assert_int_equal(s.n, 0);
    assert_int_equal(mr_history_summary(&orders, NULL, 0, 5, 7, 0, NULL, &s, &err),
                     MR_OK); /* before the first order */
    assert_int_equal(s.n, 0);
}

static void survival(void **state) {
    (void)state;
    static const double stop[3] = {2, 3, 5}, late[3] = {0, 4, 1}, early[3] = {-1, 0, 0}, weight[3] = {1, 0, 1}, endless[3] = {2, 3, INFINITY};
    static const double x0[3] = {1, 4, 2}, x1[3] = {1, NAN, 2};
    static const unsigned char event[3] = {1, 0, 1}, odd[3] = {1, 0, 2};
    static const double distant[3] = {2, 1e17, 5};
    const double *const good_x[] = {x0}, *const bad_x[] = {x0, x1}, *const no_x[] = {NULL};
    size_t periods;
    const mr_survival good_rows = {.n = 3, .stop = stop, .event = event};
    const struct {
        mr_survival data;
        const char *field;
        int64_t row;
    } bad[] = {{{.n = 0, .stop = stop, .event = event}, "n", -1},
               {{.n = 3, .stop = endless, .event = event}, "stop", 2},
               {{.n = 3, .start = late, .stop = stop, .event = event}, "stop", 1},
               {{.n = 3, .start = early, .stop = stop, .event = event}, "start", 0},
               {{.n = 3, .stop = stop, .event = odd}, "event", 2},
               {{.n = 3, .stop = stop, .event = event, .weight = weight}, "weight", 1}};
    double b[2], s[3];
    mr_survival_curve curve = {.survival = s};
    mr_cox_fit fit = {.coefficient = b}, nowhere = {0};
    mr_error err = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        refused(&err, mr_survival_estimate(&bad[i].data, .9, NULL, &curve, &err), MR_EDATA, bad[i].field, bad[i].row);
        refused(&err, mr_cox_estimate(&bad[i].data, good_x, 1, NULL, NULL, &fit, &err), MR_EDATA, bad[i].field, bad[i].row);
    }
    refused(&err, mr_survival_estimate(NULL, .9, NULL, &curve, &err), MR_EINVAL, "data", -1);
    refused(&err, mr_survival_estimate(&good_rows, 1, NULL, &curve, &err), MR_EINVAL, "level", -1);
    refused(&err, mr_survival_estimate(&good_rows, .9, NULL, NULL, &err), MR_EINVAL, "out", -1);
    refused(&err, mr_cox_estimate(&good_rows, bad_x, 2, NULL, NULL, &fit, &err), MR_EDATA, "x2", 1);
    refused(&err, mr_cox_estimate(&good_rows, no_x, 1, NULL, NULL, &fit, &err), MR_EINVAL, "x", -1);
    refused(&err, mr_logistic_estimate(3, no_x, 1, event, NULL, 0, NULL, &(mr_logistic_fit){.coefficient = s}, &err), MR_EINVAL, "x", -1);
    /* Beyond 2^53 one period more is the same number. */
    refused(&err, mr_hazard_count(&(mr_survival){.n = 3, .stop = distant, .event = event}, 1, &periods, &err), MR_EDATA, "stop", 1);
    refused(&err, mr_hazard_count(&good_rows, 5e-324, &periods, &err), MR_EDATA, "stop", 0);
    refused(&err, mr_cox_estimate(&good_rows, good_x, 0, NULL, NULL, &fit, &err), MR_EINVAL, "x", -1);
    refused(&err, mr_cox_estimate(&good_rows, good_x, 1, NULL, NULL, &nowhere, &err), MR_EINVAL, "x", -1);
    refused(&err, mr_cox_estimate(&good_rows, good_x, 1, &(mr_cox_options){.ridge = -1}, NULL, &fit, &err), MR_EINVAL, "ridge", -1);
}

static void moments(void **state) {
    (void)state;
    enum { ROWS = 80 };
    static uint16_t bins[ROWS], beyond[ROWS];
    static unsigned char event[ROWS], few[ROWS], odd[ROWS], all[ROWS];
    static double days[ROWS], negative[ROWS], endless[ROWS];
    const uint16_t *good_bin[] = {bins}, *bad_bin[] = {beyond}, *no_bin[] = {NULL};
    for (int i = 0; i < ROWS; i++) {
        bins[i] = beyond[i] = (uint16_t)(i % 10);
        event[i] = odd[i] = i < 40;
        few[i] = i < 5;
        days[i] = negative[i] = endless[i] = all[i] = 1;
    }
    beyond[7] = 10;
    odd[8] = 2;
    negative[9] = -1;
    endless[60] = INFINITY;
    const mr_clock clock = {.name = "start", .bins = 10, .narrow = 1, .wide = 3, .knot = 5};
    const mr_moment_options good_options = {.level = .05, .seed = 1, .replicates = 100, .least_ratio = 1};
    const struct {
        mr_moment_rows rows;
        mr_clock clock;
        mr_moment_options options;
        mr_status status;
        const char *field;
        int64_t row;
    } bad[] = {
        {{ROWS, 0, good_bin, days, event, false, 0, NULL, NULL}, clock, good_options, MR_EINVAL, "clocks", -1},
        {{ROWS, 33, good_bin, days, event, false, 0, NULL, NULL}, clock, good_options, MR_EINVAL, "clocks", -1},
        {{ROWS, 1, NULL, days, event, false, 0, NULL, NULL}, clock, good_options, MR_EINVAL, "rows", -1},
        {{ROWS, 1, no_bin, days, event, false, 0, NULL, NULL}, clock, good_options, MR_EINVAL, "bin", 0},
        {{ROWS, 1, bad_bin, days, event, false, 0, NULL, NULL}, clock, good_options, MR_EDATA, "bin", 7},
        {{ROWS, 1, good_bin, days, odd, false, 0, NULL, NULL}, clock, good_options, MR_EDATA, "event", 8},
        {{ROWS, 1, good_bin, negative, event, false, 0, NULL, NULL}, clock, good_options, MR_EDATA, "exposure", 9},
        {{ROWS, 1, good_bin, endless, event, false, 0, NULL, NULL}, clock, good_options, MR_EDATA, "exposure", 60},
        {{ROWS, 1, good_bin, days, few, false, 0, NULL, NULL}, clock, good_options, MR_EDATA, "events", -1},
        {{0, 1, good_bin, days, event, false, 0, NULL, NULL}, clock, good_options, MR_EDATA, "events", -1},
        {{ROWS, 1, good_bin, days, all, false, 0, NULL, NULL}, clock, good_options, MR_EDATA, "exposure", -1},
        {{ROWS, 1, good_bin, days, all, true, 0, NULL, NULL}, clock, good_options, MR_EDATA, "event", -1},
        {{ROWS, 1, good_bin, days, event, false, 0, NULL, NULL}, {.name = "start", .bins = 1, .narrow = 1, .wide = 1}, good_options, MR_EINVAL, "bins", 0},
        {{ROWS, 1, good_bin, days, event, false, 0, NULL, NULL}, {.name = "start", .bins = 5000, .narrow = 1, .wide = 1}, good_options, MR_EINVAL, "bins", 0},
        {{ROWS, 1, good_bin, days, event, false, 0, NULL, NULL}, {.name = "start", .bins = 10, .narrow = 0, .wide = 3}, good_options, MR_EINVAL, "wide", 0},
        {{ROWS, 1, good_bin, days, event, false, 0, NULL, NULL}, {.name = "start", .bins = 10, .narrow = 3, .wide = 10}, good_options, MR_EINVAL, "wide", 0},
        {{ROWS, 1, good_bin, days, event, false, 0, NULL, NULL}, {.name = "start", .bins = 10, .narrow = 1, .wide = 3, .knot = -1}, good_options, MR_EINVAL, "knot", 0},
        {{ROWS, 1, good_bin, days, event, false, 0, NULL, NULL}, {.name = "start", .bins = 10, .narrow = 1, .wide = 3, .steep = NAN}, good_options, MR_EINVAL, "steep", 0},
        {{ROWS, 1, good_bin, days, event, false, 0, NULL, NULL}, clock, {.level = 0, .replicates = 100, .least_ratio = 1}, MR_EINVAL, "level", -1},
        {{ROWS, 1, good_bin, days, event, false, 0, NULL, NULL}, clock, {.level = .05, .replicates = 10, .least_ratio = 1}, MR_EINVAL, "replicates", -1},
        {{ROWS, 1, good_bin, days, event, false, 0, NULL, NULL}, clock, {.level = .05, .replicates = 100, .least_ratio = .5}, MR_EINVAL, "least_ratio", -1}};
    mr_moments out;
    mr_error err = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refused(&err, mr_moments_find(&bad[i].rows, &bad[i].clock, &bad[i].options, NULL, &out, NULL, &err), bad[i].status, bad[i].field, bad[i].row);
    refused(&err, mr_moments_find(NULL, &clock, &good_options, NULL, &out, NULL, &err), MR_EINVAL, "rows", -1);
    /* All in one bin, all leave in one bin, a clock nobody has: odd, and no error. */
    const mr_moment_rows good_rows = {ROWS, 1, good_bin, days, event, false, 0, NULL, NULL};
    assert_int_equal(mr_moments_find(&good_rows, &clock, &good_options, NULL, &out, NULL, &err), MR_OK);
    for (int i = 0; i < ROWS; i++) bins[i] = event[i] ? 4 : (uint16_t)(i % 10);
    assert_int_equal(mr_moments_find(&good_rows, &clock, &good_options, NULL, &out, NULL, &err), MR_OK);
    for (int i = 0; i < ROWS; i++) bins[i] = 3;
    assert_int_equal(mr_moments_find(&good_rows, &clock, &good_options, NULL, &out, NULL, &err), MR_OK);
    for (int i = 0; i < ROWS; i++) bins[i] = MR_NO_BIN;
    assert_int_equal(mr_moments_find(&good_rows, &clock, &good_options, NULL, &out, NULL, &err), MR_OK);
    assert_int_equal(out.n, 0);
}

static void additive(void **state) {
    (void)state;
    enum { ROWS = 40 };
    static double x[ROWS], endless[ROWS], same[ROWS];
    static int32_t code[ROWS], wild[ROWS];
    static unsigned char y[ROWS], odd[ROWS], all[ROWS], few[ROWS], nobody[ROWS];
    static double weight[ROWS];
    for (int i = 0; i < ROWS; i++) {
        x[i] = i, endless[i] = i == 3 ? INFINITY : i, same[i] = 1, code[i] = i % 3, wild[i] = i == 5 ? 3 : 1, weight[i] = i == 2 ? -1 : 1;
        y[i] = i % 2, odd[i] = i == 4 ? 2 : i % 2, all[i] = 1, few[i] = i < 3;
    }
    const mr_feature plain = {.number = x};
    const struct {
        mr_feature feature;
        mr_outcomes outcomes;
        mr_additive_options options;
        mr_status status;
        const char *field;
        int64_t row;
        size_t n;
    } bad[] = {{{.number = endless}, {.happened = y}, {0}, MR_EDATA, "x1", 3, ROWS},
               {{.category = wild, .categories = 3}, {.happened = y}, {0}, MR_EDATA, "x1", 5, ROWS},
               {{.category = code, .categories = 0}, {.happened = y}, {0}, MR_EINVAL, "frame", -1, ROWS},
               {{.number = x, .category = code, .categories = 3}, {.happened = y}, {0}, MR_EINVAL, "frame", -1, ROWS},
               {{0}, {.happened = y}, {0}, MR_EINVAL, "frame", -1, ROWS},
               {{.number = same}, {.happened = y}, {0}, MR_EDATA, "frame", -1, ROWS},
               {plain, {0}, {0}, MR_EINVAL, "outcomes", -1, ROWS},
               {plain, {.happened = odd}, {0}, MR_EDATA, "happened", 4, ROWS},
               {plain, {.happened = all}, {0}, MR_EDATA, "happened", -1, ROWS},
               {plain, {.happened = few}, {0}, MR_EDATA, "n", -1, ROWS},
               {plain, {.happened = y}, {0}, MR_EDATA, "n", -1, 10},
               {plain, {.happened = y}, {0}, MR_EDATA, "n", -1, 0},
               {plain, {.happened = y, .weight = weight}, {0}, MR_EDATA, "weight", 2, ROWS},
               {plain, {.happened = y, .judge = nobody}, {0}, MR_EDATA, "judge", -1, ROWS},
               {plain, {.happened = y, .judge = y}, {0}, MR_EDATA, "judge", -1, ROWS},
               {plain, {.happened = y}, {.bins = 1}, MR_EINVAL, "bins", -1, ROWS},
               {plain, {.happened = y}, {.bins = 255}, MR_EINVAL, "bins", -1, ROWS},
               {plain, {.happened = y}, {.pairs = 999}, MR_EINVAL, "pairs", -1, ROWS},
               {plain, {.happened = y}, {.rounds = -1}, MR_EINVAL, "rounds", -1, ROWS},
               {plain, {.happened = y}, {.bags = 65}, MR_EINVAL, "bags", -1, ROWS},
               {plain, {.happened = y}, {.leaves = 17}, MR_EINVAL, "leaves", -1, ROWS},
               {plain, {.happened = y}, {.learning_rate = NAN}, MR_EINVAL, "learning_rate", -1, ROWS},
               {plain, {.happened = y}, {.min_leaf = -1}, MR_EINVAL, "min_leaf", -1, ROWS},
               {plain, {.happened = y}, {.judged_share = .6}, MR_EINVAL, "judged_share", -1, ROWS},
               {plain, {.happened = y}, {.monotone = (const signed char[]){2}}, MR_EINVAL, "monotone", 0, ROWS}};
    mr_error err = {0};
    mr_additive *model = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const mr_frame frame = {bad[i].n, 1, &bad[i].feature};
        refused(&err, mr_additive_fit(&frame, &bad[i].outcomes, &bad[i].options, NULL, &model, &err), bad[i].status, bad[i].field, bad[i].row);
        assert_null(model);
    }
    const mr_frame frame = {ROWS, 1, &plain}, two = {ROWS, 2, (const mr_feature[]){plain, plain}}, other = {ROWS, 1, &(const mr_feature){.category = code}},
                   wide = {ROWS, 1, &(const mr_feature){.number = endless}};
    double score[ROWS], part[ROWS];
    refused(&err, mr_additive_fit(NULL, &(mr_outcomes){.happened = y}, NULL, NULL, &model, &err), MR_EINVAL, "frame", -1);
    refused(&err, mr_additive_fit(&frame, NULL, NULL, NULL, &model, &err), MR_EINVAL, "outcomes", -1);
    assert_int_equal(mr_additive_fit(&frame, &(mr_outcomes){.happened = y}, NULL, NULL, &model, &err), MR_OK);
    refused(&err, mr_additive_score(NULL, &frame, NULL, score, &err), MR_EINVAL, "model", -1);
    refused(&err, mr_additive_score(model, NULL, NULL, score, &err), MR_EINVAL, "frame", -1);
    refused(&err, mr_additive_score(model, &two, NULL, score, &err), MR_EINVAL, "frame", -1);
    refused(&err, mr_additive_probability(model, &other, NULL, score, &err), MR_EINVAL, "x1", -1);
    refused(&err, mr_additive_contributions(model, &wide, NULL, part, &err), MR_EDATA, "x1", 3);
    refused(&err, mr_additive_score(model, &frame, NULL, NULL, &err), MR_EINVAL, "out", -1);
    mr_additive *again = NULL;
    refused(&err, mr_additive_put_together(NULL, NULL, &again, &err), MR_EINVAL, "parts", -1);
    refused(&err, mr_additive_put_together(&(mr_additive_parts){.features = 1}, NULL, &again, &err), MR_EINVAL, "parts", -1);
    mr_additive_free(model);
    mr_additive_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments), cmocka_unit_test(bad_cells), cmocka_unit_test(missing_and_empty),   cmocka_unit_test(options),
        cmocka_unit_test(forecasts), cmocka_unit_test(money_and_contracts), cmocka_unit_test(histories),
        cmocka_unit_test(survival), cmocka_unit_test(additive)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
