/* Rules over what went wrong and how we answered it: cases, complaints, promises, satisfaction. Thresholds are the base's own (norms) where it
 * has enough to tell; what each looks for stands in signals.def. */
#include "signals.h"

#include <math.h>

#define ONBOARDING_DAYS 120  /* a survey in this time judges the beginning */
#define MILESTONE_DAYS 180   /* promises about delivery in this time are milestones */
#define SLOW_TIMES 8
#define LATE_DAYS 7          /* a promise kept later than that was late */

static double days_of(double hours) {
    return hours / 24;
}

/* --- delivery --- */

bool signal_onboarding_low(const digest *d, signal_hit *h) {
    if (d->first_day == TRACE_NO_DAY) return false;
    for (uint32_t i = 0; i < d->n[EVENT_survey]; i++) {
        const trace_event *e = digest_event(d, EVENT_survey, i);
        int32_t since = e->day - d->first_day;
        if (!(e->value < 0.6) || since < 0 || since > ONBOARDING_DAYS || !hit_in(d, h, e)) continue;
        hit_add(h, e);
        h->number[0] = 100 * e->value;
        h->number[1] = since;
    }
    return h->count;
}

bool signal_delivery_trouble(const digest *d, signal_hit *h) {
    return hit_problems(d, h, TAG(delivery)) > 0;
}

static bool is_milestone(const digest *d, const digest_promise *p) {
    if (!p->made || p->made->tag != TRACE_TAG_delivery || d->first_day == TRACE_NO_DAY) return false;
    int32_t due = p->made->until_day != TRACE_NO_DAY ? p->made->until_day : p->made->day;
    return due - d->first_day <= MILESTONE_DAYS;
}

static bool is_overdue(const digest *d, const digest_promise *p) {
    return p->made && !p->kept && !p->broken && p->made->until_day != TRACE_NO_DAY && p->made->until_day < d->day;
}

bool signal_milestone_missed(const digest *d, signal_hit *h) {
    for (size_t i = 0; i < d->promises_n; i++) {
        const digest_promise *p = &d->promises[i];
        if (!is_milestone(d, p)) continue;
        const trace_event *e = p->broken ? p->broken : is_overdue(d, p) ? p->made : NULL;
        if (!e || !hit_in(d, h, e)) continue;
        hit_add(h, e);
        h->number[0] = (p->made->until_day != TRACE_NO_DAY ? p->made->until_day : e->day) - d->first_day;
    }
    return h->count;
}

/* --- promises --- */

bool signal_broken_promise(const digest *d, signal_hit *h) {
    for (size_t i = 0; i < d->promises_n; i++) {
        const digest_promise *p = &d->promises[i];
        if (p->broken && !is_milestone(d, p) && hit_in(d, h, p->broken)) hit_add(h, p->broken);
    }
    return h->count;
}

bool signal_overdue_promise(const digest *d, signal_hit *h) {
    for (size_t i = 0; i < d->promises_n; i++) {
        const digest_promise *p = &d->promises[i];
        if (!is_overdue(d, p) || is_milestone(d, p) || !hit_in(d, h, p->made)) continue;
        if (!h->count) h->number[0] = d->day - p->made->until_day;
        hit_add(h, p->made);
    }
    return h->count;
}

bool signal_late_promise(const digest *d, signal_hit *h) {
    for (size_t i = 0; i < d->promises_n; i++) {
        const digest_promise *p = &d->promises[i];
        if (!p->made || !p->kept || p->made->until_day == TRACE_NO_DAY || !hit_in(d, h, p->kept)) continue;
        if (p->kept->day - p->made->until_day <= LATE_DAYS) continue;
        hit_add(h, p->kept);
        h->number[0] = p->kept->day - p->made->until_day;
    }
    return h->count;
}

/* --- quality --- */

bool signal_defects(const digest *d, signal_hit *h) {
    return hit_problems(d, h, TAG(defect)) > 0;
}

bool signal_quality_complaint(const digest *d, signal_hit *h) {
    return hit_problems(d, h, TAG(quality)) > 0;
}

/* --- satisfaction --- */

bool signal_satisfaction_swings(const digest *d, signal_hit *h) {
    double n = 0, sum = 0, square = 0, low = 1, high = 0;
    for (uint32_t i = 0; i < d->n[EVENT_survey]; i++) {
        const trace_event *e = digest_event(d, EVENT_survey, i);
        if (isnan(e->value) || !hit_in(d, h, e)) continue;
        n++, sum += e->value, square += e->value * e->value;
        low = fmin(low, e->value), high = fmax(high, e->value);
        hit_add(h, e);
    }
    h->number[0] = 100 * low;
    h->number[1] = 100 * high;
    double spread = n >= 3 ? sqrt(fmax(0, (square - sum * sum / n) / (n - 1))) : 0;
    return spread > fmax(0.2, fmin(d->norms->high[NORM_survey_spread], 2.5 * d->norms->middle[NORM_survey_spread]));
}

bool signal_satisfaction_fell(const digest *d, signal_hit *h) {
    double before = 0, n = 0;
    const trace_event *last = NULL;
    for (uint32_t i = 0; i < d->n[EVENT_survey]; i++) {
        const trace_event *e = digest_event(d, EVENT_survey, i);
        if (isnan(e->value)) continue;
        if (last) before += last->value, n++;
        last = e;
    }
    if (!last || n < 2 || !hit_in(d, h, last) || last->value > before / n - 0.3) return false;
    hit_add(h, last);
    h->number[0] = 100 * last->value;
    h->number[1] = 100 * before / n;
    return true;
}

/* --- answers --- */

/* Longer than nine in ten; where more than one in ten are slow, than so many times as long as usual. */
static double slow(const digest *d, norm which) {
    return fmin(d->norms->high[which], SLOW_TIMES * d->norms->middle[which]);
}

/* Does the base show when cases are answered? Where few do, a case without an answer means nothing. */
static bool answers_are_kept(const digest *d) {
    return d->norms->kept[KEPT_answers] >= 0.3;
}

bool signal_answers_slipping(const digest *d, signal_hit *h) {
    double last[2] = {0, 0}, before = 0, n = 0;
    const trace_event *open[2] = {NULL, NULL};
    for (size_t i = 0; i < d->cases_n; i++) {
        const digest_case *c = &d->cases[i];
        if (!c->open || !c->answer) continue;
        if (open[0]) before += last[0], n++;
        open[0] = open[1], last[0] = last[1];
        open[1] = c->open, last[1] = digest_answer_hours(d, c);
    }
    if (n < 2 || !open[0] || !hit_in(d, h, open[1])) return false;
    double now = (last[0] + last[1]) / 2;
    before /= n;
    if (now < 2 * before || now < d->norms->middle[NORM_answer_hours]) return false;
    hit_add(h, open[0]);
    hit_add(h, open[1]);
    h->number[0] = now;
    h->number[1] = before;
    return true;
}

bool signal_slow_answer(const digest *d, signal_hit *h) {
    for (size_t i = 0; i < d->cases_n; i++) {
        const digest_case *c = &d->cases[i];
        if (!c->open || !c->answer || !hit_in(d, h, c->open)) continue;
        double hours = digest_answer_hours(d, c);
        if (hours <= slow(d, NORM_answer_hours)) continue;
        hit_add(h, c->open);
        h->number[0] = hours;
    }
    return h->count;
}

bool signal_no_answer(const digest *d, signal_hit *h) {
    if (!answers_are_kept(d)) return false;
    for (size_t i = 0; i < d->cases_n; i++) {
        const digest_case *c = &d->cases[i];
        if (!c->open || !c->is_open || c->answer || !hit_in(d, h, c->open)) continue;
        double hours = digest_answer_hours(d, c);
        if (hours <= fmax(48, slow(d, NORM_answer_hours))) continue;
        if (!h->count) h->number[0] = days_of(hours);
        hit_add(h, c->open);
    }
    return h->count;
}

bool signal_slow_solution(const digest *d, signal_hit *h) {
    for (size_t i = 0; i < d->cases_n; i++) {
        const digest_case *c = &d->cases[i];
        if (!c->open || c->is_open || !c->resolve || !hit_in(d, h, c->resolve)) continue;
        double hours = digest_resolve_hours(d, c);
        if (hours <= slow(d, NORM_resolve_hours)) continue;
        if (!h->count) h->number[0] = days_of(hours);
        hit_add(h, c->open);
        h->day = c->resolve->day;
    }
    return h->count;
}

bool signal_service_complaint(const digest *d, signal_hit *h) {
    return hit_problems(d, h, TAG(service)) > 0;
}

bool signal_unhappy_after_case(const digest *d, signal_hit *h) {
    for (size_t i = 0; i < d->cases_n; i++) {
        const trace_event *e = d->cases[i].unhappy;
        if (!e || e->value > 0.4 || !hit_in(d, h, e)) continue;
        hit_add(h, e);
        h->number[0] = 100 * e->value;
    }
    return h->count;
}

/* --- problems that come again --- */

/* Is it a problem? A question, a wish, a word about price, terms or who decides is not. */
static bool is_problem(uint8_t tag) {
    return !((TAG(feature) | TAG(how_to) | TAG(price) | TAG(terms) | TAG(authority) | TAG(cancelled)) >> tag & 1);
}

/* All problems in order of time, handed out one by one: cases' openings, and complaints. */
typedef struct problems {
    const digest *d;
    size_t next_case;
    uint32_t next_complaint;
} problems;

static const trace_event *next_problem(problems *p, uint32_t *topic, uint8_t *tag) {
    const digest *d = p->d;
    while (p->next_case < d->cases_n && (!d->cases[p->next_case].open || !is_problem(d->cases[p->next_case].tag))) p->next_case++;
    while (p->next_complaint < d->n[EVENT_complaint] && !is_problem(digest_event(d, EVENT_complaint, p->next_complaint)->tag)) p->next_complaint++;
    const digest_case *c = p->next_case < d->cases_n ? &d->cases[p->next_case] : NULL;
    const trace_event *e = p->next_complaint < d->n[EVENT_complaint] ? digest_event(d, EVENT_complaint, p->next_complaint) : NULL;
    if (e && (!c || e->at_us < c->open->at_us)) {
        p->next_complaint++;
        *topic = e->topic, *tag = e->tag;
        return e;
    }
    if (!c) return NULL;
    p->next_case++;
    *topic = c->topic, *tag = c->tag;
    return c->open;
}

bool signal_second_problem(const digest *d, signal_hit *h) {
    problems p = {.d = d};
    const trace_event *before = NULL, *e;
    uint32_t topic;
    uint8_t tag;
    while ((e = next_problem(&p, &topic, &tag))) {
        /* A complaint about a problem on the day that it was reported is the same problem. */
        bool again = before && e->day > before->day && e->day - before->day <= SIGNAL_SOUR_DAYS && hit_in(d, h, e);
        if (again && !h->count) hit_add(h, before);
        if (again) {
            hit_add(h, e);
            h->number[0] = e->day - h->evidence[0].day;
        }
        if (!before || e->day > before->day) before = e;
    }
    return h->count;
}

bool signal_same_again(const digest *d, signal_hit *h) {
    enum { KEPT = 64 }; /* the last ones; more than that within a year are the same problem anyway */
    struct {
        const trace_event *e;
        uint32_t topic;
        uint8_t tag;
    } seen[KEPT];
    size_t n = 0;
    problems p = {.d = d};
    const trace_event *e;
    uint32_t topic;
    uint8_t tag;
    while ((e = next_problem(&p, &topic, &tag))) {
        const trace_event *first = NULL;
        for (size_t i = n > KEPT ? n - KEPT : 0; i < n && !first; i++) {
            bool same = topic ? seen[i % KEPT].topic == topic : tag > TRACE_TAG_other && seen[i % KEPT].tag == tag;
            int32_t apart = e->day - seen[i % KEPT].e->day;
            if (same && apart > 0 && apart <= 365) first = seen[i % KEPT].e;
        }
        seen[n % KEPT].e = e, seen[n % KEPT].topic = topic, seen[n % KEPT].tag = tag, n++;
        if (!first || !hit_in(d, h, e)) continue;
        if (!h->count) hit_add(h, first);
        hit_add(h, e);
    }
    return h->count;
}

bool signal_reopened(const digest *d, signal_hit *h) {
    for (uint32_t i = 0; i < d->n[EVENT_case_reopen]; i++) {
        const trace_event *e = digest_event(d, EVENT_case_reopen, i);
        if (hit_in(d, h, e)) hit_add(h, e);
    }
    return h->count;
}

bool signal_unresolved(const digest *d, signal_hit *h) {
    for (size_t i = 0; i < d->cases_n; i++) {
        const digest_case *c = &d->cases[i];
        if (!c->open || !c->is_open || !hit_in(d, h, c->open)) continue;
        double hours = digest_resolve_hours(d, c);
        if (hours <= fmax(168, slow(d, NORM_resolve_hours))) continue;
        if (!h->count) h->number[0] = days_of(hours);
        hit_add(h, c->open);
    }
    return h->count;
}
