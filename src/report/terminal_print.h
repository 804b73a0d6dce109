/* What the terminal summaries share: texts in columns, paragraphs, figures with notes.
 *
 * Nothing is wider than the terminal. Signs beyond ASCII only where the environment speaks UTF-8; colour only
 * if asked. Texts from the data are cleaned, so that a name cannot move the cursor. */
#ifndef REPORT_TERMINAL_PRINT_H
#define REPORT_TERMINAL_PRINT_H

#include "figures.h"
#include "parts.h"

#define WIDE_ENOUGH 72 /* columns from which a customer to call fits on one line */

typedef struct terminal {
    FILE *to;
    size_t columns;
    bool colour, unicode;
    const char *currency;
} terminal;

typedef enum style { PLAIN, BOLD, DIM, ACCENT, RISK } style;

bool terminal_speaks_utf8(void);
/* Cleaned, and in ASCII where nothing else can be shown. out needs 3 * len + 1 bytes. */
size_t terminal_shown(const terminal *t, char *out, const char *text, size_t len);
void terminal_style(const terminal *t, style s);
void terminal_plain(const terminal *t, style s);
/* A text in `width` columns, cut with an ellipsis where it is longer. */
void terminal_field(const terminal *t, style s, const char *text, size_t len, size_t width, bool right);
void terminal_cell(const terminal *t, style s, const char *text, size_t width, bool right);
void terminal_end_line(const terminal *t);
/* A text as a line of its own, without blanks at its end. */
void terminal_whole_line(const terminal *t, style s, const char *text);
/* A paragraph, wrapped between words, indented by two. */
void terminal_say(const terminal *t, style s, const char *format, ...) __attribute__((format(printf, 3, 4)));
void terminal_heading(const terminal *t, const char *text);
/* What it is, the figure, and a note beside it or below. */
void terminal_line(const terminal *t, const char *what, const char *figure, style s, const char *note);
/* Value at risk in a column: like the others there, or in millions and billions where that does not fit. */
void terminal_at_risk(const terminal *t, double value, size_t width, int decimals);
/* A bar of `length` signs. */
void terminal_bar(const terminal *t, style s, size_t length);

/* Contracts in place of orders. */
void terminal_contracts(const terminal *t, const report *r);
/* Moments, reasons, reviews: where there are any. */
void terminal_extras(const terminal *t, const report *r);

#define COUNT(v) figure_count((char[FIGURE]){0}, (double)(v))
#define PERCENT(v, decimals) figure_percent((char[FIGURE]){0}, v, decimals)
#define MONEY(v) figure_money((char[FIGURE]){0}, v, t->currency)
#define DAYS(v) figure_days((char[FIGURE]){0}, v)
#define HORIZON(v) figure_horizon((char[FIGURE]){0}, v)
#define DATE(v) figure_date((char[FIGURE]){0}, v)
#define S(n) ((n) == 1 ? "" : "s")

#endif
