/* Between the files of the search for critical moments. */
#ifndef MODEL_MOMENTS_H
#define MODEL_MOMENTS_H

#include <marram/moments.h>

#include "rng.h"

enum { MOMENTS_PATCH = 12, MOMENTS_BLOCK = 32768 };

/* A clock in the model: log rate = sum over clocks of f[bin], f = x beta; the columns of x are the background's waves, then an indicator for
 * each part of a found moment. */
typedef struct moments_clock {
    const mr_clock *spec;
    const uint16_t *bin;
    size_t bins, k, smooth, room; /* columns in use, those of the background, room */
    double *x;                    /* [bins * room] row-major */
    double *roughness;            /* [room] the penalty's weight of a column */
    double *fixed;                /* [room] a prior precision that is not estimated */
    double *beta;                 /* [room] */
    double lambda;
    double log_determinant;       /* of what inverse is the inverse of */
    double *f;                    /* [bins] */
    double *events;               /* [bins] */
    double *mean, *variance;      /* [bins] under the model */
    double *inverse;              /* [k * k] of x'Vx + penalty, as of the last visit */
    unsigned char *taken;         /* [bins] within the patch of a found moment */
    bool held;                    /* the penalties' weights stay as they are */
    bool blurred;                 /* it is not known when */
    double *spread;               /* where it is not known when, of a clock that is searched: [bins * room] covariance of the bins' counts, times x; else NULL */
    double *band;                 /* and [bins * wide] that covariance of bin b with b, b + 1 ... b + wide - 1 */
    uint32_t *watched;            /* and those spells of time under observation on which the clock runs, n_watched of them */
    size_t n_watched;
} moments_clock;

typedef struct moments_model {
    const mr_moment_rows *rows;
    const mr_context *context;
    size_t clocks;
    moments_clock clock[MR_MOST_CLOCKS];
    double *odds;      /* [rows] exp of the log rate, times exposure */
    double level;      /* log rate of a row without clocks */
    double *partial;   /* [blocks * 2 * most bins] */
    size_t blocks, most_bins;
    size_t *bound;     /* [blocks + 1] where blocks of rows begin; with spells: the spells they begin with, else NULL */
    double *part;      /* with spells [rows]: the chance that the event, if there is one, lies in this row */
    double *silent;    /* and [spells]: how often, by the model, a spell under observation ends in silence */
    double events;
    uint32_t way, ways; /* of the search's step under way: how much is done, in fits, and how much there is as far as that is known */
    double *work;      /* [4 * most columns + most columns^2] */
} moments_model;

mr_status moments_model_new(moments_model *m, const mr_moment_rows *rows, const mr_clock *clocks, const mr_context *context, mr_error *err);
void moments_model_free(moments_model *m);
/* Tells how far the step has come: `share` of what follows, of `weight` fits. MR_ECANCELLED. */
mr_status moments_tick(const moments_model *m, double share, uint32_t weight, mr_error *err);
/* Penalised likelihood by backfitting, from where the model stands; leaves mean and variance of every clock up to date. */
mr_status moments_fit(moments_model *m, mr_error *err);
mr_status moments_clock_new(moments_clock *c, const mr_clock *spec, const uint16_t *bin, const mr_alloc *alloc, mr_error *err);
/* A Newton step; change[bins] is what it adds to f. The farthest it moves a bin that somebody was seen in. */
double moments_step(moments_clock *c, double *work, double *change);
/* Brings c->inverse up to date. false: columns say the same. */
bool moments_information(moments_clock *c, double *work);
/* A copy for a search; *work holds it, and room to work in. */
mr_status moments_copy(const moments_clock *c, const mr_alloc *alloc, moments_clock *out, double **work, mr_error *err);
/* The copy's background anew, its roughness estimated as if the window's bins were free. */
void moments_settle(const moments_model *m, const moments_clock *from, moments_clock *c, double *block, size_t window_from, size_t window_to);
/* --- where it is not known when (moments_blur.c) --- */

/* Parts and silences, at the rates as they are. */
void moments_parts(moments_model *m);
/* spread, band and watched spells of a copy of the model's clock c. Freed by moments_blur_free, whatever the status. */
mr_status moments_blur(const moments_model *m, moments_clock *c, mr_error *err);
void moments_blur_free(const moments_model *m, moments_clock *c);
/* The spread of columns from .. to - 1 of x. */
void moments_spread(const moments_model *m, moments_clock *c, size_t from, size_t to);
/* Variance of the count of bins from .. to - 1, at most `wide` of them. */
double moments_band(const moments_clock *c, size_t from, size_t to);

/* The watched spells of a clock to draw from: each as often as it ends in silence by the model. */
typedef struct moments_urn {
    size_t n;
    double *upto;    /* [n + 1] running sums of how often */
    uint32_t *guide; /* [n] the spell at each n-th of them */
    uint32_t *first; /* [n + 1] where its rows begin: those on which the clock runs */
    double *part;    /* of each row: the chance that the event lies there */
    uint16_t *bin;
} moments_urn;

mr_status moments_urn_make(const moments_model *m, const moments_clock *c, moments_urn *out, mr_error *err); /* freed whatever the status */
void moments_urn_free(const moments_model *m, moments_urn *u);
/* Counts of a base drawn anew into count[bins]: n spells that end in silence, each event spread over the rows it may lie in. */
void moments_draw(const moments_urn *u, size_t bins, size_t n, rng *r, double *count);
double moments_blurred_likelihood(const moments_model *m);

/* Gives bins from .. to - 1 of a clock, and their margins, effects of their own. */
void moments_patch(moments_clock *c, size_t from, size_t to);
/* One effect for all of them, and nothing beside. */
void moments_window(moments_clock *c, size_t from, size_t to);

/* Log likelihood, but for what does not depend on the model. */
double moments_likelihood(const moments_model *m);
/* A copy of what a fit changes, the caller's to free; and back to it. */
mr_status moments_keep(const moments_model *m, double **block, mr_error *err);
void moments_back(moments_model *m, const double *block);
/* Back to the first k columns; to be followed by moments_back. */
void moments_drop(moments_clock *c, size_t k);
/* The roughness of all backgrounds, anew, with the strongest window left out where that says more (moments_rough.c); the model is fitted. */
mr_status moments_roughness(moments_model *m, mr_error *err);

/* The log likelihood the model would come to with that window as a moment of one effect (the steps of a patch would fit noise, of one clock more than of
 * another); the model stays as it is. */
mr_status moments_try(moments_model *m, size_t clock, size_t from, size_t to, double *log_likelihood, mr_error *err);

/* Signed root of the likelihood ratio of a count that is `excess` above its mean of `information`: I ((1 + x) log (1 + x) - x) x 2, x = excess / I. */
double moments_strength(double excess, double information);

/* The strongest window of a clock. */
typedef struct moments_peak {
    bool any;
    uint32_t from, to;
    double strength; /* signed root of the likelihood ratio of its excess, as far as the background leaves it */
    double variance, information; /* of the window's count; what the background leaves of it */
    double own;          /* what the count would tell of the ratio, were the background known: the variance, where it is known when */
    double ratio;
    double centre, centre_low, centre_high;
    double p, threshold; /* threshold: the strength that chance alone reaches in a share `level` of replicates */
} moments_peak;

/* --- what all clocks' backgrounds leave (moments_joint.c) --- */

typedef struct moments_joint {
    size_t columns, first[MR_MOST_CLOCKS]; /* the level, then each clock's from first on */
    double *information;                   /* [columns^2] lower triangle of X'VX */
    double *by[MR_MOST_CLOCKS];            /* [bins * columns] V x of all columns, by a clock's bins */
    double *score;                         /* [columns] X'(events - mean), unpenalised */
} moments_joint;

typedef struct moments_root {
    size_t columns; /* 0: the columns say the same */
    double *sums;   /* [(bins + 1) * columns] running sums of L^-1 V x; the caller's to free, and with it what follows */
    double *step;   /* [columns] L^-1 of the penalised score: what a Newton step on all columns would still move */
} moments_root;

/* Of the model as fitted. Freed by moments_joint_free, whatever the status. */
mr_status moments_joint_new(const moments_model *m, moments_joint *joint, mr_error *err);
void moments_joint_free(const moments_model *m, moments_joint *joint);
/* For clock `own`, at the roughness that its copy c has. */
mr_status moments_joint_root(const moments_model *m, const moments_joint *joint, size_t own, const moments_clock *c, moments_root *out, mr_error *err);
/* a' A^-1 a of bins from .. to - 1 */
double moments_joint_taken(const moments_root *root, size_t from, size_t to);
/* a' A^-1 score: how much of their excess that step would take up. */
double moments_joint_moved(const moments_root *root, size_t from, size_t to);

/* The strongest window of one clock of the model as it stands: from, to and strength. *sum: of all its windows' likelihood ratios over the strongest's,
 * weighted by the share of all places and widths they stand for; *all: of those shares. */
mr_status moments_strongest(const moments_model *m, const moments_joint *joint, size_t clock, moments_peak *peak, double *sum, double *all, mr_error *err);
/* Each searched clock's strongest window, and how often chance alone gives one as strong. stream: another for each search. */
mr_status moments_search(moments_model *m, const mr_moment_options *options, uint64_t stream, moments_peak *peak, mr_error *err);

/* log of what patches multiply the rate of bin b by */
double moments_patched(const moments_clock *c, size_t b);
/* exposure [bins] */
void moments_curve(const moments_clock *c, const double *exposure, mr_clock_curve *curve);

#endif
