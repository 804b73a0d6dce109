/* Words of bytes: little-endian loads, the lowest bit, prefetching. The one place that knows the compiler's
 * names for them. */
#ifndef BASE_BITS_H
#define BASE_BITS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Eight bytes, the first of them lowest, on any machine. */
static inline uint64_t bits_load64(const char *p) {
    uint64_t word;
    memcpy(&word, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static inline unsigned bits_lowest(uint64_t x) { /* x != 0 */
    return (unsigned)__builtin_ctzll(x);
}

static inline unsigned bits_count(uint64_t x) {
    return (unsigned)__builtin_popcountll(x);
}

static inline void bits_prefetch(const void *p) {
    __builtin_prefetch(p, 1, 3);
}

static inline bool bits_add_overflows(int64_t a, int64_t b, int64_t *sum) {
    return __builtin_add_overflow(a, b, sum);
}

/* Stops at the largest and the smallest number: sums of what is not negative come out the same in any order. */
static inline int64_t bits_add_saturating(int64_t a, int64_t b) {
    int64_t sum;
    if (!bits_add_overflows(a, b, &sum)) return sum;
    return a > 0 ? INT64_MAX : INT64_MIN;
}

#endif
