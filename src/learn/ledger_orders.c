#include "ledger_orders.h"

#include <bits.h>
#include <error.h>
#include <mem.h>
#include <objections.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONTACTS = 3 };

typedef struct gathering {
    ingest_orders *out;
    const mr_context *context;
    int32_t until;
    size_t customers_room, occasions, occasions_room, ids, ids_room; /* ids: bytes */
    char *contact[CONTACTS]; /* name, e-mail, phone of one customer after another */
    size_t contacts[CONTACTS], contacts_room[CONTACTS];
    bool money, returned;
    id_list objecting; /* counted, and not listed by name */
    bool unlisted;     /* any of them has orders */
} gathering;

static bool room(void **block, size_t *capacity, size_t need, size_t size) {
    if (need <= *capacity) return true;
    size_t more = *capacity ? *capacity + *capacity / 2 : 4096;
    if (more < need) more = need;
    void *made = mem_resize(NULL, *block, more, size);
    if (!made) return false;
    *block = made;
    *capacity = more;
    return true;
}

/* Room for one more customer and n more occasions. */
static mr_status make_room(gathering *g, size_t n, size_t id_len, const size_t contact_len[CONTACTS], mr_error *err) {
    ingest_orders *o = g->out;
    size_t customers = o->orders.n + 2, before = g->customers_room;
    bool fine = true;
    if (customers > before) {
        size_t a = before, b = before, c = before, u = before;
        fine = room((void **)&o->offset, &a, customers, sizeof *o->offset) && room((void **)&o->id_offset, &b, customers, sizeof *o->id_offset) &&
               room((void **)&o->returned, &c, customers, sizeof *o->returned) && room((void **)&o->unlisted, &u, customers, sizeof *o->unlisted);
        for (int k = 0; k < CONTACTS; k++) {
            size_t d = before;
            fine = fine && room((void **)&o->contact_offset[k], &d, customers, sizeof *o->contact_offset[k]);
        }
        g->customers_room = a;
    }
    size_t day_room = g->occasions_room;
    fine = fine && room((void **)&o->day, &day_room, g->occasions + n, sizeof *o->day) &&
           room((void **)&o->money, &g->occasions_room, g->occasions + n, sizeof *o->money) &&
           room((void **)&o->id_bytes, &g->ids_room, g->ids + id_len, 1);
    for (int k = 0; k < CONTACTS; k++) fine = fine && room((void **)&g->contact[k], &g->contacts_room[k], g->contacts[k] + contact_len[k] + 1, 1);
    return fine ? MR_OK : error_memory(err, (g->occasions + n) * 12);
}

static size_t count_orders(const gathering *g, const trace *t) {
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++) n += trace_is_order(&t->event[i]) && trace_known_day(&t->event[i]) <= g->until;
    return n;
}

static void take_order(gathering *g, const trace_event *e, size_t first) {
    ingest_orders *o = g->out;
    ingest_understood *u = &o->understood;
    u->orders++;
    u->lines++;
    if (e->day < u->first_day) u->first_day = e->day;
    if (e->day > u->last_day) u->last_day = e->day;
    /* Days of several time zones: an order whose own day lies before the last one's counts on that one. */
    bool same = g->occasions > first && e->day <= o->day[g->occasions - 1];
    if (same) {
        u->merged++;
        o->money[g->occasions - 1] = bits_add_saturating(o->money[g->occasions - 1], e->amount);
        return;
    }
    o->day[g->occasions] = e->day;
    o->money[g->occasions++] = e->amount;
}

static mr_status take_customer(void *ctx, const trace *t, const trace_facts *f, mr_error *err) {
    gathering *g = ctx;
    ingest_orders *o = g->out;
    size_t n = count_orders(g, t), first = g->occasions, i = o->orders.n, id_len = strlen(f->external_id);
    const char *contact[CONTACTS] = {f->name, f->email, f->phone};
    size_t contact_len[CONTACTS];
    for (int k = 0; k < CONTACTS; k++) contact_len[k] = strlen(contact[k]);
    int64_t back = 0;
    uint64_t returns = 0;
    for (size_t k = 0; k < t->n; k++) {
        const trace_event *e = &t->event[k];
        bool refund = e->kind == EVENT_refund || (e->kind == EVENT_order && !trace_is_order(e));
        if (!refund || trace_known_day(e) > g->until) continue;
        returns++;
        back = bits_add_saturating(back, e->amount < 0 ? -(e->amount + (e->amount == INT64_MIN)) : e->amount);
    }
    o->understood.returns += returns;
    if (!n) {
        o->understood.return_only_customers += returns > 0;
        return MR_OK;
    }
    mr_status status = make_room(g, n, id_len, contact_len, err);
    if (status != MR_OK) return status;
    for (size_t k = 0; k < t->n; k++)
        if (trace_is_order(&t->event[k]) && trace_known_day(&t->event[k]) <= g->until) take_order(g, &t->event[k], first);
    memcpy(o->id_bytes + g->ids, f->external_id, id_len);
    g->ids += id_len;
    for (int k = 0; k < CONTACTS; k++) {
        memcpy(g->contact[k] + g->contacts[k], contact[k], contact_len[k]);
        g->contacts[k] += contact_len[k];
        o->contact_offset[k][i + 1] = g->contacts[k];
    }
    g->returned |= back > 0;
    o->returned[i] = back;
    o->unlisted[i] = id_list_has(&g->objecting, t->customer_id);
    g->unlisted |= o->unlisted[i];
    o->orders.n++;
    o->offset[i + 1] = g->occasions;
    o->id_offset[i + 1] = g->ids;
    const mr_context *c = g->context;
    if (i % 4096 == 0 && c && c->progress && c->progress(i, 0, c->progress_ctx)) return error_set(err, MR_ECANCELLED, NULL, -1, "stopped on request");
    return MR_OK;
}

/* --- the order of customers: by first order, then identifier, so that sums do not hang on the ledger's key --- */

typedef struct place {
    const char *id;
    size_t id_len, at;
    int32_t first;
} place;

static int by_first_order(const void *a, const void *b) {
    const place *x = a, *y = b;
    if (x->first != y->first) return x->first < y->first ? -1 : 1;
    int order = memcmp(x->id, y->id, x->id_len < y->id_len ? x->id_len : y->id_len);
    if (order) return order;
    if (x->id_len != y->id_len) return x->id_len < y->id_len ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* The rows of a column of `size` bytes an item, from[] of its items by customer, moved to their customers' places. */
static bool move(void **column, uint64_t *offset, const place *order, size_t n, size_t size) {
    if (!*column) return true;
    char *moved = mem_take(NULL, (size_t)offset[n] + 1, size);
    if (!moved) return false;
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        size_t from = (size_t)offset[order[i].at], len = (size_t)offset[order[i].at + 1] - from;
        memcpy(moved + at * size, (char *)*column + from * size, len * size);
        at += len;
    }
    mem_free(NULL, *column);
    *column = moved;
    return true;
}

static bool move_offset(uint64_t **offset, const place *order, size_t n) {
    uint64_t *moved = mem_take(NULL, n + 1, sizeof *moved);
    if (!moved) return false;
    moved[0] = 0;
    for (size_t i = 0; i < n; i++) moved[i + 1] = moved[i] + ((*offset)[order[i].at + 1] - (*offset)[order[i].at]);
    mem_free(NULL, *offset);
    *offset = moved;
    return true;
}

static mr_status put_in_order(gathering *g, mr_error *err) {
    ingest_orders *o = g->out;
    size_t n = o->orders.n;
    place *order = mem_take(NULL, n, sizeof *order);
    int64_t *returned = mem_take(NULL, n, sizeof *returned);
    uint8_t *unlisted = mem_take(NULL, n, sizeof *unlisted);
    bool fine = order && returned && unlisted;
    for (size_t i = 0; i < n && fine; i++)
        order[i] = (place){o->id_bytes + o->id_offset[i], (size_t)(o->id_offset[i + 1] - o->id_offset[i]), i, o->day[o->offset[i]]};
    if (fine) {
        qsort(order, n, sizeof *order, by_first_order);
        for (size_t i = 0; i < n; i++) returned[i] = o->returned[order[i].at], unlisted[i] = o->unlisted[order[i].at];
        memcpy(o->returned, returned, n * sizeof *returned);
        memcpy(o->unlisted, unlisted, n * sizeof *unlisted);
        /* The identifiers last: `order` points into them. */
        fine = move((void **)&o->day, o->offset, order, n, sizeof *o->day) && move((void **)&o->money, o->offset, order, n, sizeof *o->money) &&
               move_offset(&o->offset, order, n);
        for (int k = 0; k < CONTACTS; k++)
            fine = fine && move((void **)&g->contact[k], o->contact_offset[k], order, n, 1) && move_offset(&o->contact_offset[k], order, n);
        fine = fine && move((void **)&o->id_bytes, o->id_offset, order, n, 1) && move_offset(&o->id_offset, order, n);
    }
    mem_free(NULL, order);
    mem_free(NULL, returned);
    mem_free(NULL, unlisted);
    return fine ? MR_OK : error_memory(err, n * sizeof *order);
}

static void drop(void **block) {
    mem_free(NULL, *block);
    *block = NULL;
}

/* One kind of contact behind the other, as a file's are; kinds that nobody has are dropped. */
static mr_status join_contacts(gathering *g, mr_error *err) {
    ingest_orders *o = g->out;
    size_t at = 0, all = g->contacts[0] + g->contacts[1] + g->contacts[2];
    if (!all) {
        for (int k = 0; k < CONTACTS; k++) drop((void **)&o->contact_offset[k]);
        return MR_OK;
    }
    o->contact_bytes = mem_take(NULL, all, 1);
    if (!o->contact_bytes) return error_memory(err, all);
    for (int k = 0; k < CONTACTS; k++) {
        if (!g->contacts[k]) {
            drop((void **)&o->contact_offset[k]);
            continue;
        }
        memcpy(o->contact_bytes + at, g->contact[k], g->contacts[k]);
        for (size_t i = 0; i <= o->orders.n; i++) o->contact_offset[k][i] += at;
        at += g->contacts[k];
    }
    return MR_OK;
}

static mr_status gather(ledger *l, gathering *g, const trace_options *o, mr_error *err) {
    static const size_t none[CONTACTS];
    ingest_orders *out = g->out;
    mr_status status = make_room(g, 1, 1, none, err);
    if (status != MR_OK) return status;
    out->offset[0] = out->id_offset[0] = 0;
    for (int k = 0; k < CONTACTS; k++) out->contact_offset[k][0] = 0;
    status = ledger_traces(l, o, 0, 1, take_customer, g, err);
    if (status == MR_OK && !out->orders.n)
        status = error_set(err, MR_EDATA, NULL, -1, "there are no orders%s: import some with 'marram import orders FILE'", g->until == INT32_MAX ? "" : " up to that day");
    if (status == MR_OK) status = put_in_order(g, err);
    return status == MR_OK ? join_contacts(g, err) : status;
}

mr_status ledger_orders(ledger *l, int32_t until, const mr_context *context, ingest_orders *out, mr_error *err) {
    *out = (ingest_orders){.understood = {.first_day = INT32_MAX, .last_day = INT32_MIN, .date_format = DATE_YMD}};
    gathering g = {.out = out, .context = context, .until = until};
    currency_rates rates = {0};
    trace_options o = {0};
    mr_status status = ledger_rates_read(l, &rates, err);
    if (status == MR_OK) status = ledger_trace_money(l, &rates, &o, err);
    g.money = o.currency[0] != 0;
    if (status == MR_OK) status = ledger_objections(l, &g.objecting, err);
    if (status == MR_OK) status = gather(l, &g, &o, err);
    id_list_free(&g.objecting);
    ledger_rates_free(&rates);
    for (int k = 0; k < CONTACTS; k++) mem_free(NULL, g.contact[k]);
    if (status != MR_OK) return status;
    if (!g.money) drop((void **)&out->money);
    if (!g.returned) drop((void **)&out->returned);
    if (!g.unlisted) drop((void **)&out->unlisted);
    if (g.money && strcmp(o.currency, "XXX")) snprintf(out->understood.currency, sizeof out->understood.currency, "%s", o.currency);
    out->understood.has_amount = g.money;
    out->understood.has_name = g.contacts[0] > 0;
    out->understood.has_email = g.contacts[1] > 0;
    out->understood.has_phone = g.contacts[2] > 0;
    out->orders = (mr_orders){.n = out->orders.n, .offset = out->offset, .day = out->day, .money = out->money};
    return MR_OK;
}
