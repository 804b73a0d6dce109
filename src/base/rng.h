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

/* Inline: simulations draw some ten of these for each of tens of millions of orders. */
static inline uint64_t rng_next(rng *r) {
    uint64_t *s = r->s, sum = s[0] + s[3], out = ((sum << 23) | (sum >> 41)) + s[0], t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 45) | (s[3] >> 19);
    return out;
}

/* (0,1), 52 bits, never 0 or 1. */
static inline double rng_uniform(rng *r) {
    return ((double)(rng_next(r) >> 12) + 0.5) * 0x1p-52;
}

uint64_t rng_below(rng *r, uint64_t n);            /* 0 .. n - 1, unbiased; n >= 1 */
double rng_normal(rng *r);                         /* mean 0, variance 1; polar method */
double rng_exponential(rng *r);                    /* mean 1 */
double rng_gamma(rng *r, double shape);            /* rate 1; Marsaglia & Tsang 2000; shape > 0 */
double rng_beta(rng *r, double a, double b);       /* a, b > 0 */

#endif
