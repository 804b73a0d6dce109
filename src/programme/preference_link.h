/* The signed link by which a contact says how they want to be spoken to: whoever has it is that contact, and nobody can make one without the ledger's key.
 * The service and `marram preference` read it. */
#ifndef PROGRAMME_PREFERENCE_LINK_H
#define PROGRAMME_PREFERENCE_LINK_H

#include <marram/base.h>

#define PREFERENCE_LINK 512

/* base: the page's address; the token is put behind it as ?t=..., or &t=... where it has a query. "" where base is empty or too long. Returns out. */
const char *preference_link(const unsigned char key[16], const char *base, int64_t customer_id, int64_t contact_id, char out[PREFERENCE_LINK]);
/* A token, or a link that ends with one. false: not ours, or changed. */
bool preference_link_read(const unsigned char key[16], const char *token, int64_t *customer_id, int64_t *contact_id);

#endif
