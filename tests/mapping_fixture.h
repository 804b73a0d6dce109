/* What the tests of mappings share: parsing and opening that must succeed, and a whole import compared line
 * by line. */
#ifndef TESTS_MAPPING_FIXTURE_H
#define TESTS_MAPPING_FIXTURE_H

#include "show_records.h"

#include "mapping_impl.h"

#define ORDERS "records:\n- record: orders\n  fields:\n"
#define BOTH ORDERS "    customer: c\n    date: d\n"

static inline mapping *must_parse(const char *yaml) {
    mapping *m = NULL;
    mr_error err = {0};
    mr_status status = mapping_parse("m.yaml", yaml, strlen(yaml), NULL, &m, &err);
    if (status) print_error("%s\n", err.message);
    assert_int_equal(status, MR_OK);
    return m;
}

static inline rows *must_open(const char *text) {
    rows *r = NULL;
    mr_error err = {0};
    mr_status status = rows_open_memory(text, strlen(text), NULL, NULL, &r, &err);
    if (status) print_error("%s\n", err.message);
    assert_int_equal(status, MR_OK);
    return r;
}

static const mapping_options plain = {.today = INT32_MAX};

static inline void check_apply(const char *yaml, const char *text, const mapping_options *o,
                               const char *want) {
    mapping *m = must_parse(yaml);
    rows *r = must_open(text);
    mr_error err = {0};
    text_buffer got = {0};
    mr_status status = mapping_bind(m, r, NULL, 0, o ? o : &plain, &err);
    if (status) print_error("%s\n", err.message);
    assert_int_equal(status, MR_OK);
    show_all(m, r, &got, NULL);
    if (strcmp(got.data, want) != 0) print_error("%s\n", yaml);
    assert_string_equal(got.data, want);
    text_free(&got);
    rows_close(r);
    mapping_free(m);
}

#endif
