#include "occasions.h"

#include "bits.h"

mr_status occasions_of(const occasions_money *m, const history *h, int32_t *day, int64_t *money, size_t *n, mr_error *err) {
    size_t found = 0;
    for (size_t i = 0; i < h->n; i++) {
        const history_event *e = &h->events[i];
        if (!event_is_order(e)) continue;
        int64_t amount;
        mr_status status = ledger_money(m->rates, m->currency, h->customer_id, e, &amount, err);
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
