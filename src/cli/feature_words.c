#include "feature_words.h"

#include "columns_out.h"

#include <stdio.h>
#include <string.h>

static const char between[] = " x ";

void feature_words_print(const char *name) {
    int feature = feature_find(name);
    if (feature >= 0) print_words(4, "  %s: %s (%s)", name, feature_of(feature)->meaning, feature_of(feature)->unit);
    else if (!strstr(name, between)) print_words(4, "  %s: the buying model's chance that no order comes within the horizon (0 to 1)", name);
}

void features_shown_add(features_shown *s, const char *name) {
    const char *second = strstr(name, between);
    char first[256];
    snprintf(first, sizeof first, "%.*s", second ? (int)(second - name) : (int)strlen(name), name);
    int feature = feature_find(first);
    s->is[feature < 0 ? FEATURES : feature] = true;
    if (feature < 0 && !second) s->other = name;
    if (second) features_shown_add(s, second + strlen(between));
}

void features_shown_print(const features_shown *s) {
    for (int i = 0; i < FEATURES; i++)
        if (s->is[i]) feature_words_print(feature_of(i)->name);
    if (s->is[FEATURES]) feature_words_print(s->other ? s->other : "chance");
}
