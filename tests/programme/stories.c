/* A story for each programme: what happens to a customer, and what is then to be done, by whom, until it is. Ticked twice at each time: the second changes nothing. */
#include "story.h"

#include <calendar.h>
#include <normal.h>
#include <outbox.h>
#include <signed_link.h>
#include <rebuild.h>
#include <referral.h>

#include <stdio.h>
#include <string.h>

#define ORDER(t, id, at) story_event(t, id, EVENT_order, "", at, "{\"product\": \"beans\"}")

#define STATE(customer, programme, step, want) assert_string_equal(story_state(&t, customer, programme, step), want)
#define OWNER(customer, programme, step, want) assert_string_equal(story_owner(&t, customer, programme, step), want)

static void promises(void **state) {
    story t;
    story_begin(&t, store_of(state), "");
    story_customer(&t, "a", "ann@a.example");
    ORDER(&t, "a", "2026-02-20 10:00");
    story_event(&t, "a", EVENT_promise_made, "p1", "2026-03-02 10:00", "{\"number\": \"p1\", \"what\": \"a loan machine\", \"by_whom\": \"Ops\", \"due\": \"2026-03-12T16:00:00Z\"}");
    story_ticks(&t, "2026-03-02 12:00");
    STATE("a", "promises", "keep", "none");
    story_ticks(&t, "2026-03-09 16:30");
    STATE("a", "promises", "keep", "open");
    OWNER("a", "promises", "keep", "Ops");
    story_ticks(&t, "2026-03-12 16:30"); /* overdue: the warning goes, the apology comes */
    STATE("a", "promises", "keep", "lapsed");
    STATE("a", "promises", "apologise", "open");
    OWNER("a", "promises", "apologise", "Ops");
    STATE("a", "promises", "escalate", "none");
    story_ticks(&t, "2026-03-16 08:30"); /* Monday, after the date for the apology */
    STATE("a", "promises", "escalate", "open");
    OWNER("a", "promises", "escalate", "Sen");
    story_done(&t, "a", "promises", "apologise", "called; new date is the 18th", NULL);
    story_ticks(&t, "2026-03-16 09:30");
    STATE("a", "promises", "escalate", "lapsed");
    story_event(&t, "a", EVENT_promise_kept, "p1", "2026-03-17 10:00", "{\"number\": \"p1\"}");
    story_ticks(&t, "2026-03-17 11:00");
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
    story_ticks(&t, "2026-03-02 09:05");
    STATE("a", "recovery", "answer", "open");
    OWNER("a", "recovery", "answer", "Ops");
    STATE("a", "recovery", "solve", "open");
    STATE("a", "recovery", "second", "none");
    story_ticks(&t, "2026-03-02 13:30"); /* four hours of work, for a high one, are over at 13:00 UTC (10:00 to 14:00 in Berlin) */
    STATE("a", "recovery", "answer_late", "open");
    OWNER("a", "recovery", "answer_late", "Sen");
    story_done(&t, "a", "recovery", "answer", "we are on it", NULL);
    story_ticks(&t, "2026-03-02 13:40");
    STATE("a", "recovery", "answer", "done");
    STATE("a", "recovery", "answer_late", "lapsed");
    story_done(&t, "a", "recovery", "solve", "", NULL); /* Ann Test resolved it */
    story_ticks(&t, "2026-03-02 14:00");
    STATE("a", "recovery", "responsibility", "open"); /* a serious one: nothing is on record */
    story_done(&t, "a", "recovery", "responsibility", "", "cause=a weak capacitor", "owner=Ops", "put_right=motor replaced", "told=2026-03-02", NULL);
    story_ticks(&t, "2026-03-04 15:00"); /* two days on: is it solved? */
    STATE("a", "recovery", "responsibility", "done");
    STATE("a", "recovery", "confirm", "in the outbox");
    assert_int_equal(story_send(&t), 1);
    STATE("a", "recovery", "confirm", "done");
    story_ticks(&t, "2026-03-11 15:30");
    STATE("a", "recovery", "confirm_again", "in the outbox");
    assert_int_equal(story_send(&t), 1);
    /* A second problem within the sour window: a senior person at once. */
    story_event(&t, "a", EVENT_case_open, "c2", "2026-03-20 09:00", "{\"number\": \"c2\", \"subject\": \"it leaks\", \"severity\": \"normal\"}");
    story_ticks(&t, "2026-03-20 09:01");
    STATE("a", "recovery", "second", "open");
    OWNER("a", "recovery", "second", "Sen");
    story_end(&t);
}

static void review(void **state) {
    story t;
    story_begin(&t, store_of(state), "tiers:\n  - {name: \"*\", cadence_days: 30}\n");
    story_customer(&t, "a", "ann@a.example");
    ORDER(&t, "a", "2026-02-02 10:00");
    story_ticks(&t, "2026-02-03 10:00");
    STATE("a", "review", "review", "none");
    story_ticks(&t, "2026-03-04 10:00");
    STATE("a", "review", "review", "open");
    OWNER("a", "review", "review", "Sal");
    story_ticks(&t, "2026-03-18 10:00"); /* not held by its date, nor a week later */
    STATE("a", "review", "escalate", "open");
    OWNER("a", "review", "escalate", "Sen");
    story_done(&t, "a", "review", "review", "all well", NULL);
    story_ticks(&t, "2026-03-18 11:00");
    STATE("a", "review", "review", "done");
    STATE("a", "review", "escalate", "lapsed");
    story_ticks(&t, "2026-04-20 10:00"); /* the next one, counted from the day it was held */
    STATE("a", "review", "review", "open");
    /* A complaint nobody answers does not wait for it. */
    story_event(&t, "a", EVENT_complaint, "", "2026-04-21 10:00", "{\"about\": \"quality\"}");
    story_ticks(&t, "2026-04-30 10:00");
    STATE("a", "review", "silence_after_complaint", "open");
    story_event(&t, "a", EVENT_touch_out, "", "2026-04-30 11:00", "{\"channel\": \"phone\", \"who\": \"Sal\", \"purpose\": \"service\"}");
    story_ticks(&t, "2026-05-02 10:00");
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
    story_ticks(&t, "2026-03-01 10:00");
    STATE("a", "two_parents", "sales_absent", "none");
    ORDER(&t, "a", "2026-03-02 10:00");
    story_ticks(&t, "2026-03-10 10:00"); /* 60 days after the 7th of January */
    STATE("a", "two_parents", "sales_absent", "open");
    OWNER("a", "two_parents", "sales_absent", "Sal");
    STATE("a", "two_parents", "alarm", "none");
    story_ticks(&t, "2026-03-31 10:00");
    STATE("a", "two_parents", "alarm", "open");
    OWNER("a", "two_parents", "alarm", "Sen");
    story_done(&t, "a", "two_parents", "sales_absent", "", NULL);
    story_ticks(&t, "2026-03-31 11:00");
    STATE("a", "two_parents", "alarm", "lapsed");
    STATE("a", "two_parents", "sales_absent", "done");
    /* The sales owner leaves: somebody has to be named, and whoever comes introduces themselves. */
    char sql[200];
    snprintf(sql, sizeof sql, "UPDATE customer SET owner_sales = 'Gone' WHERE customer_id = %lld", (long long)story_id(&t, "a"));
    assert_ok(db_execute(t.l->d, sql, &err), &err);
    ORDER(&t, "a", "2026-04-01 10:00");
    story_ticks(&t, "2026-04-01 11:00");
    STATE("a", "two_parents", "owner_sales", "open");
    OWNER("a", "two_parents", "owner_sales", "Sal"); /* somebody of that side: nothing is orphaned */
    /* Done is named: the event that doing it is shows in the customer's row, and so in the next look, and again when the row is made anew. */
    t.now_us = story_time("2026-04-02 10:00");
    story_done(&t, "a", "two_parents", "owner_sales", "", "sales=Sen", NULL);
    story_ticks(&t, "2026-04-02 11:00");
    STATE("a", "two_parents", "owner_sales", "done");
    STATE("a", "two_parents", "introduce_sales", "open");
    OWNER("a", "two_parents", "introduce_sales", "Sen");
    snprintf(sql, sizeof sql, "UPDATE customer SET owner_sales = 'Gone' WHERE customer_id = %lld", (long long)story_id(&t, "a"));
    assert_ok(db_execute(t.l->d, sql, &err), &err);
    assert_ok(db_begin(t.l->d, DB_WRITE, &err), &err);
    assert_ok(ledger_rebuild_afresh(t.l, story_id(&t, "a"), &err), &err);
    assert_ok(db_commit(t.l->d, &err), &err);
    story_event(&t, "a", EVENT_owner_changed, "", "2026-04-01 12:00", "{\"sales\": \"Sal\"}"); /* comes late, is older, changes nothing */
    story_ticks(&t, "2026-04-02 12:00");
    OWNER("a", "two_parents", "introduce_sales", "Sen");
    whole w = {0};
    assert_ok(whole_read(t.l, story_id(&t, "a"), &w, &err), &err);
    assert_string_equal(w.owner_sales, "Sen");
    assert_string_equal(w.owner_operations, "Ops");
    whole_free(&w);
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
    story_ticks(&t, "2026-05-22 10:00");
    OWNER("a", "review", "review", "Ned");
    story_ticks(&t, "2026-05-29 10:00");
    OWNER("a", "review", "review", "Ned");
    story_ticks(&t, "2026-06-01 10:00"); /* nothing has happened to the customer; to Ned it has */
    STATE("a", "review", "review", "open");
    OWNER("a", "review", "review", "Sal");
    story_end(&t);
}

static const char *watcher(story *t, const char *customer, const char *programme, const char *step) {
    const json_t *a = story_action(t, customer, programme, step);
    return a ? json_string_value(json_object_get(a, "watcher")) : "none";
}

static bool says(story *t, const char *customer, const char *programme, const char *step, const char *text) {
    const json_t *a = story_action(t, customer, programme, step), *why = json_object_get(json_object_get(a, "document"), "why"), *line;
    size_t i;
    json_array_foreach(why, i, line)
        if (strstr(json_string_value(line), text)) return true;
    return false;
}

#define SEES(customer, programme, step, want) assert_string_equal(watcher(&t, customer, programme, step), want)
#define SAYS(customer, programme, step, text) assert_true(says(&t, customer, programme, step, text))

/* Absent owners: back before it is due they keep it; else the deputy has it and they see it; without one the other parent; nobody comes to work in time: a senior person. */
static void absence(void **state) {
    story t;
    story_begin(&t, store_of(state), "tiers:\n  - {name: \"*\", cadence_days: 30}\nreview:\n  task_days: 7\n");
    config_person *sal = &t.c.people[0], *ops = &t.c.people[1];
    work_absence fortnight = {calendar_day(2026, 3, 2), calendar_day(2026, 3, 13), ""}, days = {calendar_day(2026, 3, 4), calendar_day(2026, 3, 5), ""};
    sal->stands_in = "Dep";
    sal->work.away = sal->away = &fortnight;
    sal->work.away_n = sal->away_n = 1;
    config_person people[7];
    memcpy(people, t.c.people, 5 * sizeof *people);
    people[5] = (config_person){.name = "Dep", .email = "", .phone = "", .stands_in = "", .time_zone = "", .role = ROLE_sales, .left_day = INT32_MAX, .work = t.c.work};
    t.c.people = people;
    t.c.people_n = 6;
    sal = &people[0], ops = &people[1];
    story_customer(&t, "a", "ann@a.example");
    ORDER(&t, "a", "2026-02-02 10:00");
    story_ticks(&t, "2026-03-04 10:00"); /* a review, by the 11th: Sal is away until the 13th */
    OWNER("a", "review", "review", "Dep");
    SEES("a", "review", "review", "Sal");
    SAYS("a", "review", "review", "Sal is away until 13 March 2026, so it comes to Dep, who stands in");
    story_ticks(&t, "2026-03-16 10:00"); /* Sal is back: what is there stays, and still says why */
    OWNER("a", "review", "review", "Dep");
    SAYS("a", "review", "review", "so it comes to Dep, who stands in");
    sal->stands_in = "";
    sal->work.away = sal->away = &days;
    story_customer(&t, "b", "ann@b.example");
    ORDER(&t, "b", "2026-02-02 10:00");
    story_ticks(&t, "2026-03-04 10:00"); /* back on the 6th */
    OWNER("b", "review", "review", "Sal");
    SEES("b", "review", "review", "Ops");
    sal->work.away = sal->away = &fortnight;
    story_ticks(&t, "2026-03-04 11:00"); /* now they fell ill: what is due before they are back goes to the other parent, there being no deputy */
    OWNER("b", "review", "review", "Ops");
    SEES("b", "review", "review", "Sal");
    SAYS("b", "review", "review", "their other owner");
    ops->work.away = ops->away = &fortnight; /* and the other one, too */
    ops->work.away_n = ops->away_n = 1;
    story_ticks(&t, "2026-03-04 12:00");
    OWNER("b", "review", "review", "Sen");
    SAYS("b", "review", "review", "who is senior");
    for (int i = 0; i < 6; i++) people[i].work.away = people[i].away = &fortnight, people[i].work.away_n = people[i].away_n = 1;
    story_ticks(&t, "2026-03-04 13:00"); /* nobody is there at all: it stays where it is */
    OWNER("b", "review", "review", "Sen");
    STATE("b", "review", "review", "open");
    t.c.people_n = 0;
    story_end(&t);
}

/* What belongs to nobody goes to whoever has the least to do for their hours, what this tick gave out counted in; there it stays. */
static void load(void **state) {
    story t;
    mr_error err = {0};
    char sql[200], id[16];
    unsigned n[3] = {0};
    story_begin(&t, store_of(state), "tiers:\n  - {name: \"*\", cadence_days: 30}\ntwo_parents:\n  mode: off\nfollow_up:\n  mode: off\npreferences:\n  mode: off\ndelight:\n  mode: off\n");
    config_person people[3];
    for (int i = 0; i < 3; i++) people[i] = (config_person){.name = (const char *const[]){"Half", "Full", "German"}[i], .email = "", .phone = "", .stands_in = "", .time_zone = "", .role = ROLE_sales, .left_day = INT32_MAX, .work = t.c.work};
    static const char *const german[] = {"de"};
    people[0].tasks_per_day = 3;
    people[1].tasks_per_day = 6;
    people[2].languages = (config_names){german, 1};
    t.c.people = people;
    t.c.people_n = 3;
    for (int i = 0; i < 9; i++) {
        snprintf(id, sizeof id, "c%d", i);
        story_customer(&t, id, "");
        snprintf(sql, sizeof sql, "UPDATE customer SET owner_sales = '', owner_operations = '' WHERE customer_id = %lld", (long long)story_id(&t, id));
        assert_ok(db_execute(t.l->d, sql, &err), &err);
        ORDER(&t, id, "2026-02-02 10:00");
    }
    for (int again = 0; again < 2; again++) {
        story_ticks(&t, again ? "2026-03-05 10:00" : "2026-03-04 10:00");
        memset(n, 0, sizeof n);
        for (int i = 0; i < 9; i++) {
            snprintf(id, sizeof id, "c%d", i);
            const char *owner = story_owner(&t, id, "review", "review");
            for (int p = 0; p < 3; p++) n[p] += !strcmp(owner, people[p].name);
            SAYS(id, "review", "review", "who has the least to do");
        }
        assert_int_equal(n[0], 3); /* three a day to six: in the same time */
        assert_int_equal(n[1], 6);
        assert_int_equal(n[2], 0); /* the customers speak English */
    }
    people[1].load = 6; /* full: whoever has room goes first, however much there is to do */
    story_customer(&t, "more", "");
    snprintf(sql, sizeof sql, "UPDATE customer SET owner_sales = '', owner_operations = '' WHERE customer_id = %lld", (long long)story_id(&t, "more"));
    assert_ok(db_execute(t.l->d, sql, &err), &err);
    ORDER(&t, "more", "2026-02-02 10:00");
    story_ticks(&t, "2026-03-05 11:00");
    OWNER("more", "review", "review", "Half");
    story_end(&t);
}

static void follow_up(void **state) {
    story t;
    story_begin(&t, store_of(state), "follow_up:\n  mode: automatic\npreferences:\n  mode: off\ndelight:\n  mode: off\n");
    story_customer(&t, "a", "ann@a.example");
    story_event(&t, "a", EVENT_consent_given, "", "2026-03-01 10:00", "{\"purpose\": \"marketing\"}");
    ORDER(&t, "a", "2026-03-02 10:00");
    story_ticks(&t, "2026-03-02 12:00");
    STATE("a", "follow_up", "first_week", "none");
    story_ticks(&t, "2026-03-09 09:30");
    STATE("a", "follow_up", "first_week", "in the outbox");
    assert_int_equal(story_send(&t), 1);
    STATE("a", "follow_up", "first_week", "done");
    /* They answer: nothing more of the kind for a fortnight. */
    story_event(&t, "a", EVENT_touch_in, "", "2026-03-25 10:00", "{\"channel\": \"email\", \"contact\": \"ann\"}");
    story_ticks(&t, "2026-04-02 10:00");
    STATE("a", "follow_up", "first_month", "none");
    story_ticks(&t, "2026-04-08 10:00");
    STATE("a", "follow_up", "first_month", "in the outbox");
    assert_int_equal(story_send(&t), 1);
    /* Somebody without consent gets none. */
    story_customer(&t, "b", "bob@b.example");
    ORDER(&t, "b", "2026-04-08 10:00");
    story_ticks(&t, "2026-04-15 10:00");
    STATE("b", "follow_up", "first_week", "open"); /* waits: the gate says why */
    assert_true(t.counts.refused > 0);
    assert_int_equal(story_send(&t), 0);
    story_ticks(&t, "2026-05-10 10:00");
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
    story_ticks(&t, "2026-03-10 10:00");
    STATE("a", "delight", "milestone", "in the outbox");
    assert_int_equal(story_send(&t), 1);
    STATE("a", "delight", "referral", "none");
    story_event(&t, "a", EVENT_survey, "", "2026-03-16 10:00", "{\"name\": \"nps\", \"score\": 10, \"scale\": 10}");
    story_ticks(&t, "2026-03-17 10:00");
    STATE("a", "delight", "referral", "none"); /* not at once */
    story_ticks(&t, "2026-03-30 10:00");
    STATE("a", "delight", "referral", "in the outbox");
    assert_int_equal(story_send(&t), 1);
    story_event(&t, "a", EVENT_praise, "", "2026-04-20 10:00", "{\"about\": \"service\"}");
    story_ticks(&t, "2026-05-05 10:00"); /* asked within the year: not again */
    assert_int_equal(story_send(&t), 0);
    /* Who has something open is not asked. */
    story_customer(&t, "b", "bob@b.example");
    story_event(&t, "b", EVENT_consent_given, "", "2026-03-01 10:00", "{\"purpose\": \"marketing\"}");
    ORDER(&t, "b", "2026-04-01 10:00");
    story_event(&t, "b", EVENT_praise, "", "2026-04-02 10:00", "{}");
    story_event(&t, "b", EVENT_case_open, "c1", "2026-04-10 10:00", "{\"number\": \"c1\", \"severity\": \"low\"}");
    story_ticks(&t, "2026-04-20 10:00");
    STATE("b", "delight", "referral", "none");
    story_end(&t);
}

static void preferences(void **state) {
    story t;
    story_begin(&t, store_of(state), "preferences:\n  mode: propose\n  link: https://hollowlane.example/p\n");
    story_customer(&t, "a", "ann@a.example");
    ORDER(&t, "a", "2026-03-02 10:00");
    story_ticks(&t, "2026-03-17 10:00");
    STATE("a", "preferences", "ask", "proposed");
    const json_t *values = json_object_get(json_object_get(story_action(&t, "a", "preferences", "ask"), "document"), "values");
    const char *link = json_string_value(json_object_get(values, "preferences_link"));
    assert_non_null(link);
    int64_t customer, contact;
    assert_true(signed_link_read(t.l->key, SIGNED_PREFERENCES, link, &customer, &contact));
    assert_true(customer == story_id(&t, "a"));
    char forged[SIGNED_LINK];
    snprintf(forged, sizeof forged, "%s", link);
    forged[strlen(forged) - 40] ^= 1;
    assert_false(signed_link_read(t.l->key, SIGNED_PREFERENCES, forged, &customer, &contact));
    /* A draft goes when it is approved, and is not asked again within the quarter. */
    mr_error err = {0};
    char id[32];
    snprintf(id, sizeof id, "%s", json_string_value(json_object_get(story_action(&t, "a", "preferences", "ask"), "id")));
    assert_ok(task_approve(t.l, id, &(task_answer){.by = "Sal", .note = "", .now_us = t.now_us}, &err), &err);
    story_ticks(&t, "2026-03-17 11:00");
    assert_int_equal(story_send(&t), 1);
    story_ticks(&t, "2026-05-20 10:00");
    assert_int_equal(json_array_size(t.list), 1);
    story_ticks(&t, "2026-06-20 10:00");
    STATE("a", "preferences", "ask", "proposed");
    assert_int_equal(json_array_size(t.list), 2);
    story_event(&t, "a", EVENT_preference_changed, "", "2026-06-21 10:00", "{\"channel\": \"phone\", \"wanted\": true}");
    story_ticks(&t, "2026-06-21 11:00");
    STATE("a", "preferences", "ask", "lapsed");
    story_ticks(&t, "2027-06-22 11:00"); /* a year on: is it still right? By telephone, as they prefer, which is a person's to do */
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
    story_ticks(&t, "2026-03-02 12:00");
    story_ticks(&t, "2026-03-26 10:00"); /* who bought it ordered again 30 days later: five days before that, which is not yet */
    STATE("a", "next_sale", "suggestion", "none");
    story_ticks(&t, "2026-03-27 10:00");
    STATE("a", "next_sale", "suggestion", "in the outbox");
    assert_string_equal(suggested(&t, "a", "suggestion"), "filters");
    assert_string_equal(suggested(&t, "a", "suggestion.after"), "machine");
    assert_string_equal(suggested(&t, "a", "suggestion.of"), "64");
    assert_string_equal(suggested(&t, "a", "suggestion.bought"), "64");
    assert_string_equal(suggested(&t, "a", "suggestion.days"), "30");
    STATE("b", "next_sale", "suggestion", "none"); /* objects to profiling */
    STATE("c", "next_sale", "suggestion", "none"); /* nothing is known to follow */
    assert_int_equal(story_send(&t), 1);
    story_ticks(&t, "2026-04-05 10:00");
    STATE("a", "next_sale", "suggestion", "done");
    assert_int_equal(json_array_size(t.list), 1); /* one, and not again */
    /* They buy it, and a kettle: tea follows, but not so soon after the last suggestion, nor once the time for it is over. */
    story_event(&t, "a", EVENT_order, "", "2026-04-06 10:00", "{\"product\": \"filters\"}");
    story_event(&t, "a", EVENT_order, "", "2026-04-06 10:00", "{\"product\": \"kettle\"}");
    story_ticks(&t, "2026-04-30 10:00");
    STATE("a", "next_sale", "suggestion", "done");
    assert_int_equal(json_array_size(t.list), 1);
    story_event(&t, "a", EVENT_order, "", "2026-05-11 10:00", "{\"product\": \"kettle\"}");
    story_ticks(&t, "2026-06-10 10:00");
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
    story_ticks(&t, "2026-03-27 10:00");
    STATE("a", "next_sale", "suggestion", "proposed");
    story_event(&t, "a", EVENT_order, "", "2026-03-28 10:00", "{\"product\": \"machine\"}");
    story_ticks(&t, "2026-03-28 11:00");
    STATE("a", "next_sale", "suggestion", "lapsed");
    story_ticks(&t, "2026-04-12 10:00"); /* not before it is time for their next order again */
    STATE("a", "next_sale", "suggestion", "lapsed");
    story_ticks(&t, "2026-04-24 10:00");
    STATE("a", "next_sale", "suggestion", "proposed");
    snprintf(id, sizeof id, "%s", json_string_value(json_object_get(story_action(&t, "a", "next_sale", "suggestion"), "id")));
    assert_ok(task_drop(t.l, id, &(task_answer){.by = "Sal", .note = "they have some", .now_us = t.now_us}, &err), &err);
    story_event(&t, "a", EVENT_order, "", "2026-08-20 10:00", "{\"product\": \"machine\"}");
    for (int day = 1; day <= 28; day++) {
        char at[40];
        snprintf(at, sizeof at, "2026-09-%02d 10:00", day);
        story_ticks(&t, at);
    }
    STATE("a", "next_sale", "suggestion", "dropped");
    assert_int_equal(json_array_size(t.list), 2);
    story_end(&t);
}

/* They like SMS best and have an e-mail address, too: an SMS where the settings have a gateway and the step has words for one; else a person's task, and never an e-mail. */
static void liked_by_sms(void **state) {
    static const struct {
        bool gateway;
        const char *country, *phone, *want;
    } cases[] = {
        {false, "GB", "07700 900121", "open"}, {true, "GB", "07700 900121", "in the outbox"}, {true, "GB", "12", "open"}, {true, "", "+44 7700 900121", "in the outbox"},
        {true, "", "07700 900121", "in the outbox"}, /* waits there for company.country */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        story t;
        mr_error err = {0};
        message_rows rows = {0};
        char sql[120];
        story_begin(&t, store_of(state), "recovery:\n  mode: automatic\nfollow_up:\n  mode: automatic\npreferences:\n  mode: off\ndelight:\n  mode: off\n");
        if (cases[i].gateway) t.c.delivery_sms_url = "https://sms.example.com/", t.c.delivery_sms_body = "to={{to}}&m={{text}}";
        t.c.company_country = cases[i].country;
        story_customer(&t, "a", "ann@a.example");
        snprintf(sql, sizeof sql, "UPDATE contact SET phone = '%s', channels = 'sms email'", cases[i].phone);
        assert_ok(db_execute(t.l->d, sql, &err), &err);
        story_event(&t, "a", EVENT_consent_given, "", "2026-03-01 10:00", "{\"purpose\": \"marketing\"}");
        ORDER(&t, "a", "2026-03-02 10:00");
        story_event(&t, "a", EVENT_case_open, "c1", "2026-03-02 10:00", "{\"number\": \"c1\", \"subject\": \"it leaks\", \"severity\": \"low\"}");
        story_event(&t, "a", EVENT_case_resolve, "c1", "2026-03-03 10:00", "{\"number\": \"c1\"}");
        story_ticks(&t, "2026-03-09 10:00");
        STATE("a", "recovery", "confirm", cases[i].want);
        STATE("a", "follow_up", "first_week", "open"); /* no words for an SMS */
        assert_string_equal(json_string_value(json_object_get(story_action(&t, "a", "follow_up", "first_week"), "kind")), "task");
        bool goes = strcmp(cases[i].want, "open") != 0;
        assert_string_equal(json_string_value(json_object_get(story_action(&t, "a", "recovery", "confirm"), "kind")), goes ? "message" : "task");
        assert_ok(outbox_in(t.l, MESSAGE_WAITING, 10, &rows, &err), &err);
        assert_int_equal(rows.n, goes);
        if (goes) {
            assert_string_equal(rows.row[0].channel, "sms");
            assert_string_equal(rows.row[0].address, cases[i].phone);
            assert_ok(outbox_read(t.l, rows.row[0].customer_id, rows.row[0].id, &rows, &err), &err);
            assert_string_equal(rows.row[0].plain, "Hollow Lane: We have closed your case \"it leaks\" (c1). Is it solved? If not, tell us, and we open it again.");
        }
        message_rows_free(&rows);
        story_end(&t);
    }
}

/* What came of a customer's referrals by then: "b customer 3000 EUR; c not yet". */
static const char *referred(story *t, const char *customer, const char *at) {
    static char out[512];
    mr_error err = {0};
    whole w = {.customer_id = 0};
    arena in = {0};
    referral *list;
    size_t n, len = 0;
    const referral_span span = {.since_us = INT64_MIN, .until_us = story_time(at)};
    assert_ok(whole_read(t->l, story_id(t, customer), &w, &err), &err);
    assert_ok(referrals_of(t->l, &w, &span, &in, &list, &n, &err), &err);
    *out = 0;
    for (size_t i = 0; i < n; i++) {
        len += (size_t)snprintf(out + len, sizeof out - len, "%s%s %s", i ? "; " : "", *list[i].referred ? list[i].referred : "-", referral_state_name(list[i].state));
        for (size_t k = 0; k < list[i].currencies; k++) len += (size_t)snprintf(out + len, sizeof out - len, " %lld %s", (long long)list[i].brought[k].minor, list[i].brought[k].currency);
    }
    arena_free(&in);
    whole_free(&w);
    return out;
}

/* Asked, on record; whom they named becomes a customer; thanked once; not asked again. */
static void referrals(void **state) {
    story t;
    mr_error err = {0};
    char sql[300];
    int32_t source;
    story_begin(&t, store_of(state), "delight:\n  mode: automatic\n  milestone_orders: []\n  milestone_years: []\nfollow_up:\n  mode: off\npreferences:\n  mode: off\n");
    assert_ok(db_begin(t.l->d, DB_WRITE, &err), &err);
    assert_ok(ledger_source(t.l, "shop", &source, &err), &err); /* as an import makes it */
    assert_ok(db_commit(t.l->d, &err), &err);
    story_customer(&t, "a", "ann@a.example");
    story_event(&t, "a", EVENT_consent_given, "", "2026-03-01 10:00", "{\"purpose\": \"marketing\"}");
    ORDER(&t, "a", "2026-03-02 10:00");
    story_event(&t, "a", EVENT_praise, "", "2026-03-03 10:00", "{\"about\": \"service\"}");
    story_ticks(&t, "2026-03-17 10:00");
    STATE("a", "delight", "referral", "in the outbox");
    assert_int_equal(story_count(&t, "a", EVENT_referral_asked), 0); /* it has not gone yet */
    assert_int_equal(story_send(&t), 1);
    assert_int_equal(story_count(&t, "a", EVENT_referral_asked), 1);
    assert_int_equal(story_count(&t, "a", EVENT_touch_out), 1);
    /* Three named, one of them by address; one is a customer already; oneself does not count; nor does a name said twice. */
    story_customer(&t, "old", "");
    ORDER(&t, "old", "2026-01-10 10:00");
    story_event(&t, "a", EVENT_referral_made, "", "2026-03-25 10:00", "{\"referred\": \"b\"}");
    story_event(&t, "a", EVENT_referral_made, "", "2026-03-25 11:00", "{\"referred\": \"Cee@C.example\"}");
    story_event(&t, "a", EVENT_referral_made, "", "2026-03-25 12:00", "{\"referred\": \"old\"}");
    story_event(&t, "a", EVENT_referral_made, "", "2026-03-25 13:00", "{\"referred\": \"a\"}");
    story_event(&t, "a", EVENT_referral_made, "", "2026-03-26 10:00", "{\"referred\": \"B\"}");
    story_ticks(&t, "2026-03-27 10:00");
    assert_string_equal(referred(&t, "a", "2026-03-27 10:00"), "b not yet; Cee@C.example not yet; old customer before");
    STATE("a", "delight", "referral_thanks", "none");
    story_customer(&t, "b", "");
    ORDER(&t, "b", "2026-03-28 10:00");
    story_ticks(&t, "2026-03-28 12:00"); /* of b; a is looked at again within a week */
    story_ticks(&t, "2026-04-03 10:00");
    STATE("a", "delight", "referral_thanks", "in the outbox");
    assert_int_equal(story_send(&t), 1);
    STATE("a", "delight", "referral_thanks", "done");
    assert_int_equal(story_count(&t, "a", EVENT_referral_asked), 1); /* thanks ask for nothing */
    story_customer(&t, "c", "");
    snprintf(sql, sizeof sql, "UPDATE customer SET email = 'cee@c.example', email_key = %lld WHERE customer_id = %lld", (long long)normal_key(t.l, NORMAL_EMAIL, "cee@c.example", 13), (long long)story_id(&t, "c"));
    assert_ok(db_execute(t.l->d, sql, &err), &err);
    ORDER(&t, "c", "2026-04-20 10:00");
    ORDER(&t, "c", "2026-04-21 10:00");
    story_event(&t, "c", EVENT_refund, "", "2026-04-22 10:00", "{}");
    story_ticks(&t, "2026-04-22 12:00");
    story_ticks(&t, "2026-04-29 10:00");
    STATE("a", "delight", "referral_thanks", "in the outbox"); /* the second one's */
    assert_int_equal(story_send(&t), 1);
    story_ticks(&t, "2026-05-20 10:00");
    assert_int_equal(story_send(&t), 0);
    assert_string_equal(referred(&t, "a", "2026-05-20 10:00"), "b customer 5000 EUR; Cee@C.example customer 10000 EUR; old customer before");
    assert_string_equal(referred(&t, "a", "2026-04-01 10:00"), "b customer 5000 EUR; Cee@C.example not yet; old customer before"); /* as it was then */
    story_event(&t, "a", EVENT_praise, "", "2026-06-01 10:00", "{\"about\": \"service\"}");
    story_ticks(&t, "2026-06-16 10:00"); /* asked within the year */
    assert_int_equal(story_send(&t), 0);
    /* Said by whoever sends the events, of somebody we do not know by that name: thanked, too. Who objects gets none. */
    story_customer(&t, "d", "dee@d.example");
    ORDER(&t, "d", "2026-06-01 10:00");
    story_event(&t, "d", EVENT_consent_given, "", "2026-06-01 10:00", "{\"purpose\": \"marketing\"}");
    story_event(&t, "d", EVENT_referral_made, "", "2026-06-15 10:00", "{\"referred\": \"Uncle Ed\", \"became_customer\": true}");
    story_ticks(&t, "2026-06-16 12:00");
    STATE("d", "delight", "referral_thanks", "in the outbox");
    assert_string_equal(referred(&t, "d", "2026-06-16 12:00"), "Uncle Ed customer");
    /* Asked by telephone: on record when the call is done. */
    story_customer(&t, "f", "fay@f.example");
    snprintf(sql, sizeof sql, "UPDATE contact SET phone = '+49 30 1234' WHERE customer_id = %lld", (long long)story_id(&t, "f"));
    assert_ok(db_execute(t.l->d, sql, &err), &err);
    story_event(&t, "f", EVENT_consent_given, "", "2026-05-01 10:00", "{\"purpose\": \"marketing\"}");
    story_event(&t, "f", EVENT_preference_changed, "", "2026-05-01 10:00", "{\"channel\": \"phone\", \"wanted\": true}");
    ORDER(&t, "f", "2026-05-02 10:00");
    story_event(&t, "f", EVENT_praise, "", "2026-06-01 10:00", "{\"about\": \"service\"}");
    story_ticks(&t, "2026-06-16 12:30");
    STATE("f", "delight", "referral", "open");
    story_done(&t, "f", "delight", "referral", "called", NULL);
    assert_int_equal(story_count(&t, "f", EVENT_referral_asked), 1);
    assert_int_equal(story_count(&t, "f", EVENT_touch_out), 1);
    story_customer(&t, "e", "eve@e.example");
    ORDER(&t, "e", "2026-06-01 10:00");
    story_event(&t, "e", EVENT_consent_withdrawn, "", "2026-06-02 10:00", "{\"purpose\": \"marketing\"}");
    story_event(&t, "e", EVENT_referral_made, "", "2026-06-15 10:00", "{\"referred\": \"b\", \"became_customer\": true}");
    story_ticks(&t, "2026-06-17 12:00");
    STATE("e", "delight", "referral_thanks", "none");
    story_end(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {BOTH(promises), BOTH(recovery), BOTH(review), BOTH(two_parents), BOTH(handover), BOTH(absence), BOTH(load), BOTH(follow_up), BOTH(delight), BOTH(referrals), BOTH(preferences), BOTH(next_sale), BOTH(next_sale_draft), BOTH(liked_by_sms)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
