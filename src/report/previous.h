/* An earlier run, read back from its folder, and what changed since. */
#ifndef REPORT_PREVIOUS_H
#define REPORT_PREVIOUS_H

#include "previous_head.h"
#include "report.h"

/* What is kept of an earlier run. Owned; freed by previous_free. */
typedef struct previous {
    char *dir;
    previous_head head;   /* expected: orders */
    size_t n;
    char *id_bytes;       /* as they stand in customers.csv: a defused formula keeps its apostrophe */
    uint64_t *id_offset;  /* [n + 1] */
    uint8_t *stage;       /* [n] mr_stage */
    double *p_order;      /* [n] NaN: not known */
} previous;

/* Reads dir/summary.json and dir/customers.csv. MR_EIO where they cannot be read, MR_EDATA with file, line and value where they
 * are not what a run writes; MR_ENOMEM. */
mr_status previous_read(const char *dir, previous *out, mr_error *err);
void previous_free(previous *p);

/* Joins by customer and fills r->has_previous, previous_* and change_*. *changes is what r->changes points to, for the caller to
 * free with mem_free and the context's allocator; r->previous_dir points into `p`, which must live as long as `r`.
 * MR_ENOMEM. */
mr_status previous_join(const previous *p, report *r, const mr_context *context, report_change **changes, mr_error *err);

#endif
