/* One thread takes what waits, writes it in one transaction, and wakes those who waited. On Citus, where a transaction over several shards is
 * a two-phase commit, a transaction is one customer's: a few threads, each with a connection, take what waits of one customer each.
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
#define LANES 4 /* on Citus; else 1 */
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

typedef struct lane {
    ledger_writer *w;
    ledger *l;
    refs refs;
    bool has_refs, running;
    pthread_t thread;
    const append_item *busy; /* one of the group being written; NULL: none is */
    /* [w->group] */
    waiting **group;
    append_item *items;
    mr_status *statuses;
} lane;

struct ledger_writer {
    lane lane[LANES];
    size_t lanes;
    ledger *checkpointer;
    bool closing, checkpoint_thread, checkpoint_wanted;
    size_t group;
    int64_t gather_us;
    pthread_mutex_t mutex;
    pthread_cond_t arrived, checkpoint;
    pthread_t checkpoint_id;
    waiting *first, *last;
    size_t queued, before; /* before: how many the last commit had */
    uint64_t checkpointed; /* appends by then */
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
    if (w->gather_us <= 0 || w->lanes > 1) return;
    while (w->queued < worth && !w->closing)
        if (pthread_cond_timedwait(&w->arrived, &w->mutex, &end) != 0) break;
}

static bool same_customer(const append_item *a, const append_item *b) {
    if (!a->external_id || !b->external_id) return !a->external_id && !b->external_id && a->event.customer_id == b->event.customer_id;
    return a->external_id_len == b->external_id_len && !memcmp(a->external_id, b->external_id, a->external_id_len);
}

/* What others are writing of the same customer comes first. */
static bool is_free(const ledger_writer *w, const append_item *item) {
    for (size_t i = 0; i < w->lanes; i++)
        if (w->lane[i].busy && same_customer(w->lane[i].busy, item)) return false;
    return true;
}

/* What waits, up to a group; with several lanes only what is of one customer, whom no other lane is writing. */
static size_t take(ledger_writer *w, lane *own) {
    size_t n = 0;
    waiting *passed = NULL, **link = &w->first;
    for (waiting *at; (at = *link) && n < w->group;) {
        if (w->lanes == 1 || (n ? same_customer(own->group[0]->item, at->item) : is_free(w, at->item))) {
            own->group[n++] = at;
            *link = at->next;
        } else {
            passed = at;
            link = &at->next;
        }
    }
    if (!*link) w->last = passed;
    w->queued -= n;
    if (n) own->busy = own->group[0]->item;
    if (n && w->lanes > 1 && w->queued) pthread_cond_signal(&w->arrived);
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

static void write_group(lane *a, size_t n) {
    refs *r = a->has_refs ? &a->refs : NULL;
    mr_error err = {0};
    for (size_t i = 0; i < n; i++) a->items[i] = *a->group[i]->item;
    mr_status status = ledger_append(a->l, r, a->items, n, &err);
    bool each = status != MR_OK && n > 1 && may_be_an_item(a->l->d);
    for (size_t i = 0; i < n; i++) {
        if (each) {
            a->items[i] = *a->group[i]->item;
            status = ledger_append(a->l, r, &a->items[i], 1, &err);
            each = status == MR_OK || may_be_an_item(a->l->d);
        }
        a->statuses[i] = status;
        if (status != MR_OK && a->group[i]->err) *a->group[i]->err = err;
        *a->group[i]->item = a->items[i];
    }
}

static void written(ledger_writer *w, lane *a, size_t n) {
    a->busy = NULL;
    w->before = n;
    w->counts.appends += n;
    w->counts.commits++;
    for (size_t i = 0; i < n; i++) answer(w, a->group[i], a->statuses[i]);
    if (w->counts.appends - w->checkpointed < CHECKPOINT_EVERY) return;
    w->checkpointed = w->counts.appends;
    w->checkpoint_wanted = true;
    pthread_cond_signal(&w->checkpoint);
}

/* Once closing, until nothing waits any more; what another lane's customer waits for is that lane's. */
static void *writing(void *ctx) {
    lane *a = ctx;
    ledger_writer *w = a->w;
    pthread_mutex_lock(&w->mutex);
    for (;;) {
        while (!w->queued && !w->closing) pthread_cond_wait(&w->arrived, &w->mutex);
        if (!w->queued) break;
        gather(w);
        size_t n = take(w, a);
        if (!n && w->closing) break;
        if (!n) {
            pthread_cond_wait(&w->arrived, &w->mutex);
            continue;
        }
        pthread_mutex_unlock(&w->mutex);
        write_group(a, n);
        pthread_mutex_lock(&w->mutex);
        written(w, a, n);
    }
    pthread_mutex_unlock(&w->mutex);
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

static mr_status lane_start(ledger_writer *w, const char *url, const writer_options *options, mr_error *err) {
    lane *a = &w->lane[w->lanes];
    a->w = w;
    w->lanes++; /* freed from now on */
    a->group = mem_take(NULL, w->group, sizeof *a->group);
    a->items = mem_take(NULL, w->group, sizeof *a->items);
    a->statuses = mem_take(NULL, w->group, sizeof *a->statuses);
    if (!a->group || !a->items || !a->statuses) return error_memory(err, w->group * sizeof *a->items);
    mr_status status = ledger_open(url, &(db_options){.no_checkpoint = true, .lost_ms = options->lost_ms}, &a->l, err);
    if (status == MR_OK && options->source) {
        status = refs_begin(&a->refs, a->l, options->source, err);
        a->has_refs = status == MR_OK;
    }
    return status;
}

static void lane_end(lane *a) {
    ledger_close(a->l);
    if (a->has_refs) refs_free(&a->refs);
    mem_free(NULL, a->group);
    mem_free(NULL, a->items);
    mem_free(NULL, a->statuses);
    *a = (lane){0};
}

static mr_status run_threads(ledger_writer *w, mr_error *err) {
    for (size_t i = 0; i < w->lanes; i++) {
        w->lane[i].running = pthread_create(&w->lane[i].thread, NULL, writing, &w->lane[i]) == 0;
        if (!w->lane[i].running) return error_set(err, MR_EIO, NULL, -1, "no thread could be started");
    }
    if (!w->checkpointer) return MR_OK;
    w->checkpoint_thread = pthread_create(&w->checkpoint_id, NULL, checkpointing, w) == 0;
    return w->checkpoint_thread ? MR_OK : error_set(err, MR_EIO, NULL, -1, "no thread could be started");
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
    mr_status status = lane_start(w, url, options, err);
    /* As many as the server lets in. */
    for (bool more = status == MR_OK && w->lane[0].l->distributed; more && w->lanes < LANES;) {
        more = lane_start(w, url, options, NULL) == MR_OK;
        if (!more) lane_end(&w->lane[--w->lanes]);
    }
    if (status == MR_OK && db_store_of(w->lane[0].l->d) == DB_SQLITE) status = ledger_open(url, NULL, &w->checkpointer, err);
    if (status == MR_OK) status = run_threads(w, err);
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
    for (size_t i = 0; i < w->lanes; i++)
        if (w->lane[i].running) pthread_join(w->lane[i].thread, NULL);
    if (w->checkpoint_thread) pthread_join(w->checkpoint_id, NULL);
    ledger_close(w->checkpointer);
    for (size_t i = 0; i < w->lanes; i++) lane_end(&w->lane[i]);
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
    return w->lane[0].l;
}
