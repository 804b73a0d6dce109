/* Zones written down by hand for tests of the kernel, which knows no ICU. */
#ifndef TESTS_CONTACT_ZONES_H
#define TESTS_CONTACT_ZONES_H

#include <contact_policy.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

/* "2026-03-29 01:00", UTC, to microseconds. */
static inline int64_t instant(const char *text) {
    struct tm tm = {0};
    if (sscanf(text, "%d-%d-%d %d:%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min) != 5) return INT64_MIN;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    return (int64_t)timegm(&tm) * 1000000;
}

typedef struct written_zone {
    const char *name;
    int first_s; /* before the first of the changes */
    struct {
        const char *at;
        int offset_s;
    } change[3];
} written_zone;

static const written_zone written_zones[] = {
    {"Europe/Berlin", 3600, {{"2026-03-29 01:00", 7200}, {"2026-10-25 01:00", 3600}, {NULL, 0}}},
    {"America/New_York", -18000, {{"2026-03-08 07:00", -14400}, {"2026-11-01 06:00", -18000}, {NULL, 0}}},
    {"Australia/Lord_Howe", 39600, {{"2026-04-04 15:00", 37800}, {"2026-10-03 15:30", 39600}, {NULL, 0}}},
    {"Australia/Adelaide", 37800, {{"2026-04-04 16:30", 34200}, {"2026-10-03 16:30", 37800}, {NULL, 0}}},
    {"Asia/Kolkata", 19800, {{NULL, 0}}},
    {"Asia/Kathmandu", 20700, {{NULL, 0}}},
    {"Pacific/Pago_Pago", -39600, {{NULL, 0}}},
    {"Pacific/Kiritimati", 50400, {{NULL, 0}}},
    {"Pacific/Apia", -36000, {{"2011-12-30 10:00", 50400}, {"2012-03-31 14:00", 46800}, {NULL, 0}}},
};
#define WRITTEN_ZONES (sizeof written_zones / sizeof *written_zones)

static inline contact_zone zone_written(size_t i) {
    static contact_shift shift[WRITTEN_ZONES][4];
    const written_zone *w = &written_zones[i];
    size_t n = 1;
    shift[i][0] = (contact_shift){INT64_MIN, w->first_s};
    for (; n <= 3 && w->change[n - 1].at; n++) shift[i][n] = (contact_shift){instant(w->change[n - 1].at), w->change[n - 1].offset_s};
    return (contact_zone){w->name, shift[i], n};
}

/* "Europe/Berlin,Asia/Kolkata" into out; how many. */
static inline size_t zones_named(const char *names, contact_zone *out) {
    size_t n = 0;
    for (const char *at = names; *at; at += strcspn(at, ","), at += *at == ',')
        for (size_t i = 0; i < WRITTEN_ZONES; i++)
            if (strlen(written_zones[i].name) == strcspn(at, ",") && strncmp(written_zones[i].name, at, strcspn(at, ",")) == 0) out[n++] = zone_written(i);
    return n;
}

#endif
