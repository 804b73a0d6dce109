/* Promises: each has an owner and a date. A warning before, so that it is kept; an apology plan after, so that it is not forgotten. docs/programmes/promises.md. */
#include "programme.h"

#include <calendar.h>

static const char *named(look *k, const whole_promise *p) {
    return *p->what ? p->what : *p->number ? look_text(k, "promise %s", p->number) : "what we promised";
}

static void evidence(look *k, look_wish *w, const whole_promise *p) {
    for (size_t i = 0; i < k->w->h.n; i++)
        if (k->w->h.events[i].subject_id == p->id) look_because_event(k, w, i);
}

static void warn(look *k, const whole_promise *p) {
    look_wish *w = look_task(k, "keep", p->id, p->due_us, p->due_us, "Keep the promise: %s", named(k, p));
    look_for_name(k, w, p->by_whom, REASON_OWNER_operations);
    w->reason = REASON_promise_broken;
    w->done_event = "promise_kept";
    look_why(k, w, "Promised%s%s, due on %s", *p->by_whom ? " by " : "", p->by_whom, look_day_text(k, look_day_of(k, p->due_us)));
    look_say(k, w, "If it cannot be kept, say so before the day, and by when it will be: a new date said in time is no broken promise");
    evidence(k, w, p);
}

static void apologise(look *k, const whole_promise *p) {
    int64_t by_us = look_day_us(k, look_day_of(k, p->due_us) + (int32_t)k->c->promises_apology_days);
    look_wish *w = look_task(k, "apologise", p->id, p->due_us, by_us, "A promise is overdue: %s. Say sorry, and when it will be done", named(k, p));
    look_for_reason(k, w, REASON_promise_broken);
    w->urgent = true;
    w->words = "promises/apology";
    look_why(k, w, "Due on %s, and neither kept nor called broken", look_day_text(k, look_day_of(k, p->due_us)));
    look_say(k, w, "1. Say sorry once, without excuses. 2. Say what happened. 3. Give the new date, one that is sure. 4. Put it right, and tell them on that day");
    look_fill(k, w, "promise.what", "%s", named(k, p));
    char day[11];
    look_fill(k, w, "promise.due", "%s", calendar_text(look_day_of(k, p->due_us), day)); /* said in their language (wording.c) */
    w->done_event = "touch_out";
    evidence(k, w, p);
}

/* Nobody has seen to the apology by its date: it goes up. */
static void escalate(look *k, const whole_promise *p, int64_t by_us) {
    look_wish *w = look_task(k, "escalate", p->id, p->due_us, look_within_hours(k, by_us, 8), "An overdue promise has stayed without an apology: %s", named(k, p));
    look_for_senior(k, w);
    w->reason = REASON_promise_broken;
    w->urgent = true;
    look_why(k, w, "Due on %s; the apology was to be made by %s", look_day_text(k, look_day_of(k, p->due_us)), look_day_text(k, look_day_of(k, by_us)));
    w->done_event = "touch_out";
    evidence(k, w, p);
}

void programme_promises(look *k) {
    for (size_t i = 0; i < k->w->promises_n; i++) {
        const whole_promise *p = &k->w->promises[i];
        if (p->state != 1 || p->due_us == WHOLE_NO_TIME) continue;
        if (!look_reached(k, p->due_us)) {
            if (look_reached(k, p->due_us - k->c->promises_warn_days * LOOK_DAY_US)) warn(k, p);
            continue;
        }
        apologise(k, p);
        const action_row *said = look_past(k, "apologise", p->id, p->due_us);
        int64_t by_us = look_day_us(k, look_day_of(k, p->due_us) + (int32_t)k->c->promises_apology_days);
        if (!(said && said->state == ACTION_DONE) && look_reached(k, by_us) && look_fresh(k, by_us)) escalate(k, p, by_us);
    }
}
