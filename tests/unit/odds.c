/* The chance that an account leaves, on bases whose chance is known; and the rules of the first step. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers" /* rows of a table */
#include <check.h>

#include <account_step.h>
#include <odds.h>
#include <status.h>
#include <rng.h>

#include <stdlib.h>

enum { N = 4000, H = 91 };

static accounts base_of(size_t n) {
    accounts a = {.until = 20000, .n = n, .spells = n};
    a.row = calloc(n, sizeof *a.row);
    a.spell = calloc(n, sizeof *a.spell);
    return a;
}

static void drop(accounts *a) {
    free(a->row);
    free(a->spell);
}

static book_standing standing(int32_t tenure, int32_t renewal) {
    return (book_standing){.seen = true, .under = true, .since_day = 20000 - tenure, .left_day = TRACE_NO_DAY, .renewal_day = renewal, .notice_day = renewal};
}

static odds_chance chance(const accounts *a, const book_standing *s) {
    odds o;
    assert_int_equal(odds_make(a, &o, NULL), MR_OK);
    odds_chance p = odds_of(&o, s, 20000, H, .8);
    odds_free(&o);
    return p;
}

/* A constant hazard, censored after a while: the chance is 1 - exp(-rate H) at every tenure. */
static void test_constant(void **state) {
    (void)state;
    accounts a = base_of(N);
    rng r;
    rng_seed(&r, 7, 1);
    double rate = .001;
    for (size_t i = 0; i < N; i++) {
        double life = -log(1 - (double)rng_below(&r, 1000000) / 1e6) / rate, seen = 1 + (double)rng_below(&r, 1500);
        a.spell[i] = (account_spell){.days = (int32_t)fmin(life, seen), .ending = life < seen ? BOOK_AT_END : BOOK_STAYS};
        a.row[i].at = standing(100, TRACE_NO_DAY);
    }
    for (int32_t tenure = 0; tenure <= 900; tenure += 300) {
        book_standing s = standing(tenure, TRACE_NO_DAY);
        odds_chance p = chance(&a, &s);
        assert_near(p.p, 1 - exp(-rate * H), .03);
        assert_true(p.low < p.p && p.p < p.high && p.low > 0 && p.high < .2);
    }
    drop(&a);
}

/* Early leavers: the chance falls with tenure. */
static void test_tenure(void **state) {
    (void)state;
    accounts a = base_of(1000);
    for (size_t i = 0; i < 1000; i++) {
        bool left = i % 2;
        a.spell[i] = (account_spell){.days = left ? (int32_t)(i % 60) : 600, .ending = left ? BOOK_AT_END : BOOK_STAYS};
        a.row[i].at = standing(600, TRACE_NO_DAY);
    }
    book_standing new = standing(1, TRACE_NO_DAY), old = standing(500, TRACE_NO_DAY);
    assert_true(chance(&a, &new).p > 3 * chance(&a, &old).p);
    drop(&a);
}

/* Four in ten first renewals fail, one in ten later; nobody leaves in between. */
static void test_renewals(void **state) {
    (void)state;
    accounts a = base_of(1000);
    for (size_t i = 0; i < 1000; i++) {
        bool first = i % 10 < 4;
        a.spell[i] = (account_spell){.days = first ? 365 : 900, .renewals = first ? 0 : 2, .ending = first ? BOOK_AT_RENEWAL : BOOK_STAYS, .dated = true};
        a.row[i].at = standing(200, 20100);
    }
    book_standing soon = standing(300, 20050), later = standing(300, 20300), third = soon;
    third.renewals = 1;
    odds_chance p = chance(&a, &soon);
    assert_near(p.p, .4, .02);
    assert_true(p.low < .4 && p.high > .4);
    assert_true(chance(&a, &later).p < .01);
    assert_true(chance(&a, &third).p < .02);
    soon.renewal_day = TRACE_NO_DAY;
    soon.past_renewal = true;
    assert_near(chance(&a, &soon).p, .4, .02); /* overdue */
    drop(&a);
}

/* Of those with a sign three times as many were lost as of those without. */
static void test_signs(void **state) {
    (void)state;
    accounts a = base_of(1000);
    for (size_t i = 0; i < 1000; i++) {
        a.spell[i] = (account_spell){.days = 400, .ending = i % 10 == 0 ? BOOK_AT_END : BOOK_STAYS};
        a.row[i].at = standing(200, TRACE_NO_DAY);
    }
    a.book.any = (book_signal){.followed.customers = 1000, .lost.customers = 90};
    a.book.none = (book_signal){.followed.customers = 9000, .lost.customers = 270};
    book_standing plain = standing(200, TRACE_NO_DAY), sign = plain;
    sign.signs = 1U << BOOK_SIGN_problem;
    double with = chance(&a, &sign).p, without = chance(&a, &plain).p;
    assert_near(log(1 - with) / log(1 - without), 3., .15);
    drop(&a);
}

static void test_little(void **state) {
    (void)state;
    accounts none = base_of(1);
    none.n = none.spells = 0;
    book_standing s = standing(10, TRACE_NO_DAY);
    assert_true(isnan(chance(&none, &s).p));
    drop(&none);
    accounts one = base_of(1);
    one.spell[0] = (account_spell){.days = 0};
    one.row[0].at = s;
    odds_chance p = chance(&one, &s);
    assert_true(p.p >= 0 && p.p <= 1 && p.low <= p.p && p.p <= p.high);
    drop(&one);
    accounts all = base_of(50); /* all left on their first day */
    for (size_t i = 0; i < 50; i++) all.spell[i] = (account_spell){.days = 0, .ending = BOOK_AT_END};
    p = chance(&all, &s);
    assert_true(p.p > .9 && p.p <= 1);
    drop(&all);
}

static void test_steps(void **state) {
    (void)state;
    account_standing quiet = {.days_to_notice = NAN, .tenure_days = 400};
    static const struct {
        account_standing s;
        account_step step;
    } rows[] = {
        {{.spoke_of_leaving = true, .problem = true}, ACCOUNT_LEAVING},
        {{.past_renewal = true, .payment_failed = true}, ACCOUNT_LATE},
        {{.payment_failed = true, .problem = true}, ACCOUNT_PAYMENT},
        {{.problem = true, .competitor = true}, ACCOUNT_PROBLEM},
        {{.competitor = true}, ACCOUNT_TERMS},
        {{.asked_for_less = true, .person_left = true}, ACCOUNT_TERMS},
        {{.person_left = true}, ACCOUNT_SUCCESSOR},
        {{.dearer = true}, ACCOUNT_PRICE},
        {{.dearer = true, .has_renewal = true, .renews = true, .days_to_notice = 20}, ACCOUNT_PRICE},
        {{.dearer = true, .has_renewal = true, .days_to_notice = 300, .tenure_days = 400}, ACCOUNT_NOTHING},
        {{.has_renewal = true, .renews = true, .days_to_notice = 30}, ACCOUNT_NOTICE},
        {{.has_renewal = true, .renews = true, .days_to_notice = 31}, ACCOUNT_RENEWAL},
        {{.has_renewal = true, .renews = true, .days_to_notice = -1}, ACCOUNT_RENEWAL},
        {{.shrinking = true, .tenure_days = 10}, ACCOUNT_SHRINKING},
        {{.tenure_days = 89}, ACCOUNT_SETTLE},
        {{.tenure_days = 90, .risk_rank = .9}, ACCOUNT_CHECK_IN},
        {{.tenure_days = 90, .risk_rank = .89}, ACCOUNT_NOTHING},
    };
    assert_int_equal(account_first_step(&quiet), ACCOUNT_NOTHING);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) assert_int_equal(account_first_step(&rows[i].s), rows[i].step);
    for (int i = 0; i < ACCOUNT_STEPS; i++) {
        assert_true(strlen(account_step_name((account_step)i)) > 0 && strlen(account_step_name((account_step)i)) < 20); /* the terminal's column */
        assert_true(strlen(account_step_action((account_step)i)) > 0 && strlen(account_step_evidence((account_step)i)) > 0);
    }
    assert_string_equal(account_step_name((account_step)99), "nothing");
}

/* An old file is looked at as of its own time; a live one as of today. */
static void test_until(void **state) {
    (void)state;
    accounts_survey s = {.first_day = 19000, .last_day = 20000, .events = 1000, .last_renewal = 20300};
    assert_int_equal(accounts_until(&s, 20030), 20030);
    assert_int_equal(accounts_until(&s, 20000 + LEDGER_STALE_DAYS + 1), 20000);
    assert_int_equal(accounts_until(&s, 20400), 20000);
    s.events = 21; /* one in fifty days: 200 without are nothing unusual, 201 are */
    assert_int_equal(accounts_until(&s, 20200), 20200);
    assert_int_equal(accounts_until(&s, 20201), 20000);
    s.events = 12; /* a dozen contracts */
    assert_int_equal(accounts_until(&s, 20201), 20201);
    s.last_renewal = TRACE_NO_DAY;
    assert_int_equal(accounts_until(&s, 20030), 20000);
    assert_int_equal(accounts_until(&s, 19990), 19990); /* nothing after today is looked at */
    s.last_day = TRACE_NO_DAY;
    assert_int_equal(accounts_until(&s, 20030), 20030);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_constant), cmocka_unit_test(test_tenure), cmocka_unit_test(test_renewals),
                                       cmocka_unit_test(test_signs),    cmocka_unit_test(test_little), cmocka_unit_test(test_steps),
                                       cmocka_unit_test(test_until)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
