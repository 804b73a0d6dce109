#include "explore.h"

#include <error.h>
#include <math.h>
#include <mem.h>
#include <sort.h>

typedef struct exploring {
    const allocate_problem *p;
    const explore_options *o;
    const double *price;
    double *room;     /* [resources] that draws may still use */
    uint32_t *option; /* [most] a customer's candidates, the best first */
    double *net;      /* [most] */
    size_t most;      /* candidates beside nothing */
} exploring;

/* What could never be done, whoever is drawn, is no candidate. */
static bool possible(const exploring *x, size_t a) {
    for (size_t u = x->p->use_first[a]; u < x->p->use_first[a + 1]; u++)
        if (x->p->use[u].amount > x->p->budget[x->p->use[u].resource]) return false;
    return true;
}

static double net_of(const exploring *x, size_t a) {
    double net = x->p->gain[a];
    for (size_t u = x->p->use_first[a]; u < x->p->use_first[a + 1]; u++)
        if (x->p->use[u].amount > 0) net -= x->price[x->p->use[u].resource] * x->p->use[u].amount;
    return net;
}

static size_t candidates(exploring *x, size_t customer) {
    size_t n = 0;
    for (size_t a = x->p->first[customer]; a < x->p->first[customer + 1]; a++) {
        if (!possible(x, a)) continue;
        double net = net_of(x, a);
        size_t at = n < x->most ? n++ : x->most;
        for (; at > 0 && x->net[at - 1] < net; at--)
            if (at < x->most) x->option[at] = x->option[at - 1], x->net[at] = x->net[at - 1];
        if (at < x->most) x->option[at] = (uint32_t)(a - x->p->first[customer]), x->net[at] = net;
    }
    return n;
}

static bool there_is_room(const exploring *x, size_t customer, size_t n) {
    for (size_t k = 0; k < n; k++) {
        size_t a = x->p->first[customer] + x->option[k];
        for (size_t u = x->p->use_first[a]; u < x->p->use_first[a + 1]; u++)
            if (x->p->use[u].amount > x->room[x->p->use[u].resource]) return false;
    }
    return true;
}

/* Options are laid out on [0,1): nothing, then the candidates. */
static uint32_t drawn(const exploring *x, size_t n, double at, double *probability) {
    double most = 1 - (double)n * x->o->least, to = 0;
    bool nothing_best = !n || x->net[0] <= 0;
    *probability = nothing_best ? most : x->o->least;
    to += *probability;
    if (at < to) return ALLOCATE_NONE;
    for (size_t k = 0; k < n; k++) {
        *probability = k == 0 && !nothing_best ? most : x->o->least;
        to += *probability;
        if (at < to || k + 1 == n) return x->option[k];
    }
    return ALLOCATE_NONE;
}

static void charge(exploring *x, size_t customer, uint32_t which, double *budget) {
    if (which == ALLOCATE_NONE) return;
    size_t a = x->p->first[customer] + which;
    for (size_t u = x->p->use_first[a]; u < x->p->use_first[a + 1]; u++) {
        uint32_t r = x->p->use[u].resource;
        x->room[r] -= x->p->use[u].amount;
        budget[r] = fmax(0, budget[r] - x->p->use[u].amount);
    }
}

static void draw_for(exploring *x, size_t i, double at, double *budget, bool *random, uint32_t *chosen, double *probability, explored *out) {
    size_t n = candidates(x, i);
    if (!n) return; /* there is nothing to learn from who has no candidates */
    if (!there_is_room(x, i, n)) {
        out->no_room++;
        return;
    }
    random[i] = true;
    chosen[i] = drawn(x, n, at, &probability[i]);
    charge(x, i, chosen[i], budget);
    out->drawn++;
}

mr_status explore_draw(const allocate_problem *p, const explore_options *o, const double *price, const double *in, const double *draw, const mr_context *context, double *budget, bool *random,
                       uint32_t *chosen, double *probability, explored *out, mr_error *err) {
    const mr_alloc *alloc = context_alloc(context);
    *out = (explored){0};
    if (!(o->share >= 0 && o->share <= 1)) return error_set(err, MR_EINVAL, "share", -1, "the share that is drawn for must be from 0 to 1");
    if (!(o->least >= .02 && o->least <= .5)) return error_set(err, MR_EINVAL, "least", -1, "the least chance must be from 0.02 to 0.5");
    if (!(o->of_budget >= 0 && o->of_budget <= 1)) return error_set(err, MR_EINVAL, "of_budget", -1, "the share of budgets must be from 0 to 1");
    exploring x = {.p = p, .o = o, .price = price, .most = (size_t)floor(1 / o->least + 1e-9) - 1};
    uint32_t *order = mem_take(alloc, p->customers + 1, sizeof *order);
    x.room = mem_take(alloc, p->resources + 1, sizeof *x.room);
    x.option = mem_take(alloc, x.most + 1, sizeof *x.option);
    x.net = mem_take(alloc, x.most + 1, sizeof *x.net);
    mr_status status = order && x.room && x.option && x.net ? MR_OK : error_memory(err, p->customers * sizeof *order);
    if (status == MR_OK) status = sort_doubles(p->customers, in, order, false);
    for (size_t r = 0; r < p->resources && status == MR_OK; r++) x.room[r] = fmin(budget[r], isinf(p->budget[r]) ? INFINITY : p->budget[r] * o->of_budget);
    for (size_t i = 0; i < p->customers && status == MR_OK; i++) random[i] = false;
    for (size_t k = 0; k < p->customers && status == MR_OK && in[order[k]] < o->share; k++) draw_for(&x, order[k], draw[order[k]], budget, random, chosen, probability, out);
    mem_free(alloc, order);
    mem_free(alloc, x.room);
    mem_free(alloc, x.option);
    mem_free(alloc, x.net);
    return status;
}
