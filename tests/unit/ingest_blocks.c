/* ingest, however the text is cut: random CSV read back, the same on any number of threads, short memory, cancelling. */
#include "heap.h"
#include "orders_text.h"

#include "rng.h"

/* --- threads and blocks --- */

typedef struct made_order {
    char id[40];
    int32_t day;
    int64_t money;
} made_order;

static void put_field(text_buffer *b, const char *text, rng *r, bool quote) {
    if (!quote) {
        text_puts(b, text);
        return;
    }
    text_putc(b, '"');
    for (const char *p = text; *p; p++) {
        if (*p == '"') text_putc(b, '"');
        text_putc(b, *p);
    }
    text_putc(b, '"');
    (void)r;
}

/* A random file with everything that is allowed; its orders into made. */
static void make_csv(rng *r, text_buffer *b, made_order *made, size_t n) {
    static const char *const notes[] = {"",   "x",    "a,b",      "say \"hi\"", "two\nlines",
                                        "\"", "\n\n", "\r\n,\",", "plain text"};
    static const char *const ids[] = {"%llu", "C%07llu", "long identifier number %llu", "q\"%llu", "a,%llu"};
    bool crlf = rng_below(r, 2), header = rng_below(r, 4) != 0;
    const char *line_end = crlf ? "\r\n" : "\n";
    if (rng_below(r, 3) == 0) text_puts(b, "\xEF\xBB\xBF");
    if (header) text_printf(b, "note,customer,\"order\ndate\",amount%s", line_end);
    for (size_t i = 0; i < n; i++) {
        char text[40];
        made_order *m = &made[i];
        uint64_t kind = rng_below(r, i < 3 ? 2 : 5);
        snprintf(m->id, sizeof m->id, ids[kind], (unsigned long long)rng_below(r, 20));
        m->day = calendar_day(2010, 1, 1) + (int32_t)rng_below(r, 400);
        m->money = (int64_t)rng_below(r, 3000) * 100;
        const char *note = notes[rng_below(r, 9)];
        put_field(b, note, r,
                  note[0] && strcmp(note, "x") && strcmp(note, "plain text") ? true : rng_below(r, 2));
        text_putc(b, ',');
        put_field(b, m->id, r, kind >= 3 || rng_below(r, 3) == 0);
        text_putc(b, ',');
        calendar_text(m->day, text);
        if (rng_below(r, 4) == 0) strcat(text, "T10:11:12Z");
        put_field(b, text, r, rng_below(r, 3) == 0);
        snprintf(text, sizeof text, "%lld.%02d", (long long)(m->money / 10000), (int)(m->money / 100 % 100));
        text_putc(b, ',');
        put_field(b, text, r, rng_below(r, 3) == 0);
        if (i + 1 < n || rng_below(r, 2)) text_puts(b, line_end);
        if (rng_below(r, 30) == 0) text_puts(b, line_end);
    }
}

/* Is o what a simple count over made gives? */
static bool same_as_made(const ingest_orders *o, const made_order *made, size_t n) {
    size_t customers = 0;
    uint64_t occasions = 0;
    for (size_t i = 0; i < n; i++) {
        bool first = true, first_of_day = true;
        int64_t money = 0;
        for (size_t k = 0; k < n; k++) {
            if (strcmp(made[i].id, made[k].id)) continue;
            if (k < i) first = false;
            if (made[k].day != made[i].day) continue;
            if (k < i) first_of_day = false;
            money += made[k].money;
        }
        size_t at = 0;
        if (first) {
            if (customers >= o->orders.n) return false;
            at = customers++;
            if (o->id_offset[at + 1] - o->id_offset[at] != strlen(made[i].id) ||
                memcmp(o->id_bytes + o->id_offset[at], made[i].id, strlen(made[i].id)))
                return false;
        }
        if (!first_of_day) continue;
        occasions++;
        for (at = 0; at < o->orders.n; at++)
            if (o->id_offset[at + 1] - o->id_offset[at] == strlen(made[i].id) &&
                !memcmp(o->id_bytes + o->id_offset[at], made[i].id, strlen(made[i].id)))
                break;
        if (at == o->orders.n) return false;
        bool found = false;
        for (uint64_t k = o->offset[at]; k < o->offset[at + 1]; k++) {
            if (k > o->offset[at] && o->day[k] <= o->day[k - 1]) return false;
            found = found || (o->day[k] == made[i].day && o->money[k] == money);
        }
        if (!found) return false;
    }
    return customers == o->orders.n && occasions == o->offset[o->orders.n];
}

static void random_csv(void **state) {
    (void)state;
    const char *given = getenv("MARRAM_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : 20261122;
    print_message("random_csv: MARRAM_SEED=%llu\n", (unsigned long long)seed);
    for (uint64_t round = 0; round < 150; round++) {
        rng r;
        rng_seed(&r, seed, round);
        size_t n = 3 + rng_below(&r, 120);
        made_order *made = calloc(n, sizeof *made);
        text_buffer b = {0};
        make_csv(&r, &b, made, n);
        ingest_options o = plain();
        o.columns = "-,customer,date,amount";
        static const size_t blocks[] = {0, 16, 37, 200};
        static const int threads[] = {1, 2, 5};
        ingest_orders out;
        mr_error err;
        mr_status status =
            read_text(b.data, b.len, blocks[rng_below(&r, 4)], threads[rng_below(&r, 3)], &o, &out, &err);
        if (status)
            print_error("round %llu: %s\n%.*s\n", (unsigned long long)round, err.message, (int)b.len, b.data);
        assert_int_equal(status, MR_OK);
        assert_int_equal(out.understood.lines, n);
        bool same = same_as_made(&out, made, n);
        if (!same) print_error("round %llu\n%.*s\n", (unsigned long long)round, (int)b.len, b.data);
        assert_true(same);
        /* the checker catches an order that was changed */
        made[n / 2].money += 100;
        assert_false(same_as_made(&out, made, n));
        ingest_orders_free(&out);
        free(made);
        text_free(&b);
    }
}

static bool equal(const ingest_orders *a, const ingest_orders *b) {
    size_t n = a->orders.n;
    return n == b->orders.n && !memcmp(a->offset, b->offset, (n + 1) * sizeof *a->offset) &&
           !memcmp(a->day, b->day, a->offset[n] * sizeof *a->day) &&
           !memcmp(a->money, b->money, a->offset[n] * sizeof *a->money) &&
           !memcmp(a->id_offset, b->id_offset, (n + 1) * sizeof *a->id_offset) &&
           !memcmp(a->id_bytes, b->id_bytes, a->id_offset[n]) &&
           !memcmp(a->returned, b->returned, n * sizeof *a->returned) &&
           a->understood.merged == b->understood.merged;
}

static void thread_identity(void **state) {
    (void)state;
    text_buffer b = {0};
    rng r;
    rng_seed(&r, 7, 7);
    text_puts(&b, "customer,date,amount\n");
    for (int i = 0; i < 60000; i++) {
        static const char *const ids[] = {"%llu", "C%07llu", "3f2504e0-4f89-11d3-9a0c-%012llu"};
        char day[11];
        text_printf(&b, ids[rng_below(&r, 3)], (unsigned long long)rng_below(&r, 3000));
        text_printf(&b, ",%s,%s%d.%02d\n", calendar_text(15000 + (int32_t)rng_below(&r, 900), day),
                    rng_below(&r, 20) ? "" : "-", (int)rng_below(&r, 500), (int)rng_below(&r, 100));
    }
    ingest_options o = plain();
    ingest_orders want, got;
    mr_error err;
    assert_int_equal(read_text(b.data, b.len, 0, 1, &o, &want, &err), MR_OK);
    for (int threads = 1; threads <= 5; threads += threads == 2 ? 3 : 1)
        for (size_t block = 100; block <= 100000; block *= 10) {
            assert_int_equal(read_text(b.data, b.len, block, threads, &o, &got, &err), MR_OK);
            assert_true(equal(&want, &got));
            ingest_orders_free(&got);
        }
    ingest_orders_free(&want);
    text_free(&b);
}

/* --- memory and cancelling --- */

static void torture(void **state) {
    (void)state;
    static const char text[] = "customer,date,amount,name,email\n\"a \"\"long\"\" "
                               "name\",2021-03-04,1,Ann,a@x\nb,2021-03-04,-2,,\nc,2021-03-05,3,Cid,\n"
                               "b,2021-03-05,3,Bo,b@x\nb,x,3,,\n";
    char rejects[] = "/tmp/marram-rejects-XXXXXX";
    int made = mkstemp(rejects);
    assert_true(made >= 0);
    close(made);
    for (long n = 0;; n++) {
        heap h = {.fail_at = n + 1, .for_good = true};
        mr_alloc alloc = heap_alloc(&h);
        mr_context context = {.alloc = &alloc};
        ingest_source *source = NULL;
        ingest_orders out = {0};
        mr_error err = {0};
        ingest_options o = plain();
        o.skip_errors = true;
        o.rejects_path = rejects; /* a file that may go: it is removed where memory runs out */
        mr_status status = source_open_memory(text, sizeof text - 1, 40, 0, &alloc, &source, &err);
        if (!status) status = ingest_orders_from(source, &o, &context, &out, &err);
        source_close(source);
        if (!status) {
            ingest_orders_free(&out);
            assert_int_equal(h.live, 0);
            assert_true(n > 20);
            break;
        }
        assert_int_equal(status, MR_ENOMEM);
        assert_int_equal(h.live, 0);
    }
    unlink(rejects);
}

static int cancel_third(uint64_t done, uint64_t total, void *ctx) {
    int *calls = ctx;
    assert_true(done <= total);
    return ++*calls == 3;
}

static void cancelled(void **state) {
    (void)state;
    text_buffer b = {0};
    text_puts(&b, "customer,date\n");
    for (int i = 0; i < 100000; i++) text_puts(&b, "a,2021-03-04\n");
    int calls = 0;
    mr_pool *pool = NULL;
    mr_error err = {0};
    assert_int_equal(mr_pool_new(2, &pool, &err), MR_OK);
    mr_context context = {.pool = pool, .progress = cancel_third, .progress_ctx = &calls};
    ingest_source *source = NULL;
    ingest_orders out;
    ingest_options o = plain();
    assert_int_equal(source_open_memory(b.data, b.len, 4096, 0, NULL, &source, &err), MR_OK);
    assert_int_equal(ingest_orders_from(source, &o, &context, &out, &err), MR_ECANCELLED);
    assert_int_equal(calls, 3);
    source_close(source);
    mr_pool_free(pool);
    text_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_csv),
        cmocka_unit_test(thread_identity),
        cmocka_unit_test(torture),
        cmocka_unit_test(cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
