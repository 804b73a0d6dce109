/* Bins into histories. */
#ifndef INGEST_GROUP_H
#define INGEST_GROUP_H

#include "orders.h"
#include "parse.h"

typedef struct group_input {
    ingest_worker **workers; /* sealed here; their chunks are overwritten */
    size_t n_workers;
    const parsed_block **blocks; /* by number; NULL where a block was never read */
    const uint32_t *owner;       /* [n_blocks] index of the worker that read it */
    size_t n_blocks;
    ingest_date_format order; /* of packed dates */
    char decimal;             /* what flagged amounts mean */
    int32_t today, until;
    bool has_amount;
    bool contact[CONTACTS]; /* which to give out */
} group_input;

/* Fills out's arrays and the counts of out->understood that hang on rows. MR_ENOMEM, MR_ECANCELLED. */
mr_status group_rows(const group_input *in, const mr_context *context, ingest_orders *out, mr_error *err);

#endif
