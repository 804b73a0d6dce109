#include "body.h"

#include <calendar.h>
#include <mem.h>
#include <times.h>

#include <string.h>

/* Where its lexer finds no memory, Jansson says "invalid token": so what cannot be read is read once more, and memory asked for. */
bool body_read(const char *body, size_t len, json_t **out) {
    *out = len ? json_loadb(body, len, JSON_REJECT_DUPLICATES, NULL) : NULL;
    if (len && !*out) *out = json_loadb(body, len, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(*out) || !len) return true;
    void *room = *out ? NULL : mem_take(NULL, len + 1024, 1);
    bool ok = *out || room;
    mem_free(NULL, room);
    json_decref(*out);
    *out = NULL;
    return ok;
}

json_t *body_parse(const char *body, size_t len) {
    json_t *object;
    return body_read(body, len, &object) ? object : NULL;
}

const char *body_text(const json_t *body, const char *field) {
    return json_string_value(json_object_get(body, field));
}

bool body_number(const json_t *body, const char *field, double *value) {
    const json_t *at = json_object_get(body, field);
    if (!json_is_number(at)) return false;
    *value = json_number_value(at);
    return true;
}

bool body_flag(const json_t *body, const char *field) {
    const json_t *at = json_object_get(body, field);
    return json_is_true(at) || (json_is_integer(at) && json_integer_value(at) == 1);
}

bool body_day(const json_t *body, const char *field, int32_t *day) {
    const char *text = body_text(body, field);
    return text && strlen(text) >= 10 && calendar_parse(text, 10, day);
}

bool body_time(const json_t *body, const char *field, int64_t *us) {
    const char *text = body_text(body, field);
    return text && time_read(text, strlen(text), us);
}

/* --- times --- */

bool time_read(const char *text, size_t len, int64_t *us) {
    date_proof proof;
    bool clock;
    return len >= 10 && time_parse(text, len, TIME_YMD, us, &clock, &proof) == TIME_OK;
}

char *time_text(int64_t us, char out[40]) {
    int64_t day = us / TIMES_DAY_US - (us % TIMES_DAY_US < 0);
    if (day < calendar_day(1, 1, 1) || day > calendar_day(9999, 12, 31)) {
        strcpy(out, "");
        return out;
    }
    int64_t rest = us - day * TIMES_DAY_US;
    char date[11];
    calendar_text((int32_t)day, date);
    int seconds = (int)(rest / 1000000), fraction = (int)(rest % 1000000);
    int n = snprintf(out, 40, "%.10sT%02d:%02d:%02d", date, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    if (fraction) n += snprintf(out + n, 40 - (size_t)n, ".%06d", fraction);
    snprintf(out + n, 40 - (size_t)n, "Z");
    return out;
}

/* --- writing --- */

void json_escape(text_buffer *out, const char *text, size_t len) {
    size_t from = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        text_add(out, text + from, i - from);
        from = i + 1;
        if (c == '"' || c == '\\') {
            text_putc(out, '\\');
            text_putc(out, (char)c);
        } else {
            text_printf(out, "\\u%04x", c);
        }
    }
    text_add(out, text + from, len - from);
}

void body_begin(body_writer *w) {
    w->out.len = 0;
    w->out.failed = false;
}

static void name(body_writer *w, const char *field) {
    text_puts(&w->out, w->out.len ? ",\"" : "{\"");
    text_puts(&w->out, field);
    text_puts(&w->out, "\":");
}

void body_put_text(body_writer *w, const char *field, const char *text, size_t len) {
    if (!len) return;
    name(w, field);
    text_putc(&w->out, '"');
    json_escape(&w->out, text, len);
    text_putc(&w->out, '"');
}

void body_put_raw(body_writer *w, const char *field, const char *json, size_t len) {
    name(w, field);
    text_add(&w->out, json, len);
}

void body_put_integer(body_writer *w, const char *field, int64_t value) {
    char number[24];
    name(w, field);
    text_add(&w->out, number, (size_t)(text_signed(number, value) - number));
}

void body_put_number(body_writer *w, const char *field, int64_t ten_thousandths) {
    char number[24];
    uint64_t size = ten_thousandths < 0 ? 0 - (uint64_t)ten_thousandths : (uint64_t)ten_thousandths;
    name(w, field);
    if (ten_thousandths < 0) text_putc(&w->out, '-');
    text_add(&w->out, number, (size_t)(text_unsigned(number, size / 10000) - number));
    unsigned part = (unsigned)(size % 10000), decimals = 4;
    if (!part) return;
    while (part % 10 == 0) part /= 10, decimals--;
    text_printf(&w->out, ".%0*u", (int)decimals, part);
}

void body_put_day(body_writer *w, const char *field, int32_t day) {
    char text[11];
    calendar_text(day, text);
    body_put_text(w, field, text, 10);
}

void body_put_time(body_writer *w, const char *field, int64_t us) {
    char text[40];
    time_text(us, text);
    body_put_text(w, field, text, strlen(text));
}

void body_put_members(body_writer *w, const char *object, size_t len) {
    if (len <= 2) return; /* {} */
    text_putc(&w->out, w->out.len ? ',' : '{');
    text_add(&w->out, object + 1, len - 2);
}

bool body_read_open(const body_writer *w, json_t **out) {
    text_buffer copy = {0};
    *out = NULL;
    text_add(&copy, w->out.data, w->out.len);
    text_putc(&copy, '}');
    bool ok = !copy.failed && body_read(copy.data, copy.len, out);
    text_free(&copy);
    return ok;
}

const char *body_end(body_writer *w, size_t *len) {
    if (w->out.len) text_putc(&w->out, '}');
    *len = w->out.len;
    return w->out.failed ? NULL : w->out.len ? w->out.data : "";
}

void body_free(body_writer *w) {
    text_free(&w->out);
}
