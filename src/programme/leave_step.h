/* Steps of leaving, as events (leave_flow.h reads them back). Each is known by the flow and the step, so that the same step twice, or after a crash, is one. */
#ifndef PROGRAMME_LEAVE_STEP_H
#define PROGRAMME_LEAVE_STEP_H

#include "leave_flow.h"

#include <config.h>

typedef struct leave_answer { /* texts may be "" */
    const char *channel, *code, *words;
    int32_t last_day; /* another one than the contract's; TRACE_NO_DAY: that */
    int64_t now_us;
} leave_answer;

/* Takes the step of a flow that leave_flow_of read, writes what there is to write, and brings *f to where it then stands. EXIT_CONFIRM without a start says both at once; EXIT_START an hour or more after the last
 * step of a flow under way is another visit, and goes on record as said again. *answer: EXIT_AGAIN:
 * nothing was written. MR_EDATA: EXIT_NOT_NOW, an offer that has expired, a last day that has passed, words that are no UTF-8; nothing is written. */
mr_status leave_step(ledger *l, whole *w, leave_flow *f, exit_step step, const leave_answer *a, exit_answer *answer, mr_error *err);

/* The one offer of a flow that is under way, drawn for the reason they gave and kept (offering.h); *f then knows it. Nothing where they gave none, were made one before, none suits, a person would
 * have to approve it first, or they are held out of it: nobody on their way out waits. */
mr_status leave_offer(ledger *l, whole *w, const config *c, leave_flow *f, int64_t now_us, mr_error *err);

#endif
