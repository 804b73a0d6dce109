/* The features of a customer as of any past day, from what was known at its end (features.def says which).
 *
 *     features_new -> features_begin -> features_apply ... -> features_at -> features_apply ... -> features_at ... -> features_free
 *
 * Events are applied once, in the order in which they became known (trace_order); those that became known late find their place by themselves.
 * Between them the features of a day are asked for: any day that is not before the last applied event became known. So nothing can look ahead:
 * what is not applied is not there. Events are borrowed until the next features_begin; they must stand in the array of one trace.
 *
 * Pure but for its memory. One state, one thread. (Not features.h: the C library has one.) */
#ifndef HISTORY_FEATURE_H
#define HISTORY_FEATURE_H

#include "trace.h"

#define FEATURES_SOUR_DAYS 90 /* a second problem this soon after another turns a customer sour, unless an option says otherwise */

enum {
#define FEATURE(name, unit, kind, monotone, reason, meaning) FEATURE_##name,
#include "features.def"
#undef FEATURE
    FEATURES
};

typedef enum feature_kind { FEATURE_IS_numeric, FEATURE_IS_flag, FEATURE_IS_category } feature_kind;

typedef struct feature_row {
    const char *name, *unit, *reason, *meaning;
    feature_kind kind;
    int monotone;
} feature_row;

const feature_row *feature_of(int feature); /* 0 .. FEATURES - 1 */
int feature_find(const char *name);         /* or -1 */

typedef struct features features;

/* alloc NULL: the C library's. sour_days 0: FEATURES_SOUR_DAYS. NULL: no memory. */
features *features_new(const mr_alloc *alloc, int32_t sour_days);
void features_free(features *f);
void features_begin(features *f); /* of a customer with no events */
/* MR_ENOMEM. Kinds no feature looks at cost nothing. */
mr_status features_apply(features *f, const trace_event *e, mr_error *err);
/* As of the end of `day`. out[FEATURES]; NaN: missing. */
void features_at(const features *f, int32_t day, double *out);

#endif
