/* The feed as another program reads it. */
#include "check.h"

#include <calendar_feed.h>

#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#define NOW INT64_C(1795478400000000) /* 2026-11-24T00:00:00Z */
#define HOUR INT64_C(3600000000)

static const char nasty[] = "a; b, c\\ \"d\"\r\ne\nf: \xC3\xA4\xC3\xB6\xC3\xBC \xF0\x9F\x98\x80 BEGIN:VEVENT\nEND:VCALENDAR";

static text_buffer feed(const char *person, const calendar_task *tasks, size_t n) {
    text_buffer out = {0};
    mr_error err;
    if (calendar_feed(person, tasks, n, NOW, &out, &err) != MR_OK) fail_msg("%s", err.message);
    return out;
}

static json_t *parsed(const text_buffer *b) {
    char path[] = "/tmp/marram_calendar_XXXXXX", command[400];
    int at = mkstemp(path);
    assert_true(at >= 0 && write(at, b->data, b->len) == (ssize_t)b->len);
    close(at);
    snprintf(command, sizeof command, "/usr/bin/python3 " DELIVER_TESTS "/parse_calendar.py '%s'", path);
    FILE *f = popen(command, "r");
    json_error_t why;
    json_t *j = json_loadf(f, 0, &why);
    int code = pclose(f);
    unlink(path);
    if (!j || code) fail_msg("%s: %.*s", why.text, (int)b->len, b->data);
    return j;
}

static void check_text(const json_t *event, const char *name, const char *want) {
    assert_string_equal(json_string_value(json_object_get(event, name)), want);
}

#define need_icalendar() do { if (system("/usr/bin/python3 -c 'import icalendar' 2>/dev/null")) { print_message("no python3-icalendar\n"); skip(); } } while (0)

static void test_events(void **state) {
    (void)state;
    need_icalendar();
    static const calendar_task tasks[] = {
        {.id = "00000000000000b2", .summary = nasty, .description = nasty, .category = "two_parents,odd; one", .due_us = NOW + 9 * HOUR, .changed_us = NOW - HOUR, .urgent = true},
        {.id = "00000000000000a1", .summary = "Call Ann", .due_us = NOW + 9 * HOUR, .changed_us = NOW - 2 * HOUR, .standing = CALENDAR_DROPPED},
        {.id = "00000000000000c3", .summary = "Before it all", .description = "", .category = "review", .due_us = INT64_C(-86400000001), .changed_us = -1, .standing = CALENDAR_DONE},
    };
    text_buffer b = feed("Mara \xC3\x84" "dler; x,y", tasks, 3);
    json_t *j = parsed(&b);
    check_text(j, "version", "2.0");
    check_text(j, "name", "Marram: Mara \xC3\x84" "dler; x,y");
    const json_t *events = json_object_get(j, "events");
    assert_int_equal(json_array_size(events), 3);
    const json_t *e = json_array_get(events, 0);
    check_text(e, "uid", "00000000000000c3@marram");
    check_text(e, "start", "1969-12-30T23:59:59Z");
    check_text(e, "modified", "1969-12-31T23:59:59Z");
    check_text(e, "status", "CONFIRMED");
    e = json_array_get(events, 1);
    check_text(e, "uid", "00000000000000a1@marram");
    check_text(e, "status", "CANCELLED");
    check_text(e, "description", "");
    e = json_array_get(events, 2);
    check_text(e, "uid", "00000000000000b2@marram");
    check_text(e, "summary", "a; b, c\\ \"d\"\ne\nf: \xC3\xA4\xC3\xB6\xC3\xBC \xF0\x9F\x98\x80 BEGIN:VEVENT\nEND:VCALENDAR");
    check_text(e, "description", "a; b, c\\ \"d\"\ne\nf: \xC3\xA4\xC3\xB6\xC3\xBC \xF0\x9F\x98\x80 BEGIN:VEVENT\nEND:VCALENDAR");
    check_text(e, "start", "2026-11-24T09:00:00Z");
    check_text(e, "stamp", "2026-11-24T00:00:00Z");
    check_text(e, "modified", "2026-11-23T23:00:00Z");
    assert_int_equal(json_real_value(json_object_get(e, "minutes")), 15);
    assert_int_equal(json_integer_value(json_object_get(e, "priority")), 1);
    assert_string_equal(json_string_value(json_array_get(json_object_get(e, "categories"), 0)), "two_parents");
    assert_string_equal(json_string_value(json_array_get(json_object_get(e, "categories"), 1)), "odd; one");
    json_decref(j);
    /* In another order the same bytes. */
    calendar_task turned[] = {tasks[2], tasks[0], tasks[1]};
    text_buffer again = feed("Mara \xC3\x84" "dler; x,y", turned, 3);
    assert_int_equal(again.len, b.len);
    assert_memory_equal(again.data, b.data, b.len);
    text_free(&again);
    text_free(&b);
}

/* Whose it is can be read from it again. */
static void test_person(void **state) {
    (void)state;
    static const char *const names[] = {"Mara Adler", "Mara \xC3\x84" "dler; x,y \\ z", "A name that is so long that its line is folded at least once, and perhaps even twice, by the time that it ends"};
    const calendar_task task = {.id = "a", .summary = nasty, .due_us = NOW, .changed_us = NOW};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        text_buffer b = feed(names[i], &task, i % 2), person = {0};
        assert_true(calendar_feed_person(text_terminate(&b), &person));
        assert_string_equal(person.data, names[i]);
        text_free(&person);
        text_free(&b);
    }
    static const char *const others[] = {"", "hello", "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Other//EN\r\nX-WR-CALNAME:Marram: A\r\nEND:VCALENDAR\r\n", "BEGIN:VCALENDAR\r\nPRODID:-//Marram//Marram//EN\r\nEND:VCALENDAR\r\n"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        text_buffer person = {0};
        assert_false(calendar_feed_person(others[i], &person));
        text_free(&person);
    }
}

/* Texts of every length around the fold, in one-, two- and four-byte characters. */
static void test_folds(void **state) {
    (void)state;
    need_icalendar();
    static const char *const what[] = {"x", "\xC3\xA4", "\xF0\x9F\x98\x80", ","};
    calendar_task tasks[120];
    char ids[120][17], texts[120][600];
    for (int i = 0; i < 120; i++) {
        texts[i][0] = 0;
        for (int k = 0; k < 20 + i; k++) strcat(texts[i], what[i % 4]);
        snprintf(ids[i], sizeof ids[i], "%016x", i);
        tasks[i] = (calendar_task){.id = ids[i], .summary = texts[i], .description = texts[i], .due_us = NOW + i, .changed_us = NOW};
    }
    text_buffer b = feed("A", tasks, 120);
    json_t *j = parsed(&b), *events = json_object_get(j, "events");
    assert_int_equal(json_array_size(events), 120);
    for (size_t i = 0; i < 120; i++) check_text(json_array_get(events, i), "summary", texts[i]);
    json_decref(j);
    text_free(&b);
    b = feed("", NULL, 0);
    j = parsed(&b);
    assert_int_equal(json_array_size(json_object_get(j, "events")), 0);
    json_decref(j);
    text_free(&b);
}

static void test_odd(void **state) {
    (void)state;
    text_buffer out = {0};
    mr_error err;
    const calendar_task twice[] = {{.id = "a", .due_us = NOW, .changed_us = NOW}, {.id = "b", .due_us = NOW, .changed_us = NOW}, {.id = "a", .due_us = NOW + 1, .changed_us = NOW}};
    assert_int_equal(calendar_feed("A", twice, 3, NOW, &out, &err), MR_EDATA);
    assert_int_equal(calendar_feed("A", twice, 2, INT64_MAX, &out, &err), MR_EDATA);
    assert_int_equal(calendar_feed("A", &(calendar_task){.id = ""}, 1, NOW, &out, &err), MR_EDATA);
    assert_int_equal(calendar_feed("A", &(calendar_task){.id = "a", .due_us = INT64_MIN}, 1, NOW, &out, &err), MR_EDATA);
    assert_int_equal(out.len, 0);
    out = feed("A\r\nX-EVIL:1", NULL, 0);
    assert_null(strstr(text_terminate(&out), "\nX-EVIL"));
    text_free(&out);
    const calendar_task odd = {.id = "a", .summary = "half \xC3 and \x01\x7F", .due_us = NOW, .changed_us = NOW};
    out = feed("A", &odd, 1);
    text_terminate(&out);
    assert_non_null(strstr(out.data, "SUMMARY:half  and   \r\n"));
    text_free(&out);
    char name[CALENDAR_FILE_NAME];
    assert_int_equal(strncmp(calendar_file_name("Mara Adler", 0x4c1f, name), "mara-adler-0000000000004c1f.ics", 32), 0);
    char other[CALENDAR_FILE_NAME];
    assert_true(strcmp(calendar_file_name("mara adler", 0x4c20, other), name) != 0);
    assert_null(strchr(calendar_file_name("../../etc/passwd", 1, name), '/'));
    assert_true(name[0] != '.');
    assert_int_equal(strlen(calendar_file_name("\xC3\x84", 1, name)), 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_events), cmocka_unit_test(test_person), cmocka_unit_test(test_folds), cmocka_unit_test(test_odd)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
