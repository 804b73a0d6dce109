/* From forecasts to what a person does: stage in the cycle, value at risk, the first step. Pure functions. */
#ifndef MARRAM_DECIDE_H
#define MARRAM_DECIDE_H

#include <marram/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where a customer stands in their own cycle. Order matters: later is further gone. */
typedef enum mr_stage {
    MR_STAGE_FIRST,   /* one order so far, and more likely than not still a customer */
    MR_STAGE_STEADY,  /* silent for less than their median gap */
    MR_STAGE_DUE,     /* between the median and the 90 % next-order date */
    MR_STAGE_OVERDUE, /* past the 90 % next-order date, not yet left */
    MR_STAGE_ONCE,    /* one order only, and more likely than not gone since */
    MR_STAGE_LEFT,    /* past the 95 % next-order date and P(alive) under the threshold: a label, not an outcome */
    MR_STAGES
} mr_stage;

MR_API const char *mr_stage_name(mr_stage stage);    /* "overdue" */
MR_API const char *mr_stage_meaning(mr_stage stage); /* one sentence */

/* What is known of one customer when deciding. Times in days. */
typedef struct mr_standing {
    double orders;        /* all orders, the first included, >= 1 */
    double silence;       /* days since the last order */
    double gap_50, gap_90, gap_95;
    double p_alive;       /* in [0,1] */
    double p_alive_later; /* at the end of the horizon */
    double p_order;
    double value_if_stay; /* value over the horizon if they neither left nor leave */
    double value_rank;    /* share of customers whose spend is less, in [0,1] */
    double return_share;  /* returns / gross spend, >= 0 */
} mr_standing;

#define MR_LEFT_THRESHOLD 0.5

/* The stage; p_alive is compared with `threshold` for MR_STAGE_LEFT. */
MR_API mr_stage mr_stage_of(const mr_standing *standing, double threshold);

/* P(alive now) x P(leaves within the horizon | alive) x value over the horizon if they stayed. */
MR_API double mr_value_at_risk(const mr_standing *standing);

/* The first thing to do, from the table of rules marram/first_step.def; the first rule that matches. */
typedef enum mr_step {
#define STEP(id, name, action, evidence, condition) MR_STEP_##id,
#include <marram/first_step.def>
#undef STEP
    MR_STEPS
} mr_step;

MR_API mr_step mr_first_step(const mr_standing *standing, mr_stage stage);
MR_API const char *mr_step_name(mr_step step);     /* "call" */
MR_API const char *mr_step_action(mr_step step);   /* what to do, one sentence */
MR_API const char *mr_step_evidence(mr_step step); /* on what evidence */

#ifdef __cplusplus
}
#endif
#endif
