/* The nth allocation fails, for every n: MR_ENOMEM each time and no block left behind; then it succeeds. And
 * cancelling: the nth progress call asks to stop, for every n, on one thread and on three. */
#include "heap.h"
#include "property/customers.h"

typedef struct work {
    const char *name;
    customers *c;
    mr_params params;
    double *out;
} work;

typedef mr_status (*work_fn)(work *w, const mr_context *context, mr_error *err);

static mr_status fit(work *w, const mr_context *context, mr_error *err) {
    mr_fit fit;
    return mr_model_fit(w->params.model, &w->c->data, NULL, context, &fit, err);
}

static mr_status log_likelihood(work *w, const mr_context *context, mr_error *err) {
    double sum, by[MR_MAX_PARAMS];
    return mr_model_log_likelihood(&w->params, &w->c->data, context, &sum, by, err);
}

static mr_status forecast(work *w, const mr_context *context, mr_error *err) {
    mr_forecast f = {.expected = w->out, .expected_high = w->out};
    return mr_model_forecast(&w->params, &w->c->data, &(mr_forecast_spec){.horizon = 4}, context, &f, err);
}

static mr_status rhythm(work *w, const mr_context *context, mr_error *err) {
    mr_rhythm r = {.gap = w->out};
    return mr_model_rhythm(&w->params, &w->c->data, context, &r, err);
}

static mr_status residual(work *w, const mr_context *context, mr_error *err) {
    return mr_model_residual(&w->params, &w->c->data, (const double[]){3}, 1, context, NULL, w->out, err);
}

static mr_status value(work *w, const mr_context *context, mr_error *err) {
    mr_value_spec spec = {.margin = 1, .discount_rate = .1, .units_per_year = 52, .horizon = 4};
    return mr_model_value(&w->params, &w->c->data, NULL, &spec, context, w->out, err);
}

static mr_status by_age(work *w, const mr_context *context, mr_error *err) {
    return mr_model_expected_by_age(&w->params, w->c->T, w->c->n, context, w->out, err);
}

static mr_status summary(work *w, const mr_context *context, mr_error *err) {
    static const uint64_t offset[3] = {0, 2, 3};
    static const int32_t day[3] = {1, 5, 3};
    mr_orders orders = {2, offset, day, NULL};
    mr_summary s = {.x = w->out, .log_gaps = w->out + 2};
    return mr_history_summary(&orders, NULL, 0, 9, 7, 0, context, &s, err);
}

static mr_status survival(work *w, const mr_context *context, mr_error *err) {
    static const double start[4] = {0, 1, 0, 0}, stop[4] = {2, 3, 5, 6}, x[4] = {3, 1, 4, 2}, *const columns[] = {x};
    static const unsigned char event[4] = {1, 0, 1, 1};
    const mr_survival data = {.n = 4, .start = start, .stop = stop, .event = event};
    mr_survival_curve curve = {.survival = w->out};
    mr_cox_fit fit = {.coefficient = w->out, .se = w->out + 1};
    mr_status status = mr_survival_estimate(&data, .9, context, &curve, err);
    return status == MR_OK ? mr_cox_estimate(&data, columns, 1, NULL, context, &fit, err) : status;
}

/* A moment so strong that it is found: the whole way. */
static mr_status moments(work *w, const mr_context *context, mr_error *err) {
    (void)w;
    enum { ROWS = 3000 };
    uint16_t start[ROWS], season[ROWS];
    unsigned char event[ROWS];
    double hazard[40];
    const uint16_t *const bin[] = {start, season};
    const mr_clock clocks[] = {{.name = "start", .bins = 40, .narrow = 2, .wide = 8, .knot = 20}, {.name = "season", .bins = 12, .narrow = 1, .wide = 3, .role = MR_CLOCK_DATE}};
    const mr_moment_options options = {.level = .05, .seed = 1, .replicates = 100, .least_ratio = 1};
    mr_clock_curve curves[2] = {{.hazard = hazard, .bandwidth = 4}, {.bandwidth = 1}};
    mr_moments out;
    for (int i = 0; i < ROWS; i++) {
        start[i] = (uint16_t)(i % 40);
        season[i] = (uint16_t)(i % 11);
        event[i] = i % 13 == 0 || (i % 40 >= 20 && i % 40 < 25 && i % 2);
    }
    mr_status status = mr_moments_find(&(mr_moment_rows){.n = ROWS, .clocks = 2, .bin = bin, .event = event, .binary = true}, clocks, &options, context, &out, curves, err);
    if (status == MR_OK) assert_true(out.n >= 1);
    return status;
}

/* Every n up to `dense`, then every `stride`th. */
static void starve(const char *what, work_fn fn, work *w, mr_pool *pool, long dense, long stride) {
    heap h = {0};
    mr_alloc alloc = heap_alloc(&h);
    mr_context context = {.alloc = &alloc, .pool = pool};
    mr_error err = {0};
    assert_int_equal(fn(w, &context, &err), MR_OK);
    long all = atomic_load(&h.taken), tried = 0;
    assert_int_equal(atomic_load(&h.live), 0);
    for (long n = 1; n <= all; n += n < dense ? 1 : stride, tried++) {
        atomic_store(&h.taken, 0);
        atomic_store(&h.fail_at, n);
        err = (mr_error){0};
        mr_status status = fn(w, &context, &err);
        if (status != MR_ENOMEM)
            print_error("%s %s: allocation %ld of %ld failed: %s\n", w->name, what, n, all,
                        mr_status_text(status));
        assert_int_equal(status, MR_ENOMEM);
        assert_int_equal(err.code, MR_ENOMEM);
        assert_int_equal(atomic_load(&h.live), 0);
    }
    atomic_store(&h.fail_at, 0);
    assert_int_equal(fn(w, &context, &err), MR_OK);
    assert_int_equal(atomic_load(&h.live), 0);
    print_message("%-12s %-15s %3ld allocations, %3ld of them refused in turn\n", w->name, what, all, tried);
}

static const struct {
    const char *what;
    work_fn fn;
} works[] = {{"log-likelihood", log_likelihood},
             {"forecast", forecast},
             {"rhythm", rhythm},
             {"residual", residual},
             {"value", value},
             {"by age", by_age},
             {"summary", summary},
             {"survival", survival},
             {"moments", moments}};

static void starved(const char *name, int k, size_t n, double a, double b, double c_, double d, long dense,
                    long stride) {
    customers c;
    work w = {.name = name, .c = &c, .params = params_of(name, k, a, b, c_, d)};
    bool discrete = mr_model_kind(w.params.model) == MR_DISCRETE;
    customers_new(&c, &w.params, n, discrete ? 4 : 10, discrete ? 9 : 50, 0, test_seed());
    w.out = calloc(c.n, sizeof *w.out);
    starve("fit", fit, &w, NULL, dense, stride);
    mr_pool *pool;
    assert_int_equal(mr_pool_new(3, &pool, NULL), MR_OK);
    for (size_t i = 0; i < sizeof works / sizeof *works; i++) {
        if (mr_model_kind(w.params.model) == MR_SPENDING && works[i].fn != log_likelihood) continue;
        if (discrete && works[i].fn == rhythm) continue;
        starve(works[i].what, works[i].fn, &w, pool, 1000, 1);
    }
    mr_pool_free(pool);
    free(w.out);
    customers_free(&c);
}

static void allocations(void **state) {
    (void)state;
    starved("mbg-nbd", 1, 700, .9, 6, .7, 1.8, 1000, 1);
    starved("mbg-cnbd-k", 2, 700, 1.5, 3, .6, 2, 60, 7);
    starved("bg-bb", 1, 100, 1.2, .75, .66, 2.8, 1000, 1);
    starved("gamma-gamma", 1, 700, 6, 4, 15, 0, 1000, 1);
}

/* Fit, scores and a copy: of rows that nobody drew for it, for it needs none of the models. */
static mr_status additive(work *w, const mr_context *context, mr_error *err) {
    enum { ROWS = 300 };
    static double x[2][ROWS], score[3 * ROWS];
    static int32_t code[ROWS];
    static unsigned char y[ROWS];
    (void)w;
    for (int i = 0; i < ROWS; i++) {
        x[0][i] = i * 7 % 41, x[1][i] = i * 11 % 37, code[i] = i % 4;
        y[i] = (x[0][i] > 20) == (x[1][i] > 18) ? i % 5 != 0 : i % 5 == 0;
    }
    const mr_feature feature[3] = {{.number = x[0]}, {.number = x[1]}, {.category = code, .categories = 4}};
    const mr_frame frame = {ROWS, 3, feature};
    mr_additive *model = NULL, *copy = NULL;
    mr_additive_parts parts;
    double c[4];
    mr_status status = mr_additive_fit(&frame, &(mr_outcomes){.happened = y}, &(mr_additive_options){.bags = 2, .rounds = 5}, context, &model, err);
    if (status == MR_OK) status = mr_additive_score(model, &frame, context, score, err);
    if (status == MR_OK) {
        mr_additive_take_apart(model, &parts);
        status = mr_additive_put_together(&parts, context, &copy, err);
    }
    mr_additive_free(copy);
    mr_additive_free(model);
    if (status != MR_OK) return status;
    return mr_logistic_estimate(ROWS, (const double *const[]){x[0], x[1]}, 2, y, NULL, 0, context, &(mr_logistic_fit){.coefficient = c}, err);
}

static void additive_models(void **state) {
    (void)state;
    work w = {.name = "additive"};
    mr_pool *pool;
    starve("fit", additive, &w, NULL, 1000, 1);
    assert_int_equal(mr_pool_new(3, &pool, NULL), MR_OK);
    starve("fit, threads", additive, &w, pool, 1000, 1);
    mr_pool_free(pool);
}

/* Moments where nobody saw when: each spell is five days, of which one may have been the last; two clocks, curves too. */
static mr_status spells(work *w, const mr_context *context, mr_error *err) {
    enum { SPELLS = 2500, DAYS = 5, BINS = 60, ROWS = 2 * SPELLS * DAYS };
    static uint16_t start[ROWS], season[ROWS];
    static unsigned char event[ROWS];
    static double exposure[ROWS], still[2 * SPELLS];
    static size_t first[2 * SPELLS + 1];
    double hazard[BINS];
    const uint16_t *const bin[] = {start, season};
    const mr_clock clocks[] = {{.name = "start", .bins = BINS, .narrow = 2, .wide = 12, .knot = 20}, {.name = "season", .bins = 12, .narrow = 1, .wide = 3, .role = MR_CLOCK_DATE}};
    const mr_moment_options options = {.level = .05, .seed = 1, .replicates = 100, .least_ratio = 1};
    mr_clock_curve curves[2] = {{.hazard = hazard, .bandwidth = 4}, {.bandwidth = 1}};
    mr_moments out;
    rng r;
    size_t n = 0, k = 0;
    rng_seed(&r, test_seed(), 0);
    memset(&out, 0, sizeof out);
    for (int i = 0; i < SPELLS; i++) {
        int from = (int)rng_below(&r, BINS - DAYS), year = (int)rng_below(&r, 12);
        bool left = false;
        for (int a = 0; a < DAYS && !left; a++) left = rng_uniform(&r) < (from + a >= 20 && from + a < 25 ? .2 : .01);
        for (int silent = 0; silent < 1 + left; silent++) {
            first[k] = n;
            still[k++] = silent ? 0 : .5;
            for (int a = 0; a < DAYS; a++, n++) {
                start[n] = (uint16_t)(from + a);
                season[n] = (uint16_t)year;
                event[n] = (unsigned char)silent;
                exposure[n] = 1 - (double)a / DAYS / 2;
            }
        }
    }
    first[k] = n;
    const mr_moment_rows rows = {.n = n, .clocks = 2, .bin = bin, .exposure = exposure, .event = event, .spells = k, .first = first, .still = still};
    mr_status status = mr_moments_find(&rows, clocks, &options, context, &out, curves, err);
    if (status != MR_OK) return status;
    assert_true(out.n >= 1);
    w->out[0] = (double)out.n;
    for (uint32_t i = 0; i < out.n; i++) {
        w->out[1 + 4 * i] = out.moment[i].centre;
        w->out[2 + 4 * i] = out.moment[i].ratio;
        w->out[3 + 4 * i] = out.moment[i].low;
        w->out[4 + 4 * i] = out.moment[i].high;
    }
    memcpy(w->out + 1 + 4 * out.n, hazard, sizeof hazard);
    return status;
}

static void moments_of_spells(void **state) {
    (void)state;
    static double alone[512], together[512];
    work w = {.name = "spells", .out = alone};
    assert_int_equal(spells(&w, NULL, NULL), MR_OK);
    starve("moments", spells, &w, NULL, 1000, 1);
    for (int threads = 2; threads <= 5; threads += 3) {
        mr_pool *pool;
        assert_int_equal(mr_pool_new(threads, &pool, NULL), MR_OK);
        w.out = together;
        memset(together, 0, sizeof together);
        assert_int_equal(spells(&w, &(mr_context){.pool = pool}, NULL), MR_OK);
        assert_memory_equal(alone, together, sizeof alone);
        if (threads == 2) starve("moments, threads", spells, &w, pool, 20, 5);
        mr_pool_free(pool);
    }
}

/* Starts compared on a sample, and a sample before the whole: their own allocations. */
static void samples(void **state) {
    (void)state;
    starved("nbd", 1, SANITIZED ? 5500 : 6000, .8, 9, 0, 0, 1000, SANITIZED ? 3 : 1);
    starved("nbd", 1, 48500, .8, 9, 0, 0, 10, SANITIZED ? 17 : 3);
}

typedef struct patience {
    uint64_t calls, last;
    _Atomic int inside;
} patience;

static int stop_at_last(uint64_t done, uint64_t total, void *ctx) {
    (void)done, (void)total;
    patience *p = ctx;
    assert_int_equal(atomic_fetch_add(&p->inside, 1), 0); /* one at a time */
    p->calls++;
    atomic_fetch_sub(&p->inside, 1);
    return p->last && p->calls >= p->last;
}

static void cancelled(void **state) {
    (void)state;
    for (int threads = 1; threads <= 3; threads += 2) {
        mr_params truth = params_of("mbg-cnbd-k", 2, 1.5, 3, .6, 2);
        customers c;
        customers_new(&c, &truth, 5500, 10, 50, 0, test_seed());
        patience p = {0};
        heap h = {0};
        mr_alloc alloc = heap_alloc(&h);
        mr_context context = {.alloc = &alloc, .progress = stop_at_last, .progress_ctx = &p};
        assert_int_equal(mr_pool_new(threads, &context.pool, NULL), MR_OK);
        mr_fit fit;
        mr_error err = {0};
        assert_int_equal(mr_model_fit(truth.model, &c.data, NULL, &context, &fit, &err), MR_OK);
        uint64_t all = p.calls;
        assert_true(all > 20);
        for (uint64_t n = 1; n <= all; n += n < 10 ? 1 : 1 + all / 12) {
            p = (patience){.last = n};
            assert_int_equal(mr_model_fit(truth.model, &c.data, NULL, &context, &fit, &err), MR_ECANCELLED);
            assert_int_equal(err.code, MR_ECANCELLED);
            assert_int_equal(p.calls, n);
            assert_int_equal(atomic_load(&h.live), 0);
            assert_false(fit.converged);
        }
        mr_pool_free(context.pool);
        customers_free(&c);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(allocations), cmocka_unit_test(samples), cmocka_unit_test(additive_models), cmocka_unit_test(moments_of_spells),
                                       cmocka_unit_test(cancelled)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
