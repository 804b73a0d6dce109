/* Numbers to text without the locale, fast enough for millions of rows; and a growing buffer of text. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <marram/base.h>

#include <stdarg.h>

/* Writes value with `decimals` (0 .. 9) digits after the point, rounded half away from zero; trailing zeros are kept.
 * NaN writes nothing, infinities "inf". out needs 40 bytes; returns the end, not terminated. Magnitudes of 1e15 and more go
 * through printf. */
char *text_fixed(char *out, double value, int decimals);
char *text_unsigned(char *out, uint64_t value); /* needs 20 bytes; returns the end */
char *text_signed(char *out, int64_t value);    /* needs 21 bytes */

/* A growing text. After a failed allocation `failed` is set, further writes do nothing, and the one check at the end
 * finds it. Start from {0} (or set alloc). */
typedef struct text_buffer {
    char *data; /* not terminated; use text_terminate */
    size_t len, capacity;
    const mr_alloc *alloc;
    bool failed;
} text_buffer;

bool text_reserve(text_buffer *b, size_t more); /* room for `more` bytes at data + len */
void text_add(text_buffer *b, const char *bytes, size_t len);
void text_puts(text_buffer *b, const char *string);
void text_putc(text_buffer *b, char c);
void text_printf(text_buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *text_terminate(text_buffer *b); /* "" where it failed */
void text_free(text_buffer *b);

#endif
