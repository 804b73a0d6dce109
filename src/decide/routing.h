/* Who of us has the best record with cases of that reason and tier, and who gets the next one (docs/methods/routing.md). Pure.
 *
 * A record is cases that are over, each kept or not. What is to be expected of a case is the base's own share of its kind, reason and tier, shrunken towards wider ones (indirect standardisation); of
 * one person's cases together the observed less the expected, over the information p (1 - p), is their effect in log-odds, with 1 / information as its variance (Yusuf, Peto et al. 1985). Effects
 * are person + person's of the reason + person's of the tier within it, each normal around 0, so that little is believed of few cases and what is known of a person speaks for reasons they had none of;
 * the three spreads are the most likely ones (empirical Bayes, with a prior of their own).
 *
 * The next case goes to whoever a draw from what is known favours (Thompson 1933); a share goes to anybody of those who can, by equal chances, whoever is best. */
#ifndef DECIDE_ROUTING_H
#define DECIDE_ROUTING_H

#include <marram/base.h>

#define ROUTING_NOBODY UINT32_MAX
#define ROUTING_LEVELS 3 /* person, reason, tier */

/* Cases of one person that are over. Numbers are the caller's, from 0. */
typedef struct routing_count {
    uint32_t person, kind, reason, tier; /* kind: what brought the case */
    double cases, kept;                  /* cases >= kept >= 0 */
} routing_count;

typedef struct routing_sizes {
    uint32_t kinds, reasons, tiers;
} routing_sizes;

typedef struct routing_model routing_model;

/* count[n] in any order; those alike are added up. MR_EDATA: a number that is not below its size, or counts that are none, with the row; MR_ENOMEM. n 0 is a model that knows nobody. Freed by routing_free. */
mr_status routing_fit(const routing_count *count, size_t n, const routing_sizes *sizes, const mr_alloc *alloc, routing_model **out, mr_error *err);
void routing_free(routing_model *m);
/* The spreads in log-odds: of people, of a person's reasons, of tiers within them. */
void routing_spread(const routing_model *m, double out[ROUTING_LEVELS]);

/* Share of cases like that which are kept, whoever sees to them. Numbers beyond the sizes: nothing is known of them, and wider shares answer. m NULL: one half. */
double routing_share(const routing_model *m, uint32_t kind, uint32_t reason, uint32_t tier);

/* One person's effect on cases of that reason and tier, log-odds: normal. cases: of theirs, of that reason and tier, the record has. m NULL, or a person it does not know: the spread around 0. */
typedef struct routing_effect {
    double mean, sd, cases;
} routing_effect;
routing_effect routing_effect_of(const routing_model *m, uint32_t person, uint32_t reason, uint32_t tier);
/* A share, moved by an effect. */
double routing_moved(double share, double effect);

typedef struct routing_candidate {
    uint32_t person; /* ROUTING_NOBODY: no record */
    uint64_t key;    /* a hash of who it is: the draw is theirs, wherever they stand in the list */
} routing_candidate;

typedef struct routing_choice {
    size_t chosen;       /* of the candidates */
    bool random;
    double probability;  /* that they would be chosen, where it was at random; 0: it was not, and no probability is known */
    routing_effect effect;
} routing_choice;

/* n >= 1. draw: a keyed hash of the case; the same gives the same. share: of cases that are given at random, 0 to 1. */
routing_choice routing_choose(const routing_model *m, uint32_t reason, uint32_t tier, const routing_candidate *candidate, size_t n, uint64_t draw, double share);

#endif
