#include "objecting.h"

#include <objection.h>

#include <string.h>

static const char *text_of(const json_t *body, const char *name) {
    const char *text = body ? json_string_value(json_object_get(body, name)) : NULL;
    return text ? text : "";
}

/* A word about marketing, profiling, everything or being spoken to at all: what purpose, and is it a yes? NULL: none, or of one channel or topic alone. */
static const char *word_of(whole *w, size_t event, bool *agreed) {
    int kind = w->h.events[event].kind;
    if (kind != EVENT_consent_given && kind != EVENT_consent_withdrawn && kind != EVENT_preference_changed) return NULL;
    const json_t *body = whole_body(w, event), *wanted = json_object_get(body, "wanted");
    if (*text_of(body, "channel")) return NULL;
    *agreed = kind == EVENT_preference_changed ? json_is_true(wanted) : kind == EVENT_consent_given;
    if (kind != EVENT_preference_changed) return text_of(body, "purpose");
    return json_is_boolean(wanted) && !*text_of(body, "topic") ? OBJECTION_PREFERENCE : NULL;
}

static const char *fold(whole *w, const char *contact, int64_t now_us, int64_t *since_us) {
    objection o;
    bool agreed;
    objection_begin(&o);
    for (size_t i = 0; i < w->h.n && w->h.events[i].at_us <= now_us; i++) {
        const char *purpose = word_of(w, i, &agreed), *whose = purpose ? text_of(whole_body(w, i), "contact") : "";
        if (purpose && (!*whose || !strcmp(whose, contact))) objection_hear(&o, purpose, agreed, w->h.events[i].at_us);
    }
    return objection_stands(&o, since_us);
}

const char *objecting(whole *w, const char *contact, int64_t now_us, int64_t *since_us) {
    bool agreed;
    const char *to = fold(w, contact ? contact : "", now_us, since_us);
    for (size_t i = 0; !contact && !to && i < w->h.n && w->h.events[i].at_us <= now_us; i++) {
        const char *whose = word_of(w, i, &agreed) ? text_of(whole_body(w, i), "contact") : "";
        if (*whose && !agreed) to = fold(w, whose, now_us, since_us);
    }
    return to;
}
