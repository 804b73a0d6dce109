/* What is bought after what, in a world with a catalogue. Each line of an order follows a line of the order before with the chance `follows` (it is one of that product's
 * `followers`, all alike likely), is something they have bought before with the chance `repeats`, and else is drawn by popularity. Which products follow which, and which are
 * one-offs that nobody buys twice, hangs on the seed alone. From a stream of its own: who orders when, and all else, is as without a catalogue. */
#include "world_make.h"

#include <math.h>

enum { TRIES = 20, LINES = 32 }; /* draws of something they have not got, where it is a one-off; lines of an order that are remembered */
#define FOLLOWERS UINT64_C(1) << 40 /* streams of products, beside those of customers */
#define ONE_OFFS UINT64_C(1) << 41

uint32_t world_follower(const world *w, uint64_t seed, uint32_t product, uint64_t which) {
    rng r = world_stream(seed, FOLLOWERS | product, STREAM_PRODUCTS);
    for (uint64_t i = 0; i < which; i++) rng_below(&r, (uint64_t)w->catalogue);
    return (uint32_t)rng_below(&r, (uint64_t)w->catalogue);
}

bool world_one_off(const world *w, uint64_t seed, uint32_t product) {
    rng r = world_stream(seed, ONE_OFFS | product, STREAM_PRODUCTS);
    return rng_uniform(&r) < w->one_off;
}

static uint32_t popular(const world *w, double u) {
    size_t low = 0, high = (size_t)w->catalogue - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (w->popularity[middle] > u) high = middle;
        else low = middle + 1;
    }
    return (uint32_t)low;
}

static uint32_t number_of(const world *w, const char *name) {
    uint32_t n = 0;
    for (name += sizeof "item " - 1; *name; name++) n = 10 * n + (uint32_t)(*name - '0');
    return n - 1 < (uint32_t)w->catalogue ? n - 1 : 0;
}

typedef struct buyer {
    uint32_t last[LINES], now[LINES]; /* the order before, and this one */
    size_t last_n, now_n;
} buyer;

/* Have they bought it? Orders that have no product of the catalogue yet still have a category. */
static bool has(const world_person *p, size_t n, const char *name) {
    for (size_t i = 0; i < n; i++)
        if (p->room->item[i].e.kind == EVENT_order && p->room->item[i].w.note == name && !p->room->item[i].w.about) return true;
    return false;
}

/* One of what they have bought: of all lines, all alike likely. */
static const char *again(const world_person *p, rng *r, size_t n, size_t lines) {
    uint64_t which = rng_below(r, lines);
    for (size_t i = 0; i < n; i++)
        if (p->room->item[i].e.kind == EVENT_order && !p->room->item[i].w.about && !which--) return p->room->item[i].w.note;
    return NULL;
}

static const char *draw(const world_person *p, rng *r, const buyer *b, size_t n, size_t lines) {
    const world *w = p->w;
    const char *name = NULL;
    for (int i = 0; i < TRIES; i++) {
        double u = rng_uniform(r);
        if (b->last_n && u < w->follows) name = w->product[world_follower(w, p->seed, b->last[rng_below(r, b->last_n)], rng_below(r, (uint64_t)w->followers))];
        else if (lines && u >= w->follows && u < w->follows + w->repeats) name = again(p, r, n, lines);
        else name = w->product[popular(w, rng_uniform(r))];
        if (w->one_off <= 0 || !world_one_off(w, p->seed, number_of(w, name)) || !has(p, n, name)) break;
    }
    return name;
}

static void remember(const world *w, buyer *b, const char *name) {
    if (b->now_n < LINES) b->now[b->now_n++] = number_of(w, name);
}

void world_draw_products(world_person *p) {
    const world *w = p->w;
    rng r = world_stream(p->seed, p->number, STREAM_PRODUCTS);
    buyer b = {.last_n = 0};
    size_t lines = 0, n = p->room->n;
    const char *name = "";
    for (size_t i = 0; i < n; i++) {
        world_item *item = &p->room->item[i];
        if (item->e.kind == EVENT_return_goods) item->w.note = name; /* right behind its order */
        if (item->e.kind != EVENT_order) continue;
        for (size_t k = 0; k < b.now_n; k++) b.last[k] = b.now[k];
        b.last_n = b.now_n;
        b.now_n = 0;
        int64_t at_us = item->e.at_us;
        name = draw(p, &r, &b, p->room->n, lines++);
        item->w.about = NULL; /* no category: that is how lines with a product are known here */
        item->w.note = name;
        remember(w, &b, name);
        while (rng_uniform(&r) < w->more_lines) {
            const char *more = draw(p, &r, &b, p->room->n, lines);
            double amount = fmax(0.01, p->price * rng_gamma(&r, 6) / 6);
            world_item *line = world_add(p, EVENT_order, at_us);
            if (!line) return;
            line->w.note = more;
            line->e.amount = (int64_t)world_amount(amount);
            line->e.value = 1;
            lines++;
            remember(w, &b, more);
        }
    }
}
