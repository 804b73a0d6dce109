/* A map from 64-bit hashes to 64-bit numbers: open addressing, grows, never shrinks. Key 0 is taken as 1. */
#ifndef LEDGER_HASHMAP_H
#define LEDGER_HASHMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hashmap_slot {
    uint64_t key; /* 0: empty */
    uint64_t value;
} hashmap_slot;

typedef struct hashmap {
    hashmap_slot *slots;
    size_t n, capacity;
} hashmap;

/* The key's value, made 0 with *made true where it was not there; borrowed until the next call. NULL: no memory. */
uint64_t *hashmap_at(hashmap *m, uint64_t key, bool *made);
/* NULL where it is not there. */
uint64_t *hashmap_find(const hashmap *m, uint64_t key);
/* Where the key will be looked for: fetch it early. */
void hashmap_prefetch(const hashmap *m, uint64_t key);
void hashmap_clear(hashmap *m); /* keeps the memory */
void hashmap_free(hashmap *m);

#endif
