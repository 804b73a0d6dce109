/* Dates as they stand in files, and the word they are kept in until the whole column has been seen. */
#ifndef INGEST_DATES_H
#define INGEST_DATES_H

#include "orders.h"

/* A kept date: a day number from a bias, or, while D/M/Y against M/D/Y is open, year, first and second number. Flags for the
 * row ride in the top bits. */
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

typedef enum date_proof {
    PROVES_NOTHING,
    PROVES_DMY,
    PROVES_MDY
} date_proof;

/* Month starts of the years 1900 to 2099, so that a date costs a look-up. */
typedef struct date_table {
    int32_t start[200 * 12 + 1];
} date_table;
void date_table_fill(date_table *table);

/* One date. format DATE_UNKNOWN: D/M/Y or M/D/Y, kept packed. *proof is set for these two orders and DATE_UNKNOWN. */
date_fault date_parse(const char *text, size_t len, ingest_date_format format, uint32_t *when, date_proof *proof);

/* YYYY-MM-DD with nothing behind it, fast; false: let date_parse decide. 16 bytes must be readable at text. */
bool date_parse_iso(const date_table *table, const char *text, uint32_t *when);
/* Is text[0 .. len) a time of day with or without zone (or nothing), loosely? */
bool date_time_tail(const char *text, size_t len);

/* The form a single date has: DATE_YMD, DATE_COMPACT, DATE_DMY (either order, four-digit year); DATE_UNKNOWN: no date.
 * *short_year: it would be D/M/Y or M/D/Y but for a year of two digits. */
ingest_date_format date_form(const char *text, size_t len, bool *short_year);

#endif
