/* Prices: the bound, smoothed, is minimised by damped Newton steps with prices held at 0 or above, and less smoothed each time.
 *
 * max(0, v1, v2 ...) is replaced by mu log(1 + sum of exp(v / mu)), which is at most mu log(1 + n) more (Nesterov 2005, "Smooth minimization of non-smooth functions"); its derivatives
 * are means and covariances of use under the softmax. Over many customers the bound itself is nearly smooth, so that little smoothing is left to undo. A large base is begun
 * on every so-manyth customer. */
#include "allocate_impl.h"

#include <math.h>
#include <positive.h>
#include <string.h>

enum { SAMPLE = 16384, STEPS = 12, MOST_PASSES = 120 };
#define FIRST_SMOOTHING 0.3 /* of the mean of customers' best gains */
#define LAST_SMOOTHING 1e-4
#define LAST_WHOLE 1e-2     /* of a base so large that a sample was taken: this near, it is smooth by itself */
#define ENOUGH 1e-5         /* of the bound: what a step has to gain to be worth another */

typedef struct pricing {
    allocate *a;
    size_t stride;        /* every so-manyth customer */
    double weight;        /* that each stands for */
    double mu;
    const double *price;
    double *sums;         /* [blocks][1 + resources + resources^2 or 0]: value, use, covariance */
    size_t width;
    bool curved;          /* covariances are wanted */
    double *scratch;      /* [threads][2 resources + actions of the largest] */
    uint32_t *touched;    /* [threads][resources] */
    size_t scratch_width, most;
    int passes;
} pricing;

/* --- one pass --- */

static void add_covariance(const pricing *g, double *h, const double *mean, const uint32_t *touched, size_t touched_n) {
    size_t n = g->a->resources;
    double scale = g->weight / g->mu;
    for (size_t x = 0; x < touched_n; x++)
        for (size_t y = 0; y < touched_n; y++) h[touched[x] * n + touched[y]] -= scale * mean[touched[x]] * mean[touched[y]];
}

static void add_customer(const pricing *g, size_t customer, double *sum, double *scratch, uint32_t *touched) {
    const allocate *a = g->a;
    size_t n = a->resources, from = a->first[customer], to = a->first[customer + 1], touched_n = 0;
    double *mean = scratch, *p = scratch + n, top = 0, all = 0, *use = sum + 1, *h = use + n;
    for (size_t j = from; j < to; j++) {
        p[j - from] = allocate_net(a, j, g->price);
        if (p[j - from] > top) top = p[j - from];
    }
    double nothing = exp(-top / g->mu);
    all = nothing;
    for (size_t j = from; j < to; j++) all += p[j - from] = exp((p[j - from] - top) / g->mu);
    sum[0] += g->weight * (top + g->mu * log(all));
    for (size_t j = from; j < to; j++) {
        double share = p[j - from] / all;
        if (share < 1e-14) continue;
        for (size_t u = a->use_first[j]; u < a->use_first[j + 1]; u++) {
            uint32_t r = a->resource[u];
            if (mean[r] == 0) touched[touched_n++] = r;
            mean[r] += share * a->share[u];
            if (!g->curved) continue;
            for (size_t v = a->use_first[j]; v < a->use_first[j + 1]; v++) h[r * n + a->resource[v]] += g->weight / g->mu * share * a->share[u] * a->share[v];
        }
    }
    if (g->curved) add_covariance(g, h, mean, touched, touched_n);
    for (size_t t = 0; t < touched_n; t++) {
        use[touched[t]] += g->weight * mean[touched[t]];
        mean[touched[t]] = 0;
    }
}

static mr_status block(void *ctx, size_t block, int worker, mr_error *err) {
    pricing *g = ctx;
    (void)err;
    double *sum = g->sums + block * g->width;
    memset(sum, 0, (g->curved ? g->width : 1 + g->a->resources) * sizeof *sum);
    size_t end = allocate_block_first(g->a, block + 1), from = allocate_block_first(g->a, block);
    for (size_t i = (from + g->stride - 1) / g->stride * g->stride; i < end; i += g->stride)
        add_customer(g, i, sum, g->scratch + (size_t)worker * g->scratch_width, g->touched + (size_t)worker * g->a->resources);
    return MR_OK;
}

/* The smoothed bound, its gradient[resources] and where wanted its hessian[resources^2]. */
static mr_status smoothed(pricing *g, const double *price, bool curved, double *value, double *gradient, double *hessian, mr_error *err) {
    size_t n = g->a->resources;
    const mr_context *c = g->a->context;
    g->price = price;
    g->curved = curved;
    if (g->stride == 1) {
        g->passes++;
        if (c && c->progress && c->progress((uint64_t)g->passes, MOST_PASSES, c->progress_ctx)) return error_set(err, MR_ECANCELLED, NULL, -1, "stopped");
    }
    mr_status status = pool_run(context_pool(c), g->a->blocks, block, g, err);
    if (status != MR_OK) return status;
    *value = 0;
    for (size_t r = 0; r < n; r++) gradient[r] = g->a->scarce[r];
    for (size_t r = 0; r < n; r++) *value += price[r];
    if (curved) memset(hessian, 0, n * n * sizeof *hessian);
    for (size_t b = 0; b < g->a->blocks; b++) {
        const double *sum = g->sums + b * g->width;
        *value += sum[0];
        for (size_t r = 0; r < n; r++) gradient[r] -= sum[1 + r];
        for (size_t k = 0; curved && k < n * n; k++) hessian[k] += sum[1 + n + k];
    }
    return MR_OK;
}

/* --- Newton --- */

typedef struct newton {
    double *price, *try, *gradient, *try_gradient, *hessian, *factor, *step;
    uint32_t *free;
    double damping;
} newton;

/* The damped step over the prices that are free to move; false: there is none. */
static bool find_step(const pricing *g, newton *w) {
    size_t n = g->a->resources, m = 0;
    double trace = 0;
    for (uint32_t r = 0; r < n; r++)
        if (g->a->scarce[r] && (w->price[r] > 0 || w->gradient[r] < 0)) w->free[m++] = r;
    if (!m) return false;
    for (size_t x = 0; x < m; x++) trace += w->hessian[w->free[x] * n + w->free[x]];
    double least = trace > 0 ? trace / (double)m : 1;
    for (size_t x = 0; x < m; x++) {
        for (size_t y = 0; y < m; y++) w->factor[x * m + y] = w->hessian[w->free[x] * n + w->free[y]];
        w->factor[x * m + x] += w->damping * (w->factor[x * m + x] + 1e-3 * least) + 1e-9 * least;
        w->step[x] = -w->gradient[w->free[x]];
    }
    if (!positive_solve(m, w->factor, w->step)) return false;
    memcpy(w->try, w->price, n * sizeof *w->try);
    for (size_t x = 0; x < m; x++) w->try[w->free[x]] = fmax(0, w->price[w->free[x]] + w->step[x]);
    return true;
}

static mr_status descend(pricing *g, newton *w, mr_error *err) {
    size_t n = g->a->resources;
    double value, next = 0;
    w->damping = 1e-3;
    mr_status status = smoothed(g, w->price, true, &value, w->gradient, w->hessian, err);
    for (int step = 0; step < STEPS && status == MR_OK && g->passes < MOST_PASSES; step++) {
        if (!find_step(g, w)) {
            if (w->damping > 1e6) break;
            w->damping *= 100;
            continue;
        }
        double foreseen = 0;
        for (size_t r = 0; r < n; r++) foreseen -= w->gradient[r] * (w->try[r] - w->price[r]);
        if (foreseen <= ENOUGH * 1e-2 * fabs(value)) break;
        status = smoothed(g, w->try, false, &next, w->try_gradient, NULL, err);
        if (status != MR_OK) break;
        if (!(next <= value - 1e-4 * foreseen)) {
            w->damping = w->damping * 8 + 1e-3;
            continue;
        }
        bool enough = value - next < ENOUGH * fabs(value);
        memcpy(w->price, w->try, n * sizeof *w->price);
        w->damping *= .1;
        if (enough) break;
        status = smoothed(g, w->price, true, &value, w->gradient, w->hessian, err);
    }
    return status;
}

/* --- the true bound --- */

typedef struct bounding {
    const allocate *a;
    const double *price;
    double *sum; /* [blocks] */
} bounding;

static mr_status bound_block(void *ctx, size_t block, int worker, mr_error *err) {
    const bounding *b = ctx;
    double sum = 0, net;
    (void)worker, (void)err;
    for (size_t i = allocate_block_first(b->a, block), end = allocate_block_first(b->a, block + 1); i < end; i++) {
        allocate_best(b->a, i, b->price, &net);
        sum += net;
    }
    b->sum[block] = sum;
    return MR_OK;
}

mr_status allocate_bound(const allocate *a, const double *price, double *bound, mr_error *err) {
    double sums[1024];
    bounding b = {a, price, sums};
    mr_status status = pool_run(context_pool(a->context), a->blocks, bound_block, &b, err);
    *bound = 0;
    for (size_t r = 0; r < a->resources; r++) *bound += price[r];
    for (size_t k = 0; k < a->blocks; k++) *bound += sums[k];
    return status;
}

/* --- all of it --- */

/* The mean of the customers' best gains, of those who have any. */
static double usual_gain(const allocate *a) {
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < a->customers; i++) {
        double best = 0;
        for (size_t j = a->first[i]; j < a->first[i + 1]; j++) best = fmax(best, a->gain[j]);
        sum += best;
        n += best > 0;
    }
    return n ? sum / (double)n : 0;
}

static size_t most_actions(const allocate *a) {
    size_t most = 0;
    for (size_t i = 0; i < a->customers; i++)
        if (a->first[i + 1] - a->first[i] > most) most = a->first[i + 1] - a->first[i];
    return most;
}

/* Of all prices come by at the end of a smoothing those of the smallest true bound are kept. */
static mr_status keep_best(pricing *g, const newton *w, double *best, double *bound, mr_error *err) {
    double b;
    mr_status status = allocate_bound(g->a, w->price, &b, err);
    g->passes++;
    if (status == MR_OK && b < *bound) {
        *bound = b;
        memcpy(best, w->price, g->a->resources * sizeof *best);
    }
    return status;
}

static mr_status search(pricing *g, newton *w, double *best, double *bound, mr_error *err) {
    allocate *a = g->a;
    double usual = usual_gain(a);
    bool large = a->customers > 2 * SAMPLE;
    mr_status status = keep_best(g, w, best, bound, err);
    for (double smoothing = FIRST_SMOOTHING; smoothing >= LAST_SMOOTHING && status == MR_OK && usual > 0 && g->passes < MOST_PASSES; smoothing *= .3) {
        bool whole = !large || smoothing * .3 < LAST_WHOLE;
        double before = *bound;
        g->stride = whole ? 1 : a->customers / SAMPLE;
        g->weight = (double)g->stride; /* near enough: the whole base corrects it */
        g->mu = smoothing * usual;
        status = descend(g, w, err);
        if (status != MR_OK || !whole) continue;
        status = keep_best(g, w, best, bound, err);
        if (large && before - *bound < ENOUGH * *bound) break;
    }
    return status;
}

mr_status allocate_prices(allocate *a, double *price, allocation *out, mr_error *err) {
    const mr_alloc *alloc = context_alloc(a->context);
    size_t n = a->resources, threads = (size_t)pool_size(context_pool(a->context));
    pricing g = {.a = a, .stride = 1, .weight = 1, .most = most_actions(a)};
    newton w = {0};
    double bound = INFINITY;
    mr_status status = MR_OK;
    g.width = 1 + n + n * n;
    g.scratch_width = n + g.most + 8;
    g.sums = mem_take(alloc, a->blocks * g.width, sizeof *g.sums);
    g.scratch = mem_new(alloc, threads * g.scratch_width, sizeof *g.scratch);
    g.touched = mem_take(alloc, threads * (n + 1), sizeof *g.touched);
    double *all = mem_new(alloc, 5 * (n + 1) + 2 * n * n, sizeof *all);
    w.free = mem_take(alloc, n + 1, sizeof *w.free);
    if (!g.sums || !g.scratch || !g.touched || !all || !w.free) status = error_memory(err, (a->blocks + 2) * g.width * sizeof *g.sums);
    if (status == MR_OK) {
        w.price = all, w.try = w.price + n + 1, w.gradient = w.try + n + 1, w.try_gradient = w.gradient + n + 1, w.step = w.try_gradient + n + 1;
        w.hessian = w.step + n + 1, w.factor = w.hessian + n * n;
        for (size_t r = 0; r < n; r++) w.price[r] = a->scarce[r] && a->budget[r] > 0 && isfinite(price[r]) && price[r] > 0 ? price[r] * a->budget[r] : 0;
        status = search(&g, &w, price, &bound, err);
    }
    for (size_t r = 0; r < n && status == MR_OK; r++) price[r] = a->scarce[r] && a->budget[r] > 0 ? price[r] / a->budget[r] : 0;
    *out = (allocation){.bound = bound, .usable = a->actions, .passes = g.passes};
    mem_free(alloc, g.sums);
    mem_free(alloc, g.scratch);
    mem_free(alloc, g.touched);
    mem_free(alloc, all);
    mem_free(alloc, w.free);
    return status;
}
