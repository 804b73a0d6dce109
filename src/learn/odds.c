#include "odds.h"

#include <error.h>
#include <mem.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE_PRIOR 5     /* made-up accounts that left at the base's rate */
#define LIFT_PRIOR 20
#define PRIOR_DAYS 365 /* in which half a made-up customer left */

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Renewals are told apart where most accounts have a date and enough dates are past, unless these were written down afterwards. */
static bool told_apart(const accounts *a, const renewals *r) {
    uint64_t under = 0, dated = 0;
    for (size_t i = 0; i < a->n; i++) {
        under += a->row[i].at.under;
        dated += a->row[i].at.under && (a->row[i].at.renewal_day != TRACE_NO_DAY || a->row[i].at.past_renewal);
    }
    return dated * 2 >= under && under && r->all_due > r->all_lost && r->all_due >= RENEWALS_ENOUGH && !r->afterwards;
}

/* Where a date is past only of those who left, tenures tell nothing either: who stayed has another date now, or another beginning. What is left is how many
 * went in the last year, of those who are here and half of those who went. */
static void one_rate(odds *o, const accounts *a) {
    double gone = 0, here = 0, first = 1, days;
    for (size_t i = 0; i < a->spells; i++) {
        const account_spell *s = &a->spell[i];
        first = fmin(first, s->ended - s->days - a->until);
        here += s->ending == BOOK_STAYS;
        gone += s->ending != BOOK_STAYS && s->ended > a->until - 365;
    }
    days = fmin(365, fmax(1, -first));
    o->year_left = gone;
    o->year_days = days * (here + gone / 2);
}

/* As seen over the months of the book: those with a sign at a month's closing against all. */
static void measure_signs(odds *o, const book *b) {
    double with = (double)b->any.followed.customers, without = (double)b->none.followed.customers;
    double lost_with = (double)b->any.lost.customers, lost_without = (double)b->none.lost.customers;
    o->lift_with = o->lift_without = 1;
    if (!(lost_with + lost_without > 0) || !(with > 0) || !(without > 0)) return;
    double all = (lost_with + lost_without) / (with + without);
    o->lift_with = (lost_with + LIFT_PRIOR * all) / (with + LIFT_PRIOR) / all;
    o->lift_without = (lost_without + LIFT_PRIOR * all) / (without + LIFT_PRIOR) / all;
}

static mr_status tenures(odds_tenures *t, const accounts *a, bool apart, bool dated, mr_error *err) {
    t->left = mem_new(NULL, a->spells + 1, sizeof(double));
    t->stop = mem_new(NULL, a->spells + 1, sizeof(double));
    t->stop_sum = mem_new(NULL, a->spells + 1, sizeof(double));
    if (!t->left || !t->stop || !t->stop_sum) return error_memory(err, 3 * a->spells * sizeof(double));
    for (size_t i = 0; i < a->spells; i++) {
        const account_spell *s = &a->spell[i];
        if (apart && s->dated != dated) continue;
        double days = s->days > 0 ? s->days : .5;
        t->stop[t->n++] = days;
        if (s->ending != BOOK_STAYS && !(apart && s->ending == BOOK_AT_RENEWAL)) t->left[t->left_n++] = days;
    }
    qsort(t->left, t->left_n, sizeof(double), ascending);
    qsort(t->stop, t->n, sizeof(double), ascending);
    for (size_t i = 0; i < t->n; i++) t->stop_sum[i + 1] = t->stop_sum[i] + t->stop[i];
    double days = t->stop_sum[t->n];
    t->rate = days > 0 ? ((double)t->left_n + .5) / (days + PRIOR_DAYS) : NAN; /* two customers of a month's standing tell nothing yet */
    return MR_OK;
}

mr_status odds_make(const accounts *a, odds *o, mr_error *err) {
    *o = (odds){0};
    mr_status status = renewals_make(a, &o->renewal, err);
    if (status != MR_OK) return status;
    o->by_renewal = told_apart(a, &o->renewal);
    measure_signs(o, &a->book);
    if (o->renewal.afterwards) one_rate(o, a);
    status = tenures(&o->of[0], a, o->by_renewal, false, err);
    return status == MR_OK && o->by_renewal ? tenures(&o->of[1], a, true, true, err) : status;
}

void odds_free(odds *o) {
    for (int i = 0; i < 2; i++) {
        mem_free(NULL, o->of[i].left);
        mem_free(NULL, o->of[i].stop);
        mem_free(NULL, o->of[i].stop_sum);
        o->of[i] = (odds_tenures){0};
    }
}

/* How many of sorted x[n] are at most v. */
static size_t at_most(const double *x, size_t n, double v) {
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (x[middle] <= v) low = middle + 1;
        else high = middle;
    }
    return low;
}

/* Days all accounts spent at a tenure of at most v. */
static double days_up_to(const odds_tenures *o, double v) {
    size_t ended = at_most(o->stop, o->n, v);
    return o->stop_sum[ended] + (double)(o->n - ended) * v;
}

/* A rate of `events` in `days`, as a gamma; its quantile z from the middle (Wilson & Hilferty 1931). */
static double gamma_quantile(double events, double days, double z) {
    double root = 1 - 1 / (9 * events) + z / (3 * sqrt(events));
    return root > 0 ? events * root * root * root / days : 0;
}

typedef struct span {
    double middle, low, high;
} span;

static span rate_at(const odds_tenures *o, double tenure, double horizon, double z) {
    double from = tenure, to = tenure + horizon, last = o->stop[o->n - 1];
    size_t left;
    for (double wide = horizon / 4;; wide *= 2) {
        left = at_most(o->left, o->left_n, to) - at_most(o->left, o->left_n, from);
        if (left >= ODDS_LEAVES || (from <= 0 && to >= last)) break;
        from = fmax(0, tenure - wide);
        to = tenure + horizon + wide;
    }
    double days = days_up_to(o, to) - days_up_to(o, from), events = (double)left + RATE_PRIOR, over = days + RATE_PRIOR / o->rate;
    /* Where fewer left in all than were made up, the interval is of those who did. */
    double known = fmin(events, (double)o->left_n + .5), seen = known * over / events;
    return (span){events / over, gamma_quantile(known, seen, -z), gamma_quantile(known, seen, z)};
}

static double combined(double renewal, double rate, double horizon, double lift) {
    double stays = (1 - renewal) * exp(-rate * horizon);
    return 1 - pow(fmax(stays, 1e-12), lift);
}

bool odds_renews(const book_standing *s, int32_t day, double horizon) {
    return s->past_renewal || (s->renewal_day != TRACE_NO_DAY && s->renewal_day <= day + horizon);
}

odds_chance odds_renewal_of(const odds *o, const book_standing *s, double level) {
    if (!o->by_renewal) return (odds_chance){NAN, NAN, NAN};
    renewals_share q = renewals_lost(&o->renewal, s->renewals, level);
    double lift = s->signs ? o->lift_with : o->lift_without;
    return (odds_chance){pow(1 - q.middle, lift), pow(1 - q.high, lift), pow(1 - q.low, lift)};
}

odds_chance odds_of(const odds *o, const book_standing *s, int32_t day, double horizon, double level) {
    bool dated = s->renewal_day != TRACE_NO_DAY || s->past_renewal;
    const odds_tenures *t = &o->of[o->by_renewal && dated];
    if (!t->n || isnan(t->rate)) return (odds_chance){NAN, NAN, NAN};
    double z = renewals_two_sided(level), lift = s->signs ? o->lift_with : o->lift_without;
    span rate;
    if (o->renewal.afterwards) {
        double events = o->year_left + .5;
        rate = (span){events / o->year_days, gamma_quantile(events, o->year_days, -z), gamma_quantile(events, o->year_days, z)};
    } else {
        rate = rate_at(t, (double)day - s->since_day, horizon, z);
    }
    renewals_share q = {0};
    if (o->by_renewal && odds_renews(s, day, horizon)) q = renewals_lost(&o->renewal, s->renewals, level);
    return (odds_chance){combined(q.middle, rate.middle, horizon, lift), combined(q.low, rate.low, horizon, lift),
                         combined(q.high, rate.high, horizon, lift)};
}
