/* Does somebody object (objection.h), out of one customer's events. */
#ifndef PROGRAMME_OBJECTING_H
#define PROGRAMME_OBJECTING_H

#include <whole.h>

/* To what, since when (*since_us; may be NULL), by what was said until now_us; NULL: to nothing. contact: the identifier of one of theirs, whose own words and the account's
 * count; NULL: the account, which objects where it or anybody of theirs does, as in rankings (ledger/objections.h). */
const char *objecting(whole *w, const char *contact, int64_t now_us, int64_t *since_us);

#endif
