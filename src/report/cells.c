/* Cells of a CSV file. */
#include "cells.h"

#include <calendar.h>
#include <text.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MIN (-719162) /* 0001-01-01 */
#define DAY_MAX 2932896   /* 9999-12-31 */

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* [+-] digits [. digits] */
static bool is_plain_number(const char *text, size_t len) {
    size_t i = len && (text[0] == '-' || text[0] == '+') ? 1 : 0, digits = 0, points = 0;
    for (; i < len; i++) {
        if (is_digit(text[i])) {
            digits++;
        } else if (text[i] == '.' && points == 0) {
            points++;
        } else {
            return false;
        }
    }
    return digits > 0;
}

static bool is_phone(const char *text, size_t len) {
    size_t digits = 0;
    for (size_t i = 0; i < len; i++) {
        if (is_digit(text[i])) {
            digits++;
        } else if (!text[i] || !strchr("+-() ./", text[i])) {
            return false;
        }
    }
    return digits > 0;
}

bool cell_is_formula(const char *text, size_t len, cell_kind kind) {
    if (!len || !text[0] || !strchr("=+-@\t\r", text[0])) return false;
    if (is_plain_number(text, len)) return false;
    return !(kind == CELL_PHONE && is_phone(text, len));
}

char *cell_text(char *out, const char *text, size_t len, cell_kind kind) {
    if (!len) return out;
    bool formula = cell_is_formula(text, len, kind);
    bool quote = text[0] == ' ' || text[len - 1] == ' ' || text[0] == '\t';
    for (size_t i = 0; i < len && !quote; i++)
        quote = text[i] == ',' || text[i] == '"' || text[i] == '\n' || text[i] == '\r' || text[i] == ';';
    if (quote) *out++ = '"';
    if (formula) *out++ = '\'';
    if (!quote) {
        memcpy(out, text, len);
        return out + len;
    }
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '"') *out++ = '"';
        *out++ = text[i];
    }
    *out++ = '"';
    return out;
}

void cell_put(FILE *to, const char *text) {
    size_t len = strlen(text);
    char small[512] = "", *large = cell_text_room(len) > sizeof small ? calloc(1, cell_text_room(len)) : NULL, *cell = large ? large : small;
    if (!large && cell_text_room(len) > sizeof small) return;
    char *end = cell_text(cell, text, len, CELL_TEXT);
    fwrite(cell, 1, (size_t)(end - cell), to);
    free(large);
}

static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
                            "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
                            "8081828384858687888990919293949596979899";

static inline char *two(char *out, uint32_t value) {
    memcpy(out, pairs + 2 * (size_t)value, 2);
    return out + 2;
}

/* Nearly every number of a row is small: 32-bit division by constants, two digits at a time. The rest goes
 * through base. */
char *cell_number(char *out, double value, int decimals) {
    static const double scale[7] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
    double scaled = value * scale[decimals] + 0.5;
    if (!(scaled >= 0.5 && scaled < 4e9)) return isfinite(value) ? text_fixed(out, value, decimals) : out;
    uint32_t all = (uint32_t)scaled;
    switch (decimals) {
    case 0:
        return text_unsigned(out, all);
    case 1:
        out = text_unsigned(out, all / 10);
        *out++ = '.';
        *out++ = (char)('0' + all % 10);
        return out;
    case 2:
        out = text_unsigned(out, all / 100);
        *out++ = '.';
        return two(out, all % 100);
    case 3:
        out = text_unsigned(out, all / 1000);
        *out++ = '.';
        *out++ = (char)('0' + all / 100 % 10);
        return two(out, all % 100);
    case 4:
        out = text_unsigned(out, all / 10000);
        *out++ = '.';
        out = two(out, all / 100 % 100);
        return two(out, all % 100);
    case 6:
        out = text_unsigned(out, all / 1000000);
        *out++ = '.';
        out = two(out, all / 10000 % 100);
        out = two(out, all / 100 % 100);
        return two(out, all % 100);
    default:
        return text_fixed(out, value, decimals);
    }
}

void cell_dates_fill(cell_dates *dates) {
    for (int32_t day = dates->first; day <= dates->last; day++) {
        char text[11];
        memcpy(dates->text[day - dates->first], calendar_text(day, text), 10);
    }
}

char *cell_date(char *out, const cell_dates *dates, double day) {
    if (!(day > DAY_MIN && day <= DAY_MAX)) return out;
    int32_t whole = (int32_t)ceil(day);
    if (whole >= dates->first && whole <= dates->last) {
        memcpy(out, dates->text[whole - dates->first], 10);
    } else {
        char text[11];
        memcpy(out, calendar_text(whole, text), 10);
    }
    return out + 10;
}
