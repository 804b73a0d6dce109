/* UTF-8: is it any, writing one character, mending what was cut in the middle of one. */
#ifndef BASE_UNICODE_H
#define BASE_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline bool unicode_ascii(const char *text, size_t len) {
    uint64_t high = 0, word;
    size_t i = 0;
    for (; i + 8 <= len; i += 8) {
        memcpy(&word, text + i, 8);
        high |= word;
    }
    for (; i < len; i++) high |= (unsigned char)text[i];
    return !(high & UINT64_C(0x8080808080808080));
}

/* The first byte of text[0 .. len) that is no UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing
 * above U+10FFFF); len where all of it is. */
size_t unicode_fault(const char *text, size_t len);
/* Takes out every byte of a terminated text that is no UTF-8, such as half a character where snprintf cut it; returns text. */
char *unicode_mend(char *text);
/* Encodes a code point below 0x110000; out needs 4 bytes; returns the end. */
char *unicode_put(char *out, uint32_t code);

#endif
