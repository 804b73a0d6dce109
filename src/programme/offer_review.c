#include "offer_review.h"

#include "departure.h"
#include "objecting.h"

#include <currency.h>
#include <error.h>
#include <mem.h>
#include <offers.h>

#include <math.h>
#include <string.h>

#define DAY_US INT64_C(86400000000)
#define QUARTER_DAYS 91

static const int days[2] = {OFFER_EARLY_DAYS, OFFER_LATE_DAYS};

/* Still a customer at that time, or a customer again: they have not left by then, as far as they said so. */
static bool kept_at(const whole *w, int64_t at_us) {
    departure d = {0};
    for (size_t i = 0; i < w->t.n && w->t.event[i].at_us <= at_us; i++) departure_hear(&d, &w->t.event[i]);
    return d.customer && !d.left;
}

/* What they brought in the year before, in the offer's currency; 0 where it is in another. */
static double year_before(const whole *w, int64_t at_us, const char *currency) {
    double paid = 0, priced = 0;
    for (size_t i = 0; i < w->h.n && w->h.events[i].at_us <= at_us; i++) {
        const history_event *e = &w->h.events[i];
        if (e->kind == EVENT_order && e->at_us > at_us - 365 * DAY_US && !strcmp(e->currency, currency)) paid += (double)currency_to_money(e->amount_minor, currency) / 1e4;
    }
    for (size_t i = 0; i < w->contracts_n; i++) {
        const whole_contract *c = &w->contracts[i];
        if (c->period_months > 0 && (int64_t)c->start_day * DAY_US <= at_us && !strcmp(c->currency, currency)) priced += (double)currency_to_money(c->price_minor, currency) / 1e4 * 12 / c->period_months;
    }
    return paid > priced ? paid : priced > 0 ? priced : 0;
}

typedef struct reviewing {
    ledger *l;
    const config *c;
    int64_t now_us;
    offer_review *out;
    offer_trial_case *of[2];
    size_t n[2];
    double worth;
    int64_t worth_n, lately;
    whole w;
} reviewing;

static mr_status take(reviewing *g, const offer_draw *d, mr_error *err) {
    offer_review *r = g->out;
    bool shown = d->state != OFFER_HELD;
    if (d->strategic || d->state == OFFER_NO_ROOM) {
        *(d->state == OFFER_NO_ROOM ? &r->no_room : &r->strategic) += 1;
        return MR_OK;
    }
    mr_status status = whole_read(g->l, d->customer_id, &g->w, err);
    if (status != MR_OK) return status;
    if (objecting(&g->w, NULL, INT64_MAX, NULL)) return r->objecting++, MR_OK; /* nothing is learnt of them, on either side */
    *(shown ? &r->shown : &r->held) += 1;
    g->lately += d->drawn_us > g->now_us - QUARTER_DAYS * DAY_US;
    double worth = year_before(&g->w, d->drawn_us, d->currency);
    g->worth += worth;
    g->worth_n += worth > 0;
    if (d->state == OFFER_ACCEPTED && d->settled_us <= g->now_us) {
        r->accepted++;
        r->cost += (double)currency_to_money(d->cost_minor, d->currency) / 1e4;
    }
    for (int i = 0; i < 2; i++) {
        int64_t at_us = d->drawn_us + days[i] * DAY_US;
        if (at_us > g->now_us) {
            r->young[i]++;
            continue;
        }
        r->ripe[i]++;
        g->of[i][g->n[i]++] = (offer_trial_case){.probability = d->probability, .shown = shown, .kept = kept_at(&g->w, at_us)};
    }
    return MR_OK;
}

static double each(double cost, double kept) {
    return kept > 0 ? cost / kept : INFINITY;
}

static void find(reviewing *g) {
    offer_review *r = g->out;
    for (int i = 0; i < 2; i++) offer_trial_of(g->of[i], g->n[i], &r->trial[i]);
    const offer_trial *t = r->trial[1].shown ? &r->trial[1] : &r->trial[0];
    r->cost_a_case = r->shown ? r->cost / (double)r->shown : 0;
    r->worth = g->worth_n ? g->c->serve_margin * g->worth / (double)g->worth_n : 0;
    const offer_account a = {&r->trial[0], &r->trial[1], r->shown, r->accepted, r->cost_a_case, r->worth};
    r->break_even = offer_break_even(&a);
    r->finding = offer_finding_of(&a, &r->why);
    if (t->shown && t->high > 0 && r->cost_a_case > 0) {
        r->kept_cost = each(r->cost_a_case, t->difference);
        r->kept_cost_low = each(r->cost_a_case, t->high);
        r->kept_cost_high = each(r->cost_a_case, t->low);
    }
    if (r->finding != OFFER_NOT_KNOWN) return;
    double effect = r->offer->effect > r->break_even ? r->offer->effect : r->break_even, base = t->held ? t->held_share : .5;
    r->more = offer_trial_lacks(base, effect, 1 - r->offer->holdout, r->ripe[0]);
    if (g->lately && r->more < INT64_MAX) r->more_weeks = (double)r->more / ((double)g->lately * 7 / QUARTER_DAYS);
}

mr_status offer_review_of(ledger *l, const config *c, const config_offer *offer, int64_t now_us, const mr_context *context, offer_review *out, mr_error *err) {
    offer_draws all = {0};
    *out = (offer_review){.offer = offer, .why = ""};
    reviewing g = {.l = l, .c = c, .now_us = now_us, .out = out};
    mr_status status = offer_draws_by(l, offer->name, now_us, &all, err);
    for (int i = 0; i < 2 && status == MR_OK; i++)
        if (!(g.of[i] = mem_new(NULL, all.n + 1, sizeof *g.of[i]))) status = error_memory(err, all.n * sizeof *g.of[i]);
    for (size_t i = 0; i < all.n && status == MR_OK; i++) {
        status = take(&g, &all.row[i], err);
        if (status == MR_OK && context && context->progress && context->progress(i + 1, all.n, context->progress_ctx)) status = error_set(err, MR_ECANCELLED, NULL, -1, "interrupted");
    }
    if (status == MR_OK) find(&g);
    whole_free(&g.w);
    offer_draws_free(&all);
    mem_free(NULL, g.of[0]);
    mem_free(NULL, g.of[1]);
    return status;
}
