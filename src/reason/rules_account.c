/* Rules over the account: who is there, what they pay and signed, what others offer, whether we are in touch. */
#include "signals.h"

#include <math.h>

#define UNSIGNED_DAYS 14
#define RISE_DAYS 180     /* in which a complaint of the price is about the rise */
#define SETTLED_DAYS 60   /* people known from the first weeks are no news */
#define UNANSWERED_DAYS 30
#define FEATURE_DAYS 60   /* a wish that lay as long was refused */

/* --- who decides --- */

bool signal_not_signed(const digest *d, signal_hit *h) {
    for (size_t i = 0; i < d->contracts_n; i++) {
        const digest_contract *c = &d->contracts[i];
        if (!c->unsigned_since || c->end || d->day - c->unsigned_since->day < UNSIGNED_DAYS) continue;
        if (!h->count) h->number[0] = d->day - c->unsigned_since->day;
        hit_add(h, c->unsigned_since);
    }
    return h->count;
}

/* How many of their people we know who are still there, and how many of those decide. */
static size_t people(const digest *d, size_t *deciding) {
    size_t n = 0;
    *deciding = 0;
    for (size_t i = 0; i < d->contacts_n; i++) {
        if (d->contacts[i].left) continue;
        n++;
        *deciding += d->contacts[i].decides;
    }
    return n;
}

bool signal_nobody_decides(const digest *d, signal_hit *h) {
    size_t deciding, n = people(d, &deciding);
    if (n < 2 || deciding || d->norms->kept[KEPT_decides] < 0.5) return false; /* one alone: one_contact */
    for (size_t i = 0; i < d->contacts_n; i++) {
        const digest_contact *c = &d->contacts[i];
        if (c->left && c->decides && d->day - c->left->day <= 300) return false; /* new_management's */
        if (!c->left && c->joined) hit_add(h, c->joined);
    }
    h->number[0] = (double)n;
    return true;
}

bool signal_approval_asked(const digest *d, signal_hit *h) {
    hit_problems(d, h, TAG(authority));
    hit_tagged(d, h, EVENT_touch_in, TAG(authority));
    return h->count;
}

static bool people_left(const digest *d, signal_hit *h, bool decides) {
    for (size_t i = 0; i < d->contacts_n; i++) {
        const digest_contact *c = &d->contacts[i];
        if (c->left && c->decides == decides && hit_in(d, h, c->left)) hit_add(h, c->left);
    }
    return h->count;
}

bool signal_decider_left(const digest *d, signal_hit *h) {
    return people_left(d, h, true);
}

bool signal_contact_left(const digest *d, signal_hit *h) {
    return people_left(d, h, false);
}

bool signal_new_people(const digest *d, signal_hit *h) {
    for (size_t i = 0; i < d->contacts_n; i++) {
        const trace_event *e = d->contacts[i].joined;
        if (!e || !hit_in(d, h, e) || d->first_day == TRACE_NO_DAY || e->day - d->first_day < SETTLED_DAYS) continue;
        hit_add(h, e);
    }
    return h->count;
}

bool signal_one_contact(const digest *d, signal_hit *h) {
    size_t deciding;
    if (people(d, &deciding) != 1 || d->norms->middle[NORM_contacts] < 1.5) return false;
    if (d->first_day == TRACE_NO_DAY || d->day - d->first_day < 90) return false;
    for (size_t i = 0; i < d->contacts_n; i++)
        if (!d->contacts[i].left && d->contacts[i].joined) hit_add(h, d->contacts[i].joined);
    h->number[0] = d->day - d->first_day;
    return true;
}

bool signal_sales_never_met(const digest *d, signal_hit *h) {
    if (d->norms->kept[KEPT_sales] < 0.5 || d->first_day == TRACE_NO_DAY || d->day - d->first_day < 180) return false;
    for (uint32_t i = 0; i < d->n[EVENT_touch_out]; i++)
        if (digest_event(d, EVENT_touch_out, i)->actor == TRACE_SALES) return false;
    for (uint32_t i = 0; i < d->n[EVENT_touch_in]; i++)
        if (digest_event(d, EVENT_touch_in, i)->actor == TRACE_SALES) return false;
    h->number[0] = d->day - d->first_day;
    return true;
}

/* --- money --- */

bool signal_terms_disputed(const digest *d, signal_hit *h) {
    hit_problems(d, h, TAG(terms));
    hit_tagged(d, h, EVENT_touch_in, TAG(terms));
    return h->count;
}

bool signal_payment_failing(const digest *d, signal_hit *h) {
    const trace_event *made_good = d->n[EVENT_payment_recovered] ? digest_event(d, EVENT_payment_recovered, d->n[EVENT_payment_recovered] - 1) : NULL;
    for (uint32_t i = 0; i < d->n[EVENT_payment_failed]; i++) {
        const trace_event *e = digest_event(d, EVENT_payment_failed, i);
        if (!hit_in(d, h, e)) continue;
        hit_add(h, e);
        h->number[0] += !made_good || made_good->at_us < e->at_us;
    }
    return h->number[0] > 0 || h->count >= 2;
}

bool signal_downgrade_asked(const digest *d, signal_hit *h) {
    return hit_tagged(d, h, EVENT_downgrade_request, ~0U) > 0;
}

bool signal_seats_cut(const digest *d, signal_hit *h) {
    for (size_t i = 0; i < d->contracts_n; i++) {
        const digest_contract *c = &d->contracts[i];
        if (!c->fewer || !hit_in(d, h, c->fewer)) continue;
        hit_add(h, c->fewer);
        h->number[0] = c->fewer_from;
        h->number[1] = c->fewer_to;
    }
    return h->count;
}

/* The last rise announced on or before the day, NULL none. */
static const trace_event *rise_before(const digest *d, int32_t day) {
    const trace_event *rise = NULL;
    for (uint32_t i = 0; i < d->n[EVENT_price_change]; i++) {
        const trace_event *e = digest_event(d, EVENT_price_change, i);
        if (e->value > 0 && e->day <= day) rise = e;
    }
    for (size_t i = 0; i < d->contracts_n; i++) {
        const trace_event *e = d->contracts[i].dearer;
        if (e && e->day <= day && (!rise || e->day > rise->day)) rise = e;
    }
    return rise;
}

static bool price_complaints(const digest *d, signal_hit *h, bool after_rise) {
    signal_hit all = {.signal = h->signal};
    if (!hit_problems(d, &all, TAG(price))) return false;
    /* The kept evidence is the first and the last three: enough to judge by. */
    for (uint8_t i = 0; i < all.shown; i++) {
        const trace_event *rise = rise_before(d, all.evidence[i].day);
        bool soon = rise && all.evidence[i].day - rise->day <= RISE_DAYS;
        if (soon != after_rise) continue;
        h->evidence[h->shown++] = all.evidence[i];
        h->count++;
        if (soon) h->number[0] = all.evidence[i].day - rise->day;
    }
    return h->count;
}

bool signal_price_complaint(const digest *d, signal_hit *h) {
    return price_complaints(d, h, false);
}

bool signal_complaint_after_rise(const digest *d, signal_hit *h) {
    return price_complaints(d, h, true);
}

bool signal_price_rise(const digest *d, signal_hit *h) {
    for (uint32_t i = 0; i < d->n[EVENT_price_change]; i++) {
        const trace_event *e = digest_event(d, EVENT_price_change, i);
        if (!(e->value > 0) || !hit_in(d, h, e)) continue;
        hit_add(h, e);
        h->number[0] = e->value;
    }
    return h->count;
}

bool signal_renewed_dearer(const digest *d, signal_hit *h) {
    for (size_t i = 0; i < d->contracts_n; i++) {
        const digest_contract *c = &d->contracts[i];
        if (!c->dearer || !hit_in(d, h, c->dearer)) continue;
        hit_add(h, c->dearer);
        h->number[0] = c->dearer_percent;
    }
    return h->count;
}

/* --- others --- */

bool signal_cheaper_quote(const digest *d, signal_hit *h) {
    return hit_tagged(d, h, EVENT_competitor_quote, TAG(none) | TAG(other) | TAG(price) | TAG(billing) | TAG(terms)) > 0;
}

bool signal_better_quote(const digest *d, signal_hit *h) {
    return hit_tagged(d, h, EVENT_competitor_quote, TAG(quality) | TAG(service) | TAG(feature) | TAG(product) | TAG(delivery) | TAG(defect)) > 0;
}

bool signal_feature_refused(const digest *d, signal_hit *h) {
    for (size_t i = 0; i < d->cases_n; i++) {
        const digest_case *c = &d->cases[i];
        if (!c->open || c->tag != TRACE_TAG_feature) continue;
        bool refused = c->resolve && (c->resolve->flags & TRACE_REFUSED);
        bool lay = c->is_open && d->day - c->open->day > FEATURE_DAYS;
        const trace_event *e = refused ? c->resolve : c->open;
        if ((refused || lay) && hit_in(d, h, e)) hit_add(h, e);
    }
    return h->count;
}

bool signal_features_wanted(const digest *d, signal_hit *h) {
    return hit_problems(d, h, TAG(feature)) >= 2;
}

/* --- in touch --- */

bool signal_meetings_cancelled(const digest *d, signal_hit *h) {
    hit_tagged(d, h, EVENT_touch_in, TAG(cancelled));
    hit_tagged(d, h, EVENT_touch_out, TAG(cancelled));
    return h->count;
}

/* Silence against their own spacing, which is shrunk to the base's by two gaps' worth. A silence of `times` their spacing is seen once in exp(times)
 * where touches come by chance. */
static bool silent(const digest *d, signal_hit *h, norm gap, unsigned without, double times) {
    const trace_event *last = NULL;
    double usual = d->norms->middle[gap] / 0.6931471805599453, gaps = 2 * usual, n = 2;
    for (uint32_t i = 0; i < d->n[EVENT_touch_out]; i++) {
        const trace_event *e = digest_event(d, EVENT_touch_out, i);
        if (e->flags & without) continue;
        if (last && e->day > last->day) gaps += e->day - last->day, n++;
        last = e;
    }
    if (d->norms->kept[KEPT_touches] < 0.3 || (!last && d->first_day == TRACE_NO_DAY)) return false;
    double own = gaps / n, since = d->day - (last ? last->day : d->first_day);
    if (since <= times * own) return false;
    h->number[0] = since;
    h->number[1] = own;
    h->day = d->day - (int32_t)fmin(1e4, since * usual / own); /* its age: how long it is, at the base's pace */
    if (last) hit_add(h, last);
    else {
        h->evidence[h->shown++] = (signal_evidence){0, d->first_day, EVENT_custom};
        h->count = 1;
    }
    return true;
}

bool signal_silence_from_us(const digest *d, signal_hit *h) {
    signal_hit nothing = {.signal = SIGNAL_nothing_from_us};
    return !signal_nothing_from_us(d, &nothing) && silent(d, h, NORM_touch_gap_days, TRACE_MARKETING, 2.3);
}

bool signal_nothing_from_us(const digest *d, signal_hit *h) {
    return silent(d, h, NORM_any_touch_gap_days, 0, 3);
}

bool signal_unanswered(const digest *d, signal_hit *h) {
    uint32_t out = 0;
    if (d->norms->kept[KEPT_touches] < 0.3) return false;
    for (uint32_t i = 0; i < d->n[EVENT_touch_in]; i++) {
        const trace_event *e = digest_event(d, EVENT_touch_in, i);
        while (out < d->n[EVENT_touch_out] && digest_event(d, EVENT_touch_out, out)->at_us <= e->at_us) out++;
        bool answered = out < d->n[EVENT_touch_out] && digest_event(d, EVENT_touch_out, out)->day - e->day <= UNANSWERED_DAYS;
        if (!answered && d->day - e->day > UNANSWERED_DAYS && hit_in(d, h, e)) hit_add(h, e);
    }
    return h->count;
}

/* --- life --- */

static bool flagged(const digest *d, signal_hit *h, event_kind kind, unsigned flag, bool set) {
    for (uint32_t i = 0; i < d->n[kind]; i++) {
        const trace_event *e = digest_event(d, kind, i);
        if (((e->flags & flag) != 0) == set && hit_in(d, h, e)) hit_add(h, e);
    }
    return h->count;
}

bool signal_moved_away(const digest *d, signal_hit *h) {
    return flagged(d, h, EVENT_moved, TRACE_OUT_OF_AREA, true);
}

bool signal_moved_house(const digest *d, signal_hit *h) {
    return flagged(d, h, EVENT_moved, TRACE_OUT_OF_AREA, false);
}

bool signal_need_over(const digest *d, signal_hit *h) {
    return flagged(d, h, EVENT_need_ended, TRACE_CLOSED, false);
}

bool signal_closed_down(const digest *d, signal_hit *h) {
    return flagged(d, h, EVENT_need_ended, TRACE_CLOSED, true);
}
