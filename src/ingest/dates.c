/* Reading dates: ISO 8601 (the day as written; the time is only looked at), YYYYMMDD, and day, month, year in
 * either order. */
#include "dates.h"

#include "calendar.h"

#include <string.h>

static bool digit(char c) {
    return c >= '0' && c <= '9';
}

static bool separator(char c) {
    return c == '-' || c == '/' || c == '.';
}

void date_table_fill(date_table *table) {
    for (int i = 0; i <= 200 * 12; i++) table->start[i] = calendar_month_start(1900 * 12 + i);
}

bool when_unpack(uint32_t when, ingest_date_format order, int32_t *day) {
    int year = (int)(when >> 10 & 0x3FFF), a = (int)(when >> 5 & 31), b = (int)(when & 31);
    int month = order == DATE_MDY ? a : b, dom = order == DATE_MDY ? b : a;
    if (!calendar_valid(year, month, dom)) return false;
    *day = calendar_day(year, month, dom);
    return true;
}

bool date_time_tail(const char *s, size_t len) {
    size_t i = 0;
    if (len == 0 || (len == 1 && (*s == 'Z' || *s == 'z'))) return true;
    if (s[0] != 'T' && s[0] != 't' && s[0] != ' ' && s[0] != ',') return false;
    while (i < len && (s[i] == ' ' || s[i] == 'T' || s[i] == 't' || s[i] == ',')) i++;
    if (i == len || !digit(s[i])) return false;
    int hour = s[i++] - '0';
    if (i < len && digit(s[i])) hour = hour * 10 + (s[i++] - '0');
    if (hour > 24) return false;
    if (i < len && s[i] == ':') {
        if (i + 2 >= len || !digit(s[i + 1]) || !digit(s[i + 2]) || s[i + 1] > '5') return false;
        i += 3;
    }
    /* seconds, fraction, AM or PM, zone: anything made of these letters */
    for (; i < len; i++) {
        char c = s[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!digit(c) && !letter && !(c && strchr(":.,+- /_()[]", c)) && (unsigned char)c < 0x80)
            return false;
    }
    return len <= 64;
}

/* Up to `most` digits at s[*at]; -1 where there is none. */
static int number(const char *s, size_t len, size_t *at, size_t most, size_t *digits) {
    int value = 0;
    size_t from = *at;
    while (*at < len && digit(s[*at]) && *at - from < most) value = value * 10 + (s[(*at)++] - '0');
    *digits = *at - from;
    return *digits ? value : -1;
}

static date_fault parse_compact(const char *s, size_t len, uint32_t *when) {
    size_t digits = 0;
    while (digits < len && digits < 14 && digit(s[digits])) digits++;
    if (digits != 8 && digits != 12 && digits != 14) return DATE_FAULT_FORM;
    size_t at = 0, got;
    int year = number(s, len, &at, 4, &got), month = number(s, len, &at, 2, &got),
        day = number(s, len, &at, 2, &got);
    if (!calendar_valid(year, month, day)) return DATE_FAULT_DAY;
    *when = when_of_day(calendar_day(year, month, day));
    bool ok =
        digits == 8 ? date_time_tail(s + 8, len - 8) : len == digits || s[digits] == '.' || s[digits] == 'Z';
    return ok ? DATE_OK : DATE_FAULT_TIME;
}

/* Three numbers with one separator between. */
static bool three(const char *s, size_t len, int v[3], size_t digits[3], size_t *end) {
    size_t at = 0;
    char between = 0;
    for (int i = 0; i < 3; i++) {
        v[i] = number(s, len, &at, 4, &digits[i]);
        if (v[i] < 0) return false;
        if (i == 2) break;
        if (at >= len || !separator(s[at]) || (between && s[at] != between)) return false;
        between = s[at++];
        if (between == '.' && at < len && s[at] == ' ') at++; /* "4. 3. 2021" */
    }
    *end = at;
    return at >= len || !digit(s[at]);
}

static date_fault parse_ymd(const char *s, size_t len, uint32_t *when) {
    int v[3];
    size_t digits[3], end;
    if (!three(s, len, v, digits, &end) || digits[0] != 4 || digits[1] > 2 || digits[2] > 2)
        return DATE_FAULT_FORM;
    if (!calendar_valid(v[0], v[1], v[2])) return DATE_FAULT_DAY;
    *when = when_of_day(calendar_day(v[0], v[1], v[2]));
    return date_time_tail(s + end, len - end) ? DATE_OK : DATE_FAULT_TIME;
}

static date_fault parse_either(const char *s, size_t len, ingest_date_format format, uint32_t *when,
                               date_proof *proof) {
    int v[3], day = 0;
    size_t digits[3], end;
    if (!three(s, len, v, digits, &end) || digits[0] > 2 || digits[1] > 2) return DATE_FAULT_FORM;
    if (digits[2] == 2) return DATE_FAULT_SHORT_YEAR;
    if (digits[2] != 4) return DATE_FAULT_FORM;
    *when = WHEN_PACKED | (uint32_t)v[2] << 10 | (uint32_t)(v[0] & 31) << 5 | (uint32_t)(v[1] & 31);
    if (v[0] > 31 || v[1] > 31 || (v[0] > 12 && v[1] > 12)) return DATE_FAULT_DAY;
    *proof = v[0] > 12 ? PROVES_DMY : v[1] > 12 ? PROVES_MDY : PROVES_NOTHING;
    /* A day that only one order can hold must exist under it; where both can, both exist. */
    ingest_date_format under = *proof == PROVES_MDY ? DATE_MDY : *proof == PROVES_DMY ? DATE_DMY : format;
    if (!when_unpack(*when, under == DATE_UNKNOWN ? DATE_DMY : under, &day)) return DATE_FAULT_DAY;
    if (!date_time_tail(s + end, len - end)) return DATE_FAULT_TIME;
    if (format == DATE_UNKNOWN) return DATE_OK;
    if (under != format) return DATE_FAULT_ORDER;
    *when = when_of_day(day);
    return DATE_OK;
}

date_fault date_parse(const char *s, size_t len, ingest_date_format format, uint32_t *when,
                      date_proof *proof) {
    *proof = PROVES_NOTHING;
    if (!len) return DATE_FAULT_EMPTY;
    switch (format) {
    case DATE_YMD:
        return parse_ymd(s, len, when);
    case DATE_COMPACT:
        return parse_compact(s, len, when);
    case DATE_UNKNOWN:
    case DATE_DMY:
    case DATE_MDY:
        return parse_either(s, len, format, when, proof);
    }
    return DATE_FAULT_FORM;
}

ingest_date_format date_form(const char *s, size_t len, bool *short_year) {
    uint32_t when;
    date_proof proof;
    *short_year = false;
    if (len < 6 || !digit(s[0])) return DATE_UNKNOWN;
    if (date_parse(s, len, DATE_YMD, &when, &proof) == DATE_OK) return DATE_YMD;
    if (date_parse(s, len, DATE_COMPACT, &when, &proof) == DATE_OK)
        /* eight digits are a date only in years a shop may know; else they are an identifier */
        return when >= when_of_day(calendar_day(1900, 1, 1)) && when < when_of_day(calendar_day(2100, 1, 1))
                   ? DATE_COMPACT
                   : DATE_UNKNOWN;
    date_fault fault = date_parse(s, len, DATE_UNKNOWN, &when, &proof);
    *short_year = fault == DATE_FAULT_SHORT_YEAR;
    return fault == DATE_OK ? DATE_DMY : DATE_UNKNOWN;
}
