/* Intervals of shares: of one (Wilson 1927), of the difference of two (Newcombe 1998, method 10) and their ratio, and Cohen's kappa (1960) with its large-sample interval.
 * All 95 %. */
#ifndef LEARN_SHARES_H
#define LEARN_SHARES_H

#include <stddef.h>
#include <stdint.h>

typedef struct share {
    double value, low, high; /* NaN where there is nothing to share out */
} share;

share share_of(double k, double n);
share share_difference(double k1, double n1, double k2, double n2); /* k1/n1 - k2/n2 */
/* Of two shares, p1 of n1 over p2 of n2, by half a case added to each (Katz et al. 1978). */
share share_ratio(double p1, double n1, double p2, double n2);
/* table[i * size + j]: how many the first puts in i and the second in j. */
share share_kappa(const uint64_t *table, size_t size);

#endif
