/* A hash of each customer's identifier: for samples that depend on who a customer is, not on the order of the file. */
#include "orders.h"

#include "mem.h"
#include "pool.h"
#include "rng.h"

#define HASH_BLOCK 65536

typedef struct hash_job {
    const ingest_orders *input;
    uint64_t *hash;
} hash_job;

/* FNV-1a over the identifier's bytes, then mixed. */
static mr_status hash_block(void *ctx, size_t block, int worker, mr_error *err) {
    (void)worker, (void)err;
    const hash_job *job = ctx;
    size_t n = job->input->orders.n, from = block * HASH_BLOCK, to = from + HASH_BLOCK < n ? from + HASH_BLOCK : n;
    for (size_t i = from; i < to; i++) {
        uint64_t h = 14695981039346656037u;
        for (uint64_t at = job->input->id_offset[i]; at < job->input->id_offset[i + 1]; at++)
            h = (h ^ (uint8_t)job->input->id_bytes[at]) * 1099511628211u;
        job->hash[i] = rng_mix(h);
    }
    return MR_OK;
}

uint64_t *ingest_hash_ids(const ingest_orders *input, mr_pool *pool) {
    uint64_t *hash = mem_take(NULL, input->orders.n, sizeof *hash);
    hash_job job = {input, hash};
    if (hash) pool_run(pool, (input->orders.n + HASH_BLOCK - 1) / HASH_BLOCK, hash_block, &job, NULL);
    return hash;
}
