/* What the contracts come to as of a day: played through in the order of the history. One whose renewal date passed without a word of its going on has ended, as it
 * has for who was at risk (risk.h). */
#include "features_state.h"
#include "risk.h"

typedef struct contracts {
    const features *f;
    contract_state *at;
    subjects of; /* places in at, from 1 */
    size_t n;
    double renewals, seats_then, change, last_rise;
    bool told; /* price_change events are sent: then changes of the amount say nothing new */
    int32_t day;
} contracts;

static contract_state *running(const contracts *c, int64_t subject) {
    uint32_t place = subjects_place(&c->of, subject);
    return place ? &c->at[place - 1] : NULL;
}

static contract_state *begin(contracts *c, const trace_event *e) {
    contract_state *k = &c->at[c->n++];
    *k = (contract_state){.subject = e->subject, .seats = NAN, .since = e->day, .renewal = TRACE_NO_DAY, .notice_days = -1};
    subjects_put(&c->of, e->subject, (uint32_t)c->n);
    return k;
}

/* The last one takes its place. */
static void end(contracts *c, contract_state *k) {
    uint32_t place = subjects_place(&c->of, k->subject);
    subjects_put(&c->of, k->subject, 0);
    *k = c->at[--c->n];
    if (k != &c->at[c->n]) subjects_put(&c->of, k->subject, place);
}

/* A renewal date that passed without any word of the contract going on is an end, once nobody waits any longer (risk.h). */
static bool lapsed(const contracts *c, const contract_state *k, int32_t day) {
    return k->renewal != TRACE_NO_DAY && (int64_t)k->renewal + RISK_GRACE_DAYS < day && !any_day(&c->f->alive, (int64_t)k->renewal + RISK_GRACE_DAYS, RISK_GRACE_DAYS);
}

static void let_lapse(contracts *c, int32_t day) {
    for (size_t i = c->n; i > 0; i--)
        if (lapsed(c, &c->at[i - 1], day)) end(c, &c->at[i - 1]);
}

static double seats_of(const contracts *c) {
    double sum = NAN;
    for (size_t i = 0; i < c->n; i++)
        if (!isnan(c->at[i].seats)) sum = isnan(sum) ? c->at[i].seats : sum + c->at[i].seats;
    return sum;
}

static void price_told(contracts *c, double percent, const trace_event *e) {
    if (!isfinite(percent) || !within(e, c->day, LATELY)) return;
    c->change += percent;
    if (percent > 0) c->last_rise = e->day;
}

static void set_terms(contracts *c, contract_state *k, const trace_event *e) {
    double per_month = (double)k->amount / (k->months > 0 ? k->months : 1);
    if (e->amount) k->amount = e->amount;
    if (e->months > 0) k->months = e->months;
    bool same_seats = isnan(e->value) || e->value == k->seats;
    if (!c->told && e->kind != EVENT_contract_start && per_month > 0 && e->amount && same_seats) {
        double now = (double)k->amount / (k->months > 0 ? k->months : 1);
        if (now != per_month) price_told(c, 100 * (now / per_month - 1), e);
    }
    if (!isnan(e->value)) k->seats = e->value;
    if (e->until_day != TRACE_NO_DAY) k->renewal = e->until_day;
    if (e->notice_days >= 0) k->notice_days = e->notice_days;
    if (e->flags & (TRACE_UNSIGNED | TRACE_SIGNED)) k->unsigned_yet = (e->flags & TRACE_UNSIGNED) != 0;
}

static void play(contracts *c, const trace_event *e) {
    contract_state *k = running(c, e->subject);
    if (k && lapsed(c, k, e->day)) {
        end(c, k);
        k = NULL;
    }
    if (k && e->kind != EVENT_contract_start && k->renewal != TRACE_NO_DAY && k->renewal <= e->day) k->renewal = TRACE_NO_DAY; /* it went on */
    if (e->kind == EVENT_price_change) {
        price_told(c, e->value, e);
        if (k && e->amount && (e->until_day == TRACE_NO_DAY || e->until_day <= c->day)) k->amount = e->amount;
        return;
    }
    if (e->kind == EVENT_contract_end) {
        if (k) end(c, k);
        return;
    }
    if (!k && e->kind == EVENT_contract_change) return;
    if (!k) k = begin(c, e);
    if (e->kind == EVENT_contract_renew) {
        c->renewals++;
        k->since = e->day;
    }
    set_terms(c, k, e);
}

void features_contracts(const features *f, int32_t day, double *out) {
    const event_list *l = &f->list[GROUP_contract];
    contracts c = {.f = f, .at = f->contract, .seats_then = NAN, .last_rise = NAN, .day = day};
    bool then_known = false;
    if (l->n) c.of = subjects_begin(f->slot, l->n);
    for (size_t i = 0; i < l->n; i++) c.told |= l->at[i]->kind == EVENT_price_change;
    for (size_t i = 0; i < l->n; i++) {
        if (!then_known && c.n && within(l->at[i], day, LATELY)) {
            let_lapse(&c, day - LATELY);
            c.seats_then = seats_of(&c);
            then_known = c.n > 0;
        }
        play(&c, l->at[i]);
        if (!then_known && within(l->at[i], day, LATELY) && c.n) {
            c.seats_then = seats_of(&c);
            then_known = true;
        }
    }
    if (!then_known) { /* nothing was said within the year */
        let_lapse(&c, day - LATELY);
        c.seats_then = seats_of(&c);
    }
    let_lapse(&c, day);
    double price = 0, now = seats_of(&c), nearest = NAN;
    out[FEATURE_contracts] = (double)c.n;
    out[FEATURE_renewals] = c.renewals;
    out[FEATURE_price_change] = c.change;
    out[FEATURE_unsigned] = 0;
    if (!isnan(c.last_rise)) out[FEATURE_price_change_days] = day - c.last_rise;
    for (size_t i = 0; i < c.n; i++) {
        const contract_state *k = &c.at[i];
        double in = k->renewal == TRACE_NO_DAY ? NAN : k->renewal - (double)day;
        price += (double)k->amount / 1e4 / (k->months > 0 ? k->months : 1);
        if (k->unsigned_yet) out[FEATURE_unsigned] = 1;
        if (!(in >= 0) || in >= nearest) continue;
        nearest = in;
        out[FEATURE_term] = k->renewal - (double)k->since;
        out[FEATURE_notice_in] = k->notice_days >= 0 ? in - k->notice_days : NAN;
    }
    out[FEATURE_renewal_in] = nearest;
    if (c.n) out[FEATURE_price] = price;
    if (!isnan(now) && !isnan(c.seats_then)) out[FEATURE_seats_change] = trend(now, c.seats_then, 1);
}
