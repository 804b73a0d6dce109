/* Cells of a CSV file, written fast: text quoted where needed, numbers without printf.
 *
 * A spreadsheet runs a cell that starts with = + - @ tab or carriage return as a formula, and names come from
 * strangers. Such a text gets a leading apostrophe, unless it is
 *   - a plain number (an identifier like -5 or 1.5), which computes nothing but itself;
 *   - in a phone column, made of digits, blanks and + - ( ) . / alone (+49 170 1234): it holds no name of a
 * function, and an apostrophe would break every dialler and CRM it is imported into. Line ends inside a text
 * stay, in quotes. */
#ifndef REPORT_CELLS_H
#define REPORT_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef enum cell_kind { CELL_TEXT, CELL_PHONE } cell_kind;

/* Would a spreadsheet run this text? */
bool cell_is_formula(const char *text, size_t len, cell_kind kind);

/* The most bytes cell_text writes for a text of len bytes. */
static inline size_t cell_text_room(size_t len) {
    return 2 * len + 3;
}

/* Each writes one cell without a separator and returns its end. */
char *cell_text(char *out, const char *text, size_t len, cell_kind kind);

/* The same of a terminated text, to a file. */
void cell_put(FILE *to, const char *text);

/* A number with 0, 1, 2, 3, 4 or 6 decimals, rounded half away from zero. NaN and infinity write nothing.
 * Room: 40 bytes. */
char *cell_number(char *out, double value, int decimals);

/* Dates as text, each made once. */
typedef struct cell_dates {
    int32_t first, last; /* days the table holds; others are made on the spot */
    char (*text)[10];
} cell_dates;

/* The table is made by the caller: text has room for last - first + 1 dates. */
void cell_dates_fill(cell_dates *dates);
/* NaN, infinite or beyond the year 9999: nothing. A fraction of a day counts as the whole of it. Room: 10
 * bytes. */
char *cell_date(char *out, const cell_dates *dates, double day);

#endif
