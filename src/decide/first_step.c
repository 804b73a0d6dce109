/* The first thing to do: the first row of first_step.def whose condition holds. The last row always does. */
#include <marram/decide.h>

#include <stddef.h>

typedef struct step_row {
    const char *name, *action, *evidence;
} step_row;

static const step_row steps[MR_STEPS] = {
#define STEP(id, name, action, evidence, condition) [MR_STEP_##id] = {name, action, evidence},
#include <marram/first_step.def>
#undef STEP
};

mr_step mr_first_step(const mr_standing *standing, mr_stage stage) {
    const mr_standing *s = standing;
#define STEP(id, name, action, evidence, condition)                                                          \
    if (condition) return MR_STEP_##id;
#include <marram/first_step.def>
#undef STEP
    return MR_STEP_NOTHING;
}

static const step_row *row_of(mr_step step) {
    return &steps[(unsigned)step < MR_STEPS ? step : MR_STEP_NOTHING];
}

const char *mr_step_name(mr_step step) {
    return row_of(step)->name;
}

const char *mr_step_action(mr_step step) {
    return row_of(step)->action;
}

const char *mr_step_evidence(mr_step step) {
    return row_of(step)->evidence;
}
