/* How many short messages a text is (3GPP TS 23.038 and 23.040): 160 characters of the GSM alphabet, or 153 each where there are several; 70 or 67 of UTF-16 as soon as one
 * character is not in that alphabet. An escaped character or a surrogate pair is never cut in two. */
#include "sms.h"

#include <string.h>

/* GSM 7 bit: those that are not ASCII, and the ASCII that costs two or is missing. */
static const uint32_t gsm_beyond[] = {0xA3, 0xA5, 0xE8, 0xE9, 0xF9, 0xEC, 0xF2, 0xC7, 0xD8, 0xF8, 0xC5, 0xE5, 0x394, 0x3A6, 0x393, 0x39B, 0x3A9,
                                      0x3A0, 0x3A8, 0x3A3, 0x398, 0x39E, 0xC6, 0xE6, 0xDF, 0xC9, 0xA4, 0xA1, 0xC4, 0xD6, 0xD1, 0xDC, 0xA7, 0xBF, 0xE4, 0xF6, 0xF1, 0xFC, 0xE0};

static int gsm_units(uint32_t c) {
    if (c == 0x20AC || (c < 0x80 && c && strchr("^{}\\[~]|\f", (int)c))) return 2;
    if (c == '\n' || c == '\r' || (c >= 0x20 && c < 0x7F && c != '`')) return 1;
    for (size_t i = 0; i < sizeof gsm_beyond / sizeof *gsm_beyond; i++)
        if (gsm_beyond[i] == c) return 1;
    return 0;
}

/* The character at *at, which moves behind it; what is no UTF-8 counts as U+FFFD. */
static uint32_t next_character(const unsigned char **at) {
    const unsigned char *s = *at;
    size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : s[0] >= 0xC2 ? 2 : 0;
    uint32_t c = n <= 1 ? s[0] : s[0] & (0xFFu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xC0) != 0x80) n = 0;
        else c = c << 6 | (s[i] & 0x3Fu);
    }
    *at += n ? n : 1;
    return n ? c : 0xFFFD;
}

static void pack(const char *text, sms_count *out) {
    int whole = out->ucs2 ? 70 : 160, part = out->ucs2 ? 67 : 153, segments = 1, filled = 0;
    out->units = 0;
    for (const unsigned char *at = (const unsigned char *)text; *at;) {
        uint32_t c = next_character(&at);
        int units = !out->ucs2 ? gsm_units(c) : c > 0xFFFF ? 2 : 1;
        if (filled + units > part) segments++, filled = 0;
        filled += units;
        out->units += units;
    }
    out->segments = !out->units ? 0 : out->units <= whole ? 1 : segments;
}

sms_count sms_segments(const char *text) {
    sms_count out = {0};
    for (const unsigned char *at = (const unsigned char *)text; *at;)
        if (!gsm_units(next_character(&at))) out.ucs2 = true;
    pack(text, &out);
    return out;
}
