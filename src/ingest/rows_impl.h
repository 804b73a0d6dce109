/* Between rows.c (text and records), rows_csv.c and rows_json.c (what a record holds), and for the mapping,
 * which looks at the first records before it reads any. */
#ifndef INGEST_ROWS_IMPL_H
#define INGEST_ROWS_IMPL_H

#include "json_line.h"
#include "rows.h"
#include "scan.h"
#include "source.h"
#include "split.h"

#define ROWS_SAMPLE                                                                                          \
    ((size_t)64                                                                                              \
     << 10) /* of the beginning, whole lines, that dialect, header and mapping are found out from */
#define ROWS_RAW_LIMIT 1000 /* of a record that is too long this much is shown */

typedef struct rows_column_at {
    char *name; /* heading, or path with '.' between and '\' before a '.' that is part of a key; owned */
    /* NDJSON: the path's parts, in `name_parts`, each with its length */
    char *parts;
    uint32_t *part_len;
    size_t n_parts;
    size_t headed; /* bytes of the name that stand in the header: behind them, " (2)" and so on of one that stands there again */
} rows_column_at;

struct rows {
    const mr_alloc *alloc;
    ingest_source *source;
    const char **paths; /* a copy; NULL: memory */
    size_t n_paths;
    const char *memory;
    size_t memory_len;
    rows_options options;
    size_t limit; /* of a record */

    bool json, quoting, header;
    char delimiter;
    text_buffer sample;
    rows_column_at *column;
    size_t columns, n_column, column_capacity; /* headings or seen paths; all, with paths asked for */

    /* the text at hand: a block, or `joined` where a record goes on in the next block */
    ingest_block *pending; /* read for the sample */
    size_t n_pending, next_pending, pending_capacity;
    ingest_block block, ahead;
    bool has_ahead, header_due;
    text_buffer joined;
    const char *data;
    size_t len, at;
    uint64_t line; /* of data[at] */
    uint32_t file;
    uint64_t next_number;

    /* the window of positions (CSV) */
    size_t window_from, window_to, n_positions, next_position;
    bool window, window_nul, window_quotes, window_ascii;
    uint32_t positions[SCAN_WINDOW + 80];

    /* the record last given */
    row row;
    bool split; /* its fields are in `fields`, else between cells' positions */
    const uint32_t *cell_end;
    size_t record_at, n_cells;
    split_fields fields;
    json_line tree;
    char fault[200];
};

/* --- rows.c --- */
/* The next block of text into r->data; *more false at the end of the input. */
mr_status rows_text(rows *r, bool *more, mr_error *err);
/* Adds the next block of the same file behind data[at .. len); *more false: there is none. */
mr_status rows_extend(rows *r, bool *more, mr_error *err);
mr_status rows_add_column(rows *r, const char *name, size_t len, mr_error *err);
/* r->row of the record data[at .. end), which begins on r->line. */
void rows_give(rows *r, size_t end);
/* What of a faulty record is shown: its first line data[at .. first), and of one over the limit its beginning. */
void rows_show(rows *r, size_t first);

/* --- rows_csv.c --- */
mr_status rows_csv_open(rows *r, mr_error *err); /* delimiter, header, headings, from the sample */
mr_status rows_csv_next(rows *r, const row **out, mr_error *err);
rows_cell rows_csv_cell(const rows *r, size_t column);

/* --- rows_json.c --- */
mr_status rows_json_open(rows *r, mr_error *err);
mr_status rows_json_next(rows *r, const row **out, mr_error *err);
rows_cell rows_json_cell(const rows *r, size_t column);
bool rows_json_path(rows *r, rows_column_at *column); /* cuts its name into parts; false: no memory */

/* --- for the mapping --- */
/* A reader of the sample alone; it ends in the middle of a record where the sample does. */
mr_status rows_peek(const rows *r, rows **out, mr_error *err);
/* A second reader of the same input from its beginning; *out NULL where it can be read only once (standard
 * input). */
mr_status rows_again(const rows *r, rows **out, mr_error *err);
/* The cell as JSON of its own type (NDJSON), for attributes; at NULL: absent. */
rows_cell rows_json_raw(const rows *r, int column);
/* Is the cell a number of JSON? Then its point is its decimal. */
bool rows_json_number(const rows *r, int column);

#endif
