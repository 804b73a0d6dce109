/* Files that must be refused, or that once broke a reader, kept for good. Each row: the file, the status,
 * what the message says. */
#include "check.h"

#include "orders_source.h"
#include "table.h"

#define DIR SOURCE_DIR "/tests/fail/"

static void refused(void **state) {
    (void)state;
    static const struct {
        const char *file;
        mr_status status;
        const char *parts[3];
    } rows[] = {
        {"open_quote.csv", MR_EDATA, {":3", "never closed"}},
        {"after_quote.csv", MR_EDATA, {":3", "behind a closing quote"}},
        {"date_order_open.csv", MR_EDATA, {"--date-format", "04/03/2021", ":2"}},
        {"date_order_both.csv", MR_EDATA, {":4", "04/13/2021", "line 3"}},
        {"short_year.csv", MR_EDATA, {"two digits", "04/03/21"}},
        {"decimal_open.csv", MR_EDATA, {"--decimal", "1,234"}},
        {"decimal_both.csv", MR_EDATA, {":3", "12.50", "line 2"}},
        {"two_currencies.csv", MR_EDATA, {"more than one currency", ":2", ":3"}},
        {"header_only.csv", MR_EDATA, {"no line of data"}},
        {"empty.csv", MR_EDATA, {"empty.csv", "is empty"}},
        {"nul.csv", MR_EDATA, {"binary"}},
        {"utf16.csv", MR_EDATA, {"save it as UTF-8"}},
        {"too_many_fields.csv", MR_EDATA, {":3", "4 fields where 3"}},
        {"too_few_fields.csv", MR_EDATA, {":3", "2 fields where 3"}},
        {"no_such_day.csv", MR_EDATA, {":3", "2021-02-29", "no day of the calendar"}},
        {"no_customer.csv", MR_EDATA, {":3", "customer", "empty"}},
        {"amount_large.csv", MR_EDATA, {":2", "larger than"}},
        {"cr_alone.csv", MR_EDATA, {"CR alone"}},
        {"no_roles.csv", MR_EDATA, {"alpha, beta", "--columns"}},
        {"returns_only.csv", MR_EDATA, {"1 returns"}},
        {"gzip_damaged.csv", MR_EDATA, {"gzip", "fetch the file again"}},
        {"there_is_no_such.csv", MR_EIO, {"No such file"}},
        {"", MR_EIO, {"is a directory"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[512];
        snprintf(path, sizeof path, DIR "%s", rows[i].file);
        const char *paths[] = {path};
        ingest_options o = {.today = INT32_MAX, .until = INT32_MAX};
        ingest_orders out;
        mr_error err = {0};
        mr_status status = ingest_orders_read(paths, 1, &o, NULL, &out, &err);
        if (status != rows[i].status) print_error("%s: %d %s\n", rows[i].file, status, err.message);
        assert_int_equal(status, rows[i].status);
        for (size_t k = 0; k < 3 && rows[i].parts[k]; k++) {
            if (!strstr(err.message, rows[i].parts[k]))
                print_error("%s: no '%s' in '%s'\n", rows[i].file, rows[i].parts[k], err.message);
            assert_non_null(strstr(err.message, rows[i].parts[k]));
        }
    }
}

/* Blank lines that fill whole blocks above the header: it was looked for in the first block alone. */
static void header_in_a_later_block(void **state) {
    (void)state;
    static const size_t blocks[] = {0, 16, 48, 100};
    const char *paths[] = {DIR "blank_top.csv", DIR "blank_top_again.csv"};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        for (int threads = 1; threads <= 3; threads += 2) {
            ingest_source *source = NULL;
            ingest_options o = {.today = INT32_MAX, .until = INT32_MAX};
            ingest_orders out;
            mr_error err = {0};
            mr_context context = {0};
            assert_int_equal(mr_pool_new(threads, &context.pool, &err), MR_OK);
            assert_int_equal(source_open(paths, 2, blocks[i], 0, NULL, &source, &err), MR_OK);
            mr_status status = ingest_orders_from(source, &o, &context, &out, &err);
            if (status) print_error("%s\n", err.message);
            assert_int_equal(status, MR_OK);
            assert_int_equal(out.understood.lines, 4);
            assert_int_equal(out.orders.n, 2);
            assert_string_equal(out.understood.heading[4], "note");
            ingest_orders_free(&out);
            source_close(source);
            mr_pool_free(context.pool);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(refused), cmocka_unit_test(header_in_a_later_block)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
