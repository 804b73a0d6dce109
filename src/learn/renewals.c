#include "renewals.h"

#include <error.h>
#include <mem.h>
#include <positive.h>

#include <math.h>
#include <string.h>

#define PRIOR 10 /* made-up renewals that failed at the share of all, with each number that is counted by itself */
#define HARDLY_ANY .02

const char *renewals_way_title(renewals_way way) {
    static const char *const titles[RENEWALS_WAYS] = {"counted", "one share for all", "sBG", "BdW"};
    return (int)way >= 0 && way < RENEWALS_WAYS ? titles[way] : "";
}

/* Abramowitz & Stegun 26.2.23; to .0005, and an interval needs no more. */
double renewals_two_sided(double level) {
    double t = sqrt(-2 * log((1 - level) / 2));
    return t - (2.515517 + t * (.802853 + t * .010328)) / (1 + t * (1.432788 + t * (.189269 + t * .001308)));
}

renewals_share renewals_wilson(double part, double of, double z) {
    double p = part / of, middle = (p + z * z / (2 * of)) / (1 + z * z / of);
    double wide = z / (1 + z * z / of) * sqrt(fmax(0, p * (1 - p) / of + z * z / (4 * of * of)));
    return (renewals_share){p, fmax(0, middle - wide), fmin(1, middle + wide)};
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
static mr_status try_model(renewals *r, renewals_way way, const mr_data *data, mr_fit *fit, mr_error *err) {
    mr_error said = {0};
    mr_status status = mr_model_fit(model_of(way), data, NULL, NULL, fit, &said);
    if (status == MR_ENOMEM) return error_set(err, MR_ENOMEM, NULL, -1, "%s", said.message);
    if (status != MR_OK || !fit->converged || isnan(variance(fit, 0))) return MR_OK;
    r->bic[way] = (double)mr_model_params(fit->params.model) * log(r->all_due) - 2 * fit->log_likelihood;
    return MR_OK;
}

static void ways_by_hand(renewals *r) {
    double likelihood = 0, numbers = 0;
    for (int k = 0; k < BOOK_RENEWALS; k++) {
        if (!(r->due[k] > 0)) continue;
        numbers++;
        likelihood += of_share(r->lost[k], r->due[k]);
    }
    r->bic[RENEWALS_COUNTED] = numbers * log(r->all_due) - 2 * likelihood;
    r->bic[RENEWALS_SAME] = log(r->all_due) - 2 * of_share(r->all_lost, r->all_due);
}

mr_status renewals_make(const accounts *a, renewals *out, mr_error *err) {
    cohort c = {.n = 0};
    uint64_t under = 0, dated = 0;
    *out = (renewals){.way = RENEWALS_COUNTED};
    for (int i = 0; i < RENEWALS_WAYS; i++) out->bic[i] = NAN;
    count(a, out, &c);
    for (size_t i = 0; i < a->n; i++) {
        under += a->row[i].at.under;
        dated += a->row[i].at.under && (a->row[i].at.renewal_day != TRACE_NO_DAY || a->row[i].at.past_renewal);
    }
    if (out->all_due < RENEWALS_ENOUGH) return MR_OK;
    out->afterwards = under && dated * 2 >= under && out->all_due - out->all_lost < HARDLY_ANY * out->all_due;
    if (out->afterwards || !(out->all_lost > 0)) return MR_OK;
    ways_by_hand(out);
    mr_fit fit[RENEWALS_WAYS];
    mr_data data = {.n = c.n, .lost = c.lost, .watched = c.watched};
    for (int way = RENEWALS_SBG; way <= RENEWALS_BDW; way++) {
        mr_status status = try_model(out, (renewals_way)way, &data, &fit[way], err);
        if (status != MR_OK) return status;
    }
    /* Of equals the plainer: in the order one share, sBG, BdW, counted. */
    static const renewals_way order[] = {RENEWALS_SAME, RENEWALS_SBG, RENEWALS_BDW, RENEWALS_COUNTED};
    renewals_way best = order[0];
    for (size_t i = 1; i < sizeof order / sizeof *order; i++)
        if (out->bic[order[i]] < out->bic[best] - 1e-6) best = order[i];
    out->way = best;
    if (model_of(best)) out->fit = fit[best];
    return MR_OK;
}

renewals_share renewals_lost(const renewals *r, uint32_t made, double level) {
    if (!(r->all_due > 0)) return (renewals_share){NAN, NAN, NAN};
    double z = renewals_two_sided(level), all = (r->all_lost + .5) / (r->all_due + 1);
    if (r->way == RENEWALS_SAME) return renewals_wilson(r->all_lost, r->all_due, z);
    if (r->way == RENEWALS_COUNTED) {
        size_t k = made < BOOK_RENEWALS ? made : BOOK_RENEWALS - 1;
        double made_up = fmin(PRIOR, r->all_due); /* no more than there is */
        return renewals_wilson(r->lost[k] + made_up * all, r->due[k] + made_up, z);
    }
    double middle = log_odds(&r->fit.params, made), wide = z * sqrt(fmax(0, variance(&r->fit, made)));
    return (renewals_share){1 / (1 + exp(-middle)), 1 / (1 + exp(wide - middle)), 1 / (1 + exp(-middle - wide))};
}
