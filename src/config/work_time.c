#include "work_time.h"

#include <stdlib.h>

#define DAY_US CONTACT_DAY_US
#define MINUTE_US CONTACT_MINUTE_US
#define YEARS_AHEAD 3660 /* days searched for one that is worked on */

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

bool work_is_day(const work_calendar *c, int32_t day) {
    int weekday = (int)(((int64_t)day + 3) % 7); /* 1970-01-01 was a Thursday */
    if (weekday < 0) weekday += 7;
    if (!((c->hours.days >> weekday) & 1)) return false;
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

int64_t work_day_begins(const work_calendar *c, int32_t day) {
    for (int32_t d = day; d < day + YEARS_AHEAD; d++)
        if (work_is_day(c, d)) return work_local(c, d, c->hours.from_min);
    return work_local(c, day, 0);
}

int64_t work_next(const work_calendar *c, int64_t at_us) {
    int32_t day = work_day_of(c, at_us);
    if (work_is_day(c, day)) {
        int64_t from = work_local(c, day, c->hours.from_min), to = work_local(c, day, c->hours.to_min);
        if (at_us < from) return from;
        if (at_us < to) return at_us;
    }
    return work_day_begins(c, day + 1);
}

int64_t work_add_hours(const work_calendar *c, int64_t from_us, double hours) {
    int64_t left = (int64_t)(hours * 3.6e9);
    if (!(c->hours.days & 0x7F) || c->hours.to_min <= c->hours.from_min) return from_us + left;
    int64_t at = work_next(c, from_us);
    for (int days = 0; days < 10 * YEARS_AHEAD; days++) {
        int32_t day = work_day_of(c, at);
        int64_t to = work_local(c, day, c->hours.to_min);
        if (left <= to - at) return at + left;
        left -= to - at;
        at = work_day_begins(c, day + 1);
    }
    return at;
}
