/* An event in plain words (event_words.def). */
#ifndef CLI_EVENT_WORDS_H
#define CLI_EVENT_WORDS_H

#include <text.h>

#include <jansson.h>

/* event: as person_read gives it: kind, amount, currency, body. Clean for a terminal. */
void event_words(const json_t *event, text_buffer *out);
/* How often a contract of so many months a period is paid: "a month", "every 3 months", "a year". */
void period_words(int64_t months, text_buffer *out);
/* The template of a kind, by its code; NULL: there is none. */
const char *event_words_template(int kind);

#endif
