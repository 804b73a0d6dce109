/* The property tests' simulator. */
#include "customers.h"

enum { COLUMNS = 10 };

uint64_t test_seed(void) {
    static uint64_t seed; /* 0: not read yet */
    if (seed) return seed;
    const char *text = getenv("MARRAM_SEED");
    seed = text ? strtoull(text, NULL, 10) : 20261122;
    if (!seed) seed = 1;
    print_message("MARRAM_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

mr_params params_of(const char *name, int k, double a, double b, double c, double d) {
    mr_params p = {.model = mr_model_find(name), .value = {a, b, c, d}, .k = k};
    assert_non_null(p.model);
    return p;
}

void fit_well(const char *name, const mr_data *data, const mr_fit_options *options, const mr_context *context,
              mr_fit *fit) {
    mr_error err = {0};
    mr_status status = mr_model_fit(mr_model_find(name), data, options, context, fit, &err);
    if (status != MR_OK) print_error("%s: %s: %s\n", name, mr_status_text(status), err.message);
    assert_int_equal(status, MR_OK);
    assert_true(fit->converged);
}

/* One order after another. `dies` is when the customer leaves by the calendar (INFINITY: never); `p` the
 * chance of leaving after an order. */
static void draw_orders(customers *c, size_t i, rng *r, double rate, int k, double p, bool after_first,
                        double dies, double ahead) {
    double T = c->T[i], last = 0, now = 0, left = dies;
    if (!after_first && rng_uniform(r) < p) left = 0;
    while (now <= T + ahead) {
        double gap = 0;
        for (int j = 0; j < k; j++) gap += rng_exponential(r);
        now += gap / rate;
        if (now > left || now > T + ahead) break;
        if (now <= T) {
            c->log_gaps[i] += log(now - last);
            c->x[i]++;
            c->t_x[i] = last = now;
        } else {
            if (c->future[i]++ == 0) c->next[i] = now - T;
        }
        if (rng_uniform(r) < p) left = now;
    }
    c->alive[i] = left > T;
    c->alive_later[i] = left > T + ahead;
    c->lifetime[i] = fmax(0, left - T);
}

static void draw_opportunities(customers *c, size_t i, rng *r, const double *v, double ahead) {
    double p = rng_beta(r, v[0], v[1]), theta = rng_beta(r, v[2], v[3]);
    bool here = true;
    for (double t = 1; t <= c->T[i] + ahead; t++) {
        if (here && rng_uniform(r) < theta) {
            here = false;
            c->lifetime[i] = fmax(0, t - 1 - c->T[i]);
        }
        bool buys = here && rng_uniform(r) < p;
        if (t <= c->T[i]) {
            c->alive[i] = here;
            if (buys) c->x[i]++, c->t_x[i] = t;
        } else {
            c->future[i] += buys;
        }
    }
    c->alive_later[i] = here;
    if (here) c->lifetime[i] = INFINITY;
}

static void draw(customers *c, size_t i, rng *r, const mr_params *m, double ahead) {
    const double *v = m->value;
    const char *name = mr_model_name(m->model);
    if (strcmp(name, "gamma-gamma") == 0) {
        double nu = rng_gamma(r, v[1]) / v[2];
        c->x[i] = 1 + floor(4 * rng_exponential(r));
        c->mean_spend[i] = rng_gamma(r, v[0] * c->x[i]) / nu / c->x[i];
    } else if (strcmp(name, "bg-bb") == 0) {
        draw_opportunities(c, i, r, v, ahead);
    } else {
        double rate = rng_gamma(r, v[0]) / v[1], p = 0, dies = INFINITY;
        bool pareto = strcmp(name, "pareto-nbd") == 0, nbd = strcmp(name, "nbd") == 0;
        if (pareto) dies = rng_exponential(r) / (rng_gamma(r, v[2]) / v[3]);
        if (!pareto && !nbd) p = rng_beta(r, v[2], v[3]);
        draw_orders(c, i, r, rate, m->k, p, name[0] != 'm', dies, ahead);
    }
}

void customers_new(customers *c, const mr_params *truth, size_t n, double from, double to, double ahead,
                   uint64_t seed) {
    double *b = calloc(n * COLUMNS, sizeof *b);
    assert_non_null(b);
    *c = (customers){.n = n,
                     .block = b,
                     .x = b,
                     .t_x = b + n,
                     .T = b + 2 * n,
                     .log_gaps = b + 3 * n,
                     .mean_spend = b + 4 * n,
                     .future = b + 5 * n,
                     .alive = b + 6 * n,
                     .alive_later = b + 7 * n,
                     .lifetime = b + 8 * n,
                     .next = b + 9 * n};
    bool whole = mr_model_kind(truth->model) == MR_DISCRETE;
    for (size_t i = 0; i < n; i++) {
        rng r;
        rng_seed(&r, seed, i);
        c->next[i] = INFINITY;
        c->T[i] = from + (to - from) * rng_uniform(&r);
        if (whole) c->T[i] = floor(c->T[i]);
        draw(c, i, &r, truth, ahead);
    }
    c->data = (mr_data){
        .n = n, .x = c->x, .t_x = c->t_x, .T = c->T, .log_gaps = c->log_gaps, .mean_spend = c->mean_spend};
}

void customers_free(customers *c) {
    free(c->block);
}

void contracts_draw(const mr_params *truth, size_t n, size_t periods, double *lost, double *survivors,
                    uint64_t seed) {
    bool weibull = strcmp(mr_model_name(truth->model), "bdw") == 0;
    memset(lost, 0, periods * sizeof *lost);
    *survivors = 0;
    for (size_t i = 0; i < n; i++) {
        rng r;
        rng_seed(&r, seed, i);
        double theta = rng_beta(&r, truth->value[0], truth->value[1]), u = rng_uniform(&r);
        size_t t = 1; /* S(t) = (1 - theta)^(t^c): the period in which it falls to u */
        while (t <= periods && pow(1 - theta, weibull ? pow((double)t, truth->value[2]) : (double)t) > u) t++;
        if (t <= periods)
            lost[t - 1]++;
        else
            (*survivors)++;
    }
}
