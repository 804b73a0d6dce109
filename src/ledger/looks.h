/* When programmes look at a customer next: one timer a customer in the table due (DUE_LOOK, of the id DUE_LOOK_ID), set to "now" by whatever writes an
 * event of theirs. Nobody pays for it before somebody acts: looks are armed only in ledgers that have the setting `acting`, which the first tick makes.
 *
 * The row's subject_id counts how often the look was asked for: who has looked says which count they saw, and what came since stays due. */
#ifndef LEDGER_LOOKS_H
#define LEDGER_LOOKS_H

#include "due.h"

typedef struct look_request {
    int64_t customer_id, at_us;
} look_request;

/* Does anybody act on this ledger? Once they do, they always do: then nothing is asked. */
mr_status looks_wanted(ledger *l, bool *wanted, mr_error *err);
/* In a write transaction, no customer twice. Earlier than what waits, or anew where the last one is done. Asks nothing of looks_wanted. */
mr_status looks_ask(ledger *l, const look_request *wishes, size_t n, mr_error *err);

#endif
