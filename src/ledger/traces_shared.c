/* Pieces are ranges of customers, taken in order. The thread whose piece it is the turn of hands its traces on as it reads them; the others keep theirs until
 * then. What a thread may keep is bounded: beyond it, it waits for its turn. An error counts when its piece's turn has come, so that it is the one that
 * reading in order would have met. */
#include "traces_shared.h"

#include <arena.h>
#include <error.h>
#include <mem.h>
#include <pool.h>

#include <pthread.h>
#include <string.h>

enum { CACHE_KB = 8192 }; /* each page is read once */
enum { PIECES = 64, AHEAD = 1 << 18 }; /* events kept before a thread waits: some 20 MB */

typedef struct kept_trace {
    int64_t customer_id;
    trace_facts facts;
    size_t first, n;
} kept_trace;

typedef struct shared shared;

typedef struct reader { /* a worker */
    shared *all;
    ledger *l;
    unsigned piece;
    bool mine; /* it is this piece's turn: nothing is kept any more */
    kept_trace *kept;
    trace_event *event;
    size_t n, room, events, events_room;
    arena text;
} reader;

struct shared {
    pthread_mutex_t lock;
    pthread_cond_t passed;
    unsigned turn;
    bool stop;
    mr_status failed;
    mr_error error;
    trace_options options;
    const trace_options *asked;
    trace_fn fn;
    void *ctx;
    reader *reader; /* [workers] */
};

static mr_status stopped(mr_error *err) {
    return error_set(err, MR_ECANCELLED, NULL, -1, "another thread met with an error");
}

static mr_status hand_on(reader *r, mr_error *err) {
    mr_status status = MR_OK;
    for (size_t i = 0; i < r->n && status == MR_OK; i++) {
        const kept_trace *k = &r->kept[i];
        const trace t = {k->customer_id, r->event + k->first, k->n};
        status = r->all->fn(r->all->ctx, &t, &k->facts, err);
    }
    r->n = r->events = 0;
    arena_reset(&r->text);
    return status;
}

/* False: an earlier piece met with an error. */
static bool wait_for_turn(reader *r) {
    shared *all = r->all;
    pthread_mutex_lock(&all->lock);
    while (all->turn != r->piece && !all->stop) pthread_cond_wait(&all->passed, &all->lock);
    r->mine = !all->stop;
    pthread_mutex_unlock(&all->lock);
    return r->mine;
}

static mr_status take_turn(reader *r, mr_error *err) {
    return wait_for_turn(r) ? hand_on(r, err) : stopped(err);
}

static bool copy_text(reader *r, const char **to, const char *text) {
    *to = *text ? arena_copy(&r->text, text, strlen(text)) : "";
    return *to != NULL;
}

static bool copy_facts(reader *r, const trace_facts *f, trace_facts *to) {
    return copy_text(r, &to->source, f->source) && copy_text(r, &to->external_id, f->external_id) && copy_text(r, &to->name, f->name) && copy_text(r, &to->tier, f->tier) &&
           copy_text(r, &to->segment, f->segment) && copy_text(r, &to->owner_sales, f->owner_sales) && copy_text(r, &to->owner_operations, f->owner_operations) &&
           copy_text(r, &to->email, f->email) && copy_text(r, &to->phone, f->phone);
}

static bool keep(reader *r, const trace *t, const trace_facts *f) {
    if (r->n == r->room) {
        size_t room = r->room ? 2 * r->room : 1024;
        kept_trace *more = mem_resize(NULL, r->kept, room, sizeof *more);
        if (!more) return false;
        r->kept = more;
        r->room = room;
    }
    if (r->events_room - r->events < t->n) {
        size_t room = 2 * r->events_room > r->events + t->n ? 2 * r->events_room : r->events + t->n;
        trace_event *more = mem_resize(NULL, r->event, room, sizeof *more);
        if (!more) return false;
        r->event = more;
        r->events_room = room;
    }
    kept_trace *k = &r->kept[r->n];
    *k = (kept_trace){.customer_id = t->customer_id, .first = r->events, .n = t->n};
    if (!copy_facts(r, f, &k->facts)) return false;
    if (t->n) memcpy(r->event + r->events, t->event, t->n * sizeof *t->event);
    r->events += t->n;
    r->n++;
    return true;
}

static mr_status on_trace(void *ctx, const trace *t, const trace_facts *f, mr_error *err) {
    reader *r = ctx;
    shared *all = r->all;
    if (!r->mine) {
        pthread_mutex_lock(&all->lock);
        bool now = all->turn == r->piece || r->events > AHEAD, stop = all->stop;
        pthread_mutex_unlock(&all->lock);
        if (stop) return stopped(err);
        if (!now) return keep(r, t, f) ? MR_OK : error_memory(err, t->n * sizeof *t->event);
        mr_status status = take_turn(r, err);
        if (status != MR_OK) return status;
    }
    return all->fn(all->ctx, t, f, err);
}

static bool wanted(void *ctx, int64_t customer_id, const trace_facts *f) {
    const shared *all = ((const reader *)ctx)->all;
    return all->asked->wanted(all->ctx, customer_id, f);
}

static mr_status read_piece(void *ctx, size_t piece, int worker, mr_error *err) {
    shared *all = ctx;
    reader *r = &all->reader[worker];
    r->piece = (unsigned)piece;
    r->mine = false;
    r->n = r->events = 0;
    arena_reset(&r->text);
    mr_status status = ledger_traces(r->l, &all->options, r->piece, PIECES, on_trace, r, err);
    if (status == MR_OK && !r->mine) status = take_turn(r, err);
    if (status != MR_OK && !r->mine && !wait_for_turn(r)) return status;
    pthread_mutex_lock(&all->lock);
    all->turn = r->piece + 1;
    if (status != MR_OK) {
        all->stop = true;
        all->failed = status;
        all->error = *err;
    }
    pthread_cond_broadcast(&all->passed);
    pthread_mutex_unlock(&all->lock);
    return status;
}

mr_status ledger_open_beside(const ledger *l, ledger **out, mr_error *err) {
    mr_error why = {0};
    mr_status status = ledger_open(l->url, &(db_options){.cache_kb = CACHE_KB}, out, &why);
    if (status == MR_EIO && ledger_open(l->url, &(db_options){.read_only = true, .cache_kb = CACHE_KB}, out, err) == MR_OK) return MR_OK;
    if (status != MR_OK && err) *err = why;
    return status;
}

static mr_status share(shared *all, ledger *l, mr_pool *pool, mr_error *err) {
    size_t workers = (size_t)pool_size(pool);
    mr_status status = MR_OK;
    all->reader = mem_new(NULL, workers, sizeof *all->reader);
    if (!all->reader) return error_memory(err, workers * sizeof *all->reader);
    for (size_t i = 0; i < workers && status == MR_OK; i++) {
        all->reader[i].all = all;
        all->reader[i].l = l;
        if (i) status = ledger_open_beside(l, &all->reader[i].l, err);
    }
    if (status == MR_OK) status = pool_run(pool, PIECES, read_piece, all, err);
    if (status != MR_OK && all->failed != MR_OK) {
        status = all->failed;
        if (err) *err = all->error;
    }
    for (size_t i = 0; i < workers; i++) {
        reader *r = &all->reader[i];
        mem_free(NULL, r->kept);
        mem_free(NULL, r->event);
        arena_free(&r->text);
        if (i) ledger_close(r->l);
    }
    mem_free(NULL, all->reader);
    return status;
}

mr_status ledger_traces_shared(ledger *l, mr_pool *pool, const trace_options *o, trace_fn fn, void *ctx, mr_error *err) {
    static const trace_options none = {0};
    if (!o) o = &none;
    if (pool_size(pool) < 2 || (o->last && o->first == o->last)) return ledger_traces(l, o, 0, 1, fn, ctx, err);
    shared all = {.lock = PTHREAD_MUTEX_INITIALIZER, .passed = PTHREAD_COND_INITIALIZER, .options = *o, .asked = o, .fn = fn, .ctx = ctx};
    if (o->wanted) all.options.wanted = wanted;
    mr_status status = share(&all, l, pool, err);
    pthread_cond_destroy(&all.passed);
    pthread_mutex_destroy(&all.lock);
    return status;
}
