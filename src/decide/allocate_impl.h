/* What the files of allocate share. */
#ifndef DECIDE_ALLOCATE_IMPL_H
#define DECIDE_ALLOCATE_IMPL_H

#include "allocate.h"

#include <error.h>
#include <mem.h>
#include <pool.h>

/* Of what may be chosen alone. Uses are shares of the budget, so that a price is what all of a resource is worth; resources of which there is enough for everybody are left out. */
struct allocate {
    const mr_context *context;
    size_t customers, resources, actions;
    const double *budget;  /* [resources], a copy */
    size_t *first;         /* [customers + 1] */
    double *gain;          /* [actions] */
    uint32_t *which;       /* [actions] its number with the customer */
    size_t *use_first;     /* [actions + 1] */
    uint32_t *resource;
    double *share;
    size_t blocks;
    bool *scarce;          /* [resources] */
};

static inline size_t allocate_block_first(const allocate *a, size_t block) {
    return a->customers / a->blocks * block + (block < a->customers % a->blocks ? block : a->customers % a->blocks);
}

static inline double allocate_net(const allocate *a, size_t action, const double *price) {
    double net = a->gain[action];
    for (size_t u = a->use_first[action]; u < a->use_first[action + 1]; u++) net -= price[a->resource[u]] * a->share[u];
    return net;
}

/* The customer's best action at those prices, of equal ones the first; a->actions: none is above 0. *net its worth, >= 0. */
static inline size_t allocate_best(const allocate *a, size_t customer, const double *price, double *net) {
    size_t best = a->actions;
    *net = 0;
    for (size_t j = a->first[customer]; j < a->first[customer + 1]; j++) {
        double v = allocate_net(a, j, price);
        if (v > *net) best = j, *net = v;
    }
    return best;
}

/* The bound at prices of shares. */
mr_status allocate_bound(const allocate *a, const double *price, double *bound, mr_error *err);
/* Small problems to the end: pick[customers] is bettered where it can be. *exact: nothing is better. */
mr_status allocate_finish(const allocate *a, const double *price, size_t *pick, double *value, bool *exact, mr_error *err);

#endif
