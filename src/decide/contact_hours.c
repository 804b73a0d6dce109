/* Hours in the customer's own time. A zone is a list of offsets; an hour is right if it is right in every zone given. Instants are searched by jumping from one
 * moment at which something may change to the next (an edge of a window or of the quiet hours, midnight, a clock change), so that a day that is 23 or 25 hours
 * long, or that does not exist at all, needs no case of its own. */
#include "contact_policy.h"

#include <calendar.h>
#include <stdio.h>
#include <string.h>

#define DAY_MINUTES 1440

static size_t shift_at(const contact_zone *z, int64_t at_us) {
    size_t low = 0, high = z->n;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (z->shift[middle].from_us <= at_us) low = middle;
        else high = middle;
    }
    return low;
}

int32_t contact_offset(const contact_zone *z, int64_t at_us) {
    return z->n ? z->shift[shift_at(z, at_us)].offset_s : 0;
}

static int64_t floor_div(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

static int weekday_of(int64_t day) {
    int64_t w = (day + 3) % 7; /* 1970-01-01 was a Thursday */
    return (int)(w < 0 ? w + 7 : w);
}

static bool within(int from, int to, int minute) {
    if (from == to) return true;
    return from < to ? minute >= from && minute < to : minute >= from || minute < to;
}

bool contact_window_holds(const contact_window *w, int weekday, int minute) {
    if (!within(w->from_min, w->to_min, minute)) return false;
    bool of_yesterday = w->from_min > w->to_min && minute < w->to_min;
    int day = of_yesterday ? (weekday + 6) % 7 : weekday;
    return (w->days >> day) & 1;
}

typedef struct hours {
    const contact_window *w;
    int quiet_from, quiet_to;
} hours;

static bool right(const hours *h, int weekday, int minute) {
    if (h->quiet_from != h->quiet_to && within(h->quiet_from, h->quiet_to, minute)) return false;
    return !h->w || contact_window_holds(h->w, weekday, minute);
}

/* The next minute of the day after `minute` at which `right` may change: at the latest midnight. */
static int next_edge(const hours *h, int minute) {
    int edge = DAY_MINUTES, edges[4] = {h->quiet_from, h->quiet_to, h->w ? h->w->from_min : DAY_MINUTES, h->w ? h->w->to_min : DAY_MINUTES};
    for (int i = 0; i < 4; i++)
        if (edges[i] > minute && edges[i] < edge) edge = edges[i];
    return edge;
}

/* The earliest instant from `at` on that is right in that zone; CONTACT_NEVER: none by `until`. */
static int64_t right_from(const contact_zone *z, const hours *h, int64_t at, int64_t until) {
    size_t i = z->n ? shift_at(z, at) : 0;
    while (at <= until) {
        int64_t offset = z->n ? z->shift[i].offset_s * INT64_C(1000000) : 0, local = at + offset, day = floor_div(local, CONTACT_DAY_US);
        int minute = (int)((local - day * CONTACT_DAY_US) / CONTACT_MINUTE_US);
        if (right(h, weekday_of(day), minute)) return at;
        at = day * CONTACT_DAY_US + next_edge(h, minute) * CONTACT_MINUTE_US - offset;
        if (i + 1 < z->n && at >= z->shift[i + 1].from_us) at = z->shift[++i].from_us;
    }
    return CONTACT_NEVER;
}

int64_t contact_hours(const contact_zone *zone, size_t n, const contact_window *w, int quiet_from_min, int quiet_to_min, int64_t at_us, int64_t until_us) {
    hours h = {w, quiet_from_min, quiet_to_min};
    for (size_t content = 0, i = 0; content < n && at_us <= until_us; i = (i + 1) % n) {
        int64_t from = right_from(&zone[i], &h, at_us, until_us);
        content = from == at_us ? content + 1 : 1;
        at_us = from;
    }
    return at_us <= until_us ? at_us : CONTACT_NEVER;
}

char *contact_when(const contact_zone *zone, size_t n, int64_t at_us, char out[80]) {
    int64_t local = at_us + (n == 1 ? contact_offset(zone, at_us) * INT64_C(1000000) : 0), day = floor_div(local, CONTACT_DAY_US);
    int minute = (int)((local - day * CONTACT_DAY_US) / CONTACT_MINUTE_US);
    char date[11];
    snprintf(out, 80, "%s %02d:%02d%s%.40s", calendar_text((int32_t)day, date), minute / 60, minute % 60, n == 1 ? " in " : " UTC", n == 1 ? zone->name : "");
    return out;
}

char *contact_window_text(const contact_window *w, char out[64]) {
    static const char *const names[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    size_t len = w->from_min == w->to_min ? (size_t)snprintf(out, 64, "all day")
                                          : (size_t)snprintf(out, 64, "%02d:%02d-%02d:%02d", w->from_min / 60, w->from_min % 60, w->to_min / 60, w->to_min % 60);
    const char *between = " ";
    for (int day = 0; day < 7; day++) {
        if (!((w->days >> day) & 1)) continue;
        int last = day;
        while (last < 6 && ((w->days >> (last + 1)) & 1)) last++;
        if (day == 0 && last == 6) break;
        len += (size_t)snprintf(out + len, 64 - len, last > day ? "%s%s-%s" : "%s%s", between, names[day], names[last]);
        between = ",";
        day = last;
    }
    return out;
}
