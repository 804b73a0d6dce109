/* Account review: what a periodic review finds becomes tasks for the owners; what is not seen to by its date goes up. docs/programmes/review.md. */
#include "programme.h"

#include <review.h>

#include <string.h>

/* What has a programme of its own is seen to there; the review shows it, and makes no second task of it. */
static const struct {
    pattern_id pattern;
    const char *programme;
} elsewhere[] = {
    {PATTERN_not_answered, "recovery"}, {PATTERN_open_long, "recovery"},   {PATTERN_not_confirmed, "recovery"},    {PATTERN_second_problem, "recovery"},
    {PATTERN_promise_overdue, "promises"}, {PATTERN_sales_absent, "two_parents"}, {PATTERN_operations_absent, "two_parents"},
};

static bool seen_elsewhere(const look *k, pattern_id pattern) {
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        if (elsewhere[i].pattern == pattern) return programme_mode_of(k->c, programme_find(elsewhere[i].programme)) != PROGRAMME_OFF;
    return false;
}

static void evidence(look *k, look_wish *w, const pattern_hit *h) {
    for (uint8_t i = 0; i < h->hit.shown; i++) look_because(k, w, h->hit.evidence[i].id, h->hit.evidence[i].kind, h->hit.evidence[i].day);
}

static int32_t cadence(const look *k) {
    int64_t days = config_tier_of(k->c, k->w->tier)->cadence_days;
    return days ? (int32_t)days : review_cadence(k->w->tier);
}

static void finding_task(look *k, const pattern_hit *h, int64_t cycle, int64_t due_us) {
    const pattern_row *row = pattern_of((int)h->pattern);
    char sentence[256];
    pattern_sentence(h, sentence, sizeof sentence);
    look_wish *w = look_task(k, row->name, 0, cycle, due_us, "%s", row->todo);
    look_for(k, w, row->owner);
    w->urgent = row->urgent;
    look_why(k, w, "%s", sentence);
    evidence(k, w, h);
}

static void review_task(look *k, const pattern_hit *hit, size_t n, int64_t cycle, int32_t due, int64_t by_us) {
    look_wish *w = look_task(k, "review", 0, cycle, by_us, "Review the account%s", n ? "" : ": nothing was found, so ask how things are");
    look_for(k, w, REASON_OWNER_both);
    w->done_event = "account_review";
    look_why(k, w, "Due on %s by the cadence of its tier", look_day_text(k, due));
    for (size_t i = 0; i < n; i++) {
        char sentence[256];
        pattern_sentence(&hit[i], sentence, sizeof sentence);
        look_why(k, w, "%s", sentence);
        evidence(k, w, &hit[i]);
        w->urgent = w->urgent || pattern_of((int)hit[i].pattern)->urgent;
    }
    const action_row *held = look_past(k, "review", 0, cycle);
    int64_t up_us = by_us + k->c->review_escalate_days * LOOK_DAY_US;
    if ((held && held->state == ACTION_DONE) || !look_reached(k, up_us)) return;
    w = look_task(k, "escalate", 0, cycle, look_day_us(k, look_day_of(k, up_us) + 2), "A review was not held: see to it, or hold it yourself");
    look_for_senior(k, w);
    look_why(k, w, "It was due on %s, to be held by %s", look_day_text(k, due), look_day_text(k, look_day_of(k, by_us)));
    w->done_event = "account_review";
}

void programme_review(look *k) {
    pattern_hit hit[PATTERNS];
    if (!look_here(k) || k->d->first_day == TRACE_NO_DAY) return;
    int32_t next, last = review_last(k->d, &next);
    int32_t due = next != TRACE_NO_DAY ? next : (last != TRACE_NO_DAY ? last : k->d->first_day) + cadence(k);
    int64_t cycle = last != TRACE_NO_DAY ? last : k->d->first_day, due_us = look_day_us(k, due);
    bool now = look_reached(k, due_us);
    size_t n = patterns_fire(k->d, hit);
    for (size_t i = 0; i < n; i++) {
        const pattern_row *row = pattern_of((int)hit[i].pattern);
        bool fresh = last == TRACE_NO_DAY || hit[i].hit.day > last;
        if (seen_elsewhere(k, hit[i].pattern) || !((row->urgent && fresh) || now)) continue;
        finding_task(k, &hit[i], cycle, now ? look_day_us(k, due + (int32_t)k->c->review_task_days) : look_within_hours(k, look_day_us(k, hit[i].hit.day), 16));
    }
    if (now) review_task(k, hit, n, cycle, due, look_day_us(k, due + (int32_t)k->c->review_task_days));
    /* What patterns say changes with the days alone (silence grows): look once a week at who has anything open. */
    if (n) look_again(k, k->now_us + 7 * LOOK_DAY_US);
}
