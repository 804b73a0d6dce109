#include "event_words.h"

#include <currency.h>
#include <event.h>
#include <utf8.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const templates[EVENT_KINDS] = {
#define WORDS(kind, text) [EVENT_##kind] = text,
#include "event_words.def"
#undef WORDS
};

const char *event_words_template(int kind) {
    return kind >= 0 && kind < EVENT_KINDS ? templates[kind] : NULL;
}

/* --- values --- */

static bool put_value(text_buffer *out, const json_t *value) {
    if (json_is_string(value)) {
        const char *text = json_string_value(value);
        size_t len = json_string_length(value);
        /* A point in time: the day says enough. */
        if (len >= 20 && text[4] == '-' && text[7] == '-' && (text[10] == 'T' || text[10] == ' ')) len = 10;
        text_add(out, text, len);
        return len > 0;
    }
    if (json_is_integer(value)) {
        text_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return true;
    }
    if (json_is_real(value)) {
        text_printf(out, "%.10g", json_real_value(value));
        return true;
    }
    return false;
}

static bool put_amount(text_buffer *out, const json_t *event) {
    const char *currency = json_string_value(json_object_get(event, "currency"));
    if (!put_value(out, json_object_get(event, "amount"))) return false;
    if (currency && *currency_shown(currency)) text_printf(out, " %s", currency);
    return true;
}

void period_words(int64_t months, text_buffer *out) {
    bool years = months % 12 == 0;
    int64_t n = years ? months / 12 : months;
    if (n == 1)
        text_puts(out, years ? "a year" : "a month");
    else
        text_printf(out, "every %" PRId64 " %s", n, years ? "years" : "months");
}

static bool put_period(text_buffer *out, const json_t *months) {
    if (json_integer_value(months) < 1) return false;
    period_words(json_integer_value(months), out);
    return true;
}

static bool put_field(text_buffer *out, const json_t *event, const char *name, size_t len) {
    const json_t *body = json_object_get(event, "body");
    char field[64];
    if (len >= sizeof field) return false;
    memcpy(field, name, len);
    field[len] = 0;
    if (field[0] == '?') return json_is_true(json_object_get(body, field + 1));
    if (!strcmp(field, "amount")) return put_amount(out, event);
    if (!strcmp(field, "period_months")) return put_period(out, json_object_get(body, field));
    return put_value(out, json_object_get(body, field));
}

/* --- templates --- */

/* Text and fields up to end; false: a field is not there. */
static bool put_part(text_buffer *out, const json_t *event, const char *at, const char *end) {
    while (at < end) {
        if (*at != '{') {
            text_putc(out, *at++);
            continue;
        }
        const char *close = memchr(at, '}', (size_t)(end - at));
        if (!close || !put_field(out, event, at + 1, (size_t)(close - at) - 1)) return false;
        at = close + 1;
    }
    return true;
}

/* The first part of [a|b] whose fields are there. Returns what stands behind it. */
static const char *put_group(text_buffer *out, const json_t *event, const char *at) {
    const char *close = strchr(at, ']');
    bool done = false;
    while (at < close) {
        size_t before = out->len;
        const char *bar = memchr(at, '|', (size_t)(close - at)), *end = bar ? bar : close;
        if (!done) {
            done = put_part(out, event, at, end);
            if (!done) out->len = before;
        }
        at = bar ? bar + 1 : close;
    }
    return close + 1;
}

/* What else a kind has that Marram does not know: "colour red, size 4". */
static void put_rest(text_buffer *out, const json_t *body) {
    const char *name;
    json_t *value;
    bool any = false;
    json_object_foreach((json_t *)body, name, value) {
        size_t before = out->len;
        if (!strcmp(name, "kind") || !strcmp(name, "number")) continue;
        text_printf(out, "%s%s ", any ? ", " : ": ", name);
        if (put_value(out, value))
            any = true;
        else
            out->len = before;
    }
}

void event_words(const json_t *event, text_buffer *out) {
    const char *name = json_string_value(json_object_get(event, "kind"));
    int kind = name ? event_kind_find(name, strlen(name)) : -1;
    const char *at = event_words_template(kind);
    text_buffer words = {0};
    bool whole = true;
    while (at && *at && whole) {
        if (*at == '[') {
            at = put_group(&words, event, at + 1);
        } else {
            const char *end = at + strcspn(at, "[");
            whole = put_part(&words, event, at, end);
            at = end;
        }
    }
    if (!at || !whole) {
        words.len = 0;
        text_puts(&words, event_kind_of(kind < 0 ? 0 : kind)->summary);
    }
    if (kind <= 0) put_rest(&words, json_object_get(event, "body"));
    if (!words.failed && words.len && text_reserve(out, 3 * words.len + 1)) out->len += utf8_clean(out->data + out->len, words.data, words.len);
    out->failed |= words.failed;
    text_free(&words);
}
