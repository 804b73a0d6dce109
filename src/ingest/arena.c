/* A list of chunks, each at least twice as large as the one before, so that there are few. */
#include "arena.h"

#include "mem.h"

#include <stdalign.h>
#include <string.h>

struct arena_chunk {
    arena_chunk *before;
    size_t used, capacity;
    alignas(max_align_t) char bytes[];
};

#define FIRST_BYTES ((size_t)4000)

void *arena_take(arena *a, size_t bytes) {
    size_t need = (bytes + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
    arena_chunk *c = a->chunk;
    if (!c || c->capacity - c->used < need) {
        size_t capacity = c ? 2 * c->capacity : FIRST_BYTES;
        if (capacity < need) capacity = need;
        arena_chunk *fresh = mem_take(a->alloc, 1, sizeof *fresh + capacity);
        if (!fresh) {
            a->failed = true;
            return NULL;
        }
        *fresh = (arena_chunk){.before = c, .capacity = capacity};
        a->chunk = c = fresh;
    }
    void *at = c->bytes + c->used;
    c->used += need;
    return memset(at, 0, bytes);
}

char *arena_text(arena *a, const char *text, size_t len) {
    char *copy = arena_take(a, len + ARENA_PADDING);
    if (copy && len) memcpy(copy, text, len);
    return copy;
}

static void release(arena *a, arena_chunk *c) {
    while (c) {
        arena_chunk *before = c->before;
        mem_free(a->alloc, c);
        c = before;
    }
}

void arena_reset(arena *a) {
    a->failed = false;
    if (!a->chunk) return;
    release(a, a->chunk->before);
    a->chunk->before = NULL;
    a->chunk->used = 0;
}

void arena_free(arena *a) {
    release(a, a->chunk);
    a->chunk = NULL;
}
