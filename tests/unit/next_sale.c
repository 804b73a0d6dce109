/* What follows what: counts, lifts, times and ranks against values computed by hand; the same for any threads; planted and absent following told apart; a document
 * and back. */
#include "check.h"

#include <next_sale_of.h>
#include <rng.h>
#include <world.h>

#include <stdlib.h>

enum { A, B, C };

/* --- by hand --- */

/* 6 buy A and B 10 .. 15 days later, 6 C and A 20 days later, 2 A and C, 4 B and C. */
static void small_base(next_sale_base *b) {
    mr_error err = {0};
    const struct {
        const char *one, *other;
        int n, days, step;
    } rows[] = {{"A", "B", 6, 10, 1}, {"C", "A", 6, 20, 0}, {"A", "C", 2, 5, 0}, {"B", "C", 4, 8, 0}};
    *b = (next_sale_base){0};
    for (size_t i = 0; i < 3; i++) {
        bool failed;
        assert_int_equal(next_sale_base_product(b, &"ABC"[i], 1, &failed), i);
    }
    for (size_t i = 0; i < 4; i++)
        for (int k = 0; k < rows[i].n; k++) {
            const int32_t day[] = {100 + rows[i].days + k * rows[i].step, 100};
            const uint32_t product[] = {(uint32_t)(rows[i].other[0] - 'A'), (uint32_t)(rows[i].one[0] - 'A')};
            assert_int_equal(next_sale_base_customer(b, day, product, 2, &err), MR_OK); /* in any order */
        }
}

static next_sale_lines lines_of(const next_sale_base *b) {
    return (next_sale_lines){b->customers, b->first, b->day, b->product, b->products};
}

static void by_hand(void **state) {
    (void)state;
    next_sale_base b;
    next_sale_model m;
    next_sale_desk *d;
    next_sale_pick pick[3];
    mr_error err = {0};
    small_base(&b);
    const next_sale_lines lines = lines_of(&b);
    assert_int_equal(next_sale_fit(&lines, 1000, NULL, &m, &err), MR_OK);
    assert_true(m.lines == 36 && m.occasions == 18);
    const next_sale_product *a = &m.product[A];
    assert_true(a->buyers == 14 && a->came_back == 8 && a->rebuyers == 0 && a->known);
    assert_near(a->fresh, 0.6, 1e-15); /* 6 of the 10 next baskets of who had none */
    assert_near(m.product[B].fresh, 6 / 14.0, 1e-15);
    assert_near(m.product[C].fresh, 0.5, 1e-15);
    assert_true(a->own == 0 && a->again == 0);
    /* Each pair left out in its turn is likeliest at the weakest prior: sum of n log((n - 1 + mu q) / (N - 1 + mu)), q = 1/2 each, is -5.96 at 1/16, -6.65 at 1. */
    assert_true(m.mu == 1 / 16.0);
    assert_int_equal(a->followers, 1); /* C follows less often than it is bought anyway */
    const next_sale_follower *f = &m.follower[a->first];
    assert_true(f->product == B && f->customers == 6);
    assert_near(f->lift, (6 + 0.5 / 16) / (8 + 1 / 16.0) / 0.5, 1e-14);
    assert_near(a->rest_lift, (1 - (6 + 0.5 / 16) / (8 + 1 / 16.0)) / 0.5, 1e-14);
    assert_true(f->days[0] == 11 && f->days[1] == 12 && f->days[2] == 14); /* of 10 .. 15: the second, third and fifth */
    assert_true(m.best[0] == A && m.best[1] == C && m.best[2] == B); /* 14, 12, 10 */
    /* Who bought A: not A again, for nobody ever did; B before C. */
    assert_int_equal(next_sale_desk_new(&m, &d, &err), MR_OK);
    const int32_t day[] = {5};
    const uint32_t product[] = {A};
    assert_int_equal(next_sale_rank(&m, d, day, product, 1, 3, pick), 2);
    assert_true(pick[0].product == B && pick[0].because == A && pick[0].follows == f && !pick[0].has);
    assert_near(pick[0].score, 6 / 14.0 * f->lift, 1e-14);
    assert_true(pick[1].product == C && pick[1].because == NEXT_SALE_NONE);
    assert_near(pick[1].score, 0.5 * a->rest_lift, 1e-14);
    assert_int_equal(next_sale_rank(&m, d, NULL, NULL, 0, 3, pick), 3); /* nobody yet: what newcomers buy */
    assert_true(pick[0].product == A && pick[1].product == C && pick[2].product == B);
    const uint32_t unknown[] = {NEXT_SALE_NONE};
    assert_int_equal(next_sale_rank(&m, d, day, unknown, 1, 1, pick), 1);
    assert_true(pick[0].product == A && pick[0].lift == 1);
    assert_int_equal(next_sale_rank(&m, d, day, product, 1, 0, pick), 0);
    next_sale_desk_free(d);
    next_sale_free(&m);
    /* Of what came by day 110 only: one A -> B, two A -> C, four B -> C; five customers are the least. */
    assert_int_equal(next_sale_fit(&lines, 110, NULL, &m, &err), MR_OK);
    assert_true(m.lines == 18 + 1 + 2 + 4 && m.occasions == 7 && m.product[B].buyers == 5 && m.product[B].came_back == 4);
    next_sale_free(&m);
    next_sale_base_free(&b);
}

static void strengths(void **state) {
    (void)state;
    double sum[NEXT_SALE_STRENGTHS] = {0};
    assert_true(next_sale_strength(0) == 1 / 16.0 && next_sale_strength(NEXT_SALE_STRENGTHS - 1) == 1 << 20);
    assert_true(next_sale_likeliest(sum) == 1 << 20); /* nothing seen: the base rates alone */
    next_sale_leave_out(6, 8, 0.5, sum);
    assert_near(sum[4], 6 * log(5.5 / 8), 1e-13);
    next_sale_leave_out(2, 8, 0.5, sum);
    assert_near(sum[4], 6 * log(5.5 / 8) + 2 * log(1.5 / 8), 1e-13);
    double before = sum[4];
    next_sale_leave_out(1, 1, 0.5, sum); /* says nothing */
    next_sale_leave_out(0, 8, 0.5, sum);
    assert_true(sum[4] == before);
}

/* Who buys again, and who does not: habits are the customer's own, one-offs are not suggested to who has them. */
static void repeats(void **state) {
    (void)state;
    next_sale_base b = {0};
    next_sale_model m;
    next_sale_desk *d;
    next_sale_pick pick[4];
    mr_error err = {0};
    bool failed;
    const uint32_t beans = next_sale_base_product(&b, "Beans", 5, &failed), mill = next_sale_base_product(&b, "mill", 4, &failed), tea = next_sale_base_product(&b, "tea", 3, &failed);
    assert_int_equal(next_sale_base_product(&b, " beans ", 7, &failed), beans); /* capitals and spaces make no difference */
    assert_int_equal(next_sale_base_product(&b, "  ", 2, &failed), NEXT_SALE_NONE);
    for (int c = 0; c < 40; c++) {
        const int32_t day[] = {0, 0, 30, 30, 60, 60, 90};
        const uint32_t product[] = {mill, beans, beans, beans, c % 4 ? beans : tea, c % 4 ? beans : tea, beans};
        assert_int_equal(next_sale_base_customer(&b, day, product, 7, &err), MR_OK);
    }
    assert_int_equal(b.lines, 5 * 40); /* a product once a day */
    const next_sale_lines lines = lines_of(&b);
    assert_int_equal(next_sale_fit(&lines, 1000, NULL, &m, &err), MR_OK);
    assert_true(m.product[mill].again < NEXT_SALE_ONE_OFF && m.product[mill].rebuyers == 0 && m.product[mill].came_back == 40);
    assert_true(m.product[beans].again > 0.9 && m.product[beans].own > 0.85);
    assert_int_equal(next_sale_desk_new(&m, &d, &err), MR_OK);
    const int32_t day[] = {0, 0, 30};
    const uint32_t had[] = {beans, mill, beans};
    size_t n = next_sale_rank(&m, d, day, had, 3, 4, pick);
    assert_true(n == 2 && pick[0].product == beans && pick[0].has && pick[1].product == tea);
    next_sale_desk_free(d);
    next_sale_free(&m);
    next_sale_base_free(&b);
}

/* --- what cannot be --- */

static void bad_lines(void **state) {
    (void)state;
    const uint64_t first[] = {0, 3};
    next_sale_model m;
    mr_error err = {0};
    const struct {
        int32_t day[3];
        uint32_t product[3];
        const char *field;
        int row;
    } rows[] = {{{1, 3, 2}, {0, 0, 0}, "day", 2}, {{1, 1, 2}, {1, 0, 0}, "product", 1}, {{1, 1, 2}, {1, 1, 0}, "product", 1}, {{1, 2, 3}, {0, 2, 0}, "product", 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const next_sale_lines lines = {1, first, rows[i].day, rows[i].product, 2};
        assert_int_equal(next_sale_fit(&lines, 10, NULL, &m, &err), MR_EDATA);
        assert_string_equal(err.field, rows[i].field);
        assert_int_equal(err.row, rows[i].row);
        assert_null(m.product);
    }
    const uint64_t none[] = {0};
    const next_sale_lines empty = {0, none, NULL, NULL, 0};
    assert_int_equal(next_sale_fit(&empty, 10, NULL, &m, &err), MR_OK);
    next_sale_free(&m);
}

/* A day of more products than a basket holds is passed over. */
static void stocktake(void **state) {
    (void)state;
    enum { MANY = NEXT_SALE_BASKET + 1 };
    next_sale_base b = {0};
    next_sale_model m;
    mr_error err = {0};
    static int32_t day[MANY + 2];
    static uint32_t product[MANY + 2];
    bool failed;
    char name[16];
    for (uint32_t i = 0; i < MANY; i++) next_sale_base_product(&b, name, (size_t)snprintf(name, sizeof name, "p%u", i), &failed);
    for (int c = 0; c < 6; c++) {
        for (uint32_t i = 0; i < MANY; i++) day[i] = 10, product[i] = i;
        day[MANY] = 5, product[MANY] = 0;
        day[MANY + 1] = 20, product[MANY + 1] = 1;
        assert_int_equal(next_sale_base_customer(&b, day, product, MANY + 2, &err), MR_OK);
    }
    const next_sale_lines lines = lines_of(&b);
    assert_int_equal(next_sale_fit(&lines, 1000, NULL, &m, &err), MR_OK);
    assert_int_equal(m.followers, 0);
    next_sale_free(&m);
    next_sale_base_free(&b);
}

/* --- worlds --- */

static void gather(const char *file, uint64_t customers, uint64_t seed, next_sale_base *b, int32_t *until) {
    char path[512];
    world *w = NULL;
    world_room *room = NULL;
    mr_error err = {0};
    int32_t day[4096];
    uint32_t product[4096];
    bool failed;
    snprintf(path, sizeof path, "%s/%s", SOURCE_DIR, file);
    if (world_read(path, NULL, &w, &err) != MR_OK) fail_msg("%s", err.message);
    assert_int_equal(world_room_new(NULL, &room, &err), MR_OK);
    *b = (next_sale_base){0};
    *until = world_until(w);
    for (uint64_t i = 0; i < customers; i++) {
        world_history h;
        size_t n = 0;
        assert_int_equal(world_customer(w, seed, i, room, &h, &err), MR_OK);
        for (size_t k = 0; k < h.t.n && n < 4096; k++) {
            if (!trace_is_order(&h.t.event[k])) continue;
            day[n] = h.t.event[k].day;
            product[n++] = next_sale_base_product(b, h.words[k].note, strlen(h.words[k].note), &failed);
        }
        assert_int_equal(next_sale_base_customer(b, day, product, n, &err), MR_OK);
    }
    world_room_free(room);
    world_free(w);
}

static void same_models(const next_sale_model *x, const next_sale_model *y) {
    assert_true(x->mu == y->mu && x->kappa == y->kappa && x->followers == y->followers && x->products == y->products);
    for (uint32_t i = 0; i < x->products; i++) {
        const next_sale_product *p = &x->product[i], *q = &y->product[i];
        assert_true(p->buyers == q->buyers && p->own == q->own && p->fresh == q->fresh && p->self_lift == q->self_lift && p->rest_lift == q->rest_lift && p->first == q->first && p->followers == q->followers);
        assert_true(x->best[i] == y->best[i] && x->newest[i] == y->newest[i]);
    }
    for (size_t i = 0; i < x->followers; i++) {
        const next_sale_follower *f = &x->follower[i], *g = &y->follower[i];
        assert_true(f->product == g->product && f->customers == g->customers && f->lift == g->lift && !memcmp(f->days, g->days, sizeof f->days));
    }
}

static void threads(void **state) {
    (void)state;
    next_sale_base b;
    next_sale_model m[2];
    next_sale_trial t[2];
    mr_error err = {0};
    int32_t until;
    gather("examples/worlds/products.yaml", 1200, 3, &b, &until);
    for (int i = 0; i < 2; i++) {
        mr_context context = {0};
        assert_int_equal(mr_pool_new(i ? 4 : 1, &context.pool, &err), MR_OK);
        assert_int_equal(next_sale_learn(&b, until, &context, &t[i], &m[i], &err), MR_OK);
        mr_pool_free(context.pool);
    }
    same_models(&m[0], &m[1]);
    assert_true(t[0].ours.hits == t[1].ours.hits && t[0].gain_low == t[1].gain_low);
    next_sale_free(&m[0]);
    next_sale_free(&m[1]);
    next_sale_base_free(&b);
}

/* Planted following is found and worth something; where there is none nothing is claimed. */
static void judged(void **state) {
    (void)state;
    const struct {
        const char *file;
        next_sale_verdict verdict;
    } rows[] = {{"examples/worlds/products.yaml", NEXT_SALE_ACTS}, {"bench/worlds/products-independent.yaml", NEXT_SALE_NO_BETTER}};
    for (size_t i = 0; i < 2; i++)
        for (uint64_t seed = 1; seed <= 5; seed++) {
            next_sale_base b;
            next_sale_model m;
            next_sale_trial t;
            mr_error err = {0};
            int32_t until;
            gather(rows[i].file, 1500, seed, &b, &until);
            assert_int_equal(next_sale_learn(&b, until, NULL, &t, &m, &err), MR_OK);
            print_message("%s, seed %d: %.3f, bestsellers %.3f, own %.3f of %d; mu %g\n", rows[i].file, (int)seed, t.ours.rate, t.best.rate, t.own.rate, (int)t.cases, m.mu);
            assert_int_equal(t.verdict, rows[i].verdict);
            for (size_t k = 0; i && k < m.followers; k++) assert_true(m.follower[k].lift < 1.2); /* no rare pair wins by luck */
            next_sale_free(&m);
            next_sale_base_free(&b);
        }
}

static void too_little(void **state) {
    (void)state;
    next_sale_base b = {0};
    next_sale_model m;
    next_sale_trial t;
    mr_error err = {0};
    assert_int_equal(next_sale_learn(&b, 1000, NULL, &t, &m, &err), MR_OK);
    assert_int_equal(t.verdict, NEXT_SALE_NO_PRODUCTS);
    json_t *o = next_sale_document(&b, &t, &m);
    assert_non_null(o);
    next_sale_stored s;
    assert_true(next_sale_document_read(o, &s));
    assert_int_equal(s.trial.verdict, NEXT_SALE_NO_PRODUCTS);
    next_sale_stored_free(&s);
    json_decref(o);
    small_base(&b);
    assert_int_equal(next_sale_learn(&b, 1000, NULL, &t, &m, &err), MR_OK);
    assert_int_equal(t.verdict, NEXT_SALE_TOO_FEW);
    assert_true(t.cases == 6 && t.cut == 115); /* the last quarter of 20 days: C, then A */
    next_sale_free(&m);
    next_sale_base_free(&b);
}

/* What is read back ranks as what was written; what is no document is said to be none. */
static void kept(void **state) {
    (void)state;
    next_sale_base b;
    next_sale_model m;
    next_sale_trial t;
    next_sale_stored s;
    next_sale_desk *d;
    mr_error err = {0};
    int32_t until;
    gather("examples/worlds/products.yaml", 800, 9, &b, &until);
    assert_int_equal(next_sale_learn(&b, until, NULL, &t, &m, &err), MR_OK);
    json_t *o = next_sale_document(&b, &t, &m);
    assert_non_null(o);
    char *text = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(17));
    json_decref(o);
    assert_true(next_sale_document_read(o = json_loads(text, 0, NULL), &s));
    assert_int_equal(next_sale_desk_new(&m, &d, &err), MR_OK);
    for (size_t c = 0; c < 200; c++) {
        uint32_t theirs[4096];
        next_sale_pick x[3], y[3];
        size_t from = b.first[c], n = b.first[c + 1] - from;
        for (size_t i = 0; i < n; i++) {
            const char *name = b.name[b.product[from + i]];
            theirs[i] = next_sale_stored_find(&s, name, strlen(name));
        }
        size_t want = next_sale_rank(&m, d, b.day + from, b.product + from, n, 3, x);
        assert_int_equal(next_sale_rank(&s.model, s.desk, b.day + from, theirs, n, 3, y), want);
        for (size_t i = 0; i < want; i++) {
            assert_string_equal(s.name[y[i].product], b.name[x[i].product]);
            assert_near(y[i].score, x[i].score, 1e-12);
        }
    }
    next_sale_desk_free(d);
    next_sale_stored_free(&s);
    json_array_append_new(json_array_get(json_array_get(json_object_get(o, "products"), 0), 9), json_pack("[i,i,f,i,i,i]", 100000, 1, 1.0, 1, 1, 1)); /* a follower there is not */
    assert_false(next_sale_document_read(o, &s));
    json_object_set_new(o, "products", json_pack("[[s]]", "x"));
    assert_false(next_sale_document_read(o, &s));
    json_object_set_new(o, "version", json_integer(99));
    assert_false(next_sale_document_read(o, &s));
    json_decref(o);
    free(text);
    next_sale_free(&m);
    next_sale_base_free(&b);
}

/* The nth allocation fails, for every n: an error, and nothing is kept. */
typedef struct scarce {
    long left;
    long out; /* blocks not given back */
} scarce;

static void *scarce_resize(void *ctx, void *block, size_t size) {
    scarce *s = ctx;
    if (s->left-- <= 0) return NULL;
    s->out += !block;
    return realloc(block, size);
}

static void *scarce_allocate(void *ctx, size_t size) {
    return scarce_resize(ctx, NULL, size);
}

static void scarce_release(void *ctx, void *block) {
    ((scarce *)ctx)->out -= block != NULL;
    free(block);
}

static void no_memory(void **state) {
    (void)state;
    next_sale_base b;
    small_base(&b);
    const next_sale_lines lines = lines_of(&b);
    mr_status status = MR_ENOMEM;
    long n = 0;
    for (; status != MR_OK; n++) {
        scarce s = {.left = n};
        const mr_alloc alloc = {scarce_allocate, scarce_resize, scarce_release, &s};
        const mr_context context = {.alloc = &alloc};
        next_sale_model m;
        next_sale_desk *d = NULL;
        mr_error err = {0};
        status = next_sale_fit(&lines, 1000, &context, &m, &err);
        if (status == MR_OK) status = next_sale_desk_new(&m, &d, &err);
        assert_true(status == MR_OK || (status == MR_ENOMEM && err.code == MR_ENOMEM));
        next_sale_desk_free(d);
        next_sale_free(&m);
        assert_int_equal(s.out, 0);
    }
    print_message("%ld allocations\n", n - 1);
    assert_true(n > 30);
    next_sale_base_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(by_hand), cmocka_unit_test(strengths), cmocka_unit_test(repeats), cmocka_unit_test(bad_lines), cmocka_unit_test(stocktake), cmocka_unit_test(threads),
                                       cmocka_unit_test(judged), cmocka_unit_test(too_little), cmocka_unit_test(kept), cmocka_unit_test(no_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
