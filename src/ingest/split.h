/* One record into fields. */
#ifndef INGEST_SPLIT_H
#define INGEST_SPLIT_H

#include "orders.h"

typedef struct split_field {
    const char
        *at; /* into the record, or into scratch where quotes were doubled; blanks at both ends are gone */
    size_t len;
} split_field;

#define SPLIT_PADDING 16 /* readable bytes behind scratch, so that short fields may be loaded as words */

typedef struct split_fields {
    size_t n; /* fields of the record, also beyond the table's end */
    split_field field[INGEST_MAX_COLUMNS];
    char *scratch; /* unquoted text */
    size_t scratch_capacity;
} split_fields;

typedef enum split_fault {
    SPLIT_OK,
    SPLIT_AFTER_QUOTE, /* text behind a closing quote */
    SPLIT_STRAY_QUOTE, /* a quote inside a field that does not begin with one */
    SPLIT_OPEN_QUOTE,  /* never closed */
    SPLIT_NO_MEMORY
} split_fault;

/* record[0 .. len) without its line end; a CR at its end is dropped. delimiter ' ': runs of blanks, no
 * quoting. On a fault fields->n is the number of the field at fault + 1. fields starts from {0}; split_free
 * frees its scratch. */
split_fault split_record(const char *record, size_t len, char delimiter, bool quoting, const mr_alloc *alloc,
                         split_fields *fields);
void split_free(const mr_alloc *alloc, split_fields *fields);
const char *split_fault_text(split_fault fault);
bool split_blank(const char *record, size_t len); /* nothing but blanks and a CR */

#endif
