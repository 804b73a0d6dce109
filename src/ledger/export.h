/* What is in the ledger, for other programs: any table, and two that are made for reading in again: `orders` (customer, date, amount: what
 * `marram run` reads) and `events` (what `marram import events` takes, so that another ledger has the same events).
 *
 * CSV or NDJSON, in the order of the tables' keys unless an option says otherwise; events and orders of a customer in time order. A customer's identifier stands beside
 * customer_id. */
#ifndef LEDGER_EXPORT_H
#define LEDGER_EXPORT_H

#include "ledger.h"

#include <stdio.h>

typedef enum export_format { EXPORT_CSV, EXPORT_NDJSON } export_format;

typedef struct export_options {
    export_format format;
    int64_t customer_id;  /* of one customer; 0: all */
    const char *source;   /* events and orders: only what came from there, and its identifiers; NULL: all */
    const char *currency; /* orders: only those; NULL: all, which must be of one */
    bool by_risk;         /* forecast: those with the most value at risk first, not in the key's order */
    const char *label;    /* NDJSON: first member "table" of every line; NULL: none */
} export_options;

typedef struct export_counts {
    uint64_t rows;
    uint64_t sources; /* events: how many they came from */
} export_counts;

/* what: a table of src/db/tables.def, "orders" or "events". MR_EINVAL: no such. MR_EDATA: orders of two currencies. MR_EIO: out. */
mr_status ledger_export(const char *url, const char *what, const export_options *options, FILE *out, const mr_context *context, export_counts *counts,
                        mr_error *err);
/* All that is known of a customer, table by table, as NDJSON: what they are entitled to see. Whoever was merged into them included. */
mr_status ledger_export_customer(const char *url, int64_t customer_id, int64_t now_us, FILE *out, export_counts *counts, mr_error *err);

/* The names ledger_export knows, with what they are; NULL at the end. */
const char *export_name_at(size_t i, const char **about);

#endif
