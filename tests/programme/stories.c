/* A story for each programme: what happens to a customer, and what is then to be done, by whom, until it is. Ticked twice at each time: the second changes nothing. */
#include "story.h"

#include <calendar.h>
#include <preference_link.h>

#include <stdio.h>
#include <string.h>

#define ORDER(t, id, at) story_event(t, id, EVENT_order, "", at, "{\"product\": \"beans\"}")

static void tick(story *t, const char *at) {
    story_tick(t, at);
    tick_counts first = t->counts;
    story_tick(t, at);
    assert_int_equal(t->counts.looked, 0);
    t->counts = first;
}

#define STATE(customer, programme, step, want) assert_string_equal(story_state(&t, customer, programme, step), want)
#define OWNER(customer, programme, step, want) assert_string_equal(story_owner(&t, customer, programme, step), want)

static void promises(void **state) {
    story t;
    story_begin(&t, store_of(state), "");
    story_customer(&t, "a", "ann@a.example");
    ORDER(&t, "a", "2026-02-20 10:00");
    story_event(&t, "a", EVENT_promise_made, "p1", "2026-03-02 10:00", "{\"number\": \"p1\", \"what\": \"a loan machine\", \"by_whom\": \"Ops\", \"due\": \"2026-03-12T16:00:00Z\"}");
    tick(&t, "2026-03-02 12:00");
    STATE("a", "promises", "keep", "none");
    tick(&t, "2026-03-09 16:30");
    STATE("a", "promises", "keep", "open");
    OWNER("a", "promises", "keep", "Ops");
    tick(&t, "2026-03-12 16:30"); /* overdue: the warning goes, the apology comes */
    STATE("a", "promises", "keep", "lapsed");
    STATE("a", "promises", "apologise", "open");
    OWNER("a", "promises", "apologise", "Ops");
    STATE("a", "promises", "escalate", "none");
    tick(&t, "2026-03-16 08:30"); /* Monday, after the date for the apology */
    STATE("a", "promises", "escalate", "open");
    OWNER("a", "promises", "escalate", "Sen");
    story_done(&t, "a", "promises", "apologise", "called; new date is the 18th", NULL);
    tick(&t, "2026-03-16 09:30");
    STATE("a", "promises", "escalate", "lapsed");
    story_event(&t, "a", EVENT_promise_kept, "p1", "2026-03-17 10:00", "{\"number\": \"p1\"}");
    tick(&t, "2026-03-17 11:00");
    STATE("a", "promises", "apologise", "done");
    STATE("a", "promises", "keep", "lapsed");
    story_end(&t);
}

static void recovery(void **state) {
    story t;
    story_begin(&t, store_of(state), "recovery:\n  mode: automatic\n");
    story_customer(&t, "a", "ann@a.example");
    ORDER(&t, "a", "2026-02-02 10:00");
    story_event(&t, "a", EVENT_case_open, "c1", "2026-03-02 09:00", "{\"number\": \"c1\", \"subject\": \"grinder stops\", \"severity\": \"high\"}");
    tick(&t, "2026-03-02 09:05");
    STATE("a", "recovery", "answer", "open");
    OWNER("a", "recovery", "answer", "Ops");
    STATE("a", "recovery", "solve", "open");
    STATE("a", "recovery", "second", "none");
    tick(&t, "2026-03-02 13:30"); /* four hours of work, for a high one, are over at 13:00 UTC (10:00 to 14:00 in Berlin) */
    STATE("a", "recovery", "answer_late", "open");
    OWNER("a", "recovery", "answer_late", "Sen");
    story_done(&t, "a", "recovery", "answer", "we are on it", NULL);
    tick(&t, "2026-03-02 13:40");
    STATE("a", "recovery", "answer", "done");
    STATE("a", "recovery", "answer_late", "lapsed");
    story_done(&t, "a", "recovery", "solve", "", NULL); /* Ann Test resolved it */
    tick(&t, "2026-03-02 14:00");
    STATE("a", "recovery", "responsibility", "open"); /* a serious one: nothing is on record */
    story_done(&t, "a", "recovery", "responsibility", "", "cause=a weak capacitor", "owner=Ops", "put_right=motor replaced", "told=2026-03-02", NULL);
    tick(&t, "2026-03-04 15:00"); /* two days on: is it solved? */
    STATE("a", "recovery", "responsibility", "done");
    STATE("a", "recovery", "confirm", "in the outbox");
    assert_int_equal(story_send(&t), 1);
    STATE("a", "recovery", "confirm", "done");
    tick(&t, "2026-03-11 15:30");
    STATE("a", "recovery", "confirm_again", "in the outbox");
    assert_int_equal(story_send(&t), 1);
    /* A second problem within the sour window: a senior person at once. */
    story_event(&t, "a", EVENT_case_open, "c2", "2026-03-20 09:00", "{\"number\": \"c2\", \"subject\": \"it leaks\", \"severity\": \"normal\"}");
    tick(&t, "2026-03-20 09:01");
    STATE("a", "recovery", "second", "open");
    OWNER("a", "recovery", "second", "Sen");
    story_end(&t);
}

static void review(void **state) {
    story t;
    story_begin(&t, store_of(state), "tiers:\n  - {name: \"*\", cadence_days: 30}\n");
    story_customer(&t, "a", "ann@a.example");
    ORDER(&t, "a", "2026-02-02 10:00");
    tick(&t, "2026-02-03 10:00");
    STATE("a", "review", "review", "none");
    tick(&t, "2026-03-04 10:00");
    STATE("a", "review", "review", "open");
    OWNER("a", "review", "review", "Sal");
    tick(&t, "2026-03-18 10:00"); /* not held by its date, nor a week later */
    STATE("a", "review", "escalate", "open");
    OWNER("a", "review", "escalate", "Sen");
    story_done(&t, "a", "review", "review", "all well", NULL);
    tick(&t, "2026-03-18 11:00");
    STATE("a", "review", "review", "done");
    STATE("a", "review", "escalate", "lapsed");
    tick(&t, "2026-04-20 10:00"); /* the next one, counted from the day it was held */
    STATE("a", "review", "review", "open");
    /* A complaint nobody answers does not wait for it. */
    story_event(&t, "a", EVENT_complaint, "", "2026-04-21 10:00", "{\"about\": \"quality\"}");
    tick(&t, "2026-04-30 10:00");
    STATE("a", "review", "silence_after_complaint", "open");
    story_event(&t, "a", EVENT_touch_out, "", "2026-04-30 11:00", "{\"channel\": \"phone\", \"who\": \"Sal\", \"purpose\": \"service\"}");
    tick(&t, "2026-05-02 10:00");
    STATE("a", "review", "silence_after_complaint", "lapsed");
    story_end(&t);
}

static void two_parents(void **state) {
    story t;
    mr_error err = {0};
    story_begin(&t, store_of(state), "two_parents:\n  absent_days_sales: 60\n  absent_days_operations: 90\n");
    story_customer(&t, "a", "ann@a.example");
    ORDER(&t, "a", "2026-01-05 10:00");
    story_event(&t, "a", EVENT_touch_out, "", "2026-01-07 10:00", "{\"channel\": \"phone\", \"who\": \"Sal\", \"purpose\": \"service\"}");
    tick(&t, "2026-03-01 10:00");
    STATE("a", "two_parents", "sales_absent", "none");
    ORDER(&t, "a", "2026-03-02 10:00");
    tick(&t, "2026-03-10 10:00"); /* 60 days after the 7th of January */
    STATE("a", "two_parents", "sales_absent", "open");
    OWNER("a", "two_parents", "sales_absent", "Sal");
    STATE("a", "two_parents", "alarm", "none");
    tick(&t, "2026-03-31 10:00");
    STATE("a", "two_parents", "alarm", "open");
    OWNER("a", "two_parents", "alarm", "Sen");
    story_done(&t, "a", "two_parents", "sales_absent", "", NULL);
    tick(&t, "2026-03-31 11:00");
    STATE("a", "two_parents", "alarm", "lapsed");
    STATE("a", "two_parents", "sales_absent", "done");
    /* The sales owner leaves: somebody has to be named, and whoever comes introduces themselves. */
    char sql[200];
    snprintf(sql, sizeof sql, "UPDATE customer SET owner_sales = 'Gone' WHERE customer_id = %lld", (long long)story_id(&t, "a"));
    assert_ok(db_execute(t.l->d, sql, &err), &err);
    ORDER(&t, "a", "2026-04-01 10:00");
    tick(&t, "2026-04-01 11:00");
    STATE("a", "two_parents", "owner_sales", "open");
    OWNER("a", "two_parents", "owner_sales", "Sal"); /* somebody of that side: nothing is orphaned */
    snprintf(sql, sizeof sql, "UPDATE customer SET owner_sales = 'Sen' WHERE customer_id = %lld", (long long)story_id(&t, "a"));
    assert_ok(db_execute(t.l->d, sql, &err), &err);
    story_event(&t, "a", EVENT_owner_changed, "", "2026-04-02 10:00", "{\"sales\": \"Sen\", \"sales_before\": \"Gone\"}");
    tick(&t, "2026-04-02 11:00");
    STATE("a", "two_parents", "owner_sales", "lapsed");
    STATE("a", "two_parents", "introduce_sales", "open");
    OWNER("a", "two_parents", "introduce_sales", "Sen");
    story_end(&t);
}

/* Somebody's last day: what they had open goes over to somebody who is here. */
static void handover(void **state) {
    story t;
    mr_error err = {0};
    char sql[200];
    story_begin(&t, store_of(state), "tiers:\n  - {name: \"*\", cadence_days: 30}\n");
    story_customer(&t, "a", "ann@a.example");
    snprintf(sql, sizeof sql, "UPDATE customer SET owner_sales = 'Ned' WHERE customer_id = %lld", (long long)story_id(&t, "a"));
    assert_ok(db_execute(t.l->d, sql, &err), &err);
    ORDER(&t, "a", "2026-04-20 10:00");
    tick(&t, "2026-05-22 10:00");
    OWNER("a", "review", "review", "Ned");
    tick(&t, "2026-05-29 10:00");
    OWNER("a", "review", "review", "Ned");
    tick(&t, "2026-06-01 10:00"); /* nothing has happened to the customer; to Ned it has */
    STATE("a", "review", "review", "open");
    OWNER("a", "review", "review", "Sal");
    story_end(&t);
}

static void follow_up(void **state) {
    story t;
    story_begin(&t, store_of(state), "follow_up:\n  mode: automatic\npreferences:\n  mode: off\ndelight:\n  mode: off\n");
    story_customer(&t, "a", "ann@a.example");
    story_event(&t, "a", EVENT_consent_given, "", "2026-03-01 10:00", "{\"purpose\": \"marketing\"}");
    ORDER(&t, "a", "2026-03-02 10:00");
    tick(&t, "2026-03-02 12:00");
    STATE("a", "follow_up", "first_week", "none");
    tick(&t, "2026-03-09 09:30");
    STATE("a", "follow_up", "first_week", "in the outbox");
    assert_int_equal(story_send(&t), 1);
    STATE("a", "follow_up", "first_week", "done");
    /* They answer: nothing more of the kind for a fortnight. */
    story_event(&t, "a", EVENT_touch_in, "", "2026-03-25 10:00", "{\"channel\": \"email\", \"contact\": \"ann\"}");
    tick(&t, "2026-04-02 10:00");
    STATE("a", "follow_up", "first_month", "none");
    tick(&t, "2026-04-08 10:00");
    STATE("a", "follow_up", "first_month", "in the outbox");
    assert_int_equal(story_send(&t), 1);
    /* Somebody without consent gets none. */
    story_customer(&t, "b", "bob@b.example");
    ORDER(&t, "b", "2026-04-08 10:00");
    tick(&t, "2026-04-15 10:00");
    STATE("b", "follow_up", "first_week", "open"); /* waits: the gate says why */
    assert_true(t.counts.refused > 0);
    assert_int_equal(story_send(&t), 0);
    tick(&t, "2026-05-10 10:00");
    STATE("b", "follow_up", "first_week", "lapsed");
    story_end(&t);
}

static void delight(void **state) {
    story t;
    story_begin(&t, store_of(state), "delight:\n  mode: automatic\n  milestone_orders: [2]\nfollow_up:\n  mode: off\npreferences:\n  mode: off\n");
    story_customer(&t, "a", "ann@a.example");
    story_event(&t, "a", EVENT_consent_given, "", "2026-03-01 10:00", "{\"purpose\": \"marketing\"}");
    ORDER(&t, "a", "2026-03-02 10:00");
    ORDER(&t, "a", "2026-03-09 10:00");
    tick(&t, "2026-03-10 10:00");
    STATE("a", "delight", "milestone", "in the outbox");
    assert_int_equal(story_send(&t), 1);
    STATE("a", "delight", "referral", "none");
    story_event(&t, "a", EVENT_survey, "", "2026-03-16 10:00", "{\"name\": \"nps\", \"score\": 10, \"scale\": 10}");
    tick(&t, "2026-03-17 10:00");
    STATE("a", "delight", "referral", "none"); /* not at once */
    tick(&t, "2026-03-30 10:00");
    STATE("a", "delight", "referral", "in the outbox");
    assert_int_equal(story_send(&t), 1);
    story_event(&t, "a", EVENT_praise, "", "2026-04-20 10:00", "{\"about\": \"service\"}");
    tick(&t, "2026-05-05 10:00"); /* asked within the year: not again */
    assert_int_equal(story_send(&t), 0);
    /* Who has something open is not asked. */
    story_customer(&t, "b", "bob@b.example");
    story_event(&t, "b", EVENT_consent_given, "", "2026-03-01 10:00", "{\"purpose\": \"marketing\"}");
    ORDER(&t, "b", "2026-04-01 10:00");
    story_event(&t, "b", EVENT_praise, "", "2026-04-02 10:00", "{}");
    story_event(&t, "b", EVENT_case_open, "c1", "2026-04-10 10:00", "{\"number\": \"c1\", \"severity\": \"low\"}");
    tick(&t, "2026-04-20 10:00");
    STATE("b", "delight", "referral", "none");
    story_end(&t);
}

static void preferences(void **state) {
    story t;
    story_begin(&t, store_of(state), "preferences:\n  mode: propose\n  link: https://hollowlane.example/p\n");
    story_customer(&t, "a", "ann@a.example");
    ORDER(&t, "a", "2026-03-02 10:00");
    tick(&t, "2026-03-17 10:00");
    STATE("a", "preferences", "ask", "proposed");
    const json_t *values = json_object_get(json_object_get(story_action(&t, "a", "preferences", "ask"), "document"), "values");
    const char *link = json_string_value(json_object_get(values, "preferences_link"));
    assert_non_null(link);
    int64_t customer, contact;
    assert_true(preference_link_read(t.l->key, link, &customer, &contact));
    assert_true(customer == story_id(&t, "a"));
    char forged[PREFERENCE_LINK];
    snprintf(forged, sizeof forged, "%s", link);
    forged[strlen(forged) - 40] ^= 1;
    assert_false(preference_link_read(t.l->key, forged, &customer, &contact));
    /* A draft goes when it is approved, and is not asked again within the quarter. */
    mr_error err = {0};
    char id[32];
    snprintf(id, sizeof id, "%s", json_string_value(json_object_get(story_action(&t, "a", "preferences", "ask"), "id")));
    assert_ok(task_approve(t.l, id, &(task_answer){.by = "Sal", .note = "", .now_us = t.now_us}, &err), &err);
    tick(&t, "2026-03-17 11:00");
    assert_int_equal(story_send(&t), 1);
    tick(&t, "2026-05-20 10:00");
    assert_int_equal(json_array_size(t.list), 1);
    tick(&t, "2026-06-20 10:00");
    STATE("a", "preferences", "ask", "proposed");
    assert_int_equal(json_array_size(t.list), 2);
    story_event(&t, "a", EVENT_preference_changed, "", "2026-06-21 10:00", "{\"channel\": \"phone\", \"wanted\": true}");
    tick(&t, "2026-06-21 11:00");
    STATE("a", "preferences", "ask", "lapsed");
    tick(&t, "2027-06-22 11:00"); /* a year on: is it still right? By telephone, as they prefer, which is a person's to do */
    STATE("a", "preferences", "confirm", "none"); /* there is no number, and no e-mail instead */
    story_end(&t);
}

/* What a made-up base bought after what: a pair, the second 28 to 32 days after the first, and then another of the four pairs. */
static void base_of_pairs(story *t) {
    static const char *const pairs[][2] = {{"machine", "filters"}, {"kettle", "tea"}, {"pan", "oil"}, {"pot", "rice"}};
    char id[16], at[24], body[64], text[11];
    for (int i = 0; i < 128; i++) {
        int pair[2] = {i % 4, (i + 1 + i / 4 % 3) % 4}, wait = 28 + i % 5, days[] = {0, wait, 70, 70 + wait};
        snprintf(id, sizeof id, "base%d", i);
        for (int k = 0; k < 4; k++) {
            snprintf(at, sizeof at, "%s 10:00", calendar_text(calendar_day(2025, 8, 1) + i * 3 / 4 + days[k], text));
            snprintf(body, sizeof body, "{\"product\": \"%s\"}", pairs[pair[k / 2]][k % 2]);
            story_event(t, id, EVENT_order, "", at, body);
        }
    }
}

static void learn(story *t, const char *until) {
    mr_error err = {0};
    int32_t day;
    assert_true(calendar_parse(until, strlen(until), &day));
    knowledge_free(&t->known);
    assert_ok(knowledge_learn(t->l, day, story_time("2026-03-01 00:00"), &(mr_context){0}, &t->known, &err), &err);
    knowledge_free(&t->known);
    assert_ok(knowledge_read(t->l, &t->known, &err), &err);
}

static const char *suggested(story *t, const char *customer, const char *field) {
    const json_t *a = story_action(t, customer, "next_sale", "suggestion");
    const char *text = json_string_value(json_object_get(json_object_get(json_object_get(a, "document"), "values"), field));
    return text ? text : "";
}

static void next_sale(void **state) {
    story t;
    story_begin(&t, store_of(state), "next_sale:\n  mode: automatic\nfollow_up:\n  mode: off\npreferences:\n  mode: off\ndelight:\n  mode: off\n");
    base_of_pairs(&t);
    learn(&t, "2026-02-28");
    assert_int_equal(t.known.next.trial.verdict, NEXT_SALE_ACTS);
    for (const char *id = "a"; *id; id = *id == 'a' ? "b" : *id == 'b' ? "c" : "") {
        story_customer(&t, id, *id == 'a' ? "ann@a.example" : "bob@b.example");
        story_event(&t, id, EVENT_consent_given, "", "2026-03-01 10:00", "{\"purpose\": \"marketing\"}");
        story_event(&t, id, EVENT_order, "", "2026-03-02 10:00", *id == 'c' ? "{\"product\": \"ladder\"}" : "{\"product\": \"Machine\"}");
    }
    story_event(&t, "b", EVENT_consent_withdrawn, "", "2026-03-10 10:00", "{\"purpose\": \"profiling\"}");
    tick(&t, "2026-03-02 12:00");
    tick(&t, "2026-03-26 10:00"); /* who bought it ordered again 30 days later: five days before that, which is not yet */
    STATE("a", "next_sale", "suggestion", "none");
    tick(&t, "2026-03-27 10:00");
    STATE("a", "next_sale", "suggestion", "in the outbox");
    assert_string_equal(suggested(&t, "a", "suggestion"), "filters");
    assert_string_equal(suggested(&t, "a", "suggestion.after"), "machine");
    assert_string_equal(suggested(&t, "a", "suggestion.of"), "64");
    assert_string_equal(suggested(&t, "a", "suggestion.bought"), "64");
    assert_string_equal(suggested(&t, "a", "suggestion.days"), "30");
    STATE("b", "next_sale", "suggestion", "none"); /* objects to profiling */
    STATE("c", "next_sale", "suggestion", "none"); /* nothing is known to follow */
    assert_int_equal(story_send(&t), 1);
    tick(&t, "2026-04-05 10:00");
    STATE("a", "next_sale", "suggestion", "done");
    assert_int_equal(json_array_size(t.list), 1); /* one, and not again */
    /* They buy it, and a kettle: tea follows, but not so soon after the last suggestion, nor once the time for it is over. */
    story_event(&t, "a", EVENT_order, "", "2026-04-06 10:00", "{\"product\": \"filters\"}");
    story_event(&t, "a", EVENT_order, "", "2026-04-06 10:00", "{\"product\": \"kettle\"}");
    tick(&t, "2026-04-30 10:00");
    STATE("a", "next_sale", "suggestion", "done");
    assert_int_equal(json_array_size(t.list), 1);
    story_event(&t, "a", EVENT_order, "", "2026-05-11 10:00", "{\"product\": \"kettle\"}");
    tick(&t, "2026-06-10 10:00");
    STATE("a", "next_sale", "suggestion", "in the outbox");
    assert_string_equal(suggested(&t, "a", "suggestion"), "tea");
    story_end(&t);
}

/* In propose mode a draft, which an order ends; a product that a person dropped is not proposed again. */
static void next_sale_draft(void **state) {
    story t;
    mr_error err = {0};
    char id[32];
    story_begin(&t, store_of(state), "follow_up:\n  mode: off\npreferences:\n  mode: off\ndelight:\n  mode: off\n");
    base_of_pairs(&t);
    learn(&t, "2026-02-28");
    story_customer(&t, "a", "ann@a.example");
    story_event(&t, "a", EVENT_consent_given, "", "2026-03-01 10:00", "{\"purpose\": \"marketing\"}");
    story_event(&t, "a", EVENT_order, "", "2026-03-02 10:00", "{\"product\": \"machine\"}");
    tick(&t, "2026-03-27 10:00");
    STATE("a", "next_sale", "suggestion", "proposed");
    story_event(&t, "a", EVENT_order, "", "2026-03-28 10:00", "{\"product\": \"machine\"}");
    tick(&t, "2026-03-28 11:00");
    STATE("a", "next_sale", "suggestion", "lapsed");
    tick(&t, "2026-04-12 10:00"); /* not before it is time for their next order again */
    STATE("a", "next_sale", "suggestion", "lapsed");
    tick(&t, "2026-04-24 10:00");
    STATE("a", "next_sale", "suggestion", "proposed");
    snprintf(id, sizeof id, "%s", json_string_value(json_object_get(story_action(&t, "a", "next_sale", "suggestion"), "id")));
    assert_ok(task_drop(t.l, id, &(task_answer){.by = "Sal", .note = "they have some", .now_us = t.now_us}, &err), &err);
    story_event(&t, "a", EVENT_order, "", "2026-08-20 10:00", "{\"product\": \"machine\"}");
    for (int day = 1; day <= 28; day++) {
        char at[24];
        snprintf(at, sizeof at, "2026-09-%02d 10:00", day);
        tick(&t, at);
    }
    STATE("a", "next_sale", "suggestion", "dropped");
    assert_int_equal(json_array_size(t.list), 2);
    story_end(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {BOTH(promises), BOTH(recovery), BOTH(review), BOTH(two_parents), BOTH(handover), BOTH(follow_up), BOTH(delight), BOTH(preferences), BOTH(next_sale), BOTH(next_sale_draft)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
