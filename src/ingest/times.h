/* Points in time as they stand in files, to microseconds UTC: every form of dates.h, a time of day with its
 * zone, and seconds or milliseconds since 1970. Without a time it is midnight, without a zone UTC. */
#ifndef INGEST_TIMES_H
#define INGEST_TIMES_H

#include "dates.h"

#define TIMES_DAY_US INT64_C(86400000000)

typedef enum time_form {
    TIME_OPEN, /* not known */
    TIME_YMD,
    TIME_COMPACT,
    TIME_DMY,
    TIME_MDY,
    TIME_UNIX,
    TIME_UNIX_MS,
    TIME_EITHER, /* TIME_DMY or TIME_MDY */
    TIME_FORMS
} time_form;

typedef enum time_fault {
    TIME_OK,
    TIME_FAULT_FORM,
    TIME_FAULT_SHORT_YEAR,
    TIME_FAULT_DAY,
    TIME_FAULT_ORDER, /* a day above 12 where the column has its month */
    TIME_FAULT_CLOCK, /* no time of day behind the date */
    TIME_FAULT_ZONE   /* a zone that is no offset */
} time_fault;

/* form: not TIME_OPEN. TIME_EITHER reads days above 12 and else D/M/Y, for *proof. *clock: a time of day was
 * given. */
time_fault time_parse(const char *text, size_t len, time_form form, int64_t *us, bool *clock,
                      date_proof *proof);

/* The two commonest forms of TIME_YMD, fast: the date alone, and YYYY-MM-DDTHH:MM:SS[Z]. false: let
 * time_parse decide. 16 bytes must be readable at text. */
static inline bool time_parse_plain(const date_table *table, const char *text, size_t len, int64_t *us,
                                    bool *clock) {
    uint32_t when;
    if (len < 10 || !date_parse_iso(table, text, &when)) return false;
    int64_t day = when_day(when);
    *clock = len > 10;
    *us = day * TIMES_DAY_US;
    if (len == 10) return true;
    if ((len != 19 && !(len == 20 && text[19] == 'Z')) || (text[10] != 'T' && text[10] != ' ') ||
        text[13] != ':' || text[16] != ':')
        return false;
    unsigned h1 = (unsigned char)text[11] - '0', h2 = (unsigned char)text[12] - '0',
             m1 = (unsigned char)text[14] - '0', m2 = (unsigned char)text[15] - '0',
             s1 = (unsigned char)text[17] - '0', s2 = (unsigned char)text[18] - '0';
    if (h1 > 9 || h2 > 9 || m1 > 5 || m2 > 9 || s1 > 5 || s2 > 9 || h1 * 10 + h2 > 23) return false;
    *us += (int64_t)((h1 * 10 + h2) * 3600 + (m1 * 10 + m2) * 60 + s1 * 10 + s2) * 1000000;
    return true;
}

/* The form one value has; TIME_OPEN: none. */
time_form time_form_of(const char *text, size_t len);
/* "iso", "ymd", "yyyymmdd", "dmy", "mdy", "unix", "unix_ms"; TIME_OPEN: no such name. Case is ignored. */
time_form time_form_find(const char *name);
const char *time_form_name(time_form form); /* as time_form_find takes it */
const char *time_form_like(time_form form); /* an example */

#endif
