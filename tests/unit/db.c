/* The room src/db: the same tests on SQLite and on PostgreSQL, as nothing above it may tell them apart. */
#include "schema.h"
#include "store.h"

#include <stdlib.h>

static const char table[] = "CREATE TABLE thing (a BIGINT NOT NULL, b BIGINT NOT NULL, s SMALLINT, d INTEGER, r DOUBLE PRECISION, t TEXT, "
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

int main(void) {
    const struct CMUnitTest tests[] = {BOTH(values)};
    (void)one_int;
    return cmocka_run_group_tests_name("db", tests, NULL, NULL);
}
