/* Fitting the additive boosted model (Lou, Caruana & Gehrke 2012; with pairs: Lou, Caruana, Gehrke & Hooker 2013; bags and stopping as in Nori,
 * Jenkins, Koch & Caruana 2019):
 *
 *   1. values into bins (additive_bins);
 *   2. of each bag, curves are boosted over the features in turn until the rows it left out say stop (additive_boost);
 *   3. the strongest pairs are found, at scores by bags that did not see the row (additive_pairs), and boosted on top; they stay if they make the
 *      judged rows' loss smaller by more than chance;
 *   4. the outcome's regression on the judged rows' scores calibrates (Cox 1958; Platt 1999);
 *   5. bags are averaged and the whole made tidy (additive_tidy).
 *
 * Few rows: a bag a thread. Many: all threads on one bag after the other. The same bits, for blocks of rows are the same. */
#include "additive.h"

#include "error.h"
#include "mem.h"
#include "pool.h"
#include "rng.h"

#include <marram/logistic.h>

#include <math.h>
#include <pthread.h>
#include <string.h>

#define LIKELY 0.5
#define MOST_PAIR_CELLS 256e6 /* rows x pairs, two bytes each */
enum { CLUSTERS = 1024, FEW = 50000, A_BAG_A_THREAD = 200000, LEAST_ROWS = 20, LEAST_OF_EACH = 5 };

typedef struct fitting {
    additive_plan plan;
    additive_bins bins;
    additive_bags bags;
    step_rules curve_rules, table_rules;
    size_t curve_cells;
    /* Of the curves: used features. */
    size_t *feature, *offset;
    const void **column;
    boost_terms curves, tables;
    size_t pairs;
    additive_pair *pair;
    size_t *pair_offset;
    uint16_t *pair_cells;
    const void **pair_column;
    /* Of each bag. */
    float *score;           /* [bags][n] */
    double *base;           /* [bags] */
    double *curve, *table;  /* [bags][...] */
    double *boosted;        /* [bags][offset[used]] */
    int *rounds, *pair_rounds;
    float *out_of_bag;      /* [n] mean score by the bags that a row judged */
    double *plain_loss;     /* [n] of it, before pairs */
    mr_pool *outer, *inner;
    pthread_mutex_t lock;
    uint64_t done, total;
    bool cancelled;
} fitting;

/* --- what is asked for --- */

static mr_status check_outcomes(const mr_frame *frame, const mr_outcomes *o, mr_error *err) {
    size_t of[2] = {0, 0}, fitted[2] = {0, 0}, judging = 0;
    if (!o || !o->happened) return error_set(err, MR_EINVAL, "outcomes", -1, "there are no outcomes to learn from");
    for (size_t i = 0; i < frame->n; i++) {
        double w = o->weight ? o->weight[i] : 1;
        if (o->happened[i] > 1) return error_set(err, MR_EDATA, "happened", (int64_t)i, "happened must be 0 or 1, not %d", o->happened[i]);
        if (!(w >= 0) || !(w <= 1e12)) return error_set(err, MR_EDATA, "weight", (int64_t)i, "weight must be within 0 and 1e12, not %g", w);
        if (!(w > 0)) continue;
        bool judges = o->judge && o->judge[i];
        of[o->happened[i]]++;
        judging += judges;
        fitted[o->happened[i]] += !judges;
    }
    if (of[0] + of[1] == 0) return error_set(err, MR_EDATA, "n", -1, "there are no rows");
    if (!of[0] || !of[1])
        return error_set(err, MR_EDATA, "happened", -1, "it %s in every row: there is nothing to tell apart", of[1] ? "happened" : "did not happen");
    if (of[0] + of[1] < LEAST_ROWS || of[0] < LEAST_OF_EACH || of[1] < LEAST_OF_EACH)
        return error_set(err, MR_EDATA, "n", -1, "too few rows to learn from: %zu in which it happened and %zu in which it did not; %d in all and %d of each are the least",
                         of[1], of[0], LEAST_ROWS, LEAST_OF_EACH);
    if (o->judge && (!judging || !fitted[0] || !fitted[1]))
        return error_set(err, MR_EDATA, "judge", -1, "%s", judging ? "the rows that are left to fit to have one outcome only" : "no row judges");
    return MR_OK;
}

static mr_status check_frame(const mr_frame *frame, const mr_additive_options *o, mr_error *err) {
    if (!frame || !frame->feature || !frame->p) return error_set(err, MR_EINVAL, "frame", -1, "there are no features");
    if (frame->p > MOST_FEATURES) return error_set(err, MR_EINVAL, "p", -1, "at most %d features, not %zu", MOST_FEATURES, frame->p);
    if (frame->n >= UINT32_MAX) return error_set(err, MR_EDATA, "n", -1, "at most 2^32 - 2 rows, not %zu", frame->n);
    for (size_t j = 0; j < frame->p; j++) {
        const mr_feature *f = &frame->feature[j];
        if (!f->number == !f->category) return error_set(err, MR_EINVAL, "frame", -1, "feature %zu must be either numbers or categories", j + 1);
        if (f->category && (f->categories < 1 || f->categories > 1 << 24))
            return error_set(err, MR_EINVAL, "frame", -1, "feature %zu must have 1 to 2^24 categories, not %d", j + 1, f->categories);
        if (o->monotone && (o->monotone[j] > 1 || o->monotone[j] < -1 || (o->monotone[j] && f->category)))
            return error_set(err, MR_EINVAL, "monotone", (int64_t)j, "feature %zu: monotone is -1, 0 or 1, and of numbers only", j + 1);
    }
    return MR_OK;
}

static bool within(double value, double low, double high) {
    return value >= low && value <= high;
}

static mr_status plan_of(const mr_frame *frame, const mr_outcomes *outcomes, const mr_additive_options *options, const mr_context *context,
                         additive_plan *plan, mr_error *err) {
    *plan = (additive_plan){.frame = frame, .outcomes = outcomes};
    if (options) plan->options = *options;
    if (context) plan->context = *context;
    mr_additive_options *o = &plan->options;
    mr_status status = check_frame(frame, o, err);
    if (status == MR_OK) status = check_outcomes(frame, outcomes, err);
    if (status != MR_OK) return status;
    double n = (double)frame->n;
    if (!o->bins) o->bins = (int)fmin(254, fmax(32, floor(n / 200)));
    if (!o->pairs) o->pairs = (int)(n < FEW ? fmin(MOST_PAIRS, fmax(10, (double)frame->p)) : fmax(10, fmin(128, MOST_PAIR_CELLS / n)));
    if (!o->rounds) o->rounds = 5000;
    if (!o->bags) o->bags = (int)fmax(1, fmin(14, floor(300000 / n)));
    if (o->leaves == 0) o->leaves = n < FEW ? 2 : 3;
    if (o->learning_rate == 0) o->learning_rate = n < FEW ? 0.03 : 0.15;
    if (o->min_leaf == 0) o->min_leaf = 20;
    if (o->judged_share == 0) o->judged_share = n < FEW ? 1 / 7.0 : 0.1;
    plan->patience = n < FEW ? 50 : 10;
    plan->progress = n < FEW ? 1e-5 : 1e-4;
    if (o->bins < 2 || o->bins > 254) return error_set(err, MR_EINVAL, "bins", -1, "bins must be 2 to 254, not %d", o->bins);
    if (o->pairs > MOST_PAIRS) return error_set(err, MR_EINVAL, "pairs", -1, "pairs must be at most %d, not %d", MOST_PAIRS, o->pairs);
    if (o->rounds < 1) return error_set(err, MR_EINVAL, "rounds", -1, "rounds must be at least 1, not %d", o->rounds);
    if (o->bags < 1 || o->bags > MOST_BAGS) return error_set(err, MR_EINVAL, "bags", -1, "bags must be 1 to %d, not %d", MOST_BAGS, o->bags);
    if (o->leaves < 2 || o->leaves > MOST_LEAVES) return error_set(err, MR_EINVAL, "leaves", -1, "leaves must be 2 to %d, not %d", MOST_LEAVES, o->leaves);
    if (!within(o->learning_rate, 1e-6, 1)) return error_set(err, MR_EINVAL, "learning_rate", -1, "learning_rate must be above 0 and at most 1, not %g", o->learning_rate);
    if (!within(o->min_leaf, 1e-9, 1e12)) return error_set(err, MR_EINVAL, "min_leaf", -1, "min_leaf must be above 0, not %g", o->min_leaf);
    if (!within(o->judged_share, 1e-3, 0.5)) return error_set(err, MR_EINVAL, "judged_share", -1, "judged_share must be above 0 and at most 0.5, not %g", o->judged_share);
    return MR_OK;
}

/* --- bags --- */

static int tick(void *ctx) {
    fitting *f = ctx;
    pthread_mutex_lock(&f->lock);
    f->done++;
    if (!f->cancelled && f->plan.context.progress)
        f->cancelled = f->plan.context.progress(f->done, f->total > f->done ? f->total : 0, f->plan.context.progress_ctx) != 0;
    bool cancelled = f->cancelled;
    pthread_mutex_unlock(&f->lock);
    return cancelled;
}

static void curve_step(const void *ctx, size_t term, const double *g, const double *h, const double *w, float *step) {
    const fitting *f = ctx;
    size_t j = f->feature[term];
    step_curve(&f->curve_rules, g, h, w, additive_bins_of(&f->bins, j), f->bins.categorical[j], f->bins.monotone[j], step);
}

static void table_step(const void *ctx, size_t term, const double *g, const double *h, const double *w, float *step) {
    const fitting *f = ctx;
    const additive_pair *q = &f->pair[term];
    step_table(&f->table_rules, g, h, w, f->bins.coarse_width[q->first], f->bins.coarse_width[q->second], step);
}

/* The log-odds of the rows fitted to. */
static float base_of(const fitting *f, const float *fit) {
    double all = 0, happened = 0;
    for (size_t i = 0; i < f->bins.n; i++) {
        all += (double)fit[i];
        if (f->plan.outcomes->happened[i]) happened += (double)fit[i];
    }
    /* A group is in one fold whole, so a fold may hold all of an outcome there is. */
    happened = fmin(fmax(happened, all * 1e-6), all * (1 - 1e-6));
    return (float)log(happened / (all - happened));
}

static mr_status boost_bag(fitting *f, size_t bag, bool pairs, mr_error *err) {
    size_t n = f->bins.n;
    const mr_alloc *alloc = f->plan.context.alloc;
    float *fit = mem_take(alloc, n, 2 * sizeof *fit), *score = f->score + bag * n;
    if (!fit) return error_memory(err, n * 2 * sizeof *fit);
    additive_bag_weights(&f->bags, bag, fit, fit + n);
    if (!pairs) {
        float base = base_of(f, fit);
        f->base[bag] = (double)base;
        for (size_t i = 0; i < n; i++) score[i] = base;
    }
    booster b = {.n = n,
                 .happened = f->plan.outcomes->happened,
                 .fit = fit,
                 .judge = fit + n,
                 .score = score,
                 .pool = f->inner,
                 .alloc = alloc,
                 .rounds = f->plan.options.rounds,
                 .patience = f->plan.patience,
                 .progress = f->plan.progress,
                 .tick = tick,
                 .tick_ctx = f};
    const boost_terms *terms = pairs ? &f->tables : &f->curves;
    mr_status status = boost(&b, terms, (pairs ? f->table : f->boosted) + bag * terms->offset[terms->terms],
                             (pairs ? f->pair_rounds : f->rounds) + bag, err);
    mem_free(alloc, fit);
    return status;
}

static mr_status curves_of_bag(void *ctx, size_t bag, int worker, mr_error *err) {
    (void)worker;
    return boost_bag(ctx, bag, false, err);
}

static mr_status tables_of_bag(void *ctx, size_t bag, int worker, mr_error *err) {
    (void)worker;
    return boost_bag(ctx, bag, true, err);
}

static double loss_of(double score, bool happened) {
    return log1p(exp(-fabs(score))) + fmax(0, happened ? -score : score);
}

/* Each row's mean score by the bags that were not fitted to it; by all, where there is none. */
static void score_out_of_bag(fitting *f) {
    size_t n = f->bins.n;
    for (size_t i = 0; i < n; i++) {
        float unseen = 0, all = 0;
        int count = 0;
        for (size_t bag = 0; bag < f->bags.bags; bag++) {
            float s = f->score[bag * n + i];
            all += s;
            if (!additive_bag_fits(&f->bags, bag, i)) unseen += s, count++;
        }
        f->out_of_bag[i] = count ? unseen / (float)count : all / (float)f->bags.bags;
    }
}

static bool judged(const fitting *f, size_t row) {
    const mr_outcomes *o = f->plan.outcomes;
    if (o->weight && !(o->weight[row] > 0)) return false;
    if (o->judge && !o->judge[row]) return false;
    if ((o->judge && !o->group) || f->bags.bags >= f->bags.folds) return true;
    for (size_t bag = 0; bag < f->bags.bags; bag++)
        if (additive_bag_judges(&f->bags, bag, row)) return true;
    return false;
}

/* --- curves --- */

static mr_status make_curves(fitting *f, mr_error *err) {
    size_t p = f->bins.p, used = 0, at = 0;
    const mr_alloc *alloc = f->plan.context.alloc;
    for (size_t j = 0; j < p; j++) used += f->bins.used[j];
    if (!used) return error_set(err, MR_EDATA, "frame", -1, "every feature is the same in all rows: there is nothing to learn from");
    f->feature = mem_take(alloc, used, sizeof *f->feature);
    f->offset = mem_take(alloc, used + 1, sizeof *f->offset);
    f->column = mem_take(alloc, used, sizeof *f->column);
    if (!f->feature || !f->offset || !f->column) return error_memory(err, used * sizeof *f->feature);
    for (size_t j = 0, t = 0; j < p; j++) {
        if (!f->bins.used[j]) continue;
        f->feature[t] = j;
        f->column[t] = f->bins.column[j];
        f->offset[t++] = at;
        at += additive_bins_of(&f->bins, j);
    }
    f->offset[used] = at;
    f->curve_cells = at;
    f->curves = (boost_terms){.terms = used, .cells = f->column, .offset = f->offset, .step = curve_step, .ctx = f};
    size_t bags = f->bags.bags;
    f->score = mem_take(alloc, bags * f->bins.n, sizeof *f->score);
    f->base = mem_take(alloc, bags, sizeof *f->base);
    f->boosted = mem_new(alloc, bags * at, sizeof *f->boosted);
    f->rounds = mem_new(alloc, bags, sizeof *f->rounds);
    f->pair_rounds = mem_new(alloc, bags, sizeof *f->pair_rounds);
    f->out_of_bag = mem_take(alloc, f->bins.n, sizeof *f->out_of_bag);
    f->plain_loss = mem_take(alloc, f->bins.n, sizeof *f->plain_loss);
    if (!f->score || !f->base || !f->boosted || !f->rounds || !f->pair_rounds || !f->out_of_bag || !f->plain_loss)
        return error_memory(err, bags * f->bins.n * sizeof *f->score);
    return pool_run(f->outer, bags, curves_of_bag, f, err);
}

/* --- pairs --- */

static mr_status take_pairs(fitting *f, mr_error *err) {
    const mr_alloc *alloc = f->plan.context.alloc;
    size_t n = f->bins.n, at = 0;
    f->pair_offset = mem_take(alloc, f->pairs + 1, sizeof *f->pair_offset);
    f->pair_cells = mem_take(alloc, f->pairs * n, sizeof *f->pair_cells);
    f->pair_column = mem_take(alloc, f->pairs, sizeof *f->pair_column);
    if (!f->pair_offset || !f->pair_cells || !f->pair_column) return error_memory(err, f->pairs * n * sizeof *f->pair_cells);
    for (size_t q = 0; q < f->pairs; q++) {
        additive_pair_cells(&f->bins, &f->pair[q], f->pair_cells + q * n);
        f->pair_column[q] = f->pair_cells + q * n;
        f->pair_offset[q] = at;
        at += (size_t)f->bins.coarse_width[f->pair[q].first] * f->bins.coarse_width[f->pair[q].second];
    }
    f->pair_offset[f->pairs] = at;
    f->table = mem_new(alloc, f->bags.bags * at, sizeof *f->table);
    if (!f->table) return error_memory(err, f->bags.bags * at * sizeof *f->table);
    f->tables = (boost_terms){.terms = f->pairs, .cells = f->pair_column, .wide = true, .offset = f->pair_offset, .step = table_step, .ctx = f};
    return MR_OK;
}

/* Rows of a group go together: their sums are told apart by a hash of the group, and more groups than there are places share one. */
typedef struct clusters {
    double sum[CLUSTERS];
    bool there[CLUSTERS];
} clusters;

static size_t cluster_of(const mr_outcomes *o, size_t row) {
    return (size_t)(rng_mix(o->group[row]) >> 32) % CLUSTERS;
}

/* By how much the judged rows' loss fell, in standard errors. */
static double gain_of(const fitting *f, double *before, double *after) {
    const mr_outcomes *o = f->plan.outcomes;
    clusters c;
    double all = 0, sum = 0, squares = 0;
    size_t rows = 0;
    memset(&c, 0, sizeof c);
    *before = *after = 0;
    for (size_t i = 0; i < f->bins.n; i++) {
        if (!judged(f, i)) continue;
        double w = o->weight ? o->weight[i] : 1, loss = loss_of((double)f->out_of_bag[i], o->happened[i]), less = w * (f->plain_loss[i] - loss);
        all += w;
        *before += w * f->plain_loss[i];
        *after += w * loss;
        sum += less;
        if (o->group) {
            size_t k = cluster_of(o, i);
            rows += !c.there[k];
            c.there[k] = true;
            c.sum[k] += less;
        } else {
            squares += less * less;
            rows++;
        }
    }
    for (size_t k = 0; k < CLUSTERS; k++) squares += c.sum[k] * c.sum[k];
    *before /= all;
    *after /= all;
    double variance = squares - sum * sum / (double)rows;
    return variance > 0 ? sum / sqrt(variance) : 0;
}

static mr_status make_pairs(fitting *f, mr_additive_course *course, mr_error *err) {
    const mr_alloc *alloc = f->plan.context.alloc;
    const mr_outcomes *o = f->plan.outcomes;
    for (size_t i = 0; i < f->bins.n; i++) f->plain_loss[i] = loss_of((double)f->out_of_bag[i], o->happened[i]);
    (void)gain_of(f, &course->judged_loss_alone, &course->judged_loss);
    if (f->plan.options.pairs < 0) return MR_OK;
    size_t most = (size_t)f->plan.options.pairs;
    f->pair = mem_take(alloc, most, sizeof *f->pair);
    if (!f->pair) return error_memory(err, most * sizeof *f->pair);
    mr_status status = additive_pairs_find(&f->plan, &f->bins, f->out_of_bag, most, f->pair, &f->pairs, err);
    if (status != MR_OK || !f->pairs) return status;
    status = take_pairs(f, err);
    if (status == MR_OK) status = pool_run(f->outer, f->bags.bags, tables_of_bag, f, err);
    if (status != MR_OK) return status;
    float *plain = f->out_of_bag;
    f->out_of_bag = mem_take(alloc, f->bins.n, sizeof *f->out_of_bag);
    if (!f->out_of_bag) {
        f->out_of_bag = plain;
        return error_memory(err, f->bins.n * sizeof *f->out_of_bag);
    }
    score_out_of_bag(f);
    double before, after;
    if (gain_of(f, &before, &after) > 1) {
        course->judged_loss = after;
        mem_free(alloc, plain);
    } else { /* no better than without */
        mem_free(alloc, f->out_of_bag);
        f->out_of_bag = plain;
        f->pairs = 0;
    }
    return MR_OK;
}

/* --- calibration, and all of it --- */

/* By which the mean chance is the rate, given the slope: Newton's steps, none longer than 1. */
static double intercept_of(size_t n, const double *score, const double *weight, const unsigned char *happened, double slope) {
    double intercept = 0;
    for (int step = 0; step < 50; step++) {
        double off = 0, information = 0;
        for (size_t i = 0; i < n; i++) {
            double chance = 1 / (1 + exp(-intercept - slope * score[i]));
            off += weight[i] * (happened[i] - chance);
            information += weight[i] * chance * (1 - chance);
        }
        double move = information > 0 ? fmin(fmax(off / information, -1), 1) : 0;
        intercept += move;
        if (fabs(move) < 1e-10) break;
    }
    return intercept;
}

/* The variance of the slope where rows of a group go together: B M B, with B the inverse of the information and M the groups' summed scores squared (Liang &
 * Zeger 1986). row[n]: whose score. */
static double slope_variance(const mr_outcomes *o, size_t n, const uint32_t *row, const double *score, const double *weight, const double c[2]) {
    double sums[2][CLUSTERS], h00 = 0, h01 = 0, h11 = 0, m00 = 0, m01 = 0, m11 = 0;
    memset(sums, 0, sizeof sums);
    for (size_t i = 0; i < n; i++) {
        double chance = 1 / (1 + exp(-c[0] - c[1] * score[i])), h = weight[i] * chance * (1 - chance), u = weight[i] * (o->happened[row[i]] - chance);
        size_t k = cluster_of(o, row[i]);
        h00 += h, h01 += h * score[i], h11 += h * score[i] * score[i];
        sums[0][k] += u, sums[1][k] += u * score[i];
    }
    for (size_t k = 0; k < CLUSTERS; k++) m00 += sums[0][k] * sums[0][k], m01 += sums[0][k] * sums[1][k], m11 += sums[1][k] * sums[1][k];
    double d = h00 * h11 - h01 * h01;
    return d > 0 ? (h01 * h01 * m00 - 2 * h01 * h00 * m01 + h00 * h00 * m11) / (d * d) : 0;
}

/* The slope is held to 1 as if that were known within LIKELY: a few dozen rows do not stretch a model, thousands do. */
static mr_status calibrate(fitting *f, double *intercept, double *slope, mr_error *err) {
    const mr_outcomes *o = f->plan.outcomes;
    const mr_alloc *alloc = f->plan.context.alloc;
    size_t n = f->bins.n, rows = 0;
    double *score = mem_take(alloc, n, 2 * sizeof *score), *weight = score ? score + n : NULL, c[2], se[2];
    unsigned char *happened = mem_take(alloc, n, 1);
    uint32_t *row = mem_take(alloc, n, sizeof *row);
    *intercept = 0, *slope = 1;
    if (!score || !happened || !row) {
        mem_free(alloc, row);
        mem_free(alloc, happened);
        mem_free(alloc, score);
        return error_memory(err, n * 2 * sizeof *score);
    }
    for (size_t i = 0; i < n; i++) {
        if (!judged(f, i)) continue;
        score[rows] = (double)f->out_of_bag[i];
        weight[rows] = o->weight ? o->weight[i] : 1;
        row[rows] = (uint32_t)i;
        happened[rows++] = o->happened[i];
    }
    const double *x[1] = {score};
    mr_logistic_fit fit = {.coefficient = c, .se = se};
    mr_error why = {0};
    mr_status status = mr_logistic_estimate(rows, x, 1, happened, weight, 0, &(mr_context){.alloc = alloc, .pool = f->plan.context.pool}, &fit, &why);
    /* Nothing learnt, or everything: no regression on that, and nothing to calibrate. */
    if (status == MR_OK && se[1] > 0) {
        double variance = se[1] * se[1];
        if (o->group) variance = fmax(variance, slope_variance(o, rows, row, score, weight, c));
        *slope = (c[1] / variance + 1 / (LIKELY * LIKELY)) / (1 / variance + 1 / (LIKELY * LIKELY));
        *slope = fmin(fmax(*slope, 0), 2);
        *intercept = intercept_of(rows, score, weight, happened, *slope);
    }
    if (status == MR_ENOMEM && err) *err = why;
    mem_free(alloc, row);
    mem_free(alloc, happened);
    mem_free(alloc, score);
    return status == MR_ENOMEM ? status : MR_OK;
}

static mr_status assemble(fitting *f, mr_additive *model, mr_error *err) {
    const mr_alloc *alloc = f->plan.context.alloc;
    size_t bags = f->bags.bags, cells = f->bins.bin_offset[f->bins.p];
    double *curve = mem_new(alloc, bags * cells, sizeof *curve);
    if (!curve) return error_memory(err, bags * cells * sizeof *curve);
    for (size_t bag = 0; bag < bags; bag++)
        for (size_t t = 0; t < f->curves.terms; t++)
            memcpy(curve + bag * cells + f->bins.bin_offset[f->feature[t]], f->boosted + bag * f->curve_cells + f->offset[t],
                   (f->offset[t + 1] - f->offset[t]) * sizeof *curve);
    boosted b = {.plan = &f->plan,
                 .bins = &f->bins,
                 .bags = bags,
                 .pairs = f->pairs,
                 .base = f->base,
                 .curve = curve,
                 .pair = f->pair,
                 .pair_offset = f->pair_offset,
                 .cells = f->pair_column,
                 .table = f->table,
                 .left_out = bags > 1 ? 1 / (double)f->bags.folds : 0};
    mr_status status = calibrate(f, &b.intercept, &b.slope, err);
    if (status == MR_OK) status = additive_tidy(&b, model, err);
    mr_additive_course *c = &model->course;
    c->bags = (int)bags;
    c->pairs = f->pairs;
    c->slope = b.slope;
    c->rounds_least = c->rounds_most = f->rounds[0];
    double pair_rounds = 0;
    for (size_t bag = 0; bag < bags; bag++) {
        if (f->rounds[bag] < c->rounds_least) c->rounds_least = f->rounds[bag];
        if (f->rounds[bag] > c->rounds_most) c->rounds_most = f->rounds[bag];
        pair_rounds += (double)f->pair_rounds[bag] / (double)bags;
    }
    c->pair_rounds = f->pairs ? (int)nearbyint(pair_rounds) : 0;
    mem_free(alloc, curve);
    return status;
}

static void release(fitting *f) {
    const mr_alloc *alloc = f->plan.context.alloc;
    void *const owned[] = {f->feature,     f->offset, f->column, f->pair,    f->pair_offset, f->pair_cells, f->pair_column, f->score, f->base,
                           f->table,  f->boosted, f->rounds,      f->pair_rounds, f->out_of_bag,  f->plain_loss};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) mem_free(alloc, owned[i]);
    additive_bags_free(&f->bags, alloc);
    additive_bins_free(&f->bins, alloc);
    pthread_mutex_destroy(&f->lock);
}

mr_status mr_additive_fit(const mr_frame *frame, const mr_outcomes *outcomes, const mr_additive_options *options, const mr_context *context,
                          mr_additive **out, mr_error *err) {
    fitting f = {0};
    if (!out) return error_set(err, MR_EINVAL, "out", -1, "out is NULL");
    *out = NULL;
    mr_status status = plan_of(frame, outcomes, options, context, &f.plan, err);
    if (status != MR_OK) return status;
    const mr_alloc *alloc = f.plan.context.alloc;
    mr_additive *model = mem_new(alloc, 1, sizeof *model);
    if (!model) return error_memory(err, sizeof *model);
    model->memory.alloc = alloc;
    model->alloc = alloc;
    pthread_mutex_init(&f.lock, NULL);
    bool bag_a_thread = f.plan.options.bags > 1 && frame->n <= A_BAG_A_THREAD;
    f.outer = bag_a_thread ? f.plan.context.pool : NULL;
    f.inner = bag_a_thread ? NULL : f.plan.context.pool;
    f.curve_rules = (step_rules){f.plan.options.learning_rate, f.plan.options.min_leaf, 1, f.plan.options.leaves};
    f.table_rules = f.curve_rules;
    if (frame->n >= FEW) f.table_rules.rate = fmin(1, 2 * f.table_rules.rate); /* with many rows haste costs nothing */
    status = additive_bins_learn(&f.plan, &model->memory, &f.bins, err);
    if (status == MR_OK) status = additive_bags_make(&f.plan, &f.bags, err);
    if (status == MR_OK) status = make_curves(&f, err);
    if (status == MR_OK) {
        score_out_of_bag(&f);
        status = make_pairs(&f, &model->course, err);
    }
    if (status == MR_OK) status = assemble(&f, model, err);
    release(&f);
    if (status == MR_OK) *out = model;
    else mr_additive_free(model);
    return status;
}
