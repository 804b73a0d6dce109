/* What falls due without an event: timers in the table due, fired once each by whichever worker comes first.
 *
 * Workers lease parts of the customers (the top six bits of customer_id), not rows: a lease is a row with an owner, an end and a fence, which
 * rises with every new holder, so that one who was away too long notices. A lease spares workers each other's way; that a timer fires once is
 * due_fire's doing. Times of leases are the wall clock's, handed in; what is due is asked of any moment. */
#ifndef LEDGER_DUE_H
#define LEDGER_DUE_H

#include "ledger.h"

#define DUE_PARTS 64
#define DUE_OWNER 64

typedef struct due_lease {
    int part; /* 0 .. DUE_PARTS - 1 */
    int64_t fence, until_us;
    char owner[DUE_OWNER]; /* for people: a machine and a process */
} due_lease;

/* One part that nobody holds at wall_us, for length_us; *taken false: all are held. */
mr_status due_lease_take(ledger *l, const char *owner, int64_t wall_us, int64_t length_us, due_lease *out, bool *taken, mr_error *err);
/* Longer, from wall_us on; *kept false: another holds it by now. */
mr_status due_lease_keep(ledger *l, due_lease *lease, int64_t wall_us, int64_t length_us, bool *kept, mr_error *err);
/* Free for others at once. */
mr_status due_lease_give(ledger *l, const due_lease *lease, mr_error *err);

typedef enum due_kind { DUE_PROMISE = 1 } due_kind;

typedef struct due_row {
    int64_t customer_id, id, due_us, subject_id;
    int kind;
} due_row;

/* Up to room of those in the part that are due by at_us and not done, the earliest first. */
mr_status due_waiting(ledger *l, int part, int64_t at_us, due_row *rows, size_t room, size_t *n, mr_error *err);

/* What there is to do, inside the transaction that claims the timer: what it writes through l is there once. Run again where the transaction
 * is. */
typedef mr_status (*due_act)(ledger *l, const due_row *row, void *ctx, mr_error *err);

typedef enum due_outcome {
    DUE_FIRED,
    DUE_AGAIN,     /* what it waits for was put off, and it is armed again for then: an append moves a timer only earlier */
    DUE_SETTLED,   /* what it waits for has come or is gone */
    DUE_NOT_OURS   /* another fired it, or the lease is another's by now */
} due_outcome;

/* lease NULL: of no matter. */
mr_status due_fire(ledger *l, const due_lease *lease, const due_row *row, due_act act, void *ctx, due_outcome *outcome, mr_error *err);

#endif
