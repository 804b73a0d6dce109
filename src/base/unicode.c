/* UTF-8 as RFC 3629 has it. Databases refuse anything else, so a record that holds it is rejected whole. */
#include "unicode.h"

static bool tail(const unsigned char *s, size_t n) {
    for (size_t i = 1; i <= n; i++)
        if ((s[i] & 0xC0) != 0x80) return false;
    return true;
}

/* The length of the character at s, 0: none. */
static size_t character(const unsigned char *s, size_t left) {
    unsigned char c = *s;
    if (c < 0x80) return 1;
    if (c < 0xC2 || c > 0xF4) return 0;
    size_t more = c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
    if (left <= more || !tail(s, more)) return 0;
    if ((c == 0xE0 && s[1] < 0xA0) || (c == 0xED && s[1] > 0x9F)) return 0; /* overlong; surrogates */
    if ((c == 0xF0 && s[1] < 0x90) || (c == 0xF4 && s[1] > 0x8F)) return 0; /* overlong; above U+10FFFF */
    return more + 1;
}

size_t unicode_fault(const char *text, size_t len) {
    const unsigned char *s = (const unsigned char *)text;
    for (size_t i = 0; i < len;) {
        if (len - i >= 8 && unicode_ascii(text + i, 8)) {
            i += 8;
            continue;
        }
        size_t n = character(s + i, len - i);
        if (!n) return i;
        i += n;
    }
    return len;
}

char *unicode_mend(char *text) {
    size_t len = strlen(text), to = unicode_fault(text, len);
    for (size_t from = to; from < len;) {
        size_t sound = unicode_fault(text + from, len - from);
        memmove(text + to, text + from, sound);
        to += sound;
        from += sound + 1;
    }
    text[to] = 0;
    return text;
}

char *unicode_put(char *out, uint32_t code) {
    if (code < 0x80) {
        *out++ = (char)code;
    } else if (code < 0x800) {
        *out++ = (char)(0xC0 | code >> 6);
        *out++ = (char)(0x80 | (code & 63));
    } else if (code < 0x10000) {
        *out++ = (char)(0xE0 | code >> 12);
        *out++ = (char)(0x80 | (code >> 6 & 63));
        *out++ = (char)(0x80 | (code & 63));
    } else {
        *out++ = (char)(0xF0 | code >> 18);
        *out++ = (char)(0x80 | (code >> 12 & 63));
        *out++ = (char)(0x80 | (code >> 6 & 63));
        *out++ = (char)(0x80 | (code & 63));
    }
    return out;
}
