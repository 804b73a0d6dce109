/* A list of chunks, each twice as large as the one before, so that there are few. */
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

static char *room(arena *a, size_t bytes, size_t align) {
    arena_chunk *c = a->chunk;
    size_t at = c ? (c->used + align - 1) / align * align : 0;
    if (!c || at > c->capacity || c->capacity - at < bytes) {
        size_t capacity = c ? 2 * c->capacity : FIRST_BYTES;
        if (capacity < bytes) capacity = bytes;
        arena_chunk *fresh = mem_take(a->alloc, 1, sizeof *fresh + capacity);
        if (!fresh) {
            a->failed = true;
            return NULL;
        }
        *fresh = (arena_chunk){.before = c, .capacity = capacity};
        a->chunk = c = fresh;
        at = 0;
    }
    c->used = at + bytes;
    a->total += bytes;
    return c->bytes + at;
}

void *arena_take(arena *a, size_t bytes) {
    char *at = room(a, bytes, alignof(max_align_t));
    return at ? memset(at, 0, bytes) : NULL;
}

char *arena_room(arena *a, size_t bytes) {
    return room(a, bytes, 1);
}

char *arena_copy(arena *a, const char *bytes, size_t len) {
    char *copy = room(a, len + 1, 1);
    if (!copy) return NULL;
    if (len) memcpy(copy, bytes, len);
    copy[len] = 0;
    return copy;
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
    a->total = 0;
    if (!a->chunk) return;
    release(a, a->chunk->before);
    a->chunk->before = NULL;
    a->chunk->used = 0;
}

void arena_free(arena *a) {
    release(a, a->chunk);
    a->chunk = NULL;
    a->total = 0;
}
