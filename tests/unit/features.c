/* The features of a day: against figures worked out by hand; the page docs/features.md against the table (MARRAM_WRITE=1 writes it). */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers" /* rows of a table */
#include "check.h"

#include <feature.h>
#include <taxonomy.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct step {
    int kind, day, subject, amount, until;
    double value;
    int flags, tag, actor, topic, months;
} step;

enum { MOST = 16, NO_VALUE = -999 };

typedef struct case_row {
    const char *what;
    step step[MOST];
    int day;
    int feature;
    double wanted;
} case_row;

#define ORDER(day, amount) {EVENT_order, day, 0, amount, 0, NO_VALUE}
#define AT(kind, day) {EVENT_##kind, day, 0, 0, 0, NO_VALUE}
#define OF(kind, day, subject) {EVENT_##kind, day, subject, 0, 0, NO_VALUE}

static const case_row rows[] = {
    {"one order", {ORDER(10, 5)}, 30, FEATURE_orders, 1},
    {"one order", {ORDER(10, 5)}, 30, FEATURE_silence, 20},
    {"one order has no rhythm", {ORDER(10, 5)}, 30, FEATURE_rhythm, NAN},
    {"two orders of a day are one", {ORDER(10, 5), ORDER(10, 7), ORDER(20, 4)}, 30, FEATURE_orders, 2},
    {"rhythm", {ORDER(10, 5), ORDER(20, 5), ORDER(40, 5)}, 55, FEATURE_rhythm, 15},
    {"overdue", {ORDER(10, 5), ORDER(20, 5), ORDER(40, 5)}, 55, FEATURE_overdue, 1},
    {"the last gap", {ORDER(10, 5), ORDER(20, 5), ORDER(40, 5)}, 55, FEATURE_gap_last, 2},
    {"gaps of 10, 10, 40", {ORDER(0, 1), ORDER(10, 1), ORDER(20, 1), ORDER(60, 1)}, 60, FEATURE_gap_variation, 14.142135623730951 / 20},
    {"trend: 1 in the last 50 days, 3 before", {ORDER(0, 1), ORDER(10, 1), ORDER(20, 1), ORDER(60, 1)}, 100, FEATURE_order_trend, -0.40546510810816444},
    {"too young for a trend", {ORDER(0, 1)}, 27, FEATURE_order_trend, NAN},
    {"spend of the last", {ORDER(0, 10), ORDER(5, 30)}, 6, FEATURE_spend_last, 1.5},
    {"money is not known", {ORDER(0, 0), ORDER(5, 0)}, 6, FEATURE_spend_mean, NAN},
    {"two products", {{EVENT_order, 1, 0, 0, 0, NO_VALUE, 0, 0, 0, 7}, {EVENT_order, 2, 0, 0, 0, NO_VALUE, 0, 0, 0, 9}, {EVENT_order, 3, 0, 0, 0, NO_VALUE, 0, 0, 0, 7}}, 9, FEATURE_breadth, 2},
    {"sent back after the last order", {ORDER(0, 10), AT(return_goods, 3)}, 6, FEATURE_returned_last, 1},
    {"sent back before it", {ORDER(0, 10), AT(return_goods, 3), ORDER(4, 10)}, 6, FEATURE_returned_last, 0},
    {"a negative order is a refund", {ORDER(0, 10), ORDER(2, -4)}, 6, FEATURE_returns_365, 1},
    {"long ago", {ORDER(0, 10), AT(refund, 3)}, 368, FEATURE_returns_365, 0},
    {"uses", {{EVENT_usage, 70, 0, 0, 0, 3}, {EVENT_usage, 71, 0, 0, 0, 4}}, 100, FEATURE_usage_30, 4},
    {"no use seen", {ORDER(0, 1)}, 100, FEATURE_usage_30, NAN},
    {"a case is open", {OF(case_open, 1, 5)}, 9, FEATURE_cases_open, 1},
    {"how long", {OF(case_open, 1, 5)}, 9, FEATURE_case_open_days, 8},
    {"resolved", {OF(case_open, 1, 5), OF(case_resolve, 4, 5)}, 9, FEATURE_cases_open, 0},
    {"time to the solution", {OF(case_open, 1, 5), OF(case_resolve, 4, 5)}, 9, FEATURE_resolution_days, 3},
    {"opened again", {OF(case_open, 1, 5), OF(case_resolve, 4, 5), OF(case_reopen, 6, 5)}, 9, FEATURE_cases_open, 1},
    {"opened again", {OF(case_open, 1, 5), OF(case_resolve, 4, 5), OF(case_reopen, 6, 5)}, 9, FEATURE_cases_reopened, 1},
    {"first answer", {OF(case_open, 1, 5), {EVENT_case_update, 2, 5, 0, 0, NO_VALUE, TRACE_FIRST_RESPONSE}}, 9, FEATURE_response_hours, 24},
    {"a second problem within 90 days", {OF(case_open, 1, 5), AT(complaint, 91)}, 99, FEATURE_problems_soured, 1},
    {"a second problem later", {OF(case_open, 1, 5), AT(complaint, 92)}, 99, FEATURE_problems_soured, 0},
    {"the same again", {{EVENT_case_open, 1, 5, 0, 0, 2, 0, TRACE_TAG_billing}, {EVENT_case_open, 9, 6, 0, 0, 3, 0, TRACE_TAG_billing}}, 20, FEATURE_problems_same, 1},
    {"urgent ones", {{EVENT_case_open, 1, 5, 0, 0, 2, 0, TRACE_TAG_billing}, {EVENT_case_open, 9, 6, 0, 0, 3, 0, TRACE_TAG_billing}}, 20, FEATURE_problems_urgent, 2},
    {"on terms and bills", {{EVENT_case_open, 1, 5, 0, 0, 2, 0, TRACE_TAG_billing}, {EVENT_case_open, 9, 6, 0, 0, 3, 0, TRACE_TAG_terms}}, 20, FEATURE_problems_terms, 2},
    {"promise not due yet", {{EVENT_promise_made, 1, 5, 0, 10, NO_VALUE}}, 10, FEATURE_promises_overdue, 0},
    {"promise overdue", {{EVENT_promise_made, 1, 5, 0, 10, NO_VALUE}}, 11, FEATURE_promises_overdue, 1},
    {"promise kept late", {{EVENT_promise_made, 1, 5, 0, 10, NO_VALUE}, OF(promise_kept, 12, 5)}, 20, FEATURE_promises_broken, 1},
    {"promise kept", {{EVENT_promise_made, 1, 5, 0, 10, NO_VALUE}, OF(promise_kept, 9, 5)}, 20, FEATURE_promises_broken, 0},
    {"marketing is no touch", {{EVENT_touch_out, 5, 0, 0, 0, NO_VALUE, TRACE_MARKETING}, {EVENT_touch_out, 2, 0, 0, 0, NO_VALUE}}, 20, FEATURE_touch_out_silence, 18},
    {"one owner", {{EVENT_touch_out, 2, 0, 0, 0, NO_VALUE, 0, 0, TRACE_SALES}, {EVENT_touch_out, 5, 0, 0, 0, NO_VALUE, 0, 0, TRACE_SALES}}, 20, FEATURE_owners_active, 1},
    {"both", {{EVENT_touch_out, 2, 0, 0, 0, NO_VALUE, 0, 0, TRACE_SALES}, {EVENT_touch_out, 5, 0, 0, 0, NO_VALUE, 0, 0, TRACE_OPERATIONS}}, 20, FEATURE_owners_active, 2},
    {"opinions", {{EVENT_survey, 2, 0, 0, 0, 0.8}, {EVENT_survey, 9, 0, 0, 0, 0.4}}, 20, FEATURE_satisfaction_mean, 0.6},
    {"... fall", {{EVENT_survey, 2, 0, 0, 0, 0.8}, {EVENT_survey, 9, 0, 0, 0, 0.4}}, 20, FEATURE_satisfaction_trend, -0.4},
    {"... vary", {{EVENT_survey, 2, 0, 0, 0, 0.8}, {EVENT_survey, 9, 0, 0, 0, 0.4}}, 20, FEATURE_satisfaction_sd, 0.2},
    {"payment failed", {AT(payment_failed, 3)}, 20, FEATURE_payment_open, 1},
    {"... and recovered", {AT(payment_failed, 3), AT(payment_recovered, 4)}, 20, FEATURE_payment_open, 0},
    {"renewal", {{EVENT_contract_start, 1, 5, 120, 100, 10}}, 60, FEATURE_renewal_in, 40},
    {"term", {{EVENT_contract_start, 1, 5, 120, 100, 10}}, 60, FEATURE_term, 99},
    {"price of a month", {{EVENT_contract_start, 1, 5, 120, 100, 10, 0, 0, 0, 0, 12}}, 60, FEATURE_price, 10},
    {"the nearer renewal", {{EVENT_contract_start, 1, 5, 120, 100, 10}, {EVENT_contract_start, 2, 6, 1, 80, 1}}, 60, FEATURE_renewal_in, 20},
    {"the other ended", {{EVENT_contract_start, 1, 5, 120, 100, 10}, {EVENT_contract_start, 2, 6, 1, 80, 1}, OF(contract_end, 40, 6)}, 60, FEATURE_renewal_in, 40},
    {"price change, told", {{EVENT_contract_start, 1, 5, 120, 100, 10}, {EVENT_price_change, 9, 5, 132, 50, 10}}, 20, FEATURE_price_change, 10},
    {"... not in force yet", {{EVENT_contract_start, 1, 5, 120, 100, 10}, {EVENT_price_change, 9, 5, 132, 50, 10}}, 20, FEATURE_price, 120},
    {"... in force", {{EVENT_contract_start, 1, 5, 120, 100, 10}, {EVENT_price_change, 9, 5, 132, 50, 10}}, 50, FEATURE_price, 132},
    {"dearer at the renewal", {{EVENT_contract_start, 1, 5, 100, 50, 10}, {EVENT_contract_renew, 50, 5, 125, 100, 10}}, 60, FEATURE_price_change, 25},
    {"fewer seats", {{EVENT_contract_start, 1, 5, 100, 50, 19}, {EVENT_contract_change, 30, 5, 50, 0, 9}}, 60, FEATURE_seats_change, -0.69314718055994531},
    {"the renewal has just passed", {{EVENT_contract_start, 1, 5, 120, 100, 10}}, 131, FEATURE_contracts, 1},
    {"... and nobody waits any longer", {{EVENT_contract_start, 1, 5, 120, 100, 10}}, 132, FEATURE_contracts, 0},
    {"... nothing is paid", {{EVENT_contract_start, 1, 5, 120, 100, 10}}, 132, FEATURE_price, NAN},
    {"... nor lacks a signature", {{EVENT_contract_start, 1, 5, 120, 100, 10, TRACE_UNSIGNED}}, 132, FEATURE_unsigned, 0},
    {"... but another runs", {{EVENT_contract_start, 1, 5, 120, 100, 10}, {EVENT_contract_start, 2, 6, 30, 0, 1}}, 140, FEATURE_price, 30},
    {"... but it was used", {{EVENT_contract_start, 1, 5, 120, 100, 10}, OF(usage, 131, 0)}, 200, FEATURE_contracts, 1},
    {"... used too late", {{EVENT_contract_start, 1, 5, 120, 100, 10}, OF(usage, 132, 0)}, 200, FEATURE_contracts, 0},
    {"... but it was changed", {{EVENT_contract_start, 1, 5, 120, 100, 10}, {EVENT_contract_change, 110, 5, 130, 0, 10}}, 200, FEATURE_price, 130},
    {"... changed too late", {{EVENT_contract_start, 1, 5, 120, 100, 10}, {EVENT_contract_change, 140, 5, 130, 0, 10}}, 200, FEATURE_contracts, 0},
    {"... renewed late", {{EVENT_contract_start, 1, 5, 120, 100, 10}, {EVENT_contract_renew, 140, 5, 130, 500, 10}}, 200, FEATURE_price, 130},
    {"... as if its seats had gone then", {{EVENT_contract_start, 1, 5, 120, 100, 9}, {EVENT_contract_start, 2, 6, 1, 0, 9}}, 400, FEATURE_seats_change, -0.64185388617239469},
    {"uses beyond what a number holds", {{EVENT_usage, 5, 0, 0, 0, 1.5e308}, {EVENT_usage, 6, 0, 0, 0, 1.5e308}}, 10, FEATURE_usage_30, NAN},
    {"unsigned", {{EVENT_contract_start, 1, 5, 100, 50, 19, TRACE_UNSIGNED}}, 60, FEATURE_unsigned, 1},
    {"signed since", {{EVENT_contract_start, 1, 5, 100, 50, 19, TRACE_UNSIGNED}, {EVENT_contract_change, 30, 5, 0, 0, NO_VALUE, TRACE_SIGNED}}, 60, FEATURE_unsigned, 0},
    {"people", {OF(stakeholder_join, 1, 5), OF(stakeholder_join, 2, 6), {EVENT_stakeholder_leave, 9, 5, 0, 0, NO_VALUE, TRACE_DECIDES}}, 60, FEATURE_stakeholders, 1},
    {"who decides has left", {OF(stakeholder_join, 1, 5), {EVENT_stakeholder_leave, 9, 5, 0, 0, NO_VALUE, TRACE_DECIDES}}, 60, FEATURE_decider_left, 1},
    {"a wish after a defect sours nothing", {{EVENT_case_open, 1, 5, 0, 0, 2, 0, TRACE_TAG_defect}, {EVENT_case_open, 9, 6, 0, 0, 3, 0, TRACE_TAG_feature}}, 20, FEATURE_problems_soured, 0},
    {"... nor stands between two", {{EVENT_case_open, 1, 5, 0, 0, 2, 0, TRACE_TAG_defect}, {EVENT_case_open, 9, 6, 0, 0, 3, 0, TRACE_TAG_feature}, {EVENT_case_open, 12, 7, 0, 0, 2, 0, TRACE_TAG_defect}}, 20, FEATURE_problems_soured, 1},
    {"delivery has its own", {{EVENT_case_open, 1, 5, 0, 0, 2, 0, TRACE_TAG_delivery}, {EVENT_case_open, 9, 6, 0, 0, 3, 0, TRACE_TAG_delivery}}, 20, FEATURE_problems_soured, 0},
    {"... open", {{EVENT_case_open, 1, 5, 0, 0, 2, 0, TRACE_TAG_delivery}, {EVENT_case_open, 9, 6, 0, 0, 3, 0, TRACE_TAG_defect}}, 20, FEATURE_cases_open_delivery, 1},
    {"... and the others", {{EVENT_case_open, 1, 5, 0, 0, 2, 0, TRACE_TAG_delivery}, {EVENT_case_open, 9, 6, 0, 0, 3, 0, TRACE_TAG_defect}}, 20, FEATURE_case_open_days, 11},
    {"sent back, broken", {ORDER(1, 5), {EVENT_return_goods, 9, 0, 0, 0, NO_VALUE, 0, TRACE_TAG_defect}, {EVENT_return_goods, 10, 0, 0, 0, NO_VALUE, 0, TRACE_TAG_other}}, 20, FEATURE_returns_faulty, 1},
    {"regretted", {ORDER(1, 5), {EVENT_return_goods, 9, 0, 0, 0, NO_VALUE, 0, TRACE_TAG_defect}, {EVENT_return_goods, 10, 0, 0, 0, NO_VALUE, 0, TRACE_TAG_other}}, 20, FEATURE_regrets, 1},
    {"too late for regret", {OF(contract_start, 1, 5), {EVENT_complaint, 32, 0, 0, 0, NO_VALUE, 0, TRACE_TAG_other}}, 40, FEATURE_regrets, 0},
    {"asked about terms", {{EVENT_touch_in, 9, 0, 0, 0, NO_VALUE, 0, TRACE_TAG_terms}}, 20, FEATURE_asked_terms, 1},
    {"asked who decides", {{EVENT_touch_in, 9, 0, 0, 0, NO_VALUE, 0, TRACE_TAG_authority}, {EVENT_case_open, 10, 3, 0, 0, 1, 0, TRACE_TAG_authority}}, 20, FEATURE_asked_authority, 2},
    {"put off", {{EVENT_touch_in, 9, 0, 0, 0, NO_VALUE, 0, TRACE_TAG_cancelled}}, 20, FEATURE_cancelled, 1},
    {"a better one", {{EVENT_competitor_quote, 9, 0, 0, 0, NO_VALUE, 0, TRACE_TAG_quality}, {EVENT_competitor_quote, 10, 0, 0, 0, NO_VALUE, 0, TRACE_TAG_price}}, 20, FEATURE_competitor_better, 1},
    {"a cheaper one", {{EVENT_competitor_quote, 9, 0, 0, 0, NO_VALUE, 0, TRACE_TAG_quality}, {EVENT_competitor_quote, 10, 0, 0, 0, NO_VALUE, 0, TRACE_TAG_price}}, 20, FEATURE_competitor_quotes, 1},
    {"closed down", {{EVENT_need_ended, 9, 0, 0, 0, NO_VALUE, TRACE_CLOSED}}, 20, FEATURE_closed_down, 1},
    {"... is no end of the need", {{EVENT_need_ended, 9, 0, 0, 0, NO_VALUE, TRACE_CLOSED}}, 20, FEATURE_need_ended, 0},
    {"the same all over", {{EVENT_usage, 1, 0, 0, 0, 1, 0, 0, 0, 7}, {EVENT_usage, 2, 0, 0, 0, 1, 0, 0, 0, 7}, {EVENT_usage, 3, 0, 0, 0, 1, 0, 0, 0, 9}, {EVENT_usage, 4, 0, 0, 0, 1, 0, 0, 0, 7}}, 20, FEATURE_variety_last, 0.5},
    {"two touches a rhythm do not make", {{EVENT_touch_out, 2, 0, 0, 0, NO_VALUE}, {EVENT_touch_out, 5, 0, 0, 0, NO_VALUE}}, 20, FEATURE_touch_out_overdue, NAN},
    {"longer than their rhythm", {{EVENT_touch_out, 2, 0, 0, 0, NO_VALUE}, {EVENT_touch_out, 5, 0, 0, 0, NO_VALUE}, {EVENT_touch_out, 10, 0, 0, 0, NO_VALUE}}, 20, FEATURE_touch_out_overdue, 2.5},
    {"intents", {AT(leave_intent, 1)}, 60, FEATURE_intents_before, 1},
    {"January", {ORDER(0, 1)}, 30, FEATURE_season, 0},
    {"February", {ORDER(0, 1)}, 31, FEATURE_season, 1},
    {"as many seats for more than a year", {{EVENT_contract_start, 1, 5, 100, 900, 19}}, 500, FEATURE_seats_change, 0},
    {"seats are not known", {{EVENT_contract_start, 1, 5, 100, 900, NO_VALUE}}, 500, FEATURE_seats_change, NAN},
    {"a price told before the start", {OF(price_change, 2, 1), OF(contract_start, 4, 1)}, 31, FEATURE_tenure, 27},
    {"tenure", {OF(contract_start, 4, 1), ORDER(9, 1)}, 31, FEATURE_tenure, 27},
    {"nobody", {AT(praise, 3)}, 9, FEATURE_tenure, NAN},
};

static void test_rows(void **state) {
    (void)state;
    features *f = features_new(NULL, 0);
    mr_error err = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const case_row *row = &rows[i];
        trace_event events[MOST];
        double out[FEATURES];
        size_t n = 0;
        features_begin(f);
        for (; n < MOST && (row->step[n].kind || row->step[n].day); n++) {
            const step *s = &row->step[n];
            events[n] = (trace_event){.kind = (int16_t)s->kind, .day = s->day, .at_us = s->day * TRACE_DAY_US, .known_us = s->day * TRACE_DAY_US, .subject = s->subject,
                                      .amount = s->amount * INT64_C(10000), .until_day = s->until ? s->until : TRACE_NO_DAY, .notice_days = -1, .months = s->months,
                                      .value = s->value == NO_VALUE ? NAN : s->value, .flags = (uint16_t)s->flags, .tag = (uint8_t)s->tag, .actor = (uint8_t)s->actor,
                                      .topic = (uint32_t)s->topic};
            if (s->day <= row->day) assert_int_equal(features_apply(f, &events[n], &err), MR_OK);
        }
        features_at(f, row->day, out);
        double found = out[row->feature];
        if (isnan(row->wanted) ? !isnan(found) : !(fabs(found - row->wanted) < 1e-9))
            fail_msg("%s: %s is %g, not %g", row->what, feature_of(row->feature)->name, found, row->wanted);
    }
    features_free(f);
}

/* The nth allocation fails, for every n: MR_ENOMEM, and nothing is lost or freed twice. */
typedef struct meter {
    size_t left;
    size_t open;
} meter;

static void *meter_resize(void *ctx, void *block, size_t size) {
    meter *m = ctx;
    if (!m->left) return NULL;
    m->left--;
    m->open += !block;
    return realloc(block, size);
}

static void *meter_allocate(void *ctx, size_t size) {
    return meter_resize(ctx, NULL, size);
}

static void meter_release(void *ctx, void *block) {
    meter *m = ctx;
    m->open -= block != NULL;
    free(block);
}

static void test_memory(void **state) {
    (void)state;
    static trace_event events[600];
    for (size_t i = 0; i < 600; i++)
        events[i] = (trace_event){.kind = (int16_t)(i % EVENT_KINDS), .day = (int32_t)i, .at_us = (int64_t)i, .known_us = (int64_t)i, .subject = (int64_t)(i % 37), .value = NAN,
                                  .until_day = TRACE_NO_DAY, .topic = (uint32_t)i};
    bool whole = false;
    for (size_t n = 0; !whole; n++) {
        meter m = {n, 0};
        const mr_alloc alloc = {meter_allocate, meter_resize, meter_release, &m};
        features *f = features_new(&alloc, 0);
        mr_error err = {0};
        mr_status status = f ? MR_OK : MR_ENOMEM;
        double out[FEATURES];
        for (size_t i = 0; i < 600 && status == MR_OK; i++) status = features_apply(f, &events[i], &err);
        whole = status == MR_OK;
        if (whole) features_at(f, 600, out);
        else assert_int_equal(status, MR_ENOMEM);
        features_free(f);
        assert_int_equal(m.open, 0);
        assert_true(n < 2000);
    }
}

static void test_table(void **state) {
    (void)state;
    for (int i = 0; i < FEATURES; i++) {
        const feature_row *r = feature_of(i);
        assert_int_equal(feature_find(r->name), i);
        assert_true(r->monotone >= -1 && r->monotone <= 1);
        if (*r->reason && !reason_find(r->reason, strlen(r->reason))) fail_msg("%s speaks for %s, which is no reason", r->name, r->reason);
    }
    assert_int_equal(feature_find("nonsense"), -1);
}

static char *read_file(const char *path) {
    FILE *f = fopen(path, "r");
    char *text = calloc(1, 1 << 20);
    if (!f) return text;
    assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
    fclose(f);
    return text;
}

static const char begin[] = "| feature | unit | kind | more of it | speaks for | meaning |\n|---|---|---|---|---|---|\n";

static void test_page(void **state) {
    (void)state;
    static const char *const kinds[] = {"number", "yes or no", "category"}, *const senses[] = {"never raises the risk", "", "never lowers the risk"};
    char table[1 << 15], *page = read_file(SOURCE_DIR "/docs/features.md"), *at = strstr(page, begin);
    size_t len = (size_t)snprintf(table, sizeof table, "%s", begin);
    assert_non_null(at);
    for (int i = 0; i < FEATURES; i++) {
        const feature_row *r = feature_of(i);
        len += (size_t)snprintf(table + len, sizeof table - len, "| `%s` | %s | %s | %s | %s%s%s | %s |\n", r->name, r->unit, kinds[r->kind], senses[r->monotone + 1],
                                *r->reason ? "`" : "", r->reason, *r->reason ? "`" : "", r->meaning);
    }
    assert_true(len < sizeof table);
    if (getenv("MARRAM_WRITE")) {
        char *rest = at;
        while (*rest == '|') rest = strchr(rest, '\n') + 1;
        char *whole = calloc(1, strlen(page) + len + 1);
        sprintf(whole, "%.*s%s%s", (int)(at - page), page, table, rest);
        FILE *f = fopen(SOURCE_DIR "/docs/features.md", "w");
        assert_non_null(f);
        fputs(whole, f);
        fclose(f);
        free(whole);
    } else if (strncmp(at, table, len) != 0) {
        fail_msg("docs/features.md is not as src/history/features.def: MARRAM_WRITE=1 build/tests/unit/test_features writes its table");
    }
    free(page);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_memory), cmocka_unit_test(test_table), cmocka_unit_test(test_page)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
