/* A model learnt from a frame, with the names that fit it to another file, and how good it was on rows it had not seen. */
#ifndef LEARN_TRAINED_H
#define LEARN_TRAINED_H

#include "frame.h"

#include <arena.h>

#define TRAINED_MOST_NOTES 24

typedef enum trained_kind { TRAINED_ADDITIVE, TRAINED_LOGISTIC } trained_kind;

/* How well chances tell apart, and whether they are right; on rows a model has not seen. docs/methods/additive.md. NaN: not known. */
typedef struct figures {
    uint64_t rows, happened;
    double auc, auc_low, auc_high; /* 95 %, DeLong */
    double pr_auc, brier, brier_base, log_loss, slope, slope_se, lift; /* brier_base: of the plain rate; lift: of the tenth with the highest chance */
} figures;

typedef struct trained_feature {
    const char *name;
    bool categorical, used;
    size_t levels;
    const char *const *level;
    signed char monotone;
    /* Of a logistic model: contribution slope x (number - mean), or `missing`; of a category value[level], others 0. */
    double mean, slope, missing;
    const double *value;
} trained_feature;

typedef struct trained {
    arena memory; /* of all texts and arrays here */
    trained_kind kind;
    char program[24];
    const char *outcome, *positive, *id; /* id: the column; "" none */
    uint64_t rows, happened, seed;
    const char *split;                   /* in words: how the holdout was taken */
    figures holdout;                     /* rows 0: there was none */
    size_t features;
    trained_feature *feature;
    mr_additive *additive;               /* of that kind */
    mr_additive_course course;
    double constant;                     /* of a logistic model */
    size_t notes;                        /* what was noticed: constant columns, leakage, ... */
    const char *note[TRAINED_MOST_NOTES];
} trained;

void trained_free(trained *t);
/* Keeps a note, cut to 400 bytes; those over TRAINED_MOST_NOTES are dropped. */
void trained_note(trained *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* How many parts a score has, and their names: a feature, or two joined by " x ". name holds 256 bytes. */
size_t trained_terms(const trained *t);
void trained_term_name(const trained *t, size_t term, char name[256]);
/* Mean absolute contribution over the rows trained on (of a logistic model: not known, NaN). */
double trained_importance(const trained *t, size_t term);
double trained_base(const trained *t);

/* score[n] log-odds; contribution[n * terms] or NULL. f has the model's features in the model's order. Of an additive model the base and a row's
 * contributions add up to its score to the last bit. */
mr_status trained_score(const trained *t, const frame *f, const mr_context *context, double *score, double *contribution, mr_error *err);

/* Makes the figures of score[n] against happened[n]; weight may be NULL. */
mr_status figures_of(size_t n, const double *score, const unsigned char *happened, const double *weight, figures *out, mr_error *err);

#endif
