/* One thread takes what waits, writes it in one transaction, and wakes those who waited.
 *
 * A group that fails for one bad item is written again item by item, so that everybody gets their own answer; where the store
 * fails, all get the same. */
#include "writer.h"

#include <error.h>
#include <mem.h>

#include <pthread.h>
#include <string.h>
#include <time.h>

#define GROUP 256
#define GATHER_US 300
#define CHECKPOINT_EVERY 4096 /* appends */

typedef struct waiting {
    append_item *item;
    mr_error *err;
    mr_status status;
    bool done;
    pthread_cond_t answered;
    struct waiting *next;
} waiting;

struct ledger_writer {
    ledger *l, *checkpointer;
    refs refs;
    bool has_refs, closing, writing_thread, checkpoint_thread, checkpoint_wanted;
    size_t group;
    int64_t gather_us;
    pthread_mutex_t mutex;
    pthread_cond_t arrived, checkpoint;
    pthread_t thread, checkpoint_id;
    waiting *first, *last;
    size_t queued, before; /* before: how many the last commit had */
    writer_counts counts;
};

static struct timespec soon(int64_t us) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_nsec += us * 1000;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}

/* Those who were just answered come back within microseconds: waiting for them a moment makes the next commit worth more than that. */
static void gather(ledger_writer *w) {
    size_t worth = w->before > w->group ? w->group : w->before;
    struct timespec end = soon(w->gather_us);
    if (w->gather_us <= 0) return;
    while (w->queued < worth && !w->closing)
        if (pthread_cond_timedwait(&w->arrived, &w->mutex, &end) != 0) break;
}

static size_t take(ledger_writer *w, waiting **group) {
    size_t n = 0;
    for (; w->first && n < w->group; n++) {
        group[n] = w->first;
        w->first = w->first->next;
    }
    if (!w->first) w->last = NULL;
    w->queued -= n;
    return n;
}

static void answer(ledger_writer *w, waiting *one, mr_status status) {
    one->status = status;
    one->done = true;
    w->counts.failed += status != MR_OK;
    pthread_cond_signal(&one->answered);
}

/* Whether trying the items one by one can help: not where the store itself fails, as each would wait for it all over again. */
static bool may_be_an_item(const db *d) {
    switch (db_last_fault(d)) {
    case DB_FAULT_NONE:
    case DB_FAULT_OTHER:
    case DB_FAULT_SERIALIZE:
    case DB_FAULT_CONSTRAINT: return true;
    default: return false;
    }
}

static void write_group(ledger_writer *w, waiting **group, append_item *items, mr_status *statuses, size_t n) {
    refs *r = w->has_refs ? &w->refs : NULL;
    mr_error err = {0};
    for (size_t i = 0; i < n; i++) items[i] = *group[i]->item;
    mr_status status = ledger_append(w->l, r, items, n, &err);
    bool each = status != MR_OK && n > 1 && may_be_an_item(w->l->d);
    for (size_t i = 0; i < n; i++) {
        if (each) {
            items[i] = *group[i]->item;
            status = ledger_append(w->l, r, &items[i], 1, &err);
            each = status == MR_OK || may_be_an_item(w->l->d);
        }
        statuses[i] = status;
        if (status != MR_OK && group[i]->err) *group[i]->err = err;
        *group[i]->item = items[i];
    }
}

static void *writing(void *ctx) {
    ledger_writer *w = ctx;
    waiting **group = mem_take(NULL, w->group, sizeof *group);
    append_item *items = mem_take(NULL, w->group, sizeof *items);
    mr_status *statuses = mem_take(NULL, w->group, sizeof *statuses);
    uint64_t checkpointed = 0;
    pthread_mutex_lock(&w->mutex);
    for (;;) {
        while (!w->queued && !w->closing) pthread_cond_wait(&w->arrived, &w->mutex);
        if (!w->queued) break;
        if (!group || !items || !statuses) {
            while (w->first) {
                waiting *one = w->first;
                w->first = one->next;
                w->queued--;
                answer(w, one, error_memory(one->err, w->group * sizeof *items));
            }
            w->last = NULL;
            continue;
        }
        gather(w);
        size_t n = take(w, group);
        pthread_mutex_unlock(&w->mutex);
        write_group(w, group, items, statuses, n);
        pthread_mutex_lock(&w->mutex);
        w->before = n;
        w->counts.appends += n;
        w->counts.commits++;
        for (size_t i = 0; i < n; i++) answer(w, group[i], statuses[i]);
        if (w->counts.appends - checkpointed >= CHECKPOINT_EVERY) {
            checkpointed = w->counts.appends;
            w->checkpoint_wanted = true;
            pthread_cond_signal(&w->checkpoint);
        }
    }
    pthread_mutex_unlock(&w->mutex);
    mem_free(NULL, group);
    mem_free(NULL, items);
    mem_free(NULL, statuses);
    return NULL;
}

static void *checkpointing(void *ctx) {
    ledger_writer *w = ctx;
    pthread_mutex_lock(&w->mutex);
    for (;;) {
        while (!w->checkpoint_wanted && !w->closing) pthread_cond_wait(&w->checkpoint, &w->mutex);
        if (w->closing) break;
        w->checkpoint_wanted = false;
        pthread_mutex_unlock(&w->mutex);
        mr_error err;
        db_checkpoint(w->checkpointer->d, false, &err); /* one that fails is tried again with the next */
        pthread_mutex_lock(&w->mutex);
    }
    pthread_mutex_unlock(&w->mutex);
    return NULL;
}

mr_status ledger_writer_new(const char *url, const writer_options *options, ledger_writer **out, mr_error *err) {
    ledger_writer *w = mem_new(NULL, 1, sizeof *w);
    pthread_condattr_t monotonic;
    *out = NULL;
    if (!w) return error_memory(err, sizeof *w);
    w->group = options->group ? options->group : GROUP;
    w->gather_us = options->gather_us ? options->gather_us : GATHER_US;
    pthread_mutex_init(&w->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->arrived, &monotonic);
    pthread_cond_init(&w->checkpoint, NULL);
    pthread_condattr_destroy(&monotonic);
    mr_status status = ledger_open(url, &(db_options){.no_checkpoint = true, .lost_ms = options->lost_ms}, &w->l, err);
    bool file = status == MR_OK && db_store_of(w->l->d) == DB_SQLITE;
    if (status == MR_OK && file) status = ledger_open(url, NULL, &w->checkpointer, err);
    if (status == MR_OK && options->source) {
        status = refs_begin(&w->refs, w->l, options->source, err);
        w->has_refs = status == MR_OK;
    }
    if (status == MR_OK) {
        w->writing_thread = pthread_create(&w->thread, NULL, writing, w) == 0;
        w->checkpoint_thread = file && w->writing_thread && pthread_create(&w->checkpoint_id, NULL, checkpointing, w) == 0;
        if (!w->writing_thread || (file && !w->checkpoint_thread)) status = error_set(err, MR_EIO, NULL, -1, "no thread could be started");
    }
    if (status == MR_OK)
        *out = w;
    else
        ledger_writer_free(w);
    return status;
}

void ledger_writer_free(ledger_writer *w) {
    if (!w) return;
    pthread_mutex_lock(&w->mutex);
    w->closing = true;
    pthread_cond_broadcast(&w->arrived);
    pthread_cond_broadcast(&w->checkpoint);
    pthread_mutex_unlock(&w->mutex);
    if (w->writing_thread) pthread_join(w->thread, NULL);
    if (w->checkpoint_thread) pthread_join(w->checkpoint_id, NULL);
    ledger_close(w->checkpointer);
    ledger_close(w->l);
    if (w->has_refs) refs_free(&w->refs);
    pthread_mutex_destroy(&w->mutex);
    pthread_cond_destroy(&w->arrived);
    pthread_cond_destroy(&w->checkpoint);
    mem_free(NULL, w);
}

mr_status ledger_write(ledger_writer *w, append_item *item, mr_error *err) {
    waiting one = {.item = item, .err = err};
    pthread_cond_init(&one.answered, NULL);
    pthread_mutex_lock(&w->mutex);
    if (w->closing) {
        one.status = error_set(err, MR_EINVAL, NULL, -1, "the writer is closing");
        one.done = true;
    } else {
        if (w->last)
            w->last->next = &one;
        else
            w->first = &one;
        w->last = &one;
        w->queued++;
        pthread_cond_signal(&w->arrived);
    }
    while (!one.done) pthread_cond_wait(&one.answered, &w->mutex);
    pthread_mutex_unlock(&w->mutex);
    pthread_cond_destroy(&one.answered);
    return one.status;
}

writer_counts ledger_writer_counts(ledger_writer *w) {
    pthread_mutex_lock(&w->mutex);
    writer_counts counts = w->counts;
    pthread_mutex_unlock(&w->mutex);
    return counts;
}

const ledger *ledger_writer_ledger(const ledger_writer *w) {
    return w->l;
}
