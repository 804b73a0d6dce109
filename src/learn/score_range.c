/* A block at a time: a short read transaction, then the forecasts, then short write transactions. Between them nothing is held, so that
 * SQLite can fold its log while a long job runs, and others read and write. */
#include "score_range.h"

#include "bits.h"
#include "currency.h"
#include "error.h"
#include "mem.h"

#include <cycles.h>
#include <histories.h>

#include <math.h>
#include <string.h>

#define OCCASIONS_FULL 1000000 /* a block of long histories ends sooner */

/* Columns of a block. */
enum { C_X, C_T_X, C_T, C_MEAN, C_SPEND, C_ALIVE, C_LATER, C_ORDER, C_EXPECTED, C_LOW, C_HIGH, C_STAY, C_DUE, C_GAP, C_GAP_50, C_GAP_90,
       C_GAP_95, C_MONEY, C_COLUMNS };

struct score_worker {
    const score_plan *plan;
    forecast_writer *writer;
    size_t n;             /* customers in the block */
    int64_t *id;          /* [SCORE_BLOCK] */
    double *c[C_COLUMNS]; /* [SCORE_BLOCK] each */
    forecast_row *row;    /* [SCORE_BLOCK] */
    bool full;            /* the range goes on behind the block, with customer `next` */
    int64_t next;
    uint32_t *late;       /* places in the block of customers whose cycle knows of orders after `until` */
    size_t late_n;
    /* occasions of those whose histories are read */
    size_t read_n;
    uint64_t *offset;     /* [SCORE_BLOCK + 1] */
    int32_t *day;
    int64_t *amount;
    size_t room;
};

score_worker *score_worker_new(const score_plan *plan, forecast_writer *writer) {
    score_worker *w = mem_new(NULL, 1, sizeof *w);
    if (!w) return NULL;
    w->plan = plan;
    w->writer = writer;
    w->id = mem_take(NULL, SCORE_BLOCK, sizeof *w->id);
    w->row = mem_take(NULL, SCORE_BLOCK, sizeof *w->row);
    w->late = mem_take(NULL, SCORE_BLOCK, sizeof *w->late);
    w->offset = mem_new(NULL, SCORE_BLOCK + 1, sizeof *w->offset);
    w->c[0] = mem_take(NULL, (size_t)SCORE_BLOCK * C_COLUMNS, sizeof *w->c[0]);
    if (w->id && w->row && w->late && w->offset && w->c[0]) {
        for (size_t i = 1; i < C_COLUMNS; i++) w->c[i] = w->c[0] + i * SCORE_BLOCK;
        return w;
    }
    score_worker_free(w);
    return NULL;
}

void score_worker_free(score_worker *w) {
    if (!w) return;
    mem_free(NULL, w->id);
    mem_free(NULL, w->row);
    mem_free(NULL, w->late);
    mem_free(NULL, w->offset);
    mem_free(NULL, w->c[0]);
    mem_free(NULL, w->day);
    mem_free(NULL, w->amount);
    mem_free(NULL, w);
}

/* --- reading a block --- */

/* The block is full: the scan is ended by an error that is none. */
static mr_status end_of_block(score_worker *w, int64_t customer_id, mr_error *err) {
    w->full = true;
    w->next = customer_id;
    return error_set(err, MR_ECANCELLED, NULL, -1, "the block is full");
}

/* Adds a history's occasions; *any false: none by `until`, and none added. */
static mr_status add_history(score_worker *w, const history *h, bool *any, mr_error *err) {
    size_t at = w->offset[w->read_n], n;
    if (w->room - at < h->n) {
        size_t room = 2 * w->room > at + h->n ? 2 * w->room : at + h->n;
        int32_t *day = mem_resize(NULL, w->day, room, sizeof *day);
        if (day) w->day = day;
        int64_t *amount = mem_resize(NULL, w->amount, room, sizeof *amount);
        if (amount) w->amount = amount;
        if (!day || !amount) return error_memory(err, room * sizeof *amount);
        w->room = room;
    }
    mr_status status = occasions_of(&w->plan->money, h, w->day + at, w->amount + at, &n, err);
    *any = status == MR_OK && n && w->day[at] <= w->plan->until;
    if (*any) w->offset[++w->read_n] = at + n;
    return status;
}

static mr_status on_history(void *ctx, const history *h, mr_error *err) {
    score_worker *w = ctx;
    bool any = false;
    if (w->plan->objecting && id_list_has(w->plan->objecting, h->customer_id)) return MR_OK;
    if (w->n == SCORE_BLOCK || w->offset[w->read_n] > OCCASIONS_FULL) return end_of_block(w, h->customer_id, err);
    mr_status status = add_history(w, h, &any, err);
    if (any) w->id[w->n++] = h->customer_id;
    return status;
}

static mr_status on_cycle(void *ctx, int64_t customer_id, const cycle *c, mr_error *err) {
    score_worker *w = ctx;
    cycle_summary s = {0};
    if (!c->orders || c->first_order_day > w->plan->until || (w->plan->objecting && id_list_has(w->plan->objecting, customer_id))) return MR_OK;
    if (w->n == SCORE_BLOCK) return end_of_block(w, customer_id, err);
    size_t at = w->n++;
    if (!cycle_summarise(c, w->plan->until, w->plan->outlook.days_per_unit, &s)) w->late[w->late_n++] = (uint32_t)at;
    w->id[at] = customer_id;
    w->c[C_X][at] = s.x;
    w->c[C_T_X][at] = s.t_x;
    w->c[C_T][at] = s.T;
    w->c[C_MEAN][at] = s.mean_spend;
    w->c[C_SPEND][at] = s.spend;
    return MR_OK;
}

enum { SUMMARY_COLUMNS = 5, SCRATCH = C_ALIVE };

/* The occasions read, summarised into the SUMMARY_COLUMNS columns from `first` on. */
static mr_status summarise(score_worker *w, int first, mr_error *err) {
    const mr_orders orders = {.n = w->read_n, .offset = w->offset, .day = w->day, .money = w->plan->money.currency[0] ? w->amount : NULL};
    mr_summary s = {.x = w->c[first + C_X], .t_x = w->c[first + C_T_X], .T = w->c[first + C_T], .mean_spend = w->c[first + C_MEAN],
                    .spend = w->c[first + C_SPEND]};
    return mr_history_summary(&orders, NULL, 0, w->plan->until, w->plan->outlook.days_per_unit, 0, NULL, &s, err);
}

/* Those whose cycle knows too much: from their histories. Who has no order there any more (erased meanwhile) leaves the block. */
static mr_status read_late(score_worker *w, mr_error *err) {
    history h = {0};
    size_t gone = 0;
    mr_status status = MR_OK;
    for (size_t i = 0; i < w->late_n && status == MR_OK; i++) {
        bool any = false;
        status = history_read(w->writer->l, w->id[w->late[i]], &h, err);
        if (status == MR_OK) status = add_history(w, &h, &any, err);
        if (status == MR_OK && !any) {
            w->id[w->late[i]] = 0;
            gone++;
        } else {
            w->late[w->read_n - 1] = w->late[i];
        }
    }
    history_free(&h);
    if (status == MR_OK && w->read_n) status = summarise(w, SCRATCH, err);
    if (status != MR_OK) return status;
    for (size_t i = 0; i < w->read_n; i++)
        for (int k = 0; k < SUMMARY_COLUMNS; k++) w->c[k][w->late[i]] = w->c[SCRATCH + k][i];
    size_t to = 0;
    for (size_t i = 0; gone && i < w->n; i++) {
        if (!w->id[i]) continue;
        w->id[to] = w->id[i];
        for (int k = 0; k < SUMMARY_COLUMNS; k++) w->c[k][to] = w->c[k][i];
        to++;
    }
    w->n -= gone;
    return MR_OK;
}

/* From `first` to `last`, or as far as the block goes. */
static mr_status read_block(score_worker *w, int64_t first, int64_t last, mr_error *err) {
    ledger *l = w->writer->l;
    w->n = w->late_n = w->read_n = 0;
    w->full = false;
    mr_status status = w->plan->histories ? ledger_scan(l, &(scan_options){.first = first, .last = last}, 0, 1, on_history, w, err)
                                          : ledger_cycles(l, first, last, on_cycle, w, err);
    if (w->full) {
        error_clear(err);
        status = MR_OK;
    }
    if (status != MR_OK || !w->n) return status;
    if (w->plan->histories) return summarise(w, C_X, err);
    return w->late_n ? read_late(w, err) : MR_OK;
}

/* --- forecasting --- */

static int64_t minor_of(double value, double scale) {
    double minor = value * scale;
    return minor < 9e18 ? minor > -9e18 ? llround(minor) : INT64_MIN : INT64_MAX; /* NaN cannot be: mr_spend_expected refuses it */
}

static int64_t fine_of(double value) {
    return value < 8e9 ? llround(value * SCORE_FINE) : INT64_MAX;
}

static void add_row(score_sums *sums, const forecast_row *r, mr_stage stage) {
    sums->repeaters += r->orders > 1;
    sums->orders += (uint64_t)r->orders;
    sums->expected = bits_add_saturating(sums->expected, fine_of(r->expected_orders));
    sums->ordering = bits_add_saturating(sums->ordering, fine_of(r->p_order));
    sums->value_minor = bits_add_saturating(sums->value_minor, r->value_minor);
    sums->value_at_risk_minor = bits_add_saturating(sums->value_at_risk_minor, r->value_at_risk_minor);
    sums->stage[stage]++;
    sums->stage_at_risk_minor[stage] = bits_add_saturating(sums->stage_at_risk_minor[stage], r->value_at_risk_minor);
}

static mr_status forecast_block(score_worker *w, score_sums *sums, mr_error *err) {
    const score_plan *p = w->plan;
    double *const *c = w->c;
    double days = p->outlook.days_per_unit, scale = 1;
    const mr_data data = {.n = w->n, .x = c[C_X], .t_x = c[C_T_X], .T = c[C_T]};
    const outlook_columns out = {.alive = c[C_ALIVE], .later = c[C_LATER], .order = c[C_ORDER], .expected = c[C_EXPECTED], .low = c[C_LOW],
                                 .high = c[C_HIGH], .stay = c[C_STAY], .due = c[C_DUE], .gap = c[C_GAP], .gap_50 = c[C_GAP_50],
                                 .gap_90 = c[C_GAP_90], .gap_95 = c[C_GAP_95]};
    mr_status status = outlook_forecast(&p->outlook, &data, NULL, &out, err);
    if (status == MR_OK && p->outlook.has_money)
        status = outlook_spending(&p->outlook, w->n, c[C_X], c[C_MEAN], c[C_SPEND], c[C_MONEY], err);
    if (status != MR_OK) return status;
    for (int digits = currency_digits(w->writer->currency), i = digits < 0 ? 2 : digits; i > 0; i--) scale *= 10;
    for (size_t i = 0; i < w->n; i++) {
        double profit = outlook_profit(&p->outlook, p->outlook.has_money ? c[C_MONEY][i] : 0, p->discount), due = c[C_DUE][i] * days;
        mr_standing s = outlook_standing(&p->outlook, &data, &out, profit, i);
        mr_stage stage = mr_stage_of(&s, MR_LEFT_THRESHOLD);
        forecast_row *r = &w->row[i];
        *r = (forecast_row){.customer_id = w->id[i], .orders = (int64_t)s.orders, .p_alive = s.p_alive, .p_order = s.p_order,
                            .expected_orders = c[C_EXPECTED][i], .expected_low = c[C_LOW][i], .expected_high = c[C_HIGH][i],
                            .rhythm_days = c[C_GAP][i] * days, .next_order_days = due < FORECAST_NEVER ? due : FORECAST_NEVER,
                            .stage = mr_stage_name(stage)};
        if (p->outlook.has_money) {
            r->value_minor = minor_of(profit * r->expected_orders, scale);
            r->value_at_risk_minor = minor_of(mr_value_at_risk(&s), scale);
        }
        add_row(sums, r, stage);
    }
    sums->customers += w->n;
    return MR_OK;
}

/* --- all of it --- */

static double lap(const score_plan *p, double *since) {
    double now = p->clock ? p->clock() : 0, took = now - *since;
    *since = now;
    return took;
}

mr_status score_range(score_worker *w, int64_t first, int64_t last, score_sums *sums, mr_error *err) {
    mr_status status = MR_OK;
    double since = w->plan->clock ? w->plan->clock() : 0;
    for (bool more = true; more && status == MR_OK; first = w->next) {
        status = read_block(w, first, last, err);
        sums->seconds[SCORE_SCANNING] += lap(w->plan, &since);
        if (status == MR_OK && w->n) status = forecast_block(w, sums, err);
        sums->seconds[SCORE_FORECASTING] += lap(w->plan, &since);
        more = w->full;
        if (status == MR_OK) status = ledger_forecasts_write(w->writer, w->row, w->n, first, more ? w->next - 1 : last, err);
        sums->seconds[SCORE_WRITING] += lap(w->plan, &since);
    }
    return status;
}

void score_sums_add(score_sums *to, const score_sums *from) {
    to->customers += from->customers;
    to->repeaters += from->repeaters;
    to->orders += from->orders;
    to->expected = bits_add_saturating(to->expected, from->expected);
    to->ordering = bits_add_saturating(to->ordering, from->ordering);
    to->value_minor = bits_add_saturating(to->value_minor, from->value_minor);
    to->value_at_risk_minor = bits_add_saturating(to->value_at_risk_minor, from->value_at_risk_minor);
    for (size_t i = 0; i < MR_STAGES; i++) {
        to->stage[i] += from->stage[i];
        to->stage_at_risk_minor[i] = bits_add_saturating(to->stage_at_risk_minor[i], from->stage_at_risk_minor[i]);
    }
    for (size_t i = 0; i < 3; i++) to->seconds[i] += from->seconds[i];
}
