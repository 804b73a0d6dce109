/* Queueing webhooks, from within the transactions in which things happen. Nothing where nobody wants to be told. */
#ifndef LEDGER_HOOKS_QUEUE_H
#define LEDGER_HOOKS_QUEUE_H

#include "actions.h"
#include "hooks.h"
#include "outbox.h"

/* What anybody wants to be told of. The endpoints are read once a connection. */
mr_status hooks_wanted(ledger *l, uint32_t *kinds, mr_error *err);
/* Read again when they are next asked for. */
void hooks_forget(ledger *l);

/* rows[i] is new where !there[i]; its id is id[i]. */
mr_status hooks_created(ledger *l, const action_row *rows, const int64_t *id, const bool *there, size_t n, mr_error *err);
/* It came into that state, from another. */
mr_status hooks_moved(ledger *l, int64_t customer_id, int64_t id, int state, int64_t at_us, mr_error *err);
/* message.sent, message.failed, message.uncertain. */
mr_status hooks_message(ledger *l, const message_row *m, hook_kind kind, int64_t at_us, mr_error *err);

#endif
