/* The passes over a base: what is usual, who left when, what was observed then. */
#include "reasons_of.h"

#include <error.h>
#include <mem.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicode.h>

#define SPELLS 64 /* a customer's spells that are looked at; nobody comes back more often */

static mr_status scan_ledger(void *self, int64_t first, int64_t last, trace_fn fn, void *ctx, mr_error *err) {
    trace_ledger *l = self;
    trace_options o = l->options;
    o.first = first;
    o.last = last;
    return ledger_traces_shared(l->l, l->pool, &o, fn, ctx, err);
}

trace_source trace_source_of(trace_ledger *l) {
    return (trace_source){scan_ledger, l};
}

typedef struct pass {
    reasons_base *b;
    const mr_context *context;
    bool anything; /* on any day, even after the last one looked at */
    digest_room room;
    norms_count *count;
    uint64_t base, with_contracts, done; /* base: customers with an order or a contract */
    weights_stayers *stayers;
    int32_t last_day, limit; /* limit: TRACE_NO_DAY none */
} pass;

/* Customers come by their numbers, which are hashes: so far as the number is, so far is the pass. */
static mr_status tick(pass *p, const trace *t, mr_error *err) {
    const mr_context *c = p->context;
    if (++p->done % 256 || !c || !c->progress) return MR_OK;
    return c->progress((uint64_t)t->customer_id >> 32, UINT64_C(1) << 31, c->progress_ctx) ? error_set(err, MR_ECANCELLED, NULL, -1, "interrupted") : MR_OK;
}

/* --- the first pass --- */

static mr_status learn_usual(void *ctx, const trace *t, const trace_facts *f, mr_error *err) {
    pass *p = ctx;
    reasons_base *b = p->b;
    digest d;
    (void)f;
    if (!t->n) return tick(p, t, err);
    int32_t last = b->until != TRACE_NO_DAY ? b->until : p->limit, seen = TRACE_NO_DAY;
    for (size_t i = 0; i < t->n; i++) {
        if (!event_shows_reach(t->event[i].kind)) continue;
        p->anything = true;
        if (last != TRACE_NO_DAY && t->event[i].day > last) continue;
        if (seen == TRACE_NO_DAY || t->event[i].day > seen) seen = t->event[i].day;
        if (b->first_day == TRACE_NO_DAY || t->event[i].day < b->first_day) b->first_day = t->event[i].day;
    }
    if (seen == TRACE_NO_DAY) return tick(p, t, err);
    if (p->last_day == TRACE_NO_DAY || seen > p->last_day) p->last_day = seen;
    mr_status status = digest_make(&p->room, t, last == TRACE_NO_DAY ? seen : last, &b->norms, &d, err);
    if (status != MR_OK) return status;
    norms_add(p->count, &d);
    b->customers++;
    p->base += risk_is_customer(t);
    p->with_contracts += risk_has_contracts(t);
    return tick(p, t, err);
}

/* --- who left when --- */

/* Reasons stated by a leave event on or after `from`, the last one; with orders nothing else ties them to a silence. */
static uint8_t stated_since(const trace *t, int32_t from, int32_t until) {
    uint8_t stated = REASON_none;
    for (size_t i = 0; i < t->n; i++) {
        const trace_event *e = &t->event[i];
        bool leave = e->kind == EVENT_leave_intent || e->kind == EVENT_leave_confirmed || e->kind == EVENT_contract_end;
        if (leave && e->reason && e->day >= from && trace_known_day(e) <= until) stated = e->reason;
    }
    return stated;
}

/* Leavings up to b->until, oldest first, as (day, stated); *here: are they here at its end? */
static size_t leavings(const reasons_base *b, const trace *t, int32_t days[SPELLS], uint8_t stated[SPELLS], bool *here) {
    size_t n = 0;
    *here = false;
    if (b->mode == RISK_CONTRACTS) {
        risk_spell spell[SPELLS];
        size_t spells = risk_contract_spells(t, b->until, spell, SPELLS);
        for (size_t i = 0; i < spells && i < SPELLS; i++) {
            if (spell[i].left) days[n] = spell[i].to_day, stated[n++] = spell[i].reason;
            else *here = true;
        }
        return n;
    }
    int32_t last = TRACE_NO_DAY;
    for (size_t i = 0; i < t->n; i++) {
        const trace_event *e = &t->event[i];
        if (!trace_is_order(e) || trace_known_day(e) > b->until || (last != TRACE_NO_DAY && e->day <= last)) continue;
        last = e->day;
    }
    if (last == TRACE_NO_DAY) return 0;
    *here = b->until - last < b->horizon_days;
    if (*here) return 0;
    days[0] = last + b->horizon_days;
    stated[0] = stated_since(t, last, b->until);
    return 1;
}

reasons_leaving reasons_leaving_of(const reasons_base *b, const trace *t) {
    int32_t day[SPELLS];
    uint8_t stated[SPELLS];
    bool here;
    size_t n = leavings(b, t, day, stated, &here);
    if (here || !n) return (reasons_leaving){here, false, b->until, REASON_none};
    return (reasons_leaving){false, true, day[n - 1], stated[n - 1]};
}

/* --- rows --- */

double reasons_value(const digest *d, risk_mode mode) {
    double value = 0;
    if (mode == RISK_CONTRACTS) {
        for (size_t i = 0; i < d->contracts_n; i++) {
            const digest_contract *c = &d->contracts[i];
            if (c->last && !(c->end && c->end->day < d->day)) value += 12 * c->price;
        }
        return value / 1e4;
    }
    for (uint32_t i = d->n[EVENT_order]; i > 0; i--) {
        const trace_event *e = digest_event(d, EVENT_order, i - 1);
        if (d->day - e->day >= 365) break;
        value += (double)e->amount;
    }
    return value / 1e4;
}

static uint16_t name_of(reasons_names *names, const char *whole) {
    char name[sizeof *names->name];
    if (!whole || !*whole) return 0;
    snprintf(name, sizeof name, "%.63s", whole);
    unicode_mend(name);
    for (uint16_t i = names->n; i > 1; i--)
        if (!strcmp(names->name[i - 1], name)) return (uint16_t)(i - 1);
    if (names->n == REASONS_NAMES) return 0;
    memcpy(names->name[names->n], name, sizeof name);
    return names->n++;
}

static mr_status new_row(reasons_base *b, size_t hits, reasons_row **out, mr_error *err) {
    if (b->n == b->capacity) {
        size_t capacity = b->capacity ? 2 * b->capacity : 1024;
        reasons_row *row = mem_resize(NULL, b->row, capacity, sizeof *row);
        if (!row) return error_memory(err, capacity * sizeof *row);
        b->row = row;
        b->capacity = capacity;
    }
    if (b->hits + hits > b->hits_capacity) {
        size_t capacity = 2 * b->hits_capacity + 4096;
        if (capacity > UINT32_MAX) return error_set(err, MR_EDATA, NULL, -1, "more than %u signals in one base: cut it by --until or by part", UINT32_MAX);
        weights_hit *hit = mem_resize(NULL, b->hit, capacity, sizeof *hit);
        if (!hit) return error_memory(err, capacity * sizeof *hit);
        b->hit = hit;
        b->hits_capacity = capacity;
    }
    *out = &b->row[b->n++];
    **out = (reasons_row){.first_hit = (uint32_t)b->hits, .hits = (uint8_t)hits};
    return MR_OK;
}

static uint16_t tags_of(const digest *d) {
    unsigned tags = 0;
    for (size_t i = 0; i < d->cases_n; i++)
        if (d->cases[i].open && d->day - d->cases[i].open->day <= REASONS_TAG_DAYS) tags |= 1U << d->cases[i].tag;
    for (uint32_t i = 0; i < d->n[EVENT_complaint]; i++)
        if (d->day - digest_event(d, EVENT_complaint, i)->day <= REASONS_TAG_DAYS) tags |= 1U << digest_event(d, EVENT_complaint, i)->tag;
    return (uint16_t)tags;
}

static uint16_t age_of(const signal_hit *h, int32_t day) {
    int32_t age = day - h->day;
    return (uint16_t)(age < 0 ? 0 : age > UINT16_MAX ? UINT16_MAX : age);
}

_Static_assert(TRACE_TAGS <= 16, "a row has a bit for each tag");

static mr_status look(pass *p, const trace *t, const trace_facts *f, int32_t day, reasons_what what, reasons_row **out, mr_error *err) {
    reasons_base *b = p->b;
    signal_hit hit[SIGNALS];
    digest d;
    mr_status status = digest_make(&p->room, t, day, &b->norms, &d, err);
    if (status != MR_OK) return status;
    size_t n = signals_fire(&d, hit);
    status = new_row(b, n, out, err);
    if (status != MR_OK) return status;
    (*out)->customer_id = t->customer_id;
    (*out)->day = day;
    (*out)->what = (uint8_t)what;
    (*out)->value = reasons_value(&d, b->mode);
    (*out)->tags = tags_of(&d);
    (*out)->tier = name_of(&b->tiers, f ? f->tier : "");
    (*out)->segment = name_of(&b->segments, f ? f->segment : "");
    for (size_t i = 0; i < n; i++) b->hit[b->hits++] = (weights_hit){(uint8_t)hit[i].signal, age_of(&hit[i], day)};
    return MR_OK;
}

/* --- the second pass --- */

static bool here_on(const reasons_base *b, const trace *t, int32_t day) {
    if (b->mode == RISK_CONTRACTS) return risk_under_contract(t, day);
    return risk_ordered(t, day - b->horizon_days, b->horizon_days);
}

/* Of who was here at the landmark: did they leave within a quarter? Without contracts within the horizon. */
static bool leaves_after(const reasons_base *b, const trace *t, int32_t landmark, const int32_t *days, size_t n) {
    if (b->mode == RISK_ORDERS) return !risk_ordered(t, landmark, b->horizon_days);
    for (size_t i = 0; i < n; i++)
        if (days[i] > landmark && days[i] - landmark <= REASONS_QUARTER) return true;
    return false;
}

static mr_status look_at(void *ctx, const trace *t, const trace_facts *f, mr_error *err) {
    pass *p = ctx;
    reasons_base *b = p->b;
    int32_t days[SPELLS], ahead = b->mode == RISK_ORDERS ? b->horizon_days : REASONS_QUARTER;
    uint8_t stated[SPELLS];
    bool here;
    reasons_row *row;
    mr_status status = MR_OK;
    size_t n = leavings(b, t, days, stated, &here);
    for (size_t i = 0; i < n && status == MR_OK; i++) {
        status = look(p, t, f, days[i], REASONS_LEFT, &row, err);
        if (status != MR_OK) return status;
        row->stated = stated[i];
        row->last = i + 1 == n && !here;
    }
    if (here) status = look(p, t, f, b->until, REASONS_HERE, &row, err);
    for (int i = 0; i < REASONS_LANDMARKS && status == MR_OK; i++) {
        int32_t landmark = b->until - ahead - i * REASONS_QUARTER;
        if (!here_on(b, t, landmark)) continue;
        status = look(p, t, f, landmark, REASONS_LANDMARK, &row, err);
        if (status != MR_OK) return status;
        row->leaves = leaves_after(b, t, landmark, days, n);
        if (row->leaves) continue;
        weights_stayer(p->stayers, &(weights_row){b->hit + row->first_hit, row->hits});
    }
    return status == MR_OK ? tick(p, t, err) : status;
}

/* --- attribution --- */

static weights_row hits_of(const reasons_base *b, const reasons_row *row) {
    return (weights_row){b->hit + row->first_hit, row->hits};
}

static mr_status weigh(pass *p, mr_error *err) {
    reasons_base *b = p->b;
    size_t leavers = 0;
    for (size_t i = 0; i < b->n; i++) leavers += b->row[i].what == REASONS_LEFT;
    weights_row *left = mem_take(NULL, leavers ? leavers : 1, sizeof *left);
    if (!left) return error_memory(err, leavers * sizeof *left);
    leavers = 0;
    for (size_t i = 0; i < b->n; i++)
        if (b->row[i].what == REASONS_LEFT) left[leavers++] = hits_of(b, &b->row[i]);
    mr_status status = weights_fit(left, leavers, p->stayers, NULL, &b->weights, err);
    mem_free(NULL, left);
    for (size_t i = 0; i < b->n && status == MR_OK; i++) {
        attribution a;
        reasons_row *row = &b->row[i];
        weights_row hits = hits_of(b, row);
        weights_attribute(&b->weights, &hits, &a);
        row->observed = (uint8_t)a.top;
        row->second = (uint8_t)a.second;
        row->strength = a.top == REASON_unknown ? 0 : (float)a.strength[a.top];
    }
    return status;
}

mr_status reasons_look(const reasons_base *b, digest_room *room, const trace *t, int32_t day, signal_hit *hit, size_t *hits, attribution *a, mr_error *err) {
    digest d;
    weights_hit seen[SIGNALS];
    mr_status status = digest_make(room, t, day, &b->norms, &d, err);
    if (status != MR_OK) return status;
    *hits = signals_fire(&d, hit);
    for (size_t i = 0; i < *hits; i++) seen[i] = (weights_hit){(uint8_t)hit[i].signal, age_of(&hit[i], day)};
    weights_attribute(&b->weights, &(weights_row){seen, *hits}, a);
    return MR_OK;
}

/* --- all of it --- */

static mr_status begin(reasons_base *b, mr_error *err) {
    norms_default(&b->norms);
    b->tiers.name = mem_new(NULL, REASONS_NAMES, sizeof *b->tiers.name);
    b->segments.name = mem_new(NULL, REASONS_NAMES, sizeof *b->segments.name);
    b->tiers.n = b->segments.n = 1;
    return b->tiers.name && b->segments.name ? MR_OK : error_memory(err, 2 * REASONS_NAMES * sizeof *b->tiers.name);
}

static mr_status usual(trace_source source, const reasons_options *o, pass *p, mr_error *err) {
    reasons_base *b = p->b;
    *b = (reasons_base){.first_day = TRACE_NO_DAY, .until = o->until, .horizon_days = o->horizon_days};
    p->last_day = TRACE_NO_DAY;
    p->limit = o->last_day ? o->last_day : TRACE_NO_DAY;
    mr_status status = begin(b, err);
    if (status == MR_OK && !(p->count = mem_new(NULL, 1, sizeof *p->count))) status = error_memory(err, sizeof *p->count);
    if (status == MR_OK) status = source.scan(source.self, 0, 0, learn_usual, p, err);
    b->nothing = status == MR_OK && p->last_day == TRACE_NO_DAY;
    if (b->nothing)
        status = error_set(err, MR_EDATA, NULL, -1, !p->anything ? "nobody has done anything yet: import events, orders or contracts first"
                                                                            : "nothing had happened by then: the first event is later than that day");
    if (status == MR_OK) {
        norms_settle(p->count, &b->norms);
        b->buyers = p->base;
        b->mode = risk_mode_of(p->with_contracts, p->base);
        if (b->until == TRACE_NO_DAY) b->until = p->last_day;
    }
    mem_free(NULL, p->count);
    p->count = NULL;
    p->done = 0;
    return status;
}

mr_status reasons_usual(trace_source source, const reasons_options *o, const mr_context *context, reasons_base *out, mr_error *err) {
    pass p = {.b = out, .context = context};
    mr_status status = usual(source, o, &p, err);
    digest_room_free(&p.room);
    return status;
}

mr_status reasons_scan(trace_source source, const reasons_options *o, const mr_context *context, reasons_base *out, mr_error *err) {
    pass p = {.b = out, .context = context, .stayers = mem_new(NULL, 1, sizeof *p.stayers)};
    mr_status status = p.stayers ? usual(source, o, &p, err) : error_memory(err, sizeof *p.stayers);
    if (status == MR_OK) status = source.scan(source.self, 0, 0, look_at, &p, err);
    if (status == MR_OK) status = weigh(&p, err);
    mem_free(NULL, p.stayers);
    digest_room_free(&p.room);
    return status;
}

void reasons_free(reasons_base *b) {
    mem_free(NULL, b->row);
    mem_free(NULL, b->hit);
    mem_free(NULL, b->tiers.name);
    mem_free(NULL, b->segments.name);
    *b = (reasons_base){0};
}
