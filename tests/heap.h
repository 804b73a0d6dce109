/* A heap for tests: it counts what is taken and given back, and refuses the allocation whose turn it is. */
#ifndef TESTS_HEAP_H
#define TESTS_HEAP_H

#include <marram/base.h>

#include <stdatomic.h>
#include <stdlib.h>

typedef struct heap {
    atomic_long taken, live, fail_at; /* fail_at, from 1 on: that one fails; 0: none */
    bool for_good;                    /* and all behind it */
} heap;

static inline bool heap_refuses(heap *h) {
    long n = atomic_fetch_add(&h->taken, 1) + 1, at = atomic_load(&h->fail_at);
    return at && (n == at || (n > at && h->for_good));
}

static inline void *heap_allocate(void *ctx, size_t size) {
    heap *h = ctx;
    if (heap_refuses(h)) return NULL;
    atomic_fetch_add(&h->live, 1);
    return malloc(size);
}

static inline void *heap_resize(void *ctx, void *block, size_t size) {
    heap *h = ctx;
    if (heap_refuses(h)) return NULL;
    if (!block) atomic_fetch_add(&h->live, 1);
    return realloc(block, size);
}

static inline void heap_release(void *ctx, void *block) {
    if (block) atomic_fetch_sub(&((heap *)ctx)->live, 1);
    free(block);
}

static inline mr_alloc heap_alloc(heap *h) {
    return (mr_alloc){heap_allocate, heap_resize, heap_release, h};
}

#endif
