/* Plans under budgets: the most net gain wins, what is owed goes, ticks do what the plan says, lots are drawn with the chances they say. */
#include "story.h"

#include <budget_plan.h>
#include <plan_list.h>
#include <rng.h>

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define QUIET "exit: {ask_silence: no}\npreferences: {mode: off}\ndelight: {mode: off}\ntwo_parents: {mode: off}\nreview: {mode: off}\nnext_sale: {mode: off}\nfollow_up: {mode: automatic}\nserve: {email: 1, call: 0}\n"
#define AT "2026-02-10 10:00"

/* --- helpers --- */

static void sql(story *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void sql(story *t, const char *format, ...) {
    char text[1024];
    mr_error err = {0};
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    assert_ok(db_execute(t->l->d, text, &err), &err);
}

static int64_t number(story *t, const char *text) {
    return store_int(t->l->d, text);
}

/* One order, a week ago and more; worth so much and nearly gone, or hardly. */
static void customer(story *t, const char *id, long long at_risk, bool nearly_gone) {
    char address[64];
    snprintf(address, sizeof address, "ann@%s.example", id);
    story_customer(t, id, address);
    story_event(t, id, EVENT_consent_given, "", "2026-02-01 10:00", "{\"purpose\": \"marketing\"}");
    story_event(t, id, EVENT_order, "", "2026-02-01 10:00", "{\"product\": \"beans\"}");
    sql(t, "INSERT INTO forecast (customer_id, model_id, scored_at_us, until_day, horizon_days, orders, p_alive, p_order, expected_orders, expected_low, expected_high, rhythm_days, next_order_days, value_minor, value_at_risk_minor, currency, "
           "stage) VALUES (%lld, 7, %lld, 20000, 365, 3, 0.5, 0.4, 1, 0, 2, 30, 40, %lld, %lld, 'EUR', 'overdue')",
        (long long)story_id(t, id), (long long)story_time("2026-02-08 10:00"), nearly_gone ? at_risk : 20 * at_risk, at_risk);
}

/* As `marram plan` does it. */
static void make(story *t, const char *at, budget_day *day, budget_plan *p, bool keep) {
    mr_error err = {0};
    tick_counts counts;
    *p = (budget_plan){.day = day};
    assert_ok(budget_begin(t->l, &t->c, story_time(at), day, &err), &err);
    assert_true(day->on);
    const tick_options o = {.now_us = story_time(at), .owner = "", .dry_run = true, .budget = day, .weigh = true, .on_look = budget_plan_add, .ctx = p};
    assert_ok(tick_run(t->l, &t->c, &t->known, &o, &counts, &err), &err);
    assert_ok(budget_plan_solve(p, t->l, &t->c, NULL, &err), &err);
    if (keep) assert_ok(budget_plan_keep(p, t->l, &err), &err);
}

static void unmake(budget_day *day, budget_plan *p) {
    budget_plan_free(p);
    budget_free(day);
}

#define FOLLOWED(id, want) assert_string_equal(story_state(&t, id, "follow_up", "first_week"), want)
#define CALLED(id, want) assert_string_equal(story_state(&t, id, "save_desk", "call"), want)

/* --- stories --- */

/* Two messages a day, five who would get one: those of most gain. What is owed goes; the others wait for the next day. */
static void enough_for_some(void **state) {
    story t;
    budget_day day;
    budget_plan p;
    static const char *const ids[] = {"a", "b", "c", "d", "e"};
    static const long long worth[] = {30000, 90000, 50000, 70000, 10000};
    story_begin(&t, store_of(state), QUIET "save_desk: {mode: off}\nplan: {messages: 2}\n");
    for (int i = 0; i < 5; i++) customer(&t, ids[i], worth[i], false);
    story_event(&t, "e", EVENT_promise_made, "P1", "2026-02-01 10:00", "{\"what\": \"a loan machine\", \"due\": \"2026-02-05T10:00:00Z\"}");
    make(&t, AT, &day, &p, true);
    assert_int_equal(p.customers, 5);
    assert_int_equal(p.chosen, 2);
    assert_true(p.exact);
    assert_float_equal(p.value, .03 * 900 - 1 + .03 * 700 - 1, 1e-9);
    assert_float_equal(p.error, .5 * .03 * 1600, 1e-9); /* of one programme: they go together */
    assert_true(day.row[BUDGET_MESSAGES].price > 0);
    assert_true(isinf(day.row[BUDGET_MONEY].budget));
    unmake(&day, &p);
    story_ticks(&t, AT);
    assert_int_equal(t.counts.cut, 3);
    assert_false(t.counts.unplanned);
    FOLLOWED("b", "in the outbox");
    FOLLOWED("d", "in the outbox");
    FOLLOWED("a", "none");
    FOLLOWED("c", "none");
    FOLLOWED("e", "none");
    assert_string_not_equal(story_state(&t, "e", "promises", "apologise"), "none");
    assert_int_equal(number(&t, "SELECT COUNT(*) FROM plan_choice WHERE how = 0 AND action_id <> 0 AND probability = 1"), 2);
    assert_int_equal(number(&t, "SELECT COUNT(*) FROM plan_choice WHERE how = 1"), 0);
    /* Later that day somebody comes whom there is no room for. */
    customer(&t, "f", 900000, false);
    story_ticks(&t, "2026-02-10 12:00");
    FOLLOWED("f", "none");
    /* The night is still that day's, also for ticks. */
    story_ticks(&t, "2026-02-11 02:00");
    assert_false(t.counts.unplanned);
    FOLLOWED("c", "none");
    /* The next day begins anew; without a plan nothing is cut. */
    make(&t, "2026-02-11 10:00", &day, &p, true);
    assert_int_equal(p.customers, 4);
    unmake(&day, &p);
    story_ticks(&t, "2026-02-11 10:00");
    FOLLOWED("f", "in the outbox");
    FOLLOWED("c", "in the outbox");
    FOLLOWED("a", "none");
    story_ticks(&t, "2026-02-12 10:00");
    assert_true(t.counts.unplanned);
    FOLLOWED("a", "in the outbox");
    FOLLOWED("e", "in the outbox");
    story_end(&t);
}

/* Of a message and a call the better use of the hours: 40 minutes of Sal are two calls; of who is called nobody is written to the same day. */
static void hours_and_money(void **state) {
    story t;
    budget_day day;
    budget_plan p;
    static const char *const ids[] = {"a", "b", "c", "d"};
    static const long long worth[] = {40000, 60000, 50000, 100000};
    story_begin(&t, store_of(state), QUIET "save_desk: {people: [Sal], random: 0.02}\nplan: {hours: 0.7, task_minutes: 20, call_minutes: 20, money: 1 EUR}\n");
    for (int i = 0; i < 4; i++) customer(&t, ids[i], worth[i], true);
    make(&t, AT, &day, &p, true);
    assert_int_equal(p.options, 8);
    assert_float_equal(p.value, .2 * 600 + .2 * 1000 + .03 * 500 - 1, 1e-9);
    assert_float_equal(p.error, hypot(.5 * .2 * 1600, .5 * .03 * 500), 1e-9);
    unmake(&day, &p);
    story_ticks(&t, AT);
    CALLED("b", "open");
    CALLED("d", "open");
    CALLED("a", "none");
    CALLED("c", "none");
    FOLLOWED("a", "none");
    FOLLOWED("b", "none");
    FOLLOWED("c", "in the outbox");
    FOLLOWED("d", "none");
    story_end(&t);
}

/* What comes after the plan gets what is left, where it is worth its price; and what is planned twice is added to. */
static void later_that_day(void **state) {
    story t;
    budget_day day;
    budget_plan p;
    story_begin(&t, store_of(state), QUIET "save_desk: {mode: off}\nplan: {messages: 2}\n");
    customer(&t, "a", 30000, false);
    make(&t, AT, &day, &p, true);
    unmake(&day, &p);
    story_ticks(&t, AT);
    FOLLOWED("a", "in the outbox");
    customer(&t, "b", 20000, false);
    customer(&t, "c", 2000, false); /* .6 for a cost of 1: never */
    make(&t, "2026-02-10 11:00", &day, &p, false);
    assert_int_equal(p.customers, 2);
    assert_int_equal(p.chosen, 1);
    assert_float_equal(p.budget[BUDGET_MESSAGES], 1, 1e-12);
    unmake(&day, &p);
    story_ticks(&t, "2026-02-10 11:00");
    FOLLOWED("b", "in the outbox");
    FOLLOWED("c", "none");
    assert_int_equal(number(&t, "SELECT COUNT(*) FROM plan_choice WHERE how = 2"), 1);
    assert_int_equal(number(&t, "SELECT CAST(used AS BIGINT) FROM plan_budget WHERE resource = 'messages'"), 2);
    customer(&t, "d", 90000, false);
    story_ticks(&t, "2026-02-10 12:00");
    FOLLOWED("d", "none"); /* the day's are gone */
    story_end(&t);
}

/* By the prices alone, as if everybody had come after the plan: with many of them the same get it. */
static void by_prices(void **state) {
    story t;
    budget_day day;
    budget_plan p;
    rng r;
    char id[16];
    const uint64_t seed = 3;
    rng_seed(&r, seed, 8);
    story_begin(&t, store_of(state), QUIET "save_desk: {people: [Sal, Ops], random: 0.02}\nplan: {messages: 12, hours: 2, call_minutes: 15}\n");
    for (int i = 0; i < 60; i++) {
        snprintf(id, sizeof id, "c%d", i);
        customer(&t, id, (long long)(20000 * exp(rng_normal(&r))), i % 2);
    }
    make(&t, AT, &day, &p, true);
    int64_t chosen = (int64_t)p.chosen, same;
    double value = p.value;
    unmake(&day, &p);
    sql(&t, "CREATE TABLE planned AS SELECT customer_id, action_id FROM plan_choice");
    sql(&t, "DELETE FROM plan_choice");
    sql(&t, "UPDATE plan_budget SET used = 0");
    story_ticks(&t, AT);
    same = number(&t, "SELECT COUNT(*) FROM plan_choice c JOIN planned p ON p.customer_id = c.customer_id AND p.action_id = c.action_id");
    double got = (double)number(&t, "SELECT CAST(SUM(gain) * 100 AS BIGINT) FROM plan_choice") / 100;
    printf("seed %llu: %lld of the plan's %lld choices come of its prices alone, worth %.2f of %.2f\n", (unsigned long long)seed, (long long)same, (long long)chosen, got, value);
    assert_true(same >= chosen - 3); /* at the margin a price decides neither way */
    assert_true(got <= value + .01 && got >= .97 * value);
    assert_int_equal(number(&t, "SELECT COUNT(*) FROM plan_choice WHERE how <> 2"), 0);
    assert_int_equal(number(&t, "SELECT COUNT(*) FROM plan_budget WHERE budget >= 0 AND used > budget + 0.000001"), 0);
    sql(&t, "DROP TABLE planned");
    story_end(&t);
}

static void nothing_to_spend(void **state) {
    story t;
    budget_day day;
    budget_plan p;
    story_begin(&t, store_of(state), QUIET "plan: {messages: 0, hours: 0, money: 0}\n");
    customer(&t, "a", 90000, true);
    story_event(&t, "a", EVENT_promise_made, "P1", "2026-02-01 10:00", "{\"what\": \"a loan machine\", \"due\": \"2026-02-05T10:00:00Z\"}");
    make(&t, AT, &day, &p, true);
    assert_int_equal(p.chosen, 0);
    assert_true(p.value == 0 && p.bound >= 0);
    unmake(&day, &p);
    story_ticks(&t, AT);
    FOLLOWED("a", "none");
    CALLED("a", "none");
    assert_string_not_equal(story_state(&t, "a", "promises", "apologise"), "none");
    story_end(&t);
}

/* Money of two currencies is compared by the ledger's rates, and not at all without one; whose value nobody knows gets nothing; caution takes off what is uncertain. */
static void what_it_is_worth(void **state) {
    story t;
    budget_day day;
    budget_plan p;
    mr_error err = {0};
    story_begin(&t, store_of(state), QUIET "save_desk: {mode: off}\nplan: {money: 100 EUR, messages: 10}\n");
    customer(&t, "euro", 30000, false);
    customer(&t, "dollar", 60000, false);
    customer(&t, "pound", 60000, false);
    customer(&t, "unknown", 60000, false);
    sql(&t, "UPDATE forecast SET currency = 'USD' WHERE customer_id = %lld", (long long)story_id(&t, "dollar"));
    sql(&t, "UPDATE forecast SET currency = 'GBP' WHERE customer_id = %lld", (long long)story_id(&t, "pound"));
    sql(&t, "DELETE FROM forecast WHERE customer_id = %lld", (long long)story_id(&t, "unknown"));
    make(&t, AT, &day, &p, false);
    assert_int_equal(p.unknown, 3);
    assert_float_equal(p.value, .03 * 300 - 1, 1e-9);
    unmake(&day, &p);
    const currency_rate rates[] = {{.currency = "EUR", .day = 0, .rate = 1}, {.currency = "USD", .day = 0, .rate = .5}};
    assert_ok(ledger_rates_write(t.l, rates, 2, story_time(AT), &err), &err);
    make(&t, AT, &day, &p, true);
    assert_float_equal(p.value, .03 * 300 - 1 + .03 * 600 * .5 - 1, 1e-9);
    assert_float_equal(p.used[BUDGET_MONEY], 2, 1e-12);
    unmake(&day, &p);
    story_ticks(&t, AT);
    FOLLOWED("euro", "in the outbox");
    FOLLOWED("dollar", "in the outbox");
    FOLLOWED("unknown", "none");
    t.c.plan_caution = 2; /* half of it is one standard error: nothing is left */
    make(&t, "2026-02-11 10:00", &day, &p, false);
    assert_int_equal(p.chosen, 0);
    unmake(&day, &p);
    story_end(&t);
}

/* Of two plans made side by side one is kept; the other says so, and keeps nothing. */
static void side_by_side(void **state) {
    story t;
    budget_day day[2];
    budget_plan p[2];
    mr_error err = {0};
    story_begin(&t, store_of(state), QUIET "save_desk: {mode: off}\nplan: {messages: 1}\n");
    customer(&t, "a", 30000, false);
    customer(&t, "b", 20000, false);
    for (int i = 0; i < 2; i++) make(&t, AT, &day[i], &p[i], false);
    assert_ok(budget_plan_keep(&p[0], t.l, &err), &err);
    assert_int_equal(budget_plan_keep(&p[1], t.l, &err), MR_EDATA);
    assert_non_null(strstr(err.message, "plan again"));
    assert_int_equal(number(&t, "SELECT CAST(used AS BIGINT) FROM plan_budget WHERE resource = 'messages'"), 1);
    assert_int_equal(number(&t, "SELECT COUNT(*) FROM plan_choice"), 1);
    for (int i = 0; i < 2; i++) unmake(&day[i], &p[i]);
    story_ticks(&t, AT);
    FOLLOWED("a", "in the outbox");
    FOLLOWED("b", "none");
    story_end(&t);
}

/* By lot: nobody who objects, no strategic account; each draw on record with its probability, also of nothing; the tick does it. */
static void by_lot(void **state) {
    story t;
    budget_day day;
    budget_plan p;
    char id[16];
    story_begin(&t, store_of(state), QUIET "save_desk: {mode: off}\nstrategic: [c0, c1, c2, c3]\nplan: {messages: 20, explore: 1, explore_least: 0.3, explore_budget: 1}\n");
    for (int i = 0; i < 24; i++) {
        snprintf(id, sizeof id, "c%d", i);
        customer(&t, id, 10000 + 1000 * i, false);
    }
    story_event(&t, "c5", EVENT_consent_withdrawn, "", "2026-02-02 10:00", "{\"purpose\": \"profiling\"}");
    make(&t, AT, &day, &p, true);
    assert_in_range(p.customers, 23, 24);
    assert_int_equal(p.drawn + p.no_room, 19);
    assert_true(p.drawn_nothing > 0 && p.drawn_nothing < p.drawn);
    for (size_t i = 0; i < day.choices; i++) {
        const plan_choice *c = &day.choice[i];
        if (c->how != PLAN_HOW_DRAWN) assert_true(c->probability == 1);
        else assert_true(fabs(c->probability - (c->action_id ? .7 : .3)) < 1e-12 || fabs(c->probability - (c->action_id ? .3 : .7)) < 1e-12);
        for (int k = 0; k < 4; k++) {
            snprintf(id, sizeof id, "c%d", k);
            if (c->customer_id == story_id(&t, id) || c->customer_id == story_id(&t, "c5")) assert_int_equal(c->how, PLAN_HOW_BEST);
        }
    }
    uint64_t drawn = p.drawn, chosen = p.chosen;
    unmake(&day, &p);
    assert_int_equal(number(&t, "SELECT COUNT(*) FROM plan_choice WHERE how = 1"), drawn);
    story_ticks(&t, AT);
    assert_int_equal(t.counts.outbox, chosen);
    story_end(&t);
}

/* --- without stories --- */

static void random_plan(rng *r, budget_day *day, budget_plan *p, size_t customers, bool by_lot) {
    *p = (budget_plan){.day = day};
    p->customer = calloc(customers + 1, sizeof *p->customer);
    p->option = calloc(3 * customers + 1, sizeof *p->option);
    for (size_t i = 0; i < customers; i++) {
        size_t n = 1 + (size_t)rng_below(r, 3);
        p->customer[p->customers++] = (budget_customer){(int64_t)i + 1, p->options, by_lot};
        for (size_t k = 0; k < n; k++) {
            double gain = 20 * rng_uniform(r) - 2;
            p->option[p->options] = (budget_option){.action_id = (int64_t)p->options + 1, .worth = gain, .gain = gain, .error = 1, .person = (uint32_t)rng_below(r, 3)};
            budget_option *o = &p->option[p->options++];
            if (k == 0) o->messages = 1, o->money = 3 * rng_uniform(r);
            else o->hours = .2 + rng_uniform(r);
        }
    }
}

static double brute(const budget_plan *p, size_t i, const double *left, size_t resources) {
    if (i == p->customers) return 0;
    double best = brute(p, i + 1, left, resources), room[8];
    size_t end = i + 1 < p->customers ? p->customer[i + 1].first : p->options;
    for (size_t a = p->customer[i].first; a < end; a++) {
        const budget_option *o = &p->option[a];
        memcpy(room, left, resources * sizeof *room);
        room[BUDGET_MONEY] -= o->money;
        room[BUDGET_MESSAGES] -= o->messages;
        if (o->hours > 0 && BUDGET_PEOPLE + o->person < resources) room[BUDGET_PEOPLE + o->person] -= o->hours;
        bool fits = true;
        for (size_t r = 0; r < resources; r++) fits = fits && room[r] >= 0;
        if (fits) best = fmax(best, o->worth + brute(p, i + 1, room, resources));
    }
    return best;
}

static budget_day a_day(double money, double messages, double hours) {
    budget_day d = {.on = true, .day = 20000, .n = 4, .row = calloc(4, sizeof *d.row)};
    const double budget[] = {money, messages, hours, hours};
    for (int r = 0; r < 4; r++) {
        snprintf(d.row[r].resource, sizeof d.row[r].resource, "r%d", r);
        d.row[r].budget = budget[r];
    }
    return d;
}

/* Person 2 of 2 is nobody of ours: no hours of theirs are planned. */
static void as_brute_force(void **state) {
    story t;
    story_begin(&t, store_of(state), "plan: {messages: 3}\n");
    for (uint64_t seed = 1; seed <= 200; seed++) {
        rng r;
        mr_error err = {0};
        rng_seed(&r, seed, 6);
        budget_plan p;
        budget_day day = a_day(4 * rng_uniform(&r), 1 + floor(3 * rng_uniform(&r)), 2 * rng_uniform(&r));
        random_plan(&r, &day, &p, 7, false);
        double left[4];
        for (int k = 0; k < 4; k++) left[k] = day.row[k].budget;
        double best = brute(&p, 0, left, 4);
        assert_ok(budget_plan_solve(&p, t.l, &t.c, NULL, &err), &err);
        if (fabs(p.worth - best) > 1e-9 || p.bound < best - 1e-9) fail_msg("seed %llu: %.12g, brute force %.12g, bound %.12g", (unsigned long long)seed, p.worth, best, p.bound);
        for (int k = 0; k < 4; k++) assert_true(p.used[k] <= left[k] * (1 + 1e-9));
        budget_plan_free(&p);
        budget_free(&day);
    }
    story_end(&t);
}

/* Chances that are written down are those there were: of what had the chance p, a share p is drawn, within four standard errors. */
static void chances(void **state) {
    story t;
    mr_error err = {0};
    rng r;
    const uint64_t seed = 11;
    story_begin(&t, store_of(state), "plan: {messages: 1000, explore: 0.4, explore_least: 0.1, explore_budget: 1}\n");
    rng_seed(&r, seed, 7);
    budget_plan p;
    budget_day day = a_day(INFINITY, INFINITY, INFINITY);
    random_plan(&r, &day, &p, 20000, true);
    assert_ok(budget_plan_solve(&p, t.l, &t.c, NULL, &err), &err);
    double expected = 0, spread = 0, best = 0, nothing = 0, expected_nothing = 0;
    for (size_t i = 0; i < p.customers; i++) {
        const plan_choice *c = &day.choice[i];
        size_t first = p.customer[i].first, n = (size_t)c->options, top = first;
        if (c->how != PLAN_HOW_DRAWN) continue;
        for (size_t a = first; a < first + n; a++)
            if (p.option[a].worth > p.option[top].worth) top = a;
        bool some = p.option[top].worth > 0;
        double chance = 1 - .1 * (double)n; /* of the best; of each other .1 */
        if (some) expected += chance, spread += chance * (1 - chance), best += c->action_id == p.option[top].action_id;
        if (some) expected_nothing += .1, nothing += !c->action_id;
        bool likely = some ? c->action_id == p.option[top].action_id : !c->action_id;
        assert_float_equal(c->probability, likely ? chance : .1, 1e-12);
    }
    printf("seed %llu: %llu of 20000 drawn; the best one %.0f times, expected %.1f; nothing %.0f times, expected %.1f\n", (unsigned long long)seed, (unsigned long long)p.drawn, best, expected, nothing, expected_nothing);
    assert_true(fabs((double)p.drawn - 8000) < 4 * sqrt(20000 * .4 * .6));
    assert_true(fabs(best - expected) < 4 * sqrt(spread));
    assert_true(fabs(nothing - expected_nothing) < 4 * sqrt(expected_nothing * .9));
    budget_plan_free(&p);
    budget_free(&day);
    story_end(&t);
}

/* A budget that is none names file and line. */
static void bad_settings(void **state) {
    static const struct {
        const char *text, *says;
    } bad[] = {{"plan:\n  money: -5 EUR\n", "x.yaml:2"}, {"plan:\n  money: 5\n", "500 EUR"}, {"plan:\n  money: 5 EURO\n", "500 EUR"}, {"plan:\n  hours: -1\n", "plan.hours"}, {"plan:\n  messages: many\n", "not 'many'"},
               {"plan:\n  budget: 5\n", "x.yaml:2"}, {"plan:\n  explore_least: 0.01\n", "x.yaml:2"}, {"plan:\n  messages: 1e3\n", "plan.messages"}};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        config c = {0};
        mr_error err = {0};
        assert_int_equal(config_read("x.yaml", bad[i].text, strlen(bad[i].text), NULL, NULL, &c, &err), MR_EDATA);
        if (!strstr(err.message, bad[i].says)) fail_msg("%s: %s", bad[i].text, err.message);
        config_free(&c);
    }
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {BOTH(enough_for_some), BOTH(hours_and_money), BOTH(later_that_day), BOTH(by_prices), BOTH(nothing_to_spend), BOTH(what_it_is_worth), BOTH(side_by_side), BOTH(by_lot), ON_SQLITE(as_brute_force), ON_SQLITE(chances), cmocka_unit_test(bad_settings)};
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
