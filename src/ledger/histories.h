/* The scan contract: each customer's whole history in time order. Every batch job is written on it and nothing else.
 *
 * A part is a contiguous range of customer_id (ids are hashes, so parts are of one size); on Citus a part is the same range, read shard by
 * shard. Results of a job never depend on how the base is cut. Memory is bounded by the longest history. One read transaction a
 * part. */
#ifndef LEDGER_HISTORIES_H
#define LEDGER_HISTORIES_H

#include "history.h"

typedef struct scan_options {
    bool whole;                /* bodies, source ids and recorded_at_us too; else these are NULL and 0 */
    int64_t first, last;       /* only customers in this range, too; last 0: to the end */
} scan_options;

/* Customers in ascending order; h and what hangs on it are borrowed until it returns. */
typedef mr_status (*scan_on_history)(void *ctx, const history *h, mr_error *err);

/* options NULL: slim events of all. part 0 .. of - 1. */
mr_status ledger_scan(ledger *l, const scan_options *options, unsigned part, unsigned of, scan_on_history on_history, void *ctx,
                      mr_error *err);

#endif
