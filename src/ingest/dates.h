/* Dates as they stand in files, and the word they are kept in until the whole column has been seen. */
#ifndef INGEST_DATES_H
#define INGEST_DATES_H

#include "bits.h"
#include "orders.h"

/* A kept date: a day number from a bias, or, while D/M/Y against M/D/Y is open, year, first and second
 * number. Flags for the row ride in the top bits. */
#define WHEN_BIAS 719468
#define WHEN_MASK UINT32_C(0x00FFFFFF)
#define WHEN_PACKED UINT32_C(0x80000000)

static inline uint32_t when_of_day(int32_t day) {
    return (uint32_t)(day + WHEN_BIAS);
}

static inline int32_t when_day(uint32_t when) { /* not packed */
    return (int32_t)(when & WHEN_MASK) - WHEN_BIAS;
}

/* The day of a packed date under an order; false where there is no such day. */
bool when_unpack(uint32_t when, ingest_date_format order, int32_t *day);

typedef enum date_fault {
    DATE_OK,
    DATE_FAULT_EMPTY,
    DATE_FAULT_FORM,       /* not of the column's form */
    DATE_FAULT_SHORT_YEAR, /* two digits */
    DATE_FAULT_DAY,        /* no such day in the calendar */
    DATE_FAULT_ORDER,      /* a day above 12 where the column has its month */
    DATE_FAULT_TIME        /* what stands behind the date is no time */
} date_fault;

typedef enum date_proof { PROVES_NOTHING, PROVES_DMY, PROVES_MDY } date_proof;

/* Month starts of the years 1900 to 2099, so that a date costs a look-up. */
typedef struct date_table {
    int32_t start[200 * 12 + 1];
} date_table;
void date_table_fill(date_table *table);

/* One date. format DATE_UNKNOWN: D/M/Y or M/D/Y, kept packed. *proof is set for these two orders and
 * DATE_UNKNOWN. */
date_fault date_parse(const char *text, size_t len, ingest_date_format format, uint32_t *when,
                      date_proof *proof);

/* YYYY-MM-DD with nothing behind it, fast; false: let date_parse decide. 16 bytes must be readable at text.
 */
static inline bool date_parse_iso(const date_table *table, const char *text, uint32_t *when) {
    /* "YYYY-MM-" in one word: digits become their values, the dashes nothing. */
    uint64_t w = bits_load64(text) ^ UINT64_C(0x2D30302D30303030);
    if ((w & UINT64_C(0xFFF0F0FFF0F0F0F0)) |
        ((w + UINT64_C(0x0006060006060606)) & UINT64_C(0x00F0F000F0F0F0F0)))
        return false;
    unsigned d1 = (unsigned char)text[8] - '0', d2 = (unsigned char)text[9] - '0';
    if (d1 > 9 || d2 > 9) return false;
    unsigned year = (unsigned)((w & 15) * 1000 + (w >> 8 & 15) * 100 + (w >> 16 & 15) * 10 + (w >> 24 & 15));
    unsigned month = (unsigned)((w >> 40 & 15) * 10 + (w >> 48 & 15)), day = d1 * 10 + d2;
    if (year - 1900u >= 200u || month - 1u >= 12u) return false;
    unsigned at = (year - 1900u) * 12u + month - 1u;
    if (day - 1u >= (unsigned)(table->start[at + 1] - table->start[at])) return false;
    *when = when_of_day(table->start[at] + (int32_t)day - 1);
    return true;
}
/* Is text[0 .. len) a time of day with or without zone (or nothing), loosely? */
bool date_time_tail(const char *text, size_t len);

/* The form a single date has: DATE_YMD, DATE_COMPACT, DATE_DMY (either order, four-digit year); DATE_UNKNOWN:
 * no date. *short_year: it would be D/M/Y or M/D/Y but for a year of two digits. */
ingest_date_format date_form(const char *text, size_t len, bool *short_year);

#endif
