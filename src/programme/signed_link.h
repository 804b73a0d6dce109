/* Links that name a contact: whoever has one is that contact, for that one use, and nobody can make one without the ledger's key. The service and the commands read them. */
#ifndef PROGRAMME_SIGNED_LINK_H
#define PROGRAMME_SIGNED_LINK_H

#include <marram/base.h>

#define SIGNED_LINK 512

typedef enum signed_use {
    SIGNED_PREFERENCES, /* how they want to be spoken to: marram preference */
    SIGNED_LEAVE,       /* they do not need us any more: marram leave */
    SIGNED_LETTER,      /* who has a letter in their hands: its QR code */
    SIGNED_USES
} signed_use;

/* base: the page's address; the token is put behind it as ?t=..., or &t=... where it has a query. "" where base is empty or too long. Returns out. */
const char *signed_link(const unsigned char key[16], signed_use use, const char *base, int64_t customer_id, int64_t contact_id, char out[SIGNED_LINK]);
/* A token, or a link that ends with one. false: not ours, not of this use, or changed. */
bool signed_link_read(const unsigned char key[16], signed_use use, const char *token, int64_t *customer_id, int64_t *contact_id);

#endif
