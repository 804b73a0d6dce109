/* Described worlds: hazards come out as described, reasons in their shares, the same customers for any threads; and what is written and
 * imported gives the traces that were drawn. The seed is printed; MARRAM_SEED gives another. */
#include "check.h"

#include "world_write.h"

#include <calendar.h>
#include <ledger.h>
#include <taxonomy.h>
#include <temporary.h>
#include <traces.h>

#include <dirent.h>
#include <stdlib.h>

static uint64_t seed = 20261122;

static world *parsed(const char *yaml) {
    world *w = NULL;
    mr_error err;
    if (world_parse("world.yaml", yaml, strlen(yaml), NULL, &w, &err) != MR_OK) fail_msg("%s", err.message);
    return w;
}

static world *example(const char *name, uint64_t customers) {
    char path[512];
    world *w = NULL;
    mr_error err;
    snprintf(path, sizeof path, "%s/examples/worlds/%s", SOURCE_DIR, name);
    if (world_read(path, NULL, &w, &err) != MR_OK) fail_msg("%s", err.message);
    if (customers) world_set_customers(w, customers);
    return w;
}

static world_base drawn(const world *w, uint64_t s, int threads) {
    world_base base;
    mr_pool *pool = NULL;
    mr_error err;
    assert_int_equal(mr_pool_new(threads, &pool, &err), MR_OK);
    mr_context context = {.pool = pool};
    if (world_base_new(w, s, &context, &base, &err) != MR_OK) fail_msg("%s", err.message);
    mr_pool_free(pool);
    return base;
}

/* --- hazards --- */

typedef struct tally {
    double days[2], left[2]; /* outside and inside */
} tally;

/* ln(ratio) of inside to outside within 4 standard errors of what was planted. */
static void assert_ratio(const tally *t, double planted) {
    double got = log(t->left[1] / t->days[1]) - log(t->left[0] / t->days[0]), se = sqrt(1 / t->left[0] + 1 / t->left[1]);
    print_message("planted %g, found %.3f (%.3f to %.3f), %g inside of %g\n", planted, exp(got), exp(got - 2 * se), exp(got + 2 * se), t->left[1],
                  t->left[0] + t->left[1]);
    assert_true(t->left[1] > 200);
    assert_true(fabs(got - log(planted)) < 4 * se);
}

/* Goes over the days at risk of all customers; `inside` says from the trace alone. */
static tally over_days(const world *w, const world_base *b, bool (*inside)(const trace *t, int32_t day)) {
    tally out = {{0}, {0}};
    for (size_t i = 0; i < b->n; i++) {
        const world_truth *truth = &b->truth[i];
        int32_t last = truth->left_day == TRACE_NO_DAY ? world_until(w) : truth->left_day;
        for (int32_t day = truth->start_day + 1; day <= last; day++) {
            bool in = inside(&b->trace[i], day);
            out.days[in]++;
            out.left[in] += day == truth->left_day;
        }
    }
    return out;
}

static bool near_30(const trace *t, int32_t day) {
    int32_t since = day - t->event[0].day;
    return since >= 23 && since < 37;
}

static bool near_notice(const trace *t, int32_t day) {
    int32_t renewal = TRACE_NO_DAY;
    for (size_t i = 0; i < t->n && t->event[i].day < day; i++)
        if (t->event[i].kind == EVENT_contract_start || t->event[i].kind == EVENT_contract_renew) renewal = t->event[i].until_day;
    int32_t to = renewal - 30 - day;
    return to >= 0 && to < 42;
}

/* The month after a renewal, that is the clock from -30 to -1. */
static bool after_renewal(const trace *t, int32_t day) {
    int32_t renewed = TRACE_NO_DAY;
    for (size_t i = 0; i < t->n && t->event[i].day < day; i++)
        if (t->event[i].kind == EVENT_contract_renew) renewed = t->event[i].day;
    return renewed != TRACE_NO_DAY && day - renewed <= 30;
}

static bool after_second(const trace *t, int32_t day) {
    int32_t problem = TRACE_NO_DAY, second = TRACE_NO_DAY;
    for (size_t i = 0; i < t->n && t->event[i].day < day; i++) {
        if (t->event[i].kind != EVENT_case_open && t->event[i].kind != EVENT_complaint) continue;
        if (problem != TRACE_NO_DAY && t->event[i].day - problem <= 90) second = t->event[i].day;
        problem = t->event[i].day;
    }
    return second != TRACE_NO_DAY && day - second < 22;
}

static void ratios_come_out(void **state) {
    (void)state;
    static const struct {
        const char *file;
        bool (*inside)(const trace *t, int32_t day);
    } planted[] = {{"day-30.yaml", near_30}, {"renewal.yaml", near_notice}, {"second-problem.yaml", after_second}, {"orders-day-30.yaml", near_30}};
    print_message("seed %llu\n", (unsigned long long)seed);
    for (size_t i = 0; i < sizeof planted / sizeof *planted; i++) {
        world *w = example(planted[i].file, 30000);
        world_base b = drawn(w, seed, 2);
        tally t = over_days(w, &b, planted[i].inside);
        print_message("%s: ", planted[i].file);
        assert_ratio(&t, 2);
        world_base_free(&b);
        world_free(w);
    }
}

static void ratio_after_renewal(void **state) {
    (void)state;
    world *w = parsed("customers: 30000\ncontracts: {term_months: 6}\nactivity: none\nmoments: [{clock: days_to_renewal, from: -30, to: 0, ratio: 3}]\n");
    world_base b = drawn(w, seed, 2);
    tally t = over_days(w, &b, after_renewal);
    assert_ratio(&t, 3);
    world_base_free(&b);
    world_free(w);
}

/* Whoever leaves must be as many as the days' chances add up to: a martingale, whose variance is at most that sum. */
static void expected_come_true(void **state) {
    (void)state;
    DIR *d = opendir(SOURCE_DIR "/examples/worlds");
    int files = 0;
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        if (*e->d_name == '.') continue;
        world *w = example(e->d_name, 0);
        double left = 0, expected = 0;
        for (uint64_t s = 0; s < 4; s++) {
            world_base b = drawn(w, seed + s, 2);
            for (size_t i = 0; i < b.n; i++) left += b.truth[i].left_day != TRACE_NO_DAY, expected += b.truth[i].expected;
            world_base_free(&b);
        }
        print_message("%s: %.0f left, %.1f expected\n", e->d_name, left, expected);
        assert_true(fabs(left - expected) < 4 * sqrt(expected));
        world_free(w);
        files++;
    }
    closedir(d);
    assert_true(files >= 9);
}

/* Weibull shape and tiers against their integrals. */
static void base_hazard_as_described(void **state) {
    (void)state;
    world *w = parsed("customers: 40000\ndays: 800\narrival: start\nactivity: none\nleaving: {per_year: 0.3, shape: 0.5}\n"
                      "tiers: [{name: a, share: 0.5}, {name: b, share: 0.5, ratio: 3}]\n");
    double quarter[2] = {0}, year[2] = {0}, n[2] = {0};
    world_room *room = NULL;
    mr_error err;
    assert_int_equal(world_room_new(NULL, &room, &err), MR_OK);
    for (size_t i = 0; i < 40000; i++) {
        world_history h;
        assert_int_equal(world_customer(w, seed, i, room, &h, &err), MR_OK);
        int tier = h.tier[0] == 'b', after = h.truth.left_day == TRACE_NO_DAY ? 10000 : h.truth.left_day - h.truth.start_day;
        n[tier]++;
        quarter[tier] += after <= 91;
        year[tier] += after <= 365;
    }
    assert_near(n[0] / 40000, 0.5, 0.02);
    for (int tier = 0; tier < 2; tier++) {
        double rate = tier ? 0.9 : 0.3;
        assert_near(-log(1 - year[tier] / n[tier]), rate, 0.03);
        assert_near(-log(1 - quarter[tier] / n[tier]), rate * sqrt(91 / DAYS_PER_YEAR), 0.03);
    }
    world_room_free(room);
    world_free(w);
}

/* The season: three months around the peak against three months around the trough. */
static void season_as_described(void **state) {
    (void)state;
    world *w = parsed("customers: 40000\nyears: 3\narrival: {pattern: even, over_days: 1}\nactivity: none\n"
                      "leaving: {per_year: 0.1, season: 0.6, season_peak: 196}\n"); /* mid-July */
    world_base b = drawn(w, seed, 2);
    double summer = 0, winter = 0;
    for (size_t i = 0; i < b.n; i++) {
        if (b.truth[i].left_day == TRACE_NO_DAY) continue;
        int month = calendar_of(b.truth[i].left_day).month;
        summer += month >= 6 && month <= 8;
        winter += month == 12 || month <= 2;
    }
    double wanted = 1.54 / 0.46; /* the wave's mean over a quarter around its height is 0.9 of that height */
    double se = wanted * sqrt(1 / summer + 1 / winter);
    assert_true(fabs(summer / winter - wanted) < 4 * se + 0.15); /* who is left at the start of each */
    world_base_free(&b);
    world_free(w);
}

/* Frailty: who is left is stronger, and its mean and variance are as described. */
static void frailty_as_described(void **state) {
    (void)state;
    world *w = parsed("customers: 40000\nactivity: none\nleaving: {per_year: 0.5, frailty: 0.8}\n");
    world_base b = drawn(w, seed, 2);
    double sum = 0, squares = 0, stay = 0, stayed = 0;
    for (size_t i = 0; i < b.n; i++) {
        double f = b.truth[i].frailty;
        sum += f, squares += f * f;
        if (b.truth[i].left_day == TRACE_NO_DAY) stay += f, stayed++;
    }
    double mean = sum / b.n;
    assert_near(mean, 1.0, 0.03);
    assert_near(squares / b.n - mean * mean, 0.8, 0.06);
    assert_true(stay / stayed < mean - 0.05);
    world_base_free(&b);
    world_free(w);
}

/* --- reasons --- */

static void assert_share(const char *what, double got, double n, double share) {
    double se = sqrt(share * (1 - share) / n);
    if (fabs(got / n - share) < 4 * se + 1e-12) return;
    fail_msg("%s: %.4f of %.0f, wanted %.4f (standard error %.4f)", what, got / n, n, share, se);
}

static void reasons_in_their_shares(void **state) {
    (void)state;
    world *w = example("misleading.yaml", 20000);
    world_base b = drawn(w, seed, 2);
    double left = 0, risen = 0, shown = 0, stated = 0, wrong = 0, misled = 0, misled_left = 0, unknown = 0, stayed = 0;
    for (size_t i = 0; i < b.n; i++) {
        const world_truth *t = &b.truth[i];
        bool mine = !strcmp(t->reason, "price_increase");
        assert_true((t->left_day == TRACE_NO_DAY) == !*t->reason);
        assert_true(strcmp(t->misleading, *t->reason ? t->reason : "none") != 0);
        left += t->left_day != TRACE_NO_DAY;
        unknown += !strcmp(t->reason, "unknown");
        stayed += t->left_day == TRACE_NO_DAY;
        misled += t->left_day == TRACE_NO_DAY && !strcmp(t->misleading, "price_increase");
        misled_left += t->left_day != TRACE_NO_DAY && !strcmp(t->misleading, "price_increase");
        if (!mine) continue;
        risen++;
        shown += t->traces;
        stated += !strcmp(t->stated, "price_increase");
        wrong += *t->stated && strcmp(t->stated, "price_increase") != 0;
    }
    assert_share("price_increase", risen, left, 0.2);
    assert_share("unknown", unknown, left, 0.15);
    assert_share("traces", shown, risen, 0.5);
    assert_share("stated", stated, risen, 0.4);
    assert_share("stated_wrong", wrong, risen, 0.2);
    assert_share("misleading", misled, stayed, 0.06);
    assert_true(misled_left > 0 && misled_left < 0.06 * (left - risen)); /* some had left by then */
    world_base_free(&b);
    world_free(w);
}

/* A reason that grows, of one segment alone. */
static void reasons_grow(void **state) {
    (void)state;
    world *w = parsed("customers: 20000\nactivity: none\nleaving: {per_year: 1}\nsegments: [{name: a, share: 0.5}, {name: b, share: 0.5}]\n"
                      "reasons: [{code: moved, share: 0.4, growth: 0.9, segment: a, traces: 0}, {code: undercut, share: 0.2, traces: 0}]\n");
    world_room *room = NULL;
    mr_error err;
    double left[2] = {0}, moved[2] = {0}, undercut = 0, all = 0, wanted[2] = {0};
    assert_int_equal(world_room_new(NULL, &room, &err), MR_OK);
    for (size_t i = 0; i < 20000; i++) {
        world_history h;
        assert_int_equal(world_customer(w, seed, i, room, &h, &err), MR_OK);
        if (h.truth.left_day == TRACE_NO_DAY) continue;
        bool a = h.segment[0] == 'a', mine = !strcmp(h.truth.reason, "moved");
        all++;
        undercut += !strcmp(h.truth.reason, "undercut");
        assert_true(a || !mine);
        if (!a) continue;
        double through = (double)(h.truth.left_day - world_start(w)) / (world_until(w) - world_start(w) + 1);
        int late = through >= 0.5;
        left[late]++;
        moved[late] += mine;
        wanted[late] += 0.4 * (1 + 0.9 * (2 * through - 1));
    }
    assert_share("undercut", undercut, all, 0.2);
    for (int late = 0; late < 2; late++) assert_share("moved", moved[late], left[late], wanted[late] / left[late]);
    assert_true(moved[1] / left[1] > 1.5 * moved[0] / left[0]);
    world_room_free(room);
    world_free(w);
}

/* All codes of the taxonomy, in its order; each can be planted in both modes, and shows. */
static void every_reason_shows(void **state) {
    (void)state;
    for (int code = 1; code < REASONS - 1; code++)
        for (int orders = 0; orders < 2; orders++) {
            const char *mode = orders ? "orders" : "contracts", *name = reason_of(code)->code;
            static const char *const form = "mode: %s\ncustomers: 40\nactivity: {usage: 24}\nleaving: {per_year: 1.5}\n"
                                            "reasons: [{code: %s, share: 1, traces: %d, stated: 1}]\n";
            char yaml[600];
            snprintf(yaml, sizeof yaml, form, mode, name, 1);
            world *with = parsed(yaml);
            snprintf(yaml, sizeof yaml, form, mode, name, 0);
            world *without = parsed(yaml);
            world_base b = drawn(with, seed, 1);
            world_base plain = drawn(without, seed, 1);
            size_t differ = 0, left = 0;
            for (size_t i = 0; i < b.n; i++) {
                assert_int_equal(b.truth[i].left_day, plain.truth[i].left_day);
                if (b.truth[i].left_day == TRACE_NO_DAY) continue;
                left++;
                bool same = b.trace[i].n == plain.trace[i].n;
                for (size_t k = 0; same && k < b.trace[i].n; k++) {
                    const trace_event *x = &b.trace[i].event[k], *y = &plain.trace[i].event[k];
                    same = x->at_us == y->at_us && x->kind == y->kind && (x->value == y->value || (isnan(x->value) && isnan(y->value))) && x->flags == y->flags &&
                           x->topic == y->topic && x->actor == y->actor;
                }
                differ += !same;
                const trace *t = &b.trace[i];
                bool said = false;
                for (size_t k = 0; k < t->n; k++) said |= t->event[k].kind == EVENT_leave_intent && t->event[k].reason == code;
                if (!said && t->n) fail_msg("%s: nobody said so", name);
            }
            if (differ * 10 < left * 6) fail_msg("%s in mode %s leaves traces with %zu of %zu only", name, mode, differ, left);
            world_base_free(&b);
            world_base_free(&plain);
            world_free(with);
            world_free(without);
        }
}

/* --- order and borders --- */

static void histories_are_sound(void **state) {
    (void)state;
    static const char *const files[] = {"all-three.yaml", "reasons.yaml", "orders-day-30.yaml", "misleading.yaml"};
    for (size_t f = 0; f < 4; f++) {
        world *w = example(files[f], 1500);
        world_base b = drawn(w, seed, 2);
        for (size_t i = 0; i < b.n; i++) {
            const trace *t = &b.trace[i];
            int32_t left = b.truth[i].left_day;
            assert_true(t->n > 0 && t->event[0].day == b.truth[i].start_day);
            assert_int_equal(t->event[0].kind, world_mode(w) == RISK_CONTRACTS ? EVENT_contract_start : EVENT_order);
            for (size_t k = 0; k < t->n; k++) {
                const trace_event *e = &t->event[k];
                assert_true(k == 0 || t->event[k - 1].at_us < e->at_us);
                assert_true(e->day >= world_start(w) && e->day <= world_until(w) && e->known_us == e->at_us && e->id > 0);
                bool ours = e->kind == EVENT_touch_out || e->kind == EVENT_case_update || e->kind == EVENT_case_resolve || e->kind == EVENT_price_change ||
                            e->kind == EVENT_refund || (e->kind >= EVENT_promise_made && e->kind <= EVENT_promise_broken);
                if (left == TRACE_NO_DAY || e->day < left) continue;
                bool leaving = (e->kind == EVENT_leave_intent || e->kind == EVENT_leave_confirmed) && e->day == left;
                bool end = e->kind == EVENT_contract_end && e->day == b.truth[i].gone_day;
                if (!(leaving || end || (world_mode(w) == RISK_ORDERS && ours))) fail_msg("%s: %s after leaving", files[f], event_kind_of(e->kind)->name);
            }
            if (world_mode(w) == RISK_ORDERS) continue;
            /* What the models are trained on says the same. */
            risk_spell spell[4];
            size_t spells = risk_contract_spells(t, world_until(w), spell, 4);
            assert_int_equal(spells, 1);
            assert_true(spell[0].left == (left != TRACE_NO_DAY));
            if (left != TRACE_NO_DAY) assert_int_equal(spell[0].to_day, left);
        }
        world_base_free(&b);
        world_free(w);
    }
}

/* Planting a moment changes who leaves, and nothing of what happens until then. */
static void moments_move_nothing_else(void **state) {
    (void)state;
    const char *base = "customers: 500\nleaving: {per_year: 0.5}\n";
    char planted[300];
    snprintf(planted, sizeof planted, "%smoments: [{clock: days_since_case_opened, at: 10, width: 18, ratio: 5}]\n", base);
    world *a = parsed(base), *c = parsed(planted);
    world_base x = drawn(a, seed, 1), y = drawn(c, seed, 1);
    size_t moved = 0;
    for (size_t i = 0; i < x.n; i++) {
        int32_t l = x.truth[i].left_day, m = y.truth[i].left_day, until = l < m ? l : m;
        if (l == TRACE_NO_DAY || m == TRACE_NO_DAY) until = l == TRACE_NO_DAY ? m : l;
        if (l == TRACE_NO_DAY && m == TRACE_NO_DAY) until = INT32_MAX;
        moved += l != m;
        for (size_t k = 0; k < x.trace[i].n && k < y.trace[i].n && x.trace[i].event[k].day < until; k++) {
            assert_true(x.trace[i].event[k].at_us == y.trace[i].event[k].at_us);
            assert_true(x.trace[i].event[k].id == y.trace[i].event[k].id);
        }
    }
    assert_true(moved > 5 && moved < 200);
    world_base_free(&x);
    world_base_free(&y);
    world_free(a);
    world_free(c);
}

/* --- threads --- */

static void same_customers_for_any_threads(void **state) {
    (void)state;
    world *w = example("messy.yaml", 700);
    world_base a = drawn(w, seed, 1), b = drawn(w, seed, 3);
    for (size_t i = 0; i < a.n; i++) {
        assert_int_equal(a.trace[i].n, b.trace[i].n);
        for (size_t k = 0; k < a.trace[i].n; k++) {
            const trace_event *x = &a.trace[i].event[k], *y = &b.trace[i].event[k];
            assert_true(x->at_us == y->at_us && x->id == y->id && x->amount == y->amount && x->kind == y->kind && x->subject == y->subject);
        }
        assert_true(a.truth[i].left_day == b.truth[i].left_day && a.truth[i].expected == b.truth[i].expected);
    }
    world_base_free(&a);
    world_base_free(&b);
    world_free(w);
}

/* --- files, and back through a ledger --- */

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

static void written_to(const world *w, const char *name, int threads) {
    char path[128];
    mr_pool *pool = NULL;
    mr_error err;
    world_written counts;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(mr_pool_new(threads, &pool, &err), MR_OK);
    mr_context context = {.pool = pool};
    if (world_write(w, seed, path, &context, &counts, &err) != MR_OK) fail_msg("%s", err.message);
    mr_pool_free(pool);
    assert_int_equal(counts.customers, world_customers(w));
}

static void same_bytes_for_any_threads(void **state) {
    (void)state;
    world *w = example("messy.yaml", 900);
    char command[256];
    written_to(w, "one", 1);
    written_to(w, "three", 3);
    snprintf(command, sizeof command, "diff -r '%s/one' '%s/three' && test $(ls '%s/one' | wc -l) = 4", folder, folder, folder);
    assert_int_equal(system(command), 0);
    world_free(w);
}

typedef struct comparing {
    const world *w;
    world_room *room;
    size_t seen, events;
} comparing;

static void same_number(const char *what, const char *who, double got, double want) {
    if (got != want && !(isnan(got) && isnan(want))) fail_msg("%s: %s is %.17g in the ledger, %.17g in the world", who, what, got, want);
}

static mr_status compare(void *ctx, const trace *t, const trace_facts *f, mr_error *err) {
    comparing *c = ctx;
    world_history h;
    uint64_t number = strtoull(f->external_id + 1, NULL, 10) - 1;
    assert_int_equal(world_customer(c->w, seed, number, c->room, &h, err), MR_OK);
    assert_string_equal(h.customer, f->external_id);
    assert_string_equal(h.tier, f->tier);
    assert_string_equal(h.segment, f->segment);
    assert_string_equal(h.owner_sales, f->owner_sales);
    assert_string_equal(h.owner_operations, f->owner_operations);
    same_number("the number of events", h.customer, (double)t->n, (double)h.t.n);
    for (size_t i = 0; i < t->n; i++) {
        const trace_event *a = &t->event[i], *b = &h.t.event[i];
        char who[80];
        snprintf(who, sizeof who, "%s event %zu, %s", h.customer, i, event_kind_of(b->kind)->name);
        same_number("kind", who, a->kind, b->kind);
        same_number("at", who, (double)a->at_us, (double)b->at_us);
        same_number("known", who, (double)a->known_us, (double)b->known_us);
        same_number("amount", who, (double)a->amount, (double)b->amount);
        same_number("value", who, a->value, b->value);
        same_number("day", who, a->day, b->day);
        same_number("until", who, a->until_day, b->until_day);
        same_number("notice", who, a->notice_days, b->notice_days);
        same_number("months", who, a->months, b->months);
        same_number("topic", who, a->topic, b->topic);
        same_number("flags", who, a->flags, b->flags);
        same_number("tag", who, a->tag, b->tag);
        same_number("actor", who, a->actor, b->actor);
        same_number("reason", who, a->reason, b->reason);
        /* Subjects have other numbers, but are the same where they are the same. */
        for (size_t k = i; k-- > 0 && i - k < 60;) same_number("subject", who, a->subject == t->event[k].subject, b->subject == h.t.event[k].subject);
    }
    c->seen++;
    c->events += t->n;
    return MR_OK;
}

static void back_through_a_ledger(void **state) {
    (void)state;
    DIR *d = opendir(SOURCE_DIR "/examples/worlds");
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        if (*e->d_name == '.') continue;
        world *w = example(e->d_name, 250);
        written_to(w, "world", 2);
        char events[128], customers[128];
        snprintf(events, sizeof events, "%s/world/events.ndjson", folder);
        snprintf(customers, sizeof customers, "%s/world/customers.csv", folder);
        temporary_file files[] = {{events, "events"}, {customers, "customers"}};
        int64_t now = (calendar_day(2027, 1, 1)) * TRACE_DAY_US;
        temporary made = {.url = ""};
        ledger *l = NULL;
        mr_error err;
        if (temporary_make(files, 2, &(temporary_options){.today = calendar_day(2027, 1, 1), .now_us = now}, NULL, &made, &err) != MR_OK)
            fail_msg("%s: %s", e->d_name, err.message);
        assert_int_equal(made.rejected, 0);
        if (ledger_open_reading(made.url, &l, &err) != MR_OK) fail_msg("%s", err.message);
        trace_options o = {.currency = "EUR"};
        comparing c = {.w = w};
        assert_int_equal(world_room_new(NULL, &c.room, &err), MR_OK);
        if (ledger_traces(l, &o, 0, 1, compare, &c, &err) != MR_OK) fail_msg("%s", err.message);
        assert_int_equal(c.seen, 250);
        print_message("%s: %zu events the same\n", e->d_name, c.events);
        world_room_free(c.room);
        ledger_close(l);
        temporary_remove(&made);
        world_free(w);
    }
    closedir(d);
}

int main(void) {
    if (getenv("MARRAM_SEED")) seed = strtoull(getenv("MARRAM_SEED"), NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ratios_come_out),
        cmocka_unit_test(ratio_after_renewal),
        cmocka_unit_test(expected_come_true),
        cmocka_unit_test(base_hazard_as_described),
        cmocka_unit_test(season_as_described),
        cmocka_unit_test(frailty_as_described),
        cmocka_unit_test(reasons_in_their_shares),
        cmocka_unit_test(reasons_grow),
        cmocka_unit_test(every_reason_shows),
        cmocka_unit_test(histories_are_sound),
        cmocka_unit_test(moments_move_nothing_else),
        cmocka_unit_test(same_customers_for_any_threads),
        cmocka_unit_test_setup_teardown(same_bytes_for_any_threads, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(back_through_a_ledger, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
