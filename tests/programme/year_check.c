#include "year_check.h"

#include "store.h"

#include <event.h>

#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY INT64_C(86400000000)

static void violation(checking *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void violation(checking *c, const char *format, ...) {
    va_list list;
    char text[sizeof c->first];
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (getenv("MARRAM_VERBOSE")) fprintf(stderr, "%s\n", text);
    if (c->wanted && strstr(text, c->wanted)) c->found = true;
    if (!c->violations++) memcpy(c->first, text, sizeof text);
}

typedef struct seen {
    int64_t at;
    int kind;
    json_t *body;
    int64_t subject;
} seen;

static const char *of(const seen *e, const char *name) {
    const char *t = json_string_value(json_object_get(e->body, name));
    return t ? t : "";
}

static int minute_of(const char *zone, int64_t at) {
    time_t s = (time_t)(at / 1000000);
    struct tm tm;
    setenv("TZ", zone, 1);
    tzset();
    localtime_r(&s, &tm);
    return tm.tm_hour * 60 + tm.tm_min;
}

/* --- whose customer they are --- */

typedef struct standing { /* start from {0} */
    bool leaving, left, ever_left; /* said so and no more; confirmed; ever */
    bool away;                     /* moved, or no need of it */
    int no;                        /* said, since they left: the event's kind; 0 none */
    int64_t no_at;
    bool written;                  /* to, since they left */
    int kept;                      /* times they said so and took an offer */
    int64_t back_at;               /* 0 never */
    const char *why;
} standing;

static bool is_no(const seen *e, const standing *s) {
    bool words = e->kind == EVENT_touch_in && !strcmp(of(e, "comment"), "No, thanks");
    return words || e->kind == EVENT_offer_declined || e->kind == EVENT_complaint || e->kind == EVENT_consent_withdrawn || e->kind == EVENT_leave_intent || (s->written && e->kind == EVENT_need_ended);
}

static void hear(standing *s, const seen *e) {
    bool gone = s->left || s->away;
    if (gone && is_no(e, s)) s->no = e->kind, s->no_at = e->at;
    if (gone && e->kind == EVENT_touch_out && !strcmp(of(e, "purpose"), "marketing")) s->written = true;
    if (e->kind == EVENT_leave_intent && !s->left) {
        if (!s->leaving) s->why = *of(e, "reason_code") ? of(e, "reason_code") : ""; /* why they wanted to go before, and stayed, is over */
        s->leaving = true;
    }
    if (e->kind == EVENT_survey && !strcmp(of(e, "name"), "leaving") && *of(e, "reason_code")) s->why = of(e, "reason_code");
    if (e->kind == EVENT_offer_accepted && s->leaving) s->kept++, s->leaving = false;
    if (e->kind == EVENT_leave_confirmed) {
        if (*of(e, "reason_code")) s->why = of(e, "reason_code");
        s->left = s->ever_left = true, s->leaving = false;
    }
    if (e->kind == EVENT_need_ended || (e->kind == EVENT_moved && json_is_true(json_object_get(e->body, "out_of_area")))) s->away = true;
    bool comes = e->kind == EVENT_came_back || e->kind == EVENT_contract_renew || e->kind == EVENT_contract_start;
    if (comes) s->leaving = false;
    if (!comes && e->kind != EVENT_order) return;
    if (s->left) s->back_at = e->at;
    s->left = s->away = s->written = false, s->no = 0, s->why = "";
}

static standing standing_at(const seen *e, size_t n, int64_t before_us) {
    standing s = {.why = ""};
    for (size_t i = 0; i < n && e[i].at < before_us; i++) hear(&s, &e[i]);
    return s;
}

static bool among(const char *word, const char *const *words) {
    for (; *words; words++)
        if (!strcmp(word, *words)) return true;
    return false;
}

/* Who left is written to only to ask them back, and as a sign of life; and who left for a lower price or said no not even that. */
static void check_after(checking *c, int64_t customer, const seen *e, size_t at) {
    static const char *const price[] = {"undercut", "return_too_easy", NULL}, *const away[] = {"moved", "need_ended", NULL}, *const after[] = {"win_back", "stay_in_touch", NULL};
    standing s = standing_at(e, at, e[at].at);
    const char *topic = of(&e[at], "topic");
    bool back = among(topic, after), gone = s.left || s.away;
    if (back && !gone) violation(c, "customer %" PRId64 ": asked back, and has not left", customer);
    if (!back && gone) violation(c, "customer %" PRId64 ": sold to (%s), who has %s", customer, topic, s.left ? "left" : "moved, or no need");
    if (s.leaving) violation(c, "customer %" PRId64 ": written to, who is leaving", customer);
    if (!back || !gone) return;
    c->asked_back++;
    if (!strcmp(topic, "win_back") && among(s.why, price)) violation(c, "customer %" PRId64 ": asked back, who left for a lower price", customer);
    if (!strcmp(topic, "win_back") && (s.away || among(s.why, away))) violation(c, "customer %" PRId64 ": asked back, who has no need of us", customer);
    if (s.no) violation(c, "customer %" PRId64 ": asked again (%s) after a no (%s, %" PRId64 " days before)", customer, topic, event_kind_of((event_kind)s.no)->name, (e[at].at - s.no_at) / DAY);
}

static void check_marketing(checking *c, int64_t customer, const char *zone, const seen *e, size_t n, size_t at) {
    bool given = false, topic = true, profiled = true, nothing = false;
    int serious = 0, emails = 0, from = 8 * 60, to = 21 * 60;
    int64_t complaint = INT64_MIN, touched = INT64_MIN;
    const char *const american[] = {"America/New_York", "America/Los_Angeles", "Pacific/Honolulu", "America/Anchorage"};
    for (size_t i = 0; i < at; i++) {
        const char *purpose = of(&e[i], "purpose");
        bool profiling = !strcmp(purpose, "profiling"), channel = *of(&e[i], "channel");
        if (e[i].kind == EVENT_consent_given && profiling) profiled = true;
        if (e[i].kind == EVENT_consent_withdrawn && (profiling || (!*purpose && !channel))) profiled = false;
        bool way = !channel || !strcmp(of(&e[i], "channel"), of(&e[at], "channel")); /* of one channel: of that alone */
        if (e[i].kind == EVENT_consent_given && !profiling && way) given = true;
        if (e[i].kind == EVENT_consent_given && !profiling && !channel) nothing = false;
        if (e[i].kind == EVENT_consent_withdrawn && !profiling && way) given = false;
        if (e[i].kind == EVENT_preference_changed && !*of(&e[i], "topic") && !channel && json_is_boolean(json_object_get(e[i].body, "wanted"))) nothing = json_is_false(json_object_get(e[i].body, "wanted"));
        if (e[i].kind == EVENT_preference_changed && !strcmp(of(&e[i], "topic"), of(&e[at], "topic"))) topic = json_is_true(json_object_get(e[i].body, "wanted"));
        if (e[i].kind == EVENT_preference_changed && *of(&e[i], "hours")) from = 14 * 60, to = 16 * 60;
        if (e[i].kind == EVENT_touch_out && strcmp(of(&e[i], "purpose"), "service") && strcmp(of(&e[i], "purpose"), "legal") && e[i].at > e[at].at - 91 * DAY) emails += !strcmp(of(&e[i], "channel"), "email");
        if (e[i].kind == EVENT_touch_out || e[i].kind == EVENT_case_resolve) touched = e[i].at;
        if (e[i].kind == EVENT_complaint && !strcmp(of(&e[i], "severity"), "high")) complaint = e[i].at;
        if (e[i].kind != EVENT_case_open || (strcmp(of(&e[i], "severity"), "high") && strcmp(of(&e[i], "severity"), "urgent"))) continue;
        serious++;
        for (size_t k = i + 1; k < at; k++)
            if (e[k].kind == EVENT_case_resolve && e[k].subject == e[i].subject) {
                serious--;
                break;
            }
    }
    (void)n;
    bool known = *zone != 0, letter = !strcmp(of(&e[at], "channel"), "letter"); /* it comes with the post */
    for (size_t z = 0; !letter && z < (known ? 1 : sizeof american / sizeof *american); z++) {
        int minute = minute_of(known ? zone : american[z], e[at].at);
        if (minute < from || minute >= to) violation(c, "customer %" PRId64 ": at %d:%02d in %s", customer, minute / 60, minute % 60, known ? zone : american[z]);
    }
    if (!given) violation(c, "customer %" PRId64 ": without consent", customer);
    if (!profiled || nothing) violation(c, "customer %" PRId64 ": who objected to %s", customer, nothing ? "everything" : "profiling");
    if (!topic) violation(c, "customer %" PRId64 ": a topic they do not want", customer);
    if (serious > 0 || complaint > touched) violation(c, "customer %" PRId64 ": while something serious is open", customer);
    check_after(c, customer, e, at);
    if (emails >= 4 && !strcmp(of(&e[at], "channel"), "email")) violation(c, "customer %" PRId64 ": the fifth e-mail in a quarter", customer);
}

/* Whoever left has it in writing, where there is an address: within ten days, and no more than two screens were between saying so and that. */
static void check_leaving(checking *c, int64_t customer, bool address, const seen *e, size_t n, int64_t now_us) {
    bool bounced = false, gone = false;
    for (size_t i = 0; i < n; i++) {
        bounced = bounced || e[i].kind == EVENT_bounce;
        bool was_gone = gone;
        if (e[i].kind == EVENT_order || e[i].kind == EVENT_came_back) gone = false;
        if (e[i].kind == EVENT_leave_confirmed) gone = true;
        if (e[i].kind != EVENT_leave_confirmed || was_gone) continue; /* who is gone and says so again has it in writing already */
        int screens = 1, reasons = 0;
        bool written = false, before = false, again = false;
        size_t start = i;
        for (size_t k = i; k-- > 0 && e[k].kind != EVENT_leave_confirmed && e[k].kind != EVENT_came_back;)
            if (e[k].kind == EVENT_leave_intent && !before) start = k, before = true; /* as it was said last */
        for (size_t k = start; k < i; k++) reasons += e[k].kind == EVENT_survey && !strcmp(of(&e[k], "name"), "leaving");
        screens += reasons;
        for (size_t k = i + 1; k < n; k++) {
            if (e[k].kind == EVENT_bounce) bounced = true;
            if (e[k].kind == EVENT_leave_intent || e[k].kind == EVENT_leave_confirmed || e[k].kind == EVENT_order || e[k].kind == EVENT_came_back) again = true;
            if (e[k].kind == EVENT_touch_out && !strcmp(of(&e[k], "topic"), "leaving") && !strcmp(of(&e[k], "purpose"), "legal") && e[k].at < e[i].at + 10 * DAY) written = true;
            if (again) break;
        }
        c->left++;
        if (before && screens > 2) violation(c, "customer %" PRId64 ": %d screens to leave", customer, screens);
        if (address && !bounced && !again && !written && e[i].at + 10 * DAY < now_us) violation(c, "customer %" PRId64 ": left, and has nothing in writing", customer);
    }
}

/* --- a customer --- */

#define MOST 4096

static size_t events_of(db *d, int64_t customer, seen *e) {
    db_statement *s;
    mr_error err = {0};
    size_t n = 0;
    assert_ok(db_prepare(d, "SELECT at_us, kind, body, subject_id FROM event WHERE customer_id = $1 ORDER BY at_us, kind, id", "i", &s, &err), &err);
    db_bind_int(s, 1, customer);
    for (bool row = true;; n++) {
        assert_ok(db_step(s, &row, &err), &err);
        if (!row) break;
        assert_true(n < MOST);
        e[n] = (seen){db_int(s, 0), (int)db_int(s, 1), json_loads(db_text(s, 2, NULL), 0, NULL), db_int(s, 3)};
    }
    db_reset(s);
    return n;
}

static void forget(seen *e, size_t n) {
    for (size_t i = 0; i < n; i++) json_decref(e[i].body);
}

static void tell(const seen *e, size_t n) {
    for (size_t i = 0; i < n; i++) {
        char *body = json_dumps(e[i].body, JSON_COMPACT);
        fprintf(stderr, "    day %8.3f %s %.150s\n", (double)e[i].at / (double)DAY, event_kind_of(e[i].kind)->name, body ? body : "");
        free(body);
    }
}

/* Held out of being asked back: not asked until they are back by themselves. */
static void check_held_out(checking *c, int64_t customer, const seen *e, size_t n) {
    db_statement *s;
    mr_error err = {0};
    assert_ok(db_prepare(c->d, "SELECT created_at_us FROM action WHERE customer_id = $1 AND programme = 'win_back' AND step = 'held_out'", "i", &s, &err), &err);
    db_bind_int(s, 1, customer);
    for (bool row = true;;) {
        assert_ok(db_step(s, &row, &err), &err);
        if (!row) break;
        c->held_out++;
        for (size_t i = 0; i < n; i++) {
            if (e[i].at <= db_int(s, 0)) continue;
            if (e[i].kind == EVENT_order || e[i].kind == EVENT_came_back || e[i].kind == EVENT_contract_start || e[i].kind == EVENT_contract_renew) break;
            if (e[i].kind == EVENT_win_back_sent) violation(c, "customer %" PRId64 ": held out, and asked back", customer);
        }
    }
    db_reset(s);
}

void check_customer(checking *c, int64_t customer) {
    db_statement *s;
    mr_error err = {0};
    bool row = true;
    static seen e[MOST];
    char zone[64] = "";
    bool address = false;
    assert_ok(db_prepare(c->d, "SELECT time_zone, email FROM contact WHERE customer_id = $1", "i", &s, &err), &err);
    db_bind_int(s, 1, customer);
    assert_ok(db_step(s, &row, &err), &err);
    if (row) snprintf(zone, sizeof zone, "%s", db_text(s, 0, NULL)), address = *db_text(s, 1, NULL);
    db_reset(s);
    size_t n = events_of(c->d, customer, e);
    unsigned before = c->violations;
    for (size_t i = 0; i < n; i++) {
        if (e[i].kind != EVENT_touch_out) continue;
        c->contacts++;
        if (strcmp(of(&e[i], "purpose"), "marketing") || (strcmp(of(&e[i], "channel"), "email") && strcmp(of(&e[i], "channel"), "letter"))) continue; /* what people did by telephone is theirs */
        c->marketing++;
        check_marketing(c, customer, zone, e, n, i);
    }
    check_leaving(c, customer, address, e, n, c->now_us);
    check_held_out(c, customer, e, n);
    if (c->violations > before && getenv("MARRAM_VERBOSE")) tell(e, n);
    forget(e, n);
    unsetenv("TZ");
    tzset();
}

/* --- offers --- */

enum { HELD, SHOWN, ACCEPTED, DECLINED, EXPIRED, NO_ROOM };

typedef struct drawn {
    int64_t customer, id, occasion, at, expires, settled;
    int place, state;
    double probability, benefit;
    bool strategic, loyal;
    char offer[40], tier[40], product[80];
} drawn;

static bool seen_by_them(const drawn *d) {
    return d->state >= SHOWN && d->state <= EXPIRED;
}

static drawn *draws_of(db *d, size_t *n) {
    db_statement *s;
    mr_error err = {0};
    drawn *all = NULL;
    *n = 0;
    assert_ok(db_prepare(d, "SELECT customer_id, id, occasion, drawn_us, expires_us, settled_us, place, state, probability, benefit, strategic, loyal, offer, tier, product FROM offer_draw ORDER BY drawn_us", "", &s, &err), &err);
    for (bool row = true;; ++*n) {
        assert_ok(db_step(s, &row, &err), &err);
        if (!row) break;
        all = realloc(all, (*n + 1) * sizeof *all);
        assert_non_null(all);
        drawn *o = &all[*n];
        *o = (drawn){db_int(s, 0), db_int(s, 1), db_int(s, 2), db_int(s, 3), db_int(s, 4), db_int(s, 5), (int)db_int(s, 6), (int)db_int(s, 7), db_real(s, 8), db_real(s, 9), db_int(s, 10) != 0, db_int(s, 11) != 0, "", "", ""};
        snprintf(o->offer, sizeof o->offer, "%s", db_text(s, 12, NULL));
        snprintf(o->tier, sizeof o->tier, "%s", db_text(s, 13, NULL));
        snprintf(o->product, sizeof o->product, "%s", db_text(s, 14, NULL));
    }
    db_reset(s);
    return all;
}

/* Against each other. */
static void check_pair(checking *c, const drawn *a, const drawn *b) {
    if (a->customer != b->customer) return;
    if (a->occasion == b->occasion) violation(c, "customer %" PRId64 ": two draws for one occasion", a->customer);
    if (strcmp(a->offer, b->offer) || !seen_by_them(b)) return;
    if (a->state == HELD && b->at < a->at + 90 * DAY) violation(c, "customer %" PRId64 ": shown %s, which they were held out of", a->customer, a->offer);
    if (seen_by_them(a) && b->at < a->at + 365 * DAY) violation(c, "customer %" PRId64 ": shown %s twice", a->customer, a->offer);
}

/* By what happened to them: was one shown, who had none before, who left for it? */
static void check_drawn(checking *c, const drawn *all, size_t n, const drawn *d) {
    static seen e[MOST];
    size_t events = events_of(c->d, d->customer, e), told = 0;
    standing s = standing_at(e, events, d->at);
    for (size_t i = 0; i < events; i++) told += e[i].kind == EVENT_offer_shown && e[i].subject == d->id;
    if (told != seen_by_them(d)) violation(c, "customer %" PRId64 ": %s is %s; shown %zu times", d->customer, d->offer, seen_by_them(d) ? "shown" : "held out, or without room", told);
    if (d->loyal != (!s.ever_left && !s.leaving)) violation(c, "customer %" PRId64 ": taken for %s", d->customer, d->loyal ? "loyal" : "not loyal");
    if (s.kept >= 2 && seen_by_them(d)) violation(c, "customer %" PRId64 ": an offer to who leaves for offers", d->customer);
    bool returner = d->place == 3 || (s.back_at && s.back_at >= d->at - 365 * DAY);
    double limit = 0;
    for (size_t i = 0; i < n && all[i].at <= d->at; i++)
        if (&all[i] != d && all[i].loyal && seen_by_them(&all[i]) && all[i].at > d->at - 365 * DAY && !strcmp(all[i].tier, d->tier) && !strcmp(all[i].product, d->product) && all[i].benefit > limit) limit = all[i].benefit;
    c->returners += returner && seen_by_them(d);
    c->returners_benefit += returner && seen_by_them(d) && d->benefit > 0;
    if (returner && seen_by_them(d) && d->benefit > limit + 1e-12) violation(c, "customer %" PRId64 ": a returner is offered %g, and loyal customers %g", d->customer, d->benefit, limit);
    forget(e, events);
}

static void check_cap(checking *c, const drawn *all, size_t n, const offer_limit *limit) {
    for (size_t i = 0; i < n; i++) {
        unsigned used = 0;
        for (size_t k = 0; k <= i; k++) used += !strcmp(all[k].offer, limit->offer) && seen_by_them(&all[k]) && all[k].at > all[i].at - limit->days * DAY;
        if (!strcmp(all[i].offer, limit->offer) && used > limit->cap) violation(c, "%s: shown %u times in %d days, beyond its cap", limit->offer, used, limit->days);
        if (!strcmp(all[i].offer, limit->offer) && used == limit->cap) c->full++;
    }
}

void check_offers(checking *c, const offer_limit *limits, size_t limits_n) {
    size_t n;
    drawn *all = draws_of(c->d, &n);
    for (size_t i = 0; i < n; i++) {
        const drawn *d = &all[i];
        c->held += d->state == HELD;
        c->shown += seen_by_them(d);
        if (d->strategic ? d->probability < 1 || d->state == HELD : d->probability < .02 || d->probability > .98) violation(c, "customer %" PRId64 ": drawn with probability %g", d->customer, d->probability);
        if (d->state == ACCEPTED && d->settled > d->expires) violation(c, "customer %" PRId64 ": took %s when it had expired", d->customer, d->offer);
        for (size_t k = i + 1; k < n; k++) check_pair(c, d, &all[k]);
        check_drawn(c, all, n, d);
    }
    for (size_t i = 0; i < limits_n; i++) check_cap(c, all, n, &limits[i]);
    free(all);
}
/* --- the base --- */

void check_base(checking *c, const char *world) {
    /* Nothing twice, as the world saw it. */
    char command[400];
    snprintf(command, sizeof command, "test -z \"$(sort '%s' | uniq -d)\"", world);
    if (system(command)) violation(c, "something was sent twice");
    /* What is open is somebody's. */
    if (store_int(c->d, "SELECT CAST(COUNT(*) AS BIGINT) FROM support_case s WHERE s.state = 1 AND NOT EXISTS (SELECT 1 FROM action a WHERE a.customer_id = s.customer_id AND a.subject_id = s.id AND a.step = 'solve' AND a.state IN (1, 3) AND a.owner <> '')"))
        violation(c, "an open case is nobody's");
    char sql[400];
    snprintf(sql, sizeof sql, "SELECT CAST(COUNT(*) AS BIGINT) FROM promise p WHERE p.state = 1 AND p.due_us < %lld AND NOT EXISTS (SELECT 1 FROM action a WHERE a.customer_id = p.customer_id AND a.subject_id = p.id AND a.step = 'apologise' "
                              "AND a.state IN (1, 3) AND a.owner <> '')", (long long)c->now_us);
    if (store_int(c->d, sql)) violation(c, "an overdue promise is nobody's");
    if (store_int(c->d, "SELECT CAST(COUNT(*) AS BIGINT) FROM message WHERE state = 1")) violation(c, "a message is being sent for ever");
}

