/* Reading points in time. The date is dates.c's matter; here is what stands behind it. */
#include "times.h"

#include <string.h>
#include <strings.h>

static bool digit(char c) {
    return c >= '0' && c <= '9';
}

typedef struct span {
    const char *p, *end;
} span;

static bool take(span *s, char c) {
    if (s->p == s->end || *s->p != c) return false;
    s->p++;
    return true;
}

static void blanks(span *s) {
    while (s->p < s->end && *s->p == ' ') s->p++;
}

/* One or two digits. */
static bool one_or_two(span *s, int *out) {
    if (s->p == s->end || !digit(*s->p)) return false;
    *out = *s->p++ - '0';
    if (s->p < s->end && digit(*s->p)) *out = *out * 10 + (*s->p++ - '0');
    return true;
}

static bool two(span *s, int *out) {
    if (s->end - s->p < 2 || !digit(s->p[0]) || !digit(s->p[1])) return false;
    *out = (s->p[0] - '0') * 10 + (s->p[1] - '0');
    s->p += 2;
    return true;
}

/* Behind a point or comma: up to six digits count, further ones are dropped. */
static bool fraction(span *s, int64_t *us) {
    int64_t scale = 100000;
    *us = 0;
    if (s->p == s->end || !digit(*s->p)) return false;
    for (; s->p < s->end && digit(*s->p); s->p++, scale /= 10) *us += (*s->p - '0') * scale;
    return true;
}

static bool word(span *s, const char *text) {
    size_t len = strlen(text);
    if ((size_t)(s->end - s->p) < len || strncasecmp(s->p, text, len) != 0) return false;
    s->p += len;
    return true;
}

/* 3, 03:04, 03:04:05.678, 030405, 3:04 pm. */
static bool of_day(span *s, int64_t *us) {
    int hour, minute = 0, second = 0;
    int64_t part = 0;
    if (!one_or_two(s, &hour)) return false;
    bool colon = take(s, ':');
    if (colon || (s->p < s->end && digit(*s->p))) {
        if (!two(s, &minute)) return false;
        if (colon ? take(s, ':') : s->p < s->end && digit(*s->p)) {
            if (!two(s, &second)) return false;
            if ((take(s, '.') || take(s, ',')) && !fraction(s, &part)) return false;
        }
    }
    span behind = *s;
    blanks(&behind);
    bool am = word(&behind, "am") || word(&behind, "a.m."),
         pm = !am && (word(&behind, "pm") || word(&behind, "p.m."));
    if (am || pm) {
        if (hour < 1 || hour > 12) return false;
        hour = hour % 12 + (pm ? 12 : 0);
        *s = behind;
    }
    /* 24:00 is the end of the day, and :60 a leap second: the next moment */
    if (hour > 24 || (hour == 24 && (minute || second || part)) || minute > 59 || second > 60) return false;
    *us = ((int64_t)hour * 3600 + minute * 60 + second) * 1000000 + part;
    return true;
}

/* Z, UTC, GMT, +02, +0200, +02:00, UTC+2, with a zone's name in brackets behind it. */
static bool zone(span *s, int64_t *us) {
    *us = 0;
    blanks(s);
    if (s->p == s->end) return true;
    bool named = word(s, "utc") || word(s, "gmt") || word(s, "z");
    if (s->p < s->end && (*s->p == '+' || *s->p == '-')) {
        int sign = *s->p++ == '-' ? -1 : 1, hour, minute = 0;
        if (!one_or_two(s, &hour)) return false;
        if ((take(s, ':') || (s->p < s->end && digit(*s->p))) && !two(s, &minute)) return false;
        if (hour > 15 || minute > 59) return false;
        *us = sign * ((int64_t)hour * 60 + minute) * 60000000;
    } else if (!named) {
        return false;
    }
    blanks(s);
    if (s->p < s->end && *s->p == '[' && s->end[-1] == ']') return true;
    return s->p == s->end;
}

/* What stands behind a date; us: the date's midnight, to which it is added. */
static time_fault behind_date(span s, int64_t *us, bool *clock) {
    int64_t part, offset;
    *clock = false;
    if (s.p == s.end) return TIME_OK;
    if (s.p + 1 == s.end && (*s.p == 'Z' || *s.p == 'z')) return TIME_OK;
    bool separated = false;
    while (s.p < s.end && (*s.p == ' ' || *s.p == 'T' || *s.p == 't' || *s.p == ',')) s.p++, separated = true;
    if (!separated || !of_day(&s, &part)) return TIME_FAULT_CLOCK;
    *clock = true;
    if (!zone(&s, &offset)) return TIME_FAULT_ZONE;
    *us += part - offset;
    return TIME_OK;
}

/* --- the date in front --- */

static size_t digits_at(const char *text, size_t len) {
    size_t n = 0;
    while (n < len && digit(text[n])) n++;
    return n;
}

static time_fault from_date_fault(date_fault fault) {
    switch (fault) {
    case DATE_OK:
        return TIME_OK;
    case DATE_FAULT_SHORT_YEAR:
        return TIME_FAULT_SHORT_YEAR;
    case DATE_FAULT_DAY:
        return TIME_FAULT_DAY;
    case DATE_FAULT_ORDER:
        return TIME_FAULT_ORDER;
    case DATE_FAULT_TIME:
        return TIME_FAULT_CLOCK;
    case DATE_FAULT_EMPTY:
    case DATE_FAULT_FORM:
        break;
    }
    return TIME_FAULT_FORM;
}

/* Three numbers with their separators: the length of the date in front of a time. */
static size_t date_length(const char *text, size_t len) {
    size_t at = 0;
    for (int i = 0; i < 3; i++) {
        at += digits_at(text + at, len - at);
        if (i == 2 || at >= len) break;
        at++;
        if (at < len && text[at] == ' ' && text[at - 1] == '.') at++; /* "4. 3. 2021" */
    }
    return at;
}

static time_fault parse_compact(const char *text, size_t len, int64_t *us, bool *clock) {
    uint32_t when;
    date_proof proof;
    size_t digits = digits_at(text, len);
    if (digits != 8 && digits != 12 && digits != 14) return TIME_FAULT_FORM;
    date_fault fault = date_parse(text, 8, DATE_COMPACT, &when, &proof);
    if (fault) return from_date_fault(fault);
    *us = when_day(when) * TIMES_DAY_US;
    if (digits == 8) return behind_date((span){text + 8, text + len}, us, clock);
    span s = {text + 8, text + len};
    int64_t part, offset;
    *clock = true;
    if (!of_day(&s, &part)) return TIME_FAULT_CLOCK;
    if (!zone(&s, &offset)) return TIME_FAULT_ZONE;
    *us += part - offset;
    return TIME_OK;
}

/* Seconds (or milliseconds) since 1970, with or without a fraction; within the years 1 to 9999. */
static time_fault parse_unix(const char *text, size_t len, int64_t unit, int64_t *us, bool *clock) {
    span s = {text, text + len};
    bool negative = take(&s, '-');
    size_t digits = digits_at(s.p, (size_t)(s.end - s.p));
    int64_t value = 0, part = 0;
    if (!digits || digits > 15) return TIME_FAULT_FORM;
    for (size_t i = 0; i < digits; i++) value = value * 10 + (*s.p++ - '0');
    if (take(&s, '.') && !fraction(&s, &part)) return TIME_FAULT_FORM;
    if (s.p != s.end) return TIME_FAULT_FORM;
    if (value > INT64_C(253402300799) * (1000000 / unit)) return TIME_FAULT_DAY;
    *us = value * unit + part * unit / 1000000;
    if (negative) *us = -*us;
    if (*us < INT64_C(-62135596800000000)) return TIME_FAULT_DAY;
    *clock = true;
    return TIME_OK;
}

static time_fault parse_separated(const char *text, size_t len, time_form form, int64_t *us, bool *clock,
                                  date_proof *proof) {
    static const ingest_date_format formats[TIME_FORMS] = {
        [TIME_YMD] = DATE_YMD, [TIME_DMY] = DATE_DMY, [TIME_MDY] = DATE_MDY, [TIME_EITHER] = DATE_UNKNOWN};
    uint32_t when;
    size_t front = date_length(text, len);
    date_fault fault = date_parse(text, front, formats[form], &when, proof);
    if (fault) return from_date_fault(fault);
    int32_t day;
    if (when & WHEN_PACKED) {
        if (!when_unpack(when, *proof == PROVES_MDY ? DATE_MDY : DATE_DMY, &day)) return TIME_FAULT_DAY;
    } else {
        day = when_day(when);
    }
    *us = day * TIMES_DAY_US;
    return behind_date((span){text + front, text + len}, us, clock);
}

time_fault time_parse(const char *text, size_t len, time_form form, int64_t *us, bool *clock,
                      date_proof *proof) {
    *proof = PROVES_NOTHING;
    *clock = false;
    if (!len) return TIME_FAULT_FORM;
    switch (form) {
    case TIME_COMPACT:
        return parse_compact(text, len, us, clock);
    case TIME_UNIX:
        return parse_unix(text, len, 1000000, us, clock);
    case TIME_UNIX_MS:
        return parse_unix(text, len, 1000, us, clock);
    case TIME_YMD:
    case TIME_DMY:
    case TIME_MDY:
    case TIME_EITHER:
        return parse_separated(text, len, form, us, clock, proof);
    case TIME_OPEN:
    case TIME_FORMS:
        break;
    }
    return TIME_FAULT_FORM;
}

/* --- forms --- */

time_form time_form_of(const char *text, size_t len) {
    bool short_year;
    ingest_date_format form = date_form(text, len, &short_year);
    switch (form) {
    case DATE_YMD:
        return TIME_YMD;
    case DATE_COMPACT:
        return TIME_COMPACT;
    case DATE_DMY:
    case DATE_MDY:
        return TIME_EITHER;
    case DATE_UNKNOWN:
        break;
    }
    /* nine or ten digits are seconds (1973 to 2286), twelve or thirteen milliseconds */
    size_t digits = digits_at(text, len);
    bool number = digits == len || (digits && text[digits] == '.' &&
                                    digits + 1 + digits_at(text + digits + 1, len - digits - 1) == len);
    if (number && (digits == 9 || digits == 10)) return TIME_UNIX;
    if (number && (digits == 12 || digits == 13)) return TIME_UNIX_MS;
    return TIME_OPEN;
}

static const char *const names[TIME_FORMS] = {"", "iso", "yyyymmdd", "dmy", "mdy", "unix", "unix_ms", ""};

time_form time_form_find(const char *name) {
    if (!strcasecmp(name, "ymd")) return TIME_YMD;
    for (int i = 1; i < TIME_EITHER; i++)
        if (!strcasecmp(name, names[i])) return (time_form)i;
    return TIME_OPEN;
}

const char *time_form_name(time_form form) {
    return form < TIME_FORMS ? names[form] : "";
}

const char *time_form_like(time_form form) {
    static const char *const like[TIME_FORMS] = {"2021-03-04",
                                                 "2021-03-04 or 2021-03-04T18:30:00Z",
                                                 "20210304",
                                                 "04/03/2021 for the 4th of March",
                                                 "03/04/2021 for March the 4th",
                                                 "1614880800, seconds since 1970",
                                                 "1614880800000, milliseconds since 1970",
                                                 "04/03/2021"};
    return form < TIME_FORMS ? like[form] : like[0];
}
