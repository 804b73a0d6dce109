/* Finding out how a file is written from its beginning. */
#ifndef INGEST_SNIFF_H
#define INGEST_SNIFF_H

#include "plan.h"

#define SNIFF_RECORDS 1000

/* The dialect alone, for tables: delimiter and columns of data[0 .. len), which is whole records.
 * columns_wanted 0: any. Takes a file of one column as ','. */
mr_status sniff_dialect(const char *data, size_t len, size_t columns_wanted, const mr_alloc *alloc,
                        char *delimiter, size_t *columns, mr_error *err);

/* The whole plan from the beginning of the file called `name`, and what was understood. data: whole records,
 * no BOM. MR_EINVAL: an option does not fit; MR_EDATA: not to be understood, with the flag that helps. */
mr_status sniff_plan(const char *name, const char *data, size_t len, const ingest_options *options,
                     const mr_alloc *alloc, ingest_plan *plan, ingest_understood *understood, mr_error *err);

#endif
