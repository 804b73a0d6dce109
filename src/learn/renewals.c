#include "renewals.h"

#include <error.h>
#include <mem.h>
#include <positive.h>

#include <math.h>
#include <string.h>

#define PRIOR 10 /* made-up renewals that failed at the share of all, with each number that is counted by itself */
#define HARDLY_ANY .02
#define NO_WORD 4 /* a way whose log-odds of a number have this variance says nothing of that number */

const char *renewals_way_title(renewals_way way) {
    static const char *const titles[RENEWALS_WAYS] = {"counted", "one share for all", "sBG", "BdW"};
    return (int)way >= 0 && way < RENEWALS_WAYS ? titles[way] : "";
}

/* Abramowitz & Stegun 26.2.23; to .0005, and an interval needs no more. */
double renewals_two_sided(double level) {
    double t = sqrt(-2 * log((1 - level) / 2));
    return t - (2.515517 + t * (.802853 + t * .010328)) / (1 + t * (1.432788 + t * (.189269 + t * .001308)));
}

/* --- counting --- */

typedef struct cohort { /* as the kernel's contract models take it */
    double lost[RENEWALS_MOST], watched[RENEWALS_MOST];
    size_t n;
} cohort;

static void count(const accounts *a, renewals *r, cohort *c) {
    for (size_t i = 0; i < a->spells; i++) {
        const account_spell *s = &a->spell[i];
        uint32_t made = s->renewals;
        bool lost = s->ending == BOOK_AT_RENEWAL;
        for (uint32_t k = 0; k < made; k++) r->due[k < BOOK_RENEWALS ? k : BOOK_RENEWALS - 1]++;
        size_t last = made < BOOK_RENEWALS ? made : BOOK_RENEWALS - 1;
        r->due[last] += lost;
        r->lost[last] += lost;
        if (made >= RENEWALS_MOST) made = RENEWALS_MOST, lost = false;
        if (lost) c->lost[made]++;
        else if (made) c->watched[made - 1]++;
        size_t seen = made + lost;
        c->n = seen > c->n ? seen : c->n;
    }
    for (int k = 0; k < BOOK_RENEWALS; k++) {
        r->all_due += r->due[k];
        r->all_lost += r->lost[k];
    }
}

static double of_share(double lost, double due) {
    return (lost > 0 ? lost * log(lost / due) : 0) + (due > lost ? (due - lost) * log1p(-lost / due) : 0);
}

/* --- models --- */

static const mr_model *model_of(renewals_way way) {
    return way == RENEWALS_SBG ? mr_model_find("sbg") : way == RENEWALS_BDW ? mr_model_find("bdw") : NULL;
}

/* log(q / (1 - q)) of the renewal with so many made before. */
static double log_odds(const mr_params *p, double made) {
    double period = made + 1, kept;
    if (mr_contract_curve(p, &period, 1, NULL, &kept, NULL) != MR_OK) return NAN;
    return log1p(-kept) - log(kept);
}

/* Its variance, by the delta method from the Hessian in log(parameters). NaN: the information is none. */
static double variance(const mr_fit *fit, double made) {
    size_t n = mr_model_params(fit->params.model);
    double slope[MR_MAX_PARAMS], solved[MR_MAX_PARAMS], factor[MR_MAX_PARAMS * MR_MAX_PARAMS], sum = 0;
    for (size_t j = 0; j < n; j++) {
        mr_params up = fit->params, down = fit->params;
        up.value[j] *= exp(1e-4);
        down.value[j] *= exp(-1e-4);
        slope[j] = solved[j] = (log_odds(&up, made) - log_odds(&down, made)) / 2e-4;
    }
    for (size_t j = 0; j < n * n; j++) factor[j] = fit->hessian[j] * fit->n;
    if (!positive_solve(n, factor, solved)) return NAN;
    for (size_t j = 0; j < n; j++) sum += slope[j] * solved[j];
    return sum;
}

/* A fit at a boundary, or without information, says that the data do not need the model: it is no candidate. */
static mr_status try_model(renewals *r, renewals_way way, const mr_data *data, mr_error *err) {
    mr_error said = {0};
    mr_fit *fit = &r->fit[way];
    size_t numbers = 0;
    for (int k = 0; k < BOOK_RENEWALS; k++) numbers += r->due[k] > 0;
    if (numbers < mr_model_params(model_of(way))) return MR_OK; /* more parameters than shares to tell them from */
    mr_status status = mr_model_fit(model_of(way), data, NULL, NULL, fit, &said);
    if (status == MR_ENOMEM) return error_set(err, MR_ENOMEM, NULL, -1, "%s", said.message);
    if (status != MR_OK || !fit->converged || isnan(variance(fit, 0))) return MR_OK;
    r->aic[way] = 2 * (double)mr_model_params(fit->params.model) - 2 * fit->log_likelihood;
    return MR_OK;
}

static void ways_by_hand(renewals *r) {
    double likelihood = 0, numbers = 0;
    for (int k = 0; k < BOOK_RENEWALS; k++) {
        if (!(r->due[k] > 0)) continue;
        numbers++;
        likelihood += of_share(r->lost[k], r->due[k]);
    }
    r->aic[RENEWALS_COUNTED] = 2 * numbers - 2 * likelihood;
    r->aic[RENEWALS_SAME] = 2 - 2 * of_share(r->all_lost, r->all_due);
}

/* exp(-AIC / 2), relative to the smallest. Ways of less than a thousandth are left out. */
static void weigh(renewals *r) {
    double best = INFINITY, sum = 0;
    for (int i = 0; i < RENEWALS_WAYS; i++) {
        if (r->aic[i] < best) best = r->aic[i], r->way = (renewals_way)i;
        r->weight[i] = 0;
    }
    for (int i = 0; i < RENEWALS_WAYS; i++) {
        double w = exp((best - r->aic[i]) / 2);
        if (!(w > .001)) continue; /* nor NaN */
        r->weight[i] = w;
        sum += w;
    }
    for (int i = 0; i < RENEWALS_WAYS; i++) r->weight[i] /= sum;
}

mr_status renewals_make(const accounts *a, renewals *out, mr_error *err) {
    cohort c = {.n = 0};
    uint64_t under = 0, dated = 0;
    *out = (renewals){.way = RENEWALS_COUNTED, .weight[RENEWALS_COUNTED] = 1};
    for (int i = 0; i < RENEWALS_WAYS; i++) out->aic[i] = NAN;
    count(a, out, &c);
    for (size_t i = 0; i < a->n; i++) {
        under += a->row[i].at.under;
        dated += a->row[i].at.under && (a->row[i].at.renewal_day != TRACE_NO_DAY || a->row[i].at.past_renewal);
    }
    if (out->all_due < RENEWALS_ENOUGH) return MR_OK;
    out->afterwards = under && dated * 2 >= under && out->all_due - out->all_lost < HARDLY_ANY * out->all_due;
    if (out->afterwards || !(out->all_lost > 0)) return MR_OK;
    ways_by_hand(out);
    mr_data data = {.n = c.n, .lost = c.lost, .watched = c.watched};
    for (int way = RENEWALS_SBG; way <= RENEWALS_BDW; way++) {
        mr_status status = try_model(out, (renewals_way)way, &data, err);
        if (status != MR_OK) return status;
    }
    weigh(out);
    return MR_OK;
}

/* --- what is expected --- */

typedef struct view {
    double log_odds, variance;
} view;

/* The share of so many made-up or real renewals. */
static view of_counts(double lost, double kept) {
    return (view){log(lost / kept), 1 / lost + 1 / kept};
}

static view view_of(const renewals *r, renewals_way way, uint32_t made) {
    double all = (r->all_lost + .5) / (r->all_due + 1);
    if (way == RENEWALS_SAME) return of_counts(r->all_lost + .5, r->all_due - r->all_lost + .5);
    if (way != RENEWALS_COUNTED) return (view){log_odds(&r->fit[way].params, made), fmax(0, variance(&r->fit[way], made))};
    size_t k = made < BOOK_RENEWALS ? made : BOOK_RENEWALS - 1;
    double made_up = fmin(PRIOR, r->all_due); /* no more than there is */
    return of_counts(r->lost[k] + made_up * all, r->due[k] - r->lost[k] + made_up * (1 - all));
}

renewals_share renewals_lost(const renewals *r, uint32_t made, double level) {
    view v[RENEWALS_WAYS];
    double weight[RENEWALS_WAYS] = {0}, sum = 0, middle = 0, spread = 0;
    if (!(r->all_due > 0)) return (renewals_share){NAN, NAN, NAN};
    for (int i = 0; i < RENEWALS_WAYS; i++) {
        if (!(r->weight[i] > 0)) continue;
        v[i] = view_of(r, (renewals_way)i, made);
        weight[i] = v[i].variance < NO_WORD ? r->weight[i] : 0; /* also where it is no number */
        sum += weight[i];
    }
    if (!(sum > 0)) {
        v[RENEWALS_COUNTED] = view_of(r, RENEWALS_COUNTED, made);
        weight[RENEWALS_COUNTED] = sum = 1;
    }
    for (int i = 0; i < RENEWALS_WAYS; i++)
        if (weight[i] > 0) middle += weight[i] / sum * v[i].log_odds;
    for (int i = 0; i < RENEWALS_WAYS; i++)
        if (weight[i] > 0) spread += weight[i] / sum * (v[i].variance + (v[i].log_odds - middle) * (v[i].log_odds - middle));
    double wide = renewals_two_sided(level) * sqrt(spread);
    return (renewals_share){1 / (1 + exp(-middle)), 1 / (1 + exp(wide - middle)), 1 / (1 + exp(-middle - wide))};
}
