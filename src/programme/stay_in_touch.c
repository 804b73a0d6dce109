/* Staying in touch with who moved, sold or does not need it any more: a sign of life twice a year, nothing to sell, a recommendation welcome; over with the first no, and with the day they are back.
 * docs/programmes/stay_in_touch.md. */
#include "departure.h"
#include "programme.h"

#include <string.h>

#define STALE_DAYS 60

/* How often, and when last, they were written to since they left. */
static int sent(const look *k, const departure *d, int32_t *last) {
    int n = 0;
    for (size_t i = 0; i < k->w->actions_n; i++) {
        const action_row *a = &k->w->actions[i];
        if (strcmp(a->programme, k->programme->name) || a->subject_id != d->left->id || a->state != ACTION_DONE) continue;
        int32_t day = look_day_of(k, a->changed_us);
        n++;
        if (day > *last) *last = day;
    }
    return n;
}

void programme_stay_in_touch(look *k) {
    departure d;
    if (!departure_of(k, &d)) {
        if (d.left) look_again(k, look_day_us(k, d.day));
        return;
    }
    if (departure_row(&d)->class != WIN_BACK_away || departure_over(k, &d)) return;
    int32_t last = d.day;
    int n = sent(k, &d, &last);
    if (n >= k->c->stay_in_touch_most) return;
    int32_t day = last + (int32_t)k->c->stay_in_touch_every_days;
    while (day + STALE_DAYS <= k->day) day += (int32_t)k->c->stay_in_touch_every_days; /* what could not go is not made up for */
    if (!look_reached(k, look_day_us(k, day))) return;
    look_wish *w = look_message(k, "hello", d.left->id, day, look_day_us(k, day), "stay_in_touch/hello", "A sign of life: how are they, and do they know somebody who needs us?");
    look_for(k, w, REASON_OWNER_sales);
    w->purpose = CONTACT_marketing;
    w->topic = "stay_in_touch";
    w->reason = d.why;
    if (n && d.heard && look_day_of(k, d.heard->at_us) >= last) { /* it may have been a no that no program understands */
        w->by_hand = true;
        look_why(k, w, "They answered on %s: read that first, and drop this if it was a no", look_day_text(k, d.heard->day));
    }
    w->until_us = look_day_us(k, day + STALE_DAYS);
    look_because(k, w, d.left->id, d.left->kind, d.left->day);
    look_why(k, w, "They left on %s: %s. %s", look_day_text(k, d.day), reason_of((int)d.why)->says, n ? look_text(k, "Written to %d time%s since", n, n == 1 ? "" : "s") : "Not written to since");
}
