/* Orders read from a text in memory, for tests: what comes out, or how it is refused. */
#ifndef TESTS_ORDERS_TEXT_H
#define TESTS_ORDERS_TEXT_H

#include "check.h"

#include "calendar.h"
#include "orders_source.h"
#include "text.h"

#include <stdlib.h>

static inline ingest_options plain(void) {
    return (ingest_options){.today = INT32_MAX, .until = INT32_MAX};
}

/* Reads a text from memory. block 0: the usual size. */
static inline mr_status read_text(const char *text, size_t len, size_t block, int threads,
                           const ingest_options *options, ingest_orders *out, mr_error *err) {
    mr_pool *pool = NULL;
    ingest_source *source = NULL;
    memset(err, 0, sizeof *err);
    assert_int_equal(mr_pool_new(threads, &pool, err), MR_OK);
    mr_context context = {.pool = pool};
    assert_int_equal(source_open_memory(text, len, block, 0, NULL, &source, err), MR_OK);
    mr_status status = ingest_orders_from(source, options, &context, out, err);
    source_close(source);
    mr_pool_free(pool);
    return status;
}

static inline ingest_orders must_read(const char *text, const ingest_options *options) {
    ingest_orders out;
    mr_error err;
    ingest_options o = options ? *options : plain();
    mr_status status = read_text(text, strlen(text), 0, 2, &o, &out, &err);
    if (status) print_error("%s\n", err.message);
    assert_int_equal(status, MR_OK);
    return out;
}

/* "a:2021-03-04=12.5,2021-03-05=1;b:..." */
static inline char *show(const ingest_orders *o) {
    text_buffer b = {0};
    for (size_t c = 0; c < o->orders.n; c++) {
        if (c) text_putc(&b, ';');
        text_add(&b, o->id_bytes + o->id_offset[c], o->id_offset[c + 1] - o->id_offset[c]);
        for (uint64_t i = o->offset[c]; i < o->offset[c + 1]; i++) {
            char day[11];
            text_printf(&b, "%c%s", i == o->offset[c] ? ':' : ',', calendar_text(o->day[i], day));
            if (o->money) text_printf(&b, "=%.10g", (double)o->money[i] / 10000);
        }
        if (o->returned && o->returned[c]) text_printf(&b, "-%.10g", (double)o->returned[c] / 10000);
    }
    text_terminate(&b);
    return b.data;
}

static inline void check_read(const char *text, const ingest_options *options, const char *want) {
    ingest_orders o = must_read(text, options);
    char *got = show(&o);
    assert_string_equal(got, want);
    free(got);
    ingest_orders_free(&o);
}

static inline void check_refused(const char *text, const ingest_options *options, mr_status code,
                          const char *const parts[], size_t n) {
    ingest_orders o;
    mr_error err;
    ingest_options opts = options ? *options : plain();
    for (int threads = 1; threads <= 3; threads += 2) {
        for (size_t block = 0; block <= 64; block += 64) {
            mr_status status = read_text(text, strlen(text), block, threads, &opts, &o, &err);
            if (status != code) print_error("'%s' gave %d: %s\n", text, status, err.message);
            assert_int_equal(status, code);
            assert_int_equal(err.code, code);
            for (size_t i = 0; i < n && parts[i]; i++) {
                if (!strstr(err.message, parts[i])) print_error("no '%s' in '%s'\n", parts[i], err.message);
                assert_non_null(strstr(err.message, parts[i]));
            }
        }
    }
}

#endif
