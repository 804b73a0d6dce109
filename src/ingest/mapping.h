/* From a row to records: which column is which field, by a mapping file (YAML) or by a guess.
 *
 *     source: zendesk                     # name of the system the events come from; default: import
 *     records:                            # one or more; each is applied to each row that fits its `when`
 *       - record: cases                   # a RECORD of records.def
 *         when: {type: ticket, status: [open, solved]}   # column: value or values; all must fit. `column: present` / `absent` / `{not: value}` also
 *         fields:
 *           customer: organization_id     # a column's heading, or an NDJSON path a.b.c
 *           severity: {column: priority, values: {P1: urgent, P2: high}, default: normal}
 *           opened: {column: created_at, format: iso}     # iso, ymd, yyyymmdd, dmy, mdy, unix, unix_ms; found out where not given
 *           amount: {column: amount, scale: minor}        # minor: in minor units (cents) of the currency
 *           subject: {join: [a, b], with: " "}
 *           name: {const: "x"}
 *           customer: {lookup: {file: subscriptions.csv, key: subscription_id, value: account_id}, column: subscription_id}
 *           start: {months_before: {column: tenure, of: "2020-01-01"}}
 *           customer: [user_id, anonymous_id]           # the first that is not empty; also in `column`
 *           price: {column: unit_amount, times: quantity}
 *           reopenings: {column: Reopens, optional: yes}
 *         attributes: [industry, country] # or {name: column}: further columns kept in the body (events) or attributes (customers)
 *
 * docs/mapping.md is the manual. Ready ones stand in mappings/ and are named with --mapping NAME. */
#ifndef INGEST_MAPPING_H
#define INGEST_MAPPING_H

#include "rows.h"

typedef enum record_kind {
#define RECORD(name, summary) RECORD_##name,
#define FIELD(record, name, type, required, headings, summary)
#include "records.def"
#undef RECORD
#undef FIELD
    RECORD_KINDS
} record_kind;

typedef enum field_type { FIELD_TEXT, FIELD_TIME, FIELD_DAY, FIELD_MONEY, FIELD_REAL, FIELD_COUNT, FIELD_FLAG } field_type;

#define MAPPING_FIELDS 24 /* at most, of one record */

/* FIELD numbers within a record: FIELD_orders_customer = 0, FIELD_orders_date = 1 ... */
#define RECORD(record, summary) enum { FIELD_BASE_##record = __LINE__ };
#define FIELD(record, name, type, required, headings, summary) enum { FIELD_##record##_##name = __LINE__ - FIELD_BASE_##record - 1 };
#include "records.def"
#undef RECORD
#undef FIELD

typedef struct record_value {
    bool given;
    bool ahead;       /* a time after today, of a field that may lie there */
    const char *text; /* as it stands (after values, join, lookup ...); borrowed until the next mapping_apply */
    size_t len;
    int64_t number; /* by type, see records.def */
} record_value;

typedef struct record {
    record_kind kind;
    const row *row;
    uint32_t rule;  /* which of the mapping's records made it */
    record_value value[MAPPING_FIELDS];
    const char *attributes; /* JSON object of the further columns, "" none; borrowed */
    size_t attributes_len;
} record;

typedef struct mapping mapping;

typedef struct mapping_options {
    const char *date_format, *decimal; /* as in ingest_options; NULL: found out */
    int32_t today;                     /* what happened after this day is a fault; INT32_MAX: no such check. Due and renewal dates may be later */
    const char *source;                /* --source; NULL: the mapping's, or "import" */
    const char *columns;               /* --columns customer,date,amount,- : in file order; NULL */
} mapping_options;

/* The mappings that come with Marram. */
typedef struct mapping_ready {
    const char *name, *about, *yaml;
    size_t len;
} mapping_ready;
const mapping_ready *mapping_find(const char *name);  /* NULL: there is none of this name */
const mapping_ready *mapping_ready_at(size_t i);      /* NULL: behind the last one */

/* From a YAML file, or one that comes with Marram by its name. Errors name file, line and key, and the nearest known key. */
mr_status mapping_read(const char *path, const mr_alloc *alloc, mapping **out, mr_error *err);
mr_status mapping_parse(const char *name, const char *yaml, size_t len, const mr_alloc *alloc, mapping **out, mr_error *err);
/* From the headings and first records of the rows. MR_EDATA where a required field finds no column, with what was seen and the way out. */
mr_status mapping_guess(record_kind kind, rows *r, const mapping_options *options, const mr_alloc *alloc, mapping **out, mr_error *err);
void mapping_free(mapping *m);
/* Finds the columns in these rows, and date orders and decimals where not given (looks ahead in the files where the first records leave
 * them open; MR_EDATA with the flag that helps where all of them do). */
mr_status mapping_bind(mapping *m, rows *r, const char *const *paths, size_t n, const mapping_options *options, mr_error *err);

const char *mapping_source(const mapping *m);
bool mapping_makes(const mapping *m, record_kind kind); /* some of its records are of that kind */
/* As a YAML text that mapping_parse takes: what --dry-run shows and --save-mapping writes. */
mr_status mapping_write(const mapping *m, text_buffer *out, mr_error *err);

typedef struct mapping_fault {
    int column;       /* of the rows; -1: none */
    char field[32];   /* the record's field; for a line that could not be split the heading at fault, or "" */
    char value[64];   /* shortened, printable */
    char reason[160];
} mapping_fault;

/* The records of one row, at most `room`; *n how many. false: the row is a reject, *fault says why (no record of it is to be kept). true
 * with *n 0: it fits none of the mapping's records, which is no error. Not thread-safe; a clone for another thread is not needed. */
#define MAPPING_ROOM 16
bool mapping_apply(mapping *m, rows *r, const row *row, record *out, size_t room, size_t *n, mapping_fault *fault);
/* Was the last row refused for want of memory alone? Then it is no reject, and the import must end (MR_ENOMEM). */
bool mapping_starved(const mapping *m);

const char *record_name(record_kind kind);
int record_find(const char *name); /* or -1 */

#endif
