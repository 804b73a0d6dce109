/* records.def as tables. */
#ifndef INGEST_RECORDS_H
#define INGEST_RECORDS_H

#include "mapping.h"

typedef struct field_row {
    const char *name;
    field_type type;
    bool required;
    const char *headings, *summary;
} field_row;

typedef struct record_row {
    const char *name, *summary;
    const field_row *field;
    size_t fields;
} record_row;

record_row record_of(record_kind kind);
int record_field(record_kind kind, const char *name, size_t len); /* or -1 */
/* May the field lie in the future: does it say what will happen? */
bool record_future(record_kind kind, int field);
/* The place of a heading among the field's known ones, 0 the surest; -1: not among them. */
int record_heading(const field_row *field, const char *heading);
/* Is it a heading of any field of any record? */
bool record_knows(const char *heading, size_t len);
/* The name among names[n] nearest to `name`, NULL where none is near. NULL entries are passed over. */
const char *record_nearest(const char *name, const char *const *names, size_t n);

#endif
