/* Which save offer one customer may see: rules in order, and who leaves in order to be offered something. Pure. docs/offers.md. */
#ifndef DECIDE_OFFER_H
#define DECIDE_OFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OFFER_DAY_US INT64_C(86400000000)
#define OFFER_AGAIN_DAYS 365  /* not the same twice within */
#define OFFER_HELD_DAYS 90    /* held out of it: not shown it within */
#define OFFER_HOPS 2          /* intents that ended in an accepted offer, from which on they get none */

typedef enum offer_place { OFFER_EXIT = 1, OFFER_DESK, OFFER_WIN_BACK } offer_place;
typedef enum offer_state { OFFER_HELD, OFFER_SHOWN, OFFER_ACCEPTED, OFFER_DECLINED, OFFER_EXPIRED, OFFER_NO_ROOM } offer_state;

typedef struct offer_names {
    const char *const *at;
    size_t n; /* 0: any */
} offer_names;

typedef struct offer_terms {
    const char *name;
    offer_names reasons, tiers, products;
    unsigned places; /* 1 << offer_place */
    double benefit, effect, holdout;
    int64_t cost_minor;
    int32_t until_day;
    int64_t room; /* left under its cap; INT64_MAX: no cap */
} offer_terms;

typedef struct offer_past { /* drawn before, for any occasion */
    const char *offer;
    int state;
    int64_t at_us;
} offer_past;

typedef struct offer_case {
    offer_place place;
    const char *reason, *tier, *product; /* "" not known */
    int64_t now_us;
    int32_t day;
    const offer_past *past;
    size_t past_n;
    bool fairness;     /* does it apply */
    double fair_limit;
} offer_case;

typedef enum offer_verdict {
    OFFER_FITS,
    OFFER_OTHER_PLACE,
    OFFER_OTHER_REASON,
    OFFER_OTHER_TIER,
    OFFER_OTHER_PRODUCT,
    OFFER_OVER,
    OFFER_SEEN,
    OFFER_HELD_BEFORE,
    OFFER_UNFAIR,
    OFFER_FULL
} offer_verdict;

offer_verdict offer_judge(const offer_terms *t, const offer_case *c);
const char *offer_verdict_words(offer_verdict v);
/* The one that fits best: one made for the reason before one for any, then the larger effect, then the cheaper, then the first. -1: none. */
int offer_best(const offer_terms *t, size_t n, const offer_case *c);
/* hash uniform over 64 bits: is it shown? With probability 1 - holdout. */
bool offer_drawn(uint64_t hash, double holdout);

/* What their history says; hear events in order. */
typedef struct offer_record {
    bool intent;       /* one stands */
    bool left;         /* left, and not back */
    bool hopped;       /* left and came back on an offer within a year */
    bool ever_left;
    int saved;         /* intents that ended in an accepted offer */
    int64_t left_us, back_us; /* INT64_MIN never */
} offer_record;
typedef enum offer_word { OFFER_WORD_INTENT, OFFER_WORD_TOOK, OFFER_WORD_STAYS, OFFER_WORD_LEFT, OFFER_WORD_BACK, OFFER_WORD_BACK_ON_OFFER } offer_word;
offer_record offer_record_begin(void);
void offer_hear(offer_record *r, offer_word word, int64_t at_us);
bool offer_hopper(const offer_record *r);
bool offer_loyal(const offer_record *r);

#endif
