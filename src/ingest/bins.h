/* What one worker has read: customers and their rows, kept apart by the top bits of the customer's hash so that a bin can be
 * grouped later inside a core's cache.
 *
 * A customer is the bytes of their identifier. Up to eight bytes are their own key; longer ones are found by a 64-bit hash and
 * compared byte by byte. */
#ifndef INGEST_BINS_H
#define INGEST_BINS_H

#include <marram/base.h>

#include "bits.h"
#include "plan.h"

#define BIN_BITS 8
#define BINS (1u << BIN_BITS)
#define NOBODY UINT32_MAX

/* A row of a customer (`who` counts within the bin). Rows are kept as words: nearly all fit one, and memory not touched is time
 * saved. bit 63 clear: who, day and hundredths in 20, 15 and 28 bits. Set: who, then a word of `when`, then a word of money. */
typedef struct bin_row {
    uint32_t who;
    uint32_t when; /* dates.h, with ROW_ flags */
    int64_t money;
} bin_row;

#define ROW_COMMA UINT32_C(0x40000000) /* the comma may be the decimal: then money / 1000 */
#define ROW_POINT UINT32_C(0x20000000)
#define ROW_WIDE (UINT64_C(1) << 63)
#define ROW_DAY0 (WHEN_BIAS - 5479) /* 1955-01-01, so that 15 bits reach into 2044 */

/* Writes a row, 1 or 3 words; returns the end. */
static inline uint64_t *bin_row_write(uint64_t *at, uint32_t who, uint32_t when, int64_t money) {
    uint64_t hundredths = (uint64_t)money / 100;
    uint32_t day = when - ROW_DAY0;
    if (((who >> 20) | (day >> 15)) == 0 && hundredths < (1u << 28) && (uint64_t)money == hundredths * 100) {
        *at = (uint64_t)who << 43 | (uint64_t)day << 28 | hundredths;
        return at + 1;
    }
    at[0] = ROW_WIDE | who;
    at[1] = when;
    at[2] = (uint64_t)money;
    return at + 3;
}

static inline const uint64_t *bin_row_read(const uint64_t *at, bin_row *row) {
    if (*at & ROW_WIDE) {
        *row = (bin_row){.who = (uint32_t)at[0], .when = (uint32_t)at[1], .money = (int64_t)at[2]};
        return at + 3;
    }
    row->who = (uint32_t)(*at >> 43);
    row->when = (uint32_t)(*at >> 28 & 0x7FFF) + ROW_DAY0;
    row->money = (int64_t)(*at & 0xFFFFFFF) * 100;
    return at + 1;
}

#define CHUNK_WORDS 1022
typedef struct bin_chunk {
    struct bin_chunk *next;
    uint64_t *end; /* behind its last row; of the bin's last chunk only set by bins_seal */
    uint64_t words[CHUNK_WORDS];
} bin_chunk;

/* tag: 0 an empty slot; the length of a key of up to eight bytes; LONG_KEY | place in the bin's text (in 8 bytes) for longer
 * ones, whose key is the hash. */
#define LONG_KEY UINT32_C(0x80000000)
typedef struct bin_slot {
    uint64_t key;
    uint32_t who, tag;
} bin_slot;

typedef struct bin_person {
    uint64_t key;
    uint64_t first; /* block number << 32 | record in the block */
    uint32_t tag;
} bin_person;

/* Name, e-mail, phone of the last line (as `first`) that gave one. */
typedef struct bin_contact {
    uint64_t seen;
    char *text; /* owned */
    uint32_t len, capacity;
} bin_contact;

typedef struct bin {
    uint64_t *at, *end; /* where the next row goes */
    uint32_t people;
    bin_person *person;
    size_t person_capacity;
    char *text; /* long identifiers: uint32 length, bytes, padded to 8 */
    size_t text_len, text_capacity;
    bin_contact *contact; /* [people * CONTACTS] */
    size_t contact_capacity;
    bin_chunk *chunks, *last;
    uint64_t words; /* in the chunks before `last` */
} bin;

typedef struct bin_slab {
    struct bin_slab *next;
} bin_slab;

typedef struct bins {
    const mr_alloc *alloc;
    bool contacts;
    bin_slot *slots; /* one table for all bins: in large pages a look-up costs no page walk */
    uint64_t mask, people, full; /* full: grow when `people` reaches it */
    bin_slab *slabs;
    char *slab_at, *slab_end;
    size_t slab_bytes;
    bin bin[BINS];
} bins;

/* A row on its way in. */
typedef struct bin_entry {
    uint64_t key, hash;
    const char *id;
    uint32_t len, when, record;
    int64_t money;
} bin_entry;

#define BIN_BATCH 64

static inline uint64_t bin_mix(uint64_t h) {
    h *= UINT64_C(0x9E3779B97F4A7C15);
    h ^= h >> 32;
    h *= UINT64_C(0xD6E8FEB86659FD93);
    return h ^ h >> 32;
}

/* SOURCE_PADDING-like room: 8 bytes must be readable from id. */
static inline uint64_t bin_key(const char *id, size_t len) {
    return bits_load64(id) & (~UINT64_C(0) >> (64 - 8 * len)); /* 1 <= len <= 8 */
}

uint64_t bin_long_hash(const char *id, size_t len); /* len > 8 */

static inline bin *bin_of(bins *b, uint64_t hash) {
    return &b->bin[hash >> (64 - BIN_BITS)];
}

static inline bin_slot *bin_home(const bins *b, uint64_t hash) {
    return &b->slots[hash & b->mask];
}

mr_status bins_new(const mr_alloc *alloc, bool contacts, bins **out, mr_error *err);
void bins_free(bins *b);
/* Adds a batch of rows; who[i] gets the customer within the bin (NULL: not wanted). Customers' first appearances are
 * block << 32 | record. MR_ENOMEM. */
mr_status bins_add(bins *b, const bin_entry *entries, size_t n, uint64_t block, uint32_t *who, mr_error *err);
/* Notes a contact of a customer. */
mr_status bins_contact(bins *b, uint64_t hash, uint32_t who, int kind, const char *text, size_t len, uint64_t seen,
                       mr_error *err);
/* Marks the ends of last chunks and drops the table; no more rows. */
void bins_seal(bins *b);
/* Frees what a bin holds besides its chunks, which live in slabs. */
void bin_release(bins *b, bin *n);

/* Asks for large pages under a block of the C library's allocator. */
void bins_advise_large(const mr_alloc *alloc, void *block, size_t bytes);

/* The bytes of a customer of a bin. *spare holds short ones. */
const char *bin_id(const bin *n, uint64_t key, uint32_t tag, char spare[8], size_t *len);
/* Words in a bin so far. */
static inline uint64_t bin_words(const bin *n) {
    return n->last ? n->words + (uint64_t)(n->at - n->last->words) : 0;
}

#endif
