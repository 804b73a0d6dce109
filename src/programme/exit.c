/* Leaving well: both owners hear of an intent at once; whoever only began is asked once whether they meant it; whoever left gets it in writing, with the last day, their data and an open door;
 * a flow of more than two screens is an alarm; silence that looks like leaving is asked about once, kindly. docs/programmes/exit.md. */
#include "programme.h"

#include "leave_flow.h"
#include "signed_link.h"

#include <calendar.h>

#include <stdio.h>
#include <string.h>

#define MOST 64
#define ACKNOWLEDGE_DAYS 60 /* what was confirmed longer ago than that (an import of old records) is not acknowledged any more */

static size_t event_of(const look *k, int64_t id) {
    for (size_t i = 0; i < k->w->h.n; i++)
        if (k->w->h.events[i].id == id) return i;
    return k->w->h.n;
}

static void because_intent(look *k, look_wish *w, const leave_flow *f) {
    size_t i = event_of(k, f->intent_id);
    if (i < k->w->h.n) look_because_event(k, w, i);
}

static const char *of_contract(look *k, const leave_flow *f) {
    if (!f->contract || !f->subject_id) return "";
    return look_text(k, " (%s)", *f->contract->product ? f->contract->product : f->contract->number);
}

/* What they said of it, for people. */
static void why(look *k, look_wish *w, const leave_flow *f) {
    look_why(k, w, "They said on %s that they want to leave%s", look_day_text(k, look_day_of(k, f->flow.started_us)), of_contract(k, f));
    if (f->why != REASON_none && f->why != REASON_unknown) look_why(k, w, "Because: %s", reason_of((int)f->why)->says);
    if (*f->words) look_why(k, w, "In their words: %.300s", f->words);
    if (f->flow.state == EXIT_INTENT) look_why(k, w, "Their last day, if they confirm today: %s", look_day_text(k, f->last_day));
    because_intent(k, w, f);
}

/* --- under way --- */

static void hear(look *k, const leave_flow *f, const char *step, reason_owner owner) {
    int64_t due_us = look_within_hours(k, f->flow.started_us, k->c->exit_tell_hours);
    bool desk = programme_mode_of(k->c, programme_find("save_desk")) != PROGRAMME_OFF; /* one of us calls, and no more */
    look_wish *w = look_task(k, step, f->subject_id, f->ended, due_us, "Wants to leave%s: %sput right what can be", of_contract(k, f), desk ? "the save desk calls; " : "call, listen, ");
    look_for(k, w, owner);
    w->reason = f->why == REASON_none ? REASON_unknown : f->why;
    w->urgent = true;
    w->purpose = CONTACT_service;
    w->topic = "leaving";
    w->done_event = "touch_out";
    look_say(k, w, "Listen before anything else. %s. Never stand between them and the door: marram leave confirm ends it at once, without a reason",
             f->why != REASON_none && f->why != REASON_unknown ? reason_of((int)f->why)->remedy : "Ask what would have to be different");
    why(k, w, f);
}

static void words_of(look *k, look_wish *w, const leave_flow *f) {
    char day[11];
    look_fill(k, w, "leave.last_day", "%s", calendar_text(f->last_day, day));
    if (f->contract && f->subject_id) look_fill(k, w, "leave.contract", "%s", *f->contract->product ? f->contract->product : f->contract->number);
}

static void under_way(look *k, const leave_flow *f) {
    char link[SIGNED_LINK];
    int64_t ask_us = f->flow.started_us + k->c->exit_unfinished_days * LOOK_DAY_US;
    if (!look_fresh(k, f->flow.started_us)) return;
    look_again(k, f->flow.started_us + (LOOK_FRESH_DAYS + 1) * LOOK_DAY_US);
    hear(k, f, "hear_sales", REASON_OWNER_sales);
    hear(k, f, "hear_operations", REASON_OWNER_operations);
    if (!look_reached(k, ask_us)) return;
    look_wish *w = look_message(k, "unfinished", f->subject_id, f->ended, ask_us, "exit/unfinished", "Ask once whether they meant to leave%s", of_contract(k, f));
    look_for(k, w, REASON_OWNER_sales);
    w->purpose = CONTACT_service;
    w->topic = "leaving";
    w->until_us = ask_us + 30 * LOOK_DAY_US;
    words_of(k, w, f);
    if (*k->c->exit_link) look_fill(k, w, "leave_link", "%s", signed_link(k->known->link_key, SIGNED_LEAVE, k->c->exit_link, k->w->customer_id, 0, link));
    why(k, w, f);
}

/* --- over --- */

/* In writing, also to who likes the telephone better: it is what they keep. */
static bool has_email(const look *k) {
    for (size_t i = 0; i < k->w->contacts_n; i++)
        if (*k->w->contacts[i].email) return true;
    return *k->w->email;
}

static void has_left(look *k, const leave_flow *f) {
    int64_t over_us = f->flow.ended_us + ACKNOWLEDGE_DAYS * LOOK_DAY_US;
    if (k->now_us >= over_us) return;
    look_again(k, over_us);
    look_wish *w = look_message(k, "acknowledge", f->subject_id, f->ended, f->flow.ended_us, "exit/acknowledge", "Put in writing that they have left%s, from when, and that the door is open", of_contract(k, f));
    look_for(k, w, REASON_OWNER_operations);
    w->purpose = CONTACT_legal;
    if (has_email(k)) w->channel = CONTACT_email;
    w->topic = "leaving";
    w->urgent = true;
    w->until_us = over_us;
    words_of(k, w, f);
    look_why(k, w, "They confirmed on %s; their last day is %s", look_day_text(k, look_day_of(k, f->flow.ended_us)), look_day_text(k, f->last_day));
}

static void too_long(look *k, const leave_flow *f) {
    if (f->flow.screens <= EXIT_SCREENS || !look_fresh(k, f->flow.started_us)) return;
    look_wish *w = look_task(k, "alarm", f->subject_id, f->ended, look_within_hours(k, f->flow.started_us, 8), "Leaving took %d screens: find out what stood in the way", f->flow.screens);
    look_for_senior(k, w);
    w->urgent = true;
    look_why(k, w, "Two screens beyond the intent are the most there may be; this took %d, and %lld seconds so far", f->flow.screens, (long long)exit_seconds(&f->flow, k->now_us));
    because_intent(k, w, f);
}

/* --- silence --- */

/* By the newest forecast, where it is not stale. Once a silence: its last order is the occasion. */
static void silence(look *k) {
    int32_t last = TRACE_NO_DAY;
    if (!k->c->exit_ask_silence || !look_here(k) || look_objects(k) || k->w->contracts_n || strcmp(k->w->stage, "overdue") || k->now_us - k->w->scored_us > LOOK_FRESH_DAYS * LOOK_DAY_US) return;
    for (uint32_t i = 0; i < k->d->n[EVENT_order]; i++)
        if (trace_is_order(digest_event(k->d, EVENT_order, i))) last = digest_event(k->d, EVENT_order, i)->day;
    if (last == TRACE_NO_DAY) return;
    look_wish *w = look_message(k, "silence", 0, last, k->w->scored_us, "exit/silence", "Ask once, kindly, whether they still need us");
    look_for(k, w, REASON_OWNER_sales);
    w->purpose = CONTACT_marketing; /* nobody asked us to */
    w->topic = "account";
    look_why(k, w, "Nothing since their order on %s; of customers like them nineteen in twenty would have ordered again by about now, or soon", look_day_text(k, last));
}

/* What was said of no contract and then done by one of them is one leave: that contract's. */
static bool is_anothers(const leave_flow *all, size_t n, size_t i) {
    for (size_t k = 0; k < n && !all[i].subject_id; k++)
        if (all[k].subject_id && all[k].flow.state == all[i].flow.state && all[k].flow.started_us == all[i].flow.started_us) return true;
    return false;
}

void programme_exit(look *k) {
    int64_t subject[MOST];
    leave_flow all[MOST];
    size_t n = leave_subjects(k->w, k->now_us, subject, MOST);
    for (size_t i = 0; i < n; i++) leave_flow_of(k->w, subject[i], k->now_us, k->day, &all[i]);
    for (size_t i = 0; i < n; i++) {
        if (is_anothers(all, n, i)) continue;
        if (all[i].flow.state == EXIT_INTENT) under_way(k, &all[i]);
        if (all[i].flow.state == EXIT_LEFT) has_left(k, &all[i]);
        too_long(k, &all[i]);
    }
    silence(k);
}
