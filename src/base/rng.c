/* Random numbers. Sources: xoshiro256++ and splitmix64, Blackman & Vigna 2019, "Scrambled linear pseudorandom number
 * generators"; gamma, Marsaglia & Tsang 2000, "A simple method for generating gamma variables". */
#include "rng.h"

#include <math.h>

uint64_t rng_mix(uint64_t x) {
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

void rng_seed(rng *r, uint64_t seed, uint64_t stream) {
    uint64_t x = rng_mix(seed) ^ rng_mix(~stream);
    for (int i = 0; i < 4; i++) r->s[i] = rng_mix(x + (uint64_t)i * 0x9e3779b97f4a7c15u);
    if (!(r->s[0] | r->s[1] | r->s[2] | r->s[3])) r->s[0] = 1; /* the one state xoshiro cannot leave */
}

uint64_t rng_below(rng *r, uint64_t n) {
    /* Lemire 2019: multiply, and reject the few values that would bias the result. */
    for (;;) {
        unsigned __int128 m = (unsigned __int128)rng_next(r) * n;
        if ((uint64_t)m >= (0 - n) % n) return (uint64_t)(m >> 64);
    }
}

double rng_normal(rng *r) {
    for (;;) {
        double u = 2 * rng_uniform(r) - 1, v = 2 * rng_uniform(r) - 1, q = u * u + v * v;
        if (q > 0 && q < 1) return u * sqrt(-2 * log(q) / q);
    }
}

double rng_exponential(rng *r) {
    return -log(rng_uniform(r));
}

double rng_gamma(rng *r, double shape) {
    if (shape < 1) return rng_gamma(r, shape + 1) * pow(rng_uniform(r), 1 / shape);
    double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        double x = rng_normal(r), v = 1 + c * x;
        if (v <= 0) continue;
        v = v * v * v;
        double u = rng_uniform(r);
        if (u < 1 - 0.0331 * (x * x) * (x * x)) return d * v;
        if (log(u) < 0.5 * x * x + d * (1 - v + log(v))) return d * v;
    }
}

double rng_beta(rng *r, double a, double b) {
    double x = rng_gamma(r, a), y = rng_gamma(r, b);
    return x + y > 0 ? x / (x + y) : a / (a + b);
}
