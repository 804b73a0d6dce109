/* Next sale: one product that customers who bought the same bought next, suggested just before a critical moment or the customer's own next order, whichever comes first.
 * Where suggestions were no better than bestsellers on orders not seen before, none is made. docs/programmes/next_sale.md. */
#include "programme.h"

#include <string.h>

enum { PICKS = 24 };    /* looked at until one of them may be suggested */
#define STALE_DAYS 7    /* behind the day on which their next order was expected it comes too late */

/* Their orders, as the model reads them. */
typedef struct orders {
    int32_t *day;
    uint32_t *product;
    size_t *event;      /* of the look's history */
    size_t n;
    uint32_t days;      /* on which they ordered */
    int32_t last;
} orders;

static const char *product_of(look *k, size_t event) {
    const json_t *body = whole_body(k->w, event);
    const char *name = body ? json_string_value(json_object_get(body, "product")) : NULL;
    return name ? name : "";
}

/* Of this day's lines already? What the model does not know has a line each. */
static bool there(const orders *o, uint32_t product) {
    for (size_t i = o->n; product != NEXT_SALE_NONE && i > 0 && o->day[i - 1] == o->last; i--)
        if (o->product[i - 1] == product) return true;
    return false;
}

static orders orders_of(look *k) {
    orders o = {.last = TRACE_NO_DAY};
    size_t most = k->d->n[EVENT_order];
    o.day = arena_take(&k->text, (most + 1) * sizeof *o.day);
    o.product = arena_take(&k->text, (most + 1) * sizeof *o.product);
    o.event = arena_take(&k->text, (most + 1) * sizeof *o.event);
    if (!o.day || !o.product || !o.event) {
        k->failed = true;
        return o;
    }
    for (size_t i = 0; i < k->w->h.n && o.n < most; i++) {
        const history_event *e = &k->w->h.events[i];
        if (e->kind != EVENT_order || e->amount_minor < 0 || e->day > k->day) continue;
        const char *name = product_of(k, i);
        uint32_t product = next_sale_stored_find(&k->known->next, name, strlen(name));
        o.days += e->day > o.last;
        if (e->day > o.last) o.last = e->day;
        if (there(&o, product)) continue;
        o.day[o.n] = o.last;
        o.product[o.n] = product;
        o.event[o.n++] = i;
    }
    return o;
}

/* --- what --- */

/* An action is of one product and one order that it follows. */
static int64_t occasion_of(const char *product, int32_t last) {
    return (int64_t)(trace_topic(product, strlen(product)) >> 1) << 32 | (uint32_t)last;
}

/* It went out, waits in the outbox, or a person dropped it: not this one again. *day: the last time that was. */
static bool decided(const action_row *a) {
    return a->state == ACTION_OUTBOX || a->state == ACTION_DONE || a->state == ACTION_DROPPED || a->state == ACTION_FAILED;
}

static bool suggested(const look *k, const char *product) {
    for (size_t i = 0; i < k->w->actions_n; i++) {
        const action_row *a = &k->w->actions[i];
        if (!strcmp(a->programme, "next_sale") && decided(a) && a->occasion >> 32 == occasion_of(product, 0) >> 32) return true;
    }
    return false;
}

static int32_t last_suggested(const look *k) {
    int32_t day = TRACE_NO_DAY;
    for (size_t i = 0; i < k->w->actions_n; i++) {
        const action_row *a = &k->w->actions[i];
        if (strcmp(a->programme, "next_sale") || !decided(a)) continue;
        int32_t on = look_day_of(k, a->changed_us);
        if (on > day) day = on;
    }
    return day;
}

static double share(const look *k, const next_sale_pick *p) {
    const next_sale_product *because = &k->known->next.model.product[p->because];
    return because->came_back ? (double)p->follows->customers / because->came_back : 0;
}

/* The likeliest that follows clearly enough from something in their last order, and that they were not told of. */
static bool choose(look *k, const orders *o, next_sale_pick *out) {
    const next_sale_stored *s = &k->known->next;
    next_sale_pick pick[PICKS];
    size_t n = next_sale_rank(&s->model, s->desk, o->day, o->product, o->n, PICKS, pick);
    for (size_t i = 0; i < n; i++) {
        const next_sale_pick *p = &pick[i];
        if (p->because == NEXT_SALE_NONE || (p->has && !k->c->next_sale_repeats)) continue;
        if (p->follows->lift < k->c->next_sale_least_lift || share(k, p) < k->c->next_sale_least_share || suggested(k, s->name[p->product])) continue;
        *out = *p;
        return true;
    }
    return false;
}

/* --- when --- */

typedef struct timing {
    int32_t due, until;
    const char *why;
} timing;

/* The day on which their next order is expected: by their own rhythm; of who ordered once, by that of who bought the same. */
static timing before_order(look *k, const orders *o, const next_sale_pick *p, const clock_state *clocks) {
    double gap = o->days < 2 ? p->follows->days[1] : k->w->rhythm_days > 0 ? k->w->rhythm_days : clocks_rhythm(clocks);
    int32_t expected = o->last + (gap > 3660 ? 3660 : gap < 1 ? 1 : (int32_t)gap), due = expected - (int32_t)k->c->next_sale_before_days;
    return (timing){due > o->last ? due : o->last + 1, expected + STALE_DAYS, look_text(k, "Their next order is expected about %s", look_day_text(k, expected))};
}

static timing when(look *k, const orders *o, const next_sale_pick *p) {
    clock_state clocks;
    clocks_begin(&clocks, &k->known->clocks);
    for (size_t i = 0; i < k->w->t.n && k->w->t.event[i].day <= k->day; i++) clocks_hear(&clocks, &k->w->t.event[i]);
    timing t = before_order(k, o, p, &clocks);
    for (size_t i = 0; i < k->known->moments; i++) {
        const knowledge_moment *m = &k->known->moment[i];
        int32_t from, to, due;
        if (!clocks_next(&clocks, m->clock, k->day + 1, m->from, m->to, &from, &to) || from <= k->day + 1) continue;
        due = from - (int32_t)k->c->next_sale_before_days;
        if (due <= o->last || (due >= t.due && k->day < t.until)) continue;
        t = (timing){due, from, look_text(k, "On %s they come to a moment at which people start to look around: %s", look_day_text(k, from), m->words)};
    }
    return t;
}

/* --- in words --- */

static void reason_of_pick(look *k, look_wish *w, const orders *o, const next_sale_pick *p) {
    const next_sale_stored *s = &k->known->next;
    uint32_t of = s->model.product[p->because].came_back, bought = p->follows->customers;
    int32_t days = p->follows->days[1] < 2 ? 2 : p->follows->days[1]; /* "within 2 days" holds for one, and reads well in any language */
    look_fill(k, w, "suggestion", "%s", s->name[p->product]);
    look_fill(k, w, "suggestion.after", "%s", s->name[p->because]);
    look_fill(k, w, "suggestion.of", "%u", of);
    look_fill(k, w, "suggestion.bought", "%u", bought);
    look_fill(k, w, "suggestion.days", "%d", days);
    look_why(k, w, "Of %u customers who bought %s and ordered again, %u bought %s next, half of them within %d days: %.1f times as many as of all", of, s->name[p->because], bought, s->name[p->product], days, p->follows->lift);
    look_why(k, w, "On orders not seen before, one of three products ranked like this was bought next by %.0f %%, one of the three bestsellers by %.0f %%", 100 * s->trial.ours.rate, 100 * s->trial.best.rate);
    for (size_t i = o->n; i > 0; i--)
        if (o->product[i - 1] == p->because) {
            look_because_event(k, w, o->event[i - 1]);
            return;
        }
}

void programme_next_sale(look *k) {
    const next_sale_stored *s = &k->known->next;
    next_sale_pick p;
    if (s->trial.verdict != NEXT_SALE_ACTS || !s->desk || !look_here(k) || look_objects(k)) return;
    orders o = orders_of(k);
    if (!o.n || !choose(k, &o, &p)) return;
    int32_t before = last_suggested(k);
    timing t = when(k, &o, &p);
    if (before != TRACE_NO_DAY && t.due < before + k->c->next_sale_again_days) t.due = before + (int32_t)k->c->next_sale_again_days;
    if (t.due >= t.until || k->day >= t.until || !look_reached(k, look_day_us(k, t.due))) return;
    look_wish *w = look_message(k, "suggestion", 0, occasion_of(s->name[p.product], o.last), look_day_us(k, t.due), "next_sale/suggestion", "Suggest %s, which those who bought %s bought next", s->name[p.product], s->name[p.because]);
    look_for(k, w, REASON_OWNER_sales);
    w->purpose = CONTACT_marketing;
    w->topic = "products";
    w->until_us = look_day_us(k, t.until);
    reason_of_pick(k, w, &o, &p);
    look_why(k, w, "%s", t.why);
}
