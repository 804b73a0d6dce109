/* What the model of leaving that a ledger keeps (marram train --db) says of its customers on a day: their chances, and what raises each most. */
#ifndef LEARN_LEAVING_CHANCES_H
#define LEARN_LEAVING_CHANCES_H

#include <ledger.h>
#include <risk.h>

typedef struct leaving_chance {
    int64_t customer_id;
    double p, low, high; /* 80 % interval: what other draws of the rows would have taught the model */
    char raised_by[64]; /* the feature that adds most to it; "" none adds */
} leaving_chance;

typedef struct leaving_chances {
    size_t n;            /* 0: the ledger keeps no such model */
    leaving_chance *row; /* by customer_id */
    int32_t as_of;       /* the last day the model knew */
    double auc;          /* on time it had not seen; NaN not known */
    uint64_t tested;     /* rows of that */
} leaving_chances;

/* Those of the newest model of leaving, where it is of that mode and horizon and knew nothing after `until`. Freed by leaving_chances_free, whatever
 * comes. */
mr_status leaving_chances_read(ledger *l, risk_mode mode, int32_t horizon_days, int32_t until, const mr_context *context, leaving_chances *out, mr_error *err);
void leaving_chances_free(leaving_chances *c);
/* NULL: nothing is said of them. */
const leaving_chance *leaving_chance_of(const leaving_chances *c, int64_t customer_id);

#endif
