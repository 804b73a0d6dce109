/* Save desk: who wants to leave, asks for less, or is likely to leave with much to lose is called by whoever has the best record with such cases; what is worth most comes first.
 * docs/programmes/save_desk.md. */
#include "save_desk.h"

#include "programme.h"

#include <currency.h>
#include <reasons_of.h>
#include <risk.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SUBJECTS 64

static const char *const kinds[DESK_KINDS] = {"leaving", "less", "likely"};
static const char *const outcomes[DESK_OUTCOMES] = {"saved", "left", "later", "not_reached"};

static int find(const char *const *names, int n, const char *name) {
    for (int i = 0; i < n; i++)
        if (!strcmp(names[i], name)) return i;
    return -1;
}

const char *desk_kind_name(desk_kind kind) {
    return kinds[kind];
}

int desk_kind_find(const char *name) {
    return find(kinds, DESK_KINDS, name);
}

const char *desk_outcome_name(desk_outcome outcome) {
    return outcomes[outcome];
}

int desk_outcome_find(const char *name) {
    return find(outcomes, DESK_OUTCOMES, name);
}

static const char *text_of(const json_t *o, const char *field) {
    const char *text = json_string_value(json_object_get(o, field));
    return text ? text : "";
}

/* --- what brings a case --- */

static double a_year_of(const look *k, const whole_contract *c) {
    for (size_t i = 0; c && i < k->d->contracts_n; i++)
        if (k->d->contracts[i].subject == c->id) return 12 * k->d->contracts[i].price / 1e4;
    return reasons_value(k->d, k->w->contracts_n ? RISK_CONTRACTS : RISK_ORDERS);
}

static size_t event_at(const look *k, int64_t id) {
    size_t i = 0;
    while (i < k->w->h.n && k->w->h.events[i].id != id) i++;
    return i;
}

/* The latest intent that is neither confirmed nor taken back. */
static bool leaving(look *k, desk_case *c) {
    int64_t subject[SUBJECTS];
    size_t n = leave_subjects(k->w, k->now_us, subject, SUBJECTS);
    bool found = false;
    for (size_t i = 0; i < n; i++) {
        leave_flow f;
        leave_flow_of(k->w, subject[i], k->now_us, k->day, &f);
        if (f.flow.state != EXIT_INTENT || !f.intent_id || (found && f.flow.started_us <= c->since_us)) continue;
        *c = (desk_case){.kind = DESK_LEAVING, .subject_id = f.intent_id, .event = event_at(k, f.intent_id), .since_us = f.flow.started_us, .contract = f.subject_id ? f.contract : NULL, .flow = f, .stated = f.why, .words = f.words};
        found = true;
    }
    if (found) c->stake = a_year_of(k, c->contract);
    return found;
}

/* Has what they asked been answered: another contract, another price, another term, or the end? */
static bool answered(const look *k, size_t event) {
    const history_event *asked = &k->w->h.events[event];
    for (size_t i = event + 1; i < k->w->h.n && k->w->h.events[i].at_us <= k->now_us; i++) {
        const history_event *e = &k->w->h.events[i];
        bool about = !asked->subject_id || !e->subject_id || e->subject_id == asked->subject_id;
        if (about && (e->kind == EVENT_contract_change || e->kind == EVENT_contract_renew || e->kind == EVENT_contract_end || e->kind == EVENT_leave_confirmed || e->kind == EVENT_downgrade_request)) return true;
    }
    return false;
}

/* What a year would bring less; where they did not say what they want to pay, half. */
static double less_by(const look *k, const history_event *e, const whole_contract *c) {
    double year = a_year_of(k, c), asked = c && c->price_minor > 0 && e->amount_minor > 0 && !strcmp(e->currency, c->currency) ? (double)e->amount_minor / (double)c->price_minor : .5;
    return year * (asked < 1 ? 1 - asked : 0);
}

static bool less(look *k, desk_case *c) {
    for (size_t i = k->w->h.n; i > 0; i--) {
        const history_event *e = &k->w->h.events[i - 1];
        if (e->kind != EVENT_downgrade_request || e->at_us > k->now_us) continue;
        if (answered(k, i - 1)) return false;
        const char *words = text_of(whole_body(k->w, i - 1), "reason");
        const whole_contract *of = e->subject_id ? whole_contract_of(k->w, e->subject_id) : NULL;
        *c = (desk_case){.kind = DESK_LESS, .subject_id = e->id, .event = i - 1, .since_us = e->at_us, .contract = of, .words = words, .stated = reason_stated(NULL, 0, words, strlen(words))};
        c->stake = less_by(k, e, of);
        return true;
    }
    return false;
}

/* By the newest forecast, where it is not stale. value_minor is what they are expected to bring if nothing is done, which has the risk taken off already. */
static bool likely(look *k, desk_case *c) {
    const whole *w = k->w;
    double at_risk = (double)w->value_at_risk_minor, all = at_risk + (double)w->value_minor;
    if (!look_here(k) || look_objects(k) || k->now_us - w->scored_us > LOOK_FRESH_DAYS * LOOK_DAY_US || at_risk <= 0) return false;
    *c = (desk_case){.kind = DESK_LIKELY, .since_us = w->scored_us, .words = "", .stake = (double)currency_to_money(w->value_at_risk_minor, w->value_currency) / 1e4, .share = at_risk / all};
    return c->share >= k->c->save_desk_least_share && c->stake >= k->c->save_desk_least_value;
}

bool desk_case_of(look *k, desk_case *out) {
    return leaving(k, out) || less(k, out) || likely(k, out);
}

/* --- why, and what that leaves to be done --- */

/* What acting changes, as a share of what it changes where something went wrong: whoever moved or has no need is not held by a call. Assumptions, until they are measured. */
static double changes(reason of) {
    static const struct {
        reason why;
        double share;
    } shares[] = {{REASON_deceased_or_closed, 0}, {REASON_moved, .25}, {REASON_need_ended, .25}, {REASON_novelty_seeking, .5}, {REASON_return_too_easy, .5}, {REASON_no_authority, .5}};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
        if (shares[i].why == of) return shares[i].share;
    return 1;
}

typedef struct seen {
    signal_hit hit[SIGNALS];
    size_t n;
    reason why;
} seen;

/* What they said; else what is observed, by what signals usually mean. */
static reason reason_for(look *k, const desk_case *c, seen *s) {
    weights_hit of[SIGNALS];
    weights *w = arena_take(&k->text, sizeof *w);
    attribution *a = arena_take(&k->text, sizeof *a);
    s->n = signals_fire(k->d, s->hit);
    s->why = REASON_unknown;
    if (!w || !a) {
        k->failed = true;
        return REASON_unknown;
    }
    for (size_t i = 0; i < s->n; i++) {
        int32_t age = k->day - s->hit[i].day;
        of[i] = (weights_hit){(uint8_t)s->hit[i].signal, (uint16_t)(age < 0 ? 0 : age > UINT16_MAX ? UINT16_MAX : age)};
    }
    weights_default(w);
    weights_attribute(w, &(weights_row){of, s->n}, a);
    s->why = a->top == REASON_none ? REASON_unknown : a->top;
    return c->stated != REASON_none && c->stated != REASON_unknown ? c->stated : s->why;
}

static void observed(look *k, look_wish *w, const desk_case *c, const seen *s) {
    for (size_t i = 0; i < s->n; i++) {
        char sentence[256];
        const signal_row *row = signal_of((int)s->hit[i].signal);
        signal_sentence(&s->hit[i], sentence, sizeof sentence);
        look_why(k, w, "Observed, speaks for '%s': %s", *reason_of((int)row->reason)->says ? reason_of((int)row->reason)->says : reason_of((int)row->reason)->code, sentence);
        for (uint8_t j = 0; j < s->hit[i].shown; j++)
            if (s->hit[i].evidence[j].id && s->hit[i].evidence[j].id != c->subject_id) look_because(k, w, s->hit[i].evidence[j].id, s->hit[i].evidence[j].kind, s->hit[i].evidence[j].day);
    }
}

static void say_why(look *k, look_wish *w, const desk_case *c, const seen *s) {
    const char *on = look_day_text(k, look_day_of(k, c->since_us)), *of = c->contract ? *c->contract->product ? c->contract->product : c->contract->number : "";
    if (c->kind == DESK_LEAVING) look_why(k, w, "They said on %s that they want to leave%s%s; their last day, if they confirm today: %s", on, *of ? ": " : "", of, look_day_text(k, c->flow.last_day));
    if (c->kind == DESK_LESS) look_why(k, w, "They asked for less on %s%s%s", on, *of ? ": " : "", of);
    if (c->kind == DESK_LIKELY) look_why(k, w, "By the forecast of %s %.0f %% of what they would bring is at risk: %.0f %s", on, 100 * c->share, c->stake, k->w->value_currency);
    if (c->stated != REASON_none && c->stated != REASON_unknown && *reason_of((int)c->stated)->says) look_why(k, w, "Stated: %s", reason_of((int)c->stated)->says);
    if (*c->words) look_why(k, w, "In their words: %.300s", c->words);
    if (c->subject_id && c->event < k->w->h.n) look_because_event(k, w, c->event);
    observed(k, w, c, s);
    if (changes(w->reason) < 1) look_why(k, w, "A call changes less for that reason: counted with %.0f %% of what it is assumed to save otherwise", 100 * changes(w->reason));
}

/* --- which call --- */

typedef struct calling {
    int64_t occasion; /* the case's, times DESK_ATTEMPTS */
    int attempt;
    int64_t from_us;  /* not before */
    const char *same; /* who called before; NULL: nobody */
    bool there;       /* this call is on record already */
} calling;

static const action_row *past(const look *k, int64_t subject_id, int64_t occasion) {
    return whole_action_like(k->w, DESK_PROGRAMME, DESK_CALL, subject_id, occasion);
}

/* When a call that was made comes again; false: the case is over. */
static bool comes_again(const look *k, const action_row *a, int64_t *at_us) {
    json_t *o = json_loads(a->outcome, 0, NULL);
    int outcome = a->state == ACTION_DONE ? desk_outcome_find(text_of(o, "result")) : -1;
    const json_t *on = json_object_get(o, "again_day");
    *at_us = json_is_integer(on) ? look_day_us(k, (int32_t)json_integer_value(on)) : look_day_us(k, look_day_of(k, a->changed_us) + (int32_t)k->c->save_desk_again_days);
    json_decref(o);
    return outcome == DESK_LATER || outcome == DESK_NOT_REACHED;
}

static bool calls_of(look *k, int64_t subject_id, int64_t occasion, calling *c) {
    *c = (calling){.occasion = occasion, .from_us = INT64_MIN};
    for (; c->attempt < k->c->save_desk_attempts && c->attempt < DESK_ATTEMPTS; c->attempt++) {
        const action_row *a = past(k, subject_id, occasion + c->attempt);
        c->there = a && a->state <= ACTION_OPEN;
        if (!a || c->there) return !a || c->there ? look_reached(k, c->from_us) : false;
        if (!comes_again(k, a, &c->from_us)) return false;
        c->same = a->owner;
    }
    return false;
}

/* Of who said nothing: the case that is open, or whose calls go on; or a new one where the last has been over for long enough. */
static bool likely_calls(look *k, calling *c) {
    const action_row *last = NULL;
    for (size_t i = 0; i < k->w->actions_n; i++) {
        const action_row *a = &k->w->actions[i];
        if (strcmp(a->programme, DESK_PROGRAMME) || a->subject_id || (last && a->occasion <= last->occasion)) continue;
        last = a;
    }
    if (last && (last->state <= ACTION_OPEN || comes_again(k, last, &c->from_us))) {
        if (calls_of(k, 0, last->occasion - last->occasion % DESK_ATTEMPTS, c)) return true;
        if (c->attempt < k->c->save_desk_attempts) return false;
    }
    if (last && !look_reached(k, last->changed_us + k->c->save_desk_quiet_days * LOOK_DAY_US)) return false;
    *c = (calling){.occasion = (int64_t)k->day * DESK_ATTEMPTS, .from_us = INT64_MIN};
    return true;
}

/* --- the call --- */

static int64_t due(look *k, const desk_case *c, const calling *at) {
    const action_row *there = past(k, c->subject_id, at->occasion + at->attempt);
    if (there) return there->due_us;
    if (c->kind == DESK_LIKELY && !at->attempt) return look_day_us(k, k->day + (int32_t)k->c->save_desk_likely_days);
    return look_within_hours(k, at->attempt ? k->now_us : c->since_us, k->c->save_desk_hours);
}

static const char *what(look *k, const desk_case *c, const calling *at) {
    static const char *const words[DESK_KINDS] = {"Wants to leave: call, listen, put right what can be", "Asks for less: call, find out what for", "Likely to leave: call before they say so"};
    return at->attempt ? look_text(k, "%s (call %d of %d at most)", words[c->kind], at->attempt + 1, (int)k->c->save_desk_attempts) : words[c->kind];
}

static int64_t minor_of(const look *k, double units) {
    bool exact;
    return units > 0 && units < 9e13 ? currency_from_money((int64_t)rint(1e4 * units), k->w->money.currency, &exact) : 0;
}

/* Whoever called before calls again; noted as routed.c does, so that it goes over where they are taken out of the settings. */
static void by_the_same(look *k, look_wish *w, const char *name) {
    const action_row *there = past(k, w->subject_id, w->occasion);
    desk_routed before = {.to = ""};
    if (there) before = desk_routed_of(there);
    look_for_name(k, w, name, REASON_OWNER_both);
    look_fill(k, w, "routed_to", "%s", there && !strcmp(there->owner, w->owner) ? before.to : w->owner);
    json_decref(before.document);
}

static void call(look *k, const desk_case *c, const calling *at) {
    seen s;
    reason because = reason_for(k, c, &s);
    if (because == REASON_deceased_or_closed) return; /* there is nobody to keep */
    look_wish *w = look_task(k, DESK_CALL, c->subject_id, at->occasion + at->attempt, due(k, c, at), "%s", what(k, c, at));
    w->reason = because;
    w->effect *= changes(because);
    if (c->kind != DESK_LIKELY) w->value_minor = minor_of(k, c->stake);
    w->urgent = c->kind == DESK_LEAVING;
    w->purpose = c->kind == DESK_LIKELY ? CONTACT_marketing : CONTACT_service; /* of who said nothing: nobody asked us to */
    w->channel = CONTACT_phone;
    w->topic = "leaving";
    w->done_event = "touch_out";
    look_fill(k, w, "desk_kind", "%s", desk_kind_name(c->kind));
    look_fill(k, w, "desk_tier", "%s", k->w->tier);
    if (at->same && config_person_of(k->c, at->same)) by_the_same(k, w, at->same);
    else look_for_best(k, w, c->kind);
    look_say(k, w, "Listen before anything else. %s. Never stand between them and the door: 'marram leave confirm' ends it at once, without a reason", because == REASON_unknown ? "Ask what would have to be different" : reason_of((int)because)->remedy);
    say_why(k, w, c, &s);
}

void programme_save_desk(look *k) {
    desk_case c;
    calling at = {0};
    if (!desk_case_of(k, &c)) return;
    if (c.kind == DESK_LIKELY ? !likely_calls(k, &at) : !calls_of(k, c.subject_id, 0, &at)) return;
    if (!at.there && !at.attempt && !look_fresh(k, c.since_us)) return; /* an import of old records calls nobody; what is open stays until they stay, or go */
    call(k, &c, &at);
}

/* --- what an action says --- */

desk_routed desk_routed_of(const action_row *a) {
    desk_routed r = {.document = json_loads(a->document, 0, NULL)};
    const json_t *values = json_object_get(r.document, "values"), *p = json_object_get(values, "routed_probability");
    r.kind = text_of(values, "desk_kind");
    r.tier = text_of(values, "desk_tier");
    r.to = text_of(values, "routed_to");
    r.how = text_of(values, "routed_by");
    r.why = text_of(values, "routed_why");
    r.probability = json_is_string(p) ? strtod(json_string_value(p), NULL) : 0;
    return r;
}

bool desk_kept(whole *w, const action_row *a) {
    desk_routed r = desk_routed_of(a);
    int64_t until_us = a->created_us + DESK_KEPT_DAYS * LOOK_DAY_US, subject = 0;
    leave_flow f;
    for (size_t i = 0; a->subject_id && i < w->h.n; i++)
        if (w->h.events[i].id == a->subject_id && w->h.events[i].kind == EVENT_leave_intent) subject = w->h.events[i].subject_id;
    leave_flow_of(w, subject, until_us, (int32_t)(until_us / LOOK_DAY_US), &f);
    json_decref(r.document);
    return f.flow.state != EXIT_INTENT && f.flow.state != EXIT_LEFT;
}
