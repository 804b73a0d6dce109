/* Survival without a model: Kaplan & Meier's curve (1958) and Nelson and Aalen's cumulative hazard (1972, 1978), with right censoring and left
 * truncation. At each time t somebody left, with d of Y under observation leaving:
 *
 *   S(t) = prod (1 - d / Y)        var S = S^2 sum d / (Y (Y - d))   (Greenwood 1926)
 *   H(t) = sum d / Y               var H = sum d / Y^2
 *
 * Intervals of S are normal for log(-log S) (Kalbfleisch & Prentice 1980, 1.4). Who is censored at t is under observation at t. */
#include "survival.h"

#include "error.h"
#include "mem.h"
#include "sort.h"
#include "special.h"

#include <math.h>

#define ROUNDING 1e-12 /* of those at risk: whoever is left above it is somebody */

mr_status survival_check(const mr_survival *data, mr_error *err) {
    if (!data || !data->stop || !data->event) return error_set(err, MR_EINVAL, "data", -1, "survival needs columns stop and event");
    if (!data->n) return error_set(err, MR_EDATA, "n", -1, "there are no rows");
    if (data->n >= UINT32_MAX) return error_set(err, MR_EDATA, "n", -1, "at most 2^32 - 2 rows, not %zu", data->n);
    for (size_t i = 0; i < data->n; i++) {
        double start = data->start ? data->start[i] : 0, weight = survival_weight(data, i);
        if (!isfinite(start) || start < 0) return error_set(err, MR_EDATA, "start", (int64_t)i, "start must be a number of at least 0, not %g", start);
        if (!isfinite(data->stop[i]) || data->stop[i] <= start)
            return error_set(err, MR_EDATA, "stop", (int64_t)i, "stop must be a number behind start (%g), not %g", start, data->stop[i]);
        if (data->event[i] > 1) return error_set(err, MR_EDATA, "event", (int64_t)i, "event must be 0 or 1, not %d", data->event[i]);
        if (!isfinite(weight) || weight <= 0) return error_set(err, MR_EDATA, "weight", (int64_t)i, "weight must be above 0, not %g", weight);
    }
    return MR_OK;
}

mr_status survival_order_new(const mr_survival *data, const mr_alloc *alloc, survival_order *out, mr_error *err) {
    *out = (survival_order){0};
    out->by_stop = mem_take(alloc, data->n, sizeof *out->by_stop);
    if (data->start) out->by_start = mem_take(alloc, data->n, sizeof *out->by_start);
    if (!out->by_stop || (data->start && !out->by_start)) return error_memory(err, data->n * sizeof *out->by_stop);
    mr_status status = sort_doubles(data->n, data->stop, out->by_stop, true);
    if (status == MR_OK && data->start) status = sort_doubles(data->n, data->start, out->by_start, true);
    return status == MR_OK ? MR_OK : error_memory(err, data->n * sizeof *out->by_stop);
}

void survival_order_free(survival_order *order, const mr_alloc *alloc) {
    mem_free(alloc, order->by_stop);
    mem_free(alloc, order->by_start);
}

/* One column of the caller's, which may not want it. */
static void put(double *column, size_t i, double value) {
    if (column) column[i] = value;
}

static void turn(double *column, size_t n) {
    for (size_t i = 0; column && i < n / 2; i++) {
        double kept = column[i];
        column[i] = column[n - 1 - i];
        column[n - 1 - i] = kept;
    }
}

/* Times, those at risk and those who left, the last time first. at_risk counts from zero again whenever nobody is under observation, so that no
 * rounding is carried on. */
static size_t count(const mr_survival *data, const survival_order *order, double *time, double *at_risk, double *events) {
    size_t n = 0, left = 0, in = 0;
    double risk = 0;
    for (size_t i = 0; i < data->n;) {
        double t = data->stop[order->by_stop[i]], gone = 0;
        for (; i < data->n && data->stop[order->by_stop[i]] == t; i++, in++) {
            size_t row = order->by_stop[i];
            risk += survival_weight(data, row);
            if (data->event[row]) gone += survival_weight(data, row);
        }
        for (; order->by_start && left < data->n && data->start[order->by_start[left]] >= t; left++, in--) risk -= survival_weight(data, order->by_start[left]);
        if (!in) risk = 0;
        if (gone > 0) {
            time[n] = t;
            at_risk[n] = risk;
            events[n++] = gone;
        }
    }
    turn(time, n);
    turn(at_risk, n);
    turn(events, n);
    return n;
}

mr_status mr_survival_estimate(const mr_survival *data, double level, const mr_context *context, mr_survival_curve *out, mr_error *err) {
    const mr_alloc *alloc = context_alloc(context);
    if (!out) return error_set(err, MR_EINVAL, "out", -1, "there is nowhere to put the curve");
    if (!(level > 0 && level < 1)) return error_set(err, MR_EINVAL, "level", -1, "the level must be between 0 and 1, not %g", level);
    mr_status status = survival_check(data, err);
    if (status != MR_OK) return status;
    survival_order order;
    double *block = mem_take(alloc, data->n, 3 * sizeof *block);
    status = survival_order_new(data, alloc, &order, err);
    if (status == MR_OK && !block) status = error_memory(err, data->n * 3 * sizeof *block);
    out->n = 0;
    if (status == MR_OK) {
        double *time = block, *at_risk = block + data->n, *events = at_risk + data->n, z = special_normal_quantile(0.5 + level / 2);
        double log_survival = 0, greenwood = 0, hazard = 0, variance = 0;
        out->n = count(data, &order, time, at_risk, events);
        for (size_t i = 0; i < out->n; i++) {
            double share = events[i] / at_risk[i], stay = at_risk[i] - events[i];
            if (stay < ROUNDING * at_risk[i]) stay = 0, share = 1; /* weights that are no whole numbers, added up and taken away */
            log_survival += stay > 0 ? log1p(-share) : -HUGE_VAL;
            greenwood += stay > 0 ? share / stay : HUGE_VAL;
            hazard += share;
            variance += share / at_risk[i];
            double s = exp(log_survival), width = s > 0 ? z * sqrt(greenwood) / -log_survival : 0;
            put(out->time, i, time[i]);
            put(out->at_risk, i, at_risk[i]);
            put(out->events, i, events[i]);
            put(out->survival, i, s);
            put(out->survival_se, i, s > 0 ? s * sqrt(greenwood) : 0);
            put(out->survival_low, i, s > 0 ? exp(log_survival * exp(width)) : 0);
            put(out->survival_high, i, s > 0 ? exp(log_survival * exp(-width)) : 0);
            put(out->hazard, i, hazard);
            put(out->hazard_se, i, sqrt(variance));
        }
    }
    survival_order_free(&order, alloc);
    mem_free(alloc, block);
    return status;
}
