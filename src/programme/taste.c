#include "taste.h"

#include <string.h>

static const char *said(whole *w, size_t event, const char *field) {
    const json_t *body = whole_body(w, event);
    const char *text = body ? json_string_value(json_object_get(body, field)) : NULL;
    return text ? text : "";
}

static bool holds(const char *const *list, size_t n, const char *text) {
    for (size_t i = 0; i < n; i++)
        if (!strcmp(list[i], text)) return true;
    return false;
}

static void add(const char **list, size_t room, size_t *n, const char *text) {
    if (*text && *n < room && !holds(list, *n, text)) list[(*n)++] = text;
}

void taste_of(whole *w, const config *c, int32_t day, taste *out) {
    const char *refused[TASTES];
    size_t refused_n = 0;
    *out = (taste){.wish = {.language = *w->locale ? w->locale : c->company_language, .products = out->products, .topics = out->topics, .sent = out->sent, .day = day}};
    for (size_t i = w->h.n; i > 0; i--) { /* the latest first */
        int kind = w->h.events[i - 1].kind;
        if (kind == EVENT_order) add(out->products, TASTES, &out->wish.products_n, said(w, i - 1, "product"));
        if (kind == EVENT_touch_out) add(out->sent, TASTES_HAD, &out->wish.sent_n, said(w, i - 1, "content"));
        if (kind != EVENT_preference_changed) continue;
        const char *topic = said(w, i - 1, "topic");
        const json_t *wanted = json_object_get(whole_body(w, i - 1), "wanted");
        if (json_is_false(wanted) && !holds(out->topics, out->wish.topics_n, topic)) add(refused, TASTES, &refused_n, topic);
        if (json_is_true(wanted) && !holds(refused, refused_n, topic)) add(out->topics, TASTES, &out->wish.topics_n, topic);
    }
    for (size_t i = 0; i < w->messages_n; i++) add(out->sent, TASTES_HAD, &out->wish.sent_n, w->messages[i].content);
}
