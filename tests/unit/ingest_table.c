/* ingest: tables, whose cells are kept as they are. */
#include "check.h"

#include "table.h"

#include <stdlib.h>

static void write_file(const char *path, const char *text) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void tables(void **state) {
    (void)state;
    char path[] = "/tmp/marram-table-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    ingest_table t;
    mr_error err = {0};
    double numbers[4];
    write_file(path, "\xEF\xBB\xBF"
                     "Frequency;Recency;\"note; here\"\r\n2;1,5;\"a\nb\"\r\n\r\n3;1e-3;\r\n");
    assert_int_equal(ingest_table_read(path, &t, &err), MR_OK);
    assert_int_equal(t.rows, 2);
    assert_int_equal(t.columns, 3);
    assert_string_equal(t.heading[2], "note; here");
    assert_string_equal(t.cell[2], "a\nb");
    assert_string_equal(t.cell[5], "");
    assert_int_equal(t.line[1], 5);
    assert_int_equal(ingest_table_column(&t, "FREQUENCY"), 0);
    assert_int_equal(ingest_table_column(&t, "none"), -1);
    assert_int_equal(ingest_table_numbers(&t, "recency", numbers, &err), MR_OK);
    assert_near(numbers[0], 1.5, 1e-15);
    assert_near(numbers[1], 1e-3, 1e-15);
    assert_int_equal(ingest_table_numbers(&t, "note; here", numbers, &err), MR_EDATA);
    assert_non_null(strstr(err.message, ":2: note; here 'a\\x0Ab' is no number"));
    ingest_table_free(&t);
    static const struct {
        const char *text, *part;
    } bad[] = {{"", "empty"},
               {"a,b\n1,2\n1,2,3\n", ":3: the line has 3 fields"},
               {"a,b\n1\n", ":2: the line has 1 field"},
               {"a,b\n\"1,2\n", ":2: a quote is opened"},
               {"\n\n", "empty"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_file(path, bad[i].text);
        assert_int_equal(ingest_table_read(path, &t, &err), MR_EDATA);
        if (!strstr(err.message, bad[i].part)) print_error("%s\n", err.message);
        assert_non_null(strstr(err.message, bad[i].part));
    }
    unlink(path);
    assert_int_equal(ingest_table_read(path, &t, &err), MR_EIO);
}

static void table_of_cohorts(void **state) {
    (void)state;
    need_shared_data("sbg/sbg_cohorts.csv");
    ingest_table t;
    mr_error err = {0};
    assert_int_equal(ingest_table_read(SHARED_DATA "/sbg/sbg_cohorts.csv", &t, &err), MR_OK);
    assert_true(t.rows >= 13);
    ingest_table_free(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables),
        cmocka_unit_test(table_of_cohorts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
