/* Delight and referral: milestones noticed, a thank-you after a recovery they call good, and a recommendation asked for only of who is satisfied, after something went
 * well, once in a long while; and thanks to whoever brought us a customer. docs/programmes/delight.md. */
#include "programme.h"

#include <math.h>
#include <string.h>

#define GOOD_DAYS 180 /* how long a good word speaks for being satisfied */
#define MILESTONE_DAYS 30 /* a milestone that is longer ago is not one any more */

/* Nothing open, and the last word about us a good one (or, `said`: there is none, which is no bad one). */
static bool content_with_us(const look *k, bool needs_word, const trace_event **good) {
    const trace_event *last = NULL;
    bool well = false;
    *good = NULL;
    for (size_t i = 0; i < k->d->cases_n; i++)
        if (k->d->cases[i].is_open) return false;
    for (size_t i = 0; i < k->w->t.n; i++) {
        const trace_event *e = &k->w->t.event[i];
        bool praise = e->kind == EVENT_praise, survey = e->kind == EVENT_survey && !isnan(e->value), complaint = e->kind == EVENT_complaint || e->kind == EVENT_promise_broken;
        if (e->day > k->day || !(praise || survey || complaint)) continue;
        last = e;
        well = praise || (survey && e->value >= k->c->delight_satisfied_from);
        if (well) *good = e;
    }
    if (!last) return !needs_word;
    return well && (!needs_word || k->day - last->day <= GOOD_DAYS);
}

static void because(look *k, look_wish *w, const trace_event *e) {
    look_because(k, w, e->id, e->kind, e->day);
}

/* --- milestones --- */

static void milestone(look *k, int64_t occasion, int32_t day, const char *words) {
    int64_t due_us = look_day_us(k, day + 1);
    if (day + MILESTONE_DAYS < k->day || !look_reached(k, due_us)) return;
    look_wish *w = look_message(k, "milestone", 0, occasion, due_us, "delight/milestone", "Notice a milestone: %s", words);
    look_for(k, w, REASON_OWNER_sales);
    w->purpose = CONTACT_marketing;
    w->topic = "account";
    w->until_us = look_day_us(k, day + MILESTONE_DAYS);
    look_fill(k, w, "milestone", "%s", words);
    look_why(k, w, "Reached on %s", look_day_text(k, day));
}

static void order_milestones(look *k) {
    int64_t orders = 0;
    int32_t before = TRACE_NO_DAY;
    for (uint32_t i = 0; i < k->d->n[EVENT_order]; i++) {
        const trace_event *e = digest_event(k->d, EVENT_order, i);
        if (!trace_is_order(e) || e->day == before) continue;
        before = e->day;
        orders++;
        for (size_t m = 0; m < k->c->delight_milestone_orders.n; m++)
            if (k->c->delight_milestone_orders.at[m] == orders) milestone(k, orders, e->day, look_text(k, "%lld orders", (long long)orders));
    }
}

static void year_milestones(look *k) {
    if (k->d->first_day == TRACE_NO_DAY) return;
    for (size_t m = 0; m < k->c->delight_milestone_years.n; m++) {
        int64_t years = k->c->delight_milestone_years.at[m];
        milestone(k, 1000000 + years, look_anniversary(k->d->first_day, (int)years), look_text(k, "%lld year%s with us", (long long)years, years == 1 ? "" : "s"));
    }
}

/* --- a thank-you after recovery --- */

static void thanks(look *k) {
    for (size_t i = 0; i < k->d->cases_n; i++) {
        const digest_case *c = &k->d->cases[i];
        if (c->is_open || !c->resolve || !c->happy || c->happy->at_us < c->resolve->at_us) continue;
        int32_t day = c->happy->day + (int32_t)k->c->delight_thank_after_days;
        if (day + MILESTONE_DAYS < k->day || !look_reached(k, look_day_us(k, day))) continue;
        look_wish *w = look_message(k, "thank_you", c->subject, 0, look_day_us(k, day), "delight/thank-you", "Thank them for their patience, and for saying that it is solved");
        look_for(k, w, REASON_OWNER_operations);
        w->topic = "case";
        w->until_us = look_day_us(k, day + MILESTONE_DAYS);
        look_why(k, w, "Solved on %s, and called good on %s", look_day_text(k, c->resolve->day), look_day_text(k, c->happy->day));
        because(k, w, c->resolve);
        because(k, w, c->happy);
    }
}

/* --- referrals --- */

/* The last time they were asked, by whoever. */
static int32_t last_asked(const look *k) {
    int32_t day = TRACE_NO_DAY;
    for (uint32_t i = 0; i < k->d->n[EVENT_referral_asked]; i++) day = digest_event(k->d, EVENT_referral_asked, i)->day;
    for (size_t i = 0; i < k->w->messages_n; i++) {
        const whole_message *m = &k->w->messages[i];
        if (strcmp(m->topic, "referral") || (m->state != MESSAGE_SENT && m->state != MESSAGE_UNCERTAIN)) continue;
        int32_t sent = look_day_of(k, m->state == MESSAGE_SENT ? m->sent_us : m->sending_us);
        if (sent > day) day = sent;
    }
    return day;
}

static void ask_referral(look *k, const trace_event *good) {
    int32_t asked = last_asked(k), day = good->day + (int32_t)k->c->delight_referral_wait_days;
    if (asked != TRACE_NO_DAY && day < asked + k->c->delight_referral_again_days) {
        look_again(k, look_day_us(k, asked + (int32_t)k->c->delight_referral_again_days));
        return;
    }
    if (day + MILESTONE_DAYS < k->day || !look_reached(k, look_day_us(k, day))) return;
    look_wish *w = look_message(k, "referral", 0, good->day, look_day_us(k, day), "delight/referral", "Ask whether they know somebody we could help");
    look_for(k, w, REASON_OWNER_sales);
    w->purpose = CONTACT_marketing;
    w->topic = "referral";
    w->until_us = look_day_us(k, day + MILESTONE_DAYS);
    look_why(k, w, "They are satisfied: %s on %s, and nothing is open", good->kind == EVENT_praise ? "they praised us" : "a good answer to a survey", look_day_text(k, good->day));
    because(k, w, good);
}

/* Nothing tells us when somebody else becomes a customer: it is looked up again each week, for a year. Whom they brought is not said, here or in the words: that is the other one's affair. */
#define REFERRAL_LOOK_DAYS 7

static void recommended(look *k) {
    for (size_t i = 0; i < k->referral_n; i++) {
        const referral *r = &k->referral[i];
        if (r->became_day == TRACE_NO_DAY) {
            if (r->state == REFERRAL_OPEN && *r->referred) look_again(k, look_day_us(k, k->day + REFERRAL_LOOK_DAYS));
            continue;
        }
        int32_t day = (r->became_day > r->made_day ? r->became_day : r->made_day) + 1;
        if (day + MILESTONE_DAYS < k->day || !look_reached(k, look_day_us(k, day))) continue;
        look_wish *w = look_message(k, "referral_thanks", r->event_id, 0, look_day_us(k, day), "delight/referral-thanks", "Thank them: somebody they recommended us to has become a customer");
        look_for(k, w, REASON_OWNER_sales);
        w->purpose = CONTACT_marketing;
        w->topic = "account";
        w->until_us = look_day_us(k, day + MILESTONE_DAYS);
        look_why(k, w, "They recommended us on %s, and whom they named has been a customer since %s", look_day_text(k, r->made_day), look_day_text(k, r->became_day));
        look_because(k, w, r->event_id, EVENT_referral_made, r->made_day);
    }
}

void programme_delight(look *k) {
    const trace_event *good;
    if (!look_here(k)) return;
    thanks(k);
    if (look_objects(k)) return;
    recommended(k);
    if (content_with_us(k, false, &good)) {
        order_milestones(k);
        year_milestones(k);
    }
    if (content_with_us(k, true, &good) && good) ask_referral(k, good);
}
