/* What is known of a contact, and what the gate makes of it: orders of events, each with the answer that follows. On both stores. */
#include "story.h"

#include <gate.h>
#include <objections.h>

#include <stdio.h>
#include <string.h>

#define ASKED "2026-06-10 10:00" /* a Wednesday */

typedef struct said {
    event_kind kind;
    const char *body;
} said;

typedef struct order {
    const char *name;
    said said[6];       /* a day each from 1 June on, after an order, and consent to marketing on 2 May unless `silent` */
    const char *rule;   /* of marketing to Ann by e-mail; "" now */
    bool objects;       /* is left out of rankings */
    bool silent;
    contact_purpose purpose;
    int channel;        /* 0: e-mail */
} order;

#define MARKETING CONTACT_marketing
#define GIVEN(body) {EVENT_consent_given, body}
#define WITHDRAWN(body) {EVENT_consent_withdrawn, body}
#define PREFERENCE(body) {EVENT_preference_changed, body}

static const order orders[] = {
    {"consent", {{0}}, "", false, false, MARKETING, 0},
    {"no consent", {{0}}, "consent", false, true, MARKETING, 0},
    /* Objections: each kind ends by itself. */
    {"objects to marketing", {WITHDRAWN("{\"purpose\": \"marketing\"}")}, "objection", true, false, MARKETING, 0},
    {"objects, agrees again", {WITHDRAWN("{\"purpose\": \"marketing\"}"), GIVEN("{\"purpose\": \"marketing\"}")}, "", false, false, MARKETING, 0},
    {"nothing at all", {PREFERENCE("{\"wanted\": false}")}, "objection", true, false, MARKETING, 0},
    {"nothing, then profiling and back", {PREFERENCE("{\"wanted\": false}"), WITHDRAWN("{\"purpose\": \"profiling\"}"), GIVEN("{\"purpose\": \"profiling\"}")}, "objection", true, false, MARKETING, 0},
    {"nothing, then a channel", {PREFERENCE("{\"wanted\": false}"), PREFERENCE("{\"channel\": \"email\", \"wanted\": true}")}, "objection", true, false, MARKETING, 0},
    {"nothing, then everything", {PREFERENCE("{\"wanted\": false}"), PREFERENCE("{\"wanted\": true}")}, "", false, false, MARKETING, 0},
    {"nothing, then consent to marketing", {PREFERENCE("{\"wanted\": false}"), GIVEN("{\"purpose\": \"marketing\"}")}, "", false, false, MARKETING, 0},
    {"profiling", {WITHDRAWN("{\"purpose\": \"profiling\"}")}, "objection", true, false, MARKETING, 0},
    {"profiling, then consent to marketing", {WITHDRAWN("{\"purpose\": \"profiling\"}"), GIVEN("{\"purpose\": \"marketing\"}")}, "objection", true, false, MARKETING, 0},
    {"profiling and back", {WITHDRAWN("{\"purpose\": \"profiling\"}"), GIVEN("{\"purpose\": \"profiling\"}")}, "", false, false, MARKETING, 0},
    {"marketing, then profiling and back", {WITHDRAWN("{\"purpose\": \"marketing\"}"), WITHDRAWN("{\"purpose\": \"profiling\"}"), GIVEN("{\"purpose\": \"profiling\"}")}, "objection", true, false, MARKETING, 0},
    {"everything, then marketing", {WITHDRAWN("{}"), GIVEN("{\"purpose\": \"marketing\"}")}, "objection", true, false, MARKETING, 0},
    {"everything, then both", {WITHDRAWN("{}"), GIVEN("{\"purpose\": \"marketing\"}"), GIVEN("{\"purpose\": \"profiling\"}")}, "", false, false, MARKETING, 0},
    {"everything and back", {WITHDRAWN("{\"purpose\": \"everything\"}"), GIVEN("{\"purpose\": \"everything\"}")}, "", false, false, MARKETING, 0},
    {"a survey's consent ends nothing", {WITHDRAWN("{\"purpose\": \"marketing\"}"), GIVEN("{\"purpose\": \"survey\"}")}, "objection", true, false, MARKETING, 0},
    {"consent by another channel ends nothing", {WITHDRAWN("{\"purpose\": \"marketing\"}"), GIVEN("{\"purpose\": \"marketing\", \"channel\": \"sms\"}")}, "objection", true, false, MARKETING, 0},
    {"service goes on", {WITHDRAWN("{}")}, "", true, false, CONTACT_service, 0},
    /* Of two contacts each speaks for themselves; the account speaks for both. */
    {"Bea objects", {WITHDRAWN("{\"purpose\": \"marketing\", \"contact\": \"bea\"}")}, "", true, false, MARKETING, 0},
    {"Ann objects, Bea agrees", {WITHDRAWN("{\"purpose\": \"marketing\", \"contact\": \"ann\"}"), GIVEN("{\"purpose\": \"marketing\", \"contact\": \"bea\"}")}, "objection", true, false, MARKETING, 0},
    {"Ann objects, the account agrees", {WITHDRAWN("{\"purpose\": \"marketing\", \"contact\": \"ann\"}"), GIVEN("{\"purpose\": \"marketing\"}")}, "", false, false, MARKETING, 0},
    {"the account objects, Ann agrees", {WITHDRAWN("{\"purpose\": \"marketing\"}"), GIVEN("{\"purpose\": \"marketing\", \"contact\": \"ann\"}")}, "", true, false, MARKETING, 0},
    /* Channels. */
    {"no marketing by e-mail", {WITHDRAWN("{\"purpose\": \"marketing\", \"channel\": \"email\"}")}, "consent", false, false, MARKETING, 0},
    {"no e-mail for anything", {WITHDRAWN("{\"channel\": \"email\"}")}, "withdrawn", false, false, CONTACT_service, 0},
    {"a survey opens no channel", {WITHDRAWN("{\"channel\": \"email\"}"), GIVEN("{\"purpose\": \"survey\", \"channel\": \"email\"}")}, "withdrawn", false, false, CONTACT_service, 0},
    {"marketing by e-mail opens it", {WITHDRAWN("{\"channel\": \"email\"}"), GIVEN("{\"purpose\": \"marketing\", \"channel\": \"email\"}")}, "", false, false, MARKETING, 0},
    {"marketing by all channels opens none", {WITHDRAWN("{\"channel\": \"email\"}"), GIVEN("{\"purpose\": \"marketing\"}")}, "withdrawn", false, false, MARKETING, 0},
    {"everything opens it", {WITHDRAWN("{\"channel\": \"email\"}"), GIVEN("{\"purpose\": \"everything\"}")}, "", false, false, MARKETING, 0},
    {"a preference closes it", {PREFERENCE("{\"channel\": \"email\", \"wanted\": false}")}, "withdrawn", false, false, CONTACT_service, 0},
    {"a fax is none of ours", {WITHDRAWN("{\"purpose\": \"marketing\", \"channel\": \"fax\"}")}, "", false, false, MARKETING, 0},
    /* Addresses. */
    {"hard bounce", {{EVENT_bounce, "{\"channel\": \"email\", \"hard\": true}"}}, "bounced", false, false, CONTACT_service, 0},
    {"soft bounce", {{EVENT_bounce, "{\"channel\": \"email\", \"hard\": false}"}}, "", false, false, CONTACT_service, 0},
    {"of another address", {{EVENT_bounce, "{\"channel\": \"email\", \"hard\": true, \"address\": \"old@mail.example\"}"}}, "", false, false, CONTACT_service, 0},
    {"another address since", {{EVENT_bounce, "{\"channel\": \"email\", \"hard\": true}"}, {EVENT_stakeholder_join, "{\"number\": \"ann\", \"email\": \"new@mail.example\"}"}}, "", false, false, CONTACT_service, 0},
    {"the same address again", {{EVENT_stakeholder_join, "{\"number\": \"ann\", \"email\": \"new@mail.example\"}"}, {EVENT_bounce, "{\"channel\": \"email\", \"hard\": true}"}, {EVENT_stakeholder_join, "{\"number\": \"ann\", \"email\": \"new@mail.example\"}"}}, "bounced", false, false, CONTACT_service, 0},
    {"an SMS refused leaves calls", {{EVENT_bounce, "{\"channel\": \"sms\", \"hard\": true}"}}, "", false, false, CONTACT_service, CONTACT_phone},
    /* Serious and open. */
    {"a serious case", {{EVENT_case_open, "{\"number\": \"9\", \"severity\": \"high\"}"}}, "case", false, false, MARKETING, 0},
    {"solved", {{EVENT_case_open, "{\"number\": \"9\", \"severity\": \"high\"}"}, {EVENT_case_resolve, "{\"number\": \"9\"}"}}, "", false, false, MARKETING, 0},
    {"a small one", {{EVENT_case_open, "{\"number\": \"9\", \"severity\": \"normal\"}"}}, "", false, false, MARKETING, 0},
    {"a complaint", {{EVENT_complaint, "{\"severity\": \"urgent\"}"}}, "case", false, false, MARKETING, 0},
    {"a newsletter answers nobody", {{EVENT_complaint, "{\"severity\": \"urgent\"}"}, {EVENT_touch_out, "{\"channel\": \"visit\", \"purpose\": \"marketing\"}"}}, "case", false, false, MARKETING, 0},
    {"a call does", {{EVENT_complaint, "{\"severity\": \"urgent\"}"}, {EVENT_touch_out, "{\"channel\": \"phone\", \"purpose\": \"reply\"}"}}, "", false, false, MARKETING, 0},
};

static bool listed(story *t, int64_t id) {
    id_list list = {0};
    mr_error err = {0};
    bool found = false;
    assert_ok(ledger_objections(t->l, &list, &err), &err);
    for (size_t i = 0; i < list.n; i++) found = found || list.at[i] == id;
    id_list_free(&list);
    return found;
}

static gate_verdict ask(story *t, const char *customer, const char *contact, contact_purpose purpose, int channel, const char *at) {
    mr_error err = {0};
    whole w = {0};
    zone_cache zones = {0};
    gate_verdict v;
    assert_ok(whole_read(t->l, story_id(t, customer), &w, &err), &err);
    gate_request q = {.purpose = purpose, .channel = channel, .topic = "", .content = "", .language = "", .at_us = story_time(at)};
    for (size_t i = 0; i < w.contacts_n; i++)
        if (!strcmp(w.contacts[i].external_id, contact)) q.contact_id = w.contacts[i].id;
    assert_true(!*contact || q.contact_id);
    assert_ok(gate_ask(&w, &t->c, &zones, &q, &v, &err), &err);
    if (!*v.rule) v.rule = "";
    whole_free(&w);
    zone_cache_free(&zones);
    return v;
}

static void run(story *t, const char *format, const char *customer) {
    char sql[400];
    mr_error err = {0};
    snprintf(sql, sizeof sql, format, (long long)story_id(t, customer));
    assert_ok(db_execute(t->l->d, sql, &err), &err);
}

static void happens(story *t, const char *customer, const said *s, int day) {
    char at[32], body[256];
    const char *number = strstr(s->body, "\"9\"") ? customer : "";
    bool join = s->kind == EVENT_stakeholder_join;
    snprintf(at, sizeof at, "2026-06-%02d 09:00", day);
    snprintf(body, sizeof body, "%s", s->body);
    story_event(t, customer, s->kind, join ? "ann" : number, at, body);
}

static void every_order(void **state) {
    story t;
    unsigned wrong = 0;
    story_begin(&t, store_of(state), "");
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        char id[16];
        const order *o = &orders[i];
        snprintf(id, sizeof id, "o%zu", i);
        story_customer(&t, id, "ann@mail.example");
        run(&t, "UPDATE contact SET phone = '+49 30 1234' WHERE customer_id = %lld", id);
        run(&t, "INSERT INTO contact (customer_id, id, external_id, name, email, phone, role, authority, channels, time_zone, locale, updated_at_us) SELECT customer_id, 7, 'bea', 'Bea', 'bea@mail.example', '', '', '', '', time_zone, locale, updated_at_us FROM contact WHERE customer_id = %lld", id);
        story_event(&t, id, EVENT_order, "", "2026-05-01 10:00", "{}");
        if (!o->silent) story_event(&t, id, EVENT_consent_given, "", "2026-05-02 10:00", "{\"purpose\": \"marketing\"}");
        for (int k = 0; k < 6 && o->said[k].body; k++) happens(&t, id, &o->said[k], k + 1);
        gate_verdict v = ask(&t, id, "ann", o->purpose, o->channel ? o->channel : CONTACT_email, ASKED);
        bool objects = listed(&t, story_id(&t, id));
        if (!strcmp(v.rule, o->rule) && objects == o->objects) continue;
        wrong++;
        printf("%s: '%s' (%s) and not '%s'; %s of rankings\n", o->name, v.rule, v.text, o->rule, objects ? "out" : "part");
    }
    story_end(&t);
    assert_int_equal(wrong, 0);
}

/* Asked of a time, only what had happened by then counts. */
static void as_of(void **state) {
    story t;
    story_begin(&t, store_of(state), "contact: {serious: normal}\n");
    story_customer(&t, "a", "ann@mail.example");
    story_event(&t, "a", EVENT_order, "", "2026-05-01 10:00", "{}");
    story_event(&t, "a", EVENT_consent_given, "", "2026-05-02 10:00", "{\"purpose\": \"marketing\"}");
    story_event(&t, "a", EVENT_case_open, "9", "2026-05-10 10:00", "{\"number\": \"9\"}");
    story_event(&t, "a", EVENT_case_resolve, "9", "2026-05-20 10:00", "{\"number\": \"9\"}");
    story_event(&t, "a", EVENT_consent_withdrawn, "", "2026-06-20 10:00", "{\"purpose\": \"marketing\"}");
    assert_string_equal(ask(&t, "a", "ann", MARKETING, CONTACT_email, "2026-05-08 10:00").rule, "");
    assert_string_equal(ask(&t, "a", "ann", MARKETING, CONTACT_email, "2026-05-12 10:00").rule, "case"); /* a case without a severity is normal */
    assert_string_equal(ask(&t, "a", "ann", MARKETING, CONTACT_email, ASKED).rule, "");
    assert_string_equal(ask(&t, "a", "ann", MARKETING, CONTACT_email, "2026-06-22 10:00").rule, "objection");
    story_end(&t);
}

/* Where no contact can be written to, the account's own address is; where one of them refuses, it is not. */
static void the_account_itself(void **state) {
    story t;
    story_begin(&t, store_of(state), "");
    story_customer(&t, "a", "");
    run(&t, "UPDATE customer SET email = 'office@mail.example' WHERE customer_id = %lld", "a");
    run(&t, "INSERT INTO contact (customer_id, id, external_id, name, email, phone, role, authority, channels, time_zone, locale, updated_at_us) SELECT customer_id, 7, 'bea', 'Bea', '', '', '', '', '', time_zone, locale, updated_at_us FROM contact WHERE customer_id = %lld", "a");
    story_event(&t, "a", EVENT_order, "", "2026-05-01 10:00", "{}");
    story_event(&t, "a", EVENT_consent_given, "", "2026-05-02 10:00", "{\"purpose\": \"marketing\"}");
    gate_verdict v = ask(&t, "a", "", MARKETING, -1, ASKED);
    assert_int_equal(v.verdict, CONTACT_NOW);
    assert_int_equal(v.contact_id, 0);
    story_event(&t, "a", EVENT_consent_withdrawn, "", "2026-06-01 10:00", "{\"purpose\": \"marketing\", \"contact\": \"bea\"}");
    assert_string_equal(ask(&t, "a", "", MARKETING, -1, ASKED).rule, "objection"); /* hers is not gone round */
    story_end(&t);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {BOTH(every_order), BOTH(as_of), BOTH(the_account_itself)};
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
