/* What the additive model promises, on made-up rows whose truth is known: contributions add up to the score to the last bit in any order, constraints
 * hold, the same bits on any number of threads, what is written down scores the same, planted effects and pairs are found, noise is not. */
#include <check.h>
#include <marram/marram.h>
#include <rng.h>
#include <stdlib.h>

#include <additive.h>

enum { P = 6, LEVELS = 7 };

typedef struct rows {
    size_t n;
    double *number[4];
    int32_t *category;
    unsigned char *happened;
    double *truth;
    mr_feature feature[P];
    mr_frame frame;
    mr_outcomes outcomes;
} rows;

static uint64_t seed(void) {
    const char *given = getenv("MARRAM_SEED");
    return given ? strtoull(given, NULL, 10) : 1;
}

static void *room(size_t n, size_t size) {
    void *block = calloc(n, size);
    assert_non_null(block);
    return block;
}

/* x1 rises, x2 is a wave with a tenth missing, x3 and x4 matter only together, x5 is a category, x6 is x1 to three bins. strength 0: nothing matters. */
static void make(rows *r, size_t n, double strength, uint64_t stream) {
    rng g;
    rng_seed(&g, seed(), stream);
    *r = (rows){.n = n, .category = room(n, sizeof *r->category), .happened = room(n, 1), .truth = room(n, sizeof *r->truth)};
    double *flag = room(n, sizeof *flag);
    for (int j = 0; j < 4; j++) r->number[j] = room(n, sizeof *r->number[j]);
    for (size_t i = 0; i < n; i++) {
        double x[4];
        for (int j = 0; j < 4; j++) r->number[j][i] = x[j] = rng_normal(&g);
        r->category[i] = (int32_t)rng_below(&g, LEVELS);
        flag[i] = x[0] < -1 ? 0 : x[0] < 1 ? 1 : 2;
        double f = x[0] + sin(2 * x[1]) + .8 * (x[2] > 0 ? 1 : -1) * (x[3] > 0 ? 1 : -1) + (r->category[i] == 3 ? 1 : 0);
        r->truth[i] = strength * f - .5;
        r->happened[i] = rng_uniform(&g) < 1 / (1 + exp(-r->truth[i]));
        if (rng_below(&g, 10) == 0) r->number[1][i] = NAN;
        if (rng_below(&g, 50) == 0) r->category[i] = -1;
    }
    for (int j = 0; j < 4; j++) r->feature[j] = (mr_feature){.number = r->number[j]};
    r->feature[4] = (mr_feature){.category = r->category, .categories = LEVELS};
    r->feature[5] = (mr_feature){.number = flag};
    r->frame = (mr_frame){n, P, r->feature};
    r->outcomes = (mr_outcomes){.happened = r->happened};
}

static void drop(rows *r) {
    for (int j = 0; j < 4; j++) free(r->number[j]);
    free((void *)(uintptr_t)r->feature[5].number);
    free(r->category);
    free(r->happened);
    free(r->truth);
}

static mr_additive *fit(const rows *r, const mr_additive_options *options, const mr_context *context) {
    mr_additive *model = NULL;
    mr_error err = {0};
    mr_status status = mr_additive_fit(&r->frame, &r->outcomes, options, context, &model, &err);
    if (status != MR_OK) print_error("%s\n", err.message);
    assert_int_equal(status, MR_OK);
    return model;
}

static void exact(void **state) {
    (void)state;
    rows r;
    make(&r, 3000, 1, 1);
    mr_additive *model = fit(&r, &(mr_additive_options){.bags = 3}, NULL);
    size_t terms = mr_additive_terms(model);
    double *score = room(r.n, sizeof *score), *part = room(r.n * terms, sizeof *part), *chance = room(r.n, sizeof *chance);
    mr_additive_parts m;
    mr_additive_take_apart(model, &m);
    assert_true(terms > P); /* with a pair */
    assert_int_equal(mr_additive_score(model, &r.frame, NULL, score, NULL), MR_OK);
    assert_int_equal(mr_additive_probability(model, &r.frame, NULL, chance, NULL), MR_OK);
    assert_int_equal(mr_additive_contributions(model, &r.frame, NULL, part, NULL), MR_OK);
    for (size_t i = 0; i < r.n; i++) {
        double forwards = m.base, backwards = 0;
        for (size_t t = 0; t < terms; t++) forwards += part[i * terms + t];
        for (size_t t = terms; t-- > 0;) backwards += part[i * terms + t];
        assert_true(forwards == score[i]);
        assert_true(backwards + m.base == score[i]);
        assert_true(chance[i] == 1 / (1 + exp(-score[i])));
    }
    free(chance);
    free(part);
    free(score);
    mr_additive_free(model);
    drop(&r);
}

static void same_bits(size_t n, const mr_additive_options *options) {
    rows r;
    make(&r, n, 1, 2);
    double *first = room(n, sizeof *first), *other = room(n, sizeof *other);
    static const int threads[] = {1, 2, 5};
    for (size_t k = 0; k < 3; k++) {
        mr_context context = {0};
        assert_int_equal(mr_pool_new(threads[k], &context.pool, NULL), MR_OK);
        mr_additive *model = fit(&r, options, &context);
        assert_int_equal(mr_additive_score(model, &r.frame, &context, k ? other : first, NULL), MR_OK);
        mr_additive_free(model);
        mr_pool_free(context.pool);
        if (k) assert_memory_equal(first, other, n * sizeof *first);
    }
    free(other);
    free(first);
    drop(&r);
}

static void threads(void **state) {
    (void)state;
    same_bits(3000, &(mr_additive_options){.bags = 5, .rounds = 60});                        /* a bag a thread */
    same_bits(60000, &(mr_additive_options){.bags = 1, .rounds = 20, .learning_rate = .3}); /* blocks of rows */
}

static void monotone(void **state) {
    (void)state;
    static const signed char up[P] = {1, 0, 0, 0, 0, 1}, down[P] = {-1, 0, 0, 0, 0, 0};
    rows r;
    make(&r, 3000, 1, 3);
    for (int way = 0; way < 2; way++) {
        mr_additive *model = fit(&r, &(mr_additive_options){.bags = 4, .leaves = 6, .monotone = way ? down : up}, NULL);
        mr_additive_parts m;
        mr_additive_take_apart(model, &m);
        for (size_t t = 0; t < m.terms; t++) {
            if (m.second[t] >= 0) { /* a constrained feature is in no pair */
                assert_true(m.monotone[m.first[t]] == 0 && m.monotone[m.second[t]] == 0);
                continue;
            }
            int sign = m.monotone[m.first[t]];
            for (size_t k = m.value_offset[t] + 2; sign && k < m.value_offset[t + 1]; k++) assert_true(sign * (m.value[k] - m.value[k - 1]) >= 0);
        }
        assert_true(m.importance[0] > (way ? -1 : .3));
        mr_additive_free(model);
    }
    drop(&r);
}

static double auc(const double *score, const rows *r) {
    double above = 0, pairs = 0;
    for (size_t i = 0; i < r->n; i += 7)
        for (size_t k = 0; k < r->n; k += 5)
            if (r->happened[i] && !r->happened[k]) pairs++, above += score[i] > score[k] ? 1 : score[i] == score[k] ? .5 : 0;
    return above / pairs;
}

/* Near what knowing the truth would give, calibrated on other rows; the planted pair and no other; with noise alone, next to nothing. */
static void recovers(void **state) {
    (void)state;
    rows r, fresh;
    make(&r, 20000, 1, 4);
    make(&fresh, 20000, 1, 5);
    mr_additive *model = fit(&r, &(mr_additive_options){.bags = 3, .learning_rate = .1}, NULL);
    double *score = room(fresh.n, sizeof *score), c[2];
    const double *x[1] = {score};
    mr_logistic_fit line = {.coefficient = c};
    mr_additive_parts m;
    mr_additive_take_apart(model, &m);
    assert_int_equal(mr_additive_score(model, &fresh.frame, NULL, score, NULL), MR_OK);
    double got = auc(score, &fresh), best = auc(fresh.truth, &fresh);
    print_message("AUC %.4f, with the truth known %.4f\n", got, best);
    assert_true(got > best - .012); /* a tenth of a column was hidden */
    assert_int_equal(mr_logistic_estimate(fresh.n, x, 1, fresh.happened, NULL, 0, NULL, &line, NULL), MR_OK);
    assert_true(c[1] > .93 && c[1] < 1.07);
    size_t strongest = m.terms - 1;
    for (size_t t = P; t < m.terms; t++)
        if (m.importance[t] > m.importance[strongest]) strongest = t;
    assert_int_equal(m.first[strongest], 2);
    assert_int_equal(m.second[strongest], 3);
    assert_true(m.terms <= P + 3);
    free(score);
    mr_additive_free(model);
    drop(&fresh);
    drop(&r);
    make(&r, 5000, 0, 6);
    model = fit(&r, NULL, NULL);
    mr_additive_take_apart(model, &m);
    for (size_t t = 0; t < m.terms; t++) assert_true(m.importance[t] < .08);
    mr_additive_free(model);
    drop(&r);
}

/* Apart and together again: the same bits. A damaged array is refused, whichever it is. */
static void parts(void **state) {
    (void)state;
    rows r;
    make(&r, 1500, 1, 7);
    mr_additive *model = fit(&r, &(mr_additive_options){.bags = 2}, NULL), *again = NULL;
    mr_additive_parts m;
    mr_error err = {0};
    double *first = room(r.n, sizeof *first), *other = room(r.n, sizeof *other);
    mr_additive_take_apart(model, &m);
    assert_int_equal(mr_additive_put_together(&m, NULL, &again, &err), MR_OK);
    mr_additive_score(model, &r.frame, NULL, first, NULL);
    mr_additive_score(again, &r.frame, NULL, other, NULL);
    assert_memory_equal(first, other, r.n * sizeof *first);
    mr_additive_free(again);
    struct {
        void *at;
        double value;
        size_t size;
    } harm[] = {{(void *)(uintptr_t)&m.cut[1], NAN, 8},      {(void *)(uintptr_t)&m.cut[1], -1e9, 8},   {(void *)(uintptr_t)&m.value[3], 1e-11, 8},
                {(void *)(uintptr_t)&m.value[3], 1e6, 8},     {(void *)(uintptr_t)&m.error[0], -1, 8},   {(void *)(uintptr_t)&m.bin_weight[2], INFINITY, 8},
                {(void *)(uintptr_t)&m.category_bin[0], 0, 1}, {(void *)(uintptr_t)&m.category_bin[0], 99, 1}, {(void *)(uintptr_t)&m.coarse[1], 200, 1},
                {(void *)(uintptr_t)&m.used[0], 0, 1},        {(void *)(uintptr_t)&m.first[0], 77, 4},
                {(void *)(uintptr_t)&m.second[0], 0, 4},      {(void *)(uintptr_t)&m.importance[0], NAN, 8}};
    for (size_t k = 0; k < sizeof harm / sizeof *harm; k++) {
        char kept[8];
        memcpy(kept, harm[k].at, harm[k].size);
        if (harm[k].size == 8) memcpy(harm[k].at, &harm[k].value, 8);
        else if (harm[k].size == 4) *(int32_t *)harm[k].at = (int32_t)harm[k].value;
        else *(unsigned char *)harm[k].at = (unsigned char)harm[k].value;
        if (mr_additive_put_together(&m, NULL, &again, &err) != MR_EDATA) print_error("harm %zu was not noticed\n", k);
        assert_null(again);
        assert_int_equal(err.code, MR_EDATA);
        memcpy(harm[k].at, kept, harm[k].size);
    }
    free(other);
    free(first);
    mr_additive_free(model);
    drop(&r);
}

/* A thousand categories, rare ones together; one not seen in training is one of the others; missing where nothing was missing; a constant is left out. */
static void categories(void **state) {
    (void)state;
    enum { N = 4000, MANY = 1000 };
    static double same[N], x[N];
    static int32_t code[N];
    static unsigned char happened[N];
    rng g;
    rng_seed(&g, seed(), 8);
    for (int i = 0; i < N; i++) {
        code[i] = (int32_t)(rng_below(&g, 2) ? rng_below(&g, 5) : rng_below(&g, MANY));
        x[i] = rng_normal(&g);
        same[i] = 4;
        happened[i] = rng_uniform(&g) < (code[i] == 2 ? .7 : .3);
    }
    const mr_feature features[] = {{.category = code, .categories = MANY}, {.number = same}, {.number = x}};
    const mr_frame frame = {N, 3, features};
    mr_additive *model = NULL;
    assert_int_equal(mr_additive_fit(&frame, &(mr_outcomes){.happened = happened}, NULL, NULL, &model, NULL), MR_OK);
    mr_additive_parts m;
    mr_additive_take_apart(model, &m);
    assert_int_equal(m.used[1], 0);
    assert_true(m.bin_offset[1] < 60); /* five large ones, a few by chance, the others */
    const int32_t strange[3] = {2, 999999, -1};
    const double numbers[3] = {0, 0, NAN};
    const mr_feature asked[] = {{.category = strange}, {0}, {.number = numbers}};
    double score[3], part[6];
    assert_int_equal(mr_additive_score(model, &(mr_frame){3, 3, asked}, NULL, score, NULL), MR_OK);
    assert_int_equal(mr_additive_contributions(model, &(mr_frame){3, 3, asked}, NULL, part, NULL), MR_OK);
    assert_true(score[0] > score[1] + .5);
    assert_true(fabs(part[2]) < .4);            /* the others */
    assert_true(part[4] == 0 && part[5] == 0); /* never missing in training: an average row's */
    mr_additive_free(model);
}

/* Rows of a group are on one side of every split: where each stands ten times, the judged rows are no copies, and boosting stops in time. */
static void groups(void **state) {
    (void)state;
    enum { N = 300, TIMES = 10 };
    rows r;
    make(&r, N * TIMES, 0, 9);
    uint64_t *group = room(r.n, sizeof *group);
    for (size_t i = 0; i < r.n; i++) {
        group[i] = i % N;
        for (int j = 0; j < 4; j++) r.number[j][i] = r.number[j][i % N];
        r.happened[i] = r.happened[i % N];
    }
    mr_additive_course alone, together;
    mr_additive *model = fit(&r, &(mr_additive_options){.pairs = -1}, NULL);
    mr_additive_course_of(model, &alone);
    mr_additive_free(model);
    r.outcomes.group = group;
    model = fit(&r, &(mr_additive_options){.pairs = -1}, NULL);
    mr_additive_course_of(model, &together);
    mr_additive_free(model);
    print_message("judged loss %.3f of copies, %.3f of groups kept together\n", alone.judged_loss, together.judged_loss);
    assert_true(alone.judged_loss < together.judged_loss - .1);
    free(group);
    drop(&r);
}

/* The order of categories in pairs is learnt from the rows fitted to: what happened in those that judge does not move it. */
static void judges_tell_nothing(void **state) {
    (void)state;
    enum { N = 2000 };
    rows r;
    make(&r, N, 1, 9);
    unsigned char *judge = room(N, 1), coarse[2][512];
    size_t n[2];
    for (size_t i = 0; i < N; i++) judge[i] = i >= N * 2 / 3;
    r.outcomes.judge = judge;
    for (int k = 0; k < 2; k++) {
        for (size_t i = 0; k && i < N; i++)
            if (judge[i]) r.happened[i] = r.category[i] % 2 == 1; /* another world */
        mr_additive *model = fit(&r, &(mr_additive_options){.bags = 2, .bins = 32, .pairs = -1}, NULL);
        mr_additive_parts m;
        mr_additive_take_apart(model, &m);
        n[k] = m.bin_offset[P];
        assert_true(n[k] <= sizeof coarse[k]);
        memcpy(coarse[k], m.coarse, n[k]);
        mr_additive_free(model);
    }
    assert_int_equal(n[0], n[1]);
    assert_memory_equal(coarse[0], coarse[1], n[0]);
    free(judge);
    drop(&r);
}

static additive_plan plan_with(const rows *r, int bags) {
    additive_plan plan = {.frame = &r->frame, .outcomes = &r->outcomes, .options = {.bags = bags, .bins = 32, .pairs = 10, .judged_share = 1 / 7.0, .min_leaf = 20}};
    return plan;
}

/* Where the caller says which rows judge, nobody who is fitted to judges by another row, and every row that judges does so in some bag. */
static void judges_are_others(void **state) {
    (void)state;
    enum { N = 1200, OF_ONE = 6 };
    rows r;
    make(&r, N, 0, 9);
    unsigned char *judge = room(N, 1);
    uint64_t *group = room(N, sizeof *group);
    float *fit_to = room(N, 2 * sizeof *fit_to), *judged = fit_to + N;
    size_t judging = 0;
    for (size_t i = 0; i < N; i++) group[i] = i / OF_ONE, judge[i] = i % OF_ONE >= 4;
    r.outcomes.judge = judge;
    r.outcomes.group = group;
    for (int bags = 1; bags <= 14; bags += 13) {
        additive_plan plan = plan_with(&r, bags);
        additive_bags b;
        assert_int_equal(additive_bags_make(&plan, &b, NULL), MR_OK);
        for (size_t bag = 0; bag < b.bags; bag++) {
            unsigned char sides[N / OF_ONE] = {0};
            additive_bag_weights(&b, bag, fit_to, judged);
            for (size_t i = 0; i < N; i++) {
                assert_true((fit_to[i] > 0) <= !judge[i] && (judged[i] > 0) <= judge[i]);
                sides[group[i]] |= (unsigned char)((fit_to[i] > 0) | (judged[i] > 0) << 1);
                judging += judged[i] > 0;
            }
            for (size_t g = 0; g < N / OF_ONE; g++) assert_true(sides[g] != 3);
        }
        additive_bags_free(&b, NULL);
    }
    additive_plan thin = plan_with(&r, 1); /* a five-hundredth judges: two groups of two rows */
    thin.options.judged_share = 1 / 500.0;
    r.outcomes.judge = NULL;
    r.outcomes.group = NULL;
    additive_bags b;
    assert_int_equal(additive_bags_make(&thin, &b, NULL), MR_OK);
    size_t few = 0;
    for (size_t i = 0; i < N; i++) few += additive_bag_judges(&b, 0, i);
    additive_bags_free(&b, NULL);
    assert_true(few >= 2 && few <= 4);
    r.outcomes.judge = judge; /* one customer's rows alone judge: they do in every bag */
    r.outcomes.group = group;
    for (size_t i = 0; i < N; i++) judge[i] = group[i] == 7;
    additive_plan lone = plan_with(&r, 7);
    assert_int_equal(additive_bags_make(&lone, &b, NULL), MR_OK);
    for (size_t bag = 0; bag < b.bags; bag++) assert_true(additive_bag_judges(&b, bag, 7 * OF_ONE));
    additive_bags_free(&b, NULL);
    assert_true(judging > N / 3 * 2); /* twice each of the many bags, and some of the one */
    free(fit_to);
    free(group);
    free(judge);
    drop(&r);
}

/* Pairs are picked by the rows fitted to: what happened in those that judge does not move them. */
static void judges_pick_no_pairs(void **state) {
    (void)state;
    enum { N = 4000, MOST = 10 };
    rows r;
    make(&r, N, 1, 9);
    unsigned char *judge = room(N, 1);
    float *score = room(N, sizeof *score);
    additive_pair pair[2][MOST];
    size_t found[2];
    for (size_t i = 0; i < N; i++) judge[i] = i >= N * 2 / 3, score[i] = 0;
    r.outcomes.judge = judge;
    memset(pair, 0, sizeof pair);
    for (int k = 0; k < 2; k++) {
        for (size_t i = 0; k && i < N; i++)
            if (judge[i]) r.happened[i] = (r.number[0][i] > r.number[1][i]) != (r.number[2][i] > r.number[3][i]); /* another world */
        additive_plan plan = plan_with(&r, 1);
        arena memory = {0};
        additive_bins bins;
        assert_int_equal(additive_bins_learn(&plan, &memory, &bins, NULL), MR_OK);
        assert_int_equal(additive_pairs_find(&plan, &bins, score, MOST, pair[k], &found[k], NULL), MR_OK);
        additive_bins_free(&bins, NULL);
        arena_free(&memory);
    }
    assert_int_equal(found[0], found[1]);
    for (size_t q = 0; q < found[0]; q++)
        assert_true(pair[0][q].first == pair[1][q].first && pair[0][q].second == pair[1][q].second && pair[0][q].strength == pair[1][q].strength);
    free(score);
    free(judge);
    drop(&r);
}

int main(void) {
    print_message("seed %llu\n", (unsigned long long)seed());
    const struct CMUnitTest tests[] = {cmocka_unit_test(exact),  cmocka_unit_test(threads),    cmocka_unit_test(monotone), cmocka_unit_test(recovers),
                                       cmocka_unit_test(parts), cmocka_unit_test(categories), cmocka_unit_test(judges_tell_nothing), cmocka_unit_test(groups),
                                       cmocka_unit_test(judges_are_others), cmocka_unit_test(judges_pick_no_pairs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
