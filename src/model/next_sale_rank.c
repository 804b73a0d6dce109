/* What one customer buys next, by a model of next_sale.h. */
#include "next_sale.h"

#include <error.h>
#include <mem.h>

#include <string.h>

struct next_sale_desk {
    const next_sale_model *m;
    uint32_t *turn;      /* [products] of which customer what stands here is */
    uint32_t now;
    uint32_t *times, *first; /* baskets that held it; the first of them, from 0 */
    double *extra;       /* lifts above the rest's, summed over the last basket */
    double *most;        /* the largest lift ... */
    uint32_t *because;   /* ... and whose */
    const next_sale_follower **follows;
    bool *last, *weighed; /* in the last basket; candidate already */
};

void next_sale_desk_free(next_sale_desk *d) {
    if (!d) return;
    const mr_alloc *alloc = d->m->alloc;
    void *blocks[] = {d->turn, d->times, d->first, d->extra, d->most, d->because, d->follows, d->last, d->weighed};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) mem_free(alloc, blocks[i]);
    mem_free(alloc, d);
}

mr_status next_sale_desk_new(const next_sale_model *m, next_sale_desk **out, mr_error *err) {
    size_t p = m->products;
    next_sale_desk *d = *out = mem_new(m->alloc, 1, sizeof *d);
    if (!d) return error_memory(err, sizeof *d);
    *d = (next_sale_desk){.m = m, .turn = mem_new(m->alloc, p, sizeof *d->turn), .times = mem_take(m->alloc, p, sizeof *d->times), .first = mem_take(m->alloc, p, sizeof *d->first),
                          .extra = mem_take(m->alloc, p, sizeof *d->extra), .most = mem_take(m->alloc, p, sizeof *d->most), .because = mem_take(m->alloc, p, sizeof *d->because),
                          .follows = mem_take(m->alloc, p, sizeof *d->follows), .last = mem_take(m->alloc, p, sizeof *d->last), .weighed = mem_take(m->alloc, p, sizeof *d->weighed)};
    if (d->turn && d->times && d->first && d->extra && d->most && d->because && d->follows && d->last && d->weighed) return MR_OK;
    next_sale_desk_free(d);
    *out = NULL;
    return error_memory(err, p * 48);
}

/* Nothing is known of it for this customer yet. */
static void meet(next_sale_desk *d, uint32_t p) {
    if (d->turn[p] == d->now) return;
    d->turn[p] = d->now;
    d->times[p] = 0;
    d->extra[p] = d->most[p] = 0;
    d->because[p] = NEXT_SALE_NONE;
    d->follows[p] = NULL;
    d->last[p] = d->weighed[p] = false;
}

/* What the last basket, lines from .. n - 1, says of each product; returns the sum of what it says of all others, *known: how many of its products count. */
static double listen(next_sale_desk *d, const uint32_t *product, size_t from, size_t n, size_t *known) {
    double rest = 0;
    *known = 0;
    for (size_t i = from; i < n; i++) {
        if (product[i] == NEXT_SALE_NONE || !d->m->product[product[i]].known) continue;
        const next_sale_product *a = &d->m->product[product[i]];
        ++*known;
        rest += a->rest_lift;
        d->extra[product[i]] += a->self_lift - a->rest_lift;
        d->last[product[i]] = true;
        for (size_t k = a->first; k < a->first + a->followers; k++) {
            const next_sale_follower *f = &d->m->follower[k];
            meet(d, f->product);
            d->extra[f->product] += f->lift - a->rest_lift;
            if (f->lift <= d->most[f->product]) continue;
            d->most[f->product] = f->lift;
            d->because[f->product] = product[i];
            d->follows[f->product] = f;
        }
    }
    return rest;
}

typedef struct weighing {
    next_sale_desk *d;
    uint32_t baskets;
    size_t known;
    double rest;
    size_t want, n;
    next_sale_pick *out;
} weighing;

static bool before(const next_sale_desk *d, const next_sale_pick *x, const next_sale_pick *y) {
    if (x->score != y->score) return x->score > y->score;
    const next_sale_product *a = &d->m->product[x->product], *b = &d->m->product[y->product];
    return a->buyers != b->buyers ? a->buyers > b->buyers : x->product < y->product;
}

static void weigh(weighing *w, uint32_t p) {
    next_sale_desk *d = w->d;
    if (p == NEXT_SALE_NONE || !d->m->product[p].known) return;
    meet(d, p);
    if (d->weighed[p]) return;
    d->weighed[p] = true;
    const next_sale_product *is = &d->m->product[p];
    bool has = d->times[p] > 0;
    if (has && is->again < NEXT_SALE_ONE_OFF) return;
    double lift = w->known ? (w->rest + d->extra[p]) / (double)w->known : 1, base = is->fresh;
    if (has) base = (d->times[p] - 1 + d->m->kappa * is->own) / (w->baskets - 1 - d->first[p] + d->m->kappa);
    next_sale_pick pick = {p, base * lift, lift, d->because[p], d->follows[p], has};
    size_t at = w->n;
    while (at > 0 && before(d, &pick, &w->out[at - 1])) at--;
    if (at == w->want) return;
    if (w->n < w->want) w->n++;
    memmove(w->out + at + 1, w->out + at, (w->n - 1 - at) * sizeof *w->out);
    w->out[at] = pick;
}

size_t next_sale_rank(const next_sale_model *m, next_sale_desk *d, const int32_t *day, const uint32_t *product, size_t n, size_t want, next_sale_pick *out) {
    uint32_t baskets = 0;
    size_t last = 0;
    if (!++d->now) { /* once in four thousand million customers the turns begin anew */
        memset(d->turn, 0, m->products * sizeof *d->turn);
        d->now = 1;
    }
    for (size_t i = 0; i < n; i++) {
        if (!i || day[i] != day[i - 1]) {
            last = i;
            baskets++;
        }
        if (product[i] == NEXT_SALE_NONE) continue;
        meet(d, product[i]);
        if (!d->times[product[i]]++) d->first[product[i]] = baskets - 1;
    }
    weighing w = {.d = d, .baskets = baskets, .want = want, .out = out};
    if (!want) return 0;
    w.rest = listen(d, product, last, n, &w.known);
    for (size_t i = 0; i < n; i++) weigh(&w, product[i]);
    for (size_t i = last; i < n; i++) {
        if (product[i] == NEXT_SALE_NONE) continue;
        const next_sale_product *a = &m->product[product[i]];
        for (size_t k = a->first; k < a->first + a->followers; k++) weigh(&w, m->follower[k].product);
    }
    /* All others have the same lift and are new to them: the best are those that newcomers buy most. */
    size_t others = 0;
    for (uint32_t i = 0; i < m->products && others < want; i++) {
        uint32_t p = m->newest[i];
        bool met = d->turn[p] == d->now && d->weighed[p];
        weigh(&w, p);
        others += !met && m->product[p].known;
    }
    return w.n;
}
