/* Identifiers as words. A customer is the bytes of their identifier; most identifiers fit two words, exactly,
 * and then rows carry them and no dictionary is needed: up to 8 bytes; up to 16 bytes; a UUID in its
 * canonical form (36 characters, lower-case hexadecimal) as its 128 bits. No identifier holds a NUL, so zero
 * bytes at the end say how long it is. The kind is part of the identity. */
#ifndef INGEST_IDS_H
#define INGEST_IDS_H

#include "bits.h"

#include <stddef.h>

#define ID_READABLE 16 /* bytes that must be readable from an identifier's beginning */
#define ID_LONGEST 36  /* of one that fits */

enum { ID_WORD, ID_PAIR, ID_UUID, ID_NUMBER /* of a dictionary */ };

typedef struct id_words {
    uint64_t a, b;
    unsigned kind;
} id_words;

/* A bijection of words, so that equal hashes are equal words. */
static inline uint64_t id_mix(uint64_t h) {
    h *= UINT64_C(0x9E3779B97F4A7C15);
    h ^= h >> 32;
    h *= UINT64_C(0xD6E8FEB86659FD93);
    return h ^ h >> 32;
}

static inline uint64_t id_hash(id_words id) {
    return id_mix(id.kind == ID_WORD ? id.a : id.a ^ id_mix(id.b + id.kind));
}

/* Eight lower-case hexadecimal digits to their 32 bits, first digit lowest; *ok is cleared where one is none.
 */
static inline uint64_t id_hex(uint64_t w, bool *ok) {
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t letter = w >> 6 & ones;
    uint64_t nibble = (w & 0x0F * ones) + letter * 9;
    /* written back they must be the same; digits are below 10, letters 10 to 15 */
    bool same = nibble + 0x30 * ones + letter * 0x27 == w;
    bool range = ((nibble + 6 * ones) >> 4 & ones) == letter && !(nibble & 0x10 * ones);
    *ok = *ok && same && range;
    nibble = (nibble | nibble >> 4) & UINT64_C(0x00FF00FF00FF00FF);
    nibble = (nibble | nibble >> 8) & UINT64_C(0x0000FFFF0000FFFF);
    return (nibble | nibble >> 16) & UINT64_C(0xFFFFFFFF);
}

static inline bool id_uuid(const char *p, id_words *id) {
    if (p[8] != '-' || p[13] != '-' || p[18] != '-' || p[23] != '-') return false;
    const uint64_t half = UINT64_C(0xFFFFFFFF);
    bool ok = true;
    uint64_t w0 = id_hex(bits_load64(p), &ok);
    uint64_t w1 = id_hex((bits_load64(p + 9) & half) | bits_load64(p + 14) << 32, &ok);
    uint64_t w2 = id_hex((bits_load64(p + 19) & half) | bits_load64(p + 24) << 32, &ok);
    uint64_t w3 = id_hex(bits_load64(p + 28), &ok);
    *id = (id_words){w0 | w1 << 32, w2 | w3 << 32, ID_UUID};
    return ok;
}

/* false: it does not fit, a dictionary must keep it. len >= 1; ID_READABLE bytes (or len, if more) must be
 * readable. */
static inline bool id_of(const char *p, size_t len, id_words *id) {
    if (len <= 8) {
        *id = (id_words){bits_load64(p) & (~UINT64_C(0) >> (64 - 8 * len)), 0, ID_WORD};
        return true;
    }
    if (len <= 16) {
        *id = (id_words){bits_load64(p), bits_load64(p + 8) & (~UINT64_C(0) >> (128 - 8 * len)), ID_PAIR};
        return true;
    }
    return len == ID_LONGEST && id_uuid(p, id);
}

/* The bytes again, into out[ID_LONGEST]; returns their number. */
static inline size_t id_text(id_words id, char *out) {
    if (id.kind != ID_UUID) {
        size_t len = 0;
        for (; len < 8 && id.a >> 8 * len; len++) out[len] = (char)(id.a >> 8 * len);
        for (size_t i = 0; i < 8 && id.b >> 8 * i; i++) out[len++] = (char)(id.b >> 8 * i);
        return len;
    }
    size_t at = 0;
    for (unsigned i = 0; i < 32; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20) out[at++] = '-';
        out[at++] = "0123456789abcdef"[(i < 16 ? id.a : id.b) >> 4 * (i & 15) & 15];
    }
    return at;
}

#endif
