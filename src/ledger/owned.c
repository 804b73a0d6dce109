#include "owned.h"

#include <stdio.h>
#include <string.h>

mr_status owned_tasks_read(ledger *l, int64_t now_us, int64_t day_end_us, owned_tasks_fn fn, void *ctx, mr_error *err) {
    db_statement *s;
    bool row = true;
    mr_status status = db_prepare(l->d, "SELECT owner, COUNT(*), CAST(SUM(CASE WHEN due_us < $1 THEN 1 ELSE 0 END) AS BIGINT), CAST(SUM(CASE WHEN due_us >= $1 AND due_us < $2 THEN 1 ELSE 0 END) AS BIGINT) "
                                        "FROM action WHERE kind = 1 AND state = 1 GROUP BY owner ORDER BY owner", "ii", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, now_us);
    db_bind_int(s, 2, day_end_us);
    while (status == MR_OK && row) {
        status = db_step(s, &row, err);
        if (status != MR_OK || !row) break;
        status = fn(ctx, &(owned_tasks){db_text(s, 0, NULL), db_int(s, 1), db_int(s, 2), db_int(s, 3)}, err);
    }
    db_reset(s);
    return status;
}

mr_status owned_tasks_some(ledger *l, const char *owner, int64_t most, int64_t *open, mr_error *err) {
    db_statement *s;
    bool row = false;
    mr_status status = db_prepare(l->d, "SELECT COUNT(*) FROM (SELECT 1 FROM action WHERE owner = $1 AND kind = 1 AND state = 1 LIMIT $2) t", "ti", &s, err);
    if (status != MR_OK) return status;
    db_bind_text(s, 1, owner, strlen(owner));
    db_bind_int(s, 2, most);
    status = db_step(s, &row, err);
    *open = status == MR_OK && row ? db_int(s, 0) : 0;
    db_reset(s);
    return status;
}

mr_status owned_next(ledger *l, const char *after, char *out, size_t size, bool *there, mr_error *err) {
    db_statement *s;
    mr_status status = db_prepare(l->d, "SELECT owner FROM action WHERE kind = 1 AND state = 1 AND owner > $1 ORDER BY owner, due_us LIMIT 1", "t", &s, err);
    *there = false;
    if (status != MR_OK) return status;
    db_bind_text(s, 1, after, strlen(after));
    status = db_step(s, there, err);
    *there = status == MR_OK && *there;
    snprintf(out, size, "%s", *there ? db_text(s, 0, NULL) : "");
    db_reset(s);
    return status;
}

mr_status owned_accounts_read(ledger *l, owned_accounts_fn fn, void *ctx, mr_error *err) {
    db_statement *s;
    bool row = true;
    mr_status status = db_prepare(l->d, "SELECT owner_sales, owner_operations, COUNT(*) FROM customer GROUP BY owner_sales, owner_operations ORDER BY owner_sales, owner_operations", "", &s, err);
    while (status == MR_OK && row) {
        status = db_step(s, &row, err);
        if (status != MR_OK || !row) break;
        status = fn(ctx, &(owned_accounts){db_text(s, 0, NULL), db_text(s, 1, NULL), db_int(s, 2)}, err);
    }
    if (status == MR_OK) db_reset(s);
    return status;
}
