/* The stage of a customer's cycle: which of new, settling, thriving, coasting, drifting, leaving, left, returned (docs/cycle.md). Pure. */
#ifndef DECIDE_CYCLE_STAGE_H
#define DECIDE_CYCLE_STAGE_H

#include <marram/base.h>

typedef enum cycle_stage {
#define CYCLE_STAGE(name, meaning, enters, enters_words, stays, stays_words) CYCLE_##name,
#include "cycle_stages.def"
#undef CYCLE_STAGE
    CYCLE_STAGES /* not known so far: who has none comes into one by `enters` */
} cycle_stage;

#define CYCLE_YEAR 365

typedef struct cycle_standing {
    const double *feature;   /* [FEATURES], of the day */
    bool gone;               /* has left */
    bool notice;             /* has said they will, and not taken it back */
    bool back;               /* had left before this spell */
    double spell_days;       /* since this spell began */
    double referrals;        /* customers they brought within CYCLE_YEAR days; the feature counts all there ever were */
    double chance, base;     /* of leaving within the horizon: theirs, and the mean; NaN: no model was asked */
} cycle_standing;

/* before: the stage a month ago, CYCLE_STAGES where there is none. */
cycle_stage cycle_stage_of(const cycle_standing *s, cycle_stage before);

typedef struct cycle_stage_row {
    const char *name, *meaning, *enters, *stays;
} cycle_stage_row;

const cycle_stage_row *cycle_stage_row_of(cycle_stage stage); /* never NULL */

#endif
