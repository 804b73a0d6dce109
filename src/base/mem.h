/* Allocation through an mr_alloc. NULL: the C library's. Sizes are count x size, checked for overflow. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <marram/base.h>

/* Zeroed. NULL where memory is short or count x size overflows; count 0 gives a block that may be freed. */
void *mem_new(const mr_alloc *alloc, size_t count, size_t size);
/* Not zeroed. */
void *mem_take(const mr_alloc *alloc, size_t count, size_t size);
void *mem_resize(const mr_alloc *alloc, void *block, size_t count, size_t size);
void mem_free(const mr_alloc *alloc, void *block);

static inline const mr_alloc *context_alloc(const mr_context *context) {
    return context ? context->alloc : NULL;
}

#endif
