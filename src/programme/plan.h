/* Which of a customer's messages go now: programmes propose, the gate filters, the plan chooses. Greedy: the one worth most first, each asked of the gate with what was
 * chosen before it counted in. What the channel they prefer cannot carry becomes a task for a person and never another channel's message. */
#ifndef PROGRAMME_PLAN_H
#define PROGRAMME_PLAN_H

#include "gate.h"
#include "reconcile.h"
#include "wording.h"

typedef enum plan_fate {
    PLAN_DRAFT,   /* waits for a person's word */
    PLAN_SEND,    /* into the outbox */
    PLAN_LATER,   /* the gate says when */
    PLAN_REFUSED, /* the gate says no: asked again in a week, or when something happens. A draft of it is not made */
    PLAN_TASK,    /* the way they prefer is a person's: a call, a visit, a letter */
    PLAN_GIVEN_UP /* refused for so long that it is dropped */
} plan_fate;

typedef struct plan_item {
    action_row *action; /* of the reconciled rows */
    plan_fate fate;
    gate_verdict verdict;
    message_row message; /* PLAN_SEND; its texts are the look's */
} plan_item;

typedef struct plan {
    plan_item *item;
    size_t n;
} plan;

/* The wish that an action came of; NULL: none of this look. */
const look_wish *plan_wish_of(const look *k, const action_row *a);
/* What the gate is asked of a message. */
gate_request plan_request(const look *k, wording *words, const action_row *a);
/* Changes r's rows (a message that becomes a task). Words that cannot be made are a refusal by the rule `words`. */
mr_status plan_customer(look *k, ledger *l, wording *words, zone_cache *zones, reconciled *r, plan *out, mr_error *err);
/* In a write transaction, after reconcile_write, of n looks at once: the gate's answers, the outbox, what is given up. sent[n]: how many went into the outbox. */
mr_status plan_write(ledger *l, const look *k, const plan *p, size_t n, size_t *sent, mr_error *err);

#endif
