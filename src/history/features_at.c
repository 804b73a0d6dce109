/* The features of a day, out of the lists. Windows are (day - length, day]; an event's own day decides. */
#include "features_state.h"

#include "calendar.h"

#include <math.h>
#include <stdlib.h>

enum { HALF_YEAR = 182, QUARTER = 90, LEAST_WINDOW = 14, REGRET = 30, VARIETY = 120, LAST_THINGS = 8 };

typedef struct window {
    const trace_event *const *at;
    size_t n;
} window;

/* The events of the last `days` days as of `day`, the newest last. Days of one customer can run a day apart from the order of time (time zones), so
 * whoever reads asks `within` again. */
static window last(const event_list *l, int32_t day, int32_t days) {
    size_t from = l->n;
    while (from > 0 && (int64_t)l->at[from - 1]->day > (int64_t)day - days - 2) from--;
    return (window){l->at + from, l->n - from};
}

static double count_last(const event_list *l, int32_t day, int32_t days) {
    window w = last(l, day, days);
    double n = 0;
    for (size_t i = 0; i < w.n; i++) n += within(w.at[i], day, days);
    return n;
}

static double count_kind(const event_list *l, int kind, int32_t day, int32_t days) {
    window w = last(l, day, days);
    double n = 0;
    for (size_t i = 0; i < w.n; i++) n += w.at[i]->kind == kind && within(w.at[i], day, days);
    return n;
}

static double days_since(const event_list *l, int32_t day) {
    return l->n ? fmax(0, day - (double)l->at[l->n - 1]->day) : NAN;
}

static int by_topic(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Different topics in (day - from, day - to]. */
static double topics(const features *f, const event_list *l, int32_t day, int32_t from, int32_t to) {
    window w = last(l, day, from);
    size_t n = 0, different = 0;
    for (size_t i = 0; i < w.n; i++)
        if (w.at[i]->topic && within(w.at[i], day, from) && !within(w.at[i], day, to)) f->topic[n++] = w.at[i]->topic;
    if (n) qsort(f->topic, n, sizeof *f->topic, by_topic);
    for (size_t i = 0; i < n; i++) different += !i || f->topic[i] != f->topic[i - 1];
    return (double)different;
}

static bool any_topic(const event_list *l) {
    for (size_t i = 0; i < l->n; i++)
        if (l->at[i]->topic) return true;
    return false;
}

/* --- buying --- */

typedef struct buying {
    double orders, spend, last_spend;             /* order days; spend of all, and of the last */
    double orders_90, orders_365, spend_365, discounted, events_365;
    double recent, before, recent_spend, before_spend; /* the two halves of order_trend */
    double gaps, sum, squares, last_gap;
    int32_t first, last;
} buying;

static int32_t half_of(const event_list *l, int32_t day) {
    int32_t half = (day - l->at[0]->day) / 2;
    return half > HALF_YEAR ? HALF_YEAR : half;
}

static void count_order(buying *b, const trace_event *e, int32_t day, int32_t half) {
    double spend = (double)e->amount / 1e4;
    bool another = !(b->orders > 0) || e->day > b->last;
    if (another) {
        if (b->orders > 0) {
            b->last_gap = e->day - (double)b->last;
            b->gaps++;
            b->sum += b->last_gap;
            b->squares += b->last_gap * b->last_gap;
        } else {
            b->first = e->day;
        }
        b->last = e->day;
        b->last_spend = 0;
        b->orders++;
    }
    b->spend += spend;
    b->last_spend += spend;
    b->orders_90 += another && within(e, day, QUARTER);
    if (within(e, day, LATELY)) {
        b->orders_365 += another;
        b->spend_365 += spend;
        b->events_365++;
        b->discounted += (e->flags & TRACE_DISCOUNTED) != 0;
    }
    if (within(e, day, half)) {
        b->recent += another;
        b->recent_spend += spend;
    } else if (within(e, day, 2 * half)) {
        b->before += another;
        b->before_spend += spend;
    }
}

static void buying_at(const features *f, int32_t day, double *out) {
    const event_list *l = &f->list[GROUP_order], *back = &f->list[GROUP_back];
    buying b = {0};
    out[FEATURE_orders] = out[FEATURE_orders_90] = out[FEATURE_orders_365] = 0;
    out[FEATURE_returns_365] = count_last(back, day, LATELY);
    if (!l->n) return;
    int32_t half = half_of(l, day);
    for (size_t i = 0; i < l->n; i++)
        if (l->at[i]->day <= day) count_order(&b, l->at[i], day, half);
    if (!(b.orders > 0)) return;
    double mean = b.sum / b.gaps;
    out[FEATURE_orders] = b.orders;
    out[FEATURE_orders_90] = b.orders_90;
    out[FEATURE_orders_365] = b.orders_365;
    out[FEATURE_silence] = day - (double)b.last;
    if (b.gaps > 0) {
        out[FEATURE_rhythm] = mean;
        out[FEATURE_overdue] = (day - (double)b.last) / mean;
    }
    if (b.gaps > 1) out[FEATURE_gap_last] = b.last_gap / ((b.sum - b.last_gap) / (b.gaps - 1));
    if (b.gaps > 2) out[FEATURE_gap_variation] = sqrt(fmax(0, b.squares / b.gaps - mean * mean)) / mean;
    if (half >= LEAST_WINDOW) out[FEATURE_order_trend] = trend(b.recent, b.before, 1);
    if (b.spend > 0) {
        double each = b.spend / b.orders;
        if (b.orders_365 > 0) out[FEATURE_spend_mean] = b.spend_365 / b.orders_365;
        out[FEATURE_spend_last] = b.last_spend / each;
        if (half >= LEAST_WINDOW) out[FEATURE_spend_trend] = trend(b.recent_spend, b.before_spend, each);
    }
    if (b.events_365 > 0) out[FEATURE_discounted] = b.discounted / b.events_365;
    if (any_topic(l)) {
        double now = topics(f, l, day, LATELY, 0);
        out[FEATURE_breadth] = now;
        if (day - b.first >= 2 * LATELY) out[FEATURE_breadth_trend] = trend(now, topics(f, l, day, 2 * LATELY, LATELY), 1);
    }
    out[FEATURE_returned_last] = back->n && back->at[back->n - 1]->at_us >= l->at[l->n - 1]->at_us;
}

/* No fault of ours. */
static bool blameless(const trace_event *e) {
    return e->tag != TRACE_TAG_defect && e->tag != TRACE_TAG_quality && e->tag != TRACE_TAG_delivery && e->tag != TRACE_TAG_service;
}

/* Was there an order or a contract's start in the REGRET days before, or on the day itself? */
static bool soon_after(const features *f, const trace_event *e) {
    return any_day(&f->bought, e->day, REGRET + 1);
}

static void regrets_at(const features *f, int32_t day, double *out) {
    window back = last(&f->list[GROUP_back], day, LATELY), said = last(&f->list[GROUP_problem], day, LATELY);
    double faulty = 0, regrets = 0;
    for (size_t i = 0; i < back.n; i++) {
        if (!within(back.at[i], day, LATELY)) continue;
        faulty += back.at[i]->tag == TRACE_TAG_defect || back.at[i]->tag == TRACE_TAG_quality;
        regrets += blameless(back.at[i]) && soon_after(f, back.at[i]);
    }
    for (size_t i = 0; i < said.n; i++) {
        const trace_event *e = said.at[i];
        bool nameless = e->tag <= TRACE_TAG_other;
        regrets += e->kind == EVENT_complaint && nameless && within(e, day, LATELY) && soon_after(f, e);
    }
    out[FEATURE_returns_faulty] = faulty;
    out[FEATURE_regrets] = regrets;
}

/* --- variety, of what is bought or used --- */

static void variety_at(const features *f, int32_t day, double *out) {
    const event_list *l = &f->list[any_topic(&f->list[GROUP_order]) ? GROUP_order : GROUP_usage];
    size_t n = 0, different = 0;
    for (size_t i = l->n; i > 0 && n < LAST_THINGS; i--)
        if (l->at[i - 1]->topic) f->topic[n++] = l->at[i - 1]->topic;
    if (n < 3) return;
    qsort(f->topic, n, sizeof *f->topic, by_topic);
    for (size_t i = 0; i < n; i++) different += !i || f->topic[i] != f->topic[i - 1];
    out[FEATURE_variety_last] = (double)different / (double)n;
    if (day - l->at[0]->day >= 2 * VARIETY) out[FEATURE_variety_trend] = trend(topics(f, l, day, VARIETY, 0), topics(f, l, day, 2 * VARIETY, VARIETY), 1);
}

/* --- use --- */

static double uses(const event_list *l, int32_t day, int32_t from, int32_t to) {
    window w = last(l, day, from);
    double sum = 0;
    for (size_t i = 0; i < w.n; i++)
        if (within(w.at[i], day, from) && !within(w.at[i], day, to) && w.at[i]->value > 0) sum += w.at[i]->value;
    return sum;
}

static void usage_at(const features *f, int32_t day, double *out) {
    const event_list *l = &f->list[GROUP_usage];
    if (!l->n) return;
    double now = uses(l, day, 30, 0);
    out[FEATURE_usage_30] = now;
    out[FEATURE_usage_silence] = days_since(l, day);
    out[FEATURE_usage_breadth] = topics(f, l, day, QUARTER, 0);
    if (day - l->at[0]->day >= QUARTER) out[FEATURE_usage_trend] = trend(now, uses(l, day, QUARTER, 30) / 2, 1);
}

/* --- problems --- */

/* What can sour: no question, wish, or word about terms. */
static bool sours(const trace_event *e) {
    static const bool words[TRACE_TAGS] = {[TRACE_TAG_price] = true, [TRACE_TAG_terms] = true, [TRACE_TAG_feature] = true, [TRACE_TAG_how_to] = true, [TRACE_TAG_authority] = true,
                                           [TRACE_TAG_cancelled] = true};
    return e->tag >= TRACE_TAGS || !words[e->tag];
}

static double count_tag(const event_list *l, trace_tag tag, int32_t day) {
    window w = last(l, day, LATELY);
    double n = 0;
    for (size_t i = 0; i < w.n; i++) n += w.at[i]->tag == tag && within(w.at[i], day, LATELY);
    return n;
}

static void problems_at(const features *f, int32_t day, double *out) {
    const event_list *l = &f->list[GROUP_problem];
    window w = last(l, day, LATELY);
    double soured = 0, same = 0, urgent = 0, about[TRACE_TAGS] = {0};
    const trace_event *before = NULL; /* of the list: it may lie before the window */
    for (const trace_event *const *at = l->at; at && at < w.at; at++)
        if (sours(*at)) before = *at;
    for (size_t i = 0; i < w.n; i++) {
        const trace_event *e = w.at[i];
        if (!within(e, day, LATELY)) {
            if (e->day <= day && sours(e)) before = e;
            continue;
        }
        urgent += e->value >= 2;
        if (e->tag < TRACE_TAGS) about[e->tag]++;
        if (!sours(e)) continue;
        bool delivery = before && e->tag == TRACE_TAG_delivery && before->tag == TRACE_TAG_delivery;
        bool again = before && !delivery && (int64_t)e->day - before->day <= f->sour_days;
        soured += again;
        same += again && ((e->topic && e->topic == before->topic) || (e->tag > TRACE_TAG_other && e->tag == before->tag));
        before = e;
    }
    out[FEATURE_problems_90] = count_last(l, day, QUARTER);
    out[FEATURE_problems_365] = count_last(l, day, LATELY);
    out[FEATURE_problem_days] = days_since(l, day);
    out[FEATURE_cases_reopened] = count_last(&f->list[GROUP_reopen], day, LATELY);
    out[FEATURE_problems_soured] = soured;
    out[FEATURE_problems_same] = same;
    out[FEATURE_problems_urgent] = urgent;
    out[FEATURE_problems_price] = about[TRACE_TAG_price];
    out[FEATURE_problems_terms] = about[TRACE_TAG_terms] + about[TRACE_TAG_billing];
    out[FEATURE_problems_defect] = about[TRACE_TAG_defect] + about[TRACE_TAG_quality];
    out[FEATURE_problems_delivery] = about[TRACE_TAG_delivery];
    out[FEATURE_problems_feature] = about[TRACE_TAG_feature];
    const event_list *in = &f->list[GROUP_touch_in];
    out[FEATURE_asked_terms] = count_tag(in, TRACE_TAG_terms, day);
    out[FEATURE_asked_authority] = count_tag(in, TRACE_TAG_authority, day) + about[TRACE_TAG_authority];
    out[FEATURE_cancelled] = count_tag(in, TRACE_TAG_cancelled, day) + about[TRACE_TAG_cancelled];
}

static bool lately(int32_t then, int32_t day, int32_t days) {
    return then != TRACE_NO_DAY && then <= day && (int64_t)then > (int64_t)day - days;
}

static void cases_at(const features *f, int32_t day, double *out) {
    double open = 0, delivery = 0, oldest = 0, refused = 0, answered = 0, hours = 0, answered_90 = 0, hours_90 = 0, solved = 0, days = 0;
    for (size_t i = 0; i < f->cases.n; i++) {
        const matter *m = &f->cases.at[i];
        if (m->begun_us == MATTER_NEVER) continue;
        bool is_open = m->done_us == MATTER_NEVER || m->again_us > m->done_us;
        if (is_open && m->tag == TRACE_TAG_delivery) {
            delivery++;
        } else if (is_open) {
            open++;
            oldest = fmax(oldest, day - (double)m->begun_day);
        }
        refused += !is_open && m->refused && lately(m->done_day, day, LATELY);
        if (!lately(m->begun_day, day, LATELY)) continue;
        if (m->answered_us >= m->begun_us) {
            double took = (double)(m->answered_us - m->begun_us) / 3.6e9;
            answered++;
            hours += took;
            if (lately(m->begun_day, day, QUARTER)) answered_90++, hours_90 += took;
        }
        if (!is_open && m->done_us >= m->begun_us) solved++, days += (double)(m->done_us - m->begun_us) / (double)TRACE_DAY_US;
    }
    out[FEATURE_cases_open] = open;
    out[FEATURE_cases_open_delivery] = delivery;
    out[FEATURE_case_open_days] = oldest;
    out[FEATURE_cases_refused] = refused;
    if (answered > 0) out[FEATURE_response_hours] = hours / answered;
    if (answered_90 > 0) out[FEATURE_response_slip] = trend(hours_90 / answered_90, hours / answered, 1);
    if (solved > 0) out[FEATURE_resolution_days] = days / solved;
}

static void promises_at(const features *f, int32_t day, double *out) {
    double overdue = 0, broken = 0;
    for (size_t i = 0; i < f->promises.n; i++) {
        const matter *m = &f->promises.at[i];
        bool done = m->done_us != MATTER_NEVER, has_day = m->due_day != TRACE_NO_DAY;
        overdue += !done && has_day && m->due_day < day;
        broken += done && lately(m->done_day, day, LATELY) && (m->broken || (has_day && m->done_day > m->due_day));
    }
    out[FEATURE_promises_overdue] = overdue;
    out[FEATURE_promises_broken] = broken;
}

/* --- touches, opinions, payments, people --- */

static void touches_at(const features *f, int32_t day, double *out) {
    const event_list *l = &f->list[GROUP_touch_out], *in = &f->list[GROUP_touch_in];
    int32_t first = 0, newest = 0;
    double ours = 0;
    bool owners_known = false, seen[TRACE_ELSE + 1] = {0};
    out[FEATURE_touches_out] = count_last(l, day, QUARTER);
    out[FEATURE_touches_in] = count_last(in, day, QUARTER);
    out[FEATURE_bounces] = count_last(&f->list[GROUP_bounce], day, LATELY);
    out[FEATURE_touch_in_silence] = days_since(in, day);
    for (size_t i = l->n; i > 0; i--) {
        const trace_event *e = l->at[i - 1];
        if (e->flags & TRACE_MARKETING) continue;
        if (!(ours++ > 0)) newest = e->day;
        first = e->day;
        if (isnan(out[FEATURE_touch_out_silence])) out[FEATURE_touch_out_silence] = fmax(0, day - (double)e->day);
        owners_known |= e->actor == TRACE_SALES || e->actor == TRACE_OPERATIONS;
        if (e->actor <= TRACE_ELSE && within(e, day, LATELY)) seen[e->actor] = true;
    }
    if (ours > 2 && newest > first) out[FEATURE_touch_out_overdue] = fmax(0, day - (double)newest) / ((newest - (double)first) / (ours - 1));
    if (owners_known) out[FEATURE_owners_active] = seen[TRACE_SALES] + seen[TRACE_OPERATIONS];
}

static void opinions_at(const features *f, int32_t day, double *out) {
    const event_list *l = &f->list[GROUP_survey];
    double n = 0, sum = 0, squares = 0, all = 0, all_sum = 0, newest = NAN;
    for (size_t i = 0; i < l->n; i++) {
        const trace_event *e = l->at[i];
        if (!(e->value >= 0)) continue;
        newest = e->value;
        all++;
        all_sum += e->value;
        if (!within(e, day, LATELY)) continue;
        n++;
        sum += e->value;
        squares += e->value * e->value;
    }
    out[FEATURE_satisfaction_last] = newest;
    if (n > 0) out[FEATURE_satisfaction_mean] = sum / n;
    if (n > 1) out[FEATURE_satisfaction_sd] = sqrt(fmax(0, squares / n - sum / n * (sum / n)));
    if (all > 1) out[FEATURE_satisfaction_trend] = newest - (all_sum - newest) / (all - 1);
    out[FEATURE_praises] = count_last(&f->list[GROUP_praise], day, LATELY);
}

static void payments_at(const features *f, int32_t day, double *out) {
    const event_list *l = &f->list[GROUP_payment];
    out[FEATURE_payments_failed] = count_kind(l, EVENT_payment_failed, day, QUARTER);
    out[FEATURE_payment_open] = l->n && l->at[l->n - 1]->kind == EVENT_payment_failed && within(l->at[l->n - 1], day, QUARTER);
}

static void people_at(const features *f, int32_t day, double *out) {
    const event_list *l = &f->list[GROUP_people];
    const int32_t half = HALF_YEAR - 2;
    double there = 0, left = 0, joined = 0, decider = 0;
    for (size_t i = 0; i < l->n; i++) {
        const trace_event *e = l->at[i];
        bool leaves = e->kind == EVENT_stakeholder_leave, now = within(e, day, half);
        there += leaves ? there > 0 ? -1 : 0 : 1; /* one nobody had named leaves */
        left += leaves && now;
        joined += !leaves && now;
        if (leaves && now && (e->flags & TRACE_DECIDES)) decider = 1;
    }
    if (l->n) out[FEATURE_stakeholders] = there;
    out[FEATURE_stakeholders_left] = left;
    out[FEATURE_stakeholders_new] = joined;
    out[FEATURE_decider_left] = decider;
}

/* What a quote is about where not the price is better. */
static bool praises(uint8_t tag) {
    return tag == TRACE_TAG_quality || tag == TRACE_TAG_service || tag == TRACE_TAG_feature || tag == TRACE_TAG_product;
}

static void said_at(const features *f, int32_t day, double *out) {
    const event_list *l = &f->list[GROUP_said];
    double intents = 0, returns = 0, referrals = 0, moved = 0, ended = 0, closed = 0, cheaper = 0, better = 0;
    for (size_t i = 0; i < l->n; i++) {
        const trace_event *e = l->at[i];
        intents += e->kind == EVENT_leave_intent || e->kind == EVENT_leave_confirmed;
        returns += e->kind == EVENT_came_back;
        referrals += e->kind == EVENT_referral_made;
        if (e->kind == EVENT_need_ended && within(e, day, LATELY)) *(e->flags & TRACE_CLOSED ? &closed : &ended) = 1;
        if (e->kind == EVENT_competitor_quote && within(e, day, LATELY)) *(praises(e->tag) ? &better : &cheaper) += 1;
        if (e->kind == EVENT_moved && (e->flags & TRACE_OUT_OF_AREA) && within(e, day, LATELY)) moved = 1;
    }
    out[FEATURE_intents_before] = intents;
    out[FEATURE_came_back] = returns;
    out[FEATURE_referrals] = referrals;
    out[FEATURE_moved_away] = moved;
    out[FEATURE_competitor_quotes] = cheaper;
    out[FEATURE_competitor_better] = better;
    out[FEATURE_downgrades] = count_kind(l, EVENT_downgrade_request, day, LATELY);
    out[FEATURE_offers_365] = count_kind(l, EVENT_offer_accepted, day, LATELY);
    out[FEATURE_offers_declined] = count_kind(l, EVENT_offer_declined, day, LATELY);
    out[FEATURE_unsubscribed] = count_kind(l, EVENT_consent_withdrawn, day, LATELY);
    out[FEATURE_need_ended] = ended;
    out[FEATURE_closed_down] = closed;
}

static double tenure(const features *f, int32_t day) {
    const event_list *orders = &f->list[GROUP_order], *terms = &f->list[GROUP_contract];
    double since = NAN;
    if (orders->n) since = orders->at[0]->day;
    for (size_t i = 0; i < terms->n; i++) {
        bool begins = terms->at[i]->kind == EVENT_contract_start || terms->at[i]->kind == EVENT_contract_renew; /* not a price that was told before */
        if (!begins) continue;
        since = fmin(isnan(since) ? INFINITY : since, terms->at[i]->day);
        break;
    }
    return day - since;
}

void features_at(const features *f, int32_t day, double *out) {
    for (int i = 0; i < FEATURES; i++) out[i] = NAN;
    out[FEATURE_tenure] = tenure(f, day);
    out[FEATURE_season] = calendar_of(day).month - 1;
    buying_at(f, day, out);
    regrets_at(f, day, out);
    usage_at(f, day, out);
    variety_at(f, day, out);
    problems_at(f, day, out);
    cases_at(f, day, out);
    promises_at(f, day, out);
    touches_at(f, day, out);
    opinions_at(f, day, out);
    payments_at(f, day, out);
    features_contracts(f, day, out);
    people_at(f, day, out);
    said_at(f, day, out);
    for (int i = 0; i < FEATURES; i++)
        if (isinf(out[i])) out[i] = NAN; /* sums beyond what a number holds say nothing, and no model takes them */
}
