/* Descriptions of worlds: what is wrong with one is said with file, line and key, and the way out. And files that cannot be written. */
#include "check.h"

#include "world_write.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <signal.h>

static const struct bad {
    const char *yaml, *message;
} bad[] = {
    {"customer: 5\n", "w.yaml:1: 'customer' is no key of a world; did you mean 'customers'?"},
    {"customers: 5\ncustomers: 6\n", "w.yaml:2: 'customers' stands there twice"},
    {"customers: many\n", "w.yaml:1: customers: 'many' is no number"},
    {"customers: 1.5\n", "w.yaml:1: customers: 1.5 is no whole number"},
    {"customers: 0\n", "w.yaml:1: customers must be 1 to 10000000, not 0"},
    {"customers: nan\n", "customers: 'nan' is no number"},
    {"customers: 0x10\n", "customers: '0x10' is no number"},
    {"customers: 1e999\n", "customers: '1e999' is no number"},
    {"customers: [1]\n", "'customers' is to be one value, not a list or a mapping"},
    {"customers:\n", "'customers' is empty"},
    {"mode: contract\n", "w.yaml:1: mode: 'contract' is not known; did you mean 'contracts'?"},
    {"start: 1.2.2023\n", "start: '1.2.2023' is no date like 2024-01-31"},
    {"start: 1969-01-01\n", "the world must begin between 1970-01-02 and 9800-12-31"},
    {"days: 100\nyears: 2\n", "'days' or 'years' says how long the world lasts, not both"},
    {"arrival: evenly\n", "arrival: 'evenly' is not known; did you mean 'even'?"},
    {"arrival: {pattern: even, over: 5}\n", "'over' is no key of arrival"},
    {"contracts: {term_month: 5}\n", "'term_month' is no key of contracts; did you mean 'term_months'?"},
    {"contracts: {term_months: 1, notice_days: 60}\n", "60 days of notice do not fit into a term of 1 month"},
    {"mode: orders\ncontracts: {term_months: 1}\n", "w.yaml:2: 'contracts' goes with mode: contracts, and this is a world of orders"},
    {"orders: {gap_days: 5}\n", "'orders' goes with mode: orders, and this is a world of contracts"},
    {"price: {mean: 1, sd: 100}\n", "price: an sd of 100 is more than five times the mean"},
    {"leaving: 0.5\n", "leaving is to be a mapping (key: value)"},
    {"leaving: {per_year: -1}\n", "per_year must be 0 to 100, not -1"},
    {"leaving: {per_years: 1}\n", "'per_years' is no key of leaving; did you mean 'per_year'?"},
    {"tiers: {name: a, share: 1}\n", "'tiers' is to be a list"},
    {"tiers:\n  - {name: a}\n", "w.yaml:2: it needs 'name' and 'share'"},
    {"tiers:\n  - {name: a, share: 0.6}\n  - {name: b, share: 0.6}\n", "tiers: the shares add up to 1.2, which is more than 1"},
    {"tiers:\n  - {name: a, share: 0.1}\n  - {name: a, share: 0.6}\n", "tiers: 'a' stands there twice"},
    {"moments:\n  - {clock: days_since_start, at: 30}\n", "w.yaml:2: a moment needs 'clock' and 'ratio'"},
    {"moments:\n  - {at: 30, ratio: 2}\n", "a moment needs 'clock' and 'ratio'"},
    {"moments:\n  - {clock: day_since_start, at: 30, ratio: 2}\n", "clock: 'day_since_start' is not known; did you mean 'days_since_start'?"},
    {"moments:\n  - {clock: order_number, at: 3, ratio: 2}\n", "clock: 'order_number' does not run in a world of contracts (mode: orders)"},
    {"moments:\n  - {clock: anniversary, ratio: 2}\n", "a moment needs 'at' (and perhaps 'width'), or 'from' and 'to'"},
    {"moments:\n  - {clock: anniversary, at: 3, from: 2, ratio: 2}\n", "one of the two ways"},
    {"moments:\n  - {clock: anniversary, from: 3, to: 3, ratio: 2}\n", "'from' must lie below 'to'"},
    {"moments:\n  - {clock: anniversary, from: 3, width: 3, ratio: 2}\n", "'width' goes with 'at'"},
    {"moments:\n  - {clock: anniversary, at: 3, ratio: -2}\n", "ratio must be 0 to 1000, not -2"},
    {"moments:\n  - {clock: anniversary, at: 3, ratio: 2, tier: gold}\n", "tier: 'gold' is none of the world's tiers"},
    {"moments:\n  - {clock: anniversary, at: 3, ratio: 2}\n  - {clock: anniversary, at: 3, width: 2, ratio: 4}\n", "two moments are called 'anniversary 3'"},
    {"moments:\n  - {clock: days_since_start, at: 2000, ratio: 2}\n", "the moment 'days_since_start 2000' is out of anybody's reach: in this world the clock days_since_start runs from 0 to 1096"},
    {"reasons:\n  - {code: price_rise, share: 0.2}\n", "code: 'price_rise' is not known"},
    {"reasons:\n  - {code: price_incrase, share: 0.2}\n", "did you mean 'price_increase'?"},
    {"reasons:\n  - {code: undercut}\n", "a reason needs 'code' and 'share'"},
    {"reasons:\n  - {code: undercut, share: 0.2}\n  - {code: undercut, share: 0.2}\n", "the reason 'undercut' stands there twice"},
    {"reasons:\n  - {code: undercut, share: 0.8}\n  - {code: moved, share: 0.3}\n", "reasons: the shares add up to 1.1, which is more than 1"},
    {"reasons:\n  - {code: undercut, share: 0.1, misleading: 0.8}\n  - {code: moved, share: 0.1, misleading: 0.3}\n", "the misleading shares add up to 1.1"},
    {"reasons:\n  - {code: undercut, share: 0.1, stated: 0.8, stated_wrong: 0.3}\n", "stated: 'stated' and 'stated_wrong' add up to 1.1"},
    {"reasons:\n  - {code: undercut, share: 0.1, lead_days: 5}\n", "'lead_days' is no key of a reason"},
    {"reasons:\n  - {code: undercut, share: 0.6, growth: 0.8}\n", "reasons: the shares, as they grow, add up to 1.08"},
    {"reasons:\n  - {code: undercut, share: 0.6, growth: 2}\n", "growth must be -1 to 1, not 2"},
    {"reasons:\n  - {code: undercut, share: 0.6, segment: retail}\n", "segment: 'retail' is none of the world's segments"},
    {"activity: {touch_out: 5}\n", "'touch_out' is no key of activity; did you mean 'touches_out'?"},
    {"activity: {cases: {per_year: 2, unresolvd: 0.5}}\n", "'unresolvd' is no key of cases; did you mean 'unresolved'?"},
    {"activity: {cases: {categories: {defect: 0.5}}}\n", "categories: the shares add up to 0.5, not to 1"},
    {"activity: {cases: {categories: {}}}\n", "1 to 8 categories, not 0"},
    {"activity: {touches_out: 1000}\nyears: 100\n", "activity: some 10"},
    {"activity: all\n", "activity is to be a mapping"},
    {"messy: {late: 2}\n", "late must be 0 to 1, not 2"},
    {"- a\n", "w.yaml:1: a world is to be a mapping (key: value)"},
    {"a: [1\n", "this is no YAML"},
    {"about: \"\xff\"\n", "this is no YAML"},
};

static void bad_descriptions(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        world *w = NULL;
        mr_error err;
        mr_status status = world_parse("w.yaml", bad[i].yaml, strlen(bad[i].yaml), NULL, &w, &err);
        if (status == MR_EDATA && strstr(err.message, bad[i].message) && !w) continue;
        fail_msg("row %zu: %s -> %s, wanted '%s'", i, bad[i].yaml, status ? err.message : "no error", bad[i].message);
    }
}

/* An empty description has all the defaults; keys may come in any order. */
static void good_descriptions(void **state) {
    (void)state;
    static const char *const good[] = {
        "", "# nothing\n", "activity: none\n",
        "moments: [{clock: order_number, at: 3, ratio: 2, tier: gold}]\ntiers: [{name: gold, share: 1}]\nmode: orders\n",
        "reasons: [{code: unknown, share: 0.5}]\n", "reasons: [{code: moved, share: 0.5, growth: 1, tier: a}]\ntiers: [{name: a, share: 0.5}]\n", "tiers: []\nmoments: []\n",
        "moments: [{clock: days_since_touch, from: 90, ratio: 2}, {clock: days_since_touch, to: 5, ratio: 0.5}]\n"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        world *w = NULL;
        mr_error err;
        if (world_parse("w.yaml", good[i], strlen(good[i]), NULL, &w, &err) != MR_OK) fail_msg("%s: %s", good[i], err.message);
        world_set_customers(w, 20);
        world_base b;
        assert_int_equal(world_base_new(w, 1, NULL, &b, &err), MR_OK);
        world_base_free(&b);
        world_free(w);
    }
    world *w = NULL;
    mr_error err;
    assert_int_equal(world_read("/nowhere/w.yaml", NULL, &w, &err), MR_EIO);
    assert_non_null(strstr(err.message, "/nowhere/w.yaml: No such file"));
}

/* At the far ends of every range nothing overflows (the sanitizers look on). */
static void extremes(void **state) {
    (void)state;
    static const char *const ends[] = {
        "start: 9800-12-31\nyears: 100\nactivity: {spread: 0.001, price_changes: {per_year: 50, percent: 1000, sd: 1000}}\nprice: {mean: 1e9, sd: 5e9}\n"
        "tiers: [{name: \"=a,\\\"b\\\"\", share: 1, price: 1000, ratio: 1000, activity: 2}]\ncontracts: {term_months: 120, notice_days: 3000}\n",
        "days: 7\nactivity: {cases: {per_year: 1000, first_response_hours: 10000, resolution_days: 1000, reopened: 1}, promises: {per_year: 900, due_days: 1000, late: 1}}\n"
        "leaving: {per_year: 100, shape: 20, frailty: 10, season: 1}\nreasons: [{code: lost_touch, share: 1, lead: 3650}]\n",
        "mode: orders\norders: {gap_days: 1, spread: 0.01, regularity: 0.05, returns: 1, discounts: 1}\nactivity: none\nprice: 0.01\nleaving: {per_year: 0, shape: 0.05}\n",
        "activity: {stakeholders: {at_start: 1000, joins: 100, leaves: 100}, usage: {per_year: 1000, count: 1000000}, price_changes: {per_year: 100, percent: -90}}\n"
        "messy: {late: 1, duplicated: 1, contradictory: 1, afterwards: 1}\nleaving: {per_year: 5}\nreasons: [{code: budget_cut, share: 0.5, misleading: 1}]\n"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char out[64], command[400];
        world *w = NULL;
        mr_error err;
        world_written counts;
        strcpy(out, "/tmp/marram-world-XXXXXX");
        assert_non_null(mkdtemp(out));
        if (world_parse("w.yaml", ends[i], strlen(ends[i]), NULL, &w, &err) != MR_OK) fail_msg("%s", err.message);
        world_set_customers(w, 12);
        if (world_write(w, 3, out, NULL, &counts, &err) != MR_OK) fail_msg("%s", err.message);
        assert_int_equal(counts.customers, 12);
        snprintf(command, sizeof command, "cat %s/* | grep -qE '[^a-z]-?(nan|inf)[^a-z]' && exit 1; rm -rf %s", out, out);
        assert_int_equal(system(command), 0);
        world_free(w);
    }
}

/* --- the page --- */

/* The page's tables say what the program's say. */
static void page_holds(void **state) {
    (void)state;
    static char page[1 << 16];
    FILE *f = fopen(SOURCE_DIR "/docs/worlds.md", "r");
    assert_non_null(f);
    size_t len = fread(page, 1, sizeof page - 1, f);
    fclose(f);
    assert_true(len > 1000 && len < sizeof page - 1);
    static const struct {
        const char *form, *name, *key;
        double a, b;
    } rows[] = {
#define WORLD_CLOCK(name, width, contracts, orders, meaning) {"| `%s`%s | %g | ", #name, "", width, NAN},
#include "world_clocks.def"
#undef WORLD_CLOCK
#define REASON(code, lead, least) {"| `%s`%s | %g | ", #code, "", lead, NAN},
#define TRACE(code, step, at, about, word, x, y)
#include "world_traces.def"
#undef REASON
#undef TRACE
#define ACTIVITY(name, contracts, orders, ours) {"| `%s` | %s | %g; %g |", #name, "`per_year`", contracts, orders},
#define DETAIL(activity, name, otherwise, low, high) {"| | `%s`%s | %g |", #name, "", otherwise, NAN},
#include "world_activity.def"
#undef ACTIVITY
#undef DETAIL
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char line[200];
        const char *key = strcmp(rows[i].name, "stakeholders") ? rows[i].key : "`at_start`";
        snprintf(line, sizeof line, rows[i].form, rows[i].name, key, rows[i].a, rows[i].b);
        if (!strstr(page, line)) fail_msg("docs/worlds.md lacks the row '%s'", line);
    }
}

/* --- files that cannot be written --- */

static char folder[64];

static int make_folder(void **state) {
    (void)state;
    strcpy(folder, "/tmp/marram-world-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[100];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static int entries(const char *path) {
    DIR *d = opendir(path);
    int n = 0;
    if (!d) return 0;
    for (struct dirent *e; (e = readdir(d));) n += *e->d_name != '.' || strlen(e->d_name) > 2;
    closedir(d);
    return n;
}

static world *small(const char *more) {
    char yaml[400];
    world *w = NULL;
    snprintf(yaml, sizeof yaml, "customers: 300\ndays: 400\nleaving: {per_year: 2}\n%s", more);
    assert_int_equal(world_parse("w.yaml", yaml, strlen(yaml), NULL, &w, NULL), MR_OK);
    return w;
}

static void full_disk(void **state) {
    (void)state;
    world *w = small("");
    char path[100];
    struct rlimit before, limit;
    snprintf(path, sizeof path, "%s/world", folder);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    for (int threads = 1; threads <= 3; threads += 2) {
        mr_pool *pool = NULL;
        mr_error err;
        assert_int_equal(mr_pool_new(threads, &pool, &err), MR_OK);
        mr_context context = {.pool = pool};
        limit = before;
        limit.rlim_cur = 20000;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        mr_status status = world_write(w, 1, path, &context, NULL, &err);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(status, MR_EIO);
        assert_non_null(strstr(err.message, "world/events.ndjson: cannot write: File too large"));
        assert_int_equal(entries(folder), 0);
        mr_pool_free(pool);
    }
    world_free(w);
}

static int stop(uint64_t done, uint64_t total, void *ctx) {
    (void)ctx;
    assert_true(done <= total);
    return 1;
}

static void cancelling(void **state) {
    (void)state;
    world *w = small("");
    char path[100];
    mr_error err;
    world_base b;
    mr_context context = {.progress = stop};
    snprintf(path, sizeof path, "%s/world", folder);
    assert_int_equal(world_write(w, 1, path, &context, NULL, &err), MR_ECANCELLED);
    assert_int_equal(entries(folder), 0);
    assert_int_equal(world_base_new(w, 1, &context, &b, &err), MR_ECANCELLED);
    world_free(w);
}

/* The nth allocation fails, for every n. */
typedef struct short_memory {
    long left;
} short_memory;

static void *short_allocate(void *ctx, size_t size) {
    return ((short_memory *)ctx)->left-- > 0 ? malloc(size) : NULL;
}

static void *short_resize(void *ctx, void *block, size_t size) {
    return ((short_memory *)ctx)->left-- > 0 ? realloc(block, size) : NULL;
}

static void short_release(void *ctx, void *block) {
    (void)ctx;
    free(block);
}

static void memory_runs_out(void **state) {
    (void)state;
    static const char yaml[] = "customers: 40\nmoments: [{clock: anniversary, at: 0, ratio: 2}]\ntiers: [{name: a, share: 1}]\n"
                               "reasons: [{code: budget_cut, share: 1, misleading: 0.5}]\nmessy: {duplicated: 0.5}\nleaving: {per_year: 3}\n";
    for (int what = 0; what < 2; what++)
        for (long n = 0;; n++) {
            short_memory memory = {.left = n};
            mr_alloc alloc = {short_allocate, short_resize, short_release, &memory};
            mr_context context = {.alloc = &alloc};
            world *w = NULL;
            world_base b = {0};
            mr_error err;
            char path[100];
            snprintf(path, sizeof path, "%s/world", folder);
            mr_status status = world_parse("w.yaml", yaml, sizeof yaml - 1, &alloc, &w, &err);
            if (status == MR_OK) status = what ? world_write(w, 1, path, &context, NULL, &err) : world_base_new(w, 1, &context, &b, &err);
            world_base_free(&b);
            world_free(w);
            if (status == MR_OK) {
                assert_true(n > 8);
                break;
            }
            assert_int_equal(status, MR_ENOMEM);
            assert_int_equal(entries(folder), 0);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_descriptions),
        cmocka_unit_test(good_descriptions),
        cmocka_unit_test(extremes),
        cmocka_unit_test(page_holds),
        cmocka_unit_test_setup_teardown(full_disk, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(cancelling, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(memory_runs_out, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
