/* Offers for customers who want to leave: drawn once, held under their cap by two who draw at once, answered once, never better for who comes back. On both stores. */
#include "story.h"

#include <offering.h>

#include <stdlib.h>
#include <string.h>

#define SETTINGS "offers:\n" \
                 "  - {name: pause, kind: pause, title: A pause, reasons: [budget_cut], benefit: 0.1, cap: 1, holdout: 0.02}\n" \
                 "  - {name: gift, kind: person, title: A talk, places: [win_back], benefit: 0.2, holdout: 0.02}\n" \
                 "strategic: [a, b, w]\n"
#define AT "2026-06-10 10:00"

static offering draw(story *t, ledger *l, const char *who, offering_place place, int64_t occasion, const char *at) {
    whole w = {0};
    offering o;
    mr_error err = {0};
    assert_int_equal(whole_read(l, story_id(t, who), &w, &err), MR_OK);
    if (offering_draw(l, &w, &t->c, place, occasion, REASON_budget_cut, "web", story_time(at), &o, &err) != MR_OK) fail_msg("%s", err.message);
    whole_free(&w);
    return o;
}

static void customer(story *t, const char *who) {
    story_customer(t, who, "ann@mail.example");
    story_event(t, who, EVENT_order, "", "2026-05-01 10:00", "{}");
}

/* Two connections: the second finds the last place taken, and the answer stays. */
static void the_last_place(void **state) {
    story t;
    ledger *second = NULL;
    mr_error err = {0};
    story_begin(&t, store_of(state), SETTINGS);
    customer(&t, "a");
    customer(&t, "b");
    assert_int_equal(ledger_open(t.l->url, NULL, &second, &err), MR_OK);
    offering first = draw(&t, t.l, "a", OFFERING_EXIT, 1, AT), again = draw(&t, second, "a", OFFERING_EXIT, 1, AT), none = draw(&t, second, "b", OFFERING_EXIT, 1, AT);
    ledger_close(second);
    assert_true(first.shown && !first.again && first.strategic);
    assert_true(again.shown && again.again && again.id == first.id);
    assert_false(none.shown);
    assert_non_null(strstr(none.why, "no room"));
    story_end(&t);
}

static void answered_once(void **state) {
    story t;
    mr_error err = {0};
    whole w = {0};
    size_t accepted = 0, shown = 0;
    story_begin(&t, store_of(state), SETTINGS);
    customer(&t, "a");
    offering o = draw(&t, t.l, "a", OFFERING_EXIT, 1, AT);
    int64_t id = story_id(&t, "a");
    assert_int_equal(offering_answer(t.l, id, o.id, true, "thanks", story_time("2026-06-11 10:00"), &err), MR_OK);
    assert_int_equal(offering_answer(t.l, id, o.id, false, "", story_time("2026-06-12 10:00"), &err), MR_EDATA);
    assert_non_null(strstr(err.message, "accepted before"));
    assert_int_equal(offering_answer(t.l, id, 77, true, "", story_time("2026-06-12 10:00"), &err), MR_EDATA);
    assert_int_equal(whole_read(t.l, id, &w, &err), MR_OK);
    for (size_t i = 0; i < w.h.n; i++) accepted += w.h.events[i].kind == EVENT_offer_accepted, shown += w.h.events[i].kind == EVENT_offer_shown;
    whole_free(&w);
    assert_int_equal(accepted, 1);
    assert_int_equal(shown, 1);
    assert_null(draw(&t, t.l, "a", OFFERING_EXIT, 2, "2026-07-11 10:00").offer); /* not the same within a year */
    story_end(&t);
}

static void expired(void **state) {
    story t;
    mr_error err = {0};
    story_begin(&t, store_of(state), SETTINGS);
    customer(&t, "a");
    offering o = draw(&t, t.l, "a", OFFERING_EXIT, 1, AT);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(offering_answer(t.l, story_id(&t, "a"), o.id, true, "", story_time("2026-08-11 10:00"), &err), MR_EDATA);
        assert_non_null(strstr(err.message, "expired"));
    }
    story_end(&t);
}

/* 20 % to who left, where loyal ones were shown 10 %: no. */
static void fair(void **state) {
    story t;
    story_begin(&t, store_of(state), SETTINGS);
    customer(&t, "a");
    customer(&t, "w");
    assert_true(draw(&t, t.l, "a", OFFERING_EXIT, 1, AT).shown);
    offering o = draw(&t, t.l, "w", OFFERING_WIN_BACK, 1, AT);
    assert_null(o.offer);
    assert_non_null(strstr(o.why, "gift better than what an equal loyal customer was offered"));
    t.c.offers[1].benefit = 0.1;
    assert_true(draw(&t, t.l, "w", OFFERING_WIN_BACK, 1, AT).shown);
    story_end(&t);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {BOTH(the_last_place), BOTH(answered_once), BOTH(expired), BOTH(fair)};
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
