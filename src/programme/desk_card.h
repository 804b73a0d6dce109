/* What a person of the save desk has before them: the queue by what a call is worth, and the card of the call to make next. docs/programmes/save_desk.md. */
#ifndef PROGRAMME_DESK_CARD_H
#define PROGRAMME_DESK_CARD_H

#include <config.h>
#include <ledger.h>

#include <jansson.h>

typedef struct desk_ask {
    ledger *l;
    const config *c;
    const char *owner; /* NULL: of all */
    int64_t now_us;
} desk_ask;

/* The open calls, those worth most first (what is at stake times what a call is assumed to save of it, then when they are due): as actions_list, each with `gain_minor` and `waits`, true where it was put
 * off beyond now. The caller lets it go. */
mr_status desk_queue(const desk_ask *a, json_t **out, mr_error *err);

/* The card of one open call, by its row of the queue. Draws the offer, if there is one for them (offering.h), and so writes: the card is where it is shown. */
mr_status desk_card(const desk_ask *a, const json_t *entry, json_t **out, mr_error *err);

/* The card of the call to make next: the one worth most that the gate lets be made now; where none may, the one that may soonest. *out NULL: there is nothing to do. */
mr_status desk_next(const desk_ask *a, json_t **out, mr_error *err);

#endif
