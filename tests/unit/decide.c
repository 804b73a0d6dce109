/* Stages, value at risk and the first step. */
#include "check.h"

#include <marram/decide.h>

#include <math.h>

typedef struct stage_case {
    double orders, silence, p_alive;
    mr_stage want;
} stage_case;

static void test_stage(void **state) {
    (void)state;
    static const stage_case cases[] = {
        {1, 5, 0.9, MR_STAGE_FIRST},      {1, 500, 0.5, MR_STAGE_FIRST},    {1, 500, 0.49, MR_STAGE_ONCE},
        {1, 5, NAN, MR_STAGE_FIRST},      {2, 0, 1, MR_STAGE_STEADY},       {2, 19.9, 0.1, MR_STAGE_STEADY},
        {9, 20, 0.9, MR_STAGE_DUE},       {9, 59.9, 0.2, MR_STAGE_DUE},     {9, 60, 0.9, MR_STAGE_OVERDUE},
        {9, 80, 0.2, MR_STAGE_OVERDUE},   {9, 80.1, 0.5, MR_STAGE_OVERDUE}, {9, 80.1, 0.49, MR_STAGE_LEFT},
        {9, 80.1, NAN, MR_STAGE_OVERDUE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mr_standing s = {.orders = cases[i].orders,
                         .silence = cases[i].silence,
                         .p_alive = cases[i].p_alive,
                         .gap_50 = 20,
                         .gap_90 = 60,
                         .gap_95 = 80};
        assert_int_equal(mr_stage_of(&s, MR_LEFT_THRESHOLD), cases[i].want);
    }
    mr_standing unknown = {
        .orders = 5, .silence = 1e6, .gap_50 = NAN, .gap_90 = NAN, .gap_95 = NAN, .p_alive = 0};
    assert_int_equal(mr_stage_of(&unknown, MR_LEFT_THRESHOLD), MR_STAGE_STEADY);
}

static void test_value_at_risk(void **state) {
    (void)state;
    mr_standing s = {.p_alive = 0.8, .p_alive_later = 0.6, .value_if_stay = 100};
    assert_near(mr_value_at_risk(&s), 0.8 * (1 - 0.6 / 0.8) * 100, 1e-12);
    s.p_alive = 1e-96, s.p_alive_later = 1e-97;
    assert_relative(mr_value_at_risk(&s), 9e-95, 1e-12);
    s.p_alive = 0, s.p_alive_later = 0;
    assert_true(mr_value_at_risk(&s) == 0);
    s.p_alive = 0.5, s.p_alive_later = 0.5 + 1e-16;
    assert_true(mr_value_at_risk(&s) == 0);
    s.value_if_stay = NAN;
    assert_true(isnan(mr_value_at_risk(&s)));
}

static void test_step(void **state) {
    (void)state;
    typedef struct step_case {
        double orders, rank, p_order, returns;
        mr_stage stage;
        mr_step want;
    } step_case;
    static const step_case cases[] = {
        {4, 0.5, 0.5, 0.3, MR_STAGE_DUE, MR_STEP_ASK_RETURN},
        {4, 0.9, 0.5, 0.29, MR_STAGE_OVERDUE, MR_STEP_CALL},
        {4, 0.79, 0.5, 0, MR_STAGE_OVERDUE, MR_STEP_WRITE},
        {3, 0.1, 0.5, 0, MR_STAGE_DUE, MR_STEP_REMIND},
        {2, 0.1, 0.5, 0, MR_STAGE_DUE, MR_STEP_NOTHING},
        {1, 0.1, 0.2, 0, MR_STAGE_FIRST, MR_STEP_SECOND_ORDER},
        {1, 0.1, 0.6, 0, MR_STAGE_FIRST, MR_STEP_NOTHING},
        {8, 0.9, 0, 0, MR_STAGE_LEFT, MR_STEP_WIN_BACK},
        {8, 0.2, 0, 0, MR_STAGE_LEFT, MR_STEP_NOTHING},
        {8, 0.9, 0.9, 0, MR_STAGE_STEADY, MR_STEP_REFER},
        {8, 0.9, 0.9, 0.01, MR_STAGE_STEADY, MR_STEP_NOTHING},
        {1, 0.9, 0, 0, MR_STAGE_ONCE, MR_STEP_NOTHING},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mr_standing s = {.orders = cases[i].orders,
                         .value_rank = cases[i].rank,
                         .p_order = cases[i].p_order,
                         .return_share = cases[i].returns};
        assert_int_equal(mr_first_step(&s, cases[i].stage), cases[i].want);
    }
}

static void test_words(void **state) {
    (void)state;
    assert_string_equal(mr_stage_name(MR_STAGE_OVERDUE), "overdue");
    for (int i = 0; i < MR_STAGES; i++) {
        assert_true(strlen(mr_stage_name((mr_stage)i)) > 2);
        assert_true(strlen(mr_stage_meaning((mr_stage)i)) > 20);
    }
    for (int i = 0; i < MR_STEPS; i++) {
        assert_true(strlen(mr_step_name((mr_step)i)) > 2);
        assert_true(strlen(mr_step_action((mr_step)i)) > 10);
        assert_true(strlen(mr_step_evidence((mr_step)i)) > 10);
    }
    assert_string_equal(mr_step_name(MR_STEP_CALL), "call");
    /* A value from outside the enumeration is a word, not a crash. */
    assert_string_equal(mr_stage_name((mr_stage)77), "unknown");
    assert_string_equal(mr_step_name((mr_step)77), "nothing");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_stage), cmocka_unit_test(test_value_at_risk),
                                       cmocka_unit_test(test_step), cmocka_unit_test(test_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
