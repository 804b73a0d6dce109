/* A customer's occasions out of the ledger, in the base's currency. */
#ifndef LEARN_OCCASIONS_H
#define LEARN_OCCASIONS_H

#include <history.h>
#include <rates.h>

/* How amounts become money of one currency. */
typedef struct occasions_money {
    char currency[4];            /* "": amounts are not known, or not wanted */
    const currency_rates *rates; /* NULL: all amounts are of `currency` */
} occasions_money;

/* day[], money[]: room for h->n. *n: how many. As history_occasions (event.h), but that amounts of other currencies go through the rate
 * of the event's day, rounded to 1/10,000 of the unit. MR_EDATA: an amount of another currency without a rate for its day. */
mr_status occasions_of(const occasions_money *m, const history *h, int32_t *day, int64_t *money, size_t *n, mr_error *err);

#endif
