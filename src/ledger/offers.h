/* Draws of save offers. docs/offers.md. */
#ifndef LEDGER_OFFERS_H
#define LEDGER_OFFERS_H

#include "ledger.h"

#include <arena.h>
#include <offer.h>

typedef struct offer_draw { /* texts are borrowed */
    int64_t customer_id, id;
    const char *offer;
    int place;
    int64_t occasion, drawn_us;
    int state; /* offer_state */
    double probability;
    bool strategic;
    const char *reason, *tier, *product;
    double benefit;
    int64_t cost_minor;
    const char *currency;
    bool loyal;
    int64_t expires_us, settled_us;
} offer_draw;

typedef struct offer_draws { /* start from {0} */
    offer_draw *row;
    size_t n, capacity;
    arena text;
} offer_draws;
void offer_draws_free(offer_draws *d);

typedef struct offer_counts {
    int64_t held, shown, accepted, declined, expired, no_room; /* shown: all that were, answered or not */
} offer_counts;

/* Never 0. */
int64_t offer_draw_id(const ledger *l, int64_t customer_id, int place, int64_t occasion);
/* All of one customer's, in the order they were drawn. */
mr_status offer_draws_of(ledger *l, int64_t customer_id, offer_draws *out, mr_error *err);
/* All of one offer drawn by until_us, over all customers. */
mr_status offer_draws_by(ledger *l, const char *offer, int64_t until_us, offer_draws *out, mr_error *err);
/* Once; in a write transaction. */
mr_status offer_draw_put(ledger *l, const offer_draw *d, mr_error *err);
/* In a write transaction: others who draw this offer wait until it ends. */
mr_status offer_cap_take(ledger *l, const char *offer, mr_error *err);
/* How often it was shown in since_us < time <= now_us, to whomever. */
mr_status offer_used(ledger *l, const char *offer, int64_t since_us, int64_t now_us, int64_t *out, mr_error *err);
/* fairness_limit over the whole ledger. */
mr_status offer_fair_limit(ledger *l, const char *tier, const char *product, int64_t now_us, double *out, mr_error *err);
/* From shown; *changed false: in another state by now, or not there. In a write transaction. */
mr_status offer_settle(ledger *l, int64_t customer_id, int64_t id, int state, int64_t at_us, bool *changed, mr_error *err);
mr_status offer_count(ledger *l, const char *offer, int64_t now_us, offer_counts *out, mr_error *err);

#endif
