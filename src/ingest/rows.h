/* Records of files, one at a time in file order: CSV in all of `run`'s dialects, or NDJSON (one JSON object a line, found out by the
 * first byte that is not blank). gzip, standard input and memory through source.h.
 *
 * Dialect, header, headings and paths are found out from the beginning of the first file (64 KB of whole lines). Nothing depends on the
 * size of blocks. A record over several lines that cannot be split is given up for its first line alone, and reading goes on with the
 * next: a quote that is never closed does not swallow the file. */
#ifndef INGEST_ROWS_H
#define INGEST_ROWS_H

#include <marram/base.h>

#include "rejects.h"

typedef struct rows rows;

typedef struct rows_cell {
    const char *at; /* not terminated; NULL: absent (NDJSON: no such path, or null) */
    size_t len;
} rows_cell;

typedef struct row {
    uint32_t file;
    uint64_t line, number; /* the line it starts on, from 1; the record's number over all files, from 0 */
    const char *raw;       /* the record's bytes without the line end; borrowed until the next rows_next */
    size_t raw_len;
    const char *fault;     /* NULL; else why it could not be split: a reject */
    int fault_column;      /* -1: the whole line */
} row;

typedef struct rows_options {
    size_t block_bytes, record_limit; /* 0: source.h's */
    int header;                       /* CSV: 1 there is one, 0 there is none (columns are "1", "2", ...), -1: found out */
} rows_options;

/* Paths are copied; bytes are borrowed until rows_close. MR_EIO; MR_EDATA (empty, UTF-16, a workbook, one JSON array); MR_ENOMEM. */
mr_status rows_open(const char *const *paths, size_t n, const rows_options *options, const mr_alloc *alloc, rows **out, mr_error *err);
mr_status rows_open_memory(const char *bytes, size_t len, const rows_options *options, const mr_alloc *alloc, rows **out, mr_error *err);
void rows_close(rows *r);

/* *out NULL at the end. A record that cannot be split, is not UTF-8, holds a NUL or is over the limit is given with its fault, and reading
 * goes on. MR_EDATA: another file's header differs; damaged gzip. */
mr_status rows_next(rows *r, const row **out, mr_error *err);

bool rows_json(const rows *r);
size_t rows_columns(const rows *r); /* CSV: headings, at most 256; NDJSON: paths seen in the first records (a.b.c, arrays as a.0.b, a point in a key as \.) */
const char *rows_heading(const rows *r, size_t column);
/* A column's number by its heading (case, blanks and punctuation ignored, as a last resort) or an NDJSON path; paths not seen so
 * far may be asked for too. -1: CSV without that heading. */
int rows_column(rows *r, const char *name);
/* Of the record last given. NDJSON: strings as they are, numbers and true/false in JSON's own spelling, objects and arrays as
 * compact JSON. Borrowed until the next rows_next; 16 bytes behind a cell may be read. */
rows_cell rows_cell_of(rows *r, int column);
const char *rows_file(const rows *r, uint32_t file);
uint64_t rows_bytes_done(const rows *r);
uint64_t rows_bytes_total(const rows *r);

#endif
