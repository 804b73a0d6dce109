/* Bulk appending: one thread gathers runs (run.h), another writes them in sorted slices; at the end every touched cycle is rebuilt once.
 *
 *     bulk_open -> (bulk_customer, bulk_event ..., bulk_record_done) ... -> bulk_finish or bulk_abandon
 *
 * A slice's transaction lasts about 50 ms on SQLite, so that others get to write. What was written by runs stays when the rest is abandoned:
 * importing again repeats it without harm. */
#ifndef LEDGER_BULK_H
#define LEDGER_BULK_H

#include "upserts.h"

typedef struct bulk_options {
    const char *source;        /* of events and identifiers */
    const char *record, *files;/* for import_run: what is imported, from where */
    int64_t import_id;         /* of import_run; 0: not noted, so not resumable */
    bool restart;              /* records are given from the first one on, however far an earlier attempt came */
    int64_t now_us;            /* recorded_at_us of every event */
    size_t run_rows;           /* 0: 1,000,000 */
    size_t run_bytes;          /* 0: 256 MiB: whichever is reached first ends a run */
    unsigned ref_bits;         /* 0: 63 (ledger.h) */
    int lost_ms;               /* db_options.lost_ms */
} bulk_options;

typedef struct bulk_counts {
    uint64_t events, added, repeated, conflicting; /* events = added + repeated + conflicting + erased */
    uint64_t erased;    /* of customers who were erased after they happened: left out */
    uint64_t customers; /* touched */
    uint64_t aliases, aliases_taken; /* second identifiers noted; those that already were another customer's: merges to be decided on */
    uint64_t resumed;   /* records of an earlier attempt */
} bulk_counts;

typedef struct bulk bulk;

mr_status bulk_open(const char *url, const bulk_options *options, bulk **out, mr_error *err);
/* Records that an earlier attempt has already written: pass over as many (but count their lines' occurrences). */
uint64_t bulk_resume_at(const bulk *b);
const ledger *bulk_ledger(const bulk *b); /* for hashing only */
int32_t bulk_source(const bulk *b);

mr_status bulk_customer(bulk *b, const char *external_id, size_t len, uint32_t *who, mr_error *err);
/* e->id is set; texts are copied. */
mr_status bulk_event(bulk *b, uint32_t who, const history_event *e, mr_error *err);
/* A row of contact or customer: set its cells but the first, which is who. NULL: no memory, or the customer was erased (*erased). */
upserts *bulk_upserts(bulk *b, uint32_t who, bool *erased);
mr_status bulk_alias(bulk *b, uint32_t who, const char *external_id, size_t len, mr_error *err);
/* The id of a line without one: the how-manieth of its kind is it? */
mr_status bulk_line_id(bulk *b, const char *raw, size_t len, uint64_t *hash, uint32_t *occurrence, mr_error *err);
/* After each input record; hands the run over when it is full. An error of the writing thread comes out here. */
mr_status bulk_record_done(bulk *b, uint64_t records, mr_error *err);

/* Writes what is left and rebuilds. Where an earlier attempt at the same files was cut short, what that one left is made whole, too. */
mr_status bulk_finish(bulk *b, const mr_context *context, bulk_counts *counts, mr_error *err);
/* Writes what was handed over, notes how far it came, and leaves the rest. */
void bulk_abandon(bulk *b, bulk_counts *counts);
void bulk_close(bulk *b);

#endif
