/* When a made-up customer leaves: every day at risk one draw against p(day), see world.h. Clocks on a day count what happened on the days
 * before it. */
#include "world_spec.h"

#include <calendar.h>

#include <math.h>

#define SOUR_DAYS 90 /* a problem within so many days of the one before is a second problem */

static const struct {
    double width;
    bool runs[2]; /* by risk_mode */
} clocks[WORLD_CLOCKS] = {
#define WORLD_CLOCK(name, width, contracts, orders, meaning) {width, {orders, contracts}},
#include "world_clocks.def"
#undef WORLD_CLOCK
};

bool world_clock_runs(world_clock clock, risk_mode mode) {
    return clocks[clock].runs[mode];
}

double world_clock_width(world_clock clock) {
    return clocks[clock].width;
}

/* The same day so many months later; the 31st in a shorter month is its last day. */
static int32_t months_later(int32_t day, int64_t months) {
    calendar_date d = calendar_of(day);
    int64_t index = (int64_t)d.year * 12 + d.month - 1 + months;
    int32_t first = calendar_month_start((int)index), next = calendar_month_start((int)index + 1);
    int32_t then = first + d.day - 1;
    return then < next ? then : next - 1;
}

int32_t world_term_end(const world *w, int32_t start, int term) {
    return months_later(start, w->term_months * term);
}

typedef struct clock_state {
    int32_t since[WORLD_CLOCKS]; /* the day an event clock runs from; TRACE_NO_DAY: it does not yet */
    int32_t problem, order;          /* the last ones */
    int32_t renewed, renewal;        /* the terms' ends around the day; the start is none */
    int32_t before, after;           /* anniversaries around the day */
    int term, year, orders;
} clock_state;

static void hear(clock_state *c, const trace_event *e) {
    switch (e->kind) {
    case EVENT_order:
        if (c->order != e->day) c->orders++;
        c->order = e->day;
        break;
    case EVENT_touch_out: c->since[WORLD_days_since_touch] = e->day; break;
    case EVENT_case_reopen: c->since[WORLD_days_since_case_reopened] = e->day; break;
    case EVENT_case_resolve: c->since[WORLD_days_since_case_resolved] = e->day; break;
    case EVENT_price_change: c->since[WORLD_days_since_price_change] = e->day; break;
    case EVENT_stakeholder_leave: c->since[WORLD_days_since_stakeholder_left] = e->day; break;
    case EVENT_case_open:
    case EVENT_complaint:
        if (e->kind == EVENT_case_open) c->since[WORLD_days_since_case_opened] = e->day;
        if (c->problem != TRACE_NO_DAY && e->day - c->problem <= SOUR_DAYS) c->since[WORLD_days_since_second_problem] = e->day;
        c->problem = e->day;
        break;
    default: break;
    }
}

static double clock_at(const world_person *p, clock_state *c, world_clock clock, int32_t day) {
    switch (clock) {
    case WORLD_days_since_start: return day - p->start;
    case WORLD_days_to_renewal:
    case WORLD_days_to_notice:
        while (c->renewal < day) {
            c->renewed = c->renewal;
            c->renewal = world_term_end(p->w, p->start, ++c->term);
        }
        if (clock == WORLD_days_to_notice) return c->renewal - day - (double)p->w->notice_days;
        return c->renewed != p->start && day - c->renewed < c->renewal - day ? c->renewed - day : c->renewal - day;
    case WORLD_anniversary:
        while (c->after < day) {
            c->before = c->after;
            c->after = months_later(p->start, 12 * ++c->year);
        }
        if (day - c->before > c->after - day) return day - c->after;
        return c->before == p->start ? NAN : (double)(day - c->before);
    case WORLD_order_number: return c->orders;
    case WORLD_silence: return c->orders ? (day - c->order) / p->gap : NAN;
    default: return c->since[clock] == TRACE_NO_DAY ? NAN : (double)(day - c->since[clock]);
    }
}

/* The moments that concern this customer, a bit each. */
static uint32_t concerned(const world_person *p) {
    rng r = world_stream(p->seed, p->number, STREAM_MOMENTS);
    uint32_t bits = 0;
    for (size_t i = 0; i < p->w->moments; i++) {
        const world_moment *m = &p->w->moment[i];
        bool meant = rng_uniform(&r) < m->share && (m->tier < 0 || m->tier == p->tier) && (m->segment < 0 || m->segment == p->segment);
        bits |= (uint32_t)meant << i;
    }
    return bits;
}

/* Without the moments' ratios R they would have left that day with p / R: so with 1 - 1/R it was a moment's doing, of several in
 * proportion to the logarithms of their ratios. */
static int32_t blame(const world *w, uint32_t active, rng *r) {
    double sum = 0, u = rng_uniform(r), v = rng_uniform(r);
    for (size_t i = 0; i < w->moments; i++)
        if (active >> i & 1 && w->moment[i].ratio > 1) sum += log(w->moment[i].ratio);
    if (!(u < 1 - exp(-sum))) return -1;
    int32_t last = -1;
    v *= sum;
    for (size_t i = 0; i < w->moments; i++)
        if (active >> i & 1 && w->moment[i].ratio > 1) {
            last = (int32_t)i;
            v -= log(w->moment[i].ratio);
            if (v < 0) break;
        }
    return last;
}

void world_leave(world_person *p) {
    const world *w = p->w;
    world_truth *truth = &p->out->truth;
    rng r = world_stream(p->seed, p->number, STREAM_LEAVING);
    clock_state c = {.problem = TRACE_NO_DAY, .order = TRACE_NO_DAY, .renewed = p->start, .renewal = p->start, .before = p->start, .after = p->start};
    for (int k = 0; k < WORLD_CLOCKS; k++) c.since[k] = TRACE_NO_DAY;
    uint32_t mine = w->moments ? concerned(p) : 0;
    size_t next = 0;
    truth->left_day = truth->gone_day = TRACE_NO_DAY;
    truth->moment = -1;
    for (int32_t day = p->start + 1; day <= p->until; day++) {
        double chance = w->base_hazard[day - p->start] * p->factor * w->season_ratio[day - w->start];
        uint32_t active = 0;
        if (mine) {
            while (next < p->room->n && p->room->item[next].e.day < day) hear(&c, &p->room->item[next++].e);
            for (size_t i = 0; i < w->moments; i++) {
                if (!(mine >> i & 1)) continue;
                double at = clock_at(p, &c, w->moment[i].clock, day);
                if (at >= w->moment[i].from && at < w->moment[i].to) {
                    active |= (uint32_t)1 << i;
                    chance *= w->moment[i].ratio;
                }
            }
        }
        if (chance > 1) chance = 1;
        truth->expected += chance;
        if (rng_uniform(&r) >= chance) continue;
        truth->left_day = day;
        truth->active = active;
        if (active) truth->moment = blame(w, active, &r);
        break;
    }
}
