/* The taxonomy: its order is stored, its words are looked up as people write them. */
#include "check.h"
#include "review.h"

#include <stdlib.h>
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

/* --- pages for readers say what the tables say --- */

static char *page(const char *path) {
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    char *text = calloc(1, 1 << 20);
    assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
    fclose(f);
    return text;
}

static void stands_in(const char *text, const char *path, const char *line) {
    if (!strstr(text, line)) fail_msg("%s lacks: %s", path, line);
}

static void pages(void **state) {
    (void)state;
    char line[1024];
    char *text = page(SOURCE_DIR "/docs/reasons.md");
    for (int r = 1; r < REASONS; r++) {
        const reason_row *row = reason_of(r);
        snprintf(line, sizeof line, "| `%s` | %s | %s | %s | %s |", row->code, row->says, reason_owner_name(row->owner), row->looks, row->remedy);
        stands_in(text, "docs/reasons.md", line);
    }
    assert_null(strstr(text, "| `no_such_reason` |")); /* the checker would see it */
    free(text);
    text = page(SOURCE_DIR "/docs/methods/reasons.md");
    for (int s = 0; s < SIGNALS; s++) {
        const signal_row *row = signal_of(s);
        assert_true(row->reason > REASON_none && row->reason < REASON_unknown && row->ratio > 1);
        assert_int_equal(signal_find(row->name, strlen(row->name)), s);
        snprintf(line, sizeof line, "| `%s` | `%s` | %s |", row->name, reason_of((int)row->reason)->code, row->meaning);
        stands_in(text, "docs/methods/reasons.md", line);
    }
    free(text);
    text = page(SOURCE_DIR "/docs/methods/review.md");
    for (int p = 0; p < PATTERNS; p++) {
        const pattern_row *row = pattern_of(p);
        snprintf(line, sizeof line, "| `%s` | %s | %s | %s | %s |", row->name, reason_owner_name(row->owner), row->urgent ? "no" : "yes", row->meaning, row->todo);
        stands_in(text, "docs/methods/review.md", line);
    }
    free(text);
    for (int r = 1; r < REASON_unknown; r++) { /* each reason can be observed */
        int signals = 0;
        for (int s = 0; s < SIGNALS; s++) signals += (int)signal_of(s)->reason == r;
        if (!signals) fail_msg("no signal speaks for %s", reason_of(r)->code);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(order_is_fixed), cmocka_unit_test(stated_words), cmocka_unit_test(pages)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
