/* One customer, for people: found by what they are called, and read whole. */
#ifndef LEDGER_PERSON_H
#define LEDGER_PERSON_H

#include "ledger.h"

#include <jansson.h>

#define PERSON_SEARCH_LIMIT 100

/* id: "#123" (the customer's number), or an identifier; source NULL: of any source. Merged ones lead to the kept one. MR_EDATA: nobody, or
 * several, with what to say. */
mr_status person_find(ledger *l, const char *id, const char *source, int64_t *customer_id, mr_error *err);
/* Those whose e-mail, phone, name or identifier this is, by normal forms; where there is nobody, those whose name or e-mail address, or a contact's,
 * has it in it. A JSON array of {customer_id, by, identifier, source, name, email, phone}, each customer once; at most PERSON_SEARCH_LIMIT. */
mr_status person_search(ledger *l, const char *text, json_t **out, mr_error *err);
/* The customers of that identifier: the one of the source with that number, else those of every source; each once, up to room of them. */
mr_status person_by_identifier(ledger *l, const char *id, int32_t source, int64_t *customers, size_t room, size_t *n, mr_error *err);
/* The customers who have that e-mail address, by its normal form, ascending: up to room of them. */
mr_status person_by_email(ledger *l, const char *email, int64_t *customers, size_t room, size_t *n, mr_error *err);
/* {customer_id, identifiers, customer, cycle, contacts, contracts, cases, promises, consents, forecasts, merges, conflicts, events_n, events}: of one
 * moment; events newest first, at most `limit`. Cells as exports have them (readable.h). */
mr_status person_read(ledger *l, int64_t customer_id, size_t limit, json_t **out, mr_error *err);

#endif
