/* The statements on the event table that every writer shares. */
#ifndef LEDGER_EVENTS_H
#define LEDGER_EVENTS_H

#include "history.h"

/* INSERT ... ON CONFLICT DO NOTHING over EVENT_COLUMNS. */
mr_status event_insert_statement(ledger *l, db_statement **s, mr_error *err);
void event_bind(db_statement *s, const ledger_event *event);
/* Is what is stored under the event's key the same event? */
mr_status event_same(ledger *l, const ledger_event *event, bool *same, mr_error *err);
/* Keeps it in event_conflict; the same one again changes nothing. */
mr_status event_conflict(ledger *l, const ledger_event *event, mr_error *err);
/* The same, and its body_hash, and whether it was new. */
mr_status event_conflict_note(ledger *l, const ledger_event *event, int64_t *hash, bool *added, mr_error *err);

extern const char *const event_columns[EVENT_COLUMNS_N];
/* Of event_columns: those in which a repeat may differ. */
#define EVENT_COMPARE_N 6
extern const int event_compare_columns[EVENT_COMPARE_N];
void event_values(const ledger_event *event, db_value values[EVENT_COLUMNS_N]);

#endif
