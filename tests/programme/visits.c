/* A tick visits who is due, and not who there is: with the same few due among six times as many customers it visits no more, on neither store, and the first tick no more for each.
 * Rows that PostgreSQL gave out, instructions of SQLite's machine (db_costs); and on SQLite no single statement takes more. A scan over everybody has to be noticed. */
#include "story.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define SMALL 200 /* enough that each of us has as many tasks as are counted (OWNERS_COUNTED) */
#define LARGE 1200
#define DUE 20
#define ALLOWED 1.05
#define STATEMENTS 128

typedef struct visits {
    int64_t total;
    size_t n; /* SQLite's statements */
    char sql[STATEMENTS][200];
    int64_t steps[STATEMENTS];
} visits;

typedef enum phase { FIRST, SECOND, SCAN, PHASES } phase;

static void note(const db_cost *cost, void *ctx) {
    visits *v = ctx;
    assert_true(v->n < STATEMENTS);
    snprintf(v->sql[v->n], sizeof v->sql[0], "%s", cost->sql);
    v->steps[v->n++] = cost->steps;
    v->total += cost->steps;
}

/* What PostgreSQL gave out so far; a session tells of it when it ends, and before version 15 half a second later. */
static int64_t given(const store *s) {
    if (s->kind == DB_SQLITE) return 0;
    nanosleep(&(struct timespec){.tv_nsec = 600000000}, NULL);
    db *d = store_open(s);
    int64_t n = store_int(d, "SELECT CAST(SUM(COALESCE(seq_tup_read, 0) + COALESCE(idx_tup_fetch, 0)) AS BIGINT) FROM pg_stat_user_tables");
    db_close(d);
    return n;
}

static void reopen(story *t, const store *s) {
    mr_error err = {0};
    ledger_close(t->l);
    assert_ok(ledger_open(s->url, &(db_options){.by_key = true}, &t->l, &err), &err);
}

/* On a connection of its own: a tick, or a statement that goes through all timers. */
static void run(story *t, const store *s, const char *tick, visits *v) {
    *v = (visits){0};
    reopen(t, s);
    int64_t before = given(s);
    if (tick) story_tick(t, tick);
    else store_int(t->l->d, "SELECT CAST(COUNT(*) AS BIGINT) FROM due WHERE subject_id >= 0");
    bool counted = db_costs(t->l->d, note, v);
    assert_true(counted == (s->kind == DB_SQLITE));
    reopen(t, s);
    if (!counted) v->total = given(s) - before;
    assert_true(v->total > 0);
}

/* Of a plan kept that day, and forecasts that make a call to those who are due worth while: so a tick decides by prices, and writes what it decided. */
static void keep_a_plan(story *t, unsigned customers) {
    mr_error err = {0};
    char text[640], id[16];
    const char *const resources[] = {"money", "messages", "hours of Sal", "hours of Ops", "hours of Sen", "hours of Boss", "hours of Ned"};
    for (size_t i = 0; i < sizeof resources / sizeof *resources; i++) {
        snprintf(text, sizeof text, "INSERT INTO plan_budget (day, resource, price, budget, used) VALUES (%d, '%s', 0.5, 1000, 0)", (int)(story_time("2026-01-06 10:00") / 86400000000), resources[i]);
        assert_ok(db_execute(t->l->d, text, &err), &err);
    }
    for (unsigned i = 0; i < DUE; i++) {
        snprintf(id, sizeof id, "c%u", i * (customers / DUE));
        snprintf(text, sizeof text, "INSERT INTO forecast (customer_id, model_id, scored_at_us, until_day, horizon_days, orders, p_alive, p_order, expected_orders, expected_low, expected_high, rhythm_days, next_order_days, value_minor, "
                                    "value_at_risk_minor, currency, stage) VALUES (%lld, 7, %lld, 20000, 365, 3, 0.5, 0.4, 1, 0, 2, 30, 40, 60000, 60000, 'EUR', 'overdue')",
                 (long long)story_id(t, id), (long long)story_time("2026-01-06 09:30"));
        assert_ok(db_execute(t->l->d, text, &err), &err);
    }
}

static void measure(db_store kind, unsigned customers, bool budgets, visits v[PHASES]) {
    story t;
    store s;
    mr_error err = {0};
    char id[16];
    store_new(&s, kind);
    story_begin(&t, &s, budgets ? "plan: {messages: 1000, hours: 4}\nexit: {ask_silence: no}\n" : "");
    for (unsigned i = 0; i < customers; i++) {
        snprintf(id, sizeof id, "c%u", i);
        story_event(&t, id, EVENT_order, "", "2026-01-05 10:00", "{\"product\": \"beans\"}");
    }
    assert_ok(db_analyze(t.l->d, &err), &err); /* as imports do: what acting writes is empty then, and PostgreSQL takes it for that as long as nobody looks again */
    run(&t, &s, "2026-01-06 09:00", &v[FIRST]);
    assert_int_equal(t.counts.looked, customers);
    for (unsigned i = 0; i < DUE; i++) {
        snprintf(id, sizeof id, "c%u", i * (customers / DUE));
        if (budgets) story_event(&t, id, EVENT_touch_in, "", "2026-01-06 10:00", "{\"channel\": \"phone\"}");
        else story_event(&t, id, EVENT_case_open, id, "2026-01-06 10:00", "{\"subject\": \"late again\", \"severity\": \"high\"}");
    }
    if (budgets) keep_a_plan(&t, customers);
    run(&t, &s, "2026-01-06 10:30", &v[SECOND]);
    assert_int_equal(t.counts.looked, DUE);
    if (budgets) assert_int_equal(store_int(t.l->d, "SELECT COUNT(*) FROM plan_choice WHERE how = 2"), DUE);
    run(&t, &s, NULL, &v[SCAN]);
    story_end(&t);
    store_remove(&s);
}

static double ratio(double of, double to) {
    return of / (to > 0 ? to : 1);
}

/* The most any one statement took more, of those that take anything to speak of. */
static double worst(const visits *small, const visits *large) {
    double most = 0;
    for (size_t i = 0; i < large->n; i++)
        for (size_t j = 0; j < small->n; j++) {
            if (strcmp(large->sql[i], small->sql[j]) || large->steps[i] < 500) continue;
            double r = ratio((double)large->steps[i], (double)small->steps[j]);
            if (r > ALLOWED) print_message("%.2f times: %s\n", r, large->sql[i]);
            most = r > most ? r : most;
        }
    return most;
}

static void compare(db_store kind, bool budgets) {
    static visits small[PHASES], large[PHASES];
    measure(kind, SMALL, budgets, small);
    measure(kind, LARGE, budgets, large);
    double first = ratio((double)large[FIRST].total / LARGE, (double)small[FIRST].total / SMALL), second = ratio((double)large[SECOND].total, (double)small[SECOND].total);
    print_message("%d of %d, and of %d: %lld and %lld; the first tick %.1f and %.1f for each\n", DUE, SMALL, LARGE, (long long)small[SECOND].total, (long long)large[SECOND].total,
                  (double)small[FIRST].total / SMALL, (double)large[FIRST].total / LARGE);
    assert_true(first <= ALLOWED);
    assert_true(second <= ALLOWED);
    assert_true(worst(&small[SECOND], &large[SECOND]) <= ALLOWED);
    assert_true(ratio((double)large[SCAN].total, (double)small[SCAN].total) > ALLOWED);
}

static void visits_those_who_are_due(void **state) {
    compare(store_of(state)->kind, false);
}

/* By the prices of a plan: so much more for each of them, and no more in a larger base. */
static void visits_under_budgets(void **state) {
    compare(store_of(state)->kind, true);
}

int main(void) {
    const struct CMUnitTest tests[] = {BOTH(visits_those_who_are_due), BOTH(visits_under_budgets)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
