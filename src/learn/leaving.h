/* Models of who is about to leave, fitted to landmarks of the past, and the simple rules they have to beat. */
#ifndef LEARN_LEAVING_H
#define LEARN_LEAVING_H

#include "landmarks.h"
#include "recalibrate.h"

#include <marram/additive.h>
#include <marram/model.h>

enum {
#define SCORER(name, title, probability, orders, contracts, about) LEAVING_##name,
#include "leaving_scorers.def"
#undef SCORER
    LEAVING_SCORERS
};

typedef struct leaving_scorer {
    const char *name, *title, *about;
    bool probability, orders, contracts;
} leaving_scorer;

const leaving_scorer *leaving_scorer_of(int scorer);

#define LEAVING_LEAST_ROWS 100  /* to be trained on */
#define LEAVING_LEAST_EACH 20   /* of them who left, and who stayed */

typedef struct leaving_fit_options {
    int32_t as_of;      /* nothing is used that was not known by then */
    int32_t before;     /* nor landmarks from this day on; 0: all that are known */
    bool baselines;     /* fit the others too */
    bool plain;         /* do not draw the additive model to what came true later */
    uint64_t seed;
} leaving_fit_options;

/* Fitted models; members that could not be fitted say why. */
typedef struct leaving_models {
    const landmarks *m;         /* borrowed */
    size_t rows, left;          /* trained on */
    int32_t first_day, last_day; /* of their landmarks */
    size_t p;                   /* features of the additive model; behind them, where it was fitted, what the buying model says */
    int feature[FEATURES];
    mr_additive *additive;
    leaving_fit_options asked;
    recalibration drawn;        /* of the additive model to what came true; done is false where the history is too short */
    size_t design_n;            /* columns of the linear models: features, and whether they are missing */
    struct leaving_column {
        int feature;
        bool missing;           /* 1 where it is missing */
        double mean;            /* of the transformed, stands for missing */
    } design[2 * FEATURES];
    double logistic[2 * FEATURES + 1], cox[2 * FEATURES];
    mr_params buying;
    double gap;                 /* mean days between orders of the base */
    bool fitted[LEAVING_SCORERS];
    char why[LEAVING_SCORERS][200]; /* not */
} leaving_models;

/* Rows whose outcome was known by a day, in the order of customers. *out is freed by mem_free. */
mr_status leaving_known_rows(const landmarks *m, int32_t as_of, size_t **out, size_t *n, mr_error *err);

/* MR_EDATA: too few rows to learn from, or none who left, with how many there are. The additive model must fit; the others may say why not. */
mr_status leaving_fit(const landmarks *m, const leaving_fit_options *o, const mr_context *context, leaving_models *out, mr_error *err);
void leaving_free(leaving_models *models);

/* An earlier model, and later landmarks that say how good it was: those of the latest horizon whose outcome the options allow to be known (of longer, where there
 * are too few), and the plain model of what was known by the first of them. Where there was too little by then, the model of all landmarks before them,
 * whose outcomes reach into that time (overlap). */
typedef struct leaving_later {
    leaving_models before; /* rows 0: the history is too short for either */
    bool overlap;
    size_t *row, n;        /* in the order of customers */
    int32_t from;          /* the first of their landmarks */
    double *score;         /* [n] log-odds by the earlier model */
} leaving_later;

mr_status leaving_later_make(const landmarks *m, const leaving_fit_options *o, const mr_context *context, leaving_later *out, mr_error *err);
void leaving_later_free(leaving_later *l);
/* Draws a plain model to what came true in the latest time it knew of (recalibrate.h); one of too short a history stays as it is. */
mr_status leaving_draw(leaving_models *models, const mr_context *context, mr_error *err);
/* Log-odds by the additive model. */
mr_status leaving_log_odds(const leaving_models *models, const landmarks *m, const size_t *which, size_t n, const mr_context *context, double *score, mr_error *err);

/* score[n] of rows which[n] of any landmarks of the same mode and horizon: a chance, or what orders them as well; NaN: the scorer says nothing of it. */
mr_status leaving_score(const leaving_models *models, const landmarks *m, int scorer, const size_t *which, size_t n, const mr_context *context, double *score,
                        mr_error *err);

/* What leaving_fit learns from, without the learning: the features that vary (out->feature), the buying model without contracts, the rows known by then. *rows_out is
 * freed by mem_free. Statuses as leaving_fit; *out has nothing to be freed. */
mr_status leaving_plan(const landmarks *m, int32_t as_of, const mr_context *context, leaving_models *out, size_t **rows_out, size_t *n, mr_error *err);
/* 1 - P(order within the horizon) of rows. */
mr_status leaving_buying_score(const mr_params *buying, const landmarks *m, const size_t *which, size_t n, const mr_context *context, double *score, mr_error *err);

/* Rows of the additive model's features as columns: column[p] of n each, one block that the caller frees with mem_free. */
mr_status leaving_columns(const landmarks *m, const int *feature, size_t p, const size_t *which, size_t n, double **block, mr_feature *columns, mr_error *err);

#endif
