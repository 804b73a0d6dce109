/* How renewals go by number, on bases whose law is known: the way that is believed, how near it comes, and that its intervals hold what they should. */
#include "customers.h"

#include <check.h>

#include <renewals.h>
#include <rng.h>
#include <status.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct law {
    double alpha, beta; /* of the chance to cancel; beta 0: everybody's is alpha */
} law;

static double truth(law l, uint32_t made) {
    return l.beta > 0 ? l.alpha / (l.alpha + l.beta + made) : l.alpha;
}

/* n customers, watched for 0 to `most` renewals. */
static accounts base_of(law l, size_t n, uint32_t most, uint64_t seed) {
    accounts a = {.until = 20000, .n = n, .spells = n};
    a.row = calloc(n, sizeof *a.row);
    a.spell = calloc(n, sizeof *a.spell);
    for (size_t i = 0; i < n; i++) {
        rng r;
        rng_seed(&r, seed, i);
        double theta = l.beta > 0 ? rng_beta(&r, l.alpha, l.beta) : l.alpha;
        uint32_t watched = (uint32_t)rng_below(&r, most + 1U), made = 0;
        while (made < watched && rng_uniform(&r) >= theta) made++;
        bool stays = made == watched;
        a.spell[i] = (account_spell){.days = (int32_t)(365 * made + 100), .ended = 20000, .renewals = made, .ending = stays ? BOOK_STAYS : BOOK_AT_RENEWAL, .dated = true};
        a.row[i].at = (book_standing){.seen = true, .under = stays, .renewals = made, .renewal_day = stays ? 20100 : TRACE_NO_DAY, .left_day = stays ? TRACE_NO_DAY : 20000};
    }
    return a;
}

static void drop(accounts *a) {
    free(a->row);
    free(a->spell);
}

static renewals made_of(const accounts *a) {
    renewals r;
    mr_error err = {0};
    if (renewals_make(a, &r, &err) != MR_OK) fail_msg("%s", err.message);
    return r;
}

/* With customers enough the law is found, and numbers that nobody has reached follow from it. */
static void test_found(void **state) {
    (void)state;
    static const law laws[] = {{.8, 2}, {1.2, 3}, {.5, .9}};
    for (size_t i = 0; i < sizeof laws / sizeof *laws; i++) {
        accounts a = base_of(laws[i], 30000, 6, test_seed() + i);
        renewals r = made_of(&a);
        assert_true(r.weight[RENEWALS_SAME] < .01);
        for (uint32_t k = 0; k < 12; k++) assert_near(renewals_lost(&r, k, .8).middle, truth(laws[i], k), k < 6 ? .02 : .05);
        drop(&a);
    }
}

static void test_same(void **state) {
    (void)state;
    int same = 0;
    for (uint64_t i = 0; i < 20; i++) {
        accounts a = base_of((law){.25, 0}, 2000, 6, test_seed() + 100 + i);
        renewals r = made_of(&a);
        same += r.way == RENEWALS_SAME;
        assert_near(renewals_lost(&r, 9, .8).middle, .25, .09); /* three beyond the data */
        drop(&a);
    }
    print_message("one share for all most believed in %d of 20 bases that have one\n", same);
    assert_true(same >= 10);
}

/* Of small bases: nearer to the truth than each number counted by itself; 80 % intervals that hold about 80 %. */
static void test_nearer(void **state) {
    (void)state;
    static const law laws[] = {{.8, 2}, {1.2, 3}, {2, 8}, {.25, 0}};
    enum { BASES = 60, NUMBERS = 6 };
    for (size_t i = 0; i < sizeof laws / sizeof *laws; i++) {
        double chosen = 0, counted = 0, inside = 0, n = 0;
        for (uint64_t b = 0; b < BASES; b++) {
            accounts a = base_of(laws[i], 300, 6, test_seed() + 1000 * (i + 1) + b);
            renewals r = made_of(&a), plain = r;
            for (int w = 0; w < RENEWALS_WAYS; w++) plain.weight[w] = w == RENEWALS_COUNTED;
            for (uint32_t k = 0; k < NUMBERS; k++) {
                double q = truth(laws[i], k), e = renewals_lost(&r, k, .8).middle - q, c = renewals_lost(&plain, k, .8).middle - q;
                renewals_share s = renewals_lost(&r, k, .8);
                chosen += e * e;
                counted += c * c;
                inside += s.low <= q && q <= s.high;
                n++;
            }
            drop(&a);
        }
        print_message("alpha %g beta %g: root mean squared error %.4f, counted %.4f; %.0f %% of 80 %% intervals hold the truth\n", laws[i].alpha, laws[i].beta, sqrt(chosen / n),
                      sqrt(counted / n), 100 * inside / n);
        assert_true(chosen < counted);
        assert_true(inside / n > .7);
    }
}

/* Next dates alone: a date that is past is somebody's who left. */
static void test_afterwards(void **state) {
    (void)state;
    accounts a = base_of((law){.3, 0}, 500, 6, test_seed());
    assert_false(made_of(&a).afterwards);
    for (size_t i = 0; i < a.spells; i++) a.spell[i].renewals = a.row[i].at.renewals = 0;
    renewals r = made_of(&a);
    assert_true(r.afterwards);
    assert_true(r.all_due == r.all_lost && r.all_due > 50);
    for (size_t i = 0; i < 3; i++) a.spell[i].renewals = 1; /* a few that were kept by chance */
    assert_true(made_of(&a).afterwards);
    for (size_t i = 0; i < a.n; i++) a.row[i].at.renewal_day = TRACE_NO_DAY; /* who is here has no date: then a date is no promise of leaving, either */
    assert_false(made_of(&a).afterwards);
    drop(&a);
}

/* Too little, and nobody who left. */
static void test_little(void **state) {
    (void)state;
    accounts none = {.until = 20000};
    renewals r = made_of(&none);
    assert_true(isnan(renewals_lost(&r, 0, .8).middle));
    accounts a = base_of((law){.3, 0}, 12, 2, test_seed());
    for (size_t i = 0; i < a.spells; i++) a.spell[i] = (account_spell){.days = 900, .ended = 20000, .renewals = 2, .ending = BOOK_STAYS, .dated = true};
    r = made_of(&a);
    renewals_share s = renewals_lost(&r, 0, .8);
    assert_true(!r.afterwards && s.middle >= 0 && s.middle < .1 && s.low <= s.middle && s.middle <= s.high);
    s = renewals_lost(&r, 70, .8);
    assert_true(s.middle >= 0 && s.middle <= 1);
    for (size_t i = 0; i < a.spells; i++) a.spell[i].renewals = i == 0 ? 1000000 : i % 3 ? 1 : 0, a.spell[i].ending = i % 2 ? BOOK_AT_RENEWAL : BOOK_STAYS;
    r = made_of(&a); /* a term a day for 2,700 years */
    s = renewals_lost(&r, 999999, .8);
    assert_true(isfinite(s.middle) && s.low <= s.high);
    drop(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_found), cmocka_unit_test(test_same), cmocka_unit_test(test_nearer), cmocka_unit_test(test_afterwards),
                                       cmocka_unit_test(test_little)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
