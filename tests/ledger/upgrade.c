/* A ledger of every earlier version of the schema, kept as it was (tests/fixtures, made by tools/make-fixture when a version is released),
 * is brought up to this program's: nothing lost, and it goes on working. */
#include "fixture.h"

#include <rebuild.h>
#include <schema.h>

#include <stdlib.h>
#include <zlib.h>

static char *unpack(const char *name, int version, const char *end, size_t *len) {
    char path[512];
    size_t capacity = 1 << 20;
    char *all = malloc(capacity);
    snprintf(path, sizeof path, SOURCE_DIR "/tests/fixtures/%s-%d%s.gz", name, version, end);
    gzFile f = gzopen(path, "rb");
    if (!f) fail_msg("%s is not there: tools/make-fixture makes it", path);
    *len = 0;
    for (int n; (n = gzread(f, all + *len, (unsigned)(capacity - *len - 1))) > 0;) {
        *len += (size_t)n;
        if (capacity - *len < 65536) all = realloc(all, capacity *= 2);
    }
    gzclose(f);
    all[*len] = 0;
    return all;
}

static void put(const store *s, int version) {
    size_t len;
    mr_error err = {0};
    if (s->kind == DB_SQLITE) {
        char *bytes = unpack("ledger", version, ".db", &len);
        FILE *f = fopen(s->file, "wb");
        assert_non_null(f);
        assert_int_equal(fwrite(bytes, 1, len, f), len);
        fclose(f);
        free(bytes);
        return;
    }
    char *sql = unpack("ledger", version, ".sql", &len);
    db *d = store_open(s);
    assert_ok(db_execute(d, sql, &err), &err);
    db_close(d);
    free(sql);
}

static void from(store *s, int version) {
    mr_error err = {0};
    int before, after;
    put(s, version);
    db *d = store_open(s);
    assert_ok(db_schema_upgrade(d, 0, TEST_NOW, &before, &after, &err), &err);
    assert_int_equal(before, version);
    assert_int_equal(after, db_migrations_n);
    assert_ok(db_schema_upgrade(d, 0, TEST_NOW, &before, &after, &err), &err); /* again: nothing */
    assert_int_equal(before, after);
    db_close(d);
    ledger *l = fixture_open(s);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM customer_ref"), 40);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM event"), 191);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM support_case"), 2);
    fixture_check_cycles(l);
    append_item item = fixture_order(l, 1, 20000, 1250, "after the upgrade");
    fixture_append(l, &item, 1);
    assert_int_equal(item.outcome, APPEND_ADDED);
    fixture_check_cycles(l);
    ledger_close(l);
}

static void from_version_1(void **state) {
    from(store_of(state), 1);
}

static void from_version_2(void **state) {
    from(store_of(state), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {BOTH(from_version_1), BOTH(from_version_2)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
