/* A token bucket by domain, kept as one instant: when it would be full again (the generic cell rate algorithm, ITU-T I.371). A message takes one interval; it may go where that
 * leaves the bucket no more than `burst` intervals from full. All in whole microseconds, so the same calls give the same answers. */
#include "rate.h"

#include <error.h>

#include <string.h>

#define MINUTE_US INT64_C(60000000)
#define HIGHEST 1000000
#define FIRST_SLOTS 64

typedef struct rate_bucket {
    char *domain; /* in lower case; NULL: an empty slot */
    int64_t full_us;
} rate_bucket;

struct rate {
    const mr_alloc *alloc;
    rate_bucket *slot; /* open addressing; slots a power of two, half of them empty at least */
    size_t slots, used;
    int64_t interval_us, room_us;
};

static unsigned char lower(char c) {
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static bool same(const char *kept, const char *asked) {
    for (; *kept && (unsigned char)*kept == lower(*asked); kept++, asked++) continue;
    return !*kept && !*asked;
}

static rate_bucket *slot_of(rate_bucket *slot, size_t slots, const char *domain) {
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    for (const char *c = domain; *c; c++) hash = (hash ^ lower(*c)) * UINT64_C(1099511628211);
    size_t i = (size_t)(hash ^ hash >> 32) & (slots - 1);
    while (slot[i].domain && !same(slot[i].domain, domain)) i = (i + 1) & (slots - 1);
    return &slot[i];
}

mr_status rate_new(int per_minute, int burst, const mr_alloc *alloc, rate **out, mr_error *err) {
    if (per_minute < 1 || per_minute > HIGHEST || burst < 1 || burst > HIGHEST)
        return error_set(err, MR_EINVAL, per_minute < 1 || per_minute > HIGHEST ? "per_minute" : "burst", -1, "a rate is 1 to %d", HIGHEST);
    rate *r = mem_new(alloc, 1, sizeof *r);
    rate_bucket *slot = r ? mem_new(alloc, FIRST_SLOTS, sizeof *slot) : NULL;
    if (!slot) {
        mem_free(alloc, r);
        return error_memory(err, FIRST_SLOTS * sizeof *slot);
    }
    *r = (rate){.alloc = alloc, .slot = slot, .slots = FIRST_SLOTS, .interval_us = (MINUTE_US + per_minute - 1) / per_minute};
    r->room_us = r->interval_us * burst;
    *out = r;
    return MR_OK;
}

void rate_free(rate *r) {
    if (!r) return;
    for (size_t i = 0; i < r->slots; i++) mem_free(r->alloc, r->slot[i].domain);
    mem_free(r->alloc, r->slot);
    mem_free(r->alloc, r);
}

static mr_status grow(rate *r, mr_error *err) {
    size_t slots = 2 * r->slots;
    rate_bucket *slot = mem_new(r->alloc, slots, sizeof *slot);
    if (!slot) return error_memory(err, slots * sizeof *slot);
    for (size_t i = 0; i < r->slots; i++)
        if (r->slot[i].domain) *slot_of(slot, slots, r->slot[i].domain) = r->slot[i];
    mem_free(r->alloc, r->slot);
    r->slot = slot;
    r->slots = slots;
    return MR_OK;
}

static mr_status begin(rate *r, const char *domain, int64_t now_us, rate_bucket **out, mr_error *err) {
    if (2 * (r->used + 1) > r->slots) {
        mr_status status = grow(r, err);
        if (status != MR_OK) return status;
    }
    size_t len = strlen(domain);
    char *name = mem_take(r->alloc, len + 1, 1);
    if (!name) return error_memory(err, len + 1);
    for (size_t i = 0; i < len; i++) name[i] = (char)lower(domain[i]);
    name[len] = 0;
    rate_bucket *b = slot_of(r->slot, r->slots, domain);
    *b = (rate_bucket){.domain = name, .full_us = now_us};
    r->used++;
    *out = b;
    return MR_OK;
}

mr_status rate_take(rate *r, const char *domain, int64_t now_us, int64_t *at_us, mr_error *err) {
    rate_bucket *b = slot_of(r->slot, r->slots, domain);
    if (!b->domain) {
        mr_status status = begin(r, domain, now_us, &b, err);
        if (status != MR_OK) return status;
    }
    if (b->full_us < now_us) b->full_us = now_us;
    if (b->full_us > now_us + r->room_us) b->full_us = now_us + r->room_us; /* only where the clock was set back */
    int64_t after = b->full_us + r->interval_us;
    *at_us = after - r->room_us;
    if (*at_us > now_us) return MR_OK;
    b->full_us = after;
    *at_us = now_us;
    return MR_OK;
}
