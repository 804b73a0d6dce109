/* Writing lines (export.c, export_events.c). */
#ifndef LEDGER_EXPORT_ROWS_H
#define LEDGER_EXPORT_ROWS_H

#include "readable.h"
#include "export.h"

#include <jansson.h>

typedef struct exporter {
    ledger *l;
    const export_options *options;
    FILE *out;
    const mr_context *context;
    export_counts *counts;
    cell_sources sources;
    text_buffer line;
    uint64_t total; /* rows or customers, for the bar; 0: not known */
    json_t *array;  /* rows go here in place of out */
} exporter;

/* Ends the line, writes it, and counts it. MR_EIO, MR_ECANCELLED. */
mr_status export_line(exporter *x, mr_error *err);
/* A customer's rows of a per-customer table, as objects, added to the array. */
mr_status export_rows(ledger *l, const char *table, int64_t customer_id, json_t *array, mr_error *err);
mr_status export_events(exporter *x, mr_error *err);
mr_status export_orders(exporter *x, mr_error *err);

#endif
