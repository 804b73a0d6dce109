#include "histories.h"

#include <error.h>

/* Enough for a model: no text but the currency. */
#define SLIM_COLUMNS "customer_id, id, at_us, day, kind, subject_id, amount_minor, currency"
#define SLIM_TYPES "iiidsiit"

static mr_status slim_row(history *h, const db_value *row, mr_error *err) {
    history_event *e = history_more(h);
    if (!e) return error_memory(err, sizeof *e);
    *e = (history_event){.id = row[1].integer, .at_us = row[2].integer, .day = (int32_t)row[3].integer, .kind = (int16_t)row[4].integer,
                         .subject_id = row[5].integer, .amount_minor = row[6].integer};
    history_currency(e, row[7].text.at, row[7].text.len);
    return MR_OK;
}

static mr_status give(history *h, scan_on_history on_history, void *ctx, mr_error *err) {
    if (!h->n) return MR_OK;
    mr_status status = event_sort(h->events, h->n, NULL, err);
    return status == MR_OK ? on_history(ctx, h, err) : status;
}

static mr_status scan_range(ledger *l, bool whole, int64_t first, int64_t last, scan_on_history on_history, void *ctx, mr_error *err) {
    const db_range range = {.table = "event", .columns = whole ? EVENT_COLUMNS : SLIM_COLUMNS, .types = whole ? EVENT_TYPES : SLIM_TYPES,
                            .first = first, .last = last};
    history h = {0};
    db_stream *stream = NULL;
    const db_value *row;
    mr_status status = db_stream_range(l->d, &range, &stream, err);
    while (status == MR_OK) {
        status = db_stream_next(stream, &row, err);
        if (status != MR_OK || !row) break;
        if (row[0].integer != h.customer_id || !h.n) {
            status = give(&h, on_history, ctx, err);
            if (status != MR_OK) break;
            history_reset(&h, row[0].integer);
        }
        status = whole ? history_row(&h, row, err) : slim_row(&h, row, err);
    }
    if (status == MR_OK) status = give(&h, on_history, ctx, err);
    db_stream_close(stream);
    history_free(&h);
    return status;
}

mr_status ledger_scan(ledger *l, const scan_options *options, unsigned part, unsigned of, scan_on_history on_history, void *ctx,
                      mr_error *err) {
    int64_t first, last;
    if (of < 1 || part >= of) return error_set(err, MR_EINVAL, "part", -1, "part %u of %u: parts are 0 to one less than how many", part, of);
    ledger_part(part, of, &first, &last);
    if (options && options->first > first) first = options->first;
    if (options && options->last && options->last < last) last = options->last;
    mr_status status = db_begin(l->d, DB_READ, err);
    if (status != MR_OK) return status;
    if (first <= last) status = scan_range(l, options && options->whole, first, last, on_history, ctx, err);
    if (status == MR_OK) return db_commit(l->d, err);
    db_rollback(l->d);
    return status;
}
