/* The gate: every rule with a case that passes and one that does not, purposes against rules, and a property: whatever is answered for random states is what a second
 * program finds that goes minute by minute and shares nothing with the first. */
#include "check.h"
#include "contact_zones.h"

#include <contact_policy.h>
#include <rng.h>
#include <stdlib.h>

#define DAY CONTACT_DAY_US
#define NOON "2026-11-24 11:00" /* a Tuesday, noon in Berlin */

/* --- one state that nothing is against --- */

typedef struct fixture {
    contact_state s;
    contact_settings c;
    contact_ask k;
    contact_zone zone[4];
    contact_touch touch[16];
    const char *topics[4];
} fixture;

static void content(fixture *f) {
    *f = (fixture){.c = contact_settings_default()};
    f->zone[0] = zone_written(0);
    f->s = (contact_state){.contact_id = 7, .left_us = CONTACT_NEVER, .customer = true, .objected_us = CONTACT_NONE, .objected_to = "", .language = "de-DE", .serious = "",
                           .zone = f->zone, .zone_n = 1, .touch = f->touch, .wanted = f->topics, .refused = f->topics + 2};
    for (int i = 0; i < CONTACT_CHANNELS; i++)
        f->s.way[i] = (contact_way){.address = "ann@example.org", .bounced_us = CONTACT_NONE, .withdrawn_us = CONTACT_NONE, .wrote_us = CONTACT_NONE,
                                    .given_us = instant("2026-01-05 10:00"), .taken_us = CONTACT_NONE};
    f->k = (contact_ask){CONTACT_marketing, CONTACT_email, "guides", "guide-12", "de", instant(NOON)};
}

static void touched(fixture *f, const char *at, contact_channel channel, const char *topic, const char *what, int64_t contact) {
    f->touch[f->s.touch_n++] = (contact_touch){instant(at), contact, channel, topic, what, "ann@example.org"};
}

/* --- each rule --- */

static void left_before(fixture *f) { f->s.left_us = instant("2026-11-01 00:00"); }
static void leaves_later(fixture *f) { f->s.left_us = instant("2026-11-24 11:01"); }
static void leaves_in_the_night(fixture *f) { f->k.at_us = instant("2026-11-24 21:00"), f->s.left_us = instant("2026-11-25 00:00"); }
static void no_address(fixture *f) { f->s.way[CONTACT_email].address = ""; }
static void no_phone(fixture *f) { f->s.way[CONTACT_phone].address = ""; }
static void refused_for_good(fixture *f) { f->s.way[CONTACT_email].bounced_us = instant("2026-10-01 09:00"); }
static void refused_elsewhere(fixture *f) { f->s.way[CONTACT_sms].bounced_us = instant("2026-10-01 09:00"); }
static void no_email_please(fixture *f) { f->s.way[CONTACT_email].withdrawn_us = instant("2026-10-01 09:00"); }
static void wrote_before(fixture *f) { no_email_please(f), f->s.way[CONTACT_email].wrote_us = instant("2026-09-30 09:00"), f->k.purpose = CONTACT_reply; }
static void wrote_since(fixture *f) { no_email_please(f), f->s.way[CONTACT_email].wrote_us = instant("2026-10-02 09:00"), f->k.purpose = CONTACT_reply; }
static void wrote_since_but_marketing(fixture *f) { wrote_since(f), f->k.purpose = CONTACT_marketing; }
static void objected(fixture *f) { f->s.objected_us = instant("2026-10-01 09:00"), f->s.objected_to = "profiling"; }
static void never_consented(fixture *f) { f->s.way[CONTACT_email].given_us = CONTACT_NONE; }
static void consent_elsewhere(fixture *f) { f->s.way[CONTACT_sms].given_us = CONTACT_NONE; }
static void consent_taken_back(fixture *f) { f->s.way[CONTACT_email].taken_us = instant("2026-02-05 10:00"); }
static void consent_given_again(fixture *f) { consent_taken_back(f), f->s.way[CONTACT_email].given_us = instant("2026-03-05 10:00"); }
static void taken_for_granted(fixture *f) { never_consented(f), f->c.consent_needed = false; }
static void granted_to_no_customer(fixture *f) { taken_for_granted(f), f->s.customer = false; }
static void granted_but_withdrawn(fixture *f) { taken_for_granted(f), f->s.way[CONTACT_email].taken_us = instant("2026-02-05 10:00"); }
static void topic_refused(fixture *f) { f->topics[2] = "Guides", f->s.refused_n = 1; }
static void other_topic_refused(fixture *f) { f->topics[2] = "prices", f->s.refused_n = 1; }
static void other_topic_chosen(fixture *f) { f->topics[0] = "prices", f->s.wanted_n = 1; }
static void topic_chosen(fixture *f) { f->topics[0] = "prices", f->topics[1] = "guides", f->s.wanted_n = 2; }
static void no_topic_given(fixture *f) { other_topic_refused(f), f->k.topic = ""; }
static void no_topics_at_all(fixture *f) { f->k.topic = ""; }
static void prefers_sms(fixture *f) { f->s.preferred_known = true, f->s.way[CONTACT_sms].preferred = true; }
static void prefers_email(fixture *f) { prefers_sms(f), f->s.way[CONTACT_email].preferred = true; }
static void in_french(fixture *f) { f->k.language = "fr"; }
static void in_austrian(fixture *f) { f->k.language = "de-AT"; }
static void of_unknown_language(fixture *f) { f->s.language = "", f->k.language = "fr"; }
static void in_no_language(fixture *f) { f->k.language = ""; }
static void in_danish_for_dan(fixture *f) { f->s.language = "dan", f->k.language = "da"; }
static void serious_case(fixture *f) { f->s.serious_n = 1, f->s.serious = "case T-9, urgent,"; }
static void same_content(fixture *f) { touched(f, "2026-11-10 09:00", CONTACT_letter, "", "GUIDE-12", 7); }
static void same_content_long_ago(fixture *f) { touched(f, "2026-10-25 11:00", CONTACT_letter, "", "guide-12", 7); }
static void same_content_planned(fixture *f) { touched(f, "2027-03-01 09:00", CONTACT_letter, "", "guide-12", 7); }
static void same_topic_other_contact(fixture *f) { touched(f, "2026-11-10 09:00", CONTACT_email, "guides", "", 8); }
static void same_topic_same_contact(fixture *f) { touched(f, "2026-11-10 09:00", CONTACT_email, "guides", "guide-11", 7); }
static void duplicates_allowed(fixture *f) { same_content(f), f->c.duplicate_days = 0; }
static void four_emails(fixture *f) {
    static const char *const at[] = {"2026-08-30 09:00", "2026-09-10 09:00", "2026-10-01 09:00", "2026-11-01 09:00"};
    for (int i = 0; i < 4; i++) touched(f, at[i], CONTACT_email, "", "", 7);
}
static void three_emails(fixture *f) { four_emails(f), f->s.touch_n = 3; }
static void four_texts(fixture *f) { four_emails(f), f->touch[0].channel = f->touch[3].channel = CONTACT_sms; }
static void four_with_a_call(fixture *f) { four_emails(f), f->touch[0].channel = CONTACT_phone; }
static void four_of_which_one_old(fixture *f) { four_emails(f), f->touch[0].at_us = f->k.at_us - 91 * DAY; }
static void four_free_soon(fixture *f) { four_emails(f), f->touch[0].at_us = f->k.at_us - 89 * DAY; }
static void four_free_too_late(fixture *f) { four_emails(f), f->touch[0].at_us = f->k.at_us - 75 * DAY; }
static void four_to_another(fixture *f) { four_emails(f), f->touch[1].contact_id = 8; }
static void three_and_a_planned(fixture *f) { three_emails(f), touched(f, "2026-11-26 09:00", CONTACT_email, "", "", 7), f->c.gap_days = 0; }
static void no_emails_at_all(fixture *f) { f->c.budget[CONTACT_emails] = 0; }
static void yesterday(fixture *f) { touched(f, "2026-11-23 12:00", CONTACT_letter, "", "", 7); }
static void five_days_ago(fixture *f) { touched(f, "2026-11-19 11:00", CONTACT_letter, "", "", 7); }
static void the_day_after(fixture *f) { touched(f, "2026-11-25 11:00", CONTACT_phone, "", "", 7); }
static void gap_off(fixture *f) { yesterday(f), f->c.gap_days = 0; }
static void at_night(fixture *f) { f->k.at_us = instant("2026-11-24 20:30"); }
static void at_night_their_hours(fixture *f) { f->s.own = (contact_window){1320, 1380, 0x7F}; }
static void letter_at_night(fixture *f) { at_night(f), f->k.channel = CONTACT_letter; }
static void call_at_seven(fixture *f) { f->k.channel = CONTACT_phone, f->k.at_us = instant("2026-11-24 18:00"); }
static void call_on_saturday(fixture *f) { f->k.channel = CONTACT_phone, f->k.at_us = instant("2026-11-28 11:00"); }
static void their_own_hours(fixture *f) { f->s.own = (contact_window){1080, 1200, 0x0C}; }
static void two_zones(fixture *f) { f->zone[1] = zone_written(1), f->s.zone_n = 2; }
static void no_common_hour(fixture *f) { f->zone[1] = zone_written(6), f->zone[2] = zone_written(4), f->s.zone_n = 3, f->k.channel = CONTACT_phone; }
static void all_at_once(fixture *f) { four_free_soon(f), yesterday(f), f->touch[4].at_us = f->k.at_us - DAY, their_own_hours(f); }
static void nothing(fixture *f) { (void)f; }

typedef struct rule_case {
    void (*set)(fixture *f);
    contact_verdict want;
    contact_rule rule;
    const char *at, *text; /* AT: when; a part of the answer's text */
} rule_case;

#define PASSES CONTACT_NOW, CONTACT_RULES, NULL, NULL
#define NO(rule, text) CONTACT_NO, CONTACT_RULE_##rule, NULL, text
#define AT(rule, at, text) CONTACT_AT, CONTACT_RULE_##rule, at, text

static void test_rules(void **state) {
    (void)state;
    static const rule_case cases[] = {
        {nothing, PASSES}, {left_before, NO(left, "they left: 2026-11-01 01:00 in Europe/Berlin")}, {leaves_later, PASSES}, {leaves_in_the_night, NO(left, "2026-11-25")},
        {no_address, NO(address, "no e-mail address is known")}, {no_phone, PASSES}, {refused_for_good, NO(bounced, "ann@example.org refused for good: 2026-10-01")}, {refused_elsewhere, PASSES},
        {no_email_please, NO(withdrawn, "no email for anything since 2026-10-01")}, {wrote_before, NO(withdrawn, "no email")}, {wrote_since, PASSES}, {wrote_since_but_marketing, NO(withdrawn, "no email")},
        {objected, NO(objection, "objected to profiling: 2026-10-01")}, {never_consented, NO(consent, "no consent to marketing by email is known")}, {consent_elsewhere, PASSES},
        {consent_taken_back, NO(consent, "was withdrawn: 2026-02-05")}, {consent_given_again, PASSES}, {taken_for_granted, PASSES}, {granted_to_no_customer, NO(consent, "no customer yet")},
        {granted_but_withdrawn, NO(consent, "withdrawn")}, {topic_refused, NO(topic, "do not want to hear about guides")}, {other_topic_refused, PASSES},
        {other_topic_chosen, NO(topic, "chose 1 topic, and guides is none")}, {topic_chosen, PASSES}, {no_topic_given, NO(topic, "no topic is given")}, {no_topics_at_all, PASSES},
        {prefers_sms, NO(channel, "they prefer sms, not email")}, {prefers_email, PASSES}, {in_french, NO(language, "in fr, their language is de-DE")}, {in_austrian, PASSES},
        {of_unknown_language, PASSES}, {in_no_language, PASSES}, {in_danish_for_dan, NO(language, "da")}, {serious_case, NO(case, "case T-9, urgent, is open")},
        {same_content, NO(duplicate, "got the same content 2026-11-10")}, {same_content_long_ago, PASSES}, {same_content_planned, NO(duplicate, "is to get the same content 2027-03-01")},
        {same_topic_other_contact, NO(duplicate, "the same topic 2026-11-10 10:00 in Europe/Berlin, through another contact at this address")}, {same_topic_same_contact, PASSES}, {duplicates_allowed, PASSES},
        {four_emails, AT(budget, "2026-11-29 09:00", "4 of 4 e-mails and SMS in 91 days: free again 2026-11-29 10:00")}, {three_emails, PASSES}, {four_texts, AT(budget, "2026-11-29 09:00", "4 of 4")},
        {four_with_a_call, PASSES}, {four_of_which_one_old, PASSES}, {four_free_soon, AT(budget, "2026-11-26 11:00", "4 of 4")}, {four_free_too_late, NO(budget, "no instant within 14 days does")},
        {four_to_another, AT(budget, "2026-11-29 09:00", "4 of 4")}, {three_and_a_planned, AT(budget, "2026-11-29 09:00", "3 of 4 e-mails and SMS in 91 days, and 1 planned")},
        {no_emails_at_all, NO(budget, "0 of 0")}, {yesterday, AT(gap, "2026-11-28 12:00", "less than 5 days")}, {five_days_ago, PASSES}, {the_day_after, AT(gap, "2026-11-30 11:00", "less than 5 days")},
        {gap_off, PASSES}, {at_night, AT(quiet, "2026-11-25 07:00", "in the quiet hours 21:00 to 08:00")}, {at_night_their_hours, NO(hours, "no instant within 14 days")}, {letter_at_night, PASSES},
        {call_at_seven, AT(hours, "2026-11-25 08:00", "outside 09:00-18:00 Mon-Fri (the channel's usual hours)")}, {call_on_saturday, AT(hours, "2026-11-30 08:00", "outside 09:00-18:00 Mon-Fri")},
        {their_own_hours, AT(hours, "2026-11-25 17:00", "outside 18:00-20:00 Wed-Thu (their own hours)")}, {two_zones, AT(quiet, "2026-11-24 13:00", "in one of 2 zones")},
        {no_common_hour, NO(hours, "no instant within 14 days")}, {all_at_once, AT(hours, "2026-12-02 17:00", "all agree from 2026-12-02 18:00 in Europe/Berlin on")},
    };
    bool passed = false, stopped[CONTACT_RULES] = {false};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fixture f;
        content(&f);
        cases[i].set(&f);
        contact_answer a = contact_decide(&f.s, &f.c, &f.k);
        int64_t want_at = cases[i].want == CONTACT_NO ? CONTACT_NEVER : cases[i].at ? instant(cases[i].at) : f.k.at_us;
        bool right = a.verdict == cases[i].want && a.rule == cases[i].rule && a.at_us == want_at && (!cases[i].text || strstr(a.text, cases[i].text));
        if (!right) print_error("case %zu: %s by '%s' at %lld, wanted %s by '%s' at %lld: %s\n", i, contact_verdict_name(a.verdict), contact_rule_name(a.rule), (long long)a.at_us,
                                contact_verdict_name(cases[i].want), contact_rule_name(cases[i].rule), (long long)want_at, a.text);
        assert_true(right);
        if (a.rule < CONTACT_RULES) stopped[a.rule] = true;
        else passed = true;
        contact_finding finding[CONTACT_RULES];
        contact_explain(&f.s, &f.c, &f.k, finding);
        for (int r = 0; r < CONTACT_RULES; r++)
            if (finding[r].holds) assert_true(strlen(finding[r].text) > 10);
        if (a.verdict == CONTACT_NOW)
            for (int r = 0; r < CONTACT_RULES; r++) assert_true(!finding[r].holds || finding[r].from_us == f.k.at_us);
    }
    assert_true(passed);
    for (int r = 0; r < CONTACT_RULES; r++) assert_true(stopped[r]);
}

/* --- purposes against rules, written down once more --- */

static void test_matrix(void **state) {
    (void)state;
    static const struct {
        void (*set)(fixture *f);
        contact_rule rule;
        const char *stops; /* which of reply, legal, service, marketing it stops or defers */
    } rows[] = {
        {left_before, CONTACT_RULE_left, "rlsm"},     {no_address, CONTACT_RULE_address, "rlsm"},       {refused_for_good, CONTACT_RULE_bounced, "rlsm"},
        {no_email_please, CONTACT_RULE_withdrawn, "rsm"}, {objected, CONTACT_RULE_objection, "m"},      {never_consented, CONTACT_RULE_consent, "m"},
        {topic_refused, CONTACT_RULE_topic, "m"},     {prefers_sms, CONTACT_RULE_channel, "m"},         {in_french, CONTACT_RULE_language, "m"},
        {serious_case, CONTACT_RULE_case, "m"},       {same_content, CONTACT_RULE_duplicate, "m"},      {no_emails_at_all, CONTACT_RULE_budget, "m"},
        {yesterday, CONTACT_RULE_gap, "m"},           {at_night, CONTACT_RULE_quiet, "m"},              {their_own_hours, CONTACT_RULE_hours, "m"},
    };
    assert_int_equal(sizeof rows / sizeof *rows, CONTACT_RULES);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(rows[i].rule, i);
        for (int p = 0; p < CONTACT_PURPOSES; p++) {
            fixture f;
            content(&f);
            rows[i].set(&f);
            f.k.purpose = (contact_purpose)p;
            bool stops = strchr(rows[i].stops, contact_purpose_name(f.k.purpose)[0]) != NULL;
            contact_answer a = contact_decide(&f.s, &f.c, &f.k);
            if ((a.verdict != CONTACT_NOW) != stops) print_error("%s, %s: %s\n", contact_rule_name(rows[i].rule), contact_purpose_name(f.k.purpose), a.text);
            assert_int_equal(a.verdict != CONTACT_NOW, stops);
            assert_int_equal(a.rule, stops ? rows[i].rule : CONTACT_RULES);
            assert_int_equal(contact_rule_holds(rows[i].rule, f.k.purpose), stops);
        }
    }
}

/* --- minute by minute --- */

static bool reads_as(const contact_zone *z, int64_t at, int *weekday, int *minute) {
    int32_t offset = z->shift[0].offset_s;
    for (size_t i = 1; i < z->n; i++)
        if (z->shift[i].from_us <= at) offset = z->shift[i].offset_s;
    time_t local = (time_t)(at / 1000000 + offset);
    struct tm tm;
    gmtime_r(&local, &tm);
    *weekday = tm.tm_wday == 0 ? 6 : tm.tm_wday - 1;
    *minute = tm.tm_hour * 60 + tm.tm_min;
    return true;
}

static bool hour_is_right(const fixture *f, int64_t t) {
    const contact_window *w = f->s.own.days ? &f->s.own : &f->c.window[f->k.channel];
    for (size_t i = 0; i < f->s.zone_n; i++) {
        int weekday = 0, minute = 0;
        reads_as(&f->zone[i], t, &weekday, &minute);
        if (minute >= 1260 || minute < 480) return false;
        bool in = false;
        for (int back = 0; back < 2; back++) { /* a window that began today, or yesterday */
            int start = w->from_min - back * 1440, end = w->to_min > w->from_min ? w->to_min - back * 1440 : w->to_min + 1440 - back * 1440;
            if (w->from_min == w->to_min) start = -back * 1440, end = start + 1440;
            in |= minute >= start && minute < end && (w->days & (1 << ((weekday + 7 - back) % 7)));
        }
        if (!in) return false;
    }
    return true;
}

static int by_time(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* No limit + 1 of the kind, this one among them, within less than the budget's days. */
static bool budget_holds(const fixture *f, int64_t t) {
    static const contact_budget of[] = {CONTACT_emails, CONTACT_emails, CONTACT_calls, CONTACT_letters, CONTACT_calls};
    int64_t at[20], n = 0, limit = f->c.budget[of[f->k.channel]];
    at[n++] = t;
    for (size_t i = 0; i < f->s.touch_n; i++)
        if (of[f->touch[i].channel] == of[f->k.channel]) at[n++] = f->touch[i].at_us;
    qsort(at, (size_t)n, sizeof *at, by_time);
    for (int64_t i = 0; i + limit < n; i++)
        if (at[i] <= t && t <= at[i + limit] && at[i + limit] - at[i] < f->c.budget_days * DAY) return false;
    return true;
}

static bool allowed(const fixture *f, int64_t t) {
    const contact_state *s = &f->s;
    const contact_way *w = &s->way[f->k.channel];
    bool marketing = f->k.purpose == CONTACT_marketing;
    if (t >= s->left_us || !*w->address || w->bounced_us != CONTACT_NONE) return false;
    if (w->withdrawn_us != CONTACT_NONE && f->k.purpose != CONTACT_legal && !(f->k.purpose == CONTACT_reply && w->wrote_us > w->withdrawn_us)) return false;
    if (!marketing) return true;
    if (s->objected_us != CONTACT_NONE || s->serious_n) return false;
    bool consent = w->given_us > w->taken_us || (w->taken_us == CONTACT_NONE && w->given_us == CONTACT_NONE && !f->c.consent_needed && s->customer);
    if (!consent || (s->preferred_known && !w->preferred)) return false;
    for (size_t i = 0; i < s->refused_n; i++)
        if (strcasecmp(s->refused[i], f->k.topic) == 0) return false;
    if (s->wanted_n && strcasecmp(s->wanted[0], f->k.topic) != 0) return false;
    if (*f->k.language && strncmp(f->k.language, s->language, 2) != 0) return false;
    for (size_t i = 0; i < s->touch_n; i++) {
        const contact_touch *e = &f->touch[i];
        if (f->c.duplicate_days && e->at_us > t - f->c.duplicate_days * DAY && (strcasecmp(e->content, f->k.content) == 0 || (strcasecmp(e->topic, f->k.topic) == 0 && e->contact_id != s->contact_id))) return false;
        if (llabs(e->at_us - t) < f->c.gap_days * DAY) return false;
    }
    return budget_holds(f, t) && (f->k.channel == CONTACT_letter || hour_is_right(f, t));
}

static bool chance(rng *r, double p) {
    return rng_uniform(r) < p;
}

static int64_t minutes(rng *r, int64_t from, int64_t days) {
    return from + (int64_t)rng_below(r, (uint64_t)days * 1440) * CONTACT_MINUTE_US;
}

static void draw(fixture *f, rng *r) {
    static const char *const topics[] = {"guides", "prices", "events", "tips"}, *const contents[] = {"guide-12", "a", "b", "c", "d", "e"};
    content(f);
    int64_t year = instant("2026-01-01 00:00");
    f->k = (contact_ask){chance(r, 0.8) ? CONTACT_marketing : (contact_purpose)rng_below(r, 4), (contact_channel)rng_below(r, CONTACT_CHANNELS), topics[rng_below(r, 4)],
                         contents[rng_below(r, 2)], chance(r, 0.1) ? "fr" : chance(r, 0.5) ? "de" : "", minutes(r, year, 365)};
    if (chance(r, 0.4)) f->k.at_us = minutes(r, instant(chance(r, 0.5) ? "2026-03-27 00:00" : "2026-10-23 00:00"), 11); /* around the clock changes */
    f->s.zone_n = 1 + rng_below(r, 3);
    for (size_t i = 0; i < f->s.zone_n; i++) f->zone[i] = zone_written(rng_below(r, i ? 4 : WRITTEN_ZONES));
    for (int i = 0; i < CONTACT_CHANNELS; i++) {
        contact_way *w = &f->s.way[i];
        if (chance(r, 0.05)) w->address = "";
        if (chance(r, 0.05)) w->bounced_us = f->k.at_us - DAY;
        if (chance(r, 0.05)) w->withdrawn_us = f->k.at_us - 3 * DAY;
        if (chance(r, 0.3)) w->wrote_us = f->k.at_us - (int64_t)rng_below(r, 6) * DAY;
        if (chance(r, 0.1)) w->given_us = CONTACT_NONE;
        if (chance(r, 0.1)) w->taken_us = instant("2026-01-05 09:00") + (int64_t)rng_below(r, 3) * 60 * CONTACT_MINUTE_US;
        w->preferred = chance(r, 0.7);
    }
    f->s.preferred_known = chance(r, 0.3);
    f->s.customer = chance(r, 0.7);
    f->c.consent_needed = chance(r, 0.5);
    if (chance(r, 0.03)) f->s.objected_us = f->k.at_us - DAY;
    if (chance(r, 0.03)) f->s.serious_n = 2;
    if (chance(r, 0.1)) f->s.left_us = minutes(r, f->k.at_us - DAY, 20);
    if (chance(r, 0.1)) f->topics[2] = "Guides", f->s.refused_n = 1;
    if (chance(r, 0.1)) f->topics[0] = "prices", f->s.wanted_n = 1;
    if (chance(r, 0.3)) f->s.own = (contact_window){(int16_t)(rng_below(r, 96) * 15), (int16_t)(rng_below(r, 97) * 15), (uint8_t)(1 + rng_below(r, 127))};
    f->c.gap_days = (int)rng_below(r, 8);
    f->c.duplicate_days = (int)rng_below(r, 40);
    f->c.budget_days = 20 + (int)rng_below(r, 90);
    for (int i = 0; i < CONTACT_BUDGETS; i++) f->c.budget[i] = (int)rng_below(r, 5) + (chance(r, 0.8) ? 1 : 0);
    f->s.touch_n = rng_below(r, 12);
    for (size_t i = 0; i < f->s.touch_n; i++)
        f->touch[i] = (contact_touch){minutes(r, f->k.at_us - 110 * DAY, 122), 7 + (chance(r, 0.2) ? 1 : 0), (contact_channel)rng_below(r, CONTACT_CHANNELS), chance(r, 0.1) ? topics[rng_below(r, 4)] : "",
                                      chance(r, 0.5) ? contents[1 + rng_below(r, 5)] : "", chance(r, 0.5) ? "ann@example.org" : ""};
}

static void test_minute_by_minute(void **state) {
    (void)state;
    const char *text = getenv("MARRAM_SEED");
    uint64_t seed = text ? strtoull(text, NULL, 10) : 20261123;
    int64_t seen[3] = {0};
    print_message("MARRAM_SEED=%llu\n", (unsigned long long)seed);
    for (uint64_t i = 0; i < 4000; i++) {
        fixture f;
        rng r;
        rng_seed(&r, seed, i);
        draw(&f, &r);
        contact_answer a = contact_decide(&f.s, &f.c, &f.k);
        int64_t want = f.k.at_us, last = f.k.at_us + f.c.ahead_days * DAY;
        while (want <= last && !allowed(&f, want)) want += CONTACT_MINUTE_US;
        if (want > last) want = CONTACT_NEVER;
        if (a.at_us != want) print_error("state %llu: %lld, wanted %lld: %s\n", (unsigned long long)i, (long long)a.at_us, (long long)want, a.text);
        assert_true(a.at_us == want);
        assert_int_equal(a.verdict, want == CONTACT_NEVER ? CONTACT_NO : want == f.k.at_us ? CONTACT_NOW : CONTACT_AT);
        seen[a.verdict]++;
    }
    print_message("no %lld, now %lld, at %lld\n", (long long)seen[0], (long long)seen[1], (long long)seen[2]);
    assert_true(seen[0] > 400 && seen[1] > 400 && seen[2] > 400);
}

static void test_words(void **state) {
    (void)state;
    for (int i = 0; i < CONTACT_PURPOSES; i++) assert_int_equal(contact_purpose_find(contact_purpose_name((contact_purpose)i), strlen(contact_purpose_name((contact_purpose)i))), i);
    for (int i = 0; i < CONTACT_CHANNELS; i++) assert_int_equal(contact_channel_find(contact_channel_name((contact_channel)i), strlen(contact_channel_name((contact_channel)i))), i);
    for (int i = 0; i < CONTACT_RULES; i++) assert_true(strlen(contact_rule_sentence((contact_rule)i)) > 20);
    assert_int_equal(contact_channel_find("E-Mail", 6), CONTACT_email);
    assert_int_equal(contact_channel_find("post", 4), CONTACT_letter);
    assert_int_equal(contact_channel_find("", 0), -1);
    assert_int_equal(contact_channel_find("ema", 3), -1);
    assert_int_equal(contact_purpose_find("sales", 5), -1);
    assert_string_equal(contact_rule_name(CONTACT_RULES), "");
    assert_string_equal(contact_channel_name((contact_channel)-1), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rules), cmocka_unit_test(test_matrix), cmocka_unit_test(test_minute_by_minute), cmocka_unit_test(test_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
