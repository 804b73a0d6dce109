/* libFuzzer over rows and mappings. The first byte chooses block size, limit, header and mapping (a fixed one
 * or a guess); the rest is the file, CSV or NDJSON. Whatever it is, two block sizes give the same records and
 * the same rejects. */
#include "mapping.h"
#include "records.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char by_number[] =
    "records:\n"
    "- {record: orders, when: {\"1\": {not: skip}}, fields: {customer: \"1\", date: \"2\", amount: {column: "
    "\"3\", optional: yes, times: \"2\"}}}\n"
    "- {record: events, when: {\"1\": present}, fields: {customer: {join: [\"1\", \"2\"]}, kind: {const: x}, "
    "at: {column: \"2\", default: 2024-01-01}, "
    "body: {column: \"3\", optional: yes}}}\n";
static const char by_path[] =
    "records:\n"
    "- {record: orders, fields: {customer: [a, b.c], date: d, amount: {column: m, scale: minor}, currency: "
    "{column: u, default: EUR}}, attributes: [b, x]}\n"
    "- {record: contracts, when: {k: [1, y]}, fields: {customer: a, start: {months_before: {column: n, of: "
    "2024-02-29}}, seats: n, price: m}}\n"
    "- {record: events, when: {k: absent}, fields: {customer: a, kind: b, at: d, body: x}}\n";

static void show(text_buffer *b, const row *w, const record *made) {
    record_row of = record_of(made->kind);
    text_printf(b, "%llu %s", (unsigned long long)w->line, of.name);
    for (size_t i = 0; i < of.fields; i++) {
        const record_value *v = &made->value[i];
        if (!v->given) continue;
        text_printf(b, " %zu=%lld:", i, (long long)v->number);
        text_add(b, v->text, v->len);
    }
    text_add(b, made->attributes, made->attributes_len);
    text_putc(b, '\n');
}

static void all_rows(mapping *m, rows *r, text_buffer *b) {
    static record made[MAPPING_ROOM];
    const row *w = NULL;
    mr_error err = {0};
    mr_status status;
    while ((status = rows_next(r, &w, &err)) == MR_OK && w) {
        mapping_fault fault;
        size_t n;
        bool taken = mapping_apply(m, r, w, made, MAPPING_ROOM, &n, &fault);
        if (w->fault && taken) abort();
        if (!taken && (!fault.reason[0] || n)) abort();
        if (!taken)
            text_printf(b, "%llu! %d %s %s %s\n", (unsigned long long)w->line, fault.column, fault.field,
                        fault.value, fault.reason);
        for (size_t i = 0; i < n; i++) show(b, w, &made[i]);
    }
    if (status) text_printf(b, "! %s\n", err.message);
    if (status && !err.message[0]) abort();
}

static mr_status once(const char *data, size_t len, const rows_options *how, bool guess,
                      const mapping_options *o, text_buffer *out) {
    rows *r = NULL;
    mapping *m = NULL;
    mr_error err = {0};
    mr_status status = rows_open_memory(data, len, how, NULL, &r, &err);
    if (!status && guess) {
        status = mapping_guess(data[len / 2] & 1 ? RECORD_orders : RECORD_cases, r, o, NULL, &m, &err);
    } else if (!status) {
        const char *yaml = rows_json(r) ? by_path : by_number;
        status = mapping_parse("fuzz", yaml, strlen(yaml), NULL, &m, &err);
    }
    if (!status) status = mapping_bind(m, r, NULL, 0, o, &err);
    if (status && !err.message[0]) abort();
    text_printf(out, "%d %s\n", status, err.message);
    if (!status) all_rows(m, r, out);
    if (!status && mapping_write(m, out, &err)) abort();
    mapping_free(m);
    rows_close(r);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    if (size < 2) return 0;
    uint8_t choice = bytes[0];
    const char *data = (const char *)bytes + 1;
    static const size_t blocks[] = {16, 48, 300, 20};
    static const char *const formats[] = {NULL, NULL, "dmy", "unix"};
    rows_options how = {.header = choice & 4 ? -1 : 0, .record_limit = choice & 8 ? 64 : 0};
    mapping_options o = {.today = choice & 16 ? 19900 : INT32_MAX, .date_format = formats[choice >> 5 & 3]};
    bool guess = choice & 128;
    text_buffer one = {0}, other = {0};
    once(data, size - 1, &how, guess, &o, &one);
    how.block_bytes = blocks[choice & 3];
    once(data, size - 1, &how, guess, &o, &other);
    if (one.len != other.len || memcmp(one.data, other.data, one.len) != 0) {
        fprintf(stderr, "%.*s\n--- and ---\n%.*s\n", (int)one.len, one.data, (int)other.len, other.data);
        abort();
    }
    text_free(&one);
    text_free(&other);
    return 0;
}
