/* The files of a described world. Blocks of customers are drawn and turned into text in parallel and written in their order; what a block holds
 * depends on the world and the seed alone. */
#include "world_write.h"

#include "staged.h"
#include "world_lines.h"
#include "world_spec.h"

#include <error.h>
#include <mem.h>
#include <pool.h>

#include <pthread.h>
#include <string.h>

#define BLOCK 128 /* customers; about a megabyte of events */

enum { EVENTS, CUSTOMERS, TRUTH, BOUGHT, FILES };

typedef struct desk { /* of a thread */
    world_room *room;
    text_buffer text[FILES], late; /* late: lines that come behind the block's others */
    body_writer body;
} desk;

typedef struct writing {
    const world *w;
    uint64_t seed;
    const mr_context *context;
    desk *desk; /* [threads] */
    staged_file file[FILES];
    world_written *counts; /* [blocks], added in their order: sums of doubles are the same for any threads */
    uint64_t done;
    pthread_mutex_t lock; /* of done and of the progress */
} writing;

static void count(world_written *c, const world_history *h) {
    c->customers++;
    c->events += h->t.n;
    c->left += h->truth.left_day != TRACE_NO_DAY;
    c->moments += h->truth.moment >= 0;
    c->traces += h->truth.traces;
    c->misleading += *h->truth.misleading != 0;
    c->expected += h->truth.expected;
}

static void write_customer(const world *w, desk *d, const world_history *h, world_written *c) {
    for (size_t i = 0; i < h->t.n; i++) {
        uint8_t odd = h->words[i].odd;
        world_line_event(odd & WORLD_MISPLACED ? &d->late : &d->text[EVENTS], &d->body, w, h, i);
        if (odd & WORLD_DUPLICATED) world_line_event(&d->late, &d->body, w, h, i);
        c->lines += odd & WORLD_DUPLICATED ? 2u : 1u;
    }
    world_line_customer(&d->text[CUSTOMERS], h);
    world_line_truth(&d->text[TRUTH], w, h);
    uint64_t bought = world_lines_bought(&d->text[BOUGHT], w, h);
    *(w->mode == RISK_CONTRACTS ? &c->contracts : &c->orders) += bought;
    count(c, h);
}

static mr_status advance(writing *j, uint64_t customers, mr_error *err) {
    if (!j->context || !j->context->progress) return MR_OK;
    pthread_mutex_lock(&j->lock);
    j->done += customers;
    int stop = j->context->progress(j->done, (uint64_t)j->w->customers, j->context->progress_ctx);
    pthread_mutex_unlock(&j->lock);
    return stop ? error_set(err, MR_ECANCELLED, NULL, -1, "cancelled") : MR_OK;
}

static mr_status fill(writing *j, desk *d, uint64_t from, uint64_t to, world_written *c, mr_error *err) {
    mr_status status = d->room ? MR_OK : world_room_new(context_alloc(j->context), &d->room, err);
    for (int f = 0; f < FILES; f++) d->text[f].len = 0;
    d->late.len = 0;
    for (uint64_t i = from; i < to && status == MR_OK; i++) {
        world_history h;
        status = world_customer(j->w, j->seed, i, d->room, &h, err);
        if (status == MR_OK) write_customer(j->w, d, &h, c);
    }
    text_add(&d->text[EVENTS], d->late.data, d->late.len);
    bool failed = d->late.failed;
    for (int f = 0; f < FILES; f++) failed |= d->text[f].failed;
    return status == MR_OK && failed ? error_memory(err, d->text[EVENTS].len) : status;
}

static mr_status write_block(void *ctx, size_t block, int worker, mr_error *err) {
    writing *j = ctx;
    desk *d = &j->desk[worker];
    uint64_t from = block * (uint64_t)BLOCK, all = (uint64_t)j->w->customers, to = from + BLOCK < all ? from + BLOCK : all;
    mr_status status = fill(j, d, from, to, &j->counts[block], err);
    if (status == MR_OK) status = advance(j, to - from, err);
    for (int f = 0; f < FILES && status == MR_OK; f++) status = staged_write(&j->file[f], block, d->text[f].data, d->text[f].len, err);
    for (int f = 0; f < FILES && status != MR_OK; f++) staged_abandon(&j->file[f], err);
    return status;
}

static mr_status open_files(writing *j, const staged_folder *folder, mr_error *err) {
    bool contracts = j->w->mode == RISK_CONTRACTS;
    const char *const names[FILES] = {"events.ndjson", "customers.csv", "truth.csv", contracts ? "contracts.csv" : "orders.csv"};
    const char *const heads[FILES] = {"", world_head_customers, world_head_truth, contracts ? world_head_contracts : world_head_orders};
    mr_status status = MR_OK;
    for (int f = 0; f < FILES && status == MR_OK; f++) status = staged_open(folder, names[f], &j->file[f], err);
    for (int f = 0; f < FILES && status == MR_OK; f++) {
        status = staged_write(&j->file[f], 0, heads[f], strlen(heads[f]), err);
        staged_restart(&j->file[f]);
    }
    return status;
}

static void add(world_written *sum, const world_written *c) {
    sum->customers += c->customers;
    sum->events += c->events;
    sum->lines += c->lines;
    sum->orders += c->orders;
    sum->contracts += c->contracts;
    sum->left += c->left;
    sum->moments += c->moments;
    sum->traces += c->traces;
    sum->misleading += c->misleading;
    sum->expected += c->expected;
}

mr_status world_write(const world *w, uint64_t seed, const char *out, const mr_context *context, world_written *written, mr_error *err) {
    const mr_alloc *alloc = context_alloc(context);
    mr_pool *pool = context_pool(context);
    size_t blocks = (size_t)((w->customers + BLOCK - 1) / BLOCK), threads = (size_t)pool_size(pool);
    staged_folder folder = {0};
    world_written sum = {0};
    mr_error unwanted;
    if (!err) err = &unwanted; /* blocks hand their error on to each other through it */
    error_clear(err);
    writing j = {.w = w, .seed = seed, .context = context};
    for (int f = 0; f < FILES; f++) j.file[f].descriptor = -1;
    pthread_mutex_init(&j.lock, NULL);
    j.desk = mem_new(alloc, threads, sizeof *j.desk);
    j.counts = mem_new(alloc, blocks, sizeof *j.counts);
    mr_status status = j.desk && j.counts ? staged_folder_open(out, alloc, &folder, err) : error_memory(err, blocks * sizeof *j.counts);
    if (status == MR_OK) status = open_files(&j, &folder, err);
    for (size_t i = 0; j.desk && i < threads; i++) {
        for (int f = 0; f < FILES; f++) j.desk[i].text[f].alloc = alloc;
        j.desk[i].late.alloc = j.desk[i].body.out.alloc = alloc;
    }
    if (status == MR_OK) status = pool_run(pool, blocks, write_block, &j, err);
    for (int f = FILES; f-- > 0 && status == MR_OK;) status = staged_commit(&j.file[f], err);
    for (size_t i = 0; i < blocks && j.counts; i++) add(&sum, &j.counts[i]);
    for (int f = 0; f < FILES; f++) staged_close(&j.file[f]);
    staged_folder_close(&folder, status == MR_OK);
    for (size_t i = 0; j.desk && i < threads; i++) {
        for (int f = 0; f < FILES; f++) text_free(&j.desk[i].text[f]);
        text_free(&j.desk[i].late);
        body_free(&j.desk[i].body);
        world_room_free(j.desk[i].room);
    }
    mem_free(alloc, j.desk);
    mem_free(alloc, j.counts);
    pthread_mutex_destroy(&j.lock);
    if (status == MR_OK && written) *written = sum;
    return status;
}
