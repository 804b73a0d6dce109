/* A ledger for the length of one command: files imported into an SQLite file of its own (in TMPDIR, else /tmp), so that what works on a ledger works
 * on files alike. Removed by temporary_remove, and where making it failed; not where the program is killed. */
#ifndef LEARN_TEMPORARY_H
#define LEARN_TEMPORARY_H

#include <import.h>

typedef struct temporary_file {
    const char *path;
    const char *what; /* a record (records.def: "orders", "contracts", "events" ...), or a mapping's name or file; NULL: "events" where the name
                         ends in .ndjson, .jsonl or .json (also .gz), else "orders" */
} temporary_file;

typedef struct temporary_options {
    const char *currency;    /* where neither a column nor a sign tells; NULL: not known */
    const char *date_format, *decimal, *columns; /* as mapping_options; of every file */
    int32_t today;           /* what happened after this day is an error */
    int64_t now_us;          /* when it was all recorded; later than all of it */
    bool skip_errors;
    const char *rates;       /* a file of currency rates (rates_file.h), kept in the ledger; NULL: none */
    const char *rejects_path; /* with skip_errors: bad lines of all files go there (made only where there are any); NULL: only counted */
} temporary_options;

typedef struct temporary {
    char folder[256], url[288]; /* url: for ledger_open */
    uint64_t rows, events, rejected, customers, not_begun;
    uint64_t repeated, conflicting; /* events given more than once; of which with other contents: the first counts */
} temporary;

/* "orders:shop.csv": a file and what it is, where what stands before the colon is a record's or a ready mapping's name; else the whole is a path, and
 * *what `otherwise`. The result borrows operand, but for `room` (64 bytes), which takes the name. */
temporary_file temporary_file_of(const char *operand, const char *otherwise, char room[64]);

/* Files of the same `what` are imported together, in their order. MR_EDATA: the first bad line; MR_EIO; MR_ECANCELLED; then nothing is left. Progress is
 * that of ledger_import, once a group. */
mr_status temporary_make(const temporary_file *files, size_t n, const temporary_options *o, const mr_context *context, temporary *out, mr_error *err);
void temporary_remove(temporary *t); /* a zeroed one is fine */

#endif
