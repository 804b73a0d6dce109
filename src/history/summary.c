/* Histories summarised as of a day: recency, frequency, age and money, the models' sufficient statistics.
 *
 *   x = orders after the first, t_x = days from first to last order, T = days from first order to `until`, all up to the end of
 *   day `until`; log_gaps = sum log(gap). Times are divided by days_per_unit. log_gaps is summed in days and then put in units
 *   (summary_row.h), because the cycle stores that sum and has to give the same bits whatever the unit. */
#include <marram/history.h>

#include "bits.h"
#include "error.h"
#include "mem.h"
#include "pool.h"
#include "summary_row.h"

#include <math.h>

#define SUMMARY_BLOCK 8192
#define LOG_TABLE 4096

typedef struct summary_job {
    const mr_orders *orders;
    const uint32_t *which;
    size_t n;
    int32_t until, future_days;
    summary_unit unit;
    const double *log_days; /* log(days) for days < LOG_TABLE */
    mr_summary *out;
    size_t *start; /* [blocks + 1]: rows before each block */
} summary_job;

static inline uint32_t customer_at(const summary_job *job, size_t i) {
    return job->which ? job->which[i] : (uint32_t)i;
}

static mr_status count_block(void *ctx, size_t block, int worker, mr_error *err) {
    (void)worker, (void)err;
    summary_job *job = ctx;
    size_t from = block * SUMMARY_BLOCK, to = from + SUMMARY_BLOCK < job->n ? from + SUMMARY_BLOCK : job->n, rows = 0;
    for (size_t i = from; i < to; i++) {
        uint32_t c = customer_at(job, i);
        rows += job->orders->day[job->orders->offset[c]] <= job->until;
    }
    job->start[block + 1] = rows;
    return MR_OK;
}

static void summarise(const summary_job *job, uint32_t customer, size_t row) {
    const mr_orders *orders = job->orders;
    mr_summary *out = job->out;
    uint64_t from = orders->offset[customer], to = orders->offset[customer + 1], end = from + 1;
    const int32_t *day = orders->day;
    double gaps = 0;
    /* A whole history that ends by `until` is the usual case: no look at each day unless the gaps are asked for. */
    if (out->log_gaps || day[to - 1] > job->until) {
        for (; end < to && day[end] <= job->until; end++) {
            int32_t gap = day[end] - day[end - 1];
            if (out->log_gaps) gaps += gap < LOG_TABLE ? job->log_days[gap] : log((double)gap);
        }
    } else {
        end = to;
    }
    uint64_t repeats = end - from - 1;
    if (out->customer) out->customer[row] = customer;
    if (out->x) out->x[row] = (double)repeats;
    if (out->t_x) out->t_x[row] = summary_time(day[from], day[end - 1], job->unit);
    if (out->T) out->T[row] = summary_time(day[from], job->until, job->unit);
    if (out->log_gaps) out->log_gaps[row] = summary_log_gaps(gaps, repeats, job->unit);
    if (out->spend || out->mean_spend) {
        int64_t sum = 0;
        if (orders->money)
            for (uint64_t i = from; i < end; i++) sum = bits_add_saturating(sum, orders->money[i]);
        if (out->spend) out->spend[row] = summary_spend(sum);
        if (out->mean_spend) out->mean_spend[row] = summary_mean_spend(sum, orders->money ? orders->money[from] : 0, repeats);
    }
    if (out->future) {
        uint64_t later = end;
        int64_t limit = (int64_t)job->until + job->future_days;
        while (later < to && day[later] <= limit) later++;
        out->future[row] = (double)(later - end);
    }
}

static mr_status fill_block(void *ctx, size_t block, int worker, mr_error *err) {
    (void)worker, (void)err;
    summary_job *job = ctx;
    size_t from = block * SUMMARY_BLOCK, to = from + SUMMARY_BLOCK < job->n ? from + SUMMARY_BLOCK : job->n;
    size_t row = job->start[block];
    for (size_t i = from; i < to; i++) {
        uint32_t c = customer_at(job, i);
        if (job->orders->day[job->orders->offset[c]] <= job->until) summarise(job, c, row++);
    }
    return MR_OK;
}

mr_status mr_history_summary(const mr_orders *orders, const uint32_t *which, size_t n_which, int32_t until,
                             double days_per_unit, int32_t future_days, const mr_context *context, mr_summary *out,
                             mr_error *err) {
    if (!orders || !out || !orders->offset || (orders->n && !orders->day))
        return error_set(err, MR_EINVAL, "orders", -1, "orders or out is NULL");
    if (!(days_per_unit > 0) || isinf(days_per_unit) || future_days < 0)
        return error_set(err, MR_EINVAL, "days_per_unit", -1, "days_per_unit must be above 0 and future_days at least 0");
    for (size_t i = 0; which && i < n_which; i++)
        if (which[i] >= orders->n)
            return error_set(err, MR_EINVAL, "which", (int64_t)i, "which[%zu] is customer %u of %zu", i, which[i], orders->n);
    const mr_alloc *alloc = context_alloc(context);
    summary_job job = {.orders = orders, .which = which, .n = which ? n_which : orders->n, .until = until,
                       .future_days = future_days, .unit = {1 / days_per_unit, log(days_per_unit)}, .out = out};
    size_t blocks = (job.n + SUMMARY_BLOCK - 1) / SUMMARY_BLOCK;
    double *logs = mem_take(alloc, LOG_TABLE, sizeof *logs);
    job.start = mem_new(alloc, blocks + 1, sizeof *job.start);
    mr_status status = logs && job.start ? MR_OK : error_memory(err, LOG_TABLE * sizeof *logs);
    if (status == MR_OK) {
        for (size_t i = 0; i < LOG_TABLE; i++) logs[i] = i ? log((double)i) : 0;
        job.log_days = logs;
        status = pool_run(context_pool(context), blocks, count_block, &job, err);
    }
    if (status == MR_OK) {
        for (size_t b = 0; b < blocks; b++) job.start[b + 1] += job.start[b];
        status = pool_run(context_pool(context), blocks, fill_block, &job, err);
        out->n = job.start[blocks];
    }
    mem_free(alloc, logs);
    mem_free(alloc, job.start);
    return status;
}
