/* Checking bodies against payloads.def. */
#include "payload.h"

#include <calendar.h>
#include <event.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Each kind's fields, and the kinds' first rows: fields of a kind stand together, in the order of the file. */
static const payload_field fields[] = {
#define PAYLOAD(kind, field, type, unit, required, summary) {#field, unit, summary, PAYLOAD_##type, required},
#include "payloads.def"
#undef PAYLOAD
};

static const int16_t kind_of[] = {
#define PAYLOAD(kind, field, type, unit, required, summary) EVENT_##kind,
#include "payloads.def"
#undef PAYLOAD
};

#define FIELDS (sizeof fields / sizeof *fields)

const payload_field *payload_fields(int kind, size_t *n) {
    size_t from = 0;
    while (from < FIELDS && kind_of[from] != kind) from++;
    size_t to = from;
    while (to < FIELDS && kind_of[to] == kind) to++;
    *n = to - from;
    return fields + (from < FIELDS ? from : 0);
}

/* --- types --- */

static bool two_digits(const char *at, int most) {
    if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9') return false;
    return (at[0] - '0') * 10 + at[1] - '0' <= most;
}

/* RFC 3339, section 5.6: 2026-03-04T10:00:00[.123](Z|+01:00); seconds may be 60. */
static bool is_date_time(const char *text, size_t len) {
    int32_t day;
    if (len < 20 || !calendar_parse(text, 10, &day) || (text[10] != 'T' && text[10] != 't')) return false;
    if (!two_digits(text + 11, 23) || text[13] != ':' || !two_digits(text + 14, 59) || text[16] != ':' || !two_digits(text + 17, 60)) return false;
    const char *at = text + 19, *end = text + len;
    if (*at == '.') {
        const char *digits = ++at;
        while (at < end && *at >= '0' && *at <= '9') at++;
        if (at == digits) return false;
    }
    if (end - at == 1) return *at == 'Z' || *at == 'z';
    return end - at == 6 && (*at == '+' || *at == '-') && two_digits(at + 1, 23) && at[3] == ':' && two_digits(at + 4, 59);
}

static bool is_day(const char *text, size_t len) {
    int32_t day;
    return calendar_parse(text, len, &day);
}

bool payload_fits(payload_type type, const json_t *value) {
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);
    switch (type) {
    case PAYLOAD_text: return text != NULL;
    case PAYLOAD_number: return json_is_number(value);
    case PAYLOAD_integer: return json_is_integer(value) || (json_is_real(value) && trunc(json_real_value(value)) == json_real_value(value));
    case PAYLOAD_day: return text && is_day(text, len);
    case PAYLOAD_time: return text && (is_date_time(text, len) || is_day(text, len));
    case PAYLOAD_flag: return json_is_boolean(value);
    }
    return false;
}

static const char *wanted(payload_type type) {
    switch (type) {
    case PAYLOAD_text: return "a text";
    case PAYLOAD_number: return "a number";
    case PAYLOAD_integer: return "a whole number";
    case PAYLOAD_day: return "a day, as in \"2026-03-04\"";
    case PAYLOAD_time: return "a time, as in \"2026-03-04T10:00:00Z\"";
    case PAYLOAD_flag: return "true or false";
    }
    return "something else";
}

/* --- checking --- */

#define SHOWN 48 /* bytes of a value that are shown */

/* The value as JSON, cut where it is long, but not within a character. */
static void show(const json_t *value, char out[SHOWN + 4]) {
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    size_t len = text ? strlen(text) : 0, cut = len;
    if (len > SHOWN) {
        cut = SHOWN;
        while (cut > 0 && ((unsigned char)text[cut] & 0xc0) == 0x80) cut--;
    }
    memcpy(out, text ? text : "", cut);
    memcpy(out + cut, len > cut ? "..." : "", len > cut ? 4 : 1);
    free(text);
}

mr_status payload_check_object(int kind, const json_t *body, char *why, size_t room) {
    const char *name = event_kind_of(kind)->name;
    size_t n;
    const payload_field *field = payload_fields(kind, &n);
    why[0] = 0;
    for (size_t i = 0; i < n; i++) {
        const json_t *value = json_object_get(body, field[i].name);
        if (!value || json_is_null(value)) {
            if (!field[i].required) continue;
            snprintf(why, room, "%s: the body has no \"%s\" (%s)", name, field[i].name, field[i].summary);
            return MR_EDATA;
        }
        if (payload_fits(field[i].type, value)) continue;
        char shown[SHOWN + 4];
        show(value, shown);
        snprintf(why, room, "%s: \"%s\" is %s; wanted is %s", name, field[i].name, shown, wanted(field[i].type));
        return MR_EDATA;
    }
    return MR_OK;
}

mr_status payload_check(int kind, const char *body, size_t len, char *why, size_t room) {
    json_error_t fault;
    why[0] = 0;
    json_t *object = len ? json_loadb(body, len, JSON_REJECT_DUPLICATES, &fault) : json_object();
    if (!object) {
        bool memory = !len || json_error_code(&fault) == json_error_out_of_memory;
        if (memory) return MR_ENOMEM;
        snprintf(why, room, "%s: the body is no JSON: %s", event_kind_of(kind)->name, fault.text);
        return MR_EDATA;
    }
    mr_status status = MR_EDATA;
    if (json_is_object(object)) {
        status = payload_check_object(kind, object, why, room);
    } else {
        snprintf(why, room, "%s: the body is no JSON object", event_kind_of(kind)->name);
    }
    json_decref(object);
    return status;
}
