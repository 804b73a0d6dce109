/* What changed: whose risk moved between two days, by how much, and which contributions moved it. Both days are scored by one stored model of leaving, from what
 * was known on each; a score is the model's base plus its contributions, so their differences add up to the score's. */
#ifndef LEARN_CHANGES_H
#define LEARN_CHANGES_H

#include "reasons_of.h"

#include <jansson.h>

typedef struct changes_options {
    int32_t since, until;      /* since < until */
    int64_t customer_id;       /* this one alone; 0: all */
    size_t limit;              /* customers listed; 0: all */
    int top;                   /* contributions listed of each */
    const currency_rates *rates;
} changes_options;

/* {since, until, both, new, gone, mean_before, mean_after, up, down, moved: [{identifier, chance_before, chance_after, score_before, score_after,
 * contributions: [{term, reason, before, after, change}], rest}], terms: [{term, change}]}: moved by the size of the change in chance; terms: the mean
 * change over all, the largest first. MR_EDATA: no model is kept, or nobody was at risk on both days. */
mr_status changes_json(ledger *l, const changes_options *o, const mr_context *context, json_t **out, mr_error *err);

#endif
