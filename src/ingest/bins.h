/* What one worker has read: rows, kept apart by the top bits of their customer's hash, so that a bin can be
 * grouped later inside a core's cache. That, and not a table of all customers, is what makes grouping fast:
 * no look-up while reading.
 *
 * A row carries its customer's identifier where that fits two words (ids.h). Others, and all where contacts
 * are kept, are looked up in a dictionary by a 64-bit hash and compared byte by byte; the row then carries
 * their number in the bin. */
#ifndef INGEST_BINS_H
#define INGEST_BINS_H

#include <marram/base.h>

#include "bits.h"
#include "ids.h"
#include "plan.h"

#define BIN_BITS 8
#define BINS (1u << BIN_BITS)
#define NOBODY UINT32_MAX

/* A row is a word that tells, the identifier's one or two words, and where they do not fit the first, two
 * more: bit 63: wide, 62 and 61: kind of identifier, then record in the block, day, hundredths (18, 15, 28
 * bits) wide: the record alone; behind the identifier stand `when` (dates.h, with ROW_ flags) and money. */
#define ROW_COMMA UINT32_C(0x40000000) /* the comma may be the decimal: then money / 1000 */
#define ROW_POINT UINT32_C(0x20000000)
#define ROW_WIDE (UINT64_C(1) << 63)
#define ROW_DAY0 (WHEN_BIAS - 5479) /* 1955-01-01, so that 15 bits reach into 2044 */
#define ROW_WORDS 5                 /* at most */

static inline unsigned bin_row_kind(uint64_t first) {
    return (unsigned)(first >> 61 & 3);
}

static inline unsigned bin_row_wide_at(uint64_t first) { /* of `when` */
    unsigned kind = bin_row_kind(first);
    return kind == ID_PAIR || kind == ID_UUID ? 3 : 2;
}

static inline unsigned bin_row_words(uint64_t first) {
    return bin_row_wide_at(first) + (first & ROW_WIDE ? 2u : 0u);
}

static inline uint32_t bin_row_record(uint64_t first) {
    return first & ROW_WIDE ? (uint32_t)first : (uint32_t)(first >> 43 & 0x3FFFF);
}

static inline uint64_t *bin_row_write(uint64_t *at, id_words id, uint32_t record, uint32_t when,
                                      int64_t money) {
    uint64_t hundredths = (uint64_t)money / 100, kind = (uint64_t)id.kind << 61;
    uint32_t day = when - ROW_DAY0;
    uint64_t *first = at++;
    *at++ = id.a;
    if (id.kind == ID_PAIR || id.kind == ID_UUID) *at++ = id.b;
    if (((record >> 18) | (day >> 15)) == 0 && hundredths < (1u << 28) &&
        (uint64_t)money == hundredths * 100) {
        *first = kind | (uint64_t)record << 43 | (uint64_t)day << 28 | hundredths;
        return at;
    }
    *first = ROW_WIDE | kind | record;
    *at++ = when;
    *at++ = (uint64_t)money;
    return at;
}

#define CHUNK_WORDS 1022
typedef struct bin_chunk {
    struct bin_chunk *next;
    uint64_t *end; /* behind its last row; of the bin's last chunk only set by bins_seal */
    uint64_t words[CHUNK_WORDS];
} bin_chunk;

/* The dictionary. tag: 0 an empty slot; else IN_TEXT | place in the text (in 8 bytes). */
#define IN_TEXT UINT32_C(0x80000000)
typedef struct bin_slot {
    uint64_t hash;
    uint32_t who, tag;
} bin_slot;

typedef struct bin_person {
    uint64_t hash;
    uint32_t tag;
} bin_person;

/* A name, e-mail or phone as it stands in a line. */
typedef struct bin_note {
    const char *text;
    size_t len;
} bin_note;

/* The one of the last line (block << 32 | record) that gave one. */
typedef struct bin_contact {
    uint64_t seen;
    char *text; /* owned */
    uint32_t len, capacity;
} bin_contact;

typedef struct bin {
    uint32_t people; /* of the dictionary */
    bin_person *person;
    size_t person_capacity;
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
    uint64_t *at[BINS], *end[BINS]; /* where each bin's next row goes; together, since every row needs them */
    bin_slot *slots;                /* one table for all bins */
    uint64_t mask, people, full;    /* full: grow when `people` reaches it */
    char *text; /* the dictionary's identifiers: uint32 length, bytes, padded to 8; one cache line each where
                   it fits */
    size_t text_len, text_capacity;
    bin_slab *slabs;
    char *slab_at, *slab_end;
    size_t slab_bytes;
    bin bin[BINS];
} bins;

/* A row of the dictionary's on its way in. */
typedef struct bin_entry {
    uint64_t hash;
    const char *id;
    uint32_t len, when, record;
    int64_t money;
} bin_entry;

#define BIN_BATCH 64

uint64_t bin_hash(const char *id, size_t len); /* of any identifier; 8 bytes must be readable */

static inline unsigned bin_of(uint64_t hash) {
    return (unsigned)(hash >> (64 - BIN_BITS));
}

static inline bin_slot *bin_home(const bins *b, uint64_t hash) {
    return &b->slots[hash & b->mask];
}

bool bins_more(bins *b, unsigned n); /* another chunk for a bin */

/* A row of a customer whose identifier fits. false: no memory. */
static inline bool bins_put(bins *b, id_words id, uint32_t record, uint32_t when, int64_t money) {
    unsigned n = bin_of(id_hash(id));
    if (b->end[n] - b->at[n] < ROW_WORDS && !bins_more(b, n)) return false;
    b->at[n] = bin_row_write(b->at[n], id, record, when, money);
    bits_prefetch(b->at[n] + 8); /* the next line of one of 256 streams: no hardware foresees it */
    return true;
}

mr_status bins_new(const mr_alloc *alloc, bool contacts, bins **out, mr_error *err);
void bins_free(bins *b);
/* Adds a batch of rows through the dictionary; who[i] gets the customer within the bin. MR_ENOMEM. */
mr_status bins_add(bins *b, const bin_entry *entries, size_t n, uint32_t *who, mr_error *err);
/* Notes the contacts of a batch just added; empty ones change nothing. MR_ENOMEM. */
mr_status bins_note(bins *b, const bin_entry *entries, const uint32_t *who, bin_note notes[][CONTACTS],
                    size_t n, uint64_t block, mr_error *err);
/* Marks the ends of last chunks and drops the table; no more rows. */
void bins_seal(bins *b);
/* Frees what a bin holds besides its chunks, which live in slabs. */
void bin_release(bins *b, bin *n);


/* The bytes of a customer of the dictionary. */
const char *bin_text(const bins *b, uint32_t tag, size_t *len);
/* Words in a bin so far. */
static inline uint64_t bin_words(const bins *b, unsigned n) {
    const bin *one = &b->bin[n];
    return one->last ? one->words + (uint64_t)(b->at[n] - one->last->words) : 0;
}

#endif
