#include "routing_impl.h"

#include <rng.h>

#include <math.h>

#define USUAL_SPREAD .469 /* of a cell nobody knows anything of: the three levels' priors together (routing_fit.c) */

/* --- beliefs --- */

routing_belief routing_joined(routing_belief a, routing_belief b, double *evidence) {
    if (a.precision <= 0) return b;
    if (b.precision <= 0) return a;
    double precision = a.precision + b.precision, variance = 1 / a.precision + 1 / b.precision, apart = a.mean - b.mean;
    if (evidence) *evidence -= .5 * (log(variance) + apart * apart / variance);
    return (routing_belief){(a.mean * a.precision + b.mean * b.precision) / precision, precision};
}

routing_belief routing_widened(routing_belief a, double spread) {
    return (routing_belief){a.mean, a.precision > 0 ? 1 / (1 / a.precision + spread * spread) : 0};
}

static routing_belief of_cell(const routing_cell *c) {
    return (routing_belief){c->information > 0 ? c->residual / c->information : 0, c->information};
}

routing_belief routing_of_reason(const routing_model *m, size_t first, size_t last, uint32_t but, double *evidence) {
    routing_belief b = {0, 0};
    for (size_t i = first; i < last; i++)
        if (m->cell[i].tier != but) b = routing_joined(b, routing_widened(of_cell(&m->cell[i]), m->spread[2]), evidence);
    return b;
}

static size_t end_of_reason(const routing_model *m, size_t first, size_t last) {
    size_t i = first;
    while (i < last && m->cell[i].reason == m->cell[first].reason) i++;
    return i;
}

routing_belief routing_of_person(const routing_model *m, size_t first, size_t last, uint32_t but, double *evidence) {
    routing_belief b = {0, 0};
    for (size_t i = first, end; i < last; i = end) {
        end = end_of_reason(m, i, last);
        if (m->cell[i].reason != but) b = routing_joined(b, routing_widened(routing_of_reason(m, i, end, ROUTING_NOBODY, evidence), m->spread[1]), evidence);
    }
    return b;
}

/* --- what is asked --- */

void routing_spread(const routing_model *m, double out[ROUTING_LEVELS]) {
    for (int i = 0; i < ROUTING_LEVELS; i++) out[i] = m->spread[i];
}

double routing_share(const routing_model *m, uint32_t kind, uint32_t reason, uint32_t tier) {
    if (!m) return .5;
    const routing_sizes *s = &m->sizes;
    if (kind >= s->kinds) return m->of_all;
    if (reason >= s->reasons) return m->of_kind[kind];
    size_t at = (size_t)kind * s->reasons + reason;
    return tier < s->tiers ? m->share[at * s->tiers + tier] : m->of_reason[at];
}

double routing_moved(double share, double effect) {
    return 1 / (1 + exp(-log(share / (1 - share)) - effect));
}

static size_t lower(const routing_model *m, uint32_t person) {
    size_t low = 0, high = m->cells;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (m->cell[middle].person < person) low = middle + 1;
        else high = middle;
    }
    return low;
}

routing_effect routing_effect_of(const routing_model *m, uint32_t person, uint32_t reason, uint32_t tier) {
    if (!m) return (routing_effect){0, USUAL_SPREAD, 0};
    size_t first = person == ROUTING_NOBODY ? m->cells : lower(m, person), last = first;
    while (last < m->cells && m->cell[last].person == person) last++;
    size_t from = first, to;
    while (from < last && m->cell[from].reason != reason) from++;
    to = from < last ? end_of_reason(m, from, last) : from;
    const double *s = m->spread;
    routing_belief b = {0, 1 / (s[0] * s[0])};
    b = routing_joined(b, routing_of_person(m, first, last, reason, NULL), NULL);
    b = routing_joined(routing_widened(b, s[1]), routing_of_reason(m, from, to, tier, NULL), NULL);
    b = routing_widened(b, s[2]);
    double cases = 0;
    for (size_t i = from; i < to; i++) {
        if (m->cell[i].tier != tier) continue;
        b = routing_joined(b, of_cell(&m->cell[i]), NULL);
        cases = m->cell[i].cases;
    }
    return (routing_effect){b.mean, sqrt(1 / b.precision), cases};
}

/* --- who --- */

/* A draw of one person's alone: neither the order of the list nor who else is in it moves it. */
static rng drawn(uint64_t draw, uint64_t key) {
    rng r;
    rng_seed(&r, draw, key);
    return r;
}

routing_choice routing_choose(const routing_model *m, uint32_t reason, uint32_t tier, const routing_candidate *candidate, size_t n, uint64_t draw, double share) {
    rng r = drawn(rng_mix(draw), 0);
    routing_choice out = {.random = rng_uniform(&r) < share};
    double best = 0;
    for (size_t i = 0; i < n; i++) {
        routing_effect e = routing_effect_of(m, candidate[i].person, reason, tier);
        r = drawn(draw, candidate[i].key);
        double lot = rng_uniform(&r), tried = out.random ? lot : e.mean + e.sd * rng_normal(&r);
        if (i && !(tried > best)) continue;
        best = tried;
        out.chosen = i;
        out.effect = e;
    }
    out.probability = out.random ? 1 / (double)n : 0;
    return out;
}
