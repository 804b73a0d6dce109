/* The room src/db, on both stores: statements over many items, appending and replacing many rows, streams. */
#include "schema.h"
#include "thing.h"

/* --- each --- */

typedef struct items {
    size_t n, seen, fail_bind, fail_row;
    int64_t *sums;
} items;

static void bind_item(void *ctx, size_t item, db_statement *s) {
    items *all = ctx;
    db_bind_int(s, 1, (int64_t)(item % 1000));
    db_bind_int(s, 2, (int64_t)item);
    if (item == all->fail_bind) db_bind_int(s, 3, 1);
}

static mr_status see_item(void *ctx, size_t item, db_statement *s, mr_error *err) {
    items *all = ctx;
    if (item == all->fail_row) return error_set(err, MR_ECANCELLED, NULL, -1, "enough");
    assert_true(item >= all->seen);
    all->seen = item;
    all->sums[item] += db_int(s, 0);
    return MR_OK;
}

static void each(void **state) {
    enum { N = 3000 };
    mr_error err;
    db *d = with_table(state);
    items all = {N, 0, SIZE_MAX, SIZE_MAX, calloc(N, sizeof(int64_t))};
    int64_t *changed = calloc(N, sizeof *changed);
    db_statement *s, *read;
    assert_ok(db_prepare(d, "INSERT INTO thing (a, b) VALUES ($1, $2) ON CONFLICT (a, b) DO NOTHING", "ii",
                         &s, &err),
              &err);
    assert_ok(db_each(s, 0, bind_item, NULL, &all, NULL, &err), &err);
    static const size_t sizes[] = {1, 255, 256, 257, 512, 513, N};
    for (size_t k = 0, before = 0; k < sizeof sizes / sizeof *sizes; before = sizes[k++]) {
        if (k % 2) assert_ok(db_begin(d, DB_WRITE, &err), &err);
        assert_ok(db_each(s, sizes[k], bind_item, NULL, &all, changed, &err), &err);
        if (k % 2) assert_ok(db_commit(d, &err), &err);
        for (size_t i = 0; i < sizes[k]; i++) assert_int_equal(changed[i], i >= before);
    }
    assert_int_equal(store_int(d, "SELECT count(*) FROM thing"), N);

    /* Rows: some items have several, some none. */
    assert_ok(db_prepare(d, "SELECT b FROM thing WHERE a = $1 AND b <= $2 ORDER BY b", "ii", &read, &err),
              &err);
    assert_ok(db_each(read, N, bind_item, see_item, &all, changed, &err), &err);
    for (int64_t i = 0; i < N; i++) {
        int64_t n = i / 1000 + 1;
        assert_int_equal(changed[i], n);
        assert_int_equal(all.sums[i], n * (i % 1000) + 1000 * n * (n - 1) / 2);
    }
    /* RETURNING goes the same way. */
    memset(all.sums, 0, N * sizeof *all.sums);
    all.seen = 0;
    assert_ok(db_prepare(d, "UPDATE thing SET d = 1 WHERE a = $1 AND b = $2 RETURNING b", "ii", &read, &err),
              &err);
    assert_ok(db_each(read, N, bind_item, see_item, &all, NULL, &err), &err);
    for (int64_t i = 0; i < N; i++) assert_int_equal(all.sums[i], i);
    free(all.sums);
    free(changed);
    db_close(d);
}

static mr_status use_inside(void *ctx, size_t item, db_statement *s, mr_error *err) {
    (void)item, (void)s;
    return db_execute(ctx, "SELECT 1", err);
}

static void bind_nothing(void *ctx, size_t item, db_statement *s) {
    (void)ctx, (void)item, (void)s;
}

/* An item that fails in the middle: the error is its own, the transaction is lost, the connection is not. */
static void each_fails(void **state) {
    enum { N = 2000 };
    mr_error err;
    db *d = with_table(state);
    items all = {N, 0, SIZE_MAX, SIZE_MAX, calloc(N, sizeof(int64_t))};
    db_statement *s;
    static const size_t where[] = {0, 1, 255, 256, 700, N - 1};
    assert_ok(db_prepare(d, "INSERT INTO thing (a, b) VALUES ($1, $2)", "ii", &s, &err), &err);
    for (size_t k = 0; k < sizeof where / sizeof *where; k++) {
        char sql[128];
        snprintf(sql, sizeof sql, "INSERT INTO thing (a, b) VALUES (%zu, %zu)", where[k] % 1000, where[k]);
        assert_ok(db_execute(d, sql, &err), &err);
        for (int own = 0; own < 2; own++) {
            if (!own) assert_ok(db_begin(d, DB_WRITE, &err), &err);
            assert_int_equal(db_each(s, N, bind_item, NULL, &all, NULL, &err), MR_EDATA);
            assert_int_equal(db_last_fault(d), DB_FAULT_CONSTRAINT);
            if (!own) assert_int_equal(db_execute(d, "SELECT 1", &err), MR_EIO);
            if (!own) db_rollback(d);
            assert_int_equal(store_int(d, "SELECT count(*) FROM thing"), 1);
        }
        assert_ok(db_execute(d, "DELETE FROM thing", &err), &err);
        all.fail_bind = where[k];
        assert_int_equal(db_each(s, N, bind_item, NULL, &all, NULL, &err), MR_EINVAL);
        all.fail_bind = SIZE_MAX;
        assert_int_equal(store_int(d, "SELECT count(*) FROM thing"), 0);
    }
    assert_ok(db_each(s, N, bind_item, NULL, &all, NULL, &err), &err);
    assert_ok(db_prepare(d, "SELECT b FROM thing WHERE a = $1 AND b = $2", "ii", &s, &err), &err);
    for (size_t k = 0; k < sizeof where / sizeof *where; k++) {
        all.fail_row = where[k];
        all.seen = 0;
        assert_int_equal(db_each(s, N, bind_item, see_item, &all, NULL, &err), MR_ECANCELLED);
        assert_string_equal(err.message, "enough");
        assert_int_equal(store_int(d, "SELECT count(*) FROM thing"), N);
    }
    assert_ok(db_prepare(d, "SELECT 1", "", &s, &err), &err);
    assert_int_equal(db_each(s, 10, bind_nothing, use_inside, d, NULL, &err), MR_EINVAL);
    free(all.sums);
    db_close(d);
}

/* Answers larger than any buffer on the way: neither side may wait for the other for ever. */
static void each_large(void **state) {
    enum { N = 600 };
    mr_error err;
    db *d = with_table(state);
    char *text = malloc(100001);
    memset(text, 'x', 100000);
    text[100000] = '\0';
    db_statement *s;
    assert_ok(db_prepare(d, "INSERT INTO thing (a, b, t) VALUES (1, 1, $1)", "t", &s, &err), &err);
    db_bind_string(s, 1, text);
    assert_ok(db_run(s, NULL, &err), &err);
    items all = {N, 0, SIZE_MAX, SIZE_MAX, calloc(N, sizeof(int64_t))};
    assert_ok(
        db_prepare(d, "SELECT CAST(length(t) AS BIGINT), t FROM thing WHERE a >= $1 - 2000 AND b <= $2 + 1",
                   "ii", &s, &err),
        &err);
    assert_ok(db_each(s, N, bind_item, see_item, &all, NULL, &err), &err);
    for (size_t i = 0; i < N; i++) assert_int_equal(all.sums[i], 100000);
    free(all.sums);
    free(text);
    db_close(d);
}

/* --- append --- */

typedef struct batch {
    size_t n;
    int64_t first, step; /* keys */
    const char *text;    /* of the rows whose number is a multiple of `every` */
    size_t every, differing_n, nan_at;
    size_t differing[4096];
    char scratch[64];
} batch;

static void make_row(void *ctx, size_t row, db_value *v) {
    batch *b = ctx;
    int64_t key = b->first + (int64_t)row * b->step;
    v[0].integer = key / 10;
    v[1].integer = key;
    v[2].integer = key % 1000;
    v[3].integer = -key;
    v[4].real = row == b->nan_at ? NAN : (double)key / 3;
    if (b->text && row % b->every == 0) {
        v[5].text.at = b->text;
        v[5].text.len = strlen(b->text);
    } else if (key % 7 == 0) {
        v[5].text.at = NULL;
        v[5].text.len = 0;
    } else {
        v[5].text.len = (size_t)snprintf(b->scratch, sizeof b->scratch, "text %lld", (long long)key);
        v[5].text.at = b->scratch;
    }
}

static mr_status differs(void *ctx, size_t row, mr_error *err) {
    (void)err;
    batch *b = ctx;
    b->differing[b->differing_n++ % 4096] = row;
    return MR_OK;
}

static const char *const columns[] = {"a", "b", "s", "d", "r", "t"};
static const int all_columns[] = {2, 3, 4, 5};
static const db_append_plan plan = {.table = "thing", .columns = columns, .types = "iisdrt", .key = 2, .compare = all_columns, .compare_n = 4};

static uint64_t add(db *d, batch *b) {
    mr_error err;
    uint64_t added;
    b->differing_n = 0;
    assert_ok(db_begin(d, DB_WRITE, &err), &err);
    assert_ok(db_append(d, &plan, b->n, make_row, differs, b, &added, &err), &err);
    assert_ok(db_commit(d, &err), &err);
    return added;
}

static void append(void **state) {
    mr_error err;
    db *d = with_table(state);
    static const size_t sizes[] = {0, 1, 63, 64, 65, 20000};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        assert_ok(db_execute(d, "DELETE FROM thing", &err), &err);
        int64_t n = (int64_t)sizes[k];
        batch b = {.n = sizes[k], .first = 1, .step = 2, .nan_at = SIZE_MAX};
        assert_int_equal(add(d, &b), n);
        assert_int_equal(store_int(d, "SELECT CAST(coalesce(sum(b), 0) AS BIGINT) FROM thing"), n * n);
        assert_int_equal(
            store_int(d, "SELECT count(*) FROM thing WHERE d = -b AND s = b % 1000 AND a = b / 10"), n);
        assert_int_equal(b.differing_n, 0);
        /* All again, and as many that are new between them. */
        assert_int_equal(add(d, &b), 0);
        assert_int_equal(b.differing_n, 0);
        batch more = {.n = 2 * sizes[k], .first = 1, .step = 1, .nan_at = SIZE_MAX};
        assert_int_equal(add(d, &more), n);
        assert_int_equal(more.differing_n, 0);
        /* Every third says something else; what is new is never reported. */
        batch other = {
            .n = 3 * sizes[k], .first = 1, .step = 1, .text = "else", .every = 3, .nan_at = SIZE_MAX};
        assert_int_equal(add(d, &other), n);
        assert_int_equal(other.differing_n, (2 * n + 2) / 3);
        for (size_t i = 0; i < other.differing_n && i < 4096; i++)
            if (other.differing_n <= 4096) assert_int_equal(other.differing[i], 3 * i);
        assert_int_equal(store_int(d, "SELECT count(*) FROM thing"), 3 * n);
    }
    /* What was there stays as it was: only the rows new in the last round say "else". */
    assert_int_equal(store_int(d, "SELECT count(*) FROM thing WHERE t = 'else' AND b <= 40000"), 0);
    db_close(d);
}

static void append_fails(void **state) {
    mr_error err;
    db *d = with_table(state);
    batch b = {.n = 10000, .first = 1, .step = 1, .nan_at = SIZE_MAX};
    uint64_t added;
    assert_int_equal(db_append(d, &plan, b.n, make_row, differs, &b, &added, &err),
                     MR_EINVAL); /* no transaction */
    for (int few = 0; few < 2; few++) {
        b.n = few ? 20 : 10000;
        b.nan_at = few ? 7 : 7777;
        assert_ok(db_begin(d, DB_WRITE, &err), &err);
        assert_int_equal(db_append(d, &plan, b.n, make_row, differs, &b, &added, &err), MR_EDATA);
        assert_non_null(strstr(err.message, "NaN"));
        if (!few) assert_int_equal(err.row, 7777);
        assert_int_equal(db_commit(d, &err), MR_EIO);
        assert_int_equal(store_int(d, "SELECT count(*) FROM thing"), 0);
    }
    /* A constraint other than the key. */
    assert_ok(db_execute(
                  d,
                  "CREATE UNIQUE INDEX thing_d ON thing (d); INSERT INTO thing (a, b, d) VALUES (0, 0, -500)",
                  &err),
              &err);
    /* Looked at beforehand, by a connection that does nothing else. */
    assert_int_equal(db_append_check(d, &plan, b.n, make_row, &b, &err), MR_EDATA);
    assert_int_equal(err.row, 7);
    assert_int_equal(db_append_check(d, &plan, 7, make_row, &b, &err), MR_OK);
    b.nan_at = SIZE_MAX;
    for (int few = 0; few < 2; few++) {
        b.n = few ? 20 : 10000;
        b.first = few ? 490 : 1;
        assert_ok(db_begin(d, DB_WRITE, &err), &err);
        assert_int_equal(db_append(d, &plan, b.n, make_row, differs, &b, &added, &err), MR_EDATA);
        assert_int_equal(db_last_fault(d), DB_FAULT_CONSTRAINT);
        db_rollback(d);
        assert_int_equal(store_int(d, "SELECT count(*) FROM thing"), 1);
    }
    db_append_plan none = plan;
    none.table = "nowhere";
    assert_ok(db_begin(d, DB_WRITE, &err), &err);
    assert_int_not_equal(db_append(d, &none, 1000, make_row, differs, &b, &added, &err), MR_OK);
    assert_int_equal(db_last_fault(d), DB_FAULT_MISSING);
    db_rollback(d);
    assert_int_equal(store_int(d, "SELECT count(*) FROM thing"), 1);
    db_close(d);
}

/* --- replace --- */

typedef struct replacing {
    int64_t a, step, s; /* the first key, and how far apart; a value */
} replacing;

static void replace_row(void *ctx, size_t row, db_value *out) {
    const replacing *r = ctx;
    out[0].integer = r->a + r->step * (int64_t)row;
    out[1].integer = 7;
    out[2].integer = r->s;
    out[3].integer = 1;
    out[4].real = 0.5;
    out[5].text.at = "x";
    out[5].text.len = 1;
}

static void replace(void **state) {
    mr_error err;
    db *d = with_table(state);
    const int64_t rest = 7;
    replacing one = {1, 1, 1}, two = {1, 2, 2}, bad = {1, 1, INT32_MAX};
    assert_ok(db_begin(d, DB_WRITE, &err), &err);
    assert_ok(db_replace(d, &plan, 0, 100, &rest, 100, replace_row, &one, &err), &err);
    assert_ok(db_execute(d, "INSERT INTO thing (a, b) VALUES (3, 8); INSERT INTO thing (a, b) VALUES (500, 7)", &err), &err);
    assert_int_equal(store_int(d, "SELECT CAST(COUNT(*) AS BIGINT) FROM thing WHERE s = 1"), 100);
    /* As many, fewer, some others, of a part of the range, none; what stands beside the range stays. */
    one.s = 3;
    assert_ok(db_replace(d, &plan, 0, 100, &rest, 100, replace_row, &one, &err), &err);
    assert_int_equal(store_int(d, "SELECT CAST(COUNT(*) AS BIGINT) FROM thing WHERE s = 3"), 100);
    assert_ok(db_replace(d, &plan, 0, 50, &rest, 25, replace_row, &two, &err), &err);
    assert_int_equal(store_int(d, "SELECT CAST(COUNT(*) AS BIGINT) FROM thing WHERE b = 7 AND a <= 50"), 25);
    assert_int_equal(store_int(d, "SELECT CAST(COUNT(*) AS BIGINT) FROM thing WHERE s = 2"), 25);
    assert_int_equal(store_int(d, "SELECT CAST(COUNT(*) AS BIGINT) FROM thing WHERE s = 3"), 50);
    two.a = 2; /* as many as before, and none of them the same */
    assert_ok(db_replace(d, &plan, 0, 50, &rest, 25, replace_row, &two, &err), &err);
    assert_int_equal(store_int(d, "SELECT CAST(COUNT(*) AS BIGINT) FROM thing WHERE b = 7 AND a <= 50"), 25);
    assert_int_equal(store_int(d, "SELECT MIN(a) FROM thing"), 2);
    assert_ok(db_replace(d, &plan, 0, 100, &rest, 0, replace_row, &two, &err), &err);
    assert_int_equal(store_int(d, "SELECT CAST(COUNT(*) AS BIGINT) FROM thing"), 2);
    assert_ok(db_commit(d, &err), &err);
    assert_int_not_equal(db_replace(d, &plan, 0, 100, &rest, 100, replace_row, &one, &err), MR_OK);
    assert_ok(db_begin(d, DB_WRITE, &err), &err);
    assert_int_equal(db_replace(d, &plan, 0, 100, &rest, 100, replace_row, &bad, &err), MR_EDATA);
    assert_int_not_equal(db_commit(d, &err), MR_OK);
    db_rollback(d);
    assert_int_equal(store_int(d, "SELECT CAST(COUNT(*) AS BIGINT) FROM thing"), 2);
    db_close(d);
}

/* --- streams --- */

static void streams(void **state) {
    enum { N = 30000 };
    mr_error err;
    db *d = with_table(state);
    batch b = {.n = N, .first = 1, .step = 1, .nan_at = SIZE_MAX};
    add(d, &b);
    db_stream *s;
    const db_value *row;
    const int64_t bounds[] = {1, N};
    static const char sql[] =
        "SELECT a, b, s, d, r, t FROM thing WHERE b >= $1 AND b <= $2 AND coalesce(t, '') <> '$1' ORDER BY b";
    for (int inside = 0; inside < 2; inside++) {
        if (inside) assert_ok(db_begin(d, DB_READ, &err), &err);
        assert_ok(db_stream_open(d, sql, "iisdrt", bounds, 2, &s, &err), &err);
        assert_int_equal(db_execute(d, "SELECT 1", &err), MR_EINVAL); /* one at a time */
        int64_t n = 0;
        for (;;) {
            assert_ok(db_stream_next(s, &row, &err), &err);
            if (!row) break;
            n++;
            assert_true(row[1].integer == n && row[0].integer == n / 10 && row[2].integer == n % 1000 &&
                        row[3].integer == -n);
            assert_true(row[4].real == (double)n / 3);
            char want[64];
            snprintf(want, sizeof want, "text %lld", (long long)n);
            if (n % 7) {
                assert_int_equal(row[5].text.len, strlen(want));
                assert_memory_equal(row[5].text.at, want, strlen(want));
            } else {
                assert_null(row[5].text.at);
            }
        }
        assert_int_equal(n, N);
        assert_ok(db_stream_next(s, &row, &err), &err);
        assert_null(row);
        db_stream_close(s);
        /* Closed before its end: the transaction goes on. */
        for (int rows = 0; rows < 3; rows++) {
            assert_ok(db_stream_open(d, sql, "iisdrt", bounds, 2, &s, &err), &err);
            for (int i = 0; i < rows; i++) assert_ok(db_stream_next(s, &row, &err), &err);
            db_stream_close(s);
            assert_int_equal(store_int(d, "SELECT count(*) FROM thing"), N);
        }
        /* No row at all. */
        assert_ok(
            db_stream_open(d, "SELECT a FROM thing WHERE b = $1", "i", (int64_t[]){INT64_MIN}, 1, &s, &err),
            &err);
        assert_ok(db_stream_next(s, &row, &err), &err);
        assert_null(row);
        db_stream_close(s);
        if (inside) assert_ok(db_commit(d, &err), &err);
    }
    db_stream_close(NULL);
    /* Wrong in one way or the other. */
    assert_int_not_equal(db_stream_open(d, "SELECT a FROM nowhere", "i", NULL, 0, &s, &err), MR_OK);
    assert_int_equal(db_last_fault(d), DB_FAULT_MISSING);
    assert_int_equal(db_stream_open(d, "SELECT a, b FROM thing", "i", NULL, 0, &s, &err), MR_EINVAL);
    assert_int_equal(db_stream_open(d, "SELECT a FROM thing WHERE b = $2", "i", bounds, 1, &s, &err),
                     MR_EINVAL);
    assert_int_equal(db_stream_open(d, "SELECT a FROM thing", "x", NULL, 0, &s, &err), MR_EINVAL);
    assert_int_equal(store_int(d, "SELECT count(*) FROM thing"), N);
    assert_ok(db_stream_open(d, sql, "iisdrt", bounds, 2, &s, &err), &err);
    db_close(d); /* with the stream open */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(each),
        BOTH(each_fails),
        BOTH(each_large),
        BOTH(append),
        BOTH(append_fails),
        BOTH(replace),
        BOTH(streams),
    };
    return cmocka_run_group_tests_name("db_many", tests, NULL, NULL);
}
