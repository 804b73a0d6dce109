/* The patterns of a periodic account review (review.def), and how often an account is due for one. */
#ifndef REASON_REVIEW_H
#define REASON_REVIEW_H

#include "signals.h"

typedef enum pattern_id {
#define PATTERN(name, owner, urgent, sentence, todo, meaning) PATTERN_##name,
#include "review.def"
#undef PATTERN
    PATTERNS
} pattern_id;

typedef struct pattern_row {
    const char *name, *sentence, *todo, *meaning;
    reason_owner owner;
    bool urgent;
} pattern_row;

typedef struct pattern_hit {
    pattern_id pattern;
    signal_hit hit; /* its evidence; hit.signal means nothing */
} pattern_hit;

const pattern_row *pattern_of(int id); /* never NULL */
size_t patterns_fire(const digest *d, pattern_hit out[PATTERNS]);
size_t pattern_sentence(const pattern_hit *h, char *out, size_t size); /* as signal_sentence */

/* Days between reviews where nobody says otherwise, by the tier's name: the best 30 (gold, platinum, enterprise, key, a ...), the middle 90
 * (silver, pro, business, b ...), all others 180. */
int32_t review_cadence(const char *tier);

/* The last review known by d->day; TRACE_NO_DAY none. *next: the day agreed on for the next, TRACE_NO_DAY none. */
int32_t review_last(const digest *d, int32_t *next);

#define PATTERN(name, owner, urgent, sentence, todo, meaning) bool pattern_##name(const digest *d, signal_hit *h);
#include "review.def"
#undef PATTERN

#endif
