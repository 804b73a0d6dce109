/* What changed in a base with contracts since an earlier run: that run's customers.csv and summary.json, read back and joined by customer. */
#ifndef REPORT_CONTRACTS_SINCE_H
#define REPORT_CONTRACTS_SINCE_H

#include "contracts.h"
#include "previous_head.h"

#include <text.h>

typedef enum account_state { ACCOUNT_UNDER, ACCOUNT_PART_NOTICE, ACCOUNT_LEFT, ACCOUNT_STATES } account_state;
/* As customers.csv has it. */
const char *account_state_word(account_state state);
account_state account_state_of(const book_standing *s);

typedef struct since_row { /* a customer of the earlier run */
    const char *id, *step; /* as its customers.csv shows them */
    account_state state;
    double recurring, p_leave; /* NaN: not known */
    bool met;                  /* is in this run, too */
} since_row;

typedef struct since_change { /* whose state, recurring revenue or first step is another one */
    uint32_t row;              /* of contract_report.row */
    const since_row *was;      /* NULL: new */
    double key;
} since_change;

typedef struct contracts_since {
    const char *dir;
    previous_head head; /* expected: customers to leave */
    size_t n, under;
    since_row *was;            /* by id */
    /* the join */
    uint64_t added, added_and_left, returned, left, missing, more, less, other_step; /* customers */
    double recurring, recurring_new, recurring_returned, recurring_more, recurring_less, recurring_left, recurring_missing; /* the first: of all under
                                  contract then; with the others it adds up to what it is now */
    size_t changes_n;          /* those who left first, the dearest on top; then by how much the chance to leave rose */
    since_change *change;
    bool unlisted;             /* while joining: the account at hand objected */
    arena text;
} contracts_since;

/* Reads dir. MR_EIO, MR_EDATA (with file, line and value, or that it is a run of orders), MR_ENOMEM. Freed by contracts_since_free, whatever comes. */
mr_status contracts_since_read(const char *dir, contracts_since *out, mr_error *err);
/* Joins, and hangs it on r. */
mr_status contracts_since_join(contracts_since *s, report *r, mr_error *err);
void contracts_since_free(contracts_since *s);

/* changes.csv. */
mr_status contracts_changes_csv(const report *r, text_buffer *out, mr_error *err);

#endif
