/* From accounts to the report of a base with contracts: chances, value at risk, first steps, the headline sums, and how the same chances did when they
 * were given a horizon ago. */
#include "contracts.h"

#include <error.h>
#include <marram/survival.h>
#include <mem.h>
#include <sort.h>

#include <calendar.h>

#include <math.h>
#include <string.h>

#define MONTH_DAYS (DAYS_PER_YEAR / 12)

/* What a customer who stays is worth over the horizon, for each unit of recurring revenue a month. */
static double worth_of_a_month(const report *r) {
    double years = r->horizon_days / DAYS_PER_YEAR, force = log1p(r->discount_rate);
    double discount = force > 0 ? -expm1(-force * years) / (force * years) : 1;
    return r->margin * discount * r->horizon_days / MONTH_DAYS;
}

static double units(int64_t money) {
    return (double)money / MR_MONEY_SCALE;
}

static bool shows(const book_standing *s, book_sign sign) {
    return s->signs >> sign & 1;
}

static account_step step_of(const book_standing *s, int32_t until, bool renews, double rank) {
    bool dated = s->renewal_day != TRACE_NO_DAY;
    account_standing a = {.spoke_of_leaving = shows(s, BOOK_SIGN_leaving), .past_renewal = s->past_renewal, .payment_failed = shows(s, BOOK_SIGN_payment),
                          .problem = shows(s, BOOK_SIGN_problem), .asked_for_less = shows(s, BOOK_SIGN_downgrade),
                          .competitor = shows(s, BOOK_SIGN_competitor), .person_left = shows(s, BOOK_SIGN_people), .dearer = shows(s, BOOK_SIGN_dearer),
                          .shrinking = shows(s, BOOK_SIGN_shrinking), .has_renewal = dated, .renews = renews,
                          .days_to_notice = dated ? (double)s->notice_day - until : NAN, .tenure_days = (double)until - s->since_day, .risk_rank = rank};
    return account_first_step(&a);
}

static void fill_row(const report *r, const odds *o, const leaving_chances *model, const account *a, double worth, contract_row *row) {
    const book_standing *s = &a->at;
    *row = (contract_row){.account = a, .recurring = units(s->recurring), .noticed = units(s->noticed), .renewing = units(s->renewing),
                          .year_ago = units(s->year_ago), .chance = {NAN, NAN, NAN}, .renewal = {NAN, NAN, NAN}, .value_at_risk = NAN, .step = ACCOUNT_NOTHING,
                          .raised_by = ""};
    if (!s->under) return;
    row->renews = odds_renews(s, r->until, r->horizon_days);
    row->renewal = odds_renewal_of(o, s, r->interval_level);
    row->chance = odds_of(o, s, r->until, r->horizon_days, r->interval_level);
    const leaving_chance *learnt = leaving_chance_of(model, a->customer_id);
    if (learnt) {
        row->chance = (odds_chance){learnt->p, learnt->low, learnt->high};
        row->raised_by = learnt->raised_by;
    }
    row->value_at_risk = r->has_money ? row->chance.p * row->recurring * worth : NAN;
}

/* Under contract first, the most at risk on top (without prices: the highest chance); then those who left, the latest first. */
static mr_status sort_rows(contracts_build *b, bool money, mr_error *err) {
    size_t n = b->report.n;
    double *key = mem_new(NULL, n + 1, sizeof *key);
    uint32_t *order = mem_new(NULL, n + 1, sizeof *order);
    contract_row *sorted = mem_new(NULL, n + 1, sizeof *sorted);
    mr_status status = key && order && sorted ? MR_OK : error_memory(err, n * sizeof *sorted);
    for (size_t i = 0; i < n && status == MR_OK; i++) {
        const contract_row *row = &b->row[i];
        double risk = money ? row->value_at_risk : row->chance.p;
        /* Of equals, those who renew soon. */
        key[i] = row->account->at.under ? (isnan(risk) ? 0 : risk * (row->renews ? 1 + 1e-9 : 1)) : -1e9 + row->account->at.left_day;
    }
    if (status == MR_OK && sort_doubles(n, key, order, true) != MR_OK) status = error_memory(err, n * 16);
    if (status == MR_OK) {
        for (size_t i = 0; i < n; i++) sorted[i] = b->row[order[i]];
        memcpy(b->row, sorted, n * sizeof *sorted);
    }
    mem_free(NULL, key);
    mem_free(NULL, order);
    mem_free(NULL, sorted);
    return status;
}

/* How many of the renewals ahead are made. What is not known of a share moves all of its number one way; where one law holds for all numbers, all of them. */
static void renewals_ahead(contract_report *c) {
    double spread[BOOK_RENEWALS] = {0}, doubt[BOOK_RENEWALS] = {0}, all_spread = 0, all_doubt = 0;
    bool one_law = c->renewal.weight[RENEWALS_COUNTED] < .5;
    for (size_t i = 0; i < c->under; i++) {
        const contract_row *row = &c->row[i];
        if (!row->renews) continue;
        uint32_t k = row->account->at.renewals < BOOK_RENEWALS ? row->account->at.renewals : BOOK_RENEWALS - 1;
        c->ahead[k].due++;
        c->ahead[k].expected += row->renewal.p;
        spread[k] += row->renewal.p * (1 - row->renewal.p);
        doubt[k] += (row->renewal.high - row->renewal.low) / (2 * 1.2816);
    }
    for (int k = 0; k < BOOK_RENEWALS; k++) {
        contract_ahead *a = &c->ahead[k];
        double wide = 1.2816 * sqrt(spread[k] + doubt[k] * doubt[k]);
        a->low = fmax(0, floor(a->expected - wide));
        a->high = fmin((double)a->due, ceil(a->expected + wide));
        c->all_ahead.due += a->due;
        c->all_ahead.expected += a->expected;
        all_spread += spread[k];
        all_doubt = one_law ? all_doubt + doubt[k] : hypot(all_doubt, doubt[k]);
    }
    double wide = 1.2816 * sqrt(all_spread + all_doubt * all_doubt);
    c->all_ahead.low = fmax(0, floor(c->all_ahead.expected - wide));
    c->all_ahead.high = fmin((double)c->all_ahead.due, ceil(c->all_ahead.expected + wide));
    if (c->by_renewal) return;
    c->all_ahead.expected = c->all_ahead.low = c->all_ahead.high = NAN; /* fmax and fmin made numbers of them */
    for (int k = 0; k < BOOK_RENEWALS; k++) c->ahead[k].expected = c->ahead[k].low = c->ahead[k].high = NAN;
}

static void headlines(report *r, contract_report *c) {
    double variance = 0, doubt = 0;
    size_t under = 0;
    while (under < c->n && c->row[under].account->at.under) under++;
    for (size_t i = 0; i < under; i++)
        c->row[i].step = step_of(&c->row[i].account->at, r->until, c->row[i].renews, 1 - ((double)i + 1) / (double)under);
    for (size_t i = 0; i < c->n; i++) {
        const contract_row *row = &c->row[i];
        c->noticed += row->noticed;
        if (!row->account->at.under) continue;
        c->under++;
        c->recurring += row->recurring;
        c->step_count[row->step]++;
        if (row->renews) c->due_n++, c->due_recurring += row->account->at.past_renewal ? row->recurring : row->renewing;
        if (row->account->at.past_renewal) c->late_n++, c->late_recurring += row->recurring;
        if (isnan(row->chance.p)) continue;
        c->expected_leavers += row->chance.p;
        variance += row->chance.p * (1 - row->chance.p);
        if (!isnan(row->chance.low)) doubt += (row->chance.high - row->chance.low) / (2 * 1.2816); /* what is not known of the chances moves all of them one way */
        if (r->has_money) c->value_at_risk += row->value_at_risk;
    }
    double spread = 1.2816 * sqrt(variance + doubt * doubt);
    c->expected_low = fmax(0, floor(c->expected_leavers - spread));
    c->expected_high = fmin((double)c->under, ceil(c->expected_leavers + spread));
    if (!r->has_money) c->value_at_risk = NAN;
    const book *b = c->book;
    bool year = b->year_opening.customers > 0, money = b->year_opening.money > 0;
    c->year_grr = money ? (double)b->year_kept / (double)b->year_opening.money : NAN;
    c->year_nrr = money ? (double)b->year_now / (double)b->year_opening.money : NAN;
    c->year_logo_loss = year ? (double)b->year_lost / (double)b->year_opening.customers : NAN;
    c->last_month = SIZE_MAX;
    for (size_t i = b->months; i-- > 0;)
        if (b->start[i + 1] <= r->until + 1 && b->now[i].opening.customers) {
            c->last_month = i;
            break;
        }
}

/* --- how long contracts last --- */

static mr_status curve(contracts_build *b, const report *r, const mr_context *context, mr_error *err) {
    const accounts *a = b->report.base;
    size_t n = a->spells;
    contract_curve *c = &b->report.curve;
    c->median_months = NAN;
    double *stop = mem_new(NULL, 6 * n + 1, sizeof *stop);
    unsigned char *left = mem_new(NULL, n + 1, 1);
    b->curve = stop;
    if (!stop || !left) {
        mem_free(NULL, left);
        return error_memory(err, 6 * n * sizeof *stop);
    }
    for (size_t i = 0; i < n; i++) {
        stop[i] = (a->spell[i].days > 0 ? a->spell[i].days : .5) / MONTH_DAYS;
        left[i] = a->spell[i].ending != BOOK_STAYS;
    }
    mr_survival data = {.n = n, .stop = stop, .event = left};
    mr_survival_curve k = {.time = stop + n, .survival = stop + 2 * n, .survival_low = stop + 3 * n, .survival_high = stop + 4 * n, .at_risk = stop + 5 * n};
    mr_status status = n ? mr_survival_estimate(&data, r->interval_level, context, &k, err) : MR_OK;
    mem_free(NULL, left);
    if (status != MR_OK) return status;
    *c = (contract_curve){.n = k.n, .months = k.time, .share = k.survival, .low = k.survival_low, .high = k.survival_high, .at_risk = k.at_risk,
                          .median_months = NAN};
    /* What the last few who were watched longest did is no curve. */
    while (n >= 50 && c->n > 1 && k.at_risk[c->n - 1] < 5) c->n--;
    for (size_t i = 0; i < c->n && isnan(c->median_months); i++)
        if (k.survival[i] <= .5) c->median_months = k.time[i];
    return MR_OK;
}

/* --- a horizon ago --- */

/* Of accounts in the order of rising chance (order[n]): how often one that left was given more than one that stayed; ties count half. */
static double area(size_t n, const uint32_t *order, const double *chance, const unsigned char *left) {
    double ranks = 0, gone = 0;
    for (size_t i = 0; i < n;) {
        size_t j = i;
        double tied = 0;
        for (; j < n && chance[order[j]] == chance[order[i]]; j++) tied += left[order[j]];
        ranks += tied * ((double)i + (double)j + 1) / 2;
        gone += tied;
        i = j;
    }
    return gone > 0 && gone < (double)n ? (ranks - gone * (gone + 1) / 2) / (gone * ((double)n - gone)) : NAN;
}

static void score(contract_holdout *h, size_t n, const uint32_t *order, const double *chance, const unsigned char *left) {
    double brier = 0, top = 0, share = h->left / (double)n;
    size_t top_n = n - n * 9 / 10;
    for (size_t i = 0; i < n; i++) {
        size_t tenth = i * 10 / n;
        double p = chance[order[i]], y = left[order[i]];
        brier += (p - y) * (p - y);
        h->predicted[tenth] += p;
        h->actual[tenth] += y;
        h->tenth_n[tenth]++;
        if (i + top_n >= n) top += y;
    }
    for (int t = 0; t < 10; t++) {
        h->predicted[t] /= (double)h->tenth_n[t];
        h->actual[t] /= (double)h->tenth_n[t];
    }
    h->brier = brier / (double)n;
    h->brier_base = share * (1 - share);
    h->auc = area(n, order, chance, left);
    h->lift = share > 0 ? top / (double)top_n / share : NAN;
}

/* Both are sorted by identifier. */
static const account *find(const accounts *a, const account *who, size_t *from) {
    while (*from < a->n && strcmp(a->row[*from].id, who->id) < 0) ++*from;
    for (size_t i = *from; i < a->n && !strcmp(a->row[i].id, who->id); i++)
        if (a->row[i].customer_id == who->customer_id) return &a->row[i];
    return NULL;
}

static mr_status hold_out(contracts_build *b, const report *r, const accounts *before, mr_error *err) {
    contract_holdout *h = &b->report.holdout;
    const accounts *now = b->report.base;
    odds o = {0};
    double *chance = mem_new(NULL, before->n + 1, sizeof *chance);
    uint32_t *order = mem_new(NULL, before->n + 1, sizeof *order);
    unsigned char *left = mem_new(NULL, before->n + 1, 1);
    size_t n = 0, at = 0;
    mr_status status = chance && order && left ? odds_make(before, &o, err) : error_memory(err, before->n * 16);
    h->day = before->until;
    for (size_t i = 0; i < before->n && status == MR_OK; i++) {
        const account *a = &before->row[i], *later = find(now, a, &at);
        if (!a->at.under) continue;
        odds_chance p = odds_of(&o, &a->at, before->until, r->horizon_days, r->interval_level);
        if (isnan(p.p)) continue;
        /* Left, if only for a while: no longer in the spell they were in. */
        bool gone = later && (!later->at.under || later->at.since_day > before->until);
        chance[n] = p.p;
        left[n++] = gone;
        h->expected += p.p;
        h->left += gone;
        h->recurring_expected += p.p * units(a->at.recurring);
        h->recurring_left += gone * units(a->at.recurring);
    }
    h->nobody_left = true;
    for (size_t i = 0; i < before->spells; i++) h->nobody_left &= before->spell[i].ending == BOOK_STAYS;
    if (status == MR_OK && n >= 10 && !h->nobody_left) {
        h->n = n;
        if (sort_doubles(n, chance, order, false) == MR_OK) score(h, n, order, chance, left);
        else status = error_memory(err, n * 16);
    }
    odds_free(&o);
    mem_free(NULL, chance);
    mem_free(NULL, order);
    mem_free(NULL, left);
    return status;
}

mr_status contracts_build_report(report *r, const accounts_reading *reading, const leaving_chances *model, const mr_context *context, contracts_build *b, mr_error *err) {
    const accounts *a = &reading->now;
    contract_report *c = &b->report;
    odds o = {0};
    c->base = a;
    c->book = &a->book;
    c->n = a->n;
    b->row = mem_new(NULL, a->n + 1, sizeof *b->row);
    if (!b->row) return error_memory(err, a->n * sizeof *b->row);
    mr_status status = odds_make(a, &o, err);
    /* Dates that were written down afterwards teach a model what nobody could have known. */
    c->model = model && model->n && !o.renewal.afterwards ? model : NULL;
    c->model_withheld = model && model->n && !c->model;
    r->has_money = false;
    for (size_t i = 0; i < a->n; i++) r->has_money |= a->row[i].at.recurring > 0 || a->row[i].at.noticed > 0;
    for (size_t m = 0; m < a->book.months; m++) r->has_money |= a->book.now[m].opening.money > 0;
    double worth = worth_of_a_month(r);
    for (size_t i = 0; i < a->n && status == MR_OK; i++) fill_row(r, &o, c->model, &a->row[i], worth, &b->row[i]);
    c->by_renewal = o.by_renewal;
    c->renewal = o.renewal;
    c->lift_with = o.lift_with;
    c->lift_without = o.lift_without;
    odds_free(&o);
    if (status == MR_OK) status = sort_rows(b, r->has_money, err);
    c->row = b->row;
    if (status == MR_OK) headlines(r, c);
    if (status == MR_OK) renewals_ahead(c);
    if (status == MR_OK) status = curve(b, r, context, err);
    if (status == MR_OK && reading->before.n && !c->renewal.afterwards) status = hold_out(b, r, &reading->before, err);
    for (size_t i = 0; i < a->spells; i++) c->ended_since += a->spell[i].ending != BOOK_STAYS && a->spell[i].ended > reading->last_news;
    c->last_news = reading->last_news;
    r->contracts = c;
    r->n = c->n;
    r->not_listed = 0;
    for (size_t i = 0; i < c->n; i++) r->not_listed += c->row[i].account->unlisted;
    return status;
}

void contracts_free(contracts_build *b) {
    mem_free(NULL, b->row);
    mem_free(NULL, b->curve);
    b->row = NULL;
    b->curve = NULL;
}
