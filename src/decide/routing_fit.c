#include "routing_impl.h"

#include <error.h>
#include <mem.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WIDER 10. /* cases that a wider share counts for in a narrower one */

/* Spreads that are tried at each level, and the middle of what is usual there, in log-odds: a good caller's odds of keeping somebody are a third above an average one's (person .3), as much again for
 * reasons that suit them, less for tiers. Its own spread is a factor of two (log normal). */
static const double grid[] = {.05, .1, .2, .3, .45, .65, .9, 1.2};
static const double usual[ROUTING_LEVELS] = {.3, .3, .2};
#define FACTOR .6931471805599453
enum { GRID = sizeof grid / sizeof *grid };

static mr_status refused(const routing_count *count, size_t n, const routing_sizes *s, mr_error *err) {
    for (size_t i = 0; i < n; i++) {
        const routing_count *c = &count[i];
        if (c->person == ROUTING_NOBODY || c->kind >= s->kinds || c->reason >= s->reasons || c->tier >= s->tiers) return error_set(err, MR_EDATA, "count", (int64_t)i, "a person, kind, reason or tier that there is not");
        if (!(c->kept >= 0 && c->cases >= c->kept && isfinite(c->cases))) return error_set(err, MR_EDATA, "cases", (int64_t)i, "%g cases kept of %g", c->kept, c->cases);
    }
    return MR_OK;
}

/* --- what is to be expected --- */

typedef struct tally {
    double cases, kept;
} tally;

static void add(tally *t, const routing_count *c) {
    t->cases += c->cases;
    t->kept += c->kept;
}

static double shrunken(const tally *t, double wider) {
    return (t->kept + WIDER * wider) / (t->cases + WIDER);
}

static mr_status expect(routing_model *m, const routing_count *count, size_t n, mr_error *err) {
    const routing_sizes *s = &m->sizes;
    size_t reasons = (size_t)s->kinds * s->reasons, all = reasons * s->tiers;
    tally whole = {0, 0}, *kind = mem_new(m->alloc, s->kinds, sizeof *kind), *reason = mem_new(m->alloc, reasons, sizeof *reason), *tier = mem_new(m->alloc, all, sizeof *tier);
    m->of_kind = mem_new(m->alloc, s->kinds, sizeof *m->of_kind);
    m->of_reason = mem_new(m->alloc, reasons, sizeof *m->of_reason);
    m->share = mem_new(m->alloc, all, sizeof *m->share);
    bool room = kind && reason && tier && m->of_kind && m->of_reason && m->share;
    for (size_t i = 0; room && i < n; i++) {
        size_t at = (size_t)count[i].kind * s->reasons + count[i].reason;
        add(&whole, &count[i]);
        add(&kind[count[i].kind], &count[i]);
        add(&reason[at], &count[i]);
        add(&tier[at * s->tiers + count[i].tier], &count[i]);
    }
    m->of_all = shrunken(&whole, .5);
    for (size_t k = 0; room && k < s->kinds; k++) m->of_kind[k] = shrunken(&kind[k], m->of_all);
    for (size_t i = 0; room && i < reasons; i++) m->of_reason[i] = shrunken(&reason[i], m->of_kind[i / s->reasons]);
    for (size_t i = 0; room && i < all; i++) m->share[i] = shrunken(&tier[i], m->of_reason[i / s->tiers]);
    mem_free(m->alloc, kind);
    mem_free(m->alloc, reason);
    mem_free(m->alloc, tier);
    return room ? MR_OK : error_memory(err, all * sizeof *m->share);
}

/* --- records --- */

static int by_cell(const void *a, const void *b) {
    const routing_cell *x = a, *y = b;
    if (x->person != y->person) return x->person < y->person ? -1 : 1;
    if (x->reason != y->reason) return x->reason < y->reason ? -1 : 1;
    return x->tier < y->tier ? -1 : x->tier > y->tier;
}

/* Sums of equal cells may come in any order of the counts: they are whole numbers times shares that are the same for all of a kind, and the sort's order of equals does not matter to what is read. */
static mr_status record(routing_model *m, const routing_count *count, size_t n, mr_error *err) {
    m->cell = mem_new(m->alloc, n + 1, sizeof *m->cell);
    if (!m->cell) return error_memory(err, (n + 1) * sizeof *m->cell);
    for (size_t i = 0; i < n; i++) {
        double p = routing_share(m, count[i].kind, count[i].reason, count[i].tier);
        m->cell[i] = (routing_cell){count[i].person, count[i].reason, count[i].tier, count[i].cases, count[i].kept - count[i].cases * p, count[i].cases * p * (1 - p)};
    }
    qsort(m->cell, n, sizeof *m->cell, by_cell);
    for (size_t i = 0; i < n; i++) {
        routing_cell *last = m->cells ? &m->cell[m->cells - 1] : NULL;
        if (last && !by_cell(last, &m->cell[i])) {
            last->cases += m->cell[i].cases;
            last->residual += m->cell[i].residual;
            last->information += m->cell[i].information;
        } else {
            m->cell[m->cells++] = m->cell[i];
        }
    }
    return MR_OK;
}

/* --- spreads --- */

static double likelihood(const routing_model *m) {
    double sum = 0;
    for (int level = 0; level < ROUTING_LEVELS; level++) {
        double apart = log(m->spread[level] / usual[level]) / FACTOR;
        sum -= .5 * apart * apart;
    }
    for (size_t i = 0, end; i < m->cells; i = end) {
        for (end = i; end < m->cells && m->cell[end].person == m->cell[i].person;) end++;
        routing_belief prior = {0, 1 / (m->spread[0] * m->spread[0])};
        routing_joined(prior, routing_of_person(m, i, end, ROUTING_NOBODY, &sum), &sum);
    }
    return sum;
}

static void spreads(routing_model *m) {
    double best = -INFINITY, at[ROUTING_LEVELS] = {0};
    for (int i = 0; i < GRID * GRID * GRID; i++) {
        m->spread[0] = grid[i / (GRID * GRID)];
        m->spread[1] = grid[i / GRID % GRID];
        m->spread[2] = grid[i % GRID];
        double sum = likelihood(m);
        if (!(sum > best)) continue;
        best = sum;
        memcpy(at, m->spread, sizeof at);
    }
    memcpy(m->spread, at, sizeof at);
}

mr_status routing_fit(const routing_count *count, size_t n, const routing_sizes *sizes, const mr_alloc *alloc, routing_model **out, mr_error *err) {
    *out = NULL;
    mr_status status = refused(count, n, sizes, err);
    if (status != MR_OK) return status;
    routing_model *m = mem_new(alloc, 1, sizeof *m);
    if (!m) return error_memory(err, sizeof *m);
    m->alloc = alloc;
    m->sizes = *sizes;
    status = expect(m, count, n, err);
    if (status == MR_OK) status = record(m, count, n, err);
    if (status == MR_OK) spreads(m);
    if (status == MR_OK) *out = m;
    else routing_free(m);
    return status;
}

void routing_free(routing_model *m) {
    if (!m) return;
    mem_free(m->alloc, m->share);
    mem_free(m->alloc, m->of_reason);
    mem_free(m->alloc, m->of_kind);
    mem_free(m->alloc, m->cell);
    mem_free(m->alloc, m);
}
