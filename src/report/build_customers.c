/* Every customer's forecast, stage, value at risk and first step; the headline sums. */
#include "build.h"

#include <outlook.h>

#include "error.h"
#include "mem.h"
#include "pool.h"
#include "sort.h"

#include "calendar.h"

#include <math.h>
#include <string.h>

/* Forecast columns of n customers, in one block. */
enum { F_ALIVE, F_LATER, F_ORDER, F_EXPECTED, F_LOW, F_HIGH, F_STAY, F_DUE, F_DUE_90, F_GAP, F_GAP_50, F_GAP_90, F_GAP_95,
       F_SPEND, F_NET, F_RANK, F_RISK, F_COLUMNS };

typedef struct customers_job {
    build *b;
    const ingest_orders *input;
    double *f[F_COLUMNS];
    outlook_spec spec;
    outlook_columns columns;
    double discount;             /* mean discount factor of an order within the horizon */
    uint32_t *by_spend;          /* customers, least net spend first */
    uint32_t *by_risk, *position; /* customers as the list has them; position[by_risk[i]] = i */
} customers_job;

static double value_per_order(const customers_job *job, size_t i) {
    return outlook_profit(&job->spec, job->f[F_SPEND][i], job->discount);
}

#define CUSTOMER_BLOCK 16384

/* Expected spend, and the two columns customers are ranked by: net spend (orders, without amounts), and value at risk. */
static mr_status rank_block(void *ctx, size_t block, int worker, mr_error *err) {
    (void)worker;
    customers_job *job = ctx;
    build *b = job->b;
    size_t from = block * CUSTOMER_BLOCK, to = from + CUSTOMER_BLOCK < b->n ? from + CUSTOMER_BLOCK : b->n;
    mr_status status = b->r.has_money ? outlook_spending(&job->spec, to - from, b->data.x + from, b->mean_spend + from, b->spend + from,
                                                         job->f[F_SPEND] + from, err)
                                      : MR_OK;
    if (status != MR_OK) return status;
    for (size_t i = from; i < to; i++) {
        double back = job->input->returned ? (double)job->input->returned[i] / MR_MONEY_SCALE : 0;
        job->f[F_NET][i] = b->r.has_money ? b->spend[i] - back : b->data.x[i] + 1;
        mr_standing s = {.p_alive = job->f[F_ALIVE][i], .p_alive_later = job->f[F_LATER][i],
                         .value_if_stay = value_per_order(job, i) * job->f[F_STAY][i]};
        job->f[F_RISK][i] = mr_value_at_risk(&s);
    }
    return MR_OK;
}

/* Share of customers whose net spend is less. */
static mr_status rank_spend(customers_job *job, mr_error *err) {
    size_t n = job->b->n;
    const double *net = job->f[F_NET];
    uint32_t *order = job->by_spend;
    if (sort_doubles(n, net, order, false) != MR_OK) return error_memory(err, n * 16);
    for (size_t i = 0; i < n;) {
        size_t j = i;
        while (j < n && net[order[j]] == net[order[i]]) job->f[F_RANK][order[j++]] = (double)i / (double)n;
        i = j;
    }
    return MR_OK;
}

/* Share held by the top 0, 10, ..., 100 %: the order is already there, ascending. */
static void concentrate(const customers_job *job) {
    report *r = &job->b->r;
    size_t n = job->b->n;
    double total = 0, sum = 0;
    for (size_t i = 0; i < n; i++) total += fmax(0, job->f[F_NET][i]);
    size_t next = 1;
    r->concentration[0] = 0;
    for (size_t i = 0; i < n; i++) {
        sum += fmax(0, job->f[F_NET][job->by_spend[n - 1 - i]]);
        while (next <= 10 && i + 1 >= (n * next + 9) / 10) r->concentration[next++] = total > 0 ? sum / total : NAN;
    }
}

static void fill_customer(const customers_job *job, size_t i, report_customer *c) {
    const build *b = job->b;
    const report *r = &b->r;
    double *const *f = job->f, days = r->days_per_unit;
    const mr_orders *orders = &job->input->orders;
    double gap = f[F_GAP][i] * days;
    double gross = b->spend[i], back = job->input->returned ? (double)job->input->returned[i] / MR_MONEY_SCALE : 0;
    double per_order = value_per_order(job, i);
    mr_standing s = outlook_standing(&job->spec, &b->data, &job->columns, per_order, i);
    s.value_rank = f[F_RANK][i];
    s.return_share = gross > 0 ? back / gross : 0;
    *c = (report_customer){
        .index = (uint32_t)i,
        .orders = (uint32_t)s.orders,
        .first_day = orders->day[orders->offset[i]],
        .last_day = orders->day[orders->offset[i + 1] - 1],
        .spend = r->has_money ? f[F_NET][i] : NAN,
        .rhythm_days = gap,
        .rhythm_from = (uint32_t)b->data.x[i],
        .overdue_ratio = s.silence / gap,
        .p_order = s.p_order,
        .p_alive = s.p_alive,
        .expected = f[F_EXPECTED][i],
        .expected_low = f[F_LOW][i],
        .expected_high = f[F_HIGH][i],
        .expected_value = r->has_money ? per_order * f[F_EXPECTED][i] : NAN,
        .value_at_risk = r->has_money ? f[F_RISK][i] : NAN,
        .due_day = r->until + f[F_DUE][i] * days,
        .due_90_day = r->until + f[F_DUE_90][i] * days,
        .stage = mr_stage_of(&s, MR_LEFT_THRESHOLD),
    };
    c->step = mr_first_step(&s, c->stage);
    c->unlisted = job->input->unlisted && job->input->unlisted[i];
}

static mr_status fill_block(void *ctx, size_t block, int worker, mr_error *err) {
    (void)worker, (void)err;
    customers_job *job = ctx;
    size_t n = job->b->n, from = block * CUSTOMER_BLOCK, to = from + CUSTOMER_BLOCK < n ? from + CUSTOMER_BLOCK : n;
    for (size_t i = from; i < to; i++) fill_customer(job, i, &job->b->customers[job->position[i]]);
    return MR_OK;
}

/* Where each customer stands in the list: highest value at risk first; without amounts, most expected orders at risk. */
static mr_status rank_at_risk(customers_job *job, mr_error *err) {
    size_t n = job->b->n;
    if (sort_doubles(n, job->f[F_RISK], job->by_risk, true) != MR_OK) return error_memory(err, n * 16);
    for (size_t i = 0; i < n; i++) job->position[job->by_risk[i]] = (uint32_t)i;
    return MR_OK;
}

/* The two rankings know nothing of each other: side by side. */
static mr_status ranking(void *ctx, size_t block, int worker, mr_error *err) {
    (void)worker;
    return block == 0 ? rank_spend(ctx, err) : rank_at_risk(ctx, err);
}

/* Sums over a block of the list; blocks are added in order, so that they are the same on any number of threads. */
typedef struct headline {
    double orders, spend, returned, repeaters, expected, expected_customers, expected_value, value_at_risk;
    double stage_spend[MR_STAGES], stage_risk[MR_STAGES];
    uint64_t stage[MR_STAGES], step[MR_STEPS];
} headline;

typedef struct headline_job {
    const build *b;
    headline *block;
} headline_job;

static mr_status headline_block(void *ctx, size_t block, int worker, mr_error *err) {
    (void)worker, (void)err;
    const headline_job *job = ctx;
    const build *b = job->b;
    size_t from = block * CUSTOMER_BLOCK, to = from + CUSTOMER_BLOCK < b->n ? from + CUSTOMER_BLOCK : b->n;
    headline h = {0};
    for (size_t i = from; i < to; i++) {
        const report_customer *c = &b->customers[i];
        h.orders += c->orders;
        h.repeaters += c->orders > 1;
        h.expected += c->expected;
        h.expected_customers += c->p_order;
        h.stage[c->stage]++;
        h.step[c->step]++;
        if (b->r.input->returned) h.returned += (double)b->r.input->returned[i] / MR_MONEY_SCALE;
        if (!b->r.has_money) continue;
        h.spend += c->spend;
        h.expected_value += c->expected_value;
        h.value_at_risk += c->value_at_risk;
        h.stage_spend[c->stage] += c->spend;
        h.stage_risk[c->stage] += c->value_at_risk;
    }
    job->block[block] = h;
    return MR_OK;
}

static void add_headline(report *r, const headline *h, double *returned) {
    r->total_orders += h->orders;
    r->total_spend += h->spend;
    *returned += h->returned;
    r->repeaters += h->repeaters;
    r->expected_orders += h->expected;
    r->expected_customers += h->expected_customers;
    r->expected_value += h->expected_value;
    r->value_at_risk += h->value_at_risk;
    for (size_t s = 0; s < MR_STAGES; s++) {
        r->stage_count[s] += h->stage[s];
        r->stage_spend[s] += h->stage_spend[s];
        r->stage_value_at_risk[s] += h->stage_risk[s];
    }
    for (size_t s = 0; s < MR_STEPS; s++) r->step_count[s] += h->step[s];
}

static void total_interval(report *r) {
    const report_model *m = r->models_n ? &r->models[r->chosen] : NULL;
    outlook_total(r->expected_orders, m && m->fitted ? m->predicted_total : NAN, r->outer_actual_total, &r->expected_orders_low,
                  &r->expected_orders_high);
    if (isnan(r->expected_orders_low)) return;
    if (!r->has_money) return;
    /* Value stands on the same orders: it is taken to be off by the same share. */
    double low = r->expected_orders_low / r->expected_orders, high = r->expected_orders_high / r->expected_orders;
    r->expected_value_low = low * r->expected_value;
    r->expected_value_high = high * r->expected_value;
    r->value_at_risk_low = low * r->value_at_risk;
    r->value_at_risk_high = high * r->value_at_risk;
}

static mr_status add_headlines(build *b, const mr_context *context, mr_error *err) {
    report *r = &b->r;
    size_t blocks = (b->n + CUSTOMER_BLOCK - 1) / CUSTOMER_BLOCK;
    headline_job job = {b, mem_take(context_alloc(context), blocks, sizeof(headline))};
    if (!job.block) return error_memory(err, blocks * sizeof(headline));
    mr_status status = pool_run(context_pool(context), blocks, headline_block, &job, err);
    double returned = 0;
    for (size_t i = 0; i < blocks && status == MR_OK; i++) add_headline(r, &job.block[i], &returned);
    mem_free(context_alloc(context), job.block);
    r->mean_order_value = r->has_money ? (r->total_spend + returned) / r->total_orders : NAN;
    if (!r->has_money) r->total_spend = r->expected_value = r->value_at_risk = NAN;
    total_interval(r);
    return status;
}

mr_status build_customers(build *b, const ingest_orders *input, const build_options *o, const mr_context *context,
                          mr_error *err) {
    const mr_alloc *alloc = context_alloc(context);
    size_t n = b->n, blocks = (n + CUSTOMER_BLOCK - 1) / CUSTOMER_BLOCK;
    const report *r = &b->r;
    customers_job job = {.b = b, .input = input,
                         .spec = {.forecast = &r->fit.params, .cycle = &r->cycle_fit.params,
                                  .spending = r->has_spend_fit ? &r->spend_fit.params : NULL, .has_money = r->has_money,
                                  .days_per_unit = o->days_per_unit, .horizon_days = o->horizon_days, .level = r->interval_level,
                                  .margin = o->margin, .discount_rate = o->discount_rate}};
    job.discount = outlook_discount(&job.spec);
    double *columns = mem_take(alloc, n * F_COLUMNS, sizeof *columns);
    uint32_t *ranks = mem_take(alloc, 3 * n, sizeof *ranks);
    b->customers = mem_take(NULL, n, sizeof *b->customers);
    for (size_t i = 0; columns && i < F_COLUMNS; i++) job.f[i] = columns + i * n;
    double **f = job.f;
    job.columns = (outlook_columns){.alive = f[F_ALIVE], .later = f[F_LATER], .order = f[F_ORDER], .expected = f[F_EXPECTED],
                                    .low = f[F_LOW], .high = f[F_HIGH], .stay = f[F_STAY], .due = f[F_DUE], .due_90 = f[F_DUE_90],
                                    .gap = f[F_GAP], .gap_50 = f[F_GAP_50], .gap_90 = f[F_GAP_90], .gap_95 = f[F_GAP_95]};
    job.by_spend = ranks;
    job.by_risk = ranks ? ranks + n : NULL;
    job.position = ranks ? ranks + 2 * n : NULL;
    mr_status status = columns && ranks && b->customers ? MR_OK : error_memory(err, n * F_COLUMNS * sizeof *columns);
    if (status == MR_OK) status = outlook_forecast(&job.spec, &b->data, context, &job.columns, err);
    if (status == MR_OK) status = pool_run(context_pool(context), blocks, rank_block, &job, err);
    if (status == MR_OK) status = pool_run(context_pool(context), 2, ranking, &job, err);
    if (status == MR_OK) concentrate(&job);
    if (status == MR_OK) status = pool_run(context_pool(context), blocks, fill_block, &job, err);
    mem_free(alloc, columns);
    mem_free(alloc, ranks);
    if (status != MR_OK) return status;
    b->r.customers = b->customers;
    b->r.not_listed = 0;
    for (size_t i = 0; i < n; i++) b->r.not_listed += b->customers[i].unlisted;
    return add_headlines(b, context, err);
}
