/* The taxonomy: its order is stored, its words are looked up as people write them. */
#include "check.h"
#include "taxonomy.h"

#include <string.h>

static void order_is_fixed(void **state) {
    (void)state;
    static const char *const codes[] = {"post_purchase_regret",
                                        "no_authority",
                                        "priorities_displaced",
                                        "doubts_delivery",
                                        "terms_and_conditions",
                                        "budget_cut",
                                        "promise_broken",
                                        "undercut",
                                        "price_increase",
                                        "better_product",
                                        "product_quality",
                                        "inconsistent_service",
                                        "new_management",
                                        "poor_after_sales",
                                        "problems_soured",
                                        "weak_relationships",
                                        "lost_touch",
                                        "moved",
                                        "need_ended",
                                        "novelty_seeking",
                                        "return_too_easy",
                                        "deceased_or_closed",
                                        "unknown"};
    assert_int_equal(REASONS, 24);
    for (int i = 0; i < 23; i++) {
        assert_string_equal(reason_of(i + 1)->code, codes[i]);
        assert_int_equal(reason_find(codes[i], strlen(codes[i])), i + 1);
        assert_true(*reason_of(i + 1)->looks && *reason_of(i + 1)->remedy);
    }
    assert_string_equal(reason_of(0)->code, "");
    assert_string_equal(reason_of(-3)->code, "");
    assert_string_equal(reason_of(24)->code, "");
    assert_int_equal(reason_find("Promise-Broken", 14), REASON_promise_broken);
    assert_int_equal(reason_find("promise", 7), REASON_none);
    assert_string_equal(reason_owner_name(reason_of(REASON_undercut)->owner), "sales");
}

static void stated_words(void **state) {
    (void)state;
    static const struct {
        const char *code, *text;
        reason want;
    } rows[] = {
        {"", "", REASON_none},
        {"  ", "-", REASON_none},
        {"promise_broken", "too expensive", REASON_promise_broken},
        /* ravenstack */
        {"pricing", "switched to competitor", REASON_undercut},
        {"support", "", REASON_poor_after_sales},
        {"budget", "missing features", REASON_budget_cut},
        {"features", "", REASON_better_product},
        {"competitor", "too expensive", REASON_better_product},
        {"unknown", "missing features", REASON_better_product},
        {"unknown", "", REASON_unknown},
        {"", "too expensive", REASON_undercut},
        /* cancel forms of shops and of payment services */
        {"customer_service", "", REASON_poor_after_sales},
        {"low_quality", "", REASON_product_quality},
        {"missing_features", "", REASON_better_product},
        {"switched_service", "", REASON_better_product},
        {"too_complex", "", REASON_better_product},
        {"too_expensive", "", REASON_undercut},
        {"unused", "", REASON_priorities_displaced},
        {"other", "", REASON_unknown},
        {"customer", "I moved to Leeds", REASON_moved},
        {"declined", "", REASON_budget_cut},
        /* in people's own words */
        {"", "You raised prices again!", REASON_price_increase},
        {"", "They are cheaper than you", REASON_undercut},
        {"", "my father passed away in May", REASON_deceased_or_closed},
        {"", "We no longer need it: the project ended", REASON_need_ended},
        {"", "The new CEO wants their own supplier", REASON_new_management},
        {"", "Nobody helped me", REASON_poor_after_sales},
        {"", "it keeps breaking", REASON_problems_soured},
        {"", "gibberish xyzzy", REASON_unknown},
        {"", "I studied it and it is priceless", REASON_unknown},
        {"", "Changed my mind", REASON_post_purchase_regret},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        reason got = reason_stated(rows[i].code, strlen(rows[i].code), rows[i].text, strlen(rows[i].text));
        if (got != rows[i].want)
            fail_msg("\"%s\" / \"%s\": %s, not %s", rows[i].code, rows[i].text, reason_of(got)->code,
                     reason_of(rows[i].want)->code);
    }
    assert_int_equal(reason_stated(NULL, 0, NULL, 0), REASON_none);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(order_is_fixed), cmocka_unit_test(stated_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
