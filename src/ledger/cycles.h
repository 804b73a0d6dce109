/* All customers' cycles in order: what a job reads that needs no more than the cycle holds. A row a customer in place of one an event,
 * so several times faster than their histories (histories.h); the same figures to the bit (cycle_summarise). */
#ifndef LEDGER_CYCLES_H
#define LEDGER_CYCLES_H

#include "ledger.h"

#include <cycle.h>

/* Borrowed until it returns. Anything but MR_OK ends the scan with it. */
typedef mr_status (*cycles_on_cycle)(void *ctx, int64_t customer_id, const cycle *c, mr_error *err);

/* Customers first .. last, ascending, in one read transaction. A stale cycle is given as it stands (rebuild.h). MR_EDATA: a cycle of
 * another version or damaged, with the way out. */
mr_status ledger_cycles(ledger *l, int64_t first, int64_t last, cycles_on_cycle on_cycle, void *ctx, mr_error *err);

#endif
