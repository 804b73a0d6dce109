/* Is it worth asking somebody who left to come back?
 *
 *     worth = (P(return | asked) - P(return | not asked)) x margin of the second lifetime - cost
 *
 * Both chances are Beta distributions: a prior, and on top of it what this business has seen of its own attempts and of those it held back, by the class of the reason they left for
 * (conjugate: a return adds one to a, none adds one to b). Priors, per attempt: 20 to 40 % of lost customers are sold to again, 60 to 70 % of
 * present ones, 5 to 20 % of prospects (as quoted from Griffin & Lowenstein, Customer Winback, 2001); taken at ten attempts' weight: Beta(3, 7), Beta(6.5, 3.5), Beta(1.25, 8.75). Of who returns unasked nothing is published that we know of: Beta(1, 9) is our
 * assumption, and the holdout replaces it. Assumes that the two arms are independent. Pure; docs/methods/win-back.md. */
#ifndef DECIDE_WIN_BACK_H
#define DECIDE_WIN_BACK_H

#include <marram/base.h>

#define WIN_BACK_RETURN_DAYS 90 /* an attempt is counted when so many days are over; who was back by then came back */

typedef enum win_back_class {
#define WIN_BACK_CLASS(name, asked, words) WIN_BACK_##name,
#include "win_back_classes.def"
#undef WIN_BACK_CLASS
    WIN_BACK_CLASSES
} win_back_class;

typedef struct win_back_row {
    const char *reason; /* its code in the taxonomy */
    win_back_class class;
    int first_days, again_days;
} win_back_row;

typedef struct win_back_counts { /* mature ones alone: whose days to return in are over */
    int64_t asked, asked_back, held, held_back;
} win_back_counts;

typedef enum win_back_who { WIN_BACK_LOST, WIN_BACK_PRESENT, WIN_BACK_PROSPECT } win_back_who;

typedef struct beta {
    double a, b; /* > 0 */
} beta;

typedef struct win_back_worth {
    beta asked, unasked;
    double gain, gain_sd;   /* of the chance: mean and standard deviation of the difference, -1 to 1 */
    double worth, worth_sd; /* in the money of margin and cost */
    bool yes;               /* worth > 0 */
} win_back_worth;

const win_back_row *win_back_row_of(const char *reason); /* never NULL: of a code without a row, and of "", unknown's */
const char *win_back_class_name(win_back_class c);
const char *win_back_class_words(win_back_class c);
int win_back_class_find(const char *name); /* -1: no such */
bool win_back_class_asked(win_back_class c);

beta win_back_prior(win_back_who who);
beta win_back_prior_unasked(void);
/* Prior and counts. Counts that cannot be (negative, more returns than attempts) change nothing. */
beta win_back_learnt(beta prior, int64_t tried, int64_t back);
double beta_mean(beta b);
double beta_sd(beta b);

/* counts NULL: none. margin and cost >= 0, finite, in one money. MR_EINVAL otherwise. Thread-safe. */
mr_status win_back_worth_of(win_back_who who, const win_back_counts *counts, double margin, double cost, win_back_worth *out);

#endif
