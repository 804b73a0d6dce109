#include "recalibrate.h"

#include <error.h>
#include <mem.h>

#include <marram/logistic.h>

#include <math.h>
#include <string.h>

/* A slope over 1 stretches: that is held to 1 as if it were known within LIKELY (as in the additive model's own calibration). */
static const double LIKELY = 0.5, ONE_SIDED_95 = 1.6448536269514722, MOST_SLOPE = 2, GRID = 0x1p-32, LARGEST = 0x1p7;

static double chance_of(double score) {
    return 1 / (1 + exp(-score));
}

static bool left(const later_rows *r, size_t i) {
    return r->m->then[r->row[i]] == LANDMARK_LEFT;
}

/* The sandwich of rows that come in bunches (Liang & Zeger 1986): the slope's part of H^-1 (sum over customers of g g') H^-1. */
static double clustered_se(const later_rows *r, const double *score, const double c[2]) {
    double h00 = 0, h01 = 0, h11 = 0, sum = 0;
    for (size_t i = 0; i < r->n; i++) {
        double p = chance_of(c[0] + c[1] * score[i]), w = p * (1 - p);
        h00 += w, h01 += w * score[i], h11 += w * score[i] * score[i];
    }
    double det = h00 * h11 - h01 * h01;
    if (!(det > 0)) return NAN;
    for (size_t i = 0, end; i < r->n; i = end) {
        double g0 = 0, g1 = 0;
        for (end = i; end < r->n && r->m->who[r->row[end]] == r->m->who[r->row[i]]; end++) {
            double off = left(r, end) - chance_of(c[0] + c[1] * score[end]);
            g0 += off, g1 += off * score[end];
        }
        double part = (h00 * g1 - h01 * g0) / det;
        sum += part * part;
    }
    return sqrt(sum);
}

static double sd_of(const double *x, size_t n) {
    double mean = 0, squares = 0;
    for (size_t i = 0; i < n; i++) mean += x[i] / (double)n;
    for (size_t i = 0; i < n; i++) squares += (x[i] - mean) * (x[i] - mean);
    return sqrt(squares / (double)n);
}

/* By which the mean chance is the rate: Newton's steps, none longer than 1. */
static double level_of(const later_rows *r, const double *score, double slope) {
    double level = 0;
    for (int step = 0; step < 60; step++) {
        double off = 0, information = 0;
        for (size_t i = 0; i < r->n; i++) {
            double p = chance_of(level + slope * score[i]);
            off += left(r, i) - p;
            information += p * (1 - p);
        }
        double move = information > 0 ? fmin(fmax(off / information, -1), 1) : 0;
        level += move;
        if (fabs(move) < 1e-10) break;
    }
    return level;
}

/* Between 0 and what was measured. */
static double held(double b, double se) {
    if (!(b > ONE_SIDED_95 * se)) return 0;
    double precision = 1 / (se * se), likely = 1 / (LIKELY * LIKELY), to_one = (b * precision + likely) / (precision + likely);
    return fmin(b, to_one) * (1 - se * se / (b * b));
}

mr_status recalibration_measure(const later_rows *r, const double *score, const double *now, const mr_context *context, recalibration *out, mr_error *err) {
    *out = (recalibration){.slope = 1, .rows = r->n, .from_day = INT32_MAX, .to_day = INT32_MIN};
    unsigned char *happened = mem_take(NULL, r->n + 1, 1);
    if (!happened) return error_memory(err, r->n);
    for (size_t i = 0; i < r->n; i++) {
        int32_t day = r->m->day[r->row[i]];
        happened[i] = left(r, i);
        out->left += happened[i];
        if (day < out->from_day) out->from_day = day;
        if (day > out->to_day) out->to_day = day;
    }
    double c[2] = {0, 0}, spread = sd_of(score, r->n), spread_now = sd_of(now, r->n);
    mr_logistic_fit fit = {.coefficient = c};
    mr_error why = {0};
    mr_status status = MR_OK;
    if (spread > 1e-9) status = mr_logistic_estimate(r->n, &score, 1, happened, NULL, 0, context, &fit, &why);
    mem_free(NULL, happened);
    if (status == MR_ENOMEM || status == MR_ECANCELLED) return error_set(err, status, NULL, -1, "%s", why.message);
    if (status != MR_OK) return MR_OK;
    out->measured = c[1];
    out->se = spread > 1e-9 ? clustered_se(r, score, c) : 0;
    if (isnan(out->se)) return MR_OK;
    double b = spread > 1e-9 ? held(c[1], out->se) : 0;
    out->slope = spread_now > 1e-9 ? fmin(b * spread / spread_now, MOST_SLOPE) : 0;
    out->level = level_of(r, now, out->slope);
    out->done = true;
    return MR_OK;
}

static double on_grid(double value) {
    return nearbyint(fmin(fmax(value, -LARGEST), LARGEST) / GRID) * GRID;
}

mr_status recalibration_apply(const recalibration *r, const mr_context *context, mr_additive **model, mr_error *err) {
    mr_additive_parts parts;
    mr_additive *drawn = NULL;
    mr_additive_take_apart(*model, &parts);
    size_t values = parts.value_offset[parts.terms];
    double *block = mem_take(NULL, 2 * values + parts.terms + 1, sizeof *block), *value = block, *error = block ? block + values : NULL,
           *importance = block ? error + values : NULL;
    if (!block) return error_memory(err, 2 * values * sizeof *block);
    for (size_t k = 0; k < values; k++) value[k] = on_grid(r->slope * parts.value[k]), error[k] = r->slope * parts.error[k];
    for (size_t t = 0; t < parts.terms; t++) importance[t] = r->slope * parts.importance[t];
    parts.value = value;
    parts.error = error;
    parts.importance = importance;
    parts.base = on_grid(r->level + r->slope * parts.base);
    mr_status status = mr_additive_put_together(&parts, context, &drawn, err);
    mem_free(NULL, block);
    if (status != MR_OK) return status;
    mr_additive_free(*model);
    *model = drawn;
    return MR_OK;
}
