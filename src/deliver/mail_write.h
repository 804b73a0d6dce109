/* One e-mail as bytes: RFC 5322, a text and an HTML version side by side, every line ended by CRLF. */
#ifndef DELIVER_MAIL_WRITE_H
#define DELIVER_MAIL_WRITE_H

#include "mail_words.h"

#include <text.h>

/* Texts are UTF-8 and borrowed; NULL is "". */
typedef struct mail {
    const char *from_name, *from; /* the name may be "" */
    const char *to_name, *to;
    const char *reply_to;         /* "": none */
    const char *subject;
    const char *plain, *html;     /* html "": the text alone */
    const char *unsubscribe;      /* marketing only: the address unsubscribes go to; marketing needs it */
    const char *one_click;        /* marketing: the https link that unsubscribes by a POST (RFC 8058); "": none */
    const char *answers;          /* the Message-ID of what it answers, without its brackets; "": it answers none */
    const char *token;            /* of the message: its Message-ID is <token@domain of from> */
    int64_t date_us;
    bool marketing;
    bool automatic;               /* no person wrote or approved it: Auto-Submitted (RFC 3834), so that no automatic answer comes back */
} mail;

/* Appends the message to *out. The same mail gives the same bytes: the parts' boundary is made of the token. MR_EDATA names the field where an address is none, a text is no
 * UTF-8, or a header would hold a line break or another control character; then nothing was written. Thread-safe. */
mr_status mail_write(const mail *m, text_buffer *out, mr_error *err);

#endif
