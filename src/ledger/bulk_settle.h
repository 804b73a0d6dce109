/* What an import has to put right where customers were merged, parted or erased while it was under way: its batches had looked them up before. */
#ifndef LEDGER_BULK_SETTLE_H
#define LEDGER_BULK_SETTLE_H

#include "hashmap.h"
#include "ledger.h"

/* Of whom is who, as refs.h numbers it; out needs 24 bytes. */
mr_status bulk_epoch(ledger *l, char out[24], mr_error *err);
/* before: the epoch when the import began; erased: ref -> time of the erasures it knew of. Those of touched who are customers no more get the value 1:
 * their rows follow a merge, or are erased again. */
mr_status bulk_settle(ledger *l, const char before[24], const hashmap *erased, int64_t now_us, hashmap *touched, mr_error *err);

#endif
