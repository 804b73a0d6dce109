/* Stages of the cycle: which comes first, when it is left; docs/cycle.md against the table (MARRAM_WRITE=1 writes it). */
#include "check.h"

#include <cycle_stage.h>
#include <feature.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct row {
    const char *what;
    cycle_standing s;
    int feature;
    double value;
    cycle_stage before, wanted;
} row;

static const row rows[] = {
    {"gone", {.gone = true, .notice = true, .spell_days = 5}, 0, NAN, CYCLE_STAGES, CYCLE_left},
    {"notice", {.notice = true, .spell_days = 5}, 0, NAN, CYCLE_STAGES, CYCLE_leaving},
    {"moved away", {.spell_days = 500}, FEATURE_moved_away, 1, CYCLE_STAGES, CYCLE_leaving},
    {"back", {.back = true, .spell_days = 90}, 0, NAN, CYCLE_left, CYCLE_returned},
    {"back long ago", {.back = true, .spell_days = 200}, 0, NAN, CYCLE_returned, CYCLE_coasting},
    {"new", {.spell_days = 30}, 0, NAN, CYCLE_STAGES, CYCLE_new},
    {"settling", {.spell_days = 31}, 0, NAN, CYCLE_new, CYCLE_settling},
    {"settling still", {.spell_days = 110}, 0, NAN, CYCLE_settling, CYCLE_settling},
    {"not from elsewhere", {.spell_days = 110}, 0, NAN, CYCLE_coasting, CYCLE_coasting},
    {"overdue", {.spell_days = 500}, FEATURE_overdue, 2, CYCLE_coasting, CYCLE_drifting},
    {"not yet", {.spell_days = 500}, FEATURE_overdue, 1.5, CYCLE_coasting, CYCLE_coasting},
    {"drifting still", {.spell_days = 500}, FEATURE_overdue, 1.5, CYCLE_drifting, CYCLE_drifting},
    {"the model says so", {.spell_days = 500, .chance = 0.4, .base = 0.2}, 0, NAN, CYCLE_coasting, CYCLE_drifting},
    {"... not so much", {.spell_days = 500, .chance = 0.35, .base = 0.2}, 0, NAN, CYCLE_coasting, CYCLE_coasting},
    {"... but stays", {.spell_days = 500, .chance = 0.35, .base = 0.2}, 0, NAN, CYCLE_drifting, CYCLE_drifting},
    {"growing", {.spell_days = 500}, FEATURE_usage_trend, 0.3, CYCLE_coasting, CYCLE_thriving},
    {"one order more is no growth", {.spell_days = 500}, FEATURE_order_trend, 0.7, CYCLE_coasting, CYCLE_coasting},
    {"grows no more", {.spell_days = 500}, FEATURE_order_trend, 0.1, CYCLE_thriving, CYCLE_thriving},
    {"shrinks", {.spell_days = 500}, FEATURE_order_trend, -0.1, CYCLE_thriving, CYCLE_coasting},
    {"brought a customer within the year", {.spell_days = 500, .referrals = 1}, FEATURE_referrals, 3, CYCLE_coasting, CYCLE_thriving},
    {"... long ago", {.spell_days = 500}, FEATURE_referrals, 3, CYCLE_coasting, CYCLE_coasting},
    {"... long ago, and was thriving", {.spell_days = 500}, FEATURE_referrals, 3, CYCLE_thriving, CYCLE_coasting},
    {"nothing known", {.spell_days = NAN}, 0, NAN, CYCLE_STAGES, CYCLE_coasting},
};

static void test_rows(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double feature[FEATURES];
        cycle_standing s = rows[i].s;
        for (int f = 0; f < FEATURES; f++) feature[f] = NAN;
        feature[FEATURE_praises] = 0;
        feature[rows[i].feature] = rows[i].value;
        s.feature = feature;
        if (!(s.base > 0)) s.chance = s.base = NAN;
        cycle_stage got = cycle_stage_of(&s, rows[i].before);
        if (got != rows[i].wanted) fail_msg("%s: %s, not %s", rows[i].what, cycle_stage_row_of(got)->name, cycle_stage_row_of(rows[i].wanted)->name);
    }
    assert_string_equal(cycle_stage_row_of((cycle_stage)99)->name, "");
}

static const char begin[] = "| stage | meaning | comes into it | stays in it |\n|---|---|---|---|\n";

static void test_page(void **state) {
    (void)state;
    static char page[1 << 18], table[1 << 14], whole[1 << 18];
    FILE *f = fopen(SOURCE_DIR "/docs/cycle.md", "r");
    assert_non_null(f);
    assert_true(fread(page, 1, sizeof page - 1, f) > 0);
    fclose(f);
    char *at = strstr(page, begin);
    assert_non_null(at);
    int len = snprintf(table, sizeof table, "%s", begin);
    for (int i = 0; i < CYCLE_STAGES; i++) {
        const cycle_stage_row *r = cycle_stage_row_of((cycle_stage)i);
        len += snprintf(table + len, sizeof table - (size_t)len, "| `%s` | %s | %s | %s |\n", r->name, r->meaning, r->enters, r->stays);
    }
    if (getenv("MARRAM_WRITE")) {
        char *rest = at;
        while (*rest == '|') rest = strchr(rest, '\n') + 1;
        snprintf(whole, sizeof whole, "%.*s%s%s", (int)(at - page), page, table, rest);
        f = fopen(SOURCE_DIR "/docs/cycle.md", "w");
        fputs(whole, f);
        fclose(f);
    } else if (strncmp(at, table, (size_t)len) != 0) {
        fail_msg("docs/cycle.md is not as src/decide/cycle_stages.def: MARRAM_WRITE=1 build/tests/unit/test_cycle_stage writes its table");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_page)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
