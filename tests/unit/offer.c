/* Which offer they may see: each rule by a row, fairness against a count by hand, shares of holdouts, who hops. */
#include "check.h"

#include <fairness.h>
#include <offer.h>
#include <rng.h>

#include <math.h>
#include <string.h>

#define DAY OFFER_DAY_US
#define NOW (20000 * DAY)

static const char *const cut[] = {"budget_cut"}, *const gold[] = {"gold"}, *const any[] = {"*"}, *const plan[] = {"plan-a"};

static const offer_terms base = {"pause", {cut, 1}, {gold, 1}, {plan, 1}, 1u << OFFER_EXIT, 0.1, 0.1, 0.1, 3000, INT32_MAX, 1};
static const offer_case asked = {.place = OFFER_EXIT, .reason = "budget_cut", .tier = "gold", .product = "plan-a", .now_us = NOW, .day = 20000};

static void test_rules(void **state) {
    (void)state;
    const struct {
        const char *place, *reason, *tier, *product;
        int past;          /* state, -1 none */
        int days_ago;
        int32_t until;
        int64_t room;
        double limit;      /* < 0: fairness does not apply */
        offer_verdict is;
    } rows[] = {
        {"exit", "budget_cut", "gold", "plan-a", -1, 0, INT32_MAX, 1, -1, OFFER_FITS}, {"desk", "budget_cut", "gold", "plan-a", -1, 0, INT32_MAX, 1, -1, OFFER_OTHER_PLACE},
        {"exit", "moved", "gold", "plan-a", -1, 0, INT32_MAX, 1, -1, OFFER_OTHER_REASON}, {"exit", "", "gold", "plan-a", -1, 0, INT32_MAX, 1, -1, OFFER_OTHER_REASON},
        {"exit", "budget_cut", "silver", "plan-a", -1, 0, INT32_MAX, 1, -1, OFFER_OTHER_TIER}, {"exit", "budget_cut", "gold", "plan-b", -1, 0, INT32_MAX, 1, -1, OFFER_OTHER_PRODUCT},
        {"exit", "budget_cut", "gold", "plan-a", -1, 0, 20000, 1, -1, OFFER_FITS}, {"exit", "budget_cut", "gold", "plan-a", -1, 0, 19999, 1, -1, OFFER_OVER},
        {"exit", "budget_cut", "gold", "plan-a", OFFER_DECLINED, 364, INT32_MAX, 1, -1, OFFER_SEEN}, {"exit", "budget_cut", "gold", "plan-a", OFFER_EXPIRED, 365, INT32_MAX, 1, -1, OFFER_FITS},
        {"exit", "budget_cut", "gold", "plan-a", OFFER_HELD, 89, INT32_MAX, 1, -1, OFFER_HELD_BEFORE}, {"exit", "budget_cut", "gold", "plan-a", OFFER_HELD, 90, INT32_MAX, 1, -1, OFFER_FITS},
        {"exit", "budget_cut", "gold", "plan-a", OFFER_NO_ROOM, 1, INT32_MAX, 1, -1, OFFER_FITS}, {"exit", "budget_cut", "gold", "plan-a", -1, 0, INT32_MAX, 0, -1, OFFER_FULL},
        {"exit", "budget_cut", "gold", "plan-a", -1, 0, INT32_MAX, 1, 0.09, OFFER_UNFAIR}, {"exit", "budget_cut", "gold", "plan-a", -1, 0, INT32_MAX, 1, 0.1, OFFER_FITS},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        offer_terms t = base;
        offer_case c = asked;
        const offer_past past = {"pause", rows[i].past, NOW - rows[i].days_ago * DAY};
        c.place = strcmp(rows[i].place, "desk") ? OFFER_EXIT : OFFER_DESK;
        c.reason = rows[i].reason, c.tier = rows[i].tier, c.product = rows[i].product;
        t.until_day = rows[i].until, t.room = rows[i].room;
        if (rows[i].past >= 0) c.past = &past, c.past_n = 1;
        c.fairness = rows[i].limit >= 0, c.fair_limit = rows[i].limit;
        if (offer_judge(&t, &c) != rows[i].is) fail_msg("row %zu: %s", i, offer_verdict_words(offer_judge(&t, &c)));
    }
}

static void test_best(void **state) {
    (void)state;
    offer_terms t[3] = {base, base, base};
    t[0].reasons.n = 0, t[0].effect = 0.9; /* for any reason: behind one that was made for it */
    t[1].cost_minor = 4000;
    t[2].tiers = (offer_names){any, 1};
    assert_int_equal(offer_best(t, 3, &asked), 2); /* the cheaper of equals */
    t[1].effect = 0.2;
    assert_int_equal(offer_best(t, 3, &asked), 1);
    t[1].room = t[2].room = 0;
    assert_int_equal(offer_best(t, 3, &asked), 0);
    t[0].room = 0;
    assert_int_equal(offer_best(t, 3, &asked), -1);
}

/* Whatever was shown: an offer is allowed exactly where some loyal customer of that tier and product was shown as good a one in the year. */
static void test_fairness(void **state) {
    static const char *const tiers[] = {"gold", "silver"}, *const products[] = {"a", "b"};
    const uint64_t seed = 611;
    rng r;
    size_t allowed = 0;
    (void)state;
    print_message("seed %llu\n", (unsigned long long)seed);
    rng_seed(&r, seed, 1);
    for (int round = 0; round < 20000; round++) {
        fairness_shown s[8];
        size_t n = rng_below(&r, 9);
        for (size_t i = 0; i < n; i++)
            s[i] = (fairness_shown){tiers[rng_below(&r, 2)], products[rng_below(&r, 2)], NOW - (int64_t)rng_below(&r, 800) * DAY + 100 * DAY, (double)rng_below(&r, 5) / 10, rng_below(&r, 2) == 1};
        double benefit = (double)rng_below(&r, 5) / 10;
        bool some = benefit <= 0;
        for (size_t i = 0; i < n; i++) {
            int64_t days = (NOW - s[i].at_us) / DAY;
            some = some || (s[i].loyal && days >= 0 && days < 365 && s[i].tier == tiers[0] && s[i].product == products[0] && s[i].benefit >= benefit);
        }
        bool is = fairness_allows(true, fairness_limit(s, n, "gold", "a", NOW), benefit);
        assert_int_equal(is, some);
        assert_true(fairness_allows(false, 0, benefit));
        allowed += is;
    }
    assert_in_range(allowed, 2000, 18000); /* both happen */
    assert_true(fairness_applies(true, INT64_MIN, NOW));
    assert_false(fairness_applies(false, INT64_MIN, NOW));
    assert_true(fairness_applies(false, NOW - 364 * DAY, NOW));
    assert_false(fairness_applies(false, NOW - 365 * DAY, NOW));
}

static void test_shares(void **state) {
    static const double holdouts[] = {0.02, 0.1, 0.5, 0.9};
    (void)state;
    for (size_t h = 0; h < 4; h++) {
        size_t held = 0;
        for (uint64_t i = 0; i < 200000; i++) held += !offer_drawn(rng_mix(i + 1), holdouts[h]);
        double sd = sqrt(holdouts[h] * (1 - holdouts[h]) / 200000), share = (double)held / 200000;
        assert_true(fabs(share - holdouts[h]) < 4 * sd);
    }
    assert_false(offer_drawn(0, 0.02));
    assert_true(offer_drawn(UINT64_MAX, 0.9));
}

static void test_hoppers(void **state) {
    enum { I = OFFER_WORD_INTENT, T, S, L, B, O };
    const struct {
        int words[8];
        size_t n;
        bool hopper, loyal;
    } rows[] = {{{0}, 0, false, true}, {{I}, 1, false, false}, {{I, T}, 2, false, true}, {{I, T, I, T}, 4, true, true}, {{I, S, I, T}, 4, false, true}, {{T, T, T}, 3, false, true},
                {{L, B}, 2, false, false}, {{L, O}, 2, true, false}, {{O}, 1, false, true}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        offer_record r = offer_record_begin();
        for (size_t k = 0; k < rows[i].n; k++) offer_hear(&r, (offer_word)rows[i].words[k], NOW + (int64_t)k * 30 * DAY);
        if (offer_hopper(&r) != rows[i].hopper || offer_loyal(&r) != rows[i].loyal) fail_msg("row %zu", i);
    }
    offer_record r = offer_record_begin();
    offer_hear(&r, OFFER_WORD_LEFT, NOW);
    offer_hear(&r, OFFER_WORD_BACK_ON_OFFER, NOW + 366 * DAY);
    assert_false(offer_hopper(&r)); /* more than a year later */
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rules), cmocka_unit_test(test_best), cmocka_unit_test(test_fairness), cmocka_unit_test(test_shares), cmocka_unit_test(test_hoppers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
