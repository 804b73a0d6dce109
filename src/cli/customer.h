/* What the files of `marram customer` share: customer.c reads the command line, the others do one thing each. */
#ifndef CLI_CUSTOMER_H
#define CLI_CUSTOMER_H

#include "store.h"

#include <ledger.h>

#include <jansson.h>

typedef struct customer_arguments {
    store_options store;
    const char *action, *source, *out;
    const char **operands;
    size_t operands_n;
    int64_t limit, undo; /* limit -1: not given */
    bool weak, yes, later, json, quiet, help;
} customer_arguments;

/* Each: MR_OK, or an error to be reported. */
mr_status customer_find(const customer_arguments *a, ledger *l, mr_error *err);
mr_status customer_duplicates(const customer_arguments *a, ledger *l, mr_error *err);
mr_status customer_merge(const customer_arguments *a, ledger *l, mr_error *err);
mr_status customer_erase(const customer_arguments *a, ledger *l, mr_error *err);
mr_status customer_export(const customer_arguments *a, ledger *l, mr_error *err);

/* What person_read gave, for a terminal. today: what is overdue is told from that day on. */
void customer_print(const json_t *person, int32_t today);
void customer_print_json(const json_t *o);

#endif
