/* libical escapes and folds. */
#include "calendar_feed.h"

#include <calendar.h>
#include <error.h>
#include <mem.h>
#include <unicode.h>

#include <inttypes.h>
#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_US INT64_C(86400000000)
#define PRODUCT "-//Marram//Marram//EN"
#define TITLE "Marram: "

static int by_time(const void *a, const void *b) {
    const calendar_task *x = *(const calendar_task *const *)a, *y = *(const calendar_task *const *)b;
    if (x->due_us != y->due_us) return x->due_us < y->due_us ? -1 : 1;
    return strcmp(x->id, y->id);
}

static int by_id(const void *a, const void *b) {
    return strcmp((*(const calendar_task *const *)a)->id, (*(const calendar_task *const *)b)->id);
}

static icaltimetype time_of(int64_t us) {
    int64_t day = us >= 0 ? us / DAY_US : (us - DAY_US + 1) / DAY_US, second = (us - day * DAY_US) / 1000000;
    calendar_date date = calendar_of((int32_t)day);
    icaltimetype t = icaltime_null_time();
    t.year = date.year;
    t.month = date.month;
    t.day = date.day;
    t.hour = (int)(second / 3600);
    t.minute = (int)(second / 60 % 60);
    t.second = (int)(second % 60);
    t.zone = icaltimezone_get_utc_timezone();
    return t;
}

static bool time_ok(int64_t us) {
    return us >= calendar_day(1, 1, 1) * DAY_US && us < (calendar_day(9999, 12, 31) + INT64_C(1)) * DAY_US;
}

/* What may stand in a text of iCalendar: UTF-8 without control characters but line breaks. */
static const char *clean(const char *text, text_buffer *room) {
    room->len = 0;
    for (const char *at = text ? text : ""; *at;) {
        size_t valid = unicode_fault(at, strlen(at));
        for (size_t i = 0; i < valid; i++) {
            if (at[i] == '\r' && at[i + 1] == '\n') continue;
            if (at[i] == '\n' || at[i] == '\r') text_putc(room, '\n');
            else text_putc(room, (unsigned char)at[i] < 0x20 || at[i] == 0x7F ? ' ' : at[i]);
        }
        at += valid;
        if (*at) at++;
    }
    return text_terminate(room);
}

static void add(icalcomponent *to, icalproperty *property) {
    if (property) icalcomponent_add_property(to, property);
}

static icalcomponent *event_of(const calendar_task *t, icaltimetype now, text_buffer *room) {
    static const icalproperty_status standing[] = {ICAL_STATUS_CONFIRMED, ICAL_STATUS_CONFIRMED, ICAL_STATUS_CANCELLED};
    icalcomponent *event = icalcomponent_new(ICAL_VEVENT_COMPONENT);
    char uid[96];
    if (!event) return NULL;
    snprintf(uid, sizeof uid, "%.80s@marram", t->id);
    add(event, icalproperty_new_uid(uid));
    add(event, icalproperty_new_dtstamp(now));
    add(event, icalproperty_new_dtstart(time_of(t->due_us)));
    add(event, icalproperty_new_duration(icaldurationtype_from_int(CALENDAR_MINUTES * 60)));
    add(event, icalproperty_new_lastmodified(time_of(t->changed_us)));
    add(event, icalproperty_new_summary(clean(t->summary, room)));
    if (t->description && *t->description) add(event, icalproperty_new_description(clean(t->description, room)));
    if (t->category && *t->category) add(event, icalproperty_new_categories(clean(t->category, room)));
    add(event, icalproperty_new_status(standing[t->standing]));
    if (t->urgent) add(event, icalproperty_new_priority(1));
    add(event, icalproperty_new_transp(ICAL_TRANSP_TRANSPARENT)); /* a reminder, which leaves the time free */
    return event;
}

static icalcomponent *calendar_begin(const char *person, text_buffer *room) {
    icalcomponent *whole = icalcomponent_new(ICAL_VCALENDAR_COMPONENT);
    if (!whole) return NULL;
    add(whole, icalproperty_new_version("2.0"));
    add(whole, icalproperty_new_prodid(PRODUCT));
    add(whole, icalproperty_new_method(ICAL_METHOD_PUBLISH));
    char *name = strdup(clean(person, room));
    for (char *c = name; c && *c; c++)
        if (*c == '\n') *c = ' ';
    if (name) {
        room->len = 0;
        text_printf(room, TITLE "%s", name);
        icalproperty *title = icalproperty_new_x(text_terminate(room));
        if (title) icalproperty_set_x_name(title, "X-WR-CALNAME");
        add(whole, title);
    }
    free(name);
    return whole;
}

static mr_status order(const calendar_task *tasks, size_t n, const calendar_task **sorted, mr_error *err) {
    for (size_t i = 0; i < n; i++) {
        sorted[i] = &tasks[i];
        if (!tasks[i].id || !*tasks[i].id) return error_set(err, MR_EDATA, "id", (int64_t)i, "a task of the calendar has no id");
        if (!time_ok(tasks[i].due_us) || !time_ok(tasks[i].changed_us)) return error_set(err, MR_EDATA, "due_us", (int64_t)i, "task %.40s: its time is in no year from 1 to 9999", tasks[i].id);
    }
    if (n) qsort(sorted, n, sizeof *sorted, by_id);
    for (size_t i = 1; i < n; i++)
        if (!strcmp(sorted[i - 1]->id, sorted[i]->id)) return error_set(err, MR_EDATA, "id", -1, "task %.40s is given twice", sorted[i]->id);
    if (n) qsort(sorted, n, sizeof *sorted, by_time);
    return MR_OK;
}

mr_status calendar_feed(const char *person, const calendar_task *tasks, size_t n, int64_t now_us, text_buffer *out, mr_error *err) {
    text_buffer room = {0};
    const calendar_task **sorted = mem_new(NULL, n ? n : 1, sizeof *sorted);
    if (!sorted) return error_memory(err, n * sizeof *sorted);
    mr_status status = time_ok(now_us) ? order(tasks, n, sorted, err) : error_set(err, MR_EDATA, "now_us", -1, "the time is in no year from 1 to 9999");
    icalcomponent *whole = status == MR_OK ? calendar_begin(person, &room) : NULL;
    if (status == MR_OK && !whole) status = error_memory(err, sizeof *tasks);
    for (size_t i = 0; status == MR_OK && i < n; i++) {
        icalcomponent *event = event_of(sorted[i], time_of(now_us), &room);
        if (event) icalcomponent_add_component(whole, event);
        else status = error_memory(err, sizeof *tasks);
    }
    char *text = status == MR_OK ? icalcomponent_as_ical_string_r(whole) : NULL;
    if (text) text_puts(out, text);
    if (status == MR_OK && (!text || room.failed || out->failed)) status = error_memory(err, out->len);
    free(text);
    if (whole) icalcomponent_free(whole);
    text_free(&room);
    mem_free(NULL, sorted);
    return status;
}

bool calendar_feed_person(const char *text, text_buffer *person) {
    icalcomponent *whole = icalparser_parse_string(text);
    icalproperty *product = whole ? icalcomponent_get_first_property(whole, ICAL_PRODID_PROPERTY) : NULL;
    bool ours = product && !strcmp(icalproperty_get_prodid(product), PRODUCT), found = false;
    for (icalproperty *p = ours ? icalcomponent_get_first_property(whole, ICAL_X_PROPERTY) : NULL; p && !found; p = icalcomponent_get_next_property(whole, ICAL_X_PROPERTY)) {
        const char *name = icalproperty_get_x_name(p), *title = icalproperty_get_x(p);
        found = name && title && !strcmp(name, "X-WR-CALNAME") && !strncmp(title, TITLE, sizeof TITLE - 1);
        if (found) text_puts(person, title + sizeof TITLE - 1);
    }
    if (whole) icalcomponent_free(whole);
    text_terminate(person);
    return found && !person->failed;
}

char *calendar_file_name(const char *person, uint64_t token, char out[CALENDAR_FILE_NAME]) {
    size_t n = 0;
    for (const char *c = person; *c; c++) {
        char lower = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
        bool plain = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
        if (n < 60 && (plain || (n && out[n - 1] != '-'))) out[n++] = plain ? lower : '-';
    }
    while (n && out[n - 1] == '-') n--;
    snprintf(out + n, CALENDAR_FILE_NAME - n, "%s%016" PRIx64 ".ics", n ? "-" : "", token);
    return out;
}
