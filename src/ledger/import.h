/* From files to the ledger: each record becomes events and rows of customer and contact.
 *
 * An event's id comes from the record's own id ("orders/1001", "cases/T-7#resolve"), so that the same record imported again, from any file, is a
 * repeat. A record without an id takes the line and how often it has stood in these files: identical lines all count, and the same
 * files again add nothing. */
#ifndef LEDGER_IMPORT_H
#define LEDGER_IMPORT_H

#include "bulk.h"

#include <mapping.h>

typedef struct import_options {
    const char *const *paths; /* as given to rows_open; for resuming and messages */
    size_t paths_n;
    const char *record;       /* what the command was asked to import, or the mapping's name */
    const char *currency;     /* where neither column nor sign tells; NULL: XXX */
    bool skip_errors;
    const char *rejects_path; /* with skip_errors; NULL: only counted */
    bool dry_run;             /* everything but the writing */
    bool restart;             /* do not go on where an earlier attempt stopped */
    int64_t now_us;
    size_t run_rows;
    int lost_ms;              /* db_options.lost_ms */
} import_options;

typedef struct import_result {
    uint64_t rows, records[RECORD_KINDS], rejected;
    uint64_t unmatched; /* rows that fitted no rule's `when` */
    uint64_t not_begun; /* contracts that start after today: left out until they have begun */
    uint64_t rounded;   /* amounts with more digits than the currency has */
    uint64_t odd;       /* events kept although a field is missing or of another type */
    char odd_example[160];
    bool has_currency;
    int64_t first_at_us, last_at_us;
    bulk_counts bulk;
    bool interrupted;   /* what was handed over is in; the same command goes on from there */
} import_result;

/* m is bound to r. Progress: bytes read while reading, then customers while rebuilding (context->progress is called with total = customers then);
 * phase(ctx, name) is told which begins. MR_EDATA: the first bad line, with file, line, field, value and the way out. */
typedef void (*import_phase)(void *ctx, const char *name);
mr_status ledger_import(const char *url, mapping *m, rows *r, const import_options *options, const mr_context *context, import_phase phase,
                        import_result *result, mr_error *err);

#endif
