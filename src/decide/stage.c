/* Where a customer stands in their own cycle, and what is at risk.
 *
 *     one order:   first     P(alive) >= 1/2        once  otherwise
 *     two or more: steady    silence < gap_50       due   silence < gap_90
 *                  left      silence > gap_95 and P(alive) < threshold
 *                  overdue   otherwise
 *
 *     value at risk = P(alive now) x P(leaves within the horizon | alive) x value over the horizon if they
 * stayed = (P(alive now) - P(alive at the horizon)) x value if they stayed
 *
 * because P(leaves | alive) = 1 - P(alive at the horizon) / P(alive now): nobody comes back from having left.
 * The difference form needs no division, so it is exact for the long dead, whose P(alive) may be 1e-96.
 *
 * The gaps are quantiles of the customer's next gap given alive, as of their last order; the two ideas (late
 * for their own rhythm, and gone) are kept apart on purpose: a late customer may well be alive. */
#include <marram/decide.h>

#include <math.h>

typedef struct stage_row {
    const char *name, *meaning;
} stage_row;

static const stage_row stages[MR_STAGES] = {
    [MR_STAGE_FIRST] = {"first", "One order so far, and more likely than not still a customer"},
    [MR_STAGE_STEADY] = {"steady", "Silent for less than their usual gap between orders (its median)"},
    [MR_STAGE_DUE] =
        {"due",
         "Past their usual gap, but not yet late: nine in ten of their gaps are over by the 90 % date"},
    [MR_STAGE_OVERDUE] = {"overdue",
                          "Past their 90 % next-order date, and not yet counted as left: the time to act"},
    [MR_STAGE_ONCE] = {"once", "One order only, and more likely than not gone since"},
    [MR_STAGE_LEFT] = {"left", "Past their 95 % next-order date and probably gone: a label, not a certainty"},
};

const char *mr_stage_name(mr_stage stage) {
    return (unsigned)stage < MR_STAGES ? stages[stage].name : "unknown";
}

const char *mr_stage_meaning(mr_stage stage) {
    return (unsigned)stage < MR_STAGES ? stages[stage].meaning : "No such stage";
}

/* Conditions are written so that a NaN gap or chance falls to the milder stage: nobody is called gone on
 * nothing. */
mr_stage mr_stage_of(const mr_standing *standing, double threshold) {
    const mr_standing *s = standing;
    if (s->orders < 2) return s->p_alive < 0.5 ? MR_STAGE_ONCE : MR_STAGE_FIRST;
    if (!(s->silence >= s->gap_50)) return MR_STAGE_STEADY;
    if (!(s->silence >= s->gap_90)) return MR_STAGE_DUE;
    if (s->silence > s->gap_95 && s->p_alive < threshold) return MR_STAGE_LEFT;
    return MR_STAGE_OVERDUE;
}

double mr_value_at_risk(const mr_standing *standing) {
    double leaves = standing->p_alive - standing->p_alive_later;
    if (leaves < 0) leaves = 0; /* rounding; a NaN stays NaN */
    return leaves * standing->value_if_stay;
}
