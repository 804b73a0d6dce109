/* One customer, for people: found by what they are called, and read whole. */
#ifndef LEDGER_PERSON_H
#define LEDGER_PERSON_H

#include "ledger.h"

#include <jansson.h>

/* id: "#123" (the customer's number), or an identifier; source NULL: of any source. Merged ones lead to the kept one. MR_EDATA: nobody, or
 * several, with what to say. */
mr_status person_find(ledger *l, const char *id, const char *source, int64_t *customer_id, mr_error *err);
/* Those whose e-mail, phone, name or identifier this is, by normal forms: a JSON array of {customer_id, by, identifier, source, name, email, phone}. */
mr_status person_search(ledger *l, const char *text, json_t **out, mr_error *err);
/* {customer_id, identifiers, customer, cycle, contacts, contracts, cases, promises, consents, forecasts, events_n, events}: events newest first, at most
 * `limit`. Times are RFC 3339, days YYYY-MM-DD, kinds and sources their names, money amounts with their digits. */
mr_status person_read(ledger *l, int64_t customer_id, size_t limit, json_t **out, mr_error *err);

#endif
