/* Blocks into rows of the bins: one ingest_worker a thread, blocks in ascending order, nothing shared while
 * at work. */
#ifndef INGEST_PARSE_H
#define INGEST_PARSE_H

#include "bins.h"
#include "plan.h"
#include "rejects.h"
#include "scan.h"
#include "source.h"
#include "split.h"

/* What a block held, for numbering lines and for replaying rows in the order of the input. */
typedef struct parsed_block {
    uint64_t number;
    uint32_t file;
    uint32_t lines; /* physical line ends */
    uint32_t records;
    uint32_t words[BINS]; /* of rows that it put into each bin */
} parsed_block;

/* The first line that showed something, with its value. */
typedef struct evidence {
    bool seen;
    uint64_t block;
    uint32_t line; /* within the block, from 0 */
    char value[32];
} evidence;

#define CURRENCIES_SEEN 2

typedef struct ingest_worker {
    const ingest_plan *plan;
    const mr_alloc *alloc;
    bins *bins;
    rejects rejects;
    parsed_block *blocks;
    size_t n_blocks, blocks_capacity;
    /* of the whole column */
    evidence order[3];   /* [date_proof] */
    evidence decimal[2]; /* point, comma */
    evidence unclear;    /* an amount that may be either */
    evidence unclear_date;
    evidence currency[CURRENCIES_SEEN]; /* value: the sign or code; two different ones are enough to refuse */
    uint64_t lines, after_until, continued, cancelled;
    /* of the block at hand */
    const ingest_block *block;
    size_t counted_to; /* lines are counted up to this byte */
    uint32_t counted, record, newlines;
    bool no_memory;
    bool stop; /* a bad line ends the reading */
    char previous_order[64];
    uint64_t words_before[BINS];
    split_fields fields;
    bin_entry batch[BIN_BATCH];
    bin_note notes[BIN_BATCH][CONTACTS]; /* where contacts are kept */
    char name[256];                      /* put together from first and last */
    size_t batched;
    uint32_t positions[SCAN_WINDOW + 80];
} ingest_worker;

mr_status worker_new(const ingest_plan *plan, const mr_alloc *alloc, ingest_worker **out, mr_error *err);
void worker_free(ingest_worker *w);
/* Parses one block. MR_OK also where it held a bad line: then w->stop is set if reading is to end. MR_ENOMEM.
 */
mr_status worker_block(ingest_worker *w, const ingest_block *block, mr_error *err);

/* --- between parse.c and record.c --- */
mr_status worker_flush(ingest_worker *w, mr_error *err);
/* One record data[start .. end), end at its '\n', by the careful way. */
mr_status worker_record(ingest_worker *w, size_t start, size_t end, mr_error *err);
/* The header of a file, in its block that leads; *start moves behind it. */
mr_status worker_header(ingest_worker *w, size_t *start, mr_error *err);
uint32_t worker_line(ingest_worker *w, size_t at); /* within the block, from 0 */
/* A line that cannot be taken. column -1: the whole line. */
mr_status worker_reject(ingest_worker *w, size_t start, size_t end, int column, const char *value, size_t len,
                        ingest_date_format under, bool fatal, const char *reason, mr_error *err);
/* Into the dictionary's batch, which must have room. worker_put takes the short way where it can, and flushes
 * a full batch. */
void worker_enter(ingest_worker *w, const char *id, size_t len, uint32_t when, int64_t money);
mr_status worker_put(ingest_worker *w, const char *id, size_t len, uint32_t when, int64_t money,
                     mr_error *err);

#endif
