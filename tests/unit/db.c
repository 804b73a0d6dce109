/* The room src/db: the same tests on SQLite and on PostgreSQL, as nothing above it may tell them apart. */
#include "error.h"
#include "schema.h"
#include "store.h"

#include <stdlib.h>

static const char table[] = "CREATE TABLE thing (a BIGINT NOT NULL, b BIGINT NOT NULL, s SMALLINT, d "
                            "INTEGER, r DOUBLE PRECISION, t TEXT, "
                            "PRIMARY KEY (a, b))";

static db *with_table(void **state) {
    mr_error err;
    db *d = store_open(store_of(state));
    assert_ok(db_execute(d, table, &err), &err);
    return d;
}

static int64_t one_int(db *d, const char *sql) {
    mr_error err;
    db_statement *s;
    bool row;
    assert_ok(db_prepare(d, sql, "", &s, &err), &err);
    assert_ok(db_step(s, &row, &err), &err);
    assert_true(row);
    int64_t value = db_int(s, 0);
    db_reset(s);
    return value;
}

/* --- values --- */

static const char insert[] = "INSERT INTO thing (a, b, s, d, r, t) VALUES ($1, $2, $3, $4, $5, $6)";

static void values(void **state) {
    static const struct {
        int64_t a, b, s, d;
        double r;
        const char *t;
    } rows[] = {
        {INT64_MIN, INT64_MAX, INT16_MIN, INT32_MAX, 1.7976931348623157e308, ""},
        {INT64_MAX, INT64_MIN, INT16_MAX, INT32_MIN, 4.9406564584124654e-324, "Zoë £ 日本 𝄞"},
        {0, 0, 0, 0, -0.1, "plain ascii text, longer than eight bytes"},
        {1, -1, -1, -1, INFINITY, "'quoted' \"and\" \\backslash"},
    };
    mr_error err;
    db *d = with_table(state);
    db_statement *s;
    assert_ok(db_prepare(d, insert, "iisdrt", &s, &err), &err);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t changed;
        db_bind_int(s, 1, rows[i].a);
        db_bind_int(s, 2, rows[i].b);
        db_bind_int(s, 3, rows[i].s);
        db_bind_int(s, 4, rows[i].d);
        db_bind_real(s, 5, rows[i].r);
        db_bind_string(s, 6, rows[i].t);
        assert_ok(db_run(s, &changed, &err), &err);
        assert_int_equal(changed, 1);
    }
    assert_ok(db_prepare(d, "SELECT a, b, s, d, r, t FROM thing WHERE a = $1", "i", &s, &err), &err);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool row;
        size_t len;
        db_bind_int(s, 1, rows[i].a);
        assert_ok(db_step(s, &row, &err), &err);
        assert_true(row);
        assert_true(db_int(s, 0) == rows[i].a && db_int(s, 1) == rows[i].b);
        assert_int_equal(db_int(s, 2), rows[i].s);
        assert_int_equal(db_int(s, 3), rows[i].d);
        assert_true(db_real(s, 4) == rows[i].r);
        assert_string_equal(db_text(s, 5, &len), rows[i].t);
        assert_int_equal(len, strlen(rows[i].t));
        assert_false(db_is_null(s, 5));
        assert_ok(db_step(s, &row, &err), &err);
        assert_false(row);
    }
    db_close(d);
}

static void nulls_and_bytes(void **state) {
    static const char bytes[] = "\0\1\2\xff\0end";
    mr_error err;
    db *d = store_open(store_of(state));
    assert_ok(db_execute(d,
                         db_store_of(d) == DB_SQLITE
                             ? "CREATE TABLE blob (a BIGINT PRIMARY KEY, b BLOB, t TEXT)"
                             : "CREATE TABLE blob (a BIGINT PRIMARY KEY, b BYTEA, t TEXT)",
                         &err),
              &err);
    db_statement *s;
    assert_ok(db_prepare(d, "INSERT INTO blob (a, b, t) VALUES ($1, $2, $3)", "ibt", &s, &err), &err);
    db_bind_int(s, 1, 1);
    db_bind_bytes(s, 2, bytes, sizeof bytes);
    db_bind_null(s, 3);
    assert_ok(db_run(s, NULL, &err), &err);
    db_bind_int(s, 1, 2);
    db_bind_bytes(s, 2, "", 0);
    db_bind_text(s, 3, "cut here, not there", 8);
    assert_ok(db_run(s, NULL, &err), &err);
    db_bind_int(s, 1, 3); /* $3 keeps its value */
    db_bind_null(s, 2);
    assert_ok(db_run(s, NULL, &err), &err);

    bool row;
    size_t len;
    assert_ok(db_prepare(d, "SELECT b, t FROM blob ORDER BY a", "", &s, &err), &err);
    assert_ok(db_step(s, &row, &err), &err);
    assert_memory_equal(db_bytes(s, 0, &len), bytes, sizeof bytes);
    assert_int_equal(len, sizeof bytes);
    assert_true(db_is_null(s, 1) && !db_is_null(s, 0));
    assert_string_equal(db_text(s, 1, &len), "");
    assert_int_equal(len, 0);
    assert_int_equal(db_int(s, 1), 0);
    assert_true(db_real(s, 1) == 0);
    assert_ok(db_step(s, &row, &err), &err);
    assert_false(db_is_null(s, 0));
    db_bytes(s, 0, &len);
    assert_int_equal(len, 0);
    assert_string_equal(db_text(s, 1, NULL), "cut here");
    assert_ok(db_step(s, &row, &err), &err);
    assert_true(row && db_is_null(s, 0));
    assert_string_equal(db_text(s, 1, NULL), "cut here");
    db_close(d); /* a row still at hand */
}

/* What one store would take and the other would not is refused by both, before either sees it: a transaction
 * goes on. */
static void refused_values(void **state) {
    static const struct {
        const char *text;
        size_t len;
        const char *says;
    } texts[] = {{"a\0b", 3, "NUL"},
                 {"\0", 1, "NUL"},
                 {"12345678\0", 9, "NUL"},
                 {"\xff", 1, "UTF-8"},
                 {"\xc3", 1, "UTF-8"},
                 {"abcdefg\xe2\x82", 9, "UTF-8"},
                 {"\xed\xa0\x80", 3, "UTF-8"},
                 {"\xc0\x80", 2, "UTF-8"},
                 {"\xf4\x90\x80\x80", 4, "UTF-8"},
                 {"\xe0\x9f\xbf", 3, "UTF-8"},
                 {"12345678\x80", 9, "UTF-8"}};
    mr_error err;
    db *d = with_table(state);
    db_statement *s;
    assert_ok(db_begin(d, DB_WRITE, &err), &err);
    assert_ok(db_prepare(d, insert, "iisdrt", &s, &err), &err);
    assert_int_equal(db_run(s, NULL, &err), MR_EINVAL); /* never bound */
    for (int i = 1; i <= 4; i++) db_bind_int(s, i, i);
    db_bind_real(s, 5, NAN);
    db_bind_string(s, 6, "");
    assert_int_equal(db_run(s, NULL, &err), MR_EDATA);
    assert_non_null(strstr(err.message, "NaN"));
    db_bind_real(s, 5, 0);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        db_bind_text(s, 6, texts[i].text, texts[i].len);
        assert_int_equal(db_run(s, NULL, &err), MR_EDATA);
        assert_non_null(strstr(err.message, texts[i].says));
    }
    db_bind_string(s, 6, "\xf4\x8f\xbf\xbf\xee\x80\x80");
    db_bind_int(s, 3, INT16_MAX + 1);
    assert_int_equal(db_run(s, NULL, &err), MR_EDATA);
    db_bind_int(s, 3, 0);
    db_bind_int(s, 4, (int64_t)INT32_MIN - 1);
    assert_int_equal(db_run(s, NULL, &err), MR_EDATA);
    db_bind_real(s, 4, 1);
    assert_int_equal(db_run(s, NULL, &err), MR_EINVAL);
    db_bind_int(s, 4, 0);
    db_bind_int(s, 7, 0);
    assert_int_equal(db_run(s, NULL, &err), MR_EINVAL);
    assert_ok(db_run(s, NULL, &err), &err);
    assert_ok(db_commit(d, &err), &err);
    assert_int_equal(one_int(d, "SELECT count(*) FROM thing"), 1);
    db_close(d);
}

/* --- statements --- */

static void statements(void **state) {
    mr_error err;
    db *d = with_table(state);
    db_statement *s, *again;
    bool row;
    int64_t changed;
    assert_ok(db_execute(d,
                         "INSERT INTO thing (a, b) VALUES (1, 1), (1, 2), (2, 1); -- a comment\n ;INSERT "
                         "INTO thing (a, b) VALUES (3, 1)",
                         &err),
              &err);
    assert_ok(db_prepare(d, "SELECT b FROM thing WHERE a = $1 ORDER BY b", "i", &s, &err), &err);
    assert_ok(db_prepare(d, "SELECT b FROM thing WHERE a = $1 ORDER BY b", "i", &again, &err), &err);
    assert_ptr_equal(s, again);
    assert_int_equal(db_prepare(d, "SELECT b FROM thing WHERE a = $1 ORDER BY b", "d", &again, &err),
                     MR_EINVAL);
    db_bind_int(s, 1, 1);
    assert_ok(db_step(s, &row, &err), &err);
    assert_true(row && db_int(s, 0) == 1);
    assert_int_equal(db_prepare(d, "SELECT b FROM thing WHERE a = $1 ORDER BY b", "i", &again, &err),
                     MR_EINVAL); /* busy */
    assert_non_null(strstr(err.message, "stepped"));
    /* Another statement meanwhile. */
    assert_int_equal(one_int(d, "SELECT count(*) FROM thing"), 4);
    assert_ok(db_step(s, &row, &err), &err);
    assert_true(row && db_int(s, 0) == 2);
    assert_ok(db_step(s, &row, &err), &err);
    assert_false(row);
    assert_ok(db_step(s, &row, &err), &err); /* runs again */
    assert_true(row && db_int(s, 0) == 1);
    db_reset(s);
    db_bind_int(s, 1, 99);
    assert_ok(db_step(s, &row, &err), &err);
    assert_false(row);
    assert_ok(db_run(s, &changed, &err), &err);
    assert_int_equal(changed, 0);

    static const struct {
        const char *sql;
        int64_t changed;
    } counts[] = {
        {"UPDATE thing SET d = 7 WHERE a = 1", 2},
        {"UPDATE thing SET d = 7 WHERE a = 77", 0},
        {"INSERT INTO thing (a, b) VALUES (1, 1) ON CONFLICT (a, b) DO NOTHING", 0},
        {"INSERT INTO thing (a, b) VALUES (1, 9) ON CONFLICT (a, b) DO UPDATE SET d = excluded.d", 1},
        {"UPDATE thing SET d = 8 WHERE a = 1 RETURNING b", 3},
        {"SELECT a FROM thing", 5},
        {"CREATE TABLE other (a BIGINT)", 0},
        {"DELETE FROM thing WHERE a = 1", 3},
    };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        assert_ok(db_prepare(d, counts[i].sql, "", &s, &err), &err);
        assert_ok(db_run(s, &changed, &err), &err);
        assert_int_equal(changed, counts[i].changed);
    }
    /* Wrong SQL, wrong parameters. */
    assert_int_not_equal(db_prepare(d, "SELEC 1", "", &s, &err), MR_OK);
    assert_int_equal(db_last_fault(d), DB_FAULT_OTHER);
    assert_int_not_equal(db_prepare(d, "SELECT a FROM nowhere", "", &s, &err), MR_OK);
    assert_int_equal(db_last_fault(d), DB_FAULT_MISSING);
    assert_int_not_equal(db_prepare(d, "SELECT a FROM thing WHERE a = $2", "i", &s, &err), MR_OK);
    assert_int_equal(db_prepare(d, "SELECT 1", "z", &s, &err), MR_EINVAL);
    assert_int_equal(one_int(d, "SELECT count(*) FROM thing"), 2);
    if (db_store_of(d) == DB_POSTGRES) { /* SQLite has no types to get wrong */
        assert_ok(db_prepare(d, "SELECT sum(a) FROM thing", "", &s, &err), &err);
        assert_int_equal(db_step(s, &row, &err), MR_EINVAL);
        assert_non_null(strstr(err.message, "CAST"));
    }
    assert_int_equal(one_int(d, "SELECT CAST(sum(a) AS BIGINT) FROM thing"), 5);
    db_close(d);
}

/* --- transactions --- */

static void transactions(void **state) {
    mr_error err;
    db *d = with_table(state);
    assert_int_equal(db_commit(d, &err), MR_EINVAL);
    db_rollback(d); /* nothing to do */
    assert_ok(db_begin(d, DB_WRITE, &err), &err);
    assert_int_equal(db_begin(d, DB_WRITE, &err), MR_EINVAL);
    assert_ok(db_execute(d, "INSERT INTO thing (a, b) VALUES (1, 1)", &err), &err);
    db_rollback(d);
    assert_int_equal(one_int(d, "SELECT count(*) FROM thing"), 0);
    assert_ok(db_begin(d, DB_WRITE, &err), &err);
    assert_ok(db_execute(d, "INSERT INTO thing (a, b) VALUES (1, 1)", &err), &err);
    assert_ok(db_commit(d, &err), &err);
    assert_int_equal(one_int(d, "SELECT count(*) FROM thing"), 1);

    /* A key that is there: the transaction can only be rolled back, on both stores, whatever is tried. */
    db_statement *s;
    assert_ok(db_prepare(d, "SELECT count(*) FROM thing", "", &s, &err), &err);
    assert_ok(db_begin(d, DB_WRITE, &err), &err);
    assert_ok(db_execute(d, "INSERT INTO thing (a, b) VALUES (2, 2)", &err), &err);
    assert_int_equal(db_execute(d, "INSERT INTO thing (a, b) VALUES (1, 1)", &err), MR_EDATA);
    assert_int_equal(db_last_fault(d), DB_FAULT_CONSTRAINT);
    assert_int_equal(db_run(s, NULL, &err), MR_EIO);
    assert_int_equal(db_last_fault(d), DB_FAULT_CONSTRAINT);
    assert_int_equal(db_execute(d, "INSERT INTO thing (a, b) VALUES (3, 3)", &err), MR_EIO);
    assert_int_equal(db_commit(d, &err), MR_EIO);
    assert_int_equal(one_int(d, "SELECT count(*) FROM thing"), 1);

    /* Reading sees one snapshot and does not write. */
    assert_ok(db_begin(d, DB_READ, &err), &err);
    assert_int_equal(one_int(d, "SELECT count(*) FROM thing"), 1);
    assert_int_equal(db_execute(d, "INSERT INTO thing (a, b) VALUES (4, 4)", &err), MR_EIO);
    assert_int_equal(db_last_fault(d), DB_FAULT_READ_ONLY);
    db_rollback(d);
    db_close(d);
}

static void snapshots(void **state) {
    mr_error err;
    store *t = store_of(state);
    db *d = store_open(t), *other = store_open(t);
    assert_ok(db_execute(d, table, &err), &err);
    assert_ok(db_begin(d, DB_READ, &err), &err);
    assert_int_equal(one_int(d, "SELECT count(*) FROM thing"), 0);
    assert_ok(db_execute(other, "INSERT INTO thing (a, b) VALUES (1, 1)", &err), &err);
    assert_int_equal(one_int(d, "SELECT count(*) FROM thing"), 0);
    assert_ok(db_commit(d, &err), &err);
    assert_int_equal(one_int(d, "SELECT count(*) FROM thing"), 1);
    db_close(other);
    /* A connection that only reads. */
    assert_ok(db_open(t->url, &(db_options){.read_only = true}, &other, &err), &err);
    assert_int_equal(one_int(other, "SELECT count(*) FROM thing"), 1);
    assert_int_equal(db_execute(other, "DELETE FROM thing", &err), MR_EIO);
    assert_int_equal(db_last_fault(other), DB_FAULT_READ_ONLY);
    db_close(other);
    db_close(d);
}

typedef struct adder {
    int runs;
    db_fault want; /* fail once with it */
} adder;

static mr_status add_one(db *d, void *ctx, mr_error *err) {
    adder *a = ctx;
    a->runs++;
    db_statement *s;
    mr_status status = db_prepare(d, "UPDATE thing SET d = d + 1 WHERE a = $1", "i", &s, err);
    if (status) return status;
    db_bind_int(s, 1, 1);
    return db_run(s, NULL, err);
}

static mr_status fails(db *d, void *ctx, mr_error *err) {
    adder *a = ctx;
    a->runs++;
    mr_status status = db_execute(d, "UPDATE thing SET d = 100", err);
    return status ? status : error_set(err, MR_EDATA, NULL, -1, "for a reason of its own");
}

static void work(void **state) {
    mr_error err;
    db *d = with_table(state);
    adder a = {0};
    assert_ok(db_execute(d, "INSERT INTO thing (a, b, d) VALUES (1, 1, 0)", &err), &err);
    for (int i = 0; i < 3; i++) assert_ok(db_transaction(d, DB_WRITE, add_one, &a, &err), &err);
    assert_int_equal(a.runs, 3);
    assert_int_equal(db_transaction(d, DB_WRITE, fails, &a, &err), MR_EDATA);
    assert_string_equal(err.message, "for a reason of its own");
    assert_int_equal(a.runs, 4);
    assert_int_equal(db_transaction(d, DB_READ, add_one, &a, &err), MR_EIO);
    assert_int_equal(a.runs, 5);
    assert_int_equal(one_int(d, "SELECT d FROM thing"), 3);
    db_close(d);
}

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
    assert_int_equal(one_int(d, "SELECT count(*) FROM thing"), N);

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
            assert_int_equal(one_int(d, "SELECT count(*) FROM thing"), 1);
        }
        assert_ok(db_execute(d, "DELETE FROM thing", &err), &err);
        all.fail_bind = where[k];
        assert_int_equal(db_each(s, N, bind_item, NULL, &all, NULL, &err), MR_EINVAL);
        all.fail_bind = SIZE_MAX;
        assert_int_equal(one_int(d, "SELECT count(*) FROM thing"), 0);
    }
    assert_ok(db_each(s, N, bind_item, NULL, &all, NULL, &err), &err);
    assert_ok(db_prepare(d, "SELECT b FROM thing WHERE a = $1 AND b = $2", "ii", &s, &err), &err);
    for (size_t k = 0; k < sizeof where / sizeof *where; k++) {
        all.fail_row = where[k];
        all.seen = 0;
        assert_int_equal(db_each(s, N, bind_item, see_item, &all, NULL, &err), MR_ECANCELLED);
        assert_string_equal(err.message, "enough");
        assert_int_equal(one_int(d, "SELECT count(*) FROM thing"), N);
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
        assert_int_equal(one_int(d, "SELECT CAST(coalesce(sum(b), 0) AS BIGINT) FROM thing"), n * n);
        assert_int_equal(
            one_int(d, "SELECT count(*) FROM thing WHERE d = -b AND s = b % 1000 AND a = b / 10"), n);
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
        assert_int_equal(one_int(d, "SELECT count(*) FROM thing"), 3 * n);
    }
    /* What was there stays as it was: only the rows new in the last round say "else". */
    assert_int_equal(one_int(d, "SELECT count(*) FROM thing WHERE t = 'else' AND b <= 40000"), 0);
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
        assert_int_equal(one_int(d, "SELECT count(*) FROM thing"), 0);
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
        assert_int_equal(one_int(d, "SELECT count(*) FROM thing"), 1);
    }
    db_append_plan none = plan;
    none.table = "nowhere";
    assert_ok(db_begin(d, DB_WRITE, &err), &err);
    assert_int_not_equal(db_append(d, &none, 1000, make_row, differs, &b, &added, &err), MR_OK);
    assert_int_equal(db_last_fault(d), DB_FAULT_MISSING);
    db_rollback(d);
    assert_int_equal(one_int(d, "SELECT count(*) FROM thing"), 1);
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
    assert_int_equal(one_int(d, "SELECT CAST(COUNT(*) AS BIGINT) FROM thing WHERE s = 1"), 100);
    /* As many, fewer, some others, of a part of the range, none; what stands beside the range stays. */
    one.s = 3;
    assert_ok(db_replace(d, &plan, 0, 100, &rest, 100, replace_row, &one, &err), &err);
    assert_int_equal(one_int(d, "SELECT CAST(COUNT(*) AS BIGINT) FROM thing WHERE s = 3"), 100);
    assert_ok(db_replace(d, &plan, 0, 50, &rest, 25, replace_row, &two, &err), &err);
    assert_int_equal(one_int(d, "SELECT CAST(COUNT(*) AS BIGINT) FROM thing WHERE b = 7 AND a <= 50"), 25);
    assert_int_equal(one_int(d, "SELECT CAST(COUNT(*) AS BIGINT) FROM thing WHERE s = 2"), 25);
    assert_int_equal(one_int(d, "SELECT CAST(COUNT(*) AS BIGINT) FROM thing WHERE s = 3"), 50);
    two.a = 2; /* as many as before, and none of them the same */
    assert_ok(db_replace(d, &plan, 0, 50, &rest, 25, replace_row, &two, &err), &err);
    assert_int_equal(one_int(d, "SELECT CAST(COUNT(*) AS BIGINT) FROM thing WHERE b = 7 AND a <= 50"), 25);
    assert_int_equal(one_int(d, "SELECT MIN(a) FROM thing"), 2);
    assert_ok(db_replace(d, &plan, 0, 100, &rest, 0, replace_row, &two, &err), &err);
    assert_int_equal(one_int(d, "SELECT CAST(COUNT(*) AS BIGINT) FROM thing"), 2);
    assert_ok(db_commit(d, &err), &err);
    assert_int_not_equal(db_replace(d, &plan, 0, 100, &rest, 100, replace_row, &one, &err), MR_OK);
    assert_ok(db_begin(d, DB_WRITE, &err), &err);
    assert_int_equal(db_replace(d, &plan, 0, 100, &rest, 100, replace_row, &bad, &err), MR_EDATA);
    assert_int_not_equal(db_commit(d, &err), MR_OK);
    db_rollback(d);
    assert_int_equal(one_int(d, "SELECT CAST(COUNT(*) AS BIGINT) FROM thing"), 2);
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
            assert_int_equal(one_int(d, "SELECT count(*) FROM thing"), N);
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
    assert_int_equal(one_int(d, "SELECT count(*) FROM thing"), N);
    assert_ok(db_stream_open(d, sql, "iisdrt", bounds, 2, &s, &err), &err);
    db_close(d); /* with the stream open */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(values),       BOTH(nulls_and_bytes), BOTH(refused_values), BOTH(statements),
        BOTH(transactions), BOTH(snapshots),       BOTH(work),           BOTH(each),
        BOTH(each_fails),   BOTH(each_large),      BOTH(append),         BOTH(append_fails), BOTH(replace),
        BOTH(streams),
    };
    return cmocka_run_group_tests_name("db", tests, NULL, NULL);
}
