/* Preferences: how, when and about what each contact wants to hear. Asked for by a signed link, at most once a quarter while nothing is known; what is known is shown to them
 * again once a year. docs/programmes/preferences.md. */
#include "programme.h"

#include "signed_link.h"

#include <string.h>

/* When anything was last learnt of what they want; WHOLE_NO_TIME: never. An event that names no contact is about all of them. */
static int64_t learnt(look *k, const whole_contact *c) {
    int64_t at = WHOLE_NO_TIME;
    for (size_t i = 0; i < k->w->h.n; i++) {
        const history_event *e = &k->w->h.events[i];
        if (e->kind != EVENT_preference_changed && e->kind != EVENT_consent_given && e->kind != EVENT_consent_withdrawn) continue;
        const json_t *body = whole_body(k->w, i);
        const char *whose = body ? json_string_value(json_object_get(body, "contact")) : NULL;
        if (whose && *whose && (!c || strcmp(whose, c->external_id))) continue;
        at = e->at_us;
    }
    return at;
}

/* The last time this contact was asked, whatever came of it. */
static int64_t asked(const look *k, int64_t contact_id) {
    int64_t at = WHOLE_NO_TIME;
    for (size_t i = 0; i < k->w->actions_n; i++) {
        const action_row *a = &k->w->actions[i];
        if (strcmp(a->programme, "preferences") || a->subject_id != contact_id || (a->state != ACTION_DONE && a->state != ACTION_DROPPED && a->state != ACTION_OUTBOX && a->state != ACTION_FAILED)) continue;
        if (a->changed_us > at) at = a->changed_us;
    }
    return at;
}

static void ask(look *k, const whole_contact *c, const char *step, int64_t anchor_us, int64_t due_us, const char *why) {
    int64_t id = c ? c->id : 0;
    look_wish *w = look_message(k, step, id, anchor_us == WHOLE_NO_TIME ? 0 : look_day_of(k, anchor_us), due_us, "preferences/ask", "Ask how, when and about what they want to hear%s%s", c && *c->name ? ": " : "",
                                c ? c->name : "");
    look_for(k, w, REASON_OWNER_sales);
    w->contact_id = id;
    w->purpose = CONTACT_service;
    w->topic = "preferences";
    look_why(k, w, "%s", why);
    char link[SIGNED_LINK];
    look_fill(k, w, "preferences_link", "%s", signed_link(k->known->link_key, SIGNED_PREFERENCES, k->c->preferences_link, k->w->customer_id, id, link));
}

static void one(look *k, const whole_contact *c) {
    int64_t known_us = learnt(k, c), asked_us = asked(k, c ? c->id : 0);
    int64_t quarter_us = k->c->contact_ask_preferences_days * LOOK_DAY_US, start_us = look_day_us(k, k->d->first_day + (int32_t)k->c->preferences_first_days);
    if (known_us == WHOLE_NO_TIME) {
        int64_t due_us = asked_us == WHOLE_NO_TIME ? start_us : asked_us + quarter_us;
        if (look_reached(k, due_us)) ask(k, c, "ask", asked_us, due_us, asked_us == WHOLE_NO_TIME ? "Nobody has asked them yet" : "Nothing is known of it still, and the last time they were asked is a quarter ago");
        return;
    }
    int64_t due_us = (asked_us > known_us ? asked_us : known_us) + k->c->preferences_confirm_after_days * LOOK_DAY_US;
    if (look_reached(k, due_us)) ask(k, c, "confirm", asked_us > known_us ? asked_us : known_us, due_us, look_text(k, "Last confirmed on %s", look_day_text(k, look_day_of(k, known_us))));
}

void programme_preferences(look *k) {
    /* Who objected is left in peace with this, too. */
    if (!look_here(k) || k->d->first_day == TRACE_NO_DAY || look_objects(k)) return;
    if (!k->w->contacts_n) {
        one(k, NULL);
        return;
    }
    for (size_t i = 0; i < k->w->contacts_n; i++) {
        const whole_contact *c = &k->w->contacts[i];
        if (c->left_day == TRACE_NO_DAY || c->left_day > k->day) one(k, c);
    }
}
