/* Problem recovery: clocks for the first answer and the solution, a senior person at once for a second problem, the customer's word on whether it is solved, and
 * a record of who took responsibility. docs/programmes/recovery.md. */
#include "programme.h"

#include <calendar.h>

#include <stdlib.h>
#include <string.h>

/* Hours by severity: an urgent case has a quarter of the tier's time, a high one half, a low one twice. */
static double share_of(const char *severity) {
    static const struct {
        const char *severity;
        double share;
    } shares[] = {{"urgent", .25}, {"high", .5}, {"low", 2}};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
        if (!strcmp(severity, shares[i].severity)) return shares[i].share;
    return 1;
}

static bool is_serious(const char *severity) {
    return !strcmp(severity, "urgent") || !strcmp(severity, "high");
}

typedef struct problem {
    const whole_case *c;
    const digest_case *digest; /* NULL: nothing of it was known by the day */
    const char *name;
    int64_t since_us; /* opened, or opened again */
    bool second;      /* within the sour window after another problem */
    int64_t before_us; /* when that was */
} problem;

static const digest_case *digested(const look *k, int64_t id) {
    for (size_t i = 0; i < k->d->cases_n; i++)
        if (k->d->cases[i].subject == id) return &k->d->cases[i];
    return NULL;
}

/* The last problem (a case, a complaint) before this one opened, within the sour window. */
static bool soured(const look *k, const whole_case *c, int64_t *before_us) {
    int64_t window_us = k->c->recovery_sour_window_days * LOOK_DAY_US, last = INT64_MIN;
    for (size_t i = 0; i < k->w->cases_n; i++) {
        const whole_case *other = &k->w->cases[i];
        if (other->id != c->id && other->opened_us != INT64_MIN && other->opened_us < c->opened_us && other->opened_us > last) last = other->opened_us;
    }
    for (size_t i = 0; i < k->w->h.n; i++) {
        const history_event *e = &k->w->h.events[i];
        /* A complaint that a case was opened about is the same problem: a day apart or less. */
        if (e->kind == EVENT_complaint && e->at_us < c->opened_us - LOOK_DAY_US && e->at_us > last) last = e->at_us;
    }
    *before_us = last;
    return last != INT64_MIN && last > c->opened_us - window_us;
}

static void evidence(look *k, look_wish *w, int64_t subject) {
    for (size_t i = 0; i < k->w->h.n; i++)
        if (k->w->h.events[i].subject_id == subject && k->w->h.events[i].kind != EVENT_case_update) look_because_event(k, w, i);
}

static look_wish *case_task(look *k, const problem *p, const char *step, int64_t due_us, const char *what) {
    look_wish *w = look_task(k, step, p->c->id, p->c->reopenings, due_us, "%s: %s", what, p->name);
    w->urgent = is_serious(p->c->severity) || due_us <= k->now_us;
    look_why(k, w, "%s on %s%s%s", p->c->reopenings ? "Opened again" : "Opened", look_day_text(k, look_day_of(k, p->since_us)), *p->c->severity ? ", severity " : "", p->c->severity);
    evidence(k, w, p->c->id);
    return w;
}

static void late(look *k, const problem *p, const char *step, int64_t due_us, const char *what) {
    if (!look_reached(k, due_us) || !look_fresh(k, due_us)) return;
    look_wish *w = case_task(k, p, step, look_within_hours(k, due_us, 4), what);
    look_for_senior(k, w);
    w->reason = REASON_poor_after_sales;
    w->urgent = true;
    look_why(k, w, "It was due on %s", look_day_text(k, look_day_of(k, due_us)));
}

static void open_case(look *k, const problem *p) {
    const config_tier *tier = config_tier_of(k->c, k->w->tier);
    double share = share_of(p->c->severity);
    int64_t answer_us = look_within_hours(k, p->since_us, share * tier->response_hours), solve_us = look_within_hours(k, p->since_us, share * tier->resolution_hours);
    look_wish *w;
    if (p->c->first_response_us == WHOLE_NO_TIME) {
        w = case_task(k, p, "answer", answer_us, "Answer the case");
        look_for_reason(k, w, REASON_poor_after_sales);
        w->done_event = "case_update";
        look_say(k, w, "Who sees to it, what happens next, and by when they hear again");
        late(k, p, "answer_late", answer_us, "A case has had no answer in time");
    }
    w = case_task(k, p, "solve", solve_us, "Solve the case");
    look_for_reason(k, w, REASON_poor_after_sales);
    w->done_event = "case_resolve";
    late(k, p, "solve_late", solve_us, "A case is not solved in time");
    if (p->second && look_fresh(k, p->since_us)) {
        w = case_task(k, p, "second", look_within_hours(k, p->since_us, 2), "A second problem within the sour window: a senior person calls");
        look_for_senior(k, w);
        w->reason = REASON_problems_soured;
        w->urgent = true;
        w->done_event = "touch_out";
        look_why(k, w, "The one before was on %s", look_day_text(k, look_day_of(k, p->before_us)));
        look_say(k, w, "Take both problems together, and stay until they say both are solved");
    }
}

/* The record: cause, owner, what was put right, when the customer was told (fields of case_resolve, or of an update after it). */
static bool recorded(look *k, const problem *p) {
    static const char *const fields[] = {"cause", "owner", "put_right", "told"};
    bool have[sizeof fields / sizeof *fields] = {false};
    for (size_t i = 0; i < k->w->h.n; i++) {
        const history_event *e = &k->w->h.events[i];
        if (e->subject_id != p->c->id || (e->kind != EVENT_case_resolve && e->kind != EVENT_case_update)) continue;
        const json_t *body = whole_body(k->w, i);
        for (size_t f = 0; f < sizeof fields / sizeof *fields; f++) have[f] = have[f] || (body && json_is_string(json_object_get(body, fields[f])));
    }
    for (size_t f = 0; f < sizeof fields / sizeof *fields; f++)
        if (!have[f]) return false;
    return true;
}

static void ask(look *k, const problem *p, const char *step, int64_t due_us, const char *words) {
    look_wish *w = look_message(k, step, p->c->id, p->c->reopenings, due_us, words, "Ask whether it is solved, in their eyes: %s", p->name);
    look_for(k, w, REASON_OWNER_operations);
    w->until_us = due_us + 21 * LOOK_DAY_US;
    w->purpose = CONTACT_service;
    w->topic = "case";
    look_fill(k, w, "case.number", "%s", p->c->number);
    look_fill(k, w, "case.subject", "%s", *p->c->subject ? p->c->subject : p->name);
    look_why(k, w, "Resolved on %s, and they have not said that it is", look_day_text(k, look_day_of(k, p->c->resolved_us)));
    evidence(k, w, p->c->id);
}

/* Did they write or say anything since? */
static bool heard_since(const look *k, int64_t at_us) {
    for (size_t i = k->w->h.n; i > 0; i--) {
        const history_event *e = &k->w->h.events[i - 1];
        if (e->at_us <= at_us) return false;
        if (e->kind == EVENT_touch_in || e->kind == EVENT_survey || e->kind == EVENT_praise || e->kind == EVENT_complaint) return true;
    }
    return false;
}

static void solved_case(look *k, const problem *p) {
    bool confirmed = p->digest && p->digest->happy && p->digest->happy->at_us >= p->c->resolved_us;
    int64_t ask_us = p->c->resolved_us + k->c->recovery_confirm_after_days * LOOK_DAY_US, over_us = p->c->resolved_us + 60 * LOOK_DAY_US;
    if (k->now_us >= over_us) return;
    look_again(k, over_us);
    if ((p->second || p->c->reopenings || is_serious(p->c->severity)) && !recorded(k, p)) {
        look_wish *w = look_task(k, "responsibility", p->c->id, p->c->reopenings, look_within_hours(k, p->c->resolved_us, 16), "Write down who took responsibility: %s", p->name);
        look_for_reason(k, w, REASON_problems_soured);
        w->done_event = "case_update";
        look_why(k, w, "Solved on %s; its cause, its owner, what was put right and when the customer was told are not all on record", look_day_text(k, look_day_of(k, p->c->resolved_us)));
        look_say(k, w, "marram task done ID --set cause=... --set owner=... --set put_right=... --set told=DATE");
        evidence(k, w, p->c->id);
    }
    if (confirmed || heard_since(k, p->c->resolved_us)) return;
    if (!look_reached(k, ask_us)) return;
    ask(k, p, "confirm", ask_us, "recovery/confirm");
    const action_row *first = look_past(k, "confirm", p->c->id, p->c->reopenings);
    if (!first || first->state != ACTION_DONE) return;
    int64_t again_us = first->changed_us + k->c->recovery_confirm_again_days * LOOK_DAY_US;
    if (look_reached(k, again_us)) ask(k, p, "confirm_again", again_us, "recovery/confirm-again");
}

void programme_recovery(look *k) {
    for (size_t i = 0; i < k->w->cases_n; i++) {
        problem p = {.c = &k->w->cases[i], .digest = digested(k, k->w->cases[i].id)};
        if (p.c->opened_us == WHOLE_NO_TIME) continue;
        p.name = *p.c->subject ? p.c->subject : *p.c->number ? p.c->number : "a case without a name";
        p.since_us = p.c->opened_us;
        if (p.c->reopenings && p.digest && p.digest->reopen && p.digest->reopen->at_us > p.since_us) p.since_us = p.digest->reopen->at_us;
        p.second = soured(k, p.c, &p.before_us);
        if (p.c->open) open_case(k, &p);
        else if (p.c->resolved_us != WHOLE_NO_TIME) solved_case(k, &p);
    }
}
