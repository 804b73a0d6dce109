/* A small table on the terminal: columns as wide as what is in them, cut to fit where standard output is a terminal; texts made clean for it. */
#ifndef CLI_COLUMNS_OUT_H
#define CLI_COLUMNS_OUT_H

#include <stddef.h>
#include <text.h>

#define COLUMNS_OUT_MAX 6

typedef struct columns_out {
    size_t n, rows;
    size_t width[COLUMNS_OUT_MAX]; /* the widest so far */
    text_buffer cells;             /* texts, each with its NUL */
} columns_out;

/* n headings; all empty: no line of headings. */
columns_out columns_begin(size_t n, ...);
void columns_row(columns_out *c, ...); /* n texts */
void columns_end(columns_out *c);      /* prints, and frees */

/* Columns of the terminal that standard output is; 0: it is none, so nothing is cut or wrapped. */
size_t terminal_width(void);
/* Prints text clean, wrapped at the terminal's width, further lines `indent` in; `at`: columns already printed in this line. Ends the line. */
void print_wrapped(const char *text, size_t len, size_t at, size_t indent);
/* The same of a format; further lines `indent` in. */
void print_words(size_t indent, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A line for standard error, clean; wrapped where that is a terminal. */
void print_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The text of a --help; lines too long for the terminal go on below what they explain. */
void print_help(const char *help);

#endif
