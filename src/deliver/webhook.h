/* Signed webhooks as https://www.standardwebhooks.com describes them: at least once, each with an id that stays the same however often it is sent. docs/webhooks.md. */
#ifndef DELIVER_WEBHOOK_H
#define DELIVER_WEBHOOK_H

#include "http.h"

#define WEBHOOK_KEYS 4
#define WEBHOOK_KEY_LONGEST 64
#define WEBHOOK_GIVEN_UP INT64_MIN

typedef struct webhook_keys { /* several while a secret is being changed: each signs */
    size_t n;
    size_t len[WEBHOOK_KEYS];
    unsigned char key[WEBHOOK_KEYS][WEBHOOK_KEY_LONGEST];
} webhook_keys;

/* text: "whsec_" and 24 to 64 bytes in base64, as receivers write it; several with blanks between, the new one first. MR_EDATA names field and never holds the secret. */
mr_status webhook_keys_read(const char *field, const char *text, webhook_keys *out, mr_error *err);
void webhook_keys_forget(webhook_keys *keys); /* out of memory, too */
/* "v1,BASE64" of each key, with blanks between, terminated. MR_EINVAL: an id that is empty, longer than 200 bytes, or holds other than letters, digits, '_' and '-'. */
mr_status webhook_sign(const webhook_keys *keys, const char *id, int64_t timestamp_s, const char *body, size_t len, text_buffer *out, mr_error *err);

typedef struct webhook_target { /* borrowed */
    const char *url;
    const webhook_keys *keys;
    const char *ca_file; /* NULL: the system's */
    bool allow_private;
    int64_t timeout_ms;
} webhook_target;

/* body: JSON. now_us: the time of this attempt, which is signed. MR_OK whatever the receiver did, see *out. */
mr_status webhook_send(const webhook_target *t, const char *id, int64_t now_us, const char *body, size_t len, http_answer *out, mr_error *err);

typedef enum webhook_next {
    WEBHOOK_DONE,
    WEBHOOK_AGAIN,   /* when webhook_retry_us says */
    WEBHOOK_DISABLE, /* 410: nothing more to this address until a person switches it on again */
    WEBHOOK_FAILED   /* the address is not allowed: trying again changes nothing */
} webhook_next;

/* An answer that nobody knows (HTTP_UNSURE) is tried again: the id lets the receiver see that it has it. So are 3xx and 4xx: a receiver that is being set up or moved loses nothing. */
webhook_next webhook_next_of(const http_answer *a);

/* When to try again after attempt 1, 2, ... has failed at failed_us: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h later, and up to a fifth of that more, so that those that failed together do not
 * come back together; not before retry_after_s (0: none; a day at most). id: of the message, any number; the same id and attempt give the same time. WEBHOOK_GIVEN_UP after the tenth. */
int64_t webhook_retry_us(int attempt, int64_t id, int64_t failed_us, int64_t retry_after_s);

#endif
