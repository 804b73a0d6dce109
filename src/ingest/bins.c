/* Bins of rows, and the dictionary of long identifiers: linear probing, at most 5/8 full. A batch first asks
 * for all its cache lines and then looks at them, so that the memory's latency is paid once a batch and not
 * once a row. */
#include "bins.h"

#include "error.h"
#include "mem.h"

#include <string.h>

#define FIRST_SLOTS 1024

mr_status bins_new(const mr_alloc *alloc, bool contacts, bins **out, mr_error *err) {
    *out = NULL;
    bins *b = mem_new(alloc, 1, sizeof *b);
    if (!b) return error_memory(err, sizeof *b);
    b->alloc = alloc;
    b->contacts = contacts;
    b->slab_bytes = sizeof(bin_slab) + 16 * sizeof(bin_chunk);
    b->slots = mem_new(alloc, FIRST_SLOTS, sizeof *b->slots);
    if (!b->slots) {
        bins_free(b);
        return error_memory(err, FIRST_SLOTS * sizeof *b->slots);
    }
    b->mask = FIRST_SLOTS - 1;
    b->full = FIRST_SLOTS * 5 / 8;
    *out = b;
    return MR_OK;
}

void bin_release(bins *b, bin *n) {
    for (size_t i = 0; n->contact && i < (size_t)n->people * CONTACTS; i++)
        mem_free(b->alloc, n->contact[i].text);
    mem_free(b->alloc, n->person);
    mem_free(b->alloc, n->contact);
    n->person = NULL;
    n->contact = NULL;
}

void bins_free(bins *b) {
    if (!b) return;
    for (unsigned i = 0; i < BINS; i++) bin_release(b, &b->bin[i]);
    for (bin_slab *slab = b->slabs, *next; slab; slab = next) {
        next = slab->next;
        mem_free(b->alloc, slab);
    }
    mem_free(b->alloc, b->slots);
    mem_free(b->alloc, b->text);
    mem_free(b->alloc, b);
}

uint64_t bin_hash(const char *id, size_t len) {
    if (len <= 8) return id_mix(bits_load64(id) & (~UINT64_C(0) >> (64 - 8 * len)));
    /* two lanes, so that multiplications overlap */
    uint64_t a = len, b = ~(uint64_t)len;
    size_t i = 0;
    for (; i + 16 < len; i += 16) {
        a = (a ^ bits_load64(id + i)) * UINT64_C(0x9E3779B97F4A7C15);
        b = (b ^ bits_load64(id + i + 8)) * UINT64_C(0xC2B2AE3D27D4EB4F);
        a ^= a >> 32;
        b ^= b >> 29;
    }
    if (i + 8 < len) a = (a ^ bits_load64(id + i)) * UINT64_C(0x9E3779B97F4A7C15);
    b ^= bits_load64(id + len - 8);
    return id_mix(a ^ a >> 32 ^ id_mix(b));
}

const char *bin_text(const bins *b, uint32_t tag, size_t *len) {
    const char *text = b->text + 8 * (size_t)(tag & ~IN_TEXT);
    uint32_t bytes;
    memcpy(&bytes, text, 4);
    *len = bytes;
    return text + 4;
}

/* --- growing --- */

bool bins_more(bins *b, unsigned which) {
    bin *n = &b->bin[which];
    if ((size_t)(b->slab_end - b->slab_at) < sizeof(bin_chunk)) {
        bin_slab *slab = mem_take(b->alloc, b->slab_bytes, 1);
        if (!slab) return false;
        slab->next = b->slabs;
        b->slabs = slab;
        b->slab_at = (char *)(slab + 1);
        b->slab_end = (char *)slab + b->slab_bytes;
        if (b->slab_bytes < (16u << 20)) b->slab_bytes *= 2; /* small files stay small */
    }
    bin_chunk *chunk = (bin_chunk *)(void *)b->slab_at;
    b->slab_at += sizeof *chunk;
    chunk->next = NULL;
    if (n->last) {
        n->last->next = chunk;
        n->last->end = b->at[which];
        n->words += (uint64_t)(b->at[which] - n->last->words);
    } else {
        n->chunks = chunk;
    }
    n->last = chunk;
    b->at[which] = chunk->words;
    b->end[which] = chunk->words + CHUNK_WORDS;
    return true;
}

void bins_seal(bins *b) {
    for (unsigned i = 0; i < BINS; i++)
        if (b->bin[i].last) b->bin[i].last->end = b->at[i];
    mem_free(b->alloc, b->slots);
    b->slots = NULL;
}

/* An outgrown table's memory is already there: chunks are cut from it. What is left of the slab before was
 * never touched. */
static void recycle(bins *b, void *block, size_t bytes) {
    bin_slab *slab = block;
    if (bytes < (size_t)1 << 20) {
        mem_free(b->alloc, block);
        return;
    }
    slab->next = b->slabs;
    b->slabs = slab;
    b->slab_at = (char *)(slab + 1);
    b->slab_end = (char *)block + bytes;
}

static bool grow(bins *b) {
    size_t slots = 2 * (size_t)(b->mask + 1);
    bin_slot *wider = mem_new(b->alloc, slots, sizeof *wider);
    if (!wider) return false;
    uint64_t mask = slots - 1;
    for (size_t i = 0; i <= b->mask; i++) {
        bin_slot slot = b->slots[i];
        if (!slot.tag) continue;
        uint64_t at = slot.hash & mask;
        while (wider[at].tag) at = (at + 1) & mask;
        wider[at] = slot;
    }
    recycle(b, b->slots, (size_t)(b->mask + 1) * sizeof *b->slots);
    b->slots = wider;
    b->mask = mask;
    b->full = slots / 8 * 5;
    return true;
}

static bool keep_text(bins *b, const char *id, uint32_t len, uint32_t *tag) {
    size_t bytes = ((size_t)len + 4 + 7) & ~(size_t)7;
    if (b->text_capacity - b->text_len < bytes + 64) {
        size_t capacity = 2 * b->text_capacity + bytes + 4096;
        char *grown = mem_resize(b->alloc, b->text, capacity, 1);
        if (!grown) return false;
        b->text = grown;
        b->text_capacity = capacity;
    }
    size_t in_line = ((uintptr_t)b->text + b->text_len) & 63;
    if (bytes <= 64 && in_line + bytes > 64) b->text_len += 64 - in_line;
    if (b->text_len / 8 >= IN_TEXT) return false;
    *tag = IN_TEXT | (uint32_t)(b->text_len / 8);
    memcpy(b->text + b->text_len, &len, 4);
    memcpy(b->text + b->text_len + 4, id, len);
    b->text_len += bytes;
    return true;
}

static bool new_person(bins *b, bin *n, bin_slot *slot, const bin_entry *e) {
    if (n->people == n->person_capacity) {
        size_t capacity = n->person_capacity + n->person_capacity / 2 + 8;
        bin_person *grown = mem_resize(b->alloc, n->person, capacity, sizeof *grown);
        if (!grown) return false;
        n->person = grown;
        n->person_capacity = capacity;
    }
    if (b->contacts && (size_t)n->people * CONTACTS >= n->contact_capacity) {
        size_t capacity = n->person_capacity * CONTACTS;
        bin_contact *grown = mem_resize(b->alloc, n->contact, capacity, sizeof *grown);
        if (!grown) return false;
        memset(grown + n->contact_capacity, 0, (capacity - n->contact_capacity) * sizeof *grown);
        n->contact = grown;
        n->contact_capacity = capacity;
    }
    uint32_t tag;
    if (!keep_text(b, e->id, e->len, &tag)) return false;
    *slot = (bin_slot){.hash = e->hash, .who = n->people, .tag = tag};
    n->person[n->people++] = (bin_person){.hash = e->hash, .tag = tag};
    return ++b->people < b->full || grow(b);
}

/* --- adding --- */

static inline bool same(const bins *b, const bin_slot *slot, const bin_entry *e) {
    if (slot->hash != e->hash) return false; /* and so of the same bin */
    const char *text = b->text + 8 * (size_t)(slot->tag & ~IN_TEXT);
    uint32_t len;
    memcpy(&len, text, 4);
    return len == e->len && !memcmp(text + 4, e->id, len);
}

mr_status bins_add(bins *b, const bin_entry *entries, size_t count, uint32_t *who, mr_error *err) {
    for (size_t i = 0; i < count; i++) {
        const bin_slot *slot = bin_home(b, entries[i].hash);
        if (slot->hash != entries[i].hash) continue;
        bits_prefetch(b->text + 8 * (size_t)(slot->tag & ~IN_TEXT));
    }
    for (size_t i = 0; i < count; i++) {
        const bin_entry *e = &entries[i];
        unsigned which = bin_of(e->hash);
        bin *n = &b->bin[which];
        bin_slot *slot = bin_home(b, e->hash);
        while (slot->tag && !same(b, slot, e)) slot = slot == b->slots + b->mask ? b->slots : slot + 1;
        uint32_t person;
        if (slot->tag) {
            person = slot->who;
        } else {
            person = n->people;
            if (!new_person(b, n, slot, e)) return error_memory(err, sizeof(bin_person));
        }
        if (b->end[which] - b->at[which] < ROW_WORDS && !bins_more(b, which))
            return error_memory(err, b->slab_bytes);
        b->at[which] =
            bin_row_write(b->at[which], (id_words){person, 0, ID_NUMBER}, e->record, e->when, e->money);
        who[i] = person;
    }
    return MR_OK;
}

static bool note(bins *b, bin_contact *c, bin_note n, uint64_t seen) {
    uint32_t len = n.len < UINT32_MAX / 2 ? (uint32_t)n.len : UINT32_MAX / 2;
    if (c->capacity < len) {
        char *grown = mem_resize(b->alloc, c->text, len, 1);
        if (!grown) return false;
        c->text = grown;
        c->capacity = len;
    }
    memcpy(c->text, n.text, len);
    c->len = len;
    c->seen = seen;
    return true;
}

mr_status bins_note(bins *b, const bin_entry *entries, const uint32_t *who, bin_note notes[][CONTACTS],
                    size_t n, uint64_t block, mr_error *err) {
    bin_contact *contact[BIN_BATCH];
    for (size_t i = 0; i < n; i++) {
        contact[i] = &b->bin[bin_of(entries[i].hash)].contact[(size_t)who[i] * CONTACTS];
        bits_prefetch(contact[i]);
        bits_prefetch((const char *)(contact[i] + CONTACTS) - 1);
    }
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < CONTACTS; k++)
            if (notes[i][k].len && contact[i][k].text) bits_prefetch(contact[i][k].text);
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < CONTACTS; k++)
            if (notes[i][k].len && !note(b, &contact[i][k], notes[i][k], block << 32 | entries[i].record))
                return error_memory(err, notes[i][k].len);
    return MR_OK;
}
