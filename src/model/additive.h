/* What the additive model's files share, lowest first: additive_parts (the model as arrays), additive_bins (values into bins), additive_steps (the
 * best step of a term), additive_boost (rounds over terms), additive_pairs (which pairs, and their cells), additive_bags (shares of the rows),
 * additive_fit (all of it), additive_tidy (boosted tables into a model), additive_score. */
#ifndef MODEL_ADDITIVE_H
#define MODEL_ADDITIVE_H

#include <marram/additive.h>

#include "arena.h"

enum {
    MISSING = 0,           /* the bin of what is missing */
    OTHERS = 1,            /* a category's bin of the others */
    MOST_COARSE = 33,      /* bins of a feature in a pair, the missing among them */
    MOST_CELLS = MOST_COARSE * MOST_COARSE,
    MOST_BAGS = 64,
    MOST_LEAVES = 16,
    TOGETHER = 4,          /* terms taken in one pass over the rows */
    MOST_FEATURES = 4096,
    MOST_PAIRS = 256,
    ROWS_A_BLOCK = 16384   /* what threads share out; sums are added in the order of blocks */
};
#define GRID 0x1p-32      /* values are multiples of it, and at most LARGEST, so that any sum of a row's is exact: 2^7 x 2^13 terms / 2^-32 < 2^53 */
#define LARGEST 0x1p7

struct mr_additive {
    arena memory;            /* what parts point into */
    mr_additive_parts parts;
    mr_additive_course course;
    const mr_alloc *alloc;
};

/* What a fit works with: the arguments, every default filled in. */
typedef struct additive_plan {
    const mr_frame *frame;
    const mr_outcomes *outcomes;
    mr_additive_options options;
    int patience;        /* rounds without progress until it is over */
    double progress;     /* what is progress: this share of the judged loss */
    mr_context context;  /* members may be NULL */
} additive_plan;

/* --- additive_bins.c --- */

/* Bins of all features, learnt from the rows of weight above 0; and the rows' bins. In the arena of the model to be. */
typedef struct additive_bins {
    size_t n, p;
    unsigned char *used, *categorical, *category_bin, *coarse;
    signed char *monotone;
    size_t *cut_offset, *category_offset, *bin_offset;
    double *cut, *bin_weight;
    unsigned char **column;  /* [p][n]; NULL: not used. Freed by additive_bins_free */
    unsigned *coarse_width;  /* [p] */
} additive_bins;

mr_status additive_bins_learn(const additive_plan *plan, arena *memory, additive_bins *out, mr_error *err);
void additive_bins_free(additive_bins *bins, const mr_alloc *alloc);
static inline size_t additive_bins_of(const additive_bins *bins, size_t j) {
    return bins->bin_offset[j + 1] - bins->bin_offset[j];
}
/* Bins of rows from .. to - 1 of feature j into out[to - from]. MR_EDATA: an infinity. */
mr_status additive_bins_look_up(const mr_additive_parts *parts, const mr_frame *frame, size_t j, size_t from, size_t to, unsigned char *out,
                                mr_error *err);

/* --- additive_steps.c --- */

typedef struct step_rules {
    double rate, min_leaf, ridge;
    int leaves;
} step_rules;

/* g, h, w [bins]: sums over the rows of a bin of the loss's gradient, its second derivative and the weight. step[bins]: what to add to the score. */
void step_curve(const step_rules *rules, const double *g, const double *h, const double *w, size_t bins, bool categorical, int monotone, float *step);
void step_table(const step_rules *rules, const double *g, const double *h, const double *w, size_t rows, size_t columns, float *step);

/* --- additive_boost.c --- */

/* What is boosted: the features' curves, or the pairs' tables. */
typedef struct boost_terms {
    size_t terms;
    const void *const *cells; /* [terms][n] */
    bool wide;                /* cells are uint16_t, not uint8_t */
    const size_t *offset;     /* [terms + 1] of a term's cells in a table of all */
    void (*step)(const void *ctx, size_t term, const double *g, const double *h, const double *w, float *step);
    const void *ctx;
} boost_terms;

/* One bag's state. fit and judge are weights: a row has at most one of them above 0. */
typedef struct booster {
    size_t n;
    const unsigned char *happened;
    const float *fit, *judge;
    float *score; /* in: where to start; out: after the best round */
    mr_pool *pool;
    const mr_alloc *alloc;
    int rounds, patience;
    double progress;
    int (*tick)(void *ctx); /* once a round; non-zero cancels */
    void *tick_ctx;
} booster;

/* table[offset[terms]]: the sum of the steps up to the best round. */
mr_status boost(booster *b, const boost_terms *terms, double *table, int *best_round, mr_error *err);

/* --- additive_pairs.c --- */

typedef struct additive_pair {
    size_t first, second;
    double strength; /* chi-squared of one degree of freedom, of the best four quadrants' interaction */
} additive_pair;

/* The strongest pairs, at most `most`, into out[most]; score[n]: what is known without pairs. */
mr_status additive_pairs_find(const additive_plan *plan, const additive_bins *bins, const float *score, size_t most, additive_pair *out, size_t *found,
                              mr_error *err);
/* cells[n] of one pair. */
void additive_pair_cells(const additive_bins *bins, const additive_pair *pair, uint16_t *cells);

/* --- additive_bags.c --- */

/* Which rows a bag fits to and which judge it: never two of one group. */
typedef struct additive_bags {
    size_t n, bags, folds;
    unsigned char *fold; /* [turns][n] */
    const mr_outcomes *outcomes;
    bool fixed;          /* the caller said which rows judge */
    bool alone[MOST_BAGS]; /* of groups, so few that the fold left out has none of the rows that judge: all of them do */
} additive_bags;

mr_status additive_bags_make(const additive_plan *plan, additive_bags *out, mr_error *err);
void additive_bags_free(additive_bags *bags, const mr_alloc *alloc);
/* Weights of one bag into fit[n] and judge[n]. */
void additive_bag_weights(const additive_bags *bags, size_t bag, float *fit, float *judge);
bool additive_bag_judges(const additive_bags *bags, size_t bag, size_t row);
bool additive_bag_fits(const additive_bags *bags, size_t bag, size_t row);

/* --- additive_tidy.c --- */

/* What boosting left: of each bag its base, and tables of curves and pairs. */
typedef struct boosted {
    const additive_plan *plan;
    const additive_bins *bins;
    size_t bags, pairs;
    const double *base;         /* [bags] */
    const double *curve;        /* [bags][bin_offset[p]] */
    const additive_pair *pair;  /* [pairs] */
    const size_t *pair_offset;  /* [pairs + 1] */
    const void *const *cells;   /* [pairs][n] uint16_t */
    const double *table;        /* [bags][pair_offset[pairs]] */
    double intercept, slope;    /* of calibration */
    double left_out;            /* share of the rows a bag did not fit to */
} boosted;

/* Fills model->parts. */
mr_status additive_tidy(const boosted *b, mr_additive *model, mr_error *err);

#endif
