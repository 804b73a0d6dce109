/* What happens to a made-up customer for other reasons than leaving: touches, cases, promises, surveys, prices, people. Each kind comes by a Poisson
 * process with a stream of its own, over the whole window; use is summed up at even intervals. */
#include "world_make.h"

#include <calendar.h>

#include <math.h>
#include <string.h>

#define PICK(r, words) (words)[rng_below((r), sizeof(words) / sizeof *(words))]

static double detail(const world_person *p, world_detail d) {
    return p->w->detail[d];
}

/* --- things of several events --- */

static const char *const severities[] = {"low", "normal", "high", "urgent"};

const char *world_severity(double value) {
    return severities[(int)fmax(0, fmin(3, value))];
}

double world_severity_value(const char *word) {
    for (int i = 0; i < 4; i++)
        if (!strcmp(severities[i], word)) return i;
    return NAN;
}

static world_item *answer(world_person *p, event_kind kind, int64_t at_us, uint32_t number, int32_t since) {
    world_item *i = world_add(p, kind, at_us);
    if (!i) return NULL;
    i->w.subject = number;
    i->w.who = p->out->owner_operations;
    i->w.ours = true;
    i->since = since;
    return i;
}

static int64_t hours_later(int64_t at_us, double hours) {
    return at_us + (int64_t)(hours * 3600) * WORLD_SECOND + WORLD_SECOND;
}

/* Solved so many days after, or never; then it comes back, or they say how it went. */
static void settle(world_person *p, rng *r, const world_case *c, uint32_t number, int64_t at_us) {
    if (c->resolution_days < 0) return;
    int64_t solved = hours_later(at_us, 24 * c->resolution_days);
    world_item *i = answer(p, EVENT_case_resolve, solved, number, (int32_t)(at_us / WORLD_DAY));
    if (!i) return;
    i->w.word = c->refused ? "refused" : "solved";
    i->e.value = floor(5 + 60 * rng_uniform(r));
    if (c->reopened_days >= 0) {
        int64_t again = hours_later(solved, 24 * c->reopened_days);
        world_item *reopened = world_add(p, EVENT_case_reopen, again);
        if (!reopened) return;
        reopened->w.subject = number;
        reopened->w.note = "it still does not work";
        world_case rest = *c;
        rest.reopened_days = -1;
        rest.resolution_days = c->unsolved ? -1 : c->resolution_days;
        settle(p, r, &rest, number, again);
    } else if (c->confirmed) {
        world_item *survey = world_add(p, EVENT_survey, hours_later(solved, 30));
        if (!survey) return;
        survey->w.subject = number;
        survey->w.word = "csat";
        survey->e.value = world_score(p, r);
    }
}

void world_make_case(world_person *p, rng *r, double day, const world_case *c) {
    int64_t at_us = world_at(day);
    uint32_t number = ++p->cases;
    world_item *i = world_add(p, EVENT_case_open, at_us);
    if (!i) return;
    i->w.subject = number;
    i->w.about = c->category;
    i->w.word = c->severity;
    i->e.value = world_severity_value(c->severity);
    i = answer(p, EVENT_case_update, hours_later(at_us, c->response_hours), number, (int32_t)(at_us / WORLD_DAY));
    if (!i) return;
    i->e.flags = TRACE_FIRST_RESPONSE;
    /* Solved no sooner than answered. */
    world_case later = *c;
    if (later.resolution_days >= 0) later.resolution_days = fmax(later.resolution_days, c->response_hours / 24 + 0.02);
    settle(p, r, &later, number, at_us);
}

void world_make_promise(world_person *p, double day, const char *what, double due_days, world_promise outcome, double late_days) {
    int32_t due = (int32_t)floor(day + due_days), made = (int32_t)day;
    world_item *i = world_add(p, EVENT_promise_made, world_at(day));
    if (!i) return;
    uint32_t number = ++p->promises;
    i->w.subject = number;
    i->w.about = what;
    i->w.who = p->out->owner_operations;
    i->w.ours = true;
    i->e.until_day = due;
    if (outcome == WORLD_PROMISE_OVERDUE) return;
    double settled = outcome == WORLD_PROMISE_KEPT ? fmax(day + 0.1, due - late_days) : due + 1 + late_days;
    i = answer(p, outcome == WORLD_PROMISE_BROKEN ? EVENT_promise_broken : EVENT_promise_kept, world_at(settled), number, made);
    if (i) i->w.who = NULL;
}

/* A score of 0 to 10 in tenths, over 10: what is written and read again is the same number. */
double world_score(const world_person *p, rng *r) {
    double score = detail(p, DETAIL_surveys_mean) + detail(p, DETAIL_surveys_sd) * rng_normal(r);
    return floor(100 * fmin(1, fmax(0, score)) + 0.5) / 10 / 10;
}

world_item *world_make_contact(world_person *p, int64_t at_us, uint32_t number, bool joins, const char *authority, const char *role) {
    world_item *i = world_add(p, joins ? EVENT_stakeholder_join : EVENT_stakeholder_leave, at_us);
    if (!i) return NULL;
    i->w.subject = number;
    i->w.word = authority;
    i->w.note = role;
    return i;
}

/* --- one of each kind --- */

static void make_touch_out(world_person *p, rng *r, double day) {
    static const char *const subjects[] = {"how things are going", "what is new", "the next steps", "a short update"};
    static const char *const channels[] = {"email", "email", "phone", "visit"};
    bool marketing = rng_uniform(r) < detail(p, DETAIL_touches_out_marketing), sales = rng_uniform(r) < detail(p, DETAIL_touches_out_sales);
    world_item *i = world_add(p, EVENT_touch_out, world_at(day));
    if (!i) return;
    i->w.ours = true;
    i->w.about = PICK(r, subjects);
    i->w.word = marketing ? "email" : PICK(r, channels);
    i->w.note = marketing ? "marketing" : "service";
    i->w.who = sales ? p->out->owner_sales : p->out->owner_operations;
    i->e.value = floor(2 + 28 * rng_uniform(r));
}

static void make_touch_in(world_person *p, rng *r, double day) {
    static const char *const subjects[] = {"a word of thanks", "opening hours", "the next delivery date", "an address"};
    static const char *const channels[] = {"email", "phone", "chat"};
    world_item *i = world_add(p, EVENT_touch_in, world_at(day));
    if (!i) return;
    i->w.about = PICK(r, subjects);
    i->w.word = PICK(r, channels);
    i->w.note = "question";
    i->w.who = rng_uniform(r) < 0.4 ? p->out->owner_sales : p->out->owner_operations;
    i->e.value = floor(2 + 18 * rng_uniform(r));
}

static void make_case(world_person *p, rng *r, double day) {
    double u = rng_uniform(r), severity = rng_uniform(r);
    size_t k = 0;
    while (k + 1 < p->w->categories && (u -= p->w->category[k].share) >= 0) k++;
    double urgent = detail(p, DETAIL_cases_urgent);
    world_case c = {.category = p->w->category[k].name,
                    .severity = severity < urgent / 3 ? "urgent" : severity < urgent ? "high" : severity < (1 + urgent) / 2 ? "normal" : "low",
                    .response_hours = detail(p, DETAIL_cases_first_response_hours) * rng_exponential(r),
                    .resolution_days = detail(p, DETAIL_cases_resolution_days) * rng_exponential(r),
                    .reopened_days = -1};
    double again = 0.5 + 9 * rng_uniform(r);
    if (rng_uniform(r) < detail(p, DETAIL_cases_reopened)) c.reopened_days = again;
    if (rng_uniform(r) < detail(p, DETAIL_cases_unresolved)) c.resolution_days = -1;
    c.refused = rng_uniform(r) < detail(p, DETAIL_cases_refused);
    c.confirmed = rng_uniform(r) < detail(p, DETAIL_cases_confirmed);
    world_make_case(p, r, day, &c);
}

static void make_complaint(world_person *p, rng *r, double day) {
    static const char *const topics[] = {"price", "quality", "service", "delivery", "terms"};
    world_item *i = world_add(p, EVENT_complaint, world_at(day));
    if (!i) return;
    i->w.about = PICK(r, topics);
    i->e.value = (double)rng_below(r, 3);
    i->w.word = world_severity(i->e.value);
}

static void make_praise(world_person *p, rng *r, double day) {
    static const char *const topics[] = {"quality", "service", "delivery", "a person"};
    world_item *i = world_add(p, EVENT_praise, world_at(day));
    if (i) i->w.about = PICK(r, topics);
}

static void make_survey(world_person *p, rng *r, double day) {
    world_item *i = world_add(p, EVENT_survey, world_at(day));
    if (!i) return;
    i->w.word = "nps";
    i->e.value = world_score(p, r);
}

static void make_promise(world_person *p, rng *r, double day) {
    static const char *const things[] = {"an answer in writing", "an offer", "a visit", "a new manual"};
    const char *what = PICK(r, things);
    double u = rng_uniform(r), broken = detail(p, DETAIL_promises_broken), late = detail(p, DETAIL_promises_late), off = 3 * rng_exponential(r);
    world_promise outcome = u < broken ? WORLD_PROMISE_BROKEN : u < broken + late ? WORLD_PROMISE_LATE : WORLD_PROMISE_KEPT;
    world_make_promise(p, day, what, detail(p, DETAIL_promises_due_days), outcome, off);
}

void world_make_price_change(world_person *p, double day, double percent, const char *why) {
    world_item *i = world_add(p, EVENT_price_change, world_at(day));
    if (!i) return;
    i->w.ours = true;
    i->w.note = why;
    i->e.value = floor(percent * 100 + 0.5) / 100;
    i->e.until_day = (int32_t)day + 30;
}

static void make_price_change(world_person *p, rng *r, double day) {
    world_make_price_change(p, day, fmax(-90, detail(p, DETAIL_price_changes_percent) + detail(p, DETAIL_price_changes_sd) * rng_normal(r)), "wages");
}

static void make_payment_failure(world_person *p, rng *r, double day) {
    static const char *const reasons[] = {"expired_card", "insufficient_funds", "bank_offline"};
    world_item *i = world_add(p, EVENT_payment_failed, world_at(day));
    if (!i) return;
    i->w.about = PICK(r, reasons);
    i->w.word = "card";
    i->e.amount = (int64_t)world_amount(p->price);
    if (rng_uniform(r) >= detail(p, DETAIL_payment_failures_recovered)) return;
    i = world_add(p, EVENT_payment_recovered, world_at(day + 1 + 4 * rng_uniform(r)));
    if (!i) return;
    i->w.word = "card";
    i->e.amount = (int64_t)world_amount(p->price);
}

static void make_quote(world_person *p, rng *r, double day) {
    static const char *const topics[] = {"price", "quality", "service"};
    static const char *const names[] = {"Northwind", "Contoso", "Fabrikam"};
    world_item *i = world_add(p, EVENT_competitor_quote, world_at(day));
    if (!i) return;
    i->w.about = PICK(r, topics);
    i->w.who = PICK(r, names);
    i->e.amount = (int64_t)world_amount(p->price * (0.7 + 0.5 * rng_uniform(r)));
}

static void make_downgrade(world_person *p, rng *r, double day) {
    world_item *i = world_add(p, EVENT_downgrade_request, world_at(day));
    if (!i) return;
    i->w.about = "fewer people";
    i->e.value = 1 + (double)rng_below(r, 5);
}

/* --- people and use, which are no Poisson process --- */

#define PEOPLE_MOST 64

static void draw_people(world_person *p, rng *r) {
    static const char *const others[] = {"influences", "uses", "uses"};
    uint32_t present[PEOPLE_MOST];
    const char *authority[PEOPLE_MOST];
    size_t n = 0;
    double at_start = p->w->rate[WORLD_ACT_stakeholders];
    int64_t at_us = (int64_t)p->start * WORLD_DAY;
    for (double k = 0; k < at_start && n < PEOPLE_MOST; k++, n++) {
        present[n] = ++p->contacts;
        authority[n] = n ? PICK(r, others) : "decides";
        world_make_contact(p, at_us, present[n], true, authority[n], n ? "user" : "manager");
    }
    double joins = detail(p, DETAIL_stakeholders_joins), leaves = detail(p, DETAIL_stakeholders_leaves);
    if (!(joins + leaves > 0)) return;
    for (double t = p->start;;) {
        t += rng_exponential(r) * DAYS_PER_YEAR / (joins + leaves);
        if (t >= p->until + 1) return;
        bool join = rng_uniform(r) * (joins + leaves) < joins;
        double u = rng_uniform(r);
        if (join && n < PEOPLE_MOST) {
            present[n] = ++p->contacts;
            authority[n] = u < 0.25 ? "decides" : u < 0.5 ? "influences" : "uses";
            world_make_contact(p, world_at(t), present[n], true, authority[n], "colleague");
            n++;
        } else if (!join && n) {
            size_t who = (size_t)(u * (double)n);
            world_make_contact(p, world_at(t), present[who], false, authority[who], NULL);
            n--;
            present[who] = present[n];
            authority[who] = authority[n];
        }
    }
}

static void draw_usage(world_person *p, rng *r) {
    static const char *const features[] = {"reports", "export", "search", "sharing", "calendar", "api"};
    double rate = p->w->rate[WORLD_ACT_usage], count = detail(p, DETAIL_usage_count) * p->active;
    if (!(rate > 0)) return;
    double gap = DAYS_PER_YEAR / rate;
    for (double t = p->start + gap * (0.5 + 0.5 * rng_uniform(r)); t < p->until + 1; t += gap) {
        world_item *i = world_add(p, EVENT_usage, world_at(t));
        if (!i) return;
        i->w.about = features[rng_below(r, (uint64_t)detail(p, DETAIL_usage_features))];
        i->e.value = fmax(1, floor(count * exp(0.25 * rng_normal(r)) + 0.5));
    }
}

/* --- all --- */

void world_draw_activity(world_person *p) {
    static const struct {
        world_activity which;
        void (*make)(world_person *p, rng *r, double day);
    } kinds[] = {
        {WORLD_ACT_touches_out, make_touch_out}, {WORLD_ACT_touches_in, make_touch_in}, {WORLD_ACT_cases, make_case},
        {WORLD_ACT_complaints, make_complaint}, {WORLD_ACT_praise, make_praise}, {WORLD_ACT_surveys, make_survey},
        {WORLD_ACT_promises, make_promise}, {WORLD_ACT_price_changes, make_price_change},
        {WORLD_ACT_payment_failures, make_payment_failure}, {WORLD_ACT_competitor_quotes, make_quote},
        {WORLD_ACT_downgrade_requests, make_downgrade}};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        double rate = p->w->rate[kinds[k].which] * p->active;
        if (!(rate > 0)) continue;
        rng r = world_stream(p->seed, p->number, STREAM_ACTIVITY + 16 * (uint64_t)(kinds[k].which + 1));
        for (double t = p->start; (t += rng_exponential(&r) * DAYS_PER_YEAR / rate) < p->until + 1;) kinds[k].make(p, &r, t);
    }
    rng people = world_stream(p->seed, p->number, STREAM_ACTIVITY + 16 * (uint64_t)(WORLD_ACT_stakeholders + 1));
    rng use = world_stream(p->seed, p->number, STREAM_ACTIVITY + 16 * (uint64_t)(WORLD_ACT_usage + 1));
    draw_people(p, &people);
    draw_usage(p, &use);
}
