/* The structural index: a bit per byte for delimiters, line ends and quotes; bits between quotes are cleared
 * by a prefix exclusive-or (Langdale & Lemire 2019, "Parsing gigabytes of JSON per second", section 3.1). */
#include "scan.h"

#include "bits.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

typedef struct masks {
    uint64_t delimiter, newline, quote;
    bool nul;
} masks;

#ifdef __SSE2__
static inline uint64_t equal64(const __m128i v[4], char c) {
    __m128i want = _mm_set1_epi8(c);
    uint64_t a = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v[0], want));
    uint64_t b = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v[1], want));
    uint64_t d = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v[2], want));
    uint64_t e = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v[3], want));
    return a | b << 16 | d << 32 | e << 48;
}

static inline masks look(const char *p, char delimiter) {
    __m128i v[4];
    for (int i = 0; i < 4; i++) v[i] = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
    masks m = {.delimiter = equal64(v, delimiter), .newline = equal64(v, '\n'), .quote = equal64(v, '"')};
    __m128i least = _mm_min_epu8(_mm_min_epu8(v[0], v[1]), _mm_min_epu8(v[2], v[3]));
    m.nul = _mm_movemask_epi8(_mm_cmpeq_epi8(least, _mm_setzero_si128())) != 0;
    return m;
}
#else
static inline masks look(const char *p, char delimiter) {
    masks m = {0};
    for (unsigned i = 0; i < 64; i++) {
        m.delimiter |= (uint64_t)(p[i] == delimiter) << i;
        m.newline |= (uint64_t)(p[i] == '\n') << i;
        m.quote |= (uint64_t)(p[i] == '"') << i;
        m.nul = m.nul || !p[i];
    }
    return m;
}
#endif

/* Bit i is the exclusive-or of bits 0 .. i. */
static inline uint64_t prefix_xor(uint64_t x) {
    x ^= x << 1;
    x ^= x << 2;
    x ^= x << 4;
    x ^= x << 8;
    x ^= x << 16;
    x ^= x << 32;
    return x;
}

static inline uint32_t *positions(uint64_t mask, uint32_t base, uint32_t *out) {
    /* Four at a time without a branch for each: what is written past the last one is overwritten by the next
     * word's. */
    while (mask) {
        for (int i = 0; i < 4; i++) {
            uint64_t bit = mask ? mask : 1;
            out[i] = base + bits_lowest(bit);
            if (!mask) return out + i;
            mask &= mask - 1;
        }
        out += 4;
    }
    return out;
}

scan_result scan_window(const char *data, size_t from, size_t to, char delimiter, bool quoting,
                        uint32_t *out) {
    scan_result r = {0};
    uint32_t *at = out;
    uint64_t inside = 0;
    for (size_t i = from; i < to; i += 64) {
        masks m = look(data + i, delimiter);
        uint64_t live = to - i >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << (to - i)) - 1;
        uint64_t structure = (m.delimiter | m.newline) & live;
        if (quoting && ((m.quote & live) | inside)) {
            uint64_t quoted = prefix_xor(m.quote & live) ^ inside;
            inside = quoted >> 63 ? ~UINT64_C(0) : 0;
            structure &= ~quoted;
            r.quotes = true;
        }
        if (m.nul && memchr(data + i, 0, to - i < 64 ? to - i : 64)) r.nul = true;
        at = positions(structure, (uint32_t)i, at);
    }
    r.n = (size_t)(at - out);
    return r;
}

size_t scan_record_end(const char *data, size_t at, size_t len, bool quoting) {
    bool inside = false;
    for (size_t from = at; from < len;) {
        const char *line = memchr(data + from, '\n', len - from);
        if (!line) return len;
        size_t end = (size_t)(line - data);
        if (quoting) {
            for (const char *q = data + from; (q = memchr(q, '"', (size_t)(line - q))); q++) inside = !inside;
        }
        if (!inside) return end + 1;
        from = end + 1;
    }
    return len;
}
