#include "work_time.h"

#include <stdlib.h>

#define DAY_US CONTACT_DAY_US
#define MINUTE_US CONTACT_MINUTE_US
#define DAYS_AHEAD 3660                 /* searched for one that is worked on */
#define FURTHEST_US (36525 * DAY_US)    /* a hundred years */

static int64_t floor_div(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

int32_t work_day_of(const work_calendar *c, int64_t at_us) {
    return (int32_t)floor_div(at_us + contact_offset(&c->zone, at_us) * INT64_C(1000000), DAY_US);
}

static int by_day(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return x < y ? -1 : x > y;
}

static const struct work_hours_day *hours_of(const work_calendar *c, int32_t day) {
    int weekday = (int)(((int64_t)day + 3) % 7); /* 1970-01-01 was a Thursday */
    return &c->hours.day[weekday < 0 ? weekday + 7 : weekday];
}

bool work_is_day(const work_calendar *c, int32_t day) {
    if (day > c->last_day || !hours_of(c, day)->n) return false;
    for (size_t i = 0; i < c->away_n; i++)
        if (c->away[i].from <= day && day <= c->away[i].to) return false;
    return !c->holidays_n || !bsearch(&day, c->holidays, c->holidays_n, sizeof *c->holidays, by_day);
}

/* An offset is one of two around a change: of both guesses the one that reads back; of a time the clocks skip neither does, and the later offset gives the moment behind the gap. */
int64_t work_local(const work_calendar *c, int32_t day, int minute) {
    int64_t wall = day * DAY_US + minute * MINUTE_US;
    int64_t before = contact_offset(&c->zone, wall - DAY_US) * INT64_C(1000000), after = contact_offset(&c->zone, wall + DAY_US) * INT64_C(1000000);
    int64_t first = wall - before;
    if (first + contact_offset(&c->zone, first) * INT64_C(1000000) == wall) return first;
    return wall - after;
}

/* The rest of the window that at_us lies in, else the next one. One that the clocks skip is none. */
static bool next_window(const work_calendar *c, int64_t at_us, int64_t *from, int64_t *to) {
    int32_t first = work_day_of(c, at_us);
    for (int32_t day = first; day < first + DAYS_AHEAD && day <= c->last_day; day++) {
        const struct work_hours_day *h = hours_of(c, day);
        if (!work_is_day(c, day)) continue;
        for (int i = 0; i < h->n; i++) {
            *from = work_local(c, day, h->from_min[i]);
            *to = work_local(c, day, h->to_min[i]);
            if (*from < at_us) *from = at_us;
            if (*from < *to) return true;
        }
    }
    return false;
}

int64_t work_next(const work_calendar *c, int64_t at_us) {
    int64_t from, to;
    return next_window(c, at_us, &from, &to) ? from : WORK_NEVER;
}

int64_t work_day_begins(const work_calendar *c, int32_t day) {
    int64_t midnight = work_local(c, day, 0), from = work_next(c, midnight);
    return from == WORK_NEVER ? midnight : from;
}

int64_t work_add_hours(const work_calendar *c, int64_t from_us, double hours) {
    int64_t left = (int64_t)(hours * 3.6e9), by_clock = from_us + left, at = from_us, from, to;
    while (next_window(c, at, &from, &to) && from - from_us < FURTHEST_US) {
        if (left <= to - from) return from + left;
        left -= to - from;
        at = to;
    }
    return by_clock;
}
