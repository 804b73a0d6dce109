/* summary.json's building stones. Keys keep the order they are set in. A NaN or an infinity is null: JSON has neither. Texts from the data are cleaned
 * to valid UTF-8. */
#ifndef REPORT_JSON_WRITE_H
#define REPORT_JSON_WRITE_H

#include "json_number.h"
#include "parts.h"
#include "utf8.h"

#include <calendar.h>
#include <error.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Jansson's setters take over the value and fail quietly where it is NULL (no memory); one flag remembers. */
typedef struct writer {
    const report *r;
    bool failed;
} writer;

static inline void set(writer *w, json_t *object, const char *key, json_t *value) {
    if (json_object_set_new(object, key, value) != 0) w->failed = true;
}

static inline void append(writer *w, json_t *array, json_t *value) {
    if (json_array_append_new(array, value) != 0) w->failed = true;
}

static inline json_t *count(uint64_t value) {
    return json_integer((json_int_t)value);
}

static inline json_t *date(int32_t day) {
    char text[11];
    return json_string(calendar_text(day, text));
}

static inline json_t *date_of(double day) {
    return day > -719162 && day <= 2932896 ? date((int32_t)ceil(day)) : json_null();
}

static inline json_t *text_of(writer *w, const char *text, size_t len) {
    char small[768], *clean = small, *made = NULL;
    if (3 * len + 1 > sizeof small) clean = made = malloc(3 * len + 1);
    if (!clean) {
        w->failed = true;
        return NULL;
    }
    size_t clean_len = utf8_clean(clean, text, len);
    json_t *value = json_stringn(clean, clean_len);
    free(made);
    return value;
}

static inline json_t *text(writer *w, const char *string) {
    return string ? text_of(w, string, strlen(string)) : json_null();
}

static inline json_t *array_of(writer *w, const double *values, size_t n) {
    json_t *array = json_array();
    for (size_t i = 0; i < n; i++) append(w, array, json_number(values[i]));
    return array;
}

/* The months of erosion: of orders (json.c), of contracts (contracts_json.c). */
json_t *report_erosion_json(writer *w);
json_t *contracts_erosion_json(writer *w);
json_t *contracts_signs_json(writer *w);
json_t *contracts_since_json(writer *w);

/* Takes root over. MR_ENOMEM. */
static inline mr_status json_text(writer *w, json_t *root, char **out, size_t *len, mr_error *err) {
    char *made = w->failed ? NULL : json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    json_decref(root);
    if (!made) return error_set(err, MR_ENOMEM, NULL, -1, "out of memory for summary.json");
    *len = strlen(made);
    made[(*len)++] = '\n'; /* over the terminator: a text file ends its last line */
    *out = made;
    return MR_OK;
}

#endif
