#include "serve_cost.h"

#include <math.h>

#define NINETY 1.6448536269514722 /* normal quantile of .95 */
#define USUAL_OFF .5              /* the usual minutes may be wrong by half */

static bool sound(const double *at, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!isfinite(at[i]) || at[i] < 0) return false;
    return true;
}

mr_status serve_cost(const serve_facts *f, const serve_rates *r, serve_sums *out) {
    const double given[] = {f->paid, f->discounts, f->returned, f->referred, f->minutes, r->case_hour, r->usual_minutes, r->letter, r->call, r->visit, r->email, r->return_loss, r->margin, r->referral_credit};
    double minute = r->case_hour / 60, unsaid = (double)f->cases_unsaid;
    if (!sound(given, sizeof given / sizeof *given) || f->cases_unsaid < 0 || f->letters < 0 || f->calls < 0 || f->visits < 0 || f->emails < 0) return MR_EINVAL;
    *out = (serve_sums){.cases = (f->minutes + unsaid * r->usual_minutes) * minute, .returns = f->returned * r->return_loss, .discounts = f->discounts, .letters = (double)f->letters * r->letter + (double)f->emails * r->email,
                        .calls = (double)f->calls * r->call + (double)f->visits * r->visit, .margin = (f->paid + f->discounts) * r->margin, .referrals = f->referred * r->margin * r->referral_credit};
    out->cost = out->cases + out->returns + out->discounts + out->letters + out->calls;
    out->value = out->margin + out->referrals;
    out->net = out->value - out->cost;
    out->net_sd = r->usual_minutes * minute * sqrt(unsaid + USUAL_OFF * USUAL_OFF * unsaid * unsaid);
    out->low = out->net - NINETY * out->net_sd;
    out->high = out->net + NINETY * out->net_sd;
    return MR_OK;
}
