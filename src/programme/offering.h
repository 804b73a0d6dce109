/* One save offer for one customer and one occasion: chosen by the rules of decide/offer, drawn against its holdout, kept, answered. docs/offers.md. */
#ifndef PROGRAMME_OFFERING_H
#define PROGRAMME_OFFERING_H

#include <config.h>
#include <offers.h>
#include <taxonomy.h>
#include <whole.h>

typedef enum offering_place { OFFERING_EXIT = OFFER_EXIT, OFFERING_DESK = OFFER_DESK, OFFERING_WIN_BACK = OFFER_WIN_BACK } offering_place;

typedef struct offering {
    const config_offer *offer; /* NULL: none suits; then why says so */
    bool shown;                /* false: held out, or no room; show nothing, there is no second best */
    bool strategic;            /* not part of the experiment */
    bool approval;             /* a person approves first */
    double probability;        /* that it would be shown, as drawn */
    int64_t id, expires_us;    /* offer_draw.id; the offer's subject */
    char number[24];           /* as people and events call it */
    bool again;                /* drawn before for this occasion: the same answer */
    char why[200];
} offering;

/* Reads; the same customer, place and occasion (the leave intent's event id, the desk case's action id ...) always give the same once drawn. */
mr_status offering_choose(ledger *l, whole *w, const config *c, offering_place place, int64_t occasion, reason why, int64_t now_us, offering *out, mr_error *err);
/* In a transaction of the caller's, or one of its own. Writes the draw (held or shown) and, where shown, the event offer_shown; idempotent; caps are held in the same transaction (out of room: becomes not shown, and why says so). */
mr_status offering_draw(ledger *l, whole *w, const config *c, offering_place place, int64_t occasion, reason why, const char *channel, int64_t now_us, offering *out, mr_error *err);
/* Accepted or declined, with its event; MR_EDATA with a clear message: expired, answered before, never shown. */
mr_status offering_answer(ledger *l, int64_t customer_id, int64_t id, bool accepted, const char *said, int64_t now_us, mr_error *err);

#endif
