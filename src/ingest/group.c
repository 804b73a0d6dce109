/* Grouping: every bin by itself, inside a core's cache.
 *
 * The rows of a bin are replayed in the order of the input: block by block, each from the worker that read it. So a file sorted
 * by date gives sorted histories without sorting, the last contact wins, and nothing depends on the number of threads. Within a
 * bin: find each row's customer, count, scatter, merge the days, and write the occasions back over the rows, which they never
 * outnumber. Customers are numbered by a bit per record that is set where one appears first: a customer's number is the count of
 * bits before theirs. Then every bin copies its histories to where they belong. */
#include "group.h"

#include "error.h"
#include "mem.h"
#include "pool.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

typedef struct person {
    uint64_t key;
    uint64_t first;  /* block << 32 | record; later their number among all customers */
    uint32_t tag, worker;
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
    size_t n;
    uint64_t orders, returns, merged, after_until, return_only;
    int32_t first_day, last_day;
} group_bin;

typedef struct merge_slot {
    uint64_t key;
    uint32_t who; /* + 1 */
} merge_slot;

typedef struct day_row {
    int64_t money;
    int32_t day;
} day_row;

typedef struct scratch {
    uint32_t **map;     /* [n_workers] a worker's customer -> the bin's */
    uint32_t *map_rows;
    size_t map_capacity;
    merge_slot *slots;
    size_t slots_capacity, mask;
    day_row *rows;
    size_t rows_capacity;
    uint64_t *at;       /* [people + 1] */
    size_t at_capacity;
    struct cursor *cursor; /* [n_workers] */
} scratch;

typedef struct cursor {
    bin_chunk *chunk;
    const uint64_t *at;
} cursor;

typedef struct grouping {
    const group_input *in;
    const mr_alloc *alloc;
    group_bin *bins;
    scratch *scratch; /* [threads] */
    _Atomic uint64_t *bits;
    uint64_t *before; /* set bits before each word */
    uint64_t *record_base; /* [n_blocks] */
    uint64_t records;
    ingest_orders *out;
} grouping;

static bool reserve(const mr_alloc *alloc, void *pointer, size_t *capacity, size_t want, size_t size) {
    if (*capacity >= want && *capacity) return true;
    size_t more = want + want / 4 + 64;
    void *block = NULL;
    memcpy(&block, pointer, sizeof block);
    mem_free(alloc, block); /* contents are not kept */
    block = mem_take(alloc, more, size);
    memcpy(pointer, &block, sizeof block);
    *capacity = block ? more : 0;
    return block != NULL;
}

/* --- finding customers --- */

static bool same_person(const group_input *in, const person *p, unsigned b, const bin_person *q, const bin *from) {
    if (p->key != q->key) return false;
    if (!((p->tag | q->tag) & LONG_KEY)) return p->tag == q->tag;
    if (!(p->tag & q->tag & LONG_KEY)) return false;
    char spare[2][8];
    size_t a_len, b_len;
    const char *a = bin_id(&in->workers[p->worker]->bins->bin[b], p->key, p->tag, spare[0], &a_len);
    const char *c = bin_id(from, q->key, q->tag, spare[1], &b_len);
    return a_len == b_len && !memcmp(a, c, a_len);
}

static uint32_t find(const group_input *in, group_bin *g, scratch *s, unsigned b, uint32_t worker, uint32_t who) {
    const bin *from = &in->workers[worker]->bins->bin[b];
    const bin_person *q = &from->person[who];
    if (in->n_workers > 1) {
        uint64_t hash = q->tag & LONG_KEY ? q->key : bin_mix(q->key);
        size_t at = (hash >> 20) & s->mask;
        for (; s->slots[at].who; at = (at + 1) & s->mask)
            if (s->slots[at].key == q->key && same_person(in, &g->people[s->slots[at].who - 1], b, q, from))
                return s->slots[at].who - 1;
        s->slots[at] = (merge_slot){q->key, (uint32_t)g->n + 1};
    }
    g->people[g->n] = (person){.key = q->key, .first = q->first, .tag = q->tag, .worker = worker};
    return (uint32_t)g->n++;
}

/* --- rows --- */

/* What a row meant, now that the whole column is known. false: it is left out. */
static bool settle(const group_input *in, bin_row *row, uint64_t *after_until) {
    int32_t day = 0;
    if (row->when & WHEN_PACKED) {
        if (!when_unpack(row->when, in->order, &day) || day > in->today) return false;
        if (day > in->until) return ++*after_until, false;
    } else {
        day = when_day(row->when);
    }
    char doubtful = row->when & ROW_COMMA ? ',' : row->when & ROW_POINT ? '.' : 0;
    if (doubtful && doubtful == in->decimal) row->money /= 1000;
    row->when = when_of_day(day);
    return true;
}

/* Up to *n words that stand together. */
static inline const uint64_t *take(cursor *c, size_t *n) {
    while (c->at == c->chunk->end) {
        c->chunk = c->chunk->next;
        c->at = c->chunk->words;
    }
    size_t left = (size_t)(c->chunk->end - c->at);
    if (*n > left) *n = left;
    const uint64_t *words = c->at;
    c->at += *n;
    return words;
}

static void rewind_cursors(const group_input *in, scratch *s, unsigned b) {
    for (size_t t = 0; t < in->n_workers; t++) {
        s->cursor[t].chunk = in->workers[t]->bins->bin[b].chunks;
        s->cursor[t].at = s->cursor[t].chunk ? s->cursor[t].chunk->words : NULL;
    }
}

/* Finds the customers of the bin and counts their rows. */
static void count_rows(const group_input *in, group_bin *g, scratch *s, unsigned b) {
    rewind_cursors(in, s, b);
    for (size_t k = 0; k < in->n_blocks; k++) {
        size_t left = in->blocks[k] ? in->blocks[k]->words[b] : 0;
        uint32_t t = in->owner[k], *map = s->map[t];
        while (left) {
            size_t n = left;
            const uint64_t *at = take(&s->cursor[t], &n), *end = at + n;
            left -= n;
            while (at < end) {
                bin_row row;
                at = bin_row_read(at, &row);
                if (row.when & ~WHEN_MASK && !settle(in, &row, &g->after_until)) continue;
                uint32_t who = map[row.who];
                if (who == NOBODY) map[row.who] = who = find(in, g, s, b, t, row.who);
                g->people[who].rows++;
            }
        }
    }
}

static void scatter(const group_input *in, scratch *s, unsigned b) {
    uint64_t again = 0;
    rewind_cursors(in, s, b);
    for (size_t k = 0; k < in->n_blocks; k++) {
        size_t left = in->blocks[k] ? in->blocks[k]->words[b] : 0;
        const uint32_t *map = s->map[in->owner[k]];
        while (left) {
            size_t n = left;
            const uint64_t *at = take(&s->cursor[in->owner[k]], &n), *end = at + n;
            left -= n;
            while (at < end) {
                bin_row row;
                at = bin_row_read(at, &row);
                if (row.when & ~WHEN_MASK && !settle(in, &row, &again)) continue;
                s->rows[s->at[map[row.who]]++] = (day_row){.money = row.money, .day = when_day(row.when)};
            }
        }
    }
}

static int by_day(const void *a, const void *b) {
    int32_t x = ((const day_row *)a)->day, y = ((const day_row *)b)->day;
    return (x > y) - (x < y);
}

static void sort_days(day_row *rows, size_t n) {
    size_t i = 1;
    while (i < n && rows[i - 1].day <= rows[i].day) i++;
    if (i >= n) return;
    if (n > 48) {
        qsort(rows, n, sizeof *rows, by_day); /* equal days are added up: their order is nothing */
        return;
    }
    for (; i < n; i++) {
        day_row row = rows[i];
        size_t j = i;
        for (; j > 0 && rows[j - 1].day > row.day; j--) rows[j] = rows[j - 1];
        rows[j] = row;
    }
}

static int64_t add_saturating(int64_t a, int64_t b) {
    int64_t sum;
    return bits_add_overflows(a, b, &sum) ? INT64_MAX : sum;
}

/* One customer's sorted rows to occasions, in place; returns their number. */
static uint32_t occasions(group_bin *g, size_t who, day_row *rows, size_t n) {
    uint32_t made = 0;
    for (size_t i = 0; i < n; i++) {
        if (rows[i].money < 0) {
            g->returns++;
            g->returned[who] = add_saturating(g->returned[who], -rows[i].money);
            continue;
        }
        g->orders++;
        if (made && rows[made - 1].day == rows[i].day) {
            rows[made - 1].money = add_saturating(rows[made - 1].money, rows[i].money);
            g->merged++;
        } else {
            rows[made++] = rows[i];
        }
    }
    if (!made) {
        g->return_only += n > 0;
        return 0;
    }
    if (rows[0].day < g->first_day) g->first_day = rows[0].day;
    if (rows[made - 1].day > g->last_day) g->last_day = rows[made - 1].day;
    return made;
}

/* Occasions in the rows' own chunks, worker by worker, words running on from chunk to chunk. One word is a day and hundredths in
 * 15 and 48 bits; an occasion takes three only where one of its rows did (or a million of them were added up), so occasions
 * never outrun the rows. */
typedef struct spool {
    const group_input *in;
    unsigned b;
    size_t worker;
    bin_chunk *chunk;
    uint64_t *at, *end;
} spool;

static void spool_chunk(spool *p, bin_chunk *chunk) {
    p->chunk = chunk;
    p->at = chunk ? chunk->words : NULL;
    p->end = chunk ? chunk->words + CHUNK_WORDS : NULL;
}

static spool spool_begin(const group_input *in, unsigned b) {
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
        return (day_row){.day = when_day((uint32_t)(word >> 48) + ROW_DAY0), .money = (int64_t)(word & 0xFFFFFFFFFFFF) * 100};
    day_row row;
    row.day = when_day((uint32_t)*spool_next(p));
    row.money = (int64_t)*spool_next(p);
    return row;
}

static void pick_contacts(const group_input *in, group_bin *g, const scratch *s, unsigned b) {
    for (size_t t = 0; t < in->n_workers; t++) {
        const bin *n = &in->workers[t]->bins->bin[b];
        for (size_t i = 0; n->contact && i < (size_t)n->people * CONTACTS; i++) {
            uint32_t who = s->map[t][i / CONTACTS];
            const bin_contact *c = &n->contact[i];
            if (who == NOBODY || !c->len) continue;
            contact_view *v = &g->contact[(size_t)who * CONTACTS + i % CONTACTS];
            if (!v->text || c->seen > v->seen) *v = (contact_view){c->text, c->seen, c->len};
        }
    }
}

/* --- a bin --- */

static mr_status prepare(grouping *r, group_bin *g, scratch *s, unsigned b, size_t rows, mr_error *err) {
    const group_input *in = r->in;
    size_t people = 0;
    for (size_t t = 0; t < in->n_workers; t++) people += in->workers[t]->bins->bin[b].people;
    g->people = mem_take(r->alloc, people, sizeof *g->people);
    bool ok = g->people && reserve(r->alloc, &s->map_rows, &s->map_capacity, people, sizeof *s->map_rows) &&
              reserve(r->alloc, &s->rows, &s->rows_capacity, rows, sizeof *s->rows) &&
              reserve(r->alloc, &s->at, &s->at_capacity, people + 1, sizeof *s->at);
    if (ok && in->n_workers > 1) {
        size_t slots = 64;
        while (slots < 2 * people) slots *= 2;
        ok = reserve(r->alloc, &s->slots, &s->slots_capacity, slots, sizeof *s->slots);
        if (ok) memset(s->slots, 0, slots * sizeof *s->slots);
        s->mask = slots - 1;
    }
    if (ok && in->workers[0]->bins->contacts) ok = (g->contact = mem_new(r->alloc, people * CONTACTS, sizeof *g->contact)) != NULL;
    if (!ok) return error_memory(err, people * sizeof *g->people + rows * sizeof *s->rows);
    memset(s->map_rows, 0xFF, people * sizeof *s->map_rows);
    uint32_t *map = s->map_rows;
    for (size_t t = 0; t < in->n_workers; t++) {
        s->map[t] = map;
        map += in->workers[t]->bins->bin[b].people;
    }
    return MR_OK;
}

/* Takes the largest returns array only where there is a return. */
static mr_status room_for_returns(grouping *r, group_bin *g, const day_row *rows, size_t n, mr_error *err) {
    for (size_t i = 0; i < n; i++) {
        if (rows[i].money >= 0) continue;
        g->returned = mem_new(r->alloc, g->n, sizeof *g->returned);
        return g->returned ? MR_OK : error_memory(err, g->n * sizeof *g->returned);
    }
    return MR_OK;
}

static void mark_first(grouping *r, person *p) {
    uint64_t record = r->record_base[p->first >> 32] + (p->first & UINT32_MAX);
    atomic_fetch_or_explicit(&r->bits[record / 64], UINT64_C(1) << record % 64, memory_order_relaxed);
    p->first = record;
}

static mr_status group_one(void *ctx, size_t b, int thread, mr_error *err) {
    grouping *r = ctx;
    const group_input *in = r->in;
    group_bin *g = &r->bins[b];
    scratch *s = &r->scratch[thread];
    size_t rows = 0;
    g->first_day = INT32_MAX;
    g->last_day = INT32_MIN;
    for (size_t t = 0; t < in->n_workers; t++) rows += bin_words(&in->workers[t]->bins->bin[b]);
    if (!rows) return MR_OK;
    mr_status status = prepare(r, g, s, (unsigned)b, rows, err);
    if (status) return status;
    count_rows(in, g, s, (unsigned)b);
    size_t total = 0;
    for (size_t i = 0; i < g->n; i++) {
        s->at[i] = total;
        total += g->people[i].rows;
    }
    scatter(in, s, (unsigned)b);
    if ((status = room_for_returns(r, g, s->rows, total, err))) return status;
    if (g->contact) pick_contacts(in, g, s, (unsigned)b);
    spool to = spool_begin(in, (unsigned)b);
    day_row *row = s->rows;
    for (size_t i = 0; i < g->n; i++) {
        person *p = &g->people[i];
        sort_days(row, p->rows);
        p->occasions = occasions(g, i, row, p->rows);
        for (uint32_t k = 0; k < p->occasions; k++) spool_write(&to, &row[k]);
        row += p->rows;
        if (p->occasions) mark_first(r, p);
    }
    for (size_t t = 0; t < in->n_workers; t++) {
        bin *n = &in->workers[t]->bins->bin[b];
        mem_free(r->alloc, n->person);
        n->person = NULL;
    }
    return MR_OK;
}

/* --- putting the bins together --- */

static mr_status number_one(void *ctx, size_t b, int thread, mr_error *err) {
    (void)thread, (void)err;
    grouping *r = ctx;
    group_bin *g = &r->bins[b];
    ingest_orders *out = r->out;
    for (size_t i = 0; i < g->n; i++) {
        person *p = &g->people[i];
        if (!p->occasions) continue;
        uint64_t word = p->first / 64, below = (UINT64_C(1) << p->first % 64) - 1;
        uint64_t bits = atomic_load_explicit(&r->bits[word], memory_order_relaxed);
        uint64_t number = r->before[word] + bits_count(bits & below);
        p->first = number;
        out->offset[number + 1] = p->occasions;
        char spare[8];
        size_t len;
        bin_id(&r->in->workers[p->worker]->bins->bin[b], p->key, p->tag, spare, &len);
        out->id_offset[number + 1] = len;
        if (out->returned && g->returned) out->returned[number] = g->returned[i];
        for (int k = 0; k < CONTACTS; k++)
            if (out->contact_offset[k]) out->contact_offset[k][number + 1] = g->contact[i * CONTACTS + (size_t)k].len;
    }
    return MR_OK;
}

static mr_status copy_one(void *ctx, size_t b, int thread, mr_error *err) {
    (void)thread, (void)err;
    grouping *r = ctx;
    group_bin *g = &r->bins[b];
    ingest_orders *out = r->out;
    spool from = spool_begin(r->in, (unsigned)b);
    for (size_t i = 0; i < g->n; i++) {
        const person *p = &g->people[i];
        if (!p->occasions) continue;
        uint64_t at = out->offset[p->first];
        for (uint32_t k = 0; k < p->occasions; k++) {
            day_row row = spool_read(&from);
            out->day[at + k] = row.day;
            if (out->money) out->money[at + k] = row.money;
        }
        char spare[8];
        size_t len;
        const char *id = bin_id(&r->in->workers[p->worker]->bins->bin[b], p->key, p->tag, spare, &len);
        memcpy(out->id_bytes + out->id_offset[p->first], id, len);
        for (int k = 0; k < CONTACTS; k++) {
            const contact_view *c = g->contact ? &g->contact[i * CONTACTS + (size_t)k] : NULL;
            if (out->contact_offset[k] && c->len) memcpy(out->contact_bytes + out->contact_offset[k][p->first], c->text, c->len);
        }
    }
    return MR_OK;
}

static void run_up(uint64_t *offset, size_t n) {
    for (size_t i = 0; i < n; i++) offset[i + 1] += offset[i];
}

static void *large(grouping *r, size_t count, size_t size) {
    void *block = mem_take(r->alloc, count, size);
    if (block) bins_advise_large(r->alloc, block, count * size);
    return block;
}

static mr_status offsets(grouping *r, size_t n, bool returns, mr_error *err) {
    ingest_orders *out = r->out;
    out->offset = mem_new(r->alloc, n + 1, sizeof *out->offset);
    out->id_offset = mem_new(r->alloc, n + 1, sizeof *out->id_offset);
    bool ok = out->offset && out->id_offset;
    if (ok && returns) ok = (out->returned = mem_new(r->alloc, n, sizeof *out->returned)) != NULL;
    for (int k = 0; k < CONTACTS && ok; k++)
        if (r->in->contact[k]) ok = (out->contact_offset[k] = mem_new(r->alloc, n + 1, sizeof(uint64_t))) != NULL;
    return ok ? MR_OK : error_memory(err, (n + 1) * sizeof *out->offset);
}

static mr_status arrays(grouping *r, size_t n, mr_error *err) {
    ingest_orders *out = r->out;
    run_up(out->offset, n);
    run_up(out->id_offset, n);
    uint64_t contact_bytes = 0;
    for (int k = 0; k < CONTACTS; k++) { /* one text for the three of them, one behind the other */
        if (!out->contact_offset[k]) continue;
        out->contact_offset[k][0] = contact_bytes;
        run_up(out->contact_offset[k], n);
        contact_bytes = out->contact_offset[k][n];
    }
    out->day = large(r, out->offset[n], sizeof *out->day);
    if (r->in->has_amount) out->money = large(r, out->offset[n], sizeof *out->money);
    out->id_bytes = mem_take(r->alloc, out->id_offset[n], 1);
    out->contact_bytes = mem_take(r->alloc, contact_bytes, 1);
    if (!out->day || !out->id_bytes || !out->contact_bytes || (r->in->has_amount && !out->money))
        return error_memory(err, out->offset[n] * 12);
    out->orders = (mr_orders){.n = n, .offset = out->offset, .day = out->day, .money = out->money};
    return MR_OK;
}

static void sum_up(grouping *r, bool *returns) {
    ingest_understood *u = &r->out->understood;
    u->first_day = INT32_MAX;
    u->last_day = INT32_MIN;
    for (unsigned b = 0; b < BINS; b++) {
        const group_bin *g = &r->bins[b];
        u->orders += g->orders;
        u->returns += g->returns;
        u->merged += g->merged;
        u->after_until += g->after_until;
        u->return_only_customers += g->return_only;
        *returns = *returns || g->returned;
        if (g->first_day < u->first_day) u->first_day = g->first_day;
        if (g->last_day > u->last_day) u->last_day = g->last_day;
    }
}

static mr_status grouping_begin(grouping *r, int threads, mr_error *err) {
    const group_input *in = r->in;
    r->bins = mem_new(r->alloc, BINS, sizeof *r->bins);
    r->scratch = mem_new(r->alloc, (size_t)threads, sizeof *r->scratch);
    r->record_base = mem_new(r->alloc, in->n_blocks + 1, sizeof *r->record_base);
    bool ok = r->bins && r->scratch && r->record_base;
    for (int t = 0; t < threads && ok; t++) {
        r->scratch[t].map = mem_new(r->alloc, in->n_workers, sizeof *r->scratch[t].map);
        r->scratch[t].cursor = mem_new(r->alloc, in->n_workers, sizeof *r->scratch[t].cursor);
        ok = r->scratch[t].map && r->scratch[t].cursor;
    }
    for (size_t k = 0; k < in->n_blocks && ok; k++) {
        r->record_base[k] = r->records;
        r->records += in->blocks[k] ? in->blocks[k]->records : 0;
    }
    size_t words = (size_t)(r->records / 64 + 1);
    if (ok) r->bits = mem_new(r->alloc, words, sizeof *r->bits);
    if (ok) r->before = mem_take(r->alloc, words, sizeof *r->before);
    return ok && r->bits && r->before ? MR_OK : error_memory(err, words * 16);
}

static void scratch_free(grouping *r, int threads) {
    for (int t = 0; r->scratch && t < threads; t++) {
        scratch *s = &r->scratch[t];
        mem_free(r->alloc, s->map);
        mem_free(r->alloc, s->map_rows);
        mem_free(r->alloc, s->slots);
        mem_free(r->alloc, s->rows);
        mem_free(r->alloc, s->at);
        mem_free(r->alloc, s->cursor);
    }
    mem_free(r->alloc, r->scratch);
    r->scratch = NULL;
}

static void grouping_end(grouping *r, int threads) {
    scratch_free(r, threads);
    for (unsigned b = 0; r->bins && b < BINS; b++) {
        mem_free(r->alloc, r->bins[b].people);
        mem_free(r->alloc, r->bins[b].returned);
        mem_free(r->alloc, r->bins[b].contact);
    }
    mem_free(r->alloc, r->bins);
    mem_free(r->alloc, (void *)r->bits);
    mem_free(r->alloc, r->before);
    mem_free(r->alloc, r->record_base);
}

mr_status group_rows(const group_input *in, const mr_context *context, ingest_orders *out, mr_error *err) {
    grouping r = {.in = in, .alloc = context_alloc(context), .out = out};
    mr_pool *pool = context_pool(context);
    int threads = pool_size(pool);
    bool returns = false;
    for (size_t t = 0; t < in->n_workers; t++) bins_seal(in->workers[t]->bins);
    mr_status status = grouping_begin(&r, threads, err);
    if (!status) status = pool_run(pool, BINS, group_one, &r, err);
    if (status) goto done;
    scratch_free(&r, threads);
    sum_up(&r, &returns);
    uint64_t n = 0;
    for (size_t i = 0; i <= r.records / 64; i++) {
        r.before[i] = n;
        n += bits_count(atomic_load_explicit(&r.bits[i], memory_order_relaxed));
    }
    status = offsets(&r, n, returns, err);
    if (!status) status = pool_run(pool, BINS, number_one, &r, err);
    if (!status) status = arrays(&r, n, err);
    if (!status) status = pool_run(pool, BINS, copy_one, &r, err);
done:
    grouping_end(&r, threads);
    return status;
}
