/* A made-up shop whose truth is known: orders.csv and truth.csv. */
#ifndef SIMULATE_H
#define SIMULATE_H

#include <marram/base.h>

typedef enum simulate_ids { SIMULATE_INTEGERS, SIMULATE_CODES, SIMULATE_UUIDS } simulate_ids;

typedef struct simulate_options {
    uint64_t customers;
    double years;            /* length of the observation window */
    uint64_t seed;
    const char *out;         /* folder; made where missing */
    double orders_per_customer; /* expected orders of a customer over the window, about; 0: the default shop's */
    double regular;          /* share of customers with a regular rhythm (Erlang-k gaps), [0,1] */
    double seasonality;      /* amplitude of the yearly wave on order rates, [0,1) */
    double returns;          /* share of orders followed by a return, [0,1) */
    simulate_ids ids;
    bool contacts;           /* add name and e-mail columns */
    int32_t start;           /* first day of the window */
} simulate_options;

typedef struct simulate_result {
    uint64_t orders, returns, lines, alive;
} simulate_result;

/* The same options give the same bytes for any number of threads. Writes atomically (temporary names, then rename). */
mr_status simulate_write(const simulate_options *options, const mr_context *context, simulate_result *result,
                         mr_error *err);

#endif
