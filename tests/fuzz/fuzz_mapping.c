/* libFuzzer over the YAML of mappings. What is taken once is written so that it is taken again, and means the
 * same; and it may be bound to rows and applied. (Lookups are left out: they would open whatever file the
 * fuzzer names.) */
#include "mapping.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static mapping *again(const mapping *m, text_buffer *yaml) {
    mr_error err = {0};
    mapping *read = NULL;
    if (mapping_write(m, yaml, &err)) abort();
    if (!mapping_parse("again", yaml->data, yaml->len, NULL, &read, &err)) return read;
    fprintf(stderr, "%s\n%.*s\n", err.message, (int)yaml->len, yaml->data);
    abort();
}

static void apply(mapping *m, const char *text) {
    static record made[MAPPING_ROOM];
    rows *r = NULL;
    const row *w = NULL;
    mr_error err = {0};
    if (rows_open_memory(text, strlen(text), NULL, NULL, &r, &err)) abort();
    mr_status status = mapping_bind(m, r, NULL, 0, NULL, &err);
    if (status && !err.message[0]) abort();
    while (!status && rows_next(r, &w, &err) == MR_OK && w) {
        mapping_fault fault;
        size_t n;
        if (!mapping_apply(m, r, w, made, MAPPING_ROOM, &n, &fault) && !fault.reason[0]) abort();
    }
    rows_close(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    mapping *m = NULL;
    mr_error err = {0};
    mr_status status = mapping_parse("fuzz", (const char *)bytes, size, NULL, &m, &err);
    if (status) {
        if (!err.message[0]) abort();
        return 0;
    }
    text_buffer first = {0}, second = {0};
    mapping *read = again(m, &first);
    mapping_free(again(read, &second));
    if (first.len != second.len || memcmp(first.data, second.data, first.len) != 0) abort();
    text_putc(&first, 0);
    if (!strstr(first.data, "lookup")) {
        apply(m, "a,b,c,d\n1,2024-01-02,3.5,x\n2,2024-01-03,,y\n,bad,1e3,z\n");
        apply(read, "{\"a\":1,\"b\":\"2024-01-02\",\"c\":{\"d\":3.5},\"d\":[\"x\"]}\n{\"a\":null,\"b\":"
                    "1704067200,\"c\":\"z\"}\n");
    }
    text_free(&first);
    text_free(&second);
    mapping_free(read);
    mapping_free(m);
    return 0;
}
