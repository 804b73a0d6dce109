/* The table currency_rate: what lets money of two currencies be added. */
#ifndef LEDGER_RATES_H
#define LEDGER_RATES_H

#include "ledger.h"

typedef struct currency_rate {
    char currency[4];
    int32_t day; /* from this day on */
    double rate; /* units of the base currency for one unit of this one, > 0 */
} currency_rate;

typedef struct currency_rates {
    currency_rate *row; /* by currency, then day */
    size_t n;
} currency_rates;

/* *out is freed by ledger_rates_free. */
mr_status ledger_rates_read(ledger *l, currency_rates *out, mr_error *err);
void ledger_rates_free(currency_rates *rates);
/* Adds or replaces rates; noted in the audit. */
mr_status ledger_rates_write(ledger *l, const currency_rate *rates, size_t n, int64_t now_us, mr_error *err);

/* The rate in force on a day; NaN: none. */
double ledger_rate(const currency_rates *rates, const char currency[4], int32_t day);
bool ledger_rate_known(const currency_rates *rates, const char currency[4]);

/* What an event's amount is in `base` ("": 0), in 1/10,000 of the unit; rates NULL: all amounts are of it. MR_EDATA: of another currency without a
 * rate for its day, with the way out. */
mr_status ledger_money(const currency_rates *rates, const char base[4], int64_t customer_id, const history_event *e, int64_t *out, mr_error *err);

#endif
