/* Letting go: who costs more than they bring even at the good end of the estimate, and whom we could not please though we did what we promised, is proposed to a person, with the sums. Nothing else happens
 * until that person has decided; then a friendly end is drafted, which they may change or drop. docs/programmes/let_go.md. */
#include "programme.h"
#include "serve_facts.h"

#include <math.h>

#define AGAIN_DAYS 365 /* who was kept is not proposed again within that */
#define FAREWELL_DAYS 60

typedef struct trouble {
    int64_t problems, low;
    bool ours;   /* we broke a promise to them, or something is open: that comes first */
    bool better; /* a good word after the last bad answer */
    int32_t last;
} trouble;

static bool after_recovery(const look *k, const trace_event *e) {
    for (size_t i = 0; i < k->d->cases_n; i++)
        if (k->d->cases[i].resolve && k->d->cases[i].resolve->at_us <= e->at_us && e->day - k->d->cases[i].resolve->day <= 60) return true;
    return false;
}

static trouble trouble_of(const look *k, int32_t from) {
    trouble t = {.last = TRACE_NO_DAY};
    for (size_t i = 0; i < k->d->cases_n; i++) {
        t.problems += k->d->cases[i].open && k->d->cases[i].open->day > from;
        t.ours = t.ours || k->d->cases[i].is_open;
    }
    for (size_t i = 0; i < k->w->t.n; i++) {
        const trace_event *e = &k->w->t.event[i];
        if (e->day > k->day || e->day <= from) continue;
        bool bad = e->kind == EVENT_survey && !isnan(e->value) && e->value <= k->c->let_go_low_score && after_recovery(k, e);
        bool good = e->kind == EVENT_praise || (e->kind == EVENT_survey && !isnan(e->value) && e->value >= k->c->delight_satisfied_from);
        t.ours = t.ours || e->kind == EVENT_promise_broken;
        t.low += bad;
        if (bad) t.better = false, t.last = e->day;
        if (good) t.better = true;
    }
    for (size_t i = 0; i < k->w->promises_n; i++) t.ours = t.ours || (k->w->promises[i].state == WHOLE_PROMISE_OPEN && k->w->promises[i].due_us < k->now_us);
    return t;
}

static void sums(look *k, look_wish *w, const serve_facts *f, const serve_sums *s) {
    const char *c = k->w->money.currency;
    look_why(k, w, "In %lld days they brought %.2f %s: a margin of %.2f, and %.2f by whom they recommended us to", (long long)k->c->let_go_days, s->value, c, s->margin, s->referrals);
    look_why(k, w, "They cost %.2f %s: cases %.2f (%.0f minutes written down, %lld case%s at the usual %.3g), returns %.2f, discounts %.2f, letters and e-mails %.2f, calls and visits %.2f", s->cost, c, s->cases, f->minutes,
             (long long)f->cases_unsaid, f->cases_unsaid == 1 ? "" : "s", k->c->serve_usual_minutes, s->returns, s->discounts, s->letters, s->calls);
    look_why(k, w, "What is left: %.2f %s, between %.2f and %.2f with a chance of 90 %% as far as the minutes are estimated", s->net, c, s->low, s->high);
}

static void propose(look *k, const trouble *t, const serve_facts *f, const serve_sums *s, int64_t occasion) {
    look_wish *w = look_task(k, "decide", 0, occasion, look_within_hours(k, look_day_us(k, k->day), 80), "Decide: stay, change how we serve them, or part as friends");
    look_for_senior(k, w);
    sums(k, w, f, s);
    look_why(k, w, "%lld problems, and %lld bad answers after we had solved one; we kept our promises, and nothing is open", (long long)t->problems, (long long)t->low);
    look_say(k, w, "Nothing is said to them unless you say so. To part: marram task done ID --note 'why', and a friendly farewell is drafted for you. To keep them: marram task drop ID --note 'what we change'. They lose nothing "
                   "they have paid for, and remain welcome");
}

static void farewell(look *k, const action_row *decided) {
    int32_t day = look_day_of(k, decided->changed_us);
    look_wish *w = look_message(k, "farewell", 0, decided->occasion, decided->changed_us, "let_go/farewell", "A friendly end, as was decided");
    look_for_senior(k, w);
    w->purpose = CONTACT_marketing; /* it is our own wish to write it: only to who wants to hear from us */
    w->topic = "account";
    w->by_hand = true;
    w->until_us = look_day_us(k, day + FAREWELL_DAYS);
    look_why(k, w, "Decided on %s", look_day_text(k, day));
}

void programme_let_go(look *k) {
    const action_row *decided = look_past(k, "decide", 0, ANY_OCCASION);
    serve_sums s;
    if (!look_here(k) || look_objects(k)) return;
    if (decided && decided->state == ACTION_DONE) {
        farewell(k, decided);
        return;
    }
    if (decided && decided->state == ACTION_DROPPED && k->now_us < decided->changed_us + AGAIN_DAYS * LOOK_DAY_US) {
        look_again(k, decided->changed_us + AGAIN_DAYS * LOOK_DAY_US);
        return;
    }
    trouble t = trouble_of(k, k->day - (int32_t)k->c->let_go_days);
    if (t.ours || t.better || t.problems < k->c->let_go_problems || t.low < k->c->let_go_low_surveys || !*k->w->money.currency) return;
    serve_facts f = serve_facts_of(k, (int32_t)k->c->let_go_days);
    serve_rates r = serve_rates_of(k->c);
    if (serve_cost(&f, &r, &s) != MR_OK || s.high >= 0) return;
    bool standing = decided && decided->state <= ACTION_OPEN;
    propose(k, &t, &f, &s, standing ? decided->occasion : t.last);
}
