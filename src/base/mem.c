/* Allocation through an mr_alloc. */
#include "mem.h"

#include <stdlib.h>
#include <string.h>

static size_t bytes_of(size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > PTRDIFF_MAX) return 0;
    return bytes ? bytes : 1;
}

void *mem_take(const mr_alloc *alloc, size_t count, size_t size) {
    size_t bytes = bytes_of(count, size);
    if (!bytes) return NULL;
    return alloc ? alloc->allocate(alloc->ctx, bytes) : malloc(bytes);
}

void *mem_new(const mr_alloc *alloc, size_t count, size_t size) {
    size_t bytes = bytes_of(count, size);
    if (!bytes) return NULL;
    /* calloc's pages come zeroed from the kernel: no second pass over them. */
    if (!alloc) return calloc(1, bytes);
    void *block = alloc->allocate(alloc->ctx, bytes);
    if (block) memset(block, 0, bytes);
    return block;
}

void *mem_resize(const mr_alloc *alloc, void *block, size_t count, size_t size) {
    size_t bytes = bytes_of(count, size);
    if (!bytes) return NULL;
    return alloc ? alloc->resize(alloc->ctx, block, bytes) : realloc(block, bytes);
}

void mem_free(const mr_alloc *alloc, void *block) {
    if (alloc) {
        alloc->release(alloc->ctx, block);
    } else {
        free(block);
    }
}
