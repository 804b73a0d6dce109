/* Which action for which customer, where money, hours and room are short (docs/methods/allocation.md).
 *
 * Each customer gets one of their candidate actions or none; each action has an expected gain and uses up resources, of which there is a budget:
 *
 *     maximise   sum of gain over what is chosen     subject to   sum of use of r over what is chosen <= budget of r,  for every resource r
 *
 * which is the multiple-choice (and multi-dimensional) knapsack problem (Sinha & Zoltners 1979; Kellerer, Pferschy & Pisinger 2004, "Knapsack Problems", ch. 11). With a price lambda >= 0 a unit
 * of each resource it falls apart into customers, and for any such prices (Lagrangian relaxation; Fisher 1981)
 *
 *     L(lambda) = sum over r of lambda(r) budget(r)  +  sum over customers of max(0, max over their actions of gain - sum over r of lambda(r) use(r))
 *
 * is at least what any choice can bring. The least of these bounds is looked for (allocate_prices), and a choice within the budgets that comes near it (allocate_choose); how near is
 * bound - value, proven. Small problems are finished by branch and bound. The result is the same for any number of threads. */
#ifndef DECIDE_ALLOCATE_H
#define DECIDE_ALLOCATE_H

#include <marram/base.h>

#define ALLOCATE_NONE UINT32_MAX

typedef struct allocate_use {
    uint32_t resource;
    double amount; /* >= 0, in the resource's unit */
} allocate_use;

/* Customer i's actions are first[i] .. first[i + 1] - 1; action a uses use[use_first[a]] .. use[use_first[a + 1] - 1], a resource once. Borrowed. */
typedef struct allocate_problem {
    size_t customers;
    const size_t *first;      /* [customers + 1] */
    const double *gain;       /* [actions] expected, all costs that are no resource taken off; what is not above 0 is never chosen */
    const size_t *use_first;  /* [actions + 1] */
    const allocate_use *use;
    size_t resources;         /* <= ALLOCATE_RESOURCES */
    const double *budget;     /* [resources] >= 0; INFINITY: there is enough */
} allocate_problem;

enum { ALLOCATE_RESOURCES = 512, ALLOCATE_ACTIONS_EACH = 100000 };

typedef struct allocation {
    double value;        /* what is chosen is expected to bring */
    double bound;        /* no choice brings more */
    bool exact;          /* nothing brings more than `value`: bound is it */
    uint64_t chosen;     /* customers with an action */
    uint64_t usable;     /* actions that might be chosen at all: with a gain, and no use above a budget */
    int passes;          /* over the whole base, for the prices */
} allocation;

typedef struct allocate allocate;

/* Takes a copy of what may be chosen. MR_EDATA with field ("gain", "use", "budget", "first") and row; MR_ENOMEM. */
mr_status allocate_new(const allocate_problem *p, const mr_context *context, allocate **out, mr_error *err);
void allocate_free(allocate *a);

/* Prices that make the bound small. price[resources]: where to begin (zeros will do, yesterday's are better), then what was found; in value a unit, 0 where there is enough. The progress
 * callback counts passes of at most so many. MR_ENOMEM, MR_ECANCELLED. */
mr_status allocate_prices(allocate *a, double *price, allocation *out, mr_error *err);

/* At those prices: chosen[customers], action numbers of the customer (0 is their first) or ALLOCATE_NONE. No budget is used by more than itself and 1e-12 of it. Fills all of out but passes. */
mr_status allocate_choose(allocate *a, const double *price, uint32_t *chosen, allocation *out, mr_error *err);
/* used[resources] by what is chosen. */
void allocate_used(const allocate_problem *p, const uint32_t *chosen, double *used);

/* All of it. price NULL: begin with zeros, and they are not wanted; used NULL: not wanted. */
mr_status allocate_all(const allocate_problem *p, const mr_context *context, double *price, uint32_t *chosen, double *used, allocation *out, mr_error *err);

#endif
