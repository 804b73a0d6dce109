/* Values as people and other programs read them: times as RFC 3339, days as YYYY-MM-DD, kinds and sources by their names, money as a decimal
 * amount, states as words. What a column holds is told by its name and table; readable.c has the rules. */
#ifndef LEDGER_READABLE_H
#define LEDGER_READABLE_H

#include "columns.h"
#include "ledger.h"

typedef enum cell_kind {
    CELL_NUMBER,
    CELL_ID,     /* a hash: more digits than most programs keep, so a string in JSON */
    CELL_FLAG,
    CELL_TEXT,
    CELL_JSON,
    CELL_TIME,   /* microseconds */
    CELL_DAY,
    CELL_MONTH,
    CELL_MONEY,  /* minor units of the currency beside it */
    CELL_KIND,   /* of an event */
    CELL_SOURCE,
    CELL_WORD,   /* a state */
    CELL_CYCLE,  /* bytes of a cycle */
    CELL_HIDDEN
} cell_kind;

typedef struct cell_column {
    char heading[40]; /* at_us -> at, amount_minor -> amount */
    cell_kind kind;
    char type;        /* of columns.h */
    bool null;        /* may be */
    const char *const *words; /* CELL_WORD: of 0, 1, 2 ..., the last one NULL */
    size_t currency;  /* CELL_MONEY: the column it is in */
} cell_column;

typedef struct cell_table {
    cell_column column[COLUMNS_MAX];
    size_t n;
} cell_table;

void cells_of(const table_columns *c, cell_table *out);

/* Names of sources by number. */
typedef struct cell_sources {
    struct cell_source {
        int32_t id;
        char *name;
    } *at;
    size_t n;
} cell_sources;

mr_status cell_sources_read(ledger *l, cell_sources *out, mr_error *err);
void cell_sources_free(cell_sources *s);
const char *cell_source_name(const cell_sources *s, int32_t id); /* "" where there is none */

/* row: a value a column. Empty / null where it says nothing. guard: text that a spreadsheet would take for a formula gets an apostrophe. */
void cell_csv(text_buffer *out, const cell_table *t, size_t column, const db_value *row, bool null, const cell_sources *s, bool guard);
void cell_json(text_buffer *out, const cell_table *t, size_t column, const db_value *row, bool null, const cell_sources *s);

/* A field of CSV, quoted where it must be. */
void csv_text(text_buffer *out, const char *text, size_t len, bool guard);
void json_string_of(text_buffer *out, const char *text, size_t len); /* with its quotes */
/* "-12.50" from minor units; digits of the currency, 2 where it is not known. */
void money_text(text_buffer *out, int64_t minor, const char *currency, size_t len);
/* An object's text without blanks, so on one line; as a JSON string where it is no JSON. */
void json_object_of(text_buffer *out, const char *text, size_t len);

#endif
