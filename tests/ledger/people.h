/* What the tests of single customers and of the whole database share, on top of fixture.h. */
#ifndef TESTS_LEDGER_PEOPLE_H
#define TESTS_LEDGER_PEOPLE_H

#include "fixture.h"

/* Every row and column of every per-customer table but `without` (names between blanks), ordered by key, and of no other; versions of cycles
 * left out. The caller's to free. */
char *people_dump(ledger *l, const char *without);
/* Equal, or fails the test with the first line that differs. */
void people_same(const char *what, const char *want, const char *got);
/* A row of customer by import, as `marram import customers` makes it. */
void people_customer(const store *s, unsigned customer, const char *name, const char *email, const char *phone, const char *address);
void people_contact(const store *s, unsigned customer, const char *id, const char *name, const char *role, const char *phone);
/* Says that a second identifier stands for the customer. */
void people_alias(const store *s, unsigned customer, const char *external_id);
/* Half a dozen customers with something in every table: contracts, cases, promises kept and open, touches, surveys, consents, conflicts, tasks, messages. */
void people_town(const store *s, ledger *l);

#endif
