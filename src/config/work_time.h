/* Working time: hours on the days somebody works, in their own time zone, holidays left out. Deadlines count it. */
#ifndef CONFIG_WORK_TIME_H
#define CONFIG_WORK_TIME_H

#include <contact_policy.h>

typedef struct work_calendar {
    contact_zone zone;
    contact_window hours;    /* from < to */
    const int32_t *holidays; /* ascending */
    size_t holidays_n;
} work_calendar;

int32_t work_day_of(const work_calendar *c, int64_t at_us);       /* the local day */
bool work_is_day(const work_calendar *c, int32_t day);            /* is anything worked on it? */
int64_t work_local(const work_calendar *c, int32_t day, int minute); /* that wall-clock time; of one skipped by the clocks the moment they change */
/* When work begins on the first working day from `day` on. */
int64_t work_day_begins(const work_calendar *c, int32_t day);
/* The first instant at work from at_us on. */
int64_t work_next(const work_calendar *c, int64_t at_us);
/* So many hours of work after from_us; hours >= 0. Where nobody ever works (no days): from_us and the hours by the clock. */
int64_t work_add_hours(const work_calendar *c, int64_t from_us, double hours);

#endif
