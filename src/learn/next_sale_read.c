/* The baskets of a ledger: one scan, whose orders alone are read. */
#include "next_sale_of.h"

#include <body_fields.h>
#include <error.h>
#include <histories.h>
#include <mem.h>
#include <objections.h>
#include <traces.h>

#include <string.h>

typedef struct reading {
    next_sale_base *b;
    const mr_context *context;
    const id_list *objecting;
    int64_t birth_us;
    int32_t until;
    body_fields body;
    int32_t *day; /* of one customer */
    uint32_t *product;
    size_t room;
    uint64_t customers;
} reading;

static bool known_in_time(const reading *r, const history_event *e) {
    const trace_event t = {.at_us = e->at_us, .known_us = trace_known(e->at_us, e->recorded_at_us, r->birth_us), .day = e->day};
    return trace_known_day(&t) <= r->until;
}

static bool make_room(reading *r, size_t n) {
    if (n <= r->room) return true;
    int32_t *day = mem_resize(NULL, r->day, 2 * n, sizeof *day);
    if (day) r->day = day;
    uint32_t *product = mem_resize(NULL, r->product, 2 * n, sizeof *product);
    if (product) r->product = product;
    if (!day || !product) return false;
    r->room = 2 * n;
    return true;
}

static mr_status take_customer(void *ctx, const history *h, mr_error *err) {
    reading *r = ctx;
    size_t n = 0;
    const mr_context *c = r->context;
    if (++r->customers % 4096 == 0 && c && c->progress && c->progress(r->customers, 0, c->progress_ctx)) return error_set(err, MR_ECANCELLED, NULL, -1, "stopped on request");
    if (id_list_has(r->objecting, h->customer_id)) return MR_OK;
    if (!make_room(r, h->n)) return error_memory(err, h->n * 16);
    for (size_t i = 0; i < h->n; i++) {
        const history_event *e = &h->events[i];
        bool failed = false;
        if (e->kind != EVENT_order || e->amount_minor < 0 || !known_in_time(r, e)) continue;
        if (!body_fields_read(&r->body, e->body, e->body_len)) return error_memory(err, e->body_len);
        const char *name = fields_text(&r->body, "product");
        uint32_t product = next_sale_base_product(r->b, name, name ? strlen(name) : 0, &failed);
        if (failed) return error_memory(err, 256);
        if (product == NEXT_SALE_NONE) {
            r->b->unnamed++;
            continue;
        }
        r->day[n] = e->day;
        r->product[n++] = product;
    }
    return next_sale_base_customer(r->b, r->day, r->product, n, err);
}

mr_status next_sale_base_read(ledger *l, int32_t until, const mr_context *context, next_sale_base *b, mr_error *err) {
    id_list objecting = {0};
    reading r = {.b = b, .context = context, .objecting = &objecting, .until = until};
    const scan_options whole = {.whole = true};
    mr_status status = ledger_objections(l, &objecting, err);
    if (status == MR_OK) status = ledger_birth(l, &r.birth_us, err);
    if (status == MR_OK) status = ledger_scan(l, &whole, 0, 1, take_customer, &r, err);
    body_fields_free(&r.body);
    mem_free(NULL, r.day);
    mem_free(NULL, r.product);
    id_list_free(&objecting);
    return status;
}
