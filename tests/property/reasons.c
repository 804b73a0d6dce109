/* Reasons planted in described worlds are found again: missing traces, false ones and several mixtures among them. The bar: right for 80 % of those whose
 * reason left traces, and well above guessing the commonest. Of those who left without traces most are called unknown. */
#include "check.h"

#include <reasons_json.h>
#include <world.h>

#include <stdlib.h>

static mr_status scan(void *self, int64_t first, int64_t last, trace_fn fn, void *ctx, mr_error *err) {
    static const trace_facts none = {"", "", "", "", "", "", "", "", ""};
    const world_base *w = self;
    mr_status status = MR_OK;
    for (size_t i = 0; i < w->n && status == MR_OK; i++)
        if (w->trace[i].customer_id >= first && (!last || w->trace[i].customer_id <= last)) status = fn(ctx, &w->trace[i], &none, err);
    return status;
}

typedef struct found {
    double n, right, commonest, untraced, untraced_named;
} found;

static found look(const char *name, world *w, uint64_t seed) {
    mr_error err = {0};
    world_base base;
    reasons_base b;
    found f = {0};
    double of[REASONS] = {0};
    if (world_base_new(w, seed, NULL, &base, &err) != MR_OK) fail_msg("%s: %s", name, err.message);
    reasons_options o = {.until = world_until(w), .horizon_days = 91};
    if (reasons_scan((trace_source){scan, &base}, &o, NULL, &b, &err) != MR_OK) fail_msg("%s: %s", name, err.message);
    for (size_t i = 0; i < b.n; i++) {
        const reasons_row *row = &b.row[i];
        const world_truth *truth = &base.truth[row->customer_id - 1];
        reason planted = reason_find(truth->reason, strlen(truth->reason));
        if (row->what != REASONS_LEFT || !row->last || truth->left_day == TRACE_NO_DAY) continue;
        if (!truth->traces || planted == REASON_unknown) {
            f.untraced++, f.untraced_named += row->observed != REASON_unknown;
            continue;
        }
        f.n++, of[planted]++;
        f.right += row->observed == planted;
    }
    for (int r = 0; r < REASONS; r++) f.commonest = fmax(f.commonest, of[r]);
    print_message("%s, seed %llu: %.0f with traces, right %.1f %%, guess the commonest %.1f %%; %.0f without, named %.1f %%\n", name, (unsigned long long)seed, f.n, 100 * f.right / f.n,
                  100 * f.commonest / f.n, f.untraced, 100 * f.untraced_named / f.untraced);
    reasons_free(&b);
    world_base_free(&base);
    return f;
}

static void all_reasons_in(const char *file) {
    mr_error err = {0};
    world *w;
    char path[512];
    snprintf(path, sizeof path, "%s/bench/worlds/%s", SOURCE_DIR, file);
    assert_int_equal(world_read(path, NULL, &w, &err), MR_OK);
    found sum = {0};
    for (uint64_t seed = 21; seed < 24; seed++) {
        found f = look(file, w, seed);
        sum.n += f.n, sum.right += f.right, sum.commonest += f.commonest, sum.untraced += f.untraced, sum.untraced_named += f.untraced_named;
    }
    assert_true(sum.right >= 0.8 * sum.n);
    assert_true(sum.right > 5 * sum.commonest);
    assert_true(sum.untraced_named < 0.5 * sum.untraced);
    world_free(w);
}

static void contracts(void **state) {
    (void)state;
    all_reasons_in("reasons-contracts.yaml");
}

static void orders(void **state) {
    (void)state;
    all_reasons_in("reasons-orders.yaml");
}

/* Few reasons, one far commoner, in a busy base; and the reverse: a base where nothing is planted names few. */
static void mixtures(void **state) {
    (void)state;
    static const char few[] = "mode: contracts\ncustomers: 5000\nyears: 3\nleaving: {per_year: 0.25}\n"
                              "activity: {cases: {per_year: 3}, touches_out: {per_year: 20}, usage: {per_year: 40}, complaints: {per_year: 0.6}, promises: {per_year: 2}}\n"
                              "reasons:\n  - {code: problems_soured, share: 0.4, traces: 0.7, misleading: 0.03}\n  - {code: price_increase, share: 0.1, traces: 0.7, misleading: 0.03}\n"
                              "  - {code: lost_touch, share: 0.1, traces: 0.7, misleading: 0.03}\n  - {code: promise_broken, share: 0.1, traces: 0.7, misleading: 0.03}\n";
    static const char nothing[] = "mode: contracts\ncustomers: 4000\nyears: 3\nleaving: {per_year: 0.25}\n";
    mr_error err = {0};
    world *w;
    if (world_parse("few", few, sizeof few - 1, NULL, &w, &err) != MR_OK) fail_msg("%s", err.message);
    found f = look("few", w, 5);
    assert_true(f.right >= 0.8 * f.n && f.right > f.commonest);
    world_free(w);
    if (world_parse("nothing", nothing, sizeof nothing - 1, NULL, &w, &err) != MR_OK) fail_msg("%s", err.message);
    f = look("nothing", w, 5);
    assert_true(f.n == 0 && f.untraced_named < 0.25 * f.untraced);
    world_free(w);
}

/* The same customers give the same figures; what happens after `until` changes nothing about those who had left before. */
static void as_of(void **state) {
    (void)state;
    mr_error err = {0};
    world *w;
    world_base base;
    reasons_base b, again, early;
    char path[512];
    snprintf(path, sizeof path, "%s/bench/worlds/reasons-contracts.yaml", SOURCE_DIR);
    assert_int_equal(world_read(path, NULL, &w, &err), MR_OK);
    world_set_customers(w, 500);
    assert_int_equal(world_base_new(w, 3, NULL, &base, &err), MR_OK);
    reasons_options o = {.until = world_until(w), .horizon_days = 91}, before = {.until = world_until(w) - 200, .horizon_days = 91};
    assert_int_equal(reasons_scan((trace_source){scan, &base}, &o, NULL, &b, &err), MR_OK);
    assert_int_equal(reasons_scan((trace_source){scan, &base}, &o, NULL, &again, &err), MR_OK);
    assert_int_equal(b.n, again.n);
    json_t *x = reasons_json(&b, "EUR"), *y = reasons_json(&again, "EUR");
    assert_true(x && json_equal(x, y));
    json_decref(x);
    json_decref(y);
    assert_int_equal(reasons_scan((trace_source){scan, &base}, &before, NULL, &early, &err), MR_OK);
    for (size_t i = 0; i < early.n; i++) assert_true(early.row[i].day <= before.until);
    reasons_free(&b);
    reasons_free(&again);
    reasons_free(&early);
    before.until = world_start(w) - 1000;
    assert_int_equal(reasons_scan((trace_source){scan, &base}, &before, NULL, &early, &err), MR_EDATA);
    assert_non_null(strstr(err.message, "nothing had happened"));
    reasons_free(&early);
    world_base_free(&base);
    world_free(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(contracts), cmocka_unit_test(orders), cmocka_unit_test(mixtures), cmocka_unit_test(as_of)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
