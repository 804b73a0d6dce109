/* The save desk, as stories: on both stores, every tick twice. */
#include "story.h"

#include <desk_card.h>
#include <desk_done.h>
#include <desk_record.h>
#include <leave_step.h>
#include <offers.h>
#include <save_desk.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char two[] = "tiers:\n  - {name: gold, cadence_days: 91}\nsave_desk:\n  people: [Ada, Bea]\nexit:\n  mode: off\n";
static const char with_people[] = "  - {name: Ada, role: sales}\n  - {name: Bea, role: sales}\n";

/* story.c's people come last in its text, so that more may follow. */
static void begin(story *t, void **state, const char *settings) {
    const store *s = store_of(state); /* skips where there is none */
    text_buffer text = {0};
    text_puts(&text, with_people);
    text_puts(&text, settings);
    text_terminate(&text);
    story_begin(t, s, text.data);
    text_free(&text);
}

static void tick(story *t, const char *at) {
    story_tick(t, at);
    story_tick(t, at);
    assert_int_equal(t->counts.looked, 0);
}

#define STATE(customer, want) assert_string_equal(story_state(&t, customer, "save_desk", "call"), want)

static void done(story *t, const char *customer, const char *result) {
    mr_error err = {0};
    const char *event;
    char id[32];
    const json_t *a = story_action(t, customer, "save_desk", "call");
    assert_non_null(a);
    snprintf(id, sizeof id, "%s", json_string_value(json_object_get(a, "id")));
    const task_answer answer = {.by = "Ada", .note = "", .result = result, .now_us = t->now_us};
    assert_ok(task_done(t->l, id, &answer, &event, &err), &err);
}

static void sql(story *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void sql(story *t, const char *format, ...) {
    char text[1024];
    mr_error err = {0};
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    assert_ok(db_execute(t->l->d, text, &err), &err);
}

static void forecast(story *t, const char *id, const char *at, long long value, long long at_risk) {
    sql(t, "INSERT INTO forecast (customer_id, model_id, scored_at_us, until_day, horizon_days, orders, p_alive, p_order, expected_orders, expected_low, expected_high, rhythm_days, next_order_days, value_minor, value_at_risk_minor, currency, "
           "stage) VALUES (%lld, 7, %lld, 20000, 365, 3, 0.5, 0.4, 1, 0, 2, 30, 40, %lld, %lld, 'EUR', 'overdue')",
        (long long)story_id(t, id), (long long)story_time(at), value, at_risk);
}

static const char *doc(story *t, const char *customer, const char *field) {
    const json_t *values = json_object_get(json_object_get(story_action(t, customer, "save_desk", "call"), "document"), "values");
    const char *text = json_string_value(json_object_get(values, field));
    return text ? text : "";
}

static bool says(story *t, const char *customer, const char *words) {
    const json_t *why = json_object_get(json_object_get(story_action(t, customer, "save_desk", "call"), "document"), "why"), *o;
    size_t i;
    json_array_foreach(why, i, o) if (strstr(json_string_value(o), words)) return true;
    return false;
}

static void contract(story *t, const char *id, const char *number, const char *start) {
    char body[160];
    snprintf(body, sizeof body, "{\"number\": \"%s\", \"product\": \"Roastery plan\", \"renewal\": \"2026-11-01\", \"notice_days\": 30, \"period_months\": 1}", number);
    story_customer(t, id, "");
    story_event(t, id, EVENT_contract_start, number, start, body);
}

/* --- stories --- */

static void who_wants_to_leave(void **state) {
    story t;
    begin(&t, state, two);
    contract(&t, "a", "K1", "2025-11-01 09:00");
    tick(&t, "2026-03-02 10:00");
    STATE("a", "none");
    story_event(&t, "a", EVENT_leave_intent, "K1", "2026-03-03 10:00", "{\"number\": \"K1\", \"reason_code\": \"poor_after_sales\", \"feedback\": \"nobody answers\"}");
    tick(&t, "2026-03-03 10:01");
    STATE("a", "open");
    assert_true(says(&t, "a", "want to leave: Roastery plan") && says(&t, "a", "Nobody helps me") && says(&t, "a", "nobody answers") && says(&t, "a", "It came to"));
    assert_string_equal(doc(&t, "a", "desk_kind"), "leaving");
    const char *owner = story_owner(&t, "a", "save_desk", "call");
    assert_true(!strcmp(owner, "Ada") || !strcmp(owner, "Bea"));
    assert_string_equal(json_string_value(json_object_get(story_action(&t, "a", "save_desk", "call"), "reason")), "poor_after_sales");
    done(&t, "a", "not_reached");
    tick(&t, "2026-03-03 12:00");
    STATE("a", "done");
    tick(&t, "2026-03-06 10:00"); /* three days later, by the same */
    STATE("a", "open");
    assert_true(strstr(json_string_value(json_object_get(story_action(&t, "a", "save_desk", "call"), "what")), "call 2 of 3"));
    done(&t, "a", "later");
    tick(&t, "2026-03-09 10:00");
    STATE("a", "open");
    story_event(&t, "a", EVENT_leave_confirmed, "K1", "2026-03-09 11:00", "{\"number\": \"K1\"}");
    tick(&t, "2026-03-09 11:01"); /* confirmed: nobody stands in the way */
    STATE("a", "lapsed");
    story_end(&t);
}

static void at_most_three(void **state) {
    story t;
    begin(&t, state, two);
    contract(&t, "a", "K1", "2025-11-01 09:00");
    story_event(&t, "a", EVENT_leave_intent, "K1", "2026-03-02 10:00", "{\"number\": \"K1\"}");
    static const char *const at[] = {"2026-03-02 10:01", "2026-03-05 10:00", "2026-03-09 10:00", "2026-03-13 10:00", "2026-03-30 10:00"};
    for (int i = 0; i < 5; i++) {
        tick(&t, at[i]);
        STATE("a", i < 3 ? "open" : "done");
        if (i < 3) done(&t, "a", "not_reached");
    }
    story_end(&t);
}

static void a_renewal_ends_it(void **state) {
    story t;
    begin(&t, state, two);
    contract(&t, "a", "K1", "2025-11-01 09:00");
    story_event(&t, "a", EVENT_leave_intent, "K1", "2026-03-02 10:00", "{\"number\": \"K1\"}");
    tick(&t, "2026-03-02 10:01");
    STATE("a", "open");
    tick(&t, "2026-06-02 10:01"); /* only they end it, and no lapse of time */
    STATE("a", "open");
    story_event(&t, "a", EVENT_contract_renew, "K1", "2026-06-03 10:00", "{\"number\": \"K1\", \"renewal\": \"2027-11-01\"}");
    tick(&t, "2026-06-03 10:01");
    STATE("a", "lapsed");
    contract(&t, "old", "K2", "2020-11-01 09:00"); /* old records call nobody */
    story_event(&t, "old", EVENT_leave_intent, "K2", "2021-03-02 10:00", "{\"number\": \"K2\"}");
    tick(&t, "2026-06-03 11:01");
    STATE("old", "none");
    story_end(&t);
}

static void who_asks_for_less(void **state) {
    story t;
    begin(&t, state, two);
    contract(&t, "a", "K1", "2025-11-01 09:00");
    story_event(&t, "a", EVENT_downgrade_request, "K1", "2026-03-02 10:00", "{\"number\": \"K1\", \"reason\": \"our budget was cut\"}");
    tick(&t, "2026-03-02 10:01");
    STATE("a", "open");
    assert_string_equal(doc(&t, "a", "desk_kind"), "less");
    assert_string_equal(json_string_value(json_object_get(story_action(&t, "a", "save_desk", "call"), "reason")), "budget_cut");
    story_event(&t, "a", EVENT_contract_change, "K1", "2026-03-03 10:00", "{\"number\": \"K1\", \"seats\": 2}");
    tick(&t, "2026-03-03 10:01");
    STATE("a", "lapsed");
    story_end(&t);
}

static void who_said_nothing(void **state) {
    story t;
    begin(&t, state, two);
    static const char *const ids[] = {"big", "small", "safe", "no"};
    for (int i = 0; i < 4; i++) {
        story_customer(&t, ids[i], "");
        story_event(&t, ids[i], EVENT_order, "", "2026-01-05 10:00", "{\"product\": \"beans\"}");
    }
    forecast(&t, "big", "2026-03-01 10:00", 40000, 60000);
    forecast(&t, "small", "2026-03-01 10:00", 4000, 6000);
    forecast(&t, "safe", "2026-03-01 10:00", 400000, 60000);
    forecast(&t, "no", "2026-03-01 10:00", 40000, 60000);
    story_event(&t, "no", EVENT_consent_withdrawn, "", "2026-01-06 10:00", "{\"purpose\": \"marketing\"}");
    tick(&t, "2026-03-02 10:00");
    STATE("big", "open");
    STATE("small", "none"); /* too little to lose */
    STATE("safe", "none");  /* too little of it */
    STATE("no", "none");    /* does not want to be called */
    done(&t, "big", "saved");
    tick(&t, "2026-03-03 10:00");
    STATE("big", "done");
    sql(&t, "UPDATE forecast SET scored_at_us = %lld", (long long)story_time("2026-06-01 10:00"));
    tick(&t, "2026-06-02 10:00"); /* a quarter later, and it is so again */
    STATE("big", "open");
    sql(&t, "UPDATE forecast SET value_at_risk_minor = 100");
    story_event(&t, "big", EVENT_order, "", "2026-06-04 10:00", "{\"product\": \"beans\"}");
    tick(&t, "2026-06-04 10:01");
    STATE("big", "lapsed");
    story_end(&t);
}

/* What they leave for says what a call can change; who is gone for good is not called. */
static void what_a_call_changes(void **state) {
    story t;
    begin(&t, state, two);
    static const char *const code[][2] = {{"a", "poor_after_sales"}, {"b", "moved"}, {"c", "deceased_or_closed"}};
    for (int i = 0; i < 3; i++) {
        char number[16], body[96];
        snprintf(number, sizeof number, "K%d", i);
        contract(&t, code[i][0], number, "2025-11-01 09:00");
        snprintf(body, sizeof body, "{\"number\": \"%s\", \"reason_code\": \"%s\"}", number, code[i][1]);
        story_event(&t, code[i][0], EVENT_leave_intent, number, "2026-03-02 10:00", body);
    }
    tick(&t, "2026-03-02 10:01");
    assert_true(json_number_value(json_object_get(story_action(&t, "a", "save_desk", "call"), "effect")) == .2);
    assert_true(json_number_value(json_object_get(story_action(&t, "b", "save_desk", "call"), "effect")) == .05);
    STATE("c", "none");
    story_end(&t);
}

/* Somebody is taken out of the settings in the midst of their cases. */
static void deleted(void **state) {
    story t;
    mr_error err = {0};
    char owner[16], id[24];
    const char *event;
    begin(&t, state, two);
    for (int i = 0; i < 6; i++) {
        char number[16];
        snprintf(id, sizeof id, "c%d", i);
        snprintf(number, sizeof number, "K%d", i);
        contract(&t, id, number, "2025-11-01 09:00");
        story_event(&t, id, EVENT_leave_intent, number, "2026-03-02 10:00", "{}");
    }
    tick(&t, "2026-03-02 10:01");
    snprintf(owner, sizeof owner, "%s", story_owner(&t, "c0", "save_desk", "call"));
    const char *other = strcmp(owner, "Ada") ? "Ada" : "Bea";
    int theirs = 0;
    for (int i = 1; i < 6; i++) {
        snprintf(id, sizeof id, "c%d", i);
        theirs += !strcmp(story_owner(&t, id, "save_desk", "call"), owner);
    }
    /* One of them a person gave to somebody outside: theirs to keep. */
    snprintf(id, sizeof id, "%s", json_string_value(json_object_get(story_action(&t, "c5", "save_desk", "call"), "id")));
    assert_ok(task_assign(t.l, id, "Agency", NULL, t.now_us, &err), &err);
    text_buffer text = {0};
    text_printf(&text, "company:\n  time_zone: Europe/Berlin\npeople:\n  - {name: Sal, role: sales}\n  - {name: %s, role: sales}\nsave_desk:\n  people: [%s]\nexit:\n  mode: off\n", other, other);
    text_terminate(&text);
    config_free(&t.c);
    t.c = (config){0};
    assert_ok(config_read("later.yaml", text.data, text.len, NULL, NULL, &t.c, &err), &err);
    text_free(&text);
    tick(&t, "2026-03-02 10:05");
    for (int i = 0; i < 6; i++) {
        snprintf(id, sizeof id, "c%d", i);
        STATE(id, "open"); /* nothing lost */
        assert_string_equal(story_owner(&t, id, "save_desk", "call"), i == 5 ? "Agency" : other);
    }
    assert_true(says(&t, "c0", "is not among our people any more, so it comes to"));
    assert_string_equal(doc(&t, "c0", "routed_by"), "record"); /* nobody's lot any more */
    assert_string_equal(doc(&t, "c0", "routed_to"), other);
    tick(&t, "2026-03-03 10:05");
    assert_true(says(&t, "c0", "is not among our people any more, so it comes to")); /* and still says so */
    snprintf(id, sizeof id, "%s", json_string_value(json_object_get(story_action(&t, "c0", "save_desk", "call"), "id")));
    assert_ok(task_done(t.l, id, &(task_answer){.by = other, .note = "", .result = "saved", .now_us = t.now_us}, &event, &err), &err);
    (void)theirs;
    story_end(&t);
}

/* The second call is by the same person, and goes over as the first would. */
static void deleted_after_a_call(void **state) {
    story t;
    mr_error err = {0};
    char owner[16];
    begin(&t, state, two);
    contract(&t, "a", "K1", "2025-11-01 09:00");
    story_event(&t, "a", EVENT_leave_intent, "K1", "2026-03-02 10:00", "{}");
    tick(&t, "2026-03-02 10:01");
    snprintf(owner, sizeof owner, "%s", story_owner(&t, "a", "save_desk", "call"));
    const char *other = strcmp(owner, "Ada") ? "Ada" : "Bea";
    done(&t, "a", "not_reached");
    tick(&t, "2026-03-05 10:00");
    STATE("a", "open");
    assert_string_equal(story_owner(&t, "a", "save_desk", "call"), owner);
    text_buffer text = {0};
    text_printf(&text, "company:\n  time_zone: Europe/Berlin\npeople:\n  - {name: %s, role: sales}\nexit:\n  mode: off\n", other);
    text_terminate(&text);
    config_free(&t.c);
    t.c = (config){0};
    assert_ok(config_read("later.yaml", text.data, text.len, NULL, NULL, &t.c, &err), &err);
    text_free(&text);
    tick(&t, "2026-03-05 10:05");
    STATE("a", "open");
    assert_string_equal(story_owner(&t, "a", "save_desk", "call"), other);
    assert_true(says(&t, "a", "is not among our people any more, so it comes to"));
    story_end(&t);
}

/* Sixty cases, of which Ada keeps most and Bea few: what is learnt of them, and by chance. */
static void learnt(void **state) {
    story t;
    mr_error err = {0};
    char id[24], number[16];
    begin(&t, state, two);
    for (int i = 0; i < 60; i++) {
        snprintf(id, sizeof id, "c%d", i);
        snprintf(number, sizeof number, "K%d", i);
        contract(&t, id, number, "2025-11-01 09:00");
        story_event(&t, id, EVENT_leave_intent, number, "2026-03-02 10:00", "{\"reason_code\": \"poor_after_sales\"}");
    }
    tick(&t, "2026-03-02 10:01");
    int ada = 0, kept = 0, lots = 0;
    for (int i = 0; i < 60; i++) {
        snprintf(id, sizeof id, "c%d", i);
        snprintf(number, sizeof number, "K%d", i);
        bool hers = !strcmp(story_owner(&t, id, "save_desk", "call"), "Ada"), stays = hers ? i % 5 != 0 : i % 5 == 0;
        lots += !strcmp(doc(&t, id, "routed_by"), "random");
        ada += hers;
        kept += stays;
        if (stays) story_event(&t, id, EVENT_contract_renew, number, "2026-03-10 10:00", "{\"renewal\": \"2027-11-01\"}");
        else if (i % 2) story_event(&t, id, EVENT_leave_confirmed, number, "2026-03-12 10:00", "{}"); /* the rest never said; they are not kept */
    }
    assert_in_range(ada, 12, 48); /* nobody is known yet: by draws */
    assert_in_range(lots, 1, 15);
    desk_record *r;
    assert_ok(desk_record_learn(t.l, (int32_t)(story_time("2026-03-20 00:00") / LOOK_DAY_US), &r, &err), &err);
    assert_null(r); /* none is over yet */
    assert_ok(desk_record_learn(t.l, (int32_t)(story_time("2026-04-10 00:00") / LOOK_DAY_US), &r, &err), &err);
    assert_non_null(r);
    assert_int_equal(r->people, 2);
    double cases = 0, all = 0;
    for (size_t i = 0; i < r->n; i++) cases += r->count[i].cases, all += r->count[i].kept;
    assert_int_equal((int)cases, 60);
    assert_int_equal((int)all, kept);
    assert_int_equal((int)(r->by_lot.cases + r->by_record.cases), 60);
    assert_int_equal((int)r->by_lot.cases, lots);
    /* Kept as a document, and read again, it is the same. */
    json_t *o = desk_record_document(r);
    desk_record *again;
    assert_ok(desk_record_read(o, &again, &err), &err);
    routing_effect a = routing_effect_of(again->model, desk_record_person(again, "Ada"), REASON_poor_after_sales, 0), b = routing_effect_of(again->model, desk_record_person(again, "Bea"), REASON_poor_after_sales, 0);
    assert_true(a.mean > .3 && b.mean < -.3);
    assert_true(a.mean == routing_effect_of(r->model, desk_record_person(r, "Ada"), REASON_poor_after_sales, 0).mean);
    json_decref(o);
    desk_record_free(r);
    t.known.desk = again;
    /* From now on most go to Ada, not all. */
    for (int i = 60; i < 120; i++) {
        snprintf(id, sizeof id, "c%d", i);
        snprintf(number, sizeof number, "K%d", i);
        contract(&t, id, number, "2025-11-01 09:00");
        story_event(&t, id, EVENT_leave_intent, number, "2026-04-10 10:00", "{\"reason_code\": \"poor_after_sales\"}");
    }
    tick(&t, "2026-04-10 10:01");
    ada = 0;
    for (int i = 60; i < 120; i++) {
        snprintf(id, sizeof id, "c%d", i);
        ada += !strcmp(story_owner(&t, id, "save_desk", "call"), "Ada");
    }
    assert_in_range(ada, 48, 59);
    /* Somebody objects: nothing of theirs is learnt. */
    story_event(&t, "c0", EVENT_consent_withdrawn, "", "2026-04-10 11:00", "{\"purpose\": \"profiling\"}");
    assert_ok(desk_record_learn(t.l, (int32_t)(story_time("2026-04-10 00:00") / LOOK_DAY_US), &r, &err), &err);
    cases = 0;
    for (size_t i = 0; i < r->n; i++) cases += r->count[i].cases;
    assert_int_equal((int)cases, 59);
    desk_record_free(r);
    story_end(&t);
}

/* --- the card, and what came of it --- */

static const char with_offers[] = "tiers:\n  - {name: gold, cadence_days: 91}\nsave_desk:\n  people: [Ada, Bea]\nexit:\n  mode: off\noffers:\n"
                                  "  - {name: pause, kind: pause, title: A pause, reasons: [poor_after_sales], places: [desk, exit], cost: 30 EUR, holdout: 0.5, cap: 6, cap_days: 91, expires_days: 30}\n";

static json_t *next(story *t, const char *at) {
    mr_error err = {0};
    json_t *card;
    const desk_ask a = {.l = t->l, .c = &t->c, .now_us = story_time(at)};
    assert_ok(desk_next(&a, &card, &err), &err);
    return card;
}

static mr_status answer(story *t, const char *id, desk_outcome outcome, int offer, const char *at, mr_error *err) {
    const desk_answer a = {.outcome = outcome, .offer = offer, .by = "", .note = "", .now_us = story_time(at)};
    return desk_done(t->l, &t->c, id, &a, err);
}

static const char *text_of(const json_t *o, const char *field) {
    const char *text = json_string_value(json_object_get(o, field));
    return text ? text : "";
}

static int state_of(story *t, const char *customer) {
    mr_error err = {0};
    offer_draws all = {0};
    assert_ok(offer_draws_of(t->l, story_id(t, customer), &all, &err), &err);
    assert_in_range(all.n, 0, 1);
    int state = all.n ? all.row[0].state : -1;
    offer_draws_free(&all);
    return state;
}

static exit_state flow_of(story *t, const char *customer, const char *number) {
    mr_error err = {0};
    whole w = {0};
    leave_flow f;
    assert_ok(whole_read(t->l, story_id(t, customer), &w, &err), &err);
    leave_flow_of(&w, ledger_subject(t->l, "shop", "contract", number, strlen(number)), LEAVE_ALL, 0, &f);
    whole_free(&w);
    return f.flow.state;
}

/* Everybody's card says an offer or none; none is said in the same way to who is held out, beyond the cap, or fits no offer. */
static void cards(void **state) {
    story t;
    mr_error err = {0};
    char id[24], number[16];
    size_t shown = 0, held = 0;
    begin(&t, state, with_offers);
    for (int i = 0; i < 24; i++) {
        snprintf(id, sizeof id, "c%d", i);
        snprintf(number, sizeof number, "K%d", i);
        contract(&t, id, number, "2025-11-01 09:00");
        sql(&t, "UPDATE customer SET phone = '+49 30 1234%02d' WHERE customer_id = %lld", i, (long long)story_id(&t, id));
        story_event(&t, id, EVENT_leave_intent, number, "2026-03-02 10:00", i ? "{\"reason_code\": \"poor_after_sales\"}" : "{\"reason_code\": \"moved\"}");
    }
    tick(&t, "2026-03-02 10:01");
    for (int i = 0; i < 24; i++) {
        json_t *card = next(&t, "2026-03-02 11:00"), *again = next(&t, "2026-03-02 11:05");
        assert_non_null(card);
        assert_string_equal(text_of(card, "id"), text_of(again, "id"));
        assert_true(json_equal(json_object_get(card, "offer"), json_object_get(again, "offer")));
        const json_t *offer = json_object_get(card, "offer");
        const char *customer = text_of(card, "customer");
        int was = state_of(&t, customer);
        shown += json_is_object(offer);
        held += was == OFFER_HELD;
        assert_true(json_is_object(offer) ? was == OFFER_SHOWN : json_is_null(offer) && was != OFFER_SHOWN);
        assert_string_equal(text_of(json_object_get(card, "call"), "verdict"), "now");
        char text[24];
        snprintf(text, sizeof text, "%s", text_of(card, "id"));
        snprintf(number, sizeof number, "K%s", customer + 1);
        if (json_is_object(offer)) {
            assert_int_equal(answer(&t, text, DESK_LEFT, 1, "2026-03-02 11:10", &err), MR_EDATA);
            assert_ok(answer(&t, text, DESK_SAVED, 1, "2026-03-02 11:10", &err), &err);
            assert_ok(answer(&t, text, DESK_SAVED, 1, "2026-03-02 11:11", &err), &err); /* after a crash */
            assert_int_equal(state_of(&t, customer), OFFER_ACCEPTED);
            assert_int_equal(flow_of(&t, customer, number), EXIT_STAYED);
            assert_int_equal(answer(&t, text, DESK_SAVED, 0, "2026-03-02 11:12", &err), MR_EDATA);
        } else {
            assert_int_equal(answer(&t, text, DESK_SAVED, 1, "2026-03-02 11:10", &err), MR_EDATA);
            desk_outcome outcome = i % 2 ? DESK_SAVED : DESK_LEFT;
            assert_ok(answer(&t, text, outcome, -1, "2026-03-02 11:10", &err), &err);
            assert_int_equal(flow_of(&t, customer, number), outcome == DESK_SAVED ? EXIT_STAYED : EXIT_LEFT);
            assert_int_equal(answer(&t, text, DESK_LATER, -1, "2026-03-02 11:12", &err), MR_EDATA);
        }
        json_decref(card);
        json_decref(again);
    }
    assert_int_equal(shown, 6); /* the cap */
    assert_true(held >= 3);
    assert_null(next(&t, "2026-03-02 11:30"));
    tick(&t, "2026-03-02 12:00");
    assert_null(next(&t, "2026-03-02 12:30"));
    story_end(&t);
}

/* The customer was quicker: what the call came to is put on record even so. Nobody telephones at night, nor who said that they do not want it. */
static void when_and_late(void **state) {
    story t;
    mr_error err = {0};
    char id[24];
    begin(&t, state, two);
    contract(&t, "a", "K1", "2025-11-01 09:00");
    contract(&t, "b", "K2", "2025-11-01 09:00");
    sql(&t, "UPDATE customer SET phone = '+49 30 123456'");
    story_event(&t, "a", EVENT_leave_intent, "K1", "2026-03-02 10:00", "{}");
    story_event(&t, "b", EVENT_leave_intent, "K2", "2026-03-02 10:00", "{}");
    story_event(&t, "b", EVENT_preference_changed, "", "2026-03-01 10:00", "{\"channels\": \"email\"}");
    tick(&t, "2026-03-02 10:01");
    json_t *card = next(&t, "2026-03-02 23:00");
    assert_string_equal(text_of(json_object_get(card, "call"), "verdict"), "at");
    assert_string_equal(text_of(json_object_get(card, "call"), "at"), "2026-03-03T08:00:00Z");
    json_decref(card);
    snprintf(id, sizeof id, "%s", text_of(story_action(&t, "a", "save_desk", "call"), "id"));
    story_event(&t, "a", EVENT_leave_confirmed, "K1", "2026-03-03 09:00", "{}");
    tick(&t, "2026-03-03 09:01");
    STATE("a", "lapsed");
    assert_ok(answer(&t, id, DESK_LEFT, -1, "2026-03-03 09:05", &err), &err);
    STATE("a", "done");
    tick(&t, "2026-03-03 09:06");
    STATE("a", "done");
    assert_int_equal(answer(&t, "zz", DESK_LEFT, -1, "2026-03-03 09:05", &err), MR_EDATA);
    story_end(&t);
}

static void bad_documents(void **state) {
    static const char *const bad[] = {"{}", "{\"people\": [1], \"tiers\": [], \"cases\": []}", "{\"people\": [\"a\", \"a\"], \"tiers\": [], \"cases\": []}", "{\"people\": [\"a\"], \"tiers\": [\"\"], \"cases\": [[1, \"less\", \"moved\", 0, 1, 1]]}",
                                      "{\"people\": [\"a\"], \"tiers\": [\"\"], \"cases\": [[0, \"more\", \"moved\", 0, 1, 1]]}", "{\"people\": [\"a\"], \"tiers\": [\"\"], \"cases\": [[0, \"less\", \"moved\", 0, 1, 2]]}", "[]", "7"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        mr_error err = {0};
        desk_record *r;
        json_t *o = json_loads(bad[i], JSON_DECODE_ANY, NULL);
        assert_int_equal(desk_record_read(o, &r, &err), MR_EDATA);
        assert_null(r);
        json_decref(o);
    }
    desk_record *none;
    assert_int_equal(desk_record_read(NULL, &none, NULL), MR_OK);
    assert_int_equal(desk_record_person(NULL, "Ada"), ROUTING_NOBODY);
}

int main(void) {
    const struct CMUnitTest tests[] = {BOTH(who_wants_to_leave), BOTH(at_most_three), BOTH(a_renewal_ends_it), BOTH(who_asks_for_less), BOTH(who_said_nothing), BOTH(what_a_call_changes), BOTH(deleted), BOTH(deleted_after_a_call), BOTH(learnt),
                                       BOTH(cards), BOTH(when_and_late), cmocka_unit_test(bad_documents)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
