/* What reasons_scan found, as JSON: the whole base, and one customer. docs/methods/reasons.md says what each figure is. */
#ifndef LEARN_REASONS_JSON_H
#define LEARN_REASONS_JSON_H

#include "reasons_of.h"

#include <jansson.h>

/* NULL where memory is short. currency "": values are left out. */
json_t *reasons_json(const reasons_base *b, const char *currency);

/* One customer: stated, observed with its signals and their evidence, learned (null: no model). MR_EDATA: nothing is known of them by b->until. */
mr_status reasons_json_customer(const reasons_base *b, const trace *t, const trace_facts *f, json_t **out, mr_error *err);

/* Those who are here and whose observed reason is known, the largest value first: at most `limit`. The names of customers are for the caller to
 * find: each has its customer_id. */
json_t *reasons_json_here(const reasons_base *b, size_t limit);

#endif
