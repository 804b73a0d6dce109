/* The fix list: root causes and case categories by the value that left or is at risk because of them; and measures against them, with the rate
 * before and after. docs/methods/review.md.
 *
 * A cause is a reason's code, or case:TAG for the category of cases and complaints (trace_tags.def). Of a reason counts what was observed; of a
 * category the share of those who had such a case before they left that is more than among those who stayed (the attributable fraction among the
 * exposed, Levin 1953: 1 - stayers' share / leavers' share). */
#ifndef LEARN_FIXLIST_H
#define LEARN_FIXLIST_H

#include "reasons_of.h"

#include <measures.h>

#include <jansson.h>

#define FIXLIST_DAYS 365 /* that the value which left is counted over, and of the rate before a measure */

/* Is that a cause there can be? Its name in *shown ("unknown" and codes without a row are none). */
bool fixlist_cause(const char *cause, reason *r, trace_tag *tag);

/* {until, currency, causes: [{cause, kind, owner, remedy, left, value_left, value_left_low, value_left_high, here, value_at_risk, ..._low, ..._high, total}]}, the
 * largest total first. NULL where memory is short. */
json_t *fixlist_json(const reasons_base *b, const char *currency);

/* Each measure with {before: {events, customer_years, rate, low, high}, after: {...}, ratio: {value, low, high}}: leavings for that reason, or cases and complaints of
 * that category, per customer-year. One more pass over the base, none where b->nothing. */
mr_status fixlist_measures(trace_source source, const reasons_base *b, const measures *m, const mr_context *context, json_t **out, mr_error *err);

#endif
