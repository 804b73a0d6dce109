/* Intervals of offer trials in made-up worlds whose truth is known: how often they hold it, with few cases, lopsided draws and chances that changed on the way; and how often an offer that does nothing is continued. The seed is printed,
 * and can be given back as MARRAM_SEED. */
#include "check.h"

#include <offer_trial.h>
#include <rng.h>

#include <inttypes.h>
#include <stdlib.h>

enum { WORLDS = 4000, MOST = 2000 };

typedef struct world {
    const char *name;
    double base, effect;
    int n[2];          /* drawn with each of two chances */
    double chance[2];
    double drift;      /* how much more of those of the second chance stay by themselves: what would mislead whoever threw both together */
} world;

static const world worlds[] = {
    {"many", .6, .1, {400, 0}, {.7, 0}, 0},         {"few", .6, .1, {60, 0}, {.8, 0}, 0},       {"very few held", .7, .15, {80, 0}, {.9, 0}, 0},  {"rare", .05, .03, {300, 0}, {.7, 0}, 0},
    {"nearly all", .93, .05, {150, 0}, {.8, 0}, 0}, {"nothing", .5, 0, {200, 0}, {.8, 0}, 0}, {"chances changed", .4, .1, {200, 200}, {.5, .9}, .3}, {"harm", .6, -.1, {300, 0}, {.7, 0}, 0},
};

static size_t draw(rng *r, const world *w, offer_trial_case *of) {
    size_t n = 0;
    for (int s = 0; s < 2; s++)
        for (int i = 0; i < w->n[s]; i++) {
            offer_trial_case c = {.probability = w->chance[s], .shown = rng_uniform(r) < w->chance[s]};
            c.kept = rng_uniform(r) < w->base + (s ? w->drift : 0) + (c.shown ? w->effect : 0);
            of[n++] = c;
        }
    return n;
}

static void intervals_hold_the_truth(void **state) {
    const char *seed = getenv("MARRAM_SEED");
    uint64_t number = seed ? strtoull(seed, NULL, 10) : 20261124;
    static offer_trial_case of[MOST];
    rng r;
    (void)state;
    printf("seed %" PRIu64 "; %d worlds each: share of 95 %% and 99 %% intervals that hold the truth\n", number, WORLDS);
    rng_seed(&r, number, 1);
    for (size_t k = 0; k < sizeof worlds / sizeof *worlds; k++) {
        const world *w = &worlds[k];
        int held95 = 0, held99 = 0, met = 0, continued = 0;
        double sum = 0;
        for (int i = 0; i < WORLDS; i++) {
            offer_trial t;
            const char *why;
            offer_trial_of(of, draw(&r, w, of), &t);
            if (!t.shown) continue;
            const offer_account a = {.early = &t, .late = &t, .shown = t.shown, .accepted = t.shown};
            met++;
            sum += t.difference;
            held95 += t.low <= w->effect && w->effect <= t.high;
            held99 += t.low99 <= w->effect && w->effect <= t.high99;
            continued += offer_finding_of(&a, &why) == OFFER_CONTINUE;
        }
        double at95 = (double)held95 / met, at99 = (double)held99 / met, mean = sum / met;
        printf("%-16s %.3f %.3f   difference %+.3f for %+.3f   continued %.3f\n", w->name, at95, at99, mean, w->effect, (double)continued / met);
        assert_true(at95 > .938 && at99 > .983);
        assert_true(fabs(mean - w->effect) < .01);
        if (w->effect <= 0) assert_true(continued < .012 * met);
    }
}

/* One by hand: Newcombe 1998, table II, (a): 56 of 70 against 48 of 80: .0524 to .3339. */
static void published(void **state) {
    static offer_trial_case of[150];
    offer_trial t;
    (void)state;
    for (int i = 0; i < 150; i++) of[i] = (offer_trial_case){.5, i < 70, i < 70 ? i < 56 : i - 70 < 48};
    offer_trial_of(of, 150, &t);
    assert_near(t.difference, .2, 1e-12);
    assert_near(t.low, .0524, 5e-5);
    assert_near(t.high, .3339, 5e-5);
}

static void findings(void **state) {
    const char *why;
    const offer_trial none = {.low = -1, .high = 1, .low99 = -1, .high99 = 1}, good = {.shown = 9, .held = 9, .difference = .2, .low = .12, .high = .28, .low99 = .1, .high99 = .3},
                      bad = {.shown = 9, .held = 9, .difference = -.2, .low = -.28, .high = -.12, .low99 = -.3, .high99 = -.1}, flat = {.shown = 9, .held = 9, .difference = -.001, .low = -.01, .high = .01, .low99 = -.015, .high99 = .012},
                      open = {.shown = 9, .held = 9, .difference = .05, .low = -.2, .high = .3, .low99 = -.25, .high99 = .35};
    const struct {
        offer_account a;
        offer_finding want;
    } rows[] = {
        {{&none, &none, 5, 5, 10, 100}, OFFER_NOT_KNOWN}, {{&good, &none, 50, 20, 5, 100}, OFFER_CONTINUE}, {{&good, &good, 50, 20, 5, 0}, OFFER_CONTINUE}, {{&good, &good, 50, 20, 15, 100}, OFFER_CHANGE},
        {{&good, &good, 50, 20, 50, 100}, OFFER_CHANGE},  {{&bad, &bad, 50, 20, 5, 100}, OFFER_DROP},        {{&good, &flat, 50, 20, 5, 100}, OFFER_CHANGE},  {{&flat, &flat, 50, 20, 5, 100}, OFFER_DROP},
        {{&open, &open, 50, 20, 5, 100}, OFFER_NOT_KNOWN}, {{&open, &open, 50, 1, 5, 100}, OFFER_CHANGE},    {{&open, &open, 20, 0, 5, 100}, OFFER_NOT_KNOWN},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (offer_finding_of(&rows[i].a, &why) != rows[i].want) fail_msg("row %zu: %s", i, why);
    assert_true(offer_trial_lacks(.6, .1, .8, 0) > 900 && offer_trial_lacks(.6, .1, .8, 0) < 1400);
    assert_true(offer_trial_lacks(.6, .1, .8, 5000) == 0 && offer_trial_lacks(.6, 0, .8, 0) == INT64_MAX);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(published), cmocka_unit_test(findings), cmocka_unit_test(intervals_hold_the_truth)};
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
