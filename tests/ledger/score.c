/* Scoring the ledger: the same bytes for every partition, number of threads and store; the same figures as `run`; stored models, rates,
 * stale cycles. */
#include "fixture.h"

#include <build.h>
#include <rng.h>
#include <scoring.h>

#include <stdlib.h>

enum { CUSTOMERS = 1500, SPAN = 700, MOST = 60 };

typedef struct base {
    uint64_t offset[CUSTOMERS + 1];
    int32_t day[CUSTOMERS * MOST];
    int64_t minor[CUSTOMERS * MOST];
} base;

/* Customer c's orders, by day. */
static const base *the_shop(void) {
    static base s;
    size_t at = 0;
    if (s.offset[CUSTOMERS]) return &s;
    for (size_t c = 0; c < CUSTOMERS; c++) {
        rng r;
        rng_seed(&r, 11, c);
        s.offset[c] = at;
        int32_t day = c ? (int32_t)rng_below(&r, SPAN - 60) : 0;
        double rate = rng_gamma(&r, 0.9) / 30 + 1e-4, leaves = rng_beta(&r, 0.8, 3), spends = 20 + 200 * rng_uniform(&r);
        for (size_t n = 0; day < SPAN && n < MOST; n++) {
            s.minor[at] = (int64_t)(100 * spends * (0.5 + rng_uniform(&r)));
            s.day[at++] = day;
            if (rng_uniform(&r) < leaves) break;
            day += 1 + (int32_t)fmin(1e6, rng_exponential(&r) / rate);
        }
    }
    s.offset[CUSTOMERS] = at;
    return &s;
}

/* Orders of customers from .. to - 1 into the store; of the first 200 customers every odd one's in `odd` where that is not NULL. stop: the import is cut short. */
static void fill(const store *s, size_t from, size_t to, const char *odd, bool stop) {
    const base *shop = the_shop();
    mr_error err = {0};
    bulk *b;
    bulk_counts counts;
    assert_ok(bulk_open(s->url, &(bulk_options){.source = "test", .record = "orders", .files = "f", .import_id = 5 + (int64_t)from, .now_us = TEST_NOW, .run_rows = 500},
                        &b, &err), &err);
    for (size_t c = from; c < to; c++) {
        char name[24], id[32];
        uint32_t who;
        snprintf(name, sizeof name, "c%zu", c);
        assert_ok(bulk_customer(b, name, strlen(name), &who, &err), &err);
        for (uint64_t i = shop->offset[c]; i < shop->offset[c + 1]; i++) {
            history_event e = {.kind = EVENT_order, .at_us = shop->day[i] * TEST_DAY_US + 1000 * (int64_t)(i % 7), .day = shop->day[i], .amount_minor = shop->minor[i]};
            snprintf(id, sizeof id, "o%llu", (unsigned long long)i);
            e.id = ledger_hash(bulk_ledger(b), ledger_domain_of(bulk_ledger(b), "event", "test"), id, strlen(id));
            e.source_id = id;
            e.source_id_len = strlen(id);
            e.body = "";
            strcpy(e.currency, odd && c % 2 && c < 200 ? odd : "EUR");
            assert_ok(bulk_event(b, who, &e, &err), &err);
        }
        assert_ok(bulk_record_done(b, c - from + 1, &err), &err);
    }
    if (stop)
        bulk_abandon(b, &counts);
    else
        assert_ok(bulk_finish(b, NULL, &counts, &err), &err);
    bulk_close(b);
}

static void new_base(const store *s, const char *odd) {
    ledger_close(fixture_ledger(s));
    fill(s, 0, CUSTOMERS, odd, false);
}

static scoring_options options_of(const store *s) {
    return (scoring_options){.url = s->url, .until = INT32_MIN, .today = SPAN + 100, .horizon_days = 91, .margin = 0.4, .discount_rate = 0.1,
                             .seed = 1, .compare_sample = 6000, .now_us = TEST_NOW};
}

static mr_status score_as(const scoring_options *o, int threads, scoring *out, mr_error *err) {
    mr_pool *pool;
    assert_ok(mr_pool_new(threads, &pool, err), err);
    mr_context context = {.pool = pool};
    mr_status status = scoring_run(o, &context, out, err);
    mr_pool_free(pool);
    return status;
}

static scoring score_ok(const scoring_options *o, int threads) {
    mr_error err = {0};
    scoring out;
    assert_ok(score_as(o, threads, &out, &err), &err);
    return out;
}

static char *dump_of(const store *s, bool models) {
    ledger *l = fixture_open(s);
    text_buffer out = {0};
    fixture_dump_table(l, &out, "forecast", "customer_id, model_id, scored_at_us, until_day, horizon_days, orders, p_alive, p_order, expected_orders, expected_low, "
                       "expected_high, rhythm_days, next_order_days, value_minor, value_at_risk_minor, currency, stage", "iiiddirrrrrrriitt", "customer_id, model_id");
    if (models) fixture_dump_table(l, &out, "model", "id, name, version, fitted_at_us, until_day, pinned, document", "itdidst", "id");
    ledger_close(l);
    assert_non_null(text_terminate(&out));
    return out.data;
}

static void assert_same(char *a, char *b) {
    if (strcmp(a, b)) {
        size_t i = 0;
        while (a[i] == b[i]) i++;
        print_error("differ at %zu: '%.80s' against '%.80s'\n", i, a + (i > 40 ? i - 40 : 0), b + (i > 40 ? i - 40 : 0));
    }
    assert_string_equal(a, b);
    free(b);
}

static void clear(const store *s) {
    ledger *l = fixture_open(s);
    mr_error err = {0};
    assert_ok(db_execute(l->d, "DELETE FROM forecast", &err), &err);
    ledger_close(l);
}

/* --- the same bytes --- */

static char *reference; /* the first store's dump, for the second */

static void partitions(void **state) {
    const store *s = store_of(state);
    new_base(s, NULL);
    scoring_options o = options_of(s);
    scoring whole = score_ok(&o, 1);
    assert_true(whole.fitted && whole.scored && !whole.from_histories && !whole.repairs);
    assert_int_equal(whole.sums.customers, CUSTOMERS);
    assert_int_equal(whole.until, SPAN - 1);
    assert_int_equal(whole.document.entries > 3, 1);
    assert_true(whole.expected_low < whole.expected && whole.expected < whole.expected_high);
    char *first = dump_of(s, true);
    /* Again, with threads, over what is there. */
    scoring again = score_ok(&o, 4);
    assert_false(again.fitted);
    assert_memory_equal(again.sums.stage, whole.sums.stage, sizeof whole.sums.stage);
    assert_int_equal(again.sums.expected, whole.sums.expected);
    assert_same(first, dump_of(s, true));
    /* In three parts, none there before; the sums add up. */
    clear(s);
    score_sums sums = {0};
    for (o.of = 3, o.part = 0; o.part < 3; o.part++) {
        scoring part = score_ok(&o, 1 + (int)o.part);
        score_sums_add(&sums, &part.sums);
    }
    assert_int_equal(sums.customers, CUSTOMERS);
    assert_int_equal(sums.expected, whole.sums.expected);
    assert_int_equal(sums.value_at_risk_minor, whole.sums.value_at_risk_minor);
    assert_same(first, dump_of(s, true));
    /* A fit on the same sample with other threads is the same model; it is refitted, not another. */
    o.of = 0;
    o.refit = true;
    scoring refit = score_ok(&o, 3);
    assert_true(refit.fitted);
    assert_int_equal(refit.fitted_id, whole.model.id);
    assert_same(first, dump_of(s, true));
    if (!reference) reference = strdup(first);
    assert_same(reference, first);
    /* Parts go by the last day the newest model was fitted to, whatever has come since. */
    ledger *l = fixture_open(s);
    append_item late = fixture_order(l, 1, SPAN + 5, 100, "late");
    fixture_append(l, &late, 1);
    ledger_close(l);
    o.refit = false;
    assert_int_equal(score_ok(&o, 1).until, SPAN + 5);
    o.of = 2, o.part = 0;
    assert_int_equal(score_ok(&o, 1).until, SPAN - 1);
    o.of = 1;
    assert_int_equal(score_ok(&o, 1).until, SPAN - 1);
}

/* --- against `run` --- */

static size_t customer_number(ledger *l, size_t c) {
    return (size_t)fixture_customer(l, (unsigned)c);
}

/* The same data through run's own code with the stored parameters: each figure to the bit, money to the minor unit it is stored in. */
static void like_run(void **state) {
    const store *s = store_of(state);
    const base *shop = the_shop();
    static build b;
    static int64_t money[CUSTOMERS * MOST];
    mr_error err = {0};
    new_base(s, NULL);
    scoring_options o = options_of(s);
    scoring done = score_ok(&o, 2);
    for (size_t i = 0; i < shop->offset[CUSTOMERS]; i++) money[i] = shop->minor[i] * 100;
    ingest_orders input = {.orders = {.n = CUSTOMERS, .offset = shop->offset, .day = shop->day, .money = money}};
    input.understood.last_day = SPAN - 1;
    const build_options options = {.until = SPAN - 1, .horizon_days = 91, .days_per_unit = 7, .margin = 0.4, .discount_rate = 0.1, .seed = 1};
    assert_ok(build_report(&input, &options, NULL, &b, &err), &err);
    /* Fitted alone, both come to the same choice and nearly the same parameters: rows are in another order. */
    assert_ptr_equal(b.r.fit.params.model, done.document.fits.forecast.params.model);
    assert_relative(b.r.fit.params.value[0], done.document.fits.forecast.params.value[0], 1e-4);
    assert_relative(b.r.spend_fit.params.value[1], done.document.fits.spending.params.value[1], 1e-4);
    assert_relative(b.r.expected_orders, done.expected, 1e-4);
    b.r.fit = done.document.fits.forecast;
    b.r.cycle_fit = done.document.fits.cycle;
    b.r.spend_fit = done.document.fits.spending;
    b.r.has_spend_fit = done.document.fits.has_spending;
    free((void *)(uintptr_t)b.r.customers);
    assert_ok(build_customers(&b, &input, &options, NULL, &err), &err);
    ledger *l = fixture_open(s);
    db_statement *q;
    assert_ok(db_prepare(l->d, "SELECT orders, p_alive, p_order, expected_orders, expected_low, expected_high, rhythm_days, next_order_days, value_minor, "
                               "value_at_risk_minor, stage FROM forecast WHERE customer_id = $1", "i", &q, &err), &err);
    for (size_t i = 0; i < CUSTOMERS; i++) {
        const report_customer *c = &b.r.customers[i];
        bool row;
        db_bind_int(q, 1, (int64_t)customer_number(l, c->index));
        assert_ok(db_step(q, &row, &err), &err);
        assert_true(row);
        assert_int_equal(db_int(q, 0), c->orders);
        const double want[] = {c->p_alive, c->p_order, c->expected, c->expected_low, c->expected_high, c->rhythm_days};
        for (int k = 0; k < 6; k++)
            if (db_real(q, 1 + k) != want[k]) fail_msg("customer %u, column %d: %.17g, run has %.17g", c->index, k, db_real(q, 1 + k), want[k]);
        assert_near(db_real(q, 7), c->due_day - b.r.until, 1e-9); /* run's is added to a day, and loses digits there */
        assert_int_equal(db_int(q, 8), llround(c->expected_value * 100));
        assert_int_equal(db_int(q, 9), llround(c->value_at_risk * 100));
        assert_string_equal(db_text(q, 10, NULL), mr_stage_name(c->stage));
        db_reset(q);
    }
    ledger_close(l);
    build_free(&b);
}

/* --- cycles and histories --- */

static char *range_dump(const store *s, score_plan *plan, const scoring *model, bool histories) {
    mr_error err = {0};
    ledger *l = fixture_open(s);
    forecast_writer writer = {.l = l, .model_id = model->model.id, .scored_at_us = TEST_NOW, .until_day = plan->until, .horizon_days = 91, .currency = "EUR"};
    score_sums sums = {0};
    plan->histories = histories;
    score_worker *w = score_worker_new(plan, &writer);
    assert_non_null(w);
    assert_ok(score_range(w, 0, INT64_MAX, &sums, &err), &err);
    score_worker_free(w);
    ledger_close(l);
    return dump_of(s, false);
}

/* As of a day in the past the cycles of some know too much: read from histories, those alone or all, the rows are the same. */
static void two_ways(void **state) {
    const store *s = store_of(state);
    new_base(s, NULL);
    scoring_options o = options_of(s);
    scoring done = score_ok(&o, 1);
    const model_document *d = &done.document;
    for (int32_t until = SPAN - 1; until > 0; until -= 231) {
        score_plan plan = {.until = until, .money = {.currency = "EUR"},
                           .outlook = {.forecast = &d->fits.forecast.params, .cycle = &d->fits.cycle.params, .spending = &d->fits.spending.params,
                                       .has_money = true, .days_per_unit = 7, .horizon_days = 91, .level = 0.8, .margin = 1, .discount_rate = 0.1}};
        plan.discount = outlook_discount(&plan.outlook);
        char *cycles = range_dump(s, &plan, &done, false);
        assert_same(cycles, range_dump(s, &plan, &done, true));
        free(cycles);
        /* Only those with an order by then have a row. */
        const base *shop = the_shop();
        int64_t want = 0;
        for (size_t c = 0; c < CUSTOMERS; c++) want += shop->day[shop->offset[c]] <= until;
        ledger *l = fixture_open(s);
        assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM forecast"), want);
        ledger_close(l);
    }
    o.until = 400; /* through the door: most cycles know too much */
    scoring past = score_ok(&o, 2);
    assert_true(past.from_histories);
    assert_int_equal(past.until, 400);
}

/* --- refusals and repairs --- */

static void assert_refused(const scoring_options *o, const char *says) {
    mr_error err = {0};
    scoring out;
    assert_int_equal(score_as(o, 1, &out, &err), MR_EDATA);
    if (!strstr(err.message, says)) fail_msg("'%s' does not say '%s'", err.message, says);
}

static void refusals(void **state) {
    const store *s = store_of(state);
    ledger_close(fixture_ledger(s));
    scoring_options o = options_of(s);
    assert_refused(&o, "no orders");
    fill(s, 0, 400, NULL, false);
    o.of = 2;
    assert_refused(&o, "--fit-only");
    o.of = 0;
    o.model = "123";
    assert_refused(&o, "no stored model 123");
    o.model = NULL;
    score_ok(&o, 1);
    fill(s, 400, 500, NULL, true); /* an import cut short */
    o.no_repair = true;
    assert_refused(&o, "stale");
    o.no_repair = false;
    scoring done = score_ok(&o, 1);
    assert_true(done.repairs && done.repaired > 0);
    ledger *l = fixture_open(s);
    fixture_check_cycles(l);
    /* Who is no customer any more has no forecast. */
    mr_error err = {0};
    char sql[128];
    for (int i = 0; i < 2; i++) {
        snprintf(sql, sizeof sql, "DELETE FROM %s WHERE customer_id = %lld", i ? "cycle" : "event", (long long)fixture_customer(l, 7));
        assert_ok(db_execute(l->d, sql, &err), &err);
    }
    uint64_t before = done.sums.customers;
    done = score_ok(&o, 1);
    assert_int_equal(done.sums.customers, before - 1);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM forecast"), (int64_t)before - 1);
    ledger_close(l);
}

static int stop_at(uint64_t done, uint64_t total, void *ctx) {
    int *ticks = ctx;
    (void)done, (void)total;
    return --*ticks <= 0;
}

/* Cancelled at any tick, it stops with that and leaves nothing in the way of the next. */
static void cancelled(void **state) {
    const store *s = store_of(state);
    new_base(s, NULL);
    scoring_options o = options_of(s);
    mr_error err = {0};
    scoring out;
    int n = 0;
    for (int at = 1;; at += 1 + at / 3) {
        int ticks = at;
        mr_context context = {.progress = stop_at, .progress_ctx = &ticks};
        mr_status status = scoring_run(&o, &context, &out, &err);
        if (status == MR_OK) break;
        assert_int_equal(status, MR_ECANCELLED);
        n++;
    }
    assert_true(n > 10);
    assert_int_equal(out.sums.customers, CUSTOMERS);
}

/* --- stored models --- */

static void models(void **state) {
    const store *s = store_of(state);
    mr_error err = {0};
    new_base(s, NULL);
    scoring_options o = options_of(s);
    o.fit_only = true;
    scoring all = score_ok(&o, 1);
    assert_true(all.fitted && !all.scored);
    o.sample = 500;
    o.now_us++;
    scoring some = score_ok(&o, 2);
    assert_true(some.document.sample > 400 && some.document.sample < 600);
    assert_int_equal(some.document.customers, CUSTOMERS);
    assert_true(some.model.id > 0 && some.model.id != all.model.id);
    o.fit_only = false;
    assert_int_equal(score_ok(&o, 1).model.id, some.model.id);
    ledger *l = fixture_open(s);
    assert_ok(ledger_model_pin(l, all.model.id, TEST_NOW, &err), &err);
    scoring done = score_ok(&o, 1);
    assert_true(done.model.pinned && done.model.id == all.model.id);
    o.model = "latest";
    assert_int_equal(score_ok(&o, 1).model.id, some.model.id);
    char number[24];
    snprintf(number, sizeof number, "%.12lld", (long long)some.model.id);
    o.model = number;
    assert_int_equal(score_ok(&o, 1).model.id, some.model.id);
    o.model = "";
    assert_refused(&o, "no stored model");
    assert_ok(ledger_model_pin(l, 0, TEST_NOW, &err), &err);
    o.model = NULL;
    assert_int_equal(score_ok(&o, 1).model.id, some.model.id);
    ledger_model *list;
    size_t n;
    assert_ok(ledger_models(l, &list, &n, &err), &err);
    assert_int_equal(n, 2);
    assert_true(list[0].id == some.model.id && !list[0].pinned && !list[1].pinned);
    /* A document is what was written: read and written again it has the same bytes. */
    model_document d;
    char *text;
    assert_ok(model_document_read(list[1].document, &d, &err), &err);
    assert_ok(model_document_write(&d, &text, &err), &err);
    assert_string_equal(text, list[1].document);
    model_document_free(text);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM audit WHERE what = 'pin' OR what = 'unpin'"), 2);
    ledger_models_free(list, n);
    ledger_close(l);
}

/* A document is used whole or not at all: with any field gone, or a parameter that cannot be, it is refused. */
static void damaged(void **state) {
    (void)state;
    model_document d = {.program = "9.9", .until = 400, .days_per_unit = 7, .currency = "EUR", .customers = 10, .sample_last = INT64_MAX, .sample = 10,
                        .horizon_days = 91, .entries = 1, .outer_actual_total = 5};
    const mr_params p = {.model = mr_model_find("mbg-cnbd-k"), .value = {0.1, 2, 1.0 / 3, 4}, .k = 3};
    d.fits.forecast = d.fits.cycle = (mr_fit){.params = p, .se = {0.1, NAN, 0.3, 0.4}, .log_likelihood = -12.5, .n = 10};
    d.fits.spending = (mr_fit){.params = {.model = mr_model_find("gamma-gamma"), .value = {1, 2, 3}, .k = 1}};
    d.fits.has_spending = true;
    snprintf(d.entry[0].name, sizeof d.entry[0].name, "nbd");
    mr_error err = {0};
    char *text, *twice;
    model_document got;
    assert_ok(model_document_write(&d, &text, &err), &err);
    assert_ok(model_document_read(text, &got, &err), &err);
    assert_ok(model_document_write(&got, &twice, &err), &err);
    assert_string_equal(text, twice);
    assert_memory_equal(got.fits.cycle.params.value, p.value, sizeof p.value);
    assert_int_equal(got.sample_last, INT64_MAX);
    model_document_free(twice);
    /* Each name in turn spoilt. */
    size_t fields = 0;
    for (char *name = strstr(text, "\""); name; name = strstr(name, "\"")) {
        char *end = strchr(name + 1, '"'), first = name[1];
        if (end[1] == ':') {
            name[1] = '?';
            mr_status status = model_document_read(text, &got, &err);
            /* What may be absent: a holdout, and whether an entry was fitted; the rule is for people. */
            bool may = !strncmp(name + 2, "oldout", 6) || !strncmp(name + 2, "itted", 5) || !strncmp(name + 2, "ule\"", 4);
            if ((status == MR_OK) != may) fail_msg("without %.20s: %d", name, status);
            name[1] = first;
            fields++;
        }
        name = end + 1;
    }
    assert_true(fields > 50);
    static const char *const bad[] = {"", "[]", "nonsense", "{}", "{\"format\": 2}", "{\"format\": -1}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_int_equal(model_document_read(bad[i], &got, &err), MR_EDATA);
    char *alpha = strstr(text, "\"alpha\": 2.0");
    assert_non_null(alpha);
    alpha[9] = '-';
    alpha[10] = '1';
    assert_int_equal(model_document_read(text, &got, &err), MR_EDATA);
    model_document_free(text);
}

/* --- money --- */

static void rates(void **state) {
    const store *s = store_of(state);
    new_base(s, "USD");
    scoring_options o = options_of(s);
    assert_refused(&o, "EUR and in USD");
    currency_rate all[] = {{"USD", -719162, 0.5}, {"USD", 350, 0.25}};
    o.rates = all;
    o.rates_n = 2;
    scoring done = score_ok(&o, 2);
    assert_string_equal(done.document.currency, "EUR");
    assert_true(done.from_histories);
    /* The rates are kept; parts and threads see the same. */
    o.rates_n = 0;
    char *first = dump_of(s, false);
    clear(s);
    for (o.of = 2, o.part = 0; o.part < 2; o.part++) score_ok(&o, 1 + (int)o.part);
    assert_same(first, dump_of(s, false));
    /* With the day given a part does not look beyond itself; some have one currency, and all the same rows. */
    clear(s);
    o.until = SPAN - 1;
    bool plain = false;
    for (o.of = 50, o.part = 0; o.part < 50; o.part++) plain |= !score_ok(&o, 1).from_histories;
    assert_true(plain);
    assert_same(first, dump_of(s, false));
    free(first);
    o.of = 0;
    /* A currency of rate 1 is the one to count in. */
    currency_rate dollars[] = {{"USD", -719162, 1}, {"USD", 350, 1}, {"EUR", -719162, 2}};
    o.rates = dollars;
    o.rates_n = 3;
    assert_refused(&o, "the rates are to USD");
    o.refit = true;
    assert_string_equal(score_ok(&o, 1).document.currency, "USD");
}

/* A rate of a day counts from that day on. */
static void converted(void **state) {
    (void)state;
    currency_rate row[] = {{"USD", 10, 0.5}, {"USD", 20, 0.123456789}};
    const currency_rates all = {row, 2};
    const occasions_money money = {"EUR", &all};
    history_event events[] = {{.kind = EVENT_order, .day = 10, .amount_minor = 101, .currency = "USD"},
                              {.kind = EVENT_order, .day = 10, .amount_minor = 50, .currency = "EUR"},
                              {.kind = EVENT_refund, .day = 11, .amount_minor = 50, .currency = "GBP"},
                              {.kind = EVENT_order, .day = 20, .amount_minor = 1000, .currency = "USD"},
                              {.kind = EVENT_order, .day = 25, .amount_minor = -5, .currency = "USD"},
                              {.kind = EVENT_order, .day = 30, .amount_minor = 5}};
    history h = {.customer_id = 3, .events = events, .n = 6};
    int32_t day[6];
    int64_t amount[6];
    size_t n;
    mr_error err = {0};
    assert_ok(occasions_of(&money, &h, day, amount, &n, &err), &err);
    assert_int_equal(n, 3);
    assert_int_equal(day[1], 20);
    assert_int_equal(amount[0], 5050 + 5000);
    assert_int_equal(amount[1], 12346);
    assert_int_equal(amount[2], 0);
    events[0].day = 9;
    assert_int_equal(occasions_of(&money, &h, day, amount, &n, &err), MR_EDATA);
    assert_non_null(strstr(err.message, "begin later"));
    strcpy(events[0].currency, "GBP");
    assert_int_equal(occasions_of(&money, &h, day, amount, &n, &err), MR_EDATA);
    assert_non_null(strstr(err.message, "GBP"));
}

int main(void) {
    const struct CMUnitTest tests[] = {BOTH(partitions), BOTH(like_run), BOTH(two_ways), BOTH(refusals), BOTH(cancelled), BOTH(models), BOTH(rates), cmocka_unit_test(converted), cmocka_unit_test(damaged)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(reference);
    return failed;
}
