/* The cycle: a customer's compact state after their events so far, kept up with every append, so that a score after an event is O(1).
 *
 * cycle_apply over a history in order gives the cycle; applying one more event to it gives the same bytes as starting again, as
 * long as that event comes after all others. cycle_takes says whether it does; where not, rebuild from the history.
 * Pure: no allocation. Counts saturate. */
#ifndef HISTORY_CYCLE_H
#define HISTORY_CYCLE_H

#include "event.h"

/* One more where the bytes, a rule in cycle.c or a kind's rank changes: what was stored is then rebuilt. */
#define CYCLE_VERSION 1
#define CYCLE_BYTES_MAX 512

typedef struct cycle {
    /* the last event, in the order of a history */
    int64_t last_at_us, last_id;
    int32_t last_rank;
    uint32_t events;
    int64_t first_at_us;

    /* buying; an order is a day with at least one order event */
    uint32_t orders, order_events;
    uint32_t refunds;                        /* refunds, goods returned, and orders of a negative amount */
    int32_t first_order_day, last_order_day; /* INT32_MIN: none */
    double sum_log_gaps;                     /* of log(days between orders) */
    int64_t spend, first_spend, last_day_spend; /* 1/10,000 of the unit; first: of the first order's day */
    int64_t refunded;                        /* what these refunds came to, positive */
    char currency[4];                        /* of orders and refunds so far; "" none yet */
    uint8_t mixed;                           /* 1: money of two currencies came: sums hold only the first one's */

    /* contract */
    uint32_t contracts_started, contracts_ended;
    int64_t contract_started_us, contract_renewed_us, contract_ended_us; /* the last of each; INT64_MIN: never */
    /* payments */
    uint32_t payments_failed, payments_recovered;
    int64_t payment_failed_us;
    /* use */
    uint32_t usages;
    int64_t usage_us;
    /* problems */
    uint32_t cases_opened, cases_resolved, cases_reopened, complaints, praises;
    int64_t case_opened_us, case_resolved_us, complaint_us;
    /* promises */
    uint32_t promises_made, promises_kept, promises_broken;
    int64_t promise_made_us, promise_broken_us;
    /* touches */
    uint32_t touches_out, touches_in, bounces, surveys;
    int64_t touch_out_us, touch_in_us, survey_us;
    /* leaving */
    uint32_t leave_intents, departures, returns;
    int64_t leave_intent_us, left_us, came_back_us;
} cycle;

void cycle_begin(cycle *c); /* of a customer with no events */
/* Does the event come after all that were applied? */
bool cycle_takes(const cycle *c, const history_event *event);
void cycle_apply(cycle *c, const history_event *event);
/* cycle_begin and cycle_apply over events[n], which are sorted (event_sort). */
void cycle_build(cycle *c, const history_event *events, size_t n);

/* What the models read, to the bit what mr_history_summary fills in for the same occasions (history_occasions, event.h). */
typedef struct cycle_summary {
    double x, t_x, T, log_gaps, mean_spend, spend;
} cycle_summary;

/* As of the end of a day; days_per_unit > 0. False, and *out as it was: no order yet, or one after `until` (the cycle knows too much:
 * summarise the history). */
bool cycle_summarise(const cycle *c, int32_t until, double days_per_unit, cycle_summary *out);

/* Bytes for the store, the same for the same cycle (format: cycle_bytes.c). Returns how many (<= CYCLE_BYTES_MAX). */
size_t cycle_encode(const cycle *c, unsigned char out[CYCLE_BYTES_MAX]);
/* MR_EDATA: bytes of another version (rebuild) or damaged. */
mr_status cycle_decode(const unsigned char *bytes, size_t len, cycle *c, mr_error *err);

#endif
