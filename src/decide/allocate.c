#include "allocate_impl.h"

#include <math.h>
#include <string.h>

enum { BLOCKS = 64, CUSTOMERS_A_BLOCK = 512 };

/* --- what comes in --- */

static mr_status check_action(const allocate_problem *p, size_t a, size_t customer, mr_error *err) {
    if (!isfinite(p->gain[a])) return error_set(err, MR_EDATA, "gain", (int64_t)a, "the gain of action %zu (of customer %zu) is not a finite number", a, customer);
    if (p->use_first[a + 1] < p->use_first[a]) return error_set(err, MR_EDATA, "use", (int64_t)a, "the uses of action %zu end before they begin", a);
    for (size_t u = p->use_first[a]; u < p->use_first[a + 1]; u++) {
        if (p->use[u].resource >= p->resources) return error_set(err, MR_EDATA, "use", (int64_t)a, "action %zu uses resource %u, and there are %zu", a, p->use[u].resource, p->resources);
        if (!isfinite(p->use[u].amount) || p->use[u].amount < 0) return error_set(err, MR_EDATA, "use", (int64_t)a, "action %zu uses an amount of resource %u that is negative or not a number", a, p->use[u].resource);
        for (size_t before = p->use_first[a]; before < u; before++)
            if (p->use[before].resource == p->use[u].resource) return error_set(err, MR_EDATA, "use", (int64_t)a, "action %zu names resource %u twice", a, p->use[u].resource);
    }
    return MR_OK;
}

static mr_status check(const allocate_problem *p, mr_error *err) {
    mr_status status = MR_OK;
    if (p->resources > ALLOCATE_RESOURCES) return error_set(err, MR_EINVAL, "resources", -1, "%zu resources, and %d at most", p->resources, ALLOCATE_RESOURCES);
    for (size_t r = 0; r < p->resources; r++)
        if (isnan(p->budget[r]) || p->budget[r] < 0) return error_set(err, MR_EDATA, "budget", (int64_t)r, "the budget of resource %zu is negative or not a number", r);
    for (size_t i = 0; i < p->customers && status == MR_OK; i++) {
        if (p->first[i + 1] < p->first[i] || p->first[i + 1] - p->first[i] > ALLOCATE_ACTIONS_EACH)
            return error_set(err, MR_EDATA, "first", (int64_t)i, "customer %zu has less than no actions, or more than %d", i, ALLOCATE_ACTIONS_EACH);
        for (size_t a = p->first[i]; a < p->first[i + 1] && status == MR_OK; a++) status = check_action(p, a, i, err);
    }
    return status;
}

static bool usable(const allocate_problem *p, size_t a) {
    if (!(p->gain[a] > 0)) return false;
    for (size_t u = p->use_first[a]; u < p->use_first[a + 1]; u++)
        if (p->use[u].amount > p->budget[p->use[u].resource]) return false;
    return true;
}

/* Which resources could run out at all: those of which all that may be chosen, each customer's largest use, is more than there is. */
static mr_status find_scarce(const allocate_problem *p, allocate *a, mr_error *err) {
    double *all = mem_new(context_alloc(a->context), p->resources + 1, sizeof *all), *largest = mem_new(context_alloc(a->context), p->resources + 1, sizeof *largest);
    if (!all || !largest) {
        mem_free(context_alloc(a->context), all);
        mem_free(context_alloc(a->context), largest);
        return error_memory(err, p->resources * sizeof *all);
    }
    for (size_t i = 0; i < p->customers; i++) {
        for (size_t j = p->first[i]; j < p->first[i + 1]; j++) {
            if (!usable(p, j)) continue;
            for (size_t u = p->use_first[j]; u < p->use_first[j + 1]; u++)
                if (p->use[u].amount > largest[p->use[u].resource]) largest[p->use[u].resource] = p->use[u].amount;
        }
        for (size_t j = p->first[i]; j < p->first[i + 1]; j++)
            for (size_t u = p->use_first[j]; u < p->use_first[j + 1]; u++) {
                uint32_t r = p->use[u].resource;
                all[r] += largest[r];
                largest[r] = 0;
            }
    }
    for (size_t r = 0; r < p->resources; r++) a->scarce[r] = all[r] > p->budget[r];
    mem_free(context_alloc(a->context), all);
    mem_free(context_alloc(a->context), largest);
    return MR_OK;
}

static void pack(const allocate_problem *p, allocate *a) {
    size_t n = 0, uses = 0;
    for (size_t i = 0; i < p->customers; i++) {
        a->first[i] = n;
        for (size_t j = p->first[i]; j < p->first[i + 1]; j++) {
            if (!usable(p, j)) continue;
            a->gain[n] = p->gain[j];
            a->which[n] = (uint32_t)(j - p->first[i]);
            a->use_first[n++] = uses;
            for (size_t u = p->use_first[j]; u < p->use_first[j + 1]; u++) {
                uint32_t r = p->use[u].resource;
                if (!a->scarce[r] || p->use[u].amount <= 0) continue;
                a->resource[uses] = r;
                a->share[uses++] = p->use[u].amount / p->budget[r];
            }
        }
    }
    a->first[p->customers] = n;
    a->use_first[n] = uses;
}

mr_status allocate_new(const allocate_problem *p, const mr_context *context, allocate **out, mr_error *err) {
    const mr_alloc *alloc = context_alloc(context);
    size_t actions = 0, uses = 0;
    *out = NULL;
    mr_status status = check(p, err);
    if (status != MR_OK) return status;
    for (size_t j = p->customers ? p->first[0] : 0; p->customers && j < p->first[p->customers]; j++)
        if (usable(p, j)) actions++, uses += p->use_first[j + 1] - p->use_first[j];
    allocate *a = mem_new(alloc, 1, sizeof *a);
    if (!a) return error_memory(err, sizeof *a);
    *a = (allocate){.context = context, .customers = p->customers, .resources = p->resources, .actions = actions};
    a->blocks = p->customers < (size_t)BLOCKS * CUSTOMERS_A_BLOCK ? p->customers / CUSTOMERS_A_BLOCK + 1 : BLOCKS;
    a->first = mem_take(alloc, p->customers + 1, sizeof *a->first);
    a->gain = mem_take(alloc, actions + 1, sizeof *a->gain);
    a->which = mem_take(alloc, actions + 1, sizeof *a->which);
    a->use_first = mem_take(alloc, actions + 1, sizeof *a->use_first);
    a->resource = mem_take(alloc, uses + 1, sizeof *a->resource);
    a->share = mem_take(alloc, uses + 1, sizeof *a->share);
    a->scarce = mem_new(alloc, p->resources + 1, sizeof *a->scarce);
    double *budget = mem_take(alloc, p->resources + 1, sizeof *budget);
    a->budget = budget;
    if (!a->first || !a->gain || !a->which || !a->use_first || !a->resource || !a->share || !a->scarce || !budget) {
        allocate_free(a);
        return error_memory(err, actions * 28 + uses * 12);
    }
    if (p->resources) memcpy(budget, p->budget, p->resources * sizeof *budget);
    status = find_scarce(p, a, err);
    if (status != MR_OK) {
        allocate_free(a);
        return status;
    }
    pack(p, a);
    *out = a;
    return MR_OK;
}

void allocate_free(allocate *a) {
    if (!a) return;
    const mr_alloc *alloc = context_alloc(a->context);
    mem_free(alloc, a->first);
    mem_free(alloc, a->gain);
    mem_free(alloc, a->which);
    mem_free(alloc, a->use_first);
    mem_free(alloc, a->resource);
    mem_free(alloc, a->share);
    mem_free(alloc, a->scarce);
    mem_free(alloc, (double *)a->budget);
    mem_free(alloc, a);
}

void allocate_used(const allocate_problem *p, const uint32_t *chosen, double *used) {
    for (size_t r = 0; r < p->resources; r++) used[r] = 0;
    for (size_t i = 0; i < p->customers; i++) {
        if (chosen[i] == ALLOCATE_NONE) continue;
        size_t a = p->first[i] + chosen[i];
        for (size_t u = p->use_first[a]; u < p->use_first[a + 1]; u++) used[p->use[u].resource] += p->use[u].amount;
    }
}

mr_status allocate_all(const allocate_problem *p, const mr_context *context, double *price, uint32_t *chosen, double *used, allocation *out, mr_error *err) {
    allocate *a;
    double *own = NULL;
    mr_status status = allocate_new(p, context, &a, err);
    if (status != MR_OK) return status;
    if (!price) {
        price = own = mem_new(context_alloc(context), p->resources + 1, sizeof *own);
        if (!own) status = error_memory(err, p->resources * sizeof *own);
    }
    if (status == MR_OK) status = allocate_prices(a, price, out, err);
    if (status == MR_OK) status = allocate_choose(a, price, chosen, out, err);
    if (status == MR_OK && used) allocate_used(p, chosen, used);
    mem_free(context_alloc(context), own);
    allocate_free(a);
    return status;
}
