/* What is known of a contact, out of one customer's events and rows, as the gate wants it (contact_policy.h). What names no contact is said for all of the account's. */
#ifndef PROGRAMME_KNOWN_H
#define PROGRAMME_KNOWN_H

#include "zone_cache.h"

#include <config.h>
#include <contact_policy.h>
#include <whole.h>

/* contact NULL: the account itself. Everything in *out lies in `in`, w or zones. except_action: what it itself has in the outbox does not count against it (0: none). As of now_us: what happens later is not known. MR_ENOMEM. */
mr_status known_state(whole *w, const whole_contact *contact, const config *c, zone_cache *zones, int64_t now_us, int64_t except_action, arena *in, contact_state *out, mr_error *err);
/* The way they like best: the first of those they named that there is an address for, else the first of e-mail, telephone, letter that there is one for; -1: none. */
int known_channel(const contact_state *s, const whole_contact *contact);

#endif
