#include "offer.h"

#include "fairness.h"

#include <string.h>

static bool among(const offer_names *list, const char *name) {
    if (!list->n) return true;
    for (size_t i = 0; i < list->n; i++)
        if (!strcmp(list->at[i], name) || !strcmp(list->at[i], "*")) return true;
    return false;
}

/* A draw that came to nothing under the cap is none. */
static offer_verdict before(const offer_terms *t, const offer_case *c) {
    offer_verdict v = OFFER_FITS;
    for (size_t i = 0; i < c->past_n; i++) {
        const offer_past *p = &c->past[i];
        if (strcmp(p->offer, t->name) || p->state == OFFER_NO_ROOM) continue;
        if (p->state != OFFER_HELD && p->at_us > c->now_us - OFFER_AGAIN_DAYS * OFFER_DAY_US) return OFFER_SEEN;
        if (p->state == OFFER_HELD && p->at_us > c->now_us - OFFER_HELD_DAYS * OFFER_DAY_US) v = OFFER_HELD_BEFORE;
    }
    return v;
}

offer_verdict offer_judge(const offer_terms *t, const offer_case *c) {
    if (!(t->places >> c->place & 1)) return OFFER_OTHER_PLACE;
    if (!among(&t->reasons, c->reason)) return OFFER_OTHER_REASON;
    if (!among(&t->tiers, c->tier)) return OFFER_OTHER_TIER;
    if (!among(&t->products, c->product)) return OFFER_OTHER_PRODUCT;
    if (t->until_day < c->day) return OFFER_OVER;
    offer_verdict v = before(t, c);
    if (v != OFFER_FITS) return v;
    if (!fairness_allows(c->fairness, c->fair_limit, t->benefit)) return OFFER_UNFAIR;
    return t->room > 0 ? OFFER_FITS : OFFER_FULL;
}

const char *offer_verdict_words(offer_verdict v) {
    static const char *const words[] = {"fits", "not for this place", "for other reasons", "for other tiers", "for other products", "is over", "was shown to them within a year",
                                        "they were held out of it within 90 days", "better than what an equal loyal customer was offered", "no room under its cap"};
    return words[v];
}

static bool better(const offer_terms *a, const offer_terms *b) {
    bool own = a->reasons.n > 0, other = b->reasons.n > 0;
    if (own != other) return own;
    if (a->effect < b->effect || a->effect > b->effect) return a->effect > b->effect;
    return a->cost_minor < b->cost_minor;
}

int offer_best(const offer_terms *t, size_t n, const offer_case *c) {
    int best = -1;
    for (size_t i = 0; i < n; i++)
        if (offer_judge(&t[i], c) == OFFER_FITS && (best < 0 || better(&t[i], &t[best]))) best = (int)i;
    return best;
}

bool offer_drawn(uint64_t hash, double holdout) {
    return (double)(hash >> 11) * 0x1p-53 >= holdout;
}

/* --- what they did before --- */

offer_record offer_record_begin(void) {
    return (offer_record){.left_us = INT64_MIN, .back_us = INT64_MIN};
}

void offer_hear(offer_record *r, offer_word word, int64_t at_us) {
    bool soon = r->left && at_us - r->left_us <= 365 * OFFER_DAY_US;
    switch (word) {
    case OFFER_WORD_INTENT: r->intent = true; break;
    case OFFER_WORD_TOOK: r->saved += r->intent, r->intent = false; break;
    case OFFER_WORD_STAYS: r->intent = false; break;
    case OFFER_WORD_LEFT: r->left = r->ever_left = true, r->intent = false, r->left_us = at_us; break;
    case OFFER_WORD_BACK_ON_OFFER: r->hopped = r->hopped || soon; /* fall through */
    case OFFER_WORD_BACK:
        if (r->left) r->back_us = at_us;
        r->left = r->intent = false;
        break;
    }
}

bool offer_hopper(const offer_record *r) {
    return r->saved >= OFFER_HOPS || r->hopped;
}

bool offer_loyal(const offer_record *r) {
    return !r->ever_left && !r->intent;
}
