/* Follow-up: a week and a month after a first order, then in the customer's own rhythm, and just before each critical moment. Never right after they spoke to us.
 * docs/programmes/follow_up.md. */
#include "programme.h"

#include <string.h>

#define STALE_DAYS 14 /* a follow-up that is later than that says something untrue of when it comes */

static look_wish *follow(look *k, const char *step, int64_t occasion, int32_t day, int32_t until, const char *words, const char *what) {
    look_wish *w = look_message(k, step, 0, occasion, look_day_us(k, day), words, "%s", what);
    look_for(k, w, REASON_OWNER_sales);
    w->purpose = CONTACT_marketing;
    w->topic = "tips";
    w->until_us = look_day_us(k, until);
    look_content(k, w);
    return w;
}

/* The last day they spoke to us, in whatever way; then they are answered, and not followed up. */
static int32_t last_heard(const look *k) {
    int32_t day = TRACE_NO_DAY;
    for (uint32_t i = k->d->n[EVENT_touch_in]; i > 0 && day == TRACE_NO_DAY; i--) day = digest_event(k->d, EVENT_touch_in, i - 1)->day;
    return day;
}

/* The last follow-up that went out. */
static int32_t last_sent(const look *k) {
    int32_t day = TRACE_NO_DAY;
    for (size_t i = 0; i < k->w->messages_n; i++) {
        const whole_message *m = &k->w->messages[i];
        if (strcmp(m->programme, "follow_up") || m->state != MESSAGE_SENT) continue;
        int32_t sent = look_day_of(k, m->sent_us);
        if (sent > day) day = sent;
    }
    return day;
}

static int32_t orders(const look *k, int32_t *first, int32_t *last) {
    int32_t n = 0;
    *first = *last = TRACE_NO_DAY;
    for (uint32_t i = 0; i < k->d->n[EVENT_order]; i++) {
        const trace_event *e = digest_event(k->d, EVENT_order, i);
        if (!trace_is_order(e)) continue;
        if (*first == TRACE_NO_DAY) *first = e->day;
        if (e->day != *last) n++;
        *last = e->day;
    }
    return n;
}

static void beginning(look *k, int32_t first, int32_t n) {
    const struct {
        const char *step, *words, *what;
        int64_t days;
    } steps[] = {{"first_week", "follow_up/first-week", "Ask how the first week was", k->c->follow_up_first_days}, {"first_month", "follow_up/first-month", "Ask how the first month was", k->c->follow_up_second_days}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        int32_t day = first + (int32_t)steps[i].days;
        if (k->day > day + STALE_DAYS || !look_reached(k, look_day_us(k, day))) continue;
        look_wish *w = follow(k, steps[i].step, first, day, day + STALE_DAYS, steps[i].words, steps[i].what);
        look_why(k, w, "The first order was on %s%s", look_day_text(k, first), n > 1 ? ", and they have ordered again since" : "");
    }
}

static void rhythm(look *k, int32_t first, int32_t last, double days) {
    int32_t sent = last_sent(k), anchor = sent > last ? sent : last;
    double gap = days * k->c->follow_up_rhythm_share;
    if (gap < (double)k->c->follow_up_least_days) gap = (double)k->c->follow_up_least_days;
    if (gap > 366) gap = 366;
    int32_t day = anchor + (int32_t)gap;
    if (day < first + k->c->follow_up_second_days + STALE_DAYS || k->day > day + 60 || !look_reached(k, look_day_us(k, day))) return;
    look_wish *w = follow(k, "rhythm", anchor, day, day + 60, "follow_up/rhythm", "Get in touch in their own rhythm, with something useful");
    look_why(k, w, "Their rhythm is %.0f days; the last %s was on %s", days, sent > last ? "follow-up" : "order", look_day_text(k, anchor));
}

static void moments(look *k, clock_state *clocks) {
    for (size_t i = 0; i < k->known->moments; i++) {
        const knowledge_moment *m = &k->known->moment[i];
        int32_t from, to;
        if (!clocks_next(clocks, m->clock, k->day + 1, m->from, m->to, &from, &to) || from <= k->day + 1) continue;
        int32_t day = from - (int32_t)k->c->follow_up_before_moment_days;
        if (!look_reached(k, look_day_us(k, day))) continue;
        look_wish *w = follow(k, "before_moment", (int64_t)m->clock << 32 | (uint32_t)from, day, from, "follow_up/before-moment", "Get in touch before a critical moment");
        w->topic = "account";
        look_why(k, w, "On %s they come to a moment at which people start to look around: %s (%.1f times as many leave as around it)", look_day_text(k, from), m->words, m->ratio);
    }
}

void programme_follow_up(look *k) {
    int32_t first, last, n = orders(k, &first, &last), heard = last_heard(k);
    if (!look_here(k) || look_objects(k)) return;
    if (heard != TRACE_NO_DAY && k->day < heard + k->c->follow_up_quiet_after_answer_days) {
        look_again(k, look_day_us(k, heard + (int32_t)k->c->follow_up_quiet_after_answer_days));
        return;
    }
    clock_state clocks;
    clocks_begin(&clocks, &k->known->clocks);
    for (size_t i = 0; i < k->w->t.n && k->w->t.event[i].day <= k->day; i++) clocks_hear(&clocks, &k->w->t.event[i]);
    if (n) {
        double own = k->w->rhythm_days > 0 ? k->w->rhythm_days : clocks_rhythm(&clocks);
        beginning(k, first, n);
        rhythm(k, first, last, own);
    }
    moments(k, &clocks);
}
