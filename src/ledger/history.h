/* One customer's events in memory, read from the store. */
#ifndef LEDGER_HISTORY_H
#define LEDGER_HISTORY_H

#include <arena.h>
#include "ledger.h"

/* The columns every reader of whole events asks for, in this order, and their types. */
#define EVENT_COLUMNS \
    "customer_id, id, at_us, recorded_at_us, day, kind, source, subject_id, amount_minor, currency, source_id, body"
#define EVENT_COLUMNS_N 12
#define EVENT_TYPES "iiiidsdiittt"

typedef struct history {
    int64_t customer_id;
    history_event *events;
    size_t n, capacity;
    arena text; /* bodies and source ids */
} history;

void history_reset(history *h, int64_t customer_id);
void history_free(history *h);
/* Room for one more event, zeroed but for nothing; NULL: no memory. */
history_event *history_more(history *h);
/* One whole event from a row of EVENT_COLUMNS. MR_ENOMEM. */
mr_status history_row(history *h, const db_value *row, mr_error *err);
mr_status history_statement_row(history *h, const db_statement *s, mr_error *err);
/* All of a customer's events in order. */
mr_status history_read(ledger *l, int64_t customer_id, history *h, mr_error *err);

/* ISO 4217 code into an event. */
static inline void history_currency(history_event *e, const char *at, size_t len) {
    e->currency[0] = len > 0 ? at[0] : 0;
    e->currency[1] = len > 1 ? at[1] : 0;
    e->currency[2] = len > 2 ? at[2] : 0;
    e->currency[3] = 0;
}

#endif
