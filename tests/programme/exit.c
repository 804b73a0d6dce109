/* Leaving well, as a story: on both stores, every tick twice. */
#include "story.h"

#include <leave_step.h>
#include <outbox.h>

#include <stdio.h>
#include <string.h>

#define STATE(customer, step, want) assert_string_equal(story_state(&t, customer, "exit", step), want)

static leave_flow flow_of(story *t, const char *id, whole *w, const char *contract) {
    mr_error err = {0};
    leave_flow f;
    assert_ok(whole_read(t->l, story_id(t, id), w, &err), &err);
    leave_flow_of(w, *contract ? ledger_subject(t->l, "shop", "contract", contract, strlen(contract)) : 0, LEAVE_ALL, 0, &f);
    return f;
}

static exit_answer take(story *t, const char *id, const char *contract, exit_step step, const char *at, const char *code) {
    mr_error err = {0};
    whole w = {0};
    leave_flow f = flow_of(t, id, &w, contract);
    exit_answer answer;
    const leave_answer a = {.channel = "web", .code = code, .words = "", .last_day = TRACE_NO_DAY, .now_us = story_time(at)};
    mr_status status = leave_step(t->l, &w, &f, step, &a, &answer, &err);
    whole_free(&w);
    return status == MR_OK ? answer : EXIT_NOT_NOW;
}

static void with_contract(void **state) {
    story t;
    whole w = {0};
    story_begin(&t, store_of(state), "exit:\n  mode: automatic\n");
    story_customer(&t, "a", "ann@a.example");
    story_event(&t, "a", EVENT_contract_start, "K1", "2025-11-01 09:00", "{\"number\": \"K1\", \"product\": \"Roastery plan\", \"renewal\": \"2026-11-01\", \"notice_days\": 30}");
    story_ticks(&t, "2026-03-02 10:00");
    assert_int_equal(take(&t, "a", "K1", EXIT_START, "2026-03-03 10:00", ""), EXIT_TAKEN);
    assert_int_equal(take(&t, "a", "K1", EXIT_START, "2026-03-03 10:00", ""), EXIT_AGAIN);
    story_ticks(&t, "2026-03-03 10:01"); /* both hear at once */
    STATE("a", "hear_sales", "open");
    STATE("a", "hear_operations", "open");
    assert_string_equal(story_owner(&t, "a", "exit", "hear_sales"), "Sal");
    assert_string_equal(story_owner(&t, "a", "exit", "hear_operations"), "Ops");
    STATE("a", "unfinished", "none");
    story_ticks(&t, "2026-03-06 10:30"); /* begun, and not finished: asked once */
    STATE("a", "unfinished", "in the outbox");
    assert_int_equal(story_send(&t), 1);
    assert_int_equal(take(&t, "a", "K1", EXIT_ACCEPT, "2026-03-06 11:00", ""), EXIT_NOT_NOW); /* there is no offer */
    assert_int_equal(take(&t, "a", "K1", EXIT_REASON, "2026-03-06 11:00", "poor_after_sales"), EXIT_TAKEN);
    assert_int_equal(take(&t, "a", "K1", EXIT_CONFIRM, "2026-03-06 11:01", ""), EXIT_TAKEN);
    assert_int_equal(take(&t, "a", "K1", EXIT_CONFIRM, "2026-03-06 11:02", ""), EXIT_AGAIN);
    leave_flow f = flow_of(&t, "a", &w, "K1");
    assert_int_equal(f.flow.state, EXIT_LEFT);
    assert_int_equal(f.flow.screens, 2);
    assert_int_equal(f.why, REASON_poor_after_sales);
    assert_int_equal(f.last_day, 20758); /* 2026-11-01 */
    whole_free(&w);
    story_ticks(&t, "2026-03-06 11:05"); /* in writing, at once, and nothing else is asked */
    STATE("a", "acknowledge", "in the outbox");
    STATE("a", "hear_sales", "lapsed");
    STATE("a", "alarm", "none");
    assert_int_equal(story_send(&t), 1);
    story_ticks(&t, "2026-04-20 10:00");
    STATE("a", "acknowledge", "done");
    story_end(&t);
}

static void without(void **state) {
    story t;
    story_begin(&t, store_of(state), "exit:\n  mode: automatic\nfollow_up:\n  mode: automatic\n");
    story_customer(&t, "b", "ann@b.example");
    story_event(&t, "b", EVENT_order, "", "2026-03-02 10:00", "{\"product\": \"beans\"}");
    story_event(&t, "b", EVENT_consent_given, "", "2026-03-02 10:00", "{\"purpose\": \"marketing\"}");
    assert_int_equal(take(&t, "b", "", EXIT_START, "2026-03-03 10:00", "need_ended"), EXIT_TAKEN);
    story_ticks(&t, "2026-03-09 10:30"); /* a week on: who is on their way out is not sold to */
    assert_string_equal(story_state(&t, "b", "follow_up", "first_week"), "none");
    assert_int_equal(take(&t, "b", "", EXIT_STAY, "2026-03-09 11:00", ""), EXIT_TAKEN);
    story_ticks(&t, "2026-03-09 11:30");
    STATE("b", "hear_sales", "lapsed");
    /* Asked twice for a reason: three screens, and an alarm. The way out is open all the same. */
    assert_int_equal(take(&t, "b", "", EXIT_START, "2026-03-10 10:00", ""), EXIT_TAKEN);
    assert_int_equal(take(&t, "b", "", EXIT_REASON, "2026-03-10 10:01", "undercut"), EXIT_TAKEN);
    assert_int_equal(take(&t, "b", "", EXIT_REASON, "2026-03-10 10:02", "moved"), EXIT_TAKEN);
    assert_int_equal(take(&t, "b", "", EXIT_CONFIRM, "2026-03-10 10:03", ""), EXIT_TAKEN);
    story_ticks(&t, "2026-03-10 10:05");
    STATE("b", "alarm", "open");
    assert_string_equal(story_owner(&t, "b", "exit", "alarm"), "Sen");
    /* An order by who has left: they are back, and may leave again. */
    story_event(&t, "b", EVENT_order, "", "2026-05-02 10:00", "{\"product\": \"beans\"}");
    assert_int_equal(take(&t, "b", "", EXIT_CONFIRM, "2026-05-03 10:00", ""), EXIT_TAKEN); /* without a start: both at once */
    assert_int_equal(take(&t, "b", "", EXIT_CONFIRM, "2026-05-03 10:00", ""), EXIT_AGAIN);
    story_end(&t);
}

/* An offer made by whoever makes offers: answered, and not after it has expired. */
static void with_offer(void **state) {
    story t;
    story_begin(&t, store_of(state), "");
    story_customer(&t, "c", "ann@c.example");
    story_event(&t, "c", EVENT_order, "", "2026-03-02 10:00", "{\"product\": \"beans\"}");
    take(&t, "c", "", EXIT_START, "2026-03-03 10:00", "");
    story_event(&t, "c", EVENT_offer_shown, "OF1", "2026-03-03 10:01", "{\"number\": \"OF1\", \"offer\": \"a pause\", \"expires\": \"2026-03-10T00:00:00Z\"}");
    assert_int_equal(take(&t, "c", "", EXIT_ACCEPT, "2026-03-11 10:00", ""), EXIT_NOT_NOW);
    assert_int_equal(take(&t, "c", "", EXIT_ACCEPT, "2026-03-04 10:00", ""), EXIT_TAKEN);
    whole w = {0};
    leave_flow f = flow_of(&t, "c", &w, "");
    assert_int_equal(f.flow.state, EXIT_STAYED);
    assert_string_equal(f.offer, "a pause");
    whole_free(&w);
    story_end(&t);
}

static const char k1[] = "{\"number\": \"K1\", \"product\": \"Roastery plan\", \"renewal\": \"2026-11-01\", \"notice_days\": 30}";

/* Said of no contract, by an import or an e-mail, and then done by the one there is: one letter. A renewal takes the notice back, and they may leave again. */
static void of_no_contract(void **state) {
    story t;
    whole w = {0};
    story_begin(&t, store_of(state), "exit:\n  mode: automatic\n");
    story_customer(&t, "d", "ann@d.example");
    story_event(&t, "d", EVENT_contract_start, "K1", "2025-11-01 09:00", k1);
    story_event(&t, "d", EVENT_leave_intent, "", "2026-03-03 10:00", "{\"channel\": \"email\"}");
    story_ticks(&t, "2026-03-03 10:05");
    STATE("d", "hear_sales", "open");
    assert_int_equal(take(&t, "d", "K1", EXIT_CONFIRM, "2026-03-03 11:00", ""), EXIT_TAKEN);
    story_ticks(&t, "2026-03-03 11:05");
    assert_int_equal(story_send(&t), 1);
    story_event(&t, "d", EVENT_contract_renew, "K1", "2026-03-05 09:00", "{\"renewal\": \"2027-11-01\"}");
    assert_int_equal(flow_of(&t, "d", &w, "K1").flow.state, EXIT_NOTHING);
    assert_false(leave_flow_holds(&w, story_time("2026-03-05 10:00")));
    whole_free(&w);
    assert_int_equal(take(&t, "d", "K1", EXIT_CONFIRM, "2026-03-06 11:00", ""), EXIT_TAKEN);
    assert_int_equal(take(&t, "d", "K1", EXIT_CONFIRM, "2026-03-06 11:01", ""), EXIT_AGAIN);
    story_end(&t);
}

/* Of two contracts one is left: they are a customer still. */
static void one_of_two(void **state) {
    story t;
    whole w = {0};
    story_begin(&t, store_of(state), "exit:\n  mode: automatic\n");
    story_customer(&t, "e", "ann@e.example");
    story_event(&t, "e", EVENT_contract_start, "K1", "2025-11-01 09:00", k1);
    story_event(&t, "e", EVENT_contract_start, "K2", "2025-11-01 09:00", "{\"number\": \"K2\", \"renewal\": \"2026-11-01\"}");
    assert_int_equal(take(&t, "e", "K1", EXIT_CONFIRM, "2026-03-03 11:00", ""), EXIT_TAKEN);
    assert_int_equal(flow_of(&t, "e", &w, "K2").flow.state, EXIT_NOTHING);
    assert_false(leave_flow_holds(&w, story_time("2026-03-03 12:00")));
    whole_free(&w);
    assert_int_equal(take(&t, "e", "K2", EXIT_CONFIRM, "2026-03-04 11:00", ""), EXIT_TAKEN);
    flow_of(&t, "e", &w, "K2");
    assert_true(leave_flow_holds(&w, story_time("2026-03-04 12:00")));
    whole_free(&w);
    story_end(&t);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {BOTH(with_contract), BOTH(without), BOTH(with_offer), BOTH(of_no_contract), BOTH(one_of_two)};
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
