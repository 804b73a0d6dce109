/* What a model of leaving is learnt from, with names: rows of features, and what became of each. Read from a table (table_frame.h), or made from a
 * ledger's histories. Pointers are borrowed; whoever made them frees them. */
#ifndef LEARN_FRAME_H
#define LEARN_FRAME_H

#include <marram/additive.h>

typedef struct frame_feature {
    const char *name;
    bool categorical;
    size_t levels;            /* categories */
    const char *const *level; /* [levels] their names */
    const double *number;     /* [n] NaN: missing; numbers */
    const int32_t *category;  /* [n] negative: missing; categories */
    signed char monotone;     /* as mr_additive_options */
} frame_feature;

typedef struct frame {
    size_t n, p;
    const frame_feature *feature;   /* [p] */
    const char *const *id;          /* [n]; NULL: the number of the row, from 1 */
    const unsigned char *happened;  /* [n]; NULL: not known (rows to predict) */
    const double *weight;           /* [n]; NULL: 1 each */
    const uint64_t *group;          /* [n] rows of one group stay on one side of a split; NULL: each its own */
    const double *time;             /* [n] finite; later rows judge earlier ones; NULL: by chance */
    const char *outcome, *positive; /* "Churn", "Yes": what the probability is of */
} frame;

/* As the kernel wants it, into feature[f->p]. */
static inline mr_frame frame_plain(const frame *f, mr_feature *feature) {
    for (size_t j = 0; j < f->p; j++)
        feature[j] = (mr_feature){f->feature[j].categorical ? NULL : f->feature[j].number, f->feature[j].categorical ? f->feature[j].category : NULL,
                                  (int32_t)f->feature[j].levels};
    return (mr_frame){f->n, f->p, feature};
}

#endif
