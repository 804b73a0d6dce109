/* Leaving well: the flow from "I want to leave" to "you have left", as a state machine (docs/programmes/exit.md). Pure.
 *
 * Whatever the state, `confirm` is taken: no reason, no offer and no talk stands before it. Beyond the intent there are two screens at most: one on which they may say why and may be made one
 * offer, and one on which they confirm. What is done a second time on a screen is another screen; more than EXIT_SCREENS is an alarm. */
#ifndef DECIDE_EXIT_H
#define DECIDE_EXIT_H

#include <marram/base.h>

#define EXIT_SCREENS 2

typedef enum exit_state { EXIT_NOTHING, EXIT_INTENT, EXIT_LEFT, EXIT_STAYED, EXIT_STATES } exit_state;

/* stay: they said so, or renewed; back: they are a customer (again). */
typedef enum exit_step { EXIT_START, EXIT_REASON, EXIT_OFFER, EXIT_DECLINE, EXIT_ACCEPT, EXIT_CONFIRM, EXIT_STAY, EXIT_BACK, EXIT_STEPS } exit_step;

typedef enum exit_answer {
    EXIT_TAKEN,
    EXIT_AGAIN,   /* done before: nothing changes, and the answer is the same as then */
    EXIT_NOT_NOW  /* there is nothing to do that with; exit_words says what is */
} exit_answer;

typedef struct exit_flow { /* start from {0} */
    exit_state state;
    int screens;               /* beyond the intent, as it was said last */
    bool reason, offer, answered; /* on the screen they are on */
    bool offered;              /* ever in this flow: there is no second offer */
    bool before;               /* they left or stayed by an earlier flow */
    int64_t started_us, ended_us; /* of this flow; 0: not yet */
} exit_flow;

exit_answer exit_take(exit_flow *f, exit_step step, int64_t at_us);
/* What to do instead, where the answer was EXIT_NOT_NOW. Never NULL. */
const char *exit_words(exit_state state, exit_step step);
const char *exit_state_name(exit_state state); /* "", "leaving", "left", "stayed" */
/* Seconds from the intent to the end, or to now_us while it is under way. */
int64_t exit_seconds(const exit_flow *f, int64_t now_us);

typedef struct exit_term {
    int32_t start_day, renewal_day; /* days since 1970-01-01; INT32_MIN not known */
    int32_t notice_days;            /* < 0: none agreed */
} exit_term;

/* The last day of who gives notice on `day`. With a term: its end (renewal_day), or where the notice comes too late for that the end of the next one, which is as many months long as the running
 * one (twelve where its beginning is not known); never before `day`. Without: `day`. *late: a term was missed. */
int32_t exit_last_day(const exit_term *t, int32_t day, bool *late);

#endif
