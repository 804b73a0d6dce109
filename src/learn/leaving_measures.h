/* How well scores of landmarks told who would leave: at each month's end, and how long before. Definitions: docs/methods/leaving.md. */
#ifndef LEARN_LEAVING_MEASURES_H
#define LEARN_LEAVING_MEASURES_H

#include "landmarks.h"

enum { MEASURE_TENTHS = 10, MEASURE_RATES = 2, MEASURE_ROUNDS = 400 };
extern const double measure_flag_rates[MEASURE_RATES]; /* .05, .10 */

typedef struct measured {
    double value, low, high; /* 95 % by bootstrap over customers; NaN: not known */
} measured;

/* Rows judged, month by month; within a month in the order of customers. */
typedef struct judged {
    const landmarks *m;
    const size_t *row;      /* [n] whose outcome (now) is LANDMARK_STAYED or LANDMARK_LEFT */
    size_t n;
    const size_t *month;    /* [months + 1]: rows month[k] .. month[k + 1] - 1 are of one day */
    size_t months;
} judged;

typedef struct lead_measures {
    double rate;
    size_t flagged, flagged_left;   /* landmarks; of customers who left within the horizon */
    size_t leavers, caught;         /* who left after a landmark, and up to the one behind the last judged; whose last landmark before it was flagged */
    double lead_median, lead_25, lead_75; /* days from the first flag of the final unbroken run to the leave date, of those caught; NaN: none */
    double after_order_median;      /* without contracts: days from the last order to that flag (below zero: before it) */
    size_t runs, false_runs;        /* unbroken runs of flags; after whose last flag the customer did not leave within the horizon */
    double customer_years;          /* of customers at risk */
    measured precision;             /* flagged_left / flagged */
} lead_measures;

typedef struct scorer_measures {
    size_t n, left;                 /* rows the scorer said something of */
    measured auc;                   /* within months, pooled over pairs of one who left and one who stayed in the same month */
    measured lift;                  /* share who left among the month's tenth with the highest scores, over that of all */
    measured against;               /* auc less that of the first scorer */
    double brier, log_loss, slope, intercept; /* chances only; else NaN. slope, intercept: of the outcome's log-odds on the score's */
    double predicted[MEASURE_TENTHS], actual[MEASURE_TENTHS]; /* chances: mean and share who left by tenths, lowest first */
    size_t tenth_n[MEASURE_TENTHS];
    double *month_auc;              /* [months], NaN: nobody or everybody left; freed by measures_free */
    lead_measures lead[MEASURE_RATES];
} scorer_measures;

/* score[s]: [j->n] of scorer s, or NULL (its measures are all NaN). out[scorers]. */
mr_status measures_of(const judged *j, const double *const *score, const bool *chance, size_t scorers, uint64_t seed, const mr_context *context, scorer_measures *out,
                      mr_error *err);
void measures_free(scorer_measures *out, size_t scorers);

/* Share of pairs (left, stayed) in which who left has the higher score; ties count half. weight NULL: 1 each. NaN without both. */
double measure_auc(size_t n, const double *score, const unsigned char *left, const double *weight);

#endif
