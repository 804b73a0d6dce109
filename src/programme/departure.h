/* Has somebody left, why, and what was said and done since: one reading for win-back, for staying in touch, and for learning what attempts came to.
 *
 * Left are: who gave notice (leave_confirmed, from the day it takes effect) or whose contract ended and who has no other; who has no contract and moved out of our area or does not need
 * it any more. An order, a contract, its renewal or came_back after that, and they are back. Why: what they stated, with notice or with the intent before it; a move or the end of the need speak for
 * themselves, and outdo whatever else was said. Silence alone is not leaving. */
#ifndef PROGRAMME_DEPARTURE_H
#define PROGRAMME_DEPARTURE_H

#include "looking.h"

#include <win_back.h>

typedef struct departure {
    const trace_event *left;    /* NULL: here, or never a customer */
    int32_t day;                /* of leaving */
    reason why;                 /* REASON_none: not stated */
    const trace_event *asked, *no, *heard; /* since: the last win_back_sent; the first no, by event; the last time they got in touch; NULL none */
    int attempts;
    bool written;               /* to, of our own accord, since */
    bool away;                  /* moved out of our area, or has no need */
    bool customer;              /* has ever been one */
    reason intent;              /* stated before leaving */
} departure;

/* One event more, in the order of the trace; d from {0}. Returns true where it brought them back. */
bool departure_hear(departure *d, const trace_event *e);
/* As of the look's time. False: not left. */
bool departure_of(const look *k, departure *d);
/* Why nothing may be said to them any more; NULL: something may. They said no, object, or a person decided so of programme k->programme. */
const char *departure_over(look *k, const departure *d);
const win_back_row *departure_row(const departure *d);
/* May an offer go with what is said to them? Then *occasion is what it is drawn for. */
bool departure_offers(look *k, const departure *d, int64_t *occasion);
/* What they paid in the year before they left, less what went back, in k->w->money.currency's units; of contracts where nothing was paid by order. */
double departure_year(const look *k, const departure *d);

#endif
