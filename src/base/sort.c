/* Sorting row numbers by doubles: a radix sort on the upper 32 bits (sign, exponent, 20 bits of mantissa), 11 bits a pass, then
 * the few runs that agree in them by comparison. Half the memory traffic of sorting whole doubles. */
#include "sort.h"

#include "mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DIGIT 11
#define PASSES 3
#define MASK ((1u << DIGIT) - 1)

typedef struct entry {
    uint32_t key, row;
} entry;

typedef struct whole_entry {
    uint64_t key;
    uint32_t row;
} whole_entry;

/* Bits that order as the doubles do: negative numbers reversed, positive ones above them. */
static uint64_t ordered_bits(double value, bool descending) {
    uint64_t bits;
    if (isnan(value)) return descending ? UINT64_MAX : 0;
    if (value == 0) value = 0; /* -0 equals 0 */
    memcpy(&bits, &value, sizeof bits);
    bits = bits >> 63 ? ~bits : bits | (UINT64_C(1) << 63);
    return descending ? ~bits : bits;
}

static int by_whole_key(const void *a, const void *b) {
    const whole_entry *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* Sorts order[from, to), whose upper halves agree, by whole keys. */
static bool sort_run(const double *key, bool descending, uint32_t *order, size_t from, size_t to) {
    bool sorted = true;
    uint64_t before = 0;
    for (size_t i = from; i < to && sorted; i++) {
        uint64_t here = ordered_bits(key[order[i]], descending);
        sorted = here >= before;
        before = here;
    }
    if (sorted) return true;
    whole_entry *run = mem_take(NULL, to - from, sizeof *run);
    if (!run) return false;
    for (size_t i = from; i < to; i++) run[i - from] = (whole_entry){ordered_bits(key[order[i]], descending), order[i]};
    qsort(run, to - from, sizeof *run, by_whole_key);
    for (size_t i = from; i < to; i++) order[i] = run[i - from].row;
    mem_free(NULL, run);
    return true;
}

static entry *radix(entry *a, entry *b, size_t n, size_t (*count)[1u << DIGIT]) {
    for (int pass = 0; pass < PASSES; pass++) {
        size_t *c = count[pass], at = 0;
        int shift = pass * DIGIT;
        if (c[(a[0].key >> shift) & MASK] == n) continue; /* every key has the same digit */
        for (size_t d = 0; d <= MASK; d++) {
            size_t here = c[d];
            c[d] = at;
            at += here;
        }
        for (size_t i = 0; i < n; i++) b[c[(a[i].key >> shift) & MASK]++] = a[i];
        entry *swap = a;
        a = b;
        b = swap;
    }
    return a;
}

mr_status sort_doubles(size_t n, const double *key, uint32_t *order, bool descending) {
    if (n == 0) return MR_OK;
    entry *a = mem_take(NULL, n, sizeof *a), *b = mem_take(NULL, n, sizeof *b);
    size_t(*count)[1u << DIGIT] = mem_new(NULL, PASSES, sizeof *count);
    bool fine = a && b && count;
    for (size_t i = 0; fine && i < n; i++) {
        uint32_t upper = (uint32_t)(ordered_bits(key[i], descending) >> 32);
        a[i] = (entry){upper, (uint32_t)i};
        for (int pass = 0; pass < PASSES; pass++) count[pass][(upper >> (pass * DIGIT)) & MASK]++;
    }
    if (fine) {
        const entry *sorted = radix(a, b, n, count);
        for (size_t i = 0; i < n; i++) order[i] = sorted[i].row;
        for (size_t i = 0, j; fine && i < n; i = j) {
            for (j = i + 1; j < n && sorted[j].key == sorted[i].key;) j++;
            if (j - i > 1) fine = sort_run(key, descending, order, i, j);
        }
    }
    mem_free(NULL, a);
    mem_free(NULL, b);
    mem_free(NULL, count);
    return fine ? MR_OK : MR_ENOMEM;
}
