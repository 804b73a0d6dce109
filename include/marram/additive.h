/* The additive boosted model: the chance that something happens (a customer leaves in the next period), as a sum of step functions, one a feature,
 * and of tables for the strongest pairs of features:
 *
 *   log(p / (1 - p)) = base + sum_j f_j(x_j) + sum_(j,k) f_jk(x_j, x_k)
 *
 * Missing values and categories are bins of their own. A term's value is a whole multiple of 2^-32, so that the contributions of a row add up to
 * its score to the last bit, in any order.
 *
 * Many periods: give one row a customer and period in which they could have left (marram/hazard.h cuts them), the period as a feature; the
 * probability is then the hazard of leaving in that period (the likelihood is the same).
 *
 * Arrays are borrowed and const; results go to arrays the caller owns. Every function is thread-safe; results are bit-identical for any number of
 * threads and depend on nothing but the arguments. */
#ifndef MARRAM_ADDITIVE_H
#define MARRAM_ADDITIVE_H

#include <marram/base.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MR_MOST_BINS 256 /* of one feature, with those of the missing and of the other categories */

/* A feature's column: numbers, or categories as codes. Exactly one of the two is not NULL. */
typedef struct mr_feature {
    const double *number;    /* [n]; NaN: missing; an infinity is MR_EDATA */
    const int32_t *category; /* [n] 0 .. categories - 1; negative: missing; what was too rare or unseen in training goes to one bin of others */
    int32_t categories;      /* in training: how many there are */
} mr_feature;

/* n rows of p features, at most 4,096. */
typedef struct mr_frame {
    size_t n, p;
    const mr_feature *feature; /* [p] */
} mr_frame;

/* What is learnt from. */
typedef struct mr_outcomes {
    const unsigned char *happened; /* [n] 0 or 1 */
    const double *weight;          /* [n] >= 0, finite; NULL: 1 each */
    const uint64_t *group;         /* [n] rows of one group (a customer's periods) are never both fitted to and judged on, and count as one where chance is weighed;
                                      NULL: each its own */
    const unsigned char *judge;    /* [n] 1: not fitted to but judged on, to know when to stop (rows of a later time); with groups each of them judges what was fitted
                                      to others; NULL: seeded shares of the rows */
} mr_outcomes;

/* {0} is the default of each. */
typedef struct mr_additive_options {
    const signed char *monotone; /* [p] +1: more of it never lowers the chance, -1: never raises it, 0: free; numbers only; NULL: all free.
                                  * A constrained feature is in no pair */
    int bins;                    /* 2 .. 254 for a feature's numbers or categories */
    int pairs;                   /* at most so many; -1: none */
    int rounds;                  /* at most, over all features */
    int bags;                    /* 1 .. 64: models on different shares of the rows, of which the mean is taken */
    int leaves;                  /* 2 .. 16: steps a round adds to a feature */
    double learning_rate;        /* (0, 1] */
    double min_leaf;             /* least weight of rows on a step */
    double judged_share;         /* (0, .5] of the rows, where judge is NULL */
    uint64_t seed;
} mr_additive_options;

/* A fitted model. */
typedef struct mr_additive mr_additive;

/* MR_EDATA: bad cells (field "x<feature>" from 1, row), one outcome only, too few rows (fewer than 20, or fewer than 5 of an outcome), no feature that
 * varies; MR_EINVAL, MR_ENOMEM, MR_ECANCELLED. A feature that is the same in all rows fitted to becomes no term (mr_additive_parts.used).
 * *out is the caller's, freed by mr_additive_free. */
MR_API mr_status mr_additive_fit(const mr_frame *frame, const mr_outcomes *outcomes, const mr_additive_options *options, const mr_context *context,
                                 mr_additive **out, mr_error *err);
MR_API void mr_additive_free(mr_additive *model);

/* The features and terms of the model: the width of a row of contributions. */
MR_API size_t mr_additive_features(const mr_additive *model);
MR_API size_t mr_additive_terms(const mr_additive *model);

/* score[n]: log-odds. The frame has the model's features in the model's order and kinds (a feature of no term may have neither column). MR_EINVAL,
 * MR_EDATA (an infinity), MR_ENOMEM. */
MR_API mr_status mr_additive_score(const mr_additive *model, const mr_frame *frame, const mr_context *context, double *score, mr_error *err);
/* probability[n] = 1 / (1 + e^-score). */
MR_API mr_status mr_additive_probability(const mr_additive *model, const mr_frame *frame, const mr_context *context, double *probability, mr_error *err);
/* contribution[n * terms], row-major: base + the sum of a row, in any order, is its score to the last bit. */
MR_API mr_status mr_additive_contributions(const mr_additive *model, const mr_frame *frame, const mr_context *context, double *contribution,
                                           mr_error *err);

/* The whole model as arrays, to be written down and read back.
 *
 * Bins of feature j: 0 is missing. Numbers: bin 1 + (how many of its cuts are <= x); so with c cuts there are c + 2 bins. Categories: bin 1 is of
 * the others, code k goes to bin category_bin[k] (>= 1). A pair looks at coarser bins: coarse[bin], of which 0 is missing again.
 * Offsets have one entry more than there are features or terms; those of feature j begin at offset[j] and end before offset[j + 1]. */
typedef struct mr_additive_parts {
    size_t features, terms;
    double base;
    const unsigned char *used;         /* [features] 0: the same in all rows, in no term */
    const unsigned char *categorical;  /* [features] */
    const signed char *monotone;       /* [features] */
    const size_t *cut_offset;          /* [features + 1] */
    const double *cut;                 /* ascending, finite */
    const size_t *category_offset;     /* [features + 1] */
    const unsigned char *category_bin;
    const size_t *bin_offset;          /* [features + 1]: bins of a feature, the missing among them */
    const unsigned char *coarse;       /* [bin_offset[features]] */
    const double *bin_weight;          /* [bin_offset[features]]: weight of the rows trained on */
    const int32_t *first, *second;     /* [terms]: features; second -1: one feature alone */
    const size_t *value_offset;        /* [terms + 1] */
    const double *value;               /* log-odds; a pair's: [coarse bins of first][coarse bins of second]; multiples of 2^-32 within 2^7 */
    const double *error;               /* as value: standard error over the bags, 0 with one bag */
    const double *importance;          /* [terms]: mean absolute contribution over the rows trained on */
} mr_additive_parts;

/* Borrowed from the model until it is freed. */
MR_API void mr_additive_take_apart(const mr_additive *model, mr_additive_parts *out);
/* Everything is checked (MR_EDATA, with what is wrong), then copied: bytes from a stranger do no harm. */
MR_API mr_status mr_additive_put_together(const mr_additive_parts *parts, const mr_context *context, mr_additive **out, mr_error *err);

/* How the fit went. */
typedef struct mr_additive_course {
    int bags, rounds_least, rounds_most, pair_rounds; /* rounds until the judged rows said stop: fewest and most over bags; median for pairs */
    size_t pairs;
    double judged_loss, judged_loss_alone; /* mean log loss on the judged rows (each by bags that did not see it): of the model, and without pairs */
    double slope;                          /* of the outcome on the judged rows' scores, before they were calibrated by it */
} mr_additive_course;

MR_API void mr_additive_course_of(const mr_additive *model, mr_additive_course *out);

#ifdef __cplusplus
}
#endif
#endif
