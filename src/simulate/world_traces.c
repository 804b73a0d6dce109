/* What reasons of leaving leave behind, before the day of leaving: the rows of world_traces.def, each a step of which there is a function here. Some
 * add events, some change or take away what had happened anyway. */
#include "world_make.h"

#include <math.h>
#include <string.h>

const world_reason_row world_reason_rows[] = {
#define REASON(code, lead, least) {#code, lead, least},
#define TRACE(code, step, at, about, word, x, y)
#include "world_traces.def"
#undef REASON
#undef TRACE
};
const size_t world_reason_rows_n = sizeof world_reason_rows / sizeof *world_reason_rows;

enum {
#define REASON(code, lead, least) ROW_##code,
#define TRACE(code, step, at, about, word, x, y)
#include "world_traces.def"
#undef REASON
#undef TRACE
};

typedef struct step {
    world_person *p;
    rng *r;
    double day;         /* when */
    int32_t from, end;  /* the lead: from .. end - 1 */
    const char *about, *word;
    double x, y;
} step;

/* --- steps that add --- */

static world_item *event(const step *s, event_kind kind, const char *about) {
    world_item *i = world_add(s->p, kind, world_at(s->day));
    if (i) i->w.about = about;
    return i;
}

static void step_complaint(const step *s) {
    world_item *i = event(s, EVENT_complaint, s->about);
    if (!i) return;
    i->w.note = s->word;
    i->e.value = s->x;
    i->w.word = world_severity(s->x);
}

static void step_touch_in(const step *s) {
    world_item *i = event(s, EVENT_touch_in, s->about);
    if (!i) return;
    i->w.note = s->word;
    i->w.word = "email";
    i->w.who = s->p->out->owner_sales;
}

static void step_survey(const step *s) {
    world_item *i = event(s, EVENT_survey, NULL);
    if (!i) return;
    i->w.word = s->word;
    i->e.value = floor(100 * s->x + 0.5) / 10 / 10;
}

/* x: hours to the first response, y: days to the solution. */
static void step_case_(const step *s) {
    world_case c = {.category = s->about, .severity = s->word, .response_hours = s->x, .resolution_days = s->y, .reopened_days = -1};
    world_make_case(s->p, s->r, s->day, &c);
}

static void step_refused(const step *s) {
    world_case c = {.category = s->about, .severity = s->word, .response_hours = s->x, .resolution_days = s->y, .reopened_days = -1, .refused = true};
    world_make_case(s->p, s->r, s->day, &c);
}

static void step_reopened(const step *s) {
    world_case c = {.category = s->about, .severity = s->word, .response_hours = s->x, .resolution_days = s->y, .reopened_days = 3, .unsolved = true};
    world_make_case(s->p, s->r, s->day, &c);
}

/* x: days until it is due. */
static void step_promise(const step *s) {
    bool broken = !strcmp(s->word, "broken");
    world_make_promise(s->p, s->day, s->about, s->x, broken ? WORLD_PROMISE_BROKEN : WORLD_PROMISE_OVERDUE, 1);
}

static void step_quote(const step *s) {
    world_item *i = event(s, EVENT_competitor_quote, s->about);
    if (!i) return;
    i->w.note = s->word;
    i->w.who = "Northwind";
    i->e.amount = (int64_t)world_amount(s->p->price * s->x);
}

static void step_price_rise(const step *s) {
    world_make_price_change(s->p, s->day, s->x, s->about);
}

static void step_payment(const step *s) {
    world_item *i = event(s, EVENT_payment_failed, s->about);
    if (!i) return;
    i->w.word = "debit";
    i->e.amount = (int64_t)world_amount(s->p->price);
}

/* Seats of the last contract event before; 0 none. */
static double seats_before(const step *s) {
    double seats = 0;
    for (size_t i = 0; i < s->p->room->n; i++) {
        const trace_event *e = &s->p->room->item[i].e;
        bool contract = e->kind == EVENT_contract_start || e->kind == EVENT_contract_renew;
        if (contract && e->day <= s->day && e->value > 0) seats = e->value;
    }
    return seats;
}

static void step_downgrade(const step *s) {
    double seats = seats_before(s);
    world_item *i = event(s, EVENT_downgrade_request, s->about);
    if (i && seats > 0) i->e.value = fmax(1, floor(seats * s->x));
}

static void step_fewer_seats(const step *s) {
    double seats = seats_before(s);
    if (!(seats > 1)) return;
    world_item *i = event(s, EVENT_contract_change, NULL);
    if (!i) return;
    i->w.note = s->about;
    i->e.value = fmax(1, floor(seats * s->x));
}

static void step_unsigned_change(const step *s) {
    if (s->p->w->mode != RISK_CONTRACTS) return;
    world_item *i = event(s, EVENT_contract_change, NULL);
    if (i) i->e.flags = TRACE_UNSIGNED;
}

static void step_join(const step *s) {
    world_make_contact(s->p, world_at(s->day), ++s->p->contacts, true, s->about, s->word);
}

/* The one who decided at the start; where there are no contacts, one nobody had told us of. */
static void step_leave(const step *s) {
    if (!s->p->contacts) s->p->contacts = 1;
    world_make_contact(s->p, world_at(s->day), 1, false, s->about, NULL);
}

static void step_order(const step *s) {
    world_make_order(s->p, s->r, s->day, true);
}

static void step_refund(const step *s) {
    world_item *i = event(s, EVENT_refund, s->about);
    if (i) i->e.amount = (int64_t)world_amount(s->p->price * 0.8);
}

static void step_returned(const step *s) {
    if (s->p->w->mode == RISK_ORDERS) event(s, EVENT_return_goods, s->about);
}

static void step_moved_away(const step *s) {
    world_item *i = event(s, EVENT_moved, NULL);
    if (i) i->e.flags = TRACE_OUT_OF_AREA;
}

static void step_need_gone(const step *s) {
    event(s, EVENT_need_ended, s->about);
}

static void step_closed(const step *s) {
    world_item *i = event(s, EVENT_need_ended, s->about);
    if (i) i->e.flags = TRACE_CLOSED;
}

static void step_bounce(const step *s) {
    world_item *i = event(s, EVENT_bounce, NULL);
    if (!i) return;
    i->w.word = s->about;
    i->e.flags = TRACE_HARD;
}

/* They came back once before, on better terms. */
static void step_back(const step *s) {
    world_item *i = event(s, EVENT_came_back, s->about);
    if (!i) return;
    i = world_add(s->p, EVENT_offer_accepted, world_at(s->day) + 60 * WORLD_SECOND);
    if (!i) return;
    i->w.about = s->about;
    for (size_t k = 0; k < s->p->room->n; k++) {
        world_item *order = &s->p->room->item[k];
        if (order->e.kind == EVENT_order && order->e.day >= s->from && order->e.day < s->end) order->w.word = "COMEBACK20";
    }
}

/* --- steps that change what had happened --- */

static bool within(const step *s, const world_item *i) {
    return i->e.day >= (int32_t)s->day && i->e.day < s->end;
}

/* Use falls by up to x; where there is none, every other order is not made. */
static void step_fade(const step *s) {
    bool other = false;
    for (size_t k = 0; k < s->p->room->n; k++) {
        world_item *i = &s->p->room->item[k];
        if (!within(s, i)) continue;
        double through = (i->e.day - s->day) / (s->end - s->day);
        if (i->e.kind == EVENT_usage) i->e.value = fmax(1, floor(i->e.value * (1 - s->x * through) + 0.5));
        if (i->e.kind == EVENT_order && (other = !other)) i->e.kind = -1;
    }
}

static void step_unused(const step *s) {
    for (size_t k = 0; k < s->p->room->n; k++) {
        world_item *i = &s->p->room->item[k];
        if (i->e.kind == EVENT_usage && within(s, i)) i->e.kind = -1;
    }
}

/* Nobody got in touch; nor does anyone once they have left for it. */
static void step_hush(const step *s) {
    bool for_good = s->end == s->p->left;
    for (size_t k = 0; k < s->p->room->n; k++) {
        world_item *i = &s->p->room->item[k];
        if (i->e.kind == EVENT_touch_out && (within(s, i) || (for_good && i->e.day >= s->end))) i->e.kind = -1;
    }
}

/* Orders of one sort, use of one feature. */
static void step_narrow(const step *s) {
    for (size_t k = 0; k < s->p->room->n; k++) {
        world_item *i = &s->p->room->item[k];
        if (!within(s, i)) continue;
        if (i->e.kind == EVENT_order) i->w.about = "coffee", i->w.note = "beans 1 kg";
        if (i->e.kind == EVENT_usage) i->w.about = "export";
        if (i->e.kind == EVENT_complaint) i->e.kind = -1;
    }
}

/* One contact only, from the beginning, and not who decides; and whoever sells has never been in touch. */
static void step_alone(const step *s) {
    for (size_t k = 0; k < s->p->room->n; k++) {
        world_item *i = &s->p->room->item[k];
        if (i->e.kind == EVENT_touch_out && i->w.who == s->p->out->owner_sales) i->w.who = s->p->out->owner_operations;
        if (i->e.kind == EVENT_stakeholder_join && i->w.subject == 1) i->w.word = "uses", i->w.note = "user";
        if ((i->e.kind == EVENT_stakeholder_join && i->w.subject != 1) || i->e.kind == EVENT_stakeholder_leave) i->e.kind = -1;
    }
}

static const struct {
    int reason;
    void (*make)(const step *s);
    double at;
    const char *about, *word;
    double x, y;
} rows[] = {
#define REASON(code, lead, least)
#define TRACE(code, step, at, about, word, x, y) {ROW_##code, step_##step, at, about, word, x, y},
#include "world_traces.def"
#undef REASON
#undef TRACE
};

void world_plant(world_person *p, rng *r, int reason, double lead, int32_t end) {
    int32_t from = (int32_t)fmax(p->start + 1, end - lead);
    if (from >= end) return;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].reason != reason) continue;
        double day = from + (rows[i].at + 0.03 * rng_uniform(r)) * (end - from);
        step s = {.p = p, .r = r, .day = fmin(day, end - 0.01), .from = from, .end = end, .about = rows[i].about, .word = rows[i].word,
                  .x = rows[i].x, .y = rows[i].y};
        rows[i].make(&s);
    }
}
