/* Random numbers: xoshiro256++ (Blackman & Vigna 2019), seeded by splitmix64 from (seed, stream), so that every customer
 * or replicate has a stream of its own and the order of work does not matter. */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stdint.h>

typedef struct rng {
    uint64_t s[4];
} rng;

uint64_t rng_mix(uint64_t x); /* splitmix64's finaliser: a good 64-bit hash of an integer */
void rng_seed(rng *r, uint64_t seed, uint64_t stream);
uint64_t rng_next(rng *r);
double rng_uniform(rng *r);                        /* (0,1), 53 bits, never 0 or 1 */
uint64_t rng_below(rng *r, uint64_t n);            /* 0 .. n - 1, unbiased; n >= 1 */
double rng_normal(rng *r);                         /* mean 0, variance 1; polar method */
double rng_exponential(rng *r);                    /* mean 1 */
double rng_gamma(rng *r, double shape);            /* rate 1; Marsaglia & Tsang 2000; shape > 0 */
double rng_beta(rng *r, double a, double b);       /* a, b > 0 */

#endif
