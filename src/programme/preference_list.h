/* What each contact wants: what was said, where it was learnt, and when it was last confirmed; and saying it. */
#ifndef PROGRAMME_PREFERENCE_LIST_H
#define PROGRAMME_PREFERENCE_LIST_H

#include <ledger.h>
#include <whole.h>

#include <jansson.h>

/* A JSON array of {contact, about, says, learnt, where, source, confirmed}, of the account ("") first, then of each contact; about is "channel email", "topic news", "hours", "time zone",
 * "language", "being contacted at all", "marketing by email" ...; says "wanted", "not wanted", "given", "withdrawn" or the text itself; learnt and confirmed are times, "" where only a
 * record says it. The newest word of each counts; saying the same again confirms it. person: of person_read, with all events. NULL: no memory. */
json_t *preference_list(const json_t *person, const whole *w);

typedef struct preference_word {
    const char *name, *value; /* everything, channel NAME=yes|no, topic NAME=yes|no, hours, time-zone, language */
} preference_word;

/* Recorded, a preference_changed each, as of now_us: contact NULL: of the whole account. Saying it again at the same time changes nothing. MR_EDATA: what is wrong, and what was expected. A transaction. */
mr_status preference_say(ledger *l, int64_t customer_id, const char *contact, const preference_word *words, size_t n, int64_t now_us, mr_error *err);

#endif
