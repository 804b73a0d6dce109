/* What came of a call of the save desk, on record: the touch, the offer's answer, and what the customer decided. */
#ifndef PROGRAMME_DESK_DONE_H
#define PROGRAMME_DESK_DONE_H

#include "save_desk.h"

typedef struct desk_answer {
    desk_outcome outcome;
    int offer;         /* 1 accepted, 0 declined, -1 nothing is said of it */
    const char *by, *note; /* "" not given */
    int32_t again_day; /* DESK_LATER: when to call again; 0: after save_desk.again_days */
    int64_t now_us;
} desk_answer;

/* By its id as people write it. The same again, as after a crash, completes what was begun and changes nothing else. A call that lapsed meanwhile (they confirmed, or stayed) is still put on record.
 * Saved: who wanted to leave stays; left: they have confirmed that they leave. MR_EDATA: no such call, one that is done with another outcome, no offer there to answer. */
mr_status desk_done(ledger *l, const config *c, const char *id, const desk_answer *a, mr_error *err);

#endif
