/* Working time: hours on the days somebody works, in their own time zone, holidays and absences left out. Deadlines count it. */
#ifndef CONFIG_WORK_TIME_H
#define CONFIG_WORK_TIME_H

#include <contact_policy.h>
#include <text.h>

#define WORK_WINDOWS 4 /* a day at most */
#define WORK_NEVER INT64_MAX

/* Of each weekday, 0 Monday: minutes after midnight, ascending and apart, from < to. n 0: a day off. */
typedef struct work_hours {
    struct work_hours_day {
        uint8_t n;
        int16_t from_min[WORK_WINDOWS], to_min[WORK_WINDOWS];
    } day[7];
} work_hours;

typedef struct work_absence {
    int32_t from, to;      /* days, both included */
    const char *stands_in; /* "" : whoever stands in otherwise */
} work_absence;

typedef struct work_calendar {
    contact_zone zone;
    work_hours hours;
    const int32_t *holidays; /* ascending */
    size_t holidays_n;
    const work_absence *away;
    size_t away_n;
    int32_t last_day;        /* INT32_MAX: none */
} work_calendar;

/* "09:00-17:00 mon-fri", "09:00-12:30 13:30-17:00 mon-thu, 09:00-13:00 fri": windows and the days they are of, either alone; "" is none. false: why says what is wrong. */
bool work_hours_parse(const char *text, work_hours *out, char why[160]);
/* As it would stand in the file; "" none. */
void work_hours_text(const work_hours *h, text_buffer *out);
void work_days_text(uint8_t days, text_buffer *out); /* bit 0 Monday: "mon-wed,fri" */
double work_hours_week(const work_hours *h);         /* hours of a week; 0: nobody ever works */

int32_t work_day_of(const work_calendar *c, int64_t at_us);       /* the local day */
bool work_is_day(const work_calendar *c, int32_t day);            /* is anything worked on it? */
int64_t work_local(const work_calendar *c, int32_t day, int minute); /* that wall-clock time; of one skipped by the clocks the moment they change */
/* The first instant at work from at_us on; WORK_NEVER: none within ten years. */
int64_t work_next(const work_calendar *c, int64_t at_us);
/* When work begins on the first working day from `day` on; where nobody works within ten years, that day's midnight. */
int64_t work_day_begins(const work_calendar *c, int32_t day);
/* So many hours of work after from_us; hours >= 0. Where nobody works for ten years on end, or the hours take longer than a hundred, they are counted by the clock: never later than
 * what was promised, and never for ever. */
int64_t work_add_hours(const work_calendar *c, int64_t from_us, double hours);

#endif
