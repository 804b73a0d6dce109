/* Rules over what customers buy and use, give back, and come back for. */
#include "signals.h"

#include <math.h>

#define REGRET_DAYS 30

/* --- regret --- */

static const event_kind buying[] = {EVENT_order, EVENT_contract_start};

typedef struct purchases {
    uint32_t next[2];           /* of each kind, the first that is later */
    const trace_event *last[2]; /* and the last that is not */
} purchases;

/* The last time they bought before the event, within REGRET_DAYS; NULL none. Asked of one event after the other in the order of time. */
static const trace_event *bought_before(const digest *d, purchases *p, const trace_event *e) {
    const trace_event *last = NULL;
    for (int k = 0; k < 2; k++) {
        for (; p->next[k] < d->n[buying[k]]; p->next[k]++) {
            const trace_event *b = digest_event(d, buying[k], p->next[k]);
            if (b->at_us > e->at_us) break;
            if (b->kind != EVENT_order || b->amount >= 0) p->last[k] = b;
        }
        const trace_event *b = p->last[k];
        if (b && e->day - b->day <= REGRET_DAYS && (!last || b->at_us > last->at_us)) last = b;
    }
    return last;
}

static void regrets(const digest *d, signal_hit *h, event_kind kind, unsigned tags) {
    purchases p = {{0}, {NULL}};
    for (uint32_t i = 0; i < d->n[kind]; i++) {
        const trace_event *e = digest_event(d, kind, i);
        if (!(tags >> e->tag & 1) || !hit_in(d, h, e)) continue;
        const trace_event *bought = bought_before(d, &p, e);
        if (!bought) continue;
        h->count = h->shown = 0; /* the last one is shown, with what it was about */
        hit_add(h, bought);
        hit_add(h, e);
        h->count = 1;
        h->number[0] = e->day - bought->day;
    }
}

bool signal_regret_refund(const digest *d, signal_hit *h) {
    unsigned no_fault = TAG(none) | TAG(other) | TAG(product) | TAG(price) | TAG(cancelled);
    regrets(d, h, EVENT_refund, no_fault);
    if (!h->count) regrets(d, h, EVENT_return_goods, no_fault);
    return h->count;
}

bool signal_regret_complaint(const digest *d, signal_hit *h) {
    regrets(d, h, EVENT_complaint, TAG(none) | TAG(other) | TAG(product));
    return h->count;
}

bool signal_never_used(const digest *d, signal_hit *h) {
    if (d->norms->kept[KEPT_usage] < 0.5 || d->n[EVENT_usage] || d->first_day == TRACE_NO_DAY) return false;
    int32_t since = d->day - d->first_day;
    if (since < 30 || since > 365) return false;
    for (uint32_t i = 0; i < d->n[EVENT_contract_start] && !h->count; i++) hit_add(h, digest_event(d, EVENT_contract_start, i));
    for (uint32_t i = 0; i < d->n[EVENT_order] && !h->count; i++) hit_add(h, digest_event(d, EVENT_order, i));
    h->number[0] = since;
    return true;
}

/* --- use that fades --- */

#define RECENT_DAYS 60
#define BEFORE_DAYS 120

bool signal_usage_fading(const digest *d, signal_hit *h) {
    double recent = 0, before = 0;
    int32_t first = TRACE_NO_DAY;
    for (uint32_t i = 0; i < d->n[EVENT_usage]; i++) {
        const trace_event *e = digest_event(d, EVENT_usage, i);
        double uses = e->value > 0 ? e->value : 1;
        int32_t ago = d->day - e->day;
        if (first == TRACE_NO_DAY) first = e->day;
        if (ago < RECENT_DAYS) recent += uses;
        else if (ago < RECENT_DAYS + BEFORE_DAYS) before += uses;
        if (ago < RECENT_DAYS) hit_add(h, e);
    }
    if (first == TRACE_NO_DAY || d->day - first < RECENT_DAYS + BEFORE_DAYS / 2) return false;
    int32_t span = d->day - first - RECENT_DAYS + 1;
    double expected = before * RECENT_DAYS / (span < BEFORE_DAYS ? span : BEFORE_DAYS);
    if (recent > expected / 2 || expected - recent < 2.5 * sqrt(expected)) return false;
    h->number[0] = 100 * (1 - recent / expected);
    h->number[1] = recent;
    h->number[2] = expected;
    return true;
}

/* --- quality, as goods show it --- */

bool signal_faulty_goods(const digest *d, signal_hit *h) {
    unsigned fault = TAG(defect) | TAG(quality);
    hit_tagged(d, h, EVENT_return_goods, fault);
    if (!h->count) hit_tagged(d, h, EVENT_refund, fault);
    return h->count;
}

bool signal_many_returns(const digest *d, signal_hit *h) {
    uint32_t returns = hit_tagged(d, h, EVENT_return_goods, ~0U);
    if (!returns) returns = hit_tagged(d, h, EVENT_refund, ~0U);
    return returns >= 3;
}

/* --- novelty --- */

#define THINGS_LEAST 4 /* before the recent ones */
#define THINGS_MOST 48
#define QUIET_DAYS 120

typedef struct things {
    const trace_event *e[THINGS_MOST]; /* in order of time */
    size_t n, recent;                  /* how many of the last lie in the QUIET_DAYS up to the last one */
} things;

/* What they bought in the 120 days up to the last time and the year before, else what they used: events that say what. */
static bool things_of(const digest *d, things *t) {
    static const event_kind kinds[] = {EVENT_order, EVENT_usage};
    for (int k = 0; k < 2; k++) {
        *t = (things){.n = 0};
        for (uint32_t i = d->n[kinds[k]]; i > 0 && t->n < THINGS_MOST; i--) {
            const trace_event *e = digest_event(d, kinds[k], i - 1);
            if (t->n && t->e[0]->day - e->day > 365 + QUIET_DAYS) break;
            if (!e->topic || (e->kind == EVENT_order && e->amount < 0)) continue;
            t->e[t->n++] = e;
            t->recent += t->e[0]->day - e->day < QUIET_DAYS;
        }
        if (t->n < 3) continue;
        for (size_t i = 0; i < t->n / 2; i++) {
            const trace_event *swap = t->e[i];
            t->e[i] = t->e[t->n - 1 - i], t->e[t->n - 1 - i] = swap;
        }
        return true;
    }
    return false;
}

static size_t times_of(const things *t, uint32_t topic, size_t from, size_t to) {
    size_t n = 0;
    for (size_t i = from; i < to; i++) n += t->e[i]->topic == topic;
    return n;
}

/* Nobody complained, gave back or found a problem unsolved lately: then it is not what went wrong that makes them look elsewhere. */
static bool quiet(const digest *d) {
    static const event_kind kinds[] = {EVENT_case_reopen, EVENT_complaint, EVENT_return_goods, EVENT_refund};
    for (int k = 0; k < 4; k++)
        if (d->n[kinds[k]] && d->day - digest_event(d, kinds[k], d->n[kinds[k]] - 1)->day <= QUIET_DAYS) return false;
    return true;
}

#define THINGS_SAY 8 /* things' worth of how often the base takes the same thing again */

/* How many of the last are all the same, where so long a run is rarer than one in fifty, going by how often they took that thing before and how often anybody
 * takes the same again; else 0. Where the base is too small to tell: one in twenty, by what they did before alone. */
static size_t run_of_one(const digest *d, const things *t) {
    double again = d->norms->kept[KEPT_repeats];
    size_t run = 1;
    while (run < t->n && t->e[t->n - 1 - run]->topic == t->e[t->n - 1]->topic) run++;
    size_t before = t->n - run;
    if (run < 3) return 0;
    double taken = (double)times_of(t, t->e[t->n - 1]->topic, 0, before);
    if (again < 1) return pow((taken + THINGS_SAY * again) / ((double)before + THINGS_SAY), (double)run - 1) <= 0.02 ? run : 0;
    if (before < THINGS_LEAST) return 0;
    return pow((taken + 1) / ((double)before + 1), (double)run) <= 0.05 ? run : 0;
}

/* Had they gone on as before, m things would hold sum over sorts of 1 - (1 - share)^m different ones. */
bool signal_variety_falling(const digest *d, signal_hit *h) {
    things t;
    if (!things_of(d, &t) || !quiet(d)) return false;
    size_t run = run_of_one(d, &t);
    if (run) t.recent = run;
    if (t.recent < 3 || (!run && t.n < THINGS_LEAST + t.recent)) return false;
    size_t before = t.n - t.recent;
    double expected = 0, found = 0;
    for (size_t i = 0; i < t.n; i++) {
        bool first = !times_of(&t, t.e[i]->topic, i < before ? 0 : before, i);
        if (!first) continue;
        if (i < before) expected += 1 - pow(1 - (double)times_of(&t, t.e[i]->topic, 0, before) / (double)before, (double)t.recent);
        else found++;
    }
    if (!run && (expected < 2 || found > expected / 2)) return false;
    for (size_t i = before; i < t.n; i++) hit_add(h, t.e[i]);
    h->number[0] = found;
    h->number[1] = expected;
    if (run && before < THINGS_LEAST) h->number[1] = 1 + (double)(run - 1) * (1 - d->norms->kept[KEPT_repeats]); /* as the base takes them */
    return true;
}

bool signal_category_left(const digest *d, signal_hit *h) {
    things t;
    if (!things_of(d, &t) || t.n < THINGS_LEAST + t.recent || !quiet(d)) return false;
    for (size_t i = 0; i + 2 < t.n; i++) { /* the last time of each thing */
        size_t times = times_of(&t, t.e[i]->topic, 0, i + 1);
        double share = (double)times / (double)(i + 1), since = (double)(t.n - 1 - i);
        if (times_of(&t, t.e[i]->topic, i + 1, t.n) || times < 4 || share < 1.0 / 3) continue;
        /* Had they gone on as before, so long a run without it would be seen once in twenty times. */
        if (pow(1 - share, since) > 0.05) continue;
        hit_add(h, t.e[i]);
        hit_add(h, t.e[t.n - 1]);
        h->count = 1;
        h->number[0] = since;
        return true;
    }
    return false;
}

/* --- coming back --- */

bool signal_came_back_before(const digest *d, signal_hit *h) {
    signal_hit cheaper = {.signal = SIGNAL_came_back_cheaper};
    return !signal_came_back_cheaper(d, &cheaper) && hit_tagged(d, h, EVENT_came_back, ~0U) > 0;
}

/* The first discount, accepted offer or lower price in the 30 days after `back`; NULL none. */
static const trace_event *better_terms(const digest *d, const trace_event *back) {
    static const event_kind kinds[] = {EVENT_offer_accepted, EVENT_order, EVENT_price_change};
    for (int k = 0; k < 3; k++) {
        for (uint32_t i = 0; i < d->n[kinds[k]]; i++) {
            const trace_event *e = digest_event(d, kinds[k], i);
            if (e->day < back->day || e->day - back->day > 30) continue;
            if (kinds[k] == EVENT_order && !(e->flags & TRACE_DISCOUNTED)) continue;
            if (kinds[k] == EVENT_price_change && !(e->value < 0)) continue;
            return e;
        }
    }
    return NULL;
}

/* The new contract's monthly price under the last one's before they came back. */
static const trace_event *cheaper_contract(const digest *d, const trace_event *back) {
    const digest_contract *before = NULL;
    for (size_t i = 0; i < d->contracts_n; i++) {
        const digest_contract *c = &d->contracts[i];
        if (!c->start || !(c->price > 0)) continue;
        if (c->start->at_us < back->at_us && c->start->day < back->day) before = c;
        else if (before && c->start->day - back->day <= 30 && c->price < before->price) return c->start;
    }
    return NULL;
}

bool signal_came_back_cheaper(const digest *d, signal_hit *h) {
    for (uint32_t i = 0; i < d->n[EVENT_came_back]; i++) {
        const trace_event *back = digest_event(d, EVENT_came_back, i), *better = better_terms(d, back);
        if (!better) better = cheaper_contract(d, back);
        if (!better || !hit_in(d, h, back)) continue;
        hit_add(h, back);
        hit_add(h, better);
    }
    return h->count;
}
