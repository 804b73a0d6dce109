/* Settings: the file that is written is the defaults; files that are wrong, each with what is said of it; working time over nights, weekends, holidays and the days clocks change. */
#include <config.h>

#include <calendar.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

typedef struct findings {
    char text[4096];
    size_t n;
    uint32_t line; /* of the last */
} findings;

static void found(void *ctx, const char *file, uint32_t line, const char *message) {
    findings *f = ctx;
    (void)file;
    f->n++;
    f->line = line;
    size_t len = strlen(f->text);
    snprintf(f->text + len, sizeof f->text - len, "%s\n", message);
}

static void read_fine(const char *text, config *c) {
    mr_error err = {0};
    *c = (config){0};
    if (config_read("fine.yaml", text, strlen(text), NULL, NULL, c, &err) != MR_OK) fail_msg("%s", err.message);
}

static void written(void **state) {
    (void)state;
    mr_error err = {0};
    config usual = {0}, read = {0};
    text_buffer text = {0}, a = {0}, b = {0};
    assert_int_equal(config_load(NULL, NULL, NULL, &usual, &err), MR_OK);
    config_template(&text);
    read_fine(text_terminate(&text), &read);
    for (size_t i = 0; i < setting_rows_n; i++) {
        a.len = b.len = 0;
        config_value(&usual, &setting_rows[i], &a);
        config_value(&read, &setting_rows[i], &b);
        assert_string_equal(text_terminate(&a), text_terminate(&b));
        assert_int_equal(read.given[i], 1);
        assert_int_equal(usual.given[i], 0);
        if (!strcmp(setting_rows[i].name, "mode")) assert_string_equal(text_terminate(&a), "propose"); /* nothing is sent before somebody says so */
    }
    text_free(&text);
    text_free(&a);
    text_free(&b);
    config_free(&usual);
    config_free(&read);
}

#define SATURDAYS "2026-01-03, 2026-01-10, 2026-01-17, 2026-01-24, 2026-01-31, 2026-02-07, 2026-02-14, 2026-02-21, 2026-02-28, 2026-03-07, 2026-03-14, 2026-03-21, 2026-03-28, 2026-04-04, 2026-04-11, 2026-04-18, 2026-04-25, " \
    "2026-05-02, 2026-05-09, 2026-05-16, 2026-05-23, 2026-05-30, 2026-06-06, 2026-06-13, 2026-06-20, 2026-06-27, 2026-07-04, 2026-07-11, 2026-07-18, 2026-07-25, 2026-08-01, 2026-08-08, 2026-08-15, 2026-08-22, 2026-08-29, " \
    "2026-09-05, 2026-09-12, 2026-09-19, 2026-09-26, 2026-10-03, 2026-10-10, 2026-10-17, 2026-10-24, 2026-10-31, 2026-11-07, 2026-11-14, 2026-11-21, 2026-11-28, 2026-12-05, 2026-12-12, 2026-12-19, 2026-12-26, 2027-01-02"

static void wrong(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
        size_t n;
    } rows[] = {
        {"contact: {calls: -1}", "calls must be 0 to 1000, not -1", 1},
        {"contact: {calls: 1.5}", "whole number", 1},
        {"contact: {calls: three}", "'three' is no number", 1},
        {"contact: {calls: [1]}", "not a list", 1},
        {"contact: {quiet_hours: late}", "quiet_hours must be hours as in", 1},
        {"contact: {quiet_hours: \"25:00-26:00\"}", "quiet_hours must be hours", 1},
        {"contact: {phone_hours: \"09:00-17:00 mon-funday\"}", "phone_hours must be hours", 1},
        {"follow_up: {mode: on}", "off|propose|automatic, not 'on'", 1},
        {"follow_up: {mode: off, mode: propose}", "'mode' stands here twice", 1},
        {"follow_up: {moode: off}", "there is no setting 'moode' in follow_up; did you mean 'mode'?", 1},
        {"folow_up: {}", "did you mean 'follow_up'?", 1},
        {"follow_up: off", "is to hold settings", 1},
        {"follow_up: {mode: off}\nfollow_up: {effect: 1}", "fine.yaml:2: 'follow_up' stands here twice", 1},
        {"delight: {milestone_orders: 5}", "must be a list, as in [5, 10", 1},
        {"delight: {milestone_orders: [0]}", "1 to 100000", 1},
        {"- a\n- b", "settings are sections", 1},
        {"company: {time_zone: Berlin}", "'Berlin' is no time zone", 1},
        {"company: {hours: \"17:00-09:00\"}", "work begins before it ends", 1},
        {"people: {name: Ann}", "'people' must be a list", 1},
        {"people: [{role: sales}]", "a person needs a name", 1},
        {"people: [{name: Ann, role: boss}]", "'boss' is not known", 1},
        {"people: [{name: Ann}, {name: Ann}]", "two people called 'Ann'", 1},
        {"people: [{name: Ann, stands_in: Bob}]", "'Bob', who stands in for Ann, is not among the people", 1},
        {"people: [{name: Ann, away: [{from: 2026-02-02, to: 2026-02-01}]}]", "away needs from and to", 1},
        {"people: [{name: Ann, time_zone: Nowhere/Here}]", "is no time zone", 1},
        {"people: [{name: Ann, hours: \"9-17\"}]", "hours must be hours as in \"09:00-17:00 mon-fri\" or \"09:00-12:30 13:30-17:00 mon-thu", 1},
        {"people: [{name: Ann, hours: \"09:00-13:00 12:00-17:00 mon\"}]", "hours of mon overlap", 1},
        {"people: [{name: Ann, hours: \"09:00-12:00 mon-fri, 11:00-13:00 fri\"}]", "hours of fri overlap", 1},
        {"people: [{name: Ann, hours: \"22:00-06:00\"}]", "a night is two windows", 1},
        {"people: [{name: Ann, hours: \"09:00-12:00 13:00-17:00 mon-fri;\"}]", "';' is one too many", 1},
        {"people: [{name: Ann, hours: \"09:00-12:00,\"}]", "ends with a comma", 1},
        {"people: [{name: Ann, hours: \"1:00-2:00 3:00-4:00 5:00-6:00 7:00-8:00 9:00-10:00\"}]", "four windows at most", 1},
        {"people: [{name: Ann, away: [2026-02-02..2026-02-01]}]", "ends before it begins", 1},
        {"people: [{name: Ann, away: [Christmas]}]", "away must be days as in 2026-12-24..2027-01-02", 1},
        {"people: [{name: Ann, away: 2026-02-02}]", "away must be a list", 1},
        {"people: [{name: Ann, tasks_per_day: 0}]", "tasks_per_day", 1},
        {"people: [{name: Ann, languages: [German!]}]", "languages must be tags such as", 1},
        {"people: [{name: Ann, email: ann}]", "email of Ann must be one e-mail address", 1},
        {"company: {hours: \"\"}", "somebody has to work", 1},
        {"company: {hours: \"10:00-14:00 sat\"}\nholidays: [" SATURDAYS "]", "fine.yaml:2: holidays: after 2026-01-03 nobody works for a year", 1},
        {"tiers: [{name: gold}, {name: gold}]", "'gold' stands there twice", 1},
        {"holidays: [2026-02-30]", "no date like", 1},
        {"company: {from_email: hello}", "company.from_email must be one e-mail address, as in hello@example.com, not 'hello'", 1},
        {"company: {from_email: \"a@b.c, d@e.f\"}", "one e-mail address", 1},
        {"company: {from_name: \"a\\nBcc: x@y.z\"}", "company.from_name holds a line break", 1},
        {"company: {web: \"ftp://example.com\"}", "https:// or http://", 1},
        {"delivery: {smtp_password: hunter2}", "delivery.smtp_password must be env:NAME or file:PATH", 1},
        {"delivery: {smtp_url: \"smtp://me:pw@mail.example\"}", "without user and password", 1},
        {"follow_up: {first_days: 40}", "fine.yaml:1: follow_up.second_days must be more than first_days; they are 30 and 40", 1},
        {"people: [{name: Ann, stands_in: Ann}]", "cannot stand in for themselves", 1},
        {"webhooks: [{name: crm, url: \"http://crm.example\", secret: \"env:X\"}]", "must begin with https://", 1},
        {"webhooks: [{name: crm}]", "needs name, url and secret", 1},
        {"contact: {calls: x, emails: y}\nreview: {task_days: 0}", "task_days must be 1 to 90, not 0", 3},
        {"contact:\n\tcalls: 3", "no YAML", 1},
        {"contact: {calls: 3", "no YAML", 1},
        {"contact: {calls: \"\xff\"}", "no YAML", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        config c = {0};
        mr_error err = {0};
        findings f = {.n = 0};
        assert_int_equal(config_read("fine.yaml", rows[i].text, strlen(rows[i].text), found, &f, &c, &err), MR_EDATA);
        if (!strstr(f.text, rows[i].says) || f.n != rows[i].n) fail_msg("%s\n    said %zu: %s    wanted: %s", rows[i].text, f.n, f.text, rows[i].says);
        assert_true(strlen(err.message) > 0);
        config_free(&c);
    }
}

/* What only the whole shows has a line as well: that of the setting, of the person, of the tier. */
static void lines(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint32_t line;
    } rows[] = {
        {"follow_up:\n  first_days: 40\n  effect: 0.1\n", 2},
        {"follow_up:\n  first_days: 40\n  second_days: 35\n", 3},
        {"follow_up:\n  second_days: 5\n", 2},
        {"company:\n  name: x\n  time_zone: Berlin\n", 3},
        {"company:\n  hours: \"\"\n", 2},
        {"company:\n  name: x\n  web: ftp\n", 3},
        {"people:\n  - name: Ann\n  - name: Bob\n    stands_in: Cy\n", 3},
        {"people:\n  - name: Ann\n  - name: Ann\n", 3},
        {"tiers:\n  - {name: a}\n  - {name: b}\n  - {name: a}\n", 4},
        {"webhooks:\n  - {name: a, url: \"http://a\", secret: \"env:A\"}\n", 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        config c = {0};
        mr_error err = {0};
        findings f = {.n = 0};
        char where[32];
        assert_int_equal(config_read("fine.yaml", rows[i].text, strlen(rows[i].text), found, &f, &c, &err), MR_EDATA);
        snprintf(where, sizeof where, "fine.yaml:%u: ", (unsigned)rows[i].line);
        if (f.n != 1 || f.line != rows[i].line || strncmp(err.message, where, strlen(where)) != 0) fail_msg("%s\n    line %u, said: %s", rows[i].text, (unsigned)f.line, f.text);
        config_free(&c);
    }
}

/* "2026-11-23 09:00" UTC */
static int64_t at(const char *text) {
    int32_t day;
    int hour, minute;
    assert_true(calendar_parse(text, 10, &day));
    assert_int_equal(sscanf(text + 11, "%d:%d", &hour, &minute), 2);
    return day * CONTACT_DAY_US + (hour * 60 + minute) * CONTACT_MINUTE_US;
}

static void tiers_and_people(void **state) {
    (void)state;
    config c;
    read_fine("tiers: [{name: gold, response_hours: 2}, {name: \"*\", cadence_days: 60, resolution_hours: 9}]\nrecovery: {response_hours: 5}\n"
              "people: [{name: Ann, stands_in: Bob, left: 2026-12-31, away: [{from: 2026-02-02, to: 2026-02-04, stands_in: Cy}]}, {name: Bob}, {name: Cy}]", &c);
    const config_tier *gold = config_tier_of(&c, "gold"), *any = config_tier_of(&c, "tin");
    assert_true(gold->response_hours == 2 && gold->resolution_hours == 9 && gold->cadence_days == 60);
    assert_true(any->response_hours == 5 && any->resolution_hours == 9 && any->cadence_days == 60);
    const config_person *ann = config_person_of(&c, "Ann");
    assert_true(config_person_free(ann, calendar_day(2026, 2, 1)) && !config_person_free(ann, calendar_day(2026, 2, 4)) && config_person_free(ann, calendar_day(2026, 2, 5)));
    assert_true(config_person_free(ann, calendar_day(2026, 12, 31)) && !config_person_free(ann, calendar_day(2027, 1, 1)));
    assert_string_equal(config_person_stand_in(ann, calendar_day(2026, 2, 3)), "Cy");
    assert_string_equal(config_person_stand_in(ann, calendar_day(2027, 2, 3)), "Bob");
    assert_null(config_person_of(&c, "Dee"));
    config_free(&c);
    read_fine("company: {time_zone: Europe/Berlin}\nholidays: [2026-03-04]\n"
              "people: [{name: Ann, hours: \"09:00-12:30 13:30-17:00 mon-thu, 09:00-13:00 fri\", languages: [de, en-GB], away: [2026-03-05..2026-03-09, 2026-03-11], left: 2026-03-12},"
              " {name: Bob, time_zone: America/New_York, tasks_per_day: 2.5}]", &c);
    const config_person *bob = config_person_of(&c, "Bob");
    ann = config_person_of(&c, "Ann");
    assert_true(config_person_a_day(ann) == 32 / 5.0 && config_person_a_day(bob) == 2.5);
    assert_true(config_person_speaks(ann, "de-AT") && config_person_speaks(ann, "EN") && !config_person_speaks(ann, "fr") && config_person_speaks(ann, "") && config_person_speaks(bob, "fr"));
    static const struct {
        const char *from, *ann, *bob;
    } rows[] = {{"2026-03-02 11:45", "2026-03-02 12:30", "2026-03-02 14:00"}, /* Ann's noon; New York opens */
                {"2026-03-03 16:00", "2026-03-10 08:00", "2026-03-03 16:00"}, /* a holiday, then away over a weekend */
                {"2026-03-06 23:00", "2026-03-10 08:00", "2026-03-09 13:00"}, /* New York's clocks went forward */
                {"2026-03-12 16:00", NULL, "2026-03-12 16:00"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(work_next(&ann->work, at(rows[i].from)), rows[i].ann ? at(rows[i].ann) : WORK_NEVER);
        assert_int_equal(work_next(&bob->work, at(rows[i].from)), at(rows[i].bob));
    }
    config_free(&c);
}

static void work(void **state) {
    (void)state;
    static const struct {
        const char *zone, *hours, *from;
        double hours_of_work;
        const char *to;
    } rows[] = {
        {"Europe/Berlin", "09:00-17:00 mon-fri", "2026-11-23 09:00", 2, "2026-11-23 11:00"},
        {"Europe/Berlin", "09:00-17:00 mon-fri", "2026-11-23 06:00", 2, "2026-11-23 10:00"}, /* before work begins */
        {"Europe/Berlin", "09:00-17:00 mon-fri", "2026-11-23 15:00", 2, "2026-11-24 09:00"}, /* over night */
        {"Europe/Berlin", "09:00-17:00 mon-fri", "2026-11-27 15:30", 1, "2026-11-30 08:30"}, /* over a weekend */
        {"Europe/Berlin", "09:00-17:00 mon-fri", "2026-12-24 15:00", 2, "2026-12-28 09:00"}, /* Christmas, and the weekend after it */
        {"Europe/Berlin", "09:00-17:00 mon-fri", "2026-03-27 15:00", 2, "2026-03-30 08:00"}, /* clocks go forward: 9:00 there is 7:00 UTC */
        {"Europe/Berlin", "09:00-17:00 mon-fri", "2026-10-23 14:00", 2, "2026-10-26 09:00"}, /* and back */
        {"Europe/Berlin", "00:00-06:00", "2026-03-28 23:00", 5, "2026-03-29 04:00"},          /* 2:00 to 3:00 is not there: five hours are all there are */
        {"Europe/Berlin", "00:00-06:00", "2026-10-24 22:00", 7, "2026-10-25 05:00"},          /* 2:00 to 3:00 comes twice: seven */
        {"Asia/Kolkata", "09:00-18:00 mon-fri", "2026-11-23 12:00", 1, "2026-11-24 04:00"},   /* half an hour off */
        {"Australia/Lord_Howe", "00:00-24:00", "2026-10-03 13:00", 24, "2026-10-04 13:00"},   /* clocks change by half an hour; time that passes is what counts */
        {"UTC", "10:00-14:00 sat", "2026-11-23 09:00", 6, "2026-12-05 12:00"},
        {"UTC", "09:00-12:30 13:30-17:00 mon-thu, 09:00-13:00 fri", "2026-11-23 12:00", 1, "2026-11-23 14:00"}, /* over lunch */
        {"UTC", "09:00-12:30 13:30-17:00 mon-thu, 09:00-13:00 fri", "2026-11-23 12:45", 1, "2026-11-23 14:30"}, /* at lunch */
        {"UTC", "09:00-12:30 13:30-17:00 mon-thu, 09:00-13:00 fri", "2026-11-26 16:00", 6, "2026-11-30 10:00"}, /* Friday ends at one */
        {"UTC", "22:00-24:00 mon, 00:00-06:00 tue", "2026-11-23 23:00", 2, "2026-11-24 01:00"},                 /* a night */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[300];
        config c;
        snprintf(text, sizeof text, "company: {time_zone: %s, hours: \"%s\"}\nholidays: [2026-12-26, 2026-12-25]", rows[i].zone, rows[i].hours);
        read_fine(text, &c);
        int64_t to = work_add_hours(&c.work, at(rows[i].from), rows[i].hours_of_work);
        if (to != at(rows[i].to)) fail_msg("row %zu: %s from %s: wrong by %g hours", i, rows[i].zone, rows[i].from, (double)(to - at(rows[i].to)) / 3.6e9);
        config_free(&c);
    }
}

/* Nobody works: for ever, for years on end, or so little that the hours take a century. The clock counts, and at once. */
static void nobody_works(void **state) {
    (void)state;
    enum { YEARS = 30 * 366 };
    static int32_t all[YEARS];
    config c;
    read_fine("", &c);
    work_calendar w = c.work;
    int64_t from = at("2026-11-23 10:00"), hour = INT64_C(3600000000);
    assert_int_equal(work_add_hours(&w, from, 2), from + 2 * hour);
    w.hours = (work_hours){0};
    assert_int_equal(work_add_hours(&w, from, 2), from + 2 * hour);
    assert_int_equal(work_next(&w, from), WORK_NEVER);
    assert_int_equal(work_day_begins(&w, 20000), 20000 * CONTACT_DAY_US);
    w.hours = c.work.hours;
    for (int i = 0; i < YEARS; i++) all[i] = work_day_of(&w, from) + i;
    w.holidays = all, w.holidays_n = YEARS;
    assert_int_equal(work_add_hours(&w, from, 2), from + 2 * hour);
    assert_int_equal(work_next(&w, from), WORK_NEVER);
    w.holidays_n = 300; /* a long closure is counted through */
    assert_true(work_add_hours(&w, from, 2) > from + 299 * CONTACT_DAY_US);
    w.holidays_n = 0, w.last_day = all[0];
    assert_int_equal(work_add_hours(&w, from, 2), from + 2 * hour);
    assert_int_equal(work_add_hours(&w, from, 40), from + 40 * hour); /* their last day ends before */
    char why[160];
    w = c.work;
    assert_true(work_hours_parse("10:00-10:01 sat", &w.hours, why));
    assert_int_equal(work_add_hours(&w, from, 20000), from + 20000 * hour);
    config_free(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(written), cmocka_unit_test(wrong), cmocka_unit_test(lines), cmocka_unit_test(tiers_and_people), cmocka_unit_test(work), cmocka_unit_test(nobody_works)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
