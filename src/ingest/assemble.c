/* Putting the bins together.
 *
 * Customers are numbered by a bit per record that is set where one appears first: a customer's number is the
 * count of bits before theirs. Then every bin copies its histories to where they belong. */
#include "error.h"
#include "grouping.h"
#include "mem.h"
#include "pool.h"

#include <string.h>

static mr_status number_one(void *ctx, size_t b, int thread, mr_error *err) {
    (void)thread, (void)err;
    grouping *r = ctx;
    group_bin *g = &r->bins[b];
    ingest_orders *out = r->out;
    for (size_t i = 0; i < g->n; i++) {
        person *p = &g->people[i];
        if (!p->occasions) {
            p->first = 0;
            continue;
        }
        uint64_t word = p->first / 64, below = (UINT64_C(1) << p->first % 64) - 1;
        uint64_t bits = atomic_load_explicit(&r->bits[word], memory_order_relaxed);
        uint64_t number = r->before[word] + bits_count(bits & below);
        p->first = number;
        out->offset[number + 1] = p->occasions;
        char spare[ID_LONGEST];
        size_t len;
        person_id(r, p, spare, &len);
        out->id_offset[number + 1] = len;
        if (out->returned && g->returned) out->returned[number] = g->returned[i];
        for (int k = 0; k < CONTACTS; k++)
            if (out->contact_offset[k])
                out->contact_offset[k][number + 1] = g->contact[i * CONTACTS + (size_t)k].len;
    }
    return MR_OK;
}

/* Asks for where the customers to come will be copied: places far from each other. */
static inline void foresee(const ingest_orders *out, const group_bin *g, size_t i) {
    if (i + 16 >= g->n) return;
    bits_prefetch(&out->offset[g->people[i + 16].first]);
    bits_prefetch(&out->id_offset[g->people[i + 16].first]);
    uint64_t number = g->people[i + 8].first, at = out->offset[number];
    bits_prefetch(&out->day[at]);
    bits_prefetch(&out->day[at] + 16);
    bits_prefetch(&out->id_bytes[out->id_offset[number]]);
    if (!out->money) return;
    for (int line = 0; line < 3; line++) bits_prefetch(&out->money[at] + 8 * line);
}

static mr_status copy_one(void *ctx, size_t b, int thread, mr_error *err) {
    (void)thread, (void)err;
    grouping *r = ctx;
    group_bin *g = &r->bins[b];
    ingest_orders *out = r->out;
    spool from = spool_begin(r->in, (unsigned)b);
    for (size_t i = 0; i < g->n; i++) {
        const person *p = &g->people[i];
        if (!p->occasions) continue;
        foresee(out, g, i);
        uint64_t at = out->offset[p->first];
        for (uint32_t k = 0; k < p->occasions; k++) {
            day_row row = spool_read(&from);
            out->day[at + k] = row.day;
            if (out->money) out->money[at + k] = row.money;
        }
        char spare[ID_LONGEST];
        size_t len;
        const char *id = person_id(r, p, spare, &len);
        memcpy(out->id_bytes + out->id_offset[p->first], id, len);
        for (int k = 0; k < CONTACTS; k++) {
            const contact_view *c = g->contact ? &g->contact[i * CONTACTS + (size_t)k] : NULL;
            if (out->contact_offset[k] && c->len)
                memcpy(out->contact_bytes + out->contact_offset[k][p->first], c->text, c->len);
        }
    }
    return MR_OK;
}

static void run_up(uint64_t *offset, size_t n) {
    for (size_t i = 0; i < n; i++) offset[i + 1] += offset[i];
}


static mr_status offsets(grouping *r, size_t n, bool returns, mr_error *err) {
    ingest_orders *out = r->out;
    out->offset = mem_new(r->alloc, n + 1, sizeof *out->offset);
    out->id_offset = mem_new(r->alloc, n + 1, sizeof *out->id_offset);
    bool ok = out->offset && out->id_offset;
    if (ok && returns) ok = (out->returned = mem_new(r->alloc, n, sizeof *out->returned)) != NULL;
    for (int k = 0; k < CONTACTS && ok; k++)
        if (r->in->contact[k])
            ok = (out->contact_offset[k] = mem_new(r->alloc, n + 1, sizeof(uint64_t))) != NULL;
    return ok ? MR_OK : error_memory(err, (n + 1) * sizeof *out->offset);
}

static mr_status arrays(grouping *r, size_t n, mr_error *err) {
    ingest_orders *out = r->out;
    run_up(out->offset, n);
    run_up(out->id_offset, n);
    uint64_t contact_bytes = 0;
    for (int k = 0; k < CONTACTS; k++) { /* one text for the three of them, one behind the other */
        if (!out->contact_offset[k]) continue;
        out->contact_offset[k][0] = contact_bytes;
        run_up(out->contact_offset[k], n);
        contact_bytes = out->contact_offset[k][n];
    }
    out->day = mem_take(r->alloc, out->offset[n], sizeof *out->day);
    if (r->in->has_amount) out->money = mem_take(r->alloc, out->offset[n], sizeof *out->money);
    out->id_bytes = mem_take(r->alloc, out->id_offset[n], 1);
    out->contact_bytes = mem_take(r->alloc, contact_bytes, 1);
    if (!out->day || !out->id_bytes || !out->contact_bytes || (r->in->has_amount && !out->money))
        return error_memory(err, out->offset[n] * 12);
    out->orders = (mr_orders){.n = n, .offset = out->offset, .day = out->day, .money = out->money};
    return MR_OK;
}

static void sum_up(grouping *r, bool *returns) {
    ingest_understood *u = &r->out->understood;
    u->first_day = INT32_MAX;
    u->last_day = INT32_MIN;
    for (unsigned b = 0; b < BINS; b++) {
        const group_bin *g = &r->bins[b];
        u->orders += g->orders;
        u->returns += g->returns;
        u->merged += g->merged;
        u->after_until += g->after_until;
        u->return_only_customers += g->return_only;
        *returns = *returns || g->returned;
        if (g->first_day < u->first_day) u->first_day = g->first_day;
        if (g->last_day > u->last_day) u->last_day = g->last_day;
    }
}

static mr_status grouping_begin(grouping *r, int threads, mr_error *err) {
    const group_input *in = r->in;
    r->bins = mem_new(r->alloc, BINS, sizeof *r->bins);
    r->record_base = mem_new(r->alloc, in->n_blocks + 1, sizeof *r->record_base);
    bool ok = r->bins && r->record_base;
    for (size_t k = 0; k < in->n_blocks && ok; k++) {
        r->record_base[k] = r->records;
        r->records += in->blocks[k] ? in->blocks[k]->records : 0;
    }
    size_t words = (size_t)(r->records / 64 + 1);
    if (ok) r->bits = mem_new(r->alloc, words, sizeof *r->bits);
    if (ok) r->before = mem_take(r->alloc, words, sizeof *r->before);
    if (!ok || !r->bits || !r->before) return error_memory(err, words * 16);
    return grouping_scratch_new(r, threads, err);
}

static void grouping_end(grouping *r, int threads) {
    grouping_scratch_free(r, threads);
    for (unsigned b = 0; r->bins && b < BINS; b++) {
        mem_free(r->alloc, r->bins[b].people);
        mem_free(r->alloc, r->bins[b].returned);
        mem_free(r->alloc, r->bins[b].contact);
    }
    mem_free(r->alloc, r->bins);
    mem_free(r->alloc, (void *)r->bits);
    mem_free(r->alloc, r->before);
    mem_free(r->alloc, r->record_base);
}

mr_status group_rows(const group_input *in, const mr_context *context, ingest_orders *out, mr_error *err) {
    grouping r = {.in = in, .alloc = context_alloc(context), .out = out};
    mr_pool *pool = context_pool(context);
    int threads = pool_size(pool);
    bool returns = false;
    for (size_t t = 0; t < in->n_workers; t++) bins_seal(in->workers[t]->bins);
    mr_status status = grouping_begin(&r, threads, err);
    if (!status) status = pool_run(pool, BINS, grouping_bin, &r, err);
    if (status) goto done;
    grouping_scratch_free(&r, threads);
    sum_up(&r, &returns);
    uint64_t n = 0;
    for (size_t i = 0; i <= r.records / 64; i++) {
        r.before[i] = n;
        n += bits_count(atomic_load_explicit(&r.bits[i], memory_order_relaxed));
    }
    status = offsets(&r, n, returns, err);
    if (!status) status = pool_run(pool, BINS, number_one, &r, err);
    if (!status) status = arrays(&r, n, err);
    if (!status) status = pool_run(pool, BINS, copy_one, &r, err);
done:
    grouping_end(&r, threads);
    return status;
}
