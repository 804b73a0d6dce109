/* What the whole input says once it is read: the date order, the decimal, the currency, and which lines were
 * bad. */
#ifndef INGEST_VERDICT_H
#define INGEST_VERDICT_H

#include "parse.h"

typedef struct verdict {
    const mr_alloc *alloc;
    const parsed_block **blocks; /* by number */
    uint32_t *owner;
    uint64_t *line_base; /* lines of the same file before the block */
    size_t n_blocks;
    ingest_date_format order;
    char decimal;
} verdict;

/* Decides; fails with the first bad line in input order (or writes the rejects file), then with
 * source_status, then with what the column as a whole leaves open or contradicts. Fills out->understood's
 * counts of lines. */
mr_status verdict_reach(verdict *v, const ingest_plan *plan, const ingest_source *source,
                        ingest_worker **workers, size_t n, mr_status source_status,
                        const mr_error *source_error, const ingest_options *options, ingest_orders *out,
                        mr_error *err);
/* MR_EDATA where no history came out. */
mr_status verdict_none(const ingest_plan *plan, const ingest_source *source, const ingest_orders *out,
                       mr_error *err);
void verdict_free(verdict *v);

#endif
