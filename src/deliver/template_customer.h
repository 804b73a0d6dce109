/* A customer's values for a template, from what the ledger keeps of them (person_read). What the ledger does not know stays unknown: whoever writes the message adds its own (company,
 * content, links). */
#ifndef DELIVER_TEMPLATE_CUSTOMER_H
#define DELIVER_TEMPLATE_CUSTOMER_H

#include "template.h"

#include <arena.h>
#include <jansson.h>

/* person: of person_read. Taken: the customer's name and identifier, the first contact who has not left, the sales owner's name, the newest case, the promise that is open longest, the last
 * product ordered, the greeting and today's day in words. Texts are kept in texts. MR_ENOMEM. */
mr_status template_of_customer(const json_t *person, const char *language, int32_t today, arena *texts, template_values *out, mr_error *err);

#endif
