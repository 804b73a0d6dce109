/* The discrete-time hazard: the chance of leaving in a period, of those still there when it begins. Survival rows are cut into one row a period; any
 * model of a chance (marram/additive.h, marram/logistic.h) fitted to those is a model of the hazard, with the same likelihood (Cox 1972, section 6;
 * Allison 1982). */
#ifndef MARRAM_HAZARD_H
#define MARRAM_HAZARD_H

#include <marram/survival.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Period k is (k width, (k + 1) width]. A row is in it that was watched from its beginning, and either to its end or until it left in it: a last
 * period cut short by the end of the data tells nothing, and neither does a first one joined late.
 *
 * Rows of one mr_survival.subject that stand one behind the other, each beginning where the one before it stopped, are one watch: a period they are split in goes to
 * the last of them that reaches into it. Without subjects such a period is one joined late, and who leaves in it is not counted. */
typedef struct mr_periods {
    size_t *row;             /* [n] of the survival data */
    double *period;          /* [n] k */
    unsigned char *happened; /* [n] 1: left in it */
    double *weight;          /* [n] the row's, or NULL: not wanted */
} mr_periods;

/* How many rows there will be. width > 0. MR_EDATA as mr_survival_estimate, more than 2^32 - 2 rows, or a stop beyond period 2^53. */
MR_API mr_status mr_hazard_count(const mr_survival *data, double width, size_t *n, mr_error *err);
/* Fills columns of that many rows, by row and then by period. */
MR_API mr_status mr_hazard_cut(const mr_survival *data, double width, mr_periods *out, mr_error *err);

/* survival[k] = prod_{i <= k} (1 - hazard[i]): the chance of being there still at the end of each of n periods. hazard in [0, 1]; may be in place. */
MR_API mr_status mr_hazard_survival(size_t n, const double *hazard, double *survival, mr_error *err);

#ifdef __cplusplus
}
#endif
#endif
