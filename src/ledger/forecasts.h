/* The table forecast: a row a customer and model. */
#ifndef LEDGER_FORECASTS_H
#define LEDGER_FORECASTS_H

#include "ledger.h"

#include <pthread.h>

typedef struct forecast_row {
    int64_t customer_id;
    int64_t orders;
    double p_alive, p_order, expected_orders, expected_low, expected_high, rhythm_days, next_order_days;
    int64_t value_minor, value_at_risk_minor;
    const char *stage;
} forecast_row;

/* Finite where the store's column must be: next_order_days that is never reached. */
#define FORECAST_NEVER 1e9

typedef struct forecast_writer {
    ledger *l;
    int64_t model_id, scored_at_us;
    int32_t until_day, horizon_days;
    char currency[4];         /* of the values; "" no money */
    pthread_mutex_t *turn;    /* SQLite: threads of one process wait here for each other rather than for the store's lock; NULL: none */
    size_t slice;             /* rows of the next transaction; 0 to begin with */
} forecast_writer;

/* Rows of customers first .. last, ascending, replace all the model has there: whoever is no longer a customer goes. In slices, each a
 * transaction; on SQLite one holds the lock for less than 50 ms. What was written before an error stays, and writing again replaces it. */
mr_status ledger_forecasts_write(forecast_writer *w, const forecast_row *rows, size_t n, int64_t first, int64_t last, mr_error *err);

#endif
