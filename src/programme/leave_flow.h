/* Where a customer stands with leaving, out of their events: the flow of decide/exit.h, and what goes with it. Nothing else keeps it. */
#ifndef PROGRAMME_LEAVE_FLOW_H
#define PROGRAMME_LEAVE_FLOW_H

#include <exit.h>
#include <taxonomy.h>
#include <whole.h>

#define LEAVE_SURVEY "leaving" /* the survey by which they say why */

typedef struct leave_flow { /* texts are borrowed from the whole, "" where there are none */
    exit_flow flow;
    int ended;                     /* flows that ended before this one */
    int64_t subject_id;            /* the contract's; 0: all they have with us */
    const whole_contract *contract; /* NULL: none, or not one alone */
    int64_t intent_id;             /* the event; 0 none */
    reason why;
    const char *words, *channel;
    int64_t offer_id;              /* the offer made in this flow, as events' subject; 0 none */
    const char *offer, *offer_number;
    int64_t offer_minor, offer_expires_us; /* WHOLE_NO_TIME: it does not expire */
    const char *offer_currency;
    int64_t last_us;               /* of the last event that moved it */
    int32_t last_day;              /* if they confirm now; of who has left: what they were told */
    bool late;                     /* too late for the running term */
    bool all;                      /* of who has left: they named no contract, so it is everything */
} leave_flow;

#define LEAVE_ALL INT64_MAX /* everything on record */

/* What happened by until_us, seen on `day`, by which the last day is reckoned. subject_id 0: without a contract, or of all. Steps of one instant stand microseconds apart (leave_step.h), and belong
 * to that instant: what is up to a millisecond later counts. */
void leave_flow_of(whole *w, int64_t subject_id, int64_t until_us, int32_t day, leave_flow *out);
/* Those there are to speak of, each once: of every contract one was said of, and 0 where it was said without one. Returns how many, <= most. */
size_t leave_subjects(const whole *w, int64_t until_us, int64_t *subject, size_t most);
/* Under way, or ended in leaving everything, or with no other contract that runs: they are not sold to. */
bool leave_flow_holds(whole *w, int64_t now_us);

#endif
