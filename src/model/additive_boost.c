/* Rounds of boosting over terms, for one bag (Friedman 2001; over one feature at a time: Lou, Caruana & Gehrke 2012).
 *
 * At the beginning of a round the loss is expanded to second order at each row's score s: gradient g = w (p - y), second derivative h = w p (1 - p).
 * Within it g is moved along, g += h x step, and no exponential is taken: steps are small. Terms are taken by fours: one pass over the rows adds the
 * last four's steps to the scores and sums g by the bins of the next four. What h sums to changes slowly and is found anew after 1, 2, 4, ... 16
 * rounds, then every 16. Rows that judge are carried along with g = h = 0.
 *
 * After `patience` rounds without the judged loss falling by `progress` of itself it is over, and the best round's tables are given. */
#include "additive.h"

#include "error.h"
#include "mem.h"
#include "pool.h"

#include <math.h>
#include <string.h>

enum { ANEW = 16 };

typedef struct rows_of {
    float *score, *g, *h;
} rows_of;

typedef struct pass {
    booster *b;
    const boost_terms *terms;
    rows_of at;
    size_t blocks, most;      /* most: the widest of terms */
    size_t last, last_count;  /* terms whose steps are to be added */
    size_t next, next_count;  /* terms to sum by */
    const float *step;        /* [offset[terms]] */
    const float *what;        /* what is summed */
    double *sums;             /* [blocks][TOGETHER][most] */
    double *loss;             /* [blocks] */
} pass;

#define CELL uint8_t
#define NAME(x) x##_narrow
#include "additive_pass.h"
#undef CELL
#undef NAME
#define CELL uint16_t
#define NAME(x) x##_wide
#include "additive_pass.h"
#undef CELL
#undef NAME

static void block_range(const pass *p, size_t block, size_t *from, size_t *to) {
    *from = block * ROWS_A_BLOCK;
    *to = *from + ROWS_A_BLOCK < p->b->n ? *from + ROWS_A_BLOCK : p->b->n;
}

/* Adds the last steps, sums g by the next terms. */
static mr_status sweep_block(void *ctx, size_t block, int worker, mr_error *err) {
    pass *p = ctx;
    size_t from, to;
    (void)worker, (void)err;
    block_range(p, block, &from, &to);
    if (p->last_count) p->terms->wide ? add_wide(p, from, to) : add_narrow(p, from, to);
    if (p->next_count) {
        double *sums = p->sums + block * TOGETHER * p->most;
        memset(sums, 0, p->next_count * p->most * sizeof *sums);
        p->terms->wide ? sum_wide(p, from, to, sums) : sum_narrow(p, from, to, sums);
    }
    return MR_OK;
}

/* Adds the last steps; g and h from the scores; the judged loss. */
static mr_status expand_block(void *ctx, size_t block, int worker, mr_error *err) {
    pass *p = ctx;
    const booster *b = p->b;
    size_t from, to;
    double loss = 0;
    (void)worker, (void)err;
    block_range(p, block, &from, &to);
    if (p->last_count) p->terms->wide ? add_wide(p, from, to) : add_narrow(p, from, to);
    for (size_t i = from; i < to; i++) {
        float s = p->at.score[i], e = expf(-fabsf(s)), chance = s >= 0 ? 1 / (1 + e) : e / (1 + e), y = b->happened[i];
        p->at.g[i] = b->fit[i] * (chance - y);
        p->at.h[i] = b->fit[i] * fmaxf(chance * (1 - chance), 1e-6f);
        if (b->judge[i] > 0) loss += (double)b->judge[i] * (log1p((double)e) + (y > 0 ? fmax(0, -(double)s) : fmax(0, (double)s)));
    }
    p->loss[block] = loss;
    return MR_OK;
}

/* Sums over blocks, in their order, into out at each term's offset. */
static void gather(const pass *p, double *out) {
    for (size_t k = 0; k < p->next_count; k++) {
        size_t at = p->terms->offset[p->next + k], width = p->terms->offset[p->next + k + 1] - at;
        memcpy(out + at, p->sums + k * p->most, width * sizeof *out);
        for (size_t block = 1; block < p->blocks; block++) {
            const double *from = p->sums + (block * TOGETHER + k) * p->most;
            for (size_t c = 0; c < width; c++) out[at + c] += from[c];
        }
    }
}

static mr_status sweep(pass *p, double *out, mr_error *err) {
    mr_status status = pool_run(p->b->pool, p->blocks, sweep_block, p, err);
    if (status == MR_OK) gather(p, out);
    return status;
}

static mr_status expand(pass *p, double *loss, mr_error *err) {
    mr_status status = pool_run(p->b->pool, p->blocks, expand_block, p, err);
    *loss = 0;
    for (size_t block = 0; block < p->blocks; block++) *loss += p->loss[block];
    p->last_count = 0;
    return status;
}

/* Sums of a column over all terms' bins. */
static mr_status sum_all(pass *p, const float *what, double *out, mr_error *err) {
    mr_status status = MR_OK;
    p->what = what;
    p->last_count = 0;
    for (p->next = 0; status == MR_OK && p->next < p->terms->terms; p->next += TOGETHER) {
        p->next_count = p->terms->terms - p->next < TOGETHER ? p->terms->terms - p->next : TOGETHER;
        status = sweep(p, out, err);
    }
    return status;
}

/* One round: every term's step is found and added, the last few terms' by the next expand. */
static mr_status go_round(pass *p, const double *h, const double *w, double *g, float *step, double *table, mr_error *err) {
    const boost_terms *t = p->terms;
    mr_status status = MR_OK;
    p->what = p->at.g;
    p->last_count = 0;
    for (p->next = 0; status == MR_OK && p->next < t->terms; p->next += TOGETHER) {
        p->next_count = t->terms - p->next < TOGETHER ? t->terms - p->next : TOGETHER;
        status = sweep(p, g, err);
        for (size_t k = 0; status == MR_OK && k < p->next_count; k++) {
            size_t term = p->next + k, at = t->offset[term];
            t->step(t->ctx, term, g + at, h + at, w + at, step + at);
            for (size_t c = at; c < t->offset[term + 1]; c++) table[c] += (double)step[c];
        }
        p->last = p->next;
        p->last_count = p->next_count;
    }
    return status;
}

static mr_status rounds(pass *p, double *memory, float *step, double *best_table, int *best_round, mr_error *err) {
    booster *b = p->b;
    size_t cells = p->terms->offset[p->terms->terms];
    double *g = memory, *h = g + cells, *w = h + cells, *table = w + cells, best = HUGE_VAL, mark = HUGE_VAL, loss;
    int marked = 0;
    memset(table, 0, cells * sizeof *table);
    mr_status status = sum_all(p, b->fit, w, err);
    for (int round = 0; status == MR_OK; round++) {
        status = expand(p, &loss, err);
        if (status != MR_OK) break;
        if (loss < best) {
            best = loss;
            *best_round = round;
            memcpy(best_table, table, cells * sizeof *table);
        }
        if (loss < mark * (1 - b->progress) || mark == HUGE_VAL) mark = loss, marked = round;
        if (round >= b->rounds || round - marked >= b->patience) break;
        if (b->tick && b->tick(b->tick_ctx)) return error_set(err, MR_ECANCELLED, NULL, -1, "cancelled");
        if (round % ANEW == 0 || (round < ANEW && (round & (round - 1)) == 0)) status = sum_all(p, p->at.h, h, err);
        if (status == MR_OK) status = go_round(p, h, w, g, step, table, err);
    }
    return status;
}

/* Scores back to what they are after the best round. */
static void set_scores(pass *p, const float *start, const double *table) {
    memcpy(p->at.score, start, p->b->n * sizeof *start);
    for (size_t t = 0; t < p->terms->terms; t++) {
        const double *value = table + p->terms->offset[t];
        if (p->terms->wide) {
            const uint16_t *cell = p->terms->cells[t];
            for (size_t i = 0; i < p->b->n; i++) p->at.score[i] += (float)value[cell[i]];
        } else {
            const uint8_t *cell = p->terms->cells[t];
            for (size_t i = 0; i < p->b->n; i++) p->at.score[i] += (float)value[cell[i]];
        }
    }
}

mr_status boost(booster *b, const boost_terms *terms, double *table, int *best_round, mr_error *err) {
    size_t cells = terms->offset[terms->terms];
    pass p = {.b = b, .terms = terms, .blocks = (b->n + ROWS_A_BLOCK - 1) / ROWS_A_BLOCK};
    for (size_t t = 0; t < terms->terms; t++)
        if (terms->offset[t + 1] - terms->offset[t] > p.most) p.most = terms->offset[t + 1] - terms->offset[t];
    float *rows = mem_take(b->alloc, b->n, 3 * sizeof *rows), *step = mem_new(b->alloc, cells, sizeof *step);
    double *memory = mem_take(b->alloc, cells, 4 * sizeof *memory);
    p.sums = mem_take(b->alloc, p.blocks * TOGETHER, p.most * sizeof *p.sums);
    p.loss = mem_take(b->alloc, p.blocks, sizeof *p.loss);
    mr_status status = rows && step && memory && p.sums && p.loss ? MR_OK : error_memory(err, b->n * 3 * sizeof *rows);
    if (status == MR_OK) {
        float *start = rows + 2 * b->n;
        p.at = (rows_of){.score = b->score, .g = rows, .h = rows + b->n};
        p.step = step;
        memcpy(start, b->score, b->n * sizeof *start);
        status = rounds(&p, memory, step, table, best_round, err);
        if (status == MR_OK) set_scores(&p, start, table);
    }
    mem_free(b->alloc, p.loss);
    mem_free(b->alloc, p.sums);
    mem_free(b->alloc, memory);
    mem_free(b->alloc, step);
    mem_free(b->alloc, rows);
    return status;
}
