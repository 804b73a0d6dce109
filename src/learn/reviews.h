/* Periodic account reviews over a base: who is due for one, what it finds, and that it was done. docs/methods/review.md. */
#ifndef LEARN_REVIEWS_H
#define LEARN_REVIEWS_H

#include "reasons_of.h"

#include <id_list.h>

#include <review.h>

#include <jansson.h>

#define REVIEW_SOURCE "marram" /* of the events that reviews are recorded as */

typedef struct review_cadence_of {
    const char *tier; /* "*": any without a row of its own */
    int32_t days;
} review_cadence_of;

typedef struct reviews_options {
    int32_t day;          /* as of its end */
    int32_t horizon_days; /* without contracts: who has not ordered for longer is no customer to be reviewed */
    const review_cadence_of *cadence; /* [cadence_n]; tiers without one: review_cadence */
    size_t cadence_n;
    int64_t customer_id;  /* this one, due or not; 0: all who are due */
    size_t limit;         /* of the list; 0: all */
    const id_list *unlisted; /* who objected: counted, and not listed; NULL: nobody */
} reviews_options;

/* {as_of, due: customers due, listed, not_listed: due, and objected, reviews: [...]}, the urgent first, then those longest overdue; *out is the caller's. MR_EDATA: nothing known by
 * then. */
mr_status reviews_json(trace_source source, const reviews_options *o, const mr_context *context, json_t **out, mr_error *err);

typedef struct review_done {
    int64_t customer_id;
    const char *by, *comment; /* comment NULL: none */
    int32_t day, next;        /* next TRACE_NO_DAY: by the cadence */
    int64_t now_us;
} review_done;

/* Appends an account_review event; *added false: that day's is recorded already. MR_EDATA where the same day's says something else. */
mr_status reviews_done(ledger *l, const review_done *r, bool *added, mr_error *err);

#endif
