/* Writing forecasts: the new rows, sorted by key, become all that the model has in a range of customers, so that no row is left of
 * a customer who is none any more. */
#include "forecasts.h"

#include <string.h>
#include <time.h>

#define SLICE_SECONDS .03 /* of the 50 ms that others may have to wait: a slower slice than the last must fit, too */
#define SLICE_FIRST 4096
#define SLICE_LEAST 256
#define GAP_NS 1000000
#define SLICE_SERVER 65536 /* PostgreSQL: nobody waits for a COPY */

typedef struct slice {
    const forecast_writer *w;
    const forecast_row *rows;
    size_t n;
    int64_t first, last;
    double locked; /* when the lock was there */
} slice;

static double seconds_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void put_text(db_value *value, const char *text) {
    value->text.at = text;
    value->text.len = strlen(text);
}

static void slice_row(void *ctx, size_t row, db_value *values) {
    const slice *s = ctx;
    const forecast_row *r = &s->rows[row];
    values[0].integer = r->customer_id;
    values[1].integer = s->w->model_id;
    values[2].integer = s->w->scored_at_us;
    values[3].integer = s->w->until_day;
    values[4].integer = s->w->horizon_days;
    values[5].integer = r->orders;
    values[6].real = r->p_alive;
    values[7].real = r->p_order;
    values[8].real = r->expected_orders;
    values[9].real = r->expected_low;
    values[10].real = r->expected_high;
    values[11].real = r->rhythm_days;
    values[12].real = r->next_order_days;
    values[13].integer = r->value_minor;
    values[14].integer = r->value_at_risk_minor;
    put_text(&values[15], s->w->currency);
    put_text(&values[16], r->stage);
}

static const char *const columns[] = {"customer_id", "model_id", "scored_at_us", "until_day", "horizon_days", "orders",
                                          "p_alive", "p_order", "expected_orders", "expected_low", "expected_high", "rhythm_days",
                                          "next_order_days", "value_minor", "value_at_risk_minor", "currency", "stage"};
static const db_append_plan plan = {.table = "forecast", .columns = columns, .types = "iiiddirrrrrrriitt", .key = 2, .sound = true};

static mr_status write_slice(db *d, void *ctx, mr_error *err) {
    slice *s = ctx;
    s->locked = seconds_now();
    return db_replace(d, &plan, s->first, s->last, &s->w->model_id, s->n, slice_row, s, err);
}

/* The next slice takes about SLICE_SECONDS, going by this one. */
static void adapt(forecast_writer *w, size_t rows, double seconds) {
    if (rows < SLICE_LEAST || !(seconds > 0)) return;
    double next = (double)rows * SLICE_SECONDS / seconds, most = 2 * (double)w->slice;
    w->slice = next < SLICE_LEAST ? SLICE_LEAST : next < most ? (size_t)next : (size_t)most;
    if (w->slice > SLICE_SERVER) w->slice = SLICE_SERVER;
}

mr_status ledger_forecasts_write(forecast_writer *w, const forecast_row *rows, size_t n, int64_t first, int64_t last, mr_error *err) {
    bool server = db_store_of(w->l->d) == DB_POSTGRES;
    mr_status status = MR_OK;
    size_t at = 0;
    if (!w->slice) w->slice = server ? SLICE_SERVER : SLICE_FIRST;
    do {
        size_t take = n - at < w->slice ? n - at : w->slice;
        bool ends = at + take == n;
        slice s = {.w = w, .rows = rows + at, .n = take, .first = first, .last = ends ? last : rows[at + take - 1].customer_id};
        status = db_append_check(w->l->d, &plan, take, slice_row, &s, err);
        if (status != MR_OK) return status;
        if (w->turn) pthread_mutex_lock(w->turn);
        status = db_transaction(w->l->d, DB_WRITE, write_slice, &s, err);
        if (status == MR_OK && !server) adapt(w, take, seconds_now() - s.locked);
        if (w->turn) {
            /* Threads that hand the lock to each other leave no gap for another process, which looks for one twice a millisecond. */
            nanosleep(&(struct timespec){.tv_nsec = GAP_NS}, NULL);
            pthread_mutex_unlock(w->turn);
        }
        at += take;
        if (!ends) first = s.last + 1;
    } while (status == MR_OK && at < n);
    return status;
}
