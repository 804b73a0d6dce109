/* What a made-up customer buys: orders in a rhythm of their own, or a contract that renews.
 *
 * Orders: mean gap = gap_days / Gamma(spread, 1/spread), gaps Erlang-like: Gamma(regularity) / regularity of it. Amounts: Gamma(6) / 6 of the
 * customer's own mean. */
#include "world_make.h"

#include <math.h>

#define AMOUNT_SHAPE 6 /* of orders around the customer's own mean: a coefficient of variation of 0.4 */

static const struct {
    const char *category, *product[3];
} shelves[] = {{"coffee", {"beans 1 kg", "beans 250 g", "capsules"}}, {"tea", {"green tea", "black tea", "herbs"}},
               {"kitchen", {"grinder", "pot", "cups"}},               {"sweets", {"chocolate", "biscuits", "honey"}},
               {"gifts", {"basket", "voucher", "card"}},              {"books", {"recipes", "travel", "novel"}}};
#define SHELVES (sizeof shelves / sizeof *shelves)

world_item *world_make_order(world_person *p, rng *r, double day, bool with_product) {
    world_item *i = world_add(p, EVENT_order, world_at(day));
    if (!i) return NULL;
    size_t shelf = rng_below(r, SHELVES), product = rng_below(r, 3);
    double amount = p->price * rng_gamma(r, AMOUNT_SHAPE) / AMOUNT_SHAPE, quantity = 1 + (double)rng_below(r, 3);
    i->e.amount = (int64_t)world_amount(fmax(0.01, amount));
    i->e.value = quantity;
    if (!with_product) return i;
    i->w.about = shelves[shelf].category;
    i->w.note = shelves[shelf].product[product];
    return i;
}

static void draw_orders(world_person *p) {
    static const char *const why[] = {"size", "late", "defect", "changed my mind"};
    const world *w = p->w;
    rng r = world_stream(p->seed, p->number, STREAM_ACTIVITY);
    for (double t = p->start; t < p->until + 1; t += p->gap * rng_gamma(&r, w->regularity) / w->regularity) {
        world_item *i = world_make_order(p, &r, t, true);
        if (!i) return;
        if (rng_uniform(&r) < w->discounts) i->w.word = "WELCOME10";
        int64_t amount = i->e.amount;
        const char *product = i->w.note, *reason = why[rng_below(&r, sizeof why / sizeof *why)];
        double later = 3 + 15 * rng_uniform(&r);
        if (rng_uniform(&r) >= w->returns) continue;
        world_item *back = world_add(p, EVENT_return_goods, world_at(t + later));
        if (!back) return;
        back->w.about = reason;
        back->w.note = product;
        back->e.value = NAN;
        world_item *money = world_add(p, EVENT_refund, world_at(t + later + 2));
        if (!money) return;
        money->w.about = reason;
        money->w.ours = true;
        money->since = (int32_t)(t + later);
        money->e.amount = amount;
    }
}

static void terms(const world_person *p, world_item *i, int32_t renewal, double seats) {
    i->w.about = seats > 5 ? "Pro" : "Basic";
    i->e.until_day = renewal;
    i->e.notice_days = (int32_t)p->w->notice_days;
    i->e.months = (int32_t)p->w->period_months;
    i->e.value = seats;
}

static void draw_contract(world_person *p) {
    rng r = world_stream(p->seed, p->number, STREAM_ACTIVITY);
    double seats = 1 + floor(6 * rng_exponential(&r));
    bool unsigned_yet = rng_uniform(&r) < p->w->unsigned_share;
    world_item *i = world_add(p, EVENT_contract_start, (int64_t)p->start * WORLD_DAY);
    if (!i) return;
    terms(p, i, world_term_end(p->w, p->start, 1), seats);
    if (unsigned_yet) i->e.flags = TRACE_UNSIGNED;
    for (int term = 1;; term++) {
        int32_t day = world_term_end(p->w, p->start, term);
        if (day > p->until || !(i = world_add(p, EVENT_contract_renew, (int64_t)day * WORLD_DAY))) return;
        terms(p, i, world_term_end(p->w, p->start, term + 1), seats);
        i->w.ours = true;
    }
}

void world_draw_buying(world_person *p) {
    if (p->w->mode == RISK_CONTRACTS) {
        draw_contract(p);
    } else {
        draw_orders(p);
        if (p->w->catalogue) world_draw_products(p);
    }
}

void world_prices(world_person *p) {
    double price = p->price, seats = 0;
    bool changed = false;
    for (size_t i = 0; i < p->room->n; i++) {
        trace_event *e = &p->room->item[i].e;
        bool term = e->kind == EVENT_contract_start || e->kind == EVENT_contract_renew;
        if (e->kind == EVENT_price_change) price = world_amount(fmax(0.01, fmin(WORLD_PRICE_MOST, price * (1 + e->value / 100)))) / 1e4;
        if (term && changed) e->value = seats;
        if (term) seats = e->value;
        if (e->kind == EVENT_contract_change && e->value > 0 && seats > 0) {
            price = world_amount(price * e->value / seats) / 1e4;
            seats = e->value;
            changed = true;
            e->amount = (int64_t)world_amount(price);
        }
        if (e->kind == EVENT_price_change || term) e->amount = (int64_t)world_amount(price);
    }
}
