/* `marram models` on a ledger: stored, show, compare, pin, unpin. */
#ifndef CLI_MODELS_STORED_H
#define CLI_MODELS_STORED_H

#include "store.h"

typedef struct models_arguments {
    store_options store;
    const char *operand[4];
    size_t operands;
    double horizon_days;
    uint64_t sample;
    int64_t threads;
    bool json;
} models_arguments;

/* Exit code. The first operand says what to do; EXIT_USAGE where there is no such thing. */
int models_stored(const models_arguments *a);

#endif
