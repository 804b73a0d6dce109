/* The options every command that reads orders shares, and the reading itself with its progress bar. */
#ifndef CLI_READER_H
#define CLI_READER_H

#include "command.h"

#include <orders.h>

typedef struct reader_options {
    ingest_options ingest;
    double days_per_unit; /* 7 or 1 */
    int64_t threads;      /* 0: one a core */
    const char **paths;   /* operands */
    size_t paths_n;
} reader_options;

#define READER_HELP \
    "what the columns are (found out where not given):\n" \
    "  --columns ROLE,ROLE,...   in file order: customer, date, amount, quantity, product, name, email, phone, - (ignore)\n" \
    "  --preset NAME             shopify or woocommerce: the order export of that shop\n" \
    "  --date-format FORMAT      ymd, yyyymmdd, dmy or mdy\n" \
    "  --decimal SIGN            point or comma\n" \
    "  --until DATE              last day of observation; later orders are left out and counted\n" \
    "  --today DATE              orders after this day are errors (the clock's day)\n" \
    "  --unit UNIT               day or week: the models' unit of time (week)\n" \
    "  --threads N               0: one a core; the results do not depend on it (0)\n"

/* paths: room for argc entries. */
void reader_begin(reader_options *o, const char **paths);
/* 1: the option was one of these and is read; 0: it is not; -1: it is, and its value is wrong (reported). */
int reader_option(option_reader *r, const char *option, reader_options *o);
/* Reads with a progress bar. Exit code; EXIT_OK: *out is the caller's to free. */
int reader_read(const char *command, const reader_options *o, mr_pool *pool, ingest_orders *out);

#endif
