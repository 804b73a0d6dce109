/* What to do first about an account under contract: a table of rules, account_step.def. */
#ifndef DECIDE_ACCOUNT_STEP_H
#define DECIDE_ACCOUNT_STEP_H

#include <marram/base.h>

typedef enum account_step {
#define ACCOUNT_STEP(id, name, action, evidence, condition) ACCOUNT_##id,
#include "account_step.def"
#undef ACCOUNT_STEP
    ACCOUNT_STEPS
} account_step;

typedef struct account_standing {
    bool spoke_of_leaving, past_renewal, payment_failed, problem, asked_for_less, competitor, person_left, dearer, shrinking;
    bool has_renewal, renews; /* a renewal date is known; it lies within the horizon */
    double days_to_notice;    /* to the last day notice can be given; NaN: no renewal known */
    double tenure_days;
    double risk_rank;         /* share of accounts with less value at risk (without prices: a smaller chance to leave), 0 to 1 */
} account_standing;

/* Pure. Of an account that is under contract. */
account_step account_first_step(const account_standing *s);
const char *account_step_name(account_step step);     /* "mend the payment"; never NULL */
const char *account_step_action(account_step step);
const char *account_step_evidence(account_step step);

#endif
