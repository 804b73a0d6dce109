#include "sample.h"

#include "error.h"
#include "mem.h"
#include "pool.h"

#include <histories.h>

#include <string.h>

#define CHUNKS 64 /* pieces the range is read in; put together in their order */

typedef struct chunk {
    size_t n, capacity, at, room;
    int64_t *id;
    uint64_t *end; /* [n] */
    int32_t *day;
    int64_t *money;
} chunk;

typedef struct sample_job {
    crew *c;
    const occasions_money *money;
    int64_t last;
    int32_t until;
    const mr_context *context;
    chunk *chunk;
    pthread_mutex_t lock;
    size_t done;
} sample_job;

typedef struct reading {
    const sample_job *job;
    chunk *k;
} reading;

int64_t sample_limit(uint64_t customers, uint64_t wanted) {
    if (!wanted || customers <= wanted + wanted / 10) return INT64_MAX;
    return (int64_t)((double)wanted / (double)customers * 0x1p63);
}

static bool grow(void *array, size_t capacity, size_t size) {
    void **at = array;
    void *more = mem_resize(NULL, *at, capacity, size);
    if (more) *at = more;
    return more != NULL;
}

static mr_status on_history(void *ctx, const history *h, mr_error *err) {
    const reading *r = ctx;
    chunk *k = r->k;
    if (id_list_has(&r->job->c->objecting, h->customer_id)) return MR_OK;
    if (k->n == k->capacity) {
        k->capacity = k->capacity ? 2 * k->capacity : 256;
        if (!grow(&k->id, k->capacity, sizeof *k->id) || !grow(&k->end, k->capacity, sizeof *k->end))
            return error_memory(err, k->capacity * sizeof *k->id);
    }
    if (k->room - k->at < h->n) {
        k->room = 2 * k->room > k->at + h->n ? 2 * k->room : k->at + h->n;
        if (!grow(&k->day, k->room, sizeof *k->day) || !grow(&k->money, k->room, sizeof *k->money))
            return error_memory(err, k->room * sizeof *k->money);
    }
    size_t n;
    mr_status status = occasions_of(r->job->money, h, k->day + k->at, k->money + k->at, &n, err);
    if (status != MR_OK) return status;
    while (n && k->day[k->at + n - 1] > r->job->until) n--;
    if (!n) return MR_OK;
    k->at += n;
    k->id[k->n] = h->customer_id;
    k->end[k->n++] = k->at;
    return MR_OK;
}

static mr_status read_chunk(void *ctx, size_t i, int worker, mr_error *err) {
    sample_job *job = ctx;
    reading r = {job, &job->chunk[i]};
    int64_t step = job->last / CHUNKS;
    scan_options range = {.first = (int64_t)i * step + (i > 0), .last = i + 1 == CHUNKS ? job->last : (int64_t)(i + 1) * step};
    mr_status status = range.first <= range.last ? ledger_scan(job->c->ledger[worker], &range, 0, 1, on_history, &r, err) : MR_OK;
    if (status != MR_OK || !job->context || !job->context->progress) return status;
    pthread_mutex_lock(&job->lock);
    if (job->context->progress(++job->done, CHUNKS, job->context->progress_ctx)) status = error_set(err, MR_ECANCELLED, NULL, -1, "cancelled");
    pthread_mutex_unlock(&job->lock);
    return status;
}

static void chunk_free(chunk *k) {
    mem_free(NULL, k->id);
    mem_free(NULL, k->end);
    mem_free(NULL, k->day);
    mem_free(NULL, k->money);
    *k = (chunk){0};
}

static mr_status join(chunk *chunks, sample *out, mr_error *err) {
    size_t occasions = 0, at = 0;
    out->n = 0;
    for (size_t i = 0; i < CHUNKS; i++) out->n += chunks[i].n, occasions += chunks[i].at;
    out->id = mem_take(NULL, out->n, sizeof *out->id);
    out->offset = mem_take(NULL, out->n + 1, sizeof *out->offset);
    out->day = mem_take(NULL, occasions, sizeof *out->day);
    out->money = mem_take(NULL, occasions, sizeof *out->money);
    if (!out->id || !out->offset || !out->day || !out->money) return error_memory(err, occasions * sizeof *out->money);
    out->offset[0] = 0;
    out->n = 0;
    out->first_day = INT32_MAX;
    for (size_t i = 0; i < CHUNKS; i++) {
        chunk *k = &chunks[i];
        if (k->n) memcpy(out->id + out->n, k->id, k->n * sizeof *k->id);
        if (k->n) memcpy(out->day + at, k->day, k->at * sizeof *k->day);
        if (k->n) memcpy(out->money + at, k->money, k->at * sizeof *k->money);
        for (size_t c = 0; c < k->n; c++) {
            int32_t first = out->day[out->offset[out->n]];
            if (first < out->first_day) out->first_day = first;
            out->offset[++out->n] = at + k->end[c];
        }
        at += k->at;
        chunk_free(k);
    }
    return MR_OK;
}

mr_status sample_read(crew *c, const occasions_money *money, int64_t last, int32_t until, const mr_context *context, sample *out, mr_error *err) {
    sample_job job = {.c = c, .money = money, .last = last, .until = until, .context = context, .lock = PTHREAD_MUTEX_INITIALIZER};
    *out = (sample){.last = last};
    job.chunk = mem_new(NULL, CHUNKS, sizeof *job.chunk);
    if (!job.chunk) return error_memory(err, CHUNKS * sizeof *job.chunk);
    mr_status status = pool_run(c->pool, CHUNKS, read_chunk, &job, err);
    if (status == MR_OK) status = join(job.chunk, out, err);
    for (size_t i = 0; i < CHUNKS; i++) chunk_free(&job.chunk[i]);
    mem_free(NULL, job.chunk);
    pthread_mutex_destroy(&job.lock);
    out->orders = (mr_orders){.n = out->n, .offset = out->offset, .day = out->day, .money = money->currency[0] ? out->money : NULL};
    if (status != MR_OK) sample_free(out);
    return status;
}

void sample_free(sample *s) {
    mem_free(NULL, s->id);
    mem_free(NULL, s->offset);
    mem_free(NULL, s->day);
    mem_free(NULL, s->money);
    *s = (sample){0};
}

mr_status sample_summarise(const sample *s, int32_t until, double days_per_unit, const mr_context *context, mr_data *data, double **spend,
                           double **mean_spend, double **columns, mr_error *err) {
    size_t n = s->n;
    double *c = *columns = mem_take(NULL, n * 6, sizeof *c);
    if (!c) return error_memory(err, n * 6 * sizeof *c);
    mr_summary out = {.x = c, .t_x = c + n, .T = c + 2 * n, .log_gaps = c + 3 * n, .spend = c + 4 * n, .mean_spend = c + 5 * n};
    mr_status status = mr_history_summary(&s->orders, NULL, 0, until, days_per_unit, 0, context, &out, err);
    *data = (mr_data){.n = out.n, .x = out.x, .t_x = out.t_x, .T = out.T, .log_gaps = out.log_gaps};
    if (spend) *spend = out.spend;
    if (mean_spend) *mean_spend = out.mean_spend;
    return status;
}
