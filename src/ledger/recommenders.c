#include "recommenders.h"

mr_status recommenders(ledger *l, int64_t until_us, size_t room, id_list *out, mr_error *err) {
    db_statement *s;
    /* The kind is spelt out, so that its index is used: event_kinds.def, referral_made. */
    mr_status status = db_prepare(l->d, "SELECT customer_id, MAX(at_us) FROM event WHERE kind = 39 AND at_us <= $1 GROUP BY customer_id ORDER BY MAX(at_us) DESC, customer_id LIMIT $2", "ii", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, until_us);
    db_bind_int(s, 2, (int64_t)room);
    for (bool row = true; status == MR_OK && row;) {
        status = db_step(s, &row, err);
        if (status == MR_OK && row) status = id_list_add(out, db_int(s, 0), err);
    }
    db_reset(s);
    return status;
}
