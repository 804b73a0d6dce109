/* The room src/db: the same tests on SQLite and on PostgreSQL, as nothing above it may tell them apart. Values, statements,
 * transactions; db_many.c has what takes many rows at once. */
#include "schema.h"
#include "thing.h"

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
    assert_int_equal(store_int(d, "SELECT count(*) FROM thing"), 1);
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
    assert_int_equal(store_int(d, "SELECT count(*) FROM thing"), 4);
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
    assert_int_equal(store_int(d, "SELECT count(*) FROM thing"), 2);
    if (db_store_of(d) == DB_POSTGRES) { /* SQLite has no types to get wrong */
        assert_ok(db_prepare(d, "SELECT sum(a) FROM thing", "", &s, &err), &err);
        assert_int_equal(db_step(s, &row, &err), MR_EINVAL);
        assert_non_null(strstr(err.message, "CAST"));
    }
    assert_int_equal(store_int(d, "SELECT CAST(sum(a) AS BIGINT) FROM thing"), 5);
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
    assert_int_equal(store_int(d, "SELECT count(*) FROM thing"), 0);
    assert_ok(db_begin(d, DB_WRITE, &err), &err);
    assert_ok(db_execute(d, "INSERT INTO thing (a, b) VALUES (1, 1)", &err), &err);
    assert_ok(db_commit(d, &err), &err);
    assert_int_equal(store_int(d, "SELECT count(*) FROM thing"), 1);

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
    assert_int_equal(store_int(d, "SELECT count(*) FROM thing"), 1);

    /* Reading sees one snapshot and does not write. */
    assert_ok(db_begin(d, DB_READ, &err), &err);
    assert_int_equal(store_int(d, "SELECT count(*) FROM thing"), 1);
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
    assert_int_equal(store_int(d, "SELECT count(*) FROM thing"), 0);
    assert_ok(db_execute(other, "INSERT INTO thing (a, b) VALUES (1, 1)", &err), &err);
    assert_int_equal(store_int(d, "SELECT count(*) FROM thing"), 0);
    assert_ok(db_commit(d, &err), &err);
    assert_int_equal(store_int(d, "SELECT count(*) FROM thing"), 1);
    db_close(other);
    /* A connection that only reads. */
    assert_ok(db_open(t->url, &(db_options){.read_only = true}, &other, &err), &err);
    assert_int_equal(store_int(other, "SELECT count(*) FROM thing"), 1);
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
    assert_int_equal(store_int(d, "SELECT d FROM thing"), 3);
    db_close(d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(values),
        BOTH(nulls_and_bytes),
        BOTH(refused_values),
        BOTH(statements),
        BOTH(transactions),
        BOTH(snapshots),
        BOTH(work),
    };
    return cmocka_run_group_tests_name("db", tests, NULL, NULL);
}
