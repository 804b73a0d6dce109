/* The columns of every table, read from the migrations' own text (src/db/schema.h): so an export, a kept row or a check knows a column from the
 * commit that adds it, and no second list can be forgotten. Tests hold it to what the stores say. */
#ifndef LEDGER_COLUMNS_H
#define LEDGER_COLUMNS_H

#include <marram/base.h>
#include <text.h>

#define COLUMNS_MAX 32
#define COLUMNS_KEY_MAX 5

typedef struct table_column {
    char name[40];
    char type; /* s SMALLINT, d INTEGER, i BIGINT, r DOUBLE PRECISION, t TEXT, b bytes */
    bool null; /* may be NULL */
} table_column;

typedef struct table_columns {
    char table[40];
    table_column column[COLUMNS_MAX];
    size_t n;
    size_t key[COLUMNS_KEY_MAX]; /* the primary key's columns, in its order */
    size_t key_n;
} table_columns;

/* After all migrations. MR_EINVAL: no such table. */
mr_status columns_of(const char *table, table_columns *out, mr_error *err);
/* Its number, or -1. */
int columns_find(const table_columns *c, const char *name);
/* "a, b, c", each behind prefix ("e." or ""). */
void columns_list(const table_columns *c, const char *prefix, text_buffer *out);
/* Their types, a letter each; out needs COLUMNS_MAX + 1. Returns out. */
char *columns_types(const table_columns *c, char *out);

#endif
