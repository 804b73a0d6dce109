/* What every other header stands on: status, error, allocator, threads, progress.
 *
 * The kernel never prints, aborts, exits, reads a clock or keeps a global. A fallible function returns mr_status and
 * fills an mr_error if it is given one. */
#ifndef MARRAM_BASE_H
#define MARRAM_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MR_API __attribute__((visibility("default")))

typedef enum mr_status {
    MR_OK = 0,
    MR_EINVAL,    /* the caller's bug: a NULL, a size, an unknown name, an option out of range */
    MR_EDATA,     /* bad data: a NaN, a negative count, a file that is no table */
    MR_ENOCONV,   /* a fit did not converge */
    MR_EBOUNDARY, /* a fit ran to the boundary of its parameters: the model is too rich for the data */
    MR_EFLAT,     /* the likelihood is flat at the optimum: parameters are not identified */
    MR_ENOMEM,    /* the allocator refused */
    MR_ECANCELLED,/* the progress callback asked to stop */
    MR_EIO        /* reading or writing failed; only rooms above the kernel return it */
} mr_status;

/* What went wrong, for a person. `field` is the argument or column at fault, `row` its index (-1: none). */
typedef struct mr_error {
    mr_status code;
    char field[32];
    int64_t row;
    char message[480];
} mr_error;

/* The status as a word: "bad data". Never NULL. Thread-safe. */
MR_API const char *mr_status_text(mr_status status);

/* The library's version, "0.1.0". */
MR_API const char *mr_version(void);

/* An allocator. allocate and resize return NULL when memory is short; resize(ctx, NULL, n) allocates; release(ctx, NULL)
 * does nothing. Called from pool threads: must be thread-safe. */
typedef struct mr_alloc {
    void *(*allocate)(void *ctx, size_t size);
    void *(*resize)(void *ctx, void *block, size_t size);
    void (*release)(void *ctx, void *block);
    void *ctx;
} mr_alloc;

/* Threads that share out fixed blocks of work. Results never depend on how many there are. */
typedef struct mr_pool mr_pool;

/* threads >= 1 (0: one a core). *out is the caller's, freed by mr_pool_free. MR_EINVAL, MR_ENOMEM. */
MR_API mr_status mr_pool_new(int threads, mr_pool **out, mr_error *err);
MR_API void mr_pool_free(mr_pool *pool);
MR_API int mr_pool_threads(const mr_pool *pool);

/* done and total in units of work; return non-zero to cancel. May be called from any thread, one at a time. */
typedef int (*mr_progress)(uint64_t done, uint64_t total, void *ctx);

/* What a long or allocating call works with. NULL, or any member NULL: the C library's allocator, one thread, no
 * progress. */
typedef struct mr_context {
    const mr_alloc *alloc;
    mr_pool *pool;
    mr_progress progress;
    void *progress_ctx;
} mr_context;

#ifdef __cplusplus
}
#endif
#endif
