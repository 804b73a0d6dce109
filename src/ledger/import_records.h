/* What each kind of record becomes (import.c's other half). */
#ifndef LEDGER_IMPORT_RECORDS_H
#define LEDGER_IMPORT_RECORDS_H

#include "body.h"
#include "import.h"

#define IMPORT_STAGED 80 /* events of one row, at most */

typedef struct staged_event {
    const char *customer;
    size_t customer_len;
    history_event e; /* texts in importer.text */
} staged_event;

typedef struct importer {
    bulk *b;          /* NULL in a dry run */
    const ledger *l;  /* for hashing */
    ledger_domain events, lines;
    const char *source;
    const char *currency; /* "XXX" */
    staged_event staged[IMPORT_STAGED];
    size_t staged_n;
    arena text; /* of one row */
    body_writer body;
    import_result *result;
    /* the record at hand */
    uint64_t line_hash;
    uint32_t line_occurrence;
    bool line_known;
    unsigned nth; /* of the row's records of this kind, from 0 */
    char fault_field[32], fault_value[64];
    const char *fault;
    char why[160];
} importer;

/* Stages the record's events. false: i->fault says why the row is a reject, or *err why all is over (then err->code is not MR_OK). */
bool import_stage(importer *i, const record *rec, mr_error *err);
/* The record's rows of customer and contact, once its row is known to be good. */
mr_status import_rows(importer *i, const record *rec, mr_error *err);

#endif
