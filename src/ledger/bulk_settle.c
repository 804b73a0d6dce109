#include "bulk_settle.h"

#include "erase.h"
#include "merge.h"
#include "merge_rows.h"

#include <error.h>

#include <stdio.h>
#include <string.h>

mr_status bulk_epoch(ledger *l, char out[24], mr_error *err) {
    db_statement *s;
    bool row = false;
    mr_status status = db_prepare(l->d, "SELECT value FROM setting WHERE name = 'merge_epoch'", "", &s, err);
    if (status == MR_OK) status = db_step(s, &row, err);
    if (status != MR_OK) return status;
    snprintf(out, 24, "%s", row ? db_text(s, 0, NULL) : "");
    db_reset(s);
    return MR_OK;
}

/* Their past may have been imported behind the erasure's back: it goes, and what came with it. The same import again brings what they did since. */
static mr_status erase_again(ledger *l, const hashmap *erased, mr_error *err) {
    erasures all = {0};
    mr_status status = erasures_read_ledger(l, &all, err);
    for (size_t i = 0; i < all.n && status == MR_OK; i++) {
        const uint64_t *known = hashmap_find(erased, (uint64_t)all.at[i].ref);
        int64_t customer_id = 0;
        bool there = false;
        if (known && (int64_t)*known >= all.at[i].erased_at_us) continue;
        status = merge_look(l, "SELECT customer_id FROM customer_ref WHERE ref = $1", all.at[i].ref, &customer_id, &there, err);
        if (status == MR_OK && there) status = ledger_erase(l, customer_id, all.at[i].erased_at_us, NULL, err);
    }
    erasures_free(&all);
    return status;
}

static mr_status settle_one(ledger *l, hashmap_slot *slot, int64_t now_us, mr_error *err) {
    int64_t customer_id = (int64_t)slot->key, leads = 0;
    bool there;
    mr_status status = merge_look(l, "SELECT customer_id FROM customer_ref WHERE ref = $1", customer_id, &leads, &there, err);
    if (status != MR_OK || (there && leads == customer_id)) return status;
    slot->value = 1;
    if (there) return ledger_merge_left_behind(l, customer_id, now_us, err);
    status = ledger_erase(l, customer_id, now_us, NULL, err);
    return status == MR_EDATA ? MR_OK : status; /* nothing of theirs was written */
}

typedef struct epoch_work {
    ledger *l;
    char *out;
} epoch_work;

static mr_status epoch_transaction(db *d, void *ctx, mr_error *err) {
    const epoch_work *w = ctx;
    (void)d;
    return bulk_epoch(w->l, w->out, err);
}

mr_status bulk_settle(ledger *l, const char before[24], const hashmap *erased, int64_t now_us, hashmap *touched, mr_error *err) {
    char now[24];
    epoch_work work = {l, now};
    mr_status status = db_transaction(l->d, DB_READ, epoch_transaction, &work, err); /* waits for a server that is away */
    if (status != MR_OK || !strcmp(before, now)) return status;
    status = erase_again(l, erased, err);
    for (size_t i = 0; i < touched->capacity && status == MR_OK; i++)
        if (touched->slots[i].key) status = settle_one(l, &touched->slots[i], now_us, err);
    return status;
}
