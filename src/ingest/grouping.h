/* What grouping (group.c) hands to putting together (assemble.c). */
#ifndef INGEST_GROUPING_H
#define INGEST_GROUPING_H

#include "group.h"

#include <stdatomic.h>

typedef struct person {
    uint64_t a, b;  /* the identifier as words; or its hash, 0 */
    uint64_t first; /* record among all; later their number among all customers */
    uint32_t tag;   /* the words' kind; or where `worker` keeps the identifier */
    uint32_t worker;
    uint32_t rows, occasions;
} person;

typedef struct contact_view {
    const char *text;
    uint64_t seen;
    uint32_t len;
} contact_view;

typedef struct group_bin {
    person *people;
    int64_t *returned;     /* NULL: none */
    contact_view *contact; /* [n * CONTACTS] */
    size_t n, capacity;
    uint64_t orders, returns, merged, after_until, return_only;
    int32_t first_day, last_day;
} group_bin;

typedef struct day_row {
    int64_t money;
    int32_t day;
} day_row;

struct scratch;

typedef struct grouping {
    const group_input *in;
    const mr_alloc *alloc;
    group_bin *bins;
    struct scratch *scratch; /* [threads] */
    _Atomic uint64_t *bits;
    uint64_t *before;      /* set bits before each word */
    uint64_t *record_base; /* [n_blocks] */
    uint64_t records;
    ingest_orders *out;
} grouping;

/* Occasions in the rows' own chunks, worker by worker, words running on from chunk to chunk. One word is a
 * day and hundredths in 15 and 48 bits; an occasion takes three only where one of its rows took four or five
 * (or a million of them were added up), so occasions never outrun the rows. */
typedef struct spool {
    const group_input *in;
    unsigned b;
    size_t worker;
    bin_chunk *chunk;
    uint64_t *at, *end;
} spool;

static inline void spool_chunk(spool *p, bin_chunk *chunk) {
    p->chunk = chunk;
    p->at = chunk ? chunk->words : NULL;
    p->end = chunk ? chunk->words + CHUNK_WORDS : NULL;
}

static inline spool spool_begin(const group_input *in, unsigned b) {
    spool p = {.in = in, .b = b};
    spool_chunk(&p, in->workers[0]->bins->bin[b].chunks);
    return p;
}

static inline uint64_t *spool_next(spool *p) {
    while (p->at == p->end) {
        bin_chunk *next = p->chunk ? p->chunk->next : NULL;
        spool_chunk(p, next ? next : p->in->workers[++p->worker]->bins->bin[p->b].chunks);
    }
    return p->at++;
}

static inline void spool_write(spool *p, const day_row *row) {
    uint64_t hundredths = (uint64_t)row->money / 100;
    uint32_t day = when_of_day(row->day) - ROW_DAY0;
    if (day >> 15 == 0 && hundredths >> 48 == 0 && (uint64_t)row->money == hundredths * 100) {
        *spool_next(p) = (uint64_t)day << 48 | hundredths;
        return;
    }
    *spool_next(p) = ROW_WIDE;
    *spool_next(p) = when_of_day(row->day);
    *spool_next(p) = (uint64_t)row->money;
}

static inline day_row spool_read(spool *p) {
    uint64_t word = *spool_next(p);
    if (!(word & ROW_WIDE))
        return (day_row){.day = when_day((uint32_t)(word >> 48) + ROW_DAY0),
                         .money = (int64_t)(word & 0xFFFFFFFFFFFF) * 100};
    day_row row;
    row.day = when_day((uint32_t)*spool_next(p));
    row.money = (int64_t)*spool_next(p);
    return row;
}

/* The bytes of a customer's identifier; spare[ID_LONGEST] holds those made from words. */
static inline const char *person_id(const grouping *r, const person *p, char *spare, size_t *len) {
    if (p->tag & IN_TEXT) return bin_text(r->in->workers[p->worker]->bins, p->tag, len);
    *len = id_text((id_words){p->a, p->b, p->tag}, spare);
    return spare;
}

/* Room for grouping with so many threads, and its end; the first drops what only group_bin needs. */
mr_status grouping_scratch_new(grouping *r, int threads, mr_error *err);
void grouping_scratch_free(grouping *r, int threads);
/* Groups bin b: fills r->bins[b] and leaves its occasions in its chunks. For pool_run. */
mr_status grouping_bin(void *ctx, size_t b, int thread, mr_error *err);

#endif
