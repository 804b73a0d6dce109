#include "cycles.h"

#include <error.h>

#include <stdio.h>

static mr_status read_cycles(ledger *l, const db_range *range, cycles_on_cycle on_cycle, void *ctx, mr_error *err) {
    db_stream *stream = NULL;
    const db_value *row;
    cycle c;
    mr_status status = db_stream_range(l->d, range, &stream, err);
    while (status == MR_OK) {
        status = db_stream_next(stream, &row, err);
        if (status != MR_OK || !row) break;
        mr_error why = {0};
        status = cycle_decode((const unsigned char *)row[1].text.at, row[1].text.len, &c, &why);
        if (status != MR_OK)
            error_set(err, status, "cycle", -1, "the cycle of customer %lld cannot be read (%.200s); 'marram db check --repair' makes it anew",
                      (long long)row[0].integer, why.message);
        if (status == MR_OK) status = on_cycle(ctx, row[0].integer, &c, err);
    }
    db_stream_close(stream);
    return status;
}

mr_status ledger_cycles(ledger *l, int64_t first, int64_t last, cycles_on_cycle on_cycle, void *ctx, mr_error *err) {
    const db_range range = {.table = "cycle", .columns = "customer_id, state", .types = "ib", .first = first, .last = last};
    mr_status status = db_begin(l->d, DB_READ, err);
    if (status != MR_OK) return status;
    status = read_cycles(l, &range, on_cycle, ctx, err);
    if (status == MR_OK) return db_commit(l->d, err);
    db_rollback(l->d);
    return status;
}
