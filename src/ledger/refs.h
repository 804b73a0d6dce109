/* Identifiers to customers. A customer is born with the number their identifier hashes to; so importers need not ask, only make sure that the number
 * is theirs: two identifiers with one hash (one in 2^63) take the next salt, and second identifiers and merged ones lead elsewhere. */
#ifndef LEDGER_REFS_H
#define LEDGER_REFS_H

#include "hashmap.h"
#include "ledger.h"

typedef struct ref_request {
    const char *external_id; /* borrowed */
    uint32_t len;
    int64_t customer_id; /* out */
} ref_request;

/* What one import or writer has already made sure of. */
typedef struct refs {
    ledger_domain customers, fingerprint;
    char *source;
    hashmap known; /* fingerprint -> customer_id */
    char epoch[24]; /* setting merge_epoch, which every merge raises */
    uint64_t made; /* customers who were not there before (more where a transaction ran twice) */
} refs;

mr_status refs_begin(refs *r, const ledger *l, const char *source, mr_error *err);
void refs_free(refs *r);
/* The customers of n requests, rows made where they are not there; the same identifier may stand there twice. In a write
 * transaction; after a rollback call refs_forget. MR_EDATA for an identifier that is empty or too long. */
mr_status refs_resolve(refs *r, ledger *l, ref_request *requests, size_t n, mr_error *err);
void refs_forget(refs *r);
/* Was nobody merged, parted or erased since refs_resolve? To be asked under the locks of the customers it gave. */
mr_status refs_current(const refs *r, ledger *l, bool *current, mr_error *err);
/* Looks up only: *customer_id 0 where there is none. */
mr_status ledger_find(ledger *l, const char *source, const char *external_id, size_t len, int64_t *customer_id, mr_error *err);

#endif
