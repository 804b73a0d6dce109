/* SMS through a gateway that is spoken to by HTTP, as most are: an address, header lines and a body to fill in. At most once, as e-mail. docs/webhooks.md. */
#ifndef DELIVER_SMS_H
#define DELIVER_SMS_H

#include "http.h"

typedef struct sms_count {
    int segments, units; /* units: of 7 bits, or of UTF-16 */
    bool ucs2;
} sms_count;

sms_count sms_segments(const char *text);

typedef struct sms_gateway { /* borrowed */
    const char *url;
    const char *body;            /* with {{to}}, {{text}} and {{id}} where they belong, in quotes where it is JSON: {"to": "{{to}}", "message": "{{text}}"} */
    const char *const *headers;  /* lines; {{env:NAME}} and {{file:PATH}} are secrets, {{id}} the message's number. Content-Type says how the body is escaped: JSON or form */
    size_t headers_n;
    const char *ca_file;         /* NULL: the system's */
    bool allow_private;
    int64_t timeout_ms;
} sms_gateway;

typedef enum sms_result {
    SMS_SENT,  /* the gateway took it over */
    SMS_LATER, /* certainly not taken */
    SMS_NEVER, /* refused for good */
    SMS_UNSURE /* no answer, or an error within the gateway (5xx but 503): only a person decides to send it again */
} sms_result;

typedef struct sms_answer {
    sms_result result;
    int code;
    bool ours;             /* not this message but our account, address or request was refused (3xx, 401 to 405, 407, 410, 415, an address that is not allowed): so every other will be; SMS_LATER */
    bool number;           /* with SMS_NEVER: the answer says this very number, so it is the reason */
    int64_t retry_after_s; /* 0: none */
    char said[HTTP_SAID];
} sms_answer;

/* What can be seen without sending: MR_EDATA names sms_url, sms_body or sms_headers and what is wrong. sms_check reads secrets, sms_shape sees to it that they could be. */
mr_status sms_check(const sms_gateway *g, mr_error *err);
mr_status sms_shape(const sms_gateway *g, mr_error *err);
/* The body as it would go out. */
mr_status sms_body(const sms_gateway *g, const char *to, const char *text, const char *id, text_buffer *out, mr_error *err);
/* to: as phone_e164 gives it. id: of the message, the same each time. MR_OK whatever the gateway did, see *out. */
mr_status sms_send(const sms_gateway *g, const char *to, const char *text, const char *id, sms_answer *out, mr_error *err);

#endif
