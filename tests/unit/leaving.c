/* Who is leaving, judged on the past: the measures against counting by hand, scores that do not change when the future is appended, the same bits for any
 * number of threads, a base in which nothing foretells leaving, and one in which something does. */
#include "check.h"

#include <calendar.h>
#include <leaving_backtest.h>
#include <leaving_model.h>
#include <rng.h>
#include <temporary.h>
#include <text.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define assert_ok(call, err) do { mr_status assert_status = (call); if (assert_status) fail_msg("%s: %s", #call, (err)->message); } while (0)

/* --- measures --- */

static void test_auc(void **state) {
    (void)state;
    enum { N = 200 };
    double score[N], weight[N], won = 0, pairs = 0;
    unsigned char gone[N];
    rng r;
    rng_seed(&r, 5, 0);
    for (int i = 0; i < N; i++) {
        score[i] = (double)rng_below(&r, 12);
        weight[i] = (double)rng_below(&r, 4);
        gone[i] = rng_below(&r, 3) == 0;
    }
    for (int i = 0; i < N; i++)
        for (int k = 0; k < N; k++) {
            if (!gone[i] || gone[k]) continue;
            pairs += weight[i] * weight[k];
            won += weight[i] * weight[k] * (score[i] > score[k] ? 1 : score[i] == score[k] ? 0.5 : 0);
        }
    assert_true(fabs(measure_auc(N, score, gone, weight) - won / pairs) < 1e-12);
    assert_true(isnan(measure_auc(0, score, gone, NULL)));
    memset(gone, 1, sizeof gone);
    assert_true(isnan(measure_auc(N, score, gone, NULL)));
}

/* Twenty customers over four months; at a rate of 5 % one is flagged each month. Customer 0 leaves on day 130 and is flagged at the ends of month 1 (day 58), 2 (89)
 * and 3 (119): the run begins at day 58. Customer 1 is flagged in month 0 and stays. */
static void test_lead(void **state) {
    (void)state;
    enum { C = 20, MONTHS = 4, N = C * MONTHS };
    static landmark_customer customer[C];
    int32_t day[N], gone[N];
    uint32_t who[N];
    unsigned char now[N];
    size_t which[N], month[MONTHS + 1];
    double score[N];
    mr_error err = {0};
    for (size_t c = 0; c < C; c++) customer[c] = (landmark_customer){.first = c * MONTHS, .n = MONTHS};
    for (size_t k = 0; k <= MONTHS; k++) month[k] = k * C;
    for (size_t c = 0; c < C; c++)
        for (size_t k = 0; k < MONTHS; k++) {
            size_t at = c * MONTHS + k, j = k * C + c;
            day[at] = landmark_month_end(calendar_month_start(calendar_month_index(0) + (int)k));
            who[at] = (uint32_t)c;
            now[at] = c == 0 && day[at] + 91 >= 130 ? LANDMARK_LEFT : LANDMARK_STAYED;
            gone[at] = now[at] == LANDMARK_LEFT ? 130 : TRACE_NO_DAY;
            which[j] = at;
            score[j] = 0.1 + (double)c / 1000;
            if (k == 0 ? c == 1 : c == 0) score[j] = 0.9;
        }
    landmarks m = {.mode = RISK_CONTRACTS, .horizon_days = 91, .n = N, .customers = C, .customer = customer, .day = day, .who = who, .now = now, .gone = gone};
    const judged j = {&m, which, N, month, MONTHS};
    scorer_measures out;
    const double *scores[] = {score};
    assert_ok(measures_of(&j, scores, (bool[]){true}, 1, 1, NULL, &out, &err), &err);
    const lead_measures *lead = &out.lead[0];
    assert_int_equal(lead->flagged, 4);
    assert_int_equal(lead->flagged_left, 3);
    assert_int_equal(lead->leavers, 1);
    assert_int_equal(lead->caught, 1);
    assert_true(lead->lead_median == 130 - 58);
    assert_int_equal(lead->runs, 2);
    assert_int_equal(lead->false_runs, 1);
    assert_true(fabs(lead->customer_years - N / 12.0) < 1e-12);
    assert_true(fabs(lead->precision.value - 0.75) < 1e-12);
    assert_true(out.auc.value == 1 && out.auc.low == 1);
    measures_free(&out, 1);
    /* One unflagged landmark before they leave, and they are not caught. */
    score[2 * C] = 0;
    score[3 * C] = 0;
    assert_ok(measures_of(&j, scores, (bool[]){true}, 1, 1, NULL, &out, &err), &err);
    assert_int_equal(out.lead[0].leavers, 1);
    assert_int_equal(out.lead[0].caught, 0);
    assert_true(isnan(out.lead[0].lead_median));
    measures_free(&out, 1);
    /* Leaving on day 160, beyond the landmark of day 150, which is not judged: nobody can say whether they would have been flagged then. */
    for (size_t i = 0; i < N; i++)
        if (now[i] == LANDMARK_LEFT) {
            gone[i] = 160;
            now[i] = day[i] + 91 >= 160 ? LANDMARK_LEFT : LANDMARK_STAYED;
        }
    score[2 * C] = score[3 * C] = 0.9;
    assert_ok(measures_of(&j, scores, (bool[]){true}, 1, 1, NULL, &out, &err), &err);
    assert_int_equal(out.lead[0].flagged_left, 2);
    assert_int_equal(out.lead[0].leavers, 0);
    assert_int_equal(out.lead[0].caught, 0);
    assert_int_equal(out.lead[0].false_runs, 1);
    measures_free(&out, 1);
}

/* --- bases --- */

enum { START = 14610, MONTH_DAYS = 30 }; /* 2010-01-01 */

static const char *day_text(int32_t day) {
    static char text[4][11];
    static int at;
    return calendar_text(day, text[at = (at + 1) % 4]);
}

/* Customers under contract for up to three years. foretold: who will leave has payments fail in the two months before, mostly. */
static void contracts_base(text_buffer *out, uint64_t seed, bool foretold, int32_t until) {
    for (unsigned c = 0; c < 400; c++) {
        rng r;
        rng_seed(&r, seed, c);
        int32_t start = START + (int32_t)rng_below(&r, 500), left = start + (int32_t)(rng_exponential(&r) * 500) + 20, end = START + 1100;
        text_printf(out, "{\"customer\":\"c%u\",\"kind\":\"contract_start\",\"at\":\"%s\",\"id\":\"s%u\",\"subject\":\"k%u\"}\n", c, day_text(start), c, c);
        for (int32_t day = start; day < (left < end ? left : end); day += 10) {
            bool soon = left - day < 90;
            if (rng_uniform(&r) < (foretold && soon ? 0.6 : 0.02) && day <= until)
                text_printf(out, "{\"customer\":\"c%u\",\"kind\":\"payment_failed\",\"at\":\"%s\",\"id\":\"p%u-%d\"}\n", c, day_text(day), c, (int)day);
            if (rng_uniform(&r) < 0.3 && day <= until)
                text_printf(out, "{\"customer\":\"c%u\",\"kind\":\"usage\",\"at\":\"%s\",\"id\":\"u%u-%d\",\"body\":{\"count\":%u}}\n", c, day_text(day), c, (int)day,
                            1 + (unsigned)rng_below(&r, 9));
        }
        if (left < end && left <= until)
            text_printf(out, "{\"customer\":\"c%u\",\"kind\":\"leave_confirmed\",\"at\":\"%s\",\"id\":\"l%u\",\"subject\":\"k%u\"}\n", c, day_text(left), c, c);
    }
}

static void orders_base(text_buffer *out, uint64_t seed, int32_t until) {
    for (unsigned c = 0; c < 500; c++) {
        rng r;
        rng_seed(&r, seed, c);
        double gap = 10 + 60 * rng_uniform(&r), leaves = 0.02 + 0.1 * rng_uniform(&r);
        for (int32_t day = START + (int32_t)rng_below(&r, 300), n = 0; day <= until; day += 1 + (int32_t)(gap * rng_exponential(&r)), n++) {
            text_printf(out, "{\"customer\":\"c%u\",\"kind\":\"order\",\"at\":\"%s\",\"id\":\"o%u-%d\",\"amount\":%u,\"currency\":\"EUR\"}\n", c, day_text(day), c, (int)n,
                        10 + (unsigned)rng_below(&r, 90));
            if (rng_uniform(&r) < leaves) break;
        }
    }
}

static void made(text_buffer *text, temporary *t, ledger **l) {
    char path[] = "/tmp/marram-leaving-XXXXXX.ndjson";
    mr_error err = {0};
    int fd = mkstemps(path, 7);
    assert_true(fd >= 0 && !text->failed);
    assert_int_equal(write(fd, text->data, text->len), (ssize_t)text->len);
    close(fd);
    temporary_file file = {path, "events"};
    assert_ok(temporary_make(&file, 1, &(temporary_options){.today = INT32_MAX, .now_us = INT64_C(4000000000000000)}, NULL, t, &err), &err);
    unlink(path);
    assert_ok(ledger_open(t->url, NULL, l, &err), &err);
    text_free(text);
}

static leaving_backtest_options options(void) {
    return (leaving_backtest_options){.landmarks = {.horizon_days = 60, .until = INT32_MAX, .only_day = INT32_MIN}, .retrain_months = 3, .seed = 1};
}

static void judge(text_buffer *text, mr_pool *pool, leaving_backtest *out) {
    temporary t;
    ledger *l;
    mr_error err = {0};
    leaving_backtest_options o = options();
    mr_context context = {.pool = pool};
    made(text, &t, &l);
    assert_ok(leaving_backtest_run(l, &o, &context, out, &err), &err);
    ledger_close(l);
    temporary_remove(&t);
}

/* Every score of `less` is in `more`, to the bit. */
static void assert_scores_within(const leaving_backtest *less, const leaving_backtest *more) {
    size_t found = 0;
    for (size_t i = 0; i < less->n; i++) {
        const landmarks *a = &less->m, *b = &more->m;
        size_t one = less->row[i];
        for (size_t k = 0; k < more->n; k++) {
            size_t other = more->row[k];
            if (a->day[one] != b->day[other] || strcmp(a->customer[a->who[one]].external_id, b->customer[b->who[other]].external_id) != 0) continue;
            for (int s = 0; s < LEAVING_SCORERS; s++)
                if (less->score[s] && memcmp(&less->score[s][i], &more->score[s][k], sizeof(double)) != 0)
                    fail_msg("%s of %s: %.17g without the future, %.17g with it", leaving_scorer_of(s)->name, a->customer[a->who[one]].external_id, less->score[s][i],
                             more->score[s][k]);
            found++;
        }
    }
    assert_int_equal(found, less->n);
    assert_true(found > 500);
}

static void test_no_future(void **state) {
    (void)state;
    leaving_backtest less, more;
    for (int contracts = 0; contracts < 2; contracts++) {
        text_buffer a = {0}, b = {0};
        if (contracts) contracts_base(&a, 3, true, START + 800), contracts_base(&b, 3, true, START + 1100);
        else orders_base(&a, 3, START + 600), orders_base(&b, 3, START + 900);
        judge(&a, NULL, &less);
        judge(&b, NULL, &more);
        assert_true(less.months < more.months);
        assert_scores_within(&less, &more);
        leaving_backtest_free(&less);
        leaving_backtest_free(&more);
    }
}

static void test_threads(void **state) {
    (void)state;
    leaving_backtest one, three;
    text_buffer a = {0}, b = {0};
    mr_pool *pool;
    mr_error err = {0};
    assert_ok(mr_pool_new(3, &pool, &err), &err);
    orders_base(&a, 4, START + 700);
    orders_base(&b, 4, START + 700);
    judge(&a, NULL, &one);
    judge(&b, pool, &three);
    assert_int_equal(one.n, three.n);
    for (int s = 0; s < LEAVING_SCORERS; s++) {
        if (!one.score[s]) continue;
        assert_memory_equal(one.score[s], three.score[s], one.n * sizeof(double));
        assert_memory_equal(&one.of[s].auc, &three.of[s].auc, sizeof one.of[s].auc);
    }
    leaving_backtest_free(&one);
    leaving_backtest_free(&three);
    mr_pool_free(pool);
}

static void test_nothing_foretells(void **state) {
    (void)state;
    leaving_backtest b;
    text_buffer text = {0};
    int best;
    contracts_base(&text, 21, false, START + 1100);
    judge(&text, NULL, &b);
    assert_int_equal(b.m.mode, RISK_CONTRACTS);
    assert_int_equal(leaving_backtest_verdict(&b, &best), VERDICT_NOTHING);
    leaving_backtest_free(&b);
}

static void test_foretold(void **state) {
    (void)state;
    leaving_backtest b;
    text_buffer text = {0};
    int best;
    contracts_base(&text, 22, true, START + 1100);
    judge(&text, NULL, &b);
    assert_int_not_equal(leaving_backtest_verdict(&b, &best), VERDICT_NOTHING);
    assert_true(b.of[LEAVING_additive].auc.low > 0.75);
    assert_true(b.of[LEAVING_additive].lead[1].lead_median > 10);
    assert_true(b.of[LEAVING_additive].lead[1].precision.value > 0.6);
    leaving_backtest_free(&b);
}

/* Too little of anything is said so. */
static void test_too_little(void **state) {
    (void)state;
    temporary t;
    ledger *l;
    mr_error err = {0};
    leaving_backtest b;
    leaving_backtest_options o = options();
    text_buffer text = {0}, empty = {0};
    text_puts(&text, "{\"customer\":\"a\",\"kind\":\"order\",\"at\":\"2020-01-01\",\"id\":\"1\"}\n{\"customer\":\"a\",\"kind\":\"order\",\"at\":\"2021-01-01\",\"id\":\"2\"}\n");
    made(&text, &t, &l);
    assert_int_equal(leaving_backtest_run(l, &o, NULL, &b, &err), MR_EDATA);
    assert_non_null(strstr(err.message, "too short"));
    o.landmarks.horizon_days = 3000;
    assert_int_equal(leaving_backtest_run(l, &o, NULL, &b, &err), MR_EDATA);
    assert_non_null(strstr(err.message, "--horizon"));
    o.landmarks.horizon_days = 0;
    assert_int_equal(leaving_backtest_run(l, &o, NULL, &b, &err), MR_EINVAL);
    ledger_close(l);
    temporary_remove(&t);
    text_puts(&empty, "{\"customer\":\"a\",\"kind\":\"praise\",\"at\":\"2020-01-01\",\"id\":\"1\"}\n");
    made(&empty, &t, &l);
    o = options();
    assert_int_equal(leaving_backtest_run(l, &o, NULL, &b, &err), MR_EDATA);
    assert_non_null(strstr(err.message, "neither orders nor contracts"));
    ledger_close(l);
    temporary_remove(&t);
}

/* --- a model of leaving --- */

static void trained_on(text_buffer *text, leaving_model *model, landmarks *today) {
    temporary t;
    ledger *l;
    mr_error err = {0};
    landmarks m;
    made(text, &t, &l);
    landmarks_options o = {.horizon_days = 60, .until = INT32_MAX, .only_day = INT32_MIN};
    assert_ok(landmarks_read(l, &o, NULL, &m, &err), &err);
    assert_ok(leaving_model_train(&m, 90, 1, NULL, model, &err), &err);
    landmarks_free(&m);
    o.only_day = LANDMARK_LAST_DAY;
    assert_ok(landmarks_read(l, &o, NULL, today, &err), &err);
    ledger_close(l);
    temporary_remove(&t);
}

static double *scores_of(const leaving_model *model, const landmarks *m, double **contribution) {
    mr_error err = {0};
    size_t terms = trained_terms(&model->model), *which = calloc(m->n + 1, sizeof *which);
    double *score = calloc(m->n + 1, sizeof *score);
    *contribution = calloc(m->n * terms + 1, sizeof **contribution);
    for (size_t i = 0; i < m->n; i++) which[i] = i;
    assert_ok(leaving_model_score(model, m, which, m->n, NULL, score, *contribution, &err), &err);
    free(which);
    return score;
}

/* Written, read, and the same to the bit; contributions add up to the score. */
static void test_document(void **state) {
    (void)state;
    for (int contracts = 0; contracts < 2; contracts++) {
        text_buffer text = {0};
        leaving_model model, again;
        landmarks today;
        mr_error err = {0};
        char *document, *twice;
        double *a, *b, *parts, *parts_again;
        if (contracts) contracts_base(&text, 8, true, START + 1000);
        else orders_base(&text, 8, START + 900);
        trained_on(&text, &model, &today);
        assert_int_equal(model.has_buying, !contracts);
        assert_true(today.n > 20 && today.n == today.customers);
        assert_ok(leaving_model_write(&model, &document, &err), &err);
        assert_ok(leaving_model_read(document, strlen(document), &again, &err), &err);
        assert_ok(leaving_model_write(&again, &twice, &err), &err);
        assert_string_equal(document, twice);
        a = scores_of(&model, &today, &parts);
        b = scores_of(&again, &today, &parts_again);
        assert_memory_equal(a, b, today.n * sizeof *a);
        size_t terms = trained_terms(&model.model);
        for (size_t i = 0; i < today.n; i++) {
            double sum = trained_base(&model.model);
            for (size_t k = 0; k < terms; k++) sum += parts[i * terms + k];
            assert_true(sum == a[i]);
            cycle_stage stage = landmark_stage(&today, i, 1 / (1 + exp(-a[i])), model.rate);
            assert_true(stage < CYCLE_STAGES && stage != CYCLE_left);
        }
        /* Of the other sort of base. */
        landmarks other = today;
        other.mode = contracts ? RISK_ORDERS : RISK_CONTRACTS;
        assert_int_equal(leaving_model_score(&model, &other, (size_t[]){0}, 1, NULL, a, NULL, &err), MR_EDATA);
        assert_non_null(strstr(err.message, "train it anew"));
        free(a), free(b), free(parts), free(parts_again);
        leaving_model_text_free(document);
        leaving_model_text_free(twice);
        leaving_model_free(&model);
        leaving_model_free(&again);
        landmarks_free(&today);
    }
}

/* Measured on later time: chances that were too bold by half are halved, those that say nothing become the rate, and contributions go on adding up. */
static void test_drawn(void **state) {
    (void)state;
    enum { N = 4000 };
    static int32_t day[N];
    static uint32_t who[N];
    static unsigned char then[N];
    static size_t place[N];
    static double score[N], noise[N];
    mr_error err = {0};
    recalibration r;
    rng random;
    rng_seed(&random, 12, 0);
    for (size_t i = 0; i < N; i++) {
        score[i] = 2 * rng_normal(&random);
        noise[i] = rng_normal(&random);
        who[i] = (uint32_t)(i / 2); /* two rows of each */
        place[i] = i;
        then[i] = rng_uniform(&random) < 1 / (1 + exp(1 - score[i] / 2)) ? LANDMARK_LEFT : LANDMARK_STAYED;
    }
    const landmarks m = {.n = N, .day = day, .who = who, .then = then};
    const later_rows later = {&m, place, N};
    assert_ok(recalibration_measure(&later, score, score, NULL, &r, &err), &err);
    assert_true(r.done && fabs(r.measured - 0.5) < 4 * r.se && r.slope > 0 && r.slope <= r.measured && r.se < 0.05);
    double mean = 0, left = 0;
    for (size_t i = 0; i < N; i++) mean += 1 / (1 + exp(-(r.level + r.slope * score[i]))) / N, left += (then[i] == LANDMARK_LEFT) / (double)N;
    assert_true(fabs(mean - left) < 1e-6);
    /* The spread is carried over: of a model that says the same ten times as boldly a tenth of the slope. */
    for (size_t i = 0; i < N; i++) noise[i] = 10 * score[i];
    recalibration bold;
    assert_ok(recalibration_measure(&later, score, noise, NULL, &bold, &err), &err);
    assert_true(fabs(bold.slope - r.slope / 10) < 1e-9);
    for (size_t i = 0; i < N; i++) noise[i] = rng_normal(&random);
    assert_ok(recalibration_measure(&later, noise, score, NULL, &r, &err), &err);
    assert_true(r.done && r.slope == 0);
    assert_true(fabs(1 / (1 + exp(-r.level)) - left) < 1e-6);
}

/* What foretells nothing says the rate: of everybody, in every part of the document. By chance one base of noise in twenty seems to foretell a little. */
static void test_blind(void **state) {
    (void)state;
    leaving_model model, again;
    landmarks today;
    mr_error err = {0};
    char *document;
    double *score, *parts;
    int blind = 0;
    for (uint64_t seed = 22; seed < 24; seed++) {
        text_buffer text = {0};
        contracts_base(&text, seed, false, START + 1100);
        trained_on(&text, &model, &today);
        print_message("seed %llu: slope %.2f (%.2f), drawn by %.2f\n", (unsigned long long)seed, model.drawn.measured, model.drawn.se, model.drawn.slope);
        assert_true(model.drawn.done);
        if (leaving_model_blind(&model)) {
            blind++;
            assert_true(model.model.notes > 0 && strstr(model.model.note[model.model.notes - 1], "does not foretell"));
            assert_ok(leaving_model_write(&model, &document, &err), &err);
            assert_ok(leaving_model_read(document, strlen(document), &again, &err), &err);
            assert_true(leaving_model_blind(&again) && again.drawn.rows == model.drawn.rows && again.drawn.from_day == model.drawn.from_day);
            score = scores_of(&again, &today, &parts);
            for (size_t i = 0; i < today.n; i++) {
                assert_true(score[i] == trained_base(&again.model));
                for (size_t k = 0; k < trained_terms(&again.model); k++) assert_true(parts[i * trained_terms(&again.model) + k] == 0);
            }
            free(score), free(parts);
            leaving_model_text_free(document);
            leaving_model_free(&again);
        }
        leaving_model_free(&model);
        landmarks_free(&today);
    }
    assert_true(blind >= 1);
}

/* Every damaged document is refused with words; cut anywhere, a member of it missing or of another type. */
static void test_damage(void **state) {
    (void)state;
    text_buffer text = {0};
    leaving_model model, bad;
    landmarks today;
    mr_error err = {0};
    char *document, copy[200];
    static const char *const members[] = {"\"format\"", "\"version\"", "\"outcome\"", "\"horizon_days\"", "\"sour_days\"", "\"as_of\"", "\"currency\"", "\"buying\"", "\"parameters\"", "\"k\"",
                                          "\"features\"", "\"terms\"", "\"name\"", "\"cuts\"", "\"model\""};
    orders_base(&text, 8, START + 900);
    trained_on(&text, &model, &today);
    assert_ok(leaving_model_write(&model, &document, &err), &err);
    size_t len = strlen(document);
    for (size_t cut = 0; cut < len; cut += 1 + len / 60) {
        assert_int_equal(leaving_model_read(document, cut, &bad, &err), MR_EDATA);
        leaving_model_free(&bad);
    }
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        char *at = strstr(document, members[i]);
        if (!at) fail_msg("there is no %s", members[i]);
        snprintf(copy, sizeof copy, "%.*s", (int)strlen(members[i]), at);
        at[1] = '~';
        mr_status status = leaving_model_read(document, len, &bad, &err);
        if (status != MR_EDATA || !err.message[0]) fail_msg("without %s: status %d", members[i], status);
        leaving_model_free(&bad);
        memcpy(at, copy, strlen(members[i]));
    }
    assert_ok(leaving_model_read(document, len, &bad, &err), &err);
    leaving_model_free(&bad);
    assert_int_equal(leaving_model_read("[]", 2, &bad, &err), MR_EDATA);
    leaving_model_free(&bad);
    leaving_model_text_free(document);
    leaving_model_free(&model);
    landmarks_free(&today);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_auc), cmocka_unit_test(test_lead), cmocka_unit_test(test_no_future), cmocka_unit_test(test_threads),
                                       cmocka_unit_test(test_nothing_foretells), cmocka_unit_test(test_foretold), cmocka_unit_test(test_too_little),
                                       cmocka_unit_test(test_document), cmocka_unit_test(test_drawn), cmocka_unit_test(test_blind),
                                       cmocka_unit_test(test_damage)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
