/* Stories of those who left: win-back, staying in touch, and letting go. Ticked twice at each time: the second changes nothing. */
#include "story.h"

#include <knowledge_win_back.h>
#include <offering.h>

#include <stdio.h>
#include <string.h>

#define ORDER(t, id, at) story_event(t, id, EVENT_order, "", at, "{\"product\": \"beans\"}")
#define STATE(customer, programme, step, want) assert_string_equal(story_state(&t, customer, programme, step), want)
#define OWNER(customer, programme, step, want) assert_string_equal(story_owner(&t, customer, programme, step), want)
#define QUIET "follow_up: {mode: off}\npreferences: {mode: off}\ndelight: {mode: off}\ntwo_parents: {mode: off}\nreview: {mode: off}\n"

/* A customer of eight orders who agreed to marketing. */
static void customer(story *t, const char *id) {
    char address[64];
    snprintf(address, sizeof address, "ann@%s.example", id);
    story_customer(t, id, address);
    story_event(t, id, EVENT_consent_given, "", "2025-06-01 10:00", "{\"purpose\": \"marketing\"}");
    for (int i = 0; i < 8; i++) {
        char at[40];
        snprintf(at, sizeof at, "2025-%02d-10 10:00", 5 + i);
        ORDER(t, id, at);
    }
}

static void left(story *t, const char *id, const char *at, const char *why) {
    char body[80];
    snprintf(body, sizeof body, *why ? "{\"reason_code\": \"%s\"}" : "{}", why);
    story_event(t, id, EVENT_leave_confirmed, "", at, body);
}

#define AUTOMATIC QUIET "win_back: {mode: automatic, holdout: 0.02, letter_from: 1000000}\nstay_in_touch: {mode: automatic}\n"

/* Asked in time, twice at most, on record as win_back_sent; back, and nothing more. */
static void asked(void **state) {
    story t;
    story_begin(&t, store_of(state), AUTOMATIC);
    customer(&t, "a");
    left(&t, "a", "2026-01-05 10:00", "lost_touch");
    story_ticks(&t, "2026-01-06 10:00");
    STATE("a", "win_back", "ask", "none");
    story_ticks(&t, "2026-02-05 10:00"); /* thirty days on */
    STATE("a", "win_back", "ask", "in the outbox");
    assert_int_equal(story_send(&t), 1);
    assert_int_equal(story_count(&t, "a", EVENT_win_back_sent), 1);
    assert_int_equal(story_count(&t, "a", EVENT_touch_out), 1);
    story_ticks(&t, "2026-02-20 10:00");
    assert_int_equal(story_send(&t), 0);
    story_ticks(&t, "2026-05-07 10:00"); /* ninety more */
    assert_int_equal(story_send(&t), 1);
    story_ticks(&t, "2026-09-07 10:00");
    assert_int_equal(story_send(&t), 0); /* two are all */
    assert_int_equal(story_count(&t, "a", EVENT_win_back_sent), 2);
    story_event(&t, "a", EVENT_came_back, "", "2026-09-10 10:00", "{}");
    ORDER(&t, "a", "2026-09-10 10:01");
    story_ticks(&t, "2026-10-10 10:00");
    assert_int_equal(story_send(&t), 0);
    story_end(&t);
}

/* The first no, an objection, an answer, coming back: each ends it. Without consent nothing goes. */
static void stops(void **state) {
    static const struct {
        const char *id;
        event_kind kind;
        const char *body;
    } ends[] = {{"no", EVENT_offer_declined, "{\"offer\": \"a month free\"}"},
                {"objects", EVENT_consent_withdrawn, "{\"purpose\": \"marketing\"}"},
                {"answers", EVENT_touch_in, "{\"channel\": \"email\", \"comment\": \"perhaps later\"}"},
                {"back", EVENT_order, "{}"},
                {"intent", EVENT_leave_intent, "{}"}};
    story t;
    story_begin(&t, store_of(state), AUTOMATIC);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        customer(&t, ends[i].id);
        left(&t, ends[i].id, "2026-01-05 10:00", "lost_touch");
    }
    story_ticks(&t, "2026-02-05 10:00");
    assert_int_equal(story_send(&t), sizeof ends / sizeof *ends);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) story_event(&t, ends[i].id, ends[i].kind, "", "2026-02-10 10:00", ends[i].body);
    story_customer(&t, "silent", "ann@silent.example"); /* never agreed to marketing */
    ORDER(&t, "silent", "2025-12-10 10:00");
    left(&t, "silent", "2026-01-05 10:00", "lost_touch");
    story_ticks(&t, "2026-05-07 10:00");
    assert_int_equal(story_send(&t), 0);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) assert_int_equal(story_count(&t, ends[i].id, EVENT_win_back_sent), 1);
    assert_int_equal(story_count(&t, "silent", EVENT_win_back_sent), 0);
    story_end(&t);
}

/* By reason: undercut is left alone; who died or closed is never written to; a failure of ours is put right first, and then told. */
static void reasons(void **state) {
    story t;
    story_begin(&t, store_of(state), AUTOMATIC);
    const char *const alone[] = {"undercut", "return_too_easy", "deceased_or_closed"};
    for (size_t i = 0; i < 3; i++) {
        customer(&t, alone[i]);
        left(&t, alone[i], "2026-01-05 10:00", alone[i]);
    }
    customer(&t, "failed");
    story_event(&t, "failed", EVENT_case_open, "c1", "2026-01-02 10:00", "{\"number\": \"c1\", \"subject\": \"late again\", \"severity\": \"high\"}");
    left(&t, "failed", "2026-01-05 10:00", "poor_after_sales");
    story_ticks(&t, "2026-01-12 10:00");
    STATE("failed", "win_back", "put_right", "none"); /* the case is open: recovery has it */
    STATE("failed", "win_back", "ask", "none");
    story_event(&t, "failed", EVENT_case_resolve, "c1", "2026-01-13 10:00", "{\"number\": \"c1\", \"cause\": \"a full depot\", \"put_right\": \"a second depot\"}");
    story_ticks(&t, "2026-01-20 10:00");
    STATE("failed", "win_back", "ask", "in the outbox");
    /* Nothing on record that it was put right: a person is asked to, and what they note is what the words say. */
    customer(&t, "unmended");
    left(&t, "unmended", "2026-01-05 10:00", "promise_broken");
    story_ticks(&t, "2026-01-21 10:00");
    STATE("unmended", "win_back", "put_right", "open");
    OWNER("unmended", "win_back", "put_right", "Ops");
    STATE("unmended", "win_back", "ask", "none");
    story_done(&t, "unmended", "win_back", "put_right", "your loan machine is here", NULL);
    story_ticks(&t, "2026-01-22 10:00");
    STATE("unmended", "win_back", "ask", "none");
    story_ticks(&t, "2026-01-29 10:00");
    STATE("unmended", "win_back", "ask", "in the outbox");
    for (size_t i = 0; i < 3; i++) STATE(alone[i], "win_back", "ask", "none");
    story_ticks(&t, "2026-11-20 10:00");
    for (size_t i = 0; i < 3; i++) {
        STATE(alone[i], "win_back", "ask", "none");
        STATE(alone[i], "stay_in_touch", "hello", "none");
    }
    story_end(&t);
}

/* What is not worth it is not done: a customer of little, who could return anyway. The letter is for those who are worth one. */
static void worth(void **state) {
    story t;
    story_begin(&t, store_of(state), "follow_up: {mode: off}\npreferences: {mode: off}\ndelight: {mode: off}\ntwo_parents: {mode: off}\nreview: {mode: off}\nserve: {email: 30}\nwin_back: {holdout: 0.02, letter_from: 200, mode: automatic}\n");
    customer(&t, "much"); /* 8 x 50 x .4 x 2 = 320 of margin: a letter */
    left(&t, "much", "2026-01-05 10:00", "lost_touch");
    story_customer(&t, "little", "ann@little.example"); /* 50 x .4 x 2 = 40, of which a fifth is less than the 30 of a message */
    story_event(&t, "little", EVENT_consent_given, "", "2025-06-01 10:00", "{\"purpose\": \"marketing\"}");
    ORDER(&t, "little", "2025-12-10 10:00");
    left(&t, "little", "2026-01-05 10:00", "lost_touch");
    story_ticks(&t, "2026-02-05 10:00");
    STATE("little", "win_back", "ask", "none");
    STATE("much", "win_back", "ask", "open");
    const json_t *a = story_action(&t, "much", "win_back", "ask");
    assert_string_equal(json_string_value(json_object_get(a, "channel")), "letter");
    assert_int_equal(json_integer_value(json_object_get(a, "value_minor")), 32000);
    assert_float_equal(json_number_value(json_object_get(a, "effect")), .2, 1e-9);
    story_end(&t);
}

/* Held out for good and on record, whatever the settings say later; the share is the settings'; both arms become counts, and the counts the chances. */
static void holdout(void **state) {
    story t;
    mr_error err = {0};
    char id[16];
    size_t held = 0, treated = 0;
    story_begin(&t, store_of(state), QUIET "win_back: {mode: automatic, holdout: 0.5, letter_from: 1000000}\n");
    for (int i = 0; i < 40; i++) {
        snprintf(id, sizeof id, "h%d", i);
        customer(&t, id);
        left(&t, id, "2026-01-05 10:00", "lost_touch");
    }
    story_ticks(&t, "2026-02-05 10:00");
    t.c.win_back_holdout = 0.02; /* later settings change nothing of what was drawn */
    story_send(&t);
    for (int i = 0; i < 40; i++) {
        snprintf(id, sizeof id, "h%d", i);
        bool out = !strcmp(story_state(&t, id, "win_back", "held_out"), "dropped");
        held += out;
        treated += story_count(&t, id, EVENT_win_back_sent) == 1;
        assert_true(out == (story_count(&t, id, EVENT_win_back_sent) == 0));
        if (i % 4 == 0 && !out) ORDER(&t, id, "2026-03-01 10:00");
        if (i % 8 == 0 && out) ORDER(&t, id, "2026-03-01 10:00");
    }
    assert_int_equal(held + treated, 40);
    assert_in_range(held, 10, 30);
    story_ticks(&t, "2026-06-10 10:00");
    story_send(&t);
    win_back_counts counts[WIN_BACK_CLASSES];
    trace_options o = {.currency = "EUR"};
    assert_ok(knowledge_win_back_learn(t.l, &o, (int32_t)(story_time("2026-04-01 10:00") / 86400000000), counts, &err), &err);
    assert_int_equal(counts[WIN_BACK_relation].asked, 0); /* not ripe: ninety days are not over */
    assert_ok(knowledge_win_back_learn(t.l, &o, (int32_t)(story_time("2026-05-10 10:00") / 86400000000), counts, &err), &err);
    size_t held_back = 0, treated_back = 0;
    for (int i = 0; i < 40; i++) {
        snprintf(id, sizeof id, "h%d", i);
        bool out = !strcmp(story_state(&t, id, "win_back", "held_out"), "dropped");
        if (out) assert_int_equal(story_count(&t, id, EVENT_win_back_sent), 0); /* never treated */
        treated_back += i % 4 == 0 && !out;
        held_back += i % 8 == 0 && out;
    }
    assert_int_equal(counts[WIN_BACK_relation].asked, treated);
    assert_int_equal(counts[WIN_BACK_relation].asked_back, treated_back);
    assert_int_equal(counts[WIN_BACK_relation].held, held);
    assert_int_equal(counts[WIN_BACK_relation].held_back, held_back);
    json_t *document = knowledge_win_back_document(counts);
    win_back_counts read[WIN_BACK_CLASSES];
    knowledge_win_back_read(document, read);
    assert_memory_equal(read, counts, sizeof read);
    json_decref(document);
    story_end(&t);
}

/* Twice a year, until the first no; back to active with the next order. */
static void moved(void **state) {
    story t;
    story_begin(&t, store_of(state), AUTOMATIC);
    customer(&t, "m");
    customer(&t, "n");
    customer(&t, "near");
    story_event(&t, "m", EVENT_moved, "", "2026-01-05 10:00", "{\"out_of_area\": true}");
    story_event(&t, "near", EVENT_moved, "", "2026-01-05 10:00", "{\"out_of_area\": false}");
    story_event(&t, "n", EVENT_need_ended, "", "2026-01-05 10:00", "{\"reason\": \"sold the car\"}");
    customer(&t, "dead");
    story_event(&t, "dead", EVENT_need_ended, "", "2026-01-05 10:00", "{\"closed\": true}");
    story_ticks(&t, "2026-06-01 10:00");
    STATE("m", "stay_in_touch", "hello", "none");
    STATE("m", "win_back", "ask", "none");
    story_ticks(&t, "2026-07-07 10:00");
    STATE("m", "stay_in_touch", "hello", "in the outbox");
    STATE("n", "stay_in_touch", "hello", "in the outbox");
    STATE("near", "stay_in_touch", "hello", "none");
    STATE("dead", "stay_in_touch", "hello", "none");
    assert_int_equal(story_send(&t), 2);
    assert_int_equal(story_count(&t, "m", EVENT_win_back_sent), 0);
    story_event(&t, "n", EVENT_need_ended, "", "2026-07-08 10:00", "{\"reason\": \"no, thank you\"}");
    story_ticks(&t, "2026-09-07 10:00");
    assert_int_equal(story_send(&t), 0);
    story_ticks(&t, "2027-01-06 10:00");
    assert_int_equal(story_send(&t), 1); /* m alone: n said no */
    story_event(&t, "m", EVENT_touch_in, "", "2027-01-10 10:00", "{\"channel\": \"email\", \"comment\": \"All well, and you?\"}");
    story_ticks(&t, "2027-07-08 10:00");
    STATE("m", "stay_in_touch", "hello", "proposed"); /* a person reads the answer first */
    customer(&t, "nein");
    story_event(&t, "nein", EVENT_moved, "", "2026-01-06 10:00", "{\"out_of_area\": true}");
    story_event(&t, "nein", EVENT_touch_in, "", "2026-01-10 10:00", "{\"channel\": \"email\", \"comment\": \" Nein, danke! \"}");
    story_ticks(&t, "2027-07-09 10:00");
    STATE("nein", "stay_in_touch", "hello", "none");
    ORDER(&t, "m", "2027-07-20 10:00");
    story_ticks(&t, "2027-08-07 10:00");
    STATE("m", "stay_in_touch", "hello", "lapsed"); /* they are back */
    assert_int_equal(story_send(&t), 0);
    story_end(&t);
}

static void trouble(story *t, const char *id, bool promise_broken) {
    char number[16], body[200], at[20];
    customer(t, id);
    for (int i = 0; i < 5; i++) {
        snprintf(number, sizeof number, "%s%d", id, i);
        snprintf(at, sizeof at, "2026-01-%02d 10:00", 3 + 5 * i);
        snprintf(body, sizeof body, "{\"number\": \"%s\", \"severity\": \"low\"}", number);
        story_event(t, id, EVENT_case_open, number, at, body);
        snprintf(at, sizeof at, "2026-01-%02d 12:00", 3 + 5 * i);
        snprintf(body, sizeof body, "{\"number\": \"%s\", \"minutes\": 120, \"put_right\": \"new\", \"cause\": \"x\", \"owner\": \"Ops\", \"told\": \"2026-01-28T10:00:00Z\"}", number);
        story_event(t, id, EVENT_case_resolve, number, at, body);
    }
    story_event(t, id, EVENT_survey, "", "2026-01-26 10:00", "{\"name\": \"csat\", \"score\": 1, \"scale\": 5}");
    story_event(t, id, EVENT_survey, "", "2026-01-27 10:00", "{\"name\": \"csat\", \"score\": 1, \"scale\": 5}");
    if (promise_broken) story_event(t, id, EVENT_promise_broken, "p1", "2026-01-27 11:00", "{\"number\": \"p1\"}");
}

/* An offer to who left is never worth more than what a loyal customer of the same tier and product was shown within twelve months: without one none, with one this, after a year none again. */
static void fair(void **state) {
    static const char *const settings = AUTOMATIC "offers:\n  - {name: gift, kind: discount, title: A fifth off, text: For three months, places: [desk, win_back], benefit: 0.2, holdout: 0.02}\n"
                                                  "strategic: [first, second, third, loyal]\n";
    static const struct {
        const char *id, *left, *ask;
        bool offered;
    } rows[] = {{"first", "2026-01-05 10:00", "2026-02-05 10:00", false}, {"second", "2026-03-05 10:00", "2026-04-07 10:00", true}, {"third", "2027-04-05 10:00", "2027-05-06 10:00", false}};
    story t;
    mr_error err = {0};
    whole w = {0};
    offering o;
    story_begin(&t, store_of(state), settings);
    customer(&t, "loyal");
    for (size_t i = 0; i < 3; i++) {
        if (i == 1) { /* planted */
            assert_ok(whole_read(t.l, story_id(&t, "loyal"), &w, &err), &err);
            assert_ok(offering_draw(t.l, &w, &t.c, OFFERING_DESK, 1, REASON_lost_touch, "phone", story_time("2026-03-01 10:00"), &o, &err), &err);
            assert_true(o.shown);
            whole_free(&w);
        }
        customer(&t, rows[i].id);
        if (i == 2) ORDER(&t, "third", "2027-03-01 10:00");
        left(&t, rows[i].id, rows[i].left, "lost_touch");
        story_tick(&t, rows[i].ask);
        story_tick(&t, rows[i].ask); /* the offer shown is an event, and looked at */
        assert_int_equal(t.counts.made + t.counts.lapsed + t.counts.outbox, 0);
        STATE(rows[i].id, "win_back", "ask", "in the outbox");
        const json_t *values = json_object_get(json_object_get(story_action(&t, rows[i].id, "win_back", "ask"), "document"), "values");
        const char *title = json_string_value(json_object_get(values, "offer.title"));
        if (rows[i].offered) assert_string_equal(title, "A fifth off");
        else assert_null(title);
        story_send(&t);
        assert_int_equal(story_count(&t, rows[i].id, EVENT_offer_shown), rows[i].offered);
    }
    story_end(&t);
}

static void let_go(void **state) {
    story t;
    story_begin(&t, store_of(state), QUIET "let_go: {mode: automatic}\n");
    trouble(&t, "x", false);  /* 400 at .4 is 160; ten hours of cases are 450 */
    trouble(&t, "ours", true);
    customer(&t, "fine");
    story_ticks(&t, "2026-02-02 10:00");
    STATE("x", "let_go", "decide", "open");
    OWNER("x", "let_go", "decide", "Sen");
    STATE("ours", "let_go", "decide", "none"); /* we broke our word: it is not them */
    STATE("fine", "let_go", "decide", "none");
    STATE("x", "let_go", "farewell", "none");  /* nothing is said before a person decided */
    story_done(&t, "x", "let_go", "decide", "we do not suit each other", NULL);
    story_ticks(&t, "2026-02-03 10:00");
    STATE("x", "let_go", "farewell", "proposed"); /* a draft, though the programme is automatic */
    story_end(&t);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {BOTH(asked), BOTH(stops), BOTH(reasons), BOTH(worth), BOTH(holdout), BOTH(moved), BOTH(fair), BOTH(let_go)};
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
