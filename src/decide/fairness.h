/* Leaving and coming back must not pay: a returner gets nothing better than an equal loyal customer was offered.
 *
 * Where it applies an offer's benefit must be <= the largest benefit that a loyal customer of the same tier and product was shown in the last twelve months; 0 where none was. Pure. */
#ifndef DECIDE_FAIRNESS_H
#define DECIDE_FAIRNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAIRNESS_DAYS 365
#define FAIRNESS_US (FAIRNESS_DAYS * INT64_C(86400000000))

typedef struct fairness_shown { /* an offer that somebody was shown */
    const char *tier, *product;
    int64_t at_us;
    double benefit; /* share of a year's price, 0 to 1 */
    bool loyal;
} fairness_shown;

/* win_back: they are asked to come back. back_us: when they last came back; INT64_MIN never. */
bool fairness_applies(bool win_back, int64_t back_us, int64_t now_us);
/* The largest benefit; shown[n] in any order. A year ago to the microsecond no longer counts; now does. */
double fairness_limit(const fairness_shown *shown, size_t n, const char *tier, const char *product, int64_t now_us);
bool fairness_allows(bool applies, double limit, double benefit);

#endif
