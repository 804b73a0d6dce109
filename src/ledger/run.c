#include "run.h"

#include <error.h>
#include <mem.h>

#include <stdlib.h>
#include <string.h>

/* *array has room for one more. */
static bool room(void **array, size_t n, size_t *capacity, size_t size) {
    if (n < *capacity) return true;
    size_t more = *capacity ? 2 * *capacity : 4096;
    void *bigger = mem_resize(NULL, *array, more, size);
    if (!bigger) return false;
    *array = bigger;
    *capacity = more;
    return true;
}

mr_status run_customer(run *r, uint64_t hash, const char *external_id, size_t len, uint32_t *who, mr_error *err) {
    for (;; hash++) {
        bool made;
        uint64_t *at = hashmap_at(&r->who, hash, &made);
        if (!at) return error_memory(err, len);
        if (made) {
            size_t capacity = r->requests_capacity;
            bool ok = room((void **)&r->requests, r->requests_n, &r->requests_capacity, sizeof *r->requests);
            if (ok && capacity != r->requests_capacity) {
                bool *used = mem_resize(NULL, r->used, r->requests_capacity, sizeof *used);
                if (used) r->used = used;
                ok = used != NULL;
            }
            char *copy = ok ? arena_copy(&r->text, external_id, len) : NULL;
            if (!copy) return error_memory(err, len);
            r->requests[r->requests_n] = (ref_request){.external_id = copy, .len = (uint32_t)len};
            r->used[r->requests_n] = false;
            *at = ++r->requests_n;
            *who = (uint32_t)(r->requests_n - 1);
            return MR_OK;
        }
        const ref_request *q = &r->requests[*at - 1];
        if (q->len == len && !memcmp(q->external_id, external_id, len)) {
            *who = (uint32_t)(*at - 1);
            return MR_OK;
        }
    }
}

mr_status run_event(run *r, uint32_t who, const history_event *e, mr_error *err) {
    size_t bytes = e->source_id_len + e->body_len;
    if (!room((void **)&r->rows, r->n, &r->capacity, sizeof *r->rows)) return error_memory(err, sizeof *r->rows);
    run_row *row = &r->rows[r->n];
    *row = (run_row){.id = e->id, .at_us = e->at_us, .amount_minor = e->amount_minor, .subject_id = e->subject_id, .text = "",
                     .source_id_len = (uint32_t)e->source_id_len, .body_len = (uint32_t)e->body_len, .who = who, .kind = e->kind};
    memcpy(row->currency, e->currency, sizeof row->currency);
    if (bytes) {
        char *text = arena_room(&r->text, bytes);
        if (!text) return error_memory(err, bytes);
        if (e->source_id_len) memcpy(text, e->source_id, e->source_id_len);
        if (e->body_len) memcpy(text + e->source_id_len, e->body, e->body_len);
        row->text = text;
    }
    r->used[who] = true;
    r->n++;
    return MR_OK;
}

mr_status run_alias_add(run *r, uint32_t who, const char *external_id, size_t len, mr_error *err) {
    if (!room((void **)&r->aliases, r->aliases_n, &r->aliases_capacity, sizeof *r->aliases)) return error_memory(err, sizeof *r->aliases);
    char *copy = arena_copy(&r->text, external_id, len);
    if (!copy) return error_memory(err, len);
    r->aliases[r->aliases_n++] = (run_alias){who, (uint32_t)len, copy};
    r->used[who] = true;
    return MR_OK;
}

static int by_key(const void *a, const void *b) {
    const run_key *x = a, *y = b;
    if (x->customer_id != y->customer_id) return x->customer_id < y->customer_id ? -1 : 1;
    if (x->id != y->id) return x->id < y->id ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

#define BUCKET_BITS 16

/* Customer numbers are uniform: the top bits put the rows into small buckets, each sorted by itself. */
mr_status run_sort(run *r, mr_error *err) {
    size_t buckets = (size_t)1 << BUCKET_BITS;
    uint32_t *start = mem_new(NULL, buckets + 1, sizeof *start);
    if (r->keys_capacity < r->n) {
        mem_free(NULL, r->keys);
        r->keys = mem_take(NULL, r->n, sizeof *r->keys);
        r->keys_capacity = r->keys ? r->n : 0;
    }
    if (!start || (r->n && !r->keys)) {
        mem_free(NULL, start);
        return error_memory(err, r->n * sizeof *r->keys);
    }
    for (size_t i = 0; i < r->n; i++) start[(r->requests[r->rows[i].who].customer_id >> (63 - BUCKET_BITS)) + 1]++;
    for (size_t b = 0; b < buckets; b++) start[b + 1] += start[b];
    for (size_t i = 0; i < r->n; i++) {
        int64_t customer_id = r->requests[r->rows[i].who].customer_id;
        r->keys[start[customer_id >> (63 - BUCKET_BITS)]++] = (run_key){customer_id, r->rows[i].id, (uint32_t)i};
    }
    /* start[b] is now where b ends */
    for (size_t b = 0, from = 0; b < buckets; from = start[b++])
        if (start[b] - from > 1) qsort(r->keys + from, start[b] - from, sizeof *r->keys, by_key);
    mem_free(NULL, start);
    return MR_OK;
}

size_t run_bytes(const run *r) {
    return r->n * sizeof *r->rows + r->text.total + r->upserts.text.total + r->requests_n * sizeof *r->requests;
}

void run_reset(run *r) {
    r->n = r->requests_n = r->aliases_n = 0;
    hashmap_clear(&r->who);
    upserts_clear(&r->upserts);
    arena_reset(&r->text);
}

void run_free(run *r) {
    mem_free(NULL, r->rows);
    mem_free(NULL, r->requests);
    mem_free(NULL, r->used);
    mem_free(NULL, r->aliases);
    mem_free(NULL, r->keys);
    hashmap_free(&r->who);
    upserts_free(&r->upserts);
    arena_free(&r->text);
    *r = (run){0};
}
