/* The tasks of one person as an iCalendar feed (RFC 5545), for the calendar program they use. The same tasks give the same bytes. docs/calendar.md. */
#ifndef DELIVER_CALENDAR_FEED_H
#define DELIVER_CALENDAR_FEED_H

#include <text.h>

#define CALENDAR_MINUTES 15 /* a task's length */

typedef enum calendar_standing { CALENDAR_OPEN, CALENDAR_DONE, CALENDAR_DROPPED } calendar_standing;

typedef struct calendar_task { /* borrowed; NULL is "" */
    const char *id;          /* as people are shown it; unique */
    const char *summary, *description;
    const char *category;    /* several with commas between */
    int64_t due_us, changed_us;
    calendar_standing standing;
    bool urgent;
} calendar_task;

/* One event a task, in the order of due_us and id, appended to out. now_us: when the feed was made. Texts lose their control characters, and what is no UTF-8. MR_EDATA: a task without an id, two of one id,
 * or a time outside the years 1 to 9999. */
mr_status calendar_feed(const char *person, const calendar_task *tasks, size_t n, int64_t now_us, text_buffer *out, mr_error *err);

/* Whose feed a text is, where it is one of ours: the name into *person, terminated. False: another's calendar, or none. */
bool calendar_feed_person(const char *text, text_buffer *person);

#define CALENDAR_FILE_NAME 96
/* "Mara Adler" as a file's name: "mara-adler-4c1f9a2be07d3356.ics": letters and digits of ASCII, and token, which nobody can guess who does not know the ledger (a keyed hash of the name as it is): two people
 * never share one, and who knows a name does not know the address of its feed. Returns out. */
char *calendar_file_name(const char *person, uint64_t token, char out[CALENDAR_FILE_NAME]);

#endif
