/* What the features of models of leaving are, in words, below what shows them by their names. */
#ifndef CLI_FEATURE_WORDS_H
#define CLI_FEATURE_WORDS_H

#include <feature.h>
#include <stdbool.h>

/* "  silence: since the last order (days)"; nothing for a pair: its features have lines of their own. */
void feature_words_print(const char *name);

/* Which features were shown so far: one more than there are rows, for the buying model's chance. */
typedef struct features_shown {
    bool is[FEATURES + 1];
    const char *other; /* the buying model's feature, where it was shown: borrowed */
} features_shown;

/* A feature, or a pair of them. */
void features_shown_add(features_shown *s, const char *name);
/* A line each, in the order of features.def. */
void features_shown_print(const features_shown *s);

#endif
