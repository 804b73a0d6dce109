/* Webhooks: who is told of what, and what waits until they have it, in the tables webhook_endpoint and webhook_delivery.
 *
 * What is to be told is queued in the transaction in which it happens (actions.c, outbox.c), so nothing is told that did not happen, and nothing is forgotten. At least once: a row waits
 * until the receiver has answered; its id stays the same. Sending is deliver's (hook_sending.h). Customers who were merged meanwhile are found where they are now. */
#ifndef LEDGER_HOOKS_H
#define LEDGER_HOOKS_H

#include "ledger.h"

#include <arena.h>
#include <hook_kinds.h>

typedef struct hook_endpoint { /* texts are borrowed */
    const char *name;
    uint32_t kinds;       /* HOOK_IN */
    int64_t url_hash;     /* hooks_url_hash */
    int64_t since_us, disabled_us; /* disabled_us 0: it is on */
    const char *reason;   /* why it is disabled; "" */
} hook_endpoint;

typedef struct hook_endpoints { /* start from {0} */
    hook_endpoint *at;
    size_t n, capacity;
    arena text;
} hook_endpoints;
void hook_endpoints_free(hook_endpoints *e);

int64_t hooks_url_hash(const ledger *l, const char *url);
/* All there are, by name; e is emptied first. */
mr_status hooks_endpoints(ledger *l, hook_endpoints *e, mr_error *err);
/* From now on these alone (name, kinds, url_hash), as the settings have them. One whose url_hash is another is switched on; what waits for one that is not among them any more is given up.
 * A transaction of its own, and none where nothing differs: *changed. */
mr_status hooks_set(ledger *l, const hook_endpoint *at, size_t n, int64_t now_us, bool *changed, mr_error *err);
/* Nothing more is queued for it, and what waits is given up. *given_up: how many (may be NULL). */
mr_status hooks_disable(ledger *l, const char *name, const char *reason, int64_t now_us, int64_t *given_up, mr_error *err);
/* On again, from now on. again: what was given up and is still there is tried again from the beginning; *n: how many. */
mr_status hooks_enable(ledger *l, const char *name, bool again, int64_t now_us, int64_t *n, mr_error *err);

typedef enum hook_standing { HOOK_WAITING, HOOK_DELIVERED, HOOK_GIVEN_UP, HOOK_STANDINGS } hook_standing;

typedef struct hook_row {
    int64_t customer_id, id;
    const char *endpoint, *kind, *body;
    int state, attempts;
    int64_t next_us, settled_us;
    const char *said;
    int64_t created_us;
} hook_row;

typedef struct hook_rows { /* start from {0} */
    hook_row *row;
    size_t n, capacity;
    arena text;
} hook_rows;
void hook_rows_free(hook_rows *rows);

#define HOOK_ID 21
/* What goes out as webhook-id: "msg_" and 16 hexadecimal digits. Returns out. */
char *hook_id_text(int64_t id, char out[HOOK_ID]);
const char *hook_state_name(int state); /* never NULL */

/* Up to room of those that may go to the endpoint by now_us, the earliest first. rows is emptied first. */
mr_status hooks_waiting(ledger *l, const char *endpoint, int64_t now_us, size_t room, hook_rows *rows, mr_error *err);
/* The same whatever the time, of any state, for people; without bodies. */
mr_status hooks_in(ledger *l, const char *endpoint, int state, size_t room, hook_rows *rows, mr_error *err);
/* How many are in each state. */
mr_status hooks_count(ledger *l, const char *endpoint, int64_t n[HOOK_STANDINGS], mr_error *err);

/* An attempt begins: one more, and until next_us nobody else begins one. A sender that is cut off has thereby failed once. *ours false: another was quicker. */
mr_status hooks_attempt(ledger *l, const hook_row *row, int64_t next_us, bool *ours, mr_error *err);
/* What came of it. to HOOK_WAITING: again at next_us. */
mr_status hooks_settle(ledger *l, const hook_row *row, hook_standing to, int64_t next_us, const char *said, int64_t now_us, mr_error *err);
/* Takes out what was settled before then. */
mr_status hooks_prune(ledger *l, int64_t before_us, int64_t *n, mr_error *err);

#endif
