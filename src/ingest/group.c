/* Grouping: every bin by itself, inside a core's cache.
 *
 * The rows of a bin are replayed in the order of the input: block by block, each from the worker that read
 * it. So a file sorted by date gives sorted histories without sorting, the last contact wins, and nothing
 * depends on the number of threads. Within a bin: find each row's customer, count, scatter, merge the days,
 * and write the occasions back over the rows, which they never outnumber. */
#include "error.h"
#include "grouping.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

typedef struct merge_slot {
    uint64_t hash;
    uint32_t who; /* + 1 */
} merge_slot;

typedef struct scratch {
    uint32_t **map; /* [n_workers] a worker's number of a customer -> the bin's */
    uint32_t *map_rows;
    size_t map_capacity;
    merge_slot *slots;
    size_t slots_n;  /* a power of two */
    size_t expected; /* customers in the last bin: the next will have about as many */
    day_row *rows;
    size_t rows_capacity;
    uint64_t *at; /* [people + 1] */
    size_t at_capacity;
    struct cursor *cursor; /* [n_workers] */
} scratch;

typedef struct cursor {
    bin_chunk *chunk;
    uint64_t *at;
} cursor;

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

static uint64_t hash_of(const person *p) {
    return p->tag & IN_TEXT ? p->a : id_hash((id_words){p->a, p->b, p->tag});
}

static bool more_slots(const mr_alloc *alloc, group_bin *g, scratch *s) {
    size_t n = s->slots_n ? 2 * s->slots_n : 256;
    mem_free(alloc, s->slots);
    s->slots = mem_new(alloc, n, sizeof *s->slots);
    s->slots_n = s->slots ? n : 0;
    for (size_t i = 0; s->slots && i < g->n; i++) {
        uint64_t hash = hash_of(&g->people[i]);
        size_t at = hash & (n - 1);
        while (s->slots[at].who) at = (at + 1) & (n - 1);
        s->slots[at] = (merge_slot){hash, (uint32_t)i + 1};
    }
    return s->slots;
}

static bool more_people(const mr_alloc *alloc, group_bin *g, size_t want) {
    person *grown = mem_resize(alloc, g->people, want, sizeof *grown);
    if (!grown) return false;
    g->people = grown;
    g->capacity = want;
    return true;
}

static uint32_t new_person(grouping *r, group_bin *g, scratch *s, size_t at, uint64_t hash, person p) {
    if (g->n == g->capacity && !more_people(r->alloc, g, g->n + g->n / 2 + 64)) return NOBODY;
    s->slots[at] = (merge_slot){hash, (uint32_t)g->n + 1};
    g->people[g->n++] = p;
    if (g->n * 8 > s->slots_n * 5 && !more_slots(r->alloc, g, s)) return NOBODY;
    return (uint32_t)g->n - 1;
}

/* The customer of an identifier's words; NOBODY: no memory. */
static inline uint32_t find_words(grouping *r, group_bin *g, scratch *s, id_words id, uint64_t first) {
    uint64_t hash = id_hash(id);
    size_t mask = s->slots_n - 1, at = hash & mask;
    for (; s->slots[at].who; at = (at + 1) & mask) {
        if (s->slots[at].hash != hash) continue;
        const person *p = &g->people[s->slots[at].who - 1];
        if (p->tag == id.kind && p->a == id.a && p->b == id.b) return s->slots[at].who - 1;
    }
    return new_person(r, g, s, at, hash, (person){.a = id.a, .b = id.b, .first = first, .tag = id.kind});
}

/* The customer of a worker's number. */
static uint32_t find_number(grouping *r, group_bin *g, scratch *s, unsigned b, uint32_t worker,
                            uint32_t number, uint64_t first) {
    const bin *from = &r->in->workers[worker]->bins->bin[b];
    const bin_person *q = &from->person[number];
    size_t mask = s->slots_n - 1, at = q->hash & mask, len;
    const char *id = bin_text(r->in->workers[worker]->bins, q->tag, &len);
    for (; s->slots[at].who; at = (at + 1) & mask) {
        const person *p = &g->people[s->slots[at].who - 1];
        if (s->slots[at].hash != q->hash || !(p->tag & IN_TEXT)) continue;
        size_t p_len;
        const char *p_id = bin_text(r->in->workers[p->worker]->bins, p->tag, &p_len);
        if (p_len == len && !memcmp(p_id, id, len)) return s->slots[at].who - 1;
    }
    return new_person(r, g, s, at, q->hash,
                      (person){.a = q->hash, .first = first, .tag = q->tag, .worker = worker});
}

/* --- rows --- */

/* What a wide row's `when` and money mean, now that the whole column is known; rewritten as that. false: it
 * is left out. */
static bool settle(const group_input *in, uint64_t wide[2], uint64_t *after_until) {
    int32_t day = 0;
    uint32_t when = (uint32_t)wide[0];
    if (!(when & ~WHEN_MASK)) return true;
    if (when & WHEN_PACKED) {
        if (!when_unpack(when, in->order, &day) || day > in->today) return false;
        if (day > in->until) return ++*after_until, false;
    } else {
        day = when_day(when);
    }
    char doubtful = when & ROW_COMMA ? ',' : when & ROW_POINT ? '.' : 0;
    if (doubtful && doubtful == in->decimal) wide[1] = (uint64_t)((int64_t)wide[1] / 1000);
    wide[0] = when_of_day(day);
    return true;
}

/* Up to *n words that stand together. */
static inline uint64_t *take(cursor *c, size_t *n) {
    while (c->at == c->chunk->end) {
        c->chunk = c->chunk->next;
        c->at = c->chunk->words;
    }
    size_t left = (size_t)(c->chunk->end - c->at);
    if (*n > left) *n = left;
    uint64_t *words = c->at;
    c->at += *n;
    return words;
}

static void rewind_cursors(const group_input *in, scratch *s, unsigned b) {
    for (size_t t = 0; t < in->n_workers; t++) {
        s->cursor[t].chunk = in->workers[t]->bins->bin[b].chunks;
        s->cursor[t].at = s->cursor[t].chunk ? s->cursor[t].chunk->words : NULL;
    }
}

/* Finds the customers of words [at, end) and counts their rows; a row's second word becomes its customer,
 * NOBODY if left out. */
static bool name_rows(grouping *r, group_bin *g, scratch *s, unsigned b, size_t block, uint64_t *at,
                      const uint64_t *end) {
    uint32_t t = r->in->owner[block];
    for (uint64_t *next; at < end; at = next) {
        uint64_t word = at[0];
        next = at + bin_row_words(word);
        if (word & ROW_WIDE && !settle(r->in, at + bin_row_wide_at(word), &g->after_until)) {
            at[1] = NOBODY;
            continue;
        }
        uint64_t first = r->record_base[block] + bin_row_record(word);
        uint32_t who;
        unsigned kind = bin_row_kind(word);
        if (kind == ID_NUMBER) {
            who = s->map[t][at[1]];
            if (who == NOBODY) s->map[t][at[1]] = who = find_number(r, g, s, b, t, (uint32_t)at[1], first);
        } else {
            who = find_words(r, g, s, (id_words){at[1], kind == ID_WORD ? 0 : at[2], kind}, first);
        }
        if (who == NOBODY) return false;
        g->people[who].rows++;
        at[1] = who;
    }
    return true;
}

static mr_status count_rows(grouping *r, group_bin *g, scratch *s, unsigned b, mr_error *err) {
    const group_input *in = r->in;
    rewind_cursors(in, s, b);
    for (size_t k = 0; k < in->n_blocks; k++) {
        size_t left = in->blocks[k] ? in->blocks[k]->words[b] : 0;
        while (left) {
            size_t n = left;
            uint64_t *at = take(&s->cursor[in->owner[k]], &n);
            left -= n;
            if (!name_rows(r, g, s, b, k, at, at + n)) return error_memory(err, g->n * sizeof *g->people);
        }
    }
    return MR_OK;
}

static void scatter(const group_input *in, scratch *s, unsigned b) {
    rewind_cursors(in, s, b);
    for (size_t k = 0; k < in->n_blocks; k++) {
        size_t left = in->blocks[k] ? in->blocks[k]->words[b] : 0;
        while (left) {
            size_t n = left;
            const uint64_t *at = take(&s->cursor[in->owner[k]], &n), *end = at + n;
            left -= n;
            while (at < end) {
                uint64_t word = at[0], who = at[1];
                day_row row = {.day = when_day((uint32_t)(word >> 28 & 0x7FFF) + ROW_DAY0),
                               .money = (int64_t)(word & 0xFFFFFFF) * 100};
                if (word & ROW_WIDE) {
                    const uint64_t *wide = at + bin_row_wide_at(word);
                    row = (day_row){.day = when_day((uint32_t)wide[0]), .money = (int64_t)wide[1]};
                }
                at += bin_row_words(word);
                if (who != NOBODY) s->rows[s->at[who]++] = row;
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

static mr_status prepare(grouping *r, group_bin *g, scratch *s, unsigned b, size_t words, mr_error *err) {
    const group_input *in = r->in;
    size_t numbers = 0;
    for (size_t t = 0; t < in->n_workers; t++) numbers += in->workers[t]->bins->bin[b].people;
    bool ok = more_people(r->alloc, g, s->expected + s->expected / 16 + 64) &&
              reserve(r->alloc, &s->map_rows, &s->map_capacity, numbers, sizeof *s->map_rows) &&
              reserve(r->alloc, &s->rows, &s->rows_capacity, words / 2, sizeof *s->rows);
    if (ok && s->slots) memset(s->slots, 0, s->slots_n * sizeof *s->slots);
    if (ok && !s->slots) ok = more_slots(r->alloc, g, s);
    if (!ok) return error_memory(err, words * sizeof *s->rows);
    memset(s->map_rows, 0xFF, numbers * sizeof *s->map_rows);
    uint32_t *map = s->map_rows;
    for (size_t t = 0; t < in->n_workers; t++) {
        s->map[t] = map;
        map += in->workers[t]->bins->bin[b].people;
    }
    return MR_OK;
}

/* What hangs on the number of customers. */
static mr_status prepare_people(grouping *r, group_bin *g, scratch *s, mr_error *err) {
    bool ok = reserve(r->alloc, &s->at, &s->at_capacity, g->n + 1, sizeof *s->at);
    if (ok && r->in->workers[0]->bins->contacts)
        ok = (g->contact = mem_new(r->alloc, g->n * CONTACTS, sizeof *g->contact)) != NULL;
    s->expected = g->n;
    return ok ? MR_OK : error_memory(err, g->n * sizeof *s->at);
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
    atomic_fetch_or_explicit(&r->bits[p->first / 64], UINT64_C(1) << p->first % 64, memory_order_relaxed);
}

mr_status grouping_bin(void *ctx, size_t b, int thread, mr_error *err) {
    grouping *r = ctx;
    const group_input *in = r->in;
    group_bin *g = &r->bins[b];
    scratch *s = &r->scratch[thread];
    size_t words = 0;
    g->first_day = INT32_MAX;
    g->last_day = INT32_MIN;
    for (size_t t = 0; t < in->n_workers; t++) words += bin_words(in->workers[t]->bins, (unsigned)b);
    if (!words) return MR_OK;
    mr_status status = prepare(r, g, s, (unsigned)b, words, err);
    if (!status) status = count_rows(r, g, s, (unsigned)b, err);
    if (!status) status = prepare_people(r, g, s, err);
    if (status) return status;
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

mr_status grouping_scratch_new(grouping *r, int threads, mr_error *err) {
    size_t workers = r->in->n_workers;
    r->scratch = mem_new(r->alloc, (size_t)threads, sizeof *r->scratch);
    bool ok = r->scratch != NULL;
    for (int t = 0; t < threads && ok; t++) {
        r->scratch[t].map = mem_new(r->alloc, workers, sizeof *r->scratch[t].map);
        r->scratch[t].cursor = mem_new(r->alloc, workers, sizeof *r->scratch[t].cursor);
        ok = r->scratch[t].map && r->scratch[t].cursor;
    }
    return ok ? MR_OK : error_memory(err, (size_t)threads * sizeof *r->scratch);
}

void grouping_scratch_free(grouping *r, int threads) {
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
