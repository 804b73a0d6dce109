#include "routing_world.h"

#include <rng.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { REASONS = 6, TIERS = 3, KINDS = 3, DAYS = 21 * WORLD_MONTHS, KNOWN_AFTER = 21, LEARN_EVERY = 5, ROOM = 4 };

typedef struct kase {
    uint32_t kind, reason, tier, person;
    double hardness, luck; /* what is theirs alone, and the lot that decides */
    bool kept;
    int day;
} kase;

typedef struct world {
    double usual[KINDS][REASONS][TIERS]; /* log-odds, whoever sees to it */
    double skill[WORLD_PEOPLE][REASONS][TIERS];
    bool here[DAYS][WORLD_PEOPLE];
    kase *of;
    size_t n;
} world;

static double logistic(double x) {
    return 1 / (1 + exp(-x));
}

static double chance(const world *w, const kase *k, uint32_t person) {
    return logistic(w->usual[k->kind][k->reason][k->tier] + k->hardness + w->skill[person][k->reason][k->tier]);
}

static bool make(uint64_t seed, int a_day, world *w) {
    rng r;
    rng_seed(&r, seed, 1);
    for (int k = 0; k < KINDS; k++)
        for (int c = 0; c < REASONS; c++)
            for (int t = 0; t < TIERS; t++) w->usual[k][c][t] = -.4 + .5 * (k - 1) + .2 * (t - 1) + .5 * rng_normal(&r);
    for (int p = 0; p < WORLD_PEOPLE; p++) {
        double person = .35 * rng_normal(&r);
        for (int c = 0; c < REASONS; c++) {
            double reason = .6 * rng_normal(&r);
            for (int t = 0; t < TIERS; t++) w->skill[p][c][t] = person + reason + .15 * rng_normal(&r);
        }
    }
    for (int d = 0; d < DAYS; d++)
        for (int p = 0; p < WORLD_PEOPLE; p++) w->here[d][p] = rng_uniform(&r) > .1 && (p != WORLD_LATE || d >= WORLD_JOINS_DAY);
    w->n = (size_t)a_day * DAYS;
    w->of = calloc(w->n, sizeof *w->of);
    for (size_t i = 0; w->of && i < w->n; i++)
        w->of[i] = (kase){(uint32_t)rng_below(&r, KINDS), (uint32_t)rng_below(&r, REASONS), (uint32_t)rng_below(&r, TIERS), ROUTING_NOBODY, .4 * rng_normal(&r), rng_uniform(&r), false, (int)(i / (size_t)a_day)};
    return w->of != NULL;
}

/* What is known on the morning of `day`: of cases that are over, no others. */
static mr_status learn(const world *w, int day, routing_model **m, mr_error *err) {
    const routing_sizes sizes = {KINDS, REASONS, TIERS};
    routing_count *count = calloc(w->n + 1, sizeof *count);
    size_t n = 0;
    if (!count) return MR_ENOMEM;
    for (size_t i = 0; i < w->n && w->of[i].day + KNOWN_AFTER <= day; i++) count[n++] = (routing_count){w->of[i].person, w->of[i].kind, w->of[i].reason, w->of[i].tier, 1, w->of[i].kept};
    routing_free(*m);
    mr_status status = routing_fit(count, n, &sizes, NULL, m, err);
    free(count);
    return status;
}

typedef struct desk {
    const routing_model *m;
    int open[WORLD_PEOPLE];
    double share;
    uint64_t seed;
} desk;

/* Those who are there and have room; where all are full, those who are there; where nobody is, everybody. */
static size_t who_can(const world *w, const desk *d, int day, uint32_t *can) {
    size_t n = 0;
    for (uint32_t p = 0; p < WORLD_PEOPLE; p++)
        if (w->here[day][p] && d->open[p] < ROOM) can[n++] = p;
    for (uint32_t p = 0; !n && p < WORLD_PEOPLE; p++)
        if (w->here[day][p]) can[n++] = p;
    if (!n) can[n++] = 0;
    return n;
}

static uint32_t choose(const world *w, const desk *d, world_policy policy, const kase *k, uint64_t number, const uint32_t *can, size_t n, bool *random) {
    routing_candidate c[WORLD_PEOPLE];
    size_t best = 0;
    if (policy == WORLD_ROUTING) {
        for (size_t i = 0; i < n; i++) c[i] = (routing_candidate){can[i], rng_mix(can[i] + 17)};
        routing_choice o = routing_choose(d->m, k->reason, k->tier, c, n, rng_mix(rng_mix(d->seed) ^ number), d->share);
        *random = o.random;
        return can[o.chosen];
    }
    for (size_t i = 1; i < n; i++)
        if (policy == WORLD_ORACLE ? chance(w, k, can[i]) > chance(w, k, can[best]) : d->open[can[i]] < d->open[can[best]] || (d->open[can[i]] == d->open[can[best]] && rng_mix(number ^ can[i] << 20) > rng_mix(number ^ can[best] << 20)))
            best = i;
    return can[best];
}

static mr_status run(world *w, uint64_t seed, double share, world_policy policy, world_result *out, mr_error *err) {
    routing_model *m = NULL;
    desk d = {.share = share, .seed = seed};
    mr_status status = MR_OK;
    for (size_t i = 0; i < w->n && status == MR_OK; i++) {
        kase *k = &w->of[i];
        uint32_t can[WORLD_PEOPLE];
        bool random = false;
        int month = k->day / 21;
        if (!i || w->of[i - 1].day != k->day) {
            memset(d.open, 0, sizeof d.open);
            if (policy == WORLD_ROUTING && k->day % LEARN_EVERY == 0) status = learn(w, k->day, &m, err);
            d.m = m;
        }
        if (status != MR_OK) break;
        k->person = choose(w, &d, policy, k, i, can, who_can(w, &d, k->day, can), &random);
        d.open[k->person]++;
        double p = chance(w, k, k->person);
        k->kept = k->luck < p;
        out->kept[policy][month] += p;
        out->of[policy][month][k->person]++;
        if (policy == WORLD_ROUTING) out->cases[month]++, out->random[month] += random;
    }
    routing_free(m);
    return status;
}

mr_status world_run(uint64_t seed, int a_day, double share, world_result *out, mr_error *err) {
    world *w = calloc(1, sizeof *w);
    memset(out, 0, sizeof *out);
    mr_status status = w && make(seed, a_day, w) ? MR_OK : MR_ENOMEM;
    for (int p = 0; p < WORLD_POLICIES && status == MR_OK; p++) status = run(w, seed, share, (world_policy)p, out, err);
    if (w) free(w->of);
    free(w);
    return status;
}

double world_regret(const world_result *r, world_policy policy, int month) {
    return 100 * (r->kept[WORLD_ORACLE][month] - r->kept[policy][month]) / r->cases[month];
}
