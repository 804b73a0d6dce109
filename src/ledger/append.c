/* One group of events in one transaction:
 *
 *   1. lock the customers, in ascending id, by raising their cycles' version, and get the cycles' states
 *   2. insert the events; those that were there are compared
 *   3. apply the new ones to the cycles, or rebuild where one came late
 *   4. project what shows in tables; write the cycles; ask that programmes look at who has something new
 *
 * Each step is one statement over all items, so on PostgreSQL a group costs four round trips, not four times as many as it has events. Locking
 * by an UPDATE comes first on both stores: reading the state first would lose updates. */
#include "append.h"

#include "events.h"
#include "looks.h"
#include "project.h"

#include <cycle.h>
#include <error.h>
#include <mem.h>

#include <stdlib.h>
#include <string.h>

/* One customer of the group. */
typedef struct group_customer {
    int64_t customer_id;
    size_t first, n; /* of order[] */
    cycle c;
    bool stale, rebuild, changed;
    bool unbuilt; /* there was no state: what events it has, if any, an import under way or cut short has brought */
    unsigned char state[CYCLE_BYTES_MAX];
    size_t state_len;
} group_customer;

#define MOVED_TRIES 20

typedef struct group {
    ledger *l;
    refs *r;
    append_item *items;
    size_t n;
    append_item **order; /* by customer, then as events are ordered */
    group_customer *customers;
    size_t customers_n;
    int64_t *changed;
    upserts rows;
    bool again; /* not the first attempt */
    bool moved; /* the customers are others by now */
} group;

static int by_customer(const void *a, const void *b) {
    const append_item *const *x = a, *const *y = b;
    const ledger_event *p = &(*x)->event, *q = &(*y)->event;
    if (p->customer_id != q->customer_id) return p->customer_id < q->customer_id ? -1 : 1;
    int way = event_compare(&p->e, &q->e);
    return way ? way : *x < *y ? -1 : *x > *y;
}

static mr_status resolve(group *g, mr_error *err) {
    mr_status status = MR_OK;
    size_t n = 0;
    for (size_t i = 0; i < g->n; i++) n += g->items[i].external_id != NULL;
    if (!n) return MR_OK;
    ref_request *requests = mem_take(NULL, n, sizeof *requests);
    if (!requests) return error_memory(err, n * sizeof *requests);
    n = 0;
    for (size_t i = 0; i < g->n; i++)
        if (g->items[i].external_id) requests[n++] = (ref_request){.external_id = g->items[i].external_id, .len = g->items[i].external_id_len};
    status = refs_resolve(g->r, g->l, requests, n, err);
    n = 0;
    for (size_t i = 0; i < g->n && status == MR_OK; i++)
        if (g->items[i].external_id) g->items[i].event.customer_id = requests[n++].customer_id;
    mem_free(NULL, requests);
    return status;
}

/* --- 1. lock --- */

static void bind_lock(void *ctx, size_t item, db_statement *s) {
    const group *g = ctx;
    db_bind_int(s, 1, g->customers[item].customer_id);
    db_bind_bytes(s, 2, "", 0);
}

static mr_status locked(void *ctx, size_t item, db_statement *s, mr_error *err) {
    group *g = ctx;
    group_customer *c = &g->customers[item];
    size_t len;
    const void *state = db_bytes(s, 0, &len);
    (void)err;
    c->stale = db_int(s, 1) == 1;
    cycle_begin(&c->c);
    c->unbuilt = !c->stale && !len;
    /* Or a state that another version wrote. */
    c->rebuild = !c->stale && (!len || cycle_decode(state, len, &c->c, NULL) != MR_OK);
    return MR_OK;
}

static mr_status lock(group *g, mr_error *err) {
    db_statement *s;
    mr_status status = db_prepare(g->l->d, "INSERT INTO cycle (customer_id, version, stale, state) VALUES ($1, 1, 0, $2) "
                                           "ON CONFLICT (customer_id) DO UPDATE SET version = cycle.version + 1 "
                                           "RETURNING state, stale", "ib", &s, err);
    return status == MR_OK ? db_each(s, g->customers_n, bind_lock, locked, g, NULL, err) : status;
}

/* Whoever was merged away or erased while this waited for their lock has no cycle any more: then the one just made is nobody's, and the identifiers
 * must be looked up again. Where one writer writes at a time (SQLite) it cannot be. */
static mr_status check_current(group *g, mr_error *err) {
    bool newborn = false, current = true;
    if (!g->r || db_store_of(g->l->d) == DB_SQLITE) return MR_OK;
    for (size_t i = 0; i < g->customers_n; i++) newborn = newborn || g->customers[i].unbuilt;
    mr_status status = newborn ? refs_current(g->r, g->l, &current, err) : MR_OK;
    g->moved = status == MR_OK && !current;
    return g->moved ? error_set(err, MR_EIO, "customer", -1, "customers were merged or erased meanwhile") : status;
}

/* --- 2. insert --- */

static void bind_insert(void *ctx, size_t item, db_statement *s) {
    const group *g = ctx;
    event_bind(s, &g->order[item]->event);
}

static mr_status insert(group *g, mr_error *err) {
    db_statement *s;
    mr_status status = event_insert_statement(g->l, &s, err);
    if (status == MR_OK) status = db_each(s, g->n, bind_insert, NULL, g, g->changed, err);
    for (size_t i = 0; i < g->n && status == MR_OK; i++) {
        bool same = false;
        g->order[i]->outcome = APPEND_ADDED;
        if (g->changed[i]) continue;
        status = event_same(g->l, &g->order[i]->event, &same, err);
        g->order[i]->outcome = same ? APPEND_REPEATED : APPEND_CONFLICTING;
        if (status == MR_OK && !same) status = event_conflict(g->l, &g->order[i]->event, err);
    }
    return status;
}

/* --- 3. and 4. --- */

static mr_status project_one(group *g, group_customer *c, const history_event *e, history *h, mr_error *err) {
    mr_status status = project_event(g->l, c->customer_id, e, &g->rows, err);
    bool owners = e->kind == EVENT_owner_changed; /* a late one does not stand above a newer one */
    if (status != MR_OK || (!e->subject_id && !owners)) return status;
    if (h->customer_id != c->customer_id || !h->n) status = history_read(g->l, c->customer_id, h, err);
    if (owners) return status == MR_OK ? project_owners(h, &g->rows, err) : status;
    return status == MR_OK ? project_history(g->l, h, e->subject_id, &g->rows, err) : status;
}

static mr_status fold(group *g, group_customer *c, history *h, mr_error *err) {
    mr_status status = MR_OK;
    size_t added = 0;
    for (size_t i = 0; i < c->n && status == MR_OK; i++) {
        const append_item *item = g->order[c->first + i];
        const history_event *e = &item->event.e;
        if (item->outcome != APPEND_ADDED) continue;
        added++;
        c->changed = true;
        if (cycle_takes(&c->c, e))
            cycle_apply(&c->c, e);
        else
            c->rebuild = true;
        if (project_kind(e->kind)) status = project_one(g, c, e, h, err);
    }
    if (c->stale) { /* events are missing from its state: whoever repairs it reads them all */
        c->changed = false;
    } else if (status == MR_OK && c->rebuild) {
        if (h->customer_id != c->customer_id || !h->n) status = history_read(g->l, c->customer_id, h, err);
        if (status == MR_OK) cycle_build(&c->c, h->events, h->n);
        /* With this cycle the customer counts as whole: then what the other events show in tables must be there, too. */
        if (status == MR_OK && c->unbuilt && h->n > added) status = project_history(g->l, h, 0, &g->rows, err);
        c->changed = true;
    }
    if (c->changed) c->state_len = cycle_encode(&c->c, c->state);
    return status;
}

typedef struct write_work {
    group_customer **changed;
} write_work;

static void bind_state(void *ctx, size_t item, db_statement *s) {
    const group_customer *c = ((write_work *)ctx)->changed[item];
    db_bind_int(s, 1, c->customer_id);
    db_bind_bytes(s, 2, c->state, c->state_len);
}

static mr_status write_cycles(group *g, mr_error *err) {
    write_work work = {mem_take(NULL, g->customers_n, sizeof *work.changed)};
    size_t n = 0;
    db_statement *s;
    if (!work.changed) return error_memory(err, g->customers_n * sizeof *work.changed);
    for (size_t i = 0; i < g->customers_n; i++)
        if (g->customers[i].changed) work.changed[n++] = &g->customers[i];
    mr_status status = db_prepare(g->l->d, "UPDATE cycle SET state = $2 WHERE customer_id = $1", "ib", &s, err);
    if (status == MR_OK) status = db_each(s, n, bind_state, NULL, &work, NULL, err);
    mem_free(NULL, work.changed);
    return status;
}

static mr_status ask_looks(group *g, mr_error *err) {
    bool wanted = false;
    size_t n = 0;
    mr_status status = looks_wanted(g->l, &wanted, err);
    if (status != MR_OK || !wanted) return status;
    look_request *wishes = mem_take(NULL, g->customers_n, sizeof *wishes);
    if (!wishes) return error_memory(err, g->customers_n * sizeof *wishes);
    for (size_t i = 0; i < g->customers_n; i++) {
        const group_customer *c = &g->customers[i];
        look_request wish = {c->customer_id, INT64_MAX};
        for (size_t k = c->first; k < c->first + c->n; k++) {
            const append_item *item = g->order[k];
            if (item->outcome == APPEND_ADDED && item->event.e.recorded_at_us < wish.at_us) wish.at_us = item->event.e.recorded_at_us;
        }
        if (wish.at_us < INT64_MAX) wishes[n++] = wish;
    }
    status = looks_ask(g->l, wishes, n, err);
    mem_free(NULL, wishes);
    return status;
}

static mr_status group_fold(group *g, mr_error *err) {
    history h = {0};
    mr_status status = MR_OK;
    for (size_t i = 0; i < g->customers_n && status == MR_OK; i++) status = fold(g, &g->customers[i], &h, err);
    history_free(&h);
    if (status == MR_OK && g->rows.rows) status = upserts_write(&g->rows, g->l, err);
    if (status == MR_OK) status = write_cycles(g, err);
    return status == MR_OK ? ask_looks(g, err) : status;
}

static void group_customers(group *g) {
    for (size_t i = 0; i < g->n; i++) g->order[i] = &g->items[i];
    qsort(g->order, g->n, sizeof *g->order, by_customer);
    g->customers_n = 0;
    for (size_t i = 0; i < g->n; i++) {
        int64_t id = g->order[i]->event.customer_id;
        if (!i || g->customers[g->customers_n - 1].customer_id != id)
            g->customers[g->customers_n++] = (group_customer){.customer_id = id, .first = i};
        g->customers[g->customers_n - 1].n++;
    }
}

static mr_status group_run(db *d, void *ctx, mr_error *err) {
    group *g = ctx;
    (void)d;
    upserts_clear(&g->rows);
    if (g->again && g->r) refs_forget(g->r); /* the customers it made were rolled back, or are gone with the server's last moments */
    g->again = true;
    mr_status status = resolve(g, err);
    if (status != MR_OK) return status;
    group_customers(g);
    status = lock(g, err);
    if (status == MR_OK) status = check_current(g, err);
    if (status == MR_OK) status = insert(g, err);
    return status == MR_OK ? group_fold(g, err) : status;
}

static mr_status group_begin(group *g, mr_error *err) {
    g->order = mem_take(NULL, g->n, sizeof *g->order);
    g->customers = mem_take(NULL, g->n, sizeof *g->customers);
    g->changed = mem_take(NULL, g->n, sizeof *g->changed);
    return g->order && g->customers && g->changed ? MR_OK : error_memory(err, g->n * sizeof *g->customers);
}

static void group_end(group *g) {
    upserts_free(&g->rows);
    mem_free(NULL, g->order);
    mem_free(NULL, g->customers);
    mem_free(NULL, g->changed);
}

mr_status ledger_append(ledger *l, refs *r, append_item *items, size_t n, mr_error *err) {
    group g = {.l = l, .r = r, .items = items, .n = n};
    if (!n) return MR_OK;
    mr_status status = group_begin(&g, err);
    for (int tries = 0; status == MR_OK || (g.moved && tries < MOVED_TRIES); tries++) {
        g.moved = false;
        status = db_transaction(l->d, DB_WRITE, group_run, &g, err);
        if (!g.moved) break;
    }
    if (status != MR_OK && r) refs_forget(r); /* what it made may not be there */
    group_end(&g);
    return status;
}

mr_status ledger_append_within(ledger *l, append_item *items, size_t n, mr_error *err) {
    group g = {.l = l, .items = items, .n = n};
    if (!n) return MR_OK;
    mr_status status = group_begin(&g, err);
    if (status == MR_OK) status = group_run(l->d, &g, err);
    group_end(&g);
    return status;
}
