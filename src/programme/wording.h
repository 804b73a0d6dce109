/* What a message says: a template in the contact's language, filled with what is known of the customer, the company, and what the programme adds. */
#ifndef PROGRAMME_WORDING_H
#define PROGRAMME_WORDING_H

#include "looking.h"

#include <template_library.h>

typedef struct wording {
    template_library library;
    const config *c;
    template_message message; /* used again */
    text_buffer sms;          /* likewise */
} wording;

/* The settings' own templates before the built-in ones. MR_EDATA: one that is wrong; MR_EIO. w is freed by wording_free whatever is returned. */
mr_status wording_open(const config *c, wording *w, mr_error *err);
void wording_free(wording *w);

/* The language a template would be taken in for who wants `language`; "" where there is none of that name. */
const char *wording_language(const wording *w, const char *name, const char *language);
/* Can the action's words go that way? As an SMS only where the template says one, to a number it is certain of; else a person says it. */
bool wording_suits(const wording *w, look *k, const action_row *a, int64_t contact_id, contact_channel channel);
/* The action's message to that contact (0: the account itself) by that channel, its texts in the look's memory. MR_EDATA: a template that is not there, a field it needs that nobody
 * knows, no address. */
mr_status wording_message(wording *w, look *k, const ledger *l, const action_row *a, int64_t contact_id, contact_channel channel, message_row *out, mr_error *err);

#endif
