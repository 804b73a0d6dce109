/* Texts from strangers made fit for JSON, HTML and a terminal: valid UTF-8 without control characters. */
#ifndef REPORT_UTF8_H
#define REPORT_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* The next code point of text[at .. len), which is moved on; U+FFFD for a byte that is no UTF-8, for NUL and
 * for the other control characters but tab and line ends (which become a blank), and for the marks that turn
 * the writing direction of what follows. */
uint32_t utf8_next(const char *text, size_t len, size_t *at);
/* A clean copy: out needs 3 * len + 1 bytes; terminated; returns its length. */
size_t utf8_clean(char *out, const char *text, size_t len);
/* Columns of a terminal that a clean text takes (wide letters 2, marks that combine 0); *bytes: those of it
 * that fit into `columns`, NULL: not wanted. */
size_t utf8_width(const char *text, size_t len, size_t columns, size_t *bytes);

#endif
