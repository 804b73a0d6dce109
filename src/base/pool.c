/* Threads that share out fixed blocks of work.
 *
 * Workers sleep on a condition until a job is posted, then take block numbers from a shared counter until it is exhausted.
 * What a block computes must not depend on which thread takes it; sums over blocks are done by the caller in block order.
 * That, and nothing else, makes results bit-identical for any number of threads. */
#include "pool.h"

#include "error.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct job {
    pool_block_fn fn;
    void *ctx;
    size_t blocks;
    atomic_size_t next;
    atomic_bool stop;
    pthread_mutex_t *lock;
    size_t failed_block; /* guarded by lock */
    mr_status status;
    mr_error error;
} job;

typedef struct worker {
    mr_pool *pool;
    pthread_t thread;
    int index;
} worker;

struct mr_pool {
    pthread_mutex_t running; /* held for the length of a job: callers on several threads take turns */
    pthread_mutex_t lock;
    pthread_cond_t posted, finished;
    worker *workers;
    int threads;
    int started; /* threads running besides the caller's */
    int busy;
    uint64_t generation;
    bool closing;
    job *current;
};

static void work(job *j, int index) {
    while (!atomic_load_explicit(&j->stop, memory_order_relaxed)) {
        size_t block = atomic_fetch_add(&j->next, 1);
        if (block >= j->blocks) return;
        mr_error err;
        error_clear(&err);
        mr_status status = j->fn(j->ctx, block, index, &err);
        if (status == MR_OK) continue;
        if (j->lock) pthread_mutex_lock(j->lock);
        if (j->status == MR_OK || block < j->failed_block) {
            j->status = status;
            j->failed_block = block;
            j->error = err;
        }
        if (j->lock) pthread_mutex_unlock(j->lock);
        atomic_store(&j->stop, true);
    }
}

static void *worker_main(void *arg) {
    worker *w = arg;
    mr_pool *pool = w->pool;
    uint64_t seen = 0;
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (!pool->closing && pool->generation == seen) pthread_cond_wait(&pool->posted, &pool->lock);
        if (pool->closing) break;
        seen = pool->generation;
        job *j = pool->current;
        pthread_mutex_unlock(&pool->lock);
        work(j, w->index);
        pthread_mutex_lock(&pool->lock);
        if (--pool->busy == 0) pthread_cond_signal(&pool->finished);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

mr_status mr_pool_new(int threads, mr_pool **out, mr_error *err) {
    if (!out) return error_set(err, MR_EINVAL, "out", -1, "out is NULL");
    *out = NULL;
    if (threads < 0 || threads > 1024)
        return error_set(err, MR_EINVAL, "threads", -1, "threads must be 0 (one a core) to 1024, not %d", threads);
    if (threads == 0) {
        long cores = sysconf(_SC_NPROCESSORS_ONLN);
        threads = cores < 1 ? 1 : cores > 1024 ? 1024 : (int)cores;
    }
    mr_pool *pool = calloc(1, sizeof *pool);
    worker *workers = calloc((size_t)threads, sizeof *workers);
    if (!pool || !workers) {
        free(pool);
        free(workers);
        return error_memory(err, (size_t)threads * sizeof *workers);
    }
    pool->workers = workers;
    pool->threads = threads;
    pthread_mutex_init(&pool->running, NULL);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->posted, NULL);
    pthread_cond_init(&pool->finished, NULL);
    for (int i = 1; i < threads; i++) {
        workers[i].pool = pool;
        workers[i].index = i;
        if (pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]) != 0) {
            /* Fewer threads do the same work, bit for bit. */
            pool->threads = i;
            break;
        }
        pool->started = i;
    }
    *out = pool;
    return MR_OK;
}

void mr_pool_free(mr_pool *pool) {
    if (!pool) return;
    pthread_mutex_lock(&pool->lock);
    pool->closing = true;
    pthread_cond_broadcast(&pool->posted);
    pthread_mutex_unlock(&pool->lock);
    for (int i = 1; i <= pool->started; i++) pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->finished);
    pthread_cond_destroy(&pool->posted);
    pthread_mutex_destroy(&pool->lock);
    pthread_mutex_destroy(&pool->running);
    free(pool->workers);
    free(pool);
}

int mr_pool_threads(const mr_pool *pool) {
    return pool ? pool->threads : 1;
}

mr_status pool_run(mr_pool *pool, size_t blocks, pool_block_fn fn, void *ctx, mr_error *err) {
    if (blocks == 0) return MR_OK;
    job j = {.fn = fn, .ctx = ctx, .blocks = blocks, .status = MR_OK};
    atomic_init(&j.next, 0);
    atomic_init(&j.stop, false);
    bool shared = pool && pool->started > 0 && blocks > 1;
    if (shared) {
        j.lock = &pool->lock;
        pthread_mutex_lock(&pool->running);
        pthread_mutex_lock(&pool->lock);
        pool->current = &j;
        pool->busy = pool->started;
        pool->generation++;
        pthread_cond_broadcast(&pool->posted);
        pthread_mutex_unlock(&pool->lock);
    }
    work(&j, 0);
    if (shared) {
        pthread_mutex_lock(&pool->lock);
        while (pool->busy > 0) pthread_cond_wait(&pool->finished, &pool->lock);
        pool->current = NULL;
        pthread_mutex_unlock(&pool->lock);
        pthread_mutex_unlock(&pool->running);
    }
    if (j.status != MR_OK && err) *err = j.error;
    return j.status;
}
