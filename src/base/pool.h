/* Sharing fixed blocks of work over threads. */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <marram/base.h>

/* One block of work. worker is 0 .. threads - 1, for scratch memory; a result must depend on block alone. Non-OK stops
 * the sharing-out (blocks under way finish). */
typedef mr_status (*pool_block_fn)(void *ctx, size_t block, int worker, mr_error *err);

/* Runs blocks 0 .. blocks - 1 in ascending order of start, on the caller's thread and the pool's (pool NULL: the caller's
 * alone). The error returned is that of the lowest block that failed. Not re-entrant: a block must not call pool_run with
 * the same pool. */
mr_status pool_run(mr_pool *pool, size_t blocks, pool_block_fn fn, void *ctx, mr_error *err);

static inline int pool_size(const mr_pool *pool) {
    return pool ? mr_pool_threads(pool) : 1;
}

static inline mr_pool *context_pool(const mr_context *context) {
    return context ? context->pool : NULL;
}

#endif
