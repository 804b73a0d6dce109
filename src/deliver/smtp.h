/* Handing messages to an SMTP server, over one connection that is kept, and knowing of each whether it went. */
#ifndef DELIVER_SMTP_H
#define DELIVER_SMTP_H

#include <marram/base.h>

#define SMTP_SAID 512

typedef enum smtp_tls {
    SMTP_TLS_MUST, /* STARTTLS or nothing */
    SMTP_TLS_MAY,  /* where the server has it */
    SMTP_TLS_NEVER
} smtp_tls;

/* Borrowed while smtp_open runs; NULL is "". */
typedef struct smtp_options {
    const char *url;             /* smtp://host:587, smtps://host:465 (encrypted from the first byte, whatever tls says) */
    smtp_tls tls;
    const char *user, *password; /* "": none. Taken over smtp:// only with SMTP_TLS_MUST, or to this very machine */
    const char *helo;            /* our name; "": the machine's */
    const char *ca_file;         /* certificates to trust; "": the system's */
    int64_t timeout_ms;          /* for one message, connecting included; > 0 */
} smtp_options;

typedef enum smtp_result {
    SMTP_SENT,  /* the server took it over */
    SMTP_LATER, /* certainly not sent; the same may be tried again */
    SMTP_NEVER, /* refused for good */
    SMTP_UNSURE /* the text had begun to go out and no answer came: it may have arrived, and only a person decides to send it again */
} smtp_result;

typedef struct smtp_answer {
    smtp_result result;
    int code;             /* the server's, 0 where it said nothing */
    bool address;         /* with SMTP_NEVER: the recipient's address is the reason, so no message will reach it */
    bool ours;            /* with SMTP_LATER: not this message but our account or settings were refused (password, encryption, sender), so every other will be, too */
    char said[SMTP_SAID]; /* what the server said, or what happened: one line, UTF-8, no control characters */
} smtp_answer;

typedef struct smtp_session smtp_session;

/* Connects to nothing yet. MR_EDATA (field "smtp_url" or "smtp_password") where the URL is none or a password would travel unencrypted. */
mr_status smtp_open(const smtp_options *o, smtp_session **out, mr_error *err);
void smtp_close(smtp_session *s);
/* Sends one message of complete CRLF lines, as mail_write makes it. sender is the envelope's, to which bounces go. MR_OK whatever the server did, see *out; MR_EINVAL where an
 * address is none (mail_address_ok), MR_ENOMEM before anything was sent. One thread at a time. */
mr_status smtp_send(smtp_session *s, const char *sender, const char *recipient, const char *bytes, size_t len, smtp_answer *out, mr_error *err);

#endif
