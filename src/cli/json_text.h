/* A text of a JSON object, as commands print it. */
#ifndef CLI_JSON_TEXT_H
#define CLI_JSON_TEXT_H

#include <jansson.h>

/* "" where there is none. Borrowed from the object. */
static inline const char *json_text(const json_t *object, const char *name) {
    const char *t = json_string_value(json_object_get(object, name));
    return t ? t : "";
}

#endif
