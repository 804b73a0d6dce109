/* Is the ledger what it should be? The store's pages and indexes, and what no store can know: that each customer's state is what their events
 * give, and that every row has a customer.
 *
 * All is read once, in streams side by side; whoever looks suspicious is looked at again by themselves in one snapshot, so that what is being
 * written meanwhile is not taken for a fault. */
#ifndef LEDGER_CHECK_H
#define LEDGER_CHECK_H

#include "ledger.h"

typedef enum check_code {
#define CHECK(code, note, summary) CHECK_##code,
#include "checks.def"
#undef CHECK
    CHECK_CODES
} check_code;

typedef struct check_finding {
    check_code code;
    int64_t customer_id; /* 0: of the whole */
    bool repaired;
    char message[640];   /* what, and what to do about it */
} check_finding;

typedef struct check_options {
    bool repair; /* makes cycles and projected rows again, moves what was left behind by merges */
    bool quick;  /* not the store's own pages and indexes */
    int64_t now_us;
} check_options;

typedef struct check_counts {
    uint64_t customers, events, wrong, notes, repaired; /* wrong: repaired ones too */
} check_counts;

typedef mr_status (*check_found)(void *ctx, const check_finding *finding, mr_error *err);

/* Progress in customers. */
mr_status ledger_check(const char *url, const check_options *options, const mr_context *context, check_found found, void *ctx, check_counts *counts,
                       mr_error *err);

const char *check_name(check_code code);    /* "cycle_differs" */
const char *check_summary(check_code code); /* what is wrong in a few words */
bool check_is_note(check_code code);        /* to be looked at, yet nothing is broken */

#endif
