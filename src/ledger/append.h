/* Appending events one at a time, or a few: event, cycle and what hangs on them in one transaction. Idempotent by (source, source_id). */
#ifndef LEDGER_APPEND_H
#define LEDGER_APPEND_H

#include "refs.h"

typedef enum append_outcome {
    APPEND_ADDED,
    APPEND_REPEATED,   /* it was there: nothing changed */
    APPEND_CONFLICTING /* it was there with another body: kept in event_conflict, never a second event */
} append_outcome;

typedef struct append_item {
    const char *external_id; /* whose, made where they are new; NULL: event.customer_id says */
    uint32_t external_id_len;
    ledger_event event;      /* texts are borrowed */
    append_outcome outcome;  /* out */
} append_item;

/* In one transaction: all or none. refs: the source of the external ids (may be NULL where there are none); one writer's own. Retried where the
 * store asks for it. */
mr_status ledger_append(ledger *l, refs *r, append_item *items, size_t n, mr_error *err);
/* Inside the caller's write transaction, for what must be there together with something else. Customers by number alone (external_id NULL). */
mr_status ledger_append_within(ledger *l, append_item *items, size_t n, mr_error *err);

#endif
