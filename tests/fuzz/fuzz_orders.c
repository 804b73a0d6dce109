/* libFuzzer over the orders reader. The first byte chooses options, block size and threads; the rest is the
 * file (also gzip). What is read once must be read the same with other blocks and threads. */
#include "orders_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static mr_status read_once(const char *data, size_t size, size_t block, const ingest_options *o,
                           mr_pool *pool, ingest_orders *out, mr_error *err) {
    ingest_source *source = NULL;
    mr_context context = {.pool = pool};
    mr_status status = source_open_memory(data, size, block, 1 << 16, NULL, &source, err);
    if (!status) status = ingest_orders_from(source, o, &context, out, err);
    source_close(source);
    return status;
}

static void check(const ingest_orders *o) {
    const ingest_understood *u = &o->understood;
    for (size_t c = 0; c < o->orders.n; c++) {
        if (o->offset[c + 1] <= o->offset[c] || o->id_offset[c + 1] <= o->id_offset[c]) abort();
        for (uint64_t i = o->offset[c]; i < o->offset[c + 1]; i++) {
            if (i > o->offset[c] && o->day[i] <= o->day[i - 1]) abort();
            if (o->money && o->money[i] < 0) abort();
        }
    }
    /* every line went somewhere (a preset's refund counts as a return besides its order) */
    uint64_t gone = u->orders + u->returns + u->after_until + u->rejected + u->continued + u->cancelled;
    if (gone < u->lines) abort();
    if (u->orders != u->merged + o->offset[o->orders.n]) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static mr_pool *pool;
    mr_error err = {0};
    if (size < 1) return 0;
    if (!pool && mr_pool_new(3, &pool, &err)) return 0;
    uint8_t choice = bytes[0];
    const char *data = (const char *)bytes + 1;
    static const char *const formats[] = {NULL, NULL, "dmy", "mdy"};
    static const char *const presets[] = {NULL, NULL, "shopify", "woocommerce"};
    ingest_options o = {.today = choice & 1 ? 20779 : INT32_MAX,
                        .until = choice & 2 ? 18000 : INT32_MAX,
                        .skip_errors = choice & 4};
    o.rejects_path = choice & 4 ? "fuzz-rejects.csv" : NULL;
    o.date_format = formats[choice >> 3 & 3];
    o.preset = presets[choice >> 5 & 3];
    ingest_orders one, other;
    mr_status first = read_once(data, size - 1, 0, &o, NULL, &one, &err);
    if (first && !err.message[0]) abort();
    mr_status second = read_once(data, size - 1, choice & 128 ? 48 : 300, &o, pool, &other, &err);
    if (first != second) abort();
    if (first) return 0;
    check(&one);
    size_t n = one.orders.n;
    if (n != other.orders.n || memcmp(one.day, other.day, one.offset[n] * sizeof *one.day) ||
        (one.money && memcmp(one.money, other.money, one.offset[n] * sizeof *one.money)) ||
        memcmp(one.id_bytes, other.id_bytes, one.id_offset[n]))
        abort();
    ingest_orders_free(&one);
    ingest_orders_free(&other);
    return 0;
}
