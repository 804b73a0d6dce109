#include "leave_flow.h"

#include <body.h>
#include <calendar.h>

#include <string.h>

#define DAY_US INT64_C(86400000000)
#define MOST 64
#define INSTANT_US 1000

static const char *text(const json_t *body, const char *field) {
    const char *t = body ? json_string_value(json_object_get(body, field)) : NULL;
    return t ? t : "";
}

static void say_why(leave_flow *f, const json_t *body, const char *words) {
    const char *code = text(body, "reason_code");
    if (!*code && !*words) return;
    f->why = reason_stated(*code ? code : NULL, strlen(code), *words ? words : NULL, strlen(words));
    f->words = words;
}

static void started(leave_flow *f, const history_event *e, const json_t *body, exit_answer answer) {
    if (answer == EXIT_NOT_NOW) return;
    if (answer == EXIT_TAKEN) {
        f->intent_id = e->id;
        f->why = REASON_none;
        f->words = f->offer = f->offer_number = "";
        f->offer_id = 0;
        f->channel = text(body, "channel");
    }
    say_why(f, body, text(body, "feedback"));
}

static void offered(leave_flow *f, const history_event *e, const json_t *body) {
    const char *expires = text(body, "expires");
    int64_t at;
    f->offer_id = e->subject_id;
    f->offer = text(body, "offer");
    f->offer_number = text(body, "number");
    f->offer_minor = e->amount_minor;
    f->offer_currency = e->currency;
    f->offer_expires_us = *expires && time_read(expires, strlen(expires), &at) ? at : WHOLE_NO_TIME;
}

static int32_t effective(const json_t *body, int32_t otherwise) {
    int32_t day;
    const char *t = text(body, "effective");
    return calendar_parse(t, strlen(t), &day) ? day : otherwise;
}

/* A contract that starts or is renewed, and came_back, say that they are with us, or with us again; of who only spoke of leaving, that they stay. */
static void is_back(exit_flow *flow, int64_t at_us) {
    exit_take(flow, flow->state == EXIT_INTENT ? EXIT_STAY : EXIT_BACK, at_us);
}

static void take(leave_flow *f, whole *w, size_t i) {
    const history_event *e = &w->h.events[i];
    bool about = e->subject_id == f->subject_id || !e->subject_id || !f->subject_id, ours = f->offer_id && e->subject_id == f->offer_id;
    exit_state before = f->flow.state;
    switch (e->kind) {
    case EVENT_leave_intent:
        if (about) started(f, e, whole_body(w, i), exit_take(&f->flow, EXIT_START, e->at_us));
        break;
    case EVENT_survey:
        if (strcmp(text(whole_body(w, i), "name"), LEAVE_SURVEY) || exit_take(&f->flow, EXIT_REASON, e->at_us) != EXIT_TAKEN) break;
        say_why(f, whole_body(w, i), text(whole_body(w, i), "comment"));
        break;
    case EVENT_offer_shown:
        if (exit_take(&f->flow, EXIT_OFFER, e->at_us) == EXIT_TAKEN) offered(f, e, whole_body(w, i));
        break;
    case EVENT_offer_declined:
        if (ours) exit_take(&f->flow, EXIT_DECLINE, e->at_us);
        break;
    case EVENT_offer_accepted:
        if (ours || f->flow.state == EXIT_INTENT) exit_take(&f->flow, ours ? EXIT_ACCEPT : EXIT_STAY, e->at_us);
        break;
    case EVENT_leave_confirmed:
    case EVENT_contract_end:
        if (!about || exit_take(&f->flow, EXIT_CONFIRM, e->at_us) != EXIT_TAKEN) break;
        say_why(f, whole_body(w, i), text(whole_body(w, i), "feedback"));
        f->last_day = effective(whole_body(w, i), e->day);
        f->all = !e->subject_id;
        if (e->kind == EVENT_contract_end) f->flow.screens = 0; /* no screen of ours */
        break;
    case EVENT_contract_start:
    case EVENT_contract_renew: /* takes back a notice, too */
        if (about) is_back(&f->flow, e->at_us);
        break;
    case EVENT_came_back: is_back(&f->flow, e->at_us); break;
    case EVENT_order:
        if (!f->subject_id && f->flow.state == EXIT_LEFT && e->amount_minor >= 0) exit_take(&f->flow, EXIT_BACK, e->at_us);
        break;
    default: break;
    }
    if (before != f->flow.state || (e->kind == EVENT_leave_intent && about) || e->kind == EVENT_survey || e->kind == EVENT_offer_shown || e->kind == EVENT_offer_declined) f->last_us = e->at_us;
    f->ended += before == EXIT_INTENT ? f->flow.state != EXIT_INTENT : before != EXIT_LEFT && f->flow.state == EXIT_LEFT;
}

static const whole_contract *contract_for(const whole *w, int64_t subject_id) {
    const whole_contract *one = NULL;
    if (subject_id) return whole_contract_of(w, subject_id);
    for (size_t i = 0; i < w->contracts_n; i++) {
        if (w->contracts[i].state == WHOLE_CONTRACT_ENDED) continue;
        if (one) return NULL;
        one = &w->contracts[i];
    }
    return one;
}

static int64_t instant(int64_t until_us) {
    return until_us > LEAVE_ALL - INSTANT_US ? LEAVE_ALL : until_us + INSTANT_US;
}

void leave_flow_of(whole *w, int64_t subject_id, int64_t until_us, int32_t day, leave_flow *f) {
    *f = (leave_flow){.subject_id = subject_id, .words = "", .channel = "", .offer = "", .offer_number = "", .offer_currency = "", .offer_expires_us = WHOLE_NO_TIME, .last_us = WHOLE_NO_TIME, .last_day = day};
    f->contract = contract_for(w, subject_id);
    for (size_t i = 0; i < w->h.n && w->h.events[i].at_us <= instant(until_us); i++) take(f, w, i);
    if (f->flow.state == EXIT_LEFT) return;
    const exit_term none = {INT32_MIN, INT32_MIN, -1};
    const exit_term term = f->contract ? (exit_term){f->contract->start_day, f->contract->renewal_day, f->contract->notice_days} : none;
    f->last_day = exit_last_day(&term, day, &f->late);
}

size_t leave_subjects(const whole *w, int64_t until_us, int64_t *subject, size_t most) {
    size_t n = 0;
    for (size_t i = 0; i < w->h.n && w->h.events[i].at_us <= instant(until_us); i++) {
        const history_event *e = &w->h.events[i];
        bool known = e->kind != EVENT_leave_intent && e->kind != EVENT_leave_confirmed;
        for (size_t k = 0; k < n && !known; k++) known = subject[k] == e->subject_id;
        if (!known && n < most) subject[n++] = e->subject_id;
    }
    return n;
}

static bool one_runs(const whole *w) {
    for (size_t i = 0; i < w->contracts_n; i++)
        if (w->contracts[i].state == WHOLE_CONTRACT_RUNNING) return true;
    return false;
}

bool leave_flow_holds(whole *w, int64_t now_us) {
    int64_t subject[MOST];
    leave_flow f;
    if (!leave_subjects(w, now_us, subject, MOST)) return false;
    leave_flow_of(w, 0, now_us, (int32_t)(now_us / DAY_US), &f);
    return f.flow.state == EXIT_INTENT || (f.flow.state == EXIT_LEFT && (f.all || !one_runs(w)));
}
