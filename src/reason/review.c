/* What a review looks for. Where a signal of leaving says the same, its rule is asked. */
#include "review.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define RECENT_DAYS 180
#define ANSWER_DAYS 7      /* within which a complaint wants an answer */
#define CONFIRM_FROM 3     /* days after a solution from which, and up to which, it is to be confirmed */
#define CONFIRM_TO 120
#define RENEWAL_DAYS 60
#define TOUCHES_LEAST 3

static const pattern_row rows[PATTERNS] = {
#define PATTERN(name, owner, urgent, sentence, todo, meaning) [PATTERN_##name] = {#name, sentence, todo, meaning, REASON_OWNER_##owner, urgent},
#include "review.def"
#undef PATTERN
};

static bool (*const rules[PATTERNS])(const digest *d, signal_hit *h) = {
#define PATTERN(name, owner, urgent, sentence, todo, meaning) [PATTERN_##name] = pattern_##name,
#include "review.def"
#undef PATTERN
};

static const pattern_row none = {"", "", "", "", REASON_OWNER_both, false};

const pattern_row *pattern_of(int id) {
    return id >= 0 && id < PATTERNS ? &rows[id] : &none;
}

size_t patterns_fire(const digest *d, pattern_hit out[PATTERNS]) {
    size_t n = 0;
    for (int id = 0; id < PATTERNS; id++) {
        pattern_hit hit = {.pattern = (pattern_id)id};
        if (!rules[id](d, &hit.hit)) continue;
        hit.hit.day = hit.hit.shown ? hit.hit.evidence[hit.hit.shown - 1].day : d->day;
        out[n++] = hit;
    }
    return n;
}

size_t pattern_sentence(const pattern_hit *h, char *out, size_t size) {
    return hit_sentence(pattern_of((int)h->pattern)->sentence, &h->hit, out, size);
}

/* Does the signal's rule fire, with its last evidence within `days`? */
static bool as_signal(const digest *d, signal_hit *h, signal_id signal, bool (*rule)(const digest *, signal_hit *), int32_t days) {
    *h = (signal_hit){.signal = signal};
    return rule(d, h) && d->day - h->evidence[h->shown - 1].day <= days;
}

bool pattern_same_problem_again(const digest *d, signal_hit *h) {
    return as_signal(d, h, SIGNAL_same_again, signal_same_again, RECENT_DAYS);
}

bool pattern_second_problem(const digest *d, signal_hit *h) {
    return as_signal(d, h, SIGNAL_second_problem, signal_second_problem, SIGNAL_SOUR_DAYS);
}

/* Was there a touch of ours, or a word in a case, after e? Marketing is no answer. */
static bool answered_after(const digest *d, const trace_event *e) {
    static const event_kind kinds[] = {EVENT_touch_out, EVENT_case_update, EVENT_case_resolve};
    for (int k = 0; k < 3; k++) {
        for (uint32_t i = d->n[kinds[k]]; i > 0; i--) {
            const trace_event *a = digest_event(d, kinds[k], i - 1);
            if (a->at_us <= e->at_us) break;
            if (!(a->flags & TRACE_MARKETING)) return true;
        }
    }
    return false;
}

bool pattern_silence_after_complaint(const digest *d, signal_hit *h) {
    for (uint32_t i = 0; i < d->n[EVENT_complaint]; i++) {
        const trace_event *e = digest_event(d, EVENT_complaint, i);
        if (d->day - e->day < ANSWER_DAYS || d->day - e->day > RECENT_DAYS || answered_after(d, e)) continue;
        hit_add(h, e);
        h->number[0] = d->day - e->day;
    }
    return h->count;
}

bool pattern_not_answered(const digest *d, signal_hit *h) {
    return as_signal(d, h, SIGNAL_no_answer, signal_no_answer, 365);
}

bool pattern_open_long(const digest *d, signal_hit *h) {
    return as_signal(d, h, SIGNAL_unresolved, signal_unresolved, 365);
}

bool pattern_not_confirmed(const digest *d, signal_hit *h) {
    for (size_t i = 0; i < d->cases_n; i++) {
        const digest_case *c = &d->cases[i];
        if (c->is_open || !c->resolve || (c->happy && c->happy->at_us >= c->resolve->at_us)) continue;
        int32_t ago = d->day - c->resolve->day;
        if (ago >= CONFIRM_FROM && ago <= CONFIRM_TO) hit_add(h, c->resolve);
    }
    return h->count;
}

bool pattern_promise_overdue(const digest *d, signal_hit *h) {
    for (size_t i = 0; i < d->promises_n; i++) {
        const digest_promise *p = &d->promises[i];
        if (!p->made || p->kept || p->broken || p->made->until_day == TRACE_NO_DAY || p->made->until_day >= d->day || d->day - p->made->day > 365) continue;
        if (!h->count) h->number[0] = d->day - p->made->until_day;
        hit_add(h, p->made);
    }
    return h->count;
}

bool pattern_promise_broken(const digest *d, signal_hit *h) {
    for (size_t i = 0; i < d->promises_n; i++) {
        const trace_event *e = d->promises[i].broken;
        if (e && d->day - e->day <= RECENT_DAYS) hit_add(h, e);
    }
    return h->count;
}

/* Was that owner there in the last 180 days: in touch, at work on a case, or reached by the customer? Marketing is nobody's presence. */
static bool present(const digest *d, trace_actor owner) {
    static const event_kind kinds[] = {EVENT_touch_out, EVENT_touch_in, EVENT_case_update, EVENT_case_resolve};
    for (int k = 0; k < 4; k++) {
        for (uint32_t i = d->n[kinds[k]]; i > 0; i--) {
            const trace_event *e = digest_event(d, kinds[k], i - 1);
            if (d->day - e->day > RECENT_DAYS) break;
            if (e->actor == owner && !(e->flags & TRACE_MARKETING)) return true;
        }
    }
    return false;
}

/* Touches in the last 180 days by one owner, and no trace of the other. */
static bool only_by(const digest *d, signal_hit *h, trace_actor active, trace_actor absent) {
    if (d->norms->kept[KEPT_sales] < 0.2 || d->norms->kept[KEPT_operations] < 0.2 || present(d, absent)) return false;
    for (uint32_t i = 0; i < d->n[EVENT_touch_out]; i++) {
        const trace_event *e = digest_event(d, EVENT_touch_out, i);
        if (d->day - e->day <= RECENT_DAYS && e->actor == active && !(e->flags & TRACE_MARKETING)) hit_add(h, e);
    }
    h->number[0] = h->count;
    return h->count >= TOUCHES_LEAST;
}

bool pattern_sales_absent(const digest *d, signal_hit *h) {
    return only_by(d, h, TRACE_OPERATIONS, TRACE_SALES);
}

bool pattern_operations_absent(const digest *d, signal_hit *h) {
    return only_by(d, h, TRACE_SALES, TRACE_OPERATIONS);
}

bool pattern_renewal_with_open(const digest *d, signal_hit *h) {
    int32_t soonest = TRACE_NO_DAY;
    for (size_t i = 0; i < d->contracts_n; i++) {
        const digest_contract *c = &d->contracts[i];
        if (c->end || c->renewal == TRACE_NO_DAY || c->renewal < d->day) continue;
        int32_t act = c->notice_days > 0 && c->renewal - c->notice_days >= d->day ? c->renewal - c->notice_days : c->renewal;
        if (act - d->day <= RENEWAL_DAYS && (soonest == TRACE_NO_DAY || c->renewal < soonest)) soonest = c->renewal;
    }
    if (soonest == TRACE_NO_DAY) return false;
    for (size_t i = 0; i < d->cases_n; i++)
        if (d->cases[i].is_open && d->cases[i].open && d->day - d->cases[i].open->day <= 365) hit_add(h, d->cases[i].open);
    signal_hit promises = {0}, complaints = {0};
    pattern_promise_overdue(d, &promises);
    pattern_silence_after_complaint(d, &complaints);
    for (uint8_t i = 0; i < promises.shown && h->shown < SIGNAL_EVIDENCE; i++) h->evidence[h->shown++] = promises.evidence[i];
    for (uint8_t i = 0; i < complaints.shown && h->shown < SIGNAL_EVIDENCE; i++) h->evidence[h->shown++] = complaints.evidence[i];
    h->count += promises.count + complaints.count;
    h->number[0] = soonest - d->day;
    h->number[1] = h->count;
    return h->count;
}

bool pattern_wants_to_leave(const digest *d, signal_hit *h) {
    static const event_kind back[] = {EVENT_offer_accepted, EVENT_contract_renew, EVENT_contract_start, EVENT_came_back};
    if (!d->n[EVENT_leave_intent]) return false;
    const trace_event *e = digest_event(d, EVENT_leave_intent, d->n[EVENT_leave_intent] - 1);
    if (d->day - e->day > 90) return false;
    for (int k = 0; k < 4; k++)
        if (d->n[back[k]] && digest_event(d, back[k], d->n[back[k]] - 1)->at_us > e->at_us) return false;
    if (d->n[EVENT_leave_confirmed] && digest_event(d, EVENT_leave_confirmed, d->n[EVENT_leave_confirmed] - 1)->at_us >= e->at_us) return false;
    hit_add(h, e);
    return true;
}

/* --- when --- */

int32_t review_cadence(const char *tier) {
    static const struct {
        const char *words;
        int32_t days;
    } tiers[] = {{"gold|platinum|diamond|enterprise|strategic|premium|vip|key|a|1|top|", 30}, {"silver|pro|professional|business|standard|growth|b|2|", 90}};
    size_t len = strlen(tier);
    char name[64];
    if (!len || len + 2 > sizeof name) return 180;
    for (size_t i = 0; i < len; i++) name[i] = tier[i] >= 'A' && tier[i] <= 'Z' ? (char)(tier[i] + 'a' - 'A') : tier[i];
    name[len] = '|', name[len + 1] = 0;
    for (size_t t = 0; t < 2; t++)
        for (const char *at = tiers[t].words; *at; at += strcspn(at, "|") + 1)
            if (!strncmp(at, name, len + 1)) return tiers[t].days;
    return 180;
}

int32_t review_last(const digest *d, int32_t *next) {
    *next = TRACE_NO_DAY;
    if (!d->n[EVENT_account_review]) return TRACE_NO_DAY;
    const trace_event *e = digest_event(d, EVENT_account_review, d->n[EVENT_account_review] - 1);
    *next = e->until_day;
    return e->day;
}
