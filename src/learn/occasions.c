#include "occasions.h"

#include "bits.h"
#include "calendar.h"
#include "currency.h"
#include "error.h"

#include <math.h>
#include <string.h>

/* What the event brought, in the currency wanted. */
static mr_status money_of(const occasions_money *m, const history *h, const history_event *e, int64_t *out, mr_error *err) {
    *out = 0;
    if (!e->currency[0] || !m->currency[0]) return MR_OK;
    *out = currency_to_money(e->amount_minor, e->currency);
    if (!strcmp(e->currency, m->currency)) return MR_OK;
    double rate = m->rates ? ledger_rate(m->rates, e->currency, e->day) : NAN;
    char day[11];
    if (isnan(rate) && m->rates && ledger_rate_known(m->rates, e->currency))
        return error_set(err, MR_EDATA, "currency", -1, "customer %lld has an amount in %s on %s, and the rates of %s begin later: give --rates "
                         "FILE with a line for an earlier day", (long long)h->customer_id, e->currency, calendar_text(e->day, day), e->currency);
    if (isnan(rate))
        return error_set(err, MR_EDATA, "currency", -1, "customer %lld has amounts in %s, and the base is counted in %s: give --rates FILE with "
                         "lines of currency,rate or currency,day,rate", (long long)h->customer_id, e->currency, m->currency);
    double money = (double)*out * rate;
    *out = fabs(money) < 9e18 ? (int64_t)llround(money) : money > 0 ? INT64_MAX : INT64_MIN;
    return MR_OK;
}

mr_status occasions_of(const occasions_money *m, const history *h, int32_t *day, int64_t *money, size_t *n, mr_error *err) {
    size_t found = 0;
    for (size_t i = 0; i < h->n; i++) {
        const history_event *e = &h->events[i];
        if (!event_is_order(e)) continue;
        int64_t amount;
        mr_status status = money_of(m, h, e, &amount, err);
        if (status != MR_OK) return status;
        if (!found || e->day > day[found - 1]) {
            day[found] = e->day;
            money[found++] = 0;
        }
        money[found - 1] = bits_add_saturating(money[found - 1], amount);
    }
    *n = found;
    return MR_OK;
}
