/* Rows that are named by their customer and id, where the customer may have been merged since: they are found where they stand now. */
#ifndef LEDGER_MOVED_H
#define LEDGER_MOVED_H

#include "ledger.h"

typedef struct moved_row {
    ledger *l;
    int64_t customer_id, id; /* customer_id: whose the row was changed as, afterwards */
    int64_t returned;        /* what the statement gave in its first column */
} moved_row;

/* An UPDATE of at most one row, with RETURNING: $1 is the customer, $2 the id, values[] follow; types of all. Where it finds nothing, once more as the
 * customer who has that identifier by now. */
mr_status moved_update(moved_row *row, const char *sql, const char *types, const db_value *values, bool *changed, mr_error *err);
/* Who has the customer's number now; themselves where nobody. */
mr_status moved_customer(ledger *l, int64_t customer_id, int64_t *now, mr_error *err);

#endif
