/* How renewals go, by their number: which share of the first, second, third ... that comes up is not made (docs/methods/contracts.md).
 *
 * Four ways to see it:
 *   one share for all numbers; sBG (Fader & Hardie 2007) and BdW (Fader et al. 2018) from the kernel, in which a share falls or rises with the number and
 *   which know those past the data, too; one share for each number, as counted.
 * None is believed alone: log-odds are the mean of the four, weighted with exp(-AIC / 2) (Akaike 1974), and the interval holds what they differ by, too:
 *
 *     variance = sum w (variance of the way + (log-odds of the way - mean)^2)      Buckland, Burnham & Augustin 1997, with weights as probabilities
 *
 * A customer who is still there is one watched no further than the renewals they made. */
#ifndef LEARN_RENEWALS_H
#define LEARN_RENEWALS_H

#include "accounts.h"

#include <marram/model.h>

#define RENEWALS_ENOUGH 10 /* fewer that came up tell nothing */
#define RENEWALS_MOST 64   /* of higher numbers it is only known that this one was made */

typedef enum renewals_way { RENEWALS_COUNTED, RENEWALS_SAME, RENEWALS_SBG, RENEWALS_BDW, RENEWALS_WAYS } renewals_way;

typedef struct renewals {
    double due[BOOK_RENEWALS], lost[BOOK_RENEWALS]; /* the last: that one and later */
    double all_due, all_lost;
    double aic[RENEWALS_WAYS], weight[RENEWALS_WAYS]; /* aic NaN: could not be fitted; weights add up to 1 */
    renewals_way way;          /* of the greatest weight */
    mr_fit fit[RENEWALS_WAYS]; /* of sBG and BdW */
    bool afterwards;           /* hardly any was ever made: dates were written down, or kept, when people left (renewals_make) */
} renewals;

typedef struct renewals_share {
    double middle, low, high;
} renewals_share;

/* afterwards: at least RENEWALS_ENOUGH dates are past, and of fewer than 2 in 100 of them did the customer go on. Then the list holds next dates alone, and
 * a date that is past is that of somebody who left: it was not known as such before. (src/learn/moments_of.c asks the same of days past a term's end.)
 * MR_ENOMEM. */
mr_status renewals_make(const accounts *a, renewals *out, mr_error *err);
/* The share that is not made of renewals with so many made before; level of the interval in (0,1). Where all_due is 0: NaN. */
renewals_share renewals_lost(const renewals *r, uint32_t made, double level);
/* "one share for all", "sBG", "BdW", "counted". */
const char *renewals_way_title(renewals_way way);

/* The normal quantile that leaves (1 - level) / 2 on each side. */
double renewals_two_sided(double level);

#endif
