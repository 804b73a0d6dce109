/* A CSV table as a frame: which columns are numbers, which are categories, what is missing, what the outcome is. docs/learning.md says how it is told. */
#ifndef LEARN_TABLE_FRAME_H
#define LEARN_TABLE_FRAME_H

#include "trained.h"

#include <table.h>

/* What the columns are. Names as in the header, case ignored. */
typedef struct table_roles {
    const char *target, *positive; /* positive NULL: told from the values */
    const char *id, *time;         /* NULL: none */
    const char *const *ignore, *const *category; /* NULL-terminated, or NULL: columns left out; columns of numbers that are names of things */
    const char *const *monotone;   /* "COLUMN=+1", "COLUMN=-1" */
} table_roles;

typedef struct table_frame {
    frame frame;
    ingest_table table;
    arena memory;
    size_t *row;                 /* [frame.n] of the table */
    size_t without_outcome;      /* rows left out because the target was empty */
    size_t notes;
    const char *note[TRAINED_MOST_NOTES];
} table_frame;

/* To learn from. *out is freed by table_frame_free, whatever the status. MR_EDATA names file, line, column, value and the way out. */
mr_status table_frame_read(const char *path, const table_roles *roles, table_frame *out, mr_error *err);
/* To predict: the model's features, by name. id NULL: the model's id column where the table has it. */
mr_status table_frame_match(const char *path, const trained *model, const char *id, table_frame *out, mr_error *err);
void table_frame_free(table_frame *t);
/* The cell a row's feature was read from; "" where it was missing. */
const char *table_frame_cell(const table_frame *t, size_t row, const char *column);

#endif
