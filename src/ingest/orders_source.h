/* The reader behind ingest_orders_read, with its source given: for tests (tiny blocks) and fuzzing (memory).
 */
#ifndef INGEST_ORDERS_SOURCE_H
#define INGEST_ORDERS_SOURCE_H

#include "orders.h"
#include "source.h"

mr_status ingest_orders_from(ingest_source *source, const ingest_options *options, const mr_context *context,
                             ingest_orders *out, mr_error *err);

#endif
