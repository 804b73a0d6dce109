/* Routing: what is believed of whom by how many cases of which kind, who is chosen, and the simulated half-year: regret falls, nobody is starved. */
#include "customers.h"
#include "routing_world.h"

#include <math.h>
#include <string.h>

#define assert_ok(call, err) do { mr_status assert_status = (call); if (assert_status) fail_msg("%s: %s", #call, (err)->message); } while (0)

static void near(double a, double b, double by) {
    if (!(fabs(a - b) <= by)) fail_msg("%.17g is not %.17g", a, b);
}

static const routing_sizes sizes = {2, 3, 2};

static routing_model *fitted(const routing_count *count, size_t n) {
    mr_error err = {0};
    routing_model *m;
    assert_ok(routing_fit(count, n, &sizes, NULL, &m, &err), &err);
    return m;
}

static double between(double x, double low, double high, const char *what) {
    if (!(x >= low && x <= high)) fail_msg("%s is %g, not %g to %g", what, x, low, high);
    return x;
}

static void nothing_known(void **state) {
    (void)state;
    routing_model *m = fitted(NULL, 0);
    const routing_effect none = routing_effect_of(m, 3, 1, 1), nobody = routing_effect_of(NULL, 0, 0, 0);
    near(none.mean, 0, 0);
    between(none.sd, .3, .6, "what is not known");
    near(nobody.sd, none.sd, .01);
    near(routing_share(m, 0, 0, 0), .5, 1e-12);
    near(routing_share(NULL, 9, 9, 9), .5, 1e-12);
    routing_free(m);
    routing_free(NULL);
}

/* Nine colleagues with forty cases each of which half were kept, and one with a lucky week. */
static size_t crowd(routing_count *count) {
    for (uint32_t p = 0; p < 9; p++) count[p] = (routing_count){p, 0, 0, 0, 40, 20};
    return 9;
}

static void a_lucky_week(void **state) {
    (void)state;
    routing_count count[12];
    size_t n = crowd(count);
    count[n++] = (routing_count){9, 0, 0, 0, 5, 5};
    routing_model *m = fitted(count, n);
    routing_effect lucky = routing_effect_of(m, 9, 0, 0), usual = routing_effect_of(m, 0, 0, 0);
    double share = routing_moved(routing_share(m, 0, 0, 0), lucky.mean);
    between(share, .52, .64, "what five of five are believed to be");
    assert_true(lucky.sd > usual.sd && lucky.cases == 5);
    routing_free(m);
    count[9] = (routing_count){9, 0, 0, 0, 200, 180}; /* nine of ten of many are believed, nearly */
    m = fitted(count, n);
    share = routing_moved(routing_share(m, 0, 0, 0), routing_effect_of(m, 9, 0, 0).mean);
    between(share, .72, .93, "what nine of ten of two hundred are believed to be");
    routing_free(m);
}

/* A's cases are hard ones and B's easy: A keeps fewer and is the better one. */
static void the_cases_they_got(void **state) {
    (void)state;
    routing_count count[16];
    size_t n = 0;
    for (uint32_t p = 2; p < 6; p++) {
        count[n++] = (routing_count){p, 0, 0, 0, 100, 20}; /* hard: one in five is kept */
        count[n++] = (routing_count){p, 1, 0, 0, 100, 80}; /* easy */
    }
    count[n++] = (routing_count){0, 0, 0, 0, 100, 35};
    count[n++] = (routing_count){1, 1, 0, 0, 100, 70};
    routing_model *m = fitted(count, n);
    assert_true(routing_effect_of(m, 0, 0, 0).mean > .2);
    assert_true(routing_effect_of(m, 1, 0, 0).mean < -.1);
    assert_true(routing_share(m, 0, 0, 0) < .3 && routing_share(m, 1, 0, 0) > .7);
    between(routing_share(m, 1, 2, 1), .7, .8, "a reason there were no cases of, by its kind");
    routing_free(m);
}

/* Good with one reason: much for that one, a little for others. */
static void by_reason(void **state) {
    (void)state;
    routing_count count[40];
    size_t n = 0;
    for (uint32_t p = 0; p < 8; p++)
        for (uint32_t r = 0; r < 3; r++) count[n++] = (routing_count){p, 0, r, 0, 60, p == 0 && r == 1 ? 52 : p == 1 && r == 2 ? 48 : 30};
    routing_model *m = fitted(count, n);
    double own = routing_effect_of(m, 0, 1, 0).mean, other_tier = routing_effect_of(m, 0, 1, 1).mean, other = routing_effect_of(m, 0, 0, 0).mean;
    assert_true(own > .6 && other_tier > .3 && other_tier < own && other < .3 && other > -.4);
    assert_true(routing_effect_of(m, 0, 1, 1).sd > routing_effect_of(m, 0, 1, 0).sd);
    routing_free(m);
}

/* In any order of the record, and of who can, it is the same. */
static void orders(void **state) {
    (void)state;
    routing_count count[20], back[20];
    size_t n = 0;
    for (uint32_t p = 0; p < 5; p++)
        for (uint32_t r = 0; r < 3; r++) count[n++] = (routing_count){p, p % 2, r, p % 2, 12 + p, 3 + 2 * r};
    for (size_t i = 0; i < n; i++) back[i] = count[n - 1 - i];
    routing_model *a = fitted(count, n), *b = fitted(back, n);
    const routing_candidate can[] = {{0, 11}, {1, 12}, {2, 13}, {3, 14}, {ROUTING_NOBODY, 15}}, turned[] = {{ROUTING_NOBODY, 15}, {3, 14}, {2, 13}, {1, 12}, {0, 11}};
    for (uint32_t p = 0; p < 5; p++) near(routing_effect_of(a, p, 1, 0).mean, routing_effect_of(b, p, 1, 0).mean, 1e-12);
    size_t random = 0, times[5] = {0};
    for (uint64_t draw = 0; draw < 20000; draw++) {
        routing_choice x = routing_choose(a, 1, 0, can, 5, draw * 977, .1), y = routing_choose(b, 1, 0, turned, 5, draw * 977, .1);
        assert_true(can[x.chosen].key == turned[y.chosen].key && x.random == y.random);
        near(x.probability, x.random ? .2 : 0, 0);
        random += x.random;
        times[x.chosen] += x.random;
        assert_true(routing_choose(a, 1, 0, can, 1, draw, .1).chosen == 0);
    }
    between((double)random / 20000, .09, .11, "the share at random");
    for (int i = 0; i < 5; i++) between((double)times[i] / (double)random, .16, .24, "of these, each's share");
    assert_false(routing_choose(a, 1, 0, can, 5, 3, 0).random);
    assert_true(routing_choose(a, 1, 0, can, 5, 3, 1).random);
    routing_free(a);
    routing_free(b);
}

/* Who is new gets cases, though another is known to be good; who is known to be bad gets few but by the random share. */
static void somebody_new(void **state) {
    (void)state;
    routing_count count[12];
    size_t n = crowd(count), times[3] = {0};
    count[0].kept = 30; /* .75 */
    count[1].kept = 6;  /* .15 */
    routing_model *m = fitted(count, n);
    const routing_candidate can[] = {{0, 21}, {1, 22}, {ROUTING_NOBODY, 23}};
    for (uint64_t draw = 1; draw <= 10000; draw++) times[routing_choose(m, 0, 0, can, 3, draw * 7919, .1).chosen]++;
    between((double)times[2], 700, 4500, "of ten thousand cases, those of who is new");
    between((double)times[1], 250, 1000, "of who is known to be bad");
    assert_true(times[0] > times[2]);
    routing_free(m);
}

static void bad_input(void **state) {
    (void)state;
    const routing_count wrong[] = {{0, 2, 0, 0, 1, 1}, {0, 0, 3, 0, 1, 1}, {0, 0, 0, 2, 1, 1}, {ROUTING_NOBODY, 0, 0, 0, 1, 1}, {0, 0, 0, 0, 1, 2}, {0, 0, 0, 0, 1, -1}, {0, 0, 0, 0, NAN, 0}, {0, 0, 0, 0, INFINITY, 0}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        mr_error err = {0};
        routing_model *m;
        assert_int_equal(routing_fit(&wrong[i], 1, &sizes, NULL, &m, &err), MR_EDATA);
        assert_null(m);
        assert_int_equal(err.row, 0);
    }
    const routing_count much[] = {{0, 0, 0, 0, 1e9, 1e9}, {1, 0, 0, 0, 1e9, 0}, {2, 1, 1, 1, 0, 0}};
    routing_model *m = fitted(much, 3);
    assert_true(isfinite(routing_effect_of(m, 0, 0, 0).mean) && isfinite(routing_effect_of(m, 2, 1, 1).sd));
    assert_true(routing_effect_of(m, 0, 0, 0).mean > routing_effect_of(m, 1, 0, 0).mean);
    routing_free(m);
}

static void half_a_year(void **state) {
    (void)state;
    enum { SEEDS = 8 };
    double first = 0, last = 0, alike = 0;
    for (uint64_t seed = 101; seed < 101 + SEEDS; seed++) {
        mr_error err = {0};
        world_result r;
        assert_ok(world_run(seed, 16, .1, &r, &err), &err);
        first += world_regret(&r, WORLD_ROUTING, 0) / SEEDS;
        last += world_regret(&r, WORLD_ROUTING, WORLD_MONTHS - 1) / SEEDS;
        alike += world_regret(&r, WORLD_EQUAL, WORLD_MONTHS - 1) / SEEDS;
        for (int m = 0; m < WORLD_MONTHS; m++)
            for (int p = 0; p < WORLD_PEOPLE; p++)
                if ((p != WORLD_LATE || 21 * m >= WORLD_JOINS_DAY) && !(r.of[WORLD_ROUTING][m][p] >= 1)) fail_msg("seed %d: person %d got no case in month %d", (int)seed, p, m + 1);
        assert_true(r.of[WORLD_ROUTING][WORLD_JOINS_DAY / 21][WORLD_LATE] >= 20); /* who joins is tried */
    }
    print_message("kept fewer of 100 than by one who knows: first month %.1f, last %.1f; given to everybody alike %.1f\n", first, last, alike);
    assert_true(last < .6 * first && last < .6 * alike);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_known), cmocka_unit_test(a_lucky_week), cmocka_unit_test(the_cases_they_got), cmocka_unit_test(by_reason), cmocka_unit_test(orders),
                                       cmocka_unit_test(somebody_new), cmocka_unit_test(bad_input), cmocka_unit_test(half_a_year)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
