/* Forgetting a customer: every row of theirs, of whoever was merged into them, and every identifier. What stays is how many events of which
 * kind there were in which month and what they came to (residue), and the keyed hashes of the identifiers with the time (erasure), so that
 * no import and no backup brings back what happened before. What others' rows say of them in words cannot be known. */
#ifndef LEDGER_ERASE_H
#define LEDGER_ERASE_H

#include "erasures.h"

typedef struct erase_counts {
    uint64_t customers, identifiers, events, rows; /* rows: of all tables */
} erase_counts;

/* In one transaction; the file beside the database is written first. counts are added to; may be NULL. MR_EDATA: no such customer. */
mr_status ledger_erase(ledger *l, int64_t customer_id, int64_t now_us, erase_counts *counts, mr_error *err);
/* Rows that are gone are still bytes in the files: writes these anew (SQLite: VACUUM and an empty WAL; PostgreSQL: CLUSTER, VACUUM FULL). Takes as long
 * as writing the whole database; needs as much room again. */
mr_status ledger_erase_finish(ledger *l, mr_error *err);

/* Erases again whom the list names, as of the time it says, where this ledger has not done so. Counts as above. */
mr_status ledger_replay_erasures(ledger *l, const erasures *list, erase_counts *counts, mr_error *err);

#endif
