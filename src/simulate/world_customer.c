/* One made-up customer from beginning to end: who they are, what happens, when they leave, why, what of that shows, and what is wrong with it. */
#include "world_spec.h"

#include <error.h>
#include <mem.h>
#include <pool.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MOST_ACTIVE 50 /* times the mean: a gamma of a small shape has no bound */
#define NOON (12 * 3600 * WORLD_SECOND)

/* --- who they are --- */

static int draw_group(const world_group *group, size_t n, double u) {
    for (size_t i = 0; i < n; i++)
        if ((u -= group[i].share) < 0) return (int)i;
    return -1;
}

static double gamma_one(rng *r, double shape) { /* mean 1; shape 0: all alike */
    return shape > 0 ? rng_gamma(r, shape) / shape : 1;
}

static int32_t draw_start(const world *w, double u) {
    double over = w->arrive_over > 0 ? fmin(w->arrive_over, (double)w->days - 1) : (double)w->days - 1;
    double at = w->arrival == ARRIVE_AT_START ? 0 : w->arrival == ARRIVE_EVENLY ? u : sqrt(u);
    return w->start + (int32_t)(at * over);
}

static void draw_person(world_person *p) {
    static const char *const sales[] = {"Mara", "Jon", "Ines", "Tom", "Ada", "Emil"};
    static const char *const operations[] = {"Kim", "Lea", "Max", "Nora", "Otto", "Pia"};
    const world *w = p->w;
    world_history *h = p->out;
    rng r = world_stream(p->seed, p->number, STREAM_FACTS);
    p->start = draw_start(w, rng_uniform(&r));
    p->tier = draw_group(w->tier, w->tiers, rng_uniform(&r));
    p->segment = draw_group(w->segment, w->segments, rng_uniform(&r));
    const world_group none = {.ratio = 1, .price = 1, .activity = 1};
    const world_group *tier = p->tier < 0 ? &none : &w->tier[p->tier], *segment = p->segment < 0 ? &none : &w->segment[p->segment];
    h->owner_sales = sales[rng_below(&r, 6)];
    h->owner_operations = operations[rng_below(&r, 6)];
    h->tier = p->tier < 0 ? "" : tier->name;
    h->segment = p->segment < 0 ? "" : segment->name;
    double frailty = w->frailty > 0 ? gamma_one(&r, 1 / w->frailty) : 1;
    p->active = fmin(MOST_ACTIVE, gamma_one(&r, w->activity_spread)) * tier->activity * segment->activity;
    p->gap = fmin(3650, fmax(0.2, w->gap_days / gamma_one(&r, w->gap_spread)));
    double cv = w->price_sd / w->price_mean;
    p->price = fmax(0.01, w->price_mean * (cv > 0 ? gamma_one(&r, 1 / (cv * cv)) : 1) * tier->price * segment->price);
    p->price = world_amount(fmin(WORLD_PRICE_MOST, p->price)) / 1e4;
    p->factor = frailty * tier->ratio * segment->ratio;
    h->truth = (world_truth){.start_day = p->start, .frailty = frailty, .reason = "", .stated = "", .misleading = ""};
    snprintf(h->customer, sizeof h->customer, "W%06llu", (unsigned long long)p->number + 1);
}

/* --- why --- */

/* The reason whose share u falls into, -1: none. Shares of those who leave grow over the window, and may be of one tier or segment. */
static int draw_share(const world_person *p, double u, bool misleading) {
    const world *w = p->w;
    double through = p->left == TRACE_NO_DAY ? 0.5 : (double)(p->left - w->start) / (double)w->days;
    for (size_t i = 0; i < w->reasons; i++) {
        const world_reason *r = &w->reason[i];
        bool theirs = (r->tier < 0 || r->tier == p->tier) && (r->segment < 0 || r->segment == p->segment);
        if ((u -= misleading ? r->misleading : theirs ? r->share * (1 + r->growth * (2 * through - 1)) : 0) < 0) return (int)i;
    }
    return -1;
}

static const char *code_of(const world *w, int reason) {
    return reason < 0 ? "unknown" : world_reason_rows[w->reason[reason].code].code;
}

/* Says the reason, another one, or nothing. */
static const char *draw_stated(const world *w, int reason, rng *r) {
    if (reason < 0) return "";
    const world_reason *why = &w->reason[reason];
    double u = rng_uniform(r);
    uint64_t other = rng_below(r, world_reason_rows_n - 2); /* the last row is unknown */
    if (u < why->stated) return world_reason_rows[why->code].code;
    return u < why->stated + why->stated_wrong ? world_reason_rows[other + (other >= (uint64_t)why->code)].code : "";
}

/* Each customer's own: traces of one age before leaving for everybody would be a moment on the clock of whatever they are (docs/worlds.md). */
static double draw_lead(const world *w, int reason, rng *r) {
    double least = world_reason_rows[w->reason[reason].code].least;
    return w->reason[reason].lead * (least + (1 - least) * rng_uniform(r));
}

static void draw_reason(world_person *p) {
    const world *w = p->w;
    world_truth *truth = &p->out->truth;
    rng r = world_stream(p->seed, p->number, STREAM_REASON), planting = world_stream(p->seed, p->number, STREAM_TRACES);
    double u = rng_uniform(&r), shown = rng_uniform(&r), by_accident = rng_uniform(&r), when = rng_uniform(&r);
    int reason = p->left == TRACE_NO_DAY ? -1 : draw_share(p, u, false), false_one = draw_share(p, by_accident, true);
    if (p->left != TRACE_NO_DAY) {
        truth->reason = code_of(w, reason);
        truth->stated = draw_stated(w, reason, &r);
    }
    /* False traces first: true ones may take away what they have left. They come on any day of the window, whoever leaves when (a day drawn among those before
     * leaving would tell when they leave); whoever has left by then shows none. */
    if (false_one >= 0 && false_one != reason) {
        double lead = draw_lead(w, false_one, &planting), first = fmin(p->start + 1 + lead, p->until + 1);
        int32_t end = (int32_t)(first + when * (p->until + 1 - first));
        if (end < p->start + 2) end = p->start + 2;
        if (p->left == TRACE_NO_DAY || end - lead < p->left) {
            truth->misleading = code_of(w, false_one);
            world_plant(p, &planting, w->reason[false_one].code, lead, end);
        }
    }
    if (reason >= 0 && shown < w->reason[reason].traces) {
        truth->traces = true;
        world_plant(p, &planting, w->reason[reason].code, draw_lead(w, reason, &planting), p->left);
    }
}

/* --- how it shows --- */

static void add_leaving(world_person *p) {
    const world_truth *truth = &p->out->truth;
    if (p->w->mode == RISK_ORDERS && !*truth->stated) return; /* they go without a word */
    int64_t at_us = (int64_t)p->left * WORLD_DAY + NOON;
    for (int confirmed = 0; confirmed < 2; confirmed++) {
        if (p->w->mode == RISK_ORDERS && confirmed) break;
        world_item *i = world_add(p, confirmed ? EVENT_leave_confirmed : EVENT_leave_intent, at_us + confirmed * 3600 * WORLD_SECOND);
        if (!i) return;
        i->w.word = *truth->stated ? truth->stated : NULL;
        i->e.until_day = p->gone;
    }
    if (p->w->mode == RISK_CONTRACTS) world_add(p, EVENT_contract_end, (int64_t)p->gone * WORLD_DAY);
}

/* The term's end, or the end of the notice period where that is later. */
static int32_t gone_day(const world_person *p) {
    if (p->w->mode == RISK_ORDERS) return p->left;
    int32_t end = p->start;
    for (int term = 1; end < p->left; term++) end = world_term_end(p->w, p->start, term);
    int32_t notice = p->left + (int32_t)p->w->notice_days;
    return end > notice ? end : notice;
}

/* --- what is wrong with it --- */

/* Events that contradict others, and some after leaving; none of them changes what is true. */
static void make_messy(world_person *p) {
    const world_messy *m = &p->w->messy;
    rng r = world_stream(p->seed, p->number, STREAM_MESSY);
    if (rng_uniform(&r) < m->contradictory) {
        double day = p->start + 1 + rng_uniform(&r) * ((p->left == TRACE_NO_DAY ? p->until : p->left) - p->start - 1);
        static const event_kind kinds[] = {EVENT_case_resolve, EVENT_promise_broken, EVENT_stakeholder_leave, EVENT_case_reopen, EVENT_payment_recovered};
        world_item *i = world_add(p, kinds[rng_below(&r, 5)], world_at(day));
        if (!i) return;
        i->w.subject = 900 + (uint32_t)rng_below(&r, 100); /* nobody has heard of it */
        i->w.odd = WORLD_CONTRADICTORY;
    }
    if (p->left != TRACE_NO_DAY && rng_uniform(&r) < m->afterwards) {
        static const event_kind kinds[] = {EVENT_usage, EVENT_touch_in, EVENT_complaint};
        world_item *i = world_add(p, kinds[rng_below(&r, 3)], world_at(p->left + 1 + 60 * rng_uniform(&r)));
        if (!i) return;
        if (i->e.kind == EVENT_usage) i->e.value = 1;
        i->w.odd = WORLD_AFTERWARDS;
    }
    if (!(m->late > 0 || m->duplicated > 0)) return;
    for (size_t i = 0; i < p->room->n; i++) {
        world_words *w = &p->room->item[i].w;
        if (rng_uniform(&r) < m->late) w->odd |= WORLD_MISPLACED;
        if (rng_uniform(&r) < m->duplicated) w->odd |= WORLD_DUPLICATED;
    }
}

/* --- the whole --- */

mr_status world_customer(const world *w, uint64_t seed, uint64_t i, world_room *room, world_history *out, mr_error *err) {
    world_person p = {.w = w, .seed = seed, .number = i, .room = room, .out = out, .until = world_until(w), .left = TRACE_NO_DAY, .gone = TRACE_NO_DAY};
    room->n = 0;
    room->failed = false;
    *out = (world_history){0};
    draw_person(&p);
    world_draw_buying(&p);
    world_draw_activity(&p);
    world_sort(&p);
    world_leave(&p);
    p.left = out->truth.left_day;
    if (p.left != TRACE_NO_DAY) p.gone = out->truth.gone_day = gone_day(&p);
    if (w->reasons || p.left != TRACE_NO_DAY) draw_reason(&p);
    if (p.left != TRACE_NO_DAY) {
        world_cut(&p, p.left);
        add_leaving(&p);
    }
    make_messy(&p);
    world_sort(&p);
    world_prices(&p);
    world_finish(&p);
    return world_hand_over(&p) ? MR_OK : error_memory(err, room->capacity * sizeof *room->item);
}

/* --- all of them --- */

#define BLOCK 256

typedef struct base_job {
    const world *w;
    uint64_t seed;
    const mr_context *context;
    world_base *base;
    world_room **room; /* [threads] */
} base_job;

static mr_status draw_block(void *ctx, size_t block, int worker, mr_error *err) {
    base_job *j = ctx;
    world_base *b = j->base;
    const mr_alloc *alloc = b->alloc;
    trace_event *events = NULL;
    size_t n = 0, capacity = 0, from = block * BLOCK, to = from + BLOCK < b->n ? from + BLOCK : b->n;
    mr_status status = j->room[worker] ? MR_OK : world_room_new(alloc, &j->room[worker], err);
    for (size_t i = from; i < to && status == MR_OK; i++) {
        world_history h;
        status = world_customer(j->w, j->seed, i, j->room[worker], &h, err);
        if (status != MR_OK) break;
        if (n + h.t.n > capacity) {
            size_t wanted = (n + h.t.n) * 3 / 2 + BLOCK;
            trace_event *grown = mem_resize(alloc, events, wanted, sizeof *grown);
            if (!grown) {
                status = error_memory(err, wanted * sizeof *grown);
                break;
            }
            events = grown;
            capacity = wanted;
        }
        if (h.t.n) memcpy(events + n, h.t.event, h.t.n * sizeof *events);
        n += h.t.n;
        b->trace[i] = h.t;
        b->truth[i] = h.truth;
    }
    b->block[block] = events;
    if (status != MR_OK) return status;
    for (size_t i = from, at = 0; i < to; at += b->trace[i++].n) b->trace[i].event = events + at;
    if (j->context && j->context->progress && j->context->progress(to, b->n, j->context->progress_ctx))
        return error_set(err, MR_ECANCELLED, NULL, -1, "cancelled");
    return MR_OK;
}

mr_status world_base_new(const world *w, uint64_t seed, const mr_context *context, world_base *out, mr_error *err) {
    const mr_alloc *alloc = context_alloc(context);
    mr_pool *pool = context_pool(context);
    size_t n = (size_t)w->customers, threads = (size_t)pool_size(pool);
    mr_error unwanted;
    if (!err) err = &unwanted;
    *out = (world_base){.n = n, .alloc = alloc, .blocks = (n + BLOCK - 1) / BLOCK};
    base_job j = {.w = w, .seed = seed, .context = context, .base = out, .room = mem_new(alloc, threads, sizeof *j.room)};
    out->trace = mem_new(alloc, n, sizeof *out->trace);
    out->truth = mem_new(alloc, n, sizeof *out->truth);
    out->block = mem_new(alloc, out->blocks, sizeof *out->block);
    mr_status status = j.room && out->trace && out->truth && out->block ? pool_run(pool, out->blocks, draw_block, &j, err)
                                                                        : error_memory(err, n * sizeof *out->trace);
    for (size_t i = 0; j.room && i < threads; i++) world_room_free(j.room[i]);
    mem_free(alloc, j.room);
    if (status != MR_OK) world_base_free(out);
    return status;
}

void world_base_free(world_base *base) {
    for (size_t i = 0; base->block && i < base->blocks; i++) mem_free(base->alloc, base->block[i]);
    mem_free(base->alloc, base->trace);
    mem_free(base->alloc, base->truth);
    mem_free(base->alloc, base->block);
    *base = (world_base){0};
}
