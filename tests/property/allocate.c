/* Allocation: small problems against brute force, larger ones against their bound, any number of threads the same bits, degenerate and bad input; draws at the chances they say. */
#include "customers.h"

#include <allocate.h>
#include <explore.h>

#include <math.h>
#include <string.h>

#define assert_ok(call, err) do { mr_status assert_status = (call); if (assert_status) fail_msg("%s: %s", #call, (err)->message); } while (0)

typedef struct made {
    allocate_problem p;
    size_t *first, *use_first;
    double *gain, *budget;
    allocate_use *use;
} made;

static void unmake(made *m) {
    free(m->first);
    free(m->use_first);
    free(m->gain);
    free(m->budget);
    free(m->use);
}

/* Up to so many actions each. whole: gains and uses are whole numbers, so that there are ties; scarcity: budgets as a share of what everybody's first action would use. */
static made make(rng *r, size_t n_customers, size_t most, size_t resources, double scarcity, bool whole) {
    made m = {0};
    size_t actions = 0, uses = 0;
    m.first = malloc((n_customers + 1) * sizeof *m.first);
    m.use_first = malloc((n_customers * most + 1) * sizeof *m.use_first);
    m.gain = malloc((n_customers * most + 1) * sizeof *m.gain);
    m.use = malloc((n_customers * most * 3 + 1) * sizeof *m.use);
    m.budget = calloc(resources + 1, sizeof *m.budget);
    for (size_t i = 0; i < n_customers; i++) {
        size_t n = (size_t)(rng_uniform(r) * (double)(most + 1));
        m.first[i] = actions;
        for (size_t j = 0; j < n; j++) {
            m.gain[actions] = whole ? floor(rng_uniform(r) * 8) - 1 : rng_uniform(r) * 10 - 1;
            m.use_first[actions++] = uses;
            for (size_t k = 0; k < resources && k < 3; k++) {
                size_t at = uses;
                uint32_t which = (uint32_t)(rng_uniform(r) * (double)resources);
                for (size_t u = m.use_first[actions - 1]; u < at; u++)
                    if (m.use[u].resource == which) which = UINT32_MAX;
                if (which == UINT32_MAX || rng_uniform(r) < .3) continue;
                m.use[uses++] = (allocate_use){which, whole ? floor(rng_uniform(r) * 4) : rng_uniform(r) * 3};
                if (!j) m.budget[which] += m.use[uses - 1].amount;
            }
        }
    }
    m.first[n_customers] = actions;
    m.use_first[actions] = uses;
    for (size_t k = 0; k < resources; k++) m.budget[k] = whole ? floor(m.budget[k] * scarcity) : m.budget[k] * scarcity;
    m.p = (allocate_problem){n_customers, m.first, m.gain, m.use_first, m.use, resources, m.budget};
    return m;
}

static double brute(const allocate_problem *p, size_t i, double *left) {
    if (i == p->customers) return 0;
    double best = brute(p, i + 1, left);
    for (size_t a = p->first[i]; a < p->first[i + 1]; a++) {
        bool ok = true;
        for (size_t u = p->use_first[a]; u < p->use_first[a + 1]; u++) ok = ok && p->use[u].amount <= left[p->use[u].resource] + 1e-9;
        if (!ok) continue;
        for (size_t u = p->use_first[a]; u < p->use_first[a + 1]; u++) left[p->use[u].resource] -= p->use[u].amount;
        best = fmax(best, p->gain[a] + brute(p, i + 1, left));
        for (size_t u = p->use_first[a]; u < p->use_first[a + 1]; u++) left[p->use[u].resource] += p->use[u].amount;
    }
    return best;
}

static double value_of(const allocate_problem *p, const uint32_t *chosen) {
    double value = 0;
    for (size_t i = 0; i < p->customers; i++)
        if (chosen[i] != ALLOCATE_NONE) value += p->gain[p->first[i] + chosen[i]];
    return value;
}

static void within(const allocate_problem *p, const uint32_t *chosen) {
    double used[ALLOCATE_RESOURCES];
    allocate_used(p, chosen, used);
    for (size_t r = 0; r < p->resources; r++)
        if (!(used[r] <= p->budget[r] * (1 + 1e-9))) fail_msg("resource %zu: %g of %g", r, used[r], p->budget[r]);
}

static void small_is_exact(void **state) {
    rng r;
    (void)state;
    rng_seed(&r, test_seed(), 1);
    for (int run = 0; run < (SANITIZED ? 400 : 6000); run++) {
        made m = make(&r, 1 + (size_t)(rng_uniform(&r) * 6), 1 + (size_t)(rng_uniform(&r) * 4), (size_t)(rng_uniform(&r) * 5), rng_uniform(&r) * 1.2, run % 2);
        uint32_t chosen[8];
        double left[8];
        mr_error err = {0};
        allocation out;
        memcpy(left, m.budget, m.p.resources * sizeof *left);
        double best = brute(&m.p, 0, left);
        assert_ok(allocate_all(&m.p, NULL, NULL, chosen, NULL, &out, &err), &err);
        if (!out.exact || fabs(out.value - best) > 1e-9 || fabs(value_of(&m.p, chosen) - out.value) > 1e-9 || out.bound < best - 1e-9)
            fail_msg("run %d: %g by brute force, %g here (bound %g, %s)", run, best, out.value, out.bound, out.exact ? "exact" : "not exact");
        within(&m.p, chosen);
        unmake(&m);
    }
}

static void near_the_bound(void **state) {
    rng r;
    (void)state;
    rng_seed(&r, test_seed(), 2);
    for (int run = 0; run < (SANITIZED ? 6 : 60); run++) {
        size_t n = 300 + (size_t)(rng_uniform(&r) * 5000), resources = 1 + (size_t)(rng_uniform(&r) * 12);
        made m = make(&r, n, 8, resources, .05 + rng_uniform(&r) * .9, run % 3 == 0);
        uint32_t *chosen = malloc(n * sizeof *chosen);
        mr_error err = {0};
        allocation out;
        assert_ok(allocate_all(&m.p, NULL, NULL, chosen, NULL, &out, &err), &err);
        within(&m.p, chosen);
        assert_true(fabs(value_of(&m.p, chosen) - out.value) < 1e-6);
        /* A handful of customers a resource are decided by what is left over. */
        double slack = 9.0 * 3 * (double)resources;
        if (out.value > out.bound + 1e-6 || out.bound - out.value > .001 * out.bound + slack * .1) fail_msg("run %d, %zu customers, %zu resources: %g of %g", run, n, resources, out.value, out.bound);
        free(chosen);
        unmake(&m);
    }
}

static void any_threads(void **state) {
    rng r;
    (void)state;
    rng_seed(&r, test_seed(), 3);
    made m = make(&r, SANITIZED ? 5000 : 60000, 6, 7, .4, false);
    uint32_t *chosen[3];
    double price[3][7] = {{0}};
    allocation out[3];
    for (int threads = 1; threads <= 3; threads++) {
        mr_error err = {0};
        mr_context context = {0};
        assert_ok(mr_pool_new(threads, &context.pool, &err), &err);
        chosen[threads - 1] = malloc(m.p.customers * sizeof **chosen);
        assert_ok(allocate_all(&m.p, &context, price[threads - 1], chosen[threads - 1], NULL, &out[threads - 1], &err), &err);
        mr_pool_free(context.pool);
    }
    for (int t = 1; t < 3; t++) {
        assert_memory_equal(price[0], price[t], sizeof price[0]);
        assert_memory_equal(chosen[0], chosen[t], m.p.customers * sizeof **chosen);
        assert_true(out[0].value == out[t].value && out[0].bound == out[t].bound);
    }
    assert_true(out[0].bound - out[0].value < .001 * out[0].bound);
    for (int t = 0; t < 3; t++) free(chosen[t]);
    unmake(&m);
}

static void degenerate(void **state) {
    (void)state;
    mr_error err = {0};
    allocation out;
    uint32_t chosen[3];
    double used[1];
    const size_t first[] = {0, 2, 2, 3}, use_first[] = {0, 1, 2, 3};
    const double gain[] = {5, 2, 3};
    const allocate_use use[] = {{0, 2}, {0, 0}, {0, 1}};
    double budget[] = {0};
    allocate_problem p = {3, first, gain, use_first, use, 1, budget};
    assert_ok(allocate_all(&p, NULL, NULL, chosen, used, &out, &err), &err); /* no money: what costs none may happen */
    assert_true(chosen[0] == 1 && chosen[1] == ALLOCATE_NONE && chosen[2] == ALLOCATE_NONE && out.exact && out.value == 2 && used[0] == 0);
    budget[0] = INFINITY;
    assert_ok(allocate_all(&p, NULL, NULL, chosen, used, &out, &err), &err);
    assert_true(chosen[0] == 0 && chosen[2] == 0 && out.value == 8 && out.chosen == 2 && used[0] == 3);
    p.customers = 0;
    assert_ok(allocate_all(&p, NULL, NULL, chosen, used, &out, &err), &err);
    assert_true(out.value == 0 && out.bound == 0 && out.exact);
}

static void refused(void **state) {
    (void)state;
    static const size_t first[] = {0, 1}, use_first[] = {0, 2};
    static const struct {
        const char *field;
        double gain, budget;
        allocate_use use[2];
    } rows[] = {
        {"gain", NAN, 1, {{0, 1}, {1, 1}}}, {"gain", INFINITY, 1, {{0, 1}, {1, 1}}}, {"budget", 1, -1, {{0, 1}, {1, 1}}}, {"budget", 1, NAN, {{0, 1}, {1, 1}}},
        {"use", 1, 1, {{2, 1}, {1, 1}}},    {"use", 1, 1, {{0, -1}, {1, 1}}},        {"use", 1, 1, {{0, NAN}, {1, 1}}},   {"use", 1, 1, {{1, 1}, {1, 1}}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        mr_error err = {0};
        allocation out;
        uint32_t chosen[1];
        double budget[] = {rows[i].budget, 1};
        allocate_problem p = {1, first, &rows[i].gain, use_first, rows[i].use, 2, budget};
        assert_int_equal(allocate_all(&p, NULL, NULL, chosen, NULL, &out, &err), MR_EDATA);
        assert_string_equal(err.field, rows[i].field);
        assert_int_equal(err.row, 0);
    }
}

/* A thousand alike, and room for ten: prices alone cannot tell them apart. */
static void all_alike(void **state) {
    (void)state;
    enum { N = 1000 };
    mr_error err = {0};
    allocation out;
    static size_t first[N + 1], use_first[N + 1];
    static double gain[N];
    static allocate_use use[N];
    static uint32_t chosen[N];
    double budget[] = {10.5};
    for (size_t i = 0; i < N; i++) first[i] = use_first[i] = i, gain[i] = 7, use[i] = (allocate_use){0, 1};
    first[N] = use_first[N] = N;
    allocate_problem p = {N, first, gain, use_first, use, 1, budget};
    assert_ok(allocate_all(&p, NULL, NULL, chosen, NULL, &out, &err), &err);
    assert_int_equal(out.chosen, 10);
    if (out.value != 70 || out.bound < 70 || out.bound > 73.7) fail_msg("%g of %g in %d passes", out.value, out.bound, out.passes);
}

/* Chances are as said: over many draws each option comes as often as its probability says, inverse weights bring back the mean, budgets hold. */
static void draws(void **state) {
    (void)state;
    enum { N = 40000 };
    rng r;
    mr_error err = {0};
    explored out;
    rng_seed(&r, test_seed(), 4);
    size_t *first = malloc((N + 1) * sizeof *first), *use_first = malloc((3 * N + 1) * sizeof *use_first);
    double *gain = malloc(3 * N * sizeof *gain), *in = malloc(N * sizeof *in), *draw = malloc(N * sizeof *draw), *probability = calloc(N, sizeof *probability), price[] = {.5};
    allocate_use *use = malloc(3 * N * sizeof *use);
    bool *random = malloc(N);
    uint32_t *chosen = malloc(N * sizeof *chosen);
    double budget[] = {50000};
    for (size_t i = 0; i < N; i++) {
        first[i] = 3 * i;
        in[i] = rng_uniform(&r), draw[i] = rng_uniform(&r);
        for (size_t k = 0; k < 3; k++) use_first[3 * i + k] = 3 * i + k, gain[3 * i + k] = (double)k + 1, use[3 * i + k] = (allocate_use){0, 1 + (double)(2 * k)};
    }
    first[N] = use_first[3 * N] = 3 * N;
    allocate_problem p = {N, first, gain, use_first, use, 1, budget};
    double left[] = {50000};
    const explore_options o = {.share = .5, .least = .05, .of_budget = .8};
    assert_ok(explore_draw(&p, &o, price, in, draw, NULL, left, random, chosen, probability, &out, &err), &err);
    size_t count[4] = {0}, n = 0;
    double charged = 0, weights[4] = {0};
    for (size_t i = 0; i < N; i++) {
        if (!random[i]) continue;
        size_t which = chosen[i] == ALLOCATE_NONE ? 3 : chosen[i];
        assert_true(in[i] < .5 && probability[i] >= .05 - 1e-12);
        n++, count[which]++, weights[which] += 1 / probability[i];
        if (which < 3) charged += use[3 * i + which].amount;
    }
    assert_int_equal(n, out.drawn);
    assert_true(fabs(left[0] - (50000 - charged)) < 1e-6 && charged <= 40000);
    for (size_t k = 0; k < 4; k++) /* worth net .5 .5 .5: the first, and every weight of a kind adds up to all that were drawn for */
        if (fabs(weights[k] / (double)n - 1) > 6 * sqrt(20 / (double)n)) fail_msg("option %zu: %g of %zu", k, weights[k], n);
    assert_true(count[0] > count[1] && count[0] > count[3]);
    left[0] = 0;
    assert_ok(explore_draw(&p, &o, price, in, draw, NULL, left, random, chosen, probability, &out, &err), &err);
    assert_true(!out.drawn && out.no_room > 0);
    assert_int_equal(explore_draw(&p, &(explore_options){.share = .1, .least = .01, .of_budget = 1}, price, in, draw, NULL, left, random, chosen, probability, &out, &err), MR_EINVAL);
    free(first), free(use_first), free(gain), free(in), free(draw), free(probability), free(use), free(random), free(chosen);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(small_is_exact), cmocka_unit_test(near_the_bound), cmocka_unit_test(any_threads), cmocka_unit_test(degenerate),
                                       cmocka_unit_test(refused),        cmocka_unit_test(all_alike),      cmocka_unit_test(draws)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
