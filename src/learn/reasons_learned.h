/* What the model of leaving (the one that `marram train --db` keeps in the ledger) takes from, by reason: its contributions, summed over the features that speak for a
 * reason (features.def); a pair's half to each. In log-odds. */
#ifndef LEARN_REASONS_LEARNED_H
#define LEARN_REASONS_LEARNED_H

#include "reasons_of.h"

#include <jansson.h>

#define REASONS_LEARNED_SAMPLE 5000 /* customers, about, that the whole base is judged by */

/* The whole base: {as_of, left, stayed, reasons: [{reason, contribution}]}, the largest first: the mean of rows that left less the mean of rows that stayed,
 * over the ledger's landmarks. Or {why}: no model is kept, or it does not fit this base. */
mr_status reasons_learned(ledger *l, const currency_rates *rates, int32_t until, const mr_context *context, json_t **out, mr_error *err);

/* One customer on a day: [{reason, contribution}], against the average, the largest first. *out is JSON null where there is no model or they were not at risk. */
mr_status reasons_learned_customer(ledger *l, const currency_rates *rates, int64_t customer_id, int32_t day, const mr_context *context, json_t **out, mr_error *err);

#endif
