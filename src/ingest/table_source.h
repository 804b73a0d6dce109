/* The reader behind ingest_table_read, with its source given: for fuzzing. */
#ifndef INGEST_TABLE_SOURCE_H
#define INGEST_TABLE_SOURCE_H

#include "source.h"
#include "table.h"

mr_status ingest_table_from(ingest_source *source, ingest_table *out, mr_error *err);

#endif
