/* What is wished against what is there: new wishes become actions, those no longer wished lapse, the rest are kept up to date. */
#ifndef PROGRAMME_RECONCILE_H
#define PROGRAMME_RECONCILE_H

#include "looking.h"

#define RECONCILE_NOT 0 /* an action's kind that says: not to be put after all */

typedef struct weighed weighed;

typedef struct reconciled {
    action_row *put;  /* [put_n] */
    size_t put_n;
    int64_t *lapse;   /* ids, [lapse_n] */
    size_t lapse_n;
    const whole_message **recall; /* [recall_n]: letters not printed yet that are not wanted any more */
    size_t recall_n;
    size_t made;      /* of put: those that are new */
    const action_row **over; /* [over_n], of put: whoever had them has gone or is away for too long, and they go over to the row's owner */
    size_t over_n;
    weighed *weighed; /* under budgets (weighing.h): what was weighed of it, and what was chosen; else NULL */
} reconciled;

/* Texts are in the look's arena. Wishes whose time is over count as not wished. MR_ENOMEM. */
mr_status reconcile(look *k, const ledger *l, reconciled *out, mr_error *err);
/* In a write transaction, of n looks at once. What is not to be put goes, and lapses where it is there. */
mr_status reconcile_write(ledger *l, const look *k, reconciled *r, size_t n, mr_error *err);

#endif
