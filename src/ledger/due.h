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
    char owner[DUE_OWNER]; /* for people: a machine and a process (due_owner_here) */
} due_lease;

/* One part that nobody holds at wall_us, for length_us; *taken false: all are held. */
mr_status due_lease_take(ledger *l, const char *owner, int64_t wall_us, int64_t length_us, due_lease *out, bool *taken, mr_error *err);
/* That part; *taken false: another holds it. */
mr_status due_lease_take_part(ledger *l, int part, const char *owner, int64_t wall_us, int64_t length_us, due_lease *out, bool *taken, mr_error *err);
/* This process: "machine:process-mark". The mark tells it from another that has the same number after it, or after the machine was started anew. Returns out. */
char *due_owner_here(char out[DUE_OWNER]);
/* Leases that processes of this machine held when they ended are free again. owner: due_owner_here's, as they all are. */
mr_status due_lease_clear(ledger *l, const char *owner, mr_error *err);
/* Was `holder` ("machine:process", with a mark or without) a process of the machine that owner names, and is it gone? */
bool due_owner_gone(const char *holder, const char *owner);
/* Longer, from wall_us on; *kept false: another holds it by now. */
mr_status due_lease_keep(ledger *l, due_lease *lease, int64_t wall_us, int64_t length_us, bool *kept, mr_error *err);
/* Free for others at once. */
mr_status due_lease_give(ledger *l, const due_lease *lease, mr_error *err);

typedef enum due_kind { DUE_PROMISE = 1, DUE_LOOK } due_kind;

#define DUE_LOOK_ID 2 /* of the one DUE_LOOK a customer has */

typedef struct due_row {
    int64_t customer_id, id, due_us, subject_id;
    int kind;
} due_row;

/* Of all kinds: up to room of those in the part that are due by at_us and not done, the earliest first. */
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

/* Of promises; looks are due_look_done's. lease NULL: of no matter. */
mr_status due_fire(ledger *l, const due_lease *lease, const due_row *row, due_act act, void *ctx, due_outcome *outcome, mr_error *err);

/* --- looks: when programmes look at a customer next (looks.h) --- */

/* To be called first by who acts: from then on every event, appended or imported, has its customer looked at. The first time all customers are due at
 * now_us (one statement); later it asks nothing. began may be NULL. */
mr_status due_looks_begin(ledger *l, int64_t now_us, bool *began, mr_error *err);
/* At due_us, unless it is earlier already; anew where there was none or it was done. In a write transaction, or by itself. */
mr_status due_look_at(ledger *l, int64_t customer_id, int64_t due_us, mr_error *err);
/* How those of customer_id[n] stand; waiting[i] false: none, or done. */
mr_status due_looks_read(ledger *l, const int64_t *customer_id, size_t n, due_row *row, bool *waiting, mr_error *err);
/* The parts that have a look due by at_us, ascending, by one look at the index each; parts[DUE_PARTS]. */
mr_status due_look_parts(ledger *l, int64_t at_us, int *parts, size_t *n, mr_error *err);
/* Up to room of the looks of a part that are due by at_us, the earliest first, and those of one moment by customer (where they are more than room, any of them). */
mr_status due_looks_waiting(ledger *l, int part, int64_t at_us, due_row *rows, size_t room, size_t *n, mr_error *err);
/* They were looked at: again at next_us[i] exactly; INT64_MAX: not before something happens. seen[n]: the rows as due_waiting or due_looks_read gave them before the customers
 * were read. done[n] (may be NULL) 0: something happened since, and they stay due. In a write transaction, or by itself. */
mr_status due_looks_done(ledger *l, const due_row *seen, const int64_t *next_us, size_t n, int64_t *done, mr_error *err);

#endif
