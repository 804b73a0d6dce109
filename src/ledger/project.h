/* Projection: what the events of a customer say, put in rows of contact, contract, support_case, promise, touch, survey,
 * consent and due. The
 * events are the truth; the rows can be made again from them at any time. */
#ifndef LEDGER_PROJECT_H
#define LEDGER_PROJECT_H

#include "history.h"
#include "upserts.h"

/* Who looks after the customer, out of the owner_changed events of the whole history: into the customer's row. MR_ENOMEM. */
mr_status project_owners(const history *h, upserts *u, mr_error *err);
/* Does an event of this kind show in a row of its own or of its subject? */
bool project_kind(int kind);
/* Rows of a history (sorted, with bodies) into u. subject 0: of all its events; else only the subject's row, and touches, surveys and
 * consents not at all. MR_ENOMEM. */
mr_status project_history(const ledger *l, const history *h, int64_t subject, upserts *u, mr_error *err);
/* A touch, survey or consent by itself: their rows hang on one event alone. */
mr_status project_event(const ledger *l, int64_t customer_id, const history_event *e, upserts *u, mr_error *err);

#endif
