/* Hours as people write them: one window of the gate's, and the windows of a week of work. */
#include "config_read.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const day_names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

static bool minutes(const char **at, int16_t *out) {
    unsigned hour, minute;
    int used = 0;
    if (sscanf(*at, "%2u:%2u%n", &hour, &minute, &used) != 2 || !used || hour > 24 || minute > 59 || hour * 60 + minute > 1440) return false;
    *out = (int16_t)(hour * 60 + minute);
    *at += used;
    return true;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static void blanks(const char **at) {
    while (**at == ' ') ++*at;
}

static bool window(const char **at, int16_t *from_min, int16_t *to_min) {
    if (!minutes(at, from_min) || **at != '-') return false;
    ++*at;
    return minutes(at, to_min);
}

static int weekday(const char **at) {
    for (int d = 0; d < 7; d++)
        if (!strncasecmp(*at, day_names[d], 3)) {
            *at += 3;
            return d;
        }
    return -1;
}

/* "mon-wed,fri" up to what is no day: the end, or a comma before another window. */
static bool weekdays(const char **at, uint8_t *out) {
    *out = 0;
    for (;;) {
        blanks(at);
        int first = weekday(at), last = first;
        if (first < 0) return false;
        if (**at == '-') {
            ++*at;
            last = weekday(at);
            if (last < 0) return false;
        }
        for (int d = first;; d = (d + 1) % 7) {
            *out = (uint8_t)(*out | 1u << d);
            if (d == last) break;
        }
        blanks(at);
        if (**at != ',') return true;
        const char *next = *at + 1;
        blanks(&next);
        if (is_digit(*next)) return true;
        ++*at;
    }
}

bool config_hours_parse(const char *text, contact_window *out) {
    *out = (contact_window){0};
    if (!*text) return true;
    out->days = 0x7F;
    out->to_min = 1440;
    if (is_digit(*text)) {
        if (!window(&text, &out->from_min, &out->to_min)) return false;
        blanks(&text);
        if (!*text) return true;
    }
    return weekdays(&text, &out->days) && !*text;
}

/* --- a week of work --- */

typedef struct span {
    int16_t from_min, to_min;
} span;

/* In its place among the day's. */
static bool add(work_hours *h, int weekday_at, span s, char why[160]) {
    struct work_hours_day *d = &h->day[weekday_at];
    int at = d->n;
    while (at > 0 && d->from_min[at - 1] >= s.from_min) at--;
    bool meets = (at > 0 && d->to_min[at - 1] > s.from_min) || (at < d->n && d->from_min[at] < s.to_min);
    if (meets || d->n == WORK_WINDOWS) {
        snprintf(why, 160, meets ? "hours of %s overlap" : "%s has more than four windows", day_names[weekday_at]);
        return false;
    }
    for (int i = d->n; i > at; i--) d->from_min[i] = d->from_min[i - 1], d->to_min[i] = d->to_min[i - 1];
    d->from_min[at] = s.from_min;
    d->to_min[at] = s.to_min;
    d->n++;
    return true;
}

/* Windows, and the days they are of. */
static bool group(const char **at, work_hours *out, char why[160]) {
    span spans[WORK_WINDOWS] = {{0, 1440}};
    uint8_t days = 0x7F;
    int n = 0;
    snprintf(why, 160, "'%.40s' is neither a window such as 09:00-17:00 nor days such as mon-fri", *at);
    while (is_digit(**at)) {
        if (n == WORK_WINDOWS) return snprintf(why, 160, "a day has four windows at most"), false;
        if (!window(at, &spans[n].from_min, &spans[n].to_min)) return false;
        if (spans[n].from_min >= spans[n].to_min) return snprintf(why, 160, "work begins before it ends; a night is two windows, as in 22:00-24:00 mon, 00:00-06:00 tue"), false;
        n++;
        blanks(at);
    }
    if (!n || (**at && **at != ',')) {
        snprintf(why, 160, "'%.40s' is neither a window such as 09:00-17:00 nor days such as mon-fri", *at);
        if (!weekdays(at, &days)) return false;
    }
    for (int d = 0; d < 7; d++)
        for (int i = 0; (days >> d & 1) && i < (n ? n : 1); i++)
            if (!add(out, d, spans[i], why)) return false;
    return true;
}

bool work_hours_parse(const char *text, work_hours *out, char why[160]) {
    *out = (work_hours){0};
    why[0] = 0;
    blanks(&text);
    while (*text) {
        if (!group(&text, out, why)) return false;
        blanks(&text);
        if (!*text) return true;
        snprintf(why, 160, "'%.40s' is one too many, or a comma is missing before it", text);
        if (*text++ != ',') return false;
        snprintf(why, 160, "it ends with a comma");
        blanks(&text);
        if (!*text) return false;
    }
    return true;
}

mr_status config_work_hours(yaml_reading *y, const yaml_node_t *node, const char *name, const char *text, work_hours *out) {
    char why[160];
    if (work_hours_parse(text, out, why)) return MR_OK;
    return yaml_fail(y, node, name, "%s must be hours as in \"09:00-17:00 mon-fri\" or \"09:00-12:30 13:30-17:00 mon-thu, 09:00-13:00 fri\", not '%.80s': %s", name, text, why);
}

void work_days_text(uint8_t days, text_buffer *out) {
    const char *between = "";
    for (int day = 0; day < 7; day++) {
        if (!((days >> day) & 1)) continue;
        int last = day;
        while (last < 6 && ((days >> (last + 1)) & 1)) last++;
        text_printf(out, last > day ? "%s%s-%s" : "%s%s", between, day_names[day], day_names[last]);
        between = ",";
        day = last;
    }
}

static bool same(const struct work_hours_day *a, const struct work_hours_day *b) {
    bool is = a->n == b->n;
    for (int i = 0; is && i < a->n; i++) is = a->from_min[i] == b->from_min[i] && a->to_min[i] == b->to_min[i];
    return is;
}

void work_hours_text(const work_hours *h, text_buffer *out) {
    uint8_t written = 0;
    for (int d = 0; d < 7; d++) {
        const struct work_hours_day *day = &h->day[d];
        uint8_t days = 0;
        if ((written >> d & 1) || !day->n) continue;
        for (int other = d; other < 7; other++)
            if (same(day, &h->day[other])) days = (uint8_t)(days | 1u << other);
        if (written) text_puts(out, ", ");
        for (int i = 0; i < day->n; i++) text_printf(out, "%s%02d:%02d-%02d:%02d", i ? " " : "", day->from_min[i] / 60, day->from_min[i] % 60, day->to_min[i] / 60, day->to_min[i] % 60);
        if (days != 0x7F) text_putc(out, ' '), work_days_text(days, out);
        written |= days;
    }
}

double work_hours_week(const work_hours *h) {
    int total = 0;
    for (int d = 0; d < 7; d++)
        for (int i = 0; i < h->day[d].n; i++) total += h->day[d].to_min[i] - h->day[d].from_min[i];
    return total / 60.0;
}
