/* Keeping the cycle: one event at a time, in the order of a history. What each kind adds is the table cycle_counts.def, but for orders
 * and money, which are here.
 *
 * An order is a day with at least one order event. sum_log_gaps grows when a day begins, by log(days since the last one), so that it
 * is the same sequence of additions however the events came. A day's money is not complete before the next day begins, so
 * nothing is derived from it here. */
#include "cycle.h"

#include "bits.h"
#include "currency.h"
#include "summary_row.h"

#include <math.h>
#include <string.h>

#define NEVER INT64_MIN

void cycle_begin(cycle *c) {
    memset(c, 0, sizeof *c);
    c->last_at_us = c->last_id = c->first_at_us = NEVER;
    c->last_rank = INT32_MIN;
    c->first_order_day = c->last_order_day = INT32_MIN;
#define COUNTED(kind, count, time) c->time = NEVER;
#define COUNT(kind, count)
#define TIME(kind, time) c->time = NEVER;
#include "cycle_counts.def"
#undef COUNTED
#undef COUNT
#undef TIME
}

bool cycle_takes(const cycle *c, const history_event *event) {
    if (!c->events) return true;
    if (event->at_us != c->last_at_us) return event->at_us > c->last_at_us;
    int rank = event_kind_of(event->kind)->rank;
    if (rank != c->last_rank) return rank > c->last_rank;
    return event->id > c->last_id;
}

static void count(uint32_t *n) {
    *n += *n < UINT32_MAX;
}

/* What of the event's money belongs in the sums: 1/10,000 of the unit, 0 where it is none or of another currency than the first. */
static int64_t money_of(cycle *c, const history_event *event) {
    if (!event->currency[0]) return 0;
    if (!c->currency[0]) {
        for (size_t i = 0; i < 3 && event->currency[i]; i++) c->currency[i] = event->currency[i];
    } else if (strncmp(c->currency, event->currency, 3) != 0) {
        c->mixed = 1;
        return 0;
    }
    return currency_to_money(event->amount_minor, c->currency);
}

static void refund(cycle *c, const history_event *event) {
    int64_t money = money_of(c, event);
    count(&c->refunds);
    if (money < 0) money = money == INT64_MIN ? INT64_MAX : -money;
    c->refunded = bits_add_saturating(c->refunded, money);
}

static void order(cycle *c, const history_event *event) {
    int64_t money = money_of(c, event);
    count(&c->order_events);
    if (!c->orders || event->day > c->last_order_day) {
        if (c->orders) {
            c->sum_log_gaps += log((double)((int64_t)event->day - c->last_order_day));
        } else {
            c->first_order_day = event->day;
        }
        c->last_order_day = event->day;
        c->last_day_spend = 0;
        count(&c->orders);
    }
    c->spend = bits_add_saturating(c->spend, money);
    c->last_day_spend = bits_add_saturating(c->last_day_spend, money);
    if (c->last_order_day == c->first_order_day) c->first_spend = c->last_day_spend;
}

void cycle_apply(cycle *c, const history_event *event) {
    if (!c->events) c->first_at_us = event->at_us;
    count(&c->events);
    c->last_at_us = event->at_us;
    c->last_id = event->id;
    c->last_rank = event_kind_of(event->kind)->rank;
    switch (event->kind) {
    case EVENT_order:
        if (event_is_order(event)) {
            order(c, event);
        } else {
            refund(c, event);
        }
        break;
    case EVENT_refund:
    case EVENT_return_goods: refund(c, event); break;
#define COUNTED(kind, member, time) case EVENT_##kind: count(&c->member), c->time = event->at_us; break;
#define COUNT(kind, member) case EVENT_##kind: count(&c->member); break;
#define TIME(kind, time) case EVENT_##kind: c->time = event->at_us; break;
#include "cycle_counts.def"
#undef COUNTED
#undef COUNT
#undef TIME
    default: break;
    }
}

void cycle_build(cycle *c, const history_event *events, size_t n) {
    cycle_begin(c);
    for (size_t i = 0; i < n; i++) cycle_apply(c, &events[i]);
}

bool cycle_summarise(const cycle *c, int32_t until, double days_per_unit, cycle_summary *out) {
    if (!c->orders || c->last_order_day > until || !(days_per_unit > 0)) return false;
    summary_unit unit = {1 / days_per_unit, log(days_per_unit)};
    uint64_t repeats = c->orders - 1;
    *out = (cycle_summary){.x = (double)repeats,
                           .t_x = summary_time(c->first_order_day, c->last_order_day, unit),
                           .T = summary_time(c->first_order_day, until, unit),
                           .log_gaps = summary_log_gaps(c->sum_log_gaps, repeats, unit),
                           .mean_spend = summary_mean_spend(c->spend, c->first_spend, repeats),
                           .spend = summary_spend(c->spend)};
    return true;
}
