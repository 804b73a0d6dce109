/* An import that was cut short and is not to be gone on with. What it brought stays, and the cycles it left behind are made whole; it counts as unfinished no more.
 * The same import again begins at its first line: what is in already is known, so it adds the rest. */
#ifndef LEDGER_DISMISS_H
#define LEDGER_DISMISS_H

#include "ledger.h"

typedef struct dismissed_import {
    char record[64], files[400]; /* cut where they are longer */
    int64_t records, events;     /* that are in */
    uint64_t rebuilt;            /* customers whose cycle was made whole */
} dismissed_import;

/* files: as `marram db status` shows them; NULL: the only unfinished one. MR_EDATA: there is none, or not one alone. */
mr_status ledger_import_dismiss(const char *url, const char *files, int64_t now_us, const mr_context *context, dismissed_import *out, mr_error *err);

#endif
