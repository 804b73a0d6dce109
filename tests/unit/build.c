/* From orders to report: the two models, and each customer's figures against the design's words. */
#include "check.h"

#include <build.h>
#include <pool.h>
#include <rng.h>

#include <stdlib.h>

enum { CUSTOMERS = 700, SPAN = 600, MOST = 100 };

typedef struct shop {
    uint64_t offset[CUSTOMERS + 1];
    int32_t day[CUSTOMERS * MOST];
    int64_t money[CUSTOMERS * MOST];
    ingest_orders input;
} shop;

static void make(shop *s) {
    rng r;
    rng_seed(&r, 4, 2);
    size_t at = 0;
    for (size_t c = 0; c < CUSTOMERS; c++) {
        s->offset[c] = at;
        int32_t day = c ? (int32_t)rng_below(&r, SPAN - 100) : 0;
        double rate = rng_gamma(&r, 0.9) / 30 + 1e-4, leaves = rng_beta(&r, 0.8, 3), spends = 20 + 200 * rng_uniform(&r);
        for (size_t n = 0; day < SPAN && n < MOST; n++) {
            s->money[at] = (int64_t)(MR_MONEY_SCALE * spends * (0.5 + rng_uniform(&r)));
            s->day[at++] = day;
            if (rng_uniform(&r) < leaves) break;
            day += 1 + (int32_t)fmin(1e6, rng_exponential(&r) / rate);
        }
    }
    s->offset[CUSTOMERS] = at;
    s->input = (ingest_orders){.orders = {.n = CUSTOMERS, .offset = s->offset, .day = s->day, .money = s->money}};
    s->input.understood.first_day = 0;
    s->input.understood.last_day = SPAN - 1;
}

static const build_options plain = {.until = SPAN - 1, .horizon_days = 91, .days_per_unit = 7, .margin = 0.4, .discount_rate = 0.1,
                                    .seed = 1};

/* P(alive), rhythm, overdue ratio, value at risk and stage of every customer, again from the models' own columns. */
static void test_customers(void **state) {
    (void)state;
    static shop s;
    static build b;
    mr_error err = {0};
    make(&s);
    assert_int_equal(build_report(&s.input, &plain, NULL, &b, &err), MR_OK);
    const report *r = &b.r;
    assert_true(mr_model_leaves_at_once(r->cycle_fit.params.model));
    enum { N = CUSTOMERS };
    static double alive[N], later[N], stay[N], order[N], expected[N], gap_50[N], gap_90[N], gap_95[N], spend[N];
    mr_forecast cycle = {.p_alive = alive, .p_alive_later = later};
    mr_forecast forecast = {.p_order = order, .expected = expected, .expected_if_stay = stay};
    mr_forecast_spec spec = {.horizon = 91 / 7.0};
    mr_rhythm rhythm = {.gap_50 = gap_50, .gap_90 = gap_90, .gap_95 = gap_95};
    assert_int_equal(mr_model_forecast(&r->cycle_fit.params, &b.data, &spec, NULL, &cycle, &err), MR_OK);
    assert_int_equal(mr_model_forecast(&r->fit.params, &b.data, &spec, NULL, &forecast, &err), MR_OK);
    assert_int_equal(mr_model_rhythm(&r->cycle_fit.params, &b.data, NULL, &rhythm, &err), MR_OK);
    assert_true(r->has_spend_fit);
    mr_data money = {.n = N, .x = b.data.x, .mean_spend = b.mean_spend};
    assert_int_equal(mr_spend_expected(&r->spend_fit.params, &money, spend, &err), MR_OK);
    /* The mean discount factor of 91 days at 10 % a year, by the mid-point rule. */
    double discount = 0, at_risk = 0, chances = 0;
    for (int i = 0; i < 10000; i++) discount += pow(1.1, -(i + 0.5) / 10000 * 91 / 365.2425) / 10000;
    const mr_params *p = &r->cycle_fit.params;
    for (size_t at = 0; at < N; at++) {
        const report_customer *c = &r->customers[at];
        size_t i = c->index;
        double x = (double)(s.offset[i + 1] - s.offset[i] - 1);
        int32_t first = s.day[s.offset[i]], last = s.day[s.offset[i + 1] - 1];
        double gap = p->k * (p->value[1] * 7 + last - first) / (p->value[0] + p->k * x), silence = SPAN - 1 - last;
        assert_int_equal(c->orders, x + 1);
        assert_int_equal(c->rhythm_from, x);
        assert_relative(c->rhythm_days, gap, 1e-9);
        assert_near(c->overdue_ratio, silence / gap, 1e-9);
        assert_near(c->p_alive, alive[i], 0.0);
        assert_near(c->p_order, order[i], 1e-12);
        double stays = alive[i] > 0 ? later[i] / alive[i] : 1;
        assert_near(c->value_at_risk, alive[i] * (1 - stays) * 0.4 * spend[i] * discount * stay[i], 1e-6);
        assert_near(c->expected_value, 0.4 * spend[i] * discount * expected[i], 1e-6);
        mr_stage want = x == 0                                                            ? alive[i] < 0.5 ? MR_STAGE_ONCE : MR_STAGE_FIRST
                        : silence < 7 * gap_50[i]                                         ? MR_STAGE_STEADY
                        : silence < 7 * gap_90[i]                                         ? MR_STAGE_DUE
                        : silence > 7 * gap_95[i] && alive[i] < MR_LEFT_THRESHOLD         ? MR_STAGE_LEFT
                                                                                          : MR_STAGE_OVERDUE;
        assert_int_equal(c->stage, want);
        assert_true(at == 0 || r->customers[at - 1].value_at_risk >= c->value_at_risk);
        at_risk += c->value_at_risk, chances += order[i];
    }
    assert_relative(r->value_at_risk, at_risk, 1e-12);
    assert_relative(r->expected_customers, chances, 1e-12);
    /* Every repeat order of whole weeks is in the weekly chart. */
    double weeks = 0, repeats = 0;
    for (size_t w = 0; w < r->weeks_n; w++) weeks += r->week_actual[w];
    for (size_t c = 0; c < N; c++)
        for (uint64_t k = s.offset[c] + 1; k < s.offset[c + 1]; k++) repeats += s.day[k] < SPAN / 7 * 7;
    assert_near(weeks, repeats, 0.0);
    build_free(&b);
}

static void set_entry(compare *c, size_t at, const char *name, double rmse) {
    const mr_model *model = mr_model_find(name);
    c->entry[at] = (compare_entry){.model = model, .name = mr_model_name(model), .title = mr_model_title(model), .fitted = true};
    c->entry[at].inner.n = isnan(rmse) ? 0 : 100;
    c->entry[at].inner.rmse = isnan(rmse) ? 0 : rmse;
    if (c->n <= at) c->n = at + 1;
}

/* Where the forecast model cannot tell who left, the best on the inner window of those that can does; one that was never scored
 * there is not the best. */
static void test_two_models(void **state) {
    (void)state;
    static shop s;
    static build b, fits;
    mr_error err = {0};
    make(&s);
    assert_int_equal(build_report(&s.input, &plain, NULL, &b, &err), MR_OK);
    fits.data = b.data, fits.n = b.n;
    fits.comparison.has_choice = true;
    set_entry(&fits.comparison, 0, "bg-nbd", 1.1);
    set_entry(&fits.comparison, 1, "pareto-nbd", NAN);
    set_entry(&fits.comparison, 2, "mbg-nbd", 1.2);
    set_entry(&fits.comparison, 3, "nbd", 1.0);
    assert_int_equal(build_fits(&fits, &s.input, &plain, NULL, &err), MR_OK);
    assert_string_equal(mr_model_name(fits.r.fit.params.model), "bg-nbd");
    assert_string_equal(mr_model_name(fits.r.cycle_fit.params.model), "mbg-nbd");
    build_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_customers), cmocka_unit_test(test_two_models)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
