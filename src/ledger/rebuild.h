/* Cycles and projections made anew from the events: after a bulk import, for each customer it touched, once. */
#ifndef LEDGER_REBUILD_H
#define LEDGER_REBUILD_H

#include "ledger.h"

/* ids[n] ascending. reader and writer are two ledgers on the same store (the events are streamed while cycles are written). bodies: also
 * the projections. A cycle that an append changes meanwhile is made again by itself. Progress in customers. */
mr_status ledger_rebuild(ledger *reader, ledger *writer, const int64_t *ids, size_t n, bool bodies, const mr_context *context, mr_error *err);
/* One customer under the lock of its cycle. In a write transaction. */
mr_status ledger_rebuild_customer(ledger *l, int64_t customer_id, mr_error *err);
/* The same, after having taken away what only events had put in the tables: for a customer who lost some. */
mr_status ledger_rebuild_afresh(ledger *l, int64_t customer_id, mr_error *err);
/* Every customer whose cycle is stale or missing, or may be wrong unmarked, as an import that was cut short leaves them. *repaired may be NULL. */
mr_status ledger_repair(ledger *reader, ledger *writer, const mr_context *context, uint64_t *repaired, mr_error *err);
/* Is anything stale, or an import not finished? Cheap. */
mr_status ledger_is_stale(ledger *l, bool *stale, mr_error *err);

#endif
