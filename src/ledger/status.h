/* What is in a ledger, for people. */
#ifndef LEDGER_STATUS_H
#define LEDGER_STATUS_H

#include "outbox.h"

#define STATUS_TABLES 64

typedef struct ledger_status {
    int version;
    int64_t customers, events;
    int64_t rows[STATUS_TABLES]; /* as db_tables lists them */
    int64_t first_at_us, last_at_us; /* of events; 0 where there is none */
    bool stale;                  /* an import was not finished: cycles are behind */
    int64_t bytes;               /* of the store */
    int64_t tasks_open, drafts, messages[MESSAGE_STATES]; /* what there is to do, to approve, and in the outbox by its state */
    int64_t made_at_us, backup_at_us, restored_at_us, compacted_at_us, erased_at_us; /* the last of each; 0: never */
} ledger_status;

mr_status ledger_status_read(ledger *l, ledger_status *out, mr_error *err);

#define LEDGER_STALE_DAYS 92 /* data in which nothing happened for a quarter are not of now */
/* The day to look from: today, or the last day anything happened where the data are not of now. */
mr_status ledger_day(ledger *l, int32_t today, int32_t *day, mr_error *err);

typedef struct ledger_import_note {
    const char *record, *file; /* borrowed until the next */
    int64_t at_us, records, added, repeated, conflicting;
    bool finished, dismissed; /* neither: under way, or cut short */
} ledger_import_note;
/* Imports, oldest first. */
mr_status ledger_imports(ledger *l, void (*each)(void *ctx, const ledger_import_note *note), void *ctx, mr_error *err);

#endif
