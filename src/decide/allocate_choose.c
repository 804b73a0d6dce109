/* A choice within the budgets, from prices: each customer's best action, then what is used too much is given back where that costs least, then what is left is used up.
 *
 * For any choice within the budgets, bound - value = sum over customers of (net worth of their best action - net worth of theirs) + sum over resources of price x what is left. So both steps take
 * the switches of the smallest loss first, and no switch whose loss alone is more than the gap can be part of a better choice. */
#include "allocate_impl.h"

#include <math.h>
#include <sort.h>
#include <string.h>

enum { REPAIRS = 40, FILLS = 12, SWITCHES = 4000000 };
#define SLACK 1e-12 /* of a budget: sums are not exact */

typedef struct choosing {
    const allocate *a;
    const double *price; /* of shares */
    size_t *pick;        /* [customers] action, a->actions: none */
    double *used;        /* [resources] shares */
    double *top;         /* [customers] net worth of the best */
    uint32_t *who, *order;
    size_t *to;          /* [switches] */
    double *key;
    size_t n, room;
} choosing;

static double net_of(const choosing *c, size_t action) {
    return action == c->a->actions ? 0 : allocate_net(c->a, action, c->price);
}

static double gain_of(const choosing *c, size_t action) {
    return action == c->a->actions ? 0 : c->a->gain[action];
}

static void use(const allocate *a, size_t action, double sign, double *used) {
    if (action == a->actions) return;
    for (size_t u = a->use_first[action]; u < a->use_first[action + 1]; u++) used[a->resource[u]] += sign * a->share[u];
}

/* What all picks use, added up anew: sums of many steps drift. */
static void add_up(choosing *c) {
    memset(c->used, 0, c->a->resources * sizeof *c->used);
    for (size_t i = 0; i < c->a->customers; i++) use(c->a, c->pick[i], 1, c->used);
}

static bool over(const choosing *c, size_t r) {
    return c->used[r] > 1 + SLACK;
}

static bool any_over(const choosing *c) {
    for (size_t r = 0; r < c->a->resources; r++)
        if (over(c, r)) return true;
    return false;
}

static bool fits(const choosing *c, size_t action) {
    const allocate *a = c->a;
    for (size_t u = a->use_first[action]; u < a->use_first[action + 1]; u++)
        if (c->used[a->resource[u]] + a->share[u] > 1 + SLACK) return false;
    return true;
}

static mr_status best_block(void *ctx, size_t block, int worker, mr_error *err) {
    choosing *c = ctx;
    (void)worker, (void)err;
    for (size_t i = allocate_block_first(c->a, block), end = allocate_block_first(c->a, block + 1); i < end; i++) c->pick[i] = allocate_best(c->a, i, c->price, &c->top[i]);
    return MR_OK;
}

static mr_status note(choosing *c, size_t customer, size_t to, double key, mr_error *err) {
    if (c->n == c->room) {
        const mr_alloc *alloc = context_alloc(c->a->context);
        size_t room = 2 * c->room + 4096;
        void *who = mem_resize(alloc, c->who, room, sizeof *c->who);
        if (who) c->who = who;
        void *target = who ? mem_resize(alloc, c->to, room, sizeof *c->to) : NULL;
        if (target) c->to = target;
        void *keys = target ? mem_resize(alloc, c->key, room, sizeof *c->key) : NULL;
        if (keys) c->key = keys;
        void *order = keys ? mem_resize(alloc, c->order, room, sizeof *c->order) : NULL;
        if (order) c->order = order;
        if (!order) return error_memory(err, room * 24);
        c->room = room;
    }
    c->who[c->n] = (uint32_t)customer;
    c->to[c->n] = to;
    c->key[c->n++] = key;
    return MR_OK;
}

/* --- giving back --- */

/* How much of what is used too much this gives back, less what it takes of it; < 0 also where it takes of what has run out. */
static double given_back(const choosing *c, size_t from, size_t to) {
    const allocate *a = c->a;
    double back = 0;
    if (from != a->actions)
        for (size_t u = a->use_first[from]; u < a->use_first[from + 1]; u++)
            if (over(c, a->resource[u])) back += a->share[u];
    if (to != a->actions)
        for (size_t u = a->use_first[to]; u < a->use_first[to + 1]; u++) {
            if (over(c, a->resource[u])) back -= a->share[u];
            else if (c->used[a->resource[u]] + a->share[u] > 1 + SLACK) return -1;
        }
    return back;
}

static mr_status note_return(choosing *c, size_t i, bool to_nothing, mr_error *err) {
    const allocate *a = c->a;
    double net = net_of(c, c->pick[i]), least = INFINITY;
    size_t to = a->actions;
    if (given_back(c, c->pick[i], a->actions) <= 0) return MR_OK;
    least = net / given_back(c, c->pick[i], a->actions);
    for (size_t j = a->first[i]; j < a->first[i + 1] && !to_nothing; j++) {
        double back = j == c->pick[i] ? 0 : given_back(c, c->pick[i], j);
        if (back <= 0) continue;
        double loss = (net - net_of(c, j)) / back;
        if (loss < least) least = loss, to = j;
    }
    return note(c, i, to, least, err);
}

/* In the last rounds to nothing at all, which cannot fail. */
static mr_status repair(choosing *c, mr_error *err) {
    mr_status status = MR_OK;
    for (int round = 0; any_over(c) && status == MR_OK; round++) {
        c->n = 0;
        for (size_t i = 0; i < c->a->customers && status == MR_OK; i++)
            if (c->pick[i] != c->a->actions) status = note_return(c, i, round > REPAIRS, err);
        if (status == MR_OK) status = sort_doubles(c->n, c->key, c->order, false);
        for (size_t k = 0; k < c->n && status == MR_OK; k++) {
            size_t i = c->who[c->order[k]], to = c->to[c->order[k]];
            if (given_back(c, c->pick[i], to) <= 0) continue;
            use(c->a, c->pick[i], -1, c->used);
            use(c->a, to, 1, c->used);
            c->pick[i] = to;
        }
        add_up(c);
    }
    return status;
}

/* --- using up --- */

static mr_status note_switches(choosing *c, double above, double most, bool *all, mr_error *err) {
    const allocate *a = c->a;
    mr_status status = MR_OK;
    *all = true;
    c->n = 0;
    for (size_t i = 0; i < a->customers && status == MR_OK; i++)
        for (size_t j = a->first[i]; j < a->first[i + 1] && status == MR_OK; j++) {
            double loss = c->top[i] - net_of(c, j);
            if (loss > most || loss < above || j == c->pick[i] || a->gain[j] <= gain_of(c, c->pick[i])) continue;
            if (c->n >= SWITCHES) *all = false;
            else status = note(c, i, j, loss, err);
        }
    return status;
}

static bool take(choosing *c, size_t i, size_t to) {
    if (gain_of(c, to) <= gain_of(c, c->pick[i])) return false;
    use(c->a, c->pick[i], -1, c->used);
    bool ok = fits(c, to);
    if (ok) c->pick[i] = to;
    use(c->a, c->pick[i], 1, c->used);
    return ok;
}

static double value_of(const choosing *c) {
    double value = 0;
    for (size_t i = 0; i < c->a->customers; i++) value += gain_of(c, c->pick[i]);
    return value;
}

/* Losses up to `most`, then four times as much, up to the gap. */
static mr_status fill(choosing *c, double bound, mr_error *err) {
    mr_status status = MR_OK;
    double value = value_of(c), gap = bound - value, above = 0, most = c->a->customers ? fmin(gap, 0.01 * bound / (double)c->a->customers) : 0;
    for (int round = 0; round < FILLS && status == MR_OK && gap > 1e-9 * bound; round++) {
        bool all;
        status = note_switches(c, above, most, &all, err);
        if (status == MR_OK) status = sort_doubles(c->n, c->key, c->order, false);
        for (size_t k = 0; k < c->n && status == MR_OK; k++) take(c, c->who[c->order[k]], c->to[c->order[k]]);
        add_up(c);
        value = value_of(c);
        gap = bound - value;
        if (most >= gap || !all || gap < 1e-6 * bound) break;
        above = most; /* what did not fit will not fit now: there is only less room; what has changed is seen at the next loss */
        most = fmin(4 * most, gap);
    }
    return status;
}

/* --- all of it --- */

static mr_status choose(choosing *c, uint32_t *chosen, allocation *out, mr_error *err) {
    const allocate *a = c->a;
    mr_status status = allocate_bound(a, c->price, &out->bound, err);
    if (status == MR_OK) status = pool_run(context_pool(a->context), a->blocks, best_block, c, err);
    if (status == MR_OK) add_up(c), status = repair(c, err);
    if (status == MR_OK) status = fill(c, out->bound, err);
    if (status != MR_OK) return status;
    out->value = value_of(c);
    status = allocate_finish(a, c->price, c->pick, &out->value, &out->exact, err);
    if (out->exact) out->bound = out->value;
    out->usable = a->actions;
    out->chosen = 0;
    for (size_t i = 0; i < a->customers; i++) {
        chosen[i] = c->pick[i] == a->actions ? ALLOCATE_NONE : a->which[c->pick[i]];
        out->chosen += c->pick[i] != a->actions;
    }
    return status;
}

mr_status allocate_choose(allocate *a, const double *price, uint32_t *chosen, allocation *out, mr_error *err) {
    const mr_alloc *alloc = context_alloc(a->context);
    double *shares = mem_new(alloc, 2 * (a->resources + 1), sizeof *shares);
    choosing c = {.a = a, .price = shares, .used = shares ? shares + a->resources + 1 : NULL};
    c.pick = mem_take(alloc, a->customers + 1, sizeof *c.pick);
    c.top = mem_take(alloc, a->customers + 1, sizeof *c.top);
    mr_status status = shares && c.pick && c.top ? MR_OK : error_memory(err, a->customers * 16);
    for (size_t r = 0; r < a->resources && status == MR_OK; r++) shares[r] = a->scarce[r] && isfinite(price[r]) && price[r] > 0 ? price[r] * a->budget[r] : 0;
    if (status == MR_OK) status = choose(&c, chosen, out, err);
    mem_free(alloc, shares);
    mem_free(alloc, c.pick);
    mem_free(alloc, c.top);
    mem_free(alloc, c.who);
    mem_free(alloc, c.to);
    mem_free(alloc, c.key);
    mem_free(alloc, c.order);
    return status;
}
