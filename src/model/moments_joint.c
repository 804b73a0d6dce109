/* What of a window's excess the backgrounds of all clocks together could take up: where clocks read alike for a while, each has taken its share already,
 * and what is left is weak against the information one clock seems to have, not against what all of them leave:
 *   I = v - a' A^-1 a,   a = sum over the window of V x,   A = X'VX + penalty,   x: the columns of all clocks
 * Sums over rows by pairs of bins make A; then A = L L', and with running sums over bins of L^-1 V x a window costs as many products as there are
 * columns. A clock's background is fitted while the others stand still: what one Newton step on all columns would still take up of a window's excess is taken off,
 * too. Columns whose penalty outweighs what is known of them say nothing and are left out. */
#include "moments.h"

#include "error.h"
#include "mem.h"
#include "pool.h"

#include <math.h>
#include <string.h>

#define KNOWN 0.01 /* information over penalty, at least, of a column that counts */

typedef struct building {
    const moments_model *m;
    moments_joint *joint;
    const double *variance; /* [rows] */
} building;

/* The rows on which a clock runs, and what it reads there: most clocks run on few. */
typedef struct running {
    uint32_t *row;
    uint16_t *bin;
    double *variance;
    size_t n;
} running;

static void running_free(const mr_alloc *alloc, running *r) {
    mem_free(alloc, r->row);
    mem_free(alloc, r->bin);
    mem_free(alloc, r->variance);
}

static mr_status running_of(const building *g, const moments_clock *c, running *r, mr_error *err) {
    const mr_alloc *alloc = context_alloc(g->m->context);
    size_t n = 0;
    for (size_t i = 0; i < g->m->rows->n; i++) n += c->bin[i] < c->bins;
    r->row = mem_take(alloc, n + 1, sizeof *r->row);
    r->bin = mem_take(alloc, n + 1, sizeof *r->bin);
    r->variance = mem_take(alloc, n + 1, sizeof *r->variance);
    if (!r->row || !r->bin || !r->variance) return error_memory(err, n * sizeof *r->variance);
    for (size_t i = 0; i < g->m->rows->n; i++) {
        if (c->bin[i] >= c->bins) continue;
        r->row[r->n] = (uint32_t)i;
        r->bin[r->n] = c->bin[i];
        r->variance[r->n++] = g->variance[i];
    }
    return MR_OK;
}

/* by of one clock on the columns of those from it on: sums by pairs of bins, times columns. And by of those on its columns: no other block writes there. */
static mr_status by_clock(void *ctx, size_t block, int worker, mr_error *err) {
    (void)worker;
    building *g = ctx;
    const moments_model *m = g->m;
    const moments_clock *c = &m->clock[block];
    moments_joint *joint = g->joint;
    size_t columns = joint->columns;
    double *pairs = mem_take(context_alloc(m->context), c->bins * m->most_bins, sizeof *pairs);
    running on = {0};
    mr_status status = pairs ? running_of(g, c, &on, err) : error_memory(err, c->bins * m->most_bins * sizeof *pairs);
    if (status != MR_OK) goto done;
    for (size_t l = block; l < m->clocks; l++) {
        const moments_clock *other = &m->clock[l];
        memset(pairs, 0, c->bins * other->bins * sizeof *pairs);
        for (size_t i = 0; i < on.n; i++) {
            size_t its = other->bin[on.row[i]];
            if (its < other->bins) pairs[on.bin[i] * other->bins + its] += on.variance[i];
        }
        for (size_t b = 0; b < c->bins; b++)
            for (size_t o = 0; o < other->bins; o++) {
                double v = pairs[b * other->bins + o];
                if (!(v > 0)) continue;
                double *mine = joint->by[block] + b * columns + joint->first[l], *its = joint->by[l] + o * columns + joint->first[block];
                const double *x = other->x + o * other->room, *own = c->x + b * c->room;
                for (size_t j = 0; j < other->k; j++) mine[j] += v * x[j];
                for (size_t j = 0; l != block && j < c->k; j++) its[j] += v * own[j];
            }
    }
    for (size_t b = 0; b < c->bins; b++) joint->by[block][b * columns] = c->variance[b];
done:
    running_free(context_alloc(m->context), &on);
    mem_free(context_alloc(m->context), pairs);
    return status;
}

static double weigh_rows(const moments_model *m, double *variance) {
    double all = 0;
    for (size_t i = 0; i < m->rows->n; i++) {
        double odds = m->odds[i];
        all += variance[i] = m->rows->binary ? odds / ((1 + odds) * (1 + odds)) : odds;
    }
    return all;
}

/* information [columns^2], its lower triangle, from by */
static void add_up(const moments_model *m, moments_joint *joint, double all) {
    size_t columns = joint->columns;
    joint->information[0] = all;
    for (size_t j = 0; j < m->clocks; j++) {
        const moments_clock *c = &m->clock[j];
        for (size_t b = 0; b < c->bins; b++) {
            const double *x = c->x + b * c->room, *by = joint->by[j] + b * columns;
            for (size_t i = 0; i < c->k; i++) {
                double *row = joint->information + (joint->first[j] + i) * columns;
                if (x[i] == 0) continue;
                for (size_t l = 0; l <= joint->first[j] + i; l++) row[l] += x[i] * by[l];
            }
        }
    }
}

static void add_score(const moments_clock *c, double *score) {
    for (size_t b = 0; b < c->bins; b++) {
        double rest = c->events[b] - c->mean[b];
        for (size_t i = 0; i < c->k; i++) score[i] += c->x[b * c->room + i] * rest;
    }
}

static void scores(const moments_model *m, moments_joint *joint) {
    for (size_t j = 0; j < m->clocks; j++) add_score(&m->clock[j], joint->score + joint->first[j]);
}

mr_status moments_joint_new(const moments_model *m, moments_joint *joint, mr_error *err) {
    const mr_alloc *alloc = context_alloc(m->context);
    building g = {m, joint, NULL};
    *joint = (moments_joint){.columns = 1};
    for (size_t j = 0; j < m->clocks; j++) {
        joint->first[j] = joint->columns;
        joint->columns += m->clock[j].k;
    }
    size_t size = joint->columns * joint->columns + joint->columns;
    for (size_t j = 0; j < m->clocks; j++) size += m->clock[j].bins * joint->columns;
    double *variance = mem_take(alloc, m->rows->n, sizeof *variance), *at = joint->information = mem_new(alloc, size, sizeof *at);
    mr_status status = variance && at ? MR_OK : error_memory(err, size * sizeof *at);
    if (status == MR_OK) {
        joint->score = at += joint->columns * joint->columns;
        at += joint->columns;
        for (size_t j = 0; j < m->clocks; at += m->clock[j++].bins * joint->columns) joint->by[j] = at;
        double all = weigh_rows(m, variance);
        g.variance = variance;
        status = pool_run(context_pool(m->context), m->clocks, by_clock, &g, err);
        if (status == MR_OK) add_up(m, joint, all);
        scores(m, joint);
    }
    mem_free(alloc, variance);
    return status;
}

void moments_joint_free(const moments_model *m, moments_joint *joint) {
    mem_free(context_alloc(m->context), joint->information);
    joint->information = NULL;
}

/* Which columns count, and their penalties. c: clock `own` as it is searched, its roughness another than the model's. */
static size_t columns_that_count(const moments_model *m, const moments_joint *joint, size_t own, const moments_clock *c, size_t *which, double *penalty) {
    size_t n = 1, columns = joint->columns;
    which[0] = 0;
    penalty[0] = 0;
    for (size_t j = 0; j < m->clocks; j++) {
        const moments_clock *other = j == own ? c : &m->clock[j];
        for (size_t i = 0; i < m->clock[j].k; i++) {
            size_t at = joint->first[j] + i;
            double its = other->lambda * other->roughness[i] + other->fixed[i] + 1e-9;
            if (joint->information[at * columns + at] < KNOWN * its) continue;
            which[n] = at;
            penalty[n++] = its;
        }
    }
    return n;
}

/* Cholesky's factor of the lower triangle, in place (LAPACK's own may differ by the number of its threads). */
static bool factor(double *a, size_t n) {
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double sum = a[i * n + j];
            for (size_t l = 0; l < j; l++) sum -= a[i * n + l] * a[j * n + l];
            if (i == j && !(sum > 0)) return false;
            a[i * n + j] = i == j ? sqrt(sum) : sum / a[j * n + j];
        }
    return true;
}

/* The score at the copy c of clock `own`: of its own columns as they are, of the others less what they lost to its change. */
static void score_with(const moments_model *m, const moments_joint *joint, size_t own, const moments_clock *c, double *score) {
    const moments_clock *was = &m->clock[own];
    memcpy(score, joint->score, joint->columns * sizeof *score);
    for (size_t b = 0; b < c->bins; b++) {
        const double *x = c->x + b * c->room, *by = joint->by[own] + b * joint->columns;
        double change = 0;
        for (size_t i = 0; i < was->k; i++) change += x[i] * (c->beta[i] - was->beta[i]);
        if (change == 0 || !(c->variance[b] > 0)) continue;
        for (size_t l = 0; l < joint->columns; l++) score[l] -= by[l] * change;
    }
    double *mine = score + joint->first[own];
    memset(mine, 0, was->k * sizeof *mine);
    add_score(c, mine);
    for (size_t j = 0; j < m->clocks; j++) {
        const moments_clock *other = j == own ? c : &m->clock[j];
        for (size_t i = 0; i < m->clock[j].k; i++) score[joint->first[j] + i] -= (other->lambda * other->roughness[i] + other->fixed[i]) * other->beta[i];
    }
}

/* y = L^-1 y */
static void forward(const double *factor, size_t n, double *y) {
    for (size_t i = 0; i < n; i++) {
        for (size_t l = 0; l < i; l++) y[i] -= factor[i * n + l] * y[l];
        y[i] /= factor[i * n + i];
    }
}

mr_status moments_joint_root(const moments_model *m, const moments_joint *joint, size_t own, const moments_clock *c, moments_root *out, mr_error *err) {
    const mr_alloc *alloc = context_alloc(m->context);
    size_t columns = joint->columns;
    *out = (moments_root){0};
    size_t *which = mem_take(alloc, columns, sizeof *which);
    double *penalty = mem_take(alloc, 2 * columns, sizeof *penalty), *score = penalty + columns, *a = NULL;
    mr_status status = which && penalty ? MR_OK : error_memory(err, columns * sizeof *penalty);
    if (status != MR_OK) goto done;
    size_t n = columns_that_count(m, joint, own, c, which, penalty);
    a = mem_take(alloc, n * n, sizeof *a);
    out->sums = mem_new(alloc, (c->bins + 2) * n, sizeof *out->sums);
    if (!a || !out->sums) {
        status = error_memory(err, n * n * sizeof *a);
        goto done;
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++) a[i * n + j] = joint->information[which[i] * columns + which[j]];
        a[i * n + i] += penalty[i];
    }
    out->columns = factor(a, n) ? n : 0;
    for (size_t b = 0; out->columns && b < c->bins; b++) { /* L y = V x */
        double *y = out->sums + (b + 1) * n;
        const double *by = joint->by[own] + b * columns;
        if (!(c->variance[b] > 0)) continue;
        for (size_t i = 0; i < n; i++) y[i] = by[which[i]];
        forward(a, n, y);
    }
    for (size_t i = n; out->columns && i < (c->bins + 1) * n; i++) out->sums[i] += out->sums[i - n];
    out->step = out->sums + (c->bins + 1) * n;
    score_with(m, joint, own, c, score);
    for (size_t i = 0; i < n; i++) out->step[i] = score[which[i]];
    if (out->columns) forward(a, n, out->step);
done:
    mem_free(alloc, which);
    mem_free(alloc, penalty);
    mem_free(alloc, a);
    return status;
}

double moments_joint_taken(const moments_root *root, size_t from, size_t to) {
    const double *high = root->sums + to * root->columns, *low = root->sums + from * root->columns;
    double sum = 0;
    for (size_t i = 0; i < root->columns; i++) sum += (high[i] - low[i]) * (high[i] - low[i]);
    return sum;
}

double moments_joint_moved(const moments_root *root, size_t from, size_t to) {
    const double *high = root->sums + to * root->columns, *low = root->sums + from * root->columns;
    double sum = 0;
    for (size_t i = 0; i < root->columns; i++) sum += (high[i] - low[i]) * root->step[i];
    return sum;
}
