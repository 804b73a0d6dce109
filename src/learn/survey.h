/* What has to be known of a base before any of it is forecast: how many customers, from when to when, in which money. From the cycles,
 * so the same whoever looks, and cheap. */
#ifndef LEARN_SURVEY_H
#define LEARN_SURVEY_H

#include "crew.h"

#include <rates.h>

#define SURVEY_CURRENCIES 16

typedef struct survey {
    uint64_t customers;            /* with at least one order */
    int32_t first_day, last_day;   /* of orders; INT32_MAX and INT32_MIN without any */
    uint64_t late;                 /* customers with orders after `limit` */
    size_t currencies;             /* that customers began with, up to SURVEY_CURRENCIES; in the order of the alphabet */
    char currency[SURVEY_CURRENCIES][4];
    uint64_t mixed;                /* customers with money of several currencies */
    int64_t mixed_id;              /* one of them, the smallest number */
} survey;

/* Of part `part` (0 .. of - 1) of the customers. limit: a day. */
mr_status survey_read(crew *c, unsigned part, unsigned of, int32_t limit, const mr_context *context, survey *out, mr_error *err);

/* The one currency a base is counted in. "": it has no money. The base currency is the one with a rate of 1, else the only one without
 * rates. MR_EDATA names two currencies that cannot be added. */
mr_status survey_currency(ledger *l, const survey *s, const currency_rates *rates, char base[4], mr_error *err);
/* Can the amounts be counted in `base`, a stored model's? convert: there are others than of it, to go through the rates. MR_EDATA where
 * there is no rate, or the rates are to another currency. */
mr_status survey_convert(ledger *l, const survey *s, const currency_rates *rates, const char base[4], bool *convert, mr_error *err);

#endif
