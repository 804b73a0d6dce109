/* Critical moments: none named where none are, on backgrounds that make it hard; planted ones found, where they are and once; the same bits on any
 * number of threads. bench/moments does this 200 times over. */
#include "customers.h"
#include "moments_world.h"

static const mr_moment_options options = {.level = .05, .seed = 7, .replicates = 999, .least_ratio = 1.1};

static void find(const made_world *w, const mr_context *context, mr_moments *out, mr_clock_curve *curves) {
    world_rows r;
    mr_error err = {0};
    world_make(w, &r);
    if (mr_moments_find(&r.rows, world_clocks, &options, context, out, curves, &err) != MR_OK) fail_msg("%s", err.message);
    world_free(&r);
}

static uint32_t of_the_cycle(const mr_moments *m) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < m->n; i++) n += world_clocks[m->moment[i].clock].role == MR_CLOCK_CYCLE;
    return n;
}

static const made_world nothing[] = {
    {.customers = 5000, .days = 900, .daily = .0007},
    {.customers = 5000, .days = 900, .daily = .0007, .frailty = .6, .slope = WEIBULL, .season = .3, .weekdays = true, .troubled = true},
    {.customers = 5000, .days = 900, .daily = .0007, .frailty = 2, .slope = BATHTUB, .season = .5, .month_starts = true},
    {.customers = 5000, .days = 900, .daily = .0007, .frailty = 1, .slope = FALLING, .all_at_once = true, .annual = true},
};

static void nothing_where_nothing_is(void **state) {
    (void)state;
    uint64_t seed = test_seed();
    int named = 0, runs = SANITIZED ? 1 : 12, all = 0;
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
        for (int run = 0; run < runs; run++, all++) {
            made_world w = nothing[i];
            mr_moments m;
            w.seed = seed + (uint64_t)run;
            find(&w, NULL, &m, NULL);
            named += of_the_cycle(&m) > 0;
        }
    print_message("moments named in %d of %d worlds without any\n", named, all);
    assert_true(named <= (SANITIZED ? 2 : 8)); /* of 48 at .05: more in one of a thousand */
}

static void planted_are_found(void **state) {
    (void)state;
    static const planted all[] = {{TENURE, 23, 37, 2.2}, {RENEWAL, 90, 120, 2}, {SECOND_PROBLEM, 0, 21, 2}};
    int runs = SANITIZED ? 1 : 6;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        int found = 0, more = 0;
        double ratio = 0;
        for (int run = 0; run < runs; run++) {
            made_world w = {.customers = 5000, .days = 900, .daily = .001, .frailty = 2, .slope = FALLING, .season = .3, .weekdays = true, .plant = {all[i]}, .plants = 1};
            mr_moments m;
            w.seed = test_seed() + (uint64_t)run;
            find(&w, NULL, &m, NULL);
            for (uint32_t k = 0; k < m.n; k++) {
                const mr_moment *f = &m.moment[k];
                if (world_clocks[f->clock].role != MR_CLOCK_CYCLE) continue;
                bool here = (int)f->clock == all[i].clock && fabs(f->centre - (all[i].from + all[i].to) / 2.0) <= 7;
                found += here;
                more += !here;
                if (here) ratio += f->shrunk / runs;
                assert_true(f->low <= f->ratio && f->ratio <= f->high && f->shrunk <= f->ratio + 1e-12 && f->from < f->to && f->p <= f->q);
                assert_true(f->centre_low <= f->centre_high && f->events >= 0 && f->expected > 0);
            }
        }
        print_message("%s: found in %d of %d, ratio %.2f, others %d\n", world_clocks[all[i].clock].name, found, runs, ratio, more);
        assert_true(found >= runs - 1);
        assert_true(more <= 1);
        if (!SANITIZED) assert_true(ratio > 1.6 && ratio < 2.6);
    }
}

/* Where all terms are of a year the renewal is the anniversary: one moment, on the renewal, and the anniversary named beside it. */
static void twins_are_one(void **state) {
    (void)state;
    made_world w = {.customers = 5000, .days = 900, .daily = .001, .annual = true, .plant = {{ANNIVERSARY, 60, 90, 3}}, .plants = 1, .seed = test_seed()};
    mr_moments m;
    find(&w, NULL, &m, NULL);
    assert_int_equal(of_the_cycle(&m), 1);
    assert_int_equal(m.moment[0].clock, RENEWAL);
    bool named = false;
    for (uint32_t i = 0; i < m.moment[0].aliases; i++) named |= m.moment[0].alias[i].clock == ANNIVERSARY && !m.moment[0].alias[i].apart;
    assert_true(named);
}

/* Chances in place of rates. */
static void chances(void **state) {
    (void)state;
    enum { N = 30000 };
    uint16_t *bin = malloc(N * sizeof *bin);
    unsigned char *event = malloc(N);
    const uint16_t *column[] = {bin};
    const mr_clock clock = {.name = "silence", .bins = 80, .narrow = 3, .wide = 20, .knot = 40};
    int found = 0, named = 0;
    for (int run = 0; run < 20; run++) {
        for (size_t i = 0; i < N; i++) {
            rng r;
            rng_seed(&r, test_seed() + (uint64_t)run, i);
            bin[i] = (uint16_t)rng_below(&r, 80);
            double odds = 0.3 * exp(bin[i] / 40.0) * (run < 10 && bin[i] >= 20 && bin[i] < 30 ? 2 : 1);
            event[i] = rng_uniform(&r) < odds / (1 + odds);
        }
        mr_moments m;
        mr_error err = {0};
        const mr_moment_rows rows = {.n = N, .clocks = 1, .bin = column, .event = event, .binary = true};
        if (mr_moments_find(&rows, &clock, &options, NULL, &m, NULL, &err) != MR_OK) fail_msg("%s", err.message);
        if (run < 10) found += m.n >= 1 && fabs(m.moment[0].centre - 25) < 2 && m.moment[0].low < 2.1 && m.moment[0].high > 1.9;
        else named += m.n > 0;
    }
    free(bin);
    free(event);
    assert_true(found >= 8);
    assert_true(named <= 3);
}

/* Nobody saw when: events lie in one of six bins, or the spell goes on. Returns whether the planted excess, bins 40 to 49, is found in its place. */
static uint32_t blurred(uint64_t seed, double ratio, const mr_context *context, mr_moments *m) {
    enum { SPELLS = 30000, WIDE = 12, BINS = 120 };
    uint16_t *bin = malloc(2 * SPELLS * WIDE * sizeof *bin);
    unsigned char *event = malloc(2 * SPELLS * WIDE);
    double *exposure = malloc(2 * SPELLS * WIDE * sizeof *exposure), *still = malloc(2 * SPELLS * sizeof *still);
    size_t *first = malloc((2 * SPELLS + 1) * sizeof *first), n = 0, spells = 0;
    const uint16_t *column[] = {bin};
    const mr_clock clock = {.name = "start", .bins = BINS, .narrow = 3, .wide = 30, .knot = 40, .steep = 2};
    for (size_t i = 0; i < SPELLS; i++) {
        rng r;
        rng_seed(&r, seed, i);
        int from = (int)rng_below(&r, BINS + WIDE) - WIDE, gap = 1 + (int)(rng_uniform(&r) * WIDE), left = 0;
        for (int a = 0; a < gap && !left; a++) /* nobody leaves on a day that is none of the clock's: it would be told of the days that are */
            left = from + a >= 0 && from + a < BINS && rng_uniform(&r) < 0.004 * (from + a >= 40 && from + a < 50 ? ratio : 1);
        for (int silent = 0; silent < 1 + left; silent++) {
            first[spells] = n;
            for (int a = 0; a < WIDE; a++) {
                if (from + a < 0 || from + a >= BINS) continue;
                bin[n] = (uint16_t)(from + a);
                event[n] = (unsigned char)silent;
                exposure[n++] = (double)(WIDE - a) / WIDE;
            }
            still[spells] = 0;
            spells += n > first[spells];
        }
    }
    first[spells] = n;
    mr_error err = {0};
    const mr_moment_rows rows = {.n = n, .clocks = 1, .bin = column, .exposure = exposure, .event = event, .spells = spells, .first = first, .still = still};
    if (mr_moments_find(&rows, &clock, &options, context, m, NULL, &err) != MR_OK) fail_msg("%s", err.message);
    free(bin);
    free(event);
    free(exposure);
    free(still);
    free(first);
    return m->n == 1 && fabs(m->moment[0].centre - 45) <= 4 && m->moment[0].low < ratio && m->moment[0].high > ratio;
}

static void blurred_days(void **state) {
    (void)state;
    int runs = SANITIZED ? 2 : 20;
    uint32_t found = 0, named = 0;
    mr_moments m, again;
    for (int run = 0; run < runs; run++) {
        found += blurred(test_seed() + (uint64_t)run, 3, NULL, &m);
        blurred(test_seed() + 1000 + (uint64_t)run, 1, NULL, &m);
        named += m.n > 0;
    }
    print_message("blurred: found %u, named without any %u, of %d\n", found, named, runs);
    assert_true(found + 4 >= (uint32_t)runs);
    assert_true(named <= 4); /* of 20 at .05: more in three of a thousand */
    mr_context context = {0};
    blurred(test_seed(), 3, NULL, &m);
    assert_int_equal(mr_pool_new(3, &context.pool, NULL), MR_OK);
    blurred(test_seed(), 3, &context, &again);
    mr_pool_free(context.pool);
    assert_memory_equal(&m, &again, sizeof m);
}

static void same_bits(void **state) {
    (void)state;
    static const int threads[] = {1, 2, 3, 5};
    made_world w = {.customers = 1500, .days = 900, .daily = .001, .plant = {{TENURE, 23, 37, 4}}, .plants = 1, .seed = test_seed()};
    mr_moments first = {0}, m;
    double hazard[2][730];
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        mr_context context = {0};
        mr_clock_curve curves[WORLD_CLOCKS];
        memset(curves, 0, sizeof curves);
        for (int c = 0; c < WORLD_CLOCKS; c++) curves[c].bandwidth = 14;
        curves[TENURE].hazard = hazard[i > 0];
        assert_int_equal(mr_pool_new(threads[i], &context.pool, NULL), MR_OK);
        find(&w, &context, i ? &m : &first, curves);
        mr_pool_free(context.pool);
        if (!i) continue;
        assert_memory_equal(&first, &m, sizeof m);
        assert_memory_equal(hazard[0], hazard[1], sizeof hazard[0]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_where_nothing_is), cmocka_unit_test(planted_are_found), cmocka_unit_test(twins_are_one), cmocka_unit_test(chances), cmocka_unit_test(blurred_days),
                                       cmocka_unit_test(same_bits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
