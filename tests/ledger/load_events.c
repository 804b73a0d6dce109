#include "load_events.h"

#include <bits.h>
#include <rng.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_US INT64_C(86400000000)
#define FIRST_DAY 19000 /* 2022-01-08 */

typedef struct load_kind {
    event_kind kind;
    const char *body; /* %u: of which subject */
} load_kind;

static const load_kind kinds[] = {
    {EVENT_order, ""}, {EVENT_order, ""}, {EVENT_order, ""}, {EVENT_order, ""}, {EVENT_refund, ""}, {EVENT_usage, ""},
    {EVENT_case_open, "{\"number\":\"T-%u\",\"subject\":\"it does not work\",\"severity\":\"high\"}"},
    {EVENT_case_update, "{\"first_response\":true}"},
    {EVENT_case_resolve, ""},
    {EVENT_case_reopen, ""},
    {EVENT_contract_start, "{\"number\":\"K-%u\",\"product\":\"Pro\",\"seats\":5,\"renewal\":\"2023-01-01\"}"},
    {EVENT_contract_renew, ""},
    {EVENT_contract_end, ""},
    {EVENT_promise_made, "{\"what\":\"call back\",\"by_whom\":\"Ann\",\"due\":\"2022-03-0%u\"}"},
    {EVENT_promise_kept, ""},
    {EVENT_promise_broken, ""},
    {EVENT_touch_out, "{\"channel\":\"phone\",\"who\":\"Ann\"}"},
    {EVENT_touch_in, "{\"channel\":\"e-mail\"}"},
    {EVENT_survey, "{\"name\":\"nps\",\"score\":%u,\"scale\":10}"},
    {EVENT_consent_given, "{\"purpose\":\"marketing\",\"channel\":\"c%u\"}"},
    {EVENT_consent_withdrawn, "{\"purpose\":\"marketing\",\"channel\":\"c%u\"}"},
};

void load_make(const ledger *l, uint64_t seed, unsigned thread, unsigned k, unsigned pool, load_event *out) {
    rng r;
    rng_seed(&r, seed, ((uint64_t)thread << 32) + k);
    const load_kind *kind = &kinds[rng_below(&r, sizeof kinds / sizeof *kinds)];
    unsigned subject = (unsigned)rng_below(&r, 3) + 1;
    memset(out, 0, sizeof *out);
    snprintf(out->source_id, sizeof out->source_id, "%llx/%u/%u", (unsigned long long)seed, thread, k);
    if (pool == 1 || rng_below(&r, 8))
        snprintf(out->customer, sizeof out->customer, "c%u", (unsigned)rng_below(&r, pool));
    else
        snprintf(out->customer, sizeof out->customer, "n%s", out->source_id);
    int body = snprintf(out->body, sizeof out->body, kind->body, subject);
    history_event *e = &out->item.event.e;
    *e = (history_event){.kind = (int16_t)kind->kind, .source = ledger_source_number("test"), .recorded_at_us = FIRST_DAY * DAY_US,
                         .source_id = out->source_id, .source_id_len = strlen(out->source_id), .body = out->body, .body_len = (size_t)body};
    /* Later and later, but one in five somewhere before. Of half of them only the day is known, so that many happen at one time. */
    e->day = FIRST_DAY + (int32_t)(k / 16);
    if (rng_below(&r, 5) == 0) e->day = FIRST_DAY + (int32_t)rng_below(&r, k / 16 + 30) - 30;
    e->at_us = e->day * DAY_US + (rng_below(&r, 2) ? (int64_t)rng_below(&r, (uint64_t)DAY_US) : 0);
    if (kind->kind == EVENT_order || kind->kind == EVENT_refund || kind->kind == EVENT_contract_start) {
        e->amount_minor = (int64_t)rng_below(&r, 100000);
        strcpy(e->currency, "EUR");
    }
    const char *about = event_kind_of(kind->kind)->subject;
    if (!strcmp(about, "case") || !strcmp(about, "contract") || !strcmp(about, "promise")) {
        snprintf(out->subject, sizeof out->subject, "s%u", subject);
        e->subject_id = ledger_subject(l, "test", about, out->subject, strlen(out->subject));
    }
    e->id = ledger_hash(l, ledger_domain_of(l, "event", "test"), out->source_id, strlen(out->source_id));
    out->item.external_id = out->customer;
    out->item.external_id_len = (uint32_t)strlen(out->customer);
}

static bool add(load_acks *a, load_ack ack) {
    if (a->n == a->capacity) {
        size_t capacity = a->capacity ? 2 * a->capacity : 4096;
        load_ack *more = realloc(a->of, capacity * sizeof *more);
        if (!more) return false;
        a->of = more;
        a->capacity = capacity;
    }
    a->of[a->n++] = ack;
    a->failed += ack.outcome < 0;
    return true;
}

bool load_acks_read(load_acks *a, const char *path, uint64_t seed) {
    FILE *f = fopen(path, "r");
    char line[512];
    bool ok = true;
    while (f && ok && fgets(line, sizeof line, f)) {
        load_ack ack = {.seed = seed};
        if (!strchr(line, '\n') || sscanf(line, "%u %u %d", &ack.thread, &ack.k, &ack.outcome) != 3) break;
        ok = add(a, ack);
    }
    if (f) fclose(f);
    return ok;
}

void load_acks_free(load_acks *a) {
    free(a->of);
    *a = (load_acks){0};
}
