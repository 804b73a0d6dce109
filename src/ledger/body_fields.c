/* A pass over a copy of the body: names and texts are terminated in place. Whatever is not plain is left to Jansson. */
#include "body_fields.h"

#include "body.h"

#include <calendar.h>
#include <mem.h>

#include <string.h>

enum { MOST_PLAIN = 24, MOST_DIGITS = 15 }; /* members compared for repeated names; digits whose value a double holds exactly */

static body_field *more(body_fields *b) {
    if (b->n == b->capacity) {
        size_t capacity = b->capacity ? 2 * b->capacity : MOST_PLAIN;
        body_field *at = mem_resize(NULL, b->at, capacity, sizeof *at);
        if (!at) return NULL;
        b->at = at;
        b->capacity = capacity;
    }
    body_field *f = &b->at[b->n++];
    *f = (body_field){.kind = BODY_OTHER};
    return f;
}

/* --- plain objects --- */

static char *past_blanks(char *c) {
    while (*c == ' ' || *c == '\n' || *c == '\t' || *c == '\r') c++;
    return c;
}

/* From behind the quote to behind the closing one, which becomes the end. NULL: not plain. */
static char *text_end(char *c) {
    while (*c != '"') {
        if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x80 || *c == '\\') return NULL;
        c++;
    }
    *c = 0;
    return c + 1;
}

/* Of at most MOST_DIGITS digits, so that one division is rounded as the decimal number would be. */
static char *read_number(char *c, body_field *f) {
    static const double ten[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    bool negative = *c == '-';
    int64_t digits = 0;
    int n = 0, decimals = 0;
    c += negative;
    char *first = c;
    for (; *c >= '0' && *c <= '9'; c++, n++)
        if (n < MOST_DIGITS) digits = 10 * digits + (*c - '0');
    if (!n || (n > 1 && *first == '0')) return NULL;
    f->kind = BODY_INTEGER;
    if (*c == '.') {
        f->kind = BODY_REAL;
        for (c++; *c >= '0' && *c <= '9'; c++, n++, decimals++)
            if (n < MOST_DIGITS) digits = 10 * digits + (*c - '0');
        if (!decimals) return NULL;
    }
    if (n > MOST_DIGITS || *c == 'e' || *c == 'E') return NULL;
    f->number = f->kind == BODY_REAL ? (double)digits / ten[decimals] : (double)digits;
    if (negative && (f->kind == BODY_REAL || digits)) f->number = -f->number;
    return c;
}

static char *read_word(char *c, body_field *f) {
    static const struct {
        const char *word;
        size_t len;
        body_kind kind;
    } words[] = {{"true", 4, BODY_TRUE}, {"false", 5, BODY_FALSE}, {"null", 4, BODY_OTHER}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strncmp(c, words[i].word, words[i].len) != 0) continue;
        f->kind = words[i].kind;
        return c + words[i].len;
    }
    return NULL;
}

static char *read_value(char *c, body_field *f) {
    if (*c == '"') {
        f->kind = BODY_TEXT;
        f->text = c + 1;
        return text_end(c + 1);
    }
    return *c == '-' || (*c >= '0' && *c <= '9') ? read_number(c, f) : read_word(c, f);
}

static bool repeated(const body_fields *b) {
    const char *name = b->at[b->n - 1].name;
    for (size_t i = 0; i + 1 < b->n; i++)
        if (!strcmp(b->at[i].name, name)) return true;
    return false;
}

/* false: not plain. */
static bool plain(body_fields *b, char *c, const char *end) {
    c = past_blanks(c);
    if (*c++ != '{') return false;
    c = past_blanks(c);
    for (bool first = true; *c != '}' || !first; first = false) {
        if (b->n == b->capacity || *c != '"') return false;
        body_field *f = more(b);
        f->name = c + 1;
        if (!(c = text_end(c + 1)) || repeated(b)) return false;
        c = past_blanks(c);
        if (*c++ != ':') return false;
        if (!(c = read_value(past_blanks(c), f))) return false;
        c = past_blanks(c);
        if (*c == '}') break;
        if (*c++ != ',') return false;
        c = past_blanks(c);
    }
    return past_blanks(c + 1) == end;
}

/* --- the others --- */

static bool from_tree(body_fields *b) {
    const char *name;
    json_t *value;
    b->n = 0;
    json_object_foreach(b->object, name, value) {
        body_field *f = more(b);
        if (!f) return false;
        f->name = name;
        f->text = json_string_value(value);
        f->number = json_number_value(value);
        f->kind = json_is_string(value) ? BODY_TEXT : json_is_integer(value) ? BODY_INTEGER : json_is_real(value) ? BODY_REAL : json_is_true(value) ? BODY_TRUE
                : json_is_false(value) ? BODY_FALSE : BODY_OTHER;
    }
    return true;
}

bool body_fields_read(body_fields *b, const char *body, size_t len) {
    b->n = 0;
    if (b->object) json_decref(b->object);
    b->object = NULL;
    if (!len) return true;
    if (b->room_size <= len) {
        char *room = mem_resize(NULL, b->room, 2 * len + 256, 1);
        if (!room) return false;
        b->room = room;
        b->room_size = 2 * len + 256;
    }
    if (!b->at && !more(b)) return false;
    b->n = 0;
    memcpy(b->room, body, len);
    b->room[len] = 0;
    if (plain(b, b->room, b->room + len)) return true;
    b->n = 0;
    return body_read(body, len, &b->object) && (!b->object || from_tree(b));
}

void body_fields_free(body_fields *b) {
    if (b->object) json_decref(b->object);
    mem_free(NULL, b->at);
    mem_free(NULL, b->room);
    *b = (body_fields){0};
}

/* --- looking up --- */

static const body_field *find(const body_fields *b, const char *field) {
    for (size_t i = 0; i < b->n; i++)
        if (!strcmp(b->at[i].name, field)) return &b->at[i];
    return NULL;
}

const char *fields_text(const body_fields *b, const char *field) {
    const body_field *f = find(b, field);
    return f && f->kind == BODY_TEXT ? f->text : NULL;
}

bool fields_number(const body_fields *b, const char *field, double *value) {
    const body_field *f = find(b, field);
    if (!f || (f->kind != BODY_INTEGER && f->kind != BODY_REAL)) return false;
    *value = f->number;
    return true;
}

bool fields_is(const body_fields *b, const char *field, body_kind kind) {
    const body_field *f = find(b, field);
    return f && f->kind == kind;
}

bool fields_flag(const body_fields *b, const char *field) {
    const body_field *f = find(b, field);
    return f && (f->kind == BODY_TRUE || (f->kind == BODY_INTEGER && f->number == 1));
}

bool fields_day(const body_fields *b, const char *field, int32_t *day) {
    const char *text = fields_text(b, field);
    return text && strlen(text) >= 10 && calendar_parse(text, 10, day);
}

bool fields_time(const body_fields *b, const char *field, int64_t *us) {
    const char *text = fields_text(b, field);
    return text && time_read(text, strlen(text), us);
}
