/* Days since 1970-01-01 in the proleptic Gregorian calendar; years 1 to 9999. */
#ifndef BASE_CALENDAR_H
#define BASE_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DAYS_PER_YEAR 365.2425

typedef struct calendar_date {
    int year, month, day;
} calendar_date;

bool calendar_valid(int year, int month, int day);
int32_t calendar_day(int year, int month, int day); /* of a valid date */
calendar_date calendar_of(int32_t day);
int calendar_month_index(int32_t day);              /* year * 12 + month - 1 */
int32_t calendar_month_start(int month_index);      /* first day of that month */
/* "2026-11-22" into out[11]; returns out. */
char *calendar_text(int32_t day, char out[11]);
/* Exactly YYYY-MM-DD of len bytes. */
bool calendar_parse(const char *text, size_t len, int32_t *day);

#endif
