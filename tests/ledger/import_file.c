#include "import_file.h"

#include "check.h"
#include "load_events.h"

#include <body.h>
#include <rng.h>

static void write_event(FILE *f, const load_event *e, int64_t more, bool has_id) {
    char at[40];
    text_buffer body = {0};
    const history_event *h = &e->item.event.e;
    fprintf(f, "{\"customer\":\"%s\",\"kind\":\"%s\",\"at\":\"%s\"", e->customer, event_kind_of(h->kind)->name, time_text(h->at_us, at));
    if (has_id) fprintf(f, ",\"id\":\"%s\"", e->source_id);
    if (e->subject[0]) fprintf(f, ",\"subject\":\"%s\"", e->subject);
    if (h->currency[0]) fprintf(f, ",\"amount\":%lld.%02lld,\"currency\":\"EUR\"", (long long)(h->amount_minor + more) / 100, (long long)(h->amount_minor + more) % 100);
    if (h->body_len) {
        json_escape(&body, h->body, h->body_len);
        fprintf(f, ",\"body\":\"%.*s\"", (int)body.len, body.data);
    }
    fputs("}\n", f);
    text_free(&body);
}

void import_file(const char *path, unsigned events, unsigned pool) {
    ledger l = {.ref_bits = 63}; /* its key is not that of the ledger: ids are made by the import */
    FILE *f = fopen(path, "w");
    rng r;
    rng_seed(&r, IMPORT_FILE_SEED, 1);
    assert_non_null(f);
    for (unsigned i = 0; i < events; i++) {
        load_event e;
        bool again = i > 100 && rng_below(&r, 12) == 0;
        unsigned k = again ? (unsigned)rng_below(&r, i) : i;
        load_make(&l, IMPORT_FILE_SEED, 0, k, pool, &e);
        bool has_id = k % 10 != 3;
        write_event(f, &e, again && has_id && rng_below(&r, 2) ? 1 : 0, has_id);
    }
    assert_int_equal(fclose(f), 0);
}
