/* Hours in the customer's own time: clock changes, odd offsets, the date line, zones that are not known. The changes of 2026 are written down here by hand (IANA tz 2025b);
 * tests/unit/zones.c compares ICU's with them. */
#include "check.h"
#include "contact_zones.h"

#include <contact_policy.h>

typedef struct hours_case {
    const char *what, *zones, *from, *want; /* instants in UTC; want "never" */
    int window_from, window_to, days;       /* days 0: no window */
} hours_case;

#define QUIET 0, 0, 0

static void test_hours(void **state) {
    (void)state;
    static const hours_case cases[] = {
        {"noon in winter", "Europe/Berlin", "2026-01-15 11:00", "2026-01-15 11:00", QUIET},
        {"before eight", "Europe/Berlin", "2026-01-15 06:59", "2026-01-15 07:00", QUIET},
        {"the last minute", "Europe/Berlin", "2026-01-15 19:59", "2026-01-15 19:59", QUIET},
        {"nine in the evening", "Europe/Berlin", "2026-01-15 20:00", "2026-01-16 07:00", QUIET},
        {"the night clocks go forward", "Europe/Berlin", "2026-03-28 21:00", "2026-03-29 06:00", QUIET},
        {"forward: eight, not seven", "Europe/Berlin", "2026-03-29 05:59", "2026-03-29 06:00", QUIET},
        {"forward: the evening is an hour earlier", "Europe/Berlin", "2026-03-29 19:00", "2026-03-30 06:00", QUIET},
        {"the night clocks go back", "Europe/Berlin", "2026-10-24 19:30", "2026-10-25 07:00", QUIET},
        {"back: still quiet at six UTC", "Europe/Berlin", "2026-10-25 06:00", "2026-10-25 07:00", QUIET},
        {"back: the evening is an hour later", "Europe/Berlin", "2026-10-25 19:59", "2026-10-25 19:59", QUIET},
        {"New York goes forward", "America/New_York", "2026-03-08 02:00", "2026-03-08 12:00", QUIET},
        {"New York the day before", "America/New_York", "2026-03-07 12:59", "2026-03-07 13:00", QUIET},
        {"New York goes back", "America/New_York", "2026-11-01 12:30", "2026-11-01 13:00", QUIET},
        {"New York's evening after it", "America/New_York", "2026-11-02 01:59", "2026-11-02 01:59", QUIET},
        {"Lord Howe goes back by half an hour", "Australia/Lord_Howe", "2026-04-04 12:00", "2026-04-04 21:30", QUIET},
        {"Lord Howe the day before", "Australia/Lord_Howe", "2026-04-03 12:00", "2026-04-03 21:00", QUIET},
        {"Lord Howe goes forward", "Australia/Lord_Howe", "2026-10-03 12:00", "2026-10-03 21:00", QUIET},
        {"Lord Howe's last evening of winter", "Australia/Lord_Howe", "2026-10-02 12:00", "2026-10-02 21:30", QUIET},
        {"half an hour off", "Asia/Kolkata", "2026-06-01 00:00", "2026-06-01 02:30", QUIET},
        {"half an hour off, evening", "Asia/Kolkata", "2026-06-01 15:30", "2026-06-02 02:30", QUIET},
        {"three quarters off", "Asia/Kathmandu", "2026-06-01 00:00", "2026-06-01 02:15", QUIET},
        {"three quarters off, evening", "Asia/Kathmandu", "2026-06-01 15:14", "2026-06-01 15:14", QUIET},
        {"Adelaide, winter", "Australia/Adelaide", "2026-07-01 15:00", "2026-07-01 22:30", QUIET},
        {"Adelaide, summer", "Australia/Adelaide", "2026-12-01 15:00", "2026-12-01 21:30", QUIET},
        {"Adelaide, the night it changes", "Australia/Adelaide", "2026-10-03 12:00", "2026-10-03 21:30", QUIET},
        {"the day Samoa left out", "Pacific/Apia", "2011-12-30 06:30", "2011-12-30 06:30", QUIET},
        {"Samoa's evening before it, then the day after", "Pacific/Apia", "2011-12-30 07:00", "2011-12-30 18:00", QUIET},
        {"Samoa: Thursday is followed by Saturday, Friday's window by next week's", "Pacific/Apia", "2011-12-30 06:30", "2012-01-05 19:00", 540, 1020, 1 << 4},
        {"west of the date line", "Pacific/Pago_Pago", "2026-06-01 00:00", "2026-06-01 00:00", 780, 1020, 1 << 6},
        {"east of it the same instant is Monday", "Pacific/Kiritimati", "2026-05-31 22:00", "2026-05-31 22:00", 540, 1020, 1 << 0},
        {"a window of weekdays over the weekend", "Europe/Berlin", "2026-11-20 17:00", "2026-11-23 08:00", 540, 1080, 0x1F},
        {"a window that spans midnight, cut by the quiet hours", "Europe/Berlin", "2026-11-20 21:00", "2026-11-21 07:00", 1200, 600, 0x7F},
        {"such a window's morning belongs to the day before", "Europe/Berlin", "2026-11-20 21:00", "2026-11-21 07:00", 1200, 600, 1 << 4},
        {"and to no other", "Europe/Berlin", "2026-11-21 09:00", "2026-11-27 19:00", 1200, 600, 1 << 4},
        {"a window in the quiet hours", "Europe/Berlin", "2026-11-20 12:00", "never", 1320, 1380, 0x7F},
        {"a whole day named", "Europe/Berlin", "2026-11-20 21:00", "2026-11-22 07:00", 0, 0, 1 << 6},
        {"two zones: both awake", "Europe/Berlin,America/New_York", "2026-06-15 06:00", "2026-06-15 12:00", QUIET},
        {"two zones, until the first sleeps", "Europe/Berlin,America/New_York", "2026-06-15 19:00", "2026-06-16 12:00", QUIET},
        {"two zones in the weeks when only one has changed", "Europe/Berlin,America/New_York", "2026-03-16 06:00", "2026-03-16 12:00", QUIET},
        {"two zones, both as in winter", "Europe/Berlin,America/New_York", "2026-11-16 06:00", "2026-11-16 13:00", QUIET},
        {"opposite sides of the world are never both awake for long enough", "Pacific/Pago_Pago,Asia/Kolkata,America/New_York", "2026-06-15 06:00", "never", 540, 1020, 0x1F},
        {"a day's difference: where both have the window's day", "Pacific/Pago_Pago,Pacific/Kiritimati", "2026-06-15 06:00", "2026-06-15 19:00", 480, 1260, 0x1F},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const hours_case *c = &cases[i];
        contact_zone zone[8];
        contact_window w = {(int16_t)c->window_from, (int16_t)c->window_to, (uint8_t)c->days};
        size_t n = zones_named(c->zones, zone);
        int64_t from = instant(c->from), got = contact_hours(zone, n, c->days ? &w : NULL, 21 * 60, 8 * 60, from, from + 14 * CONTACT_DAY_US);
        int64_t want = strcmp(c->want, "never") == 0 ? CONTACT_NEVER : instant(c->want);
        char text[80];
        if (got != want) print_error("%s: %s, wanted %s\n", c->what, got == CONTACT_NEVER ? "never" : contact_when(zone, 0, got, text), c->want);
        assert_true(got == want);
    }
}

static void test_words(void **state) {
    (void)state;
    contact_zone zone[8];
    char out[80];
    zones_named("Asia/Kathmandu,Europe/Berlin", zone);
    assert_string_equal(contact_when(zone, 1, instant("2026-06-01 02:15"), out), "2026-06-01 08:00 in Asia/Kathmandu");
    assert_string_equal(contact_when(zone, 2, instant("2026-06-01 02:15"), out), "2026-06-01 02:15 UTC");
    assert_string_equal(contact_when(zone, 1, instant("1969-12-31 23:00"), out), "1970-01-01 04:45 in Asia/Kathmandu");
    assert_string_equal(contact_window_text(&(contact_window){540, 1080, 0x1F}, out), "09:00-18:00 Mon-Fri");
    assert_string_equal(contact_window_text(&(contact_window){0, 1440, 0x7F}, out), "00:00-24:00");
    assert_string_equal(contact_window_text(&(contact_window){0, 0, 0x55}, out), "all day Mon,Wed,Fri,Sun");
    assert_string_equal(contact_window_text(&(contact_window){1200, 600, 0x61}, out), "20:00-10:00 Mon,Sat-Sun");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_hours), cmocka_unit_test(test_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
