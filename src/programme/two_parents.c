/* Two parents: each account has a sales and an operations owner. Nobody is without one, neither is absent for long, and where one leaves the account is handed over.
 * docs/programmes/two_parents.md. */
#include "programme.h"

#include <string.h>

typedef struct side {
    reason_owner owner;
    const char *name, *member, *before; /* for people; of owner_changed */
    trace_actor actor;
} side;

static const side sides[] = {
    {REASON_OWNER_sales, "sales", "sales", "sales_before", TRACE_SALES},
    {REASON_OWNER_operations, "operations", "operations", "operations_before", TRACE_OPERATIONS},
};

static const char *owner_of(const look *k, const side *s) {
    return s->owner == REASON_OWNER_sales ? k->w->owner_sales : k->w->owner_operations;
}

static int64_t allowed_days(const look *k, const side *s) {
    return s->owner == REASON_OWNER_sales ? k->c->two_parents_absent_days_sales : k->c->two_parents_absent_days_operations;
}

/* Nobody: somebody has to be named. */
static void name_owner(look *k, const side *s, const char *was) {
    int64_t handover_us = look_day_us(k, k->day + (int32_t)k->c->two_parents_handover_days);
    const action_row *asked = look_past(k, s->owner == REASON_OWNER_sales ? "owner_sales" : "owner_operations", 0, 0);
    look_wish *w = look_task(k, s->owner == REASON_OWNER_sales ? "owner_sales" : "owner_operations", 0, 0, asked ? asked->due_us : handover_us, "Name %s %s owner", *s->name == 'o' ? "an" : "a", s->name);
    look_for(k, w, s->owner);
    w->done_event = "owner_changed";
    const config_person *p = config_person_of(k->c, was);
    if (p) look_why(k, w, "%s was the %s owner; their last day was %s", was, s->name, look_day_text(k, p->left_day));
    else if (*was) look_why(k, w, "%s was the %s owner, and is not among the people in the settings any more", was, s->name);
    else look_why(k, w, "Nobody owns this account for %s", s->name);
    look_say(k, w, "marram task done ID --set %s=NAME", s->member);
}

/* The last sign of the owner, by whoever owned it then; the customer's beginning where there is none. */
static int32_t last_seen(const look *k, const side *s, int64_t *event) {
    int32_t day = k->d->first_day;
    *event = 0;
    for (size_t i = 0; i < k->w->t.n; i++) {
        const trace_event *e = &k->w->t.event[i];
        if (e->actor != s->actor || e->day > k->day || (e->kind == EVENT_touch_out && e->flags & TRACE_MARKETING)) continue;
        if (e->day >= day) day = e->day, *event = e->id;
    }
    for (uint32_t i = 0; i < k->d->n[EVENT_owner_changed]; i++) { /* who has just come is not absent */
        const trace_event *e = digest_event(k->d, EVENT_owner_changed, i);
        if (e->day > day) day = e->day;
    }
    return day;
}

static void absent(look *k, const side *s) {
    int64_t event;
    int32_t seen = last_seen(k, s, &event), since = seen + (int32_t)allowed_days(k, s);
    if (seen == TRACE_NO_DAY || !look_reached(k, look_day_us(k, since))) return;
    look_wish *w = look_task(k, s->owner == REASON_OWNER_sales ? "sales_absent" : "operations_absent", 0, seen, look_day_us(k, since + 7),
                             s->owner == REASON_OWNER_sales ? "Get in touch, with nothing to sell" : "Introduce yourself, and ask how things run");
    look_for(k, w, s->owner);
    w->reason = REASON_lost_touch;
    w->done_event = "touch_out";
    look_why(k, w, "%s has not been in touch since %s", owner_of(k, s), look_day_text(k, seen));
    if (event)
        for (size_t i = 0; i < k->w->h.n; i++)
            if (k->w->h.events[i].id == event) look_because_event(k, w, i);
    const action_row *done = look_past(k, w->step, 0, seen);
    if ((done && done->state == ACTION_DONE) || !look_reached(k, look_day_us(k, since + 21))) return;
    w = look_task(k, "alarm", s->owner == REASON_OWNER_sales ? 1 : 2, seen, look_day_us(k, since + 24), "The %s owner has been absent too long", s->name);
    look_for_senior(k, w);
    w->reason = REASON_lost_touch;
    w->urgent = true;
    look_why(k, w, "%s has not been in touch since %s, and was asked to", owner_of(k, s), look_day_text(k, seen));
}

/* Another looks after them: they should hear it from a person. */
static void introduce(look *k) {
    for (size_t i = 0; i < k->w->h.n; i++) {
        const history_event *e = &k->w->h.events[i];
        if (e->kind != EVENT_owner_changed || e->day + k->c->two_parents_handover_days + 30 < k->day) continue;
        const json_t *body = whole_body(k->w, i);
        for (size_t s = 0; body && s < sizeof sides / sizeof *sides; s++) {
            const char *now = json_string_value(json_object_get(body, sides[s].member)), *before = json_string_value(json_object_get(body, sides[s].before));
            if (!now || !*now || strcmp(now, owner_of(k, &sides[s])) || !before || !*before) continue; /* the first owner of all needs no handover */
            look_wish *w = look_task(k, s ? "introduce_operations" : "introduce_sales", 0, e->day, look_day_us(k, e->day + (int32_t)k->c->two_parents_handover_days), "Handover: introduce yourself as their new %s owner", sides[s].name);
            look_for(k, w, sides[s].owner);
            w->done_event = "touch_out";
            look_why(k, w, "%s takes over from %s", now, before);
            look_say(k, w, "Read what is open first: nothing that was promised is lost with who promised it");
            look_because_event(k, w, i);
        }
    }
}

void programme_two_parents(look *k) {
    if (!look_here(k)) return;
    for (size_t s = 0; s < sizeof sides / sizeof *sides; s++) {
        const char *owner = owner_of(k, &sides[s]);
        const config_person *p = config_person_of(k->c, owner);
        bool gone = p && p->left_day != INT32_MAX && look_reached(k, look_day_us(k, p->left_day + 1));
        if (!*owner || gone || (k->c->people_n && !p)) name_owner(k, &sides[s], owner);
        else absent(k, &sides[s]);
    }
    introduce(k);
}
