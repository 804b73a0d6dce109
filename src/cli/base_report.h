/* From a ledger, or files as a passing ledger, to a report: of contracts where most customers have one, else of orders. */
#ifndef CLI_BASE_REPORT_H
#define CLI_BASE_REPORT_H

#include "reader.h"
#include "report_out.h"

#include <build.h>

struct base_options;
/* Shows the report in another way than by writing it. Exit code. */
typedef int (*base_show)(const struct base_options *o, const report *r);

typedef struct base_options {
    const char *command;
    const char *out;         /* the folder; NULL: nothing is written */
    const char *previous;    /* an earlier run's folder, or NULL */
    const char *rates;       /* of files: a file of currency rates, or NULL */
    build_options build;     /* until is set here */
    int32_t until;           /* INT32_MAX: found out */
    int32_t today;
    bool json, quiet;
    base_show show;          /* NULL: report_out_show */
} base_options;

/* Exit codes. */
int base_from_ledger(const base_options *o, const char *url, mr_pool *pool);
/* contracts: a file, or MAPPING:FILE; more records are the reader's operands, RECORD:FILE each. */
int base_from_files(const base_options *o, const char *contracts, const reader_options *reader, mr_pool *pool);
/* Orders that were read already; *input stays the caller's. */
int base_from_orders(const base_options *o, const ingest_orders *input, double started, mr_pool *pool);

#endif
