/* A ledger's orders as `marram run` reads them from files, so that a report of either is the same report. */
#ifndef LEARN_LEDGER_ORDERS_H
#define LEARN_LEDGER_ORDERS_H

#include <orders.h>
#include <traces.h>

/* Orders up to the end of day `until` (INT32_MAX: all), as known then; customers by first order, then identifier. out->understood says what they rest on, with `files` 0.
 * Freed by ingest_orders_free, whatever comes. MR_EDATA: no orders, amounts that cannot be added. */
mr_status ledger_orders(ledger *l, int32_t until, const mr_context *context, ingest_orders *out, mr_error *err);

#endif
