/* Allocation through an mr_alloc. */
#include "mem.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096u
#define LARGE ((size_t)4 << 20)

static size_t bytes_of(size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > PTRDIFF_MAX) return 0;
    return bytes ? bytes : 1;
}

/* Large blocks are touched from end to end: huge pages save a page fault every 4 KiB. A refusal costs nothing. */
static void *advise(void *block, size_t bytes) {
    if (!block || bytes < LARGE) return block;
    uintptr_t first = ((uintptr_t)block + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
    madvise((void *)first, (bytes - PAGE) & ~(size_t)(PAGE - 1), MADV_HUGEPAGE);
    return block;
}

void *mem_take(const mr_alloc *alloc, size_t count, size_t size) {
    size_t bytes = bytes_of(count, size);
    if (!bytes) return NULL;
    return alloc ? alloc->allocate(alloc->ctx, bytes) : advise(malloc(bytes), bytes);
}

void *mem_new(const mr_alloc *alloc, size_t count, size_t size) {
    size_t bytes = bytes_of(count, size);
    if (!bytes) return NULL;
    /* calloc's pages come zeroed from the kernel: no second pass over them. */
    if (!alloc) return advise(calloc(1, bytes), bytes);
    void *block = alloc->allocate(alloc->ctx, bytes);
    if (block) memset(block, 0, bytes);
    return block;
}

void *mem_resize(const mr_alloc *alloc, void *block, size_t count, size_t size) {
    size_t bytes = bytes_of(count, size);
    if (!bytes) return NULL;
    return alloc ? alloc->resize(alloc->ctx, block, bytes) : advise(realloc(block, bytes), bytes);
}

void mem_free(const mr_alloc *alloc, void *block) {
    if (alloc) {
        alloc->release(alloc->ctx, block);
    } else {
        free(block);
    }
}
