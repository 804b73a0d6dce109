/* What a win-back is worth, and what serving a customer costs: the sums, by hand. */
#include "check.h"

#include <serve_cost.h>
#include <taxonomy.h>
#include <win_back.h>

#include <math.h>
#include <string.h>

static void priors(void **state) {
    (void)state;
    static const struct {
        win_back_who who;
        double mean, a, b;
    } rows[] = {{WIN_BACK_LOST, .3, 3, 7}, {WIN_BACK_PRESENT, .65, 6.5, 3.5}, {WIN_BACK_PROSPECT, .125, 1.25, 8.75}};
    for (size_t i = 0; i < 3; i++) {
        beta p = win_back_prior(rows[i].who);
        assert_float_equal(p.a, rows[i].a, 0);
        assert_float_equal(p.b, rows[i].b, 0);
        assert_float_equal(beta_mean(p), rows[i].mean, 1e-15);
    }
    assert_float_equal(beta_sd((beta){3, 7}), sqrt(.3 * .7 / 11), 1e-15);
    assert_float_equal(beta_mean(win_back_prior_unasked()), .1, 1e-15);
}

/* Own results replace what was published: after a thousand attempts little of it is left. What cannot be counts for nothing. */
static void learnt(void **state) {
    (void)state;
    beta p = win_back_prior(WIN_BACK_LOST), q = win_back_learnt(p, 1000, 20);
    assert_float_equal(q.a, 23, 0);
    assert_float_equal(q.b, 987, 0);
    assert_true(fabs(beta_mean(q) - .02) < .003);
    assert_true(beta_sd(q) < beta_sd(p) / 20);
    static const int64_t bad[][2] = {{-1, 0}, {3, 4}, {3, -1}};
    for (size_t i = 0; i < 3; i++) assert_float_equal(win_back_learnt(p, bad[i][0], bad[i][1]).a, p.a, 0);
}

static void worth(void **state) {
    (void)state;
    win_back_worth w;
    assert_int_equal(win_back_worth_of(WIN_BACK_LOST, NULL, 1000, 10, &w), MR_OK);
    assert_float_equal(w.gain, .2, 1e-15);
    assert_float_equal(w.worth, 190, 1e-12);
    assert_float_equal(w.worth_sd, 1000 * sqrt(.21 / 11 + .09 / 11), 1e-9);
    assert_true(w.yes);
    assert_int_equal(win_back_worth_of(WIN_BACK_LOST, NULL, 50, 10, &w), MR_OK);
    assert_false(w.yes); /* worth nothing: it costs what it brings */
    /* Held out they come back as often as asked: asking does nothing, whatever else was published. */
    assert_int_equal(win_back_worth_of(WIN_BACK_LOST, &(win_back_counts){.asked = 500, .asked_back = 100, .held = 500, .held_back = 110}, 1000, 1, &w), MR_OK);
    assert_true(w.gain < 0);
    assert_false(w.yes);
    assert_int_equal(win_back_worth_of(WIN_BACK_LOST, NULL, NAN, 1, &w), MR_EINVAL);
    assert_int_equal(win_back_worth_of(WIN_BACK_LOST, NULL, 1, -1, &w), MR_EINVAL);
    assert_int_equal(win_back_worth_of(WIN_BACK_LOST, NULL, 0, 0, &w), MR_OK);
    assert_false(w.yes); /* nothing is known of what they paid */
}

/* A row for each reason of the taxonomy, and none besides. */
static void rows(void **state) {
    (void)state;
    for (int i = 1; i < REASONS; i++) assert_string_equal(win_back_row_of(reason_of(i)->code)->reason, reason_of(i)->code);
    assert_string_equal(win_back_row_of("")->reason, "unknown");
    assert_string_equal(win_back_row_of("no such")->reason, "unknown");
    assert_int_equal(win_back_row_of("undercut")->class, WIN_BACK_price);
    assert_int_equal(win_back_row_of("moved")->class, WIN_BACK_away);
    assert_int_equal(win_back_row_of("deceased_or_closed")->class, WIN_BACK_never);
    for (int i = 1; i < REASONS; i++) {
        const win_back_row *r = win_back_row_of(reason_of(i)->code);
        assert_int_equal(win_back_class_asked(r->class), r->first_days > 0 && r->again_days > 0);
    }
    for (int i = 0; i < WIN_BACK_CLASSES; i++) assert_int_equal(win_back_class_find(win_back_class_name((win_back_class)i)), i);
    assert_int_equal(win_back_class_find("x"), -1);
}

static void serving(void **state) {
    (void)state;
    serve_sums s;
    const serve_rates r = {.case_hour = 60, .usual_minutes = 20, .letter = 2, .call = 10, .visit = 80, .return_loss = 1, .margin = .4, .referral_credit = .5};
    serve_facts f = {.paid = 900, .discounts = 100, .returned = 50, .referred = 200, .minutes = 90, .cases_unsaid = 4, .letters = 1, .calls = 2, .visits = 1, .emails = 9};
    assert_int_equal(serve_cost(&f, &r, &s), MR_OK);
    assert_float_equal(s.margin, 400, 1e-12); /* at list price: the discount is a cost */
    assert_float_equal(s.referrals, 40, 1e-12);
    assert_float_equal(s.cases, 170, 1e-12);
    assert_float_equal(s.cost, 170 + 50 + 100 + 2 + 100, 1e-12);
    assert_float_equal(s.net, 18, 1e-9);
    assert_float_equal(s.net_sd, 20 * sqrt(4 + .25 * 16), 1e-9);
    assert_float_equal(s.high - s.low, 2 * 1.6448536269514722 * s.net_sd, 1e-9);
    f.cases_unsaid = 0;
    assert_int_equal(serve_cost(&f, &r, &s), MR_OK);
    assert_float_equal(s.high, s.low, 0); /* nothing is estimated */
    f.paid = -1;
    assert_int_equal(serve_cost(&f, &r, &s), MR_EINVAL);
    f.paid = INFINITY;
    assert_int_equal(serve_cost(&f, &r, &s), MR_EINVAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(priors), cmocka_unit_test(learnt), cmocka_unit_test(worth), cmocka_unit_test(rows), cmocka_unit_test(serving)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
