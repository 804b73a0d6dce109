/* The C library's heap, for programs linked with --wrap=malloc, calloc and realloc: the linker sends this program's own calls here, not those of the
 * libraries it uses, and under the sanitizers as well. The including file says when one is refused. */
#ifndef TESTS_HEAP_WRAP_H
#define TESTS_HEAP_WRAP_H

#include <stdbool.h>
#include <stddef.h>

static bool refuse(void);

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *block, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *block, size_t size);

void *__wrap_malloc(size_t size) {
    return refuse() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size) {
    return refuse() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *block, size_t size) {
    return refuse() ? NULL : __real_realloc(block, size);
}

#endif
