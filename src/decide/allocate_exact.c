/* Small problems to the end: depth first, customer after customer, a customer's actions by their net worth; what is left to do cannot bring more than the bound at the same prices says
 * (branch and bound; Fisher 1981). */
#include "allocate_impl.h"

#include <math.h>
#include <string.h>

enum { CUSTOMERS = 256, ACTIONS = 4096, NODES = 2000000 };

typedef struct finishing {
    const allocate *a;
    const double *price;
    double *left;      /* [resources] shares */
    double *rest;      /* [customers + 1] the most that customers from this one on can be worth, net */
    size_t *order;     /* [actions] by net worth within the customer */
    double *net;       /* [actions] */
    size_t *now, *best;
    double best_value;
    uint64_t nodes;
} finishing;

/* A budget may be used to the last: sums of shares may be this much off. */
#define SLACK 1e-12

static bool put(finishing *f, size_t action) {
    const allocate *a = f->a;
    bool ok = true;
    for (size_t u = a->use_first[action]; u < a->use_first[action + 1]; u++) ok = ok && a->share[u] <= f->left[a->resource[u]] + SLACK;
    for (size_t u = a->use_first[action]; ok && u < a->use_first[action + 1]; u++) f->left[a->resource[u]] -= a->share[u];
    return ok;
}

static void put_back(finishing *f, size_t action) {
    for (size_t u = f->a->use_first[action]; u < f->a->use_first[action + 1]; u++) f->left[f->a->resource[u]] += f->a->share[u];
}

/* What is left of the budgets, at the prices: the least any further choice is charged for what it uses is what it pays here. */
static double room(const finishing *f) {
    double sum = 0;
    for (size_t r = 0; r < f->a->resources; r++) sum += f->price[r] * f->left[r];
    return sum;
}

static void down(finishing *f, size_t i, double value) {
    const allocate *a = f->a;
    if (f->nodes++ >= NODES) return;
    if (value > f->best_value + 1e-12 * fabs(f->best_value)) {
        f->best_value = value;
        memcpy(f->best, f->now, a->customers * sizeof *f->best);
    }
    if (i == a->customers) return;
    double spare = value + room(f);
    if (spare + f->rest[i] <= f->best_value * (1 + 1e-12)) return;
    bool skipped = false;
    for (size_t k = a->first[i]; k < a->first[i + 1]; k++) {
        size_t j = f->order[k];
        if (f->net[j] < 0 && !skipped) { /* nothing comes between those above and those below */
            down(f, i + 1, value);
            skipped = true;
        }
        if (spare + f->net[j] + f->rest[i + 1] <= f->best_value * (1 + 1e-12)) break;
        if (!put(f, j)) continue;
        f->now[i] = j;
        down(f, i + 1, value + a->gain[j]);
        f->now[i] = a->actions;
        put_back(f, j);
    }
    if (!skipped) down(f, i + 1, value);
}

static void prepare(finishing *f) {
    const allocate *a = f->a;
    f->rest[a->customers] = 0;
    for (size_t i = a->customers; i-- > 0;) {
        for (size_t j = a->first[i]; j < a->first[i + 1]; j++) {
            size_t k = j;
            f->net[j] = allocate_net(a, j, f->price);
            for (; k > a->first[i] && f->net[f->order[k - 1]] < f->net[j]; k--) f->order[k] = f->order[k - 1];
            f->order[k] = j;
        }
        double most = a->first[i] < a->first[i + 1] ? f->net[f->order[a->first[i]]] : 0;
        f->rest[i] = f->rest[i + 1] + fmax(0, most);
    }
    for (size_t r = 0; r < a->resources; r++) f->left[r] = 1;
    for (size_t i = 0; i < a->customers; i++) f->now[i] = a->actions;
}

mr_status allocate_finish(const allocate *a, const double *price, size_t *pick, double *value, bool *exact, mr_error *err) {
    const mr_alloc *alloc = context_alloc(a->context);
    double bound;
    mr_status status = allocate_bound(a, price, &bound, err);
    *exact = status == MR_OK && bound - *value <= 1e-12 * fabs(bound);
    if (status != MR_OK || *exact || a->customers > CUSTOMERS || a->actions > ACTIONS) return status;
    finishing f = {.a = a, .price = price, .best_value = *value, .best = pick};
    f.left = mem_take(alloc, a->resources + 1, sizeof *f.left);
    f.rest = mem_take(alloc, a->customers + 1, sizeof *f.rest);
    f.net = mem_take(alloc, a->actions + 1, sizeof *f.net);
    f.order = mem_take(alloc, a->actions + 1, sizeof *f.order);
    f.now = mem_take(alloc, a->customers + 1, sizeof *f.now);
    if (f.left && f.rest && f.net && f.order && f.now) {
        prepare(&f);
        down(&f, 0, 0);
        *value = f.best_value;
        *exact = f.nodes < NODES;
    } else {
        status = error_memory(err, a->actions * 16);
    }
    mem_free(alloc, f.left);
    mem_free(alloc, f.rest);
    mem_free(alloc, f.net);
    mem_free(alloc, f.order);
    mem_free(alloc, f.now);
    return status;
}
