/* Valid UTF-8 without control characters. RFC 3629: no surrogates, nothing above U+10FFFF, no overlong forms.
 */
#include "utf8.h"

#include <unicode.h>

#include <stdbool.h>

#define REPLACEMENT 0xfffd

static uint32_t decode(const unsigned char *s, size_t left, size_t *used) {
    *used = 1;
    if (s[0] < 0x80) return s[0];
    size_t len = s[0] >= 0xf0 && s[0] <= 0xf4  ? 4
                 : s[0] >= 0xe0 && s[0] < 0xf0 ? 3
                 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
                                               : 0;
    if (!len || len > left) return REPLACEMENT;
    static const unsigned char mask[5] = {0, 0, 0x1f, 0x0f, 0x07};
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t code = s[0] & mask[len];
    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80) return REPLACEMENT;
        code = code << 6 | (s[i] & 0x3fu);
    }
    if (code < least[len] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return REPLACEMENT;
    *used = len;
    return code;
}

static bool turns_direction(uint32_t code) {
    return (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || code == 0x200e ||
           code == 0x200f;
}

uint32_t utf8_next(const char *text, size_t len, size_t *at) {
    size_t used;
    uint32_t code = decode((const unsigned char *)text + *at, len - *at, &used);
    *at += used;
    if (code == '\t' || code == '\n' || code == '\r' || code == 0x2028 || code == 0x2029) return ' ';
    if (code < 0x20 || (code >= 0x7f && code < 0xa0) || turns_direction(code)) return REPLACEMENT;
    if (code == 0xfffe || code == 0xffff) return REPLACEMENT; /* not allowed in HTML */
    return code;
}

size_t utf8_clean(char *out, const char *text, size_t len) {
    char *end = out;
    for (size_t at = 0; at < len;) end = unicode_put(end, utf8_next(text, len, &at));
    *end = 0;
    return (size_t)(end - out);
}

static size_t columns_of(uint32_t code) {
    if ((code >= 0x300 && code <= 0x36f) || (code >= 0x200b && code <= 0x200d) ||
        (code >= 0xfe00 && code <= 0xfe0f))
        return 0;
    bool wide = (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0xa4cf) ||
                (code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff) ||
                (code >= 0xfe30 && code <= 0xfe6f) || (code >= 0xff00 && code <= 0xff60) ||
                (code >= 0x1f300 && code <= 0x1faff) || (code >= 0x20000 && code <= 0x3fffd);
    return wide ? 2 : 1;
}

size_t utf8_width(const char *text, size_t len, size_t columns, size_t *bytes) {
    size_t width = 0, at = 0;
    while (at < len) {
        size_t next = at, w = columns_of(utf8_next(text, len, &next));
        if (width + w > columns) break;
        width += w;
        at = next;
    }
    if (bytes) *bytes = at;
    return width;
}
