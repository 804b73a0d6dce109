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
} findings;

static void found(void *ctx, const char *file, uint32_t line, const char *message) {
    findings *f = ctx;
    (void)file, (void)line;
    f->n++;
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
        {"tiers: [{name: gold}, {name: gold}]", "'gold' stands there twice", 1},
        {"holidays: [2026-02-30]", "no date like", 1},
        {"company: {from_email: hello}", "company.from_email must be one e-mail address, as in hello@example.com, not 'hello'", 1},
        {"company: {from_email: \"a@b.c, d@e.f\"}", "one e-mail address", 1},
        {"company: {from_name: \"a\\nBcc: x@y.z\"}", "company.from_name holds a line break", 1},
        {"company: {web: \"ftp://example.com\"}", "https:// or http://", 1},
        {"delivery: {smtp_password: hunter2}", "delivery.smtp_password must be env:NAME or file:PATH", 1},
        {"delivery: {smtp_url: \"smtp://me:pw@mail.example\"}", "without user and password", 1},
        {"follow_up: {first_days: 40}", "second_days must be more than first_days", 1},
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
}

/* "2026-11-23 09:00" UTC */
static int64_t at(const char *text) {
    int32_t day;
    int hour, minute;
    assert_true(calendar_parse(text, 10, &day));
    assert_int_equal(sscanf(text + 11, "%d:%d", &hour, &minute), 2);
    return day * CONTACT_DAY_US + (hour * 60 + minute) * CONTACT_MINUTE_US;
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

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(written), cmocka_unit_test(wrong), cmocka_unit_test(tiers_and_people), cmocka_unit_test(work)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
