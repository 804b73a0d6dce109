/* The first row of account_step.def whose condition holds. The last row always does. */
#include "account_step.h"

static const struct {
    const char *name, *action, *evidence;
} steps[ACCOUNT_STEPS] = {
#define ACCOUNT_STEP(id, name, action, evidence, condition) {name, action, evidence},
#include "account_step.def"
#undef ACCOUNT_STEP
};

account_step account_first_step(const account_standing *s) {
#define ACCOUNT_STEP(id, name, action, evidence, condition) \
    if (condition) return ACCOUNT_##id;
#include "account_step.def"
#undef ACCOUNT_STEP
    return ACCOUNT_NOTHING;
}

static account_step known(account_step step) {
    return (int)step >= 0 && step < ACCOUNT_STEPS ? step : ACCOUNT_NOTHING;
}

const char *account_step_name(account_step step) {
    return steps[known(step)].name;
}

const char *account_step_action(account_step step) {
    return steps[known(step)].action;
}

const char *account_step_evidence(account_step step) {
    return steps[known(step)].evidence;
}
