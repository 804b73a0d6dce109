/* Is a page well formed? Tags balance, attributes are quoted, < and & in text are escaped, no id twice, and
 * every link inside the page leads somewhere. Stricter than a browser, smaller than a parser: for pages we
 * write ourselves. */
#ifndef TESTS_TAGS_H
#define TESTS_TAGS_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TAGS_DEEP 64
#define TAGS_NAMES 4096

typedef struct tags {
    char open[TAGS_DEEP][16];
    int depth;
    char (*id)[48], (*link)[48];
    int ids, links;
} tags;

static inline bool tags_void(const char *name) {
    static const char *const names[] = {"area",  "base", "br",   "col", "hr",      "img",
                                        "input", "link", "meta", "wbr", "!doctype"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasecmp(name, names[i]) == 0) return true;
    return false;
}

static inline bool tags_entity(const char *s) {
    size_t n = 1 + strspn(s + 1, "#abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
    return n > 2 && s[n] == ';';
}

/* One tag from '<'; returns its end or NULL. */
static inline const char *tags_one(tags *t, const char *s, const char **problem) {
    bool closing = s[1] == '/';
    const char *at = s + 1 + closing;
    char name[16] = "";
    size_t len = strcspn(at, " \n\t/>");
    *problem = "a < that opens no tag";
    if (len == 0 || len >= sizeof name || !strchr("!abcdefghijklmnopqrstuvwxyz", *at)) return NULL;
    memcpy(name, at, len);
    at += len;
    bool self = false, doctype = name[0] == '!';
    while (*at && *at != '>') {
        at += strspn(at, " \n\t");
        if (*at == '/' && at[1] == '>') self = true, at++;
        if (*at == '>' || !*at) break;
        size_t key = strcspn(at, " \n\t=/>");
        const char *key_at = at;
        at += key;
        *problem = "an attribute without quotes";
        if (*at != '=') {
            if (doctype) continue;
            return NULL;
        }
        if (at[1] != '"') return NULL;
        const char *value = at + 2, *end = strchr(value, '"');
        *problem = "an attribute that does not end";
        if (!end || memchr(value, '<', (size_t)(end - value))) return NULL;
        size_t n = (size_t)(end - value);
        bool is_id = key == 2 && memcmp(key_at, "id", 2) == 0,
             is_link = key == 4 && memcmp(key_at, "href", 4) == 0 && *value == '#';
        if (is_id && t->ids < TAGS_NAMES && n < 48) snprintf(t->id[t->ids++], 48, "%.*s", (int)n, value);
        if (is_link && t->links < TAGS_NAMES && n <= 48)
            snprintf(t->link[t->links++], 48, "%.*s", (int)n - 1, value + 1);
        at = end + 1;
        *problem = "a tag that does not end";
    }
    if (*at != '>') return NULL;
    if (closing) {
        *problem = "a closing tag that was not open";
        if (t->depth == 0 || strcmp(t->open[t->depth - 1], name) != 0) return NULL;
        t->depth--;
    } else if (!self && !tags_void(name)) {
        *problem = "tags nested too deep";
        if (t->depth == TAGS_DEEP) return NULL;
        memcpy(t->open[t->depth++], name, sizeof name);
        if (strcmp(name, "script") == 0 || strcmp(name, "style") == 0) {
            char end[24];
            snprintf(end, sizeof end, "</%s", name);
            *problem = "a script or style that does not end";
            const char *close = strstr(at, end);
            return close ? close : NULL;
        }
    }
    return at + 1;
}

static inline bool tags_names(const tags *t, char *why, size_t room) {
    for (int i = 0; i < t->ids; i++)
        for (int k = i + 1; k < t->ids; k++)
            if (strcmp(t->id[i], t->id[k]) == 0) return snprintf(why, room, "id %s twice", t->id[i]), false;
    for (int i = 0; i < t->links; i++) {
        bool found = false;
        for (int k = 0; k < t->ids && !found; k++) found = strcmp(t->link[i], t->id[k]) == 0;
        if (!found) return snprintf(why, room, "link to #%s, which is nowhere", t->link[i]), false;
    }
    return true;
}

static inline bool tags_balanced(const char *html, char *why, size_t room) {
    tags t = {.id = calloc(TAGS_NAMES, 48), .link = calloc(TAGS_NAMES, 48)};
    const char *problem = NULL, *s = html;
    bool ok = true;
    while (ok && *s) {
        if (*s == '<') {
            const char *next = tags_one(&t, s, &problem);
            if (!next)
                ok = false;
            else
                s = next;
        } else if (*s == '&' && !tags_entity(s)) {
            problem = "a & that is no entity";
            ok = false;
        } else {
            s++;
        }
    }
    if (!ok) {
        snprintf(why, room, "%s at byte %zu: %.40s", problem, (size_t)(s - html), s);
    } else if (t.depth) {
        snprintf(why, room, "<%s> is not closed", t.open[t.depth - 1]);
        ok = false;
    } else {
        ok = tags_names(&t, why, room);
    }
    free(t.id);
    free(t.link);
    return ok;
}

#endif
