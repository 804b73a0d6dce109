#include "slab.h"

#include <mem.h>

#include <string.h>

#define BLOCK ((size_t)256 << 10)

char *slab_room(slab *a, size_t size) {
    if (a->now && a->now->capacity - a->used >= size) {
        char *at = a->now->bytes + a->used;
        a->used += size;
        a->total += size;
        return at;
    }
    /* The next kept block, where it is large enough; else a new one in front of it. */
    slab_block *next = a->now ? a->now->next : a->first;
    if (!next || next->capacity < size) {
        size_t capacity = size > BLOCK ? size : BLOCK;
        slab_block *block = mem_take(NULL, 1, sizeof *block + capacity);
        if (!block) return NULL;
        block->capacity = capacity;
        block->next = next;
        if (a->now)
            a->now->next = block;
        else
            a->first = block;
        next = block;
    }
    a->now = next;
    a->used = size;
    a->total += size;
    return next->bytes;
}

void *slab_take(slab *a, size_t size) {
    a->used = (a->used + 7) & ~(size_t)7;
    if (a->now && a->used > a->now->capacity) a->used = a->now->capacity;
    return slab_room(a, (size + 7) & ~(size_t)7);
}

char *slab_copy(slab *a, const char *bytes, size_t len) {
    char *at = slab_room(a, len + 1);
    if (!at) return NULL;
    if (len) memcpy(at, bytes, len);
    at[len] = 0;
    return at;
}

void slab_reset(slab *a) {
    a->now = NULL;
    a->used = a->total = 0;
}

void slab_free(slab *a) {
    for (slab_block *b = a->first; b;) {
        slab_block *next = b->next;
        mem_free(NULL, b);
        b = next;
    }
    *a = (slab){0};
}
