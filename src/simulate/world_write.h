/* A described world as files: what marram imports and runs on, and the truth beside it. */
#ifndef SIMULATE_WORLD_WRITE_H
#define SIMULATE_WORLD_WRITE_H

#include "world.h"

typedef struct world_written {
    uint64_t customers, events, lines; /* lines of events.ndjson: a messy world repeats some */
    uint64_t orders, contracts;        /* lines of orders.csv; of contracts.csv, one a term */
    uint64_t left, moments;            /* who left; of them for a planted moment */
    uint64_t traces, misleading;       /* customers with planted traces, and with false ones */
    double expected;                   /* how many were to leave: the sum of all days' chances */
} world_written;

/* events.ndjson, customers.csv, truth.csv, and orders.csv or contracts.csv in the folder `out`, which is made where missing; all of them or none. The
 * same world and seed give the same bytes for any number of threads. MR_EIO, MR_ENOMEM, MR_ECANCELLED. */
mr_status world_write(const world *w, uint64_t seed, const char *out, const mr_context *context, world_written *written, mr_error *err);

#endif
