/* allocate [CUSTOMERS [ACTIONS]]: a million customers with ten actions each, money and people's hours short: the time of each stage, and how near the bound the choice comes.
 * allocate --value [SEEDS]: in a simulated world, what a choice from estimated effects keeps, against ranking by risk and by value under the same budgets. The effects are estimated from 10,000
 * simulated contacts and shrunk; the planted ones decide what happens and are shown to nobody. */
#include <allocate.h>
#include <rng.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void must(mr_status status, const mr_error *err) {
    if (status == MR_OK) return;
    fprintf(stderr, "allocate: %s\n", err->message);
    exit(1);
}

/* --- the bound, and how long it takes --- */

enum { PEOPLE = 20, MONEY = PEOPLE, EMAILS, RESOURCES };

typedef struct base {
    allocate_problem p;
    size_t *first, *use_first;
    double *gain, budget[RESOURCES];
    allocate_use *use;
} base;

/* Values are lognormal; each customer has three people who might see to them; an action costs money or somebody's minutes, or both, or takes of what may be sent in a day. */
static base make(size_t customers, size_t each) {
    base b = {0};
    size_t a = 0, u = 0;
    rng r;
    rng_seed(&r, 1, 1);
    b.first = malloc((customers + 1) * sizeof *b.first);
    b.use_first = malloc((customers * each + 1) * sizeof *b.use_first);
    b.gain = malloc(customers * each * sizeof *b.gain);
    b.use = malloc(customers * each * 2 * sizeof *b.use);
    for (size_t i = 0; i < customers; i++) {
        double value = exp(5 + rng_normal(&r)), risk = rng_uniform(&r) * rng_uniform(&r);
        b.first[i] = a;
        for (size_t k = 0; k < each; k++) {
            double effect = .02 + .1 * rng_uniform(&r) * (double)(k % 3 + 1);
            b.use_first[a] = u;
            b.gain[a++] = value * risk * effect;
            if (k % 3 == 0) b.use[u++] = (allocate_use){EMAILS, 1};
            if (k % 3) b.use[u++] = (allocate_use){(uint32_t)(rng_uniform(&r) * PEOPLE), 10 + 20 * rng_uniform(&r)};
            if (k % 3 == 2) b.use[u++] = (allocate_use){MONEY, 5 + 40 * rng_uniform(&r)};
        }
    }
    b.first[customers] = a;
    b.use_first[a] = u;
    for (size_t k = 0; k < PEOPLE; k++) b.budget[k] = (double)customers * .15 * (.5 + rng_uniform(&r));
    b.budget[MONEY] = (double)customers * .8;
    b.budget[EMAILS] = (double)customers * .3;
    b.p = (allocate_problem){customers, b.first, b.gain, b.use_first, b.use, RESOURCES, b.budget};
    return b;
}

/* The limit: everything read once, each customer's best action at prices of 0. */
static double bare(const allocate_problem *p) {
    double sum = 0;
    for (size_t i = 0; i < p->customers; i++) {
        double best = 0;
        for (size_t a = p->first[i]; a < p->first[i + 1]; a++) {
            double net = p->gain[a];
            for (size_t u = p->use_first[a]; u < p->use_first[a + 1]; u++) net -= 1e-9 * p->use[u].amount;
            if (net > best) best = net;
        }
        sum += best;
    }
    return sum;
}

static int large(size_t customers, size_t each) {
    mr_error err = {0};
    mr_context context = {0};
    allocate *a;
    allocation out;
    double price[RESOURCES] = {0}, used[RESOURCES], at[6];
    uint32_t *chosen = malloc(customers * sizeof *chosen);
    base b = make(customers, each);
    must(mr_pool_new(0, &context.pool, &err), &err);
    double sum = bare(&b.p);
    at[0] = seconds();
    sum += bare(&b.p);
    at[1] = seconds();
    must(allocate_new(&b.p, &context, &a, &err), &err);
    at[2] = seconds();
    must(allocate_prices(a, price, &out, &err), &err);
    int passes = out.passes;
    at[3] = seconds();
    must(allocate_choose(a, price, chosen, &out, &err), &err);
    at[4] = seconds();
    allocate_used(&b.p, chosen, used);
    double most = 0;
    for (int r = 0; r < RESOURCES; r++) most = fmax(most, used[r] / b.budget[r]);
    printf("%zu customers, %zu actions each, %d resources, %d threads (%g)\n", customers, each, RESOURCES, mr_pool_threads(context.pool), sum);
    printf("  %-34s %8.3f s\n", "one bare loop over it, one thread", at[1] - at[0]);
    printf("  %-34s %8.3f s\n", "checked and packed", at[2] - at[1]);
    printf("  %-34s %8.3f s, %d passes\n", "prices", at[3] - at[2], passes);
    printf("  %-34s %8.3f s\n", "choice", at[4] - at[3]);
    printf("  %-34s %8.3f s, %.1f bare loops\n", "together", at[4] - at[1], (at[4] - at[1]) / (at[1] - at[0]));
    printf("value %.2f, bound %.2f: %.5f %% below; %llu chosen; no budget used by more than %.9f of it\n", out.value, out.bound, 100 * (out.bound - out.value) / out.bound, (unsigned long long)out.chosen, most);
    double again[RESOURCES];
    memcpy(again, price, sizeof again);
    at[4] = seconds();
    must(allocate_prices(a, again, &out, &err), &err);
    printf("  %-34s %8.3f s, %d passes\n", "prices, from yesterday's", seconds() - at[4], out.passes);
    allocate_free(a);
    mr_pool_free(context.pool);
    free(b.first), free(b.use_first), free(b.gain), free(b.use), free(chosen);
    return 0;
}

/* --- what it keeps --- */

enum { WORLD = 20000, SEGMENTS = 12, ACTIONS = 10, CONTACTS = 10000, POLICIES = 10, SEEDS = 100 };
static const char *const policy_names[POLICIES] = {"allocation, estimated effects", "by risk, the best action on average", "by risk, the segment's best action", "by value, the best action on average",
                                                   "by value, the segment's best action", "by value at risk, the segment's best", "by risk, the segment's best for its cost", "by value at risk, the segment's best for its cost",
                                                   "by gain for its cost", "allocation, planted effects (nobody has them)"};

typedef struct world {
    double value[WORLD], risk[WORLD], planted[SEGMENTS][ACTIONS], estimated[SEGMENTS][ACTIONS], average[ACTIONS], cost[ACTIONS], minutes[ACTIONS], budget[2];
    int segment[WORLD];
} world;

static void build(world *w, rng *r) {
    double main_effect[ACTIONS];
    for (int a = 0; a < ACTIONS; a++) {
        main_effect[a] = .15 * rng_uniform(r);
        w->cost[a] = a % 2 ? 5 + 45 * rng_uniform(r) : 0;
        w->minutes[a] = a % 3 ? 10 + 30 * rng_uniform(r) : 1;
    }
    for (int s = 0; s < SEGMENTS; s++)
        for (int a = 0; a < ACTIONS; a++) w->planted[s][a] = fmax(-.1, main_effect[a] + .12 * rng_normal(r)); /* some do harm */
    for (int i = 0; i < WORLD; i++) {
        w->segment[i] = (int)(rng_uniform(r) * SEGMENTS);
        w->value[i] = exp(5.5 + rng_normal(r));
        w->risk[i] = .05 + .6 * rng_uniform(r) * rng_uniform(r);
    }
    w->budget[0] = WORLD * 2.0; /* money */
    w->budget[1] = WORLD * 2.5; /* minutes */
}

/* Each cell's share of leaving that was prevented, against what was to be expected, shrunk towards its action's mean by the variance found between cells (DerSimonian & Laird 1986). */
static void estimate(world *w, rng *r) {
    double kept[SEGMENTS][ACTIONS] = {{0}}, expected[SEGMENTS][ACTIONS] = {{0}}, noise[SEGMENTS][ACTIONS] = {{0}};
    for (int n = 0; n < CONTACTS; n++) {
        int i = (int)(rng_uniform(r) * WORLD), a = (int)(rng_uniform(r) * ACTIONS), s = w->segment[i];
        bool leaves = rng_uniform(r) < w->risk[i] * (1 - w->planted[s][a]);
        kept[s][a] += w->risk[i] - leaves;
        expected[s][a] += w->risk[i];
        noise[s][a] += w->risk[i] * (1 - w->risk[i]);
    }
    for (int a = 0; a < ACTIONS; a++) {
        double sum = 0, weight = 0, squares = 0, q = 0, x[SEGMENTS], v[SEGMENTS];
        for (int s = 0; s < SEGMENTS; s++) {
            x[s] = expected[s][a] > 0 ? kept[s][a] / expected[s][a] : 0;
            v[s] = expected[s][a] > 0 ? noise[s][a] / (expected[s][a] * expected[s][a]) : 1e6;
            sum += x[s] / v[s], weight += 1 / v[s], squares += 1 / (v[s] * v[s]);
        }
        w->average[a] = sum / weight;
        for (int s = 0; s < SEGMENTS; s++) q += (x[s] - w->average[a]) * (x[s] - w->average[a]) / v[s];
        double between = fmax(0, (q - (SEGMENTS - 1)) / (weight - squares / weight));
        for (int s = 0; s < SEGMENTS; s++) w->estimated[s][a] = w->average[a] + between / (between + v[s]) * (x[s] - w->average[a]);
    }
}

static double kept(const world *w, const uint32_t *chosen) {
    double sum = 0;
    for (int i = 0; i < WORLD; i++)
        if (chosen[i] != ALLOCATE_NONE) sum += w->value[i] * w->risk[i] * w->planted[w->segment[i]][chosen[i]];
    return sum;
}

static void allocated(const world *w, double effect[SEGMENTS][ACTIONS], uint32_t *chosen) {
    static size_t first[WORLD + 1], use_first[WORLD * ACTIONS + 1];
    static double gain[WORLD * ACTIONS];
    static allocate_use use[2 * WORLD * ACTIONS];
    mr_error err = {0};
    allocation out;
    for (size_t i = 0; i < WORLD; i++)
        for (size_t a = 0, at = i * ACTIONS; a < ACTIONS; a++, at++) {
            gain[at] = w->value[i] * w->risk[i] * effect[w->segment[i]][a];
            use[2 * at] = (allocate_use){0, w->cost[a]};
            use[2 * at + 1] = (allocate_use){1, w->minutes[a]};
        }
    for (size_t i = 0; i <= WORLD; i++) first[i] = i * ACTIONS;
    for (size_t a = 0; a <= (size_t)WORLD * ACTIONS; a++) use_first[a] = 2 * a;
    allocate_problem p = {WORLD, first, gain, use_first, use, 2, w->budget};
    must(allocate_all(&p, NULL, NULL, chosen, NULL, &out, &err), &err);
}

static const double *ranking;
static int largest_first(const void *a, const void *b) {
    int x = *(const int *)a, y = *(const int *)b;
    return ranking[x] > ranking[y] ? -1 : ranking[x] < ranking[y] ? 1 : x - y;
}

/* What an action uses, as a share of the budgets. */
static double share(const world *w, int a) {
    return w->cost[a] / w->budget[0] + w->minutes[a] / w->budget[1];
}

/* Down the list, each the action that is estimated best (or best for its share of the budgets) of those there is still room for, until nothing fits. */
static void ranked(const world *w, const double *by, bool by_segment, bool for_cost, uint32_t *chosen) {
    static int order[WORLD];
    double money = w->budget[0], minutes = w->budget[1];
    for (int i = 0; i < WORLD; i++) order[i] = i, chosen[i] = ALLOCATE_NONE;
    ranking = by;
    qsort(order, WORLD, sizeof *order, largest_first);
    for (int k = 0; k < WORLD; k++) {
        int i = order[k];
        double best = 0;
        for (int a = 0; a < ACTIONS; a++) {
            double effect = (by_segment ? w->estimated[w->segment[i]][a] : w->average[a]) / (for_cost ? share(w, a) : 1);
            if (effect > best && w->cost[a] <= money && w->minutes[a] <= minutes) best = effect, chosen[i] = (uint32_t)a;
        }
        if (chosen[i] == ALLOCATE_NONE) continue;
        money -= w->cost[chosen[i]];
        minutes -= w->minutes[chosen[i]];
    }
}

static int value(int seeds) {
    static world w;
    static uint32_t chosen[WORLD];
    static double at_risk[WORLD], for_cost[WORLD], result[POLICIES][SEEDS];
    int first_of_all = 0;
    for (int seed = 0; seed < seeds; seed++) {
        rng r;
        rng_seed(&r, (uint64_t)seed + 1, 2);
        build(&w, &r);
        estimate(&w, &r);
        for (int i = 0; i < WORLD; i++) {
            double best = 0;
            for (int a = 0; a < ACTIONS; a++) best = fmax(best, w.estimated[w.segment[i]][a] / share(&w, a));
            at_risk[i] = w.value[i] * w.risk[i];
            for_cost[i] = at_risk[i] * best;
        }
        for (int k = 0; k < POLICIES; k++) {
            const double *const by[POLICIES] = {NULL, w.risk, w.risk, w.value, w.value, at_risk, w.risk, at_risk, for_cost, NULL};
            if (!by[k]) allocated(&w, k ? w.planted : w.estimated, chosen);
            else ranked(&w, by[k], k != 1 && k != 3, k >= 6, chosen);
            result[k][seed] = kept(&w, chosen);
        }
        bool best = true;
        for (int k = 1; k < POLICIES - 1; k++) best = best && result[0][seed] > result[k][seed];
        first_of_all += best;
    }
    printf("%d customers, %d segments, %d actions, effects from %d contacts, %d seeds: value kept\n", WORLD, SEGMENTS, ACTIONS, CONTACTS, seeds);
    printf("  %-46s %10s %10s %10s %10s   %s\n", "", "mean", "sd", "least", "most", "the allocation keeps so many times as much (least to most)");
    for (int k = 0; k < POLICIES; k++) {
        double mean = 0, squares = 0, least = INFINITY, most = -INFINITY, ratio = 0, low = INFINITY, high = -INFINITY;
        for (int s = 0; s < seeds; s++) {
            double x = result[k][s], q = result[0][s] / x;
            mean += x / seeds, least = fmin(least, x), most = fmax(most, x), ratio += q / seeds, low = fmin(low, q), high = fmax(high, q);
        }
        for (int s = 0; s < seeds; s++) squares += (result[k][s] - mean) * (result[k][s] - mean);
        printf("  %-46s %10.0f %10.0f %10.0f %10.0f   %.3f (%.3f to %.3f)\n", policy_names[k], mean, seeds > 1 ? sqrt(squares / (seeds - 1)) : 0, least, most, ratio, low, high);
    }
    printf("the allocation keeps more than every ranking in %d of %d\n", first_of_all, seeds);
    return 0;
}

int main(int argc, char **argv) {
    if (argc > 1 && !strcmp(argv[1], "--value")) {
        int seeds = argc > 2 ? atoi(argv[2]) : 20;
        return value(seeds < 1 ? 1 : seeds > SEEDS ? SEEDS : seeds);
    }
    size_t customers = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000, each = argc > 2 ? strtoull(argv[2], NULL, 10) : 10;
    if (!customers || !each || customers > 100000000 || each > 1000) {
        fprintf(stderr, "usage: allocate [CUSTOMERS [ACTIONS]] | --value [SEEDS]\n");
        return 2;
    }
    return large(customers, each);
}
