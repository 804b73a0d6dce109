/* One e-mail that came in: what it is, and which message of ours it is about. */
#ifndef DELIVER_INBOUND_H
#define DELIVER_INBOUND_H

#include "mail_words.h"

#include <text.h>

#define INBOUND_LONGEST ((size_t)10 << 20) /* bytes of a message */
#define INBOUND_TEXT ((size_t)64 << 10)    /* of it that are kept as text */

typedef enum inbound_kind {
    INBOUND_UNKNOWN,     /* for a person to look at */
    INBOUND_BOUNCE,      /* RFC 3464: it did not arrive, or not yet */
    INBOUND_REPLY,       /* somebody answers a message of ours */
    INBOUND_UNSUBSCRIBE, /* no more marketing: by the List-Unsubscribe address, a subject or first line that says so, or a complaint of the mailbox provider (RFC 5965) */
    INBOUND_LEAVE,       /* they do not need us any more: by the link in our messages */
    INBOUND_AUTO         /* a machine's answer (RFC 3834), a list's mail, a notice that it arrived: nothing to do, and above all nothing to answer */
} inbound_kind;

typedef struct inbound {
    inbound_kind kind;
    char token[MAIL_TOKEN]; /* of our message; "" where none is named */
    bool hard;              /* a bounce: failed for good (5.x) */
    bool delayed;           /* a bounce: the other side is still trying */
    char reason[256];       /* a bounce: its status and what was said of it; else what made it this kind */
    char from[MAIL_ADDRESS]; /* "" where there is none that mail_address_ok takes */
    char subject[512];
    char message_id[256];   /* without its brackets */
    int64_t date_us;        /* as the sender wrote it; INT64_MIN none */
    text_buffer text;       /* what was newly written, UTF-8, terminated; of a bounce the human-readable part */
} inbound;

/* Reads any bytes. domain: of the addresses we send from, whose Message-IDs hold our tokens ("" or NULL: any domain). MR_EDATA only for more than INBOUND_LONGEST bytes or none,
 * MR_ENOMEM. Fill *out with {0} first; it is overwritten, and inbound_free frees it. Thread-safe. */
mr_status inbound_read(const char *bytes, size_t len, const char *domain, inbound *out, mr_error *err);
void inbound_free(inbound *m);
const char *inbound_kind_text(inbound_kind kind);

#endif
