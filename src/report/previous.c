/* What changed since an earlier run: a join by customer.
 *
 * The earlier customers go into a hash table of row numbers (open addressing, at most half full); each
 * customer of now is looked up in it. Identifiers are compared as customers.csv shows them, so that a defused
 * formula meets itself again. */
#include "previous.h"

#include "cells.h"
#include "parts.h"

#include <error.h>
#include <mem.h>
#include <rng.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NOBODY UINT32_MAX

typedef struct index_table {
    const previous *p;
    uint32_t *row; /* [mask + 1], NOBODY: free */
    size_t mask;
} index_table;

static uint64_t hash_of(const char *bytes, size_t len, bool apostrophe) {
    uint64_t h = 0x9e3779b97f4a7c15u ^ (len + apostrophe);
    if (apostrophe) h = (h ^ (unsigned char)'\'') * 0x100000001b3u;
    for (size_t i = 0; i < len; i++) h = (h ^ (unsigned char)bytes[i]) * 0x100000001b3u;
    return rng_mix(h);
}

static bool is_row(const previous *p, uint32_t row, const char *bytes, size_t len, bool apostrophe) {
    const char *id = p->id_bytes + p->id_offset[row];
    size_t id_len = (size_t)(p->id_offset[row + 1] - p->id_offset[row]);
    if (id_len != len + apostrophe || (apostrophe && id[0] != '\'')) return false;
    return memcmp(id + apostrophe, bytes, len) == 0;
}

/* The slot that holds this identifier, or the free one where it would go. */
static size_t slot_of(const index_table *t, const char *bytes, size_t len, bool apostrophe) {
    size_t slot = hash_of(bytes, len, apostrophe) & t->mask;
    while (t->row[slot] != NOBODY && !is_row(t->p, t->row[slot], bytes, len, apostrophe))
        slot = (slot + 1) & t->mask;
    return slot;
}

static mr_status index_make(index_table *t, const previous *p, const mr_alloc *alloc, mr_error *err) {
    size_t slots = 16;
    while (slots < 2 * p->n) slots *= 2;
    *t = (index_table){.p = p, .row = mem_take(alloc, slots, sizeof *t->row), .mask = slots - 1};
    if (!t->row) return error_memory(err, slots * sizeof *t->row);
    memset(t->row, 0xff, slots * sizeof *t->row);
    for (size_t i = 0; i < p->n; i++) {
        size_t len = (size_t)(p->id_offset[i + 1] - p->id_offset[i]);
        /* Somebody who stands there twice counts with the last row. */
        t->row[slot_of(t, p->id_bytes + p->id_offset[i], len, false)] = (uint32_t)i;
    }
    return MR_OK;
}

typedef struct fall {
    double change; /* of p_order; an unknown one sorts last */
    report_change row;
} fall;

static int by_fall(const void *a, const void *b) {
    const fall *x = a, *y = b;
    if (x->change != y->change) return x->change < y->change ? -1 : 1;
    return x->row.customer < y->row.customer ? -1 : x->row.customer > y->row.customer;
}

static void match(const index_table *t, report *r, fall *falls) {
    const previous *p = t->p;
    uint64_t found = 0;
    for (size_t i = 0; i < r->n; i++) {
        const report_customer *c = &r->customers[i];
        size_t len;
        const char *id = report_id(r, c->index, &len);
        uint32_t row = t->row[slot_of(t, id, len, cell_is_formula(id, len, CELL_TEXT))];
        if (row == NOBODY) { /* who objects was in no earlier list either */
            r->change_new += !c->unlisted;
            continue;
        }
        found++;
        r->change_matrix[p->stage[row]][c->stage]++;
        if (p->stage[row] == c->stage) {
            r->change_same++;
            continue;
        }
        if (c->unlisted) continue;
        double change = c->p_order - p->p_order[row];
        falls[r->changes_n++] = (fall){.change = isnan(change) ? INFINITY : change,
                                       .row = {(uint32_t)i, (mr_stage)p->stage[row], p->p_order[row]}};
    }
    r->change_gone = p->n > found ? p->n - found : 0;
}

mr_status previous_join(const previous *p, report *r, const mr_context *context, report_change **changes,
                        mr_error *err) {
    const mr_alloc *alloc = context_alloc(context);
    *changes = NULL;
    if (p->n >= NOBODY)
        return error_set(err, MR_EDATA, "previous", -1, "the earlier run has more than 4 billion customers");
    index_table t = {0};
    fall *falls = mem_take(alloc, r->n, sizeof *falls);
    mr_status status = falls ? index_make(&t, p, alloc, err) : error_memory(err, r->n * sizeof *falls);
    if (status != MR_OK) goto done;

    r->change_new = r->change_gone = r->change_same = 0;
    r->changes_n = 0;
    memset(r->change_matrix, 0, sizeof r->change_matrix);
    match(&t, r, falls);
    qsort(falls, r->changes_n, sizeof *falls, by_fall);
    *changes = mem_take(alloc, r->changes_n, sizeof **changes);
    if (!*changes) {
        status = error_memory(err, r->changes_n * sizeof **changes);
        goto done;
    }
    for (size_t i = 0; i < r->changes_n; i++) (*changes)[i] = falls[i].row;
    r->changes = *changes;
    r->has_previous = true;
    r->previous_dir = p->dir;
    r->previous_until = p->head.until;
    r->previous_value_at_risk = p->head.value_at_risk;
    r->previous_expected_orders = p->head.expected;
    r->previous_horizon_days = p->head.horizon_days;
    r->previous_margin = p->head.margin;
    r->previous_discount_rate = p->head.discount_rate;
done:
    mem_free(alloc, t.row);
    mem_free(alloc, falls);
    return status;
}

void previous_free(previous *p) {
    if (!p) return;
    mem_free(NULL, p->dir);
    mem_free(NULL, p->id_bytes);
    mem_free(NULL, p->id_offset);
    mem_free(NULL, p->stage);
    mem_free(NULL, p->p_order);
    *p = (previous){0};
}
