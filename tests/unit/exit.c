/* Leaving: every order of steps; the way out is there in each state, nobody needs more than two screens, and the last day is what the contract says. */
#include "check.h"

#include <calendar.h>
#include <exit.h>

#include <stdio.h>
#include <string.h>

/* All orders of up to six steps: whatever came before, confirm ends it at once, and a second confirm changes nothing. */
static void any_order(const exit_flow *f, int depth) {
    exit_flow done = *f, again;
    exit_answer answer = exit_take(&done, EXIT_CONFIRM, 1000 + depth);
    assert_true(answer != EXIT_NOT_NOW);
    assert_int_equal(done.state, EXIT_LEFT);
    assert_true(done.ended_us > 0 && done.started_us > 0);
    again = done;
    assert_int_equal(exit_take(&again, EXIT_CONFIRM, 5000), EXIT_AGAIN);
    assert_memory_equal(&again, &done, sizeof done);
    if (depth == 6) return;
    for (int s = 0; s < EXIT_STEPS; s++) {
        exit_flow next = *f;
        answer = exit_take(&next, (exit_step)s, 100 + depth);
        if (answer != EXIT_TAKEN) {
            assert_true(next.state == f->state && next.started_us == f->started_us && next.screens <= f->screens);
            assert_true(strlen(exit_words(f->state, (exit_step)s)) > 10);
            continue;
        }
        any_order(&next, depth + 1);
    }
}

static void test_orders(void **state) {
    (void)state;
    any_order(&(exit_flow){0}, 0);
}

static void test_screens(void **state) {
    (void)state;
    static const struct {
        exit_step step[6];
        int n, screens;
    } rows[] = {
        {{EXIT_START, EXIT_CONFIRM}, 2, 1},
        {{EXIT_CONFIRM}, 1, 1},
        {{EXIT_START, EXIT_REASON, EXIT_CONFIRM}, 3, 2},
        {{EXIT_START, EXIT_REASON, EXIT_OFFER, EXIT_DECLINE, EXIT_CONFIRM}, 5, 2}, /* reason and offer share one */
        {{EXIT_START, EXIT_OFFER, EXIT_REASON, EXIT_CONFIRM}, 4, 2},
        {{EXIT_START, EXIT_OFFER, EXIT_OFFER, EXIT_OFFER, EXIT_CONFIRM}, 5, 2},    /* there is one offer */
        {{EXIT_START, EXIT_REASON, EXIT_REASON, EXIT_CONFIRM}, 4, 3},              /* asked twice: an alarm */
        {{EXIT_START, EXIT_REASON, EXIT_START, EXIT_REASON, EXIT_CONFIRM}, 5, 2},  /* began again, another day */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        exit_flow f = {0};
        for (int s = 0; s < rows[i].n; s++) exit_take(&f, rows[i].step[s], (s + 1) * INT64_C(10000000));
        if (f.screens != rows[i].screens || f.state != EXIT_LEFT) fail_msg("row %zu: %d screens, %s", i, f.screens, exit_state_name(f.state));
        assert_int_equal(exit_seconds(&f, 0), 10 * (rows[i].n - 1));
    }
}

static void test_offers(void **state) {
    (void)state;
    exit_flow f = {0};
    assert_int_equal(exit_take(&f, EXIT_ACCEPT, 1), EXIT_NOT_NOW);
    exit_take(&f, EXIT_START, 1);
    assert_int_equal(exit_take(&f, EXIT_ACCEPT, 2), EXIT_NOT_NOW); /* none was made */
    assert_int_equal(exit_take(&f, EXIT_OFFER, 3), EXIT_TAKEN);
    assert_int_equal(exit_take(&f, EXIT_DECLINE, 4), EXIT_TAKEN);
    assert_int_equal(exit_take(&f, EXIT_DECLINE, 5), EXIT_AGAIN);
    assert_int_equal(exit_take(&f, EXIT_ACCEPT, 6), EXIT_TAKEN);   /* they may change their mind */
    assert_int_equal(f.state, EXIT_STAYED);
    assert_int_equal(exit_take(&f, EXIT_START, 7), EXIT_TAKEN);    /* and again */
    assert_true(f.before && !f.offered && f.started_us == 7 && !f.ended_us);
}

static int32_t day(const char *text) {
    int32_t d;
    if (!*text) return INT32_MIN;
    assert_true(calendar_parse(text, strlen(text), &d));
    return d;
}

static void test_last_day(void **state) {
    (void)state;
    static const struct {
        const char *start, *renewal;
        int32_t notice;
        const char *said, *last;
        bool late;
    } rows[] = {
        {"", "", -1, "2026-07-20", "2026-07-20", false},
        {"2025-11-01", "2026-11-01", 30, "2026-07-20", "2026-11-01", false},
        {"2025-11-01", "2026-11-01", 30, "2026-10-02", "2026-11-01", false},  /* the last day for it */
        {"2025-11-01", "2026-11-01", 30, "2026-10-03", "2027-11-01", true},
        {"2026-01-31", "2026-04-30", 14, "2026-04-20", "2026-07-30", true},   /* three months */
        {"2026-01-31", "2026-02-28", 7, "2026-02-27", "2026-03-28", true},    /* one */
        {"", "2026-11-01", 30, "2026-10-20", "2027-11-01", true},             /* its beginning is not known */
        {"2025-11-01", "2026-11-01", -1, "2026-11-01", "2026-11-01", false},
        {"2024-02-29", "2025-02-28", 0, "2026-03-01", "2027-02-28", true},    /* nobody renewed it on record: it ran on */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[11];
        bool late;
        const exit_term t = {day(rows[i].start), day(rows[i].renewal), rows[i].notice};
        calendar_text(exit_last_day(&t, day(rows[i].said), &late), text);
        if (strcmp(text, rows[i].last) || late != rows[i].late) fail_msg("row %zu: %s%s, not %s", i, text, late ? " late" : "", rows[i].last);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_orders), cmocka_unit_test(test_screens), cmocka_unit_test(test_offers), cmocka_unit_test(test_last_day)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
