/* Writing one run (bulk.c's second thread). */
#ifndef LEDGER_BULK_WRITE_H
#define LEDGER_BULK_WRITE_H

#include "bulk.h"
#include "run.h"

typedef struct bulk_writer {
    ledger *l;
    refs refs;
    int32_t source;
    int64_t now_us, import_id;
    hashmap touched; /* customer_id -> 0: cycles to rebuild */
    bool projecting; /* an event came that shows in the projected tables */
    bulk_counts counts;
    size_t slice; /* rows; follows how long the last one took */
} bulk_writer;

#define BULK_ATTEMPTS 5 /* a server that goes away more often than that while one run is written needs someone to look at it */

/* What it has written is durable as soon as the run may be forgotten (PostgreSQL), or no less so than the note of how far the import came
 * (SQLite). */
mr_status bulk_write_run(bulk_writer *w, run *r, mr_error *err);

#endif
