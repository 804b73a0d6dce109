/* The chance that an account leaves within a horizon, from how long it has been there, whether a renewal falls within, and whether it shows a sign
 * (docs/methods/contracts.md). Counted, not fitted: each figure rests on accounts that were in that place before.
 *
 *     p = 1 - ((1 - q) exp(-rate x horizon)) ^ lift
 *     q     where a renewal falls within the horizon: the share of renewals of that number that fail (renewals.h), else 0
 *     rate  of leaving a day at that time under contract (not at a renewal, and of accounts with or without a renewal date alone, where renewals are
 *           told apart): those who left in a window of tenures round it, as narrow as holds ODDS_LEAVES of them, over the days all spent in it
 *     lift  how much more often than the average those with (without) an early sign were lost
 * Each is drawn to the base's mean by a few made-up accounts, so that a handful does not decide. Where renewal dates were written down afterwards
 * (renewals.h) there is one rate for all, that of the last year. */
#ifndef LEARN_ODDS_H
#define LEARN_ODDS_H

#include "renewals.h"

#define ODDS_LEAVES 25

typedef struct odds_tenures { /* ascending, in days */
    double *left, *stop, *stop_sum; /* of those who left, and of all; running sums of the latter */
    size_t left_n, n;
    double rate;          /* over all tenures, a day; NaN: nobody was there for a day */
} odds_tenures;

typedef struct odds {
    odds_tenures of[2];   /* without, with a renewal date, where renewals are told apart; else all in [0] */
    bool by_renewal;      /* renewals are told apart: most accounts have a renewal date, and enough renewals are past */
    renewals renewal;
    double year_left, year_days; /* where renewal.afterwards: who left in the last year, and the days in which all might have */
    double lift_with, lift_without;
} odds;

typedef struct odds_chance {
    double p, low, high; /* NaN: not known */
} odds_chance;

/* Freed by odds_free. MR_ENOMEM. */
mr_status odds_make(const accounts *a, odds *out, mr_error *err);
void odds_free(odds *o);
/* Does a renewal fall within the horizon, or is one overdue? */
bool odds_renews(const book_standing *s, int32_t day, double horizon_days);
/* The chance that the next renewal is made: (1 - q) ^ lift. NaN where renewals are not told apart. */
odds_chance odds_renewal_of(const odds *o, const book_standing *s, double level);
/* Of an account under contract; level of the interval in (0,1). */
odds_chance odds_of(const odds *o, const book_standing *s, int32_t day, double horizon_days, double level);

#endif
