/* A history's occasions, by the same rules as the cycle's orders (cycle.c): what the ledger hands to fits and backtests. */
#include "event.h"

#include "bits.h"
#include "currency.h"

#include <string.h>

/* The currency of the first money among orders and refunds; NULL: none. */
static const char *first_currency(const history_event *events, size_t n) {
    for (size_t i = 0; i < n; i++) {
        int kind = events[i].kind;
        if ((kind == EVENT_order || kind == EVENT_refund || kind == EVENT_return_goods) && events[i].currency[0])
            return events[i].currency;
    }
    return NULL;
}

size_t history_occasions(const history_event *events, size_t n, int32_t *day, int64_t *money) {
    const char *currency = money ? first_currency(events, n) : NULL;
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        const history_event *event = &events[i];
        if (!event_is_order(event)) continue;
        if (!found || event->day > day[found - 1]) {
            day[found] = event->day;
            if (money) money[found] = 0;
            found++;
        }
        if (currency && !strncmp(currency, event->currency, 3))
            money[found - 1] = bits_add_saturating(money[found - 1], currency_to_money(event->amount_minor, currency));
    }
    return found;
}
