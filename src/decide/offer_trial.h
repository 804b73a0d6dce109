/* Did an offer change anything? By those drawn to be shown it against those drawn to be held out of it, whether they took it or not (intention to treat). Pure. docs/methods/offer-review.md.
 *
 * Cases of one probability of being shown are compared with each other, and the differences averaged by their numbers. Intervals: Wilson's of each share, put together by Newcombe's hybrid score
 * (Statistics in Medicine 17, 1998, method 10) and over strata by the method of variance estimates recovery (Zou and Donner, Statistics in Medicine 27, 2008). */
#ifndef DECIDE_OFFER_TRIAL_H
#define DECIDE_OFFER_TRIAL_H

#include <marram/base.h>

typedef struct offer_trial_case {
    double probability; /* of being shown, as drawn; in (0, 1) */
    bool shown, kept;
} offer_trial_case;

typedef struct offer_trial {
    int64_t shown, held, shown_kept, held_kept; /* of those that are compared */
    int64_t alone;             /* of a probability with which nobody was shown, or nobody held out: not compared */
    double shown_share, held_share; /* standardised to the strata's numbers; 0 where nothing is compared */
    double difference, low, high;   /* shown less held; 95 %. With nothing to compare 0, -1, 1 */
    double low99, high99;
} offer_trial;

/* of[n] in any order; they are put in order. */
void offer_trial_of(offer_trial_case *of, size_t n, offer_trial *out);

/* How many more drawn cases it takes to tell a difference of `effect` with 95 % and a power of 80 %, where a share `shown` is shown it and `base` stay without it; 0: there are enough. INT64_MAX: effect is 0. */
int64_t offer_trial_lacks(double base, double effect, double shown, int64_t have);

typedef enum offer_finding {
    OFFER_NOT_KNOWN, /* yet */
    OFFER_CONTINUE,
    OFFER_CHANGE,
    OFFER_DROP
} offer_finding;

typedef struct offer_account { /* what the finding rests on */
    const offer_trial *early, *late; /* after 30 and 90 days */
    int64_t shown, accepted;         /* of all in the experiment, ripe or not */
    double cost, worth;              /* of a case that is shown it; of a customer kept, for a year; <= 0: not known */
} offer_account;

#define OFFER_TAKEN_FROM 30     /* shown, from which on it is said that hardly anybody takes it */
#define OFFER_TAKEN_LEAST .05

/* By 99 %, as several offers are looked at, and again and again. *why: one sentence, never NULL. */
offer_finding offer_finding_of(const offer_account *a, const char **why);
const char *offer_finding_name(offer_finding f); /* "not yet known", "continue", "change", "drop" */
/* The difference from which on it pays: cost / worth; 0 where either is not known or it costs nothing. */
double offer_break_even(const offer_account *a);

#endif
