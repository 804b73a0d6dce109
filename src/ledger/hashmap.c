#include "hashmap.h"

#include <bits.h>
#include <mem.h>

#include <string.h>

static size_t home(const hashmap *m, uint64_t key) {
    /* Multiplying spreads keys that are no hashes, too (Knuth's golden ratio). */
    return (size_t)((key * UINT64_C(0x9E3779B97F4A7C15)) >> 20) & (m->capacity - 1);
}

static hashmap_slot *slot_of(const hashmap *m, uint64_t key) {
    size_t i = home(m, key);
    while (m->slots[i].key && m->slots[i].key != key) i = (i + 1) & (m->capacity - 1);
    return &m->slots[i];
}

static bool grow(hashmap *m) {
    hashmap bigger = {.capacity = m->capacity ? 2 * m->capacity : 1024, .n = m->n};
    bigger.slots = mem_new(NULL, bigger.capacity, sizeof *bigger.slots);
    if (!bigger.slots) return false;
    for (size_t i = 0; i < m->capacity; i++)
        if (m->slots[i].key) *slot_of(&bigger, m->slots[i].key) = m->slots[i];
    mem_free(NULL, m->slots);
    *m = bigger;
    return true;
}

uint64_t *hashmap_at(hashmap *m, uint64_t key, bool *made) {
    if (!key) key = 1;
    if (m->n * 8 >= m->capacity * 5 && !grow(m)) return NULL;
    hashmap_slot *s = slot_of(m, key);
    *made = !s->key;
    if (*made) {
        *s = (hashmap_slot){key, 0};
        m->n++;
    }
    return &s->value;
}

uint64_t *hashmap_find(const hashmap *m, uint64_t key) {
    if (!m->capacity) return NULL;
    hashmap_slot *s = slot_of(m, key ? key : 1);
    return s->key ? &s->value : NULL;
}

void hashmap_prefetch(const hashmap *m, uint64_t key) {
    if (m->capacity) bits_prefetch(&m->slots[home(m, key)]);
}

void hashmap_clear(hashmap *m) {
    if (m->capacity) memset(m->slots, 0, m->capacity * sizeof *m->slots);
    m->n = 0;
}

void hashmap_free(hashmap *m) {
    mem_free(NULL, m->slots);
    *m = (hashmap){0};
}
