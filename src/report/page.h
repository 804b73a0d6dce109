/* Writing report.html: text made safe, figures, links to definitions, charts in two widths.
 *
 * page_printf takes what it is given as HTML: give it literals, numbers and figures (figures.h makes no
 * markup). Everything that comes from the data goes through page_text. */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "figures.h"
#include "report.h"

#include <text.h>

typedef struct page {
    text_buffer *out;
    const report *r;
    char currency[8]; /* "" where it could be taken for markup */
    unsigned ids;     /* for ids that must be unique */
} page;

void page_begin(page *p, const report *r, text_buffer *out);

void page_raw(page *p, const char *html);
void page_printf(page *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* From the data: escaped, cleaned, and kept from turning the direction of what surrounds it. */
void page_text(page *p, const char *text, size_t len); /* its first 200 letters */
void page_string(page *p, const char *text);

/* An e-mail address or a telephone number, as a link where it is plainly one. */
void page_contact(page *p, const char *text, size_t len, bool email);

/* <section> with a heading; close with page_raw(p, "</section>"). `about` is a sentence under the heading,
 * HTML, or NULL. */
void page_section(page *p, const char *id, const char *heading, const char *about);
/* A link to a definition. */
void page_term(page *p, const char *key, const char *words);
/* A <details> with the definitions of these keys ("erosion erosion_then"). */
void page_define(page *p, const char *keys);

/* Figures in place, e.g. page_printf(p, "%s orders", COUNT(n)); they live to the end of the block. */
#define COUNT(v) figure_count((char[FIGURE]){0}, (double)(v))
#define NUMBER(v, decimals) figure_number((char[FIGURE]){0}, v, decimals)
#define PERCENT(v, decimals) figure_percent((char[FIGURE]){0}, v, decimals)
#define MONEY(p, v) figure_money((char[FIGURE]){0}, v, (p)->currency)
#define DAYS(v) figure_days((char[FIGURE]){0}, v)
#define HORIZON(v) figure_horizon((char[FIGURE]){0}, v)
#define DATE(v) figure_date((char[FIGURE]){0}, v)
#define MONTH(v) figure_month((char[FIGURE]){0}, v)
#define TIMES(v) figure_times((char[FIGURE]){0}, v)

/* Marram grass on a dune. */
extern const char page_mark[];
/* A headline figure, its words behind it; closed by page_tile_end. */
void page_tile(page *p, const char *key, const char *what, const char *big);
void page_tile_end(page *p);

/* Is a section that only some reports have in this one? */
bool page_has(const page *p, const char *section);

/* All of a base with contracts between the head of the file and the definitions. */
void contracts_page(page *p);

/* The sections, in the order they appear. */
void section_head(page *p);
void section_call(page *p);
void section_changes(page *p);
void section_stages(page *p);
void section_erosion(page *p);
void section_cycle(page *p);
void section_cohorts(page *p);
void section_concentration(page *p);
void section_holdout(page *p);
void section_weeks(page *p);
void section_alive(page *p);
void section_parameters(page *p);
void section_input(page *p);
/* With contracts. */
void section_accounts(page *p);
void section_renewals(page *p);
void section_book(page *p);
void section_signs(page *p);
void section_since(page *p);
void section_tenure(page *p);
void section_tested(page *p);

/* Parts that only some data carry: each writes nothing where it is missing. */
void section_moments(page *p);
void section_reasons(page *p);
void section_fixes(page *p);
void section_reviews(page *p);

void section_definitions(page *p);
void section_foot(page *p);

extern const char *const page_style[]; /* lines, NULL at the end */
extern const char page_script[];

#endif
