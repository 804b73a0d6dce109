/* Some customers are decided by known chances, so that what actions do can be learnt from them (docs/methods/allocation.md).
 *
 * Whoever's `in` is below the share is drawn for, those of the smallest `in` first: one of their candidates or nothing, each with a chance of at least `least`, all else on the best one at the
 * prices given. What is drawn is charged to the budgets. Who comes when there is no room for the dearest of their candidates is not drawn for, whatever the draw would have been: so the chances of
 * those who were drawn are what they are said to be. Everybody else is for allocate.h, and their choice is no draw. */
#ifndef DECIDE_EXPLORE_H
#define DECIDE_EXPLORE_H

#include "allocate.h"

typedef struct explore_options {
    double share;       /* of customers, 0 to 1 */
    double least;       /* chance of each candidate and of nothing; .02 to .5. Who has more candidates than that allows is drawn among those worth most */
    double of_budget;   /* that draws may use of each budget at most, 0 to 1 */
} explore_options;

typedef struct explored {
    size_t drawn, no_room;
} explored;

/* in[customers], draw[customers]: uniform in [0,1), of keyed hashes, independent of each other. budget[resources]: what there is, then what is left; not the problem's own array. random[customers]: drawn for; of those chosen[]
 * (action number or ALLOCATE_NONE) and probability[] of that; the others' stay as they are. MR_EINVAL: options; MR_ENOMEM. The problem must have passed allocate_new. */
mr_status explore_draw(const allocate_problem *p, const explore_options *o, const double *price, const double *in, const double *draw, const mr_context *context, double *budget, bool *random,
                       uint32_t *chosen, double *probability, explored *out, mr_error *err);

#endif
