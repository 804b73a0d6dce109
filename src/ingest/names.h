/* A list of texts. */
#ifndef INGEST_NAMES_H
#define INGEST_NAMES_H

#include <stddef.h>

typedef struct names {
    char **at;
    size_t n;
} names;

#endif
