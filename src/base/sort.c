/* Radix sort of row numbers by doubles, 11 bits a pass; a pass in which every key has the same digit is skipped. */
#include "sort.h"

#include "mem.h"

#include <math.h>
#include <string.h>

#define DIGIT 11
#define PASSES 6

typedef struct entry {
    uint64_t key;
    uint32_t row;
} entry;

/* Bits that order as the doubles do: negative numbers reversed, positive ones above them. */
static uint64_t ordered_bits(double value, bool descending) {
    uint64_t bits;
    if (isnan(value)) return descending ? UINT64_MAX : 0;
    if (value == 0) value = 0; /* -0 equals 0 */
    memcpy(&bits, &value, sizeof bits);
    bits = bits >> 63 ? ~bits : bits | (UINT64_C(1) << 63);
    return descending ? ~bits : bits;
}

mr_status sort_doubles(size_t n, const double *key, uint32_t *order, bool descending) {
    entry *a = mem_take(NULL, n, sizeof *a), *b = mem_take(NULL, n, sizeof *b);
    size_t(*count)[1 << DIGIT] = mem_new(NULL, PASSES, sizeof *count);
    if (!a || !b || !count) {
        mem_free(NULL, a);
        mem_free(NULL, b);
        mem_free(NULL, count);
        return MR_ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        uint64_t bits = ordered_bits(key[i], descending);
        a[i] = (entry){bits, (uint32_t)i};
        for (int pass = 0; pass < PASSES; pass++) count[pass][(bits >> (pass * DIGIT)) & ((1 << DIGIT) - 1)]++;
    }
    for (int pass = 0; pass < PASSES && n; pass++) {
        size_t *c = count[pass], at = 0;
        if (c[(a[0].key >> (pass * DIGIT)) & ((1 << DIGIT) - 1)] == n) continue;
        for (size_t d = 0; d < 1 << DIGIT; d++) {
            size_t here = c[d];
            c[d] = at;
            at += here;
        }
        for (size_t i = 0; i < n; i++) b[c[(a[i].key >> (pass * DIGIT)) & ((1 << DIGIT) - 1)]++] = a[i];
        entry *swap = a;
        a = b;
        b = swap;
    }
    for (size_t i = 0; i < n; i++) order[i] = a[i].row;
    mem_free(NULL, a);
    mem_free(NULL, b);
    mem_free(NULL, count);
    return MR_OK;
}
