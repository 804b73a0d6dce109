/* From files of orders to histories: the order of work.
 *
 *     sniff the beginning -> workers parse blocks -> decide what the whole column says -> report bad lines ->
 * group */
#include "orders.h"

#include "error.h"
#include "group.h"
#include "mem.h"
#include "orders_source.h"
#include "pool.h"
#include "sniff.h"
#include "verdict.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SAMPLE_BYTES ((size_t)64 << 10)

const char *ingest_role_name(ingest_role role) {
    static const char *const names[INGEST_ROLES] = {"-",       "customer", "date",  "amount", "quantity",
                                                    "product", "name",     "email", "phone"};
    return role >= 0 && role < INGEST_ROLES ? names[role] : "-";
}

const char *ingest_date_format_name(ingest_date_format format) {
    static const char *const names[] = {"D/M/YYYY or M/D/YYYY", "YYYY-MM-DD", "YYYYMMDD", "D/M/YYYY",
                                        "M/D/YYYY"};
    return format >= DATE_UNKNOWN && format <= DATE_MDY ? names[format] : "?";
}

/* What the workers share. */
typedef struct reading {
    pthread_mutex_t lock; /* guards everything but the workers' own */
    ingest_source *source;
    const mr_context *context;
    const mr_alloc *alloc;
    ingest_block *pending; /* read while sniffing, to be parsed first */
    size_t n_pending, pending_capacity, next_pending;
    bool stop;
    mr_status status; /* of the source */
    mr_error error;
    ingest_worker **workers;
} reading;

/* --- the beginning --- */

static size_t records_in(const char *data, size_t len) {
    size_t n = 0, at = 0;
    while (at < len && n < 3) {
        size_t end = scan_record_end(data, at, len, true);
        n += !split_blank(data + at, end - at - 1);
        at = end;
    }
    return n;
}

static mr_status keep_pending(reading *r, ingest_block *b, mr_error *err) {
    if (r->n_pending == r->pending_capacity) {
        size_t capacity = r->pending_capacity ? 2 * r->pending_capacity : 4;
        ingest_block *grown = mem_resize(r->alloc, r->pending, capacity, sizeof *grown);
        if (!grown) return error_memory(err, capacity * sizeof *grown);
        r->pending = grown;
        r->pending_capacity = capacity;
    }
    /* many small files: their blocks wait at their true size */
    if (b->capacity > 2 * b->len + 4096) {
        char *smaller = mem_resize(r->alloc, b->data, b->len + 1 + SOURCE_PADDING, 1);
        if (smaller) b->data = smaller, b->capacity = b->len;
    }
    r->pending[r->n_pending++] = *b;
    *b = (ingest_block){0};
    return MR_OK;
}

/* Blocks until the sample says enough: the beginning of the first file that holds more than a header. */
static mr_status read_sample(reading *r, text_buffer *sample, uint32_t *file, mr_error *err) {
    ingest_block b = {0};
    mr_status status = MR_OK;
    bool more = true;
    sample->alloc = r->alloc;
    while (!status) {
        status = source_next(r->source, &b, &more, err);
        if (status || !more) break;
        bool told = records_in(sample->data, sample->len) >= 2;
        if (b.first && !told) sample->len = 0, *file = b.file;
        if (!b.first || !told) text_add(sample, b.data, b.len);
        if (sample->failed) status = error_memory(err, b.len);
        bool enough =
            (b.first && told) || (sample->len >= SAMPLE_BYTES && records_in(sample->data, sample->len) >= 2);
        if (!status) status = keep_pending(r, &b, err);
        if (enough) break;
    }
    source_block_free(r->source, &b);
    if (status == MR_EIO ||
        status == MR_EDATA) { /* after what can be read: a bad line before it comes first */
        if (r->n_pending && records_in(sample->data, sample->len) >= 2) {
            r->status = status;
            if (err) r->error = *err;
            return MR_OK;
        }
    }
    if (!status && !sample->len)
        return error_set(err, MR_EDATA, NULL, -1, "%s: the file is empty", source_name(r->source, 0));
    return status;
}

/* --- the workers --- */

static bool next_block(reading *r, ingest_block *b) {
    bool more = false;
    if (r->stop || (r->status && r->next_pending == r->n_pending)) return false;
    if (r->next_pending < r->n_pending) {
        source_block_free(r->source, b);
        *b = r->pending[r->next_pending];
        r->pending[r->next_pending++] = (ingest_block){0};
        more = true;
    } else {
        r->status = source_next(r->source, b, &more, &r->error);
    }
    if (!r->status && r->context && r->context->progress &&
        r->context->progress(source_bytes_done(r->source), source_bytes_total(r->source),
                             r->context->progress_ctx)) {
        r->status = error_set(&r->error, MR_ECANCELLED, NULL, -1, "cancelled while reading");
        r->stop = true;
        return false;
    }
    return more;
}

static mr_status work(void *ctx, size_t index, int thread, mr_error *err) {
    (void)thread;
    reading *r = ctx;
    ingest_worker *w = r->workers[index];
    ingest_block b = {0};
    mr_status status = MR_OK;
    for (;;) {
        pthread_mutex_lock(&r->lock);
        if (w->stop || status) r->stop = true;
        bool more = next_block(r, &b);
        pthread_mutex_unlock(&r->lock);
        if (!more) break;
        status = worker_block(w, &b, err);
    }
    source_block_free(r->source, &b);
    return status;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Sniffs and parses. *n_workers workers hold what was read. */
static mr_status read_all(reading *r, const ingest_options *options, ingest_plan *plan, size_t *n_workers,
                          ingest_orders *out, mr_error *err) {
    text_buffer sample = {0};
    uint32_t file = 0;
    mr_status status = read_sample(r, &sample, &file, err);
    if (!status)
        status = sniff_plan(source_name(r->source, file), sample.data, sample.len, options, r->alloc, plan,
                            &out->understood, err);
    text_free(&sample);
    if (status) return status;
    if (!plan->quoting) source_quotes_off(r->source);
    /* A preset's lines continue the one before them: one worker sees them all. */
    mr_pool *pool = plan->preset ? NULL : context_pool(r->context);
    size_t threads = (size_t)pool_size(pool);
    r->workers = mem_new(r->alloc, threads, sizeof *r->workers);
    if (!r->workers) return error_memory(err, threads * sizeof *r->workers);
    *n_workers = threads;
    for (size_t i = 0; i < threads && !status; i++) status = worker_new(plan, r->alloc, &r->workers[i], err);
    return status ? status : pool_run(pool, threads, work, r, err);
}

/* --- the whole --- */

/* A record over the limit: only now are the lines before it counted. */
static mr_status at_line(const reading *r, size_t n_workers, mr_status status, mr_error *err) {
    uint32_t file;
    if (status != MR_EDATA || !err || err->row >= 0 || !source_too_long(r->source, &file)) return status;
    uint64_t line = 1;
    for (size_t t = 0; t < n_workers; t++)
        for (size_t i = 0; r->workers[t] && i < r->workers[t]->n_blocks; i++)
            if (r->workers[t]->blocks[i].file == file) line += r->workers[t]->blocks[i].lines;
    for (size_t i = 0; i < r->n_pending; i++) {
        const char *p = r->pending[i].data, *end = p ? p + r->pending[i].len : NULL;
        for (; p && r->pending[i].file == file && (p = memchr(p, '\n', (size_t)(end - p))); p++) line++;
    }
    const char *name = source_name(r->source, file), *rest = strstr(err->message, ": a record");
    char text[160];
    snprintf(text, sizeof text, "%s", rest ? rest : "");
    return error_set(err, status, NULL, (int64_t)line, "%.200s:%llu%s", name, (unsigned long long)line, text);
}

static mr_status group_all(const verdict *v, const ingest_plan *plan, ingest_worker **workers,
                           size_t n_workers, const ingest_options *options, const mr_context *context,
                           ingest_orders *out, mr_error *err) {
    group_input in = {.workers = workers,
                      .n_workers = n_workers,
                      .blocks = v->blocks,
                      .owner = v->owner,
                      .n_blocks = v->n_blocks,
                      .order = v->order,
                      .decimal = v->decimal,
                      .today = options->today,
                      .until = options->until,
                      .has_amount = plan->amount >= 0};
    in.contact[CONTACT_NAME] = out->understood.has_name;
    in.contact[CONTACT_EMAIL] = out->understood.has_email;
    in.contact[CONTACT_PHONE] = out->understood.has_phone;
    return group_rows(&in, context, out, err);
}

mr_status ingest_orders_from(ingest_source *source, const ingest_options *options, const mr_context *context,
                             ingest_orders *out, mr_error *err) {
    static const ingest_options plain = {.today = INT32_MAX, .until = INT32_MAX};
    reading r = {.source = source, .context = context, .alloc = context_alloc(context)};
    size_t n_workers = 0;
    verdict v = {.alloc = r.alloc};
    double began = now();
    if (!options) options = &plain;
    *out = (ingest_orders){.alloc = r.alloc};
    ingest_plan *plan = mem_new(r.alloc, 1, sizeof *plan);
    if (!plan) return error_memory(err, sizeof *plan);
    pthread_mutex_init(&r.lock, NULL);
    mr_status status = read_all(&r, options, plan, &n_workers, out, err);
    if (!status)
        status = verdict_reach(&v, plan, source, r.workers, n_workers, r.status, &r.error, options, out, err);
    status = at_line(&r, n_workers, status, err);
    double read = now();
    if (!status) status = group_all(&v, plan, r.workers, n_workers, options, context, out, err);
    if (!status) status = verdict_none(plan, source, out, err);
    out->understood.seconds_read = read - began;
    out->understood.seconds_group = now() - read;
    verdict_free(&v);
    for (size_t i = 0; i < n_workers; i++) worker_free(r.workers[i]);
    mem_free(r.alloc, r.workers);
    for (size_t i = 0; i < r.n_pending; i++) source_block_free(source, &r.pending[i]);
    mem_free(r.alloc, r.pending);
    mem_free(r.alloc, plan);
    pthread_mutex_destroy(&r.lock);
    if (status) ingest_orders_free(out);
    return status;
}

mr_status ingest_orders_read(const char *const *paths, size_t n, const ingest_options *options,
                             const mr_context *context, ingest_orders *out, mr_error *err) {
    ingest_source *source = NULL;
    if (!out) return error_set(err, MR_EINVAL, "out", -1, "out is NULL");
    *out = (ingest_orders){0};
    mr_status status = source_open(paths, n, 0, 0, context_alloc(context), &source, err);
    if (!status) status = ingest_orders_from(source, options, context, out, err);
    source_close(source);
    return status;
}

void ingest_orders_free(ingest_orders *o) {
    if (!o) return;
    mem_free(o->alloc, o->offset);
    mem_free(o->alloc, o->day);
    mem_free(o->alloc, o->money);
    mem_free(o->alloc, o->returned);
    mem_free(o->alloc, o->unlisted);
    mem_free(o->alloc, o->id_bytes);
    mem_free(o->alloc, o->id_offset);
    mem_free(o->alloc, o->contact_bytes);
    for (int k = 0; k < 3; k++) mem_free(o->alloc, o->contact_offset[k]);
    *o = (ingest_orders){0};
}
